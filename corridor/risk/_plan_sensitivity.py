"""Sensitivity of a plan's value to assumptions: the same moves, evaluated under other figures and settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.draws import with_values
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.parallel import each
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.problem import build_problem
from corridor.relocation.result.decision import cost_of, link_values, nothing
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected
from corridor.risk._sensitivity import SETTINGS, Groups, Sensitivity, analyse

_TABLES = (*TABLES, "technologies", "second_sources", "stockpiles")
_OUTPUTS = ["avoided loss", "loss with the plan", "cost"]
_CHUNKS = 8  # of points; each chunk is sent to a process with the tables


@dataclass(frozen=True)
class _Task:
    tables: Tables
    study: Study
    plan: Plan
    names: tuple[str, ...]
    points: Floats


def plan_sensitivity(
    tables: Tables,
    study: Study,
    plan: Plan,
    *,
    method: str = "morris",
    samples: int = 4,
    seed: int = 0,
    settings: Mapping[str, tuple[float, float]] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Sensitivity of a plan's value to tables and settings of the study; its moves stay fixed.

    Every point solves the optimizer's linear programs without and with the plan, which takes seconds. All
    figures of a table are at the same level of their ranges.

    Parameters
    ----------
    tables, study, plan
        The plan, and the tables and study that it was made from.
    method, samples, seed
        As in :func:`corridor.sensitivity`; with Morris ``samples * (inputs + 1)`` points.
    settings
        Ranges of the study's settings; ``SETTINGS`` of :func:`corridor.sensitivity` if left out.
    workers
        Processes; as many as processors if left out. They are spawned, so a script must call this
        under ``if __name__ == "__main__":``.
    progress
        Called with chunks done and all chunks.

    Returns
    -------
    Sensitivity
        Outputs ``avoided loss, loss with the plan, cost``, US$ million, discounted; losses are expected values.

    Raises
    ------
    ConfigError
        If a setting or the method is unknown, or the tables lack what the plan builds.
    """
    ranges = dict(SETTINGS if settings is None else settings)
    unknown = sorted(set(ranges) - set(SETTINGS))
    if unknown:
        raise ConfigError(
            f"sensitivity to {', '.join(unknown)}: no such setting. Fix: name some of {', '.join(SETTINGS)}."
        )
    groups = Groups.of(tables, study, Figures.of(tables, _TABLES), by_sector=False)

    def evaluate(points: Floats) -> Floats:
        chunks = [chunk for chunk in np.array_split(points, _CHUNKS) if len(chunk)]
        tasks = [_Task(tables, study, plan, tuple(ranges), chunk) for chunk in chunks]
        done: dict[int, Floats] = {}
        for number, found in each(_outcomes, tasks, workers=workers):
            done[number] = found
            if progress is not None:
                progress(len(done), len(chunks))
        return np.concatenate([done[number] for number in range(len(chunks))])

    inputs = {**dict.fromkeys(groups.names, (0.0, 1.0)), **ranges}
    return analyse(evaluate, inputs, _OUTPUTS, method, samples, seed)


def _outcomes(task: _Task) -> Floats:
    """Avoided loss, loss and cost at each point, shape (points, 3)."""
    figures = Figures.of(task.tables, _TABLES)
    groups = Groups.of(task.tables, task.study, figures, by_sector=False)
    count = len(groups.names)
    values = figures.values_at(groups.levels(task.points[:, :count]))
    rows = []
    for number, point in enumerate(task.points):
        settings = dict(zip(task.names, point[count:].tolist(), strict=True))
        problem = build_problem(
            with_values(task.tables, figures, values[:, number]),
            task.study.model_copy(update=settings),
            budget_usd_m=task.plan.budget_usd_m,
        )
        recourse = Recourse(problem, sold=False)
        decision = decision_from_plan(problem, task.plan)
        before = expected(problem, recourse.loss(link_values(problem, nothing(problem))))
        after = expected(problem, recourse.loss(link_values(problem, decision)))
        rows.append((before - after, after, cost_of(problem, decision)))
    return np.array(rows, dtype=float).reshape(-1, len(_OUTPUTS))
