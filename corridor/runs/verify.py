"""Check a results folder: every file by its checksum, and what can be computed again by computing it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.datapackage import FILE as DESCRIPTOR
from corridor.data.frames import checksum
from corridor.data.guards.budget import Account, csv_size
from corridor.data.guards.formulas import restored
from corridor.data.guards.open_file import read_bytes
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, CorridorError, listed
from corridor.relocation import Plan
from corridor.runs.files_listed import check_files
from corridor.runs.recompute import SEARCHED, frontier_of, measures, per_dollar_of, stored_plan
from corridor.runs.results import LOG, MARKER, PLAN_TABLES, descriptor, log_seal, marker, study_text

#: Relative difference that counts as the same: writing as text and another order of sums may change as much.
SAME = 1e-6
RECOMPUTED, COMPARED, NOT_CHECKED = "recomputed", "compared by checksum", "not checked"
"""How a file or table was checked."""
_LARGEST = 64 * 2**20  # bytes of a JSON file or log


def verify(folder: str | Path, progress: Callable[[str], None] | None = None) -> pd.DataFrame:
    """Check every file of a results folder.

    Every file is compared by the SHA-256 in ``datapackage.json``; missing and extra files are faults. Measures,
    and every column of a plan's tables, are computed again from the tables, the study and the plan's decision.
    Pages, reasons and near-optimal plans are compared by checksum alone. A plan is not searched again, so its
    bound, status, solver and the prices of its limits are not checked; what follows from the bound, the gap, is.
    Somebody who changes a file and also its checksum is found out in what is recomputed, and only there.

    Parameters
    ----------
    folder
        Written by ``corridor run``, ``map`` or ``report``.
    progress
        Called with the name of the item being checked.

    Returns
    -------
    pandas.DataFrame
        ``what, how`` (``recomputed``, ``compared by checksum`` or ``not checked``), ``same, largest_difference``
        (relative; missing if rows differ or nothing was computed), ``told`` (what differs).

    Raises
    ------
    ConfigError
        If the folder is no results folder, or is incomplete.
    """
    place = Path(folder)
    seen = progress or (lambda _: None)
    stored, study, tables = _open(place)
    seen("files")
    rows = [
        _row(what, how, not difference, np.nan, difference)
        for what, how, difference in (
            *((what, COMPARED, difference) for what, difference in check_files(place)),
            *((what, RECOMPUTED, difference) for what, difference in _records(place, stored, study, tables)),
        )
    ]
    rows += [
        _row(f"table {name}", COMPARED, stored["tables_sha256"].get(name) == checksum(frame), np.nan, "is another")
        for name, frame in sorted(tables)
    ]
    for what, made in measures(tables, study, (place / "measures").is_dir()):
        seen(what)
        rows += _rows_or_fault(what, partial(_compared, place / f"{what}.csv", what, made))
    plans: list[Plan] = []
    for plan in sorted((place / "plans").glob("*")) if (place / "plans").is_dir() else []:
        seen(f"plan {plan.name}")
        rows += _rows_or_fault(f"plan {plan.name}", partial(_plan, plan, tables, study, plans))
    if plans or (place / "frontier.csv").exists():
        rows += _rows_or_fault("frontier", partial(_frontier, place / "frontier.csv", plans))
    if plans and not study.meet_demand:
        bought = partial(per_dollar_of, study, plans)
        rows += _rows_or_fault("per_dollar", lambda: _compared(place / "per_dollar.csv", "per_dollar", bought()))
    return pd.DataFrame(rows, columns=["what", "how", "same", "largest_difference", "told"])


def _rows_or_fault(what: str, work: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
    """Rows of a comparison; results too damaged to compare count as different."""
    try:
        return work()
    except Exception as error:  # a missing column may raise anywhere while the plan is valued
        reason = (str(error).splitlines() or [""])[0][:100]
        told = f"cannot be read or valued ({type(error).__name__}: {reason})"
        return [_row(what, RECOMPUTED, False, np.nan, told)]


def _table(file: Path) -> pd.DataFrame:
    """A table of results as it was before it was written; empty if it has no columns."""
    csv_size(file, Account())
    try:
        return restored(pd.read_csv(file, keep_default_na=False, na_values=[""]))
    except pd.errors.EmptyDataError:
        return pd.DataFrame()


def _compared(file: Path, what: str, made: pd.DataFrame) -> list[dict[str, object]]:
    return [_compare(what, _table(file), made)]


def _json(file: Path) -> Any:
    return json.loads(read_bytes(file, _LARGEST))


def _open(place: Path) -> tuple[dict[str, Any], Study, Tables]:
    if not (place / MARKER).is_file():
        raise ConfigError(
            f"{place}: is no results folder of corridor. Fix: give a folder that corridor run wrote."
        )
    try:
        stored = _json(place / MARKER)
        if not isinstance(stored, dict) or not isinstance(stored.get("tables_sha256"), dict):
            raise ValueError("no checksums")
        return stored, Study.model_validate(_json(place / "study.json")), load_tables(place / "tables")
    except (OSError, ValueError, KeyError, TypeError, RecursionError, CorridorError) as error:
        raise ConfigError(
            f"{place}: the results are incomplete or damaged ({str(error).splitlines()[0][:120]}). "
            "Fix: run the study again."
        ) from None


def _records(place: Path, stored: dict[str, Any], study: Study, tables: Tables) -> Iterator[tuple[str, str]]:
    """What each file about the folder differs in, from what it must hold."""
    texts = {MARKER: marker(study, tables), "study.json": study_text(study)}
    for name, text in texts.items():
        same = read_bytes(place / name, _LARGEST) == text.encode()
        other = f"written by corridor {stored.get('corridor')!s:.20}, " if name == MARKER else ""
        yield name, "" if same else f"{other}differs from what the study and its tables give"
    try:
        log = read_bytes(place / LOG, _LARGEST).decode("utf-8")
        lines = log.splitlines(keepends=True)
        sealed = bool(lines) and lines[-1] == log_seal("".join(lines[:-1]))
        yield f"the last line of {LOG}", "" if sealed else "is not the checksum of the lines above"
    except (OSError, ValueError) as error:
        yield f"the last line of {LOG}", f"cannot be read ({str(error)[:80]})"
    try:
        text = read_bytes(place / DESCRIPTOR, _LARGEST).decode("utf-8")
        held, made = json.loads(text), descriptor(place)
        faults = [] if text == json.dumps(held, indent=1, ensure_ascii=False) + "\n" else ["how it is written"]
        faults += [str(name) for name in {*held, *made} - {"resources"} if held.get(name) != made.get(name)]
        described = {one["path"]: one for one in held["resources"]}
        for one in made["resources"]:
            other_one = described.get(one["path"], one)
            if one["hash"] == other_one["hash"] and one != other_one:
                faults.append(one["path"])
        yield DESCRIPTOR, f"describes otherwise: {listed(sorted(faults), 5)}" if faults else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, CorridorError) as error:
        yield DESCRIPTOR, f"cannot be read or made again ({(str(error).splitlines() or [''])[0][:80]})"


def _plan(folder: Path, tables: Tables, study: Study, plans: list[Plan]) -> list[dict[str, object]]:
    from corridor.relocation.analysis.reevaluate import revalue
    from corridor.relocation.result.by_market import nested

    what = f"plan {folder.name}"
    summary = _json(folder / "summary.json")
    by_market = summary.pop("markets", {})
    stored = stored_plan(folder, study, _table, summary)
    plans.append(stored)
    if study.meet_demand:
        told = "plans of studies that must meet demand are compared by checksum alone"
        return [_row(what, NOT_CHECKED, True, np.nan, told)]
    found = revalue(stored, tables, study)
    rows = [
        _row(
            f"{what}: limits kept",
            RECOMPUTED,
            found.broken.empty,
            np.nan,
            f"{len(found.broken)} limits are broken",
        )
    ]
    for name in PLAN_TABLES:
        hidden = list(SEARCHED.get(name, ()))
        here, made = getattr(stored, name), getattr(found.plan, name)
        if list(here.columns) == list(made.columns):
            here, made = here.drop(columns=hidden), made.drop(columns=hidden)
        rows.append(_compare(f"{what}: {name}", here, made))
    unknown = {*SEARCHED["summary"], *(("proved",) if len(study.goal.minimise) > 1 else ())}
    both = [
        pd.DataFrame([{key: value for key, value in one.items() if key not in unknown}]).sort_index(axis="columns")
        for one in (summary, found.plan.summary)
    ]
    rows.append(_compare(f"{what}: summary", *both))
    again = nested(found.plan.markets) if len(found.plan.markets) else {}
    rows.append(_compare(f"{what}: summary by market", *(_flat(one) for one in (by_market, again))))
    bound, objective = float(summary["bound"]), float(found.plan.summary["objective"])
    possible = 0.0 <= bound <= objective + SAME * max(abs(objective), 1.0)
    rows.append(_row(f"{what}: bound", RECOMPUTED, possible, np.nan, "is below 0, or above what the plan reaches"))
    rows.append(_row(f"{what}: bound, status, solver, prices", NOT_CHECKED, True, np.nan, ""))
    return rows


def _frontier(file: Path, plans: list[Plan]) -> list[dict[str, object]]:
    here, made = _table(file), frontier_of(plans)
    return [_compare("frontier", here, made[list(here.columns)] if set(here) == set(made) else made)]


def _flat(values: Any) -> pd.DataFrame:
    """Groups inside groups as one row, a column for each value, in order of their names."""
    return pd.json_normalize(values).sort_index(axis="columns") if values else pd.DataFrame()


def _compare(what: str, stored: pd.DataFrame, made: pd.DataFrame) -> dict[str, object]:
    """Whether two tables hold the same rows, numbers to within :data:`SAME`."""
    if list(stored.columns) != [str(name) for name in made.columns] or len(stored) != len(made):
        text = (
            f"{len(stored)} rows and {len(stored.columns)} columns in the folder, "
            f"{len(made)} and {len(made.columns)} recomputed"
        )
        return _row(what, RECOMPUTED, False, np.nan, text)
    worst, wrong = 0.0, []
    for name in stored.columns:
        one, other = stored[name], made[name].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(one) and not pd.api.types.is_bool_dtype(one):
            left, right = one.to_numpy(float), pd.to_numeric(other, errors="coerce").to_numpy(float)
            alike = (np.isnan(left) & np.isnan(right)) | (left == right)
            with np.errstate(invalid="ignore"):
                off = np.where(alike, 0.0, np.abs(left - right) / np.maximum(np.abs(left), 1.0))
            most = float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))
            worst = max(worst, most)
            if most > SAME:
                wrong.append(str(name))
        elif not one.fillna("").astype(str).equals(other.astype(object).fillna("").astype(str)):
            wrong.append(str(name))
    return _row(what, RECOMPUTED, not wrong, worst, f"differs in {', '.join(wrong)}" if wrong else "")


def _row(what: str, how: str, same: bool, off: float, difference: str) -> dict[str, object]:
    told = difference if not same or how == NOT_CHECKED else ""
    return {"what": what, "how": how, "same": same, "largest_difference": off, "told": told}
