"""Eurostat's wide tables (one column per period) made long."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from corridor.data.databases import quoted
from corridor.errors import DataError, Fault
from corridor.importers.files.open_files import Opened, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["lengthen"]


def lengthen(engine: DuckDBPyConnection, file: Opened) -> Opened:
    """A table with a column per period as one with a row per period.

    Parameters
    ----------
    engine
        As `intake.connect` gives it.
    file
        A .tsv of Eurostat: the first column holds the dimensions, separated by commas, and its name theirs
        (``freq,reporter,...\\TIME_PERIOD``); cells hold a number, with letters behind it as flags, or a colon.

    Returns
    -------
    Opened
        A CSV in the scratch folder with the dimensions, TIME_PERIOD and OBS_VALUE; the file itself if it is not
        of that kind.

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
        f"trim(string_split({quoted(first)}, ',')[{at + 1}]) AS {quoted(name)}"
        for at, name in enumerate(dimensions)
    )
    query = f"""
        COPY (SELECT {cells}, trim(period) AS TIME_PERIOD, regexp_extract(cell, '^[^ ]+') AS OBS_VALUE
              FROM (UNPIVOT (SELECT * FROM {file.scan({})})
                    ON {", ".join(quoted(name) for name in periods)} INTO NAME period VALUE cell))
        TO {literal(str(target))} (HEADER, DELIMITER ',')"""
    try:
        engine.execute(query)
    except duckdb.Error as error:
        found = f"a file that cannot be read ({str(error).splitlines()[0][:100]})"
        fix = "fetch the file again from Eurostat"
        raise DataError([Fault(file.name, "", "", found, "a whole .tsv of Eurostat", fix)]) from None
    columns = (*dimensions, "TIME_PERIOD", "OBS_VALUE")
    return replace(file, path=target, columns=columns, delimiter=",", packed=False, encoding="utf-8")
