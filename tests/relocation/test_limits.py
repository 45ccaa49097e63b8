"""Limits, levers and goals on a case that can be solved by hand: motors need magnets, all from the target.

One certain stop of all of 2028 loses 100 (US$ M). A motor plant (100 a year) costs 50, a magnet plant (30 a year)
40; motors need 0.3 of magnets, so both together, for 90, lose nothing, and either alone changes nothing.
"""

import pytest

from corridor.errors import ConfigError, NoPlan
from corridor.measures import exposure, headline
from corridor.relocation import explain, limit_table, optimize, resolve
from tests.hand import stop, study, tables
from tests.relocation.simulator import simulate
from tests.relocation.test_optimize import CASE

SITES = [{"id": "dahej", "state": "Gujarat"}, {"id": "paradip", "state": "Odisha", "capex_factor": 1.1}]


def loss(plan):
    return plan.summary["expected_loss_after_usd_m"]


def limit(kind, amount, unit, **scope):
    return {"name": f"{kind} test", "limit": kind, "amount": amount, "unit": unit, **scope}


def plan_of(case, *limits, budget=1000, **settings):
    made = optimize(case, study(limits=limits, **settings), budget_usd_m=budget)
    reported = simulate(case, study(limits=limits, **settings), made)
    assert loss(made) == pytest.approx(reported["expected_loss_usd_m"], abs=1e-6)
    assert made.summary["cost_usd_m"] == pytest.approx(reported["cost_usd_m"], abs=1e-6)
    return made


@pytest.mark.parametrize(
    ("row", "left"),
    [
        (limit("land_ha", 1, "ha", state="Gujarat"), {"dahej": 1, "paradip": 1}),
        (limit("plants", 1, "plant", site="dahej"), {"dahej": 1, "paradip": 1}),
        (limit("investment", 45, "US$ million", state="Gujarat"), {"dahej": 1, "paradip": 1}),
        (limit("power_mw", 0, "MW", site="dahej"), {"paradip": 2}),
        (limit("workers", 1, "person", component="motor", state="Gujarat"), {"dahej": 2}),
    ],
)
def test_limits_by_place_move_plants_elsewhere(row, left):
    plan = plan_of(tables(**{**CASE, "sites": SITES}), row)
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    assert plan.moves["site"].value_counts().to_dict() == left
    used = plan.limits.set_index("name").loc[row["name"]]
    assert used["used"] <= row["amount"] + 1e-9


def test_plants_started_per_year_spread_the_starts():
    rows = [
        {**limit("plants", 1, "plant", in_year=year), "name": f"plants {year}"}
        for year in (2026, 2027, 2028, 2029)
    ]
    plan = plan_of(tables(**CASE), *rows)
    assert sorted(plan.moves["start_year"]) == [2026, 2027]


def test_a_limit_on_plants_of_a_sector_stops_the_chain():
    assert plan_of(tables(**CASE), limit("plants", 1, "plant", sectors="minerals")).moves.empty


def test_a_fund_pays_only_for_its_own():
    components = {"magnet": {"sector": "magnets"}, "motor": {"sector": "electronics"}}
    case = tables(**{**CASE, "components": components})
    fund = limit("fund", 40, "US$ million", sectors="magnets")
    assert loss(plan_of(case, fund, budget=90)) == pytest.approx(0, abs=1e-6)
    assert plan_of(case, {**fund, "amount": 45}, budget=90).moves.empty  # 45 are left for a motor plant of 50
    assert loss(plan_of(case, {**fund, "amount": 45}, budget=95)) == pytest.approx(0, abs=1e-6)


def test_a_floor_on_output_is_kept_though_it_buys_nothing():
    components = {"magnet": {"loss_ratio": 0.0}, "motor": {}}
    case = tables(**{**CASE, "components": components, "demand": {"IND": {"motor": 100.0, "magnet": 30.0}}})
    plan = plan_of(case, limit("output", 30, "US$ million/year", component="magnet"), budget=60)
    assert plan.moves["component"].tolist() == ["magnet"]
    assert loss(plan) == pytest.approx(100)


