"""Pages of components and countries, their list and the report: links, file names, figures, and hostile texts."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import corridor
from corridor.data.tables import Tables
from corridor.errors import CorridorError
from corridor.measures import headline
from corridor.pages import write_pages, write_report
from corridor.pages.entities.component import component_page
from corridor.pages.entities.country import Lands, country_page, country_rows
from corridor.pages.entities.facts import Facts
from corridor.pages.entities.window_rows import window_rows
from corridor.pages.kit import charts
from corridor.pages.kit.links import component_files, file_names
from corridor.pages.kit.offline import check_offline
from corridor.pages.kit.payload import rows_of
from corridor.pages.kit.sources import SourceNotes
from corridor.pages.kit.words import amount, dollars, listed, percent, points
from corridor.pages.overview.downloads import downloads
from corridor.pages.overview.page import index_page
from corridor.pages.report.page import report_page
from corridor.pages.report.plans import three_budgets
from corridor.runs.results import write_results
from tests.browser import synthetic

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.html")


class Links(HTMLParser):
    """Addresses that a reader may follow, anchors, and scripts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.anchors: set[str] = set()
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.scripts += tag == "script"
        if tag == "a" and given.get("href"):
            self.hrefs.append(str(given["href"]))
        if given.get("id"):
            self.anchors.add(str(given["id"]))


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.make_trade(synthetic.make_tables(30))


@pytest.fixture(scope="module")
def facts(tables: Tables) -> Facts:
    exposures, shares = synthetic.make_measures(tables)
    return Facts.of(tables, synthetic.make_study(), exposures, shares, synthetic.make_plans(tables, exposures))


