"""Checks of the chain from ore to product: recipes, routes, makers and codes."""

import networkx as nx
import pandas as pd

from corridor.data.frames import Tables
from corridor.data.schema import key_columns
from corridor.errors import Fault

MOST_VALUE_SHARE = 0.95
"""Inputs of a component may cost at most this fraction of its price."""


def name_rows(table: str, frame: pd.DataFrame, mask: pd.Series, key: list[str] | None = None) -> list[str]:
    """Names of the rows that a mask picks: the values of their key, separated by commas."""
    picked = frame.loc[mask, key or key_columns(table)]
    return [", ".join(str(cell) for cell in row) for row in zip(*(picked[name] for name in picked), strict=True)]


def value_shares(tables: Tables) -> pd.Series:
    """Cost of each recipe row's input over the price of its output.

    ``value_share``, or if a quantity is given ``quantity / yield * price[input] / price[output]``.

    Parameters
    ----------
    tables
        Needs components and recipes.

    Returns
    -------
    pandas.Series
        Fractions, aligned with ``tables.recipes``; NaN where a price is unknown or zero.
    """
    recipes = tables.recipes
    price = tables.components.drop_duplicates("id").set_index("id")["price_usd_per_unit"]
    output = recipes["output"].map(price).astype("float64")
    cost = recipes["quantity"] / recipes["yield"] * recipes["input"].map(price).astype("float64")
    return recipes["value_share"].fillna(cost / output.where(output > 0))


def check_value_shares(tables: Tables) -> list[Fault]:
    """Per output and route, running inputs cost at most 0.95 of the price: sum of value shares <= 0.95."""
    recipes = tables.recipes
    run = recipes["purpose"] == "run"
    priced = recipes.assign(cost=value_shares(tables))[run]
    totals = priced.groupby(["output", "route"], sort=False)["cost"].sum()
    faults = []
    over = totals[totals > MOST_VALUE_SHARE + 1e-9].reset_index()
    for output, route, total in zip(over["output"], over["route"], over["cost"], strict=True):
        rows = priced[(priced["output"] == output) & (priced["route"] == route)]
        most = rows.nlargest(3, "cost")
        largest = ", ".join(f"{name} {cost:.2g}" for name, cost in zip(most["input"], most["cost"], strict=True))
        found = f"inputs that cost {total:.3g} of the price ({largest})"
        fix = "check prices, units, quantities and yields of these inputs and the price of the output"
        faults.append(Fault("recipes", f"{output}, {route}", "quantity, value_share", found, "at most 0.95", fix))
    free = tables.components["price_usd_per_unit"] <= 0
    faults += [
        Fault("components", row, "price_usd_per_unit", "0", "a price above 0", "fill the price")
        for row in name_rows("components", tables.components, free)
    ]
    return faults


def check_routes(tables: Tables) -> list[Fault]:
    """Each route has one route_share, and the shares of an output's routes add up to 1 (running inputs)."""
    recipes = tables.recipes[tables.recipes["purpose"] == "run"]
    by = recipes.groupby(["output", "route"], sort=False)["route_share"]
    spread = by.max() - by.min()
    fix = "write the same route_share in all rows of the route"
    faults = [
        Fault("recipes", f"{output}, {route}", "route_share", "different shares", "one share per route", fix)
        for output, route in spread.index[spread > 1e-9]
    ]
    totals = by.first().groupby(level="output", sort=False).sum()
    faults += [
        Fault(
            "recipes",
            str(output),
            "route_share",
            f"routes that add up to {total:.4g}",
            "1",
            "correct the shares",
        )
        for output, total in totals[(totals - 1).abs() > 1e-6].items()
    ]
    return faults


def check_cycles(tables: Tables) -> list[Fault]:
    """No component needs itself, directly or through others; no component is its own by-product."""
    fix = "leave out the recipe that matters least, or split the component by stage"
    faults = _cycles(tables.recipes["input"], tables.recipes["output"], "recipes", "input, output", fix)
    hosted = tables.components[tables.components["host"].notna()]
    fix = "name as host only the component that the others come with"
    return faults + _cycles(hosted["host"], hosted["id"], "components", "host", fix)


def _cycles(tails: pd.Series, heads: pd.Series, table: str, column: str, fix: str) -> list[Fault]:
    graph = nx.DiGraph(zip(tails, heads, strict=True))
    faults = []
    for group in nx.strongly_connected_components(graph):
        first = min(group)
        if len(group) == 1 and not graph.has_edge(first, first):
            continue
        steps = nx.find_cycle(graph.subgraph(group), first)
        cycle = " -> ".join([steps[0][0], *(head for _, head in steps)])
        faults.append(Fault(table, cycle, column, "a cycle", "a chain from ore to product", fix))
    return sorted(faults, key=lambda fault: fault.row)


def check_chain(tables: Tables) -> list[Fault]:
    """From every component a path of recipes leads to one that a market needs."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(tables.components["id"])
    graph.add_edges_from(zip(tables.recipes["output"], tables.recipes["input"], strict=True))
    wanted = [name for name in tables.demand["component"].unique() if name in graph]
    reached = set(wanted)
    for layer in nx.bfs_layers(graph, wanted) if wanted else ():
        reached.update(layer)
    lost = ~tables.components["id"].isin(reached)
    fix = "add the recipe that uses it, or demand for it, or drop the component"
    return [
        Fault("components", row, "id", "no path to a product", "a user or a market", fix)
        for row in name_rows("components", tables.components, lost)
    ]


def check_makers(tables: Tables) -> list[Fault]:
    """Every component has a known origin: rows in supply, or a code."""
    names = tables.components["id"]
    lost = ~names.isin(tables.supply["component"]) & ~names.isin(tables.codes["component"])
    fix = "add rows to supply (who makes it) or to codes (under which it is traded)"
    return [
        Fault("components", row, "id", "neither supply nor a code", "one of them", fix)
        for row in name_rows("components", tables.components, lost)
    ]


def check_code_trade(tables: Tables) -> list[Fault]:
    """Every code that a component uses has trade rows."""
    keys = ["nomenclature", "code"]
    traded = pd.MultiIndex.from_frame(tables.trade[keys].drop_duplicates())
    lost = pd.Series(~pd.MultiIndex.from_frame(tables.codes[keys]).isin(traded), index=tables.codes.index)
    fix = "correct the code, add its trade, or drop the row"
    return [
        Fault("codes", row, "code", "a code with no trade", "a code in trade", fix)
        for row in name_rows("codes", tables.codes, lost)
    ]
