"""Damaged tables, graphs and databases: a message, never a traceback, a hang or all of the memory."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corridor.data.exchange import SUFFIXES, read_graph, write_graph
from corridor.data.graph import build_graph, to_tables
from corridor.data.guards import workbooks
from corridor.data.guards.budget import VARIABLE
from corridor.data.tables import ONE_FILE, Tables, load_tables, write_tables
from corridor.errors import CorridorError, DataError
from tests import TINY
from tests.mutations import damaged, damaged_zip


@cache
def tiny() -> Tables:
    return load_tables(TINY)


def message_of(path: Path, **options: bool) -> str:
    with pytest.raises(CorridorError) as caught:
        load_tables(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", ["components", "recipes", "codes", "technologies"])
def test_damaged_csv(name: str, tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    file = tmp_path / "data" / f"{name}.csv"
    for content in damaged(file.read_bytes(), 11, 9):
        file.write_bytes(content)
        with contextlib.suppress(CorridorError):  # a message is expected: anything else fails the test
            load_tables(tmp_path / "data")


def test_damaged_parquet(tmp_path: Path) -> None:
    write_tables(tiny(), tmp_path, "parquet")
    file = tmp_path / "trade.parquet"
    for content in damaged(file.read_bytes(), 12, 16):
        file.write_bytes(content)
        with contextlib.suppress(CorridorError):
            load_tables(tmp_path)


@pytest.mark.parametrize("format", sorted(ONE_FILE))
def test_damaged_files_of_all_tables(format: str, tmp_path: Path) -> None:
    file = write_tables(tiny(), tmp_path / f"t.{format}", format)
    for content in (damaged_zip if format == "xlsx" else damaged)(file.read_bytes(), 13, 16):
        file.write_bytes(content)
        with contextlib.suppress(CorridorError):
            load_tables(file)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_graphs(suffix: str, tmp_path: Path) -> None:
    path = write_graph(build_graph(tiny()), tmp_path / f"g{suffix}")
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        original = file.read_bytes()
        for content in damaged(original, 14, 24):
            file.write_bytes(content)
            with contextlib.suppress(CorridorError):
                to_tables(read_graph(path))
        file.write_bytes(original)


def test_huge_integers_are_reported(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    file = tmp_path / "data" / "technologies.csv"
    frame = pd.read_csv(file, dtype=str)
    frame["most_plants"] = ["1e300", "9" * 30, "-9223372036854775809", "2"]
    frame.to_csv(file, index=False)
    text = message_of(tmp_path / "data")
    assert text.count("column most_plants") == 3
    assert "wanted an integer" in text


def test_a_folder_or_nothing_instead_of_a_file(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "data" / "demand.csv").unlink()
    (tmp_path / "data" / "demand.csv").mkdir()
    (tmp_path / "data" / "sites.csv").unlink()
    (tmp_path / "data" / "sites.csv").symlink_to(tmp_path / "nowhere")
    text = message_of(tmp_path / "data")
    assert "demand: found a folder, which is not read" in text
    assert "sites: found something that cannot be read (No such file or directory)" in text
    for suffix in (".xlsx", ".sqlite", ".duckdb"):
        (tmp_path / f"folder{suffix}").mkdir()
        assert "no such table" in message_of(tmp_path / f"folder{suffix}")
    for suffix in SUFFIXES:
        (tmp_path / f"g{suffix}").mkdir()
        with pytest.raises(CorridorError):
            read_graph(tmp_path / f"g{suffix}")


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    if os.geteuid() == 0:  # who may read everything: a file whose reading fails instead
        (tmp_path / "data" / "demand.csv").unlink()
        (tmp_path / "data" / "demand.csv").symlink_to("/proc/self/mem")
    else:
        (tmp_path / "data" / "demand.csv").chmod(0)
    assert "demand: found something that cannot be read" in message_of(tmp_path / "data")


def test_columns_that_appear_twice(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    table = pa.Table.from_pandas(tiny().demand, preserve_index=False)
    (tmp_path / "data" / "demand.csv").unlink()
    twice = pa.Table.from_arrays([*table.columns, table.column("market")], [*table.column_names, "market"])
    pq.write_table(twice.replace_schema_metadata(None), tmp_path / "data" / "demand.parquet")
    assert "column market: found a column that appears twice" in message_of(tmp_path / "data")


# --- small files that expand to very much ---


def sheet(cells: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def with_sheet(folder: Path, content: bytes) -> Path:
    """A workbook of the tiny tables with its first sheet replaced."""
    path = write_tables(tiny(), folder / "bomb.xlsx", "xlsx")
    packed = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return path


CORNERS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
WIDE = "<row>" + "<c><v>1</v></c>" * 1_900 + "</row>" + "<row><c><v>1</v></c></row>" * 6_000
SPACED = "<row ><c t='n' \n r = 'A1'/></row><row\tr = '9999999'><c r = 'CC9999999'/></row>"
PREFIXED = CORNERS.replace("<row", "<x:row").replace("<c ", "<x:c ")


@pytest.mark.parametrize("cells", [CORNERS, WIDE, SPACED, PREFIXED], ids=["corners", "wide", "spaced", "prefixed"])
def test_a_sheet_that_is_almost_empty_and_huge(cells: str, tmp_path: Path) -> None:
    path = with_sheet(tmp_path, sheet(cells))
    assert path.stat().st_size < 300_000
    began = time.monotonic()
    text = message_of(path)
    assert "a sheet spans" in text
    assert "delete the empty rows and columns" in text
    assert time.monotonic() - began < 5


def test_a_workbook_that_unpacks_to_very_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 3_000_000)
    path = with_sheet(tmp_path, sheet("<row/>" + " " * 4_000_000))
    assert "would unpack to more than 3 MB" in message_of(path)


def test_one_long_text_in_very_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tiny().replace(demand=tiny().demand.assign(note="x" * 30_000).astype(dict(tiny().demand.dtypes)))
    path = write_tables(odd, tmp_path / "t.xlsx", "xlsx")
    assert path.stat().st_size < 60_000
    monkeypatch.setattr(workbooks, "MOST_TEXT", 170_000)
    assert load_tables(path).equals(odd)  # five cells of 30,000: the exact count passes, the bound does not
    monkeypatch.setattr(workbooks, "MOST_TEXT", 140_000)
    assert "bytes of text, each counted as often as it is used" in message_of(path)


def test_a_member_that_states_a_false_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 3_000_000)
    path = with_sheet(tmp_path, sheet("<row/>" + " " * 4_000_000))
    with zipfile.ZipFile(path) as packed:
        true = packed.getinfo("xl/worksheets/sheet1.xml").file_size.to_bytes(4, "little")
    content = path.read_bytes()
    assert content.count(true) >= 2
    path.write_bytes(content.replace(true, (100).to_bytes(4, "little")))
    text = message_of(path)
    assert "would unpack to more than" in text or "broken" in text


def test_sheets_as_spreadsheets_write_them_pass(tmp_path: Path) -> None:
    import openpyxl

    path = write_tables(tiny(), tmp_path / "t.xlsx", "xlsx")
    assert workbooks.fault_of(path) is None
    openpyxl.load_workbook(path).save(tmp_path / "again.xlsx")
    assert workbooks.fault_of(tmp_path / "again.xlsx") is None
    assert load_tables(tmp_path / "again.xlsx").equals(tiny())
    plain = sheet('<row r="1">' + "".join(f'<c r="A{row}"/>' for row in range(1, 9)) + "</row>")
    assert workbooks.fault_of(with_sheet(tmp_path, plain)) is None


def test_parquet_that_expands_to_very_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "data" / "demand.csv").unlink()
    file = tmp_path / "data" / "demand.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int8()), ["x" * 10_000])
    pq.write_table(pa.table({"note": long}), file, store_schema=False)
    assert file.stat().st_size < 100_000
    assert "10,000,000,000 bytes of text" in message_of(tmp_path / "data")
    monkeypatch.setenv(VARIABLE, "40MB")
    assert "1,000,000 cells or more, about 48 MB" in message_of(tmp_path / "data")


NESTED = {
    "lists": pa.array([[[1] * 1000] * 1000] * 3),
    "groups": pa.array([{"a": 1}] * 3),
    "bytes": pa.array([b"x"] * 3),
}


@pytest.mark.parametrize("kind", NESTED)
def test_parquet_of_other_shapes(kind: str, tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "data" / "demand.csv").unlink()
    pq.write_table(pa.table({"market": NESTED[kind]}), tmp_path / "data" / "demand.parquet")
    assert "demand: found columns of lists, groups or bytes: market" in message_of(tmp_path / "data")


def test_parquet_whose_texts_are_none(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    frame = pd.read_csv(tmp_path / "data" / "demand.csv")
    (tmp_path / "data" / "demand.csv").unlink()
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    cells = [b"\xff\xfe" if row in (1, 3) else name.encode() for row, name in enumerate(frame["market"])]
    texts = pa.array(cells, pa.binary()).view(pa.string())
    pq.write_table(table.set_column(0, "market", texts), tmp_path / "data" / "demand.parquet")
    assert "demand, row 2, 4, column market: found bytes that are not UTF-8" in message_of(tmp_path / "data")


def test_one_long_text_in_a_duckdb_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.setenv(VARIABLE, "64MB")

    path = write_tables(tiny(), tmp_path / "t.duckdb", "duckdb")
    with duckdb.connect(str(path)) as base:
        base.execute("UPDATE demand SET note = repeat('x', 20000)")
        base.execute("INSERT INTO demand SELECT d.* FROM demand d, range(200)")
    assert "bytes of text or more, about 8" in message_of(path)
    with duckdb.connect(str(path)) as base:
        base.execute("CREATE OR REPLACE TABLE demand (market VARCHAR, note VARCHAR AS (repeat('x', 1000000000)))")
        base.execute("CREATE OR REPLACE TABLE sites AS SELECT range(10) AS id")
    text = message_of(path)
    assert "demand: found computed columns" in text
    assert "sites: found columns of lists, groups or bytes: id" in text


def test_repeated_cells_of_a_spreadsheet(tmp_path: Path) -> None:
    """A row that says it is there 30,000 times; the blanks that every spreadsheet repeats at the end are fine."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    cell = "<table:table-cell office:value-type='float' office:value='1' table:number-columns-repeated='{}'/>"
    blank = "<table:table-cell table:number-columns-repeated='16384'/>"

    def book(rows: int, cells: int) -> Path:
        row = f"<table:table-row table:number-rows-repeated='{rows}'>{cell.format(cells)}{blank}</table:table-row>"
        end = f"<table:table-row table:number-rows-repeated='1048576'>{blank}</table:table-row>"
        content = (
            f"<office:document-content xmlns:office='{space}:office:1.0' xmlns:table='{space}:table:1.0'>"
            f"<office:body><office:spreadsheet><table:table table:name='demand'>{row}{end}</table:table>"
            "</office:spreadsheet></office:body></office:document-content>"
        )
        with zipfile.ZipFile(tmp_path / "t.ods", "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            packed.writestr("content.xml", content)
        return tmp_path / "t.ods"

    assert "its sheets span 30,000,000 cells, repeated ones counted" in message_of(book(30_000, 1_000))
    assert workbooks.fault_of(book(100, 10)) is None


@pytest.mark.parametrize("kind", ["pipe", "device", "sparse", "wide"])
def test_csv_that_is_no_plain_table(kind: str, tmp_path: Path) -> None:
    """Neither waited for nor read without end."""
    shutil.copytree(TINY, tmp_path / "data")
    file = tmp_path / "data" / "demand.csv"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "sparse":
        with file.open("wb") as stream:
            stream.truncate(2**40)
    else:
        file.write_text(",".join(f"c{number}" for number in range(3_000)) + "\n")
    wanted = {"pipe": "a pipe", "device": "a device", "sparse": "bytes; at most", "wide": "3,000 columns"}
    assert wanted[kind] in message_of(tmp_path / "data")


def test_a_budget_is_raised_and_lowered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "1MB")
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "data" / "sources.csv").write_text("key,title\n" + "a,b\n" * 10_000)
    assert "sources: found 20,002 cells" in message_of(tmp_path / "data")
    for text in ("much", "1", "-4GB", "4 gb or so"):
        monkeypatch.setenv(VARIABLE, text)
        with pytest.raises(CorridorError, match="wanted an amount"):
            load_tables(TINY)
    monkeypatch.setenv(VARIABLE, "2.5 GiB")
    assert load_tables(TINY).equals(tiny())