def test_the_largest_share_at_one_site_asks_for_a_second():
    technologies = [
        {"id": "motor-plant", "component": "motor", "capacity": 50, "capex_usd_m": 50, "most_plants": 4}
    ]
    case = tables(**{**CASE, "recipes": [], "technologies": technologies, "sites": SITES})
    assert sorted(plan_of(case, limit("site_share", 0.5, "fraction")).moves["site"]) == ["dahej", "paradip"]
    assert plan_of(case, limit("site_share", 0.4, "fraction")).moves.empty


def test_use_says_what_must_be_sold_in_calm_years():
    technologies = [{"id": "motor-plant", "component": "motor", "capacity": 200, "capex_usd_m": 50}]
    case = tables(**{**CASE, "recipes": [], "technologies": technologies})
    assert plan_of(case).moves.empty  # 200 a year have no buyer
    made = optimize(case, study(limits=[limit("use", 0.5, "fraction")]), budget_usd_m=100)
    assert made.moves["made_usd_m"].tolist() == pytest.approx([100])
    with pytest.raises(ConfigError, match="can't run at so small a fraction"):
        optimize(case, study(limits=[limit("use", 0.4, "fraction")]))


def test_a_shared_facility_is_paid_once():
    facility = {
        "id": "cetp",
        "name": "Effluent plant",
        "site": "dahej",
        "kind": "effluent plant",
        "sectors": "minerals",
    }
    case = tables(**{**CASE, "sites": SITES[:1], "facilities": [{**facility, "capex_usd_m": 10}]})
    assert plan_of(case, budget=99).moves.empty
    plan = plan_of(case, budget=100)
    assert plan.summary["cost_usd_m"] == pytest.approx(100)
    assert plan.facilities["facility"].tolist() == ["cetp"]
    assert plan_of(tables(**{**CASE, "sites": SITES, "facilities": [{**facility, "capex_usd_m": 10}]})).moves[
        "site"
    ].unique().tolist() == ["paradip"]  # 99 there, 100 at Dahej with its effluent plant


SECOND = {"component": "motor", "origin": "JPN", "cost_usd_m": 5, "lead_years": 1, "least_share": 0.1}


def test_a_second_source_delivers_inside_the_window():
    case = tables(
        **{
            **CASE,
            "world": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 0.9, "JPN": 0.1}},
            "second_sources": [{**SECOND, "most_share": 0.4}],
        }
    )
    plan = plan_of(case, budget=5)
    assert plan.moves.empty
    # Japan's motors need magnets of the target, and have none: what a second source can spare is cut as well.
    assert plan.second_sources.empty
    assert loss(plan) == pytest.approx(100)
    free = tables(
        **{
            **CASE,
            "recipes": [],
            "world": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 0.9, "JPN": 0.1}},
            "second_sources": [{**SECOND, "most_share": 0.4}],
        }
    )
    plan = plan_of(free, budget=5)
    assert plan.second_sources["origin"].tolist() == ["JPN"]
    assert loss(plan) == pytest.approx(60)
    motor = plan.exposure.set_index("component").loc["motor"]
    assert (motor["direct_before"], motor["direct_after"]) == (pytest.approx(1.0), pytest.approx(0.9))
    assert loss(plan_of(free, budget=5, levers=["build", "store"])) == pytest.approx(100)


def test_a_stock_is_bought_up_to_its_most():
    store = {"component": "motor", "most_months": 6, "holding_share": 0.05, "shelf_life_months": 120}
    case = tables(**{**CASE, "stockpiles": [store]})
    # A US$ of stock costs 1 + 4 years * (0.05 + 0.1) = 1.6; 16 buy 10.
    plan = plan_of(case, budget=16)
    assert loss(plan) == pytest.approx(90)
    assert plan.stocks["months"].tolist() == pytest.approx([1.2])
    assert plan_of(case, budget=89).stocks["value_usd_m"].tolist() == pytest.approx([50])


