"""How much work a search does. Work is counted in starts, nodes and rounds, never in seconds.

The same study gives the same plan on a quick and a slow machine, busy or quiet. The clock is a safety cap: where
it strikes, the plan says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effort:
    """Work that a search may do.

    Attributes
    ----------
    first_starts, starts
        Starts left open in the first and in the second restricted program, as a multiple of those that the
        relaxation uses; ``fewest_starts`` at least.
    first_plans
        The first restricted program ends when it has found so many plans, each better than the one before; 0:
        there is no first one.
    nodes
        Nodes of the branch-and-bound tree of the second restricted program; 0: no second one.
    small_nodes
        Nodes of a program that is small enough to be solved as it is.
    rows
        Rounds of cuts at the root of the full program for the bound; 0: the bound of the linear relaxation stands.
    leaves
        Parts into which all plans are split at most for the bound.
    rounds, failures
        Neighbourhoods that are decided again, and how many in a row may find nothing better.
    neighbourhood_starts
        Free starts of a neighbourhood, about.
    neighbourhood_nodes
        Nodes of each of their programs.
    cut_rounds
        Subproblems that are decided again where the windows do not fit into one program.
    """

    first_starts: float
    starts: float
    fewest_starts: int
    first_plans: int
    nodes: int
    small_nodes: int
    rows: int
    leaves: int
    rounds: int
    failures: int
    neighbourhood_starts: int
    neighbourhood_nodes: int
    cut_rounds: int


EFFORTS: dict[str, Effort] = {
    "quick": Effort(
        first_starts=1.5, starts=1.5, fewest_starts=60, first_plans=3, nodes=0, small_nodes=20, rows=0, leaves=1,
        rounds=0, failures=0, neighbourhood_starts=0, neighbourhood_nodes=0, cut_rounds=10,
    ),
    "normal": Effort(
        first_starts=0.0, starts=4.0, fewest_starts=200, first_plans=0, nodes=1, small_nodes=500, rows=14,
        leaves=3, rounds=0, failures=0, neighbourhood_starts=0, neighbourhood_nodes=0, cut_rounds=100,
    ),
    "thorough": Effort(
        first_starts=1.5, starts=6.0, fewest_starts=400, first_plans=3, nodes=200, small_nodes=20_000,
        rows=100_000, leaves=8, rounds=60, failures=20, neighbourhood_starts=60, neighbourhood_nodes=5,
        cut_rounds=400,
    ),
}  # fmt: skip


@dataclass
class Clock:
    """The safety cap on time: it decides nothing unless it strikes, and then the plan says so.

    Attributes
    ----------
    limit
        Seconds.
    struck
        Whether it has ended anything.
    """

    limit: float
    started: float = field(default_factory=time.perf_counter)
    struck: bool = False

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        """Seconds left, at least a little: a solver that is called at all must be able to end."""
        return max(self.limit - self.elapsed, 0.5)

    def up(self) -> bool:
        """Whether the time is up; from then on the clock has struck."""
        if self.elapsed >= self.limit:
            self.struck = True
        return self.struck
