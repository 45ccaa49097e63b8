"""USGS of 2025, the World Bank's LPI workbook, ETO's years, as their publishers lay them out; figures invented."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from corridor.data.tables import load_tables
from corridor.errors import ConfigError, DataError
from corridor.importers.countries.index_imports import read_worldbank
from corridor.importers.supply.eto import read_eto
from corridor.importers.supply.mineral_imports import read_usgs


def test_usgs_of_2025_has_a_column_per_year(tmp_path: Path) -> None:
    path = tmp_path / "MCS2025_World_Data.csv"
    path.write_text(
        "SOURCE,COMMODITY,COUNTRY,TYPE,UNIT_MEAS,PROD_2023,PROD_EST_ 2024,PROD_NOTES,CAP_2023,CAP_EST_ 2024\n"
        'MCS2025,Cobalt,Congo (Kinshasa),"Mine production, cobalt content",metric tons,"210,000",220000,,,\n'
        'MCS2025,Cobalt,Canada ,"Mine production, cobalt content",metric tons,4300,W,,,\n'
        "MCS2025,Cobalt,World total (rounded),Mine production,metric tons,,240000,,,\n"
        'MCS2025,Aluminum,China,"Smelter production, aluminum",thousand metric tons,41000,43000,,45000,45000\n'
        "MCS2025,Aluminum,Côte d’Ivoire,Bauxite,thousand metric tons,1,1,,,\n",
        encoding="cp1252",
    )
    supply = read_usgs([path], frozenset({"cobalt-ore", "aluminium"})).tables["supply"]
    made = supply.set_index(["component", "country", "year"])["quantity"].to_dict()
    assert made == {
        ("cobalt-ore", "COD", 2023): 210_000.0,
        ("cobalt-ore", "COD", 2024): 220_000.0,
        ("cobalt-ore", "CAN", 2023): 4_300.0,
        ("aluminium", "CHN", 2023): 41e6,
        ("aluminium", "CHN", 2024): 43e6,
    }
    assert supply.loc[supply["component"] == "aluminium", "capacity"].tolist() == [45e6, 45e6]
    assert supply.loc[supply["year"] == 2024, "note"].str.contains("estimated by USGS").all()


def test_lpi_workbook_has_a_sheet_per_edition(tmp_path: Path) -> None:
    path = tmp_path / "lpi.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        newest = pd.DataFrame(
            {"Economy": ["China", "Korea, Rep."], "LPI Score": [3.7, 3.8], "LPI Grouped Rank": [1, 2]}
        )
        newest.to_excel(book, sheet_name="2023", index=False)
        older = pd.DataFrame(
            {"Country": ["China", "Egypt, Arab Rep."], "Code": ["CHN", "EGY"], "LPI score": [3.6, 2.8]}
        )
        older.to_excel(book, sheet_name="2018", index=False)
    out = read_worldbank([path], load_tables().countries)
    found = out.tables["countries"].set_index("iso3")["logistics"]
    assert found[["CHN", "KOR", "EGY"]].tolist() == [3.7, 3.8, 2.8]
    plain = tmp_path / "lpi_2023.csv"
    newest.to_csv(plain, index=False)
    assert read_worldbank([plain], load_tables().countries).report.rows_kept == 2


def test_eto_says_the_year_of_each_row(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("inputs.csv", "providers.csv", "provision.csv")]
    files[0].write_text("input_name,input_id\nWidget,N1\nGadget,N2\n", encoding="utf-8")
    files[1].write_text(
        "provider_name,provider_id,provider_type\nJPN,P1,country\nCHN,P2,country\n", encoding="utf-8"
    )
    head = "provider_name,provider_id,provided_name,provided_id,share_provided,year\n"
    files[2].write_text(
        head + "JPN,P1,Widget,N1,60,2019\nCHN,P2,Widget,N1,40,2019\nJPN,P1,Gadget,N2,50,2021\n"
        "JPN,P1,Gadget,N2,70,2025\nCHN,P2,Gadget,N2,30,2025\n",
        encoding="utf-8",
    )
    book = tmp_path / "map.csv"
    book.write_text("component,input\ngaas-wafer,Widget\ninp-wafer,Gadget\n", encoding="utf-8")
    known = frozenset({"gaas-wafer", "inp-wafer"})
    out = read_eto(files, known, book, year=None)
    rows = out.tables["supply"].set_index(["component", "country"])
    assert rows["year"].to_dict() == {
        ("gaas-wafer", "CHN"): 2019,
        ("gaas-wafer", "JPN"): 2019,
        ("inp-wafer", "CHN"): 2025,
        ("inp-wafer", "JPN"): 2025,
    }
    assert rows.loc[("inp-wafer", "JPN"), "share"] == 0.7
    assert out.report.left_out.set_index("why")["rows"].to_dict() == {"older years of an input": 1}
    files[2].write_text(head + "JPN,P1,Widget,N1,60,\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="--year 2019"):
        read_eto(files, known, book, year=None)
    files[2].write_text(head + "JPN,P1,Widget,N1,60,soon\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2, column year: found 'soon'"):
        read_eto(files, known, book, year=2019)