def test_very_many_faults_are_one_message_of_a_kind(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "data")
    with (tmp_path / "data" / "sources.csv").open("a") as file:
        file.write("".join(f"k{row},,,\n" for row in range(5_000)))
    header = ",".join(f"odd{number}" for number in range(1_500))
    (tmp_path / "data" / "freight.csv").write_text(header + "\n")
    text = message_of(tmp_path / "data")
    assert len(text) < 20_000
    assert "more of this kind: column title, rows" in text
    assert "1,480 more unknown columns" in text


def test_databases_that_compute(tmp_path: Path) -> None:
    """Views and computed columns are untrusted code: ignored, never read."""
    path = write_tables(tiny(), tmp_path / "t.sqlite", "sqlite")
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE sites ADD COLUMN much AS (zeroblob(1000000000))")
        base.execute("DROP TABLE freight")
        endless = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT a AS origin FROM n"
        base.execute(f"CREATE VIEW freight AS {endless}")
    assert load_tables(path).equals(tiny())  # had the view been read, it would never end


def test_a_duckdb_file_reads_no_other_file(tmp_path: Path) -> None:
    import duckdb

    secret = tmp_path / "secret.csv"
    secret.write_text("id\nsecret\n")
    path = write_tables(tiny(), tmp_path / "t.duckdb", "duckdb")
    with duckdb.connect(str(path)) as base:
        base.execute("DROP TABLE freight")
        base.execute(f"CREATE VIEW freight AS SELECT * FROM read_csv('{secret}')")
    assert load_tables(path).equals(tiny())


