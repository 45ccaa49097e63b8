"""Shocks: losses month by month, with bounds for no adaptation and the best adaptation."""

from corridor.risk.shocks._bracket import bracket
from corridor.risk.shocks._spread import Spread, spread
from corridor.risk.shocks._survival import survival
from corridor.risk.shocks.scenarios import Shock, load_shocks, named

__all__ = [
    "Shock",
    "Spread",
    "bracket",
    "load_shocks",
    "named",
    "spread",
    "survival",
]
