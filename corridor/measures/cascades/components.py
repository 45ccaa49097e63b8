"""The tables as a supply network for the cascade: a node is a component made in a country."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.measures.supply.bill import bill
from corridor.measures.supply.needs import final_matrix
from corridor.measures.supply.network import Network

_TOLERANCE = 1e-12
_MOST_ROUNDS = 10_000


def component_network(
    tables: Tables, *, least_share: float = 0.01
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Who sells what to whom, in US$ million a year, so that the final needs of all markets are met.

    With need[c,m] final needs, sigma the origins' shares, omega value shares of inputs and b(o) the buyer whose
    shares makers in o use: output ``x[c,o] = sum_m need[c,m] sigma[c,m,o] + sum_{c2,o2} x[c2,o2] omega[c,c2]
    sigma[c,b(o2),o]``, and what c made in o sells to makers of c2 in o2 is a term of the second sum.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`, with ``demand``.
    least_share
        Origins with a smaller share of a buyer's supply are left out, and the other shares are scaled up; a
        buyer's largest origin always stays.

    Returns
    -------
    edges : pandas.DataFrame
        ``supplier, customer, value``.
    nodes : pandas.DataFrame
        ``id`` (component@country), ``sector`` (the component), ``component, country, revenue``, ``weight`` (the
        revenue: final sales count too).
    essential : pandas.DataFrame
        ``input_sector, output_sector, kind``. An input that only some of a component's routes need is replaceable.

    Examples
    --------
    >>> cascade(*component_network(tables))                     # doctest: +SKIP
    """
    network = Network.of(tables)
    supply = _supply(network, least_share)
    rows = network.recipes.assign(weight=network.recipes["value_share"] * network.recipes["route_share"])
    recipes = rows.groupby(["output", "input"])["weight"].sum().reset_index()
    wanted = _wanted(tables, network, supply, recipes)
    supply["value"] = wanted[supply["component"], supply["buyer"]] * supply["share"]
    made = supply[supply["value"] > 0].groupby(["component", "origin"])["value"].sum().reset_index()
    made["id"] = network.components[made["component"]] + "@" + network.origins[made["origin"]]
    made["buyer"] = network.maker_buyer[made["origin"]]
    # Each maker buys each input of its component, from the origins of the buyer that it buys as.
    rows = made.merge(recipes, left_on="component", right_on="output")
    rows = rows.merge(supply, left_on=["input", "buyer"], right_on=["component", "buyer"], suffixes=("", "_input"))
    rows["amount"] = rows["value"] * rows["weight"] * rows["share"]
    rows = rows[rows["amount"] > 0]
    seller = network.components[rows["component_input"]] + "@" + network.origins[rows["origin_input"]]
    edges = pd.DataFrame(
        {"supplier": seller, "customer": rows["id"].to_numpy(), "value": rows["amount"].to_numpy()}
    )
    nodes = pd.DataFrame(
        {
            "id": made["id"],
            "sector": network.components[made["component"]],
            "component": network.components[made["component"]],
            "country": network.origins[made["origin"]],
            "revenue": made["value"],
            "weight": made["value"],
        }
    )
    return edges, nodes, _kinds(tables)


def _supply(network: Network, least_share: float) -> pd.DataFrame:
    """Shares of the origins that count, by component and buyer; they sum to 1."""
    rows = network.sourcing[["component", "buyer", "origin", "share"]]
    largest = rows.groupby(["component", "buyer"])["share"].transform("max")
    rows = rows[(rows["share"] >= least_share) | (rows["share"] == largest)]
    rows = rows.groupby(["component", "buyer", "origin"])["share"].sum().reset_index()
    return rows.assign(share=rows["share"] / rows.groupby(["component", "buyer"])["share"].transform("sum"))


def _wanted(tables: Tables, network: Network, supply: pd.DataFrame, recipes: pd.DataFrame) -> Floats:
    """What each buyer takes of each component, US$ million: final needs and inputs of its makers.

    Shape (components, buyers).
    """
    shape = (len(network.components), len(network.buyers))
    total = final_matrix(tables, network.components, network.buyers, network.buyers)
    component, buyer = supply["component"].to_numpy(), supply["buyer"].to_numpy()
    maker = network.maker_buyer[supply["origin"]]
    term, largest = total.copy(), max(total.max(initial=0.0), 1.0)
    for _ in range(_MOST_ROUNDS):
        made = np.zeros(shape)
        np.add.at(made, (component, maker), term[component, buyer] * supply["share"].to_numpy())
        term = np.zeros(shape)
        weight = recipes["weight"].to_numpy(float)[:, None]
        np.add.at(term, recipes["input"].to_numpy(), made[recipes["output"].to_numpy()] * weight)
        total += term
        if term.max(initial=0.0) <= _TOLERANCE * largest:
            break
    return total


def _kinds(tables: Tables) -> pd.DataFrame:
    """Kind of each input of each component, and a row without an input for components that have none."""
    lines = bill(tables)
    routes = lines.groupby("output")["route"].nunique()
    pairs = lines.groupby(["input", "output"], as_index=False).agg(
        essential=("essential", "all"), routes=("route", "nunique")
    )
    everywhere = pairs["essential"] & (pairs["routes"] == pairs["output"].map(routes))
    kinds = pairs[["input", "output"]].set_axis(["input_sector", "output_sector"], axis=1)
    kinds = kinds.assign(kind=np.where(everywhere, "essential", "replaceable"))
    alone = pd.DataFrame({"input_sector": tables.components["id"], "output_sector": tables.components["id"]})
    return pd.concat([kinds, alone.assign(kind="none")], ignore_index=True).drop_duplicates(
        ["input_sector", "output_sector"]
    )
