"""Tables reduced to the rows with an accepted status (evidence)."""

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

#: Tables whose rows may be left out. The others name things, or hold conditions and costs of plants: without them
#: a plan would look better than it is, so they stay.
EVIDENCE = (
    "recipes",
    "supply",
    "codes",
    "trade",
    "sourcing",
    "demand",
    "exports",
    "technologies",
    "second_sources",
    "stockpiles",
)
#: Source key of rows added for an unknown origin.
UNKNOWN_SOURCE = "corridor-unknown"
_ENOUGH = 1e-9


def keep_statuses(
    tables: Tables,
    statuses: Sequence[str],
    *,
    names: Sequence[str] = EVIDENCE,
    unknown_origin: str = "safe",
) -> Tables:
    """Tables without the rows of other statuses, and with one rule for what is then unknown.

    - A need, recipe, technology, second source or stockpile that is left out does not exist: it causes no loss,
      and no plan can use it.
    - If the home share of a market and component is left out, it is unknown how much is bought abroad. If unknown
      origins are ``safe``, all that the kept rows leave open comes from ``ROW``, which no denial of the target
      cuts; if they are ``imported``, nothing is made at home and all is spread by the kept trade and world
      production. Exposure by the kept figures is between the two.
    - If the home share is kept, what is left open is spread by the kept trade and world production.
    - A limit on technologies that are all left out is left out too.
    - Components, countries, sites, suppliers, other limits and shared facilities stay, whatever their status:
      prices, stocks and loss ratios of components, costs and limits of sites are used even if assumed.

    Parameters
    ----------
    tables
        Tables to reduce.
    statuses
        Statuses to keep: some of reported, computed, inherited, assumed.
    names
        Tables whose rows are left out; some of :data:`EVIDENCE`.
    unknown_origin
        ``safe`` or ``imported``, as above.

    Returns
    -------
    Tables
        The same tables if all statuses are kept. A second call with the same statuses changes nothing.

    Raises
    ------
    ConfigError
        If a status or option is invalid.
    """
    if unknown_origin not in ("safe", "imported"):
        raise ConfigError(f"unknown_origin '{unknown_origin}' is neither safe nor imported.")
    unknown = sorted(set(statuses) - set(STATUSES))
    if unknown or not len(statuses):
        raise ConfigError(
            f"statuses {', '.join(unknown) or 'are empty'}. Fix: name some of {', '.join(STATUSES)}."
        )
    if set(statuses) == set(STATUSES):
        return tables
    if lost := sorted(set(names) - set(EVIDENCE)):
        raise ConfigError(
            f"evidence of {', '.join(lost)}: no such table of evidence. Fix: name some of {', '.join(EVIDENCE)}."
        )
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
    """Tables with the evidence that a study accepts; see :func:`keep_statuses`."""
    names = study.evidence_tables or EVIDENCE
    return keep_statuses(tables, study.evidence, names=names, unknown_origin=study.unknown_origin)


def known_tables(tables: Tables, study: Study) -> Tables:
    """Tables with the evidence that a study accepts, checked to be enough for a plan.

    Raises
    ------
    ConfigError
        If nothing can be planned with it; the message says what is missing and which statuses exist.
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
    """Number of rows that a study's evidence setting leaves out: ``table, rows, kept, left_out``."""
    names = study.evidence_tables or EVIDENCE
    rows = [(name, len(tables[name]), len(_kept(tables[name], study.evidence))) for name in names]
    frame = pd.DataFrame(rows, columns=["table", "rows", "kept"])
    return frame.assign(left_out=frame["rows"] - frame["kept"])


def cannot_be_planned(tables: Tables, study: Study) -> pd.DataFrame:
    """Components with a technology that no plan can cover with the evidence that a study accepts.

    Returns
    -------
    pandas.DataFrame
        ``component, sector``, and whether each of these is kept: ``technology`` (a plant for it), ``need`` (a
        market needs it, directly or through kept recipes), ``target_share`` (some buyer has a share of the target
        above 0); one row per component that lacks any of them.
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
    for column, found in (
        ("technology", set(kept.technologies["component"])),
        ("need", needed),
        ("target_share", sold),
    ):
        frame[column] = frame["component"].isin(found)
    return frame[~frame[["technology", "need", "target_share"]].all(axis=1)].reset_index(drop=True)


def _kept(frame: pd.DataFrame, statuses: Sequence[str]) -> pd.DataFrame:
    return frame[frame["status"].isin(list(statuses))].reset_index(drop=True)


def _limits_left(tables: Tables, technologies: pd.DataFrame) -> pd.DataFrame:
    """Limits without those on a component, technology or sectors of which no technology is kept."""
    limits = tables.limits
    sector = tables.components.set_index("id")["sector"]
    sectors = set(technologies["component"].map(sector))
    named = limits["sectors"].map(lambda cell: set(list_cell(cell)))
    keep = named.map(lambda some: not some or bool(some & sectors)).astype(bool)
    for column, kept in (("component", technologies["component"]), ("technology", technologies["id"])):
        keep &= limits[column].isna() | limits[column].isin(kept)
    return limits[keep].reset_index(drop=True)


def _unknown_origins(before: pd.DataFrame, after: pd.DataFrame, safe: bool) -> pd.DataFrame:
    """Rows for each market and component whose home share was left out: the rest from ``ROW``, or 0 at home."""
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
    found = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES if counts.get(status, 0))
    return f"  - {name}: {what}; rows in the table: {found or 'none'}"
