"""Duties on what the markets import from China and from India -> the table ``tariffs``.

- United States: calculated duty over customs value in its imports of 2024, of all codes of a component together
  (``computed``); where a country sold nothing under them, the mean of their headings (``inherited``).
- India, on goods from China: simple mean of the most-favoured-nation duties of the product group that holds the
  component's codes (WTO, ``inherited``). Social welfare surcharge and anti-dumping duties are not in it.

A component without a code takes the mean of its sector, weighted by nothing (``inherited``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out
from corridor.importers.trade import us_census as census

__all__ = ["SOURCE", "WTO_FILE", "tariffs"]

WTO_FILE = "trade/wto_mfn_mtn_ind_chn_usa_jpn_eu_2010_2024.csv"
SOURCE = "wto-mfn"
_TARGET, _STATES = "CHN", "USA"
_YEAR = 2024


def tariffs(raw: Path, tables: Tables) -> pd.DataFrame:
    """The table ``tariffs``, sorted by its key.

    Parameters
    ----------
    raw
        Folder with the publishers' files.
    tables
        Needs components and codes.
    """
    codes = tables.codes[tables.codes["nomenclature"] == "HS6"][["component", "code"]]
    collected = census.read(raw / census.FILE)
    frames = [_by_states(tables, codes, collected, exporter) for exporter in (_TARGET, HOST)]
    frames.append(_by_india(tables, codes, pd.read_csv(raw / WTO_FILE)))
    out: pd.DataFrame = lay_out(pd.concat(frames, ignore_index=True), "tariffs")
    return out.sort_values(["market", "component", "exporter"], ignore_index=True)


def mean_duty(collected: pd.DataFrame, by: pd.Series) -> pd.Series:
    """Duty over value of each group of rows (``value_usd_m, duty_usd_m``); groups without value are left out."""
    sums = collected.groupby(by)[["value_usd_m", "duty_usd_m"]].sum()
    sums = sums[sums["value_usd_m"] > 0]
    return sums["duty_usd_m"] / sums["value_usd_m"]


def _by_states(tables: Tables, codes: pd.DataFrame, collected: pd.DataFrame, exporter: str) -> pd.DataFrame:
    mine = collected[collected["exporter"] == exporter]
    exact = codes.merge(mine, on="code")
    by_code = mean_duty(exact, exact["component"])
    headings = mine.assign(heading=mine["code"].str[:4])
    wide = codes.assign(heading=codes["code"].str[:4])[["component", "heading"]].drop_duplicates()
    wide = wide.merge(headings, on="heading")
    by_heading = mean_duty(wide, wide["component"])
    return _filled(
        tables,
        [
            (by_code, "computed", "calculated duty over customs value, 2024, all its codes"),
            (by_heading, "inherited", "the same of its headings: nothing was sold under its codes"),
        ],
        market=_STATES,
        exporter=exporter,
        source=census.SOURCE,
    )


def _by_india(tables: Tables, codes: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    mine = stated[(stated["reporter_name"] == "India") & (stated["year"] == _YEAR)]
    duty = mine.set_index("product_code")["simple_average"] / 100.0
    groups = pd.read_csv(Path(__file__).with_name("tariff_groups.csv"), dtype=str).set_index("code")["group"]

    def of_code(code: str) -> float:
        prefix = next((code[:digits] for digits in (4, 2) if code[:digits] in groups.index), None)
        if prefix is None:
            raise ValueError(f"no product group for the code {code}: add a row to tariff_groups.csv")
        return float(duty[groups[prefix]])

    by_component = codes.assign(duty=codes["code"].map(of_code)).groupby("component")["duty"].mean()
    found = [(by_component, "inherited", "mean duty of the product groups of its codes")]
    return _filled(tables, found, market=HOST, exporter=_TARGET, source=SOURCE)


def _filled(
    tables: Tables, found: list[tuple[pd.Series, str, str]], *, market: str, exporter: str, source: str
) -> pd.DataFrame:
    """A row for every component: the first of the series that has it, else the mean of its sector."""
    out = tables.components[["id", "sector"]].rename(columns={"id": "component"})
    out = out.assign(duty=np.nan, status="inherited", note="mean of its sector: it has no code")
    for series, status, note in found:
        here = out["duty"].isna() & out["component"].isin(series.index)
        out.loc[here, "duty"] = out.loc[here, "component"].map(series)
        out.loc[here, "status"], out.loc[here, "note"] = status, note
    sector = out.groupby("sector")["duty"].transform("mean")
    out["duty"] = out["duty"].fillna(sector).round(4)
    return out.drop(columns="sector").assign(market=market, exporter=exporter, source=source, year=_YEAR)
