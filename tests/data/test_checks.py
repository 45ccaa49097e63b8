"""Each rule across rows and tables: one bad case each, reported with table, row, column and fix."""

from typing import Any

import pandas as pd
import pytest

from corridor.data.checks import rules as checks
from corridor.data.checks.chain import value_shares
from corridor.data.tables import Tables, load_tables
from corridor.errors import Fault
from tests import TINY


@pytest.fixture(scope="module")
def tiny() -> Tables:
    return load_tables(TINY)


def change(tables: Tables, table: str, where: dict[str, Any], **values: Any) -> Tables:
    """New tables; in the rows that match ``where``, some columns have other values."""
    frame = tables[table].copy()
    mask = pd.Series(True, index=frame.index)
    for column, value in where.items():
        mask &= frame[column] == value
    assert mask.any()
    for column, value in values.items():
        frame.loc[mask, column] = value
    return tables.replace(**{table: frame})


def drop(tables: Tables, table: str, **where: Any) -> Tables:
    frame = tables[table]
    mask = pd.Series(True, index=frame.index)
    for column, value in where.items():
        mask &= frame[column] == value
    assert mask.any()
    return tables.replace(**{table: frame[~mask].reset_index(drop=True)})


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, faults
    return faults[0]


def test_tiny_is_in_order(tiny: Tables) -> None:
    assert checks.check_all(tiny) == []
    assert len(checks.CHECKS) == 18
    assert all(getattr(checks, check.__name__) is check for check in checks.CHECKS)


def test_keys(tiny: Tables) -> None:
    twice = pd.concat([tiny.demand, tiny.demand.iloc[[1]]], ignore_index=True)
    fault = only(checks.check_keys(tiny.replace(demand=twice)))
    assert (fault.table, fault.row, fault.column) == ("demand", "IND, tablet", "market, component")
    assert fault.fix == "drop one, they are identical"
    fault = only(checks.check_keys(change(tiny, "demand", {"component": "magnet"}, component="motor")))
    assert (fault.row, fault.found) == ("USA, motor", "another row with this key")
    assert fault.fix == "keep the right one, or add them up"


@pytest.mark.parametrize(
    ("table", "where", "column", "value", "row", "fix"),
    [
        (
            "supply",
            {"country": "JPN", "component": "press"},
            "country",
            "JPM",
            "press, JPM, 2024",
            "correct the name",
        ),
        ("demand", {"value_usd_m": 50.0}, "component", "magnets", "USA, magnets", "write magnet"),
        ("components", {"id": "ore"}, "source", "tinny", "ore", "write tiny"),
        ("components", {"id": "oxide"}, "host", "or", "oxide", "correct the name"),
        ("suppliers", {"id": "api-plant"}, "owner_country", "Q", "api-plant", "correct the name"),
        ("makes", {"component": "magnet"}, "supplier", "magnet-work", "magnet-work, magnet", "write magnet-works"),
        ("trade", {"exporter": "JPN"}, "exporter", "XYZ", "USA, XYZ, HS6, 850511, 2024", "add it to countries"),
    ],
)
def test_references(
    tiny: Tables, table: str, where: dict[str, Any], column: str, value: str, row: str, fix: str
) -> None:
    fault = only(checks.check_references(change(tiny, table, where, **{column: value})))
    assert (fault.table, fault.row, fault.column) == (table, row, column)
    assert fault.found == repr(value)
    assert fix in fault.fix


def test_unknown_source_key_in_many_rows_is_reported_for_each(tiny: Tables) -> None:
    faults = checks.check_references(change(tiny, "sources", {"key": "guess"}, key="guesses"))
    assumed = sum((frame["status"] == "assumed").sum() for _, frame in tiny if "status" in frame)
    assert len(faults) == assumed
    assert {p.fix for p in faults} == {"add it to sources, or write guesses"}


