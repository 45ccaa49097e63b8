"""Shares of origins in every buyer's supply for many draws of the tables at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.frames import Tables
from corridor.measures.sampling.figures import Figures
from corridor.measures.supply.bill import status_rank
from corridor.measures.supply.sourcing import (
    BY_WORLD,
    FIXED,
    LOST,
    REST,
    WORLD,
    chosen_supply,
    left_open,
    share_rows,
    world_shares,
)

_ENOUGH = 1e-9


@dataclass(frozen=True)
class WorldDraws:
    """World production of :func:`~corridor.measures.supply.sourcing.world_shares`, for many draws.

    Attributes
    ----------
    amount, figure
        Stated amounts, and the position of each in the figures (-1: it has no range), shape (amounts,).
    component
        Component of each amount, numbered from 0.
    stated
        Whether a component's amounts are shares, whose sum may be below 1, shape (components,).
    into
        Matrix (world shares, amounts).
    rest
        Row of the world shares that takes the rest of each component, -1 if no rest is left.
    """

    amount: Floats
    figure: Ints
    component: Ints
    stated: Flags
    into: sparse.csr_matrix
    rest: Ints

    @classmethod
    def of(cls, tables: Tables, figures: Figures, world: pd.DataFrame) -> WorldDraws:
        """Arrays of the tables; `world` are their world shares."""
        rows = chosen_supply(tables)
        component, names = pd.factorize(rows["component"])
        key = pd.MultiIndex.from_frame(world[["component", "origin"]])
        share_index = key.get_indexer(pd.MultiIndex.from_frame(rows[["component", "country"]]))
        amount = rows["amount"].to_numpy(float)
        stated = np.bincount(component, rows["by_quantity"].to_numpy(bool), len(names)) == 0
        total = np.bincount(component, amount, len(names))
        rest = key.get_indexer(pd.MultiIndex.from_arrays([names, [REST] * len(names)]))
        here = np.flatnonzero(share_index >= 0)
        return cls(
            amount,
            figures.numbers("supply", "share", "quantity")[rows["row"].to_numpy(int)],
            component,
            stated,
            sparse.csr_matrix((np.ones(len(here)), (share_index[here], here)), (len(world), len(rows))),
            np.where(stated & (1.0 - total > _ENOUGH), rest, -1),
        )

    def shares_at(self, values: Floats) -> Floats:
        """World shares at drawn figures (figures, draws); shape (world shares, draws)."""
        amount = exchanged(self.amount, self.figure, values)
        count = len(self.stated)
        add = sparse.csr_matrix(
            (np.ones(len(amount)), (self.component, np.arange(len(amount)))), (count, len(amount))
        )
        total = add @ amount
        over = np.where(self.stated[:, None] & (total <= 1.0), 1.0, total)
        amount /= np.where(over > 0, over, 1.0)[self.component]
        out: Floats = self.into @ amount
        open_ = np.flatnonzero(self.rest >= 0)
        out[self.rest[open_]] += np.clip(1.0 - (total / np.where(over > 0, over, 1.0))[open_], 0.0, 1.0)
        return out


@dataclass(frozen=True)
class ShareDraws:
    """Shares of classes of origins; origins that behave alike form one class, so that a draw has few numbers.

    Attributes
    ----------
    components, buyers
        Labels.
    maker
        Buyer that the makers of each class buy as, shape (classes,).
    member
        Whether each class belongs to each group of countries, shape (groups, classes).
    stated, figure
        Shares that ``sourcing`` states, and the position of each in the figures (-1: it has no range).
    stated_into, stated_of
        Matrices (cells x classes, stated) of those with a status good enough, (cells, stated) of all; a cell is a
        component and a buyer.
    traded
        Share of each class, by trade, in what ``sourcing`` leaves open, shape (cells x classes,).
    world_into, world_of
        Matrices (cells x classes, world shares) of those with a status good enough, (cells, world shares) of all.
    world
        World production.
    """

    components: pd.Index
    buyers: pd.Index
    maker: Ints
    member: Flags
    stated: Floats
    figure: Ints
    stated_into: sparse.csr_matrix
    stated_of: sparse.csr_matrix
    traded: Floats
    world_into: sparse.csr_matrix
    world_of: sparse.csr_matrix
    world: WorldDraws

    @classmethod
    def of(
        cls, tables: Tables, figures: Figures, groups: Sequence[Sequence[str]] = (), worst_rank: int = 3
    ) -> ShareDraws:
        """Arrays of the tables.

        Parameters
        ----------
        figures
            Figures that are drawn, of the same tables.
        groups
            Groups of countries: members and non-members are in different classes.
        worst_rank
            Shares whose status ranks below this are left out.
        """
        components = pd.Index(tables.components["id"])
        buyers = pd.Index([*sorted(tables.sourcing["market"].unique()), WORLD])
        world = world_shares(tables)
        rows = pd.concat([share_rows(tables, name, world, least=-1.0) for name in buyers], ignore_index=True)
        known = (status_rank(rows["status"]) <= worst_rank).astype(float)
        kind, maker, member = _classes(rows["origin"], buyers, groups)
        cell = components.get_indexer(pd.Index(rows["component"])) * len(buyers)
        cell += buyers.get_indexer(pd.Index(rows["market"]))
        class_cell, cells = cell * len(maker) + kind, len(components) * len(buyers)
        layer, row = rows["layer"].to_numpy(int), rows["row"].to_numpy(float).astype(int)
        fixed, made = layer == FIXED, np.isin(layer, BY_WORLD)
        other = ~fixed & ~made
        weight = np.where(layer == LOST, 1.0, rows["weight"].to_numpy(float))
        total = np.bincount(cell[other], weight[other], cells)
        share = known[other] * weight[other] / np.where(total > 0, total, 1.0)[cell[other]]
        several = cells * len(maker)
        order, count = np.arange(int(fixed.sum())), int(fixed.sum())
        return cls(
            components,
            buyers,
            maker,
            member,
            rows["share"].to_numpy(float)[fixed],
            figures.numbers("sourcing", "share")[row[fixed]],
            sparse.csr_matrix((known[fixed], (class_cell[fixed], order)), (several, count)),
            sparse.csr_matrix((np.ones(count), (cell[fixed], order)), (cells, count)),
            np.bincount(class_cell[other], share, several).astype(float),
            sparse.csr_matrix((known[made], (class_cell[made], row[made])), (several, len(world))),
            sparse.csr_matrix((np.ones(int(made.sum())), (cell[made], row[made])), (cells, len(world))),
            WorldDraws.of(tables, figures, world),
        )

    def shares_at(self, values: Floats) -> Floats:
        """Shares at drawn figures (figures, draws); shape (components, buyers, classes, draws)."""
        draws, classes = values.shape[1], len(self.maker)
        stated = exchanged(self.stated, self.figure, values)
        rest = left_open(self.stated_of @ stated)
        world = self.world.shares_at(values)
        total = self.world_of @ world
        by_world = np.where(total > 0, rest / np.where(total > 0, total, 1.0), 0.0)
        shape = (-1, classes, draws)
        out = (self.stated_into @ stated).reshape(shape)
        out += self.traded.reshape(-1, classes, 1) * rest[:, None, :]
        out += (self.world_into @ world).reshape(shape) * by_world[:, None, :]
        shares: Floats = out.reshape(len(self.components), len(self.buyers), classes, draws)
        return shares


def exchanged(stated: Floats, figure: Ints, values: Floats) -> Floats:
    """Stated numbers with drawn figures in place of those that have a range, shape (numbers, draws)."""
    out = np.repeat(stated[:, None], values.shape[1], axis=1)
    drawn = figure >= 0
    out[drawn] = values[figure[drawn]]
    return out


def _classes(origin: pd.Series, buyers: pd.Index, groups: Sequence[Sequence[str]]) -> tuple[Ints, Ints, Flags]:
    """Class of each row; buyer that each class buys as; whether each class is in each group."""
    buyer = buyers.get_indexer(pd.Index(origin))
    traits = [
        np.where(buyer >= 0, buyer, len(buyers) - 1),
        *(origin.isin(list(group)).to_numpy() for group in groups),
    ]
    table, kind = np.unique(np.column_stack(traits).astype(np.int64), axis=0, return_inverse=True)
    return kind.ravel(), table[:, 0], table[:, 1:].T.astype(bool)
