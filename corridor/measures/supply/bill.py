"""The bill of materials in value terms: share of each input in a component's price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.checks.chain import value_shares
from corridor.data.names import STATUSES
from corridor.data.tables import Tables


def status_rank(status: pd.Series) -> np.ndarray:
    """Rank of each status by how well a figure is known, 0 (reported) to 3 (assumed); shape as `status`."""
    return pd.Categorical(status, categories=list(STATUSES)).codes.astype(np.int64)


def bill(tables: Tables) -> pd.DataFrame:
    """Recipes with purpose run, with each input as a share of the output's price.

    A recipe row states either a quantity (unit of input per unit of output, with a yield) or a value share;
    here quantities become value shares: ``value_share = quantity / yield * price[input] / price[output]``.

    Parameters
    ----------
    tables
        Needs ``components`` and ``recipes``.

    Returns
    -------
    pandas.DataFrame
        One row per (output, route, input), sorted, with ``value_share`` (US$ of input per US$ of output),
        ``route_share`` (fraction of world output made by this route), ``essential`` and ``status``.
    """
    recipes = tables.recipes.assign(worth=value_shares(tables))
    running = recipes[recipes["purpose"] == "run"]
    frame = running[["output", "route", "input"]].assign(
        value_share=running["worth"],
        route_share=running["route_share"].astype(float),
        essential=running["essential"].astype(bool),
        status=running["status"],
    )
    return frame.sort_values(["output", "route", "input"], ignore_index=True)
