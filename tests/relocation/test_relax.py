"""Why no plan exists: fewest limits, least amounts, each feasible as stated and infeasible just beyond.

The case by hand: motors need magnets; a motor plant (100 a year) costs 50, a magnet plant (30 a year) 40. India
buys motors for 100 a year, and magnets only for the motors that it makes.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from corridor.config import load_study
from corridor.data.tables import load_tables
from corridor.errors import NoPlan
from corridor.relocation import build_problem, optimize
from corridor.relocation.conflict.relax import no_plan, why_no_plan
from corridor.relocation.model.formulate import decide
from corridor.relocation.solver.solve import solve
from tests.hand import study, tables
from tests.relocation.test_optimize import CASE

MONEY = "US$ million"
PER_YEAR = "US$ million/year"


def limit(name, kind, sense, amount, unit, **scope):
    return {"name": name, "limit": kind, "sense": sense, "amount": amount, "unit": unit, **scope}


def exists(problem, **amounts):
    """Whether a plan keeps all limits, with other amounts for some."""
    limits, imports, plants = problem.limits.copy(), problem.imports.copy(), problem.plants.copy()
    components = problem.tables.components["id"].tolist()
    for name, amount in amounts.items():
        if name.startswith("sales "):
            year, component = name.split()[1:]
            place = int(year) - problem.study.first_year, components.index(component)
            imports[place] += amount - problem.room[place]
        elif name.startswith("most plants "):
            plants.loc[plants["technology"] == name.split()[2], "most_plants"] = amount
        else:
            assert (limits["name"] == name).sum() == 1
            limits.loc[limits["name"] == name, "amount"] = amount
    try:
        solve(decide(replace(problem, limits=limits, imports=imports, plants=plants))[0])
    except NoPlan:
        return False
    return True


def checked(problem):
    """The answer, after checks on the study built anew: a plan exists as stated, none just beyond each amount."""
    table = why_no_plan(problem)
    assert table.attrs["exact"]
    rows = table.set_index("name")
    assert (rows["needed"] - rows["amount"]).tolist() == pytest.approx(rows["change"].tolist(), abs=1e-9)
    dropped = [name for name in rows.index if name.startswith("force ")]
    assert rows.loc[dropped, ["amount", "needed"]].to_numpy().tolist() == [[1, 0]] * len(dropped)
    kept = tuple(
        choice
        for choice in problem.study.force
        if "force " + ", ".join(filter(None, (choice.component, choice.technology, choice.site))) not in dropped
    )
    eased = replace(problem, study=problem.study.model_copy(update={"force": kept}))
    stated = {name: row["needed"] for name, row in rows.iterrows() if name not in dropped}
    assert exists(eased, **stated)
    for name, amount in stated.items():
        beyond = 1.0 if rows.loc[name, "unit"] == "plant" else 3e-6 * abs(amount) or 1e-3
        assert not exists(eased, **{**stated, name: amount - np.sign(rows.loc[name, "change"]) * beyond})
    for name in dropped:
        again = tuple(c for c in problem.study.force if c in kept or f"force {c.component}" == name)
        assert not exists(replace(problem, study=problem.study.model_copy(update={"force": again})), **stated)
    return rows


@pytest.fixture(scope="module")
def pharma():
    return load_tables(), load_study("pharma")


def with_limits(study_, *rows):
    return study_.model_validate({**study_.model_dump(), "limits": rows})


def test_forty_plants_fall_to_the_five_that_are_allowed(pharma):
    data, settings = pharma
    many = limit("many", "plants", "at least", 40, "plant", sectors="pharma")
    few = limit("few", "plants", "at most", 5, "plant")
    rows = checked(build_problem(data, with_limits(settings, many, few), budget_usd_m=800))
    assert rows[["amount", "needed", "change"]].to_numpy().tolist() == [[40, 5, -35]]
    assert rows.index.tolist() == ["many"]


def test_an_output_falls_to_the_most_that_can_be_made_and_sold(pharma):
    data, settings = pharma
    floor = limit("floor", "output", "at least", 1000, PER_YEAR, component="6-apa")
    problem = build_problem(data, with_limits(settings, floor), budget_usd_m=1000)
    rows = checked(problem)
    # The same, asked the other way round: the most output of plants that keep the other limits.
    program, first = decide(replace(problem, limits=problem.limits[problem.limits["name"] != "floor"]))
    starts = first.starts[first.starts["component"] == "6-apa"]
    program.price(starts["column"].to_numpy(), -problem.plants["made"].to_numpy()[starts["tech"]])
    assert rows.loc["floor", "needed"] == pytest.approx(-solve(program, gap=0.0).objective, rel=1e-6)
    assert rows.loc["floor", "needed"] > 100
    assert rows.index.tolist() == ["floor"]


@pytest.mark.parametrize("capex", [50.0, 49.123456789, 50.0000004])
@pytest.mark.parametrize("floor", [10.0, 100.0])
def test_a_budget_rises_to_the_cost_of_what_is_asked_for(capex, floor):
    motor = {**CASE["technologies"][0], "capex_usd_m": capex}
    case = tables(**{**CASE, "technologies": [motor, CASE["technologies"][1]]})
    row = limit("floor", "output", "at least", floor, PER_YEAR, component="motor")
    rows = checked(build_problem(case, study(limits=[row]), budget_usd_m=45))
    assert rows.index.tolist() == ["budget"]
    assert capex <= rows.loc["budget", "needed"] <= capex * (1 + 1e-6)


def test_a_floor_falls_where_the_change_is_smaller_than_the_budgets():
    row = limit("floor", "output", "at least", 130, PER_YEAR, component="motor")
    rows = checked(build_problem(tables(**CASE), study(limits=[row]), budget_usd_m=60))
    assert rows.loc["floor", "needed"] == 100
    assert rows.index.tolist() == ["floor"]


def test_the_fewest_limits_before_the_least_amounts():
    """Land and power allow half a plant each: one floor of 100 falls to 0 rather than both of them rising."""
    rows = [
        limit("floor", "output", "at least", 100, PER_YEAR, component="motor"),
        limit("land", "land_ha", "at most", 0.9, "ha"),
        limit("power", "power_mw", "at most", 0.9, "MW"),
    ]
    problem = build_problem(tables(**CASE), study(limits=rows), budget_usd_m=60)
    assert checked(problem)[["needed"]].to_dict()["needed"] == {"floor": 0}
    forced = build_problem(tables(**CASE), study(limits=rows[1:], force=[{"component": "motor"}]), budget_usd_m=60)
    # A forced move alone gives way where several limits would have to.
    assert checked(forced)["needed"].to_dict() == {"force motor": 0}


def test_two_limits_that_must_both_give_way():
    """Two floors need land and power: both of these rise by a little rather than both floors falling to 0."""
    rows = [
        limit("floor", "output", "at least", 100, PER_YEAR, component="motor"),
        limit("one", "plants", "at least", 1, "plant"),
        limit("land", "land_ha", "at most", 0.9, "ha"),
        limit("power", "power_mw", "at most", 0.8, "MW"),
    ]
    problem = build_problem(tables(**CASE), study(limits=rows), budget_usd_m=60)
    assert checked(problem)["needed"].to_dict() == {"land": 1, "power": 1}


def test_forced_moves_that_exclude_each_other_are_named():
    other = {**CASE["technologies"][0], "id": "motor-other", "capacity": 40}
    motor = {**CASE["technologies"][0], "capacity": 60}
    case = tables(**{**CASE, "technologies": [motor, other, CASE["technologies"][1]]})
    settings = study(
        limits=[limit("few", "plants", "at most", 1, "plant"), limit("land", "land_ha", "at most", 5, "ha")],
        force=[{"technology": "motor-plant"}, {"site": "mundra"}, {"technology": "motor-other"}],
    )
    problem = build_problem(case, settings, budget_usd_m=1000)
    assert checked(problem)["needed"].to_dict() == {"few": 2}
    with pytest.raises(NoPlan, match="few: 1 plant -> 2 .*raise by 1") as caught:
        optimize(case, settings, budget_usd_m=1000)
    assert str(caught.value).endswith("Forced moves in this conflict: force motor-plant; force motor-other.")
    assert caught.value.relax["name"].tolist() == ["few"]


def test_forced_moves_named_twice_or_apart():
    plants = [{"id": name, "component": "motor", "capacity": 30, "capex_usd_m": 20} for name in ("a", "b", "c")]
    case = tables(**{**CASE, "technologies": plants})
    force = [{"technology": name} for name in ("a", "b", "c")]
    problem = build_problem(case, study(force=force), budget_usd_m=10)
    assert checked(problem)["needed"].to_dict() == {"budget": 60}
    # All three are needed for the full change, though each alone is in conflict.
    assert why_no_plan(problem).attrs["forced"] == ["force a", "force b", "force c"]
    twice = study(force=[{"component": "motor"}, {"technology": "motor-plant"}])
    table = why_no_plan(build_problem(tables(**CASE), twice, budget_usd_m=10))
    assert table[["name", "needed"]].to_numpy().tolist() == [["budget", 50]]
    assert table.attrs["forced"] == ["force motor-plant"]


def test_a_forced_move_that_nothing_allows_gives_way():
    settings = study(
        force=[{"component": "motor"}, {"component": "magnet"}], forbid=[{"technology": "motor-plant"}]
    )
    problem = build_problem(tables(**CASE), settings, budget_usd_m=1000)
    rows = why_no_plan(problem).set_index("name")
    assert rows.loc["force motor", ["unit", "amount", "needed", "change"]].tolist() == ["plant", 1, 0, -1]
    assert "force motor: 1 plant -> 0 (lower by 1)" in str(no_plan(problem))


def test_a_site_too_small_for_a_forced_plant():
    case = tables(**{**CASE, "sites": [{"id": "dahej", "land_ha": 0.4}, {"id": "mundra"}]})
    problem = build_problem(case, study(force=[{"component": "motor", "site": "dahej"}]), budget_usd_m=1000)
    assert checked(problem)["needed"].to_dict() == {"land_ha dahej": 1}


def test_amounts_are_the_limits_own_where_plants_are_kept():
    keep = [{"technology": "motor-plant", "site": "dahej", "start": 2020}]
    row = limit("few", "plants", "at most", 1, "plant")
    settings = study(limits=[row], keep=keep, force=[{"component": "magnet"}])
    rows = checked(build_problem(tables(**CASE), settings, budget_usd_m=1000))
    assert rows[["amount", "needed"]].to_numpy().tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("budget", "fund", "needed"),
    [
        (90, 50, {"budget": 100}),  # 40 are free, 10 more: of the budget a ninth, of the fund a fifth
        (90, 45, {"budget": 95}),
        (60, 100, {"budget": 150}),  # the fund takes all of the budget until that exceeds it
    ],
)
def test_money_reserved_for_others(budget, fund, needed):
    row = limit("reserved", "fund", "at most", fund, MONEY, component="magnet")
    settings = study(limits=[row], force=[{"component": "motor"}])
    rows = checked(build_problem(tables(**CASE), settings, budget_usd_m=budget))
    assert rows["needed"].to_dict() == needed


def test_a_fund_gives_way_where_that_is_less():
    rows = [
        limit("reserved", "fund", "at most", 50, MONEY, component="magnet"),
        limit("floor", "output", "at least", 100, PER_YEAR, component="motor"),
        limit("second budget", "budget", "at most", 95, MONEY),
    ]
    problem = build_problem(tables(**CASE), study(limits=rows), budget_usd_m=90)
    assert checked(problem)["needed"].to_dict() == {"reserved": 40}


def test_a_share_at_a_site():
    plants = [
        {"id": "large", "component": "motor", "capacity": 60, "capex_usd_m": 30},
        {"id": "small", "component": "motor", "capacity": 40, "capex_usd_m": 20},
    ]
    case = tables(**{**CASE, "technologies": plants})
    row = limit("spread", "site_share", "at most", 0.5, "fraction")
    settings = study(limits=[row], force=[{"technology": "large"}])
    rows = checked(build_problem(case, settings, budget_usd_m=60))
    assert rows[["unit", "amount", "needed"]].to_numpy().tolist() == [["fraction", 0.5, 0.6]]


def test_a_plan_exists():
    problem = build_problem(tables(**CASE), study(), budget_usd_m=1000)
    table = why_no_plan(problem)
    assert table.empty
    assert table.columns.tolist() == ["name", "unit", "amount", "needed", "change"]


@pytest.mark.parametrize("seed", range(6))
def test_against_all_sets_of_limits(seed):
    """Random limits: no smaller set suffices, and among those of the same size none changes less."""
    rng = np.random.default_rng(seed)
    plants = [
        {"id": f"{component}-{number}", "component": component, "capacity": size, "capex_usd_m": capex}
        for component in ("motor", "magnet")
        for number, (size, capex) in enumerate(rng.uniform([10, 10], [40, 40], (3, 2)).round(2))
    ]
    rows = [
        limit("motors", "output", "at least", rng.uniform(40, 120), PER_YEAR, component="motor"),
        limit("magnets", "output", "at least", rng.uniform(5, 40), PER_YEAR, component="magnet"),
        limit("many", "plants", "at least", rng.integers(2, 6), "plant"),
        limit("few", "plants", "at most", rng.integers(1, 4), "plant"),
        limit("land", "land_ha", "at most", rng.uniform(0.5, 3), "ha"),
    ]
    case = tables(**{**CASE, "technologies": plants})
    problem = build_problem(case, study(limits=rows), budget_usd_m=rng.uniform(10, 60))
    answer = checked(problem)
    free = {"motors": 0, "magnets": 0, "many": 0, "few": 1e3, "land": 1e3, "budget": 1e4}
    for size in range(len(answer)):
        for chosen in combinations(free, size):
            assert not exists(problem, **{name: free[name] for name in chosen})
    total = (answer["change"].abs() / answer["amount"].clip(lower=1)).sum()
    for name in free if len(answer) == 1 else ():
        amount = problem.limits.set_index("name").loc[name, "amount"]
        less = amount + np.sign(free[name] - amount) * 0.999 * total * max(amount, 1)
        assert not exists(problem, **{name: max(less, 0)})
