"""Plans under other studies and tables: the same study gives the same figures, stricter ones are never better."""

from dataclasses import replace

import numpy as np
import pytest

from corridor.errors import ConfigError
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, optimize
from corridor.relocation.analysis.reevaluate import decision_from_plan, resolve
from corridor.relocation.result.decision import cost_of
from tests.hand import stop, study, tables

CASE = {
    "components": {"magnet": {}, "motor": {}},
    "recipes": [("motor", "magnet", 0.3)],
    "world": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"CHN": 1.0}},
    "sourcing": {"IND": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"CHN": 1.0}}},
    "demand": {"IND": {"motor": 100.0}},
    "sites": [{"id": "dahej"}, {"id": "mundra", "capex_factor": 1.1}],
    "technologies": [
        {"id": "motor-plant", "component": "motor", "capacity": 100, "capex_usd_m": 50},
        {"id": "magnet-plant", "component": "magnet", "capacity": 15, "capex_usd_m": 40},
    ],
}


@pytest.fixture(scope="module")
def case():
    return tables(**CASE)


@pytest.fixture(scope="module")
def plan(case):
    """A motor plant for 50, which runs at half: Japan sells half of the magnets."""
    return optimize(case, study(), budget_usd_m=60)


def after(outcome):
    return outcome.plan.summary["expected_loss_after_usd_m"]


def test_the_same_study_gives_the_same_figures(case, plan):
    outcome = resolve(plan, case, study())
    for name, value in plan.summary.items():
        if name.endswith("usd_m"):
            assert outcome.plan.summary[name] == pytest.approx(value, abs=1e-6), name
    assert outcome.plan.losses.equals(plan.losses)
    assert outcome.plan.moves.equals(plan.moves)
    assert outcome.broken.empty
    assert np.isnan(outcome.regret_usd_m)


def test_stricter_and_milder_windows_by_hand(case, plan):
    assert after(resolve(plan, case, study())) == pytest.approx(50)
    mild = study(denials=[stop(cuts=[{"cut": 0.4}])])
    # A fifth of the magnets is missing: 20 of 100 motors are not made, 40 were not sold without the plant.
    outcome = resolve(plan, case, mild)
    assert outcome.plan.summary["expected_loss_before_usd_m"] == pytest.approx(40)
    assert after(outcome) == pytest.approx(0)  # 60 are still bought, and 80 could be made
    wide = study(denials=[stop(cuts=[{"cut": 1.0}, {"exporters": ["JPN"], "cut": 1.0}])])
    assert after(resolve(plan, case, wide)) == pytest.approx(100)


def test_other_data_break_limits_that_are_told(plan):
    expensive = [
        {**CASE["technologies"][0], "capex_usd_m": 80, "land_ha": 7},
        CASE["technologies"][1],
    ]
    other = tables(
        **{**CASE, "technologies": expensive, "sites": [{"id": "dahej", "land_ha": 5}, {"id": "mundra"}]}
    )
    outcome = resolve(plan, other, study(levers=["store"]))
    assert outcome.plan.summary["cost_usd_m"] == pytest.approx(80)
    reported = outcome.broken.set_index("name")[["amount", "used"]]
    assert reported.loc["budget"].tolist() == [60, 80]
    assert reported.loc["land_ha dahej"].tolist() == [5, 7]
    assert reported.loc["most plants motor-plant"].tolist() == [0, 1]
    assert len(reported) == 3


def test_regret_by_hand(case, plan):
    # With no magnets from Japan a motor plant alone is worth nothing; magnets for half the lines cost 40 more.
    alone = study(denials=[stop(cuts=[{"cut": 1.0}, {"exporters": ["JPN"], "cut": 1.0}])])
    assert resolve(plan, case, alone, regret=True).regret_usd_m == pytest.approx(0)
    outcome = resolve(replace(plan, budget_usd_m=90), case, alone, regret=True)
    assert (outcome.best_loss_usd_m, outcome.regret_usd_m) == (pytest.approx(50), pytest.approx(50))
    assert outcome.regret == pytest.approx(1.0)


def test_a_plan_that_breaks_limits_may_do_better_than_any_that_keeps_them(case, plan):
    for settings in ({"forbid": [{"component": "motor"}]}, {"budget_per_year_usd_m": 10.0}):
        outcome = resolve(plan, case, study(**settings), regret=True)
        assert outcome.best_loss_usd_m == pytest.approx(100)
        assert outcome.regret_usd_m == pytest.approx(-50)


def test_names_that_are_gone_are_all_listed(plan):
    gone = tables(**{**CASE, "technologies": CASE["technologies"][1:]})
    with pytest.raises(ConfigError) as error:
        resolve(plan, gone, study(first_year=2027, last_year=2029))
    assert "motor-plant at dahej" in str(error.value)
    assert "starts in 2026" in str(error.value)


def test_second_sources_and_stocks_are_kept():
    case = tables(
        components={"magnet": {}, "motor": {}},
        world={"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
        sourcing={"IND": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}}},
        demand={"IND": {"motor": 100.0, "magnet": 100.0}},
        second_sources=[{"component": "motor", "origin": "JPN", "cost_usd_m": 5, "premium": 0, "lead_years": 1,
                         "least_share": 0.1, "most_share": 0.6}],
        stockpiles=[{"component": "magnet", "most_months": 6, "holding_share": 0.0}],
    )  # fmt: skip
    made = optimize(case, study(), budget_usd_m=65)
    assert len(made.second_sources) == len(made.stocks) == 1
    outcome = resolve(made, case, study())
    assert after(outcome) == pytest.approx(made.summary["expected_loss_after_usd_m"], abs=1e-6)
    assert outcome.plan.second_sources.equals(made.second_sources)
    shorter = case.replace(stockpiles=case.stockpiles.assign(most_months=3.0))
    reported = resolve(made, shorter, study()).broken
    assert reported["name"].tolist() == ["stock magnet"]
    assert reported[["amount", "used"]].to_numpy().tolist() == [[pytest.approx(25), pytest.approx(50)]]
    without = study(levers=["build"])
    with pytest.raises(ConfigError, match=r"motor from JPN[\s\S]*stock of magnet"):
        resolve(made, case, without)


@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_studies_stricter_is_never_better(seed):
    case = synthetic_tables(16, sites=4, seed=seed)
    settings = synthetic_study(case, years=4, scenarios=4, seed=seed)
    made = optimize(case, settings)
    problem = build_problem(case, settings)
    assert cost_of(problem, decision_from_plan(problem, made)) == pytest.approx(made.summary["cost_usd_m"])
    same = resolve(made, case, settings)
    assert after(same) == pytest.approx(made.summary["expected_loss_after_usd_m"], abs=1e-6)
    for stricter in ({"adaptation": 0.0}, {"spare": 0.0}, {"surge": 1.0}):
        other = resolve(made, case, settings.model_copy(update=stricter))
        assert after(other) >= after(same) - 1e-6, stricter
