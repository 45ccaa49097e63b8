"""Read the cells of a workbook with their positions, within size limits; no formula is evaluated."""

from __future__ import annotations

import datetime
import json
import math
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corridor.data.frames import nearest
from corridor.data.guards.cells import valueless_cells
from corridor.data.guards.workbooks import fault_of
from corridor.data.number_texts import grouped, meant
from corridor.errors import ConfigError
from corridor.workbook.layout import HEADER, SheetColumn

#: Most rows of a sheet that are read; size limits of the file are in ``corridor.data.guards.workbooks``.
MOST_ROWS = 200_000
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass
class Faults:
    """Every bad cell found so far, each with its position and how to fix it."""

    path: Path
    lines: list[str] = field(default_factory=list)

    def add(
        self, sheet: str, what: str, fix: str, row: int | None = None, column: str = "", position: int = -1
    ) -> None:
        """A fault of a sheet; `row` as in the spreadsheet, from 1; `position` of the column, from 0."""
        place = f"sheet {sheet}"
        if row is not None:
            place += f", row {row}"
        if column:
            place += f", column {column}"
        if row is not None and position >= 0:
            place += f" (cell {letters(position)}{row})"
        self.lines.append(f"  - {place}: {what}. Fix: {fix}.")

    def stop(self) -> None:
        """Raise if there are faults.

        Raises
        ------
        ConfigError
            With a line for each.
        """
        if self.lines:
            head = f"workbook {self.path} has {len(self.lines)} fault(s):"
            raise ConfigError("\n".join([head, *dict.fromkeys(self.lines)]))


@dataclass(frozen=True)
class Row:
    """A row of a sheet: its number in the spreadsheet, its cells and the positions of their columns, by column."""

    number: int
    cells: dict[str, Any]
    positions: dict[str, int]


def letters(position: int) -> str:
    """Name of a column of a spreadsheet by its position from 0."""
    out = ""
    left = position + 1
    while left:
        left, rest = divmod(left - 1, 26)
        out = chr(65 + rest) + out
    return out


def open_sheets(path: Path, names: Iterable[str]) -> dict[str, list[list[Any]]]:
    """The sheets of a workbook as lists of rows of values; missing ones are left out.

    Raises
    ------
    ConfigError
        If the file is no .xlsx workbook, is encrypted or broken, or larger than what is read.
    """
    import python_calamine

    _check_file(path)
    try:
        book = python_calamine.load_workbook(str(path))
        found = set(book.sheet_names)
        out = {}
        for name in names:
            if name in found:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height > MOST_ROWS:
                    raise ConfigError(
                        f"workbook {path}: sheet {name} has {sheet.total_height:,} rows; at most {MOST_ROWS:,} "
                        "are read. Fix: delete the empty rows below the last one."
                    )
                out[name] = sheet.to_python(skip_empty_area=False)
        faults = Faults(path)
        for cell in valueless_cells(path):
            if cell.sheet in out:
                faults.add(cell.sheet, cell.found, cell.fix, cell.row, position=cell.column)
        faults.stop()
        return out
    except ConfigError:
        raise
    except Exception as error:  # the reader has its own errors for broken files
        raise ConfigError(
            f"workbook {path}: can't be read ({str(error).splitlines()[0][:80] if str(error) else 'broken'}). "
            "Fix: open it in a spreadsheet and save it again as .xlsx, without a password."
        ) from None


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"workbook {path}: no such file. Fix: write one with: corridor export --to plan.xlsx")
    if not zipfile.is_zipfile(path):
        raise ConfigError(
            f"workbook {path}: is no .xlsx workbook, or it is encrypted or cut off. Fix: open it in a "
            "spreadsheet and save it again as .xlsx, without a password."
        )
    fault = fault_of(path)
    if fault is not None:
        raise ConfigError(f"workbook {path}: is not read: {fault}.")


def read_rows(name: str, sheet: list[list[Any]], columns: tuple[SheetColumn, ...], faults: Faults) -> list[Row]:
    """The rows below the header, blank ones left out; columns may have been moved, not renamed."""
    head = [str(cell).strip() for cell in sheet[HEADER]] if len(sheet) > HEADER else []
    positions = {title: position for position, title in enumerate(head) if title}
    wanted = [column.name for column in columns if column.editable] + [columns[0].name]
    missing = sorted(set(wanted) - set(positions))
    if missing:
        faults.add(
            name,
            f"column {', '.join(missing)} not found in the header",
            "write the workbook again with corridor export, and edit cells only",
            HEADER + 1,
        )
        return []
    rows = []
    for number, cells in enumerate(sheet[HEADER + 1 :], HEADER + 2):
        values = {
            title: clean(cells[position]) if position < len(cells) else None
            for title, position in positions.items()
        }
        if any(values[title] is not None for title in wanted):
            rows.append(Row(number, values, positions))
    return rows


def clean(value: Any) -> Any:
    """A cell's value: None if blank, integers as int, dates as text."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta):
        return str(value)
    return value


def pieces(sheet: list[list[Any]]) -> dict[str, Any]:
    """JSON values in the columns of a sheet, joined from their pieces.

    Raises
    ------
    ValueError
        If one of them is broken.
    """
    out = {}
    for position, name in enumerate(sheet[0] if sheet else []):
        if str(name):
            cells = (row[position] for row in sheet[1:] if position < len(row))
            text = "".join(str(cell) for cell in cells if cell not in (None, ""))
            out[str(name)] = json.loads(text)
    return out


def number_of(row: Row, sheet: str, column: str, faults: Faults, *, integer: bool = False) -> float | int | None:
    """A cell as a number, None if blank; anything else is a fault. Texts like '1,200' count as numbers."""
    value = row.cells.get(column)
    if value is None:
        return None
    if isinstance(value, str):
        value = _number_of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        number = meant(value) if isinstance(value, str) else None
        fix = "write a number" if number is None else f"write {number:.12g}"
        faults.add(sheet, f"{value!r} is not a number", fix, row.number, column, row.positions[column])
        return None
    if integer and value != int(value):
        faults.add(
            sheet,
            f"{value!r} is not an integer",
            "write an integer",
            row.number,
            column,
            row.positions[column],
        )
        return None
    return int(value) if integer else float(value)


def _number_of_text(text: str) -> float | str:
    """A text as a number if it is one, with or without separators of thousands; else the text itself."""
    number = grouped(text)
    if number is None and _NUMBER.match(text.strip()):
        number = float(text)
    return text if number is None else number


def same(one: Any, other: Any) -> bool:
    """Whether a cell is unchanged; a spreadsheet keeps fifteen digits of a number."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300)
    return (one is None and other is None) or one == other


def name_of(row: Row, sheet: str, column: str, known: set[str], faults: Faults) -> str | None:
    """A cell as a known name, None if blank; any other is a fault."""
    value = row.cells.get(column)
    if value is None:
        return None
    text = str(value).strip()
    if text not in known:
        near = nearest(text, known)
        fix = f"write {near}" if near else "choose one from the list"
        faults.add(sheet, f"there is no {column} {text!r}", fix, row.number, column, row.positions[column])
        return None
    return text
