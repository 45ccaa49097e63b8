"""Deliveries left by each denial, its spread through makers abroad included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.config import Cut, Denial, Study
from corridor.data.arrays import Floats
from corridor.data.names import HOST, TARGET_WORD
from corridor.data.tables import Tables
from corridor.measures import Network, deliveries


@dataclass(frozen=True)
class Windows:
    """Denials, one window each; first axis of every array.

    Attributes
    ----------
    names
        Name of each denial.
    year
        Position of the start year in the study's years, shape (windows,).
    length
        Length in years, shape (windows,).
    probability
        Shape (windows,).
    home_imports
        What India can still buy abroad, as a fraction of its yearly need, spare sales included,
        shape (windows, components).
    worked_around
        Fraction of their need for a component that makers in India substitute, shape (windows, components).
    abroad
        Fraction of a market's yearly need that still arrives from outside India: market -> (windows, components).
    second
        Fraction of its normal deliveries that each second source still makes, shape (windows, second sources).
    """

    names: list[str]
    year: np.ndarray
    length: Floats
    probability: Floats
    home_imports: Floats
    worked_around: Floats
    abroad: dict[str, Floats]
    second: Floats


def make_windows(
    tables: Tables,
    study: Study,
    network: Network,
    shares: dict[str, Floats],
    second: pd.DataFrame,
) -> Windows:
    """Windows of the study's denials.

    What an origin still delivers, d[c,o], is the fixed point of ``corridor.measures.exposures.exposure.stop`` with
    the denial as cut: makers abroad run dry of what they lack. A shortage reaches its users damped by stocks and
    by substitution, ``a[h] = max(0, 1 - stock months[h] / months) (1 - adaptation)``. A market m then still gets
    ``sum over origins o but India of sigma[c,m,o] d[c,o]`` of its yearly need, origins that cut nothing selling
    the study's spare fraction more. India's makers substitute the fraction ``adaptation`` of what they lack beyond
    their stocks.

    Parameters
    ----------
    shares
        Shares of origins in the supply of each market, shape (components, origins).
    second
        Second sources: ``component_index, origin``.
    """
    origin = {name: position for position, name in enumerate(network.origins)}
    denials = study.denials
    months = np.array([denial.months for denial in denials], dtype=float)
    stock = tables.components["stock_months"].to_numpy(float)
    size = len(network.components)
    pairs = np.array([origin.get(name, -1) for name in second["origin"]], dtype=int)
    blocks = []
    # A few denials at a time: the arrays over origins are the largest of a study.
    for first in range(0, len(denials), 25):
        chunk = denials[first : first + 25]
        cut = withheld(tables, study, origin, chunk, (len(chunk), size, len(network.origins)))
        long = months[first : first + 25, None]
        damping = np.clip(1.0 - stock / long, 0.0, 1.0) * (1.0 - study.adaptation)
        left = deliveries(network, cut, damping, study.spare)
        others = np.ones(len(network.origins))
        others[origin[HOST]] = 0.0
        sold = left * others * np.where(cut.any(axis=1, keepdims=True), 1.0, 1.0 + study.spare)
        arrives = {market: np.einsum("wco,co->wc", sold, share) for market, share in shares.items()}
        taken = np.where(pairs >= 0, left[:, second["component_index"].to_numpy(int), np.maximum(pairs, 0)], 1.0)
        blocks.append((arrives, taken))
    arrives = {market: _stack([block[0][market] for block in blocks], (0, size)) for market in shares}
    bought = 1.0 - shares[HOST][:, origin[HOST]]
    home_imports = arrives[HOST]
    short = bought - home_imports - stock / months[:, None]
    return Windows(
        names=[denial.name for denial in denials],
        year=np.array([denial.start - study.first_year for denial in denials], dtype=int),
        length=months / 12.0,
        probability=np.array([denial.probability for denial in denials], dtype=float),
        home_imports=home_imports,
        worked_around=study.adaptation * np.clip(short, 0.0, 1.0),
        abroad={market: np.minimum(arrives[market], 1.0) for market in study.markets if market != HOST},
        second=_stack([block[1] for block in blocks], (0, len(second))),
    )


def _stack(blocks: list[Floats], empty: tuple[int, int]) -> Floats:
    return np.concatenate(blocks) if blocks else np.zeros(empty)


def withheld(
    tables: Tables, study: Study, origin: dict[str, int], denials: tuple[Denial, ...], shape: tuple[int, int, int]
) -> Floats:
    """Fraction withheld of each origin's deliveries of each component.

    Parameters
    ----------
    origin
        Position of each origin.
    shape
        (denials, components, origins), the shape of the result.
    """
    cut = np.zeros(shape)
    for w, denial in enumerate(denials):
        for one in denial.cuts:
            hit = cut_components(tables, one)
            exporters = {
                name for word in one.exporters for name in (study.target if word == TARGET_WORD else (word,))
            }
            columns = [origin[name] for name in sorted(exporters) if name in origin]
            block = np.ix_(np.array([w]), np.flatnonzero(hit), np.array(columns, dtype=int))
            cut[block] = np.maximum(cut[block], one.cut)
    return cut


def cut_components(tables: Tables, cut: Cut) -> np.ndarray:
    """Which components a cut means, shape (components,), boolean: those that match all of its filters."""
    components = tables.components
    hit = np.ones(len(components), dtype=bool)
    for column, allowed in (("sector", cut.sectors), ("stage", cut.stages), ("id", cut.components)):
        if allowed:
            hit &= components[column].isin(list(allowed)).to_numpy()
    return hit
