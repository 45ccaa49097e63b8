"""`corridor run`, `corridor map` and `corridor report`: a full study, only its pages, only its report."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import err
from corridor.cli.console import out as say
from corridor.cli.plans import plan_along, why
from corridor.cli.settings import Data, Effort, Only, Out, Override, Scenario, StudyName, load_inputs
from corridor.cli.show import show_frontier, show_headline, show_summary

if TYPE_CHECKING:
    from corridor.config import Study
    from corridor.data.tables import Tables


def run(
    study: StudyName = "default",
    out: Out = Path("results/default"),
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
    effort: Effort = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run into the same folder that was stopped or killed.")
    ] = False,
    with_reasons: Annotated[
        bool,
        typer.Option("--reasons/--no-reasons", help="Also the worth of each move, and near-optimal plans."),
    ] = True,
) -> None:
    """Everything: check the data, measure exposure, plan along the frontier, explain the plan, draw the pages."""
    settings, tables = load_inputs(study, data, only, scenario, override, effort)
    _study_pages(settings, tables, out, with_plans=True, resume=resume, with_reasons=with_reasons)


def map_(
    study: StudyName = "default",
    out: Out = Path("results/map"),
    data: Data = None,
    only: Only = False,
    with_plans: Annotated[bool, typer.Option("--plans/--no-plans", help="Also plan along the frontier.")] = False,
) -> None:
    """Draw the pages only: the dependency map, and with --plans the map of the plans."""
    settings, tables = load_inputs(study, data, only)
    _study_pages(settings, tables, out, with_plans=with_plans)


def _study_pages(
    settings: Study,
    tables: Tables,
    out: Path,
    *,
    with_plans: bool,
    resume: bool = False,
    with_reasons: bool = False,
) -> None:
    import pandas as pd

    from corridor.measures import exposure, shares
    from corridor.pages import write_pages
    from corridor.registry import study_measures
    from corridor.runs.results import Log, results_folder, write_results

    log = Log()
    with results_folder(out) as folder:
        markets = list(settings.markets)
        with err().status("measuring"):
            exposures = exposure(tables, markets, settings.target)
            all_shares = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
            measured = study_measures(tables, settings)
        log.note(f"measured {len(tables.components):,} components: {', '.join(measured)}")
        kept = out.absolute().parent / f".{out.name}.resume"
        if with_plans and not resume:
            shutil.rmtree(kept, ignore_errors=True)
        plans = plan_along(settings, tables, list(settings.budgets_usd_m), resume=kept) if with_plans else []
        for plan in plans:
            log.note(
                f"plan of US$ {plan.budget_usd_m:,.0f} M: {plan.summary['status']}, gap {plan.summary['gap']:.4f}"
            )
        reasons, others = why(settings, tables, plans) if with_reasons else ({}, {})
        for budget in reasons:
            log.note(f"reasons and near-optimal plans at US$ {budget:,.0f} M")
        write_results(folder, settings, tables, exposures, all_shares, plans, measured, reasons, others)
        with err().status("drawing the pages"):
            pages = write_pages(
                tables,
                settings,
                exposures,
                all_shares,
                plans,
                folder,
                reasons=reasons,
                alternatives=others,
                has_component_pages=True,
            )
        log.note(f"drew {len(pages):,} pages")
        log.write(folder)
    if with_plans:
        shutil.rmtree(kept, ignore_errors=True)
    show_headline(settings, tables, exposures)
    if plans:
        show_frontier(settings, tables, plans)
        show_summary(settings, tables, plans)
    say().print(f"\nOpen this page: {(out / 'index.html').absolute().as_uri()}", soft_wrap=True)


def report(
    study: StudyName = "default",
    out: Out = Path("results/report"),
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
    effort: Effort = None,
) -> None:
    """A report for printing: findings, plans for three budgets, their reasons and risks, what is not known."""
    import pandas as pd

    from corridor.measures import exposure, shares
    from corridor.pages import write_report
    from corridor.pages.report.plans import three_budgets
    from corridor.runs.results import Log, results_folder, write_results

    settings, tables = load_inputs(study, data, only, scenario, override, effort)
    markets = list(settings.markets)
    log = Log()
    with results_folder(out) as folder:
        exposures = exposure(tables, markets, settings.target)
        all_shares = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
        plans = plan_along(settings, tables, three_budgets(settings))
        write_results(folder, settings, tables, exposures, all_shares, plans)
        with err().status("writing the report"):
            write_report(tables, settings, exposures, all_shares, plans, folder / "report.html")
        log.note(f"report on {len(plans)} plans")
        log.write(folder)
    show_headline(settings, tables, exposures)
    page = (out / "report.html").absolute().as_uri()
    say().print(f"\nOpen this page, and print it: {page}", soft_wrap=True)
