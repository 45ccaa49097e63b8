"""Shocks that spread through networks of suppliers."""

from corridor.shocks.cascade import SupplyNetwork, cascade
from corridor.shocks.components import component_network

__all__ = ["SupplyNetwork", "cascade", "component_network"]
