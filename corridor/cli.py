"""The command line: `corridor run` does everything; the other commands do one step each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.console import (
    err,
    new_table,
    plain,
    rows_of,
    search_progress,
    show_frontier,
    show_headline,
    show_plan,
    show_reasons,
    show_summary,
    steps_progress,
)
from corridor.console import out as say

if TYPE_CHECKING:
    from corridor.config import Study
    from corridor.relocate import Plan
    from corridor.tables import Tables

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=(
        "What India and the United States depend on in electronics, medicines and critical minerals, counted "
        "through the bill of materials; and which production to move to India within a budget.\n\n"
        "Begin with: corridor run"
    ),
)

StudyName = Annotated[
    str,
    typer.Argument(
        metavar="[STUDY]", help="Study: a YAML file, or one of default, electronics, pharma, minerals."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder or .xlsx workbook of tables, laid over the bundled ones.",
        show_default=False,
    ),
]
Only = Annotated[
    bool,
    typer.Option("--data-only", help="Use the tables of --data alone, not laid over the bundled ones."),
]
Scenario = Annotated[
    str | None,
    typer.Option("--scenario", help="One of the study's scenarios: a list of overrides.", show_default=False),
]
Override = Annotated[
    list[str] | None,
    typer.Option("--override", help="One of the study's overrides; may be given again.", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the results; an earlier result there is replaced.")]


@app.command()
def run(
    study: StudyName = "default",
    out: Out = Path("results/default"),
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """Everything: check the data, measure exposure, plan along the frontier, draw the pages."""
    settings, tables = _load(study, data, only, scenario, override)
    _study_pages(settings, tables, out, with_plans=True)


@app.command()
def check(data: Data = None, only: Only = False) -> None:
    """Check the tables and say how well their figures are known."""
    import pandas as pd

    from corridor.checks import coverage

    tables = _tables(data, only)
    report = coverage(tables)
    table = new_table(
        "Tables: rows, years, and how the figures are known",
        ["table", "sector", "rows", "years", "reported", "computed", "inherited", "assumed"],
    )
    for row in rows_of(report):
        span = [f"{int(row[name])}" for name in ("first_year", "last_year") if pd.notna(row[name])]
        years = "-".join(dict.fromkeys(span))
        statuses = ("reported", "computed", "inherited", "assumed")
        figures = (f"{row[name]:.0%}" if pd.notna(row[name]) else "" for name in statuses)
        table.add_row(str(row["table"]), str(row["sector"]), f"{row['rows']:,}", years, *figures)
    say().print(table)
    say().print("No faults found.")


@app.command()
def graph(
    to: Annotated[
        Path,
        typer.Option("--to", help="File to write: .graphml, .gexf, .json, .gpkg, or .parquet (a folder)."),
    ],
    data: Data = None,
    only: Only = False,
) -> None:
    """Write the graph of suppliers, components, countries and sites for Gephi, QGIS or networkx."""
    from corridor.exchange import write_graph
    from corridor.graph import build_graph

    built = build_graph(_tables(data, only))
    write_graph(built, to)
    say().print(f"{built.number_of_nodes():,} nodes and {built.number_of_edges():,} edges written to {to}")


@app.command()
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

    settings, tables = _load(study, data, only)
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


@app.command()
def plan(
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's where not given.", show_default=False),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write the moves: .csv, .json or .parquet.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """One plan: the moves that lose least within a budget."""
    settings, tables = _load(study, data, only, scenario, override)
    wanted = settings.budget_usd_m if budget is None else budget
    from corridor.relocate import optimize

    with search_progress(err()) as tell:
        made = optimize(tables, settings, budget_usd_m=wanted, progress=tell)
    show_plan(settings, tables, made)
    if to is not None:
        from corridor.results import save_table

        save_table(made.moves, to)
        say().print(f"{len(made.moves)} moves written to {to}")


@app.command()
def explain(
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's where not given.", show_default=False),
    ] = None,
    count: Annotated[
        int,
        typer.Option("--alternatives", min=0, help="Near-optimal plans to compare with; 0 for none."),
    ] = 20,
    slack: Annotated[
        float, typer.Option("--slack", min=0.0, help="Part by which their loss may be above the best.")
    ] = 0.01,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all tables, as CSV, into this folder.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """Why a plan is as it is: what each move is worth, what it needs, what binds, and what could be otherwise."""
    from corridor.relocate import alternatives, optimize
    from corridor.relocate import explain as reasons_of
    from corridor.results import save_table

    settings, tables = _load(study, data, only, scenario, override)
    wanted = settings.budget_usd_m if budget is None else budget
    with search_progress(err()) as tell:
        made = optimize(tables, settings, budget_usd_m=wanted, progress=tell)
    with steps_progress(err(), "valuing moves") as step:
        reasons = reasons_of(tables, settings, made, progress=step)
    others = None
    if count:
        with err().status("looking for other plans as good"):
            others = alternatives(tables, settings, budget_usd_m=wanted, count=count, slack=slack, start=made)
    show_reasons(settings, tables, made, reasons, others)
    if to is not None:
        parts = {
            "moves": reasons.moves,
            "pairs": reasons.pairs,
            "levers": reasons.levers,
            "limits": reasons.limits,
        }
        if others is not None:
            parts |= {"alternatives": others.plans, "components": others.components, "sites": others.sites}
        for name, frame in parts.items():
            save_table(frame, to / f"{name}.csv")
        say().print(f"{len(parts)} tables written to {to}")


@app.command()
def frontier(
    study: StudyName = "default",
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write the frontier: .csv, .json or .parquet.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """Plans over the study's budgets: what each further dollar buys."""
    settings, tables = _load(study, data, only, scenario, override)
    plans = _plans(settings, tables, list(settings.budgets_usd_m))
    show_frontier(settings, tables, plans)
    if to is not None:
        from corridor.results import frontier_table, save_table

        save_table(frontier_table(plans), to)
        say().print(f"{len(plans)} plans written to {to}")


