"""Sums of a publisher's rows -> rows of our table ``trade``, with an account of everything left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridor.data.frames import conform
from corridor.data.names import EU_MEMBERS
from corridor.errors import DataError, Fault
from corridor.importers.files.imported import Imported, ImportReport
from corridor.importers.files.open_files import Opened, connect, open_files
from corridor.importers.files.places import coded_as, to_iso3
from corridor.importers.files.rows import lay_out
from corridor.importers.files.units import check_least, check_most
from corridor.importers.trade.codes_in_use import codes_in_use
from corridor.importers.trade.periods import usd_m, years_of
from corridor.importers.trade.revisions import OURS, by_year, concordance, named
from corridor.importers.trade.scan import KEPT, ColumnMap, add_up

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Reading", "TradeOptions", "chosen", "read_trade"]

_SLACK = 0.01
# Chapters 1 to 97 fall on 62 bits (a signed word has no more). A table with fewer than 50 of them set is an
# extract, and its sum no total.
_TRUE_TABLE = 50
_SHOWN = 12


@dataclass(frozen=True, kw_only=True)
class TradeOptions:
    """What a user wants of a file.

    Parameters
    ----------
    codes
        HS 2022 codes in use: others are only counted and added up in TOTAL.
    years
        Years to keep; all if empty.
    reporters
        Countries (iso3) whose imports to keep; all if None.
    concordance
        CSV that says what becomes of codes of other editions.
    totals
        Whether to write TOTAL rows (all goods of a partner), where the file holds all chapters.
    memory
        Bound of the engine's memory.
    encoding
        Of text files.
    """

    codes: frozenset[str]
    years: tuple[int, ...] = ()
    reporters: frozenset[str] | None = None
    concordance: Path | None = None
    totals: bool = True
    memory: str = "1500MB"
    encoding: str = "utf-8"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How sums of one layout are understood.

    Parameters
    ----------
    layout
        Columns of the files.
    places
        `places.NUMBERS`, `LETTERS` or `NAMES`.
    revision
        Edition of all codes; empty: the layout's column says it, or the year where there is none.
    importer, exporter
        Country (iso3) where the file has no such column.
    year
        Year where the file has no such column.
    groups
        Spellings of groups of countries that are left out: they would count twice.
    union
        Whether the European Union stands beside its members, as one partner.
    together
        Whether to add all importers up as ROW (exports of one country).
    book
        Codes of countries that the files themselves explain, code -> iso3.
    yearly
        Whether a month stands for the sum from January on: then each year may hold one month only.
    """

    layout: ColumnMap
    places: str
    revision: str = ""
    importer: str = ""
    exporter: str = ""
    year: int | None = None
    groups: frozenset[str] = frozenset()
    union: bool = False
    together: bool = False
    book: Mapping[str, str] = field(default_factory=dict)
    yearly: bool = False


def chosen(choice: TradeOptions | None) -> TradeOptions:
    """The choice, or everything that the bundled codes stand for."""
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
        As `intake.open_files` takes them.
    choose
        Given the engine and the opened files, tells which of them hold trade and how to understand them.
    choice
        What to keep.
    source
        Row of ``sources``.
    want
        Which members of an archive to unpack, by name; all if None.

    Returns
    -------
    Imported
        ``trade`` and ``sources``.

    Raises
    ------
    DataError
        The files hold faults; all are listed, or nothing is left to keep.
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
    return _understand(sums, reading, choice, changes, source, opened)


