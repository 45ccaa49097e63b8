"""Add up trade tables of any size in one streaming pass.

A layout maps the columns of a publisher's file. The pass adds rows up by period, partners and code; codes that no
component uses are added up together, unwanted rows are only counted. Memory holds no more than the result; what
the engine needs beyond its limit goes to disk. The first pass only counts faults; if there are any, a second pass
finds their lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from corridor.data.databases import quoted
from corridor.errors import DataError, Fault
from corridor.importers.files.open_files import Opened
from corridor.importers.trade.scanning.columns import KEPT, WRONG_VALUE, ColumnMap, roles_of, sums_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["add_up"]

_MOST_LISTED = 50
_NUMBER = "a number from 0 up"
_WORDS = ("outcome", "period", "importer", "exporter", "revision")


def add_up(
    engine: DuckDBPyConnection,
    opened: Sequence[Opened],
    layout: ColumnMap,
    codes: Sequence[str],
    *,
    years: Sequence[int] = (),
    importers: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Add up the rows of files in one pass.

    Parameters
    ----------
    engine
        As `open_files.connect` gives it.
    opened
        Files of one layout.
    layout
        Their columns.
    codes
        Six-digit codes to keep separate, of any revision.
    years
        Years to keep; all if empty.
    importers
        Importers to keep, as the file writes them; all if None.

    Returns
    -------
    DataFrame
        ``outcome`` (`KEPT`, or why the rows are left out), ``period, importer, exporter, revision`` (categories,
        text as in the file; blank for rows left out), ``file_code`` (as in the file; None for codes that are not
        kept separate), ``rows``, ``value`` and ``duty`` (in the file's unit), ``blank`` (rows without value),
        ``odd`` (rows whose code does not begin with two digits), ``chapters`` (bit set of the chapters seen).

    Raises
    ------
    DataError
        A column is missing, a cell cannot be read, a value is negative or not finite, or a key of a separate
        code appears twice: every fault (at most fifty are listed) with its file and line.
    """
    import duckdb

    _need_columns(opened, layout)
    engine.execute("CREATE OR REPLACE TEMP TABLE separate (code VARCHAR)")
    engine.register("separate_codes", pd.DataFrame({"code": pd.Series(sorted(set(codes)), dtype="str")}))
    engine.execute("INSERT INTO separate SELECT code FROM separate_codes")
    try:
        rows = _sums(engine, sums_of(opened, layout, years, importers, one_level=False))
        if _levels(rows) > 1:
            # the first pass has filled the tables of rejected lines
            rows = _sums(engine, sums_of(opened, layout, years, importers, one_level=True))
        faults, skipped = _rejected(engine, opened)
        kept = rows["outcome"] == KEPT
        if rows.loc[kept, "wrong"].sum():
            faults += _wrong_values(engine, opened, layout, skipped)
        twice = rows[kept & rows["file_code"].notna() & (rows["rows"] > 1)]
        if len(twice):
            faults += _twice(engine, opened, layout, twice, skipped)
    except duckdb.OutOfMemoryException as error:
        fix = "give more with --memory, or fewer years at once"
        problem = Fault(layout.source, "", "", f"out of memory ({_first(error)})", "room for the groups", fix)
        raise DataError([problem]) from None
    except duckdb.Error as error:
        raise DataError([_unreadable(opened, layout, error)]) from None
    detail = [f"detail_{index}" for index in range(len(layout.detail))]
    if faults:
        raise DataError(faults[:_MOST_LISTED])
    rows.loc[rows["outcome"].isin(layout.no_money), "value"] = 0.0
    return rows.drop(columns=["wrong", "level", *detail])


def _levels(rows: pd.DataFrame) -> int:
    """Number of levels of the nomenclature among the rows kept; one if all are too coarse to become trade."""
    levels = set(rows.loc[(rows["outcome"] == KEPT) & (rows["level"] >= 0), "level"].astype(int))
    return 2 if levels & {0, 2, 4} else len(levels)


def _sums(engine: DuckDBPyConnection, query: str) -> pd.DataFrame:
    """Result of the pass; repeated words as categories, which are cheap to compare and translate."""
    table = engine.sql(query).to_arrow_table()
    for position, name in enumerate(table.column_names):
        if name in _WORDS:
            table = table.set_column(position, name, table.column(name).dictionary_encode())
    frame: pd.DataFrame = table.to_pandas()
    # a column of only blanks has no categories to encode
    return frame.astype(dict.fromkeys(_WORDS, "category"))


def _need_columns(opened: Sequence[Opened], layout: ColumnMap) -> None:
    """Raise DataError that lists the columns a file lacks or has twice; the engine ignores their case."""
    problems = []
    for file in opened:
        there = {name.lower() for name in file.columns}
        found = ", ".join(file.columns[:12]) + (", ..." if len(file.columns) > 12 else "")
        for name in layout.used():
            if name.lower() in file.twice:
                fix = "drop one of them, or give it another name"
                problems.append(Fault(file.name, "header", name, "columns of this name twice", "one", fix))
            elif name.lower() not in there:
                fix = (
                    f"give a file of {layout.source} as it was published; any other table is read with corridor "
                    "import table, which asks which of its columns holds what"
                )
                problems.append(Fault(file.name, "header", name, found, f"a column named {name}", fix))
    if problems:
        raise DataError(problems)


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:120]


