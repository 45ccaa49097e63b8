"""The compiled loop of the cascade. Imported only when a cascade runs, because it loads numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from corridor.data.arrays import Flags, Floats, Ints, Shorts

#: Rows by customer and by supplier, members of markets: see :func:`run`.
Buys = tuple[Ints, Ints, Shorts, Floats, Shorts, Flags]
Sells = tuple[Ints, Shorts, Floats]
Markets = tuple[Ints, Ints, Ints, Floats]
#: One direction of a scenario: capacity left, level, shortage passed on; touched nodes as a list and as flags.
State = tuple[Floats, Floats, Floats, Ints, Flags]
#: Working arrays: nodes that changed, nodes to look at, round in which each was seen.
Scratch = tuple[Ints, Ints, Ints]

# A market that sells less than this cannot replace a supplier (the rule of the published code).
_NOTHING = 1e-10

Function = TypeVar("Function", bound=Callable[..., Any])


def _compiled(function: Function) -> Function:
    """Compile to run without the interpreter's lock; cache on disk if a cache folder is writable."""
    try:
        return cast(Function, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(Function, numba.njit(nogil=True)(function))


@_compiled
def _neighbours(
    nodes: Ints, count: int, start: Ints, neighbour: Shorts, seen: Ints, tick: int, found: Ints
) -> int:
    """Write the neighbours of the first `count` nodes into `found`, each once; return their number."""
    total = 0
    for position in range(count):
        for row in range(start[nodes[position]], start[nodes[position] + 1]):
            if seen[neighbour[row]] != tick:
                seen[neighbour[row]] = tick
                found[total] = neighbour[row]
                total += 1
    return total


@_compiled
def _still_sold(member: Ints, first: int, last: int, sales: Floats, level: Floats) -> float:
    """What the members of a market still sell."""
    total = 0.0
    for place in range(first, last):
        total += sales[member[place]] * level[member[place]]
    return total


@_compiled
def _inputs_left(
    first: int, last: int, supplier: Shorts, impact: Floats, sector: Shorts, essential: Flags, short: Floats
) -> float:
    """Output that a customer's inputs still allow, 0..1; rows of a sector are adjacent."""
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


@_compiled
def _touch(hit: Ints, is_hit: Flags, touched: int, node: int) -> int:
    """Record that a node is touched; return the number of touched nodes."""
    if not is_hit[node]:
        is_hit[node] = True
        hit[touched] = node
        touched += 1
    return touched


@_compiled
def _down(
    buys: Buys,
    sells: Sells,
    markets: Markets,
    sold: tuple[Ints, Floats],
    replaceable: bool,
    state: State,
    touched: int,
    scratch: Scratch,
    tick: int,
) -> tuple[int, float]:
    """One round downstream; returns the number of nodes touched so far and the largest fall."""
    buy_start, buy_end, supplier, impact, sector, essential = buys
    market, member_start, member, sales = markets
    summed, still = sold
    cap, level, short, hit, is_hit = state
    changed, look_at, seen = scratch
    changes = 0
    for position in range(touched):
        node = hit[position]
        lack = 1.0 - level[node]
        if replaceable:
            group = market[node]
            if summed[group] != tick:
                summed[group] = tick
                still[group] = _still_sold(member, member_start[group], member_start[group + 1], sales, level)
            if still[group] > _NOTHING:
                lack *= min(1.0, sales[node] / still[group])
        if lack != short[node]:
            short[node] = lack
            changed[changes] = node
            changes += 1
    everyone = changes > len(cap) // 8
    looks = len(cap)
    if not everyone:
        looks = _neighbours(changed, changes, sells[0], sells[1], seen, tick, look_at)
    drop = 0.0
    for position in range(looks):
        node = position if everyone else look_at[position]
        left = _inputs_left(buy_start[node], buy_end[node], supplier, impact, sector, essential, short)
        new = max(0.0, min(left, cap[node]))
        if new != level[node]:
            drop = max(drop, level[node] - new)
            level[node] = new
            touched = _touch(hit, is_hit, touched, node)
    return touched, drop


@_compiled
def _up(buys: Buys, sells: Sells, state: State, touched: int, scratch: Scratch, tick: int) -> tuple[int, float]:
    """One round upstream; returns the number of nodes touched so far and the largest fall."""
    sell_start, customer, sale = sells
    cap, level, short, hit, is_hit = state
    changed, look_at, seen = scratch
    changes = 0
    for position in range(touched):
        node = hit[position]
        if short[node] != 1.0 - level[node]:
            short[node] = 1.0 - level[node]
            changed[changes] = node
            changes += 1
    everyone = changes > len(cap) // 8
    looks = len(cap)
    if not everyone:
        looks = _neighbours(changed, changes, buys[0], buys[2], seen, tick, look_at)
    drop = 0.0
    for position in range(looks):
        node = position if everyone else look_at[position]
        lack = 0.0
        for row in range(sell_start[node], sell_start[node + 1]):
            lack += sale[row] * short[customer[row]]
        new = max(0.0, min(1.0 - lack, cap[node]))
        if new != level[node]:
            drop = max(drop, level[node] - new)
            level[node] = new
            touched = _touch(hit, is_hit, touched, node)
    return touched, drop


@_compiled
def _empty(nodes: int) -> State:
    """A direction in which nothing has happened."""
    touched = np.empty(nodes, np.int64)
    return np.ones(nodes), np.ones(nodes), np.zeros(nodes), touched, np.zeros(nodes, np.bool_)


@_compiled
def _clear(state: State, touched: int) -> None:
    """Reset the touched nodes after a scenario."""
    cap, level, short, hit, is_hit = state
    for position in range(touched):
        node = hit[position]
        cap[node] = level[node] = 1.0
        short[node] = 0.0
        is_hit[node] = False


@_compiled
def _weigh(
    weight: Floats, lower: State, lower_touched: int, upper: State, upper_touched: int, result: Floats
) -> None:
    """The index of a scenario: combined, downstream, upstream."""
    result[:] = 0.0
    for position in range(lower_touched):
        node = lower[3][position]
        result[0] += weight[node] * (1.0 - min(lower[1][node], upper[1][node]))
        result[1] += weight[node] * (1.0 - lower[1][node])
    for position in range(upper_touched):
        node = upper[3][position]
        result[2] += weight[node] * (1.0 - upper[1][node])
        if not lower[4][node]:
            result[0] += weight[node] * (1.0 - upper[1][node])


@_compiled
def run(
    buys: Buys,
    sells: Sells,
    markets: Markets,
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

    Only what can change is recomputed: a customer is visited when the shortage of one of its suppliers
    changed in the round before. Every other node would keep its value, so the result equals that of a pass over
    all nodes, bit for bit.

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
        Downstream, upstream, replaceability, tolerance, largest number of rounds.
    index
        Shape (scenarios, 3): combined, downstream, upstream.
    rounds
        Shape (scenarios,); negative if the last round still brought a fall above the tolerance.
    states
        Shape (scenarios, 2, nodes), or no scenarios if the states are not wanted.
    """
    shock_start, shock_node, shock_down, shock_up = shocks
    down, up, replaceable, tolerance, most_rounds = rules
    nodes, groups = len(weight), len(markets[1]) - 1
    lower, upper = _empty(nodes), _empty(nodes)
    scratch = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.zeros(nodes, np.int64)
    sold = np.zeros(groups, np.int64), np.zeros(groups)
    tick = 0
    for scenario in range(first, last):
        lower_touched, upper_touched = 0, 0
        for row in range(shock_start[scenario], shock_start[scenario + 1]):
            node = shock_node[row]
            lower[0][node] = lower[1][node] = shock_down[row]
            upper[0][node] = upper[1][node] = shock_up[row]
            lower_touched = _touch(lower[3], lower[4], lower_touched, node)
            upper_touched = _touch(upper[3], upper[4], upper_touched, node)
        done, drop = 0, np.inf
        while drop > tolerance and done < most_rounds:
            done += 1
            fall_down, fall_up = 0.0, 0.0
            if down:
                tick += 1
                lower_touched, fall_down = _down(
                    buys, sells, markets, sold, replaceable, lower, lower_touched, scratch, tick
                )
            if up:
                tick += 1
                upper_touched, fall_up = _up(buys, sells, upper, upper_touched, scratch, tick)
            drop = max(fall_down, fall_up)
        rounds[scenario] = done if drop <= tolerance else -done
        _weigh(weight, lower, lower_touched, upper, upper_touched, index[scenario])
        if len(states):
            states[scenario, 0, :] = lower[1]
            states[scenario, 1, :] = upper[1]
        _clear(lower, lower_touched)
        _clear(upper, upper_touched)
