"""Small helpers of all importers: column order of our tables, short names, lookup tables beside the code."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pandas as pd

from corridor.data.schema import load_schema
from corridor.errors import DataError, Fault

__all__ = ["beside", "columns_of", "lay_out", "need_columns", "need_even_rows", "slug", "unique_slugs"]


def columns_of(table: str) -> list[str]:
    """Column names of one of our tables, in order."""
    return [column.name for column in load_schema(table)]


def lay_out(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Columns of `table` in order, missing ones blank, others left out; index 0..n-1."""
    return frame.reindex(columns=columns_of(table)).reset_index(drop=True)


def beside(module: str, file: str) -> pd.DataFrame:
    """Hand-kept lookup table in the folder of a module (its ``__file__``): every cell a string, blanks ''."""
    return pd.read_csv(Path(module).with_name(file), dtype=str, keep_default_na=False, encoding="utf-8")


def need_columns(frame: pd.DataFrame, wanted: list[str], file: str | Path) -> None:
    """Raise DataError that lists each missing column of a raw file."""
    missing = [name for name in wanted if name not in frame.columns]
    if missing:
        raise DataError(
            [
                Fault(
                    table=Path(file).name,
                    row="header",
                    column=name,
                    found=", ".join(map(str, frame.columns)),
                    wanted=f"a column named {name}",
                    fix="give the publisher's file as it was published, or adapt the importer",
                )
                for name in missing
            ]
        )


def need_even_rows(frame: pd.DataFrame, file: str | Path) -> None:
    """Raise DataError if rows of a CSV are longer than its header: pandas uses their first cells as an index."""
    if not isinstance(frame.index, pd.RangeIndex):
        fix = "put cells that hold a comma in double quotes"
        found, wanted = "rows with more cells than the header", "as many cells in every row"
        raise DataError([Fault(Path(file).name, "", "", found, wanted, fix)])


def slug(text: str) -> str:
    """Short name: ASCII, lower case, words joined by hyphens ("Antônio Pereira 2" -> "antonio-pereira-2")."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def unique_slugs(texts: pd.Series) -> pd.Series:
    """Short names; repeated ones get a number ("a", "a-2", "a-3")."""
    slugs = texts.map(slug)
    count = slugs.groupby(slugs).cumcount() + 1
    return slugs.where(count == 1, slugs + "-" + count.astype(str))
