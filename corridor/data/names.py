"""The vocabulary: words that mean one thing everywhere, in tables, studies, results and pages.

Sectors are no code: they are rows of the table ``sectors``, with name and colour.
"""

from typing import Literal

HOST = "IND"
"""The country that production moves to."""

TARGET: tuple[str, ...] = ("CHN", "HKG", "MAC")
"""The countries depended upon, unless a study names others."""

SANCTIONED: tuple[str, ...] = ("BLR", "CUB", "IRN", "PRK", "RUS", "SYR")
"""Countries under broad trade sanctions of the United States or the European Union (November 2026): no second
sources, unless a study names others."""

TARGET_WORD = "target"
"""The word that stands for the study's target among the exporters of a cut."""

Status = Literal["reported", "computed", "inherited", "assumed"]
STATUSES: tuple[Status, ...] = ("reported", "computed", "inherited", "assumed")
"""How a figure is known, from the firmest to the least firm."""

STAGES: tuple[str, ...] = (
    "mined",
    "refined",
    "material",
    "intermediate",
    "active ingredient",
    "part",
    "module",
    "product",
    "equipment",
)
"""Places in the chain from ore to product; equipment is capital, needed to build only."""

RESOURCES: dict[str, str] = {
    "land_ha": "ha",
    "power_mw": "MW",
    "water_mld": "million litre/day",
    "workers": "person",
}
"""What a plant takes of its site, with the unit."""

EU_MEMBERS: frozenset[str] = frozenset(
    (
        *("AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN"),
        *("IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE"),
    )
)
"""Member states of the European Union since 2020."""
