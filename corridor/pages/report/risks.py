"""Chapter of the report on risks: time until output, remaining dependence, range of costs, binding limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.pages.entities.facts import Facts
from corridor.pages.kit import charts
from corridor.pages.kit.words import capital, dollars, listed, percent, plural
from corridor.pages.plan.limit_words import limit_rows

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

_MOST = 8
_PLANTS = "most plants"


def risks(facts: Facts) -> dict[str, Any] | None:
    """Data of the chapter on risks, for the chosen plan; None without plans."""
    plan = facts.chosen
    if plan is None:
        return None
    return {
        "time": _time(facts, plan),
        "dependent": _dependent(facts, plan),
        "unmoved": _unmoved(facts, plan),
        "range": _range(facts, plan),
        "limits": _limits(facts, plan),
        "second_share": _second_share(facts, plan),
    }


def _time(facts: Facts, plan: Plan) -> dict[str, Any] | None:
    """Chart of the output by year, and the number of windows that begin before half of the output exists."""
    moves = plan.moves
    if not len(moves):
        return None
    years = list(facts.study.years)
    made = [float(moves.loc[moves["first_output_year"] <= year, "made_usd_m"].sum()) for year in years]
    total = float(moves["made_usd_m"].sum())
    half = next((year for year, value in zip(years, made, strict=True) if value >= total / 2), None)
    early = [denial for denial in facts.study.denials if half is not None and denial.start < half]
    title = "Yearly output of the plan's plants, by the year in which they begin to produce"
    unit, size = ("US$ billion", 1e3) if total >= 1500 else ("US$ million", 1.0)
    return {
        "svg": charts.columns(
            years, [charts.Series("output", "o1", [value / size for value in made])], title, unit
        ),
        "title": title,
        "first": int(moves["first_output_year"].min()),
        "half": half,
        "early": plural(len(early), "window"),
        "all": plural(len(facts.study.denials), "window"),
    }


def _dependent(facts: Facts, plan: Plan) -> dict[str, Any]:
    """Components with the most value still from the target under the plan, in the first market."""
    market = facts.markets[0]
    own = plan.exposure[plan.exposure["market"] == market]
    need = own["component"].map(lambda name: facts.need.get((market, name), 0.0)).astype(float)
    rows = own.assign(need=need, worth=need * own["net_after"]).sort_values(
        "worth", ascending=False, kind="stable"
    )
    return {
        "market": facts.countries.get(market, market),
        "rows": [
            {
                "name": capital(facts.names.get(row["component"], row["component"])),
                "file": facts.component_files.get(row["component"], ""),
                "before": row["net_before"],
                "after": row["net_after"],
                "stop": row["stop_after"],
                "worth": dollars(row["worth"]),
            }
            for row in rows.head(_MOST).to_dict("records")
        ],
    }


def _unmoved(facts: Facts, plan: Plan) -> list[dict[str, Any]]:
    """Moves whose inputs from the target are worth most."""
    if not len(plan.moves):
        return []
    sums = plan.moves.groupby("component")[["made_usd_m", "still_target_usd_m"]].sum()
    sums = sums[sums["made_usd_m"] > 0]
    sums = sums.assign(share=sums["still_target_usd_m"] / sums["made_usd_m"])
    sums = sums.sort_values("still_target_usd_m", ascending=False, kind="stable").head(_MOST)
    return [
        {
            "name": capital(facts.names.get(str(name), str(name))),
            "file": facts.component_files.get(str(name), ""),
            "made": dollars(row["made_usd_m"]),
            "still": dollars(row["still_target_usd_m"]),
            "share": percent(row["share"]),
        }
        for name, row in sums.iterrows()
    ]


def _range(facts: Facts, plan: Plan) -> dict[str, str] | None:
    """Investment of the plan, and if every plant costs the low or the high end of its range."""
    known = facts.tables.technologies.drop_duplicates("id").set_index("id")
    if not len(plan.moves) or not len(known):
        return None
    rows = plan.moves.merge(
        known[["capex_usd_m", "capex_low", "capex_high"]].astype(float).add_prefix("one_"),
        left_on="technology",
        right_index=True,
    )
    if not len(rows):
        return None
    total = float(rows["capex_usd_m"].sum())
    ends = [
        float((rows["capex_usd_m"] * (rows[f"one_{end}"] / rows["one_capex_usd_m"]).fillna(1.0)).sum())
        for end in ("capex_low", "capex_high")
    ]
    return {"middle": dollars(total), "low": dollars(ends[0]), "high": dollars(ends[1])}


def _limits(facts: Facts, plan: Plan) -> dict[str, Any]:
    """Binding limits, highest price first; kinds of plants of which the maximum number is built."""
    rows = [row for row in limit_rows(facts.tables, plan.limits) if row["binds"]]
    rows.sort(key=lambda row: -(row["price"] or 0.0))
    kinds = [row["scope"].rsplit(" (", 1)[0] for row in rows if row["kind"] == _PLANTS]
    shown = [
        {
            "name": f"{row['limit']} {row['scope']}".strip(),
            "amount": dollars(row["amount"]) if row["money"] else f"{row['amount']:,g} {row['unit']}".strip(),
            "price": dollars(row["price"]) if row["price"] and row["price"] >= 0.05 else _small(row),
        }
        for row in [row for row in rows if row["kind"] != _PLANTS][:_MOST]
    ]
    return {"rows": shown, "plants": listed(list(dict.fromkeys(kinds)))}


def _small(row: dict[str, Any]) -> str:
    return f"${row['price']:.2f} a dollar" if row["money"] and row["price"] else "–"


def _second_share(facts: Facts, plan: Plan) -> dict[str, Any] | None:
    """Share of the cost of second sources in the three greatest countries."""
    seconds = plan.second_sources
    if not len(seconds):
        return None
    cost: pd.Series = seconds.groupby("origin")["cost_usd_m"].sum().sort_values(ascending=False)
    names = [facts.countries.get(str(name), str(name)) for name in cost.index[:3]]
    return {
        "count": plural(len(seconds), "second source"),
        "names": names,
        "share": percent(float(cost.iloc[:3].sum() / cost.sum()) if cost.sum() else 0.0),
    }
