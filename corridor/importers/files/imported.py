"""Result of an import: tables, and a report on every row that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

__all__ = ["ImportReport", "Imported", "source_row"]

NO_REDISTRIBUTION = "not to be redistributed"


@dataclass(frozen=True, eq=False)
class ImportReport:
    """Report of an import: what was read, what was kept, what was left out and why.

    Attributes
    ----------
    source
        Key of the publication.
    files
        Files as the user named them; members of archives after a slash.
    rows, value_usd_m
        Rows read and their value, US$ million (NaN if the rows are not money).
    rows_kept, value_kept_usd_m
        Of these, what is in the tables.
    left_out
        ``why, rows, value_usd_m, part`` (fraction of the value read, or of the rows if there is no value). Rows
        and values left out and kept add up to those read.
    notes
        What a reader must know: unknown countries, missing months, totals compared.
    """

    source: str
    files: tuple[str, ...]
    rows: int
    value_usd_m: float
    rows_kept: int
    value_kept_usd_m: float
    left_out: pd.DataFrame
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls,
        source: str,
        files: Sequence[str],
        kept: tuple[int, float],
        left_out: Sequence[tuple[str, int, float]],
        notes: Sequence[str],
    ) -> ImportReport:
        """Report from what was kept and left out, each in rows and US$ million."""
        table = pd.DataFrame(list(left_out), columns=["why", "rows", "value_usd_m"])
        table = table.groupby("why", as_index=False, sort=False).sum(min_count=1)
        rows = kept[0] + int(table["rows"].sum())
        value = kept[1] + float(table["value_usd_m"].sum(skipna=False)) if len(table) else kept[1]
        by_value = value == value and value > 0
        table["part"] = table["value_usd_m"] / value if by_value else table["rows"] / max(rows, 1)
        table = table.astype({"rows": "int64", "value_usd_m": "float64", "part": "float64"})
        return cls(source, tuple(files), rows, value, kept[0], kept[1], table, tuple(notes))

    def __str__(self) -> str:
        def money(value: float) -> str:
            return f", US$ {value:,.1f} million" if value == value else ""

        lines = [
            f"{self.source}: {', '.join(self.files)}",
            f"  read      {self.rows:>12,} rows{money(self.value_usd_m)}",
            f"  kept      {self.rows_kept:>12,} rows{money(self.value_kept_usd_m)}",
        ]
        lines += [
            f"  left out  {rows:>12,} rows{money(value)} ({fraction:.2%}): {why}"
            for why, rows, value, fraction in self.left_out.to_numpy().tolist()
        ]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True, eq=False)
class Imported:
    """Rows for our tables, ready to be written into a folder.

    Attributes
    ----------
    tables
        Name of a table -> frame with the columns of its schema; ``sources`` is among them.
    report
        What was read and what was left out.
    """

    tables: dict[str, pd.DataFrame]
    report: ImportReport


def source_row(
    key: str,
    title: str,
    publisher: str,
    address: str,
    licence: str,
    date: str,
    note: str = "",
    *,
    closed: bool = False,
) -> pd.DataFrame:
    """One row of the table ``sources``.

    Parameters
    ----------
    key, title, publisher, address, licence, date, note
        Its columns.
    closed
        The publisher's terms forbid passing the rows on: the note says so first.
    """
    if closed:
        warning = f"{NO_REDISTRIBUTION}: the terms let you use the rows, not publish them"
        note = f"{warning}; {note}" if note else warning
    row = [key, title, publisher, address, licence, date, note]
    names = ["key", "title", "publisher", "address", "licence", "date", "note"]
    return pd.DataFrame([row], columns=names).replace({"": None})
