"""A mixed-integer program as sparse arrays, built block by block and passed to the solver once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from corridor.data.arrays import Flags, Floats, Ints

Entries = tuple[ArrayLike, ArrayLike, ArrayLike]


@dataclass
class Program:
    """Columns and rows, to be minimised: ``min cost x`` with ``row_low <= A x <= row_high``, ``low <= x <= high``.

    Building with arrays takes 0.07 s for 1e5 columns; one Python object per column takes seconds.

    Attributes
    ----------
    columns, rows
        Start and index of each named block: ``columns["start"]`` is ``(first column, DataFrame)`` with one row
        per column of the block.
    """

    columns: dict[str, tuple[int, pd.DataFrame]] = field(default_factory=dict)
    rows: dict[str, tuple[int, pd.DataFrame]] = field(default_factory=dict)
    _low: list[Floats] = field(default_factory=list)
    _high: list[Floats] = field(default_factory=list)
    _cost: list[tuple[Ints, Floats]] = field(default_factory=list)
    _integer: list[Flags] = field(default_factory=list)
    _row_low: list[Floats] = field(default_factory=list)
    _row_high: list[Floats] = field(default_factory=list)
    _entries: list[tuple[Ints, Ints, Floats]] = field(default_factory=list)
    _width: int = 0
    _height: int = 0

    def add_columns(
        self,
        name: str,
        index: pd.DataFrame,
        *,
        low: ArrayLike = 0.0,
        high: ArrayLike = np.inf,
        cost: ArrayLike = 0.0,
        integer: bool = False,
    ) -> Ints:
        """Add a block of columns, one per row of `index`; returns their numbers, shape (len(index),)."""
        size = len(index)
        self.columns[name] = (self._width, index.reset_index(drop=True))
        for store, value in ((self._low, low), (self._high, high)):
            store.append(np.broadcast_to(np.asarray(value, float), (size,)).copy())
        self._integer.append(np.full(size, integer))
        numbers = np.arange(self._width, self._width + size)
        self.price(numbers, cost)
        self._width += size
        return numbers

    def price(self, columns: ArrayLike, cost: ArrayLike) -> None:
        """Add to the cost of columns."""
        numbers = np.asarray(columns, np.int64)
        value = np.broadcast_to(np.asarray(cost, float), numbers.shape)
        if value.any():
            self._cost.append((numbers, value))

    def bound(self, columns: ArrayLike, *, low: ArrayLike | None = None, high: ArrayLike | None = None) -> None:
        """Replace the bounds of columns."""
        numbers = np.asarray(columns, np.int64)
        lows, highs = self.bounds
        if low is not None:
            lows[numbers] = low
        if high is not None:
            highs[numbers] = high
        self._low, self._high = [lows], [highs]

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, coefficient: ArrayLike) -> None:
        """Add entries to existing rows."""
        numbers = np.asarray(rows, np.int64)
        value = np.broadcast_to(np.asarray(coefficient, float), numbers.shape)
        self._entries.append((numbers, np.asarray(columns, np.int64), value))

    def relax(self, columns: ArrayLike) -> None:
        """Drop the integrality of columns."""
        integer = self.integer
        integer[np.asarray(columns, np.int64)] = False
        self._integer = [integer]

    def copy(self) -> Program:
        """A program that can be changed without changing this one."""
        return Program(
            **{
                each.name: type(value)(value)
                for each in fields(self)
                if (value := getattr(self, each.name)) is not None
            }
        )

    def add_rows(
        self,
        name: str,
        index: pd.DataFrame,
        entries: list[Entries],
        *,
        low: ArrayLike = -np.inf,
        high: ArrayLike = np.inf,
    ) -> None:
        """Add a block of rows, one per row of `index`.

        Parameters
        ----------
        entries
            Triples (row within the block, column number, coefficient), each of equal lengths; entries for the same
            row and column add up.
        low, high
            Bounds of the rows.
        """
        size = len(index)
        self.rows[name] = (self._height, index.reset_index(drop=True))
        self._row_low.append(np.broadcast_to(np.asarray(low, float), (size,)).copy())
        self._row_high.append(np.broadcast_to(np.asarray(high, float), (size,)).copy())
        for row, column, value in entries:
            place = np.asarray(row, np.int64)
            coefficient = np.broadcast_to(np.asarray(value, float), place.shape)
            self._entries.append((place + self._height, np.asarray(column, np.int64), coefficient))
        self._height += size

    @property
    def width(self) -> int:
        """Number of columns."""
        return self._width

    @property
    def height(self) -> int:
        """Number of rows."""
        return self._height

    @property
    def cost(self) -> Floats:
        """Cost of each column."""
        out = np.zeros(self._width)
        for columns, value in self._cost:
            np.add.at(out, columns, value)
        return out

    @property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each column."""
        if not self._low:
            return np.zeros(0), np.zeros(0)
        return np.concatenate(self._low), np.concatenate(self._high)

    @property
    def integer(self) -> Flags:
        """Which columns are integers."""
        return np.concatenate(self._integer) if self._integer else np.zeros(0, dtype=bool)

    @property
    def row_bounds(self) -> tuple[Floats, Floats]:
        """Lowest and highest value of each row."""
        if not self._row_low:
            return np.zeros(0), np.zeros(0)
        return np.concatenate(self._row_low), np.concatenate(self._row_high)

    @property
    def matrix(self) -> sparse.csr_matrix:
        """Coefficients, shape (rows, columns)."""
        if not self._entries:
            return sparse.csr_matrix((self._height, self._width))
        row, column, value = (np.concatenate(arrays) for arrays in zip(*self._entries, strict=True))
        keep = value != 0.0
        return sparse.csr_matrix((value[keep], (row[keep], column[keep])), shape=(self._height, self._width))

    def block(self, name: str, values: Floats) -> Floats:
        """Values of one block of columns, in the order of its index."""
        first, index = self.columns[name]
        return values[first : first + len(index)]

    def activity(self, name: str, values: Floats) -> Floats:
        """Left-hand sides of one block of rows."""
        first, index = self.rows[name]
        return np.asarray(self.matrix[first : first + len(index)] @ values)
