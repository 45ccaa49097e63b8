"""Check that sums of trade are plausible in the unit assumed for them."""

from __future__ import annotations

import pandas as pd

from corridor.errors import DataError, Fault

__all__ = ["check_least", "check_most"]

_LARGEST_USD_M = 8e6
"""More than any country imports in a year (the largest imports, of the United States, are half of this)."""
_LEAST_USD_M = {"IND": 10_000.0, "USA": 10_000.0}
"""Less than these countries have imported in any year since 1988."""
_MANY = 100
_SHOWN = 12


def check_most(rows: pd.DataFrame, key: str) -> None:
    """Raise DataError if a country imports more than US$ 8 trillion in a year: the unit must be wrong."""
    worth = rows.groupby(["importer", "year"], observed=True)["usd_m"].sum()
    _other_unit(worth[worth > _LARGEST_USD_M], f"less than {_LARGEST_USD_M:,.0f}", key)


def check_least(rows: pd.DataFrame, key: str) -> None:
    """Raise DataError if India or the United States import less than US$ 10 billion from 100 countries or more."""
    by = rows.groupby(["importer", "year"], observed=True)
    worth = by["usd_m"].sum()[by["exporter"].nunique() >= _MANY]
    least = worth.index.get_level_values("importer").astype("str").map(_LEAST_USD_M)
    _other_unit(worth[(worth < least.astype(float)).to_numpy()], "at least 10,000", key)


def _other_unit(worth: pd.Series, wanted: str, key: str) -> None:
    faults = [
        Fault(
            key,
            "",
            "value",
            f"US$ {value:,.1f} million of imports by {importer} in {year}",
            f"{wanted}: the values seem to be in another unit",
            "give the unit with --unit (US$ in one unit of the file)",
        )
        for importer, year, value in worth.head(_SHOWN).reset_index().to_numpy().tolist()
    ]
    if faults:
        raise DataError(faults)
