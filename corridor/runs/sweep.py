"""Sweeps: many plans over scenarios, budgets, settings and draws of the data, on this machine or a cluster.

Each task is small: the study as JSON and the changes; a worker reads the tables once. The worker writes a task's
results, to a temporary name first, and the summary last: a task with a summary is done, so a sweep that was
stopped at any moment continues where it was.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd
from pydantic import Field, ValidationError

from corridor.config import Study, load_study
from corridor.data.guards.settings import Settings, explained
from corridor.data.guards.yaml_files import read_yaml
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, NoPlan
from corridor.parallel import each

MOST_TASKS = 100_000
"""Most tasks of a sweep, unless told otherwise: a slip of the hand makes 60 to the 6th."""


class Sweep(Settings):
    """The values to vary; every combination is a task.

    Attributes
    ----------
    study
        A YAML file in the sweep's folder, or a bundled study.
    scenarios
        Names of the study's scenarios; ``""`` is the study as it is.
    budgets_usd_m
        Budgets; the study's own if empty.
    settings
        Name of a setting of the study -> values to try.
    draws
        Draws of the tables from their ranges, besides the stated figures (draw 0); 0 for none.
    seed
        Of the draws.
    time_limit_s
        For one plan; the study's if left out.
    data, data_only
        As in a study.
    """

    study: str = "default"
    scenarios: tuple[str, ...] = ("",)
    budgets_usd_m: tuple[float, ...] = ()
    settings: Mapping[str, tuple[Any, ...]] = Field(default_factory=dict)
    draws: int = Field(default=0, ge=0, le=1_000_000)
    seed: int = Field(default=0, ge=0)
    time_limit_s: float | None = Field(default=None, gt=0, le=1_000_000)
    data: str | None = None
    data_only: bool = False


@dataclass(frozen=True)
class Task:
    """One plan: everything a worker needs to know.

    Attributes
    ----------
    name
        Unique identifier of the task, the same in every run of the sweep.
    study
        The study as JSON.
    scenario, budget_usd_m, draw, changed
        Its combination, for its row of the results.
    """

    name: str
    study: str
    scenario: str
    budget_usd_m: float
    draw: int
    changed: str
    seed: int
    data: str | None
    data_only: bool
    out: str


def load_sweep(path: str | Path) -> Sweep:
    """Read a sweep from YAML.

    Raises
    ------
    ConfigError
        With every fault of the file.
    """
    file = Path(path)
    raw = read_yaml(file, "sweep")
    if not isinstance(raw, dict):
        raise ConfigError(f"sweep {file}: is empty or has no settings. Fix: begin with 'study: default'.")
    try:
        found = Sweep.model_validate(raw)
    except ValidationError as error:
        lines = explained(error.errors())
        raise ConfigError("\n".join([f"sweep {file} has {error.error_count()} fault(s):", *lines])) from None
    beside = file.parent / found.study
    update: dict[str, Any] = {"study": str(beside.resolve())} if beside.is_file() else {}
    if found.data is not None:
        update["data"] = str((file.parent / found.data).resolve())
    return found.model_copy(update=update)


def tasks_of(sweep: Sweep, out: str, most: int = MOST_TASKS) -> list[Task]:
    """Every combination as a task, in order; each study is checked.

    Raises
    ------
    ConfigError
        If the study, a scenario or a setting does not exist, a combination is no valid study, or there are more
        than `most` combinations.
    """
    names = list(sweep.settings)
    _check_count(sweep, most)
    tasks = []
    for scenario in sweep.scenarios:
        base = load_study(sweep.study, scenario or None)
        unknown = sorted(set(names) - set(Study.model_fields))
        if unknown:
            raise ConfigError(f"sweep: a study has no setting {', '.join(unknown)}. Fix: correct it.")
        for values in itertools.product(*(sweep.settings[name] for name in names)):
            changed = dict(zip(names, values, strict=True))
            study = _changed(base, changed, sweep)
            for budget in sweep.budgets_usd_m or (study.budget_usd_m,):
                for draw in range(sweep.draws + 1):
                    changes = json.dumps(changed, sort_keys=True)
                    text = json.dumps(study.model_dump(mode="json"))
                    key = json.dumps([text, budget, draw, sweep.seed, sweep.data, sweep.data_only])
                    name = hashlib.sha256(key.encode()).hexdigest()[:16]
                    tasks.append(
                        Task(
                            name,
                            text,
                            scenario,
                            budget,
                            draw,
                            changes,
                            sweep.seed,
                            sweep.data,
                            sweep.data_only,
                            out,
                        )
                    )
    return tasks


def _check_count(sweep: Sweep, most: int) -> None:
    """Count the combinations before one is made."""
    counts = {
        "scenarios": len(sweep.scenarios),
        "budgets_usd_m": max(len(sweep.budgets_usd_m), 1),
        **{name: len(values) for name, values in sweep.settings.items()},
        "draws": sweep.draws + 1,
    }
    if (count := math.prod(counts.values())) > most:
        made = " x ".join(f"{number:,} {name}" for name, number in counts.items() if number > 1)
        raise ConfigError(
            f"sweep: {made} are {count:,} plans; at most {most:,} are made. Fix: vary less, or raise the number "
            "with --most-tasks."
        )


def _changed(base: Study, changed: Mapping[str, Any], sweep: Sweep) -> Study:
    update = dict(changed)
    if sweep.time_limit_s is not None:
        update["time_limit_s"] = sweep.time_limit_s
    try:
        return Study.model_validate({**base.model_dump(), **update})
    except ValidationError as error:
        fault = error.errors()[0]
        setting = ".".join(map(str, fault["loc"]))
        raise ConfigError(f"sweep: {dict(changed)} is no valid study: {setting}: {fault['msg']}") from None


def run_sweep(
    sweep: Sweep,
    out: str | Path,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    most: int = MOST_TASKS,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Compute all plans of a sweep that are not done yet, and return the results of all.

    Parameters
    ----------
    out
        Folder or any address that fsspec supports (``s3://...``); a cluster's workers write there too.
    workers, cluster
        As in :func:`corridor.parallel.each`.
    most
        Most plans; more are an error before anything is computed.
    progress
        Called with tasks done and all tasks.

    Returns
    -------
    pandas.DataFrame
        :func:`read_sweep` of the folder.
    """
    address = str(out) if "://" in str(out) else str(Path(out).absolute())
    tasks = tasks_of(sweep, address, most)
    done = finished(address)
    left = [task for task in tasks if task.name not in done]
    count = len(tasks) - len(left)
    if progress is not None:
        progress(count, len(tasks))
    for _ in each(solve_task, left, workers=workers, cluster=cluster):
        count += 1
        if progress is not None:
            progress(count, len(tasks))
    return read_sweep(address)


