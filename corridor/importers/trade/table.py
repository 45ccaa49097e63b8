"""Sums of a publisher's rows -> rows of our table ``trade``, with a report on everything left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridor.data.countries.places import coded_as
from corridor.data.frames import conform
from corridor.errors import DataError, Fault
from corridor.importers.files.imported import Imported, ImportReport
from corridor.importers.files.open_files import Opened, connect, open_files
from corridor.importers.files.rows import lay_out
from corridor.importers.files.units import check_least, check_most
from corridor.importers.trade.accounts import FILES_OWN, OTHER_CODES, account_of, fractions_lost
from corridor.importers.trade.codes_in_use import codes_in_use
from corridor.importers.trade.partners import against_world, countries_of, leave_out, mapped, one_union
from corridor.importers.trade.periods import usd_m, years_of
from corridor.importers.trade.revisions import OURS, by_year, concordance, named
from corridor.importers.trade.scanning.columns import KEPT, ColumnMap
from corridor.importers.trade.scanning.scan import add_up

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Reading", "TradeOptions", "chosen", "read_trade"]

# Chapters 1 to 97 are mapped to 62 bits (of a signed word). A table with fewer than 50 of them set is an extract,
# and its sum is not a total.
_FEWEST_CHAPTERS = 50
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class TradeOptions:
    """What a user wants to keep of a file.

    Parameters
    ----------
    codes
        HS 2022 codes to keep: others are only counted and added up in TOTAL.
    years
        Years to keep; all if empty.
    reporters
        Countries (iso3) whose imports to keep; all if None.
    concordance
        CSV with the new codes of codes of other editions.
    totals
        Whether to write TOTAL rows (all goods of a partner), if the file holds all chapters.
    memory
        Most memory of the engine.
    encoding
        Of text files.
    allow
        Reasons of `imported.REASONS` for which more than 1 % of the value may be left out.
    """

    codes: frozenset[str]
    years: tuple[int, ...] = ()
    reporters: frozenset[str] | None = None
    concordance: Path | None = None
    totals: bool = True
    memory: str = "1500MB"
    encoding: str = "utf-8"
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How to interpret the sums of one layout.

    Parameters
    ----------
    layout
        Columns of the files.
    places
        `places.NUMBERS`, `LETTERS` or `NAMES`.
    revision
        Edition of all codes; if empty, it is read from the layout's column, or else follows from the year.
    importer, exporter
        Country (iso3) if the file has no such column.
    year
        Year if the file has no such column.
    groups
        Spellings of groups of countries; left out, since they would count twice.
    together
        Whether to add all importers up as ROW (exports of one country).
    book
        Country codes that the files define, code -> iso3.
    yearly
        Whether a month holds the sum since January: then each year may hold only one month.
    monthly
        Whether the publisher writes months as 2010-11, which others write for the fiscal year.
    """

    layout: ColumnMap
    places: str
    revision: str = ""
    importer: str = ""
    exporter: str = ""
    year: int | None = None
    groups: frozenset[str] = frozenset()
    together: bool = False
    book: Mapping[str, str] = field(default_factory=dict)
    yearly: bool = False
    monthly: bool = False


def chosen(choice: TradeOptions | None) -> TradeOptions:
    """The choice, or by default all codes of the bundled tables."""
    return choice or TradeOptions(codes=codes_in_use())


def read_trade(
    files: Sequence[str | Path],
    choose: Callable[[DuckDBPyConnection, list[Opened]], tuple[list[Opened], Reading]],
    choice: TradeOptions,
    source: pd.DataFrame,
    *,
    want: Callable[[str], bool] | None = None,
) -> Imported:
    """Read files of trade, of any size.

    Parameters
    ----------
    files
        As `open_files.open_files` takes them.
    choose
        Given the engine and the opened files, returns those that hold trade and how to interpret them.
    choice
        What to keep.
    source
        Row of ``sources``.
    want
        Selects members of an archive to unpack, by name; all if None.

    Returns
    -------
    Imported
        ``trade`` and ``sources``.

    Raises
    ------
    DataError
        The files have faults (all are listed), or nothing is kept.
    ConfigError
        A file is missing or an option does not fit.
    """
    changes = concordance(choice.concordance)
    with connect(choice.memory) as (engine, scratch):
        opened, reading = choose(engine, open_files(files, scratch, choice.encoding, want))
        wanted = set(choice.codes) | set(changes.loc[changes["code"].isin(choice.codes), "old"])
        importers = None
        if choice.reporters is not None and not reading.together:
            importers = coded_as(sorted(choice.reporters), reading.places)
        sums = add_up(engine, opened, reading.layout, sorted(wanted), years=choice.years, importers=importers)
    return _to_trade(sums, reading, choice, changes, source, opened)


