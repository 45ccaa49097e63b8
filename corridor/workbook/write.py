"""Write a study, and its plan if there is one, as a workbook that can be edited and read back.

Texts stay texts: a cell that begins with = + - @ is never a formula, not even when it is edited later, because it
has the quote prefix of the spreadsheet.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.checks.limits import UNITS
from corridor.data.guards.formulas import RISKY
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.relocation import Plan, Reasons
from corridor.workbook.layout import DECISIONS, EDITED, HEADER, TITLES, SheetColumn, statuses
from corridor.workbook.sheets import (
    base_limits,
    denial_rows,
    guide_rows,
    limit_rows,
    option_rows,
    result_sheets,
    setting_rows,
)

#: The longest text that is written into a cell.
LONGEST = 32_000
#: Rows below the last one that also have drop-downs, for new rows.
_SPARE = 200
_YELLOW, _GREY, _BLUE = "#fff7d6", "#eef0f2", "#1f4e79"
#: Units of result columns by the end of their name.
_UNITS = {"_usd_m": "US$ million", "_rs_crore": "Rs crore", "_year": "year", "_share": "fraction"}


def write_workbook(
    path: str | Path,
    study: Study,
    tables: Tables,
    plan: Plan | None = None,
    reasons: Reasons | None = None,
) -> Path:
    """Write the workbook, to a temporary name first.

    Parameters
    ----------
    path
        File to write, ending in .xlsx.
    study, tables
        Inputs of the plan. The workbook stores the full study, so reading it back needs no other file than the
        data, if these are not the bundled ones.
    plan, reasons
        Results to show besides the editable cells.

    Raises
    ------
    ConfigError
        If the file can't be written or its name does not end in .xlsx.
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ConfigError(f"output {path}: the name of a workbook ends in .xlsx. Fix: give such a name.")
    sheets = {
        "settings": setting_rows(study, tables),
        "limits": limit_rows(tables, study, plan),
        "options": option_rows(tables, study, plan),
        "denials": denial_rows(study, plan),
    }
    hidden = {"study": study.model_dump(mode="json"), "limits": _plain(base_limits(tables, study))}
    draft = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # In memory first: on a full disk the library fails within its zip file, and again when that is collected.
        content = io.BytesIO()
        _Book(content).fill(study, tables, sheets, result_sheets(tables, study, plan, reasons), hidden, plan)
        draft.write_bytes(content.getvalue())
        os.replace(draft, path)
    except OSError as error:
        raise ConfigError(f"output {path}: can't be written ({error.strerror or error}).") from None
    finally:
        with suppress(OSError):  # already reported if the folder itself does not exist
            draft.unlink(missing_ok=True)
    return path


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return rows


