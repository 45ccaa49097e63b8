"""What a plan replaces of the target's deliveries in calm years, and what limits on output and investment count.

By hand, and by the simulator's loops on random decisions: per component the target's deliveries before, less those
after by the shares in ``plan.sourcing``, are what plants and second sources replace.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.measures import Network
from corridor.relocation import build_problem, optimize
from corridor.relocation.analysis.reevaluate import resolve
from tests.hand import frame, stop, study, tables
from tests.relocation.simulator import HOME, World, invested, target_sells
from tests.relocation.test_optimize import CASE

TARGET = ("CHN", "HKG", "MAC")
QUALIFY = {"cost_usd_m": 1, "lead_years": 1, "most_share": 0.5, "premium": 0.0}
MOVES = ["technology", "site", "start_year"]


def boards(china, capacity, **more):
    """Boards, 100 a year, of which China delivers a share and Japan the rest; a plant and its site."""
    case = {
        "components": {"board": {}},
        "world": {"board": {"CHN": 0.5, "JPN": 0.5}},
        "sourcing": {"IND": {"board": {"CHN": china, "JPN": 1 - china}}},
        "demand": {"IND": {"board": 100.0}},
        "sites": [{"id": "dahej"}, {"id": "mundra"}],
        "technologies": [
            {"id": "board-plant", "component": "board", "capacity": capacity, "capex_usd_m": 10, "most_plants": 2}
        ],
    }
    return tables(**{**case, **more})


def described(case, wanted, moves=(), second=(), stocks=()):
    """The plan that these moves are, whatever their sense."""
    plan = SimpleNamespace(
        budget_usd_m=1e6,
        moves=pd.DataFrame(list(moves), columns=MOVES),
        second_sources=pd.DataFrame(list(second), columns=["component", "origin"]),
        stocks=pd.DataFrame(list(stocks), columns=["component", "value_usd_m"]),
    )
    return resolve(plan, case, wanted).plan


def direct(plan, component, when="after"):
    return plan.exposure.set_index("component").loc[component, f"direct_{when}"]


def test_a_plant_does_not_replace_what_second_sources_do():
    """China sells 100. The plant makes 20 and replaces 20; Korea sells 30, Taiwan 25: 25 are still bought."""
    sources = [
        {"component": "board", "origin": "KOR", "least_share": 0.3, **QUALIFY},
        {"component": "board", "origin": "TWN", "least_share": 0.25, **QUALIFY},
    ]
    case = boards(1.0, 20, world={"board": {"CHN": 0.8, "KOR": 0.1, "TWN": 0.1}}, second_sources=sources)
    plan = described(case, study(), [("board-plant", "dahej", 2026)], [("board", "KOR"), ("board", "TWN")])
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([20])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([20])
    assert plan.second_sources["replaces_target_usd_m"].tolist() == pytest.approx([30, 25])
    assert direct(plan, "board") == pytest.approx(0.25)


def test_second_sources_share_what_plants_leave():
    """80 of 100 are made at home: of 20 Korea, which would take 30, gets 15; Taiwan, which would take 10, 5."""
    sources = [
        {"component": "board", "origin": "KOR", "least_share": 0.3, **QUALIFY},
        {"component": "board", "origin": "TWN", "least_share": 0.1, **QUALIFY},
    ]
    pairs = [("board", "KOR"), ("board", "TWN")]
    for order in (slice(None), slice(None, None, -1)):
        case = boards(
            1.0, 80, world={"board": {"CHN": 0.8, "KOR": 0.1, "TWN": 0.1}}, second_sources=sources[order]
        )
        plan = described(case, study(), [("board-plant", "dahej", 2026)], pairs)
        theirs = plan.second_sources.set_index("origin")["replaces_target_usd_m"]
        assert theirs.to_dict() == pytest.approx({"KOR": 15, "TWN": 5})
        assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([80])
        assert direct(plan, "board") == pytest.approx(0, abs=1e-12)


def test_what_is_made_beyond_the_targets_deliveries_replaces_others():
    """Two plants make 15 each; China sells 20, Japan 80, later 70."""
    moves = [("board-plant", "dahej", 2026), ("board-plant", "mundra", 2027)]
    plan = described(boards(0.2, 15), study(), moves)
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([15, 15])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([10, 10])
    shares = plan.sourcing.set_index("origin")["share"]
    assert shares.to_dict() == pytest.approx({"IND": 0.3, "JPN": 0.7})


def test_plants_in_their_first_year_replace_by_what_they_make():
    """In the last year one plant makes 20 and the other, in its first, 10: together they replace 15."""
    technology = {"id": "board-plant", "component": "board", "capacity": 20, "capex_usd_m": 10, "ramp": 0.5}
    moves = [("board-plant", "dahej", 2026), ("board-plant", "mundra", 2028)]
    plan = described(boards(0.15, 20, technologies=[{**technology, "most_plants": 2}]), study(), moves)
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([20, 10])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([10, 5])


def test_a_plant_that_delivers_after_the_last_year_replaces_nothing():
    plan = described(boards(1.0, 20), study(), [("board-plant", "dahej", 2029)])
    assert plan.moves[["made_usd_m", "replaces_target_usd_m"]].to_numpy().tolist() == [[0, 0]]
    assert direct(plan, "board") == pytest.approx(1.0)


def test_kept_plants_come_first_and_run_before_the_plan_too():
    """The kept plant makes 60 of 100, of which China sold 70: the new one replaces the 10 that are left."""
    case = boards(0.7, 60)
    kept = study(keep=[{"technology": "board-plant", "site": "dahej", "start": 2020}])
    plan = described(case, kept, [("board-plant", "mundra", 2026)])
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([60])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([10])
    assert (direct(plan, "board", "before"), direct(plan, "board")) == (pytest.approx(0.1), pytest.approx(0))
    plants = plan.limits.set_index("name").loc["most plants board-plant"]
    assert plants[["amount", "used", "left"]].tolist() == [2, 2, 0]


def test_kept_plants_take_their_part_of_a_site():
    case = boards(0.7, 10, sites=[{"id": "dahej", "land_ha": 2}, {"id": "mundra", "land_ha": 2}])
    kept = study(keep=[{"technology": "board-plant", "site": "dahej", "start": 2020}])
    limits = described(case, kept, [("board-plant", "mundra", 2026)]).limits.set_index("name")
    assert limits.loc[["land_ha dahej", "land_ha mundra"], ["used", "left"]].to_numpy().tolist() == [
        [1, 1],
        [1, 1],
    ]


def test_a_maker_that_nobody_buys_from_today_takes_over_its_share():
    """No published maker but China; Japan is qualified for a tenth of the need."""
    source = {"component": "board", "origin": "JPN", "least_share": 0.1, **QUALIFY}
    case = boards(
        1.0, 20, world={"board": {"CHN": 1.0}}, second_sources=[source],
        sourcing={"IND": {"board": {"CHN": 1.0}}},
        countries=[{"iso3": code, "name": code, "lon": 0, "lat": 0, "region": "test"}
                   for code in ("CHN", "HKG", "IND", "JPN", "MAC", "ROW", "USA")],
    )  # fmt: skip
    plan = described(case, study(), second=[("board", "JPN")])
    assert plan.second_sources["replaces_target_usd_m"].tolist() == pytest.approx([10])
    assert direct(plan, "board") == pytest.approx(0.9)
    assert plan.summary["target_value_after_usd_m"] == pytest.approx(90)


def test_needs_of_new_plants_are_counted_as_bought_before():
    """Motors need 0.3 of magnets: a motor plant alone buys 30 more in China, a magnet plant replaces them."""
    case = tables(**CASE)
    both = described(case, study(), [("magnet-plant", "dahej", 2026), ("motor-plant", "dahej", 2026)])
    by = both.moves.set_index("component")[["made_usd_m", "replaces_target_usd_m", "still_target_usd_m"]]
    assert by.loc["magnet"].tolist() == pytest.approx([30, 30, 0])
    assert by.loc["motor"].tolist() == pytest.approx([100, 100, 0])
    alone = described(case, study(), [("motor-plant", "dahej", 2026)]).moves.iloc[0]
    assert alone[["replaces_target_usd_m", "still_target_usd_m"]].tolist() == pytest.approx([100, 30])


def test_sales_abroad_replace_the_targets_deliveries_there():
    """India buys 10 in China, the US 80 of 100: the plant's 50 replace 10 and 40."""
    case = boards(
        1.0, 50, demand={"IND": {"board": 10.0}, "USA": {"board": 100.0}},
        sourcing={"IND": {"board": {"CHN": 1.0}}, "USA": {"board": {"CHN": 0.8, "JPN": 0.2}}},
    )  # fmt: skip
    wanted = study(markets={"IND": 1.0, "USA": 0.5})
    plan = described(case, wanted, [("board-plant", "dahej", 2026)])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([50])
    after = plan.exposure.set_index("market")["direct_after"]
    assert after.to_dict() == pytest.approx({"IND": 0, "USA": 0.4})


