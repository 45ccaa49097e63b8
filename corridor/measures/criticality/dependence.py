"""Official tests of import dependence: the EU's three indicators, CEPII's GeoDep, single points of failure.

A test whose figures are not all known is blank unless one known criterion already fails: flags have the type
``boolean`` with three values, so a gap in the data never reads as "not dependent".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.criticality.stability import years_in_state
from corridor.measures.supply.flows import export_flows, keys_of, market_flows, world_flows
from corridor.measures.supply.indices import CONCENTRATED, concentration_indices

#: Thresholds of SWD(2021) 352: extra-EU share of imports, and imports over exports.
MOSTLY_FOREIGN = 0.5
MORE_THAN_SOLD = 1.0
#: How the second indicator was computed.
EXTRA_SHARE = "extra share"
PENETRATION = "import penetration"
PROXY = "imports over imports and exports"
#: CEPII's value of imports over exports if nothing is exported.
_NO_EXPORTS = 9999.0


def above(values: pd.Series, threshold: float) -> pd.Series:
    """Whether values are above a threshold; blank where the value is blank."""
    return (values > threshold).astype("boolean").where(values.notna())


def eu_dependence(
    flows: pd.DataFrame,
    *,
    exports: pd.DataFrame | None = None,
    production: pd.DataFrame | None = None,
    home_share: pd.DataFrame | None = None,
    bloc: Sequence[str] = (),
) -> pd.DataFrame:
    """The European Commission's three indicators of strategic dependence, SWD(2021) 352.

    With M the imports from outside, X the exports, P the home production:

    - ``cdi1 = sum_c s[c]^2`` over foreign origins: concentrated if above 0.4
    - ``cdi2 = M_extra / (M_extra + M_intra)`` for a bloc: foreign if above 0.5. A single country has no intra
      trade; it gets import penetration ``M / (P + M - X)`` or, if production is unknown, the proxy
      ``M / (M + X)`` (ECIPE Policy Brief 5/2022). ``cdi2_kind`` says which was used.
    - ``cdi3 = M_extra / X``: not made up by own capacity if above 1 (infinite if nothing is exported)

    A product is dependent if all three hold. The Commission's own list uses averages of several years and
    further filters; this does not replicate it.

    Parameters
    ----------
    flows
        Imports: ``product``, ``origin``, ``value`` and, if there are several, ``reporter`` and ``year``.
    exports, production
        Totals: the same keys (or fewer: a table without ``year`` holds for all years) and ``value``, in the same
        unit. A product that is not named is unknown, not 0.
    home_share
        Keys and ``value``: share of home production in the reporter's supply (0..1), used if production is
        unknown. Import penetration is 1 less this share.
    bloc
        Origins within the reporter's own bloc; their flows are intra trade.

    Returns
    -------
    pandas.DataFrame
        Keys, ``imports`` (from outside), ``cdi1``, ``cdi2``, ``cdi2_kind``, ``cdi3``, ``concentrated``,
        ``foreign``, ``not_made_up`` and ``dependent``.
    """
    keys = keys_of(flows)
    inside = flows["origin"].isin(list(bloc))
    extra = concentration_indices(flows[~inside])
    out = extra[[*keys, "total", "hhi"]].rename(columns={"total": "imports", "hhi": "cdi1"})
    intra = flows[inside].groupby(keys, as_index=False, observed=True)[["value"]].sum()
    out = _beside(out, intra, "intra").fillna({"intra": 0.0})
    out = _beside(_beside(_beside(out, exports, "exports"), production, "made"), home_share, "home")
    used = out["made"] + out["imports"] - out["exports"]
    penetration = (out["imports"] / used.where(used > 0)).fillna(1.0 - out["home"])
    proxy = out["imports"] / (out["imports"] + out["exports"])
    if len(bloc):
        out["cdi2"], out["cdi2_kind"] = out["imports"] / (out["imports"] + out["intra"]), EXTRA_SHARE
    else:
        out["cdi2"] = penetration.fillna(proxy)
        kind = np.where(penetration.notna(), PENETRATION, PROXY)
        out["cdi2_kind"] = pd.Series(kind, index=out.index, dtype="str").where(out["cdi2"].notna())
    out["cdi3"] = out["imports"] / out["exports"]
    out["concentrated"] = above(out["cdi1"], CONCENTRATED)
    out["foreign"] = above(out["cdi2"], MOSTLY_FOREIGN)
    out["not_made_up"] = above(out["cdi3"], MORE_THAN_SOLD)
    out["dependent"] = out["concentrated"] & out["foreign"] & out["not_made_up"]
    return out.drop(columns=["intra", "exports", "made", "home"])


def geodep(
    flows: pd.DataFrame,
    *,
    world: pd.DataFrame,
    exports: pd.DataFrame | None = None,
    window: int = 3,
    least: int = 2,
) -> pd.DataFrame:
    """Import dependence by the four criteria of CEPII's GeoDep (Lefebvre & Wibaux 2024, Policy Brief 47).

    1. Herfindahl index of imports above 0.4; 2. of world exports above 0.4; 3. imports over exports above 1 (9999
    if nothing is exported); 4. all three in at least two years of the last three.

    Parameters
    ----------
    flows
        Imports: ``product``, ``origin``, ``year``, ``value``, optionally ``reporter``.
    world
        World exports: ``product``, ``origin``, ``value``, optionally ``year``; production may be used instead.
    exports
        The reporters' totals, as in :func:`eu_dependence`.
    window, least
        Number of years considered (the row's own and those before it), and how many of them must meet the
        criteria. A year that is missing from the data is unknown.

    Returns
    -------
    pandas.DataFrame
        Keys, ``hhi_imports``, ``hhi_world``, ``imports_over_exports``, ``criteria`` (the first three hold in
        the year) and ``geodep`` (all four).

    Raises
    ------
    ConfigError
        If the flows have no year, or ``least`` is not within 1 and ``window``.
    """
    if "year" not in flows.columns or not 1 <= least <= window:
        found = "flows have no year" if "year" not in flows.columns else f"least is {least}, window is {window}"
        raise ConfigError(f"{found}; wanted a column year, and 1 <= least <= window")
    keys = keys_of(flows)
    out = concentration_indices(flows)[[*keys, "total", "hhi"]].rename(columns={"hhi": "hhi_imports"})
    out = _beside(out, concentration_indices(world).rename(columns={"hhi": "value"}), "hhi_world")
    out = _beside(out, exports, "exports")
    out["imports_over_exports"] = (out["total"] / out["exports"]).where(out["exports"] != 0, _NO_EXPORTS)
    out["criteria"] = (
        above(out["hhi_imports"], CONCENTRATED)
        & above(out["hhi_world"], CONCENTRATED)
        & above(out["imports_over_exports"], MORE_THAN_SOLD)
    )
    known = out[[*keys, "criteria"]].assign(
        met=out["criteria"].fillna(False).astype(int), failed=(~out["criteria"]).fillna(False).astype(int)
    )
    seen = pd.concat([known.assign(year=known["year"] + later) for later in range(window)])
    counts = seen.groupby(keys, as_index=False, observed=True)[["met", "failed"]].sum()
    out = out.merge(counts, on=keys, how="left")
    certain, possible = out["met"] >= least, window - out["failed"] >= least
    out["geodep"] = certain.astype("boolean").where(certain | ~possible)
    return out[[*keys, "hhi_imports", "hhi_world", "imports_over_exports", "criteria", "geodep"]]


def alternative_supply(flows: pd.DataFrame, world: pd.DataFrame, *, surge: float = 0.2) -> pd.DataFrame:
    """What other origins could sell beyond normal, as a fraction of a reporter's imports.

    ``alternatives = surge * sum_c X[c] / M`` over the origins c in the world other than the reporter itself and
    its largest supplier.

    Parameters
    ----------
    flows
        Imports: ``reporter``, ``product``, ``origin``, ``value``, optionally ``year``.
    world
        World supply: ``product``, ``origin``, ``value`` in the unit of the imports, optionally ``year``.
    surge
        What an origin can sell beyond normal, as a fraction of its supply; 0.1 to 0.3 is usual.

    Returns
    -------
    pandas.DataFrame
        Keys and ``value``: 1 covers all imports. Products that the world table does not name are left out.
    """
    keys = keys_of(flows)
    supply = concentration_indices(flows)[[*keys, "total", "largest"]]
    rows = supply.merge(world, on=[name for name in keys if name in world.columns])
    other = (rows["origin"] != rows["largest"]) & (rows["origin"] != rows["reporter"])
    rows["value"] = surge * rows["value"].where(other, 0.0) / rows["total"]
    return rows.groupby(keys, as_index=False, observed=True)[["value"]].sum()


def single_points(
    dependence: pd.DataFrame, *, world: pd.DataFrame, alternatives: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Single points of failure: dependent products for which the world has no other origin to turn to.

    They are dependent, their world supply has a Herfindahl index above 0.4, and the alternatives cover less
    than the imports. In the spirit of the EU's enhanced method (Arjona, Connell & Herghelegiu 2023); the formula
    is ours.

    Parameters
    ----------
    dependence
        Result of :func:`eu_dependence`.
    world
        World supply: ``product``, ``origin``, ``value`` (amounts or shares), optionally ``year``.
    alternatives
        Result of :func:`alternative_supply`.

    Returns
    -------
    pandas.DataFrame
        `dependence` with ``hhi_world``, ``alternatives`` and ``single_point``.
    """
    out = _beside(dependence, concentration_indices(world).rename(columns={"hhi": "value"}), "hhi_world")
    out = _beside(out, alternatives, "alternatives")
    no_other = above(-out["alternatives"], -1.0)
    out["single_point"] = out["dependent"] & above(out["hhi_world"], CONCENTRATED) & no_other
    return out


def market_dependence(
    tables: Tables, market: str = "IND", *, merge: Mapping[str, str] | None = None, surge: float = 0.2
) -> pd.DataFrame:
    """The tests of this module for every component and year of a market's imports.

    Import penetration is 1 less the home share in ``sourcing``, taken for all years. World production is used for
    world exports, in the one year for which it is published; its amounts (quantity times price) are known only
    if ``supply`` holds quantities, and are compared only with imports in codes of the component's own.

    Parameters
    ----------
    tables
        Needs ``trade``, ``codes``, ``supply``, ``sourcing`` and ``components``.
    market
        Importing country.
    merge
        Origins to count as another.
    surge
        As in :func:`alternative_supply`.

    Returns
    -------
    pandas.DataFrame
        ``reporter, product, year``, the columns of :func:`single_points`, ``geodep``, ``status`` (of the
        flows) and ``home_status`` (of the home share). ``imports`` is in US$ million, of the component's class
        if the status is ``inherited``.
    """
    flows = market_flows(tables, market, merge=merge)
    bought = flows.groupby(["product", "year"], as_index=False)[["status"]].first()
    exports = export_flows(tables, market).merge(bought, on=["product", "year"], suffixes=("", "_bought"))
    # Exports of a class cannot be compared with imports of the single component.
    exports = exports[(exports["status"] == "inherited") == (exports["status_bought"] == "inherited")]
    own = tables.sourcing[tables.sourcing["market"] == market]
    home = own.assign(value=own["share"].where(own["origin"] == market, 0.0))
    home = home.assign(rank=pd.Categorical(home["status"], categories=list(STATUSES)).codes)
    home = home.groupby("component", as_index=False).agg(value=("value", "sum"), rank=("rank", "max"))
    home = home.rename(columns={"component": "product"})
    out = eu_dependence(flows, exports=exports, home_share=home[["product", "value"]])
    out = out.merge(bought, on=["product", "year"]).merge(home[["product", "rank"]], on="product", how="left")
    out["home_status"] = out.pop("rank").map(dict(enumerate(STATUSES))).astype("str")
    world = world_flows(tables, merge=merge)
    amounts = world.assign(value=_world_value(tables, world)).dropna(subset=["value"])
    others = alternative_supply(flows[flows["status"] != "inherited"], amounts, surge=surge)
    out = single_points(out, world=world, alternatives=others)
    criteria = geodep(flows, world=world, exports=exports)
    return out.merge(criteria[["product", "year", "geodep"]], on=["product", "year"])


def with_persistence(yearly: pd.DataFrame) -> pd.DataFrame:
    """Newest year of each case of a yearly table of dependence, with the persistence of its flags.

    Parameters
    ----------
    yearly
        Result of :func:`eu_dependence` or :func:`market_dependence`, with a year.

    Returns
    -------
    pandas.DataFrame
        The newest rows with ``years``, ``concentrated_share`` (share of the years in which imports are
        concentrated) and ``dependent_share`` (of the years with a known label; blank if none is known).
    """
    by = [name for name in keys_of(yearly) if name != "year"]
    out = yearly[yearly["year"] == yearly.groupby(by)["year"].transform("max")]
    for flag in ("concentrated", "dependent"):
        state = years_in_state(yearly, flag, by).rename(columns={"flagged_share": f"{flag}_share"})
        columns = ["years", f"{flag}_share"] if flag == "concentrated" else [f"{flag}_share"]
        out = out.merge(state[[*by, *columns]], on=by, how="left")
    return out


def _beside(out: pd.DataFrame, other: pd.DataFrame | None, name: str) -> pd.DataFrame:
    """`out` with the value of another table, matched by that table's keys, as column `name`; blank if unknown."""
    if other is None or not len(other):
        return out.assign(**{name: np.nan})
    on = [key for key in keys_of(other) if key in out.columns]
    totals = other.groupby(on, as_index=False, observed=True)[["value"]].sum(min_count=1)
    return out.merge(totals.rename(columns={"value": name}), on=on, how="left")


def _world_value(tables: Tables, world: pd.DataFrame) -> pd.Series:
    """World production by country in US$ million; blank if only shares are known.

    The shares come from the component's quantities of one year and source; so does the total.
    """
    supply = tables.supply.dropna(subset=["quantity"])
    total = supply.groupby(["component", "source", "year"])["quantity"].sum().rename("total").reset_index()
    price = tables.components.set_index("id")["price_usd_per_unit"].astype(float)
    row = world.reset_index().merge(
        total, left_on=["product", "source", "of_year"], right_on=["component", "source", "year"], how="left"
    )
    value = row["value"] * row["total"] * row["product"].map(price) / 1e6
    return pd.Series(value.to_numpy(), index=world.index)
