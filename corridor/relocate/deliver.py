"""Cheapest deliveries from open plants: a transport problem, of which only the contested part is solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.relocate.location_bound import Floats, Ints, Location
from corridor.relocate.program import Program
from corridor.relocate.solve import solve

#: Steps in which the prices of full plants are sought.
_STEPS = 80
#: Part of the markets that the linear program starts with: those with the least between two plants.
_CONTESTED = 0.08


@dataclass(frozen=True)
class Deliveries:
    """Deliveries from open plants: ``plant, market, units`` of each that is not 0, and their cost.

    Attributes
    ----------
    plants
        All that are open.
    cost
        Of the deliveries alone.
    """

    plants: Ints
    plant: Ints
    market: Ints
    units: Floats
    cost: float


def deliver(location: Location, plants: Ints, below: float = np.inf) -> Deliveries | None:
    """Cheapest deliveries from given plants, to optimality; None where they cannot cost less than `below`.

    With s_i <= 0 the price of room in plant i, the dual is ``max_s sum_j d_j min_i (c_ij - s_i) + sum k_i s_i``:
    a dozen of unknowns. Some steps on it give prices near the best, and a bound that rejects most choices of
    plants at once. A market whose cheapest plant is far ahead at these prices is given to it; the others are
    settled by a linear program of a few dozen rows. Markets whose plant turns out not to be the cheapest at the
    program's prices join it, until there are none: then prices and deliveries prove each other.

    Parameters
    ----------
    location
        The problem.
    plants
        Plants that are open, together large enough.
    below
        A cost of deliveries from which on they are of no interest.
    """
    costs, demand, capacity = location.unit_cost[plants], location.demand, location.capacity[plants]
    bound, room_price = _room_prices(costs, demand, capacity, below)
    if bound >= below:
        return None
    size, markets = costs.shape
    everyone = np.arange(markets)
    price = costs - room_price[:, None]
    lead = np.partition(price, 1, axis=0)[1] - price.min(axis=0) if size > 1 else np.full(markets, np.inf)
    wide = float(np.quantile(lead, _CONTESTED))
    there = price <= price.min(axis=0) + wide
    there[price.argmin(axis=0), everyone] = True
    tolerance = 1e-10 * float(np.abs(costs).max(initial=0.0))
    while True:
        sole = there.sum(axis=0) == 1
        given = there.argmax(axis=0)
        room = capacity - np.bincount(given[sole], demand[sole], minlength=size)
        plant, market = np.nonzero(there & ~sole)
        units, room_price, contested_price = _settle(costs, demand, plant, market, room, np.flatnonzero(~sole))
        price = costs - room_price[:, None]
        worth = np.where(sole, price[given, everyone], 0.0)
        worth[~sole] = contested_price
        pays = (price < worth - tolerance) & ~there
        if not pays.any():
            break
        there |= pays
    plant, market = np.concatenate((given[sole], plant)), np.concatenate((everyone[sole], market))
    units = np.concatenate((demand[sole], units))
    kept = units > 1e-12 * demand[market]
    plant, market, units = plant[kept], market[kept], units[kept]
    return Deliveries(plants, plants[plant], market, units, float(costs[plant, market] @ units))


def _room_prices(costs: Floats, demand: Floats, capacity: Floats, below: float) -> tuple[float, Floats]:
    """Bound on the cost of deliveries, and prices of room, shape (plants,), that give it: subgradient steps."""
    size = len(capacity)
    at, best, best_at = np.zeros(size), -np.inf, np.zeros(size)
    step, worse, direction = 1.0, 0, np.zeros(size)
    for _ in range(_STEPS):
        price = costs - at[:, None]
        nearest = price.argmin(axis=0)
        value = float(price.min(axis=0) @ demand + at @ capacity)
        if value > best:
            best, best_at, worse = value, at, 0
            if best >= below:
                break
        else:
            worse += 1
            if worse >= 4:
                step, worse = 0.6 * step, 0
        slope = capacity - np.bincount(nearest, demand, minlength=size)
        direction = 0.5 * direction + np.where((at >= 0.0) & (slope > 0.0), 0.0, slope)
        along = float(direction @ direction)
        if along <= 0.0:
            break
        goal = min(below, best + 0.003 * abs(best))
        at = np.minimum(at + step * max(goal - value, 1e-5 * abs(best)) / along * direction, 0.0)
    return best, best_at


def _settle(
    costs: Floats, demand: Floats, plant: Ints, market: Ints, room: Floats, contested: Ints
) -> tuple[Floats, Floats, Floats]:
    """Deliveries to contested markets in the room that is left: units, prices of room, and of demand there.

    min sum c x  with  sum_i x_ij = d_j (contested j),  sum_j x_ij <= room_i + beyond_i; room beyond what a plant
    has costs so much that none is left at the end, and makes sure of an answer on the way.
    """
    size = len(room)
    program = Program()
    sent = program.add_columns("deliver", pd.DataFrame(index=range(len(plant))), cost=costs[plant, market])
    # No chain of swaps between plants saves more than this per unit.
    dear = 2.0 * (size + 1) * float(np.ptp(costs)) + 1.0
    beyond = program.add_columns("beyond", pd.DataFrame(index=range(size)), cost=dear)
    row = np.zeros(len(demand), dtype=np.int64)
    row[contested] = np.arange(len(contested))
    program.add_rows(
        "demand",
        pd.DataFrame(index=range(len(contested))),
        [(row[market], sent, 1.0)],
        low=demand[contested],
        high=demand[contested],
    )
    program.add_rows(
        "room",
        pd.DataFrame(index=range(size)),
        [(plant, sent, 1.0), (np.arange(size), beyond, -1.0)],
        high=room,
    )
    solution = solve(program, relaxed=True, time_limit_s=600.0)
    assert solution.prices is not None
    rows = len(contested)
    return program.block("deliver", solution.values), solution.prices[rows:], solution.prices[:rows]
