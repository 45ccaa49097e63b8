"""Terms of markets: the narrowest row, duties, landed prices; faults of the table; an earlier setting."""

import numpy as np
import pandas as pd
import pytest

from corridor.config import load_study
from corridor.data.checks import rules
from corridor.data.tables import load_tables
from corridor.errors import ConfigError
from corridor.measures.supply.market_terms import market_terms
from corridor.relocation import build_problem
from tests.hand import frame, study, tables
from tools.bundled_data.tariffs import mean_duty


def case(*rows, tariffs=()):
    """Three components of two sectors, and rows of markets."""
    components = {"ore": {"sector": "minerals"}, "cell": {"sector": "battery"}, "pack": {"sector": "battery"}}
    made = tables(
        components=components,
        world={name: {"CHN": 1.0} for name in components},
        sourcing={"IND": {"pack": {"CHN": 1.0}}, "USA": {"pack": {"CHN": 0.8, "IND": 0.2}}},
        demand={"IND": {"pack": 10.0}, "USA": {"pack": 100.0}},
        technologies=[{"id": "pack-line", "component": "pack", "capacity": 50, "capex_usd_m": 5}],
        sites=[{"id": "park"}],
        tariffs=tariffs,
    )
    return made.replace(markets=frame("markets", [{"market": "USA", **row} for row in rows]))


def test_the_narrowest_row_counts():
    made = case(
        {"scope": "all", "access": 0.5}, {"scope": "battery", "access": 0.3}, {"scope": "pack", "access": 0.1}
    )
    found = market_terms(made, "USA").set_index("component")["access"]
    assert found.to_dict() == {"ore": 0.5, "cell": 0.3, "pack": 0.1}
    problem = build_problem(made, study(markets={"IND": 1.0, "USA": 0.5}))
    # What a plant may sell: India's 10, and a tenth of the 80 that the US buys in China.
    assert problem.room[0].tolist() == pytest.approx([0, 0, 10 + 8])


def test_landed_prices():
    duties = [
        {"market": "USA", "component": "pack", "exporter": "CHN", "duty": 0.25},
        {"market": "USA", "component": "pack", "exporter": "IND", "duty": 0.1},
    ]
    made = case({"scope": "all", "access": 0.4, "freight_target": 0.02, "freight_host": 0.02}, tariffs=duties)
    pack = market_terms(made, "USA").set_index("component").loc["pack"]
    assert pack[["landed_target", "landed_host"]].tolist() == pytest.approx([1.27, 1.12])
    assert pack["advantage"] == pytest.approx(1.27 / 1.12 - 1)
    # The first country of the target that has a duty counts; a market pays none on its own goods.
    assert market_terms(made, "USA", ("HKG", "CHN"))["duty_target"].tolist() == [0, 0, 0.25]


def test_a_market_without_terms_is_told_what_to_add():
    with pytest.raises(ConfigError, match="market USA: no row in the table markets.*access"):
        build_problem(case(), study(markets={"IND": 1.0, "USA": 0.5}))


def test_faults_of_markets_demand_and_exports():
    made = case({"scope": "batteri", "access": 0.5})
    made = made.replace(
        demand=made.demand.assign(unlisted=0.5, covers="all"),
        exports=frame("exports", [{"market": "IND", "component": "pack", "value_usd_m": 1.0}]),
    )
    said = [str(fault) for fault in rules.check_markets(made)]
    assert any("batteri" in text and "write battery" in text for text in said)
    assert any("no row for all of the market" in text for text in said)
    assert sum("the range of unlisted" in text for text in said) == 2
    assert any("a buyer abroad" in text for text in said)


def test_weight_zero_is_allowed_but_not_for_all():
    assert study(markets={"IND": 1.0, "USA": 0.0}).markets["USA"] == 0.0
    with pytest.raises(ValueError, match="greater than 0"):
        study(markets={"IND": 0.0})


def test_us_access_is_told_what_took_its_place(tmp_path):
    file = tmp_path / "old.yaml"
    file.write_text("extends: default\nname: old\nus_access: 0.5\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="us_access: there is no such setting any more.*table markets"):
        load_study(file)


def test_mean_duty_is_duty_over_value():
    rows = pd.DataFrame({"value_usd_m": [10.0, 30.0, 0.0], "duty_usd_m": [1.0, 9.0, 0.0]})
    assert mean_duty(rows, pd.Series(["a", "a", "b"])).to_dict() == {"a": 0.25}


def test_bundled_duties_are_those_of_the_trade_table():
    made = load_tables()
    trade = made.trade[(made.trade["importer"] == "USA") & (made.trade["nomenclature"] == "HS6")]
    one = trade[(trade["code"] == "851713") & (trade["exporter"] == "CHN")].iloc[0]
    duty = made.tariffs.set_index(["market", "component", "exporter"])["duty"]
    assert duty["USA", "smartphone", "CHN"] == pytest.approx(one["duty_usd_m"] / one["value_usd_m"], abs=1e-4)
    assert np.isfinite(duty).all()
    assert len(duty) == 3 * len(made.components)
