"""Who sells a component on the record, and which evidence of origins counts first: cases by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from corridor.data.tables import Tables
from corridor.measures.supply.origin_trade import can_export, origin_trade
from corridor.measures.supply.sourcing import shares
from tests import hand

CODE = {"nomenclature": "HS6", "code": "850760", "match": "exact"}


def traded(
    world: dict[str, tuple[float, float]], bought: dict[str, float], **sourcing: dict[str, float]
) -> Tables:
    """Cells: what countries export and import, and what the United States buys from whom."""
    countries = {*world, *bought, "DEU", "EUU", "JPN", "KOR", "VNM"}
    return hand.tables(
        components={"cell": {}},
        world={"cell": {code: 1.0 / len(countries) for code in sorted(countries)}},
        sourcing={market: {"cell": row} for market, row in sourcing.items()},
        codes=[{"component": "cell", **CODE}],
        world_trade=[
            {"nomenclature": "HS6", "code": "850760", "country": code, "exports_usd_m": out, "imports_usd_m": into}
            for code, (out, into) in world.items()
        ],
        trade=[
            {"importer": "USA", "exporter": code, "nomenclature": "HS6", "code": "850760", "value_usd_m": value}
            for code, value in bought.items()
        ],
    )


def pairs(*origins: str) -> pd.DataFrame:
    return pd.DataFrame({"component": "cell", "origin": origins})


def test_both_sides_known() -> None:
    """Korea sells 50 and buys 20; Germany buys more than it sells; Viet Nam sells nothing."""
    tables = traded({"KOR": (50.0, 20.0), "DEU": (30.0, 40.0), "VNM": (0.1, 9.0)}, {"VNM": 80.0})
    why = can_export(tables, pairs("KOR", "DEU", "VNM", "JPN"))
    assert why.tolist() == ["", "imports more than it exports", "no recorded exports", "no recorded exports"]
    found = origin_trade(tables).set_index("origin")
    assert found.loc["KOR", ["exports_usd_m", "imports_usd_m"]].tolist() == [50.0, 20.0]
    assert found.loc["EUU", "exports_usd_m"] - found.loc["EUU", "imports_usd_m"] == pytest.approx(-10.0)


def test_only_importers_report() -> None:
    """The Union's sale counts for Germany; the United States buys most of its need abroad."""
    tables = traded({}, {"EUU": 12.0, "KOR": 5.0, "JPN": 0.2}, USA={"USA": 0.04})
    why = can_export(tables, pairs("DEU", "KOR", "JPN", "USA"))
    assert why.tolist()[:3] == ["", "", "no recorded exports"]
    assert why.iloc[3] in ("no recorded exports", "buys most of its own need abroad")


def test_a_component_without_a_code_is_not_judged() -> None:
    tables = traded({}, {"KOR": 5.0})
    assert can_export(tables.replace(codes=tables.codes.iloc[:0]), pairs("JPN")).tolist() == [""]


def test_a_class_of_products_says_less_than_a_part_of_its_own() -> None:
    """Computers and their disks share a class bought from China; the disks are made in Thailand (assumed)."""
    row = {"status": "assumed", "low": 0.0, "high": 1.0}
    tables = hand.tables(
        components={"computer": {"stage": "product"}, "disk": {"stage": "part"}},
        sourcing={"IND": {"computer": {"IND": 0.0}, "disk": {"IND": 0.0}}},
        supply=[
            {"component": name, "country": country, "share": share, **row}
            for name in ("computer", "disk")
            for country, share in (("THA", 0.8), ("CHN", 0.2))
        ],
        countries=[
            {"iso3": code, "name": code, "lon": 0, "lat": 0, "region": "test"}
            for code in ("IND", "CHN", "THA", "ROW")
        ],
        codes=[
            {"component": name, "nomenclature": "INPC", "code": "COMPUTERS", "match": "group"}
            for name in ("computer", "disk")
        ],
        trade=[
            {"importer": "IND", "exporter": "CHN", "nomenclature": "INPC", "code": "COMPUTERS", "value_usd_m": 9.0}
        ],
    )
    china = shares(tables, "IND").query("origin == 'CHN'").set_index("component")["share"]
    assert china.to_dict() == pytest.approx({"computer": 1.0, "disk": 0.2})
