"""plan.html: Indian sites and moves, with a budget slider over the frontier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.maps.outlines import DISCLAIMER, outline_text
from corridor.maps.payload import Codes, number, numbers, rows_of, study_part, text
from corridor.measures import headline
from corridor.tables import Tables

if TYPE_CHECKING:
    from corridor.relocate.plan import Plan

_MOST_CHANGED = 12
#: Limits that are named by a column of the table of sites, as readers say it.
_LIMITS = {
    "land_ha": "Land",
    "power_mw": "Power",
    "water_mld": "Water",
    "workers": "Workers",
    "budget": "Budget",
    "budget per year": "Budget per year",
    "most plants": "Plants of one kind",
}
#: Column of ``Plan.moves`` -> name in the page, for figures that are passed on as they are.
_FIGURES = {
    "start_year": "start",
    "first_output_year": "output",
    "plants": "plants",
    "capacity": "capacity",
    "capacity_usd_m": "capacityUsd",
    "made_usd_m": "made",
    "capex_usd_m": "capex",
    "incentive_usd_m": "incentive",
    "running_usd_m": "running",
    "replaces_target_usd_m": "replaces",
    "still_target_usd_m": "still",
}


def plan_page(tables: Tables, study: Study, plans: Sequence[Plan]) -> str:
    """The page as text; parameters as in :func:`corridor.maps.write_pages`, with at least one plan.

    Returns
    -------
    str
        HTML that needs nothing but itself.
    """
    from corridor.maps.offline import OfflineFigure, OfflineMap, Start

    payload = plan_payload(tables, study, plans)
    figure = OfflineFigure(
        "plan.html",
        ["common.js", "map.js", "india.js"],
        {"data": payload, "outlines": outline_text("india", study.point_of_view)},
        {
            "study": study,
            "has_plan": True,
            "sectors": payload["sectors"],
            "first_market": payload["markets"][0]["name"],
            "disclaimer": DISCLAIMER,
        },
    )
    india = OfflineMap(
        "india", (22.5, 82), 4, min_zoom=3, max_zoom=9, zoom_snap=0.25, zoom_delta=0.5, wheel_px_per_zoom_level=160
    )
    india.add_child(Start("corridor.india"))
    figure.add_child(india)
    return figure.render()


def plan_payload(tables: Tables, study: Study, plans: Sequence[Plan]) -> dict[str, Any]:
    """What the map of India shows, ready for JSON; parameters as in :func:`plan_page`."""
    part = study_part(tables, study)
    sectors = Codes(sector["id"] for sector in part["sectors"])
    codes = Codes(tables.components["id"])
    sites = Codes(tables.sites["id"])
    chosen = min(range(len(plans)), key=lambda at: abs(plans[at].budget_usd_m - study.budget_usd_m))
    return part | {
        "disclaimer": DISCLAIMER,
        "start": chosen,
        "years": list(study.years),
        "components": [
            {"id": row.id, "name": text(row.name), "sector": sectors(row.sector), "unit": text(row.unit)}
            for row in rows_of(tables.components)
        ],
        "sites": [_site(row) for row in rows_of(tables.sites)],
        "denials": {
            denial.name: {
                "label": f"{denial.name.replace('-', ' ').capitalize()}, {denial.start}: {denial.months:g} months",
                "title": f"Probability {denial.probability:.0%}. {denial.reason}",
            }
            for denial in study.denials
        },
        "plans": [_plan(tables, study, plan, codes, sites) for plan in plans],
    }


def _site(row: Any) -> dict[str, Any]:
    return {
        "id": text(row.id),
        "name": text(row.name),
        "state": text(row.state),
        "kind": text(row.kind),
        "lon": number(row.lon, 3),
        "lat": number(row.lat, 3),
        "port": text(row.port),
        "portKm": number(row.port_km, 0),
    }


def _plan(tables: Tables, study: Study, plan: Plan, codes: Codes, sites: Codes) -> dict[str, Any]:
    moves = plan.moves
    market = next(iter(study.markets))
    own = plan.exposure[plan.exposure["market"] == market].set_index("component")
    whole = headline(tables, plan.exposure).set_index("market")
    shown = dict(zip(tables.components["id"], tables.components["name"], strict=True))
    made = {
        row.id: f"{text(shown.get(row.component, row.component))} ({row.id})"
        for row in rows_of(tables.technologies)
    }
    kinds = [name for name in whole.columns if name.endswith(("_before", "_after"))]
    return {
        "budget": number(plan.budget_usd_m, 2),
        "summary": {
            name: number(value) if not isinstance(value, str) else value for name, value in plan.summary.items()
        },
        "moves": {
            "c": [codes(name) for name in moves["component"]],
            "s": [sites(name) for name in moves["site"]],
            "technology": [text(name) for name in moves["technology"]],
            **{short: numbers(moves[name], 2) for name, short in _FIGURES.items()},
            "before": numbers(moves["component"].map(own["net_before"])),
            "after": numbers(moves["component"].map(own["net_after"])),
        },
        "headline": {str(name): {kind: number(row[kind]) for kind in kinds} for name, row in whole.iterrows()},
        "levers": _levers(tables, plan),
        "losses": _losses(plan.losses),
        "changed": _changed(own, codes),
        "limits": [
            {
                "limit": _LIMITS.get(row.limit, text(row.limit)),
                "scope": made.get(row.scope, text(row.scope)),
                "unit": text(row.unit),
                "amount": number(row.amount, 1),
                "used": number(row.used, 1),
                "left": number(row.left, 1),
                "binds": bool(row.binds),
            }
            for row in rows_of(plan.limits[(plan.limits["used"] > 0) | plan.limits["binds"]])
        ],
    }


def _levers(tables: Tables, plan: Plan) -> list[list[Any]]:
    """What the plan does beside building: kind, component, in words, cost; dearest first."""
    names = dict(zip(tables.components["id"], tables.components["name"], strict=True))
    countries = dict(zip(tables.countries["iso3"], tables.countries["name"], strict=True))
    rows: list[list[Any]] = []
    for row in rows_of(plan.second_sources):
        what = f"from {countries.get(row.origin, row.origin)}: {row.least_share:.0%} of the need in calm years"
        what += f", up to {row.most_share:.0%} more in a window"
        rows.append(["second source", text(names[row.component]), text(what), number(row.cost_usd_m, 2)])
    for row in rows_of(plan.stocks):
        what = f"{row.months:.1f} months of need, worth US$ {row.value_usd_m:,.1f} M"
        rows.append(["stock", text(names[row.component]), text(what), number(row.cost_usd_m, 2)])
    rows += [
        ["shared facility", text(row.facility), text(f"at {row.site}"), number(row.cost_usd_m, 2)]
        for row in rows_of(plan.facilities)
    ]
    return sorted(rows, key=lambda row: -(row[3] or 0.0))


def _losses(losses: pd.DataFrame) -> list[list[Any]]:
    """Denials with their loss before and after over all markets and sectors, greatest first."""
    total = losses.groupby("scenario")[["loss_before_usd_m", "loss_after_usd_m"]].sum()
    total = total.sort_values("loss_before_usd_m", ascending=False)
    return [
        [text(name), number(row["loss_before_usd_m"], 1), number(row["loss_after_usd_m"], 1)]
        for name, row in total.iterrows()
    ]


def _changed(own: pd.DataFrame, codes: Codes) -> list[list[Any]]:
    """Components whose net exposure falls most, in the market given."""
    fall = (own["net_before"] - own["net_after"]).sort_values(ascending=False)
    fall = fall[fall > 5e-4].head(_MOST_CHANGED)
    return [
        [codes(name), number(own.at[name, "net_before"]), number(own.at[name, "net_after"])] for name in fall.index
    ]
