"""The one budget of memory that every reader keeps, whatever a file holds or claims.

A reader counts what a file would take before it takes it: a file of 1 kB can hold billions of cells. All limits on
files are stated for the default budget and grow with it; ``corridor --read-memory 4GB ...`` raises it, or the
environment variable ``CORRIDOR_READ_MEMORY``.
"""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

from corridor.data.guards.open_file import Refused, check_file
from corridor.errors import ConfigError

__all__ = [
    "BOXED",
    "CELL",
    "DEFAULT",
    "MOST_COLUMNS",
    "TEXT",
    "VARIABLE",
    "Account",
    "csv_size",
    "markup_size",
    "memory",
    "scaled",
]

DEFAULT = 2**30
"""Bytes of memory for what one call reads: 1 GiB; a process with it stays below 2 GiB."""
VARIABLE = "CORRIDOR_READ_MEMORY"
MOST_COLUMNS = 2_000
"""Most columns of a table; our widest has forty, and each takes time even if it is empty."""
CELL, BOXED = 48, 110
"""Bytes of memory for a cell of a table, measured at its peak: in arrays, and as Python's own objects."""
TEXT = 4
"""Bytes of memory for a byte of text, measured at its peak: as read, as text, as array."""
_CHUNK = 4 * 2**20
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def memory() -> int:
    """The budget in bytes.

    Raises
    ------
    ConfigError
        The variable holds no amount of memory.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return DEFAULT
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([KMG]i?B)?\s*", text, re.IGNORECASE)
    amount = float(found[1]) * _UNITS[(found[2] or "").upper()] if found else 0.0
    if not 10**6 <= amount <= 2**50:
        raise ConfigError(f"read memory {text[:40]!r}: wanted an amount from 1MB up, such as 4GB.")
    return int(amount)


def scaled(limit: int) -> int:
    """A limit that is stated for the default budget, under the present one."""
    return max(limit * memory() // DEFAULT, 1)


class Account:
    """What is left of the budget while a folder, workbook or database is read."""

    def __init__(self) -> None:
        self.left = memory()

    def take(self, cells: int, text: int = 0, *, cell: int = CELL, per_byte: int = TEXT) -> None:
        """Take the memory of cells, and of their texts in bytes.

        Raises
        ------
        Refused
            It is more than is left.
        """
        needed = cell * cells + per_byte * text
        if needed > self.left:
            held = f"{cells:,} cells" + (f" and {text:,} bytes of text" if text else "")
            raise Refused(
                f"{held} or more, about {needed / 1e6:,.0f} MB of memory; {self.left / 1e6:,.0f} MB are left. "
                "Leave out what is not needed, or raise the budget: corridor --read-memory 4GB"
            )
        self.left -= needed


def csv_size(
    path: Path,
    account: Account,
    delimiter: str = ",",
    *,
    packed: bool = False,
    columns: int | None = MOST_COLUMNS,
    numbers: bool = False,
) -> None:
    """Take the memory that a CSV file needs from what is left; every line has as many cells as the header.

    Parameters
    ----------
    path, account
        The file, and what is left.
    delimiter
        Between cells.
    packed
        Whether the file is packed by gzip; it is unpacked no further than the budget.
    columns
        Most columns; any number if None.
    numbers
        Whether the cells are read as numbers, which take a third of the memory of texts.

    Raises
    ------
    Refused
        It is no plain file, or has more columns or cells than are read.
    OSError, EOFError, zlib.error
        It cannot be read.
    """
    check_file(path, account.left)
    cell, text = (CELL // 3, 1) if numbers else (CELL, TEXT)
    comma, size, lines, wide, cells = delimiter.encode(), 0, 0, 0, 0
    with gzip.open(path) if packed else path.open("rb") as file:
        while block := file.read(_CHUNK):
            if not size:
                wide = block.split(b"\n", 1)[0].split(b"\r", 1)[0].count(comma) + 1
            size += len(block)
            lines += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            cells += block.count(comma)
            if columns is not None and wide > columns:
                raise Refused(f"{wide:,} columns; at most {columns:,} are read. Leave out what is not needed")
            if cell * max(lines * wide, cells + lines) + text * size > account.left:
                break
    account.take(max(lines * wide, cells + lines), size, cell=cell, per_byte=text)


def markup_size(path: Path, signs: bytes, account: Account | None = None) -> None:
    """Take the memory that a file of JSON or XML needs: each of `signs` may begin an object.

    Raises
    ------
    Refused
        It is no plain file, or needs more than is left.
    OSError
        It cannot be read.
    """
    account = account or Account()
    size, objects = check_file(path, account.left), 0
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            objects += sum(block.count(sign) for sign in signs)
    account.take(objects, size, cell=BOXED)
