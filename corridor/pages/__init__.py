"""HTML pages of a study: maps, graph, tables and report, each one file that loads nothing from outside."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.pages.notebook import Page, explore

if TYPE_CHECKING:
    from corridor.relocation import Alternatives, Plan, Reasons

__all__ = ["Page", "explore", "write_pages", "write_report"]


def write_pages(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: Sequence[Plan],
    out: str | Path,
    *,
    reasons: Mapping[float, Reasons] | None = None,
    alternatives: Mapping[float, Alternatives] | None = None,
    has_component_pages: bool = False,
) -> list[Path]:
    """Write the pages of a study.

    Parameters
    ----------
    tables
        The tables that the study was measured on.
    study
        Settings: markets, target, years, denials, point of view of the outlines.
    exposures
        :func:`corridor.exposure` of all markets, concatenated.
    shares
        :func:`corridor.shares` of all markets, concatenated.
    plans
        Plans by rising budget; if empty, plan.html is not written and the other pages say so.
    out
        Folder, created if missing.
    reasons
        :func:`corridor.explain` by budget (US$ million): worth and needs of each move. Plans of other
        budgets are shown without them.
    alternatives
        :func:`corridor.alternatives` by budget: which moves must, could or never be made. As above.
    has_component_pages
        Also write components.html, a page per component (components/) and per country that supplies something
        (countries/), and report.html, and link them. A file is named by the id if that is safe on every
        system, see :func:`corridor.pages.kit.links.file_names`.

    Returns
    -------
    list of pathlib.Path
        index.html, dependency.html, graph.html, with plans plan.html, and the pages of `has_component_pages`. Each
        is self-contained; they link to each other.

    Raises
    ------
    ConfigError
        If there are no outlines for the study's point of view, or a plan names what the tables do not have.
    CorridorError
        If a page would load anything from outside.
    """
    from corridor.pages.graph_page.page import graph_page
    from corridor.pages.kit.search import search_index
    from corridor.pages.overview.downloads import downloads
    from corridor.pages.overview.page import index_page
    from corridor.pages.plan.page import plan_page
    from corridor.pages.world_map.page import world_page

    ordered = sorted(plans, key=lambda plan: plan.budget_usd_m)
    search = search_index(tables, exposures, shares, ordered, has_component_pages=has_component_pages)
    pages = {
        "index.html": index_page(
            tables,
            study,
            exposures,
            shares,
            ordered,
            has_component_pages=has_component_pages,
            files=downloads(Path(out)),
            search=search,
        ),
        "dependency.html": world_page(
            tables,
            study,
            exposures,
            shares,
            has_plan=bool(ordered),
            has_component_pages=has_component_pages,
            search=search,
        ),
        "graph.html": graph_page(
            tables,
            study,
            exposures,
            shares,
            ordered,
            has_component_pages=has_component_pages,
            search=search,
        ),
    }
    if ordered:
        pages["plan.html"] = plan_page(
            tables,
            study,
            ordered,
            reasons=reasons,
            alternatives=alternatives,
            has_component_pages=has_component_pages,
            search=search,
        )
    if has_component_pages:
        pages |= _entity_pages(tables, study, exposures, shares, ordered, reasons or {}, search)
    return _write(pages, Path(out))


def write_report(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: Sequence[Plan],
    path: str | Path,
    *,
    reasons: Reasons | None = None,
) -> Path:
    """Write only the report: a page for printing, without links to other pages.

    Parameters
    ----------
    tables, study, exposures, shares, plans
        As in :func:`write_pages`; three plans are shown, those nearest to the study's smallest budget, its own
        and the one between.
    path
        File; its folder is created if missing.
    reasons
        :func:`corridor.explain` of the plan nearest to the study's budget.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ConfigError
        If a plan names what the tables do not have.
    """
    from corridor.pages.entities.facts import Facts
    from corridor.pages.report.page import report_page

    facts = Facts.of(tables, study, exposures, shares, plans)
    page = report_page(facts, exposures, reasons=reasons, has_pages=False)
    return _write({Path(path).name: page}, Path(path).parent)[0]


def _entity_pages(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: Sequence[Plan],
    reasons: Mapping[float, Reasons],
    search: Mapping[str, Any],
) -> dict[str, str]:
    """Pages of all components and countries, their list, and the report, by path."""
    from corridor.pages.entities.component import component_page
    from corridor.pages.entities.country import Lands, country_page, country_rows
    from corridor.pages.entities.facts import Facts
    from corridor.pages.entities.list import listing_page
    from corridor.pages.kit.payload import rows_of
    from corridor.pages.report.page import report_page

    facts = Facts.of(tables, study, exposures, shares, plans)
    lands = Lands.of(facts)
    why = None if facts.chosen is None else reasons.get(facts.chosen.budget_usd_m)
    pages = {
        "components.html": listing_page(facts, lands, search),
        "report.html": report_page(facts, exposures, reasons=why),
    }
    for row in rows_of(tables.components):
        pages[f"components/{facts.component_files[row.id]}"] = component_page(facts, row)
    for row in country_rows(facts):
        pages[f"countries/{facts.country_files[row.iso3]}"] = country_page(facts, lands, row)
    return pages


def _write(pages: dict[str, str], out: Path) -> list[Path]:
    """Write all pages, each to a temporary name first, then renamed."""
    for folder in {(out / name).parent for name in pages}:
        folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, page in pages.items():
        path = out / name
        half = path.with_suffix(".html.part")
        half.write_text(page, encoding="utf-8", newline="\n")
        shutil.move(half, path)
        paths.append(path)
    return paths
