"""Stability of labels: years, bounds and flips, against brute force where possible."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor import measures
from corridor.data.tables import load_tables
from corridor.errors import ConfigError


def flows(values: dict[str, float], **keys: object) -> pd.DataFrame:
    return pd.DataFrame({"product": "p", **keys, "origin": list(values), "value": list(values.values())})


def states(flags: dict[int, object], case: str = "a") -> pd.DataFrame:
    return pd.DataFrame(
        {"case": case, "year": list(flags), "flag": pd.array(list(flags.values()), dtype="boolean")}
    )


def test_distance():
    assert measures.threshold_distance(pd.Series([0.5, 0.4, 0.2]), 0.4).tolist() == pytest.approx([0.25, 0, -0.5])


def test_years_in_state_by_hand():
    frame = pd.concat(
        [
            states({2014: False, 2015: True, 2016: True, 2018: True, 2019: False, 2021: True, 2022: None}),
            states({2014: False, 2015: False}, "b"),
            states({2020: None}, "c"),
            states({2020: True}, "d"),
        ]
    ).sample(frac=1, random_state=1)
    out = measures.years_in_state(frame, "flag", ["case"]).set_index("case")
    assert list(out.index) == ["a", "b", "d"], "of c nothing is known"
    a = out.loc["a"]
    assert (a["years"], a["first_year"], a["last_year"], a["longest_run"], a["changes"]) == (6, 2014, 2021, 3, 3)
    assert a["flagged_share"] == pytest.approx(4 / 6)
    assert a["flagged"]
    assert out.loc["b", ["flagged_share", "longest_run", "changes", "flagged"]].tolist() == [0, 0, 0, False]
    assert out.loc["d", ["flagged_share", "longest_run", "changes", "flagged"]].tolist() == [1, 1, 0, True]


def test_a_year_given_twice_is_refused():
    with pytest.raises(ConfigError, match="a, 2014"):
        measures.years_in_state(pd.concat([states({2014: True})] * 2), "flag", ["case"])


def test_churn_by_hand():
    frame = pd.concat(
        [
            states({2018: True, 2019: False}, "a"),
            states({2018: True, 2019: True, 2021: False}, "b"),
            states({2018: False, 2019: True, 2021: True}, "c"),
            states({2018: True, 2019: None}, "d"),
        ]
    )
    out = measures.churn(frame, "flag", ["case"])
    assert out[["year", "next_year", "flagged"]].to_numpy().tolist() == [[2018, 2019, 2], [2019, 2021, 2]]
    assert out["lost"].tolist() == [0.5, 0.5]


def hhi(values: np.ndarray, named: np.ndarray) -> float:
    return float((values[named] ** 2).sum() / values.sum() ** 2)


@given(
    st.lists(st.floats(0.05, 100), min_size=1, max_size=7),
    st.floats(0.0, 0.6),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_bounds_hold_all_errors_and_are_reached(amounts, error, with_rest, seed):
    origins = [f"C{number}" for number in range(len(amounts))]
    if with_rest:
        origins[-1] = "ROW"
    out = measures.hhi_bounds(flows(dict(zip(origins, amounts, strict=True))), error).iloc[0]
    v, named = np.array(amounts), np.array([name != "ROW" for name in origins])
    corners = [hhi(v * (1 + error * np.array(signs)), named) for signs in product((-1, 1), repeat=len(v))]
    assert out["hhi_high"] == pytest.approx(max(corners), rel=1e-9, abs=1e-12), "the greatest is at a corner"
    inside = v * (1 + error * np.random.default_rng(seed).uniform(-1, 1, (400, len(v))))
    drawn = (inside[:, named] ** 2).sum(axis=1) / inside.sum(axis=1) ** 2
    least = min([*corners, *drawn])
    assert out["hhi_low"] <= least + 1e-9
    # and the least is reached: by every flow as near as it may come to one level, the rest as large as may be
    levels = np.linspace(0, (1 + error) * v.max(), 4001)[:, None]
    near = np.clip(levels, v * (1 - error), v * (1 + error))
    near[:, ~named] = v[~named] * (1 + error)
    reached = (near[:, named] ** 2).sum(axis=1) / near.sum(axis=1) ** 2
    assert out["hhi_low"] == pytest.approx(reached.min(), rel=1e-3, abs=1e-9)


def test_without_error_the_bounds_are_the_index():
    frame = pd.concat([flows({"A": 3.0, "B": 1.0}, year=2020), flows({"A": 1.0, "ROW": 1.0}, year=2021)])
    out = measures.hhi_bounds(frame, 0.0).set_index("year")
    assert out["hhi_low"].tolist() == pytest.approx([0.625, 0.25], rel=1e-9)
    assert out["hhi_high"].tolist() == pytest.approx([0.625, 0.25], rel=1e-9)


def test_two_suppliers_by_hand():
    out = measures.hhi_bounds(flows({"A": 60.0, "B": 40.0}), 0.1).iloc[0]
    assert out["hhi_high"] == pytest.approx((66**2 + 36**2) / 102**2)
    assert out["hhi_low"] == pytest.approx((54**2 + 44**2) / 98**2)


def test_flips_near_and_far_from_the_threshold():
    near = flows({"A": 0.5, "B": 0.35, "C": 0.15}, product="near")  # 0.395
    far = flows({"A": 0.9, "B": 0.1}, product="far")
    frame = pd.concat([near, far])
    out = measures.flip_probability(frame, 0.1, rng=np.random.default_rng(7), draws=4000).set_index("product")
    assert out.loc["far", "flip_probability"] == 0
    assert 0.15 < out.loc["near", "flip_probability"] < 0.5
    assert not out.loc["near", "flagged"]
    again = measures.flip_probability(frame, 0.1, rng=np.random.default_rng(7), draws=4000).set_index("product")
    pd.testing.assert_frame_equal(out, again)
    still = measures.flip_probability(frame, 0.0, rng=np.random.default_rng(7), draws=10)
    assert (still["flip_probability"] == 0).all()


def test_flip_probability_against_the_exact_one():
    # one flow that matters: u A / (u A + B)... the label turns when the error of A minus that of B passes a line
    frame = flows({"A": 1.0, "B": 1.0})
    out = measures.flip_probability(frame, 0.2, rng=np.random.default_rng(3), threshold=0.5 + 1e-12, draws=20000)
    # any difference lifts the index of two equal suppliers above one half
    assert out["flip_probability"].iloc[0] == pytest.approx(1.0, abs=1e-3)
    line = 0.5 * (1 + (0.1 / 1.0) ** 2)  # |difference| / sum = 0.1 if the sum were 2 exactly
    got = measures.flip_probability(frame, 0.2, rng=np.random.default_rng(3), threshold=line, draws=20000)
    # |0.2 (u - v)| > 0.1 (2 + 0.2 (u + v)): chance by quadrature over the unit square
    u, v = np.meshgrid(np.linspace(-1, 1, 2001), np.linspace(-1, 1, 2001))
    exact = (np.abs(0.2 * (u - v)) > 0.1 * (2 + 0.2 * (u + v))).mean()
    assert got["flip_probability"].iloc[0] == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("error", [-0.1, 1.0])
def test_an_error_that_is_not_a_fraction_is_refused(error):
    with pytest.raises(ConfigError, match="wanted a fraction"):
        measures.hhi_bounds(flows({"A": 1.0}), error)


def test_india_over_seven_years():
    tables = load_tables()
    out = measures.stability(tables, "IND", rng=np.random.default_rng(1), draws=200).set_index("component")
    # Seven years of classes of goods; one of the minerals that are known by subheading; one component has both.
    assert set(out["years"]) == {1, 7, 8}
    assert (out["years"] == 7).sum() > 400
    assert (out["hhi_low"] <= out["hhi"] + 1e-12).all()
    assert (out["hhi"] <= out["hhi_high"] + 1e-12).all()
    assert (out.loc[out["firm"], "flip_probability"] == 0).all(), "what no error turns, no draw turns"
    assert (out["flagged"] == (out["distance"] > 0)).all()
    drugs = out.loc["penicillin-g-potassium"]
    assert (drugs["flagged_share"], drugs["longest_run"], drugs["changes"]) == (1.0, 7, 0)
    assert out.loc["lfp-cell", "changes"] > 0, "accumulators passed the threshold and came back"
    strict = measures.stability(tables, "IND", threshold=0.99)
    assert not strict["flagged"].any()
