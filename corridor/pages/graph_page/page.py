"""graph.html: recipes tier by tier from ore to product, with the chains that carry a component's exposure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from corridor.config import Study
from corridor.data.checks.chain import value_shares
from corridor.data.list_cells import list_cell
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.measures import concentration_indices, fewest_failures, pass_through, paths
from corridor.measures.supply.bill import status_rank
from corridor.pages.kit import style
from corridor.pages.kit.links import component_files, odd_names
from corridor.pages.kit.outlines import DISCLAIMER
from corridor.pages.kit.payload import (
    Codes,
    countries_json,
    needs,
    number,
    numbers,
    rows_of,
    sources_json,
    study_json,
    text,
    year,
)
from corridor.pages.kit.search import SEARCH_SCRIPTS, search_index
from corridor.pages.kit.sectors import Sectors

if TYPE_CHECKING:
    from corridor.relocation.result.plan import Plan

_SCRIPTS = ("graph_layout", "graph_picture", "graph_panel", "graph")
#: Stages from ore to product, in the order of the picture's columns; unknown ones come before the product.
_STAGE_NAMES: dict[str, str] = {
    "mined": "Mined",
    "refined": "Refined",
    "material": "Materials",
    "intermediate": "Intermediates",
    "active ingredient": "Active ingredients",
    "part": "Parts",
    "module": "Modules",
    "equipment": "Equipment",
    "product": "Products",
}
_LAST = "product"
_MOST_ORIGINS = 6
_MOST_PATHS = 40
_COVERAGE = 0.9
#: Fractions of supply whose loss is examined: half, and four fifths.
_LOST = (0.5, 0.8)


def graph_page(
    tables: Tables,
    study: Study,
    exposures: pd.DataFrame,
    shares: pd.DataFrame,
    plans: Sequence[Plan],
    *,
    has_component_pages: bool = False,
    search: Mapping[str, Any] | None = None,
) -> str:
    """The page as text.

    Parameters
    ----------
    tables, study, exposures, shares, plans
        As in :func:`corridor.pages.write_pages`.
    has_component_pages
        Whether ``components/<id>.html`` exist and can be linked.
    search
        Result of :func:`corridor.pages.kit.search.search_index`; by default only of this page's components.

    Returns
    -------
    str
        Self-contained HTML.
    """
    from corridor.pages.kit.offline import OfflineFigure

    payload = graph_payload(tables, study, exposures, shares, plans)
    payload["componentPages"] = has_component_pages
    payload["componentFiles"] = odd_names(component_files(tables)) if has_component_pages else {}
    page: str = OfflineFigure(
        "graph_page/page.html",
        [*SEARCH_SCRIPTS, *(f"graph_page/{name}.js" for name in _SCRIPTS)],
        {"data": payload, "find-index": search or search_index(tables)},
        {
            "study": study,
            "search": "here" if search else "",
            "target": payload["targetName"],
            "has_plan": bool(plans),
            "has_component_pages": has_component_pages,
            "classes": style.share_legend(),
            "sectors": payload["sectors"],
            "statuses": style.STATUS_MEANING,
            "disclaimer": DISCLAIMER,
        },
        Sectors.of(tables),
    ).render()
    return page


def graph_payload(
    tables: Tables, study: Study, exposures: pd.DataFrame, shares: pd.DataFrame, plans: Sequence[Plan]
) -> dict[str, Any]:
    """Data of the component graph, ready for JSON; parameters as in :func:`graph_page`.

    Returns
    -------
    dict
        ``components`` with sector, stage and tier; ``edges``, column by column (input, output,
        value share, essential, status, source, year); ``measures``, ``origins``, ``paths`` and ``fewest`` by
        market, each in the order of the components; ``through`` (nodes on all chains); ``plans``.
    """
    codes = Codes(tables.components["id"])
    sources, countries = Codes([]), Codes([])
    lines = recipe_lines(tables)
    base = study_json(tables, study)
    markets = [market["id"] for market in base["markets"]]
    own = shares[shares["component"].isin(codes.positions)]
    payload = base | {
        "statuses": list(STATUSES),
        "stages": _stages(tables),
        "components": _components(tables, lines, [sector["id"] for sector in base["sectors"]]),
        "edges": {
            "i": [codes(name) for name in lines["input"]],
            "o": [codes(name) for name in lines["output"]],
            "v": numbers(lines["value_share"]),
            "e": [int(flag) for flag in lines["essential"]],
            "t": lines["rank"].tolist(),
            "q": [sources(name) for name in lines["source"]],
            "y": [year(value) for value in lines["year"]],
        },
        "measures": _measures(exposures, shares, needs(tables), markets, codes),
        "origins": {
            market: _origins(own[own["market"] == market], codes, countries, sources) for market in markets
        },
        "paths": {market: _paths(tables, study, market, codes, countries) for market in markets},
        "fewest": {market: _fewest(tables, market, codes, countries) for market in markets},
        "through": _through(tables, codes, countries),
        "plans": [_plan(tables, plan, codes) for plan in plans],
        "start": _start(plans, study),
    }
    payload["sources"] = sources_json(tables, sources.names)
    payload["countries"] = countries_json(tables, countries.names)
    return payload


def recipe_lines(tables: Tables) -> pd.DataFrame:
    """Recipes for running (not building), one row per output and input, all routes together.

    Returns
    -------
    pandas.DataFrame
        ``output, input, value_share`` (US$ of input per US$ of output, weighted by route shares), ``essential``
        (on any route), ``rank`` (position in STATUSES of the least known row), ``source`` and ``year`` (of
        the row with the largest share), sorted.
    """
    frame = tables.recipes.assign(worth=value_shares(tables), rank=status_rank(tables.recipes["status"]))
    frame = frame[frame["purpose"] == "run"]
    frame = frame.assign(value_share=frame["worth"].fillna(0.0) * frame["route_share"].astype(float))
    frame = frame.sort_values(["output", "input", "value_share"], ascending=[True, True, False], kind="stable")
    return frame.groupby(["output", "input"], as_index=False).agg(
        value_share=("value_share", "sum"),
        essential=("essential", "any"),
        rank=("rank", "max"),
        source=("source", "first"),
        year=("year", "first"),
    )


def tiers(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Tier of each component: the longest chain of inputs below it, 0 for raw materials.

    Components that need each other in a cycle share a tier: each strongly connected component (Tarjan 1972)
    counts as one node.

    Parameters
    ----------
    names
        All components.
    pairs
        (input, output); pairs with an unknown name are left out.
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from(pair for pair in pairs if pair[0] in graph and pair[1] in graph)
    condensed = nx.condensation(graph)
    return {
        name: tier
        for tier, groups in enumerate(nx.topological_generations(condensed))
        for group in groups
        for name in condensed.nodes[group]["members"]
    }


def _stages(tables: Tables) -> list[dict[str, str]]:
    """Stages that have components, from ore to product."""
    present = list(dict.fromkeys(text(stage) for stage in tables.components["stage"]))
    order = [stage for stage in _STAGE_NAMES if stage in present and stage != _LAST]
    order += [stage for stage in present if stage not in _STAGE_NAMES]
    order += [_LAST] if _LAST in present else []
    return [{"id": stage, "name": _STAGE_NAMES.get(stage, stage.capitalize())} for stage in order]


def _components(tables: Tables, lines: pd.DataFrame, sectors: Sequence[str]) -> list[dict[str, Any]]:
    """Components with sector and stage as positions in their lists, and tier."""
    tier = tiers(tables.components["id"], zip(lines["input"], lines["output"], strict=True))
    stage_position = {stage["id"]: position for position, stage in enumerate(_stages(tables))}
    return [
        {
            "id": row.id,
            "name": text(row.name),
            "sector": sectors.index(row.sector),
            "stage": stage_position[text(row.stage)],
            "tier": tier[row.id],
            "unit": text(row.unit),
        }
        for row in rows_of(tables.components)
    ]


def _measures(
    exposures: pd.DataFrame, shares: pd.DataFrame, need: pd.Series, markets: Sequence[str], codes: Codes
) -> dict[str, dict[str, Any]]:
    """By market, in the order of the components: exposures, their evidence, concentration of origins, need."""
    found = {}
    for market in markets:
        own = exposures[exposures["market"] == market].set_index("component").reindex(codes.names)
        bought = shares[shares["market"] == market].rename(columns={"component": "product", "share": "value"})
        indices = concentration_indices(bought[["product", "origin", "value"]])
        herfindahl = indices.set_index("product")["hhi"].reindex(codes.names)
        found[market] = {
            "direct": numbers(own["direct"]),
            "net": numbers(own["net"]),
            "stop": numbers(own["stop"]),
            "hhi": numbers(herfindahl),
            "need": [number(need.get((market, name), 0.0), 2) for name in codes.names],
            "known": numbers(own[list(STATUSES)].to_numpy().ravel(), 3),
        }
    return found


def _origins(own: pd.DataFrame, codes: Codes, countries: Codes, sources: Codes) -> list[list[Any]]:
    """The greatest origins of each component: country, share, status, source, year."""
    found: list[list[Any]] = [[] for _ in codes.names]
    top = own.sort_values(["component", "share", "origin"], ascending=[True, False, True])
    for row in rows_of(top.groupby("component").head(_MOST_ORIGINS)):
        line = [countries(row.origin), number(row.share), STATUSES.index(row.status), sources(row.source)]
        found[codes(row.component)].append([*line, year(row.year)])
    return found


def _paths(tables: Tables, study: Study, market: str, codes: Codes, countries: Codes) -> list[list[Any]]:
    """Chains that carry each component's net exposure: share of it, country, components from product down."""
    found: list[list[Any]] = [[] for _ in codes.names]
    chains = paths(tables, codes.names, market, study.target, coverage=_COVERAGE, most=_MOST_PATHS)
    for row in rows_of(chains):
        steps = [codes(name) for name in row.path.split(" < ")]
        found[codes(row.component)].append([number(row.share), countries(row.origin), *steps])
    return found


