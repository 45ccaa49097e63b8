"""Draws of tables: distributions by hand, sums that are kept, and the same draws in one pass."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, qmc

from corridor.data.checks import check_all
from corridor.data.checks.chain import value_shares
from corridor.data.tables import load_tables
from corridor.errors import ConfigError, DataError
from corridor.measures import draw_tables, exposure
from corridor.measures.sampling.drawn_network import DrawnNetwork
from corridor.measures.sampling.draws import BLOCK, METHODS, Sampler, blocks
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.tally import Tally
from tests.hand import tables

CHAIN = {
    "components": {"ore": {}, "oxide": {}, "magnet": {}, "motor": {}},
    "recipes": [("motor", "magnet", 0.3), ("magnet", "oxide", 0.4), ("oxide", "ore", 0.5)],
    "world": {
        "ore": {"CHN": 0.5, "AUS": 0.3},
        "oxide": {"CHN": 0.9, "USA": 0.1},
        "magnet": {"CHN": 0.9, "JPN": 0.1},
        "motor": {"CHN": 0.6, "DEU": 0.4},
    },
    "sourcing": {
        "IND": {"motor": {"IND": 0.7}, "magnet": {"CHN": 0.5, "JPN": 0.3, "IND": 0.2}},
        "USA": {"ore": {"CHN": 0.2, "USA": 0.8}},
    },
    "demand": {"IND": {"motor": 100.0}, "USA": {"motor": 50.0}},
}
_VALUES = {
    "recipes": ("value_share", "low", "high"),
    "supply": ("share", "low", "high"),
    "sourcing": ("share", "low", "high"),
    "demand": ("value_usd_m", "low", "high"),
    "components": ("price_usd_per_unit", "price_low", "price_high"),
}


def ranged(case, factor, *names):
    """The tables with a range from value / factor to value * factor around every figure of the named tables."""
    for name in names:
        value, low, high = _VALUES[name]
        frame = case[name]
        top = frame[value] * factor
        top = top.clip(upper=1.0) if "share" in value else top
        case = case.replace(**{name: frame.assign(**{low: frame[value] / factor, high: top})})
    return case


@pytest.fixture(scope="module")
def bundled():
    return load_tables()


def test_quantiles_of_a_triangle_and_of_an_even_range():
    case = tables(**CHAIN)
    case = case.replace(demand=case.demand.assign(value_usd_m=1.0, low=0.0, high=4.0))
    figures = Figures.of(case, ["demand"])
    assert figures.dimensions == 2
    # A quarter of a triangle from 0 to 4 with its peak at 1 is below the peak; half of it below 4 - sqrt(6).
    drawn = figures.rows["dimension"] >= 0
    levels = np.array([[0.0, 0.25], [0.5, 1.0]])
    assert pytest.approx(np.array([[0.0, 1.0], [4 - 6**0.5, 4.0]])) == figures.values_at(levels)[drawn].T
    assert pytest.approx(np.array([[0.0, 1.0], [2.0, 4.0]])) == figures.values_at(levels, "uniform")[drawn].T


def test_nothing_is_drawn_where_ranges_have_no_width():
    case = tables(**CHAIN)
    case = ranged(case, 1.0, "demand", "sourcing", "recipes")
    assert Figures.of(case).dimensions == 0
    for drawn in draw_tables(case, 3, method="latin hypercube"):
        assert drawn.equals(case)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_draws_the_same_tables(method):
    case = ranged(tables(**CHAIN), 1.5, "demand", "sourcing", "supply")
    first, again, other = (
        [drawn.demand["value_usd_m"].tolist() for drawn in draw_tables(case, 5, seed=seed, method=method)]
        for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_figures_without_a_range_stay():
    case = ranged(tables(**CHAIN), 2.0, "demand")
    sure = case.demand.assign(high=case.demand["high"].where(case.demand["market"] == "IND"))
    case = case.replace(demand=sure)
    for drawn in draw_tables(case, 4):
        assert drawn.demand.loc[drawn.demand["market"] == "USA", "value_usd_m"].tolist() == [50.0]
        assert drawn.demand.loc[drawn.demand["market"] == "IND", "value_usd_m"].item() != 100.0
        assert drawn.recipes.equals(case.recipes)
        assert drawn.sourcing.equals(case.sourcing)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6),
    st.lists(st.floats(0.0, 1.0), min_size=12, max_size=12),
    st.booleans(),
    st.integers(0, 10_000),
)
def test_shares_go_on_summing_to_one_and_stay_in_their_ranges(weights, widths, leaves_open, seed):
    share = np.array(weights) / sum(weights) * (0.6 if leaves_open else 1.0)
    origins = ["CHN", "JPN", "AUS", "DEU", "FRA", "KOR"][: len(share)]
    case = tables(
        components={"a": {}},
        world={"a": {"CHN": 1.0}},
        sourcing={"IND": {"a": dict(zip(origins, share, strict=True))}},
        demand={"IND": {"a": 1.0}},
    )
    rows = case.sourcing
    value = rows["share"].to_numpy()
    low = value * (1.0 - np.array(widths[: len(value)]))
    high = value + (1.0 - value) * np.array(widths[6 : 6 + len(value)])
    case = case.replace(sourcing=rows.assign(low=low, high=high))
    for drawn in draw_tables(case, 5, seed=seed, shape="uniform"):
        new = drawn.sourcing["share"].to_numpy()
        assert (new >= low - 1e-12).all()
        assert (new <= high + 1e-12).all()
        if leaves_open:
            assert new.sum() <= 1.0 + 1e-9
        else:
            assert new.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_reported_share_does_not_give_way_to_drawn_ones():
    case = tables(**CHAIN)
    mine = (case.sourcing["component"] == "magnet") & (case.sourcing["origin"] != "JPN")
    case = case.replace(
        sourcing=case.sourcing.assign(
            low=(case.sourcing["share"] * 0.2).where(mine), high=(case.sourcing["share"] * 1.6).where(mine)
        )
    )
    seen = set()
    for drawn in draw_tables(case, 20):
        magnet = drawn.sourcing[drawn.sourcing["component"] == "magnet"].set_index("origin")["share"]
        assert magnet["JPN"] == 0.3
        assert magnet.sum() == pytest.approx(1.0, abs=1e-12)
        seen.add(round(magnet["CHN"], 6))
    assert len(seen) == 20


def test_inputs_never_cost_more_than_the_output():
    case = ranged(tables(**CHAIN), 3.0, "recipes", "components")
    for drawn in draw_tables(case, 30, shape="uniform"):
        assert value_shares(drawn).max() <= 0.95 + 1e-12


def test_draws_of_the_bundled_tables_pass_all_checks(bundled):
    for drawn in draw_tables(bundled, 2, seed=5):
        # One range serves both freights of a market, which no plan uses yet: drawn values of the two differ.
        assert [fault for fault in check_all(drawn) if not fault.column.startswith("freight")] == []
        assert not drawn.demand["value_usd_m"].equals(bundled.demand["value_usd_m"])


def test_a_block_of_a_latin_hypercube_has_one_draw_in_each_stratum():
    figures = Figures.of(ranged(tables(**CHAIN), 1.5, "demand", "supply"))
    levels = Sampler(figures, 1, "latin hypercube").block(2, 20)
    assert (np.sort(np.floor(levels * 20), axis=0) == np.arange(20)[:, None]).all()


def test_blocks_of_sobol_points_are_one_sequence():
    figures = Figures.of(ranged(tables(**CHAIN), 1.5, "demand", "supply"))
    sampler = Sampler(figures, 1, "sobol")
    whole = qmc.Sobol(figures.dimensions, rng=np.random.default_rng(1)).random(2 * BLOCK)
    assert np.concatenate([sampler.block(0), sampler.block(1)]) == pytest.approx(whole, abs=1e-12)
    assert blocks(BLOCK + 3) == [(0, BLOCK), (1, 3)]


def test_errors_of_one_source_are_correlated():
    case = ranged(tables(**CHAIN), 1.5, "demand")
    figures = Figures.of(case, ["demand"])
    alike = Sampler(figures, 1, correlation=1.0).block(0)
    assert alike[:, 0] == pytest.approx(alike[:, 1])
    half = Sampler(figures, 1, correlation=0.5)
    scores = norm.ppf(np.concatenate([half.block(number) for number in range(60)]))
    assert np.corrcoef(scores.T)[0, 1] == pytest.approx(0.5, abs=0.05)
    assert scores.std(axis=0) == pytest.approx(1.0, abs=0.05)


def test_faults_of_the_options_are_reported_together():
    figures = Figures.of(ranged(tables(**CHAIN), 1.5, "demand"))
    with pytest.raises(ConfigError, match="guess.*correlation 2.*seed -1"):
        Sampler(figures, -1, "guess", 2.0)
    with pytest.raises(ConfigError, match="codes"):
        next(draw_tables(tables(**CHAIN), 1, names=["codes"]))
    with pytest.raises(ConfigError, match="normal"):
        next(draw_tables(ranged(tables(**CHAIN), 1.5, "demand"), 1, shape="normal"))


@pytest.mark.parametrize("names", [("sourcing",), ("supply",), ("recipes", "components"), tuple(_VALUES)])
def test_many_draws_in_one_pass_are_exposure_of_each(names):
    case = ranged(tables(**CHAIN), 1.8, *names)
    figures = Figures.of(case)
    network = DrawnNetwork.of(case, figures, [["CHN"]])
    drawn = network.draws_at(figures.values_at(Sampler(figures, 7).block(0, 6), "uniform"))
    direct, net = drawn.net()
    stop = drawn.stop(network.sourcing.member[0].astype(float)[None, :, None])
    assert drawn.shares.sum(axis=2) == pytest.approx(1.0)
    for number, one in enumerate(draw_tables(case, 6, seed=7, shape="uniform")):
        for buyer, market in enumerate(["IND", "USA"]):
            wanted = exposure(one, market, ["CHN"]).set_index("component").loc[list(case.components["id"])]
            for kind, found in (("direct", direct), ("net", net), ("stop", stop)):
                assert found[:, buyer, number] == pytest.approx(wanted[kind].to_numpy(), abs=1e-12)


def test_many_draws_of_the_bundled_tables_are_exposure_of_each(bundled):
    target = ["CHN", "HKG", "MAC"]
    figures = Figures.of(bundled)
    network = DrawnNetwork.of(bundled, figures, [target])
    net = network.draws_at(figures.values_at(Sampler(figures, 2).block(0, 2))).net()[1]
    for number, one in enumerate(draw_tables(bundled, 2, seed=2)):
        wanted = exposure(one, "IND", target).set_index("component")["net"].loc[list(bundled.components["id"])]
        assert net[:, 0, number] == pytest.approx(wanted.to_numpy(), abs=1e-12)


def test_a_cycle_of_recipes_is_reported():
    case = tables(
        components={"a": {}, "b": {}},
        recipes=[("a", "b", 0.1), ("b", "a", 0.1)],
        world={"a": {"CHN": 1.0}, "b": {"CHN": 1.0}},
        demand={"IND": {"a": 1.0}},
    )
    with pytest.raises(DataError, match="a -> b -> a"):
        DrawnNetwork.of(case, Figures.of(case))


def test_a_tally_counts_as_numpy_does():
    rng = np.random.default_rng(1)
    values = rng.beta(2, 5, (3, 2000))
    one, two = Tally((3,), bins=1000), Tally((3,), bins=1000)
    one.add(values[:, :700])
    two.add(values[:, 700:])
    one.merge(two)
    assert one.mean == pytest.approx(values.mean(axis=1))
    assert one.deviation == pytest.approx(values.std(axis=1, ddof=1))
    for fraction in (0.05, 0.5, 0.95):
        assert one.quantile(fraction) == pytest.approx(np.quantile(values, fraction, axis=1), abs=0.002)
    assert one.fraction_up_to(0.3) == pytest.approx((values < 0.3).mean(axis=1), abs=1e-12)
    same = Tally((1,))
    same.add(np.full((1, 9), 0.123456))
    assert same.quantile(0.05) == same.quantile(0.95) == pd.Series([0.123456]).to_numpy()
