"""Views of the pages: kept in the address and undone by Back, shared, carried along; cards, keyboard and touch."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_pages import CHROMIUM, Tab, sync_api

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
#: Stops of the keyboard inside a table's body.
STOPS = "[...document.querySelectorAll('{} tbody :is(button, a)')].filter((one) => one.tabIndex >= 0).length"
#: Controls too small for a finger: under 24 CSS pixels, but for links inside a sentence.
SMALL = """() => {
  const size = (node) => node.getBoundingClientRect();
  const seen = (node) => size(node).width > 0 && getComputedStyle(node).visibility !== "hidden";
  const inText = (node) => node.matches("p a, li a, td a, dd a, .why a");
  return [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((node) => seen(node) && !inText(node) && !node.closest(".hidden, .skip, .leaflet-container"))
    .filter((node) => size(node).width < 24 || size(node).height < 23.9)
    .map(({ outerHTML }) => outerHTML.slice(0, 90));
}"""


def test_back_undoes_a_view(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        page, first = tab.page, tab.text("#say")
        page.get_by_role("button", name="United States").click()
        second = tab.text("#say")
        page.locator("#ranked tbody button").first.click()
        third = tab.text("#say")
        page.locator("#flows").fill("5")  # a slider is one step, however often it moves
        page.locator("#flows").fill("10")
        page.go_back()
        assert page.locator("#flows").input_value() == "150"
        assert tab.text("#say") == third
        page.go_back()
        assert tab.text("#say") == second
        assert page.locator("#ranked tr.chosen").count() == 0
        page.go_back()
        assert tab.text("#say") == first
        page.go_forward()
        assert tab.text("#say") == second
        assert page.locator("#market button[data-value=USA]").get_attribute("aria-pressed") == "true"
        assert tab.notes == []


@pytest.mark.parametrize(
    ("name", "act", "seen"),
    [
        ("plan.html", "#frontier circle.dot-plan", "#moves-count"),
        ("graph.html", "#ranked tbody tr:nth-child(3) button", "#say"),
        ("components.html", "#components thead button", "#components tbody tr:first-child th"),
    ],
)
def test_back_on_the_other_pages(folder: Path, browser: Any, name: str, act: str, seen: str) -> None:
    with Tab(browser, (folder / name).as_uri()) as tab:
        before = tab.text(seen)
        tab.page.locator(act).first.click()
        tab.page.locator(act).first.click() if name == "components.html" else None
        assert tab.text(seen) != before
        address = tab.page.url
        tab.page.go_back()
        tab.page.go_back() if name == "components.html" else None
        assert name in tab.page.url
        assert tab.page.url != address
        assert tab.text(seen) == before
        assert tab.notes == []


def test_market_and_unit_go_along(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'dependency.html').as_uri()}#m=USA") as tab:
        page = tab.page
        page.click("#unit")
        for name in ("Graph", "Plan", "Components", "Overview"):
            page.get_by_role("navigation").get_by_role("link", name=name).click()
            assert "m=USA" in page.url
            assert "u=inr" in page.url
        page.get_by_role("navigation").get_by_role("link", name="Dependency").click()
        assert page.locator("#market button[data-value=USA]").get_attribute("aria-pressed") == "true"
        assert page.locator("#unit [data-unit=inr].on").count() == 1
        assert "crore" in tab.text("#ranked tbody td:nth-child(5)")
        assert tab.notes == []


@pytest.mark.parametrize(
    "name", ["dependency.html#m=USA&k=CHN", "plan.html#b=2&site=dholera", "graph.html#k=stop"]
)
def test_a_view_is_saved_as_one_file(folder: Path, browser: Any, tmp_path: Path, name: str) -> None:
    file, _, state = name.partition("#")
    with Tab(browser, f"{(folder / file).as_uri()}#{state}") as tab:
        with tab.page.expect_download() as download:
            tab.page.click("#save")
        saved = tmp_path / "saved.html"
        download.value.save_as(saved)
        assert "#" in tab.text("#link")  # the address of a local file helps nobody
        with Tab(browser, saved.as_uri()) as again:
            assert again.text("#say") == tab.text("#say")
            assert again.page.locator(".card:visible").count() == tab.page.locator(".card:visible").count()
            assert again.page.locator("nav, a[href*='.html']").count() == 0
            assert again.notes == []
        assert tab.notes == []


def test_a_move_opens_under_its_row(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'plan.html').as_uri()}#b=2", width=390, height=844) as tab:
        page, button = tab.page, tab.page.locator("#moves tbody tr").nth(8).locator("th button")
        button.click()
        box = page.locator("#site").bounding_box()
        row = page.locator("#moves tr.open").bounding_box()
        assert box["y"] >= row["y"] + row["height"] - 1
        assert box["y"] < 844
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert tab.text("#moves tr.open th button") in tab.text("#site h2")
        assert page.locator("#moves tr.opened").count() == 1
        page.keyboard.press("Escape")
        assert page.locator("#site").is_hidden()
        assert page.locator("#moves tr.opened").count() == 0
        assert page.evaluate("document.activeElement.innerText") == button.inner_text()
        button.click()
        page.locator("#moves thead button").first.click()  # sorting draws the rows anew: the card goes home
        assert page.locator(".mapwrap #site").is_visible()
        assert tab.notes == []


def test_a_country_opens_where_it_was_asked_for(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri(), width=390, height=844) as tab:
        line = tab.page.locator("#origins li").nth(2)
        line.locator("button").first.click()
        assert line.locator("#country").is_visible()
        assert tab.page.locator("#country").bounding_box()["y"] < 844
        line.locator(".close").click()
        assert tab.page.locator("#country").is_hidden()
        assert tab.page.locator(".mapwrap #country").count() == 1
        assert tab.notes == []


@pytest.mark.parametrize("width", [900, 1440])
def test_a_card_leaves_what_was_chosen_in_sight(folder: Path, browser: Any, width: int) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri(), width=width) as tab:
        for iso3, lat, lon in (
            ("CHN", 35.5, 104.0),
            ("CHL", -31.0, 289.0),
            ("AUS", -25.0, 134.0),
            ("DEU", 51.1, 10.4),
        ):
            tab.page.evaluate(f"location.hash = '#k={iso3}'")
            sync_api.expect(tab.page.locator("#country")).to_be_visible()
            sync_api.expect(tab.page.locator("#country a")).to_have_attribute("href", f"countries/{iso3}.html")
            card, box = (tab.page.locator(name).bounding_box() for name in ("#country", ".folium-map"))
            x = box["x"] + tab.page.evaluate(f"map_world.latLngToContainerPoint([{lat}, {lon}]).x")
            assert not card["x"] < x < card["x"] + card["width"] or card["y"] >= box["y"] + box["height"]
        assert tab.notes == []


def test_a_table_is_one_stop_and_drawn_as_it_is_read(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        page, rows = tab.page, tab.page.locator("#ranked tbody tr")
        assert page.evaluate(STOPS.format("#ranked")) == 1
        assert rows.count() == 41  # 40, and one that says how many more
        assert "20 more rows" in tab.text("#ranked tr.more")
        page.locator("#ranked tbody button").first.focus()
        page.keyboard.press("ArrowDown")
        second = page.evaluate("document.activeElement.innerText")
        assert second == rows.nth(1).locator("button").inner_text()
        page.keyboard.press("End")
        assert rows.count() == 60
        assert page.evaluate(STOPS.format("#ranked")) == 1
        page.keyboard.press("Tab")
        assert not page.evaluate("Boolean(document.activeElement.closest('#ranked'))")
        assert tab.notes == []


def test_the_list_is_one_stop_a_table(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'components.html').as_uri()}#q=component+4") as tab:
        assert tab.page.evaluate(STOPS.format("#components")) == 1
        assert tab.page.evaluate(STOPS.format("#lands")) == 1
        tab.page.locator("#components tbody a[tabindex='0']").focus()
        tab.page.keyboard.press("ArrowDown")
        assert tab.page.evaluate("document.activeElement.closest('tr').hidden") is False


@pytest.mark.parametrize("name", ["dependency.html#k=CHN", "graph.html", "plan.html", "index.html", "report.html"])
def test_controls_are_large_enough_for_a_finger(folder: Path, browser: Any, name: str) -> None:
    file, _, state = name.partition("#")
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, offline=True, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{(folder / file).as_uri()}#{state}")
    assert page.evaluate(SMALL) == []
    context.close()


def test_suppliers_are_read_when_they_are_wanted(folder: Path, browser: Any) -> None:
    with Tab(browser, "about:blank") as tab:
        tab.page.add_init_script(
            "window.parsed = []; const parse = JSON.parse;"
            "JSON.parse = (text) => (parsed.push(text.length), parse(text))"
        )
        tab.page.goto((folder / "dependency.html").as_uri())
        size = tab.page.evaluate("document.getElementById('suppliers').textContent.length")
        assert size > 1000
        assert size not in tab.page.evaluate("window.parsed")
        tab.page.locator("[data-layer=suppliers]").check()
        assert size in tab.page.evaluate("window.parsed")
        assert tab.text("#legend-points") == "80 located suppliers"
        assert tab.notes == []


def test_a_year_chosen_is_the_tables_year(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'dependency.html').as_uri()}#c=component-000") as tab:
        tab.page.select_option("#year", "2020")
        assert tab.text("#ranked thead th:nth-child(2)").startswith("In 2020")
        assert tab.text("#ranked tr.chosen td:nth-child(2)") == "40 %"
        tab.page.select_option("#year", "2022")
        assert tab.text("#ranked tr.chosen td:nth-child(2)") == "90 %"
        assert "newest" in tab.text("#count")
        tab.page.select_option("#year", "")
        assert tab.text("#ranked thead th:nth-child(2)").startswith("Direct")
        assert tab.notes == []


def test_money_in_rupees_has_room(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'dependency.html').as_uri()}#u=inr") as tab:
        cells = "[...document.querySelectorAll('#ranked tbody td')]"
        beyond = f"{cells}.filter((cell) => cell.scrollWidth > cell.clientWidth + 1).length"
        assert tab.page.evaluate(beyond) == 0


def test_a_chain_chosen_is_in_the_picture(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'graph.html').as_uri()}#c=component-004") as tab:
        frame = tab.page.locator("#picture").bounding_box()
        for number in range(5):
            box = tab.page.locator(f".node[data-node='{number}'] rect").first.bounding_box()
            assert frame["x"] <= box["x"]
            assert box["x"] + box["width"] <= frame["x"] + frame["width"]
            assert frame["y"] <= box["y"] <= frame["y"] + frame["height"]


def test_pictures_are_sharp_on_a_phone(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri(), width=390, height=844) as tab:
        with tab.page.expect_download() as download:
            tab.page.click("#png")
        picture = Path(download.value.path()).read_bytes()
        assert int.from_bytes(picture[16:20], "big") >= 1400
        assert tab.notes == []
