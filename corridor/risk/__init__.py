"""Risk: the distribution of losses, sensitivity of headline results, and the status of the figures behind them."""

from corridor.risk._plan_sensitivity import plan_sensitivity
from corridor.risk._rests_on import rests_on
from corridor.risk._sensitivity import Sensitivity, in_words, sensitivity
from corridor.risk._tornado import tornado
from corridor.risk.distribution import LossDistribution, loss_distribution
from corridor.risk.indices import morris_effects, sobol_indices

__all__ = [
    "LossDistribution",
    "Sensitivity",
    "in_words",
    "loss_distribution",
    "morris_effects",
    "plan_sensitivity",
    "rests_on",
    "sensitivity",
    "sobol_indices",
    "tornado",
]