def solve_task(task: Task) -> str:
    """Compute and write one plan; returns the task's name."""
    from corridor.relocation import optimize

    study = Study.model_validate(json.loads(task.study))
    tables = _drawn(task)
    row: dict[str, Any] = {
        "task": task.name,
        "budget_usd_m": task.budget_usd_m,
        "draw": task.draw,
        "changed": task.changed,
    }
    try:
        plan = optimize(tables, study, budget_usd_m=task.budget_usd_m)
    except NoPlan as error:
        row |= {"plan": False, "why_not": str(error)}
    else:
        row |= {"plan": True, "why_not": "", "moves": len(plan.moves), **plan.summary}
        keep = ["component", "technology", "site", "start_year", "made_usd_m", "capex_usd_m"]
        _write(plan.moves[keep].assign(task=task.name), task, "moves")
    _write(pd.DataFrame([row]), task, "summary")
    return task.name


@lru_cache(maxsize=4)
def _tables(data: str | None, only: bool) -> Tables:
    return load_tables(data, extend=data is not None and not only)


def _drawn(task: Task) -> Tables:
    tables = _tables(task.data, task.data_only)
    if task.draw == 0:
        return tables
    return _draw(task.data, task.data_only, task.seed, task.draw)


@lru_cache(maxsize=64)
def _draw(data: str | None, only: bool, seed: int, draw: int) -> Tables:
    from corridor.measures.sampling.draws import BLOCK, Sampler, with_values
    from corridor.measures.sampling.figures import Figures

    tables = _tables(data, only)
    figures = Figures.of(tables, None)
    block, column = divmod(draw - 1, BLOCK)
    values = figures.values_at(Sampler(figures, seed, "random", 0.0).block(block, BLOCK), "triangular")
    return with_values(tables, figures, values[:, column])


