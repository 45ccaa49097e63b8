"""Kinds that tell what fails with what: choke points, stops, cascades, removals."""

from __future__ import annotations

import pandas as pd

from corridor.data.tables import Tables
from corridor.measures import (
    cascade,
    component_network,
    failing_sets,
    fewest_failures,
    pass_through,
    percolation,
    stop_losses,
    unit_stops,
)
from corridor.registry.definition import Column, Kind, Options, by_market
from corridor.registry.exposures import NAME, dearest

_PARTS = {0.5: "half", 1.0: "all"}
_SETS_OF = 10  # components whose failing sets are searched where none is named


def chokepoints(tables: Tables, market: str) -> pd.DataFrame:
    """Fewest other countries that must fail before half, and all, of each component is gone; fewest first.

    Returns
    -------
    pandas.DataFrame
        One row per component: ``component``, and of :func:`corridor.measures.fewest_failures` with a suffix
        ``_half`` and ``_all``: ``fewest, choke, tier, countries, share, status, exact``.
    """
    long = fewest_failures(tables, market, lost=tuple(_PARTS), spared=(market,))
    kept = ["fewest", "choke", "tier", "countries", "share", "status", "exact"]
    parts = [
        long.loc[long["lost"] == part, ["component", *kept]].set_index("component").add_suffix(f"_{name}")
        for part, name in _PARTS.items()
    ]
    out = pd.concat(parts, axis=1).rename_axis("component").reset_index()
    order = ["fewest_half", "fewest_all", "share_half", "component"]
    return out.sort_values(order, ascending=[True, True, False, True], na_position="last", ignore_index=True)


def _dominators(tables: Tables, options: Options) -> pd.DataFrame:
    return pass_through(tables)


def _sets(tables: Tables, market: str, options: Options) -> pd.DataFrame:
    wanted = list(options.components) or dearest(tables, market, options.target, _SETS_OF)
    return failing_sets(tables, wanted, market, spared=[market])


def esri(tables: Tables, options: Options) -> pd.DataFrame:
    """Economic systemic risk index of every maker in the network of the tables, largest first.

    Returns
    -------
    pandas.DataFrame
        ``component, country, revenue_usd_m`` and of :func:`corridor.cascade` ``esri, down, up`` (0..1),
        ``rounds, settled``.
    """
    edges, nodes, essential = component_network(tables)
    found = cascade(edges, nodes, essential).drop(columns="scenario")
    about = nodes[["component", "country", "revenue"]].rename(columns={"revenue": "revenue_usd_m"})
    out = pd.concat([about.reset_index(drop=True), found], axis=1)
    return out.sort_values(["esri", "component", "country"], ascending=[False, True, True], ignore_index=True)


def network(tables: Tables, options: Options) -> pd.DataFrame:
    """Makers in the network of the tables: what they sell and buy, and how many stand on either side.

    Returns
    -------
    pandas.DataFrame
        ``component, country, revenue_usd_m, purchases_usd_m, suppliers, customers``; largest revenue first.
    """
    edges, nodes, _ = component_network(tables)
    bought, sold = edges.groupby("customer")["value"], edges.groupby("supplier")["value"]
    out = nodes[["component", "country"]].assign(
        revenue_usd_m=nodes["revenue"],
        purchases_usd_m=nodes["id"].map(bought.sum()).fillna(0.0),
        suppliers=nodes["id"].map(bought.size()).fillna(0).astype(int),
        customers=nodes["id"].map(sold.size()).fillna(0).astype(int),
    )
    order = ["revenue_usd_m", "component", "country"]
    return out.sort_values(order, ascending=[False, True, True], ignore_index=True)


_LOSS = (
    Column("loss_usd_m", "final needs that go unmet, US$ million a year", ",.0f"),
    Column("loss_share", "part of all final needs", ".1%"),
)
_SHORT = Column("components_short", "components of which the market lacks 1 % or more", ",.0f")
_MAKER = (
    NAME,
    Column("country", "where it is made"),
    Column("revenue_usd_m", "sales, US$ million a year", ",.0f"),
)
_CURVE = (
    Column("order", "random, or the largest first"),
    Column("removed", "so many are removed", ",.0f"),
    Column("removed_share", "part of all", ".0%"),
    Column("left", "final needs that can still be made", ".1%"),
    Column("low", "5 % of the random orders leave less", ".1%"),
    Column("high", "5 % of the random orders leave more", ".1%"),
    Column("last", "removed last, by size"),
)

