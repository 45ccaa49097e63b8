"""Upper and lower bound of the loss of a denial: without adaptation, and with the best adaptation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.relocation import Plan, build_problem
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.result.decision import nothing
from corridor.relocation.result.value import Recourse
from corridor.risk.shocks._spread import spread


def bracket(tables: Tables, study: Study, plan: Plan | None = None, *, delay_months: float = 1.0) -> pd.DataFrame:
    """Loss of each denial without adaptation, month by month, and with the best adaptation.

    The first is the cascade: no stocks, no spare capacity, no substitution, no plan. The last is the linear
    program of the window, which has perfect foresight. ``cascade >= month by month >= best`` always holds for the
    loss with markets weighted as in the study; the best adaptation may favour one market over another, so ``month
    by month >= best`` may not hold for a single market.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives denials and settings.
    plan
        A plan, included month by month and with the best adaptation.
    delay_months
        As in :func:`spread`.

    Returns
    -------
    pandas.DataFrame
        ``scenario, market`` (``all``: weighted as in the study), ``cascade_usd_m, months_usd_m, best_usd_m``, not
        discounted; a row for each denial and market, and ``all``.
    """
    problem = build_problem(tables, study)
    decision = nothing(problem) if plan is None else decision_from_plan(problem, plan)
    best = Recourse(problem, sold=False).losses(decision).groupby(["scenario", "market"])["loss_usd_m"].sum()
    losses = {
        "cascade_usd_m": _by_market(spread(tables, study, adapt=False).losses()),
        "months_usd_m": _by_market(spread(tables, study, plan, delay_months=delay_months).losses()),
        "best_usd_m": best,
    }
    names = [denial.name for denial in study.denials]
    index = pd.MultiIndex.from_product([names, list(study.markets)], names=["scenario", "market"])
    out = pd.DataFrame({name: series.reindex(index) for name, series in losses.items()}).fillna(0.0)
    weight = np.array([study.markets[market] for market in index.get_level_values("market")])
    weighted = out.mul(weight, axis=0).groupby(level="scenario", sort=False).sum()
    weighted.index = pd.MultiIndex.from_product([weighted.index, ["all"]], names=["scenario", "market"])
    order = pd.MultiIndex.from_product([names, ["all", *study.markets]], names=["scenario", "market"])
    return pd.concat([out, weighted]).reindex(order).reset_index()


def _by_market(losses: pd.DataFrame) -> pd.Series:
    return losses.set_index(["scenario", "market"])["loss_usd_m"]
