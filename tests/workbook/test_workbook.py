"""The planner's workbook: unchanged it is read back as it was, edits change the plan, bad cells are reported."""

import re
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from corridor import load_study, load_tables
from corridor.cli import app
from corridor.config import Choice, Goal, Kept, Limit, Study
from corridor.data.guards import workbooks
from corridor.errors import ConfigError, CorridorError
from corridor.relocation import explain, optimize
from corridor.workbook import read_workbook, write_workbook
from corridor.workbook.layout import EDITED, HEADER
from tests.hand import study, tables
from tests.relocation.test_optimize import CASE

FIRST = HEADER + 2
SITES = [{"id": "dahej", "state": "Gujarat"}, {"id": "paradip", "state": "Odisha", "capex_factor": 1.1}]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0", "'=quoted", '"', "<script>"]


@pytest.fixture(scope="module")
def case():
    return tables(**{**CASE, "sites": SITES})


@pytest.fixture(scope="module")
def written(case, tmp_path_factory):
    path = tmp_path_factory.mktemp("workbook") / "plan.xlsx"
    settings_ = study(budget_usd_m=90.0)
    made = optimize(case, settings_)
    return write_workbook(path, settings_, case, made, explain(case, settings_, made, workers=1))


def edit(path, to, *changes):
    """A copy with cells changed: (sheet, row, column, value); row None: the value is a new row, a dictionary."""
    book = openpyxl.load_workbook(path)
    for sheet, row, column, value in changes:
        page = book[sheet]
        head = {cell.value: cell.column for cell in page[HEADER + 1]}
        number = page.max_row + 1 if row is None else row
        for name, what in (value if row is None else {column: value}).items():
            page.cell(number, head[name]).value = what
    book.save(to)
    return to


def row_of(path, sheet, **wanted):
    """Number of the first row whose cells are as wanted."""
    page = openpyxl.load_workbook(path)[sheet]
    head = {cell.value: cell.column for cell in page[HEADER + 1]}
    for row in range(FIRST, page.max_row + 1):
        if all(page.cell(row, head[name]).value == value for name, value in wanted.items()):
            return row
    raise AssertionError(f"no row {wanted} in {sheet}")


FULL = {
    "force": (Choice(component="motor"),),
    "forbid": (Choice(technology="magnet-plant", site="paradip"), Choice(site="dahej", component="magnet")),
    "keep": (Kept(technology="motor-plant", site="dahej", start=2020),),
    "limits": (
        Limit(name="=2+2", limit="plants", amount=3, unit="plant", in_year=2027, note="-note"),
        Limit(name="land", limit="land_ha", amount=1 / 3, unit="ha", state="Gujarat", source="@who"),
    ),
    "goal": Goal(weights={"loss": 1.0, "cost": 0.1}, loss_at_most_usd_m=70.1, tail=0.5),
    "budgets_usd_m": (10.0, 90.5),
    "budget_per_year_usd_m": 45.0,
    "title": '=HYPERLINK("http://x")',
    "question": "@why",
    "markets": {"IND": 0.37},
}


@pytest.mark.parametrize("changes", [{}, FULL, {"budget_usd_m": 1e12, "goal": Goal(minimise=("cost", "loss"))}])
def test_what_is_written_is_read_back(case, tmp_path, changes):
    asked = study(**changes)
    path = write_workbook(tmp_path / "plan.xlsx", asked, case)
    assert read_workbook(path, case) == asked


@pytest.mark.parametrize("name", ["default", "pharma"])
def test_bundled_studies_are_read_back(tmp_path, name):
    asked, bundled = load_study(name), load_tables()
    path = write_workbook(tmp_path / "plan.xlsx", asked, bundled)
    assert read_workbook(path, bundled) == asked


def test_a_spreadsheet_that_saves_it_changes_nothing(case, tmp_path):
    asked = study(**FULL)
    path = write_workbook(tmp_path / "plan.xlsx", asked, case)
    assert read_workbook(edit(path, tmp_path / "saved.xlsx"), case) == asked


