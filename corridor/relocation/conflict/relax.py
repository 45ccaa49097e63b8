"""Why no plan exists: the fewest limits or forced moves that must give way, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats, Ints
from corridor.errors import NoPlan
from corridor.relocation.conflict.elastic import Twin, elastic_twin
from corridor.relocation.model.formulate import decide
from corridor.relocation.model.limit_rows import choice_name
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.solver.solve import NothingFound, SolveStatus, solve

#: Safety cap of each solve, seconds; no answer depends on it unless it strikes, and then the answer says so.
_CAP_S = 600.0
#: Gap in the sum of relative changes.
_GAP = 1e-9
#: Two sets whose relative changes differ by less than this, or this fraction, are as good as each other.
_EQUAL = 1e-5
#: Index of a single row.
_ONE = pd.DataFrame({"name": ["all"]})
#: Capacity of less than this is none, US$ million a year.
_NOTHING = 1e-9
#: Significant digits of an amount: rounding outward changes it by at most 1e-6 of itself.
_DIGITS = 7
#: Rounds in which a site share falls to that of a better plan; each is at least a plan nearer.
_ROUNDS = 30


def why_no_plan(problem: Problem) -> pd.DataFrame:
    """The smallest set of limits and forced moves that must give way for any plan to exist, and by how much.

    An elastic twin of the program: each limit gets a relative change ``r >= 0`` and a switch in {0, 1},
    ``row <= amount + scale r``, ``r <= most switch``, where ``scale`` is the amount, at least 1, and ``most``
    lets the row hold for every plan. One after the other:

    1. the sum of the switches is minimised, then of those that belong to forced moves;
    2. of that set, the sum of the relative changes, with no switches and the other limits as they are;
    3. a set of the same size whose changes add up to less (by 1e-5) takes its place, until there is none;
    4. amounts are rounded outward by at most 1e-6 of themselves, and the study with these amounts is solved: a
       plan exists. Of several, each is then minimised by itself with the others as stated, and is no smaller.

    A share at a site, which multiplies the plan's own capacity, is lowered first, plan by plan. The windows are
    left out: unmet need is always possible. Solves end at their optimum; a time is only a safety cap.

    Returns
    -------
    pandas.DataFrame
        ``name, unit, amount, needed, change``: the limit as it is, as it would have to be, and the difference;
        empty if a plan exists. A forced move falls from 1 plant to 0. ``attrs``: ``forced``, names of the forced
        moves without any one of which less change would do; ``exact``, False if the safety cap struck.
    """
    twin = elastic_twin(problem)
    found, fewest = _choose(twin)
    if found is None:
        return _table(twin, {}, [], fewest)
    needed, least = _amounts(twin, found)
    return _table(twin, needed, _conflict(twin, found), fewest and least)


def no_plan(problem: Problem, needed: pd.DataFrame | None = None) -> NoPlan:
    """The error that lists which limits to relax, in the planner's words and units.

    `needed` is :func:`why_no_plan` of the problem, if it is known already.
    """
    needed = why_no_plan(problem) if needed is None else needed
    if needed.empty:
        return NoPlan("the search found none, though the limits allow one. Fix: raise effort or time_limit_s.")
    lines = [
        f"  - {row['name']}: {row['amount']:,.7g} {row['unit']} -> {row['needed']:,.7g} "
        f"({'raise' if row['change'] > 0 else 'lower'} by {abs(row['change']):,.4g})"
        for row in needed.to_dict("records")
    ]
    if needed.attrs.get("forced"):
        lines.append(f"Forced moves in this conflict: {'; '.join(needed.attrs['forced'])}.")
    if not needed.attrs.get("exact", True):
        lines.append(f"Not proven: a solve was stopped by the limit of {_CAP_S:g} s. Smaller changes may do.")
    error = NoPlan("\n".join(["the limits contradict each other. The fewest that must give way:", *lines]))
    error.relax = needed
    return error


@dataclass(frozen=True)
class _Found:
    """Amounts of some items: by name, values of the columns with them, sum of relative changes, whether least."""

    needed: dict[str, float]
    values: Floats
    total: float
    proven: bool


def _choose(twin: Twin) -> tuple[_Found | None, bool]:
    """Fewest items, then fewest forced moves, then least sum of relative changes (None: a plan exists); if proven.

    Sets of the least size are asked for until there is no better one: each has an item outside every set known,
    and changes its items by less than the best of them, which bounds every change well. That took a fifth of the
    time of minimising the changes with the switches. A switch that is off to within the solver's tolerance could
    still let a limit change a little, so every set is tried without switches.
    """
    names = twin.items["name"].to_numpy()
    weight = twin.forced.sum() + 1.0 + twin.forced
    known: list[list[str]] = []
    best: _Found | None = None
    size, proven = np.inf, True
    if _exists(twin.with_only([])):
        return None, proven
    while True:
        program, switch, useful = _switched(twin, best, size, known)
        program.price(switch, weight[useful])
        found = solve(program, gap=0.0, absolute_gap=0.9, time_limit_s=_CAP_S)
        proven &= found.status is SolveStatus.OPTIMAL
        chosen = names[useful][found.values[switch] > 0.5].tolist()
        least = float(weight[np.isin(names, chosen)].sum())
        if best is not None and (least > size or _none_better(program, found.values)):
            return best, proven
        if _exists(twin.with_only(chosen), found.values):
            if not chosen:
                return None, proven
            other = _least(twin, chosen)
            if best is None or other.total < best.total:
                size, best = least, other
        known.append(chosen)


def _switched(twin: Twin, best: _Found | None, size: float, known: list[list[str]]) -> tuple[Program, Ints, Ints]:
    """The twin with a switch for each item that can be of use: program, columns of the switches, rows of items.

    For each set in `known`, an item outside it changes; together, the items change by less than `best`. Or else
    the switch "none better" is on, at more than the price of a set of that `size`: there is always a solution.
    """
    program = twin.program.copy()
    most = twin.items["most"].to_numpy(float)
    none = program.add_columns("none better", _ONE, high=1.0, integer=True)
    if best is None:
        program.bound(none, high=0.0)
    else:
        most = np.minimum(most, best.total)
        program.bound(twin.slack, high=most)
        less = _EQUAL * max(best.total, 1.0)
        program.price(none, size + 1.0)
        zero = np.zeros(len(most), int)
        program.add_rows("total", _ONE, [(zero, twin.slack, 1.0), ([0], none, -less)], high=best.total - less)
    useful = np.flatnonzero(most > 0)
    index = twin.items.loc[useful, ["name"]]
    each = np.arange(len(useful))
    switch = program.add_columns("switch", index, high=1.0, integer=True)
    program.add_rows(
        "switches", index, [(each, twin.slack[useful], 1.0 / most[useful]), (each, switch, -1.0)], high=0.0
    )
    for number, chosen in enumerate(known):
        rest = np.r_[none, switch[~index["name"].isin(chosen).to_numpy()]]
        program.add_rows(f"beside {number}", _ONE, [(np.zeros(len(rest), int), rest, 1.0)], low=1.0)
    return program, switch, useful


def _none_better(program: Program, values: Floats) -> bool:
    return bool(program.block("none better", values)[0] > 0.5)


def _exists(program: Program, values: Floats | None = None) -> bool:
    """Whether any values satisfy all rows; the integers of those given, which nearly do, are tried first."""
    if values is not None and _settled(program, values[: program.width]) is not None:
        return True
    try:
        solve(program, time_limit_s=_CAP_S)
    except NothingFound:
        raise
    except NoPlan:
        return False
    return True


def _settled(program: Program, values: Floats) -> Floats | None:
    """Values with integers that are integers, the rest by a linear program; None if that has no solution."""
    settled = program.copy()
    whole = np.flatnonzero(program.integer)
    low, high = program.bounds
    fixed = np.round(values[whole])
    if ((fixed < low[whole]) | (fixed > high[whole])).any():
        return None
    settled.bound(whole, low=fixed, high=fixed)
    try:
        return solve(settled, relaxed=True, time_limit_s=_CAP_S).values
    except NoPlan:
        return None


def _amounts(twin: Twin, found: _Found) -> tuple[dict[str, float], bool]:
    """What each of the items found must be, checked on the study built with these amounts; and if it is proven."""
    items = twin.items.set_index("name")
    chosen = list(found.needed)
    shares = [name for name in chosen if items.loc[name, "kind"] == "site_share"]
    rest = [name for name in chosen if name not in shares]
    needed: dict[str, float] = {}
    for name in shares:
        free = [other for other in chosen if other not in needed and other != name]
        needed[name] = _least_share(_with(twin.problem, items, needed), free, name)
    if shares and rest:
        found = _least(elastic_twin(_with(twin.problem, items, needed)), rest)
    needed |= {name: found.needed[name] for name in rest}
    proven, values = found.proven, found.values
    if len(chosen) > 1:
        # Each by itself: rounding the others outward may allow it a little less.
        for name in rest:
            others = {other: amount for other, amount in needed.items() if other != name}
            alone = _least(elastic_twin(_with(twin.problem, items, others)), [name])
            proven &= alone.proven
            if abs(alone.needed[name] - needed[name]) > 1e-6 * abs(needed[name]):
                needed, values = needed | alone.needed, alone.values
    if not _exists(decide(_with(twin.problem, items, needed))[0], values):
        # The solver's tolerance for rows is absolute: once more outward, by about 1e-6 of each amount.
        for item in twin.items[twin.items["name"].isin(rest) & ~twin.items["integer"].astype(bool)].to_dict(
            "records"
        ):
            name, sign = item["name"], item["sign"]
            needed[name] = _outward(needed[name] + sign * 5e-7 * abs(needed[name]), sign)
        proven &= _exists(decide(_with(twin.problem, items, needed))[0], values)
    return needed, proven


def _least(twin: Twin, free: list[str]) -> _Found:
    """The least sum of relative changes, only `free` items changing."""
    program = twin.with_only(free)
    program.price(twin.slack, 1.0)
    found = solve(program, gap=0.0, absolute_gap=_GAP, time_limit_s=_CAP_S)
    settled = _settled(program, found.values)
    values = found.values if settled is None else settled
    needed = {}
    for column, item in zip(twin.slack, twin.items.to_dict("records"), strict=True):
        if item["name"] in free:
            amount = item["amount"] + item["sign"] * item["scale"] * values[column]
            needed[item["name"]] = float(round(amount)) if item["integer"] else _outward(amount, item["sign"])
    return _Found(needed, values, float(values[twin.slack].sum()), found.status is SolveStatus.OPTIMAL)


def _outward(amount: float, sign: int) -> float:
    """The next amount of few digits that allows more; one that is such an amount already, but for noise, stays."""
    if amount == 0.0:
        return 0.0
    unit = 10.0 ** (np.floor(np.log10(abs(amount))) + 1 - _DIGITS)
    steps = amount / unit
    near = np.round(steps)
    if abs(steps - near) > 1e-9 * abs(steps):
        near = np.ceil(steps) if sign > 0 else np.floor(steps)
    return float(f"{near * unit:.{_DIGITS}g}")


def _with(problem: Problem, items: pd.DataFrame, needed: Mapping[str, float]) -> Problem:
    """The study's problem with other amounts of some items."""
    limits, plants, imports = problem.limits.copy(), problem.plants.copy(), problem.imports.copy()
    dropped = set()
    names = pd.Index(problem.tables.components["id"])
    for name, amount in needed.items():
        item = items.loc[name]
        if item["kind"] == "force":
            dropped.add(name)
        elif item["kind"] == "most plants":
            plants.loc[item["key"], "most_plants"] = amount
        elif item["kind"] == "sales":
            year, component = item["key"]
            imports[year, names.get_loc(component)] += amount - item["amount"]
        else:
            limits.loc[limits["name"] == name, "amount"] = amount
    force = tuple(choice for choice in problem.study.force if f"force {choice_name(choice)}" not in dropped)
    study = problem.study.model_copy(update={"force": force})
    return replace(problem, limits=limits, plants=plants, imports=imports, study=study)


