"""Measures on tables: who supplies whom, and how much of it rests on a target group of countries."""

from corridor.measures.bill import bill
from corridor.measures.exposure import deliveries, exposure, stop
from corridor.measures.headline import headline
from corridor.measures.look_through import extraction, look_through, sales_exposure
from corridor.measures.network import Network
from corridor.measures.sourcing import shares, world_shares

__all__ = [
    "Network",
    "bill",
    "deliveries",
    "exposure",
    "extraction",
    "headline",
    "look_through",
    "sales_exposure",
    "shares",
    "stop",
    "world_shares",
]
