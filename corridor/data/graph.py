"""Convert the tables to one graph, and back.

=========  ========================  ==================================
node kind  node id                   attributes
=========  ========================  ==================================
country    ``country:IND``           columns of countries
component  ``component:smartphone``  columns of components
supplier   ``supplier:...``          columns of suppliers except countries
site       ``site:...``              columns of sites
=========  ========================  ==================================

==========  ========================================  ========================  ======================
edge kind   from -> to                                key after the kind        attributes
==========  ========================================  ========================  ======================
needs       component (input) -> component (output)   route, purpose            columns of recipes
makes       country or supplier -> component          year (country), none      supply, makes
located_in  supplier -> country                       none                      none
owned_by    supplier -> country                       none                      none
trades      country (exporter) -> country (importer)  nomenclature, code, year  columns of trade
sourcing    component -> country (market)             origin                    columns of sourcing
demand      component -> country (market)             none                      columns of demand
could_make  site -> component                         technology                capacity, capex_usd_m
==========  ========================================  ========================  ======================

Tables that are not nodes or edges (``RECORD_TABLES``) are lists of records in ``graph.graph``. A blank cell
is an absent attribute. ``row`` is the position of the row in its table. A column whose name means something else
in the graph is renamed: ``kind`` of suppliers and sites becomes ``works``.
"""

from collections.abc import Iterator
from typing import Any

import networkx as nx
import pandas as pd

from corridor.data.checks.rules import check_keys, check_references
from corridor.data.frames import Tables, bundled_sectors, conform, empty_frame
from corridor.data.guards.figures import plausible, shown
from corridor.data.list_cells import exploded
from corridor.data.schema import TABLES, load_schema
from corridor.errors import CorridorError, DataError, Fault

NODE_KINDS: tuple[str, ...] = ("country", "component", "supplier", "site")
EDGE_KINDS: tuple[str, ...] = (
    "needs",
    "makes",
    "located_in",
    "owned_by",
    "trades",
    "sourcing",
    "demand",
    "could_make",
)
RECORD_TABLES: tuple[str, ...] = (
    "sectors",
    "codes",
    "recorded_imports",
    "world_trade",
    "industry_content",
    "exports",
    "markets",
    "tariffs",
    "technologies",
    "facilities",
    "second_sources",
    "stockpiles",
    "freight",
    "limits",
    "sources",
)

_NODE_TABLES = {"country": "countries", "component": "components", "supplier": "suppliers", "site": "sites"}
_ID = {"countries": "iso3", "components": "id", "suppliers": "id", "sites": "id"}
_RENAMED = {"kind": "works"}
"""Columns whose name means something else on a node or edge: suppliers and sites have a kind of their own."""

