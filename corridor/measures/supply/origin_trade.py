"""What each country sells and buys of a component, as far as trade is recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.names import EU_MEMBERS
from corridor.data.tables import Tables
from corridor.measures.supply.sourcing import CLASSES

UNION = "EUU"
"""The European Union as one origin; its members' trade is added up."""
LEAST_EXPORTS_USD_M = 0.5
"""Recorded exports below this, US$ million a year, are no proof that a country sells."""
_KEYS = ["nomenclature", "code"]


def origin_trade(tables: Tables) -> pd.DataFrame:
    """Recorded exports and imports of each country in each component's codes.

    ``world_trade`` gives both sides. Where it does not hold a code, exports are what the importers of the table
    ``trade`` report, a lower bound, and imports what the country itself reports there. Commodity classes count
    only for components without other codes. The European Union is the sum of its members, so that its exports less
    its imports leave out what they sell to each other.

    Parameters
    ----------
    tables
        Needs ``codes``, ``trade`` and ``world_trade``.

    Returns
    -------
    pandas.DataFrame
        ``component, origin, exports_usd_m, imports_usd_m`` (US$ million a year, imports NaN if unknown) and
        ``both`` (both sides are from ``world_trade``, so that they may be subtracted).
    """
    codes = tables.codes[["component", *_KEYS]]
    fine = codes["nomenclature"] != CLASSES
    codes = codes[fine | ~codes["component"].isin(codes.loc[fine, "component"])]
    world = codes.merge(tables.world_trade, on=_KEYS).rename(columns={"country": "origin"})
    held = set(zip(tables.world_trade["nomenclature"], tables.world_trade["code"], strict=True))
    trade = tables.trade[[pair not in held for pair in zip(*(tables.trade[key] for key in _KEYS), strict=True)]]
    trade = trade[trade["year"] == trade.groupby(["importer", *_KEYS])["year"].transform("max")]
    rows = codes.merge(trade, on=_KEYS)
    sold = rows.groupby(["component", "exporter"])["value_usd_m"].sum().rename_axis(["component", "origin"])
    bought = rows.groupby(["component", "importer"])["value_usd_m"].sum().rename_axis(["component", "origin"])
    lower = pd.DataFrame({"exports_usd_m": sold, "imports_usd_m": bought}).reset_index()
    frames = [
        world[["component", "origin", "exports_usd_m", "imports_usd_m"]].assign(both=True),
        lower.assign(both=False),
    ]
    found = pd.concat(frames, ignore_index=True)
    members = found[found["origin"].isin(EU_MEMBERS)].assign(origin=UNION)
    found = pd.concat([found, members], ignore_index=True)
    out = found.groupby(["component", "origin"], as_index=False).agg(
        exports_usd_m=("exports_usd_m", "sum"),
        imports_usd_m=("imports_usd_m", lambda values: values.sum(min_count=1)),
        both=("both", "all"),
    )
    return out.sort_values(["component", "origin"], ignore_index=True)


def can_export(tables: Tables, pairs: pd.DataFrame) -> pd.Series:
    """Why a country cannot be a second source of a component on the record; blank where it can.

    It must have recorded exports, and must not be a net importer: by ``world_trade`` where both sides are known,
    else, for a market whose home share is known, by buying at least half of its own need abroad.

    Parameters
    ----------
    pairs
        ``component, origin``.

    Returns
    -------
    pandas.Series
        Text, index as `pairs`.
    """
    named = pairs[["component", "origin"]]
    traded = origin_trade(tables)
    known = named.merge(traded, on=["component", "origin"], how="left")
    coded = pairs["component"].isin(tables.codes["component"]).to_numpy()
    exports = known["exports_usd_m"].fillna(0.0).to_numpy(float)
    # Importers that report the Union as one partner do not say which member sold.
    union = traded[traded["origin"] == UNION].set_index("component")["exports_usd_m"]
    of_union = named["component"].map(union).fillna(0.0).to_numpy(float)
    exports = np.where(named["origin"].isin(EU_MEMBERS) & ~known["both"].eq(True), of_union, exports)
    imports = known["imports_usd_m"].to_numpy(float)
    both = known["both"].eq(True).to_numpy(bool)  # missing where the pair is unknown
    own = tables.sourcing[tables.sourcing["market"] == tables.sourcing["origin"]]
    home = own[["component", "origin", "share"]]
    home_share = named.merge(home, on=["component", "origin"], how="left")["share"].to_numpy(float)
    why = np.where(both & (imports >= exports), "imports more than it exports", "")
    why = np.where(~both & (home_share < 0.5), "buys most of its own need abroad", why)
    why = np.where(coded & (exports < LEAST_EXPORTS_USD_M), "no recorded exports", why)
    return pd.Series(why, index=pairs.index, dtype=str)
