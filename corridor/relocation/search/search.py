"""Find a good plan and a bound on all plans, within a time limit.

What made the difference, measured on the default study (54,000 columns, 16,000 integers, budget US$ 8,000 M):

- HiGHS alone on the full program: 39,495 after 25 s, bound 39,100
- the same with only those starts left open that the linear relaxation uses (157 of 3,512): 39,397 after 12 s; at
  US$ 18,000 M 37,192 against 37,717
- the same where the plan of a smaller budget is known: what the rest of the budget buys best (``refill``) and then
  subproblems left a gap of 1.96 % at US$ 6,000 M after 14 s; with those starts first, 0.77 %
- sites placed afterwards, in a program of their own: 13,000 integers fewer, at no cost that was seen
- cuts of all windows instead of the windows themselves (Benders): the linear bound needs 40 rounds and 50 s, the
  single program 2 s. It pays only where the windows no longer fit into one program: ``decompose``.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from corridor.errors import NoPlan
from corridor.relocation.model.formulate import formulate, start_table
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.limit_rows import First, close_unsold
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision, cost_of, decision_of
from corridor.relocation.result.found import Found
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.bound_thread import bound_beside
from corridor.relocation.search.incumbent import Aim, Incumbent, Progress
from corridor.relocation.search.neighbourhood import Neighbourhoods, cheapest, start_prices, started
from corridor.relocation.search.refill import Refill
from corridor.relocation.search.search_by_cuts import search_by_cuts
from corridor.relocation.search.site_assignment import relax_places
from corridor.relocation.solver.solve import Solution, SolveStatus, TimeUp, solve

#: A program with at most this many integers is solved directly, to the gap of the study.
SMALL = 3_000
#: Windows times components above which the windows are represented by cuts.
LARGE = 40_000
#: Fraction of the time left for the starts that the relaxation or a hint uses.
_FIRST = 0.25
#: Seconds for one subproblem, for the bound thread to end, and subproblems in a row without a better plan.
_STEP, _JOIN, _FAILURES = 5.0, 1.0, 25
#: Fraction of the money for new plants that is kept for their sites.
_RESERVE = 0.03


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
    run = Incumbent(problem, aim, time_limit_s or problem.study.time_limit_s, recourse, progress)
    for hint in hints:
        run.offer(hint)
    try:
        _go(run)
    except KeyboardInterrupt:
        if run.best is None:
            raise
        run.status = "interrupted"
    if run.best is None:
        raise TimeUp(f"no plan was found within {run.limit:g} s. Fix: raise time_limit_s.")
    run.prune()
    return replace(
        run.best,
        bound=min(run.bound, run.best.objective),
        status=run.status,
        seconds=run.elapsed,
        prices=run.prices,
    )


def _go(run: Incumbent) -> None:
    problem = run.problem
    integers = len(start_table(problem)) + len(problem.options) + len(problem.second) + len(problem.facilities)
    if integers > SMALL and len(problem.windows.names) * len(problem.loss_ratio) > LARGE:
        search_by_cuts(run)
        return
    program, first = _formulate(run)
    if integers <= SMALL:
        solution = solve(program, gap=problem.study.gap, time_limit_s=run.limit)
        run.price(program, solve(program, relaxed=True, time_limit_s=run.limit))
        run.learn(solution)
        run.offer(decision_of(problem, program, solution.values))
        run.status = str(solution.status)
        return
    relaxed = solve(program, relaxed=True, time_limit_s=10 * run.limit)
    run.learn(relaxed)
    run.price(program, relaxed)
    used = _used(run, program, first, relaxed)
    beside = bound_beside(run, program, first, run.left - _JOIN)
    _fill_up(run)
    _within(run, program, first, used, _FIRST * run.left)
    _around(run, program, first, _near(run, program, first, relaxed))
    if beside is None:
        _full_program(run, program, first)
    elif run.status != str(SolveStatus.OPTIMAL):
        run.rise(beside())
        run.done()


def _formulate(run: Incumbent) -> tuple[Program, First]:
    program, first = formulate(run.problem)
    close_unsold(program, run.problem, first)
    goals = Goals(program, run.problem, first)
    goals.minimise(run.aim.weights)
    for name, amount in run.aim.at_most.items():
        goals.at_most(name, amount)
    return program, first


def _within(run: Incumbent, program: Program, first: First, allowed: np.ndarray, seconds: float) -> None:
    """Search with some starts only, and sites placed afterwards."""
    if run.done():
        return
    restricted = program.copy()
    relax_places(restricted, run.problem, first)
    starts = first.starts["column"].to_numpy()
    restricted.bound(starts[~allowed], high=0.0)
    try:
        solution = solve(restricted, gap=1e-6, absolute_gap=run.tolerance(), time_limit_s=seconds)
    except NoPlan:
        return
    decision = decision_of(run.problem, restricted, solution.values)
    placed = run.place(decision)
    if placed is None:
        placed = _with_places(run, program, starts, decision)
    if placed is not None:
        run.offer(placed)


def _with_places(run: Incumbent, program: Program, starts: np.ndarray, decision: Decision) -> Decision | None:
    """Search among a decision's plants placed as integers, after placing them afterwards failed."""
    restricted = program.copy()
    count = decision.chosen.groupby(["tech", "year"]).size()
    table = start_table(run.problem)
    most = count.reindex(list(zip(table["tech"], table["year"], strict=True))).fillna(0.0).to_numpy()
    restricted.bound(starts, high=most)
    try:
        solution = solve(restricted, gap=1e-3, time_limit_s=max(0.3 * run.left, 5.0))
    except NoPlan:
        return None
    return decision_of(run.problem, restricted, solution.values)


