"""The search: the same plan on any machine, a gap of what can be avoided, never no plan for want of time."""

import os
import subprocess
import sys

import pytest

import corridor
from corridor.relocation.model.formulate import formulate
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.problem import build_problem
from corridor.relocation.search.effort import Clock
from corridor.relocation.solver.root import RootBound
from corridor.relocation.solver.solve import solve
from tests import ROOT
from tests.hand import study, tables
from tests.relocation.test_optimize import CASE


@pytest.fixture(scope="module")
def pharma():
    return corridor.load_tables(), corridor.load_study("pharma")


@pytest.mark.parametrize("budget", [100.0, 1000.0])
def test_a_small_study_is_as_good_as_a_long_run(pharma, budget):
    """The solver alone on the whole program, until nothing is left between its plan and its bound."""
    bundled, settings = pharma
    plan = corridor.optimize(bundled, settings, budget_usd_m=budget)
    problem = build_problem(bundled, settings, budget_usd_m=budget)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    best = solve(program, gap=1e-9, absolute_gap=1e-3)
    before = plan.summary["expected_loss_before_usd_m"]
    assert best.bound <= plan.summary["objective"] + 1e-3
    assert before - plan.summary["objective"] >= 0.99 * (before - best.objective)
    assert plan.summary["gap"] <= 0.005
    assert plan.summary["stopped_after_s"] == 0.0


def test_the_gap_is_a_fraction_of_what_can_be_avoided():
    plan = corridor.optimize(tables(**CASE), study(gap=0.2), budget_usd_m=60)
    before, after = (plan.summary[f"expected_loss_{when}_usd_m"] for when in ("before", "after"))
    bound = plan.summary["bound"]
    assert plan.summary["gap"] == pytest.approx(max(after - bound, 0.0) / (before - bound), abs=1e-6)
    assert plan.quality.endswith("of what any plan could avoid")


def test_no_time_is_a_plan_that_says_so():
    """Doing nothing is a plan: a search without time gives it, and says that the clock struck."""
    plan = corridor.optimize(tables(**CASE), study(time_limit_s=1e-9), budget_usd_m=60)
    assert plan.summary["stopped_after_s"] > 0
    assert "may differ elsewhere" in plan.warning
    assert plan.summary["expected_loss_after_usd_m"] <= plan.summary["expected_loss_before_usd_m"]
    assert not corridor.optimize(tables(**CASE), study(), budget_usd_m=60).warning


def test_a_clock_that_has_not_struck_changes_nothing():
    clock = Clock(1e9)
    assert not clock.up()
    assert not clock.struck
    assert Clock(0.0).up()


SCRIPT = """
import sys
import corridor
study = corridor.load_study("pharma").model_copy(update={"effort": "quick"})
plan = corridor.optimize(corridor.load_tables(), study, budget_usd_m=300.0)
sys.stdout.write(plan.moves.to_csv() + plan.stocks.to_csv() + repr(plan.summary))
"""


def test_the_same_plan_on_one_processor_and_beside_other_work():
    """A process as it is, and one pinned to a core with a busy process: the same text."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def run(*before):
        command = [*before, sys.executable, "-c", SCRIPT]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=900)
        return done.stdout

    calm = run()
    spin = "while True: pass"
    pin = ["taskset", "-c", "0"] if os.path.exists("/usr/bin/taskset") else []
    busy = subprocess.Popen([*pin, sys.executable, "-c", spin])
    try:
        pinned = run(*pin)
    finally:
        busy.kill()
        busy.wait()
    assert pinned == calm


def test_a_bound_after_some_rounds_of_cuts_is_valid_and_repeats():
    bundled, settings = corridor.load_tables(), corridor.load_study("pharma")
    problem = build_problem(bundled, settings, budget_usd_m=100.0)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    relaxed = solve(program, relaxed=True).objective
    bounds = [RootBound(program, 3, 600.0).wait() for _ in range(2)]
    best = corridor.optimize(bundled, settings, budget_usd_m=100.0).summary["objective"]
    assert bounds[0] == bounds[1]
    assert relaxed - 1e-3 <= bounds[0] <= best + 1e-3


def test_the_process_that_bounds_ends_with_its_parent():
    """Its standard input ends when the parent is gone, however it went; the child then ends by itself."""
    bundled, settings = corridor.load_tables(), corridor.load_study("pharma")
    problem = build_problem(bundled, settings, budget_usd_m=100.0)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    root = RootBound(program, 100_000, 600.0)
    root._process.stdin.close()
    assert root._process.wait(timeout=300) == 1
    root.stop()


def test_a_frontier_holds_the_plans_of_its_budgets():
    case, settings = tables(**CASE), study()
    plans = corridor.frontier(case, settings, budgets=[20, 60, 200], workers=1)
    for plan in plans:
        alone = corridor.optimize(case, settings, budget_usd_m=plan.budget_usd_m)
        assert plan.moves.equals(alone.moves)
    losses = [plan.summary["expected_loss_after_usd_m"] for plan in plans]
    assert losses == sorted(losses, reverse=True)


def test_goals_in_turn_say_what_is_proved_of_each():
    case = tables(**CASE)
    plan = corridor.optimize(case, study(goal={"minimise": ["loss", "cost"]}), budget_usd_m=60)
    loss, cost = plan.quality.split("; then ")
    assert loss.startswith("loss: at least ")
    assert loss.endswith("of what any plan could avoid")
    assert cost.startswith("cost: within ")
    assert cost.endswith("of the least cost")
    summed = corridor.optimize(case, study(goal={"weights": {"loss": 1.0, "cost": 0.5}}), budget_usd_m=60)
    assert summed.quality.endswith("of what any plan could improve")


def test_more_budget_is_never_worse_where_cost_comes_second():
    """The last goal is cost, which a larger budget raises: the first decides."""
    case, settings = tables(**CASE), study(goal={"minimise": ["loss", "cost"]})
    plans = corridor.frontier(case, settings, budgets=[20, 60, 200], workers=1)
    losses = [plan.summary["expected_loss_after_usd_m"] for plan in plans]
    alone = corridor.optimize(case, settings, budget_usd_m=200).summary
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]
    assert losses[-1] == pytest.approx(alone["expected_loss_after_usd_m"])
