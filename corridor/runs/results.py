"""Write a results folder: complete, readable without corridor, never half written."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.data.datapackage import FILE as DESCRIPTOR
from corridor.data.datapackage import datapackage
from corridor.data.frames import checksum
from corridor.data.guards.formulas import disarmed
from corridor.data.tables import write_tables
from corridor.data.writers import quoting_of
from corridor.errors import ConfigError
from corridor.version import __version__

if TYPE_CHECKING:
    from corridor.data.tables import Tables
    from corridor.relocation import Alternatives, Plan, Reasons

MARKER, LOG = "corridor.json", "log.txt"
PLAN_TABLES = ("moves", "second_sources", "stocks", "facilities", "exposure", "losses", "limits", "markets")
"""Tables of a plan in its folder."""
_LIBRARIES = ("networkx", "numpy", "pandas", "scipy", "ortools", "folium")


@contextmanager
def results_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill: it replaces `out` on success and is deleted on failure.

    Raises
    ------
    ConfigError
        If `out` has other content than results, or can't be written.
    """
    out = out.absolute()
    try:
        ours = not out.exists() or (out.is_dir() and (not any(out.iterdir()) or (out / MARKER).is_file()))
    except OSError as error:
        raise ConfigError(f"output {out}: can't be read ({error.strerror}). Fix: give another --out.") from None
    if not ours:
        raise ConfigError(
            f"output {out}: exists and is no results folder of corridor. Fix: give another folder with --out."
        )
    with _alone(out):
        scratch: Path | None = None
        try:
            _recover(out)
            scratch = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
            draft = scratch / "new"
            draft.mkdir()
            yield draft
            _describe(draft)
            _exchange(draft, out, scratch / "old")
        except OSError as error:
            raise ConfigError(f"output {out}: can't be written ({error.strerror or error}).") from None
        finally:
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)


def _recover(out: Path) -> None:
    """Delete temporary folders of killed runs; restore an earlier result that such a run had moved away."""
    name = re.compile(re.escape(f".{out.name}-") + "[a-z0-9_]{8}")
    for scratch in sorted(out.parent.glob(f".{glob.escape(out.name)}-*")):
        if name.fullmatch(scratch.name) and scratch.is_dir():
            if (scratch / "old" / MARKER).is_file() and not out.exists():
                os.replace(scratch / "old", out)
            shutil.rmtree(scratch, ignore_errors=True)


def _exchange(draft: Path, out: Path, old: Path) -> None:
    """Replace an earlier result by the draft; restore it if that fails."""
    had_earlier = out.exists()
    if had_earlier:
        os.replace(out, old)
    try:
        os.replace(draft, out)
    except BaseException:
        if had_earlier:
            os.replace(old, out)
        raise


def _describe(folder: Path) -> None:
    """Write the folder's ``datapackage.json``, after all other files."""
    if (folder / "study.json").is_file():
        text = json.dumps(descriptor(folder), indent=1, ensure_ascii=False) + "\n"
        (folder / DESCRIPTOR).write_text(text, encoding="utf-8", newline="\n")


def descriptor(folder: Path) -> dict[str, Any]:
    """What ``datapackage.json`` of a results folder holds: all its files but the log, with their checksums."""
    study = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    about = f"Results of the study '{study['name']}' by corridor {__version__}. {study['question']}".strip()
    return datapackage(folder, f"corridor-{study['name']}", study["title"], about, without=(LOG,))


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Lock `out` against other runs. The lock ends with its process, even if it is killed.

    Raises
    ------
    ConfigError
        If another process writes there, or the folder can't be written.
    """
    lock = out.parent / f".{out.name}.lock"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("w")
    except OSError as error:
        raise ConfigError(f"output {out}: can't be written ({error.strerror}). Fix: give another --out.") from None
    with file:
        try:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(
                f"output {out}: another run is writing there. Fix: wait for it, or give another --out."
            ) from None
        except (ImportError, OSError):  # no such locks on this system, or on this kind of disk
            pass
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


class Log:
    """Log of a run's steps and times, for the results folder; no result depends on it."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        libraries = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
        self._lines = [
            f"corridor {__version__}, begun {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            f"Python {platform.python_version()}, {libraries}",
        ]

    def note(self, text: str) -> None:
        """Add a line, with the seconds since the start."""
        self._lines.append(f"{time.monotonic() - self._begin:9.1f} s  {text}")

    def write(self, folder: Path) -> None:
        """Write the lines to ``log.txt``, and a last one with their checksum.

        It is the only file of a results folder that depends on the clock and the machine, so no other file holds
        its checksum.
        """
        text = "\n".join(self._lines) + "\n"
        (folder / LOG).write_text(text + log_seal(text), encoding="utf-8", newline="\n")