# table: kind of edge, tail (kind of node, column), head (kind of node, column), columns that make the key
_EDGE_TABLES: dict[str, tuple[str, tuple[str, str], tuple[str, str], tuple[str, ...]]] = {
    "recipes": ("needs", ("component", "input"), ("component", "output"), ("route", "purpose")),
    "supply": ("makes", ("country", "country"), ("component", "component"), ("year",)),
    "makes": ("makes", ("supplier", "supplier"), ("component", "component"), ()),
    "trade": ("trades", ("country", "exporter"), ("country", "importer"), ("nomenclature", "code", "year")),
    "sourcing": ("sourcing", ("component", "component"), ("country", "market"), ("origin",)),
    "demand": ("demand", ("component", "component"), ("country", "market"), ()),
}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts of plain Python values, blank cells left out."""
    columns = []
    for name in frame.columns:
        values = frame[name]
        blank = values.isna()
        plain = values.astype(object).tolist() if blank.any() else values.tolist()
        columns.append((name, plain, blank.tolist() if blank.any() else None))
    rows: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    for name, plain, blanks in columns:
        if blanks is None:
            for row, value in zip(rows, plain, strict=True):
                row[name] = value
        else:
            for row, value, empty in zip(rows, plain, blanks, strict=True):
                if not empty:
                    row[name] = value
    return rows


def _key(kind: str, values: Iterator[str]) -> str:
    return "|".join([kind, *values])


def build_graph(tables: Tables) -> "nx.MultiDiGraph[str]":
    """Build the graph of the tables.

    Parameters
    ----------
    tables
        As ``load_tables`` gives them: every name that a row uses is known, every key is unique.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes, edges, keys and attributes as listed at the top of this module; units as in the schemas.

    Raises
    ------
    DataError
        A row names something unknown, or a key appears twice.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for kind, table in _NODE_TABLES.items():
        frame = tables[table]
        if kind == "supplier":
            frame = frame.drop(columns=["country", "owner_country"])
        for position, row in enumerate(_records(frame.rename(columns=_RENAMED))):
            graph.add_node(f"{kind}:{row.pop(_ID[table])}", kind=kind, **row, row=position)
    nodes = graph.number_of_nodes()
    for table, (kind, tail, head, key) in _EDGE_TABLES.items():
        _add_edges(graph, tables[table], kind, tail, head, key)
    for kind, column in (("located_in", "country"), ("owned_by", "owner_country")):
        ends = tables.suppliers[["id", column]].dropna()
        for supplier, country in zip(ends["id"], ends[column], strict=True):
            graph.add_edge(f"supplier:{supplier}", f"country:{country}", kind, kind=kind)
    options = _add_options(graph, tables)
    for table in RECORD_TABLES:
        graph.graph[table] = _records(tables[table])
    named = 2 * len(tables.suppliers) - int(tables.suppliers["owner_country"].isna().sum())
    rows = sum(len(tables[table]) for table in _EDGE_TABLES) + named + options
    expected = sum(len(tables[table]) for table in _NODE_TABLES.values())
    if graph.number_of_nodes() != expected or nodes != expected or graph.number_of_edges() != rows:
        blank = Fault("suppliers", "", "country", "a blank cell", "every key and country filled", "fill the cell")
        raise DataError(check_keys(tables) + check_references(tables) or [blank])
    return graph


def _add_edges(
    graph: "nx.MultiDiGraph[str]",
    frame: pd.DataFrame,
    kind: str,
    tail: tuple[str, str],
    head: tuple[str, str],
    key: tuple[str, ...],
) -> None:
    tails = [f"{tail[0]}:{name}" for name in frame[tail[1]]]
    heads = [f"{head[0]}:{name}" for name in frame[head[1]]]
    keys = (
        [_key(kind, map(str, values)) for values in zip(*(frame[name] for name in key), strict=True)]
        if key
        else []
    )
    rows = _records(frame.drop(columns=[tail[1], head[1]]).rename(columns=_RENAMED))
    for position, row in enumerate(rows):
        row["kind"] = kind
        row["row"] = position
    # networkx takes the key as third of four; its type stubs do not know that.
    graph.add_edges_from(zip(tails, heads, keys or [kind] * len(frame), rows, strict=True))  # type: ignore[arg-type]


def _add_options(graph: "nx.MultiDiGraph[str]", tables: Tables) -> int:
    """Add an edge from every site to each component that a technology could make there; return their number."""
    sites = exploded(tables.sites, "tags", "tag")
    plants = exploded(tables.technologies, "site_tags", "tag")
    site = sites[["id", "tag", "capex_factor"]].rename(columns={"id": "site"})
    pairs = plants.merge(site, on="tag").drop_duplicates(["site", "id"])
    for name, component, plant, capacity, capex in zip(
        pairs["site"],
        pairs["component"],
        pairs["id"],
        pairs["capacity"].tolist(),
        (pairs["capex_usd_m"] * pairs["capex_factor"]).tolist(),
        strict=True,
    ):
        graph.add_edge(
            f"site:{name}",
            f"component:{component}",
            f"could_make|{plant}",
            kind="could_make",
            technology=plant,
            capacity=capacity,
            capex_usd_m=capex,
        )
    return len(pairs)


