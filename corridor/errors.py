"""The errors that corridor raises on purpose: each says what is wrong and how to fix it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


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
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])
