"""Exposure to every country alone, all in one solve, against the measure with one target at a time."""

import numpy as np
import pytest

from corridor.errors import ConfigError
from corridor.measures import exposure, exposure_by_origin
from tests.browser import synthetic


def test_equals_exposure_to_one_target_at_a_time() -> None:
    tables = synthetic.make_tables(30, seed=3)
    found = exposure_by_origin(tables, ["IND", "USA"]).set_index(["origin", "market", "component"])
    for country in ("CHN", "JPN", "CHL"):
        alone = exposure(tables, ["IND", "USA"], [country]).set_index(["market", "component"])
        rows = found.loc[country].reindex(alone.index).fillna(0.0)
        for kind in ("direct", "net", "stop"):
            assert rows[kind].to_numpy() == pytest.approx(alone[kind].to_numpy(), abs=1e-8)


def test_by_hand_on_a_chain_of_two() -> None:
    """Both 70 % from abroad at the world's shares w: N = 0.7 w1 + 0.7 (1 - w1) 0.5 w0 + 0.3 * 0.5 * 0.7 w0."""
    tables = synthetic.make_tables(2)
    found = exposure_by_origin(tables, ["IND"], ["CHN"]).set_index("component")
    world = tables.supply[tables.supply["country"] == "CHN"].set_index("component")["share"].astype(float)
    ore, product = world["component-000"], world["component-001"]
    assert found.at["component-000", "net"] == pytest.approx(0.7 * ore)
    by_hand = 0.7 * product + 0.7 * (1 - product) * 0.5 * ore + 0.3 * 0.5 * 0.7 * ore
    assert found.at["component-001", "net"] == pytest.approx(by_hand)
    worst = 0.7 * product + 0.7 * (1 - product) * ore + 0.3 * 0.7 * ore
    assert found.at["component-001", "stop"] == pytest.approx(worst)


def test_order_and_bounds() -> None:
    found = exposure_by_origin(synthetic.make_tables(20), ["USA"])
    assert (found["net"] >= found["direct"] - 1e-12).all()
    assert (found["stop"] >= found["net"] - 1e-9).all()
    assert np.all(found[["direct", "net", "stop"]].to_numpy() <= 1.0)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="XXX"):
        exposure_by_origin(synthetic.make_tables(5), ["IND"], ["XXX"])
