"""Result of an import: tables, and the account of every row that was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from corridor.errors import ConfigError, DataError, Fault

__all__ = ["REASONS", "ImportReport", "Imported", "allowed", "source_row"]

NO_REDISTRIBUTION = "not to be redistributed"
MOST_LOST = 0.01
"""Largest fraction of the value that may be left out for one reason of the file's own."""
REASONS = {
    "unknown-code": "correct the codes: six digits or more of the Harmonized System",
    "unknown-country": "write names or codes of ISO 3166-1, UN M49 or a publisher that corridor knows",
    "mixed-levels": "give one level of the nomenclature, of six digits or more",
    "no-flow": "give a file with a column of the flow, or rows of one flow",
}
"""Reasons of the file's own, as --allow names them, and how to fix each."""
_LARGEST = 8


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
        ``why, rows, value_usd_m, part`` (fraction of the value read, or of the rows if there is no value) and
        ``reason`` (of `REASONS`; blank if it is not the file's). Rows and values left out and kept add up to those
        read.
    notes
        What a reader must know: unknown countries, missing months, totals compared.
    account
        ``year, partner, why, rows, value_usd_m``: the same rows by year and partner (as the tables name it, else
        as the file does; blank where the file has none), why is ``kept`` or as in `left_out`.
    lost
        Reason -> fraction of the value in question that was left out for it: of all rows of the years, importers
        and flow asked for, or of those of codes in use, whichever is more.
    """

    source: str
    files: tuple[str, ...]
    rows: int
    value_usd_m: float
    rows_kept: int
    value_kept_usd_m: float
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    account: pd.DataFrame = field(default_factory=lambda: _account([]))
    lost: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        source: str,
        files: Sequence[str],
        kept: tuple[int, float],
        left_out: Sequence[tuple[str, int, float]],
        notes: Sequence[str],
        *,
        reasons: Mapping[str, str] | None = None,
        account: pd.DataFrame | None = None,
        lost: Mapping[str, float] | None = None,
    ) -> ImportReport:
        """Report from what was kept and left out, each in rows and US$ million.

        Parameters
        ----------
        source, files, kept, left_out, notes, account
            As the attributes.
        reasons
            Why -> reason of `REASONS`, for what is the file's own fault.
        lost
            As the attribute; by default the fraction of the rows and values of these reasons in what was not left
            out for another.
        """
        table = pd.DataFrame(list(left_out), columns=["why", "rows", "value_usd_m"])
        table = table.groupby("why", as_index=False, sort=False).sum(min_count=1)
        rows = kept[0] + int(table["rows"].sum())
        value = kept[1] + float(table["value_usd_m"].sum(skipna=False)) if len(table) else kept[1]
        by_value = value == value and value > 0
        table["part"] = table["value_usd_m"] / value if by_value else table["rows"] / max(rows, 1)
        table["reason"] = table["why"].map(dict(reasons or {})).astype("str").fillna("")
        table = table.astype({"rows": "int64", "value_usd_m": "float64", "part": "float64"})
        if lost is None:
            lost = _fractions(table, kept, "value_usd_m" if by_value else "rows")
        return cls(
            source,
            tuple(files),
            rows,
            value,
            kept[0],
            kept[1],
            table,
            tuple(notes),
            _account([]) if account is None else account,
            dict(lost),
        )

    def check(self, allow: Iterable[str] = ()) -> None:
        """Check that little was left out for reasons of the file's own.

        Parameters
        ----------
        allow
            Reasons of `REASONS` that are accepted.

        Raises
        ------
        DataError
            More than 1 % of the value was left out for a reason that is not accepted; all are listed.
        """
        faults = []
        for reason, fraction in self.lost.items():
            if fraction <= MOST_LOST or reason in set(allow):
                continue
            whys = ", ".join(self.left_out.loc[self.left_out["reason"] == reason, "why"]) or reason.replace(
                "-", " "
            )
            listed = "; ".join(note for note in self.notes if reason == "unknown-country" and "unknown" in note)
            found = f"{fraction:.1%} left out: {whys}{f' ({listed})' if listed else ''}"
            fix = f"{REASONS[reason]}; or accept the loss with --allow {reason}"
            faults.append(Fault(self.source, "", "", found, f"at most {MOST_LOST:.0%} of the value", fix))
        if faults:
            raise DataError(faults)

    def __str__(self) -> str:
        lines = [
            f"{self.source}: {', '.join(self.files)}",
            f"  read      {self.rows:>12,} rows{_money(self.value_usd_m)}",
            f"  kept      {self.rows_kept:>12,} rows{_money(self.value_kept_usd_m)}",
        ]
        lines += [
            f"  left out  {rows:>12,} rows{_money(value)} ({fraction:.2%}): {why}"
            + (f" [{reason}]" if reason else "")
            for why, rows, value, fraction, reason in self.left_out.to_numpy().tolist()
        ]
        lines += [*self._by("year"), *self._by("partner")]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _by(self, column: str) -> list[str]:
        """Lines that set what was kept beside what was read, by year, or by the partners with most."""
        rows = self.account[self.account[column] != ""]
        if not len(rows):
            return []
        figure = "value_usd_m" if rows["value_usd_m"].sum() > 0 else "rows"
        read = rows.groupby(column)[figure].sum()
        kept = rows[rows["why"] == "kept"].groupby(column)[figure].sum().reindex(read.index, fill_value=0)
        order = read.index if column == "year" else read.sort_values(ascending=False, kind="stable").index
        shown = [f"{name} {kept[name]:,.1f} of {read[name]:,.1f}" for name in order[-_LARGEST:]]
        if column != "year":
            shown = [f"{name} {kept[name]:,.1f} of {read[name]:,.1f}" for name in order[:_LARGEST]]
        more = f"; {len(order) - _LARGEST} more" if len(order) > _LARGEST else ""
        unit = "US$ million" if figure == "value_usd_m" else "rows"
        return [f"  kept of read by {column}, {unit}: {'; '.join(shown)}{more}"]


def _money(value: float) -> str:
    return f", US$ {value:,.1f} million" if value == value else ""


def _fractions(table: pd.DataFrame, kept: tuple[int, float], figure: str) -> dict[str, float]:
    mine = table[table["reason"] != ""]
    base = (kept[1] if figure == "value_usd_m" else kept[0]) + float(mine[figure].sum())
    found = mine.groupby("reason")[figure].sum() / base if base > 0 else mine.groupby("reason")[figure].sum() * 0
    return {str(reason): float(fraction) for reason, fraction in found.items()}


def _account(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["year", "partner", "why", "rows", "value_usd_m"])


def allowed(reasons: Iterable[str]) -> frozenset[str]:
    """Reasons that a user accepts.

    Raises
    ------
    ConfigError
        One of them is no reason of `REASONS`.
    """
    chosen = frozenset(reasons)
    wrong = sorted(chosen - set(REASONS))
    if wrong:
        raise ConfigError(f"--allow {', '.join(wrong)}: wanted one of {', '.join(REASONS)}")
    return chosen


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
