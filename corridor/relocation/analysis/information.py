"""Value of knowing the window beforehand (EVPI), and of planning for all windows, not for their mean (VSS).

Three plans for the same budget and limits (Madansky 1960; Birge 1982; Birge & Louveaux 2011, chapter 4):

- SP, the plan for all windows together
- WS, wait and see: each window known beforehand, with a plan of its own
- EEV, the plan for the mean window, facing the real windows

Windows are not exclusive alternatives: several may happen, and their probabilities may sum to more than 1.
The expected loss is the sum over windows of probability * loss, each window a separate course of events. That
of WS is the sum of probability * least loss. Then WS <= SP <= EEV, and

- EVPI = SP - WS, the expected value of perfect information
- VSS = EEV - SP, the value of the stochastic solution

are never negative. If windows are narrow and many, each cut is small on average, the mean window loses little,
and its plan avoids little: VSS is then nearly all of the value of planning. Plans are found to within a gap:
every figure has an interval, from the bounds of the solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from corridor.config import Cut, Denial, Goal, Study
from corridor.data.arrays import Floats
from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.parallel import each
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.model.windows import Windows, make_windows, withheld
from corridor.relocation.result.decision import cost_of, link_values, nothing
from corridor.relocation.result.found import Found
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.optimize import best


@dataclass(frozen=True, eq=False)
class Information:
    """Expected losses of three plans, and their differences.

    Attributes
    ----------
    summary
        ``measure`` (WS, SP, EEV, EVPI, VSS), ``value_usd_m, low_usd_m, high_usd_m``: discounted, markets weighted;
        the interval contains the value of exact plans. EEV is that of the mean window's plan found here.
    windows
        ``window, probability, loss_nothing_usd_m, loss_known_usd_m`` (with the window's own plan),
        ``loss_known_low_usd_m`` (no plan loses less), ``cost_known_usd_m, loss_plan_usd_m`` (with the plan for
        all), ``loss_mean_plan_usd_m``: loss if the window opens.
    """

    summary: pd.DataFrame
    windows: pd.DataFrame


def value_of_information(
    tables: Tables,
    study: Study,
    budget_usd_m: float | None = None,
    *,
    effort: str | None = None,
    progress: Callable[[str], None] | None = None,
    workers: int | None = None,
) -> Information:
    """Expected value of perfect information and value of the stochastic solution, for one budget.

    All plans are for the least expected loss, whatever the study's goal, and satisfy the same limits.

    Parameters
    ----------
    effort
        Of each plan: one for all windows, one for the mean window, and one for every window. The study's if
        left out.
    progress
        Called with what has been solved: ``mean window``, ``all windows``, or the name of a window.
    workers
        Processes, as in :func:`corridor.frontier`.

    Raises
    ------
    ConfigError
        If the study has no denials.
    NoPlan
        If no set of moves satisfies all limits.
    """
    if not study.denials:
        raise ConfigError(
            "denials: the study has none, so there is no window to plan for. Fix: name at least one."
        )
    report = progress or (lambda name: None)
    problem = build_problem(tables, study.model_copy(update={"goal": Goal()}), budget_usd_m=budget_usd_m)
    recourse = Recourse(problem)
    # Each plan satisfies all limits and is the start of the next, so the three are in order in spite of the gaps.
    of_mean = _plan_for(problem, _mean_window(problem), effort=effort)
    report("mean window")
    with_mean = recourse.loss(link_values(problem, of_mean.decision))
    plan = best(problem, recourse, hints=[of_mean], effort=effort, prices=False)
    report("all windows")
    names = problem.windows.names
    known: dict[int, _Known] = {}
    tasks = [_Task(problem, window, plan, effort) for window in range(len(names))]
    for window, result in each(_know, tasks, workers=workers):
        known[window] = result
        report(names[window])
    windows = pd.DataFrame(
        {
            "window": names,
            "probability": problem.windows.probability,
            "loss_nothing_usd_m": recourse.loss(link_values(problem, nothing(problem))),
            "loss_known_usd_m": [known[window].loss for window in range(len(names))],
            "loss_known_low_usd_m": [known[window].bound for window in range(len(names))],
            "cost_known_usd_m": [known[window].cost for window in range(len(names))],
            "loss_plan_usd_m": plan.theta,
            "loss_mean_plan_usd_m": with_mean,
        }
    )
    least = min(max(plan.bound, 0.0), plan.objective)
    return Information(_summary(windows, least, expected(problem, with_mean)), windows)


def _summary(windows: pd.DataFrame, least: float, eev: float) -> pd.DataFrame:
    """Intervals of the five measures; `least` is a lower bound on the loss of all plans for all windows."""
    weight = windows["probability"].to_numpy()
    sp = float(weight @ windows["loss_plan_usd_m"])
    ws = float(weight @ windows["loss_known_usd_m"])
    ws_low = float(weight @ windows["loss_known_low_usd_m"])
    # Knowing a window never costs: the sum of the windows' own bounds is also a bound for SP.
    least = max(least, ws_low)
    rows = [
        ("WS", ws, ws_low, ws),
        ("SP", sp, least, sp),
        ("EEV", eev, eev, eev),
        ("EVPI", sp - ws, max(least - ws, 0.0), sp - ws_low),
        ("VSS", eev - sp, max(eev - sp, 0.0), eev - least),
    ]
    return pd.DataFrame(rows, columns=["measure", "value_usd_m", "low_usd_m", "high_usd_m"])


@dataclass(frozen=True)
class _Task:
    problem: Problem
    window: int
    plan: Found
    effort: str | None


@dataclass(frozen=True)
class _Known:
    """A window with its own plan: loss and its bound, cost, US$ M."""

    loss: float
    bound: float
    cost: float


def _know(task: _Task) -> _Known:
    """The plan for one window alone, starting from the plan for all windows."""
    problem, rows = task.problem, np.array([task.window])
    alone = _take(problem.windows, rows, np.ones(1))
    found = _plan_for(problem, alone, hints=(task.plan,), effort=task.effort)
    bound = min(max(found.bound, 0.0), found.objective)
    return _Known(float(found.theta[0]), bound, cost_of(problem, found.decision))


def _plan_for(problem: Problem, window: Windows, *, hints: tuple[Found, ...] = (), effort: str | None) -> Found:
    """The best plan for one window, within all limits of the study.

    Output must find buyers in the years of all windows, so one window of each other year is kept, with weight 0.
    """
    years, first = np.unique(problem.windows.year, return_index=True)
    others = first[years != window.year[0]]
    here = replace(problem, windows=_join(window, _take(problem.windows, others, np.zeros(len(others)))))
    return best(here, Recourse(here), hints=hints, effort=effort, prices=False)


def _mean_window(problem: Problem) -> Windows:
    """The mean window: cuts, length and start year weighted by probability, the year rounded.

    Its loss weighs 1 here; the total probability would only scale what is minimised.
    """
    study, network, windows = problem.study, problem.network, problem.windows
    weight = windows.probability / windows.probability.sum()
    origin = {name: position for position, name in enumerate(network.origins)}
    shape = (1, len(network.components), len(network.origins))
    mean = np.zeros(shape[1:])
    for share, denial in zip(weight, study.denials, strict=True):
        mean += share * withheld(problem.tables, study, origin, (denial,), shape)[0]
    denial = Denial(
        name="mean window",
        start=study.first_year + round(float(weight @ windows.year)),
        months=float(weight @ windows.length) * 12.0,
        probability=1.0,
        reason="mean of all windows, by probability",
        cuts=_cuts_of(problem, mean),
    )
    alone = study.model_copy(update={"denials": (denial,)})
    shares = {market: network.shares_of(market) for market in (HOST, *problem.abroad)}
    return make_windows(problem.tables, alone, network, shares, problem.second)


def _cuts_of(problem: Problem, fraction: Floats) -> tuple[Cut, ...]:
    """Cuts that withhold these fractions, shape (components, origins); exporters with equal cuts are grouped."""
    network = problem.network
    columns, alike = np.unique(fraction, axis=1, return_inverse=True)
    cuts = []
    for column in range(columns.shape[1]):
        exporters = tuple(network.origins[alike.reshape(-1) == column])
        for value in np.unique(columns[:, column][columns[:, column] > 0]):
            names = tuple(network.components[columns[:, column] == value])
            cuts.append(Cut(exporters=exporters, components=names, cut=min(float(value), 1.0)))
    # Denials of goods that nobody sells here withhold nothing, but a window needs a cut.
    return tuple(cuts) or (Cut(exporters=(), cut=1.0),)


def _take(windows: Windows, rows: np.ndarray, probability: Floats) -> Windows:
    """Some of the windows, with other probabilities."""
    return Windows(
        names=[windows.names[window] for window in rows],
        year=windows.year[rows],
        length=windows.length[rows],
        probability=probability,
        home_imports=windows.home_imports[rows],
        worked_around=windows.worked_around[rows],
        abroad={market: left[rows] for market, left in windows.abroad.items()},
        second=windows.second[rows],
    )


def _join(one: Windows, other: Windows) -> Windows:
    """The windows of both."""
    return Windows(
        names=[*one.names, *other.names],
        year=np.r_[one.year, other.year],
        length=np.r_[one.length, other.length],
        probability=np.r_[one.probability, other.probability],
        home_imports=np.concatenate([one.home_imports, other.home_imports]),
        worked_around=np.concatenate([one.worked_around, other.worked_around]),
        abroad={market: np.concatenate([left, other.abroad[market]]) for market, left in one.abroad.items()},
        second=np.concatenate([one.second, other.second]),
    )
