"""The tables in memory: one data frame per table, with fixed columns and types."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from dataclasses import replace as _replace
from datetime import datetime, time
from difflib import get_close_matches
from functools import cache
from html import escape
from typing import Any, Self

import numpy as np
import pandas as pd

from corridor.data.bundled import bundled
from corridor.data.countries.places import suggestion
from corridor.data.guards.figures import LARGEST, shown
from corridor.data.number_texts import meant
from corridor.data.schema import TABLES, Column, load_schema
from corridor.errors import Fault, listed, ranges

_SHORT = 3
TEXT = pd.StringDtype(storage="pyarrow", na_value=np.nan)
"""Type of text columns: pandas' own ``str``; a blank cell is NaN."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Tables:
    """All tables of a study, each a data frame with the columns of its schema, in order.

    Text columns are pandas ``str``, numbers ``float64``, integers ``int64`` (``Int64`` where a cell may be
    blank), booleans ``bool``. Nobody edits the frames in place, since measures of them are kept: ``replace`` gives
    new tables.
    """

    countries: pd.DataFrame
    sectors: pd.DataFrame = field(default_factory=lambda: bundled_sectors())
    components: pd.DataFrame
    recipes: pd.DataFrame
    supply: pd.DataFrame
    suppliers: pd.DataFrame
    makes: pd.DataFrame
    codes: pd.DataFrame
    trade: pd.DataFrame
    recorded_imports: pd.DataFrame = field(default_factory=lambda: empty_frame("recorded_imports"))
    world_trade: pd.DataFrame = field(default_factory=lambda: empty_frame("world_trade"))
    industry_content: pd.DataFrame = field(default_factory=lambda: empty_frame("industry_content"))
    sourcing: pd.DataFrame
    demand: pd.DataFrame
    exports: pd.DataFrame = field(default_factory=lambda: empty_frame("exports"))
    markets: pd.DataFrame = field(default_factory=lambda: empty_frame("markets"))
    tariffs: pd.DataFrame = field(default_factory=lambda: empty_frame("tariffs"))
    sites: pd.DataFrame
    technologies: pd.DataFrame
    facilities: pd.DataFrame = field(default_factory=lambda: empty_frame("facilities"))
    second_sources: pd.DataFrame = field(default_factory=lambda: empty_frame("second_sources"))
    stockpiles: pd.DataFrame = field(default_factory=lambda: empty_frame("stockpiles"))
    freight: pd.DataFrame = field(default_factory=lambda: empty_frame("freight"))
    limits: pd.DataFrame = field(default_factory=lambda: empty_frame("limits"))
    sources: pd.DataFrame

    def __iter__(self) -> Iterator[tuple[str, pd.DataFrame]]:
        return ((each.name, getattr(self, each.name)) for each in fields(self))

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in TABLES:
            raise KeyError(f"there is no table {table!r}; the tables are {', '.join(TABLES)}")
        frame: pd.DataFrame = getattr(self, table)
        return frame

    def __repr__(self) -> str:
        return f"Tables({', '.join(f'{name}: {len(frame)}' for name, frame in self)})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{name}</th><td>{len(frame):,}</td><td>{escape(', '.join(frame.columns))}</td></tr>"
            for name, frame in self
        )
        head = "<thead><tr><th>table</th><th>rows</th><th>columns</th></tr></thead>"
        return f"<table>{head}<tbody>{rows}</tbody></table>"

    def replace(self, **frames: pd.DataFrame) -> Self:
        """New tables, with the named ones replaced."""
        return _replace(self, **frames)

    def equals(self, other: "Tables") -> bool:
        """Whether all tables have the same columns, types, rows and order of rows."""
        return all(
            frame.equals(other[name]) and (frame.dtypes == other[name].dtypes).all() for name, frame in self
        )


def bundled_sectors() -> pd.DataFrame:
    """The bundled table ``sectors``, used if a folder has none."""
    return _bundled_sectors().copy()


@cache
def _bundled_sectors() -> pd.DataFrame:
    raw = pd.read_csv(bundled("data") / "sectors.csv", dtype=str, encoding="utf-8")
    return conform("sectors", raw)[0]


def empty_frame(table: str) -> pd.DataFrame:
    """A table without rows, with the columns and types of its schema."""
    return pd.DataFrame({column.name: pd.Series([], dtype=dtype_of(column)) for column in load_schema(table)})


