"""What a plan does for each market, and there for each sector: never only the blend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.measures import headline
from corridor.relocation.result.averted import expected_losses

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

#: Market of the rows that add up all markets by their weights.
WEIGHTED = "weighted"
#: Sector of the rows that hold all sectors of a market.
ALL_SECTORS = "all"
_EXPOSED = [f"{kind}_{when}" for kind in ("direct", "net", "stop") for when in ("before", "after")]


def market_order(study: Study) -> list[str]:
    """Markets of a study in the order in which results show them: the host, then by weight, ties by name."""
    return sorted(study.markets, key=lambda name: (name != HOST, -study.markets[name], name))


def by_market(tables: Tables, study: Study, losses: pd.DataFrame, exposure: pd.DataFrame) -> pd.DataFrame:
    """Expected loss and exposure of each market, before and after a plan, in all and by sector.

    Expected losses are those of the denials, times their probability and discounted to the first year, without the
    market's weight: US$ of that market. The blend of the summary is their sum, each times its weight.

    Parameters
    ----------
    tables, study
        What the plan was made from.
    losses, exposure
        As in :class:`~corridor.relocation.result.plan.Plan`.

    Returns
    -------
    pandas.DataFrame
        ``market, sector`` (``all`` first), ``need_usd_m`` (final needs a year), ``loss_before_usd_m,
        loss_after_usd_m, avoided_usd_m, avoided_share`` and, as fractions of the final needs, ``direct_before,
        direct_after, net_before, net_after, stop_before, stop_after``. Sectors with neither need nor loss are left
        out.
    """
    columns = ["loss_before_usd_m", "loss_after_usd_m"]
    lost = expected_losses(study, losses).set_index(["market", "sector"])
    lost.columns = pd.Index(columns)
    needs = headline(tables, exposure, by_sector=True).set_index(["market", "sector"])
    rows = needs.join(lost, how="outer").fillna(0.0)
    total = headline(tables, exposure).assign(sector=ALL_SECTORS).set_index(["market", "sector"])
    sums = lost.groupby("market").sum().assign(sector=ALL_SECTORS).set_index("sector", append=True)
    rows = pd.concat([total.join(sums, how="outer").fillna(0.0), rows])
    rows["avoided_usd_m"] = rows["loss_before_usd_m"] - rows["loss_after_usd_m"]
    before = rows["loss_before_usd_m"]
    rows["avoided_share"] = (rows["avoided_usd_m"] / before.where(before > 0)).fillna(0.0)
    markets = market_order(study)
    sectors = [ALL_SECTORS, *tables.sectors["id"]]
    order = pd.MultiIndex.from_product([markets, sectors], names=["market", "sector"])
    found = rows.reindex(order[order.isin(rows.index)]).reset_index()
    out = found[["market", "sector", "need_usd_m", *columns, "avoided_usd_m", "avoided_share", *_EXPOSED]]
    return out[
        (out["need_usd_m"] > 0) | (out["loss_before_usd_m"] > 0) | (out["sector"] == ALL_SECTORS)
    ].reset_index(drop=True)


def nested(rows: pd.DataFrame) -> dict[str, Any]:
    """:func:`by_market` as for ``summary.json``: market -> its figures, and ``sectors`` -> theirs."""
    out: dict[str, Any] = {}
    for row in rows.to_dict("records"):
        figures = {str(name): value for name, value in row.items() if name not in ("market", "sector")}
        if row["sector"] == ALL_SECTORS:
            out[row["market"]] = {**figures, "sectors": {}}
        else:
            out[row["market"]]["sectors"][row["sector"]] = figures
    return out


def per_dollar(study: Study, plans: Sequence[Plan]) -> pd.DataFrame:
    """What a dollar of each plan buys on average losses, and what the next dollar bought, by market.

    Parameters
    ----------
    plans
        Plans of one study at several budgets.

    Returns
    -------
    pandas.DataFrame
        ``budget_usd_m, cost_usd_m, market`` (``weighted``: all, by their weights), ``avoided_usd_m``,
        ``per_dollar`` (avoided over cost) and ``next_per_dollar`` (what is avoided beyond the plan that costs
        less, over what it costs more); by cost, the host's rows first, ``weighted`` last. Below 1 the next dollar
        does not pay on average losses; what it spares in the worst windows is not in it.
    """
    rows = []
    for plan in sorted((one for one in plans if len(one.markets)), key=lambda one: one.budget_usd_m):
        whole = plan.markets[plan.markets["sector"] == ALL_SECTORS].set_index("market")["avoided_usd_m"]
        avoided = {market: float(whole.get(market, 0.0)) for market in market_order(study)}
        avoided[WEIGHTED] = sum(study.markets[market] * value for market, value in avoided.items())
        cost = float(plan.summary["cost_usd_m"])
        rows += [(plan.budget_usd_m, cost, market, value) for market, value in avoided.items()]
    out = pd.DataFrame(rows, columns=["budget_usd_m", "cost_usd_m", "market", "avoided_usd_m"])
    out["per_dollar"] = out["avoided_usd_m"] / out["cost_usd_m"].where(out["cost_usd_m"] > 0)
    by = out.groupby("market", sort=False)
    more = out["avoided_usd_m"] - by["avoided_usd_m"].shift(fill_value=0.0)
    dearer = out["cost_usd_m"] - by["cost_usd_m"].shift(fill_value=0.0)
    return out.assign(next_per_dollar=more / dearer.where(dearer > 0))
