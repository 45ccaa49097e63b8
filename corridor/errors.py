"""The errors that corridor raises on purpose: each says what is wrong and how to fix it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

#: Faults of one kind that are listed one by one; of more, the first few and a line for the rest.
_MOST_OF_A_KIND = 20
_FIRST = 5
_MOST_NAMES = 40


class CorridorError(Exception):
    """Something that the user can fix: the message is meant to be read without a traceback."""


class ConfigError(CorridorError):
    """A study file, an option or an argument is wrong."""


class NoPlan(CorridorError):
    """No plan keeps all limits.

    Attributes
    ----------
    relax
        Table of the limits that must be relaxed, ``name, unit, amount, needed, change``; None if not known.
    """

    relax: Any = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in the data.

    Parameters
    ----------
    table
        Name of the table.
    row
        The line of the file (as in an editor or a spreadsheet) or the row's key; empty for a fault of
        the whole table.
    column
        Name of the column; empty for a fault of the whole row.
    found, wanted
        What was found there, and what is wanted.
    fix
        How to fix it.
    """

    table: str
    row: str
    column: str
    found: str
    wanted: str
    fix: str

    def __str__(self) -> str:
        where = self.table
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: found {self.found}; wanted {self.wanted}; to fix: {self.fix}"


class DataError(CorridorError):
    """Tables have faults.

    Parameters
    ----------
    faults
        Every fault that was found, kept as the attribute ``faults``.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: list[Fault] = list(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = len(self.faults)
        head = f"{count} fault{'' if count == 1 else 's'} in the data:"
        kinds: dict[tuple[str, str, str], list[Fault]] = {}
        for fault in self.faults:
            kinds.setdefault(_kind(fault), []).append(fault)
        lines, seen = [head], dict.fromkeys(kinds, 0)
        for fault in self.faults:
            kind = _kind(fault)
            seen[kind] += 1
            if len(kinds[kind]) <= _MOST_OF_A_KIND or seen[kind] <= _FIRST:
                lines.append(f"  {fault}")
            elif seen[kind] == _FIRST + 1:
                lines.append(f"  {_rest(kinds[kind][_FIRST:])}")
        return "\n".join(lines)


def _kind(fault: Fault) -> tuple[str, str, str]:
    """Faults of one kind: the same column and rule, or the same fault of many columns."""
    return (fault.table, fault.column, fault.wanted) if fault.row else (fault.table, fault.found, fault.wanted)


def _rest(faults: list[Fault]) -> str:
    """One line for the further faults of a kind."""
    first = faults[0]
    if first.row:
        where = f"column {first.column}, rows {ranges([fault.row for fault in faults])}"
    else:
        where = f"columns {listed([fault.column for fault in faults])}"
    return f"{first.table}: {len(faults):,} more of this kind: {where}; wanted {first.wanted}"


def listed(names: Sequence[object], most: int = _MOST_NAMES) -> str:
    """Names with commas between them; of many, the first `most` and how many more."""
    words = ", ".join(str(name) for name in names[:most])
    return words if len(names) <= most else f"{words} and {len(names) - most:,} more"


def ranges(rows: Sequence[str]) -> str:
    """Rows as ranges where they are numbers (3-5, 9), as names where not; of very many, the first and how many."""
    parts: list[list[str]] = []
    for row in rows:
        if parts and row.isdigit() and parts[-1][-1].isdigit() and int(row) == int(parts[-1][-1]) + 1:
            parts[-1] = [parts[-1][0], row]
        else:
            parts.append([row])
    return listed(["-".join(part) for part in parts], 10 * _MOST_NAMES)
