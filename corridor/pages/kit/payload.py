"""Tables as compact JSON for the pages: codes instead of names, columns instead of rows, few digits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.measures.supply.needs import final_needs
from corridor.pages.kit import style
from corridor.pages.kit.sectors import OTHER_COLOUR, Sectors


def number(value: Any, digits: int = 4) -> float | None:
    """A number with few digits, None if unknown: JSON has no NaN."""
    if value is None or pd.isna(value) or not math.isfinite(float(value)):
        return None
    short = round(float(value), digits)
    return int(short) if short == int(short) else short


def text(value: Any) -> str:
    """A text, empty if unknown."""
    return "" if value is None or pd.isna(value) else str(value)


def year(value: Any) -> int | None:
    """A year, None if unknown."""
    return None if value is None or pd.isna(value) else int(value)


def rows_of(frame: pd.DataFrame) -> Iterable[Any]:
    """Rows with the columns as attributes."""
    return frame.itertuples(index=False, name="Row")


def numbers(values: Iterable[Any], digits: int = 4) -> list[float | None]:
    """Values as :func:`number`."""
    return [number(value, digits) for value in values]


def needs(tables: Tables) -> pd.Series:
    """Need of each market for each component: US$ million a year at reference prices, by (market, component).

    What the market consumes, and at least what its makers use: ``need`` of
    :func:`~corridor.measures.supply.needs.final_needs`.
    """
    return final_needs(tables).set_index(["market", "component"])["need_usd_m"].astype(float)


class Codes:
    """Positions of names in a list, so that rows can refer to names by small integers."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(dict.fromkeys(names))
        self.positions = {name: position for position, name in enumerate(self.names)}

    def __call__(self, name: Any) -> int:
        """Position of a name; new names are appended."""
        key = text(name)
        if key not in self.positions:
            self.positions[key] = len(self.names)
            self.names.append(key)
        return self.positions[key]


def study_json(tables: Tables, study: Study) -> dict[str, Any]:
    """Settings of the study that every page's scripts use."""
    names = dict(zip(tables.countries["iso3"], tables.countries["name"], strict=True))
    return {
        "study": study.name,
        "crore": study.inr_per_usd / 10,
        "markets": [market_json(tables, iso3) for iso3 in study.markets],
        "target": list(study.target),
        "targetName": target_name(study.target, names),
        "sectors": sectors_json(tables),
        "style": {
            "classes": style.SHARE_CLASSES,
            "colours": style.SHARE_COLOURS,
            "land": style.LAND,
            "ink": "#1b2430",
            "accent": "#a63d1f",
            "blue": "#2f6690",
            "other": OTHER_COLOUR,
            "mark": Sectors({}, {}).mark(""),
        },
    }


def target_name(target: Sequence[str], names: dict[str, str]) -> str:
    """Name of the target: "China" for China with Hong Kong and Macao, else its members."""
    if tuple(target) == ("CHN", "HKG", "MAC"):
        return "China"
    return ", ".join(text(names.get(iso3, iso3)) for iso3 in target)


def market_json(tables: Tables, iso3: str) -> dict[str, Any]:
    """A market with its position on the map."""
    row = tables.countries[tables.countries["iso3"] == iso3].iloc[0]
    return {"id": iso3, "name": text(row["name"]), "lon": number(row["lon"], 2), "lat": number(row["lat"], 2)}


def sectors_json(tables: Tables) -> list[dict[str, str]]:
    """Sectors that have components, in the order of the table ``sectors``: id, name, colour, mark (SVG path)."""
    shown = Sectors.of(tables)
    order = shown.order(tables.components["sector"])
    return [
        {"id": name, "name": shown.name(name), "colour": shown.colour(name), "mark": shown.mark(name)}
        for name in order
    ]


def sources_json(tables: Tables, keys: Sequence[str]) -> list[dict[str, str]]:
    """Title and address of each source, in the order of the keys."""
    known = tables.sources.drop_duplicates("key").set_index("key")
    rows = []
    for key in keys:
        row: Any = known.loc[key] if key in known.index else {}
        rows.append({"key": key, "title": text(row.get("title", key)), "address": text(row.get("address", ""))})
    return rows


def countries_json(tables: Tables, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Name and position on the map of each country, in the order of the codes."""
    known = tables.countries.drop_duplicates("iso3").set_index("iso3")
    rows = []
    for iso3 in codes:
        row: Any = known.loc[iso3] if iso3 in known.index else {}
        place = {"lon": number(row.get("lon", 0.0), 2) or 0, "lat": number(row.get("lat", 0.0), 2) or 0}
        rows.append({"iso3": iso3, "name": text(row.get("name", iso3)), **place})
    return rows
