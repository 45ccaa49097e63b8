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
from corridor.relocate.problem import HOME, RESOURCES, Problem
from corridor.relocate.program import Entries, Floats, Ints, Program

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


def add_window(program: Program, problem: Problem, opened: pd.DataFrame, window: int) -> None:
    """Recourse inside one window, pooled per component; all in US$ M over the window.

    Columns make[c], ship[c, market], short[c, market]. For each component c, with d the window's length:

    - capacity: make[c] <= d surge (existing[c] + capacity open[c]), a plant counted at most for the gap it fills
    - balance: make[c] + d imports_left[c] need[c] + stock[c]
      + own[c] >= sum over users of essential share * make[user] + d demand[c] - short[c, IND] + sum ship[c, market]
    - own[c], what makers work around and new plants contracted for, serves makers that run and nobody else:
      own[c] <= d (worked_around[c] (needs of old and new makers) + imports_left[c] needs of new plants),
      own[c] <= sum over users of essential share * make[user]
    - only what is made is shipped: sum over markets of ship[c, m] <= make[c]
    - other markets: ship[c, m] + short[c, m] >= d demand[c, m] (1 - still arriving[c, m]) - stock
    """
    study, windows = problem.study, problem.windows
    year, length = int(windows.year[window]), float(windows.length[window])
    size = len(problem.loss_ratio)
    here = opened[opened["year"] == year]
    old = length * study.surge * problem.existing[year]
    added = np.zeros(size)
    np.add.at(added, here["at"].to_numpy(int), (here["capacity"] * here["most_plants"]).to_numpy(float))
    most = old + length * study.surge * added
    stock = problem.stock_months / 12.0
    left = length * windows.home_imports[window]
    around = length * windows.worked_around[window]
    of_makers = problem.essential @ problem.existing[year]
    supply = (left + stock) * problem.needs[year]
    final = length * problem.demand[HOME][year]
    missing = {
        market: np.maximum(
            (length * (1.0 - windows.abroad[market][window]) - stock) * problem.demand[market][year], 0.0
        )
        for market in problem.abroad
    }
    useful = _useful(problem, most, final + sum(missing.values(), np.zeros(size)))
    makers = np.flatnonzero(useful > 0)
    position = np.full(size, -1)
    tag = windows.names[window]
    names = problem.tables.components["id"].to_numpy()
    make = program.add_columns(f"make {tag}", pd.DataFrame({"component": names[makers]}), high=useful[makers])
    position[makers] = make

    weight = problem.discount[year] * windows.probability[window] * problem.loss_ratio
    short: dict[str, tuple[Ints, Ints]] = {}
    ship: dict[str, tuple[Ints, Ints]] = {}
    for market, importance in {HOME: 0.0, **study.markets}.items():
        most_short = final if market == HOME else missing[market]
        at = np.flatnonzero(most_short > 1e-9)
        index = pd.DataFrame({"component": names[at]})
        cost = weight[at] * importance
        short[market] = (
            at,
            program.add_columns(f"short {market} {tag}", index, high=most_short[at], cost=cost),
        )
        if market != HOME:
            can = at[position[at] >= 0]
            index = pd.DataFrame({"component": names[can]})
            ship[market] = can, program.add_columns(f"ship {market} {tag}", index, high=missing[market][can])

    _capacity_rows(program, problem, here, makers, make, old, useful, length, tag)
    _balance_rows(
        program, problem, here, position, short, ship, supply, (left, around, around * of_makers), final, tag
    )
    shipped = np.unique(np.concatenate([can for can, _ in ship.values()])) if ship else np.zeros(0, int)
    place = pd.Series(np.arange(len(shipped)), index=shipped)
    program.add_rows(
        f"ship what is made {tag}",
        pd.DataFrame({"component": names[shipped]}),
        [
            (np.arange(len(shipped)), position[shipped], -1.0),
            *((place[can].to_numpy(), columns, 1.0) for can, columns in ship.values()),
        ],
        high=0.0,
    )
    for market in problem.abroad:
        at, columns = short[market]
        place = pd.Series(np.arange(len(at)), index=at)
        can, shipping = ship[market]
        program.add_rows(
            f"market {market} {tag}",
            pd.DataFrame({"component": names[at]}),
            [(np.arange(len(at)), columns, 1.0), (place[can].to_numpy(), shipping, 1.0)],
            low=missing[market][at],
        )


