"""Plans solved by hand: what a budget buys, what limits forbid, and that a plan's report is what happens."""

import pytest

from corridor.errors import ConfigError, NoPlan
from corridor.measures import exposure
from corridor.relocation import optimize
from tests.hand import stop, study, tables

CASE = {
    "components": {"magnet": {}, "motor": {}},
    "recipes": [("motor", "magnet", 0.3)],
    "world": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
    "sourcing": {"IND": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}}},
    "demand": {"IND": {"motor": 100.0}},
    "sites": [{"id": "dahej"}, {"id": "mundra", "capex_factor": 1.1}],
    "technologies": [
        {"id": "motor-plant", "component": "motor", "capacity": 100, "capex_usd_m": 50},
        {"id": "magnet-plant", "component": "magnet", "capacity": 30, "capex_usd_m": 40},
    ],
}


def loss(plan):
    return plan.summary["expected_loss_after_usd_m"]


def test_assembly_without_its_inputs_buys_nothing():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=60)
    assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(100)
    assert loss(plan) == pytest.approx(100)
    assert plan.moves.empty


def test_the_whole_chain_saves_everything():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=90)
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    assert sorted(plan.moves["component"]) == ["magnet", "motor"]
    assert set(plan.moves["site"]) == {"dahej"}
    assert plan.summary["cost_usd_m"] == pytest.approx(90)
    assert plan.summary["gap"] == pytest.approx(0, abs=1e-6)
    after = plan.exposure.set_index("component")
    assert after.loc["motor", ["direct_before", "net_before", "stop_before"]].tolist() == [1, 1, 1]
    assert after.loc["motor", ["direct_after", "net_after", "stop_after"]].to_numpy(float) == pytest.approx(
        0, abs=1e-9
    )


def test_other_origins_of_an_input_keep_half_the_lines_running():
    sourcing = {"IND": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"CHN": 1.0}}}
    case = tables(**{**CASE, "sourcing": sourcing})
    plan = optimize(case, study(), budget_usd_m=60)
    assert plan.moves["component"].tolist() == ["motor"]
    assert loss(plan) == pytest.approx(50)
    motor = plan.exposure.set_index("component").loc["motor"]
    assert motor["direct_after"] == pytest.approx(0)
    assert motor["net_after"] == pytest.approx(0.3 * 0.5)
    assert motor["stop_after"] == pytest.approx(0.5)
    move = plan.moves.iloc[0]
    assert move["replaces_target_usd_m"] == pytest.approx(100)
    assert move["still_target_usd_m"] == pytest.approx(15)


def test_stocks_shorten_a_window():
    components = {"magnet": {"stock_months": 3}, "motor": {"stock_months": 6}}
    plan = optimize(tables(**{**CASE, "components": components}), study(), budget_usd_m=1)
    assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(50)


def test_a_second_market_is_served_by_new_plants_within_access():
    case = tables(
        **{
            **CASE,
            "sourcing": {
                "IND": {"magnet": {"IND": 0.0, "JPN": 1.0}, "motor": {"CHN": 1.0}},
                "USA": {"motor": {"CHN": 0.8, "USA": 0.2}, "magnet": {"JPN": 1.0}},
            },
            "world": {"magnet": {"JPN": 1.0}, "motor": {"CHN": 1.0}},
            "demand": {"IND": {"motor": 10.0}, "USA": {"motor": 100.0}},
            "technologies": [{"id": "motor-plant", "component": "motor", "capacity": 50, "capex_usd_m": 50}],
        }
    )
    settings_ = study(markets={"IND": 1.0, "USA": 0.5})
    plan = optimize(case, settings_, budget_usd_m=60)
    # 10 go home, 40 of the 80 that the USA buys in China can be taken over.
    assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(10 + 0.5 * 80)
    assert loss(plan) == pytest.approx(0.5 * 40)
    usa = plan.exposure[plan.exposure["market"] == "USA"].set_index("component").loc["motor"]
    assert (usa["direct_before"], usa["direct_after"]) == (pytest.approx(0.8), pytest.approx(0.4))
    # A second plant would have nobody to sell to in calm years.
    assert len(optimize(case, settings_, budget_usd_m=500).moves) == 1