def test_edits_change_the_study_and_the_plan_obeys(case, written, tmp_path):
    free = optimize(case, read_workbook(written, case))
    assert set(free.moves["component"]) == {"motor", "magnet"}
    row = row_of(written, "options", technology="magnet-plant", site="dahej")
    forbidden = edit(written, tmp_path / "a.xlsx", ("options", row, "decision", "forbid"))
    plan = optimize(case, read_workbook(forbidden, case).model_copy(update={"budget_usd_m": 100.0}))
    assert plan.moves.set_index("component")["site"].to_dict() == {"motor": "dahej", "magnet": "paradip"}
    row = row_of(written, "options", component="motor", technology=None, site=None)
    forced = edit(
        written,
        tmp_path / "b.xlsx",
        ("options", row, "decision", "force"),
        ("settings", row_of(written, "settings", setting="budget_usd_m"), "value", 60),
    )
    changed = read_workbook(forced, case)
    assert changed.budget_usd_m == 60
    assert changed.force == (Choice(component="motor"),)
    assert optimize(case, changed).moves["component"].tolist() == ["motor"]


def test_new_and_edited_limits_are_obeyed(case, written, tmp_path):
    new = {"name": "one plant", "limit": "plants", "amount": "1", "unit": "plant", "state": "Gujarat"}
    row = row_of(written, "limits", name="land_ha paradip")
    path = edit(written, tmp_path / "a.xlsx", ("limits", None, None, new), ("limits", row, "amount", 0.0))
    changed = read_workbook(path, case)
    assert {limit.name: limit.amount for limit in changed.limits} == {"one plant": 1.0, "land_ha paradip": 0.0}
    plan = optimize(case, changed.model_copy(update={"budget_usd_m": 1000.0}))
    assert len(plan.moves) <= 1


def test_rows_can_be_added_for_any_choice_and_windows_taken_out(case, written, tmp_path):
    base = read_workbook(written, case)
    path = edit(
        written,
        tmp_path / "a.xlsx",
        ("options", None, None, {"site": "paradip", "decision": "forbid"}),
        ("options", None, None, {"technology": "motor-plant", "site": "dahej", "decision": "keep", "start": 2021}),
        ("denials", FIRST, "months", 6),
        ("denials", FIRST, "reason", "shorter than thought before"),
    )
    changed = read_workbook(path, case)
    assert changed.forbid == (Choice(site="paradip"),)
    assert changed.keep == (Kept(technology="motor-plant", site="dahej", start=2021),)
    assert (changed.denials[0].months, changed.denials[0].reason) == (6, "shorter than thought before")
    assert changed.denials[0].cuts == base.denials[0].cuts
    freed = edit(
        path, tmp_path / "b.xlsx", ("options", row_of(path, "options", decision="keep"), "decision", "free")
    )
    with pytest.raises(ConfigError, match="a start is only read with the decision keep"):
        read_workbook(freed, case)


BAD = [
    ("settings", ("spare", "value"), "abc", r"'abc' is not a number"),
    ("settings", ("spare", "value"), None, r"spare is blank"),
    ("settings", ("surge", "value"), 7, r"surge: Input should be less than or equal to 2"),
    ("settings", ("first_year", "value"), 2026.5, r"not an integer"),
    ("settings", ("levers", "value"), "build; stor", r"unknown: stor"),
    ("settings", ("spare", "setting"), "spair", r"there is no setting 'spair'. Fix: write spare"),
    ("limits", ("land_ha dahej", "amount"), "much", r"'much' is not a number"),
    ("limits", ("land_ha dahej", "amount"), -1, r"-1 is negative"),
    ("limits", ("land_ha dahej", "unit"), "acre", r"unit 'acre'; a limit 'land_ha' is in ha"),
    ("limits", ("land_ha dahej", "limit"), "land", r"there is no kind of limit 'land'"),
    ("limits", ("land_ha dahej", "site"), "dahei", r"there is no site 'dahei'. Fix: write dahej"),
    ("limits", ("land_ha dahej", "component"), "gizmo", r"there is no component 'gizmo'"),
    ("limits", ("land_ha dahej", "sectors"), "toys", r"there is no sector toys"),
    ("limits", ("land_ha dahej", "in_year"), 2027, r"leave in_year blank|holds for all years"),
    ("options", ("dahej", "decision"), "forbit", r"'forbit' is no decision. Fix: write forbid"),
    ("options", ("dahej", "decision"), "keep", r"keep without technology, site and start"),
    ("denials", ("stop", "probability"), 2, r"write more than 0, at most 1"),
    ("denials", ("stop", "name"), "stopp", r"there is no window 'stopp'. Fix: write stop"),
]


