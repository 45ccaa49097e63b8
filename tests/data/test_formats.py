"""Tables to files and back: the same values and types from every format, whatever the texts hold."""

from __future__ import annotations

import math
import sqlite3
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.data.exchange import SUFFIXES, read_graph, write_graph
from corridor.data.frames import TEXT
from corridor.data.graph import build_graph, to_tables
from corridor.data.tables import FORMATS, ONE_FILE, Tables, load_tables, write_tables
from corridor.errors import ConfigError, CorridorError
from tests import TINY

ODD = [
    "=1+1",
    "=HYPERLINK(0)",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=quoted",
    "ünï – ₹ 漢字 😀 e\u0301",
    'say "so", he said',
    "line\nbreak",
    "carriage\rreturn",
    "both\r\nof them",
    "tab\tinside",
    "NA",
    "NaN",
    "nan",
    "None",
    "null",
    "TRUE",
    "1e5",
    "007",
    "9007199254740993",
    "2024-01-31",
    "31/01/2024",
    "_x000D_",
    "<b>&amp;</b> ]]>",
    "https://example.org/?a=1&b=2#c",
    "a;b|c",
    "\\N",
    "x" * 32_767,
]
NUMBERS = [0.1 + 0.2, 1 / 3, 1e-300, 5e-324, 9.876543210987654e17, 2.0**53 + 2, 123456789.123456789, 0.0]


def place_of(folder: Path, format: str) -> Path:
    return folder / (f"tables.{format}" if format in ONE_FILE else format)


@cache
def tiny() -> Tables:
    return load_tables(TINY)


def odd_tables(texts: list[str], numbers: list[float]) -> Tables:
    """The tiny tables; sources (no rules on its texts) and demand carry the odd values."""
    tables = tiny()
    rows = pd.DataFrame(
        {column: pd.Series([np.nan] * len(texts), dtype=TEXT) for column in tables.sources.columns}
    )
    rows["key"] = [f"odd-{row}" for row in range(len(texts))]
    for column in ("title", "publisher", "note"):
        rows[column] = pd.Series(texts, dtype=TEXT)
    for column in tables.sources.columns:
        rows[column] = rows[column].fillna("x") if column in ("licence", "date", "address") else rows[column]
    sources = pd.concat([tables.sources, rows.astype(dict(tables.sources.dtypes))], ignore_index=True)
    demand = tables.demand.copy()
    demand["value_usd_m"] = np.resize(numbers, len(demand))
    demand["low"], demand["high"] = 0.0, 1e18
    return tables.replace(sources=sources, demand=demand)


def same(back: Tables, tables: Tables) -> None:
    for name, frame in tables:
        pd.testing.assert_frame_equal(back[name], frame, check_exact=True, obj=name)
    assert back.equals(tables)


@pytest.mark.parametrize("format", FORMATS)
def test_tables_come_back_identical(format: str, tmp_path: Path) -> None:
    path = place_of(tmp_path, format)
    for numbers in (NUMBERS[:5], NUMBERS[3:]):
        tables = odd_tables(ODD, numbers)
        write_tables(tables, path, format)
        same(load_tables(path), tables)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tables_come_back_identical_from_their_graph(suffix: str, tmp_path: Path) -> None:
    tables = odd_tables(ODD, NUMBERS[:5])
    same(to_tables(read_graph(write_graph(build_graph(tables), tmp_path / f"g{suffix}"))), tables)


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r"), max_size=40)


@settings(
    max_examples=2, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(TEXTS.map(str.strip).filter(bool), min_size=30, max_size=60),
    numbers=st.lists(st.floats(0, 1e18), min_size=5, max_size=5),
)
def test_any_texts_and_numbers_come_back(tmp_path: Path, texts: list[str], numbers: list[float]) -> None:
    tables = odd_tables(texts, numbers)
    for format in FORMATS:
        path = place_of(tmp_path, format)
        write_tables(tables, path, format)
        same(load_tables(path), tables)
    for suffix in SUFFIXES:
        same(to_tables(read_graph(write_graph(build_graph(tables), tmp_path / f"g{suffix}"))), tables)


@pytest.mark.parametrize("format", FORMATS)
def test_blank_texts_are_missing_in_every_format(format: str, tmp_path: Path) -> None:
    tables = tiny()
    notes = pd.Series(["", "  ", " kept inside it ", None, "\u00a0"], dtype=TEXT)
    path = place_of(tmp_path, format)
    write_tables(tables.replace(demand=tables.demand.assign(note=notes)), path, format)
    back = load_tables(path).demand["note"]
    assert back.isna().tolist() == [True, True, False, True, True]
    assert back[2] == "kept inside it"


@pytest.mark.parametrize("format", FORMATS)
def test_control_characters_are_reported(format: str, tmp_path: Path) -> None:
    tables = tiny()
    notes = pd.Series(["fine", "bell\x07", "\x1b[31mred", None, None], dtype=TEXT)
    path = place_of(tmp_path, format)
    write_tables(tables.replace(demand=tables.demand.assign(note=notes)), path, format)
    with pytest.raises(CorridorError, match="control characters") as caught:
        load_tables(path)
    assert str(caught.value).startswith("2 faults")


