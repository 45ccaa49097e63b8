"""Importers of supply and of countries: layouts of USGS, IEA, World Bank, ETO and input-output tables."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pandas as pd
import pymrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from corridor.cli import app
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, CorridorError, DataError
from corridor.importers.countries.index_imports import read_worldbank
from corridor.importers.files.write_into import land
from corridor.importers.supply.eto import read_eto
from corridor.importers.supply.mineral_imports import read_iea, read_usgs
from corridor.importers.supply.mrio import mrio_shares, read_mrio
from corridor.measures import world_shares
from tests import SHARED

UNKNOWN = frozenset({"unknown-country"})
RAW_DATA = SHARED / "data"
needs_raw = pytest.mark.skipif(not RAW_DATA.is_dir(), reason="the raw files of the publishers are not here")


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables()


@pytest.fixture(scope="module")
def known(tables: Tables) -> frozenset[str]:
    return frozenset(tables.components["id"])


def workbook(folder: Path) -> Path:
    """Blocks side by side, as the explorer lays them out: years above, a total and the top three below."""
    nothing = None
    rows = [
        ["Total supply for key minerals", *[nothing] * 8],
        [nothing] * 9,
        ["Mining (kt)", nothing, nothing, nothing, nothing, "Refining (kt)", nothing, nothing, nothing],
        [nothing, 2025, 2030, 2035, nothing, nothing, 2025, 2030, 2035],
        ["Nickel - Mining", *[nothing] * 4, "Nickel - Refining", nothing, nothing, nothing],
        ["Indonesia", 2280.0, 3000.0, 3100.0, nothing, "China", 900.0, 950.0, 960.0],
        ["Rest of world", 1400.0, 1500.0, 1600.0, nothing, "Indonesia", 1600.0, 2000.0, 2100.0],
        ["Total", 3680.0, 4500.0, 4700.0, nothing, "Rest of world", 500.0, 600.0, 700.0],
        ["Top 3 share", 0.9, 0.9, 0.9, nothing, "Total", 3000.0, 3550.0, 3760.0],
        [nothing] * 9,
        [
            "Magnet rare earth elements - Mining",
            *[nothing] * 4,
            "Magnet rare earth elements - Refining",
            *[nothing] * 3,
        ],
        ["China", 60.0, 61.0, 62.0, nothing, "China", 90.0, 91.0, 92.0],
        ["Rest of world", 40.0, 41.0, 42.0, nothing, "Malaysia", 10.0, 11.0, 12.0],
        ["Total", 100.0, 102.0, 104.0, nothing, "Total", 100.0, 102.0, 104.0],
        ["Note: base case", *[nothing] * 8],
    ]
    path = folder / "CM_Data_Explorer.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame([["About"]]).to_excel(book, sheet_name="Contents", header=False, index=False)
        pd.DataFrame(rows).to_excel(book, sheet_name="2 Total supply for key minerals", header=False, index=False)
    return path


def test_iea_workbook_gives_the_base_year_alone(tmp_path: Path, known: frozenset[str]) -> None:
    out = read_iea([workbook(tmp_path)], known)
    supply = out.tables["supply"]
    assert set(supply["year"]) == {2025}
    nickel = supply[supply["component"] == "refined-nickel"].set_index("country")["quantity"]
    assert nickel.to_dict() == {"CHN": 900_000.0, "IDN": 1_600_000.0, "ROW": 500_000.0}
    oxide = supply[supply["component"] == "ndpr-oxide"].set_index("country")["share"]
    assert oxide.to_dict() == {"CHN": 0.9, "MYS": 0.1}
    assert out.tables["sources"]["key"].tolist() == ["iea-critical-minerals-2025"]
    assert any("graphite-anode" in note for note in out.report.notes)
    assert out.report.rows == 27


def test_iea_in_a_folder_moves_world_shares(tmp_path: Path, known: frozenset[str]) -> None:
    land([read_iea([workbook(tmp_path)], known)], tmp_path / "mine")
    world = world_shares(load_tables(tmp_path / "mine", extend=True))
    nickel = world[world["component"] == "refined-nickel"].set_index("origin")["share"]
    assert nickel.to_dict() == pytest.approx({"CHN": 0.3, "IDN": 1.6 / 3, "ROW": 0.5 / 3})


def test_usgs_edition_that_lacks_chapters(tmp_path: Path, known: frozenset[str]) -> None:
    columns = (
        "MCS chapter,Section,Commodity,Country,Statistics,Statistics_detail,Unit,Year,Value,Notes,"
        "Is critical mineral 2025,Other notes"
    )
    section = "World Mine Production"
    rows = [
        f'BAUXITE AND ALUMINA,{section},Bauxite,{country},Production,"Bauxite, mine production",'
        f'thousand metric dry tons,{year},"{value}",,Yes,'
        for country, year, value in (("Guinea", 2026, "150,000"), ("India", 2026, "25,000"), ("Guinea", 2027, "W"))
    ]
    path = tmp_path / "MCS2028_Commodities_Data.csv"
    path.write_text("\n".join([columns, *rows]) + "\n", encoding="latin-1")
    out = read_usgs([path], known)
    supply = out.tables["supply"].set_index(["component", "country", "year"])["quantity"]
    assert supply.to_dict() == {("bauxite", "GIN", 2026): 150e6, ("bauxite", "IND", 2026): 25e6}
    assert set(out.tables["supply"]["source"]) == {"usgs-mcs-2028"}
    assert any("alumina" in note for note in out.report.notes)
    other = tmp_path / "copy.csv"
    other.write_bytes(path.read_bytes())
    with pytest.raises(ConfigError, match="--date"):
        read_usgs([other], known)


def test_worldbank_long_and_wide_and_one_alone(tmp_path: Path, tables: Tables) -> None:
    names = {"va": 1.0, "pv": 0.0, "ge": 0.5, "rq": 0.5, "rl": 0.5, "cc": 0.5}
    rows = [
        {"codeindyr": "x", "code": code, "countryname": name, "year": 2023, "indicator": each, "estimate": value}
        for code, name in (("IND", "India"), ("COD", "Congo (the Democratic one)"), ("QQQ", "Atlantis"))
        for each, value in names.items()
    ]
    path = tmp_path / "wgidataset.xlsx"
    pd.DataFrame(rows).to_excel(path, index=False)
    with pytest.raises(DataError, match="75.0% left out: unknown countries.*--allow unknown-country"):
        read_worldbank([path], tables.countries)
    out = read_worldbank([path], tables.countries, allow=UNKNOWN)
    mine, before = (frame.set_index("iso3") for frame in (out.tables["countries"], tables.countries))
    assert mine.loc[["IND", "COD"], "governance"].tolist() == [0.5, 0.5]
    assert mine.loc["IND", "year"] == 2023
    assert mine.loc["IND", "logistics"] == before.loc["IND", "logistics"]
    assert mine.loc["CHN", "governance"] == before.loc["CHN", "governance"]
    assert out.report.notes == ("unknown countries: Atlantis",)
    assert out.tables["sources"]["key"].tolist() == ["wb-wgi"]
    logistics = tmp_path / "lpi.csv"
    logistics.write_text("country,lpi_score,year\nIndia,4.5,2026\n", encoding="utf-8")
    both = read_worldbank([path, logistics], tables.countries, allow=UNKNOWN)
    assert both.tables["countries"].set_index("iso3").loc["IND", "logistics"] == 4.5
    land([both], tmp_path / "mine")
    assert len(load_tables(tmp_path / "mine", extend=True).countries) == len(tables.countries)
    logistics.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="lpi_score"):
        read_worldbank([logistics], tables.countries)


def explorer(folder: Path, shares: str = "61%,6%,9%") -> list[Path]:
    usa, chn, other = shares.split(",")
    head = "provider_name,provider_id,provided_name,provided_id,share_provided,negligible_market_share\n"
    text = {
        "inputs.csv": "input_name,input_id,type,stage_name,stage_id\nPhotoresist,N31,material,x,S2\n",
        "providers.csv": "provider_name,provider_id,provider_type,country\nUSA,P1,country,\nCHN,P2,country,\n"
        "Various,P5,country,\nIntel,P9,organization,USA\nMAL,P46,country,\n",
        "provision.csv": f"{head}USA,P1,Photoresist,N31,{usa},\nCHN,P2,Photoresist,N31,{chn},\n"
        f"Various,P5,Photoresist,N31,{other},\n"
        "Intel,P9,Photoresist,N31,,\nMAL,P46,Photoresist,N31,2%,\nCHN,P2,Design,S1,5%,\n",
        "sequence.csv": "input_name,input_id,goes_into_name,goes_into_id,is_type_of_name,is_type_of_id\n"
        "Photoresist,N31,Photolithography,N25,,\n",
    }
    for name, content in text.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in text]


def test_eto_shares_of_countries_under_terms_that_forbid_passing_on(tmp_path: Path, known: frozenset[str]) -> None:
    component = "photoresist" if "photoresist" in known else sorted(known)[0]
    book = tmp_path / "map.csv"
    book.write_text(f"component,input\n{component},photoresist\n", encoding="utf-8")
    files = explorer(tmp_path)
    with pytest.raises(DataError, match="25.0% left out: unknown countries.*MAL"):
        read_eto(files, known, book, year=2019)
    out = read_eto(files, known, book, year=2019, allow=UNKNOWN)
    supply = out.tables["supply"].set_index("country")
    assert supply["share"].to_dict() == {"USA": 0.61, "CHN": 0.06, "ROW": 0.09}
    assert set(supply["status"]) == {"reported"}
    assert out.tables["sources"].loc[0, "note"].startswith("not to be redistributed")
    assert out.report.notes == ("unknown countries: MAL",)
    assert out.report.rows == 6
    rounded = read_eto(explorer(tmp_path, "61%,31%,9%"), known, book, year=2019, allow=UNKNOWN).tables["supply"]
    assert rounded["share"].sum() == pytest.approx(1.0, abs=1e-5)
    assert set(rounded["status"]) == {"computed"}
    with pytest.raises(DataError, match="sum to more than 1"):
        read_eto(explorer(tmp_path, "61%,61%,9%"), known, book, year=2019)
    with pytest.raises(DataError, match="'many'"):
        read_eto(explorer(tmp_path, "many,1%,9%"), known, book, year=2019)
    with pytest.raises(ConfigError, match="--year"):
        read_eto(files, known, book, year=None)
    book.write_text(f"component,input\n{component},Unobtainium\nno-such,Photoresist\n", encoding="utf-8")
    with pytest.raises(DataError, match="no-such"):
        read_eto(explorer(tmp_path), known, book, year=2019)


def test_eto_by_command(tmp_path: Path, known: frozenset[str]) -> None:
    book = tmp_path / "map.csv"
    book.write_text(f"component,input\n{sorted(known)[0]},N31\n", encoding="utf-8")
    files = [str(path) for path in explorer(tmp_path)]
    words = [
        "import",
        "eto",
        *files,
        "--into",
        str(tmp_path / "mine"),
        "--components",
        str(book),
        "--year",
        "2019",
        "--allow",
        "unknown-country",
    ]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    assert "do not let you pass these rows on" in run.output


def output() -> pd.Series:
    index = pd.MultiIndex.from_tuples(
        [("CHN", "C26"), ("CN1", "C26"), ("US", "C26"), ("WA", "C26"), ("CHN", "C20"), ("ZZZ", "C26")]
    )
    return pd.Series([30.0, 10.0, 40.0, 15.0, 999.0, 5.0], index=index)


def test_shares_of_output_by_hand() -> None:
    rows = mrio_shares(output(), pd.DataFrame({"component": ["a"], "sector": ["C26"]}))
    shares = rows.dropna().set_index("country")["share"].to_dict()
    assert shares == pytest.approx({"CHN": 0.4, "USA": 0.4, "ROW": 0.15})
    assert rows.loc[rows["country"].isna(), "share"].tolist() == pytest.approx([0.05])


def test_mrio_without_pymrio_says_so(
    tmp_path: Path, known: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pymrio", None)
    with pytest.raises(ConfigError, match="pip install 'corridor"):
        read_mrio([tmp_path], known, None, year=2022)


REGIONS = {"reg1": "CN", "reg2": "US", "reg3": "WA", "reg4": "IN", "reg5": "ZZ", "reg6": "JP"}


def exiobase(folder: Path, **forms: str) -> Path:
    """pymrio's own small system as EXIOBASE is published: accounts, extensions, a list of files."""
    system = pymrio.load_test().calc_all()
    system.rename_regions(REGIONS)
    system.save_all(folder, **forms)
    return folder


