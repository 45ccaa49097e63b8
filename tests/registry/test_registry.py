"""Every kind of measure by name, its options and columns; stops of units and failing sets against brute force."""

import itertools
import json
import math
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor import cli
from corridor.config import load_study
from corridor.data.tables import load_tables
from corridor.errors import ConfigError, DataError
from corridor.measures import (
    Network,
    exposure,
    exposure_by_tier,
    failing_set,
    failing_sets,
    fewest_failures,
    format_bound,
    parse_bound,
    stop,
    stop_losses,
    unit_stops,
)
from corridor.registry import KINDS, measure, study_measures
from corridor.registry.definition import OPTIONS
from corridor.runs.results import write_results
from tests import TINY, hand

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
budget_usd_m: 60
data: data
data_only: true
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""


@pytest.fixture(scope="module")
def tiny():
    return load_tables(TINY)


@pytest.fixture(scope="module")
def study():
    return load_study("default")


@pytest.fixture(scope="module")
def tiny_study(study):
    return study.model_copy(update={"target": ("CHN",)})


@pytest.fixture(scope="module")
def bundled():
    return load_tables()


@pytest.fixture
def corridor(monkeypatch, capsys):
    """Call the command line; gives exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["corridor", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = stopped.code or 0
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def chain():
    """A phone of a chip of gallium: gallium from China, chips from Taiwan and China, phones made in India."""
    return hand.tables(
        components={"phone": {"stage": "product"}, "chip": {}, "gallium": {"stage": "refined"}},
        recipes=[("phone", "chip", 0.4), ("chip", "gallium", 0.1)],
        world={
            "phone": {"CHN": 0.7, "IND": 0.3},
            "chip": {"TWN": 0.75, "CHN": 0.25},
            "gallium": {"CHN": 0.9, "JPN": 0.1},
        },
        sourcing={
            "IND": {
                "phone": {"IND": 0.8, "CHN": 0.2},
                "chip": {"TWN": 1.0},
                "gallium": {"CHN": 1.0},
            },
            "USA": {"phone": {"CHN": 1.0}, "chip": {"TWN": 1.0}, "gallium": {"JPN": 1.0}},
        },
        demand={"IND": {"phone": 100.0}, "USA": {"phone": 50.0}},
    )


# Kinds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_on_small_tables(tiny, tiny_study, name):
    kind = KINDS[name]
    frame = measure(tiny, tiny_study, name, market=["IND"] if "market" in kind.takes else ())
    assert len(frame)
    assert {column.name for column in kind.columns} <= set(frame.columns)
    assert all(column.meaning for column in kind.columns)
    assert set(kind.takes) <= set(OPTIONS)
    if "component" in frame:
        assert frame["name"].notna().all()


@pytest.mark.parametrize("name", list(KINDS))
def test_every_kind_refuses_what_it_does_not_take(tiny, study, name):
    given_ = {"market": ["IND"], "target": ["CHN"], "sector": "battery", "component": ["x"], "year": 2020}
    for option in set(OPTIONS) - set(KINDS[name].takes):
        with pytest.raises(ConfigError, match=f"{name} takes no option {option}; it takes"):
            measure(tiny, study, name, **{option: given_[option]})


def test_unknown_names_are_reported_together_with_similar_ones(bundled, study):
    with pytest.raises(ConfigError) as error:
        measure(
            bundled, study, "exposure", market=["INDIA"], target=["CHNA"], sector="farma", component=["smartfone"]
        )
    text = str(error.value)
    for part in (
        "market 'INDIA'",
        "target 'CHNA'",
        "did you mean CHN",
        "sector 'farma'",
        "pharma",
        "did you mean smartphone",
    ):
        assert part in text
    with pytest.raises(ConfigError, match="did you mean tiers"):
        measure(bundled, study, "tier")
    with pytest.raises(ConfigError, match=r"year 1999: no imports .* 2022"):
        measure(bundled, study, "dependence", market=["IND"], year=1999)


def test_options_are_obeyed(bundled, study):
    frame = measure(bundled, study, "exposure", market=["USA"], target=["TWN"], sector="electronics")
    assert set(frame["market"]) == {"USA"}
    assert set(frame["sector"]) == {"electronics"}
    whole = exposure(bundled, "USA", ["TWN"]).set_index("component")["net"]
    assert np.array_equal(frame["net"], whole[frame["component"]])
    one = measure(bundled, study, "dependence", market=["IND"], component=["gallium"], year=2021)
    assert set(one["year"]) <= {2021}
    assert set(one["component"]) <= {"gallium"}


def test_tiers_add_up_to_net_for_any_target(bundled, study):
    frame = measure(bundled, study, "tiers", market=["USA"], target=["KOR", "JPN"])
    parts = frame[["tier_0", "tier_1", "tier_2", "tier_3_up"]].sum(axis=1)
    whole = exposure(bundled, "USA", ["KOR", "JPN"]).set_index("component")
    net = whole.loc[frame["component"], "net"].to_numpy()
    assert np.allclose(parts.to_numpy(), net, atol=1e-9)
    assert np.allclose(frame["hidden"].to_numpy(), net - frame["tier_0"].to_numpy(), atol=1e-9)
    long = exposure_by_tier(bundled, "USA", ["KOR", "JPN"])
    depth = (long["tier"] * long["contribution"]).groupby(long["component"]).sum()
    assert np.allclose((frame["mean_tier"] * frame["net"]).to_numpy(), depth[frame["component"]].to_numpy())


def test_tiers_by_hand(study):
    row = measure(chain(), study, "tiers", market=["IND"], component=["phone"]).iloc[0]
    # 0.2 from China; 0.8 made at home with Taiwanese chips, whose gallium comes as the world's: 0.9 from China.
    assert row["tier_0"] == pytest.approx(0.2)
    assert row["tier_1"] == pytest.approx(0.0)
    assert row["tier_2"] == pytest.approx(0.8 * 0.4 * 0.1 * 0.9)
    assert row["hidden"] == pytest.approx(row["tier_2"])


def test_unknown_exports_are_noted(bundled, study):
    frame = measure(bundled, study, "dependence", market=["USA"])
    blank = frame["cdi3"].isna()
    assert blank.any()
    assert (frame.loc[blank, "note"].str.contains("exports")).all()
    assert (frame.loc[~blank, "note"] == "").all()
    open_ = frame["dependent"].isna()
    assert frame.loc[open_, "note"].str.contains("dependence is undecided").all()


def test_bounds_of_reliance_stay_bounds(bundled, study):
    frame = measure(bundled, study, "minerals", market=["IND"]).set_index("component")
    home = bundled.sourcing
    row = home[(home["market"] == "IND") & (home["component"] == "gallium") & (home["origin"] == "IND")]
    if len(row):
        assert frame.loc["gallium", "reliance_low"] == pytest.approx(1 - row["high"].iloc[0])
    assert (frame["reliance_low"] <= frame["import_reliance"] + 1e-9).all()
    assert (frame["reliance_high"] >= frame["import_reliance"] - 1e-9).all()
    assert frame["reliance"].str.startswith(">").any()


@pytest.mark.parametrize("text", [">95", "<50", "85", "E", "NA"])
def test_format_bound_is_the_other_way_of_parse_bound(text):
    assert format_bound(*parse_bound(text)) == text


def test_format_bound_of_an_interval():
    assert format_bound(40.2, 59.7) == "40-60"
    assert format_bound(-math.inf, 20.0) == "<20"


# Stops of units ------------------------------------------------------------------------------------------------


def test_country_stops_are_the_stop_of_all_it_makes(tiny):
    network = Network.of(tiny)
    found = unit_stops(tiny, "IND").set_index("unit")
    need = tiny.demand[tiny.demand["market"] == "IND"].set_index("component")["value_usd_m"]
    buyer = network.buyers.get_loc("IND")
    for country in found.index:
        cut = np.ones((len(network.components), 1)) * network.origins.isin([country])
        level = pd.Series(stop(network, cut)[:, buyer], network.components)
        assert found.loc[country, "loss_usd_m"] == pytest.approx((level.reindex(need.index) * need).sum())


def test_country_stops_by_hand():
    found = unit_stops(chain(), "IND").set_index("unit")
    # Taiwan: no chips for the 80 of phones made at home; Chinese makers buy as the world, 3/4 from Taiwan.
    assert found.loc["TWN", "loss_usd_m"] == pytest.approx(80 + 20 * 0.75)
    assert found.loc["TWN", "direct_usd_m"] == pytest.approx(0)
    assert found.loc["IND", "loss_usd_m"] == pytest.approx(80)
    # Japan: a tenth of the gallium of every chip maker.
    assert found.loc["JPN", "loss_usd_m"] == pytest.approx(10)
    # China: its phones; of home phones the chips of Taiwan lack 0.9 of their gallium.
    assert found.loc["CHN", "loss_usd_m"] == pytest.approx(20 + 80 * 0.9)


def test_a_supplier_alone_is_the_maker_and_two_share():
    base = chain()
    evidence = {"status": "reported", "source": "hand", "year": 2024}
    place = {"country": "TWN", "lon": 121, "lat": 24, "precision": "city", **evidence}
    firms = [{"id": name, "firm": name, "kind": "plant", **place} for name in ("one", "two")]
    makes = [{"supplier": "one", "component": "chip", **evidence}]
    alone = base.replace(suppliers=hand.frame("suppliers", firms), makes=hand.frame("makes", makes))
    maker = stop_losses(alone, "IND").set_index(["component", "origin"]).loc[("chip", "TWN"), "loss_usd_m"]
    found = unit_stops(alone, "IND", units="supplier").set_index("unit")
    assert list(found.index) == ["one"]
    assert found.loc["one", "loss_usd_m"] == pytest.approx(maker)
    makes.append({"supplier": "two", "component": "chip", **evidence})
    both = unit_stops(alone.replace(makes=hand.frame("makes", makes)), "IND", units="supplier")
    assert both["loss_usd_m"].tolist() == pytest.approx([maker / 2, maker / 2])
    assert both["country"].tolist() == ["TWN", "TWN"]


def test_unit_stops_refuse_unknown_names(tiny):
    with pytest.raises(ConfigError, match="neither country nor supplier"):
        unit_stops(tiny, "IND", units="firm")
    with pytest.raises(ConfigError, match="XXX has no rows"):
        unit_stops(tiny, "XXX")


# Failing sets --------------------------------------------------------------------------------------------------


def reaches(links, needs, wanted, failed):
    """Whether a component reaches a buyer when countries fail: least fixed point, by repetition."""
    there = set()
    while True:
        made = set()
        for component, seller in {(component, seller) for component, seller, _ in links}:
            routes = {}
            for output, route, item in needs:
                if output == component:
                    routes.setdefault(route, []).append(item)
            free = not routes
            whole = any(
                all(item is None or (item, seller) in there for item in items) for items in routes.values()
            )
            if seller not in failed and (free or whole):
                made.add((component, seller))
        new = {(component, buyer) for component, seller, buyer in links if (component, seller) in made}
        if new == there:
            return wanted in there
        there = new


COUNTRIES = ["A", "B", "C", "D"]
LINKS = st.lists(
    st.tuples(st.sampled_from("ghk"), st.sampled_from(COUNTRIES), st.sampled_from(COUNTRIES)),
    min_size=3,
    max_size=24,
)
NEEDS = st.lists(
    st.tuples(st.sampled_from("ghk"), st.sampled_from(["main", "other"]), st.sampled_from(["g", "h", "k", None])),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(LINKS, NEEDS, st.sets(st.sampled_from(COUNTRIES), max_size=1))
def test_failing_set_against_trying_every_set(links, needs, spared):
    links = sorted({*links, ("g", "A", "D")})
    needs = sorted(set(needs), key=str)
    # A row without an input means a route that needs none: not together with rows of the route that do.
    full = {(output, route) for output, route, item in needs if item is not None}
    needs = [row for row in needs if row[2] is not None or row[:2] not in full]
    wanted = ("g", "D")
    can_fail = [name for name in COUNTRIES if name not in spared]
    sizes = [
        size
        for size in range(len(can_fail) + 1)
        for some in itertools.combinations(can_fail, size)
        if not reaches(links, needs, wanted, set(some))
    ]
    found, proven = failing_set(
        pd.DataFrame(links, columns=["component", "seller", "buyer"]),
        pd.DataFrame(needs, columns=["output", "route", "input"], dtype=object),
        wanted,
        spared=tuple(spared),
    )
    assert proven
    if not sizes:
        assert found is None
        return
    assert len(found) == min(sizes)
    assert not reaches(links, needs, wanted, set(found))


def test_failing_sets_by_the_tables():
    out = failing_sets(chain(), ["phone", "chip"], "IND").set_index("component")
    # Phones come from India and China, chips from Taiwan alone, gallium for them from China or Japan.
    assert out.loc["phone", "fewest"] == 2
    assert out.loc["chip", "fewest"] == 1
    assert out.loc["chip", "countries"] == "TWN"
    home = failing_sets(chain(), "chip", "IND", spared=["TWN"]).iloc[0]
    assert home["countries"] == "CHN;JPN"
    with pytest.raises(ConfigError, match="nothing is not in the table components"):
        failing_sets(chain(), "nothing", "IND")


def test_failing_set_reports_missing_columns():
    with pytest.raises(DataError, match="no such column"):
        failing_set(pd.DataFrame({"component": []}), pd.DataFrame({"output": []}), ("g", "D"))


def test_routes_that_need_different_inputs_are_not_called_exact():
    tables = hand.tables(
        components={"g": {}, "h": {}, "k": {}, "m": {}},
        recipes=[("g", "h", 0.3, True, "one", 0.5), ("g", "k", 0.3, True, "two", 0.5), ("m", "h", 0.2)],
        world={
            "g": dict.fromkeys(["JPN", "KOR", "DEU"], 1 / 3),
            "h": {"CHN": 1.0},
            "k": {"CHN": 1.0},
            "m": {"JPN": 1.0},
        },
    )
    out = fewest_failures(tables, lost=(1.0,)).set_index("component")
    assert out.loc["g", "fewest"] == 3  # yet China alone stops both routes
    assert not out.loc["g", "exact"]
    assert out.loc[["h", "k", "m"], "exact"].all()


# Results and the command line ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured(tiny, tiny_study):
    return study_measures(tiny, tiny_study)


def test_study_measures_cover_markets(measured, tiny_study):
    out = measured
    assert {"tiers", "paths", "chokepoints", "stops", "country_stops", "percolation"} <= set(out)
    assert set(out["stops"]["market"]) == set(tiny_study.markets)
    assert all(len(frame) for frame in out.values())


def test_results_hold_the_measures(tiny, tiny_study, measured, tmp_path):
    exposures = exposure(tiny, list(tiny_study.markets), tiny_study.target)
    write_results(tmp_path, tiny_study, tiny, exposures, exposures, [], measured)
    files = {file.stem: len(pd.read_csv(file)) for file in (tmp_path / "measures").glob("*.csv")}
    assert files == {name: len(frame) for name, frame in measured.items()}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "data").symlink_to(TINY)
    return tmp_path


def plain(frame):
    """Cells as objects, blank ones as empty text."""
    return frame.astype(object).where(frame.notna(), "")


@pytest.mark.parametrize("kind", ["tiers", "stops", "chokepoints", "percolation"])
def test_files_hold_what_is_measured(corridor, place, tiny, kind):
    wanted = measure(tiny, load_study(str(place / "study.yaml")), kind, market=["IND"])
    for ending in ("csv", "json", "parquet"):
        file = place / f"out.{ending}"
        call = ("measure", place / "study.yaml", "--kind", kind, "--market", "IND", "--to", file)
        code, out, error = corridor(*call)
        assert code == 0, error
        assert f"{len(wanted):,} rows written" in out
        read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[ending](file)
        pd.testing.assert_frame_equal(plain(read), plain(wanted), check_dtype=False, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", ["tiers", "minerals", "feasibility", "dominators", "dependence"])
def test_quick_kinds_on_the_bundled_data(corridor, kind):
    code, out, error = corridor("measure", "--kind", kind, "--top", 3)
    assert code == 0, error
    assert kind in out
    assert "nan" not in out.lower().split()
    if kind == "dependence":
        assert "Note on" in out
    if kind == "minerals":
        assert " >" in out


def test_list_names_every_kind(corridor):
    code, out, _ = corridor("measure", "--list")
    assert code == 0
    for name, kind in KINDS.items():
        assert f"{name}: {kind.meaning[:40]}" in out


def test_faults_end_in_a_message(corridor, place):
    for call, part in (
        (["--kind", "feasable"], "did you mean feasibility"),
        (["--kind", "percolation", "--year", "2020"], "takes no option year"),
        (["--component", "nothing-like-it"], "there is no such component"),
    ):
        code, _, error = corridor("measure", place / "study.yaml", *call)
        assert code == 2
        assert part in error
        assert "Traceback" not in error


def test_look_through_of_plain_tables(corridor, tmp_path):
    # Steel (X) sells to cars (Y): all that cars buy is from X; X buys half of its inputs from Z.
    pd.DataFrame(
        [("steel", "car", 40.0), ("ore", "steel", 10.0), ("coal", "steel", 10.0)],
        columns=["seller", "buyer", "value"],
    ).to_csv(tmp_path / "flows.csv", index=False)
    pd.DataFrame(
        [("steel", "X", 50.0), ("car", "Y", 100.0), ("ore", "Z", 20.0), ("coal", "X", 20.0)],
        columns=["node", "country", "value"],
    ).to_csv(tmp_path / "output.csv", index=False)
    to = tmp_path / "out.csv"
    code, out, error = corridor(
        "look-through", tmp_path / "flows.csv", "--output", tmp_path / "output.csv", "--origin", "Z", "--to", to
    )
    assert code == 0, error
    assert "hidden" in out
    row = pd.read_csv(to).set_index("node").loc["car"]
    assert row["face_value"] == 0
    # Of a dollar of cars 0.4 is steel, 0.08 ore and 0.08 coal.
    assert row["look_through"] == pytest.approx(0.08 / 0.56)
    code, _, error = corridor("look-through", tmp_path / "none.csv", "--output", tmp_path / "output.csv")
    assert code == 2
    assert "no such file" in error
    code, _, error = corridor(
        "look-through", tmp_path / "flows.csv", "--output", tmp_path / "output.csv", "--group", "HKG"
    )
    assert code == 2
    assert "HKG=CHN" in error


def test_cascade_of_plain_tables(corridor, tmp_path):
    pd.DataFrame([("a", "b", 10.0), ("b", "c", 10.0)], columns=["supplier", "customer", "value"]).to_parquet(
        tmp_path / "edges.parquet"
    )
    pd.DataFrame({"id": ["a", "b", "c"], "sector": ["p", "q", "r"], "revenue": [10.0, 10.0, 20.0]}).to_csv(
        tmp_path / "nodes.csv", index=False
    )
    call = ("cascade", tmp_path / "edges.parquet", tmp_path / "nodes.csv")
    to, levels = tmp_path / "out.json", tmp_path / "levels.csv"
    code, _, error = corridor(
        *call, "--node", "a", "--direction", "down", "--essential", "essential", "--to", to, "--levels", levels
    )
    assert code == 0, error
    (row,) = json.loads(to.read_text())
    assert row["scenario"] == "a"
    assert row["esri"] == pytest.approx(1.0)  # weights are sales in the table: a and b, both down
    assert (pd.read_csv(levels).set_index("node")["down"] == 0).all()
    for wrong, text in (
        (["--node", "z"], "node 'z': not in nodes"),
        (["--direction", "sideways"], "is not one of both, down, up"),
        (["--essential", "maybe"], "is not one of none, replaceable, essential"),
        (["--node", "a", "--shock", tmp_path / "nodes.csv"], "give one of them"),
    ):
        code, _, error = corridor(*call, *wrong)
        assert code == 2
        assert text in error


def test_reliance_keeps_bounds(corridor, tmp_path):
    file = tmp_path / "balance.csv"
    file.write_text("mineral,imports,exports,production\nore,80,0,20\ntin,90,0,<10\nlead,10,40,50\n")
    code, out, error = corridor("reliance", file, "--to", tmp_path / "out.csv")
    assert code == 0, error
    found = pd.read_csv(tmp_path / "out.csv").set_index("mineral")
    assert found.loc["ore", "reliance"] == "80"
    assert found.loc["tin", "reliance"] == ">90"
    assert found.loc["lead", "high"] < 0
    assert ">90" in out
