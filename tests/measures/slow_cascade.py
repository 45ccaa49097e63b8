"""The cascade written out as it is published: dense matrices, every node and sector in every round."""

from __future__ import annotations

import numpy as np


def slow_cascade(
    value: np.ndarray,
    sector: np.ndarray,
    kind: np.ndarray,
    psi: np.ndarray,
    *,
    replaceability: bool = True,
    direction: str = "both",
    tolerance: float = 1e-2,
    max_rounds: int = 1_000_000,
    revenue: np.ndarray | None = None,
    cost: np.ndarray | None = None,
    market: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> tuple[float, float, float, int, np.ndarray, np.ndarray]:
    """Index (combined, downstream, upstream), rounds and levels of one shock.

    value[i, j] is what i sells to j, kind[k, l] is 2, 1 or 0 for input sector k of output sector l, psi[i] the
    capacity left. Sectors are numbered from 0.
    """
    nodes, sectors = len(sector), kind.shape[0]
    sales, purchases = value.sum(axis=1), value.sum(axis=0)
    market = sector if market is None else market
    weight = sales if weight is None else weight
    in_sector = sector[:, None] == np.arange(sectors)
    kinds = kind[sector[:, None], sector[None, :]]
    from_sector = in_sector @ (in_sector.T @ value)
    over = np.where(kinds == 2, from_sector, np.broadcast_to(purchases, value.shape))
    down_impact = np.where((kinds > 0) & (value > 0), value / np.where(over > 0, over, 1), 0.0)
    if cost is not None:
        down_impact = down_impact * (purchases / cost)
    over = sales if revenue is None else revenue
    up_impact = value / np.where(over > 0, over, 1.0)[:, None]
    down, up = psi.copy(), psi.copy()
    of_kind = kind[:, sector].T  # row j: kind of each input sector for node j
    rounds = 0
    while True:
        rounds += 1
        still = np.bincount(market, sales * down)[market]
        sigma = np.where(still > 1e-10, np.minimum(1, sales / np.where(still > 1e-10, still, 1)), 1.0)
        if not replaceability:
            sigma = np.ones(nodes)
        inputs = 1 - down_impact.T @ (in_sector * (sigma * (1 - down))[:, None])
        leontief = np.where(of_kind == 2, inputs, 1.0).min(axis=1, initial=1.0)
        linear = 1 - np.where(of_kind == 1, 1 - inputs, 0.0).sum(axis=1)
        new_down = np.maximum(0, np.minimum(np.minimum(leontief, linear), psi))
        new_up = np.maximum(0, np.minimum(1 - up_impact @ (1 - up), psi))
        if direction == "down":
            new_up = np.ones(nodes)
            up = new_up
        if direction == "up":
            new_down = np.ones(nodes)
            down = new_down
        fall = max((down - new_down).max(), (up - new_up).max())
        down, up = new_down, new_up
        if fall <= tolerance or rounds == max_rounds:
            break
    share = weight / weight.sum() if weight.sum() else weight
    return (
        float(share @ (1 - np.minimum(down, up))),
        float(share @ (1 - down)),
        float(share @ (1 - up)),
        rounds,
        down,
        up,
    )
