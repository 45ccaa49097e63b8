"""GeoPackage (OGC 12-128r18): nodes with a place as points, edges between them as lines, the rest as plain tables.

It is a SQLite file, written with Python's own sqlite3 so that types stay exact: integers with blanks would become
floats in a data frame.
"""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

from corridor.data.databases import open_sqlite, quoted, read_rows, stored_columns
from corridor.data.graph_formats.layout import GraphColumns, Values
from corridor.data.guards.budget import Account
from corridor.errors import CorridorError

_TYPES = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "BOOLEAN"}
_WHEN = "2000-01-01T00:00:00.000Z"  # the same graph gives the same bytes
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_FRAME = f"""
PRAGMA application_id = {0x47504B47};
PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
  description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326, '{_WGS84}', 'longitude and latitude in degrees');
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE,
  max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE corridor (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, note TEXT NOT NULL);
INSERT INTO gpkg_contents VALUES
  ('corridor', 'attributes', 'corridor', 'how to read the graph back', '{_WHEN}', NULL, NULL, NULL, NULL, NULL);
"""

_SUFFIXES = ("", "_without_place")

Point = tuple[float, float]


def _blob(points: tuple[Point, ...]) -> bytes:
    """Geometry in GeoPackage's binary format: header without envelope, then WKB, little endian."""
    header = b"GP" + struct.pack("<BBi", 0, 1, 4326)
    flat = [degrees for point in points for degrees in point]
    if len(points) == 1:
        return header + struct.pack("<BI2d", 1, 1, *flat)
    return header + struct.pack(f"<BII{len(flat)}d", 1, 2, len(points), *flat)


def _points(nodes: dict[str, Values], count: int) -> list[Point | None]:
    """Coordinates of each node: its attributes lon and lat, None if one is missing."""
    if "lon" not in nodes or "lat" not in nodes or {nodes["lon"].type, nodes["lat"].type} - {"number", "integer"}:
        return [None] * count
    return [
        (float(lon), float(lat)) if lon is not None and lat is not None else None
        for lon, lat in zip(nodes["lon"].cells, nodes["lat"].cells, strict=True)
    ]


def write(layout: GraphColumns, path: Path) -> None:
    """Write the tables nodes, nodes_without_place, edges, edges_without_place and corridor (the note).

    Raises
    ------
    OSError
        The file cannot be written.
    """
    points = _points(layout.nodes, len(layout.ids))
    place = dict(zip(layout.ids, points, strict=True))
    lines = []
    for tail, head in zip(layout.tails, layout.heads, strict=True):
        start, end = place[tail], place[head]
        lines.append((start, end) if start and end else None)
    try:
        with closing(sqlite3.connect(path)) as base:
            base.executescript(_FRAME)
            base.execute("INSERT INTO corridor (note) VALUES (?)", (layout.note,))
            fixed = {"node_id": layout.ids}
            _write_table(
                base, "nodes", "POINT", fixed, layout.nodes, [(point,) if point else None for point in points]
            )
            fixed = {"source": layout.tails, "target": layout.heads, "edge_key": layout.keys}
            _write_table(base, "edges", "LINESTRING", fixed, layout.edges, lines)
            base.commit()
    except sqlite3.Error as error:
        raise OSError(str(error)) from None


def _write_table(
    base: sqlite3.Connection,
    table: str,
    geometry: str,
    fixed: dict[str, list[str]],
    columns: dict[str, Values],
    shapes: "list[Any]",
) -> None:
    titles = ["place", *fixed, *columns]
    kinds = ["INTEGER NOT NULL", *("TEXT NOT NULL" for _ in fixed), *(_TYPES[v.type] for v in columns.values())]
    definitions = ", ".join(f"{quoted(title)} {kind}" for title, kind in zip(titles, kinds, strict=True))
    names = ", ".join(map(quoted, titles))
    marks = ", ".join("?" * len(titles))
    rows = list(zip(range(len(shapes)), *fixed.values(), *(v.cells for v in columns.values()), strict=True))
    first = "fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"
    base.execute(f"CREATE TABLE {table} ({first}, geom {geometry}, {definitions})")
    base.execute(f"CREATE TABLE {table}_without_place ({first}, {definitions})")
    base.executemany(
        f"INSERT INTO {table} (geom, {names}) VALUES (?, {marks})",
        ((_blob(shape), *row) for shape, row in zip(shapes, rows, strict=True) if shape),
    )
    base.executemany(
        f"INSERT INTO {table}_without_place ({names}) VALUES ({marks})",
        (row for shape, row in zip(shapes, rows, strict=True) if not shape),
    )
    corners = [point for shape in shapes if shape for point in shape]
    lons, lats = [point[0] for point in corners], [point[1] for point in corners]
    box = (min(lons), min(lats), max(lons), max(lats)) if corners else (None,) * 4
    contents = "INSERT INTO gpkg_contents VALUES (?, ?, ?, '', ?, ?, ?, ?, ?, ?)"
    base.execute(contents, (table, "features", table, _WHEN, *box, 4326))
    other = f"{table}_without_place"
    base.execute(contents, (other, "attributes", other, _WHEN, None, None, None, None, None))
    base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, 4326, 0, 0)", (table, geometry))


def read(path: Path) -> GraphColumns:
    """Read the tables."""
    account = Account()
    with open_sqlite(path) as base:
        # only tables: a view of the same name would be untrusted code
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        stored = {row[0] for row in base.execute(query)}
        if not stored >= {"corridor", *(f"{name}{suffix}" for name in ("nodes", "edges") for suffix in _SUFFIXES)}:
            raise CorridorError(f"{path} was not written by corridor: its note is missing")
        (note,) = base.execute("SELECT note FROM corridor").fetchone()
        nodes, edges = (_read_table(base, name, account) for name in ("nodes", "edges"))
    ids = nodes.pop("node_id").cells
    tails, heads, keys = (edges.pop(title).cells for title in ("source", "target", "edge_key"))
    return GraphColumns(note, ids, nodes, tails, heads, keys, edges)


def _read_table(base: sqlite3.Connection, table: str, account: Account) -> dict[str, Values]:
    titles = stored_columns(base, f"{table}_without_place")[1:]
    names = ", ".join(map(quoted, titles))
    query = f"SELECT {names} FROM {table} UNION ALL SELECT {names} FROM {table}_without_place ORDER BY place"
    rows: list[Any] = read_rows(base, query, len(titles), account)
    cells = zip(*rows, strict=True) if rows else ((),) * len(titles)
    columns = {title: Values("", list(column)) for title, column in zip(titles, cells, strict=True)}
    columns.pop("place")
    return columns
