"""What a results folder must hold, computed again from its tables, its study and its plans' decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.relocation import Plan
from corridor.runs.results import PLAN_TABLES, budget_name, frontier_table

#: What of a plan only a search could tell: keys of its summary, columns of its tables.
SEARCHED: dict[str, tuple[str, ...]] = {
    "summary": ("bound", "status", "solver", "stopped_after_s"),
    "limits": ("price_usd_m",),
}


def measures(tables: Tables, study: Study, has_measures: bool) -> Iterator[tuple[str, pd.DataFrame]]:
    """Name without suffix and content of each table of measures."""
    from corridor.measures import exposure, shares
    from corridor.registry import study_measures

    markets = list(study.markets)
    yield "exposure", exposure(tables, markets, study.target)
    yield "shares", pd.concat([shares(tables, market) for market in markets], ignore_index=True)
    if has_measures:
        for name, frame in study_measures(tables, study).items():
            yield f"measures/{name}", frame


def budget_of(folder: Path, study: Study) -> float:
    """Budget of a plan by the name of its folder."""
    known = {budget_name(budget): budget for budget in (*study.budgets_usd_m, study.budget_usd_m)}
    return known.get(folder.name, float(folder.name))


def stored_plan(
    folder: Path, study: Study, read: Callable[[Path], pd.DataFrame], summary: Mapping[str, Any]
) -> Plan:
    """The plan of a folder as it is there."""
    none = pd.DataFrame()
    frames = {name: read(folder / f"{name}.csv") for name in PLAN_TABLES}
    return Plan(study.name, budget_of(folder, study), dict(summary), sourcing=none, **frames)


def frontier_of(plans: list[Plan]) -> pd.DataFrame:
    """The table of the frontier, from the plans beside it."""
    return frontier_table(sorted(plans, key=lambda plan: plan.budget_usd_m))


def per_dollar_of(study: Study, plans: list[Plan]) -> pd.DataFrame:
    """What a dollar averts by market, from the plans beside it."""
    from corridor.relocation.result.by_market import per_dollar

    return per_dollar(study, sorted(plans, key=lambda plan: plan.budget_usd_m))
