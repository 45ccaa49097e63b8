"""report.html: the study for decision makers, in plain words, for printing on about ten A4 pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.pages.entities.facts import Facts
from corridor.pages.kit import style
from corridor.pages.kit.payload import rows_of, text
from corridor.pages.kit.words import dollars, in_text, listed, money, percent, points
from corridor.pages.report.findings import findings
from corridor.pages.report.plans import plan_chapters
from corridor.pages.report.risks import risks

if TYPE_CHECKING:
    from corridor.relocation import Reasons

STYLES = ("kit/assets/base.css", "entities/entity.css", "report/report.css", "kit/assets/search.css")


def report_page(
    facts: Facts, exposures: pd.DataFrame, *, reasons: Reasons | None = None, has_pages: bool = True
) -> str:
    """The page as text.

    Parameters
    ----------
    facts
        Figures of the study.
    exposures
        :func:`corridor.exposure` of all markets.
    reasons
        :func:`corridor.explain` of the plan nearest to the study's budget, if it was computed.
    has_pages
        Whether the other pages exist in the same folder and can be linked.

    Returns
    -------
    str
        HTML without scripts.
    """
    from corridor.pages.kit.offline import plain_page

    study = facts.study
    context = {
        "study": study,
        "search": "index" if has_pages else "",
        "target": facts.target,
        "target_names": listed([facts.countries.get(iso3, iso3) for iso3 in study.target]),
        "markets": listed([in_text(facts.countries.get(iso3, iso3)) for iso3 in study.markets]),
        "sectors": listed([facts.sectors.name(name).lower() for name in _sectors(facts)]),
        "planned": _planned(facts),
        "counts": {name: len(frame) for name, frame in facts.tables},
        "has_plan": facts.chosen is not None,
        "has_pages": has_pages,
        "alone": not has_pages,
        "has_component_pages": has_pages,
        "find": findings(facts, exposures),
        "plan": plan_chapters(facts, reasons),
        "risk": risks(facts),
        "statuses": style.STATUS_MEANING,
        "sources": _sources(facts),
        "dollars": dollars,
        "points": points,
        "percent": percent,
        "money": lambda value: money(value, study),
    }
    return plain_page("report/page.html", STYLES, context, sectors=facts.sectors)


def _planned(facts: Facts) -> str:
    """Sectors in which plans may act; empty if these are all."""
    present = _sectors(facts)
    may = [name for name in present if facts.study.plans(name)]
    return "" if len(may) == len(present) else listed([facts.sectors.name(name).lower() for name in may])


def _sectors(facts: Facts) -> list[str]:
    return facts.sectors.order(facts.tables.components["sector"])


def _sources(facts: Facts) -> list[dict[str, Any]]:
    """Sources used by rows of the tables, with the number of rows, most used first."""
    counts = pd.concat(
        [frame["source"] for name, frame in facts.tables if "source" in frame and name != "sources"]
    ).value_counts()
    rows = [
        {
            "title": text(row.title),
            "publisher": text(row.publisher),
            "licence": text(row.licence),
            "date": text(row.date),
            "rows": int(counts.get(row.key, 0)),
        }
        for row in rows_of(facts.tables.sources.fillna(""))
    ]
    return sorted((row for row in rows if row["rows"]), key=lambda row: (-row["rows"], row["title"]))
