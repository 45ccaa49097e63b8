"""The graph of the tables, and the tables of the graph."""

import networkx as nx
import pandas as pd
import pytest

from corridor.data.graph import EDGE_KINDS, NODE_KINDS, build_graph, to_tables
from corridor.data.tables import Tables, load_tables
from corridor.errors import CorridorError, DataError
from tests import TINY


@pytest.fixture(scope="module")
def tiny() -> Tables:
    return load_tables(TINY)


@pytest.fixture
def graph(tiny: Tables) -> "nx.MultiDiGraph[str]":
    return build_graph(tiny)


def test_nodes(graph: "nx.MultiDiGraph[str]") -> None:
    assert type(graph) is nx.MultiDiGraph
    kinds = [data["kind"] for _, data in graph.nodes(data=True)]
    assert {kind: kinds.count(kind) for kind in NODE_KINDS} == {
        "country": 5,
        "component": 9,
        "supplier": 4,
        "site": 3,
    }
    magnet = graph.nodes["component:magnet"]
    assert (magnet["name"], magnet["stock_months"], magnet["year"]) == ("Magnet", 2.0, 2024)
    assert "note" not in magnet
    assert "host" not in magnet
    assert graph.nodes["component:oxide"]["host"] == "ore"
    assert graph.nodes["supplier:ore-mine"]["works"] == "mine"
    assert "country" not in graph.nodes["supplier:ore-mine"]


def test_edges(graph: "nx.MultiDiGraph[str]") -> None:
    kinds = [data["kind"] for *_, data in graph.edges(data=True)]
    assert {kind: kinds.count(kind) for kind in EDGE_KINDS} == {
        "needs": 9,
        "makes": 25,
        "located_in": 4,
        "owned_by": 3,
        "trades": 9,
        "sourcing": 19,
        "demand": 5,
        "could_make": 7,
    }
    api = graph["component:ksm"]["component:api"]
    assert set(api) == {"needs|main|run", "needs|bio|run"}
    assert api["needs|bio|run"]["value_share"] == 0.1
    assert "quantity" not in api["needs|bio|run"]
    assert graph["supplier:magnet-works"]["country:USA"] == {"owned_by": {"kind": "owned_by"}}
    assert set(graph["country:CHN"]["country:IND"]) == {
        f"trades|INPC|BULK DRUGS, DRUG INTERMEDIATES|{year}" for year in (2022, 2023)
    }
    assert graph["country:CHN"]["component:ore"]["makes|2024"]["share"] == 0.5
    assert graph["component:motor"]["country:IND"]["demand"]["value_usd_m"] == 100
    assert graph["component:magnet"]["country:IND"]["sourcing|CHN"]["share"] == 0.9


def test_options_are_edges_with_the_cost_at_the_site(graph: "nx.MultiDiGraph[str]") -> None:
    options = {
        (site, data["technology"]): data["capex_usd_m"]
        for site, _, data in graph.edges(data=True)
        if data["kind"] == "could_make"
    }
    assert options == {
        ("site:plateau", "magnet-s"): 10.0,
        ("site:east", "magnet-s"): 10.0,
        ("site:east", "magnet-l"): 40.0,
        ("site:coast", "ksm-l"): 18.0,
        ("site:plateau", "ksm-l"): 20.0,
        ("site:coast", "api-l"): 27.0,
        ("site:plateau", "api-l"): 30.0,
    }


def test_attributes_are_plain_python(graph: "nx.MultiDiGraph[str]") -> None:
    plain = {str, int, float, bool}
    rows = [data for _, data in graph.nodes(data=True)] + [data for *_, data in graph.edges(data=True)]
    rows += [row for table in ("codes", "technologies", "sources") for row in graph.graph[table]]
    assert {type(value) for row in rows for value in row.values()} == plain
    assert all(value == value for row in rows for value in row.values())


def test_there_and_back(tiny: Tables, graph: "nx.MultiDiGraph[str]") -> None:
    back = to_tables(graph)
    for name, frame in tiny:
        pd.testing.assert_frame_equal(back[name], frame, check_exact=True)
    assert back.equals(tiny)


def test_there_and_back_with_rows_in_any_order_and_empty_tables(tiny: Tables) -> None:
    mixed = tiny.replace(
        **{name: frame.sample(frac=1, random_state=7).reset_index(drop=True) for name, frame in tiny}
    )
    assert to_tables(build_graph(mixed)).equals(mixed)
    none = tiny.replace(**{name: frame.iloc[:0].reset_index(drop=True) for name, frame in tiny})
    assert to_tables(build_graph(none)).equals(none)
    assert len(none.supply) == 0


def test_edits_of_the_graph_are_edits_of_the_tables(tiny: Tables, graph: "nx.MultiDiGraph[str]") -> None:
    graph.remove_node("site:coast")
    graph.remove_edge("supplier:ore-mine", "country:CHN", "located_in")
    graph.add_edge("supplier:ore-mine", "country:USA", "located_in", kind="located_in")
    graph.add_node(
        "component:wire", kind="component", centrality=0.5, **tiny.components.iloc[0].dropna().drop(["id"])
    )
    graph.nodes["component:wire"]["row"] = 99
    tables = to_tables(graph)
    assert tables.sites["id"].tolist() == ["plateau", "east"]
    assert tables.suppliers.set_index("id")["country"].to_dict()["ore-mine"] == "USA"
    assert tables.components["id"].tolist()[-1] == "wire"
    assert tables.components["name"].tolist()[-1] == "Ore"
    assert len(tables.technologies) == 4


def test_tables_with_unknown_names_make_no_graph(tiny: Tables) -> None:
    with pytest.raises(DataError, match="demand, row IND, motors, column component") as caught:
        build_graph(tiny.replace(demand=tiny.demand.replace({"component": {"motor": "motors"}})))
    assert len(caught.value.faults) == 2
    twice = pd.concat([tiny.demand, tiny.demand.iloc[:1]], ignore_index=True)
    with pytest.raises(DataError, match="demand, row IND, motor, .*drop one"):
        build_graph(tiny.replace(demand=twice))


def test_graphs_of_other_kinds() -> None:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_node("a")
    with pytest.raises(CorridorError, match="node 'a' is of no known kind"):
        to_tables(graph)
    graph = nx.MultiDiGraph()
    graph.add_node("country:IND", kind="country")
    graph.add_edge("country:IND", "country:IND", kind="loves")
    with pytest.raises(CorridorError, match="of kind 'loves' from a country; known are needs"):
        to_tables(graph)
    graph.remove_edge("country:IND", "country:IND")
    with pytest.raises(DataError, match="countries, row IND, column lon: found blank"):
        to_tables(graph)
    empty: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    assert {name: len(frame) for name, frame in to_tables(empty) if len(frame)} == {"sectors": 6}


def test_attributes_of_a_wrong_type(graph: "nx.MultiDiGraph[str]") -> None:
    graph.nodes["component:ore"]["price_usd_per_unit"] = "dear"
    graph.nodes["site:coast"]["land_ha"] = [1, 2]
    with pytest.raises(DataError) as caught:
        to_tables(graph)
    assert [(p.table, p.row, p.column) for p in caught.value.faults] == [
        ("components", "ore", "price_usd_per_unit"),
        ("sites", "coast", "land_ha"),
    ]
