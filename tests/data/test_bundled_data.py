"""The bundled data: complete, consistent, and in agreement with the publishers' own headline figures."""

import pandas as pd
import pytest

from corridor.config import load_study
from corridor.data.bundled import bundled
from corridor.data.checks import check_all, coverage
from corridor.data.tables import load_tables
from corridor.measures import bill, exposure, shares, world_shares
from corridor.measures.supply.needs import final_needs
from corridor.measures.supply.sourcing import import_shares
from corridor.relocation import build_problem


@pytest.fixture(scope="module")
def tables():
    return load_tables()


@pytest.fixture(scope="module")
def exposures(tables):
    return exposure(tables, ["IND", "USA"])


def world(tables, component):
    rows = world_shares(tables)
    return rows[rows["component"] == component].set_index("origin")["share"]


def test_no_faults(tables):
    assert check_all(tables) == []


def test_size(tables):
    assert len(tables.components) >= 280
    assert len(tables.recipes) >= 290
    assert len(tables.suppliers) >= 900
    assert len(tables.sites) == 55
    assert tables.technologies["component"].nunique() >= 120
    assert set(tables.components["sector"]) == {"electronics", "solar", "battery", "magnets", "minerals", "pharma"}
    assert {
        "mined",
        "refined",
        "material",
        "intermediate",
        "active ingredient",
        "part",
        "module",
        "product",
    } <= set(tables.components["stage"])


def test_every_assumption_has_a_range(tables):
    for name in ("recipes", "supply", "sourcing", "demand"):
        frame = tables[name]
        assumed = frame[frame["status"] == "assumed"]
        assert len(assumed)
        assert assumed[["low", "high"]].notna().all(axis=None), name
        assert (assumed["low"] <= assumed["high"]).all(), name


def test_coverage_adds_up(tables):
    report = coverage(tables)
    report = report[~report["table"].isin(["sources", "sectors"])]
    fractions = report[["reported", "computed", "inherited", "assumed"]].sum(axis=1)
    assert fractions.to_numpy() == pytest.approx(1.0)
    assert set(report["table"]) >= {
        "components",
        "recipes",
        "supply",
        "trade",
        "suppliers",
        "sites",
        "technologies",
    }


def test_indias_imports_as_published(tables):
    """DGCI&S, FY2022-23: 715,968 US$ million in all, 98,506 of it from China."""
    rows = tables.trade.query("importer == 'IND' and code == 'TOTAL' and year == 2022")
    assert rows["value_usd_m"].sum() == pytest.approx(715_968, rel=1e-4)
    assert rows.loc[rows["exporter"] == "CHN", "value_usd_m"].sum() == pytest.approx(98_506, rel=1e-4)


def test_us_imports_as_published(tables):
    """US Census, 2024: about 3,209 US$ billion in all (Slovakia, which the Union contains, left out)."""
    rows = tables.trade.query("importer == 'USA' and code == 'TOTAL' and year == 2024").set_index("exporter")
    assert rows["value_usd_m"].sum() == pytest.approx(3_208_800, rel=1e-4)
    assert rows.loc["CHN", "value_usd_m"] == pytest.approx(429_000, rel=5e-3)
    assert rows.loc["IND", "value_usd_m"] == pytest.approx(88_000, rel=1e-2)


def test_refining_as_published(tables):
    """IEA, base year 2024: China's share of refining."""
    published = {
        "ndpr-oxide": 0.913,
        "graphite-anode": 0.957,
        "cobalt-sulfate": 0.784,
        "lithium-carbonate": 0.702,
    }
    found = {name: world(tables, name)["CHN"] for name in published}
    assert found == pytest.approx(published, abs=0.002)


def test_a_mine_share_is_not_a_refining_share(tables):
    """Cobalt: China mines 0.6 % and refines 78 %; the stage belongs to the component."""
    mined = tables.components[
        tables.components["name"].str.contains("cobalt", case=False) & (tables.components["stage"] == "mined")
    ]["id"]
    shares_mined = [world(tables, name).get("CHN", 0.0) for name in mined]
    assert shares_mined
    assert max(shares_mined) < 0.05


