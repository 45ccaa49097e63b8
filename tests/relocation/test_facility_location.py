"""Studies that must meet demand: plans against cases by hand, known optima and full enumeration."""

from __future__ import annotations

import csv
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import corridor
from corridor.errors import ConfigError, NoPlan
from corridor.relocation.facility_location.branch_and_bound import locate
from corridor.relocation.facility_location.lagrangian import Location, bound, cover, first_prices, knapsacks
from corridor.relocation.facility_location.transport import deliver, room_prices
from tests import SHARED, hand
from tests.benchmarks import facility_location

INSTANCES = SHARED / "data" / "instances"


def world(fixed, capacity, demand, freight, *, technologies=None, **more):
    """Tables of a small case: sites a, b, ... and markets in the order of the arrays; prices are US$ 1 million."""
    sites = "abcdefgh"[: len(fixed)]
    markets = ["IND", "USA", "ROW", "HKG", "MAC", "CHN"][: len(demand)]
    nothing = dict.fromkeys(("land_ha", "power_mw", "water_mld", "workers"), 0)
    made = [
        {
            "id": f"plant-{site}",
            "component": "good",
            "capacity": capacity[position],
            "capex_usd_m": fixed[position],
            "lead_years": 0,
            "site_tags": f"tag-{site}",
            "minimum_use": 0,
            **nothing,
        }
        for position, site in enumerate(sites)
    ]
    return hand.tables(
        components={"good": {}, **more.pop("components", {})},
        demand={market: {"good": need} for market, need in zip(markets, demand, strict=True)},
        sites=more.pop("sites", [{"id": site, "tags": f"tag-{site}"} for site in sites]),
        technologies=made if technologies is None else technologies(made),
        freight=[
            {"component": "good", "site": site, "market": market, "cost_usd_per_unit": 1e6 * freight[position][to]}
            for position, site in enumerate(sites)
            for to, market in enumerate(markets)
        ],
        **more,
    )


def study(count=2, **settings):
    names = ["IND", "USA", "ROW", "HKG", "MAC", "CHN"][:count]
    return hand.study(
        **{
            "markets": dict.fromkeys(names, 1.0),
            "meet_demand": True,
            "goal": {"minimise": "cost"},
            "denials": [],
            "last_year": 2026,
            "gap": 1e-6,
            **settings,
        }
    )


#: Both plants: 4 + 3 + (10 + 5) * 1 = 22; a alone has no room for 15; so the optimum splits nothing.
TWO = {"fixed": [4, 3], "capacity": [10, 10], "demand": [10, 5], "freight": [[1, 3], [2, 1]]}


def test_two_plants_by_hand():
    plan = corridor.optimize(world(**TWO), study())
    assert plan.summary["objective"] == pytest.approx(22.0)
    assert plan.summary["bound"] == pytest.approx(22.0)
    assert plan.summary["status"] == "optimal"
    assert list(plan.moves["site"]) == ["a", "b"]
    assert list(plan.deliveries[["site", "market", "units"]].itertuples(index=False, name=None)) == [
        ("a", "IND", 10.0),
        ("b", "USA", 5.0),
    ]


def test_one_plant_if_it_is_large_enough():
    """b alone: 3 + 10 * 2 + 5 * 1 = 28; a alone: 14 + 10 * 1 + 5 * 3 = 39; both: 17 + 10 + 5 = 32."""
    tables = world(**{**TWO, "fixed": [14, 3], "capacity": [20, 20]})
    plan = corridor.optimize(tables, study())
    assert plan.summary["objective"] == pytest.approx(28.0)
    assert list(plan.moves["site"]) == ["b"]


def test_a_market_is_served_from_two_plants():
    """IND needs 10: 6 from a at 1, 4 from b at 2; USA 2 from b: 4 + 3 + 6 + 8 + 2 = 23."""
    plan = corridor.optimize(world(**{**TWO, "capacity": [6, 6], "demand": [10, 2]}), study())
    assert plan.summary["objective"] == pytest.approx(23.0)
    assert sorted(plan.deliveries["units"]) == pytest.approx([2.0, 4.0, 6.0])


def test_costs_add_up_to_the_objective():
    def with_higher_capex(made):
        return [{**each, "running_premium": 0.1, "incentive_share": 0.25} for each in made]

    tables = world(**TWO, technologies=with_higher_capex)
    plan = corridor.optimize(tables, study())
    summary, moves, sent = plan.summary, plan.moves, plan.deliveries
    assert moves["incentive_usd_m"].sum() == pytest.approx(0.25 * 7)
    assert sent["running_usd_m"].sum() == pytest.approx(0.1 * 15)
    total = moves["cost_usd_m"].sum() + sent["freight_usd_m"].sum()
    assert summary["objective"] == pytest.approx(total) == pytest.approx(22.0 - 0.25 * 7 + 0.1 * 15)
    assert plan.apply(tables) is tables
    assert "moves=2" in repr(plan)


