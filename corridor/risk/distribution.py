"""Distribution of the loss in a window, by Monte Carlo: which denials happen, when, how hard and how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.draws import BLOCK, Sampler, blocks
from corridor.measures.sampling.figures import SHAPES, Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.parallel import each
from corridor.risk.model import Circumstances, Events, LossModel

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_QUANTILE_NAMES = ("q05", "q25", "q50", "q75", "q90", "q95", "q99")
_TAILS = (0.9, 0.95, 0.99)
_TAIL_NAMES = ("cvar_90", "cvar_95", "cvar_99")
#: Probabilities in the exceedance curve.
_EXCEEDED = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
_TWO_SIDED = 1.959963984540054  # quantile of the normal distribution for 95 percent
_DENIALS = 1  # with the block's number: random stream of the denials


@dataclass(frozen=True, eq=False)
class LossDistribution:
    """Loss in a window over scenarios, US$ million of the base year, neither discounted nor weighted by market.

    Attributes
    ----------
    losses
        Per market and sector (``all`` for sums): ``mean``, ``mean_low, mean_high`` (95 percent confidence interval
        of the mean), ``deviation``, ``no_loss`` (fraction of scenarios without loss), quantiles ``q05`` to
        ``q99``, ``cvar_90, cvar_95, cvar_99`` (mean of the worst tenth, twentieth, hundredth), ``most``.
    exceedance
        ``market, probability, loss_usd_m``: the loss that is exceeded with that probability.
    denials
        ``denial, probability, happened`` (fraction of scenarios), ``alone_usd_m`` (its loss if it alone starts
        with the window, at the stated figures), ``loss_usd_m`` (its contribution to the mean loss of all markets),
        ``share``.
    convergence
        ``scenarios, mean, mean_low, mean_high, cvar_95`` of all markets after growing numbers of scenarios.
    scenarios, months, seed
        Options of the run.
    """

    losses: pd.DataFrame
    exceedance: pd.DataFrame
    denials: pd.DataFrame
    convergence: pd.DataFrame
    scenarios: int
    months: int
    seed: int


def loss_distribution(
    tables: Tables,
    study: Study,
    *,
    scenarios: int = 10_000,
    months: int = 12,
    seed: int = 0,
    year: int | None = None,
    cut: tuple[float, float] = (0.75, 1.25),
    length: tuple[float, float] = (0.5, 1.5),
    shape: str = "triangular",
    correlation: float = 0.0,
    draw_data: bool = True,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LossDistribution:
    """Distribution of the loss without a plan in a window of some months, by Monte Carlo.

    In each scenario every denial of the study happens independently with its own probability and starts at a
    uniformly drawn time within the window; its length and the fraction withheld are the study's times a factor,
    triangular around 1; the tables are drawn from the ranges of their figures. Losses after the window are not
    counted. Losses spread month by month (:meth:`~corridor.risk.model.LossModel.losses`). The study gives every
    denial its own year; here all can start in the same window.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives denials, markets and settings. If a plan is applied to the tables, its
        shares of origins count, but not its stocks or the spare capacity of its plants.
    scenarios
        Number of scenarios. Memory is a small constant plus 4 bytes per scenario, market and sector.
    months
        Length of the window.
    seed
        The same seed gives the same scenarios for any number of workers; a run with more scenarios begins with
        the same ones.
    year
        Year of the needs; the mean start of the denials, weighted by probability, if left out.
    cut, length
        Smallest and largest factor on the fraction withheld and on the length; (1, 1) uses the study's values.
        The defaults are our judgement: the study states no ranges.
    shape, correlation
        How tables are drawn: :func:`~corridor.measures.sampling.draws.draw_tables`.
    draw_data
        False: only denials are drawn, tables stay fixed.
    workers
        Threads; as many as processors if left out.
    progress
        Called with scenarios done and all scenarios.

    Returns
    -------
    LossDistribution

    Raises
    ------
    ConfigError
        If an option is out of range, the study has no denials, or a market no sourcing.
    DataError
        If a component needs itself, directly or through others.
    """
    _check(scenarios, months, shape, cut, length)
    figures = Figures.of(tables, TABLES if draw_data else [])
    model = LossModel.of(tables, study, figures)
    sampler = Sampler(figures, seed, "random", correlation)
    under = Circumstances.of(study, mean_start(study) if year is None else year)
    curves = alone(model, months, under)
    losses = np.zeros((scenarios, len(model.markets), len(model.sectors)), dtype=np.float32)
    by_denial = np.zeros((len(blocks(scenarios)), 2, len(study.denials)))

    def block(item: tuple[int, int]) -> int:
        number, count = item
        events = draw_events(study, number, count, months, seed, cut, length)
        values = figures.values_at(sampler.block(number, count), shape)
        lost = model.losses(values, events, months, under).sum(axis=0)
        first = number * BLOCK
        losses[first : first + count] = np.moveaxis(lost, -1, 0)
        happened = events.end > events.start
        by_denial[number] = happened.sum(axis=1), _split(curves, events, lost.sum(axis=(0, 1))).sum(axis=1)
        return count

    done = 0
    items = blocks(scenarios)
    for number, _ in each(block, items, workers=workers, threads=True):
        done += items[number][1]
        if progress is not None:
            progress(done, scenarios)
    happened, blamed = by_denial.sum(axis=0) / scenarios
    return LossDistribution(
        _losses(model, losses),
        _exceedance(model, losses),
        _denials(study, happened, curves[:, -1], blamed),
        _convergence(losses),
        scenarios,
        months,
        seed,
    )


def draw_events(
    study: Study,
    block: int,
    count: int,
    months: int,
    seed: int,
    cut: tuple[float, float] = (0.75, 1.25),
    length: tuple[float, float] = (0.5, 1.5),
) -> Events:
    """Denials of a block of scenarios; parameters as in :func:`loss_distribution`."""
    rng = np.random.default_rng([seed, block, _DENIALS])
    denials = study.denials
    # Drawn scenario by scenario, so that a shorter block has the first scenarios of a longer one.
    levels = rng.random((count, 4, len(denials))).transpose(1, 2, 0)
    happens = levels[0] < np.array([denial.probability for denial in denials])[:, None]
    start = levels[1] * months
    lasts = np.array([denial.months for denial in denials])[:, None] * _factor(levels[2], length)
    return Events(start, start + np.where(happens, lasts, 0.0), _factor(levels[3], cut))


def alone(model: LossModel, months: int, under: Circumstances) -> Floats:
    """Cumulative loss of each denial alone, at the stated figures, if it starts with the window.

    Returns
    -------
    numpy.ndarray
        US$ M of all markets up to the end of each month, shape (denials, months + 1).
    """
    count = len(model.study.denials)
    values = np.repeat(model.figures.value[:, None], count, axis=1)
    lasts = np.diag([denial.months for denial in model.study.denials])
    events = Events(np.zeros((count, count)), lasts.astype(float), np.ones((count, count)))
    lost = model.losses(values, events, months, under).sum(axis=(1, 2))
    return np.concatenate([np.zeros((1, count)), np.cumsum(lost, axis=0)]).T


def mean_start(study: Study) -> float:
    """Mean start year of the study's denials, weighted by their probability."""
    weight = np.array([denial.probability for denial in study.denials])
    return float(np.average([denial.start for denial in study.denials], weights=weight))


