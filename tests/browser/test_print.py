"""Pages on paper: nothing overlaps, tables repeat their heads, maps are whole."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pdf_text import Run, pages
from tests.browser.test_pages import CHROMIUM, Tab

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
#: Page, words of the head of its longest table, most pages of paper.
PRINTED = (
    ("dependency.html#k=CHN", ("Component", "Direct", "Evidence"), 6),
    ("graph.html#c=component-004", ("Component", "Sector", "HHI"), 6),
    ("plan.html#b=2&d=component-003@dholera@2026", ("Component", "Site", "Start"), 6),
)
#: Number of colours in the picture of the map, of some of its pixels.
COLOURS = """(() => {
  const { width, height } = document.querySelector(".papermap"), found = new Set();
  const { data } = document.querySelector(".papermap").getContext("2d").getImageData(0, 0, width, height);
  for (let n = 0; n < data.length; n += 4000) found.add(data.slice(n, n + 3).join());
  return found.size;
})()"""


def _overlaps(runs: list[Run]) -> list[tuple[str, str]]:
    """Different texts on the same place; widths are estimated, so that only clear cases count."""
    return [
        (one.text, other.text)
        for one, other in itertools.combinations(runs, 2)
        if one.text != other.text
        and abs(one.base - other.base) < 0.45 * min(one.size, other.size)
        and min(one.right, other.right) - max(one.left, other.left) > 25
    ]


@pytest.mark.parametrize(("name", "head", "most"), PRINTED)
def test_on_paper(folder: Path, browser: Any, name: str, head: tuple[str, ...], most: int) -> None:
    file, _, state = name.partition("#")
    with Tab(browser, f"{(folder / file).as_uri()}#{state}") as tab:
        printed = pages(tab.page.pdf(format="A4", prefer_css_page_size=True))
        assert 1 < len(printed) <= most
        for runs in printed:
            assert _overlaps(runs) == []
            words = " ".join(run.text for run in runs)
            if len(re.findall(r"\b20(?:2\d)\b|\d %", words)) > 60:  # a page of the table
                assert all(word in words for word in head), words[:200]
            assert all(20 < run.base < 822 for run in runs)
            assert all(20 < run.left < 575 for run in runs)
        # The screen is as it was.
        assert tab.page.locator(".papermap").count() == 0
        assert tab.notes == []


@pytest.mark.parametrize("name", ["dependency.html", "plan.html"])
def test_the_map_on_paper_is_the_whole_map(folder: Path, browser: Any, name: str) -> None:
    with Tab(browser, (folder / name).as_uri()) as tab:
        page = tab.page
        shape = "(({ width, height }) => width / height)"
        screen = page.evaluate(f"{shape}(document.querySelector('.folium-map').getBoundingClientRect())")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins
        box = page.locator(".papermap").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 703
        assert box["width"] > 300
        assert page.evaluate(f"{shape}(document.querySelector('.papermap'))") == pytest.approx(screen, rel=0.01)
        assert box["width"] / box["height"] == pytest.approx(screen, rel=0.02)
        colours = page.evaluate(COLOURS)
        assert colours > 4
        assert page.locator(".folium-map").is_hidden()
