"""Shares of countries in world supply: ETO's chip explorer and multi-regional input-output tables -> ``supply``.

A map of the user says which of our components an input (ETO) or a sector (input-output tables) stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from corridor.errors import ConfigError, DataError, Problem
from corridor.frames import conform, nearest
from corridor.sources.imported import Imported, ImportReport, source_row
from corridor.sources.mineral_imports import reading
from corridor.sources.places import LETTERS, NAMES, to_iso3
from corridor.sources.rows import lay_out, need_even_rows

__all__ = ["mrio_shares", "read_eto", "read_mrio"]

_ETO_TABLES = {
    "inputs": {"input_name", "input_id"},
    "providers": {"provider_name", "provider_id"},
    "provision": {"provider_id", "provided_id", "share_provided"},
    "sequence": {"input_id", "goes_into_id"},
}
# names of groups in ETO's table
_REST = {"Various": "ROW", "Various countries": "ROW"}
# regions of EXIOBASE that are rests of continents, and of the OECD's table that are parts of a country
_REGIONS = dict.fromkeys(["WA", "WL", "WE", "WF", "WM", "ROW"], "ROW") | {
    "CN1": "CHN",
    "CN2": "CHN",
    "MX1": "MEX",
    "MX2": "MEX",
}
_ROUNDING = 0.05


def _map(path: Path | None, column: str, known: frozenset[str]) -> pd.DataFrame:
    """A user's map: component and what stands for it."""
    if path is None:
        raise ConfigError(f"give --components: a CSV with the columns component and {column}")
    with reading(path, f"a CSV with the columns component and {column}"):
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        need_even_rows(raw, path)
    problems = [
        Problem(path.name, "header", name, ", ".join(raw.columns), f"a column {name}", "add it")
        for name in ("component", column)
        if name not in raw
    ]
    if problems:
        raise DataError(problems)
    table = pd.DataFrame({name: raw[name].str.strip() for name in ("component", column)}).drop_duplicates()
    for row, name in _lines(table.loc[~table["component"].isin(known), "component"]):
        near = nearest(name, known)
        mend = f"write {near}" if near else "write the id of a component"
        problems.append(Problem(path.name, str(row), "component", repr(name), "a component", mend))
    if problems:
        raise DataError(problems)
    return table


def _lines(cells: pd.Series) -> list[tuple[int, str]]:
    """Line of the file and text of each cell; the index counts the rows below the header."""
    return [(int(row) + 2, str(cell)) for row, cell in zip(cells.index.tolist(), cells.tolist(), strict=True)]


def read_eto(
    files: Sequence[str | Path],
    known: frozenset[str],
    components: Path | None,
    *,
    year: int | None,
    date: str = "",
) -> Imported:
    """Read the tables of ETO's chip explorer.

    Parameters
    ----------
    files
        ``inputs.csv``, ``providers.csv``, ``provision.csv`` and, if it is there, ``sequence.csv``, told apart by
        their columns.
    known
        Ids of components.
    components
        CSV: component, input (name or id of an input or stage).
    year
        Year of the shares, which the tables do not say.
    date
        Edition.

    Returns
    -------
    Imported
        ``supply`` (shares of countries) and ``sources``, which are marked: CC BY-NC 4.0. Shares that are rounded
        to more than the whole are put over their sum and computed. The sequence says what goes into what without
        amounts, and firms have no share: neither becomes a row.

    Raises
    ------
    DataError
        A table is missing or lacks a column, a share is no number, or the map names what there is not.
    ConfigError
        A file, the map or the year is missing.
    """
    if year is None:
        raise ConfigError("the tables do not say their year: give --year, such as --year 2019")
    tables = _eto_tables([Path(file) for file in files])
    chosen = _map(components, "input", known)
    provision, providers, inputs = tables["provision"], tables["providers"], tables["inputs"]
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
    problems = [
        Problem("provision", str(row), "share_provided", repr(cell), "a percentage from 0 to 100", "correct it")
        for row, cell in _lines(rows.loc[wrong, "share_provided"])
    ]
    names = inputs["input_name"].str.strip().str.casefold()
    ids = dict(zip(names, inputs["input_id"].str.strip(), strict=True))
    if "provided_name" in provision:  # stages are provided, but are no inputs
        stages = provision["provided_name"].str.strip().str.casefold()
        ids = dict(zip(stages, provision["provided_id"].str.strip(), strict=True)) | ids
    chosen["id"] = chosen["input"].where(
        chosen["input"].isin(set(ids.values())), chosen["input"].str.casefold().map(ids)
    )
    problems += [
        Problem("map of components", str(row), "input", repr(name), "an input of the explorer", "correct it")
        for row, name in _lines(chosen.loc[chosen["id"].isna(), "input"])
    ]
    if problems:
        raise DataError(problems)
    found = rows.assign(share=share, id=rows["provided_id"].str.strip())
    lost = found["country"].isna() & found["share"].notna()
    notes = (
        [f"countries that are not known: {', '.join(sorted(set(found.loc[lost, 'who'])))}"] if lost.any() else []
    )
    usable = found[found["share"].notna() & found["country"].notna()]
    supply = usable.merge(chosen, on="id")
    unused = int((~usable["id"].isin(chosen["id"])).sum())
    nothing = float("nan")
    left = [
        ("firms, which have no share of the world", int((~nations).sum()), nothing),
        ("countries without a figure", int(found["share"].isna().sum()), nothing),
        ("countries that are not known", int(lost.sum()), nothing),
        ("inputs that the map does not name", unused, nothing),
    ]
    source = source_row(
        "eto-chip-explorer",
        "Advanced Semiconductor Supply Chain Dataset",
        "Emerging Technology Observatory, CSET, Georgetown University",
        "https://eto.tech/dataset-docs/chipexplorer",
        "CC BY-NC 4.0",
        date or str(year),
        closed=True,
    )
    table, more = _shares_of(supply, "eto-chip-explorer", year, "reported")
    report = ImportReport.of(
        "eto-chip-explorer",
        [Path(file).name for file in files],
        (len(usable) - unused, nothing),
        [each for each in left if each[1]],
        [*notes, *more],
    )
    return Imported({"supply": table, "sources": source}, report)


