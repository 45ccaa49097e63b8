"""`corridor sweep` and `corridor verify`: many plans, and a results folder recomputed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import as_text, err, new_table, records, steps_progress
from corridor.cli.console import out as say


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.yaml", help="What is varied.")],
    out: Annotated[
        str,
        typer.Option("--out", help="Folder or address for the results; continues a sweep there."),
    ],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, max=1024, help="Processes; all processors if left out.", show_default=False
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask", help="Scheduler of a Dask cluster, for example tcp://host:8786.", show_default=False
        ),
    ] = None,
    most: Annotated[
        int, typer.Option("--most-tasks", min=1, help="Most plans; a sweep of more is refused.")
    ] = 100_000,
) -> None:
    """Plans over scenarios, budgets, settings and draws of the data; continues where an earlier run stopped."""
    from corridor.runs.sweep import load_sweep, run_sweep

    settings = load_sweep(file)
    with steps_progress(err(), "plans") as step:
        table = run_sweep(settings, out, workers=workers, cluster=dask, most=most, progress=step)
    made = table[table["plan"]]
    shown = new_table(
        f"{len(table):,} tasks, {len(made):,} plans: loss after the plan, US$ million",
        ["component", "budget", "plans", "mean", "least", "most"],
    )
    shown.columns[0].header = "scenario"
    grouped = made.groupby(["scenario", "budget_usd_m"])["expected_loss_after_usd_m"]
    for row in records(grouped.agg(["size", "mean", "min", "max"]).reset_index()):
        figures = (f"{row[name]:,.0f}" for name in ("budget_usd_m", "size", "mean", "min", "max"))
        shown.add_row(str(row["scenario"]), *figures)
    say().print(shown)
    say().print(f"Results: {out} (summary/ and moves/, parquet)", soft_wrap=True)


def verify(
    folder: Annotated[Path, typer.Argument(help="Results folder of corridor run.")],
) -> None:
    """Check every file of a results folder and recompute what can be; exit code 1 if anything differs."""
    from corridor.runs.verify import verify as again

    with err().status("verifying") as status:
        found = again(folder, progress=lambda what: status.update(f"verifying: {what}"))
    wrong = found[~found["same"]]
    if len(wrong):
        table = new_table(f"{len(wrong)} of {len(found)} checks differ", ["component", "site", "needs"])
        for column, header in zip(table.columns, ("what", "how", "difference"), strict=True):
            column.header = header
        for row in records(wrong):
            table.add_row(*(as_text(row[name]) for name in ("what", "how", "told")))
        say().print(table)
    counts = found["how"].value_counts()
    largest = found["largest_difference"].max()
    say().print(
        f"Recomputed: {counts.get('recomputed', 0)} tables and records (measures, every column of the plans, the "
        f"frontier, gaps); largest relative difference {0.0 if largest != largest else largest:.1e}.\n"
        f"Compared by checksum alone: {counts.get('compared by checksum', 0)} files and tables (among them pages, "
        "reasons, near-optimal plans).\n"
        "Not checked, for only a search can tell: bound, status, solver and prices of limits.\n"
        "Who changes a file and its checksum is found out in what is recomputed only.",
        soft_wrap=True,
    )
    if len(wrong):
        raise typer.Exit(1)
    say().print(f"All {len(found)} checks are the same.")
