"""Tables of which only what is known well enough is kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.frames import Tables, conform
from corridor.data.list_cells import list_cell
from corridor.data.names import STATUSES
from corridor.errors import ConfigError
from corridor.measures.supply.sourcing import REST, shares

#: Tables whose rows are left out. The others name things, or are conditions and costs of plants: without them a
#: plan would look better than it is, so they stay.
EVIDENCE = (
    "recipes",
    "supply",
    "codes",
    "trade",
    "sourcing",
    "demand",
    "technologies",
    "second_sources",
    "stockpiles",
)
#: Source key of rows that say that an origin is unknown.
UNKNOWN_SOURCE = "corridor-unknown"
_ENOUGH = 1e-9


def keep_statuses(
    tables: Tables,
    statuses: Sequence[str],
    *,
    names: Sequence[str] = EVIDENCE,
    unknown_origin: str = "safe",
) -> Tables:
    """Tables without the rows of other statuses, and what is then unknown settled in one way for all.

    - A need, recipe, technology, second source or stockpile that is left out is not there: nothing is lost by it,
      and no plan can use it.
    - Where the home share of a market and component is left out, it is not known how much is bought abroad. If
      unknown origins are ``safe``, all that the kept rows leave open comes from ``ROW``, which no denial of the
      target cuts; if they are ``imported``, nothing is made at home and all is spread by the trade and world
      production that are kept. Exposure by the kept figures lies between the two.
    - Where the home share is kept, what is left open is spread by the trade and world production that are kept.
    - A limit on technologies that are all left out goes with them.
    - Components, countries, sites, suppliers, other limits and shared facilities stay, whatever their status:
      prices, stocks and loss ratios of components, costs and limits of sites are assumed where they were.

    Parameters
    ----------
    tables
        Tables.
    statuses
        Statuses to keep: some of reported, computed, inherited, assumed.
    names
        Tables whose rows are left out; some of :data:`EVIDENCE`.
    unknown_origin
        ``safe`` or ``imported``, as above.

    Returns
    -------
    Tables
        The same tables if all statuses are kept. Keeping twice changes nothing more.

    Raises
    ------
    ConfigError
        If a status or option is none of these.
    """
    if unknown_origin not in ("safe", "imported"):
        raise ConfigError(f"unknown_origin '{unknown_origin}' is neither safe nor imported.")
    unknown = sorted(set(statuses) - set(STATUSES))
    if unknown or not len(statuses):
        raise ConfigError(f"statuses {', '.join(unknown) or 'are none'}. Fix: name some of {', '.join(STATUSES)}.")
    if set(statuses) == set(STATUSES):
        return tables
    if lost := sorted(set(names) - set(EVIDENCE)):
        raise ConfigError(f"evidence of {', '.join(lost)}. Fix: name some of {', '.join(EVIDENCE)}.")
    kept = {name: _kept(tables[name], statuses) for name in names}
    if "technologies" in kept:
        kept["limits"] = _limits_left(tables, kept["technologies"])
    filler = _unknown_origins(tables.sourcing, kept.get("sourcing", tables.sourcing), unknown_origin == "safe")
    if not len(filler):
        return tables.replace(**kept)
    kept["sourcing"] = pd.concat([kept["sourcing"], filler], ignore_index=True).sort_values(
        ["market", "component", "origin"], ignore_index=True
    )
    return tables.replace(**kept, sources=_with_source(tables.sources))


def kept_tables(tables: Tables, study: Study) -> Tables:
    """Tables with the evidence that a study wants; see :func:`keep_statuses`."""
    names = study.evidence_tables or EVIDENCE
    return keep_statuses(tables, study.evidence, names=names, unknown_origin=study.unknown_origin)


def known_tables(tables: Tables, study: Study) -> Tables:
    """Tables with the evidence that a study wants, to plan on.

    Raises
    ------
    ConfigError
        If nothing could be planned on it; it says what is missing, and which statuses there are.
    """
    kept = kept_tables(tables, study)
    faults = []
    if not kept.demand["market"].isin(list(study.markets)).any():
        faults.append(_missing(tables, "demand", "no need of the study's markets, so nothing can be lost"))
    if kept.technologies.empty and kept.second_sources.empty and kept.stockpiles.empty:
        faults.append(_missing(tables, "technologies", "no plant, second source or stockpile to choose from"))
    if faults and kept is not tables:
        raise ConfigError(
            "\n".join(
                [
                    f"study {study.name}: with evidence {', '.join(study.evidence)} nothing can be planned:",
                    *faults,
                    "Fix: allow more statuses in the setting evidence.",
                ]
            )
        )
    return kept


def left_out(tables: Tables, study: Study) -> pd.DataFrame:
    """What the evidence that a study wants leaves out: ``table, rows, kept, left_out``."""
    names = study.evidence_tables or EVIDENCE
    rows = [(name, len(tables[name]), len(_kept(tables[name], study.evidence))) for name in names]
    frame = pd.DataFrame(rows, columns=["table", "rows", "kept"])
    return frame.assign(left_out=frame["rows"] - frame["kept"])


def cannot_be_planned(tables: Tables, study: Study) -> pd.DataFrame:
    """Components that plants could be built for, but on the evidence that a study wants no plan can be made for.

    Returns
    -------
    pandas.DataFrame
        ``component, sector``, and whether each of these is known: ``technology`` (a plant for it), ``need`` (a
        market needs it, through kept recipes if not by itself), ``target_share`` (a buyer's share of the target
        above nothing); one row per component that lacks any.
    """
    kept = kept_tables(tables, study)
    sector = tables.components.set_index("id")["sector"]
    wanted = sorted(name for name in set(tables.technologies["component"]) if study.plans(sector[name]))
    needed = set(kept.demand.loc[kept.demand["market"].isin(list(study.markets)), "component"])
    recipes = kept.recipes[kept.recipes["purpose"] == "run"]
    reached = needed
    while reached:
        reached = set(recipes.loc[recipes["output"].isin(reached), "input"]) - needed
        needed |= reached
    rows = pd.concat([shares(kept, market) for market in sorted(set(kept.sourcing["market"]))])
    sold = set(rows.loc[rows["origin"].isin(list(study.target)), "component"])
    frame = pd.DataFrame({"component": wanted, "sector": [sector[name] for name in wanted]})
    for column, there in (
        ("technology", set(kept.technologies["component"])),
        ("need", needed),
        ("target_share", sold),
    ):
        frame[column] = frame["component"].isin(there)
    return frame[~frame[["technology", "need", "target_share"]].all(axis=1)].reset_index(drop=True)


def _kept(frame: pd.DataFrame, statuses: Sequence[str]) -> pd.DataFrame:
    return frame[frame["status"].isin(list(statuses))].reset_index(drop=True)


def _limits_left(tables: Tables, technologies: pd.DataFrame) -> pd.DataFrame:
    """Limits but those on a component, technology or sectors of which no technology is kept."""
    limits = tables.limits
    sector = tables.components.set_index("id")["sector"]
    sectors = set(technologies["component"].map(sector))
    named = limits["sectors"].map(lambda cell: set(list_cell(cell)))
    keep = named.map(lambda some: not some or bool(some & sectors)).astype(bool)
    for column, there in (("component", technologies["component"]), ("technology", technologies["id"])):
        keep &= limits[column].isna() | limits[column].isin(there)
    return limits[keep].reset_index(drop=True)


def _unknown_origins(before: pd.DataFrame, after: pd.DataFrame, safe: bool) -> pd.DataFrame:
    """Rows for each market and component whose home share was left out: the rest from ``ROW``, or none at home."""
    keys = ["market", "component"]
    cells = before[keys].drop_duplicates()  # in the order of the table
    home = after[after["origin"] == after["market"]][keys].assign(home=True)
    sums = after.groupby(keys, as_index=False)["share"].sum()
    counts = [frame.groupby(keys).size().rename(name) for frame, name in ((before, "all"), (after, "kept"))]
    size = pd.concat(counts, axis=1).fillna(0).reset_index()
    cells = cells.merge(size, on=keys).merge(home, on=keys, how="left").merge(sums, on=keys, how="left")
    share = (1.0 - cells["share"].fillna(0.0)).clip(lower=0.0) * float(safe)
    need = (cells["kept"] < cells["all"]) & cells["home"].isna() & ((share > _ENOUGH) | (not safe))
    rows = cells.loc[need, keys].assign(
        origin=REST if safe else cells.loc[need, "market"],
        share=share[need],
        low=share[need],
        high=share[need],
        status="assumed",
        source=UNKNOWN_SOURCE,
        year=np.nan,
        note="no evidence that is kept: counts as safe",
    )
    return conform("sourcing", rows)[0]


def _with_source(sources: pd.DataFrame) -> pd.DataFrame:
    if UNKNOWN_SOURCE in set(sources["key"]):
        return sources
    row = {
        "key": UNKNOWN_SOURCE,
        "title": "Origin unknown on the evidence that is kept",
        "publisher": "corridor",
        "licence": "MIT",
        "note": "what is left open where the home share is left out",
    }
    return pd.concat([sources, pd.DataFrame([row])], ignore_index=True).reindex(columns=sources.columns)


def _missing(tables: Tables, name: str, what: str) -> str:
    counts = tables[name]["status"].value_counts()
    there = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts.get(status, 0))
    return f"  - {name}: {what}; rows there: {there or 'none'}"