def _eto_tables(files: Sequence[Path]) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    for file in files:
        with reading(file, "a table of the chip explorer"):
            raw = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
            need_even_rows(raw, file)
        for name in ("provision", "sequence", "providers", "inputs"):
            if name not in tables and _ETO_TABLES[name] <= set(raw.columns):
                tables[name] = raw
                break
    problems = [
        Problem(
            name,
            "",
            "",
            "no such table among the files",
            f"columns {', '.join(sorted(columns))}",
            f"give {name}.csv",
        )
        for name, columns in _ETO_TABLES.items()
        if name not in tables and name != "sequence"
    ]
    if problems:
        raise DataError(problems)
    return tables


def _shares_of(rows: pd.DataFrame, source: str, year: int, status: str) -> tuple[pd.DataFrame, list[str]]:
    """Supply rows from shares (component, country, share): rounded sums put over themselves."""
    table = rows.groupby(["component", "country"], as_index=False)["share"].sum()
    total = table.groupby("component")["share"].transform("sum")
    over = total > 1 + 1e-9
    wild = sorted(set(table.loc[total > 1 + _ROUNDING, "component"]))
    if wild:
        mend = "let the map name one input for each component, or inputs that do not overlap"
        raise DataError(
            [Problem("supply", name, "share", "shares above the whole", "at most 1", mend) for name in wild]
        )
    table["share"] = (table["share"] / total.where(over, 1.0)).round(6)
    table["status"] = pd.Series(status, index=table.index).mask(over & (status == "reported"), "computed")
    table["note"] = pd.Series("", index=table.index).mask(over, "rounded shares, put over their sum")
    table = table[table["share"] > 0].assign(source=source, year=year).replace({"note": {"": None}})
    typed, problems = conform("supply", lay_out(table, "supply"))
    if problems:
        raise DataError(problems)
    rounded = sorted(set(typed.loc[typed["note"].notna(), "component"]))
    return typed, [f"shares sum to more than 1 by rounding: {', '.join(rounded)}"] if rounded else []


def mrio_shares(output: pd.Series, chosen: pd.DataFrame) -> pd.DataFrame:
    """Countries' shares in the world's output of sectors.

    Formula: ``share[c] = x[c, s] / sum_c x[c, s]``, x gross output; what several sectors of a component make is
    added up first.

    Parameters
    ----------
    output
        Gross output by (region, sector), money.
    chosen
        component, sector.

    Returns
    -------
    DataFrame
        component, country (iso3, NaN where a region is not known), share.

    Notes
    -----
    A sector holds far more than the component: such shares are inherited.
    """
    x = output.rename_axis(["region", "sector"]).rename("x").reset_index()
    words = x["region"].astype("str").replace(_REGIONS)
    country = to_iso3(words, NAMES)
    x["country"] = country.where(country.notna(), to_iso3(words, LETTERS))
    made = x.merge(chosen, on="sector").groupby(["component", "country"], dropna=False)["x"].sum()
    share = made / made.groupby(level="component").transform("sum")
    return share.rename("share").reset_index()


