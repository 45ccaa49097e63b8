"""index.html: the headline, how to read the pages, the study's settings, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Cut, Denial, Study
from corridor.data.checks import coverage
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.measures import headline
from corridor.measures.supply.needs import final_by_component
from corridor.pages.kit import style
from corridor.pages.kit.by_market import dollar_rows, market_tables
from corridor.pages.kit.links import component_files, country_files
from corridor.pages.kit.outlines import DISCLAIMER
from corridor.pages.kit.payload import needs, rows_of, target_name, text
from corridor.pages.kit.search import SEARCH_SCRIPTS
from corridor.pages.kit.sectors import Sectors
from corridor.pages.kit.words import in_text, money
from corridor.pages.overview.scale import scale_block
from corridor.relocation.result.by_market import ALL_SECTORS

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan


def index_page(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: Sequence[Plan],
    *,
    has_component_pages: bool = False,
    files: Sequence[dict[str, Any]] = (),
    search: Mapping[str, Any] | None = None,
) -> str:
    """The page as text; parameters as in :func:`corridor.pages.write_pages`.

    Parameters
    ----------
    files
        Result of :func:`corridor.pages.overview.downloads.downloads`.
    search
        Result of :func:`corridor.pages.kit.search.search_index`; None leaves the search out.

    Returns
    -------
    str
        HTML; its only script is the search.
    """
    from corridor.pages.kit.offline import OfflineFigure

    names = {
        iso3: text(name) for iso3, name in zip(tables.countries["iso3"], tables.countries["name"], strict=True)
    }
    shown = {key: text(name) for key, name in zip(tables.components["id"], tables.components["name"], strict=True)}
    need = needs(tables)
    totals = headline(tables, exposures).set_index("market")
    plan = min(plans, key=lambda one: abs(one.budget_usd_m - study.budget_usd_m)) if plans else None
    sectors = Sectors.of(tables)
    figure = OfflineFigure(
        "overview/page.html",
        SEARCH_SCRIPTS if search else [],
        {"find-index": search} if search else {},
        {
            "study": study,
            "search": "here" if search else "",
            "has_plan": plan is not None,
            "has_component_pages": has_component_pages,
            "component_files": component_files(tables) if has_component_pages else {},
            "counts_countries": len(country_files(tables, shares)) if has_component_pages else 0,
            "rests": [_rests(tables, exposures, iso3, names) for iso3 in study.markets],
            "scale": [
                block for iso3 in study.markets if (block := scale_block(tables, study, iso3, names, shown))
            ],
            "files": files,
            "target": target_name(study.target, names),
            "target_names": [names.get(iso3, iso3) for iso3 in study.target],
            "markets": [
                {
                    "name": names.get(iso3, iso3),
                    "in_text": in_text(names.get(iso3, iso3)),
                    "weight": weight,
                    **totals.loc[iso3].to_dict(),
                }
                for iso3, weight in study.markets.items()
            ],
            "counts": {name: len(frame) for name, frame in tables},
            "top": [_top(tables, exposures, need, iso3, names) for iso3 in study.markets],
            "plan": _plan_words(plan, study, names),
            "by_market": market_tables(plan, names, sectors),
            "dollars": dollar_rows(plans, study, names),
            "denials": [
                _denial(denial, names, shown, sectors)
                for denial in sorted(study.denials, key=lambda d: -d.probability)
            ],
            "coverage": _coverage(tables),
            "statuses": style.STATUS_MEANING,
            "sources": _sources(tables),
            "sector_name": sectors.name,
            "disclaimer": DISCLAIMER,
            "money": lambda value: money(value, study),
        },
        sectors,
    )
    page: str = figure.render()
    return page


def _top(
    tables: Tables, exposures: pd.DataFrame, need: pd.Series, market: str, names: dict[str, str]
) -> dict[str, Any]:
    """The ten components with the most value from the target: net exposure times need."""
    own = exposures[exposures["market"] == market]
    value = own["component"].map(lambda name: float(need.get((market, name), 0.0)))
    own = own.assign(need=value, at_risk=value * own["net"]).sort_values("at_risk", ascending=False).head(10)
    shown = dict(zip(tables.components["id"], tables.components["name"], strict=True))
    return {
        "market": names.get(market, market),
        "rows": [
            {
                "id": row.component,
                "name": text(shown[row.component]),
                "direct": row.direct,
                "net": row.net,
                "stop": row.stop,
                "need": row.need,
            }
            for row in rows_of(own)
        ],
        "id": market,
    }


def _rests(tables: Tables, exposures: pd.DataFrame, market: str, names: dict[str, str]) -> dict[str, Any]:
    """Shares of the net exposure of final needs by status, weighted by value: all needs, then by sector."""
    need = final_by_component(tables, market)
    own = exposures[exposures["market"] == market].set_index("component")
    own = own[own.index.isin(need.index)]
    weight = own["net"] * need.reindex(own.index)
    known = own[list(STATUSES)].mul(weight, axis=0)
    sector = tables.components.set_index("id")["sector"].reindex(own.index)
    by_sector = known.groupby(sector).sum()
    shown = Sectors.of(tables)
    rows = [
        ("All final needs", known.sum()),
        *[(shown.name(name), by_sector.loc[name]) for name in shown.order(by_sector.index)],
    ]
    known_rows = [(name, row.to_numpy(float)) for name, row in rows if row.sum() > 0]
    return {
        "market": names.get(market, market),
        "rows": [{"name": name, "shares": (row / row.sum()).tolist()} for name, row in known_rows],
    }


def _plan_words(plan: Plan | None, study: Study, names: dict[str, str]) -> dict[str, Any]:
    if plan is None:
        return {}
    made, still = float(plan.moves["made_usd_m"].sum()), float(plan.moves["still_target_usd_m"].sum())
    whole = plan.markets[plan.markets["sector"] == ALL_SECTORS] if len(plan.markets) else plan.markets
    return {
        "budget": money(plan.budget_usd_m, study),
        "plants": int(plan.moves["plants"].sum()),
        "sites": plan.moves["site"].nunique(),
        "markets": [
            {
                "in_text": in_text(names.get(row.market, row.market)),
                "before": money(row.loss_before_usd_m, study),
                "after": money(row.loss_after_usd_m, study),
                "averted": row.avoided_share,
            }
            for row in rows_of(whole)
        ],
        "still": still / made if made else 0.0,
    }


def _denial(denial: Denial, names: dict[str, str], shown: dict[str, str], sectors: Sectors) -> dict[str, Any]:
    def who(exporters: tuple[str, ...]) -> str:
        return ", ".join("the target" if code == "target" else names.get(code, code) for code in exporters)

    def what(cut: Cut) -> str:
        named = ", ".join(sectors.name(name).lower() for name in cut.sectors)
        named = "everything" if set(cut.sectors) == set(sectors.names) else named
        words = [named, ", ".join(cut.stages), ", ".join(shown.get(name, name) for name in cut.components)]
        return "; ".join(word for word in words if word) or "everything"

    cuts = [f"{100 * cut.cut:.0f}\u00a0% of {what(cut)} from {who(cut.exporters)}" for cut in denial.cuts]
    return {
        "name": denial.name.replace("-", " "),
        "start": denial.start,
        "months": f"{denial.months:g}",
        "probability": denial.probability,
        "cuts": "; ".join(cuts),
        "reason": denial.reason,
        "source": denial.source,
    }


def _coverage(tables: Tables) -> list[dict[str, Any]]:
    """Rows of the coverage report over all sectors of a table, with shares by status."""
    frame = coverage(tables)
    kinds = list(style.STATUS_MEANING)
    rows = []
    for table, rows_of_table in frame.groupby("table", sort=False):
        count = rows_of_table["rows"].sum()
        counted = rows_of_table[kinds].fillna(0.0).mul(rows_of_table["rows"], axis=0)
        first, last = rows_of_table["first_year"].min(), rows_of_table["last_year"].max()
        years = "" if pd.isna(first) else f"{int(first)}" if first == last else f"{int(first)}–{int(last)}"
        total = float(counted.sum().sum())
        shares = {kind: float(counted[kind].sum()) / total if total else None for kind in kinds}
        rows.append({"table": table, "rows": int(count), "years": years, "shares": shares})
    return rows


def _sources(tables: Tables) -> list[dict[str, str]]:
    frame = tables.sources.fillna("").sort_values("title")
    return [
        {
            "title": str(row.title),
            "publisher": str(row.publisher),
            "licence": str(row.licence),
            "date": str(row.date),
            "address": str(row.address) if str(row.address).lower().startswith(("https://", "http://")) else "",
        }
        for row in rows_of(frame)
    ]
