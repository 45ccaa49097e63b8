"""Plans under other figures: how often each move comes back."""

import pytest
from typer.testing import CliRunner

from corridor.cli import app
from corridor.errors import ConfigError
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import optimize, persistence
from tests.hand import stop, study, tables
from tests.relocation.test_optimize import CASE


@pytest.fixture(scope="module")
def made_up():
    case = synthetic_tables(25, 5, 4)
    settings = synthetic_study(case, 4, 5, 4)
    return case, settings, optimize(case, settings, budget_usd_m=800)


def test_without_ranges_every_draw_gives_the_same_plan():
    case = tables(**CASE)
    plan = optimize(case, study(), budget_usd_m=90)
    found = persistence(case, study(), plan, over="data", draws=3, workers=1)
    assert found.plans["loss_usd_m"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert (found.plans["same"] == 1).all()
    assert found.components.set_index("component")[["plans", "of", "verdict"]].to_dict("index") == {
        name: {"plans": 3, "of": 3, "verdict": "must"} for name in ("motor", "magnet")
    }
    assert set(found.sites["verdict"]) == {"must"}


def test_a_range_that_decides_shows_in_the_count():
    """The motor plant fits the budget in those draws in which it costs at most 50."""
    technologies = [{**CASE["technologies"][0], "capex_low": 30, "capex_high": 70, "status": "assumed"}]
    case = tables(**{**CASE, "recipes": [], "technologies": technologies})
    plan = optimize(case, study(), budget_usd_m=50)
    assert plan.moves["component"].tolist() == ["motor"]
    found = persistence(case, study(), plan, over="data", draws=24, workers=1)
    row = found.components.set_index("component").loc["motor"]
    assert 0 < row["plans"] < 24
    assert row["verdict"] == "could"
    assert row["planned"]
    assert (found.plans["moves"].gt(0) == (found.plans["loss_usd_m"] < 50)).all()
    assert row["plans"] == found.plans["moves"].gt(0).sum()


def test_one_plan_for_each_window():
    two = [
        stop(name="motors", cuts=[{"components": ["motor"], "cut": 1.0}]),
        stop(name="magnets", cuts=[{"components": ["magnet"], "cut": 1.0}]),
    ]
    case = tables(**CASE)
    asked = study(denials=two)
    plan = optimize(case, asked, budget_usd_m=90)
    found = persistence(case, asked, plan, over="windows", workers=1)
    assert found.plans["case"].tolist() == ["motors", "magnets"]
    assert found.moves[found.moves["case"] == "motors"]["component"].tolist() == ["motor"]


def test_seeds_repeat_and_verdicts_add_up(made_up):
    case, settings, plan = made_up
    found, again = (persistence(case, settings, plan, draws=4, workers=1, seed=5) for _ in range(2))
    assert found.plans["loss_usd_m"].tolist() == pytest.approx(again.plans["loss_usd_m"].tolist(), rel=1e-6)
    assert found.plans["loss_usd_m"].nunique() == 4
    assert (found.components["plans"] <= 4).all()
    in_cases = found.moves.groupby("component")["case"].nunique()
    reported = found.components.set_index("component")["plans"]
    assert reported[reported > 0].to_dict() == in_cases.to_dict()
    assert set(plan.moves["component"]) == set(found.components.loc[found.components["planned"], "component"])


def test_faults_are_told(made_up):
    case, settings, plan = made_up
    with pytest.raises(ConfigError, match="write data, denials, both or windows"):
        persistence(case, settings, plan, over="dice")
    with pytest.raises(ConfigError, match="must be 1 or more"):
        persistence(case, settings, plan, draws=0)


def test_the_command(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text("extends: pharma\nname: small\nbudget_usd_m: 30\n")
    result = CliRunner().invoke(
        app,
        [
            "robust",
            str(file),
            "--worst",
            "1",
            "--of",
            "sectors",
            "--draws",
            "2",
            "--effort",
            "quick",
            "--to",
            str(tmp_path / "o"),
        ],
    )
    assert result.exit_code == 0, result.output
    assert "In how many of 2 plans" in result.output
    assert {"worst.csv", "persistence.csv"} <= {path.name for path in (tmp_path / "o").iterdir()}
