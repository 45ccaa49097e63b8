"""China content of industries (OECD inter-country input-output table, 2022) -> the table ``industry_content``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.importers.files.rows import lay_out, need_columns

__all__ = ["FILE", "SOURCE", "rows"]

FILE = "added/oecd_icio_2022_china_content.csv"
SOURCE = "oecd-icio-2025"
YEAR = 2022
COUNTRIES = ("IND", "USA")
INDUSTRIES = {
    "C21": ("pharmaceuticals", "pharma"),
    "C24A": ("iron and steel", "minerals"),
    "C26": ("computer, electronic and optical equipment", "electronics;solar"),
    "C27": ("electrical equipment", "battery"),
}
"""Name of each industry, and the sectors that are compared with it."""
_COLUMNS = {
    "gross_output_usd_bn": "output_usd_bn",
    "inputs_share_of_output": "inputs_share",
    "direct_inputs_from_china_hk_share_of_output": "direct_share",
    "all_tiers_from_china_hk_share_of_output": "all_tiers_share",
}


def rows(raw: Path) -> pd.DataFrame:
    """The table ``industry_content``: the industries of ``INDUSTRIES`` in ``COUNTRIES``."""
    frame = pd.read_csv(raw / FILE)
    need_columns(frame, ["country", "sector", *_COLUMNS], raw / FILE)
    kept = frame[frame["country"].isin(COUNTRIES) & frame["sector"].isin(INDUSTRIES)].rename(columns=_COLUMNS)
    names = pd.DataFrame.from_dict(INDUSTRIES, orient="index", columns=["name", "sectors"])
    kept = kept.rename(columns={"sector": "industry"}).merge(names, left_on="industry", right_index=True)
    kept = kept.assign(status="computed", source=SOURCE, year=YEAR)
    return lay_out(kept.sort_values(["country", "industry"]), "industry_content")
