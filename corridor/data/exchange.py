"""Write graphs to files and read them back identical, types and keys included.

=============  ====================================================================================
suffix         used by
=============  ====================================================================================
``.graphml``   yEd, Gephi, igraph, networkx
``.gexf``      Gephi
``.json``      node-link JSON: d3, networkx
``.gpkg``      QGIS: points, lines, and attribute tables for nodes and edges that have no place
``.parquet``   a folder with ``nodes.parquet`` and ``edges.parquet``: pandas, DuckDB, Spark
=============  ====================================================================================

Formats differ in what they refuse (blanks, lists, one name with two types, reserved names). So a
graph is first laid out as two plain tables whose columns hold one type each, and the file carries a note, under
the name ``corridor``, that says which column holds which attribute.
"""

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from corridor.data.graph_formats import geopackage, parquet, text
from corridor.data.graph_formats.layout import NOTE, GraphColumns, Values
from corridor.data.guards.budget import memory
from corridor.data.guards.open_file import check_file
from corridor.errors import CorridorError

_FORMATS: dict[str, tuple[Callable[[GraphColumns, Path], None], Callable[[Path], GraphColumns]]] = {
    ".graphml": (text.write_graphml, text.read_graphml),
    ".gexf": (text.write_gexf, text.read_gexf),
    ".json": (text.write_json, text.read_json),
    ".gpkg": (geopackage.write, geopackage.read),
    ".parquet": (parquet.write, parquet.read),
}

SUFFIXES: tuple[str, ...] = tuple(_FORMATS)
"""Suffixes of the known formats."""

# Names that some format reserves: attributes of these names are written under another title.
_RESERVED = frozenset({"fid", "geom", "place", "id", "node_id", "source", "target", "key", "edge_key", "label"})


