"""A stopped frontier continues where it was; a damaged file costs only its plan."""

import json
from importlib import import_module

import pytest

from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, frontier
from corridor.relocation.search.checkpoints import Checkpoints

front = import_module("corridor.relocation.search.optimize")
BUDGETS = [50.0, 150.0, 300.0]


@pytest.fixture(scope="module")
def small():
    tables = synthetic_tables(60, 5, 3)
    return tables, synthetic_study(tables, 5, 8, 3)


@pytest.fixture
def stopped(small, tmp_path, monkeypatch):
    """A frontier that ended at its second budget."""
    tables, study = small
    real = front.best

    def ends(problem, *rest, **options):
        if (problem.limits["amount"] == BUDGETS[1]).any():
            raise KeyboardInterrupt
        return real(problem, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(front, "best", ends)
        with pytest.raises(KeyboardInterrupt):
            frontier(tables, study, budgets=BUDGETS, workers=1, resume=tmp_path)
    return tmp_path


def counted(monkeypatch):
    solved, real = [], front.best

    def counts(problem, *rest, **options):
        solved.append(float(problem.limits.loc[problem.limits["limit"] == "budget", "amount"].min()))
        return real(problem, *rest, **options)

    monkeypatch.setattr(front, "best", counts)
    return solved


def test_plans_already_found_are_not_searched_again(small, stopped, monkeypatch):
    tables, study = small
    expected = frontier(tables, study, budgets=BUDGETS, workers=1)
    solved = counted(monkeypatch)
    plans = frontier(tables, study, budgets=BUDGETS, workers=1, resume=stopped)
    assert solved == BUDGETS[1:]
    assert len(plans[0].moves) > 0
    for plan, other in zip(plans, expected, strict=True):
        assert plan.moves.equals(other.moves)
        assert plan.summary["objective"] == pytest.approx(other.summary["objective"])
        assert plan.limits["price_usd_m"].equals(other.limits["price_usd_m"])


def test_other_tables_start_over(small, stopped, monkeypatch):
    tables, study = small
    solved = counted(monkeypatch)
    frontier(tables, study.model_copy(update={"gap": 0.5}), budgets=BUDGETS[:1], workers=1, resume=stopped)
    other = tables.replace(sites=tables.sites.assign(power_mw=2.0 * tables.sites["power_mw"]))
    frontier(other, study, budgets=BUDGETS[:1], workers=1, resume=stopped)
    assert solved == BUDGETS[:1] * 2


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"chosen": {}}'])
def test_a_damaged_file_costs_its_plan(small, stopped, monkeypatch, damage):
    tables, study = small
    kept = Checkpoints.of(stopped, build_problem(tables, study))
    file = kept.folder / f"{BUDGETS[0]!r}.json"
    assert json.loads(file.read_text())["objective"] > 0
    file.write_text(damage)
    solved = counted(monkeypatch)
    frontier(tables, study, budgets=BUDGETS[:1], workers=1, resume=stopped)
    assert solved == BUDGETS[:1]
    assert json.loads(file.read_text())["objective"] > 0
