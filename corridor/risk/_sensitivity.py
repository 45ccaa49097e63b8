"""Sensitivity of headline results to groups of figures and to settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.sampling.draws import BLOCK
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from corridor.parallel import each
from corridor.risk.indices import morris_effects, sobol_indices
from corridor.risk.model import Circumstances, LossModel

#: Ranges of settings. Adaptation as in data/NOTES.md and the README; the others are our judgement.
SETTINGS: Mapping[str, tuple[float, float]] = {
    "adaptation": (0.0, 0.5),
    "spare": (0.0, 0.3),
    "surge": (1.0, 1.2),
    "planned_use": (0.7, 0.95),
}
#: Settings that losses without a plan depend on.
_WITHOUT_PLAN = ("adaptation", "spare")
_WORDS = {
    "components": "prices",
    "recipes": "recipes",
    "supply": "world production",
    "sourcing": "sourcing",
    "demand": "demand",
    "technologies": "investment",
    "second_sources": "second sources",
    "stockpiles": "stockpiles",
}


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Sensitivity of headline results to inputs.

    Attributes
    ----------
    table
        Result of :func:`~corridor.risk.indices.sobol_indices` or :func:`~corridor.risk.indices.morris_effects`.
        Inputs are settings and groups of figures, named ``table of sector``.
    words
        One sentence per output: its strongest inputs.
    method, samples, seed
        Options of the run.
    """

    table: pd.DataFrame
    words: list[str]
    method: str
    samples: int
    seed: int


@dataclass(frozen=True)
class Groups:
    """Groups of figures that move together within their ranges: group and direction of each dimension."""

    names: list[str]
    group: Ints
    rises: np.ndarray

    @classmethod
    def of(cls, tables: Tables, study: Study, figures: Figures, *, by_sector: bool) -> Groups:
        """Groups by table, and by sector if asked; a high level of shares means more from the target."""
        drawn = figures.rows[figures.rows["dimension"] >= 0]
        sector = tables.components.set_index("id")["sector"]
        column = {"components": "id", "recipes": "output"}
        of_row = np.empty(len(drawn), dtype=object)
        for table in drawn["table"].unique():
            here = (drawn["table"] == table).to_numpy()
            component = tables[table][column.get(table, "component")].to_numpy()[drawn["row"].to_numpy()[here]]
            words = _WORDS[table]
            of_row[here] = (words + " of " + pd.Series(component).map(sector)).to_numpy() if by_sector else words
        number, names = pd.factorize(pd.Series(of_row), sort=True)
        of_shares = drawn["table"].isin(["sourcing", "supply"]).to_numpy()
        from_target = drawn["origin"].isin(list(study.target)).to_numpy()
        return cls(list(names), number, ~of_shares | from_target)

    def levels(self, points: Floats) -> Floats:
        """Level of each drawn figure, shape (points, dimensions)."""
        level = points[:, self.group]
        out: Floats = np.where(self.rises, level, 1.0 - level)
        return out