def _to_trade(
    sums: pd.DataFrame,
    reading: Reading,
    choice: TradeOptions,
    changes: pd.DataFrame,
    source: pd.DataFrame,
    opened: Sequence[Opened],
) -> Imported:
    key = str(source["key"].iloc[0])
    notes: list[str] = []
    sums["year"] = reading.year or 0
    if reading.layout.period:
        column, monthly = reading.layout.period, reading.monthly
        sums["year"], notes = years_of(sums, column, key, yearly=reading.yearly, monthly=monthly)
    unit, more_notes = usd_m(sums, reading.layout.usd, choice.years, key)
    notes += more_notes
    sums["usd_m"], sums["duty_m"] = sums["value"].fillna(0.0) * unit, sums["duty"] * unit
    kept = sums["outcome"] == KEPT
    if choice.years:
        leave_out(sums, kept & ~sums["year"].isin(choice.years), "other years")
    notes += _places(sums, reading, choice)
    kept = sums["outcome"] == KEPT
    check_most(sums[kept], key)
    sums["edition"] = _editions(sums, reading)
    _check_editions(sums[sums["outcome"] == KEPT], reading, key)
    rows = sums[sums["outcome"] == KEPT]
    single, lost = _convert(rows[rows["file_code"].notna()], changes, choice.codes)
    totals, note = _totals(rows, choice, key)
    trade = _trade_rows(single, totals, key)
    blank = int(sums["blank"].sum())
    odd = int(sums.loc[sums["outcome"] == KEPT, "odd"].sum())
    if blank:
        notes.append(f"{blank:,} rows have no value; they count as zero")
    if odd:
        notes.append(
            f"{odd:,} rows have a code that does not begin with two digits (confidential or special goods)"
        )
    role = "importer" if reading.exporter and not reading.importer else "exporter"
    left, account = account_of(sums, single, lost, partner_role=role, as_written=reading.together)
    report = ImportReport.of(
        key,
        [file.name for file in opened],
        (int(single["rows"].sum()), float(single["usd_m"].sum())),
        left,
        [*notes, *note],
        reasons=FILES_OWN,
        account=account,
        lost=fractions_lost(sums),
    )
    report.check(choice.allow)
    if not len(trade):
        raise DataError([Fault(key, "", "", f"nothing to keep\n{report}", "rows of codes in use", _NOTHING)])
    return Imported({"trade": trade, "sources": source}, report)


_AS_REPORTED = ("HS", "HS (AS REPORTED)", "AS REPORTED")
_NOTHING = "check what is left out: other years, reporters, editions or codes"


def _places(sums: pd.DataFrame, reading: Reading, choice: TradeOptions) -> list[str]:
    """Fill importer and exporter with iso3, leave out what would count twice and other importers; notes."""
    notes = []
    for role in ("importer", "exporter"):
        fixed = getattr(reading, role)
        if fixed:
            sums[role] = sums[f"{role}_word"] = fixed
            continue
        more, group = countries_of(sums, role, reading.places, reading.groups, dict(reading.book))
        notes += more
        if role == "exporter":
            notes += against_world(sums, group)
    one_union(sums)
    kept = sums["outcome"] == KEPT
    if reading.together:
        leave_out(sums, kept & (sums["importer"] == reading.exporter), "the exporter's own country")
        sums["importer"] = "ROW"
    elif choice.reporters is not None:
        leave_out(sums, kept & ~sums["importer"].isin(choice.reporters), "other importers")
    return notes


def _editions(sums: pd.DataFrame, reading: Reading) -> pd.Series:
    if reading.revision:
        return pd.Series(reading.revision, index=sums.index)
    if reading.layout.revision:
        words = sums["revision"].cat.categories
        known = mapped(sums["revision"], [named(str(word)) for word in words])
        # "HS" is the edition that the reporter used: that of the year
        reported = sums["revision"].astype("str").str.upper().isin(_AS_REPORTED)
        return known.astype("str").mask(reported, _of_year(sums))
    return _of_year(sums)


def _of_year(sums: pd.DataFrame) -> pd.Series:
    return sums["year"].map(by_year(pd.Series(sums["year"].unique(), sums["year"].unique())))