@pytest.mark.parametrize(("sheet", "where", "value", "message"), BAD)
def test_every_bad_cell_is_reported_with_its_position(case, written, tmp_path, sheet, where, value, message):
    key = {"settings": "setting", "limits": "name", "options": "site", "denials": "name"}[sheet]
    wanted = {key: where[0]} if sheet != "options" else {"technology": "motor-plant", "site": where[0]}
    row = row_of(written, sheet, **wanted)
    path = edit(written, tmp_path / "bad.xlsx", (sheet, row, where[1], value))
    with pytest.raises(ConfigError, match=message) as error:
        read_workbook(path, case)
    assert re.search(rf"sheet {sheet}, row {row}\b", str(error.value))


def test_all_bad_cells_are_reported_at_once(case, written, tmp_path):
    path = edit(
        written,
        tmp_path / "bad.xlsx",
        ("settings", row_of(written, "settings", setting="spare"), "value", "x"),
        ("limits", FIRST, "amount", "y"),
        ("options", FIRST, "decision", "z"),
        ("denials", FIRST, "months", "w"),
    )
    with pytest.raises(ConfigError, match="has 4 fault") as error:
        read_workbook(path, case)
    for sheet, column in (
        ("settings", "value (cell B"),
        ("limits", "amount (cell J"),
        ("options", "decision (cell D"),
    ):
        assert f"sheet {sheet}, row" in str(error.value)
        assert f"column {column}" in str(error.value)


def test_limits_of_the_data_cannot_be_deleted_silently(case, written, tmp_path):
    book = openpyxl.load_workbook(written)
    book["limits"].delete_rows(row_of(written, "limits", name="land_ha dahej"))
    book.save(tmp_path / "bad.xlsx")
    with pytest.raises(ConfigError, match="'land_ha dahej' was deleted"):
        read_workbook(tmp_path / "bad.xlsx", case)


def test_files_that_are_no_workbook_are_reported(case, written, tmp_path, monkeypatch):
    for name, content in (
        ("empty.xlsx", b""),
        ("text.xlsx", b"a,b\n1,2\n"),
        ("cut.xlsx", written.read_bytes()[:5000]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="is no .xlsx workbook"):
            read_workbook(tmp_path / name, case)
    with pytest.raises(ConfigError, match="no such file"):
        read_workbook(tmp_path / "none.xlsx", case)
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * 2_000_000)
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(ConfigError, match="would unpack to more than 1 MB"):
        read_workbook(tmp_path / "bomb.xlsx", case)
    monkeypatch.undo()
    book = openpyxl.load_workbook(written)
    del book["corridor"], book["limits"]
    book.save(tmp_path / "less.xlsx")
    with pytest.raises(ConfigError, match=r"sheet corridor.*is missing(.|\n)*sheet limits.*is missing"):
        read_workbook(tmp_path / "less.xlsx", case)


@pytest.mark.parametrize("text", FORMULAS)
def test_texts_stay_texts(case, tmp_path, text):
    asked = study(
        title=text,
        question=text,
        limits=(Limit(name=text, limit="plants", amount=3, unit="plant", note=text, source=text),),
    )
    path = write_workbook(tmp_path / "plan.xlsx", asked, case)
    assert read_workbook(path, case) == asked
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            if name.startswith("xl/worksheets/sheet"):
                assert b"<f>" not in packed.read(name), "a formula"
    page = openpyxl.load_workbook(path)["limits"]
    cell = next(cell for (cell,) in page.iter_rows(min_row=FIRST, max_col=1) if cell.value == text)
    assert cell.data_type == "s"
    assert cell.quotePrefix == (text[0] in "=+-@\t")