@pytest.mark.parametrize("format", ["csv", "parquet", "xlsx"])
def test_integers_that_are_none(format: str, tmp_path: Path) -> None:
    tables = tiny()
    plants = tables.technologies.astype({"most_plants": "float64"})
    plants["most_plants"] = [2.0**53, 1e300, 2.5, 4.0]
    path = place_of(tmp_path, format)
    write_tables(tables.replace(technologies=plants), path, format)
    with pytest.raises(CorridorError, match="an integer") as caught:
        load_tables(path)
    assert str(caught.value).startswith("3 faults")


def test_a_workbook_refuses_what_it_would_cut(tmp_path: Path) -> None:
    tables = odd_tables(["fine", "x" * 32_768], NUMBERS[:5])
    with pytest.raises(ConfigError, match="column title: a cell holds 32,767 characters"):
        write_tables(tables, tmp_path / "t.xlsx", "xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_workbook_holds_no_formula(tmp_path: Path) -> None:
    import openpyxl

    path = write_tables(odd_tables(ODD, NUMBERS[:5]), tmp_path / "t.xlsx", "xlsx")
    sheet = openpyxl.load_workbook(path)["sources"]
    cells = {cell.value: cell for row in sheet.iter_rows() for cell in row}
    for text in ODD[:5]:
        assert cells[text].data_type == "s"
        assert cells[text].quotePrefix


def test_dates_typed_into_a_workbook_are_days(tmp_path: Path) -> None:
    import datetime

    import openpyxl

    path = write_tables(tiny(), tmp_path / "t.xlsx", "xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["sources"]
    column = [cell.value for cell in sheet[1]].index("date") + 1
    sheet.cell(2, column).value = datetime.datetime(2024, 1, 31)
    book.save(path)
    assert load_tables(path).sources["date"][0] == "2024-01-31"


def test_databases_are_typed(tmp_path: Path) -> None:
    import duckdb

    tables = tiny()
    lite = write_tables(tables, tmp_path / "t.sqlite", "sqlite")
    duck = write_tables(tables, tmp_path / "t.duckdb", "duckdb")
    query = "SELECT sum(value_usd_m), count(*) FROM demand"
    with sqlite3.connect(lite) as base:
        assert base.execute(query).fetchone() == (1750.0, 5)
        kinds = {row[1]: row[2] for row in base.execute("PRAGMA table_info(recipes)")}
    assert (kinds["quantity"], kinds["essential"], kinds["year"]) == ("REAL", "INTEGER", "INTEGER")
    with duckdb.connect(str(duck), read_only=True) as base:
        assert base.execute(query).fetchone() == (1750.0, 5)
        kinds = dict(
            base.execute(
                "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'recipes'"
            ).fetchall()
        )
    assert (kinds["quantity"], kinds["essential"], kinds["year"]) == ("DOUBLE", "BOOLEAN", "BIGINT")


@pytest.mark.parametrize("format", ["sqlite", "duckdb"])
def test_databases_of_others(format: str, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / f"mine.{format}"
    with sqlite3.connect(path) if format == "sqlite" else duckdb.connect(str(path)) as base:
        base.execute("CREATE TABLE demnd (market TEXT)")
        base.execute(
            "CREATE TABLE demand (market TEXT, component TEXT, value_usd_m TEXT, status TEXT, source TEXT)"
        )
        base.execute("INSERT INTO demand VALUES ('IND', 'motor', 'much', 'reported', 'tiny')")
        base.execute("CREATE VIEW sites AS SELECT 1 AS id")
    with pytest.raises(CorridorError) as caught:
        load_tables(path, extend=True)
    text = str(caught.value)
    assert "demnd: found a table of this name" in text
    assert "demand, row 1, column value_usd_m: found 'much'" in text
    assert "sites" not in text.replace("the tables are", "").split("rename")[0]


def test_other_programs_read_what_is_written(tmp_path: Path) -> None:
    import geopandas
    import networkx as nx

    graph = build_graph(odd_tables(ODD, NUMBERS[:5]))
    size = (graph.number_of_nodes(), graph.number_of_edges())
    gexf = nx.read_gexf(write_graph(graph, tmp_path / "g.gexf"))
    graphml = nx.read_graphml(write_graph(graph, tmp_path / "g.graphml"), force_multigraph=True)
    for other in (gexf, graphml):
        assert (other.number_of_nodes(), other.number_of_edges()) == size
    places = geopandas.read_file(write_graph(graph, tmp_path / "g.gpkg"), layer="nodes")
    assert set(places["kind"]) == {"country", "site", "supplier"}
    assert places.geometry.is_valid.all()
    assert not any(math.isnan(point.x) for point in places.geometry)


@pytest.mark.parametrize("kind", ["xlsx", "sqlite", "duckdb"])
def test_the_command_writes_and_reads_tables(kind: str, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from corridor.cli import app

    path = tmp_path / f"t.{kind}"
    run = CliRunner().invoke(app, ["graph", "--data", str(TINY), "--data-only", "--to", str(path)])
    assert run.exit_code == 0, run.output
    assert load_tables(path).equals(tiny())
    run = CliRunner().invoke(app, ["check", "--data", str(path), "--data-only"])
    assert run.exit_code == 0, run.output
