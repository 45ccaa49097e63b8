"""plan.html: Indian sites and moves, with a budget slider over the frontier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.pages.kit.links import component_files, odd_names
from corridor.pages.kit.outlines import DISCLAIMER, outline_text
from corridor.pages.kit.search import SEARCH_SCRIPTS, search_index
from corridor.pages.kit.sectors import Sectors
from corridor.pages.plan.payload import plan_payload

if TYPE_CHECKING:
    from corridor.relocation import Alternatives, Plan, Reasons

SCRIPTS = (
    *SEARCH_SCRIPTS,
    "kit/assets/map.js",
    "kit/assets/map-picture.js",
    "plan/india-map.js",
    "plan/india-charts.js",
    "plan/india-verdict.js",
    "plan/india-panel.js",
    "plan/india-table.js",
    "plan/india.js",
)


def plan_page(
    tables: Tables,
    study: Study,
    plans: Sequence[Plan],
    *,
    reasons: Mapping[float, Reasons] | None = None,
    alternatives: Mapping[float, Alternatives] | None = None,
    has_component_pages: bool = False,
    search: Mapping[str, Any] | None = None,
) -> str:
    """The page as text; parameters as in :func:`corridor.pages.write_pages`, with at least one plan.

    Parameters
    ----------
    search
        Result of :func:`corridor.pages.kit.search.search_index`; by default only of the tables' components.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import OfflineFigure, OfflineMap, Start

    payload = plan_payload(tables, study, plans, reasons=reasons, alternatives=alternatives)
    payload["pages"] = {"components": odd_names(component_files(tables))} if has_component_pages else None
    figure = OfflineFigure(
        "plan/page.html",
        SCRIPTS,
        {
            "data": payload,
            "outlines": outline_text("india", study.point_of_view),
            "find-index": search or search_index(tables, plans=plans),
        },
        {
            "study": study,
            "search": "here" if search else "",
            "has_plan": True,
            "has_component_pages": has_component_pages,
            "has_reasons": any("why" in plan for plan in payload["plans"]),
            "has_others": any("others" in plan for plan in payload["plans"]),
            "sectors": payload["sectors"],
            "first_market": payload["markets"][0]["name"],
            "disclaimer": DISCLAIMER,
        },
        Sectors.of(tables),
        styles=["plan/plan.css"],
    )
    india = OfflineMap(
        "india", (22.5, 82), 4, min_zoom=3, max_zoom=9, zoom_snap=0.25, zoom_delta=0.5, wheel_px_per_zoom_level=160
    )
    india.add_child(Start("corridor.india"))
    figure.add_child(india)
    return figure.render()
