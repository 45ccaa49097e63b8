"""Models solved by hand: the optimum for each kind of limit, and its rows as LP text in tests/relocation/lp.

All cases start from motors (100 a year, a plant costs 50) that need magnets (0.3, a plant of 30 costs 40), all
bought in China, which sells nothing in 2028. Only the full chain saves anything: 100 is lost, or 90 is spent at
Dahej. Mundra costs a tenth of the investment more.
"""

from pathlib import Path

import pytest

from corridor.errors import ConfigError, NoPlan
from corridor.relocation import build_problem, optimize
from corridor.relocation.model.formulate import formulate
from corridor.relocation.model.goals import Goals
from corridor.relocation.solver.lp_file import lp_text
from corridor.relocation.solver.solve import solve
from tests.hand import stop, study, tables
from tests.relocation.test_optimize import CASE

FOLDER = Path(__file__).parent / "lp"
MONEY = "US$ million"
STATES = {"sites": [{"id": "dahej"}, {"id": "mundra", "state": "Odisha", "capex_factor": 1.1}]}
HALVES = {
    "technologies": [
        {"id": "motor-plant", "component": "motor", "capacity": 50, "capex_usd_m": 25},
        CASE["technologies"][1],
    ]
}
BARE = {"recipes": [], "world": {"motor": {"CHN": 0.9, "JPN": 0.1}, "magnet": {"CHN": 1.0}}}


def limit(kind, amount, unit, **scope):
    return {"limits": [{"name": "own", "limit": kind, "amount": amount, "unit": unit, **scope}]}


# name: (tables, settings, budget, loss, cost, plants as (technology, site), beginnings of the rows in the file)
BOTH = [("magnet-plant", "dahej"), ("motor-plant", "dahej")]
SPLIT = [("magnet-plant", "mundra"), ("motor-plant", "dahej")]
HAND = {
    "budget": ({}, {}, 89, 100, 0, [], ["limits(budget)"]),
    # 120 - 75 leaves 45 for motors, which cost 50; 70 leaves 50.
    "fund": ({}, limit("fund", 75, MONEY, component="magnet"), 120, 100, 0, [], ["paid", "fund"]),
    "fund_that_leaves_enough": (
        {}, limit("fund", 70, MONEY, component="magnet"), 120, 0, 90, BOTH, ["paid", "fund"],
    ),
    "investment_by_year": ({}, limit("investment", 45, MONEY, in_year=2026), 90, 0, 90, BOTH, ["limits(own)"]),
    # Motors in Gujarat and magnets in Odisha cost 4 more, the other way round 5 more.
    "investment_by_state": (
        STATES, limit("investment", 50, MONEY, state="Gujarat"), 500, 0, 94, SPLIT, ["limits(own)"],
    ),
    "land": ({}, limit("land_ha", 1, "ha", site="dahej"), 500, 0, 94, SPLIT, ["limits(own)"]),
    "power": ({}, limit("power_mw", 1, "MW", site="dahej"), 500, 0, 94, SPLIT, ["limits(own)"]),
    "water": ({}, limit("water_mld", 1, "million litre/day", site="dahej"), 500, 0, 94, SPLIT, ["limits(own)"]),
    "workers": ({}, limit("workers", 1, "person", site="dahej"), 500, 0, 94, SPLIT, ["limits(own)"]),
    "plants_by_year": ({}, limit("plants", 1, "plant", in_year=2026), 90, 0, 90, BOTH, ["limits(own)"]),
    "plants_by_state": (STATES, limit("plants", 1, "plant", state="Gujarat"), 500, 0, 94, SPLIT, ["limits(own)"]),
    # The stop comes before any plant delivers: nothing is saved, motors are built because they must be.
    "output_floor": (
        {},
        {**limit("output", 100, f"{MONEY}/year", component="motor"), "denials": [stop(start=2026)]},
        500, 100, 50, [("motor-plant", "dahej")], ["limits(own)"],
    ),
    # Two motor plants of 50, one at each site: 25 + 27.5 + 40.
    "site_share": (
        HALVES, limit("site_share", 0.5, "fraction", component="motor"), 500, 0, 92.5,
        [("magnet-plant", "dahej"), ("motor-plant", "dahej"), ("motor-plant", "mundra")], ["site_share"],
    ),
    # Motor plants half in use need 15 of magnets each: it takes two to sell what the magnet plant makes.
    "use": (
        {}, limit("use", 0.5, "fraction", component="motor"), 500, 0, 145,
        [("magnet-plant", "dahej"), ("motor-plant", "dahej"), ("motor-plant", "mundra")], ["sales_2028"],
    ),
    # At Dahej 90 + 10 + 3 years of 1, at Mundra 99.
    "facility": (
        {"facilities": [{"id": "drain", "name": "drain", "site": "dahej", "kind": "effluent",
                         "sectors": "minerals", "capex_usd_m": 10, "running_usd_m": 1}]},
        {}, 500, 0, 99, [("magnet-plant", "mundra"), ("motor-plant", "mundra")],
        ["shared_facility", "limits(budget)"],
    ),
    "force": (
        {}, {"force": [{"component": "motor", "site": "mundra"}]}, 60, 100, 55, [("motor-plant", "mundra")],
        ["force"],
    ),
    "forbid": ({}, {"forbid": [{"component": "motor", "site": "dahej"}]}, 500, 0, 95,
               [("magnet-plant", "dahej"), ("motor-plant", "mundra")], ["place_each_plant"]),
    # The existing plant costs nothing more and makes 100 in 2028.
    "keep": (
        {}, {"keep": [{"technology": "motor-plant", "site": "dahej", "start": 2024}]}, 40, 0, 40,
        [("magnet-plant", "dahej")], ["count_open", "most_plants", "limits(land_ha_dahej)"],
    ),
    # 10 and a premium of 0.1 on 20 a year in 2027-2029; 40 of 100 come from Japan.
    "second_source": (
        {**BARE, "second_sources": [{"component": "motor", "origin": "JPN", "cost_usd_m": 10, "lead_years": 1,
                                     "least_share": 0.2, "most_share": 0.4, "premium": 0.1}]},
        {}, 20, 60, 16, [], ["balance", "limits(budget)"],
    ),
    # A US$ held for four years at 0.05 a year costs 1.2: 12 buys 10.
    "stock": (
        {**BARE, "stockpiles": [{"component": "motor", "most_months": 3, "holding_share": 0.05}]},
        {}, 12, 90, 12, [], ["balance", "limits(budget)"],
    ),
}  # fmt: skip