def _understand(
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
        sums["year"], notes = years_of(sums, reading.layout.period, key, yearly=reading.yearly)
    unit, told = usd_m(sums, reading.layout.usd, choice.years, key)
    notes += told
    sums["usd_m"], sums["duty_m"] = sums["value"].fillna(0.0) * unit, sums["duty"] * unit
    kept = sums["part"] == KEPT
    if choice.years:
        _move(sums, kept & ~sums["year"].isin(choice.years), "other years")
    notes += _countries(sums, reading, choice)
    kept = sums["part"] == KEPT
    check_most(sums[kept], key)
    sums["edition"] = _editions(sums, reading)
    _check_editions(sums[sums["part"] == KEPT], reading, key)
    rows = sums[sums["part"] == KEPT]
    single, lost = _convert(rows[rows["piece"].notna()], changes, choice.codes)
    totals, note = _totals(rows, choice, key)
    left = _left_out(sums) + lost
    trade = _trade_rows(single, totals, key)
    blank = int(sums["blank"].sum())
    odd = int(sums.loc[sums["part"] == KEPT, "odd"].sum())
    if blank:
        notes.append(f"{blank:,} rows have no value; they count as nothing")
    if odd:
        notes.append(
            f"{odd:,} rows have a code that does not begin with two digits (confidential or special goods)"
        )
    report = ImportReport.of(
        key,
        [file.name for file in opened],
        (int(single["rows"].sum()), float(single["usd_m"].sum())),
        left,
        [*notes, *note],
    )
    if not len(trade):
        raise DataError([Fault(key, "", "", f"nothing to keep\n{report}", "rows of codes in use", _NOTHING)])
    return Imported({"trade": trade, "sources": source}, report)


_NOTHING = "look at what is left out: other years, reporters, editions or codes"


def _countries(sums: pd.DataFrame, reading: Reading, choice: TradeOptions) -> list[str]:
    """Fill importer and exporter with iso3, and move rows of groups and unknown countries out of what is kept."""
    notes = []
    for role in ("importer", "exporter"):
        fixed = getattr(reading, role)
        if fixed:
            sums[role] = fixed
            continue
        words = pd.Series(sums[role].cat.categories.astype("str"))
        kept = sums["part"] == KEPT
        group = kept & _through(sums[role], words.isin(reading.groups)).eq(True)
        _move(sums, group, "groups of countries, which would count twice")
        if role == "exporter":
            notes += _against_world(sums, kept, group)
        found = _through(sums[role], to_iso3(words, reading.places, reading.book))
        lost = kept & ~group & found.isna()
        if lost.any():
            worth = sums.loc[lost, "usd_m"].groupby(sums.loc[lost, role].astype("str").fillna("blank")).sum()
            worth = worth.sort_values(ascending=False)
            listed = ", ".join(f"{name} ({value:,.1f})" for name, value in worth.head(_SHOWN).items())
            more = f" and {len(worth) - _SHOWN} more" if len(worth) > _SHOWN else ""
            notes.append(f"{role}s that are not known, US$ million: {listed}{more}")
            _move(sums, lost, "countries that are not known")
        sums[role] = found
    kept = sums["part"] == KEPT
    if reading.union and (sums.loc[kept, "exporter"] == "EUU").any():
        members = kept & sums["exporter"].isin(EU_MEMBERS)
        if set(sums.loc[members, "exporter"]) >= EU_MEMBERS:
            _move(sums, kept & (sums["exporter"] == "EUU"), "the European Union, whose members are all there")
        else:
            _move(sums, members, "members of the European Union, which stands as one partner")
    if choice.reporters is not None and not reading.together:
        kept = sums["part"] == KEPT
        _move(sums, kept & ~sums["importer"].isin(choice.reporters), "other importers")
    if reading.together:
        own = (sums["part"] == KEPT) & (sums["importer"] == reading.exporter)
        _move(sums, own, "the exporter's own country")
        sums["importer"] = "ROW"
    return notes


def _against_world(sums: pd.DataFrame, kept: pd.Series, group: pd.Series) -> list[str]:
    """What single partners add up to, against the publisher's rows of the World."""
    world, single = sums.loc[group, "usd_m"].sum(), sums.loc[kept & ~group, "usd_m"].sum()
    if not world or abs(single - world) <= _SLACK * world:
        return []
    return [f"partners add up to US$ {single:,.1f} million, groups of countries (the World) to {world:,.1f}"]


def _through(column: pd.Series, values: Sequence[object] | pd.Series) -> pd.Series:
    """A column of categories with each category exchanged for its value; blank stays blank."""
    known = pd.Categorical(pd.Series(list(values), dtype=object))
    codes = column.cat.codes.to_numpy()
    taken = np.where(codes >= 0, known.codes[codes] if len(known) else -1, -1)
    return pd.Series(pd.Categorical.from_codes(taken, known.categories), index=column.index)


def _move(sums: pd.DataFrame, rows: pd.Series, why: str) -> None:
    """Take rows out of what is kept."""
    if not rows.any():
        return
    part = sums["part"]
    sums["part"] = part if why in part.cat.categories else part.cat.add_categories(why)
    sums.loc[rows, "part"] = why


def _editions(sums: pd.DataFrame, reading: Reading) -> pd.Series:
    if reading.revision:
        return pd.Series(reading.revision, index=sums.index)
    if reading.layout.revision:
        words = sums["revision"].cat.categories
        return _through(sums["revision"], [named(str(word)) for word in words])
    return sums["year"].map(by_year(pd.Series(sums["year"].unique(), sums["year"].unique())))


def _check_editions(rows: pd.DataFrame, reading: Reading, key: str) -> None:
    """An importer's year stands in one edition only: in two it counts twice."""
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
) -> tuple[pd.DataFrame, list[tuple[str, int, float]]]:
    """Rows with their HS 2022 code; those whose code is not known to have one are told and left out."""
    rows = rows.assign(
        old=rows["piece"].str[:6], edition=rows["edition"].astype("str"), place=np.arange(len(rows))
    )
    ours = rows["edition"] == OURS
    same = rows[ours].assign(code=rows["old"], status="reported")
    known = changes.rename(columns={"revision": "edition"})
    moved = rows[~ours].merge(known, on=["edition", "old"], how="left")
    lost = moved[moved["code"].isna() | moved["weight"].isna()]
    lost = lost.drop_duplicates("place")
    told = [
        (
            f"codes of {edition} of which it is not known what they became",
            int(part["rows"].sum()),
            float(part["usd_m"].sum()),
        )
        for edition, part in lost.assign(edition=lost["edition"].fillna("an unknown edition")).groupby("edition")
    ]
    moved = moved[moved["code"].notna() & moved["weight"].notna()].assign(status="computed")
    moved["usd_m"] *= moved["weight"]
    moved["duty_m"] *= moved["weight"]
    # a row that is split over several codes counts once among the rows
    moved["rows"] = moved["rows"].where(~moved.duplicated("place"), 0)
    every = pd.concat([same, moved], ignore_index=True)
    mine = every["code"].isin(codes)
    if (~mine).any():
        other = every[~mine]
        told.append((_OTHER_CODES, int(other["rows"].sum()), float(other["usd_m"].sum())))
    return every[mine], told


