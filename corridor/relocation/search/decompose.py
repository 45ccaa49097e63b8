"""Large studies: the windows are represented by cuts (Benders), since they no longer fit into one program.

Each window's loss is convex in what it sees of a plan, so a tangent bounds it from below everywhere:
``theta[window] >= loss_w(z0) + slope (z - z0)``. The master program holds everything that is decided before the
windows and the tangents found so far; its optimum bounds the study from below, and its decision is valued exactly.

What made the difference, measured on a synthetic study of 2,000 components, 60 sites, 8 years and 200 windows:

- new tangents half way between the master's point and the best one so far: without it the bound rises slowly;
  all windows in every round (multi-cut)
- all sites as one (``site_pooling``) until the plan is found: 28,000 columns instead of 70,000
- most rounds with those starts only that a full master has used, or would cost little to use (3,500 of 15,000):
  1 to 4 s instead of 6 to 20 s; every eighth round is full, for its bound and for new starts
- coefficients of the windows capped at what is lacking, and plants in their first year counted apart
  (``tightening``, ``plant_ages``): the relaxation with all sites as one at 14,027 instead of
  13,980; the same with sites 14,049
- the master with its sites branched on in a thread of its own, for the bound: 14,086 at the end
- the relaxation within 0.1 % after 80 s; then plans: the integer master underestimates losses far from existing
  cuts (14,087 for a plan that loses 14,221), so the best plan is improved by subproblems, with tangents at every
  plan found, and the same subproblem is solved again with them: 14,190 after 546 s, 0.73 % above the bound
  (without the last three: 14,220, 1.5 %)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints
from corridor.errors import NoPlan
from corridor.relocation.model.formulate import decide
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.limit_rows import First, close_unsold
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision, decision_of, link_values, nothing
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.effort import Clock
from corridor.relocation.search.neighbourhood import Neighbourhoods, cheapest, start_prices, started
from corridor.relocation.search.site_assignment import relax_places
from corridor.relocation.solver.solve import NothingFound, Solution, solve

#: Rounds of the relaxation at most; full rounds at first, and rounds between full ones later.
_ROUNDS, _FIRST_FULL, _BETWEEN = 80, 5, 8
#: Where the relaxation stops, as a fraction of the objective.
_CLOSE = 1e-3
#: Starts kept open beside each that is used, by least reduced cost.
_NEAR = 3.0
#: The first plan: starts open beside those of the relaxation, as a fraction of them, and nodes.
_FIRST_NEAR, _FIRST_NODES = 1.0, 50
#: How often the same subproblem is solved again, nodes of each, and its free starts.
_AGAIN, _NODES, _FREE = 4, 20, 250


@dataclass
class Cuts:
    """Tangents of window losses: ``theta[window] >= base + slope links[seen]``."""

    window: list[int] = field(default_factory=list)
    seen: list[Ints] = field(default_factory=list)
    slope: list[Floats] = field(default_factory=list)
    base: list[float] = field(default_factory=list)

    def add(self, window: int, value: float, seen: Ints, slope: Floats, links: Floats) -> None:
        """Add a tangent at `links`; zero slopes are dropped."""
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
    """The master program, the tangents known, and results of its last relaxation.

    Attributes
    ----------
    bound
        Lower bound on the objective of all plans.
    used
        Starts that a relaxation of the full master used or could use at little cost, shape (starts,).
    now, prices
        Starts that the last relaxation of the full master used, and what one more of each costs it.
    relaxed
        The last relaxation of the full master.
    """

    problem: Problem
    recourse: Recourse
    weights: Mapping[str, float]
    at_most: Mapping[str, float]
    cuts: Cuts
    bound: float = -np.inf
    used: np.ndarray | None = None
    now: np.ndarray | None = None
    prices: Floats | None = None
    relaxed: tuple[Program, Solution] | None = None

    def program(self) -> tuple[Program, First, Ints]:
        """Master program with all tangents; its first-stage columns, and the columns of the links."""
        program, first = decide(self.problem)
        close_unsold(program, self.problem, first)
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

    def close(self, program: Program, first: First, more: float | None = None) -> None:
        """Leave only the starts open that relaxations of the full master used or nearly used.

        Parameters
        ----------
        more
            Only those that the last one used, and so many times as many others; all used so far if left out.
        """
        open_ = self.used if more is None else self._cheapest(1.0 + more)
        if open_ is not None:
            program.bound(first.starts["column"].to_numpy()[~open_], high=0.0)

    def learn(self, first: First, relaxed: Solution, program: Program) -> None:
        """Take the bound of a relaxation of the full master, and the starts that it uses or nearly uses."""
        self.bound = max(self.bound, relaxed.bound)
        self.relaxed = program, relaxed
        self.now = relaxed.values[first.starts["column"].to_numpy()] > 1e-7
        if relaxed.slopes is not None:
            self.prices = start_prices(program, first, relaxed.slopes)
        near = self._cheapest(1.0 + _NEAR)
        self.used = near if self.used is None or near is None else self.used | near

    def _cheapest(self, times: float) -> np.ndarray | None:
        if self.now is None or self.prices is None:
            return self.now
        return cheapest(self.now, self.prices, round(times * int(self.now.sum())))

    def touch(self, links: Floats) -> Floats:
        """Add the tangents of all windows at `links`; return the windows' losses, shape (windows,)."""
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
    clock: Clock,
) -> Master:
    """Tangents around the optimum of the linear relaxation, and its bound."""
    master = Master(problem, recourse, weights, at_most, Cuts())
    best_point = link_values(problem, nothing(problem))
    master.touch(best_point)
    best, latest, since = np.inf, -np.inf, 0
    for round_ in range(_ROUNDS):
        late = round_ == _ROUNDS - 1 or clock.up()
        full = round_ < _FIRST_FULL or since >= _BETWEEN or best - latest <= _CLOSE * abs(best) or late
        since = 0 if full else since + 1
        program, first, links = master.program()
        if not full:
            master.close(program, first)
        relaxed = solve(program, relaxed=True)
        latest = relaxed.objective
        if full:
            master.learn(first, relaxed, program)
        optimum = relaxed.values[links]
        point = optimum if round_ % 4 == 3 else 0.5 * (optimum + best_point)
        theta = master.touch(point)
        value = _objective(master, program, relaxed, theta)
        if value < best:
            best, best_point = value, point
        if full and (late or best - master.bound <= _CLOSE * abs(best)):
            break
    return master


