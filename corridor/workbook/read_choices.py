"""The sheets ``options`` (decisions) and ``denials`` (windows) read back."""

from __future__ import annotations

from typing import Any

from corridor.config import Choice, Denial, Kept, Study
from corridor.data.frames import nearest
from corridor.data.tables import Tables
from corridor.workbook.cells import Faults, Row, name_of, number_of, same
from corridor.workbook.layout import DECISIONS
from corridor.workbook.sheets import Key, decisions_of


def read_choices(base: Study, rows: list[Row], tables: Tables, faults: Faults) -> dict[str, Any]:
    """The choices forced, forbidden and kept: the study's own unless the decision was edited."""
    component = dict(zip(tables.technologies["id"], tables.technologies["component"], strict=True))
    known = {
        "component": set(tables.components["id"]),
        "technology": set(component),
        "site": set(tables.sites["id"]),
    }
    before = decisions_of(base, tables.technologies)
    found: dict[Key, tuple[str, int | None]] = {}
    for row in rows:
        decision = "free" if row.cells["decision"] is None else str(row.cells["decision"]).strip().lower()
        if decision not in DECISIONS:
            near = nearest(decision, DECISIONS)
            fix = f"write {near}" if near else f"write {', '.join(DECISIONS[:-1])} or {DECISIONS[-1]}"
            faults.add(
                "options",
                f"{row.cells['decision']!r} is no decision",
                fix,
                row.number,
                "decision",
                row.positions["decision"],
            )
            continue
        if decision == "free" and row.cells["start"] is None:
            continue
        key, start = _choice(row, decision, known, component, faults)
        if key is None:
            continue
        if key in found and found[key] != (decision, start):
            faults.add(
                "options",
                "the same choice is above with another decision",
                "delete one of the rows",
                row.number,
                "decision",
                row.positions["decision"],
            )
        found[key] = (decision, start)
    changed = {key: made for key, made in found.items() if before.get(key) != made}
    gone = set(before) - set(found)
    drop = gone | set(changed)

    def key_of(choice: Choice | Kept) -> Key:
        named = choice.component if isinstance(choice, Choice) else None
        return component.get(choice.technology or "", named or ""), choice.technology or "", choice.site or ""

    choices: dict[str, list[Any]] = {
        name: [choice for choice in getattr(base, name) if key_of(choice) not in drop]
        for name in ("force", "forbid", "keep")
    }
    for (of, technology, site), (decision, start) in changed.items():
        if decision == "keep":
            choices["keep"].append(Kept(technology=technology, site=site, start=int(start or 0)))
        else:
            named = None if technology else of or None
            choices[decision].append(Choice(component=named, technology=technology or None, site=site or None))
    return {name: tuple(values) for name, values in choices.items()}


def _choice(
    row: Row, decision: str, known: dict[str, set[str]], component: dict[str, str], faults: Faults
) -> tuple[Key | None, int | None]:
    """The choice and start year of a row of the options; (None, None) if it has faults."""
    before = len(faults.lines)
    names = {column: name_of(row, "options", column, allowed, faults) for column, allowed in known.items()}
    start = number_of(row, "options", "start", faults, integer=True)
    technology = names["technology"]
    if technology and names["component"] and component[technology] != names["component"]:
        what = f"technology {technology} makes {component[technology]}, not {names['component']}"
        faults.add(
            "options", what, f"write {component[technology]}", row.number, "component", row.positions["component"]
        )
    if not any(names.values()) and len(faults.lines) == before:
        faults.add(
            "options",
            "the row names nothing",
            "name a component, a technology or a site",
            row.number,
            "component",
            row.positions["component"],
        )
    place = row.positions["start"]
    if decision == "keep" and not (technology and names["site"] and start is not None):
        faults.add(
            "options", "keep without technology, site and start", "name all three", row.number, "start", place
        )
    if decision == "keep" and start is not None and not 1950 <= start <= 2100:
        faults.add(
            "options",
            f"{start} is no valid year",
            "write its start year, 1950 to 2100",
            row.number,
            "start",
            place,
        )
    if decision != "keep" and start is not None:
        faults.add(
            "options",
            "a start is only read with the decision keep",
            "leave start blank",
            row.number,
            "start",
            place,
        )
    if len(faults.lines) > before:
        return None, None
    of = component.get(technology or "", names["component"] or "")
    return (of, technology or "", names["site"] or ""), None if start is None else int(start)


def read_denials(base: Study, rows: list[Row], faults: Faults) -> tuple[Denial, ...]:
    """The study's windows, as edited; those whose row was deleted are left out."""
    known = {denial.name: denial for denial in base.denials}
    out = []
    for row in rows:
        name = str(row.cells["name"] or "")
        if name not in known:
            near = nearest(name, known)
            fix = f"write {near}" if near else "add a window in the study's file: its cuts can't be written here"
            faults.add("denials", f"there is no window {name!r}", fix, row.number, "name", row.positions["name"])
            continue
        denial = known.pop(name)
        update: dict[str, Any] = {}
        for column in ("start", "months", "probability"):
            if same(row.cells[column], getattr(denial, column)):
                continue
            number = number_of(row, "denials", column, faults, integer=column == "start")
            if number is None and row.cells[column] is None:
                faults.add(
                    "denials", "the cell is blank", "write a number", row.number, column, row.positions[column]
                )
            update[column] = number
        for column in ("reason", "source"):
            if not same(row.cells[column] or "", getattr(denial, column)):
                update[column] = str(row.cells[column] or "")
        bad = (
            ("months", not 0 < float(update.get("months") or 1) <= 60, "write more than 0, at most 60"),
            ("probability", not 0 < float(update.get("probability") or 1) <= 1, "write more than 0, at most 1"),
            ("reason", len(update.get("reason", "long enough")) < 10, "write ten letters or more"),
        )
        for column, wrong, fix in bad:
            if wrong or (column in update and update[column] == 0):
                faults.add(
                    "denials",
                    f"{update[column]!r} is out of range",
                    fix,
                    row.number,
                    column,
                    row.positions[column],
                )
        out.append(denial.model_copy(update=update) if update else denial)
    return tuple(out)
