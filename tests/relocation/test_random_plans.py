"""Plans of small random studies: the best one, found by trying all; and what must never make a plan worse.

Every plan is tried: which technology starts when and where. Its cost, its use of sites and its buyers are computed
by the simulator's plain loops; `losses` gives its unmet need, once for each distinct set of plants.
"""

import itertools
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.relocation import build_problem, frontier, optimize
from corridor.relocation.model.formulate import formulate, start_table
from corridor.relocation.model.goals import Goals
from corridor.relocation.result.decision import link_values, plants_only
from corridor.relocation.result.value import Recourse, expected
from corridor.relocation.search import all_plans, search
from corridor.relocation.solver.solve import solve
from tests.hand import stop, study, tables
from tests.relocation.simulator import HOME, RESOURCES, World

TARGET = {"CHN", "HKG", "MAC"}
many = settings(deadline=None, derandomize=True, max_examples=12)
few = settings(many, max_examples=3)


def loss(plan):
    return plan.summary["expected_loss_after_usd_m"]


@st.composite
def studies(draw):
    """Tables and settings, as keywords: 3-5 components, two sites, 2-3 years, 1-3 windows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, years = draw(st.integers(3, 5)), draw(st.integers(2, 3))
    names = [f"c{number}" for number in range(size)]
    both = draw(st.booleans())
    recipes = []
    for number, name in enumerate(names[1:], 1):
        inputs = [other for other in names[:number] if rng.random() < 0.6] or [names[number - 1]]
        shares = rng.dirichlet(np.ones(len(inputs))) * rng.uniform(0.2, 0.7)
        recipes += [
            (name, each, float(share), bool(rng.random() < 0.8))
            for each, share in zip(inputs, shares, strict=True)
        ]

    def shares(*origins):
        return dict(zip(origins, rng.dirichlet(np.linspace(2, 1, len(origins))).tolist(), strict=True))

    markets = ["IND", "USA"] if both else ["IND"]
    technologies = [
        {
            "id": f"plant-{number}",
            "component": names[-1] if number == 0 else str(rng.choice(names)),
            "capacity": float(rng.uniform(2, 15)),
            "capex_usd_m": float(rng.uniform(3, 20)),
            "running_premium": float(rng.uniform(0, 0.3)),
            "incentive_share": float(rng.choice([0.0, 0.2])),
            "lead_years": int(rng.integers(0, 2)),
            "ramp": float(rng.choice([0.5, 1.0])),
            "most_plants": 2 if number == 0 else 1,
        }
        for number in range(draw(st.integers(2, 4)))
    ]
    case = {
        "components": {
            name: {"stock_months": float(rng.integers(0, 3)), "loss_ratio": float(rng.uniform(1, 3))}
            for name in names
        },
        "recipes": recipes,
        "world": {name: shares("CHN", "JPN") for name in names},
        "sourcing": {market: {name: shares("CHN", market, "JPN") for name in names} for market in markets},
        "demand": {
            market: {
                names[-1]: float(rng.uniform(60, 120)),
                str(rng.choice(names[:-1])): float(rng.uniform(0, 20)),
            }
            for market in markets
        },
        "sites": [
            {"id": "dahej", "land_ha": float(rng.integers(1, 4))},
            {"id": "mundra", "land_ha": float(rng.integers(0, 3)), "capex_factor": 1.1, "running_factor": 1.05},
        ],
        "technologies": technologies,
    }
    more = {
        "last_year": 2025 + years,
        "markets": {"IND": 1.0, "USA": 0.5} if both else {"IND": 1.0},
        "discount_rate": 0.08,
        "planned_use": 0.85,
        "surge": 1.1,
        "spare": float(rng.choice([0.0, 0.1])),
        "adaptation": float(rng.choice([0.0, 0.2])),
        "denials": [
            stop(
                name=f"stop-{number}",
                start=int(2026 + rng.integers(0 if number else years - 1, years)),
                months=float(rng.integers(4, 19)),
                probability=float(rng.uniform(0.1, 1)),
                cuts=[{"cut": float(rng.uniform(0.4, 1))}]
                if number == 0
                else [{"cut": 1.0, "components": rng.choice(names, 2, replace=False).tolist()}],
            )
            for number in range(draw(st.integers(1, 3)))
        ],
    }
    return case, more, float(rng.uniform(10, 60))


def placements(world, technology):
    """Every way to use one technology: lists of plants, each a year and a site, no two at one site."""
    row = world.technologies[technology]
    years = [year for year in world.study.years if year + row["lead_years"] <= world.study.last_year]
    spots = [world.plant(technology, site, year) for site in world.sites for year in years]
    for count in range(row["most_plants"] + 1):
        for plants in itertools.combinations(spots, count):
            if len({plant["site"] for plant in plants}) == count:
                yield list(plants)


def fits(world, plants):
    """Within the sites, and what is made in calm years has a buyer."""
    for site, row in world.sites.items():
        for resource in RESOURCES:
            if sum(plant[resource] for plant in plants if plant["site"] == site) > row[resource] + 1e-9:
                return False
    years = {denial.start for denial in world.study.denials} | {world.study.last_year}
    return all(sold(world, plants, year) for year in years)


def sold(world, plants, year):
    """What new plants make replaces imports, feeds new plants or takes over a share of the target's deliveries."""
    made = dict.fromkeys(world.components, 0.0)
    for plant in plants:
        made[plant["component"]] += world.capacity(plant) * world.study.planned_use * world.running(plant, year)
    for c in world.components:
        imports = world.need(c, year) * (1.0 - world.shares[HOME, c, HOME])
        of_plants = sum(world.content(c, user) * made[user] for user in world.users[c])
        taken = sum(
            world.access(market, c)
            * world.bought(market, c, year)
            * sum(world.shares[market, c, origin] for origin in TARGET & set(world.network.origins))
            for market in world.abroad
        )
        if made[c] > imports + of_plants + taken + 1e-9:
            return False
    return True


