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

from corridor.data.databases import quoted
from corridor.errors import ConfigError
from corridor.importers.files.imported import Imported, source_row
from corridor.importers.files.open_files import Opened
from corridor.importers.files.places import NUMBERS
from corridor.importers.trade.revisions import named
from corridor.importers.trade.scan import ColumnMap
from corridor.importers.trade.table import Reading, TradeOptions, chosen, read_trade

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["read_baci", "read_comtrade"]

_BACI = ColumnMap(source="BACI", period="t", exporter="i", importer="j", code="k", value="v", usd=1e3, digits=6)


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
        CSV, tab-separated text (also .gz), parquet or JSON with the columns of the API: period, reporterCode,
        flowCode, partnerCode, classificationCode, cmdCode, primaryValue (US$).
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
        and codes of two and four digits are left out: they repeat the other rows.

    Raises
    ------
    DataError
        A column is missing, or the files have faults; all are listed.
    ConfigError
        A file is missing or the flow is unknown.
    """
    choice = chosen(choice)
    if flow not in ("imports", "exports"):
        raise ConfigError(f"flow {flow!r}: wanted imports or exports")
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
        common = set.intersection(*(set(file.columns) for file in opened))
        bought = flow == "imports"
        layout = ColumnMap(
            source="UN Comtrade",
            period="period",
            importer="reporterCode" if bought else "partnerCode",
            exporter="partnerCode" if bought else "reporterCode",
            code="cmdCode",
            value="primaryValue",
            revision="classificationCode",
            usd=1.0,
            skip=_comtrade_skips(flow, common),
        )
        return opened, Reading(layout=layout, places=NUMBERS, groups=frozenset({"0", "0.0"}))

    return read_trade(files, choose, choice, source)


def _comtrade_skips(flow: str, common: set[str]) -> dict[str, str]:
    def text(name: str) -> str:
        return f"trim(CAST({quoted(name)} AS VARCHAR))"

    skips = {
        "services": ("typeCode", "{} <> 'C'"),
        f"other flows than {flow}": ("flowCode", "{} <> '" + ("M" if flow == "imports" else "X") + "'"),
        "codes without six digits": ("cmdCode", "length({}) NOT IN (5, 6)"),
        "totals of all commodities": ("cmdCode", "{} = 'TOTAL'"),
        "second partners": ("partner2Code", "{} NOT IN ('0', '0.0')"),
        "customs procedures": ("customsCode", "{} NOT IN ('C00', '0')"),
        "modes of supply": ("mosCode", "{} NOT IN ('0', '0.0')"),
        "modes of transport": ("motCode", "{} NOT IN ('0', '0.0')"),
    }
    return {why: condition.format(text(name)) for why, (name, condition) in skips.items() if name in common}
