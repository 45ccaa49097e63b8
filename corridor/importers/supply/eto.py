"""Chip explorer of the Emerging Technology Observatory -> ``supply``; its licence is non-commercial."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from corridor.data.countries.places import NAMES, to_iso3
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.open_files import reading
from corridor.importers.files.rows import need_even_rows
from corridor.importers.supply.share_imports import cell_lines, component_map, supply_rows

__all__ = ["read_eto"]

_TABLES = {
    "inputs": {"input_name", "input_id"},
    "providers": {"provider_name", "provider_id"},
    "provision": {"provider_id", "provided_id", "share_provided"},
    "sequence": {"input_id", "goes_into_id"},
}
# names of groups in ETO's table
_REST = {"Various": "ROW", "Various countries": "ROW"}


def read_eto(
    files: Sequence[str | Path],
    known: frozenset[str],
    components: Path | None,
    *,
    year: int | None,
    date: str = "",
    allow: frozenset[str] = frozenset(),
) -> Imported:
    """Read the tables of ETO's chip explorer.

    Parameters
    ----------
    files
        ``inputs.csv``, ``providers.csv``, ``provision.csv`` and, if available, ``sequence.csv``, recognised
        by their columns.
    known
        Ids of components.
    components
        CSV: component, input (name or id of an input or stage).
    year
        Year of the shares if the tables do not say it; of rows without one if they do (column ``year``).
    date
        Edition.
    allow
        Reasons of `imported.REASONS` for which more than 1 % of the rows may be left out.

    Returns
    -------
    Imported
        ``supply`` (shares of countries) and ``sources``, marked CC BY-NC 4.0. Rounded shares that sum to more than
        1 are divided by their sum and computed. The sequence has no amounts and firms have no shares: neither
        becomes a row.

    Raises
    ------
    DataError
        A table is missing or lacks a column, a share is not a number, or the map has unknown names.
    ConfigError
        A file, the map or the year is missing.
    """
    tables = _tables([Path(file) for file in files])
    chosen = component_map(components, "input", known)
    provision, providers, inputs = tables["provision"], tables["providers"], tables["inputs"]
    years = _years(provision, year)
    kinds = providers.drop_duplicates("provider_id").set_index("provider_id")
    who = provision["provider_id"].str.strip().map(kinds["provider_name"])
    country = to_iso3(who.replace(_REST), NAMES)
    nations = country.notna()
    if "provider_type" in kinds:
        nations |= provision["provider_id"].str.strip().map(kinds["provider_type"]) == "country"
    rows = provision.assign(country=country, who=who)[nations]
    text = rows["share_provided"].str.strip().str.rstrip("%")
    share = pd.to_numeric(text, errors="coerce") / 100
    wrong = (share.isna() & (text != "")) | (share < 0) | (share > 1)
    faults = [
        Fault("provision", str(row), "share_provided", repr(cell), "a percentage from 0 to 100", "correct it")
        for row, cell in cell_lines(rows.loc[wrong, "share_provided"])
    ]
    names = inputs["input_name"].str.strip().str.casefold()
    ids = dict(zip(names, inputs["input_id"].str.strip(), strict=True))
    if "provided_name" in provision:  # stages are provided, but are not inputs
        stages = provision["provided_name"].str.strip().str.casefold()
        ids = dict(zip(stages, provision["provided_id"].str.strip(), strict=True)) | ids
    chosen["id"] = chosen["input"].where(
        chosen["input"].isin(set(ids.values())), chosen["input"].str.casefold().map(ids)
    )
    faults += [
        Fault("map of components", str(row), "input", repr(name), "an input of the explorer", "correct it")
        for row, name in cell_lines(chosen.loc[chosen["id"].isna(), "input"])
    ]
    if faults:
        raise DataError(faults)
    found = rows.assign(share=share, id=rows["provided_id"].str.strip(), year=years)
    lost = found["country"].isna() & found["share"].notna()
    notes = [f"unknown countries: {', '.join(sorted(set(found.loc[lost, 'who'])))}"] if lost.any() else []
    usable = found[found["share"].notna() & found["country"].notna()]
    supply = usable.merge(chosen, on="id")
    unused = int((~usable["id"].isin(chosen["id"])).sum())
    nothing = float("nan")
    left = [
        ("firms, which have no world share", int((~nations).sum()), nothing),
        ("countries without a figure", int(found["share"].isna().sum()), nothing),
        ("unknown countries", int(lost.sum()), nothing),
        ("inputs that are not in the map", unused, nothing),
    ]
    source = source_row(
        "eto-chip-explorer",
        "Advanced Semiconductor Supply Chain Dataset",
        "Emerging Technology Observatory, CSET, Georgetown University",
        "https://eto.tech/dataset-docs/chipexplorer",
        "CC BY-NC 4.0",
        date or str(int(years.max()) if len(years) else year or ""),
        closed=True,
    )
    # an input with shares of several years is one of the latest
    latest = supply["year"] == supply.groupby("component")["year"].transform("max")
    older, supply = int((~latest).sum()), supply[latest]
    made = [
        supply_rows(rows, "eto-chip-explorer", int(str(each)), "reported") for each, rows in supply.groupby("year")
    ]
    if not made:
        wanted = "shares of countries for an input of the map"
        raise DataError([Fault("provision", "", "", "nothing to keep", wanted, "check the map of components")])
    table = pd.concat([rows for rows, _ in made], ignore_index=True)
    more = [note for _, of_year in made for note in of_year]
    left.append(("older years of an input", older, nothing))
    report = ImportReport.of(
        "eto-chip-explorer",
        [Path(file).name for file in files],
        (len(usable) - unused - older, nothing),
        [each for each in left if each[1]],
        [*notes, *more],
        reasons={"unknown countries": "unknown-country"},
    )
    report.check(allow)
    return Imported({"supply": table, "sources": source}, report)


def _years(provision: pd.DataFrame, year: int | None) -> pd.Series:
    """Year of each row of provision.

    Raises
    ------
    ConfigError
        Neither the table nor the user says it.
    DataError
        A cell is no year.
    """
    text = provision["year"].str.strip() if "year" in provision else pd.Series("", index=provision.index)
    numbers = pd.to_numeric(text, errors="coerce")
    wrong = (text != "") & ~(numbers.between(1990, 2100) & (numbers == numbers.round()))
    if wrong.any():
        raise DataError(
            [
                Fault("provision", str(row), "year", repr(cell), "a year such as 2025", "correct the cell")
                for row, cell in cell_lines(text[wrong])[:20]
            ]
        )
    if (text == "").any() and year is None:
        raise ConfigError("the tables do not say the year of each row: give --year, such as --year 2019")
    return numbers.fillna(year or 0).astype("int64")


def _tables(files: Sequence[Path]) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    for file in files:
        with reading(file, "a table of the chip explorer"):
            raw = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            need_even_rows(raw, file)
        for name in ("provision", "sequence", "providers", "inputs"):
            if name not in tables and _TABLES[name] <= set(raw.columns):
                tables[name] = raw
                break
    faults = [
        Fault(
            name,
            "",
            "",
            "no such table among the files",
            f"columns {', '.join(sorted(columns))}",
            f"give {name}.csv",
        )
        for name, columns in _TABLES.items()
        if name not in tables and name != "sequence"
    ]
    if faults:
        raise DataError(faults)
    return tables
