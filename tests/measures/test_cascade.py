"""The cascade by hand, against published values, and against the formulas written out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError, DataError
from corridor.measures import SupplyNetwork, cascade
from tests.measures.slow_cascade import slow_cascade

NAMES = {2: "essential", 1: "replaceable", 0: "none"}


def tables(value, sector, kind, **columns):
    """The three tables of a dense case."""
    supplier, customer = np.nonzero(value)
    edges = pd.DataFrame({"supplier": supplier, "customer": customer, "value": value[supplier, customer]})
    nodes = pd.DataFrame({"id": np.arange(len(sector)), "sector": sector, **columns})
    first, second = (axis.ravel() for axis in np.indices(kind.shape))
    kinds = [NAMES[number] for number in kind.ravel()]
    return edges, nodes, pd.DataFrame({"input_sector": first, "output_sector": second, "kind": kinds})


CHAIN = pd.DataFrame({"supplier": ["mine", "smelter"], "customer": ["smelter", "works"], "value": [10.0, 40.0]})
CHAIN_NODES = pd.DataFrame(
    {"id": ["mine", "smelter", "works"], "sector": ["ore", "metal", "car"], "revenue": [10.0, 80.0, 100.0]}
)


def test_chain_of_three_by_hand():
    result = cascade(CHAIN, CHAIN_NODES, "essential", tolerance=1e-9).set_index("scenario")
    # Sales are 10, 40 and 0, so the works weigh nothing. The smelter sells half of its revenue to the works.
    assert result.loc["mine", ["esri", "down", "up"]].tolist() == pytest.approx([1.0, 1.0, 0.2])
    assert result.loc["smelter", ["esri", "down", "up"]].tolist() == pytest.approx([1.0, 0.8, 1.0])
    assert result.loc["works", ["esri", "down", "up"]].tolist() == pytest.approx([0.2 * 0.5 + 0.8 * 0.5, 0, 0.5])
    # One round per tier, and one in which nothing changes.
    assert result["rounds"].tolist() == [3, 2, 3]


def test_market_share_limits_what_customers_lose():
    # Two mines of sector ore, 30 and 10; the works buy 30 and 10 and need ore.
    edges = pd.DataFrame({"supplier": ["big", "small"], "customer": ["works", "works"], "value": [30.0, 10.0]})
    nodes = pd.DataFrame({"id": ["big", "small", "works"], "sector": ["ore", "ore", "car"], "weight": [0, 0, 1.0]})
    without = cascade(edges, nodes, "essential", replaceability=False, direction="down")
    assert without["esri"].tolist() == pytest.approx([0.75, 0.25, 1.0])
    # When the small one closes it can be replaced by 10 / 30 only as far as its share 1/3 says.
    with_it = cascade(edges, nodes, "essential", direction="down", replaceability=True)
    assert with_it["esri"].tolist() == pytest.approx([0.75, 0.25 / 3, 1.0])
    markets = nodes.assign(market=["east", "west", "car"])
    apart = cascade(edges, markets, "essential", direction="down", replaceability=True)
    assert apart["esri"].tolist() == without["esri"].tolist()


def test_one_essential_and_one_replaceable_input():
    edges = pd.DataFrame({"supplier": ["ore", "paint"], "customer": ["works", "works"], "value": [30.0, 10.0]})
    nodes = pd.DataFrame({"id": ["ore", "paint", "works"], "sector": ["o", "p", "w"], "weight": [0, 0, 1.0]})
    kinds = pd.DataFrame(
        {"input_sector": ["o", "p"], "output_sector": ["w", "w"], "kind": ["essential", "replaceable"]}
    )
    result = cascade(edges, nodes, kinds, direction="down").set_index("scenario")["esri"]
    assert result.to_dict() == pytest.approx({"ore": 1.0, "paint": 10 / 40, "works": 1.0})
    # Purchases of 40 are half of the works' cost: so is what it loses.
    costs = nodes.assign(cost=[np.nan, np.nan, 80.0])
    halved = cascade(edges, costs, kinds, direction="down").set_index("scenario")["esri"]
    assert halved.to_dict() == pytest.approx({"ore": 0.5, "paint": 10 / 80, "works": 1.0})
    whole = cascade(edges, costs, kinds, direction="down", revenue_and_cost=False).set_index("scenario")["esri"]
    assert whole.to_dict() == result.to_dict()


def test_values_published_with_the_reference_code():
    # Test suite of ESRIcascade.jl (MIT), values computed with fastcascade: mixed kinds, replaceability.
    value = np.array(
        [
            [0, 3, 2, 7, 5, 11],
            [4, 0, 9, 1, 8, 6],
            [10, 2, 0, 4, 3, 7],
            [6, 5, 1, 0, 9, 2],
            [8, 3, 6, 10, 0, 4],
            [2, 7, 5, 3, 11, 0],
        ],
        float,
    )
    case = tables(value, np.array([0, 1, 2, 0, 1, 2]), np.array([[2, 1, 0], [0, 2, 1], [1, 0, 2]]))
    index = cascade(*case, shock=[0], direction="down", replaceability=True, tolerance=1e-12)["esri"]
    assert index.item() == pytest.approx(0.50687988214742541, abs=1e-12)
    levels = SupplyNetwork.of(*case).levels([0], direction="down", replaceability=True, tolerance=1e-12)["down"]
    expected = [0.0, 0.6, 0.7894068197483480, 0.0, 0.6111111111111110, 0.8786670560685980]
    assert levels.tolist() == pytest.approx(expected, abs=1e-12)


@st.composite
def networks(draw):
    """Random networks of up to fourteen nodes with cycles, self loops, nodes that sell or buy nothing."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes, sectors = draw(st.integers(2, 14)), draw(st.integers(1, 5))
    value = rng.lognormal(0, 1.5, (nodes, nodes)) * (rng.random((nodes, nodes)) < draw(st.floats(0.05, 0.7)))
    sector, kind = rng.integers(0, sectors, nodes), rng.integers(0, 3, (sectors, sectors))
    columns = {}
    if draw(st.booleans()):
        columns["revenue"] = np.maximum(value.sum(axis=1), 0.1) * rng.uniform(1, 2, nodes)
    if draw(st.booleans()):
        columns["cost"] = np.maximum(value.sum(axis=0), 0.1) * rng.uniform(1, 2, nodes)
    if draw(st.booleans()):
        columns["market"] = rng.integers(0, 3, nodes)
    if draw(st.booleans()):
        columns["weight"] = rng.uniform(0.1, 1, nodes)
    psi = np.where(rng.random((3, nodes)) < 0.4, rng.random((3, nodes)), 1.0)
    return value, sector, kind, columns, psi


