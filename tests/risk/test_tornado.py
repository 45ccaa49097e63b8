"""The figures that move the headline most: by hand, and against the measure itself."""

from __future__ import annotations

import pytest

import corridor
from corridor.config import Study
from corridor.risk import tornado
from tests import hand


def test_figures_by_hand() -> None:
    """India makes 0.8 of its phones with cells worth 0.5, half of them from China; the rest of phones is Chinese.

    Net 0.2 + 0.8 x 0.5 x 0.5 = 0.40. The home share of phones at 0.6 gives 0.4 + 0.15 = 0.55, at 0.9 0.1 + 0.225 =
    0.325: 22.5 points. Cells at 0.4 to 0.7 of the price: 0.36 to 0.48. Cells from China 0.3 to 0.6: 0.32 to 0.44.
    """
    ranged = {"status": "assumed"}
    made = hand.tables(
        components={"phone": {}, "cell": {}, "toy": {}},
        recipes=[("phone", "cell", 0.5)],
        world={"phone": {"CHN": 1.0}, "cell": {"KOR": 1.0}, "toy": {"KOR": 1.0}},
        demand={"IND": {"phone": 100.0}},
    )
    shares = [
        {"component": "phone", "origin": "IND", "share": 0.8, "low": 0.6, "high": 0.9},
        {"component": "cell", "origin": "CHN", "share": 0.5, "low": 0.3, "high": 0.6},
        {"component": "toy", "origin": "CHN", "share": 0.5, "low": 0.0, "high": 1.0},
    ]
    recipes = made.recipes.assign(low=0.4, high=0.7, status="assumed")
    sourcing = hand.frame("sourcing", [{"market": "IND", **ranged, **row} for row in shares])
    tables = made.replace(sourcing=sourcing, recipes=recipes)
    study = Study(
        name="hand", title="By hand", target=("CHN",), markets={"IND": 1.0}, meet_demand=True, budget_usd_m=1
    )
    found = tornado(tables, study).set_index("figure")
    assert found["points"].to_dict() == pytest.approx(
        {"IND, phone, IND": 22.5, "phone, main, cell": 12.0, "IND, cell, CHN": 12.0}
    )
    assert found["net"].unique() == pytest.approx([0.4])
    assert found.loc["IND, phone, IND", ["net_low", "net_high"]].tolist() == pytest.approx([0.55, 0.325])
    assert list(found["points"]) == sorted(found["points"], reverse=True)
    assert corridor.exposure(tables, "IND", ["CHN"]).set_index("component").loc["phone", "net"] == pytest.approx(
        0.4
    )
