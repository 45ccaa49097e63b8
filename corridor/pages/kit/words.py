"""Numbers and names formatted for readers, for all pages that are written without a script."""

from __future__ import annotations

import math
import re

from corridor.config import Study

_SPACE = "\u00a0"


def percent(share: float | None) -> str:
    """A share as per cent; almost zero and almost all are not rounded to 0 or 100."""
    if share is None or math.isnan(share):
        return "–"
    if 0 < share <= 0.005:
        return f"<{_SPACE}1{_SPACE}%"
    if 0.995 <= share < 0.99999:
        return f">{_SPACE}99{_SPACE}%"
    return f"{100 * share:.0f}{_SPACE}%"


def points(change: float) -> str:
    """A change of a share in percentage points, with one decimal and a sign."""
    if abs(change) < 5e-4:
        return "no change"
    return f"{'−' if change < 0 else '+'}{100 * abs(change):.1f}{_SPACE}points"


def dollars(usd_m: float | None) -> str:
    """US$ million in the unit that fits: M, bn or trillion."""
    if usd_m is None or math.isnan(usd_m):
        return "–"
    sign, size = "−" if usd_m < 0 else "", abs(usd_m)
    if size >= 1e6:
        return f"{sign}${size / 1e6:,.2f}{_SPACE}trillion"
    if size >= 1000:
        return f"{sign}${size / 1000:,.1f}{_SPACE}bn"
    if 0 < size < 0.1:
        return f"{sign}<{_SPACE}$0.1{_SPACE}M"
    return f"{sign}${size:,.0f}{_SPACE}M" if size >= 10 or size == 0 else f"{sign}${size:,.1f}{_SPACE}M"


def money(usd_m: float, study: Study) -> str:
    """Money in US$, with the amount in rupees."""
    rupees = usd_m * study.inr_per_usd / 10
    shown = f"₹{rupees / 1e5:,.1f} lakh crore" if abs(rupees) >= 1e5 else f"₹{rupees:,.0f} crore"
    return f"{dollars(usd_m)} ({shown})"


def amount(value: float, unit: str) -> str:
    """A quantity with its unit: ``64 million units``, ``1,200 t``."""
    size = abs(value)
    if size >= 1e9:
        shown = f"{value / 1e9:,.1f} billion"
    elif size >= 1e6:
        shown = f"{value / 1e6:,.1f} million"
    else:
        shown = f"{value:,.0f}" if size >= 10 else f"{value:,.3g}"
    return f"{shown}{_SPACE}{'units' if unit == 'unit' else unit}"


def in_text(name: str) -> str:
    """A country's name inside a sentence."""
    takes_article = ("United", "European", "Netherlands", "Philippines", "Czech", "Dominican")
    return f"the {name}" if name.startswith(takes_article) else name


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
