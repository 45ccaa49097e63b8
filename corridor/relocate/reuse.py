"""A plan under other circumstances: its plants kept, the use of them decided again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.errors import ConfigError
from corridor.relocate.decision import Decision, decision_of_rows, link_values
from corridor.relocate.describe import Before, describe, used_of_limits
from corridor.relocate.optimize import best
from corridor.relocate.plan import Plan
from corridor.relocate.problem import Problem, build_problem
from corridor.relocate.search import Found
from corridor.relocate.value import Recourse, expected
from corridor.tables import Tables


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a plan comes to under another study or other tables.

    Attributes
    ----------
    plan
        The same moves, described under the new circumstances: losses, exposure, cost, limits.
    broken
        Limits that it does not keep there: ``name, unit, amount, used``.
    best_loss_usd_m, regret_usd_m
        Expected loss of the best plan found for the same budget there, and how much more this plan loses; missing
        where not asked for.
    """

    plan: Plan
    broken: pd.DataFrame = field(default_factory=pd.DataFrame)
    best_loss_usd_m: float = np.nan
    regret_usd_m: float = np.nan


def resolve(plan: Plan, tables: Tables, study: Study, *, regret: bool = False) -> Outcome:
    """Keep a plan's plants, second sources and stocks, and make the best of them under another study or data.

    Parameters
    ----------
    plan
        The plan; its moves may break limits of the new study, which is told.
    tables, study
        The new circumstances: other denials, other assumptions, other data (an out-of-sample test).
    regret
        Also look for the best plan there, within the same budget.

    Raises
    ------
    ConfigError
        If technologies, sites, components or years of the plan are not there any more; it lists all.
    """
    problem = build_problem(tables, study, budget_usd_m=plan.budget_usd_m)
    recourse = Recourse(problem)
    decision = decision_from_plan(problem, plan)
    before = Before.of(problem, recourse)
    theta = recourse.loss(link_values(problem, decision))
    loss = expected(problem, theta)
    found = Found(decision, theta, loss, 0.0, "kept", "recourse", 0.0)
    told = describe(problem, plan.budget_usd_m, found, before, recourse)
    used = used_of_limits(problem, decision)
    table = problem.limits.assign(used=used)
    over = np.where(table["sense"] == "at least", table["amount"] - used, used - table["amount"])
    broken = table[over > 1e-6 * np.maximum(table["amount"], 1.0)][["name", "unit", "amount", "used"]]
    if not regret:
        return Outcome(told, broken.reset_index(drop=True))
    other = expected(problem, best(problem, recourse).theta)
    return Outcome(told, broken.reset_index(drop=True), min(other, loss), max(loss - other, 0.0))


def decision_from_plan(problem: Problem, plan: Plan) -> Decision:
    """The decision that a plan's moves, second sources and stocks are, in the rows of a problem.

    Raises
    ------
    ConfigError
        If something that the plan names is not there; it lists all.
    """
    moves = plan.moves
    options = pd.MultiIndex.from_frame(problem.options[["technology", "site"]])
    option = options.get_indexer(pd.MultiIndex.from_frame(moves[["technology", "site"]]))
    year = moves["start_year"].to_numpy(int) - problem.study.first_year
    faults = [
        f"  - move {row['technology']} at {row['site']}: no such technology at such a site"
        for row, at in zip(moves.to_dict("records"), option, strict=True)
        if at < 0
    ]
    faults += [
        f"  - move {name}: starts in {start}, which is no year of the study"
        for name, start in zip(moves["technology"], moves["start_year"], strict=True)
        if int(start) not in problem.study.years
    ]
    second = np.zeros(len(problem.second), dtype=bool)
    if len(plan.second_sources):
        pairs = pd.MultiIndex.from_frame(problem.second[["component", "origin"]])
        at = pairs.get_indexer(pd.MultiIndex.from_frame(plan.second_sources[["component", "origin"]]))
        named = plan.second_sources[["component", "origin"]].agg(" from ".join, axis=1)
        faults += [f"  - second source {name}: not there" for name in named[at < 0]]
        second[at[at >= 0]] = True
    stock = np.zeros(len(problem.stores))
    if len(plan.stocks):
        at = pd.Index(problem.stores["component"]).get_indexer(pd.Index(plan.stocks["component"]))
        faults += [f"  - stock of {name}: it may not be stored" for name in plan.stocks["component"][at < 0]]
        stock[at[at >= 0]] = plan.stocks["value_usd_m"].to_numpy(float)[at >= 0]
    if faults:
        raise ConfigError("\n".join(["the plan names what these tables and this study do not have:", *faults]))
    return decision_of_rows(problem, option, year, second, stock)
