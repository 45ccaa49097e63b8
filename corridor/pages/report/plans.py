"""Chapters of the report on plans: three budgets side by side, and reasons of the greatest moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.measures import headline
from corridor.pages.entities.facts import Facts, lookup
from corridor.pages.kit import charts
from corridor.pages.kit.by_market import dollar_rows, market_tables
from corridor.pages.kit.payload import rows_of, text
from corridor.pages.kit.sectors import Sectors
from corridor.pages.kit.words import capital, dollars, in_text, listed, percent, plural, possessive
from corridor.relocation.result.by_market import ALL_SECTORS

if TYPE_CHECKING:
    from corridor.relocation import Reasons
    from corridor.relocation.result.plan import Plan

_MOST_MOVES, _MOST_REASONS, _MOST_USERS, _MOST_OTHERS = 7, 8, 4, 6
#: Changes of exposure below this are not mentioned.
_LEAST = 5e-4


def three_budgets(study: Study) -> list[float]:
    """The study's smallest budget, its own, and the one between (by ratio), US$ million; fewer if the same."""
    own = study.budget_usd_m
    budgets = sorted({*study.budgets_usd_m, own})
    middle = math.sqrt(max(budgets[0], 1e-9) * max(own, 1e-9))
    between = [budget for budget in budgets if budget <= own]
    nearest = min(between, key=lambda budget: abs(math.log(max(budget, 1e-9) / middle)))
    return sorted({budgets[0], nearest, own})


def three_plans(facts: Facts) -> list[Plan]:
    """The plans nearest to the three budgets; fewer if the same."""
    near = [
        min(facts.plans, key=lambda plan: abs(plan.budget_usd_m - budget)) for budget in three_budgets(facts.study)
    ]
    found = {plan.budget_usd_m: plan for plan in near}
    return [found[budget] for budget in sorted(found)]


def plan_chapters(facts: Facts, reasons: Reasons | None) -> dict[str, Any] | None:
    """Data of the chapters on plans; None without plans.

    Parameters
    ----------
    facts
        Figures of the study.
    reasons
        :func:`corridor.explain` of the chosen plan, if it was computed.
    """
    if facts.chosen is None:
        return None
    shown = three_plans(facts)
    return {
        "cards": [_card(facts, plan) for plan in shown],
        "frontier": _frontier(facts),
        "reasons": _reasons(facts, facts.chosen, reasons),
        "others": _others(facts, facts.chosen),
        "budget": dollars(facts.chosen.budget_usd_m),
        "by_market": market_tables(facts.chosen, facts.countries, Sectors.of(facts.tables)),
        "dollars": dollar_rows(facts.plans, facts.study, facts.countries),
    }


def _card(facts: Facts, plan: Plan) -> dict[str, Any]:
    """Figures of a plan and its greatest moves."""
    moves, summary = plan.moves, plan.summary
    before, after = float(summary["expected_loss_before_usd_m"]), float(summary["expected_loss_after_usd_m"])
    cost = float(summary["cost_usd_m"])
    made, still = (float(moves[name].sum()) for name in ("made_usd_m", "still_target_usd_m"))
    seconds, stocks = (
        float(frame["cost_usd_m"].sum()) if len(frame) else 0.0 for frame in (plan.second_sources, plan.stocks)
    )
    return {
        "budget": dollars(plan.budget_usd_m),
        "chosen": plan is facts.chosen,
        "plants": int(moves["plants"].sum()),
        "made_components": moves["component"].nunique(),
        "sites": moves["site"].nunique(),
        "seconds": len(plan.second_sources),
        "stores": len(plan.stocks),
        "cost": dollars(cost),
        "capex": dollars(float(summary["capex_usd_m"])),
        "incentive": dollars(float(summary["incentive_usd_m"])),
        "running": dollars(float(summary["running_usd_m"])),
        "seconds_cost": dollars(seconds),
        "stores_cost": dollars(stocks),
        "before": dollars(before),
        "after": dollars(after),
        "averted": percent((before - after) / before if before else 0.0),
        "averted_usd": dollars(before - after),
        "per_dollar": f"{(before - after) / cost:.2f}" if cost > 0 else "–",
        "tail": _tail(summary),
        "still": percent(still / made if made else 0.0),
        "made": dollars(made),
        "value": _value(summary),
        "quality": plan.quality,
        "warning": plan.warning,
        "exposure": _exposure(facts, plan),
        "markets": _markets(facts, plan),
        "moves": _greatest(facts, moves),
        "more": max(0, moves["component"].nunique() - _MOST_MOVES),
        "sectors": _by_sector(facts, moves),
        "states": _by_state(facts, moves),
    }


