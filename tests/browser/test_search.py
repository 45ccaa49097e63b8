"""The search that all pages share: words people use, codes, typing errors, and where what is found leads."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corridor
from corridor.pages import write_pages
from corridor.pages.kit.offline import PAGES
from corridor.pages.kit.search import _pattern, search_index, value_at_risk
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM, Tab, sync_api

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
ASSETS = PAGES / "kit" / "assets"


@pytest.fixture(scope="module")
def bundled(browser: Any) -> Iterator[Any]:
    """An empty page with the search on the bundled tables."""
    page = browser.new_page()
    index = json.dumps(search_index(corridor.load_tables())).replace("<", "\\u003c")
    page.set_content(f"<body><script type='application/json' id='find-index'>{index}</script></body>")
    for name in ("common.js", "search.js"):
        # `const corridor` is of the script alone; the tests ask the page for it.
        text = (ASSETS / name).read_text(encoding="utf-8").replace("const corridor =", "globalThis.corridor =")
        page.add_script_tag(content=text)
    yield page
    page.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages of a small study with plans and hostile names."""
    out = tmp_path_factory.mktemp("search")
    tables = synthetic.make_trade(synthetic.make_tables(15, hostile=True))
    exposures, shares = synthetic.make_measures(tables)
    plans = synthetic.make_plans(tables, exposures)
    write_pages(tables, synthetic.make_study(), exposures, shares, plans, out, has_component_pages=True)
    return out


@pytest.mark.parametrize(
    ("words", "first", "among"),
    [
        ("rare earth", None, {"ndfeb-magnet", "dysprosium-oxide", "ndpr-oxide", "mixed-rare-earth-concentrate"}),
        ("Rare Earths", None, {"ndfeb-magnet", "terbium-oxide"}),
        ("chips", None, {"dram", "microcontroller", "application-processor", "chip-resistor"}),
        ("API", None, {"paracetamol", "metformin-hcl", "ibuprofen"}),
        ("penicilin", "penicillin-g-potassium", {"penicillin-v", "6-apa"}),
        ("850511", None, {"ndfeb-magnet", "bonded-ndfeb-magnet", "smco-magnet"}),
        ("8505.11", None, {"ndfeb-magnet", "smco-magnet"}),
        ("8505", None, {"ndfeb-magnet", "ferrite-magnet"}),
        ("6-APA", "6-apa", set()),
        ("batteries vehicle", "battery-pack", set()),
        ("neodimium oxide", "ndpr-oxide", set()),
        ("aluminum", None, {"aluminium"}),
        ("tuberculosis", None, {"rifampicin", "isoniazid"}),
        ("acetaminophen", None, {"paracetamol"}),
    ],
)
def test_words_people_use(bundled: Any, words: str, first: str | None, among: set[str]) -> None:
    found = bundled.evaluate("(words) => corridor.findComponents(words)", words)
    assert among <= set(found), found[:20]
    assert first is None or found[0] == first, found[:5]
    assert len(found) < 120  # and not everything


def test_what_fits_nothing_finds_nothing(bundled: Any) -> None:
    for words in ("xyzzyq", "  ", "-", "850599", "zz", "penicillin smartphone"):
        assert bundled.evaluate("(words) => corridor.findComponents(words)", words) == [], words


def test_every_phrase_of_the_thesaurus_means_something() -> None:
    tables = corridor.load_tables()
    sector = dict(zip(tables.sectors["id"], tables.sectors["name"], strict=True))
    rows = zip(*(tables.components[name] for name in ("name", "sector", "stage")), strict=True)
    texts = [f"{name} {sector[kind]} {stage}".lower() for name, kind, stage in rows]
    with (ASSETS / "synonyms.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    words = [line["word"].lower() for line in lines]
    assert len(words) == len(set(words))
    dead = [
        (line["word"], phrase)
        for line in lines
        for phrase in line["means"].split(";")
        if not any(_pattern(phrase).search(text) for text in texts)
    ]
    assert dead == []


def test_the_index_begins_with_most_value_at_risk() -> None:
    tables = synthetic.make_tables(15)
    exposures, shares = synthetic.make_measures(tables)
    index = search_index(tables, exposures, shares, synthetic.make_plans(tables, exposures))
    worth = value_at_risk(tables, exposures)
    values = [worth[row[0]] for row in index["components"]]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1] > 0
    assert {row[0] for row in index["components"] if row[6]} == {f"component-{n:03d}" for n in range(11)}
    assert [row[:2] for row in index["sites"]] == [["sri-city", "Sri City"], ["dholera", "Dholera"]]
    assert index["firms"][3] == ["Firm 3", [[row[0] for row in index["countries"]].index("CHN")], 1]


@pytest.mark.parametrize("name", ["index", "dependency", "graph", "plan", "components"])
def test_slash_opens_it_on_every_top_page(folder: Path, browser: Any, name: str) -> None:
    with Tab(browser, (folder / f"{name}.html").as_uri()) as tab:
        page = tab.page
        page.keyboard.press("/")
        page.keyboard.type("componet 9")
        assert tab.text("#finder .hit").split("\n")[0] == "Component 9"
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.className") == "hit"
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("component-009"))
        if name in {"index", "components"}:
            assert tab.text("h1") == "Component 9"
        else:
            sync_api.expect(page.locator("html")).to_have_attribute("data-ready", "true")
            assert f"{name}.html#c=component-009" in page.url
            assert not page.locator("#finder").is_visible()
        assert tab.notes == []


def test_pages_of_components_and_countries_lead_to_it(folder: Path, browser: Any) -> None:
    for name in ("components/component-009.html", "countries/CHN.html"):
        with Tab(browser, (folder / name).as_uri()) as tab:
            tab.page.click("a.seek")
            sync_api.expect(tab.page.locator("#finder-words")).to_be_focused()
            tab.page.keyboard.type("vietnam")
            assert tab.text("#finder .hit").split("\n")[0] == "Vietnam"
            tab.page.keyboard.press("Enter")
            tab.page.wait_for_url(re.compile("VNM"))
            assert tab.text("h1") == "Vietnam"
    with Tab(browser, f"{(folder / 'index.html').as_uri()}#search=firm%2012") as tab:
        assert tab.text("#finder .hit").split("\n")[0] == "Firm 12"
        tab.page.click("#finder .hit")
        sync_api.expect(tab.page.locator("#country h2")).to_have_text("Firm 12")
        assert tab.notes == []


def test_settings_stay_and_sites_are_found(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'plan.html').as_uri()}#b=2&u=inr&s=electronics&site=sri-city") as tab:
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("gujarat")
        tab.page.keyboard.press("Enter")
        sync_api.expect(tab.page.locator("#site h2")).to_have_text("Dholera")
        assert tab.page.url.endswith("#b=2&s=electronics&site=dholera&u=inr")
        tab.page.focus("#find")
        tab.page.keyboard.press("/")
        assert not tab.page.locator("#finder").is_visible()
        assert tab.page.input_value("#find") == "/"
        assert tab.notes == []


def test_hostile_names_are_found_not_run(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "index.html").as_uri()) as tab:
        tab.page.keyboard.press("/")
        tab.page.keyboard.type("script window")
        assert synthetic.HOSTILE in tab.page.locator("#finder-hits").inner_text()
        assert tab.page.evaluate("window.hacked") is None
        tab.page.locator("#finder section:has-text('Firms') .hit").first.click()
        sync_api.expect(tab.page.locator("#country h2")).to_have_text(synthetic.HOSTILE)
        assert tab.page.evaluate("window.hacked") is None
        assert tab.notes == []
