"""Subproblems: linked components of a plan decided again while all others are held (Shaw 1998).

What made the difference, measured on the default study (budget US$ 8,000 M, best known 37,702 at the start): a
subproblem drawn at random with all second sources free found nothing better in 60 s, since each program took 8 s
and ended at its time limit; one that recipes link, with second sources and sites of all other components held, is
often solved to its optimum in 0.5 to 3 s, and found 37,616 in 17 s and 37,578 in 60 s.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.plant_ages import delivering
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision

#: Components from which a subproblem grows at first.
_SEEDS = 1.0
#: Steps along recipes, up or down, that a subproblem reaches.
_REACH = 2


class Neighbourhoods:
    """Draws subproblems of one program, of about the same number of free starts.

    Parameters
    ----------
    problem, first
        The study, and the first columns of its program.
    size
        Starts that are free in a subproblem, about.
    seed
        Of the draws.
    """

    def __init__(self, problem: Problem, first: First, size: int, seed: int = 1) -> None:
        self._size = size
        self._problem, self._first = problem, first
        self._rng = np.random.default_rng(seed)
        self._seeds = _SEEDS
        linked = (problem.sparse_essential != 0).astype(float)
        self._linked = sparse.csr_array(linked + linked.T)
        component = problem.plants["component_index"].to_numpy(int)
        self._of_start = component[first.starts["tech"].to_numpy(int)]
        self._of_place = component[problem.options["tech"].to_numpy(int)]
        self._of_second = problem.second["component_index"].to_numpy(int)

    def draw(self, decision: Decision, near: np.ndarray) -> np.ndarray:
        """Components to be decided again, shape (components,): some that the plan makes, and what recipes link.

        Parameters
        ----------
        near
            Starts that may come, shape (starts,): their number decides how many components the next draw begins
            with.
        """
        made = np.unique(
            self._problem.plants["component_index"].to_numpy(int)[decision.chosen["tech"].to_numpy(int)]
        )
        pool = made if len(made) else np.unique(self._of_start)
        count = min(len(pool), max(1, round(self._seeds)))
        free = np.zeros(len(self._problem.loss_ratio))
        free[self._rng.choice(pool, count, replace=False)] = 1.0
        for _ in range(_REACH):
            free = np.minimum(free + self._linked @ free, 1.0)
        starts = int((near & (free > 0)[self._of_start]).sum())
        if starts < 0.7 * self._size:
            self._seeds = min(1.3 * self._seeds + 0.2, 60.0)
        elif starts > 1.4 * self._size:
            self._seeds = max(0.75 * self._seeds, 1.0)
        return free > 0

    def hold(
        self,
        program: Program,
        decision: Decision,
        started: Floats,
        free: np.ndarray,
        near: np.ndarray,
    ) -> None:
        """Hold starts, places and second sources of all components that are not free at those of a decision.

        Parameters
        ----------
        program
            A copy, which is changed.
        started
            Plants of the decision by technology and year, rows as ``first.starts``.
        near
            Starts that may be added to those of the decision.
        """
        first = self._first
        mine = free[self._of_start]
        column = first.starts["column"].to_numpy()
        most = np.where(near | (started > 0), program.bounds[1][column], 0.0)
        program.bound(column, low=np.where(mine, 0.0, started), high=np.where(mine, most, started))
        placed = np.zeros(len(self._of_place))
        placed[decision.chosen["option"].to_numpy(int)] = 1.0
        for frame, values, of in (
            (first.places, placed, self._of_place),
            (first.links.second, decision.second.astype(float), self._of_second),
        ):
            held = ~free[of]
            program.bound(frame["column"].to_numpy()[held], low=values[held], high=values[held])


def started(first: First, decision: Decision) -> Floats:
    """Plants of a decision by technology and year, rows as ``first.starts``."""
    count = decision.chosen.groupby(["tech", "year"]).size().rename("count").reset_index()
    rows = first.starts[["tech", "year"]].merge(count, on=["tech", "year"], how="left")
    return rows["count"].fillna(0.0).to_numpy(float)


def start_prices(program: Program, first: First, slopes: Floats) -> Floats:
    """By how much one more start of each technology and year worsens a relaxation, rows as ``first.starts``.

    A start takes a place with it and counts as an open plant: their reduced costs belong to it. A start's own
    is zero for four starts of five, since these columns replace one another in the basis. Infinite for starts
    that can't be.

    Parameters
    ----------
    slopes
        Reduced costs of all columns.
    """
    starts, opened = first.starts, first.links.opened
    tech = starts["tech"].to_numpy(int)
    # Negative: already at its upper bound, so no more is possible; that says nothing about the start.
    slopes = np.maximum(slopes, 0.0)
    place = pd.Series(slopes[first.places["column"].to_numpy()]).groupby(first.places["tech"].to_numpy()).min()
    row, start = delivering(opened, starts)
    counted = np.bincount(start, weights=slopes[opened["column"].to_numpy()][row], minlength=len(starts))
    column = starts["column"].to_numpy()
    prices: Floats = slopes[column] + place.reindex(tech).fillna(0.0).to_numpy() + counted
    return np.where(program.bounds[1][column] > 0, prices, np.inf)


def cheapest(used: np.ndarray, prices: Floats, count: int) -> np.ndarray:
    """Starts that are used, and others at the least prices up to `count` in all; shape (starts,), boolean."""
    near = used.copy()
    order = np.argsort(np.where(used, -np.inf, prices), kind="stable")[: max(count, int(used.sum()))]
    near[order[np.isfinite(prices[order])]] = True
    return near
