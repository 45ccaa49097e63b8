"""Why no plan exists: the fewest limits to relax, and by how much."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.errors import NoPlan
from corridor.relocation.model.formulate import decide
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Entries, Program
from corridor.relocation.solver.solve import solve

#: Blocks of rows that a planner can relax; the other rows are definitions.
_SOFT = ("limits", "fund", "most plants", "force ", "site share ", "sales ")


def why_no_plan(problem: Problem, *, loss: Floats | None = None) -> pd.DataFrame:
    """The smallest set of limits that must be relaxed for any plan to exist.

    An elastic twin of the program: each limit gets a slack and a switch, ``row <= amount + slack``,
    ``slack <= much * switch``; first the number of switches is minimised, then the slacks, each relative to its
    limit. The windows are left out: unmet need is always possible.

    Returns
    -------
    pandas.DataFrame
        ``name, unit, amount, needed, change``: the limit as it is, as it would have to be, and the difference;
        empty if a plan exists.
    """
    program, first = decide(problem)
    columns, values = Goals(program, problem, first).expression("cost")
    low, high = program.row_bounds
    soft: list[np.ndarray] = []
    names: list[str] = []
    units: list[str] = []
    for block, (start, index) in program.rows.items():
        if block.startswith(_SOFT):
            soft.append(np.arange(start, start + len(index)))
            named = index["name"] if "name" in index else block + " " + index.iloc[:, 0].astype(str)
            names += named.tolist()
            units += (index["unit"] if "unit" in index else pd.Series("fraction", index=index.index)).tolist()
    rows = np.concatenate(soft) if soft else np.zeros(0, dtype=int)
    upper = np.isfinite(high[rows])
    amount = np.where(upper, high[rows], low[rows])
    forced = np.array([name.startswith("force ") for name in names], dtype=bool)
    elastic = _elastic(program, rows, upper, amount, np.where(forced, 1.01, 1.0))
    few = solve(elastic, gap=1e-6, time_limit_s=60.0)
    switches, slack = elastic.block("switch", few.values), elastic.block("slack", few.values)
    if not (switches > 0.5).any():
        return pd.DataFrame(columns=["name", "unit", "amount", "needed", "change"])
    begin, _ = elastic.columns["switch"]
    elastic.bound(np.arange(begin, begin + len(rows)), low=0.0, high=(switches > 0.5).astype(float))
    elastic.price(columns, 1e-9 * values)
    small = solve(elastic, gap=1e-6, time_limit_s=60.0)
    slack = elastic.block("slack", small.values)
    hit = np.flatnonzero(slack > 1e-7 * np.maximum(np.abs(amount), 1.0))
    change = np.where(upper, slack, -slack)[hit]
    return pd.DataFrame(
        {
            "name": [names[position] for position in hit],
            "unit": [units[position] for position in hit],
            "amount": amount[hit],
            "needed": amount[hit] + change,
            "change": change,
        }
    )


def _elastic(program: Program, rows: np.ndarray, upper: np.ndarray, amount: Floats, weight: Floats) -> Program:
    """The program with a slack and a switch on `rows`; one switch weighs more than all slacks together."""
    scale = np.maximum(np.abs(amount), 1.0)
    matrix = program.matrix
    _, most = program.bounds
    reach = np.asarray(abs(matrix[rows]) @ np.where(np.isfinite(most), most, 1e6)) + np.abs(amount) + 1.0
    index = pd.DataFrame({"row": rows})
    slack = program.add_columns("slack", index, high=reach, cost=1e-3 / scale / max(len(rows), 1))
    # Where one limit or one forced move could give way, the limit does.
    switch = program.add_columns("switch", index, high=1.0, cost=weight, integer=True)
    program.add_entries(rows, slack, np.where(upper, -1.0, 1.0))
    each = np.arange(len(rows))
    entries: list[Entries] = [(each, slack, 1.0), (each, switch, -reach)]
    program.add_rows("switches", index, entries, high=0.0)
    return program


def no_plan(problem: Problem) -> NoPlan:
    """The error that lists which limits to relax, in the planner's words and units."""
    needed = why_no_plan(problem)
    if needed.empty:
        return NoPlan("the limits contradict each other within the time limit's reach; raise time_limit_s.")
    lines = [
        f"  - {row['name']}: {row['amount']:,.6g} {row['unit']} -> {row['needed']:,.6g} "
        f"({'raise' if row['change'] > 0 else 'lower'} by {abs(row['change']):,.4g})"
        for row in needed.to_dict("records")
    ]
    error = NoPlan("\n".join(["the limits contradict each other. The fewest that must give way:", *lines]))
    error.relax = needed
    return error
