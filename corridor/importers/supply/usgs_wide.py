"""The data release of the Mineral Commodity Summaries 2025, a column per year, as that of 2026.

The two editions name the tables differently: "Mine production, cobalt content" of 2025 is "Mine production" of
2026. A table of 2025 is taken for one of 2026 if it is of the same commodity and has all words of its name.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["COLUMNS", "is_wide", "long_rows"]

COLUMNS = ("COMMODITY", "COUNTRY", "TYPE", "UNIT_MEAS")
_FIGURE = re.compile(r"(?P<what>PROD|CAP)_(?P<estimate>EST_ ?)?(?P<year>(?:19|20)\d\d)")
_STATISTICS = {"PROD": "Production", "CAP": "Capacity"}


def is_wide(raw: pd.DataFrame) -> bool:
    """Whether a file has the layout of 2025."""
    return set(COLUMNS) <= set(raw.columns)


def long_rows(raw: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Rows as `usgs.read` gives them, text cells: of production and capacity by country.

    Parameters
    ----------
    raw
        The file, all cells text.
    series
        As `usgs.series` gives it: the tables to look for.

    Returns
    -------
    DataFrame
        ``chapter, section, commodity, country, statistics, detail, unit, year, text, notes``.
    """
    raw = raw.assign(**{name: raw[name].str.split().str.join(" ") for name in COLUMNS})
    raw = raw[~raw["COUNTRY"].str.lower().str.startswith("world total")]
    figures = {name: match for name in raw.columns if (match := _FIGURE.fullmatch(" ".join(str(name).split())))}
    columns = ["chapter", "commodity", "detail", "capacity"]
    parts = []
    for chapter, commodity, detail, capacity in series[columns].drop_duplicates().to_numpy().tolist():
        names = {_words(commodity), _words(chapter)}
        rows = raw[raw["COMMODITY"].map(_words).isin(names)]
        kind = _table(rows["TYPE"].unique().tolist(), detail or capacity)
        rows = rows[rows["TYPE"] == kind]
        for column, match in figures.items():
            told = detail if match["what"] == "PROD" else capacity
            if not told or not len(rows):
                continue
            notes = rows.get(f"{match['what']}_NOTES", pd.Series("", index=rows.index))
            parts.append(
                pd.DataFrame(
                    {
                        "chapter": chapter,
                        "section": "World",
                        "commodity": commodity,
                        "country": rows["COUNTRY"],
                        "statistics": _STATISTICS[match["what"]],
                        "detail": told,
                        "unit": rows["UNIT_MEAS"].str.lower(),
                        "year": match["year"],
                        "text": rows[column],
                        "notes": notes + (" Estimated" if match["estimate"] else ""),
                    }
                )
            )
    names_of_all = [
        "chapter",
        "section",
        "commodity",
        "country",
        "statistics",
        "detail",
        "unit",
        "year",
        "text",
        "notes",
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names_of_all, dtype="str")


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def _table(kinds: list[str], wanted: str) -> str:
    """The table that has all words of a name and fewest others; empty if none has."""
    fitting = [kind for kind in kinds if _words(wanted) <= _words(kind)]
    return min(fitting, key=lambda kind: (len(_words(kind)), kind), default="")
