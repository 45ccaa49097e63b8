"""Recourse inside a window: what is made, shipped and missing once a denial has begun, pooled per component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats, Ints
from corridor.data.names import HOST
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Entries, Program
from corridor.relocation.model.tightening import Useful, needs_of_plants, supply, useful


@dataclass(frozen=True)
class Links:
    """What a window sees of a plan; every frame gives the number of each row's ``column`` in the program.

    Attributes
    ----------
    opened
        Rows of ``Problem.can_be_open``: plants that deliver in a year, those in their first year apart.
    second
        Second sources, rows as in the problem.
    stores
        Stocks bought (US$ M), rows as in the problem.
    """

    opened: pd.DataFrame
    second: pd.DataFrame
    stores: pd.DataFrame

    def of_year(self, year: int) -> Links:
        """These links, with the plants of one year only."""
        return Links(self.opened[self.opened["year"] == year], self.second, self.stores)


def add_window(program: Program, problem: Problem, links: Links, window: int) -> tuple[Ints, Floats]:
    """Recourse inside one window, pooled per component; all in US$ M over the window.

    Columns run[a] (activity: a component by one of its routes), ship[c, market], short[c, market]; make[c] is the
    sum of run over the routes of c. For each component c, with d the window's length:

    - capacity: make[c] <= d surge (existing[c] + capacity open[c]), a plant counted at most for the gap it fills;
      run[a] <= d surge (share[a] existing[c] + capacity open[c]): old plants keep to their routes
    - balance: make[c] + d imports_left[c] need[c] + stock[c] + stored[c] + sum over qualified origins of
      d most_share need[c] deliveries[c, o] + own[c]
      >= d demand[c] - short[c, IND] + sum over a of essential share * run[a] + sum over markets of ship[c, m]
    - own[c], what makers substitute and new plants contracted for, serves makers that run and nobody else:
      own[c] <= d (worked_around[c] (needs of old and new makers) + imports_left[c] needs of new plants),
      own[c] <= sum over a of essential share * run[a]
    - only what is made is shipped: sum over markets of ship[c, m] <= make[c]
    - other markets: ship[c, m] + short[c, m] >= d demand[c, m] (1 - still arriving[c, m]) - stock

    Returns
    -------
    (columns, coefficients)
        The window's loss, weighted by market and discounted: sum of coefficient * column (short).
    """
    study, windows = problem.study, problem.windows
    year, length = int(windows.year[window]), float(windows.length[window])
    size = len(problem.loss_ratio)
    here = links.of_year(year)
    pace = length * study.surge
    old = pace * problem.existing[year]
    plants = here.opened
    stock = problem.stock_months / 12.0
    final = length * problem.demand[HOST][year]
    missing = {
        market: np.maximum(
            (length * (1.0 - windows.abroad[market][window]) - stock) * problem.demand[market][year], 0.0
        )
        for market in problem.abroad
    }
    wanted = sum(missing.values(), np.zeros(size))
    most = useful(
        problem, plants, here.stores, window, old, pace, final + wanted - supply(problem, window), wanted
    )
    tag = windows.names[window]
    names = problem.tables.components["id"].to_numpy()
    of_activity = problem.activities["component_index"].to_numpy()
    active = np.flatnonzero(most.all_users[of_activity] > 0)
    index = pd.DataFrame(
        {"component": names[of_activity[active]], "route": problem.activities["route"].to_numpy()[active]}
    )
    run = program.add_columns(f"run {tag}", index, high=most.all_users[of_activity[active]])
    short, ship, loss = _missing_columns(program, problem, window, final, missing, most.all_users, tag)

    balance = _Balance(problem, active, run, of_activity[active])
    balance.capacity(program, plants, old, most, tag)
    balance.users(program, plants, old, most, needs_of_plants(problem, plants, window, most.gives), tag)
    balance.own_supply(program, problem, plants, window, length, tag)
    balance.goods(program, here, window, final, short, ship, tag)
    _ship_rows(program, problem, of_activity[active], run, short, ship, missing, tag)
    return loss


def _missing_columns(
    program: Program,
    problem: Problem,
    window: int,
    final: Floats,
    missing: dict[str, Floats],
    useful: Floats,
    tag: str,
) -> tuple[dict[str, tuple[Ints, Ints]], dict[str, tuple[Ints, Ints]], tuple[Ints, Floats]]:
    """Columns short and ship of each market, (components, columns), and the loss that they make."""
    names = problem.tables.components["id"].to_numpy()
    weight = problem.discount[problem.windows.year[window]] * problem.loss_ratio
    short: dict[str, tuple[Ints, Ints]] = {}
    ship: dict[str, tuple[Ints, Ints]] = {}
    columns, values = [], []
    for market, importance in {HOST: 0.0, **problem.study.markets}.items():
        most_short = final if market == HOST else missing[market]
        lacking = np.flatnonzero(most_short > 1e-9)
        index = pd.DataFrame({"component": names[lacking]})
        short[market] = lacking, program.add_columns(f"short {market} {tag}", index, high=most_short[lacking])
        columns.append(short[market][1])
        values.append(weight[lacking] * importance)
        if market != HOST:
            can = lacking[useful[lacking] > 0]
            index = pd.DataFrame({"component": names[can]})
            ship[market] = can, program.add_columns(f"ship {market} {tag}", index, high=missing[market][can])
    return short, ship, (np.concatenate(columns), np.concatenate(values))


class _Balance:
    """Rows of one window that link production and inputs."""

    def __init__(self, problem: Problem, active: Ints, run: Ints, component: Ints) -> None:
        self.names = problem.tables.components["id"].to_numpy()
        self.problem, self.run, self.component = problem, run, component
        self.share = problem.activities["share"].to_numpy(float)[active]
        self.route = problem.activities["route"].to_numpy()[active]
        need = problem.sparse_route_essential[:, active].tocoo()
        self.inputs, self.user, self.need = need.row.astype(np.int64), need.col.astype(np.int64), need.data
        self.inputs_of = np.unique(self.inputs)
        self.place = np.full(len(self.names), -1)
        self.place[self.inputs_of] = np.arange(len(self.inputs_of))

    def capacity(self, program: Program, plants: pd.DataFrame, old: Floats, most: Useful, tag: str) -> None:
        makers, place = np.unique(self.component, return_inverse=True)
        row = pd.Series(np.arange(len(makers)), index=makers)
        mine = plants["component_index"].isin(makers).to_numpy()
        component_index, gives = plants["component_index"].to_numpy(int)[mine], most.gives[mine]
        column = plants["column"].to_numpy(int)[mine]
        program.add_rows(
            f"capacity {tag}",
            pd.DataFrame({"component": self.names[makers]}),
            [(place, self.run, 1.0), (row[component_index].to_numpy(int), column, -gives)],
            high=old[makers],
        )
        several = np.bincount(place, minlength=len(makers))[place] > 1
        if not several.any():
            return
        of, which = np.nonzero(self.component[several][:, None] == component_index[None, :])
        # One route may also replace the others: as much as is useful, less what it makes without the plant.
        already = self.share[several] * old[self.component[several]]
        room = np.maximum(most.all_users[self.component[several]] - already, 0.0)
        gives = np.minimum(most.output[mine][which], room[of])
        program.add_rows(
            f"capacity of routes {tag}",
            pd.DataFrame({"component": self.names[self.component[several]], "route": self.route[several]}),
            [(np.arange(int(several.sum())), self.run[several], 1.0), (of, column[which], -gives)],
            high=already,
        )

    def users(
        self,
        program: Program,
        plants: pd.DataFrame,
        old: Floats,
        most: Useful,
        needs: sparse.coo_matrix,
        tag: str,
    ) -> None:
        """New plants make no more than old users, and the new users that are built, can use.

        For integer plants the other rows imply this; for fractions of plants they do not.
        """
        component_index, column = plants["component_index"].to_numpy(int), plants["column"].to_numpy(int)
        makers = np.intersect1d(np.unique(self.component), np.unique(component_index))
        makers = makers[most.old_users[makers] < (1.0 - 1e-3) * most.all_users[makers]]
        if not len(makers):
            return
        row = np.full(len(self.names), -1)
        row[makers] = np.arange(len(makers))
        run, own, other = row[self.component] >= 0, row[component_index] >= 0, row[needs.row] >= 0
        gives = np.minimum(most.gives, np.maximum(most.old_users[component_index] - old[component_index], 0.0))
        program.add_rows(
            f"users {tag}",
            pd.DataFrame({"component": self.names[makers]}),
            [
                (row[self.component[run]], self.run[run], 1.0),
                (row[component_index[own]], column[own], -gives[own]),
                (row[needs.row[other]], column[needs.col[other]], -needs.data[other]),
            ],
            high=old[makers],
        )

    def own_supply(
        self, program: Program, problem: Problem, plants: pd.DataFrame, window: int, length: float, tag: str
    ) -> None:
        """Only makers that run use what they substitute and what new plants contracted for."""
        windows, year = problem.windows, int(problem.windows.year[window])
        left, around = length * windows.home_imports[window], length * windows.worked_around[window]
        worked = around * (problem.sparse_essential @ problem.existing[year])
        index = pd.DataFrame({"component": self.names[self.inputs_of]})
        self.own = program.add_columns(f"own {tag}", index)
        each = np.arange(len(self.own))
        most: list[Entries] = [(each, self.own, 1.0)]
        component_index = plants["component_index"].to_numpy(int)
        for fraction, content in ((left, problem.sparse_content), (around, problem.sparse_essential)):
            inputs = content[:, component_index].tocoo()
            inside = self.place[inputs.row] >= 0
            what, plant = inputs.row[inside].astype(np.int64), inputs.col[inside].astype(np.int64)
            need = inputs.data[inside] * plants["made"].to_numpy(float)[plant]
            most.append((self.place[what], plants["column"].to_numpy()[plant], -fraction[what] * need))
        program.add_rows(f"own supply {tag}", index, most, high=worked[self.inputs_of])
        used: list[Entries] = [
            (each, self.own, 1.0),
            (self.place[self.inputs], self.run[self.user], -self.need),
        ]
        program.add_rows(f"own use {tag}", index, used, high=0.0)

    def goods(
        self,
        program: Program,
        links: Links,
        window: int,
        final: Floats,
        short: dict[str, tuple[Ints, Ints]],
        ship: dict[str, tuple[Ints, Ints]],
        tag: str,
    ) -> None:
        problem, windows = self.problem, self.problem.windows
        year, length = int(windows.year[window]), float(windows.length[window])
        second = links.second
        ready = (second["lead"] <= year).to_numpy()
        from_second = (
            length
            * second["most_share"].to_numpy(float)
            * windows.second[window]
            * problem.needs[year][second["component_index"].to_numpy(int)]
        )
        entries: list[tuple[np.ndarray, np.ndarray, np.ndarray | float]] = [
            (self.component, self.run, 1.0),
            (self.inputs, self.run[self.user], -self.need),
            (self.inputs_of, self.own, 1.0),
            (*short[HOST], 1.0),
            *((components, columns, -1.0) for components, columns in ship.values()),
            (links.stores["component_index"].to_numpy(int), links.stores["column"].to_numpy(int), 1.0),
            (
                second["component_index"].to_numpy(int)[ready],
                second["column"].to_numpy(int)[ready],
                from_second[ready],
            ),
        ]
        asked = np.zeros(len(self.names), dtype=bool)
        asked[self.inputs] = True
        asked |= final > 1e-9
        for components, _ in ship.values():
            asked[components] = True
        rows = np.flatnonzero(asked)
        place = np.full(len(self.names), -1)
        place[rows] = np.arange(len(rows))
        kept = []
        for row, column, value in entries:
            inside = place[row] >= 0
            values = value if np.isscalar(value) else np.asarray(value)[inside]
            kept.append((place[row][inside], np.asarray(column)[inside], values))
        program.add_rows(
            f"balance {tag}",
            pd.DataFrame({"component": self.names[rows]}),
            kept,
            low=(final - supply(problem, window))[rows],
        )


def _ship_rows(
    program: Program,
    problem: Problem,
    component: Ints,
    run: Ints,
    short: dict[str, tuple[Ints, Ints]],
    ship: dict[str, tuple[Ints, Ints]],
    missing: dict[str, Floats],
    tag: str,
) -> None:
    names = problem.tables.components["id"].to_numpy()
    shipped = np.unique(np.concatenate([can for can, _ in ship.values()])) if ship else np.zeros(0, int)
    place = np.full(len(names), -1)
    place[shipped] = np.arange(len(shipped))
    makes = place[component] >= 0
    program.add_rows(
        f"ship what is made {tag}",
        pd.DataFrame({"component": names[shipped]}),
        [
            (place[component[makes]], run[makes], -1.0),
            *((place[can], columns, 1.0) for can, columns in ship.values()),
        ],
        high=0.0,
    )
    for market in problem.abroad:
        components, columns = short[market]
        row = np.full(len(names), -1)
        row[components] = np.arange(len(components))
        can, shipping = ship[market]
        program.add_rows(
            f"market {market} {tag}",
            pd.DataFrame({"component": names[components]}),
            [(np.arange(len(components)), columns, 1.0), (row[can], shipping, 1.0)],
            low=missing[market][components],
        )
