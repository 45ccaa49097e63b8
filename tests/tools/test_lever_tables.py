"""Second sources, stockpiles, facilities and state limits: the rules by hand, and the committed tables rebuilt."""

import pandas as pd
import pytest

from corridor.data.bundled import bundled
from corridor.data.tables import Tables, load_tables
from tests import TINY
from tools.bundled_data import lever_tables, site_tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture(scope="module")
def tiny() -> Tables:
    tables = load_tables(TINY)
    return tables.replace(demand=tables.demand[tables.demand["market"] == "IND"].reset_index(drop=True))


def text(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")


@pytest.mark.parametrize("name", ["second_sources", "stockpiles"])
def test_committed_levers_are_what_the_rules_make(tables: Tables, name: str) -> None:
    made = getattr(lever_tables, name)(tables)
    assert text(made) == (bundled("data") / f"{name}.csv").read_text(encoding="utf-8")


def test_committed_facilities_and_state_limits_are_what_the_rules_make(tables: Tables) -> None:
    folder = bundled("data")
    made = text(site_tables.facilities(tables))
    assert made == (folder / "facilities.csv").read_text(encoding="utf-8")
    limits = (folder / "limits.csv").read_text(encoding="utf-8").splitlines()
    rows = text(site_tables.state_limits(tables)).splitlines()
    assert rows[0] == limits[0]
    assert rows[1:] == [line for line in limits if line.startswith("workers ")]


def test_needs_by_hand(tiny: Tables) -> None:
    """India makes half of its motors: magnets 0.2 x 50, oxide 0.1 x 50; all tablets: 0.25 x 200 of ingredient,
    half of it at home with 0.4 x 25 of starting material.
    """
    need = lever_tables.gaps(tiny).set_index("component")["need_usd_m"]
    wanted = {"motor": 100, "tablet": 200, "api": 50, "ksm": 10, "magnet": 10, "oxide": 5, "alloy": 0}
    assert need[list(wanted)].to_dict() == pytest.approx(wanted)


def test_needs_include_what_is_shipped_abroad() -> None:
    """The United States takes 400 of India's tablets, which need 0.25 x 400 of ingredient more."""
    tables = load_tables(TINY)
    alone = lever_tables.gaps(tables.replace(demand=tables.demand[tables.demand["market"] == "IND"]))
    assert lever_tables.gaps(tables).set_index("component").loc["api", "need_usd_m"] == pytest.approx(150)
    assert alone.set_index("component").loc["api", "need_usd_m"] == pytest.approx(50)


def test_a_second_source_by_hand(tiny: Tables) -> None:
    """Japan makes 0.2 of the magnets; India needs 0.03 of the world's: 0.1 x 0.2 / 0.03 = 0.67, held to 0.5."""
    rows = lever_tables.second_sources(tiny)
    assert rows[["component", "origin"]].to_numpy().tolist() == [["magnet", "JPN"]]
    row = rows.iloc[0]
    assert row["most_share"] == 0.5
    assert row["least_share"] == 0.1
    assert row["lead_years"] == 1
    assert row["cost_usd_m"] == pytest.approx(2.5 + 0.01 * 0.5 * 10)
    assert (row["low"], row["high"]) == pytest.approx((1.275, 5.1), abs=0.006)


def test_production_in_the_table_counts_before_the_assumed_share(tiny: Tables) -> None:
    """1,000 t of magnets a year are worth US$ 100 M, so Japan could give 0.1 x 0.2 x 100 / 10 = 0.2."""
    supply = tiny.supply.copy()
    magnet = supply["component"] == "magnet"
    supply.loc[magnet, "quantity"] = supply.loc[magnet, "share"] * 1000.0
    supply.loc[magnet, "share"] = None
    row = lever_tables.second_sources(tiny.replace(supply=supply)).iloc[0]
    assert (row["most_share"], row["least_share"]) == pytest.approx((0.2, 0.1))


def test_no_second_source_at_home_in_the_target_or_where_governance_is_weak(tables: Tables) -> None:
    rows = lever_tables.second_sources(tables)
    governance = tables.countries.set_index("iso3")["governance"]
    assert not set(rows["origin"]) & {"IND", "CHN", "HKG", "MAC", "ROW"}
    assert (governance.reindex(rows["origin"]).dropna() >= lever_tables.LEAST_GOVERNANCE).all()
    assert rows.groupby("component").size().max() <= lever_tables.MOST_ORIGINS
    assert not set(lever_tables.second_sources(tables, ["JPN"])["origin"]) & {"JPN", "IND"}


def test_stockpiles_leave_out_equipment_and_end_products(tables: Tables, tiny: Tables) -> None:
    stage = tables.components.set_index("id")["stage"]
    rows = lever_tables.stockpiles(tables)
    assert not set(stage[rows["component"]]) & {"equipment", "product"}
    assert rows["component"].is_unique
    perishable = rows.set_index("component").loc["silver-paste"]
    assert (perishable["shelf_life_months"], perishable["most_months"]) == (6, 3)
    assert "magnet" in set(lever_tables.stockpiles(tiny)["component"])
    assert "motor" not in set(lever_tables.stockpiles(tiny)["component"])


def test_an_effluent_plant_by_hand(tables: Tables) -> None:
    """Ankleshwar: 0.05 x 40 = 2 million litre/day at Rs 9.89 crore per 0.37: Rs 53.5 crore, US$ 6.36 M."""
    rows = site_tables.facilities(tables).set_index("id")
    row = rows.loc["ankleshwar-panoli-effluent-plant"]
    assert row["capex_usd_m"] == pytest.approx(2 * 9.89 / 0.37 * 10 / 84, abs=0.005)
    assert not any(rows["site"].isin(["jambusar-bulk-drug-park", "haroli-bulk-drug-park"]))
    assert rows.groupby("site").size().max() <= 2


def test_state_limits_by_hand(tables: Tables) -> None:
    """Odisha's sites offer 30,000 workers; Assam has one site, so no limit of its own. Power is no state limit:
    the states supply gigawatts.
    """
    rows = site_tables.state_limits(tables).set_index("name")
    assert set(rows["limit"]) == {"workers"}
    assert rows.loc["workers Odisha", "amount"] == pytest.approx(15000)
    assert "Assam" not in set(rows["state"])
