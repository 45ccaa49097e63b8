"""The tables as a supply network: flows by hand, and its cascade against a walk of the tree."""

import numpy as np
import pytest
from hypothesis import given, settings

from corridor.measures import SupplyNetwork, cascade, component_network
from tests.hand import tables
from tests.measures.test_exposure import MOTOR, networks


def test_flows_of_a_motor_by_hand():
    case = tables(**{**MOTOR, "demand": {"IND": {"motor": 100.0}}})
    edges, nodes, essential = component_network(case)
    sold = edges.set_index(["supplier", "customer"])["value"]
    # India makes motors for 100, with magnets for 30, half from Japan; those take oxide for 6, a tenth from the
    # USA. China's magnets take as much; makers of oxide in the USA buy a fifth of their ore from China.
    assert sold[("magnet@JPN", "motor@IND")] == pytest.approx(15.0)
    assert sold[("oxide@USA", "magnet@JPN")] == pytest.approx(0.6)
    assert sold[("ore@CHN", "oxide@USA")] == pytest.approx(1.2 * 0.5 * 0.2)
    revenue = nodes.set_index("id")["revenue"]
    assert revenue["motor@IND"] == pytest.approx(100.0)
    # Oxide for magnets from China and Japan, 12 in all, of which 90 % are made in China.
    assert revenue["oxide@CHN"] == pytest.approx(10.8)
    kinds = essential.set_index(["input_sector", "output_sector"])["kind"]
    assert kinds[("magnet", "motor")] == "essential"
    result = cascade(edges, nodes, essential, shock=["magnet@JPN"], replaceability=False, direction="down")
    total = revenue.sum()
    # Half of the motors stop, and the maker that closed.
    assert result["down"].item() == pytest.approx((15.0 + 50.0) / total)


def test_inputs_of_some_routes_only_are_replaceable():
    case = tables(
        components={"a": {}, "b": {}, "c": {}, "cell": {}},
        recipes=[
            ("cell", "a", 0.4, True, "one", 0.5),
            ("cell", "c", 0.1, True, "one", 0.5),
            ("cell", "b", 0.4, True, "two", 0.5),
            ("cell", "c", 0.1, True, "two", 0.5),
        ],
        world={name: {"CHN": 1.0} for name in ("a", "b", "c", "cell")},
        sourcing={"IND": {"cell": {"CHN": 1.0}}},
        demand={"IND": {"cell": 10.0}},
    )
    edges, _, essential = component_network(case)
    kinds = essential[essential["output_sector"] == "cell"].set_index("input_sector")["kind"]
    assert kinds.to_dict() == {"a": "replaceable", "b": "replaceable", "c": "essential", "cell": "none"}
    assert edges.set_index("supplier")["value"].to_dict() == pytest.approx({"a@CHN": 2, "b@CHN": 2, "c@CHN": 1})


def test_small_origins_are_made_up_for():
    world = {**MOTOR["world"], "oxide": {"CHN": 0.9, "USA": 0.095, "AUS": 0.005}}
    case = tables(**{**MOTOR, "world": world})
    _, nodes, _ = component_network(case)
    assert "oxide@AUS" not in set(nodes["id"])
    revenue = nodes.set_index("id")["revenue"]
    assert revenue["oxide@CHN"] / revenue["oxide@USA"] == pytest.approx(0.9 / 0.095)
    assert "oxide@AUS" in set(component_network(case, least_share=0.0)[1]["id"])


@given(networks())
@settings(max_examples=8, deadline=None)
def test_final_sales_are_final_needs_and_losses_those_of_a_walk(case):
    recipes = [(*row[:3], True) for row in case["recipes"]]
    built = tables(**{**case, "recipes": recipes})
    edges, nodes, essential = component_network(built, least_share=0.0)
    revenue = nodes.set_index("id")["revenue"]
    final = revenue - edges.groupby("supplier")["value"].sum().reindex(revenue.index, fill_value=0.0)
    needs = sum(sum(rows.values()) for rows in case["demand"].values())
    assert final.sum() == pytest.approx(needs)
    assert final.min() > -1e-9

    def supply(buyer, name):
        return case["sourcing"].get(buyer, {}).get(name) or case["world"][name]

    def left(name, country, stopped):
        """What a maker can still make."""
        if (name, country) == stopped:
            return 0.0
        lost = [
            sum(share * (1 - left(item, origin, stopped)) for origin, share in supply(country, item).items())
            for output, item, *_ in recipes
            if output == name
        ]
        return 1 - max(lost, default=0.0)

    shock = list(nodes["id"].iloc[::3])
    network = SupplyNetwork.of(edges, nodes, essential)
    levels = network.levels(shock, replaceability=False, direction="down", tolerance=0.0)
    for scenario, part in levels.groupby("scenario", sort=False):
        expected = [left(*node.split("@"), tuple(scenario.split("@"))) for node in part["node"]]
        np.testing.assert_allclose(part["down"], expected, atol=1e-9)
