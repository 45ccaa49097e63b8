"""Data of the map of India as compact JSON for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.data.list_cells import list_cell
from corridor.data.names import RESOURCES
from corridor.data.tables import Tables
from corridor.measures import headline
from corridor.pages.kit.outlines import DISCLAIMER
from corridor.pages.kit.payload import Codes, number, numbers, rows_of, study_json, text
from corridor.pages.plan.limit_words import limit_rows
from corridor.relocation.result.averted import break_even, dollar_buys, expected_losses

if TYPE_CHECKING:
    from corridor.relocation import Alternatives, Plan, Reasons

_MOST_CHANGED = 12
_MOST_PRICES = 8
#: Names of a site's resources: land, power, water and workers.
SITE_WORDS = ("Land", "Power", "Water", "Workers")
SITE_UNITS = ("ha", "MW", "million litres a day", "people")
#: Column of ``Plan.moves`` -> key in the page's JSON, for figures that are passed unchanged.
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
    "cost_usd_m": "cost",
    "replaces_target_usd_m": "replaces",
    "still_target_usd_m": "still",
}


def plan_payload(
    tables: Tables,
    study: Study,
    plans: Sequence[Plan],
    *,
    reasons: Mapping[float, Reasons] | None = None,
    alternatives: Mapping[float, Alternatives] | None = None,
) -> dict[str, Any]:
    """Data of the map of India, ready for JSON.

    Parameters
    ----------
    tables, study, plans
        As in :func:`corridor.pages.write_pages`, with at least one plan.
    reasons, alternatives
        By budget (US$ million); plans of other budgets are shown without them.
    """
    base = study_json(tables, study)
    sectors = Codes(sector["id"] for sector in base["sectors"])
    codes = Codes(tables.components["id"])
    sites = Codes(tables.sites["id"])
    bought = dollar_buys(plans)
    following = dict(zip(bought["budget_usd_m"], bought["next_dollar"].tolist(), strict=True))
    chosen = min(range(len(plans)), key=lambda position: abs(plans[position].budget_usd_m - study.budget_usd_m))
    return base | {
        "disclaimer": DISCLAIMER,
        "start": chosen,
        "discount": study.discount_rate,
        "weights": dict(study.markets),
        "breakEven": number(break_even(plans), 2),
        "years": list(study.years),
        "siteLimits": [list(one) for one in zip(RESOURCES, SITE_WORDS, SITE_UNITS, strict=True)],
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
        "plans": [
            _plan(tables, study, plan, codes, sites)
            | {"next": number(following[plan.budget_usd_m])}
            | _why(plan, (reasons or {}).get(plan.budget_usd_m), codes)
            | _others(plan, (alternatives or {}).get(plan.budget_usd_m), codes, sites)
            for plan in plans
        ],
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
        "tags": text(row.tags).replace(";", ", "),
        "status": text(row.status),
        "has": [number(getattr(row, kind), 1) for kind in RESOURCES],
    }


def _plan(tables: Tables, study: Study, plan: Plan, codes: Codes, sites: Codes) -> dict[str, Any]:
    moves = plan.moves
    market = next(iter(study.markets))
    own = plan.exposure[plan.exposure["market"] == market].set_index("component")
    totals = headline(tables, plan.exposure).set_index("market")
    kinds = [name for name in totals.columns if name.endswith(("_before", "_after"))]
    return {
        "budget": number(plan.budget_usd_m, 2),
        "quality": text(plan.quality),
        "warning": text(plan.warning),
        "summary": {
            name: number(value) if not isinstance(value, str) else value for name, value in plan.summary.items()
        },
        "moves": {
            "c": [codes(name) for name in moves["component"]],
            "s": [sites(name) for name in moves["site"]],
            "technology": [text(name) for name in moves["technology"]],
            **{short: numbers(moves[name], 2) for name, short in _FIGURES.items() if name in moves},
            "before": numbers(moves["component"].map(own["net_before"])),
            "after": numbers(moves["component"].map(own["net_after"])),
        },
        "headline": {str(name): {kind: number(row[kind]) for kind in kinds} for name, row in totals.iterrows()},
        "levers": _levers(tables, plan, codes),
        "expected": _expected(study, plan),
        "losses": _losses(plan.losses),
        "changed": _changed(own, codes),
        "raised": _changed(own, codes, sign=-1.0),
        "limits": limit_rows(tables, plan.limits),
    }


def _levers(tables: Tables, plan: Plan, codes: Codes) -> list[list[Any]]:
    """Second sources, stocks, shared facilities: kind, name, text, cost, value stored, component; by cost."""
    names = dict(zip(tables.components["id"], tables.components["name"], strict=True))
    countries = dict(zip(tables.countries["iso3"], tables.countries["name"], strict=True))
    sites = dict(zip(tables.sites["id"], tables.sites["name"], strict=True))
    shared = dict(zip(tables.facilities["id"], tables.facilities["name"], strict=True))
    rows: list[list[Any]] = []
    for row in rows_of(plan.second_sources):
        what = f"from {countries.get(row.origin, row.origin)}: {row.least_share:.0%} of the need in calm years"
        what += f", up to {row.most_share:.0%} more in a window"
        cost = number(row.cost_usd_m, 2)
        rows.append(["second source", text(names[row.component]), text(what), cost, None, codes(row.component)])
    for row in rows_of(plan.stocks):
        what, value = f"{row.months:.1f} months of need", number(row.value_usd_m, 2)
        cost = number(row.cost_usd_m, 2)
        rows.append(["stock", text(names[row.component]), what, cost, value, codes(row.component)])
    for row in rows_of(plan.facilities):
        name, place = text(shared.get(row.facility, row.facility)), text(sites.get(row.site, row.site))
        rows.append(["shared facility", name, f"at {place}", number(row.cost_usd_m, 2), None, None])
    return sorted(rows, key=lambda row: -(row[3] or 0.0))


def _losses(losses: pd.DataFrame) -> list[list[Any]]:
    """Denials with their loss before and after over all markets and sectors, greatest first."""
    total = losses.groupby("scenario")[["loss_before_usd_m", "loss_after_usd_m"]].sum()
    total = total.sort_values("loss_before_usd_m", ascending=False)
    return [
        [text(name), number(row["loss_before_usd_m"], 1), number(row["loss_after_usd_m"], 1)]
        for name, row in total.iterrows()
    ]


def _expected(study: Study, plan: Plan) -> dict[str, list[float | None]]:
    """Expected loss of each market without and with the plan, US$ million, not weighted by market."""
    found = expected_losses(study, plan.losses).groupby("market")[
        ["expected_before_usd_m", "expected_after_usd_m"]
    ]
    sums = found.sum().reindex(list(study.markets), fill_value=0.0)
    return {str(market): numbers(row, 2) for market, row in zip(sums.index, sums.to_numpy(), strict=True)}


def _changed(own: pd.DataFrame, codes: Codes, sign: float = 1.0) -> list[list[Any]]:
    """Components whose net exposure falls most (with `sign` -1: rises most), in the first market."""
    fall = (sign * (own["net_before"] - own["net_after"])).sort_values(ascending=False)
    fall = fall[fall > 5e-4].head(_MOST_CHANGED)
    return [
        [codes(name), number(own.at[name, "net_before"]), number(own.at[name, "net_after"])] for name in fall.index
    ]


def _why(plan: Plan, reasons: Reasons | None, codes: Codes) -> dict[str, Any]:
    """Worth and needs of each move of a plan, in the order of its moves."""
    if reasons is None:
        return {}
    rows = {(row.component, row.technology, int(row.start_year)): row for row in rows_of(reasons.moves)}
    found = [rows.get((row.component, row.technology, int(row.start_year))) for row in rows_of(plan.moves)]

    prices = reasons.limits.sort_values("price_usd_m", ascending=False)

    def named(value: Any) -> list[int]:
        return [codes(name) for name in list_cell(value)]

    return {
        "why": {
            "worth": [number(row.worth_usd_m, 2) if row else None for row in found],
            "perUsd": [number(row.worth_per_usd, 3) if row else None for row in found],
            "together": [int(row.plants) if row else 0 for row in found],
            "needs": [named(row.needs) if row else [] for row in found],
            "neededBy": [named(row.needed_by) if row else [] for row in found],
        },
        "prices": [text(words) for words in prices["what"].head(_MOST_PRICES)],
    }


def _others(plan: Plan, others: Alternatives | None, codes: Codes, sites: Codes) -> dict[str, Any]:
    """Verdicts of the near-optimal plans on components, and on each move at its site."""
    if others is None:
        return {}
    verdicts = dict(zip(others.components["component"], others.components["verdict"], strict=True))
    regrets = dict(zip(others.components["component"], others.components["regret_usd_m"], strict=True))
    at_site = {(row.component, row.site): row.verdict for row in rows_of(others.sites)}
    ours = set(plan.moves["component"])
    return {
        "others": {
            "count": len(others.plans),
            "slack": number(others.slack),
            "verdict": [verdicts.get(name, "never") for name in plan.moves["component"]],
            "here": [
                at_site.get(pair, "never")
                for pair in zip(plan.moves["component"], plan.moves["site"], strict=True)
            ],
            "regret": [number(regrets.get(name), 2) for name in plan.moves["component"]],
            "sites": [
                [codes(row.component), sites(row.site), row.verdict, int(row.plans)]
                for row in rows_of(others.sites[others.sites["site"].isin(sites.positions)])
            ],
            "elsewhere": [
                codes(name) for name, verdict in verdicts.items() if verdict == "could" and name not in ours
            ],
            "never": sum(1 for verdict in verdicts.values() if verdict == "never"),
        }
    }
