"""Multi-regional input-output tables, EXIOBASE 3 and the OECD's, read through pymrio -> ``supply``.

Of EXIOBASE only gross output is read: its environmental accounts take gigabytes.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from corridor.data.countries.places import LETTERS, NAMES, to_iso3
from corridor.data.frames import nearest
from corridor.data.guards.budget import Account, csv_size
from corridor.data.guards.open_file import Refused, read_bytes
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.archives import extract
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.supply.share_imports import cell_lines, component_map, supply_rows

__all__ = ["mrio_shares", "read_mrio"]

# regions of EXIOBASE for the rest of a continent, and of the OECD's table for a zone of a country
_REGIONS = dict.fromkeys(["WA", "WL", "WE", "WF", "WM", "ROW"], "ROW") | {
    "CN1": "CHN",
    "CN2": "CHN",
    "MX1": "MEX",
    "MX2": "MEX",
}

#: pymrio's list of the files in an archive, and their allowed suffixes.
_LARGEST_LIST = 2**22  # bytes
_LIST, _SUFFIXES = "file_parameters.json", (".txt", ".parquet")


def read_mrio(
    files: Sequence[str | Path],
    known: frozenset[str],
    components: Path | None,
    *,
    year: int | None,
    date: str = "",
    allow: frozenset[str] = frozenset(),
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
        Year; taken from the file name if None.
    date
        Edition.
    allow
        Reasons of `imported.REASONS` for which more than 1 % of an output may be left out.

    Returns
    -------
    Imported
        ``supply``: shares of countries in the sector's gross output, inherited; and ``sources``.

    Raises
    ------
    ConfigError
        pymrio is not installed, or a file, the map or the year is missing.
    DataError
        The tables cannot be read, or the map names an unknown sector.
    """
    try:
        pymrio = import_module("pymrio")
    except ImportError:
        raise ConfigError(
            "input-output tables are read with pymrio, which is not installed. Fix: pip install "
            "'corridor[input-output]'"
        ) from None
    if len(files) != 1 or not Path(files[0]).exists():
        raise ConfigError(f"give one archive or folder that exists, not {', '.join(map(str, files)) or 'nothing'}")
    path = Path(files[0])
    chosen = component_map(components, "sector", known)
    # ICIO2023_2019 is the 2023 edition for 2019: the last number is the year
    when = year or int(["0", *re.findall(r"(?:19|20)\d\d(?!\d)", path.stem)][-1])
    if not when:
        raise ConfigError("the file name has no year: give --year")
    oecd = path.suffix.lower() == ".csv" or bool(re.search("icio|oecd", path.name.lower()))
    try:
        output = _of_oecd(pymrio, path, when) if oecd else _of_exiobase(pymrio, path)
    except DataError:
        raise
    except Refused as error:
        raise ConfigError(f"{path} is not read: {error}.") from None
    except Exception as error:  # a parser of many layouts raises many kinds of errors
        text = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        fix = "give the tables as they were published"
        raise DataError(
            [Fault(path.name, "", "", f"tables that cannot be read ({text})", "EXIOBASE or ICIO", fix)]
        ) from None
    sectors = set(output.index.get_level_values(1))
    near = {each.lower(): each for each in sectors}
    faults = [
        Fault(
            "map of components",
            str(row),
            "sector",
            repr(name),
            "a sector of the tables",
            f"write {near.get(nearest(name, near) or '', 'its name')}",
        )
        for row, name in cell_lines(chosen.loc[~chosen["sector"].isin(sectors), "sector"])
    ]
    if faults:
        raise DataError(faults)
    rows = mrio_shares(output, chosen)
    imported = _mrio_import(rows, output, chosen, path, oecd, when, date)
    imported.report.check(allow)
    return imported


