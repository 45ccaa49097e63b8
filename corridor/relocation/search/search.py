"""Find a good plan and a bound on all plans, within a given amount of work.

What made the difference, measured on the default study (46,000 columns, 16,900 integers, budget US$ 8,000 M; the
loss is 42,916 without a plan, 37,254 at the linear relaxation):

- sites placed afterwards, in a program of their own: 11,000 integers fewer, at no cost that was seen
- few starts left open: with the 103 of 3,512 that the relaxation uses the root of the tree gives 37,554 after 17 s
  of processor time, with one and a half times as many 37,534 (19 s), with two and a half times 37,519 (20 s), with
  four times 37,526 (28 s); at US$ 2,000 M 40,116 (53 starts), 40,113, 40,103 and 40,086 (212 starts, 13 s)
- the bound from some rounds of cuts at the root of the full program, split in parts where one choice blurs it
  (``all_plans``); at US$ 500 M the starts that a plan known rules out leave so little that the root proves the
  optimum in 4 s
- cuts of all windows instead of the windows themselves (Benders): the linear bound needs 40 rounds and 50 s, the
  single program 2 s. It pays only where the windows no longer fit into one program: ``decompose``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corridor.relocation.model.formulate import decide, formulate, start_table
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.limit_rows import First, close_unsold
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision, decision_of, nothing
from corridor.relocation.result.found import Found
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.all_plans import bound_all_plans
from corridor.relocation.search.effort import EFFORTS, Clock
from corridor.relocation.search.incumbent import Aim, Incumbent, Progress
from corridor.relocation.search.neighbourhood import Neighbourhoods, cheapest, start_prices, started
from corridor.relocation.search.prices import limit_prices
from corridor.relocation.search.search_by_cuts import search_by_cuts
from corridor.relocation.search.site_assignment import keeps_all, relax_places
from corridor.relocation.solver.solve import NothingFound, Solution, SolveStatus, solve

#: A program with no more integers than this is solved as it is.
SMALL = 3_000
#: Windows times components above which the windows are added by cuts.
LARGE = 40_000
#: Fraction of the rounds, the last ones, in which plants have places of their own and not fractions of them.
_PLACED_ROUNDS = 0.34
#: Nodes of a program that places what was placed in fractions.
_PLACING_NODES = 50


def search(
    problem: Problem,
    aim: Aim,
    *,
    hints: tuple[Decision, ...] = (),
    effort: str | None = None,
    clock: Clock | None = None,
    recourse: Recourse | None = None,
    progress: Progress | None = None,
    prices: bool = True,
) -> Found:
    """Best decision for an aim, within the work that the effort allows.

    Parameters
    ----------
    hints
        Decisions known to satisfy all limits: the answer is no worse.
    effort
        ``quick``, ``normal`` or ``thorough``; the study's if left out.
    clock
        Safety cap; the study's ``time_limit_s`` if left out. An interruption (Ctrl-C) ends the search at once with
        the best so far.
    prices
        Also measure what one more unit of each limit is worth.
    progress
        Called with seconds, best objective and bound whenever one of them gets better.

    Raises
    ------
    NoPlan
        If no decision satisfies all limits.
    NothingFound
        If none was found within the work allowed.
    """
    study = problem.study
    clock = clock or Clock(study.time_limit_s)
    run = Incumbent(problem, aim, EFFORTS[effort or study.effort], clock, recourse, progress)
    for hint in hints:
        run.offer(hint)
    try:
        _cheapest_plan(run)
        _go(run, prices=prices)
    except KeyboardInterrupt:
        if run.best is None:
            raise
        run.status = "interrupted"
    if run.best is None:
        raise NothingFound(run.bound, out_of_time=clock.struck)
    if run.status != "interrupted":
        run.prune()
    return replace(
        run.known,
        bound=min(run.bound, run.known.objective),
        status=run.status,
        seconds=clock.elapsed,
        stopped=clock.struck,
        idle=run.idle(),
        prices=run.prices,
    )


def _cheapest_plan(run: Incumbent) -> None:
    """Begin with a plan that satisfies all limits: no moves if that is one, else the cheapest.

    So a search that ends early has a plan all the same. Bounds on loss, tail loss or exposure are not looked at
    here, since they need the windows: with such a bound there is no plan to begin with.
    """
    problem, most = run.problem, run.aim.at_most
    if run.best is not None or set(most) - {"cost"}:
        return
    idle = nothing(problem)
    if keeps_all(problem, idle):
        run.offer(idle)
        return
    program, first = decide(problem)
    goals = Goals(program, problem, first)
    columns, values = goals.expression("cost")
    program.price(columns, values)
    if "cost" in most:
        goals.at_most("cost", most["cost"])
    solution = solve(program, gap=1e-2, time_limit_s=run.clock.left)
    run.offer(decision_of(problem, program, solution.values))


def _go(run: Incumbent, *, prices: bool) -> None:
    problem = run.problem
    integers = len(start_table(problem)) + len(problem.options) + len(problem.second) + len(problem.facilities)
    if integers > SMALL and len(problem.windows.names) * len(problem.loss_ratio) > LARGE:
        search_by_cuts(run)
        return
    program, first = _formulate(run)
    relaxed = solve(program, relaxed=True, time_limit_s=run.clock.left)
    run.learn(relaxed)
    if prices:
        run.prices = limit_prices(problem, program, relaxed)
    if run.done():
        return
    if integers <= SMALL:
        _as_it_is(run, program)
    else:
        _restricted(run, program, first, relaxed)
    _around(run, program, first, _near(run, program, first, relaxed, run.effort.starts))


def _formulate(run: Incumbent) -> tuple[Program, First]:
    program, first = formulate(run.problem)
    close_unsold(program, run.problem, first)
    goals = Goals(program, run.problem, first)
    goals.minimise(run.aim.weights)
    for name, amount in run.aim.at_most.items():
        goals.at_most(name, amount)
    return program, first


def _as_it_is(run: Incumbent, program: Program) -> None:
    """Solve a small program, sites and all."""
    solution = run.solve(program, absolute_gap=run.tolerance(), nodes=run.effort.small_nodes)
    if solution is None:
        return
    run.learn(solution)
    run.take(decision_of(run.problem, program, solution.values))
    if solution.status is SolveStatus.OPTIMAL:
        run.status = str(SolveStatus.OPTIMAL)


def _restricted(run: Incumbent, program: Program, first: First, relaxed: Solution) -> None:
    """Search among the starts that the relaxation uses or would cost it least to use; then bound all plans."""
    effort = run.effort
    if effort.first_plans:
        few = _near(run, program, first, relaxed, effort.first_starts)
        _within(run, program, first, few, plans=effort.first_plans)
    if effort.nodes and not run.done():
        _within(run, program, first, _near(run, program, first, relaxed, effort.starts), nodes=effort.nodes)
    if not effort.rows or run.done():
        return
    # Last, since a better plan rules out more starts.
    bound = bound_all_plans(run, program, first, relaxed, _forced(run, first), effort.rows, effort.leaves)
    run.rise(min(bound - run.tie_break(), np.inf if run.best is None else run.best.objective))


def _within(
    run: Incumbent,
    program: Program,
    first: First,
    allowed: np.ndarray,
    *,
    nodes: int | None = None,
    plans: int | None = None,
) -> None:
    """Search with some starts only, and sites placed afterwards."""
    restricted = program.copy()
    relax_places(restricted, run.problem, first)
    starts = first.starts["column"].to_numpy()
    restricted.bound(starts[~allowed], high=0.0)
    solution = run.solve(restricted, absolute_gap=run.tolerance(), nodes=nodes, plans=plans)
    if solution is None:
        return
    decision = decision_of(run.problem, restricted, solution.values)
    unplaced = decision.chosen["option"].to_numpy(int) < 0
    if unplaced.any():
        decision = _place_fractions(run, program, first, decision, allowed) or decision
    before = run.best
    run.take(decision)
    if run.best is before and run.promises(solution):
        _with_places(run, program, starts, decision)


def _place_fractions(
    run: Incumbent, program: Program, first: First, decision: Decision, near: np.ndarray
) -> Decision | None:
    """Decide again, with integer places, the components of plants that were placed in fractions; all else is held.

    Few are (6 of 87 at US$ 8,000 M). To leave out the plants that then fit no site lost 1.4 % of what the plan
    avoids; this keeps all of it.
    """
    problem = run.problem
    component_index = problem.plants["component_index"].to_numpy(int)[decision.chosen["tech"].to_numpy(int)]
    unplaced = decision.chosen["option"].to_numpy(int) < 0
    free = np.isin(np.arange(len(problem.loss_ratio)), component_index[unplaced])
    subproblem = program.copy()
    placed = replace(decision, chosen=decision.chosen[~unplaced])
    Neighbourhoods(problem, first, 0).hold(subproblem, placed, started(first, decision), free, near)
    solution = run.solve(subproblem, absolute_gap=0.1 * run.tolerance(), nodes=_PLACING_NODES)
    return None if solution is None else decision_of(problem, subproblem, solution.values)


def _with_places(run: Incumbent, program: Program, starts: np.ndarray, decision: Decision) -> None:
    """Search among a decision's plants with integer places, if placing afterwards failed."""
    restricted = program.copy()
    count = decision.chosen.groupby(["tech", "year"]).size()
    table = start_table(run.problem)
    most = count.reindex(list(zip(table["tech"], table["year"], strict=True))).fillna(0.0).to_numpy()
    restricted.bound(starts, high=most)
    solution = run.solve(restricted, gap=1e-3, nodes=max(run.effort.nodes, 1))
    if solution is not None:
        run.take(decision_of(run.problem, restricted, solution.values))


