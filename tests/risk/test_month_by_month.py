"""Denials month by month: cases by hand, a slow version, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.config import Denial
from corridor.errors import ConfigError
from corridor.relocation import build_problem, optimize
from corridor.risk.shocks import bracket, load_shocks, named, spread, survival
from tests.hand import stop, study, tables
from tests.relocation.simulator import World
from tests.relocation.test_optimize import CASE
from tests.relocation.test_random_plans import studies
from tests.risk.slow_months import slow_window

many = settings(deadline=None, derandomize=True, max_examples=10)
few = settings(many, max_examples=5)
MADE_HERE = {**CASE, "sourcing": {"IND": {"magnet": {"CHN": 1.0}, "motor": {"IND": 1.0}}}, "technologies": []}


def total(found):
    return float(found.months["loss_usd_m"].sum())


def monthly(found):
    return found.months.groupby("month")["loss_usd_m"].sum().round(6).to_dict()


def test_without_anything_to_soften_it_every_month_loses_the_same():
    found = spread(tables(**CASE), study())
    assert monthly(found) == {month: pytest.approx(100 / 12, abs=1e-6) for month in range(1, 13)}
    assert set(found.months["filled"]) == {0.0}


def test_stocks_last_then_lines_stop_then_stocks_of_products_end():
    parts = {"magnet": {"stock_months": 2}, "motor": {"stock_months": 1.5}}
    found = spread(tables(**{**MADE_HERE, "components": parts}), study())
    # Magnets last two months, motors in stock one and a half more: the fourth month is half short.
    assert monthly(found) == {4: pytest.approx(50 / 12, abs=1e-5)} | {
        month: pytest.approx(100 / 12, abs=1e-5) for month in range(5, 13)
    }
    first = found.first_shortage.set_index("component")["month"].to_dict()
    assert first == {"magnet": 3, "motor": 4}


def test_a_fraction_of_a_month_counts_as_a_fraction():
    found = spread(tables(**CASE), study(denials=[stop(months=2.25)]))
    assert monthly(found) == {1: pytest.approx(8.333333), 2: pytest.approx(8.333333), 3: pytest.approx(2.083333)}


def test_makers_substitute_a_fraction_and_final_users_do_not():
    # Half of the magnets is missing, of which makers substitute 0.4: lines run at 0.5 + 0.4 * 0.5 = 0.7.
    case = tables(**MADE_HERE)
    halved = [stop(cuts=[{"components": ["magnet"], "cut": 0.5}])]
    assert total(spread(case, study(denials=halved, adaptation=0.4))) == pytest.approx(30)
    assert total(spread(case, study(denials=halved))) == pytest.approx(50)


def test_spare_capacity_comes_in_after_the_delay():
    # Japan sells a tenth more once the delay is over: half of the magnets were its, so 0.55 of the lines run.
    sourcing = {"IND": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"IND": 1.0}}}
    case = tables(
        **{**MADE_HERE, "sourcing": sourcing, "world": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"CHN": 1.0}}}
    )
    for delay, late in ((0, 12), (3, 9), (12, 0)):
        found = spread(case, study(spare=0.1), delay_months=delay)
        assert total(found) == pytest.approx((12 - late) * 50 / 12 + late * 45 / 12)


def test_plants_of_a_plan_run_from_the_first_day_and_surge_later():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=90)
    assert total(spread(case, study(), plan)) == pytest.approx(0, abs=1e-6)
    # Run at half in calm years, they make up for half at once and for all when the delay is over.
    half = study(planned_use=0.5)
    plan = optimize(case, half, budget_usd_m=90)
    assert monthly(spread(case, half, plan, delay_months=4)) == {
        m: pytest.approx(50 / 12, abs=1e-5) for m in (1, 2, 3, 4)
    }


def test_assembly_alone_saves_nothing():
    case = tables(**CASE)
    plan = optimize(case, study(forbid=[{"component": "magnet"}], force=[{"component": "motor"}]), budget_usd_m=60)
    assert plan.moves["component"].tolist() == ["motor"]
    assert total(spread(case, study(), plan)) == pytest.approx(100)


def test_no_denial_that_matters_no_loss():
    found = spread(tables(**CASE), study(denials=[stop(cuts=[{"exporters": ["USA"], "cut": 1.0}])]))
    assert found.months.empty
    assert found.losses().empty


def test_another_market_is_served_from_what_is_made_beyond_own_needs():
    case = {
        **CASE,
        "components": {"motor": {}},
        "recipes": [],
        "world": {"motor": {"CHN": 1.0}},
        "sourcing": {"IND": {"motor": {"IND": 1.0}}, "USA": {"motor": {"CHN": 0.8, "IND": 0.2}}},
        "demand": {"IND": {"motor": 100.0}, "USA": {"motor": 100.0}},
        "technologies": [],
    }
    both = {"markets": {"IND": 1.0, "USA": 1.0}}
    lost = spread(tables(**case), study(**both), delay_months=0).losses().set_index("market")["loss_usd_m"]
    assert lost.to_dict() == {"USA": pytest.approx(80)}
    # A tenth of 120 made is spare.
    lost = (
        spread(tables(**case), study(surge=1.1, **both), delay_months=0).losses().set_index("market")["loss_usd_m"]
    )
    assert lost.to_dict() == {"USA": pytest.approx(80 - 12)}


def of_india(case):
    """A random study with India only."""
    raw, asked, _ = case
    return tables(**{**raw, "demand": {"IND": raw["demand"]["IND"]}}), study(**{**asked, "markets": {"IND": 1.0}})


@many
@given(studies())
def test_the_slow_version_says_the_same(random_study):
    case, asked = of_india(random_study)
    asked = asked.model_copy(update={"surge": 1.0, "spare": 0.0})
    problem, world = build_problem(case, asked), World(case, asked)
    found = spread(case, asked, delay_months=0.0)
    names = list(case.components["id"])
    for row, denial in enumerate(asked.denials):
        year = problem.windows.year[row]
        rates = _arrivals(case, asked, row)
        around = dict(zip(names, problem.windows.worked_around[row], strict=True))
        stock = dict(zip(names, problem.stock_months * problem.needs[year] / 12, strict=True))
        slow = slow_window(world, denial, lambda name, month, r=rates: r[name, month], around, stock)
        fast = found.months[found.months["scenario"] == denial.name].set_index(["component", "month"])[
            "unmet_usd_m"
        ]
        for (name, month), value in slow.items():
            assert fast.get((name, month + 1), 0.0) == pytest.approx(value, abs=1e-6)


def _arrivals(case, asked, row):
    """Arrivals in each month, by the code under test (the spread among makers abroad is tested elsewhere)."""
    from corridor.relocation.result.decision import link_values, nothing
    from corridor.risk.shocks._spread import _Window

    problem = build_problem(case, asked)
    window = _Window(problem, link_values(problem, nothing(problem)), np.array([row]), 0.0)
    months = int(np.ceil(asked.denials[row].months))
    spans = [np.ones((1, 1))] * months
    full = [np.clip(window.months - month, 0.0, 1.0)[:, None] for month in range(months)]
    home, _ = window._arrivals(full)
    names = list(case.components["id"])
    return {
        (name, month): home[month][0, component_index] / full[month][0, 0] * spans[month][0, 0]
        for month in range(months)
        for component_index, name in enumerate(names)
    }


@few
@given(studies())
def test_the_loss_is_between_the_cascade_and_the_best(random_study):
    raw, more, _ = random_study
    case, asked = tables(**raw), study(**more)
    plans = [None]
    if len(asked.years) > 1:
        plans.append(optimize(case, asked.model_copy(update={"gap": 0.05}), budget_usd_m=30))
    for plan in plans:
        for delay in (0.0, 2.0):
            table = bracket(case, asked, plan, delay_months=delay)
            whole = table[table["market"] == "all"]
            slack = 1e-6 * (1.0 + whole["cascade_usd_m"])
            assert (whole["cascade_usd_m"] + slack >= whole["months_usd_m"]).all()
            assert (whole["months_usd_m"] + slack >= whole["best_usd_m"]).all()
            parts = table[table["market"] != "all"]
            assert (parts["cascade_usd_m"] + 1e-6 * (1 + parts["cascade_usd_m"]) >= parts["months_usd_m"]).all()


@many
@given(studies(), st.floats(0.1, 0.9))
def test_more_withheld_and_less_in_stock_never_lose_less(random_study, fraction):
    raw, more, _ = random_study
    case, asked = tables(**raw), study(**more)
    loss = total(spread(case, asked))
    softer = tuple(
        one.model_copy(update={"cuts": tuple(c.model_copy(update={"cut": c.cut * fraction}) for c in one.cuts)})
        for one in asked.denials
    )
    assert total(spread(case, asked.model_copy(update={"denials": softer}))) <= loss * (1 + 1e-9) + 1e-6
    parts = case.components.assign(stock_months=case.components["stock_months"] * fraction)
    assert total(spread(case.replace(components=parts), asked)) >= loss * (1 - 1e-9) - 1e-6
    assert total(spread(case, asked, delay_months=6.0)) >= loss * (1 - 1e-9) - 1e-6


@many
@given(studies())
def test_the_order_of_components_does_not_matter(random_study):
    raw, more, _ = random_study
    case, asked = tables(**raw), study(**more)
    turned = case.replace(components=case.components.iloc[::-1].reset_index(drop=True))
    assert spread(turned, asked).losses().equals(spread(case, asked).losses()) or total(
        spread(turned, asked)
    ) == pytest.approx(total(spread(case, asked)), abs=1e-6)


def test_recipes_in_a_circle_end():
    circle = {
        **CASE,
        "recipes": [("motor", "magnet", 0.3), ("magnet", "motor", 0.1)],
        "sourcing": {"IND": {"magnet": {"IND": 0.5, "CHN": 0.5}, "motor": {"IND": 0.5, "CHN": 0.5}}},
        "technologies": [],
    }
    found = spread(tables(**circle), study())
    # Everything hangs on everything: half is missing, then half of the half, to nothing.
    assert total(found) == pytest.approx(100, rel=1e-3)


def test_time_to_survive_and_to_recover_by_hand():
    parts = {"magnet": {"stock_months": 2, "qualification_months": 9}, "motor": {"stock_months": 1.5}}
    technologies = [
        {"id": "magnet-plant", "component": "magnet", "capacity": 30, "capex_usd_m": 40, "lead_years": 1}
    ]
    case = tables(**{**MADE_HERE, "components": parts, "technologies": technologies})
    table = survival(case, study(), components=["magnet"], months=12, workers=1)
    row = table.iloc[0]
    assert (row["short_months"], row["survive_months"]) == (2, 3)
    assert (row["recover_months"], row["how"]) == (12 + 9, "build")
    assert row["gap_months"] == 21 - 3
    assert row["stock_usd_m"] == pytest.approx(30 * 18 / 12)
    assert row["loss_usd_m"] == pytest.approx(100 / 12 * 8.5)
    others = {"IND": {"magnet": {"CHN": 0.9, "JPN": 0.1}, "motor": {"IND": 1.0}}}
    shared = survival(
        tables(**{**MADE_HERE, "components": parts, "sourcing": others}), study(), months=12, workers=1
    )
    assert shared.set_index("component").loc["magnet", ["recover_months", "how"]].tolist() == [9, "another maker"]
    with pytest.raises(ConfigError, match="no component magnit in the tables. Did you mean 'magnet'"):
        survival(case, study(), components=["magnit"])


def test_named_shocks_are_sound_and_sourced():
    shocks = load_shocks()
    assert {
        "gallium-germanium-2023",
        "graphite-2023",
        "antimony-2024",
        "rare-earths-magnets-2025",
        "bulk-drugs-2020",
    } <= set(shocks)
    from corridor import load_tables

    known = set(load_tables().components["id"])
    for shock in shocks.values():
        assert "assumed" in shock.known
        assert all(set(cut.components) <= known for cut in shock.cuts)
        assert isinstance(shock.denial(2027), Denial)
        assert shock.denial(2027, factor=5.0).cuts[0].cut == 1.0
    with pytest.raises(ConfigError, match="Did you mean 'graphite-2023'"):
        named("graphite-2032", study())
    assert named("stop", study()).months == 12


def test_faults_of_a_file_of_shocks_are_reported_at_once(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("shocks:\n- {name: a, title: A, months: 0, cuts: [], known: short, source: x}\n- {name: b}\n")
    with pytest.raises(ConfigError, match=r"shock 1, months(.|\n)*shock 2, title"):
        load_shocks(file)
    file.write_text("- 1")
    with pytest.raises(ConfigError, match="has no list 'shocks'"):
        load_shocks(file)
    with pytest.raises(ConfigError, match="can't be read"):
        load_shocks(tmp_path / "none.yaml")
