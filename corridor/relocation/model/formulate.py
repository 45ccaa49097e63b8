"""The mixed-integer program: each function adds one group of columns or rows and states it in its docstring.

What made it solvable, by measurement on the default study: plants are counted per technology (``open``) and only
the counts enter the windows, so sites stay out of the recourse; recourse is pooled per component; a plant's
coefficient in a window is no larger than the gap that it could fill there.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from corridor.config import Choice
from corridor.data.arrays import Floats
from corridor.data.names import RESOURCES
from corridor.relocation.model.limit_rows import (
    First,
    force_moves,
    limit,
    limit_funds,
    limit_sales,
    limit_share_of_site,
    matches,
)
from corridor.relocation.model.plant_ages import delivering
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Entries, Program
from corridor.relocation.model.recourse import Links, add_window
from corridor.relocation.model.sales import limited_by_sales


def formulate(problem: Problem) -> tuple[Program, First]:
    """The program with all limits and the recourse of every window, and without a goal (see ``goals.Goals``).

    Columns ``theta``[window]: the window's loss, discounted and weighted by market, US$ M.
    """
    program, first = decide(problem)
    windows = pd.DataFrame({"window": problem.windows.names})
    theta = program.add_columns("theta", windows)
    rows: list[Entries] = [(np.arange(len(theta)), theta, -1.0)]
    for window in range(len(theta)):
        columns, values = add_window(program, problem, first.links, window)
        rows.append((np.full(len(columns), window), columns, values))
    program.add_rows("loss", windows, rows, low=0.0, high=0.0)
    return program, first


#: Programs of problems that are in use: a search asks for the same one hundreds of times.
_DECIDED: WeakKeyDictionary[Problem, tuple[Program, First]] = WeakKeyDictionary()


def decide(problem: Problem) -> tuple[Program, First]:
    """The program of everything that is decided before the windows, with all limits on it.

    Built once for each problem; every caller gets a copy of the program that it may change, and the same tables of
    columns, which nobody changes.
    """
    if problem not in _DECIDED:
        _DECIDED[problem] = _decide(problem)
    program, first = _DECIDED[problem]
    return program.copy(), first


def _decide(problem: Problem) -> tuple[Program, First]:
    program = Program()
    starts = add_starts(program, problem)
    places = add_places(program, problem, starts)
    facilities = add_facilities(program, problem, places)
    second, stores = add_levers(program, problem)
    opened = count_open(program, problem, starts)
    spending = _spending(starts, places, facilities, second, stores)
    links = Links(limited_by_sales(opened, problem.most_sold, problem.kept), second, stores)
    first = First(starts, places, facilities, links, spending)
    limit(program, problem, first)
    limit_funds(program, problem, first)
    limit_share_of_site(program, problem, first)
    force_moves(program, problem, places)
    limit_sales(program, problem, opened)
    return program, first


def start_table(problem: Problem) -> pd.DataFrame:
    """Every technology in every year in which it can start and still deliver within the study.

    Columns: ``tech`` (row of plants), ``technology, component, sector``, ``year`` (position), ``capex_net``
    (US$ M, at the lowest factors of its sites), ``running`` (premium, discounted US$ M), ``cost`` (both,
    discounted) and ``last_output`` (US$ M/yr in the last year).
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
    for name in ("technology", "component", "sector"):
        grid[name] = row[name]
    grid["capex_net"] = row["capex"] * row["capex_factor"] * (1.0 - row["incentive_share"])
    grid["running"] = premium.to_numpy() * output
    grid["cost"] = grid["capex_net"] * discount[grid["year"]] + grid["running"]
    grid["last_output"] = row["made"] * np.where(first == years - 1, row["ramp"], 1.0)
    return grid


def add_starts(program: Program, problem: Problem) -> pd.DataFrame:
    """Columns start[technology, year] = plants started in that year, integers.

    In all of India: sum over years of start[technology, year] + kept plants <= most plants.
    """
    starts = start_table(problem)
    plants = problem.plants
    kept = np.bincount(problem.kept["tech"], minlength=len(plants))
    most = np.maximum(plants["most_plants"].to_numpy(float) - kept, 0.0)
    starts["column"] = program.add_columns(
        "start", starts[["technology", "year"]], high=most[starts["tech"]], integer=True
    )
    program.add_rows(
        "most plants",
        pd.DataFrame({"scope": plants["technology"], "unit": "plant"}),
        [(starts["tech"], starts["column"], 1.0)],
        high=most,
    )
    return starts


def add_places(program: Program, problem: Problem, starts: pd.DataFrame) -> pd.DataFrame:
    """Columns place[technology, site] in {0, 1}: sum over sites of place = sum over years of start.

    If all sites are pooled (``search.site_pooling``), a technology may be placed as often as it had sites.
    """
    options = problem.options
    most = options.get("most", 1.0)
    places = options.copy()
    places["column"] = program.add_columns(
        "place", options[["technology", "site"]], high=np.where(open_options(problem), most, 0.0), integer=True
    )
    program.add_rows(
        "place each plant",
        problem.plants[["technology"]],
        [(places["tech"], places["column"], 1.0), (starts["tech"], starts["column"], -1.0)],
        low=0.0,
        high=0.0,
    )
    return places


