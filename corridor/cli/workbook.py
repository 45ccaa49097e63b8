"""`corridor export`: a study and its plan as a workbook that a planner edits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.console import err, search_progress, steps_progress
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, Override, Scenario, StudyName, load_inputs


def export(
    to: Annotated[Path, typer.Option("--to", help="Workbook to write, ending in .xlsx.")],
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's if left out.", show_default=False),
    ] = None,
    with_plan: Annotated[bool, typer.Option("--plan/--no-plan", help="Also make the plan and show it.")] = True,
    with_reasons: Annotated[
        bool, typer.Option("--reasons/--no-reasons", help="Also value each move of the plan.")
    ] = False,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """Write limits, options, decisions and the plan as an Excel workbook to edit: corridor plan --workbook."""
    from corridor.relocation import explain, optimize
    from corridor.workbook import write_workbook

    settings, tables = load_inputs(study, data, only, scenario, override)
    if budget is not None:
        settings = settings.model_copy(update={"budget_usd_m": budget})
    made = reasons = None
    if with_plan:
        with search_progress(err()) as progress:
            made = optimize(tables, settings, progress=progress)
    if made is not None and with_reasons:
        with steps_progress(err(), "valuing moves") as step:
            reasons = explain(tables, settings, made, progress=step)
    with err().status("writing the workbook"):
        write_workbook(to, settings, tables, made, reasons)
    say().print(
        f"Workbook written to {to}. Edit its yellow cells, then: corridor plan --workbook {to}", soft_wrap=True
    )