def _around(run: Incumbent, program: Program, first: First, near: np.ndarray) -> None:
    """Improve the best plan one subproblem at a time, until the rounds are over or nothing more is found."""
    effort = run.effort
    if run.best is None or not effort.rounds:
        return
    neighbourhoods = Neighbourhoods(run.problem, first, effort.neighbourhood_starts)
    failures = 0
    for number in range(effort.rounds):
        if failures >= effort.failures or run.done():
            return
        before, decision = run.known.objective, run.known.decision
        subproblem = program.copy()
        if number < (1.0 - _PLACED_ROUNDS) * effort.rounds:
            relax_places(subproblem, run.problem, first)
        free = neighbourhoods.draw(decision, near)
        neighbourhoods.hold(subproblem, decision, started(first, decision), free, near)
        solution = run.solve(subproblem, absolute_gap=0.1 * run.tolerance(), nodes=effort.neighbourhood_nodes)
        if solution is not None and run.promises(solution):
            run.take(decision_of(run.problem, subproblem, solution.values))
        better = run.known.objective < before - 1e-6 * abs(before)
        failures = 0 if better else failures + 1


def _near(run: Incumbent, program: Program, first: First, relaxed: Solution, more: float) -> np.ndarray:
    """Starts that are used, or that would cost the relaxation least to use: `more` times as many in all."""
    used: np.ndarray = (program.block("start", relaxed.values) > 1e-6) | _forced(run, first)
    if run.best is not None:
        used |= started(first, run.best.decision) > 0
    if relaxed.slopes is None:
        return used
    count = max(round(more * int(used.sum())), run.effort.fewest_starts)
    return cheapest(used, start_prices(program, first, relaxed.slopes), count)


def _forced(run: Incumbent, first: First) -> np.ndarray:
    """Starts of what the study forces, shape (starts,), boolean."""
    force = run.problem.study.force
    forced = first.starts["component"].isin({choice.component for choice in force} - {None})
    forced |= first.starts["technology"].isin({choice.technology for choice in force} - {None})
    return forced.to_numpy()