def write_graph(graph: "nx.MultiDiGraph[Any]", path: str | Path) -> Path:
    """Write a graph; the format follows from the suffix.

    Parameters
    ----------
    graph
        Nodes and keys are all text or all integers. Attributes are text, numbers, booleans, None, or lists
        and dicts of these.
    path
        File with one of ``SUFFIXES``; for ``.parquet`` a folder. An existing one is replaced, in one step.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    CorridorError
        The suffix is unknown, the path cannot be written to, or an attribute is of a kind that no file can hold.
    """
    path = Path(path)
    write, _ = _format(path)
    layout = _lay_out(graph)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and (
            path.suffix.lower() != ".parquet" or {file.name for file in path.iterdir()} - parquet.FILES
        ):
            raise CorridorError(f"{path} is a folder that holds other files: give another path")
        scratch = Path(tempfile.mkdtemp(prefix=".corridor-", dir=path.parent))
        try:
            write(layout, scratch / "new")
            if path.is_dir():
                os.replace(path, scratch / "old")
            os.replace(scratch / "new", path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise CorridorError(f"cannot write to {path}: {error.strerror or error}") from None
    return path


def read_graph(path: str | Path) -> "nx.MultiDiGraph[Any]":
    """Read a graph that ``write_graph`` wrote.

    Parameters
    ----------
    path
        File, or for ``.parquet`` folder.

    Returns
    -------
    networkx.MultiDiGraph
        Equal to what was written: order, keys, attributes and their types.

    Raises
    ------
    CorridorError
        There is no such file, or it is broken, or ``write_graph`` did not write it.
    """
    path = Path(path)
    _, read = _format(path)
    try:
        if not path.exists():
            raise CorridorError(f"there is no file {path}")
        if path.is_file() or not path.is_dir():
            check_file(path, memory())
        return _build(read(path))
    except CorridorError:
        raise
    except Exception as error:  # each format's reader has its own errors
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise CorridorError(
            f"{path} cannot be read as a graph that corridor wrote ({reason}); "
            "write it again with `corridor graph --to`"
        ) from None


def _format(path: Path) -> tuple[Callable[[GraphColumns, Path], None], Callable[[Path], GraphColumns]]:
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(SUFFIXES)
        raise CorridorError(f"{path}: unknown suffix {path.suffix!r}; known are {known}") from None


def _lay_out(graph: "nx.MultiDiGraph[Any]") -> GraphColumns:
    nodes = list(graph.nodes(data=True))
    edges = list(graph.edges(keys=True, data=True))
    node_titles, node_columns = _columns([data for _, data in nodes], "node", [str(node) for node, _ in nodes])
    edge_titles, edge_columns = _columns(
        [data for *_, data in edges], "edge", [f"{tail} -> {head}" for tail, head, *_ in edges]
    )
    if not _storable(graph.graph):
        bad = [name for name, value in graph.graph.items() if not (isinstance(name, str) and _storable(value))]
        raise CorridorError(f"attributes {bad} of the graph cannot be written: {_KINDS}")
    note = {
        "format": NOTE,
        "version": 1,
        "ids": _kind_of_names([node for node, _ in nodes], "nodes"),
        "keys": _kind_of_names([key for _, _, key, _ in edges], "keys of edges"),
        "nodes": node_titles,
        "edges": edge_titles,
        "graph": graph.graph,
    }
    return GraphColumns(
        note=json.dumps(note),
        ids=[str(node) for node, _ in nodes],
        nodes=node_columns,
        tails=[str(tail) for tail, *_ in edges],
        heads=[str(head) for _, head, *_ in edges],
        keys=[str(key) for _, _, key, _ in edges],
        edges=edge_columns,
    )


_KINDS = "text, numbers, booleans, None, and lists and dicts of these can"


def _kind_of_names(names: list[Any], what: str) -> str:
    if all(isinstance(name, str) for name in names):
        for name in names:
            if not text.legal(name):
                raise CorridorError(f"{what}: {name!r} holds a character that files cannot hold")
        return "string"
    if all(type(name) is int for name in names):
        return "integer"
    raise CorridorError(f"{what} must be all text or all integers")


def _storable(value: Any) -> bool:
    if value is None or isinstance(value, str | int | float | bool):
        return True
    if isinstance(value, list):
        return all(map(_storable, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _storable(item) for name, item in value.items())
    return False


def _kind(value: Any) -> str | None:
    """Type of the column that a value goes to; None if no file can hold it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string" if text.legal(value) else "json"
    if isinstance(value, int):
        return "integer" if -(2**63) <= value < 2**63 else "json"
    if isinstance(value, float):
        # SQLite has no NaN and stores -0.0 as 0.
        return "number" if math.isfinite(value) and (value or math.copysign(1, value) > 0) else "json"
    return "json" if _storable(value) else None


def _columns(
    records: list[dict[Any, Any]], what: str, names: list[str]
) -> tuple[dict[str, list[str]], dict[str, Values]]:
    """Titles (title: attribute, kind) and columns (title: kind, cells; None where absent) of attributes."""
    titles: dict[str, list[str]] = {}
    columns: dict[str, Values] = {}
    cells_of: dict[tuple[str, str], list[Any]] = {}
    used = set(_RESERVED)
    for position, record in enumerate(records):
        for name, value in record.items():
            plain = value.item() if isinstance(value, np.generic) else value
            kind = _kind(plain)
            if kind is None or not isinstance(name, str) or not text.legal(name):
                raise CorridorError(f"attribute {name!r} of {what} {names[position]} cannot be written: {_KINDS}")
            cells = cells_of.get((name, kind))
            if cells is None:
                title = name or "_"
                while title.lower() in used:
                    title += "_"
                used.add(title.lower())
                titles[title] = [name, kind]
                cells = cells_of[name, kind] = [None] * len(records)
                columns[title] = Values(kind if kind != "json" else "string", cells)
            cells[position] = plain if kind != "json" else json.dumps(plain)
    return titles, columns


def _records(titles: dict[str, list[str]], columns: dict[str, Values], count: int) -> list[dict[str, Any]]:
    convert: dict[str, Callable[[Any], Any]] = {
        "string": str,
        "integer": int,
        "number": float,
        "boolean": bool,
        "json": json.loads,
    }
    records: list[dict[str, Any]] = [{} for _ in range(count)]
    for title, (name, kind) in titles.items():
        if title not in columns:
            continue
        plain = convert[kind]
        for record, cell in zip(records, columns[title].cells, strict=True):
            if cell is not None:
                record[name] = plain(cell)
    return records


def _build(layout: GraphColumns) -> "nx.MultiDiGraph[Any]":
    note = json.loads(layout.note)
    if note.get("format") != NOTE or note.get("version") != 1:
        raise CorridorError("the file was written by another version of corridor, or by something else")
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    graph.graph.update(note["graph"])
    name: Callable[[str], Any] = int if note["ids"] == "integer" else str
    key: Callable[[str], Any] = int if note["keys"] == "integer" else str
    ids = [name(node) for node in layout.ids]
    graph.add_nodes_from(zip(ids, _records(note["nodes"], layout.nodes, len(ids)), strict=True))
    edges = zip(
        map(name, layout.tails),
        map(name, layout.heads),
        map(key, layout.keys),
        _records(note["edges"], layout.edges, len(layout.keys)),
        strict=True,
    )
    # networkx takes the key as third of four; its type stubs do not know that.
    graph.add_edges_from(edges)  # type: ignore[arg-type]
    if graph.number_of_nodes() != len(ids) or graph.number_of_edges() != len(layout.keys):
        raise CorridorError("the file holds a node or edge twice, or an edge whose end is missing")
    return graph