def _of_exiobase(pymrio: Any, path: Path) -> pd.Series:
    """Gross output of EXIOBASE: read from the tables, or in old editions summed from all uses."""
    if path.is_dir():
        names = _files_listed(path / _LIST)
        _check_sizes(path, names)
        return _output(pymrio, pymrio.load(path, subset=_needed(names)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lists = extract(path, folder, want=lambda member: PurePosixPath(member).name == _LIST)
        inside, listed = min(lists, key=lambda item: len(PurePosixPath(item[0]).parts))
        names = _files_listed(listed)
        needed = _needed(names)
        members = {str(PurePosixPath(inside).parent / names[key]): names[key] for key in needed}
        for member, file in extract(path, folder, len(lists), members.__contains__):
            file.rename(folder / members[member])
        listed.rename(folder / _LIST)
        _check_sizes(folder, names)
        return _output(pymrio, pymrio.load(folder, subset=needed))


def _of_oecd(pymrio: Any, path: Path, year: int) -> pd.Series:
    """Gross output of the OECD's tables, summed from all uses; from an archive, the table of the year."""
    if path.suffix.lower() != ".zip":
        csv_size(path, Account(), columns=None, numbers=True)
        return _output(pymrio, pymrio.parse_oecd(path, year=year))
    with tempfile.TemporaryDirectory() as name:
        tables = extract(path, Path(name), want=lambda member: member.lower().endswith(".csv"))
        chosen = [file for member, file in tables if len(tables) == 1 or str(year) in PurePosixPath(member).name]
        if len(chosen) != 1:
            fix = "give --year, or unpack the archive and give the file"
            raise DataError([Fault(path.name, "", "", f"{len(chosen)} tables of {year}", "one", fix)])
        csv_size(chosen[0], Account(), columns=None, numbers=True)
        return _output(pymrio, pymrio.parse_oecd(chosen[0]))


def _check_sizes(folder: Path, names: dict[str, str]) -> None:
    """Check that the accounts that are needed fit in the budget of memory."""
    account = Account()
    for key in _needed(names):
        if names.get(key, "").endswith(".txt"):
            csv_size(folder / names[key], account, "\t", columns=None, numbers=True)


def _needed(names: dict[str, str]) -> list[str]:
    return ["x"] if "x" in names else ["Z", "Y"]


def _files_listed(path: Path) -> dict[str, str]:
    """File name of each account, from pymrio's list."""
    listed = json.loads(read_bytes(path, _LARGEST_LIST))["files"]
    names = {key: str(about["name"]) for key, about in listed.items()}
    wrong = [name for name in names.values() if Path(name).name != name or not name.endswith(_SUFFIXES)]
    if wrong:
        fix = "save the accounts as text files inside the folder; a pickled file can run any code"
        wanted = f"a plain name ending in {' or '.join(_SUFFIXES)}"
        raise DataError([Fault(path.name, "", "name", repr(name[:80]), wanted, fix) for name in wrong])
    return names


def _output(pymrio: Any, tables: Any) -> pd.Series:
    """Gross output by region and sector, computed if the tables do not hold it."""
    if getattr(tables, "x", None) is None:
        tables.x = pymrio.calc_x(tables.Z, tables.Y)
    output: pd.Series = tables.x.iloc[:, 0]
    return output


def _mrio_import(
    rows: pd.DataFrame, output: pd.Series, chosen: pd.DataFrame, path: Path, oecd: bool, year: int, date: str
) -> Imported:
    key = f"oecd-icio-{year}" if oecd else f"exiobase-{year}"
    lost = rows["country"].isna()
    table, notes = supply_rows(rows[~lost], key, year, "inherited")
    if lost.any():
        notes.append(f"unknown regions hold up to {rows.loc[lost, 'share'].max():.2%} of an output")
    used = int(output.index.get_level_values(1).isin(set(chosen["sector"])).sum())
    nothing = float("nan")
    left = [("sectors that are not in the map", len(output) - used, nothing)]
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
    unknown = {"unknown-country": float(rows.loc[lost, "share"].max())} if lost.any() else {}
    report = ImportReport.of(key, [path.name], (used, nothing), left, notes, lost=unknown)
    return Imported({"supply": table, "sources": source}, report)


def mrio_shares(output: pd.Series, chosen: pd.DataFrame) -> pd.DataFrame:
    """Countries' shares in the world's output of sectors.

    Formula: ``share[c] = x[c, s] / sum_c x[c, s]``, x gross output; the sectors of a component are added
    up first.

    Parameters
    ----------
    output
        Gross output by (region, sector), money.
    chosen
        component, sector.

    Returns
    -------
    DataFrame
        component, country (iso3, NaN for unknown regions), share.

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