def random_decision(seed):
    """Tables, a study with a kept plant and both markets, and moves and second sources drawn at random."""
    rng = np.random.default_rng(seed)
    case = synthetic_tables(16, 4, seed)
    wanted = synthetic_study(case, 5, 3, seed)
    network = Network.of(case)
    abroad = [name for name in network.origins if name not in {HOME, "ROW", *TARGET, *wanted.target}]
    names = rng.choice(case.components["id"], 8, replace=False)
    rows = [
        {"component": name, "origin": origin, "least_share": float(rng.uniform(0.02, 0.4)), **QUALIFY}
        for name in names
        for origin in rng.choice(abroad, 2, replace=False)
    ]
    case = case.replace(second_sources=frame("second_sources", [{**row, "source": "made"} for row in rows]))
    problem = build_problem(case, wanted)
    options = problem.options.loc[rng.choice(problem.options.index, 9, replace=False), ["technology", "site"]]
    kept = options.iloc[0]
    wanted = wanted.model_copy(
        update={
            "keep": study(
                keep=[{"technology": kept["technology"], "site": kept["site"], "start": wanted.first_year - 1}]
            ).keep
        }
    )
    years = rng.integers(wanted.first_year, wanted.last_year + 1, 8)
    moves = [(*row, int(year)) for row, year in zip(options.iloc[1:].to_numpy().tolist(), years, strict=True)]
    second = [(row["component"], row["origin"]) for row in rows if rng.random() < 0.7]
    return case, wanted, moves, second