def _unreadable(opened: Sequence[Opened], layout: ColumnMap, error: Exception) -> Fault:
    name = opened[0].name if len(opened) == 1 else layout.source
    found = f"a file that cannot be read ({_first(error)})"
    fix = "download the file again from its publisher"
    return Fault(name, "", "", found, "a complete table", fix)


def _rejected(engine: DuckDBPyConnection, opened: Sequence[Opened]) -> tuple[list[Fault], dict[str, list[int]]]:
    """Lines that the engine could not read: faults, and line numbers by file, in order."""
    if not any(file.delimiter for file in opened):
        return [], {}
    found = engine.execute(
        """SELECT DISTINCT s.file_path, e.line, e.column_name, CAST(e.error_type AS VARCHAR), e.csv_line
           FROM reject_errors e JOIN reject_scans s USING (scan_id, file_id)
           ORDER BY ALL LIMIT 1000"""
    ).fetchall()
    names = {str(file.path): file for file in opened}
    problems: list[Fault] = []
    lines: dict[str, list[int]] = {}
    for path, line, column, kind, text in found:
        file = names.get(str(path), opened[0])
        known = lines.setdefault(file.name, [])
        if line in known:
            continue
        known.append(line)
        wanted, fix = _WANTED.get(kind, ("a row of the table", "correct the line"))
        found_text = repr(text[:80]) if isinstance(text, str) else kind.lower()
        wanted = wanted.format(count=len(file.columns), encoding=file.encoding)
        problems.append(Fault(file.name, str(line), column or "", found_text, wanted, fix))
    return problems[:_MOST_LISTED], lines


def _line(position: int, skipped: Sequence[int]) -> str:
    """Line number of a row: its position among rows that could be read, plus the skipped lines before it."""
    for line in skipped:
        if line > position:
            break
        position += 1
    return str(position)


_WANTED = {
    "CAST": ("a number", "correct the cell: digits, and a point before decimals"),
    "MISSING COLUMNS": ("{count} cells", "download the file again: it may be truncated"),
    "TOO MANY COLUMNS": ("{count} cells", "put cells that hold the delimiter in double quotes"),
    "UNQUOTED VALUE": ("quotes that are closed", "close the double quote, or double it inside a cell"),
    "LINE SIZE OVER MAXIMUM": ("a line of a table", "look for a double quote that is not closed"),
    "INVALID ENCODING": (
        "text in {encoding}",
        "name the file's encoding with --encoding, such as cp1252 (Windows)",
    ),
    "INVALID STATE": ("quotes that are closed", "close the double quote, or double it inside a cell"),
}


def _wrong_values(
    engine: DuckDBPyConnection, opened: Sequence[Opened], layout: ColumnMap, skipped: Mapping[str, Sequence[int]]
) -> list[Fault]:
    """Faults of values that are negative or not finite; a line break inside a cell shifts later line numbers."""
    problems = []
    engine.execute("SET preserve_insertion_order=true")
    for file in opened:
        shown = f"CAST({quoted(layout.value)} AS VARCHAR) AS shown"
        query = f"""
            SELECT position, shown FROM (
                SELECT row_number() OVER () + {1 if file.delimiter else 0} AS position, *
                FROM ({roles_of(file, layout).replace("SELECT ", f"SELECT {shown}, ", 1)}))
            WHERE skipped IS NULL AND {WRONG_VALUE} LIMIT {_MOST_LISTED}"""
        for position, shown in engine.execute(query).fetchall():
            line, fix = _line(position, skipped.get(file.name, [])), "correct the value, or leave the row out"
            problems.append(Fault(file.name, line, layout.value, repr(shown), _NUMBER, fix))
    engine.execute("SET preserve_insertion_order=false")
    return problems


def _twice(
    engine: DuckDBPyConnection,
    opened: Sequence[Opened],
    layout: ColumnMap,
    twice: pd.DataFrame,
    skipped: Mapping[str, Sequence[int]],
) -> list[Fault]:
    """Faults of rows that share their key, the first fifty of each file."""
    names = ["period", "importer", "exporter", "revision", "file_code"]
    names += [f"detail_{index}" for index in range(len(layout.detail))]
    keys = twice[names].head(_MOST_LISTED).rename(columns={"file_code": "code"})
    engine.register("keys_twice", keys)
    match = " AND ".join(f"r.{name} IS NOT DISTINCT FROM k.{name}" for name in keys.columns)
    problems = []
    engine.execute("SET preserve_insertion_order=true")
    for file in opened:
        query = f"""
            SELECT r.position, r.period, r.importer, r.exporter, r.code
            FROM (SELECT row_number() OVER () + {1 if file.delimiter else 0} AS position, * FROM
                  ({roles_of(file, layout)})) r
            JOIN keys_twice k ON {match} WHERE skipped IS NULL ORDER BY r.position LIMIT {_MOST_LISTED}"""
        for position, *key in engine.execute(query).fetchall():
            cells = ", ".join(str(cell) for cell in key if cell is not None)
            found = f"a key that appears more than once: {cells}"
            line, fix = _line(position, skipped.get(file.name, [])), "leave one of the rows out, or add them up"
            problems.append(Fault(file.name, line, layout.code, found, "each key once", fix))
    engine.execute("SET preserve_insertion_order=false")
    return problems