def test_what_makers_work_around_serves_makers_only():
    """A magnet that motor makers do without is not a magnet on the shelf."""
    case = tables(
        components={"magnet": {"loss_ratio": 10.0}, "motor": {}},
        recipes=[("motor", "magnet", 0.5)],
        world={"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
        sourcing={"IND": {"magnet": {"CHN": 1.0}, "motor": {"IND": 1.0}}},
        demand={"IND": {"motor": 100.0, "magnet": 100.0}},
        sites=[{"id": "dahej"}],
    )
    assert loss(optimize(case, study(adaptation=0.5), budget_usd_m=5)) == pytest.approx(10 * 100 + 50)


def test_stock_comes_first_and_makers_work_around_the_rest():
    case = tables(
        components={"magnet": {"stock_months": 6}, "motor": {}},
        recipes=[("motor", "magnet", 0.5)],
        world={"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
        sourcing={
            "IND": {"magnet": {"CHN": 1.0}, "motor": {"IND": 1.0}},
            "USA": {"magnet": {"CHN": 1.0}, "motor": {"JPN": 1.0}},
        },
        demand={"IND": {"motor": 100.0}, "USA": {"motor": 100.0}},
        sites=[{"id": "dahej"}],
    )
    plan = optimize(case, study(adaptation=0.2, markets={"IND": 1.0, "USA": 1.0}), budget_usd_m=5)
    # India by its recourse, Japan's makers by the spread abroad: half the year, a fifth of it substituted.
    assert plan.losses.set_index("market")["loss_before_usd_m"].to_dict() == pytest.approx({"IND": 40, "USA": 40})


def test_a_plant_in_its_first_year_fills_what_its_ramp_allows():
    technologies = [{"id": "motor-plant", "component": "motor", "capacity": 125, "capex_usd_m": 50, "ramp": 0.8}]
    case = tables(**{**CASE, "recipes": [], "technologies": technologies})
    settings_ = study(planned_use=0.8, denials=[stop(start=2027)], last_year=2027)
    plan = optimize(case, settings_, budget_usd_m=60)
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    # In the last year the plant still ramps up: it makes 0.8 * 0.8 * 125 = 80, and replaces no more.
    assert plan.moves["made_usd_m"].tolist() == pytest.approx([80])
    assert plan.moves["replaces_target_usd_m"].tolist() == pytest.approx([80])
    assert plan.exposure.set_index("component").loc["motor", "direct_after"] == pytest.approx(0.2)


def test_imports_are_not_shipped_on():
    sourcing = {
        "IND": {"motor": {"CHN": 0.5, "JPN": 0.5}, "magnet": {"CHN": 1.0}},
        "USA": {"motor": {"CHN": 1.0}, "magnet": {"CHN": 1.0}},
    }
    demand = {"IND": {"motor": 100.0}, "USA": {"motor": 100.0}}
    world = {"magnet": {"JPN": 1.0}, "motor": {"CHN": 1.0}}
    case = tables(**{**CASE, "world": world, "sourcing": sourcing, "demand": demand})
    # The USA count ten times as much, yet what India still gets from Japan stays in India.
    plan = optimize(case, study(markets={"IND": 0.1, "USA": 1.0}), budget_usd_m=1)
    assert loss(plan) == pytest.approx(0.1 * 50 + 100)


def test_a_study_of_another_market_alone():
    sourcing = {"IND": CASE["sourcing"]["IND"], "USA": {"motor": {"CHN": 1.0}, "magnet": {"CHN": 1.0}}}
    case = tables(**{**CASE, "sourcing": sourcing, "demand": {"USA": {"motor": 100.0}}}, access={"USA": 1.0})
    plan = optimize(case, study(markets={"USA": 1.0}), budget_usd_m=90)
    assert loss(plan) == pytest.approx(0, abs=1e-6)
    assert set(plan.exposure["market"]) == {"USA"}


@pytest.mark.parametrize(
    ("changed", "settings_"),
    [
        ({"technologies": []}, {}),
        ({"sites": []}, {}),
        ({"demand": {}}, {}),
        ({}, {"sectors": ["pharma"]}),
        ({}, {"first_year": 2028, "last_year": 2028}),
        ({}, {"target": ["MAC"]}),
    ],
)
def test_where_nothing_can_be_moved_the_plan_is_empty(changed, settings_):
    plan = optimize(tables(**{**CASE, **changed}), study(**settings_), budget_usd_m=500)
    assert plan.moves.empty
    assert loss(plan) == pytest.approx(plan.summary["expected_loss_before_usd_m"])
    assert list(plan.limits["limit"]) == ["budget"]


def test_lead_time_and_ramp():
    technologies = [{**row, "lead_years": 2, "ramp": 0.5} for row in CASE["technologies"]]
    case = tables(**{**CASE, "technologies": technologies})
    plan = optimize(case, study(), budget_usd_m=500)
    # Started in 2026, first output in 2028 at half capacity: two plants of each kind make up for the ramp.
    assert (plan.moves["start_year"] == 2026).all()
    assert (plan.moves["first_output_year"] == 2028).all()
    assert loss(plan) == pytest.approx(50)
    early = study(denials=[stop(start=2027)])
    assert loss(optimize(case, early, budget_usd_m=500)) == pytest.approx(100)


@pytest.mark.parametrize("resource", ["land_ha", "power_mw", "water_mld", "workers"])
def test_site_limits_hold(resource):
    technologies = [{**row, resource: 10} for row in CASE["technologies"]]
    sites = [{"id": "dahej", resource: 15}, {"id": "mundra", "capex_factor": 1.1, resource: 10}]
    plan = optimize(tables(**{**CASE, "technologies": technologies, "sites": sites}), study(), budget_usd_m=500)
    assert sorted(plan.moves["site"]) == ["dahej", "mundra"]
    used = plan.limits[plan.limits["limit"] == resource].set_index("scope")
    assert (used["used"] <= used["amount"]).all()
    assert used.loc["mundra", "binds"]


def test_budget_per_year_spreads_the_starts():
    plan = optimize(tables(**CASE), study(budget_per_year_usd_m=50), budget_usd_m=90)
    assert sorted(plan.moves["start_year"]) == [2026, 2027]
    assert loss(plan) == pytest.approx(0, abs=1e-6)


def test_incentives_and_running_premium_are_in_the_cost():
    technologies = [
        {**CASE["technologies"][0], "incentive_share": 0.5, "running_premium": 0.1, "lead_years": 2},
        {**CASE["technologies"][1], "incentive_share": 0.5},
    ]
    plan = optimize(tables(**{**CASE, "technologies": technologies}), study(), budget_usd_m=500)
    motor = plan.moves.set_index("component").loc["motor"]
    assert motor["incentive_usd_m"] == pytest.approx(25)
    assert motor["running_usd_m"] == pytest.approx(0.1 * 100 * 2)
    assert plan.summary["cost_usd_m"] == pytest.approx(25 + 20 + 20)
    assert plan.moves["cost_usd_m"].sum() == pytest.approx(plan.summary["cost_usd_m"])


def test_a_site_is_dearer_by_what_is_done_there_not_by_what_is_bought():
    sites = [{"id": "dahej"}, {"id": "mundra", "capex_factor": 1.2, "running_factor": 1.1}]
    case = tables(**{**CASE, "sites": sites})
    by_site = {
        site: optimize(case, study(force=[{"component": "motor", "site": site}]), budget_usd_m=500)
        .moves.set_index("component")
        .loc["motor"]
        for site in ("dahej", "mundra")
    }
    surcharge = by_site["mundra"]["cost_usd_m"] - by_site["dahej"]["cost_usd_m"]
    # Three years of output; magnets are 0.3 of a motor and cost the same everywhere.
    assert surcharge == pytest.approx(0.2 * 50 + 0.1 * (1 - 0.3) * 100 * 3)


def test_force_and_forbid():
    case = tables(**CASE)
    forced = optimize(case, study(force=[{"component": "motor", "site": "mundra"}]), budget_usd_m=60)
    assert forced.moves[["component", "site"]].to_numpy().tolist() == [["motor", "mundra"]]
    forbidden = optimize(case, study(forbid=[{"component": "motor"}]), budget_usd_m=500)
    assert "motor" not in set(forbidden.moves["component"])
    with pytest.raises(NoPlan):
        optimize(case, study(force=[{"component": "motor"}]), budget_usd_m=10)
    with pytest.raises(NoPlan):  # nobody in India would buy the magnets
        optimize(case, study(force=[{"component": "magnet"}], forbid=[{"component": "motor"}]), budget_usd_m=500)
    with pytest.raises(NoPlan):
        optimize(
            case,
            study(force=[{"component": "motor"}], forbid=[{"technology": "motor-plant"}]),
            budget_usd_m=500,
        )


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"force": [{"component": "magnt"}]}, "did you mean 'magnet'"),
        ({"forbid": [{"site": "dahjj"}]}, "did you mean 'dahej'"),
        ({"target": ["CHX"]}, "no country 'CHX'"),
        ({"markets": {"FRA": 1.0}}, "no market 'FRA'"),
        ({"denials": [stop(cuts=[{"components": ["moter"], "cut": 1}])]}, "did you mean 'motor'"),
        ({"denials": [stop(cuts=[{"sectors": ["pharma"], "cut": 1}])]}, "no component matches"),
    ],
)
def test_a_setting_that_names_nothing_is_an_error(settings_, message):
    with pytest.raises(ConfigError, match=message):
        optimize(tables(**CASE), study(**settings_))


def test_budget_must_be_positive():
    with pytest.raises(ConfigError, match="greater than 0"):
        optimize(tables(**CASE), study(), budget_usd_m=0)


def test_a_plan_leaves_its_tables_alone_and_reports_what_apply_gives():
    case = tables(**CASE)
    before = {name: frame.copy() for name, frame in case}
    plan = optimize(case, study(), budget_usd_m=90)
    after = plan.apply(case)
    for name, frame in case:
        assert frame.equals(before[name]), name
    measured = exposure(after, "IND", study().target).set_index("component")
    reported = plan.exposure.set_index("component")
    for kind in ("direct", "net", "stop"):
        assert reported[f"{kind}_after"].to_dict() == pytest.approx(measured[kind].to_dict(), abs=1e-12)
    assert after.sourcing.groupby(["market", "component"])["share"].sum().to_numpy() == pytest.approx(1.0)


def test_the_same_study_gives_the_same_plan():
    case = tables(**CASE)
    first, second = (optimize(case, study(), budget_usd_m=90) for _ in range(2))
    assert first.moves.equals(second.moves)
