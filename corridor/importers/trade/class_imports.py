"""A user's files of India's trade by principal commodity and country (DGCI&S) -> ``trade``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from corridor.data.frames import conform
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.open_files import reading
from corridor.importers.trade import dgcis
from corridor.importers.trade.codes_in_use import codes_in_use

__all__ = ["read_dgcis"]


def read_dgcis(
    files: Sequence[str | Path],
    *,
    flow: str,
    classes: frozenset[str] | None = None,
    years: Sequence[int] = (),
    date: str = "",
) -> Imported:
    """Read India's imports or exports by class and country.

    Parameters
    ----------
    files
        CSV with the columns financialyear (2022-23), commodity, country, value_musd (US$ million).
    flow
        ``imports`` (CIF) or ``exports`` (FOB, added up over the buyers); not stated in the files.
    classes
        INPC codes to keep; those of the bundled tables if None.
    years
        First calendar year of the fiscal years to keep; all if empty.
    date
        Day of the extract.

    Returns
    -------
    Imported
        ``trade`` in the nomenclature INPC and ``sources``.

    Raises
    ------
    DataError
        A file lacks a column, holds a negative value or an unknown country, or nothing is kept.
    ConfigError
        A file is missing or the flow is unknown.
    """
    if flow not in ("imports", "exports"):
        raise ConfigError("the tables do not state the flow: give --flow imports or --flow exports")
    if not files:
        raise ConfigError("no file is given: name the publisher's files")
    frames = []
    for path in map(Path, files):
        with reading(path, "India's trade by principal commodity and country"):
            frames.append(dgcis.read(path))
    raw = pd.concat(frames, ignore_index=True)
    key = dgcis.SOURCE if flow == "imports" else dgcis.EXPORTS_SOURCE
    wrong = raw[~(raw["value_usd_m"] >= 0)]
    twice = raw[raw.duplicated(["year", "code", "exporter"], keep=False)]
    problems = [
        Fault(key, f"{year} {code} {country}", "value_musd", found, wanted, "correct the rows")
        for rows, wanted in ((wrong, "a value from 0 up"), (twice, "each year, class and country in one file"))
        for year, code, country, found in rows.astype("str").head(20).to_numpy().tolist()
    ]
    if problems:
        raise DataError(problems)
    used = codes_in_use(nomenclature="INPC") if classes is None else classes
    wanted_years = raw["year"].isin(list(years)) if years else pd.Series(True, index=raw.index)
    within = raw[wanted_years]
    make = dgcis.imports if flow == "imports" else dgcis.exports
    trade, faults = conform("trade", make(within, used))
    if faults or not len(trade):
        raise DataError(faults or [Fault(key, "", "", "nothing to keep", "classes in use", "check the years")])
    kept = within["code"].isin(used)
    left = [
        ("other years", int((~wanted_years).sum()), float(raw.loc[~wanted_years, "value_usd_m"].sum())),
        ("classes that no component uses", int((~kept).sum()), float(within.loc[~kept, "value_usd_m"].sum())),
    ]
    source = source_row(
        key,
        f"India's {flow} by principal commodity and country",
        "DGCI&S, Ministry of Commerce and Industry, Government of India",
        "https://tradestat.commerce.gov.in/",
        "Open Government Data; cite the publisher",
        date or str(int(raw["year"].max()) + 1),
        "CIF" if flow == "imports" else "FOB",
    )
    report = ImportReport.of(
        key,
        [Path(file).name for file in files],
        (int(kept.sum()), float(within.loc[kept, "value_usd_m"].sum())),
        [each for each in left if each[1]],
        [],
        account=_account(raw, wanted_years, raw["code"].isin(used)),
    )
    return Imported({"trade": trade, "sources": source}, report)


def _account(raw: pd.DataFrame, wanted: pd.Series, used: pd.Series) -> pd.DataFrame:
    """What was kept and left out, by year and partner."""
    why = (
        pd.Series("kept", index=raw.index)
        .mask(~used, "classes that no component uses")
        .mask(~wanted, "other years")
    )
    rows = pd.DataFrame(
        {
            "year": raw["year"].astype("str"),
            "partner": raw["exporter"],
            "why": why,
            "rows": 1,
            "value_usd_m": raw["value_usd_m"],
        }
    )
    return rows.groupby(["year", "partner", "why"], as_index=False)[["rows", "value_usd_m"]].sum()
