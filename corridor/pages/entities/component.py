"""components/<id>.html: the figures of a component on one page, without a script."""

from __future__ import annotations

from typing import Any

import pandas as pd

from corridor.data.names import STATUSES
from corridor.pages.entities.component_effects import plan_section, window_section
from corridor.pages.entities.facts import Facts
from corridor.pages.kit import charts, style
from corridor.pages.kit.payload import text, year
from corridor.pages.kit.sources import SourceNotes
from corridor.pages.kit.words import amount, capital, dollars, in_text, listed, percent, plural

STYLES = ("kit/assets/base.css", "entities/entity.css", "kit/assets/search.css")
_MOST_USERS, _MOST_FIRMS = 24, 40


def component_page(facts: Facts, row: Any) -> str:
    """The page of one component as text.

    Parameters
    ----------
    facts
        Figures of the study.
    row
        The component's row of the table ``components``.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import plain_page

    notes = SourceNotes(facts.sources)
    context = {
        "study": facts.study,
        "search": "index",
        "target": facts.target,
        "has_plan": facts.chosen is not None,
        "has_component_pages": True,
        "dollars": dollars,
        "swatch": lambda status, target: charts.share_bar(1.0, status, target=target),
        "statuses": style.STATUS_MEANING,
        "id": row.id,
        "name": capital(facts.names[row.id]),
        "sector": facts.sectors.name(row.sector),
        "sector_id": row.sector,
        "stage": text(row.stage),
        "says": [_sentence(facts, market, row.id) for market in facts.markets],
        "about": _about(facts, row, notes),
        "measures": [_measures(facts, market, row.id) for market in facts.markets],
        "origins": [_origins(facts, market, row.id, notes) for market in facts.markets],
        "imports": [
            chart for market in facts.markets if (chart := _imports(facts, market, row.id, notes)) is not None
        ],
        "inputs": _inputs(facts, row.id, notes),
        "users": _users(facts, row.id, notes),
        "tiers": _tiers(facts, row.id),
        "chains": [_chains(facts, market, row.id) for market in facts.markets],
        "windows": window_section(facts, row.id),
        "plan": plan_section(facts, row),
        "firms": _firms(facts, row, notes),
    }
    return plain_page(
        "entities/component.html", STYLES, context | {"sources": notes.listed()}, sectors=facts.sectors
    )


def _sentence(facts: Facts, market: str, name: str) -> str:
    exposed = facts.exposure[market, name]
    who = capital(in_text(facts.countries.get(market, market)))
    return (
        f"{who} buys {percent(exposed.direct)} of it from {facts.target}. Counted through its inputs, "
        f"{percent(exposed.net)} of its value rests on {facts.target}; if {facts.target} sells nothing, "
        f"{percent(exposed.stop)} of the supply stops."
    )


def _about(facts: Facts, row: Any, notes: SourceNotes) -> list[tuple[str, str]]:
    """Facts on the component as (label, text); empty ones are left out."""
    codes: dict[tuple[str, str], list[str]] = {}
    for code in facts.codes.get(row.id, []):
        codes.setdefault((code.nomenclature, code.match), []).append(text(code.code))
        notes(code.source)
    price = f"${row.price_usd_per_unit:,.6g} per {row.unit}"
    if pd.notna(row.price_low) and pd.notna(row.price_high):
        price += f" ({row.price_low:,.6g} to {row.price_high:,.6g})"
    number = notes(row.source, row.year)
    host = text(row.host)
    needs = [_need(facts, market, row.id) for market in facts.markets]
    lines = [
        ("Reference price", f"{price}, {row.status} [{number}]"),
        ("Need a year", "; ".join(needs)),
        ("Stocks held", _months(row.stock_months)),
        ("Approving a maker", _months(row.qualification_months)),
        ("By-product of", facts.names.get(host, host)),
    ]
    lines += [
        (
            {"HS6": "HS 2022 code", "INPC": "Indian class"}.get(nomenclature, nomenclature),
            f"{'; '.join(found[:6])}{' …' if len(found) > 6 else ''}"
            + (" (includes other goods)" if match == "group" else " (only this, or little else)"),
        )
        for (nomenclature, match), found in codes.items()
    ]
    lines.append(("Note", text(row.note)))
    return [(label, words) for label, words in lines if words]


def _months(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:g} month{'' if value == 1 else 's'}"


def _need(facts: Facts, market: str, name: str) -> str:
    need, final = (values.get((market, name), 0.0) for values in (facts.need, facts.final))
    whose = facts.countries.get(market, market)
    if need <= 0:
        return f"{whose} none"
    use = "as a final need" if final >= 0.995 * need else f"{dollars(final)} as a final need" if final > 0 else ""
    return f"{whose} {dollars(need)} ({use or 'as an input'})"


def _measures(facts: Facts, market: str, name: str) -> dict[str, Any]:
    """Exposures of a market before and after the plan, and their evidence."""
    exposed = facts.exposure[market, name]
    change = facts.changes.get((market, name))
    shares = [(status, float(getattr(exposed, status))) for status in STATUSES]
    words = ", ".join(f"{percent(share)} {status}" for status, share in shares if share > 0.004) or "nothing known"
    kinds = [
        (kind, getattr(exposed, kind), None if change is None else getattr(change, f"{kind}_after"))
        for kind in ("direct", "net", "stop")
    ]
    return {
        "market": facts.countries.get(market, market),
        "kinds": kinds,
        "evidence": charts.shares_bar(shares, words),
        "evidence_words": words,
    }


def _origins(facts: Facts, market: str, name: str, notes: SourceNotes) -> dict[str, Any]:
    rows = [
        {
            "name": facts.countries.get(row.origin, row.origin),
            "file": facts.country_files.get(row.origin, ""),
            "share": percent(row.share),
            "range": _ends(facts.ranges.get((market, name, row.origin))),
            "bar": charts.share_bar(row.share, row.status, target=row.origin in facts.study.target),
            "status": row.status,
            "note": notes(row.source, row.year),
            "year": year(row.year),
            "home": row.origin == market,
        }
        for row in facts.origins.get((market, name), [])
    ]
    count, share = facts.other_origins.get((market, name), (0, 0.0))
    rest = f"{plural(count, 'more origin')}: {percent(share)} together" if share >= 5e-4 else ""
    return {"market": facts.countries.get(market, market), "rows": rows, "rest": rest}


def _ends(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f"{100 * ends[0]:.0f}–{100 * ends[1]:.0f}\u00a0%"


def _imports(facts: Facts, market: str, name: str, notes: SourceNotes) -> dict[str, Any] | None:
    """Reported imports over the years; None if fewer than two years are known.

    A chart if they are of its own codes. What is only known of its class of goods is the same for all components
    of the class, so it is one line: the target's share of the class.
    """
    found = facts.imports.get((market, name))
    if found is None or len(found[0]) < 2 or not any(any(values) for values in found[1].values()):
        return None
    years, values, status, source = found
    total = [sum(column) for column in zip(*values.values(), strict=True)]
    target = values.get("target", [0.0] * len(total))
    shares = [value / every if every else 0.0 for value, every in zip(target, total, strict=True)]
    whose = in_text(facts.countries.get(market, market))
    if status == "inherited":
        codes = [code for code in facts.codes.get(name, []) if code.match == "group"]
        classes = [text(code.code) for code in codes if code.nomenclature == "INPC"]
        return {
            "whose": whose,
            "classes": listed((classes or [text(code.code) for code in codes])[:3]),
            "shares": [(when, percent(share)) for when, share in zip(years, shares, strict=True)],
            "latest": dollars(total[-1]),
            "note": notes(source, years[-1]),
        }
    order = ["target", *[key for key in values if key not in {"target", "others"}], "others"]
    unit, size = ("US$ billion", 1e3) if max(total) >= 1500 else ("US$ million", 1.0)
    labels = {"target": facts.target, "others": "others"}
    kinds = {"target": "target", "others": "o9"}
    series, legend = [], []
    for position, key in enumerate(key for key in order if key in values):
        kind = kinds.get(key, f"o{position}")
        label = labels.get(key) or facts.countries.get(key, key)
        series.append(charts.Series(label, kind, [value / size for value in values[key]]))
        legend.append((kind, label))
    title = f"Imports of {whose} by origin"
    return {
        "title": title,
        "svg": charts.columns(years, series, title, unit, [percent(share) for share in shares]),
        "legend": legend,
        "note": notes(source, years[-1]),
    }


def _link(facts: Facts, name: str) -> tuple[str, str]:
    return capital(facts.names.get(name, name)), facts.component_files.get(name, "")


def _recipe(facts: Facts, row: Any, other: str, notes: SourceNotes) -> dict[str, Any]:
    shown, file = _link(facts, other)
    first = facts.exposure.get((facts.markets[0], other))
    return {
        "name": shown,
        "file": file,
        "worth": row.worth if pd.notna(row.worth) else None,
        "quantity": "" if pd.isna(row.quantity) else f"{row.quantity:.3g}",
        "essential": bool(row.essential),
        "net": None if first is None else first.net,
        "status": row.status,
        "note": notes(row.source, row.year),
        "route": text(row.route),
        "route_share": float(row.route_share),
        "range": _range(row),
    }


def _range(row: Any) -> str:
    if pd.isna(row.low) or pd.isna(row.high):
        return ""
    of = "quantity" if pd.notna(row.quantity) else "share of the value"
    return f"{of}: {row.low:.3g} to {row.high:.3g}"


def _inputs(facts: Facts, name: str, notes: SourceNotes) -> dict[str, Any]:
    """Recipe by route, the most used first, and the equipment needed only for building."""
    routes: dict[str, list[dict[str, Any]]] = {}
    build = []
    for row in facts.inputs.get(name, []):
        line = _recipe(facts, row, row.input, notes)
        if row.purpose == "run":
            routes.setdefault(line["route"], []).append(line)
        else:
            build.append(line)
    ordered = sorted(routes.items(), key=lambda item: (-item[1][0]["route_share"], item[0]))
    return {
        "routes": [
            {
                "name": route,
                "share": percent(lines[0]["route_share"]) if len(routes) > 1 else "",
                "rows": lines,
                "counted": any(line["quantity"] for line in lines),
                "sum": percent(sum(line["worth"] or 0.0 for line in lines)),
            }
            for route, lines in ordered
        ],
        "build": build,
    }


def _users(facts: Facts, name: str, notes: SourceNotes) -> dict[str, Any]:
    rows = facts.users.get(name, [])
    run = [row for row in rows if row.purpose == "run"]
    return {
        "rows": [_recipe(facts, row, row.output, notes) for row in run[:_MOST_USERS]],
        "more": len(run) - len(run[:_MOST_USERS]),
        "build": len(rows) - len(run),
    }


def _tiers(facts: Facts, name: str) -> dict[str, Any] | None:
    """Chart of net exposure by the tier at which the target enters."""
    rows = []
    for market in facts.markets:
        depth = {"t0": 0.0, "t1": 0.0, "t2": 0.0, "t3": 0.0}
        for row in facts.tiers.get((market, name), []):
            depth[f"t{min(3, row.tier)}"] += row.contribution
        shares = [(kind, share, f"{_TIERS[kind]}: {percent(share)}") for kind, share in depth.items() if share > 0]
        rows.append((facts.countries.get(market, market), shares))
    if not any(shares for _, shares in rows):
        return None
    svg = charts.stacked_rows(rows, f"Net exposure to {facts.target} by tier, per cent of value")
    return {"svg": svg, "legend": list(_TIERS.items())}


_TIERS = {
    "t0": "bought there directly",
    "t1": "in its inputs",
    "t2": "in their inputs",
    "t3": "deeper",
}


def _chains(facts: Facts, market: str, name: str) -> dict[str, Any]:
    """Chains of inputs that carry most of the net exposure."""
    found = [row for row in facts.chains.get((market, name), []) if row.share >= 0.005]
    return {
        "market": facts.countries.get(market, market),
        "covered": percent(min(1.0, sum(row.share for row in found))),
        "rows": [
            {
                "share": percent(row.share),
                "origin": facts.countries.get(row.origin, row.origin),
                "steps": [_link(facts, step) for step in reversed(row.path.split(" < ")[1:])],
            }
            for row in found
        ],
    }


def _firms(facts: Facts, component: Any, notes: SourceNotes) -> dict[str, Any]:
    rows = facts.firms.get(component.id, [])
    by_country: dict[str, int] = {}
    for row in rows:
        shown = facts.countries.get(row.country, row.country)
        by_country[shown] = by_country.get(shown, 0) + 1
    counts = sorted(by_country.items(), key=lambda item: (-item[1], item[0]))
    return {
        "count": len(rows),
        "where": listed([f"{count} in {in_text(shown)}" for shown, count in counts[:6]]),
        "more": max(0, len(rows) - _MOST_FIRMS),
        "rows": [
            {
                "firm": text(row.firm),
                "country": facts.countries.get(row.country, row.country),
                "file": facts.country_files.get(row.country, ""),
                "place": text(row.place),
                "kind": text(row.kind),
                "capacity": "" if pd.isna(row.capacity) else f"{amount(row.capacity, component.unit)} a year",
                "status": row.status,
                "note": notes(row.source, row.year),
            }
            for row in rows[:_MOST_FIRMS]
        ],
    }
