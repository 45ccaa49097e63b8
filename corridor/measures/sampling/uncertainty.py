"""Distribution of exposure, its headline and the ranking of components over the ranges of the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats, Ints
from corridor.data.frames import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.drawn_needs import DrawnNeeds
from corridor.measures.sampling.draws import Sampler, blocks
from corridor.measures.sampling.figures import SHAPES, Figures
from corridor.measures.sampling.tally import Tally
from corridor.parallel import each

_MEASURES = ("direct", "net", "stop")
#: Tables that exposure is computed from.
TABLES = ("components", "recipes", "supply", "sourcing", "demand", "exports")
_CHUNKS = 8  # of draws, for any number of processors: sums are then added in the same order everywhere
_TOPS = (10, 20)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Distribution of exposure over draws of the tables.

    Attributes
    ----------
    components
        One row per market, component and measure (``direct, net, stop``): ``value`` (at the stated figures),
        ``mean, deviation, median, low, high`` (ends of the interval), all 0..1.
    headline
        ``market, sector`` (``all`` for the whole market), ``measure`` and the same columns: exposure of final
        needs, weighted by their value.
    ranks
        One row per market and component: ``need_usd_m`` (final need and that of makers at home, at the stated
        figures), ``exposed_usd_m`` (net exposure times need), ``rank`` by it, ``rank_median, rank_low,
        rank_high``, ``top_10, top_20`` (probability of a rank among the first 10 or 20).
    draws, interval
        Number of draws, and probability inside an interval.
    """

    components: pd.DataFrame
    headline: pd.DataFrame
    ranks: pd.DataFrame
    draws: int
    interval: float


