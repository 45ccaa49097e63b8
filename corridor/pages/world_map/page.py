"""dependency.html: the world map of who supplies a market, with the ranked table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from corridor.config import Study
from corridor.data.tables import Tables
from corridor.measures import headline
from corridor.pages.kit import style
from corridor.pages.kit.links import page_files
from corridor.pages.kit.outlines import DISCLAIMER, outline_text
from corridor.pages.kit.payload import rows_of
from corridor.pages.kit.search import SEARCH_SCRIPTS, search_index
from corridor.pages.kit.sectors import Sectors
from corridor.pages.world_map.payload import world_payload

_SCRIPTS = ("world-book", "world-map", "world-panel", "world")
ALL = "all"


def headlines(tables: Tables, exposures: pd.DataFrame) -> pd.DataFrame:
    """Exposure of final needs by market and sector, with a row ``all`` per market: ``direct, net, stop``."""
    return pd.concat(
        [headline(tables, exposures).assign(sector=ALL), headline(tables, exposures, by_sector=True)],
        ignore_index=True,
    )


def world_page(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    *,
    has_plan: bool,
    has_component_pages: bool = False,
    search: Mapping[str, Any] | None = None,
) -> str:
    """The page as text.

    Parameters
    ----------
    tables, study, exposures, shares
        As in :func:`corridor.pages.write_pages`.
    has_plan
        Whether plan.html exists and can be linked.
    has_component_pages
        Whether components/<id>.html and countries/<ISO3>.html exist and can be linked.
    search
        Result of :func:`corridor.pages.kit.search.search_index`; by default only of this page's components.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import OfflineFigure, OfflineMap, Start

    payload = world_payload(tables, study, exposures, shares, headlines(tables, exposures))
    payload |= {"disclaimer": DISCLAIMER, "pages": page_files(tables, shares) if has_component_pages else None}
    figure = OfflineFigure(
        "world_map/page.html",
        [
            *SEARCH_SCRIPTS,
            "kit/assets/map.js",
            "kit/assets/map-picture.js",
            *(f"world_map/{name}.js" for name in _SCRIPTS),
        ],
        {
            "data": {name: value for name, value in payload.items() if name != "suppliers"},
            "suppliers": payload["suppliers"],
            "outlines": outline_text("world", study.point_of_view),
            "find-index": search or search_index(tables),
        },
        {
            "study": study,
            "search": "here" if search else "",
            "target": payload["targetName"],
            "has_plan": has_plan,
            "has_component_pages": has_component_pages,
            "classes": style.share_legend(),
            "sectors": payload["sectors"],
            "statuses": style.STATUS_MEANING,
            "disclaimer": DISCLAIMER,
            "sources": _used(tables, payload["sources"]),
        },
        Sectors.of(tables),
    )
    world = OfflineMap(
        "world",
        (25, 140),
        2,
        min_zoom=1,
        max_zoom=8,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=160,
        attribution_control=True,
    )
    world.add_child(Start("corridor.world"))
    figure.add_child(world)
    return figure.render()


def _used(tables: Tables, used: list[dict[str, str]]) -> list[dict[str, str]]:
    """Sources behind the page's shares, with publisher and licence."""
    keys = {source["key"] for source in used}
    rows = tables.sources[tables.sources["key"].isin(keys)].fillna("")
    return [
        {"title": str(row.title), "publisher": str(row.publisher), "licence": str(row.licence)}
        for row in rows_of(rows.sort_values("title"))
    ]