def dtype_of(column: Column) -> Any:
    """Type of a column in memory."""
    if column.type == "string":
        return TEXT
    if column.type == "number":
        return np.dtype("float64")
    if column.type == "boolean":
        return pd.BooleanDtype() if column.nullable else np.dtype("bool")
    return pd.Int64Dtype() if column.nullable else np.dtype("int64")


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The known word that a wrong one stands for, None if none does.

    A word that the tables of countries know (IN, KR, 156, Germany) stands for that country's code only.
    Words of up to three letters are never compared by their letters: IN is not a misspelt IRN.
    """
    known = list(words)
    text = word.strip().lower()
    by_case = {each.lower(): each for each in known}
    if text in by_case:
        return by_case[text]
    code = suggestion(word)
    if code is not None and code.lower() in by_case:
        return by_case[code.lower()]
    if len(text) <= _SHORT:
        return None
    close = get_close_matches(text, known, n=1, cutoff=0.6)
    return close[0] if close else None


def conform(table: str, raw: pd.DataFrame, rows: pd.Series | None = None) -> tuple[pd.DataFrame, list[Fault]]:
    """Convert a frame to the columns and types of its table, and report every fault.

    Parameters
    ----------
    table
        One of ``TABLES``.
    raw
        As read: text or typed cells, any order of columns; blank cells are missing.
    rows
        Name of each row for messages (the line in its file), aligned with ``raw``; its index if left out.

    Returns
    -------
    (pandas.DataFrame, list of Fault)
        The frame is complete only if there is no fault.
    """
    names = rows if rows is not None else pd.Series(raw.index.astype(str), index=raw.index)
    columns = load_schema(table)
    known = {column.name for column in columns}
    if not raw.columns.is_unique:
        twice = ", ".join(sorted({str(name) for name in raw.columns[raw.columns.duplicated()]}))
        fault = Fault(table, "", twice, "a column that appears twice", "each column once", "drop one of them")
        return empty_frame(table), [fault]
    strange = [str(name) for name in raw.columns if name not in known]
    faults = [_unknown(table, name, columns, raw) for name in strange[:_MOST_HINTS]]
    if len(strange) > _MOST_HINTS:
        found = f"{len(strange) - _MOST_HINTS:,} more unknown columns"
        rest = listed([shown(name) for name in strange[_MOST_HINTS:]])
        faults.append(Fault(table, "", rest, found, "columns of the schema", "drop them"))
    out: dict[str, pd.Series] = {}
    for column in columns:
        if column.name not in raw.columns:
            if column.required:
                what = f"a column {column.name} ({column.description})"
                faults.append(
                    Fault(table, "", column.name, "no such column", what, f"add the column {column.name}")
                )
            values = pd.Series(np.nan, index=raw.index, dtype="float64")
            required = False
        else:
            values, required = raw[column.name], column.required
        out[column.name] = _conform_column(table, column, values, names, required, faults)
    if faults:
        place = {str(name): position for position, name in enumerate(names)}
        faults.sort(key=lambda fault: place.get(fault.row, -1))
    return pd.DataFrame(out).reset_index(drop=True), faults


def _unknown(table: str, name: str, columns: list[Column], raw: pd.DataFrame) -> Fault:
    absent = [column.name for column in columns if column.name not in raw.columns]
    near = nearest(name, absent) or nearest(name, [column.name for column in columns])
    fix = f"rename it to {near}" if near in absent else "drop the column"
    if near and near not in absent:
        fix += f" ({near} already exists)"
    return Fault(table, "", name, "an unknown column", "a column of the schema", fix)


def _conform_column(
    table: str, column: Column, values: pd.Series, rows: pd.Series, required: bool, faults: list[Fault]
) -> pd.Series:
    def report(mask: Any, wanted: str, fix: Any) -> None:
        wrong, cells = rows[mask], values[mask]
        for row, value in zip(wrong[:_MOST_FAULTS], cells[:_MOST_FAULTS], strict=True):
            text = fix(value) if callable(fix) else fix
            found = "blank" if pd.isna(value) else shown(value)
            faults.append(Fault(table, str(row), column.name, found, wanted, text))
        if len(wrong) > _MOST_FAULTS:
            rest = ranges([str(row) for row in wrong[_MOST_FAULTS:]])
            more = f"{len(wrong) - _MOST_FAULTS:,} more of this kind"
            faults.append(Fault(table, rest, column.name, more, wanted, "correct them too"))

    odd = pd.Series(False, index=values.index)
    if values.dtype == object:  # cells of a graph or of parquet may hold lists
        cells = [cell if pd.api.types.is_scalar(cell) else shown(cell) for cell in values]
        values = pd.Series(cells, index=values.index, dtype=object)  # text that is none stays an object
        odd = pd.Series([_is_odd(cell) for cell in cells], index=values.index, dtype=bool)
        if odd.any():
            report(odd, "plain text or a number", "write plain text, or a number of usual size")
            values = values.mask(odd, None)
    parsed, bad = _parse(column, values)
    if bad.any():
        wanted = {
            "string": "text without control characters",
            "number": "a number",
            "integer": "an integer",
            "boolean": "true or false",
        }
        report(bad, wanted[column.type], _fix_of(column))
    blank = parsed.isna() & ~bad & ~odd
    if column.default is not None:
        parsed = parsed.fillna(column.default)
    elif required and blank.any():
        report(blank, column.description or "a value", "fill the cell")
    if column.allowed:
        wrong = ~parsed.isin(column.allowed) & parsed.notna()
        if wrong.any():
            near = {str(word).lower(): word for word in column.allowed}

            def fix(value: Any) -> str:
                word = nearest(str(value), near)
                return f"write {near[word]}" if word else "write one of them"

            report(wrong, " or ".join(column.allowed), fix)
    if column.type in ("number", "integer"):
        least = -LARGEST if column.minimum is None else column.minimum
        most = LARGEST if column.maximum is None else column.maximum
        if (low := (parsed < least).fillna(False)).any():
            report(low, f"at least {least:g}", f"write a value from {least:g} up")
        if (high := (parsed > most).fillna(False)).any():
            hint = "; fractions are 0 to 1, 25 percent is 0.25" if "fraction" in column.unit else ""
            report(high, f"at most {most:g}", f"write a value up to {most:g}{hint}")
    return _typed(column, parsed)


def _typed(column: Column, parsed: pd.Series) -> pd.Series:
    dtype = dtype_of(column)
    if parsed.dtype == dtype:
        return parsed
    if not column.nullable and column.type in ("integer", "boolean") and parsed.isna().any():
        return parsed  # a required cell is blank: already reported, the frame is not used
    return parsed.astype(dtype)


def _fix_of(column: Column) -> Any:
    def fix(value: Any) -> str:
        if column.type == "boolean":
            return "write true or false"
        if column.type == "string":
            return "write plain text"
        number = meant(str(value))
        if number is None or not np.isfinite(number):
            return "write a plain number, or leave the cell blank if it is not known"
        if column.type == "integer" and number != round(number):
            return "write an integer"
        return f"write {number:.12g}"

    return fix


def _parse(column: Column, values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Values in the column's type (missing where blank or bad), and a mask of the bad ones."""
    kind = values.dtype
    none = pd.Series(False, index=values.index)
    if isinstance(kind, pd.CategoricalDtype):
        values = values.astype(kind.categories.dtype)
        kind = values.dtype
    if column.type == "string":
        texts = values if kind == TEXT else _as_text(values)
        return texts, _with_control(texts)
    if column.type == "boolean":
        if pd.api.types.is_bool_dtype(kind):
            return values.astype("boolean"), none
        words = _as_text(values).str.lower().map({"true": True, "false": False, "1": True, "0": False})
        parsed = words.astype("boolean")
        return parsed, parsed.isna() & values.notna()
    numbers, bad = _as_number(values)
    if column.type == "integer":
        fractional = numbers.notna() & ((numbers != numbers.round()) | (numbers.abs() > _LARGEST_INTEGER))
        bad |= fractional
        return numbers.mask(fractional).astype("Int64"), bad
    return numbers, bad