def test_a_chain_may_run_another_route():
    case = tables(
        components={"pack": {}, "lfp": {}, "nmc": {}},
        recipes=[("pack", "lfp", 0.5, True, "lfp", 0.5), ("pack", "nmc", 0.5, True, "nmc", 0.5)],
        world={"pack": {"CHN": 1.0}, "lfp": {"CHN": 1.0}, "nmc": {"JPN": 1.0}},
        sourcing={"IND": {"pack": {"CHN": 1.0}, "lfp": {"CHN": 1.0}, "nmc": {"JPN": 1.0}}},
        demand={"IND": {"pack": 100.0}},
        sites=[{"id": "dahej"}],
        technologies=[{"id": "pack-plant", "component": "pack", "capacity": 100, "capex_usd_m": 20}],
    )
    # The plant contracted for 25 of each; in the window it makes 50 packs from NMC cells alone.
    assert loss(plan_of(case)) == pytest.approx(50)


def test_kept_plants_stand_at_no_cost():
    settings = {"keep": [{"technology": "magnet-plant", "site": "dahej", "start": 2024}]}
    case = tables(**{**CASE, "sites": [{"id": "dahej", "land_ha": 2}]})
    plan = plan_of(case, budget=50, **settings)
    assert plan.moves["component"].tolist() == ["motor"]
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    full = tables(**{**CASE, "sites": [{"id": "dahej", "land_ha": 1}]})
    assert plan_of(full, budget=50, **settings).moves.empty
    with pytest.raises(ConfigError, match="there is no technology 'magnet-plnt'"):
        optimize(case, study(keep=[{"technology": "magnet-plnt", "site": "dahej", "start": 2024}]))


def test_least_cost_for_a_loss_to_be_reached():
    half = {"id": "motor-half", "component": "motor", "capacity": 50, "capex_usd_m": 30}
    magnets = {"id": "magnet-half", "component": "magnet", "capacity": 15, "capex_usd_m": 25}
    case = tables(**{**CASE, "technologies": [*CASE["technologies"], half, magnets]})
    goal = {"minimise": "cost", "loss_at_most_usd_m": 50}
    plan = plan_of(case, goal=goal)
    assert plan.summary["cost_usd_m"] == pytest.approx(55)
    assert loss(plan) == pytest.approx(50)
    with pytest.raises(NoPlan, match="least found is 100"):
        optimize(case, study(goal={**goal, "loss_at_most_usd_m": 10}, budget_usd_m=20))


def test_least_cost_for_an_exposure_to_be_reached_as_measured():
    case = tables(**CASE)
    plan = optimize(case, study(goal={"minimise": "cost", "exposure_at_most": 0.35}), budget_usd_m=1000)
    assert plan.moves["component"].tolist() == ["motor"]
    totals = headline(case, exposure(plan.apply(case), "IND")).set_index("market")
    assert totals.loc["IND", "net"] == pytest.approx(0.3)
    plan = optimize(case, study(goal={"minimise": "cost", "exposure_at_most": 0.05}), budget_usd_m=1000)
    assert len(plan.moves) == 2


def test_goals_in_turn_and_weighed():
    expensive = {**CASE["technologies"][0], "id": "motor-expensive", "capex_usd_m": 80}
    case = tables(**{**CASE, "technologies": [expensive, *CASE["technologies"]]})
    plan = plan_of(case, goal={"minimise": ["loss", "cost"]})
    assert (loss(plan), plan.summary["cost_usd_m"]) == (pytest.approx(0, abs=1e-6), pytest.approx(90))
    assert plan_of(case, goal={"weights": {"loss": 1.0, "cost": 1.2}}).moves.empty
    assert len(plan_of(case, goal={"weights": {"loss": 1.0, "cost": 1.1}}).moves) == 2


