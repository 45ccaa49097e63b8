"""`corridor measure`: any measure of the markets, chosen by its kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.cli.console import as_text, err, new_table, records
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, StudyName, load_inputs

if TYPE_CHECKING:
    import pandas as pd

    from corridor.registry import MeasureColumn, MeasureKind


def measure(
    study: StudyName = "default",
    kind: Annotated[str, typer.Option("--kind", help="What to measure; --list shows the kinds.")] = "exposure",
    list_: Annotated[bool, typer.Option("--list", help="List the kinds with their meaning and options.")] = False,
    market: Annotated[
        list[str] | None,
        typer.Option("--market", help="Market, for example IND; may be given again.", show_default=False),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            "--origin",
            help="Country depended upon, in place of the study's target; may be given again.",
            show_default=False,
        ),
    ] = None,
    sector: Annotated[str | None, typer.Option("--sector", help="One sector only.", show_default=False)] = None,
    component: Annotated[
        list[str] | None,
        typer.Option("--component", help="One component only; may be given again.", show_default=False),
    ] = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Year of imports; the newest if left out.", show_default=False)
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows to print for each market.")] = 20,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all rows: .csv, .json or .parquet.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
) -> None:
    """Measure exposure to the target, concentration, dependence, choke points or stops: --list shows all kinds."""
    from corridor.registry import kind_of
    from corridor.registry import measure as measured

    if list_:
        _list()
        return
    chosen = kind_of(kind)
    settings, tables = load_inputs(study, data, only)
    with err().status(f"measuring: {kind}"):
        frame = measured(
            tables,
            settings,
            kind,
            market=market or (),
            target=target or (),
            sector=sector,
            component=component or (),
            year=year,
        )
    against = f" to {'+'.join(dict.fromkeys(target or settings.target))}" if "target" in chosen.takes else ""
    _show(kind, chosen, frame, against, top)
    if to is not None:
        from corridor.runs.results import save_table

        save_table(frame, to)
        say().print(f"{len(frame):,} rows written to {to}")


def _list() -> None:
    """Print every kind with its meaning and options."""
    from corridor.registry import KINDS

    for name, kind in KINDS.items():
        say().print(as_text(f"{name}: {kind.meaning}"), soft_wrap=True)
        say().print(as_text(f"    {' '.join(f'--{option}' for option in kind.takes)}"), soft_wrap=True)


def _show(name: str, kind: MeasureKind, frame: pd.DataFrame, against: str, top: int) -> None:
    """Print a table per market, the meaning of its columns, and its notes."""
    tables = [("", frame)] if "market" not in frame else list(frame.groupby("market", sort=False))
    for market, rows in tables:
        head = f"{market!s}: " if market else ""
        _table(f"{head}{name}{against}", kind.columns, rows.head(top))
    if not len(frame):
        say().print("Nothing to show: no row matches the options.")
        return
    meanings = [f"{column.name}: {column.meaning}" for column in kind.columns if column.name != "name"]
    say().print(as_text(". ".join(meanings) + "."), soft_wrap=True)
    if "note" in frame:
        for note, count in frame.loc[frame["note"] != "", "note"].value_counts().items():
            say().print(as_text(f"Note on {count:,} of {len(frame):,} rows: {note}."), soft_wrap=True)


def _table(title: str, columns: tuple[MeasureColumn, ...], rows: pd.DataFrame) -> None:
    table = new_table(title, ["", *("component" if column.name == "name" else column.name for column in columns)])
    for position, column in enumerate(columns, 1):
        if not column.form:
            table.columns[position].justify, table.columns[position].no_wrap = "left", False
    for rank, row in enumerate(records(rows), 1):
        table.add_row(str(rank), *(as_text(written(row[column.name], column.form)) for column in columns))
    say().print(table)


def written(value: Any, form: str) -> str:
    """A cell as text: blank where unknown, yes or no for flags, figures by their format."""
    import pandas as pd

    if pd.isna(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text: str = format(float(value), form) if form else str(value).replace(";", "; ")
    return text
