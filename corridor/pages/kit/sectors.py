"""Display name, colour and order of sectors, from the table ``sectors``."""

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

    def order(self, sectors: Iterable[str]) -> list[str]:
        """The given sectors without repeats, in the order of the table, unknown ones last."""
        unique = list(dict.fromkeys(sectors))
        known = [sector for sector in self.names if sector in unique]
        return known + [sector for sector in unique if sector not in self.names]

    def css(self) -> str:
        """Style rules that colour elements by ``data-sector``; unsafe ids keep the default colour."""
        return "".join(
            f'[data-sector="{sector}"]{{background:{self.colour(sector)}}}'
            for sector in self.names
            if _PLAIN.fullmatch(sector)
        )
