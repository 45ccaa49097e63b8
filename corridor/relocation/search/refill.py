"""Spend the rest of a budget on what avoids most loss per dollar: a greedy heuristic that solves no program.

A tangent of the windows' losses gives to first order what one more plant, second source or dollar of stock avoids.
The most valuable per dollar are taken a few at a time, and the tangents are computed again: two plants that would
fill the same gap are not both counted. A round takes 0.1 s on the default study, an integer program 5 s.
Complements that are worth nothing one by one are not found; so a program searches for the best plan, and this
heuristic for plans nearly as good.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats
from corridor.relocation.model.formulate import start_table
from corridor.relocation.model.plant_ages import delivering
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.decision import Decision, cost_of, link_values
from corridor.relocation.result.value import Recourse

#: Most rounds, and the fraction of the money that may be spent in one.
_ROUNDS = 12
_FRACTION = 0.35


class Refill:
    """What could be added to decisions of a problem, with what each counts for inside the windows.

    Parameters
    ----------
    problem, recourse
        The study, and the windows' programs.
    """

    def __init__(self, problem: Problem, recourse: Recourse) -> None:
        self.problem, self.recourse = problem, recourse
        self.starts = start_table(problem)
        self._most = problem.plants["most_plants"].to_numpy(int) - np.bincount(
            problem.kept["tech"].to_numpy(int), minlength=len(problem.plants)
        )
        #: Where each start counts as an open plant, shape (starts, rows of ``can_be_open``).
        self.counts = _counts(problem, self.starts)
        #: Component index of each start, second source and stock, in this order.
        self.component_index = np.concatenate(
            [
                problem.plants["component_index"].to_numpy(int)[self.starts["tech"].to_numpy(int)],
                problem.second["component_index"].to_numpy(int),
                problem.stores["component_index"].to_numpy(int),
            ]
        )
        self._cost = np.concatenate(
            [frame["cost"].to_numpy(float) for frame in (self.starts, problem.second, problem.stores)]
        )

    def slope(self, decision: Decision) -> Floats:
        """How the expected loss changes with each link, to first order, shape (links,)."""
        out = np.zeros(self.recourse.size)
        tangents = self.recourse.tangents(link_values(self.problem, decision))
        for window, (_, seen, slope) in zip(self.recourse.windows, tangents, strict=True):
            np.add.at(out, seen, self.problem.windows.probability[window] * slope)
        return out

    def worth(self, decision: Decision) -> Floats:
        """What one more of each start, second source and US$ M of stock avoids, to first order, US$ M."""
        slope = self.slope(decision)
        opened = self.counts.shape[1]
        return -np.concatenate([self.counts @ slope[:opened], slope[opened:]])

    def fill(self, decision: Decision, open_: np.ndarray, budget_usd_m: float, noise: Floats) -> Decision:
        """The decision and what can be added to it for the rest of a budget; new plants are not placed.

        Parameters
        ----------
        open_
            What may be added, shape as :attr:`component_index`, boolean.
        noise
            Factors on the worth per dollar, of the same shape, by which otherwise equal choices differ.
        """
        problem = self.problem
        for _ in range(_ROUNDS):
            money = budget_usd_m - cost_of(problem, decision)
            if money <= 1e-6 * budget_usd_m:
                break
            room = self._room(decision) * open_
            gain = self.worth(decision)
            price = np.where(room > 0, gain, 0.0) / np.maximum(self._cost, 1e-9) * noise
            order = np.argsort(-price, kind="stable")[: np.count_nonzero(price > 1e-6)]
            picked = self._affordable(order, room, money)
            if not picked:
                break
            decision = self._add(decision, picked)
        return decision

    def _room(self, decision: Decision) -> Floats:
        """How many more of each there may be."""
        problem = self.problem
        built = np.bincount(decision.chosen["tech"].to_numpy(int), minlength=len(problem.plants))
        return np.concatenate(
            [
                np.maximum(self._most - built, 0)[self.starts["tech"].to_numpy(int)],
                1.0 - decision.second,
                problem.stores["most"].to_numpy(float) - decision.stock,
            ]
        )

    def _affordable(self, order: np.ndarray, room: Floats, money: float) -> list[tuple[int, float]]:
        """The first of an order that a fraction of the money pays for, at most one per component."""
        plants = len(self.starts)
        left = max(_FRACTION * money, 0.0)
        out: list[tuple[int, float]] = []
        taken: set[int] = set()
        stores = plants + len(self.problem.second)
        for number in order.tolist():
            component, cost = int(self.component_index[number]), float(self._cost[number])
            if component in taken:
                continue
            amount = min(room[number], left / max(cost, 1e-9)) if number >= stores else 1.0
            # The first may take all the money: otherwise nothing expensive would ever be bought.
            if amount * cost > (left if out else money) or amount * max(cost, 1e-9) < 1e-3 * left:
                continue
            out.append((int(number), float(amount)))
            taken.add(component)
            left -= amount * cost
            if left <= 1e-3 * money:
                break
        return out

    def _add(self, decision: Decision, picked: list[tuple[int, float]]) -> Decision:
        plants, others = len(self.starts), len(self.starts) + len(self.problem.second)
        rows = [number for number, _ in picked if number < plants]
        second, stock = decision.second.copy(), decision.stock.copy()
        for number, amount in picked:
            if plants <= number < others:
                second[number - plants] = True
            elif number >= others:
                stock[number - others] += amount
        new = self.starts.iloc[rows].assign(option=-1)[list(decision.chosen.columns)]
        chosen = pd.concat([decision.chosen, new], ignore_index=True) if rows else decision.chosen
        return Decision(chosen.astype({"tech": int, "year": int, "option": int}), second, stock)


def _counts(problem: Problem, starts: pd.DataFrame) -> sparse.csr_array:
    """Where each start counts as an open plant, shape (starts, rows of ``can_be_open``)."""
    opened = problem.can_be_open
    row, start = delivering(opened, starts)
    return sparse.csr_array((np.ones(len(row)), (start, row)), shape=(len(starts), len(opened)))
