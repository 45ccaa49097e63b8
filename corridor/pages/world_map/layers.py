"""Further layers of the world map: exposure to each country, and imports of earlier years."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from corridor.data.tables import Tables
from corridor.measures import exposure_by_origin
from corridor.measures.supply.sourcing import import_shares
from corridor.pages.kit.payload import Codes, numbers

#: Exposures below these are left out of the page: too small for the map.
_LEAST = {"net": 0.01, "stop": 0.02}
_LEAST_IMPORT = 0.005
_REST = "ROW"


def reach_json(tables: Tables, markets: Sequence[str], codes: Codes, countries: Codes) -> dict[str, Any]:
    """Net and stop exposure to each country alone, by market.

    Parameters
    ----------
    tables
        The tables of the study.
    markets
        Markets of the study.
    codes, countries
        Positions of components and countries in the page's lists.

    Returns
    -------
    dict
        Market -> measure -> ``{"n": rows per component, "o": countries, "s": in 1/100 %}``, rows by component in
        the page's order, largest exposure first.
    """
    frame = exposure_by_origin(tables, markets)
    frame = frame[(frame["origin"] != _REST) & (frame["origin"] != frame["market"])]
    return {
        str(market): {measure: _columns(rows_of_market, measure, codes, countries) for measure in _LEAST}
        for market, rows_of_market in frame.groupby("market", sort=False)
    }


def _columns(rows_of_market: pd.DataFrame, measure: str, codes: Codes, countries: Codes) -> dict[str, Any]:
    rows = rows_of_market.loc[rows_of_market[measure] >= _LEAST[measure], ["component", "origin", measure]]
    rows = rows.assign(component_index=[codes(name) for name in rows["component"]])
    rows = rows.sort_values(["component_index", measure, "origin"], ascending=[True, False, True])
    return {
        "n": np.bincount(rows["component_index"], minlength=len(codes.names)).tolist(),
        "o": [countries(name) for name in rows["origin"]],
        "s": (rows[measure] * 10_000).round().astype(int).tolist(),
    }


def years_json(tables: Tables, markets: Sequence[str], codes: Codes, countries: Codes) -> dict[str, Any]:
    """Shares of exporters in reported imports, for markets whose trade is known for several years.

    Components of one class of goods share a row: most trade files report classes, not components.

    Returns
    -------
    dict
        Market -> ``{"years": [...], "status", "rows": [[countries, shares], ...], "of": {year: [component, row,
        ...]}}``; markets with one year are left out.
    """
    found = {}
    for market in markets:
        trade = tables.trade[(tables.trade["importer"] == market) & (tables.trade["exporter"] != market)]
        trade = trade.merge(tables.codes[["nomenclature", "code"]].drop_duplicates(), on=["nomenclature", "code"])
        years = sorted({int(year) for year in trade["year"].dropna()})
        if len(years) > 1:
            found[market] = _year_rows(tables, market, years, codes, countries)
    return found


def _year_rows(tables: Tables, market: str, years: list[int], codes: Codes, countries: Codes) -> dict[str, Any]:
    rows: dict[tuple[Any, ...], int] = {}
    of: dict[str, list[int]] = {}
    for year in years:
        found = import_shares(tables, market, year=year)
        found = found[(found["share"] >= _LEAST_IMPORT) & found["component"].isin(codes.positions)]
        found = found.sort_values(["component", "share", "origin"], ascending=[True, False, True])
        of[str(year)] = []
        for component, origins_of_it in found.groupby("component", sort=True):
            row = (
                tuple(origins_of_it["origin"]),
                tuple(numbers(origins_of_it["share"])),
                origins_of_it["status"].iloc[0],
            )
            of[str(year)] += [codes(component), rows.setdefault(row, len(rows))]
    return {
        "years": years,
        "rows": [
            [[countries(name) for name in origins], list(shares), status] for origins, shares, status in rows
        ],
        "of": of,
    }
