"""Supply networks from files: ids that look like numbers, matrices as published, 0/1/2 for the kinds of inputs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from corridor.cli.network_files import edges_of, essential_of, flows_of, nodes_of, read_plain
from corridor.errors import ConfigError
from corridor.measures import SupplyNetwork, cascade

NODES = "node_id,industry_id\n007,01\n008,02\nNA,03\n"
EDGES = pd.DataFrame({"supplier": ["007", "008"], "customer": ["008", "NA"], "value": [10.0, 5.0]})


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_ids_stay_text(tmp_path: Path) -> None:
    nodes = nodes_of(write(tmp_path, "nodes.csv", NODES))
    assert nodes.to_dict("list") == {"id": ["007", "008", "NA"], "sector": ["01", "02", "03"]}
    table = write(tmp_path, "edges.csv", "supplier,customer,value\n007,008,10\n008,NA,5\n")
    pd.testing.assert_frame_equal(edges_of(table, nodes["id"]), EDGES, check_dtype=False)
    assert len(cascade(edges_of(table, nodes["id"]), nodes, "essential")) == 3
    output = write(tmp_path, "output.csv", "country,sector,value\nCHN,01,100\n")
    assert read_plain(output)["sector"].tolist() == ["01"]


@pytest.mark.parametrize(
    "text",
    [
        "0,10,0\n0,0,5\n0,0,0\n",
        "007,008,NA\n0,10,0\n0,0,5\n0,0,0\n",
        ",007,008,NA\n007,0,10,0\n008,0,0,5\nNA,0,0,0\n",
        ",NA,008,007\nNA,0,0,0\n008,5,0,0\n007,0,10,0\n",
    ],
)
def test_square_matrices(tmp_path: Path, text: str) -> None:
    nodes = nodes_of(write(tmp_path, "nodes.csv", NODES))
    path = write(tmp_path, "W.csv", text)
    found = edges_of(path, nodes["id"]).sort_values("supplier", ignore_index=True)
    pd.testing.assert_frame_equal(found, EDGES, check_dtype=False)
    output = nodes.rename(columns={"id": "node", "sector": "country"}).assign(value=10.0)
    flows = flows_of(path, output).sort_values("seller", ignore_index=True)
    assert flows.to_dict("list") == {"seller": ["007", "008"], "buyer": ["008", "NA"], "value": [10.0, 5.0]}


def test_matrices_of_another_size_or_with_words(tmp_path: Path) -> None:
    nodes = nodes_of(write(tmp_path, "nodes.csv", NODES))
    with pytest.raises(ConfigError, match="found 2 rows and 2 columns that are neither"):
        edges_of(write(tmp_path, "W.csv", "0,1\n1,0\n"), nodes["id"])
    with pytest.raises(ConfigError, match=r"no number at row and column \(1, 2\)"):
        edges_of(write(tmp_path, "W.csv", "0,x,0\n0,0,5\n0,0,0\n"), nodes["id"])


def test_kinds_as_the_authors_number_them(tmp_path: Path) -> None:
    nodes = nodes_of(write(tmp_path, "nodes.csv", NODES))
    kinds = essential_of(write(tmp_path, "e.csv", "0,2,0\n0,0,1\n0,0,0\n"), nodes["sector"])
    words = pd.DataFrame(
        {"input_sector": ["01", "02"], "output_sector": ["02", "03"], "kind": ["essential", "replaceable"]}
    )
    numbered = SupplyNetwork.of(EDGES, nodes, kinds).index()
    pd.testing.assert_frame_equal(numbered, SupplyNetwork.of(EDGES, nodes, words).index())


def test_replaceability_is_off_by_default_as_in_the_authors_package() -> None:
    nodes = pd.DataFrame({"id": ["a", "b", "c"], "sector": ["p", "p", "q"]})
    edges = pd.DataFrame({"supplier": ["a", "b", "c"], "customer": ["c", "c", "c"], "value": [1.0, 3.0, 4.0]})
    plain = cascade(edges, nodes, "essential", direction="down")
    pd.testing.assert_frame_equal(
        plain, cascade(edges, nodes, "essential", direction="down", replaceability=False)
    )
    replaced = cascade(edges, nodes, "essential", direction="down", replaceability=True)
    assert replaced["esri"].sum() < plain["esri"].sum()
