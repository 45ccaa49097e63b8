"""Data of the world map as compact JSON for its page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.names import EU_MEMBERS, STATUSES
from corridor.data.tables import Tables
from corridor.measures.supply.needs import final_needs
from corridor.pages.kit.payload import (
    Codes,
    countries_json,
    needs,
    number,
    numbers,
    rows_of,
    sectors_json,
    sources_json,
    study_json,
    text,
    year,
)
from corridor.pages.world_map.layers import reach_json, years_json

_SMALLEST = 5e-4
#: Stages that "without materials" leaves out.
RAW_STAGES = ("mined", "refined", "material")


def world_payload(
    tables: Tables, study: Study, exposures: pd.DataFrame, shares: pd.DataFrame, headline: pd.DataFrame
) -> dict[str, Any]:
    """Data of the world map, ready for JSON.

    Parameters
    ----------
    tables, study
        The study and the tables it was measured on.
    exposures, shares
        Results of :func:`corridor.exposure` and :func:`corridor.shares`, all markets concatenated.
    headline
        ``market, sector, direct, net, stop``; sector ``all`` for all sectors.

    Returns
    -------
    dict
        Shares below 0.05 % are left out, except home production's.
    """
    sectors = Codes(sector["id"] for sector in sectors_json(tables))
    stages = Codes(tables.components["stage"])
    codes = Codes(tables.components["id"])
    countries = Codes(tables.countries["iso3"])
    sources = Codes([])
    need = needs(tables)
    final = final_needs(tables).set_index(["market", "component"])["final_usd_m"]
    shown = shares[(shares["share"] >= _SMALLEST) & shares["component"].isin(codes.positions)]
    payload = study_json(tables, study) | {
        "statuses": list(STATUSES),
        "union": sorted(EU_MEMBERS),
        "components": [
            {
                "id": row.id,
                "name": text(row.name),
                "sector": sectors(row.sector),
                "stage": stages(row.stage),
                "unit": text(row.unit),
            }
            for row in rows_of(tables.components)
        ],
        "exposure": {
            str(market): {
                "c": [codes(name) for name in own["component"]],
                "d": numbers(own["direct"]),
                "n": numbers(own["net"]),
                "s": numbers(own["stop"]),
                "e": numbers(own[list(STATUSES)].to_numpy().ravel(), 3),
                "need": [number(need.get((market, name), 0.0), 2) for name in own["component"]],
                "final": [number(final.get((market, name), 0.0), 2) for name in own["component"]],
            }
            for market, own in exposures.groupby("market", sort=False)
        },
        "shares": {
            str(market): {
                "c": [codes(name) for name in own["component"]],
                "o": [countries(name) for name in own["origin"]],
                "s": numbers(own["share"]),
                "t": [STATUSES.index(status) for status in own["status"]],
                "q": [sources(name) for name in own["source"]],
                "y": [year(value) for value in own["year"]],
            }
            for market, own in shown.groupby("market", sort=False)
        },
        "headline": {
            str(market): {
                row.sector: {"direct": number(row.direct), "net": number(row.net), "stop": number(row.stop)}
                for row in rows_of(own)
            }
            for market, own in headline.groupby("market", sort=False)
        },
        "suppliers": suppliers_columns(tables, codes, countries, sources),
        "reach": reach_json(tables, list(study.markets), codes, countries),
        "imports": years_json(tables, list(study.markets), codes, countries),
    }
    payload["stages"] = stages.names
    payload["sources"] = sources_json(tables, sources.names)
    payload["countries"] = countries_json(tables, countries.names)
    payload["raw"] = list(RAW_STAGES)
    return payload


def suppliers_columns(tables: Tables, codes: Codes, countries: Codes, sources: Codes) -> dict[str, Any]:
    """Located suppliers, column by column: the page reads them only when they are shown.

    Returns
    -------
    dict
        A list per column in the order of the table; ``country``, ``makes``, ``source``, ``kind`` and ``precision``
        are positions in the page's lists, the last two in ``kinds`` and ``precisions``.
    """
    makes = tables.makes[tables.makes["component"].isin(codes.positions)]
    by_supplier = makes.groupby("supplier")["component"].agg(list).to_dict()
    kinds, precisions = Codes([]), Codes([])
    rows = list(rows_of(tables.suppliers))
    return {
        "id": [text(row.id) for row in rows],
        "firm": [text(row.firm) for row in rows],
        "place": [text(row.place) for row in rows],
        "lon": [number(row.lon, 2) for row in rows],
        "lat": [number(row.lat, 2) for row in rows],
        "country": [countries(row.country) for row in rows],
        "kind": [kinds(row.kind) for row in rows],
        "precision": [precisions(row.precision) for row in rows],
        "makes": [[codes(name) for name in by_supplier.get(row.id, [])] for row in rows],
        "status": [STATUSES.index(row.status) for row in rows],
        "source": [sources(row.source) for row in rows],
        "year": [year(row.year) for row in rows],
        "kinds": kinds.names,
        "precisions": precisions.names,
    }
