"""Layout of every kind of page in a real browser: width, zoom, a box that is hidden and shown again."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_pages import CHROMIUM, Tab

#: A page of each kind, with what is chosen on it.
KINDS = (
    "index.html",
    "dependency.html",
    "dependency.html#k=CHN&c=component-009",
    "graph.html",
    "graph.html#c=component-004",
    "plan.html",
    "plan.html#site=sri-city",
    "components.html",
    "report.html",
    "components/component-009.html",
    "countries/CHN.html",
)
WIDTHS = (320, 390, 600, 720, 768, 820, 900, 1024, 1440)
#: Elements that reach beyond the right edge of the page and are not in a box that scrolls.
BEYOND = """() => {
  const wide = document.documentElement.clientWidth, right = (node) => node.getBoundingClientRect().right;
  const scrolls = (box) => getComputedStyle(box).overflowX !== "visible";
  const held = (box) => box !== document.body && (scrolls(box) || held(box.parentElement));
  const beyond = (node) => right(node) > wide + 1 && node.clientWidth;
  const nodes = [...document.querySelectorAll("body *")].filter(beyond);
  const found = nodes.filter((node) => !held(node.parentElement)).map((node) => node.outerHTML.slice(0, 80));
  return [document.documentElement.scrollWidth - wide, ...found.slice(0, 3)];
}"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


@pytest.mark.parametrize("name", KINDS)
def test_nothing_reaches_beyond_the_page(folder: Path, browser: Any, name: str) -> None:
    """Also at 200 % zoom: a screen of 1,440 pixels is then 720 wide."""
    file, _, state = name.partition("#")
    with Tab(browser, f"{(folder / file).as_uri()}#{state}") as tab:
        for width in WIDTHS:
            tab.page.set_viewport_size({"width": width, "height": 800})
            assert (width, tab.page.evaluate(BEYOND)) == (width, [0])
        assert tab.notes == []


#: What is shown of a map or picture: its scale, and where a place is on the screen.
LOOKS = {
    "dependency.html": "(({ x, y }) => [map_world.getZoom(), x, y])(map_world.latLngToContainerPoint([20, 80]))",
    "plan.html": "(({ x, y }) => [map_india.getZoom(), x, y])(map_india.latLngToContainerPoint([20, 80]))",
    "graph.html": "(({ a, e, f }) => [a, e, f])(document.querySelector('#picture > svg > g').getCTM())",
}
HIDE = "document.documentElement.style.display = 'none'"
SHOW = "document.documentElement.style.display = ''"
#: Waits until the browser has drawn, and told the page its new size.
FRAMES = (
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))"
)


@pytest.mark.parametrize("name", list(LOOKS))
def test_a_map_hidden_and_shown_is_drawn(folder: Path, browser: Any, name: str) -> None:
    """Without size when it loads, then shown, hidden and shown again: the same picture as if never hidden."""
    with Tab(browser, (folder / name).as_uri()) as tab:
        wanted = tab.page.evaluate(LOOKS[name])
        watch = f"new MutationObserver(() => {{ if (document.documentElement) {HIDE} }})"
        tab.page.add_init_script(f"{watch}.observe(document, {{ childList: true }})")
        tab.page.reload()
        for _ in range(2):
            tab.page.evaluate(SHOW)
            tab.page.evaluate(FRAMES)
            assert tab.page.evaluate(LOOKS[name]) == pytest.approx(wanted, abs=1.5)  # pixels
            tab.page.evaluate(HIDE)
            tab.page.evaluate(FRAMES)
        assert tab.notes == []