@pytest.fixture(scope="module")
def folder(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with hostile ids and names, tables and all pages."""
    out = tmp_path_factory.mktemp("results")
    renamed = hostile(synthetic.make_trade(synthetic.make_tables(30, hostile=True)))
    exposures, shares = synthetic.make_measures(renamed)
    plans = synthetic.make_plans(renamed, exposures)
    write_results(out, synthetic.make_study(), renamed, exposures, shares, plans, {"kind": exposures.head()})
    write_pages(renamed, synthetic.make_study(), exposures, shares, plans, out, has_component_pages=True)
    return out


HOSTILE_IDS = {
    "component-000": "../../outside",
    "component-001": "CON",
    "component-002": "<script>window.hacked=4</script>",
    "component-003": "COMPONENT-004",
    "component-005": "__proto__",
}


def hostile(tables: Tables) -> Tables:
    """The tables with ids that would leave the folder, name a device, run, or fall together on some systems."""
    frames = {
        name: frame.assign(
            **{column: frame[column].replace(HOSTILE_IDS) for column in frame if str(frame[column].dtype) == "str"}
        )
        for name, frame in tables
    }
    technologies = frames["technologies"]
    frames["technologies"] = technologies.assign(id=technologies["component"] + "-s")
    return Tables(**frames)


@given(st.lists(st.text(max_size=40), unique=True, max_size=30))
@example(["a", "A", "a--b", "..", ".", "", "/", "nul", "COM1", "con", "x" * 300, "é", "e", "\ud800"])
def test_file_names_are_safe_and_never_the_same(ids: list[str]) -> None:
    names = file_names(ids)
    assert set(names) == set(ids)
    assert len({name.lower() for name in names.values()}) == len(ids)
    assert all(SAFE.fullmatch(name) and len(name) < 100 for name in names.values())
    assert not {name.lower() for name in names.values()} & {"con.html", "nul.html", "com1.html", "prn.html"}


def test_plain_ids_name_their_files() -> None:
    assert file_names(["gallium", "2-mni", "CHN"]) == {
        name: f"{name}.html" for name in ("gallium", "2-mni", "CHN")
    }


def test_a_made_name_is_not_taken_by_another_id() -> None:
    made = file_names(["a b"])["a b"].removesuffix(".html")
    assert file_names(["a b", made])[made] != f"{made}.html"


def test_every_link_leads_to_a_file_of_the_folder(folder: Path) -> None:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 40
    read = {path.resolve(): Links(path.read_text(encoding="utf-8")) for path in pages}
    root = folder.resolve()
    for path, links in read.items():
        for href in links.hrefs:
            address = urlsplit(href)
            if address.scheme:
                assert address.scheme in {"http", "https"}, (path, href)
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.is_relative_to(root), (path, href)
            assert target.is_file(), (path, href)
            # A fragment of a page with a script is its state; the others are anchors.
            if address.fragment and "=" not in address.fragment:
                assert unquote(address.fragment) in read[target].anchors, (path, href)


def test_no_file_leaves_the_folder(folder: Path) -> None:
    names = [path.name for part in ("components", "countries") for path in (folder / part).iterdir()]
    assert all(SAFE.fullmatch(name) for name in names)
    assert len(names) == len({name.lower() for name in names})
    assert not (folder.parent / "outside.html").exists()
    assert len(list((folder / "components").iterdir())) == 30


def test_hostile_texts_are_escaped_everywhere(folder: Path) -> None:
    for path in [*(folder / "components").iterdir(), *(folder / "countries").iterdir(), folder / "report.html"]:
        page = path.read_text(encoding="utf-8")
        assert Links(page).scripts == 0
        assert "<img" not in page
        assert "script-src 'none'" in page
        assert "javascript:" not in page
        assert " style=" not in page


def test_a_components_page_says_what_the_measures_say(facts: Facts) -> None:
    row = next(rows_of(facts.tables.components.iloc[9:10]))
    page = component_page(facts, row).replace("\u00a0", " ")
    exposed = facts.exposure["IND", row.id]
    assert f"India buys {percent(exposed.direct)} of it".replace("\u00a0", " ") in page
    assert f"{percent(exposed.stop)} of the supply stops".replace("\u00a0", " ") in page
    inputs = page[page.index("What it needs") : page.index("What needs it")]
    assert re.findall(r'href="\.\./components/([^"]+)"', inputs) == ["component-008.html"]
    assert "50 %" in inputs  # part of the value of the only input
    assert "As it is" not in page
    # Home production as the tables state it, with its range.
    assert '<td class="n">30 %<span class="second">20–40 %</span><td' in page


def test_tiers_of_the_chart_add_up_to_net_exposure(facts: Facts) -> None:
    for key, exposed in facts.exposure.items():
        total = sum(row.contribution for row in facts.tiers.get(key, []))
        assert total == pytest.approx(exposed.net, abs=1e-9)


def test_origins_and_their_rest_are_all_of_the_supply(facts: Facts) -> None:
    for key, rows in facts.origins.items():
        rest = facts.other_origins.get(key, (0, 0.0))[1]
        assert sum(row.share for row in rows) + rest == pytest.approx(1.0)


def test_imports_over_the_years_count_the_target_as_one(facts: Facts) -> None:
    years, values, status, source = facts.imports["IND", "component-000"]
    assert years == [2020, 2022]
    assert values == {"target": [40.0, 90.0], "JPN": [60.0, 10.0]}
    assert (status, source) == ("inherited", "book")
    assert ("USA", "component-000") not in facts.imports


def test_exposure_to_a_country_is_that_of_a_target_of_one(facts: Facts) -> None:
    lands = Lands.of(facts)
    alone = headline(facts.tables, corridor.exposure(facts.tables, ["IND", "USA"], ["JPN"])).set_index("market")
    for market in ("IND", "USA"):
        row = lands.total["JPN", market][0]
        for kind in ("direct", "net", "stop"):
            assert getattr(row, kind) == pytest.approx(alone.at[market, kind], abs=1e-8)
    assert [lands.total[iso3, "IND"][0].rank for iso3 in ("CHN",)] == [1.0]
    assert np.isnan(lands.total["IND", "IND"][0].rank)


def test_sectors_sum_to_the_total(facts: Facts) -> None:
    lands = Lands.of(facts)
    whole = lands.total["CHN", "IND"][0]
    parts = lands.sectors["CHN", "IND"]
    total = sum(part.total for part in parts)
    assert sum(part.net * part.total for part in parts) / total == pytest.approx(whole.net)


def test_every_country_that_supplies_has_a_page(facts: Facts) -> None:
    rows = country_rows(facts)
    assert {row.iso3 for row in rows} == set(synthetic.COUNTRIES) - {"ROW", "EUU"}
    page = country_page(facts, Lands.of(facts), next(row for row in rows if row.iso3 == "CHN"))
    assert "80 works known" in page
    assert "part of the target" in page
    assert "itself a market" not in page


def test_indias_page_tells_what_the_plan_builds(facts: Facts) -> None:
    lands = Lands.of(facts)
    pages = {
        row.iso3: country_page(facts, lands, row) for row in country_rows(facts) if row.iso3 in {"IND", "USA"}
    }
    part = pages["IND"].split("builds here</h2>")[1].split("</section>")[0]
    rows = re.findall(r'<th scope="row">([^<]*)<td>([^<]*)<td class="n">(\d+)<td', part)
    assert sorted(rows) == [("Dholera", "Gujarat", "2"), ("Sri City", "Andhra Pradesh", "3")]
    assert part.count("../components/component-00") == 5
    assert "builds here" not in pages["USA"]


def test_windows_without_a_plan_and_with_one(facts: Facts) -> None:
    study = synthetic.make_study()
    rows = window_rows(facts.tables, study, None)
    assert (rows["cut"] == 1.0).all()
    # Everything is withheld and a month of it is in stock; ore, made without inputs, can last a month longer.
    made = rows["component"].str[-3:].astype(int) % 5 > 0
    assert (rows.loc[made, "first_before"] == 2).all()
    assert rows["first_before"].isin([2, 3]).all()
    assert rows[["first_after", "loss_after"]].isna().all(axis=None)
    after = window_rows(facts.tables, study, facts.plans[-1]).set_index("component")
    moved = facts.plans[-1].moves["component"].iloc[4]
    assert after.at[moved, "loss_after"] < after.at[moved, "loss_before"]
    assert (after["loss_after"] <= after["loss_before"] + 1e-6).all()


def test_three_budgets() -> None:
    study = synthetic.make_study()
    assert three_budgets(study) == [500.0, 1000.0]
    wide = study.model_copy(
        update={"budgets_usd_m": (500.0, 1000.0, 2000.0, 4000.0, 26000.0), "budget_usd_m": 8000.0}
    )
    assert three_budgets(wide) == [500.0, 2000.0, 8000.0]
    one = study.model_copy(update={"budgets_usd_m": (), "budget_usd_m": 10.0})
    assert three_budgets(one) == [10.0]


def test_the_report_repeats_the_plans(facts: Facts) -> None:
    exposures, _ = synthetic.make_measures(facts.tables)
    page = report_page(facts, exposures).replace("\u00a0", " ")
    for plan in facts.plans[:2]:
        assert dollars(float(plan.summary["expected_loss_after_usd_m"])).replace("\u00a0", " ") in page
        assert dollars(float(plan.summary["capex_usd_m"])).replace("\u00a0", " ") in page
    whole = headline(facts.tables, facts.plans[1].exposure).set_index("market")
    was, now = (100 * whole.at["IND", f"net_{when}"] for when in ("before", "after"))
    assert f"{was:.1f} % → {now:.1f} %" in page
    worth = report_page(facts, exposures, reasons=synthetic.make_reasons(facts.plans[1])).replace("\u00a0", " ")
    assert "Without it the expected loss is $40 M higher" in worth
    assert "Without it the expected loss" not in page


def test_a_report_alone_has_no_links(facts: Facts, tmp_path: Path) -> None:
    exposures, shares = synthetic.make_measures(facts.tables)
    path = write_report(
        facts.tables, facts.study, exposures, shares, facts.plans, tmp_path / "new" / "report.html"
    )
    assert [href for href in Links(path.read_text(encoding="utf-8")).hrefs if not href.startswith("#")] == []
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_pages_without_plans(tables: Tables, tmp_path: Path) -> None:
    exposures, shares = synthetic.make_measures(tables)
    write_pages(tables, synthetic.make_study(), exposures, shares, [], tmp_path, has_component_pages=True)
    assert "no plan was made" in (tmp_path / "report.html").read_text(encoding="utf-8")
    page = (tmp_path / "components" / "component-004.html").read_text(encoding="utf-8")
    assert "What the plan of" not in page
    assert "plan.html" not in page
    for path in tmp_path.rglob("*.html"):
        for href in Links(path.read_text(encoding="utf-8")).hrefs:
            if not urlsplit(href).scheme and urlsplit(href).path:
                assert (path.parent / unquote(urlsplit(href).path)).is_file(), (path, href)


def test_the_same_study_gives_the_same_pages(facts: Facts, tables: Tables) -> None:
    exposures, shares = synthetic.make_measures(tables)
    again = Facts.of(tables, facts.study, exposures, shares, facts.plans)
    row = next(rows_of(tables.components.iloc[4:5]))
    assert component_page(facts, row) == component_page(again, row)
    assert report_page(facts, exposures) == report_page(again, exposures)


def test_the_overview_lists_only_files_that_are_there(folder: Path, tmp_path: Path) -> None:
    assert downloads(tmp_path / "nothing") == []
    groups = {group["title"]: [file["name"] for file in group["files"]] for group in downloads(folder)}
    assert "exposure.csv" in groups["Results"]
    assert groups["Measures"] == ["kind.csv"]
    assert "moves.csv" in groups["Plan of $500\u00a0M"]
    assert "recipes.parquet" in groups["Tables of the study"]
    assert not any(name.endswith(".html") for names in groups.values() for name in names)


def test_the_overview_tells_what_the_exposure_rests_on(tables: Tables) -> None:
    exposures, shares = synthetic.make_measures(tables)
    page = index_page(tables, synthetic.make_study(), exposures, shares, [])
    part = page[page.index("How much of the exposure is known") :].split("</section>")[0]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", part)
    assert rows[0][0] == "All final needs"
    for _, cells in rows:
        figures = [float(value) for value in re.findall(r"(\d+)\u00a0%", cells)]
        assert sum(figures) == pytest.approx(100.0, abs=2.0)


def test_sources_are_numbered_once_and_only_web_addresses_linked() -> None:
    known = {row.key: row for row in rows_of(synthetic.make_tables(5, hostile=True).sources.fillna(""))}
    notes = SourceNotes(known)
    assert [notes("book", 2020), notes("own"), notes("book", 2022), notes(None), notes("<b>book</b>")] == [
        1,
        2,
        1,
        0,
        3,
    ]
    listed_ones = notes.listed()
    assert [one["years"] for one in listed_ones] == ["2020–2022", "", ""]
    assert [bool(one["address"]) for one in listed_ones] == [True, False, False]


def test_columns_are_as_high_as_their_values() -> None:
    series = [charts.Series("<a>", "o1", [1.0, 2.0]), charts.Series("b", "o2", [3.0, 0.0])]
    drawn = str(charts.columns([2020, 2022], series, "t", "US$", ["25 %", "100 %"]))
    heights = [float(value) for value in re.findall(r"h[\d.]+v([\d.]+)h", drawn)]
    # Series by series: 1 and 2, then 3 on top of the 1.
    assert heights == pytest.approx([heights[0], 2 * heights[0], 3 * heights[0]], rel=0.01)
    assert "&lt;a&gt;, 2020: 1" in drawn
    assert "<a>" not in drawn


def test_words() -> None:
    plain = [text.replace("\u00a0", " ") for text in map(percent, (0.0, 0.0049, 0.005, 0.5, 0.995, 1.0, None))]
    assert plain == ["0 %", "< 1 %", "1 %", "50 %", "> 99 %", "100 %", "–"]
    money = [dollars(value).replace("\u00a0", " ") for value in (0.0, 0.02, 5.0, 250.0, 1500.0, 2.5e6, -3.0)]
    assert money == ["$0", "< $0.1 M", "$5 M", "$250 M", "$1.5 bn", "$2.5 trillion", "−$3 M"]
    assert points(-0.0213).replace("\u00a0", " ") == "−2.1 points"
    assert amount(64e6, "unit").replace("\u00a0", " ") == "64 million units"
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_component_files_of_the_bundled_tables_are_their_ids() -> None:
    tables = corridor.load_tables()
    assert component_files(tables) == {name: f"{name}.html" for name in tables.components["id"]}


@pytest.mark.parametrize(
    "piece",
    [
        "<img SRC = 'https://example.org/a.png'>",
        "<svg><use href='other.svg#a'/></svg>",
        "<link rel='stylesheet' href='a.css'>",
        "<style>@IMPORT 'a.css'</style>",
        "<style>p { background: url( a.png ) }</style>",
        "<video poster=a.png></video>",
        "<object data=a.svg></object>",
    ],
)
def test_what_a_page_would_load_is_found(piece: str) -> None:
    with pytest.raises(CorridorError, match="page loads"):
        check_offline(f"<p>Before</p>{piece}<p>after</p>")


def test_words_that_only_look_like_it_are_let_through() -> None:
    check_offline('<link rel="icon" href="data:,"><td data-v="0.5">src = 3, url(x), @import</td>')


def test_pages_of_a_study_without_windows_trade_or_suppliers(tmp_path: Path) -> None:
    tables = synthetic.make_tables(10)
    bare = tables.replace(**{name: getattr(tables, name).iloc[:0] for name in ("suppliers", "makes", "recipes")})
    study = synthetic.make_study().model_copy(update={"denials": ()})
    exposures, shares = synthetic.make_measures(bare)
    write_pages(bare, study, exposures, shares, [], tmp_path, has_component_pages=True)
    page = (tmp_path / "components" / "component-004.html").read_text(encoding="utf-8")
    assert "No window of the study affects it" in page
    assert "No recipe is known" in page
    assert "No works are listed" in page
