"""A user's editions of the USGS commodity summaries and the IEA's critical minerals -> ``supply``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.open_files import reading
from corridor.importers.supply import iea, usgs

__all__ = ["read_iea", "read_usgs"]

_SHEET = re.compile(r"total supply", re.IGNORECASE)
_BLOCK = re.compile(r"^(?P<mineral>.+?)\s+[-\u2013]\s+(?P<stage>mining|refin\w*)\b", re.IGNORECASE)
_ENDS = ("total", "top 3", "share of")


def _one(files: Sequence[str | Path]) -> Path:
    if len(files) != 1:
        raise ConfigError(f"{len(files)} files are given: give one, an edition is one file")
    return Path(files[0])


def _by_series(
    series: pd.DataFrame, rows: Callable[[pd.DataFrame], pd.DataFrame], source: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rows of every series that the edition has, and a note that lists the missing ones."""
    try:
        return rows(series), []
    except DataError as error:
        lacking = {fault.row for fault in error.faults}
        left = series[~series["component"].isin(lacking)]
        if not len(left):
            raise
        return rows(left), [f"{source} has no figures under the known names for: {', '.join(sorted(lacking))}"]


def read_usgs(files: Sequence[str | Path], known: frozenset[str], *, date: str = "") -> Imported:
    """Read an edition of the Mineral Commodity Summaries.

    Parameters
    ----------
    files
        One ``MCS2026_Commodities_Data.csv``, the data release of all chapters, or ``MCS2025_World_Data.csv``.
    known
        Components whose rows to keep.
    date
        Edition (year); taken from the file name if empty.

    Returns
    -------
    Imported
        ``supply`` of two years and ``sources``.

    Raises
    ------
    DataError
        The file is not the data release, or a country is not known.
    ConfigError
        The file is missing, or the edition is not known.
    """
    path = _one(files)
    edition = date or next(iter(re.findall(r"MCS(\d{4})", path.name)), "")
    if not edition:
        raise ConfigError("the file name has no edition: give --date, such as --date 2026")
    source = f"usgs-mcs-{edition}"
    with reading(path, "the data release of the Mineral Commodity Summaries"):
        raw = usgs.read(path)
        series = usgs.series()
        series = series[series["component"].isin(known)]
        rows, notes = _by_series(series, lambda some: usgs.supply_rows(raw, some, source=source), source)
    production = raw["section"].str.startswith("World")
    report = _report(source, path, len(rows), len(raw), int(production.sum()), notes)
    about = source_row(
        source,
        f"Mineral Commodity Summaries {edition}, data release",
        "U.S. Geological Survey",
        "https://www.usgs.gov/centers/national-minerals-information-center/mineral-commodity-summaries",
        "public domain",
        edition,
        f"production and capacity by country; figures of {int(raw.loc[production, 'year'].max())} are estimates",
    )
    return Imported({"supply": rows, "sources": about}, report)


def _report(source: str, path: Path, kept: int, read: int, world: int, notes: list[str]) -> ImportReport:
    nothing = float("nan")
    left = [
        ("other sections than world production", read - world, nothing),
        ("minerals, years and cells that no component uses, or added up", world - kept, nothing),
    ]
    return ImportReport.of(source, [path.name], (kept, nothing), [each for each in left if each[1] > 0], notes)