def open_options(problem: Problem) -> np.ndarray:
    """Options that nothing forbids, shape (options,), boolean.

    Closed are options that the study forbids, sites that have a plant of the same technology, and plants that
    their site could not hold even alone (otherwise fractions of them would be placed).
    """
    options = problem.options
    closed = site_share(problem) > 1.0 + 1e-9
    for choice in problem.study.forbid:
        closed |= matches(problem, choice)
    kept = pd.MultiIndex.from_frame(problem.kept[["tech", "site"]])
    closed |= pd.MultiIndex.from_frame(options[["tech", "site"]]).isin(kept)
    return ~closed


def site_share(problem: Problem) -> Floats:
    """Largest fraction of any resource of its site that each option needs, shape (options,)."""
    limits, options = problem.limits, problem.options
    alone = limits[["sectors", "state", "component", "technology"]].isna().all(axis=1) & limits["site"].notna()
    out = np.zeros(len(options))
    for resource in RESOURCES:
        rows = limits[alone & (limits["limit"] == resource) & (limits["sense"] == "at most")]
        most = options["site"].map(rows.groupby("site")["amount"].min()).fillna(np.inf).to_numpy(float)
        need = options[resource].to_numpy(float)
        out = np.maximum(out, np.divide(need, most, out=np.where(need > 0, np.inf, 0.0), where=most > 0))
    return out


def add_facilities(program: Program, problem: Problem, places: pd.DataFrame) -> pd.DataFrame:
    """Columns facility[f] in {0, 1}, paid once: place[technology, site] <= facility[f] for plants that need it."""
    facilities, uses = problem.facilities.copy(), problem.uses
    state = problem.tables.sites.set_index("id")["state"]
    facilities["state"] = facilities["site"].map(state)
    facilities["column"] = program.add_columns("facility", facilities[["facility"]], high=1.0, integer=True)
    row = np.arange(len(uses))
    option, facility = uses["option"].to_numpy(), uses["facility"].to_numpy()
    program.add_rows(
        "shared facility",
        pd.DataFrame(
            {
                "facility": facilities["facility"].to_numpy()[facility],
                "technology": places["technology"].to_numpy()[option],
            }
        ),
        [
            (row, places["column"].to_numpy()[option], 1.0),
            (row, facilities["column"].to_numpy()[facility], -1.0),
        ],
        high=0.0,
    )
    return facilities


def add_levers(program: Program, problem: Problem) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Columns qualify[component, origin] in {0, 1} and stock[component] (US$ M, up to the most held)."""
    second, stores = problem.second.copy(), problem.stores.copy()
    closed = _components(problem, problem.study.forbid)
    second["column"] = program.add_columns(
        "qualify",
        second[["component", "origin"]],
        high=np.where(second["component"].isin(closed), 0.0, 1.0),
        integer=True,
    )
    most = np.where(stores["component"].isin(closed), 0.0, stores["most"])
    stores["column"] = program.add_columns("stock", stores[["component"]], high=most)
    return second, stores


def _components(problem: Problem, choices: tuple[Choice, ...]) -> set[str]:
    """Components that choices name without a technology or site."""
    return {c.component for c in choices if c.component and not c.technology and not c.site}


def _spending(
    starts: pd.DataFrame,
    places: pd.DataFrame,
    facilities: pd.DataFrame,
    second: pd.DataFrame,
    stores: pd.DataFrame,
) -> pd.DataFrame:
    frames = [
        starts,
        places[places["surcharge"] != 0.0].rename(columns={"surcharge": "cost"}),
        facilities,
        second,
        stores,
    ]
    columns = ["sector", "component", "technology", "cost", "column"]
    filled = [frame.reindex(columns=columns) for frame in frames if len(frame)]
    return pd.concat(filled or [pd.DataFrame(columns=columns, dtype=float)], ignore_index=True)


def count_open(program: Program, problem: Problem, starts: pd.DataFrame) -> pd.DataFrame:
    """Columns open[technology, year] = plants that deliver in a year in which a window starts (and the last year).

    open[technology, year] = sum of starts that deliver by then + kept plants; plants that ramp up are counted
    apart in their first year. Returns the rows of ``Problem.can_be_open`` with their ``column``.
    """
    opened = problem.can_be_open.copy()
    opened["column"] = program.add_columns(
        "open", opened[["technology", "year", "from_age"]], high=opened["most_plants"].to_numpy(float)
    )
    row, start = delivering(opened, starts)
    base = np.bincount(delivering(opened, problem.kept)[0], minlength=len(opened)).astype(float)
    program.add_rows(
        "count open",
        opened[["technology", "year", "from_age"]],
        [(np.arange(len(opened)), opened["column"], -1.0), (row, starts["column"].to_numpy()[start], 1.0)],
        low=-base,
        high=-base,
    )
    return opened


def plants_open(problem: Problem, chosen: pd.DataFrame) -> Floats:
    """Plants that deliver, kept ones included, rows of ``can_be_open``; `chosen` has ``tech, year`` of starts."""
    everything = pd.concat([chosen[["tech", "year"]], problem.kept[["tech", "year"]]], ignore_index=True)
    opened = problem.can_be_open
    return np.bincount(delivering(opened, everything)[0], minlength=len(opened)).astype(float)
