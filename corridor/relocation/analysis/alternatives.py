"""Near-optimal plans: which moves must be made, which could, which never pay (Neumann & Brown 2021).

Plans that avoid nearly as much as the best, by a stated slack, are made different by construction: some components
of an earlier plan, the most often used first, are taken out and forbidden, and the rest of the budget is spent
again on what is worth most per dollar (``refill``). This takes 2 s per plan on the default study; with an integer
program it took 13 s, and half of the plans were not within the slack.

The slack is a fraction of the loss that can be avoided, not of the loss: no plan can avoid most of it, and on the
bundled medicines 1 % of the loss is more than the best plan avoids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.errors import NoPlan
from corridor.parallel import each
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.formulate import formulate
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.decision import Decision, cost_of, link_values, nothing
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.optimize import best
from corridor.relocation.search.refill import Refill
from corridor.relocation.search.site_assignment import fit
from corridor.relocation.solver.solve import solve

#: Attempts for each plan wanted.
_TRIES = 8
#: Walks from the best plan, on any number of processors.
_WALKS = 4
#: Least fraction of its components in which a plan differs from each found before it.
_LEAST = 0.1
#: Least random factor on worth per dollar when a plan is refilled; it makes plans differ.
_NOISE = 0.6
#: Fraction of the money for new plants that is kept for their sites.
_RESERVE = 0.03


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Plans within a slack of the best, and what they have in common.

    Attributes
    ----------
    slack
        Fraction of the loss avoided by the best plan by which a plan may avoid less.
    plans
        ``plan`` (0 is the best), ``loss_usd_m, cost_usd_m, moves``, and ``differs``: number of components
        that are in either this plan or the best, but not in both.
    moves
        ``plan, component, technology, site, start_year``.
    components
        ``component, sector, plans`` (in how many), ``of``, ``verdict`` (must, could, never: of the plans found),
        ``proven`` (if asked for: the relaxation shows that every plan within the slack has it),
        ``regret_usd_m``: least loss found without it, less the best loss; missing if every plan found has it.
    sites
        The same for each ``component, technology, site``.
    """

    slack: float
    plans: pd.DataFrame
    moves: pd.DataFrame
    components: pd.DataFrame
    sites: pd.DataFrame


def alternatives(
    tables: Tables,
    study: Study,
    *,
    budget_usd_m: float | None = None,
    count: int = 20,
    slack: float = 0.1,
    seed: int = 1,
    start: Plan | None = None,
    prove: bool = False,
    progress: Callable[[int], None] | None = None,
    workers: int | None = None,
) -> Alternatives:
    """At least `count` near-optimal plans for one budget, if there are so many.

    Parameters
    ----------
    count
        Plans wanted beside the best.
    slack
        Fraction of the loss avoided by the best plan by which a plan may avoid less.
    seed
        Seed of the random choice of components taken out.
    start
        The best plan known for this study and budget; it is searched for if not given.
    prove
        Also ask the relaxation of each component that is in all plans: a few seconds each.
    progress
        Called with the number of plans found so far.
    workers
        Processes, as in :func:`frontier`.

    Raises
    ------
    NoPlan
        If there is no plan at all.
    """
    budget = study.budget_usd_m if budget_usd_m is None else budget_usd_m
    problem = build_problem(tables, study, budget_usd_m=budget)
    recourse = Recourse(problem)
    known = best(problem, recourse).decision if start is None else decision_from_plan(problem, start)
    loss = expected(problem, recourse.loss(link_values(problem, known)))
    idle = expected(problem, recourse.loss(link_values(problem, nothing(problem))))
    limit = loss + slack * max(idle - loss, 0.0) + 1e-9
    # As many walks on any number of processors, so that the plans are the same.
    walks = min(_WALKS, count)
    tasks = [_Task(problem, known, limit, count, seed, turn, walks) for turn in range(walks)]
    found: list[tuple[Decision, float]] = []
    for _, plans in each(_explore, tasks, workers=workers):
        found += plans
        if progress is not None:
            progress(len(found))
    unique = {decision.key: (decision, value) for decision, value in found}
    unique.pop(known.key, None)
    # One of them may be better than the best known; the best of all comes first.
    everything = sorted([(known, loss), *unique.values()], key=lambda one: one[1])
    return _read(problem, everything, slack, _provable(problem, limit) if prove else None)


