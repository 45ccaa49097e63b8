"""What India sells abroad -> the table ``exports``: to the United States, and to all other buyers (REX).

Three records, each for what the others do not show:

- To the United States: its imports from India in 2024 (US Census), at codes that hold one component.
- To all others: India's exports by HS6 in FY2021-22 (HS 2017) less those to the United States, at codes that
  hold one component. Later years of that file lack the codes of HS 2022: the year is not carried forward.
- Commodity classes of FY2022-23 less the United States, carried forward to FY2024-25 by the growth of their
  chapter at codes that both years have, and split by stated fractions (``export_fractions.csv``), which sum to at
  most 1.

Smartphones are the official total less what the United States records. Sales to the United States of components
without a code of their own are no rows: India's share of that market's supply says them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out
from corridor.importers.trade import dgcis
from corridor.measures.supply.needs import accounts

__all__ = ["FILE", "REX", "SOURCE", "exports"]

FILE = "trade/india_exports_hs8_partner_fy2017_2024.parquet"
SOURCE = "tradestat-exports"
REX = "REX"
#: Smartphone exports of fiscal 2024-25: Rs 200,000 crore at Rs 84 a US$, as the need of India is counted from.
PHONES = ("smartphone", 200_000 * 10 / 84, "sakshi-2025")
_YEAR = 2021
_LEAST_USD_M = 0.5
_UNITED_STATES = "U S A"


def exports(raw: Path, tables: Tables) -> pd.DataFrame:
    """The table ``exports``, sorted by buyer and component.

    Parameters
    ----------
    raw
        Folder with the publishers' files.
    tables
        Needs components, codes, trade, demand, sourcing, recipes, supply.
    """
    sold = pd.read_parquet(raw / FILE)
    frames = [_to_the_states(tables), _by_code(sold, tables)]
    exact = set(frames[1]["component"])
    frames.append(_by_class(raw, sold, tables, exact))
    frames.append(_phones(frames[0]))
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["value_usd_m"] >= _LEAST_USD_M]
    of_india = tables.demand[tables.demand["market"] == HOST].set_index("component")["growth"]
    rows["growth"] = rows["component"].map(of_india).fillna(0.0)
    for name in ("value_usd_m", "low", "high"):
        rows[name] = rows[name].round(2)
    out: pd.DataFrame = lay_out(rows, "exports").sort_values(["market", "component"], ignore_index=True)
    if out.duplicated(["market", "component"]).any():
        raise ValueError("a component stands twice: by its code and by its class")
    return out


def _one_component(tables: Tables) -> pd.Series:
    """Component of each HS6 code that holds that component alone."""
    codes = tables.codes[(tables.codes["nomenclature"] == "HS6") & (tables.codes["match"] == "exact")]
    alone = codes[~codes["code"].duplicated(keep=False)]
    return alone.set_index("code")["component"]


def _to_the_states(tables: Tables) -> pd.DataFrame:
    trade = tables.trade
    rows = trade[(trade["importer"] == "USA") & (trade["exporter"] == HOST) & (trade["nomenclature"] == "HS6")]
    rows = rows.assign(component=rows["code"].map(_one_component(tables))).dropna(subset=["component"])
    rows = rows[rows["year"] == rows["year"].max()]
    found = rows.groupby(["component", "source"], as_index=False).agg(
        value_usd_m=("value_usd_m", "sum"), code=("code", " + ".join), year=("year", "max")
    )
    note = "US imports for consumption from India, HS " + found["code"]
    out: pd.DataFrame = found.assign(market="USA", status="reported", low=np.nan, high=np.nan, note=note)
    return out


def _by_code(sold: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    rows = sold[(sold["fy_start"] == _YEAR) & (sold["country"] != _UNITED_STATES)]
    rows = rows.assign(code=rows["hs8"].str[:6])
    rows = rows.assign(component=rows["code"].map(_one_component(tables))).dropna(subset=["component"])
    rows = rows.groupby(["component", "code"])["value_musd"].sum().reset_index()
    found: pd.DataFrame = rows.groupby("component", as_index=False).agg(
        value_usd_m=("value_musd", "sum"), code=("code", " + ".join)
    )
    note = "India's exports but those to the US, FY2021-22, HS " + found["code"]
    found = found.assign(
        market=REX, status="reported", source=SOURCE, year=_YEAR, low=np.nan, high=np.nan, note=note
    )
    return found[found["component"] != PHONES[0]]


def growth_of_chapter(sold: pd.DataFrame, chapter: str, first: int, last: int) -> float:
    """Exports of a chapter in one fiscal year over those in another, at eight-digit codes that both have."""
    here = sold[sold["hs8"].str.startswith(chapter)]
    by_code = here.groupby(["hs8", "fy_start"])["value_musd"].sum().unstack("fy_start")
    both = by_code[[first, last]].dropna()
    return float(both[last].sum() / both[first].sum())


def _by_class(raw: Path, sold: pd.DataFrame, tables: Tables, exact: set[str]) -> pd.DataFrame:
    classes = dgcis.read(raw / dgcis.EXPORTS_FILE)
    newest = int(classes["year"].max())
    recorded = classes[(classes["year"] == newest) & (classes["exporter"] != "USA")]
    amount = recorded.groupby("code")["value_usd_m"].sum()
    india = accounts(tables.replace(exports=tables.exports.iloc[:0]))[HOST]
    components = tables.components.assign(need=india.need[:, 0], made=india.made[:, 0])
    frames = []
    rules = pd.read_csv(Path(__file__).with_name("export_fractions.csv"), dtype={"chapter": str})
    for rule in rules.to_dict("records"):
        grown = growth_of_chapter(sold, rule["chapter"], newest, int(sold["fy_start"].max()))
        of_class = tables.codes[tables.codes["code"] == rule["class"]]["component"]
        fits = components[components["id"].isin(set(of_class) - exact)]
        fits = fits[(fits["stage"] == rule["stage"]) & (fits["sector"] == rule["sector"])]
        weight = fits["need" if rule["stage"] == "product" else "made"].to_numpy(float)
        each = amount[rule["class"]] * grown * weight / weight.sum()
        part = rule["fraction"] * weight / weight.sum()
        frames.append(
            pd.DataFrame(
                {
                    "market": REX,
                    "component": fits["id"].to_numpy(),
                    "value_usd_m": rule["fraction"] * each,
                    "low": rule["low"] * each,
                    "high": rule["high"] * each,
                    "status": "assumed",
                    "source": dgcis.EXPORTS_SOURCE,
                    "year": newest,
                    "note": [
                        f"{share:.4f} of {rule['class']} but to the US, FY{newest}-{(newest + 1) % 100}, "
                        f"x {grown:.3f} (chapter {rule['chapter']} to FY2024-25); {rule['note']}"
                        for share in part
                    ],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _phones(to_the_states: pd.DataFrame) -> pd.DataFrame:
    name, total, source = PHONES
    recorded = float(to_the_states.loc[to_the_states["component"] == name, "value_usd_m"].sum())
    value = total - recorded
    return pd.DataFrame(
        {
            "market": [REX],
            "component": name,
            "value_usd_m": value,
            "low": 0.85 * value,
            "high": 1.15 * value,
            "status": "assumed",
            "source": source,
            "year": 2024,
            "note": f"exports of Rs 200,000 crore, fiscal 2024-25, at 84 Rs per US$, less {recorded:,.0f} US$ M "
            "that the US records in 2024; feature phones among them are not known",
        }
    )
