"""The best decision of a search, with its objective and the bound on all other decisions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from corridor.data.arrays import Floats
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.decision import Decision, cost_of
from corridor.relocation.result.effect import exposure_value
from corridor.relocation.result.value import expected, tail_mean


@dataclass(frozen=True)
class Found:
    """The best decision of a search.

    Attributes
    ----------
    theta
        Loss of each window, discounted and weighted by market, US$ M.
    objective, bound
        Value of the aim, and a lower bound on it over all decisions.
    prices
        By how much one more unit of each limit lowers the aim of the linear relaxation, by name.
    idle
        Value of the aim if nothing is done.
    stopped
        Whether the safety cap on time ended something: the plan may differ on another machine.
    earlier
        Goals that were minimised before, in their order, each with the gap of its own search: the plan holds what
        they reached.
    """

    decision: Decision
    theta: Floats
    objective: float
    bound: float
    status: str
    solver: str
    seconds: float
    prices: Mapping[str, float] = field(default_factory=dict)
    stopped: bool = False
    idle: float = np.nan
    earlier: tuple[tuple[str, float], ...] = ()

    @property
    def gap(self) -> float:
        """How far the plan may be from the best: (objective - bound) / (idle - bound).

        That is the fraction of what any plan could change which this one may miss. Where doing nothing is no worse
        than the bound (least cost for a loss to be reached) it is a fraction of the objective.
        """
        distance = self.objective - min(self.bound, self.objective)
        if distance <= 1e-9:
            return 0.0
        base = self.idle - self.bound
        return distance / base if base > 1e-9 else distance / max(abs(self.objective), 1e-9)


def proved(goal: str, gap: float) -> str:
    """What a gap proves of a plan, in words.

    Parameters
    ----------
    goal
        ``loss``, ``cvar``, ``cost``, ``exposure`` or a weighted sum of them, as ``2 loss + 1 cost``.
    gap
        See :attr:`Found.gap`.
    """
    if goal == "cost":
        return f"within {100 * gap:.1f} % of the least cost"
    least = math.floor(1000 * max(1.0 - gap, 0.0) + 1e-9) / 10
    change = {"loss": "avoid", "cvar": "avoid", "exposure": "lower"}.get(goal, "improve")
    return f"at least {least:.1f} % of what any plan could {change}"


def proved_in_turn(goals: Sequence[str], gaps: Sequence[float]) -> str:
    """The same for goals minimised one after the other, each named."""
    if len(goals) == 1:
        return proved(goals[0], gaps[0])
    return "; then ".join(f"{goal}: {proved(goal, gap)}" for goal, gap in zip(goals, gaps, strict=True))


def goal_value(problem: Problem, name: str, decision: Decision, theta: Floats) -> float:
    """One of the goals at a decision: ``loss``, ``cvar``, ``cost`` (US$ M) or ``exposure`` (US$ M/yr)."""
    if name == "loss":
        return expected(problem, theta)
    if name == "cvar":
        return tail_mean(problem, theta)
    if name == "cost":
        return cost_of(problem, decision)
    return exposure_value(problem, decision)
