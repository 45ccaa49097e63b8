"""Pages of components and countries, their list and the report in a real browser, from files, offline."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from corridor.pages import write_pages
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM, Tab, sync_api
from tests.pages.test_entities import hostile

AXE = Path(__file__).parent / "axe" / "axe.min.js"
ENTITIES = (
    "components/component-000.html",
    "components/component-009.html",
    "countries/CHN.html",
    "countries/IND.html",
)
PAGES = (*ENTITIES, "components.html", "report.html", "index.html", "dependency.html", "plan.html", "graph.html")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages of a small study whose names are hostile."""
    out = tmp_path_factory.mktemp("entities")
    tables = synthetic.make_trade(synthetic.make_tables(30, hostile=True))
    exposures, shares = synthetic.make_measures(tables)
    plans = synthetic.make_plans(tables, exposures)
    write_pages(tables, synthetic.make_study(), exposures, shares, plans, out, has_component_pages=True)
    return out


@pytest.mark.parametrize("name", PAGES)
def test_opens_at_every_width_without_a_word(folder: Path, browser: Any, name: str) -> None:
    with Tab(browser, (folder / name).as_uri()) as tab:
        for width in (1440, 1024, 390):
            tab.page.set_viewport_size({"width": width, "height": 844})
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.page.evaluate("window.hacked") is None
        assert tab.page.locator("h1").count() == 1
        assert tab.notes == []


def test_a_hostile_name_is_shown(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "components/component-000.html").as_uri()) as tab:
        assert tab.text("h1") == synthetic.HOSTILE
        assert tab.page.locator("main img").count() == 0
        assert synthetic.HOSTILE in tab.text("main")
        assert tab.notes == []
    with Tab(browser, (folder / "countries/CHN.html").as_uri()) as tab:
        assert synthetic.HOSTILE in tab.text("main")


def test_links_are_followed_from_page_to_page(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "index.html").as_uri()) as tab:
        page = tab.page
        page.click("a.door[href='components.html']")
        page.click("#components a[href='components/component-009.html']")
        assert tab.text("h1") == "Component 9"
        page.click("main a[href='../components/component-008.html'] >> nth=0")
        assert tab.text("h1") == "Component 8"
        page.click("main a[href='../countries/CHN.html'] >> nth=0")
        assert tab.text("h1").startswith("China")
        page.click("text=On the world map")
        sync_api.expect(page.locator("#country h2")).to_contain_text("China")
        page.click("#country a[href='countries/CHN.html']")
        page.click("nav >> text=Report")
        assert tab.text("h1") == "A synthetic study"
        assert tab.notes == []


def test_map_and_graph_open_on_the_component(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "components/component-009.html").as_uri()) as tab:
        tab.page.click("text=In the component graph")
        sync_api.expect(tab.page.locator("#panel h2")).to_contain_text("Component 9")
        tab.page.click("#panel a[href='components/component-009.html']")
        tab.page.click("text=On the world map")
        sync_api.expect(tab.page.locator("#origins-title")).to_contain_text("Component 9")
        assert tab.notes == []


def test_the_plan_opens_on_the_component(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "components/component-003.html").as_uri()) as tab:
        tab.page.click("text=In the plan")
        sync_api.expect(tab.page.locator("#site h2")).to_have_text("Component 3")
        assert tab.page.locator("#moves tr.chosen").count() == 1
        assert tab.notes == []


def test_numbers_lead_to_sources(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "components/component-009.html").as_uri()) as tab:
        number = tab.page.locator("main a.ref").first
        target = number.get_attribute("href")
        number.click()
        assert tab.page.locator(f"li{target}:target").count() == 1


def test_list_is_searched_and_sorted_with_keys_and_remembers(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "components.html").as_uri()) as tab:
        page = tab.page
        shown = page.locator("#components tbody tr:visible")
        assert shown.count() == 30
        page.locator("#find").focus()
        page.keyboard.type("component 1")
        assert tab.text("#count") == f"{shown.count()} of 30 components"
        names = shown.locator("th").all_inner_texts()
        assert (
            {"Component 10", "Component 19"}
            < set(names)
            < {*(f"Component {n}" for n in range(30)), synthetic.HOSTILE}
        )
        page.select_option("#sector", "battery")
        few = shown.count()
        assert 0 < few < 30
        page.locator("#components thead button").nth(1).focus()
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        head = page.locator("#components thead th").nth(4)
        assert head.get_attribute("aria-sort") == "descending"
        values = [float(cell.get_attribute("data-v")) for cell in shown.locator("td:nth-child(5)").all()]
        assert values == sorted(values, reverse=True)
        assert re.search(r"q=component\+1.*s=battery.*by=4d", page.url)
        page.reload()
        assert shown.count() == few
        assert head.get_attribute("aria-sort") == "descending"
        page.fill("#find", "nothing like it")
        assert page.locator("#none").is_visible()
        assert tab.notes == []


def test_list_without_scripts_is_complete(folder: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((folder / "components.html").as_uri())
    assert page.locator("#components tbody tr:visible").count() == 30
    assert page.locator("#find").is_hidden()
    context.close()


@pytest.mark.parametrize("name", ["components/component-009.html", "countries/CHN.html", "report.html"])
def test_prints_on_paper_without_loss(folder: Path, browser: Any, name: str, tmp_path: Path) -> None:
    with Tab(browser, (folder / name).as_uri(), width=794) as tab:
        tab.page.emulate_media(media="print")
        assert tab.page.locator(".top nav").is_hidden()
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 794
        # Nothing may be cut off by a box that scrolls on a screen.
        cut = (
            "[...document.querySelectorAll('.wide')].filter((box) => box.scrollWidth > box.clientWidth + 1).length"
        )
        tab.page.set_viewport_size({"width": 680, "height": 900})
        assert tab.page.evaluate(cut) == 0
        paper = tmp_path / "page.pdf"
        tab.page.pdf(path=str(paper), prefer_css_page_size=True)
        sheets = len(re.findall(rb"/Type\s*/Page[^s]", paper.read_bytes()))
        assert 2 <= sheets <= 12
        size = re.search(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", paper.read_bytes())
        assert size is not None
        assert [round(float(value)) for value in size.groups()] == [595, 842]  # A4 in points


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_barrier_that_axe_finds(folder: Path, browser: Any, name: str, width: int) -> None:
    with Tab(browser, (folder / name).as_uri(), width=width, height=844) as tab:
        tab.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults = {fault["id"]: [node["target"] for node in fault["nodes"]][:3] for fault in found["violations"]}
        assert faults == {}, json.dumps(faults, indent=1)


def test_ids_that_name_no_file_are_linked_all_the_same(browser: Any, tmp_path: Path) -> None:
    tables = hostile(synthetic.make_trade(synthetic.make_tables(30)))
    exposures, shares = synthetic.make_measures(tables)
    plans = synthetic.make_plans(tables, exposures)
    write_pages(tables, synthetic.make_study(), exposures, shares, plans, tmp_path, has_component_pages=True)
    for old, name in (("component-000", "../../outside"), ("component-005", "__proto__")):
        known = {"component-000": "Component 0", "component-005": "Component 5"}[old]
        for page, link in (("dependency.html", "#figures a"), ("graph.html", "#panel .links a >> nth=0")):
            with Tab(browser, f"{(tmp_path / page).as_uri()}#c={quote(name, safe='')}") as tab:
                tab.page.click(link)
                assert tab.text("h1") == known
                assert tab.notes == []
