"""Sections of a component's page on shocks and plans."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.pages.entities.facts import Facts
from corridor.pages.kit import charts
from corridor.pages.kit.words import amount, dollars, in_text, listed, percent, plural

_MOST_WINDOWS = 8
#: Losses below this fraction of final needs are not listed.
_LEAST_LOSS = 5e-5


def window_section(facts: Facts, name: str) -> dict[str, Any]:
    """Windows that affect a component, and the losses if its greatest makers stop."""
    denials = {denial.name: denial for denial in facts.study.denials}
    rows = facts.windows.get(name, [])
    named = [row for row in rows if row.scenario in denials]
    return {
        "rows": [_window(denials[row.scenario], row) for row in named[:_MOST_WINDOWS]],
        "more": max(0, len(named) - _MOST_WINDOWS),
        "final": any(facts.final.get((market, name), 0.0) > 0 for market in facts.markets),
        "makers": [
            {
                "country": in_text(facts.countries.get(row.origin, row.origin)),
                "loss": dollars(row.loss_usd_m),
                "share": percent(row.loss_share),
                "short": plural(row.components_short, "component"),
            }
            for row in facts.makers.get(name, [])
            if row.loss_share >= _LEAST_LOSS
        ],
    }


def _window(denial: Any, row: Any) -> dict[str, Any]:
    return {
        "name": denial.name.replace("-", " ").capitalize(),
        "start": denial.start,
        "months": f"{denial.months:g}",
        "probability": percent(denial.probability),
        "cut": percent(row.cut) if row.cut > 0 else "",
        "first": _month(row.first_before),
        "first_after": _month(row.first_after),
        "loss": row.loss_before,
        "loss_after": None if pd.isna(row.loss_after) else row.loss_after,
    }


def _month(value: float) -> str:
    return "never" if pd.isna(value) else f"month {value:.0f}"


def plan_section(facts: Facts, row: Any) -> dict[str, Any] | None:
    """Effects of the chosen plan and of other budgets on a component; None without plans."""
    plan = facts.chosen
    if plan is None:
        return None
    sites = facts.sites
    moves = facts.moves.get((plan.budget_usd_m, row.id), [])
    before_after = [
        charts.Pair(f"{facts.countries.get(market, market)}, {kind}", *_change(facts, market, row.id, kind))
        for market in facts.markets
        for kind in ("direct", "net", "stop")
        if (market, row.id) in facts.changes
    ]
    moved = [pair for pair in before_after if abs(pair.before - pair.after) >= 5e-4]
    return {
        "budget": dollars(plan.budget_usd_m),
        "moves": [
            {
                "plants": plural(int(move.plants), "plant"),
                "site": sites.get(move.site, (move.site, ""))[0],
                "state": sites.get(move.site, ("", ""))[1],
                "start": int(move.start_year),
                "output": int(move.first_output_year),
                "capacity": f"{amount(move.capacity, row.unit)} a year",
                "capex": dollars(move.capex_usd_m),
                "replaces": dollars(move.replaces_target_usd_m),
                "still": percent(move.still_target_usd_m / move.made_usd_m if move.made_usd_m else 0.0),
            }
            for move in moves
        ],
        "seconds": [
            f"{facts.countries.get(one.origin, one.origin)}: {percent(one.least_share)} in calm years, up "
            f"to {percent(one.most_share)} of the need in a window, {dollars(one.cost_usd_m)}"
            for one in facts.seconds.get((plan.budget_usd_m, row.id), [])
        ],
        "stocks": [
            f"{one.months:.1f} months of need, worth {dollars(one.value_usd_m)}, {dollars(one.cost_usd_m)} to hold"
            for one in facts.stocks.get((plan.budget_usd_m, row.id), [])
        ],
        "chart": charts.pairs(moved, f"Exposure to {facts.target} before and after the plan") if moved else "",
        "budgets": _budgets(facts, row.id),
        "can": _levers(facts, row.id),
    }


def _change(facts: Facts, market: str, name: str, kind: str) -> tuple[float, float]:
    change = facts.changes[market, name]
    return float(getattr(change, f"{kind}_before")), float(getattr(change, f"{kind}_after"))


def _budgets(facts: Facts, name: str) -> list[dict[str, Any]]:
    """Plants, second sources and months of stock of a component in each plan."""
    rows = []
    for plan in facts.plans:
        key = (plan.budget_usd_m, name)
        plants = sum(int(move.plants) for move in facts.moves.get(key, []))
        seconds = len(facts.seconds.get(key, []))
        months = sum(float(one.months) for one in facts.stocks.get(key, []))
        rows.append(
            {
                "budget": dollars(plan.budget_usd_m),
                "chosen": plan is facts.chosen,
                "plants": str(plants or "–"),
                "seconds": str(seconds or "–"),
                "months": f"{months:.1f}" if months >= 0.05 else "–",
            }
        )
    return rows if any(row[kind] != "–" for row in rows for kind in ("plants", "seconds", "months")) else []


def _levers(facts: Facts, name: str) -> str:
    """Levers that the tables allow for a component, in words."""
    can = []
    if plants := facts.can_build.get(name, 0):
        can.append(f"built in India in {plural(plants, 'plant size')}")
    if origins := facts.can_qualify.get(name, 0):
        can.append(f"bought from {plural(origins, 'other country', 'other countries')}")
    if months := facts.can_store.get(name, 0.0):
        can.append(f"stored for up to {months:g} months")
    return listed(can)
