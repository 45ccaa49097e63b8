"""Prices of limits: each is what the relaxation gains per unit when it is made and solved again with 1 % more.

The hand cases are those of `test_limits`: motors need magnets, a plant for each costs 50 and 40 (US$ M), both
together avoid a loss of 100, and in the relaxation a fraction x of both avoids 100 x.
"""

from dataclasses import replace

import numpy as np
import pytest

from corridor import load_study, load_tables
from corridor.cli.show import show_fund_warnings
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, limit_table
from corridor.relocation.model.formulate import formulate
from corridor.relocation.model.goals import Goals
from corridor.relocation.search.prices import STEP, fund_warnings, limit_prices
from corridor.relocation.solver.solve import solve
from tests.hand import study, tables
from tests.relocation.test_limits import SITES, limit
from tests.relocation.test_optimize import CASE

SECTORS = {"components": {"magnet": {"sector": "magnets"}, "motor": {"sector": "electronics"}}}
#: Magnets that Indian makers buy, and that no window lacks.
SOLD = {
    "components": {"magnet": {"loss_ratio": 0.0}, "motor": {}},
    "demand": {"IND": {"motor": 100.0, "magnet": 30.0}},
}


def hand(*limits, budget, case=None, **settings):
    return build_problem(tables(**{**CASE, **(case or {})}), study(limits=limits, **settings), budget_usd_m=budget)


def relax(problem):
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    return program, solve(program, relaxed=True)


def prices(problem):
    return limit_prices(problem, *relax(problem))


def measured(problem, here, name):
    """The fall per unit with the program made anew for 1 % more of a limit (1 % less if it is "at least")."""
    limits = problem.limits.set_index("name")
    row = limits.loc[name]
    by = STEP * (row["amount"] or 1.0)
    amount = row["amount"] - by if row["sense"] == "at least" else row["amount"] + by
    other = problem.limits.assign(amount=problem.limits["amount"].where(problem.limits["name"] != name, amount))
    _, there = relax(replace(problem, limits=other))
    return (here.objective - there.objective) / by


def duals(program, solution):
    """What a look at the rows' duals alone would say, by name."""
    out = {}
    for block in ("limits", "fund"):
        begin, index = program.rows.get(block, (0, program.rows["limits"][1].iloc[:0]))
        out |= dict(zip(index["name"], np.abs(solution.prices[begin : begin + len(index)]), strict=True))
    return out


def check_all(problem):
    """Compare every price that is not zero, and every limit whose dual is not, with a re-solve; returns both."""
    program, here = relax(problem)
    got, by_dual = limit_prices(problem, program, here), duals(program, here)
    assert set(got) == set(problem.limits.loc[problem.limits["limit"] != "use", "name"])
    special = problem.limits.loc[problem.limits["limit"].isin(["budget", "fund", "site_share"]), "name"]
    for name in problem.limits["name"]:
        if got.get(name, 0.0) > 0 or by_dual.get(name, 0.0) > 1e-9 or name in set(special):
            assert got[name] == pytest.approx(max(measured(problem, here, name), 0.0), rel=0.01, abs=1e-7), name
    return got, by_dual


def test_with_a_fund_the_budget_buys_what_the_fund_can_not():
    """20 for motors: x = 0.4. Of the budget only 36 are spent, but one more pays for 1/50 of a motor plant."""
    fund = limit("fund", 40, "US$ million", sectors="magnets")
    got, by_dual = check_all(hand(fund, budget=60, case=SECTORS))
    assert got["budget"] == pytest.approx(100 / 50)
    assert got["fund test"] == 0
    assert by_dual["budget"] == pytest.approx(0)


def test_a_fund_of_the_whole_budget():
    """Nothing for motors. What the budget has more than the fund is worth 2; nothing is as long as it has less."""
    fund = limit("fund", 40, "US$ million", sectors="magnets")
    assert check_all(hand(fund, budget=40, case=SECTORS))[0]["budget"] == pytest.approx(2)
    assert check_all(hand(fund, budget=30, case=SECTORS))[0]["budget"] == 0


def test_funds_larger_than_the_budget_rise_with_it_in_proportion():
    """30 for each: x = 0.6. Of 0.6 more 0.3 are for motors; 60.6 of 120.6 are more than half."""
    funds = [
        {**limit("fund", 60, "US$ million", sectors=sector), "name": sector}
        for sector in ("magnets", "electronics")
    ]
    got, _ = check_all(hand(*funds, budget=60, case=SECTORS))
    assert got["budget"] == pytest.approx(2 * 0.5)
    assert got["electronics"] == pytest.approx(2 * (60 * 60.6 / 120.6 - 30) / 0.6)
    assert got["magnets"] == 0


