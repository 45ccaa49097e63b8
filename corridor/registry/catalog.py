"""All kinds of measures by name, and the single entry point to them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.registry import exposures, failures, supplies
from corridor.registry.definition import MeasureKind, close, options_of, selected

#: In the order in which they are listed.
KINDS: dict[str, MeasureKind] = {**exposures.KINDS, **supplies.KINDS, **failures.KINDS}


def kind_of(name: str) -> MeasureKind:
    """Kind of measure with that name.

    Raises
    ------
    ConfigError
        If there is none; the message names the most similar ones.
    """
    if name not in KINDS:
        raise ConfigError(f"kind '{name}': there is no such kind of measure; {close(name, list(KINDS))}")
    return KINDS[name]


def measure(
    tables: Tables,
    study: Study,
    kind: str = "exposure",
    *,
    market: Sequence[str] = (),
    target: Sequence[str] = (),
    sector: str | None = None,
    component: Sequence[str] = (),
    year: int | None = None,
) -> pd.DataFrame:
    """Result of a measure, chosen by name.

    Parameters
    ----------
    tables, study
        Tables, and the study that gives markets and target if they are not named.
    kind
        One of ``KINDS``.
    market, target, sector, component, year
        Options that the kind takes: markets (rows in ``sourcing``), countries depended upon, one sector,
        components, a year of imports.

    Returns
    -------
    pandas.DataFrame
        Most important rows first within a market; rows of a component include its name, sector and stage.

    Raises
    ------
    ConfigError
        With every option that the kind does not take and every unknown name.
    """
    chosen = kind_of(kind)
    options = options_of(
        kind,
        chosen,
        tables,
        study,
        market=market,
        target=target,
        sector=sector,
        component=component,
        year=year,
    )
    return selected(tables, chosen.measure(tables, options), options)
