"""What plans report against a simulator that shares no arrays with the optimizer; and the simulator by hand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, optimize
from corridor.relocation.model.formulate import start_table
from corridor.relocation.result.decision import link_values, plants_only
from corridor.relocation.result.value import Recourse, expected
from tests.hand import stop, study, tables
from tests.relocation.simulator import World, simulate
from tests.relocation.test_optimize import CASE

TWO_MARKETS = {
    **CASE,
    "sourcing": {
        "IND": {"magnet": {"IND": 0.3, "CHN": 0.5, "JPN": 0.2}, "motor": {"IND": 0.4, "CHN": 0.6}},
        "USA": {"magnet": {"CHN": 0.9, "JPN": 0.1}, "motor": {"CHN": 0.5, "IND": 0.2, "JPN": 0.2, "USA": 0.1}},
    },
    "world": {"magnet": {"CHN": 0.8, "JPN": 0.2}, "motor": {"CHN": 0.7, "JPN": 0.3}},
    "demand": {"IND": {"motor": 100.0, "magnet": 10.0}, "USA": {"motor": 80.0}},
    "components": {"magnet": {"stock_months": 1.5}, "motor": {"stock_months": 0.5, "loss_ratio": 2.0}},
    "technologies": [
        {"id": "motor-plant", "component": "motor", "capacity": 25, "capex_usd_m": 20},
        {"id": "magnet-plant", "component": "magnet", "capacity": 8, "capex_usd_m": 15, "most_plants": 2},
    ],
}
SLACK = {"adaptation": 0.2, "spare": 0.1, "surge": 1.1, "planned_use": 0.85, "discount_rate": 0.08}
BOTH = {"markets": {"IND": 1.0, "USA": 0.5}}
SLOW = {"ramp": 0.5, "lead_years": 2, "incentive_share": 0.2, "running_premium": 0.1}
DEARER = [{"id": "dahej", "land_ha": 1}, {"id": "mundra", "capex_factor": 1.2, "running_factor": 1.1}]
#: Name -> tables, settings, budget, least number of moves: a plan without moves would compare little.
HAND = {
    "full chain": (CASE, {}, 90, 2),
    "part of a year, part of deliveries": (CASE, {"denials": [stop(months=5, cuts=[{"cut": 0.7}])]}, 60, 1),
    "two windows": (
        CASE,
        {"denials": [stop(probability=0.3), stop(name="early", start=2026, months=18)], "discount_rate": 0.1},
        90,
        2,
    ),
    "of magnets alone": (TWO_MARKETS, {"denials": [stop(cuts=[{"components": ["magnet"], "cut": 0.9}])]}, 60, 1),
    "of another exporter": (
        TWO_MARKETS,
        {"denials": [stop(cuts=[{"exporters": ["JPN"], "cut": 1.0}, {"cut": 0.5}])], **SLACK, **BOTH},
        60,
        2,
    ),
    "nothing to build": ({**TWO_MARKETS, "technologies": []}, BOTH, 60, 0),
    "two markets": (TWO_MARKETS, {**BOTH, **SLACK}, 60, 2),
    "the other market alone": (TWO_MARKETS | {"access": {"USA": 1.0}}, {"markets": {"USA": 1.0}, **SLACK}, 100, 1),
    "slow plants at expensive sites": (
        {**CASE, "technologies": [{**row, **SLOW} for row in CASE["technologies"]], "sites": DEARER},
        SLACK,
        500,
        2,
    ),
    "slow plants, two markets": (
        {
            **TWO_MARKETS,
            "technologies": [{**row, **SLOW} for row in TWO_MARKETS["technologies"]],
            "sites": DEARER,
        },
        {**BOTH, **SLACK},
        100,
        2,
    ),
    "substitution serves makers only": (
        {
            **CASE,
            "components": {"magnet": {"loss_ratio": 10.0}, "motor": {}},
            "sourcing": {"IND": {"magnet": {"CHN": 1.0}, "motor": {"IND": 1.0}}},
            "demand": {"IND": {"motor": 100.0, "magnet": 100.0}},
        },
        {"adaptation": 0.5},
        5,
        0,
    ),
    "imports are not shipped on": (
        {
            **CASE,
            "sourcing": {
                "IND": {"motor": {"CHN": 0.5, "JPN": 0.5}, "magnet": {"CHN": 1.0}},
                "USA": {"motor": {"CHN": 1.0}, "magnet": {"CHN": 1.0}},
            },
            "demand": {"IND": {"motor": 100.0}, "USA": {"motor": 100.0}},
            "world": {"magnet": {"JPN": 1.0}, "motor": {"CHN": 1.0}},
        },
        {"markets": {"IND": 0.1, "USA": 1.0}},
        1,
        0,
    ),
    "two routes, an input that is replaced": (
        {
            **TWO_MARKETS,
            "components": {"magnet": {}, "ferrite": {}, "motor": {}},
            "recipes": [
                ("motor", "magnet", 0.4, True, "strong", 0.7),
                ("motor", "ferrite", 0.1, True, "weak", 0.3),
                ("motor", "magnet", 0.05, False, "weak", 0.3),
            ],
            "world": {**TWO_MARKETS["world"], "ferrite": {"CHN": 0.2, "JPN": 0.8}},
        },
        SLACK,
        100,
        2,
    ),
}


def compare(case, wanted, plan):
    """Losses of each window and market, expected loss, cost and use of sites: reported and simulated."""
    world = World(case, wanted)
    ours = simulate(case, wanted, plan, world)
    index = pd.MultiIndex.from_frame(ours["losses"][["scenario", "market"]])
    reported = plan.losses.groupby(["scenario", "market"])["loss_after_usd_m"].sum().reindex(index, fill_value=0.0)
    scale = max(1.0, float(ours["losses"]["loss_usd_m"].max()))
    assert reported.to_numpy() == pytest.approx(
        ours["losses"]["loss_usd_m"].to_numpy(), rel=1e-6, abs=1e-6 * scale
    )
    summary = plan.summary
    assert summary["expected_loss_after_usd_m"] == pytest.approx(ours["expected_loss_usd_m"], rel=1e-6, abs=1e-6)
    assert summary["cost_usd_m"] == pytest.approx(ours["cost_usd_m"], rel=1e-6, abs=1e-9)
    keys = ["limit", "scope"]
    taken = ours["used"].set_index(keys)["used"]
    limits = plan.limits.set_index(keys)
    assert limits.loc[taken.index, "used"].to_numpy() == pytest.approx(taken.to_numpy(), rel=1e-9)
    assert (taken <= limits.loc[taken.index, "amount"] + 1e-6).all()
    untouched = replace(plan, moves=plan.moves.iloc[:0])
    before = simulate(case, wanted, untouched, world)["expected_loss_usd_m"]
    assert summary["expected_loss_before_usd_m"] == pytest.approx(before, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", HAND)
def test_hand_cases(name):
    changed, settings, budget, least_moves = HAND[name]
    case, wanted = tables(**changed), study(**settings)
    plan = optimize(case, wanted, budget_usd_m=budget)
    assert len(plan.moves) >= least_moves
    compare(case, wanted, plan)


@pytest.mark.parametrize("seed", range(10))
def test_made_up_studies(seed):
    case = synthetic_tables(18, 3, seed)
    wanted = synthetic_study(case, 5, 4, seed)
    compare(case, wanted, optimize(case, wanted, budget_usd_m=3 * wanted.budget_usd_m))


@pytest.mark.parametrize("seed", range(5))
def test_any_plants_whatever_their_sense(seed):
    """Plants drawn at random, half of which no plan would have: the losses agree too."""
    rng = np.random.default_rng(seed)
    case = synthetic_tables(12, 3, rng)
    wanted = synthetic_study(case, 5, 4, rng)
    problem = build_problem(case, wanted)
    starts = start_table(problem)
    chosen = starts.loc[rng.choice(starts.index, 6)].drop_duplicates(["tech"])
    moves = pd.DataFrame(
        {
            "technology": problem.plants["technology"].to_numpy()[chosen["tech"]],
            "site": problem.options.drop_duplicates("tech")
            .set_index("tech")["site"]
            .loc[chosen["tech"]]
            .to_numpy(),
            "start_year": wanted.first_year + chosen["year"].to_numpy(),
        }
    )
    recourse, plants = Recourse(problem), plants_only(problem, chosen)
    reported = recourse.losses(plants)
    ours = simulate(case, wanted, SimpleNamespace(moves=moves))
    assert expected(problem, recourse.loss(link_values(problem, plants))) == pytest.approx(
        ours["expected_loss_usd_m"], rel=1e-6, abs=1e-6
    )
    by = reported.groupby("scenario")["loss_usd_m"].sum()
    assert set(by[by > 1e-4].index) <= set(ours["losses"].query("loss_usd_m > 0")["scenario"])


def test_the_simulator_by_hand():
    """30 of magnets go into 100 of motors; half a year's stop of all but Japan's quarter of the magnets."""
    case = tables(
        **{
            **CASE,
            "sourcing": {"IND": {"magnet": {"CHN": 0.75, "JPN": 0.25}, "motor": {"IND": 0.6, "CHN": 0.4}}},
            "components": {"magnet": {"stock_months": 1}, "motor": {}},
        }
    )
    wanted = study(denials=[stop(months=6, probability=0.5)], discount_rate=0.1)
    idle = simulate(
        case, wanted, SimpleNamespace(moves=pd.DataFrame(columns=["technology", "site", "start_year"]))
    )
    # Makers of 60 need 18 of magnets a year: 2.25 still come in half a year, 1.5 are in stock; 3.75 make 12.5.
    assert idle["losses"]["loss_usd_m"].tolist() == pytest.approx([50 - 12.5])
    assert idle["expected_loss_usd_m"] == pytest.approx(0.5 * 37.5 / 1.1**2)
    move = {"technology": ["magnet-plant"], "site": ["mundra"], "start_year": [2027]}
    moved = simulate(case, wanted, SimpleNamespace(moves=pd.DataFrame(move)))
    # 15 of magnets more are enough for the 30 that the old makers can make.
    assert moved["losses"]["loss_usd_m"].tolist() == pytest.approx([20])
    assert moved["cost_usd_m"] == pytest.approx(40 / 1.1 + 0.1 * 40)
    assert moved["used"].set_index("limit")["used"].to_dict() == {
        "land_ha": 1,
        "power_mw": 1,
        "water_mld": 1,
        "workers": 1,
    }
