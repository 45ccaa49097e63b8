"""Reading, checking and writing tables."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridor.data.frames import TEXT
from corridor.data.schema import TABLES, load_schema
from corridor.data.tables import Tables, load_tables, read_tables, write_tables
from corridor.errors import ConfigError, CorridorError, DataError, Fault
from tests import TINY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "data"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def faults_of(path: Path, **options: bool) -> list[Fault]:
    with pytest.raises(DataError) as caught:
        load_tables(path, **options)
    return caught.value.faults


def test_types_and_defaults() -> None:
    tables = load_tables(TINY)
    assert [name for name, _ in tables] == list(TABLES)
    for name, frame in tables:
        assert list(frame.columns) == [column.name for column in load_schema(name)]
        assert isinstance(frame.index, pd.RangeIndex)
    components = tables.components.set_index("id")
    assert components["stock_months"].to_dict()["magnet"] == 2
    assert components["stock_months"].to_dict()["ore"] == 1
    assert tables.recipes["route"].tolist().count("main") == 8
    assert tables.recipes["essential"].dtype == np.dtype("bool")
    assert tables.recipes["essential"].tolist().count(False) == 1
    assert tables.supply["year"].dtype == np.dtype("int64")
    assert tables.components["year"].dtype == pd.Int64Dtype()
    assert tables.codes["code"].dtype == TEXT
    assert "025300" in tables.codes["code"].tolist()
    assert tables.countries["governance"].isna().sum() == 1
    assert tables.technologies["most_plants"].tolist() == [4, 2, 4, 4]


def test_tables_are_frozen_and_replaced() -> None:
    tables = load_tables(TINY)
    less = tables.replace(sourcing=tables.sourcing.iloc[:3])
    assert len(less.sourcing) == 3
    assert len(tables.sourcing) == 19
    assert less.supply is tables.supply
    assert less["sourcing"] is less.sourcing
    assert not less.equals(tables)
    assert tables.equals(load_tables(TINY))
    with pytest.raises(AttributeError):
        tables.sourcing = less.sourcing  # type: ignore[misc]
    with pytest.raises(KeyError, match="no table 'suply'"):
        tables["suply"]


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_what_is_written_is_read_back_identical(format: str, tmp_path: Path) -> None:
    tables = load_tables(TINY)
    odd = tables.demand.assign(value_usd_m=[0.1 + 0.2, 1 / 3, 1e-17, 123456789.123456789, 2**53 + 0.0])
    odd = odd.assign(low=0.0, high=1e17, note=["a, b", 'say "so"', "NA", "ünï – ₹", None]).astype({"note": TEXT})
    tables = tables.replace(demand=odd)
    path = tmp_path / ("tables.xlsx" if format == "xlsx" else "out")
    assert write_tables(tables, path, format) == path
    back = load_tables(path)
    for name, frame in tables:
        exact = {"check_exact": False, "rtol": 1e-14} if format == "xlsx" else {"check_exact": True}
        pd.testing.assert_frame_equal(back[name], frame, **exact)  # type: ignore[call-overload]
    assert back.equals(tables) or format == "xlsx"
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name]
    if format != "xlsx":
        assert sorted(file.name for file in path.iterdir()) == sorted(f"{name}.{format}" for name in TABLES)


def test_writing_another_format_leaves_each_table_once(tmp_path: Path) -> None:
    tables = load_tables(TINY)
    (tmp_path / "NOTES.md").write_text("kept")
    write_tables(tables, tmp_path, "csv")
    write_tables(tables, tmp_path, "parquet")
    assert {path.name for path in tmp_path.iterdir()} == {"NOTES.md", *(f"{name}.parquet" for name in TABLES)}
    assert load_tables(tmp_path).equals(tables)


def test_writing_to_a_bad_place(tmp_path: Path) -> None:
    tables = load_tables(TINY)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write to"):
        write_tables(tables, tmp_path / "file")
    with pytest.raises(ConfigError, match="unknown format 'tsv'; known are csv, parquet, xlsx"):
        write_tables(tables, tmp_path, "tsv")


def test_csv_of_many_hands(folder: Path) -> None:
    """A byte order mark, Windows line ends, blank lines, spaces, another order of columns: all fine."""
    path = folder / "demand.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    text = frame[frame.columns[::-1]].to_csv(index=False, lineterminator="\r\n").replace("motor", " motor ")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n,,,,,,,,,\r\n\r\n")
    assert load_tables(folder).equals(load_tables(TINY))


CELLS: list[tuple[str, str, str, Callable[[Fault], bool]]] = [
    ("supply.csv", "ore,CHN,,0.5", "ore,CHN,,1.5", lambda p: p.row == "2" and p.wanted == "at most 1"),
    ("supply.csv", "ore,CHN,,0.5", "ore,CHN,,-0.5", lambda p: p.row == "2" and p.wanted == "at least 0"),
    ("supply.csv", "ore,CHN,,0.5", "ore,CHN,,50%", lambda p: p.row == "2" and p.fix == "write 0.5"),
    ("supply.csv", "ore,CHN,,0.5", "ore,CHN,,inf", lambda p: p.row == "2" and p.wanted == "a number"),
    ("supply.csv", "ore,CHN,,0.5", "ore,CHN,,nan", lambda p: p.row == "2" and p.wanted == "a number"),
    ("technologies.csv", ",500,40,", ',500,"4,000",', lambda p: p.row == "3" and p.fix == "write 4000"),
    ("technologies.csv", ",500,40,", ",-500,40,", lambda p: p.row == "3" and p.column == "capacity"),
    ("recipes.csv", ",true,", ",yes,", lambda p: p.column == "essential" and p.fix == "write true or false"),
    ("demand.csv", "2024,", "2024.5,", lambda p: p.column == "year" and p.wanted == "an integer"),
    ("components.csv", ",refined,", ",refind,", lambda p: p.column == "stage" and p.fix == "write refined"),
    (
        "sites.csv",
        "Gujarat,72.5,",
        "Gujarat,,",
        lambda p: p.row == "2" and p.found == "blank" and p.column == "lon",
    ),
    ("supply.csv", "reported,tiny,2024", "reported,,2024", lambda p: p.row == "2" and p.column == "source"),
]


@pytest.mark.parametrize(("file", "old", "new", "right"), CELLS)
def test_bad_cells(folder: Path, file: str, old: str, new: str, right: Callable[[Fault], bool]) -> None:
    edit(folder / file, old, new)
    (fault,) = faults_of(folder)
    assert fault.table == file.removesuffix(".csv")
    assert right(fault), fault


def test_every_bad_row_is_reported_at_once(folder: Path) -> None:
    edit(folder / "supply.csv", "ore,CHN,,0.5", "ore,CHN,,1.5")
    edit(folder / "supply.csv", "ore,USA,,0.25", "ore,USA,,many")
    edit(folder / "sites.csv", "Gujarat,72.5,", "Gujarat,,")
    edit(folder / "demand.csv", "IND,motor,100", "IND,motor,-100")
    faults = faults_of(folder)
    assert [(p.table, p.row, p.column) for p in faults] == [
        ("supply", "2", "share"),
        ("supply", "3", "share"),
        ("demand", "2", "value_usd_m"),
        ("sites", "2", "lon"),
    ]
    text = str(DataError(faults))
    assert text.startswith("4 faults in the data:\n")
    assert len(text.splitlines()) == 5
    assert "supply, row 2, column share: found '1.5'; wanted at most 1; to fix: write a value up to 1" in text


def test_lines_are_those_of_the_file(folder: Path) -> None:
    path = folder / "demand.csv"
    lines = path.read_text().splitlines()
    lines[1] += '"two\nlines"'
    lines.insert(2, "")
    lines[4] = lines[4].replace("400", "four hundred")
    path.write_text("\n".join(lines))
    (fault,) = faults_of(folder)
    assert fault.row == str(path.read_text().splitlines().index(lines[4]) + 1) == "6"


def test_unknown_column_and_table(folder: Path) -> None:
    edit(folder / "supply.csv", "share", "shares")
    (folder / "suplies.csv").write_text("a\n1\n")
    (folder / "countries.csv").rename(folder / "contries.csv")
    faults = faults_of(folder)
    by_place = {(p.table, p.column): p for p in faults}
    assert by_place["supply", "shares"].fix == "rename it to share"
    assert by_place["suplies", ""].fix == "rename the file to suppliers"
    assert by_place["contries", ""].fix == "rename the file to countries"
    assert by_place["countries", ""].found == "no such table"


def test_missing_required_column(folder: Path) -> None:
    frame = pd.read_csv(folder / "demand.csv")
    frame.drop(columns=["value_usd_m", "growth"]).to_csv(folder / "demand.csv", index=False)
    (fault,) = faults_of(folder)
    assert (fault.column, fault.found) == ("value_usd_m", "no such column")
    assert fault.fix == "add the column value_usd_m"


def test_empty_tables(folder: Path) -> None:
    for name in ("sites", "trade", "codes"):
        path = folder / f"{name}.csv"
        path.write_text(path.read_text().splitlines()[0] + "\n")
    (fault,) = faults_of(folder)
    assert (fault.table, fault.found, fault.fix) == ("sites", "no rows", "fill the table")
    (folder / "sites.csv").write_text("")
    assert [p.found for p in faults_of(folder)] == ["an empty file"]


def test_optional_tables_may_be_missing(folder: Path) -> None:
    for name in ("trade", "codes", "suppliers", "makes"):
        (folder / f"{name}.csv").unlink()
    tables = load_tables(folder)
    assert len(tables.trade) == 0
    assert tables.trade["year"].dtype == np.dtype("int64")
    assert (tables.trade.dtypes == load_tables(TINY).trade.dtypes).all()


def test_ragged_rows(folder: Path) -> None:
    edit(folder / "demand.csv", "IND,tablet,200", "IND,tablet,1,200")
    edit(folder / "demand.csv", "USA,motor,400", "USA,motor,1,400")
    faults = faults_of(folder)
    assert [(p.row, p.found, p.wanted) for p in faults] == [
        ("3", "11 cells", "10 cells"),
        ("4", "11 cells", "10 cells"),
    ]


def test_broken_files(folder: Path) -> None:
    (folder / "demand.csv").write_bytes("market,component\nIND,caf\u00e9\n".encode("latin-1"))
    (folder / "sites.csv").unlink()
    (folder / "sites.parquet").write_bytes(b"no parquet")
    (folder / "supply.parquet").write_bytes(b"")
    by_table = {p.table: p for p in faults_of(folder)}
    assert set(by_table) == {"demand", "sites", "supply"}
    assert by_table["demand"].row == "2"
    assert by_table["demand"].fix == "save the file as 'CSV UTF-8'"
    assert by_table["sites"].wanted == "a parquet file"
    assert by_table["supply"].found == "supply.csv and supply.parquet"


def test_no_folder(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "nowhere")
    assert fault.found == "nothing there"
    (tmp_path / "book.xlsx").write_text("no workbook")
    (fault,) = faults_of(tmp_path / "book.xlsx")
    assert "cannot be read" in fault.found


def test_workbook_as_people_make_them(tmp_path: Path) -> None:
    """Codes as numbers, an extra readme sheet: read as meant; a bad cell is found by its line."""
    tables = load_tables(TINY)
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        pd.DataFrame({"about": ["my data"]}).to_excel(book, sheet_name="README", index=False)
        for name, frame in tables:
            if name in ("codes", "trade"):
                numbers = pd.to_numeric(frame["code"], errors="coerce")
                frame = frame.assign(code=numbers.astype(object).where(numbers.notna(), frame["code"]))
            frame.to_excel(book, sheet_name=name, index=False)
    assert load_tables(path).equals(tables)
    with pd.ExcelWriter(path, mode="a", engine="openpyxl", if_sheet_exists="replace") as book:
        tables.demand.assign(growth=["a", 0, 0, 0, 0]).to_excel(book, sheet_name="demand", index=False)
        tables.sites.to_excel(book, sheet_name="sits", index=False)
    faults = faults_of(path)
    assert [(p.table, p.row, p.column) for p in faults] == [("sits", "", ""), ("demand", "2", "growth")]
    assert faults[0].fix == "rename the sheet to sites"


def test_extend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corridor.data.tables.bundled", lambda name: TINY)
    (tmp_path / "demand.csv").write_text(
        "market,component,value_usd_m,status,source\nIND,motor,150,reported,tiny\nIND,magnet,10,reported,tiny\n"
    )
    tables = load_tables(tmp_path, extend=True)
    demand = tables.demand.set_index(["market", "component"])["value_usd_m"].to_dict()
    assert demand["IND", "motor"] == 150
    assert demand["IND", "magnet"] == 10
    assert demand["USA", "tablet"] == 1000
    assert len(demand) == 6
    assert tables.supply.equals(load_tables().supply)
    assert {p.table for p in faults_of(tmp_path)} >= {"countries", "components", "sites"}
    (tmp_path / "demand.csv").write_text("market,component,value_usd_m,status,source\nIND,x,1,reported,tiny\n")
    (fault,) = faults_of(tmp_path, extend=True)
    assert (fault.table, fault.row, fault.column) == ("demand", "IND, x", "component")


def test_read_tables_does_not_check_across_tables(folder: Path) -> None:
    edit(folder / "demand.csv", "IND,motor", "XXX,motor")
    tables, faults = read_tables(folder)
    assert isinstance(tables, Tables)
    assert faults == []
    assert isinstance(DataError(faults_of(folder)), CorridorError)
