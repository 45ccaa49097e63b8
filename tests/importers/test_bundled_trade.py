"""Trade importers: excerpts of real rows, and the full files if available."""

from pathlib import Path

import pandas as pd
import pytest

from corridor.data.tables import read_tables
from corridor.errors import DataError
from corridor.importers.trade import dgcis
from corridor.importers.trade import us_census as census
from tests import ROOT, SHARED

RAW = SHARED / "data"
DATA = ROOT / "data"
needs_data = pytest.mark.skipif(not (DATA / "components.csv").exists(), reason="there are no bundled tables")
needs_raw = pytest.mark.skipif(not RAW.exists(), reason="the raw files are not available")

EXCERPT = """financialyear,commodity,country,unit,quantity,value_musd,pc_code,src
2022-23,ELECTRONICS COMPONENTS,CHINA P RP,Na,,8211.87,,x
2022-23,ELECTRONICS COMPONENTS,HONG KONG,Na,,4297.41,,x
2022-23,ELECTRONICS COMPONENTS,PANAMA REPUBLIC,Na,,1.5,,x
2022-23,ELECTRONICS COMPONENTS,PANAMA C Z,Na,,0.5,,x
2022-23,ELECTRONICS COMPONENTS,FIJI IS,Na,,0.0,,x
2022-23,BULK DRUGS,UNSPECIFIED,Na,,3.25,,x
2014-15,"BOOKS, PUBLICATIONS AND PRNTNG",U S A,Na,,100.25,23,x
"""


