"""Write all tables of a study: a folder of CSV or parquet files, or a workbook."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from corridor.data.frames import TEXT, Tables
from corridor.data.guards.formulas import RISKY
from corridor.errors import ConfigError

__all__ = ["write_csv", "write_parquet", "write_workbook"]

LONGEST_CELL = 32_767
"""Most characters in a cell of a workbook."""
MOST_ROWS = 1_048_575
"""Most rows of a sheet below its header."""


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write CSV as ``load_tables`` reads it: UTF-8, booleans as true and false, missing cells blank."""
    bools = {name: frame[name].map({True: "true", False: "false"}) for name in frame.select_dtypes("bool").columns}
    frame = frame.assign(**bools)
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", quoting=quoting_of(frame))


def quoting_of(frame: pd.DataFrame) -> Literal[0, 1]:
    """Quoting mode of CSV: all cells if one holds a lone carriage return, which readers take for a line break."""
    lone = any(column.astype(TEXT).str.contains("\r", regex=False, na=False).any() for column in _texts(frame))
    return 1 if lone else 0  # csv.QUOTE_ALL, csv.QUOTE_MINIMAL


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write parquet."""
    frame.to_parquet(path, index=False)


class _Exact(float):
    """A number written with all its digits: xlsxwriter keeps sixteen, some numbers need seventeen."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def write_workbook(tables: Tables, path: Path) -> None:
    """Write a workbook with a sheet per table; texts are never taken for formulas, numbers or links.

    Raises
    ------
    ConfigError
        A text or table is longer than a workbook can hold.
    """
    import xlsxwriter

    too_long = [f"  - {name}: {what}" for name, frame in tables for what in _beyond(frame)]
    if too_long:
        lines = ["a workbook cannot hold these tables:", *too_long, "Fix: write csv, parquet, sqlite or duckdb."]
        raise ConfigError("\n".join(lines))
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    content = io.BytesIO()  # on a full disk the library would fail inside its zip, and again when that is closed
    with xlsxwriter.Workbook(content, options) as book:
        text = book.add_format({"quote_prefix": True})
        for name, frame in tables:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for position, column in enumerate(frame.columns):
                sheet.write_string(0, position, column)
                _write_column(sheet, position, frame[column], text)
    path.write_bytes(content.getvalue())


def _beyond(frame: pd.DataFrame) -> list[str]:
    """Reasons why a table does not fit in a sheet."""
    found = [f"{len(frame):,} rows; a sheet holds {MOST_ROWS:,}"] if len(frame) > MOST_ROWS else []
    for column in _texts(frame):
        long = column.str.len() > LONGEST_CELL
        if long.any():
            row = int(long.to_numpy().argmax()) + 1
            found.append(f"row {row}, column {column.name}: a cell holds {LONGEST_CELL:,} characters at most")
    return found


def _texts(frame: pd.DataFrame) -> list[pd.Series]:
    """Columns that may hold texts."""
    kinds = (pd.api.types.is_string_dtype, pd.api.types.is_object_dtype)
    return [
        frame.iloc[:, position]
        for position in range(frame.shape[1])
        if any(kind(frame.dtypes.iloc[position]) for kind in kinds)
    ]


def _write_column(sheet: Any, position: int, column: pd.Series, text: Any) -> None:
    blank = column.isna().tolist()
    for row, (cell, empty) in enumerate(zip(column.tolist(), blank, strict=True), 1):
        if empty:
            continue
        if isinstance(cell, bool):
            sheet.write_boolean(row, position, cell)
        elif isinstance(cell, str):
            # if edited, such a text would become a formula: the quote prefix keeps it a text
            sheet.write_string(row, position, cell, text if cell.startswith(RISKY) else None)
        else:
            sheet.write_number(row, position, _Exact(cell) if isinstance(cell, float) else cell)
