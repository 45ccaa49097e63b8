"""Default tables of second sources and stockpiles, rebuilt from the other tables by stated rules.

Figures without a publication (cost of qualifying a maker, its premium over the target's price, shelf life) are by
sector and stage in ``lever_rules.csv``, with their evidence, and by component in ``perishables.csv``. Every row is
therefore assumed, with a range of half to twice its cost. The rest comes from the tables: who makes the component,
how much the world makes, what India needs and buys from the target.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.data.names import HOST, SANCTIONED, TARGET
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out
from corridor.measures import Network
from corridor.measures.supply.needs import accounts
from corridor.measures.supply.origin_trade import can_export
from corridor.measures.supply.sourcing import WORLD

__all__ = ["gaps", "second_sources", "stockpiles"]

SOURCE = "corridor-assumption"
YEAR = 2026
LEAST_SHARE_OF_TARGET = 0.3
"""Components are left out if India buys less than this share of its need from the target."""
LEAST_STORED_USD_M = 0.01
"""Purchases from the target, US$ million a year, below which nothing is stored."""
LEAST_GOVERNANCE = -1.0
"""Countries below this governance index cannot be second sources: contracts there are not reliable."""
MOST_ORIGINS = 3
SPARE = 0.1
"""Share of its output that an origin could send to India while others withhold: the spare tenth that makers are
assumed to have, all of it reserved for India by contract."""
MOST_SHARE = 0.5
"""One country never covers more than half of India's need."""
FEWEST = 0.04
"""A second source that could cover less than this share of India's need is left out."""
STOCK_COST = 0.01
"""Additional cost of qualification (tools, samples, first lots), as a fraction of purchases possible in a year."""


def gaps(tables: Tables, target: Collection[str] = TARGET) -> pd.DataFrame:
    """India's need of each component, and how much of it comes from the target.

    India's makers need inputs too, for exports as well: ``need`` of
    :func:`~corridor.measures.supply.needs.accounts`; values of the tables' own years, no growth.

    Returns
    -------
    pandas.DataFrame
        A row per component: ``component, sector, stage, qualification_months, need_usd_m``, ``from_target``
        (fraction), ``bought_usd_m`` (from the target) and ``world_usd_m`` (world production at the reference
        price, NaN if only shares are known).
    """
    components = tables.components
    network = Network.of(tables)
    index = pd.Index(components["id"])
    origin = {name: position for position, name in enumerate(network.origins)}
    shares = network.shares_of(HOST)
    from_target = shares[:, [origin[name] for name in target if name in origin]].sum(axis=1)
    need = accounts(tables)[HOST].need[:, 0]
    last = tables.supply["year"] == tables.supply.groupby("component")["year"].transform("max")
    made = tables.supply[last].groupby("component")["quantity"].sum(min_count=1).reindex(index).to_numpy(float)
    return pd.DataFrame(
        {
            "component": components["id"],
            "sector": components["sector"],
            "stage": components["stage"],
            "qualification_months": components["qualification_months"].astype(float),
            "need_usd_m": need,
            "from_target": from_target,
            "bought_usd_m": need * from_target,
            "world_usd_m": made * components["price_usd_per_unit"].to_numpy(float) / 1e6,
        }
    )


