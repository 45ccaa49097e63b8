"""Import any table, with a map of its columns.

For ``trade`` the rows are streamed and added up like publishers' files; for every other table the columns are
renamed and checked.
"""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from corridor.data.countries.places import LETTERS, NAMES, NUMBERS, to_iso3
from corridor.data.databases import quoted
from corridor.data.frames import conform, nearest
from corridor.data.guards.budget import Account, csv_size
from corridor.data.guards.yaml_files import read_yaml
from corridor.data.parquet_files import parquet_frame
from corridor.data.schema import TABLES, key_columns, load_schema
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.archives import MAX_RATIO
from corridor.importers.files.imported import Imported, ImportReport
from corridor.importers.files.open_files import Opened, connect, open_files
from corridor.importers.files.widetable import PERIOD, lengthen_years
from corridor.importers.trade.flows import checked_flow, flow_column, flow_skips
from corridor.importers.trade.revisions import named
from corridor.importers.trade.scanning.columns import ColumnMap
from corridor.importers.trade.table import Reading, TradeOptions, read_trade

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["read_map", "read_table"]

_FIXED = "@"
_CODE = "code of all rows"
_ROLES = ("year", "importer", "exporter", "code", "value", "duty", "revision", "flow")


def read_map(text: str | None, file: Path | None = None) -> dict[str, str]:
    """Read a map of columns: which of the user's columns holds what.

    Parameters
    ----------
    text
        ``value=Trade Value,code=HS Code,importer=@IND``: a word after @ is not a column but a value for all rows.
    file
        A YAML file with the same mapping of names to names; `text` takes precedence.

    Returns
    -------
    dict
        Our name -> the user's column, or @ and a fixed value.

    Raises
    ------
    ConfigError
        Neither is given, or one of them is not such a map.
    """
    found: dict[str, str] = {}
    if file is not None:
        content = read_yaml(file, "map")
        if not isinstance(content, dict):
            raise ConfigError(f"{file}: wanted lines such as 'value: Trade Value'")
        found = {str(name): str(column) for name, column in content.items()}
    for entry in (text or "").split(","):
        name, sign, column = entry.partition("=")
        if not entry.strip():
            continue
        if not sign or not name.strip() or not column.strip():
            raise ConfigError(f"--map {entry!r}: wanted name=column, such as value=Trade Value")
        found[name.strip()] = column.strip()
    if not found:
        raise ConfigError("name the columns: --map 'year=Year,value=Trade Value,...' or --map-file map.yaml")
    return found


def read_table(
    files: Sequence[str | Path],
    choice: TradeOptions,
    columns: Mapping[str, str],
    source: pd.DataFrame,
    *,
    table: str = "trade",
    usd: float | Mapping[int, float] = 1.0,
    status: str = "",
    flow: str = "imports",
) -> Imported:
    """Read a long table into one of ours.

    Parameters
    ----------
    files
        As `open_files.open_files` takes them.
    choice
        What to keep (for trade).
    columns
        As `read_map` gives it. Trade: year, importer, exporter, code, value, and optionally duty, revision, flow.
        Any other table: names of its columns.
    source
        Row of ``sources``.
    table
        Which of our tables the rows are for.
    usd
        US$ in one unit of the value; by year if a currency's rate changes.
    status
        Status of rows without one: reported, computed, inherited or assumed.
    flow
        Trade: rows of this flow are kept if a column (``flow`` of the map, or one named so in the file) tells
        imports from exports.

    Returns
    -------
    Imported
        The table and ``sources``.

    Raises
    ------
    ConfigError
        The map has an unknown name, or lacks a needed one.
    DataError
        The files have faults; all are listed.
    """
    if table not in TABLES or table == "sources":
        raise ConfigError(
            f"table {table!r}: the tables are {', '.join(name for name in TABLES if name != 'sources')}"
        )
    if table == "trade":
        return _trade(files, choice, columns, source, usd, checked_flow(flow))
    return _other(files, choice, columns, source, table, status)


