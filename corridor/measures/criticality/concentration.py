"""Concentration of what a market buys and of what the world makes, component by component."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.measures.criticality.dependence import market_dependence, with_persistence
from corridor.measures.supply.bill import status_rank
from corridor.measures.supply.flows import market_flows, world_flows
from corridor.measures.supply.indices import concentration_indices
from corridor.measures.supply.sourcing import shares


def concentration(tables: Tables, market: str = "IND", *, merge: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Concentration of the world's production and of a market's imports, and dependence by the official tests.

    Parameters
    ----------
    tables
        Needs ``components``, ``supply``, ``trade``, ``codes`` and ``sourcing``.
    market
        Importing country; its newest year counts, persistence is over all its years.
    merge
        Origins to count as another, such as ``{"HKG": "CHN", "MAC": "CHN"}``.

    Returns
    -------
    pandas.DataFrame
        One row per component: ``market, component, home_share`` (home production in the market's supply, 0..1) and
        ``foreign_concentration`` (sum of the squared shares of foreign origins in all supply, by which the table
        is sorted); then the columns of :func:`concentration_indices` three times, each with the weakest
        ``status`` of its figures: ``foreign_...`` of the foreign origins only, by the best evidence
        (:func:`shares`), ``world_...`` of the world's production, ``import_...`` of the imports in the newest year
        of trade (``inherited``: those of the component's class); then those of
        :func:`corridor.measures.market_dependence` for the newest year, with ``years``, ``concentrated_share`` and
        ``dependent_share`` (of the years). Blank if nothing is known.

    Raises
    ------
    ConfigError
        If the trade table has no imports of the market.
    """
    kept = ["hhi", "hhi_high", "effective_suppliers", "cr3", "n75", "largest", "largest_share"]
    out = pd.DataFrame({"market": market, "component": tables.components["id"]})
    flows = market_flows(tables, market, merge=merge)
    own = shares(tables, market).rename(columns={"component": "product", "share": "value", "year": "of_year"})
    own["origin"] = own["origin"].replace(dict(merge or {}))
    foreign = own[own["origin"] != market]
    abroad = foreign.groupby("product")["value"].sum()
    out["home_share"] = (1.0 - out["component"].map(abroad).fillna(0.0)).clip(0.0, 1.0)
    newest = flows[flows["year"] == flows.groupby("product")["year"].transform("max")]
    sides = {
        "foreign": foreign,
        "world": world_flows(tables, merge=merge),
        "import": newest.assign(of_year=newest["year"]).drop(columns="year"),
    }
    for side, rows in sides.items():
        rows = rows.assign(rank=status_rank(rows["status"]))
        known = rows.groupby("product", as_index=False).agg(rank=("rank", "max"), year=("of_year", "max"))
        known["status"] = known.pop("rank").map(dict(enumerate(STATUSES)))
        both = concentration_indices(rows)[["product", *kept]].merge(known, on="product")
        both = both.rename(columns={name: f"{side}_{name}" for name in [*kept, "status", "year"]})
        out = out.merge(both.rename(columns={"product": "component"}), on="component", how="left")
    last = with_persistence(market_dependence(tables, market, merge=merge))
    last = last.rename(columns={"product": "component"}).drop(columns=["reporter", "year", "status", "hhi_world"])
    out = out.merge(last, on="component", how="left")
    integers = ["foreign_year", "world_year", "import_year", "years"]
    out = out.astype(dict.fromkeys(integers, "Int64"))
    out.insert(3, "foreign_concentration", (1.0 - out["home_share"]) ** 2 * out["foreign_hhi"].fillna(0.0))
    return out.sort_values(["foreign_concentration", "component"], ascending=[False, True], ignore_index=True)
