"""Synthetic chains from ore to product: stages, sectors, and which component goes into which."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints

#: Stage -> fraction of all components, mean share of the target in world output, median price (US$/unit).
STAGE_MIX: dict[str, tuple[float, float, float]] = {
    "mined": (0.22, 0.50, 500.0),
    "refined": (0.20, 0.68, 1_500.0),
    "material": (0.17, 0.62, 3_000.0),
    "intermediate": (0.14, 0.55, 6_000.0),
    "part": (0.12, 0.62, 12_000.0),
    "module": (0.09, 0.45, 25_000.0),
    "product": (0.06, 0.40, 50_000.0),
}
_LINKS_DOWN, _OWN_SECTOR, _DRAWS = 0.7, 0.8, 14


def stages(size: int) -> Ints:
    """Stage (position in ``STAGE_MIX``) of each component, rising; every stage has one, shape (size,)."""
    fraction = np.array([row[0] for row in STAGE_MIX.values()])
    edges = np.rint(np.cumsum(fraction) / fraction.sum() * (size - len(fraction))).astype(int)
    return np.repeat(np.arange(len(fraction)), 1 + np.diff(edges, prepend=0))


def sectors(stage: Ints, most: int) -> Ints:
    """Sector (position among `most` or fewer) of each component: dealt in turn within its stage."""
    count = int(np.clip(len(stage) // 14, 1, most))
    return (np.arange(len(stage)) - np.searchsorted(stage, stage)) % count


def recipes(rng: np.random.Generator, stage: Ints, sector: Ints) -> pd.DataFrame:
    """Links ``output, input`` (positions) with their value shares; every component below a product has a user."""
    size, top = len(stage), len(STAGE_MIX) - 1
    users = np.flatnonzero(stage > 0)
    groups = _Groups(stage, sector, rng.pareto(1.2, size) + 1.0)
    # First a user for every component, one stage up, dealt in turn so that none has too many.
    below = rng.permutation(np.flatnonzero(stage < top))
    assigned = pd.DataFrame(
        {"output": groups.in_turn(stage[below] + 1, sector[below]), "input": below, "order": -1}
    )
    # Then draws by popularity; a draw from an empty group (few components) is left out.
    output = np.repeat(users, _DRAWS)
    down = np.minimum(rng.geometric(_LINKS_DOWN, len(output)), stage[output])
    own = rng.random(len(output)) < _OWN_SECTOR
    other = rng.integers(0, sector.max() + 1, len(output))
    picked = groups.pick(rng.random(len(output)), stage[output] - down, np.where(own, sector[output], other))
    drawn = pd.DataFrame({"output": output, "input": picked, "order": np.tile(np.arange(_DRAWS), len(users))})
    links = pd.concat([assigned, drawn[drawn["input"] >= 0]]).sort_values(["output", "order"], kind="stable")
    links = links.drop_duplicates(["output", "input"])
    wanted = rng.integers(2, 6, size)[links["output"]]
    links = links[(links.groupby("output").cumcount() < wanted) | (links["order"] < 0)]
    links = links.sort_values(["output", "input"], ignore_index=True)
    weight = rng.gamma(1.5, 1.0, len(links)) + 0.02
    output = links["output"].to_numpy()
    total = np.bincount(output, weight, size)[output]
    share = weight / total * rng.uniform(0.3, 0.8, size)[output]
    return pd.DataFrame(
        {
            "output": output,
            "input": links["input"].to_numpy(),
            "route": "main",
            "purpose": "run",
            "value_share": share,
            "essential": rng.random(len(links)) >= 0.3,
            "route_share": 1.0,
        }
    )


def sellable(recipes: pd.DataFrame, final: Floats, home: Floats) -> Floats:
    """What makers in India could sell in a year, US$ M, shape (components,).

    Parameters
    ----------
    final
        Final needs that they could serve, US$ M.
    home
        Fraction of each need that could be made at home, and so needs inputs there.
    """
    output, share = recipes["output"].to_numpy(), recipes["value_share"].to_numpy()
    need = final
    for _ in STAGE_MIX:
        used = share * home[output] * need[output]
        need = final + np.bincount(recipes["input"], used, len(final))
    return need


class _Groups:
    """Components grouped by (stage, sector), to draw by weight or in turn."""

    def __init__(self, stage: Ints, sector: Ints, weight: Floats) -> None:
        self.sectors = int(sector.max()) + 1
        key = stage * self.sectors + sector
        self.order = np.argsort(key, kind="stable")
        count = np.bincount(key, minlength=len(STAGE_MIX) * self.sectors)
        self.end = np.cumsum(count)
        self.start = self.end - count
        self.total = np.r_[0.0, np.cumsum(weight[self.order])]

    def pick(self, uniform: Floats, stage: Ints, sector: Ints) -> Ints:
        """Component of a group by weight, `uniform` drawn in 0..1; -1 if the group is empty."""
        key = stage * self.sectors + sector
        low, high = self.total[self.start[key]], self.total[self.end[key]]
        found = np.searchsorted(self.total, low + uniform * (high - low), side="right") - 1
        found = np.clip(found, self.start[key], np.maximum(self.end[key] - 1, self.start[key]))
        return np.where(high > low, self.order[np.minimum(found, len(self.order) - 1)], -1)

    def in_turn(self, stage: Ints, sector: Ints) -> Ints:
        """Members of each row's group, dealt in turn; members of the whole stage if the group is empty."""
        key = stage * self.sectors + sector
        empty = self.end[key] == self.start[key]
        first = np.where(empty, self.start[stage * self.sectors], self.start[key])
        last = np.where(empty, self.end[(stage + 1) * self.sectors - 1], self.end[key])
        turn = pd.Series(first).groupby([first, last]).cumcount().to_numpy()
        return np.asarray(self.order[first + turn % (last - first)], np.int64)
