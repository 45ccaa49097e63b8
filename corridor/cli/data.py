"""`corridor check` and `corridor graph`: check the tables; write them as a graph for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import new_table, records
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, load_data


def check(data: Data = None, only: Only = False) -> None:
    """Check the tables and report how well their figures are known."""
    import pandas as pd

    from corridor.data.checks import coverage

    tables = load_data(data, only)
    report = coverage(tables)
    table = new_table(
        "Tables: rows, years, and how the figures are known",
        ["table", "sector", "rows", "years", "reported", "computed", "inherited", "assumed"],
    )
    for row in records(report):
        span = [f"{int(row[name])}" for name in ("first_year", "last_year") if pd.notna(row[name])]
        years = "-".join(dict.fromkeys(span))
        statuses = ("reported", "computed", "inherited", "assumed")
        figures = (f"{row[name]:.0%}" if pd.notna(row[name]) else "" for name in statuses)
        table.add_row(str(row["table"]), str(row["sector"]), f"{row['rows']:,}", years, *figures)
    say().print(table)
    say().print("No faults found.")


def graph(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            help="File to write. The graph: .graphml, .gexf, .json, .gpkg, or .parquet (a folder). "
            "The tables behind it: .xlsx, .sqlite, .duckdb.",
        ),
    ],
    data: Data = None,
    only: Only = False,
) -> None:
    """Write the graph of suppliers, components, countries and sites for Gephi, QGIS, networkx or a database."""
    from corridor.data.exchange import write_graph
    from corridor.data.graph import build_graph
    from corridor.data.tables import ONE_FILE, write_tables

    tables = load_data(data, only)
    kind = to.suffix.lower().removeprefix(".")
    if kind in ONE_FILE:
        write_tables(tables, to, kind)
        rows = sum(len(frame) for _, frame in tables)
        say().print(f"{rows:,} rows of all tables written to {to}. Use them with --data {to} --data-only.")
        return
    built = build_graph(tables)
    write_graph(built, to)
    say().print(f"{built.number_of_nodes():,} nodes and {built.number_of_edges():,} edges written to {to}")
