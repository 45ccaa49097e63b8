"""The compiled heart of the cascade. Imported only when a cascade runs: it loads numba."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]

# A market that sells less than this has nothing to step in with (the rule of the published code).
_NOTHING = 1e-10


@numba.njit(nogil=True, cache=True)
def _neighbours(
    nodes: Ints, count: int, start: Ints, neighbour: Shorts, seen: Ints, tick: int, found: Ints
) -> int:
    """Write the neighbours of the first `count` nodes into `found`, each once; return how many they are."""
    total = 0
    for at in range(count):
        for row in range(start[nodes[at]], start[nodes[at] + 1]):
            if seen[neighbour[row]] != tick:
                seen[neighbour[row]] = tick
                found[total] = neighbour[row]
                total += 1
    return total


@numba.njit(nogil=True, cache=True)
def _still_sold(member: Ints, first: int, last: int, sales: Floats, level: Floats) -> float:
    """What the members of a market still sell."""
    total = 0.0
    for place in range(first, last):
        total += sales[member[place]] * level[member[place]]
    return total


@numba.njit(nogil=True, cache=True)
def _inputs_left(
    first: int, last: int, supplier: Shorts, impact: Floats, sector: Shorts, essential: Flags, short: Floats
) -> float:
    """What a customer can still make of its inputs: rows of a sector stand together."""
    worst, linear, lack, current = 0.0, 0.0, 0.0, -1
    leontief = False
    for row in range(first, last):
        if sector[row] != current:
            if leontief:
                worst = max(worst, lack)
            else:
                linear += lack
            lack, current, leontief = 0.0, sector[row], essential[row]
        lack += impact[row] * short[supplier[row]]
    if leontief:
        worst = max(worst, lack)
    else:
        linear += lack
    return 1.0 - max(worst, linear)


@numba.njit(nogil=True, cache=True)
def run(
    buys: tuple[Ints, Ints, Shorts, Floats, Shorts, Flags],
    sells: tuple[Ints, Shorts, Floats],
    markets: tuple[Ints, Ints, Ints, Floats],
    weight: Floats,
    shocks: tuple[Ints, Ints, Floats, Floats],
    rules: tuple[bool, bool, bool, float, int],
    first: int,
    last: int,
    index: Floats,
    rounds: Ints,
    states: Floats,
) -> None:
    """Run the scenarios ``first`` to ``last - 1`` and write their results into `index`, `rounds` and `states`.

    Only what can change is computed again: a customer is looked at when the shortage of one of its suppliers
    has changed in the round before. Every other node would get the value that it has, so the result is the
    same as that of a pass over all nodes, bit for bit.

    Parameters
    ----------
    buys
        Purchases by customer: start of each customer's rows, shape (nodes + 1,); end of those that matter
        downstream; supplier, downstream impact, sector of the supplier, essential or not, shape (edges,).
    sells
        Sales by supplier: start of each supplier's rows, customer, upstream impact.
    markets
        Market of each node, start of each market's members, the members, sales of each node.
    weight
        Weight of each node in the index; they sum to 1.
    shocks
        Start of each scenario's rows; node, remaining capacity downstream and upstream.
    rules
        Downstream, upstream, replaceability, tolerance, most rounds.
    index
        Shape (scenarios, 3): combined, downstream, upstream.
    rounds
        Shape (scenarios,).
    states
        Shape (scenarios, 2, nodes), or no scenarios if the states are not wanted.
    """
    buy_start, buy_end, supplier, impact, sector, essential = buys
    sell_start, customer, sale = sells
    market, member_start, member, sales = markets
    shock_start, shock_node, shock_down, shock_up = shocks
    down, up, replaceable, tolerance, most_rounds = rules
    nodes = len(weight)
    cap_down, cap_up = np.ones(nodes), np.ones(nodes)
    level_down, level_up = np.ones(nodes), np.ones(nodes)
    short_down, short_up = np.zeros(nodes), np.zeros(nodes)
    hit_down, hit_up = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    is_hit_down, is_hit_up = np.zeros(nodes, np.bool_), np.zeros(nodes, np.bool_)
    changed, look_at = np.empty(nodes, np.int64), np.empty(nodes, np.int64)
    seen, summed = np.zeros(nodes, np.int64), np.zeros(len(member_start) - 1, np.int64)
    sold = np.zeros(len(member_start) - 1)
    tick = 0
    for scenario in range(first, last):
        hits_down, hits_up = 0, 0
        for row in range(shock_start[scenario], shock_start[scenario + 1]):
            node = shock_node[row]
            cap_down[node] = level_down[node] = shock_down[row]
            cap_up[node] = level_up[node] = shock_up[row]
            if not is_hit_down[node]:
                is_hit_down[node] = True
                hit_down[hits_down] = node
                hits_down += 1
            if not is_hit_up[node]:
                is_hit_up[node] = True
                hit_up[hits_up] = node
                hits_up += 1
        done = 0
        while done < most_rounds:
            done += 1
            drop = 0.0
            if down:
                tick += 1
                changes = 0
                for at in range(hits_down):
                    node = hit_down[at]
                    short = 1.0 - level_down[node]
                    if replaceable:
                        group = market[node]
                        if summed[group] != tick:
                            summed[group] = tick
                            sold[group] = _still_sold(
                                member, member_start[group], member_start[group + 1], sales, level_down
                            )
                        if sold[group] > _NOTHING:
                            short *= min(1.0, sales[node] / sold[group])
                    if short != short_down[node]:
                        short_down[node] = short
                        changed[changes] = node
                        changes += 1
                everyone = changes > nodes // 8
                looks = nodes
                if not everyone:
                    looks = _neighbours(changed, changes, sell_start, customer, seen, tick, look_at)
                for at in range(looks):
                    node = at if everyone else look_at[at]
                    left = _inputs_left(
                        buy_start[node], buy_end[node], supplier, impact, sector, essential, short_down
                    )
                    level = max(0.0, min(left, cap_down[node]))
                    drop = max(drop, level_down[node] - level)
                    if level != level_down[node]:
                        level_down[node] = level
                        if not is_hit_down[node]:
                            is_hit_down[node] = True
                            hit_down[hits_down] = node
                            hits_down += 1
            if up:
                tick += 1
                changes = 0
                for at in range(hits_up):
                    node = hit_up[at]
                    if short_up[node] != 1.0 - level_up[node]:
                        short_up[node] = 1.0 - level_up[node]
                        changed[changes] = node
                        changes += 1
                everyone = changes > nodes // 8
                looks = nodes
                if not everyone:
                    looks = _neighbours(changed, changes, buy_start, supplier, seen, tick, look_at)
                for at in range(looks):
                    node = at if everyone else look_at[at]
                    lack = 0.0
                    for row in range(sell_start[node], sell_start[node + 1]):
                        lack += sale[row] * short_up[customer[row]]
                    level = max(0.0, min(1.0 - lack, cap_up[node]))
                    drop = max(drop, level_up[node] - level)
                    if level != level_up[node]:
                        level_up[node] = level
                        if not is_hit_up[node]:
                            is_hit_up[node] = True
                            hit_up[hits_up] = node
                            hits_up += 1
            if drop <= tolerance:
                break
        rounds[scenario] = done
        both, only_down, only_up = 0.0, 0.0, 0.0
        for at in range(hits_down):
            node = hit_down[at]
            only_down += weight[node] * (1.0 - level_down[node])
            both += weight[node] * (1.0 - min(level_down[node], level_up[node]))
        for at in range(hits_up):
            node = hit_up[at]
            only_up += weight[node] * (1.0 - level_up[node])
            if not is_hit_down[node]:
                both += weight[node] * (1.0 - level_up[node])
        index[scenario, 0], index[scenario, 1], index[scenario, 2] = both, only_down, only_up
        if len(states):
            states[scenario, 0, :] = level_down
            states[scenario, 1, :] = level_up
        for at in range(hits_down):
            node = hit_down[at]
            cap_down[node] = level_down[node] = 1.0
            short_down[node] = 0.0
            is_hit_down[node] = False
        for at in range(hits_up):
            node = hit_up[at]
            cap_up[node] = level_up[node] = 1.0
            short_up[node] = 0.0
            is_hit_up[node] = False
