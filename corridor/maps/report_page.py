"""report.html: the study for those who decide, in plain words, to be printed on some ten A4 pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.maps import style
from corridor.maps.facts import Facts
from corridor.maps.payload import rows_of, text
from corridor.maps.report_findings import findings
from corridor.maps.report_plans import plan_chapters
from corridor.maps.report_risks import risks
from corridor.maps.words import dollars, in_text, listed, money, percent, points

if TYPE_CHECKING:
    from corridor.relocate import Reasons

STYLES = ("base.css", "entity.css", "report.css")


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
        :func:`corridor.explain` of the plan nearest to the study's budget, if it was worked out.
    has_pages
        Whether the other pages stand beside it and can be linked.

    Returns
    -------
    str
        HTML without scripts.
    """
    from corridor.maps.offline import plain_page

    study = facts.study
    context = {
        "study": study,
        "target": facts.target,
        "target_names": listed([facts.countries.get(iso3, iso3) for iso3 in study.target]),
        "markets": listed([in_text(facts.countries.get(iso3, iso3)) for iso3 in study.markets]),
        "sectors": listed([style.sector_name(name).lower() for name in _sectors(facts)]),
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
    return plain_page("report.html", STYLES, context)


def _planned(facts: Facts) -> str:
    """Sectors in which plans may act, where these are not all."""
    there = _sectors(facts)
    may = [name for name in there if name in facts.study.sectors]
    return "" if len(may) == len(there) else listed([style.sector_name(name).lower() for name in may])


def _sectors(facts: Facts) -> list[str]:
    there = set(facts.tables.components["sector"])
    return [name for name in style.SECTOR_COLOURS if name in there]


def _sources(facts: Facts) -> list[dict[str, Any]]:
    """Sources that figures of the tables name, with how many rows rest on each, the most used first."""
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
