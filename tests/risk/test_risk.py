"""Losses of scenarios solved by hand, and the distribution drawn from them."""

import numpy as np
import pandas as pd
import pytest

from corridor.errors import ConfigError
from corridor.measures.exposures.exposure import stop as stop_once
from corridor.measures.sampling.figures import Figures
from corridor.measures.supply.network import Network
from corridor.relocation import build_problem
from corridor.relocation.result.decision import link_values, nothing
from corridor.relocation.result.value import Recourse, expected
from corridor.risk import loss_distribution
from corridor.risk.distribution import draw_events, tail_means
from corridor.risk.model import Circumstances, Events, LossModel
from tests.hand import stop, study, tables


def part(need=120.0, share=0.5, **component):
    """A part that India needs, of which China sells a share."""
    return tables(
        components={"part": component},
        world={"part": {"DEU": 1.0}},
        sourcing={"IND": {"part": {"CHN": share}}},
        demand={"IND": {"part": need}},
    )


def losses(case, asked, starts, ends, cuts=None, months=12, under=None):
    """Loss of each month (months, markets, sectors, scenarios) at the stated figures."""
    figures = Figures.of(case)
    model = LossModel.of(case, asked, figures)
    start, end = np.atleast_2d(starts).astype(float), np.atleast_2d(ends).astype(float)
    events = Events(start, end, np.ones_like(start) if cuts is None else np.atleast_2d(cuts))
    values = np.repeat(figures.value[:, None], start.shape[1], axis=1)
    return model.losses(values, events, months, under or Circumstances.of(asked, 2024))


def test_loss_by_month():
    # 120 a year is 10 a month; half of it is cut, and a dollar missing costs two.
    found = losses(part(loss_ratio=2.0), study(), [0.0, 2.5], [12.0, 4.0])[:, 0, 0]
    assert found[:, 0] == pytest.approx(10.0)
    assert found[:, 1] == pytest.approx([0, 0, 5.0, 10.0, *[0] * 8])


def test_needs_grow_to_the_year_asked():
    case = part()
    case = case.replace(demand=case.demand.assign(growth=0.1))
    found = losses(case, study(), [0.0], [12.0], under=Circumstances(0.0, 0.0, 2026))
    assert found.sum() == pytest.approx(60.0 * 1.21)


def test_stocks_last_until_they_are_used_up():
    # Three months of stock cover a shortage of a half for six months.
    found = losses(part(stock_months=3.0), study(), [0.0], [12.0])[:, 0, 0, 0]
    assert found == pytest.approx([*[0.0] * 6, *[5.0] * 6])


def test_others_with_something_to_spare_help():
    found = losses(part(), study(spare=0.4), [0.0], [12.0])[:, 0, 0, 0]
    assert found == pytest.approx(10.0 * (0.5 - 0.4 * 0.5))


def test_a_factor_on_the_cut_never_withholds_more_than_all():
    asked = study(denials=[stop(cuts=[{"cut": 0.8}])])
    found = losses(part(), asked, [[0.0, 0.0]], [[1.0, 1.0]], cuts=[[0.5, 2.0]])[0, 0, 0]
    assert found == pytest.approx([10.0 * 0.5 * 0.4, 10.0 * 0.5])


def test_denials_at_once_withhold_the_larger_part():
    cuts = [stop(name="one", cuts=[{"cut": 0.4}]), stop(name="two", cuts=[{"cut": 0.6}])]
    found = losses(part(), study(denials=cuts), [[0.0], [0.5]], [[1.0], [1.0]], months=1)
    assert found.sum() == pytest.approx(10.0 * 0.5 * max(0.4, 0.6 * 0.5))


CHAIN = {
    "components": {"ore": {}, "magnet": {"stock_months": 0}, "motor": {"loss_ratio": 3.0}},
    "recipes": [("motor", "magnet", 0.3), ("magnet", "ore", 0.4)],
    "world": {
        "ore": {"CHN": 0.5, "AUS": 0.5},
        "magnet": {"CHN": 0.6, "JPN": 0.4},
        "motor": {"DEU": 1.0},
    },
    "sourcing": {"IND": {"motor": {"IND": 0.8, "DEU": 0.2}, "magnet": {"CHN": 0.7, "JPN": 0.3}}},
    "demand": {"IND": {"motor": 100.0}},
}