def packed(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                out.write(file, f"{folder.name}/{file.relative_to(folder)}")
    return archive


def sector_map(folder: Path, component: str, sector: str) -> Path:
    path = folder / "map.csv"
    path.write_text(f"component,sector\n{component},{sector}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["folder", "archive", "old edition"])
def test_exiobase(tmp_path: Path, known: frozenset[str], form: str) -> None:
    folder = exiobase(tmp_path / "IOT_2022_pxp")
    x = pymrio.load_test().calc_all().x["indout"].xs("electricity", level="sector").rename(REGIONS)
    if form == "old edition":  # holds no gross output
        listed = json.loads((folder / "file_parameters.json").read_text())
        del listed["files"]["x"]
        (folder / "file_parameters.json").write_text(json.dumps(listed))
        (folder / "x.txt").unlink()
    path = folder if form == "folder" else packed(folder, tmp_path / "IOT_2022_pxp.zip")
    component = sorted(known)[0]
    book = sector_map(tmp_path, component, "electricity")
    with pytest.raises(DataError, match="30.8% left out.*unknown regions"):
        read_mrio([path], known, book, year=None)
    out = read_mrio([path], known, book, year=None, allow=UNKNOWN)
    supply = out.tables["supply"]
    right = (x / x.sum()).drop("ZZ").rename({"CN": "CHN", "US": "USA", "WA": "ROW", "IN": "IND", "JP": "JPN"})
    assert supply.set_index("country")["share"].to_dict() == pytest.approx(right.to_dict(), abs=1e-6)
    assert set(supply["status"]) == {"inherited"}
    assert set(supply["year"]) == {2022}
    with pytest.raises(DataError, match="write electricity"):
        read_mrio([path], known, sector_map(tmp_path, component, "electricty"), year=None)


def test_exiobase_with_pickled_or_foreign_files_is_refused(tmp_path: Path, known: frozenset[str]) -> None:
    book = sector_map(tmp_path, sorted(known)[0], "electricity")
    folder = exiobase(tmp_path / "IOT_2022_pxp", table_format="pickle")
    for path in (folder, packed(folder, tmp_path / "IOT_2022_pxp.zip")):
        with pytest.raises(DataError, match="pickled file can run any code"):
            read_mrio([path], known, book, year=None)
    names = (folder / "file_parameters.json").read_text().replace("x.pkl", "../x.txt").replace(".pkl", ".txt")
    (folder / "file_parameters.json").write_text(names)
    with pytest.raises(DataError, match="plain name"):
        read_mrio([folder], known, book, year=None)


@pytest.mark.parametrize("form", ["csv", "zip"])
def test_oecd(tmp_path: Path, known: frozenset[str], form: str) -> None:
    """China's processing zones are added to China, and the year is that of the data, not of the edition."""
    makers = ["CHN_C26", "CHN_C20", "CN1_C26", "CN1_C20", "USA_C26", "USA_C20", "ROW_C26", "ROW_C20"]
    used = pd.DataFrame(1.0, index=makers, columns=makers)
    used["CHN_HFCE"] = [22.0, 7, 2, 7, 32, 7, 12, 7]
    used.loc["TLS"], used.loc["VA"], used.loc["OUT"] = 0.0, 1.0, 0.0
    path = tmp_path / "ICIO2023_2019.csv"
    used.rename_axis("V1").to_csv(path)
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "ICIO2023_2016-2020.zip", "w") as out:
            out.write(path, "ICIO2023_2019.csv")
            out.writestr("ICIO2023_2018.csv", "V1,CHN_C26\n")
        path = tmp_path / "ICIO2023_2016-2020.zip"
    book = sector_map(tmp_path, sorted(known)[0], "C26")
    out = read_mrio([path], known, book, year=2019 if form == "zip" else None)
    supply = out.tables["supply"].set_index("country")
    assert supply["share"].to_dict() == pytest.approx({"CHN": 0.4, "USA": 0.4, "ROW": 0.2})
    assert set(supply["year"]) == {2019}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.data(), name=st.sampled_from(["inputs.csv", "providers.csv", "provision.csv", "lpi.csv", "book.xlsx"])
)
def test_corrupted_tables_end_in_a_message(
    tmp_path: Path, tables: Tables, known: frozenset[str], data: st.DataObject, name: str
) -> None:
    book = tmp_path / "map.csv"
    book.write_text(f"component,input\n{sorted(known)[0]},N31\n", encoding="utf-8")
    files = explorer(tmp_path)
    (tmp_path / "lpi.csv").write_text("country,lpi_score,year\nIndia,4.5,2026\nChina,4,2026\n", encoding="utf-8")
    workbook(tmp_path).rename(tmp_path / "book.xlsx")
    content = bytearray((tmp_path / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        # a fraction of the length: workbooks hold the time of writing, so their length varies
        start = data.draw(st.integers(0, 9_999)) * len(content) // 10_000
        piece = data.draw(st.sampled_from([b'"', b"\n", b",", b"\xff", b"\x00", b"-1", b"nan", b"%", b""]))
        content[start : start + data.draw(st.integers(0, 3))] = piece
    (tmp_path / name).write_bytes(bytes(content))
    try:
        if name == "lpi.csv":
            read_worldbank([tmp_path / name], tables.countries)
        elif name == "book.xlsx":
            read_iea([tmp_path / name], known)
        else:
            read_eto(files, known, book, year=2019)
    except CorridorError:
        return  # a message is expected: anything else fails the test


@needs_raw
def test_the_publishers_files_give_the_bundled_rows(tables: Tables, known: frozenset[str]) -> None:
    usgs = read_usgs([RAW_DATA / "minerals/MCS2026_Commodities_Data.csv"], known).tables["supply"]
    key = ["component", "country", "year"]
    both = usgs.merge(tables.supply[tables.supply["source"] == "usgs-mcs-2026"], on=key, suffixes=("", "_bundled"))
    assert len(both) == len(usgs)
    assert (both["quantity"] - both["quantity_bundled"]).abs().max() == 0
    files = [RAW_DATA / "indicators/wgidataset.csv", RAW_DATA / "indicators/lpi_merged_2012_2023.csv"]
    # The rest of the world's buyers are a row without indices, which no publisher knows.
    bundled = tables.countries[tables.countries["iso3"] != "REX"].set_index("iso3")
    mine = read_worldbank(files, bundled.reset_index()).tables["countries"].set_index("iso3")
    for column in ("governance", "logistics"):
        pd.testing.assert_series_equal(mine[column].sort_index(), bundled[column].sort_index())
