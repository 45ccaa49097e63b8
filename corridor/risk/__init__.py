"""Risk: the distribution of losses, what headline results depend on, and what they rest on."""

from corridor.risk.distribution import LossDistribution, loss_distribution

__all__ = ["LossDistribution", "loss_distribution"]
