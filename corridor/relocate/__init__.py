"""Relocation: which production to which site in India, when, within limits."""

from corridor.relocate.alternatives import Alternatives, alternatives
from corridor.relocate.explain import Reasons, explain, force_one
from corridor.relocate.limits import limit_table
from corridor.relocate.optimize import frontier, optimize
from corridor.relocate.plan import Plan
from corridor.relocate.problem import Problem, build_problem
from corridor.relocate.reuse import Outcome, resolve

__all__ = [
    "Alternatives",
    "Outcome",
    "Plan",
    "Problem",
    "Reasons",
    "alternatives",
    "build_problem",
    "explain",
    "force_one",
    "frontier",
    "limit_table",
    "optimize",
    "resolve",
]
