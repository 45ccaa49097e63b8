"""Display name, colour and order of sectors, from the table ``sectors``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corridor.data.tables import Tables

OTHER_COLOUR = "#4c5a67"
#: Marks beside the colours, in the order of the table, again from the first one after the last: corners in a
#: box of 10 by 10; none for a circle. Sectors can be distinguished without colour.
_MARKS: tuple[tuple[tuple[float, float], ...], ...] = (
    ((0.7, 0.7), (9.3, 0.7), (9.3, 9.3), (0.7, 9.3)),
    (),
    ((0, 1), (10, 1), (5, 9.7)),
    ((5, 0), (10, 5), (5, 10), (0, 5)),
    ((5, 0.3), (10, 9), (0, 9)),
    (
        *((3.2, 0), (6.8, 0), (6.8, 3.2), (10, 3.2), (10, 6.8), (6.8, 6.8)),
        *((6.8, 10), (3.2, 10), (3.2, 6.8), (0, 6.8), (0, 3.2), (3.2, 3.2)),
    ),
)
_CIRCLE = "M0 5A5 5 0 1 1 10 5A5 5 0 1 1 0 5Z"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Sectors:
    """Names, colours and marks by id, in the order of the table."""

    names: Mapping[str, str]
    colours: Mapping[str, str]

    @classmethod
    def of(cls, tables: Tables) -> Sectors:
        """Sectors of the tables."""
        rows = tables.sectors
        return cls(
            dict(zip(rows["id"], rows["name"], strict=True)), dict(zip(rows["id"], rows["colour"], strict=True))
        )

    def name(self, sector: str) -> str:
        """Display name."""
        return self.names.get(sector, sector.capitalize())

    def colour(self, sector: str) -> str:
        """Colour as ``#rrggbb``."""
        colour = self.colours.get(sector, OTHER_COLOUR)
        return colour if _COLOUR.fullmatch(colour) else OTHER_COLOUR

    def mark(self, sector: str) -> str:
        """Mark as an SVG path in a box of 10 by 10."""
        corners = self._corners(sector)
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in corners) + "Z" if corners else _CIRCLE

    def _corners(self, sector: str) -> tuple[tuple[float, float], ...]:
        order = list(self.names)
        return _MARKS[order.index(sector) % len(_MARKS)] if sector in self.names else ()

    def order(self, sectors: Iterable[str]) -> list[str]:
        """The given sectors without repeats, in the order of the table, unknown ones last."""
        unique = list(dict.fromkeys(sectors))
        known = [sector for sector in self.names if sector in unique]
        return known + [sector for sector in unique if sector not in self.names]

    def css(self) -> str:
        """Style rules that colour and shape elements by ``data-sector``; unsafe ids keep the default."""
        return "".join(
            f'[data-sector="{sector}"]{{background:{self.colour(sector)};clip-path:{self._clip(sector)}}}'
            for sector in self.names
            if _PLAIN.fullmatch(sector)
        )

    def _clip(self, sector: str) -> str:
        corners = self._corners(sector)
        points = ",".join(f"{10 * x:g}% {10 * y:g}%" for x, y in corners)
        return f"polygon({points})" if corners else "circle(50%)"
