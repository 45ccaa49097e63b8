"""Texts that a spreadsheet would take for a formula.

The rule is one for all that corridor writes for people to open: such a text gets an apostrophe in front in CSV,
and the quote prefix in a workbook, where the text itself stays as it is. Data tables (``write_tables``, imports)
are written as they are, for corridor and other programs read them back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RISKY", "disarmed", "restored"]

RISKY: tuple[str, ...] = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that is taken for a formula, or hides one from the first look."""
# Apostrophes before it count, too: one is added to them, one is taken away, so every text comes back as it was.
_ARMED = r"^(?='*[=+\-@\t\r])"
_DISARMED = r"^'(?='*[=+\-@\t\r])"


def disarmed(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would take for a formula, headers too."""
    return _replaced(frame, _ARMED, "'")


def restored(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as it was before ``disarmed``."""
    return _replaced(frame, _DISARMED, "")


def _replaced(frame: pd.DataFrame, pattern: str, by: str) -> pd.DataFrame:
    import re

    import pandas as pd

    out = frame.rename(columns=lambda name: re.sub(pattern, by, name) if isinstance(name, str) else name)
    for at, name in enumerate(out.columns):
        column = out.iloc[:, at]
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