_OTHER_CODES = "codes that no component uses (added up in TOTAL)"


def _totals(rows: pd.DataFrame, choice: TradeOptions, key: str) -> tuple[pd.DataFrame, list[str]]:
    """TOTAL of each partner, for importers and years of which the file holds all chapters."""
    none = rows.iloc[:0].assign(code="TOTAL", status="computed")
    if not choice.totals or not len(rows):
        return none, []
    by = ["importer", "year"]
    bits = rows.groupby(by, observed=True)["chapters"].agg(
        lambda each: int(np.bitwise_or.reduce(each.to_numpy(np.int64))).bit_count()
    )
    whole = bits[bits >= _TRUE_TABLE]
    part = bits[bits < _TRUE_TABLE]
    note = []
    if len(part):
        shown = ", ".join(f"{importer} {year}" for importer, year in part.index[:_SHOWN])
        note = [f"no TOTAL for {shown}{' and others' if len(part) > _SHOWN else ''}: the file lacks chapters"]
    inside = pd.MultiIndex.from_frame(rows[by]).isin(whole.index)
    check_least(rows[inside], key)
    return rows[inside].assign(code="TOTAL", status="computed"), note


def _left_out(sums: pd.DataFrame) -> list[tuple[str, int, float]]:
    out = sums[sums["part"] != KEPT].groupby("part", sort=False, observed=True)[["rows", "usd_m"]].sum()
    told = [(str(why), int(row["rows"]), float(row["usd_m"])) for why, row in out.iterrows()]
    unused = sums[(sums["part"] == KEPT) & sums["piece"].isna()]
    if len(unused):
        told.append((_OTHER_CODES, int(unused["rows"].sum()), float(unused["usd_m"].sum())))
    return told


def _trade_rows(single: pd.DataFrame, totals: pd.DataFrame, key: str) -> pd.DataFrame:
    """Rows of ``trade``: sums by key; a sum with one converted row in it is computed."""
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