_MOST_FAULTS = 500
"""Faults of one rule in one column that are listed one by one; of the others, the rows."""
_MOST_HINTS = 20
_SURROGATE = re.compile("[\ud800-\udfff]")


def _is_odd(cell: Any) -> bool:
    """Whether a cell can be neither text nor number: half a character, bytes, an integer beyond all sizes."""
    if isinstance(cell, str):
        return _SURROGATE.search(cell) is not None
    return isinstance(cell, bytes) or (isinstance(cell, int) and cell.bit_length() > 64)


# Larger integers are not exact in every program that reads our files.
_LARGEST_INTEGER = 2**53 - 1
# They break files, terminals and pages, and no name or note needs one; tab and line breaks are allowed.
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"


def _with_control(values: pd.Series) -> pd.Series:
    """Mask of texts that hold a control character."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array(values, pa.large_string(), from_pandas=True), _CONTROL)
    if not pc.any(found).as_py():
        return pd.Series(False, index=values.index)
    return pd.Series(found.fill_null(False).to_numpy(zero_copy_only=False), index=values.index)


def _as_number(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        numbers = values.astype("float64")
    elif values.dtype == TEXT:
        numbers = _numbers_of_text(values)
    else:
        numbers = pd.to_numeric(values.astype(object), errors="coerce").astype("float64")
    numbers = numbers.mask(np.isinf(numbers))
    return numbers, numbers.isna() & values.notna()


def _numbers_of_text(values: pd.Series) -> pd.Series:
    import pyarrow as pa

    cells = pa.array(values, pa.large_string(), from_pandas=True)
    try:
        # Exact to the last bit, unlike pandas.to_numeric.
        return pd.Series(cells.cast(pa.float64()).to_numpy(zero_copy_only=False), index=values.index)
    except pa.ArrowInvalid:  # some cell is no number: find out which
        return pd.to_numeric(values.astype(object), errors="coerce").astype("float64")


def _as_text(values: pd.Series) -> pd.Series:
    """Cells as text, without what spreadsheets add: the ``.0`` of numbers, the midnight of dates."""

    def text(value: Any) -> Any:
        if isinstance(value, datetime) and value.time() == time.min:
            return str(value.date())
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return value if isinstance(value, str) else str(value)

    if values.notna().any():
        values = values.map(text, na_action="ignore") if values.dtype != TEXT else values
        return values.astype(TEXT)
    return pd.Series(np.nan, index=values.index, dtype=TEXT)


def checksum(frame: pd.DataFrame) -> str:
    """SHA-256 of a table as CSV."""
    text = frame.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()
