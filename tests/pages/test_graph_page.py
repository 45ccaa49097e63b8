"""What the component graph shows: tiers, recipes of all routes together, chains, chokepoints, plans."""

import json
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.measures import exposure, paths
from corridor.pages.graph_page.page import graph_page, graph_payload, recipe_lines, tiers
from tests.browser import synthetic


@pytest.fixture(scope="module")
def payload() -> dict:
    tables = synthetic.make_tables(30)
    exposures, shares = synthetic.make_measures(tables)
    study = synthetic.make_study()
    return graph_payload(tables, study, exposures, shares, synthetic.make_plans(tables, exposures))


def test_tiers_by_hand() -> None:
    """Ore, metal and alloy one above the other; the magnet above the longest chain; a circle shares a tier."""
    pairs = [("ore", "metal"), ("metal", "alloy"), ("ore", "magnet"), ("alloy", "magnet")]
    assert tiers(["magnet", "alloy", "metal", "ore", "other"], pairs) == {
        "ore": 0,
        "other": 0,
        "metal": 1,
        "alloy": 2,
        "magnet": 3,
    }
    circle = [("ore", "acid"), ("acid", "salt"), ("salt", "acid"), ("salt", "drug"), ("lost", "drug")]
    assert tiers(["ore", "acid", "salt", "drug"], circle) == {"ore": 0, "acid": 1, "salt": 1, "drug": 2}


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=40))
def test_outputs_are_on_no_lower_tier_than_inputs(pairs: list[tuple[int, int]]) -> None:
    """The same tier in a circle; without circles higher, and exactly one above the highest input."""
    names = [str(index) for index in range(12)]
    edges = [(str(a), str(b)) for a, b in pairs]
    found = tiers(names, edges)
    assert set(found) == set(names)
    assert all(found[low] <= found[high] for low, high in edges)
    acyclic = [(str(a), str(b)) for a, b in pairs if a < b]
    tier = tiers(names, acyclic)
    for low, high in acyclic:
        assert tier[low] < tier[high]
    for name in names:
        below = [tier[low] for low, high in acyclic if high == name]
        assert tier[name] == (max(below) + 1 if below else 0)


def test_routes_are_taken_together() -> None:
    """Routes with 60 and 40 % of the output need 0.5 and 0.3 of an input: 0.42; one of them cannot do without."""
    tables = synthetic.make_tables(2)
    row = tables.recipes.iloc[[0]]
    routes = row.assign(route="other", value_share=0.3, route_share=0.4, essential=False, status="computed")
    build = row.assign(purpose="build", value_share=0.9)
    first = row.assign(route_share=0.6)
    lines = recipe_lines(tables.replace(recipes=pd.concat([first, routes, build], ignore_index=True)))
    assert lines[["output", "input"]].to_numpy().tolist() == [["component-001", "component-000"]]
    assert lines.loc[0, "value_share"] == pytest.approx(0.42)
    assert lines.loc[0, "essential"]
    assert lines.loc[0, "rank"] == 3  # assumed: the least known of them


def test_stages_run_from_ore_to_product(payload: dict) -> None:
    assert [stage["id"] for stage in payload["stages"]] == ["mined", "refined", "material", "part", "product"]
    for row, component in enumerate(payload["components"]):
        assert component["stage"] == component["tier"] == row % 5


def test_unknown_stage_is_before_the_product() -> None:
    tables = synthetic.make_tables(5)
    stage = tables.components["stage"].replace({"refined": "washed"})
    tables = tables.replace(components=tables.components.assign(stage=stage))
    exposures, shares = synthetic.make_measures(tables)
    payload = graph_payload(tables, synthetic.make_study(), exposures, shares, [])
    assert [stage["id"] for stage in payload["stages"]] == ["mined", "material", "part", "washed", "product"]
    assert payload["start"] == -1
    assert payload["plans"] == []


def test_measures_are_those_measured(payload: dict) -> None:
    tables = synthetic.make_tables(30)
    own = exposure(tables, "USA").set_index("component")
    shares = synthetic.make_measures(tables)[1]
    bought = shares[(shares["market"] == "USA") & (shares["origin"] != "ROW")]
    square = bought.assign(square=bought["share"] ** 2).groupby("component")["square"].sum()
    for index, component in enumerate(payload["components"]):
        for kind in ("direct", "net", "stop"):
            assert payload["measures"]["USA"][kind][index] == pytest.approx(
                own.at[component["id"], kind], abs=1e-4
            )
        assert payload["measures"]["USA"]["hhi"][index] == pytest.approx(square[component["id"]], abs=1e-4)
        assert sum(payload["measures"]["USA"]["known"][4 * index : 4 * index + 4]) == pytest.approx(1, abs=2e-3)


def test_chains_follow_recipes_and_carry_nine_tenths(payload: dict) -> None:
    edges = set(zip(payload["edges"]["i"], payload["edges"]["o"], strict=True))
    for index, rows in enumerate(payload["paths"]["IND"]):
        assert sum(row[0] for row in rows) >= 0.9 - 1e-3
        for _, origin, *steps in rows:
            assert payload["countries"][origin]["iso3"] in {"CHN", "HKG", "MAC"}
            assert steps[0] == index
            assert all((low, high) in edges for high, low in pairwise(steps))
    listed = paths(synthetic.make_tables(30), "component-004", "IND")
    assert [row[0] for row in payload["paths"]["IND"][4]] == pytest.approx(listed["share"].tolist(), abs=1e-4)


def test_chokepoints_name_what_is_there(payload: dict) -> None:
    """Each step has one input, so all below a component is on every chain to it."""
    for index in range(30):
        on_all = {component for component, _ in payload["through"][index] if component >= 0}
        assert set(range(index - index % 5, index)) <= on_all
        for lost, fewest, choke, share, _, *failing in payload["fewest"]["IND"][index]:
            assert lost in (0.5, 0.8)
            assert len(failing) == fewest
            assert share >= lost - 1e-3
            assert choke in range(index - index % 5, index + 1)
            assert all(payload["countries"][place]["iso3"] != "IND" for place in failing)


def test_plan_of_the_studys_budget_comes_first(payload: dict) -> None:
    assert [plan["budget"] for plan in payload["plans"]] == [500, 1000, 2000]
    assert payload["start"] == 1
    assert payload["plans"][1]["build"][0] == [0, "Sri City", 2026, 1]


def test_payload_is_json_and_page_is_the_same_twice() -> None:
    tables = synthetic.make_tables(20, hostile=True)
    exposures, shares = synthetic.make_measures(tables)
    study, plans = synthetic.make_study(), synthetic.make_plans(tables, exposures)
    payload = graph_payload(tables, study, exposures, shares, plans)
    assert json.loads(json.dumps(payload, allow_nan=False)) == json.loads(json.dumps(payload))
    page = graph_page(tables, study, exposures, shares, plans, has_component_pages=True)
    assert page == graph_page(tables, study, exposures, shares, plans, has_component_pages=True)
    assert '"componentPages":true' in page
    assert "<script>window.hacked" not in page
