"""Exposure solved by hand, and against a slow version that is obviously right."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError
from corridor.measures import exposure, headline, shares, world_shares
from tests.hand import tables

MOTOR = {
    "components": {"ore": {}, "oxide": {}, "magnet": {}, "motor": {}},
    "recipes": [("motor", "magnet", 0.3), ("magnet", "oxide", 0.4), ("oxide", "ore", 0.5)],
    "world": {
        "ore": {"CHN": 0.5, "AUS": 0.5},
        "oxide": {"CHN": 0.9, "USA": 0.1},
        "magnet": {"CHN": 0.9, "JPN": 0.1},
        "motor": {"CHN": 0.6, "DEU": 0.4},
    },
    "sourcing": {
        "IND": {"motor": {"IND": 1.0}, "magnet": {"CHN": 0.5, "JPN": 0.5}},
        "USA": {"ore": {"CHN": 0.2, "USA": 0.8}},
    },
    "demand": {"IND": {"motor": 100.0}, "USA": {"motor": 50.0}},
}


def of(frame: pd.DataFrame, component: str, market: str = "IND") -> pd.Series:
    return frame[(frame["component"] == component) & (frame["market"] == market)].iloc[0]


def test_hidden_dependence_of_a_motor_assembled_at_home():
    result = exposure(tables(**MOTOR), "IND", ["CHN"])
    motor = of(result, "motor")
    # Makers of oxide in the USA buy ore as the USA does (0.2), makers of magnets in Japan buy the world's oxide.
    oxide_abroad = 0.9 + 0.1 * 0.5 * 0.2
    magnet = 0.5 + 0.5 * 0.4 * oxide_abroad
    assert motor["direct"] == 0
    assert motor["net"] == pytest.approx(0.3 * magnet, abs=1e-12)
    assert of(result, "magnet")["net"] == pytest.approx(magnet, abs=1e-12)
    # If China stops: all of its magnets, and the Japanese ones in proportion to their oxide.
    assert motor["stop"] == pytest.approx(0.5 + 0.5 * (0.9 + 0.1 * 0.2), abs=1e-12)


def test_replaceable_inputs_do_not_stop_a_line():
    recipes = [("motor", "magnet", 0.3, False), *MOTOR["recipes"][1:]]
    result = exposure(tables(**{**MOTOR, "recipes": recipes}), "IND", ["CHN"])
    assert of(result, "motor")["stop"] == 0
    assert of(result, "motor")["net"] > 0.2


def test_routes_weigh_by_their_use():
    case = tables(
        components={"a": {}, "b": {}, "cell": {}},
        recipes=[("cell", "a", 0.6, True, "one", 0.25), ("cell", "b", 0.4, True, "two", 0.75)],
        world={"a": {"CHN": 1.0}, "b": {"AUS": 1.0}, "cell": {"IND": 1.0}},
        sourcing={"IND": {"cell": {"IND": 1.0}}},
        demand={"IND": {"cell": 1.0}},
    )
    cell = of(exposure(case, "IND", ["CHN"]), "cell")
    assert cell["net"] == pytest.approx(0.25 * 0.6)
    assert cell["stop"] == pytest.approx(0.25)


def test_evidence_is_that_of_the_weakest_link():
    case = tables(**MOTOR)
    recipes = case.recipes.assign(
        status=case.recipes["status"].where(case.recipes["output"] != "magnet", "assumed")
    )
    result = exposure(case.replace(recipes=recipes), "IND", ["CHN"])
    motor = of(result, "motor")
    assert motor["reported"] == pytest.approx(0.3 * 0.5 / motor["net"])
    assert motor["assumed"] == pytest.approx(1 - motor["reported"])
    assert result[["reported", "computed", "inherited", "assumed"]].sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_cycles_in_recipes_converge():
    case = tables(
        components={"a": {}, "b": {}},
        recipes=[("a", "b", 0.5), ("b", "a", 0.5)],
        world={"a": {"JPN": 1.0}, "b": {"JPN": 0.8, "CHN": 0.2}},
        sourcing={"IND": {"a": {"IND": 0.0}}},
        demand={"IND": {"a": 1.0}},
    )
    # N[a] = 0.5 N[b], N[b] = 0.2 + 0.8 * 0.5 N[a]
    assert of(exposure(case, "IND", ["CHN"]), "a")["net"] == pytest.approx(0.1 / (1 - 0.2))


def test_precedence_of_evidence():
    base = {
        "components": {"x": {}, "y": {}},
        "world": {"x": {"CHN": 0.8, "JPN": 0.1, "IND": 0.1}, "y": {"CHN": 1.0}},
        "sourcing": {"IND": {"x": {"IND": 0.2}}},
        "demand": {"IND": {"x": 1.0, "y": 1.0}},
    }
    trade = [
        {"importer": "IND", "exporter": "KOR", "nomenclature": "INPC", "code": "GROUP", "value_usd_m": 30},
        {"importer": "IND", "exporter": "CHN", "nomenclature": "INPC", "code": "GROUP", "value_usd_m": 10},
        {"importer": "IND", "exporter": "VNM", "nomenclature": "HS6", "code": "850511", "value_usd_m": 5},
    ]
    group = {"component": "x", "nomenclature": "INPC", "code": "GROUP", "match": "group"}
    exact = {"component": "x", "nomenclature": "HS6", "code": "850511", "match": "exact"}

    def found(codes, supply_status="reported"):
        case = tables(**base, codes=codes, trade=trade)
        case = case.replace(supply=case.supply.assign(status=supply_status))
        rows = shares(case, "IND")
        rows = rows[rows["component"] == "x"]
        assert rows["share"].sum() == pytest.approx(1.0)
        return rows.set_index("origin")[["share", "status"]].to_dict("index")

    # Published production goes before the group's trade, the market itself left out of it.
    assert found([group])["CHN"] == {"share": pytest.approx(0.8 * 0.8 / 0.9), "status": "reported"}
    # The group's trade goes before assumed production.
    assert found([group], "assumed")["KOR"] == {"share": pytest.approx(0.8 * 0.75), "status": "inherited"}
    # Trade of the component's own code goes before all.
    assert found([group, exact])["VNM"] == {"share": pytest.approx(0.8), "status": "reported"}


def test_what_is_left_open_is_spread_in_full_however_thin_it_gets():
    """Of what trade delivers, 1e-6, three origins get less than 1e-9 each: they are kept, and shares sum to 1."""
    exporters = {"KOR": 1e6, "CHN": 500.0, "VNM": 300.0, "JPN": 200.0}
    case = tables(
        components={"x": {}},
        world={"x": dict.fromkeys(exporters, 0.25)},
        sourcing={"IND": {"x": {"IND": 1 - 1e-6}}},
        demand={"IND": {"x": 1.0}},
        codes=[{"component": "x", "nomenclature": "HS6", "code": "850511", "match": "exact"}],
        trade=[
            {"importer": "IND", "exporter": name, "nomenclature": "HS6", "code": "850511", "value_usd_m": value}
            for name, value in exporters.items()
        ],
    )
    found = shares(case, "IND").set_index("origin")["share"]
    assert found["JPN"] == pytest.approx(1e-6 * 200 / 1_001_000, rel=1e-6)
    assert found.sum() == pytest.approx(1.0, abs=1e-15)
    # A rest that is rounding is none.
    whole = case.replace(
        sourcing=pd.concat([case.sourcing] * 3, ignore_index=True).assign(
            origin=["IND", "KOR", "CHN"], share=[0.7, 0.1, 0.2 - 1e-12]
        )
    )
    assert list(shares(whole, "IND")["origin"]) == ["CHN", "IND", "KOR"]


def test_world_shares_prefer_published_figures_and_the_newest_year():
    case = tables(components={"x": {}}, sourcing={"IND": {"x": {"IND": 0}}}, demand={"IND": {"x": 1}})
    rows = [
        ("CHN", 90.0, None, "reported", 2023),
        ("CHN", 60.0, None, "reported", 2024),
        ("JPN", 40.0, None, "reported", 2024),
        ("CHN", None, 0.99, "assumed", 2025),
    ]
    supply = pd.DataFrame(rows, columns=["country", "quantity", "share", "status", "year"])
    supply = supply.assign(component="x", source="hand").reindex(columns=case.supply.columns)
    supply["quantity"], supply["share"] = supply["quantity"].astype(float), supply["share"].astype(float)
    found = world_shares(case.replace(supply=supply)).set_index("origin")["share"]
    assert found.to_dict() == {"CHN": pytest.approx(0.6), "JPN": pytest.approx(0.4)}


def test_stated_shares_leave_a_rest_of_the_world():
    case = tables(components={"x": {}}, world={"x": {"CHN": 0.7}}, demand={"IND": {"x": 1}})
    found = world_shares(case).set_index("origin")["share"]
    assert found.to_dict() == {"CHN": pytest.approx(0.7), "ROW": pytest.approx(0.3)}


def test_unknown_market_and_target_are_named():
    with pytest.raises(ConfigError, match="market FRA has no rows"):
        exposure(tables(**MOTOR), "FRA")
    with pytest.raises(ConfigError, match="XXX: not in the table countries"):
        exposure(tables(**MOTOR), "IND", ["XXX"])


def test_headline_weighs_by_value():
    case = tables(
        components={"x": {}, "y": {}},
        world={"x": {"CHN": 1.0}, "y": {"JPN": 1.0}},
        sourcing={"IND": {"x": {"IND": 0}, "y": {"IND": 0}}},
        demand={"IND": {"x": 30.0, "y": 70.0}},
    )
    row = headline(case, exposure(case, "IND", ["CHN"])).iloc[0]
    assert (row["need_usd_m"], row["net"]) == (100.0, pytest.approx(0.3))


@st.composite
def networks(draw):
    """Acyclic networks of up to seven components, four countries, shares that sum to one."""
    size = draw(st.integers(2, 7))
    names = [f"c{number}" for number in range(size)]
    countries = ["CHN", "JPN", "IND", "USA"]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def mix():
        part = rng.dirichlet(np.ones(4)) * (rng.random(4) < 0.7)
        part = part / part.sum() if part.sum() else np.array([1.0, 0, 0, 0])
        return {country: float(value) for country, value in zip(countries, part, strict=True) if value > 0}

    recipes = []
    for number, output in enumerate(names):
        inputs = [name for name in names[number + 1 :] if rng.random() < 0.5]
        weights = rng.dirichlet(np.ones(len(inputs) + 1)) if inputs else []
        recipes += [
            (output, name, float(weight), bool(rng.random() < 0.7))
            for name, weight in zip(inputs, weights, strict=False)
        ]
    return {
        "components": {name: {} for name in names},
        "recipes": recipes,
        "world": {name: mix() for name in names},
        "sourcing": {market: {name: mix() for name in names} for market in ("IND", "USA")},
        "demand": {"IND": dict.fromkeys(names, 1.0), "USA": {names[0]: 1.0}},
    }


def slowly(case, target, market, component, kind):
    """Exposure by walking the tree of inputs."""

    def supply(buyer, name):
        return case["sourcing"].get(buyer, {}).get(name) or case["world"][name]

    def of_maker(country, name):
        inputs = [row for row in case["recipes"] if row[0] == name]
        if kind == "net":
            return sum(row[2] * walk(country, row[1]) for row in inputs)
        return max((walk(country, row[1]) for row in inputs if row[3]), default=0.0)

    def walk(buyer, name):
        return sum(
            share * (1.0 if origin in target else of_maker(origin, name))
            for origin, share in supply(buyer, name).items()
        )

    return walk(market, component)


@given(networks(), st.sampled_from([["CHN"], ["CHN", "JPN"]]))
@settings(max_examples=40, deadline=None)
def test_against_a_walk_of_the_tree(case, target):
    result = exposure(tables(**case), ["IND", "USA"], target)
    for row in result.itertuples():
        assert row.net == pytest.approx(slowly(case, target, row.market, row.component, "net"), abs=1e-9)
        assert row.stop == pytest.approx(slowly(case, target, row.market, row.component, "stop"), abs=1e-9)
    assert (result["direct"] <= result["net"] + 1e-12).all()
    assert (result["direct"] <= result["stop"] + 1e-12).all()
    assert result[["direct", "net", "stop"]].to_numpy().min() >= 0
    assert result[["direct", "net", "stop"]].to_numpy().max() <= 1 + 1e-12


@given(networks())
@settings(max_examples=15, deadline=None)
def test_relabelling_countries_permutes_the_result(case):
    swap = {"CHN": "JPN", "JPN": "CHN"}

    def turned(shares):
        return {swap.get(country, country): share for country, share in shares.items()}

    other = {
        **case,
        "world": {name: turned(part) for name, part in case["world"].items()},
        "sourcing": {
            market: {name: turned(part) for name, part in parts.items()}
            for market, parts in case["sourcing"].items()
        },
    }
    one = exposure(tables(**case), "IND", ["CHN"]).set_index("component").sort_index()
    two = exposure(tables(**other), "IND", ["JPN"]).set_index("component").sort_index()
    for kind in ("direct", "net", "stop"):
        assert one[kind].to_numpy() == pytest.approx(two[kind].to_numpy(), abs=1e-12)
