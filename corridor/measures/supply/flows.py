"""Flows: long frames of who supplies what to whom, from the tables or from elsewhere.

A frame of flows has one row per origin with a ``value``, and any of the keys ``reporter`` (who buys), ``product``
and ``year``. The measures of concentration, dependence and stability take any such frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from corridor.data.guards.figures import numbers
from corridor.data.tables import Tables
from corridor.errors import ConfigError, DataError, Fault
from corridor.measures.supply.sourcing import REST, by_component, import_values, world_shares

#: A nomenclature shows a country's exports to the world if at least this many importers report in it.
_ENOUGH_IMPORTERS = 10
#: Columns that identify a supply; those that a frame of flows has are its keys.
KEYS = ("reporter", "product", "year")


def keys_of(flows: pd.DataFrame) -> list[str]:
    """The columns of ``KEYS`` that a frame has, in that order."""
    return [name for name in KEYS if name in flows.columns]


def check_flows(flows: pd.DataFrame, columns: Sequence[str] = ("product", "origin", "value")) -> None:
    """Raise an error if a frame lacks a column, or has blank, negative or infinite values.

    Raises
    ------
    DataError
        With every fault and its fix.
    """
    problems = [
        Fault("flows", "", name, "no such column", f"a column {name}", f"add or rename a column to {name}")
        for name in columns
        if name not in flows.columns
    ]
    if "value" in flows.columns:
        amounts = numbers(flows["value"]).to_numpy(float)
        bad = ~np.isfinite(amounts) | (amounts < 0)
        problems += [
            Fault("flows", str(row), "value", repr(value), "a number, at least 0", "correct or drop the row")
            for row, value in flows.loc[bad, "value"].items()
        ]
    if problems:
        raise DataError(problems)


def origin_shares(flows: pd.DataFrame) -> pd.DataFrame:
    """Share of each origin: ``share[k,c] = value[k,c] / sum_c value[k,c]``.

    Parameters
    ----------
    flows
        One row per flow: ``product``, ``origin``, ``value`` (any one unit), optionally the other columns of
        ``KEYS``.

    Returns
    -------
    pandas.DataFrame
        Keys, ``origin``, ``value``, ``share``; flows of one origin are added up, flows of 0 left out.
        Within a supply the largest comes first, ties by name; shares sum to 1.

    Raises
    ------
    DataError
        If a column is missing or a value is not an amount.
    """
    check_flows(flows)
    keys = keys_of(flows)
    rows = flows.groupby([*keys, "origin"], as_index=False, observed=True)[["value"]].sum()
    rows = rows[rows["value"] > 0]
    rows = rows.sort_values([*keys, "value", "origin"], ascending=[True] * len(keys) + [False, True])
    total = rows.groupby(keys, observed=True)["value"].transform("sum")
    return rows.assign(share=rows["value"] / total).reset_index(drop=True)


def market_flows(tables: Tables, market: str, *, merge: Mapping[str, str] | None = None) -> pd.DataFrame:
    """A market's imports of each component in every year of the trade table.

    Parameters
    ----------
    tables
        Needs ``trade`` and ``codes``.
    market
        Importing country.
    merge
        Origins to count as another, such as ``{"HKG": "CHN", "MAC": "CHN"}`` if re-exports hide the maker.

    Returns
    -------
    pandas.DataFrame
        ``reporter, product, origin, year, value`` (US$ million), ``status``, ``source``. A component that has
        no code of its own takes the flows of its group (status ``inherited``): use their shares, not their
        amounts.

    Raises
    ------
    ConfigError
        If the trade table has no imports of the market.
    """
    own = tables.trade[tables.trade["importer"] == market]
    if not len(own):
        known = ", ".join(sorted(tables.trade["importer"].unique())) or "none"
        raise ConfigError(f"no imports of {market!r} in the table trade; importers with rows: {known}")
    frames = [import_values(tables, market, year=int(year)) for year in sorted(own["year"].unique())]
    flows = pd.concat(frames, ignore_index=True).rename(columns={"component": "product", "value_usd_m": "value"})
    flows["origin"] = flows["origin"].replace(dict(merge or {}))
    keys = ["product", "origin", "year"]
    flows = flows.groupby(keys, as_index=False).agg(
        value=("value", "sum"), status=("status", "first"), source=("source", "first")
    )
    return flows.assign(reporter=market)[["reporter", *keys, "value", "status", "source"]]


def world_flows(tables: Tables, *, merge: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Shares of countries in world production, as flows.

    Returns
    -------
    pandas.DataFrame
        ``product, origin, value`` (share of world production, 0..1), ``status``, ``source`` and ``of_year``,
        the year of the production.
    """
    world = world_shares(tables).rename(columns={"component": "product", "share": "value", "year": "of_year"})
    return world.assign(origin=world["origin"].replace(dict(merge or {})))


def export_flows(tables: Tables, market: str) -> pd.DataFrame:
    """A market's exports of each component in every year, to all countries together.

    Exports are taken from importers' reports, in the nomenclatures in which the market's own imports are listed.
    They are added up if they cover the world: at least ten countries report imports in the nomenclature that year
    (a code that none of them buys from the market then has exports 0), or one importer is ``ROW``, all others
    together. If few report, exports are unknown, not small.

    Parameters
    ----------
    tables
        Needs ``trade`` and ``codes``.
    market
        Exporting country.

    Returns
    -------
    pandas.DataFrame
        ``reporter, product, year, value`` (US$ million) and ``status`` (``inherited``: those of the component's
        class); components with unknown exports are left out.
    """
    own = tables.trade["importer"] == market
    spoken = tables.trade.loc[own, "nomenclature"].unique()
    others = tables.trade[~own & tables.trade["nomenclature"].isin(spoken)]
    by_year = [others["nomenclature"], others["year"]]
    world = others.groupby(["nomenclature", "year"])["importer"].transform("nunique") >= _ENOUGH_IMPORTERS
    sold = others["exporter"] == market
    together = (sold & (others["importer"] == REST)).groupby(by_year).transform("any")
    none = others[world].drop_duplicates(["nomenclature", "code", "year"]).assign(value_usd_m=0.0)
    trade = pd.concat([others[sold & (world | together)], none])
    frames = [by_component(tables, rows) for _, rows in trade.groupby("year")]
    if not frames:
        return pd.DataFrame({"reporter": [], "product": [], "year": [], "value": [], "status": []})
    rows = pd.concat(frames, ignore_index=True).rename(columns={"component": "product"})
    out = rows.groupby(["product", "year"], as_index=False).agg(
        value=("value_usd_m", "sum"), status=("status", "first")
    )
    return out.assign(reporter=market)[["reporter", "product", "year", "value", "status"]]
