"""Numbers and names formatted for readers, for all pages that are written without a script."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal

from corridor.config import Study

_SPACE = "\u00a0"


def _rounded(value: float, most: int, least: int = 0) -> str:
    """A number with at most and at least so many decimals, halves up, as the browser formats it."""
    with_all = f"{Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP):,f}"
    whole, _, decimals = with_all.partition(".")
    kept = decimals[:least] + decimals[least:].rstrip("0")
    return f"{whole}.{kept}" if kept else whole


def percent(share: float | None) -> str:
    """A share as per cent; almost zero and almost all are not rounded to 0 or 100.

    Shares have four decimals, as in the pages' data, and are rounded once, halves up. This rule and those of the
    other functions here are also in ``kit/assets/common.js``, so that a figure is the same on every page.
    """
    if share is None or math.isnan(share):
        return "–"
    value = round(share, 4) * 100
    if 0 < value < 0.5:
        return f"<{_SPACE}1{_SPACE}%"
    if 99.5 <= value < 100:
        return f">{_SPACE}99{_SPACE}%"
    return f"{_rounded(value, 0)}{_SPACE}%"


def percent_fine(share: float | None) -> str:
    """A share as per cent with one decimal, for changes that are small."""
    return "–" if share is None or math.isnan(share) else f"{_rounded(round(share, 4) * 100, 1, 1)}{_SPACE}%"


def points(change: float) -> str:
    """A change of a share in percentage points, with one decimal and a sign."""
    if abs(change) < 5e-4:
        return "no change"
    return f"{'−' if change < 0 else '+'}{100 * abs(change):.1f}{_SPACE}points"


def dollars(usd_m: float | None) -> str:
    """US$ million in the unit that fits: M, bn or trillion; amounts have two decimals and are rounded once."""
    if usd_m is None or math.isnan(usd_m):
        return "–"
    size, sign = round(abs(usd_m), 2), "−" if usd_m < 0 else ""
    if size == 0:
        return "$0"
    if size >= 1e6:
        return f"{sign}${_rounded(size / 1e6, 2)}{_SPACE}trillion"
    if size >= 1000:
        return f"{sign}${_rounded(size / 1000, 1)}{_SPACE}bn"
    if size < 0.1:
        return f"{sign}<{_SPACE}$0.1{_SPACE}M"
    return f"{sign}${_rounded(size, 0 if size >= 10 else 1)}{_SPACE}M"


def rupees(usd_m: float, inr_per_usd: float) -> str:
    """US$ million in rupees: crore or lakh crore."""
    size, sign = round(abs(usd_m), 2), "−" if usd_m < 0 else ""
    if size == 0:
        return "₹0"
    crore = size * (inr_per_usd / 10)
    if crore >= 1e5:
        return f"{sign}₹{_rounded(crore / 1e5, 1)}{_SPACE}lakh{_SPACE}crore"
    return f"{sign}₹{_rounded(crore, 0 if crore >= 10 else 1)}{_SPACE}crore"


def money(usd_m: float, study: Study) -> str:
    """Money in US$, with the amount in rupees."""
    return f"{dollars(usd_m)} ({rupees(usd_m, study.inr_per_usd)})"


def amount(value: float, unit: str) -> str:
    """A quantity with its unit: ``64 million units``, ``1,200 t``."""
    size = abs(value)
    if size >= 1e9:
        shown = f"{_rounded(value / 1e9, 1)} billion"
    elif size >= 1e6:
        shown = f"{_rounded(value / 1e6, 1)} million"
    elif size >= 10 or size == 0:
        shown = _rounded(value, 0)
    else:  # three figures
        shown = _rounded(value, 2 - math.floor(math.log10(size)))
    return f"{shown}{_SPACE}{'units' if unit == 'unit' else unit}"


#: Beginnings of names that take an article inside a sentence.
_ARTICLES = (
    *("Bahamas", "Central", "Comoros", "Czech", "Dominican", "European", "Gambia", "Maldives", "Marshall"),
    *("Netherlands", "Philippines", "Solomon", "United"),
)


def in_text(name: str) -> str:
    """A country's name inside a sentence."""
    return f"the {name}" if name.startswith(_ARTICLES) else name


def possessive(name: str) -> str:
    """Whose: ``India's``, ``the United States'``."""
    ending = "'" if name.endswith("s") else "'s"
    return f"{in_text(name)}{ending}"


def capital(name: str) -> str:
    """A name at the beginning of a line; ``pH meter`` stays as it is."""
    return name[0].upper() + name[1:] if re.match(r"[a-z](?![A-Z])", name) else name


def listed(names: list[str]) -> str:
    """Names in a sentence: ``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def plural(count: int, one: str, more: str = "") -> str:
    """A count with its noun: ``1 plant``, ``1,200 plants``."""
    return f"{count:,}{_SPACE}{one if count == 1 else more or one + 's'}"


def years_span(first: float, last: float) -> str:
    """``2022``, ``2014–2022``; empty if unknown."""
    if math.isnan(first):
        return ""
    return f"{first:.0f}" if first == last else f"{first:.0f}–{last:.0f}"
