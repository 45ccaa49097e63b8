"""Trade as customs publish it: US Census Bureau, India's TradeStat, Eurostat Comext -> rows of ``trade``.

The first six digits of national codes (eight or ten) are those of the HS edition in force in that year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from corridor.data.countries.places import LETTERS, NAMES, to_iso3
from corridor.data.databases import quoted
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported, source_row
from corridor.importers.files.open_files import Opened
from corridor.importers.files.widetable import PERIOD, VALUE, lengthen, lengthen_years
from corridor.importers.trade.flows import plain_name
from corridor.importers.trade.scanning.columns import ColumnMap
from corridor.importers.trade.table import Reading, TradeOptions, chosen, read_trade

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["read_census", "read_comext", "read_tradestat"]

_UNIONS = ("EU", "EU27_2020", "EU28", "EA19", "EA20", "EA21")
_EURO_GROUPS = frozenset(
    {"WORLD", *(f"{side}_{union}" for union in _UNIONS for side in ("EXT", "INT"))}
    | {*_UNIONS[1:], *(f"{union}_{side}" for union in _UNIONS for side in ("EXTRA", "INTRA"))}
)
_DETAIL = ("TRADE_TYPE", "STAT_PROCEDURE", "STAT_REGIME", "SUPPL_UNIT", "SUPP_UNIT")


def read_census(files: Sequence[str | Path], choice: TradeOptions | None = None, *, date: str = "") -> Imported:
    """Read US imports for consumption at HS10 or HS6.

    Parameters
    ----------
    files
        CSV, parquet, workbook, or JSON as the API answers (an array of rows, names first). Partner ``CTY_NAME``;
        code ``HS10``, ``HS6`` or ``I_COMMODITY``; value in US$ ``imports``, ``CON_VAL_YR`` or ``CON_VAL_MO`` (else
        general imports, ``GEN_VAL_YR`` or ``GEN_VAL_MO``); duty ``duty``, ``CAL_DUT_YR`` or ``CAL_DUT_MO``;
        ``time`` (2024 or 2024-12; a file of yearly sums holds December's), or ``YEAR`` and ``MONTH``. Or a
        download of USA Trade Online (Commodity, Country, Time, Customs Value (Cons) ($US)).
    choice
        What to keep (the codes of the bundled tables if None); one year is needed if there is no ``time``.
    date
        Day of the extract.

    Returns
    -------
    Imported
        ``trade`` (importer USA, customs value, with calculated duty) and ``sources``. If the European
        Union is one partner beside some of its members, the members are left out.

    Raises
    ------
    DataError
        A column is missing, or the files have faults; all are listed.
    ConfigError
        A file is missing, or the year is unknown.
    """
    choice = chosen(choice)

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        common = set.intersection(*(set(file.columns) for file in opened))
        _refuse_exports(opened)
        code = _first_of(["HS10", "HS6", "I_COMMODITY", "Commodity"], common, opened)
        value = _first_of(_CENSUS_VALUES, common, opened)
        duty = next((spelt for name in _CENSUS_DUTIES if (spelt := _spelt(name, common))), "")
        period = next((spelt for name in ("time", "YEAR") if (spelt := _spelt(name, common))), "")
        month = _spelt("MONTH", common) if plain_name(period) == "year" else ""
        skip = {}
        if codes := _spelt("CTY_CODE", common):
            skip["groups of countries, which would count twice"] = (
                f"{codes} = '-' OR ({codes} LIKE '00%' AND {codes} <> '0003')"
            )
        layout = ColumnMap(
            source="US Census",
            period=period,
            month=month,
            exporter=_first_of(["CTY_NAME", "Country", "CTY_DESC"], common, opened),
            code=code,
            value=value,
            duty=duty,
            usd=1.0,
            skip=skip,
            grouped=True,
        )
        year = None if period else _one_year(choice)
        # sums of a year stand under its last month, except where each month has its own value
        yearly = plain_name(value).endswith(("yr", "imports"))
        return opened, Reading(layout=layout, places=NAMES, importer="USA", year=year, yearly=yearly, monthly=True)

    source = source_row(
        "us-census-imports",
        "US imports for consumption by partner, Harmonized System",
        "US Census Bureau",
        "https://www.census.gov/foreign-trade/",
        "public domain",
        date,
        "customs value; calculated duty",
    )
    return read_trade(files, choose, choice, source)


_CENSUS_VALUES = (
    "imports",
    "CON_VAL_YR",
    "CON_VAL_MO",
    "GEN_VAL_YR",
    "GEN_VAL_MO",
    "Customs Value (Cons) ($US)",
    "Customs Value (Gen) ($US)",
)
_CENSUS_DUTIES = ("duty", "CAL_DUT_YR", "CAL_DUT_MO", "Calculated Duty ($US)", "Calculated Duties ($US)")


def _refuse_exports(opened: Sequence[Opened]) -> None:
    """Raise DataError if a file holds US exports: read as imports, buyers would count as suppliers."""
    faults = [
        Fault(file.name, "header", name, "US exports", "US imports for consumption", "download the imports")
        for file in opened
        for name in file.columns
        if plain_name(name) in ("ecommodity", "allvalyr", "allvalmo", "totalexportsvalueus", "fasvalueus")
    ]
    if faults:
        raise DataError(faults)


def _spelt(name: str, common: set[str]) -> str:
    """A column as the files spell it; empty if they have none of this name."""
    return next((column for column in sorted(common) if plain_name(column) == plain_name(name)), "")


def _one_year(choice: TradeOptions) -> int:
    if len(choice.years) != 1:
        raise ConfigError("the file has no column time: give its year with --year, such as --year 2024")
    return choice.years[0]


def _first_of(names: Sequence[str], common: set[str], opened: Sequence[Opened]) -> str:
    for name in names:
        if spelt := _spelt(name, common):
            return spelt
    found = ", ".join(opened[0].columns[:12])
    fix = "give a file of this publisher; any other table is read with corridor import table"
    raise DataError([Fault(opened[0].name, "header", names[0], found, f"a column {' or '.join(names)}", fix)])


def read_tradestat(
    files: Sequence[str | Path],
    choice: TradeOptions | None = None,
    *,
    flow: str,
    partners: bool = False,
    code: str = "",
    country: str = "",
    usd: float = 1e6,
    date: str = "",
) -> Imported:
    """Read India's trade by HS8 and partner (TradeStat, Ministry of Commerce; DGCI&S).

    Parameters
    ----------
    files
        CSV or parquet with the columns ``fy_start`` (2022 for April 2022 to March 2023; or ``year``,
        ``financialyear``), ``hs8`` (or ``hs_code``), ``country``, ``value_musd``; or TradeStat's own pages as CSV,
        workbook or HTML saved as .xls, with a column per fiscal year (2021-2022). Such a page lists the countries
        of one code, or the codes of one country, and does not say which.
    choice
        What to keep; the codes of the bundled tables if None.
    flow
        ``imports`` (CIF) or ``exports`` (FOB); not stated in the files.
    partners
        Exports: keep each buyer as an importer. Otherwise they are added up as ROW, since the
        buyers' own customs report the same goods with other values.
    code, country
        Of a page that lists the countries of one code, or the codes of one country (a name or iso3).
    usd
        US$ in one unit of the value.
    date
        Day of the extract.

    Returns
    -------
    Imported
        ``trade`` and ``sources``; the year is the first of the fiscal year.

    Raises
    ------
    DataError
        A column is missing, or the files have faults; all are listed.
    ConfigError
        A file is missing, or the flow is unknown.
    """
    if flow not in ("imports", "exports"):
        raise ConfigError("TradeStat's tables do not state the flow: give --flow imports or --flow exports")
    if country:
        known = to_iso3(pd.Series([country]), NAMES)[0]
        if not isinstance(known, str):
            raise ConfigError(f"country {country!r}: not known; give a code of ISO 3166-1 such as CHN")
        country = known

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        fixed = {"hs8": code} if code else {}
        tables = [lengthen_years(engine, file, fixed) for file in opened]
        common = set.intersection(*(set(file.columns) for file in tables))
        _need_page(common, tables, code, country)
        partner = "" if country else _first_of(_COUNTRIES, common, tables)
        layout = ColumnMap(
            source="TradeStat",
            period=_first_of([PERIOD, "fy_start", "financialyear", "year"], common, tables),
            importer="" if flow == "imports" else partner,
            exporter=partner if flow == "imports" else "",
            code=_first_of(_CODES, common, tables),
            value=_first_of([VALUE, "value_musd"], common, tables),
            usd=usd,
            skip=_not_rows(common),
            grouped=True,
        )
        home, abroad = ("IND", country) if flow == "imports" else (country, "IND")
        together = flow == "exports" and not partners
        return tables, Reading(layout=layout, places=NAMES, together=together, importer=home, exporter=abroad)

    source = source_row(
        f"tradestat-{flow}",
        f"India's {flow} by HS8 and partner, fiscal years",
        "Ministry of Commerce and Industry, Government of India",
        "https://tradestat.commerce.gov.in/",
        "Government of India; cite the publisher",
        date,
        "CIF" if flow == "imports" else "FOB, as India reports it",
    )
    return read_trade(files, choose, chosen(choice), source)


_CODES = ("hs8", "hs_code", "HSCode", "HS", "ITC HS", "ITCHS Code")
_COUNTRIES = ("country", "Country / Region", "Countries", "Partner")


def _need_page(common: set[str], tables: Sequence[Opened], code: str, country: str) -> None:
    """Raise ConfigError that says what a page of TradeStat leaves out, and the options for it."""
    if VALUE not in common:
        return
    has_code = any(_spelt(name, common) for name in _CODES)
    has_country = any(_spelt(name, common) for name in _COUNTRIES)
    if not has_code:
        raise ConfigError(
            f"{tables[0].name} is a page of TradeStat that lists countries and does not say of which code. "
            "Fix: give it with --code, such as --code 85076000"
        )
    if not has_country and not country:
        raise ConfigError(
            f"{tables[0].name} is a page of TradeStat that lists codes and does not say of which country. "
            "Fix: give it with --country, such as --country CHN; a page of all countries together has no partners"
        )


def _not_rows(common: set[str]) -> dict[str, str]:
    """Rows of totals and shares below the table: they have no number in the column S.No."""
    number = next((name for name in sorted(common) if plain_name(name) in ("sno", "srno", "slno")), "")
    if not number:
        return {}
    counted = f"regexp_full_match(trim(CAST({quoted(number)} AS VARCHAR)), '[0-9]+[.]?0?')"
    return {"totals and shares of the page": f"NOT coalesce({counted}, FALSE)"}


def read_comext(
    files: Sequence[str | Path],
    choice: TradeOptions | None = None,
    *,
    rates: Mapping[int, float],
    flow: str = "imports",
    date: str = "",
) -> Imported:
    """Read Eurostat's trade of the member states.

    Parameters
    ----------
    files
        Bulk files ``full_*.dat`` (REPORTER or DECLARANT, PARTNER, PRODUCT_NC, FLOW, PERIOD, VALUE_EUR or
        VALUE_IN_EUROS, ...); SDMX-CSV (reporter, partner, product, flow, indicators, TIME_PERIOD, OBS_VALUE); or
        the wide .tsv of the bulk download.
    choice
        What to keep; the codes of the bundled tables if None.
    rates
        Year -> US$ for one euro (yearly mean).
    flow
        ``imports`` (CIF) or ``exports`` (FOB).
    date
        Day of the extract.

    Returns
    -------
    Imported
        ``trade`` (importers are member states) and ``sources``.

    Raises
    ------
    DataError
        A column is missing, or the files have faults; all are listed.
    ConfigError
        A file is missing, the flow is unknown, or a year has no rate.
    """
    if flow not in ("imports", "exports"):
        raise ConfigError(f"flow {flow!r}: wanted imports or exports")
    number = "1" if flow == "imports" else "2"

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        tables = [lengthen(engine, file) for file in opened]
        common = set.intersection(*(set(file.columns) for file in tables))
        sdmx = "OBS_VALUE" in common
        code = "product" if sdmx else _first_of(["PRODUCT_NC"], common, tables)
        reporter = "reporter" if sdmx else _first_of(["REPORTER", "DECLARANT_ISO", "DECLARANT"], common, tables)
        partner = "partner" if sdmx else _first_of(["PARTNER_ISO", "PARTNER"], common, tables)
        flow_column = "flow" if sdmx else "FLOW"
        skip = {
            f"other flows than {flow}": f"trim(CAST({flow_column} AS VARCHAR)) <> '{number}'",
        }
        if sdmx and "indicators" in common:
            skip = {"quantities": "indicators NOT IN ('VALUE_IN_EUROS', 'VALUE_EUR')", **skip}
        layout = ColumnMap(
            source="Comext",
            period="TIME_PERIOD" if sdmx else _first_of(["PERIOD"], common, tables),
            importer=reporter if flow == "imports" else partner,
            exporter=partner if flow == "imports" else reporter,
            code=code,
            value="OBS_VALUE" if sdmx else _first_of(["VALUE_EUR", "VALUE_IN_EUROS"], common, tables),
            usd=dict(rates),
            detail=tuple(name for name in _DETAIL if name in common),
            skip=skip,
            no_money=frozenset({"quantities"}),
            missing=("", ":") if sdmx else (),
        )
        return tables, Reading(layout=layout, places=LETTERS, groups=_EURO_GROUPS, monthly=True)

    source = source_row(
        f"comext-{flow}",
        f"EU trade by member state, partner and CN8, {flow}",
        "Eurostat",
        "https://ec.europa.eu/eurostat/databrowser/bulk?lang=en&selectedTab=fileComext",
        "reuse with source (Commission Decision 2011/833/EU)",
        date,
        "euro converted to US$ with rates given by the user: "
        + ", ".join(f"{year} {rate:g}" for year, rate in sorted(rates.items())),
    )
    return read_trade(files, choose, chosen(choice), source)
