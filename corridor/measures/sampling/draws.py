"""Tables drawn at random from the ranges of their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.data.checks.rules import RANGES
from corridor.data.frames import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.figures import Figures

METHODS = ("random", "latin hypercube", "sobol")
#: Draws made at once: few, to keep arrays small; a power of 2, because Sobol points are balanced then.
BLOCK = 64
_MOST_SOBOL = 21_201  # dimensions that scipy has direction numbers for


class Sampler:
    """Random levels of all dimensions in blocks of draws; a block depends only on seed, method and its number.

    Parameters
    ----------
    figures
        The figures that are drawn.
    seed
        Integer; the same seed gives the same draws.
    method
        ``random``; ``latin hypercube`` (stratified within each block); ``sobol`` (scrambled, Owen 1998), whose
        means are balanced over a power of 2 of draws.
    correlation
        Between figures of one table and source (and origin, if they are shares): correlation of normal scores
        (a Gaussian copula). 0: errors are independent; 1: all errors of a source are the same.

    Raises
    ------
    ConfigError
        If an option is invalid.
    """

    def __init__(self, figures: Figures, seed: int = 0, method: str = "random", correlation: float = 0.0) -> None:
        faults = []
        if method not in METHODS:
            faults.append(f"method '{method}' is not one of {', '.join(METHODS)}")
        if not 0.0 <= correlation <= 1.0:
            faults.append(f"correlation {correlation:g} must be between 0 and 1")
        if seed < 0:
            faults.append(f"seed {seed} must be 0 or more")
        drawn = figures.rows[figures.rows["dimension"] >= 0]
        group, names = pd.factorize(drawn["table"] + "\0" + drawn["source"] + "\0" + drawn["origin"].fillna(""))
        self.group, self.seed, self.method, self.correlation = group, seed, method, correlation
        self.dimensions = len(drawn)
        self._all = self.dimensions + (len(names) if correlation > 0 else 0)
        if method == "sobol" and self._all > _MOST_SOBOL:
            faults.append(
                f"method 'sobol' takes at most {_MOST_SOBOL:,} figures, and {self._all:,} are drawn: "
                "use 'latin hypercube'"
            )
        if faults:
            raise ConfigError("draws: " + "; ".join(faults) + ".")

    def block(self, number: int, count: int = BLOCK) -> Floats:
        """Levels of a block's draws, shape (count, dimensions)."""
        from scipy.special import ndtr, ndtri
        from scipy.stats import qmc

        if self._all == 0:
            return np.zeros((count, 0))
        rng = np.random.default_rng([self.seed, number])
        levels: Floats
        if self.method == "random":
            levels = rng.random((count, self._all))
        elif self.method == "latin hypercube":
            levels = qmc.LatinHypercube(self._all, seed=rng).random(count)
        else:
            points = qmc.Sobol(self._all, seed=np.random.default_rng(self.seed))
            if number:
                points.fast_forward(number * BLOCK)
            levels = points.random(BLOCK)[:count]
        own = levels[:, : self.dimensions]
        if self.correlation <= 0:
            return own
        shared = levels[:, self.dimensions :][:, self.group]
        bounds = np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg
        score = np.sqrt(self.correlation) * ndtri(np.clip(shared, *bounds)) + np.sqrt(
            1.0 - self.correlation
        ) * ndtri(np.clip(own, *bounds))
        together: Floats = ndtr(score)
        return together


def blocks(count: int) -> list[tuple[int, int]]:
    """Number and size of each block for a count of draws."""
    return [(number, min(BLOCK, count - number * BLOCK)) for number in range(-(-count // BLOCK))]


def draw_tables(
    tables: Tables,
    n: int,
    *,
    seed: int = 0,
    method: str = "random",
    shape: str = "triangular",
    correlation: float = 0.0,
    names: Sequence[str] | None = None,
) -> Iterator[Tables]:
    """Tables with figures drawn from their ranges; everything else is unchanged.

    Parameters
    ----------
    tables
        Tables with ranges (``low, high`` or the like). Figures without a range are certain.
    n
        Number of draws.
    seed, method, correlation
        As in :class:`Sampler`.
    shape
        ``triangular`` with its peak at the stated value, or ``uniform``.
    names
        Tables to draw; all that have ranges if left out.

    Yields
    ------
    Tables
        Drawn figures have low = high = value. Sums of shares are kept as in :meth:`Figures.values_at`.

    Raises
    ------
    ConfigError
        If an option is invalid.
    """
    figures = Figures.of(tables, names)
    sampler = Sampler(figures, seed, method, correlation)
    for number, count in blocks(n):
        values = figures.values_at(sampler.block(number, count), shape)
        for draw in range(count):
            yield with_values(tables, figures, values[:, draw])


def with_values(tables: Tables, figures: Figures, values: Floats) -> Tables:
    """Tables with figures replaced by `values`, shape (figures,); a drawn figure has no range any more."""
    ends = {(table, column): (low, high) for table, column, low, high, _ in RANGES}
    frames: dict[str, pd.DataFrame] = {}
    changed = figures.rows.assign(value=values)[values != figures.value]
    for (table, column), rows in changed.groupby(["table", "column"], sort=False):
        frame = frames.get(table, tables[table])
        row, value = rows["row"].to_numpy(), rows["value"].to_numpy(float)
        new = {}
        for name in (column, *ends[table, column]):
            cells = frame[name].to_numpy(float, copy=True)
            cells[row] = value
            new[name] = cells
        frames[table] = frame.assign(**new)
    return tables.replace(**frames)
