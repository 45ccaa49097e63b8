"""Checks of rows and tables: of all tables, of the chain of recipes, of limits and levers."""

from corridor.data.checks.rules import CHECKS, check_all, coverage

__all__ = ["CHECKS", "check_all", "coverage"]
