"""Tables that commands print: exposure, plans and reasons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from corridor.cli.console import as_text, new_table, out, records
from corridor.data.list_cells import list_cell

if TYPE_CHECKING:
    import pandas as pd

    from corridor.config import Study
    from corridor.data.tables import Tables
    from corridor.relocation import Alternatives, Plan, Reasons

#: Rows of a long table that the terminal shows.
_SHOWN = 25


def show_headline(settings: Study, tables: Tables, exposures: pd.DataFrame) -> None:
    """Print the exposure of each market, in total and by sector."""
    from corridor.measures import headline

    table = new_table(
        f"Exposure to {'+'.join(settings.target)} of what each market needs, weighted by value",
        ["market", "sector", "need US$ M/yr", "direct", "net", "stop"],
    )
    for by_sector in (False, True):
        for row in records(headline(tables, exposures, by_sector=by_sector)):
            figures = (f"{value:.0%}" for value in (row["direct"], row["net"], row["stop"]))
            table.add_row(row["market"], str(row.get("sector", "all")), f"{row['need_usd_m']:,.0f}", *figures)
    out().print(table)


def show_frontier(settings: Study, tables: Tables, plans: list[Plan]) -> None:
    """Print what a budget buys: a line per plan and market, the host's first, then all by their weights."""
    from corridor.relocation.result.averted import break_even
    from corridor.relocation.result.by_market import WEIGHTED, per_dollar

    table = new_table(
        "What a budget buys (US$ million, discounted; loss expected over all windows)",
        [
            "budget",
            "cost",
            "moves",
            "market",
            "loss before",
            "after",
            "avoided",
            "per US$",
            "next US$",
            "net exposure",
        ],
    )
    bought = per_dollar(settings, plans)
    for made in sorted(plans, key=lambda plan: plan.budget_usd_m):
        summary = made.summary
        first = [f"{made.budget_usd_m:,.0f}", f"{float(summary['cost_usd_m']):,.0f}", str(len(made.moves))]
        whole = made.markets[made.markets["sector"] == "all"].set_index("market") if len(made.markets) else None
        mine = bought[bought["budget_usd_m"] == made.budget_usd_m].set_index("market")
        for market in mine.index:
            if market == WEIGHTED:
                before, after = (float(summary[f"expected_loss_{when}_usd_m"]) for when in ("before", "after"))
                net = made.quality.partition(" %")[0] + " % of what could be"
            else:
                assert whole is not None
                row = whole.loc[market]
                before, after = float(row["loss_before_usd_m"]), float(row["loss_after_usd_m"])
                net = f"{row['net_before']:.1%} -> {row['net_after']:.1%}"
            table.add_row(
                *first,
                str(market),
                f"{before:,.0f}",
                f"{after:,.0f}",
                f"{before - after:,.0f} ({(before - after) / before if before else 0:.0%})",
                f"{mine.loc[market, 'per_dollar']:.2f}",
                f"{mine.loc[market, 'next_per_dollar']:.2f}",
                net,
            )
            first = ["", "", ""]
    out().print(table)
    for made in plans:
        if made.warning:
            out().print(f"US$ {made.budget_usd_m:,.0f} M: {made.warning}.")
    if len(plans) > 1:
        paid = break_even(plans)
        words = "beyond the largest plan" if math.isinf(paid) else f"up to a cost of US$ {paid:,.0f} M"
        out().print(f"The next dollar pays on average losses, weighted by market, {words}.", soft_wrap=True)
    show_fund_warnings(settings, tables, [made.budget_usd_m for made in plans])


def show_markets(plan: Plan) -> None:
    """Print what a plan does for each market, in all and by sector."""
    if plan.markets.empty:
        return
    table = new_table(
        "By market and sector (US$ million; loss expected over all windows, not weighted by market)",
        ["market", "sector", "loss before", "after", "avoided", "direct before", "after", "net before", "after"],
    )
    for row in records(plan.markets):
        table.add_row(
            row["market"],
            as_text(row["sector"]),
            f"{row['loss_before_usd_m']:,.0f}",
            f"{row['loss_after_usd_m']:,.0f}",
            f"{row['avoided_usd_m']:,.0f} ({row['avoided_share']:.0%})",
            *(f"{row[name]:.1%}" for name in ("direct_before", "direct_after", "net_before", "net_after")),
        )
    out().print(table)


def show_fund_warnings(settings: Study, tables: Tables, budgets: list[float]) -> None:
    """Print a line for each budget (US$ million) that is reserved whole by funds."""
    from corridor.measures.supply.evidence import known_tables
    from corridor.relocation import limit_table
    from corridor.relocation.search.prices import fund_warnings

    if settings.meet_demand:
        return
    known = known_tables(tables, settings)
    for budget in budgets:
        for words in fund_warnings(limit_table(known, settings, budget), sectors=settings.sectors):
            out().print(f"Warning: {words}", soft_wrap=True)


