"""Figures for the pages of components and countries, computed once and indexed by component."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.checks.chain import value_shares
from corridor.data.tables import Tables
from corridor.measures import (
    exposure_by_origin,
    exposure_by_tier,
    headline,
    market_flows,
    paths,
    stop_losses,
)
from corridor.measures.supply.needs import final_needs
from corridor.measures.supply.sourcing import REST
from corridor.pages.entities.window_rows import window_rows
from corridor.pages.kit.links import LEAST_SHARE, component_files, country_files
from corridor.pages.kit.payload import needs, rows_of, target_name, text
from corridor.pages.kit.sectors import Sectors

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

Rows = dict[Any, list[Any]]

_ORIGINS, _PATHS, _MAKERS = 8, 6, 3
_COVERAGE = 0.9
#: Smaller shares of origins are listed together, but for the greatest.
_LEAST_SHOWN = 0.005


@dataclass(frozen=True, eq=False)
class Facts:
    """Figures of a study by component, each list in display order.

    Attributes
    ----------
    tables, study, plans
        The study. Plans by rising budget; ``chosen`` is the one nearest to the study's budget, None without plans.
    names, countries
        Names by id and ISO code.
    component_files, country_files
        Files of the pages.
    target
        Name of the target.
    headline
        Exposure of all final needs, by market: ``direct, net, stop``.
    exposure
        Rows of :func:`corridor.exposure` by (market, component).
    need, final
        US$ million a year by (market, component): all needs, and only final needs.
    origins, other_origins
        Greatest shares by (market, component); number and share of the origins not shown.
    ranges
        Lower and upper end of the shares that ``sourcing`` states, by (market, component, origin).
    inputs, users
        Rows of the table ``recipes`` with ``worth`` (US$ of input per US$ of output), by output and by input.
    tiers, chains
        Of :func:`corridor.measures.exposure_by_tier` and :func:`corridor.measures.paths` by (market, component).
    makers
        Of :func:`corridor.measures.stop_losses` by component, the greatest losses first.
    imports
        Reported imports by (market, component): ``years``, and ``origin -> values`` in US$ million.
    codes, firms
        Rows of the tables ``codes``, and of ``suppliers`` joined to ``makes``, by component.
    changes
        Rows of the chosen plan's exposure by (market, component).
    windows
        Of :func:`corridor.pages.entities.window_rows.window_rows` with the chosen plan, by component.
    moves, seconds, stocks
        Rows of the plans' tables by (budget, component).
    can_build, can_qualify, can_store
        Plant sizes, other origins and most months of stock that the tables allow, by component.
    sites
        Name and state by id.
    by_origin
        Of :func:`corridor.exposure_by_origin`, with the share and its evidence; one row per market, component
        and origin.
    losses
        Of :func:`corridor.measures.stop_losses`, all makers.
    sources
        Rows of ``sources`` by key.
    """

    tables: Tables
    study: Study
    plans: list[Plan]
    chosen: Plan | None
    names: dict[str, str]
    countries: dict[str, str]
    component_files: dict[str, str]
    country_files: dict[str, str]
    target: str
    headline: pd.DataFrame
    exposure: dict[tuple[str, str], Any]
    need: dict[tuple[str, str], float]
    final: dict[tuple[str, str], float]
    origins: Rows
    other_origins: dict[tuple[str, str], tuple[int, float]]
    ranges: dict[tuple[str, str, str], tuple[float, float]]
    inputs: Rows
    users: Rows
    tiers: Rows
    chains: Rows
    makers: Rows
    imports: dict[tuple[str, str], tuple[list[int], dict[str, list[float]], str, str]]
    codes: Rows
    firms: Rows
    changes: dict[tuple[str, str], Any]
    windows: Rows
    moves: Rows
    seconds: Rows
    stocks: Rows
    can_build: dict[str, int]
    can_qualify: dict[str, int]
    can_store: dict[str, float]
    sites: dict[str, tuple[str, str]]
    by_origin: pd.DataFrame
    losses: pd.DataFrame
    sources: dict[str, Any]

    @cached_property
    def sectors(self) -> Sectors:
        """Names, colours and order of the sectors."""
        return Sectors.of(self.tables)

    @classmethod
    def of(
        cls, tables: Tables, study: Study, exposures: pd.DataFrame, shares: pd.DataFrame, plans: Sequence[Plan]
    ) -> Facts:
        """Compute the figures; parameters as in :func:`corridor.pages.write_pages`."""
        ordered = sorted(plans, key=lambda plan: plan.budget_usd_m)
        chosen = min(ordered, key=lambda plan: abs(plan.budget_usd_m - study.budget_usd_m), default=None)
        markets = list(study.markets)
        countries = _named(tables.countries, "iso3")
        shown, others = _origins(shares)
        recipes = tables.recipes.assign(worth=value_shares(tables))
        recipes = recipes.sort_values(["worth", "output", "input"], ascending=[False, True, True])
        final = final_needs(tables).set_index(["market", "component"])["final_usd_m"]
        chains = [
            paths(tables, list(tables.components["id"]), market, study.target, coverage=_COVERAGE, most=_PATHS)
            for market in markets
        ]
        losses = stop_losses(tables, markets)
        return cls(
            tables=tables,
            study=study,
            plans=ordered,
            chosen=chosen,
            names=_named(tables.components, "id"),
            countries=countries,
            component_files=component_files(tables),
            country_files=country_files(tables, shares),
            target=target_name(study.target, countries),
            headline=headline(tables, exposures).set_index("market"),
            exposure={(row.market, row.component): row for row in rows_of(exposures)},
            need=lookup(needs(tables)),
            final=lookup(final),
            origins=shown,
            other_origins=others,
            ranges=_ranges(tables),
            inputs=rows_by(recipes, "output"),
            users=rows_by(recipes, "input"),
            tiers=rows_by(exposure_by_tier(tables, markets, study.target), "market", "component"),
            chains=rows_by(pd.concat(chains, ignore_index=True), "market", "component"),
            makers=rows_by(losses[losses["loss_usd_m"] > 0].groupby("component").head(_MAKERS), "component"),
            imports=_imports(tables, study),
            codes=rows_by(tables.codes.sort_values(["nomenclature", "code"]), "component"),
            firms=rows_by(_firms(tables), "component"),
            changes={}
            if chosen is None
            else {(row.market, row.component): row for row in rows_of(chosen.exposure)},
            windows=rows_by(window_rows(tables, study, chosen), "component"),
            moves=_of_plans(ordered, "moves"),
            seconds=_of_plans(ordered, "second_sources"),
            stocks=_of_plans(ordered, "stocks"),
            can_build=lookup(tables.technologies.groupby("component").size()),
            can_qualify=lookup(tables.second_sources.groupby("component").size()),
            can_store=lookup(tables.stockpiles.groupby("component")["most_months"].max()),
            sites={row.id: (text(row.name), text(row.state)) for row in rows_of(tables.sites)},
            by_origin=_by_origin(tables, markets, shares),
            losses=losses,
            sources={row.key: row for row in rows_of(tables.sources.fillna("").drop_duplicates("key"))},
        )

    @property
    def markets(self) -> list[str]:
        """Markets of the study, in its order."""
        return list(self.study.markets)


def rows_by(frame: pd.DataFrame, *keys: str) -> Rows:
    """Rows of a table by the values of one or several columns, in the table's order."""
    found: Rows = defaultdict(list)
    values = frame[keys[0]] if len(keys) == 1 else zip(*(frame[key] for key in keys), strict=True)
    for key, row in zip(values, rows_of(frame), strict=True):
        found[key].append(row)
    return dict(found)


