"""What plans avert on average, by market and sector, and what a dollar of them buys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.relocation.result.plan import Plan


def expected_losses(study: Study, losses: pd.DataFrame) -> pd.DataFrame:
    """Expected loss by market and sector, without and with a plan.

    ``E[m,s] = sum over windows w of probability[w] discount[year of w] loss[w,m,s]``

    Parameters
    ----------
    study
        Windows, first year and discount rate.
    losses
        :attr:`Plan.losses`.

    Returns
    -------
    pandas.DataFrame
        ``market, sector, expected_before_usd_m, expected_after_usd_m``: US$ million, discounted to the first year,
        not weighted by market. Times the weights of the markets they add up to the expected loss of the plan's
        summary.
    """
    weight = {
        denial.name: denial.probability * (1.0 + study.discount_rate) ** -(denial.start - study.first_year)
        for denial in study.denials
    }
    factor = losses["scenario"].map(weight).astype(float)
    amounts = losses[["loss_before_usd_m", "loss_after_usd_m"]].mul(factor, axis=0)
    amounts.columns = pd.Index(["expected_before_usd_m", "expected_after_usd_m"])
    return (
        pd.concat([losses[["market", "sector"]], amounts], axis=1)
        .groupby(["market", "sector"])
        .sum()
        .reset_index()
    )


def dollar_buys(plans: Sequence[Plan]) -> pd.DataFrame:
    """What plans avert for what they cost, and what the next dollar averts.

    Parameters
    ----------
    plans
        Plans of one study with several budgets.

    Returns
    -------
    pandas.DataFrame
        A row per plan by rising cost: ``budget_usd_m, cost_usd_m, averted_usd_m`` (expected loss, weighted by
        market, discounted), ``per_dollar`` (their ratio, missing without cost) and ``next_dollar``: the slope,
        after the plan, of the least concave curve above no plan and all plans; missing after the last. A search
        that is better for one budget than for the next so leaves no dent.
    """
    cost, before, after = (
        np.array([float(plan.summary[name]) for plan in plans], dtype=float)
        for name in ("cost_usd_m", "expected_loss_before_usd_m", "expected_loss_after_usd_m")
    )
    rows = pd.DataFrame(
        {
            "budget_usd_m": [plan.budget_usd_m for plan in plans],
            "cost_usd_m": cost,
            "averted_usd_m": before - after,
            "per_dollar": np.divide(before - after, cost, out=np.full(len(cost), np.nan), where=cost > 0),
        }
    ).sort_values(["cost_usd_m", "budget_usd_m"], ignore_index=True)
    corners = _corners(rows)
    slopes = []
    for spent in rows["cost_usd_m"]:
        after_it = next((k for k in range(1, len(corners)) if corners[k][0] > spent), None)
        slopes.append(math.nan if after_it is None else _slope(corners[after_it - 1], corners[after_it]))
    return rows.assign(next_dollar=slopes)


def break_even(plans: Sequence[Plan]) -> float:
    """Cost, US$ million, up to which the next dollar averts at least a dollar of expected loss.

    It is one of the plans' costs: 0 if not even the first dollar does (or none is spent), infinite if the last one
    still does.
    """
    corners = _corners(dollar_buys(plans))
    paying = [right[0] for left, right in pairwise(corners) if _slope(left, right) >= 1.0]
    if paying and len(paying) == len(corners) - 1:
        return math.inf
    return max(paying, default=0.0)


def _corners(rows: pd.DataFrame) -> list[tuple[float, float]]:
    """Corners (cost, averted) of the least concave curve above no plan and the plans."""
    points = sorted({(0.0, 0.0), *zip(rows["cost_usd_m"], rows["averted_usd_m"], strict=True)})
    found: list[tuple[float, float]] = []
    for point in points:
        if found and point[0] <= found[-1][0]:
            found.pop()  # the same cost: the points are sorted, this one averts more
        while len(found) > 1 and _slope(found[-2], found[-1]) <= _slope(found[-1], point):
            found.pop()
        found.append(point)
    return found


def _slope(left: tuple[float, float], right: tuple[float, float]) -> float:
    return (right[1] - left[1]) / (right[0] - left[0])
