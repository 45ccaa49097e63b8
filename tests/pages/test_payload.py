"""Data of the pages: needs, numbers, and texts that are safe inside a page."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest

from corridor.data.frames import bundled_sectors
from corridor.pages.kit.offline import json_text, policy
from corridor.pages.kit.payload import needs, number
from corridor.pages.kit.style import SHARE_CLASSES, SHARE_COLOURS
from corridor.pages.world_map.page import headlines
from corridor.pages.world_map.payload import world_payload
from tests.browser import synthetic


def test_needs_by_hand() -> None:
    """Five steps from ore to product, each 0.5 of the next, 30 % made at home: need falls by 0.15 a step."""
    tables = synthetic.make_tables(5)
    need = needs(tables)["IND"]
    assert need[["component-004", "component-003", "component-002"]].tolist() == pytest.approx([100.0, 15.0, 2.25])


def test_number_is_short_and_never_nan() -> None:
    assert [number(value) for value in (0.123456, 2.0, np.nan, None, np.inf, pd.NA)] == [
        0.1235,
        2,
        None,
        None,
        None,
        None,
    ]


def test_json_cannot_end_its_element() -> None:
    text = json_text({"name": "</script><!-- & \u2028"})
    assert "<" not in text
    assert "\u2028" not in text
    assert json.loads(text) == {"name": "</script><!-- & \u2028"}


def test_policy_allows_only_what_is_hashed() -> None:
    words = policy(["a{}"], ["b()"])
    assert words.startswith("default-src 'none'")
    assert words.count("sha256-") == 2
    assert "unsafe" not in words


def test_world_payload_holds_every_share() -> None:
    tables = synthetic.make_tables(20)
    exposures, shares = synthetic.make_measures(tables)
    payload = world_payload(tables, synthetic.make_study(), exposures, shares, headlines(tables, exposures))
    part = payload["shares"]["IND"]
    total = np.bincount(part["c"], weights=part["s"])
    assert total == pytest.approx(1.0, abs=0.01)
    assert len(payload["exposure"]["USA"]["c"]) == 20
    suppliers = payload["suppliers"]
    assert {len(suppliers[name]) for name in ("id", "firm", "place", "lon", "country", "makes", "kind")} == {80}
    assert payload["countries"][suppliers["country"][3]]["iso3"] == "CHN"
    assert suppliers["kinds"][suppliers["kind"][3]] == "plant"
    assert payload["components"][suppliers["makes"][3][0]]["id"] == "component-003"
    assert json.dumps(payload, allow_nan=False)


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_distinguished() -> None:
    assert all(_contrast(colour, "#fbfaf7") >= 3 for colour in bundled_sectors()["colour"])
    light = [_contrast(colour, "#000000") for colour in SHARE_COLOURS]
    assert all(a / b > 1.2 for a, b in itertools.pairwise(light))
    assert len(SHARE_COLOURS) == len(SHARE_CLASSES) + 1