def test_the_sheets_help_the_planner(written):
    book = openpyxl.load_workbook(written)
    assert book.sheetnames[:5] == ["guide", *EDITED]
    assert {"moves", "levers", "exposure", "prices", "sources"} <= set(book.sheetnames)
    assert book["lists"].sheet_state == "hidden"
    assert book["corridor"].sheet_state == "veryHidden"
    for name, columns in EDITED.items():
        page = book[name]
        assert page.freeze_panes == f"B{FIRST}"
        assert page.auto_filter.ref.startswith(f"A{HEADER + 1}:")
        for position, column in enumerate(columns, 1):
            cell = page.cell(HEADER + 1, position)
            assert cell.value == column.name
            assert column.meaning[:40] in cell.comment.text
            assert column.unit in cell.comment.text
        lists = {str(rule.formula1) for rule in page.data_validations.dataValidation}
        assert lists == {f"list_{column.choices}" for column in columns if column.choices}
    values = [[cell.value for cell in row] for row in book["moves"].iter_rows(min_row=HEADER + 1)]
    assert {"component", "site", "capex_usd_m", "capex_rs_crore", "worth_usd_m", "needs"} <= set(values[0])
    assert len(values) == 3
    limits = book["limits"]
    head = {cell.value: cell.column for cell in limits[HEADER + 1]}
    assert limits.cell(FIRST, head["used"]).value is not None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sheet=st.sampled_from(list(EDITED)),
    row=st.integers(FIRST, FIRST + 12),
    column=st.integers(1, 12),
    value=st.one_of(st.none(), st.text(max_size=8), st.floats(), st.integers(), st.booleans(), st.dates()),
)
def test_whatever_is_typed_ends_in_a_study_or_an_error(case, written, tmp_path, sheet, row, column, value):
    book = openpyxl.load_workbook(written)
    try:
        book[sheet].cell(row, column, value)
        book.save(tmp_path / "typed.xlsx")
    except (ValueError, openpyxl.utils.exceptions.IllegalCharacterError):
        return  # the editing library can't write it either
    try:
        read = read_workbook(tmp_path / "typed.xlsx", case)
    except CorridorError as error:
        read = str(error)
    assert isinstance(read, Study) or "Fix" in read


def test_commands_write_and_read_workbooks(tmp_path):
    run = CliRunner().invoke
    path, again = tmp_path / "plan.xlsx", tmp_path / "again.xlsx"
    result = run(app, ["export", "pharma", "--to", str(path), "--no-plan"])
    assert result.exit_code == 0, result.output
    small = edit(
        path,
        path,
        ("settings", row_of(path, "settings", setting="budget_usd_m"), "value", 50),
        ("settings", row_of(path, "settings", setting="effort"), "value", "quick"),
        ("options", row_of(path, "options", component="6-apa", technology=None), "decision", "forbid"),
    )
    result = run(app, ["plan", "--workbook", str(small), "--to", str(again)])
    assert result.exit_code == 0, result.output
    assert read_workbook(again, load_tables()) == read_workbook(small, load_tables())
    moves = openpyxl.load_workbook(again)["moves"]
    assert moves.max_row > HEADER + 1
    assert "6-apa" not in {cell.value for (cell,) in moves.iter_rows(min_row=FIRST, max_col=1)}
    with pytest.raises(ConfigError, match="has its own study"):
        run(app, ["plan", "minerals", "--workbook", str(path)], catch_exceptions=False)
    with pytest.raises(ConfigError, match="ends in .xlsx"):
        run(app, ["export", "pharma", "--to", str(tmp_path / "plan.ods"), "--no-plan"], catch_exceptions=False)
