"""`corridor measure`: every measure by its name, printed and written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.cli.console import err, new_table, plain, rows_of
from corridor.cli.console import out as say
from corridor.cli.settings import Data, Only, StudyName, load_inputs

if TYPE_CHECKING:
    import pandas as pd

    from corridor.tables import Tables

_PERCENT = {
    "assumed", "direct", "net", "stop", "share", "cumulative_share", "contribution", "home_share", "left", "low",
    "high", "loss_share", "flagged_share", "foreign_cr3", "lost", "import_reliance", "top_10", "top_20",
}  # fmt: skip


def measure(
    study: StudyName = "default",
    kind: Annotated[str, typer.Option("--kind", help="Which measure: see --list.")] = "exposure",
    listed: Annotated[bool, typer.Option("--list", help="List the measures and what each says.")] = False,
    market: Annotated[
        list[str] | None,
        typer.Option("--market", help="Market, for example IND; may be given again.", show_default=False),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", help="Countries depended upon, if not the study's; may be given again.", show_default=False
        ),
    ] = None,
    component: Annotated[
        list[str] | None,
        typer.Option("--component", help="These components only; may be given again.", show_default=False),
    ] = None,
    country: Annotated[
        str | None,
        typer.Option("--country", help="Whose exports are looked at; IND if not given.", show_default=False),
    ] = None,
    sector: Annotated[str | None, typer.Option("--sector", help="One sector only.", show_default=False)] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Rows to print for each market.")] = 20,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="Also write all rows: .csv, .json or .parquet.", show_default=False),
    ] = None,
    data: Data = None,
    only: Only = False,
) -> None:
    """Measure dependence: exposure to the target through all inputs (or any other measure: --list)."""
    from corridor.config import SECTORS
    from corridor.errors import ConfigError
    from corridor.frames import nearest
    from corridor.measures import MEASURES, Ask
    from corridor.measures import measure as make

    if listed:
        table = new_table("Measures", ["component", "needs"])
        table.columns[0].header, table.columns[1].header = "--kind", "what it says"
        for one in MEASURES.values():
            table.add_row(one.name, plain(one.meaning))
        say().print(table)
        return
    if sector is not None and sector not in SECTORS:
        raise ConfigError(f"sector '{sector}': there is no such sector. Sectors there: {', '.join(SECTORS)}.")
    if kind not in MEASURES:
        near = nearest(kind, MEASURES)
        hint = f" Did you mean '{near}'?" if near else ""
        raise ConfigError(f"there is no measure '{kind}'.{hint} Measures there: {', '.join(MEASURES)}.")
    given = {"market": market, "target": target, "component": component, "country": country}
    idle = [f"--{name}" for name, value in given.items() if value and name not in MEASURES[kind].takes]
    if idle:
        takes = ", ".join(f"--{name}" for name in sorted(MEASURES[kind].takes)) or "none of these options"
        raise ConfigError(f"{', '.join(idle)}: means nothing to measure '{kind}', which takes {takes}.")
    settings, tables = load_inputs(study, data, only)
    ask = Ask.of(
        tables,
        settings,
        markets=market or (),
        target=target or (),
        components=component or (),
        country=country,
    )
    with err().status(f"measuring: {kind}"):
        frame = make(kind, ask, sector=sector)
    if kind == "exposure":
        parts = tables.components.set_index("id")[["name", "sector", "stage"]]
        frame = frame.join(parts, on="component")
    what = f"exposure to {'+'.join(ask.target)}" if kind == "exposure" else MEASURES[kind].meaning
    _show(tables, what, MEASURES[kind].shown, frame, ask.markets, top)
    if kind == "exposure":
        say().print(
            "direct: bought from the target. net: its value through the bill of materials. stop: what stops if "
            "the target stops. assumed: part of net whose weakest link is an assumption."
        )
    if to is not None:
        from corridor.results import save_table

        save_table(frame, to)
        say().print(f"{len(frame):,} rows written to {to}")


def _show(
    tables: Tables, what: str, columns: tuple[str, ...], frame: pd.DataFrame, markets: tuple[str, ...], top: int
) -> None:
    """Print the first rows, a table for each market where the measure has one."""
    column = next((name for name in ("market", "reporter") if name in frame), None)
    names = {str(key): str(name) for key, name in tables.components.set_index("id")["name"].items()}
    parts = [(None, frame)] if column is None else [(m, frame[frame[column] == m]) for m in markets]
    for market, part in parts:
        shown = part.head(top)[[name for name in columns if name in part and name != column]]
        titles = ["component" if name == "product" else str(name) for name in shown.columns]
        table = new_table(f"{f'{market}: ' if market else ''}{what}", ["", *titles])
        whole = {str(name) for name in shown if _whole(shown[name])}
        for rank, row in enumerate(rows_of(shown), 1):
            named = {
                key: str(names.get(str(row[key]), row[key])) for key in ("component", "product") if key in row
            }
            cells = [_cell(key, value, whole=key in whole) for key, value in (row | named).items()]
            table.add_row(str(rank), *cells)
        say().print(table)


def _whole(column: pd.Series) -> bool:
    """Whether all figures of a column are whole numbers."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    known = column.dropna().astype(float)
    return bool((known == known.round()).all())


def _cell(name: str, value: Any, *, whole: bool) -> Any:
    if isinstance(value, str):
        return plain(value)
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "year":
        return str(int(value))
    if name in _PERCENT:
        return f"{value:.0%}"
    return f"{value:,.0f}" if whole or name.endswith("_usd_m") else f"{value:.2f}"
