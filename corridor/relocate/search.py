"""Find a good plan and a bound on all plans, within a time limit.

What made the difference, measured on the default study (54,000 columns, 16,000 whole numbers, budget US$ 8,000 M):

- HiGHS alone on the whole program: 39,495 after 25 s, bound 39,100
- the same with only those starts left open that the linear relaxation uses (157 of 3,512): 39,397 after 12 s; at
  US$ 18,000 M 37,192 against 37,717
- sites placed afterwards, in a program of their own: 13,000 whole numbers fewer, at no cost that was seen
- cuts of all windows instead of the windows themselves (Benders): the linear bound needs 40 rounds and 50 s where
  the one program needs 2 s. It pays only where the windows no longer fit into one program: ``decompose``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing import parent_process

import numpy as np

from corridor.errors import NoPlan
from corridor.relocate.decision import Decision, cost_of, decision_of, link_values, nothing
from corridor.relocate.decompose import Master, first_plan, improve, relax_by_cuts
from corridor.relocate.effect import exposure_value
from corridor.relocate.formulate import formulate, start_table
from corridor.relocate.goals import TIE_BREAK, Goals
from corridor.relocate.limit_rows import First, close_unsold
from corridor.relocate.neighbourhood import Neighbourhoods, cheapest, start_prices, started
from corridor.relocate.place import fit, relax_places
from corridor.relocate.pooled import pool_sites
from corridor.relocate.problem import Problem
from corridor.relocate.program import Floats, Program
from corridor.relocate.prune import prune
from corridor.relocate.refill import Refill
from corridor.relocate.solve import Solution, Status, TimeUp, solve
from corridor.relocate.value import Recourse, expected, tail_mean
from corridor.scale import processors

#: A program with no more whole numbers than this is solved as it stands, to the gap of the study.
SMALL = 3_000
#: Windows times components above which the windows are taken in by cuts.
LARGE = 40_000
#: Part of the time for the first plan, where none is known.
_FIRST = 0.25
#: Seconds for one part of a plan, for the end of what runs beside, and parts in a row without a better plan.
_STEP, _JOIN, _FAILURES = 5.0, 1.0, 25
#: What is too little to look for, as a part of the tolerance.
_LITTLE = 0.02
#: Part of the money for new plants that is kept for their sites.
_RESERVE = 0.03

Progress = Callable[[float, float, float], None]


@dataclass(frozen=True)
class Aim:
    """What a search minimises (a weighted sum of goals) and bounds."""

    weights: Mapping[str, float]
    at_most: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """The best decision of a search.

    Attributes
    ----------
    theta
        Loss of each window, discounted and weighted by market, US$ M.
    objective, bound
        Value of the aim, and what no decision can go below.
    prices
        By how much one more unit of each limit lowers the aim of the linear relaxation, by name.
    """

    decision: Decision
    theta: Floats
    objective: float
    bound: float
    status: str
    solver: str
    seconds: float
    prices: Mapping[str, float] = field(default_factory=dict)


def search(
    problem: Problem,
    aim: Aim,
    *,
    hints: tuple[Decision, ...] = (),
    time_limit_s: float | None = None,
    recourse: Recourse | None = None,
    progress: Progress | None = None,
) -> Found:
    """Best decision for an aim.

    Parameters
    ----------
    hints
        Decisions known to satisfy all limits, for example that of a smaller budget: the answer is no worse.
    time_limit_s
        The study's if left out. An interruption (Ctrl-C) ends the search at once with the best so far.
    progress
        Called with seconds, best objective and bound whenever one of them gets better.

    Raises
    ------
    NoPlan
        If no decision satisfies all limits, or none was found in time.
    """
    run = _Search(problem, aim, time_limit_s or problem.study.time_limit_s, recourse, progress)
    for hint in hints:
        run.offer(hint)
    try:
        run.go()
    except KeyboardInterrupt:
        if run.best is None:
            raise
        run.status = "interrupted"
    if run.best is None:
        raise TimeUp(f"no plan was found within {run.limit:g} s. Mend: raise time_limit_s.")
    run.prune()
    return replace(
        run.best,
        bound=min(run.bound, run.best.objective),
        status=run.status,
        seconds=run.elapsed,
        prices=run.prices,
    )


class _Search:
    """One search: its program, the best so far, the bound so far."""

    def __init__(
        self, problem: Problem, aim: Aim, limit: float, recourse: Recourse | None, progress: Progress | None
    ) -> None:
        self.problem, self.aim, self.limit, self.progress = problem, aim, limit, progress
        self.started = time.perf_counter()
        self.recourse = recourse or Recourse(problem)
        self.best: Found | None = None
        self.bound = -np.inf
        self.status = str(Status.FEASIBLE)
        self.prices: dict[str, float] = {}
        self._idle: float | None = None

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        return max(self.limit - self.elapsed, 1.0)

    def prune(self) -> None:
        """Leave out of the best decision what avoids no loss, where loss is all that counts."""
        if set(self.aim.weights) != {"loss"} or set(self.aim.at_most) - {"cost"}:
            return
        best = self._known
        fewer = prune(self.problem, self.recourse, best.decision)
        if cost_of(self.problem, fewer) < cost_of(self.problem, best.decision):
            theta = self.recourse.loss(link_values(self.problem, fewer))
            self.best = replace(best, decision=fewer, theta=theta, objective=self._value(fewer, theta))

    @property
    def _known(self) -> Found:
        """The best so far, where there is one."""
        assert self.best is not None
        return self.best

    def go(self) -> None:
        problem = self.problem
        whole = len(start_table(problem)) + len(problem.options) + len(problem.second) + len(problem.facilities)
        if whole > SMALL and len(problem.windows.names) * len(problem.loss_ratio) > LARGE:
            self._by_cuts()
            return
        program, first = self._formulate()
        if whole <= SMALL:
            solution = solve(program, gap=problem.study.gap, time_limit_s=self.limit)
            self._price(program, solve(program, relaxed=True, time_limit_s=self.limit))
            self._take(solution)
            self._improve(decision_of(problem, program, solution.values))
            self.status = str(solution.status)
            return
        relaxed = solve(program, relaxed=True, time_limit_s=10 * self.limit)
        self._take(relaxed)
        self._price(program, relaxed)
        used, hinted = self._used(program, first, relaxed), self.best is not None
        beside = self._bound_beside(program, first)
        if hinted:
            self._fill_up()
        else:
            self._within(program, first, used, _FIRST * self.left)
        self._around(program, first, self._near(program, first, relaxed))
        if beside is None:
            self._whole(program, first)
        elif self.status != str(Status.OPTIMAL):
            self._rise(beside())
            self._done()

    def _by_cuts(self) -> None:
        pooled = pool_sites(self.problem)

        def seconds() -> float:
            return 0.0 if self._done() else self.limit - self.elapsed

        def offer(decision: Decision, promised: float) -> bool:
            return self._offer_cut(master, decision, promised)

        master = relax_by_cuts(pooled, self.aim.weights, self.aim.at_most, self.recourse, seconds)
        self._rise(master.bound)
        if master.relaxed is not None:
            self._price(*master.relaxed)
            self.prices = {name: self.prices[name] for name in self.problem.limits["name"] if name in self.prices}
        master.problem = self.problem
        program, first, _ = master.program()
        sited = solve(program, relaxed=True, time_limit_s=max(seconds(), 5.0))
        self._rise(sited.bound - self._tie_break())
        beside = self._bound_beside(program, first)
        master.problem = pooled
        if self.best is None:
            placed = self._place(first_plan(master, seconds))
            if placed is None:
                raise TimeUp("no plan was found whose plants fit their sites. Mend: raise time_limit_s.")
            self._improve(placed)
        improve(master, self.problem, lambda: self._known.decision, offer, seconds)
        if beside is not None and self.status != str(Status.OPTIMAL):
            self._rise(beside())
            self._done()

    def _offer_cut(self, master: Master, decision: Decision, promised: float) -> bool:
        """Take a plan if it is better, and the tangents at it; whether nothing better is to be had near it."""
        known = self._known.objective
        if self._value(decision, master.touch(link_values(self.problem, decision))) < known:
            self._take_plan(decision)
        return self._known.objective < known or promised > known - _LITTLE * self._tolerance()

    def _formulate(self) -> tuple[Program, First]:
        program, first = formulate(self.problem)
        close_unsold(program, self.problem, first)
        goals = Goals(program, self.problem, first)
        goals.minimise(self.aim.weights)
        for name, amount in self.aim.at_most.items():
            goals.at_most(name, amount)
        return program, first

    def _used(self, program: Program, first: First, relaxed: Solution) -> np.ndarray:
        """Starts that the relaxation, a hint or a forced move uses, shape (starts,)."""
        used = program.block("start", relaxed.values) > 1e-6
        forced = {choice.component for choice in self.problem.study.force}
        forced_technology = {choice.technology for choice in self.problem.study.force}
        used |= first.starts["component"].isin(forced - {None}).to_numpy()
        used |= first.starts["technology"].isin(forced_technology - {None}).to_numpy()
        if self.best is not None:
            used |= started(first, self.best.decision) > 0
        return used

    def _near(self, program: Program, first: First, relaxed: Solution) -> np.ndarray:
        """Starts that are used, or that would cost the relaxation least to use: half as many again."""
        used = self._used(program, first, relaxed)
        if relaxed.slopes is None:
            return used
        return cheapest(used, start_prices(program, first, relaxed.slopes), 0.5)

    def _fill_up(self) -> None:
        """The best plan known, for example that of a smaller budget, and what the rest of the budget buys best."""
        most = min(self.aim.at_most.get("cost", np.inf), self._budget())
        if set(self.aim.weights) != {"loss"} or not np.isfinite(most) or self.best is None:
            return
        start = self.best.decision
        refill = Refill(self.problem, self.recourse)
        every = np.ones(len(refill.at))
        money = _RESERVE * max(most - cost_of(self.problem, start), 0.0)
        placed = self._place(refill.fill(start, every > 0, most - money, every))
        if placed is not None:
            self._improve(placed)

    def _bound_beside(self, program: Program, first: First) -> Callable[[], float] | None:
        """The whole program in a thread of its own for its bound, while plans are looked for; None if no use.

        One of several processes has no processor to spare for it.
        """
        if self._done() or parent_process() is not None or processors() < 2:
            return None
        whole = program.copy()
        relax_places(whole, self.problem, first)
        seconds, slack = max(self.left - _JOIN, 1.0), self._tie_break()
        bounds: list[float] = []

        def run() -> None:
            try:
                bounds.append(solve(whole, gap=1e-6, time_limit_s=seconds).bound)
            except TimeUp as error:
                bounds.append(error.bound)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def wait() -> float:
            thread.join()
            return bounds[0] - slack if bounds else -np.inf

        return wait

    def _around(self, program: Program, first: First, near: np.ndarray) -> None:
        """Improve the best plan part by part, until the time is up or nothing more is found."""
        parts = Neighbourhoods(self.problem, first)
        failures = 0
        while self.best is not None and failures < _FAILURES and self.left > _JOIN and not self._done():
            before, decision = self.best.objective, self.best.decision
            part = program.copy()
            relax_places(part, self.problem, first)
            parts.hold(part, decision, started(first, decision), parts.draw(decision), near)
            seconds = min(_STEP, self.left)
            begin = time.perf_counter()
            try:
                solution = solve(part, gap=1e-6, absolute_gap=0.1 * self._tolerance(), time_limit_s=seconds)
            except NoPlan:
                solution = None
            parts.judge(time.perf_counter() - begin, seconds)
            if solution is not None and self._promises(solution):
                self._take_plan(decision_of(self.problem, part, solution.values))
            better = self.best.objective < before - 1e-6 * abs(before)
            failures = 0 if better else failures + 1

    def _promises(self, solution: Solution) -> bool:
        """Whether a program's plan can be better than the best: sites placed later only make it dearer."""
        slack = self._tie_break()
        return self.best is None or solution.objective - slack < self.best.objective

    def _take_plan(self, decision: Decision) -> None:
        """A plan found with sites in it, or placed afterwards where these are fractions."""
        placed = decision if (decision.chosen["option"] >= 0).all() else self._place(decision)
        if placed is not None:
            self._improve(placed)

    def _within(self, program: Program, first: First, allowed: np.ndarray, seconds: float) -> None:
        """Search with some starts only, and sites placed afterwards."""
        if self._done():
            return
        part = program.copy()
        relax_places(part, self.problem, first)
        starts = first.starts["column"].to_numpy()
        part.bound(starts[~allowed], high=0.0)
        try:
            solution = solve(part, gap=1e-6, absolute_gap=self._tolerance(), time_limit_s=seconds)
        except NoPlan:
            return
        decision = decision_of(self.problem, part, solution.values)
        placed = self._place(decision)
        if placed is None:
            placed = self._with_places(program, starts, decision)
        if placed is not None:
            self._improve(placed)

    def _with_places(self, program: Program, starts: np.ndarray, decision: Decision) -> Decision | None:
        """Search among a decision's plants with whole places, where placing afterwards failed."""
        part = program.copy()
        count = decision.chosen.groupby(["tech", "year"]).size()
        table = start_table(self.problem)
        most = count.reindex(list(zip(table["tech"], table["year"], strict=True))).fillna(0.0).to_numpy()
        part.bound(starts, high=most)
        try:
            solution = solve(part, gap=1e-3, time_limit_s=max(0.3 * self.left, 5.0))
        except NoPlan:
            return None
        return decision_of(self.problem, part, solution.values)

    def _whole(self, program: Program, first: First) -> None:
        """The whole program for what is left of the time: a better bound, perhaps a better plan."""
        if self._done():
            return
        part = program.copy()
        relax_places(part, self.problem, first)
        try:
            solution = solve(part, gap=1e-6, absolute_gap=self._tolerance(), time_limit_s=self.left)
        except TimeUp as error:
            self._rise(error.bound)
            return
        self._take(solution)
        placed = self._place(decision_of(self.problem, part, solution.values))
        if placed is not None:
            self._improve(placed)
        if solution.status is Status.OPTIMAL:
            self.status = str(Status.OPTIMAL)

    def _place(self, decision: Decision) -> Decision | None:
        most = self.aim.at_most.get("cost")
        seconds = min(max(0.2 * self.limit, 5.0), 20.0, self.left + 3.0)
        return fit(
            self.problem,
            self.recourse,
            decision,
            cost_at_most=np.inf if most is None else most,
            time_limit_s=seconds,
        )

    def offer(self, decision: Decision) -> None:
        """A decision known to satisfy all limits."""
        self._improve(decision)

    def _improve(self, decision: Decision) -> None:
        theta = self.recourse.loss(link_values(self.problem, decision))
        value = self._value(decision, theta)
        if self.best is None or value < self.best.objective - 1e-9 * abs(value):
            self.best = Found(decision, theta, value, self.bound, self.status, "highs", self.elapsed)
            self._tell()

    def _value(self, decision: Decision, theta: Floats) -> float:
        """The aim at a decision; the tie-break is left out."""
        total = 0.0
        for name, weight in self.aim.weights.items():
            total += weight * measure(self.problem, name, decision, theta)
        return total

    def _take(self, solution: Solution) -> None:
        self._rise(solution.bound - self._tie_break())

    def _tie_break(self) -> float:
        """The most that the tie-break on cost adds to the solver's objective and bound; it is not of the aim."""
        most = self._budget()
        return 0.0 if "cost" in self.aim.weights or not np.isfinite(most) else TIE_BREAK * most

    def _budget(self) -> float:
        """The least of the budgets for everything; infinite where there is none."""
        limits = self.problem.limits
        whole = limits.loc[(limits["limit"] == "budget") & limits["sectors"].isna(), "amount"]
        return float(whole.min()) if len(whole) else np.inf

    def _price(self, program: Program, relaxed: Solution) -> None:
        """What one more unit of each limit lowers the aim by."""
        if relaxed.prices is None:
            return
        for block in ("limits", "fund"):
            if block in program.rows:
                begin, index = program.rows[block]
                values = -relaxed.prices[begin : begin + len(index)]
                least = np.isfinite(program.row_bounds[0][begin : begin + len(index)])
                values = np.where(least, -values, values)
                self.prices |= {
                    str(name): max(float(value), 0.0) for name, value in zip(index["name"], values, strict=True)
                }

    def _rise(self, bound: float) -> None:
        if bound > self.bound:
            self.bound = bound
            self._tell()

    def _tell(self) -> None:
        if self.progress is not None:
            self.progress(self.elapsed, self.best.objective if self.best else np.nan, self.bound)

    def _tolerance(self) -> float:
        """Where to stop: the study's gap, on what this aim can change at all.

        What no plan can change must not make the gap look small: it can be nearly all of the loss.
        """
        study = self.problem.study
        if "loss" in self.aim.weights:
            if self._idle is None:
                idle = nothing(self.problem)
                self._idle = self._value(idle, self.recourse.loss(link_values(self.problem, idle)))
            whole = self._idle
            return max(study.gap * max(whole - self.bound, 0.0), 1e-6)
        return max(study.gap * abs(self.bound), 1e-6)

    def _done(self) -> bool:
        if self.best is None or self.best.objective - self.bound > self._tolerance():
            return self.elapsed >= self.limit
        self.status = str(Status.OPTIMAL)
        return True


def measure(problem: Problem, name: str, decision: Decision, theta: Floats) -> float:
    """One of the goals at a decision: ``loss``, ``cvar``, ``cost`` (US$ M) or ``exposure`` (US$ M/yr)."""
    if name == "loss":
        return expected(problem, theta)
    if name == "cvar":
        return tail_mean(problem, theta)
    if name == "cost":
        return cost_of(problem, decision)
    return exposure_value(problem, decision)
