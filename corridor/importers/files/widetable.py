"""Convert wide tables (one column per period) to long ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from corridor.data.databases import quoted
from corridor.errors import DataError, Fault
from corridor.importers.files.open_files import Opened, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["PERIOD", "VALUE", "lengthen", "lengthen_years", "year_columns"]

PERIOD, VALUE = "period of the column", "value of the column"
"""Columns of a table made long by `lengthen_years`."""
_YEAR = re.compile(
    r"(?:(?:imported|exported|trade|import|export)? ?values? ?(?:in|of)?,? ?)?"
    r"((?:19|20)\d\d(?: ?[-/] ?(?:20)?\d\d)?)(?: ?\((?:apr|jan)[^)]*\))?",
    re.IGNORECASE,
)


def lengthen(engine: DuckDBPyConnection, file: Opened) -> Opened:
    """Convert a table with a column per period to one with a row per period.

    Parameters
    ----------
    engine
        As `open_files.connect` gives it.
    file
        A .tsv of Eurostat: the first column holds the dimensions and its name their names, separated by commas
        (``freq,reporter,...\\TIME_PERIOD``); cells hold a number, letters after it as flags, or a colon.

    Returns
    -------
    Opened
        A CSV in the scratch folder with the dimensions, TIME_PERIOD and OBS_VALUE; the file itself if it
        has another layout.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    import duckdb

    first = file.columns[0]
    if "\\TIME_PERIOD" not in first:
        return file
    dimensions = first.split("\\")[0].split(",")
    periods = file.columns[1:]
    target = file.path.parent / f"{file.path.name}.long.csv"
    cells = ", ".join(
        f"trim(string_split({quoted(first)}, ',')[{position}]) AS {quoted(name)}"
        for position, name in enumerate(dimensions, 1)
    )
    query = f"""
        COPY (SELECT {cells}, trim(period) AS TIME_PERIOD, regexp_extract(cell, '^[^ ]+') AS OBS_VALUE
              FROM (UNPIVOT (SELECT * FROM {file.scan({})})
                    ON {", ".join(quoted(name) for name in periods)} INTO NAME period VALUE cell))
        TO {literal(str(target))} (HEADER, DELIMITER ',')"""
    try:
        engine.execute(query)
    except duckdb.Error as error:
        found = f"a file that cannot be read ({str(error).splitlines()[0][:300]})"
        fix = "download the file again from Eurostat"
        raise DataError([Fault(file.name, "", "", found, "a complete .tsv of Eurostat", fix)]) from None
    columns = (*dimensions, "TIME_PERIOD", "OBS_VALUE")
    return replace(file, path=target, columns=columns, delimiter=",", packed=False, encoding="utf-8")


def year_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Columns that hold the values of one year -> the year, as in 2021-2022, 2022 or "Imported value in 2022"."""
    found = {name: match[1] for name in columns if (match := _YEAR.fullmatch(" ".join(name.split())))}
    return found


def lengthen_years(engine: DuckDBPyConnection, file: Opened, fixed: Mapping[str, str] | None = None) -> Opened:
    """Convert a table with a column per year to one with a row per year.

    Parameters
    ----------
    engine
        As `open_files.connect` gives it.
    file
        A table with columns that `year_columns` finds; others beside them (shares, growth) are kept in each row.
    fixed
        Further columns with one text for all rows.

    Returns
    -------
    Opened
        A CSV in the scratch folder with the other columns, those of `fixed`, `PERIOD` and `VALUE`; the file itself
        if it has no column of a year.

    Raises
    ------
    DataError
        The file cannot be read.
    """
    import duckdb

    years = year_columns(file.columns)
    if not years:
        return file
    others = [name for name in file.columns if name not in years]
    more = dict(fixed or {})
    kept = ", ".join(quoted(name) for name in others) + (", " if others else "")
    texts = "".join(f"{literal(text)} AS {quoted(name)}, " for name, text in more.items())
    union = " UNION ALL BY NAME ".join(
        f"SELECT {kept}{texts}{literal(year)} AS {quoted(PERIOD)}, {quoted(name)} AS {quoted(VALUE)} FROM wide"
        for name, year in years.items()
    )
    target = file.path.parent / f"{file.path.name}.years.csv"
    try:
        rows = f"WITH wide AS (FROM {file.scan({})}) {union}"
        engine.execute(f"COPY ({rows}) TO {literal(str(target))} (HEADER, DELIMITER ',')")
    except duckdb.Error as error:
        found = f"a file that cannot be read ({str(error).splitlines()[0][:300]})"
        raise DataError([Fault(file.name, "", "", found, "a complete table", "save it again as CSV")]) from None
    columns = (*others, *more, PERIOD, VALUE)
    return replace(file, path=target, columns=columns, delimiter=",", packed=False)
