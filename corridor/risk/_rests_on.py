"""Fractions of a headline result that depend on reported, computed, inherited or assumed figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.drawn_shares import exchanged
from corridor.measures.sampling.draws import Sampler, blocks
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.relocation.result.plan import Plan
from corridor.risk.model import LossModel

_RANKS = len(STATUSES)


def rests_on(
    tables: Tables,
    study: Study,
    plan: Plan | None = None,
    *,
    draws: int = 128,
    seed: int = 0,
    correlation: float = 0.0,
    interval: float = 0.9,
) -> pd.DataFrame:
    """Headline results split by the status of their weakest figure, with intervals from the ranges of the figures.

    A result at rank r is recomputed with only the needs, shares and recipes of that status or better; what each
    rank adds is its fraction. So a chain of links counts by its weakest link. Statuses of components (prices,
    stocks, loss ratios) and of the denials' probabilities are not counted: most are assumed.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives markets, target and denials.
    plan
        A plan of the study; adds the loss that it avoids and its investment.
    draws, seed, correlation
        How tables are drawn: :func:`~corridor.measures.sampling.draws.draw_tables`.
    interval
        Probability inside the interval.

    Returns
    -------
    pandas.DataFrame
        ``figure, market, unit, value, low, high`` and ``reported, computed, inherited, assumed``, which sum to 1:

        - ``net exposure, stop exposure`` of what the market needs (fraction)
        - ``expected loss`` without a plan (US$ million, by probability, discounted, weighted by market), with
          losses spread month by month: near the optimizer's, where India makes the best use of what is left
        - ``avoided loss`` of the plan, with the statuses of the loss of the same denial, market and sector; the
          interval keeps the avoided fraction fixed
        - ``investment`` of the plan, by the status of its technologies

    Raises
    ------
    ConfigError
        If the study has no denials, a market no sourcing, or an option is out of range.
    DataError
        If a component needs itself, directly or through others.
    """
    if draws < 1 or not 0.0 < interval < 1.0:
        raise ConfigError(f"draws {draws} must be 1 or more, and interval {interval:g} between 0 and 1.")
    figures = Figures.of(tables, TABLES)
    models = [LossModel.of(tables, study, figures, rank) for rank in range(_RANKS)]
    stated = figures.value[:, None]
    by_rank = [_exposures(model, stated, models[-1]) for model in models]
    lost_by_rank = np.stack([model.study_losses(stated)[..., 0] for model in models])
    sampler = Sampler(figures, seed, "random", correlation)
    exposures, losses = [], []
    for number, count in blocks(draws):
        values = figures.values_at(sampler.block(number, count))
        exposures.append(_exposures(models[-1], values, models[-1]))
        losses.append(models[-1].study_losses(values))
    ends = (1.0 - interval) / 2.0, (1.0 + interval) / 2.0
    drawn, lost = np.concatenate(exposures, axis=-1), np.concatenate(losses, axis=-1)
    rows = []
    markets = models[-1].markets
    for kind, name in enumerate(("net exposure", "stop exposure")):
        for index, market in enumerate(markets):
            levels = np.array([level[kind, index, 0] for level in by_rank])
            rows.append(_row(name, market, "fraction", levels, np.quantile(drawn[kind, index], ends)))
    counted = models[-1].weight[:, :, None]
    levels = (lost_by_rank * counted).sum(axis=(1, 3))
    of_draws = (lost * counted[..., None]).sum(axis=(0, 2))
    for index, market in enumerate(markets):
        spread = np.quantile(of_draws[index], ends)
        rows.append(_row("expected loss", market, "US$ million", levels[:, index], spread))
    if plan is not None:
        rows.append(_avoided(models[-1], plan, lost_by_rank, lost, ends))
        rows.append(_investment(tables, plan, draws, seed, ends))
    return pd.DataFrame(rows)


def _exposures(model: LossModel, values: Floats, full: LossModel) -> Floats:
    """Net and stop exposure of each market's final needs, shape (2, markets, draws); over all needs of `full`."""
    network = model.network
    drawn = network.draws_at(values)
    buyers = network.sourcing.buyers.get_indexer(pd.Index(model.markets))
    target = network.sourcing.member[0].astype(float)[None, :, None]
    need = model.needs(values, model.study.base_year)
    total = full.needs(values, model.study.base_year).sum(axis=0)
    kinds = np.stack([drawn.net()[1][:, buyers], drawn.stop(target)[:, buyers]])
    out: Floats = (kinds * need).sum(axis=1) / np.where(total > 0, total, 1.0)
    return out


