"""A graph laid out as plain tables, which is what every format writes and reads."""

from dataclasses import dataclass
from typing import Any, NamedTuple

NOTE = "corridor graph"
"""What the note in the file names as its format."""


class Values(NamedTuple):
    """A column: its type (string, integer, number or boolean) and its cells, None where there is nothing."""

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