def _fill_up(run: Incumbent) -> None:
    """The best plan known, for example that of a smaller budget, and what the rest of the budget buys best."""
    most = min(run.aim.at_most.get("cost", np.inf), run.budget())
    if set(run.aim.weights) != {"loss"} or not np.isfinite(most) or run.best is None:
        return
    start = run.best.decision
    refill = Refill(run.problem, run.recourse)
    every = np.ones(len(refill.component_index))
    money = _RESERVE * max(most - cost_of(run.problem, start), 0.0)
    placed = run.place(refill.fill(start, every > 0, most - money, every))
    if placed is not None:
        run.offer(placed)


def _around(run: Incumbent, program: Program, first: First, near: np.ndarray) -> None:
    """Improve the best plan by one subproblem after another, until the time is up or nothing more is found."""
    neighbourhoods = Neighbourhoods(run.problem, first)
    failures = 0
    while run.best is not None and failures < _FAILURES and run.left > _JOIN and not run.done():
        before, decision = run.best.objective, run.best.decision
        restricted = program.copy()
        relax_places(restricted, run.problem, first)
        neighbourhoods.hold(restricted, decision, started(first, decision), neighbourhoods.draw(decision), near)
        seconds = min(_STEP, run.left)
        begin = time.perf_counter()
        try:
            solution = solve(restricted, gap=1e-6, absolute_gap=0.1 * run.tolerance(), time_limit_s=seconds)
        except NoPlan:
            solution = None
        neighbourhoods.judge(time.perf_counter() - begin, seconds)
        if solution is not None and run.promises(solution):
            run.take(decision_of(run.problem, restricted, solution.values))
        better = run.best.objective < before - 1e-6 * abs(before)
        failures = 0 if better else failures + 1


def _near(run: Incumbent, program: Program, first: First, relaxed: Solution) -> np.ndarray:
    """Starts that are used, and half as many others that would cost the relaxation least."""
    used = _used(run, program, first, relaxed)
    if relaxed.slopes is None:
        return used
    return cheapest(used, start_prices(program, first, relaxed.slopes), 0.5)


def _used(run: Incumbent, program: Program, first: First, relaxed: Solution) -> np.ndarray:
    """Starts that the relaxation, a hint or a forced move uses, shape (starts,)."""
    used = program.block("start", relaxed.values) > 1e-6
    forced = {choice.component for choice in run.problem.study.force}
    forced_technology = {choice.technology for choice in run.problem.study.force}
    used |= first.starts["component"].isin(forced - {None}).to_numpy()
    used |= first.starts["technology"].isin(forced_technology - {None}).to_numpy()
    if run.best is not None:
        used |= started(first, run.best.decision) > 0
    return used


def _full_program(run: Incumbent, program: Program, first: First) -> None:
    """The full program for what is left of the time: a better bound, perhaps a better plan."""
    if run.done():
        return
    full = program.copy()
    relax_places(full, run.problem, first)
    try:
        solution = solve(full, gap=1e-6, absolute_gap=run.tolerance(), time_limit_s=run.left)
    except TimeUp as error:
        run.rise(error.bound)
        return
    run.learn(solution)
    placed = run.place(decision_of(run.problem, full, solution.values))
    if placed is not None:
        run.offer(placed)
    if solution.status is SolveStatus.OPTIMAL:
        run.status = str(SolveStatus.OPTIMAL)
