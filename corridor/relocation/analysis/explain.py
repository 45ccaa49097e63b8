"""Reasons: what each move is worth, which moves need each other, what one more unit of a limit buys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from corridor.config import Choice, Study
from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.errors import NoPlan
from corridor.parallel import each
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.result.decision import Decision, link_values
from corridor.relocation.result.found import Found
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.optimize import best

#: A move needs another if it loses at least this fraction of its worth without it.
_NEEDS = 0.1
#: Chunks in which cases are valued, on any number of processors.
_CHUNKS = 8


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why a plan is as it is.

    Attributes
    ----------
    moves
        A row per technology and start year: ``component, technology, start_year, plants, cost_usd_m,
        worth_usd_m`` (by how much the expected loss rises if these plants are dropped and nothing takes their
        place), ``worth_per_usd`` and ``needs`` (components without whose plants it loses a tenth of its worth or
        more, separated by semicolons), ``needed_by``.
    pairs
        ``component, other, worth_usd_m, worth_without_other_usd_m, lost``: complements through recipes; ``lost``
        is the fraction of the component's worth that is lost without the other.
    levers
        A row per component: build, buy elsewhere or store: ``component, plants, build_cost_usd_m,
        build_worth_usd_m, origins, second_cost_usd_m, second_worth_usd_m, stock_months, stock_cost_usd_m,
        stock_worth_usd_m``; each worth is by dropping that lever alone.
    limits
        ``name, unit, amount, price_usd_m, what``: what one more unit of each limit avoids, in words; by the linear
        relaxation.
    """

    moves: pd.DataFrame
    pairs: pd.DataFrame
    levers: pd.DataFrame
    limits: pd.DataFrame


