"""A study with all its sites as one: smaller by nine columns of ten, and never dearer than the true one."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from corridor.relocate.formulate import open_options
from corridor.relocate.limit_rows import kept_use
from corridor.relocate.options import RESOURCES
from corridor.relocate.problem import Problem

#: The one site, and where the plants stand that are kept: what these use is taken off beforehand.
_EVERYWHERE, _STANDING = "all sites", "standing"


def pool_sites(problem: Problem) -> Problem:
    """The same choices with one site, which has what all sites have together.

    Every plan of the study is one of this: each technology has its least use of each resource and its least
    surcharge over the sites that it may go to, limits of single sites and states are left out, and facilities cost
    nothing. So a bound for this is a bound for the study.

    Returns
    -------
    Problem
        Its ``options`` have a row per technology, and ``most``: how many sites it may go to.
    """
    options = problem.options[open_options(problem)]
    least = options.groupby("tech", as_index=False)[["surcharge", "capex_net", *RESOURCES]].min()
    names = options.groupby("tech", as_index=False)[
        ["technology", "component", "sector", "capacity", "made"]
    ].first()
    count = options.groupby("tech").size()
    pooled = names.merge(least, on="tech").assign(site=_EVERYWHERE, state=None)
    pooled["most"] = pooled["tech"].map(count).astype(float)
    study = problem.study
    return replace(
        problem,
        study=study.model_copy(
            update={
                "force": tuple(choice.model_copy(update={"site": None}) for choice in study.force),
                "forbid": tuple(choice for choice in study.forbid if choice.site is None),
            }
        ),
        limits=_limits(problem),
        options=pooled,
        kept=problem.kept.assign(site=_STANDING),
        facilities=problem.facilities.iloc[:0],
        uses=problem.uses.iloc[:0],
    )


def _limits(problem: Problem) -> pd.DataFrame:
    """Limits of the whole, and for each resource what all sites have left of it."""
    limits = problem.limits
    left = limits["amount"] - kept_use(problem)
    local = limits["site"].notna() | limits["state"].notna()
    plain = limits[["sectors", "state", "component", "technology"]].isna().all(axis=1)
    of_site = limits["limit"].isin(list(RESOURCES)) & limits["site"].notna() & plain
    of_site &= limits["sense"] == "at most"
    sites = limits[of_site].assign(amount=left[of_site]).groupby(["limit", "site"])["amount"].min()
    total = sites.groupby("limit").sum()
    one = limits[of_site].drop_duplicates("limit")
    one = one.assign(amount=one["limit"].map(total), site=_EVERYWHERE, name=one["limit"] + " of all sites")
    return pd.concat([limits[~local & (limits["limit"] != "site_share")], one], ignore_index=True)
