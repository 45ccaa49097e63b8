"""Graphs to files and back: identical in every format, and clear messages for files that cannot be read."""

import json
import random
import sqlite3
from pathlib import Path
from typing import Any, TypeAlias

import networkx as nx
import pytest

from corridor.data.exchange import SUFFIXES, read_graph, write_graph
from corridor.data.graph import build_graph, to_tables
from corridor.data.tables import load_tables
from corridor.errors import CorridorError
from tests import TINY

Graph: TypeAlias = "nx.MultiDiGraph[Any]"

TEXTS = [
    "",
    " ",
    "plain",
    "ünï – ₹ 漢字 😀",
    "<b>&amp; \"quoted\" 'too'",
    "line\nbreak\r\nand\ttab\rreturn",
    "zero\x00 bell\x07 \ufffe",
    "true",
    "1",
    "None",
    "]]>",
    "-->",
]
VALUES: list[Any] = [
    *TEXTS,
    0,
    -1,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    2**64,
    0.0,
    -0.0,
    1.0,
    0.1,
    1e-300,
    1.7976931348623157e308,
    float("inf"),
    float("-inf"),
    True,
    False,
    None,
    [],
    [1, "two", None, {"three": 3.0}],
    {"a": {"b": [True]}},
]
NAMES = [
    "a",
    "A",
    "name",
    "label",
    "id",
    "key",
    "source",
    "target",
    "fid",
    "geom",
    "place",
    "row",
    "ä b",
    "select",
    "",
    '"x"',
]


def content(graph: Graph) -> str:
    """All of a graph in order, with types."""
    nodes = [(node, sorted(data.items())) for node, data in graph.nodes(data=True)]
    edges = [(*edge[:3], sorted(edge[3].items())) for edge in graph.edges(keys=True, data=True)]
    return repr((sorted(graph.graph.items()), nodes, edges))


def random_graph(seed: int, numbers: bool) -> Graph:
    rng = random.Random(seed)
    graph: Graph = nx.MultiDiGraph()
    graph.graph["about"] = {"seed": seed, "texts": TEXTS, "part": 0.5, "none": None}
    names: list[Any] = (
        list(range(40)) if numbers else [text for text in TEXTS if "\x00" not in text] + list("bcdefghij")
    )

    def data() -> dict[str, Any]:
        return {name: rng.choice(VALUES) for name in rng.sample(NAMES, rng.randrange(len(NAMES)))}

    for node in names:
        graph.add_node(node)
        graph.nodes[node].update(data())
        if rng.random() < 0.5:
            graph.nodes[node].update(lon=rng.uniform(-180, 180), lat=rng.uniform(-90, 90))
    keys: list[Any] = list(range(4)) if numbers else ["", "k", "needs|a|b", "<&>\n"]
    for _ in range(150):
        graph.add_edges_from([(rng.choice(names), rng.choice(names), rng.choice(keys), data())])  # type: ignore[list-item]
    return graph


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tiny_comes_back_identical(suffix: str, tmp_path: Path) -> None:
    tables = load_tables(TINY)
    graph = build_graph(tables)
    path = write_graph(graph, tmp_path / "deep" / f"graph{suffix}")
    back = read_graph(path)
    assert content(back) == content(graph)
    assert to_tables(back).equals(tables)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_graph_comes_back_identical(suffix: str, numbers: bool, seed: int, tmp_path: Path) -> None:
    graph = random_graph(seed, numbers)
    assert content(read_graph(write_graph(graph, tmp_path / f"graph{suffix}"))) == content(graph)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_small_graphs(suffix: str, tmp_path: Path) -> None:
    graph: Graph = nx.MultiDiGraph()
    path = tmp_path / f"graph{suffix}"
    assert content(read_graph(write_graph(graph, path))) == content(graph)
    graph.add_edge("a", "b", "k")
    assert content(read_graph(write_graph(graph, path))) == content(graph)
    graph.add_node("c", lon=1, lat=2.5)
    assert content(read_graph(write_graph(graph, path))) == content(graph)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_graph_same_bytes(suffix: str, tmp_path: Path) -> None:
    graph = build_graph(load_tables(TINY))
    paths = [write_graph(graph, tmp_path / f"{name}{suffix}") for name in "ab"]
    files = [sorted(path.iterdir()) if path.is_dir() else [path] for path in paths]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]


def test_other_programs_read_them(tmp_path: Path) -> None:
    graph = build_graph(load_tables(TINY))
    size = (graph.number_of_nodes(), graph.number_of_edges())
    graphml = nx.read_graphml(write_graph(graph, tmp_path / "g.graphml"), force_multigraph=True)
    gexf = nx.read_gexf(write_graph(graph, tmp_path / "g.gexf"))
    link = nx.node_link_graph(
        json.loads(write_graph(graph, tmp_path / "g.json").read_text("utf-8")), edges="edges"
    )
    for other in (graphml, gexf, link):
        assert (other.number_of_nodes(), other.number_of_edges()) == size
        assert other.nodes["component:magnet"]["price_usd_per_unit"] == 100000.0
    assert gexf.nodes["component:magnet"]["label"] == "Magnet"


