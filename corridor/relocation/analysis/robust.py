"""Worst cases for a plan: the cuts of exporters or components by an adversary who knows it (interdiction).

The loss of a set of cuts is that of a window with exactly these cuts, so its spread through makers abroad and the
best recourse in India are counted. If there are few sets of k, all are tried; otherwise branch and bound searches
them. A group of sets is bounded by the loss when all their members are cut at once, which no set of the group can
exceed (r-interdiction, Church, Scaparra & Middleton 2004, with recourse; here by enumeration, not by duality).
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd

from corridor.config import Denial, Study
from corridor.data.arrays import Floats
from corridor.data.names import HOST, TARGET_WORD
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.parallel import each
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.model.problem import Problem, build_problem
from corridor.relocation.model.windows import make_windows
from corridor.relocation.result.decision import Decision, link_values, nothing
from corridor.relocation.result.plan import Plan
from corridor.relocation.result.value import Recourse

_Kind = Literal["exporters", "components", "stages", "sectors"]
#: Sets of this number or fewer are all tried.
FEW = 1_000
#: Most losses computed in one search; then the best so far is returned with its bound.
MOST = 2_000
#: Windows held at once: the linear programs of a window are the largest part of memory.
_BLOCK = 40
#: Fewer sets than this are not worth a process of their own.
_CHUNK = 60
#: Members near the top of the single losses that are exchanged for those of the first set.
_NEAR = 20

Members = tuple[int, ...]
#: A range of candidates: first position, end position, and how many of them to take.
Range = tuple[int, int, int]


def worst(
    tables: Tables,
    study: Study,
    plan: Plan | None = None,
    *,
    k: int = 1,
    of: _Kind = "exporters",
    months: float = 12.0,
    year: int | None = None,
    cut: float = 1.0,
    top: int = 10,
    progress: Callable[[int], None] | None = None,
    workers: int | None = None,
) -> pd.DataFrame:
    """The `k` exporters, components, stages or sectors whose cut loses most, before and after a plan.

    The adversary knows what has been built: the worst sets before and after the plan are searched for
    separately, and both are listed.

    Parameters
    ----------
    plan
        None for the study without a plan.
    k
        How many are cut at once; all of them if there are no more.
    of
        ``exporters``: countries other than the study's markets, each withholding everything it sells. Otherwise
        the study's target withholds components of the study's sectors, or whole stages or sectors.
    months, year
        The window; the study's last year if left out, when all plants started in time deliver.
    cut
        Fraction of deliveries that is withheld.
    top
        Sets wanted.
    progress
        Called with the number of sets and groups of sets whose loss has been computed so far.
    workers
        Processes, as in :func:`corridor.frontier`.

    Returns
    -------
    pandas.DataFrame
        One row per set, worst first (after the plan, if there is one): ``set`` (names joined by ``+``, empty
        for k = 0), ``loss_before_usd_m, loss_after_usd_m, avoided_usd_m`` (of the window, markets weighted, not
        discounted; the last two are missing without a plan), ``rank_before, rank_after`` (missing if it is not
        among the worst `top`), ``exact`` (proven: no set is worse except those listed above it), ``sets``
        (how many sets of k there are), ``bound_before_usd_m, bound_after_usd_m`` (no set without a rank loses
        more; missing if no bound is known).

    Raises
    ------
    ConfigError
        With every fault of the arguments; or if the plan names what the tables do not have.
    """
    when = study.last_year if year is None else year
    _check(study, k, of, months, when, cut, top)
    problem = build_problem(tables, study, budget_usd_m=None if plan is None else plan.budget_usd_m)
    decisions = [nothing(problem)] + ([] if plan is None else [decision_from_plan(problem, plan)])
    names = _candidates(problem, of)
    attack = Attack(problem, tuple(decisions), of, tuple(names), months, when, cut)
    losses = _Losses(attack, progress, workers)
    size = min(k, len(names))
    # Cutting more never loses less, unless a cut spares the makers of the exporter that cuts: see `deliveries`.
    bounded = of != "exporters" or cut == 1.0
    searched = [_search(losses, size, decision, top, bounded) for decision in range(len(decisions))]
    return _table(losses, searched, math.comb(len(names), size), size)


def _check(study: Study, k: int, of: str, months: float, year: int, cut: float, top: int) -> None:
    faults = []
    if k < 0:
        faults.append(f"k: {k} is less than 0")
    if of not in ("exporters", "components", "stages", "sectors"):
        faults.append(f"of: '{of}'; write exporters, components, stages or sectors")
    if not 0 < months <= 60:
        faults.append(f"months: {months:g}; write a number above 0 and up to 60")
    if year not in study.years:
        faults.append(f"year: {year} is not in the study ({study.first_year}-{study.last_year})")
    if not 0 < cut <= 1:
        faults.append(f"cut: {cut:g} is not a fraction of deliveries; write a number above 0 and up to 1")
    if top < 1:
        faults.append(f"top: {top}; ask for at least 1 set")
    if faults:
        raise ConfigError("\n".join(["the worst sets can't be searched:", *(f"  - {fault}" for fault in faults)]))


def _candidates(problem: Problem, of: _Kind) -> list[str]:
    """Names of what can be cut: those that sell something, in the order of the tables."""
    network, study = problem.network, problem.study
    rows = network.sourcing[network.sourcing["share"] > 0]
    origin = network.origins[rows["origin"].to_numpy()]
    if of == "exporters":
        return sorted(set(origin) - {HOST, *study.markets})
    sold = np.unique(rows["component"].to_numpy()[origin.isin(list(study.target))])
    components = problem.tables.components.iloc[sold]
    components = components[components["sector"].map(study.plans).astype(bool)]
    column = {"components": "id", "stages": "stage", "sectors": "sector"}[of]
    return [str(name) for name in components[column].unique()]


@dataclass(frozen=True)
class Attack:
    """What is cut, when and for how long, and the decisions that face it."""

    problem: Problem
    decisions: tuple[Decision, ...]
    of: _Kind
    names: tuple[str, ...]
    months: float
    year: int
    cut: float

    def denial(self, members: Members) -> Denial:
        """The window in which the members are cut."""
        names = [self.names[member] for member in members]
        what = {"exporters": names} if self.of == "exporters" else {"exporters": [TARGET_WORD][: len(names)]}
        if self.of != "exporters":
            what[self.of] = names
        return Denial.model_validate(
            {
                "name": " ".join(map(str, members)),
                "start": self.year,
                "months": self.months,
                "probability": 1.0,
                "reason": "the worst case is asked for",
                "cuts": [{**what, "cut": self.cut}],
            }
        )


@dataclass(frozen=True)
class _Chunk:
    attack: Attack
    sets: Sequence[Members]


def _losses_of(chunk: _Chunk) -> Floats:
    """Loss of each set for each decision, US$ M, shape (sets, decisions); a block of windows at a time."""
    attack, problem = chunk.attack, chunk.attack.problem
    shares = {market: problem.network.shares_of(market) for market in (HOST, *problem.abroad)}
    discount = problem.discount[attack.year - problem.study.first_year]
    blocks = [np.zeros((0, len(attack.decisions)))]
    for first in range(0, len(chunk.sets), _BLOCK):
        denials = tuple(attack.denial(members) for members in chunk.sets[first : first + _BLOCK])
        study = problem.study.model_copy(update={"denials": denials})
        windows = make_windows(problem.tables, study, problem.network, shares, problem.second)
        here = replace(problem, study=study, windows=windows)
        recourse = Recourse(here)
        theta = [recourse.loss(link_values(here, decision)) for decision in attack.decisions]
        blocks.append(np.column_stack(theta) / discount)
    return np.concatenate(blocks)


class _Losses:
    """Losses of sets, each computed once."""

    def __init__(self, attack: Attack, progress: Callable[[int], None] | None, workers: int | None) -> None:
        self.attack, self.progress = attack, progress
        self.workers = workers
        self.known: dict[Members, Floats] = {}

    def of(self, sets: Sequence[Members], decision: int) -> Floats:
        """Losses of sets for one decision, US$ M."""
        new = [members for members in dict.fromkeys(sets) if members not in self.known]
        tasks = [_Chunk(self.attack, new[start : start + _CHUNK]) for start in range(0, len(new), _CHUNK)]
        for number, losses in each(_losses_of, tasks, workers=self.workers):
            self.known.update(zip(tasks[number].sets, losses, strict=True))
            if self.progress is not None:
                self.progress(len(self.known))
        return np.array([self.known[members][decision] for members in sets])

    def worst(self, size: int, decision: int, top: int) -> list[tuple[float, Members]]:
        """The worst sets of a size so far; ties by position."""
        known = ((float(loss[decision]), members) for members, loss in self.known.items() if len(members) == size)
        return sorted(known, key=lambda row: (-row[0], row[1]))[:top]


@dataclass(frozen=True)
class _Searched:
    """The worst sets for one decision, and an upper bound on all other sets (infinite if none is known)."""

    worst: list[tuple[float, Members]]
    bound: float


def _search(losses: _Losses, size: int, decision: int, top: int, bounded: bool) -> _Searched:
    count = len(losses.attack.names)
    if math.comb(count, size) <= FEW:
        every = list(itertools.combinations(range(count), size))
        values = np.sort(losses.of(every, decision))[::-1]
        return _Searched(losses.worst(size, decision, top), float(values[top]) if len(values) > top else 0.0)
    single = losses.of([(member,) for member in range(count)], decision)
    order = np.argsort(-single, kind="stable")
    _exchange(losses, size, decision, order)
    bound = _branch(losses, size, decision, top, order) if bounded else math.inf
    return _Searched(losses.worst(size, decision, top), bound)


def _exchange(losses: _Losses, size: int, decision: int, order: np.ndarray) -> None:
    """Find a first set greedily, then exchange members for others of large single loss while the loss rises."""
    near = [int(member) for member in order[: max(_NEAR, 2 * size)]]
    members: Members = ()
    for _ in range(size):
        tried = [_with(members, member) for member in near if member not in members]
        members = tried[int(np.argmax(losses.of(tried, decision)))]
    best = float(losses.of([members], decision)[0])
    while True:
        kept = [tuple(member for member in members if member != out) for out in members]
        tried = [_with(rest, member) for rest in kept for member in near if member not in members]
        values = losses.of(tried, decision)
        if values.max(initial=-np.inf) <= best * (1.0 + 1e-9):
            return
        best, members = float(values.max()), tried[int(np.argmax(values))]


def _with(members: Members, member: int) -> Members:
    return tuple(sorted((*members, member)))


@dataclass(order=True)
class _Node:
    """Sets that take some members from each range; the loss of all candidates in the ranges bounds theirs."""

    minus_bound: float
    ranges: tuple[Range, ...] = field(compare=True)

    def members(self, order: np.ndarray) -> Members:
        chosen = np.concatenate([order[low:high] for low, high, _ in self.ranges])
        return tuple(sorted(int(position) for position in chosen))

    def split(self) -> Iterator[tuple[Range, ...]]:
        """Split the sets into smaller groups: the widest range in two, the largest losses apart from the rest."""
        choice = [one for one in self.ranges if one[1] - one[0] > one[2]]
        wide = max(choice, key=lambda one: one[1] - one[0])
        low, high, take = wide
        middle = low + max(1, (high - low) // 3)
        rest = tuple(one for one in self.ranges if one != wide)
        for left in range(max(0, take - (high - middle)), min(take, middle - low) + 1):
            halves = ((low, middle, left), (middle, high, take - left))
            yield tuple(sorted((*rest, *(half for half in halves if half[2] > 0))))


def _branch(losses: _Losses, size: int, decision: int, top: int, order: np.ndarray) -> float:
    """Best-first search until no group can hold a worse set; returns an upper bound on all other sets."""
    root = _Node(-math.inf, ((0, len(order), size),))
    open_nodes, already = [root], len(losses.known)
    while open_nodes and len(losses.known) - already < MOST:
        found = losses.worst(size, decision, top)
        enough = found[-1][0] * (1.0 + 1e-9) if len(found) == top else -math.inf
        batch: list[_Node] = []
        while open_nodes and len(batch) < _CHUNK and -open_nodes[0].minus_bound > enough:
            batch.append(heapq.heappop(open_nodes))
        if not batch:
            break
        children = [_Node(0.0, ranges) for node in batch for ranges in node.split()]
        bounds = losses.of([child.members(order) for child in children], decision)
        for child, bound in zip(children, bounds, strict=True):
            if any(high - low > take for low, high, take in child.ranges):
                heapq.heappush(open_nodes, _Node(-float(bound), child.ranges))
    found = losses.worst(size, decision, top + 1)
    return max([found[top][0] if len(found) > top else 0.0, *(-node.minus_bound for node in open_nodes)])


def _table(losses: _Losses, searched: list[_Searched], sets: int, size: int) -> pd.DataFrame:
    names = losses.attack.names
    listed = dict.fromkeys(members for one in searched for _, members in one.worst)
    known = np.array([losses.known[members] for members in listed]).reshape(len(listed), len(searched))
    after = known[:, 1] if len(searched) > 1 else np.full(len(listed), np.nan)
    out = pd.DataFrame(
        {
            "set": [" + ".join(names[member] for member in members) for members in listed],
            "loss_before_usd_m": known[:, 0],
            "loss_after_usd_m": after,
            "avoided_usd_m": known[:, 0] - after,
        }
    )
    exact = np.ones(len(listed), dtype=bool)
    for column, one in itertools.zip_longest(("rank_before", "rank_after"), searched):
        rank = {members: place for place, (_, members) in enumerate([] if one is None else one.worst, 1)}
        out[column] = pd.array([rank.get(members, pd.NA) for members in listed], dtype="Int64")
        if one is not None:
            proven = {m: loss * (1.0 + 1e-9) + 1e-9 >= one.bound for loss, m in one.worst}
            exact &= np.array([proven.get(members, True) for members in listed], dtype=bool)
    bounds = [one.bound if np.isfinite(one.bound) else np.nan for one in searched] + [np.nan]
    out = out.assign(exact=exact, sets=sets, bound_before_usd_m=bounds[0], bound_after_usd_m=bounds[1])
    last = "loss_after_usd_m" if len(searched) > 1 else "loss_before_usd_m"
    return out.sort_values([last, "loss_before_usd_m", "set"], ascending=[False, False, True], ignore_index=True)