@given(
    networks(),
    st.booleans(),
    st.sampled_from(["both", "down", "up"]),
    st.sampled_from([0.0137, 1e-4, 1e-7]),
)
@settings(max_examples=40, deadline=None)
def test_against_the_formulas_written_out(case, replaceability, direction, tolerance):
    value, sector, kind, columns, psi = case
    options = {"replaceability": replaceability, "direction": direction, "tolerance": tolerance}
    # Some of these networks take very many rounds to settle; both sides must agree on the way there as well.
    options["max_rounds"] = 300
    network = SupplyNetwork.of(*tables(value, sector, kind, **columns))
    nodes = len(sector)
    shocks = pd.DataFrame(
        {
            "scenario": np.repeat(np.arange(3), nodes),
            "node": np.tile(np.arange(nodes), 3),
            "remaining": psi.ravel(),
        }
    )
    for shock, levels_left in ((shocks, psi), (None, 1 - np.eye(nodes))):
        index = network.index(shock, workers=2, **options)
        levels = network.levels(shock, workers=1, **options)
        for number, left in enumerate(levels_left):
            both, down, up, rounds, level_down, level_up = slow_cascade(
                value, sector, kind, left, **options, **columns
            )
            row = index.iloc[number]
            assert row["rounds"] == rounds
            assert row["settled"] or rounds == 300
            assert row["esri"] == pytest.approx(both, abs=1e-12)
            assert np.isnan(row["down"]) if direction == "up" else row["down"] == pytest.approx(down, abs=1e-12)
            assert np.isnan(row["up"]) if direction == "down" else row["up"] == pytest.approx(up, abs=1e-12)
            mine = levels[levels["scenario"] == index["scenario"][number]]
            np.testing.assert_allclose(mine["down"], level_down, rtol=0, atol=1e-12)
            np.testing.assert_allclose(mine["up"], level_up, rtol=0, atol=1e-12)


