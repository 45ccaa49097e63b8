"""Headline figures: exposure of all that a market needs, weighted by value."""

from __future__ import annotations

import pandas as pd

from corridor.data.tables import Tables
from corridor.measures.supply.needs import final_needs

_KINDS = ("direct", "net", "stop")


def headline(tables: Tables, exposures: pd.DataFrame, *, by_sector: bool = False) -> pd.DataFrame:
    """Exposure of each market's final needs, weighted by their value.

    ``sum_c need[c,m] E[c,m] / sum_c need[c,m]`` for every measure E, over the final needs of market m, counted
    once (:func:`~corridor.measures.supply.needs.final_needs`).

    Parameters
    ----------
    tables
        As for :func:`~corridor.measures.supply.needs.accounts`.
    exposures
        Result of :func:`corridor.exposure`, or ``Plan.exposure``; every column whose name begins with ``direct``,
        ``net`` or ``stop`` is averaged.
    by_sector
        One row per market and sector instead of one per market.

    Returns
    -------
    pandas.DataFrame
        ``market``, ``sector`` (if asked), ``need_usd_m`` and the averaged columns, 0..1.
    """
    kinds = [name for name in exposures.columns if name.split("_")[0] in _KINDS]
    need = final_needs(tables)[["market", "component", "final_usd_m"]]
    rows = exposures.merge(need[need["final_usd_m"] > 0], on=["market", "component"])
    rows["sector"] = rows["component"].map(tables.components.set_index("id")["sector"])
    keys = ["market", "sector"] if by_sector else ["market"]
    weighted = rows[keys].assign(
        need_usd_m=rows["final_usd_m"], **{name: rows[name] * rows["final_usd_m"] for name in kinds}
    )
    out = weighted.groupby(keys, as_index=False).sum()
    out[kinds] = out[kinds].div(out["need_usd_m"].where(out["need_usd_m"] > 0), axis=0).fillna(0.0)
    return out
