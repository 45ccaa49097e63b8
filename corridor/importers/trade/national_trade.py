"""Trade as customs publish it: US Census Bureau, India's TradeStat, Eurostat Comext -> rows of ``trade``.

The first six digits of national codes (eight or ten) are those of the HS edition in force in that year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from corridor.data.countries.places import LETTERS, NAMES
from corridor.data.databases import quoted
from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.imported import Imported, source_row
from corridor.importers.files.open_files import Opened
from corridor.importers.files.widetable import lengthen
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
        CSV or parquet. Partner ``CTY_NAME``; code ``HS10``, ``HS6`` or ``I_COMMODITY``; value in US$ ``imports``,
        ``CON_VAL_YR`` or ``CON_VAL_MO``; duty ``duty``, ``CAL_DUT_YR`` or ``CAL_DUT_MO``; ``time`` (2024 or
        2024-12; a file of yearly sums holds December's).
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
        code = _first_of(["HS10", "HS6", "I_COMMODITY"], common, opened)
        value = _first_of(["imports", "CON_VAL_YR", "CON_VAL_MO"], common, opened)
        duty = next((name for name in ("duty", "CAL_DUT_YR", "CAL_DUT_MO") if name in common), "")
        period = "time" if "time" in common else ""
        skip = {}
        if "CTY_CODE" in common:
            skip["groups of countries, which would count twice"] = (
                "CTY_CODE = '-' OR (CTY_CODE LIKE '00%' AND CTY_CODE <> '0003')"
            )
        if code == "I_COMMODITY":
            level = _finest(engine, opened, code, (10, 6))
            skip["other levels of the nomenclature"] = f"length(trim(CAST(I_COMMODITY AS VARCHAR))) <> {level}"
        layout = ColumnMap(
            source="US Census",
            period=period,
            exporter="CTY_NAME",
            code=code,
            value=value,
            duty=duty,
            usd=1.0,
            skip=skip,
        )
        year = None if period else _one_year(choice)
        yearly = value != "CON_VAL_MO"
        return opened, Reading(layout=layout, places=NAMES, importer="USA", year=year, yearly=yearly)

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


def _one_year(choice: TradeOptions) -> int:
    if len(choice.years) != 1:
        raise ConfigError("the file has no column time: give its year with --year, such as --year 2024")
    return choice.years[0]


def _first_of(names: Sequence[str], common: set[str], opened: Sequence[Opened]) -> str:
    for name in names:
        if name in common:
            return name
    found = ", ".join(opened[0].columns[:12])
    fix = "give the publisher's file as it was published"
    raise DataError([Fault(opened[0].name, "header", names[0], found, f"a column {' or '.join(names)}", fix)])


def _finest(engine: DuckDBPyConnection, opened: Sequence[Opened], code: str, levels: Sequence[int]) -> int:
    """First of the levels (numbers of digits) that the files hold, else the first level."""
    found: set[int] = set()
    for file in opened:
        query = f"SELECT DISTINCT length(trim(CAST({quoted(code)} AS VARCHAR))) FROM {file.scan({})}"
        found |= {int(row[0]) for row in engine.execute(query).fetchall() if row[0] is not None}
    return next((level for level in levels if level in found), levels[0])


def read_tradestat(
    files: Sequence[str | Path],
    choice: TradeOptions | None = None,
    *,
    flow: str,
    partners: bool = False,
    usd: float = 1e6,
    date: str = "",
) -> Imported:
    """Read India's trade by HS8 and partner (TradeStat, Ministry of Commerce; DGCI&S).

    Parameters
    ----------
    files
        CSV or parquet with the columns ``fy_start`` (2022 for April 2022 to March 2023; or ``year``,
        ``financialyear``), ``hs8`` (or ``hs_code``), ``country``, ``value_musd``.
    choice
        What to keep; the codes of the bundled tables if None.
    flow
        ``imports`` (CIF) or ``exports`` (FOB); not stated in the files.
    partners
        Exports: keep each buyer as an importer. Otherwise they are added up as ROW, since the
        buyers' own customs report the same goods with other values.
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

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        common = set.intersection(*(set(file.columns) for file in opened))
        layout = ColumnMap(
            source="TradeStat",
            period=_first_of(["fy_start", "financialyear", "year"], common, opened),
            importer="" if flow == "imports" else "country",
            exporter="country" if flow == "imports" else "",
            code=_first_of(["hs8", "hs_code"], common, opened),
            value=_first_of(["value_musd"], common, opened),
            usd=usd,
        )
        home, abroad = ("IND", "") if flow == "imports" else ("", "IND")
        together = flow == "exports" and not partners
        return opened, Reading(layout=layout, places=NAMES, together=together, importer=home, exporter=abroad)

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
        levels = (8, 6) if not sdmx else (6, 8)
        level = _finest(engine, tables, code, levels)
        reporter = "reporter" if sdmx else _first_of(["REPORTER", "DECLARANT_ISO", "DECLARANT"], common, tables)
        partner = "partner" if sdmx else _first_of(["PARTNER_ISO", "PARTNER"], common, tables)
        flow_column = "flow" if sdmx else "FLOW"
        skip = {
            f"other flows than {flow}": f"trim(CAST({flow_column} AS VARCHAR)) <> '{number}'",
            "other levels of the nomenclature": f"length(trim(CAST({code} AS VARCHAR))) <> {level}",
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
        return tables, Reading(layout=layout, places=LETTERS, groups=_EURO_GROUPS)

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
