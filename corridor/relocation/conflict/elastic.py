"""The elastic twin of a program: every limit, forced move, number of plants and buyer can give way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.relocation.model.formulate import decide, open_options
from corridor.relocation.model.limit_rows import First, choice_name
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program


@dataclass(frozen=True)
class Twin:
    """The elastic program: what can give way, and the column of its relative change.

    Attributes
    ----------
    items
        ``name, unit, kind`` (of limit), ``key`` (where it is in the problem), ``amount``, ``sign`` (1 is raised,
        -1 lowered), ``scale`` (its unit per relative change), ``most`` (largest relative change that can be of
        use), ``integer``.
    slack
        Column of each relative change, shape (items,).
    """

    problem: Problem
    program: Program
    items: pd.DataFrame
    slack: Ints

    @property
    def forced(self) -> Flags:
        """Which items are forced moves, shape (items,)."""
        return (self.items["kind"] == "force").to_numpy()

    def with_only(self, free: list[str]) -> Program:
        """A copy in which only the items named `free` can change."""
        program = self.program.copy()
        program.bound(self.slack, high=np.where(self.items["name"].isin(free), self.items["most"], 0.0))
        return program


class _Items:
    """Items as they are collected, with the entries of their changes in the rows."""

    def __init__(self, problem: Problem, program: Program) -> None:
        self.problem, self.program = problem, program
        self.found: list[dict[str, object]] = []
        self.rows: list[Ints] = []
        self.of: list[Ints] = []
        self.values: list[Floats] = []
        self.useful: list[Flags] = []

    def add(self, name: str, unit: str, kind: str, key: object, amount: float, sign: int, integer: bool) -> int:
        """Collect an item; returns its number."""
        self.found.append(
            {
                "name": name,
                "unit": unit,
                "kind": kind,
                "key": key,
                "amount": amount,
                "sign": sign,
                "scale": abs(amount) if kind == "site_share" and amount else max(abs(amount), 1.0),
                "integer": integer,
            }
        )
        return len(self.found) - 1

    def move(self, item: int, rows: Iterable[int], per_unit: float | Floats, *, useful: bool = True) -> None:
        """A change of an item by one unit raises what the rows allow by `per_unit`; negative: lowers it.

        An item's largest change is the one from which on no `useful` row can bind.
        """
        numbers = np.fromiter(rows, np.int64)
        self.useful.append(np.full(len(numbers), useful))
        self.rows.append(numbers)
        self.of.append(np.full(len(numbers), item))
        self.values.append(np.broadcast_to(np.asarray(per_unit, float), numbers.shape))

    def twin(self) -> Twin:
        """The program with a column for the relative change of every item."""
        program = self.program
        columns = ["name", "unit", "kind", "key", "amount", "sign", "scale", "integer"]
        items = pd.DataFrame(self.found, columns=columns)
        scale = items["scale"].to_numpy(float)
        none = [np.zeros(0)]
        row = np.concatenate(self.rows or none).astype(np.int64)
        item = np.concatenate(self.of or none).astype(np.int64)
        value = np.concatenate(self.values or none)
        low, high = program.row_bounds
        upper = np.isfinite(high[row])
        least, most = _activity(program)
        short = np.where(upper, most[row] - high[row], low[row] - least[row])
        reach = np.zeros(len(items))
        useful = np.concatenate(self.useful or none).astype(bool) & (value > 0)
        np.maximum.at(reach, item[useful], short[useful] / value[useful])
        lowered = (items["kind"] == "fund").to_numpy()
        reach[lowered] = np.minimum(reach, items["amount"].to_numpy(float))[lowered]
        items["most"] = reach / scale
        slack = program.add_columns("slack", items[["name"]], high=items["most"].to_numpy(float))
        program.add_entries(row, slack[item], np.where(upper, -1.0, 1.0) * value * scale[item])
        return Twin(self.problem, program, items, slack)


def elastic_twin(problem: Problem) -> Twin:
    """The elastic twin: every limit, forced move, number of plants and buyer can give way, the rest defines.

    The rows of one limit (a share at every site, a forced move named twice) share one change.
    """
    program, first = decide(problem)
    _widen(program, problem, first)
    items = _Items(problem, program)
    limits = problem.limits.set_index("name")
    for block, (start, index) in program.rows.items():
        rows = range(start, start + len(index))
        if block == "limits":
            for row, name in zip(rows, index["name"], strict=True):
                limit = limits.loc[name]
                raised = limit["sense"] != "at least"
                item = items.add(
                    name,
                    limit["unit"],
                    "limit",
                    name,
                    float(limit["amount"]),
                    1 if raised else -1,
                    limit["limit"] == "plants",
                )
                items.move(item, [row], 1.0)
        elif block == "most plants":
            most = problem.plants["most_plants"].to_numpy(float)
            for row, (tech, scope) in zip(rows, enumerate(index["scope"]), strict=True):
                items.move(items.add(f"{block} {scope}", "plant", block, tech, most[tech], 1, True), [row], 1.0)
        elif block.startswith("sales "):
            high = program.row_bounds[1]
            for row, scope in zip(rows, index["scope"], strict=True):
                key = (int(block.removeprefix("sales ")) - problem.study.first_year, scope)
                name = f"{block} {scope}"
                items.move(
                    items.add(name, "US$ million/year", "sales", key, float(high[row]), 1, False), [row], 1.0
                )
    names = [f"force {choice_name(choice)}" for choice in problem.study.force]
    for name in dict.fromkeys(names):
        given = [program.rows[f"force {n}"][0] for n, other in enumerate(names) if other == name]
        items.move(items.add(name, "plant", "force", name, 1.0, -1, True), given, 1.0)
    _share_items(items, problem)
    _fund_items(items, problem)
    return items.twin()


def _widen(program: Program, problem: Problem, first: First) -> None:
    """Bounds of columns that follow from limits that can give way, replaced by what holds without them.

    A plant that its site can't hold may be placed there, as the site's limit forbids it just as well; plants of a
    technology are bounded by the sites where they may be placed, and spending by what there is to pay for.
    """
    most = problem.options.get("most", pd.Series(1.0, index=problem.options.index)).to_numpy(float)
    anywhere = np.where(open_options(replace(problem, limits=problem.limits.iloc[:0])), most, 0.0)
    places = first.places["column"].to_numpy(int)
    program.bound(places, high=anywhere)
    plants = len(problem.plants)
    there = np.bincount(problem.options["tech"], weights=anywhere, minlength=plants)
    program.bound(first.starts["column"].to_numpy(int), high=there[first.starts["tech"]])
    start, opened = program.columns["open"]
    kept = np.bincount(problem.kept["tech"], minlength=plants)
    tech = problem.can_be_open["tech"].to_numpy(int)
    program.bound(np.arange(start, start + len(opened)), high=(there + kept)[tech])
    if "pay" in program.columns:
        start, pay = program.columns["pay"]
        begin, kinds = program.rows["paid"]
        _, high = program.bounds
        costs = program.matrix[begin : begin + len(kinds), :start]
        total = np.asarray(-costs.minimum(0) @ high[:start]).ravel()
        program.bound(np.arange(start, start + len(pay)), high=total[pay["kind"].to_numpy(int)])


def _share_items(items: _Items, problem: Problem) -> None:
    """Shares at a site: rows that a share of 1 would free, in proportion to its change.

    True of a change to 1, so the number of limits is exact; how far a share must rise depends on the plan's own
    capacity, which multiplies it: :func:`_least_share`.
    """
    program, limits = items.program, problem.limits
    _, most = _activity(program)
    high = program.row_bounds[1]
    for name, share in limits.loc[limits["limit"] == "site_share", ["name", "amount"]].to_numpy():
        start, pairs = program.rows[f"site share {name}"]
        rows = np.arange(start, start + len(pairs))
        if share < 1.0:
            item = items.add(name, "fraction", "site_share", name, float(share), 1, False)
            items.move(item, rows, np.maximum(most[rows] - high[rows], 0.0) / (1.0 - share))


def _fund_items(items: _Items, problem: Problem) -> None:
    """Funds: a smaller one leaves more to the general rest of the budget, and so does a larger budget.

    If the funds exceed the budget, they are fractions of it: up to their sum R a larger budget raises each fund,
    beyond R the rest: rest <= most beyond, rest <= budget + change - R beyond, with ``beyond`` in {0, 1}. Then
    only the budget gives way: what smaller funds allow, a larger budget allows too.
    """
    program, limits = items.program, problem.limits
    if "fund" not in program.rows:
        return
    start, index = program.rows["fund"]
    general = start + len(index) - 1
    funds = limits[limits["limit"] == "fund"]
    amounts = funds["amount"].to_numpy(float)
    reserved = float(amounts.sum())
    narrow = limits[["sectors", "component", "technology"]].notna().any(axis=1)
    money = limits[(limits["limit"] == "budget") & ~narrow].set_index("name")["amount"].astype(float)
    money = money.sort_values(kind="stable")
    budget, others = float(money.iloc[0]), money.iloc[1:]
    item_of = {made["name"]: number for number, made in enumerate(items.found) if made["kind"] == "limit"}
    pay_start, pay = program.columns["pay"]
    rest = pay_start + np.flatnonzero((pay["fund"] == "general").to_numpy())
    below = program.height
    row = np.repeat(np.arange(len(others)), len(rest))
    program.add_rows(
        "general of larger budgets",
        others.reset_index(),
        [(row, np.tile(rest, len(others)), 1.0)],
        high=np.maximum(others.to_numpy() - reserved, 0.0),
    )
    rests = [general, *range(below, program.height)]
    for name, number in zip(money.index, rests, strict=True):
        items.move(item_of[name], [number], 1.0)
    if reserved <= budget:
        for number, (name, amount) in enumerate(zip(funds["name"], amounts, strict=True)):
            item = items.add(name, "US$ million", "fund", name, float(amount), -1, False)
            items.move(item, [start + number], -1.0)
            items.move(item, rests, 1.0)
        return
    items.move(item_of[money.index[0]], range(start, general), amounts / reserved, useful=False)
    named = pd.DataFrame({"name": funds["name"].to_numpy()})
    place = pd.Index(funds["name"]).get_indexer(pd.Index(pay["fund"]))
    mine = np.flatnonzero(place >= 0)
    program.add_rows("funds as given", named, [(place[mine], pay_start + mine, 1.0)], high=amounts)
    beyond = program.add_columns("beyond", pd.DataFrame({"name": ["funds"]}), high=1.0, integer=True)
    most = float(program.bounds[1][rest].sum())
    program.add_rows(
        "beyond",
        pd.DataFrame({"name": ["funds"]}),
        [(np.zeros(len(rest), int), rest, 1.0), ([0], beyond, -most)],
        high=0.0,
    )
    program.add_entries([general], beyond, reserved - budget)


def _activity(program: Program) -> tuple[Floats, Floats]:
    """Least and most of every row within the bounds of the columns."""
    low, high = program.bounds
    matrix = program.matrix
    up, down = matrix.maximum(0), matrix.minimum(0)
    return np.asarray(up @ low + down @ high), np.asarray(up @ high + down @ low)