def tail_means(losses: Floats, tails: tuple[float, ...] = _TAILS) -> Floats:
    """Mean of the worst 1 - tail of equally likely losses (Rockafellar & Uryasev 2000), shape (tails,)."""
    ordered = np.sort(losses)[::-1]
    out = []
    for tail in tails:
        many = (1.0 - tail) * len(ordered)
        weight = np.clip(many - np.arange(len(ordered)), 0.0, 1.0)
        out.append(float(weight @ ordered) / many)
    return np.array(out)


def _check(scenarios: int, months: int, shape: str, cut: tuple[float, float], length: tuple[float, float]) -> None:
    faults = []
    if scenarios < 1:
        faults.append(f"scenarios {scenarios} must be 1 or more")
    if not 1 <= months <= 120:
        faults.append(f"months {months} must be between 1 and 120")
    if shape not in SHAPES:
        faults.append(f"shape '{shape}' is not one of {', '.join(SHAPES)}")
    for name, (low, high) in (("cut", cut), ("length", length)):
        if not 0.0 <= low <= 1.0 <= high < np.inf:
            faults.append(f"{name} ({low:g}, {high:g}): wanted 0 <= low <= 1 <= high")
    if faults:
        raise ConfigError("loss distribution: " + "; ".join(faults) + ".")