def read_iea(files: Sequence[str | Path], known: frozenset[str], *, date: str = "") -> Imported:
    """Read an edition of the Critical Minerals Dataset.

    Parameters
    ----------
    files
        One workbook of the data explorer (.xlsx), whose sheet of total supply holds a block for each mineral and
        stage ("Copper - Mining"): years in a row above, countries below; or a .csv of it with the columns
        mineral, stage, country, year, kt, share.
    known
        Components whose rows to keep.
    date
        Day or year of the edition; the base year if empty.

    Returns
    -------
    Imported
        ``supply`` of the base year (the first one: later years are projections) and ``sources``.

    Raises
    ------
    DataError
        The file has no such sheet or blocks, or a country is not known.
    ConfigError
        The file is missing.
    """
    path = _one(files)
    with reading(path, "the workbook of the Critical Minerals Dataset"):
        raw = iea.read(path) if path.suffix.lower() == ".csv" else _workbook(path)
        base = int(raw["year"].min())
        source = f"iea-critical-minerals-{base}"
        series = iea.series()
        series = series[series["component"].isin(known)]
        rows, notes = _by_series(
            series, lambda some: iea.supply_rows(raw, some, base_year=base, source=source), source
        )
    nothing = float("nan")
    later = int((raw["year"] != base).sum())
    used = raw.loc[raw["year"] == base].merge(series[["mineral", "stage"]].drop_duplicates())
    left = [
        ("projections", later, nothing),
        ("minerals and stages that no component uses", len(raw) - later - len(used), nothing),
    ]
    report = ImportReport.of(source, [path.name], (len(used), nothing), [each for each in left if each[1]], notes)
    about = source_row(
        source,
        "Critical Minerals Dataset",
        "International Energy Agency",
        "https://www.iea.org/data-and-statistics/data-product/critical-minerals-dataset",
        "terms of the IEA as stated with the edition; quote with source",
        date or str(base),
        f"mining and refining by country, base year {base}; read the edition's terms before passing rows on",
    )
    return Imported({"supply": rows, "sources": about}, report)


def _workbook(path: Path) -> pd.DataFrame:
    """The sheet of supply, long: mineral, stage, country, year, kt, share."""
    sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="calamine")
    name = next((str(sheet) for sheet in sheets if _SHEET.search(str(sheet))), None)
    if name is None:
        found = f"sheets {', '.join(map(str, sheets))}"
        fix = "give the workbook of the data explorer"
        raise DataError([Fault(path.name, "", "", found, "a sheet of total supply", fix)])
    cells = sheets[name]
    blocks = [
        (row, column, block)
        for column in range(cells.shape[1])
        for row, cell in enumerate(cells[column].tolist())
        if isinstance(cell, str) and (block := _BLOCK.match(cell.strip()))
    ]
    tables = [_block(cells, row, column, block) for row, column, block in blocks]
    rows = [table for table in tables if len(table)]
    if not rows:
        fix = "give the workbook as it was published"
        raise DataError([Fault(path.name, name, "", "no block", "blocks such as 'Copper - Mining'", fix)])
    raw = pd.concat(rows, ignore_index=True)
    raw["country"] = iso3(raw["country"].rename(path.name))
    raw["share"] = raw["kt"] / raw.groupby(["mineral", "stage", "year"])["kt"].transform("sum")
    return raw


def _block(cells: pd.DataFrame, row: int, column: int, found: re.Match[str]) -> pd.DataFrame:
    """One mineral and stage: countries down to the total, years from the nearest row of years above."""
    years: dict[int, int] = {}
    for above in range(row, -1, -1):
        years = _years(cells.iloc[above, column + 1 :].tolist(), column + 1)
        if years:
            break
    rows: list[tuple[str, int, float]] = []
    for below in range(row + 1, len(cells)):
        label = cells.iat[below, column]
        if not isinstance(label, str) or not label.strip():
            if rows:
                break
            continue
        if label.strip().lower().startswith(_ENDS) or _BLOCK.match(label.strip()):
            break
        values = {year: _number(cells.iat[below, position]) for position, year in years.items()}
        rows += [(label.strip(), year, value) for year, value in values.items() if pd.notna(value)]
    frame = pd.DataFrame(rows, columns=["country", "year", "kt"]).astype({"kt": float})
    stage = "mining" if found["stage"].lower() == "mining" else "refining"
    return frame.assign(mineral=_mineral(found["mineral"]), stage=stage)


def _years(row: list[object], first: int) -> dict[int, int]:
    """Column position -> year, up to the first cell that is not a year (another block begins there)."""
    years: dict[int, int] = {}
    for position, cell in enumerate(row, first):
        number = _number(cell)
        if not 2000 <= number <= 2100:
            break
        years[position] = int(number)
    return years


def _number(cell: object) -> float:
    """A cell as a number, NaN if it is not one."""
    try:
        return float(str(cell).replace(",", ""))
    except ValueError:
        return float("nan")


def _mineral(text: str) -> str:
    """Name of a mineral in the series, also for longer wordings such as "Graphite (all grades)"."""
    names = sorted(set(iea.series()["mineral"]), key=len, reverse=True)
    return next((name for name in names if name.lower() in text.lower()), text.strip())