def _markets(facts: Facts, plan: Plan) -> list[dict[str, Any]]:
    """Expected loss of each market, before and after, the host's first."""
    whole = plan.markets[plan.markets["sector"] == ALL_SECTORS] if len(plan.markets) else plan.markets
    return [
        {
            "name": facts.countries.get(row.market, row.market),
            "in_text": in_text(facts.countries.get(row.market, row.market)),
            "before": dollars(row.loss_before_usd_m),
            "after": dollars(row.loss_after_usd_m),
            "averted": percent(row.avoided_share),
        }
        for row in rows_of(whole)
    ]


def _tail(summary: Any) -> str:
    if "cvar_before_usd_m" not in summary:
        return "–"
    return f"{dollars(float(summary['cvar_before_usd_m']))} → {dollars(float(summary['cvar_after_usd_m']))}"


def _value(summary: Any) -> str:
    """Value from the target in what India needs, before and after."""
    if "target_value_before_usd_m" not in summary:
        return "–"
    before, after = (dollars(float(summary[f"target_value_{when}_usd_m"])) for when in ("before", "after"))
    return f"{before} → {after}"


def _exposure(facts: Facts, plan: Plan) -> list[dict[str, Any]]:
    """Exposure of final needs before and after, by market."""
    totals = {row.market: row for row in rows_of(headline(facts.tables, plan.exposure))}
    return [
        {
            "name": facts.countries.get(market, market),
            "in_text": in_text(facts.countries.get(market, market)),
            "kinds": [
                (kind, *(getattr(totals[market], f"{kind}_{when}") for when in ("before", "after")))
                for kind in ("direct", "net", "stop")
            ],
        }
        for market in facts.markets
        if market in totals
    ]


def _totals(moves: pd.DataFrame) -> pd.DataFrame:
    """Sums of the moves by component, the largest replacement first."""
    amounts = ["plants", "capex_usd_m", "made_usd_m", "replaces_target_usd_m", "still_target_usd_m"]
    grouped = moves.groupby("component")
    found = (
        grouped[amounts]
        .sum()
        .assign(
            first=grouped["start_year"].min(),
            output=grouped["first_output_year"].min(),
            sites=grouped["site"].nunique(),
        )
    )
    return found.sort_values("replaces_target_usd_m", ascending=False, kind="stable")


def _greatest(facts: Facts, moves: pd.DataFrame) -> list[dict[str, Any]]:
    if not len(moves):
        return []
    return [
        {
            "name": capital(facts.names.get(str(name), str(name))),
            "file": facts.component_files.get(str(name), ""),
            "plants": int(row["plants"]),
            "sites": listed(_places(facts, moves, name)),
            "start": int(row["first"]),
            "output": int(row["output"]),
            "capex": dollars(row["capex_usd_m"]),
            "replaces": dollars(row["replaces_target_usd_m"]),
            "still": percent(row["still_target_usd_m"] / row["made_usd_m"] if row["made_usd_m"] else 0.0),
        }
        for name, row in _totals(moves).head(_MOST_MOVES).to_dict("index").items()
    ]


def _places(facts: Facts, moves: pd.DataFrame, name: Any) -> list[str]:
    sites = list(dict.fromkeys(moves.loc[moves["component"] == name, "site"]))
    named = [facts.sites.get(site, (str(site), ""))[0] for site in sites[:3]]
    return [*named, f"{len(sites) - 3} more"] if len(sites) > 3 else named


def _by_sector(facts: Facts, moves: pd.DataFrame) -> str:
    sector = moves["component"].map(facts.tables.components.set_index("id")["sector"])
    sums = moves.groupby(sector)["capex_usd_m"].sum().sort_values(ascending=False)
    return listed([f"{facts.sectors.name(str(name)).lower()} {dollars(value)}" for name, value in sums.items()])


def _by_state(facts: Facts, moves: pd.DataFrame) -> str:
    state = moves["site"].map({site: names[1] for site, names in facts.sites.items()})
    sums = moves.groupby(state)["capex_usd_m"].sum().sort_values(ascending=False)
    shown = [f"{name} {dollars(value)}" for name, value in sums.head(5).items()]
    return listed([*shown, f"{len(sums) - 5} more"]) if len(sums) > 5 else listed(shown)


def _frontier(facts: Facts) -> Any:
    """Chart of expected loss averted against cost; empty if there is only one plan."""
    if len(facts.plans) < 2:
        return ""
    marked = {plan.budget_usd_m for plan in three_plans(facts)}
    dots = [(0.0, 0.0, "no plan", False)]
    for plan in facts.plans:
        before, after, cost = (
            float(plan.summary[name]) / 1000
            for name in ("expected_loss_before_usd_m", "expected_loss_after_usd_m", "cost_usd_m")
        )
        dots.append((cost, before - after, dollars(plan.budget_usd_m), plan.budget_usd_m in marked))
    up = "expected loss averted, US$ billion"
    return charts.curve(dots, "Expected loss averted by what a plan costs", "cost, US$ billion", up)