#: Plants, second sources and stocks, and the decision at its sites with its loss (None: they fit no sites).
_Placed: TypeAlias = dict[tuple[bytes, bytes, bytes], tuple[Decision, float] | None]


@dataclass(frozen=True)
class _Task:
    problem: Problem
    known: Decision
    limit: float
    count: int
    seed: int
    turn: int
    turns: int


def _explore(task: _Task) -> list[tuple[Decision, float]]:
    """One process's share of the plans: within the limit, each without some components of the plans before it."""
    problem = task.problem
    rng = np.random.default_rng([task.seed, task.turn])
    recourse = Recourse(problem)
    refill = Refill(problem, recourse)
    budget = _budget(problem, task.known)
    tally = _tally(problem, task.known)
    found: list[tuple[Decision, float]] = []
    seen = [tally > 0]
    wanted = len(range(task.turn, task.count, task.turns))
    share = 0.15
    placed: _Placed = {}
    for _ in range(_TRIES * wanted):
        if len(found) >= wanted:
            break
        parent = task.known if not found or rng.random() < 0.5 else found[int(rng.integers(len(found)))][0]
        mine = np.flatnonzero(_tally(problem, parent) > 0)
        if not len(mine):
            break
        order = mine[np.argsort(-(tally[mine] + rng.random(len(mine)) * tally.max()))]
        closed = np.zeros(len(tally), dtype=bool)
        closed[order[: max(1, round(share * len(mine)))]] = True
        result = _without(problem, refill, parent, closed, budget, rng, placed)
        if result is None or result[1] > task.limit:
            share = max(0.8 * share, 1.0 / len(mine))
            continue
        made = _tally(problem, result[0])
        tally += made
        if np.logical_xor(made > 0, np.array(seen)).sum(axis=1).min() >= max(1, round(_LEAST * len(mine))):
            seen.append(made > 0)
            found.append(result)
            share = min(1.1 * share, 0.6)
    return found


def _budget(problem: Problem, known: Decision) -> float:
    """What a plan may cost: the budget or, if there is none, the cost of the best plan."""
    limits = problem.limits
    overall = limits.loc[(limits["limit"] == "budget") & limits["sectors"].isna(), "amount"]
    most = float(overall.min()) if len(overall) else np.inf
    return most if np.isfinite(most) else cost_of(problem, known)


def _tally(problem: Problem, decision: Decision) -> Floats:
    """Which components a decision makes, shape (components,), 0 or 1."""
    out = np.zeros(len(problem.loss_ratio))
    out[problem.plants["component_index"].to_numpy(int)[decision.chosen["tech"].to_numpy(int)]] = 1.0
    return out


def _without(
    problem: Problem,
    refill: Refill,
    parent: Decision,
    closed: np.ndarray,
    budget: float,
    rng: np.random.Generator,
    placed: _Placed,
) -> tuple[Decision, float] | None:
    """The parent less the plants of closed components, refilled with others; None if these fit no sites.

    `placed` keeps what each refilled plan came to: small studies come to the same few again and again.
    """
    component_index = problem.plants["component_index"].to_numpy(int)[parent.chosen["tech"].to_numpy(int)]
    left = Decision(parent.chosen[~closed[component_index]], parent.second, parent.stock)
    plants = np.arange(len(refill.component_index)) < len(refill.starts)
    noise = rng.uniform(_NOISE, 1.0, len(refill.component_index))
    # Sites and shared facilities of the new plants cost a little more than the plants alone.
    kept = _RESERVE * max(budget - cost_of(problem, left), 0.0)
    filled = refill.fill(left, ~(plants & closed[refill.component_index]), budget - kept, noise)
    plants = filled.chosen[["tech", "year", "option"]].to_numpy()
    key = plants.tobytes(), filled.second.tobytes(), filled.stock.tobytes()
    if key not in placed:
        decision = fit(problem, refill.recourse, filled)
        placed[key] = None
        if decision is not None:
            placed[key] = decision, expected(problem, refill.recourse.loss(link_values(problem, decision)))
    return placed[key]


