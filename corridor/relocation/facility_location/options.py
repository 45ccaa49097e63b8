"""Options of a study that must meet demand: plants at sites, their cost, and limits on them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from corridor.config import Choice, Study
from corridor.data.arrays import Flags, Floats
from corridor.data.list_cells import list_cell
from corridor.data.names import RESOURCES
from corridor.data.tables import Tables

#: Limits that count plants, their needs or their investment, and do not depend on deliveries.
COUNTED = ("investment", "plants", *RESOURCES)


def location_options(tables: Tables, study: Study, component: str) -> pd.DataFrame:
    """Every technology of a component at every site fit for it; at most one plant of each.

    Columns: ``technology, site, state, component, sector, most_plants``, the resources, ``capacity`` (unit/yr),
    ``units`` (largest deliveries, unit/yr: capacity at planned use, in its first year times its ramp),
    ``capex, incentive`` (US$ M; 0 for existing plants, ``kept``), ``running`` (US$ per unit delivered, over the
    target's price), ``site_index`` (row of the table) and
    ``technology_index`` (position among the component's technologies).
    """
    technologies = tables.technologies[(tables.technologies["component"] == component).to_numpy()]
    sites = tables.sites
    sites_of_tag: dict[str, list[int]] = {}
    for position, text in enumerate(sites["tags"].tolist()):
        for tag in list_cell(text):
            sites_of_tag.setdefault(tag.strip(), []).append(position)
    # A site that has several of the tags is listed once.
    places = [
        sorted({position for tag in list_cell(text) for position in sites_of_tag.get(tag, ())})
        for text in technologies["site_tags"].tolist()
    ]
    which = np.repeat(np.arange(len(places)), [len(each) for each in places])
    where = np.array([position for each in places for position in each], dtype=np.int64)

    def plant(column: str) -> Floats:
        return technologies[column].to_numpy(float)[which]

    names, site_names = technologies["id"].tolist(), sites["id"].tolist()
    technology, site = [names[position] for position in which], [site_names[position] for position in where]
    kept = {(each.technology, each.site): each.start for each in study.keep}
    starts = [kept.get(pair) for pair in zip(technology, site, strict=True)]
    exists = np.array([start is not None for start in starts], dtype=bool)
    early = np.array([study.first_year if start is None else start for start in starts], dtype=float)
    ramp = np.where(early + plant("lead_years") < study.first_year, 1.0, plant("ramp"))
    capex = np.where(exists, 0.0, plant("capex_usd_m") * sites["capex_factor"].to_numpy(float)[where])
    running = (1.0 + plant("running_premium")) * sites["running_factor"].to_numpy(float)[where] - 1.0
    goods = tables.components
    sector = goods.loc[(goods["id"] == component).to_numpy(), "sector"].tolist()[0]
    return pd.DataFrame(
        {
            "technology": technology,
            "site": site,
            "state": sites["state"].to_numpy()[where],
            "component": component,
            "sector": sector,
            "most_plants": plant("most_plants"),
            **{name: plant(name) for name in RESOURCES},
            "capacity": plant("capacity"),
            "units": plant("capacity") * study.planned_use * ramp,
            "capex": capex,
            "incentive": capex * plant("incentive_share"),
            "running": running * price_of(tables, component),
            "kept": exists,
            "site_index": where,
            "technology_index": which,
        }
    )


def price_of(tables: Tables, component: str) -> float:
    """Reference price of a component, US$ per unit."""
    rows = tables.components.loc[tables.components["id"] == component, "price_usd_per_unit"]
    return float(rows.to_numpy(float)[0])


def chosen(options: pd.DataFrame, choice: Choice) -> Flags:
    """Which options match a choice, shape (options,), boolean."""
    hit = np.ones(len(options), dtype=bool)
    for column in ("component", "technology", "site"):
        value = getattr(choice, column)
        if value is not None:
            hit &= (options[column] == value).to_numpy()
    return hit


def location_limits(
    tables: Tables, study: Study, options: pd.DataFrame, budget_usd_m: float
) -> tuple[pd.DataFrame, Floats, list[str]]:
    """Limits on the plants opened, each a row ``use @ open <= amount``.

    Sites' resources, most plants of a technology, the budget (investment net of incentives), and the rows of the
    table ``limits`` and of the study's own, which replace those of the same name.

    Returns
    -------
    (limits, use, faults)
        ``limit, scope, unit, amount``; what an option uses, shape (limits, options); rows that can't be kept here.
    """
    new = ~options["kept"].to_numpy()
    net = (options["capex"] - options["incentive"]).to_numpy(float)
    size, every = len(options), np.arange(len(options))
    rows: list[tuple[str, str, str, float]] = []
    use: list[Floats] = []
    used, group = np.unique(options["site_index"].to_numpy(), return_inverse=True)
    names = tables.sites["id"].to_numpy()[used].tolist()
    for name, unit in RESOURCES.items():
        needs = np.zeros((len(used), size))
        needs[group, every] = new * options[name].to_numpy(float)
        amounts = tables.sites[name].to_numpy(float)[used].tolist()
        rows += [(name, site, unit, amount) for site, amount in zip(names, amounts, strict=True)]
        use.append(needs)
    made, first, group = np.unique(options["technology_index"].to_numpy(), return_index=True, return_inverse=True)
    names = options["technology"].to_numpy()[first].tolist()
    most = options["most_plants"].to_numpy(float)[first].tolist()
    counts = np.zeros((len(made), size))
    counts[group, every] = 1.0
    rows += [("most plants", name, "plant", amount) for name, amount in zip(names, most, strict=True)]
    use.append(counts)
    if np.isfinite(budget_usd_m):
        rows.append(("budget", "all years", "US$ million", budget_usd_m))
        use.append(net[None])
    if study.budget_per_year_usd_m is not None:
        rows.append(("budget per year", str(study.first_year), "US$ million", study.budget_per_year_usd_m))
        use.append(net[None])
    given, given_use, faults = _given_limits(tables, study, options, net)
    table = pd.DataFrame(rows + given, columns=["limit", "scope", "unit", "amount"])
    return table, np.concatenate([*use, *given_use]).reshape(len(table), size), faults


def _given_limits(
    tables: Tables, study: Study, options: pd.DataFrame, net: Floats
) -> tuple[list[tuple[str, str, str, float]], list[Floats], list[str]]:
    """Rows of the table ``limits`` and of the study, what options use of each, and what can't be kept."""
    rows: list[tuple[str, str, str, float]] = []
    use: list[Floats] = []
    new = ~options["kept"].to_numpy()
    faults: list[str] = []
    given = _given(tables, study)
    if not given:
        return rows, use, faults
    named = {
        "component": tables.components["id"],
        "technology": tables.technologies["id"],
        "site": tables.sites["id"],
        "state": tables.sites["state"],
    }
    known = {f"{kind} '{name}'" for kind, names in named.items() for name in names}
    for row in given:
        lost = [f"{kind} '{row[kind]}'" for kind in named if isinstance(row[kind], str)]
        lost = [name for name in lost if name not in known]
        if lost:
            faults.append(f"limit {row['name']}: there is no {', '.join(lost)} in the tables")
        hit = _in_scope(options, row)
        if not hit.any():
            continue
        if row["limit"] not in COUNTED or row["sense"] == "at least":
            able = ", ".join(COUNTED)
            faults.append(f"limit {row['name']}: '{row['limit']}' can't be kept here; only {able}, at most")
            continue
        if pd.notna(row["in_year"]) and row["in_year"] != study.first_year:
            faults.append(f"limit {row['name']}: {row['in_year']} is not the year of the study; leave it blank")
            continue
        column = {"plants": np.ones(len(options)), "investment": net}.get(row["limit"])
        needs = options[row["limit"]].to_numpy(float) if column is None else column
        rows.append((row["limit"], str(row["name"]), row["unit"], float(row["amount"])))
        use.append((hit * new * needs)[None])
    return rows, use, faults


def _given(tables: Tables, study: Study) -> list[dict[Hashable, Any]]:
    """Rows of the table limits; rows of the study replace those of the same name."""
    rows: dict[str, dict[Hashable, Any]] = {str(row["name"]): row for row in tables.limits.to_dict("records")}
    for limit in study.limits:
        rows[limit.name] = dict(limit.model_dump().items())
    return list(rows.values())


def _in_scope(options: pd.DataFrame, row: Mapping[Hashable, Any]) -> Flags:
    """Which options a limit counts; blank means all."""
    hit = np.ones(len(options), dtype=bool)
    for column in ("state", "site", "component", "technology"):
        if isinstance(row[column], str):
            hit &= (options[column] == row[column]).to_numpy()
    if isinstance(row["sectors"], str):
        hit &= options["sector"].isin(list_cell(row["sectors"])).to_numpy()
    return hit