class _Book:
    """An open workbook with its formats."""

    def __init__(self, content: io.BytesIO) -> None:
        import xlsxwriter

        options = {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
            "in_memory": True,
        }
        self.book = xlsxwriter.Workbook(content, options)
        base = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        head = {**base, "bold": True, "font_color": "white", "bg_color": _BLUE, "text_wrap": True, "border": 1}
        self.formats = {"title": self.book.add_format({**base, "bold": True, "font_size": 14})}
        self.formats["note"] = self.book.add_format({**base, "font_color": "#555555", "text_wrap": True})
        self.formats["head"] = self.book.add_format(head)
        for shade, colour in (("edit", _YELLOW), ("result", _GREY)):
            for kind, number in (
                ("text", "General"),
                ("number", "#,##0.###"),
                ("integer", "0"),
                ("percent", "0.0%"),
            ):
                style = {**base, "bg_color": colour, "num_format": number, "border": 1, "border_color": "#d5d8dc"}
                self.formats[f"{shade} {kind}"] = self.book.add_format(style)
                self.formats[f"{shade} {kind} risky"] = self.book.add_format({**style, "quote_prefix": True})

    def fill(
        self,
        study: Study,
        tables: Tables,
        edited: Mapping[str, pd.DataFrame],
        results: Mapping[str, pd.DataFrame],
        hidden: Mapping[str, Any],
        plan: Plan | None,
    ) -> None:
        """Write all sheets and close the workbook."""
        self._guide(study, plan, [*edited, *results])
        for name, frame in edited.items():
            self._sheet(name, frame, EDITED[name])
        for name, frame in results.items():
            self._sheet(name, frame, tuple(_result_column(str(column), frame) for column in frame.columns))
        self._lists(tables)
        self._hidden(hidden)
        self.book.close()

    def _guide(self, study: Study, plan: Plan | None, names: list[str]) -> None:
        sheet = self.book.add_worksheet("guide")
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 110)
        self._text(sheet, 0, 0, study.title, "title")
        lines = guide_rows(study, plan)
        for row, (what, text) in enumerate(lines, 2):
            self._text(sheet, row, 0, what, "head")
            self._text(sheet, row, 1, text, "note")
        begin = len(lines) + 3
        for row, name in enumerate(names, begin):
            sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            self._text(sheet, row, 1, TITLES[name], "note")

    def _sheet(self, name: str, frame: pd.DataFrame, columns: tuple[SheetColumn, ...]) -> None:
        sheet = self.book.add_worksheet(name)
        self._text(sheet, 0, 0, TITLES[name], "title")
        last = HEADER + max(len(frame), 1)
        for position, column in enumerate(columns):
            self._text(sheet, HEADER, position, column.name, "head")
            unit = f" [{column.unit}]" if column.unit else ""
            note = f"{column.meaning}{unit}"[:255]
            sheet.write_comment(HEADER, position, note, {"x_scale": 2, "y_scale": 0.8})
            sheet.set_column(position, position, column.width)
            values = frame[column.name].tolist() if column.name in frame else [None] * len(frame)
            for row, value in enumerate(values, HEADER + 1):
                self._cell(sheet, row, position, value, column)
            if column.choices:
                sheet.data_validation(
                    HEADER + 1,
                    position,
                    last + _SPARE,
                    position,
                    {
                        "validate": "list",
                        "source": f"={_list_name(column.choices)}",
                        "ignore_blank": True,
                        "error_title": "Not in the list",
                        "error_message": f"{column.meaning}"[:200],
                        "error_type": "stop",
                    },
                )
        sheet.freeze_panes(HEADER + 1, 1)
        sheet.autofilter(HEADER, 0, last, len(columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER)

    def _cell(self, sheet: Any, row: int, position: int, value: Any, column: SheetColumn) -> None:
        shade = "edit" if column.editable else "result"
        kind = column.kind if column.kind in ("number", "integer", "percent") else "text"
        style = self.formats[f"{shade} {kind}"]
        if value == "" if isinstance(value, str) else pd.isna(value):
            sheet.write_blank(row, position, None, style)
        elif isinstance(value, str):
            text = value[:LONGEST]
            risky = self.formats[f"{shade} {kind} risky"] if text.startswith(RISKY) else style
            sheet.write_string(row, position, text, risky)
        elif isinstance(value, bool):
            sheet.write_string(row, position, "yes" if value else "", style)
        elif abs(float(value)) == float("inf"):
            sheet.write_string(row, position, "unlimited", style)
        else:
            sheet.write_number(row, position, float(value), style)

    def _text(self, sheet: Any, row: int, position: int, text: str, style: str) -> None:
        sheet.write_string(row, position, text[:LONGEST], self.formats[style])

    def _lists(self, tables: Tables) -> None:
        """Hidden: the choices of the drop-downs."""
        sheet = self.book.add_worksheet("lists")
        sheet.hide()
        lists = {
            "decision": list(DECISIONS),
            "limit": list(UNITS),
            "sense": ["at most", "at least"],
            "unit": list(dict.fromkeys(UNITS.values())),
            "status": list(statuses()),
            "state": sorted(set(tables.sites["state"].dropna())),
            "site": sorted(tables.sites["id"]),
            "component": sorted(tables.components["id"]),
            "technology": sorted(tables.technologies["id"]),
        }
        for position, (name, values) in enumerate(lists.items()):
            sheet.write_string(0, position, name)
            for row, value in enumerate(values, 1):
                sheet.write_string(row, position, value[:LONGEST])
            letter = chr(ord("A") + position)
            end = max(len(values), 1) + 1
            self.book.define_name(_list_name(name), f"=lists!${letter}$2:${letter}${end}")

    def _hidden(self, values: Mapping[str, Any]) -> None:
        """Hidden: the study and its limits before edits, to detect edits; in pieces that fit cells."""
        sheet = self.book.add_worksheet("corridor")
        sheet.very_hidden()
        for position, (name, value) in enumerate(values.items()):
            text = json.dumps(value, ensure_ascii=True)
            sheet.write_string(0, position, name)
            for row, begin in enumerate(range(0, len(text), LONGEST), 1):
                sheet.write_string(row, position, text[begin : begin + LONGEST])


def _list_name(name: str) -> str:
    return f"list_{name}"


def _result_column(name: str, frame: pd.DataFrame) -> SheetColumn:
    """A column of results; its unit is in its name."""
    unit = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
    numeric = pd.api.types.is_numeric_dtype(frame[name])
    share = name.startswith(("direct_", "net_", "stop_")) or name.endswith("_share")
    integer = name.endswith("_year") or name == "plants"
    longest = int(frame[name].map(lambda value: len(str(value))).quantile(0.9)) if len(frame) else 0
    width = max(11, min(60, max(longest, len(name)) + 2))
    meaning = name.replace("_usd_m", "").replace("_", " ")
    kind = ("integer" if integer else "percent" if share else "number") if numeric else "text"
    return SheetColumn(name, meaning, unit, kind, width=width)  # type: ignore[arg-type]
