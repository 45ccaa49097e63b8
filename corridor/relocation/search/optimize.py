"""Least loss within a budget, and the frontier over budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError, NoPlan
from corridor.measures.supply.evidence import known_tables
from corridor.parallel import each
from corridor.relocation.conflict.relax import no_plan, why_no_plan
from corridor.relocation.facility_location.model import plan_location
from corridor.relocation.model.goals import goal_steps, step_names
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.decision import nothing
from corridor.relocation.result.describe import Before, describe
from corridor.relocation.result.effect import measured_exposure
from corridor.relocation.result.found import Found, goal_value
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.checkpoints import Checkpoints
from corridor.relocation.search.effort import Clock
from corridor.relocation.search.incumbent import Aim, Progress
from corridor.relocation.search.search import search
from corridor.relocation.solver.solve import NothingFound

#: Attempts to reach an exposure; the bound on the value from the target moves between them.
_TRIES = 4


def optimize(
    tables: Tables, study: Study, *, budget_usd_m: float | None = None, progress: Progress | None = None
) -> Plan:
    """Best plan for the study's goal within all limits.

    Parameters
    ----------
    tables
        Tables of the study.
    study
        Settings; ``budget_usd_m`` is used if no other budget is given.
    budget_usd_m
        Budget, US$ million: discounted investment net of incentives, discounted running premium, and what
        facilities, second sources and stocks cost.
    progress
        Called with seconds, best objective and bound whenever one of them gets better.

    Returns
    -------
    Plan
        At the time limit, or when interrupted, the best so far with its bound.

    Raises
    ------
    ConfigError
        If the study names what the tables do not have, or the budget is not positive.
    NoPlan
        If no set of moves satisfies all limits.
    """
    budget = study.budget_usd_m if budget_usd_m is None else budget_usd_m
    _check_budgets([budget])
    if study.meet_demand:
        return plan_location(known_tables(tables, study), study, budget_usd_m=budget)
    problem = build_problem(tables, study, budget_usd_m=budget)
    recourse = Recourse(problem)
    found = best(problem, recourse, progress=progress)
    return describe(problem, budget, found, Before.of(problem, recourse), recourse)


def best(
    problem: Problem,
    recourse: Recourse,
    *,
    hints: Sequence[Found] = (),
    progress: Progress | None = None,
    effort: str | None = None,
    prices: bool = True,
) -> Found:
    """Best decision for the study's goal; several goals are minimised one after the other.

    An exposure to be reached is held by the value from the target in India's purchases, which is linear in the
    plan; the bound on it is moved until the exposure measured on the plan's tables is reached.

    Raises
    ------
    NoPlan
        If limits contradict each other, with the fewest that must give way; or if the goal can't be reached, with
        the least that can.
    """
    goal = problem.study.goal
    bounds: dict[str, float] = {}
    if goal.loss_at_most_usd_m is not None:
        bounds["loss"] = goal.loss_at_most_usd_m
    if goal.cvar_at_most_usd_m is not None:
        bounds["cvar"] = goal.cvar_at_most_usd_m
    clock = Clock(problem.study.time_limit_s)
    if goal.exposure_at_most is None:
        return _in_turn(problem, recourse, bounds, hints, progress, effort, clock, prices)
    wanted = goal.exposure_at_most
    idle = nothing(problem)
    now, value = measured_exposure(problem, idle), goal_value(problem, "exposure", idle, np.zeros(0))
    bound = value * min(wanted / now, 1.0) if now > 0 else value
    for _ in range(_TRIES):
        found = _in_turn(problem, recourse, {**bounds, "exposure": bound}, (), progress, effort, clock, prices)
        reached = measured_exposure(problem, found.decision)
        if reached <= wanted + 1e-6:
            return found
        bound = min(bound, goal_value(problem, "exposure", found.decision, found.theta)) - value * (
            (reached - wanted) / now + 1e-6
        )
    raise NoPlan(f"goal exposure_at_most {wanted:.2%}: the best of {_TRIES} attempts reached {reached:.2%}.")


def _in_turn(
    problem: Problem,
    recourse: Recourse,
    bounds: dict[str, float],
    hints: Sequence[Found],
    progress: Progress | None,
    effort: str | None,
    clock: Clock,
    prices: bool,
) -> Found:
    """Goals minimised in turn, each held to within the tolerance while the next is minimised."""
    goal = problem.study.goal
    bounds = dict(bounds)
    found: Found | None = None
    earlier: tuple[tuple[str, float], ...] = ()
    for name, weights in zip(step_names(goal), goal_steps(goal), strict=True):
        offered = tuple(hint.decision for hint in hints) if found is None else (found.decision,)
        try:
            found = search(
                problem,
                Aim(weights, dict(bounds)),
                hints=offered,
                effort=effort,
                clock=clock,
                prices=prices,
                recourse=recourse,
                progress=progress,
            )
        except NothingFound:
            raise
        except NoPlan:
            raise _reason(problem, recourse, bounds, effort, clock) from None
        found = replace(found, earlier=earlier)
        earlier += ((name, found.gap),)
        if not goal.weights:
            bounds[name] = found.objective + goal.tolerance * abs(found.objective) + 1e-9
    assert found is not None
    return found


def _reason(
    problem: Problem, recourse: Recourse, bounds: dict[str, float], effort: str | None, clock: Clock
) -> NoPlan:
    """The error: which limits must give way or, if the limits alone can be kept, the least of each goal."""
    needed = why_no_plan(problem)
    if not needed.empty or not bounds:
        return no_plan(problem, needed)
    lines = []
    for name, amount in bounds.items():
        least = search(problem, Aim({name: 1.0}), effort=effort, clock=clock, recourse=recourse)
        lines.append(
            f"  - {name} at most {amount:,.6g}: within the limits the least found is {least.objective:,.6g}"
        )
    return NoPlan("\n".join(["the goal can't be reached:", *lines]))


def frontier(
    tables: Tables,
    study: Study,
    *,
    budgets: Iterable[float] | None = None,
    refine: int = 0,
    progress: Callable[[float], None] | None = None,
    workers: int | None = None,
    resume: Path | None = None,
) -> list[Plan]:
    """One plan per budget, by rising budget: cost against the study's goal (loss, tail loss or exposure).

    A budget within which the limits allow no plan is left out; if that holds for all, it is an error. Each plan is
    that of :func:`optimize` for its budget, on any number of processors. A larger budget never gives a worse plan:
    where the search found one, the plan of the smaller budget stands, which satisfies the larger's limits too. A
    bound on a larger budget's loss also bounds the smaller's.

    Parameters
    ----------
    tables, study
        As in :func:`optimize`.
    budgets
        US$ million; ``study.budgets_usd_m`` if not given.
    refine
        Further budgets, put where the frontier bends most.
    progress
        Called with each budget when it is solved, in the order in which they end.
    workers
        Processes; one per processor if left out. They are spawned: a script that calls this does so under
        ``if __name__ == "__main__":``, or with ``workers=1``.
    resume
        Folder in which each plan is kept as it is found; plans of the same study and tables that are there
        already are reused.
    """
    given = study.budgets_usd_m or (study.budget_usd_m,)
    wanted = sorted(set(given if budgets is None else budgets))
    _check_budgets(wanted)
    if study.meet_demand:
        known = known_tables(tables, study)
        return [plan_location(known, study, budget_usd_m=budget) for budget in wanted]
    problem = build_problem(tables, study, budget_usd_m=wanted[-1])
    found: dict[float, Found] = {}
    faults: list[NoPlan] = []
    kept = None if resume is None else Checkpoints.of(resume, problem)
    for plans, fault in _run(problem, wanted, progress, workers, kept):
        found.update(plans)
        faults += [fault] if fault is not None else []
    if not found:
        raise faults[0]
    for _ in range(refine):
        budget = _bend(found)
        if budget is None:
            break
        for plans, _ in _run(problem, [budget], progress, 1, kept):
            found.update(plans)
    in_order = _never_worse(problem, found)
    recourse = Recourse(problem)
    before = Before.of(problem, recourse)
    return [
        describe(replace(problem, limits=_with_budget(problem, budget)), budget, result, before, recourse)
        for budget, result in in_order.items()
    ]


def _check_budgets(budgets: Sequence[float]) -> None:
    if not budgets or not all(not np.isnan(budget) and budget > 0 for budget in budgets):
        raise ConfigError("budgets must be greater than 0 (US$ million). Fix: give at least one positive budget.")


def _with_budget(problem: Problem, budget: float) -> pd.DataFrame:
    """The limits with another budget."""
    limits = problem.limits.copy()
    limits.loc[limits["name"] == "budget", "amount"] = budget
    return limits


@dataclass(frozen=True)
class _Task:
    problem: Problem
    budget: float
    kept: Checkpoints | None


def _run(
    problem: Problem,
    budgets: list[float],
    progress: Callable[[float], None] | None,
    workers: int | None,
    kept: Checkpoints | None,
) -> Iterable[tuple[dict[float, Found], NoPlan | None]]:
    order = sorted(budgets)
    for position, result in each(_solve, [_Task(problem, budget, kept) for budget in order], workers=workers):
        if progress is not None:
            progress(order[position])
        yield result


def _solve(task: _Task) -> tuple[dict[float, Found], NoPlan | None]:
    """The plan of a budget, or why there is none."""
    found = task.kept.load(task.budget) if task.kept is not None else None
    if found is None:
        here = replace(task.problem, limits=_with_budget(task.problem, task.budget))
        try:
            found = best(here, Recourse(here))
        except NoPlan as error:
            return {}, error
        if task.kept is not None and found.status != "interrupted":  # it may be found better: never resumed from
            task.kept.save(task.budget, found)
    return {task.budget: found}, None


def _bend(found: dict[float, Found]) -> float | None:
    """The middle of the step next to the sharpest bend of the frontier; None if there are too few points."""
    budgets = np.array(sorted(found))
    if len(budgets) < 3:
        return None
    value = np.array([found[budget].objective for budget in budgets])
    x = (budgets - budgets[0]) / (budgets[-1] - budgets[0])
    y = (value - value.min()) / max(float(np.ptp(value)), 1e-12)
    area = np.abs((x[1:-1] - x[:-2]) * (y[2:] - y[:-2]) - (x[2:] - x[:-2]) * (y[1:-1] - y[:-2]))
    bend = int(np.argmax(area)) + 1
    left, right = x[bend] - x[bend - 1], x[bend + 1] - x[bend]
    pair = (bend - 1, bend) if left >= right else (bend, bend + 1)
    middle = float(np.round(0.5 * (budgets[pair[0]] + budgets[pair[1]]), 1))
    return middle if middle not in found else None


def _never_worse(problem: Problem, found: dict[float, Found]) -> dict[float, Found]:
    """Results by rising budget: no plan worse than a smaller budget's, no bound below a larger budget's.

    Of goals minimised in turn the first decides, and bounds, which are on the last, are left as they are. Where
    cost counts, a smaller budget is no worse by itself.
    """
    budgets = sorted(found)
    out = [found[budget] for budget in budgets]
    steps = goal_steps(problem.study.goal)
    if "cost" in steps[0]:
        return dict(zip(budgets, out, strict=True))
    value = [
        sum(weight * goal_value(problem, name, plan.decision, plan.theta) for name, weight in steps[0].items())
        for plan in out
    ]
    for i in range(1, len(out)):
        if value[i] > value[i - 1] + 1e-9 * abs(value[i - 1]):
            kept, value[i] = out[i - 1], value[i - 1]
            out[i] = replace(out[i], decision=kept.decision, theta=kept.theta, objective=kept.objective)
    if len(steps) > 1:
        return dict(zip(budgets, out, strict=True))
    for i in range(len(out) - 2, -1, -1):
        out[i] = replace(out[i], bound=min(max(out[i].bound, out[i + 1].bound), out[i].objective))
    return dict(zip(budgets, out, strict=True))
