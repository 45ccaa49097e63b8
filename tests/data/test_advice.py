"""Advice comes from the value and from the tables of codes; cells without a value are faults."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import corridor
from corridor.data.frames import nearest
from corridor.data.guards.cells import valueless_cells
from corridor.data.number_texts import grouped, meant
from corridor.errors import DataError
from corridor.registry.definition import close

SOURCES = pd.DataFrame([{"key": "own", "title": "Own", "publisher": "Me", "licence": "own"}])
SUPPLY = {
    "component": "gallium",
    "country": "CHN",
    "quantity": 839,
    "status": "reported",
    "source": "own",
    "year": 2031,
}


def book(folder: Path, **cells: object) -> Path:
    path = folder / "tables.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as out:
        SOURCES.to_excel(out, sheet_name="sources", index=False)
        pd.DataFrame([SUPPLY | cells]).to_excel(out, sheet_name="supply", index=False)
    return path


@pytest.mark.parametrize(
    ("cell", "fix"),
    [
        ({"quantity": "839,5"}, "write 839.5"),
        ({"quantity": "1,839"}, "write 1839"),
        ({"quantity": "1.839,5"}, "write 1839.5"),
        ({"quantity": "12,34,567"}, "write 1234567"),
        ({"quantity": "about 12"}, "write a plain number"),
        ({"country": "IN"}, "or write IND"),
        ({"country": "KR"}, "or write KOR"),
        ({"country": "UK"}, "or write GBR"),
        ({"country": "EU"}, "or write EUU"),
        ({"country": "NA"}, "or write NAM"),
        ({"country": "Hong Kong, China"}, "or write HKG"),
        ({"country": "156"}, "or write CHN"),
        ({"country": "ZZ"}, "or correct the name"),
        ({"country": "CHM"}, "or correct the name"),
    ],
)
def test_advice(tmp_path: Path, cell: dict[str, object], fix: str) -> None:
    with pytest.raises(DataError) as caught:
        corridor.load_tables(book(tmp_path, **cell), extend=True)
    assert [fault.fix.endswith(fix) or fix in fault.fix for fault in caught.value.faults] == [True]


def test_near_words() -> None:
    codes = ["irn", "ukr", "nga", "ind", "kor"]
    assert nearest("IN", codes) == "ind"
    assert nearest("KR", ["UKR", "IRN"]) is None
    assert nearest("IND", codes) == "ind"
    assert nearest("lithum-cell", ["lithium-cell", "wafer"]) == "lithium-cell"
    assert close("KR", ["UKR", "KOR"]) == "did you mean KOR?"


def test_numbers_as_people_write_them() -> None:
    texts = (
        "839,5",
        "1,839",
        "12,34,567.5",
        "1 839,5",
        "1.234.567",
        "25%",
        "1'000",
        "1_000",
        "1,2,3",
        "x",
        "1e400",
    )
    assert [meant(text) for text in texts] == [
        839.5,
        1839,
        1234567.5,
        1839.5,
        1234567,
        0.25,
        1000,
        1000,
        None,
        None,
        None,
    ]
    assert grouped("839,5") is None
    assert grouped("1,839") == 1839


@pytest.mark.parametrize(("cell", "found"), [("=1/20", "never evaluated"), ("#DIV/0!", "an Excel error")])
def test_cells_without_a_value_are_no_blanks(tmp_path: Path, cell: str, found: str) -> None:
    from openpyxl import load_workbook

    path = book(tmp_path)
    edited = load_workbook(path)
    edited["supply"]["C2"] = cell
    edited.save(path)
    with pytest.raises(DataError, match=f"supply, row 2, column quantity: found .*{found}"):
        corridor.load_tables(path, extend=True)
    assert [(each.sheet, each.row, each.column) for each in valueless_cells(path)] == [("supply", 2, 2)]


def test_formulas_that_a_program_left_to_the_spreadsheet(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "made.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("supply")
        sheet.write_formula("A1", "=1/20")  # stored as 0 until a spreadsheet evaluates it
        sheet.write_formula("A2", "=1/20", None, 0.05)
        sheet.write_formula("A3", '=""', None, "")
    assert [each.row for each in valueless_cells(path)][:1] == [1]
    assert 2 not in [each.row for each in valueless_cells(path)]
