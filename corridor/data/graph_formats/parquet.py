"""A folder with a parquet file for nodes and one for edges."""

from pathlib import Path
from typing import Any

from corridor.data.graph_formats.layout import GraphColumns, Values
from corridor.data.guards.budget import Account
from corridor.data.parquet_files import parquet_table
from corridor.errors import CorridorError

FILES = frozenset({"nodes.parquet", "edges.parquet"})


def _arrow(kind: str) -> Any:
    import pyarrow as pa

    return {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}[kind]


def write(layout: GraphColumns, path: Path) -> None:
    """Write the folder; the note is in the files' metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path.mkdir()
    fixed_of = {
        "nodes": {"node_id": layout.ids},
        "edges": {"source": layout.tails, "target": layout.heads, "edge_key": layout.keys},
    }
    for name, columns in (("nodes", layout.nodes), ("edges", layout.edges)):
        arrays = {title: pa.array(cells, pa.string()) for title, cells in fixed_of[name].items()}
        arrays |= {title: pa.array(values.cells, _arrow(values.type)) for title, values in columns.items()}
        table = pa.table(arrays).replace_schema_metadata({"corridor": layout.note})
        pq.write_table(table, path / f"{name}.parquet")


def read(path: Path) -> GraphColumns:
    """Read the folder."""
    if not path.is_dir():
        raise CorridorError(f"{path} is not a folder with nodes.parquet and edges.parquet")
    account = Account()
    nodes, edges = (parquet_table(path / f"{name}.parquet", account) for name in ("nodes", "edges"))
    note = (nodes.schema.metadata or {}).get(b"corridor")
    if note is None:
        raise CorridorError(f"{path} was not written by corridor: its note is missing")

    def columns(table: Any, fixed: tuple[str, ...]) -> dict[str, Values]:
        return {
            title: Values("", table.column(title).to_pylist())
            for title in table.column_names
            if title not in fixed
        }

    tails, heads, keys = (edges.column(title).to_pylist() for title in ("source", "target", "edge_key"))
    return GraphColumns(
        note=note.decode(),
        ids=nodes.column("node_id").to_pylist(),
        nodes=columns(nodes, ("node_id",)),
        tails=tails,
        heads=heads,
        keys=keys,
        edges=columns(edges, ("source", "target", "edge_key")),
    )