def test_geopackage_opens_in_gis_software(tmp_path: Path) -> None:
    import geopandas
    import pyogrio

    graph = build_graph(load_tables(TINY))
    path = write_graph(graph, tmp_path / "g.gpkg")
    layers = dict(pyogrio.list_layers(path))
    assert layers["nodes"] == "Point"
    assert layers["edges"] == "LineString"
    nodes = geopandas.read_file(path, layer="nodes").set_index("node_id")
    assert nodes.crs.to_epsg() == 4326
    assert sorted(nodes["kind"].value_counts().to_dict().items()) == [("country", 5), ("site", 3), ("supplier", 4)]
    coast = nodes.loc["site:coast"].geometry
    assert (coast.x, coast.y) == (72.5, 21.75)
    edges = geopandas.read_file(path, layer="edges")
    assert set(edges["kind"]) == {"trades", "located_in", "owned_by"}
    first = edges[edges["source"] == "supplier:ore-mine"].geometry.iloc[0]
    assert list(first.coords) == [(110.0, 41.75), (104.0, 35.0)]
    assert len(geopandas.read_file(path, layer="nodes_without_place")) == 9
    assert len(geopandas.read_file(path, layer="edges_without_place")) + len(edges) == graph.number_of_edges()


def test_parquet_is_typed(tmp_path: Path) -> None:
    import pandas as pd

    path = write_graph(build_graph(load_tables(TINY)), tmp_path / "g.parquet")
    edges = pd.read_parquet(path / "edges.parquet")
    assert edges["value_usd_m"].dtype == "float64"
    assert edges.loc[edges["kind"] == "demand", "value_usd_m"].sum() == 1750


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_of_others(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"graph{suffix}"
    with pytest.raises(CorridorError, match="there is no file"):
        read_graph(path)
    small = nx.MultiDiGraph([("a", "b")])
    if suffix == ".graphml":
        nx.write_graphml(small, path)
    elif suffix == ".gexf":
        nx.write_gexf(small, path)
    elif suffix == ".json":
        path.write_text(json.dumps(nx.node_link_data(small, edges="edges")))
    elif suffix == ".gpkg":
        sqlite3.connect(path).execute("CREATE TABLE a (b)").connection.close()
    else:
        import pandas as pd

        path.mkdir()
        for name in ("nodes", "edges"):
            pd.DataFrame({"node_id": ["a"]}).to_parquet(path / f"{name}.parquet")
    with pytest.raises(CorridorError, match="corridor"):
        read_graph(path)
    if suffix != ".parquet":
        for text in ("", "nonsense", "<a/>", "[]", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
            path.write_text(text)
            with pytest.raises(CorridorError, match="graph"):
                read_graph(path)


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix != ".parquet"])
def test_half_a_file(suffix: str, tmp_path: Path) -> None:
    path = write_graph(build_graph(load_tables(TINY)), tmp_path / f"graph{suffix}")
    original = path.read_bytes()
    path.write_bytes(original[: len(original) // 2])
    with pytest.raises(CorridorError, match="cannot be read as a graph that corridor wrote"):
        read_graph(path)


def test_what_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    graph: Graph = nx.MultiDiGraph()
    graph.add_node("a", thing=object())
    with pytest.raises(CorridorError, match="attribute 'thing' of node a cannot be written"):
        write_graph(graph, tmp_path / "g.json")
    with pytest.raises(CorridorError, match=r"unknown suffix '\.dot'; known are \.graphml"):
        write_graph(nx.MultiDiGraph(), tmp_path / "g.dot")
    with pytest.raises(CorridorError, match="nodes must be all text or all integers"):
        write_graph(nx.MultiDiGraph([("a", 1)]), tmp_path / "g.json")
    graph = nx.MultiDiGraph(thing={1, 2})
    with pytest.raises(CorridorError, match=r"attributes \['thing'\] of the graph"):
        write_graph(graph, tmp_path / "g.gpkg")
    (tmp_path / "file").write_text("")
    with pytest.raises(CorridorError, match="cannot write to"):
        write_graph(nx.MultiDiGraph(), tmp_path / "file" / "g.json")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_with_other_things_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "data.parquet"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(CorridorError, match="holds other files"):
        write_graph(nx.MultiDiGraph(), folder)
    assert (folder / "mine.txt").read_text() == "keep"
    path = tmp_path / "g.parquet"
    write_graph(nx.MultiDiGraph([("a", "b")]), path)
    write_graph(nx.MultiDiGraph([("c", "d")]), path)
    assert list(read_graph(path)) == ["c", "d"]


def test_numbers_of_numpy_become_plain(tmp_path: Path) -> None:
    import numpy as np

    graph: Graph = nx.MultiDiGraph()
    graph.add_node("a", whole=np.int64(3), part=np.float64(0.5), yes=np.bool_(True))
    data = read_graph(write_graph(graph, tmp_path / "g.graphml")).nodes["a"]
    assert data == {"whole": 3, "part": 0.5, "yes": True}
    assert [type(value) for value in data.values()] == [int, float, bool]
