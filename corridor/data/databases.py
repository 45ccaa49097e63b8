"""Read and write all tables in one SQLite or DuckDB file, with the columns and types of their schemas."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd

from corridor.data.frames import Tables
from corridor.data.schema import load_schema
from corridor.errors import Fault

__all__ = ["DUCKDB", "SQLITE", "open_sqlite", "quoted", "read_database", "write_duckdb", "write_sqlite"]

SQLITE: tuple[str, ...] = (".sqlite", ".sqlite3", ".db")
DUCKDB: tuple[str, ...] = (".duckdb",)

MOST_CELLS = 200_000_000
"""Most cells of a table that are read from a database or parquet file."""
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


def read_database(path: Path, names: Sequence[str]) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    """Tables of a database file.

    Parameters
    ----------
    path
        File with a suffix of ``SQLITE`` or ``DUCKDB``.
    names
        Tables to read.

    Returns
    -------
    (dict of DataFrame, list of str, list of Fault)
        Tables as read; names of other tables in the file; faults.
    """
    import duckdb

    read = _read_duckdb if path.suffix.lower() in DUCKDB else _read_sqlite
    try:
        return read(path, names)
    except (sqlite3.Error, duckdb.Error, OSError, ValueError, OverflowError, MemoryError) as error:
        reason = (str(error).splitlines() or ["broken"])[0][:80]
        wanted = "a DuckDB file" if path.suffix.lower() in DUCKDB else "a SQLite file"
        fix = "write it again, or save the tables as CSV"
        return {}, [], [Fault(path.name, "", "", f"a database that cannot be read ({reason})", wanted, fix)]


def _too_large(table: str, cells: int) -> Fault:
    fix = "leave out rows that no component uses"
    return Fault(table, "", "", f"{cells:,} cells", f"at most {MOST_CELLS:,}", fix)


def _read_sqlite(path: Path, names: Sequence[str]) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    frames, faults = {}, []
    with open_sqlite(path) as base:
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name NOT GLOB 'sqlite_*'"
        stored = [row[0] for row in base.execute(query).fetchall()]
        for name in [each for each in stored if each in names]:
            # hidden = 0: only stored columns; a computed one could return anything, of any length
            info = base.execute(f"PRAGMA table_xinfo({quoted(name)})").fetchall()
            columns = [row[1] for row in info if row[6] == 0]
            (count,) = base.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()
            if count * len(columns) > MOST_CELLS:
                faults.append(_too_large(name, count * len(columns)))
                continue
            rows = base.execute(f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(name)}").fetchall()
            cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
            frames[name] = pd.DataFrame(
                {
                    column: pd.Series(list(values), dtype=object)
                    for column, values in zip(columns, cells, strict=True)
                }
            )
    return frames, [name for name in stored if name not in names], faults


def _read_duckdb(path: Path, names: Sequence[str]) -> tuple[dict[str, pd.DataFrame], list[str], list[Fault]]:
    import duckdb

    frames, faults = {}, []
    # neither files nor extensions: an untrusted file can do nothing but hold tables
    settings: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": False,
        "autoload_known_extensions": False,
        "memory_limit": "2GB",
    }
    with duckdb.connect(str(path), read_only=True, config=settings) as base:
        query = "SELECT table_name, column_count FROM duckdb_tables() WHERE NOT internal AND schema_name = 'main'"
        stored = base.execute(query).fetchall()
        for name, columns in stored:
            if name not in names:
                continue
            (rows,) = base.execute(f"SELECT count(*) FROM main.{quoted(name)}").fetchall()[0]
            if columns * rows > MOST_CELLS:
                faults.append(_too_large(name, columns * rows))
                continue
            frames[name] = base.sql(f"SELECT * FROM main.{quoted(name)}").to_arrow_table().to_pandas()
    return frames, [name for name, _ in stored if name not in names], faults
