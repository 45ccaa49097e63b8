"""Write imported rows into a folder of tables, next to those of other imports."""

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
"""What to do if the folder already has a row of the same key with other figures."""
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

    Imported trade replaces all bundled rows of its importers, codes and years (see `alone`).

    Parameters
    ----------
    imported
        One import or several.
    into
        Folder; created if missing. Existing tables keep their rows, their order and their format.
    on_clash
        If a row of the same key exists with other figures: ``refuse`` (nothing is written), ``replace`` it, or
        ``keep`` it. Identical rows do not clash. A row of ``sources`` is always replaced.
    format
        Format of a new table ``trade``: parquet or csv; other new tables are csv.
    check
        Check the folder, laid over the bundled tables, before files get their final names.

    Returns
    -------
    list of Path
        Files written. They are written under temporary names and renamed when all are complete.

    Raises
    ------
    ConfigError
        An option is not known or the folder cannot be written.
    DataError
        Keys clash, or the folder would have faults; then nothing is written.
    """
    if on_clash not in CLASHES:
        raise ConfigError(f"{on_clash!r}: wanted one of {', '.join(CLASHES)}")
    if format not in ("parquet", "csv"):
        raise ConfigError(f"format {format!r}: wanted parquet or csv")
    folder = Path(into)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: name a folder")
    existing, formats = _existing(folder)
    merged: dict[str, pd.DataFrame] = {}
    problems: list[Fault] = []
    for each in imported:
        for name, frame in alone(each).tables.items():
            typed, faults = conform(name, frame)
            problems += faults
            base = merged.get(name, existing.get(name))
            if faults or base is None:
                merged[name] = typed
                continue
            merged[name], faults = _merged(name, base, typed, "replace" if name == "sources" else on_clash)
            problems += faults
    if problems:
        raise DataError(problems)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=folder))
        try:
            return _replace_files(folder, scratch, merged, formats, format, check)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"cannot write to {folder}: {error.strerror or error}") from None


def _existing(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Tables of the folder, typed, and the format of each."""
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


def _merged(name: str, base: pd.DataFrame, fresh: pd.DataFrame, on_clash: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Rows of both; rows with the same key as `on_clash` says."""
    key = key_columns(name)
    if name == "trade":
        base, fresh = _without_zeros(base, fresh, key)
    old, new = pd.MultiIndex.from_frame(base[key]), pd.MultiIndex.from_frame(fresh[key])
    matched = old.isin(new)
    same = fresh[new.isin(old)].merge(base, how="inner")  # on all columns: a blank equals a blank
    clash = int(matched.sum()) - len(same)
    if clash and on_clash == "refuse":
        other = pd.MultiIndex.from_frame(same[key])
        lost = base[matched & ~old.isin(other)]
        problems = [
            Fault(name, ", ".join(map(str, row)), "", "another figure in the folder", "one figure", _FIX)
            for row in lost[key].head(_LISTED).itertuples(index=False)
        ]
        if clash > _LISTED:
            problems.append(Fault(name, "", "", f"{clash - _LISTED:,} more such rows", "none", _FIX))
        return base, problems
    if on_clash == "replace":
        return pd.concat([base[~matched], fresh], ignore_index=True), []
    return pd.concat([base, fresh[~new.isin(old)]], ignore_index=True), []


def _without_zeros(base: pd.DataFrame, fresh: pd.DataFrame, key: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Drop rows of zero (a publication names no such partner) if the other table has a value for their key."""
    old, new = pd.MultiIndex.from_frame(base[key]), pd.MultiIndex.from_frame(fresh[key])
    filled_old, filled_new = (base["value_usd_m"] > 0).to_numpy(), (fresh["value_usd_m"] > 0).to_numpy()
    return base[filled_old | ~old.isin(new[filled_new])], fresh[filled_new | ~new.isin(old[filled_old])]


_FIX = "--on-clash replace takes the new rows, keep the old ones; or import into another folder"


def _replace_files(
    folder: Path, scratch: Path, merged: dict[str, pd.DataFrame], formats: dict[str, str], format: str, check: bool
) -> list[Path]:
    files = {}
    # sources first: a row never refers to a source that is not written yet
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
