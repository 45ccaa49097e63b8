"""Prices of limits: by how much one more unit of each lowers the aim of the linear relaxation.

A price is measured, not read off a dual: the amount is raised by 1 %, the relaxation is solved again, and the fall
of its objective is divided by the rise. A dual alone is not the price of a limit because

- an amount can stand in several rows: the budget bounds all spending, and what its funds leave for the rest;
- it can stand in coefficients: the largest share at one site;
- where several limits meet, a dual may hold only for less of the amount, or only for the first cents of more. With
  a fund of US$ 500 M in a budget of US$ 500 M, the default study's duals of the budget and of the money that no
  fund reserves are 0.69 and 479; of US$ 5 M more each avoids 10.43.

Still the duals y bound the fall (weak duality): it is at most -y'd for a change d of the rows' bounds. So a limit
without a dual is worth nothing, and most studies need one to four solves. In them only columns near the optimum
are free; where the duals do not prove that this changes the price by at most 0.5 %, the full relaxation is solved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats, Ints
from corridor.data.list_cells import list_cell
from corridor.errors import CorridorError
from corridor.relocation.model.formulate import decide
from corridor.relocation.model.limit_rows import First, limit_funds, limit_share_of_site
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program
from corridor.relocation.solver.solve import Linear, Solution, solve

#: Rise of an amount by which its price is measured, as a fraction of the amount, or of 1 unit if that is 0.
STEP = 0.01
#: Smallest fall that can be told from rounding, as a fraction of the objective.
_MEASURABLE = 1e-9
#: Largest error of a fall that is accepted without the full relaxation, as a fraction of the fall.
_ERROR = 5e-3
#: Of the columns with a reduced cost, the fraction (those with the least) that is free before the full relaxation.
_FREE = 0.2
#: A reduced cost no larger than this is zero.
_ZERO = 1e-6


@dataclass(frozen=True)
class _Rise:
    """A limit with a larger amount (a smaller one for "at least"), as a change of the program.

    Attributes
    ----------
    by
        How much larger, greater than 0, in the limit's unit.
    rows, change
        Rows whose bounds, low and high alike, rise by ``change``.
    entries
        What is added to coefficients, shape (rows of the program, columns); None if nothing is.
    """

    name: str
    by: float
    rows: Ints
    change: Floats
    entries: sparse.coo_matrix | None = None

    def most(self, program: Program, duals: Floats) -> float:
        """Upper bound on the fall of the objective, by weak duality."""
        most = -float(duals[self.rows] @ self.change)
        if self.entries is not None:
            used = self.entries.data * duals[self.entries.row]
            reach = program.bounds[1][self.entries.col]
            most += float(np.abs(used[used != 0.0]) @ reach[used != 0.0])
        return most

    def apply(self, program: Program) -> Program:
        """The program with the larger amount."""
        raised = program.copy()
        column = raised.add_columns("rise", pd.DataFrame({"name": [self.name]}), low=1.0, high=1.0)
        raised.add_entries(self.rows, np.repeat(column, len(self.rows)), -self.change)
        if self.entries is not None:
            raised.add_entries(self.entries.row, self.entries.col, self.entries.data)
        return raised


def limit_prices(problem: Problem, program: Program, relaxed: Solution) -> dict[str, float]:
    """How much the objective of the linear relaxation falls per unit by which a limit's amount rises by 1 %.

    price = (objective - objective with the amount a (1 + 0.01)) / (0.01 a), and a (1 - 0.01) for "at least". All
    that follows from the amount is counted: with the budget rises what its funds leave for everything else or, if
    they reserve more than the budget, each of them in proportion; a fund takes its money from the rest of the
    budget.

    Parameters
    ----------
    problem
        What the program was made from; only limits that the program has get a price.
    program
        The full program with its aim. Bounds of its columns may have been changed since it was made.
    relaxed
        The optimum of its linear relaxation, with duals and reduced costs.

    Returns
    -------
    dict of str to float
        By the name of the limit ("force ..." for a forced move: one plant less), objective per unit of the limit
        (US$ M per ha, MW, US$ M ...), at least 0: a fund that would do harm with more money has the price 0, so
        has a limit by which the objective falls by less than 1e-9 of itself. Left out are limits on use, which
        change the study itself, and limits whose relaxation could not be solved again. Empty if ``relaxed`` has no
        duals.
    """
    if relaxed.prices is None or relaxed.slopes is None:
        return {}
    least = _MEASURABLE * max(abs(relaxed.objective), 1.0)
    rises = list(_rises(problem, program, relaxed.prices))
    binding = [rise for rise in rises if rise.most(program, relaxed.prices) > least]
    falls = _falls_nearby(program, relaxed, [rise for rise in binding if rise.entries is None])
    prices = {rise.name: 0.0 for rise in rises}
    for rise in binding:
        if rise.name in falls:
            fall = falls[rise.name]
        else:
            try:
                fall = relaxed.objective - solve(rise.apply(program), relaxed=True).objective
            except CorridorError:
                del prices[rise.name]
                continue
        prices[rise.name] = fall / rise.by if fall > least else 0.0
    return prices


def _rises(problem: Problem, program: Program, duals: Floats) -> Iterator[_Rise]:
    """The rises of all limits that the program has, and of its forced moves."""
    limits = problem.limits
    of_limit, of_fund = _rows_by_name(program, "limits"), _rows_by_name(program, "fund")
    model = _Model(problem)
    for position, row in enumerate(limits.to_dict("records")):
        name, kind, amount = str(row["name"]), row["limit"], float(row["amount"])
        by = STEP * (abs(amount) or 1.0)
        signed = -by if row["sense"] == "at least" else by
        larger = limits["amount"].to_numpy(float).copy()
        larger[position] += signed
        raised = limits.assign(amount=larger)
        if kind == "site_share":
            block = f"site share {name}"
            if block in program.rows:
                begin, index = program.rows[block]
                mine = np.arange(begin, begin + len(index))
                if not duals[mine].any():
                    yield _Rise(name, by, mine, np.zeros(len(mine)))
                else:
                    yield _share_of_site(model, program, name, by, raised)
            continue
        rows: list[int] = []
        change: list[float] = []
        if name in of_limit:
            rows.append(of_limit[name])
            change.append(signed)
        if kind in ("budget", "fund") and of_fund:
            before, after = model.funds(limits), model.funds(raised)
            rows += [of_fund[fund] for fund in before.index]
            change += (after - before).tolist()
        if rows:
            yield _Rise(name, by, np.array(rows, np.int64), np.array(change, float))
    for block in program.rows:
        if block.startswith("force "):
            for name, position in _rows_by_name(program, block).items():
                yield _Rise(name, STEP, np.array([position]), np.array([-STEP]))


def _rows_by_name(program: Program, block: str) -> dict[str, int]:
    """Rows of a block of the program by the names in its index; empty if there is no such block."""
    if block not in program.rows:
        return {}
    begin, index = program.rows[block]
    return {str(name): begin + position for position, name in enumerate(index["name"])}


class _Model:
    """Blocks of rows of the model as they would be with other limits; all else is built once, when needed."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._decided: tuple[Program, First] | None = None

    def _start(self) -> tuple[Program, First]:
        if self._decided is None:
            self._decided = decide(self._problem)
        program, first = self._decided
        return program.copy(), first

    def funds(self, limits: pd.DataFrame) -> pd.Series[float]:
        """What each fund may pay, and what is left for everything else ("general"), by name, US$ M."""
        program, first = self._start()
        limit_funds(program, replace(self._problem, limits=limits), first)
        begin, index = program.rows["fund"]
        return pd.Series(program.row_bounds[1][begin : begin + len(index)], index=index["name"].astype(str))

    def share_of_site(self, limits: pd.DataFrame, block: str) -> tuple[sparse.csr_matrix, Floats]:
        """Coefficients and upper bounds of the rows of a largest share at one site."""
        program, first = self._start()
        limit_share_of_site(program, replace(self._problem, limits=limits), first)
        begin, index = program.rows[block]
        rows = slice(begin, begin + len(index))
        return program.matrix[rows], program.row_bounds[1][rows]


