"""docs/ on data and model agrees with schema and docstrings."""

import pytest

from tests import ROOT
from tools.docs.model_text import model_text
from tools.docs.schema_text import data_dictionary

DOCS = ROOT / "docs"


@pytest.mark.parametrize(("page", "text"), [("data.md", data_dictionary), ("model.md", model_text)])
def test_pages_written_from_the_code_are_up_to_date(page, text):
    assert (DOCS / page).read_text(encoding="utf-8") == text()


def test_formulas_are_fenced_and_no_markup_of_docstrings_is_left():
    text = model_text()
    assert "min  sum f_i y_i" in text.split("```")[3]
    assert ":func:" not in text
    assert "\n---" not in text
    assert text.count("```") % 2 == 0
