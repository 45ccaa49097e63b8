"""Numbers as people write them: 1,839 and 12,34,567 and 839,5 and 25%."""

from __future__ import annotations

import math
import re

__all__ = ["grouped", "meant"]

_GROUPED = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+)(?:\.\d+)?"
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_GROUPED_BY_POINTS = re.compile(
    r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?: \d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}"
)
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})


def grouped(text: str) -> float | None:
    """A number with separators between thousands (1,839 or India's 12,34,567.5); None for any other text."""
    plain = text.strip().translate(_BLANKS)
    if not _GROUPED.fullmatch(plain):
        return None
    return float(re.sub(r"[, ']", "", plain))


def meant(text: str) -> float | None:
    """The number that a text stands for, None if it stands for none or for more than one.

    A comma is a decimal one unless it stands between groups of thousands: 839,5 is 839.5, and 1,839 is 1839.
    """
    plain = text.strip().translate(_BLANKS).replace("_", "")
    if plain.endswith("%"):
        fraction = meant(plain[:-1])
        return None if fraction is None else fraction / 100
    number = grouped(plain)
    if number is not None:
        return number
    if _DECIMAL_COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    elif _GROUPED_BY_POINTS.fullmatch(plain):
        plain = re.sub(r"[. ]", "", plain).replace(",", ".")
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