def _share_of_site(model: _Model, program: Program, name: str, by: float, raised: pd.DataFrame) -> _Rise:
    """The rise of a largest share at one site: a coefficient of all capacity (``limit_share_of_site``)."""
    block = f"site share {name}"
    begin, index = program.rows[block]
    rows = np.arange(begin, begin + len(index))
    coefficients, high = model.share_of_site(raised, block)
    # The program's columns begin with those of the model without its windows.
    difference = (coefficients - program.matrix[rows][:, : coefficients.shape[1]]).tocoo()
    entries = sparse.coo_matrix(
        (difference.data, (rows[difference.row], difference.col)), shape=(program.height, program.width)
    )
    return _Rise(name, by, rows, high - program.row_bounds[1][rows], entries)


def _falls_nearby(program: Program, relaxed: Solution, rises: Sequence[_Rise]) -> dict[str, float]:
    """Falls of the objective, by name, that are certain though columns far from the optimum stay where they are.

    One linear program for all rises: a column for each, held at 0 or 1, shifts the bounds of its rows. A fall that
    is found with other columns held at a bound is too small, by at most the sum of |reduced cost| * (high - low)
    over those whose reduced cost says that they should move; and no fall is larger than -y'd. A fall that neither
    proves is left out.
    """
    out: dict[str, float] = {}
    slopes, duals = relaxed.slopes, relaxed.prices
    if not rises or slopes is None or duals is None:
        return out
    low, high = program.bounds
    size = np.abs(slopes)
    some = size > _ZERO
    value = np.where(slopes > 0, low, high)
    held = np.flatnonzero(
        some & np.isfinite(value) & (size > np.quantile(size[some], _FREE) if some.any() else some)
    )
    room, at_low = high[held] - low[held], slopes[held] > 0
    raised = program.copy()
    columns = raised.add_columns("rise", pd.DataFrame({"name": [rise.name for rise in rises]}))
    for column, rise in zip(columns, rises, strict=True):
        raised.add_entries(rise.rows, np.repeat(column, len(rise.rows)), -rise.change)
    values = np.r_[value[held], np.zeros(len(rises))]
    try:
        linear = Linear(raised, np.r_[held, columns])
        before = linear.solve(values)
        for position, rise in enumerate(rises, start=len(held)):
            values[position] = 1.0
            fall = before - linear.solve(values)
            values[position] = 0.0
            slope = linear.slope()[: len(held)]
            gain = np.where(at_low, -slope, slope)
            wrong = (gain > _ZERO) & (room > 0)
            missed = float(gain[wrong] @ room[wrong])
            if min(missed, rise.most(program, duals) - fall) <= _ERROR * abs(fall):
                out[rise.name] = fall
    except CorridorError:
        # The full relaxation is solved for the rises that are left.
        pass
    return out


