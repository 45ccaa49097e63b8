"""Describe a decision as a plan: moves, other levers, exposure before and after, losses, limits used."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.names import HOST, RESOURCES
from corridor.measures.exposures.exposure import exposure_in
from corridor.relocation.model.formulate import decide
from corridor.relocation.model.goals import step_names
from corridor.relocation.model.limit_rows import First, kept_use, limit_sums
from corridor.relocation.model.limits import in_scope
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.by_market import by_market
from corridor.relocation.result.decision import Decision, cost_of, facilities_of, link_values, nothing
from corridor.relocation.result.effect import (
    PLANTS,
    exposure_after,
    output_last_year,
    output_of,
    sourcing_after,
)
from corridor.relocation.result.found import Found, goal_value, proved_in_turn
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected, tail_mean

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Before:
    """The study with no moves: losses by component, loss of each window, exposure of every market and India.

    Kept plants run, as they do after the plan.
    """

    losses: pd.DataFrame
    theta: Floats
    exposure: pd.DataFrame

    @classmethod
    def of(cls, problem: Problem, recourse: Recourse) -> Before:
        """Losses and exposure as they are."""
        idle = nothing(problem)
        markets = sorted({HOST, *problem.study.markets})
        if problem.kept.empty:
            exposed = exposure_in(problem.network, markets, problem.study.target)
        else:
            exposed = exposure_after(problem, sourcing_after(problem, idle)[0], markets)
        return cls(recourse.losses(idle), recourse.loss(link_values(problem, idle)), exposed)


def describe(
    problem: Problem,
    budget_usd_m: float,
    found: Found,
    before: Before,
    recourse: Recourse,
) -> Plan:
    """The plan of a decision."""
    study, decision = problem.study, found.decision
    sourcing, replaced = sourcing_after(problem, decision)
    none = pd.DataFrame()
    bare = Plan(study.name, budget_usd_m, {}, none, none, none, none, sourcing)
    markets = sorted({HOST, *study.markets})
    changed = exposure_after(problem, sourcing, markets)
    both = before.exposure[["market", "component", "direct", "net", "stop"]].merge(
        changed[["market", "component", "direct", "net", "stop"]],
        on=["market", "component"],
        suffixes=("_before", "_after"),
    )
    moves = _moves(problem, decision, replaced, changed)
    bound = min(max(found.bound, 0.0), found.objective)
    gap = replace(found, bound=bound).gap
    loss = expected(problem, found.theta)
    summary: dict[str, float | str] = {
        "status": found.status,
        "solver": found.solver,
        "goal": goal_text(problem),
        "objective": found.objective,
        "bound": bound,
        "gap": gap,
        "proved": "nothing: it was given, not searched for"
        if found.status == "kept"
        else proved_in_turn(step_names(study.goal), [*(each for _, each in found.earlier), gap]),
        "stopped_after_s": study.time_limit_s if found.stopped else 0.0,
        "cost_usd_m": cost_of(problem, decision),
        "capex_usd_m": float(moves["capex_usd_m"].sum()),
        "incentive_usd_m": float(moves["incentive_usd_m"].sum()),
        "running_usd_m": float(moves["running_usd_m"].sum()),
        "expected_loss_before_usd_m": expected(problem, before.theta),
        "expected_loss_after_usd_m": loss,
        "cvar_before_usd_m": tail_mean(problem, before.theta),
        "cvar_after_usd_m": tail_mean(problem, found.theta),
        "target_value_before_usd_m": goal_value(problem, "exposure", nothing(problem), before.theta),
        "target_value_after_usd_m": goal_value(problem, "exposure", decision, found.theta),
    }
    facilities = problem.facilities.iloc[facilities_of(problem, decision)]
    second = _second_sources(problem, decision, replaced)
    stores = problem.stores.assign(value_usd_m=decision.stock)[decision.stock > 0]
    need = problem.needs.max(axis=0)[stores["component_index"].to_numpy(int)]
    exposed = both[both["market"].isin(list(study.markets))].reset_index(drop=True)
    losses = _loss_table(problem, before.losses, recourse.losses(decision))
    return replace(
        bare,
        summary=summary,
        moves=moves,
        exposure=exposed,
        losses=losses,
        markets=by_market(problem.tables, study, losses, exposed),
        limits=_limits(problem, decision, found.prices),
        facilities=facilities[["facility", "site", "sector", "capex_net", "cost"]]
        .rename(columns={"capex_net": "capex_usd_m", "cost": "cost_usd_m"})
        .reset_index(drop=True),
        second_sources=second,
        stocks=stores[["component", "value_usd_m"]]
        .assign(
            months=np.divide(
                12.0 * stores["value_usd_m"].to_numpy(), need, out=np.zeros(len(stores)), where=need > 0
            ),
            cost_usd_m=(stores["value_usd_m"] * stores["cost"]).to_numpy(),
        )
        .reset_index(drop=True),
    )


def goal_text(problem: Problem) -> str:
    """The goal in words."""
    return "least " + ", then ".join(step_names(problem.study.goal))


def _moves(problem: Problem, decision: Decision, replaced: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    study, chosen = problem.study, decision.chosen
    plants = problem.plants.iloc[chosen["tech"]].reset_index(drop=True)
    options = problem.options.iloc[chosen["option"]].reset_index(drop=True)
    year = chosen["year"].to_numpy()
    output, component_index = output_last_year(problem, chosen), plants["component_index"].to_numpy(int)
    capex = (plants["capex"] * options["capex_factor"]).to_numpy()
    incentive = capex * plants["incentive_share"].to_numpy()
    # Plants of a component replace in proportion to what they make.
    total = output_of(problem, chosen)[component_index]
    share = np.divide(output, total, out=np.zeros_like(output), where=total > 0)
    of_target = replaced[replaced["supplier"] == PLANTS].groupby("component")["replaces_target_usd_m"].sum()
    net = changed[changed["market"] == HOST].set_index("component")["net"]
    inside = net.reindex(problem.tables.components["id"]).fillna(0.0).to_numpy() @ problem.content
    cost = chosen["cost"].to_numpy()
    start = study.first_year + year
    return (
        pd.DataFrame(
            {
                "component": plants["component"],
                "technology": plants["technology"],
                "site": options["site"],
                "start_year": start,
                "first_output_year": start + plants["lead"].to_numpy(),
                "plants": 1,
                "capacity": plants["units"],
                "capacity_usd_m": plants["capacity"],
                "made_usd_m": output,
                "capex_usd_m": capex,
                "incentive_usd_m": incentive,
                "running_usd_m": cost - (capex - incentive) * problem.discount[year],
                "cost_usd_m": cost,
                "replaces_target_usd_m": plants["component"].map(of_target).fillna(0.0).to_numpy() * share,
                "still_target_usd_m": inside[component_index] * output,
            }
        )
        .sort_values(["start_year", "component", "site"])
        .reset_index(drop=True)
    )


def _second_sources(problem: Problem, decision: Decision, replaced: pd.DataFrame) -> pd.DataFrame:
    """Qualified makers abroad, with what each takes over from the target in calm years."""
    columns = ["component", "origin", "least_share", "most_share", "cost_usd_m", "replaces_target_usd_m"]
    rows = problem.second[decision.second].rename(columns={"cost": "cost_usd_m"})
    theirs = replaced.rename(columns={"supplier": "origin"})[["component", "origin", "replaces_target_usd_m"]]
    rows = rows.merge(theirs, on=["component", "origin"], how="left")
    return rows.fillna({"replaces_target_usd_m": 0.0})[columns]


def _loss_table(problem: Problem, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    sector = problem.tables.components.set_index("id")["sector"]
    keys = ["scenario", "market", "sector"]
    totals = [
        frame.assign(sector=frame["component"].map(sector)).groupby(keys)["loss_usd_m"].sum().rename(name)
        for frame, name in ((before, "loss_before_usd_m"), (after, "loss_after_usd_m"))
    ]
    return pd.concat(totals, axis=1).fillna(0.0).reset_index()


def used_of_limits(problem: Problem, decision: Decision) -> Floats:
    """Amount used of each limit, in the limit's unit; NaN for limits that are not sums (use, site_share)."""
    program, first = decide(problem)
    values = first_values(problem, first, program.width, decision)
    table = problem.limits
    used = np.full(len(table), np.nan)
    for position, columns, amount in limit_sums(problem, first):
        used[position] = float(amount @ values[columns])
    spending = first.spending
    worth = spending["cost"].to_numpy(float) * values[spending["column"].to_numpy(int)]
    for position, row in enumerate(table.to_dict("records")):
        if row["limit"] == "fund":
            used[position] = min(float(row["amount"]), float(worth[in_scope(spending, row)].sum()))
    return used


