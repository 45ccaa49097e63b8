"""Scale: implied imports beside recorded ones, on tables that can be solved by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from corridor.data.checks.records import check_recorded_imports
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.scale import bought, records, scale, unexplained
from tests import hand


def record(nomenclature: str, code: str, origin: str, value: float, **more: object) -> dict[str, object]:
    return {
        "market": "IND",
        "nomenclature": nomenclature,
        "code": code,
        "origin": origin,
        "value_usd_m": value,
        **more,
    }


@pytest.fixture(scope="module")
def tables() -> Tables:
    """A phone takes a cell (0.5 of its price) and a chip (0.2)."""
    made = hand.tables(
        components={"phone": {}, "cell": {}, "chip": {}},
        recipes=[("phone", "cell", 0.5), ("phone", "chip", 0.2)],
        world={name: {"CHN": 1.0} for name in ("phone", "cell", "chip")},
        sourcing={
            "IND": {
                "phone": {"IND": 0.8, "CHN": 0.1, "VNM": 0.1},
                "cell": {"IND": 0.25, "CHN": 0.75},
                "chip": {"CHN": 0.4, "HKG": 0.1, "TWN": 0.5},
            },
            "USA": {"phone": {"IND": 0.1, "CHN": 0.9}, "cell": {"CHN": 1.0}, "chip": {"TWN": 1.0}},
        },
        demand={"IND": {"phone": 100.0, "cell": 10.0}, "USA": {"phone": 200.0}},
        codes=[
            {"component": "phone", "nomenclature": "HS6", "code": "851713", "match": "exact"},
            {"component": "cell", "nomenclature": "HS6", "code": "850760", "match": "group"},
            {"component": "chip", "nomenclature": "HS6", "code": "854231", "match": "exact"},
            {"component": "chip", "nomenclature": "HS6", "code": "903289", "match": "group"},
        ],
        recorded_imports=[
            record("HS6", "850760", "ALL", 120.0),
            record("HS6", "850760", "CHN", 100.0),
            record("HS4", "8542", "ALL", 40.0, year=2023),
            record("HS4", "8542", "ALL", 44.0, year=2025),
            record("HS4", "8542", "CHN", 11.0, year=2025),
            record("HS2", "85", "CHN", 150.0, reason_less="parts of phones are left out"),
        ],
    )
    return made


def test_needs_by_hand(tables: Tables) -> None:
    """India makes 80 phones for itself and 20 for the United States: 50 of cells, 20 of chips for them."""
    flows = bought(tables, "IND").set_index(["component", "origin"])["value_usd_m"]
    assert flows["phone", "CHN"] == pytest.approx(10.0)
    assert flows["cell"].sum() == pytest.approx(10.0 + 0.5 * (80.0 + 20.0))
    assert flows["cell", "CHN"] == pytest.approx(45.0)
    assert flows["chip"].sum() == pytest.approx(20.0)
    assert flows["chip", "HKG"] == pytest.approx(2.0)


def test_needs_grow_to_the_year_of_the_record(tables: Tables) -> None:
    grown = tables.replace(demand=tables.demand.assign(growth=0.1))
    now, later = (bought(grown, "IND", year=year)["value_usd_m"].sum() for year in (2024, 2026))
    assert later == pytest.approx(1.21 * now)


def test_scale_by_hand(tables: Tables) -> None:
    compared = scale(tables, "IND").set_index("code")
    assert list(scale(tables, "IND").columns) == [
        "code",
        "nomenclature",
        "implied_usd_m",
        "recorded_usd_m",
        "implied_from_target_usd_m",
        "recorded_from_target_usd_m",
        "ratio",
        "source",
        "year",
        "components",
    ]
    cells = compared.loc["850760"]
    assert cells["implied_usd_m"] == pytest.approx(45.0)
    assert cells["ratio"] == pytest.approx(45.0 / 120.0)
    # Chips have two subheadings: half of them are in heading 8542. Hong Kong is not in the record.
    chips = compared.loc["8542"]
    assert chips["year"] == 2025
    assert chips["implied_usd_m"] == pytest.approx(10.0)
    assert chips["implied_from_target_usd_m"] == pytest.approx(4.0)
    # Chapter 85: only China is recorded, so China is compared with China.
    chapter = compared.loc["85"]
    assert np.isnan(chapter["recorded_usd_m"])
    assert chapter["ratio"] == pytest.approx((10.0 + 45.0 + 4.0) / 150.0)
    assert chapter["components"] == "cell;phone;chip"
    # Both are explained; 850760 is farther from 1; 8542 is small.
    assert list(compared.index) == ["850760", "85", "8542"]


def test_reasons(tables: Tables) -> None:
    beyond = unexplained(tables, "IND", scale(tables, "IND")).set_index("code")
    assert beyond.loc["85", "reason"] == "parts of phones are left out"
    assert beyond.loc["850760", "reason"] == "the subheading holds goods that are no component"
    assert "8542" not in beyond.index  # below US$ 100 million
    exact = tables.codes.assign(match="exact")
    bare = unexplained(tables.replace(codes=exact), "IND", scale(tables.replace(codes=exact), "IND"))
    assert bare.set_index("code")["reason"].isna()["850760"]


def test_trade_is_the_record_of_other_subheadings(tables: Tables) -> None:
    rows = [
        {"importer": "IND", "exporter": "CHN", "nomenclature": "HS6", "code": "851713", "value_usd_m": 8.0},
        {"importer": "IND", "exporter": "VNM", "nomenclature": "HS6", "code": "851713", "value_usd_m": 2.0},
        {"importer": "IND", "exporter": "CHN", "nomenclature": "HS6", "code": "850760", "value_usd_m": 999.0},
    ]
    traded = tables.replace(trade=hand.frame("trade", rows))
    found = records(traded, "IND").set_index(["code", "origin"])["value_usd_m"]
    assert found["851713", "ALL"] == pytest.approx(10.0)
    assert found["850760", "CHN"] == pytest.approx(100.0)
    assert scale(traded, "IND").set_index("code").loc["851713", "recorded_from_target_usd_m"] == pytest.approx(8.0)


def test_no_record_no_rows(tables: Tables) -> None:
    bare = tables.replace(recorded_imports=tables.recorded_imports.iloc[:0])
    assert len(scale(bare, "IND")) == 0
    with pytest.raises(ConfigError, match="no rows in the table sourcing"):
        bought(tables, "DEU")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (record("HS4", "850760", "ALL", 1.0), "code"),
        (record("HS6", "8507.6", "ALL", 1.0), "code"),
        (record("HS6", "850760", "CHINA", 1.0), "origin"),
        (record("HS6", "850760", "CHN", 130.0), "value_usd_m"),
        (record("component", "battery", "ALL", 1.0), "code"),
    ],
)
def test_bad_records(tables: Tables, row: dict[str, object], column: str) -> None:
    assert check_recorded_imports(tables) == []
    kept = tables.recorded_imports
    kept = kept[~((kept["code"] == row["code"]) & (kept["origin"] == row["origin"]))]
    both = pd.concat([kept, hand.frame("recorded_imports", [row])], ignore_index=True)
    faults = check_recorded_imports(tables.replace(recorded_imports=both))
    assert [fault.column for fault in faults] == [column]
