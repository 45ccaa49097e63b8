"""Sensitivity: functions with known indices, and studies in which one thing matters."""

import numpy as np
import pytest

from corridor.errors import ConfigError
from corridor.relocation import optimize
from corridor.risk import in_words, morris_effects, plan_sensitivity, sensitivity, sobol_indices
from tests.hand import study, tables


def test_indices_of_the_ishigami_function():
    # f = sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 (Ishigami & Homma 1990); variances in closed form.
    def ishigami(x):
        return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]

    bounds = dict.fromkeys(("x1", "x2", "x3"), (-np.pi, np.pi))
    found = sobol_indices(ishigami, bounds, ["f"], samples=4096).set_index("input")
    pi4, pi8 = np.pi**4, np.pi**8
    of_x1, of_x2, together = 0.5 * (1 + 0.1 * pi4 / 5) ** 2, 49 / 8, 0.01 * pi8 * (1 / 18 - 1 / 50)
    whole = of_x1 + of_x2 + together
    first = {"x1": of_x1 / whole, "x2": of_x2 / whole, "x3": 0.0}
    total = {"x1": (of_x1 + together) / whole, "x2": of_x2 / whole, "x3": together / whole}
    for name in bounds:
        assert found.loc[name, "first"] == pytest.approx(first[name], abs=0.02)
        assert found.loc[name, "total"] == pytest.approx(total[name], abs=0.02)
        assert abs(found.loc[name, "total"] - total[name]) <= 2 * found.loc[name, "total_error"]


def test_indices_and_effects_of_a_linear_function():
    # The variance of c x over a range r is c^2 r^2 / 12: fractions 4 : 36 : 0 of 40.
    def linear(x):
        return np.column_stack([2 * x[:, 0] - 3 * x[:, 1], np.ones(len(x))])

    bounds = {"a": (0.0, 1.0), "b": (-1.0, 1.0), "c": (5.0, 6.0)}
    found = sobol_indices(linear, bounds, ["line", "flat"], samples=1024)
    line = found[found["output"] == "line"].set_index("input")
    assert line.loc[["a", "b", "c"], "first"].tolist() == pytest.approx([0.1, 0.9, 0.0], abs=0.02)
    assert line.loc[["a", "b", "c"], "total"].tolist() == pytest.approx([0.1, 0.9, 0.0], abs=0.02)
    assert (found.loc[found["output"] == "flat", ["first", "total"]] == 0).all(axis=None)
    effects = morris_effects(linear, bounds, ["line", "flat"], samples=6)
    line = effects[effects["output"] == "line"].set_index("input")
    assert line.loc[["a", "b", "c"], "effect"].tolist() == pytest.approx([2.0, -6.0, 0.0])
    assert line.loc[["a", "b", "c"], "strength"].tolist() == pytest.approx([2.0, 6.0, 0.0])
    assert line["sigma"].to_numpy() == pytest.approx(0.0, abs=1e-9)
    assert in_words(effects) == [
        "line: moved most by b (-6), a (+2) from low to high.",
        "flat: depends on none of the inputs.",
    ]


def motors():
    """Indian motors from Chinese magnets; the magnet's share and the market's need have ranges."""
    case = tables(
        components={"magnet": {"sector": "magnets"}, "motor": {"sector": "electronics"}},
        recipes=[("motor", "magnet", 0.4)],
        world={"magnet": {"DEU": 1.0}, "motor": {"DEU": 1.0}},
        sourcing={"IND": {"motor": {"IND": 1.0}, "magnet": {"CHN": 0.5, "JPN": 0.5}}},
        demand={"IND": {"motor": 100.0}},
        sites=[{"id": "coast"}],
        technologies=[{"id": "works", "component": "magnet", "capacity": 10, "capex_usd_m": 5}],
    )
    magnet = case.sourcing["component"] == "magnet"
    return case.replace(
        sourcing=case.sourcing.assign(
            low=case.sourcing["share"].where(~magnet, 0.3), high=case.sourcing["share"].where(~magnet, 0.7)
        ),
        recipes=case.recipes.assign(low=0.2, high=0.6),
        demand=case.demand.assign(low=50.0, high=200.0),
    )


def test_effects_on_a_study_by_hand():
    found = sensitivity(motors(), study(adaptation=0.2), settings={"adaptation": (0.0, 0.5)}, samples=8)
    table = found.table.set_index(["output", "input"])
    # Stop: the share of China, a triangle from 0.3 to 0.7. From its low end to the level 2/3 (the grid's step) it
    # rises by 0.4 - 0.4 / sqrt(6), and as much from the level 1/3 to the high end.
    step = (0.4 - 0.4 / 6**0.5) / (2 / 3)
    assert table.loc[("stop exposure IND", "sourcing of magnets"), "effect"] == pytest.approx(step)
    assert table.loc[("stop exposure IND", "recipes of electronics"), "strength"] == pytest.approx(0.0)
    net = table.loc["net exposure IND", "strength"]
    assert net["sourcing of magnets"] == pytest.approx(0.4 * 0.4, rel=0.5)
    assert net["recipes of electronics"] == pytest.approx(0.4 * 0.5, rel=0.5)
    assert net["demand of electronics"] == pytest.approx(0.0)
    assert net["adaptation"] == pytest.approx(0.0)
    loss = table.loc["expected loss", "effect"]
    assert loss["adaptation"] < 0 < loss["demand of electronics"]
    assert {"net exposure IND", "stop exposure IND", "expected loss"} == set(found.table["output"])
    assert found.words[1].startswith("stop exposure IND: moved most by sourcing of magnets (+0.355)")


def test_indices_of_a_study_with_one_thing_that_matters():
    found = sensitivity(motors(), study(), method="sobol", losses=False, samples=128)
    table = found.table.set_index(["output", "input"])
    assert table.loc[("stop exposure IND", "sourcing of magnets"), "total"] == pytest.approx(1.0, abs=0.05)
    assert table.loc[("stop exposure IND", "demand of electronics"), "total"] == pytest.approx(0.0, abs=1e-6)
    again = sensitivity(motors(), study(), method="sobol", losses=False, samples=128, workers=2)
    assert again.table.equals(found.table)


def test_what_a_plan_depends_on():
    case = motors()
    plan = optimize(case, study())
    assert len(plan.moves)
    found = plan_sensitivity(
        case, study(), plan, samples=2, settings={"surge": (1.0, 1.2)}, workers=1
    ).table.set_index(["output", "input"])
    assert found.loc[("avoided loss", "surge"), "effect"] >= 0
    assert found.loc[("loss with the plan", "demand"), "effect"] > 0
    assert found.loc[("cost", "surge"), "strength"] == pytest.approx(0.0)
    with pytest.raises(ConfigError, match="tides"):
        plan_sensitivity(case, study(), plan, settings={"tides": (0.0, 1.0)})


def test_faults_of_the_options():
    with pytest.raises(ConfigError, match="guess"):
        sensitivity(motors(), study(), method="guess")
    with pytest.raises(ConfigError, match="without width: a"):
        sobol_indices(lambda x: x, {"a": (1.0, 1.0)}, ["f"])
    with pytest.raises(ConfigError, match="1 samples"):
        morris_effects(lambda x: x, {"a": (0.0, 1.0)}, ["f"], samples=1)
