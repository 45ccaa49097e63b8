"""Kinds of measure for exposure to the target: in total, by tier, and by path."""

from __future__ import annotations

import pandas as pd

from corridor.data.tables import Tables
from corridor.measures import exposure, exposure_by_tier, headline, paths, uncertainty
from corridor.measures.supply.needs import final_by_component
from corridor.registry.definition import MeasureColumn, MeasureKind, Options, by_market

NAME = MeasureColumn("name", "the component")
SECTOR = MeasureColumn("sector", "its sector")
STAGE = MeasureColumn("stage", "its stage, from mined to final")
_TIERS = 3  # shown one by one; higher tiers are added up
_PATHS_OF = 5  # components whose paths are shown if none is named


def _exposure(tables: Tables, options: Options) -> pd.DataFrame:
    return exposure(tables, options.markets, options.target)


def _headline(tables: Tables, options: Options) -> pd.DataFrame:
    found = headline(tables, _exposure(tables, options), by_sector=True)
    return found if options.sector is None else found[found["sector"] == options.sector].reset_index(drop=True)


def _ranks(tables: Tables, options: Options) -> pd.DataFrame:
    markets = {market: options.study.markets.get(market, 1.0) for market in options.markets}
    return uncertainty(
        tables, options.study.model_copy(update={"markets": markets, "target": options.target})
    ).ranks


def tiers(tables: Tables, options: Options) -> pd.DataFrame:
    """Exposure by tier, one row per market and component, largest hidden share first within a market.

    Returns
    -------
    pandas.DataFrame
        ``market, component, net, hidden`` (net less tier 0), ``tier_0`` to ``tier_2``, ``tier_3_up`` (fractions
        of the component's price that sum to net) and ``mean_tier`` (weighted by contribution).
    """
    long = exposure_by_tier(tables, options.markets, options.target)
    long["shown_tier"] = long["tier"].clip(upper=_TIERS)
    long["depth"] = long["tier"] * long["contribution"]
    wide = long.pivot_table(
        index=["market", "component"], columns="shown_tier", values="contribution", aggfunc="sum", fill_value=0.0
    ).reindex(columns=range(_TIERS + 1), fill_value=0.0)
    wide.columns = pd.Index([f"tier_{tier}" for tier in range(_TIERS)] + [f"tier_{_TIERS}_up"])
    net, depth = wide.sum(axis=1), long.groupby(["market", "component"])["depth"].sum()
    wide.insert(0, "net", net)
    wide.insert(1, "hidden", net - wide["tier_0"])
    out = wide.assign(mean_tier=depth / net).reset_index()
    out["order"] = pd.Index(options.markets).get_indexer(pd.Index(out["market"]))
    out = out.sort_values(["order", "hidden", "component"], ascending=[True, False, True], ignore_index=True)
    return out.drop(columns="order")


def _paths(tables: Tables, market: str, options: Options) -> pd.DataFrame:
    wanted = list(options.components) or most_exposed(tables, market, options.target, _PATHS_OF)
    return paths(tables, wanted, market, options.target)


def most_exposed(tables: Tables, market: str, target: tuple[str, ...], most: int) -> list[str]:
    """Components of a market's final needs with the most value that depends on the target, largest first."""
    net = exposure(tables, market, target).set_index("component")["net"]
    needs = final_by_component(tables, market)
    rests = (needs * net.reindex(needs.index)).sort_index().sort_values(ascending=False, kind="stable")
    return list(rests[rests > 0].index[:most])


KINDS: dict[str, MeasureKind] = {
    "exposure": MeasureKind(
        "how much of each component depends on the target: direct, through its inputs, and if the target stops",
        _exposure,
        (
            NAME,
            SECTOR,
            STAGE,
            MeasureColumn("direct", "share bought from the target", ".0%"),
            MeasureColumn(
                "net", "share of its value that comes from the target through the bill of materials", ".0%"
            ),
            MeasureColumn("stop", "share that stops if the target stops", ".0%"),
            MeasureColumn("assumed", "share of net whose weakest link is an assumption", ".0%"),
        ),
        ("market", "target", "sector", "component"),
    ),
    "headline": MeasureKind(
        "the same over all that a market needs, weighted by value, and by sector",
        _headline,
        (
            SECTOR,
            MeasureColumn("need_usd_m", "final needs, US$ million a year", ",.0f"),
            MeasureColumn("direct", "share bought from the target", ".1%"),
            MeasureColumn(
                "net", "share of the value that comes from the target through the bill of materials", ".1%"
            ),
            MeasureColumn("stop", "share that stops if the target stops", ".1%"),
        ),
        ("market", "target", "sector"),
    ),
    "uncertainty": MeasureKind(
        "rank of each component by the value that depends on the target, as the figures vary within their ranges",
        _ranks,
        (
            NAME,
            SECTOR,
            MeasureColumn("exposed_usd_m", "need that depends on the target, US$ million a year", ",.0f"),
            MeasureColumn("rank", "rank by that need, at the stated figures", ".0f"),
            MeasureColumn("rank_low", "5 % of the draws rank it higher", ".0f"),
            MeasureColumn("rank_high", "5 % of the draws rank it lower", ".0f"),
            MeasureColumn("top_10", "share of the draws with it among the first ten", ".0%"),
            MeasureColumn("top_20", "share of the draws with it among the first twenty", ".0%"),
        ),
        ("market", "target", "sector", "component"),
    ),
    "tiers": MeasureKind(
        "at which tier of its inputs the target enters each component, and how much of that is hidden",
        tiers,
        (
            NAME,
            SECTOR,
            MeasureColumn("net", "share of its value that comes from the target", ".1%"),
            MeasureColumn("hidden", "share of its value that comes from the target at tier 1 and up", ".1%"),
            MeasureColumn("tier_0", "bought from the target itself", ".1%"),
            MeasureColumn("tier_1", "in its inputs", ".1%"),
            MeasureColumn("tier_2", "in the inputs of its inputs", ".1%"),
            MeasureColumn("tier_3_up", "at higher tiers", ".1%"),
            MeasureColumn("mean_tier", "tier at which the target enters, mean by value", ".2f"),
        ),
        ("market", "target", "sector", "component"),
    ),
    "paths": MeasureKind(
        "the chains of inputs that carry 90 % of a component's exposure (of five components if none is named)",
        by_market(_paths),
        (
            MeasureColumn("path", "from the component to what the target sells; < is 'made from'"),
            MeasureColumn("origin", "country of the target at its end"),
            MeasureColumn("contribution", "share of the component's value", ".2%"),
            MeasureColumn("share", "share of its net exposure", ".1%"),
            MeasureColumn("cumulative_share", "share of this and the larger paths", ".1%"),
            MeasureColumn("assumed", "share whose weakest link is an assumption", ".0%"),
        ),
        ("market", "target", "component"),
    ),
}