def _provable(problem: Problem, limit: float) -> Callable[[str], bool]:
    """Whether the relaxation shows that every plan within the limit has a component."""
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})

    def proven(component: str) -> bool:
        without = program.copy()
        mine = (first.starts["component"] == component).to_numpy()
        without.bound(first.starts["column"].to_numpy()[mine], high=0.0)
        try:
            return solve(without, relaxed=True).bound > limit * (1.0 + 1e-6)
        except NoPlan:
            return True

    return proven


def _read(
    problem: Problem,
    found: list[tuple[Decision, float]],
    slack: float,
    proven: Callable[[str], bool] | None,
) -> Alternatives:
    tables, study = problem.tables, problem.study
    rows, plans = [], []
    best_loss = found[0][1]
    mine: list[set[str]] = []
    for number, (decision, value) in enumerate(found):
        chosen = decision.chosen
        options = problem.options.iloc[chosen["option"]]
        rows.append(
            pd.DataFrame(
                {
                    "plan": number,
                    "component": options["component"].to_numpy(),
                    "technology": options["technology"].to_numpy(),
                    "site": options["site"].to_numpy(),
                    "start_year": study.first_year + chosen["year"].to_numpy(),
                }
            )
        )
        mine.append(set(options["component"]))
        plans.append(
            {
                "plan": number,
                "loss_usd_m": value,
                "cost_usd_m": cost_of(problem, decision),
                "moves": len(chosen),
                "differs": len(mine[0] ^ mine[-1]),
            }
        )
    moves = pd.concat(rows, ignore_index=True)
    losses = np.array([value for _, value in found])
    sector = tables.components.set_index("id")["sector"]
    possible = sorted(set(problem.options["component"]))
    lines = []
    for component in possible:
        inside = np.array([component in each_ for each_ in mine])
        count = int(inside.sum())
        verdict = "must" if count == len(mine) else "never" if count == 0 else "could"
        sure = False if verdict == "could" else verdict == "must" and proven is not None and proven(component)
        lines.append(
            {
                "component": component,
                "sector": sector[component],
                "plans": count,
                "of": len(mine),
                "verdict": verdict,
                "proven": sure,
                "regret_usd_m": float(losses[~inside].min() - best_loss)
                if inside[0] and (~inside).any()
                else np.nan,
            }
        )
    components = pd.DataFrame(lines).sort_values(
        ["plans", "component"], ascending=[False, True], ignore_index=True
    )
    return Alternatives(slack, pd.DataFrame(plans), moves, components, _by_site(moves, losses))


def _by_site(moves: pd.DataFrame, losses: Floats) -> pd.DataFrame:
    """In how many plans each technology is at each site, with the regret of leaving it out."""
    keys = ["component", "technology", "site"]
    pairs = moves[["plan", *keys]].drop_duplicates()
    lines = []
    for key, group in pairs.groupby(keys):
        inside = np.zeros(len(losses), dtype=bool)
        inside[group["plan"]] = True
        count = int(inside.sum())
        without = float(losses[~inside].min() - losses[0]) if inside[0] and (~inside).any() else np.nan
        verdict = "must" if count == len(losses) else "could"
        lines.append((*key, count, len(losses), verdict, without))
    out = pd.DataFrame(lines, columns=[*keys, "plans", "of", "verdict", "regret_usd_m"])
    return out.sort_values(["plans", *keys], ascending=[False, True, True, True], ignore_index=True)
