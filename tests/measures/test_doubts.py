"""Doubts about figures: one bad row for each rule, and none in the bundled tables."""

from __future__ import annotations

import pytest

from corridor.data.tables import Tables, load_tables
from corridor.measures.supply.doubts import DOUBTS, doubts
from tests import hand

EXACT = {"component": "part", "nomenclature": "HS6", "code": "850760", "match": "exact"}
PLANT = {
    "id": "plant",
    "component": "part",
    "capacity": 10.0,
    "running_premium": 0.1,
    "lead_years": 1,
    "land_ha": 1,
}
PLANT |= {"power_mw": 1, "water_mld": 0.1, "workers": 10, "site_tags": "electronics", "capex_usd_m": 20.0}
PARK = {
    "id": "park",
    "name": "Park",
    "state": "Goa",
    "lon": 74.0,
    "lat": 15.3,
    "coordinate_status": "assumed",
    "kind": "park",
}
PARK |= {"tags": "electronics", "land_ha": 10, "power_mw": 10, "water_mld": 1, "workers": 100}
SECOND = {
    "component": "part",
    "origin": "KOR",
    "cost_usd_m": 1,
    "lead_years": 1,
    "least_share": 0.1,
    "most_share": 0.2,
}
TRADE = {"importer": "IND", "exporter": "KOR", "nomenclature": "HS6", "code": "850760", "value_usd_m": 9.0}


def tables(**more: object) -> Tables:
    """A part priced US$ 1 million a tonne; Korea sells it; a plant costs twice its yearly revenue."""
    given = {
        "components": {"part": {"unit": "t", "status": "assumed"}},
        "world": {"part": {"CHN": 0.5, "KOR": 0.3, "RUS": 0.2}},
        "sourcing": {"IND": {"part": {"IND": 0.1}}},
        "codes": [EXACT],
        "trade": [TRADE],
        "sites": [PARK],
        "technologies": [PLANT],
        "second_sources": [SECOND],
        **more,
    }
    return hand.tables(**given)  # type: ignore[arg-type]


def found(made: Tables) -> list[tuple[str, str]]:
    return [(fault.table, fault.found) for fault in doubts(made)]


def test_nothing_to_doubt() -> None:
    assert found(tables()) == []


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"technologies": [{**PLANT, "capex_usd_m": 70.0}]}, ("technologies", "7 times the yearly revenue")),
        ({"technologies": [{**PLANT, "capex_usd_m": 0.5}]}, ("technologies", "0.05 times the yearly revenue")),
        ({"technologies": [{**PLANT, "capex_usd_m": 70.0, "capex_reason": "a fab"}]}, None),
        (
            {"components": {"part": {"unit": "t", "world_makers": 3}}},
            ("technologies", "3 makers in the world, none named"),
        ),
        (
            {"components": {"part": {"world_makers": 3}}, "technologies": [{**PLANT, "maker": "Own Disks Ltd"}]},
            None,
        ),
        (
            {"second_sources": [{**SECOND, "origin": "RUS"}], "trade": [{**TRADE, "exporter": "RUS"}]},
            ("second_sources", "a country under broad trade sanctions"),
        ),
        ({"trade": [{**TRADE, "exporter": "CHN"}]}, ("second_sources", "no recorded exports")),
    ],
)
def test_one_bad_row(change: dict[str, object], wanted: tuple[str, str] | None) -> None:
    assert found(tables(**change)) == ([] if wanted is None else [wanted])


def test_assumed_share_beside_recorded_trade() -> None:
    made = tables()
    row = {"market": "IND", "component": "part", "origin": "CHN", "share": 0.5, "low": 0.4, "high": 0.6}
    for status, count in (("assumed", 1), ("inherited", 1), ("reported", 0)):
        more = hand.frame("sourcing", [{**row, "status": status}])
        assert len(doubts(made.replace(sourcing=more))) == count


def test_a_price_beyond_what_exports_cost() -> None:
    """1,000 t sold for US$ 100 million are US$ 100,000 a tonne: a price of 1 million is ten times that."""
    sold = {
        "nomenclature": "HS6",
        "code": "850760",
        "country": "KOR",
        "exports_usd_m": 100.0,
        "imports_usd_m": 1.0,
    }
    assert found(tables(world_trade=[{**sold, "exports_t": 1000.0}])) == [
        ("components", "10 times the world's exports")
    ]
    assert found(tables(world_trade=[{**sold, "exports_t": 50.0}])) == []


def test_the_bundled_tables_raise_no_doubt() -> None:
    bundled = load_tables()
    assert len(DOUBTS) == 5
    assert [str(fault) for fault in doubts(bundled)] == []