def fund_warnings(limits: pd.DataFrame, *, sectors: Sequence[str] = ()) -> list[str]:
    """Funds that reserve the whole budget, so that nothing is left for anything else: a sentence for each case.

    Parameters
    ----------
    limits
        Table of limits: :func:`~corridor.relocation.model.limits.limit_table`.
    sectors
        Sectors that the study plans, all if empty. No warning is given if a fund may pay for everything planned.
    """
    anything = limits[["sectors", "component", "technology"]].isna().all(axis=1)
    overall = limits[(limits["limit"] == "budget") & anything]
    funds = limits[(limits["limit"] == "fund") & (limits["amount"] > 0)]
    budget, reserved = overall["amount"].min(), float(funds["amount"].sum())
    if funds.empty or overall.empty or reserved < budget:
        return []
    wide = funds[["component", "technology"]].isna().all(axis=1)
    for own in funds.loc[wide, "sectors"]:
        if pd.isna(own) or (sectors and set(sectors) <= set(list_cell(own))):
            return []
    names = [f"{row['name']} (US$ {row['amount']:,.6g} M)" for row in funds.to_dict("records")]
    one = len(names) == 1
    who = f"The fund {names[0]} reserves" if one else f"The funds {', '.join(names)} together reserve"
    cut = (
        f" {'It is' if one else 'Each is'} cut to {budget / reserved:.1%} of its amount."
        if reserved > budget
        else ""
    )
    return [
        f"{who} the whole budget of US$ {budget:,.6g} M: nothing is left for what no fund may pay for.{cut} "
        f"Fix: raise the budget above US$ {reserved:,.6g} M, or lower the {'fund' if one else 'funds'}."
    ]
