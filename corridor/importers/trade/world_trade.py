"""World trade: CEPII BACI and UN Comtrade -> rows of ``trade``.

Sources: Gaulier & Zignago, "BACI: International Trade Database at the Product-Level" (CEPII working paper
2010-23); United Nations, UN Comtrade database.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from corridor.data.countries.places import NAMES, NUMBERS
from corridor.data.databases import quoted
from corridor.errors import ConfigError
from corridor.importers.files.imported import Imported, source_row
from corridor.importers.files.open_files import Opened
from corridor.importers.trade.flows import checked_flow, flow_column, flow_skips, plain_name
from corridor.importers.trade.revisions import named
from corridor.importers.trade.scanning.columns import ColumnMap
from corridor.importers.trade.table import Reading, TradeOptions, chosen, read_trade

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["read_baci", "read_comtrade"]

_BACI = ColumnMap(source="BACI", period="t", exporter="i", importer="j", code="k", value="v", usd=1e3)


def read_baci(
    files: Sequence[str | Path],
    choice: TradeOptions | None = None,
    *,
    revision: str = "",
    usd: float = 1e3,
    date: str = "",
) -> Imported:
    """Read BACI, any number of years.

    Parameters
    ----------
    files
        ``BACI_HS17_Y2022_V202501.csv`` and so on (columns t year, i exporter, j importer, k product, v value in
        thousand US$, q quantity in t), or the zip with all of them; country_codes may be among them.
    choice
        What to keep; the codes of the bundled tables if None.
    revision
        Edition of the Harmonized System; taken from the file names if empty.
    usd
        US$ in one unit of ``v``.
    date
        Edition of BACI; taken from the file names if empty.

    Returns
    -------
    Imported
        ``trade`` (HS 2022; rows of codes that changed are computed) and ``sources``.

    Raises
    ------
    DataError
        A file is not BACI's, or has faults; all are listed.
    ConfigError
        A file is missing, or the edition is unknown.

    Notes
    -----
    BACI reconciles the two reports of a flow and removes freight from import values: they are FOB, below those of
    customs.
    """
    choice = chosen(choice)
    edition = _edition(files, revision)
    version = date or next((f"V{found}" for found in re.findall(r"_V(\d{6})", " ".join(map(str, files)))), "")
    source = source_row(
        f"baci-{edition.lower()}{'-' + version.lower() if version else ''}",
        f"BACI, {edition}: international trade database at the product level",
        "CEPII",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "Etalab Open Licence 2.0; cite Gaulier and Zignago (2010)",
        version,
        "reconciled values, FOB",
    )

    def want(name: str) -> bool:
        year = re.search(r"_Y(\d{4})", name)
        return year is None or not choice.years or int(year[1]) in choice.years

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        book: dict[str, str] = {}
        tables = []
        for file in opened:
            if {"country_code", "country_iso3"} <= set(file.columns):
                book |= _country_codes(file)
            elif {"code", "description"} != set(file.columns):  # names of products are not needed
                tables.append(file)
        return tables or opened, Reading(
            layout=replace(_BACI, usd=usd), places=NUMBERS, revision=edition, book=book
        )

    return read_trade(files, choose, choice, source, want=want)


def _edition(files: Sequence[str | Path], revision: str) -> str:
    if revision:
        known = named(revision)
        if known is None:
            raise ConfigError(f"revision {revision!r}: wanted an edition such as HS17 or HS22")
        return known
    words = sorted({word for file in files for word in re.findall(r"_HS(\d\d)_", Path(file).name)})
    if len(words) != 1:
        found = "several editions" if words else "no edition"
        raise ConfigError(f"the file names have {found} of the Harmonized System: give --revision, such as HS17")
    return _edition(files, f"HS{words[0]}")


def _country_codes(file: Opened) -> dict[str, str]:
    with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        rows = csv.DictReader(lines)
        return {row["country_code"].strip(): row["country_iso3"].strip() for row in rows if row["country_iso3"]}


def read_comtrade(
    files: Sequence[str | Path], choice: TradeOptions | None = None, *, flow: str = "imports", date: str = ""
) -> Imported:
    """Read UN Comtrade files from its API, comtradeapicall or the bulk download.

    Parameters
    ----------
    files
        CSV, tab-separated text (also .gz), parquet, JSON or a workbook with the columns of the API: period,
        reporterCode, flowCode, partnerCode, classificationCode, cmdCode, primaryValue (US$); or those of the old
        web page and API (Period, Reporter Code, Trade Flow, Commodity Code, Trade Value (US$), ...).
    choice
        What to keep; the codes of the bundled tables if None.
    flow
        ``imports`` as importers report them (CIF), or ``exports`` as exporters report them (FOB).
    date
        Day of the extract.

    Returns
    -------
    Imported
        ``trade`` and ``sources``. The World as partner, second partners, modes of transport, customs procedures,
        re-imports, and codes of two and four digits are left out: they repeat the other rows.

    Raises
    ------
    DataError
        A column is missing, or the files have faults; all are listed.
    ConfigError
        A file is missing or the flow is unknown.
    """
    choice, flow = chosen(choice), checked_flow(flow)
    source = source_row(
        f"comtrade-{flow}",
        f"UN Comtrade, {flow}, annual or monthly, Harmonized System",
        "United Nations Statistics Division",
        "https://comtradeplus.un.org/",
        "UN Comtrade terms of use: internal use; passing data on needs permission",
        date,
        "CIF" if flow == "imports" else "exports as exporters report them, FOB",
        closed=True,
    )

    def choose(engine: DuckDBPyConnection, opened: list[Opened]) -> tuple[list[Opened], Reading]:
        column = {role: _column(opened, names) for role, names in _COMTRADE.items()}
        bought = flow == "imports"
        stated = flow_column(engine, opened)
        skip = _comtrade_skips(opened)
        if stated or _ANY_FLOW not in choice.allow:
            skip |= flow_skips(engine, opened, stated, flow)
        layout = ColumnMap(
            source="UN Comtrade",
            period=column["period"],
            importer=column["reporter"] if bought else column["partner"],
            exporter=column["partner"] if bought else column["reporter"],
            code=column["code"],
            value=column["value"],
            revision=column["revision"],
            usd=1.0,
            skip=skip,
        )
        codes = plain_name(column["partner"]).endswith("code")
        return opened, Reading(layout=layout, places=NUMBERS if codes else NAMES)

    return read_trade(files, choose, choice, source)


_ANY_FLOW = "no-flow"
# names of the columns in the API of Comtrade+, its bulk files, the old API and the old web page
_COMTRADE = {
    "period": ("period", "refYear", "yr", "year"),
    "reporter": ("reporterCode", "rtCode", "reporterISO", "rt3ISO", "reporterDesc", "rtTitle", "reporter"),
    "partner": ("partnerCode", "ptCode", "partnerISO", "pt3ISO", "partnerDesc", "ptTitle", "partner"),
    "code": ("cmdCode", "commodityCode"),
    "value": ("primaryValue", "TradeValue", "tradeValueUS"),
    "revision": ("classificationCode", "classification", "pfCode"),
}
_SAME_ROWS = {
    "services": (("typeCode", "type"), "{} NOT IN ('C', 'Goods', '')"),
    "second partners": (("partner2Code", "ptCode2", "2ndPartnerCode"), "{} NOT IN ('0', '0.0', '')"),
    "customs procedures": (("customsCode", "cstCode", "customsProcCode"), "{} NOT IN ('C00', '0', '')"),
    "modes of supply": (("mosCode",), "{} NOT IN ('0', '0.0', '')"),
    "modes of transport": (("motCode", "modeOfTransportCode"), "{} NOT IN ('0', '0.0', '')"),
}


def _column(opened: Sequence[Opened], names: Sequence[str]) -> str:
    """The first of some names that all files have, as they spell it; the first name if they have none."""
    spelt = {plain_name(column): column for column in opened[0].columns}
    for name in names:
        found = spelt.get(plain_name(name))
        if found is not None and all(found in file.columns for file in opened):
            return found
    return names[0]


def _comtrade_skips(opened: Sequence[Opened]) -> dict[str, str]:
    skips = {}
    for why, (names, condition) in _SAME_ROWS.items():
        column = _column(opened, names)
        if column in opened[0].columns:
            skips[why] = condition.format(f"coalesce(trim(CAST({quoted(column)} AS VARCHAR)), '')")
    return skips
