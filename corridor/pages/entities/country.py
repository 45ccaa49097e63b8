"""countries/<ISO3>.html: what a country supplies to the study's markets, and what stops without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from corridor.data.names import HOST
from corridor.pages.entities.facts import Facts, Rows, lookup, rows_by
from corridor.pages.kit import charts, style
from corridor.pages.kit.payload import rows_of, text, year
from corridor.pages.kit.sources import SourceNotes
from corridor.pages.kit.words import capital, dollars, in_text, percent, plural

STYLES = ("kit/assets/base.css", "entities/entity.css", "kit/assets/search.css")
_MOST_COMPONENTS, _MOST_HELD, _MOST_LOSSES, _MOST_FIRMS = 20, 16, 8, 60
_KINDS = ("direct", "net", "stop")
#: Direct shares below this do not count as a supply.
_LEAST = 0.01


@dataclass(frozen=True, eq=False)
class Lands:
    """Figures by country, aggregated from components.

    Attributes
    ----------
    total
        (country, market) -> exposure of all final needs to it: ``direct, net, stop``, weighted by value, and its
        rank among the countries by net exposure.
    sectors
        (country, market) -> the same by sector.
    counts
        (country, market) -> components of which it supplies 1 % or more.
    greatest
        (country, market) -> rows of ``Facts.by_origin``, the most value from it (net) first.
    held
        (country, market) -> rows of ``Facts.by_origin``, the greatest direct shares first.
    losses
        Country -> rows of :func:`corridor.measures.stop_losses`.
    imports
        (country, market) -> ``years, values``: reported imports of all classes of the tables, US$ million.
    firms
        Country -> suppliers there with the components that they make.
    seconds
        Country -> second sources that the chosen plan qualifies there.
    """

    total: Rows
    sectors: Rows
    counts: dict[tuple[str, str], int]
    greatest: Rows
    held: Rows
    losses: Rows
    imports: dict[tuple[str, str], tuple[list[int], list[float], str]]
    firms: Rows
    seconds: Rows

    @classmethod
    def of(cls, facts: Facts) -> Lands:
        """Compute the figures for the pages of countries."""
        rows = facts.by_origin
        need = pd.Series(facts.need, dtype=float).rename_axis(["market", "component"]).rename("need").reset_index()
        rows = rows.merge(need, on=["market", "component"], how="left").assign(
            worth=lambda one: one["need"] * one["net"]
        )
        keys = ["origin", "market"]
        greatest = rows[(rows["direct"] >= _LEAST) | (rows["net"] >= _LEAST)]
        greatest = greatest.sort_values([*keys, "worth", "component"], ascending=[True, True, False, True])
        held = rows[rows["direct"] >= _LEAST]
        held = held.sort_values([*keys, "direct", "component"], ascending=[True, True, False, True])
        losses = facts.losses[facts.losses["loss_usd_m"] > 0].groupby("origin").head(_MOST_LOSSES)
        seconds = facts.chosen.second_sources if facts.chosen is not None else pd.DataFrame()
        return cls(
            total=rows_by(_weighted(facts, rows, keys), *keys),
            sectors=rows_by(_weighted(facts, rows, [*keys, "sector"]), *keys),
            counts=lookup(rows[rows["direct"] >= _LEAST].groupby(keys).size()),
            greatest=rows_by(greatest.groupby(keys).head(_MOST_COMPONENTS), *keys),
            held=rows_by(held.groupby(keys).head(_MOST_HELD), *keys),
            losses=rows_by(losses, "origin"),
            imports=_imports(facts),
            firms=rows_by(_firms(facts), "country"),
            seconds=rows_by(seconds, "origin") if len(seconds) else {},
        )


def country_page(facts: Facts, lands: Lands, row: Any) -> str:
    """The page of one country as text.

    Parameters
    ----------
    facts, lands
        Figures of the study.
    row
        The country's row of the table ``countries``.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import plain_page

    notes = SourceNotes(facts.sources)
    others = [market for market in facts.markets if market != row.iso3]
    context = {
        "study": facts.study,
        "search": "index",
        "target": facts.target,
        "has_plan": facts.chosen is not None,
        "has_component_pages": True,
        "statuses": style.STATUS_MEANING,
        "iso3": row.iso3,
        "name": facts.countries[row.iso3],
        "in_target": row.iso3 in facts.study.target,
        "region": text(row.region),
        "says": [_sentence(facts, lands, row.iso3, market) for market in others],
        "markets": [_market(facts, lands, row.iso3, market, notes) for market in others],
        "home": _home(facts, row.iso3),
        "imports": [chart for market in others if (chart := _chart(facts, lands, row.iso3, market, notes))],
        "losses": _losses(facts, lands, row.iso3),
        "seconds": _seconds(facts, lands, row.iso3),
        "built": _built(facts) if row.iso3 == HOST else None,
        "firms": _makers(facts, lands, row.iso3, notes),
    }
    return plain_page(
        "entities/country.html", STYLES, context | {"sources": notes.listed()}, sectors=facts.sectors
    )


