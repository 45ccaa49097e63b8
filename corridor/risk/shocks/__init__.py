"""Shocks: how far failures spread, month by month, between no adaptation and the best."""

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
