"""`corridor look-through`, `cascade` and `reliance`: the general measures, on tables of your own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from corridor.cli.console import as_text, err, new_table, records
from corridor.cli.console import out as say
from corridor.cli.measures import written
from corridor.cli.network_files import edges_of, essential_of, flows_of, nodes_of, read_plain

if TYPE_CHECKING:
    import pandas as pd

To = Annotated[
    Path | None,
    typer.Option("--to", help="Also write all rows: .csv, .json or .parquet.", show_default=False),
]
Top = Annotated[int, typer.Option("--top", min=1, help="Rows to print.")]


def look_through(
    flows: Annotated[
        Path,
        typer.Argument(
            help="Sales, .csv or .parquet: seller, buyer, value; or seller_country, seller_sector, "
            "buyer_country, buyer_sector, value; or a square matrix of what row sells to column."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", help="Output of every node: node, country, value; or country, sector, value."),
    ],
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", help="Country; may be given again. All if left out.", show_default=False),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group", help="Count a country as another: HKG=CHN; may be given again.", show_default=False
        ),
    ] = None,
    sales: Annotated[
        bool, typer.Option("--sales", help="Exposure through sales (to destinations) in place of purchases.")
    ] = False,
    top: Top = 20,
    to: To = None,
) -> None:
    """Exposure of every node of any input-output table: at face value, through all tiers, and their difference."""
    from corridor.measures import look_through as bought
    from corridor.measures import sales_exposure as sold

    tables = flows_of(flows, produced := read_plain(output)), produced
    pairs = _groups(group or [])
    with err().status("looking through"):
        if sales:
            frame = sold(*tables, destination=origin or None, group=pairs)
        else:
            frame = bought(*tables, origin=origin or None, group=pairs)
    frame = frame.sort_values("hidden", ascending=False, kind="stable", ignore_index=True)
    words = [name for name in frame.columns if name in ("node", "country", "sector", "origin", "destination")]
    figures = dict.fromkeys([name for name in frame.columns if name not in words], ".2%")
    _print("Exposure, most hidden first", frame, dict.fromkeys(words, "") | figures, top)
    say().print(
        "face_value: share of purchases (sales) made there directly. look_through: the same over all tiers. "
        "hidden: their difference. fpem, fpex: the published variants with the node's own tier counted.",
        soft_wrap=True,
    )
    _save(frame, to)


def cascade(
    edges: Annotated[
        Path,
        typer.Argument(help="Sales: supplier, customer, value; or a square matrix of what row sells to column."),
    ],
    nodes: Annotated[
        Path,
        typer.Argument(
            help="Nodes: id (or node_id), sector (or industry_id); perhaps market, weight, revenue, cost."
        ),
    ],
    essential: Annotated[
        str,
        typer.Option(
            "--essential",
            help="Table input_sector, output_sector, kind; a matrix of 0, 1, 2 (none, replaceable, essential), "
            "inputs in rows; or one kind for all: essential, replaceable, none.",
        ),
    ] = "essential",
    shock: Annotated[
        Path | None,
        typer.Option(
            "--shock",
            help="Table node, remaining, perhaps scenario and remaining_up; each node alone if left out.",
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option("--node", help="Close this node alone; may be given again.", show_default=False),
    ] = None,
    direction: Annotated[
        str, typer.Option("--direction", help="Spread to customers and suppliers: both, down, up.")
    ] = "both",
    replaceability: Annotated[
        bool,
        typer.Option(
            "--replaceability/--no-replaceability",
            help="Whether others in its market replace a failing supplier; off, as in the authors' GL_cascade.",
        ),
    ] = False,
    revenue_and_cost: Annotated[
        bool,
        typer.Option("--revenue-and-cost/--no-revenue-and-cost", help="Whether these columns of the nodes count."),
    ] = True,
    tolerance: Annotated[float, typer.Option("--tolerance", help="Stop when no level falls by more.")] = 1e-2,
    max_rounds: Annotated[int, typer.Option("--max-rounds", help="Rounds after which a run stops.")] = 1_000_000,
    levels: Annotated[
        Path | None,
        typer.Option(
            "--levels", help="Also write the remaining level of every node in every scenario.", show_default=False
        ),
    ] = None,
    top: Top = 20,
    to: To = None,
) -> None:
    """Economic systemic risk index (ESRI) of the nodes of any supply network, or of shocks to it."""
    from corridor.errors import ConfigError
    from corridor.measures import SupplyNetwork

    if shock is not None and node:
        raise ConfigError("--shock and --node are both given. Fix: give one of them.")
    firms = nodes_of(nodes)
    kinds = essential_of(Path(essential), firms["sector"]) if Path(essential).suffix else essential
    sales = edges_of(edges, firms["id"])
    network = SupplyNetwork.of(sales, firms, kinds, revenue_and_cost=revenue_and_cost)
    asked: Any = read_plain(shock) if shock is not None else _nodes(network.ids, node)
    rules: dict[str, Any] = {
        "replaceability": replaceability,
        "direction": cast(Literal["both", "down", "up"], direction),
        "tolerance": tolerance,
        "max_rounds": max_rounds,
    }
    with err().status("spreading"):
        frame = network.index(asked, **rules)
    frame = frame.sort_values("esri", ascending=False, kind="stable", ignore_index=True)
    forms = {"scenario": "", "esri": ".2%", "down": ".2%", "up": ".2%", "rounds": ",.0f", "settled": ""}
    _print("Economic systemic risk, largest first", frame, forms, top)
    _save(frame, to)
    if levels is not None:
        _save(network.levels(asked, **rules), levels)


def reliance(
    balance: Annotated[
        Path,
        typer.Argument(
            help="Balances, .csv or .parquet: imports, exports, production, perhaps secondary, stock_draw, in one "
            "unit; figures or bounds such as >95, <50, W, NA."
        ),
    ],
    top: Top = 50,
    to: To = None,
) -> None:
    """Net import reliance in per cent of consumption, with the bounds of the figures carried through."""
    from corridor.measures import format_bound, net_import_reliance

    balances = read_plain(balance)
    found = net_import_reliance(balances)
    shown = [format_bound(low, high) for low, high in zip(found["low"], found["high"], strict=True)]
    frame = balances.join(found).assign(reliance=shown)
    names = [name for name in balances.columns if name not in ("secondary", "stock_draw")]
    _print("Net import reliance, per cent", frame, dict.fromkeys([*names, "reliance", "net_exporter"], ""), top)
    _save(frame, to)


def _nodes(ids: pd.Index, asked: list[str] | None) -> list[Any] | None:
    """The ids of the nodes asked for, in the type of the table: ids may be numbers."""
    from corridor.errors import ConfigError
    from corridor.registry.definition import close

    if not asked:
        return None
    by_name = {str(name): name for name in ids}
    lost = [name for name in asked if name not in by_name]
    if lost:
        raise ConfigError("\n".join(f"node '{name}': not in nodes; {close(name, list(by_name))}" for name in lost))
    return [by_name[name] for name in asked]


def _groups(texts: list[str]) -> dict[str, str] | None:
    from corridor.errors import ConfigError

    wrong = [text for text in texts if text.count("=") != 1 or not all(text.split("="))]
    if wrong:
        raise ConfigError(f"group {', '.join(wrong)}: wanted COUNTRY=GROUP, for example HKG=CHN.")
    return dict(text.split("=") for text in texts) or None


def _print(title: str, frame: pd.DataFrame, forms: dict[str, str], top: int) -> None:
    table = new_table(title, list(forms))
    for position, form in enumerate(forms.values()):
        if not form:
            table.columns[position].justify = "left"
    for row in records(frame.head(top)):
        table.add_row(*(as_text(written(row[name], form)) for name, form in forms.items()))
    say().print(table)


def _save(frame: pd.DataFrame, to: Path | None) -> None:
    if to is not None:
        from corridor.runs.results import save_table

        save_table(frame, to)
        say().print(f"{len(frame):,} rows written to {to}")
