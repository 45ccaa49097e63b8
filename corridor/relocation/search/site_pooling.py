"""A study with nearly all sites as one: 70 % fewer columns, and never more expensive than the study itself."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from corridor.data.names import RESOURCES
from corridor.relocation.model.formulate import open_options, site_share
from corridor.relocation.model.problem import Problem

#: Technologies that take more than this share of every site open to them keep their sites: few sites hold them.
_BULKY = 0.1
_ANYWHERE = "any site"


def pool_sites(problem: Problem) -> Problem:
    """The problem with a single site for all plants that are small compared with their sites.

    Every plan of the study is also a plan of this problem: a small technology has its least use of each resource
    and its least surcharge over the sites that it may go to, limits of states and the largest share at one site
    are left out, and facilities cost nothing. So a bound for this is a bound for the study. Each site's limits
    apply to the plants that are not small, the sum of all sites' limits to all plants.

    Returns
    -------
    Problem
        Its ``options`` have a row per small technology, and ``most``: how many sites it may go to.
    """
    options = problem.options.assign(share=site_share(problem), most=1.0)[open_options(problem)]
    small = options.groupby("tech")["share"].transform("min") <= _BULKY
    group = options[small].groupby("tech", as_index=False)
    least = group[["surcharge", "capex_net", *RESOURCES]].min()
    pooled = group[["technology", "component", "sector", "capacity", "made"]].first().merge(least, on="tech")
    pooled = pooled.assign(site=_ANYWHERE, state=None, most=group.size()["size"].to_numpy(float))
    study = problem.study
    return replace(
        problem,
        study=study.model_copy(
            update={
                "force": tuple(choice.model_copy(update={"site": None}) for choice in study.force),
                "forbid": tuple(choice for choice in study.forbid if choice.site is None),
            }
        ),
        limits=_limits(problem.limits),
        options=pd.concat([pooled, options[~small]], ignore_index=True)[[*pooled.columns]],
        facilities=problem.facilities.iloc[:0],
        uses=problem.uses.iloc[:0],
    )


def _limits(limits: pd.DataFrame) -> pd.DataFrame:
    """Limits of the full study, of each site's resources, and of the resources of all sites together."""
    plain = limits[["sectors", "state", "component", "technology"]].isna().all(axis=1)
    of_site = limits["limit"].isin(list(RESOURCES)) & limits["site"].notna() & plain
    of_site &= limits["sense"] == "at most"
    overall = limits["site"].isna() & limits["state"].isna() & (limits["limit"] != "site_share")
    total = limits[of_site].groupby(["limit", "site"])["amount"].min().groupby("limit").sum()
    one = limits[of_site].drop_duplicates("limit")
    one = one.assign(amount=one["limit"].map(total), site=None, name=one["limit"] + " of all sites")
    return pd.concat([limits[overall | of_site], one], ignore_index=True)
