"""The table of limits, one row per limit, and the coefficients of each in the program.

==========  ======================================================================  ====================
limit       what it bounds, over the moves in its scope                             unit
==========  ======================================================================  ====================
budget      discounted cost of everything that a plan does                          US$ million
fund        money within the budget reserved for the scope                          US$ million
investment  investment net of incentives, not discounted: plants, shared            US$ million
            facilities, qualification of second sources, purchase of stocks
land_ha     land                                                                    ha
power_mw    power                                                                   MW
water_mld   water                                                                   million litre/day
workers     workers                                                                 person
plants      plants started                                                          plant
output      yearly output, once ramped up, of plants that deliver by the study's    US$ million/year
            last year
site_share  capacity at one site over all Indian capacity, for each component       fraction
use         fraction of capacity at which plants run, and must find buyers, in      fraction
            calm years
==========  ======================================================================  ====================

The scope is what ``sectors, state, site, component, technology, in_year`` say; blank means all. Plants are counted
by year without their site, and by site without their year: a limit has a year or a place, not both. So output is
counted in full with and without a place, also of a plant whose first, ramped year is the study's last: the plan's
``made_usd_m`` of that year is then less. Investment by year is counted at the lowest site factors. Facilities are
built, second sources qualified and stocks bought in the first year; sources and stocks have no place, so a limit
with a place leaves them out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.checks.limits import UNITS
from corridor.data.frames import conform, empty_frame
from corridor.data.list_cells import list_cell
from corridor.data.names import RESOURCES
from corridor.data.tables import Tables
from corridor.errors import ConfigError, DataError

MONEY = "US$ million"
AT_LEAST = ("output", "use")
SCOPE = ("sectors", "state", "site", "component", "technology", "in_year")
#: Limits that are rows of the program directly; the others are built in ``limit_rows``.
PLAIN = ("budget", "investment", *RESOURCES, "plants", "output")


def limit_table(tables: Tables, study: Study, budget_usd_m: float | None = None) -> pd.DataFrame:
    """All limits of a study, each a row that a planner can edit.

    The budget, the yearly budgets and the sites' resources come first, then the table ``limits``, then the
    study's own; a later row replaces an earlier one of the same name.

    Parameters
    ----------
    budget_usd_m
        Budget, US$ million, if not the study's.

    Returns
    -------
    pandas.DataFrame
        Columns of ``corridor/data/schema/limits.csv``.

    Raises
    ------
    DataError
        If a limit of the study does not fit the schema of the table.
    """
    budget = study.budget_usd_m if budget_usd_m is None else budget_usd_m
    rows: list[dict[str, object]] = []
    if np.isfinite(budget):
        rows.append({"name": "budget", "limit": "budget", "amount": budget, "unit": MONEY, "source": "study"})
    if study.budget_per_year_usd_m is not None:
        rows += [
            {
                "name": f"investment {year}",
                "limit": "investment",
                "in_year": year,
                "amount": study.budget_per_year_usd_m,
                "unit": MONEY,
                "source": "study",
            }
            for year in study.years
        ]
    own = pd.DataFrame([{"status": "assumed", **row} for row in rows])
    sites = tables.sites
    of_sites = [
        pd.DataFrame(
            {
                "name": resource + " " + sites["id"],
                "limit": resource,
                "site": sites["id"],
                "amount": sites[resource].astype(float),
                "unit": unit,
                "status": sites["status"],
                "source": sites["source"],
                "year": sites["year"],
            }
        )
        for resource, unit in RESOURCES.items()
    ]
    of_study = pd.DataFrame([limit.model_dump() for limit in study.limits])
    frames = [frame for frame in (own, *of_sites, tables.limits, of_study) if len(frame)]
    if not frames:
        return empty_frame("limits")
    raw = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    raw = raw[~raw.duplicated("name", keep="last")].reset_index(drop=True)
    table, problems = conform("limits", raw, raw["name"])
    if problems:
        raise DataError(problems)
    blank = table["sense"].isna()
    sense = np.where(table["limit"].isin(AT_LEAST), "at least", "at most")
    table["sense"] = table["sense"].mask(blank, pd.Series(sense, index=table.index, dtype=table["sense"].dtype))
    check_limit_scopes(table, tables, study)
    return table


def check_limit_scopes(table: pd.DataFrame, tables: Tables, study: Study) -> None:
    """Raise ConfigError for limits that name nothing or can't be counted; none is skipped.

    Raises
    ------
    ConfigError
        With a line for every such row.
    """
    technologies = tables.technologies.merge(
        tables.components[["id", "sector"]].rename(columns={"id": "component"}), on="component", how="left"
    ).rename(columns={"id": "technology"})
    sectors = set(tables.components["sector"])
    states, sites = set(tables.sites["state"]), set(tables.sites["id"])
    faults = []
    for row in table.to_dict("records"):
        kind, name = row["limit"], row["name"]
        if row["unit"] != UNITS[kind]:
            faults.append(f"{name}: unit '{row['unit']}'; a limit '{kind}' is in {UNITS[kind]}")
        named = list_cell(row["sectors"])
        unknown = sorted(set(named) - sectors)
        if unknown:
            faults.append(
                f"{name}: there is no sector {', '.join(unknown)}; there are {', '.join(sorted(sectors))}"
            )
        for what, value, known in (("state", row["state"], states), ("site", row["site"], sites)):
            if isinstance(value, str) and value not in known:
                faults.append(f"{name}: there is no {what} '{value}' among the sites")
        place, year = isinstance(row["site"], str) or isinstance(row["state"], str), pd.notna(row["in_year"])
        if place and year:
            faults.append(f"{name}: has a place and a year; leave one of them blank")
        if year and int(row["in_year"]) not in study.years:
            faults.append(f"{name}: {row['in_year']} is not a year of the study")
        if kind in ("budget", "fund", "output", "use") and (year or (place and kind != "output")):
            faults.append(f"{name}: a limit '{kind}' holds for all years and places; use investment or plants")
        if kind in ("site_share", "use") and row["amount"] > 1:
            faults.append(f"{name}: {row['amount']:g} is not a fraction; write a number from 0 to 1")
        if kind in (*RESOURCES, "site_share") and year:
            faults.append(f"{name}: a limit '{kind}' holds for all years; leave in_year blank")
        narrow = any(isinstance(row[column], str) for column in ("sectors", "component", "technology"))
        if narrow and not in_scope(technologies, row).any():
            faults.append(f"{name}: names nothing: no technology matches its sectors, component and technology")
    if faults:
        raise ConfigError("\n".join(["limits can't be used:", *(f"  - {fault}" for fault in faults)]))


def in_scope(frame: pd.DataFrame, row: Mapping[Hashable, Any]) -> np.ndarray:
    """Which rows of a frame a limit counts, shape (len(frame),), boolean.

    A scope whose column the frame does not have is ignored. A row of several sectors (a facility that they
    share) is counted if all of them are in scope.
    """
    hit = np.ones(len(frame), dtype=bool)
    for column in ("state", "site", "component", "technology"):
        value = row[column]
        if isinstance(value, str) and column in frame:
            hit &= (frame[column] == value).to_numpy()
    if isinstance(row["sectors"], str) and "sector" in frame:
        wanted = set(list_cell(row["sectors"]))
        kinds = {text: set(list_cell(text)) <= wanted for text in frame["sector"].dropna().unique()}
        hit &= frame["sector"].map(kinds).fillna(False).to_numpy(bool)
    return hit


def calm_use(limits: pd.DataFrame, technologies: pd.DataFrame, study: Study) -> Floats:
    """Fraction of capacity at which each technology's plants run in calm years, shape (technologies,).

    Parameters
    ----------
    technologies
        ``technology, component, sector, minimum_use``.

    Raises
    ------
    ConfigError
        If plants would run below their minimum use.
    """
    use = np.full(len(technologies), study.planned_use)
    rows = limits[limits["limit"] == "use"]
    for row in rows.to_dict("records"):
        use[in_scope(technologies, row)] = float(row["amount"])
    low = technologies["minimum_use"].to_numpy(float) > use + 1e-9
    if low.any():
        names = ", ".join(technologies.loc[low, "technology"].head(10))
        raise ConfigError(
            f"{int(low.sum())} technologies can't run at so small a fraction of their capacity: {names}. "
            "Fix: raise planned_use, the limit 'use', or lower their minimum_use."
        )
    return use


def coefficients(
    limits: pd.DataFrame,
    starts: pd.DataFrame,
    places: pd.DataFrame,
    at_once: pd.DataFrame,
    spending: pd.DataFrame,
    first_year: int,
) -> Iterator[tuple[int, np.ndarray, Floats]]:
    """Coefficients of each plain limit: (row of `limits`, columns of the program, coefficients).

    Parameters
    ----------
    starts
        ``technology, component, sector, year, capex_net, made`` and ``column``.
    places
        ``technology, component, sector, site, state, capex_net, made``, the resources, and ``column``.
    at_once
        What is invested in the first year besides plants: ``sector, component, technology, site, state, capex_net,
        column``. A scope that names what is blank here does not count the row.
    spending
        ``sector, component, technology, cost, column``: everything that costs, discounted.
    """
    site_rows = limits["limit"].isin(RESOURCES) & limits["site"].notna()
    site_rows &= limits[["sectors", "state", "component", "technology"]].isna().all(axis=1)
    by_site = places.groupby("site").indices
    for position, row in enumerate(limits.to_dict("records")):
        kind = row["limit"]
        if kind not in PLAIN:
            continue
        if site_rows.iloc[position]:
            hit = by_site.get(row["site"], np.zeros(0, dtype=int))
            yield position, places["column"].to_numpy()[hit], places[kind].to_numpy(float)[hit]
            continue
        dated = pd.notna(row["in_year"])
        place = isinstance(row["site"], str) or isinstance(row["state"], str)
        column = {"budget": "cost", "investment": "capex_net", "plants": None, "output": "made"}.get(kind, kind)
        frames = [places]
        if kind == "budget":
            frames = [spending]
        elif dated:
            frames = [starts[starts["year"] == int(row["in_year"]) - first_year]]
        elif kind == "output" and not place:
            frames = [starts]
        if kind == "investment" and (not dated or int(row["in_year"]) == first_year):
            frames.append(at_once)
        columns, values = [], []
        for frame in frames:
            inside = in_scope(frame, row)
            columns.append(frame["column"].to_numpy()[inside])
            values.append(np.ones(inside.sum()) if column is None else frame[column].to_numpy(float)[inside])
        yield position, np.concatenate(columns).astype(np.int64), np.concatenate(values).astype(float)
