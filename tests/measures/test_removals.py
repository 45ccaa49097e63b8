"""Makers that stop one by one or together: by hand, and against walks of the tree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError
from corridor.measures import percolation, stop_losses
from tests.hand import tables
from tests.measures.test_chokepoints import MAGNET
from tests.measures.test_exposure import networks

TWO_ROUTES = {
    "components": {"a": {}, "b": {}, "cell": {}},
    "recipes": [("cell", "a", 0.6, True, "one", 0.25), ("cell", "b", 0.4, True, "two", 0.75)],
    "world": {"a": {"CHN": 1.0}, "b": {"AUS": 0.6, "CHL": 0.4}, "cell": {"JPN": 1.0}},
    "sourcing": {"IND": {"cell": {"IND": 0.5, "JPN": 0.5}}},
    "demand": {"IND": {"cell": 100.0}, "USA": {"cell": 300.0}},
}


def test_losses_of_a_motor_by_hand():
    case = tables(**{**MAGNET, "demand": {"IND": {"motor": 100.0, "magnet": 10.0}}})
    found = stop_losses(case, "IND").set_index(["component", "origin"])
    # All makers of motors need magnets, 60 % of which come from China: 60 of the motors, 6 of the magnets.
    magnet = found.loc[("magnet", "CHN")]
    assert magnet["loss_usd_m"] == pytest.approx(66.0)
    assert magnet["own_usd_m"] == pytest.approx(6.0)
    assert magnet["loss_share"] == pytest.approx(66 / 110)
    assert magnet["components_short"] == 2
    assert found.loc[("oxide", "CHN"), "loss_usd_m"] == pytest.approx(0.9 * 110)
    # Half of India's motors are its own: only these are lost with them, and nothing is made of motors.
    assert found.loc[("motor", "IND"), "loss_usd_m"] == pytest.approx(50.0)
    assert found.loc[("housing", "VNM"), "loss_usd_m"] == 0
    assert found["loss_usd_m"].is_monotonic_decreasing


def test_a_maker_that_stops_is_not_lost_twice():
    case = tables(
        components={"a": {}, "b": {}},
        recipes=[("a", "b", 0.5), ("b", "a", 0.5)],
        world={"a": {"JPN": 1.0}, "b": {"CHN": 0.4, "KOR": 0.6}},
        sourcing={"IND": {"a": {"JPN": 1.0}}},
        demand={"IND": {"a": 100.0}},
    )
    # a = b; b = 0.4 (China) + 0.6 a: all of it goes, round the cycle.
    found = stop_losses(case, "IND").set_index(["component", "origin"])
    assert found.loc[("b", "CHN"), "loss_usd_m"] == pytest.approx(100.0)
    assert found["loss_usd_m"].max() <= 100.0 + 1e-9


def test_routes_weigh_by_their_use():
    found = stop_losses(tables(**TWO_ROUTES), "IND").set_index(["component", "origin"])["loss_usd_m"]
    assert found[("a", "CHN")] == pytest.approx(25.0)
    assert found[("b", "AUS")] == pytest.approx(45.0)


@given(networks())
@settings(max_examples=15, deadline=None)
def test_losses_against_a_walk_of_the_tree(case):
    built = tables(**case)
    need = {market: case["demand"][market] for market in ("IND", "USA")}

    def supply(buyer, name):
        return case["sourcing"].get(buyer, {}).get(name) or case["world"][name]

    def short(buyer, name, stopped):
        return sum(
            share * (1.0 if (name, origin) == stopped else of_maker(origin, name, stopped))
            for origin, share in supply(buyer, name).items()
        )

    def of_maker(country, name, stopped):
        inputs = [row[1] for row in case["recipes"] if row[0] == name and row[3]]
        return max((short(country, item, stopped) for item in inputs), default=0.0)

    found = stop_losses(built, ["IND", "USA"], least_share=1e-6)
    for row in found.itertuples():
        stopped = (row.component, row.origin)
        lost = {
            (market, name): short(market, name, stopped) * value
            for market, needs in need.items()
            for name, value in needs.items()
        }
        assert row.loss_usd_m == pytest.approx(sum(lost.values()), abs=1e-9)
        own = sum(value for (_, name), value in lost.items() if name == row.component)
        assert row.own_usd_m == pytest.approx(own, abs=1e-9)
    makers = {
        (name, origin)
        for name in case["components"]
        for buyer in ("IND", "USA", "")
        for origin in supply(buyer, name)
    }
    assert set(zip(found["component"], found["origin"], strict=True)) == makers


def test_percolation_by_hand():
    case = tables(**MAGNET)
    found = percolation(case, "IND", draws=3)
    by_size = found[found["order"] == "largest"].set_index("removed")
    # China is the largest; Australia's oxide keeps motors going until it goes as well.
    assert by_size["last"].iloc[1] == "CHN"
    assert (by_size["left"].iloc[0], by_size["left"].iloc[1], by_size["left"].iloc[-1]) == (1.0, 1.0, 0.0)
    volume = percolation(case, "IND", rule="volume", draws=3)
    by_size = volume[volume["order"] == "largest"].set_index("removed")
    assert by_size.loc[1, "left"] == pytest.approx(0.1)


def test_a_component_goes_on_while_one_route_is_left():
    case = tables(**TWO_ROUTES)
    # Largest first: Japan 100, Australia 100 * 0.75 * 0.4 * 0.6, China 100 * 0.25 * 0.6, Chile.
    found = percolation(case, "IND", draws=1)
    by_size = found[found["order"] == "largest"]
    assert by_size["last"].tolist()[1:5] == ["JPN", "AUS", "CHN", "CHL"]
    assert by_size["left"].tolist()[:2] == [1.0, 0.0]


@given(networks(), st.sampled_from(["any", "volume"]), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_percolation_against_a_walk_of_the_tree(case, rule, seed):
    built = tables(**case)
    found = percolation(built, rule=rule, draws=4, rng=np.random.default_rng(seed))
    countries = sorted({country for makers in case["world"].values() for country in makers})
    inputs = {
        name: [row[1] for row in case["recipes"] if row[0] == name and row[3]] for name in case["components"]
    }

    def left(name, gone):
        own = sum(share for country, share in case["world"][name].items() if country not in gone)
        if rule == "any":
            own = float(own > 1e-9)
        return min([own, *(left(item, gone) for item in inputs[name])])

    def of_needs(gone):
        needs = [(name, value) for rows in case["demand"].values() for name, value in rows.items()]
        return sum(value * left(name, gone) for name, value in needs) / sum(value for _, value in needs)

    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(countries)) for _ in range(4)]
    for row in found[found["order"] == "random"].itertuples():
        values = [of_needs({countries[index] for index in order[: row.removed]}) for order in orders]
        assert row.left == pytest.approx(np.mean(values), abs=1e-9)
        assert row.low == pytest.approx(np.percentile(values, 5), abs=1e-9)
        assert row.high == pytest.approx(np.percentile(values, 95), abs=1e-9)
    by_size = found[found["order"] == "largest"]
    for row in by_size.itertuples():
        gone = set(by_size["last"].iloc[1 : row.removed + 1])
        assert row.left == pytest.approx(of_needs(gone), abs=1e-9)
        assert len(gone) == row.removed
    assert (by_size["left"].diff().dropna() <= 1e-9).all()


def test_suppliers_share_their_country():
    case = tables(
        components={"x": {}},
        world={"x": {"CHN": 0.6, "JPN": 0.4}},
        demand={"IND": {"x": 10.0}},
        suppliers=[
            {"id": name, "firm": name, "country": "CHN", "lon": 0, "lat": 0, "precision": "city", "kind": "plant"}
            for name in ("one", "two")
        ],
        makes=[{"supplier": name, "component": "x"} for name in ("one", "two")],
    )
    found = percolation(case, units="supplier", rule="volume", draws=2)
    by_size = found[found["order"] == "largest"]
    assert by_size["last"].tolist() == ["", "x@JPN", "one", "two"]
    assert by_size["left"].tolist() == pytest.approx([1.0, 0.6, 0.3, 0.0])
    assert by_size["removed_share"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_unknown_arguments_are_errors():
    case = tables(**MAGNET)
    with pytest.raises(ConfigError, match="market FRA has no rows in the table sourcing; markets with rows: IND"):
        stop_losses(case, "FRA")
    with pytest.raises(ConfigError, match="market FRA has no rows in the table demand"):
        percolation(case, "FRA")
    with pytest.raises(ConfigError, match="units 'town'"):
        percolation(case, units="town")
    with pytest.raises(ConfigError, match="draws 0"):
        percolation(case, draws=0)
