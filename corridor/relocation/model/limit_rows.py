"""Rows of the program for all limits on a plan; each function states its rows in its docstring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.config import Choice
from corridor.data.arrays import Floats
from corridor.errors import NoPlan
from corridor.relocation.model.limits import coefficients, in_scope
from corridor.relocation.model.plant_ages import delivering
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Entries, Program
from corridor.relocation.model.recourse import Links
from corridor.relocation.model.sales import most_started


@dataclass(frozen=True)
class First:
    """Decisions before any window opens; every frame gives the number of each row's ``column`` in the program.

    Attributes
    ----------
    starts
        Plants started, by technology and year.
    places
        Plants placed, by technology and site: rows as ``problem.options``.
    facilities
        Shared facilities built.
    links
        Plants that deliver in a year, second sources, stocks: what the windows see.
    spending
        ``sector, component, technology, cost, column``: everything that costs, discounted US$ M.
    """

    starts: pd.DataFrame
    places: pd.DataFrame
    facilities: pd.DataFrame
    links: Links
    spending: pd.DataFrame


def limit(program: Program, problem: Problem, first: First) -> None:
    """Plain limits: sum of what each counts over the moves in its scope, kept plants included, <= or >= amount."""
    table = problem.limits
    kept = kept_use(problem)
    rows, columns, values = [], [], []
    used: list[int] = []
    for position, column, value in limit_sums(problem, first):
        rows.append(np.full(len(column), len(used)))
        columns.append(column)
        values.append(value)
        used.append(position)
    picked = table.iloc[used]
    amount = picked["amount"].to_numpy(float) - kept[used]
    least = (picked["sense"] == "at least").to_numpy()
    index = picked[["name", "limit", "unit"]]
    entries: list[Entries] = (
        [(np.concatenate(rows), np.concatenate(columns), np.concatenate(values))] if used else []
    )
    program.add_rows(
        "limits", index, entries, low=np.where(least, amount, -np.inf), high=np.where(least, np.inf, amount)
    )


def limit_sums(problem: Problem, first: First) -> Iterator[tuple[int, np.ndarray, Floats]]:
    """What each plain limit counts: (row of ``problem.limits``, columns of the program, coefficients)."""
    starts = first.starts.assign(made=problem.plants["made"].to_numpy(float)[first.starts["tech"].to_numpy(int)])
    return coefficients(
        problem.limits, starts, first.places, _at_once(problem, first), first.spending, problem.study.first_year
    )


def _at_once(problem: Problem, first: First) -> pd.DataFrame:
    """What is invested in the first year besides plants, US$ M per unit of its column, not discounted.

    Facilities net of incentives; of a second source the cost of qualification, without the premium on what is
    bought there; of a stock its purchase, US$ 1 per US$ held.
    """
    table = problem.tables.second_sources
    qualification = table.set_index(["component", "origin"])["cost_usd_m"].astype(float)
    pairs = pd.MultiIndex.from_frame(first.links.second[["component", "origin"]])
    frames = [
        first.facilities,
        first.links.second.assign(capex_net=qualification.reindex(pairs).to_numpy(float)),
        first.links.stores.assign(capex_net=1.0),
    ]
    columns = ["sector", "component", "technology", "site", "state", "capex_net", "column"]
    filled = [frame.reindex(columns=columns) for frame in frames if len(frame)]
    return pd.concat(filled or [pd.DataFrame(columns=columns, dtype=float)], ignore_index=True)


def kept_use(problem: Problem) -> Floats:
    """What kept plants use of each limit, shape (limits,); their cost is sunk, their output counts."""
    table, kept = problem.limits, problem.kept
    plants = problem.plants.iloc[kept["tech"]].reset_index(drop=True).assign(site=kept["site"].to_numpy())
    plants["state"] = plants["site"].map(problem.tables.sites.set_index("id")["state"])
    out = np.zeros(len(table))
    if not len(kept):
        return out
    # Output counts as in ``coefficients``: in full, of plants that deliver by the last year.
    delivers = kept["year"].to_numpy(int) + plants["lead"].to_numpy(int) < len(problem.study.years)
    plants["made"] = plants["made"].where(delivers, 0.0)
    column = {"output": "made", "plants": None}
    for position, row in enumerate(table.to_dict("records")):
        kind = row["limit"]
        if kind in ("budget", "investment", "fund", "site_share", "use") or pd.notna(row["in_year"]):
            continue
        inside = in_scope(plants, row)
        name = column.get(kind, kind)
        out[position] = inside.sum() if name is None else plants[name].to_numpy(float)[inside].sum()
    return out


def limit_funds(program: Program, problem: Problem, first: First) -> None:
    """A fund pays only for its own: over the classes k of spending that the same funds f may pay for,

    sum over f of pay[f, k] >= cost of k, sum over k of pay[f, k] <= fund f, and what no fund reserves may pay for
    anything. If the funds exceed the budget, each is reduced in proportion.
    """
    table = problem.limits
    funds = table[table["limit"] == "fund"]
    money = table.loc[table["limit"] == "budget"]
    overall = money[money[["sectors", "component", "technology"]].isna().all(axis=1)]["amount"]
    if not len(funds) or not len(overall):
        return
    budget = float(overall.min())
    reserved = float(funds["amount"].sum())
    scale = min(1.0, budget / reserved) if reserved > 0 else 0.0
    spending = first.spending
    may = np.column_stack([in_scope(spending, row) for row in funds.to_dict("records")])
    kinds, of_kind = np.unique(may, axis=0, return_inverse=True)
    of_kind = of_kind.reshape(-1)
    allowed = np.column_stack([kinds, np.ones(len(kinds), dtype=bool)])
    amount = np.r_[funds["amount"].to_numpy(float) * scale, max(budget - reserved, 0.0)]
    names = [*funds["name"], "general"]
    kind, fund = np.nonzero(allowed)
    pay = program.add_columns("pay", pd.DataFrame({"fund": np.array(names)[fund], "kind": kind}))
    program.add_rows(
        "paid",
        pd.DataFrame({"kind": np.arange(len(kinds))}),
        [(kind, pay, 1.0), (of_kind, spending["column"], -spending["cost"].to_numpy(float))],
        low=0.0,
    )
    program.add_rows("fund", pd.DataFrame({"name": names, "unit": "US$ million"}), [(fund, pay, 1.0)], high=amount)


def limit_share_of_site(program: Program, problem: Problem, first: First) -> None:
    """Capacity at one site is at most a share of all capacity: for each component in scope and each site,

    capacity there - share * sum of new capacity <= share * (existing output + kept) - kept there  (US$ M/yr).
    """
    table = problem.limits
    places, plants = first.places, problem.plants
    last = len(problem.study.years) - 1
    kept = problem.kept.assign(
        component=plants["component"].to_numpy()[problem.kept["tech"]],
        capacity=plants["capacity"].to_numpy()[problem.kept["tech"]],
    )
    names = pd.Index(problem.tables.components["id"])
    for row in table[table["limit"] == "site_share"].to_dict("records"):
        group = places[in_scope(places, row)]
        pair = group[["component", "site"]].drop_duplicates().reset_index(drop=True)
        pairs = pd.MultiIndex.from_frame(pair)
        share = float(row["amount"])
        mine = pairs.get_indexer(pd.MultiIndex.from_frame(group[["component", "site"]]))
        every = pair.reset_index(names="row").merge(group[["component", "column", "capacity"]], on="component")
        old = problem.existing[last][names.get_indexer(pd.Index(pair["component"]))]
        total = kept.groupby("component")["capacity"].sum().reindex(pair["component"]).fillna(0.0).to_numpy()
        at_site = kept.groupby(["component", "site"])["capacity"].sum().reindex(pairs).fillna(0.0).to_numpy()
        program.add_rows(
            f"site share {row['name']}",
            pair,
            [
                (mine, group["column"], group["capacity"].to_numpy(float)),
                (every["row"], every["column"], -share * every["capacity"].to_numpy(float)),
            ],
            high=share * (old + total) - at_site,
        )


def force_moves(program: Program, problem: Problem, places: pd.DataFrame) -> None:
    """Forced choices: sum place over the options that match >= 1."""
    for number, choice in enumerate(problem.study.force):
        hit = np.flatnonzero(matches(problem, choice))
        name = choice_name(choice)
        if not len(hit):
            raise NoPlan(f"force.{number} ({name}): no technology and site of the study's sectors match.")
        index = pd.DataFrame({"name": [f"force {name}"], "unit": ["plant"]})
        entries: list[Entries] = [(np.zeros(len(hit), int), places["column"].to_numpy()[hit], 1.0)]
        program.add_rows(f"force {number}", index, entries, low=1.0)


def choice_name(choice: Choice) -> str:
    """What a choice names, in words."""
    return ", ".join(value for value in (choice.component, choice.technology, choice.site) if value)


def limit_sales(program: Program, problem: Problem, opened: pd.DataFrame) -> None:
    """Output of new plants in calm years has a buyer.

    use * capacity * open[c] <= imports[c] + needs of new plants for c + the share of other markets' purchases
    from the target that India can take over (US$ M/yr), in every year in which a window starts and in the last.
    Output of kept plants is sold already.
    """
    study = problem.study
    kept = np.bincount(delivering(opened, problem.kept)[0], minlength=len(opened))
    for year in np.unique(opened["year"].to_numpy(int)):
        mine = (opened["year"] == year).to_numpy()
        group = opened[mine]
        plants = group["component_index"].to_numpy(int)
        made = group["made"].to_numpy(float)
        makers, place = np.unique(plants, return_inverse=True)
        standing = kept[mine] * made
        inputs, users = np.nonzero(problem.content[np.ix_(makers, plants)])
        needed = problem.content[makers[inputs], plants[users]] * made[users]
        columns = group["column"].to_numpy(int)
        program.add_rows(
            f"sales {study.years[year]}",
            pd.DataFrame(
                {"scope": problem.tables.components["id"].to_numpy()[makers], "unit": "US$ million/year"}
            ),
            [(place, columns, made), (inputs, columns[users], -needed)],
            high=problem.room[year][makers] + np.bincount(place, weights=standing, minlength=len(makers)),
        )


def close_unsold(program: Program, problem: Problem, first: First) -> None:
    """Bound starts by the plants that could sell their output: holds for every plan, and tightens the relaxation.

    Kept apart from the limits, so that the search for limits to relax (``relax``) still sees the sales themselves.
    """
    column = first.starts["column"].to_numpy()
    program.bound(
        column,
        high=np.minimum(
            program.bounds[1][column], most_started(problem.can_be_open, problem.most_sold, first.starts)
        ),
    )


def matches(problem: Problem, choice: Choice) -> np.ndarray:
    """Which options match a choice, shape (options,), boolean."""
    hit = np.ones(len(problem.options), dtype=bool)
    for column in ("component", "technology", "site"):
        value = getattr(choice, column)
        if value is not None:
            hit &= (problem.options[column] == value).to_numpy()
    return hit
