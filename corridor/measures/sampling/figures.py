"""Figures of the tables that have a range, and the constraints between them when they are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats, Ints
from corridor.data.checks.chain import MOST_VALUE_SHARE
from corridor.data.checks.rules import RANGES
from corridor.data.frames import Tables
from corridor.data.schema import load_schema
from corridor.errors import ConfigError

SHAPES = ("triangular", "uniform")
_SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Figures:
    """Figures of the tables that may be drawn, and the constraints between them.

    Attributes
    ----------
    rows
        One row per figure: ``table, column, row`` (position in the table), ``value, low, high, source, origin``
        (of shares; blank elsewhere), ``dimension`` (its position among the random numbers, -1 if it has no
        range: it is listed because draws of other figures may change it).
    length
        Number of rows of each table.
    group
        Group of shares that add up (of a market's supply, of the world's production), -1 for other figures.
    fixed, total
        Sum of the shares without a range in each group, and sum of all stated ones, shape (groups,). Groups
        that sum to 1 still do when drawn; others leave something open, and sum to at most 1.
    route
        Group of inputs of one route to one output, -1 for other figures.
    worth
        Factor from each figure to a share of the output's price, before prices are drawn; 0 if it is not a recipe.
    prices
        For each figure the figures (positions, -1 for none) of the prices of its input and output.
    """

    rows: pd.DataFrame
    length: Mapping[str, int]
    group: Ints
    fixed: Floats
    total: Floats
    route: Ints
    worth: Floats
    prices: tuple[Ints, Ints]

    @classmethod
    def of(cls, tables: Tables, names: Sequence[str] | None = None) -> Figures:
        """Figures of the named tables; of all tables that have ranges if left out.

        Raises
        ------
        ConfigError
            If a named table has no ranges.
        """
        wanted = _wanted(names)
        rows = pd.concat([_figures(tables, *one, one[0] in wanted) for one in RANGES], ignore_index=True)
        ranged = rows["high"] > rows["low"]
        rows["dimension"] = np.where(ranged, ranged.cumsum() - 1, -1)
        # Prices of inputs and outputs change recipes, so all recipes are listed.
        rows = rows[ranged | (rows["table"] == "recipes")].reset_index(drop=True)
        length = {name: len(frame) for name, frame in tables}
        return cls(rows, length, *_share_groups(tables, rows), *_routes(tables, rows))

    @cached_property
    def value(self) -> Floats:
        """Figures as the tables state them, shape (figures,)."""
        return self.rows["value"].to_numpy(float)

    @property
    def dimensions(self) -> int:
        """How many figures have a range."""
        return int((self.rows["dimension"] >= 0).sum())

    def numbers(self, table: str, *columns: str) -> Ints:
        """Position of the figure of each row of a table, shape (rows,); -1 if none; earlier columns first."""
        rows = self.rows[(self.rows["table"] == table) & self.rows["column"].isin(columns)]
        out = np.full(self.length[table], -1)
        for column in reversed(columns):
            found = rows[rows["column"] == column]
            out[found["row"].to_numpy(int)] = found.index
        return out

    def values_at(self, levels: Floats, shape: str = "triangular") -> Floats:
        """Values of the figures at given levels of their distributions.

        Parameters
        ----------
        levels
            Probability of a value below each drawn figure, 0..1, shape (draws, dimensions).
        shape
            ``triangular`` (its peak is the stated value) or ``uniform``.

        Returns
        -------
        numpy.ndarray
            Shape (figures, draws). Shares that sum to 1 still do: a deficit or excess is spread over the figures
            in proportion to the distance to the end of their range, so that none leaves its range; figures without
            a range do not change. Inputs that would cost more than 0.95 of an output's price at the drawn prices
            are scaled down to it.
        """
        drawn = np.flatnonzero(self.rows["dimension"].to_numpy() >= 0)
        low, high = (self.rows[name].to_numpy(float)[drawn, None] for name in ("low", "high"))
        out = np.repeat(self.value[:, None], len(levels), axis=1)
        out[drawn] = _quantile(levels.T, low, self.value[drawn, None], high, shape)
        self._settle_shares(out)
        self._settle_routes(out)
        return out

    @cached_property
    def _shares(self) -> tuple[Ints, Ints, sparse.csr_matrix]:
        return _members(self.group, len(self.total))

    @cached_property
    def _inputs(self) -> tuple[Ints, Ints, sparse.csr_matrix]:
        return _members(self.route, int(self.route.max(initial=-1)) + 1)

    def _settle_shares(self, out: Floats) -> None:
        members, group, add = self._shares
        low, high = (self.rows[name].to_numpy(float)[members, None] for name in ("low", "high"))
        value = out[members]
        complete = self.total >= 1.0 - _SUM_TOLERANCE
        lack = np.where(complete, self.total, 1.0)[:, None] - self.fixed[:, None] - add @ value
        above, below = add @ (high - value), add @ (value - low)
        up = np.divide(lack, above, out=np.zeros_like(lack), where=complete[:, None] & (lack > 0) & (above > 0))
        down = np.divide(-lack, below, out=np.zeros_like(lack), where=(lack < 0) & (below > 0))
        up, down = np.minimum(up, 1.0), np.minimum(down, 1.0)
        out[members] = value + (high - value) * up[group] - (value - low) * down[group]

    def _settle_routes(self, out: Floats) -> None:
        members, route, add = self._inputs
        total = add @ self.value_shares(out, members)
        stated = add @ self.value_shares(self.value[:, None], members)
        most = np.maximum(MOST_VALUE_SHARE, stated)
        scale = np.divide(most, total, out=np.ones_like(total), where=total > most)
        out[members] *= scale[route]

    def value_shares(self, values: Floats, members: Ints) -> Floats:
        """Cost of recipe figures (positions `members`) over the output's price, shape (members, draws)."""
        factor = self.worth[members, None]
        paid, got = self.prices[0][members], self.prices[1][members]
        out: Floats = values[members] * factor
        for price, power in ((paid, 1.0), (got, -1.0)):
            drawn = price >= 0
            out[drawn] *= (values[price[drawn]] / self.value[price[drawn], None]) ** power
        return out


