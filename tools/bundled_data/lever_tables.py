"""Default tables of second sources and stockpiles, rebuilt from the other tables by stated rules.

What can't be read from a publication (what it costs to qualify a maker, what he asks over the target's price, how
long a good keeps) is a figure per sector and stage in ``lever_rules.csv``, with the evidence beside it, and per
component in ``perishables.csv``. Every row is therefore assumed, with a range of half to twice its cost. What the
tables know is used: who makes the component, what the world makes of it, what India needs and buys from the
target.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.names import HOST, TARGET
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out
from corridor.measures import Network, bill
from corridor.measures.supply.sourcing import WORLD

__all__ = ["gaps", "second_sources", "stockpiles"]

SOURCE = "corridor-assumption"
YEAR = 2026
LEAST_SHARE_OF_TARGET = 0.3
"""Components are left out where India buys less than this part of its need from the target."""
LEAST_STORED_USD_M = 0.01
"""Purchases from the target, US$ million a year, below which nothing is stored."""
LEAST_GOVERNANCE = -1.0
"""Countries below this governance index are no second source: a contract there is no assurance."""
MOST_ORIGINS = 3
SPARE = 0.1
"""Part of its output that an origin could send to India while others withhold: the tenth that makers are taken to
have to spare, all of it held for India by contract."""
MOST_SHARE = 0.5
"""More than half of India's need is never put on one country."""
FEWEST = 0.04
"""A second source that could give less than this part of India's need is left out."""
STOCK_COST = 0.01
"""Tools, samples and first lots: part of what could be bought in a year that qualification costs on top."""


def gaps(tables: Tables, target: Collection[str] = TARGET) -> pd.DataFrame:
    """What India needs of each component and how much of it comes from the target.

    India's makers need inputs too, so ``need = demand + content (home share * need + shipments)``, with the value
    shares of the inputs as ``content``, solved at once; values of the tables' own years, no growth.

    Returns
    -------
    pandas.DataFrame
        A row per component: ``component, sector, stage, qualification_months, need_usd_m``, ``from_target``
        (fraction), ``bought_usd_m`` (from the target) and ``world_usd_m`` (world production at the reference
        price, NaN where only shares of it are known).
    """
    components = tables.components
    network = Network.of(tables)
    at = pd.Index(components["id"])
    origin = {name: position for position, name in enumerate(network.origins)}
    shares = network.shares_of(HOST)
    home = shares[:, origin[HOST]]
    from_target = shares[:, [origin[name] for name in target if name in origin]].sum(axis=1)
    shipments = np.zeros(len(at))
    for market in network.buyers.difference([HOST, WORLD]):
        shipments += _demand(tables, market, at) * network.shares_of(market)[:, origin[HOST]]
    content = _content(tables, at)
    need = np.linalg.solve(np.eye(len(at)) - content * home, _demand(tables, HOST, at) + content @ shipments)
    last = tables.supply["year"] == tables.supply.groupby("component")["year"].transform("max")
    made = tables.supply[last].groupby("component")["quantity"].sum(min_count=1).reindex(at).to_numpy(float)
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

    In a crisis an origin can give India ``min(0.5, 0.1 x its share of world production x world's need / India's
    need)`` of India's need; the world's need is what the tables say is made, at the reference price, or else
    India's need over the part of the world's that is assumed for the sector. The three origins that could give
    most are taken. Qualification costs a sum by stage and 1 % of what could be bought in a year.

    Returns
    -------
    pandas.DataFrame
        The table ``second_sources``, sorted by component and by what the origins could give.
    """
    frame = _exposed(tables, target)
    frame = frame[frame["bought_usd_m"] >= frame["least_bought_usd_m"]]
    rows = _origins(tables, target).merge(frame, on="component")
    world = rows["world_usd_m"].fillna(rows["need_usd_m"] / rows["india_part"])
    rows["most_share"] = (SPARE * rows["share"] * world / rows["need_usd_m"]).clip(upper=MOST_SHARE).round(2)
    rows = rows[rows["most_share"] >= FEWEST].copy()
    # The contract is kept alive with a part of the need that the origin can spare in any case.
    rows["least_share"] = np.minimum(rows["least_share"], (rows["most_share"] / 2.0).round(2))
    rows["lead_years"] = np.ceil(rows["qualification_months"] / 12.0).clip(1, 3).astype(int)
    cost = rows["qualification_usd_m"] + STOCK_COST * rows["most_share"] * rows["need_usd_m"]
    rows["cost_usd_m"], rows["low"], rows["high"] = cost.round(2), (cost / 2.0).round(2), (cost * 2.0).round(2)
    rows["note"] = "makes " + (100.0 * rows["share"]).round(1).map("{:g}".format) + " % of the world's output"
    rows = rows.sort_values(
        ["component", "most_share", "share", "origin"], ascending=[True, False, False, True], kind="stable"
    )
    rows = rows.groupby("component").head(MOST_ORIGINS)
    return lay_out(rows.assign(status="assumed", source=SOURCE, year=YEAR), "second_sources")


def stockpiles(tables: Tables, target: Collection[str] = TARGET) -> pd.DataFrame:
    """What India could store: all that it buys from the target to 30 % or more, but equipment and end products.

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
    """``component, origin, share`` (of world production) for all that could be a second source."""
    network = Network.of(tables)
    weak = tables.countries.loc[tables.countries["governance"] < LEAST_GOVERNANCE, "iso3"]
    shut = network.origins.isin([HOST, *target, "ROW", *weak])
    shares = network.shares_of(WORLD)
    row, column = np.nonzero((shares > 0) & ~shut)
    return pd.DataFrame(
        {
            "component": network.components[row],
            "origin": network.origins[column],
            "share": shares[row, column],
        }
    )


def _demand(tables: Tables, market: str, at: pd.Index) -> Floats:
    rows = tables.demand[tables.demand["market"] == market]
    total = rows.groupby("component")["value_usd_m"].sum()
    need: Floats = total.reindex(at, fill_value=0.0).to_numpy(float)
    return need


def _content(tables: Tables, at: pd.Index) -> Floats:
    """Value of input i in a dollar of output u, routes mixed as in the world; shape (components, components)."""
    lines = bill(tables)
    content = np.zeros((len(at), len(at)))
    place = (at.get_indexer(pd.Index(lines["input"])), at.get_indexer(pd.Index(lines["output"])))
    np.add.at(content, place, (lines["value_share"] * lines["route_share"]).to_numpy(float))
    return content


def _beside(file: str) -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_name(file), encoding="utf-8")
