"""Small tables in a few lines, for cases that can be solved by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.frames import Tables, bundled_sectors, conform, empty_frame
from corridor.data.schema import TABLES

_EVIDENCE = {"status": "reported", "source": "hand", "year": 2024}


#: Frames by their rows, and tables by their frames (never edited): most cases differ from others in a row or two.
_FRAMES: dict[tuple[str, str], pd.DataFrame] = {}
_TABLES: dict[tuple[int, ...], Tables] = {}


def frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A table of the schema from rows that give only what matters."""
    return _frame(table, rows).copy(deep=False)


def _frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    full = [{**_EVIDENCE, **row} for row in rows]
    key = table, repr(full)
    if key not in _FRAMES:
        _FRAMES[key] = _made(table, full)
    return _FRAMES[key]


def _made(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    if not rows:
        return empty_frame(table)
    wanted = set(empty_frame(table).columns)
    raw = pd.DataFrame(rows)
    out, faults = conform(table, raw[[name for name in raw.columns if name in wanted]])
    assert not faults, faults
    return out


def tables(
    *,
    components: Mapping[str, Mapping[str, Any]],
    recipes: Iterable[tuple[Any, ...]] = (),
    world: Mapping[str, Mapping[str, float]] | None = None,
    sourcing: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
    demand: Mapping[str, Mapping[str, float]] | None = None,
    consumption: Mapping[str, Mapping[str, float]] | None = None,
    access: Mapping[str, float] | None = None,
    sites: Iterable[Mapping[str, Any]] = (),
    technologies: Iterable[Mapping[str, Any]] = (),
    **more: Iterable[Mapping[str, Any]],
) -> Tables:
    """Tables by hand.

    `recipes` are (output, input, value share[, essential[, route, route share]]); `world` maps component to
    country to share of production; `sourcing` maps market to component to origin to share; `demand` maps market
    to component to US$ million of final need (`covers` unlisted), `consumption` the same of apparent consumption.
    Prices are US$ 1 million, so a capacity of 1 is US$ 1 million a year.
    """
    countries = {"IND", "USA", "CHN", "HKG", "MAC", "ROW", "REX"}
    for shares in (world or {}).values():
        countries |= set(shares)
    for market in (sourcing or {}).values():
        for shares in market.values():
            countries |= set(shares)
    made: dict[str, list[Mapping[str, Any]]] = {
        "sources": [{"key": "hand", "title": "by hand", "publisher": "tests", "licence": "MIT"}],
        "countries": [
            {"iso3": code, "name": code, "lon": 0, "lat": 0, "region": "test"} for code in sorted(countries)
        ],
        "components": [
            {
                "id": name,
                "name": name,
                "sector": "minerals",
                "stage": "part",
                "unit": "t",
                "price_usd_per_unit": 1e6,
                "stock_months": 0,
                **extra,
            }
            for name, extra in components.items()
        ],
        "recipes": [
            {
                "output": row[0],
                "input": row[1],
                "value_share": row[2],
                "essential": row[3] if len(row) > 3 else True,
                "route": row[4] if len(row) > 4 else "main",
                "route_share": row[5] if len(row) > 5 else 1.0,
            }
            for row in recipes
        ],
        "supply": [
            {"component": name, "country": country, "share": share}
            for name, shares in (world or {}).items()
            for country, share in shares.items()
        ],
        "sourcing": [
            {"market": market, "component": name, "origin": origin, "share": share}
            for market, components_shares in (sourcing or {}).items()
            for name, shares in components_shares.items()
            for origin, share in shares.items()
        ],
        "demand": [
            {"market": market, "component": name, "value_usd_m": value, "covers": covers}
            for covers, stated in (("unlisted", demand), ("all", consumption))
            for market, needs in (stated or {}).items()
            for name, value in needs.items()
        ],
        "markets": [
            {"market": market, "scope": "all", "access": share}
            for market, share in (dict.fromkeys(sorted(countries - {"IND"}), 0.5) | dict(access or {})).items()
        ],
        "sites": [
            {
                "name": site["id"],
                "state": "Gujarat",
                "lon": 72.0,
                "lat": 22.0,
                "coordinate_status": "assumed",
                "kind": "estate",
                "tags": "minerals",
                "land_ha": 1000,
                "power_mw": 1000,
                "water_mld": 1000,
                "workers": 100000,
                **site,
            }
            for site in sites
        ],
        "technologies": [
            {
                "running_premium": 0,
                "lead_years": 1,
                "land_ha": 1,
                "power_mw": 1,
                "water_mld": 1,
                "workers": 1,
                "site_tags": "minerals",
                **technology,
            }
            for technology in technologies
        ],
        **{name: list(rows) for name, rows in more.items()},
    }
    if len(_FRAMES) > 2000:  # tables drawn at random
        _FRAMES.clear()
        _TABLES.clear()
    frames = {name: _frame(name, made.get(name, ())) for name in TABLES}
    key = tuple(map(id, frames.values()))
    if key not in _TABLES:
        _TABLES[key] = Tables(**frames if "sectors" in made else frames | {"sectors": bundled_sectors()})
    return _TABLES[key]


def study(**settings: Any) -> Study:
    """A study with one certain, year-long stop of all that the target sells, simple enough to solve by hand."""
    base: dict[str, Any] = {
        "name": "hand",
        "title": "By hand",
        "markets": {"IND": 1.0},
        "first_year": 2026,
        "last_year": 2029,
        "discount_rate": 0.0,
        "budget_usd_m": 1000,
        "budgets_usd_m": [1000],
        "planned_use": 1.0,
        "surge": 1.0,
        "spare": 0.0,
        "adaptation": 0.0,
        "gap": 0.0,
        "denials": [stop()],
    }
    return Study.model_validate({**base, **settings})


def stop(**settings: Any) -> dict[str, Any]:
    """A denial: by default everything from the target, all of 2028, certain."""
    base = {"name": "stop", "start": 2028, "months": 12, "probability": 1.0, "reason": "a case by hand"}
    return {**base, "cuts": [{"cut": 1.0}], **settings}
