"""Exposure of many draws of the tables in one pass, from ores to products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.checks.chain import check_cycles
from corridor.data.frames import Tables
from corridor.errors import DataError
from corridor.measures.sampling.drawn_shares import ShareDraws
from corridor.measures.sampling.figures import Figures
from corridor.measures.supply.bill import status_rank
from corridor.measures.supply.needs import Step, depths


@dataclass(frozen=True)
class Level:
    """Recipes of components at the same distance from raw materials.

    Attributes
    ----------
    outputs
        Components made, shape (outputs,).
    inputs, lines
        Inputs needed, and the recipe's line (row of the recipes), sorted by output and route.
    of_output, of_route
        First line of each output and of each route, positions in `lines`.
    routes_of
        First route of each output, positions in `of_route`.
    """

    outputs: Ints
    inputs: Ints
    lines: Ints
    of_output: Ints
    of_route: Ints
    routes_of: Ints


@dataclass(frozen=True)
class DrawnNetwork:
    """Network of the tables for many draws of their figures.

    As :class:`~corridor.measures.supply.network.Network` is for one set of tables.

    Attributes
    ----------
    sourcing
        Shares of classes of origins.
    figures
        The figures that are drawn.
    recipe
        Figure of each recipe's line, shape (lines,).
    route_share
        Fraction of the output made by the line's route, shape (lines,).
    levels, essential
        Recipes by distance from raw materials, all and essential ones.
    """

    sourcing: ShareDraws
    figures: Figures
    recipe: Ints
    route_share: Floats
    levels: tuple[Level, ...]
    essential: tuple[Level, ...]

    @classmethod
    def of(
        cls, tables: Tables, figures: Figures, groups: Sequence[Sequence[str]] = (), worst_rank: int = 3
    ) -> DrawnNetwork:
        """Arrays of the tables; parameters as of :meth:`ShareDraws.of`.

        Raises
        ------
        DataError
            If a component needs itself, directly or through others.
        """
        if problems := check_cycles(tables):
            raise DataError(problems)
        lines = _lines(tables, figures, worst_rank)
        size = len(tables.components)
        return cls(
            ShareDraws.of(tables, figures, groups, worst_rank),
            figures,
            lines["figure"].to_numpy(int),
            lines["route_share"].to_numpy(float),
            _levels(lines, size, np.ones(len(lines), dtype=bool)),
            _levels(lines, size, lines["essential"].to_numpy(bool)),
        )

    def draws_at(self, values: Floats) -> Draws:
        """Shares and recipes at drawn figures, shape (figures, draws)."""
        weight = self.figures.value_shares(values, self.recipe) * self.route_share[:, None]
        return Draws(self, self.sourcing.shares_at(values), weight)


@dataclass(frozen=True)
class Draws:
    """A block of draws of a network.

    Attributes
    ----------
    network
        The network that was drawn.
    shares
        Shape (components, buyers, classes, draws).
    weight
        Cost of each line's input over the output's price, times the share of its route, shape (lines, draws).
    """

    network: DrawnNetwork
    shares: Floats
    weight: Floats

    def net(self, group: int = 0) -> tuple[Floats, Floats]:
        """Direct and net exposure to a group of countries.

        Defined as in :func:`~corridor.measures.exposures.exposure.exposure`.

        Returns
        -------
        (direct, net)
            Each of shape (components, buyers, draws), 0..1.
        """
        target = self.network.sourcing.member[group]
        direct: Floats = self.shares[:, :, target].sum(axis=2)
        makers = self._by_maker((~target).astype(float)[:, None])
        state = direct.copy()
        for level in self.network.levels:
            of_inputs = state[level.inputs] * self.weight[level.lines, None, :]
            content = np.add.reduceat(of_inputs, level.of_output, axis=0)
            state[level.outputs] += np.einsum("cbmn,cmn->cbn", makers[level.outputs], content)
        return direct, state

    def stop(
        self,
        cut: Floats,
        damping: Floats | float = 1.0,
        spare: Floats | float = 0.0,
        stock: Floats | float = 0.0,
    ) -> Floats:
        """Fraction of each buyer's supply that stops: :func:`~corridor.measures.exposures.exposure.stop` on draws.

        Parameters
        ----------
        cut
            Fraction of its deliveries that each class withholds, shape (components, classes, draws); axes of
            length 1 apply to all. A class that withholds anything is assumed to supply its own makers.
        damping
            Fraction of an input's shortage that reaches its users, shape (components, draws) or one number.
        spare
            What classes that withhold nothing can deliver beyond normal, as a fraction of normal: one per draw, or
            one.
        stock
            Stocks of users, as a fraction of what they use in the period, shape (components, buyers, draws); they
            are used before a shortage reaches the users.

        Returns
        -------
        numpy.ndarray
            Fraction of the supply that does not arrive, before stocks; shape (components, buyers, draws), 0..1.
        """
        shares, network = self.shares, self.network
        willing = np.broadcast_to(~cut.any(axis=0), shares.shape[2:]).astype(float)
        cut = np.broadcast_to(cut, (len(shares), *shares.shape[2:]))
        at_once = np.einsum("cbkn,ckn->cbn", shares, cut)
        more = spare * np.einsum("cbkn,kn->cbn", shares, willing)
        makers = self._by_maker(willing)
        passed = np.broadcast_to(np.asarray(damping, float), (len(shares), shares.shape[3]))
        state: Floats = np.clip(at_once - more, 0.0, 1.0)
        held = np.broadcast_to(np.asarray(stock, float), state.shape)
        for level in network.essential:
            shortage = np.maximum(state[level.inputs] - held[level.inputs], 0.0) * passed[level.inputs, None, :]
            worst = np.maximum.reduceat(shortage, level.of_route, axis=0)
            worst *= network.route_share[level.lines[level.of_route], None, None]
            of_maker = np.add.reduceat(worst, level.routes_of, axis=0)
            outputs = level.outputs
            dry = np.einsum("cbmn,cmn->cbn", makers[outputs], of_maker)
            state[outputs] = np.clip(at_once[outputs] + dry - more[outputs] + spare * dry, 0.0, 1.0)
        return state

    def steps(self) -> list[Step]:
        """The drawn recipes as steps of :func:`~corridor.measures.supply.needs.settle`."""
        return [
            Step(
                np.repeat(level.outputs, np.diff(np.r_[level.of_output, len(level.lines)])),
                level.inputs,
                self.weight[level.lines],
            )
            for level in reversed(self.network.levels)
        ]

    def share_of(self, market: str, group: int) -> Floats:
        """Share of a group of countries in a market's supply, shape (components, draws)."""
        sourcing = self.network.sourcing
        out: Floats = self.shares[:, sourcing.buyers.get_loc(market), sourcing.member[group]].sum(axis=1)
        return out

    def _by_maker(self, keeps: Floats) -> Floats:
        """Share of supply by the buyer that its makers buy as, shape (components, buyers, makers, draws)."""
        sourcing, shares = self.network.sourcing, self.shares
        out = np.zeros((shares.shape[0], shares.shape[1], len(sourcing.buyers), shares.shape[3]))
        for class_index, buys_as in enumerate(sourcing.maker):
            out[:, :, buys_as] += shares[:, :, class_index] * keeps[class_index]
        return out


