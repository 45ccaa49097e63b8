"""The sheet ``limits`` read back."""

from __future__ import annotations

from typing import Any

from corridor.config import Limit, Study
from corridor.data.checks.limits import UNITS
from corridor.data.frames import nearest
from corridor.data.list_cells import list_cell
from corridor.data.tables import Tables
from corridor.errors import CorridorError
from corridor.relocation import limit_table
from corridor.workbook.cells import Faults, Row, name_of, number_of, same
from corridor.workbook.layout import statuses

_LIMIT = tuple(Limit.model_fields)


def read_limits(
    base: Study, known: dict[str, dict[str, Any]], rows: list[Row], tables: Tables, faults: Faults
) -> tuple[Limit, ...]:
    """The study's own limits; edited and new rows replace or extend them by name."""
    names = {
        "state": set(tables.sites["state"].dropna()),
        "site": set(tables.sites["id"]),
        "component": set(tables.components["id"]),
        "technology": set(tables.technologies["id"]),
    }
    own = {limit.name: limit for limit in base.limits}
    seen: dict[str, int] = {}
    for row in rows:
        name = row.cells["name"]
        if name is None:
            faults.add("limits", "the row has no name", "give the limit a name", row.number, "name", 0)
            continue
        name = str(name)
        if name in seen:
            faults.add(
                "limits",
                f"{name!r} is also in row {seen[name]}",
                "give it another name",
                row.number,
                "name",
                0,
            )
            continue
        seen[name] = row.number
        before = known.get(name)
        if before is not None and all(
            same(row.cells.get(key), before.get(key)) for key in _LIMIT if key in row.positions
        ):
            continue
        made = _limit(name, row, names, tables, faults)
        if made is not None:
            own[name] = made
    for name in known:
        if name not in seen and name in own:
            del own[name]
        elif name not in seen:
            faults.add(
                "limits",
                f"the limit {name!r} was deleted; it comes from the data or a setting",
                "restore the row and raise its amount",
            )
    return tuple(own.values())


def _limit(name: str, row: Row, names: dict[str, set[str]], tables: Tables, faults: Faults) -> Limit | None:
    """One edited row as a limit; None if it has faults."""
    before = len(faults.lines)
    cells = row.cells
    kind = cells["limit"]
    if kind not in UNITS:
        near = nearest(str(kind), UNITS) if kind is not None else None
        fix = f"write {near}" if near else f"choose one of {', '.join(UNITS)}"
        faults.add(
            "limits", f"there is no kind of limit {kind!r}", fix, row.number, "limit", row.positions["limit"]
        )
    elif cells["unit"] != UNITS[kind]:
        what = f"unit {cells['unit']!r}; a limit '{kind}' is in {UNITS[kind]}"
        faults.add("limits", what, f"write {UNITS[kind]}", row.number, "unit", row.positions["unit"])
    for column, allowed in (("sense", ("at most", "at least")), ("status", statuses())):
        if cells[column] is not None and cells[column] not in allowed:
            fix = f"write {' or '.join(allowed)}"
            faults.add(
                "limits", f"{cells[column]!r} is no valid {column}", fix, row.number, column, row.positions[column]
            )
    scope = {column: name_of(row, "limits", column, allowed, faults) for column, allowed in names.items()}
    amount = number_of(row, "limits", "amount", faults)
    if cells["amount"] is None:
        faults.add(
            "limits", "the amount is blank", "write a number", row.number, "amount", row.positions["amount"]
        )
    if amount is not None and amount < 0:
        faults.add(
            "limits", f"{amount:g} is negative", "write 0 or more", row.number, "amount", row.positions["amount"]
        )
    year = number_of(row, "limits", "in_year", faults, integer=True)
    sectors = cells["sectors"]
    known = set(tables.components["sector"])
    unknown = [sector for sector in list_cell(None if sectors is None else str(sectors)) if sector not in known]
    if unknown:
        fix = f"write some of: {'; '.join(sorted(known))}"
        faults.add(
            "limits",
            f"there is no sector {', '.join(unknown)}",
            fix,
            row.number,
            "sectors",
            row.positions["sectors"],
        )
    if len(faults.lines) > before:
        return None
    return Limit(
        name=name,
        limit=str(kind),
        sense=cells["sense"],
        sectors=None if sectors is None else str(sectors),
        in_year=None if year is None else int(year),
        amount=amount or 0.0,
        unit=str(cells["unit"]),
        status=cells["status"] or "assumed",
        source=str(cells["source"] or "study"),
        note=None if cells["note"] is None else str(cells["note"]),
        **scope,
    )


def check_edited_limits(study: Study, tables: Tables, rows: dict[str, list[Row]], faults: Faults) -> None:
    """The checks that planning makes of limits, with their rows."""
    try:
        limit_table(tables, study)
    except CorridorError as error:
        row_of = {str(row.cells["name"]): row for row in rows["limits"]}
        for line in str(error).splitlines()[1:]:
            text = line.strip().removeprefix("- ")
            name = next((one for one in sorted(row_of, key=len, reverse=True) if one in text), None)
            faults.add("limits", text, "change the row", None if name is None else row_of[name].number)
        faults.stop()
        raise
