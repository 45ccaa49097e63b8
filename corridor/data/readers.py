"""Raw tables from files, within a budget of memory: CSV, parquet, workbooks, SQLite and DuckDB files."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from corridor.data.databases import DUCKDB, SQLITE, read_database
from corridor.data.frames import TEXT, nearest
from corridor.data.guards.budget import BOXED, Account, csv_size
from corridor.data.guards.cells import Valueless, valueless_cells
from corridor.data.guards.open_file import Refused
from corridor.data.guards.workbooks import fault_of
from corridor.data.parquet_files import NotText, parquet_frame
from corridor.data.schema import TABLES
from corridor.errors import Fault, listed, ranges

SUFFIXES: tuple[str, ...] = (".csv", ".parquet")
_MOST_NAMES = 20
WORKBOOKS: tuple[str, ...] = (".xlsx", ".xlsm", ".xls", ".ods")


class Raw(NamedTuple):
    """A table as read: cells not yet checked, and the line of the file of each row."""

    frame: pd.DataFrame
    lines: pd.Series


def read_raw(path: Path, only: Sequence[str] = TABLES) -> tuple[dict[str, Raw], list[Fault]]:
    """Read all tables of a folder or workbook.

    Parameters
    ----------
    path
        Folder with ``<table>.csv`` or ``<table>.parquet``, a workbook with a sheet per table, or a SQLite or
        DuckDB file.
    only
        Tables to read; others are ignored.

    Returns
    -------
    (dict of Raw by table, list of Fault)
        Tables that could be read, and the faults of the others.
    """
    account = Account()
    try:
        if path.is_dir():
            return _read_folder(path, only, account)
        if path.suffix.lower() in WORKBOOKS and path.is_file():
            return _read_workbook(path, only, account)
        if path.suffix.lower() in SQLITE + DUCKDB and path.is_file():
            return _read_tables_of(path, only, account)
        found = "a file of another kind" if path.exists() else "nothing there"
    except OSError as error:  # a name that is too long
        found = f"a path that cannot be read ({error.strerror or error})"
    wanted = (
        "a folder with a file per table, an .xlsx workbook with a sheet per table, or a .sqlite or .duckdb file"
    )
    return {}, [Fault(str(path), "", "", found, wanted, "give the path of a data folder, workbook or database")]


def _read_folder(folder: Path, only: Sequence[str], account: Account) -> tuple[dict[str, Raw], list[Fault]]:
    raws: dict[str, Raw] = {}
    problems: list[Fault] = []
    files: dict[str, list[Path]] = {}
    try:
        listed = sorted(folder.iterdir())
    except OSError as error:
        return {}, [_unreadable(folder.name, error)]
    for file in listed:
        if file.suffix.lower() in SUFFIXES and not file.name.startswith((".", "~")):
            files.setdefault(file.stem, []).append(file)
    problems += _unknown_tables([name for name in files if name not in TABLES], "file")
    for name, paths in files.items():
        if name not in TABLES or name not in only:
            continue
        elif len(paths) > 1:
            both = " and ".join(path.name for path in paths)
            problems.append(Fault(name, "", "", both, "one file", "delete or move one of them"))
        else:
            try:
                read = _read_csv if paths[0].suffix.lower() == ".csv" else _read_parquet
                raw, faults = read(paths[0], account)
            except Refused as error:
                raw, faults = None, [_refused(name, error)]
            except (OSError, MemoryError) as error:
                raw, faults = None, [_unreadable(name, error)]
            problems += faults
            if raw is not None:
                raws[name] = raw
    return raws, problems


def _unreadable(name: str, error: Exception) -> Fault:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    fix = "check that it exists, is a file, and may be read"
    return Fault(name, "", "", f"something that cannot be read ({reason})", "a file that can be read", fix)


def _refused(name: str, error: Exception) -> Fault:
    what, _, fix = str(error).partition(". ")
    return Fault(name, "", "", what, "a file within what is read", fix or "give another file")


def _read_tables_of(path: Path, only: Sequence[str], account: Account) -> tuple[dict[str, Raw], list[Fault]]:
    frames, others, faults = read_database(path, only, account)
    faults += _unknown_tables([name for name in others if name not in TABLES], "table")
    raws = {name: Raw(_stripped(frame), _counted(frame)) for name, frame in frames.items()}
    return raws, faults


def _unknown_tables(names: Sequence[str], what: str) -> list[Fault]:
    faults = [_unknown_table(name, what) for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        found, fix = f"{what}s of these names", f"move them elsewhere; the tables are {', '.join(TABLES)}"
        faults.append(Fault(listed(names[_MOST_NAMES:]), "", "", found, "names of tables", fix))
    return faults


def _unknown_table(name: str, what: str) -> Fault:
    near = nearest(name, TABLES)
    fix = (
        f"rename the {what} to {near}"
        if near
        else f"move the {what} elsewhere; the tables are {', '.join(TABLES)}"
    )
    return Fault(name, "", "", f"a {what} of this name", "the name of a table", fix)


def _read_csv(path: Path, account: Account) -> tuple[Raw | None, list[Fault]]:
    table = path.stem
    csv_size(path, account)
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
        return None, [Fault(table, "", "", "an empty file", "a header and rows", "fill the file or delete it")]
    except UnicodeDecodeError as error:
        with path.open("rb") as file:
            line = file.read()[: error.start].count(b"\n") + 1
        fix = "save the file as 'CSV UTF-8'"
        return None, [Fault(table, str(line), "", "bytes that are not UTF-8", "text in UTF-8", fix)]
    except pd.errors.ParserError:
        return None, _ragged(path)
    # of rows longer than the header, pandas uses the first cells as an index
    if not isinstance(frame.index, pd.RangeIndex):
        return None, _ragged(path)
    lines = _lines(frame, path)
    full = frame.notna().any(axis=1)
    frame = _stripped(frame)
    return (Raw(frame, lines) if full.all() else Raw(frame[full], lines[full])), []


def _stripped(frame: pd.DataFrame) -> pd.DataFrame:
    """Texts without blanks at their ends, missing where nothing is left: the same for every file format."""
    plain = {position: _strip(frame.iloc[:, position]) for position in range(frame.shape[1])}
    return pd.DataFrame(plain, index=frame.index).set_axis(frame.columns, axis="columns")


def _strip(column: pd.Series) -> pd.Series:
    """A column stripped; most need no change, which is cheaper to detect than to rebuild the column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.dtype == object:
        return column.map(lambda cell: (cell.strip() or np.nan) if isinstance(cell, str) else cell)
    if not isinstance(column.dtype, pd.StringDtype):
        return column
    cells = pa.array(column, pa.large_string(), from_pandas=True)
    trimmed = pc.utf8_trim_whitespace(cells)
    if trimmed.equals(cells) and not pc.any(pc.equal(cells, "")).as_py():
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


