"""`corridor shock`: a denial month by month, and how long stocks last."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from corridor.cli.console import as_text, err, new_table, records, search_progress, steps_progress
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, Override, Scenario, load_inputs

if TYPE_CHECKING:
    import pandas as pd

    from corridor.config import Study
    from corridor.data.tables import Tables
    from corridor.relocation import Plan
    from corridor.risk.shocks import Spread

By = Literal["month", "component", "market"]


def shock(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[SHOCK]", help="A named shock, or a denial of the study.", show_default=False),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the shocks that have a name, and what is known.")
    ] = False,
    study: Annotated[str, typer.Option("--study", help="Study: a YAML file, or a bundled one.")] = "default",
    year: Annotated[
        int | None,
        typer.Option("--year", help="Year in which it begins; the study's first if left out.", show_default=False),
    ] = None,
    months: Annotated[
        float | None,
        typer.Option(
            "--months", min=0.5, max=60, help="Duration; the shock's own if left out.", show_default=False
        ),
    ] = None,
    factor: Annotated[
        float, typer.Option("--factor", min=0.01, help="Factor on the fraction that is withheld.")
    ] = 1.0,
    delay: Annotated[
        float, typer.Option("--delay", min=0, max=60, help="Months until spare capacity comes in (assumed).")
    ] = 1.0,
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="Also with a plan of this budget, US$ million.", show_default=False),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", help="month, component or market: rows of the table and of --to.")
    ] = "month",
    survive: Annotated[
        bool,
        typer.Option("--survival", help="Time to survive and to recover of every component, instead of a shock."),
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows to print.")] = 20,
    to: Annotated[
        Path | None, typer.Option("--to", help="Also write all rows: .csv, .json or .parquet.", show_default=False)
    ] = None,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """What a stop of supplies does month by month, between no adaptation and the best."""
    from corridor.errors import ConfigError
    from corridor.runs.results import save_table

    if by not in ("month", "component", "market"):
        raise ConfigError(f"--by {by}: no such table. Fix: write month, component or market.")
    settings, tables = load_inputs(study, data, only, scenario, override)
    if listed or (name is None and not survive):
        table = _list(settings)
    elif survive:
        table = _survival(tables, settings, top)
    else:
        table = _spread(tables, settings, str(name), year, months, factor, delay, budget, by, top)
    if to is not None:
        save_table(table, to)
        say().print(f"{len(table):,} rows written to {to}")


def _list(settings: Study) -> pd.DataFrame:
    import pandas as pd

    from corridor.risk.shocks import load_shocks

    rows = [
        {"shock": one.name, "began": one.began, "months": one.months, "known": one.known, "source": one.source}
        for one in load_shocks().values()
    ]
    rows += [
        {"shock": one.name, "began": "", "months": one.months, "known": one.reason, "source": one.source}
        for one in settings.denials
    ]
    table = new_table("Shocks that have a name", ["shock", "began", "months", "known"])
    for row in rows:
        table.add_row(str(row["shock"]), str(row["began"]), f"{row['months']:g}", as_text(row["known"]))
    say().print(table)
    return pd.DataFrame(rows)


def _spread(
    tables: Tables,
    settings: Study,
    name: str,
    year: int | None,
    months: float | None,
    factor: float,
    delay: float,
    budget: float | None,
    by: str,
    top: int,
) -> pd.DataFrame:
    from corridor.errors import ConfigError
    from corridor.risk.shocks import Shock, bracket, named, spread

    one = named(name, settings)
    when = year if year is not None else (settings.first_year if isinstance(one, Shock) else one.start)
    if not settings.first_year <= when <= settings.last_year:
        raise ConfigError(
            f"--year {when}: is not in the study. Fix: write {settings.first_year} to {settings.last_year}."
        )
    if isinstance(one, Shock):
        denial = one.denial(when, factor, months)
        say().print(
            as_text(f"{one.title}{f', began {one.began}' if one.began else ''}. {one.known}"), soft_wrap=True
        )
    else:
        cuts = tuple(cut.model_copy(update={"cut": min(cut.cut * factor, 1.0)}) for cut in one.cuts)
        denial = one.model_copy(update={"cuts": cuts, "start": when, "months": months or one.months})
    plan = _plan(tables, settings, budget)
    alone = settings.model_copy(update={"denials": (denial,)})
    with err().status("spreading the shock"):
        found = spread(tables, alone, plan, delay_months=delay)
        between = bracket(tables, alone, plan, delay_months=delay)
    table = _grouped(tables, found, by)
    what = f"{denial.name} in {denial.start}, {denial.months:g} months{', with the plan' if plan else ''}"
    _show(f"{what}: loss by {by}, US$ million", table.head(top))
    shown = new_table(
        "Between no adaptation and the best: loss of the whole window, US$ million",
        ["market", "cascade alone", "month by month", "best adaptation"],
    )
    for row in records(between):
        market = "all, weighted" if row["market"] == "all" else row["market"]
        shown.add_row(market, *(f"{row[k]:,.0f}" for k in ("cascade_usd_m", "months_usd_m", "best_usd_m")))
    say().print(shown)
    say().print(
        f"Stocks, spare capacity after {delay:g} month(s), and what makers substitute are assumed; the cascade "
        "has none of them, the best adaptation knows the whole window beforehand.",
        soft_wrap=True,
    )
    return table


def _plan(tables: Tables, settings: Study, budget: float | None) -> Plan | None:
    if budget is None:
        return None
    from corridor.relocation import optimize

    with search_progress(err()) as progress:
        return optimize(tables, settings, budget_usd_m=budget, progress=progress)


def _grouped(tables: Tables, found: Spread, by: str) -> pd.DataFrame:
    """Unmet needs and losses by month, component or market; all with their market."""
    keys = {"month": ["month", "market"], "component": ["component", "market"], "market": ["market"]}[by]
    table = found.months.groupby(keys)[["unmet_usd_m", "loss_usd_m"]].sum().reset_index()
    if by == "component":
        names = tables.components.set_index("id")[["name", "sector"]]
        first = found.months.groupby(["component", "market"])["month"].min().rename("first_month")
        table = table.join(names, on="component").join(first, on=["component", "market"])
        table = table[["component", "name", "sector", "market", "first_month", "unmet_usd_m", "loss_usd_m"]]
    return table if by == "month" else table.sort_values("loss_usd_m", ascending=False, ignore_index=True)


def _survival(tables: Tables, settings: Study, top: int) -> pd.DataFrame:
    from corridor.risk.shocks import survival

    with steps_progress(err(), "stopping components") as step:
        table = survival(tables, settings, progress=step)
    _show(
        "If the target stops one component for two years: time to survive against time to recover (months)",
        table[
            [
                "name",
                "sector",
                "from_target",
                "survive_months",
                "recover_months",
                "how",
                "gap_months",
                "stock_usd_m",
            ]
        ].head(top),
    )
    return table


def _show(title: str, frame: pd.DataFrame) -> None:
    names = {
        "name": "component",
        "loss_usd_m": "loss US$ M",
        "unmet_usd_m": "unmet US$ M",
        "stock_usd_m": "stock US$ M",
    }
    shown = frame.drop(columns="component") if {"component", "name"} <= set(frame.columns) else frame
    table = new_table(title, [names.get(str(c), str(c).replace("_", " ")) for c in shown.columns])
    for row in records(shown):
        table.add_row(
            *(
                as_text(value)
                if isinstance(value, str)
                else ("" if value != value else f"{value:.0%}" if key == "from_target" else f"{value:,.0f}")
                for key, value in row.items()
            )
        )
    say().print(table)
