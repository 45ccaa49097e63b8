"""Pages that open anywhere: maps and tables of a study, each one file that loads nothing from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from corridor.config import Study
from corridor.maps.notebook import Page, explore
from corridor.tables import Tables

if TYPE_CHECKING:
    from corridor.relocate import Alternatives, Plan, Reasons

__all__ = ["Page", "explore", "write_pages"]


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
        :func:`corridor.exposure` of all markets, one below the other.
    shares
        :func:`corridor.shares` of all markets, one below the other.
    plans
        Plans by rising budget; none: no plan.html, and the other pages say so.
    out
        Folder, made if it is not there.
    reasons
        :func:`corridor.explain` by budget (US$ million): what each move is worth and needs. Plans of other
        budgets are shown without.
    alternatives
        :func:`corridor.alternatives` by budget: which moves must, could or never be made. As above.
    has_component_pages
        Whether components/<id>.html and countries/<ISO3>.html stand beside the pages and can be linked.

    Returns
    -------
    list of pathlib.Path
        index.html, dependency.html, graph.html and, with plans, plan.html. Each stands alone; links go
        between them.

    Raises
    ------
    ConfigError
        If there are no outlines for the study's point of view.
    CorridorError
        If a page would load anything from outside.
    """
    from corridor.maps.component_graph import graph_page
    from corridor.maps.index import index_page
    from corridor.maps.india import plan_page
    from corridor.maps.world import world_page

    ordered = sorted(plans, key=lambda plan: plan.budget_usd_m)
    pages = {
        "index.html": index_page(tables, study, exposures, shares, ordered),
        "dependency.html": world_page(
            tables, study, exposures, shares, has_plan=bool(ordered), has_component_pages=has_component_pages
        ),
        "graph.html": graph_page(tables, study, exposures, shares, ordered),
    }
    if ordered:
        pages["plan.html"] = plan_page(
            tables,
            study,
            ordered,
            reasons=reasons,
            alternatives=alternatives,
            has_component_pages=has_component_pages,
        )
    return _write(pages, Path(out))


def _write(pages: dict[str, str], out: Path) -> list[Path]:
    """All pages or none: they are made before the first is written, and each is put in place whole."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, page in pages.items():
        path = out / name
        half = path.with_suffix(".html.part")
        half.write_text(page, encoding="utf-8", newline="\n")
        shutil.move(half, path)
        paths.append(path)
    return paths
