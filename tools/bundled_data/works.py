"""Shared by all importers of plants: suppliers and what they make, as our tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from corridor.data.list_cells import list_column
from corridor.importers.files.rows import lay_out

__all__ = ["Works", "join_works", "spread_components"]


@dataclass(frozen=True)
class Works:
    """Plants of one source.

    Attributes
    ----------
    suppliers : DataFrame
        Columns of the table `suppliers`, one row per plant.
    makes : DataFrame
        Columns of the table `makes`, one row per plant and component; only of known components.
    """

    suppliers: pd.DataFrame
    makes: pd.DataFrame


def spread_components(rows: pd.DataFrame, known: Iterable[str]) -> pd.DataFrame:
    """One row per plant and component from a column `components` ("a;b"); unknown components are left out."""
    long = rows.assign(component=list_column(rows["components"])).explode("component")
    long = long[long["component"].isin(set(known))]
    return long.drop_duplicates(["supplier", "component"])


def join_works(sources: Iterable[Works]) -> Works:
    """Concatenate the plants of several sources; ids must be unique across them."""
    listed = list(sources)
    suppliers = pd.concat([source.suppliers for source in listed], ignore_index=True)
    makes = pd.concat([source.makes for source in listed], ignore_index=True)
    return Works(lay_out(suppliers, "suppliers"), lay_out(makes, "makes"))
