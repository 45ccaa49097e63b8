"""Disarm texts that a spreadsheet would run as a formula.

The same rule holds for all files that people open: in CSV such a text gets an apostrophe in front, in a workbook
the quote prefix, which leaves the text unchanged. Data tables (``write_tables``, imports) are written unchanged,
because corridor and other programs read them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RISKY", "disarmed", "restored"]

RISKY: tuple[str, ...] = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a text that is run as a formula, or that hide one."""
# Apostrophes in front are included: one is added, one is removed, so every text is restored exactly.
_ARMED = r"^(?='*[=+\-@\t\r])"
_DISARMED = r"^'(?='*[=+\-@\t\r])"


def disarmed(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would run as a formula, also in headers."""
    return _replaced(frame, _ARMED, "'")


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as it was before ``disarmed``."""
    return _replaced(frame, _DISARMED, "")


def _replaced(frame: pd.DataFrame, pattern: str, by: str) -> pd.DataFrame:
    import re

    import pandas as pd

    out = frame.rename(columns=lambda name: re.sub(pattern, by, name) if isinstance(name, str) else name)
    for position, name in enumerate(out.columns):
        column = out.iloc[:, position]
        if isinstance(column.dtype, pd.StringDtype):
            armed = column.str.contains(pattern, na=False)
            changed = column.str.replace(pattern, by, regex=True)
        elif column.dtype == object or isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(object)
            changed = column.map(lambda cell: re.sub(pattern, by, cell) if isinstance(cell, str) else cell)
            armed = changed.map(str) != column.map(str)
        else:
            continue
        if armed.any():
            out[name] = changed
    return out
