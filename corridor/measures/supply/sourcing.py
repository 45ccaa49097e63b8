"""Where a market gets each component: home production, trade and world production, merged by evidence."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.measures.supply.bill import status_rank

#: Columns of every table of shares.
SHARES = ["market", "component", "origin", "share", "status", "source", "year"]
#: Origin for all countries that are not named.
REST = "ROW"
#: Buyer for all countries without sourcing of their own.
WORLD = "WORLD"
#: Layers of shares that ``sourcing`` states, and of unknown shares.
FIXED, LOST = -1, 5
#: Layers of evidence that are world production.
BY_WORLD = (1, 3)
#: Nomenclature of commodity classes.
CLASSES = "INPC"
_KNOWN = 3  # statuses ranked below this are not assumptions
_ENOUGH = 1e-9


def world_shares(tables: Tables) -> pd.DataFrame:
    """Shares of countries in the world's production of each component.

    Published production takes precedence over assumed shares; of several publications the newest year counts, and
    in it the publication with most countries. ``ROW`` has what the countries leave open.

    Returns
    -------
    pandas.DataFrame
        ``component, origin, share, status, source, year``; shares of a component sum to 1.
    """
    if tables not in _WORLD_SHARES:
        _WORLD_SHARES[tables] = _world_shares(tables)
    return _WORLD_SHARES[tables].copy(deep=False)


#: Of tables that are in use, which are never edited in place; callers get copies (written only where they change).
_WORLD_SHARES: WeakKeyDictionary[Tables, pd.DataFrame] = WeakKeyDictionary()
_SHARES: WeakKeyDictionary[Tables, dict[tuple[str, int | None], pd.DataFrame]] = WeakKeyDictionary()


def _world_shares(tables: Tables) -> pd.DataFrame:
    rows = chosen_supply(tables)
    total = rows.groupby("component")["amount"].transform("sum")
    stated = ~rows.groupby("component")["by_quantity"].transform("any")
    # Stated shares keep their value and leave a rest; quantities are divided by their sum.
    rows["share"] = rows["amount"] / total.where(~stated | (total > 1), 1.0).where(total > 0, 1.0)
    rows = rows.rename(columns={"country": "origin"})
    out = rows[["component", "origin", "share", "status", "source", "year"]]
    left_open = 1.0 - out.groupby("component")["share"].sum()
    rest = left_open[left_open > _ENOUGH].rename("rest").reset_index()
    if len(rest):
        first = out.sort_values("share", ascending=False).drop_duplicates("component")
        extra = rest.merge(first, on="component").assign(origin=REST)
        extra["share"] = extra["rest"]
        out = pd.concat([out, extra[out.columns]], ignore_index=True)
    out = out.groupby(["component", "origin"], as_index=False).agg(
        share=("share", "sum"), status=("status", "first"), source=("source", "first"), year=("year", "first")
    )
    return out[out["share"] > _ENOUGH].reset_index(drop=True)


def chosen_supply(tables: Tables) -> pd.DataFrame:
    """Rows of ``supply`` that :func:`world_shares` uses.

    Returns
    -------
    pandas.DataFrame
        The rows with ``row`` (position in ``supply``), ``amount`` and ``by_quantity`` (unit of the amount: a share
        of world production if false).
    """
    supply = tables.supply.assign(
        assumed=status_rank(tables.supply["status"]) >= _KNOWN, row=np.arange(len(tables.supply))
    )
    sizes = (
        supply.groupby(["component", "assumed", "year", "source"], as_index=False)
        .size()
        .sort_values(
            ["component", "assumed", "year", "size", "source"], ascending=[True, True, False, False, True]
        )
    )
    chosen = sizes.drop_duplicates("component")[["component", "assumed", "year", "source"]]
    rows = supply.merge(chosen, on=["component", "assumed", "year", "source"])
    amount = rows["share"].astype(float).fillna(rows["quantity"].astype(float)).fillna(0.0)
    return rows.assign(amount=amount, by_quantity=rows["share"].isna())


def import_values(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """A market's imports of each component by exporter, by its trade codes.

    Codes for the component alone (``match`` exact) give ``reported`` values; if there are none, codes of its
    group give ``inherited`` ones: use their shares for the component, not their amounts.

    Parameters
    ----------
    tables
        Needs ``codes`` and ``trade``.
    market
        Importing country.
    year
        Year of the trade; each code's newest if left out.

    Returns
    -------
    pandas.DataFrame
        ``component, origin, value_usd_m, status, source, year``, and the ``nomenclature`` of the codes; without
        the market itself.
    """
    trade = tables.trade[(tables.trade["importer"] == market) & (tables.trade["exporter"] != market)]
    if year is None:
        newest = trade.groupby(["nomenclature", "code"])["year"].transform("max")
        trade = trade[trade["year"] == newest]
    else:
        trade = trade[trade["year"] == year]
    rows = by_component(tables, trade.rename(columns={"exporter": "origin"}))
    return rows.groupby(["component", "origin"], as_index=False).agg(
        value_usd_m=("value_usd_m", "sum"),
        status=("status", "first"),
        source=("source", "first"),
        year=("year", "max"),
        nomenclature=("nomenclature", "first"),
    )


def by_component(tables: Tables, trade: pd.DataFrame) -> pd.DataFrame:
    """Rows of trade with their component.

    Parameters
    ----------
    tables
        Needs ``codes``.
    trade
        Rows of the table ``trade``, of one year or one year per code.

    Returns
    -------
    pandas.DataFrame
        The rows with a column ``component``: for each component the rows of its own codes (``match`` exact), or if
        there are none those of its group with status ``inherited``. If an importer's trade is reported in two
        nomenclatures, the newer counts (HS6 if both are of the same year): together they would count twice.
    """
    rows = tables.codes[["component", "nomenclature", "code", "match"]].merge(trade, on=["nomenclature", "code"])
    exact = rows["match"] == "exact"
    has_exact = exact.groupby(rows["component"]).transform("max")
    rows = _one_nomenclature(rows[exact | ~has_exact])
    return rows.assign(status=rows["status"].where(rows["match"] == "exact", "inherited"))


def _one_nomenclature(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one nomenclature per importer and component."""
    if (rows.groupby("importer")["nomenclature"].nunique() < 2).all():
        return rows
    rank = 2 * rows["year"] + (rows["nomenclature"] == "HS6")
    best = rank.groupby([rows["importer"], rows["component"], rows["nomenclature"]]).transform("max")
    return rows[best == best.groupby([rows["importer"], rows["component"]]).transform("max")]