def program_of(name):
    changed, settings, budget, *_ = HAND[name]
    problem = build_problem(tables(**{**CASE, **changed}), study(**settings), budget_usd_m=budget)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    return program


@pytest.mark.parametrize("name", HAND)
def test_the_plan_is_the_one_solved_by_hand(name):
    changed, settings, budget, loss, cost, plants, _ = HAND[name]
    plan = optimize(tables(**{**CASE, **changed}), study(**settings), budget_usd_m=budget)
    assert plan.summary["expected_loss_after_usd_m"] == pytest.approx(loss, abs=1e-6)
    assert plan.summary["cost_usd_m"] == pytest.approx(cost, abs=1e-6)
    assert sorted(map(tuple, plan.moves[["technology", "site"]].to_numpy().tolist())) == plants


@pytest.mark.parametrize("name", HAND)
def test_the_rows_are_the_ones_checked_by_hand(name):
    text = lp_text(program_of(name), first_year=2026, rows=HAND[name][-1])
    assert text == (FOLDER / f"{name}.lp").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["budget", "keep", "fund_that_leaves_enough", "stock"])
def test_another_reader_finds_the_same_optimum(name, tmp_path):
    highs = pytest.importorskip("scipy.optimize._highspy._core", reason="this SciPy reads no LP files")
    program = program_of(name)
    path = tmp_path / "program.lp"
    path.write_text(lp_text(program), encoding="utf-8")
    reader = highs._Highs()
    reader.setOptionValue("output_flag", False)
    reader.readModel(str(path))
    assert (reader.getLp().num_col_, reader.getLp().num_row_) == (program.width, program.height)
    reader.run()
    assert reader.getInfo().objective_function_value == pytest.approx(solve(program, gap=0.0).objective, abs=1e-7)


@pytest.mark.parametrize(("tail", "expected"), [(0.0, 75.0), (0.999, 100.0)])
def test_the_tail_mean_goes_from_the_mean_to_the_largest(tail, expected):
    """100 or 50 is lost, each with probability 0.5."""
    half = {**stop(probability=0.5, cuts=[{"cut": 0.5}]), "name": "half"}
    wanted = study(denials=[stop(probability=0.5), half], goal={"minimise": "cvar", "tail": tail})
    assert optimize(tables(**CASE), wanted, budget_usd_m=1).summary["cvar_after_usd_m"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("most", "cost"),
    [
        ({"loss_at_most_usd_m": 0}, 90),
        ({"loss_at_most_usd_m": 100}, 0),
        ({"exposure_at_most": 0.3}, 50),
        ({"exposure_at_most": 0.1}, 90),
    ],
)
def test_the_least_cost_of_a_goal_reached(most, cost):
    """Motors of one's own from Chinese magnets leave 0.3 of their value with China."""
    plan = optimize(tables(**CASE), study(goal={"minimise": "cost", **most}), budget_usd_m=500)
    assert plan.summary["cost_usd_m"] == pytest.approx(cost, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "budget", "name", "needed"),
    [
        # A plant takes 1 ha where 0.4 may be used.
        ({"force": [{"component": "motor"}], **limit("land_ha", 0.4, "ha")}, 500, "own", 1.0),
        # 100 of motors a year cost 50: two thirds more of the budget, or none of the floor.
        (limit("output", 100, f"{MONEY}/year", component="motor"), 30, "budget", 50.0),
    ],
)
def test_the_limit_to_relax_and_by_how_much(settings, budget, name, needed):
    case = tables(**CASE)
    with pytest.raises(NoPlan) as caught:
        optimize(case, study(**settings), budget_usd_m=budget)
    assert len(caught.value.relax) == 1
    only = caught.value.relax.iloc[0]
    assert (only["name"], only["needed"]) == (name, pytest.approx(needed))
    if name == "budget":
        budget = float(only["needed"])
    else:
        settings = {**settings, "limits": [{**settings["limits"][0], "amount": only["needed"]}]}
    assert len(optimize(case, study(**settings), budget_usd_m=budget).moves)


def test_every_limit_that_cannot_be_used_is_named():
    rows = [
        {"name": "nothing", "limit": "plants", "amount": 1, "unit": "plant", "technology": "spinner"},
        {"name": "tonnes", "limit": "land_ha", "amount": 1, "unit": "t"},
        {"name": "both", "limit": "plants", "amount": 1, "unit": "plant", "site": "dahej", "in_year": 2026},
    ]
    with pytest.raises(ConfigError) as caught:
        build_problem(tables(**CASE), study(limits=rows))
    for row in rows:
        assert f"- {row['name']}: " in str(caught.value)
