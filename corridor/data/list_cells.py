"""Cells that hold a list, such as ``pharma; minerals``: read here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def list_cell(cell: object) -> list[str]:
    """Words of a cell that holds a list: separated by semicolons, trimmed; none for a blank cell.

    >>> list_cell("pharma; minerals")
    ['pharma', 'minerals']
    """
    return [word for text in cell.split(";") if (word := text.strip())] if isinstance(cell, str) else []


def list_column(cells: pd.Series) -> pd.Series:
    """The words of each cell of a column as lists, same index; an empty list for a blank cell."""
    return cells.map(list_cell)


def exploded(frame: pd.DataFrame, column: str, into: str) -> pd.DataFrame:
    """A row for each word of a column of lists, the word in the column `into`; blank cells give no row."""
    return frame.assign(**{into: list_column(frame[column])}).explode(into).dropna(subset=[into])
