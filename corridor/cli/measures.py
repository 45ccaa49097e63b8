"""`corridor measure`: how exposed the markets are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import new_table, plain, rows_of
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, StudyName, load_inputs


def measure(
    study: StudyName = "default",
    market: Annotated[
        list[str] | None,
        typer.Option("--market", help="Market, for example IND; may be given again.", show_default=False),
    ] = None,
    sector: Annotated[str | None, typer.Option("--sector", help="One sector only.", show_default=False)] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows to print for each market.")] = 20,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all rows: .csv, .json or .parquet.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
) -> None:
    """Rank components by exposure to the target: direct, through their inputs, and when the target stops."""
    from corridor.config import SECTORS
    from corridor.errors import ConfigError
    from corridor.measures import exposure

    settings, tables = load_inputs(study, data, only)
    if sector is not None and sector not in SECTORS:
        raise ConfigError(f"sector '{sector}': there is no such sector. Sectors there: {', '.join(SECTORS)}.")
    markets = list(market or settings.markets)
    frame = exposure(tables, markets, settings.target)
    parts = tables.components.set_index("id")[["name", "sector", "stage"]]
    frame = frame.join(parts, on="component")
    if sector is not None:
        frame = frame[frame["sector"] == sector]
    for name in markets:
        table = new_table(
            f"{name}: exposure to {'+'.join(settings.target)}",
            ["", "component", "sector", "stage", "direct", "net", "stop", "assumed"],
        )
        for rank, row in enumerate(rows_of(frame[frame["market"] == name].head(top)), 1):
            figures = (f"{value:.0%}" for value in (row["direct"], row["net"], row["stop"], row["assumed"]))
            table.add_row(str(rank), plain(row["name"]), str(row["sector"]), str(row["stage"]), *figures)
        say().print(table)
    say().print(
        "direct: bought from the target. net: its value through the bill of materials. stop: what stops if the "
        "target stops. assumed: part of net whose weakest link is an assumption."
    )
    if to is not None:
        from corridor.results import save_table

        save_table(frame, to)
        say().print(f"{len(frame):,} rows written to {to}")
