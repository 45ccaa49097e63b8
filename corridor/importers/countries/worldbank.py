"""World Bank indices (governance, logistics), names, regions and points -> table of countries."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3, known_countries
from corridor.data.names import EU_MEMBERS
from corridor.importers.files.rows import lay_out, need_columns

__all__ = [
    "ESTIMATES",
    "GOVERNANCE_FILE",
    "LOGISTICS_FILE",
    "SOURCE_GOVERNANCE",
    "SOURCE_LOGISTICS",
    "countries",
    "governance",
    "latest_governance",
    "latest_logistics",
    "logistics",
]

GOVERNANCE_FILE = "indicators/wgidataset.csv"
LOGISTICS_FILE = "indicators/lpi_merged_2012_2023.csv"
SOURCE_GOVERNANCE = "wb-wgi"
SOURCE_LOGISTICS = "wb-lpi"
SOURCE_OUTLINES = "natural-earth"

# voice and accountability, political stability, government effectiveness, regulatory quality, rule of law,
# control of corruption: the columns that hold the estimates
ESTIMATES = ["vae", "pve", "gee", "rqe", "rle", "cce"]


def governance(path: Path) -> pd.DataFrame:
    """Mean of the six Worldwide Governance Indicators, latest year that has all six.

    Parameters
    ----------
    path : Path
        `wgidataset.csv`: one row per country and year.

    Returns
    -------
    DataFrame
        iso3, governance (-2.5 weak to 2.5 strong), year.

    Raises
    ------
    DataError
        A column is missing or a country is not known.

    Notes
    -----
    Kaufmann, Kraay & Mastruzzi, "The Worldwide Governance Indicators: Methodology and Analytical Issues"
    (2010) publish six indicators; their plain mean is ours.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["countryname", "year", *ESTIMATES], path)
    return latest_governance(raw)


def latest_governance(raw: pd.DataFrame) -> pd.DataFrame:
    """Mean of the six indicators, latest year that has all six, from rows as `governance` reads them.

    Parameters
    ----------
    raw : DataFrame
        countryname (name or iso3), year, and the six estimates.

    Returns
    -------
    DataFrame
        As `governance`.
    """
    rows = raw.dropna(subset=ESTIMATES).assign(iso3=lambda frame: iso3(frame["countryname"]))
    rows["governance"] = rows[ESTIMATES].mean(axis="columns").round(4)
    latest = rows.sort_values("year").drop_duplicates("iso3", keep="last")
    return latest[["iso3", "governance", "year"]].sort_values("iso3").reset_index(drop=True)


def logistics(path: Path) -> pd.DataFrame:
    """Logistics Performance Index, latest edition of each country.

    Parameters
    ----------
    path : Path
        `lpi_merged_*.csv`: one row per country and edition. Countries that changed their spelling between the
        editions (the Republic of Korea, Egypt, Iran, Turkey and others) are missing from the merged file.

    Returns
    -------
    DataFrame
        iso3, logistics (1 weak to 5 strong), year.

    Raises
    ------
    DataError
        A column is missing or a country is not known.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["country", "lpi_score", "year"], path)
    return latest_logistics(raw)


def latest_logistics(raw: pd.DataFrame) -> pd.DataFrame:
    """Index of the latest edition of each country, from rows as `logistics` reads them.

    Parameters
    ----------
    raw : DataFrame
        country (name or iso3), lpi_score, year.

    Returns
    -------
    DataFrame
        As `logistics`.
    """
    rows = raw.dropna(subset=["lpi_score"]).assign(iso3=lambda frame: iso3(frame["country"]))
    latest = (
        rows.sort_values("year").drop_duplicates("iso3", keep="last").rename(columns={"lpi_score": "logistics"})
    )
    return latest[["iso3", "logistics", "year"]].sort_values("iso3").reset_index(drop=True)


def countries(governance_rows: pd.DataFrame, logistics_rows: pd.DataFrame) -> pd.DataFrame:
    """Table of countries: every country and territory of `names.known_countries`, with its indices if published.

    Parameters
    ----------
    governance_rows, logistics_rows : DataFrame
        As `governance` and `logistics` return them.

    Returns
    -------
    DataFrame
        Columns of the table `countries`. A row with a governance mean is computed from the World Bank's six
        figures; the European Union's indices are plain means over its members that have one; a row without
        any index has only name and point (computed from outlines); ROW is assumed.
    """
    frame = known_countries().merge(governance_rows, on="iso3", how="left")
    frame = frame.merge(logistics_rows[["iso3", "logistics"]], on="iso3", how="left")
    members = frame["iso3"].isin(EU_MEMBERS)
    union = frame["iso3"] == "EUU"
    frame.loc[union, "governance"] = round(float(frame.loc[members, "governance"].mean()), 4)
    frame.loc[union, "logistics"] = round(float(frame.loc[members, "logistics"].mean()), 4)
    frame.loc[union, "year"] = frame.loc[members, "year"].max()
    frame["status"] = "computed"
    frame["source"] = SOURCE_GOVERNANCE
    frame.loc[frame["governance"].isna() & frame["logistics"].notna(), "source"] = SOURCE_LOGISTICS
    frame.loc[frame["governance"].isna() & frame["logistics"].isna(), "source"] = SOURCE_OUTLINES
    rest = frame["iso3"] == "ROW"
    frame.loc[rest, ["status", "source"]] = ["assumed", "corridor-assumption"]
    frame["year"] = frame["year"].astype("Int64")
    return lay_out(frame.sort_values("iso3"), "countries")
