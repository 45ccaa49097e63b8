"""Rules of limits, second sources and facilities: one bad row each, reported with row, column and fix."""

from typing import Any

import pandas as pd
import pytest

from corridor.config import load_study
from corridor.data.checks import check_all
from corridor.data.checks import limits as limit_rules
from corridor.data.checks.rules import check_ranges
from corridor.data.frames import conform
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, Fault
from corridor.relocation.model.limits import check_limit_scopes
from tests import TINY

KNOWN = {"status": "assumed", "source": "guess", "low": 0.0, "high": 1e9}
LIMIT = {"name": "cap", "limit": "power_mw", "amount": 10, "unit": "MW", **KNOWN}
SECOND = {
    "component": "magnet",
    "origin": "JPN",
    "cost_usd_m": 2,
    "lead_years": 1,
    "least_share": 0.1,
    "most_share": 0.3,
    **KNOWN,
}
FACILITY = {
    "id": "coast-plant",
    "name": "Effluent plant",
    "site": "coast",
    "kind": "effluent plant",
    "sectors": "pharma",
    "capex_usd_m": 5,
    **KNOWN,
}


@pytest.fixture(scope="module")
def tiny() -> Tables:
    return load_tables(TINY)


def with_row(tables: Tables, table: str, base: dict[str, Any], **values: Any) -> Tables:
    """Tables in which one table has a single row."""
    frame, faults = conform(table, pd.DataFrame([{**base, **values}], dtype=object))
    assert faults == []
    return tables.replace(**{table: frame})


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, faults
    return faults[0]


def test_good_rows_pass(tiny: Tables) -> None:
    tables = with_row(tiny, "limits", LIMIT, state="Odisha", sectors="magnets; pharma")
    tables = with_row(tables, "second_sources", SECOND)
    tables = with_row(tables, "facilities", FACILITY, stages="active ingredient; intermediate")
    assert check_all(tables) == []


@pytest.mark.parametrize(
    ("values", "column", "fix"),
    [
        ({"unit": "GW"}, "unit", "write MW"),
        ({"state": "Odisa"}, "state", "write Odisha"),
        ({"sectors": "magnets;farma"}, "sectors", "write pharma"),
        (
            {"limit": "plants", "unit": "plant", "state": "Odisha", "in_year": 2027},
            "state, site, in_year",
            "leave in_year or the place blank",
        ),
        (
            {"limit": "fund", "unit": "US$ million", "site": "east"},
            "state, site",
            "leave the place blank, or use investment or plants",
        ),
        ({"in_year": 2027}, "in_year", "leave in_year blank, or use investment or plants"),
        (
            {"limit": "site_share", "unit": "fraction", "amount": 1.5, "component": "magnet"},
            "amount",
            "write a number from 0 to 1",
        ),
    ],
)
def test_a_bad_limit(tiny: Tables, values: dict[str, Any], column: str, fix: str) -> None:
    faults = limit_rules.check_limits(with_row(tiny, "limits", LIMIT, **values))
    found = [fault for fault in faults if fault.column == column]
    assert (only(found).row, only(found).fix) == ("cap", fix)


@pytest.mark.parametrize(
    "values",
    [
        {"component": "oxide"},
        {"sectors": "solar"},
        {"component": "magnet", "sectors": "pharma"},
        {"technology": "magnet-l", "site": "coast"},
        {"technology": "magnet-l", "state": "Telangana"},
    ],
)
def test_a_limit_that_counts_no_plant(tiny: Tables, values: dict[str, Any]) -> None:
    fault = only(limit_rules.check_limits(with_row(tiny, "limits", LIMIT, **values)))
    assert (fault.row, fault.found, fault.fix) == ("cap", "names nothing", "widen it or drop the row")


def test_the_same_place_counts_a_plant_that_fits_it(tiny: Tables) -> None:
    tables = with_row(tiny, "limits", LIMIT, technology="magnet-s", state="Telangana")
    assert limit_rules.check_limits(tables) == []


def test_what_the_check_lets_pass_a_study_takes(tiny: Tables) -> None:
    """The table's rule and the study's agree on rows that both look at."""
    study = load_study()
    for values in ({}, {"unit": "GW"}, {"state": "Orissa"}, {"in_year": 2027}, {"component": "oxide"}):
        tables = with_row(tiny, "limits", LIMIT, **values)
        if limit_rules.check_limits(tables):
            with pytest.raises(ConfigError):
                check_limit_scopes(tables.limits, tables, study)
        else:
            check_limit_scopes(tables.limits, tables, study)


def test_an_assumed_limit_has_a_range(tiny: Tables) -> None:
    fault = only(check_ranges(with_row(tiny, "limits", LIMIT, low=None)))
    assert (fault.table, fault.row, fault.fix) == ("limits", "cap", "fill both ends")


def test_second_sources(tiny: Tables) -> None:
    fault = only(limit_rules.check_levers(with_row(tiny, "second_sources", SECOND, origin="IND")))
    assert (fault.row, fault.column) == ("magnet, IND", "origin")
    fault = only(limit_rules.check_levers(with_row(tiny, "second_sources", SECOND, least_share=0.4)))
    assert (fault.found, fault.fix) == ("least 0.4, most 0.3", "lower least_share or raise most_share")


def test_facilities(tiny: Tables) -> None:
    fault = only(limit_rules.check_levers(with_row(tiny, "facilities", FACILITY, sectors="pharma;farma")))
    assert (fault.row, fault.column, fault.fix) == ("coast-plant", "sectors", "write pharma")
    fault = only(limit_rules.check_levers(with_row(tiny, "facilities", FACILITY, stages="intermediates")))
    assert (fault.column, fault.fix) == ("stages", "write intermediate")