def test_of_two_limits_that_bind_together_neither_is_worth_anything():
    """x = 0.5 takes all of the money and of the land: more of one alone buys nothing, though a dual says so."""
    land = limit("land_ha", 1, "ha", state="Gujarat")
    got, by_dual = check_all(hand(land, budget=45, case={"sites": SITES[:1]}))
    assert max(by_dual["budget"], by_dual["land_ha test"]) > 0.5
    assert got["budget"] == got["land_ha test"] == 0


def test_a_floor_is_priced_by_what_less_of_it_frees():
    """0.8 magnet plants take 32 of 45; a unit less of the floor frees 40 / 30 for motor plants."""
    floor = limit("output", 24, "US$ million/year", component="magnet")
    got, _ = check_all(hand(floor, budget=45, case=SOLD))
    assert got["output test"] == pytest.approx(100 / 50 * 40 / 30)


def test_a_forced_move_is_priced_by_what_it_costs():
    """A magnet plant takes 40 of 45; without it they would buy motor plants."""
    got = prices(hand(budget=45, case=SOLD, force=[{"component": "magnet"}]))
    assert got["force magnet"] == pytest.approx(100 / 50 * 40)


def test_the_share_at_one_site_is_priced_through_its_coefficients():
    """A plant costs 50 at Dahej, 55 at Paradip, and at most s of all may stand at one: x = 52 / (55 - 5 s)."""
    technologies = [
        {"id": "motor-plant", "component": "motor", "capacity": 50, "capex_usd_m": 50, "most_plants": 4}
    ]
    case = {"recipes": [], "technologies": technologies, "sites": SITES}
    got, _ = check_all(hand(limit("site_share", 0.6, "fraction"), budget=52, case=case))
    assert got["site_share test"] == pytest.approx(50 * (52 / (55 - 5 * 0.606) - 1) / 0.006)


def test_limits_on_use_have_no_price_and_a_solution_without_duals_gives_none():
    problem = hand(limit("use", 1.0, "fraction"), budget=45)
    program, here = relax(problem)
    assert set(limit_prices(problem, program, here)) == {
        name for name in problem.limits["name"] if name != "use test"
    }
    assert limit_prices(problem, program, replace(here, prices=None)) == {}


def test_prices_of_sites_that_are_short_of_everything():
    case = synthetic_tables(40, 2, 5)
    case = case.replace(sites=case.sites.assign(land_ha=case.sites["land_ha"] * 0.01))
    got, _ = check_all(build_problem(case, synthetic_study(case, 5, 8, 5), budget_usd_m=1e5))
    assert sum(price > 0 for price in got.values()) > 1, "no limits bind: the case says nothing"


@pytest.mark.parametrize(
    ("name", "budget", "funds"),
    [
        ("pharma", 400, []),
        ("pharma", 250, [{**limit("fund", 150, "US$ million", component="6-apa"), "name": "India-US fund"}]),
        ("default", 500, []),
    ],
)
def test_prices_of_the_bundled_studies_are_what_a_re_solve_says(name, budget, funds):
    """The default study with its fund, at 500: it takes all, and the duals are those of the first cents beyond."""
    settings = load_study(name, "fund" if name == "default" else None)
    settings = settings.model_copy(update={"limits": (*settings.limits, *study(limits=funds).limits)})
    got, by_dual = check_all(build_problem(load_tables(), settings, budget_usd_m=budget))
    assert got["budget"] > 0
    if name == "default" or funds:
        assert got["budget"] > 2 * by_dual["budget"], "duals would do: the case says nothing"


def test_a_fund_that_takes_the_whole_budget_is_a_warning(capsys):
    case = tables(**{**CASE, **SECTORS})
    fund = limit("fund", 40, "US$ million", sectors="magnets")
    other = {**limit("fund", 20, "US$ million", sectors="electronics"), "name": "other"}

    def said(*limits, budget, sectors=()):
        return fund_warnings(limit_table(case, study(limits=limits), budget), sectors=sectors)

    assert said(budget=30) == []
    assert said(fund, budget=41) == []
    assert said(fund, budget=40) == [
        "The fund fund test (US$ 40 M) reserves the whole budget of US$ 40 M: nothing is left for what no fund "
        "may pay for. Fix: raise the budget above US$ 40 M, or lower the fund."
    ]
    assert said(fund, other, budget=45) == [
        "The funds fund test (US$ 40 M), other (US$ 20 M) together reserve the whole budget of US$ 45 M: nothing "
        "is left for what no fund may pay for. Each is cut to 75.0% of its amount. "
        "Fix: raise the budget above US$ 60 M, or lower the funds."
    ]
    assert said(fund, budget=40, sectors=["magnets"]) == []
    assert said(limit("fund", 40, "US$ million"), budget=30) == []

    show_fund_warnings(study(limits=[fund]), case, [20, 40, 100])
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("whole budget of ")[2].partition(":")[0] for line in lines] == ["US$ 20 M", "US$ 40 M"]
