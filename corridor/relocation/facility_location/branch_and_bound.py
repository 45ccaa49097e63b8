"""Capacitated facility location to proven optimality: Lagrangian bounds in a tree, deliveries as linear programs.

1. At the root the prices are moved until they settle (``location_bound``), in rounds: after each, the choices of
   plants seen on the way are priced exactly, and plants that the reduced costs decide are fixed.
2. Undecided plants are branched on, least bound first. A node starts from its parent's prices, so a few dozen
   steps of a fraction of a millisecond each replace a linear program with 10^5 linking rows.
3. Deliveries from open plants are a transport problem (``deliver``), whose dual rejects most choices at once.

What made the difference, at 100 sites and 1000 markets to a gap of 1e-6, in seconds
(``tests/benchmarks/facility_location.py``): the full program with its 10^5 linking rows took HiGHS 53 to 70 s
on ``c:7250:1``, this search 0.5 s, and 0.1 to 0.8 s on twelve such instances. Deliveries as linear programs of
4000 columns took 0.2 s for each choice of plants and nearly all of the time; augmenting paths from good prices
take 5 to 15 ms. On eight of the instances together: 3.6 s, 6.6 s without the least number of plants in
the bound, 8.0 s without deciding plants by reduced costs. Starting from the prices of full plants let 300 sites
and 3000 markets be solved (54 s) that had no useful bound before, and took 500 sites and 1000 markets from 21
to 8 s.
"""

from __future__ import annotations

import heapq
import itertools
import time
from dataclasses import dataclass

import numpy as np

from corridor.data.arrays import Flags, Ints
from corridor.errors import NoPlan
from corridor.relocation.facility_location.lagrangian import Bound, Location, Prices, bound, first_prices
from corridor.relocation.facility_location.transport import Deliveries, deliver

#: Rounds at the root, steps of each, and the first step factor.
_ROUNDS, _ROOT_STEPS, _ROOT_STEP = 9, 40, 1.0
#: The same at a node of the tree.
_NODE_STEPS, _NODE_STEP = 18, 0.25
#: Choices of plants priced exactly after a round at the root.
_PRICED = 4