def second_sources(tables: Tables, target: Collection[str] = TARGET) -> pd.DataFrame:
    """Makers outside the target that India could qualify, up to three origins for each component.

    In a crisis an origin can supply India with ``min(0.5, 0.1 x its share of world production x world's need /
    India's need)`` of India's need; the world's need is world production at the reference price, or else India's
    need over the share of the world's need assumed for the sector. The three origins that could supply most are
    kept, and of these an origin only for what the larger ones leave of the need: together they cover it once.
    Qualification costs a sum by stage and 1 % of what could be bought in a year.

    Returns
    -------
    pandas.DataFrame
        The table ``second_sources``, sorted by component and by what the origins could supply.
    """
    frame = _exposed(tables, target)
    frame = frame[frame["bought_usd_m"] >= frame["least_bought_usd_m"]]
    rows = _origins(tables, target).merge(frame, on="component")
    world = rows["world_usd_m"].fillna(rows["need_usd_m"] / rows["india_share"])
    rows["most_share"] = (SPARE * rows["share"] * world / rows["need_usd_m"]).clip(upper=MOST_SHARE).round(2)
    rows = rows.sort_values(
        ["component", "most_share", "share", "origin"], ascending=[True, False, False, True], kind="stable"
    )
    rows = rows.groupby("component").head(MOST_ORIGINS)
    larger = rows.groupby("component")["most_share"].cumsum() - rows["most_share"]
    rows["most_share"] = np.minimum(rows["most_share"], (1.0 - larger).clip(lower=0.0)).round(2)
    rows = rows[rows["most_share"] >= FEWEST].copy()
    # The contract is kept active with a share of the need that the origin can always spare.
    rows["least_share"] = np.minimum(rows["least_share"], (rows["most_share"] / 2.0).round(2))
    rows["lead_years"] = np.ceil(rows["qualification_months"] / 12.0).clip(1, 3).astype(int)
    cost = rows["qualification_usd_m"] + STOCK_COST * rows["most_share"] * rows["need_usd_m"]
    rows["cost_usd_m"], rows["low"], rows["high"] = cost.round(2), (cost / 2.0).round(2), (cost * 2.0).round(2)
    rows["note"] = "makes " + (100.0 * rows["share"]).round(1).map("{:g}".format) + " % of the world's output"
    return lay_out(rows.assign(status="assumed", source=SOURCE, year=YEAR), "second_sources")


def stockpiles(tables: Tables, target: Collection[str] = TARGET) -> pd.DataFrame:
    """Stocks that India could hold: components bought 30 % or more from the target, no equipment or end products.

    Returns
    -------
    pandas.DataFrame
        The table ``stockpiles``, sorted by component.
    """
    frame = _exposed(tables, target)
    frame = frame[frame["bought_usd_m"] >= LEAST_STORED_USD_M]
    frame = frame.merge(_beside("perishables.csv"), on="component", how="left", suffixes=("", "_own"))
    for column in ("most_months", "shelf_life_months"):
        frame[column] = frame[f"{column}_own"].fillna(frame[column])
    share = frame["holding_share"]
    frame = frame.assign(low=share / 2.0, high=share * 2.0, note=frame["reason"])
    frame = frame.sort_values("component", kind="stable")
    return lay_out(frame.assign(status="assumed", source=SOURCE, year=YEAR), "stockpiles")


def _exposed(tables: Tables, target: Collection[str]) -> pd.DataFrame:
    """:func:`gaps` of what India buys from the target above all, with the rules of its sector and stage."""
    frame = gaps(tables, target)
    frame = frame[frame["from_target"] > LEAST_SHARE_OF_TARGET]
    return frame.merge(_beside("lever_rules.csv"), on=["sector", "stage"])


def _origins(tables: Tables, target: Collection[str]) -> pd.DataFrame:
    """``component, origin, share`` (of world production) of countries that sell it, net, on the record."""
    network = Network.of(tables)
    weak = tables.countries.loc[tables.countries["governance"] < LEAST_GOVERNANCE, "iso3"]
    excluded = network.origins.isin([HOST, *target, *SANCTIONED, "ROW", *weak])
    shares = network.shares_of(WORLD)
    row, column = np.nonzero((shares > 0) & ~excluded)
    rows = pd.DataFrame(
        {
            "component": network.components[row],
            "origin": network.origins[column],
            "share": shares[row, column],
        }
    )
    return rows[can_export(tables, rows) == ""].reset_index(drop=True)


def _beside(file: str) -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_name(file), encoding="utf-8")
