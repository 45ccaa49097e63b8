"""The index of the search on all pages: components, countries, sites and firms, with codes and synonyms."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.data.tables import Tables
from corridor.pages.kit.links import component_files, country_files, odd_names
from corridor.pages.kit.payload import Codes, needs, rows_of, text
from corridor.pages.kit.sectors import Sectors

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

#: Scripts of a page with a search, before its own; the page holds the index as ``find-index``.
SEARCH_SCRIPTS = tuple(f"kit/assets/{name}.js" for name in ("common", "table", "view", "search"))
_SYNONYMS = Path(__file__).parent / "assets" / "synonyms.csv"
_DIGITS = re.compile(r"\d{4,10}")


def search_index(
    tables: Tables,
    exposures: pd.DataFrame | None = None,
    shares: pd.DataFrame | None = None,
    plans: Sequence[Plan] = (),
    *,
    has_component_pages: bool = False,
) -> dict[str, Any]:
    """What can be found, ready for JSON; kit/assets/search.js reads it.

    Parameters
    ----------
    tables
        The tables of the study.
    exposures, shares
        As in :func:`corridor.pages.write_pages`. Without them only components are found, in the tables' order,
        and hits lead to nothing but the page itself: for a page that stands alone.
    plans
        Plans; what they build, qualify or store is marked, and sites are found.
    has_component_pages
        Whether components and countries have pages.

    Returns
    -------
    dict
        ``components``: ``[id, name, sector, stage, other words, codes, in a plan]``, the most value at risk first,
        with positions in ``sectors``, ``stages`` and ``words``;
        ``countries``: ``[ISO code, name]``; ``sites``: ``[id, name, state]``; ``firms``: ``[name, countries as
        positions, works]``; ``pages``: files of components and countries that are not
        ``<id>.html``, None without pages.
    """
    sectors = Sectors.of(tables)
    order = sectors.order(tables.components["sector"])
    words, stages = Codes([]), Codes([])
    rows = _components(tables, sectors, order, plans, words, stages)
    found: dict[str, Any] = {
        "sectors": [sectors.name(name) for name in order],
        "stages": stages.names,
        "words": words.names,
    }
    if exposures is None or shares is None:
        return found | {"components": rows, "countries": [], "sites": [], "firms": [], "pages": None}
    worth = value_at_risk(tables, exposures)
    rows.sort(key=lambda row: -worth.get(row[0], 0.0))
    files = country_files(tables, shares)
    names = dict(zip(tables.countries["iso3"], tables.countries["name"], strict=True))
    pages = {"components": odd_names(component_files(tables)), "countries": odd_names(files)}
    return found | {
        "components": rows,
        "countries": [[iso3, text(names[iso3])] for iso3 in files],
        "sites": [[text(row.id), text(row.name), text(row.state)] for row in rows_of(tables.sites)]
        if plans
        else [],
        "firms": _firms(tables, list(files)),
        "pages": pages if has_component_pages else None,
    }


def value_at_risk(tables: Tables, exposures: pd.DataFrame) -> dict[str, float]:
    """US$ million a year that rest on the target by component: net exposure times need, over all markets."""
    need = needs(tables)
    keys = pd.MultiIndex.from_frame(exposures[["market", "component"]])
    worth = exposures["net"] * need.reindex(keys).fillna(0.0).to_numpy()
    total = worth.groupby(exposures["component"]).sum()
    return dict(zip(total.index, total.tolist(), strict=True))


def _components(
    tables: Tables, sectors: Sectors, order: Sequence[str], plans: Sequence[Plan], words: Codes, stages: Codes
) -> list[list[Any]]:
    tables_of_plans = [frame for plan in plans for frame in (plan.moves, plan.second_sources, plan.stocks)]
    planned = {name for frame in tables_of_plans if len(frame) for name in frame["component"]}
    codes: dict[str, set[str]] = {}
    for row in rows_of(tables.codes):
        if _DIGITS.fullmatch(text(row.code)):
            codes.setdefault(row.component, set()).add(text(row.code))
    return [
        [
            row.id,
            text(row.name),
            order.index(row.sector),
            stages(row.stage),
            [words(word) for word in synonyms(text(row.name), sectors.name(row.sector), text(row.stage))],
            sorted(codes.get(row.id, ())),
            int(row.id in planned),
        ]
        for row in rows_of(tables.components)
    ]


def _firms(tables: Tables, countries: list[str]) -> list[list[Any]]:
    """Firms with the countries of their works, which may lack a page: these are left out of the list."""
    position = {iso3: number for number, iso3 in enumerate(countries)}
    found: dict[str, list[Any]] = {}
    for row in rows_of(tables.suppliers):
        entry = found.setdefault(text(row.firm), [text(row.firm), [], 0])
        entry[2] += 1
        where = position.get(row.country)
        if where is not None and where not in entry[1]:
            entry[1].append(where)
    return list(found.values())


def synonyms(name: str, sector: str, stage: str) -> list[str]:
    """Other words by which people look for a component of this name, sector and stage."""
    sought = f"{name} {sector} {stage}".lower()
    return [word for word, pattern in thesaurus() if pattern.search(sought)]


@cache
def thesaurus() -> list[tuple[str, re.Pattern[str]]]:
    """Words with the pattern of what they mean: any of the phrases, as words; ``*`` stands for more letters."""
    with _SYNONYMS.open(encoding="utf-8", newline="") as file:
        return [(row["word"], _pattern(row["means"])) for row in csv.DictReader(file)]


def _pattern(means: str) -> re.Pattern[str]:
    phrases = [re.escape(one.strip().lower()).replace(r"\*", r"\w*") for one in means.split(";")]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(phrases)})(?![^\W_])")