def test_a_shortage_runs_down_the_chain():
    # Magnets from Japan fall by what its makers lack of ore; Indian makers substitute a fifth of what is missing.
    found = losses(tables(**CHAIN), study(adaptation=0.2), [0.0], [12.0]).sum()
    ore = 0.5
    japan = 0.8 * ore
    world = 0.6 + 0.4 * japan
    india = 0.7 + 0.3 * japan
    motor = 0.8 * 0.8 * india + 0.2 * 0.8 * world
    assert found == pytest.approx(100.0 * 3.0 * motor)


def test_a_month_without_stocks_is_the_measure_of_one_window():
    case, asked = tables(**CHAIN), study(adaptation=0.3, spare=0.15)
    found = losses(case, asked, [0.0], [1.0], months=1).sum()
    network = Network.of(case)
    cut = np.zeros((3, len(network.origins)))
    cut[:, network.origins.get_loc("CHN")] = 1.0
    missing = stop_once(network, cut, 0.7, 0.15)[2, network.buyers.get_loc("IND")]
    assert found == pytest.approx(100.0 / 12 * 3.0 * missing)


def test_losses_of_a_study_are_the_optimizers_where_nothing_can_be_put_to_better_use():
    case, asked = part(loss_ratio=2.0, stock_months=1.5), study(discount_rate=0.1)
    model = LossModel.of(case, asked, Figures.of(case))
    lost = model.study_losses(model.figures.value[:, None])
    problem = build_problem(case, asked)
    recourse = Recourse(problem)
    wanted = expected(problem, recourse.loss(link_values(problem, nothing(problem))))
    assert float((lost.sum(axis=2) * model.weight[:, :, None]).sum()) == pytest.approx(wanted)


def test_distribution_of_one_certain_denial():
    # It starts evenly within the year and never ends: 5 a month for an even number of months from 0 to 12.
    asked = study(denials=[stop(months=60)])
    found = loss_distribution(part(), asked, scenarios=4000, length=(1.0, 1.0), cut=(1.0, 1.0), year=2024)
    row = found.losses.iloc[0]
    assert row["mean"] == pytest.approx(30.0, abs=4 * 60 / 12**0.5 / 4000**0.5)
    assert row["deviation"] == pytest.approx(60 / 12**0.5, rel=0.03)
    assert row["mean_high"] - row["mean"] == pytest.approx(1.96 * row["deviation"] / 4000**0.5, rel=1e-3)
    assert row["q95"] == pytest.approx(57.0, abs=1.0)
    assert row["cvar_90"] == pytest.approx(57.0, abs=0.7)
    assert row["most"] <= 60.0 + 1e-5
    half = found.exceedance.set_index(["market", "probability"])["loss_usd_m"]["IND", 0.5]
    assert half == pytest.approx(30.0, abs=1.5)
    assert found.denials["alone_usd_m"].item() == pytest.approx(60.0)
    assert found.denials["happened"].item() == 1.0


def test_confidence_intervals_of_the_mean_cover():
    asked = study(denials=[stop(months=60, probability=0.4)])
    inside = 0
    for seed in range(25):
        found = loss_distribution(part(), asked, scenarios=128, length=(1, 1), cut=(1, 1), year=2024, seed=seed)
        row = found.losses.iloc[0]
        inside += bool(row["mean_low"] <= 0.4 * 30.0 <= row["mean_high"])
    assert 20 <= inside <= 25  # 24 expected; fewer than 20 happen once in eight hundred times