def _ragged(path: Path) -> list[Fault]:
    faults = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        width = len(next(reader, []))
        line = reader.line_num + 1
        for row in reader:
            if row and len(row) != width:
                fix = "put cells that hold a comma in double quotes, and give every row the same number of commas"
                faults.append(Fault(path.stem, str(line), "", f"{len(row)} cells", f"{width} cells", fix))
            line = reader.line_num + 1
    if not faults:
        fix = "look for a double quote that is not closed"
        faults.append(Fault(path.stem, "", "", "a file that cannot be parsed", "a CSV file", fix))
    return faults


def _read_parquet(path: Path, account: Account) -> tuple[Raw | None, list[Fault]]:
    try:
        frame = parquet_frame(path, account).reset_index(drop=True)
    except Refused:
        raise
    except NotText as error:
        fix = "write the table again with its texts in UTF-8"
        return None, [
            Fault(path.stem, ranges([str(row) for row in rows]), name, "bytes that are not UTF-8", "text", fix)
            for name, rows in error.cells.items()
        ]
    except Exception as error:  # pyarrow and its reading of pandas' metadata raise many kinds of errors
        fix = f"write it again as parquet, or as {path.stem}.csv"
        found = f"a file that cannot be read ({(str(error).splitlines() or ['broken'])[0][:80]})"
        return None, [Fault(path.stem, "", "", found, "a parquet file", fix)]
    frame = _stripped(frame)
    return Raw(frame, _counted(frame)), []