def test_us_lithium_ion_batteries_from_china(tables):
    """US Census, 2024, HS 850760: 70 % from China."""
    rows = tables.trade.query("importer == 'USA' and code == '850760'")
    china = rows.loc[rows["exporter"] == "CHN", "value_usd_m"].sum()
    assert china / rows["value_usd_m"].sum() == pytest.approx(0.70, abs=0.01)
    holders = tables.codes.query("code == '850760' and match == 'exact'")["component"]
    assert len(holders)
    found = import_shares(tables, "USA")
    cells = found[(found["component"] == holders.iloc[0]) & (found["origin"] == "CHN")]
    assert cells["share"].iloc[0] == pytest.approx(0.70, abs=0.01)


@pytest.mark.parametrize("market", ["IND", "USA"])
def test_shares_of_a_market_sum_to_one(tables, market):
    rows = shares(tables, market)
    totals = rows.groupby("component")["share"].sum()
    assert set(totals.index) == set(tables.components["id"])
    assert totals.to_numpy() == pytest.approx(1.0, abs=1e-9)


def test_value_shares_leave_room_for_the_makers(tables):
    lines = bill(tables)
    total = lines.groupby(["output", "route"])["value_share"].sum()
    assert total.max() <= 0.95 + 1e-9
    assert total.median() > 0.2


def test_each_market_needs_products_of_every_sector(tables):
    sector = tables.components.set_index("id")["sector"]
    for market in ("IND", "USA"):
        needs = tables.demand[tables.demand["market"] == market]
        assert set(needs["component"].map(sector)) == set(sector), market


def test_exposure_ranks_what_indias_own_lists_name(tables, exposures):
    """Items of India's bulk-drug and components schemes and of its list of critical minerals rank high."""
    home = exposures[exposures["market"] == "IND"].set_index("component")
    named = [
        "penicillin-g-potassium",
        "6-apa",
        "erythromycin-thiocyanate",
        "clavulanic-acid",
        "ndfeb-magnet",
        "graphite-anode",
        "gallium",
        "germanium",
        "solar-wafer",
        "multilayer-pcb",
        "lfp-cell",
    ]
    assert set(named) <= set(home.index)
    high = home.loc[named, "net"]
    assert (high > home["net"].median()).all(), high.to_dict()
    assert high.median() > 0.7


def test_moving_assembly_hides_dependence(exposures):
    """Products assembled at home have little direct exposure, and much through their inputs."""
    phone = exposures[(exposures["market"] == "IND") & (exposures["component"] == "smartphone")].iloc[0]
    assert phone["direct"] < 0.1
    assert phone["net"] > 3 * phone["direct"]
    assert phone["stop"] > 0.5


def test_the_default_study_can_be_posed(tables):
    study = load_study("default")
    problem = build_problem(tables, study)
    assert problem.options["site"].nunique() == 55
    assert problem.options["component"].nunique() >= 120
    assert len(problem.windows.names) >= 20
    assert isinstance(problem.options, pd.DataFrame)
    assert (problem.windows.home_imports >= -1e-12).all()
    assert problem.needs.min() >= 0


def test_what_costs_more_than_itself_reaches_a_final_need_or_is_listed() -> None:
    """A component with a loss ratio above 1 reaches a final need through essential recipes, but for a few."""
    tables = load_tables()
    needs = final_needs(tables)
    reached = set(needs.loc[needs["final_usd_m"] > 0, "component"])
    lines = tables.recipes[(tables.recipes["purpose"] == "run") & tables.recipes["essential"]]
    while new := set(lines.loc[lines["output"].isin(reached), "input"]) - reached:
        reached |= new
    components = tables.components[tables.components["loss_ratio"] > 1]
    notes = (bundled("data") / "NOTES.md").read_text(encoding="utf-8").lower()
    lost = [name for name in components["id"] if name not in reached]
    assert len(lost) < 12
    assert [name for name in lost if name.replace("-", " ") not in " ".join(notes.split())] == []
