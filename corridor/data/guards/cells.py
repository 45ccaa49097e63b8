"""Cells of a workbook that look filled but hold no value: Excel's errors, and formulas that were never evaluated.

Readers give both as blank, and a blank becomes a default: #DIV/0! would be read as zero.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

__all__ = ["Valueless", "valueless_cells"]

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_NEVER = "a formula that was never evaluated"
_FIX = "open the workbook in a spreadsheet, which evaluates its formulas, and save it; or write the figure"
_MOST = 10_000
"""Most cells that are reported."""


class Valueless(NamedTuple):
    """A cell without a value.

    Parameters
    ----------
    sheet
        Name of its sheet.
    row
        As in the spreadsheet, from 1.
    column
        Position, from 0.
    found, fix
        What is there, and how to fix it.
    """

    sheet: str
    row: int
    column: int
    found: str
    fix: str


def valueless_cells(path: Path) -> list[Valueless]:
    """Cells of an .xlsx, .xlsm or .ods workbook that hold an error or a formula without a value, in order.

    Parameters
    ----------
    path
        A file that ``guards.workbooks.fault_of`` accepts. Other files have none.

    Returns
    -------
    list of Valueless
        At most 10,000.
    """
    found: list[Valueless] = []
    try:
        with zipfile.ZipFile(path) as packed:
            names = set(packed.namelist())
            if "content.xml" in names:
                return [cell for cell, _ in zip(_of_ods(packed), range(_MOST), strict=False)]
            if "xl/workbook.xml" not in names:
                return []
            sheets, stale = _sheets(packed)
            for sheet, member in sheets:
                if member in names:
                    found += [
                        cell
                        for cell, _ in zip(_of_sheet(packed, sheet, member, stale), range(_MOST), strict=False)
                    ]
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ElementTree.ParseError,
        KeyError,
        EOFError,
        NotImplementedError,
    ):
        return found[:_MOST]  # the reader reports a broken file
    return found[:_MOST]


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _sheets(packed: zipfile.ZipFile) -> tuple[list[tuple[str, str]], bool]:
    """Name and member of each sheet; whether a program wrote the file and left all formulas to the spreadsheet."""
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))
    relations = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))
    targets = {each.get("Id"): str(each.get("Target")) for each in relations}
    out = []
    stale = False
    for element in book.iter():
        if _local(element.tag) == "sheet":
            ids = [value for name, value in element.attrib.items() if _local(name) == "id" or name == _RELATION]
            target = targets.get(ids[0]) if ids else None
            if target is not None:
                member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
                out.append((str(element.get("name")), member))
        elif _local(element.tag) == "calcPr":
            stale = element.get("fullCalcOnLoad") in ("1", "true")
    return out, stale


def _of_sheet(packed: zipfile.ZipFile, sheet: str, member: str, stale: bool) -> Iterator[Valueless]:
    row, column = 0, -1
    with packed.open(member) as file:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            name = _local(element.tag)
            if event == "start":
                if name == "row":
                    row, column = int(element.get("r") or row + 1), -1
                elif name == "c":
                    place = re.fullmatch(r"([A-Z]{1,3})(\d+)", element.get("r") or "")
                    column = _position(place[1]) if place else column + 1
                continue
            if name == "c":
                cells = {_local(child.tag): child for child in element}
                text = (cells["v"].text or "") if "v" in cells else ""
                if element.get("t") == "e":
                    yield Valueless(
                        sheet, row, column, f"an Excel error ({text or 'no text'})", "correct the formula"
                    )
                elif ("f" in cells and not text and element.get("t") != "str") or (
                    "f" in cells and stale and text == "0"
                ):
                    yield Valueless(sheet, row, column, _NEVER, _FIX)
            elif name == "row":
                element.clear()


def _position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _of_ods(packed: zipfile.ZipFile) -> Iterator[Valueless]:
    sheet, row, column = "", 0, 0
    with packed.open("content.xml") as file:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            name = _local(element.tag)
            attributes = {_local(key): value for key, value in element.attrib.items()}
            if event == "start":
                if name == "table":
                    sheet, row = attributes.get("name", ""), 0
                elif name == "table-row":
                    row, column = row + 1, 0
                continue
            if name in ("table-cell", "covered-table-cell"):
                text = "".join(element.itertext())
                kinds = [value for key, value in element.attrib.items() if _local(key) == "value-type"]
                if "error" in kinds or ("formula" in attributes and text.startswith(("#", "Err:"))):
                    yield Valueless(sheet, row, column, f"a spreadsheet error ({text})", "correct the formula")
                elif "formula" in attributes and not kinds and not text:
                    yield Valueless(sheet, row, column, _NEVER, _FIX)
                column += int(attributes.get("number-columns-repeated", "1"))
            elif name == "table-row":
                row += int(attributes.get("number-rows-repeated", "1")) - 1
                element.clear()
