"""Make the outlines in assets/: run for a new edition of their sources (see assets/VERSIONS).

``python -m tools.bundled_data.build_outlines WORLD.json STATES.fgb CODES.csv``

Stock layers do not draw all of Jammu and Kashmir, Ladakh and Arunachal Pradesh in India, as Indian law requires.
Here India is the union of the states of a layer that does; its neighbours are cut back to it, and land that then
belongs to no country goes to the neighbour that touches it. All are simplified together, so that borders still
meet.
"""

from __future__ import annotations

import csv
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from corridor.pages.kit.outlines import WEST

ASSETS = Path(__file__).resolve().parents[2] / "corridor" / "pages" / "kit" / "assets"
#: Areas of the world layer that have no code of their own, or that India does not recognise.
_BELONGS = {"Kosovo": "SRB", "N. Cyprus": "CYP", "Somaliland": "SOM", "Siachen Glacier": "IND", "Taiwan": "TWN"}
_DROP = {
    "Antarctica",
    "Fr. S. Antarctic Lands",
    "Heard I. and McDonald Is.",
    "S. Geo. and the Is.",
    "Ashmore and Cartier Is.",
}
#: Numeric codes that differ between ISO 3166-1 and trade statistics, or are missing there.
_CODES = {
    "356": "IND", "842": "USA", "840": "USA", "158": "TWN", "250": "FRA", "251": "FRA",
    "756": "CHE", "757": "CHE", "578": "NOR", "579": "NOR", "736": "SDN", "729": "SDN",
    "728": "SSD", "732": "ESH", "438": "LIE", "492": "MCO", "336": "VAT", "630": "PRI",
    "248": "ALA", "744": "SJM", "304": "GRL", "234": "FRO", "833": "IMN", "832": "JEY",
    "831": "GGY", "850": "VIR", "652": "BLM", "663": "MAF",
}  # fmt: skip
_NEIGHBOURS = ("PAK", "CHN", "NPL", "BTN", "BGD", "MMR", "AFG", "TJK")
_DISPUTED = {
    "DISPUTED (WEST BENGAL , BIHAR & JHARKHAND)": "WEST BENGAL",
    "DISPUTED (MADHYA PRADESH & RAJASTHAN)": "RAJASTHAN",
    "DISPUTED (RAJATHAN & GUJARAT)": "GUJARAT",
    "DISPUTED (MADHYA PRADESH & GUJARAT)": "MADHYA PRADESH",
}
_SMALL_WORDS = {"And": "and", "&": "and"}
_RENAME = {"Puducherrry": "Puducherry", "Andaman and Nicobar": "Andaman and Nicobar Islands"}


def main(world_file: str, states_file: str, codes_file: str) -> None:
    """Write assets/world.topo.json and assets/india.topo.json."""
    import geopandas as gpd
    from shapely import make_valid
    from shapely.geometry import box

    with open(codes_file, encoding="utf-8") as handle:
        codes = {f"{int(row['country_code']):03d}": row["country_iso3"] for row in csv.DictReader(handle)} | _CODES
    states = gpd.read_file(states_file).to_crs(4326)
    states["name"] = states["STATE"].replace(_DISPUTED).map(_title)
    states = states.dissolve("name")[["geometry"]]
    states["geometry"] = _cleaned([make_valid(shape).buffer(0) for shape in states.geometry], 0.02)
    india = _filled(states.union_all())

    world = gpd.read_file(world_file, layer="countries", engine="pyogrio")
    world = world[~world["name"].isin(_DROP)]
    iso3 = world["name"].map(_BELONGS).fillna(world["id"].map(codes))
    missing = sorted(world["name"][iso3.isna()])
    print("no code, left out:", missing)
    world = world.assign(iso3=iso3, geometry=world.geometry.map(_unwrap)).dropna(subset="iso3")
    world = world.dissolve("iso3")[["geometry"]]
    stock = world.geometry["IND"]
    for code in _NEIGHBOURS:
        world.loc[code, "geometry"] = make_valid(world.geometry[code]).difference(india)
    _give_away(world, stock.difference(india).union(_holes(world, india)))
    world.loc["IND", "geometry"] = india

    near = box(40, -12, 124, 50)
    around = world.drop(index="IND").intersection(near)
    around = around[~around.is_empty & (around.area > 0.05)]
    detail = _simplify([*states.geometry, *around], 0.035)
    _write(
        "india",
        [*states.index, *around.index],
        detail,
        500,
        kinds=["state"] * len(states) + ["country"] * len(around),
    )
    plain = _simplify([_recut(shape) for shape in world.geometry], 0.14)
    _write("world", list(world.index), plain, 100)


def _title(name: str) -> str:
    words = " ".join(_SMALL_WORDS.get(word, word) for word in name.replace("&", " & ").title().split())
    return _RENAME.get(words, words)