def to_tables(graph: "nx.MultiDiGraph[str]") -> Tables:
    """Tables of a graph: the exact inverse of ``build_graph``.

    Parameters
    ----------
    graph
        As ``build_graph`` or ``read_graph`` gives it; nodes and edges may have been added, changed or dropped
        since; attributes of other names are left out. Rows come in the order of ``row``; those without it
        come last.

    Returns
    -------
    Tables
        Not yet checked: see ``corridor.data.checks.check_all``.

    Raises
    ------
    CorridorError
        The graph is not one of ``build_graph``'s.
    DataError
        An attribute is missing or has a wrong type or value.
    """
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    suppliers: dict[str, dict[str, Any]] = {}
    for node, data in graph.nodes(data=True):
        kind, _, name = str(node).partition(":")
        table = _NODE_TABLES.get(kind)
        if table is None or data.get("kind") != kind:
            raise CorridorError(
                f"node {node!r} is of no known kind: ids begin with {', '.join(NODE_KINDS)} "
                "and a colon, and the attribute kind says the same"
            )
        record = data | {_ID[table]: name}
        record.pop("kind")
        rows[table].append(record)
        if table == "suppliers":
            suppliers[name] = record
    edges = {(kind, tail[0]): (table, tail[1], head[1]) for table, (kind, tail, head, _) in _EDGE_TABLES.items()}
    for tail, head, data in graph.edges(data=True):
        tail_kind, _, tail_name = str(tail).partition(":")
        head_name = str(head).partition(":")[2]
        kind = str(data.get("kind"))
        if kind in ("located_in", "owned_by") and tail_name in suppliers:
            suppliers[tail_name]["country" if kind == "located_in" else "owner_country"] = head_name
            continue
        if kind == "could_make":
            continue
        if (kind, tail_kind) not in edges:
            raise CorridorError(
                f"edge {tail!r} -> {head!r} is of kind {kind!r} from a {tail_kind}; "
                f"known are {', '.join(EDGE_KINDS)}"
            )
        table, tail_column, head_column = edges[kind, tail_kind]
        row = data | {tail_column: tail_name, head_column: head_name}
        row.pop("kind")
        rows[table].append(row)
    for table in RECORD_TABLES:
        rows[table] = graph.graph.get(table, [])
        if not isinstance(rows[table], list) or not all(isinstance(row, dict) for row in rows[table]):
            raise CorridorError(
                f"attribute {table!r} of the graph is not a list of records: leave it out, or write a list"
            )
    frames, problems = {}, []
    for table in TABLES:
        frames[table], faults = _frame(table, rows[table])
        problems += faults
    if problems:
        raise DataError(problems)
    if "sectors" not in graph.graph:
        frames["sectors"] = bundled_sectors()
    return Tables(**frames)


def _frame(table: str, rows: list[dict[str, Any]]) -> tuple[pd.DataFrame, list[Any]]:
    if not rows:
        return empty_frame(table), []
    last = len(rows)
    if table not in RECORD_TABLES:
        positions = [row.get("row", last) for row in rows]
        if not all(isinstance(position, int | float) and plausible(position) for position in positions):
            raise CorridorError(f"an attribute row of {table} is not a number: remove it, or count rows from 0")
        rows = sorted(rows, key=lambda row: float(row.get("row", last)))
    names = [column.name for column in load_schema(table)]
    node_name = _RENAMED if table not in RECORD_TABLES else {}
    cells = {name: [row.get(node_name.get(name, name)) for row in rows] for name in names}
    # as objects: a text from JSON may be no text at all (half a character), a number may have any length
    raw = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in cells.items()})
    keys = [cells[column.name] for column in load_schema(table) if column.key]
    named = [
        ", ".join(key if isinstance(key, str) else shown(key) for key in row) for row in zip(*keys, strict=True)
    ]
    return conform(table, raw, pd.Series(named, dtype=object))