def best_of_all(case, wanted, budgets):
    """Least expected loss of any plan within each budget."""
    problem = build_problem(case, wanted)
    world, recourse = World(case, wanted, problem.network), Recourse(problem)
    starts = start_table(problem).set_index(["tech", "year"], drop=False)
    place = {name: position for position, name in enumerate(problem.plants["technology"])}
    best, seen = dict.fromkeys(budgets, np.inf), {}
    for choice in itertools.product(*(list(placements(world, name)) for name in place)):
        plants = [plant for group in choice for plant in group]
        cost = sum(world.cost(plant) for plant in plants)
        if cost > max(budgets) + 1e-9 or not fits(world, plants):
            continue
        state = tuple(
            sum(world.running(plant, denial.start) for plant in plants if plant["technology"] == name)
            for name in place
            for denial in wanted.denials
        )
        if state not in seen:
            rows = [(place[plant["technology"]], plant["start"] - wanted.first_year) for plant in plants]
            plants = plants_only(problem, starts.loc[rows].reset_index(drop=True))
            seen[state] = expected(problem, recourse.loss(link_values(problem, plants)))
        for budget in budgets:
            if cost <= budget + 1e-9:
                best[budget] = min(best[budget], seen[state])
    return best


@given(studies())
@many
def test_the_best_of_all_plans_is_found(made):
    case, more, budget = made
    case, wanted = tables(**case), study(**more)
    budgets = [0.4 * budget, budget]
    best = best_of_all(case, wanted, budgets)
    plans = frontier(case, wanted, budgets=budgets, workers=1)
    world = World(case, wanted)
    for plan, at_most in zip(plans, budgets, strict=True):
        # A millionth of the budget: by that weight cost decides between plans of equal loss.
        assert loss(plan) == pytest.approx(best[at_most], abs=1e-6 * at_most + 1e-4)
        assert plan.summary["bound"] <= best[at_most] + 1e-4
        moves = plan.moves[["technology", "site", "start_year"]].itertuples(index=False)
        plants = [world.plant(*move) for move in moves]
        assert fits(world, plants)
        assert sum(world.cost(plant) for plant in plants) <= at_most + 1e-4
    assert loss(plans[1]) <= loss(plans[0]) + 1e-9


@given(studies())
@few
def test_the_bound_of_a_split_program_is_below_the_best_of_all_plans(made):
    """As large studies are searched: among some starts, with the bound from parts of the full program."""
    case, more, budget = made
    case, wanted = tables(**case), study(**more)
    with mock.patch.object(search, "SMALL", 0), mock.patch.object(all_plans, "_WORTH", -1.0):
        plan = optimize(case, wanted, budget_usd_m=budget)
    best = best_of_all(case, wanted, [budget])[budget]
    assert plan.summary["bound"] <= best + 1e-4 <= loss(plan) + 2e-4
    problem = build_problem(case, wanted, budget_usd_m=budget)
    program, first = formulate(problem)
    Goals(program, problem, first).minimise({"loss": 1.0})
    assert plan.summary["bound"] >= solve(program, relaxed=True).objective - 1e-6 * budget - 1e-4


@given(studies())
@few
def test_more_budget_never_gives_more_loss_and_the_same_study_the_same_plan(made):
    case, more, budget = made
    case, wanted = tables(**case), study(**more)
    plan = optimize(case, wanted, budget_usd_m=budget)
    again = optimize(case, wanted, budget_usd_m=budget)
    assert plan.moves.equals(again.moves)
    assert loss(optimize(case, wanted, budget_usd_m=1.5 * budget)) <= loss(plan) + 1e-6 * budget + 1e-4


@given(studies(), st.sampled_from(["site", "land"]))
@few
def test_more_sites_or_land_never_give_more_loss(made, kind):
    """The added site costs as much as the cheapest: surcharges are counted relative to the cheapest one."""
    case, more, budget = made
    wanted = study(**more)
    if kind == "site":
        sites = [*case["sites"], {"id": "hosur", "land_ha": 2}]
    else:
        sites = [{**site, "land_ha": site["land_ha"] + 2} for site in case["sites"]]
    plan = optimize(tables(**case), wanted, budget_usd_m=budget)
    freer = optimize(tables(**{**case, "sites": sites}), wanted, budget_usd_m=budget)
    assert loss(freer) <= loss(plan) + 1e-6 * budget + 1e-4


@given(studies(), st.sampled_from(["cut", "months", "probability"]), st.floats(0.2, 0.9))
@few
def test_a_milder_denial_never_gives_more_loss(made, what, factor):
    case, more, budget = made
    case = tables(**case)
    milder = []
    for denial in more["denials"]:
        if what == "cut":
            milder.append({**denial, "cuts": [{**cut, "cut": factor * cut["cut"]} for cut in denial["cuts"]]})
        else:
            milder.append({**denial, what: factor * denial[what]})
    plan = optimize(case, study(**more), budget_usd_m=budget)
    other = optimize(case, study(**{**more, "denials": milder}), budget_usd_m=budget)
    assert loss(other) <= loss(plan) + 1e-6 * budget + 1e-4


@given(studies())
@few
def test_no_denial_no_loss(made):
    """Who sells nothing withholds nothing: nobody loses, and no plant is built."""
    case, more, budget = made
    nobody = [stop(cuts=[{"exporters": ["HKG"], "cut": 1.0}], start=2026)]
    plan = optimize(tables(**case), study(**{**more, "denials": nobody}), budget_usd_m=budget)
    assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(0, abs=1e-6)
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    assert plan.moves.empty
