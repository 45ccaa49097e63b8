"""Value of a decision: the loss in every window, solved exactly, and its derivative in each choice."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import parent_process

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats, Ints
from corridor.parallel import processors
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.model.recourse import Links, add_window
from corridor.relocation.model.sales import limited_by_sales
from corridor.relocation.result.decision import Decision, link_values
from corridor.relocation.solver.solve import Linear


@dataclass(frozen=True)
class Anchor:
    """Windows solved at `links`: loss, links seen, their coefficients, room below and above each row."""

    links: Floats
    solved: list[tuple[float, Ints, sparse.csc_matrix, Floats, Floats]]


class Recourse:
    """Best use of what a decision provides, window by window: linear programs kept warm between decisions.

    The loss of a window is convex and piecewise linear in what the window sees of a decision (its links); the
    reduced costs of the held links are a subgradient, used for cuts and marginal values.

    Parameters
    ----------
    problem
        Arrays of the study.
    windows
        Which windows; all if left out.
    sold
        True if all decisions keep the limit on sales, which makes the programs smaller. Plans made for other
        tables may not.
    """

    def __init__(self, problem: Problem, windows: Iterable[int] | None = None, *, sold: bool = True) -> None:
        self.problem = problem
        opened = problem.can_be_open
        self.opened = limited_by_sales(opened, problem.most_sold, problem.kept) if sold else opened
        self._stores = problem.stores if sold else problem.stores.assign(most=np.inf)
        self.windows = list(range(len(problem.windows.names)) if windows is None else windows)
        self.size = len(self.opened) + len(problem.second) + len(problem.stores)
        # A worker process uses one thread: the other processors belong to the other workers.
        self._threads = min(processors() if parent_process() is None else 1, len(self.windows))
        self._programs: dict[int, tuple[Program, Linear, Ints]] = {}

    def _of(self, window: int) -> tuple[Program, Linear, Ints]:
        """The window's program, its warm solver, and which links it sees."""
        if window not in self._programs:
            problem = self.problem
            program = Program()
            mine = np.flatnonzero(self.opened["year"].to_numpy() == problem.windows.year[window])
            opened, second, stores = self.opened.iloc[mine], problem.second, self._stores
            links = Links(
                opened.assign(column=program.add_columns("open", opened[["tech", "year"]], high=0.0)),
                second.assign(column=program.add_columns("qualify", second[["component"]], high=0.0)),
                stores.assign(column=program.add_columns("stock", stores[["component"]], high=0.0)),
            )
            program.price(*add_window(program, problem, links, window))
            others = np.arange(len(self.opened), self.size)
            seen = np.concatenate([mine, others])
            self._programs[window] = program, Linear(program, np.arange(len(seen))), seen
        return self._programs[window]

    def loss(self, links: Floats) -> Floats:
        """Loss of each window, discounted and weighted by market, US$ M, shape (windows,)."""
        return np.array([value for value, _, _ in self.tangents(links)])

    def tangent(self, window: int, links: Floats) -> tuple[float, Ints, Floats]:
        """Loss of a window at `links`, the links that it sees, and a subgradient in them."""
        _, linear, seen = self._of(window)
        value = linear.solve(links[seen])
        return value, seen, linear.slope()

    def anchor(self, links: Floats) -> Anchor:
        """Solutions of all windows at `links`; decisions with less can then often be valued without solving."""
        solved = []
        for window in self.windows:
            program, linear, seen = self._of(window)
            value = linear.solve(links[seen])
            matrix, (low, high) = program.matrix, program.row_bounds
            activity = matrix @ linear.values()
            held = matrix[:, : len(seen)].tocsc()
            solved.append((value, seen, held, activity - low, high - activity))
        return Anchor(links, solved)

    def loss_of_less(self, anchor: Anchor, links: Floats) -> Floats:
        """Loss of each window with less of some links than at the anchor, shape (windows,).

        Less can only tighten a window's rows: if the anchor's solution still satisfies them all, the loss is the
        same, and nothing is solved. This holds for nine windows of ten if one plant is dropped.
        """
        out = np.empty(len(self.windows))
        for position, window in enumerate(self.windows):
            value, seen, held, below, above = anchor.solved[position]
            less = links[seen] - anchor.links[seen]
            if not less.any():
                out[position] = value
                continue
            change = held @ less
            slack = 1e-9 * (1.0 + np.abs(change))
            same = bool((change >= -below - slack).all() and (change <= above + slack).all())
            out[position] = value if same else self._of(window)[1].solve(links[seen])
        return out

    def tangents(self, links: Floats) -> list[tuple[float, Ints, Floats]]:
        """:meth:`tangent` of every window, in threads: the solver releases Python's interpreter lock."""
        if self._threads < 2:
            return [self.tangent(window, links) for window in self.windows]
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(lambda window: self.tangent(window, links), self.windows))

    def losses(self, decision: Decision) -> pd.DataFrame:
        """Value of final need unmet inside each window.

        Returns
        -------
        pandas.DataFrame
            ``scenario, market, component, loss_usd_m`` (not discounted, not weighted), only rows with a loss.
        """
        problem, links = self.problem, link_values(self.problem, decision)
        ratio = pd.Series(problem.loss_ratio, index=problem.tables.components["id"])
        frames = []
        for window in self.windows:
            program, linear, seen = self._of(window)
            linear.solve(links[seen])
            values, name = linear.values(), problem.windows.names[window]
            for market in problem.study.markets:
                block = f"short {market} {name}"
                index = program.columns[block][1]
                value = program.block(block, values) * ratio[index["component"]].to_numpy()
                frames.append(index.assign(scenario=name, market=market, loss_usd_m=value))
        out = pd.concat(frames, ignore_index=True)
        return out[out["loss_usd_m"] > 1e-7][["scenario", "market", "component", "loss_usd_m"]].reset_index(
            drop=True
        )


def expected(problem: Problem, theta: Floats) -> float:
    """Expected loss, US$ M: losses of windows, discounted and weighted by market, by their probability."""
    return float(problem.windows.probability @ theta)


def tail_mean(problem: Problem, theta: Floats) -> float:
    """Mean loss of the worst fraction 1 - tail of the windows, by probability (Rockafellar & Uryasev 2000)."""
    weight = problem.windows.probability / problem.windows.probability.sum()
    order = np.argsort(-theta, kind="stable")
    fraction = 1.0 - problem.study.goal.tail
    left = np.clip(fraction - np.r_[0.0, np.cumsum(weight[order])[:-1]], 0.0, weight[order])
    return float((left * theta[order]).sum() / fraction)
