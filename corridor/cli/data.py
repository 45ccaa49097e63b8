"""`corridor check` and `corridor graph`: check the tables; write them as a graph for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import as_text, new_table, records
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, load_data
from corridor.data.names import HOST
from corridor.errors import ConfigError

_MOST_DOUBTS = 40  # printed

if TYPE_CHECKING:
    from corridor.data.tables import Tables


def check(
    data: Data = None,
    only: Only = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Compare the imports that the model implies with recorded imports.")
    ] = False,
    macro: Annotated[
        bool, typer.Option("--macro", help="Compare exposure by sector with an input-output table.")
    ] = False,
    market: Annotated[str, typer.Option("--market", help="Market of --scale and --macro.")] = HOST,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows of --scale to print.")] = 20,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="File for all rows: .csv, .parquet or .xlsx.", show_default=False),
    ] = None,
) -> None:
    """Check the tables and report how well their figures are known."""
    if to is not None and scale == macro:
        raise ConfigError("--to writes the rows of --scale or of --macro. Fix: add one of them.")
    tables = load_data(data, only)
    if macro:
        _macro(tables, market, to)
    if scale:
        _scale(tables, market, top, to)
    if not scale and not macro:
        _coverage(tables)


def _coverage(tables: Tables) -> None:
    import pandas as pd

    from corridor.data.checks import coverage
    from corridor.measures.supply.doubts import doubts

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
    found = doubts(tables)
    for doubt in found[:_MOST_DOUBTS]:
        say().print(as_text(f"To look at: {doubt}"), soft_wrap=True)
    if len(found) > _MOST_DOUBTS:
        say().print(f"and {len(found) - _MOST_DOUBTS:,} more to look at")


def _scale(tables: Tables, market: str, top: int, to: Path | None) -> None:
    """Print the worst rows of the scale check and how many have no reason; write all."""
    import pandas as pd

    from corridor.measures.supply.scale import FACTOR, LARGE_USD_M, scale, unexplained

    compared = scale(tables, market)
    if not len(compared):
        raise ConfigError(f"no recorded imports of {market} in the tables. Fix: add rows to recorded_imports.")
    beyond = unexplained(tables, market, compared)
    reasons = {(row["nomenclature"], row["code"]): row["reason"] for row in records(beyond)}
    table = new_table(
        f"{market}: imports that the model implies beside recorded imports, US$ million",
        ["", "code", "implied", "recorded", "from target", "recorded", "ratio", "year", "component", "reason"],
    )
    for name in ("component", "reason"):
        column = next(one for one in table.columns if one.header == name)
        column.justify, column.no_wrap = "left", False
    for row in records(compared.head(top)):
        names = ("implied_usd_m", "recorded_usd_m", "implied_from_target_usd_m", "recorded_from_target_usd_m")
        figures = (f"{row[name]:,.0f}" if pd.notna(row[name]) else "" for name in names)
        reason = reasons.get((row["nomenclature"], row["code"]))
        held = str(row["components"]).split(";")
        shown = ", ".join(held[:3]) + (f" and {len(held) - 3} more" if len(held) > 3 else "")
        ratio = f"{row['ratio']:.2f}" if pd.notna(row["ratio"]) else ""
        cells = (
            row["nomenclature"],
            row["code"],
            *figures,
            ratio,
            row["year"],
            shown,
            reason if isinstance(reason, str) else "",
        )
        table.add_row(*(as_text(cell) for cell in cells))
    say().print(table)
    large = compared[["recorded_usd_m", "recorded_from_target_usd_m"]].max(axis=1) >= LARGE_USD_M
    bare = int(beyond["reason"].isna().sum())
    say().print(
        f"{len(compared):,} groups of goods, {int(large.sum()):,} above US$ {LARGE_USD_M:,.0f} million. Of these "
        f"{int(large.sum()) - len(beyond):,} are within a factor {FACTOR:g}, {len(beyond) - bare:,} beyond it "
        f"with a reason, {bare:,} without."
    )
    if to is not None:
        from corridor.runs.results import save_table

        save_table(compared, to)
        say().print(f"{len(compared):,} rows written to {to}")


def _macro(tables: Tables, market: str, to: Path | None) -> None:
    """Print the model's exposure by sector beside the industry's content, and the parts of the difference."""
    from corridor.measures.exposures.macro import macro

    found = macro(tables, market)
    if not len(found):
        raise ConfigError(f"no industries of {market} in the tables. Fix: add rows to industry_content.")
    shown = {
        "net": "net of need",
        "net_of_output": "of own output",
        "industry_all_tiers": "industry",
        "difference": "difference",
        "finished_imports": "finished imports",
        "recipes": "recipes",
        "origins_and_selection": "origins, selection",
        "covered": "of its output",
    }
    table = new_table(
        f"{market}: net exposure by sector beside the industry's content (input-output table)",
        ["sector", "industry", *shown.values()],
    )
    for row in records(found):
        table.add_row(as_text(row["sector"]), as_text(row["industry"]), *(f"{row[name]:.1%}" for name in shown))
    say().print(table)
    say().print(
        "industry: inputs from the target over its output, all tiers. difference: net of need less that, the sum "
        "of finished imports, recipes (more inputs per dollar than the industry buys), and origins of inputs with "
        "the selection of products. of its output: what the model's makers make of finished goods.",
        soft_wrap=True,
    )
    if to is not None:
        from corridor.runs.results import save_table

        save_table(found, to)
        say().print(f"{len(found):,} rows written to {to}")


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
