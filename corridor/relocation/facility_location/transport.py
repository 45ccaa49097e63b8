"""Cheapest deliveries from open plants: a transport problem with few plants and many markets, with arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from corridor.data.arrays import Floats, Ints
from corridor.relocation.facility_location.lagrangian import Location

#: Most subgradient steps for the prices of room in the plants.
_STEPS = 60
#: Units left to move, as a fraction of all demand, at which plants count as balanced.
_BALANCED = 1e-11


@dataclass(frozen=True)
class Deliveries:
    """Deliveries from open plants: ``plant, market, units`` of each that is not 0, and their cost.

    Attributes
    ----------
    plants
        All open plants.
    cost
        Cost of the deliveries alone.
    """

    plants: Ints
    plant: Ints
    market: Ints
    units: Floats
    cost: float


def deliver(location: Location, plants: Ints, below: float = np.inf) -> Deliveries | None:
    """Cheapest deliveries from given plants, to optimality; None if they can't cost less than `below`.

    With s_i <= 0 the price of room in plant i, the dual is ``max_s sum_j d_j min_i (c_ij - s_i) + sum k_i s_i``:
    a dozen unknowns. Some steps on it give prices near the best, and a bound that rejects most choices of
    plants at once. The others start from every market at its cheapest plant at these prices, which leaves little
    to move (:func:`balance`).

    Parameters
    ----------
    location
        The problem.
    plants
        Plants that are open, together large enough.
    below
        Deliveries that cost this much or more are of no interest.
    """
    costs, demand, capacity = location.unit_cost[plants], location.demand, location.capacity[plants]
    bound, room = room_prices(costs, demand, capacity, below)
    if bound >= below:
        return None
    # Unused room is an extra market with free delivery, so that all plants are full.
    spare = max(float(capacity.sum() - demand.sum()), 0.0)
    costs = np.hstack((costs, np.zeros((len(plants), 1))))
    demand = np.append(demand, spare)
    capacity = capacity * (demand.sum() / capacity.sum())
    units = balance(costs, demand, capacity, (costs - room[:, None]).argmin(axis=0))
    plant, market = np.nonzero(units[:, :-1])
    sent = units[plant, market]
    return Deliveries(plants, plants[plant], market, sent, float(costs[plant, market] @ sent))


def balance(costs: Floats, demand: Floats, capacity: Floats, nearest: Ints) -> Floats:
    """Cheapest deliveries that fill every plant exactly, by shortest augmenting paths between plants.

    All of a market starts at `nearest`, the cheapest plant at some prices of room, so that no chain of moves
    saves anything. Plants that have too much then pass markets on to plants that have too little, always along
    the cheapest chain: ``w_ik = min { c_kj - c_ij : j served by i }`` is the cost of moving a unit from i to k. No
    chain ever saves anything, so the end is optimal. Source: Ahuja, Magnanti & Orlin (1993), Network Flows,
    section 9.7.

    Parameters
    ----------
    costs
        Cost per unit, shape (plants, markets).
    demand, capacity
        Units, shapes (markets,) and (plants,), with equal sums.
    nearest
        Where each market starts, shape (markets,).

    Returns
    -------
    numpy.ndarray
        Units delivered, shape (plants, markets).
    """
    size, markets = costs.shape
    units = np.zeros(costs.shape)
    units[nearest, np.arange(markets)] = demand
    extra = units.sum(axis=1) - capacity
    left = _BALANCED * float(demand.sum())
    tolerance = 1e-12 * float(np.abs(costs).max(initial=0.0))
    move, by = np.empty((size, size)), np.empty((size, size), dtype=np.int64)
    stale = list(range(size))
    everyone = np.arange(size)
    while True:
        for plant in stale:
            served = np.flatnonzero(units[plant])
            move[plant], by[plant] = np.inf, -1
            if len(served):
                step = costs[:, served] - costs[plant, served]
                best = step.argmin(axis=1)
                move[plant], by[plant] = step[everyone, best], served[best]
        source = int(extra.argmax())
        if extra[source] <= left:
            return units
        far, before = _cheapest_chains(move, source, tolerance)
        plant = int(np.where(extra < 0.0, far, np.inf).argmin())
        amount, chain = min(float(extra[source]), -float(extra[plant])), [plant]
        while plant != source:
            plant = int(before[plant])
            amount = min(amount, float(units[plant, by[plant, chain[-1]]]))
            chain.append(plant)
        extra[source] -= amount
        extra[chain[0]] += amount
        for to, origin in pairwise(chain):
            market = by[origin, to]
            units[origin, market] -= amount
            units[to, market] += amount
        stale = chain


def _cheapest_chains(move: Floats, source: int, tolerance: float) -> tuple[Floats, Ints]:
    """Cost of the cheapest chain of moves from a plant to each, and the plant before it (Bellman and Ford)."""
    far, before = move[source].copy(), np.full(len(move), source)
    far[source] = 0.0
    for _ in range(len(move)):
        over = far[:, None] + move
        via = over.argmin(axis=0)
        shorter = over[via, np.arange(len(move))]
        nearer = shorter < far - tolerance
        if not nearer.any():
            break
        far[nearer], before[nearer] = shorter[nearer], via[nearer]
    return far, before


def room_prices(costs: Floats, demand: Floats, capacity: Floats, below: float) -> tuple[float, Floats]:
    """Bound on the cost of deliveries, and prices of room, shape (plants,), that give it: subgradient steps.

    Ends when the bound reaches `below`.
    """
    size, markets = costs.shape
    every = np.arange(markets)
    room, best, best_room = np.zeros(size), -np.inf, np.zeros(size)
    step, worse, direction = 1.0, 0, np.zeros(size)
    for _ in range(_STEPS):
        price = costs - room[:, None]
        nearest = price.argmin(axis=0)
        value = float(price[nearest, every] @ demand + room @ capacity)
        if value > best:
            best, best_room, worse = value, room, 0
            if best >= below:
                break
        else:
            worse += 1
            if worse >= 4:
                step, worse = 0.6 * step, 0
        slope = capacity - np.bincount(nearest, demand, minlength=size)
        direction = 0.5 * direction + np.where((room >= 0.0) & (slope > 0.0), 0.0, slope)
        along = float(direction @ direction)
        if along <= 0.0:
            break
        goal = min(below, best + 0.02 * abs(best))
        room = np.minimum(room + step * max(goal - value, 1e-5 * abs(best)) / along * direction, 0.0)
    return best, best_room