@pytest.mark.parametrize(("tail", "wanted"), [(0.0, 60.0), (0.8, 100.0), (0.5, 84.0)])
def test_mean_loss_of_the_worst_windows(tail, wanted):
    denials = [
        stop(probability=0.1),
        stop(name="half", probability=0.1, cuts=[{"cut": 0.5}]),
        stop(name="short", probability=0.3, months=6, cuts=[{"cut": 1.0}]),
    ]
    # Losses 100, 50, 50: the mean of all is 60; of the worst half 100 for a fifth and 50 for the rest is 70.
    plan = optimize(
        tables(**CASE), study(denials=denials, goal={"minimise": "cvar", "tail": tail}), budget_usd_m=1
    )
    assert plan.summary["cvar_after_usd_m"] == pytest.approx(70.0 if tail == 0.5 else wanted)
    assert plan.summary["objective"] == pytest.approx(plan.summary["cvar_after_usd_m"])


def test_no_plan_says_what_must_give_way():
    case = tables(**{**CASE, "sites": [{"id": "dahej", "land_ha": 1}]})
    forced = {"force": [{"component": "motor"}, {"component": "magnet"}]}
    with pytest.raises(NoPlan, match="land_ha dahej: 1 ha -> 2") as caught:
        optimize(case, study(**forced), budget_usd_m=1000)
    relax = caught.value.relax.set_index("name")
    assert relax.loc["land_ha dahej", ["amount", "needed", "change"]].tolist() == pytest.approx([1, 2, 1])
    assert len(relax) == 1
    row = limit("land_ha", 2, "ha", site="dahej")
    plan = optimize(case, study(limits=[{**row, "name": "land_ha dahej"}], **forced), budget_usd_m=1000)
    assert len(plan.moves) == 2
    floor = limit("output", 30, "US$ million/year", component="magnet")
    with pytest.raises(NoPlan, match="raise by 30"):
        optimize(tables(**CASE), study(limits=[floor]), budget_usd_m=60)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (limit("land_ha", 1, "MW", site="dahej"), "is in ha"),
        (limit("plants", 1, "plant", component="rotor"), "names nothing"),
        (limit("plants", 1, "plant", state="Goa"), "there is no state"),
        (limit("plants", 1, "plant", state="Gujarat", in_year=2027), "a place and a year"),
        (limit("plants", 1, "plant", in_year=2040), "not a year of the study"),
        (limit("budget", 1, "US$ million", state="Gujarat"), "all years and places"),
        (limit("use", 2, "fraction"), "not a fraction"),
    ],
)
def test_a_limit_that_can_not_be_used_is_an_error(row, words):
    case = tables(**CASE)
    with pytest.raises(ConfigError, match=words):
        limit_table(case, study(limits=[row]))
    both = [row, {**limit("land_ha", 1, "km2"), "name": "another"}]
    with pytest.raises(ConfigError, match=r"(?s)test:.*another:|another:.*test:"):
        limit_table(case, study(limits=both))


def test_reasons_name_what_needs_what():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=90)
    reasons = explain(case, study(), plan, workers=1)
    moves = reasons.moves.set_index("component")
    assert moves["worth_usd_m"].tolist() == pytest.approx([100, 100])
    assert moves.loc["motor", "needs"] == "magnet"
    assert moves.loc["magnet", "needed_by"] == "motor"
    assert reasons.levers["plants"].tolist() == [1, 1]
    poor = optimize(case, study(), budget_usd_m=45)
    assert poor.limits.set_index("name").loc["budget", "price_usd_m"] == pytest.approx(100 / 90)


def test_a_plan_under_other_circumstances():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=90)
    same = resolve(plan, case, study())
    assert loss(same.plan) == pytest.approx(loss(plan))
    assert same.broken.empty
    early = resolve(plan, case, study(denials=[stop(start=2026)]), regret=True)
    assert loss(early.plan) == pytest.approx(100)
    assert early.regret_usd_m == pytest.approx(0)
    tight = resolve(plan, case, study(limits=[limit("plants", 1, "plant")]))
    assert tight.broken["used"].tolist() == [2]
    with pytest.raises(ConfigError, match="no such technology at this site"):
        resolve(plan, tables(**{**CASE, "technologies": CASE["technologies"][:1]}), study())
