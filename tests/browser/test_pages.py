"""The pages in a real browser, from files, with synthetic data: what they show, and that they make no request."""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from corridor.errors import CorridorError
from corridor.pages import write_pages
from corridor.pages.kit.sectors import Sectors
from tests.browser import synthetic

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a small study, plain and with hostile names, and those without a plan."""
    folders = {}
    for name, hostile in (("plain", False), ("hostile", True)):
        tables = synthetic.make_tables(hostile=hostile)
        exposures, shares = synthetic.make_measures(tables)
        folders[name] = tmp_path_factory.mktemp(name)
        plans = synthetic.make_plans(tables, exposures)
        write_pages(tables, synthetic.make_study(), exposures, shares, plans, folders[name])
    folders["no plan"] = tmp_path_factory.mktemp("bare")
    write_pages(tables, synthetic.make_study(), exposures, shares, [], folders["no plan"])
    return folders


class Tab:
    """A page, with every request and console message noted."""

    def __init__(self, browser: Any, address: str, width: int = 1440, height: int = 900) -> None:
        self.notes: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, offline=True, accept_downloads=True
        )
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.notes.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.notes.append(f"error: {error}"))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.goto(address)

    def _note(self, url: str) -> None:
        own = url.startswith("file:") and url.split("#")[0].endswith(".html")
        if not own and not url.startswith(("data:", "blob:")):
            self.notes.append(f"request: {url}")

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text()).replace("\u00a0", " ")

    def __enter__(self) -> "Tab":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("name", ["index.html", "dependency.html", "plan.html"])
def test_opens_from_a_file_without_a_word(pages: dict[str, Path], browser: Any, name: str) -> None:
    with Tab(browser, (pages["plain"] / name).as_uri()) as tab:
        for width in (1440, 390):
            tab.page.set_viewport_size({"width": width, "height": 844})
            assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
        if name != "index.html":
            assert tab.page.evaluate("document.documentElement.dataset.ready") == "true"
            canvas = "Math.max(...[...document.querySelectorAll('canvas')].map((c) => c.width))"
            assert tab.page.evaluate(canvas) > 200
        assert tab.notes == []


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Path]) -> None:
    for path in [path for folder in pages.values() for path in folder.glob("*.html")]:
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<(script|link|img|iframe)[^>]*(src|href)\s*=\s*['\"]?(https?:)?//", page), path
        assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", page), path
        assert "default-src 'none'" in page
        assert "unsafe-inline" not in page
        assert "Government of India" in page
        assert path.stat().st_size < 3_000_000


def test_market_sector_and_component_change_the_table(pages: dict[str, Path], browser: Any) -> None:
    with Tab(browser, (pages["plain"] / "dependency.html").as_uri()) as tab:
        page = tab.page
        # What is seen first is drawn first, the rest when the browser has time.
        page.locator("#ranked tbody tr").nth(39).wait_for(state="attached")
        first = tab.text("#say")
        page.get_by_role("button", name="United States").click()
        assert tab.text("#say") != first
        assert "m=USA" in page.url
        page.select_option("#sector", "pharma")
        assert tab.text("#count") == "10 components"
        assert page.locator("#ranked tbody tr").count() == 10
        page.locator("#measure button[data-value=stop]").click()
        assert page.locator("#ranked th[aria-sort=descending]").inner_text().startswith("At risk")
        button = page.locator("#ranked tbody button").nth(2)
        name = button.inner_text()
        button.focus()
        page.keyboard.press("Enter")
        assert name in tab.text("#say")
        assert name in tab.text("#origins-title")
        assert page.locator("#origins .badge").count() > 3
        assert page.evaluate("document.activeElement.innerText") == name
        again = Tab(browser, page.url)
        assert again.text("#say") == tab.text("#say")
        again.context.close()
        page.fill("#find", "")
        page.fill("#find", "nent 2")
        assert 0 < page.locator("#ranked tbody tr").count() < 15
        with page.expect_download() as download:
            page.click("#csv")
        assert (
            Path(download.value.path()).read_text(encoding="utf-8-sig").startswith("market,component,name,sector")
        )
        with page.expect_download() as download:
            page.click("#png")
        assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
        assert tab.notes == []


def test_country_opens_a_card(pages: dict[str, Path], browser: Any) -> None:
    with Tab(browser, (pages["plain"] / "dependency.html").as_uri()) as tab:
        tab.page.locator("#origins button").first.click()
        assert "China" in tab.text("#country h2")
        assert tab.page.locator("#country .supplies li").count() == 12
        tab.page.keyboard.press("Escape")
        assert not tab.page.locator("#country").is_visible()
        tab.page.evaluate("window.scrollTo(0, 0)")
        box = tab.page.locator(".folium-map").bounding_box()
        tab.page.mouse.move(box["x"] + box["width"] * 0.42, box["y"] + box["height"] * 0.42)
        tab.page.mouse.move(box["x"] + box["width"] * 0.42 + 2, box["y"] + box["height"] * 0.42)
        assert tab.page.locator(".tip").is_visible()
        for layer in ("flows", "countries", "suppliers"):
            tab.page.locator(f"[data-layer={layer}]").click()
        assert tab.page.locator("[data-legend=flows]").is_hidden()
        assert tab.page.locator("[data-legend=suppliers]").is_visible()
        assert tab.notes == []


def test_slider_changes_the_moves(pages: dict[str, Path], browser: Any) -> None:
    with Tab(browser, (pages["plain"] / "plan.html").as_uri()) as tab:
        page = tab.page
        assert page.locator("#moves tbody tr").count() == 5  # the study's own budget
        page.locator("#budget").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#moves tbody tr").count() == 11
        assert "$2 bn" in tab.text("#budget-now")
        assert "₹16,800 crore" in tab.text("#budget-now")
        assert "b=2" in page.url
        page.locator("#frontier circle.dot-plan").first.click()
        assert page.locator("#moves tbody tr").count() == 2
        page.locator("#moves td button").first.click()
        assert page.locator("#site").is_visible()
        assert page.locator("#site meter").count() >= 0
        page.keyboard.press("Escape")
        assert not page.locator("#site").is_visible()
        page.click("#unit")
        assert "crore" in tab.text("#kpis")
        assert page.locator("#limits li").count() == 1
        page.click("#play")
        sync_api.expect(page.locator("#moves tbody tr")).to_have_count(5)
        page.click("#play")
        assert tab.notes == []


@pytest.mark.parametrize(
    "name", ["index.html", "dependency.html#c=component-000&k=CHN&off=-", "plan.html#b=2&site=sri-city"]
)
def test_hostile_texts_are_shown_not_run(pages: dict[str, Path], browser: Any, name: str) -> None:
    file, _, state = name.partition("#")
    with Tab(browser, f"{(pages['hostile'] / file).as_uri()}#{state}") as tab:
        tab.page.wait_for_timeout(200)
        assert tab.page.evaluate("window.hacked") is None
        assert synthetic.HOSTILE in tab.page.evaluate("document.body.textContent")
        assert tab.page.locator("img[src=x]").count() == 0
        assert tab.page.locator("a[href^='javascript']").count() == 0
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 1440
        if file == "dependency.html":
            tab.page.evaluate("window.scrollTo(0, 0)")
            box = tab.page.locator(".folium-map").bounding_box()
            for step in range(12):
                tab.page.mouse.move(box["x"] + box["width"] * 0.38 + step * 6, box["y"] + box["height"] * 0.42)
            with tab.page.expect_download() as download:
                tab.page.click("#csv")
            table = Path(download.value.path()).read_text(encoding="utf-8-sig")
            assert "\"'=cmd" in table or ",'=cmd" in table
            assert tab.page.evaluate("window.hacked") is None
        assert tab.notes == []


def test_without_a_plan_the_index_says_so(pages: dict[str, Path]) -> None:
    assert sorted(path.name for path in pages["no plan"].iterdir()) == [
        "dependency.html",
        "graph.html",
        "index.html",
    ]
    page = (pages["no plan"] / "index.html").read_text(encoding="utf-8")
    assert "no plan was made" in page
    assert "plan.html" not in page


def test_plan_without_moves(browser: Any, tmp_path: Path) -> None:
    tables = synthetic.make_tables(10)
    exposures, shares = synthetic.make_measures(tables)
    plan = synthetic.make_plans(tables, exposures)[0]
    empty = dataclasses.replace(
        plan, moves=plan.moves.iloc[:0], losses=plan.losses.iloc[:0], limits=plan.limits.iloc[:0]
    )
    bare = tables.replace(suppliers=tables.suppliers.iloc[:0], makes=tables.makes.iloc[:0])
    write_pages(bare, synthetic.make_study(), exposures, shares, [empty], tmp_path)
    for name in ("plan.html", "dependency.html"):
        with Tab(browser, (tmp_path / name).as_uri()) as tab:
            assert tab.page.evaluate("document.documentElement.dataset.ready") == "true"
            assert tab.notes == []


def test_same_study_same_bytes(pages: dict[str, Path], tmp_path: Path) -> None:
    tables = synthetic.make_tables()
    exposures, shares = synthetic.make_measures(tables)
    for path in write_pages(
        tables, synthetic.make_study(), exposures, shares, synthetic.make_plans(tables, exposures), tmp_path
    ):
        assert path.read_bytes() == (pages["plain"] / path.name).read_bytes()


def test_unknown_address_is_refused() -> None:
    from branca.element import JavascriptLink

    from corridor.pages.kit.offline import OfflineFigure, check_offline

    figure = OfflineFigure("overview/page.html", [], {}, {}, Sectors({}, {}))
    figure.header.add_child(JavascriptLink("https://example.org/lib.js"))
    with pytest.raises(CorridorError, match=r"example\.org"):
        figure.render()
    with pytest.raises(CorridorError, match=r"tile\.png"):
        check_offline("<img src='https://example.org/tile.png'>")
    check_offline("<a href='https://example.org'>a link to follow</a>")