def lookup(series: pd.Series) -> dict[Any, Any]:
    """Values of a series by its index, as Python numbers."""
    return dict(zip(series.index, series.tolist(), strict=True))


def _of_plans(plans: Sequence[Plan], name: str) -> Rows:
    """Rows of a table of plans by (budget, component)."""
    found: Rows = {}
    for plan in plans:
        frame = getattr(plan, name)
        if len(frame):
            found |= {(plan.budget_usd_m, key): rows for key, rows in rows_by(frame, "component").items()}
    return found


def _named(frame: pd.DataFrame, key: str) -> dict[str, str]:
    return {name: text(shown) or name for name, shown in zip(frame[key], frame["name"], strict=True)}


def _origins(shares: pd.DataFrame) -> tuple[Rows, dict[tuple[str, str], tuple[int, float]]]:
    """Greatest origins of each component in each market; number and share of the others."""
    keys = ["market", "component"]
    order = shares.sort_values([*keys, "share", "origin"], ascending=[True, True, False, True])
    rank = order.groupby(keys).cumcount()
    shown = (rank < _ORIGINS) & (
        (order["share"] >= _LEAST_SHOWN) | ((rank == 0) & (order["share"] >= LEAST_SHARE))
    )
    rest = order[~shown].groupby(keys)["share"].agg(["size", "sum"])
    others = {key: (int(row[0]), float(row[1])) for key, row in zip(rest.index, rest.to_numpy(), strict=True)}
    return rows_by(order[shown], *keys), others