def sensitivity(
    tables: Tables,
    study: Study,
    *,
    method: str = "morris",
    samples: int | None = None,
    seed: int = 0,
    settings: Mapping[str, tuple[float, float]] | None = None,
    losses: bool = True,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Sensitivity:
    """Sensitivity of exposure and of the expected loss without a plan to groups of figures and settings.

    All figures of a group (of one table and sector) are at the same level of their ranges: the question is whether
    the judgement behind them is too high or too low. Independent errors of single rows would average out.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives markets, target and denials.
    method
        ``morris`` (effect of crossing a range) or ``sobol`` (fractions of the variance; needs many more points).
    samples
        Trajectories or base samples; 20 and 64 if left out.
    seed
        Integer.
    settings
        Ranges of the settings ``adaptation`` and ``spare``; :data:`SETTINGS` if left out.
    losses
        False: exposure only, which is much faster and does not depend on settings.
    workers
        Threads; as many as processors if left out.
    progress
        Called with points done and all points.

    Returns
    -------
    Sensitivity
        Outputs ``net exposure``, ``stop exposure`` of each market, and ``expected loss`` (US$ million, by
        probability, discounted, weighted by market).

    Raises
    ------
    ConfigError
        If the method is unknown, or a range has no width.
    """
    ranges = dict(SETTINGS if settings is None else settings)
    ranges = {name: ranges[name] for name in _WITHOUT_PLAN if losses and name in ranges}
    figures = Figures.of(tables, TABLES)
    groups = Groups.of(tables, study, figures, by_sector=True)
    model = LossModel.of(tables, study, figures)
    outputs = [f"{kind} exposure {market}" for kind in ("net", "stop") for market in model.markets]
    outputs += ["expected loss"] * losses

    def block(points: Floats) -> Floats:
        values = figures.values_at(groups.levels(points[:, : len(groups.names)]))
        out = _exposures(model, values)
        if not losses:
            return out
        varied = dict(zip(ranges, points[:, len(groups.names) :].T, strict=True))
        under = Circumstances(varied.get("adaptation", study.adaptation), varied.get("spare", study.spare), 0.0)
        lost = (model.study_losses(values, under).sum(axis=2) * model.weight[:, :, None]).sum(axis=(0, 1))
        return np.column_stack([out, lost])

    def evaluate(points: Floats) -> Floats:
        chunks = [points[start : start + BLOCK] for start in range(0, len(points), BLOCK)]
        done = {}
        for number, found in each(block, chunks, workers=workers, threads=True):
            done[number] = found
            if progress is not None:
                progress(sum(map(len, done.values())), len(points))
        return np.concatenate([done[number] for number in range(len(chunks))])

    inputs = {**dict.fromkeys(groups.names, (0.0, 1.0)), **ranges}
    return analyse(evaluate, inputs, outputs, method, samples, seed)


def _exposures(model: LossModel, values: Floats) -> Floats:
    """Net and stop exposure of each market's final needs, shape (draws, 2 * markets)."""
    drawn = model.network.draws_at(values)
    buyers = model.network.sourcing.buyers.get_indexer(pd.Index(model.markets))
    need = model.needs(values, model.study.base_year)
    need /= np.maximum(need.sum(axis=0), 1e-12)
    target = model.network.sourcing.member[0].astype(float)[None, :, None]
    kinds = drawn.net()[1], drawn.stop(target)
    return np.concatenate([(kind[:, buyers] * need).sum(axis=0) for kind in kinds]).T


def analyse(
    evaluate: Callable[[Floats], Floats],
    inputs: Mapping[str, tuple[float, float]],
    outputs: list[str],
    method: str,
    samples: int | None,
    seed: int,
) -> Sensitivity:
    """Indices or effects of a function, with a summary in words; parameters as in :func:`sensitivity`."""
    if method == "sobol":
        count = 64 if samples is None else samples
        table = sobol_indices(evaluate, inputs, outputs, samples=count, seed=seed)
    elif method == "morris":
        count = 20 if samples is None else samples
        table = morris_effects(evaluate, inputs, outputs, samples=count, seed=seed)
    else:
        raise ConfigError(f"sensitivity: method '{method}' is neither sobol nor morris.")
    return Sensitivity(table, in_words(table), method, count, seed)


def in_words(table: pd.DataFrame, most: int = 3) -> list[str]:
    """One sentence per output: its strongest inputs.

    Parameters
    ----------
    table
        Result of one of the functions of :mod:`corridor.risk.indices`.
    most
        Largest number of inputs named per output.
    """
    sobol = "total" in table
    by = "total" if sobol else "strength"
    out = []
    for output, rows in table.groupby("output", sort=False):
        strong = rows[rows[by] > 0].nlargest(most, by)
        if strong.empty:
            out.append(f"{output}: depends on none of the inputs.")
            continue
        shown = strong[by].map("{:.0%}".format) if sobol else strong["effect"].map("{:+.3g}".format)
        named = ", ".join(f"{name} ({value})" for name, value in zip(strong["input"], shown, strict=True))
        what = f"of the variance most is due to {named}" if sobol else f"moved most by {named} from low to high"
        out.append(f"{output}: {what}.")
    return out
