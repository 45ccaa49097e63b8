"""Countries' shares in world supply, with a user's map of published items to components -> ``supply``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.data.frames import conform, nearest
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.open_files import reading
from corridor.importers.files.rows import lay_out, need_even_rows

__all__ = ["cell_lines", "component_map", "supply_rows"]

_ROUNDING = 0.05


def component_map(path: Path | None, column: str, known: frozenset[str]) -> pd.DataFrame:
    """Read a user's map: component, and the published input or sector that covers it."""
    if path is None:
        raise ConfigError(f"give --components: a CSV with the columns component and {column}")
    with reading(path, f"a CSV with the columns component and {column}"):
        raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        need_even_rows(raw, path)
    faults = [
        Fault(path.name, "header", name, ", ".join(raw.columns), f"a column {name}", "add it")
        for name in ("component", column)
        if name not in raw
    ]
    if faults:
        raise DataError(faults)
    table = pd.DataFrame({name: raw[name].str.strip() for name in ("component", column)}).drop_duplicates()
    for row, name in cell_lines(table.loc[~table["component"].isin(known), "component"]):
        near = nearest(name, known)
        fix = f"write {near}" if near else "write the id of a component"
        faults.append(Fault(path.name, str(row), "component", repr(name), "a component", fix))
    if faults:
        raise DataError(faults)
    return table


def cell_lines(cells: pd.Series) -> list[tuple[int, str]]:
    """Line of the file and text of each cell; the index counts the rows below the header."""
    return [(int(row) + 2, str(cell)) for row, cell in zip(cells.index.tolist(), cells.tolist(), strict=True)]


def supply_rows(rows: pd.DataFrame, source: str, year: int, status: str) -> tuple[pd.DataFrame, list[str]]:
    """Supply rows from shares (component, country, share), sums above 1 by rounding scaled to 1; and notes."""
    table = rows.groupby(["component", "country"], as_index=False)["share"].sum()
    total = table.groupby("component")["share"].transform("sum")
    over = total > 1 + 1e-9
    wrong = sorted(set(table.loc[total > 1 + _ROUNDING, "component"]))
    if wrong:
        fix = "let the map name one input for each component, or inputs that do not overlap"
        raise DataError(
            [Fault("supply", name, "share", "shares that sum to more than 1", "at most 1", fix) for name in wrong]
        )
    table["share"] = (table["share"] / total.where(over, 1.0)).round(6)
    table["status"] = pd.Series(status, index=table.index).mask(over & (status == "reported"), "computed")
    table["note"] = pd.Series("", index=table.index).mask(over, "rounded shares, divided by their sum")
    table = table[table["share"] > 0].assign(source=source, year=year).replace({"note": {"": None}})
    typed, faults = conform("supply", lay_out(table, "supply"))
    if faults:
        raise DataError(faults)
    rounded = sorted(set(typed.loc[typed["note"].notna(), "component"]))
    return typed, [f"shares sum to more than 1 by rounding: {', '.join(rounded)}"] if rounded else []
