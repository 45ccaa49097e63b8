"""A program as text in the LP format, to be read, compared, or solved elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.relocation.model.program import Program

#: What a name may be made of; the format reads brackets as quadratic terms and signs as operators.
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.]+")
_LINE = 100


def lp_text(program: Program, *, first_year: int = 0, rows: Iterable[str] = ("",)) -> str:
    """A program in the CPLEX LP format: ``Minimize``, ``Subject To``, ``Bounds``, ``General``, ``End``.

    The same program gives the same text, in the order in which its blocks were added.

    Parameters
    ----------
    first_year
        First year of the study; names count the positions of years from it.
    rows
        Beginnings of the names of the rows to write, with the columns that they use and the objective over these;
        all if left out.
    """
    names, labels = _names(program.columns, first_year), _names(program.rows, first_year)
    matrix = program.matrix.sorted_indices()
    wanted = tuple(rows)
    written = [row for row, label in enumerate(labels) if label.startswith(wanted)]
    columns = np.ones(program.width, dtype=bool)
    if len(written) < program.height:
        columns[:] = False
        columns[matrix[written].indices] = True
    cost = np.where(columns, program.cost, 0.0)
    priced = np.flatnonzero(cost)
    lines = ["Minimize", *_wrap(" objective:", _terms(cost[priced], names, priced)), "Subject To"]
    low, high = program.row_bounds
    for row in written:
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        terms = _terms(matrix.data[span], names, matrix.indices[span])
        if not terms:
            terms = [f"+ 0 {names[0]}"]
        lines += _row(labels[row], terms, low[row], high[row])
    lines.append("Bounds")
    least, most = program.bounds
    lines += [_bound(names[column], least[column], most[column]) for column in np.flatnonzero(columns)]
    integers = [names[column] for column in np.flatnonzero(program.integer & columns)]
    if integers:
        lines += ["General", *(f" {name}" for name in integers)]
    return "\n".join([*lines, "End", ""])


def _names(blocks: dict[str, tuple[int, pd.DataFrame]], first_year: int) -> list[str]:
    """A unique legal name for each column or row: the block, and its index in round brackets."""
    out: list[str] = []
    seen: dict[str, int] = {}
    for block, (_, index) in blocks.items():
        shown = index.drop(columns=[name for name in ("unit", "limit") if name in index])
        if "year" in shown:
            shown = shown.assign(year=shown["year"] + first_year)
        for values in shown.itertuples(index=False):
            name = f"{_legal(block)}({','.join(_legal(value) for value in values)})"
            seen[name] = seen.get(name, 0) + 1
            out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def _legal(value: object) -> str:
    return _ILLEGAL.sub("_", str(value))


def _terms(values: Floats, names: list[str], columns: np.ndarray) -> list[str]:
    """Signed terms; figures to 12 places, so that rounding in the last bit makes no difference."""
    return [
        f"{'-' if value < 0 else '+'} {abs(value):.12g} {names[column]}"
        for value, column in zip(values, columns, strict=True)
    ]


def _row(label: str, terms: list[str], low: float, high: float) -> list[str]:
    """A row; one with two bounds becomes two rows, which every reader of the format knows."""
    low, high = low + 0.0, high + 0.0  # no minus before a zero
    if low == high:
        return _wrap(f" {label}:", [*terms, f"= {high:.12g}"])
    sides = [("", f">= {low:.12g}")] if np.isfinite(low) else []
    if np.isfinite(high):
        sides.append(("_most" if sides else "", f"<= {high:.12g}"))
    return [line for end, side in sides for line in _wrap(f" {label}{end}:", [*terms, side])]


def _wrap(head: str, terms: list[str]) -> list[str]:
    """Lines no longer than the format's readers take."""
    lines = [head]
    for term in terms:
        if len(lines[-1]) + len(term) >= _LINE:
            lines.append("  ")
        lines[-1] += f" {term}"
    return lines


def _bound(name: str, low: float, high: float) -> str:
    if low == high:
        return f" {name} = {low:.12g}"
    left = f"{low:.12g}" if np.isfinite(low) else "-inf"
    return f" {left} <= {name} <= {high:.12g}" if np.isfinite(high) else f" {name} >= {left}"
