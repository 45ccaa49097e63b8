"""Files that are no plain CSV, as rows of cells: workbooks, HTML, JSON; titles above and notes below a table.

What is written is a CSV in the scratch folder, which is then scanned like any other.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from corridor.data.guards.budget import Account, markup_size
from corridor.data.guards.cells import valueless_cells
from corridor.data.guards.open_file import Refused
from corridor.data.guards.workbooks import fault_of
from corridor.errors import DataError, Fault

__all__ = ["from_html", "from_json", "from_workbook", "kind_of", "table_within"]

_MOST_LISTED = 20
_LONGEST_TITLE = 40
"""Most lines above a header."""
_RECORDS = ("data", "dataset", "results", "records", "value", "observations")


def kind_of(head: bytes) -> str:
    """Kind of a file by its first bytes: workbook, html, xml, pdf, json, or empty for text."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2048]
    if head[:4] == b"PK\x03\x04" or head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "workbook"
    if start[:5] == b"%PDF-":
        return "pdf"
    if start[:1] == b"<":
        low = start.lower()
        return "xml" if low.startswith(b"<?xml") and b"<html" not in low else "html"
    return "json" if start[:2] in (b"[[", b"[{", b'{"') else ""


def _broken(name: str, found: str, wanted: str, fix: str, row: str = "") -> DataError:
    return DataError([Fault(name, row, "", found, wanted, fix)])


def from_workbook(name: str, path: Path, target: Path) -> None:
    """Write the one table of a workbook as CSV.

    Raises
    ------
    DataError
        It is broken or too large, holds no table or several, or a cell holds an error or a formula without value.
    """
    import python_calamine

    fix = "save the sheet as CSV (UTF-8)"
    fault = fault_of(path)
    if fault is not None:
        what, _, mend = fault.partition(". Fix: ")
        raise _broken(name, f"a workbook that is not read: {what}", "a smaller workbook", mend or fix)
    try:
        book = python_calamine.load_workbook(str(path))
        sheets = {
            title: table_within(book.get_sheet_by_name(title).to_python(skip_empty_area=False))
            for title in book.sheet_names
        }
    except Exception as error:  # the reader has its own errors for broken files
        text = str(error).splitlines()[0][:80] if str(error) else "broken"
        raise _broken(name, f"a workbook that cannot be read ({text})", "an .xlsx workbook", fix) from None
    tables = {title: rows for title, rows in sheets.items() if len(rows) > 1}
    if len(tables) != 1:
        found = f"a workbook with {len(tables)} tables ({', '.join(map(str, tables)) or 'none'})"
        raise _broken(name, found, "one sheet with a table", "save the sheet that holds the trade as CSV (UTF-8)")
    title, rows = next(iter(tables.items()))
    wrong = [cell for cell in valueless_cells(path) if cell.sheet == title]
    if wrong:
        raise DataError(
            [
                Fault(
                    f"{name}, sheet {title}",
                    str(cell.row),
                    f"number {cell.column + 1}",
                    cell.found,
                    "a value",
                    cell.fix,
                )
                for cell in wrong[:_MOST_LISTED]
            ]
        )
    write_rows(rows, target)


def from_html(name: str, path: Path, target: Path, encoding: str) -> None:
    """Write the largest table of a page of HTML as CSV; such pages are often saved as .xls.

    Raises
    ------
    DataError
        It is too large, or holds no table.
    """
    _account(name, path, b"<")
    parser = _Tables()
    parser.feed(path.read_bytes().decode(encoding, errors="replace"))
    parser.close()
    rows = max(
        (table_within(table) for table in parser.tables), key=lambda table: sum(map(len, table)), default=[]
    )
    if len(rows) < 2:
        fix = "save the table as CSV, or as .xlsx, from the page or a spreadsheet"
        raise _broken(name, "a page of HTML without a table", "a table", fix)
    write_rows(rows, target)