def _least_share(problem: Problem, free: list[str], name: str) -> float:
    """The least share at a site with which a plan exists, the `free` items changing as they like.

    Dinkelbach (1967, doi:10.1287/mnsc.13.7.492): of the plan at hand take the largest share at any site, ask for
    the plan that stays furthest below it, and so on until none stays below.
    """
    limits = problem.limits
    row = (limits["name"] == name).to_numpy()

    def with_share(share: float) -> tuple[Program, sparse.csr_matrix, Floats]:
        program = decide(replace(problem, limits=limits.assign(amount=limits["amount"].mask(row, share))))[0]
        start, pairs = program.rows[f"site share {name}"]
        rows = slice(start, start + len(pairs))
        return program, program.matrix[rows], program.row_bounds[1][rows]

    # Capacity at the site, and there less all capacity: linear in the plan, so a share mixes them.
    none, all_ = with_share(0.0), with_share(1.0)
    twin = elastic_twin(replace(problem, limits=limits.assign(amount=limits["amount"].mask(row, 1.0))))
    base = twin.with_only(free)
    share = 1.0
    for _ in range(_ROUNDS):
        program = base.copy()
        over = program.add_columns("over", pd.DataFrame({"name": [name]}), low=-np.inf, cost=1.0)
        mixed = ((1.0 - share) * none[1] + share * all_[1]).tocoo()
        count = mixed.shape[0]
        program.add_rows(
            "share",
            pd.DataFrame({"pair": np.arange(count)}),
            [(mixed.row, mixed.col, mixed.data), (np.arange(count), np.repeat(over, count), -1.0)],
            high=(1.0 - share) * none[2] + share * all_[2],
        )
        found = solve(program, gap=0.0, absolute_gap=_GAP, time_limit_s=_CAP_S)
        settled = _settled(program, found.values)
        values = (found.values if settled is None else settled)[: none[1].shape[1]]
        there = none[1] @ values - none[2]
        total = there - (all_[1] @ values - all_[2])
        reached = float(np.max(np.divide(there, total, out=np.zeros(count), where=total > _NOTHING), initial=0.0))
        if reached >= share * (1.0 - 1e-9):
            break
        share = reached
    return min(_outward(share, 1), 1.0)


