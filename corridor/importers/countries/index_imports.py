"""The World Bank's governance and logistics indices, in any of their layouts -> ``countries``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from corridor.data.countries.places import NAMES, to_iso3
from corridor.data.guards.cells import valueless_cells
from corridor.data.guards.figures import numbers
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.countries.worldbank import (
    ESTIMATES,
    SOURCE_GOVERNANCE,
    SOURCE_LOGISTICS,
    countries,
    latest_governance,
    latest_logistics,
)
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.open_files import reading
from corridor.importers.files.rows import need_even_rows

__all__ = ["read_worldbank"]

_NAMES = {
    "economy": "country",
    "country_name": "countryname",
    "lpi": "lpi_score",
    "overall_lpi_score": "lpi_score",
    "score": "lpi_score",
}
_KNOWN = frozenset({"country", "countryname", "code", "year", "lpi_score", "indicator", "estimate", *ESTIMATES})
# codes of the long layout -> columns of the wide one
_LONG = {"va": "vae", "pv": "pve", "ge": "gee", "rq": "rqe", "rl": "rle", "cc": "cce"}
# the Bank's codes that differ from ISO 3166-1
_BANK = {"ADO": "AND", "ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "WBG": "PSE", "KSV": "XKX"}


def read_worldbank(
    files: Sequence[str | Path],
    standing: pd.DataFrame,
    *,
    date: str = "",
    allow: frozenset[str] = frozenset(),
) -> Imported:
    """Read the governance indicators, the Logistics Performance Index, or both.

    Parameters
    ----------
    files
        WGI as CSV or workbook: one row per country and year with the estimates vae, pve, gee, rqe, rle, cce; or
        one row per indicator with the columns indicator and estimate. LPI: country, lpi_score, year; or the Bank's
        workbook with a sheet for each edition (2023: Economy, LPI Score; older: Country, LPI score or score).
    standing
        The table ``countries``: an index that the files do not have is kept from it.
    date
        Edition.
    allow
        Reasons of `imported.REASONS` for which more than 1 % of the rows may be left out.

    Returns
    -------
    Imported
        ``countries`` and ``sources``.

    Raises
    ------
    DataError
        A file is neither of the two.
    ConfigError
        A file is missing or none is given.
    """
    if not files:
        raise ConfigError("no file is given: name the World Bank's files")
    governance = standing[["iso3", "governance", "year"]].dropna(subset="governance")
    logistics = standing[["iso3", "logistics"]].dropna()
    sources, left, notes, kept = [], [], [], 0
    for file in map(Path, files):
        with reading(file, "the World Bank's governance indicators or logistics index"):
            raw = _with_our_names(_table(file))
            edition = re.search(r"(?<!\d)20\d\d(?!\d)", date) or re.search(r"(?<!\d)20\d\d(?!\d)", file.stem)
            if "year" not in raw and "lpi_score" in raw and edition is not None:
                raw["year"] = int(edition[0])
            kind, name = _kind(raw, file)
            raw["year"] = _integer_years(raw["year"], file)
            raw, lost, note = _known(raw, name)
            notes += note
            if kind == SOURCE_GOVERNANCE:
                rows = latest_governance(raw)
                governance = _updated(governance, rows)
                title = "Worldwide Governance Indicators"
                about = f"estimates to {int(rows['year'].max())}; our figure is the plain mean of the six"
            else:
                rows = latest_logistics(raw)
                logistics = _updated(logistics, rows[["iso3", "logistics"]])
                title = "Logistics Performance Index"
                about = f"editions to {int(rows['year'].max())}"
        kept += len(rows)
        nothing = float("nan")
        left += [
            ("unknown countries", lost, nothing),
            ("older or incomplete years", len(raw) - len(rows), nothing),
        ]
        published = date or str(int(rows["year"].max()))
        sources.append(
            source_row(kind, title, "World Bank", "https://databank.worldbank.org/", "CC BY 4.0", published, about)
        )
    table = countries(governance, logistics)
    report = ImportReport.of(
        " and ".join(sorted({str(source["key"].iloc[0]) for source in sources})),
        [Path(file).name for file in files],
        (kept, float("nan")),
        [each for each in left if each[1]],
        notes,
        reasons={"unknown countries": "unknown-country"},
    )
    report.check(allow)
    return Imported({"countries": table, "sources": pd.concat(sources, ignore_index=True)}, report)


def _table(file: Path) -> pd.DataFrame:
    if file.suffix.lower() in (".xlsx", ".xls", ".ods"):
        sheets = pd.read_excel(file, sheet_name=None, engine="calamine")
        wrong = valueless_cells(file)
        if wrong:
            raise DataError(
                [
                    Fault(f"{file.name}, sheet {each.sheet}", str(each.row), "", each.found, "a value", each.fix)
                    for each in wrong[:20]
                ]
            )
        dated = {name: str(name).strip() for name in sheets if re.fullmatch(r"20\d\d", str(name).strip())}
        editions = {int(year): _with_our_names(sheets[name]) for name, year in dated.items()}
        tables = [
            sheet.assign(year=year)[["country", "lpi_score", "year"]]
            for year, sheet in editions.items()
            if {"country", "lpi_score"} <= set(sheet.columns)
        ]
        return pd.concat(tables, ignore_index=True) if tables else next(iter(sheets.values()))
    raw = pd.read_csv(file, encoding="utf-8-sig")
    need_even_rows(raw, file)
    return raw


def _with_our_names(raw: pd.DataFrame) -> pd.DataFrame:
    """The Bank's names of columns as ours, in any case: Economy and LPI Score are country and lpi_score."""
    plain = {name: re.sub(r"[^a-z0-9]+", "_", str(name).lower()).strip("_") for name in raw.columns}
    ours = {name: _NAMES.get(spelt, spelt if spelt in _KNOWN else str(name)) for name, spelt in plain.items()}
    renamed = raw.rename(columns=ours)
    return renamed.loc[:, ~renamed.columns.duplicated()]


