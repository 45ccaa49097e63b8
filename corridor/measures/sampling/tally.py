"""Means and quantiles of many draws without storing them."""

from __future__ import annotations

import numpy as np

from corridor.data.arrays import Floats


class Tally:
    """Running mean, deviation and quantiles of many series at once; memory does not grow with the draws.

    Parameters
    ----------
    shape
        Shape of one draw.
    low, high, bins
        Quantiles are counted in bins of equal width; a value beyond an end is counted in the bin at that end.
        The error of a quantile is less than a bin, and 0 if all draws are the same.
    """

    def __init__(self, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0, bins: int = 500) -> None:
        self.shape, self.low, self.high, self.bins = shape, low, high, bins
        size = int(np.prod(shape))
        self.draws = 0
        self._mean, self._square = np.zeros(size), np.zeros(size)
        self._least, self._most = np.full(size, np.inf), np.full(size, -np.inf)
        self._counts = np.zeros((size, bins), dtype=np.int32)

    def add(self, values: Floats) -> None:
        """Count draws, shape (*shape, draws)."""
        series = values.reshape(-1, values.shape[-1])
        draws = series.shape[-1]
        mean = series.mean(axis=1)
        self._join(draws, mean, ((series - mean[:, None]) ** 2).sum(axis=1))
        np.minimum(self._least, series.min(axis=1), out=self._least)
        np.maximum(self._most, series.max(axis=1), out=self._most)
        bins = ((series - self.low) * (self.bins / (self.high - self.low))).astype(np.int64)
        np.clip(bins, 0, self.bins - 1, out=bins)
        np.add.at(self._counts, (np.arange(len(series))[:, None], bins), 1)

    def merge(self, other: Tally) -> None:
        """Count the draws of another tally of the same shape and bins."""
        self._join(other.draws, other._mean, other._square)
        np.minimum(self._least, other._least, out=self._least)
        np.maximum(self._most, other._most, out=self._most)
        self._counts += other._counts

    def _join(self, draws: int, mean: Floats, square: Floats) -> None:
        """Combine means and squared deviations of two sets (Chan, Golub & LeVeque 1983) without loss of digits."""
        total = self.draws + draws
        if not draws:
            return
        step = mean - self._mean
        self._square += square + step**2 * (self.draws * draws / total)
        self._mean += step * (draws / total)
        self.draws = total

    @property
    def mean(self) -> Floats:
        """Mean, shape `shape`."""
        return self._mean.reshape(self.shape)

    @property
    def deviation(self) -> Floats:
        """Standard deviation of the draws, shape `shape`; 0 for a single draw."""
        deviation: Floats = np.sqrt(self._square / max(self.draws - 1, 1)).reshape(self.shape)
        return deviation

    def quantile(self, fraction: float) -> Floats:
        """Value that a fraction of the draws does not exceed, shape `shape`."""
        counted = np.cumsum(self._counts, axis=1)
        wanted = fraction * self.draws
        bin_index = np.minimum((counted < wanted).sum(axis=1), self.bins - 1)
        row = np.arange(len(counted))
        inside = self._counts[row, bin_index]
        before = counted[row, bin_index] - inside
        into_bin = (wanted - before) / np.where(inside > 0, inside, 1)
        value = self.low + (bin_index + np.clip(into_bin, 0.0, 1.0)) * ((self.high - self.low) / self.bins)
        inside_all: Floats = np.clip(value, self._least, self._most).reshape(self.shape)
        return inside_all

    def fraction_up_to(self, value: float) -> Floats:
        """Fraction of the draws in the bins below `value`, which should be a border of two bins; shape `shape`."""
        bins = round((value - self.low) * self.bins / (self.high - self.low))
        fraction: Floats = (self._counts[:, :bins].sum(axis=1) / max(self.draws, 1)).reshape(self.shape)
        return fraction
