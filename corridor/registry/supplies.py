"""Kinds of measure for supply: concentration, official tests of dependence, and stability of the labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.measures import (
    concentration,
    concentration_indices,
    feasibility,
    format_bound,
    market_dependence,
    mineral_risk,
    shares,
    stability,
    with_persistence,
)
from corridor.registry.definition import MeasureColumn, MeasureKind, Options, by_market
from corridor.registry.exposures import NAME, SECTOR, STAGE

_SEED = 0  # of the draws for flip_probability: the same table every time


def supply_concentration(tables: Tables, market: str) -> pd.DataFrame:
    """Indices of concentration of a market's supply by the best evidence, highest foreign concentration first.

    Returns
    -------
    pandas.DataFrame
        :func:`corridor.measures.concentration` with ``cr3, n75, hhi_normalised`` of all supply, home production
        included, before the columns of the foreign, world and import sides.
    """
    sides = concentration(tables, market)
    supply = shares(tables, market).rename(columns={"component": "product", "share": "value"})
    indices = concentration_indices(supply.drop(columns=["year", "market"]))
    kept = ["hhi", "hhi_normalised", "effective_suppliers", "cr3", "n75", "largest", "largest_share"]
    indices = indices[["product", *kept]].rename(columns={"product": "component"})
    out = sides.merge(indices, on="component", how="left")
    first = ["market", "component", "home_share", "foreign_concentration", *kept]
    return out[[*first, *(name for name in out.columns if name not in first)]]


def dependence(tables: Tables, market: str, *, year: int | None = None) -> pd.DataFrame:
    """The official tests for a year of imports, or for the newest year with persistence; dependent first.

    Returns
    -------
    pandas.DataFrame
        :func:`corridor.measures.market_dependence` (with persistence if no year is given) and ``note``: why an
        indicator is blank.
    """
    yearly = market_dependence(tables, market)
    out = with_persistence(yearly) if year is None else yearly[yearly["year"] == year]
    return _noted(out, market).sort_values(
        ["dependent", "cdi1", "component"], ascending=[False, False, True], na_position="last", ignore_index=True
    )


def dependence_years(tables: Tables, market: str) -> pd.DataFrame:
    """The official tests for every year of imports, by component and year, with ``note``."""
    out = _noted(market_dependence(tables, market), market)
    return out.sort_values(["component", "year"], ignore_index=True)


def _noted(frame: pd.DataFrame, market: str) -> pd.DataFrame:
    out = frame.rename(columns={"product": "component"}).drop(columns="reporter")
    unsold = f"exports of {market} are not in the table trade: cdi3 is blank"
    open_ = f"{unsold}, and dependence is undecided"
    note = np.where(out["cdi3"].isna(), np.where(out["dependent"].isna(), open_, unsold), "")
    return out.assign(note=note)


def minerals(tables: Tables, market: str) -> pd.DataFrame:
    """Supply risk of minerals, with bounds of import reliance from the bounds of the home share.

    Returns
    -------
    pandas.DataFrame
        :func:`corridor.measures.mineral_risk` with ``reliance_low, reliance_high`` (0..1) and ``reliance``,
        percent as publishers write it: ``85``, ``>95``, ``<50``, ``40-60``.
    """
    out = mineral_risk(tables, market)
    home = tables.sourcing[(tables.sourcing["market"] == market) & (tables.sourcing["origin"] == market)]
    home = home.drop_duplicates("component").set_index("component")[["share", "low", "high"]].astype(float)
    ends = home.reindex(out["component"]).reset_index(drop=True)
    out["reliance_low"] = (1.0 - ends["high"]).fillna(out["import_reliance"])
    out["reliance_high"] = (1.0 - ends["low"]).fillna(out["import_reliance"])
    pairs = zip(100 * out["reliance_low"], 100 * out["reliance_high"], strict=True)
    out["reliance"] = [format_bound(low, high) for low, high in pairs]
    return out


def _stability(tables: Tables, market: str, options: Options) -> pd.DataFrame:
    return stability(tables, market, rng=np.random.default_rng(_SEED))


def sellers(tables: Tables, study: Study) -> Sequence[str]:
    """Markets of the study whose HS6 exports are in the table trade; all its markets if there are none."""
    known = set(tables.trade.loc[tables.trade["nomenclature"] == "HS6", "exporter"])
    return [market for market in study.markets if market in known] or list(study.markets)


_MARKET = ("market", "sector", "component")
_TESTS = (
    MeasureColumn("cdi1", "concentration of imports (Herfindahl)", ".2f"),
    MeasureColumn("cdi2", "imports over use", ".2f"),
    MeasureColumn("cdi3", "imports over exports", ".2f"),
    MeasureColumn("hhi_world", "concentration of the world's production", ".2f"),
    MeasureColumn("dependent", "all three indicators of the EU hold"),
    MeasureColumn("geodep", "the four criteria of CEPII hold"),
    MeasureColumn("single_point", "dependent, and the world has no other origin to turn to"),
)

KINDS: dict[str, MeasureKind] = {
    "shares": MeasureKind(
        "where each market's supply of a component comes from, with year, status and source",
        by_market(lambda tables, market, options: shares(tables, market)),
        (
            NAME,
            MeasureColumn("origin", "the country"),
            MeasureColumn("share", "share of the market's supply", ".1%"),
            MeasureColumn("year", "year of the figure", ".0f"),
            MeasureColumn("status", "how it is known"),
            MeasureColumn("source", "where it is published"),
        ),
        _MARKET,
    ),
    "concentration": MeasureKind(
        "how concentrated a market's supply of each component is: Herfindahl index, effective suppliers, the "
        "largest three, how few hold 75 %",
        by_market(lambda tables, market, options: supply_concentration(tables, market)),
        (
            NAME,
            SECTOR,
            MeasureColumn("home_share", "home production in the market's supply", ".0%"),
            MeasureColumn("hhi", "Herfindahl index of all supply, 0 to 1", ".2f"),
            MeasureColumn("hhi_normalised", "the same, 0 for equal shares and 1 for one country", ".2f"),
            MeasureColumn("effective_suppliers", "number of equal countries with the same concentration", ".1f"),
            MeasureColumn("cr3", "share of the three largest", ".0%"),
            MeasureColumn("n75", "fewest countries that hold 75 %", ".0f"),
            MeasureColumn("foreign_largest", "largest foreign origin"),
            MeasureColumn("foreign_largest_share", "its share of what comes from abroad", ".0%"),
            MeasureColumn("foreign_status", "how the foreign shares are known"),
        ),
        _MARKET,
    ),
    "dependence": MeasureKind(
        "official tests of import dependence (EU's three indicators, CEPII's GeoDep) in the newest or a given"
        " year",
        by_market(lambda tables, market, options: dependence(tables, market, year=options.year)),
        (NAME, MeasureColumn("year", "year of the imports", ".0f"), *_TESTS),
        (*_MARKET, "year"),
    ),
    "dependence-years": MeasureKind(
        "the same tests in every year of the data",
        by_market(lambda tables, market, options: dependence_years(tables, market)),
        (NAME, MeasureColumn("year", "year of the imports", ".0f"), *_TESTS),
        _MARKET,
    ),
    "minerals": MeasureKind(
        "supply risk of minerals as the EU counts it, and import reliance with its bounds",
        by_market(lambda tables, market, options: minerals(tables, market)),
        (
            NAME,
            STAGE,
            MeasureColumn(
                "supply_risk", "governance-weighted concentration; the EU calls 1 and more critical", ".2f"
            ),
            MeasureColumn("global_risk", "supply risk of the world's production", ".2f"),
            MeasureColumn("sourcing_risk", "supply risk of the market's own sourcing", ".2f"),
            MeasureColumn("reliance", "imported supply in percent, with bounds"),
            MeasureColumn("unrated", "world supply from countries without a governance figure", ".0%"),
            MeasureColumn("status", "how the world's production is known"),
        ),
        ("market", "component"),
    ),
    "stability": MeasureKind(
        "how firm the label 'imports are concentrated' is: distance to the threshold, years above it, "
        "flips by error",
        by_market(_stability),
        (
            NAME,
            MeasureColumn("hhi", "Herfindahl index of imports in the newest year", ".2f"),
            MeasureColumn("distance", "distance to the threshold 0.4, as a fraction of it", "+.0%"),
            MeasureColumn("firm", "no error of 10 % in the flows flips the label"),
            MeasureColumn("flip_probability", "share of draws with such errors that flip it", ".0%"),
            MeasureColumn("flagged", "concentrated in the newest year"),
            MeasureColumn("flagged_share", "share of the years in which it was concentrated", ".0%"),
            MeasureColumn("changes", "flips from one year to the next", ".0f"),
        ),
        _MARKET,
    ),
    "feasibility": MeasureKind(
        "how near each component is to what a country sells already (relatedness density)",
        by_market(lambda tables, market, options: feasibility(tables, market)),
        (
            NAME,
            SECTOR,
            MeasureColumn("value_usd_m", "what the country sells, US$ million", ",.1f"),
            MeasureColumn("rca", "revealed comparative advantage, 1 is average", ".2f"),
            MeasureColumn("density_held_out", "relatedness by the other countries' baskets", ".3f"),
            MeasureColumn("percentile", "share of the components no nearer", ".0%"),
            MeasureColumn("rank", "of the country among the exporters, 1 is nearest", ".0f"),
            MeasureColumn("status", "inherited: the codes hold other goods too"),
        ),
        _MARKET,
        sellers,
    ),
}
