"""Intervals of exposure and ranks: cases with known distributions, seeds, and how often intervals hold."""

import numpy as np
import pandas as pd
import pytest

from corridor.errors import ConfigError
from corridor.measures import uncertainty
from corridor.measures.sampling.drawn_network import DrawnNetwork
from corridor.measures.sampling.draws import Sampler
from corridor.measures.sampling.figures import Figures
from corridor.measures.sampling.uncertainty import TABLES
from tests.hand import study, tables


def one_share(low, value, high, **more):
    """A part that India buys from China by a share with a range, the rest from Germany."""
    case = tables(
        components={"part": {}},
        world={"part": {"DEU": 1.0}},
        sourcing={"IND": {"part": {"CHN": value}}},
        demand={"IND": {"part": 100.0}},
    )
    return case.replace(sourcing=case.sourcing.assign(low=low, high=high))


def row(frame, **wanted):
    for name, value in wanted.items():
        frame = frame[frame[name] == value]
    return frame.iloc[0]


def test_an_even_share_has_the_moments_and_quantiles_of_an_even_share():
    found = uncertainty(one_share(0.2, 0.4, 0.6), study(), draws=4000, shape="uniform")
    for frame in (found.components, found.headline):
        net = row(frame, measure="net")
        assert net["value"] == pytest.approx(0.4)
        assert net["mean"] == pytest.approx(0.4, abs=1e-3)
        assert net["deviation"] == pytest.approx(0.4 / 12**0.5, abs=2e-3)
        assert [net["low"], net["median"], net["high"]] == pytest.approx([0.22, 0.4, 0.58], abs=3e-3)


def test_variances_of_independent_needs_add_up():
    # net = n1 / (n1 + n2) of two needs, one wholly from China, one not: with small errors d of both needs the
    # deviation is d / (4 sqrt(2)) * 2 / sqrt(3) for needs even within (1 - d, 1 + d).
    case = tables(
        components={"a": {}, "b": {}},
        world={"a": {"DEU": 1.0}, "b": {"DEU": 1.0}},
        sourcing={"IND": {"a": {"CHN": 1.0}, "b": {"DEU": 1.0}}},
        demand={"IND": {"a": 1.0, "b": 1.0}},
    )
    d = 0.02
    case = case.replace(demand=case.demand.assign(low=1 - d, high=1 + d))
    net = row(uncertainty(case, study(), draws=4000, shape="uniform").headline, measure="net", sector="all")
    assert net["mean"] == pytest.approx(0.5, abs=1e-4)
    assert net["deviation"] == pytest.approx(0.25 * (2 * d**2 / 3) ** 0.5, rel=0.03)


def test_ranges_without_width_give_intervals_without_width():
    found = uncertainty(one_share(0.4, 0.4, 0.4), study(), draws=50)
    for frame in (found.components, found.headline):
        for name in ("mean", "median", "low", "high"):
            assert frame[name].to_numpy() == pytest.approx(frame["value"].to_numpy(), abs=1e-15)
        assert (frame["deviation"] < 1e-14).all()
    ranks = found.ranks
    assert (ranks[["rank_low", "rank_high", "rank_median"]].to_numpy() == ranks[["rank"]].to_numpy()).all()