@pytest.mark.parametrize("seed", range(8))
def test_what_is_replaced_adds_up_to_the_change(seed):
    """Per component, by the simulator; and by the shares of ``plan.sourcing``."""
    case, wanted, moves, second = random_decision(seed)
    plan = described(case, wanted, moves, second)
    world = World(case, wanted)
    kept = [world.plant(plant.technology, plant.site, plant.start) for plant in wanted.keep]
    plants = [world.plant(*move) for move in moves]
    sells = target_sells(world, plants, second, kept)
    # Kept plants come first: what they replace, at the need that all plants raise, is no part of the moves.
    mine = {plant["component"] for plant in kept}
    replaced = pd.concat([plan.moves, plan.second_sources]).groupby("component")["replaces_target_usd_m"].sum()
    for c in set(world.components) - mine:
        change = sum(sells[market, c][0] - sells[market, c][1] for market in {HOME, *world.abroad})
        assert replaced.get(c, 0.0) == pytest.approx(change, abs=1e-8), c
    assert replaced.sum() > 0
    assert (plan.moves["replaces_target_usd_m"] <= plan.moves["made_usd_m"] + 1e-9).all()

    network = Network.of(plan.apply(case))
    after = network.shares_of(HOME)[:, network.origins.isin(list(wanted.target))].sum(axis=1)
    made = plan.moves.groupby("component")["made_usd_m"].sum().to_dict()
    for plant in kept:
        c = plant["component"]
        made[c] = made.get(c, 0.0) + world.capacity(plant) * wanted.planned_use
    for c, share in zip(network.components, after, strict=True):
        need = world.need(c, wanted.last_year)
        need += sum(world.content(c, user) * made.get(user, 0.0) for user in world.users[c])
        assert share * need == pytest.approx(sells[HOME, c][1], abs=1e-6), c


@pytest.mark.parametrize("seed", range(4))
def test_still_bought_is_the_exposure_of_the_inputs_after_the_plan(seed):
    case, wanted, moves, second = random_decision(seed)
    plan = described(case, wanted, moves, second)
    world = World(case, wanted)
    net = plan.exposure[plan.exposure["market"] == HOME].set_index("component")["net_after"]
    for row in plan.moves.itertuples():
        inside = sum(world.content(name, row.component) * net[name] for name in world.components)
        assert row.still_target_usd_m == pytest.approx(inside * row.made_usd_m, abs=1e-9)
        assert row.still_target_usd_m <= row.made_usd_m + 1e-9


# Limits.


def limit(kind, amount, **scope):
    unit = {"output": "US$ million/year", "investment": "US$ million"}[kind]
    return {"name": "own", "limit": kind, "amount": amount, "unit": unit, **scope}


def used(plan):
    return float(plan.limits.set_index("name").loc["own", "used"])


@pytest.mark.parametrize("scope", [{}, {"site": "dahej"}, {"state": "Gujarat"}])
@pytest.mark.parametrize("start", [2027, 2028])
def test_output_counts_the_same_with_and_without_a_place(scope, start):
    """A plant of 20 that makes half in its first year, which for a start in 2028 is the last of the study."""
    technology = {"id": "board-plant", "component": "board", "capacity": 20, "capex_usd_m": 10, "ramp": 0.5}
    case = boards(1.0, 20, technologies=[technology])
    plan = described(case, study(limits=[limit("output", 20, **scope)]), [("board-plant", "dahej", start)])
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([20 if start == 2027 else 10])
    assert used(plan) == pytest.approx(20)
    own = plan.limits.set_index("name").loc["own"]
    assert own["left"] == pytest.approx(0)


