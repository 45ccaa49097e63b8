"""Outlines: India as its law requires, neighbours that do not overlap it, files small enough for pages."""

import pytest
from shapely.geometry import Point

from corridor.errors import ConfigError
from corridor.pages.kit.outlines import ASSETS, eastward, outline_shapes, outline_text

INSIDE_INDIA = {
    "Srinagar": (74.8, 34.08),
    "Leh": (77.58, 34.16),
    "Muzaffarabad": (73.47, 34.37),
    "Gilgit": (74.31, 35.92),
    "Skardu": (75.63, 35.30),
    "Hunza": (74.65, 36.3),
    "Siachen": (77.1, 35.5),
    "Shaksgam": (76.6, 36.0),
    "Aksai Chin": (79.5, 35.1),
    "Demchok": (79.45, 32.75),
    "Tawang": (91.87, 27.59),
    "Itanagar": (93.6, 27.1),
    "Walong": (97.0, 28.13),
}
NEIGHBOURS = ("PAK", "CHN", "NPL", "BTN", "BGD", "MMR", "AFG")


@pytest.mark.parametrize("place", INSIDE_INDIA)
def test_point_is_in_india_and_nowhere_else(place: str) -> None:
    point = Point(*INSIDE_INDIA[place])
    world = outline_shapes("world")
    assert [code for code, shape in world.items() if shape.contains(point)] == ["IND"]
    states = [name for name, shape in outline_shapes("india").items() if shape.contains(point)]
    assert len(states) == 1
    assert states[0] not in NEIGHBOURS


@pytest.mark.parametrize("code", NEIGHBOURS)
def test_neighbours_do_not_overlap_india(code: str) -> None:
    world = outline_shapes("world")
    assert world["IND"].buffer(0).intersection(world[code].buffer(0)).area < 0.02  # square degrees: rounding only
    detail = outline_shapes("india")
    for name, shape in detail.items():
        if not name.isupper():
            assert shape.buffer(0).intersection(detail[code].buffer(0)).area < 0.005, name


def test_india_has_all_its_states() -> None:
    states = [name for name in outline_shapes("india") if not name.isupper()]
    assert len(states) == 36
    assert {"Ladakh", "Jammu and Kashmir", "Arunachal Pradesh", "Puducherry"} <= set(states)


def test_world_is_cut_at_30_west() -> None:
    world = outline_shapes("world")
    bounds = [shape.bounds for shape in world.values()]
    assert min(b[0] for b in bounds) >= -30 - 1e-6
    assert max(b[2] for b in bounds) <= 330 + 1e-6
    assert world["USA"].bounds[0] > 170
    assert world["RUS"].bounds[2] < 200  # one piece, no band around the globe
    assert {"CHN", "HKG", "MAC", "TWN", "IND", "USA", "SGP", "KOR", "VNM"} <= set(world)
    assert eastward(-98.0) == 262.0
    assert eastward(78.0) == 78.0


def test_small_enough_for_a_page() -> None:
    assert (ASSETS / "world.topo.json").stat().st_size < 260_000
    assert (ASSETS / "india.topo.json").stat().st_size < 200_000


def test_unknown_point_of_view_is_named() -> None:
    with pytest.raises(ConfigError, match="point_of_view"):
        outline_text("world", "XYZ")
    with pytest.raises(ConfigError, match="moon"):
        outline_text("moon")