def test_planned_use_and_growth_count():
    tables = world(**{**TWO, "capacity": [20, 20]})
    with pytest.raises(NoPlan, match="1 are missing"):
        corridor.optimize(tables, study(planned_use=0.35))
    grown = world(**TWO).demand.assign(growth=1.0)
    plan = corridor.optimize(tables.replace(demand=grown), study(base_year=2025))
    assert plan.deliveries["units"].sum() == pytest.approx(30.0)


def test_two_sizes_at_a_site():
    """One site, two sizes: 12 units need both, the small one alone is too small."""

    def sizes(made):
        small = {**made[0], "id": "small", "capacity": 5, "capex_usd_m": 1}
        return [*made, small]

    one = {"fixed": [4], "capacity": [10], "demand": [12], "freight": [[1]]}
    plan = corridor.optimize(world(**one, technologies=sizes), study(1))
    assert sorted(plan.moves["technology"]) == ["plant-a", "small"]
    assert plan.summary["objective"] == pytest.approx(4 + 1 + 12)


def test_force_forbid_and_keep():
    roomy = world(**{**TWO, "fixed": [14, 3], "capacity": [20, 20]})
    forced = corridor.optimize(roomy, study(force=[{"site": "a"}]))
    assert forced.summary["objective"] == pytest.approx(32.0)
    assert set(forced.moves["site"]) == {"a", "b"}
    without = corridor.optimize(roomy, study(forbid=[{"technology": "plant-b"}]))
    assert without.summary["objective"] == pytest.approx(39.0)
    kept = {"technology": "plant-a", "site": "a", "start": 2020}
    standing = corridor.optimize(roomy, study(keep=[kept]))
    assert standing.summary["objective"] == pytest.approx(18.0)
    assert list(standing.moves["site"]) == ["b"]


@pytest.mark.parametrize(
    ("settings", "cost"),
    [
        ({}, 22.0),
        ({"budget_usd_m": 5}, 28.0),
        ({"limits": [{"name": "few", "limit": "plants", "amount": 1, "unit": "plant"}]}, 28.0),
        ({"limits": [{"name": "few", "limit": "plants", "amount": 1, "unit": "plant", "site": "b"}]}, 22.0),
        ({"limits": [{"name": "gone", "limit": "plants", "amount": 0, "unit": "plant", "site": "b"}]}, 29.0),
    ],
)
def test_limits_on_plants(settings, cost):
    plan = corridor.optimize(world(**{**TWO, "capacity": [20, 20]}), study(**settings))
    assert plan.summary["objective"] == pytest.approx(cost)
    assert (plan.limits["used"] <= plan.limits["amount"] + 1e-9).all()


def test_resources_of_a_site_limit_what_stands_there():
    sites = [{"id": "a", "tags": "tag-a", "land_ha": 0.5}, {"id": "b", "tags": "tag-b"}]

    def wide(made):
        return [{**each, "land_ha": 1} for each in made]

    plan = corridor.optimize(world(**{**TWO, "capacity": [20, 20]}, sites=sites, technologies=wide), study())
    assert list(plan.moves["site"]) == ["b"]


def test_limits_that_leave_nothing():
    with pytest.raises(NoPlan, match="contradict"):
        corridor.optimize(world(**TWO), study(budget_usd_m=5))


def test_too_little_capacity_says_how_much():
    with pytest.raises(NoPlan, match="deliver 20 units of good a year, markets need 25: 5 are missing"):
        corridor.optimize(world(**{**TWO, "demand": [15, 10]}), study())