@pytest.mark.parametrize("scope", [{}, {"site": "dahej"}, {"state": "Gujarat"}])
def test_a_floor_on_output_is_met_by_a_plant_that_still_ramps_up(scope):
    """One approval, for 2028 only: 20 once ramped up is enough for a floor of 20, wherever it is counted."""
    technology = {"id": "board-plant", "component": "board", "capacity": 20, "capex_usd_m": 10, "ramp": 0.5}
    case = boards(1.0, 20, technologies=[technology], sites=[{"id": "dahej"}])
    none = [
        {"name": f"plants {year}", "limit": "plants", "amount": 0, "unit": "plant", "in_year": year}
        for year in (2026, 2027)
    ]
    plan = optimize(case, study(limits=[*none, limit("output", 20, **scope)]), budget_usd_m=20)
    assert plan.moves["start_year"].tolist() == [2028]
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([10])


def test_output_of_kept_plants_counts_if_they_deliver_by_the_last_year():
    case = boards(1.0, 20)
    for start, wanted in ((2020, 20.0), (2028, 20.0), (2029, 0.0)):
        kept = study(
            keep=[{"technology": "board-plant", "site": "dahej", "start": start}], limits=[limit("output", 0)]
        )
        assert used(described(case, kept)) == pytest.approx(wanted)


LEVERS = {
    "facilities": [{"id": "drain", "name": "drain", "site": "dahej", "kind": "effluent", "sectors": "minerals",
                    "capex_usd_m": 10, "running_usd_m": 1, "incentive_share": 0.2}],
    "second_sources": [{"component": "board", "origin": "JPN", "cost_usd_m": 5, "lead_years": 1, "premium": 0.1,
                        "least_share": 0.1, "most_share": 0.2}],
    "stockpiles": [{"component": "board", "most_months": 6, "holding_share": 0.1}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("scope", "amount"),
    [
        # In the first year: a plant 10, the drain 10 less a fifth, Japan's audit 5 (no premium), a stock of 7.
        ({"in_year": 2026}, 10 + 8 + 5 + 7),
        ({"in_year": 2027}, 10),
        ({}, 20 + 8 + 5 + 7),
        ({"sectors": "minerals"}, 20 + 8 + 5 + 7),
        # A facility belongs to no component, sources and stocks to no technology and no place.
        ({"component": "board"}, 20 + 5 + 7),
        ({"component": "board", "in_year": 2026}, 10 + 5 + 7),
        ({"technology": "board-plant"}, 20),
        ({"site": "dahej"}, 10 + 8),
        ({"state": "Gujarat"}, 20 + 8),
    ],
)
def test_all_investment_counts(scope, amount):
    case = boards(0.9, 20, **LEVERS)
    moves = [("board-plant", "dahej", 2026), ("board-plant", "mundra", 2027)]
    wanted = study(limits=[limit("investment", 1000, **scope)], discount_rate=0.1)
    plan = described(case, wanted, moves, [("board", "JPN")], [("board", 7.0)])
    assert used(plan) == pytest.approx(amount)
    if set(scope) == {"in_year"}:
        assert invested(World(case, wanted), plan, scope["in_year"]) == pytest.approx(amount)


def test_a_budget_per_year_pays_for_facilities_sources_and_stocks():
    """18 a year: a plant at Dahej and its drain in the first year; less: the drain then, the plant a year on."""
    case = boards(0.9, 20, **{**LEVERS, "second_sources": [], "stockpiles": []}, sites=[{"id": "dahej"}])
    for most, start in ((17.9, [2027]), (18.0, [2026, 2027])):
        plan = optimize(case, study(budget_per_year_usd_m=most), budget_usd_m=100)
        assert len(plan.moves) == 1
        assert plan.moves["start_year"].iloc[0] in start
        assert invested(World(case, study()), plan, 2026) <= most + 1e-9
    stocks = {"stockpiles": LEVERS["stockpiles"], "technologies": []}
    plan = optimize(boards(0.9, 20, **stocks), study(budget_per_year_usd_m=7.0), budget_usd_m=100)
    assert plan.stocks["value_usd_m"].tolist() == pytest.approx([7])
    source = {"component": "board", "origin": "JPN", "cost_usd_m": 5, "lead_years": 1, "premium": 0,
              "least_share": 0.1, "most_share": 0.4}  # fmt: skip
    for most, count in ((4.9, 0), (5.0, 1)):
        case = boards(0.9, 20, second_sources=[source], technologies=[])
        plan = optimize(case, study(budget_per_year_usd_m=most, denials=[stop()]), budget_usd_m=100)
        assert len(plan.second_sources) == count