def show_summary(settings: Study, tables: Tables, plans: list[Plan]) -> None:
    """Print the findings: exposure, what the plan at the study's budget buys, what remains."""
    from corridor.measures import headline

    made = min(plans, key=lambda plan: abs(plan.budget_usd_m - settings.budget_usd_m))
    crore = made.budget_usd_m * settings.inr_per_usd / 10
    target = "+".join(settings.target)
    lines = [
        f"{row['market']}: {row['net_before']:.0%} of its final needs rest on {target} by value "
        f"({row['direct_before']:.0%} on the face of it); {row['stop_before']:.0%} stop if it stops."
        for row in records(headline(tables, made.exposure))
    ]
    lines.append(f"US$ {made.budget_usd_m:,.0f} M (Rs {crore:,.0f} crore) buy {len(made.moves)} plants.")
    lines += [
        f"{row['market']}: they take {row['avoided_share']:.0%} off its expected loss of "
        f"US$ {row['loss_before_usd_m']:,.0f} M."
        for row in records(made.markets)
        if row["sector"] == "all"
    ]
    output, still = made.moves["made_usd_m"].sum(), made.moves["still_target_usd_m"].sum()
    if output > 0:
        lines.append(
            f"What remains: {still / output:.0%} of the value that these plants make still comes from {target}."
        )
    out().print("\n".join(lines), soft_wrap=True)


def show_plan(settings: Study, tables: Tables, made: Plan) -> None:
    """Print the moves of a plan, its line of the frontier and the limits that bind."""
    names = tables.components.set_index("id")["name"]
    sites = tables.sites.set_index("id")["name"]
    table = new_table(
        f"Plan within US$ {made.budget_usd_m:,.0f} million",
        [
            "start",
            "output",
            "component",
            "site",
            "US$ M/yr",
            "capex US$ M",
            "Rs crore",
            "replaces target",
            "still target",
        ],
    )
    for row in records(made.moves):
        table.add_row(
            str(row["start_year"]),
            str(row["first_output_year"]),
            as_text(names[row["component"]]),
            as_text(sites[row["site"]]),
            *(
                f"{value:,.0f}"
                for value in (
                    row["made_usd_m"],
                    row["capex_usd_m"],
                    row["capex_usd_m"] * settings.inr_per_usd / 10,
                    row["replaces_target_usd_m"],
                    row["still_target_usd_m"],
                )
            ),
        )
    out().print(table)
    _show_levers(tables, made)
    show_markets(made)
    show_frontier(settings, tables, [made])
    binding = made.limits[made.limits["binds"] & (made.limits["limit"] != "most plants")]
    if len(binding):
        text = "; ".join(f"{row['limit']} ({row['scope']})" for row in records(binding))
        out().print(f"Limits that bind: {text}", soft_wrap=True)


def _show_levers(tables: Tables, made: Plan) -> None:
    """Print second sources and stocks of the plan, most expensive first."""
    names = tables.components.set_index("id")["name"]
    rows = [
        (row["cost_usd_m"], "second source", row["component"], f"{row['origin']}, up to {row['most_share']:.0%}")
        for row in records(made.second_sources)
    ]
    rows += [
        (row["cost_usd_m"], "stock", row["component"], f"{row['months']:.1f} months")
        for row in records(made.stocks)
    ]
    if not rows:
        return
    table = new_table(
        f"Buy elsewhere or store: {len(made.second_sources)} second sources, {len(made.stocks)} stocks",
        ["component", "lever", "how much", "cost US$ M"],
    )
    for cost, lever, component, what in sorted(rows, reverse=True)[:_SHOWN]:
        table.add_row(as_text(names[component]), lever, what, f"{cost:,.1f}")
    out().print(table)


def show_reasons(
    settings: Study, tables: Tables, made: Plan, reasons: Reasons, others: Alternatives | None
) -> None:
    """Print the worth and needs of each move, the value of one more unit of a limit, and the alternatives."""
    names = tables.components.set_index("id")["name"]
    show_frontier(settings, tables, [made])
    table = new_table(
        "Worth of each move: the expected loss that returns if it is dropped and nothing replaces it",
        ["start", "component", "plants", "cost US$ M", "worth US$ M", "per US$", "needs"],
    )
    for row in records(reasons.moves.head(_SHOWN)):
        needs = ", ".join(names[name] for name in list_cell(row["needs"]))
        table.add_row(
            str(row["start_year"]),
            as_text(names[row["component"]]),
            str(row["plants"]),
            *(f"{row[key]:,.1f}" for key in ("cost_usd_m", "worth_usd_m", "worth_per_usd")),
            as_text(needs),
        )
    out().print(table)
    if len(reasons.limits):
        lines = [f"  {line}" for line in reasons.limits.sort_values("price_usd_m", ascending=False)["what"]]
        out().print("\n".join(["What one more unit of a limit buys:", *lines[:_SHOWN]]), soft_wrap=True)
    if others is None:
        return
    counts = others.components["verdict"].value_counts()
    out().print(
        f"\nOf {len(others.plans)} plans that avoid at least {1 - others.slack:.1%} of what the best does: "
        f"{counts.get('must', 0)} components are in all, {counts.get('could', 0)} in some."
    )
    table = new_table("What could differ", ["component", "in plans", "regret of leaving out, US$ M"])
    some = others.components[others.components["verdict"] == "could"]
    for row in records(some.head(_SHOWN)):
        regret = row["regret_usd_m"]
        shown = f"{regret:,.1f}" if regret == regret else ""
        table.add_row(as_text(names[row["component"]]), f"{row['plans']} of {row['of']}", shown)
    out().print(table)


def show_forced(tables: Tables, forced: pd.DataFrame) -> None:
    """Print the cost of forcing each component into the plan."""
    names = tables.components.set_index("id")["name"]
    table = new_table("Forced in, all else replanned", ["component", "loss US$ M", "regret US$ M"])
    for row in records(forced):
        figures = (
            f"{row[key]:,.1f}" if row[key] == row[key] else "not possible"
            for key in ("loss_usd_m", "regret_usd_m")
        )
        table.add_row(as_text(names[row["component"]]), *figures)
    out().print(table)