@app.command("map")
def map_(
    study: StudyName = "default",
    out: Out = Path("results/map"),
    data: Data = None,
    only: Only = False,
    with_plans: Annotated[bool, typer.Option("--plans/--no-plans", help="Also plan along the frontier.")] = False,
) -> None:
    """Draw the pages only: the dependency map, and with --plans the map of the plans."""
    settings, tables = _load(study, data, only)
    _study_pages(settings, tables, out, with_plans=with_plans)


def main() -> None:
    """Run the command line; faults of input end in a message and an exit code, never in a traceback."""
    from corridor.errors import CorridorError, NoPlan

    try:
        app()
    except NoPlan as error:
        _fail(f"no plan exists: {error}", 3)
    except CorridorError as error:
        _fail(str(error), 2)
    except KeyboardInterrupt:
        _fail("stopped; nothing was written.", 130)


def _fail(message: str, code: int) -> None:
    print(f"corridor: {message}", file=sys.stderr)
    raise SystemExit(code)


def _load(
    study: str, data: Path | None, only: bool, scenario: str | None = None, overrides: list[str] | None = None
) -> tuple[Study, Tables]:
    from corridor.config import load_study

    settings = load_study(study, scenario, overrides or ())
    if data is None and settings.data is not None:
        beside = Path(study).parent / settings.data
        data, only = beside if beside.exists() else Path(settings.data), settings.data_only
    return settings, _tables(data, only)


def _tables(data: Path | None, only: bool) -> Tables:
    from corridor.tables import load_tables

    return load_tables(data, extend=data is not None and not only)


def _study_pages(settings: Study, tables: Tables, out: Path, *, with_plans: bool) -> None:
    import pandas as pd

    from corridor.maps import write_pages
    from corridor.measures import exposure, shares
    from corridor.results import results_folder, write_results

    with results_folder(out) as folder:
        markets = list(settings.markets)
        exposures = exposure(tables, markets, settings.target)
        all_shares = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
        plans = _plans(settings, tables, list(settings.budgets_usd_m)) if with_plans else []
        write_results(folder, settings, tables, exposures, all_shares, plans)
        with err().status("drawing the pages"):
            write_pages(tables, settings, exposures, all_shares, plans, folder)
    show_headline(settings, tables, exposures)
    if plans:
        show_frontier(settings, tables, plans)
        show_summary(settings, tables, plans)
    say().print(f"\nOpen this page: {(out / 'index.html').absolute().as_uri()}", soft_wrap=True)


def _plans(settings: Study, tables: Tables, budgets: list[float]) -> list[Plan]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from corridor.relocate import frontier as along

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err()) as bar:
        task = bar.add_task("planning", total=len(budgets))

        def done(budget: float) -> None:
            bar.update(task, advance=1, description=f"planning: US$ {budget:,.0f} M done")

        return along(tables, settings, budgets=budgets, progress=done)


if __name__ == "__main__":
    main()
