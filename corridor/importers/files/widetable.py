"""Convert Eurostat's wide tables (one column per period) to long ones."""

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
        found = f"a file that cannot be read ({str(error).splitlines()[0][:100]})"
        fix = "download the file again from Eurostat"
        raise DataError([Fault(file.name, "", "", found, "a complete .tsv of Eurostat", fix)]) from None
    columns = (*dimensions, "TIME_PERIOD", "OBS_VALUE")
    return replace(file, path=target, columns=columns, delimiter=",", packed=False, encoding="utf-8")