def test_ranges(tiny: Tables) -> None:
    where = {"market": "USA", "component": "magnet"}
    fault = only(checks.check_ranges(change(tiny, "demand", where, low=None)))
    assert (fault.table, fault.row, fault.column) == ("demand", "USA, magnet", "low, high")
    assert fault.wanted == "the range of an assumed value_usd_m"
    fault = only(checks.check_ranges(change(tiny, "demand", where, high=40.0)))
    assert (fault.row, fault.column) == ("USA, magnet", "low, value_usd_m, high")
    assert fault.found == "low 25, value 50, high 40"
    fault = only(checks.check_ranges(change(tiny, "technologies", {"id": "ksm-l"}, capex_low=None)))
    assert (fault.table, fault.row, fault.column) == ("technologies", "ksm-l", "capex_low, capex_high")
    fault = only(checks.check_ranges(change(tiny, "components", {"id": "ore"}, price_low=2000.0)))
    assert (fault.table, fault.row) == ("components", "ore")
    reported = {"component": "magnet", "origin": "CHN"}
    assert checks.check_ranges(change(tiny, "sourcing", reported, low=None)) == []


def test_one_of_two(tiny: Tables) -> None:
    fault = only(checks.check_one_of_two(change(tiny, "recipes", {"output": "tablet"}, value_share=0.5)))
    assert (fault.table, fault.row, fault.found) == ("recipes", "tablet, main, api", "both")
    fault = only(
        checks.check_one_of_two(change(tiny, "supply", {"component": "api", "country": "IND"}, quantity=None))
    )
    assert (fault.table, fault.row, fault.found) == ("supply", "api, IND, 2024", "neither")
    mixed = change(tiny, "supply", {"component": "press", "country": "JPN"}, share=None, quantity=5.0)
    fault = only(checks.check_one_of_two(mixed))
    assert (fault.table, fault.row) == ("supply", "press, 2024")
    assert fault.fix.startswith("give all rows of the component and year as quantities")


def test_shares(tiny: Tables) -> None:
    fault = only(
        checks.check_shares(change(tiny, "sourcing", {"market": "IND", "component": "magnet"}, share=0.6))
    )
    assert (fault.table, fault.row, fault.column) == ("sourcing", "IND, magnet", "share")
    assert fault.found == "shares that add up to 1.2"
    assert fault.fix == "lower shares by 0.2 in all"
    fault = only(checks.check_shares(change(tiny, "supply", {"component": "ore", "country": "CHN"}, share=0.75)))
    assert (fault.table, fault.row) == ("supply", "ore, 2024")


def test_value_shares(tiny: Tables) -> None:
    assert value_shares(tiny).tolist() == pytest.approx([0.5, 0.4, 0.5, 0.5, 0.2, 0.1, 0.5, 0.1, 0.25])
    fault = only(checks.check_value_shares(change(tiny, "recipes", {"output": "tablet"}, quantity=0.5)))
    assert (fault.table, fault.row) == ("recipes", "tablet, main")
    assert fault.found == "inputs that cost 1 of the price (api 1)"
    # Capital equipment is not used up: it does not count.
    assert checks.check_value_shares(change(tiny, "recipes", {"purpose": "build"}, value_share=1.0)) == []
    faults = checks.check_value_shares(change(tiny, "components", {"id": "press"}, price_usd_per_unit=0.0))
    assert (only(faults).table, only(faults).row) == ("components", "press")


def test_routes(tiny: Tables) -> None:
    fault = only(checks.check_routes(change(tiny, "recipes", {"route": "bio"}, route_share=0.5)))
    assert (fault.table, fault.row, fault.column) == ("recipes", "api", "route_share")
    assert fault.found == "routes that add up to 1.25"
    uneven = change(tiny, "recipes", {"output": "motor", "input": "oxide"}, route_share=0.5)
    fault = only(checks.check_routes(uneven))
    assert (fault.row, fault.found) == ("motor, main", "different shares")


def test_cycles(tiny: Tables) -> None:
    fault = only(checks.check_cycles(change(tiny, "recipes", {"output": "oxide"}, input="magnet")))
    assert fault.row == "alloy -> magnet -> oxide -> alloy"
    assert (fault.table, fault.found) == ("recipes", "a cycle")
    fault = only(checks.check_cycles(change(tiny, "recipes", {"output": "oxide"}, input="oxide")))
    assert fault.row == "oxide -> oxide"
    fault = only(checks.check_cycles(change(tiny, "components", {"id": "ore"}, host="oxide")))
    assert (fault.table, fault.column, fault.row) == ("components", "host", "ore -> oxide -> ore")


