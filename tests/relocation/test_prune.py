"""What avoids no loss is left out of a plan; what a limit asks for stays."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from corridor.config import Choice
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem
from corridor.relocation.result.decision import cost_of, decision_of_rows, link_values, nothing
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search.incumbent import Aim
from corridor.relocation.search.prune import prune
from corridor.relocation.search.search import search


@pytest.fixture(scope="module")
def planned():
    tables = synthetic_tables(40, 4, 4)
    study = synthetic_study(tables, 5, 6, 4)
    problem = build_problem(tables, study)
    recourse = Recourse(problem)
    return problem, recourse, search(problem, Aim({"loss": 1.0}), recourse=recourse).decision


def idle_plant(problem, recourse, decision):
    """A plant whose output avoids nothing beside the decision's, as a decision of its own."""
    links = link_values(problem, decision)
    loss = expected(problem, recourse.loss(links))
    for option in range(len(problem.options)):
        one = decision_of_rows(problem, np.array([option]), np.array([0]), decision.second, decision.stock)
        both = replace(decision, chosen=pd.concat([decision.chosen, one.chosen], ignore_index=True))
        if (
            expected(problem, recourse.loss(link_values(problem, both))) > loss - 1e-9
            and cost_of(problem, one) > 0
        ):
            return both, problem.options.iloc[option]
    raise AssertionError("every plant avoids something: the case says nothing")


def test_what_avoids_nothing_goes_and_the_loss_stays(planned):
    problem, recourse, decision = planned
    both, _ = idle_plant(problem, recourse, decision)
    wide = replace(problem, limits=problem.limits.assign(amount=problem.limits["amount"] * 10))
    fewer = prune(wide, recourse, both)
    assert cost_of(problem, fewer) < cost_of(problem, both)
    same = [expected(problem, recourse.loss(link_values(problem, one))) for one in (fewer, both)]
    assert same[0] <= same[1] + 1e-6 * cost_of(problem, both)


def test_what_is_forced_stays(planned):
    problem, recourse, decision = planned
    both, option = idle_plant(problem, recourse, decision)
    force = (Choice(technology=option["technology"], site=option["site"]),)
    wide = replace(
        problem,
        limits=problem.limits.assign(amount=problem.limits["amount"] * 10),
        study=problem.study.model_copy(update={"force": force}),
    )
    kept = prune(wide, recourse, both).chosen["option"]
    assert option.name in set(kept)


def test_a_plan_found_has_nothing_idle(planned):
    problem, recourse, decision = planned
    again = prune(problem, recourse, decision)
    assert cost_of(problem, again) == pytest.approx(cost_of(problem, decision))
    assert prune(problem, recourse, nothing(problem)).chosen.empty
