"""Shortage and loss of each component in each window of the study, without and with a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.relocation.model.windows import withheld
from corridor.risk.shocks import spread

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

_KEYS = ["scenario", "component"]


def window_rows(tables: Tables, study: Study, plan: Plan | None) -> pd.DataFrame:
    """Shortages of each component in each window, month by month through the bill of materials.

    Parameters
    ----------
    tables, study
        Tables, and the denials of the study.
    plan
        Plan whose plants, second sources and stocks count in the columns ``_after``.

    Returns
    -------
    pandas.DataFrame
        ``scenario, component``; ``cut`` (largest fraction that an origin withholds of the component itself);
        ``first_before`` (month in which not all of India's needs for it are met, its makers' included; missing:
        never); ``loss_before`` (US$ million of final needs for it unmet in all markets, times the loss ratio);
        the same ``_after``, missing without a plan. Rows without any effect are left out; the greatest loss
        first within a component.

    Raises
    ------
    ConfigError
        If the plan names what the tables do not have.
    """
    found = _cuts(tables, study).join(_shortages(tables, study, None).add_suffix("_before"), how="outer")
    if plan is None:
        found = found.assign(first_after=np.nan, loss_after=np.nan)
    else:
        found = found.join(_shortages(tables, study, plan).add_suffix("_after"))
        found["loss_after"] = found["loss_after"].fillna(0.0)
    amounts = ["cut", "loss_before"]
    found[amounts] = found[amounts].fillna(0.0)
    order = ["component", "loss_before", "first_before", "cut", "scenario"]
    falls = [True, False, True, False, True]
    return found.reset_index().sort_values(order, ascending=falls, ignore_index=True)


def _cuts(tables: Tables, study: Study) -> pd.DataFrame:
    """Largest fraction withheld of each component in each window, by (scenario, component)."""
    from corridor.measures import Network

    network = Network.of(tables)
    origin = {name: position for position, name in enumerate(network.origins)}
    shape = (len(study.denials), len(network.components), len(network.origins))
    cut = withheld(tables, study, origin, study.denials, shape).max(axis=2, initial=0.0)
    window, component = np.nonzero(cut)
    names = np.array([denial.name for denial in study.denials], dtype=object)
    keys = pd.MultiIndex.from_arrays([names[window], network.components[component]], names=_KEYS)
    return pd.DataFrame({"cut": cut[window, component]}, index=keys)


def _shortages(tables: Tables, study: Study, plan: Plan | None) -> pd.DataFrame:
    """``first, loss`` by (scenario, component)."""
    found = spread(tables, study, plan)
    first = found.first_shortage.set_index(_KEYS)["month"]
    return pd.concat({"first": first, "loss": found.months.groupby(_KEYS)["loss_usd_m"].sum()}, axis=1)
