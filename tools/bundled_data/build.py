"""Refresh the tables that come from publishers' files; hand-kept rows are not changed.

Every row belongs to the key in its column `source`. A refresh drops the rows of the importers' own keys,
reads them again from the raw folder and adds them to the hand-kept ones; a hand-kept row replaces an imported
one with the same key.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from corridor.data.frames import Tables, conform
from corridor.data.schema import key_columns
from corridor.data.tables import read_tables
from corridor.errors import ConfigError, DataError
from corridor.importers.countries import worldbank
from corridor.importers.supply import iea, usgs
from corridor.importers.trade import dgcis
from corridor.importers.trade import us_census as census
from tools.bundled_data import (
    apple,
    baci_minerals,
    firms,
    icmm,
    india_plants,
    industry_content,
    recorded_imports,
    sites,
    us_plants,
)
from tools.bundled_data.works import join_works

__all__ = ["OWNED", "build", "refresh"]

_WORKS = frozenset(
    {
        apple.SOURCE,
        firms.SOURCE,
        icmm.SOURCE,
        india_plants.SOURCE_CHIPS,
        india_plants.SOURCE_DRUGS,
        us_plants.SOURCE,
    }
)
OWNED: Mapping[str, frozenset[str]] = {
    "countries": frozenset({worldbank.SOURCE_GOVERNANCE, worldbank.SOURCE_LOGISTICS, worldbank.SOURCE_OUTLINES}),
    "trade": frozenset({dgcis.SOURCE, dgcis.EXPORTS_SOURCE, census.SOURCE, baci_minerals.SOURCE}),
    "recorded_imports": recorded_imports.SOURCES,
    "world_trade": frozenset({baci_minerals.SOURCE}),
    "industry_content": frozenset({industry_content.SOURCE}),
    "supply": frozenset({usgs.SOURCE, iea.SOURCE}),
    "suppliers": _WORKS,
    # what the draft's firms make may be written by hand: such rows are kept, missing ones added
    "makes": _WORKS - {firms.SOURCE},
    "sites": frozenset({sites.SOURCE}),
}
"""Keys of `sources` whose rows the importers write, by table."""


def _trade(raw: Path, tables: Tables) -> pd.DataFrame:
    codes = tables.codes.groupby("nomenclature")["code"].agg(set)
    india = dgcis.imports(dgcis.read(raw / dgcis.FILE), codes.get("INPC", set()))
    sold = dgcis.exports(dgcis.read(raw / dgcis.EXPORTS_FILE), codes.get("INPC", set()))
    states = census.imports(census.read(raw / census.FILE), codes.get("HS6", set()))
    minerals = baci_minerals.imports(
        baci_minerals.read(raw / baci_minerals.FILE), codes.get("HS6", set()), tables.countries["iso3"]
    )
    return pd.concat([india, sold, states, minerals], ignore_index=True)


def _world_trade(raw: Path, tables: Tables) -> pd.DataFrame:
    codes = tables.codes.loc[tables.codes["nomenclature"] == "HS6", "code"]
    return baci_minerals.world_trade(baci_minerals.read(raw / baci_minerals.FILE), codes, tables.countries["iso3"])


def _countries(raw: Path, tables: Tables) -> pd.DataFrame:
    return worldbank.countries(
        worldbank.governance(raw / worldbank.GOVERNANCE_FILE), worldbank.logistics(raw / worldbank.LOGISTICS_FILE)
    )


def _sites(raw: Path, tables: Tables) -> pd.DataFrame:
    land = pd.read_csv(raw / sites.LAND_FILE)
    return sites.sites(sites.read(raw / sites.SITES_FILE), land, sites.ports(raw / sites.PORTS_FILE))


def _supply(raw: Path, tables: Tables) -> pd.DataFrame:
    world = usgs.supply_rows(usgs.read(raw / usgs.FILE), usgs.series())
    refined = iea.supply_rows(iea.read(raw / iea.FILE), iea.series())
    rows = pd.concat([world, refined], ignore_index=True)
    return rows[rows["component"].isin(set(tables.components["id"]))]


def _works(raw: Path, tables: Tables) -> dict[str, pd.DataFrame]:
    known = set(tables.components["id"])
    found = join_works(
        [
            apple.works(apple.read(raw / apple.FILE), known),
            firms.works(firms.read(raw / firms.FILE), known),
            icmm.works(icmm.read(raw / icmm.FILE), known),
            india_plants.bulk_drugs(raw / india_plants.DRUGS_FILE, known),
            india_plants.chips(raw / india_plants.CHIPS_FILE, known),
            us_plants.works(us_plants.read(raw / us_plants.FILE), known),
        ]
    )
    return {"suppliers": found.suppliers, "makes": found.makes}


def _lay_beside(table: str, kept: pd.DataFrame, fresh: pd.DataFrame, imported: pd.Series) -> pd.DataFrame:
    """Hand-kept rows (not `imported`) and fresh ones with other keys, sorted by key, in the table's types."""
    hand = kept[~imported]
    key = key_columns(table)
    typed, faults = conform(table, fresh)
    if faults:
        raise DataError(faults)
    held = pd.MultiIndex.from_frame(hand[key].astype(str))
    taken = pd.MultiIndex.from_frame(typed[key].astype(str)).isin(held)
    rows = pd.concat([hand, typed[~taken]], ignore_index=True)
    return rows.sort_values(key, kind="stable").reset_index(drop=True).astype(dict(kept.dtypes))


