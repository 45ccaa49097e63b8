"""What the world map shades beside shares of supply: exposure to each country, imports of earlier years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from corridor.data.tables import Tables
from corridor.measures import exposure_by_origin
from corridor.measures.supply.sourcing import import_shares
from corridor.pages.kit.payload import Codes, numbers

#: Exposures below these are left out of the page: they would not be seen on the map.
_LEAST = {"net": 0.01, "stop": 0.02}
_LEAST_IMPORT = 0.005
_REST = "ROW"


def reach_part(tables: Tables, markets: Sequence[str], codes: Codes, countries: Codes) -> dict[str, Any]:
    """Net and stop exposure to each country alone, by market.

    Parameters
    ----------
    tables
        The tables of the study.
    markets
        Markets of the study.
    codes, countries
        Places of components and countries in the page's lists.

    Returns
    -------
    dict
        Market -> measure -> ``{"n": rows per component, "o": countries, "s": per mille}``, rows by component in
        the page's order and falling.
    """
    frame = exposure_by_origin(tables, markets)
    frame = frame[(frame["origin"] != _REST) & (frame["origin"] != frame["market"])]
    return {
        str(market): {measure: _columns(part, measure, codes, countries) for measure in _LEAST}
        for market, part in frame.groupby("market", sort=False)
    }


def _columns(part: pd.DataFrame, measure: str, codes: Codes, countries: Codes) -> dict[str, Any]:
    rows = part.loc[part[measure] >= _LEAST[measure], ["component", "origin", measure]]
    rows = rows.assign(at=[codes(name) for name in rows["component"]])
    rows = rows.sort_values(["at", measure, "origin"], ascending=[True, False, True])
    return {
        "n": np.bincount(rows["at"], minlength=len(codes.names)).tolist(),
        "o": [countries(name) for name in rows["origin"]],
        "s": (rows[measure] * 1000).round().astype(int).tolist(),
    }


def years_part(tables: Tables, markets: Sequence[str], codes: Codes, countries: Codes) -> dict[str, Any]:
    """Shares of exporters in reported imports, for markets whose trade is known for several years.

    Components of one class of goods share a row: most trade files know classes, not components.

    Returns
    -------
    dict
        Market -> ``{"years": [...], "status", "rows": [[countries, shares], ...], "of": {year: [component, row,
        ...]}}``; markets with one year are left out.
    """
    parts = {}
    for market in markets:
        trade = tables.trade[(tables.trade["importer"] == market) & (tables.trade["exporter"] != market)]
        trade = trade.merge(tables.codes[["nomenclature", "code"]].drop_duplicates(), on=["nomenclature", "code"])
        years = sorted({int(year) for year in trade["year"].dropna()})
        if len(years) > 1:
            parts[market] = _year_rows(tables, market, years, codes, countries)
    return parts


def _year_rows(tables: Tables, market: str, years: list[int], codes: Codes, countries: Codes) -> dict[str, Any]:
    rows: dict[tuple[Any, ...], int] = {}
    of: dict[str, list[int]] = {}
    for year in years:
        found = import_shares(tables, market, year=year)
        found = found[(found["share"] >= _LEAST_IMPORT) & found["component"].isin(codes.at)]
        found = found.sort_values(["component", "share", "origin"], ascending=[True, False, True])
        of[str(year)] = []
        for component, part in found.groupby("component", sort=True):
            row = (tuple(part["origin"]), tuple(numbers(part["share"], 3)), part["status"].iloc[0])
            of[str(year)] += [codes(component), rows.setdefault(row, len(rows))]
    return {
        "years": years,
        "rows": [[[countries(name) for name in origins], list(part), status] for origins, part, status in rows],
        "of": of,
    }