def _wanted(names: Sequence[str] | None) -> set[str]:
    known = {table for table, *_ in RANGES}
    unknown = sorted(set(names or ()) - known)
    if unknown:
        raise ConfigError(
            f"draws of {', '.join(unknown)}: no ranges. Fix: name some of {', '.join(sorted(known))}."
        )
    return known if names is None else set(names)


def _figures(tables: Tables, table: str, column: str, low: str, high: str, _: bool, drawn: bool) -> pd.DataFrame:
    frame = tables[table]
    bounds = next(one for one in load_schema(table) if one.name == column)
    value = frame[column].astype(float)
    ranged = frame[low].notna() & frame[high].notna() & drawn
    if table == "supply":  # an origin stated to make nothing makes nothing in every draw
        ranged &= value > 0
    rows = pd.DataFrame(
        {
            "table": table,
            "column": column,
            "row": np.arange(len(frame)),
            "value": value,
            "low": np.minimum(frame[low].where(ranged, value).astype(float), value),
            "high": np.maximum(frame[high].where(ranged, value).astype(float), value),
            "source": frame["source"].astype(str),
            "origin": frame["origin" if table == "sourcing" else "country"].astype(str)
            if column == "share"
            else None,
        }
    )
    rows[["low", "high"]] = rows[["low", "high"]].clip(bounds.minimum, bounds.maximum)
    return rows[value.notna().to_numpy()]


