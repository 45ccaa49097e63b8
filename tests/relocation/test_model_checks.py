"""Checks that catch wrong models: prices against differences, certainty, tails, and what the command line says."""

import subprocess
import sys

import numpy as np
import pytest

from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, optimize
from corridor.relocation.model.formulate import formulate
from corridor.relocation.model.goals import Goals
from corridor.relocation.solver.solve import solve
from tests.hand import stop, study, tables
from tests.relocation.test_optimize import CASE


def relaxed(case, settings, budget, **more):
    problem = build_problem(case, settings.model_copy(update=more), budget_usd_m=budget)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    begin, index = program.rows["limits"]
    solution = solve(program, relaxed=True)
    price = dict(zip(index["name"], solution.prices[begin : begin + len(index)], strict=True))
    return solution.objective, price, problem


@pytest.mark.parametrize("budget", [100.0, 400.0, 1000.0])
def test_a_price_is_what_one_more_dollar_avoids(budget):
    """The dual of the budget lies between the differences to both sides: the loss is convex in the budget."""
    case = synthetic_tables(40, 8, 7)
    settings = synthetic_study(case, 5, 8, 7)
    step = 0.01
    here, price, _ = relaxed(case, settings, budget)
    more, _, _ = relaxed(case, settings, budget + step)
    less, _, _ = relaxed(case, settings, budget - step)
    gained, lost = (here - more) / step, (less - here) / step
    assert gained - 1e-4 <= -price["budget"] <= lost + 1e-4
    assert -price["budget"] >= 0


def test_prices_of_resources_of_sites_are_differences_too():
    case = synthetic_tables(40, 2, 5)
    case = case.replace(sites=case.sites.assign(land_ha=case.sites["land_ha"] * 0.01))
    settings = synthetic_study(case, 5, 8, 5)
    here, price, problem = relaxed(case, settings, 1e5)
    name = min(price, key=lambda one: price[one] if one.startswith("land_ha") else 0.0)
    assert price[name] < -1e-6, "no land binds: the case says nothing"
    site = name.removeprefix("land_ha ")
    step = 1e-4
    more = case.sites["land_ha"].where(case.sites["id"] != site, case.sites["land_ha"] + step)
    after, _, _ = relaxed(case.replace(sites=case.sites.assign(land_ha=more)), settings, 1e5)
    assert (here - after) / step <= -price[name] + 1e-4
    assert (here - after) / step == pytest.approx(-price[name], rel=0.2)
    assert len(problem.limits)


def test_a_certain_window_alone_is_the_deterministic_loss():
    case = tables(**CASE)
    for probability in (1.0, 0.25):
        plan = optimize(case, study(denials=[stop(probability=probability)]), budget_usd_m=60)
        assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(100 * probability)
        assert plan.losses["loss_before_usd_m"].sum() == pytest.approx(100)
    one = optimize(case, study(denials=[stop()]), budget_usd_m=90)
    halves = [stop(name="a", probability=0.5), stop(name="b", probability=0.5)]
    two = optimize(case, study(denials=halves), budget_usd_m=90)
    assert one.summary["expected_loss_after_usd_m"] == pytest.approx(two.summary["expected_loss_after_usd_m"])
    assert one.moves["site"].tolist() == two.moves["site"].tolist()


def test_most_plants_holds_at_its_edges():
    technologies = [
        {"id": "motor-plant", "component": "motor", "capacity": 25, "capex_usd_m": 10, "most_plants": most}
        for most in (3,)
    ]
    sites = [{"id": f"s{number}"} for number in range(5)]
    case = tables(**{**CASE, "recipes": [], "technologies": technologies, "sites": sites})
    plan = optimize(case, study(), budget_usd_m=1000)
    assert plan.moves["plants"].sum() == 3
    assert plan.summary["expected_loss_after_usd_m"] == pytest.approx(25)
    kept = study(keep=[{"technology": "motor-plant", "site": "s0", "start": 2020}])
    plan = optimize(case, kept, budget_usd_m=1000)
    assert plan.moves["plants"].sum() == 2
    assert plan.summary["expected_loss_after_usd_m"] == pytest.approx(25)


def test_no_scenario_can_be_told_from_its_copies():
    """Windows that are alike share their probability: nothing changes."""
    case = synthetic_tables(30, 6, 2)
    settings = synthetic_study(case, 4, 3, 2)
    split = []
    for denial in settings.denials:
        half = {"probability": denial.probability / 2}
        split += [
            denial.model_copy(update=half),
            denial.model_copy(update={**half, "name": f"{denial.name}-again"}),
        ]
    once, _, _ = relaxed(case, settings, 500.0)
    twice, _, _ = relaxed(case, settings, 500.0, denials=tuple(split))
    assert once == pytest.approx(twice, rel=1e-7)


def test_the_command_line_ends_with_3_where_no_plan_exists(tmp_path):
    file = tmp_path / "floor.yaml"
    floor = "{name: floor, limit: output, sectors: pharma, amount: 100000, unit: US$ million/year}"
    file.write_text(f"extends: pharma\nname: floor\nbudget_usd_m: 5\nlimits:\n  - {floor}\n")
    done = subprocess.run(
        [sys.executable, "-m", "corridor.cli", "plan", str(file)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 3
    assert "no plan exists" in done.stderr
    assert "floor" in done.stderr
    assert "Traceback" not in done.stderr
    assert np.isfinite(done.returncode)
