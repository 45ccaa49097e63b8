"""Large studies: all sites as one, what can be sold, and windows by cuts, each against the full program."""

import numpy as np
import pytest

from corridor.config import Choice, Kept
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, optimize
from corridor.relocation.model.formulate import formulate, open_options
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.limit_rows import close_unsold, kept_use
from corridor.relocation.result.decision import link_values
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search import search
from corridor.relocation.search.incumbent import Aim
from corridor.relocation.search.site_pooling import pool_sites
from corridor.relocation.solver.solve import solve


@pytest.fixture(scope="module")
def small():
    tables = synthetic_tables(60, 6, 3)
    return tables, synthetic_study(tables, 5, 8, 3)


def optimum(problem, *, relaxed=False, tightened=False):
    program, first = formulate(problem)
    if tightened:
        close_unsold(program, problem, first)
    Goals(program, problem, first).minimise({"loss": 1.0})
    return solve(program, relaxed=relaxed, gap=1e-6)


def test_all_sites_as_one_bound_the_study(small):
    problem = build_problem(*small)
    pooled = pool_sites(problem)
    there = problem.options[open_options(problem)]
    assert pooled.options.groupby("tech")["most"].sum().equals(there.groupby("tech").size().astype(float))
    assert pooled.options["tech"].duplicated().any()  # bulky plants keep their sites
    assert len(pooled.options) < 0.8 * len(there)
    full, one = optimum(problem), optimum(pooled)
    assert one.objective <= full.objective + 1e-6
    assert one.objective == pytest.approx(full.objective, rel=5e-3)


def test_kept_forced_and_forbidden_hold_where_all_sites_are_one(small):
    tables, study = small
    options = build_problem(tables, study).options
    kept, forced, forbidden = (options.iloc[position] for position in (0, len(options) // 2, len(options) - 1))
    study = study.model_copy(
        update={
            "keep": (Kept(technology=kept["technology"], site=kept["site"], start=study.first_year - 2),),
            "force": (Choice(technology=forced["technology"], site=forced["site"]),),
            "forbid": (
                Choice(component=forbidden["component"]),
                Choice(technology=kept["technology"], site=kept["site"]),
            ),
        }
    )
    problem = build_problem(tables, study, budget_usd_m=1e5)
    pooled = pool_sites(problem)
    open_sites = (options["technology"] == kept["technology"]).sum() - 1
    assert pooled.options.loc[pooled.options["technology"] == kept["technology"], "most"].sum() == open_sites
    assert forbidden["component"] not in set(pooled.options["component"])
    total = pooled.limits.set_index("name").loc["land_ha of all sites"]
    assert total["amount"] == pytest.approx(tables.sites["land_ha"].sum())
    plant = problem.plants.set_index("technology").loc[kept["technology"]]
    assert kept_use(pooled)[-4:][list(pooled.limits["name"][-4:]).index("land_ha of all sites")] == pytest.approx(
        plant["land_ha"]
    )
    assert optimum(pooled).objective <= optimum(problem).objective + 1e-6


def test_nothing_is_lost_by_what_cannot_be_sold(small):
    tables, study = small
    problem = build_problem(tables, study, budget_usd_m=2000.0)
    plain, closed = optimum(problem), optimum(problem, tightened=True)
    assert closed.objective == pytest.approx(plain.objective, rel=2e-6)
    assert optimum(problem, relaxed=True, tightened=True).objective >= (
        optimum(problem, relaxed=True).objective - 1e-6
    )
    assert (problem.most_sold < 1.0).any()


def test_plans_for_other_tables_count_every_plant(small):
    problem = build_problem(*small)
    recourse = Recourse(problem, sold=False)
    assert (recourse.opened["most_plants"] >= Recourse(problem).opened["most_plants"]).all()
    assert (recourse.opened["most_plants"] > Recourse(problem).opened["most_plants"]).any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_windows_by_cuts_find_what_the_whole_program_finds(monkeypatch, seed):
    tables = synthetic_tables(80, 6, seed)
    study = synthetic_study(tables, 5, 10, seed).model_copy(update={"gap": 1e-3, "effort": "quick"})
    problem = build_problem(tables, study)
    best = optimum(problem)
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "LARGE", 0)
    found = search.search(problem, Aim({"loss": 1.0}))
    recourse = Recourse(problem)
    assert expected(problem, recourse.loss(link_values(problem, found.decision))) == pytest.approx(found.objective)
    assert found.bound <= best.objective + 1e-6
    avoidable = expected(problem, recourse.loss(np.zeros(recourse.size))) - best.objective
    assert best.bound - 1e-6 <= found.objective <= best.objective + 0.15 * avoidable + 1e-3
    assert found.prices


def test_a_large_study_through_the_front_door(monkeypatch, small):
    tables, study = small
    monkeypatch.setattr(search, "SMALL", 0)
    monkeypatch.setattr(search, "LARGE", 0)
    study = study.model_copy(update={"effort": "quick"})
    plan = optimize(tables, study)
    assert plan.summary["bound"] <= plan.summary["objective"]
    assert plan.summary["cost_usd_m"] <= plan.budget_usd_m + 1e-6
    assert (plan.limits["used"] <= plan.limits["amount"] + 1e-6).all()