@pytest.mark.parametrize(
    ("settings", "more", "what"),
    [
        ({"goal": {"minimise": ["cost", "exposure"]}}, {}, "goal: must be 'cost'"),
        ({"last_year": 2027}, {}, "set last_year to 2026"),
        ({"denials": [hand.stop(start=2026)]}, {}, "denials: none can be counted"),
        ({"markets": {"IND": 1, "MAC": 1}}, {}, "no row of good for the market MAC"),
        ({"force": [{"site": "z"}]}, {}, "force.0: matches no plant"),
        ({"force": [{"component": "good"}]}, {}, "force.0: matches 2 plants"),
        ({"forbid": [{"site": "z"}]}, {}, "forbid.0: matches no plant"),
        ({"force": [{"site": "a"}], "forbid": [{"site": "a"}]}, {}, "plant-a at a must be open"),
        ({"keep": [{"technology": "plant-a", "site": "b", "start": 2020}]}, {}, "no plant of plant-a can be at"),
        (
            {"limits": [{"name": "much", "limit": "output", "amount": 1, "unit": "US$ million/year"}]},
            {},
            "limit much: 'output' can't be kept",
        ),
        (
            {"limits": [{"name": "lost", "limit": "plants", "amount": 1, "unit": "plant", "site": "z"}]},
            {},
            "there is no site 'z'",
        ),
        ({}, {"components": {"ore": {}}, "recipes": [("good", "ore", 0.5)]}, "recipes: good is in them"),
        ({}, {"technologies": lambda made: [{**made[0], "lead_years": 2}, made[1]]}, "plant-a can't deliver"),
        ({}, {"technologies": lambda made: [{**made[0], "capacity": 0}, made[1]]}, "plant-a has no capacity"),
        ({}, {"technologies": lambda made: []}, "none makes good"),
    ],
)
def test_what_is_no_facility_location_problem(settings, more, what):
    with pytest.raises(ConfigError, match=what):
        corridor.optimize(world(**TWO, **more), study(**settings))


def test_missing_freight_is_counted_and_named():
    tables = world(**TWO)
    with pytest.raises(ConfigError, match="freight: 2 rows are missing, first a to USA, b to IND"):
        corridor.optimize(tables.replace(freight=tables.freight.iloc[[0, 3]]), study())
    with pytest.raises(ConfigError, match="none of the sectors"):
        corridor.optimize(tables.replace(freight=tables.freight.iloc[:0]), study())


def test_a_study_without_need_is_told():
    with pytest.raises(ConfigError, match="no market of the study needs any good"):
        corridor.optimize(world(**{**TWO, "demand": [0, 0]}), study())


def test_several_components_are_told():
    tables = world(**TWO, components={"ore": {}})
    both = tables.freight.assign(component="ore")
    with pytest.raises(ConfigError, match=r"names 2 components \(good, ore\)"):
        corridor.optimize(tables.replace(freight=pd.concat([tables.freight, both])), study())


def instance(seed, *, limits=0, equal=False):
    """A random problem of 3 to 7 plants and 4 to 12 markets; some with negative costs, some with limits."""
    random = np.random.default_rng(seed)
    plants, markets = random.integers(3, 8), random.integers(4, 13)
    demand = random.uniform(1, 9, markets)
    capacity = random.uniform(0.2, 0.7, plants) * demand.sum()
    if equal:
        capacity = np.full(plants, float(random.choice([0.26, 0.4, 0.55])) * demand.sum())
    while capacity.sum() < demand.sum():
        capacity *= 1.3
    costs = random.uniform(1, 20, (plants, markets)) - (5 if seed % 3 == 0 else 0)
    use = random.uniform(0, 3, (limits, plants)).round(1)
    fixed = random.uniform(5, 60, plants)
    return Location(fixed, capacity, demand, costs, use, 0.7 * use.sum(axis=1))


def transport(location, plants):
    """Cheapest deliveries by scipy's linear program; inf where they can't be made."""
    costs = location.unit_cost[plants]
    size, markets = costs.shape
    to_market = np.kron(np.ones(size), np.eye(markets))
    from_plant = np.kron(np.eye(size), np.ones(markets))
    found = linprog(costs.ravel(), from_plant, location.capacity[plants], to_market, location.demand)
    return found.fun if found.success else np.inf


def enumerate_all(location):
    """Least cost over every set of plants."""
    best = np.inf
    for chosen in itertools.product((False, True), repeat=len(location.fixed)):
        plants = np.flatnonzero(chosen)
        if len(plants) and (location.use[:, plants].sum(axis=1) <= location.limit + 1e-9).all():
            best = min(best, location.fixed[plants].sum() + transport(location, plants))
    return best