class _Tables(HTMLParser):
    """Cells of every table of a page; a table inside a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._text: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self.tables.append([])
            self._open.append(self.tables[-1])
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            if not self._open[-1]:
                self._open[-1].append([])
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span[:6]), 200) if span.isdecimal() and span.strip("0") else 1
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def _end_cell(self) -> None:
        if self._text is not None and self._open and self._open[-1]:
            self._open[-1][-1] += [" ".join("".join(self._text).split())] + [""] * (self._span - 1)
        self._text = None


def from_json(name: str, path: Path, target: Path) -> None:
    """Write the records of a JSON file as CSV.

    Parameters
    ----------
    name, path, target
        The file: an array of records; an array of arrays whose first holds the names (US Census); or an object
        with one of them, under data, dataset or a like name.

    Raises
    ------
    DataError
        It is too large, or something else.
    """
    account = _account(name, path, b"[{,")
    wanted = "JSON: an array of records, an array of rows with the names first, or an object with one under data"
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        rows = _records(content, account)
        if not rows:
            raise TypeError
    except Refused as error:
        raise _broken(name, str(error), "records of one kind", "give the file as CSV") from None
    except (UnicodeError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise _broken(
            name, "something else", wanted, "ask the publisher's service for JSON records or CSV"
        ) from None
    write_rows(rows, target)


def _account(name: str, path: Path, signs: bytes) -> Account:
    """What is left of the budget once a file of JSON or HTML is read."""
    account = Account()
    try:
        markup_size(path, signs, account)
    except Refused as error:
        raise _broken(name, str(error), "a file within what is read", "give larger files as CSV") from None
    return account


def _records(content: Any, account: Account) -> list[list[Any]]:
    if isinstance(content, dict):
        if content.get("class") == "dataset" or {"dimension", "id", "size"} <= set(content):
            raise TypeError  # JSON-stat
        content = next((content[key] for key in (*_RECORDS, *content) if isinstance(content.get(key), list)), None)
    if not isinstance(content, list) or not content:
        raise TypeError
    if all(isinstance(row, dict) for row in content):
        names = list(dict.fromkeys(str(key) for row in content for key in row))
        account.take(len(names) * len(content), cell=8)  # each record may have names of its own
        return [names, *([row.get(key) for key in names] for row in content)]
    if all(isinstance(row, list) for row in content) and all(isinstance(cell, str) for cell in content[0]):
        width = len(content[0])
        if all(len(row) == width for row in content):
            return content
    raise TypeError


def table_within(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """The table without the titles above its header, the notes below its rows and the blank columns at its right.

    The header is the first row that is about as wide as most rows are; a title or a note fills one or two cells.
    """
    filled = [sum(not _is_blank(cell) for cell in row) for row in rows]
    counts = Counter(count for count in filled if count > 1)
    if not counts:
        return [list(row) for row, count in zip(rows, filled, strict=True) if count]
    usual = max(counts, key=lambda count: (counts[count], count))
    titles = 2 if usual > 3 else 1
    first = next(
        (at for at, count in enumerate(filled[: _LONGEST_TITLE + 1]) if count > titles or (count == usual)), 0
    )
    last = len(rows)
    while last > first + 1 and filled[last - 1] <= 1 and usual > 2 and not _is_number(rows[last - 1]):
        last -= 1
    body = [list(row) for row, count in zip(rows[first:last], filled[first:last], strict=True) if count]
    width = max((at + 1 for row in body for at, cell in enumerate(row) if not _is_blank(cell)), default=0)
    return [row[:width] + [""] * (width - len(row)) for row in body]


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _is_number(row: Sequence[Any]) -> bool:
    """Whether the one filled cell of a row holds a number: a row that was cut off, not a note."""
    texts = [str(cell).strip() for cell in row if not _is_blank(cell)]
    return bool(texts) and texts[0].replace(".", "", 1).replace(",", "").isdigit()


def write_rows(rows: Iterable[Sequence[Any]], target: Path) -> None:
    """Write rows as a CSV in UTF-8; numbers as short as they can be read back."""
    with target.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([[_text(cell) for cell in row] for row in rows])


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)