def import_shares(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """Shares of exporters in a market's imports of each component; parameters as :func:`import_values`.

    Returns
    -------
    pandas.DataFrame
        ``component, origin, share, status, source, year``, without the market itself.
    """
    return _traded(tables, market, year)[["component", "origin", "share", "status", "source", "year"]]


def _traded(tables: Tables, market: str, year: int | None) -> pd.DataFrame:
    """:func:`import_shares` with the ``nomenclature`` of the codes."""
    out = import_values(tables, market, year=year)
    total = out.groupby("component")["value_usd_m"].transform("sum")
    out["share"] = out["value_usd_m"] / total.where(total > 0)
    return out.dropna(subset=["share"])


def shares(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """Share of each origin in a market's supply of each component (sigma), home production included.

    Rows of ``sourcing`` are used as they are. What they leave open is spread over the other origins by the best
    evidence available: trade in a code of the component's own, else published world production, else trade of
    its group, else assumed world production, else trade of a commodity class (INPC) that holds finished products
    while the component is none: where computers come from does not say where hard disks do, and even an
    estimate of the component itself says more. The market itself is an origin only through ``sourcing``.

    Parameters
    ----------
    tables
        Needs ``sourcing``, ``trade``, ``codes``, ``supply`` and ``components``.
    market
        Country code, or ``"WORLD"`` for a buyer in proportion to world production.
    year
        Year of the trade figures; the newest if left out.

    Returns
    -------
    pandas.DataFrame
        ``market, component, origin, share, status, source, year``; shares sum to 1 per component. A component
        without any evidence comes from ``ROW``, as an assumption.
    """
    known = _SHARES.setdefault(tables, {})
    if (market, year) not in known:
        known[market, year] = share_rows(tables, market, world_shares(tables), year)[SHARES]
    return known[market, year].copy(deep=False)


def shares_of_buyers(tables: Tables, markets: Sequence[str]) -> pd.DataFrame:
    """:func:`shares` of several markets and of ``WORLD``, one below the other."""
    return pd.concat([shares(tables, market) for market in [*markets, WORLD]], ignore_index=True)


def share_rows(
    tables: Tables, market: str, world: pd.DataFrame, year: int | None = None, least: float = 0.0
) -> pd.DataFrame:
    """Rows of :func:`shares` with the evidence and table row behind each.

    Parameters
    ----------
    world
        Result of :func:`world_shares`.
    least
        Shares in the result are above it; -1 also returns rows whose share is 0. What is left open is spread in
        full, however thin it gets, so that shares sum to 1.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`shares`; ``layer``: FIXED of this module, 0 to 4 for the kinds of evidence in
        their order, or LOST; ``row``: position in ``sourcing`` of fixed rows, in `world` of rows spread by world
        production, -1 elsewhere; ``weight``: number that the share is proportional to within its layer.
    """
    components = pd.Index(tables.components["id"])
    world = world.assign(row=np.arange(len(world)))
    if market == WORLD:
        fixed = world.iloc[:0]
        spread = world.assign(layer=1)
    else:
        own = tables.sourcing.assign(row=np.arange(len(tables.sourcing)))
        own = own[own["market"] == market]
        fixed = own[["component", "origin", "share", "status", "source", "year", "row"]]
        traded = _traded(tables, market, year).assign(row=-1)
        known = status_rank(world["status"]) < _KNOWN
        exact = traded["status"] != "inherited"
        of_products = traded["component"].isin(_in_classes_of_products(tables))
        broad = ~exact & of_products & (traded["nomenclature"] == CLASSES)
        layers = [traded[exact], world[known], traded[~exact & ~broad], world[~known], traded[broad]]
        pool = pd.concat([layer.assign(layer=number) for number, layer in enumerate(layers)], ignore_index=True)
        pool = pool[(pool["origin"] != market) & (pool["share"] > _ENOUGH)]
        pool = pool[~_taken(pool, fixed)]
        spread = pool[pool["layer"] == pool.groupby("component")["layer"].transform("min")]
    stated = fixed.groupby("component")["share"].sum().reindex(components, fill_value=0.0)
    open_share = pd.Series(left_open(stated.to_numpy(float)), components)
    total = spread.groupby("component")["share"].transform("sum")
    rest = spread["component"].map(open_share).astype(float)
    spread = spread.assign(weight=spread["share"], share=spread["share"] / total * rest)
    fixed = fixed.assign(layer=FIXED, weight=fixed["share"])
    found = pd.Index(spread["component"].unique())
    lost = open_share[(open_share > 0) & ~open_share.index.isin(found)]
    unknown = pd.DataFrame(
        {"component": lost.index, "origin": REST, "share": lost.to_numpy(), "status": "assumed"}
    )
    unknown = unknown.assign(row=-1, layer=LOST, weight=1.0)
    frames = [frame for frame in (fixed, spread[fixed.columns], unknown) if len(frame)]
    out = pd.concat(frames, ignore_index=True) if frames else fixed.copy()
    known_component = components.get_indexer(pd.Index(out["component"])) >= 0
    rows = pd.DataFrame(out[(out["share"] > least) & known_component]).assign(market=market)
    return rows.sort_values(["component", "origin"], ignore_index=True)[[*SHARES, "layer", "row", "weight"]]


def left_open(stated: Floats) -> Floats:
    """What shares that sum to `stated` leave to other origins: 1 less the sum, or 0 if that is rounding."""
    rest = 1.0 - stated
    return np.where(rest > _ENOUGH, rest, 0.0)


def _in_classes_of_products(tables: Tables) -> pd.Series:
    """Components that are no product but share a commodity class with products."""
    held = tables.codes[(tables.codes["nomenclature"] == CLASSES) & (tables.codes["match"] == "group")]
    product = held["component"].isin(tables.components.loc[tables.components["stage"] == "product", "id"])
    found: pd.Series = held.loc[~product & product.groupby(held["code"]).transform("any"), "component"]
    return found


def _taken(pool: pd.DataFrame, fixed: pd.DataFrame) -> np.ndarray:
    """Whether each row of `pool` has a (component, origin) that is in `fixed`."""
    components, origins = pd.Index(fixed["component"].unique()), pd.Index(fixed["origin"].unique())

    def number(rows: pd.DataFrame) -> np.ndarray:
        component = components.get_indexer(pd.Index(rows["component"]))
        origin = origins.get_indexer(pd.Index(rows["origin"]))
        return np.where((component < 0) | (origin < 0), -1, component * len(origins) + origin)

    return np.isin(number(pool), number(fixed))
