"""Near-optimal plans: different by construction, within their slack and all limits; and what fills plans up."""

import numpy as np
import pytest

from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import alternatives, build_problem, optimize, resolve
from corridor.relocation.analysis.reevaluate import decision_from_plan
from corridor.relocation.result.decision import cost_of, link_values, nothing
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.refill import Refill
from tests.hand import study, tables
from tests.relocation.test_optimize import CASE

BUDGET = 1500.0


@pytest.fixture(scope="module")
def made_up():
    case = synthetic_tables(60, 12, 3)
    settings = synthetic_study(case, 6, 10, 3)
    return case, settings, optimize(case, settings, budget_usd_m=BUDGET)


@pytest.fixture(scope="module")
def others(made_up):
    case, settings, plan = made_up
    return alternatives(case, settings, budget_usd_m=BUDGET, count=8, slack=0.3, start=plan, workers=1)


def test_alternatives_are_many_different_and_within_the_slack(made_up, others):
    losses = others.plans["loss_usd_m"]
    assert len(losses) >= 8  # the plan itself, and as many as were asked for but for one found twice
    assert losses.is_monotonic_increasing
    reported = made_up[2].summary
    avoided = reported["expected_loss_before_usd_m"] - reported["expected_loss_after_usd_m"]
    assert (losses <= reported["expected_loss_after_usd_m"] + 0.3 * avoided + 1e-6).all()
    made = [frozenset(part["component"]) for _, part in others.moves.groupby("plan")]
    assert len(set(made)) == len(made)
    assert (others.plans["differs"][1:] > 0).all()


def test_alternatives_keep_all_limits(made_up, others):
    case, settings, _ = made_up
    problem = build_problem(case, settings, budget_usd_m=BUDGET)
    assert (others.plans["cost_usd_m"] <= BUDGET + 1e-6).all()
    sites = case.sites.set_index("id")
    need = problem.options.set_index(["technology", "site"])
    for _, part in others.moves.groupby("plan"):
        used = part.join(need[["land_ha", "power_mw", "water_mld", "workers"]], on=["technology", "site"])
        total = used.groupby("site")[["land_ha", "power_mw", "water_mld", "workers"]].sum()
        assert (total <= sites.loc[total.index, total.columns] * (1 + 1e-6) + 1e-6).all(axis=None)


def test_verdicts_count_the_plans(others):
    count = len(others.plans)
    in_plans = others.moves.groupby("component")["plan"].nunique()
    reported = others.components.set_index("component")
    assert (reported["of"] == count).all()
    assert reported["plans"].to_dict() == in_plans.reindex(reported.index, fill_value=0).to_dict()
    assert {"could"} <= set(reported["verdict"])
    could = reported[(reported["verdict"] == "could") & reported["regret_usd_m"].notna()]
    assert len(could)
    assert (could["regret_usd_m"] >= 0).all()


def test_the_same_seed_gives_the_same_plans(made_up, others):
    case, settings, plan = made_up
    again = alternatives(case, settings, budget_usd_m=BUDGET, count=8, slack=0.3, start=plan, workers=1)
    assert again.moves.equals(others.moves)


def test_what_both_goods_need_is_a_must():
    twin = {**CASE["technologies"][1], "id": "magnet-twin"}
    other = {"id": "ore-plant", "component": "ore", "capacity": 1, "capex_usd_m": 1}
    case = tables(
        **{
            **CASE,
            "components": {**CASE["components"], "ore": {}},
            "technologies": [*CASE["technologies"], twin, other],
            "world": {**CASE["world"], "ore": {"CHN": 1.0}},
            "sourcing": {"IND": {**CASE["sourcing"]["IND"], "ore": {"CHN": 1.0}}},
            "demand": {"IND": {"motor": 100.0, "ore": 1.0}},
        }
    )
    found = alternatives(case, study(), budget_usd_m=91, count=4, slack=0.02, workers=1, prove=True)
    assert (found.plans["loss_usd_m"] <= found.plans["loss_usd_m"].min() + 0.02 * 101).all()
    reported = found.components.set_index("component")
    assert reported.loc[["motor", "magnet"], "verdict"].tolist() == ["must", "must"]
    assert reported.loc[["motor", "magnet"], "proven"].all()


def test_filling_up_spends_no_more_than_there_is_and_nothing_on_what_is_closed(made_up):
    case, settings, _ = made_up
    problem = build_problem(case, settings, budget_usd_m=BUDGET)
    recourse = Recourse(problem)
    refill = Refill(problem, recourse)
    before = expected(problem, recourse.loss(link_values(problem, nothing(problem))))
    closed = refill.component_index % 2 == 0
    filled = refill.fill(nothing(problem), ~closed, 500.0, np.ones(len(refill.component_index)))
    assert len(filled.chosen)
    assert 450.0 < cost_of(problem, filled) <= 500.0 * (1 + 1e-9)
    component_index = problem.plants["component_index"].to_numpy(int)[filled.chosen["tech"]]
    assert (component_index % 2 == 1).all()
    assert expected(problem, recourse.loss(link_values(problem, filled))) < before - 1.0


def test_worth_is_the_derivative_of_the_loss(made_up):
    """More of a stock, a little: the loss falls by its worth (the loss is convex and piecewise linear)."""
    case, settings, plan = made_up
    problem = build_problem(case, settings, budget_usd_m=BUDGET)
    recourse = Recourse(problem)
    refill = Refill(problem, recourse)
    decision = decision_from_plan(problem, plan)
    worth = refill.worth(decision)
    links = link_values(problem, decision)
    base = expected(problem, recourse.loss(links))
    row = refill.starts.index[np.argmax(worth[: len(refill.starts)])]
    step = 1e-4
    moved = links.copy()
    counted = refill.counts[[row]].toarray()[0]
    moved[: len(counted)] += step * counted
    fallen = base - expected(problem, recourse.loss(moved))
    assert fallen <= worth[row] * step + 1e-9
    assert fallen == pytest.approx(worth[row] * step, rel=0.05)


def test_a_plan_filled_up_again_keeps_the_study_of_the_original(made_up, others):
    case, settings, plan = made_up
    assert resolve(plan, case, settings).broken.empty
    assert others.plans["loss_usd_m"][0] <= plan.summary["expected_loss_after_usd_m"] * (1 + 1e-9)