def _weighted(facts: Facts, rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Exposure of final needs by the keys, weighted by value, with the rank by net exposure."""
    final = pd.Series(facts.final, dtype=float).rename_axis(["market", "component"]).rename("final").reset_index()
    sector = facts.tables.components.set_index("id")["sector"]
    final = final.assign(sector=final["component"].map(sector))
    per = [key for key in keys if key != "origin"]
    total = final.groupby(per)["final"].sum().rename("total").reset_index()
    found = rows.merge(final, on=["market", "component"])
    worth = found[keys].assign(**{kind: found[kind] * found["final"] for kind in _KINDS})
    out = worth.groupby(keys, as_index=False).sum().merge(total, on=per)
    out[list(_KINDS)] = out[list(_KINDS)].div(out["total"].where(out["total"] > 0), axis=0).fillna(0.0)
    foreign = out[out["origin"] != out["market"]]
    out["rank"] = foreign.groupby(per)["net"].rank(ascending=False, method="min")
    order = {name: position for position, name in enumerate(facts.sectors.names)}
    position = out["sector"].map(order).fillna(99) if "sector" in out else 0
    return out.assign(position=position).sort_values([*per[:1], "position"])


def _imports(facts: Facts) -> dict[tuple[str, str], tuple[list[int], list[float], str]]:
    """Reported imports from each country over the years: every class or code of the components, counted once."""
    named = facts.tables.codes[["nomenclature", "code"]].drop_duplicates()
    trade = facts.tables.trade.merge(named, on=["nomenclature", "code"])
    trade = trade[trade["importer"].isin(facts.markets)]
    if not len(trade):
        return {}
    # One nomenclature per market: in two the same goods would count twice.
    sizes = trade.groupby(["importer", "nomenclature"])["year"].nunique().reset_index().sort_values("year")
    best = sizes.drop_duplicates("importer", keep="last")[["importer", "nomenclature"]]
    trade = trade.merge(best, on=["importer", "nomenclature"])
    source = trade.groupby("importer")["source"].first()
    found: dict[tuple[str, str], tuple[list[int], list[float], str]] = {}
    for market, flows in trade.groupby("importer"):
        years = np.unique(flows["year"].to_numpy(int))
        wide = flows.groupby(["exporter", "year"])["value_usd_m"].sum().unstack("year").reindex(columns=years)
        for country, values in zip(wide.index, wide.fillna(0.0).to_numpy(), strict=True):
            found[str(country), str(market)] = (years.tolist(), values.tolist(), str(source[market]))
    return found


def _firms(facts: Facts) -> pd.DataFrame:
    makes = facts.tables.makes.groupby("supplier")["component"].agg(list).rename("made")
    rows = facts.tables.suppliers.merge(makes, left_on="id", right_index=True, how="left")
    return rows.sort_values(["country", "firm", "place"])


def _sentence(facts: Facts, lands: Lands, country: str, market: str) -> str:
    rows = lands.total.get((country, market), [])
    who = capital(in_text(facts.countries.get(market, market)))
    if not rows or rows[0].net < 5e-4:
        return f"{who} gets almost none of these goods from here."
    row = rows[0]
    count = lands.counts.get((country, market), 0)
    return (
        f"{who} buys {percent(row.direct)} of what it finally needs in these sectors from here; "
        f"{percent(row.net)} of the value rests on it through the bill of materials, and {percent(row.stop)} "
        f"would stop without it. It supplies 1 % or more of {plural(count, 'component')}. By net exposure it "
        f"is number {row.rank:.0f} of all foreign countries."
    )


def _market(facts: Facts, lands: Lands, country: str, market: str, notes: SourceNotes) -> dict[str, Any]:
    """Its supplies to a market: by sector, and the components with the most value from it."""
    return {
        "name": facts.countries.get(market, market),
        "in_text": in_text(facts.countries.get(market, market)),
        "sectors": [
            {
                "name": facts.sectors.name(row.sector),
                "id": row.sector,
                "direct": row.direct,
                "net": row.net,
                "stop": row.stop,
            }
            for row in lands.sectors.get((country, market), [])
            if row.stop >= 5e-4
        ],
        "components": [
            {
                "name": capital(facts.names.get(row.component, row.component)),
                "file": facts.component_files.get(row.component, ""),
                "direct": row.direct,
                "net": row.net,
                "stop": row.stop,
                "worth": dollars(row.worth),
                "status": text(row.status),
                "year": year(row.year),
                "note": notes(row.source, row.year),
            }
            for row in lands.greatest.get((country, market), [])
        ],
        "held": [
            (
                capital(facts.names.get(row.component, row.component)),
                facts.component_files.get(row.component, ""),
                percent(row.direct),
            )
            for row in lands.held.get((country, market), [])
        ],
    }


def _home(facts: Facts, country: str) -> dict[str, Any] | None:
    """For a market: its exposure to the target."""
    if country not in facts.markets:
        return None
    row = facts.headline.loc[country]
    return {"direct": row["direct"], "net": row["net"], "stop": row["stop"]}


def _chart(facts: Facts, lands: Lands, country: str, market: str, notes: SourceNotes) -> dict[str, Any] | None:
    years, values, source = lands.imports.get((country, market), ([], [], ""))
    if len(years) < 2 or max(values) <= 0:
        return None
    unit, size = ("US$ billion", 1e3) if max(values) >= 1500 else ("US$ million", 1.0)
    title = f"Imports of {in_text(facts.countries.get(market, market))} from {in_text(facts.countries[country])}"
    kind = "target" if country in facts.study.target else "o1"
    series = [charts.Series(facts.countries[country], kind, [value / size for value in values])]
    return {"title": title, "svg": charts.columns(years, series, title, unit), "note": notes(source, years[-1])}


def _losses(facts: Facts, lands: Lands, country: str) -> list[dict[str, Any]]:
    """Final needs unmet if it alone stops making one component."""
    return [
        {
            "name": capital(facts.names.get(row.component, row.component)),
            "file": facts.component_files.get(row.component, ""),
            "share": percent(row.share),
            "loss": dollars(row.loss_usd_m),
            "loss_share": percent(row.loss_share),
            "short": f"{row.components_short:,}",
            "status": row.status,
        }
        for row in lands.losses.get(country, [])
    ]


def _seconds(facts: Facts, lands: Lands, country: str) -> dict[str, Any] | None:
    """Second sources that the chosen plan qualifies there."""
    rows = lands.seconds.get(country, [])
    if not rows or facts.chosen is None:
        return None
    rows = sorted(rows, key=lambda row: -float(row.cost_usd_m))
    shown = [
        (capital(facts.names.get(row.component, row.component)), facts.component_files.get(row.component, ""))
        for row in rows
    ]
    return {
        "budget": dollars(facts.chosen.budget_usd_m),
        "count": plural(len(rows), "component"),
        "cost": dollars(sum(float(row.cost_usd_m) for row in rows)),
        "rows": shown,
    }


def _built(facts: Facts) -> dict[str, Any] | None:
    """Plants of the chosen plan by site, the greatest investment first."""
    plan = facts.chosen
    if plan is None or not len(plan.moves):
        return None
    grouped = plan.moves.groupby("site")
    sums = (
        grouped[["plants", "capex_usd_m"]]
        .sum()
        .assign(
            made=grouped["component"].agg(lambda names: list(dict.fromkeys(names))),
            output=grouped["first_output_year"].min(),
        )
    )
    sums = sums.sort_values("capex_usd_m", ascending=False, kind="stable").reset_index()
    return {
        "budget": dollars(plan.budget_usd_m),
        "rows": [
            {
                "site": facts.sites.get(row.site, (row.site, ""))[0],
                "state": facts.sites.get(row.site, ("", ""))[1],
                "plants": int(row.plants),
                "capex": dollars(row.capex_usd_m),
                "output": int(row.output),
                "made": [(facts.names.get(name, name), facts.component_files.get(name, "")) for name in row.made],
            }
            for row in rows_of(sums)
        ],
    }


def _makers(facts: Facts, lands: Lands, country: str, notes: SourceNotes) -> dict[str, Any]:
    rows = lands.firms.get(country, [])
    return {
        "count": len(rows),
        "more": max(0, len(rows) - _MOST_FIRMS),
        "rows": [
            {
                "firm": text(row.firm),
                "place": text(row.place),
                "kind": text(row.kind),
                "makes": [
                    (facts.names.get(name, name), facts.component_files.get(name, ""))
                    for name in (row.made if isinstance(row.made, list) else [])
                ],
                "status": row.status,
                "year": year(row.year),
                "note": notes(row.source, row.year),
            }
            for row in rows[:_MOST_FIRMS]
        ],
    }


def country_rows(facts: Facts) -> list[Any]:
    """Rows of the table ``countries`` that have a page."""
    return [row for row in rows_of(facts.tables.countries) if row.iso3 in facts.country_files]