def _ranges(tables: Tables) -> dict[tuple[str, str, str], tuple[float, float]]:
    known = tables.sourcing.dropna(subset=["low", "high"])
    known = known[known["high"] > known["low"]]
    return {(row.market, row.component, row.origin): (float(row.low), float(row.high)) for row in rows_of(known)}


def _imports(
    tables: Tables, study: Study
) -> dict[tuple[str, str], tuple[list[int], dict[str, list[float]], str, str]]:
    """Reported imports of each component over the years, the target as one origin, the greatest others by name."""
    found: dict[tuple[str, str], tuple[list[int], dict[str, list[float]], str, str]] = {}
    for market in study.markets:
        if not (tables.trade["importer"] == market).any():
            continue
        flows = market_flows(tables, market, merge=dict.fromkeys(study.target, "target"))
        flows = flows[flows["value"] > 0]
        years = np.unique(flows["year"].to_numpy(int))
        total = flows.groupby(["product", "origin"])["value"].sum().reset_index()
        named = total[(total["origin"] != "target") & (total["origin"] != REST)]
        named = named.sort_values(["product", "value"], ascending=[True, False]).groupby("product").head(4)
        known = pd.MultiIndex.from_frame(named[["product", "origin"]])
        pair = pd.MultiIndex.from_frame(flows[["product", "origin"]])
        own = pair.isin(known) | (flows["origin"] == "target").to_numpy()
        flows = flows.assign(origin=flows["origin"].where(own, "others"))
        keys = ["product", "origin", "year"]
        wide = flows.groupby(keys)["value"].sum().unstack("year").reindex(columns=years).fillna(0.0)
        about = flows.groupby("product")[["status", "source"]].first()
        for (product, origin), values in zip(wide.index, wide.to_numpy(), strict=True):
            entry = found.setdefault(
                (market, product),
                (years.tolist(), {}, str(about.at[product, "status"]), str(about.at[product, "source"])),
            )
            entry[1][origin] = values.tolist()
    return found


def _firms(tables: Tables) -> pd.DataFrame:
    """Suppliers with the components they make, by country and firm; status and source are from ``makes``."""
    makes = tables.makes[["supplier", "component", "capacity", "status", "source", "year"]]
    place = tables.suppliers[["id", "firm", "country", "place", "kind"]]
    rows = makes.merge(place, left_on="supplier", right_on="id")
    return rows.sort_values(["component", "country", "firm", "place"])


def _by_origin(tables: Tables, markets: Sequence[str], shares: pd.DataFrame) -> pd.DataFrame:
    known = shares[["market", "component", "origin", "status", "source", "year"]]
    rows = exposure_by_origin(tables, markets).merge(known, on=["market", "component", "origin"], how="left")
    return rows
