"""What a kind of measure is: its meaning, the options that it takes, and the columns that people look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.errors import ConfigError

#: Names of the options, as keywords here and as ``--name`` on the command line.
OPTIONS = ("market", "target", "sector", "component", "year")
_MOST_LISTED = 12


@dataclass(frozen=True)
class MeasureColumn:
    """A column of a result that is printed: what it means, and how its figures are written.

    ``form`` is a format of Python (``.0%``, ``,.1f``); text where it is empty.
    """

    name: str
    meaning: str
    form: str = ""


@dataclass(frozen=True)
class Options:
    """What a measure is asked for; markets and target are never empty, the others may be."""

    study: Study
    markets: tuple[str, ...]
    target: tuple[str, ...]
    sector: str | None = None
    components: tuple[str, ...] = ()
    year: int | None = None


@dataclass(frozen=True)
class MeasureKind:
    """A kind of measure.

    Attributes
    ----------
    meaning
        One line.
    measure
        From tables and options to a table, most important row first (within a market, where it has one).
    columns
        What is printed, left to right; the table may hold more.
    takes
        Those of ``OPTIONS`` that make sense for it; any other is an error.
    markets
        Markets that it is for where none is named; the study's if left out.
    """

    meaning: str
    measure: Callable[[Tables, Options], pd.DataFrame]
    columns: tuple[MeasureColumn, ...]
    takes: tuple[str, ...]
    markets: Callable[[Tables, Study], Sequence[str]] | None = None


def by_market(
    measure: Callable[[Tables, str, Options], pd.DataFrame],
) -> Callable[[Tables, Options], pd.DataFrame]:
    """A measure of one market as one of several: their tables one below the other, market first."""

    def of_all(tables: Tables, options: Options) -> pd.DataFrame:
        parts = []
        for market in options.markets:
            part = measure(tables, market, options)
            rest = part.drop(columns="market", errors="ignore")
            rest.insert(0, "market", market)
            parts.append(rest)
        return pd.concat(parts, ignore_index=True)

    return of_all


def close(word: str, words: Sequence[str]) -> str:
    """The words most like this one; all of them if none is like it and they are few."""
    near = get_close_matches(word.lower(), list(words), n=3, cutoff=0.6)
    near = near or get_close_matches(word.upper(), list(words), n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    within = sorted((name for name in words if word.lower() in name.lower()), key=len)[:3]
    if within:
        return f"did you mean {' or '.join(within)}?"
    listed = ", ".join(list(words)[:_MOST_LISTED])
    return f"there are {listed}" + (
        f" and {len(words) - _MOST_LISTED} more." if len(words) > _MOST_LISTED else "."
    )


def options_of(
    name: str,
    kind: MeasureKind,
    tables: Tables,
    study: Study,
    *,
    market: Sequence[str] = (),
    target: Sequence[str] = (),
    sector: str | None = None,
    component: Sequence[str] = (),
    year: int | None = None,
) -> Options:
    """Options of a kind, checked against it and the tables.

    Raises
    ------
    ConfigError
        With every option that the kind does not take and every name that is not there.
    """
    given = dict(zip(OPTIONS, (market, target, sector, component, year), strict=True))
    faults = [
        f"{name} takes no option {option}; it takes {', '.join(kind.takes) or 'none'}."
        for option, value in given.items()
        if option not in kind.takes and value not in (None, (), [])
    ]
    countries, components = list(tables.countries["iso3"]), list(tables.components["id"])
    markets = sorted(tables.sourcing["market"].unique())
    asked = {
        "market": (market, markets),
        "target": (target, countries),
        "sector": ([] if sector is None else [sector], list(tables.sectors["id"])),
        "component": (component, components),
    }
    for option, (words, there) in asked.items():
        known = set(there)
        faults += [
            f"{option} '{word}': there is no such {option}; {close(word, there)}"
            for word in words
            if word not in known
        ]
    if year is not None and "year" in kind.takes:
        bought = tables.trade[tables.trade["importer"].isin(list(market) or list(study.markets))]
        years = sorted(bought["year"].unique())
        if year not in years:
            listed = ", ".join(map(str, years)) or "none"
            faults.append(f"year {year}: no imports in the table trade; years there: {listed}.")
    if faults:
        raise ConfigError("\n".join(faults))
    usual = kind.markets(tables, study) if kind.markets else study.markets
    return Options(
        study,
        tuple(dict.fromkeys(market or usual)),
        tuple(dict.fromkeys(target or study.target)),
        sector,
        tuple(dict.fromkeys(component)),
        year,
    )


def selected(tables: Tables, frame: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Rows of the sector and components asked for, each component with its name, sector and stage."""
    if "component" not in frame:
        return frame
    about = tables.components.set_index("id")[["name", "sector", "stage"]]
    new = [column for column in about if column not in frame]
    out = frame.join(about[new], on="component")
    if options.sector is not None:
        out = out[out["sector"] == options.sector]
    if options.components:
        out = out[out["component"].isin(options.components)]
    return out.reset_index(drop=True)
