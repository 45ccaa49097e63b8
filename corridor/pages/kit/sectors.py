"""Sectors as readers see them: name, colour and order, from the table ``sectors``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corridor.data.tables import Tables

OTHER_COLOUR = "#4c5a67"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Sectors:
    """Names and colours by id, in the order of the table."""

    names: Mapping[str, str]
    colours: Mapping[str, str]

    @classmethod
    def of(cls, tables: Tables) -> Sectors:
        """Those of some tables."""
        rows = tables.sectors
        return cls(
            dict(zip(rows["id"], rows["name"], strict=True)), dict(zip(rows["id"], rows["colour"], strict=True))
        )

    def name(self, sector: str) -> str:
        """Name as readers see it."""
        return self.names.get(sector, sector.capitalize())

    def colour(self, sector: str) -> str:
        """Colour as ``#rrggbb``."""
        colour = self.colours.get(sector, OTHER_COLOUR)
        return colour if _COLOUR.fullmatch(colour) else OTHER_COLOUR

    def order(self, there: Iterable[str]) -> list[str]:
        """The sectors of `there`, in the order of the table, others last."""
        left = list(dict.fromkeys(there))
        known = [sector for sector in self.names if sector in left]
        return known + [sector for sector in left if sector not in self.names]

    def css(self) -> str:
        """Style rules that colour what carries ``data-sector``; an id that is no plain word keeps the default."""
        return "".join(
            f'[data-sector="{sector}"]{{background:{self.colour(sector)}}}'
            for sector in self.names
            if _PLAIN.fullmatch(sector)
        )
