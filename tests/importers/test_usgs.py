"""USGS Mineral Commodity Summaries: excerpts of real rows, and the full file if available."""

from pathlib import Path

import pandas as pd
import pytest

from corridor.errors import DataError
from corridor.importers.supply import usgs
from tests import SHARED

RAW = SHARED / "data" / usgs.FILE
needs_raw = pytest.mark.skipif(not RAW.exists(), reason="the USGS data release is not available")

GALLIUM = "GALLIUM,World Low-Purity Production and Production Capacity,Gallium"
LITHIUM = "LITHIUM,World Mine Production and Reserves,Lithium"
SALIENT = "Salient Statistics\x97United States"
EXCERPT = f"""MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,Key,More
{GALLIUM},United States,Production,Primary production,kilograms,2024,\x97,,Yes,x
{GALLIUM},China,Production,Primary production,kilograms,2024,"839,000",Source: Asian Metal Ltd.,Yes,x
{GALLIUM},Japan,Production,Primary production,kilograms,2024,"3,000",Estimated.,Yes,x
{GALLIUM},Russia,Production,Primary production,kilograms,2024,"6,000",Estimated.,Yes,x
{GALLIUM},Other countries,Production,Primary production,kilograms,2024,\x97,,Yes,x
{GALLIUM},World total,Production,Primary production: rounded,kilograms,2024,"848,000",,Yes,x
{GALLIUM},China,Production,Primary production,kilograms,2025,"900,000",Estimated.,Yes,x
{GALLIUM},Other countries,Production,Primary production,kilograms,2025,\x97,,Yes,x
{GALLIUM},China,Capacity,Production capacity,kilograms,2025,"1,600,000",,Yes,x
{GALLIUM},Other countries,Capacity,Production capacity,kilograms,2025,"100,000",Estimated.,Yes,x
{GALLIUM},World total,Capacity,Production capacity: rounded,kilograms,2025,"1,700,000",Estimated.,Yes,x
{LITHIUM},United States,Production,Mine production,metric tons,2024,W,,Yes,x
{LITHIUM},Argentina,Production,Mine production,metric tons,2024,"13,800",Reported.,Yes,x
{LITHIUM},Australia,Production,Mine production,metric tons,2024,"82,700",Estimated.,Yes,x
{LITHIUM},China,Production,Mine production,metric tons,2024,NA,,Yes,x
TUNGSTEN,{SALIENT},Tungsten,United States,Net import reliance,Net import reliance,percent,2024,>50,,Yes,x
TUNGSTEN,{SALIENT},Tungsten,United States,Net import reliance,Net import reliance,percent,2023,E,,Yes,x
TUNGSTEN,Import Sources,Tungsten,China,Import sources 2021-2024,Total,percent,2021\x9624,27,,Yes,x
COPPER,{SALIENT},Copper,United States,Price,"Price, LME",cents per pound,2024,414.7,,Yes,x
SCANDIUM,{SALIENT},Scandium,United States,Price,"Price, oxide",dollars per kilogram,2024,660\x96670,,Yes,x
"""


