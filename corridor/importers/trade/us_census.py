"""US imports for consumption at HS6 (US Census Bureau) -> trade rows.

One raw row is a partner and an HS6 code with customs value and calculated duty in US$. The file has the
European Union as one partner (CTY_CODE 0003) and, beside it, the 50 largest single partners. A member state
among these is already in the Union's row and is left out, or it would count twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.data.names import EU_MEMBERS
from corridor.importers.files.rows import lay_out, need_columns

__all__ = ["FILE", "SOURCE", "imports", "read"]

FILE = "trade/us_imports_hs6_2024.parquet"
SOURCE = "us-census-2024"


def read(path: Path) -> pd.DataFrame:
    """Read the raw parquet file.

    Parameters
    ----------
    path : Path
        `us_imports_hs6_*.parquet`.

    Returns
    -------
    DataFrame
        One row per code and exporter: code (HS6), exporter (iso3), value_usd_m, duty_usd_m (US$ million).

    Raises
    ------
    DataError
        A column is missing or a country is not known.
    """
    raw = pd.read_parquet(path)
    need_columns(raw, ["CTY_NAME", "HS6", "imports", "duty"], path)
    rows = pd.DataFrame(
        {
            "code": raw["HS6"].astype(str),
            "exporter": iso3(raw["CTY_NAME"]),
            "value_usd_m": raw["imports"].astype(float) / 1e6,
            "duty_usd_m": raw["duty"].astype(float) / 1e6,
        }
    )
    if (rows["exporter"] == "EUU").any():
        rows = rows[~rows["exporter"].isin(EU_MEMBERS)]
    return rows.groupby(["code", "exporter"], as_index=False)[["value_usd_m", "duty_usd_m"]].sum()


def imports(raw: pd.DataFrame, codes: Iterable[str], *, year: int = 2024) -> pd.DataFrame:
    """Trade rows of the United States for the HS6 codes in use, and TOTAL per partner.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    codes : iterable of str
        HS6 codes to keep.
    year : int
        Calendar year of the file.

    Returns
    -------
    DataFrame
        Columns of the table `trade`; importer USA, nomenclature HS6, value and duty in US$ million. Rows of
        zero value are left out. Single codes are reported; code TOTAL is computed, the sum over all codes.
    """
    single = raw[raw["code"].isin(set(codes))].assign(status="reported")
    totals = raw.groupby("exporter", as_index=False)[["value_usd_m", "duty_usd_m"]].sum()
    rows = pd.concat([single, totals.assign(code="TOTAL", status="computed")], ignore_index=True)
    rows = rows.assign(importer="USA", nomenclature="HS6", source=SOURCE, year=year)
    rows[["value_usd_m", "duty_usd_m"]] = rows[["value_usd_m", "duty_usd_m"]].round(6)
    rows = rows[rows["value_usd_m"] > 0].sort_values(["code", "exporter"])
    return lay_out(rows, "trade")