def refresh(tables: Tables, raw: Path) -> Tables:
    """Tables with all rows that come from raw files read again.

    Parameters
    ----------
    tables : Tables
        The hand-kept tables (components, codes, ...) and the rows imported before.
    raw : Path
        Folder with the publishers' files, in the folders that the importers' `FILE` names.

    Returns
    -------
    Tables
        The tables of ``OWNED`` refreshed; the others as they were.

    Raises
    ------
    DataError
        A raw file lacks a column, or holds a country, firm or figure that the importers do not know.
    ConfigError
        A raw file is missing.
    """
    try:
        fresh = {
            "countries": _countries(raw, tables),
            "trade": _trade(raw, tables),
            "recorded_imports": recorded_imports.rows(raw, tables),
            "world_trade": _world_trade(raw, tables),
            "industry_content": industry_content.rows(raw),
            "sites": _sites(raw, tables),
            "supply": _supply(raw, tables),
            **_works(raw, tables),
        }
    except FileNotFoundError as error:
        raise ConfigError(f"the raw folder {raw} lacks the file {error.filename}") from None
    merged = {}
    for name, frame in fresh.items():
        kept = tables[name]
        imported = kept["source"].isin(OWNED[name])
        if name == "supply":  # a component that the importers do not read keeps its hand-copied figures
            imported &= kept["component"].isin(set(frame["component"]))
        merged[name] = _lay_beside(name, kept, frame, imported)
    return tables.replace(**merged)


def build(raw: Path, tables_dir: Path) -> list[Path]:
    """Refresh a folder of tables from a raw folder.

    Parameters
    ----------
    raw : Path
        Folder with the publishers' files.
    tables_dir : Path
        Folder with our tables; each keeps its format (csv or parquet).

    Returns
    -------
    list of Path
        The files written. They are written under temporary names first and renamed when all are complete.

    Raises
    ------
    DataError
        A table or a raw file has faults; then nothing is written.
    ConfigError
        A raw file is missing.
    """
    tables, faults = read_tables(tables_dir)
    if faults:
        raise DataError(faults)
    fresh = refresh(tables, raw)
    writers: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _csv, ".parquet": _parquet}
    scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=tables_dir))
    try:
        names = list(OWNED)
        files = []
        for name in names:
            suffix = ".parquet" if (tables_dir / f"{name}.parquet").exists() else ".csv"
            writers[suffix](fresh[name], scratch / f"{name}{suffix}")
            files.append(f"{name}{suffix}")
        for file in files:
            os.replace(scratch / file, tables_dir / file)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return [tables_dir / file for file in files]


def _csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False, compression="zstd")
