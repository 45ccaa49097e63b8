"""corridor: what India and the United States depend on, and what moving production to India would change.

>>> import corridor
>>> tables = corridor.load_tables()                          # the bundled data
>>> study = corridor.load_study("default")
>>> corridor.exposure(tables, market="IND").head()           # doctest: +SKIP
>>> plan = corridor.optimize(tables, study)                  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corridor.checks import coverage as coverage
    from corridor.config import Study as Study
    from corridor.config import load_study as load_study
    from corridor.errors import ConfigError as ConfigError
    from corridor.errors import CorridorError as CorridorError
    from corridor.errors import DataError as DataError
    from corridor.errors import NoPlan as NoPlan
    from corridor.exchange import read_graph as read_graph
    from corridor.exchange import write_graph as write_graph
    from corridor.graph import build_graph as build_graph
    from corridor.graph import to_tables as to_tables
    from corridor.kinds import measure as measure
    from corridor.kinds import study_measures as study_measures
    from corridor.measures import concentration as concentration
    from corridor.measures import exposure as exposure
    from corridor.measures import failing_sets as failing_sets
    from corridor.measures import feasibility as feasibility
    from corridor.measures import headline as headline
    from corridor.measures import look_through as look_through
    from corridor.measures import mineral_risk as mineral_risk
    from corridor.measures import paths as paths
    from corridor.measures import shares as shares
    from corridor.measures import stability as stability
    from corridor.relocate import Plan as Plan
    from corridor.relocate import alternatives as alternatives
    from corridor.relocate import explain as explain
    from corridor.relocate import frontier as frontier
    from corridor.relocate import limit_table as limit_table
    from corridor.relocate import optimize as optimize
    from corridor.relocate import resolve as resolve
    from corridor.shocks import cascade as cascade
    from corridor.tables import Tables as Tables
    from corridor.tables import load_tables as load_tables
    from corridor.tables import write_tables as write_tables

__version__ = "0.1.0"

#: Public name -> module that holds it. Modules load when a name is first used: importing corridor is instant.
_WHERE = {
    "ConfigError": "errors",
    "CorridorError": "errors",
    "DataError": "errors",
    "NoPlan": "errors",
    "Plan": "relocate",
    "Study": "config",
    "Tables": "tables",
    "alternatives": "relocate",
    "build_graph": "graph",
    "cascade": "shocks",
    "concentration": "measures",
    "coverage": "checks",
    "explain": "relocate",
    "exposure": "measures",
    "failing_sets": "measures",
    "feasibility": "measures",
    "frontier": "relocate",
    "headline": "measures",
    "limit_table": "relocate",
    "load_study": "config",
    "load_tables": "tables",
    "look_through": "measures",
    "measure": "kinds",
    "mineral_risk": "measures",
    "optimize": "relocate",
    "paths": "measures",
    "read_graph": "exchange",
    "resolve": "relocate",
    "shares": "measures",
    "stability": "measures",
    "study_measures": "kinds",
    "to_tables": "graph",
    "write_graph": "exchange",
    "write_tables": "tables",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'corridor' has no attribute '{name}'")
    value = getattr(import_module(f"corridor.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
