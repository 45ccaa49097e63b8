"""India's imports as customs recorded them, by subheading, heading and chapter -> the table ``recorded_imports``.

The model's imports are compared with these rows (``corridor check --scale``); nothing else reads them. Reasons for
known differences are written by hand in ``scale_reasons.csv`` beside this module.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from corridor.data.checks.records import ALL
from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out, need_columns

__all__ = ["SOURCES", "rows"]

HEADINGS_FILE = "added/india_imports_hs4_world_fy22_fy26.csv"
YEARLY_FILE = "added/india_imports_annual_china_world.csv"
CHAPTERS_FILE = "added/india_trade_by_chapter_partner.csv"
PRODUCTS_FILE = "added/india_china_product_shares.csv"
NOMENCLATURE_FILE = "nomenclature/classificationH6.json"
SOURCES = frozenset(
    {"dgcis-hs4-2026", "comtrade-india-2025", "tradestat-2026", "pib-2237414", "pib-2222528", "pib-2151394"}
)
"""Keys of `sources` whose rows this module writes."""
SINCE = 2024
"""First year kept: the year of the needs in the table `demand`."""
_PARTNERS = {"China": "CHN", "Hong Kong": "HKG", "World": ALL}
# product as the publisher names it, fiscal year -> nomenclature, code, key of the source
_PRODUCTS = {
    ("6-APA", "2024-25"): ("component", "6-apa", "pib-2237414"),
    ("Bulk drugs and drug intermediates", "2024-25"): ("INPC", "BULK DRUGS, DRUG INTERMEDIATES", "pib-2222528"),
    ("Permanent magnets of metal", "2024-25"): ("HS6", "850511", "pib-2151394"),
    ("Other permanent magnets (ferrite)", "2024-25"): ("HS6", "850519", "pib-2151394"),
}


def rows(raw: Path, tables: Tables, reasons: pd.DataFrame | None = None) -> pd.DataFrame:
    """Records of the groups of goods that the project's codes fall into.

    Parameters
    ----------
    raw
        Folder with the publishers' files.
    tables
        Needs ``codes``.
    reasons
        ``nomenclature, code, reason_less, reason_more``; the file beside this module if left out.

    Returns
    -------
    pandas.DataFrame
        The table ``recorded_imports``, sorted by its key; US$ million.
    """
    frame = pd.concat(
        [
            _yearly(raw / YEARLY_FILE),
            _headings(raw / HEADINGS_FILE),
            _chapters(raw / CHAPTERS_FILE),
            _products(raw / PRODUCTS_FILE),
        ],
        ignore_index=True,
    )
    codes = tables.codes
    fine = codes.loc[codes["nomenclature"] == "HS6", "code"]
    used = {
        "HS6": set(fine),
        "HS4": set(fine.str[:4]),
        "HS2": set(fine.str[:2]),
        "INPC": set(codes.loc[codes["nomenclature"] == "INPC", "code"]),
        "component": set(tables.components["id"]),
    }
    held = [
        code in used[nomenclature] for nomenclature, code in zip(frame["nomenclature"], frame["code"], strict=True)
    ]
    frame = frame[held]
    keys = ["nomenclature", "code", "origin", "year"]
    frame = frame.drop_duplicates(keys)  # of two publishers the first listed counts
    frame = frame.merge(_reasons(raw, tables, reasons), on=["nomenclature", "code"], how="left")
    later = frame.sort_values(["origin", "year"]).duplicated(["nomenclature", "code"])
    frame.loc[later, ["reason_less", "reason_more"]] = None
    return lay_out(frame.assign(market=HOST).sort_values(keys), "recorded_imports")


def _reasons(raw: Path, tables: Tables, written: pd.DataFrame | None) -> pd.DataFrame:
    """What the model leaves out of a group, and reasons by hand: columns as in ``scale_reasons.csv``."""
    fine = tables.codes[tables.codes["nomenclature"] == "HS6"]
    texts = json.loads((raw / NOMENCLATURE_FILE).read_text(encoding="utf-8"))["results"]
    subheadings = pd.Series([row["id"] for row in texts if len(str(row["id"])) == 6], dtype=str)
    exact = set(fine.loc[fine["match"] == "exact", "code"])
    found = []
    for level, digits in (("HS4", 4), ("HS2", 2)):
        used = fine.drop_duplicates("code").groupby(fine["code"].str[:digits])["code"].agg(list)
        size = subheadings.groupby(subheadings.str[:digits]).size()
        for code, held in used.items():
            baskets = [one for one in held if one not in exact]
            if len(held) <= size.get(code, 0) / 2 or len(baskets) > len(held) / 2:
                words = f"the model names goods of {len(held)} of {size.get(code, len(held))} subheadings"
                also = f"; {len(baskets)} of them hold other goods too" if baskets else ""
                found.append((level, code, words + also))
    out = pd.DataFrame(found, columns=["nomenclature", "code", "reason_less"])
    if written is None:
        written = pd.read_csv(Path(__file__).with_name("scale_reasons.csv"), dtype=str)
    out = out.merge(written, on=["nomenclature", "code"], how="outer", suffixes=("", "_written"))
    less = out["reason_less_written"].fillna(out["reason_less"])
    return out.assign(reason_less=less)[["nomenclature", "code", "reason_less", "reason_more"]]


def _headings(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path, dtype={"hs4": str})
    need_columns(raw, ["hs4", "fiscal_year", "import_usd_m"], path)
    year = raw["fiscal_year"].str[:4].astype(int)
    kept = raw[(year >= SINCE) & raw["hs4"].str.fullmatch(r"\d{4}") & raw["import_usd_m"].notna()]
    return pd.DataFrame(
        {
            "nomenclature": "HS4",
            "code": kept["hs4"],
            "origin": ALL,
            "value_usd_m": kept["import_usd_m"].round(3),
            "status": "reported",
            "source": "dgcis-hs4-2026",
            "year": kept["fiscal_year"].str[:4].astype(int),
        }
    )


def _yearly(path: Path) -> pd.DataFrame:
    """Grade A rows of one subheading; calendar years before fiscal ones."""
    raw = pd.read_csv(path, dtype={"hs": str, "year": str})
    need_columns(raw, ["hs", "level", "year", "year_basis", "china_usd_m", "world_usd_m", "grade"], path)
    level = (
        raw["hs"]
        .str.fullmatch(r"\d{6}")
        .map({True: "HS6"})
        .fillna(raw["hs"].str.fullmatch(r"\d{4}").map({True: "HS4"}))
    )
    kept = raw.assign(nomenclature=level, first=raw["year"].str[:4].astype(int))
    kept = kept[kept["nomenclature"].notna() & (kept["first"] >= SINCE) & kept["world_usd_m"].notna()]
    kept = kept.sort_values("year_basis", kind="stable")
    frames = [
        pd.DataFrame(
            {
                "nomenclature": kept["nomenclature"],
                "code": kept["hs"],
                "origin": origin,
                "value_usd_m": kept[column].round(3),
                "status": "reported",
                "source": "comtrade-india-2025",
                "year": kept["first"],
                "note": kept["year_basis"].str[:8].str.strip().map("{} year; China without Hong Kong".format),
            }
        )
        for origin, column in ((ALL, "world_usd_m"), ("CHN", "china_usd_m"))
    ]
    return pd.concat(frames, ignore_index=True)


def _chapters(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path, dtype={"hs2": str})
    need_columns(raw, ["flow", "partner", "hs2", "fiscal_year", "value_usd_m"], path)
    kept = raw[(raw["flow"] == "import") & raw["partner"].isin(_PARTNERS)]
    # Hong Kong is listed only where it is among the eight largest partners: elsewhere its value is unknown.
    return pd.DataFrame(
        {
            "nomenclature": "HS2",
            "code": kept["hs2"],
            "origin": kept["partner"].map(_PARTNERS),
            "value_usd_m": kept["value_usd_m"].astype(float).round(3),
            "status": "reported",
            "source": "tradestat-2026",
            "year": kept["fiscal_year"].str[:4].astype(int),
            "note": kept["note"],
        }
    )


def _products(path: Path) -> pd.DataFrame:
    """Products that the government names: China's value and share give the total."""
    raw = pd.read_csv(path, dtype=str)
    need_columns(
        raw,
        ["product", "basis", "imports_total_usd_m", "imports_china_usd_m", "china_share_pct", "partner", "year"],
        path,
    )
    names = ("imports_total_usd_m", "imports_china_usd_m", "china_share_pct")
    found = []
    for (product, year), (nomenclature, code, source) in _PRODUCTS.items():
        row = raw[
            (raw["product"] == product)
            & (raw["year"] == year)
            & (raw["basis"] == "value")
            & (raw["partner"] == "China")
        ]
        row = row[row["china_share_pct"].notna()].head(1)
        amounts = [pd.to_numeric(row[name]).iloc[0] for name in names]
        stated_total, stated_china, percent = (float(one) for one in amounts)
        total = stated_china / (percent / 100.0) if math.isnan(stated_total) else stated_total
        china = total * percent / 100.0 if math.isnan(stated_china) else stated_china
        pairs = ((ALL, total, stated_total), ("CHN", china, stated_china))
        for origin, value, stated in pairs:
            found.append(
                {
                    "nomenclature": nomenclature,
                    "code": code,
                    "origin": origin,
                    "value_usd_m": round(value, 2),
                    "status": "computed" if math.isnan(stated) else "reported",
                    "source": source,
                    "year": int(year[:4]),
                    "note": f"China {percent:g} % of import value as stated; fiscal year",
                }
            )
    return pd.DataFrame(found)
