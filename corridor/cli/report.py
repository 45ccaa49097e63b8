"""`corridor report`: the study in plain words on some ten printed pages."""

from __future__ import annotations

from pathlib import Path

from corridor.cli.console import err
from corridor.cli.console import out as say
from corridor.cli.plans import plan_along
from corridor.cli.settings import Data, Only, Out, Override, Scenario, StudyName, load_inputs
from corridor.cli.show import show_headline


def report(
    study: StudyName = "default",
    out: Out = Path("results/report"),
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """A report to be printed: findings, plans for three budgets, their reasons and risks, what is not known."""
    import pandas as pd

    from corridor.maps import write_report
    from corridor.maps.report_plans import three_budgets
    from corridor.measures import exposure, shares
    from corridor.results import results_folder, write_results

    settings, tables = load_inputs(study, data, only, scenario, override)
    markets = list(settings.markets)
    with results_folder(out) as folder:
        exposures = exposure(tables, markets, settings.target)
        all_shares = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
        plans = plan_along(settings, tables, three_budgets(settings))
        write_results(folder, settings, tables, exposures, all_shares, plans)
        with err().status("writing the report"):
            write_report(tables, settings, exposures, all_shares, plans, folder / "report.html")
    show_headline(settings, tables, exposures)
    page = (out / "report.html").absolute().as_uri()
    say().print(f"\nOpen this page, and print it: {page}", soft_wrap=True)
