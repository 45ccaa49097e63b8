"""Tightening of the relaxation: fractions of plants are worth less, and no integer plan changes."""

import numpy as np
import pytest

from corridor import load_study, load_tables
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem
from corridor.relocation.model import recourse
from corridor.relocation.model.formulate import formulate, start_table
from corridor.relocation.model.goals import Goals
from corridor.relocation.model.plant_ages import delivering, opened_table
from corridor.relocation.model.tightening import Useful
from corridor.relocation.result.decision import decision_of_rows, link_values
from corridor.relocation.result.value import Recourse
from corridor.relocation.search.neighbourhood import cheapest, start_prices
from corridor.relocation.solver.solve import solve


def loose(problem, plants, stores, window, old, pace, lacking, wanted):
    """As if everything that can be made were of use, whoever is there to use it."""
    capacity = pace * plants["capacity"].to_numpy(float)
    most = (
        np.bincount(plants["component_index"], weights=capacity * plants["most_plants"], minlength=len(old)) + old
    )
    return Useful(most, most, capacity, capacity)


def any_plan(problem, rng, most=40):
    """A random plan: plants, second sources, stocks."""
    count = int(rng.integers(1, most))
    rows = rng.choice(len(problem.options), min(count, len(problem.options)), replace=False)
    rows = rows[~problem.options["tech"].iloc[rows].duplicated().to_numpy()]
    lead = problem.plants["lead"].to_numpy(int)[problem.options["tech"].to_numpy(int)[rows]]
    rows, lead = rows[lead < len(problem.study.years)], lead[lead < len(problem.study.years)]
    year = rng.integers(0, len(problem.study.years) - lead)
    stock = problem.stores["most"].to_numpy(float) * rng.uniform(size=len(problem.stores))
    return decision_of_rows(problem, rows, year, rng.uniform(size=len(problem.second)) < 0.5, stock)


@pytest.mark.parametrize("seed", range(6))
def test_no_whole_plan_loses_more_or_less(seed, monkeypatch):
    tables = synthetic_tables(80, 6, seed)
    problem = build_problem(tables, synthetic_study(tables, 6, 12, seed))
    assert (problem.plants["ramp"] < 1.0).any()
    plans = [
        link_values(problem, any_plan(problem, np.random.default_rng([seed, number]))) for number in range(12)
    ]
    tight = [Recourse(problem, sold=False).loss(links) for links in plans]
    monkeypatch.setattr(recourse, "useful", loose)
    for links, found in zip(plans, tight, strict=True):
        assert found == pytest.approx(Recourse(problem, sold=False).loss(links), rel=1e-6, abs=1e-6)
    assert len({round(float(found.sum()), 3) for found in tight}) > 6


def test_the_relaxation_is_tighter(monkeypatch):
    tables = synthetic_tables(80, 6, 1)
    problem = build_problem(tables, synthetic_study(tables, 6, 12, 1))

    def relaxed():
        program, first = formulate(problem)
        Goals(program, problem, first).minimise({"loss": 1.0})
        return program, first, solve(program, relaxed=True)

    program, first, tight = relaxed()
    monkeypatch.setattr(recourse, "useful", loose)
    assert relaxed()[2].objective < (1.0 - 1e-3) * tight.objective

    # A start that is used costs the relaxation nothing more; those that would cost least are kept beside them.
    prices = start_prices(program, first, tight.slopes)
    values = tight.values[first.starts["column"].to_numpy()]
    used = values > 1e-6
    inside = used & (values < program.bounds[1][first.starts["column"].to_numpy()] - 1e-6)
    assert prices[inside].max() < 1e-6
    assert prices.min() >= 0.0
    assert np.isinf(prices[program.bounds[1][first.starts["column"].to_numpy()] == 0]).all()
    near = cheapest(used, prices, round(1.5 * used.sum()))
    assert near[used].all()
    assert near.sum() == int(1.5 * used.sum())
    assert prices[near & ~used].max() <= prices[~near].min()


def test_plants_in_their_first_year_count_apart():
    tables = synthetic_tables(80, 6, 1)
    problem = build_problem(tables, synthetic_study(tables, 6, 12, 1))
    plants = problem.plants.iloc[:3].assign(lead=[0, 1, 2], ramp=[0.4, 1.0, 0.5], capacity=10.0, made=8.0)
    kept = problem.kept.iloc[:0].assign(tech=[2], year=[-2], site="x").astype({"tech": int, "year": int})
    table = opened_table(plants, kept, np.array([0, 2]))
    said = table[["tech", "year", "from_age", "capacity", "made"]].to_numpy(float).tolist()
    assert said == [
        [0, 0, 0, 4.0, 3.2],  # its first year; nothing can be older
        [0, 2, 0, 4.0, 3.2],
        [0, 2, 1, 10.0, 8.0],
        [1, 2, 0, 10.0, 8.0],  # no ramp: young and old are one
        [2, 0, 0, 5.0, 4.0],  # the plant that exists already
        [2, 2, 0, 5.0, 4.0],
        [2, 2, 1, 10.0, 8.0],
    ]
    starts = start_table(problem).iloc[:4].assign(tech=[0, 0, 1, 2], year=[0, 2, 0, -2])
    row, start = delivering(table, starts)
    assert sorted(zip(row.tolist(), start.tolist(), strict=True)) == [
        (0, 0),
        (1, 1),
        (2, 0),
        (3, 2),
        (4, 3),
        (6, 3),
    ]


def test_no_whole_plan_loses_more_or_less_where_there_are_routes(monkeypatch):
    problem = build_problem(load_tables(), load_study("default"))
    windows = [1, 12, 15, 18]
    assert (problem.activities.groupby("component_index").size() > 1).any()
    plans = [
        link_values(problem, any_plan(problem, np.random.default_rng(number), most=400)) for number in range(6)
    ]
    tight = Recourse(problem, windows, sold=False)
    found = [tight.loss(links) for links in plans]
    monkeypatch.setattr(recourse, "useful", loose)
    wide = Recourse(problem, windows, sold=False)
    for links, losses in zip(plans, found, strict=True):
        assert losses == pytest.approx(wide.loss(links), rel=1e-6, abs=1e-4)
