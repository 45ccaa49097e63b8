"""`corridor risk`: the distribution of the loss without a plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corridor.cli.console import as_text, err, new_table, records, steps_progress
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, Override, Scenario, StudyName, load_inputs

if TYPE_CHECKING:
    from corridor.config import Study
    from corridor.data.tables import Tables
    from corridor.risk import LossDistribution

_DRAWS, _CORRELATION = 100, 0.5


def risk(
    study: StudyName = "default",
    scenarios: Annotated[int, typer.Option("--scenarios", min=1, help="Scenarios to draw.")] = 10_000,
    months: Annotated[int, typer.Option("--months", min=1, max=120, help="Length of the window.")] = 12,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed draws the same scenarios.")] = 0,
    correlation: Annotated[
        float,
        typer.Option(
            "--correlation",
            min=0.0,
            max=1.0,
            help="Correlation of the errors within a source: 0 none, 1 all equal.",
        ),
    ] = 0.0,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all tables, as CSV, into this folder.", show_default=False),
    ] = None,
    tornado: Annotated[
        bool,
        typer.Option("--tornado", help="Instead: the figures that move each market's net exposure most."),
    ] = False,
    top: Annotated[int, typer.Option("--top", min=1, help="Figures per market of --tornado.")] = 15,
    data: Data = None,
    only: Only = False,
    scenario: Scenario = None,
    override: Override = None,
) -> None:
    """Distribution of the loss within some months without a plan: denials and tables drawn at random."""
    from corridor.risk import loss_distribution
    from corridor.runs.results import save_table

    settings, tables = load_inputs(study, data, only, scenario, override)
    if tornado:
        _tornado(tables, settings, top, to)
        return
    with steps_progress(err(), "scenarios") as step:
        found = loss_distribution(
            tables,
            settings,
            scenarios=scenarios,
            months=months,
            seed=seed,
            correlation=correlation,
            progress=step,
        )
    _show(found)
    if to is not None:
        for name in ("losses", "exceedance", "denials", "convergence"):
            save_table(getattr(found, name), to / f"{name}.csv")
        say().print(f"4 tables written to {to}")


def _tornado(tables: Tables, study: Study, top: int, to: Path | None) -> None:
    """Print the net exposure of each market with its interval, and the figures that move it most."""
    from corridor.measures import uncertainty
    from corridor.risk import tornado
    from corridor.runs.results import save_table

    with steps_progress(err(), "figures") as step:
        found = tornado(tables, study, top=top, progress=step)
    with err().status("interval"):
        drawn = uncertainty(tables, study, draws=_DRAWS, correlation=_CORRELATION).headline
    whole = drawn[(drawn["sector"] == "all") & (drawn["measure"] == "net")].set_index("market")
    for market, rows in found.groupby("market", sort=False):
        ends = whole.loc[market]
        between = f"{ends['low']:.1%} to {ends['high']:.1%} in 90 of 100 draws"
        table = new_table(
            f"{market}: net exposure {rows['net'].iloc[0]:.1%}, {between}",
            ["", "table", "figure", "stated", "low", "high", "net at low", "net at high", "points"],
        )
        table.columns[2].justify, table.columns[2].no_wrap = "left", False
        for rank, row in enumerate(records(rows), 1):
            figures = (f"{row[name]:,.4g}" for name in ("value", "low", "high"))
            nets = (f"{row[name]:.1%}" for name in ("net_low", "net_high"))
            table.add_row(str(rank), row["table"], as_text(row["figure"]), *figures, *nets, f"{row['points']:.1f}")
        say().print(table)
    say().print(
        f"Each figure at both ends of its range, the others as stated. Interval: {_DRAWS} draws of all figures, "
        f"errors within a source correlated by {_CORRELATION:g}."
    )
    if to is not None:
        save_table(found, to / "tornado.csv")
        say().print(f"{len(found):,} rows written to {to / 'tornado.csv'}")


def _show(found: LossDistribution) -> None:
    table = new_table(
        f"Loss within {found.months} months, US$ million, {found.scenarios:,} scenarios, seed {found.seed}",
        ["market", "sector", "mean", "95 % of the mean", "no loss", "median", "q95", "q99", "worst 5 %"],
    )
    for row in records(found.losses):
        if row["market"] == "all" and row["sector"] != "all":
            continue
        between = f"{row['mean_low']:,.0f} to {row['mean_high']:,.0f}"
        figures = (f"{row[name]:,.0f}" for name in ("q50", "q95", "q99", "cvar_95"))
        table.add_row(
            row["market"], row["sector"], f"{row['mean']:,.0f}", between, f"{row['no_loss']:.0%}", *figures
        )
    say().print(table)
    table = new_table("Share of the mean loss by denial", ["denial", "probability", "alone", "mean", "share"])
    for row in records(found.denials[found.denials["share"] >= 0.001]):
        figures = (f"{row[name]:,.0f}" for name in ("alone_usd_m", "loss_usd_m"))
        table.add_row(row["denial"], f"{row['probability']:.0%}", *figures, f"{row['share']:.1%}")
    say().print(table)
    say().print(
        "Every denial of the study happens with its probability and starts at a random time in the window; what "
        "falls after the window is not counted. worst 5 %: mean of these scenarios. alone: the denial from "
        "the window's first day, at the stated figures. Not discounted, markets not weighted."
    )
