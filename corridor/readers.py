"""Raw tables from files: CSV, parquet, and workbooks with a sheet per table."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from corridor.errors import Problem
from corridor.frames import TEXT, nearest
from corridor.schema import TABLES

SUFFIXES: tuple[str, ...] = (".csv", ".parquet")
WORKBOOKS: tuple[str, ...] = (".xlsx", ".xlsm", ".xls", ".ods")


class Raw(NamedTuple):
    """A table as read: cells not yet checked, and the line of the file that each row stands on."""

    frame: pd.DataFrame
    lines: pd.Series


def read_raw(path: Path) -> tuple[dict[str, Raw], list[Problem]]:
    """Read all tables of a folder or workbook.

    Parameters
    ----------
    path
        Folder with ``<table>.csv`` or ``<table>.parquet``, or a workbook with a sheet per table.

    Returns
    -------
    (dict of Raw by table, list of Problem)
        Tables that could be read, and what stood in the way of others.
    """
    if path.is_dir():
        return _read_folder(path)
    if path.suffix.lower() in WORKBOOKS and path.is_file():
        return _read_workbook(path)
    found = "a file of another kind" if path.exists() else "nothing there"
    wanted = "a folder with a file per table, or an .xlsx workbook with a sheet per table"
    return {}, [Problem(str(path), "", "", found, wanted, "give the path of a data folder or workbook")]


def _read_folder(folder: Path) -> tuple[dict[str, Raw], list[Problem]]:
    raws: dict[str, Raw] = {}
    problems: list[Problem] = []
    files: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~")):
            files.setdefault(file.stem, []).append(file)
    for name, paths in files.items():
        if name not in TABLES:
            problems.append(_unknown_table(name, "file"))
        elif len(paths) > 1:
            both = " and ".join(path.name for path in paths)
            problems.append(Problem(name, "", "", both, "one file", "delete or move one of them"))
        else:
            raw, faults = _read_csv(paths[0]) if paths[0].suffix.lower() == ".csv" else _read_parquet(paths[0])
            problems += faults
            if raw is not None:
                raws[name] = raw
    return raws, problems


def _unknown_table(name: str, what: str) -> Problem:
    near = nearest(name, TABLES)
    mend = (
        f"rename the {what} to {near}"
        if near
        else f"move the {what} elsewhere; the tables are {', '.join(TABLES)}"
    )
    return Problem(name, "", "", f"a {what} of this name", "the name of a table", mend)


def _read_csv(path: Path) -> tuple[Raw | None, list[Problem]]:
    table = path.stem
    try:
        frame = pd.read_csv(
            path,
            dtype=TEXT,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
        )
    except pd.errors.EmptyDataError:
        return None, [Problem(table, "", "", "an empty file", "a header and rows", "fill the file or delete it")]
    except UnicodeDecodeError as error:
        with path.open("rb") as file:
            line = file.read()[: error.start].count(b"\n") + 1
        mend = "save the file as 'CSV UTF-8'"
        return None, [Problem(table, str(line), "", "bytes that are not UTF-8", "text in UTF-8", mend)]
    except pd.errors.ParserError:
        return None, _ragged(path)
    if not isinstance(frame.index, pd.RangeIndex):  # longer rows than the header: pandas takes them for an index
        return None, _ragged(path)
    lines = _lines(frame, path)
    full = frame.notna().any(axis=1)
    frame = pd.DataFrame({name: _strip(frame[name]) for name in frame.columns}, index=frame.index)
    return (Raw(frame, lines) if full.all() else Raw(frame[full], lines[full])), []


def _strip(column: pd.Series) -> pd.Series:
    """Cells without blanks at their ends; most files have none, and to see that is cheaper than to rebuild it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(column, pa.large_string(), from_pandas=True)
    if pc.utf8_trim_whitespace(cells).equals(cells):
        return column
    stripped = column.str.strip()
    return pd.Series(stripped.mask(stripped == ""), dtype=TEXT)


def _lines(frame: pd.DataFrame, path: Path) -> pd.Series:
    """Line of the file that each row begins on; a quoted cell may hold line breaks."""
    breaks = pd.Series(0, index=frame.index)
    if path.read_bytes().rstrip(b"\n").count(b"\n") == len(frame):
        return breaks + frame.index + 2
    for name in frame.columns:
        breaks += frame[name].str.count("\n").fillna(0).astype(int)
    return (frame.index + 2 + breaks.cumsum().shift(fill_value=0)).astype("int64")


def _ragged(path: Path) -> list[Problem]:
    problems = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        width = len(next(reader, []))
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != width:
                mend = "put cells that hold a comma in double quotes, and give every row the same number of commas"
                problems.append(Problem(path.stem, str(line), "", f"{len(row)} cells", f"{width} cells", mend))
            line = reader.line_num + 1
    if not problems:
        mend = "look for a double quote that is not closed"
        problems.append(Problem(path.stem, "", "", "a file that cannot be parsed", "a CSV file", mend))
    return problems


def _read_parquet(path: Path) -> tuple[Raw | None, list[Problem]]:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
        mend = f"write it again as parquet, or as {path.stem}.csv"
        found = f"a file that cannot be read ({str(error).splitlines()[0][:80]})"
        return None, [Problem(path.stem, "", "", found, "a parquet file", mend)]
    frame = frame.reset_index(drop=True)
    return Raw(frame, pd.Series(frame.index + 1, index=frame.index)), []


def _read_workbook(path: Path) -> tuple[dict[str, Raw], list[Problem]]:
    try:
        sheets = pd.read_excel(
            path,
            sheet_name=None,
            dtype=object,
            engine="calamine",
            keep_default_na=False,
            na_values=[""],
            header=None,
        )
    except Exception as error:  # each engine has its own kinds of errors for a broken file
        found = f"a workbook that cannot be read ({str(error).splitlines()[0][:80] if str(error) else 'broken'})"
        return {}, [Problem(path.name, "", "", found, "an .xlsx workbook", "open it and save it again as .xlsx")]
    raws: dict[str, Raw] = {}
    problems: list[Problem] = []
    for name, sheet in sheets.items():
        if str(name).lower() in ("readme", "about", "help", "notes"):
            continue
        if name not in TABLES:
            problems.append(_unknown_table(str(name), "sheet"))
        elif not len(sheet):
            problems.append(
                Problem(str(name), "", "", "an empty sheet", "a header and rows", "fill it or delete it")
            )
        else:
            raws[str(name)] = _sheet(sheet)
    return raws, problems


def _sheet(sheet: pd.DataFrame) -> Raw:
    header = sheet.iloc[0]
    frame = sheet.loc[sheet.index[1:], header.notna()].copy()
    frame.columns = pd.Index([str(name).strip() for name in header[header.notna()]])
    frame = frame.map(lambda cell: (cell.strip() or np.nan) if isinstance(cell, str) else cell)
    if "code" in frame and "nomenclature" in frame:
        # A spreadsheet turns 010121 into the number 10121: give it its zeros back.
        number = frame["code"].map(lambda cell: isinstance(cell, int | float) and not pd.isna(cell))
        padded = frame["code"].where(
            ~number, frame["code"].where(number, 0).astype("int64").astype(str).str.zfill(6)
        )
        frame["code"] = padded.where(frame["nomenclature"] == "HS6", frame["code"])
    full = frame.notna().any(axis=1)
    return Raw(frame[full], pd.Series(frame.index + 1, index=frame.index)[full])
