"""Columns of each table, read from ``corridor/data/schema/*.csv``, the only place where they are declared."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from corridor.data.guards.figures import LARGEST
from corridor.errors import ConfigError

TABLES: tuple[str, ...] = (
    "countries",
    "sectors",
    "components",
    "recipes",
    "supply",
    "suppliers",
    "makes",
    "codes",
    "trade",
    "recorded_imports",
    "world_trade",
    "industry_content",
    "sourcing",
    "demand",
    "exports",
    "markets",
    "tariffs",
    "sites",
    "technologies",
    "facilities",
    "second_sources",
    "stockpiles",
    "freight",
    "limits",
    "sources",
)
"""Names of all tables, in the order in which they are read, checked and written."""

OPTIONAL_TABLES: frozenset[str] = frozenset(
    {
        "sectors",
        "suppliers",
        "makes",
        "codes",
        "trade",
        "recorded_imports",
        "world_trade",
        "industry_content",
        "sourcing",
        "exports",
        "markets",
        "tariffs",
        "facilities",
        "second_sources",
        "stockpiles",
        "freight",
        "limits",
    }
)
"""Tables that may be missing or empty; without ``sectors``, the bundled sectors are used."""

SITE_TAGS: tuple[str, ...] = (
    "electronics",
    "fab",
    "battery",
    "solar",
    "pharma",
    "chemicals",
    "minerals",
    "metals",
    "devices",
)
"""What a site can be suitable for (column ``tags`` of sites, ``site_tags`` of technologies)."""

# Beside this module in a checkout and in a wheel; the folder has the name of this module but is not a package.
_FOLDER = Path(__file__).resolve().parent / "schema"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name, type, unit, description
        As in the schema file; ``type`` is ``string``, ``number``, ``integer`` or ``boolean``.
    required
        No cell may be blank.
    default
        What a blank cell means, already of the column's type; None if blank means unknown.
    allowed
        The only values allowed; empty if any is.
    minimum, maximum
        Bounds of numbers, both included; None if there is none.
    key
        Whether the column belongs to the table's key.
    refers
        ``(table, column)`` that must hold every value; None if there is none.
    """

    name: str
    type: str
    unit: str
    required: bool
    default: str | float | int | bool | None
    allowed: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    key: bool
    refers: tuple[str, str] | None
    description: str

    @property
    def nullable(self) -> bool:
        """Whether a cell may be blank in a loaded table (blank cells with a default are filled)."""
        return not self.required and self.default is None


def _default(text: str, kind: str) -> str | float | int | bool | None:
    if text == "":
        return None
    if kind == "number":
        return float(text)
    if kind == "integer":
        return int(text)
    if kind == "boolean":
        return text == "true"
    return text


def _column(row: dict[str, str]) -> Column:
    table, _, column = row["refers"].partition(".")
    return Column(
        name=row["column"],
        type=row["type"],
        unit=row["unit"],
        required=row["required"] == "yes",
        default=_default(row["default"], row["type"]),
        allowed=tuple(row["allowed"].split("|")) if row["allowed"] else (),
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        key=row["key"] == "key",
        refers=(table, column) if column else None,
        description=row["description"],
    )


@cache
def _columns(table: str) -> tuple[Column, ...]:
    if table not in TABLES:
        raise ConfigError(f"there is no table {table!r}; the tables are {', '.join(TABLES)}")
    with (_FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_column(row) for row in csv.DictReader(file))


def load_schema(table: str) -> list[Column]:
    """Columns of a table, in their order.

    Parameters
    ----------
    table
        One of ``TABLES``.

    Returns
    -------
    list of Column

    Raises
    ------
    ConfigError
        There is no such table.
    """
    return list(_columns(table))


def key_columns(table: str) -> list[str]:
    """Names of the columns that identify a table's rows."""
    return [column.name for column in _columns(table) if column.key]


def pandera_schema(table: str) -> Any:
    """The schema as a pandera ``DataFrameSchema``, for use outside corridor.

    It checks types, ranges, blanks, allowed values and keys as ``load_tables`` does; rules that span tables are in
    ``corridor.data.checks``.

    Parameters
    ----------
    table
        One of ``TABLES``.

    Returns
    -------
    pandera.pandas.DataFrameSchema

    Raises
    ------
    ConfigError
        There is no such table.
    """
    import numpy as np
    import pandas as pd
    import pandera.pandas as pa

    def finite(values: Any) -> Any:
        return np.isfinite(values)

    columns = {}
    for column in _columns(table):
        dtype: Any
        if column.type == "string":
            dtype = None  # the text type differs between pandas versions: the check below covers it
        elif column.type == "number":
            dtype = "float64"
        elif column.type == "integer":
            dtype = pd.Int64Dtype() if column.nullable else "int64"
        else:
            dtype = "bool"
        checks = []
        if column.type == "string":
            checks.append(pa.Check(lambda values: values.map(lambda value: isinstance(value, str)), name="text"))
        if column.type == "number":
            checks.append(pa.Check(finite, name="finite"))
        if column.allowed:
            checks.append(pa.Check.isin(list(column.allowed)))
        if column.type in ("number", "integer"):
            checks.append(pa.Check.ge(-LARGEST if column.minimum is None else column.minimum))
            checks.append(pa.Check.le(LARGEST if column.maximum is None else column.maximum))
        columns[column.name] = pa.Column(
            dtype, checks=checks, nullable=column.nullable, description=column.description
        )
    return pa.DataFrameSchema(
        columns, strict=True, ordered=True, unique=key_columns(table), report_duplicates="all", name=table
    )


def json_table_schema(table: str) -> dict[str, Any]:
    """The schema as a Frictionless Table Schema.

    Parameters
    ----------
    table
        One of ``TABLES``.

    Returns
    -------
    dict
        Ready for ``json.dump``; see https://datapackage.org/standard/table-schema/.

    Raises
    ------
    ConfigError
        There is no such table.
    """
    fields = []
    for column in _columns(table):
        field: dict[str, Any] = {"name": column.name, "type": column.type, "description": column.description}
        if column.unit:
            field["unit"] = column.unit
        if column.default is not None:
            field["default"] = column.default
        if column.type == "boolean":
            field |= {"trueValues": ["true"], "falseValues": ["false"]}
        constraints: dict[str, Any] = {}
        if column.required:
            constraints["required"] = True
        if column.allowed:
            constraints["enum"] = list(column.allowed)
        for name, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
            if bound is not None:
                constraints[name] = int(bound) if column.type == "integer" else bound
        if constraints:
            field["constraints"] = constraints
        fields.append(field)
    foreign = [
        {
            "fields": [column.name],
            "reference": {
                "resource": "" if column.refers[0] == table else column.refers[0],
                "fields": [column.refers[1]],
            },
        }
        for column in _columns(table)
        if column.refers
    ]
    return {"fields": fields, "primaryKey": key_columns(table), "missingValues": [""], "foreignKeys": foreign}