def explain(
    tables: Tables,
    study: Study,
    plan: Plan,
    *,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Reasons:
    """Drop each move of a plan, and each pair that recipes link, and value what remains.

    Parameters
    ----------
    tables, study
        What the plan was made from.
    progress
        Called with the number of cases valued and of all cases.
    workers
        Processes, as in :func:`frontier`.
    """
    problem = build_problem(tables, study, budget_usd_m=plan.budget_usd_m)
    decision = decision_from_plan(problem, plan)
    singles = _moves_of(problem, decision)
    components = list(dict.fromkeys(singles["component_index"]))
    pairs = _linked(problem, components)
    cases: list[tuple[Decision, str]] = [(decision, "plan")]
    cases += [(_drop_rows(decision, rows), "move") for rows in singles["rows"]]
    cases += [(_drop_components(problem, decision, {component}), "component") for component in components]
    cases += [(_drop_components(problem, decision, set(pair)), "pair") for pair in pairs]
    levers = _levers_of(problem, decision)
    cases += [(case, "lever") for case, _ in levers]
    losses = _value_all(problem, [case for case, _ in cases], progress, workers)
    base = losses[0]
    ends = np.cumsum([1, len(singles), len(components), len(pairs)])
    of_move, of_component, of_pair, of_lever = np.split(losses[1:] - base, ends[1:] - 1)
    return _read(problem, plan, singles, components, pairs, levers, (of_move, of_component, of_pair, of_lever))


def force_one(
    tables: Tables, study: Study, plan: Plan, components: list[str], *, effort: str | None = None
) -> pd.DataFrame:
    """The loss of the best plan found that must make each component; the regret of forcing it in.

    Returns
    -------
    pandas.DataFrame
        ``component, loss_usd_m, regret_usd_m``; missing where the limits allow no plan that makes it.
    """
    rows = []
    base = float(plan.summary["expected_loss_after_usd_m"])
    for component in components:
        forced = study.model_copy(update={"force": (*study.force, Choice(component=component))})
        problem = build_problem(tables, forced, budget_usd_m=plan.budget_usd_m)
        recourse = Recourse(problem)
        try:
            found: Found = best(problem, recourse, effort=effort, prices=False)
            value = expected(problem, found.theta)
        except NoPlan:
            value = np.nan
        rows.append({"component": component, "loss_usd_m": value, "regret_usd_m": value - base})
    return pd.DataFrame(rows)


def _moves_of(problem: Problem, decision: Decision) -> pd.DataFrame:
    """Moves grouped by technology and year: inside a window they can't be distinguished."""
    chosen = decision.chosen.reset_index(drop=True)
    groups = chosen.groupby(["tech", "year"], sort=True)
    out = groups.agg(plants=("tech", "size"), cost_usd_m=("cost", "sum")).reset_index()
    out["rows"] = pd.Series([index.to_numpy() for index in groups.groups.values()], dtype=object)
    out["component_index"] = problem.plants["component_index"].to_numpy(int)[out["tech"].to_numpy(int)]
    return out


def _linked(problem: Problem, components: list[int]) -> list[tuple[int, int]]:
    """Pairs (user, input) of the plan's components where the input is essential to the user at any depth."""
    reach = (problem.sparse_essential > 0).astype(float).tocsr()
    users = np.zeros((len(problem.loss_ratio), len(components)))
    users[components, np.arange(len(components))] = 1.0
    above = reach @ users
    known = above > 0
    for _ in range(len(problem.loss_ratio)):
        above = reach @ known.astype(float) > 0
        if not (above & ~known).any():
            break
        known |= above
    return [
        (user, other)
        for place, user in enumerate(components)
        for other in components
        if other != user and known[other, place]
    ]


def _drop_rows(decision: Decision, rows: np.ndarray) -> Decision:
    chosen = decision.chosen.reset_index(drop=True)
    return replace(decision, chosen=chosen.drop(rows))


def _drop_components(problem: Problem, decision: Decision, components: set[int]) -> Decision:
    component_index = problem.plants["component_index"].to_numpy(int)[decision.chosen["tech"].to_numpy(int)]
    return replace(decision, chosen=decision.chosen[~np.isin(component_index, list(components))])


def _levers_of(problem: Problem, decision: Decision) -> list[tuple[Decision, tuple[str, int]]]:
    """The decision less all second sources, or all stock, of one component at a time."""
    out = []
    for component in np.unique(problem.second["component_index"].to_numpy(int)[decision.second]):
        kept = decision.second & (problem.second["component_index"].to_numpy(int) != component)
        out.append((replace(decision, second=kept), ("second", int(component))))
    for row in np.flatnonzero(decision.stock > 0):
        stock = decision.stock.copy()
        stock[row] = 0.0
        out.append((replace(decision, stock=stock), ("stock", int(problem.stores["component_index"].iloc[row]))))
    return out


@dataclass(frozen=True)
class _Chunk:
    problem: Problem
    full: Floats
    links: list[Floats]


def _value_all(
    problem: Problem,
    cases: list[Decision],
    progress: Callable[[int, int], None] | None,
    workers: int | None,
) -> Floats:
    """Expected loss of each decision, shape (cases,); the first is the full plan, the others lack some moves."""
    links = [link_values(problem, case) for case in cases]
    # As many chunks on any number of processors: warm solvers give the same last digits only for the same cases.
    runs = max(1, min(_CHUNKS, len(cases) // 40))
    chunks = [np.arange(start, len(cases), runs) for start in range(runs)]
    out = np.zeros(len(cases))
    done = 0
    tasks = [_Chunk(problem, links[0], [links[i] for i in chunk]) for chunk in chunks]
    for number, values in each(_value_chunk, tasks, workers=workers):
        out[chunks[number]] = values
        done += len(chunks[number])
        if progress is not None:
            progress(done, len(cases))
    return out


def _value_chunk(chunk: _Chunk) -> Floats:
    recourse = Recourse(chunk.problem)
    anchor = recourse.anchor(chunk.full)
    return np.array([expected(chunk.problem, recourse.loss_of_less(anchor, links)) for links in chunk.links])


def _read(
    problem: Problem,
    plan: Plan,
    singles: pd.DataFrame,
    components: list[int],
    pairs: list[tuple[int, int]],
    levers: list[tuple[Decision, tuple[str, int]]],
    rises: tuple[Floats, Floats, Floats, Floats],
) -> Reasons:
    of_move, of_component, of_pair, of_lever = rises
    names = problem.tables.components["id"].to_numpy()
    worth = dict(zip(components, of_component, strict=True))
    rows = []
    for (user, other), rise in zip(pairs, of_pair, strict=True):
        alone = rise - worth[other]
        lost = 1.0 - alone / worth[user] if worth[user] > 1e-6 else 0.0
        rows.append((names[user], names[other], worth[user], alone, float(np.clip(lost, 0.0, 1.0))))
    columns = ["component", "other", "worth_usd_m", "worth_without_other_usd_m", "lost"]
    table = pd.DataFrame(rows, columns=columns)
    table = table[table["lost"] >= _NEEDS].sort_values("worth_usd_m", ascending=False, ignore_index=True)
    needs = table.groupby("component")["other"].agg(";".join)
    needed = table.groupby("other")["component"].agg(";".join)
    plants = problem.plants.iloc[singles["tech"]].reset_index(drop=True)
    moves = pd.DataFrame(
        {
            "component": plants["component"],
            "technology": plants["technology"],
            "start_year": problem.study.first_year + singles["year"].to_numpy(),
            "plants": singles["plants"],
            "cost_usd_m": singles["cost_usd_m"],
            "worth_usd_m": of_move,
        }
    )
    cost = moves["cost_usd_m"].to_numpy(float)
    moves["worth_per_usd"] = np.divide(of_move, cost, out=np.full(len(cost), np.nan), where=cost > 0)
    moves["needs"] = moves["component"].map(needs).fillna("")
    moves["needed_by"] = moves["component"].map(needed).fillna("")
    return Reasons(
        moves.sort_values("worth_usd_m", ascending=False, ignore_index=True),
        table,
        _lever_table(problem, plan, components, of_component, levers, of_lever),
        _prices(plan, problem.study),
    )


def _lever_table(
    problem: Problem,
    plan: Plan,
    components: list[int],
    of_component: Floats,
    levers: list[tuple[Decision, tuple[str, int]]],
    of_lever: Floats,
) -> pd.DataFrame:
    """Build, buy elsewhere or store, one row per component."""
    names = problem.tables.components["id"].to_numpy()
    built = plan.moves.groupby("component").agg(plants=("plants", "sum"), build_cost_usd_m=("cost_usd_m", "sum"))
    built["build_worth_usd_m"] = pd.Series(of_component, index=[names[component] for component in components])
    second = plan.second_sources.groupby("component").agg(
        origins=("origin", ";".join), second_cost_usd_m=("cost_usd_m", "sum")
    )
    stock = plan.stocks.groupby("component").agg(
        stock_months=("months", "sum"), stock_cost_usd_m=("cost_usd_m", "sum")
    )
    for frame, kind in ((second, "second"), (stock, "stock")):
        value = {
            names[component]: rise
            for (_, (what, component)), rise in zip(levers, of_lever, strict=True)
            if what == kind
        }
        frame[f"{kind}_worth_usd_m"] = pd.Series(value, dtype=float)
    out = built.join([second, stock], how="outer").reset_index(names="component")
    return out.sort_values("component", ignore_index=True)


def _prices(plan: Plan, study: Study) -> pd.DataFrame:
    """What one more unit of each limit buys, in words; the planner's units for money beside US dollars."""
    rows = plan.limits[plan.limits["price_usd_m"].fillna(0.0) > 1e-9]
    rows = rows[["name", "scope", "unit", "amount", "price_usd_m"]].reset_index(drop=True)
    what = []
    for row in rows.to_dict("records"):
        if row["unit"] == "US$ million":
            unit = f"one more Rs crore (US$ {10 / study.inr_per_usd:.3f} M) of {row['name']}"
            what.append(f"{unit} avoids Rs {row['price_usd_m']:,.2f} crore of expected loss")
        else:
            what.append(
                f"one more {row['unit']} of {row['name']} avoids US$ {row['price_usd_m']:,.3f} M of expected loss"
            )
    return rows.assign(what=what)
