"""What a study that must meet demand may choose from: plants at sites, what they cost, and limits on them."""

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

#: Limits that count plants, their needs or their investment: all that does not hang on what is delivered.
COUNTED = ("investment", "plants", *RESOURCES)


def location_options(tables: Tables, study: Study, component: str) -> pd.DataFrame:
    """Every technology of a component at every site that is fit for it: one plant of each at most.

    Columns: ``technology, site, state, component, sector, most_plants``, the resources, ``capacity`` (unit/yr),
    ``units`` (most that it delivers, unit/yr: capacity at planned use, in its first year times its ramp),
    ``capex, incentive`` (US$ M; 0 for plants that stand, ``kept``), ``running`` (US$ per unit delivered, over the
    target's price), and the positions of site and technology among the table's and the component's.
    """
    technologies = tables.technologies[(tables.technologies["component"] == component).to_numpy()]
    sites = tables.sites
    at_tag: dict[str, list[int]] = {}
    for at, text in enumerate(sites["tags"].tolist()):
        for tag in list_cell(text):
            at_tag.setdefault(tag.strip(), []).append(at)
    # A site may have several of the tags: it is one place all the same.
    places = [
        sorted({at for tag in list_cell(text) for at in at_tag.get(tag, ())})
        for text in technologies["site_tags"].tolist()
    ]
    which = np.repeat(np.arange(len(places)), [len(each) for each in places])
    where = np.array([at for each in places for at in each], dtype=np.int64)

    def plant(column: str) -> Floats:
        return technologies[column].to_numpy(float)[which]

    names, site_names = technologies["id"].tolist(), sites["id"].tolist()
    technology, site = [names[at] for at in which], [site_names[at] for at in where]
    kept = {(each.technology, each.site): each.start for each in study.keep}
    starts = [kept.get(pair) for pair in zip(technology, site, strict=True)]
    stands = np.array([start is not None for start in starts], dtype=bool)
    early = np.array([study.first_year if start is None else start for start in starts], dtype=float)
    ramp = np.where(early + plant("lead_years") < study.first_year, 1.0, plant("ramp"))
    capex = np.where(stands, 0.0, plant("capex_usd_m") * sites["capex_factor"].to_numpy(float)[where])
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
            "kept": stands,
            "site_at": where,
            "technology_at": which,
        }
    )


def price_of(tables: Tables, component: str) -> float:
    """Reference price of a component, US$ per unit."""
    rows = tables.components.loc[tables.components["id"] == component, "price_usd_per_unit"]
    return float(rows.to_numpy(float)[0])


def chosen(options: pd.DataFrame, choice: Choice) -> Flags:
    """Which options a choice means, shape (options,), boolean."""
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
    there, at = np.unique(options["site_at"].to_numpy(), return_inverse=True)
    names = tables.sites["id"].to_numpy()[there].tolist()
    for name, unit in RESOURCES.items():
        needs = np.zeros((len(there), size))
        needs[at, every] = new * options[name].to_numpy(float)
        amounts = tables.sites[name].to_numpy(float)[there].tolist()
        rows += [(name, site, unit, amount) for site, amount in zip(names, amounts, strict=True)]
        use.append(needs)
    made, first, at = np.unique(options["technology_at"].to_numpy(), return_index=True, return_inverse=True)
    names = options["technology"].to_numpy()[first].tolist()
    most = options["most_plants"].to_numpy(float)[first].tolist()
    counts = np.zeros((len(made), size))
    counts[at, every] = 1.0
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
    there = {
        "component": tables.components["id"],
        "technology": tables.technologies["id"],
        "site": tables.sites["id"],
        "state": tables.sites["state"],
    }
    known = {f"{kind} '{name}'" for kind, names in there.items() for name in names}
    for row in given:
        lost = [f"{kind} '{row[kind]}'" for kind in there if isinstance(row[kind], str)]
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
    """Rows of the table limits, and the study's laid over them by name."""
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
