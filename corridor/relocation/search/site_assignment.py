"""Sites for plants that are decided: the cheapest that the limits allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corridor.errors import NoPlan
from corridor.relocation.model.formulate import decide, site_share
from corridor.relocation.model.goals import TIE_BREAK, Goals
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.result.decision import Decision, decision_of, hold, link_values, plants_worth
from corridor.relocation.result.value import Recourse
from corridor.relocation.solver.solve import solve

#: Plants that need more than this fraction of a site's resource are placed as integers while plants are chosen.
_BULKY = 0.2
#: Nodes of a program that places plants.
_NODES = 500


def relax_places(program: Program, problem: Problem, first: First) -> None:
    """Let plants that are small beside their site be placed in fractions; integer places are found afterwards.

    Integer places for all made the search several times slower; none at all chose plants that did not fit.
    """
    program.relax(first.places["column"].to_numpy()[site_share(problem) <= _BULKY])


def place(
    problem: Problem,
    decision: Decision,
    *,
    cost_at_most: float = np.inf,
) -> Decision | None:
    """The same starts, second sources and stocks, with plants at the cheapest sites within all limits.

    Plants that have a site keep it.

    Parameters
    ----------
    cost_at_most
        A bound on the cost beside the limits, US$ M.

    Returns
    -------
    Decision or None
        None if the plants do not fit their sites within the limits.
    """
    program, first = decide(problem)
    hold(program, problem, first, decision)
    placed = decision.chosen["option"].to_numpy(int)
    program.bound(first.places["column"].to_numpy()[placed[placed >= 0]], low=1.0)
    goals = Goals(program, problem, first)
    columns, values = goals.expression("cost")
    program.price(columns, values)
    if np.isfinite(cost_at_most):
        goals.at_most("cost", cost_at_most)
    try:
        solution = solve(program, gap=1e-3, nodes=_NODES)
    except NoPlan:
        return None
    return decision_of(problem, program, solution.values)


def fit(
    problem: Problem,
    recourse: Recourse,
    decision: Decision,
    *,
    cost_at_most: float = np.inf,
) -> Decision | None:
    """A decision at its sites, less the plants that are worth least if not all fit.

    Plants are found first with their sites left open, which makes them a little too cheap and lets them share a
    site in fractions. What then does not fit is left out by first-order worth (the tangents of the windows at the
    decision); to search again with integer places took ten times as long.
    """
    open_ = replace(decision, chosen=decision.chosen.assign(option=-1))
    tries = (decision, open_) if (decision.chosen["option"] >= 0).any() else (open_,)
    for candidate in tries:
        placed = place(problem, candidate, cost_at_most=cost_at_most)
        if placed is not None:
            return placed
    links = link_values(problem, decision)
    slope = np.zeros(len(links))
    for window, (_, seen, tangent) in zip(recourse.windows, recourse.tangents(links), strict=True):
        np.add.at(slope, seen, problem.windows.probability[window] * tangent)
    program, first = decide(problem)
    hold(program, problem, first, decision)
    starts = first.starts["column"].to_numpy()
    program.bound(starts, low=0.0)
    worth = plants_worth(problem, first.starts, slope)
    program.price(starts, np.minimum(worth, 0.0))
    goals = Goals(program, problem, first)
    columns, values = goals.expression("cost")
    program.price(columns, TIE_BREAK * values)
    if np.isfinite(cost_at_most):
        goals.at_most("cost", cost_at_most)
    try:
        solution = solve(program, gap=1e-3, nodes=_NODES)
    except NoPlan:
        return None
    return decision_of(problem, program, solution.values)


def keeps_all(problem: Problem, decision: Decision) -> bool:
    """Whether a decision keeps all limits: also those that are not sums, forced and forbidden moves, and sales."""
    program, first = decide(problem)
    low, high = (bound.copy() for bound in program.bounds)
    hold(program, problem, first, decision, places=True)
    held_low, held_high = program.bounds
    if (held_low > high + 1e-6).any() or (held_high < low - 1e-6).any():
        return False
    try:
        solve(program, relaxed=True)
    except NoPlan:
        return False
    return True
