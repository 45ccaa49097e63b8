"""`corridor sweep`: many plans, on all processors or on a Dask cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import err, new_table, rows_of, steps_progress
from corridor.cli.console import out as say


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.yaml", help="What is varied.")],
    out: Annotated[str, typer.Option("--out", help="Folder or address for the results; a sweep there goes on.")],
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Processes; all processors if not given.", show_default=False),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            "--dask", help="Scheduler of a Dask cluster, for example tcp://host:8786.", show_default=False
        ),
    ] = None,
) -> None:
    """Plans over scenarios, budgets, settings and draws of the data; goes on where an earlier run stopped."""
    from corridor.sweep import load_sweep, run_sweep

    asked = load_sweep(file)
    with steps_progress(err(), "plans") as step:
        table = run_sweep(asked, out, workers=workers, cluster=dask, progress=step)
    made = table[table["plan"]]
    shown = new_table(
        f"{len(table):,} tasks, {len(made):,} plans: loss after the plan, US$ million",
        ["component", "budget", "plans", "mean", "least", "most"],
    )
    shown.columns[0].header = "scenario"
    grouped = made.groupby(["scenario", "budget_usd_m"])["expected_loss_after_usd_m"]
    for row in rows_of(grouped.agg(["size", "mean", "min", "max"]).reset_index()):
        figures = (f"{row[name]:,.0f}" for name in ("budget_usd_m", "size", "mean", "min", "max"))
        shown.add_row(str(row["scenario"]), *figures)
    say().print(shown)
    say().print(f"Results: {out} (summary/ and moves/, parquet)", soft_wrap=True)