def _useful(problem: Problem, most: Floats, final: Floats) -> Floats:
    """Largest production inside a window that anybody could use, shape (components,).

    From products to ores: final needs plus essential needs of users at their own largest useful production.
    """
    useful = np.zeros_like(most)
    for _ in range(len(most) + 1):
        required = final + problem.essential @ useful
        new = np.minimum(most, required)
        if np.allclose(new, useful, rtol=1e-12, atol=1e-12):
            break
        useful = new
    return useful


def _capacity_rows(
    program: Program,
    problem: Problem,
    here: pd.DataFrame,
    makers: Ints,
    make: Ints,
    old: Floats,
    useful: Floats,
    length: float,
    tag: str,
) -> None:
    place = pd.Series(np.arange(len(makers)), index=makers)
    plants = here[here["at"].isin(makers)]
    at = plants["at"].to_numpy(int)
    gap = np.maximum(useful[at] - old[at], 0.0) / plants["ramp"].to_numpy(float)
    gives = np.minimum(length * problem.study.surge * plants["capacity"].to_numpy(float), gap)
    program.add_rows(
        f"capacity {tag}",
        pd.DataFrame({"component": problem.tables.components["id"].to_numpy()[makers]}),
        [(np.arange(len(makers)), make, 1.0), (place[at].to_numpy(), plants["column"], -gives)],
        high=old[makers],
    )


def _balance_rows(
    program: Program,
    problem: Problem,
    here: pd.DataFrame,
    position: Ints,
    short: dict[str, tuple[Ints, Ints]],
    ship: dict[str, tuple[Ints, Ints]],
    supply: Floats,
    comes: tuple[Floats, Floats, Floats],
    final: Floats,
    tag: str,
) -> None:
    size = len(final)
    everyone = np.arange(size)
    made = position >= 0
    inputs, users = np.nonzero(problem.essential)
    keep = made[users]
    inputs, users = inputs[keep], users[keep]
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray | float]] = [
        (everyone[made], position[made], 1.0),
        (inputs, position[users], -problem.essential[inputs, users]),
        (*short[HOME], 1.0),
        *((at, columns, -1.0) for at, columns in ship.values()),
    ]
    # Only makers that run use what they work around and what new plants contracted for.
    left, around, worked = comes
    own = np.unique(inputs)
    column = program.add_columns(
        f"own {tag}", pd.DataFrame({"component": problem.tables.components["id"].to_numpy()[own]})
    )
    spot = np.full(size, -1)
    spot[own] = np.arange(len(own))
    entries.append((own, column, 1.0))
    most: list[Entries] = [(np.arange(len(own)), column, 1.0)]
    for part, content in ((left, problem.content), (around, problem.essential)):
        at = here["at"].to_numpy(int)
        what, plant = np.nonzero(content[:, at])
        inside = spot[what] >= 0
        what, plant = what[inside], plant[inside]
        need = content[what, at[plant]] * here["made"].to_numpy(float)[plant]
        most.append((spot[what], here["column"].to_numpy()[plant], -part[what] * need))
    index = pd.DataFrame({"component": problem.tables.components["id"].to_numpy()[own]})
    program.add_rows(f"own supply {tag}", index, most, high=worked[own])
    used: list[Entries] = [
        (np.arange(len(own)), column, 1.0),
        (spot[inputs], position[users], -problem.essential[inputs, users]),
    ]
    program.add_rows(f"own use {tag}", index, used, high=0.0)
    asked = np.zeros(size, dtype=bool)
    asked[inputs] = True
    asked |= final > 1e-9
    for at, _ in ship.values():
        asked[at] = True
    rows = np.flatnonzero(asked)
    place = np.full(size, -1)
    place[rows] = np.arange(len(rows))
    kept = []
    for row, column, value in entries:
        inside = place[row] >= 0
        values = value if np.isscalar(value) else np.asarray(value)[inside]
        kept.append((place[row][inside], np.asarray(column)[inside], values))
    program.add_rows(
        f"balance {tag}",
        pd.DataFrame({"component": problem.tables.components["id"].to_numpy()[rows]}),
        kept,
        low=(final - supply)[rows],
    )


def matches(problem: Problem, choice: Choice) -> np.ndarray:
    """Which options a choice means, shape (options,), boolean."""
    hit = np.ones(len(problem.options), dtype=bool)
    for column in ("component", "technology", "site"):
        value = getattr(choice, column)
        if value is not None:
            hit &= (problem.options[column] == value).to_numpy()
    return hit
