"""Verify a results folder: check its tables by checksum, recompute its results and compare."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.frames import checksum
from corridor.data.guards.formulas import restored
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, CorridorError
from corridor.runs.results import MARKER

#: Relative difference that counts as the same: writing as text and another order of sums may change as much.
SAME = 1e-6


def verify(folder: str | Path, progress: Callable[[str], None] | None = None) -> pd.DataFrame:
    """Recompute the results of a folder from the tables and the study in it, and compare.

    Exposure, shares and measures are recomputed. Plans are not searched again - a search is limited by time, so
    it may end at another plan - but each plan is valued again from its moves, second sources and stocks.

    Parameters
    ----------
    folder
        Written by ``corridor run``.
    progress
        Called with the name of the item being checked.

    Returns
    -------
    pandas.DataFrame
        ``what, same, largest_difference`` (relative; missing if rows differ), ``told`` (what differs).

    Raises
    ------
    ConfigError
        If the folder is no results folder, or is incomplete.
    """
    place = Path(folder)
    sums, study, tables = _open(place)
    rows = [
        _row(f"table {name}", sums.get(name) == checksum(frame), np.nan, "the table is not the one of the results")
        for name, frame in sorted(tables)
    ]
    for what, made in _recomputed(tables, study, place):
        if progress is not None:
            progress(what)
        rows += _rows_or_fault(what, partial(_compared, place / f"{what}.csv", what, made))
    for plan in sorted((place / "plans").glob("*")) if (place / "plans").is_dir() else []:
        if progress is not None:
            progress(f"plan {plan.name}")
        rows += _rows_or_fault(f"plan {plan.name}", partial(_plan, plan, tables, study))
    return pd.DataFrame(rows, columns=["what", "same", "largest_difference", "told"])


def _rows_or_fault(what: str, work: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
    """Rows of a comparison; results too damaged to compare count as different."""
    try:
        return work()
    except Exception as error:  # a missing column may raise anywhere while the plan is valued
        reason = (str(error).splitlines() or [""])[0][:100]
        return [_row(what, False, np.nan, f"cannot be read or valued ({type(error).__name__}: {reason})")]


def _compared(file: Path, what: str, made: pd.DataFrame) -> list[dict[str, object]]:
    return [_compare(what, restored(pd.read_csv(file)), made)]


def _open(place: Path) -> tuple[dict[str, str], Study, Tables]:
    if not (place / MARKER).is_file():
        raise ConfigError(
            f"{place}: is no results folder of corridor. Fix: give a folder that corridor run wrote."
        )
    try:
        sums = json.loads((place / MARKER).read_text(encoding="utf-8"))["tables_sha256"]
        if not isinstance(sums, dict):
            raise ValueError("no checksums")
        study = Study.model_validate(json.loads((place / "study.json").read_text(encoding="utf-8")))
        return sums, study, load_tables(place / "tables")
    except (OSError, ValueError, KeyError, TypeError, RecursionError, CorridorError) as error:
        raise ConfigError(
            f"{place}: the results are incomplete or damaged ({str(error).splitlines()[0][:120]}). "
            "Fix: run the study again."
        ) from None


def _recomputed(tables: Tables, study: Study, place: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    from corridor.measures import exposure, shares
    from corridor.registry import study_measures

    markets = list(study.markets)
    yield "exposure", exposure(tables, markets, study.target)
    yield "shares", pd.concat([shares(tables, market) for market in markets], ignore_index=True)
    if (place / "measures").is_dir():
        for name, frame in study_measures(tables, study).items():
            if (place / "measures" / f"{name}.csv").is_file():
                yield f"measures/{name}", frame


def _plan(folder: Path, tables: Tables, study: Study) -> list[dict[str, object]]:
    from corridor.relocation import Plan, resolve

    def read(name: str) -> pd.DataFrame:
        try:
            return restored(pd.read_csv(folder / f"{name}.csv"))
        except (OSError, pd.errors.EmptyDataError):
            return pd.DataFrame()

    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    summary.pop("markets", None)
    none = pd.DataFrame()
    moves = read("moves")
    stored_plan = Plan(
        study.name,
        float(folder.name),
        summary,
        moves,
        none,
        none,
        none,
        none,
        read("second_sources"),
        read("stocks"),
    )
    found = resolve(stored_plan, tables, study)
    rows = []
    for key in (
        "cost_usd_m",
        "expected_loss_before_usd_m",
        "expected_loss_after_usd_m",
        "target_value_after_usd_m",
    ):
        stored, made = float(summary[key]), float(found.plan.summary[key])
        off = abs(stored - made) / max(abs(stored), 1.0)
        text = f"{stored:,.6f} in the folder, {made:,.6f} recomputed"
        rows.append(_row(f"plan {folder.name}: {key}", off <= SAME, off, text))
    rows.append(
        _row(f"plan {folder.name}: limits", found.broken.empty, np.nan, f"{len(found.broken)} limits are broken")
    )
    rows.append(_compare(f"plan {folder.name}: exposure", read("exposure"), found.plan.exposure))
    rows.append(_compare(f"plan {folder.name}: losses", read("losses"), found.plan.losses))
    if (folder / "markets.csv").is_file():
        rows.append(_compare(f"plan {folder.name}: markets", read("markets"), found.plan.markets))
    return rows


def _compare(what: str, stored: pd.DataFrame, made: pd.DataFrame) -> dict[str, object]:
    """Whether two tables hold the same rows, numbers to within :data:`SAME`."""
    if list(stored.columns) != [str(name) for name in made.columns] or len(stored) != len(made):
        text = (
            f"{len(stored)} rows and {len(stored.columns)} columns in the folder, "
            f"{len(made)} and {len(made.columns)} recomputed"
        )
        return _row(what, False, np.nan, text)
    worst, wrong = 0.0, []
    for name in stored.columns:
        one, other = stored[name], made[name].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(one) and not pd.api.types.is_bool_dtype(one):
            left, right = one.to_numpy(float), pd.to_numeric(other, errors="coerce").to_numpy(float)
            blank = np.isnan(left) & np.isnan(right)
            off = np.where(blank, 0.0, np.abs(left - right) / np.maximum(np.abs(left), 1.0))
            most = float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))
            worst = max(worst, most)
            if most > SAME:
                wrong.append(str(name))
        elif not one.fillna("").astype(str).equals(other.astype(object).fillna("").astype(str)):
            wrong.append(str(name))
    return _row(what, not wrong, worst, f"differs in {', '.join(wrong)}" if wrong else "")


def _row(what: str, same: bool, off: float, difference: str) -> dict[str, object]:
    return {"what": what, "same": same, "largest_difference": off, "told": "" if same else difference}
