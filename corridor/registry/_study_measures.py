"""The small set of measures that a study's results and pages show."""

from __future__ import annotations

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures import exposure_by_tier, paths
from corridor.registry.catalog import measure
from corridor.registry.exposures import dearest

#: Kinds in the results of a study.
IN_RESULTS = (
    "concentration",
    "dependence",
    "stability",
    "feasibility",
    "minerals",
    "chokepoints",
    "stops",
    "country-stops",
    "percolation",
)
_PATHS_OF = 25


def study_measures(tables: Tables, study: Study) -> dict[str, pd.DataFrame]:
    """What a study's results show beside exposure and plans.

    Parameters
    ----------
    tables
        Tables of the study.
    study
        Its markets and target.

    Returns
    -------
    dict of pandas.DataFrame
        By name: the kinds of ``IN_RESULTS`` (``-`` written ``_``), ``tiers`` (one row per market, component and
        tier), ``paths`` (of the 25 components of each market with most value resting on the target). A measure
        whose tables are not there for the study (no trade of a market, say) is left out.
    """
    out = {"tiers": exposure_by_tier(tables, list(study.markets), study.target)}
    chains = [
        paths(tables, dearest(tables, market, study.target, _PATHS_OF), market, study.target)
        for market in study.markets
    ]
    out["paths"] = pd.concat(chains, ignore_index=True)
    for name in IN_RESULTS:
        try:
            out[name.replace("-", "_")] = measure(tables, study, name)
        except ConfigError:  # raised where the tables lack what this measure needs
            continue
    return out
