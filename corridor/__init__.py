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
    from corridor.config import Study as Study
    from corridor.config import load_study as load_study
    from corridor.data.checks import coverage as coverage
    from corridor.data.datapackage import write_datapackage as write_datapackage
    from corridor.data.exchange import read_graph as read_graph
    from corridor.data.exchange import write_graph as write_graph
    from corridor.data.graph import build_graph as build_graph
    from corridor.data.graph import to_tables as to_tables
    from corridor.data.tables import Tables as Tables
    from corridor.data.tables import load_tables as load_tables
    from corridor.data.tables import write_tables as write_tables
    from corridor.errors import ConfigError as ConfigError
    from corridor.errors import CorridorError as CorridorError
    from corridor.errors import DataError as DataError
    from corridor.errors import NoPlan as NoPlan
    from corridor.importers.countries.index_imports import read_worldbank as read_worldbank
    from corridor.importers.files.write_into import land as land
    from corridor.importers.supply.eto import read_eto as read_eto
    from corridor.importers.supply.mineral_imports import read_iea as read_iea
    from corridor.importers.supply.mineral_imports import read_usgs as read_usgs
    from corridor.importers.supply.mrio import read_mrio as read_mrio
    from corridor.importers.trade.class_imports import read_dgcis as read_dgcis
    from corridor.importers.trade.national_trade import read_census as read_census
    from corridor.importers.trade.national_trade import read_comext as read_comext
    from corridor.importers.trade.national_trade import read_tradestat as read_tradestat
    from corridor.importers.trade.plain_table import read_table as read_table
    from corridor.importers.trade.world_trade import read_baci as read_baci
    from corridor.importers.trade.world_trade import read_comtrade as read_comtrade
    from corridor.measures import cascade as cascade
    from corridor.measures import concentration as concentration
    from corridor.measures import draw_tables as draw_tables
    from corridor.measures import exposure as exposure
    from corridor.measures import exposure_by_origin as exposure_by_origin
    from corridor.measures import failing_sets as failing_sets
    from corridor.measures import feasibility as feasibility
    from corridor.measures import final_needs as final_needs
    from corridor.measures import headline as headline
    from corridor.measures import keep_statuses as keep_statuses
    from corridor.measures import look_through as look_through
    from corridor.measures import mineral_risk as mineral_risk
    from corridor.measures import paths as paths
    from corridor.measures import shares as shares
    from corridor.measures import stability as stability
    from corridor.measures import uncertainty as uncertainty
    from corridor.pages import explore as explore
    from corridor.registry import measure as measure
    from corridor.registry import study_measures as study_measures
    from corridor.relocation import Plan as Plan
    from corridor.relocation import alternatives as alternatives
    from corridor.relocation import explain as explain
    from corridor.relocation import frontier as frontier
    from corridor.relocation import limit_table as limit_table
    from corridor.relocation import optimize as optimize
    from corridor.relocation import persistence as persistence
    from corridor.relocation import resolve as resolve
    from corridor.relocation import value_of_information as value_of_information
    from corridor.relocation import worst as worst
    from corridor.risk import loss_distribution as loss_distribution
    from corridor.risk import plan_sensitivity as plan_sensitivity
    from corridor.risk import rests_on as rests_on
    from corridor.risk import sensitivity as sensitivity
    from corridor.risk.shocks import bracket as bracket
    from corridor.risk.shocks import load_shocks as load_shocks
    from corridor.risk.shocks import spread as spread
    from corridor.risk.shocks import survival as survival

#: Public name -> module that holds it. Modules load when a name is first used: importing corridor is instant.
_WHERE = {
    "ConfigError": "errors",
    "CorridorError": "errors",
    "DataError": "errors",
    "NoPlan": "errors",
    "Plan": "relocation",
    "Study": "config",
    "Tables": "data.tables",
    "alternatives": "relocation",
    "build_graph": "data.graph",
    "bracket": "risk.shocks",
    "cascade": "measures",
    "concentration": "measures",
    "coverage": "data.checks",
    "draw_tables": "measures",
    "explain": "relocation",
    "explore": "pages",
    "exposure": "measures",
    "exposure_by_origin": "measures",
    "failing_sets": "measures",
    "feasibility": "measures",
    "final_needs": "measures",
    "frontier": "relocation",
    "headline": "measures",
    "keep_statuses": "measures",
    "land": "importers.files.write_into",
    "limit_table": "relocation",
    "load_shocks": "risk.shocks",
    "load_study": "config",
    "load_tables": "data.tables",
    "look_through": "measures",
    "loss_distribution": "risk",
    "measure": "registry",
    "mineral_risk": "measures",
    "optimize": "relocation",
    "paths": "measures",
    "persistence": "relocation",
    "plan_sensitivity": "risk",
    "read_baci": "importers.trade.world_trade",
    "read_census": "importers.trade.national_trade",
    "read_comext": "importers.trade.national_trade",
    "read_comtrade": "importers.trade.world_trade",
    "read_dgcis": "importers.trade.class_imports",
    "read_eto": "importers.supply.eto",
    "read_graph": "data.exchange",
    "read_iea": "importers.supply.mineral_imports",
    "read_mrio": "importers.supply.mrio",
    "read_table": "importers.trade.plain_table",
    "read_tradestat": "importers.trade.national_trade",
    "read_usgs": "importers.supply.mineral_imports",
    "read_worldbank": "importers.countries.index_imports",
    "resolve": "relocation",
    "rests_on": "risk",
    "sensitivity": "risk",
    "shares": "measures",
    "spread": "risk.shocks",
    "stability": "measures",
    "survival": "risk.shocks",
    "study_measures": "registry",
    "to_tables": "data.graph",
    "uncertainty": "measures",
    "value_of_information": "relocation",
    "worst": "relocation",
    "write_datapackage": "data.datapackage",
    "write_graph": "data.exchange",
    "write_tables": "data.tables",
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
