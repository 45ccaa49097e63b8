"""Choke points by hand, and against trying every set of countries and walking every chain."""

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError
from corridor.measures import fewest_failures, pass_through
from tests.hand import tables
from tests.measures.test_exposure import networks

MAGNET = {
    "components": {"oxide": {}, "magnet": {}, "housing": {}, "motor": {}},
    "recipes": [("motor", "magnet", 0.3), ("motor", "housing", 0.1, False), ("magnet", "oxide", 0.4)],
    "world": {
        "oxide": {"CHN": 0.9, "AUS": 0.1},
        "magnet": {"CHN": 0.6, "JPN": 0.3, "DEU": 0.1},
        "housing": {"VNM": 1.0},
        "motor": {"DEU": 0.3, "JPN": 0.3, "USA": 0.2, "CHN": 0.2},
    },
    "sourcing": {"IND": {"motor": {"IND": 0.5, "DEU": 0.5}}},
    "demand": {"IND": {"motor": 100.0}},
}


def of(frame: pd.DataFrame, component: str, lost: float = 1.0) -> pd.Series:
    return frame[(frame["component"] == component) & (frame["lost"] == lost)].iloc[0]


def test_the_oxide_chokes_the_motor():
    found = fewest_failures(tables(**MAGNET))
    motor = of(found, "motor")
    # Four countries make motors, but two make the oxide; housings can be replaced, so their maker is no matter.
    assert (motor["fewest"], motor["choke"], motor["tier"]) == (2, "oxide", 2)
    assert (motor["path"], motor["countries"]) == ("motor < magnet < oxide", "CHN;AUS")
    assert motor["share"] == pytest.approx(1.0)
    assert of(found, "housing")["fewest"] == 1
    # Half of the volume: China alone, at the nearest place where it makes half.
    half = of(found, "motor", 0.5)
    assert (half["fewest"], half["choke"], half["countries"], half["share"]) == (1, "magnet", "CHN", 0.6)
    # Four fifths of magnets would take two countries, of oxide one.
    most = of(found, "motor", 0.8)
    assert (most["fewest"], most["choke"], most["share"]) == (1, "oxide", 0.9)


def test_a_market_counts_its_own_origins_and_spares_itself():
    case = tables(**MAGNET)
    here = of(fewest_failures(case, "IND"), "motor", 0.5)
    assert (here["fewest"], here["choke"], here["countries"]) == (1, "motor", "DEU")
    spared = fewest_failures(case, "IND", spared=["IND", "CHN"])
    assert of(spared, "motor", 0.5)["countries"] == "DEU"
    # Nobody else can take four fifths of motors, magnets or oxide away.
    row = of(spared, "motor", 0.8)
    assert pd.isna(row["fewest"])
    assert pd.isna(row["choke"])


def test_status_is_that_of_the_least_known_share_in_the_set():
    case = tables(**MAGNET)
    doubt = case.supply["status"].where(case.supply["country"] != "AUS", "inherited")
    found = fewest_failures(case.replace(supply=case.supply.assign(status=doubt)))
    assert of(found, "motor")["status"] == "inherited"
    assert of(found, "motor", 0.8)["status"] == "reported"


def test_an_input_of_one_route_chokes_only_that_part():
    case = tables(
        components={"a": {}, "b": {}, "cell": {}},
        recipes=[("cell", "a", 0.6, True, "one", 0.7), ("cell", "b", 0.4, True, "two", 0.3)],
        world={"a": {"CHN": 1.0}, "b": {"AUS": 1.0}, "cell": {"JPN": 0.4, "KOR": 0.4, "USA": 0.2}},
        demand={"IND": {"cell": 1.0}},
    )
    found = fewest_failures(case)
    assert of(found, "cell", 0.5)["choke"] == "a"
    assert (of(found, "cell", 0.8)["choke"], of(found, "cell", 0.8)["fewest"]) == ("cell", 2)


