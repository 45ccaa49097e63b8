"""Read and write all tables in one SQLite or DuckDB file, with the columns and types of their schemas."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from corridor.data.frames import Tables
from corridor.data.guards.budget import BOXED, Account, memory
from corridor.data.guards.open_file import Refused, check_file
from corridor.data.schema import load_schema
from corridor.errors import Fault, listed

__all__ = [
    "DUCKDB",
    "SQLITE",
    "open_sqlite",
    "quoted",
    "read_database",
    "read_rows",
    "stored_columns",
    "write_duckdb",
    "write_sqlite",
]

SQLITE: tuple[str, ...] = (".sqlite", ".sqlite3", ".db")
DUCKDB: tuple[str, ...] = (".duckdb",)

_MOST_BYTES = 64 * 2**30  # of a database file, most of which is never read
_LONGEST = 50_000_000  # bytes of a text, a row or a statement in an untrusted file
_TYPES = {"string": "TEXT", "number": "REAL", "integer": "INTEGER", "boolean": "INTEGER"}
_DUCK_TYPES = {"string": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN"}


def quoted(name: str) -> str:
    """Name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def open_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an untrusted SQLite file, read-only; nothing in it can make it grow without bound.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    sqlite3.Connection
        Views and computed columns of the file are untrusted code: read only what ``sqlite_master`` calls a table.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        base.execute("PRAGMA trusted_schema = OFF")
        base.execute("PRAGMA cell_size_check = ON")
        yield base


def write_sqlite(tables: Tables, path: Path) -> None:
    """Write a SQLite file; booleans are 0 and 1, a blank cell is NULL.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    try:
        with closing(sqlite3.connect(path)) as base:
            for name, frame in tables:
                definitions = ", ".join(
                    f"{quoted(column.name)} {_TYPES[column.type]}" for column in load_schema(name)
                )
                base.execute(f"CREATE TABLE {quoted(name)} ({definitions})")
                marks = ", ".join("?" * frame.shape[1])
                rows = zip(*(_plain(frame[column]) for column in frame.columns), strict=True)
                base.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", rows)
            base.commit()
    except sqlite3.Error as error:
        raise OSError(str(error)) from None


def _plain(column: pd.Series) -> list[object]:
    """Cells as Python's own values, None where blank."""
    return column.astype(object).where(column.notna(), None).tolist()


def write_duckdb(tables: Tables, path: Path) -> None:
    """Write a DuckDB file; a blank cell is NULL.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    import duckdb
    import pyarrow as pa

    try:
        with duckdb.connect(str(path)) as base:
            for name, frame in tables:
                definitions = ", ".join(
                    f"{quoted(column.name)} {_DUCK_TYPES[column.type]}" for column in load_schema(name)
                )
                base.execute(f"CREATE TABLE {quoted(name)} ({definitions})")
                base.register("rows_to_write", pa.Table.from_pandas(frame, preserve_index=False))
                base.execute(f"INSERT INTO {quoted(name)} SELECT * FROM rows_to_write")
                base.unregister("rows_to_write")
    except duckdb.Error as error:
        raise OSError(str(error).splitlines()[0]) from None


def read_database(
    path: Path, names: Sequence[str], account: Account
) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    """Tables of a database file.

    Parameters
    ----------
    path
        File with a suffix of ``SQLITE`` or ``DUCKDB``.
    names
        Tables to read.
    account
        What may be taken of the budget of memory.

    Returns
    -------
    (dict of DataFrame, list of str, list of Fault)
        Tables as read; names of other tables in the file; faults.
    """
    import duckdb

    read = _read_duckdb if path.suffix.lower() in DUCKDB else _read_sqlite
    try:
        check_file(path, _MOST_BYTES)
        return read(path, names, account)
    except Refused as error:
        what, _, fix = str(error).partition(". ")
        return {}, [], [Fault(path.name, "", "", what, "tables within what is read", fix or "leave them out")]
    except (sqlite3.Error, duckdb.Error, OSError, ValueError, OverflowError, MemoryError) as error:
        reason = (str(error).splitlines() or ["broken"])[0][:80]
        wanted = "a DuckDB file" if path.suffix.lower() in DUCKDB else "a SQLite file"
        fix = "write it again, or save the tables as CSV"
        return {}, [], [Fault(path.name, "", "", f"a database that cannot be read ({reason})", wanted, fix)]


def _read_sqlite(
    path: Path, names: Sequence[str], account: Account
) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    frames = {}
    with open_sqlite(path) as base:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT GLOB 'sqlite_*'"
        stored = [row[0] for row in base.execute(query).fetchall()]
        for name in [each for each in stored if each in names]:
            columns = stored_columns(base, name)
            query = f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(name)}"
            rows = read_rows(base, query, len(columns), account)
            cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
            frames[name] = pd.DataFrame(
                {
                    column: pd.Series(list(values), dtype=object)
                    for column, values in zip(columns, cells, strict=True)
                }
            )
    return frames, [name for name in stored if name not in names], []


def stored_columns(base: sqlite3.Connection, table: str) -> list[str]:
    """Names of a table's stored columns; a computed one could return anything, of any length."""
    return [row[1] for row in base.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall() if row[6] == 0]


def read_rows(base: sqlite3.Connection, query: str, width: int, account: Account) -> list[tuple[object, ...]]:
    """All rows of a query, `width` cells each, taken from the budget as they come.

    They are not counted first: the pages of a broken file may lead in a circle.

    Raises
    ------
    Refused
        They are more than is left.
    """
    found: list[tuple[object, ...]] = []
    cursor = base.execute(query)
    while rows := cursor.fetchmany(1_000):
        text = sum(len(cell) for row in rows for cell in row if isinstance(cell, str | bytes))
        account.take(len(rows) * width, text, cell=BOXED)
        found += rows
    return found


_DUCK_PLAIN = re.compile(
    r"(VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*|DATE|TIME.*|UUID|ENUM\(.*)"
)


def _read_duckdb(
    path: Path, names: Sequence[str], account: Account
) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    import duckdb

    frames, faults = {}, []
    # neither files nor extensions: an untrusted file can do nothing but hold tables
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": False,
        "autoload_known_extensions": False,
        "memory_limit": f"{memory() // 2**20}MiB",
        "temp_directory": "",
        "threads": 1,
    }
    with duckdb.connect(str(path), read_only=True, config=settings) as base:
        query = "SELECT table_name, sql FROM duckdb_tables() WHERE NOT internal AND schema_name = 'main'"
        stored = base.execute(query).fetchall()
        for name, definition in stored:
            if name not in names:
                continue
            kinds = base.execute(f"DESCRIBE main.{quoted(name)}").fetchall()
            odd = [row[0] for row in kinds if not _DUCK_PLAIN.fullmatch(row[1])]
            if "GENERATED ALWAYS" in definition.upper() or odd:
                found = f"columns of lists, groups or bytes: {listed(odd)}" if odd else "computed columns"
                fix = "store texts, numbers and dates"
                faults.append(Fault(name, "", "", found, "columns of plain values", fix))
                continue
            texts = [quoted(row[0]) for row in kinds if row[1] == "VARCHAR"]
            total = " + ".join(f"coalesce(sum(strlen({text})), 0)" for text in texts) or "0"
            rows, size = base.execute(f"SELECT count(*), {total} FROM main.{quoted(name)}").fetchall()[0]
            account.take(rows * len(kinds), int(size))
            frames[name] = base.sql(f"SELECT * FROM main.{quoted(name)}").to_arrow_table().to_pandas()
    return frames, [name for name, _ in stored if name not in names], faults
