"""`corridor import`: a user's own data as tables that corridor reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import out as say

if TYPE_CHECKING:
    from corridor.importers.files.imported import Imported
    from corridor.importers.trade.table import TradeOptions

_MARKETS = frozenset({"IND", "USA"})


@dataclass(frozen=True)
class _Request:
    """The options of the command line."""

    files: list[Path]
    choice: TradeOptions
    flow: str
    revision: str
    unit: float | None
    rates: dict[int, float]
    partners: bool
    columns: str | None
    columns_file: Path | None
    table: str
    status: str
    source: dict[str, str]
    components: Path | None
    code: str
    country: str
    yes: bool


def import_(
    source: Annotated[
        str,
        typer.Argument(
            help="baci, comtrade, census, tradestat, dgcis, comext (trade); usgs, iea, eto, mrio (supply); "
            "worldbank (countries); table (any table with a column map)."
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="The publisher's files; .gz and .zip are read as they are.")],
    into: Annotated[Path, typer.Option("--into", help="Folder for the tables; other imports there are kept.")],
    year: Annotated[
        list[int] | None, typer.Option("--year", help="Year to keep; may be given again.", show_default=False)
    ] = None,
    reporter: Annotated[
        list[str] | None,
        typer.Option(
            "--reporter",
            help="Importing country (iso3) to keep, or all; may be given again. BACI and Comtrade: IND and USA.",
            show_default=False,
        ),
    ] = None,
    components: Annotated[
        Path | None,
        typer.Option(
            "--components",
            help="CSV: component and code (trade), or component and input or sector (eto, mrio).",
            show_default=False,
        ),
    ] = None,
    concordance: Annotated[
        Path | None,
        typer.Option(
            "--concordance",
            help="CSV: from_revision, from_code, to_code, weight: how codes of other editions map to ours.",
            show_default=False,
        ),
    ] = None,
    flow: Annotated[str, typer.Option("--flow", help="imports or exports.", show_default=False)] = "",
    partners: Annotated[
        bool, typer.Option("--partners", help="tradestat exports: keep each buyer instead of ROW.")
    ] = False,
    code: Annotated[
        str, typer.Option("--code", help="tradestat: the code of a page that lists its countries.")
    ] = "",
    country: Annotated[
        str, typer.Option("--country", help="tradestat: the country of a page that lists its codes.")
    ] = "",
    revision: Annotated[
        str, typer.Option("--revision", help="baci: edition of the Harmonized System, such as HS17.")
    ] = "",
    unit: Annotated[
        float | None, typer.Option("--unit", help="US$ in one unit of the value, if not the usual.")
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option("--rate", help="US$ for one unit of currency in a year: 2023=1.08; may be given again."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--map", help="table: 'year=Year,importer=@IND,exporter=Partner,code=HS,value=Trade Value'."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="table: take the guessed map of columns.")] = False,
    columns_file: Annotated[Path | None, typer.Option("--map-file", help="table: the map as YAML.")] = None,
    table: Annotated[str, typer.Option("--table", help="table: which of our tables.")] = "trade",
    status: Annotated[str, typer.Option("--status", help="table: status of rows that have none.")] = "",
    key: Annotated[str, typer.Option("--key", help="table: short name of the source.")] = "",
    title: Annotated[str, typer.Option("--title", help="table: title of the source.")] = "",
    publisher: Annotated[str, typer.Option("--publisher", help="table: publisher of the source.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="table: terms of use of the source.")] = "",
    address: Annotated[str, typer.Option("--address", help="table: where the source can be read.")] = "",
    date: Annotated[str, typer.Option("--date", help="Edition, or day of the extract.")] = "",
    totals: Annotated[
        bool, typer.Option("--totals/--no-totals", help="Write the sum over all codes as TOTAL.")
    ] = True,
    on_clash: Annotated[
        str,
        typer.Option("--on-clash", help="If the folder has the key with other figures: refuse, replace, keep."),
    ] = "refuse",
    format: Annotated[
        str, typer.Option("--format", help="Format of a new table trade: parquet or csv.")
    ] = "parquet",
    encoding: Annotated[
        str, typer.Option("--encoding", help="Of text files: utf-8, cp1252, utf-16, latin-1, gbk, ...")
    ] = "utf-8",
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            help="Accept that more than 1 % of the value is left out for this reason: unknown-code, "
            "unknown-country, mixed-levels or no-flow; may be given again.",
            show_default=False,
        ),
    ] = None,
    memory: Annotated[
        str, typer.Option("--memory", help="Most memory to take; the rest goes to disk.")
    ] = "1500MB",
) -> None:
    """Import your own data: a publisher's files, or any table, as tables that extend the bundled ones."""
    from corridor.errors import ConfigError
    from corridor.importers.files.imported import allowed
    from corridor.importers.files.one_source import alone
    from corridor.importers.files.write_into import land
    from corridor.importers.trade.codes_in_use import add_codes, codes_in_use, read_components
    from corridor.importers.trade.table import TradeOptions

    if source not in _READERS:
        raise ConfigError(f"source {source!r}: no such importer. Fix: use one of {', '.join(_READERS)}.")
    mapped = None
    if components is not None and source in _TRADE:
        mapped = read_components(components, key or f"{source}-map")
    choice = TradeOptions(
        codes=codes_in_use(into, mapped),
        years=tuple(year or ()),
        reporters=_reporters(source, reporter),
        concordance=concordance,
        totals=totals,
        memory=memory,
        encoding=encoding,
        allow=allowed(allow or ()),
    )
    request = _Request(
        files=files,
        choice=choice,
        flow=flow,
        revision=revision,
        unit=unit,
        rates=_rates(rate or []),
        partners=partners,
        columns=columns,
        columns_file=columns_file,
        table=table,
        status=status,
        source={
            "key": key,
            "title": title,
            "publisher": publisher,
            "licence": licence,
            "address": address,
            "date": date,
        },
        components=components,
        code=code,
        country=country,
        yes=yes,
    )
    imported = _READERS[source](request)
    if mapped is not None and "trade" in imported.tables:
        own = str(imported.tables["sources"]["key"].iloc[0])
        mapped["source"] = mapped["source"].replace({f"{source}-map": own})
        imported = add_codes(imported, mapped)
    imported = alone(imported)
    written = land([imported], into, on_clash=on_clash, format=format)
    say().print(str(imported.report))
    for name, frame in imported.tables.items():
        say().print(f"{len(frame):,} rows of {name}")
    terms = imported.tables["sources"]["note"].dropna().str.startswith("not to be redistributed")
    if terms.any():
        say().print("The publisher's terms do not let you pass these rows on; the table sources says so.")
    say().print(f"Written: {', '.join(path.name for path in written)} in {into}. Use it with --data {into}.")


