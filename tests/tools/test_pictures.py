"""The sample page in maps/: nothing in it leads to a page that it was copied without."""

import re

import pytest

from corridor.pages.plan.page import plan_page
from tests.browser import synthetic
from tools.docs.pictures import MAPS, alone


def test_a_page_alone_has_no_links_to_its_folder() -> None:
    tables = synthetic.make_tables(10)
    exposures, found = synthetic.make_measures(tables)
    plans = synthetic.make_plans(tables, exposures)
    from corridor.pages.kit.search import search_index

    index = search_index(tables, exposures, found, plans, has_component_pages=True)
    page = plan_page(tables, synthetic.make_study(), plans, has_component_pages=True, search=index)
    links = re.compile(r'href="(?!https?:|data:|#)[^"]*"')
    # What is left is shown only without scripts.
    assert len(links.findall(page)) > 5
    assert len(links.findall(re.sub(r"<noscript>.*?</noscript>", "", alone(page)))) == 0
    with pytest.raises(ValueError, match="plan.html"):
        alone("<p>another page</p>")


def test_the_sample_page_is_alone() -> None:
    sample = (MAPS / "sample-plan-pharma.html").read_text(encoding="utf-8")
    assert '<nav aria-label="Pages">' not in sample
    assert "India" in sample
