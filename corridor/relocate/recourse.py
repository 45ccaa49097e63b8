"""Recourse inside a window: what is made, shipped and missing once a denial has begun, pooled per component."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.relocate.problem import HOME, Problem
from corridor.relocate.program import Entries, Floats, Ints, Program


def add_window(program: Program, problem: Problem, opened: pd.DataFrame, window: int) -> None:
    """Recourse inside one window, pooled per component; all in US$ M over the window.

    Columns make[c], ship[c, market], short[c, market]. For each component c, with d the window's length:

    - capacity: make[c] <= d surge (existing[c] + capacity open[c]), a plant counted at most for the gap it fills
    - balance: make[c] + d imports_left[c] need[c] + stock[c] + own[c] >= d demand[c] - short[c, IND]
      + sum over users of essential share * make[user] + sum over markets of ship[c, market]
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
