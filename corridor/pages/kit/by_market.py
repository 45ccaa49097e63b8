"""Results by market and sector, and what a dollar buys, as rows for templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from corridor.config import Study
from corridor.pages.kit.payload import rows_of
from corridor.pages.kit.sectors import Sectors
from corridor.relocation.result.averted import break_even
from corridor.relocation.result.by_market import ALL_SECTORS, WEIGHTED, per_dollar

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan


def market_tables(plan: Plan | None, names: dict[str, str], sectors: Sectors) -> list[dict[str, Any]]:
    """A table for each market of a plan, the host first: ``market, rows``; the first row: all sectors.

    Each row has ``name, need, before, after, avoided`` (US$ million), ``share``, ``direct`` and ``net`` (before
    and after).
    """
    if plan is None or plan.markets.empty:
        return []
    return [
        {
            "market": names.get(str(market), str(market)),
            "rows": [
                {
                    "name": "All sectors" if row.sector == ALL_SECTORS else sectors.name(row.sector),
                    "need": row.need_usd_m,
                    "before": row.loss_before_usd_m,
                    "after": row.loss_after_usd_m,
                    "avoided": row.avoided_usd_m,
                    "share": row.avoided_share,
                    "direct": (row.direct_before, row.direct_after),
                    "net": (row.net_before, row.net_after),
                }
                for row in rows_of(own)
            ],
        }
        for market, own in plan.markets.groupby("market", sort=False)
    ]


def dollar_rows(plans: Sequence[Plan], study: Study, names: dict[str, str]) -> dict[str, Any]:
    """What a dollar buys: ``markets`` (names), ``rows`` (``budget, cost``, pairs of averted per dollar and of the
    next dollar, by market) and ``last``, the cost up to which the next dollar pays; empty without plans."""
    table = per_dollar(study, plans)
    if table.empty:
        return {}
    shown = {WEIGHTED: "All, by weight"} | names
    rows = [
        {
            "budget": budget,
            "cost": float(own["cost_usd_m"].iloc[0]),
            "bought": [(row.per_dollar, row.next_per_dollar) for row in rows_of(own)],
        }
        for budget, own in table.groupby("budget_usd_m", sort=True)
    ]
    markets = [shown.get(str(name), str(name)) for name in table["market"].unique()]
    return {"markets": markets, "rows": rows, "last": break_even(plans)}
