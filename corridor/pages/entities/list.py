"""components.html: every component and every country of a study in two tables that link to their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corridor.data.names import STATUSES
from corridor.pages.entities.country import Lands, country_rows
from corridor.pages.entities.facts import Facts
from corridor.pages.kit import charts, style
from corridor.pages.kit.payload import rows_of, text
from corridor.pages.kit.search import SEARCH_SCRIPTS
from corridor.pages.kit.words import capital, dollars, percent

STYLES = ("kit/assets/base.css", "entities/entity.css", "entities/list.css", "kit/assets/search.css")


def listing_page(facts: Facts, lands: Lands, search: Mapping[str, Any]) -> str:
    """The page as text; a small script adds search and sorting to the static tables.

    Parameters
    ----------
    facts, lands
        Figures of the study, and of its countries.
    search
        Result of :func:`corridor.pages.kit.search.search_index`.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import plain_page

    names = [facts.countries.get(market, market) for market in facts.markets]
    rows = [_component(facts, row) for row in rows_of(facts.tables.components)]
    rows.sort(key=lambda row: -row["at_risk"])
    lines = [_country(facts, lands, row) for row in country_rows(facts)]
    lines.sort(key=lambda row: -row["net"])
    context = {
        "study": facts.study,
        "search": "here",
        "target": facts.target,
        "has_plan": facts.chosen is not None,
        "has_component_pages": True,
        "markets": names,
        "budget": dollars(facts.chosen.budget_usd_m) if facts.chosen is not None else "",
        "rows": rows,
        "countries": lines,
        "sectors": [(name, facts.sectors.name(name)) for name in dict.fromkeys(row["sector"] for row in rows)],
        "stages": list(dict.fromkeys(row["stage"] for row in rows)),
        "statuses": style.STATUS_MEANING,
        "percent": percent,
        "dollars": dollars,
    }
    return plain_page(
        "entities/list.html",
        STYLES,
        context,
        scripts=[*SEARCH_SCRIPTS, "entities/list.js"],
        data={"find-index": search},
        sectors=facts.sectors,
    )


def _component(facts: Facts, row: Any) -> dict[str, Any]:
    exposed = [facts.exposure[market, row.id] for market in facts.markets]
    need = [facts.need.get((market, row.id), 0.0) for market in facts.markets]
    # If no market needs it, the first market's evidence is shown.
    weights = need if sum(need) > 0 else [1.0, *[0.0] * (len(need) - 1)]
    known = [
        sum(weight * float(getattr(one, status)) for weight, one in zip(weights, exposed, strict=True))
        / sum(weights)
        for status in STATUSES
    ]
    words = ", ".join(
        f"{percent(share)} {status}" for status, share in zip(STATUSES, known, strict=True) if share > 0.004
    )
    return {
        "id": row.id,
        "name": capital(facts.names[row.id]),
        "file": facts.component_files[row.id],
        "sector": row.sector,
        "sector_name": facts.sectors.name(row.sector),
        "stage": text(row.stage),
        "direct": [one.direct for one in exposed],
        "net": [one.net for one in exposed],
        "stop": [one.stop for one in exposed],
        "at_risk": sum(one.net * value for one, value in zip(exposed, need, strict=True)),
        "known": charts.shares_bar(list(zip(STATUSES, known, strict=True)), words or "nothing known"),
        "certain": known[0] + 0.9 * known[1] + 0.3 * known[2],
        "plan": _plan(facts, row.id),
    }


def _plan(facts: Facts, name: str) -> str:
    """Actions of the chosen plan as letters: B builds, Q qualifies a second source, S stores."""
    if facts.chosen is None:
        return ""
    key = (facts.chosen.budget_usd_m, name)
    done = (("B", facts.moves), ("Q", facts.seconds), ("S", facts.stocks))
    return " ".join(letter for letter, table in done if table.get(key))


def _country(facts: Facts, lands: Lands, row: Any) -> dict[str, Any]:
    totals = [lands.total.get((row.iso3, market), []) for market in facts.markets]
    own = [market == row.iso3 for market in facts.markets]
    nets = [None if home else rows[0].net if rows else 0.0 for rows, home in zip(totals, own, strict=True)]
    return {
        "name": facts.countries[row.iso3],
        "file": facts.country_files[row.iso3],
        "region": text(row.region),
        "nets": nets,
        "stops": [None if home else rows[0].stop if rows else 0.0 for rows, home in zip(totals, own, strict=True)],
        "net": max(value or 0.0 for value in nets),
        "counts": [lands.counts.get((row.iso3, market), 0) for market in facts.markets],
        "firms": len(lands.firms.get(row.iso3, [])),
    }