def _kind(raw: pd.DataFrame, file: Path) -> tuple[str, str]:
    """Source key recognised by the columns, and the name of the country column."""
    columns = set(raw.columns)
    if {"countryname", "year"} <= columns and (set(ESTIMATES) <= columns or {"indicator", "estimate"} <= columns):
        return SOURCE_GOVERNANCE, "countryname"
    if {"country", "lpi_score", "year"} <= columns:
        return SOURCE_LOGISTICS, "country"
    long = "countryname, year, indicator, estimate"
    wanted = f"countryname, year, {', '.join(ESTIMATES)}; or {long}; or country, lpi_score, year"
    found = ", ".join(map(str, list(raw.columns)[:12]))
    raise DataError(
        [Fault(file.name, "header", "", found, wanted, "give the publisher's file as it was published")]
    )


def _integer_years(years: pd.Series, file: Path) -> pd.Series:
    """Years as integers; any other cell is a fault."""
    found = numbers(years)
    wrong = ~(found.between(1900, 2100) & (found == found.round()))
    faults = [
        Fault(
            file.name, str(row + 2), "year", repr(years.iloc[row]), "a year", "correct the cell, or drop the row"
        )
        for row in wrong.to_numpy().nonzero()[0][:20].tolist()
    ]
    if faults:
        raise DataError(faults)
    return found.astype("int64")


def _known(raw: pd.DataFrame, name: str) -> tuple[pd.DataFrame, int, list[str]]:
    """Rows of known countries (by name, else by the Bank's code), long indicators made wide; rows lost; notes."""
    found = to_iso3(raw[name].astype("str"), NAMES)
    if "code" in raw:
        codes = raw["code"].astype("str").replace(_BANK)
        found = found.where(found.notna(), to_iso3(codes, NAMES))
    lost = found.isna()
    words = sorted(set(raw.loc[lost, name].astype("str").dropna()))
    note = [f"unknown countries: {', '.join(words)}"] if words else []
    raw = raw.assign(**{name: found})[~lost]
    if "indicator" in raw:
        raw = raw.assign(indicator=raw["indicator"].astype("str").str.lower().map(_LONG)).dropna(
            subset="indicator"
        )
        raw["estimate"] = numbers(raw["estimate"])
        wide = raw.pivot_table(index=[name, "year"], columns="indicator", values="estimate", aggfunc="first")
        raw = wide.reindex(columns=ESTIMATES).reset_index()
    return raw, int(lost.sum()), note


def _updated(existing: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([existing[~existing["iso3"].isin(fresh["iso3"])], fresh], ignore_index=True)
