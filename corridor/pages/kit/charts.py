"""Charts of the pages without a script: inline SVG with classes, since the pages allow no style attributes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

#: Width of a chart in its own units; the page scales it.
WIDTH = 460
_TEXT = 7.0  # width of a letter of a chart's text, about
_SEEN = 0.4  # lower parts of a column would not be seen


@dataclass(frozen=True)
class Series:
    """Values of one name over the years; ``kind`` is the class that gives its colour."""

    name: str
    kind: str
    values: Sequence[float]


@dataclass(frozen=True)
class Pair:
    """A value before and after."""

    name: str
    before: float
    after: float


def share_bar(share: float, status: str, *, target: bool = False) -> Markup:
    """A bar for a share; how well it is known is shown by fill, hatching and outline, not by colour alone."""
    width = max(0.8, 100 * min(1.0, share))
    kind = escape(f"{status}{' target' if target else ''}")
    return Markup(
        '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" x=".4" y=".4" width="{}" height="7.2"/></svg>'
    ).format(kind, f"{width - 0.8:.1f}")


def parts_bar(parts: Sequence[tuple[str, float]], words: str) -> Markup:
    """Parts of a whole side by side, by class; `words` says the same to those who do not see it."""
    x, drawn = 0.0, []
    for kind, part in parts:
        if part > 0.004:
            drawn.append(
                Markup('<rect class="{}" x="{}" width="{}" height="10"/>').format(
                    kind, f"{100 * x:.1f}", f"{100 * part:.1f}"
                )
            )
        x += max(0.0, part)
    return Markup(
        '<svg class="evidence" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>"
    ).format(words, words, Markup("").join(drawn))


def columns(
    years: Sequence[int], series: Sequence[Series], title: str, axis: str, notes: Sequence[str] = ()
) -> Markup:
    """Stacked columns over the years, at their place in time, so that a missing year is a gap.

    Parameters
    ----------
    years
        Years of the values, rising.
    series
        From the bottom up; each has a value per year.
    title
        What is drawn, for those who do not see it.
    axis
        Unit of the values.
    notes
        A word above each column.
    """
    height, left, bottom, top = 190.0, 44.0, 22.0, 30.0
    totals = [sum(values) for values in zip(*(one.values for one in series), strict=True)]
    step, most = _scale(max(totals, default=0.0))
    slots = years[-1] - years[0] + 1
    slot = (WIDTH - left - 4) / slots
    wide = min(46.0, slot * 0.72)
    room = height - bottom - top

    def y(value: float) -> float:
        return height - bottom - room * value / most

    parts = [_rule(y(step * at), left, f"{step * at:g}" if step < 1e3 else f"{step * at:,.0f}") for at in range(6)
             if step * at <= most * 1.0001]  # fmt: skip
    parts.append(Markup('<text class="tick" x="0" y="11">{}</text>').format(axis))
    for at, year in enumerate(years):
        x = left + (year - years[0] + 0.5) * slot - wide / 2
        base = 0.0
        for one in series:
            value = one.values[at]
            tall = y(base) - y(base + value)
            if tall >= _SEEN:
                words = f"{one.name}, {year}: {value:,.3g}"
                parts.append(
                    Markup('<path class="{}" d="M{} {}h{}v{}h-{}z"><title>{}</title></path>').format(
                        one.kind,
                        f"{x:.1f}",
                        f"{y(base + value):.1f}",
                        f"{wide:.1f}",
                        f"{tall:.1f}",
                        f"{wide:.1f}",
                        words,
                    )
                )
            base += value
        middle = f"{x + wide / 2:.1f}"
        parts.append(Markup('<text class="tick mid" x="{}" y="{}">{}</text>').format(middle, height - 6, year))
        if notes:
            parts.append(
                Markup('<text class="note mid" x="{}" y="{}">{}</text>').format(
                    middle, f"{y(totals[at]) - 5:.1f}", notes[at]
                )
            )
    return _picture(height, title, parts)


def stacked_rows(rows: Sequence[tuple[str, Sequence[tuple[str, float, str]]]], title: str) -> Markup:
    """A bar from 0 to 100 % per row, in parts: (class, share, what it is)."""
    left, line, top = 104.0, 34.0, 6.0
    height = top + line * len(rows) + 22
    room = WIDTH - left - 46
    parts = [_mark(left + room * at / 4, top, height - 20, f"{25 * at}") for at in range(5)]
    for at, (name, shares) in enumerate(rows):
        y, x = top + line * at + 5, left
        parts.append(Markup('<text class="axis" x="0" y="{}">{}</text>').format(y + 15, _cut(name, left - 8)))
        for kind, share, words in shares:
            wide = room * share
            parts.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="20"><title>{}</title></rect>').format(
                    kind, f"{x:.1f}", f"{y:.1f}", f"{max(0.0, wide - 0.6):.1f}", words
                )
            )
            x += wide
        total = sum(share for _, share, _ in shares)
        parts.append(
            Markup('<text class="note" x="{}" y="{}">{} %</text>').format(
                f"{x + 6:.1f}", y + 15, f"{100 * total:.0f}"
            )
        )
    return _picture(height, title, parts)


def pairs(rows: Sequence[Pair], title: str, unit: str = "%", scale: float = 100.0) -> Markup:
    """Before and after, one row each: a ring where it was, a point where it is, a line between.

    Parameters
    ----------
    rows
        Values, of which the axis begins at 0.
    title
        What is drawn.
    unit, scale
        Unit shown, and what a value is times to be in it.
    """
    left, line, top = 170.0, 27.0, 8.0
    height = top + line * len(rows) + 24
    room = WIDTH - left - 18
    largest = max((max(one.before, one.after) for one in rows), default=1.0) * scale
    step, most = _scale(100.0 if unit == "%" and largest > 60 else largest)
    parts = [
        _mark(
            left + room * step * at / most,
            top,
            height - 20,
            f"{step * at:g}" if step < 1000 else f"{step * at:,.0f}",
        )
        for at in range(6)
        if step * at <= most * 1.0001
    ]
    for at, one in enumerate(rows):
        y = top + line * at + 15
        was, now = (left + room * value * scale / most for value in (one.before, one.after))
        words = f"{one.name}: {one.before * scale:,.1f} → {one.after * scale:,.1f} {unit}"
        parts.append(
            Markup(
                '<g><title>{}</title><text class="axis" x="0" y="{}">{}</text>'
                '<line class="change" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<circle class="was" cx="{}" cy="{}" r="4.5"/><circle class="is" cx="{}" cy="{}" r="4.5"/></g>'
            ).format(
                words,
                y + 4,
                _cut(one.name, left - 10),
                f"{was:.1f}",
                f"{now:.1f}",
                y,
                y,
                f"{was:.1f}",
                y,
                f"{now:.1f}",
                y,
            )
        )
    return _picture(height, f"{title}, {unit}", parts)


def curve(dots: Sequence[tuple[float, float, str, bool]], title: str, across: str, up: str) -> Markup:
    """Points joined by a line: (across, up, label, marked); both axes begin at 0."""
    height, left, bottom, top = 236.0, 50.0, 40.0, 26.0
    room_x, room_y = WIDTH - left - 26, height - bottom - top
    step_x, most_x = _scale(max(dot[0] for dot in dots))
    step_y, most_y = _scale(max(dot[1] for dot in dots))

    def place(x: float, y: float) -> tuple[float, float]:
        return left + room_x * x / most_x, height - bottom - room_y * y / most_y

    parts = [_rule(place(0, step_y * at)[1], left, f"{step_y * at:g}") for at in range(6) if step_y * at <= most_y]
    parts += [
        Markup('<text class="tick mid" x="{}" y="{}">{}</text>').format(
            f"{place(step_x * at, 0)[0]:.1f}", height - bottom + 16, f"{step_x * at:g}"
        )
        for at in range(6)
        if step_x * at <= most_x
    ]
    parts.append(Markup('<text class="tick" x="0" y="11">{}</text>').format(up))
    parts.append(Markup('<text class="tick end" x="{}" y="{}">{}</text>').format(WIDTH, height - 5, across))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(dot[0], dot[1]) for dot in dots))
    parts.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    for x, y, label, marked in dots:
        at_x, at_y = place(x, y)
        parts.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                "is" if marked else "was", f"{at_x:.1f}", f"{at_y:.1f}", 5.5 if marked else 3.6, label
            )
        )
        if marked:
            last = at_x > WIDTH - 90  # no room to the right
            parts.append(
                Markup('<text class="note{}" x="{}" y="{}">{}</text>').format(
                    " end" if last else "",
                    f"{at_x + (2 if last else 7):.1f}",
                    f"{at_y + (19 if last else 13):.1f}",
                    label,
                )
            )
    return _picture(height, title, parts)


def _picture(height: float, title: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, f"{height:g}", title, Markup("").join(parts)
    )


def _rule(y: float, left: float, words: str) -> Markup:
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick end" x="{}" y="{}">{}</text>'
    ).format(left, WIDTH, f"{y:.1f}", f"{y:.1f}", left - 6, f"{y + 4:.1f}", words)


def _mark(x: float, top: float, bottom: float, words: str) -> Markup:
    return Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick mid" x="{}" y="{}">{}</text>'
    ).format(f"{x:.1f}", f"{x:.1f}", top, bottom, f"{x:.1f}", bottom + 14, words)


def _cut(name: str, room: float) -> Markup:
    most = int(room / _TEXT)
    return escape(name if len(name) <= most else f"{name[: most - 1].rstrip()}…")


def _scale(largest: float) -> tuple[float, float]:
    """A round step, and the multiple of it at or above the largest value: two to five steps."""
    if not largest > 0:
        return 1.0, 1.0
    size = 10.0 ** math.floor(math.log10(largest))
    step = next(size * part for part in (0.2, 0.25, 0.5, 1.0, 2.0, 2.5) if largest / (size * part) <= 5.0)
    return step, step * math.ceil(largest / step - 1e-9)
