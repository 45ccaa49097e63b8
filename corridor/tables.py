"""Read, check, select and write the tables of a study."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from corridor.bundle import bundled
from corridor.checks import check_all
from corridor.errors import ConfigError, DataError, Problem
from corridor.frames import Tables, conform, empty_frame
from corridor.readers import Raw, read_raw
from corridor.schema import OPTIONAL_TABLES, TABLES, key_columns

__all__ = ["FORMATS", "Tables", "load_tables", "read_tables", "write_tables"]

FORMATS: tuple[str, ...] = ("csv", "parquet", "xlsx")


def read_tables(path: str | Path | None = None, *, extend: bool = False) -> tuple[Tables, list[Problem]]:
    """Read tables and tell what is wrong with their cells; rules across tables are not checked.

    Parameters
    ----------
    path
        Folder with ``<table>.csv`` or ``<table>.parquet``, or a workbook with a sheet per table; the bundled data
        if left out.
    extend
        Lay the tables over the bundled ones: rows with the same key replace, others are added.

    Returns
    -------
    (Tables, list of Problem)
        Tables that could not be read at all are empty.
    """
    folder = bundled("data") if path is None else Path(path)
    raws, problems = read_raw(folder)
    if not raws and any(problem.table == str(folder) or problem.table == folder.name for problem in problems):
        return Tables(**{name: empty_frame(name) for name in TABLES}), problems
    broken = {problem.table for problem in problems}
    frames: dict[str, pd.DataFrame] = {}
    for name in TABLES:
        if name in raws:
            frames[name], faults = _conform(name, raws[name], extend)
            problems += faults
            continue
        frames[name] = empty_frame(name)
        if not extend and name not in OPTIONAL_TABLES and name not in broken:
            mend = f"add {name}.csv, or lay your tables over the bundled ones (extend)"
            problems.append(Problem(name, "", "", "no such table", f"a file or sheet {name}", mend))
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
        Folder with ``<table>.csv`` or ``<table>.parquet``, or a workbook with a sheet per table; the bundled data
        if left out.
    extend
        Lay the tables over the bundled ones: rows with the same key replace, others are added. Without it the
        folder must hold every table that ``corridor.schema.OPTIONAL_TABLES`` does not name.

    Returns
    -------
    Tables

    Raises
    ------
    DataError
        Something is wrong; it lists every fault with table, row, column, what was found and wanted, and how to
        mend. Rules across tables are looked at only when every cell is in order.
    """
    tables, problems = read_tables(path, extend=extend)
    if not problems:
        problems = check_all(tables)
    if problems:
        raise DataError(problems)
    return tables


def _conform(name: str, raw: Raw, extend: bool) -> tuple[pd.DataFrame, list[Problem]]:
    frame, problems = conform(name, raw.frame, raw.lines)
    if not len(frame) and name not in OPTIONAL_TABLES and not extend:
        problems.append(Problem(name, "", "", "no rows", "at least one row", "fill the table"))
    return (empty_frame(name) if problems else frame), problems


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
    """Write all tables; nothing half-written is ever seen under the final names.

    Parameters
    ----------
    tables
        What to write.
    path
        Folder (made if missing; files of other names are left alone), for ``xlsx`` the workbook's path.
    format
        ``csv``, ``parquet`` or ``xlsx``. What is written is read back identical (in a workbook, to 15 digits).

    Returns
    -------
    pathlib.Path
        The folder or workbook.

    Raises
    ------
    ConfigError
        There is no such format, or the path cannot be written to.
    """
    if format not in FORMATS:
        raise ConfigError(f"unknown format {format!r}; known are {', '.join(FORMATS)}")
    path = Path(path)
    parent = path if format != "xlsx" else path.parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=parent))
        try:
            if format == "xlsx":
                _write_workbook(tables, scratch / "tables.xlsx")
                os.replace(scratch / "tables.xlsx", path)
            else:
                _write_folder(tables, path, scratch, format)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write to {path}: {error.strerror or error}") from None
    return path


def _write_folder(tables: Tables, folder: Path, scratch: Path, format: str) -> None:
    write: Callable[[pd.DataFrame, Path], None] = _write_csv if format == "csv" else _write_parquet
    other = ".parquet" if format == "csv" else ".csv"
    for name, frame in tables:
        write(frame, scratch / f"{name}.{format}")
    for name in TABLES:
        os.replace(scratch / f"{name}.{format}", folder / f"{name}.{format}")
        (folder / f"{name}{other}").unlink(missing_ok=True)  # else the folder would hold the table twice


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Booleans as true and false."""
    bools = {name: frame[name].map({True: "true", False: "false"}) for name in frame.select_dtypes("bool").columns}
    return frame.assign(**bools)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    _plain(frame).to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def _write_workbook(tables: Tables, path: Path) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        for name, frame in tables:
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
