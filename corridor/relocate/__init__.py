"""Relocation: which production to which site in India, when, within limits."""

from corridor.relocate.optimize import frontier, optimize
from corridor.relocate.plan import Plan
from corridor.relocate.problem import Problem, build_problem

__all__ = ["Plan", "Problem", "build_problem", "frontier", "optimize"]