def _path(task: Task, kind: str) -> str:
    # a scenario's name is a user's text: a slash is written as %2F
    return f"{task.out}/{kind}/scenario={quote(task.scenario or 'base', safe=' ')}/{task.name}.parquet"


def _write(frame: pd.DataFrame, task: Task, kind: str) -> None:
    """Write a task's table to a temporary name, then rename it."""
    path = _path(task, kind)
    files, where = _files(path)
    draft = f"{os.path.dirname(where)}/.{task.name}-{uuid.uuid4().hex[:8]}.part"
    try:
        files.makedirs(os.path.dirname(where), exist_ok=True)
        try:
            with files.open(draft, "wb") as file:
                frame.to_parquet(file, index=False)
            files.mv(draft, where)
        except BaseException:
            if files.exists(draft):
                files.rm(draft)
            raise
    except OSError as error:
        raise ConfigError(
            f"output {path}: can't be written ({error.strerror or error}). Fix: give another --out."
        ) from None


def _files(address: str) -> tuple[Any, str]:
    """File system and path of an address.

    Raises
    ------
    ConfigError
        If the kind of address is unknown, or the package for it is not installed.
    """
    import fsspec

    try:
        files, where = fsspec.core.url_to_fs(address)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"output {address}: {error}. Fix: give a folder, or install the package.") from None
    return files, str(where)


def _written(address: str, kind: str) -> Iterator[tuple[str, str]]:
    """Scenario and path of every complete file."""
    files, where = _files(f"{address}/{kind}")
    if not files.exists(where):
        return
    for path in sorted(files.find(where)):
        if path.endswith(".parquet"):
            scenario = unquote(os.path.basename(os.path.dirname(path)).removeprefix("scenario="))
            yield scenario, path


def finished(out: str | Path) -> set[str]:
    """Names of the tasks of a folder that are done."""
    return {Path(path).stem for _, path in _written(str(out), "summary")}


def read_sweep(out: str | Path, kind: str = "summary") -> pd.DataFrame:
    """The results of a sweep as one table: ``summary`` (a row per task) or ``moves`` (a row per plant).

    Parameters
    ----------
    out
        Folder or address of the sweep.
    kind
        ``summary`` or ``moves``.
    """
    files, _ = _files(str(out))
    frames = [_read(files, path).assign(scenario=scenario) for scenario, path in _written(str(out), kind)]
    if not frames:
        return pd.DataFrame(columns=["task", "scenario"])
    table = pd.concat(frames, ignore_index=True)
    keys: Sequence[str] = [
        name for name in ("scenario", "changed", "budget_usd_m", "draw", "task") if name in table
    ]
    return table.sort_values(list(keys), ignore_index=True)


def _read(files: Any, path: str) -> pd.DataFrame:
    try:
        with files.open(path, "rb") as file:
            return pd.read_parquet(file)
    except (OSError, ValueError) as error:  # pyarrow's errors are of these kinds
        reason = (str(error).splitlines() or ["broken"])[0][:100]
        raise ConfigError(
            f"sweep: {path} can't be read ({reason}). Fix: delete it, and run the sweep again."
        ) from None
