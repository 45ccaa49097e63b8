"""Slim pages: what a browser draws is the same as with all style rules and end tags."""

import re
from pathlib import Path
from typing import Any

import pytest

from corridor.pages.entities.component import STYLES
from corridor.pages.kit.offline import _asset
from corridor.pages.kit.sectors import Sectors
from corridor.pages.kit.slim import used_rules, without_end_tags
from corridor.pages.report.page import STYLES as REPORT_STYLES
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]
#: Every computed property of every element, and of what stands before and after it.
LOOK = """() => [...document.querySelectorAll('body, body *')].flatMap(
    (node) => ['', '::before', '::after'].map((part) => {
    const style = getComputedStyle(node, part || null);
    return [...style].map((name) => style.getPropertyValue(name)).join('|');
}))"""


@pytest.mark.parametrize("name", ["components/component-009.html", "countries/IND.html", "report.html"])
def test_a_slim_page_looks_the_same(folder: Path, browser: Any, name: str) -> None:
    slim = (folder / name).read_text(encoding="utf-8")
    styles = REPORT_STYLES if name == "report.html" else STYLES
    full = " ".join([*(_asset(style) for style in styles), Sectors.of(synthetic.make_tables()).css()])
    page = browser.new_page()
    looks = []
    for style in (re.search(r"<style>(.*?)</style>", slim, re.S)[1], full):
        bare = re.sub(r"<style>.*?</style>|<meta http-equiv[^>]*>", "", slim, flags=re.S)
        page.set_content(bare.replace("</head>", f"<style>{style}</style></head>"))
        look = []
        for media, width in (("screen", 1440), ("screen", 390), ("print", 794)):
            page.emulate_media(media=media)
            page.set_viewport_size({"width": width, "height": 800})
            look += page.evaluate(LOOK)
        looks.append(look)
    page.close()
    assert len(looks[0]) > 1000
    assert looks[0] == looks[1]


def test_end_tags_are_not_missed(browser: Any) -> None:
    full = """<table><thead>
      <tr><th>a</th> <th>b</th></tr>
    </thead><tbody><tr><th>c</th><td>d <b>e</b></td></tr>
      <tr><td>f</td></tr></tbody></table>
    <ol><li>g</li>
      <li>h<ul><li>i</li></ul></li></ol><dl><dt>j</dt><dd>k</dd>
      <dt>l</dt><dd>m</dd></dl><p>n</p>"""
    slim = without_end_tags(full)
    assert len(slim) < len(full) - 100
    page = browser.new_page()
    trees = []
    for text in (full, slim):
        page.set_content(f"<!DOCTYPE html><body>{text}</body>")
        trees.append(re.sub(r"\s+(?=<)|(?<=>)\s+", "", page.evaluate("document.body.innerHTML")))
    page.close()
    assert trees[0] == trees[1]


def test_rules_that_match_nothing_are_left_out() -> None:
    style = (
        ":root{--a:1}*{margin:0}.used,.unused{color:red}p.unused{x:y}#here .used:not(.other){a:b}select{c:d}"
        '[data-sector="a"]{e:f}[data-sector="b"]{g:h}a[aria-current]{i:j}.used:is(.p,.q)::before{k:l}'
        "@media print{@page{size:A4}.used{m:n}.unused{o:p}}@media (max-width:9px){.unused{q:r}}"
    )
    page = '<p class="x used" id="here"><i data-sector="a"></i><a aria-current="page"></a></p>'
    assert used_rules(style, page) == (
        ":root{--a:1}*{margin:0}.used{color:red}#here .used:not(.other){a:b}"
        '[data-sector="a"]{e:f}a[aria-current]{i:j}.used:is(.p,.q)::before{k:l}'
        "@media print{@page{size:A4}.used{m:n}}"
    )


def test_pages_are_small(folder: Path) -> None:
    pages = [path.read_text(encoding="utf-8") for path in (folder / "components").glob("*.html")]
    sizes = [len(page.encode()) for page in pages]
    assert sum(sizes) / len(sizes) < 27_000  # 31,200 with all rules, end tags and charts of classes of goods
    every = sum(len(_asset(style)) for style in STYLES)
    for page in pages:
        (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
        assert len(style) < 0.8 * every
