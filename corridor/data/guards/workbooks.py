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

__all__ = ["MOST_BYTES", "MOST_CELLS", "MOST_COLUMNS", "MOST_TEXT", "MOST_UNPACKED", "fault_of"]

MOST_BYTES = 50_000_000
"""Largest file that is opened, in bytes."""
MOST_UNPACKED = 500_000_000
"""Most bytes of all its members together, unpacked."""
MOST_CELLS = 10_000_000
"""Most cells of a sheet, counted as the rectangle from the first cell to the last."""
MOST_COLUMNS = 2_000
"""Most columns of a sheet; our widest table has forty, and each takes time even if it is empty."""
MOST_TEXT = 2 * 10**9
"""Most bytes of all texts, each counted as often as it is used."""

_FIX = "delete the empty rows and columns after the last filled ones, and unneeded ones, or save the tables as CSV"
_BROKEN = "it is broken, truncated or locked. Fix: save it again as .xlsx from a spreadsheet, without a password"
_CHUNK = 4 * 2**20
# tags with and without a prefix: <row and <x:row
_ROW, _CELL = re.compile(rb"[<:]row[\s/>]"), re.compile(rb"[<:]c[\s/>]")
_NUMBERED = re.compile(rb"[<:]row\s(?:[^>]*?\s)?r\s*=\s*[\"']\d")
_POSITIONED = re.compile(rb"[<:]c\s(?:[^>]*?\s)?r\s*=\s*[\"'][A-Za-z]+\d")
_TEXT_NUMBER = re.compile(rb"v(?:\s[^>]*)?>\s*(\d{1,9})\s*<")
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
        if path.stat().st_size > MOST_BYTES:
            return f"it is larger than {MOST_BYTES / 1e6:.0f} MB. Fix: {_FIX}"
        if not zipfile.is_zipfile(path):
            return None
        with zipfile.ZipFile(path) as packed:
            left, cells = MOST_UNPACKED, 0
            for member in packed.infolist():
                if member.file_size > left:
                    return _too_much()
                member.file_size = left + 1  # the stated size of a member may be false: read to its real end
                sheet = _Sheet()
                for block in _blocks(packed, member):
                    left -= len(block)
                    if left < 0:
                        return _too_much()
                    sheet.add(block)
                cells += sheet.all_cells
                if sheet.rows and (sheet.width > MOST_COLUMNS or sheet.height * sheet.width > MOST_CELLS):
                    return (
                        f"a sheet spans {sheet.height:,} rows and {sheet.width:,} columns; at most "
                        f"{MOST_COLUMNS:,} columns and {MOST_CELLS:,} cells are read. Fix: {_FIX}"
                    )
            if _bytes_of_texts(packed, cells) > MOST_TEXT:
                many = f"more than {MOST_TEXT:,} bytes of text, each counted as often as it is used"
                return f"it holds {many}. Fix: {_FIX}"
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        return _BROKEN
    return None


def _too_much() -> str:
    return f"it would unpack to more than {MOST_UNPACKED / 1e6:,.0f} MB. Fix: {_FIX}"


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
    if bound <= MOST_TEXT:
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


def _column(letters: bytes) -> int:
    """Number of a column by its letters, from 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
