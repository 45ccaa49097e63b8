"""Outlines of countries and of India's states, from a point of view on boundaries."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from corridor.errors import ConfigError

#: The world is cut at 30 W, in the Atlantic: longitudes run from -30 to 330.
WEST = -30.0
ASSETS = Path(__file__).parent / "assets"
DISCLAIMER = (
    "Boundaries as shown on maps of the Government of India (point of view IND). They are drawn for orientation "
    "and carry no judgement on the status of any territory."
)


def outline_text(name: str, point_of_view: str = "IND") -> str:
    """TopoJSON of outlines, ready for a page.

    Parameters
    ----------
    name
        ``"world"``: countries (id: ISO 3166-1 alpha-3), 30 W to 330 E; ``"india"``: states and union
        territories (id: name, kind ``state``) and the countries around them (kind ``country``).
    point_of_view
        Whose boundaries; only ``"IND"`` is bundled.

    Returns
    -------
    str
        TopoJSON, quantised, one arc per ring.

    Raises
    ------
    ConfigError
        If there are no outlines for that point of view or name.
    """
    if point_of_view != "IND":
        raise ConfigError(f"point_of_view {point_of_view!r}: no such outlines. Fix: use 'IND'.")
    file = ASSETS / f"{name}.topo.json"
    if not file.is_file():
        raise ConfigError(f"outlines {name!r}: no such outlines. Fix: use 'world' or 'india'.")
    return file.read_text(encoding="utf-8").strip()


@cache
def outline_shapes(name: str, point_of_view: str = "IND") -> dict[str, Any]:
    """Outlines as shapely polygons, by id; parameters and errors as in :func:`outline_text`."""
    from shapely.geometry import MultiPolygon, Polygon

    topology = json.loads(outline_text(name, point_of_view))
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]

    def ring(arc: list[list[int]]) -> list[tuple[float, float]]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        return points

    shapes = {}
    for geometry in topology["objects"][name]["geometries"]:
        rings = [[ring(topology["arcs"][arc_index]) for (arc_index,) in polygon] for polygon in geometry["arcs"]]
        shapes[geometry["id"]] = MultiPolygon([Polygon(outer, inner) for outer, *inner in rings])
    return shapes


def eastward(lon: float) -> float:
    """Longitude in the frame of the world outlines, -30 to 330."""
    return lon + 360.0 if lon < WEST else lon