def _reporters(source: str, countries: list[str] | None) -> frozenset[str] | None:
    if countries is None:
        return _MARKETS if source in ("baci", "comtrade") else None
    if [word.lower() for word in countries] == ["all"]:
        return None
    from corridor.data.countries.names import known_countries
    from corridor.errors import ConfigError

    known = set(known_countries()["iso3"])
    wrong = sorted(set(countries) - known)
    if wrong:
        raise ConfigError(f"--reporter {', '.join(wrong)}: use ISO 3166-1 alpha-3 codes such as IND, or all")
    return frozenset(countries)


def _rates(texts: list[str]) -> dict[int, float]:
    from corridor.errors import ConfigError

    rates = {}
    for text in ",".join(texts).split(","):
        if not text.strip():
            continue
        found = re.fullmatch(r"\s*(\d{4})\s*=\s*(\d+(?:\.\d+)?)\s*", text)
        if found is None or float(found[2]) <= 0:
            raise ConfigError(f"--rate {text!r}: wanted year=US$ for one unit, such as 2023=1.08")
        rates[int(found[1])] = float(found[2])
    return rates


def _baci(request: _Request) -> Imported:
    from corridor.importers.trade.world_trade import read_baci

    unit = 1e3 if request.unit is None else request.unit
    return read_baci(
        request.files, request.choice, revision=request.revision, usd=unit, date=request.source["date"]
    )


def _comtrade(request: _Request) -> Imported:
    from corridor.importers.trade.world_trade import read_comtrade

    return read_comtrade(
        request.files, request.choice, flow=request.flow or "imports", date=request.source["date"]
    )


