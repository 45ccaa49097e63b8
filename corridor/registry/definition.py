"""Definition of a kind of measure: its meaning, options and printed columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from corridor.config import Study
from corridor.data.countries.places import suggestion
from corridor.data.frames import nearest
from corridor.data.tables import Tables
from corridor.errors import ConfigError

#: Names of the options: keywords here, ``--name`` on the command line.
OPTIONS = ("market", "target", "sector", "component", "year")
_MOST_LISTED = 12


@dataclass(frozen=True)
class MeasureColumn:
    """A printed column of a result: its meaning and number format.

    ``form`` is a Python format (``.0%``, ``,.1f``); empty for text.
    """

    name: str
    meaning: str
    form: str = ""


@dataclass(frozen=True)
class Options:
    """Options of a measure; markets and target are never empty, the others may be."""

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
        One-line description.
    measure
        Function of tables and options that returns a table, most important row first (within a market, if any).
    columns
        Printed columns, left to right; the table may have more.
    takes
        Options that it accepts, out of ``OPTIONS``; any other is an error.
    markets
        Default markets if none is named; the study's if left out.
    """

    meaning: str
    measure: Callable[[Tables, Options], pd.DataFrame]
    columns: tuple[MeasureColumn, ...]
    takes: tuple[str, ...]
    markets: Callable[[Tables, Study], Sequence[str]] | None = None


def by_market(
    measure: Callable[[Tables, str, Options], pd.DataFrame],
) -> Callable[[Tables, Options], pd.DataFrame]:
    """Extend a measure of one market to several: tables concatenated, column ``market`` first."""

    def of_all(tables: Tables, options: Options) -> pd.DataFrame:
        frames = []
        for market in options.markets:
            found = measure(tables, market, options)
            rest = found.drop(columns="market", errors="ignore")
            rest.insert(0, "market", market)
            frames.append(rest)
        return pd.concat(frames, ignore_index=True)

    return of_all


def close(word: str, words: Sequence[str]) -> str:
    """Suggestion for an unknown word: the most similar words, else the first words of the list."""
    code = nearest(word, words)
    if code is not None and suggestion(word) == code:
        return f"did you mean {code}?"
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
        With every option that the kind does not take and every unknown name.
    """
    options = dict(zip(OPTIONS, (market, target, sector, component, year), strict=True))
    faults = [
        f"{name} takes no option {option}; it takes {', '.join(kind.takes) or 'none'}."
        for option, value in options.items()
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
    for option, (words, names) in asked.items():
        known = set(names)
        faults += [
            f"{option} '{word}': there is no such {option}; {close(word, names)}"
            for word in words
            if word not in known
        ]
    if year is not None and "year" in kind.takes:
        bought = tables.trade[tables.trade["importer"].isin(list(market) or list(study.markets))]
        years = sorted(bought["year"].unique())
        if year not in years:
            listed = ", ".join(map(str, years)) or "none"
            faults.append(f"year {year}: no imports in the table trade; years with imports: {listed}.")
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
    """Rows of the chosen sector and components, with name, sector and stage of each component."""
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
