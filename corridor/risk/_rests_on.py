"""How much of a headline result rests on figures that are reported, computed, inherited or assumed."""

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
    """Parts of the headline results by the status of their weakest figure, and how far their ranges move them.

    A result at rank r is counted anew with only the needs, shares and recipes at least that well known; what each
    rank adds is its part. So a chain of links counts with its weakest. Statuses of components (prices, stocks,
    loss ratios) and of the denials' probabilities are not counted: most are assumed.

    Parameters
    ----------
    tables, study
        What is measured.
    plan
        A plan of the study: then also what it avoids and invests.
    draws, seed, correlation
        Of the tables: :func:`~corridor.measures.sampling.draws.draw_tables`.
    interval
        Probability inside the interval.

    Returns
    -------
    pandas.DataFrame
        ``figure, market, unit, value, low, high`` and ``reported, computed, inherited, assumed``, which sum to 1:

        - ``net exposure, stop exposure`` of what the market needs (fraction)
        - ``expected loss`` without a plan (US$ million, by probability, discounted, weighted by market), as losses
          spread month by month: near the optimizer's, which lets India use best what is left
        - ``avoided loss`` of the plan: the evidence of the loss it lies in, by denial, market and sector; the
          interval holds the part avoided fixed
        - ``investment`` of the plan, by the status of its technologies

    Raises
    ------
    ConfigError
        If the study has no denials, a market no sourcing, or an option is out of range.
    DataError
        If a component needs itself.
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
        values = figures.at(sampler.block(number, count))
        exposures.append(_exposures(models[-1], values, models[-1]))
        losses.append(models[-1].study_losses(values))
    ends = (1.0 - interval) / 2.0, (1.0 + interval) / 2.0
    drawn, lost = np.concatenate(exposures, axis=-1), np.concatenate(losses, axis=-1)
    rows = []
    markets = models[-1].markets
    for kind, name in enumerate(("net exposure", "stop exposure")):
        for at, market in enumerate(markets):
            levels = np.array([level[kind, at, 0] for level in by_rank])
            rows.append(_row(name, market, "fraction", levels, np.quantile(drawn[kind, at], ends)))
    counted = models[-1].weight[:, :, None]
    levels = (lost_by_rank * counted).sum(axis=(1, 3))
    of_draws = (lost * counted[..., None]).sum(axis=(0, 2))
    for at, market in enumerate(markets):
        spread = np.quantile(of_draws[at], ends)
        rows.append(_row("expected loss", market, "US$ million", levels[:, at], spread))
    if plan is not None:
        rows.append(_avoided(models[-1], plan, lost_by_rank, lost, ends))
        rows.append(_investment(tables, plan, draws, seed, ends))
    return pd.DataFrame(rows)


def _exposures(model: LossModel, values: Floats, full: LossModel) -> Floats:
    """Net and stop exposure of each market's final needs, shape (2, markets, draws); over all needs of `full`."""
    network = model.network
    drawn = network.at(values)
    buyers = network.sourcing.buyers.get_indexer(pd.Index(model.markets))
    target = network.sourcing.member[0].astype(float)[None, :, None]
    need = model.needs(values, model.study.base_year)
    total = full.needs(values, model.study.base_year).sum(axis=0)
    kinds = np.stack([drawn.net()[1][:, buyers], drawn.stop(target)[:, buyers]])
    out: Floats = (kinds * need).sum(axis=1) / np.where(total > 0, total, 1.0)
    return out


def _row(name: str, market: str, unit: str, levels: Floats, ends: Floats) -> dict[str, object]:
    """A row of the result from the value that links of each rank or better show."""
    whole = float(levels[-1])
    # Makers elsewhere with something to spare may be less well known than those who withhold.
    rising = np.minimum(np.maximum.accumulate(levels), whole)
    parts = np.diff(np.r_[0.0, rising]) / whole if whole > 0 else np.r_[np.zeros(_RANKS - 1), 1.0]
    low, high = (float(end) for end in ends)
    return {
        "figure": name,
        "market": market,
        "unit": unit,
        "value": whole,
        "low": low,
        "high": high,
        **dict(zip(STATUSES, parts.tolist(), strict=True)),
    }


def _avoided(
    model: LossModel, plan: Plan, lost_by_rank: Floats, lost: Floats, ends: tuple[float, float]
) -> dict[str, object]:
    """Loss that the plan avoids, split as the loss that it lies in."""
    names = [denial.name for denial in model.study.denials]
    rows = plan.losses[plan.losses["market"].isin(model.markets)]
    avoided = np.zeros((len(names), len(model.markets), len(model.sectors)))
    place = (
        pd.Index(names).get_indexer(pd.Index(rows["scenario"])),
        pd.Index(model.markets).get_indexer(pd.Index(rows["market"])),
        pd.Index(model.sectors).get_indexer(pd.Index(rows["sector"])),
    )
    if any((at < 0).any() for at in place):
        raise ConfigError(f"the plan of study {plan.study} has denials or sectors that this study lacks.")
    np.add.at(avoided, place, (rows["loss_before_usd_m"] - rows["loss_after_usd_m"]).to_numpy(float))
    avoided *= model.weight[:, :, None]
    whole = lost_by_rank[-1]
    part = np.divide(lost_by_rank, whole, out=np.zeros_like(lost_by_rank), where=whole > 0)
    part[-1] = 1.0
    change = np.divide(lost, whole[..., None], out=np.ones_like(lost), where=whole[..., None] > 0)
    of_draws = (avoided[..., None] * change).sum(axis=(0, 1, 2))
    levels = (np.minimum(part, 1.0) * avoided).sum(axis=(1, 2, 3))
    return _row("avoided loss", "all", "US$ million", levels, np.quantile(of_draws, ends))


def _investment(tables: Tables, plan: Plan, draws: int, seed: int, ends: tuple[float, float]) -> dict[str, object]:
    figures = Figures.of(tables, ["technologies"])
    technology = tables.technologies.reset_index(drop=True)
    at = pd.Index(technology["id"]).get_indexer(pd.Index(plan.moves.get("technology", pd.Series(dtype=str))))
    capex = plan.moves["capex_usd_m"].to_numpy(float) if len(plan.moves) else np.zeros(0)
    rank = pd.Categorical(technology["status"], categories=list(STATUSES)).codes[at]
    levels = np.array([capex[rank <= worst].sum() for worst in range(_RANKS)])
    number = figures.numbers("technologies", "capex_usd_m")[at]
    stated = technology["capex_usd_m"].to_numpy(float)[at]
    sampler = Sampler(figures, seed)
    totals = []
    for block, count in blocks(draws):
        values = figures.at(sampler.block(block, count))
        change = exchanged(stated, number, values)
        change /= np.maximum(stated, 1e-12)[:, None]
        totals.append((capex[:, None] * change).sum(axis=0))
    return _row("investment", "IND", "US$ million", levels, np.quantile(np.concatenate(totals), ends))