def _census(request: _Request) -> Imported:
    from corridor.importers.trade.national_trade import read_census

    return read_census(request.files, request.choice, date=request.source["date"])


def _tradestat(request: _Request) -> Imported:
    from corridor.importers.trade.national_trade import read_tradestat

    unit = 1e6 if request.unit is None else request.unit
    return read_tradestat(
        request.files,
        request.choice,
        flow=request.flow,
        partners=request.partners,
        code=request.code,
        country=request.country,
        usd=unit,
        date=request.source["date"],
    )


def _dgcis(request: _Request) -> Imported:
    from corridor.importers.trade.class_imports import read_dgcis

    return read_dgcis(request.files, flow=request.flow, years=request.choice.years, date=request.source["date"])


def _comext(request: _Request) -> Imported:
    from corridor.importers.trade.national_trade import read_comext

    return read_comext(
        request.files,
        request.choice,
        rates=request.rates,
        flow=request.flow or "imports",
        date=request.source["date"],
    )


def _table(request: _Request) -> Imported:
    from corridor.errors import ConfigError
    from corridor.importers.files.imported import source_row
    from corridor.importers.trade.guessed_map import as_option, confirmed
    from corridor.importers.trade.plain_table import read_map, read_table

    entry = request.source
    lacking = [name for name in ("key", "title", "publisher", "licence") if not entry[name]]
    if lacking:
        raise ConfigError(
            f"your own table needs {', '.join(f'--{name}' for name in lacking)}: every row has a source"
        )
    source = source_row(
        entry["key"], entry["title"], entry["publisher"], entry["address"], entry["licence"], entry["date"]
    )
    unit = request.rates or (1.0 if request.unit is None else request.unit)
    columns = read_map(request.columns, request.columns_file) if request.columns or request.columns_file else {}
    if request.table == "trade":
        stated = request.rates or request.unit
        columns, guess = confirmed(request.files, columns, stated, request.yes, request.choice.encoding)
        unit = stated or guess or 1.0
        if guess is not None:
            say().print(f"map of columns: {as_option(columns)}")
    return read_table(
        request.files,
        request.choice,
        columns,
        source,
        table=request.table,
        usd=unit,
        status=request.status,
        flow=request.flow or "imports",
    )


def _usgs(request: _Request) -> Imported:
    from corridor.importers.supply.mineral_imports import read_usgs

    return read_usgs(request.files, _known_components(), date=request.source["date"])


def _iea(request: _Request) -> Imported:
    from corridor.importers.supply.mineral_imports import read_iea

    return read_iea(request.files, _known_components(), date=request.source["date"])


def _worldbank(request: _Request) -> Imported:
    from corridor.data.tables import load_tables
    from corridor.importers.countries.index_imports import read_worldbank

    return read_worldbank(
        request.files, load_tables().countries, date=request.source["date"], allow=request.choice.allow
    )


def _eto(request: _Request) -> Imported:
    from corridor.importers.supply.eto import read_eto

    year = request.choice.years[0] if request.choice.years else None
    return read_eto(
        request.files,
        _known_components(),
        request.components,
        year=year,
        date=request.source["date"],
        allow=request.choice.allow,
    )


def _mrio(request: _Request) -> Imported:
    from corridor.importers.supply.mrio import read_mrio

    year = request.choice.years[0] if request.choice.years else None
    return read_mrio(
        request.files,
        _known_components(),
        request.components,
        year=year,
        date=request.source["date"],
        allow=request.choice.allow,
    )


def _known_components() -> frozenset[str]:
    from corridor.data.tables import load_tables

    return frozenset(load_tables().components["id"])


_TRADE: dict[str, Callable[[_Request], Imported]] = {
    "baci": _baci,
    "comtrade": _comtrade,
    "census": _census,
    "tradestat": _tradestat,
    "comext": _comext,
}
_READERS: dict[str, Callable[[_Request], Imported]] = {
    **_TRADE,
    "dgcis": _dgcis,
    "usgs": _usgs,
    "iea": _iea,
    "worldbank": _worldbank,
    "eto": _eto,
    "mrio": _mrio,
    "table": _table,
}