def _trade(
    files: Sequence[str | Path],
    choice: TradeOptions,
    columns: Mapping[str, str],
    source: pd.DataFrame,
    usd: float | Mapping[int, float],
    flow: str,
) -> Imported:
    _known_names(columns, _ROLES)
    lacking = [name for name in ("year", "importer", "exporter", "code", "value") if name not in columns]
    if lacking:
        raise ConfigError(f"the map lacks {', '.join(lacking)}; a fixed one is written {lacking[0]}=@2023")
    fixed = {name: column[1:] for name, column in columns.items() if column.startswith(_FIXED)}
    wide = columns.get("year") == PERIOD
    wrong = sorted(set(fixed) - {"year", "importer", "exporter", "revision", "flow", *(["code"] if wide else [])})
    if wrong:
        raise ConfigError(f"{', '.join(wrong)}: must be a column, not a fixed value")
    revision = named(fixed["revision"]) if "revision" in fixed else ""
    year = fixed.get("year", "0")
    if revision is None or not year.isdigit():
        raise ConfigError(f"revision {fixed.get('revision')!r} or year {year!r}: wanted such as @HS17 and @2023")
    country = to_iso3(pd.Series([fixed.get(role, "ROW") for role in ("importer", "exporter")]), NAMES)
    if country.isna().any():
        raise ConfigError("a fixed importer or exporter is not known: use ISO 3166-1 alpha-3 codes, such as @IND")
    column = {name: "" if name in fixed else columns.get(name, "") for name in _ROLES}
    layout = ColumnMap(
        source="the table",
        period=column["year"],
        importer=column["importer"],
        exporter=column["exporter"],
        code=_CODE if wide and "code" in fixed else column["code"],
        value=column["value"],
        duty=column["duty"],
        revision=column["revision"],
        usd=usd,
    )

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        if wide:
            own = {_CODE: fixed["code"]} if "code" in fixed else {}
            opened = [lengthen_years(engine, file, own) for file in opened]
        stated = column["flow"] or ("" if "flow" in fixed else flow_column(engine, opened))
        skip = flow_skips(engine, opened, stated, flow) if stated in opened[0].columns else {}
        used = [*layout.used(), *([column["flow"]] if column["flow"] else [])]
        need_mapped(opened, used)
        return opened, Reading(
            layout=replace(layout, skip=skip, grouped=all(file.delimiter not in (";", "") for file in opened)),
            places=_system(engine, opened, [name for name in (column["importer"], column["exporter"]) if name]),
            revision=revision,
            importer=country[0] if "importer" in fixed else "",
            exporter=country[1] if "exporter" in fixed else "",
            year=int(year) if "year" in fixed else None,
        )

    return read_trade(files, choose, choice, source)


def _known_names(columns: Mapping[str, str], names: Sequence[str]) -> None:
    for name in columns:
        if name not in names:
            near = nearest(name, names)
            raise ConfigError(
                f"the map names {name!r}{f'; did you mean {near}' if near else ''}. Names: {', '.join(names)}"
            )


def need_mapped(opened: Sequence[Opened], names: Sequence[str]) -> None:
    """Raise DataError that lists each column of the map that a file lacks, or has twice."""
    faults = []
    for file in opened:
        there = {name.lower() for name in file.columns}
        shown = ", ".join(file.columns)
        for name in dict.fromkeys(names):
            if name.lower() in file.twice:
                fix = "give the columns different names"
                faults.append(Fault(file.name, "header", name, "columns of this name twice", "one", fix))
            elif name.lower() not in there:
                fix = "correct the map, which names columns as the file spells them"
                faults.append(Fault(file.name, "header", name, shown, f"a column named {name}", fix))
    if faults:
        raise DataError(faults)