@pytest.fixture
def raw(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "mcs.csv"
    path.write_text(EXCERPT, encoding="latin-1")
    return usgs.read(path)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return usgs.read(RAW)


def rows_of(raw: pd.DataFrame, *components: str) -> pd.DataFrame:
    table = usgs.series()
    return usgs.supply_rows(raw, table[table["component"].isin(components)])


def test_cells_are_numbers_and_marks(raw: pd.DataFrame) -> None:
    china = raw[(raw["chapter"] == "GALLIUM") & (raw["country"] == "China") & (raw["year"] == 2024)].iloc[0]
    assert (china["value"], china["mark"]) == (839000.0, "")
    assert set(raw.loc[raw["text"] == "-", "mark"]) == {"0"}, "a dash is none"
    assert raw.loc[raw["text"] == "W", "value"].isna().all(), "withheld is not zero"
    assert raw.loc[raw["text"] == "660-670", "mark"].tolist() == ["-"], "a range is no number"
    assert raw.loc[raw["statistics"].str.startswith("Import"), "year"].tolist() == [2024], "last year of a span"


def test_gallium_in_tonnes_with_capacity(raw: pd.DataFrame) -> None:
    rows = rows_of(raw, "gallium").set_index(["country", "year"])
    assert rows.loc[("CHN", 2024), "quantity"] == 839.0
    assert rows.loc[("CHN", 2025), "capacity"] == 1600.0
    assert rows.loc[("ROW", 2025), ["quantity", "capacity"]].tolist() == [0.0, 100.0], "idle capacity is kept"
    assert ("ROW", 2024) not in rows.index, "no production and no capacity: no row"
    assert ("USA", 2024) not in rows.index
    assert set(rows["status"]) == {"reported"}
    assert "estimated by USGS" in rows.loc[("CHN", 2025), "note"]
    assert "estimated" not in rows.loc[("CHN", 2024), "note"]


def test_lithium_is_converted_split_and_says_what_is_withheld(raw: pd.DataFrame) -> None:
    rows = rows_of(raw, "spodumene-concentrate", "lithium-brine").set_index(["component", "country"])
    assert list(rows.index) == [("spodumene-concentrate", "AUS"), ("lithium-brine", "ARG")]
    assert rows.loc[("spodumene-concentrate", "AUS"), "quantity"] == pytest.approx(82700 * 35.88)
    assert rows.loc[("lithium-brine", "ARG"), "quantity"] == pytest.approx(13800 * 5.323)
    assert set(rows["status"]) == {"computed"}
    assert "withheld and left out: USA" in rows.loc[("spodumene-concentrate", "AUS"), "note"]


def test_prices_and_reliance(raw: pd.DataFrame) -> None:
    assert usgs.prices(raw)["usd_per_t"].tolist() == pytest.approx([9142.57], abs=0.01), "the range is left out"
    assert usgs.reliance(raw)[["year", "low", "high"]].to_numpy().tolist() == [[2024, 0.5, 1.0], [2023, 0.0, 0.0]]


def test_missing_series_are_listed_at_once(raw: pd.DataFrame) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(raw, "gallium", "indium", "tungsten-ore")
    assert [fault.row for fault in caught.value.faults] == ["indium", "tungsten-ore"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match="MCS chapter"):
        usgs.read(path)


def share(rows: pd.DataFrame, component: str, country: str, year: int = 2024) -> float:
    made = rows[(rows["component"] == component) & (rows["year"] == year)].set_index("country")["quantity"]
    return float(made[country] / made.sum())


@needs_raw
def test_whole_release(whole: pd.DataFrame) -> None:
    table = usgs.series()
    rows = usgs.supply_rows(whole, table)
    assert len(whole) == 8886
    assert len(table) >= 45
    assert set(rows["component"]) == set(table["component"])
    assert not rows.duplicated(["component", "country", "year"]).any()
    assert rows["quantity"].fillna(0).ge(0).all()
    assert share(rows, "gallium", "CHN") == pytest.approx(839 / 848)
    assert share(rows, "cobalt-ore", "CHN") == pytest.approx(0.0066, abs=1e-4), "mined, not refined"
    assert share(rows, "tungsten-ore", "CHN") == pytest.approx(0.82, abs=0.01)
    assert share(rows, "mixed-rare-earth-concentrate", "MMR") == pytest.approx(0.070, abs=0.001)
    assert rows.loc[rows["country"] == "COD", "component"].isin(["cobalt-ore"]).any(), "Congo (Kinshasa)"


@needs_raw
def test_sums_meet_the_published_world_totals(whole: pd.DataFrame) -> None:
    table = usgs.series()
    table = table[(table["detail"] != "") & (table["factor"] == 1) & (table["only"] + table["without"] == "")]
    made = usgs.supply_rows(whole, table).groupby(["component", "year"])["quantity"].sum()
    world = whole[(whole["country"] == "World total") & (whole["statistics"] == "Production")]
    tonnes = {"metric tons": 1, "thousand metric tons": 1e3, "thousand metric dry tons": 1e3}
    tonnes |= {"million metric tons": 1e6, "kilograms": 1e-3}
    checked = 0
    for row in table.itertuples():
        rounded = [f"{row.detail}: rounded".lower(), f"{row.detail}, rounded".lower()]
        total = world[
            (world["chapter"] == row.chapter)
            & (world["commodity"] == row.commodity)
            & world["detail"].str.lower().isin(rounded)
        ]
        for cell in total.itertuples():
            checked += 1
            published = cell.value * tonnes[str(cell.unit)]
            found = made[(row.component, cell.year)]
            assert found == pytest.approx(published, rel=0.05), (row.component, cell.year)
    assert checked >= 80
