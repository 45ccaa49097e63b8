"""Colours of sectors seen with four kinds of vision, and their marks."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from corridor.data.frames import bundled_sectors
from corridor.pages.kit.sectors import OTHER_COLOUR, Sectors

Floats = npt.NDArray[np.float64]
#: Full dichromacy on linear sRGB: Machado, Oliveira & Fernandes (2009), and Viénot, Brettel & Mollon (1999).
VISIONS: dict[str, Floats] = {
    "normal": np.eye(3),
    "protan, Machado": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan, Machado": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan, Machado": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    "protan, Viénot": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deutan, Viénot": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def _linear(colour: str) -> Floats:
    parts = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear: Floats = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear


def _lab(linear: Floats) -> Floats:
    """CIE L*a*b* (1976), white D65."""
    ratios = XYZ @ np.clip(linear, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def _closest(colours: dict[str, str], vision: Floats) -> Any:
    seen = {name: _lab(vision @ _linear(colour)) for name, colour in colours.items()}
    return min(
        (float(np.linalg.norm(seen[one] - seen[other])), one, other)
        for one, other in itertools.combinations(seen, 2)
    )


def test_lab_of_known_colours() -> None:
    assert _lab(_linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert _lab(_linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert all(vision @ np.ones(3) == pytest.approx(np.ones(3), abs=2e-5) for vision in VISIONS.values())


@pytest.mark.parametrize("vision", VISIONS)
def test_sectors_are_told_apart_by_colour(vision: str) -> None:
    colours = dict(zip(bundled_sectors()["id"], bundled_sectors()["colour"], strict=True))
    distance, *pair = _closest(colours, VISIONS[vision])
    assert distance >= 20, pair


def test_the_measure_finds_colours_that_look_alike() -> None:
    """The electronics and magnets of release 0.2.0, to a deuteranope."""
    assert _closest({"electronics": "#2f6690", "magnets": "#7b4b94"}, VISIONS["deutan, Machado"])[0] < 2


def test_marks_differ_and_begin_again_after_the_last() -> None:
    names = [f"sector-{number}" for number in range(8)]
    sectors = Sectors(dict.fromkeys(names, "Name"), dict.fromkeys(names, OTHER_COLOUR))
    marks = [sectors.mark(name) for name in names]
    assert len(set(marks[:6])) == 6
    assert marks[6:] == marks[:2]
    rules = sectors.css()
    assert rules.count("clip-path:") == 8
    assert rules.count("circle(50%)") == 2
    assert sectors.mark("unknown") == Sectors({}, {}).mark("")
