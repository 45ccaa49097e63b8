"""India's imports of 39 minerals and refined materials by partner (CEPII BACI) -> rows of the table ``trade``.

BACI reconciles what exporter and importer report. The extract holds codes of the Harmonized System of 1992;
``baci_minerals_codes.csv`` gives those whose subheading of 2022 has the same contents.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.names import HOST
from corridor.importers.files.rows import beside, lay_out

__all__ = ["FILE", "SOURCE", "YEARS", "imports", "read", "world_trade"]

FILE = "added/baci_minerals_hs92_2012_2024.parquet"
SOURCE = "baci-minerals-2024"
YEARS = (2022, 2023, 2024)
"""Years whose mean is used: one year of a small flow jumps."""
LEAST_USD_M = 0.001
"""Smaller flows, US$ million a year, are left out."""
LEAST_TRADER_USD_M = 0.5
"""Countries that export and import less than this, US$ million a year, are left out of ``world_trade``."""


def read(path: Path) -> pd.DataFrame:
    """Rows of ``YEARS``: ``code`` (Harmonized System 2022), ``exporter, importer, year, value_usd_m, tonnes``."""
    raw = pd.read_parquet(path, filters=[("year", "in", list(YEARS))])
    codes = beside(__file__, "baci_minerals_codes.csv").astype(str).set_index("hs92")["hs22"]
    raw = raw.assign(code=raw["hs92"].astype(str).map(codes))
    raw = raw[raw["code"].notna()]
    return pd.DataFrame(
        {
            "code": raw["code"].astype(str),
            "exporter": raw["exporter"].astype(str),
            "importer": raw["importer"].astype(str),
            "year": raw["year"].astype(int),
            "value_usd_m": raw["value_kusd"].astype(float) / 1e3,
            "tonnes": raw["tonnes"].astype(float),
        }
    )


def imports(
    raw: pd.DataFrame, codes: Iterable[str], countries: Iterable[str], importer: str = HOST
) -> pd.DataFrame:
    """Trade rows of one importer: the yearly mean of ``YEARS``, as HS6 of the last year.

    Parameters
    ----------
    raw
        As `read` returns it.
    codes
        HS6 codes to keep.
    countries
        Known countries; others are added up as ROW.

    Returns
    -------
    pandas.DataFrame
        Columns of the table ``trade``; US$ million, free on board; status computed.
    """
    own = raw[(raw["importer"] == importer) & raw["code"].isin(set(codes)) & (raw["exporter"] != importer)]
    own = own.assign(exporter=own["exporter"].where(own["exporter"].isin(set(countries)), "ROW"))
    sums = own.groupby(["code", "exporter"], as_index=False)["value_usd_m"].sum()
    sums["value_usd_m"] = (sums["value_usd_m"] / len(YEARS)).round(6)
    sums = sums[sums["value_usd_m"] >= LEAST_USD_M].sort_values(["code", "exporter"])
    return lay_out(
        sums.assign(importer=importer, nomenclature="HS6", status="computed", source=SOURCE, year=max(YEARS)),
        "trade",
    )


def world_trade(raw: pd.DataFrame, codes: Iterable[str], countries: Iterable[str]) -> pd.DataFrame:
    """What each country exports to and imports from all others: the yearly mean of ``YEARS``.

    Returns
    -------
    pandas.DataFrame
        The table ``world_trade``; countries that neither sell nor buy ``LEAST_TRADER_USD_M`` are left out.
    """
    own = raw[raw["code"].isin(set(codes))]
    sides = {
        name: own.groupby(["code", side])["value_usd_m"].sum().rename_axis(["code", "country"]) / len(YEARS)
        for name, side in (("exports_usd_m", "exporter"), ("imports_usd_m", "importer"))
    }
    # Flows without a weight would make the rest look expensive: weights are scaled up to the full value.
    weighed = own[own["tonnes"] > 0].groupby(["code", "exporter"])[["value_usd_m", "tonnes"]].sum()
    weighed.index.names = ["code", "country"]
    unit = weighed["tonnes"] / weighed["value_usd_m"].where(weighed["value_usd_m"] > 0)
    sides["exports_t"] = (unit * sides["exports_usd_m"]).round(1)
    rows = pd.DataFrame(sides)
    values = ["exports_usd_m", "imports_usd_m"]
    rows[values] = rows[values].fillna(0.0).round(3)
    rows = rows.reset_index()
    rows = rows[rows["country"].isin(set(countries))]
    rows = rows[rows[values].max(axis=1) >= LEAST_TRADER_USD_M].sort_values(["code", "country"])
    return lay_out(
        rows.assign(nomenclature="HS6", status="computed", source=SOURCE, year=max(YEARS)), "world_trade"
    )
