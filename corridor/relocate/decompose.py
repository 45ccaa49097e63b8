"""Large studies: the windows are taken in by cuts (Benders), since they no longer fit into one program.

Each window's loss is convex in what it sees of a plan, so a tangent bounds it from below everywhere:
``theta[w] >= loss_w(z0) + slope (z - z0)``. The master program holds everything that is decided before the windows
and the tangents found so far; its optimum bounds the study from below, and its decision is valued exactly.

What made the difference, measured on the default study and on synthetic ones: a point half way between the
master's and the best one so far as the place of new tangents (without it the bound crawls), all windows in every
round (multi-cut), and starts that the relaxation does not use closed in the whole-number master.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corridor.errors import NoPlan
from corridor.relocate.decision import Decision, decision_of, link_values, nothing
from corridor.relocate.formulate import decide
from corridor.relocate.goals import Goals
from corridor.relocate.limit_rows import First
from corridor.relocate.place import relax_places
from corridor.relocate.problem import Problem
from corridor.relocate.program import Floats, Ints, Program
from corridor.relocate.solve import Solution, TimeUp, solve
from corridor.relocate.value import Recourse

#: Rounds of the relaxation, and what of the remaining gap a round must close to be worth another.
_ROUNDS = 40
_WORTH = 0.01


@dataclass
class Cuts:
    """Tangents of window losses: ``theta[window] >= base + slope links[seen]``."""

    window: list[int] = field(default_factory=list)
    seen: list[Ints] = field(default_factory=list)
    slope: list[Floats] = field(default_factory=list)
    base: list[float] = field(default_factory=list)

    def add(self, window: int, value: float, seen: Ints, slope: Floats, links: Floats) -> None:
        """A tangent at `links`; slopes of nothing are dropped."""
        used = np.abs(slope) > 1e-9
        self.window.append(window)
        self.seen.append(seen[used])
        self.slope.append(slope[used])
        self.base.append(float(value - slope[used] @ links[seen[used]]))

    def below(self, windows: int, links: Floats) -> Floats:
        """Largest tangent of each window at `links`, shape (windows,)."""
        out = np.zeros(windows)
        for window, seen, slope, base in zip(self.window, self.seen, self.slope, self.base, strict=True):
            out[window] = max(out[window], base + float(slope @ links[seen]))
        return out


@dataclass
class Master:
    """The master program, the tangents known, and what the relaxation said."""

    problem: Problem
    recourse: Recourse
    weights: Mapping[str, float]
    at_most: Mapping[str, float]
    cuts: Cuts
    bound: float = -np.inf
    used: np.ndarray | None = None

    def program(self) -> tuple[Program, First, Ints]:
        """Master program with all tangents; its first-stage columns, and the columns of the links."""
        program, first = decide(self.problem)
        windows = pd.DataFrame({"window": self.problem.windows.names})
        theta = program.add_columns("theta", windows)
        links = link_columns(first)
        goals = Goals(program, self.problem, first)
        goals.minimise(self.weights)
        for name, amount in self.at_most.items():
            goals.at_most(name, amount)
        cuts = self.cuts
        if cuts.window:
            length = np.array([len(seen) for seen in cuts.seen])
            row = np.arange(len(length))
            program.add_rows(
                "tangents",
                pd.DataFrame({"window": cuts.window}),
                [
                    (row, theta[np.array(cuts.window)], 1.0),
                    (np.repeat(row, length), links[np.concatenate(cuts.seen)], -np.concatenate(cuts.slope)),
                ],
                low=np.array(cuts.base),
            )
        return program, first, links

    def touch(self, links: Floats) -> Floats:
        """Add the tangents of all windows at `links`; gives the windows' losses."""
        found = self.recourse.tangents(links)
        known = self.cuts.below(len(found), links)
        for window, (value, seen, slope) in zip(self.recourse.windows, found, strict=True):
            if value > known[window] + 1e-7 * max(1.0, abs(value)):
                self.cuts.add(window, value, seen, slope, links)
        return np.array([value for value, _, _ in found])


def link_columns(first: First) -> Ints:
    """Columns of what the windows see, in the order of ``decision.link_values``."""
    links = first.links
    return np.concatenate(
        [frame["column"].to_numpy(np.int64) for frame in (links.opened, links.second, links.stores)]
    )


def relax_by_cuts(
    problem: Problem,
    weights: Mapping[str, float],
    at_most: Mapping[str, float],
    recourse: Recourse,
    seconds: Callable[[], float],
) -> Master:
    """Tangents around the optimum of the linear relaxation, and its bound."""
    master = Master(problem, recourse, weights, at_most, Cuts())
    best_point = link_values(problem, nothing(problem))
    master.touch(best_point)
    best = np.inf
    budget = seconds()
    for round_ in range(_ROUNDS):
        program, _, links = master.program()
        relaxed = solve(program, relaxed=True, time_limit_s=max(seconds(), 5.0))
        begin, index = program.columns["start"]
        now = relaxed.values[begin : begin + len(index)] > 1e-6
        master.used = now if master.used is None else master.used | now
        before = master.bound
        master.bound = max(master.bound, relaxed.bound)
        there = relaxed.values[links]
        point = there if round_ % 4 == 3 else 0.5 * (there + best_point)
        theta = master.touch(point)
        value = _objective(master, program, relaxed, theta)
        if value < best:
            best, best_point = value, point
        gap = best - master.bound
        small = gap <= 2e-3 * abs(best)
        slow = round_ > 8 and master.bound - before < _WORTH * gap and round_ % 4 == 3
        if small or slow or seconds() < 0.6 * budget:
            break
    return master


def _objective(master: Master, program: Program, relaxed: Solution, theta: Floats) -> float:
    """The relaxation's objective with the windows' true losses at a point near it (a guide, not a bound)."""
    begin, index = program.columns["theta"]
    cost = program.cost[begin : begin + len(index)]
    old = relaxed.values[begin : begin + len(index)]
    return float(relaxed.objective + cost @ (theta - old))


def solve_by_cuts(master: Master, seconds: Callable[[], float]) -> Iterator[tuple[Decision, float]]:
    """Decisions of the master in whole numbers, each with the bound so far, until nothing new comes.

    The starts that no relaxation used stay closed; the bound is that of the relaxation, and of the open master
    where there is time for it.
    """
    seen: set[object] = set()
    for _ in range(_ROUNDS):
        program, first, links = master.program()
        relax_places(program, master.problem, first)
        if master.used is not None:
            program.bound(first.starts["column"].to_numpy()[~master.used], high=0.0)
        try:
            solution = solve(program, gap=2e-3, time_limit_s=max(0.2 * seconds(), 3.0))
        except TimeUp:
            return
        except NoPlan:
            if master.used is None:
                raise
            master.used = None
            continue
        decision = decision_of(master.problem, program, solution.values)
        yield decision, master.bound
        if decision.key in seen or seconds() <= 1.0:
            return
        seen.add(decision.key)
        master.touch(np.round(solution.values[links], 9))