def first_values(problem: Problem, first: First, width: int, decision: Decision) -> Floats:
    """Values of the first columns of a program at a decision, shape (width,)."""
    values = np.zeros(width)
    starts, places = first.starts, first.places
    count = decision.chosen.groupby(["tech", "year"]).size().rename("count").reset_index()
    taken = starts[["tech", "year"]].merge(count, on=["tech", "year"], how="left")["count"].fillna(0.0)
    values[starts["column"].to_numpy(int)] = taken.to_numpy(float)
    values[places["column"].to_numpy(int)[decision.chosen["option"].to_numpy(int)]] = 1.0
    values[first.facilities["column"].to_numpy(int)[facilities_of(problem, decision)]] = 1.0
    values[first.links.second["column"].to_numpy(int)] = decision.second
    values[first.links.stores["column"].to_numpy(int)] = decision.stock
    return values


def _limits(problem: Problem, decision: Decision, prices: Mapping[str, float]) -> pd.DataFrame:
    table = problem.limits
    used = used_of_limits(problem, decision) + kept_use(problem)
    rows = table[["name", "limit", "sense", "unit", "amount"]].assign(used=used)
    rows.insert(2, "scope", [_scope(row) for row in table.to_dict("records")])
    rows = rows[~np.isnan(used)]
    # Limits of unused sites are left out; the planner's own limits are always listed.
    rows = rows[(rows["used"] > 0) | (rows["name"] != rows["limit"] + " " + rows["scope"])]
    tech = np.r_[decision.chosen["tech"].to_numpy(int), problem.kept["tech"].to_numpy(int)]
    counted = problem.plants.assign(used=np.bincount(tech, minlength=len(problem.plants)))
    counted = counted.iloc[np.unique(decision.chosen["tech"].to_numpy(int))].sort_values("technology")
    counted = counted.rename(columns={"most_plants": "amount"}).assign(
        name="most plants " + counted["technology"].astype(str),
        limit="most plants",
        scope=counted["technology"],
        sense="at most",
        unit="plant",
    )
    out = pd.concat([rows, counted[rows.columns.tolist()]], ignore_index=True)
    least = out["sense"] == "at least"
    out["left"] = np.where(least, out["used"] - out["amount"], out["amount"] - out["used"])
    # A limit binds if what is left is too little for another move: less than the least that any needs or, for
    # money (which can always be spent in small amounts), less than half a percent of the amount.
    smallest: dict[Hashable, float] = {name: _least(problem.options[name]) for name in RESOURCES}
    smallest |= {"most plants": 1.0, "plants": 1.0}
    money = ~out["limit"].isin(list(smallest))
    need = np.where(money, 0.005 * out["amount"], out["limit"].map(smallest).astype(float).fillna(0.0))
    out["binds"] = out["left"] < need - _ROUNDING
    out["price_usd_m"] = [prices.get(name, np.nan) for name in out["name"]]
    return out


def _scope(row: Mapping[Hashable, Any]) -> str:
    """What a limit counts, in words."""
    values = [row[name] for name in ("site", "state", "sectors", "component", "technology")]
    words = [value for value in values if isinstance(value, str)]
    if pd.notna(row["in_year"]):
        words.append(str(int(row["in_year"])))
    return ", ".join(words) or "all years"


def _least(needs: pd.Series) -> float:
    """Smallest need above zero; 0 if there is none."""
    above = needs[needs > 0]
    return float(above.min()) if len(above) else 0.0
