"""A graph as plain tables of nodes and edges: what every format writes and reads."""

from dataclasses import dataclass
from typing import Any, NamedTuple

NOTE = "corridor graph"
"""Name of the format in the note of the file."""


class Values(NamedTuple):
    """A column: its type (string, integer, number or boolean) and its cells, None where absent."""

    type: str
    cells: list[Any]


@dataclass(frozen=True)
class GraphColumns:
    """Nodes and edges as columns.

    Parameters
    ----------
    note
        JSON text: which column holds which attribute, types of ids and keys, attributes of the graph.
    ids, tails, heads, keys
        Names of the nodes; ends and keys of the edges, as text.
    nodes, edges
        Columns by title.
    """

    note: str
    ids: list[str]
    nodes: dict[str, Values]
    tails: list[str]
    heads: list[str]
    keys: list[str]
    edges: dict[str, Values]
