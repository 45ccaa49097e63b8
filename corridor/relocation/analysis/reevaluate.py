"""A plan under another study or other tables: its moves kept, their use inside windows decided again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.relocation.model.goals import goal_steps
from corridor.relocation.model.limit_rows import kept_use
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.decision import Decision, decision_of_rows, link_values, nothing
from corridor.relocation.result.describe import Before, describe, used_of_limits
from corridor.relocation.result.found import Found, goal_value
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.optimize import best
from corridor.relocation.search.site_assignment import keeps_all


@dataclass(frozen=True, eq=False)
class Outcome:
    """Result of a plan under another study or other tables.

    Attributes
    ----------
    plan
        The same moves, described for the new study and tables: losses, exposure, cost, limits.
    broken
        Limits that it breaks there: ``name, unit, amount, used``. Checked are the rows of the limits table
        that are sums, plants of each technology, and the most that may be stored.
    best_loss_usd_m, regret_usd_m
        Expected loss of the best plan found for the same budget there, and how much more this plan loses; missing
        if not asked for. A plan that breaks limits can lose less than any that keeps them: its regret is
        negative.
    """

    plan: Plan
    broken: pd.DataFrame = field(default_factory=pd.DataFrame)
    best_loss_usd_m: float = np.nan
    regret_usd_m: float = np.nan

    @property
    def regret(self) -> float:
        """Regret as a fraction of the best loss; missing if not asked for, infinite if the best loss is 0."""
        if self.regret_usd_m == 0.0:
            return 0.0
        return self.regret_usd_m / self.best_loss_usd_m if self.best_loss_usd_m else float(np.inf)


def resolve(plan: Plan, tables: Tables, study: Study, *, regret: bool = False) -> Outcome:
    """Keep a plan's plants, second sources and stocks, and value them under another study or data.

    Parameters
    ----------
    plan
        The plan; its moves may break limits of the new study, which ``Outcome.broken`` lists.
    tables, study
        The new study and tables: other denials, other assumptions, other data (an out-of-sample test).
    regret
        Also search for the best plan there, within the same budget.

    Raises
    ------
    ConfigError
        If technologies, sites, components or years of the plan are missing there; it lists all.
    """
    problem = build_problem(tables, study, budget_usd_m=plan.budget_usd_m)
    recourse = Recourse(problem, sold=False)
    decision = decision_from_plan(problem, plan)
    before = Before.of(problem, recourse)
    theta = recourse.loss(link_values(problem, decision))
    loss = expected(problem, theta)
    found = Found(decision, theta, loss, 0.0, "kept", "recourse", 0.0)
    described = describe(problem, plan.budget_usd_m, found, before, recourse)
    broken = _broken(problem, decision)
    if not regret:
        return Outcome(described, broken)
    # A plan that keeps all limits is a candidate too, so the best is no worse.
    other = best(problem, recourse, hints=[found] if keeps_all(problem, decision) else [])
    least = expected(problem, other.theta)
    return Outcome(described, broken, least, loss - least)


def revalue(plan: Plan, tables: Tables, study: Study) -> Outcome:
    """Compute every figure of a plan again, as its search did at its end, from its decision and its stored bound.

    Parameters
    ----------
    plan
        With ``moves``, ``second_sources``, ``stocks``, and ``bound, status, solver`` of its summary.
    tables, study
        Those of the plan.

    Raises
    ------
    ConfigError
        If the plan names what the tables and study do not have; it lists all.
    """
    problem = build_problem(tables, study, budget_usd_m=plan.budget_usd_m)
    recourse = Recourse(problem)
    decision, idle = decision_from_plan(problem, plan), nothing(problem)
    before = Before.of(problem, recourse)
    theta = recourse.loss(link_values(problem, decision))
    *earlier, last = goal_steps(study.goal)

    def aim(one: Decision, losses: Floats) -> float:
        return sum(weight * goal_value(problem, name, one, losses) for name, weight in last.items())

    found = Found(
        decision,
        theta,
        aim(decision, theta),
        float(plan.summary["bound"]),
        str(plan.summary["status"]),
        str(plan.summary["solver"]),
        0.0,
        stopped=bool(plan.summary["stopped_after_s"]),
        idle=aim(idle, before.theta),
        earlier=tuple((next(iter(step)), 0.0) for step in earlier),
    )
    return Outcome(describe(problem, plan.budget_usd_m, found, before, recourse), _broken(problem, decision))


def _broken(problem: Problem, decision: Decision) -> pd.DataFrame:
    """Limits that a decision does not keep: ``name, unit, amount, used``."""
    columns = ["name", "unit", "amount", "used"]
    table = problem.limits.assign(used=used_of_limits(problem, decision) + kept_use(problem))
    over = np.where(table["sense"] == "at least", table["amount"] - table["used"], table["used"] - table["amount"])
    rows = table[over > 1e-6 * np.maximum(table["amount"], 1.0)]
    tech = np.r_[decision.chosen["tech"].to_numpy(int), problem.kept["tech"].to_numpy(int)]
    started = np.bincount(tech, minlength=len(problem.plants))
    plants = problem.plants.assign(name="most plants " + problem.plants["technology"].astype(str), unit="plant")
    plants = plants.rename(columns={"most_plants": "amount"}).assign(used=started)
    moved = np.bincount(decision.chosen["tech"].to_numpy(int), minlength=len(problem.plants)) > 0
    plants = plants[moved & (plants["used"] > plants["amount"]).to_numpy()]
    stores = problem.stores.assign(name="stock " + problem.stores["component"].astype(str), unit="US$ million")
    stores = stores.rename(columns={"most": "amount"}).assign(used=decision.stock)
    stores = stores[stores["used"] > stores["amount"] + 1e-6 * np.maximum(stores["amount"], 1.0)]
    frames = [frame[columns] for frame in (rows, plants, stores) if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def decision_from_plan(problem: Problem, plan: Plan) -> Decision:
    """The decision that a plan's moves, second sources and stocks are, in the rows of a problem.

    Raises
    ------
    ConfigError
        If the plan names something that the problem does not have; it lists all.
    """
    moves = plan.moves
    options = pd.MultiIndex.from_frame(problem.options[["technology", "site"]])
    option = options.get_indexer(pd.MultiIndex.from_frame(moves[["technology", "site"]]))
    year = moves["start_year"].to_numpy(int) - problem.study.first_year
    faults = [
        f"  - move {row['technology']} at {row['site']}: the tables have no such technology at this site"
        for row, position in zip(moves.to_dict("records"), option, strict=True)
        if position < 0
    ]
    faults += [
        f"  - move {name}: starts in {start}, which is not a year of the study"
        for name, start in zip(moves["technology"], moves["start_year"], strict=True)
        if int(start) not in problem.study.years
    ]
    second = np.zeros(len(problem.second), dtype=bool)
    if len(plan.second_sources):
        pairs = pd.MultiIndex.from_frame(problem.second[["component", "origin"]])
        rows = pairs.get_indexer(pd.MultiIndex.from_frame(plan.second_sources[["component", "origin"]]))
        named = plan.second_sources[["component", "origin"]].agg(" from ".join, axis=1)
        faults += [f"  - second source {name}: not in the tables" for name in named[rows < 0]]
        second[rows[rows >= 0]] = True
    stock = np.zeros(len(problem.stores))
    if len(plan.stocks):
        rows = pd.Index(problem.stores["component"]).get_indexer(pd.Index(plan.stocks["component"]))
        faults += [
            f"  - stock of {name}: the tables do not allow to store it"
            for name in plan.stocks["component"][rows < 0]
        ]
        stock[rows[rows >= 0]] = plan.stocks["value_usd_m"].to_numpy(float)[rows >= 0]
    if faults:
        raise ConfigError("\n".join(["the plan names what these tables and this study do not have:", *faults]))
    return decision_of_rows(problem, option, year, second, stock)
