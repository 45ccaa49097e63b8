"""Sites for plants that are decided: the cheapest that the limits allow."""

from __future__ import annotations

from corridor.errors import NoPlan
from corridor.relocate.decision import Decision, decision_of, hold
from corridor.relocate.formulate import decide
from corridor.relocate.goals import Goals
from corridor.relocate.problem import Problem
from corridor.relocate.solve import solve


def place(
    problem: Problem, decision: Decision, *, cost_at_most: float | None = None, time_limit_s: float = 10.0
) -> Decision | None:
    """The same starts, second sources and stocks, with plants at the cheapest sites within all limits.

    Returns
    -------
    Decision or None
        None where the plants do not fit their sites within the limits.
    """
    program, first = decide(problem)
    hold(program, problem, first, decision)
    goals = Goals(program, problem, first)
    columns, values = goals.expression("cost")
    program.price(columns, values)
    if cost_at_most is not None:
        goals.at_most("cost", cost_at_most)
    try:
        solution = solve(program, gap=1e-3, time_limit_s=time_limit_s)
    except NoPlan:
        return None
    return decision_of(problem, program, solution.values)
