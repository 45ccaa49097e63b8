"""Shocks that spread through networks of suppliers."""

from corridor.shocks.cascade import SupplyNetwork, cascade

__all__ = ["SupplyNetwork", "cascade"]
