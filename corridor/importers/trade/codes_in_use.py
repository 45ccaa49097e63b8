"""Trade codes that components use: from the bundled table ``codes``, the folder's own, and a user's map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from corridor.data.bundled import bundled
from corridor.data.frames import conform
from corridor.data.guards.budget import Account, csv_size
from corridor.data.readers import read_raw
from corridor.errors import DataError, Fault
from corridor.importers.files.imported import Imported
from corridor.importers.files.rows import need_even_rows

__all__ = ["add_codes", "codes_in_use", "read_components"]


def codes_in_use(
    folder: Path | None = None, more: pd.DataFrame | None = None, *, nomenclature: str = "HS6"
) -> frozenset[str]:
    """Codes of a nomenclature that some component uses.

    Parameters
    ----------
    folder
        A folder of tables; its ``codes`` are added to the bundled ones.
    more
        Further rows of ``codes``.
    nomenclature
        HS6 or INPC.

    Returns
    -------
    frozenset of str

    Raises
    ------
    DataError
        The folder's table has faults.
    """
    frames = [_codes_of(bundled("data"))]
    if folder is not None and folder.is_dir():
        frames.append(_codes_of(folder))
    if more is not None:
        frames.append(more)
    every = pd.concat([frame[["nomenclature", "code"]] for frame in frames])
    return frozenset(every.loc[every["nomenclature"] == nomenclature, "code"])


def _codes_of(folder: Path) -> pd.DataFrame:
    files = [folder / f"codes.{kind}" for kind in ("csv", "parquet")]
    if not any(file.exists() for file in files):
        return pd.DataFrame({"nomenclature": [], "code": []}, dtype="str")
    raws, problems = read_raw(folder, ["codes"])
    if problems:
        raise DataError(problems)
    frame, problems = conform("codes", raws["codes"].frame, raws["codes"].lines)
    if problems:
        raise DataError(problems)
    return frame


def read_components(path: Path, key: str) -> pd.DataFrame:
    """A user's map of codes to components.

    Parameters
    ----------
    path
        CSV with the columns ``component`` and ``code`` (HS 2022, six digits), and optionally ``match`` (exact or
        group; default group), ``status`` (default assumed), ``source`` and ``note``.
    key
        Source of rows without one.

    Returns
    -------
    DataFrame
        Rows of the table ``codes``.

    Raises
    ------
    DataError
        The file cannot be read, lacks a column, or a code does not have six digits.
    """
    wanted = "a CSV with the columns component and code"
    try:
        csv_size(path, Account())
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        found = f"a file that cannot be read ({str(error).splitlines()[0][:80]})"
        raise DataError([Fault(path.name, "", "", found, wanted, "give the path of such a file")]) from None
    need_even_rows(raw, path)
    defaults = {"nomenclature": "HS6", "match": "group", "status": "assumed", "source": key}
    for name, value in defaults.items():
        raw[name] = raw[name].fillna(value) if name in raw else value
    frame, problems = conform("codes", raw, pd.Series(raw.index + 2, index=raw.index))
    if not problems:
        short = ~frame["code"].str.fullmatch(r"\d{6}") & (frame["nomenclature"] == "HS6")
        problems = [
            Fault(path.name, str(row + 2), "code", repr(frame["code"].iloc[row]), "six digits", "write the zeros")
            for row in short.to_numpy().nonzero()[0]
        ]
    if problems:
        raise DataError([replace(problem, table=path.name) for problem in problems])
    return frame


def add_codes(imported: Imported, codes: pd.DataFrame) -> Imported:
    """Add a user's rows of ``codes`` to an import: only codes with trade, since one without is a fault.

    Parameters
    ----------
    imported
        With a table ``trade``.
    codes
        As `read_components` gives it.

    Returns
    -------
    Imported
    """
    traded = codes["code"].isin(set(imported.tables["trade"]["code"]))
    report = imported.report
    if (~traded).any():
        lost = ", ".join(sorted(set(codes.loc[~traded, "code"])))
        report = replace(report, notes=(*report.notes, f"codes of the map without trade, left out: {lost}"))
    return Imported({**imported.tables, "codes": codes[traded].reset_index(drop=True)}, report)
