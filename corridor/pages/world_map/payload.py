"""What the world map shows, as the compact JSON that its page reads."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.names import EU_MEMBERS, STATUSES
from corridor.data.tables import Tables
from corridor.pages.kit.payload import (
    Codes,
    country_part,
    needs,
    number,
    numbers,
    rows_of,
    sector_part,
    source_part,
    study_part,
    text,
    year,
)
from corridor.pages.world_map.layers import reach_part, years_part

_SMALLEST = 5e-4


def world_payload(
    tables: Tables, study: Study, exposures: pd.DataFrame, shares: pd.DataFrame, headline: pd.DataFrame
) -> dict[str, Any]:
    """What the world map shows.

    Parameters
    ----------
    tables, study
        The study and the tables it was measured on.
    exposures, shares
        Results of :func:`corridor.exposure` and :func:`corridor.shares`, all markets one below the other.
    headline
        ``market, sector, direct, net, stop``; sector ``all`` for all together.

    Returns
    -------
    dict
        Ready for JSON. Shares below 0.05 % are left out, except home production's.
    """
    sectors = Codes(sector["id"] for sector in sector_part(tables))
    stages = Codes(tables.components["stage"])
    codes = Codes(tables.components["id"])
    countries = Codes(tables.countries["iso3"])
    sources = Codes([])
    need = needs(tables, shares)
    final = tables.demand.groupby(["market", "component"])["value_usd_m"].sum()
    shown = shares[(shares["share"] >= _SMALLEST) & shares["component"].isin(codes.at)]
    payload = study_part(tables, study) | {
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
                "c": [codes(name) for name in part["component"]],
                "d": numbers(part["direct"]),
                "n": numbers(part["net"]),
                "s": numbers(part["stop"]),
                "e": numbers(part[list(STATUSES)].to_numpy().ravel(), 3),
                "need": [number(need.get((market, name), 0.0), 2) for name in part["component"]],
                "final": [number(final.get((market, name), 0.0), 2) for name in part["component"]],
            }
            for market, part in exposures.groupby("market", sort=False)
        },
        "shares": {
            str(market): {
                "c": [codes(name) for name in part["component"]],
                "o": [countries(name) for name in part["origin"]],
                "s": numbers(part["share"]),
                "t": [STATUSES.index(status) for status in part["status"]],
                "q": [sources(name) for name in part["source"]],
                "y": [year(value) for value in part["year"]],
            }
            for market, part in shown.groupby("market", sort=False)
        },
        "headline": {
            str(market): {
                row.sector: {"direct": number(row.direct), "net": number(row.net), "stop": number(row.stop)}
                for row in rows_of(part)
            }
            for market, part in headline.groupby("market", sort=False)
        },
        "suppliers": _suppliers(tables, codes, sectors, sources),
        "reach": reach_part(tables, list(study.markets), codes, countries),
        "imports": years_part(tables, list(study.markets), codes, countries),
    }
    payload["stages"] = stages.names
    payload["sources"] = source_part(tables, sources.names)
    payload["countries"] = country_part(tables, countries.names)
    return payload


def _suppliers(tables: Tables, codes: Codes, sectors: Codes, sources: Codes) -> list[dict[str, Any]]:
    makes = tables.makes[tables.makes["component"].isin(codes.at)]
    by_supplier = makes.groupby("supplier")["component"].agg(list).to_dict()
    sector_of = dict(zip(tables.components["id"], tables.components["sector"], strict=True))
    rows = []
    for row in rows_of(tables.suppliers):
        made = by_supplier.get(row.id, [])
        rows.append(
            {
                "id": text(row.id),
                "firm": text(row.firm),
                "country": text(row.country),
                "place": text(row.place),
                "lon": number(row.lon, 2),
                "lat": number(row.lat, 2),
                "kind": text(row.kind),
                "sector": sectors(sector_of[made[0]]) if made else -1,
                "makes": [codes(name) for name in made],
                "precision": text(row.precision),
                "status": STATUSES.index(row.status),
                "source": sources(row.source),
                "year": year(row.year),
            }
        )
    return rows
