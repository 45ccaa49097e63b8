"""The component graph in a real browser: chains, filters, keys, links, downloads, and texts that would do harm."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from corridor.pages import write_pages
from corridor.pages.graph_page.page import graph_page
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM, Tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """graph.html of a small study with 60 components, plain, with hostile texts, and of 300 components."""
    found = {}
    for name, count, hostile in (("plain", 60, False), ("hostile", 60, True), ("large", 300, False)):
        tables = synthetic.make_tables(count, hostile=hostile)
        if hostile:
            names = tables.components["name"].tolist()
            names[2] = "<b>long</b> " + "x" * 10_000
            tables = tables.replace(components=tables.components.assign(name=names))
        exposures, shares = synthetic.make_measures(tables)
        folder = tmp_path_factory.mktemp(name)
        plans = synthetic.make_plans(tables, exposures)
        write_pages(tables, synthetic.make_study(), exposures, shares, plans, folder)
        found[name] = (folder / "graph.html").as_uri()
    return found


#: Left upper corners of all boxes: [component, x, y].
CORNERS = """[...document.querySelectorAll('.node')].map((n) =>
    [+n.dataset.node, ...n.getAttribute('transform').match(/[-\\d.]+/g).map(Number)])"""
#: How the picture is moved and scaled.
VIEW = "document.querySelector('#picture svg > g').getAttribute('transform').match(/[-\\d.]+/g).map(Number)"
#: Colour of each box and of the words in it.
COLOURS = """(all) => [...new Set(all.map((n) =>
    n.children[1].getAttribute('fill') + n.querySelector('text').getAttribute('fill')))]"""


def node(name: str) -> str:
    return f'.node:has(title:has-text("{name} ·"))'


def press(tab: Tab, index: int) -> None:
    """Click a component, visible or not."""
    tab.page.locator(f".node[data-node='{index}']").dispatch_event("click")


def nodes(tab: Tab) -> int:
    return int(tab.page.locator(".node").count())


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_opens_from_a_file_without_a_word(addresses: dict[str, str], browser: Any, width: int) -> None:
    with Tab(browser, addresses["large"], width=width, height=844) as tab:
        page = tab.page
        assert page.evaluate("document.documentElement.dataset.ready") == "true"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert nodes(tab) == 60
        page.evaluate("document.getElementById('most').value = 'all'")
        page.evaluate("document.getElementById('most').dispatchEvent(new Event('change'))")
        assert nodes(tab) == 300
        assert tab.text("#count").startswith("300 of 300 components, 240 recipes")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.notes == []


def test_boxes_never_overlap(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["large"] + "#n=all&c=component-002") as tab:
        corners = tab.page.evaluate(CORNERS)
        size = tab.page.evaluate("corridor.layout.BOX")
    assert len(corners) == 300
    for (_, x, y), (_, u, v) in combinations(corners, 2):
        assert abs(x - u) >= size["width"] or abs(y - v) >= size["height"]


def test_inputs_are_left_of_their_outputs(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        left = {node: x for node, x, _ in tab.page.evaluate(CORNERS)}
        assert len(left) == 60
        assert all(left[node] > left[node - 1] for node in left if node % 5)


def test_click_shows_the_chain_and_the_panel(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        page.locator(node("Component 12")).click()
        assert tab.text("#panel h2") == "Component 12"
        assert "2 components upstream, 2 downstream" in tab.text("#say")
        bright = page.locator(".node[opacity='1']").evaluate_all("(all) => all.map((n) => +n.dataset.node).sort()")
        assert bright == [10, 11, 12, 13, 14]
        assert page.locator("#panel .badge").count() > 3
        assert page.locator("#panel .chains li").count() >= 1
        assert "of supply is gone if" in tab.text("#panel")
        assert "c=component-012" in page.url
        page.locator("#around button[data-value=alone]").click()
        assert nodes(tab) == 5
        page.locator("#panel .go", has_text="Component 13").first.click()
        assert tab.text("#panel h2") == "Component 13"
        page.keyboard.press("Escape")
        assert page.locator("#panel").is_hidden()
        assert nodes(tab) == 60
        assert tab.notes == []


def test_chains_that_carry_exposure_are_drawn(addresses: dict[str, str], browser: Any) -> None:
    """The target enters at least one tier below, so a line of that colour is there; without a choice none is."""
    with Tab(browser, addresses["plain"]) as tab:
        carrying = "#picture path[stroke='#c2410c']"
        assert tab.page.locator(carrying).count() == 0
        for node in range(4, 60, 5):  # the products
            press(tab, node)
            deep = tab.page.evaluate(f"corridor.read('data').paths.IND[{node}].some((row) => row.length > 3)")
            assert (tab.page.locator(carrying).count() > 0) == deep
        assert tab.notes == []


def test_search_suggests_and_picks(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        page.locator("#find").press_sequentially("nent 2")
        assert page.locator("#found [role=option]").count() == 9
        assert page.locator("#find").get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        chosen = page.locator("#found [aria-selected=true] span").first.inner_text()
        assert page.locator("#find").get_attribute("aria-activedescendant") == "found-1"
        page.keyboard.press("Enter")
        assert tab.text("#panel h2") == chosen
        assert page.locator("#found").is_hidden()
        page.fill("#find", "no such thing")
        assert "No component of this name" in tab.text("#found")
        page.keyboard.press("Escape")
        assert page.locator("#found").is_hidden()
        assert tab.notes == []


def test_filters(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        page.select_option("#sector", "pharma")
        assert nodes(tab) == 10
        page.select_option("#stage", "part")
        assert nodes(tab) == 2
        page.select_option("#tier", "0")
        assert nodes(tab) == 0
        assert page.locator("#none").is_visible()
        assert "No component passes" in tab.text("#ranked")
        page.select_option("#stage", "all")
        page.select_option("#sector", "all")
        assert nodes(tab) == 12  # the ores
        page.select_option("#tier", "all")
        for slider, measure in (("exposed", "net"), ("hhi", "hhi")):
            page.locator(f"#{slider}").fill("0.4")
            passing = page.evaluate(f"corridor.read('data').measures.IND.{measure}.filter((x) => x >= 0.4).length")
            assert 0 < passing < 60
            assert nodes(tab) == passing
            page.locator(f"#{slider}").fill("0")
        page.locator("#measure button[data-value=stop]").click()
        page.get_by_role("button", name="United States").click()
        assert "stop exposure" in tab.text("#say")
        assert "the United States" in tab.text("#say")
        assert tab.notes == []


def test_plan_is_marked_by_shape(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        marked = '.node:has(title:has-text("plant in the plan"))'
        assert tab.page.locator(marked).count() == 5
        assert tab.page.locator(marked + " > g > path").count() == 5
        tab.page.select_option("#budget", "2")
        assert tab.page.locator(marked).count() == 11
        tab.page.select_option("#budget", "-1")
        assert tab.page.locator(marked).count() == 0
        assert tab.notes == []


def test_keys_walk_along_edges(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        focused = "+document.activeElement.dataset.node"
        assert page.locator(".node[tabindex='0']").count() == 1
        page.locator(node("Component 12")).focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate(focused) == 13
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(focused) == 11
        x = "document.activeElement.getAttribute('transform').match(/[\\d.]+/)[0]"
        column = page.evaluate(x)
        page.keyboard.press("ArrowDown")
        assert page.evaluate(focused) != 11
        assert page.evaluate(x) == column
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        assert tab.text("#panel h2") == "Component 11"
        assert page.evaluate(focused) == 11
        assert page.locator(".node[aria-pressed=true]").count() == 1
        before = page.evaluate(VIEW)
        page.keyboard.press("+")
        assert page.evaluate(VIEW) != before
        page.keyboard.press("Escape")
        assert page.locator("#panel").is_hidden()
        assert tab.notes == []


def test_link_gives_the_same_view(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        page.select_option("#sector", "magnets")
        page.locator("#measure button[data-value=direct]").click()
        page.locator(node("Component 16")).click()
        box = page.locator("#picture").bounding_box()
        page.mouse.move(box["x"] + 300, box["y"] + 200)
        page.mouse.wheel(0, -240)
        page.mouse.down()
        page.mouse.move(box["x"] + 360, box["y"] + 230, steps=4)
        page.mouse.up()
        page.wait_for_timeout(300)  # the address follows when the hand rests
        page.wait_for_url(re.compile("z="))
        with Tab(browser, page.url) as again:
            assert again.text("#say") == tab.text("#say")
            assert nodes(again) == nodes(tab)
            assert again.page.evaluate(VIEW) == pytest.approx(page.evaluate(VIEW), abs=2.0)
            assert again.text("#panel") == tab.text("#panel")
    bad = "#m=XXX&k=y&s=z&g=q&t=99&n=7&c=none&b=77&e=5&h=x&z=a,b"
    with Tab(browser, addresses["plain"] + bad) as tab:
        assert nodes(tab) == 60
        assert tab.notes == []


def test_table_is_the_twin_of_the_picture(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"]) as tab:
        page = tab.page
        page.select_option("#sector", "solar")
        assert page.locator("#ranked tbody tr").count() == nodes(tab) == 10
        page.get_by_role("button", name="HHI").click()
        shown = [float(text) for text in page.locator("#ranked tbody td:nth-child(8)").all_inner_texts()]
        assert shown == sorted(shown, reverse=True)
        button = page.locator("#ranked tbody button").nth(3)
        name = button.inner_text()
        button.focus()
        page.keyboard.press("Enter")
        assert tab.text("#panel h2") == name
        assert page.evaluate("document.activeElement.innerText") == name
        assert tab.notes == []


def test_downloads(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["plain"] + "#s=pharma&c=component-026") as tab:
        page = tab.page
        found = {}
        for key in ("csv", "csv-recipes", "png"):
            with page.expect_download() as download:
                page.click(f"#{key}")
            found[key] = Path(download.value.path()).read_bytes()
        lines = found["csv"].decode("utf-8-sig").splitlines()
        assert lines[0].startswith("market,component,name,sector,stage,tier,direct,net,stop,hhi")
        assert len(lines) == 1 + nodes(tab) == 11
        assert sum(",downstream," in line for line in lines) == 3
        assert len(found["csv-recipes"].decode("utf-8-sig").splitlines()) == 1 + 8
        assert found["png"].startswith(b"\x89PNG")
        assert len(found["png"]) > 20_000  # with boxes and words in it, not an empty sheet
        assert tab.notes == []


def test_prints_completely(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["large"] + "#n=120&c=component-007") as tab:
        tab.page.emulate_media(media="print")
        tab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert tab.page.locator(".controls").is_hidden()
        assert tab.page.locator("#panel").is_visible()
        assert tab.page.locator("#ranked tbody tr").count() == nodes(tab)
        assert tab.page.pdf()[:4] == b"%PDF"
        assert tab.notes == []


def test_hostile_texts_are_shown_not_run(addresses: dict[str, str], browser: Any) -> None:
    with Tab(browser, addresses["hostile"] + "#c=component-000&n=all") as tab:
        page = tab.page
        assert "<script>window.hacked" in tab.text("#panel h2")
        for words in ("long", "hacked"):
            page.fill("#find", words)
            assert page.locator("#found [role=option]").count() == 1
        page.keyboard.press("Escape")
        press(tab, 2)
        assert len(tab.text("#panel h2")) < 170
        assert page.locator("#panel h2").get_attribute("title").endswith("x" * 9000)
        assert page.locator("#panel a[href^='javascript']").count() == 0
        page.wait_for_timeout(100)
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1440
        with page.expect_download() as download:
            page.click("#png")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        with page.expect_download() as download:
            page.click("#csv")
        assert "'=cmd" in Path(download.value.path()).read_text(encoding="utf-8-sig")
        assert tab.notes == []


def test_without_plans_recipes_or_pages_of_components(browser: Any, tmp_path: Path) -> None:
    tables = synthetic.make_tables(10)
    tables = tables.replace(recipes=tables.recipes.iloc[:0])
    exposures, shares = synthetic.make_measures(tables)
    study = synthetic.make_study()
    for has_pages in (False, True):
        page = graph_page(tables, study, exposures, shares, [], has_component_pages=has_pages)
        (tmp_path / "graph.html").write_text(page, encoding="utf-8")
        with Tab(browser, (tmp_path / "graph.html").as_uri() + "#c=component-003") as tab:
            assert nodes(tab) == 10
            assert tab.page.locator("#budget-field").is_hidden()
            assert "0 components upstream, 0 downstream" in tab.text("#say")
            links = tab.page.locator("#panel a[href='components/component-003.html']")
            assert links.count() == int(has_pages)
            assert tab.notes == []


def test_box_texts_can_be_read_on_their_colours(addresses: dict[str, str], browser: Any) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2 AA) in every box."""

    def light(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    with Tab(browser, addresses["large"] + "#n=all") as tab:
        pairs = tab.page.locator(".node").evaluate_all(COLOURS)
    assert len(pairs) >= 3
    for pair in pairs:
        low, high = sorted(light(colour) for colour in re.findall(r"#\w{6}", pair))
        assert (high + 0.05) / (low + 0.05) >= 4.5, pair
