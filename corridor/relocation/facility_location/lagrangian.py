"""Bounds for capacitated facility location by Lagrangian relaxation, with arrays only.

With f the cost of opening plant i, k its capacity, d the demand of market j, c the cost per unit, the problem is::

    min  sum f_i y_i + sum c_ij x_ij
    s.t. sum_i x_ij = d_j,  sum_j x_ij <= k_i y_i,  0 <= x_ij <= d_j y_i,  A y <= b,  y in {0, 1}

Prices p on demand and m >= 0 on the limits A leave one continuous knapsack per plant, K_i(p) = min sum_j
(c_ij - p_j) x_ij, and a choice of plants that covers all demand::

    L(p, m) = p d - m b + min { sum v_i y_i : sum k_i y_i >= sum d },   v_i = f_i + K_i(p) + (m A)_i

L never exceeds the optimum. At its best it equals the linear relaxation with every linking row x_ij <= d_j y_i
(and more, by the number of plants needed), without one of those rows being written down.
Source: Beasley (1988), doi:10.1016/0377-2217(88)90175-0; step lengths: Held, Wolfe & Crowder (1974),
doi:10.1007/BF01580223; deflection of the direction: Camerini, Fratta & Maffioli (1975), doi:10.1007/BFb0120697.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corridor.data.arrays import Flags, Floats, Ints

#: Weight of the old direction in the new one.
_MEMORY = 0.7
#: Steps without a better bound after which the step is shortened, and by how much.
_PATIENCE, _SHORTER = 8, 0.6
#: Relative gain of the bound that counts as better.
_GAIN = 2e-5
#: Step factor below which the prices have settled.
_SETTLED = 2e-3


@dataclass(frozen=True)
class Location:
    """Plants that may be opened, and what it costs to deliver from them.

    Attributes
    ----------
    fixed
        Cost of opening, shape (plants,).
    capacity
        Largest deliveries of a plant, shape (plants,), units.
    demand
        Need of each market, shape (markets,), units, all above 0.
    unit_cost
        Cost per unit delivered, shape (plants, markets).
    use, limit
        Further limits on what is opened, ``use @ open <= limit``; shapes (limits, plants) and (limits,), use >= 0.
    """

    fixed: Floats
    capacity: Floats
    demand: Floats
    unit_cost: Floats
    use: Floats
    limit: Floats


@dataclass(frozen=True)
class Prices:
    """Prices of demand (per unit), shape (markets,), and of the limits, shape (limits,)."""

    demand: Floats
    limit: Floats


@dataclass(frozen=True)
class Bound:
    """Result of the relaxation with some plants open and others closed.

    Attributes
    ----------
    value
        Lower bound on the cost of all plans of the node.
    prices
        Prices that gave `value`.
    reduced
        What opening a plant adds to `value` (below 0: what closing it adds), shape (plants,); NaN where decided.
    share
        Fraction of recent steps in which a plant was chosen, shape (plants,).
    chosen
        The last distinct choices of plants that cover demand, newest first: ``(bound on its cost, plants)``.
    """

    value: float
    prices: Prices
    reduced: Floats
    share: Floats
    chosen: list[tuple[float, Ints]]


def first_prices(location: Location) -> Prices:
    """Prices to start from: the least cost of a unit from a full plant, ``p_j = min_i (c_ij + f_i / k_i)``.

    No plant earns more than its opening at these, so L(p) is no less than the relaxation without linking rows.
    """
    full = location.fixed / location.capacity
    return Prices((location.unit_cost + full[:, None]).min(axis=0), np.zeros(len(location.limit)))


def knapsacks(margin: Floats, demand: Floats, capacity: Floats) -> tuple[Floats, Ints, Ints, Floats]:
    """Cheapest use of each plant: min sum_j margin_ij x_ij, 0 <= x_ij <= demand_j, sum_j x_ij <= capacity_i.

    Only deliveries of negative margin pay; a plant takes them by rising margin until it is full. All plants are
    sorted at once: the plant is the integer part of the key, the margin its fraction.

    Returns
    -------
    (values, plant, market, units)
        Value of each plant, shape (plants,), and the deliveries that give it.
    """
    plants, markets = margin.shape
    flat = np.flatnonzero(margin.ravel() < 0.0).astype(np.int64)
    worth = margin.ravel()[flat]
    lowest = float(worth.min(initial=-1.0))
    plant = flat // markets
    order = np.argsort(plant - worth / (1.001 * lowest))
    flat, plant, worth = flat[order], plant[order], worth[order]
    market = flat - plant * markets
    wanted = demand[market]
    total = np.cumsum(wanted)
    before = np.concatenate(([0.0], total))[np.searchsorted(plant, np.arange(plants))]
    units = np.clip(capacity[plant] - (total - wanted - before[plant]), 0.0, wanted)
    values = np.asarray(np.bincount(plant, worth * units, minlength=plants), float)
    return values, plant, market, units


def cover(value: Floats, size: Floats, need: float) -> tuple[float, float, Floats]:
    """min sum value y with sum size y >= need, 0 <= y <= 1, and the price of the need.

    Returns
    -------
    (minimum, price, y)
        ``value - price * size`` are the reduced costs. The minimum is inf if all together are too small.
    """
    y = (value < 0.0).astype(float)
    short = need - float(size @ y)
    if short <= 1e-9 * max(need, 1.0):
        return float(value @ y), 0.0, y
    order = np.flatnonzero(y == 0.0)
    order = order[np.argsort(value[order] / size[order])]
    total = np.cumsum(size[order])
    position = int(np.searchsorted(total, short * (1.0 - 1e-12)))
    if position == len(order):
        return np.inf, 0.0, np.ones(len(value))
    y[order[:position]] = 1.0
    last = order[position]
    y[last] = (short - (total[position] - size[last])) / size[last]
    return float(value @ y), float(value[last] / size[last]), y


def fewest(capacity: Floats, need: float) -> int:
    """Least number of plants that covers a need; one more than there are if all together are too small."""
    if need <= 1e-9:
        return 0
    return int(np.searchsorted(np.cumsum(np.sort(capacity)[::-1]), need * (1.0 - 1e-12))) + 1


def bound(
    location: Location, opened: Flags, free: Flags, prices: Prices, *, steps: int, step: float, cut: float
) -> Bound:
    """Raise the bound by moving the prices along subgradients.

    Parameters
    ----------
    location
        The problem.
    opened, free
        Plants that are open, and those that may be, shape (plants,); all others are closed.
    prices
        Start prices.
    steps, step
        Most steps, and the factor of the first.
    cut
        The best cost known: the steps aim at it, and end when the bound reaches it. May be inf.
    """
    alive = np.flatnonzero(opened | free)
    must, may = np.flatnonzero(opened[alive]), np.flatnonzero(free[alive])
    costs, capacity = location.unit_cost[alive], location.capacity[alive]
    fixed, use = location.fixed[alive], location.use[:, alive]
    demand, limit = location.demand, location.limit
    need = float(demand.sum() - capacity[must].sum())
    count = float(fewest(capacity[may], need))
    ones = np.ones(len(may))
    price_of_demand, price_of_limit = prices.demand, prices.limit
    best, best_prices, reduced = -np.inf, prices, np.full(len(location.fixed), np.nan)
    share, direction = np.zeros(len(alive)), np.zeros(len(demand) + len(limit))
    chosen: dict[bytes, tuple[float, Ints]] = {}
    worse = 0
    for _ in range(steps):
        worth, plant, market, units = knapsacks(costs - price_of_demand, demand, capacity)
        value = fixed + worth + price_of_limit @ use
        by_count, by_size = cover(value[may], ones, count), cover(value[may], capacity[may], need)
        least, rate, choice = max(by_count, by_size, key=lambda each: each[0])
        y = np.zeros(len(alive))
        y[must], y[may] = 1.0, choice
        size = ones if least == by_count[0] else capacity[may]
        constant = float(price_of_demand @ demand - price_of_limit @ limit + value[must].sum())
        found = constant + least
        share = 0.9 * share + 0.1 * y
        picked = alive[y > 0.0]
        key = picked.tobytes()
        chosen.pop(key, None)
        chosen[key] = (constant + float(value[may] @ (choice > 0.0)), picked)
        if found > best:
            worse = 0 if found > best + _GAIN * abs(best) or best == -np.inf else worse + 1
            best, best_prices = found, Prices(price_of_demand, price_of_limit)
            reduced[alive[may]] = value[may] - rate * size
            if best >= cut:
                break
        else:
            worse += 1
        if worse >= _PATIENCE:
            step, worse = _SHORTER * step, 0
            if step < _SETTLED:
                break
        slope = np.concatenate(
            (demand - np.bincount(market, units * y[plant], minlength=len(demand)), use @ y - limit)
        )
        direction = _MEMORY * direction + slope
        along = float(slope @ direction)
        if along <= 0.0:
            direction, along = slope, float(slope @ slope)
        if along <= 0.0:
            break  # the choice meets demand exactly: the bound can't rise further
        goal = min(cut, best + 0.01 * abs(best))
        length = step * max(goal - found, 1e-4 * abs(best)) / along
        price_of_demand = price_of_demand + length * direction[: len(demand)]
        price_of_limit = np.maximum(price_of_limit + length * direction[len(demand) :], 0.0)
    shares = np.zeros(len(location.fixed))
    shares[alive] = share
    return Bound(best, best_prices, reduced, shares, list(chosen.values())[::-1])