def _check_editions(rows: pd.DataFrame, reading: Reading, key: str) -> None:
    """Check that an importer's year is in one edition only: in two it would count twice."""
    if not reading.layout.revision:
        return
    kinds = rows[["importer", "year", "edition"]].drop_duplicates().dropna()
    kinds = kinds.astype({"importer": "str", "edition": "str"}).sort_values(["importer", "year", "edition"])
    several = kinds[kinds.duplicated(["importer", "year"], keep=False)]
    problems = [
        Fault(
            key,
            f"{importer} {year}",
            reading.layout.revision,
            " and ".join(each["edition"]),
            "one edition of the Harmonized System: in two the trade counts twice",
            "leave the rows of the older edition out",
        )
        for (importer, year), each in several.groupby(["importer", "year"])
    ]
    if problems:
        raise DataError(problems[:_SHOWN])


def _convert(
    rows: pd.DataFrame, changes: pd.DataFrame, codes: frozenset[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with their HS 2022 code, and those left out because none is known, with ``why``."""
    rows = rows.assign(
        old=rows["file_code"].str[:6], edition=rows["edition"].astype("str"), row=np.arange(len(rows))
    )
    ours = rows["edition"] == OURS
    same = rows[ours].assign(code=rows.loc[ours, "old"], status="reported")
    known = changes.rename(columns={"revision": "edition"})
    moved = rows[~ours].merge(known, on=["edition", "old"], how="left")
    lost = moved[moved["code"].isna() | moved["weight"].isna()].drop_duplicates("row")
    lost = lost.assign(why=lost["edition"].fillna("unknown edition") + " codes without a known HS 2022 code")
    moved = moved[moved["code"].notna() & moved["weight"].notna()].assign(status="computed")
    moved["usd_m"] *= moved["weight"]
    moved["duty_m"] *= moved["weight"]
    # a row that is split over several codes counts once among the rows
    moved["rows"] = moved["rows"].where(~moved.duplicated("row"), 0)
    every = pd.concat([same, moved], ignore_index=True)
    used = every["code"].isin(codes)
    return every[used], pd.concat([lost, every[~used].assign(why=OTHER_CODES)], ignore_index=True)


def _totals(rows: pd.DataFrame, choice: TradeOptions, key: str) -> tuple[pd.DataFrame, list[str]]:
    """TOTAL of each partner, for importers and years with all chapters in the file; notes."""
    none = rows.iloc[:0].assign(code="TOTAL", status="computed")
    if not choice.totals or not len(rows):
        return none, []
    by = ["importer", "year"]
    bits = rows.groupby(by, observed=True)["chapters"].agg(
        lambda each: int(np.bitwise_or.reduce(each.to_numpy(np.int64))).bit_count()
    )
    complete = bits[bits >= _FEWEST_CHAPTERS]
    extracts = bits[bits < _FEWEST_CHAPTERS]
    note = []
    if len(extracts):
        shown = ", ".join(f"{importer} {year}" for importer, year in extracts.index[:_SHOWN])
        note = [f"no TOTAL for {shown}{' and others' if len(extracts) > _SHOWN else ''}: the file lacks chapters"]
    inside = pd.MultiIndex.from_frame(rows[by]).isin(complete.index)
    check_least(rows[inside], key)
    return rows[inside].assign(code="TOTAL", status="computed"), note


def _trade_rows(single: pd.DataFrame, totals: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows of ``trade``: sums by key; a sum that includes a converted row is computed."""
    columns = ["importer", "exporter", "code", "year", "usd_m", "duty_m", "status"]
    every = pd.concat([single[columns], totals[columns]], ignore_index=True)
    every["computed"] = every["status"] == "computed"
    sums = every.groupby(["importer", "exporter", "code", "year"], observed=True)
    rows = sums.agg(value_usd_m=("usd_m", "sum"), computed=("computed", "any"))
    rows["duty_usd_m"] = sums["duty_m"].sum(min_count=1)
    rows = rows.reset_index().round({"value_usd_m": 6, "duty_usd_m": 6})
    rows = rows[rows["value_usd_m"] > 0]
    rows = rows.assign(
        nomenclature="HS6", source=key, status=rows["computed"].map({True: "computed", False: "reported"})
    )
    rows = rows.astype({"importer": "str", "exporter": "str"})
    typed, problems = conform(
        "trade", lay_out(rows.sort_values(["importer", "code", "year", "exporter"]), "trade")
    )
    if problems:
        raise DataError(problems)
    return typed