BILLION = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("suffix", [".graphml", ".gexf"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("space", ["", " " * 5_000], ids=["at once", "after blanks"])
def test_entities_are_refused(suffix: str, encoding: str, space: str, tmp_path: Path) -> None:
    root = "graphml" if suffix == ".graphml" else "gexf"
    text = f'<?xml version="1.0" encoding="{encoding}"?>{space}{BILLION}]><{root}>&i;</{root}>'
    path = tmp_path / f"g{suffix}"
    path.write_bytes(text.encode(encoding))
    began = time.monotonic()
    with pytest.raises(CorridorError, match="declares a document type"):
        read_graph(path)
    outside = f"<!DOCTYPE x [<!ENTITY a SYSTEM 'file://{path}'>]><{root}>&a;</{root}>"
    path.write_bytes(outside.encode())
    with pytest.raises(CorridorError, match="declares a document type"):
        read_graph(path)
    assert time.monotonic() - began < 2


ODD = ["\ud800", 10**400, -(10**5000), b"x", float("nan"), float("inf"), 1e300, [[1]] * 99]


@pytest.mark.parametrize("value", ODD, ids=map(str, range(len(ODD))))
def test_graphs_with_values_that_no_table_holds(value: object) -> None:
    """Half a character, an integer of any length: a fault in every attribute, never an error of another kind."""
    for kind, name in (("component", "price_usd_per_unit"), ("component", "name"), ("site", "workers")):
        odd = build_graph(tiny())
        node = next(node for node, data in odd.nodes(data=True) if data["kind"] == kind)
        odd.nodes[node][name] = value
        try:
            kept = to_tables(odd)
        except CorridorError as error:
            assert len(str(error)) < 2_000  # noqa: PT017
        else:  # as its text, or blank
            assert name == "name" or pd.isna(value)
            assert len(kept.sites) == len(tiny().sites)
    odd = build_graph(tiny())
    odd.nodes[next(iter(odd))]["row"] = 10**400
    with pytest.raises(CorridorError, match="not a number"):
        to_tables(odd)


def test_deep_xml(tmp_path: Path) -> None:
    for suffix, root in ((".graphml", "graphml"), (".gexf", "gexf")):
        space = {"graphml": "http://graphml.graphdrawing.org/xmlns", "gexf": "http://www.gexf.net/1.2draft"}[root]
        path = tmp_path / f"g{suffix}"
        path.write_text(f"<{root} xmlns='{space}'>" + "<a>" * 200_000)
        with pytest.raises(CorridorError, match="nested too deeply"):
            read_graph(path)


def test_deep_json(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    path.write_text("[" * 200_000)
    with pytest.raises(CorridorError, match="cannot be read as a graph"):
        read_graph(path)


def test_graphs_of_others_make_no_traceback() -> None:
    import networkx as nx

    graph = build_graph(tiny())
    for name, value in (("limits", "x"), ("sources", [1]), ("codes", [{"component": ["a"]}])):
        odd = graph.copy()
        odd.graph[name] = value
        with pytest.raises(CorridorError):
            to_tables(odd)
    odd = graph.copy()
    odd.nodes["site:coast"]["row"] = "first"
    with pytest.raises(CorridorError, match="not a number"):
        to_tables(odd)
    with pytest.raises(CorridorError):
        to_tables(nx.MultiDiGraph([(1, 2)]))


def test_the_command_says_it_in_one_message(tmp_path: Path) -> None:
    """A process with little memory: the guard must report before the reader runs out of it."""
    path = with_sheet(tmp_path, sheet(CORNERS))
    done = subprocess.run(
        [sys.executable, "-m", "corridor.cli", "check", "--data", str(path), "--data-only"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)),
    )
    assert done.returncode == 2, done.stderr[-500:]
    assert "a sheet spans 1,048,576 rows" in done.stderr
    assert "Traceback" not in done.stderr


def test_names_in_tables_are_no_paths(tmp_path: Path) -> None:
    """Tables are files of fixed names: a cell or an id never becomes a path."""
    tables = tiny()
    names = tables.sources.assign(note="../../escaped")
    odd = tables.replace(sources=names.astype(dict(tables.sources.dtypes)))
    for format in ("csv", "parquet"):
        write_tables(odd, tmp_path / "in" / format, format)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    assert isinstance(DataError([]), CorridorError)
