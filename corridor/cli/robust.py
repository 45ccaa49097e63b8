"""`corridor robust`: a plan under the worst cuts and under other figures, and the value of information."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import as_text, err, new_table, records, search_progress, steps_progress
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Effort, Only, Override, Scenario, StudyName, load_inputs
from corridor.cli.show import show_frontier

if TYPE_CHECKING:
    import pandas as pd

    from corridor.config import Study
    from corridor.data.tables import Tables
    from corridor.relocation import Plan

_SHOWN = 25


def robust(
    study: StudyName = "default",
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="US$ million; the study's if left out.", show_default=False),
    ] = None,
    k: Annotated[int, typer.Option("--worst", min=0, help="How many are cut at once; 0: skip.")] = 2,
    of: Annotated[
        str, typer.Option("--of", help="What is cut: exporters, components, stages or sectors.")
    ] = "exporters",
    draws: Annotated[int, typer.Option("--draws", min=0, help="Plans under other figures; 0 for none.")] = 50,
    over: Annotated[
        str, typer.Option("--over", help="What is drawn: data, denials (their probabilities), both, or windows.")
    ] = "both",
    information: Annotated[
        bool, typer.Option("--information", help="Also the value of knowing the window beforehand.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same.")] = 0,
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
    """Test a plan: the worst cuts, other figures, and the value of information."""
    from corridor.relocation import optimize
    from corridor.runs.results import save_table

    settings, tables = load_inputs(study, data, only, scenario, override, effort)
    wanted = settings.budget_usd_m if budget is None else budget
    with search_progress(err()) as progress:
        made = optimize(tables, settings, budget_usd_m=wanted, progress=progress)
    show_frontier(settings, tables, [made])
    tables_out: dict[str, pd.DataFrame] = {}
    if k:
        tables_out |= _worst(tables, settings, made, k, of)
    if draws:
        tables_out |= _persistence(tables, settings, made, over, draws, seed, effort or "quick")
    if information:
        tables_out |= _information(tables, settings, wanted, effort)
    if to is not None:
        for name, frame in tables_out.items():
            save_table(frame, to / f"{name}.csv")
        say().print(f"{len(tables_out)} tables written to {to}")


def _worst(tables: Tables, settings: Study, made: Plan, k: int, of: str) -> dict[str, pd.DataFrame]:
    from corridor.relocation import worst

    with err().status("searching the worst cuts") as status:
        found = worst(
            tables,
            settings,
            made,
            k=k,
            of=of,  # type: ignore[arg-type]
            progress=lambda done: status.update(f"searching the worst cuts: {done:,} losses computed"),
        )
    table = new_table(
        f"The worst {k} {of} at once, twelve months in {settings.last_year}: loss, US$ million",
        ["component", "without the plan", "with the plan", "avoided", "proven worst"],
    )
    table.columns[0].header = "cut"
    for row in records(found):
        figures = (f"{row[name]:,.0f}" for name in ("loss_before_usd_m", "loss_after_usd_m", "avoided_usd_m"))
        table.add_row(as_text(row["set"]), *figures, "yes" if row["exact"] else "no")
    say().print(table)
    return {"worst": found}


def _persistence(
    tables: Tables, settings: Study, made: Plan, over: str, draws: int, seed: int, effort: str
) -> dict[str, pd.DataFrame]:
    from corridor.relocation import persistence

    with steps_progress(err(), "planning again") as step:
        found = persistence(
            tables,
            settings,
            made,
            over=over,  # type: ignore[arg-type]
            draws=draws,
            seed=seed,
            effort=effort,
            progress=step,
        )
    names = tables.components.set_index("id")["name"]
    what = {
        "data": "data drawn from their ranges",
        "denials": "probabilities drawn between half and twice",
        "both": "data and probabilities drawn",
        "windows": "one denial at a time",
    }[over]
    shown = found.components[found.components["planned"] | (found.components["plans"] >= len(found.plans) / 2)]
    table = new_table(
        f"In how many of {len(found.plans)} plans ({what})", ["component", "sector", "in", "planned"]
    )
    for row in records(shown.head(_SHOWN)):
        planned = "yes" if row["planned"] else "no"
        table.add_row(
            as_text(names[row["component"]]), str(row["sector"]), f"{row['plans']} of {row['of']}", planned
        )
    say().print(table)
    counts = found.components["verdict"].value_counts()
    say().print(
        f"{counts.get('must', 0)} components are in all, {counts.get('could', 0)} in some; on average "
        f"{found.plans['same'].mean():.0%} of the plan's components are chosen again."
    )
    return {
        "persistence": found.plans,
        "persistence_components": found.components,
        "persistence_sites": found.sites,
    }


def _information(tables: Tables, settings: Study, budget: float, effort: str | None) -> dict[str, pd.DataFrame]:
    from corridor.relocation import value_of_information

    with err().status("one plan for each window") as status:
        found = value_of_information(
            tables,
            settings,
            budget,
            effort=effort,
            progress=lambda name: status.update(f"one plan for each window: {name} done"),
        )
    meaning = {
        "WS": "expected loss if the window were known before planning",
        "SP": "expected loss of one plan for all windows",
        "EEV": "expected loss of the plan made for the mean window",
        "EVPI": "value of knowing the window beforehand, at most",
        "VSS": "value of planning for all windows instead of the mean one",
    }
    table = new_table("Value of information, US$ million", ["component", "value", "low", "high"])
    table.columns[0].header = "measure"
    for row in records(found.summary):
        figures = (f"{row[name]:,.0f}" for name in ("value_usd_m", "low_usd_m", "high_usd_m"))
        table.add_row(f"{row['measure']}: {meaning[row['measure']]}", *figures)
    say().print(table)
    return {"information": found.summary, "windows": found.windows}
