"""Leave out of a decision what avoids no loss: a search that stops within a gap may have bought it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from corridor.relocation.model.goals import TIE_BREAK
from corridor.relocation.model.problem import Problem
from corridor.relocation.result.decision import Decision, cost_of, link_values, plants_worth
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.site_assignment import keeps_all

#: Most candidates tried, most expensive first.
_MOST = 30


def prune(problem: Problem, recourse: Recourse, decision: Decision) -> Decision:
    """The decision without those plants, second sources and stocks that avoid no loss.

    Left out is what costs money and avoids less than ``TIE_BREAK`` times its cost: the program
    solved to the end would leave it out too. The losses are convex in what the windows see, so what
    the slopes value above that needs no trial; the others are tried, and the reduced decision is checked against
    all limits.

    Returns
    -------
    Decision
        The same, or a cheaper one of the same loss.
    """
    decision = replace(decision, chosen=decision.chosen.reset_index(drop=True))
    links = link_values(problem, decision)
    slope = np.zeros(len(links))
    loss = 0.0
    for window, (value, seen, tangent) in zip(recourse.windows, recourse.tangents(links), strict=True):
        probability = problem.windows.probability[window]
        loss += probability * value
        np.add.at(slope, seen, probability * tangent)
    for less in _candidates(problem, recourse, decision, slope):
        fewer = _without(decision, less)
        saved = cost_of(problem, decision) - cost_of(problem, fewer)
        more = expected(problem, recourse.loss(link_values(problem, fewer))) - loss
        if saved > 0 and more <= TIE_BREAK * saved and keeps_all(problem, fewer):
            decision, loss = fewer, loss + more
    return replace(decision, chosen=decision.chosen.reset_index(drop=True))


def _candidates(
    problem: Problem, recourse: Recourse, decision: Decision, slope: np.ndarray
) -> list[tuple[str, int]]:
    """What may be worth nothing, most expensive first: (kind, row); rows of plants are those of `decision`."""
    opened, second = len(recourse.opened), len(problem.second)
    worth = {
        "plant": -plants_worth(problem, decision.chosen, slope),
        "second": -slope[opened : opened + second],
        "stock": -slope[opened + second :] * decision.stock,
    }
    cost = {
        "plant": decision.chosen["cost"].to_numpy(float),
        "second": problem.second["cost"].to_numpy(float) * decision.second,
        "stock": problem.stores["cost"].to_numpy(float) * decision.stock,
    }
    found = [
        (float(cost[kind][row]), kind, int(row))
        for kind in worth
        for row in np.flatnonzero((cost[kind] > 0) & (worth[kind] <= TIE_BREAK * cost[kind]))
    ]
    return [(kind, row) for _, kind, row in sorted(found, key=lambda one: (-one[0], one[1], one[2]))[:_MOST]]


def _without(decision: Decision, less: tuple[str, int]) -> Decision:
    kind, row = less
    if kind == "plant":
        # Rows keep their labels, so that those found before still name the same plants.
        return replace(decision, chosen=decision.chosen.drop(index=row, errors="ignore"))
    if kind == "second":
        second = decision.second.copy()
        second[row] = False
        return replace(decision, second=second)
    stock = decision.stock.copy()
    stock[row] = 0.0
    return replace(decision, stock=stock)