def test_seeds_reproduce_and_more_scenarios_begin_with_the_same():
    case = part()
    case = case.replace(demand=case.demand.assign(low=60.0, high=200.0))
    asked = study(denials=[stop(probability=0.5)])
    one = loss_distribution(case, asked, scenarios=200, seed=3, workers=1)
    two = loss_distribution(case, asked, scenarios=200, seed=3, workers=2)
    more = loss_distribution(case, asked, scenarios=400, seed=3)
    other = loss_distribution(case, asked, scenarios=200, seed=4)
    for name in ("losses", "exceedance", "denials", "convergence"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert one.convergence["mean"].tolist()[:2] == more.convergence["mean"].tolist()[:2]
    assert one.losses["mean"].iloc[0] != other.losses["mean"].iloc[0]


def test_tables_are_drawn_beside_denials():
    # A certain stop of the full window; the need is uniform between 60 and 180, or as stated.
    case = part()
    case = case.replace(demand=case.demand.assign(low=60.0, high=180.0))
    asked = study(denials=[stop(months=24), stop(name="late", months=24, probability=1e-9)])
    options = {"scenarios": 2000, "length": (1, 1), "cut": (1, 1), "year": 2024, "shape": "uniform"}
    drawn = loss_distribution(case, asked, **options).losses.iloc[0]
    stated = loss_distribution(case, asked, draw_data=False, **options).losses.iloc[0]
    assert stated["most"] <= 60.0 + 1e-4 < drawn["most"] <= 90.0
    # Months inside M even in 0-12, need D: deviation of 0.5 D M / 12 by E(D^2) E(M^2) - E(D)^2 E(M)^2.
    wanted = 0.5 / 12 * ((120**2 + 120**2 / 12) * 48 - (120 * 6) ** 2) ** 0.5
    assert drawn["deviation"] == pytest.approx(wanted, rel=0.04)
    assert stated["deviation"] == pytest.approx(0.5 / 12 * 120 * 12**0.5, rel=0.04)


def test_losses_are_split_over_denials():
    case = tables(
        components={"a": {}, "b": {}},
        world={"a": {"CHN": 1.0}, "b": {"CHN": 1.0}},
        sourcing={"IND": {"a": {"CHN": 1.0}, "b": {"CHN": 1.0}}},
        demand={"IND": {"a": 300.0, "b": 100.0}},
    )
    each = [stop(name=name, months=24, cuts=[{"cut": 1.0, "components": [name]}]) for name in ("a", "b")]
    found = loss_distribution(case, study(denials=each), scenarios=640, length=(1, 1), cut=(1, 1), year=2024)
    parts = found.denials.set_index("denial")
    assert parts["share"].sum() == pytest.approx(1.0)
    assert parts["loss_usd_m"].sum() == pytest.approx(found.losses.iloc[-1]["mean"], rel=1e-5)
    assert parts.loc["a", "share"] == pytest.approx(0.75, abs=0.03)


def test_what_never_happens_costs_nothing():
    found = loss_distribution(part(), study(denials=[stop(probability=1e-12)]), scenarios=70)
    assert (found.losses[["mean", "q99", "cvar_99", "most"]] == 0).all(axis=None)
    assert (found.losses["no_loss"] == 1).all()
    assert (found.denials["share"] == 0).all()


def test_events_are_drawn_as_the_study_says():
    asked = study(denials=[stop(probability=0.3, months=6), stop(name="sure", months=10)])
    drawn = [draw_events(asked, number, 64, 12, 0, (0.8, 1.1), (0.5, 2.0)) for number in range(100)]
    lasts = np.concatenate([one.end - one.start for one in drawn], axis=1)
    start = np.concatenate([one.start for one in drawn], axis=1)
    cut = np.concatenate([one.cut for one in drawn], axis=1)
    assert (lasts[0] > 0).mean() == pytest.approx(0.3, abs=0.02)
    assert (lasts[1] > 0).all()
    # A triangle from 0.5 over 1 to 2 has its mean at 7/6, one from 0.8 over 1 to 1.1 at 2.9/3.
    assert lasts[1].mean() == pytest.approx(10 * 7 / 6, rel=0.01)
    assert cut.mean() == pytest.approx(2.9 / 3, rel=0.005)
    assert [start.min(), start.mean(), start.max()] == pytest.approx([0, 6, 12], abs=0.1)


def test_tail_means_count_the_last_scenario_in_part():
    worst = tail_means(np.arange(1.0, 11.0), (0.9, 0.85, 0.0))
    assert worst == pytest.approx([10.0, (10 + 0.5 * 9) / 1.5, 5.5])


def test_options_out_of_range_are_reported_together():
    with pytest.raises(ConfigError, match="scenarios 0.*months 200.*cut .1.2"):
        loss_distribution(part(), study(), scenarios=0, months=200, cut=(1.2, 1.3))
    with pytest.raises(ConfigError, match="no rows in the table sourcing"):
        loss_distribution(part(), study(markets={"USA": 1.0}))
