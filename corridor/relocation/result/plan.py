"""A plan: which plants, where and when, and their effect. Frozen; it never edits the tables it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import pandas as pd

from corridor.data.tables import Tables

#: Source key that rows written by :meth:`Plan.apply` carry.
PLAN_SOURCE = "corridor-plan"

#: Moves that a notebook shows.
_SHOWN = 12

#: Columns of a plan's limits.
LIMIT_COLUMNS = ("name", "limit", "scope", "sense", "unit", "amount", "used", "left", "binds", "price_usd_m")


@dataclass(frozen=True, eq=False)
class Plan:
    """Moves with their cost and effect.

    Attributes
    ----------
    study
        Name of the study.
    budget_usd_m
        Budget, US$ million (discounted cost).
    summary
        ``status, solver, goal, objective, bound, gap, proved, stopped_after_s, cost_usd_m, capex_usd_m,
        incentive_usd_m, running_usd_m, expected_loss_before_usd_m, expected_loss_after_usd_m, cvar_before_usd_m,
        cvar_after_usd_m`` (mean loss of the worst windows), ``target_value_before_usd_m,
        target_value_after_usd_m`` (value from the target in what India needs, per year, last year).
    moves
        One row per plant: ``component, technology, site, start_year, first_output_year, plants, capacity``
        (unit/year), ``capacity_usd_m`` (per year), ``capex_usd_m, incentive_usd_m, running_usd_m`` (discounted
        over the study), and per year, in the study's last year, in calm times:

        - ``made_usd_m``: output, in its first year times its ramp;
        - ``replaces_target_usd_m``: deliveries of the target to India and the other markets that this output
          replaces. Never more than ``made_usd_m``; the rest of the output replaces deliveries of other origins
          abroad. Plants of one component replace in proportion to what they make;
        - ``still_target_usd_m``: value from the target in its inputs, through the bill of materials: output times
          the sum over inputs of value share times ``net_after`` of India in :attr:`exposure`.

        What moves and second sources replace adds up, for each component, to the target's deliveries to all
        markets without them (those for the inputs that new plants need included) less those after the plan, by
        the shares in :attr:`sourcing`. Plants that the study keeps come first; stocks replace nothing in calm
        times.
    exposure
        ``market, component, direct_before, net_before, stop_before, direct_after, net_after, stop_after``; kept
        plants run before and after.
    losses
        ``scenario, market, sector, loss_before_usd_m, loss_after_usd_m``: value of final need unmet if the denial
        happens (not weighted by its probability, not discounted).
    limits
        ``name, limit, scope, sense, unit, amount, used, left, binds, price_usd_m``: the price is the expected loss
        that one more unit of the limit avoids, by the linear relaxation (an integer number of plants may gain
        less). Kept plants count as used, but their investment is spent.
    sourcing
        Rows that replace those of the table ``sourcing`` for the components touched.
    second_sources
        ``component, origin, least_share, most_share, cost_usd_m, replaces_target_usd_m``: makers qualified
        abroad; the last is what each takes over from the target per year, in the study's last year, in calm
        times: ``least_share`` of India's need without a plan, or what plants have left of the target's deliveries.
    stocks
        ``component, value_usd_m, months, cost_usd_m``: stocks; months of India's largest yearly need.
    facilities
        ``facility, site, sector, capex_usd_m, cost_usd_m``: shared facilities of parks that the moves need.
    deliveries
        ``component, technology, site, market, units, value_usd_m, running_usd_m, freight_usd_m``, per year:
        deliveries from each site to each market, in studies that must meet demand; empty in others.
    markets
        Expected loss and exposure of each market, in all and by sector, before and after:
        :func:`~corridor.relocation.result.by_market.by_market`; empty in studies that must meet demand.
    """

    study: str
    budget_usd_m: float
    summary: Mapping[str, float | str]
    moves: pd.DataFrame
    exposure: pd.DataFrame
    losses: pd.DataFrame
    limits: pd.DataFrame
    sourcing: pd.DataFrame
    second_sources: pd.DataFrame = field(default_factory=pd.DataFrame)
    stocks: pd.DataFrame = field(default_factory=pd.DataFrame)
    facilities: pd.DataFrame = field(default_factory=pd.DataFrame)
    deliveries: pd.DataFrame = field(default_factory=pd.DataFrame)
    markets: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def quality(self) -> str:
        """What is proved of the plan, in words."""
        return str(self.summary["proved"])

    @property
    def warning(self) -> str:
        """What a reader must know of how the plan was found; empty if the search ended by itself."""
        after = float(self.summary.get("stopped_after_s", 0.0))
        return f"stopped by the limit of {after:,.0f} s: this plan may differ elsewhere" if after else ""

    def apply(self, tables: Tables) -> Tables:
        """New tables with the moves made: shares of origins after the plan, in the study's last year.

        Parameters
        ----------
        tables
            The tables that the plan was made from.

        Returns
        -------
        Tables
            New tables; the input is not changed.
        """
        if self.sourcing.empty:
            return tables
        old = tables.sourcing
        touched = self.sourcing[["market", "component"]].drop_duplicates().assign(touched=True)
        kept = old.merge(touched, on=["market", "component"], how="left")
        kept = kept[kept["touched"].isna()][list(old.columns)]
        sourcing = pd.concat([kept, self.sourcing.reindex(columns=old.columns)], ignore_index=True)
        sourcing = sourcing.sort_values(["market", "component", "origin"], ignore_index=True)
        sources = tables.sources
        if PLAN_SOURCE not in set(sources["key"]):
            row = {
                "key": PLAN_SOURCE,
                "title": f"Plan of the study {self.study}",
                "publisher": "corridor",
                "licence": "as the study",
                "note": "computed: shares of origins after the plan's moves",
            }
            sources = pd.concat([sources, pd.DataFrame([row])], ignore_index=True).reindex(columns=sources.columns)
        return tables.replace(sourcing=sourcing, sources=sources)

    def _repr_html_(self) -> str:
        """The line of :func:`repr`, and the most expensive moves as a table."""
        moves = self.moves.sort_values("capex_usd_m", ascending=False).head(_SHOWN)
        lines = "".join(
            f"<tr><th>{escape(str(row.component))}</th><td>{escape(str(row.site))}</td><td>{row.start_year}</td>"
            f"<td>{row.plants}</td><td>{row.capex_usd_m:,.1f}</td><td>{row.replaces_target_usd_m:,.1f}</td>"
            f"<td>{row.still_target_usd_m:,.1f}</td></tr>"
            for row in moves.itertuples(index=False)
        )
        names = ("component", "site", "start", "plants", "capex", "replaces a year", "still from target a year")
        head = "".join(f"<th>{name}</th>" for name in names)
        more = f"<p>and {len(self.moves) - len(moves)} more moves</p>" if len(self.moves) > len(moves) else ""
        return (
            f"<p>{escape(repr(self))}</p><table><caption>Moves, US$ million</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>{more}"
        )

    def __repr__(self) -> str:
        """One line: budget, moves, loss before and after."""
        before = float(self.summary["expected_loss_before_usd_m"])
        after = float(self.summary["expected_loss_after_usd_m"])
        return (
            f"Plan(study={self.study!r}, budget={self.budget_usd_m:,.0f} US$ M, moves={len(self.moves)}, "
            f"expected loss {before:,.0f} -> {after:,.0f} US$ M, {self.quality})"
        )
