"""Relocation: which production to which site in India, when, within limits."""

from corridor.relocation.analysis.alternatives import Alternatives, alternatives
from corridor.relocation.analysis.explain import Reasons, explain, force_one
from corridor.relocation.analysis.information import value_of_information
from corridor.relocation.analysis.persistence import Persistence, persistence
from corridor.relocation.analysis.reevaluate import Outcome, resolve
from corridor.relocation.analysis.robust import worst
from corridor.relocation.model.limits import limit_table
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.plan import Plan
from corridor.relocation.search.optimize import frontier, optimize

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