KINDS: dict[str, Kind] = {
    "chokepoints": Kind(
        "fewest other countries that must fail before half, or all, of a component is gone, and where that is",
        by_market(lambda tables, market, options: chokepoints(tables, market)),
        (
            NAME,
            Column("fewest_half", "fewest countries for half of it", ".0f"),
            Column("countries_half", "the countries"),
            Column("choke_half", "component whose makers are meant"),
            Column("tier_half", "tier of it, 0 the component itself", ".0f"),
            Column("exact_half", "no: an estimate, since routes need different inputs"),
            Column("fewest_all", "fewest countries for all of it", ".0f"),
            Column("status_half", "how the shares are known"),
        ),
        ("market", "sector", "component"),
    ),
    "dominators": Kind(
        "what every chain from raw materials to a component passes through: components, makers, countries",
        _dominators,
        (
            NAME,
            Column("kind", "component, maker or country"),
            Column("through", "component made there"),
            Column("country", "the country"),
            Column("status", "how a maker's share is known"),
        ),
        ("sector", "component"),
    ),
    "sets": Kind(
        "smallest set of other countries whose failure leaves the market without a component, by who buys where "
        "(exact; of ten components where none is named)",
        by_market(_sets),
        (
            NAME,
            Column("fewest", "countries in the set; blank: no set is enough", ".0f"),
            Column("countries", "the set"),
            Column("proven", "no smaller set exists"),
        ),
        ("market", "component"),
    ),
    "stops": Kind(
        "what a market loses if one country stops making one component, for every such maker",
        by_market(lambda tables, market, options: stop_losses(tables, market)),
        (
            NAME,
            Column("origin", "country that stops making it"),
            Column("share", "its share in the supply of the buyer that most depends on it", ".0%"),
            *_LOSS,
            Column("own_usd_m", "part of the loss in the component itself", ",.0f"),
            _SHORT,
            Column("status", "how the share is known"),
        ),
        ("market", "sector", "component"),
    ),
    "country-stops": Kind(
        "what a market loses if a country stops all that it makes",
        by_market(lambda tables, market, options: unit_stops(tables, market)),
        (
            Column("unit", "the country"),
            Column("components", "that it makes", ",.0f"),
            *_LOSS,
            Column("direct_usd_m", "part of the loss that is bought from it itself", ",.0f"),
            _SHORT,
        ),
        ("market",),
    ),
    "supplier-stops": Kind(
        "what a market loses if a named supplier stops all that it makes",
        by_market(lambda tables, market, options: unit_stops(tables, market, units="supplier")),
        (
            Column("firm", "the supplier"),
            Column("country", "where it makes"),
            Column("components", "that it makes", ",.0f"),
            *_LOSS,
            Column("direct_usd_m", "part of the loss that is bought from it itself", ",.0f"),
            _SHORT,
        ),
        ("market",),
    ),
    "cascade": Kind(
        "economic systemic risk index: how far the failure of each maker spreads to customers and suppliers",
        esri,
        (
            *_MAKER,
            Column("esri", "part of all sales that is lost", ".1%"),
            Column("down", "lost to customers alone", ".1%"),
            Column("up", "lost to suppliers alone", ".1%"),
        ),
        ("sector", "component"),
    ),
    "network": Kind(
        "makers in the network of who sells what to whom: sales, purchases, suppliers, customers",
        network,
        (
            *_MAKER,
            Column("purchases_usd_m", "purchases, US$ million a year", ",.0f"),
            Column("suppliers", "makers that sell to it", ",.0f"),
            Column("customers", "makers that buy from it", ",.0f"),
        ),
        ("sector", "component"),
    ),
    "percolation": Kind(
        "final needs that can still be made as countries are removed, at random and the largest first",
        by_market(lambda tables, market, options: percolation(tables, market)),
        _CURVE,
        ("market",),
    ),
    "supplier-percolation": Kind(
        "the same as suppliers are removed",
        by_market(lambda tables, market, options: percolation(tables, market, units="supplier")),
        _CURVE,
        ("market",),
    ),
}
