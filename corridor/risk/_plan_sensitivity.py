"""Which assumptions the worth of a plan depends on: the same moves, judged under other figures and settings."""

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
_PARTS = 8  # of the points, each with tables of its own in a process


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
    """What the worth of a plan depends on, by tables and settings of the study; its moves stay as they are.

    Every point is the optimizer's own linear programs, solved without and with the plan: seconds, not
    milliseconds. All figures of a table stand at the same level of their ranges.

    Parameters
    ----------
    tables, study, plan
        The plan, and what it was made from.
    method, samples, seed
        As in :func:`corridor.sensitivity`; with Morris ``samples * (inputs + 1)`` points.
    settings
        Ranges of the study's settings; ``SETTINGS`` of :func:`corridor.sensitivity` if left out.
    workers
        Processes; as many as there are processors if left out. They are spawned: a script calls this under
        ``if __name__ == "__main__":``.
    progress
        Called with parts done and all parts.

    Returns
    -------
    Sensitivity
        Outputs ``avoided loss, loss with the plan, cost``, US$ million, discounted; losses expected.

    Raises
    ------
    ConfigError
        If a setting or the method is none of those, or the tables lack what the plan builds.
    """
    ranges = dict(SETTINGS if settings is None else settings)
    unknown = sorted(set(ranges) - set(SETTINGS))
    if unknown:
        raise ConfigError(f"sensitivity to {', '.join(unknown)}. Fix: name some of {', '.join(SETTINGS)}.")
    groups = Groups.of(tables, study, Figures.of(tables, _TABLES), by_sector=False)

    def evaluate(points: Floats) -> Floats:
        parts = [part for part in np.array_split(points, _PARTS) if len(part)]
        tasks = [_Task(tables, study, plan, tuple(ranges), part) for part in parts]
        done: dict[int, Floats] = {}
        for at, found in each(_outcomes, tasks, workers=workers):
            done[at] = found
            if progress is not None:
                progress(len(done), len(parts))
        return np.concatenate([done[at] for at in range(len(parts))])

    inputs = {**dict.fromkeys(groups.names, (0.0, 1.0)), **ranges}
    return analyse(evaluate, inputs, _OUTPUTS, method, samples, seed)


def _outcomes(task: _Task) -> Floats:
    """Avoided loss, loss and cost at each point, shape (points, 3)."""
    figures = Figures.of(task.tables, _TABLES)
    groups = Groups.of(task.tables, task.study, figures, by_sector=False)
    count = len(groups.names)
    values = figures.at(groups.levels(task.points[:, :count]))
    rows = []
    for at, point in enumerate(task.points):
        settings = dict(zip(task.names, point[count:].tolist(), strict=True))
        problem = build_problem(
            with_values(task.tables, figures, values[:, at]),
            task.study.model_copy(update=settings),
            budget_usd_m=task.plan.budget_usd_m,
        )
        recourse = Recourse(problem, sold=False)
        decision = decision_from_plan(problem, task.plan)
        before = expected(problem, recourse.loss(link_values(problem, nothing(problem))))
        after = expected(problem, recourse.loss(link_values(problem, decision)))
        rows.append((before - after, after, cost_of(problem, decision)))
    return np.array(rows, dtype=float).reshape(-1, len(_OUTPUTS))
