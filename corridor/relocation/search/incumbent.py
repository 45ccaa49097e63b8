"""The best plan of a search so far, and the bound on all plans: shared by all search methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from corridor.data.arrays import Floats
from corridor.errors import NoPlan
from corridor.relocation.model.goals import TIE_BREAK
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision, cost_of, link_values, nothing
from corridor.relocation.result.found import Found, goal_value
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.effort import Clock, Effort
from corridor.relocation.search.prune import prune
from corridor.relocation.search.refill import Refill
from corridor.relocation.search.site_assignment import fit
from corridor.relocation.solver.solve import NothingFound, Solution, SolveStatus, solve

#: Rounds in which the money left after the plants were placed is spent, the fraction of the budget that is worth
#: it, and the fraction of it that is kept for sites.
_REFILLS, _LEFT, _RESERVE = 3, 2e-3, 0.03

Progress = Callable[[float, float, float], None]


@dataclass(frozen=True)
class Aim:
    """What a search minimises (a weighted sum of goals) and bounds."""

    weights: Mapping[str, float]
    at_most: Mapping[str, float] = field(default_factory=dict)


class Incumbent:
    """The best decision so far, the bound so far, and when a search may stop.

    Parameters
    ----------
    effort
        Work that the search may do.
    clock
        The safety cap.
    """

    def __init__(
        self,
        problem: Problem,
        aim: Aim,
        effort: Effort,
        clock: Clock,
        recourse: Recourse | None,
        progress: Progress | None,
    ) -> None:
        self.problem, self.aim, self.effort, self.clock, self.progress = problem, aim, effort, clock, progress
        self.recourse = recourse or Recourse(problem)
        self.best: Found | None = None
        self.bound = -np.inf
        self.status = str(SolveStatus.FEASIBLE)
        self.prices: dict[str, float] = {}
        self._idle: float | None = None
        self._refill: Refill | None = None

    def solve(self, program: Program, **how: Any) -> Solution | None:
        """Solve a program within the time left; None if nothing was found."""
        try:
            solution = solve(program, time_limit_s=self.clock.left, **how)
        except NothingFound as nothing_found:
            self.clock.struck |= nothing_found.out_of_time
            return None
        except NoPlan:
            return None
        self.clock.struck |= solution.out_of_time
        return solution

    @property
    def known(self) -> Found:
        """The best so far; there must be one."""
        assert self.best is not None
        return self.best

    def offer(self, decision: Decision) -> None:
        """Keep a decision that satisfies all limits if it is better than the best."""
        theta = self.recourse.loss(link_values(self.problem, decision))
        value = self.value(decision, theta)
        if self.best is None or value < self.best.objective - 1e-9 * abs(value):
            self.best = Found(decision, theta, value, self.bound, self.status, "highs", self.clock.elapsed)
            self._report()

    def take(self, decision: Decision) -> None:
        """Offer a decision; plants without a site are placed first, and the money that is left then is spent."""
        placed = decision if (decision.chosen["option"] >= 0).all() else self.place(decision)
        if placed is None:
            return
        self.offer(placed)
        for _ in range(_REFILLS):
            fuller = self._refilled(placed)
            if fuller is None:
                return
            placed = fuller
            self.offer(placed)

    def place(self, decision: Decision) -> Decision | None:
        """The decision at its sites, less what does not fit there; None if none was found."""
        most = self.aim.at_most.get("cost")
        return fit(self.problem, self.recourse, decision, cost_at_most=np.inf if most is None else most)

    def _refilled(self, decision: Decision) -> Decision | None:
        """The decision with what the rest of the money buys best, placed; None if it buys nothing more."""
        most = min(self.aim.at_most.get("cost", np.inf), self.budget())
        if set(self.aim.weights) != {"loss"} or not np.isfinite(most):
            return None
        money = most - cost_of(self.problem, decision)
        if money <= _LEFT * most:
            return None
        if self._refill is None:
            self._refill = Refill(self.problem, self.recourse)
        every = np.ones(len(self._refill.component_index))
        filled = self._refill.fill(decision, every > 0, most - _RESERVE * money, every)
        if len(filled.chosen) == len(decision.chosen) and filled.key == decision.key:
            return None
        return self.place(filled)

    def promises(self, solution: Solution) -> bool:
        """Whether a program's plan can be better than the best: sites placed later only make it more expensive."""
        slack = self.tie_break()
        return self.best is None or solution.objective - slack < self.best.objective

    def prune(self) -> None:
        """Leave out of the best decision what avoids no loss, if only loss is minimised."""
        if set(self.aim.weights) != {"loss"} or set(self.aim.at_most) - {"cost"}:
            return
        best = self.known
        fewer = prune(self.problem, self.recourse, best.decision)
        if cost_of(self.problem, fewer) < cost_of(self.problem, best.decision):
            theta = self.recourse.loss(link_values(self.problem, fewer))
            self.best = replace(best, decision=fewer, theta=theta, objective=self.value(fewer, theta))

    def value(self, decision: Decision, theta: Floats) -> float:
        """The aim at a decision; the tie-break is left out."""
        total = 0.0
        for name, weight in self.aim.weights.items():
            total += weight * goal_value(self.problem, name, decision, theta)
        return total

    def rise(self, bound: float) -> None:
        """Raise the bound on all plans."""
        if bound > self.bound:
            self.bound = bound
            self._report()

    def learn(self, solution: Solution) -> None:
        """Raise the bound to that of the full program, or of a relaxation of it."""
        self.rise(solution.bound - self.tie_break())

    def tie_break(self) -> float:
        """The most that the tie-break on cost adds to the solver's objective and bound; the aim excludes it."""
        most = self.budget()
        return 0.0 if "cost" in self.aim.weights or not np.isfinite(most) else TIE_BREAK * most

    def budget(self) -> float:
        """The least of the budgets for everything; infinite if there is none."""
        limits = self.problem.limits
        overall = limits.loc[(limits["limit"] == "budget") & limits["sectors"].isna(), "amount"]
        return float(overall.min()) if len(overall) else np.inf

    def idle(self) -> float:
        """The aim if nothing is done."""
        if self._idle is None:
            decision = nothing(self.problem)
            self._idle = self.value(decision, self.recourse.loss(link_values(self.problem, decision)))
        return self._idle

    def tolerance(self) -> float:
        """Where to stop: the study's gap, on what this aim can change at all.

        What no plan can change must not make the gap look small: it can be nearly all of the loss.
        """
        if set(self.aim.weights) <= {"loss", "cvar"}:
            return max(self.problem.study.gap * max(self.idle() - self.bound, 0.0), 1e-6)
        return max(self.problem.study.gap * abs(self.bound), 1e-6)

    def done(self) -> bool:
        """Whether the best plan is near enough to the bound, or the time is up."""
        if self.best is None or self.best.objective - self.bound > self.tolerance():
            return self.clock.up()
        self.status = str(SolveStatus.OPTIMAL)
        return True

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(self.clock.elapsed, self.best.objective if self.best else np.nan, self.bound)