def _objective(master: Master, program: Program, relaxed: Solution, theta: Floats) -> float:
    """The relaxation's objective with the windows' true losses at a point near it (a guide, not a bound)."""
    begin, index = program.columns["theta"]
    cost = program.cost[begin : begin + len(index)]
    old = relaxed.values[begin : begin + len(index)]
    return float(relaxed.objective + cost @ (theta - old))


def first_plan(master: Master, clock: Clock) -> Decision:
    """A good decision of the integer master, its sites left open.

    Raises
    ------
    NoPlan
        If the limits allow none, or none was found within the work allowed.
    """
    for more in (_FIRST_NEAR, None):
        program, first, _ = master.program()
        if more is not None:
            master.close(program, first, more)
        relax_places(program, master.problem, first)
        try:
            solution = solve(program, gap=2e-3, nodes=_FIRST_NODES, time_limit_s=clock.left)
        except NoPlan:
            continue
        clock.struck |= solution.out_of_time
        decision = decision_of(master.problem, program, solution.values)
        return replace(decision, chosen=decision.chosen.assign(option=-1))
    raise NothingFound(out_of_time=clock.struck)


def improve(
    master: Master,
    problem: Problem,
    best: Callable[[], Decision],
    offer: Callable[[Decision, float], bool],
    done: Callable[[], bool],
    rounds: int,
    clock: Clock,
) -> None:
    """Re-optimize one subproblem of the best plan after another with the tangents, so many rounds.

    The tangents at the plans that are found are added, and the same subproblem is solved again until it leads to a
    better plan or promises none.

    Parameters
    ----------
    problem
        With its sites: plants outside of the subproblem keep their sites.
    best
        The best plan so far, all of it placed.
    offer
        Takes a plan and the objective that the tangents promise for it; returns whether the subproblem is settled.
    """
    master.problem = problem
    neighbourhoods: Neighbourhoods | None = None
    for _ in range(rounds):
        if done():
            return
        decision = best()
        free = None
        for _ in range(_AGAIN):
            program, first, _ = master.program()
            relax_places(program, problem, first)
            neighbourhoods = neighbourhoods or Neighbourhoods(problem, first, _FREE)
            held = started(first, decision)
            near = np.ones(len(held), dtype=bool) if master.used is None else master.used
            free = neighbourhoods.draw(decision, near) if free is None else free
            neighbourhoods.hold(program, decision, held, free, near)
            try:
                solution = solve(program, gap=1e-4, nodes=_NODES, time_limit_s=clock.left)
            except NoPlan:
                break
            clock.struck |= solution.out_of_time
            if offer(decision_of(problem, program, solution.values), solution.objective) or clock.up():
                break