def _factor(level: Floats, ends: tuple[float, float]) -> Floats:
    """Factor at a level of a triangular distribution that peaks at 1."""
    low, high = ends
    width = high - low
    rising = low + np.sqrt(level * width * (1.0 - low))
    falling = high - np.sqrt((1.0 - level) * width * (high - 1.0))
    factor: Floats = np.where(level * width < 1.0 - low, rising, falling)
    return factor


def _split(curves: Floats, events: Events, lost: Floats) -> Floats:
    """Each scenario's loss split over its denials, in proportion to the loss of each alone in its time inside.

    A denial alone may lose nothing because of stocks; if all lose nothing, the months inside decide.
    """
    months = curves.shape[1] - 1
    inside = np.clip(np.minimum(events.end, months) - events.start, 0.0, None)
    full_months = np.clip(inside.astype(int), 0, months - 1)
    row: Ints = np.arange(len(curves))[:, None]
    below, above = curves[row, full_months], curves[row, full_months + 1]
    weight = (below + (inside - full_months) * (above - below)) * events.cut
    none = weight.sum(axis=0) <= 0
    weight = np.where(none, inside, weight)
    total = weight.sum(axis=0)
    split: Floats = weight * (lost / np.where(total > 0, total, 1.0))
    return split


def _losses(model: LossModel, losses: np.ndarray) -> pd.DataFrame:
    every = [
        (market, sector)
        for market in [*range(len(model.markets)), None]
        for sector in [*range(len(model.sectors)), None]
    ]
    rows = []
    for market, sector in every:
        chosen = losses[:, slice(None) if market is None else [market]]
        chosen = chosen[:, :, slice(None) if sector is None else [sector]]
        series = chosen.sum(axis=(1, 2), dtype=float)
        mean, error = float(series.mean()), _error(series)
        rows.append(
            {
                "market": "all" if market is None else model.markets[market],
                "sector": "all" if sector is None else model.sectors[sector],
                "mean": mean,
                "mean_low": mean - error,
                "mean_high": mean + error,
                "deviation": float(series.std(ddof=min(1, len(series) - 1))),
                "no_loss": float((series <= 0).mean()),
                **dict(zip(_QUANTILE_NAMES, np.quantile(series, _QUANTILES).tolist(), strict=True)),
                **dict(zip(_TAIL_NAMES, tail_means(series).tolist(), strict=True)),
                "most": float(series.max()),
            }
        )
    return pd.DataFrame(rows)


def _error(series: Floats) -> float:
    """Half the width of the 95 percent confidence interval of a mean."""
    return float(_TWO_SIDED * series.std(ddof=min(1, len(series) - 1)) / np.sqrt(len(series)))


def _exceedance(model: LossModel, losses: np.ndarray) -> pd.DataFrame:
    frames = []
    for index, market in enumerate([*model.markets, "all"]):
        chosen = losses if market == "all" else losses[:, [index]]
        series = chosen.sum(axis=(1, 2), dtype=float)
        known = [p for p in _EXCEEDED if p * len(series) >= 1.0]
        frames.append(
            pd.DataFrame(
                {"market": market, "probability": known, "loss_usd_m": np.quantile(series, 1.0 - np.array(known))}
            )
        )
    return pd.concat(frames, ignore_index=True)


def _denials(study: Study, happened: Floats, alone_usd_m: Floats, blamed: Floats) -> pd.DataFrame:
    total = blamed.sum()
    return pd.DataFrame(
        {
            "denial": [denial.name for denial in study.denials],
            "probability": [denial.probability for denial in study.denials],
            "happened": happened,
            "alone_usd_m": alone_usd_m,
            "loss_usd_m": blamed,
            "share": blamed / total if total > 0 else blamed,
        }
    ).sort_values(["loss_usd_m", "denial"], ascending=[False, True], ignore_index=True)


def _convergence(losses: np.ndarray) -> pd.DataFrame:
    series = losses.sum(axis=(1, 2), dtype=float)
    steps = sorted({min(len(series), BLOCK * 2**power) for power in range(32)})
    rows = []
    for count in steps:
        first = series[:count]
        mean, error = float(first.mean()), _error(first)
        rows.append((count, mean, mean - error, mean + error, float(tail_means(first, (0.95,))[0])))
    return pd.DataFrame(rows, columns=["scenarios", "mean", "mean_low", "mean_high", "cvar_95"])