def test_a_run_that_is_cut_off_says_so():
    ring = pd.DataFrame({"supplier": ["a", "b"], "customer": ["b", "a"], "value": [1.0, 1.0]})
    nodes = pd.DataFrame({"id": ["a", "b"], "sector": ["a", "b"], "revenue": [1.01, 1.01]})
    shock = pd.DataFrame({"node": ["a"], "remaining": [0.5]})
    cut = cascade(ring, nodes, "replaceable", shock=shock, direction="up", tolerance=1e-6, max_rounds=1)
    assert (cut["rounds"].item(), cut["settled"].item()) == (1, False)
    # a keeps half; b sells 1 of 1.01 to it, a sells as much to b, which is less than a has lost: two rounds.
    whole = cascade(ring, nodes, "replaceable", shock=shock, direction="up", tolerance=1e-6)
    assert (whole["rounds"].item(), whole["settled"].item()) == (2, True)
    assert whole["up"].item() == pytest.approx(0.5 * (0.5 + 0.5 / 1.01))


def test_different_capacity_left_for_each_direction():
    shock = pd.DataFrame({"node": ["smelter"], "remaining": [1.0], "remaining_up": [0.5]})
    levels = SupplyNetwork.of(CHAIN, CHAIN_NODES, "essential").levels(shock)
    assert levels["down"].tolist() == [1.0, 1.0, 1.0]
    assert levels["up"].tolist() == [0.5, 0.5, 1.0]


def test_rows_of_a_pair_are_added_up_and_order_does_not_matter():
    whole = cascade(CHAIN, CHAIN_NODES, "essential")
    halves = pd.concat([CHAIN.assign(value=CHAIN["value"] / 2)] * 2).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(cascade(halves, CHAIN_NODES, "essential"), whole)


def test_a_sector_that_nothing_depends_on_passes_nothing_down():
    result = cascade(CHAIN, CHAIN_NODES, "none", direction="down", shock=["mine", "smelter"])
    assert result["esri"].tolist() == pytest.approx([0.2, 0.8])


def test_all_faults_are_listed_at_once():
    edges = pd.DataFrame({"supplier": ["mine", "moon"], "customer": ["works", "works"], "value": [-1.0, np.nan]})
    with pytest.raises(DataError) as caught:
        cascade(edges, CHAIN_NODES, "essential")
    assert [(problem.row, problem.column) for problem in caught.value.faults] == [
        ("2", "supplier"),
        ("1", "value"),
        ("2", "value"),
    ]
    kinds = pd.DataFrame({"input_sector": ["ore"], "output_sector": ["metal"], "kind": ["vital"]})
    with pytest.raises(DataError, match=r"vital.*essential, replaceable or none[\s\S]*no row for the sector car"):
        cascade(CHAIN, CHAIN_NODES, kinds)
    twice = pd.concat([CHAIN_NODES, CHAIN_NODES.iloc[:1]])
    with pytest.raises(DataError, match="row 4, column id: found mine; wanted each node once"):
        cascade(CHAIN, twice, "essential")
    with pytest.raises(DataError, match="revenue: found 0.0; wanted a number, more than 0"):
        cascade(CHAIN, CHAIN_NODES.assign(revenue=0.0), "essential")
    with pytest.raises(DataError, match="remaining: found 2.0; wanted 0 to 1"):
        cascade(CHAIN, CHAIN_NODES, "essential", shock=pd.DataFrame({"node": ["mine"], "remaining": [2.0]}))
    with pytest.raises(DataError, match="found moon; wanted an id of nodes"):
        cascade(CHAIN, CHAIN_NODES, "essential", shock=["moon"])
    with pytest.raises(DataError, match="edges, column value: found no such column"):
        cascade(CHAIN.drop(columns="value"), CHAIN_NODES, "essential")


def test_unknown_options_are_named():
    with pytest.raises(ConfigError, match="direction 'sideways'"):
        cascade(CHAIN, CHAIN_NODES, "essential", direction="sideways")
    with pytest.raises(ConfigError, match="essential 'vital'"):
        cascade(CHAIN, CHAIN_NODES, "vital")
    with pytest.raises(ConfigError, match="tolerance"):
        cascade(CHAIN, CHAIN_NODES, "essential", tolerance=-1)