def test_cycles_support_themselves_until_a_maker_fails():
    case = tables(
        components={"a": {}, "b": {}},
        recipes=[("a", "b", 0.5), ("b", "a", 0.5)],
        world={"a": {"JPN": 0.5, "KOR": 0.5}, "b": {"CHN": 1.0}},
        demand={"IND": {"a": 1.0}},
    )
    found = fewest_failures(case, lost=[1.0])
    assert of(found, "a")[["fewest", "choke", "tier"]].tolist() == [1, "b", 1]
    assert of(found, "b")[["fewest", "choke", "tier"]].tolist() == [1, "b", 0]


@given(networks(), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
@settings(max_examples=15, deadline=None)
def test_against_trying_every_set_of_countries(case, fraction):
    found = fewest_failures(tables(**case), lost=[fraction]).set_index("component")
    inputs = {
        name: [row[1] for row in case["recipes"] if row[0] == name and row[3]] for name in case["components"]
    }

    def left(name, failed):
        own = sum(share for country, share in case["world"][name].items() if country not in failed)
        return min([own, *(left(item, failed) for item in inputs[name])])

    countries = ["CHN", "JPN", "IND", "USA"]
    for name in case["components"]:
        sizes = [
            size
            for size in range(1, 5)
            for failed in combinations(countries, size)
            if left(name, failed) <= 1 - fraction + 1e-9
        ]
        assert found.loc[name, "fewest"] == min(sizes)
        chosen = found.loc[name, "countries"].split(";")
        assert left(name, chosen) <= 1 - fraction + 1e-9
        assert len(chosen) == min(sizes)


def test_all_chains_of_a_motor_pass_through_its_magnet():
    rows = pass_through(tables(**MAGNET), least_share=0.2)
    motor = rows[rows["component"] == "motor"]
    # With makers of a fifth and more: oxide is China's alone, so it and China are on every chain.
    expected = [
        ("component", "magnet", ""),
        ("component", "oxide", ""),
        ("maker", "oxide", "CHN"),
        ("country", "", "CHN"),
    ]
    assert list(zip(motor["kind"], motor["through"], motor["country"], strict=True)) == expected
    assert motor["status"].tolist() == ["", "", "reported", ""]
    wide = pass_through(tables(**MAGNET), least_share=0.05)
    assert set(wide[wide["component"] == "motor"]["kind"]) == {"component"}


@given(networks())
@settings(max_examples=15, deadline=None)
def test_against_walking_every_chain(case):
    rows = pass_through(tables(**case), least_share=0.1)
    makers = {name: [o for o, s in case["world"][name].items() if s >= 0.1] for name in case["components"]}
    inputs = {
        name: [row[1] for row in case["recipes"] if row[0] == name and row[3]] for name in case["components"]
    }

    def chains(name):
        for country in makers[name]:
            if not inputs[name]:
                yield [(name, ""), (name, country)]
            for item in inputs[name]:
                for chain in chains(item):
                    yield [(name, ""), (name, country), *chain]

    for name in case["components"]:
        every = list(chains(name))
        mine = rows[rows["component"] == name]
        on_all = set.intersection(*map(set, every)) - {(name, "")} if every else set()
        points = mine[mine["kind"] != "country"]
        assert set(zip(points["through"], points["country"], strict=True)) == on_all
        places = set.intersection(*({place for _, place in chain if place} for chain in every)) if every else set()
        assert set(mine[mine["kind"] == "country"]["country"]) == places


def test_unknown_arguments_are_errors():
    case = tables(**MAGNET)
    with pytest.raises(ConfigError, match=r"lost 0 is not above 0.*; spared XXX: not in the table countries"):
        fewest_failures(case, lost=[0], spared=["XXX"])
    with pytest.raises(ConfigError, match="lost is empty"):
        fewest_failures(case, lost=[])
    with pytest.raises(ConfigError, match="market FRA has no rows"):
        fewest_failures(case, "FRA")