def _conflict(twin: Twin, found: _Found) -> list[str]:
    """Forced moves in conflict with the items found: without any one of them, less change would do.

    Forced moves are dropped one after the other if the items must still change as much.
    """
    forced = twin.items.loc[twin.forced, "name"].tolist()
    priced = twin.items["name"].isin(list(found.needed)).to_numpy()

    def as_much(kept: list[str]) -> bool:
        loose = twin.forced & ~twin.items["name"].isin(kept).to_numpy()
        program = twin.with_only(twin.items.loc[priced | loose, "name"].tolist())
        program.price(twin.slack[priced & ~loose], 1.0)
        least = solve(program, gap=0.0, absolute_gap=_GAP, time_limit_s=_CAP_S).objective
        return least >= found.total - _EQUAL * max(found.total, 1.0)

    if not forced or as_much([]):
        return []
    kept = list(forced)
    for move in forced:
        fewer = [other for other in kept if other != move]
        if fewer and as_much(fewer):
            kept = fewer
    return kept


def _table(twin: Twin, needed: Mapping[str, float], forced: list[str], exact: bool) -> pd.DataFrame:
    table = twin.items[twin.items["name"].isin(list(needed))][["name", "unit", "amount"]].reset_index(drop=True)
    table["needed"] = table["name"].map(needed).astype(float)
    table["change"] = table["needed"] - table["amount"]
    table.attrs = {"forced": forced, "exact": exact}
    return table
