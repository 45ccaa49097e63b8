"""Chains that carry net exposure: by hand, and against net exposure itself."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError
from corridor.measures import exposure, exposure_by_tier, paths
from tests.hand import tables
from tests.measures.test_exposure import MOTOR, networks

EVIDENCE = ["reported", "computed", "inherited", "assumed"]


def test_chains_of_a_motor_by_hand():
    found = paths(tables(**MOTOR), "motor", "IND", ["CHN"], coverage=1.0)
    # India makes the motor; half its magnets are Chinese, half are made in Japan of the world's oxide, and makers
    # of oxide in the USA buy a fifth of their ore from China.
    expected = {
        "motor < magnet": 0.3 * 0.5,
        "motor < magnet < oxide": 0.3 * 0.5 * 0.4 * 0.9,
        "motor < magnet < oxide < ore": 0.3 * 0.5 * 0.4 * 0.1 * 0.5 * 0.2,
    }
    assert dict(zip(found["path"], found["contribution"], strict=True)) == pytest.approx(expected)
    assert found["tier"].tolist() == [1, 2, 3]
    assert found["enters"].tolist() == ["magnet", "oxide", "ore"]
    assert set(found["origin"]) == {"CHN"}
    assert found["cumulative_share"].iloc[-1] == pytest.approx(1.0)
    net = sum(expected.values())
    assert found["share"].tolist() == pytest.approx([value / net for value in expected.values()])
    named = paths(tables(**MOTOR), "motor", "IND", ["CHN"], coverage=1.0, by_maker=True)
    assert named["path"].tolist() == [
        "motor@IND < magnet@CHN",
        "motor@IND < magnet@JPN < oxide@CHN",
        "motor@IND < magnet@JPN < oxide@USA < ore@CHN",
    ]


def test_coverage_and_number_of_chains_bound_the_list():
    case = tables(**MOTOR)
    assert len(paths(case, "motor", "IND", ["CHN"], coverage=0.6)) == 1
    assert len(paths(case, "motor", "IND", ["CHN"], coverage=1.0, most=2)) == 2
    assert paths(case, "motor", "IND", ["DEU"]).empty


def test_exposure_by_tier_by_hand():
    found = exposure_by_tier(tables(**MOTOR), "IND", ["CHN"])
    motor = found[found["component"] == "motor"]
    assert motor["tier"].tolist() == [1, 2, 3]
    assert motor["contribution"].tolist() == pytest.approx([0.15, 0.15 * 0.36, 0.15 * 0.4 * 0.1 * 0.1])
    assert motor["share"].sum() == pytest.approx(1.0)


def test_an_input_of_two_routes_is_one_chain_with_the_evidence_of_both():
    case = tables(
        components={"a": {}, "b": {}, "cell": {}},
        recipes=[
            ("cell", "a", 0.6, True, "one", 0.25),
            ("cell", "a", 0.2, True, "two", 0.75),
            ("cell", "b", 0.4, True, "two", 0.75),
        ],
        world={"a": {"CHN": 1.0}, "b": {"AUS": 1.0}, "cell": {"IND": 1.0}},
        sourcing={"IND": {"cell": {"IND": 1.0}}},
        demand={"IND": {"cell": 1.0}},
    )
    recipes = case.recipes.assign(status=case.recipes["status"].where(case.recipes["route"] == "one", "assumed"))
    found = paths(case.replace(recipes=recipes), "cell", "IND", ["CHN"], coverage=1.0)
    assert found["path"].tolist() == ["cell < a"]
    assert found["contribution"].item() == pytest.approx(0.15 + 0.15)
    assert found[EVIDENCE].iloc[0].tolist() == pytest.approx([0.5, 0, 0, 0.5])


def test_cycles_end():
    case = tables(
        components={"a": {}, "b": {}},
        recipes=[("a", "b", 0.5), ("b", "a", 0.5)],
        world={"a": {"JPN": 1.0}, "b": {"JPN": 0.8, "CHN": 0.2}},
        sourcing={"IND": {"a": {"IND": 0.0}}},
        demand={"IND": {"a": 1.0}},
    )
    found = paths(case, "a", "IND", ["CHN"], coverage=0.999)
    assert found["path"].tolist()[:2] == ["a < b", "a < b < a < b"]
    assert found["contribution"].tolist()[:2] == pytest.approx([0.1, 0.02])
    net = 0.1 / (1 - 0.2)
    assert 0.999 * net <= found["contribution"].sum() <= net


@given(networks(), st.sampled_from([["CHN"], ["CHN", "JPN"]]), st.booleans())
@settings(max_examples=8, deadline=None)
def test_all_chains_add_up_to_net_exposure(case, target, by_maker):
    case = tables(**case)
    net = exposure(case, ["IND", "USA"], target).set_index(["market", "component"])
    tiers = exposure_by_tier(case, ["IND", "USA"], target)
    for market in ("IND", "USA"):
        names = list(net.loc[market].index)
        found = paths(case, names, market, target, coverage=1.0, most=100_000, by_maker=by_maker)
        by_component = found.groupby("component")
        for name in names:
            total = net.loc[(market, name), "net"]
            if total <= 1e-12:
                assert name not in by_component.groups
                continue
            rows = by_component.get_group(name)
            assert rows["contribution"].sum() == pytest.approx(total, rel=1e-8)
            assert (rows["contribution"].diff().dropna() <= 1e-11).all()
            assert rows["path"].is_unique or len(target) > 1
            assert rows[EVIDENCE].sum(axis=1).tolist() == pytest.approx([1.0] * len(rows))
            of_tier = tiers[(tiers["market"] == market) & (tiers["component"] == name)]
            known = of_tier.set_index("tier")["contribution"]
            # A tier of next to nothing has no chain among those that reach the coverage.
            summed = rows.groupby("tier")["contribution"].sum().reindex(known.index, fill_value=0.0)
            pd.testing.assert_series_equal(summed, known, check_exact=False, atol=1e-8, rtol=1e-6)


def test_unknown_names_are_errors():
    case = tables(**MOTOR)
    with pytest.raises(ConfigError, match="component gizmo is not in the table components"):
        paths(case, "gizmo", "IND", ["CHN"])
    with pytest.raises(ConfigError, match=r"market FRA has no rows.*; target XXX: not in the table countries"):
        paths(case, "motor", "FRA", ["XXX"])
    with pytest.raises(ConfigError, match="coverage 2 is not within"):
        paths(case, "motor", "IND", ["CHN"], coverage=2)
    with pytest.raises(ConfigError, match="target is empty"):
        exposure_by_tier(case, "IND", [])