def read_mrio(
    files: Sequence[str | Path],
    known: frozenset[str],
    components: Path | None,
    *,
    year: int | None,
    date: str = "",
) -> Imported:
    """Read EXIOBASE 3 or the OECD's inter-country input-output tables through pymrio.

    Parameters
    ----------
    files
        One archive or folder of EXIOBASE (``IOT_2022_pxp.zip``) or one folder or file of the OECD's tables.
    known
        Ids of components.
    components
        CSV: component, sector (name as in the tables).
    year
        Year; as the file's name says if None.
    date
        Edition.

    Returns
    -------
    Imported
        ``supply``: shares of countries in the sector's gross output, inherited; and ``sources``.

    Raises
    ------
    ConfigError
        pymrio is not installed, or a file, the map or the year is missing.
    DataError
        The tables cannot be read, or the map names a sector that there is not.
    """
    try:
        pymrio = import_module("pymrio")
    except ImportError:
        raise ConfigError(
            "input-output tables are read with pymrio, which is not installed: pip install pymrio"
        ) from None
    if len(files) != 1 or not Path(files[0]).exists():
        raise ConfigError(f"give one archive or folder that exists, not {', '.join(map(str, files)) or 'nothing'}")
    path = Path(files[0])
    chosen = _map(components, "sector", known)
    when = year or int(next(iter(re.findall(r"(?:19|20)\d\d(?!\d)", path.stem)), "0"))
    if not when:
        raise ConfigError("the name of the file tells no year: give --year")
    oecd = "icio" in path.name.lower() or "oecd" in path.name.lower()
    try:
        tables = pymrio.parse_oecd(path, year=when) if oecd else pymrio.parse_exiobase3(path)
        output = _output(pymrio, tables)
    except Exception as error:  # a parser of many layouts has errors of many kinds
        text = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        mend = "give the tables as they were published"
        raise DataError(
            [Problem(path.name, "", "", f"tables that cannot be read ({text})", "EXIOBASE or ICIO", mend)]
        ) from None
    sectors = set(output.index.get_level_values(1))
    near = {each.lower(): each for each in sectors}
    problems = [
        Problem(
            "map of components",
            str(row),
            "sector",
            repr(name),
            "a sector of the tables",
            f"write {near.get(nearest(name, near) or '', 'its name')}",
        )
        for row, name in _lines(chosen.loc[~chosen["sector"].isin(sectors), "sector"])
    ]
    if problems:
        raise DataError(problems)
    rows = mrio_shares(output, chosen)
    return _mrio_import(rows, output, chosen, path, oecd, when, date)


def _output(pymrio: Any, tables: Any) -> pd.Series:
    """Gross output by region and sector, worked out where the tables do not hold it."""
    if getattr(tables, "x", None) is None:
        tables.x = pymrio.calc_x(tables.Z, tables.Y)
    output: pd.Series = tables.x.iloc[:, 0]
    return output


def _mrio_import(
    rows: pd.DataFrame, output: pd.Series, chosen: pd.DataFrame, path: Path, oecd: bool, year: int, date: str
) -> Imported:
    key = f"oecd-icio-{year}" if oecd else f"exiobase-{year}"
    lost = rows["country"].isna()
    table, notes = _shares_of(rows[~lost], key, year, "inherited")
    if lost.any():
        notes.append(f"regions that are not known hold up to {rows.loc[lost, 'share'].max():.2%} of an output")
    used = int(output.index.get_level_values(1).isin(set(chosen["sector"])).sum())
    nothing = float("nan")
    left = [("sectors that the map does not name", len(output) - used, nothing)]
    if oecd:
        about = (
            "Inter-Country Input-Output tables",
            "OECD",
            "https://www.oecd.org/en/data/datasets/inter-country-input-output-tables.html",
        )
    else:
        about = ("EXIOBASE 3", "EXIOBASE consortium", "https://zenodo.org/records/5589597")
    licence = "terms of the OECD; cite the source" if oecd else "CC BY-SA 4.0"
    source = source_row(
        key, about[0], about[1], about[2], licence, date or str(year), "shares of a sector's output"
    )
    report = ImportReport.of(key, [path.name], (used, nothing), left, notes)
    return Imported({"supply": table, "sources": source}, report)
