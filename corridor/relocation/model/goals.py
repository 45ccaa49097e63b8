"""Goals: loss, tail loss, cost and exposure as sums over columns of the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corridor.config import Goal
from corridor.data.arrays import Floats, Ints
from corridor.data.names import HOST
from corridor.errors import ConfigError
from corridor.measures.exposures.exposure import exposure_in
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Entries, Program

#: Weight of a US$ of cost relative to a US$ of loss: decides only between plans of equal loss.
TIE_BREAK = 1e-6


@dataclass
class Goals:
    """Sums over columns that can be minimised or bounded: name -> (columns, coefficients)."""

    program: Program
    problem: Problem
    first: First
    sums: dict[str, tuple[Ints, Floats]] = field(default_factory=dict)

    def expression(self, name: str) -> tuple[Ints, Floats]:
        """Columns and coefficients of ``loss``, ``cvar``, ``cost`` or ``exposure``, added on first use."""
        if name not in self.sums:
            make = {"loss": self._loss, "cvar": self._cvar, "cost": self._cost, "exposure": self._exposure}
            self.sums[name] = make[name]()
        return self.sums[name]

    def minimise(self, weights: Mapping[str, float]) -> None:
        """Minimise a weighted sum; cost breaks ties."""
        for name, weight in weights.items():
            columns, values = self.expression(name)
            self.program.price(columns, weight * values)
        if "cost" not in weights:
            columns, values = self.expression("cost")
            self.program.price(columns, TIE_BREAK * values)

    def at_most(self, name: str, amount: float) -> None:
        """Bound one of the sums from above."""
        columns, values = self.expression(name)
        self.program.add_rows(
            f"{name} at most",
            pd.DataFrame({"name": [f"{name} at most"], "unit": ["US$ million"]}),
            [(np.zeros(len(columns), int), columns, values)],
            high=amount,
        )

    def _theta(self) -> Ints:
        first, index = self.program.columns["theta"]
        return np.arange(first, first + len(index))

    def _loss(self) -> tuple[Ints, Floats]:
        """Expected loss: sum over windows of probability * theta."""
        return self._theta(), self.problem.windows.probability

    def _cost(self) -> tuple[Ints, Floats]:
        """Discounted cost of everything that the plan does."""
        spending = self.first.spending
        return spending["column"].to_numpy(int), spending["cost"].to_numpy(float)

    def _cvar(self) -> tuple[Ints, Floats]:
        """Mean loss of the worst windows (Rockafellar & Uryasev 2000), windows weighted by probability.

        With q = p / sum p: cvar = eta + sum over w of q[w] over[w] / (1 - tail), over[w] >= theta[w] - eta. It is
        the loss of a window that happens: at tail 0 the mean over all windows, towards 1 the largest.
        """
        windows, tail = self.problem.windows, self.problem.study.goal.tail
        theta = self._theta()
        eta = self.program.add_columns("eta", pd.DataFrame({"eta": [0]}))
        over = self.program.add_columns("over", pd.DataFrame({"window": windows.names}))
        rows = np.arange(len(theta))
        entries: list[Entries] = [(rows, over, 1.0), (rows, theta, -1.0), (rows, np.repeat(eta, len(theta)), 1.0)]
        self.program.add_rows("tail", pd.DataFrame({"window": windows.names}), entries, low=0.0)
        weight = windows.probability / windows.probability.sum() / (1.0 - tail)
        return np.r_[eta, over], np.r_[1.0, weight]

    def _exposure(self) -> tuple[Ints, Floats]:
        """Value from the target in what India needs in the last year, through the bill of materials (US$ M/yr).

        For each component: from[c] >= what the target sells today and sells to new makers - new output, and
        all[c] >= the same of all origins abroad; the value is the sum of from[c] + n[c] (all[c] - from[c]), n[c]
        the share of the target's value in what other origins sell.
        """
        problem = self.problem
        if HOST not in problem.study.markets:
            raise ConfigError(f"goal exposure: it is measured on {HOST}'s needs. Fix: add {HOST} to markets.")
        last = len(problem.study.years) - 1
        links = self.first.links
        opened = links.opened[links.opened["year"] == last]
        share = problem.network.shares_of(HOST)
        home = problem.network.origins.get_loc(HOST)
        target = problem.network.origins.isin(list(problem.study.target))
        abroad = share.copy()
        abroad[:, home] = 0.0
        total = abroad.sum(axis=1)
        mix = np.divide(abroad[:, target].sum(axis=1), total, out=np.zeros_like(total), where=total > 1e-9)
        content = third_content(problem)
        size = len(total)
        names = pd.DataFrame({"component": problem.tables.components["id"]})
        from_target = self.program.add_columns("from target", names)
        every = self.program.add_columns("from abroad", names)
        component_index, column = opened["component_index"].to_numpy(int), opened["column"].to_numpy(int)
        made = opened["made"].to_numpy(float)
        inputs, plant = np.nonzero(problem.content[:, component_index])
        need = problem.content[inputs, component_index[plant]] * made[plant]
        bought = problem.needs[last] * total
        rows = np.arange(size)
        second = links.second
        ready = (second["lead"] <= last).to_numpy()
        which = second["component_index"].to_numpy(int)[ready]
        moved = second["least_share"].to_numpy(float)[ready] * problem.needs[last][which]
        for block, name, fraction in (
            (from_target, "target sells", mix),
            (every, "abroad sells", (total > 1e-9).astype(float)),
        ):
            entries: list[Entries] = [
                (rows, block, 1.0),
                (component_index, column, made),
                (inputs, column[plant], -fraction[inputs] * need),
            ]
            if name == "target sells":
                entries.append((which, second["column"].to_numpy(int)[ready], moved))
            self.program.add_rows(name, names, entries, low=fraction * bought)
        self.program.add_rows("all of them", names, [(rows, every, 1.0), (rows, from_target, -1.0)], low=0.0)
        return np.r_[from_target, every], np.r_[1.0 - content, content]


def goal_steps(goal: Goal) -> list[dict[str, float]]:
    """The goals to be minimised one after the other, each a weighted sum."""
    if goal.weights:
        return [{name: weight for name, weight in goal.weights.items() if weight > 0}]
    return [{name: 1.0} for name in goal.minimise]


def step_names(goal: Goal) -> list[str]:
    """The steps of :func:`goal_steps` in words: ``loss``, or ``2 loss + 1 cost`` for a weighted sum."""
    if goal.weights:
        return [" + ".join(f"{weight:g} {name}" for name, weight in goal.weights.items())]
    return list(goal.minimise)


def third_content(problem: Problem) -> Floats:
    """Target's share of value in what third origins (not target, not India) sell India, shape (components,)."""
    rows = exposure_in(problem.network, [HOST], problem.study.target).set_index("component")
    rows = rows.reindex(problem.tables.components["id"])
    share = problem.network.shares_of(HOST)
    home = problem.network.origins.get_loc(HOST)
    target = problem.network.origins.isin(list(problem.study.target))
    others = share.copy()
    others[:, home] = 0.0
    others[:, target] = 0.0
    net, direct = rows["net"].to_numpy(float), rows["direct"].to_numpy(float)
    inputs = net @ problem.content
    through = net - direct - share[:, home] * inputs
    total = others.sum(axis=1)
    out: Floats = np.clip(np.divide(through, total, out=np.zeros_like(total), where=total > 1e-9), 0.0, 1.0)
    return out
