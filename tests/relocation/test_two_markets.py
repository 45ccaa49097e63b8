"""Two markets and buyers elsewhere: the example of `test_needs.py` inside a window, and results by market."""

import pytest

from corridor.relocation import build_problem, optimize
from corridor.relocation.result.by_market import nested
from corridor.relocation.result.decision import nothing
from corridor.relocation.result.value import Recourse
from tests.hand import frame, stop, study
from tests.measures.test_needs import example
from tests.relocation.simulator import simulate

MARKETS = {"IND": 1.0, "USA": 0.5}
CUT = stop(cuts=[{"cut": 1.0, "components": ["part", "good"]}])


def test_window_by_hand():
    # India makes 12 parts: in goods each is worth 2.5, so 30 goods, its final needs are 24 parts and 100 goods.
    # The US keeps half of its parts: 35 of 70 are missing, and its own 50 goods run at half.
    problem = build_problem(example(), study(markets=MARKETS, denials=[CUT]))
    lost = Recourse(problem).losses(nothing(problem)).groupby("market")["loss_usd_m"].sum()
    assert lost["IND"] == pytest.approx(24 + 70)
    assert lost["USA"] == pytest.approx(35 + 175)


def with_plant():
    """The example with a plant of 30 parts a year."""
    case = example()
    plant = {"id": "part-line", "component": "part", "capacity": 30, "capex_usd_m": 10, "running_premium": 0.1}
    line = {"lead_years": 1, "land_ha": 1, "power_mw": 1, "water_mld": 1, "workers": 1, "site_tags": "minerals"}
    site = {
        "id": "park",
        "name": "Park",
        "state": "Gujarat",
        "lon": 72.0,
        "lat": 22.0,
        "coordinate_status": "assumed",
    }
    holds = {"kind": "estate", "tags": "minerals", "land_ha": 9, "power_mw": 9, "water_mld": 9, "workers": 9}
    return case.replace(technologies=frame("technologies", [plant | line]), sites=frame("sites", [site | holds]))


def test_results_by_market_and_sector():
    case = with_plant()
    asked = study(markets=MARKETS, denials=[stop(**CUT | {"probability": 0.5})], discount_rate=0.1)
    plan = optimize(case, asked, budget_usd_m=40)
    assert len(plan.moves) == 1
    found = simulate(case, asked, plan)
    assert found["expected_loss_usd_m"] == pytest.approx(plan.summary["expected_loss_after_usd_m"], rel=1e-6)
    rows = plan.markets.set_index(["market", "sector"])
    assert rows.index.tolist() == [(m, s) for m in ("IND", "USA") for s in ("all", "minerals")]
    # Two years of discount and a probability of a half; the market's weight does not count here.
    counted = 0.5 / 1.1**2
    assert rows.loc[("IND", "all"), "loss_before_usd_m"] == pytest.approx(94 * counted)
    assert rows.loc[("USA", "all"), "loss_before_usd_m"] == pytest.approx(210 * counted)
    after = found["losses"].set_index("market")["loss_usd_m"]
    for market in MARKETS:
        row = rows.loc[(market, "all")]
        assert row["loss_after_usd_m"] == pytest.approx(after[market] * counted, rel=1e-6)
        assert row["avoided_usd_m"] == pytest.approx(row["loss_before_usd_m"] - row["loss_after_usd_m"])
        assert row["avoided_share"] == pytest.approx(row["avoided_usd_m"] / row["loss_before_usd_m"])
        for name in ("need_usd_m", "loss_before_usd_m", "net_before"):
            assert rows.loc[(market, "minerals"), name] == pytest.approx(row[name])
    blend = sum(weight * rows.loc[(market, "all"), "loss_after_usd_m"] for market, weight in MARKETS.items())
    assert blend == pytest.approx(plan.summary["expected_loss_after_usd_m"])
    assert (
        rows.loc[("IND", "all"), "net_after"]
        < rows.loc[("IND", "all"), "net_before"]
        == pytest.approx(0.7206, abs=1e-4)
    )
    told = nested(plan.markets)
    assert list(told) == ["IND", "USA"]
    assert told["USA"]["sectors"]["minerals"]["loss_before_usd_m"] == pytest.approx(210 * counted)
