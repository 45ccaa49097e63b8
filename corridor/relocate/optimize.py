"""Least loss within a budget, and the frontier over budgets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.errors import ConfigError
from corridor.measures import exposure
from corridor.relocate.effect import chosen_plants, expected, losses, made, output_last_year, sourcing_after
from corridor.relocate.formulate import TIE_BREAK, formulate, start_table
from corridor.relocate.location import plan_location
from corridor.relocate.plan import Plan
from corridor.relocate.problem import HOME, RESOURCES, Problem, build_problem
from corridor.relocate.solve import solve
from corridor.scale import each
from corridor.tables import Tables

_ROUNDING = 1e-9


def optimize(tables: Tables, study: Study, *, budget_usd_m: float | None = None) -> Plan:
    """Plan with least expected loss within a budget and all limits.

    Parameters
    ----------
    tables
        Tables of the study.
    study
        Settings; ``budget_usd_m`` is used where no other budget is given.
    budget_usd_m
        Budget, US$ million: discounted investment net of incentives, plus discounted running premium.

    Returns
    -------
    Plan

    Raises
    ------
    ConfigError
        If the study names what the tables do not have, or the budget is not positive.
    NoPlan
        If no set of moves satisfies all limits.
    """
    budget = study.budget_usd_m if budget_usd_m is None else budget_usd_m
    if study.meet_demand:
        return plan_location(tables, study, budget_usd_m=budget)
    return frontier(tables, study, budgets=[budget])[0]


def frontier(
    tables: Tables,
    study: Study,
    *,
    budgets: Iterable[float] | None = None,
    progress: Callable[[float], None] | None = None,
    workers: int | None = None,
) -> list[Plan]:
    """One plan per budget, by rising budget.

    A larger budget never gives a larger loss: where the solver's gap would let it, the plan of the smaller budget,
    which still satisfies every limit, is kept. Likewise a bound on a larger budget's loss bounds the smaller's.

    Parameters
    ----------
    tables, study
        As in :func:`optimize`.
    budgets
        US$ million; ``study.budgets_usd_m`` where not given.
    progress
        Called with each budget when it is solved, in the order in which they end.
    workers
        Processes; one per processor if left out. They are spawned: a script that calls this does so under
        ``if __name__ == "__main__":``, or with ``workers=1``.
    """
    wanted = sorted(set(study.budgets_usd_m if budgets is None else budgets))
    if not wanted or not all(np.isfinite(budget) and budget > 0 for budget in wanted):
        raise ConfigError("budgets must be greater than 0 (US$ million). Mend: give at least one positive budget.")
    problem = build_problem(tables, study)
    before = losses(problem, start_table(problem).iloc[:0])
    measured = exposure(tables, list(study.markets), study.target)
    # What no plan can change, whatever it costs, must not count in the gap: it can be nearly all of the loss.
    floor = max(0.0, solve(formulate(problem, np.inf), relaxed=True, time_limit_s=600.0).bound)
    solved: dict[int, _Solved] = {}
    for at, result in each(_solve, [(problem, budget, floor) for budget in wanted], workers=workers):
        solved[at] = result
        if progress is not None:
            progress(wanted[at])
    in_order = [solved[at] for at in range(len(wanted))]
    for at in range(1, len(in_order)):
        if in_order[at].loss > in_order[at - 1].loss:
            kept = in_order[at - 1]
            in_order[at] = replace(in_order[at], chosen=kept.chosen, losses=kept.losses, loss=kept.loss)
    for at in range(len(in_order) - 2, -1, -1):
        in_order[at] = replace(in_order[at], bound=max(in_order[at].bound, in_order[at + 1].bound))
    return [
        _plan(problem, budget, result, before, measured) for budget, result in zip(wanted, in_order, strict=True)
    ]


@dataclass(frozen=True)
class _Solved:
    """Chosen plants of one budget, their losses, and what the solver says of them."""

    chosen: pd.DataFrame
    losses: pd.DataFrame
    loss: float
    bound: float
    status: str
    solver: str
    seconds: float


def _solve(task: tuple[Problem, float, float]) -> _Solved:
    problem, budget, floor = task
    program = formulate(problem, budget)
    solution = solve(program, gap=problem.study.gap, floor=floor, time_limit_s=problem.study.time_limit_s)
    chosen = chosen_plants(
        problem, program.block("start", solution.values), program.block("place", solution.values)
    )
    after = losses(problem, chosen)
    return _Solved(
        chosen=chosen,
        losses=after,
        loss=expected(problem, after),
        # The tie-break on cost is part of the solver's bound, not of the loss.
        bound=solution.bound - TIE_BREAK * budget,
        status=str(solution.status),
        solver=str(solution.solver),
        seconds=solution.seconds,
    )


def _plan(problem: Problem, budget: float, solved: _Solved, before: pd.DataFrame, measured: pd.DataFrame) -> Plan:
    chosen, after = solved.chosen, solved.losses
    study = problem.study
    sourcing, replaced = sourcing_after(problem, chosen)
    none = pd.DataFrame()
    bare = Plan(study.name, budget, {}, none, none, none, none, sourcing)
    changed = exposure(bare.apply(problem.tables), list(study.markets), study.target)
    both = measured[["market", "component", "direct", "net", "stop"]].merge(
        changed[["market", "component", "direct", "net", "stop"]],
        on=["market", "component"],
        suffixes=("_before", "_after"),
    )
    moves = _moves(problem, chosen, replaced, changed)
    value = solved.loss
    bound = min(max(solved.bound, 0.0), value)
    distance = value - bound
    summary: dict[str, float | str] = {
        "status": solved.status,
        "solver": solved.solver,
        "objective": value,
        "bound": bound,
        "gap": 0.0 if distance <= 1e-9 else distance / value,
        "seconds": solved.seconds,
        "cost_usd_m": float(chosen["cost"].sum()),
        "capex_usd_m": float(moves["capex_usd_m"].sum()),
        "incentive_usd_m": float(moves["incentive_usd_m"].sum()),
        "running_usd_m": float(moves["running_usd_m"].sum()),
        "expected_loss_before_usd_m": expected(problem, before),
        "expected_loss_after_usd_m": value,
    }
    return replace(
        bare,
        summary=summary,
        moves=moves,
        exposure=both,
        losses=_loss_table(problem, before, after),
        limits=_limits(problem, budget, chosen),
    )


def _moves(problem: Problem, chosen: pd.DataFrame, replaced: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    study = problem.study
    plants = problem.plants.iloc[chosen["tech"]].reset_index(drop=True)
    options = problem.options.iloc[chosen["option"]].reset_index(drop=True)
    start = study.first_year + chosen["year"].to_numpy()
    output, at = output_last_year(problem, chosen), plants["at"].to_numpy(int)
    capex = plants["capex"] * options["capex_factor"]
    total = made(problem, chosen)
    part = np.divide(output, total[at], out=np.zeros_like(output), where=total[at] > 0)
    of_target = replaced.groupby("component")["replaced_usd_m"].sum()
    net_home = changed[changed["market"] == HOME].set_index("component")["net"] if HOME in study.markets else None
    names = problem.tables.components["id"]
    net = net_home.reindex(names).fillna(0.0).to_numpy() if net_home is not None else np.zeros(len(names))
    inside = net @ problem.content
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
                "incentive_usd_m": capex * plants["incentive_share"],
                "running_usd_m": chosen["running"].to_numpy(),
                "cost_usd_m": chosen["cost"].to_numpy(),
                "replaces_target_usd_m": plants["component"].map(of_target).fillna(0.0).to_numpy() * part,
                "still_target_usd_m": inside[at] * output,
            }
        )
        .sort_values(["start_year", "component", "site"])
        .reset_index(drop=True)
    )


def _loss_table(problem: Problem, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    sector = problem.tables.components.set_index("id")["sector"]
    keys = ["scenario", "market", "sector"]
    parts = [
        frame.assign(sector=frame["component"].map(sector)).groupby(keys)["loss_usd_m"].sum().rename(name)
        for frame, name in ((before, "loss_before_usd_m"), (after, "loss_after_usd_m"))
    ]
    return pd.concat(parts, axis=1).fillna(0.0).reset_index()


def _limits(problem: Problem, budget: float, chosen: pd.DataFrame) -> pd.DataFrame:
    study, options, sites = problem.study, problem.options, problem.tables.sites
    rows: list[dict[Hashable, object]] = [
        {
            "limit": "budget",
            "scope": "all years",
            "unit": "US$ million",
            "amount": budget,
            "used": chosen["cost"].sum(),
        }
    ]
    if study.budget_per_year_usd_m is not None:
        spent = chosen.groupby("year")["capex_net"].sum()
        rows += [
            {
                "limit": "budget per year",
                "scope": str(year),
                "unit": "US$ million",
                "amount": study.budget_per_year_usd_m,
                "used": float(spent.get(at, 0.0)),
            }
            for at, year in enumerate(study.years)
        ]
    taken = options.iloc[chosen["option"]]
    for resource, unit in RESOURCES.items():
        used = taken.groupby("site")[resource].sum()
        rows += [
            {
                "limit": resource,
                "scope": site,
                "unit": unit,
                "amount": float(amount),
                "used": float(used.get(site, 0.0)),
            }
            for site, amount in zip(sites["id"], sites[resource], strict=True)
            if site in used.index
        ]
    counted = (
        problem.plants.iloc[chosen["tech"]]
        .groupby("technology", as_index=False)
        .agg(used=("at", "size"), amount=("most_plants", "first"))
    )
    rows += counted.assign(limit="most plants", unit="plant", scope=counted["technology"]).to_dict("records")
    out = pd.DataFrame(rows, columns=["limit", "scope", "unit", "amount", "used"])
    out["left"] = out["amount"] - out["used"]
    # A limit binds where what is left would not take another move: the least that any needs, or for money, where
    # one can always spend a little, half a percent of the amount.
    least: dict[str, float] = {name: _least(options[name]) for name in RESOURCES}
    least["most plants"] = 1.0
    money = out["limit"].str.startswith("budget")
    need = np.where(money, 0.005 * out["amount"], out["limit"].map(least).astype(float))
    out["binds"] = out["left"] < need - _ROUNDING
    return out


def _least(needs: pd.Series) -> float:
    """Smallest need above nothing; 0 where there is none."""
    above = needs[needs > 0]
    return float(above.min()) if len(above) else 0.0
