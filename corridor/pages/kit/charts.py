"""Charts of the pages without a script: inline SVG with classes, since the pages allow no style attributes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

#: Width of a chart in SVG units; the page scales it.
WIDTH = 460
_TEXT = 7.0  # approximate width of a letter
_SEEN = 0.6  # lower segments of a column are invisible


@dataclass(frozen=True)
class Series:
    """Values of one name over the years; ``kind`` is the CSS class that gives the colour."""

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
    """A bar for a share; its status is shown by fill, hatching and outline, not by colour alone."""
    kind = escape(f"{status}{' target' if target else ''}")
    return Markup(
        '<svg class="share" aria-hidden="true"><rect class="{}" width="{}%" height="100%"/></svg>'
    ).format(kind, f"{max(0.8, 100 * min(1.0, share)):.3g}")


def shares_bar(shares: Sequence[tuple[str, float]], words: str) -> Markup:
    """Shares of a total side by side: (CSS class, share); `words` is the text for screen readers."""
    x, drawn = 0.0, []
    for kind, share in shares:
        if share > 0.004:
            drawn.append(
                Markup('<rect class="{}" x="{}" width="{}" height="10"/>').format(
                    kind, f"{100 * x:.1f}", f"{100 * share:.1f}"
                )
            )
        x += max(0.0, share)
    return Markup(
        '<svg class="evidence" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>"
    ).format(words, words, Markup("").join(drawn))


def columns(
    years: Sequence[int], series: Sequence[Series], title: str, axis: str, notes: Sequence[str] = ()
) -> Markup:
    """Stacked columns over the years; a missing year is a gap.

    Parameters
    ----------
    years
        Years of the values, rising.
    series
        Bottom first; each has a value per year.
    title
        Title, for screen readers.
    axis
        Unit of the values.
    notes
        A text above each column.
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

    ticks = [step * tick for tick in range(6) if step * tick <= most * 1.0001]
    elements = [_rules([(y(tick), f"{tick:g}" if step < 1e3 else f"{tick:,.0f}") for tick in ticks], left)]
    elements.append(Markup('<text class="tick" x="0" y="11">{}</text>').format(axis))
    bases = [0.0] * len(years)
    for one in series:
        drawn = []
        for position, year in enumerate(years):
            value = one.values[position]
            tall = y(bases[position]) - y(bases[position] + value)
            if tall >= _SEEN:
                drawn.append(
                    Markup('<path d="M{} {}h{}v{}h-{}z"><title>{}</title></path>').format(
                        _n(left + (year - years[0] + 0.5) * slot - wide / 2),
                        _n(y(bases[position] + value)),
                        f"{wide:.0f}",
                        _n(tall),
                        f"{wide:.0f}",
                        f"{one.name}, {year}: {value:,.3g}",
                    )
                )
            bases[position] += value
        elements.append(Markup('<g class="{}">{}</g>').format(one.kind, Markup("").join(drawn)))
    for position, year in enumerate(years):
        x = left + (year - years[0] + 0.5) * slot - wide / 2
        middle = _n(x + wide / 2)
        elements.append(Markup('<text class="tick mid" x="{}" y="{}">{}</text>').format(middle, height - 6, year))
        if notes:
            elements.append(
                Markup('<text class="note mid" x="{}" y="{}">{}</text>').format(
                    middle, _n(y(totals[position]) - 5), notes[position]
                )
            )
    return _picture(height, title, elements)


def stacked_rows(rows: Sequence[tuple[str, Sequence[tuple[str, float, str]]]], title: str) -> Markup:
    """A stacked bar from 0 to 100 % per row, of segments (CSS class, share, label)."""
    left, line, top = 104.0, 34.0, 6.0
    height = top + line * len(rows) + 22
    room = WIDTH - left - 46
    elements = [_marks([(left + room * tick / 4, f"{25 * tick}") for tick in range(5)], top, height - 20)]
    for position, (name, shares) in enumerate(rows):
        y, x = top + line * position + 5, left
        elements.append(Markup('<text class="axis" x="0" y="{}">{}</text>').format(y + 15, _cut(name, left - 8)))
        for kind, share, words in shares:
            wide = room * share
            elements.append(
                Markup('<rect class="{}" x="{}" y="{}" width="{}" height="20"><title>{}</title></rect>').format(
                    kind, f"{x:.1f}", f"{y:.1f}", f"{max(0.0, wide - 0.6):.1f}", words
                )
            )
            x += wide
        total = sum(share for _, share, _ in shares)
        elements.append(
            Markup('<text class="note" x="{}" y="{}">{} %</text>').format(_n(x + 6), y + 15, f"{100 * total:.0f}")
        )
    return _picture(height, title, elements)


