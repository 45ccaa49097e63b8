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

from corridor.version import __version__ as __version__

if TYPE_CHECKING:
    from corridor.checks import coverage as coverage
    from corridor.config import Study as Study
    from corridor.config import load_study as load_study
    from corridor.datapackage import write_datapackage as write_datapackage
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
    from corridor.maps import explore as explore
    from corridor.measures import concentration as concentration
    from corridor.measures import draw_tables as draw_tables
    from corridor.measures import exposure as exposure
    from corridor.measures import exposure_by_origin as exposure_by_origin
    from corridor.measures import failing_sets as failing_sets
    from corridor.measures import feasibility as feasibility
    from corridor.measures import headline as headline
    from corridor.measures import keep_statuses as keep_statuses
    from corridor.measures import look_through as look_through
    from corridor.measures import mineral_risk as mineral_risk
    from corridor.measures import paths as paths
    from corridor.measures import shares as shares
    from corridor.measures import stability as stability
    from corridor.measures import uncertainty as uncertainty
    from corridor.relocate import Plan as Plan
    from corridor.relocate import alternatives as alternatives
    from corridor.relocate import explain as explain
    from corridor.relocate import frontier as frontier
    from corridor.relocate import limit_table as limit_table
    from corridor.relocate import optimize as optimize
    from corridor.relocate import persistence as persistence
    from corridor.relocate import resolve as resolve
    from corridor.relocate import value_of_information as value_of_information
    from corridor.relocate import worst as worst
    from corridor.risk import loss_distribution as loss_distribution
    from corridor.risk import plan_sensitivity as plan_sensitivity
    from corridor.risk import rests_on as rests_on
    from corridor.risk import sensitivity as sensitivity
    from corridor.shocks import bracket as bracket
    from corridor.shocks import cascade as cascade
    from corridor.shocks import load_shocks as load_shocks
    from corridor.shocks import spread as spread
    from corridor.shocks import survival as survival
    from corridor.sources.class_imports import read_dgcis as read_dgcis
    from corridor.sources.eto import read_eto as read_eto
    from corridor.sources.index_imports import read_worldbank as read_worldbank
    from corridor.sources.landing import land as land
    from corridor.sources.mineral_imports import read_iea as read_iea
    from corridor.sources.mineral_imports import read_usgs as read_usgs
    from corridor.sources.mrio import read_mrio as read_mrio
    from corridor.sources.national_trade import read_census as read_census
    from corridor.sources.national_trade import read_comext as read_comext
    from corridor.sources.national_trade import read_tradestat as read_tradestat
    from corridor.sources.plain_table import read_table as read_table
    from corridor.sources.world_trade import read_baci as read_baci
    from corridor.sources.world_trade import read_comtrade as read_comtrade
    from corridor.tables import Tables as Tables
    from corridor.tables import load_tables as load_tables
    from corridor.tables import write_tables as write_tables

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
    "bracket": "shocks",
    "cascade": "shocks",
    "concentration": "measures",
    "coverage": "checks",
    "draw_tables": "measures",
    "explain": "relocate",
    "explore": "maps",
    "exposure": "measures",
    "exposure_by_origin": "measures",
    "failing_sets": "measures",
    "feasibility": "measures",
    "frontier": "relocate",
    "headline": "measures",
    "keep_statuses": "measures",
    "land": "sources.landing",
    "limit_table": "relocate",
    "load_shocks": "shocks",
    "load_study": "config",
    "load_tables": "tables",
    "look_through": "measures",
    "loss_distribution": "risk",
    "measure": "kinds",
    "mineral_risk": "measures",
    "optimize": "relocate",
    "paths": "measures",
    "persistence": "relocate",
    "plan_sensitivity": "risk",
    "read_baci": "sources.world_trade",
    "read_census": "sources.national_trade",
    "read_comext": "sources.national_trade",
    "read_comtrade": "sources.world_trade",
    "read_dgcis": "sources.class_imports",
    "read_eto": "sources.eto",
    "read_graph": "exchange",
    "read_iea": "sources.mineral_imports",
    "read_mrio": "sources.mrio",
    "read_table": "sources.plain_table",
    "read_tradestat": "sources.national_trade",
    "read_usgs": "sources.mineral_imports",
    "read_worldbank": "sources.index_imports",
    "resolve": "relocate",
    "rests_on": "risk",
    "sensitivity": "risk",
    "shares": "measures",
    "spread": "shocks",
    "stability": "measures",
    "survival": "shocks",
    "study_measures": "kinds",
    "to_tables": "graph",
    "uncertainty": "measures",
    "value_of_information": "relocate",
    "worst": "relocate",
    "write_datapackage": "datapackage",
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
