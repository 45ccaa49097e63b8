"""A bound on all plans: rounds of cuts at the root of the full program, split where one choice blurs it.

A small budget makes the linear relaxation weak: it buys half of a choice that takes half of the money. Then the
program is split at that choice, one leaf without it and one with it, and every leaf is bounded by itself. On the
default study at US$ 1,000 M one split (a display maker abroad for 455) proves 95 % of what any plan could avoid
in 31 s of processor time; without it 90 % are proved, and a tree of 40 linear programs proves 93 % in 47 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corridor.data.arrays import Flags, Floats, Ints
from corridor.errors import NoPlan
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.program import Program
from corridor.relocation.search.incumbent import Incumbent
from corridor.relocation.search.neighbourhood import start_prices
from corridor.relocation.search.site_assignment import relax_places
from corridor.relocation.solver.root import RootBound
from corridor.relocation.solver.solve import NothingFound, Solution, solve

#: A split that closes less of the distance between plan and bound than this fraction is not worth its leaves.
_WORTH = 0.1
#: Integers from which on the root has as few rounds of cuts as the effort says; smaller programs have up to 5
#: times.
_ROUNDS_FOR = 5_000


@dataclass
class _Leaf:
    """Part of all plans: bounds on the columns that were split, the relaxation there, and the bound.

    Attributes
    ----------
    lows, highs
        By column.
    relaxed
        None if the part holds no plan.
    """

    lows: dict[int, float]
    highs: dict[int, float]
    relaxed: Solution | None
    bound: float

    def program(self, full: Program) -> Program:
        """The full program within this part."""
        here = full.copy()
        here.bound(list(self.lows), low=list(self.lows.values()))
        here.bound(list(self.highs), high=list(self.highs.values()))
        return here


def bound_all_plans(
    run: Incumbent, program: Program, first: First, relaxed: Solution, forced: Flags, rows: int, leaves: int
) -> float:
    """A lower bound on the aim over all plans that are better than the best known.

    Parameters
    ----------
    program
        The full program; `relaxed` is the solution of its linear relaxation.
    forced
        Starts that the study forces, shape (starts,).
    rows
        Rounds of cuts at the root, of a program of 5,000 integers or more.
    leaves
        Parts into which all plans are split at most.
    """
    full = program.copy()
    relax_places(full, run.problem, first)
    parts = _split(run, full, first, relaxed, leaves)
    for part in parts:
        if part.relaxed is None or part.bound >= _known(run):
            continue
        if run.clock.up():
            break
        root = RootBound(*_root(run, full, first, part, forced, rows), run.clock.left)
        try:
            # What the root left out is in no plan that is better than the one known.
            part.bound = max(part.bound, min(root.wait(), _known(run)))
        finally:
            root.stop()
        run.clock.struck |= root.out_of_time
    return min(part.bound for part in parts)


def _known(run: Incumbent) -> float:
    """The aim of the best plan known, tie-break included, above which a part holds nothing better."""
    return np.inf if run.best is None else run.best.objective + run.tie_break()


def _split(run: Incumbent, full: Program, first: First, relaxed: Solution, leaves: int) -> list[_Leaf]:
    """Parts that hold all plans, split where it raises the bound enough.

    Each time the part of the lowest bound is split, at the integer whose fraction costs most.
    """
    price = np.zeros(full.width)
    price[first.spending["column"].to_numpy(int)] = first.spending["cost"].to_numpy(float)
    price[~full.integer] = 0.0
    parts = [_Leaf({}, {}, relaxed, relaxed.objective)]
    while len(parts) < leaves and not run.clock.up():
        weakest = min(range(len(parts)), key=lambda number: parts[number].bound)
        part = parts[weakest]
        if part.relaxed is None or part.bound >= _known(run):
            break
        column = _most_costly_fraction(price, part.relaxed.values)
        if column is None:
            break
        halves = _halves(run, full, part, column)
        others = [other.bound for number, other in enumerate(parts) if number != weakest]
        gain = min(min(half.bound for half in halves), *others, np.inf) - part.bound
        if gain < _WORTH * (_known(run) - part.bound):
            break
        parts[weakest : weakest + 1] = halves
    return parts


def _most_costly_fraction(price: Floats, values: Floats) -> int | None:
    """The column whose rounding, the nearer way, moves most money; None if all are whole."""
    column = int(np.argmax(price * np.abs(values - np.round(values))))
    away = abs(values[column] - np.round(values[column]))
    return column if price[column] > 0 and away > 1e-6 else None


def _halves(run: Incumbent, full: Program, part: _Leaf, column: int) -> list[_Leaf]:
    assert part.relaxed is not None
    value = float(part.relaxed.values[column])
    halves = []
    for lows, highs in (
        (part.lows, part.highs | {column: float(np.floor(value))}),
        (part.lows | {column: float(np.ceil(value))}, part.highs),
    ):
        half = _Leaf(lows, highs, None, np.inf)
        try:
            half.relaxed = solve(half.program(full), relaxed=True, time_limit_s=run.clock.left)
            half.bound = max(part.bound, half.relaxed.objective)
        except NothingFound:
            return [part]
        except NoPlan:
            pass
        halves.append(half)
    return halves


def _root(
    run: Incumbent, full: Program, first: First, part: _Leaf, forced: Flags, rows: int
) -> tuple[Program, int]:
    """The program of a part and its rounds of cuts.

    A start that would raise the part's relaxation above the best plan known is in no better plan: it is left out.
    """
    here = part.program(full)
    relaxed = part.relaxed
    assert relaxed is not None
    if run.best is not None and relaxed.slopes is not None:
        worse = _known(run) - relaxed.objective + 1e-6 * abs(relaxed.objective)
        columns: Ints = first.starts["column"].to_numpy(int)
        out = (start_prices(full, first, relaxed.slopes) > worse) & ~forced
        out &= ~np.isin(columns, [*part.lows, *part.highs])
        here.bound(columns[out], high=0.0)
    integers = max(int(here.integer.sum()), 1)
    return here, round(rows * min(max(_ROUNDS_FOR / integers, 1.0), 5.0))
