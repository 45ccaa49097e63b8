"""Chapters of the report on the dependency: where it is, how deep, what breaks, and how well that is known."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.data.names import STATUSES
from corridor.measures import headline
from corridor.pages.entities.facts import Facts
from corridor.pages.kit import charts
from corridor.pages.kit.payload import rows_of
from corridor.pages.kit.words import capital, dollars, in_text, listed, percent, plural

_MOST_COMPONENTS, _MOST_CHOKES, _MOST_WINDOWS = 8, 8, 12
_DEPTHS = ("bought there directly", "in its inputs", "in their inputs", "deeper")


def findings(facts: Facts, exposures: pd.DataFrame) -> dict[str, Any]:
    """Data of the chapters on dependency.

    Parameters
    ----------
    facts
        Figures of the study.
    exposures
        :func:`corridor.exposure` of all markets.
    """
    return {
        "markets": [_market(facts, market) for market in facts.markets],
        "sectors": _sectors(facts, exposures),
        "depth": _depth(facts),
        "top": [_top(facts, market) for market in facts.markets],
        "chokes": _chokes(facts),
        "windows": _windows(facts),
        "evidence": [_evidence(facts, market) for market in facts.markets],
        "ranges": _ranges(facts),
    }


def _market(facts: Facts, market: str) -> dict[str, Any]:
    (row,) = rows_of(facts.headline.loc[[market]])
    return {
        "name": facts.countries.get(market, market),
        "in_text": in_text(facts.countries.get(market, market)),
        "need": dollars(row.need_usd_m),
        "direct": row.direct,
        "net": row.net,
        "stop": row.stop,
        "times": row.net / row.direct if row.direct > 0 else None,
    }


def _sectors(facts: Facts, exposures: pd.DataFrame) -> list[dict[str, Any]]:
    """Exposure of final needs by sector, with a chart from direct to net, market by market."""
    rows = headline(facts.tables, exposures, by_sector=True)
    order = {name: position for position, name in enumerate(facts.sectors.names)}
    rows = rows.assign(position=rows["sector"].map(order).fillna(len(order))).sort_values("position")
    found = []
    for market in facts.markets:
        own = rows[(rows["market"] == market) & (rows["need_usd_m"] > 0)].to_dict("records")
        name = facts.countries.get(market, market)
        found.append(
            {
                "name": name,
                "rows": [
                    row | {"name": facts.sectors.name(row["sector"]), "need": dollars(row["need_usd_m"])}
                    for row in own
                ],
                "chart": charts.pairs(
                    [charts.Pair(facts.sectors.name(row["sector"]), row["direct"], row["net"]) for row in own],
                    f"{name}: direct and net exposure of final needs to {facts.target}",
                ),
            }
        )
    return found


def _depth(facts: Facts) -> dict[str, Any]:
    """Net exposure of final needs by the tier at which the target enters."""
    rows, shares_by_market = [], []
    for market in facts.markets:
        total = sum(value for (buyer, _), value in facts.final.items() if buyer == market)
        sums = [0.0] * len(_DEPTHS)
        for (buyer, component), tiers in facts.tiers.items():
            need = facts.final.get((buyer, component), 0.0)
            if buyer == market and need > 0:
                for row in tiers:
                    sums[min(len(sums) - 1, row.tier)] += need * row.contribution
        shares = [value / total if total else 0.0 for value in sums]
        shares_by_market.append((facts.countries.get(market, market), shares))
        rows.append(
            (
                facts.countries.get(market, market),
                [
                    (f"t{tier}", share, f"{_DEPTHS[tier]}: {percent(share)}")
                    for tier, share in enumerate(shares)
                    if share > 0
                ],
            )
        )
    svg = charts.stacked_rows(rows, f"Net exposure of final needs to {facts.target} by tier, per cent")
    legend = [(f"t{tier}", words) for tier, words in enumerate(_DEPTHS)]
    return {"svg": svg, "legend": legend, "shares": shares_by_market}


def _top(facts: Facts, market: str) -> dict[str, Any]:
    """Components with the most value from the target, in a market."""
    worth = sorted(
        (
            (facts.exposure[market, name].net * need, name)
            for (buyer, name), need in facts.need.items()
            if buyer == market and need > 0
        ),
        reverse=True,
    )
    rows = []
    for value, name in worth[:_MOST_COMPONENTS]:
        exposed = facts.exposure[market, name]
        rows.append(
            {
                "name": capital(facts.names[name]),
                "file": facts.component_files[name],
                "need": dollars(facts.need[market, name]),
                "direct": exposed.direct,
                "net": exposed.net,
                "stop": exposed.stop,
                "worth": dollars(value),
                "assumed": exposed.assumed,
            }
        )
    return {"name": facts.countries.get(market, market), "rows": rows}


def _chokes(facts: Facts) -> list[dict[str, Any]]:
    """Makers of the target whose stop leaves most final needs unmet."""
    rows = facts.losses[facts.losses["origin"].isin(facts.study.target) & (facts.losses["loss_usd_m"] > 0)]
    return [
        {
            "name": capital(facts.names.get(row["component"], row["component"])),
            "file": facts.component_files.get(row["component"], ""),
            "country": facts.countries.get(row["origin"], row["origin"]),
            "share": percent(row["share"]),
            "loss": percent(row["loss_share"]),
            "short": int(row["components_short"]),
            "status": row["status"],
        }
        for row in rows.head(_MOST_CHOKES).to_dict("records")
    ]


def _windows(facts: Facts) -> dict[str, Any]:
    """Windows with their loss without and with the chosen plan, the greatest expected loss first."""
    plan = facts.chosen
    totals: dict[str, dict[str, float]] = {}
    if plan is not None and len(plan.losses):
        sums = plan.losses.groupby("scenario")[["loss_before_usd_m", "loss_after_usd_m"]].sum()
        totals = {
            str(name): {str(key): float(value) for key, value in row.items()} for name, row in sums.iterrows()
        }
    rows: list[dict[str, Any]] = [
        {
            "name": denial.name.replace("-", " ").capitalize(),
            "start": denial.start,
            "months": f"{denial.months:g}",
            "probability": denial.probability,
            "before": totals.get(denial.name, {}).get("loss_before_usd_m"),
            "after": totals.get(denial.name, {}).get("loss_after_usd_m"),
        }
        for denial in facts.study.denials
    ]
    rows.sort(key=lambda row: (-(row["before"] or 0.0) * row["probability"], row["name"]))
    return {
        "rows": rows[:_MOST_WINDOWS],
        "count": plural(len(rows), "window"),
        "more": len(rows) - len(rows[:_MOST_WINDOWS]),
    }


def _evidence(facts: Facts, market: str) -> dict[str, Any]:
    """Shares of the net exposure of a market's final needs by status, weighted by value."""
    sums = dict.fromkeys(STATUSES, 0.0)
    for (buyer, name), need in facts.final.items():
        if buyer == market and (buyer, name) in facts.exposure:
            exposed = facts.exposure[buyer, name]
            for status in STATUSES:
                sums[status] += need * exposed.net * float(getattr(exposed, status))
    total = sum(sums.values())
    shares = [(status, value / total if total else 0.0) for status, value in sums.items()]
    words = listed([f"{percent(share)} {status}" for status, share in shares if share > 0.004])
    return {
        "name": facts.countries.get(market, market),
        "in_text": in_text(facts.countries.get(market, market)),
        "shares": shares,
        "assumed": dict(shares)["assumed"],
        "bar": charts.shares_bar(shares, words),
        "words": words,
    }


def _ranges(facts: Facts) -> list[dict[str, Any]]:
    """Width of the ranges of assumed figures: the median of half the range relative to its middle."""
    tables = facts.tables
    technologies = tables.technologies.rename(columns={"capex_low": "low", "capex_high": "high"})
    prices = tables.components.rename(columns={"price_low": "low", "price_high": "high"})
    named = (
        ("Shares of origins and of home production", tables.sourcing),
        ("Shares of world production", tables.supply),
        ("Recipes: quantities and shares of the value", tables.recipes),
        ("Needs of the markets", tables.demand),
        ("Prices", prices),
        ("Investment in plants", technologies),
    )
    found = []
    for name, frame in named:
        assumed = frame[(frame["status"] == "assumed") & frame["low"].notna() & frame["high"].notna()]
        low, high = assumed["low"].astype(float), assumed["high"].astype(float)
        middle = (low + high) / 2
        half = ((high - low) / 2 / middle.where(middle > 0)).dropna()
        if len(frame):
            share = float((frame["status"] == "assumed").mean())
            width = f"± {100 * float(half.median()):.0f} %" if len(half) else "–"
            found.append({"name": name, "rows": f"{len(frame):,}", "assumed": percent(share), "width": width})
    return found