def _unwrap(shape: Any) -> Any:
    """A polygon whose rings cross 180 degrees, with continuous longitudes: no jump from 180 E to 180 W."""
    from shapely.geometry import MultiPolygon, Polygon
    from shapely.ops import unary_union

    def ring(points: Any) -> list[tuple[float, float]]:
        out, shift, before = [], 0.0, None
        for lon, lat in points:
            if before is not None and abs(lon - before) > 180:
                shift += 360.0 if lon < before else -360.0
            before = lon
            out.append((lon + shift, lat))
        return out

    polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    return unary_union(
        [Polygon(ring(p.exterior.coords), [ring(i.coords) for i in p.interiors]).buffer(0) for p in polygons]
    )


def _recut(shape: Any) -> Any:
    """The shape between 30 W and 330 E, so that China and America are neighbours over the Pacific."""
    from shapely.affinity import translate
    from shapely.geometry import box
    from shapely.ops import unary_union

    frame = box(WEST, -60, WEST + 360, 84)
    pieces = [translate(shape, shift).intersection(frame) for shift in (-360, 0, 360)]
    return unary_union([piece for piece in pieces if not piece.is_empty]).buffer(1e-6).buffer(-1e-6)


def _holes(world: Any, india: Any) -> Any:
    """Land between India and its neighbours that belongs to neither."""
    from shapely.geometry import Polygon
    from shapely.ops import unary_union

    union = unary_union([india, *(world.geometry[code] for code in _NEIGHBOURS)])
    polygons = getattr(union, "geoms", [union])
    return unary_union([Polygon(ring) for each in polygons for ring in each.interiors]).difference(union)


def _cleaned(shapes: list[Any], gap: float) -> list[Any]:
    """Remove slivers between shapes: overlaps, and gaps up to a width, go to a neighbour (needs GEOS 3.14)."""
    import shapely

    return list(shapely.coverage_clean(shapes, gap_width=gap))


def _filled(shape: Any) -> Any:
    """The shape without holes: India has none."""
    from shapely.geometry import MultiPolygon, Polygon

    polygons = [each for each in getattr(shape, "geoms", [shape]) if each.geom_type == "Polygon"]
    return MultiPolygon([Polygon(each.exterior) for each in polygons]).buffer(0)


def _give_away(world: Any, orphans: Any) -> None:
    """Give each piece of land to the neighbour that it touches most; slivers at sea to none."""
    for piece in getattr(orphans, "geoms", [orphans]):
        if piece.area < 1e-7:
            continue
        touch = {code: piece.buffer(0.01).intersection(world.geometry[code]).area for code in _NEIGHBOURS}
        best = max(touch, key=lambda code: touch[code])
        if touch[best] > 0:
            world.loc[best, "geometry"] = world.geometry[best].union(piece)


def _simplify(shapes: list[Any], tolerance: float) -> list[Any]:
    """Simplify all shapes together with common borders; drop islands too small to see, except the largest."""
    import shapely
    from shapely.geometry import MultiPolygon

    def big(shape: Any) -> Any:
        polygons = [each for each in getattr(shape, "geoms", [shape]) if each.geom_type == "Polygon"]
        polygons = sorted(polygons, key=lambda each: -each.area)
        kept = [each for rank, each in enumerate(polygons) if rank == 0 or each.area > tolerance**2 * 4]
        return MultiPolygon(kept)

    cleaned = _cleaned([big(shape) for shape in shapes], tolerance / 4)
    return [big(shape) for shape in shapely.coverage_simplify(cleaned, tolerance)]


def _write(name: str, ids: list[str], shapes: list[Any], per_degree: int, kinds: list[str] | None = None) -> None:
    """Write TopoJSON with one arc per ring, in integer steps of 1 / per_degree degree from 30 W, 90 S."""
    arcs: list[list[list[int]]] = []
    geometries = []
    for position, (key, shape) in enumerate(zip(ids, shapes, strict=True)):
        polygons = []
        for polygon in getattr(shape, "geoms", [shape]):
            rings = []
            for ring in [polygon.exterior, *polygon.interiors]:
                steps = _steps(ring.coords, per_degree)
                if len(steps) >= 4:
                    rings.append([len(arcs)])
                    arcs.append(steps)
                elif ring is polygon.exterior:
                    break
            if rings:
                polygons.append(rings)
        properties = {"kind": kinds[position]} if kinds else {}
        geometries.append({"type": "MultiPolygon", "id": key, "arcs": polygons, "properties": properties})
    topology = {
        "type": "Topology",
        "transform": {"scale": [1 / per_degree, 1 / per_degree], "translate": [WEST, -90]},
        "objects": {name: {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs,
    }
    text = json.dumps(topology, separators=(",", ":"))
    (ASSETS / f"{name}.topo.json").write_text(text + "\n", encoding="utf-8")
    print(name, len(geometries), "shapes,", sum(map(len, arcs)), "points,", len(text) // 1000, "kB")


def _steps(points: Any, per_degree: int) -> list[list[int]]:
    grid: list[tuple[int, int]] = []
    for lon, lat in points:
        point = (round((lon - WEST) * per_degree), round((lat + 90) * per_degree))
        if not grid or point != grid[-1]:
            grid.append(point)
    return [list(grid[0]), *([b[0] - a[0], b[1] - a[1]] for a, b in pairwise(grid))]


if __name__ == "__main__":
    main(*sys.argv[1:4])
