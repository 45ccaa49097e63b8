"""IEA Critical Minerals Dataset: mining and refining by country -> supply rows (base year only).

One raw row is a mineral, a stage, a country and a year. The base year is reported; later years are projections of
IEA's base case and are never used. Mining and refined copper are left to the USGS, which names more
countries; what is used is listed in `iea_series.csv`.

Source: International Energy Agency, Critical Minerals Dataset (base year 2024).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.errors import DataError, Fault
from corridor.importers.files.rows import beside, lay_out, need_columns

__all__ = ["BASE_YEAR", "FILE", "SOURCE", "read", "series", "supply_rows"]

FILE = "supply/transcribed/iea_supply_by_country.csv"
SOURCE = "iea-critical-minerals-2024"
BASE_YEAR = 2024


def read(path: Path) -> pd.DataFrame:
    """Read the table of supply by country.

    Parameters
    ----------
    path : Path
        `iea_supply_by_country.csv`.

    Returns
    -------
    DataFrame
        mineral, stage (mining or refining), country (iso3; ROW for the rest of the world), year, kt (thousand t of
        contained metal), share (of the world, fraction). All years, projections included.

    Raises
    ------
    DataError
        A column is missing or a country is not known.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["mineral", "stage", "country", "year", "kt", "share"], path)
    raw["country"] = iso3(raw["country"])
    return raw[["mineral", "stage", "country", "year", "kt", "share"]]


def series() -> pd.DataFrame:
    """Which mineral and stage covers which component.

    Returns
    -------
    DataFrame
        component, mineral, stage, factor (t of the component per thousand t published), basis (quantity, or share
        if the mineral's figure is used for several of our components), note.
    """
    table = beside(__file__, "iea_series.csv")
    return table.assign(factor=pd.to_numeric(table["factor"]))


def supply_rows(
    raw: pd.DataFrame, series: pd.DataFrame, *, base_year: int = BASE_YEAR, source: str = SOURCE
) -> pd.DataFrame:
    """Supply by country in the base year.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    series : DataFrame
        As `series` returns it, or some of its rows.
    base_year : int
        Last year of the edition that is not a projection.
    source : str
        Key of the edition in `sources`.

    Returns
    -------
    DataFrame
        Columns of the table `supply`. Basis quantity: t a year, status reported. Basis share: the mineral's share,
        status computed, because it is applied to one of the mineral's chemicals. Rows of zero are left out.

    Raises
    ------
    DataError
        Lists every series without rows in the base year.
    """
    base = raw[raw["year"] == base_year]
    faults: list[Fault] = []
    frames: list[pd.DataFrame] = []
    for _, row in series.iterrows():
        found = base[(base["mineral"] == row["mineral"]) & (base["stage"] == row["stage"])]
        if found.empty:
            faults.append(
                Fault(
                    table=source,
                    row=str(row["component"]),
                    column="mineral",
                    found=f"no {row['mineral']}, {row['stage']} in {base_year}",
                    wanted="rows of the base year",
                    fix="correct corridor/importers/supply/iea_series.csv",
                )
            )
            continue
        found = found[found["kt"] > 0]
        by_weight = row["basis"] == "quantity"
        frames.append(
            pd.DataFrame(
                {
                    "component": row["component"],
                    "country": found["country"],
                    "quantity": (found["kt"] * row["factor"]).round(6) if by_weight else float("nan"),
                    "share": float("nan") if by_weight else (found["kt"] / found["kt"].sum()).round(6),
                    "status": "reported" if by_weight else "computed",
                    "source": source,
                    "year": base_year,
                    "note": row["note"] + ("" if by_weight else "; the mineral's share stands for this chemical"),
                }
            )
        )
    if faults:
        raise DataError(faults)
    return lay_out(pd.concat(frames, ignore_index=True), "supply")
