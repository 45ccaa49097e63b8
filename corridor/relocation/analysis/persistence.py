"""How often a move is in the best plan when figures and judgements vary: "in 48 of 50"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError, NoPlan
from corridor.measures.sampling.draws import draw_tables
from corridor.parallel import each
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.decision import Decision
from corridor.relocation.result.found import Found
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.optimize import best
from corridor.relocation.search.site_assignment import keeps_all

Over = Literal["data", "denials", "both", "windows"]
#: Probabilities of denials are drawn from this factor below to this factor above, evenly in logarithms.
_FACTOR = 2.0


@dataclass(frozen=True, eq=False)
class Persistence:
    """Best plans for varied figures, and the moves that they share.

    Attributes
    ----------
    plans
        ``case, loss_usd_m, gap, moves, same``: fraction of the given plan's components that
        this plan has too.
    moves
        ``case, component, technology, site, start_year``.
    components, sites
        In how many plans each component, and each ``component, technology, site``, is: ``plans, of, verdict``
        (must: in all; could; never) and ``planned`` (whether the plan given has it).
    """

    plans: pd.DataFrame
    moves: pd.DataFrame
    components: pd.DataFrame
    sites: pd.DataFrame


def persistence(
    tables: Tables,
    study: Study,
    plan: Plan,
    *,
    over: Over = "both",
    draws: int = 50,
    seed: int = 0,
    effort: str = "quick",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Persistence:
    """Plan again for varied figures, and count how often each move is chosen.

    Parameters
    ----------
    tables, study, plan
        The plan whose moves are counted; its budget is kept.
    over
        ``data``: tables drawn from the low-high ranges of their rows. ``denials``: their probabilities are drawn
        between half and twice the stated value. ``both``. ``windows``: one plan for each denial alone.
    draws
        How many; as many as the study has denials with ``windows``.
    seed
        The same seed draws the same.
    effort
        Of each plan (``quick``, ``normal``, ``thorough``); each starts from the given plan if the limits allow it.
    workers, progress
        As in :func:`alternatives`; progress is called with cases done and all.

    Returns
    -------
    Persistence

    Raises
    ------
    ConfigError
        If `over` is none of these, or there is nothing to draw.
    """
    if over not in ("data", "denials", "both", "windows"):
        raise ConfigError(f"over '{over}': write data, denials, both or windows.")
    count = len(study.denials) if over == "windows" else draws
    if count < 1:
        raise ConfigError(f"draws {draws}: must be 1 or more.")
    # Short runs of cases, so that progress is seen; each worker draws from the same seed and takes its own.
    chunks = [range(start, min(start + 2, count)) for start in range(0, count, 2)]
    tasks = [_Task(tables, study, plan, over, count, seed, effort, tuple(chunk)) for chunk in chunks]
    found: dict[int, _Case] = {}
    for _, cases in each(_plan_again, tasks, workers=workers):
        found.update({case.number: case for case in cases})
        if progress is not None:
            progress(len(found), count)
    return _read(tables, plan, [found[number] for number in sorted(found)])


@dataclass(frozen=True)
class _Task:
    tables: Tables
    study: Study
    plan: Plan
    over: Over
    count: int
    seed: int
    effort: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class _Case:
    number: int
    name: str
    loss: float
    gap: float
    moves: pd.DataFrame


def _plan_again(task: _Task) -> list[_Case]:
    """The cases of a task."""
    out = []
    last = max(task.numbers)
    drawn = draw_tables(task.tables, task.count, seed=task.seed) if task.over in ("data", "both") else None
    for number in range(last + 1):
        tables = task.tables if drawn is None else next(drawn)
        if number not in task.numbers:
            continue
        study = _study(task, number)
        problem = build_problem(tables, study, budget_usd_m=task.plan.budget_usd_m)
        recourse = Recourse(problem, sold=False)
        try:
            found = best(
                problem, recourse, hints=_hint(problem, recourse, task.plan), effort=task.effort, prices=False
            )
        except NoPlan:
            continue
        name = study.denials[0].name if task.over == "windows" else f"draw {number + 1}"
        loss = expected(problem, found.theta)
        gap = (found.objective - found.bound) / abs(found.objective) if found.objective else 0.0
        out.append(_Case(number, name, loss, gap, _moves(problem, found.decision)))
    return out


def _study(task: _Task, number: int) -> Study:
    """The study of a case: its denials with other probabilities, or one of them alone."""
    study = task.study
    if task.over == "windows":
        return study.model_copy(
            update={"denials": (study.denials[number].model_copy(update={"probability": 1.0}),)}
        )
    if task.over == "data":
        return study
    rng = np.random.default_rng([task.seed, number])
    factors = _FACTOR ** rng.uniform(-1.0, 1.0, len(study.denials))
    denials = tuple(
        denial.model_copy(update={"probability": min(denial.probability * float(factor), 1.0)})
        for denial, factor in zip(study.denials, factors, strict=True)
    )
    return study.model_copy(update={"denials": denials})


def _hint(problem: Problem, recourse: Recourse, plan: Plan) -> list[Found]:
    """The given plan as a hint, if it keeps all limits of the case."""
    decision = decision_from_plan(problem, plan)
    if not keeps_all(problem, decision):
        return []
    return [Found(decision, np.zeros(0), np.nan, -np.inf, "kept", "none", 0.0)]


def _moves(problem: Problem, decision: Decision) -> pd.DataFrame:
    options = problem.options.iloc[decision.chosen["option"].to_numpy(int)]
    return pd.DataFrame(
        {
            "component": options["component"].to_numpy(),
            "technology": options["technology"].to_numpy(),
            "site": options["site"].to_numpy(),
            "start_year": problem.study.first_year + decision.chosen["year"].to_numpy(int),
        }
    )


def _read(tables: Tables, plan: Plan, cases: list[_Case]) -> Persistence:
    own = set(plan.moves["component"])
    plans = pd.DataFrame(
        [
            {
                "case": case.name,
                "loss_usd_m": case.loss,
                "gap": case.gap,
                "moves": len(case.moves),
                "same": len(own & set(case.moves["component"])) / len(own) if own else np.nan,
            }
            for case in cases
        ],
        columns=["case", "loss_usd_m", "gap", "moves", "same"],
    )
    frames = [case.moves.assign(case=case.name) for case in cases]
    columns = ["case", "component", "technology", "site", "start_year"]
    moves = pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
    components = _count(moves, plan.moves, ["component"], len(cases))
    sector = tables.components.set_index("id")["sector"]
    components.insert(1, "sector", components["component"].map(sector))
    return Persistence(
        plans, moves, components, _count(moves, plan.moves, ["component", "technology", "site"], len(cases))
    )


def _count(moves: pd.DataFrame, planned: pd.DataFrame, keys: list[str], cases: int) -> pd.DataFrame:
    """In how many cases each is chosen; what only the given plan has is listed with 0."""
    inside = moves[["case", *keys]].drop_duplicates().groupby(keys).size()
    mine = pd.MultiIndex.from_frame(planned[keys]) if len(keys) > 1 else pd.Index(planned[keys[0]], name=keys[0])
    every = inside.index.union(mine.unique())
    plans = inside.reindex(every, fill_value=0)
    out = pd.DataFrame({"plans": plans, "of": cases, "planned": every.isin(mine)})
    out["verdict"] = np.select([out["plans"] == cases, out["plans"] > 0], ["must", "could"], "never")
    out = out.rename_axis(keys).reset_index()
    return out.sort_values(["plans", *keys], ascending=[False, *[True] * len(keys)], ignore_index=True)
