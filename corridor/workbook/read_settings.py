"""The sheet ``settings`` read back, and the edited study assembled and validated."""

from __future__ import annotations

import math
from typing import Any

from pydantic import ValidationError

from corridor.config import Study
from corridor.data.frames import nearest
from corridor.data.list_cells import list_cell
from corridor.data.tables import Tables
from corridor.workbook.cells import Faults, Row, number_of, same
from corridor.workbook.layout import Setting, settings_of
from corridor.workbook.sheets import setting_value

_BAD = object()


def read_settings(base: Study, rows: list[Row], tables: Tables, faults: Faults) -> dict[str, Any]:
    """The edited values of the sheet ``settings``, by path in the study."""
    known = {one.key: one for one in settings_of(base, tables)}
    changes: dict[str, Any] = {}
    seen: set[str] = set()
    for row in rows:
        key = str(row.cells["setting"]).strip()
        if key not in known:
            near = nearest(key, known)
            fix = f"write {near}" if near else "delete the row"
            faults.add(
                "settings", f"there is no setting {key!r}", fix, row.number, "setting", row.positions["setting"]
            )
            continue
        if key in seen:
            faults.add("settings", f"setting {key} is listed twice", "delete one row", row.number, "setting", 0)
            continue
        seen.add(key)
        before = setting_value(base, key) if not key.startswith("goal.weights.") else _weight(base, key)
        if same(row.cells["value"], before):
            continue
        value = _setting(known[key], row, faults)
        if value is not _BAD and not same(value, before):
            changes[key] = value
    return changes


def _weight(study: Study, key: str) -> float | None:
    return dict(study.goal.weights).get(key.rsplit(".", 1)[1])  # type: ignore[call-overload,no-any-return]


def _setting(setting: Setting, row: Row, faults: Faults) -> Any:
    """A setting's cell as a value of the study; `_BAD` if it is a fault."""
    value, column = row.cells["value"], row.positions["value"]
    if value is None:
        if setting.blank:
            return {"list": (), "text": ""}.get(setting.kind)
        faults.add("settings", f"{setting.key} is blank", "write a value", row.number, "value", column)
        return _BAD
    if setting.kind in ("number", "integer"):
        number = number_of(row, "settings", "value", faults, integer=setting.kind == "integer")
        return _BAD if number is None else number
    text = str(value).strip()
    if setting.kind == "yes or no":
        if text.lower() not in ("yes", "no"):
            faults.add(
                "settings", f"{text!r} is neither yes nor no", "write yes or no", row.number, "value", column
            )
            return _BAD
        return text.lower() == "yes"
    if setting.kind == "list":
        parts = tuple(list_cell(text))
        unknown = [part for part in parts if setting.allowed and part not in setting.allowed]
        if unknown:
            fix = f"write some of: {'; '.join(setting.allowed)}"
            faults.add("settings", f"unknown: {', '.join(unknown)}", fix, row.number, "value", column)
            return _BAD
        return parts
    return str(value)


def edited_study(base: Study, changes: dict[str, Any], rows: dict[str, list[Row]], faults: Faults) -> Study:
    """The base with the changes, validated; faults are reported with their rows."""
    direct = {key: value for key, value in changes.items() if "." not in key}
    for group in ("markets", "goal"):
        mine = {key.split(".", 1)[1]: value for key, value in changes.items() if key.startswith(f"{group}.")}
        if not mine:
            continue
        if group == "markets":
            direct["markets"] = {**base.markets, **mine}
            continue
        weights = {
            key.removeprefix("weights."): value for key, value in mine.items() if key.startswith("weights.")
        }
        goal = {key: value for key, value in mine.items() if not key.startswith("weights.")}
        if weights:
            merged = {str(key): value for key, value in base.goal.weights.items()} | weights
            goal["weights"] = {key: value for key, value in merged.items() if value is not None}
        base_goal: dict[str, Any] = base.goal.model_dump()
        direct["goal"] = base_goal | goal
    if "budget_usd_m" in direct and direct["budget_usd_m"] is None:
        direct["budget_usd_m"] = math.inf
    direct = {key: value for key, value in direct.items() if value != getattr(base, key)}
    if not direct:
        return base
    edited: dict[str, Any] = {name: getattr(base, name) for name in Study.model_fields}
    edited |= direct
    try:
        return Study.model_validate({key: _dumped(value) for key, value in edited.items()})
    except ValidationError as error:
        row_of = {str(row.cells["setting"]): row for row in rows["settings"]}
        for fault in error.errors():
            key = ".".join(str(part) for part in fault["loc"])
            row = row_of.get(key) or row_of.get(key.rsplit(".", 1)[0])
            message = str(fault["msg"]).removeprefix("Value error, ")
            if row is None:
                faults.add(
                    "settings", f"{key + ': ' if key else ''}{message}", "change the settings so that this holds"
                )
            else:
                faults.add(
                    "settings",
                    f"{key}: {message}",
                    "write another value",
                    row.number,
                    "value",
                    row.positions["value"],
                )
    faults.stop()
    raise AssertionError  # pragma: no cover - stop() raised


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_dumped(one) for one in value)
    return value.model_dump() if hasattr(value, "model_dump") else value