def _lines(tables: Tables, figures: Figures, worst_rank: int) -> pd.DataFrame:
    """Recipes with purpose run: ``output, input`` (positions), ``figure, route, route_share, essential``."""
    components = pd.Index(tables.components["id"])
    number = figures.numbers("recipes", "value_share", "quantity")
    recipes = tables.recipes.assign(figure=number, rank=status_rank(tables.recipes["status"]))
    recipes = recipes[(recipes["purpose"] == "run") & (recipes["rank"] <= worst_rank) & (number >= 0)]
    return pd.DataFrame(
        {
            "output": components.get_indexer(pd.Index(recipes["output"])),
            "input": components.get_indexer(pd.Index(recipes["input"])),
            "figure": recipes["figure"].to_numpy(),
            "route": recipes["route"].to_numpy(),
            "route_share": recipes["route_share"].to_numpy(float),
            "essential": recipes["essential"].to_numpy(bool),
        }
    ).sort_values(["output", "route", "input"], ignore_index=True)


def _levels(lines: pd.DataFrame, size: int, which: Flags) -> tuple[Level, ...]:
    """Lines grouped by the longest chain of inputs of their output."""
    output, inputs = lines["output"].to_numpy(int)[which], lines["input"].to_numpy(int)[which]
    route = pd.factorize(lines["route"])[0][which]
    depth = depths(output, inputs, size)
    line_index = np.flatnonzero(which)
    out = []
    for level in range(1, int(depth.max(initial=0)) + 1):
        here = np.flatnonzero(depth[output] == level)
        new_output = np.r_[True, np.diff(output[here]) != 0]
        new_route = new_output | np.r_[True, np.diff(route[here]) != 0]
        of_route = np.flatnonzero(new_route)
        out.append(
            Level(
                output[here][new_output],
                inputs[here],
                line_index[here],
                np.flatnonzero(new_output),
                of_route,
                np.flatnonzero(new_output[of_route]),
            )
        )
    return tuple(out)
