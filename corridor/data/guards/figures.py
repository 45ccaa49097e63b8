"""The largest figure that counts as one: beyond it lies a slip of the hand or an attack, not a quantity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LARGEST", "MOST_DIGITS", "numbers", "plausible", "shown"]

LARGEST = 1e18
"""Largest number that any input may hold, in any unit. A thousand times the world's yearly product is 1e11 US$
million; sums and products of figures up to this size stay finite."""
MOST_DIGITS = 40
"""Most digits of an integer that is read as one."""
_SHOWN = 60
_BITS = 200


def plausible(value: float) -> bool:
    """Whether a number is finite and at most :data:`LARGEST`, with either sign."""
    return abs(value) <= LARGEST  # neither infinite, nor .nan, which is in no order


def numbers(column: pd.Series) -> pd.Series:
    """A column of anything as floats, missing where a cell is no number or above :data:`LARGEST`.

    Unlike ``pandas.to_numeric``, it takes integers of any length.
    """
    import pandas as pd

    if column.dtype == object:
        cells = [None if isinstance(cell, int) and cell.bit_length() > _BITS else cell for cell in column]
        column = pd.Series(cells, index=column.index, name=column.name, dtype=object)
    found = pd.to_numeric(column, errors="coerce").astype("float64")
    return found.where(found.abs() <= LARGEST)


def shown(value: Any) -> str:
    """A value as a message shows it: its ``repr``, cut where it gets long; integers of any length are safe."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _BITS:
        return f"an integer of about {int(value.bit_length() * math.log10(2)) + 1:,} digits"
    text = repr(value if not isinstance(value, str) else value[: 2 * _SHOWN])
    return text if len(text) <= _SHOWN + 2 else f"{text[:_SHOWN]}..."
