"""Add up trade tables of any size in one streaming pass.

A layout maps the columns of a publisher's file. The pass adds rows up by period, partners and code; codes that no
component uses are added up together, unwanted rows are only counted. Memory holds no more than the result; what
the engine needs beyond its limit goes to disk. The first pass only counts faults; if there are any, a second pass
finds their lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from corridor.data.databases import quoted
from corridor.data.frames import nearest
from corridor.errors import DataError, Fault
from corridor.importers.files.open_files import Opened, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["KEPT", "ColumnMap", "add_up"]

KEPT = "kept"
"""Outcome of rows that become trade; other outcomes are the reasons why rows are left out."""
_MOST_LISTED = 50
_WRONG = "(value < 0 OR NOT isfinite(value))"
_NUMBER = "a number from 0 up"
_WORDS = ("outcome", "period", "importer", "exporter", "revision")
_ROLES = ("period", "importer", "exporter", "code", "value", "duty", "revision")


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """Columns of a publisher's file, by what they hold.

    Parameters
    ----------
    source
        Name for messages.
    period
        Column with the year (2023, 2023-24) or month (202301, 2023-01); empty if the file has none.
    importer, exporter, code, value
        Columns; importer or exporter empty if the file covers one country without naming it.
    duty, revision
        Columns, empty if the file has none.
    usd
        US$ in one unit of `value`: 1000 for thousand US$. By year if a currency's rate changes.
    digits
        Digits of a code if all have the same number: shorter ones have lost their leading zeros. None if codes of
        several levels are mixed.
    detail
        Further columns of the key of a row, for example the mode of transport.
    skip
        Reason -> condition on columns of the file, in trusted SQL: rows left out before anything else.
    no_money
        Reasons of `skip` whose rows hold quantities: their values are not counted.
    missing
        Texts that mean no value.
    """

    source: str
    period: str = ""
    importer: str = ""
    exporter: str = ""
    code: str
    value: str
    duty: str = ""
    revision: str = ""
    usd: float | Mapping[int, float]
    digits: int | None = None
    detail: tuple[str, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict)
    no_money: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()

    def column(self, role: str) -> str:
        """Column of a role, empty if the file has none."""
        name: str = getattr(self, role)
        return name

    def used(self) -> list[str]:
        """Columns that the file must have."""
        roles = [self.column(role) for role in _ROLES]
        return list(dict.fromkeys([*(name for name in roles if name), *self.detail]))


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
    query = _query(opened, layout, years, importers)
    try:
        rows = _sums(engine, query)
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
    return rows.drop(columns=["wrong", *detail])


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
    problems = []
    for file in opened:
        for name in layout.used():
            if name in file.columns:
                continue
            near = nearest(name, [column.lower() for column in file.columns])
            found = ", ".join(file.columns[:12]) + (", ..." if len(file.columns) > 12 else "")
            fix = f"rename {near} to {name}" if near else f"give the file of {layout.source} as it was published"
            problems.append(Fault(file.name, "header", name, found, f"a column named {name}", fix))
    if problems:
        raise DataError(problems)


def _number(column: str, layout: ColumnMap) -> str:
    """SQL for a column as a number; texts that mean no value are NULL."""
    name = quoted(column)
    if not layout.missing:
        return f"CAST({name} AS DOUBLE)"
    words = ", ".join(literal(word) for word in layout.missing)
    text = f"trim(CAST({name} AS VARCHAR))"
    return f"CASE WHEN {text} NOT IN ({words}) THEN coalesce(TRY_CAST({text} AS DOUBLE), -1) END"


def _types(layout: ColumnMap) -> dict[str, str]:
    return {} if layout.missing else {name: "DOUBLE" for name in (layout.value, layout.duty) if name}


def _roles(file: Opened, layout: ColumnMap) -> str:
    """SQL that selects the roles and details of one file, and why a row is skipped."""
    cells = []
    for role in ("period", "importer", "exporter", "revision"):
        name = layout.column(role)
        cells.append(f"{f'trim(CAST({quoted(name)} AS VARCHAR))' if name else 'NULL::VARCHAR'} AS {role}")
    cells.append(f"{_clean_code(layout)} AS code")
    cells.append(f"{_number(layout.value, layout)} AS value")
    cells.append(f"{_number(layout.duty, layout) if layout.duty else 'NULL::DOUBLE'} AS duty")
    cells += [f"CAST({quoted(name)} AS VARCHAR) AS detail_{index}" for index, name in enumerate(layout.detail)]
    skip = "".join(f" WHEN {condition} THEN {literal(reason)}" for reason, condition in layout.skip.items())
    cells.append(f"{f'CASE{skip} END' if skip else 'NULL::VARCHAR'} AS skipped")
    return f"SELECT {', '.join(cells)} FROM {file.scan(_types(layout))}"


def _clean_code(layout: ColumnMap) -> str:
    code = f"trim(CAST({quoted(layout.code)} AS VARCHAR))"
    if layout.digits:
        return (
            f"CASE WHEN length({code}) < {layout.digits} THEN lpad({code}, {layout.digits}, '0') ELSE {code} END"
        )
    # all levels have an even number of digits: an odd one has lost its leading zero
    return f"CASE WHEN length({code}) % 2 = 1 THEN '0' || {code} ELSE {code} END"


def _outcome(layout: ColumnMap, years: Sequence[int], importers: Sequence[str] | None) -> str:
    cases = ["WHEN skipped IS NOT NULL THEN skipped"]
    if years and layout.period:
        words = ", ".join(literal(str(int(year))) for year in years)
        cases.append(f"WHEN substr(period, 1, 4) NOT IN ({words}) THEN 'other years'")
    if importers is not None and layout.importer:
        words = ", ".join(literal(name) for name in importers)
        cases.append(f"WHEN importer NOT IN ({words}) THEN 'other importers'")
    return f"CASE {' '.join(cases)} ELSE '{KEPT}' END"


def _query(
    opened: Sequence[Opened], layout: ColumnMap, years: Sequence[int], importers: Sequence[str] | None
) -> str:
    union = " UNION ALL ".join(_roles(file, layout) for file in opened)
    details = [f"detail_{index}" for index in range(len(layout.detail))]
    by_period = isinstance(layout.usd, Mapping)  # each year has its own rate: rows left out need it too
    kept = {name: f"CASE WHEN outcome = '{KEPT}' THEN {name} END" for name in ("importer", "exporter", "revision")}
    kept["period"] = "period" if by_period else f"CASE WHEN outcome = '{KEPT}' THEN period END"
    known = f"outcome = '{KEPT}' AND separate.code IS NOT NULL"
    kept["file_code"] = f"CASE WHEN {known} THEN raw.code END"
    for name in details:
        kept[name] = f"CASE WHEN {known} THEN {name} END"
    cells = ", ".join(f"{expression} AS {name}" for name, expression in kept.items())
    return f"""
        WITH raw AS ({union}),
        marked AS (SELECT *, {_outcome(layout, years, importers)} AS outcome,
                          CAST(TRY_CAST(substr(code, 1, 2) AS UTINYINT) AS BIGINT) AS chapter FROM raw)
        SELECT outcome, {cells}, count(*) AS rows, sum(value) AS value, sum(duty) AS duty,
               count(*) FILTER ({_WRONG}) AS wrong,
               count(*) - count(value) AS blank,
               count(*) - count(chapter) AS odd, coalesce(bit_or(1::BIGINT << (chapter % 62)), 0) AS chapters
        FROM marked AS raw LEFT JOIN separate ON substr(raw.code, 1, 6) = separate.code
        GROUP BY ALL"""


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
    "INVALID ENCODING": ("text in {encoding}", "name the file's encoding with --encoding"),
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
                FROM ({_roles(file, layout).replace("SELECT ", f"SELECT {shown}, ", 1)}))
            WHERE skipped IS NULL AND {_WRONG} LIMIT {_MOST_LISTED}"""
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
                  ({_roles(file, layout)})) r
            JOIN keys_twice k ON {match} WHERE skipped IS NULL ORDER BY r.position LIMIT {_MOST_LISTED}"""
        for position, *key in engine.execute(query).fetchall():
            cells = ", ".join(str(cell) for cell in key if cell is not None)
            found = f"a key that appears more than once: {cells}"
            line, fix = _line(position, skipped.get(file.name, [])), "leave one of the rows out, or add them up"
            problems.append(Fault(file.name, line, layout.code, found, "each key once", fix))
    engine.execute("SET preserve_insertion_order=false")
    return problems
