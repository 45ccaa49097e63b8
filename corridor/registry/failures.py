"""Kinds of measure for failures: choke points, stops, cascades, removals."""

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
from corridor.registry.definition import MeasureColumn, MeasureKind, Options, by_market
from corridor.registry.exposures import NAME, most_exposed

_LOST = {0.5: "half", 1.0: "all"}
_SETS_OF = 10  # components whose failing sets are searched if none is named


def chokepoints(tables: Tables, market: str) -> pd.DataFrame:
    """Fewest other countries that must fail before half, and all, of each component is gone; fewest first.

    Returns
    -------
    pandas.DataFrame
        One row per component: ``component``, and of :func:`corridor.measures.fewest_failures` with a suffix
        ``_half`` and ``_all``: ``fewest, choke, tier, countries, share, status, exact``.
    """
    long = fewest_failures(tables, market, lost=tuple(_LOST), spared=(market,))
    kept = ["fewest", "choke", "tier", "countries", "share", "status", "exact"]
    frames = [
        long.loc[long["lost"] == fraction, ["component", *kept]].set_index("component").add_suffix(f"_{name}")
        for fraction, name in _LOST.items()
    ]
    out = pd.concat(frames, axis=1).rename_axis("component").reset_index()
    order = ["fewest_half", "fewest_all", "share_half", "component"]
    return out.sort_values(order, ascending=[True, True, False, True], na_position="last", ignore_index=True)


def _dominators(tables: Tables, options: Options) -> pd.DataFrame:
    return pass_through(tables)


def _sets(tables: Tables, market: str, options: Options) -> pd.DataFrame:
    wanted = list(options.components) or most_exposed(tables, market, options.target, _SETS_OF)
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
    found = cascade(edges, nodes, essential, replaceability=True).drop(columns="scenario")
    about = nodes[["component", "country", "revenue"]].rename(columns={"revenue": "revenue_usd_m"})
    out = pd.concat([about.reset_index(drop=True), found], axis=1)
    return out.sort_values(["esri", "component", "country"], ascending=[False, True, True], ignore_index=True)


def network(tables: Tables, options: Options) -> pd.DataFrame:
    """Makers in the network of the tables: sales, purchases, and number of suppliers and customers.

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
    MeasureColumn("loss_usd_m", "final needs that go unmet, US$ million a year", ",.0f"),
    MeasureColumn("loss_share", "share of all final needs", ".1%"),
)
_SHORT = MeasureColumn("components_short", "components of which the market lacks 1 % or more", ",.0f")
_MAKER = (
    NAME,
    MeasureColumn("country", "where it is made"),
    MeasureColumn("revenue_usd_m", "sales, US$ million a year", ",.0f"),
)
_CURVE = (
    MeasureColumn("order", "random, or the largest first"),
    MeasureColumn("removed", "number removed", ",.0f"),
    MeasureColumn("removed_share", "share of all", ".0%"),
    MeasureColumn("left", "final needs that can still be made", ".1%"),
    MeasureColumn("low", "5 % of the random orders leave less", ".1%"),
    MeasureColumn("high", "5 % of the random orders leave more", ".1%"),
    MeasureColumn("last", "the last one removed, by size"),
)

KINDS: dict[str, MeasureKind] = {
    "chokepoints": MeasureKind(
        "fewest other countries that must fail before half, or all, of a component is gone, and where that is",
        by_market(lambda tables, market, options: chokepoints(tables, market)),
        (
            NAME,
            MeasureColumn("fewest_half", "fewest countries for half of it", ".0f"),
            MeasureColumn("countries_half", "the countries"),
            MeasureColumn("choke_half", "component whose makers these are"),
            MeasureColumn("tier_half", "tier of it, 0 the component itself", ".0f"),
            MeasureColumn("exact_half", "no: an estimate, because routes need different inputs"),
            MeasureColumn("fewest_all", "fewest countries for all of it", ".0f"),
            MeasureColumn("status_half", "how the shares are known"),
        ),
        ("market", "sector", "component"),
    ),
    "dominators": MeasureKind(
        "what every chain from raw materials to a component passes through: components, makers, countries",
        _dominators,
        (
            NAME,
            MeasureColumn("kind", "component, maker or country"),
            MeasureColumn("through", "component made there"),
            MeasureColumn("country", "the country"),
            MeasureColumn("status", "how a maker's share is known"),
        ),
        ("sector", "component"),
    ),
    "sets": MeasureKind(
        "smallest set of other countries whose failure leaves the market without a component, by who buys where "
        "(exact; of ten components if none is named)",
        by_market(_sets),
        (
            NAME,
            MeasureColumn("fewest", "countries in the set; blank: no set is enough", ".0f"),
            MeasureColumn("countries", "the set"),
            MeasureColumn("proven", "no smaller set exists"),
        ),
        ("market", "component"),
    ),
    "stops": MeasureKind(
        "what a market loses if one country stops making one component, for every such maker",
        by_market(lambda tables, market, options: stop_losses(tables, market)),
        (
            NAME,
            MeasureColumn("origin", "country that stops making it"),
            MeasureColumn("share", "its share in the supply of the buyer that depends most on it", ".0%"),
            *_LOSS,
            MeasureColumn("own_usd_m", "loss in needs of the component itself", ",.0f"),
            _SHORT,
            MeasureColumn("status", "how the share is known"),
        ),
        ("market", "sector", "component"),
    ),
    "country-stops": MeasureKind(
        "what a market loses if a country stops all that it makes",
        by_market(lambda tables, market, options: unit_stops(tables, market)),
        (
            MeasureColumn("unit", "the country"),
            MeasureColumn("components", "number of components that it makes", ",.0f"),
            *_LOSS,
            MeasureColumn("direct_usd_m", "loss of what is bought from it directly", ",.0f"),
            _SHORT,
        ),
        ("market",),
    ),
    "supplier-stops": MeasureKind(
        "what a market loses if a named supplier stops all that it makes",
        by_market(lambda tables, market, options: unit_stops(tables, market, units="supplier")),
        (
            MeasureColumn("firm", "the supplier"),
            MeasureColumn("country", "where it makes"),
            MeasureColumn("components", "number of components that it makes", ",.0f"),
            *_LOSS,
            MeasureColumn("direct_usd_m", "loss of what is bought from it directly", ",.0f"),
            _SHORT,
        ),
        ("market",),
    ),
    "cascade": MeasureKind(
        "economic systemic risk index: how far the failure of each maker spreads to customers and suppliers",
        esri,
        (
            *_MAKER,
            MeasureColumn("esri", "share of all sales that is lost", ".1%"),
            MeasureColumn("down", "lost through customers alone", ".1%"),
            MeasureColumn("up", "lost through suppliers alone", ".1%"),
        ),
        ("sector", "component"),
    ),
    "network": MeasureKind(
        "makers in the network of who sells what to whom: sales, purchases, suppliers, customers",
        network,
        (
            *_MAKER,
            MeasureColumn("purchases_usd_m", "purchases, US$ million a year", ",.0f"),
            MeasureColumn("suppliers", "makers that sell to it", ",.0f"),
            MeasureColumn("customers", "makers that buy from it", ",.0f"),
        ),
        ("sector", "component"),
    ),
    "percolation": MeasureKind(
        "final needs that can still be made as countries are removed, at random and the largest first",
        by_market(lambda tables, market, options: percolation(tables, market)),
        _CURVE,
        ("market",),
    ),
    "supplier-percolation": MeasureKind(
        "the same as suppliers are removed",
        by_market(lambda tables, market, options: percolation(tables, market, units="supplier")),
        _CURVE,
        ("market",),
    ),
}
