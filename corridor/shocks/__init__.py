"""Shocks: how far failures spread, month by month and through anybody's network of suppliers."""

from corridor.shocks.bracket import bracket
from corridor.shocks.cascade import SupplyNetwork, cascade
from corridor.shocks.components import component_network
from corridor.shocks.scenarios import Shock, load_shocks, named
from corridor.shocks.spread import Spread, spread
from corridor.shocks.survival import survival

__all__ = [
    "Shock",
    "Spread",
    "SupplyNetwork",
    "bracket",
    "cascade",
    "component_network",
    "load_shocks",
    "named",
    "spread",
    "survival",
]