def _system(engine: DuckDBPyConnection, opened: Sequence[Opened], columns: Sequence[str]) -> str:
    """Coding system of countries: the one that knows most words of the first rows."""
    words: set[str] = set()
    for file in opened:
        for name in columns:
            if name in file.columns:
                word = f"trim(CAST({quoted(name)} AS VARCHAR))"
                query = f"SELECT DISTINCT {word} FROM (FROM {file.scan({})} LIMIT 20000)"
                words |= {row[0] for row in engine.execute(query).fetchall() if row[0]}
    sample = pd.Series(sorted(words), dtype="str")
    known = {system: int(to_iso3(sample, system).notna().sum()) for system in (NAMES, NUMBERS, LETTERS)}
    return max(known, key=lambda system: known[system])


def _other(
    files: Sequence[str | Path],
    choice: TradeOptions,
    columns: Mapping[str, str],
    source: pd.DataFrame,
    table: str,
    status: str,
) -> Imported:
    names = [column.name for column in load_schema(table)]
    _known_names(columns, names)
    key = str(source["key"].iloc[0])
    with connect(choice.memory) as (_, scratch):
        opened = open_files(files, scratch, choice.encoding)
        frames = [_read_all(file) for file in opened]
        wanted = {column for column in columns.values() if not column.startswith(_FIXED)}
        problems = [
            Fault(
                file.name,
                "header",
                name,
                ", ".join(file.columns[:12]),
                f"a column named {name}",
                "correct the map",
            )
            for file in opened
            for name in sorted(wanted - set(file.columns))
        ]
    if problems:
        raise DataError(problems)
    converted = []
    for file, frame in zip(opened, frames, strict=True):
        out = pd.DataFrame(index=frame.index)
        for name, column in columns.items():
            out[name] = column[1:] if column.startswith(_FIXED) else frame[column]
        if "source" in names and "source" not in out:
            out["source"] = key
        if status and "status" in names and "status" not in out:
            out["status"] = status
        typed, faults = conform(table, out, pd.Series(frame.index + 2, index=frame.index))
        problems += [Fault(file.name, each.row, each.column, each.found, each.wanted, each.fix) for each in faults]
        converted.append(typed)
    if problems:
        raise DataError(problems)
    rows = pd.concat(converted, ignore_index=True)
    own = key_columns(table)
    again = rows.duplicated(own)
    if again.any():
        shown = rows.loc[again, own].head(20).astype(str).agg(", ".join, axis=1)
        fix = "leave one of them out, or add them up"
        raise DataError(
            [Fault(key, str(row), ", ".join(own), word, "each key once", fix) for row, word in shown.items()]
        )
    nothing = float("nan")
    report = ImportReport.of(key, [file.name for file in opened], (len(rows), nothing), [], [])
    return Imported({table: rows, "sources": source}, report)


def _read_all(file: Opened) -> pd.DataFrame:
    """Read a small table as text, blanks missing."""
    try:
        if not file.delimiter:
            return parquet_frame(file.path)
        csv_size(file.path, Account(), file.delimiter, packed=file.packed)
        if file.packed:
            _check_expansion(file.path)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows with more cells than the header
            return pd.read_csv(
                file.path,
                sep=file.delimiter,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig" if file.encoding == "utf-8" else file.encoding,
                compression="gzip" if file.packed else None,
                index_col=False,
                names=list(file.columns),
                header=0,
            )
    except Exception as error:  # pandas, pyarrow and gzip raise many kinds of errors
        found = f"a file that cannot be read ({str(error).splitlines()[0][:300] if str(error) else 'broken'})"
        raise DataError([Fault(file.name, "", "", found, "a table", "save it again as CSV in UTF-8")]) from None


def _check_expansion(file: Path) -> None:
    """Check that a gzip file expands at most `MAX_RATIO` times.

    Raises
    ------
    ValueError
        It expands more.
    """
    most = max(MAX_RATIO * file.stat().st_size, 2**20)
    size = 0
    with gzip.open(file) as stream:
        while block := stream.read(2**20):
            size += len(block)
            if size > most:
                raise ValueError(f"it expands more than {MAX_RATIO:.0f} times")
