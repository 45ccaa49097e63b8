"""A plan's limits in words: what is limited, where, and how much is used."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.data.list_cells import list_cell
from corridor.data.tables import Tables
from corridor.pages.kit.payload import number, rows_of, text
from corridor.pages.kit.sectors import Sectors
from corridor.relocation.model.limits import MONEY

#: Display names of kinds of limits.
_KINDS = {
    "land_ha": "Land",
    "power_mw": "Power",
    "water_mld": "Water",
    "workers": "Workers",
    "budget": "Budget",
    "investment": "Investment of a year",
    "capex": "Investment",
    "incentives": "Incentives",
    "fund": "Fund",
    "most plants": "Plants of one kind",
    "site_share": "Share of one site",
}
_UNITS = {"person": "people", "plant": "plants", "fraction": ""}


def limit_rows(tables: Tables, limits: pd.DataFrame) -> list[dict[str, Any]]:
    """Limits that are used or bind.

    Parameters
    ----------
    tables
        The tables that the plan was made from.
    limits
        ``Plan.limits``.

    Returns
    -------
    list of dict
        ``limit, scope`` in words, ``kind, place`` (a site's id or a state's name, else empty), ``unit, money``
        (whether the amounts are US$ million), ``amount, used, left, binds, price`` (US$ million of expected loss
        that one more unit avoids).
    """
    words = _Scopes(tables)
    wanted = limits[(limits["used"] > 0) | limits["binds"]]
    return [
        {
            "limit": _name(row),
            "kind": text(row.limit),
            "scope": words(row),
            "place": text(row.scope) if text(row.scope) in words.places else "",
            "unit": _UNITS.get(text(row.unit), text(row.unit)),
            "money": text(row.unit) == MONEY,
            "amount": number(row.amount, 1),
            "used": number(row.used, 1),
            "left": number(row.left, 1),
            "binds": bool(row.binds),
            "price": number(getattr(row, "price_usd_m", None)),
        }
        for row in rows_of(wanted)
    ]


def _name(row: Any) -> str:
    kind = _KINDS.get(text(row.limit), text(row.limit).replace("_", " ").capitalize())
    named = text(getattr(row, "name", ""))
    # A study's own limits have their own names; limits of tables are named by kind and scope.
    own = row.limit == "fund" and named and named != f"{row.limit} {row.scope}"
    return named if own else kind


class _Scopes:
    """Where a limit holds, in words."""

    def __init__(self, tables: Tables) -> None:
        self.sites = dict(zip(tables.sites["id"], tables.sites["name"], strict=True))
        shown = dict(zip(tables.components["id"], tables.components["name"], strict=True))
        self.plants = {
            row.id: text(shown.get(row.component, row.component)) for row in rows_of(tables.technologies)
        }
        self.sectors = set(tables.components["sector"])
        self.shown = Sectors.of(tables)
        self.places = {*self.sites, *tables.sites["state"].dropna()}

    def __call__(self, row: Any) -> str:
        scope = text(row.scope)
        if scope in self.sites:
            return text(self.sites[scope])
        if scope in self.plants:
            return f"{self.plants[scope]} ({scope})"
        sectors = list_cell(scope)
        if sectors and set(sectors) <= self.sectors:
            names = [self.shown.name(sector).lower() for sector in sectors]
            return f"for {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"for {names[0]}"
        return scope.replace("_", " ").replace(";", ", ")