def _counted(frame: pd.DataFrame) -> pd.Series:
    """Number of each row, from 1."""
    return pd.Series(frame.index + 1, index=frame.index)


def _read_workbook(path: Path, only: Sequence[str], account: Account) -> tuple[dict[str, Raw], list[Fault]]:
    fault = fault_of(path)
    if fault is not None:
        what, _, fix = fault.partition(". Fix: ")
        return {}, [Fault(path.name, "", "", f"a workbook that cannot be read: {what}", "an .xlsx workbook", fix)]
    raws: dict[str, Raw] = {}
    faults: list[Fault] = []
    valueless: dict[str, list[Valueless]] = {}
    try:
        for cell in valueless_cells(path):
            valueless.setdefault(cell.sheet, []).append(cell)
        with pd.ExcelFile(path, engine="calamine") as book:
            names = [str(name) for name in book.sheet_names]
            others = [name for name in names if name.lower() not in ("readme", "about", "help", "notes")]
            faults += _unknown_tables([name for name in others if name not in TABLES], "sheet")
            for name in (name for name in others if name in TABLES and name in only):
                sheet = book.book.get_sheet_by_name(name)
                account.take(sheet.total_height * sheet.total_width, cell=2 * BOXED)
                frame = book.parse(name, dtype=object, keep_default_na=False, na_values=[""], header=None)
                if len(frame):
                    raws[name] = _sheet(frame)
                    faults += [_valueless(cell, frame) for cell in valueless.get(name, [])]
                else:
                    faults.append(Fault(name, "", "", "an empty sheet", "a header and rows", "fill or delete it"))
    except Refused as error:
        return {}, [_refused(path.name, error)]
    except Exception as error:  # each engine raises its own errors for a broken file
        found = f"a workbook that cannot be read ({str(error).splitlines()[0][:80] if str(error) else 'broken'})"
        return {}, [Fault(path.name, "", "", found, "an .xlsx workbook", "open it and save it again as .xlsx")]
    return raws, faults


def _valueless(cell: Valueless, sheet: pd.DataFrame) -> Fault:
    """Fault of a cell that its reader gives as blank though it is not."""
    head = sheet.iloc[0]
    column = head.iloc[cell.column] if cell.column < len(head) else None
    name = str(column).strip() if isinstance(column, str) else f"number {cell.column + 1}"
    return Fault(cell.sheet, str(cell.row), name, cell.found, "a value, or a blank cell", cell.fix)


def _sheet(sheet: pd.DataFrame) -> Raw:
    header = sheet.iloc[0]
    frame = sheet.loc[sheet.index[1:], header.notna()].copy()
    frame.columns = pd.Index([str(name).strip() for name in header[header.notna()]])
    frame = _stripped(frame)
    if frame.columns.is_unique and {"code", "nomenclature"} <= set(frame.columns):
        codes = frame["code"].map(_with_zeros)
        frame["code"] = codes.where(frame["nomenclature"] == "HS6", frame["code"])
    full = frame.notna().any(axis=1)
    return Raw(frame[full], pd.Series(frame.index + 1, index=frame.index)[full])


def _with_zeros(code: object) -> object:
    """Restore the leading zeros of a code that a spreadsheet read as a number: 10121 becomes 010121."""
    if isinstance(code, int | float) and 0 < code < 1e6 and code == int(code):
        return f"{code:06.0f}"
    return code
