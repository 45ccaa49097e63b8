"""The measures that a study's results and pages show."""

from __future__ import annotations

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures import exposure_by_tier, paths
from corridor.registry.catalog import measure
from corridor.registry.exposures import most_exposed

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
    """Measures shown in a study's results beside exposure and plans.

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
        tier), ``paths`` (of the 25 components of each market with the most value that depends on the target). A
        measure whose data are missing for the study (such as trade of a market) is left out.
    """
    out = {"tiers": exposure_by_tier(tables, list(study.markets), study.target)}
    chains = [
        paths(tables, most_exposed(tables, market, study.target, _PATHS_OF), market, study.target)
        for market in study.markets
    ]
    out["paths"] = pd.concat(chains, ignore_index=True)
    for name in IN_RESULTS:
        try:
            out[name.replace("-", "_")] = measure(tables, study, name)
        except ConfigError:  # raised if the tables lack what this measure needs
            continue
    return out