def pairs(rows: Sequence[Pair], title: str, unit: str = "%", scale: float = 100.0) -> Markup:
    """Before and after, one row each: a ring for before, a point for after, a line between.

    Parameters
    ----------
    rows
        Values; the axis begins at 0.
    title
        Title, for screen readers.
    unit, scale
        Unit shown, and the factor from values to it.
    """
    left, line, top = 170.0, 27.0, 8.0
    height = top + line * len(rows) + 24
    room = WIDTH - left - 18
    largest = max((max(one.before, one.after) for one in rows), default=1.0) * scale
    step, most = _scale(100.0 if unit == "%" and largest > 60 else largest)
    ticks = [step * tick for tick in range(6) if step * tick <= most * 1.0001]
    labels = [f"{tick:g}" if step < 1000 else f"{tick:,.0f}" for tick in ticks]
    marks = [(left + room * tick / most, text) for tick, text in zip(ticks, labels, strict=True)]
    elements = [_marks(marks, top, height - 20)]
    for position, one in enumerate(rows):
        y = top + line * position + 15
        was, now = (left + room * value * scale / most for value in (one.before, one.after))
        words = f"{one.name}: {one.before * scale:,.1f} → {one.after * scale:,.1f} {unit}"
        elements.append(
            Markup(
                '<g><title>{}</title><text class="axis" x="0" y="{}">{}</text>'
                '<line class="change" x1="{}" x2="{}" y1="{}" y2="{}"/>'
                '<circle class="was" cx="{}" cy="{}" r="4.5"/><circle class="is" cx="{}" cy="{}" r="4.5"/></g>'
            ).format(
                words,
                y + 4,
                _cut(one.name, left - 10),
                _n(was),
                _n(now),
                y,
                y,
                _n(was),
                y,
                _n(now),
                y,
            )
        )
    return _picture(height, f"{title}, {unit}", elements)


def curve(dots: Sequence[tuple[float, float, str, bool]], title: str, across: str, up: str) -> Markup:
    """Points joined by a line: (across, up, label, marked); both axes begin at 0."""
    height, left, bottom, top = 236.0, 50.0, 40.0, 26.0
    room_x, room_y = WIDTH - left - 26, height - bottom - top
    step_x, most_x = _scale(max(dot[0] for dot in dots))
    step_y, most_y = _scale(max(dot[1] for dot in dots))

    def place(x: float, y: float) -> tuple[float, float]:
        return left + room_x * x / most_x, height - bottom - room_y * y / most_y

    ticks = [step_y * tick for tick in range(6) if step_y * tick <= most_y]
    elements = [_rules([(place(0, tick)[1], f"{tick:g}") for tick in ticks], left)]
    elements += [
        Markup('<text class="tick mid" x="{}" y="{}">{}</text>').format(
            f"{place(step_x * tick, 0)[0]:.1f}", height - bottom + 16, f"{step_x * tick:g}"
        )
        for tick in range(6)
        if step_x * tick <= most_x
    ]
    elements.append(Markup('<text class="tick" x="0" y="11">{}</text>').format(up))
    elements.append(Markup('<text class="tick end" x="{}" y="{}">{}</text>').format(WIDTH, height - 5, across))
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(dot[0], dot[1]) for dot in dots))
    elements.append(Markup('<polyline class="curve" points="{}"/>').format(path))
    for x, y, label, marked in dots:
        at_x, at_y = place(x, y)
        elements.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                "is" if marked else "was", _n(at_x), _n(at_y), 5.5 if marked else 3.6, label
            )
        )
        if marked:
            last = at_x > WIDTH - 90  # no room to the right
            elements.append(
                Markup('<text class="note{}" x="{}" y="{}">{}</text>').format(
                    " end" if last else "",
                    f"{at_x + (2 if last else 7):.1f}",
                    f"{at_y + (19 if last else 13):.1f}",
                    label,
                )
            )
    return _picture(height, title, elements)


def _picture(height: float, title: str, elements: Sequence[Markup]) -> Markup:
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, f"{height:g}", title, Markup("").join(elements)
    )


def _n(value: float) -> str:
    """A coordinate with one decimal, without a trailing zero: hundreds of pages hold charts."""
    return f"{value:.1f}".removesuffix(".0")


def _rules(lines: Sequence[tuple[float, str]], left: float) -> Markup:
    """Horizontal lines with their words at the left: (y, words)."""
    path = "".join(f"M{_n(left)} {_n(y)}H{WIDTH}" for y, _ in lines)
    words = [Markup('<text x="{}" y="{}">{}</text>').format(_n(left - 6), _n(y + 4), text) for y, text in lines]
    return Markup('<path class="grid" d="{}"/><g class="tick end">{}</g>').format(path, Markup("").join(words))


def _marks(lines: Sequence[tuple[float, str]], top: float, bottom: float) -> Markup:
    """Vertical lines with their words below: (x, words)."""
    path = "".join(f"M{_n(x)} {_n(top)}V{_n(bottom)}" for x, _ in lines)
    words = [Markup('<text x="{}" y="{}">{}</text>').format(_n(x), _n(bottom + 14), text) for x, text in lines]
    return Markup('<path class="grid" d="{}"/><g class="tick mid">{}</g>').format(path, Markup("").join(words))


def _cut(name: str, room: float) -> Markup:
    most = int(room / _TEXT)
    return escape(name if len(name) <= most else f"{name[: most - 1].rstrip()}…")


def _scale(largest: float) -> tuple[float, float]:
    """A round step, and the multiple of it at or above the largest value: two to five steps."""
    if not largest > 0:
        return 1.0, 1.0
    size = 10.0 ** math.floor(math.log10(largest))
    step = next(size * factor for factor in (0.2, 0.25, 0.5, 1.0, 2.0, 2.5) if largest / (size * factor) <= 5.0)
    return step, step * math.ceil(largest / step - 1e-9)