def uncertainty(
    tables: Tables,
    study: Study,
    *,
    draws: int = 1000,
    seed: int = 0,
    method: str = "latin hypercube",
    shape: str = "triangular",
    correlation: float = 0.0,
    interval: float = 0.9,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Uncertainty:
    """Exposure of the study's markets to its target, on tables drawn from the ranges of their figures.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives markets and target; its other settings are not used.
    draws
        Number of draws; memory does not grow with them.
    seed, method, shape, correlation
        How tables are drawn: :func:`~corridor.measures.sampling.draws.draw_tables`. Independent errors average
        out over hundreds of components; with a correlation above 0 the errors of a source go in one direction.
    interval
        Probability inside the intervals; 0.9 gives 5 to 95 percent.
    workers
        Threads; as many as processors if left out. The result does not depend on them.
    progress
        Called with draws done and all draws.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ConfigError
        If an option is out of range, or a market has no sourcing.
    DataError
        If a component needs itself, directly or through others.
    """
    run = _Run.of(tables, study, (seed, method, correlation), shape)
    if draws < 1 or not 0.0 < interval < 1.0:
        raise ConfigError(f"draws {draws} must be 1 or more, and interval {interval:g} between 0 and 1.")
    every = blocks(draws)
    lock, done = Lock(), 0

    def tally_chunk(numbers: list[tuple[int, int]]) -> _Tallies:
        nonlocal done
        tallies = run.tallies()
        for number, count in numbers:
            tallies.add(run, run.figures.values_at(run.sampler.block(number, count), shape))
            with lock:
                done += count
                if progress is not None:
                    progress(done, draws)
        return tallies

    chunks = [chunk.tolist() for chunk in np.array_split(np.array(every), min(_CHUNKS, len(every)))]
    found = dict(each(tally_chunk, chunks, workers=workers, threads=True))
    total = found[0]
    for number in range(1, len(chunks)):
        total.merge(found[number])
    return _describe(run, total, interval)


class _Tallies:
    """Tallies of exposure by component, headline by sector, and ranks."""

    def __init__(self, components: int, markets: int, sectors: int) -> None:
        self.exposure = Tally((len(_MEASURES), components, markets))
        self.headline = Tally((len(_MEASURES), markets, sectors + 1), bins=5000)
        self.ranks = Tally((components, markets), 0.5, components + 0.5, components)

    def add(self, run: _Run, values: Floats) -> None:
        exposures, headline, exposed, _ = run.measure(values)
        self.exposure.add(exposures)
        self.headline.add(headline)
        self.ranks.add(_ranks(exposed))

    def merge(self, other: _Tallies) -> None:
        for name in ("exposure", "headline", "ranks"):
            getattr(self, name).merge(getattr(other, name))


@dataclass(frozen=True)
class _Run:
    markets: list[str]
    sectors: list[str]
    sector: Ints
    figures: Figures
    needs: DrawnNeeds
    sampler: Sampler

    @classmethod
    def of(cls, tables: Tables, study: Study, how: tuple[int, str, float], shape: str) -> _Run:
        markets = list(study.markets)
        lost = sorted(set(markets) - set(tables.sourcing["market"]))
        if lost:
            raise ConfigError(
                f"market {', '.join(lost)} has no rows in the table sourcing. Fix: leave out the market."
            )
        if shape not in SHAPES:
            raise ConfigError(f"draws: shape '{shape}' is not one of {', '.join(SHAPES)}.")
        figures = Figures.of(tables, TABLES)
        needs = DrawnNeeds.of(tables, figures, [study.target], markets)
        sector, sectors = pd.factorize(tables.components["sector"], sort=True)
        return cls(markets, list(sectors), sector, figures, needs, Sampler(figures, *how))

    def tallies(self) -> _Tallies:
        return _Tallies(len(self.sector), len(self.markets), len(self.sectors))

    def measure(self, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Exposures (kinds, components, markets, draws), headline (kinds, markets, sectors and all, draws),
        exposed value and need (components, markets, draws)."""
        sourcing = self.needs.network.sourcing
        drawn = self.needs.network.draws_at(values)
        buyers = sourcing.buyers.get_indexer(pd.Index(self.markets))
        target = sourcing.member[0].astype(float)[None, :, None]
        kinds = (*drawn.net(), drawn.stop(target))
        exposures = np.stack([kind[:, buyers] for kind in kinds])
        accounts = self.needs.accounts(drawn, values)
        final = np.stack([accounts[market].final for market in self.markets], axis=1)
        need = np.stack([accounts[market].need for market in self.markets], axis=1)
        return exposures, self._headline(exposures, final), exposures[1] * need, need

    def _headline(self, exposures: Floats, final: Floats) -> Floats:
        into = np.zeros((len(self.sectors) + 1, len(self.sector)))
        into[self.sector, np.arange(len(self.sector))] = 1.0
        into[-1] = 1.0
        need = np.einsum("sc,cmn->msn", into, final)
        value = np.einsum("sc,kcmn->kmsn", into, exposures * final)
        weighted: Floats = value / np.where(need > 0, need, 1.0)
        return weighted


def _ranks(exposed: Floats) -> Floats:
    """Rank of each component, 1 the largest, ties in the order of the table; shape as `exposed`."""
    order = np.argsort(-exposed, axis=0, kind="stable")
    out = np.empty_like(exposed)
    places = np.arange(1.0, len(exposed) + 1.0)[:, None, None]
    np.put_along_axis(out, order, np.broadcast_to(places, exposed.shape), axis=0)
    return out


def _describe(run: _Run, tallies: _Tallies, interval: float) -> Uncertainty:
    stated = run.measure(run.figures.value[:, None])
    exposures, headline, exposed, need = (array[..., 0] for array in stated)
    components = run.needs.network.sourcing.components.tolist()
    sectors = [*run.sectors, "all"]
    by_component = _summary(tallies.exposure, exposures, interval, (_MEASURES, components, run.markets))
    by_component.columns = ["measure", "component", "market", *by_component.columns[3:]]
    by_sector = _summary(tallies.headline, headline, interval, (_MEASURES, run.markets, sectors))
    by_sector.columns = ["measure", "market", "sector", *by_sector.columns[3:]]
    ranks = pd.DataFrame(
        {
            "market": np.tile(run.markets, len(components)),
            "component": np.repeat(components, len(run.markets)),
            "need_usd_m": need.ravel(),
            "exposed_usd_m": exposed.ravel(),
            "rank": _ranks(exposed[..., None]).ravel().astype(int),
        }
    )
    for name, fraction in (("median", 0.5), ("low", (1 - interval) / 2), ("high", (1 + interval) / 2)):
        # Bins have width 1 and an integer at their centre: the quantile of ranks is that integer.
        ranks[f"rank_{name}"] = np.ceil(tallies.ranks.quantile(fraction) - 0.5).ravel().astype(int)
    for top in _TOPS:
        ranks[f"top_{top}"] = tallies.ranks.fraction_up_to(min(top, len(components)) + 0.5).ravel()
    by = ["market", "sector", "measure"]
    order = ["market", "component", "measure", "value", "mean", "deviation", "median", "low", "high"]
    return Uncertainty(
        by_component[order].sort_values(order[:3], ignore_index=True),
        by_sector[[*by, *order[3:]]].sort_values(by, ignore_index=True),
        ranks.sort_values(["market", "rank"], ignore_index=True),
        tallies.exposure.draws,
        interval,
    )


def _summary(tally: Tally, stated: Floats, interval: float, labels: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Rows of all series: their labels, and the columns that describe a distribution."""
    frame = pd.MultiIndex.from_product(labels).to_frame(index=False)
    frame["value"], frame["mean"] = stated.ravel(), tally.mean.ravel()
    frame["deviation"], frame["median"] = tally.deviation.ravel(), tally.quantile(0.5).ravel()
    for name, fraction in (("low", (1 - interval) / 2), ("high", (1 + interval) / 2)):
        frame[name] = tally.quantile(fraction).ravel()
    return frame
