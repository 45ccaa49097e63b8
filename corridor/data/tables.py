"""Read, check, select and write the tables of a study."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from corridor.data.bundled import bundled
from corridor.data.checks import check_all
from corridor.data.databases import write_duckdb, write_sqlite
from corridor.data.frames import Tables, bundled_sectors, conform, empty_frame
from corridor.data.readers import Raw, read_raw
from corridor.data.schema import OPTIONAL_TABLES, TABLES, key_columns
from corridor.data.writers import write_csv, write_parquet, write_workbook
from corridor.errors import ConfigError, DataError, Fault

__all__ = ["FORMATS", "Tables", "load_tables", "read_tables", "write_tables"]

FORMATS: tuple[str, ...] = ("csv", "parquet", "xlsx", "sqlite", "duckdb")
"""Formats of ``write_tables``: a folder of CSV or parquet files, or one file."""

ONE_FILE: dict[str, Callable[[Tables, Path], None]] = {
    "xlsx": write_workbook,
    "sqlite": write_sqlite,
    "duckdb": write_duckdb,
}
"""Formats that hold all tables in one file, and their writers."""


def read_tables(path: str | Path | None = None, *, extend: bool = False) -> tuple[Tables, list[Fault]]:
    """Read tables and check their cells; rules across tables are not checked.

    Parameters
    ----------
    path
        Folder with ``<table>.csv`` or ``<table>.parquet``, a workbook with a sheet per table, or a SQLite or
        DuckDB file; the bundled data if left out.
    extend
        Lay the tables over the bundled ones: rows with the same key replace, others are added.

    Returns
    -------
    (Tables, list of Fault)
        Tables that could not be read are empty.
    """
    folder = bundled("data") if path is None else Path(path)
    raws, problems = read_raw(folder)
    if not raws and any(fault.table in (str(folder), folder.name) for fault in problems):
        return Tables(**{name: empty_frame(name) for name in TABLES}), problems
    broken = {fault.table for fault in problems}
    frames: dict[str, pd.DataFrame] = {}
    for name in TABLES:
        if name in raws:
            frames[name], faults = _conform(name, raws[name], extend)
            problems += faults
            continue
        frames[name] = empty_frame(name)
        if not extend and name not in OPTIONAL_TABLES and name not in broken:
            fix = f"add {name}.csv, or lay your tables over the bundled ones (extend)"
            problems.append(Fault(name, "", "", "no such table", f"a file or sheet {name}", fix))
    if not extend and not len(frames["sectors"]) and "sectors" not in broken:
        frames["sectors"] = bundled_sectors()
    tables = Tables(**frames)
    if extend and path is not None and not problems:
        base, problems = read_tables()
        tables = _lay_over(base, tables)
    return tables, problems


def load_tables(path: str | Path | None = None, *, extend: bool = False) -> Tables:
    """Read tables and check them.

    Parameters
    ----------
    path
        Folder with ``<table>.csv`` or ``<table>.parquet``, a workbook with a sheet per table, or a SQLite or
        DuckDB file; the bundled data if left out.
    extend
        Lay the tables over the bundled ones: rows with the same key replace, others are added. Without it the
        folder must hold every table that is not in ``corridor.data.schema.OPTIONAL_TABLES``.

    Returns
    -------
    Tables

    Raises
    ------
    DataError
        Lists every fault with table, row, column, what was found and wanted, and how to fix it. Rules across
        tables are checked only if every cell is in order.
    """
    tables, faults = read_tables(path, extend=extend)
    if not faults:
        faults = check_all(tables)
    if faults:
        raise DataError(faults)
    return tables


def _conform(name: str, raw: Raw, extend: bool) -> tuple[pd.DataFrame, list[Fault]]:
    frame, faults = conform(name, raw.frame, raw.lines)
    if not len(frame) and name not in OPTIONAL_TABLES and not extend:
        faults.append(Fault(name, "", "", "no rows", "at least one row", "fill the table"))
    return (empty_frame(name) if faults else frame), faults


def _lay_over(base: Tables, top: Tables) -> Tables:
    frames = {}
    for name, frame in top:
        if not len(frame):
            continue
        key = key_columns(name)
        replaced = pd.MultiIndex.from_frame(base[name][key]).isin(pd.MultiIndex.from_frame(frame[key]))
        frames[name] = pd.concat([base[name][~replaced], frame], ignore_index=True)
    return base.replace(**frames)


def write_tables(tables: Tables, path: str | Path, format: str = "csv") -> Path:
    """Write all tables; files get their final names only when complete.

    Parameters
    ----------
    tables
        What to write.
    path
        Folder (created if missing; files of other names are kept); for ``xlsx``, ``sqlite``, ``duckdb`` the file.
    format
        ``csv``, ``parquet``, ``xlsx``, ``sqlite`` or ``duckdb``. What is written is read back identical, to the
        last digit; readers strip blanks at a text's ends, and a text of only blanks is a missing cell.

    Returns
    -------
    pathlib.Path
        The folder or workbook.

    Raises
    ------
    ConfigError
        There is no such format, the path cannot be written to, or a workbook cannot hold a text or table.
    """
    if format not in FORMATS:
        raise ConfigError(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    path = Path(path)
    parent = path.parent if format in ONE_FILE else path
    try:
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=parent))
        try:
            if format in ONE_FILE:
                ONE_FILE[format](tables, scratch / f"tables.{format}")
                os.replace(scratch / f"tables.{format}", path)
            else:
                _write_folder(tables, path, scratch, format)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write to {path}: {error.strerror or error}") from None
    return path


def _write_folder(tables: Tables, folder: Path, scratch: Path, format: str) -> None:
    write = write_csv if format == "csv" else write_parquet
    other = ".parquet" if format == "csv" else ".csv"
    for name, frame in tables:
        write(frame, scratch / f"{name}.{format}")
    for name in TABLES:
        os.replace(scratch / f"{name}.{format}", folder / f"{name}.{format}")
        (folder / f"{name}{other}").unlink(missing_ok=True)  # else the folder would hold the table twice