def _share_groups(tables: Tables, rows: pd.DataFrame) -> tuple[Ints, Floats, Floats]:
    supply = tables.supply.assign(assumed=tables.supply["status"] == "assumed")
    keys = {
        "sourcing": (tables.sourcing, ["market", "component"]),
        "supply": (supply, ["component", "year", "source", "assumed"]),
    }
    group, fixed, total = np.full(len(rows), -1), [np.zeros(0)], [np.zeros(0)]
    for table, (frame, by) in keys.items():
        figure_index = np.flatnonzero((rows["table"] == table) & (rows["column"] == "share"))
        known = frame["share"].notna().to_numpy()
        number = np.full(len(frame), -1)
        number[known] = frame[known].groupby(by, sort=False, dropna=False).ngroup().to_numpy()
        here, local = np.unique(number[rows["row"].to_numpy()[figure_index]], return_inverse=True)
        stated = np.bincount(number[known], frame.loc[known, "share"], number.max(initial=-1) + 1)[here]
        group[figure_index] = local + sum(map(len, total))
        fixed.append(stated - np.bincount(local, rows["value"].to_numpy(float)[figure_index], len(here)))
        total.append(stated)
    return group, np.concatenate(fixed), np.concatenate(total)


def _routes(tables: Tables, rows: pd.DataFrame) -> tuple[Ints, Floats, tuple[Ints, Ints]]:
    worth, route = np.zeros(len(rows)), np.full(len(rows), -1)
    prices = np.full(len(rows), -1), np.full(len(rows), -1)
    row, table = rows["row"].to_numpy(), rows["table"].to_numpy()
    by_quantity = rows["column"].to_numpy() == "quantity"
    recipes = tables.recipes.reset_index(drop=True)
    figure_index = np.flatnonzero(table == "recipes")
    counts = (recipes["purpose"] == "run").to_numpy()[row[figure_index]]
    # If both are given, the value share counts.
    counts &= ~(by_quantity[figure_index] & recipes["value_share"].notna().to_numpy()[row[figure_index]])
    figure_index = figure_index[counts]
    recipe, by_quantity = recipes.iloc[row[figure_index]], by_quantity[figure_index]
    price = tables.components.drop_duplicates("id").set_index("id")["price_usd_per_unit"].astype(float)
    of_input, of_output = (recipe[name].map(price).to_numpy(float) for name in ("input", "output"))
    per_unit = of_input / np.where(of_output > 0, of_output, np.nan) / recipe["yield"].to_numpy(float)
    worth[figure_index] = np.where(by_quantity, np.nan_to_num(per_unit), 1.0)
    priced = np.flatnonzero(table == "components")
    price_index = pd.Series(priced, index=tables.components["id"].to_numpy()[row[priced]])
    for side, name in zip(prices, ("input", "output"), strict=True):
        found = recipe[name].map(price_index).fillna(-1).to_numpy().astype(np.int64)
        side[figure_index] = np.where(by_quantity, found, -1)
    route[figure_index] = recipe.groupby(["output", "route"], sort=False).ngroup().to_numpy()
    return route, worth, prices


def _members(number: Ints, count: int) -> tuple[Ints, Ints, sparse.csr_matrix]:
    """Positions of figures in a group, the group of each, and the matrix that adds them up by group."""
    members = np.flatnonzero(number >= 0)
    group = number[members]
    add = sparse.csr_matrix((np.ones(len(members)), (group, np.arange(len(members)))), (count, len(members)))
    return members, group, add


def _quantile(level: Floats, low: Floats, mode: Floats, high: Floats, shape: str) -> Floats:
    """Quantile of a figure at the probability `level`."""
    if shape not in SHAPES:
        raise ConfigError(f"draws: shape '{shape}' is not one of {', '.join(SHAPES)}.")
    if shape == "uniform":
        return low + level * (high - low)
    width = high - low
    rising = low + np.sqrt(level * width * (mode - low))
    falling = high - np.sqrt((1.0 - level) * width * (high - mode))
    out: Floats = np.where(level * width < mode - low, rising, falling)
    return out