@pytest.fixture
def india(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "india.csv"
    path.write_text(EXCERPT)
    return dgcis.read(path)


def test_india_rows(india: pd.DataFrame) -> None:
    rows = dgcis.imports(india, ["ELECTRONICS COMPONENTS", "BOOKS, PUBLICATIONS AND PRINTING"])
    assert (rows["importer"] == "IND").all()
    assert (rows["nomenclature"] == "INPC").all()
    assert (rows["source"] == "dgcis-imports").all()
    values = rows[rows["code"] == "ELECTRONICS COMPONENTS"].set_index("exporter")["value_usd_m"]
    assert values.to_dict() == {"CHN": 8211.87, "HKG": 4297.41, "PAN": 2.0}, "Panama added up, zero left out"
    books = rows[rows["code"] == "BOOKS, PUBLICATIONS AND PRINTING"]
    assert books[["exporter", "year", "status"]].to_numpy().tolist() == [["USA", 2014, "reported"]]


def test_india_totals(india: pd.DataFrame) -> None:
    rows = dgcis.imports(india, [])
    assert set(rows["code"]) == {"TOTAL"}
    assert set(rows["status"]) == {"computed"}
    assert rows.loc[rows["exporter"] == "ROW", "value_usd_m"].tolist() == [3.25]
    assert dgcis.total(india, 2022).index.tolist() == ["CHN", "HKG", "ROW", "PAN", "FJI"]


def test_india_exports_are_added_up_over_the_buyers(india: pd.DataFrame) -> None:
    rows = dgcis.exports(india, ["ELECTRONICS COMPONENTS"])
    assert rows[["importer", "exporter", "code", "year"]].to_numpy().tolist() == [
        ["ROW", "IND", "ELECTRONICS COMPONENTS", 2022]
    ]
    assert rows["value_usd_m"].tolist() == pytest.approx([8211.87 + 4297.41 + 2.0])
    assert rows[["status", "source"]].to_numpy().tolist() == [["reported", "dgcis-exports"]]


@needs_raw
def test_the_exports_file() -> None:
    raw = dgcis.read(RAW / dgcis.EXPORTS_FILE)
    assert sorted(raw["year"].unique()) == [2018, 2019, 2021, 2022]
    # the Ministry of Commerce puts exports of FY2022-23 at US$ 451.07 billion
    assert dgcis.total(raw, 2022).sum() == pytest.approx(451_070, rel=1e-4)
    imported = set(dgcis.read(RAW / dgcis.FILE)["code"])
    used = set(read_tables(DATA)[0].codes.query("nomenclature == 'INPC'")["code"])
    for year, rows in raw.groupby("year"):
        assert used & imported <= set(rows["code"]), f"a class is spelt otherwise in {year}"


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "india.csv"
    path.write_text("financialyear,commodity,country,value\n2022-23,GOLD,U S A,1\n")
    with pytest.raises(DataError, match="value_musd"):
        dgcis.read(path)


def test_states_rows(tmp_path: Path) -> None:
    path = tmp_path / "us.parquet"
    pd.DataFrame(
        {
            "CTY_CODE": ["0003", "4359", "5700", "5700", "5880"],
            "CTY_NAME": ["EUROPEAN UNION", "SLOVAKIA", "CHINA", "CHINA", "JAPAN"],
            "HS6": ["850760", "850760", "850760", "010121", "850760"],
            "imports": [1.719294e9, 2.0e6, 1.565611e10, 0.0, 1.369417e9],
            "duty": [5.831979e07, 1.0e5, 1.094018e9, 0.0, 4.593121e07],
        }
    ).to_parquet(path)
    rows = census.imports(census.read(path), ["850760"])
    cells = rows[rows["code"] == "850760"].set_index("exporter")
    assert cells.index.tolist() == ["CHN", "EUU", "JPN"], "Slovakia is in the Union's row already"
    assert cells.loc["CHN", "value_usd_m"] == pytest.approx(15656.11)
    assert cells.loc["CHN", "duty_usd_m"] == pytest.approx(1094.018)
    assert rows[rows["code"] == "TOTAL"]["value_usd_m"].sum() == pytest.approx(15656.11 + 1719.294 + 1369.417)


@needs_raw
def test_india_anchor() -> None:
    raw = dgcis.read(RAW / dgcis.FILE)
    total = dgcis.total(raw, 2022)
    assert total.sum() == pytest.approx(715_968, abs=1)
    assert total["CHN"] == pytest.approx(98_506, abs=1)
    assert sorted(raw["year"].unique()) == [2014, 2015, 2016, 2018, 2019, 2021, 2022]
    last = set(raw.loc[raw["year"] == 2022, "code"])
    gone = set(raw["code"]) - last
    assert not gone, "every class of earlier years is spelt as in FY2022-23"


@needs_raw
def test_states_anchor() -> None:
    raw = census.read(RAW / census.FILE)
    cells = raw[raw["code"] == "850760"].set_index("exporter")["value_usd_m"]
    assert cells["CHN"] / cells.sum() == pytest.approx(0.705, abs=0.005)
    assert raw["value_usd_m"].sum() == pytest.approx(3_208_820, abs=1)
    assert not set(raw["exporter"]) & census.EU_MEMBERS


@needs_data
def test_bundled_trade_agrees_with_the_publishers() -> None:
    tables, _ = read_tables(DATA)
    trade = tables.trade
    india = trade[(trade["importer"] == "IND") & (trade["code"] == "TOTAL") & (trade["year"] == 2022)]
    by = india.set_index("exporter")["value_usd_m"]
    assert by.sum() == pytest.approx(715_968, abs=1)
    assert by["CHN"] == pytest.approx(98_506, abs=1)
    states = trade[(trade["importer"] == "USA") & (trade["code"] == "850760")]
    cells = states.set_index("exporter")["value_usd_m"]
    assert cells["CHN"] / cells.sum() == pytest.approx(0.705, abs=0.005), "lithium-ion cells: 70 % from China"
    used = tables.codes[["nomenclature", "code"]].drop_duplicates().merge(trade, how="left")
    assert used["value_usd_m"].notna().all(), "every code in use has trade"
    classes = trade[(trade["nomenclature"] == "INPC") & (trade["code"] != "TOTAL")]
    years = classes.groupby("code")["year"].unique().map(sorted).map(tuple)
    assert set(years) == {(2014, 2015, 2016, 2018, 2019, 2021, 2022)}, "all available years"


@needs_data
def test_bundled_suppliers_and_sites() -> None:
    tables, _ = read_tables(DATA)
    assert len(tables.suppliers) >= 900
    assert len(tables.sites) == 55
    tied = tables.suppliers["id"].isin(tables.makes["supplier"]).mean()
    assert tied > 0.8
    named = set(tables.trade["exporter"]) | set(tables.suppliers["country"]) | set(tables.supply["country"])
    assert named <= set(tables.countries["iso3"])
