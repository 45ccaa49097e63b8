"""`corridor plan`, `frontier`, `explain` and `export`: what to move, what each dollar buys, why; as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import err, search_progress, steps_progress
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Effort, Only, Override, Scenario, StudyName, load_data, load_inputs
from corridor.cli.show import show_forced, show_frontier, show_plan, show_reasons

if TYPE_CHECKING:
    from corridor.config import Study
    from corridor.data.tables import Tables
    from corridor.relocation import Alternatives, Plan, Reasons


def plan(
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's if left out.", show_default=False),
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option(
            "--workbook", help="Plan the study in a workbook of `corridor export`, as edited.", show_default=False
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="Also write the moves: .csv, .json, .parquet; or all as .xlsx.", show_default=False
        ),
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
    effort: Effort = None,
) -> None:
    """One plan: the moves with the least expected loss within a budget."""
    from corridor.relocation import optimize

    if workbook is None:
        settings, tables = load_inputs(study, data, only, scenario, override, effort)
    else:
        settings, tables = _from_workbook(workbook, study, data, only, scenario, override)
    wanted = settings.budget_usd_m if budget is None else budget
    with search_progress(err()) as progress:
        made = optimize(tables, settings, budget_usd_m=wanted, progress=progress)
    show_plan(settings, tables, made)
    if to is not None and to.suffix.lower() == ".xlsx":
        from corridor.workbook import write_workbook

        write_workbook(to, settings.model_copy(update={"budget_usd_m": wanted}), tables, made)
        say().print(f"Workbook written to {to}")
    elif to is not None:
        from corridor.runs.results import save_table

        save_table(made.moves, to)
        say().print(f"{len(made.moves)} moves written to {to}")


def _from_workbook(
    workbook: Path, study: str, data: Path | None, only: bool, scenario: str | None, override: list[str] | None
) -> tuple[Study, Tables]:
    """The study in a workbook, and the tables it was written for."""
    from corridor.errors import ConfigError
    from corridor.workbook import read_workbook

    if study != "default" or scenario is not None or override:
        raise ConfigError(
            "--workbook has its own study. Fix: leave out the study, --scenario and --override; "
            "or leave out --workbook."
        )
    tables = load_data(data, only)
    return read_workbook(workbook, tables), tables


def explain(
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's if left out.", show_default=False),
    ] = None,
    count: Annotated[
        int,
        typer.Option("--alternatives", min=0, help="Near-optimal plans to compare with; 0 for none."),
    ] = 20,
    slack: Annotated[
        float,
        typer.Option("--slack", min=0.0, help="Fraction of the best plan's avoided loss that they may miss."),
    ] = 0.1,
    forced: Annotated[
        list[str] | None,
        typer.Option(
            "--force",
            help="Cost of also making this component; may be given again.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all tables, as CSV, into this folder.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
    effort: Effort = None,
) -> None:
    """Explain a plan: the worth and needs of each move, binding limits, and near-optimal alternatives."""
    from corridor.relocation import alternatives, force_one, optimize
    from corridor.relocation import explain as reasons_of
    from corridor.runs.results import save_table

    settings, tables = load_inputs(study, data, only, scenario, override, effort)
    wanted = settings.budget_usd_m if budget is None else budget
    with search_progress(err()) as progress:
        made = optimize(tables, settings, budget_usd_m=wanted, progress=progress)
    with steps_progress(err(), "valuing moves") as step:
        reasons = reasons_of(tables, settings, made, progress=step)
    others = None
    if count:
        with err().status("searching near-optimal plans"):
            others = alternatives(tables, settings, budget_usd_m=wanted, count=count, slack=slack, start=made)
    show_reasons(settings, tables, made, reasons, others)
    tables_out = {}
    if forced:
        with err().status("forcing one at a time"):
            tables_out["forced"] = force_one(tables, settings, made, forced)
        show_forced(tables, tables_out["forced"])
    if to is not None:
        tables_out |= {
            "moves": reasons.moves,
            "pairs": reasons.pairs,
            "levers": reasons.levers,
            "limits": reasons.limits,
        }
        if others is not None:
            tables_out |= {"alternatives": others.plans, "components": others.components, "sites": others.sites}
        for name, frame in tables_out.items():
            save_table(frame, to / f"{name}.csv")
        say().print(f"{len(tables_out)} tables written to {to}")


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
    effort: Effort = None,
) -> None:
    """Plans over the study's budgets: what each further dollar buys."""
    settings, tables = load_inputs(study, data, only, scenario, override, effort)
    plans = plan_along(settings, tables, list(settings.budgets_usd_m))
    show_frontier(settings, tables, plans)
    if to is not None:
        from corridor.runs.results import frontier_table, save_table

        save_table(frontier_table(plans), to)
        say().print(f"{len(plans)} plans written to {to}")


def plan_along(settings: Study, tables: Tables, budgets: list[float], *, resume: Path | None = None) -> list[Plan]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from corridor.relocation import frontier as along

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err()) as bar:
        task = bar.add_task("planning", total=len(budgets))

        def done(budget: float) -> None:
            bar.update(task, advance=1, description=f"planning: US$ {budget:,.0f} M done")

        return along(tables, settings, budgets=budgets, progress=done, resume=resume)


def why(
    settings: Study, tables: Tables, plans: list[Plan]
) -> tuple[dict[float, Reasons], dict[float, Alternatives]]:
    """Reasons and near-optimal plans, by budget: for the plan of the study's own budget, if there is one."""
    from corridor.relocation import alternatives
    from corridor.relocation import explain as reasons_of

    mine = [plan for plan in plans if plan.budget_usd_m == settings.budget_usd_m and len(plan.moves)]
    if not mine or settings.meet_demand:
        return {}, {}
    plan = mine[0]
    with steps_progress(err(), "valuing moves") as step:
        reasons = reasons_of(tables, settings, plan, progress=step)
    with err().status("searching near-optimal plans"):
        others = alternatives(tables, settings, budget_usd_m=plan.budget_usd_m, start=plan)
    return {plan.budget_usd_m: reasons}, {plan.budget_usd_m: others}


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
