"""What a study that must meet demand may choose from: plants at sites, what they cost, and limits on them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from corridor.config import Choice, Study
from corridor.relocate.location_bound import Flags, Floats
from corridor.tables import Tables

RESOURCES = ("land_ha", "power_mw", "water_mld", "workers")
#: Limits that count plants, their needs or their investment: all that does not hang on what is delivered.
COUNTED = ("investment", "plants", *RESOURCES)


def location_options(tables: Tables, study: Study, component: str) -> pd.DataFrame:
    """Every technology of a component at every site that is fit for it: one plant of each at most.

    Columns: ``technology, site, state, component, sector, most_plants``, the resources, ``capacity`` (unit/yr),
    ``units`` (most that it delivers, unit/yr: capacity at planned use, in its first year times its ramp),
    ``lead_years``, ``capex, incentive`` (US$ M; 0 for plants that stand, ``kept``) and ``running`` (US$ per unit
    delivered, over the target's price).
    """
    technologies = tables.technologies[tables.technologies["component"] == component]
    wanted = technologies[["id", "site_tags"]].assign(tag=technologies["site_tags"].str.split(";")).explode("tag")
    offered = tables.sites[["id", "tags"]].assign(tag=tables.sites["tags"].str.split(";")).explode("tag")
    wanted["tag"], offered["tag"] = wanted["tag"].str.strip(), offered["tag"].str.strip()
    pairs = wanted.merge(offered, on="tag", suffixes=("", "_site"))[["id", "id_site"]].drop_duplicates()
    pairs = pairs.rename(columns={"id": "technology", "id_site": "site"})
    out = pairs.merge(technologies.rename(columns={"id": "technology"}), on="technology").merge(
        tables.sites[["id", "state", "capex_factor", "running_factor"]].rename(columns={"id": "site"}), on="site"
    )
    goods = tables.components[tables.components["id"] == component].iloc[0]
    price = price_of(tables, component)
    kept = {(each.technology, each.site): each.start for each in study.keep}
    pairs_there = list(zip(out["technology"], out["site"], strict=True))
    start = np.array([kept.get(pair, study.first_year) for pair in pairs_there], dtype=np.int64)
    stands = np.array([pair in kept for pair in pairs_there], dtype=bool)
    ramp = np.where(start + out["lead_years"] < study.first_year, 1.0, out["ramp"].astype(float))
    capex = np.where(stands, 0.0, out["capex_usd_m"] * out["capex_factor"])
    factor = (1.0 + out["running_premium"]) * out["running_factor"] - 1.0
    return pd.DataFrame(
        {
            "technology": out["technology"],
            "site": out["site"],
            "state": out["state"],
            "component": component,
            "sector": goods["sector"],
            "most_plants": out["most_plants"].astype(int),
            **{name: out[name].astype(float) for name in RESOURCES},
            "capacity": out["capacity"].astype(float),
            "units": out["capacity"].astype(float) * study.planned_use * ramp,
            "lead_years": out["lead_years"].astype(int),
            "capex": capex,
            "incentive": capex * out["incentive_share"].astype(float),
            "running": factor.astype(float) * price,
            "kept": stands,
        }
    ).reset_index(drop=True)


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
    rows: list[tuple[str, str, str, float]] = []
    use: list[Floats] = []
    at_site = options.groupby("site").indices
    for site in tables.sites[tables.sites["id"].isin(at_site.keys())].to_dict("records"):
        inside = np.zeros(len(options))
        inside[at_site[site["id"]]] = 1.0
        for name in RESOURCES:
            rows.append((name, site["id"], "", float(site[name])))
            use.append(inside * new * options[name].to_numpy(float))
    for technology, places in options.groupby("technology").indices.items():
        inside = np.zeros(len(options))
        inside[places] = 1.0
        rows.append(("most plants", str(technology), "plant", float(options["most_plants"].iloc[places[0]])))
        use.append(inside)
    if np.isfinite(budget_usd_m):
        rows.append(("budget", "all years", "US$ million", budget_usd_m))
        use.append(net)
    if study.budget_per_year_usd_m is not None:
        rows.append(("budget per year", str(study.first_year), "US$ million", study.budget_per_year_usd_m))
        use.append(net)
    faults = []
    there = {
        "component": tables.components["id"],
        "technology": tables.technologies["id"],
        "site": tables.sites["id"],
        "state": tables.sites["state"],
    }
    known = {f"{kind} '{name}'" for kind, names in there.items() for name in names}
    for row in _given(tables, study):
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
        use.append(hit * new * needs)
    table = pd.DataFrame(rows, columns=["limit", "scope", "unit", "amount"])
    return table, np.array(use).reshape(len(rows), len(options)), faults


def _given(tables: Tables, study: Study) -> list[dict[Hashable, Any]]:
    """Rows of the table limits, and the study's laid over them by name."""
    rows: dict[str, dict[Hashable, Any]] = {str(row["name"]): row for row in tables.limits.to_dict("records")}
    for limit in study.limits:
        rows[limit.name] = {key: value for key, value in limit.model_dump().items()}
    return list(rows.values())


def _in_scope(options: pd.DataFrame, row: Mapping[Hashable, Any]) -> Flags:
    """Which options a limit counts; blank means all."""
    hit = np.ones(len(options), dtype=bool)
    for column in ("state", "site", "component", "technology"):
        if isinstance(row[column], str):
            hit &= (options[column] == row[column]).to_numpy()
    if isinstance(row["sectors"], str):
        hit &= options["sector"].isin([part.strip() for part in row["sectors"].split(";")]).to_numpy()
    return hit
