"""The two maps in a real browser: what is clicked, typed, dragged, followed, downloaded and printed."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from corridor.errors import ConfigError
from corridor.pages import explore, write_pages
from tests.browser import synthetic
from tests.browser.test_pages import CHROMIUM, Tab, sync_api

VIEW = re.compile(r"v=[-\d.]+_[-\d.]+_[\d.]+")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")


def _first(tab: Tab) -> str:
    """Country and share that head the list of origins."""
    return " ".join(tab.text("#origins li").split()[:2])


def test_measure_shades_countries_and_lists_them(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        seen = set()
        for kind in ("direct", "net", "stop"):
            tab.page.click(f"#measure button[data-value={kind}]")
            seen.add(tab.text("#origins li"))
            assert _first(tab).startswith("China")
        assert len(seen) == 3
        assert "alone stops" in tab.text("#legend-share")
        assert tab.notes == []


def _table(tab: Tab) -> pd.DataFrame:
    with tab.page.expect_download() as download:
        tab.page.click("#csv")
    return pd.read_csv(download.value.path())


def test_most_value_at_risk_comes_first_and_one_choice_leaves_out_materials(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        page = tab.page
        assert page.locator("#ranked th[aria-sort=descending]").inner_text().startswith("At risk")
        rows = _table(tab)
        assert rows["at_risk_usd_m"].tolist() == pytest.approx((rows["net"] * rows["need_usd_m"]).tolist())
        assert rows["at_risk_usd_m"].is_monotonic_decreasing
        assert rows["net"].is_monotonic_decreasing is False  # another order
        assert tab.text("#ranked tbody tr:first-child th") == rows.loc[0, "name"]
        page.click("#measure button[data-value=stop]")
        stopped = _table(tab)
        assert stopped["at_risk_usd_m"].tolist() == pytest.approx(
            (stopped["stop"] * stopped["need_usd_m"]).tolist()
        )
        page.select_option("#sector", label="Medicines, without materials")
        made = _table(tab)
        assert set(made["sector"]) == {"pharma"}
        assert set(made["stage"]) == {"part", "product"}
        assert "g=made" in page.url
        with Tab(browser, page.url) as again:
            assert again.text("#count") == tab.text("#count") == f"{len(made)} components"
            assert again.page.locator("#sector option:checked").inner_text() == "Medicines, without materials"
        page.click("#stage button[data-value=product]")
        assert set(_table(tab)["stage"]) == {"product"}
        assert page.locator("#sector option:checked").inner_text() == "Medicines"
        # A component of another stage that is chosen elsewhere is not hidden.
        page.fill("#find", "Component 0")
        assert page.locator("#ranked tr.chosen").count() == 1
        assert tab.notes == []


def test_year_shows_reported_imports(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        tab.page.select_option("#year", "2020")
        assert tab.page.locator("#measure button[data-value=direct]").get_attribute("aria-pressed") == "true"
        assert "60 %" in tab.text("#origins li")
        tab.page.select_option("#year", "2022")
        assert "90 %" in tab.text("#origins li")
        assert "y=2022" in tab.page.url
        tab.page.get_by_role("button", name="United States").click()
        assert tab.page.locator("#year").is_disabled()
        assert "y=2022" not in tab.page.url
        assert tab.notes == []


def test_panel_of_country_flow_and_supplier(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'dependency.html').as_uri()}#by=direct") as tab:
        page = tab.page
        page.locator("#origins button").first.click()
        assert page.locator("#country .figures-table tbody tr").count() == 2
        assert page.locator("#country a[href='countries/CHN.html']").count() == 1
        assert page.locator("#country .badge").count() > 3
        page.keyboard.press("Escape")
        page.evaluate("location.hash = '#by=direct&f=CHN-IND'")  # a link pasted into an open page
        sync_api.expect(page.locator("#country h2")).to_have_text("China → India")
        page.locator("#country .supplies button").first.click()
        name = tab.text("#ranked tr.chosen th")
        assert name in tab.text("#origins-title")
        assert page.locator("#figures a[href^='components/component-']").count() == 1
        page.evaluate("location.hash = '#p=firm-3'")
        sync_api.expect(page.locator("#country h2")).to_have_text("Firm 3")
        page.evaluate("location.hash = '#k=BRA'")  # a country of the outlines that is in no table
        sync_api.expect(page.locator("#country")).to_contain_text("Nothing is known of this country")
        page.keyboard.press("Escape")
        box = page.locator(".leaflet-container").bounding_box()
        for right in range(5, 40):  # a click on land without data, somewhere along a line over Africa and Brazil
            page.mouse.click(box["x"] + box["width"] * right / 100, box["y"] + box["height"] * 0.62)
            if "Nothing is known" in (page.locator("#country").inner_text() or ""):
                break
        sync_api.expect(page.locator("#country")).to_contain_text("Nothing is known of this country")
        assert tab.notes == []


def test_map_is_clicked_and_the_view_kept(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        page = tab.page
        box = page.locator(".folium-map").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.36, box["y"] + box["height"] * 0.42)
        assert page.locator("#country").is_visible()
        page.keyboard.press("Escape")
        page.locator(".folium-map").focus()
        page.keyboard.press("+")
        sync_api.expect(page).to_have_url(VIEW)
        with Tab(browser, page.url) as again:
            sync_api.expect(again.page).to_have_url(VIEW)
        page.click("#home")
        sync_api.expect(page).not_to_have_url(VIEW)
        assert tab.notes == []


def test_flows_more_fewer_and_to_all_markets(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "dependency.html").as_uri()) as tab:
        count = tab.text("#flow-count")
        tab.page.locator("#all-markets").check()
        assert int(tab.text("#flow-count").split()[-1]) > int(count.split()[-1])
        tab.page.locator("#flows").fill("5")
        assert tab.text("#flow-count").startswith("5 of")
        assert "w=1" in tab.page.url
        assert "n=5" in tab.page.url
        assert tab.notes == []


def test_plan_says_why_and_what_could_be_otherwise(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "plan.html").as_uri()) as tab:
        page = tab.page
        page.locator("#moves tbody th button").nth(1).click()
        words = tab.text("#site")
        for wanted in (
            "expected loss is $40 M higher",
            "Replaces",
            "Stays dependent",
            "avoid at least 99.0 % of the loss avoided by the best",
        ):
            assert wanted in words
        assert page.locator("#site a[href^='components/']").count() == 1
        assert page.locator("#moves tr:not(.opened) .mark.must").count() == 1
        assert page.locator("#moves tr:not(.opened) .mark.could").count() == 4
        page.click("#paint button[data-value=others]")
        assert page.locator(".verdict rect").count() == 1  # the square of the site with the must
        assert "1 component is in none" in tab.text("#others-note")
        assert page.locator("[data-legend=sector]").is_hidden()
        with Tab(browser, page.url) as again:
            assert again.text("#site") == tab.text("#site")
        page.locator("#budget").focus()
        page.keyboard.press("Home")  # the least budget has neither reasons nor other plans
        assert page.locator(".verdict").count() == 0
        assert "not computed" in (page.locator("#others-note").text_content() or "")
        assert tab.notes == []


def test_plan_says_what_the_money_buys_and_for_whom(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "plan.html").as_uri()) as tab:
        page = tab.page
        assert tab.text("#say").startswith(
            "$1 bn for 5 plants avert $200 M of expected loss: $0.20 for each dollar. "
            "On average losses that does not pay: it is an insurance against the worst windows."
        )
        tiles = tab.text("#kpis")
        for words in ("Expected loss, 2026–2035", "Discounted at", "India counts in full, the United States half"):
            assert words in tiles
        assert "Not even the first dollar averts a dollar on average. After this plan it averts $0.22." in tiles
        order = "['money', 'moves', 'levers'].map((id) => document.getElementById(id).getBoundingClientRect().top)"
        tops = page.evaluate(order)
        assert tops == sorted(tops)
        kinds = ["Expected loss", "Direct exposure", "Net exposure", "Stop exposure"]
        assert page.locator("#gains tbody th").all_inner_texts() == kinds
        assert "17 %" in tab.text("#gains tbody td")
        assert "stocks and substitution are not counted" in page.locator("#gains abbr").nth(3).get_attribute(
            "title"
        )
        assert page.locator("#frontier path.a0").count() == 1
        assert page.locator("#frontier .even").count() == 0
        assert tab.notes == []


def test_plants_of_a_component_share_a_row_and_open_it(browser: Any, tmp_path: Path) -> None:
    tables = synthetic.make_tables(10)
    exposures, found = synthetic.make_measures(tables)
    plan = synthetic.make_plans(tables, exposures)[1]
    names = ["component-000", "component-000", "component-002", "component-002", "component-004"]
    moves = plan.moves.assign(component=names, technology=[f"{name}-s" for name in names])
    moves.loc[2, "start_year"] = 2027
    moves.loc[4, ["made_usd_m", "replaces_target_usd_m", "still_target_usd_m"]] = 0.0
    seconds = {"component": ["component-000"], "origin": "VNM", "least_share": 0.1, "most_share": 0.2}
    plan = dataclasses.replace(
        plan,
        moves=moves,
        second_sources=pd.DataFrame({**seconds, "cost_usd_m": 300.0, "replaces_target_usd_m": 1.0}),
        stocks=pd.DataFrame(
            {"component": ["component-002"], "value_usd_m": 5.0, "months": 1.0, "cost_usd_m": 92.0}
        ),
    )
    write_pages(tables, synthetic.make_study(), exposures, found, [plan], tmp_path)
    with Tab(browser, (tmp_path / "plan.html").as_uri()) as tab:
        page = tab.page
        assert page.locator("#moves tbody tr").count() == 3
        assert "5 plants of 3 components, $100 M" in tab.text("#moves-count")
        # What does not build is said above the plants: 392 of 980.
        assert tab.text("#money").startswith("40 % of $980 M does not build")
        assert page.locator("#money-bar li").nth(1).inner_text() == "1 second source: $300\u00a0M, 31\u00a0%"
        assert "5 plants, 1 second source and 1 stock avert" in tab.text("#say")
        row = page.locator("#moves tbody tr:has-text('Component 0')")
        for words in ("Sri City", "Dholera", "2,000 t", "2 plants", "$40 M"):
            assert words in row.inner_text().replace("\u00a0", " ")
        assert "2026–2027" in page.locator("#moves tbody tr:has-text('Component 2')").inner_text()
        reason = page.locator("#moves tbody tr:has-text('Component 4') abbr").first
        assert "delivers only after 2035" in reason.get_attribute("title")
        row.locator("th button").click()
        assert tab.text("#site h2") == "Component 0"
        assert page.locator("#site .supplies li").count() >= 2
        assert "c=component-000" in page.url
        page.click("#group button[data-value=plant]")
        assert page.locator("#moves tbody tr").count() == 5
        with Tab(browser, f"{(tmp_path / 'plan.html').as_uri()}#c=component-007") as other:
            assert "does nothing for it" in other.text("#site")
            assert other.notes == []
        assert tab.notes == []


def test_site_shows_what_is_used_and_left(folder: Path, browser: Any) -> None:
    with Tab(browser, f"{(folder / 'plan.html').as_uri()}#site=dholera") as tab:
        assert tab.page.locator("#site meter").count() == 4
        assert "0 used, 5,000 left of 5,000 people" in tab.text("#site")
        tab.page.click("#site .close")
        tab.page.evaluate("location.hash = '#st=Gujarat'")
        sync_api.expect(tab.page.locator("#site h2")).to_have_text("Gujarat")
        assert tab.notes == []


def test_year_slider_builds_then_produces(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "plan.html").as_uri()) as tab:
        slider = tab.page.locator("#year")
        slider.focus()
        tab.page.keyboard.press("Home")
        assert "0 plants produce, 5 being built" in tab.text("#year-now")
        tab.page.keyboard.press("ArrowRight")
        tab.page.keyboard.press("ArrowRight")
        assert "2028: 5 plants produce, 0 being built" in tab.text("#year-now")
        assert "y=2028" in tab.page.url
        assert tab.notes == []


def test_slider_is_dragged_and_moves_are_searched(folder: Path, browser: Any) -> None:
    with Tab(browser, (folder / "plan.html").as_uri()) as tab:
        box = tab.page.locator("#budget").bounding_box()
        middle = box["y"] + box["height"] / 2
        tab.page.mouse.move(box["x"] + box["width"] / 2, middle)
        tab.page.mouse.down()
        tab.page.mouse.move(box["x"] + box["width"] - 3, middle, steps=4)
        tab.page.mouse.up()
        assert tab.page.locator("#moves tbody tr").count() == 11
        tab.page.fill("#find", "gujarat")
        assert tab.page.locator("#moves tbody tr").count() == 5
        assert "q=gujarat" in tab.page.url
        assert tab.notes == []


@pytest.mark.parametrize("name", ["dependency.html", "plan.html"])
def test_downloads_and_print(folder: Path, browser: Any, name: str) -> None:
    with Tab(browser, (folder / name).as_uri()) as tab:
        with tab.page.expect_download() as download:
            tab.page.click("#csv")
        table = pd.read_csv(download.value.path())
        assert len(table) == (60 if name == "dependency.html" else 5)
        with tab.page.expect_download() as download:
            tab.page.click("#png")
        picture = Path(download.value.path()).read_bytes()
        wide, high = (int.from_bytes(picture[start : start + 4], "big") for start in (16, 20))
        box = tab.page.locator(".folium-map").bounding_box()
        assert picture.startswith(b"\x89PNG")
        assert wide == 2 * round(box["width"])
        assert high > 2 * box["height"] + 120  # a title, the legend and the source line
        tab.page.emulate_media(media="print")
        tab.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert tab.page.locator("#csv").is_hidden()
        assert tab.page.locator("tbody tr").first.is_visible()
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= 1440
        assert tab.notes == []


def test_hostile_names_in_panels(browser: Any, tmp_path: Path) -> None:
    out = synthetic.write_everything(tmp_path, hostile=True)
    views = ("dependency.html#p=firm-0", "dependency.html#f=CHN-IND&c=component-000", "plan.html#paint=others")
    for view in (*views, "plan.html#d=component-000@sri-city@2026", "plan.html#site=sri-city&q=<script>"):
        file, _, state = view.partition("#")
        with Tab(browser, f"{(out / file).as_uri()}#{state}") as tab:
            assert synthetic.HOSTILE in tab.page.evaluate("document.body.textContent")
            assert tab.page.evaluate("window.hacked") is None
            assert tab.notes == []


def test_wrong_state_in_the_address_is_ignored(folder: Path, browser: Any) -> None:
    wrong = "#m=XXX&s=zzz&c=none&k=QQQ&f=A-B&p=x&y=1900&by=huh&n=-3&v=a_b_c&b=99&site=no&st=no&d=no&paint=no"
    for name in ("dependency.html", "plan.html"):
        with Tab(browser, f"{(folder / name).as_uri()}{wrong}") as tab:
            assert tab.page.evaluate("document.documentElement.dataset.ready") == "true"
            assert tab.notes == []


def test_notebook_shows_the_page_in_a_frame(browser: Any, tmp_path: Path) -> None:
    tables = synthetic.make_tables(20)
    exposures, _ = synthetic.make_measures(tables)
    plans = synthetic.make_plans(tables, exposures)
    study = synthetic.make_study()
    for page, kind in ((explore(tables, study), "#ranked"), (explore(plans, study, tables=tables), "#moves")):
        cell = tmp_path / "cell.html"
        cell.write_text(f"<!doctype html><meta charset=utf-8><body>{page._repr_html_()}</body>", encoding="utf-8")
        with Tab(browser, cell.as_uri()) as tab:
            frame = tab.page.frame_locator("iframe")
            sync_api.expect(frame.locator(f"{kind} tbody tr").first).to_be_visible()
        assert page.save(tmp_path / "new" / "page.html").read_text(encoding="utf-8") == page.html
    with pytest.raises(ConfigError, match="tables"):
        explore([], study)
    with pytest.raises(ConfigError, match="component-000"):
        explore(plans, study, tables=tables.replace(components=tables.components.iloc[15:]))


def test_summaries_are_escaped() -> None:
    tables = synthetic.make_tables(20)
    plan = synthetic.make_plans(tables, synthetic.make_measures(tables)[0])[2]
    plan.moves.loc[0, "component"] = synthetic.HOSTILE
    assert "<script" not in plan._repr_html_()
    assert plan._repr_html_().count("<tr>") == 12
    assert "components" in tables._repr_html_()
