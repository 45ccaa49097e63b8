"""Relocation: which production to which site in India, when, within limits."""

from corridor.relocate.alternatives import Alternatives, alternatives
from corridor.relocate.explain import Reasons, explain, force_one
from corridor.relocate.information import value_of_information
from corridor.relocate.limits import limit_table
from corridor.relocate.optimize import frontier, optimize
from corridor.relocate.persistence import Persistence, persistence
from corridor.relocate.plan import Plan
from corridor.relocate.problem import Problem, build_problem
from corridor.relocate.reuse import Outcome, resolve
from corridor.relocate.robust import worst

__all__ = [
    "Alternatives",
    "Outcome",
    "Persistence",
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
    "persistence",
    "resolve",
    "value_of_information",
    "worst",
]
