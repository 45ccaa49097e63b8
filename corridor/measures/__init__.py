"""Measures on tables: who supplies whom, and how much of it rests on a target group of countries."""

from corridor.measures.bill import bill
from corridor.measures.chokepoints import fewest_failures, pass_through
from corridor.measures.exposure import deliveries, exposure, stop
from corridor.measures.headline import headline
from corridor.measures.look_through import extraction, look_through, sales_exposure
from corridor.measures.network import Network
from corridor.measures.paths import exposure_by_tier, paths
from corridor.measures.removals import percolation, stop_losses
from corridor.measures.sourcing import shares, world_shares

__all__ = [
    "Network",
    "bill",
    "deliveries",
    "exposure",
    "exposure_by_tier",
    "extraction",
    "fewest_failures",
    "headline",
    "look_through",
    "pass_through",
    "paths",
    "percolation",
    "sales_exposure",
    "shares",
    "stop",
    "stop_losses",
    "world_shares",
]