def _fewest(tables: Tables, market: str, codes: Codes, countries: Codes) -> list[list[Any]]:
    """Fewest countries whose failure loses a fraction of supply: fraction, count, choke, share, status, names."""
    found: list[list[Any]] = [[] for _ in codes.names]
    rows = fewest_failures(tables, market, lost=_LOST, spared=[market]).dropna(subset="fewest")
    for row in rows_of(rows):
        failing = [countries(name) for name in list_cell(row.countries)]
        line = [number(row.lost), int(row.fewest), codes(row.choke), number(row.share), STATUSES.index(row.status)]
        found[codes(row.component)].append([*line, *failing])
    return found


def _through(tables: Tables, codes: Codes, countries: Codes) -> list[list[Any]]:
    """Nodes on every chain to a component: (component or -1, country or -1)."""
    found: list[list[Any]] = [[] for _ in codes.names]
    for row in rows_of(pass_through(tables)):
        through = codes(row.through) if row.through else -1
        found[codes(row.component)].append([through, countries(row.country) if row.country else -1])
    return found


def _plan(tables: Tables, plan: Plan, codes: Codes) -> dict[str, Any]:
    """Actions of a plan by kind (build, qualify, store), with the component's position and details."""
    sites = dict(zip(tables.sites["id"], tables.sites["name"], strict=True))
    names = dict(zip(tables.countries["iso3"], tables.countries["name"], strict=True))
    return {
        "budget": number(plan.budget_usd_m, 2),
        "build": [
            [codes(row.component), text(sites.get(row.site, row.site)), int(row.start_year), number(row.plants, 0)]
            for row in rows_of(plan.moves)
        ],
        "qualify": [
            [codes(row.component), text(names.get(row.origin, row.origin)), number(row.most_share, 3)]
            for row in rows_of(plan.second_sources)
        ],
        "store": [[codes(row.component), number(row.months, 1)] for row in rows_of(plan.stocks)],
    }


def _start(plans: Sequence[Plan], study: Study) -> int:
    """The plan nearest to the study's budget; -1 without plans."""
    return min(
        range(len(plans)), key=lambda position: abs(plans[position].budget_usd_m - study.budget_usd_m), default=-1
    )