def test_chain(tiny: Tables) -> None:
    faults = checks.check_chain(drop(tiny, "demand", component="tablet"))
    assert [p.row for p in faults] == ["ksm", "api", "tablet"]
    assert {p.table for p in faults} == {"components"}
    assert "add the recipe that uses it" in faults[0].fix
    assert [p.row for p in checks.check_chain(drop(tiny, "recipes", purpose="build"))] == ["press"]


def test_makers(tiny: Tables) -> None:
    fault = only(checks.check_makers(drop(tiny, "supply", component="press")))
    assert (fault.table, fault.row, fault.column) == ("components", "press", "id")
    assert "add rows to supply" in fault.fix
    assert checks.check_makers(drop(tiny, "supply", component="magnet")) == []


def test_sites(tiny: Tables) -> None:
    fault = only(checks.check_sites(change(tiny, "sites", {"id": "coast"}, lon=21.75, lat=72.5)))
    assert (fault.table, fault.row, fault.column) == ("sites", "coast", "lon, lat")
    assert fault.fix == "exchange lon and lat"
    fault = only(checks.check_sites(change(tiny, "sites", {"id": "coast"}, lon=0.0, lat=0.0)))
    assert fault.found == "lon 0, lat 0"


def test_tags(tiny: Tables) -> None:
    fault = only(checks.check_tags(change(tiny, "sites", {"id": "plateau"}, tags="farma;electronics")))
    assert (fault.table, fault.row, fault.column, fault.fix) == (
        "sites",
        "plateau",
        "tags",
        "write pharma",
    )
    fault = only(checks.check_tags(change(tiny, "technologies", {"id": "api-l"}, site_tags="solar; battery")))
    assert (fault.table, fault.row, fault.column) == ("technologies", "api-l", "site_tags")
    assert fault.wanted == "a tag that some site has"


def test_codes(tiny: Tables) -> None:
    bad = change(
        change(tiny, "codes", {"component": "ore"}, code="25300"), "trade", {"code": "025300"}, code="25300"
    )
    faults = checks.check_codes(bad)
    assert [(p.table, p.row) for p in faults] == [
        ("codes", "ore, HS6, 25300"),
        ("trade", "USA, CHN, HS6, 25300, 2024"),
    ]
    assert {p.fix for p in faults} == {"write 025300: the leading zero is lost"}
    fault = only(checks.check_codes(change(tiny, "codes", {"component": "ore"}, code="2530.00")))
    assert fault.fix == "write six digits, with no dots"


def test_code_trade(tiny: Tables) -> None:
    fault = only(checks.check_code_trade(drop(tiny, "trade", code="850511")))
    assert (fault.table, fault.row, fault.column) == ("codes", "magnet, HS6, 850511", "code")
    assert "add its trade" in fault.fix


def test_empty_optional_tables_are_fine(tiny: Tables) -> None:
    names = ("trade", "codes", "suppliers", "makes", "sourcing")
    bare = tiny.replace(**{name: tiny[name].iloc[:0] for name in names})
    assert checks.check_all(bare) == []


def test_coverage(tiny: Tables) -> None:
    table = checks.coverage(tiny)
    assert table.columns.tolist() == [
        *("table", "sector", "rows", "first_year", "last_year", "reported", "computed", "inherited", "assumed")
    ]
    assert table["rows"].sum() == sum(len(frame) for _, frame in tiny)
    rows = table.set_index(["table", "sector"])
    assert rows.loc[("trade", "pharma"), ["rows", "first_year", "last_year"]].tolist() == [6, 2022, 2024]
    assert rows.loc[("supply", "pharma"), "reported"] == pytest.approx(5 / 7)
    assert rows.loc[("supply", "pharma"), "assumed"] == pytest.approx(2 / 7)
    assert pd.isna(rows.loc[("sources", "all"), "reported"])
    assert pd.isna(rows.loc[("codes", "pharma"), "first_year"])
    known = table[table["reported"].notna()]
    assert known[["reported", "computed", "inherited", "assumed"]].sum(axis=1).tolist() == pytest.approx(
        [1.0] * len(known)
    )