@dataclass(frozen=True)
class Located:
    """Best plants and deliveries found, and a bound on the cost of all others.

    ``cost`` includes opening and delivering; ``nodes`` and ``priced`` count tree nodes and transport problems
    solved.
    """

    deliveries: Deliveries
    cost: float
    bound: float
    nodes: int
    priced: int

    @property
    def gap(self) -> float:
        """Relative gap between cost and bound."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-12)


@dataclass(frozen=True)
class _Node:
    opened: Flags
    free: Flags
    prices: Prices
    value: float
    depth: int


def locate(
    location: Location, opened: Flags, free: Flags, *, gap: float = 1e-6, time_limit_s: float = 60.0
) -> Located:
    """Plants to open, and deliveries, at least cost.

    Parameters
    ----------
    location
        The problem.
    opened, free
        Plants that must be open, and plants that may be, shape (plants,); all others are closed.
    gap
        Relative gap between cost and bound at which to stop.
    time_limit_s
        Seconds after which the best so far is returned with its bound.

    Raises
    ------
    NoPlan
        If no choice of plants keeps the limits and covers demand, or none was found in time.
    """
    return _Tree(location, gap, time.perf_counter() + time_limit_s).search(opened, free)


class _Tree:
    """Search for the best choice of plants: best so far, and the open nodes."""

    def __init__(self, location: Location, gap: float, until: float) -> None:
        self.location = location
        # A little less than asked, so that rounding does not raise the gap above it.
        self.gap = 0.9 * max(gap, 1e-9)
        self.until = until
        self.best: Deliveries | None = None
        self.cost = np.inf
        self.priced: set[bytes] = set()
        self.pruned = np.inf
        self.nodes = 0
        self.queue: list[tuple[float, int, _Node]] = []
        self.number = itertools.count()

    @property
    def cut(self) -> float:
        """Cost at which a node is pruned: nothing in it is better by more than the gap."""
        return self.cost - self.gap * abs(self.cost) if np.isfinite(self.cost) else np.inf

    def search(self, opened: Flags, free: Flags) -> Located:
        self._root(_Node(opened, free, first_prices(self.location), -np.inf, 0))
        while self.queue and time.perf_counter() < self.until:
            node = heapq.heappop(self.queue)[2]
            if node.value >= self.cut:
                self._prune(node.value)
                continue
            self._expand(node)
        left = [node.value for _, _, node in self.queue]
        if self.best is None:
            if left:
                raise NoPlan("no plan was found in time. Fix: raise time_limit_s.")
            raise NoPlan("the limits contradict each other: no choice of plants keeps them and meets demand.")
        bound_ = min([self.cost, self.pruned, *left])
        return Located(self.best, self.cost, bound_, self.nodes, len(self.priced))

    def _root(self, node: _Node) -> None:
        """Rounds of price steps, exact costs of choices and fixing of plants, until little is gained."""
        step, last = _ROOT_STEP, -np.inf
        found: Bound | None = None
        for _ in range(_ROUNDS):
            decided = self._decide(node)
            if decided is None:
                return
            node = decided
            found = self._bound(node, _ROOT_STEPS, step)
            node = self._tighten(node, found)
            self._price(found, _PRICED)
            if found.value >= self.cut:
                break
            if found.value < last + 1e-5 * abs(last):
                break
            last, step = found.value, 0.6 * step
        if found is not None:
            self._branch(self._tighten(node, found), found)

    def _expand(self, node: _Node) -> None:
        """Bound a node, price its best choice, and branch."""
        self.nodes += 1
        decided = self._decide(node)
        if decided is None:
            return
        if not decided.free.any():
            self._exact(np.flatnonzero(decided.opened))
            return
        found = self._bound(decided, _NODE_STEPS, _NODE_STEP)
        self._price(found, 1)
        self._branch(self._tighten(decided, found), found)

    def _bound(self, node: _Node, steps: int, step: float) -> Bound:
        return bound(self.location, node.opened, node.free, node.prices, steps=steps, step=step, cut=self.cut)

    def _tighten(self, node: _Node, found: Bound) -> _Node:
        """The node with better prices, and with plants fixed that no better plan opens, or none closes."""
        value = found.value + np.abs(found.reduced)
        decided = node.free & (value >= self.cut)
        if decided.any():
            self._prune(float(value[decided].min()))
        opened = node.opened | (decided & (found.reduced < 0.0))
        return _Node(opened, node.free & ~decided, found.prices, max(found.value, node.value), node.depth)

    def _decide(self, node: _Node) -> _Node | None:
        """Close plants that no longer fit a limit, open those without which demand is not met; None: no plan."""
        location, opened, free = self.location, node.opened.copy(), node.free.copy()
        need = float(location.demand.sum())
        while True:
            room = location.limit - location.use[:, opened].sum(axis=1)
            if (room < -1e-9 * (1.0 + location.limit)).any():
                return None
            shut = free & (location.use > (room + 1e-9 * (1.0 + location.limit))[:, None]).any(axis=0)
            free &= ~shut
            spare = float(location.capacity[opened | free].sum()) - need
            if spare < -1e-9 * need:
                return None
            needed = free & (location.capacity > spare + 1e-9 * need)
            opened |= needed
            free &= ~needed
            if not needed.any():
                return _Node(opened, free, node.prices, node.value, node.depth)

    def _branch(self, node: _Node, found: Bound) -> None:
        if node.value >= self.cut:
            self._prune(node.value)
            return
        if not node.free.any():
            self._exact(np.flatnonzero(node.opened))
            return
        free = np.flatnonzero(node.free)
        # Most undecided: chosen in about half of the last steps; ties by smallest reduced cost.
        plant = free[np.lexsort((np.abs(found.reduced[free]), np.abs(found.share[free] - 0.5)))[0]]
        for is_open in (True, False):
            opened, still = node.opened.copy(), node.free.copy()
            still[plant] = False
            opened[plant] = is_open
            value = node.value
            reduced = found.reduced[plant]
            if np.isfinite(reduced) and is_open == (reduced > 0.0):
                value = max(value, found.value + abs(reduced))
            self._push(_Node(opened, still, node.prices, value, node.depth + 1))

    def _push(self, node: _Node) -> None:
        # Before a plan is known the deepest node comes first, then the one of least bound.
        first = node.value if self.best is not None else -float(node.depth)
        heapq.heappush(self.queue, (first, next(self.number), node))

    def _price(self, found: Bound, most: int) -> None:
        """Exact cost of the choices of plants with the least bounds."""
        for value, plants in sorted(found.chosen, key=lambda each: each[0])[:most]:
            if value < self.cut and plants.tobytes() not in self.priced:
                self._exact(plants)

    def _exact(self, plants: Ints) -> None:
        location = self.location
        key = plants.tobytes()
        if key in self.priced:
            return
        self.priced.add(key)
        if (location.use[:, plants].sum(axis=1) > location.limit + 1e-9 * (1.0 + location.limit)).any():
            return
        if location.capacity[plants].sum() < location.demand.sum() * (1.0 - 1e-9):
            return
        opening = float(location.fixed[plants].sum())
        deliveries = deliver(location, plants, self.cut - opening)
        if deliveries is None:
            self._prune(self.cut)
            return
        cost = deliveries.cost + opening
        if cost < self.cost:
            first = self.best is None
            self.best, self.cost = deliveries, cost
            if first:
                self.queue = [(node.value, number, node) for _, number, node in self.queue]
                heapq.heapify(self.queue)

    def _prune(self, value: float) -> None:
        self.pruned = min(self.pruned, value)
