"""Imported rows laid into a folder of tables, beside what other imports left there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from corridor.data.frames import conform
from corridor.data.readers import read_raw
from corridor.data.schema import key_columns
from corridor.data.tables import load_tables
from corridor.data.writers import write_csv
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported
from corridor.importers.files.one_source import alone

__all__ = ["CLASHES", "land"]

CLASHES = ("refuse", "replace", "keep")
"""What to do where a key stands in the folder already with other figures."""
_LISTED = 10


def land(
    imported: Sequence[Imported],
    into: str | Path,
    *,
    on_clash: str = "refuse",
    format: str = "parquet",
    check: bool = True,
) -> list[Path]:
    """Write imports into a folder that `load_tables(into, extend=True)` lays over the bundled tables.

    Trade speaks alone for its importers, codes and years (see `alone`).

    Parameters
    ----------
    imported
        One import or several.
    into
        Folder; made if missing. Tables that stand there keep their rows, their order and their format.
    on_clash
        Where a row of the same key stands there with other figures: ``refuse`` (nothing is written), ``replace``
        it, or ``keep`` it. Identical rows are no clash. A source's own row is always renewed.
    format
        Of a table ``trade`` that is new: parquet or csv; other tables are csv.
    check
        Check the folder, laid over the bundled tables, before anything is put in its place.

    Returns
    -------
    list of Path
        Files written. They are written under other names first and exchanged when all are whole.

    Raises
    ------
    ConfigError
        An option is not known or the folder cannot be written.
    DataError
        Keys clash, or the folder would hold faults; nothing is written then.
    """
    if on_clash not in CLASHES:
        raise ConfigError(f"{on_clash!r}: wanted one of {', '.join(CLASHES)}")
    if format not in ("parquet", "csv"):
        raise ConfigError(f"format {format!r}: wanted parquet or csv")
    folder = Path(into)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: name a folder")
    there, formats = _standing(folder)
    merged: dict[str, pd.DataFrame] = {}
    problems: list[Fault] = []
    for each in imported:
        for name, frame in alone(each).tables.items():
            typed, faults = conform(name, frame)
            problems += faults
            base = merged.get(name, there.get(name))
            if faults or base is None:
                merged[name] = typed
                continue
            merged[name], faults = _together(name, base, typed, "replace" if name == "sources" else on_clash)
            problems += faults
    if problems:
        raise DataError(problems)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=folder))
        try:
            return _exchange(folder, scratch, merged, formats, format, check)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror or error}") from None


def _standing(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Tables of the folder in their types, and how each is stored."""
    if not folder.is_dir():
        return {}, {}
    raws, problems = read_raw(folder)
    frames = {}
    for name, raw in raws.items():
        frames[name], faults = conform(name, raw.frame, raw.lines)
        problems += faults
    if problems:
        raise DataError(problems)
    return frames, {path.stem: path.suffix.lstrip(".") for path in folder.iterdir() if path.stem in frames}


def _together(
    name: str, base: pd.DataFrame, fresh: pd.DataFrame, on_clash: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of both; where keys meet, as `on_clash` says."""
    key = key_columns(name)
    if name == "trade":
        base, fresh = _without_silence(base, fresh, key)
    old, new = pd.MultiIndex.from_frame(base[key]), pd.MultiIndex.from_frame(fresh[key])
    met = old.isin(new)
    same = fresh[new.isin(old)].merge(base, how="inner")  # on all columns: a blank equals a blank
    clash = int(met.sum()) - len(same)
    if clash and on_clash == "refuse":
        other = pd.MultiIndex.from_frame(same[key])
        lost = base[met & ~old.isin(other)]
        problems = [
            Fault(name, ", ".join(map(str, row)), "", "another figure in the folder", "one figure", _FIX)
            for row in lost[key].head(_LISTED).itertuples(index=False)
        ]
        if clash > _LISTED:
            problems.append(Fault(name, "", "", f"{clash - _LISTED:,} more such rows", "none", _FIX))
        return base, problems
    if on_clash == "replace":
        return pd.concat([base[~met], fresh], ignore_index=True), []
    return pd.concat([base, fresh[~new.isin(old)]], ignore_index=True), []


def _without_silence(base: pd.DataFrame, fresh: pd.DataFrame, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of zero, which only say that a publication names no such partner, give way to rows with a value."""
    old, new = pd.MultiIndex.from_frame(base[key]), pd.MultiIndex.from_frame(fresh[key])
    of_old, of_new = (base["value_usd_m"] > 0).to_numpy(), (fresh["value_usd_m"] > 0).to_numpy()
    return base[of_old | ~old.isin(new[of_new])], fresh[of_new | ~new.isin(old[of_old])]


_FIX = "--on-clash replace takes the new rows, keep the old ones; or import into another folder"


def _exchange(
    folder: Path, scratch: Path, merged: dict[str, pd.DataFrame], formats: dict[str, str], format: str, check: bool
) -> list[Path]:
    files = {}
    # sources first: a row never names a source that is not there yet
    for name in sorted(merged, key=lambda each: each != "sources"):
        kind = formats.get(name, format if name == "trade" else "csv")
        files[name] = f"{name}.{kind}"
        if kind == "csv":
            write_csv(merged[name], scratch / files[name])
        else:
            merged[name].to_parquet(scratch / files[name], index=False, compression="zstd")
    if check:
        for name, kind in formats.items():
            if name not in merged:
                shutil.copyfile(folder / f"{name}.{kind}", scratch / f"{name}.{kind}")
        load_tables(scratch, extend=True)
    for file in files.values():
        os.replace(scratch / file, folder / file)
    return [folder / file for file in files.values()]