def log_seal(text: str) -> str:
    """The last line of a log: the SHA-256 of those above."""
    return f"sha256 of the lines above: {hashlib.sha256(text.encode()).hexdigest()}\n"


def save_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, JSON or parquet by the file's ending, to a temporary name first.

    In CSV a text that a spreadsheet would read as a formula gets a leading apostrophe;
    ``corridor.data.guards.formulas.restored`` removes it.

    Raises
    ------
    ConfigError
        If the ending is none of these, or the file can't be written.
    """
    kind = path.suffix.lower()
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == ".csv":
            shown = disarmed(frame)
            shown.to_csv(draft, index=False, lineterminator="\n", encoding="utf-8", quoting=quoting_of(shown))
        elif kind == ".json":
            frame.to_json(draft, orient="records", indent=1)
        elif kind == ".parquet":
            frame.to_parquet(draft, index=False)
        else:
            raise ConfigError(
                f"output {path}: unknown kind of table '{kind}'. Fix: end it in .csv, .json or .parquet."
            )
        os.replace(draft, path)
    except OSError as error:
        raise ConfigError(f"output {path}: can't be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):  # already reported if the folder itself does not exist
            draft.unlink(missing_ok=True)


def write_results(
    folder: Path,
    study: Study,
    tables: Tables,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: list[Plan],
    measures: Mapping[str, pd.DataFrame] | None = None,
    reasons: Mapping[float, Reasons] | None = None,
    others: Mapping[float, Alternatives] | None = None,
) -> None:
    """Fill a results folder: study, checksums and versions, exposure and shares, frontier, a folder per plan.

    `measures`, as returned by :func:`corridor.registry.study_measures`, go into ``measures/``, a file each;
    reasons and near-optimal plans, by budget, into ``reasons/`` and ``alternatives/``.
    """
    save_table(exposures, folder / "exposure.csv")
    save_table(shares, folder / "shares.csv")
    for name, frame in (measures or {}).items():
        save_table(frame, folder / "measures" / f"{name}.csv")
    from corridor.relocation.result.by_market import per_dollar

    if plans:
        save_table(frontier_table(plans), folder / "frontier.csv")
        save_table(per_dollar(study, plans), folder / "per_dollar.csv")
    for plan in plans:
        plan_folder = folder / "plans" / budget_name(plan.budget_usd_m)
        for name in PLAN_TABLES:
            save_table(getattr(plan, name), plan_folder / f"{name}.csv")
        text = json.dumps(_summary(plan), indent=1, sort_keys=True) + "\n"
        (plan_folder / "summary.json").write_text(text, encoding="utf-8", newline="\n")
    for budget, found in (reasons or {}).items():
        for name in ("moves", "pairs", "levers"):
            save_table(getattr(found, name), folder / "reasons" / budget_name(budget) / f"{name}.csv")
    for budget, group in (others or {}).items():
        for name in ("plans", "components", "sites"):
            save_table(getattr(group, name), folder / "alternatives" / budget_name(budget) / f"{name}.csv")
    write_tables(tables, folder / "tables", "parquet")
    (folder / "study.json").write_text(study_text(study), encoding="utf-8", newline="\n")
    (folder / MARKER).write_text(marker(study, tables), encoding="utf-8", newline="\n")


def marker(study: Study, tables: Tables) -> str:
    """Content of ``corridor.json``: what the results were computed with, and the checksum of each table."""
    about = {
        "corridor": __version__,
        "study": study.name,
        "tables_sha256": {name: checksum(frame) for name, frame in tables},
    }
    return json.dumps(about, indent=1, sort_keys=True) + "\n"


def study_text(study: Study) -> str:
    """Content of ``study.json``."""
    return study.model_dump_json(indent=1) + "\n"


def budget_name(budget: float) -> str:
    """Name of the folder of a plan's budget, US$ million: 60 is ``00000060.0``; no two budgets share one."""
    whole, _, part = f"{budget:.9f}".partition(".")
    return f"{whole:0>8}.{part.rstrip('0') or '0'}"


def _summary(plan: Plan) -> dict[str, object]:
    """The summary of a plan with its results by market and sector, India's first."""
    from corridor.relocation.result.by_market import nested

    return {**plan.summary, "markets": nested(plan.markets)} if len(plan.markets) else dict(plan.summary)


def frontier_table(plans: list[Plan]) -> pd.DataFrame:
    """One row per plan: budget, and its summary."""
    return pd.DataFrame(
        [{"budget_usd_m": plan.budget_usd_m, "moves": len(plan.moves), **plan.summary} for plan in plans]
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
