"""The program: each function adds one group of columns or rows and states it in its docstring.

What made it solvable, by measurement on the default study: plants are counted per technology (``open``) and only
the counts enter the windows, so sites stay out of the recourse; recourse is pooled per component; a plant's
coefficient in a window is no larger than the gap that it could fill there.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.config import Choice
from corridor.errors import NoPlan
from corridor.relocate.problem import RESOURCES, Problem
from corridor.relocate.program import Entries, Program
from corridor.relocate.recourse import add_window

#: Weight of a US$ of cost beside a US$ of loss: decides only between plans of equal loss.
TIE_BREAK = 1e-6


def formulate(problem: Problem, budget_usd_m: float) -> Program:
    """Least expected loss within a budget and all limits.

    Parameters
    ----------
    problem
        Arrays of the study.
    budget_usd_m
        Bound on the discounted cost of all moves, US$ million.
    """
    program = Program()
    starts = add_starts(program, problem)
    places = add_places(program, problem, starts)
    limit_budget(program, starts, places, budget_usd_m)
    limit_budget_per_year(program, problem, starts)
    limit_sites(program, problem, places)
    force_moves(program, problem, places)
    opened = count_open(program, problem, starts)
    limit_sales(program, problem, opened)
    for window in range(len(problem.windows.names)):
        add_window(program, problem, opened, window)
    return program


def start_table(problem: Problem) -> pd.DataFrame:
    """Every technology in every year in which it can start and still deliver within the study.

    Columns: ``tech`` (row of plants), ``year`` (position), ``capex_net`` (US$ M, at the lowest factors of its
    sites), ``running`` (premium, discounted US$ M) and ``cost`` (both, discounted).
    """
    plants, years = problem.plants, len(problem.study.years)
    tech, year = np.repeat(np.arange(len(plants)), years), np.tile(np.arange(years), len(plants))
    inside = year + plants["lead"].to_numpy(int)[tech] < years
    grid = pd.DataFrame({"tech": tech[inside], "year": year[inside]})
    row = plants.iloc[grid["tech"]].reset_index(drop=True)
    discount = problem.discount
    first = (grid["year"] + row["lead"]).to_numpy()
    later = np.r_[np.cumsum(discount[::-1])[::-1], 0.0]
    output = row["ramp"].to_numpy() * discount[first] + later[first + 1]
    premium = row["premium"] + row["conversion"] * (row["running_factor"] - 1.0)
    grid["capex_net"] = row["capex"] * row["capex_factor"] * (1.0 - row["incentive_share"])
    grid["running"] = premium.to_numpy() * output
    grid["cost"] = grid["capex_net"] * discount[grid["year"]] + grid["running"]
    return grid


def add_starts(program: Program, problem: Problem) -> pd.DataFrame:
    """Columns start[technology, year] = plants started in that year, whole numbers.

    In all of India: sum over years of start[technology, year] <= most plants.
    """
    starts = start_table(problem)
    plants = problem.plants
    starts["column"] = program.add_columns(
        "start",
        starts[["tech", "year"]],
        high=plants["most_plants"].to_numpy(float)[starts["tech"]],
        cost=TIE_BREAK * starts["cost"].to_numpy(),
        integer=True,
    )
    program.add_rows(
        "most plants",
        pd.DataFrame({"scope": plants["technology"], "unit": "plant"}),
        [(starts["tech"], starts["column"], 1.0)],
        high=plants["most_plants"].to_numpy(float),
    )
    return starts


def add_places(program: Program, problem: Problem, starts: pd.DataFrame) -> pd.DataFrame:
    """Columns place[technology, site] in {0, 1}: a plant of the technology stands there; forbidden ones are 0.

    Every plant has its site: sum of place[technology, site] = sum of start[technology, year].
    """
    options = problem.options
    forbidden = np.zeros(len(options), dtype=bool)
    for choice in problem.study.forbid:
        forbidden |= matches(problem, choice)
    places = options.copy()
    places["column"] = program.add_columns(
        "place",
        options[["technology", "site"]],
        high=np.where(forbidden, 0.0, 1.0),
        cost=TIE_BREAK * options["surcharge"].to_numpy(),
        integer=True,
    )
    program.add_rows(
        "place each plant",
        problem.plants[["technology"]],
        [(places["tech"], places["column"], 1.0), (starts["tech"], starts["column"], -1.0)],
        low=0.0,
        high=0.0,
    )
    return places


def limit_budget(program: Program, starts: pd.DataFrame, places: pd.DataFrame, budget_usd_m: float) -> None:
    """Cost within the budget: sum cost start + sum surcharge place <= budget (discounted US$ M)."""
    program.add_rows(
        "budget",
        pd.DataFrame({"scope": ["all years"], "unit": ["US$ million"]}),
        [
            (np.zeros(len(starts), int), starts["column"], starts["cost"]),
            (np.zeros(len(places), int), places["column"], places["surcharge"]),
        ],
        high=budget_usd_m,
    )


def limit_budget_per_year(program: Program, problem: Problem, starts: pd.DataFrame) -> None:
    """Investment started in a year, at the lowest site factors: sum capex_net start <= budget per year (US$ M)."""
    amount = problem.study.budget_per_year_usd_m
    if amount is None:
        return
    index = pd.DataFrame({"scope": [str(year) for year in problem.study.years], "unit": "US$ million"})
    program.add_rows(
        "budget per year", index, [(starts["year"], starts["column"], starts["capex_net"])], high=amount
    )


def limit_sites(program: Program, problem: Problem, places: pd.DataFrame) -> None:
    """Plants fit their site: sum need place[technology, site] <= what it has (ha, MW, Ml/day, people)."""
    sites = problem.tables.sites
    at = pd.Index(sites["id"]).get_indexer(pd.Index(places["site"]))
    for resource, unit in RESOURCES.items():
        index = pd.DataFrame({"scope": sites["id"], "unit": unit})
        entries: list[Entries] = [(at, places["column"], places[resource])]
        program.add_rows(resource, index, entries, high=sites[resource].to_numpy(float))


def force_moves(program: Program, problem: Problem, places: pd.DataFrame) -> None:
    """Forced choices: sum place over the options that match >= 1."""
    for number, choice in enumerate(problem.study.force):
        hit = np.flatnonzero(matches(problem, choice))
        name = ", ".join(value for value in (choice.component, choice.technology, choice.site) if value)
        if not len(hit):
            raise NoPlan(f"force.{number} ({name}): no technology and site match, in the sectors of the study.")
        index = pd.DataFrame({"scope": [name], "unit": ["plant"]})
        entries: list[Entries] = [(np.zeros(len(hit), int), places["column"].to_numpy()[hit], 1.0)]
        program.add_rows(f"force {number}", index, entries, low=1.0)


def count_open(program: Program, problem: Problem, starts: pd.DataFrame) -> pd.DataFrame:
    """Columns open[technology, year] = plants that deliver in a year in which a window starts (and the last year).

    open[technology, year] = sum of starts that deliver by then, a plant in its first year counted at its ramp.
    Returns one row per (technology, year): ``tech, year, column, at, capacity, made, most_plants``.
    """
    years = np.unique(np.r_[problem.windows.year, len(problem.study.years) - 1])
    plants = problem.plants.reset_index(names="tech")
    columns = ["tech", "at", "capacity", "made", "lead", "ramp", "most_plants"]
    opened = plants[columns].merge(pd.DataFrame({"year": years}), how="cross")
    opened = opened[opened["lead"] <= opened["year"]].reset_index(drop=True)
    opened["column"] = program.add_columns(
        "open", opened[["tech", "year"]], high=opened["most_plants"].to_numpy(float)
    )
    joined = starts.merge(
        opened.reset_index(names="row")[["row", "tech", "year", "lead", "ramp"]], on="tech", suffixes=("", "_open")
    )
    joined = joined[joined["year"] + joined["lead"] <= joined["year_open"]]
    counted = np.where(joined["year"] + joined["lead"] == joined["year_open"], joined["ramp"], 1.0)
    program.add_rows(
        "count open",
        opened[["tech", "year"]],
        [(np.arange(len(opened)), opened["column"], -1.0), (joined["row"], joined["column"], counted)],
        low=0.0,
        high=0.0,
    )
    return opened


def limit_sales(program: Program, problem: Problem, opened: pd.DataFrame) -> None:
    """What new plants make in calm years has a buyer.

    use * capacity * open[c] <= imports[c] + needs of new plants for c + the part of other markets' purchases
    from the target that India can take over (US$ M/yr), in every year in which a window starts and in the last.
    """
    study = problem.study
    for year in np.unique(opened["year"].to_numpy(int)):
        group = opened[opened["year"] == year]
        plants = group["at"].to_numpy(int)
        made = group["made"].to_numpy(float)
        at, place = np.unique(plants, return_inverse=True)
        room = problem.imports[year, at]
        for market in problem.abroad:
            room = (
                room + study.us_access * problem.demand[market][year, at] * problem.imports_from_target[market][at]
            )
        inputs, users = np.nonzero(problem.content[np.ix_(at, plants)])
        needed = problem.content[at[inputs], plants[users]] * made[users]
        columns = group["column"].to_numpy(int)
        program.add_rows(
            f"sales {study.years[year]}",
            pd.DataFrame({"scope": problem.tables.components["id"].to_numpy()[at], "unit": "US$ million/year"}),
            [(place, columns, made), (inputs, columns[users], -needed)],
            high=room,
        )


def matches(problem: Problem, choice: Choice) -> np.ndarray:
    """Which options a choice means, shape (options,), boolean."""
    hit = np.ones(len(problem.options), dtype=bool)
    for column in ("component", "technology", "site"):
        value = getattr(choice, column)
        if value is not None:
            hit &= (problem.options[column] == value).to_numpy()
    return hit
