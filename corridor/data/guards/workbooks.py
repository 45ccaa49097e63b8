"""Check workbooks before they are opened.

A workbook is a zip of XML, and its reader lays each sheet out as a full rectangle: a file of 5 kB with a value in
the first cell and one in the last means 17 billion cells, and the reader runs out of memory. So sizes are counted
from the zip members first.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from corridor.data.guards.budget import scaled
from corridor.data.guards.open_file import Refused, check_file

__all__ = ["MOST_BYTES", "MOST_CELLS", "MOST_COLUMNS", "MOST_TEXT", "MOST_UNPACKED", "fault_of"]

MOST_BYTES = 50_000_000
"""Largest file that is opened, in bytes."""
MOST_UNPACKED = 500_000_000
"""Most bytes of all its members together, unpacked."""
MOST_CELLS = 5_000_000
"""Most cells of a sheet, counted as the rectangle from the first cell to the last."""
MOST_COLUMNS = 2_000
"""Most columns of a sheet; our widest table has forty, and each takes time even if it is empty."""
MOST_TEXT = 400_000_000
"""Most bytes of all texts, each counted as often as it is used."""

_FIX = "delete the empty rows and columns after the last filled ones, and unneeded ones, or save the tables as CSV"
_BROKEN = "it is broken, truncated or locked. Fix: save it again as .xlsx from a spreadsheet, without a password"
_CHUNK = 4 * 2**20
# tags with and without a prefix: <row and <x:row
_ROW, _CELL = re.compile(rb"[<:]row[\s/>]"), re.compile(rb"[<:]c[\s/>]")
_NUMBERED = re.compile(rb"[<:]row\s(?:[^>]*?\s)?r\s*=\s*[\"']\d")
_POSITIONED = re.compile(rb"[<:]c\s(?:[^>]*?\s)?r\s*=\s*[\"'][A-Za-z]+\d")
_TEXT_NUMBER = re.compile(rb"v(?:\s[^>]*)?>\s*(\d{1,9})\s*<")
_ODS_TAG = re.compile(rb"(</?table:(?:table|table-row|table-cell|covered-table-cell))(?=[\s/>])([^>]*)")
_ODS_TIMES = re.compile(rb"number-(?:rows|columns)-repeated\s*=\s*[\"'](\d{1,9})")
_COLUMN = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{1,7})\d")
_LINE = re.compile(rb"\sr\s*=\s*[\"'][A-Za-z]*(\d{1,10})")


def fault_of(path: Path) -> str | None:
    """Reason a workbook is rejected, or None.

    Parameters
    ----------
    path
        .xlsx, .xlsm or .ods; of older formats only the file size is checked, since they hold at most 65,536
        rows.

    Returns
    -------
    str or None
        The fault with how to fix it, None if there is none.
    """
    try:
        if check_file(path, 2**50) > scaled(MOST_BYTES):
            return f"it is larger than {scaled(MOST_BYTES) / 1e6:.0f} MB. Fix: {_FIX}"
        if not zipfile.is_zipfile(path):
            return None
        with zipfile.ZipFile(path) as packed:
            left, cells = scaled(MOST_UNPACKED), 0
            for member in packed.infolist():
                if member.file_size > left:
                    return _too_much()
                member.file_size = left + 1  # the stated size of a member may be false: read to its real end
                sheet, repeats = _Sheet(), _Repeats()
                for block in _blocks(packed, member):
                    left -= len(block)
                    if left < 0:
                        return _too_much()
                    sheet.add(block)
                    repeats.add(block)
                cells += sheet.all_cells + repeats.cells
                if repeats.cells > scaled(MOST_CELLS):
                    return (
                        f"its sheets span {repeats.cells:,} cells, repeated ones counted; at most "
                        f"{scaled(MOST_CELLS):,} are read. Fix: {_FIX}"
                    )
                if sheet.rows and (sheet.width > MOST_COLUMNS or sheet.height * sheet.width > scaled(MOST_CELLS)):
                    return (
                        f"a sheet spans {sheet.height:,} rows and {sheet.width:,} columns; at most "
                        f"{MOST_COLUMNS:,} columns and {scaled(MOST_CELLS):,} cells are read. Fix: {_FIX}"
                    )
            if _bytes_of_texts(packed, cells) > scaled(MOST_TEXT):
                many = f"more than {scaled(MOST_TEXT):,} bytes of text, each counted as often as it is used"
                return f"it holds {many}. Fix: {_FIX}"
    except Refused as error:
        return f"it is {error}. Fix: save it as a file"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return _BROKEN
    return None


def _too_much() -> str:
    return f"it would unpack to more than {scaled(MOST_UNPACKED) / 1e6:,.0f} MB. Fix: {_FIX}"


def _blocks(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """A member in blocks that end before a tag begins."""
    rest = b""
    with packed.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            block = rest + chunk
            end = block.rfind(b"<")
            end = len(block) if end <= 0 else end
            yield block[:end]
            rest = block[end:]
    yield rest


def _bytes_of_texts(packed: zipfile.ZipFile, cells: int) -> int:
    """Bytes of all texts, each counted as often as it is used; an upper bound if that is small enough.

    A workbook holds each text once, and cells refer to it by number: one long text can be in every cell.
    """
    import numpy as np

    names = [name for name in packed.namelist() if name.lower().endswith("sharedstrings.xml")]
    texts = [len(text) for name in names for text in packed.read(name).split(b"<si")[1:]]
    bound = max(texts, default=0) * cells
    if bound <= scaled(MOST_TEXT):
        return bound
    lengths, total = np.array(texts, dtype=np.int64), 0
    for name in packed.namelist():
        if name not in names:
            numbers = np.array(_TEXT_NUMBER.findall(packed.read(name)), dtype="S9").astype(np.int64)
            total += int(lengths[numbers[numbers < len(lengths)]].sum())
    return total


class _Sheet:
    """Rows and columns that the cells of a sheet span once its reader lays them out."""

    def __init__(self) -> None:
        self.all_cells = self.rows = self.last_row = self.last_column = self.widest = self.loose_rows = (
            self.loose_cells
        ) = 0
        self._in_row = 0

    def add(self, block: bytes) -> None:
        rows, cells = len(_ROW.findall(block)), len(_CELL.findall(block))
        self.all_cells += cells
        loose = cells - len(_POSITIONED.findall(block))
        if loose:
            counts = [len(_CELL.findall(row)) for row in _ROW.split(block)]
            counts[0] += self._in_row
            self._in_row = counts[-1]
            self.widest = max(self.widest, *counts)
        self.rows += rows
        self.loose_cells += loose
        self.loose_rows += rows - len(_NUMBERED.findall(block))
        self.last_column = max([self.last_column, *map(_column, set(_COLUMN.findall(block)))])
        self.last_row = max([self.last_row, *map(int, set(_LINE.findall(block)))])

    @property
    def height(self) -> int:
        """Rows; those without a number follow after the last numbered one."""
        return self.last_row + (self.rows if self.loose_rows or not self.last_row else 0)

    @property
    def width(self) -> int:
        """Columns; cells without a position follow after the last one."""
        return self.last_column + (self.widest if self.loose_cells else 0)


class _Repeats:
    """Cells of the sheets of an OpenDocument file: a row or cell may say that it is repeated a million times.

    Repeated blanks at the end of a row or sheet, which every spreadsheet writes, are left out, as readers do.
    """

    def __init__(self) -> None:
        self.cells = 0
        self._begin_sheet()

    def _begin_sheet(self) -> None:
        self._rows = self._blank_rows = self._widest = 0
        self._begin_row(1)

    def _begin_row(self, times: int) -> None:
        self._times, self._width, self._at = times, 0, 0

    def add(self, block: bytes) -> None:
        """Count what ends in a block, which ends before a tag begins."""
        if b"table:" not in block:
            return
        for tag in _ODS_TAG.finditer(block):
            name, attributes = tag[1], tag[2]
            times = int(found[1]) if (found := _ODS_TIMES.search(attributes)) else 1
            if name == b"<table:table":
                self._begin_sheet()
            elif name == b"<table:table-row":
                self._begin_row(times)
            elif name == b"</table:table-row":
                self._end_row()
            elif not name.startswith(b"</"):
                self._at += times
                if b"value-type" in attributes or b"formula" in attributes or not attributes.endswith(b"/"):
                    self._width = self._at

    def _end_row(self) -> None:
        if not self._width:
            self._blank_rows += self._times
            return
        before = self._rows * self._widest
        self._rows += self._blank_rows + self._times
        self._blank_rows, self._widest = 0, max(self._widest, self._width)
        self.cells += self._rows * self._widest - before


def _column(letters: bytes) -> int:
    """Number of a column by its letters, from 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
