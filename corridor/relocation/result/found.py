"""The best decision of a search, with its objective and the bound on all other decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """

    decision: Decision
    theta: Floats
    objective: float
    bound: float
    status: str
    solver: str
    seconds: float
    prices: Mapping[str, float] = field(default_factory=dict)


def goal_value(problem: Problem, name: str, decision: Decision, theta: Floats) -> float:
    """One of the goals at a decision: ``loss``, ``cvar``, ``cost`` (US$ M) or ``exposure`` (US$ M/yr)."""
    if name == "loss":
        return expected(problem, theta)
    if name == "cvar":
        return tail_mean(problem, theta)
    if name == "cost":
        return cost_of(problem, decision)
    return exposure_value(problem, decision)