@pytest.mark.parametrize("seed", range(24))
def test_against_every_set_of_plants(seed):
    location = instance(seed, limits=seed % 4 // 2 * 2, equal=seed % 2 == 0)
    every = np.ones(len(location.fixed), dtype=bool)
    truth = enumerate_all(location)
    if np.isinf(truth):
        with pytest.raises(NoPlan):
            locate(location, ~every, every)
        return
    found = locate(location, ~every, every, gap=1e-7)
    assert found.cost == pytest.approx(truth, rel=1e-8)
    assert found.bound <= found.cost <= found.bound + 1e-7 * abs(found.cost)
    sent = found.deliveries
    assert np.bincount(sent.market, sent.units) == pytest.approx(location.demand)
    load = np.bincount(sent.plant, sent.units, minlength=len(location.fixed))
    assert (load <= location.capacity * (1 + 1e-9)).all()
    assert set(sent.plant) <= set(sent.plants)


@pytest.mark.parametrize("seed", range(12))
def test_deliveries_are_the_cheapest_and_the_dual_is_below(seed):
    location = instance(seed)
    plants = np.arange(len(location.fixed))
    truth = transport(location, plants)
    found = deliver(location, plants)
    assert found is not None
    assert found.cost == pytest.approx(truth, rel=1e-9, abs=1e-9)
    value, prices = room_prices(location.unit_cost, location.demand, location.capacity, np.inf)
    assert value <= truth + 1e-9 * abs(truth)
    assert (prices <= 0).all()
    at_least = float(location.unit_cost.min(axis=0) @ location.demand)
    assert deliver(location, plants, below=at_least) is None


@pytest.mark.parametrize("seed", range(8))
def test_no_bound_or_reduced_cost_is_above_the_truth(seed):
    location = instance(seed, limits=2 * (seed % 2))
    every = np.ones(len(location.fixed), dtype=bool)
    truth = enumerate_all(location)
    if np.isinf(truth):
        pytest.skip("no set of plants keeps the limits")
    found = bound(location, ~every, every, first_prices(location), steps=80, step=1.0, cut=np.inf)
    assert found.value <= truth + 1e-9 * abs(truth)
    for plant in range(len(every)):
        # Closing a plant where opening is what pays, and the other way round.
        flipped = np.zeros(len(every), dtype=bool)
        flipped[plant] = found.reduced[plant] > 0
        free = every.copy()
        free[plant] = False
        try:
            other = locate(location, flipped, free, gap=1e-7).cost
        except NoPlan:
            continue
        assert found.value + abs(found.reduced[plant]) <= other + 1e-9 * abs(other)


def test_a_time_limit_leaves_a_plan_with_its_bound():
    capacity, fixed, demand, cost = facility_location.made("b", 5000, 1)
    location = Location(fixed, capacity, demand, cost / demand, np.zeros((0, 100)), np.zeros(0))
    every = np.ones(100, dtype=bool)
    stopped = locate(location, ~every, every, time_limit_s=0.0)
    assert 1e-6 < stopped.gap < 0.05
    found = locate(location, ~every, every)
    assert found.gap <= 1e-6
    assert stopped.bound <= found.bound * (1 + 1e-9)
    assert found.cost <= stopped.cost


def test_knapsacks_by_hand():
    """Plant 0 takes -3 (4 units) and then 1 of -2; plant 1 has room for both its markets."""
    margin = np.array([[-2.0, -3.0, 5.0], [-1.0, 0.0, -4.0]])
    values, *_ = knapsacks(margin, np.array([3.0, 4.0, 2.0]), np.array([5.0, 9.0]))
    assert values == pytest.approx([-14.0, -11.0])


def test_cover_by_hand():
    """3 is bought at once (it pays); 4 more are needed: 2 at 1 each, then 2 of 4 at 3."""
    least, price, y = cover(np.array([-1.0, 2.0, 12.0]), np.array([3.0, 2.0, 4.0]), 7.0)
    assert (least, price) == pytest.approx((7.0, 3.0))
    assert y == pytest.approx([1.0, 1.0, 0.5])
    assert cover(np.array([1.0]), np.array([1.0]), 2.0)[0] == np.inf


def optima():
    if not INSTANCES.is_dir():
        return []
    with (INSTANCES / "optima.csv").open() as file:
        return [(row["instance"], float(row["optimum"])) for row in csv.DictReader(file)]


@pytest.mark.skipif(not INSTANCES.is_dir(), reason="the instances are not here")
@pytest.mark.parametrize(("name", "optimum"), optima())
def test_known_optima(name, optimum):
    tables, markets = facility_location.tables_of(*facility_location.read(str(INSTANCES / f"{name}.cap")))
    plan = corridor.optimize(tables, study(1).model_copy(update={"markets": markets}))
    assert 1e6 * plan.summary["objective"] == pytest.approx(optimum, rel=1e-6)
    assert plan.summary["gap"] <= 1e-6


def test_the_word_capacity_is_filled_in(tmp_path):
    (tmp_path / "capx.cap").write_text(" 2 1 \n capacity 7. \n capacity 8. \n 5 \n 10. 20. \n")
    by_name = facility_location.read(str(tmp_path / "capx-60.cap"))
    by_argument = facility_location.read(str(tmp_path / "capx.cap"), 60)
    for one, other in zip(by_name, by_argument, strict=True):
        assert (one == other).all()
    assert list(by_name[0]) == [60.0, 60.0]
    assert by_name[3].tolist() == [[10.0], [20.0]]
