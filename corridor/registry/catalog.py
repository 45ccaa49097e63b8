"""All kinds of measures by name, and the one door to them."""

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
    """The kind of that name.

    Raises
    ------
    ConfigError
        If there is none; it names those most like it.
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
    """A measure by name.

    Parameters
    ----------
    tables, study
        What is measured; the study gives markets and target where they are not named.
    kind
        One of ``KINDS``.
    market, target, sector, component, year
        As the kind takes them: markets (rows in ``sourcing``), countries depended upon, one sector, components,
        a year of imports.

    Returns
    -------
    pandas.DataFrame
        Most important rows first within a market; a component stands with its name, sector and stage.

    Raises
    ------
    ConfigError
        With every option that the kind does not take and every name that is not there.
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