def _row(name: str, market: str, unit: str, levels: Floats, ends: Floats) -> dict[str, object]:
    """A row of the result from the values with links of each rank or better."""
    value = float(levels[-1])
    # Spare deliveries of other makers, which lower a loss, may have a weaker status than those withheld.
    rising = np.minimum(np.maximum.accumulate(levels), value)
    fractions = np.diff(np.r_[0.0, rising]) / value if value > 0 else np.r_[np.zeros(_RANKS - 1), 1.0]
    low, high = (float(end) for end in ends)
    return {
        "figure": name,
        "market": market,
        "unit": unit,
        "value": value,
        "low": low,
        "high": high,
        **dict(zip(STATUSES, fractions.tolist(), strict=True)),
    }


def _avoided(
    model: LossModel, plan: Plan, lost_by_rank: Floats, lost: Floats, ends: tuple[float, float]
) -> dict[str, object]:
    """Loss that the plan avoids, split by status as the loss of the same denial, market and sector."""
    names = [denial.name for denial in model.study.denials]
    rows = plan.losses[plan.losses["market"].isin(model.markets)]
    avoided = np.zeros((len(names), len(model.markets), len(model.sectors)))
    cells = (
        pd.Index(names).get_indexer(pd.Index(rows["scenario"])),
        pd.Index(model.markets).get_indexer(pd.Index(rows["market"])),
        pd.Index(model.sectors).get_indexer(pd.Index(rows["sector"])),
    )
    if any((positions < 0).any() for positions in cells):
        raise ConfigError(
            f"the plan of study {plan.study} has denials or sectors that this study lacks. "
            "Fix: use the study that the plan was made for."
        )
    np.add.at(avoided, cells, (rows["loss_before_usd_m"] - rows["loss_after_usd_m"]).to_numpy(float))
    avoided *= model.weight[:, :, None]
    total = lost_by_rank[-1]
    fraction = np.divide(lost_by_rank, total, out=np.zeros_like(lost_by_rank), where=total > 0)
    fraction[-1] = 1.0
    change = np.divide(lost, total[..., None], out=np.ones_like(lost), where=total[..., None] > 0)
    of_draws = (avoided[..., None] * change).sum(axis=(0, 1, 2))
    levels = (np.minimum(fraction, 1.0) * avoided).sum(axis=(1, 2, 3))
    return _row("avoided loss", "all", "US$ million", levels, np.quantile(of_draws, ends))


def _investment(tables: Tables, plan: Plan, draws: int, seed: int, ends: tuple[float, float]) -> dict[str, object]:
    figures = Figures.of(tables, ["technologies"])
    technology = tables.technologies.reset_index(drop=True)
    technology_index = pd.Index(technology["id"]).get_indexer(
        pd.Index(plan.moves.get("technology", pd.Series(dtype=str)))
    )
    capex = plan.moves["capex_usd_m"].to_numpy(float) if len(plan.moves) else np.zeros(0)
    rank = pd.Categorical(technology["status"], categories=list(STATUSES)).codes[technology_index]
    levels = np.array([capex[rank <= worst].sum() for worst in range(_RANKS)])
    number = figures.numbers("technologies", "capex_usd_m")[technology_index]
    stated = technology["capex_usd_m"].to_numpy(float)[technology_index]
    sampler = Sampler(figures, seed)
    totals = []
    for block, count in blocks(draws):
        values = figures.values_at(sampler.block(block, count))
        change = exchanged(stated, number, values)
        change /= np.maximum(stated, 1e-12)[:, None]
        totals.append((capex[:, None] * change).sum(axis=0))
    return _row("investment", "IND", "US$ million", levels, np.quantile(np.concatenate(totals), ends))