def _reasons(facts: Facts, plan: Plan, reasons: Reasons | None) -> list[dict[str, Any]]:
    """Reasons of the greatest moves, a few sentences each."""
    if not len(plan.moves):
        return []
    worth: dict[str, float] = {}
    if reasons is not None:
        worth = lookup(reasons.moves.groupby("component")["worth_usd_m"].sum())
    totals = _totals(plan.moves)
    order = sorted(totals.index, key=lambda name: -worth.get(name, 0.0)) if worth else list(totals.index)
    return [
        {
            "name": capital(facts.names.get(name, name)),
            "file": facts.component_files.get(name, ""),
            "says": [words for words in _why(facts, plan, name, totals.loc[name], worth.get(name)) if words],
        }
        for name in order[:_MOST_REASONS]
    ]


def _why(facts: Facts, plan: Plan, name: str, row: Any, worth: float | None) -> list[str]:
    home = facts.markets[0]
    change = facts.changes.get((home, name))
    sites = plural(int(row["sites"]), "site")
    out = [
        f"{plural(int(row['plants']), 'plant')} at {sites}, {dollars(row['capex_usd_m'])}, output from "
        f"{row['output']:.0f}; replaces {dollars(row['replaces_target_usd_m'])} a year that {facts.target} "
        "delivers."
    ]
    if worth is not None:
        out.append(f"Without it the expected loss is {dollars(worth)} higher.")
    if change is not None and change.net_before - change.net_after >= _LEAST:
        out.append(
            f"{capital(possessive(facts.countries.get(home, home)))} net exposure falls from "
            f"{percent(change.net_before)} to {percent(change.net_after)}."
        )
    out.append(_used_in(facts, name))
    out.append(_shortage(facts, name))
    share = row["still_target_usd_m"] / row["made_usd_m"] if row["made_usd_m"] else 0.0
    out.append(f"Still dependent: {percent(share)} of the value made comes from {facts.target} in inputs.")
    return out


def _used_in(facts: Facts, name: str) -> str:
    users = [row for row in facts.users.get(name, []) if row.purpose == "run"]
    stops = [row for row in users if row.essential]
    shown = list(dict.fromkeys(facts.names.get(row.output, row.output) for row in (stops or users)))
    if not shown:
        return "It is used directly."
    more = len(shown) - _MOST_USERS
    named = [*shown[:_MOST_USERS], f"{more} more"] if more > 0 else shown
    return f"{'Lines that stop without it' if stops else 'Goes into'}: {listed(named)}."


def _shortage(facts: Facts, name: str) -> str:
    """Sentence on the most probable window in which the plan delays or avoids a shortage in India."""
    chances = {denial.name: denial for denial in facts.study.denials}
    helped = [
        row
        for row in facts.windows.get(name, [])
        if row.scenario in chances
        and not pd.isna(row.first_before)
        and (pd.isna(row.first_after) or row.first_after > row.first_before)
    ]
    if not helped:
        return ""
    row = max(helped, key=lambda one: (chances[one.scenario].probability, -one.first_before, one.scenario))
    window = row.scenario.replace("-", " ")
    after = "not at all" if pd.isna(row.first_after) else f"in month {row.first_after:.0f}"
    before = f"in month {row.first_before:.0f}"
    return f"In the window “{window}” India runs short {before} without the plan, {after} with it."


def _others(facts: Facts, plan: Plan) -> dict[str, Any]:
    """Second sources by country, the most expensive of them, and the greatest stocks."""
    seconds, stocks = plan.second_sources, plan.stocks
    found: dict[str, Any] = {"seconds": [], "countries": "", "stocks": []}
    if len(seconds):
        by_country = (
            seconds.groupby("origin")["cost_usd_m"].agg(["size", "sum"]).sort_values("sum", ascending=False)
        )
        found["countries"] = listed(
            [
                f"{in_text(facts.countries.get(str(name), str(name)))} ({int(row['size'])}, {dollars(row['sum'])})"
                for name, row in by_country.head(_MOST_OTHERS).iterrows()
            ]
        )
        costliest = seconds.sort_values("cost_usd_m", ascending=False, kind="stable").head(_MOST_OTHERS)
        found["seconds"] = [
            {
                "name": capital(facts.names.get(row["component"], row["component"])),
                "country": facts.countries.get(row["origin"], row["origin"]),
                "calm": percent(row["least_share"]),
                "most": percent(row["most_share"]),
                "cost": dollars(row["cost_usd_m"]),
            }
            for row in costliest.to_dict("records")
        ]
    if len(stocks):
        large = stocks.sort_values("value_usd_m", ascending=False, kind="stable").head(_MOST_OTHERS)
        found["stocks"] = [
            {
                "name": capital(facts.names.get(row["component"], text(row["component"]))),
                "months": f"{row['months']:.1f}",
                "value": dollars(row["value_usd_m"]),
                "cost": dollars(row["cost_usd_m"]),
            }
            for row in large.to_dict("records")
        ]
    return found
