"""The tables as arrays: who buys what from where, and the inputs of each component. Measures run on this."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.measures.supply.bill import bill, status_rank
from corridor.measures.supply.sourcing import WORLD, shares_of_buyers


@dataclass(frozen=True)
class Network:
    """Sourcing and recipes, indexed by component and buyer.

    A buyer is a market with sourcing of its own, or ``WORLD``: any other country, which buys in proportion to
    world production. Makers in a country buy as that country buys.

    Attributes
    ----------
    components, buyers, origins
        Labels; positions in them are the indices used below.
    sourcing
        ``component, buyer, origin`` (indices), ``share``, ``rank`` (0 reported to 3 assumed); one row per share.
    recipes
        ``output, input`` (indices), ``line`` (index of the (output, route) pair), ``value_share``,
        ``route_share``, ``essential``, ``rank``; sorted by line.
    """

    components: pd.Index
    buyers: pd.Index
    origins: pd.Index
    sourcing: pd.DataFrame
    recipes: pd.DataFrame

    @classmethod
    def of(cls, tables: Tables) -> Network:
        """Arrays of the tables; markets are the countries that have rows in ``sourcing``.

        Built once for tables that are in use: tables are never edited in place.
        """
        if tables not in _NETWORKS:
            _NETWORKS[tables] = cls._of(tables)
        return _NETWORKS[tables]

    @classmethod
    def _of(cls, tables: Tables) -> Network:
        components = pd.Index(tables.components["id"])
        markets = sorted(tables.sourcing["market"].unique())
        buyers = pd.Index([*markets, WORLD])
        rows = shares_of_buyers(tables, markets)
        origins = pd.Index(sorted({*rows["origin"].unique(), *markets}))
        sourcing = pd.DataFrame(
            {
                "component": components.get_indexer(pd.Index(rows["component"])),
                "buyer": buyers.get_indexer(pd.Index(rows["market"])),
                "origin": origins.get_indexer(pd.Index(rows["origin"])),
                "share": rows["share"].to_numpy(float),
                "rank": status_rank(rows["status"]),
            }
        )
        lines = bill(tables)
        key = lines["output"] + "\0" + lines["route"]
        recipes = pd.DataFrame(
            {
                "output": components.get_indexer(pd.Index(lines["output"])),
                "input": components.get_indexer(pd.Index(lines["input"])),
                "line": pd.factorize(key)[0],
                "value_share": lines["value_share"].to_numpy(float),
                "route_share": lines["route_share"].to_numpy(float),
                "essential": lines["essential"].to_numpy(bool),
                "rank": status_rank(lines["status"]),
            }
        )
        return cls(components, buyers, origins, sourcing, recipes)

    @cached_property
    def maker_buyer(self) -> Ints:
        """Buyer (index) that the makers of each origin buy as; shape (origins,)."""
        buyer = self.buyers.get_indexer(self.origins)
        return np.where(buyer >= 0, buyer, len(self.buyers) - 1).astype(np.int64)

    def shares_of(self, buyer: str) -> Floats:
        """Shares of origins in a buyer's supply, shape (components, origins)."""
        rows = self.sourcing[self.sourcing["buyer"] == self.buyers.get_loc(buyer)]
        out = np.zeros((len(self.components), len(self.origins)))
        np.add.at(out, (rows["component"].to_numpy(), rows["origin"].to_numpy()), rows["share"].to_numpy())
        return out

    def from_origins(self, weight: Floats, worst_rank: int = 3) -> Floats:
        """Sum over origins of share times weight.

        Parameters
        ----------
        weight
            Weight of each origin, shape (..., components, origins).
        worst_rank
            Shares whose status ranks below this are left out.

        Returns
        -------
        numpy.ndarray
            Shape (..., components, buyers).
        """
        rows = self.sourcing[self.sourcing["rank"] <= worst_rank]
        component, buyer = rows["component"].to_numpy(), rows["buyer"].to_numpy()
        value = weight[..., component, rows["origin"].to_numpy()] * rows["share"].to_numpy()
        flat = component * len(self.buyers) + buyer
        size = len(self.components) * len(self.buyers)
        lead = value.shape[:-1]
        out: Floats = np.stack(
            [np.bincount(flat, column, size) for column in value.reshape(math.prod(lead), len(rows))]
        )
        return out.reshape(*lead, len(self.components), len(self.buyers))

    def by_maker(self, keeps: Floats, worst_rank: int = 3) -> Floats:
        """Share of each buyer's supply from makers, by the buyer that the makers buy their inputs as.

        Parameters
        ----------
        keeps
            Fraction of each origin's deliveries that counts, shape (..., components, origins).
        worst_rank
            Shares whose status ranks below this are left out.

        Returns
        -------
        numpy.ndarray
            Shape (..., components, buyers, buyers as makers).
        """
        by_buyer = [
            self.from_origins(keeps * (self.maker_buyer == maker), worst_rank) for maker in range(len(self.buyers))
        ]
        return np.stack(by_buyer, axis=-1)


_NETWORKS: WeakKeyDictionary[Tables, Network] = WeakKeyDictionary()
