"""India's imports and exports by principal commodity and country (DGCI&S, Ministry of Commerce) -> trade rows.

One raw row is a fiscal year (April to March), a principal commodity and a country, with a value in US$
million (imports CIF, exports FOB). The commodity's text, in upper case and as spelt in FY2022-23, is our code
in the nomenclature INPC.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.importers.files.rows import beside, lay_out, need_columns

__all__ = ["EXPORTS_FILE", "EXPORTS_SOURCE", "FILE", "SOURCE", "exports", "imports", "read", "total"]

FILE = "trade/india_imports_pc_country_fy2014_2022.csv"
SOURCE = "dgcis-imports"
EXPORTS_FILE = "trade/india_exports_pc_country_fy2018_2022.csv"
EXPORTS_SOURCE = "dgcis-exports"


def read(path: Path) -> pd.DataFrame:
    """Read the raw file and unify commodity and country names.

    Parameters
    ----------
    path : Path
        `india_imports_pc_country_*.csv` or `india_exports_pc_country_*.csv`.

    Returns
    -------
    DataFrame
        One row per year, code, country: year (int, the first of the fiscal year), code (commodity text),
        exporter (iso3; in the exports file the buyer), value_usd_m (US$ million). Names of one country
        (Panama and its Canal Zone, Serbia and Serbia-Montenegro, East Timor under two names, unspecified origin
        as ROW) are added up.

    Raises
    ------
    DataError
        A column is missing or a country is not known.
    """
    raw = pd.read_csv(path, dtype={"financialyear": str, "pc_code": str})
    need_columns(raw, ["financialyear", "commodity", "country", "value_musd"], path)
    older = beside(__file__, "commodity_spellings.csv").set_index("older")["code"]
    text = raw["commodity"].str.upper().str.split().str.join(" ")
    rows = pd.DataFrame(
        {
            "year": raw["financialyear"].str[:4].astype(int),
            "code": text.map(older).fillna(text),
            "exporter": iso3(raw["country"]),
            "value_usd_m": raw["value_musd"].astype(float),
        }
    )
    return rows.groupby(["year", "code", "exporter"])["value_usd_m"].sum().reset_index()


def total(raw: pd.DataFrame, year: int) -> pd.Series:
    """India's imports of all commodities in the fiscal year that begins in `year`.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    year : int
        2022 for FY2022-23.

    Returns
    -------
    Series
        US$ million by exporter (iso3), largest first; its sum is India's total.
    """
    values = raw[raw["year"] == year].groupby("exporter")["value_usd_m"].sum()
    return values.sort_values(ascending=False)


def imports(raw: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """Trade rows of India for the classes in use, and TOTAL per partner and year.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    codes : iterable of str
        INPC codes to keep.

    Returns
    -------
    DataFrame
        Columns of the table `trade`; importer IND, nomenclature INPC, values in US$ million. Rows of zero
        are left out. Rows of a class are reported; rows of code TOTAL are computed, the sum over all classes.
    """
    classes = raw[raw["code"].isin(set(codes))].assign(status="reported")
    totals = raw.groupby(["year", "exporter"], as_index=False)["value_usd_m"].sum()
    rows = pd.concat([classes, totals.assign(code="TOTAL", status="computed")], ignore_index=True)
    rows = rows[rows["value_usd_m"] > 0].assign(importer="IND", nomenclature="INPC", source=SOURCE)
    # the publisher's older tables carry six decimals: a dollar; the rest of a float is noise
    rows["value_usd_m"] = rows["value_usd_m"].round(6)
    rows = rows[rows["value_usd_m"] > 0].sort_values(["code", "year", "exporter"])
    return lay_out(rows, "trade")


def exports(raw: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """Trade rows of what India exports to all countries together, for the classes in use.

    Parameters
    ----------
    raw : DataFrame
        The exports file as `read` returns it.
    codes : iterable of str
        INPC codes to keep.

    Returns
    -------
    DataFrame
        Columns of the table `trade`; importer ROW (every country but India), exporter IND, nomenclature INPC,
        values in US$ million FOB, status reported (the sum over the buyers that the publisher names).
    """
    classes = raw[raw["code"].isin(set(codes))]
    rows = classes.groupby(["year", "code"], as_index=False)["value_usd_m"].sum()
    rows["value_usd_m"] = rows["value_usd_m"].round(6)
    rows = rows.assign(
        importer="ROW", exporter="IND", nomenclature="INPC", source=EXPORTS_SOURCE, status="reported"
    )
    return lay_out(rows[rows["value_usd_m"] > 0].sort_values(["code", "year"]), "trade")