def test_seeds_reproduce_whatever_the_number_of_workers():
    case = one_share(0.1, 0.4, 0.9)
    one, two = (uncertainty(case, study(), draws=300, seed=5, workers=workers) for workers in (1, 2))
    other = uncertainty(case, study(), draws=300, seed=6)
    for name in ("components", "headline", "ranks"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert not one.headline.equals(other.headline)


def test_intervals_cover_as_often_as_they_say():
    # Ten parts of which each has a share of its own; the truth is another draw from the same ranges.
    names = [f"part{number}" for number in range(10)]
    case = tables(
        components={name: {} for name in names},
        world={name: {"DEU": 1.0} for name in names},
        sourcing={"IND": {name: {"CHN": 0.5} for name in names}},
        demand={"IND": dict.fromkeys(names, 10.0)},
    )
    case = case.replace(sourcing=case.sourcing.assign(low=0.1, high=0.7))
    found = row(uncertainty(case, study(), draws=2000, seed=1).headline, measure="net", sector="all")
    figures = Figures.of(case, TABLES)
    network = DrawnNetwork.of(case, figures, [["CHN"]])
    sampler = Sampler(figures, seed=99)
    truths = np.concatenate(
        [
            network.draws_at(figures.values_at(sampler.block(number))).net()[1][:, 0].mean(axis=0)
            for number in range(16)
        ]
    )
    inside = ((truths >= found["low"]) & (truths <= found["high"])).mean()
    assert inside == pytest.approx(0.9, abs=0.03)  # three standard deviations of 1,024 trials


def test_probability_of_being_among_the_first_ten():
    # Nine parts are certainly ahead. Of the last two, a is uniform in 0.2-0.6 and b in 0.4-0.8: a passes b if both
    # lie in 0.4-0.6, which happens with 1/4, and then in half of the cases.
    names = [f"big{number}" for number in range(9)]
    case = tables(
        components={name: {} for name in (*names, "a", "b")},
        world={name: {"DEU": 1.0} for name in (*names, "a", "b")},
        sourcing={"IND": {**{name: {"CHN": 0.5} for name in names}, "a": {"CHN": 0.4}, "b": {"CHN": 0.6}}},
        demand={"IND": {**dict.fromkeys(names, 1000.0), "a": 1.0, "b": 1.0}},
    )
    last = case.sourcing["component"].isin(["a", "b"])
    share = case.sourcing["share"]
    case = case.replace(
        sourcing=case.sourcing.assign(low=(share - 0.2).where(last), high=(share + 0.2).where(last))
    )
    found = uncertainty(case, study(), draws=4000, shape="uniform").ranks.set_index("component")
    assert found.loc["a", "top_10"] == pytest.approx(1 / 8, abs=0.015)
    assert found.loc["b", "top_10"] == pytest.approx(7 / 8, abs=0.015)
    assert found.loc["a", ["rank", "rank_low", "rank_median", "rank_high"]].tolist() == [11, 10, 11, 11]
    assert found.loc["big0", ["rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert (found["top_20"] == 1).all()


def test_ranks_count_what_makers_at_home_need():
    case = tables(
        components={"motor": {}, "magnet": {}},
        recipes=[("motor", "magnet", 0.3)],
        world={"magnet": {"CHN": 1.0}, "motor": {"DEU": 1.0}},
        sourcing={"IND": {"motor": {"IND": 0.5, "DEU": 0.5}}},
        demand={"IND": {"motor": 100.0}},
    )
    ranks = uncertainty(case, study(), draws=4).ranks.set_index("component")
    # Half of the motors are made at home; what German makers need is Germany's need.
    assert ranks.loc["magnet", "need_usd_m"] == pytest.approx(0.3 * 50.0)
    assert ranks.loc["magnet", "exposed_usd_m"] == pytest.approx(15.0)
    assert ranks.loc["motor", "need_usd_m"] == pytest.approx(100.0)
    assert ranks.loc["motor", "exposed_usd_m"] == pytest.approx(100.0 * 0.3)


def test_correlated_errors_widen_the_interval():
    names = [f"part{number}" for number in range(20)]
    case = tables(
        components={name: {} for name in names},
        world={name: {"DEU": 1.0} for name in names},
        sourcing={"IND": {name: {"CHN": 0.5} for name in names}},
        demand={"IND": dict.fromkeys(names, 10.0)},
    )
    case = case.replace(sourcing=case.sourcing.assign(low=0.3, high=0.7))
    width = {}
    for correlation in (0.0, 1.0):
        net = row(uncertainty(case, study(), draws=1000, correlation=correlation).headline, measure="net")
        width[correlation] = net["deviation"]
    one = 0.2 / 6**0.5  # of a triangle of half width 0.2
    assert width[1.0] == pytest.approx(one, rel=0.05)
    assert width[0.0] == pytest.approx(one / 20**0.5, rel=0.08)


def test_options_out_of_range():
    case = one_share(0.2, 0.4, 0.6)
    with pytest.raises(ConfigError, match="draws 0"):
        uncertainty(case, study(), draws=0)
    with pytest.raises(ConfigError, match="interval 1"):
        uncertainty(case, study(), interval=1.0)
    with pytest.raises(ConfigError, match="market USA"):
        uncertainty(case, study(markets={"IND": 1.0, "USA": 1.0}))
    with pytest.raises(ConfigError, match="bell"):
        uncertainty(case, study(), shape="bell")
