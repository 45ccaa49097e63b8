"""Studies that must meet demand: which plants to open and from where to deliver, the facility location problem.

The program::

    min  sum_i f_i y_i + sum_ij c_ij x_ij
    s.t. sum_i x_ij = d_j,  sum_j x_ij <= k_i y_i,  x >= 0,  y in {0, 1},  limits on y

with f investment net of incentives, c freight and running cost over the target's price per unit, d what a market
needs in the year, k what a plant can deliver (capacity at planned use). A market may be served from several
plants. A plant may run at less than its technology's ``minimum_use``.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from corridor.config import Study
from corridor.data.arrays import Flags, Floats
from corridor.data.list_cells import list_cell
from corridor.data.tables import Tables
from corridor.errors import ConfigError, NoPlan
from corridor.relocation.facility_location.branch_and_bound import Located, locate
from corridor.relocation.facility_location.lagrangian import Location
from corridor.relocation.facility_location.options import chosen, location_limits, location_options, price_of
from corridor.relocation.result.found import proved
from corridor.relocation.result.plan import LIMIT_COLUMNS, Plan

#: Most names listed in a message.
_LISTED = 5


def plan_location(tables: Tables, study: Study, *, budget_usd_m: float | None = None) -> Plan:
    """Plants and deliveries that meet every market's need at least cost.

    Parameters
    ----------
    tables
        Tables; of these ``components, demand, sites, technologies, freight`` and ``limits`` count.
    study
        Settings with ``meet_demand``, goal ``cost``, one year, no denials.
    budget_usd_m
        Bound on investment net of incentives, US$ million, if not the study's.

    Returns
    -------
    Plan
        ``deliveries`` lists how much each site delivers to each market. The objective is investment net of
        incentives, running cost over the target's price, and freight, US$ million. What denials would change is
        not measured: ``exposure``, ``losses`` and ``sourcing`` are empty.

    Raises
    ------
    ConfigError
        With every reason why the study is not a facility location problem.
    NoPlan
        If capacity is too small, or limits leave no choice of plants that meets demand.
    """
    component = _component(tables, study)
    budget = study.budget_usd_m if budget_usd_m is None else budget_usd_m
    options = location_options(tables, study, component)
    markets, need = _need(tables, study, component)
    freight, missing = _freight(tables, component, options, markets)
    limits, use, faults = location_limits(tables, study, options, budget)
    opened, free, more = _choices(study, options)
    none = [] if len(need) else [f"demand: no market of the study needs any {component}; give a need above 0"]
    _fail_on(study, [*none, *_faults_of(options), *missing, *faults, *more])
    _enough(options, opened | free, need, component)
    binding = use.sum(axis=1) > limits["amount"].to_numpy(float)
    location = Location(
        fixed=1e6 * (options["capex"] - options["incentive"]).to_numpy(float),
        capacity=options["units"].to_numpy(float),
        demand=need,
        unit_cost=freight + options["running"].to_numpy(float)[:, None],
        use=use[binding],
        limit=limits["amount"].to_numpy(float)[binding],
    )
    begun = time.perf_counter()
    found = locate(location, opened, free, gap=study.gap, time_limit_s=study.time_limit_s)
    out_of_time = time.perf_counter() - begun >= study.time_limit_s
    price = price_of(tables, component)
    deliveries = _deliveries(options, markets, freight, price, found)
    moves = _moves(study, options, price, found)
    summary: dict[str, float | str] = {
        "status": "optimal" if found.gap <= max(study.gap, 1e-9) else "feasible",
        "solver": "lagrangian relaxation",
        "objective": found.cost / 1e6,
        "bound": found.bound / 1e6,
        "gap": found.gap,
        "proved": proved("cost", found.gap),
        "stopped_after_s": study.time_limit_s if out_of_time and found.gap > study.gap else 0.0,
        "nodes": float(found.nodes),
        "cost_usd_m": float(moves["cost_usd_m"].sum()),
        "capex_usd_m": float(moves["capex_usd_m"].sum()),
        "incentive_usd_m": float(moves["incentive_usd_m"].sum()),
        "running_usd_m": float(deliveries["running_usd_m"].sum()),
        "freight_usd_m": float(deliveries["freight_usd_m"].sum()),
        "expected_loss_before_usd_m": 0.0,
        "expected_loss_after_usd_m": 0.0,
    }
    return Plan(
        study=study.name,
        budget_usd_m=budget,
        summary=summary,
        moves=moves,
        exposure=_empty("market component direct_before net_before stop_before direct_after net_after stop_after"),
        losses=_empty("scenario market sector loss_before_usd_m loss_after_usd_m"),
        limits=_used(limits, use, found),
        sourcing=_empty("market component origin share low high status source year note"),
        deliveries=deliveries,
    )


def _component(tables: Tables, study: Study) -> str:
    """The study's only component; raises ConfigError if the study is not a facility location problem."""
    faults = []
    if study.goal.weights or study.goal.minimise != ("cost",):
        faults.append("goal: must be 'cost'; write goal: {minimise: cost}")
    if len(study.years) > 1:
        faults.append(f"years: {study.first_year} to {study.last_year}; set last_year to {study.first_year}")
    if study.denials:
        faults.append("denials: none can be counted; leave them out")
    sector = dict(zip(tables.components["id"].tolist(), tables.components["sector"].tolist(), strict=True))
    named = [name for name in tables.freight["component"].unique() if study.plans(sector.get(name, ""))]
    if len(named) != 1:
        found = f"{len(named)} components ({', '.join(named[:_LISTED])})" if named else "none of the sectors"
        faults.append(f"freight: names {found}; give rows for one component")
        _fail_on(study, faults)
    name = str(named[0])
    if ((tables.recipes["output"] == name) | (tables.recipes["input"] == name)).any():
        faults.append(f"recipes: {name} is in them; inputs and uses can't be counted: leave its recipes out")
    if not price_of(tables, name) > 0.0:
        faults.append(f"components: the price of {name} must be above 0, to count the units needed")
    demand = tables.demand[tables.demand["component"] == name]
    lost = sorted(set(study.markets) - set(demand["market"]))
    if lost:
        faults.append(f"demand: no row of {name} for the market {_listed(lost)}; add it, or drop the market")
    technologies = tables.technologies[tables.technologies["component"] == name]
    if technologies.empty:
        faults.append(f"technologies: none makes {name}; add one")
    late = technologies.loc[technologies["lead_years"] > 0, "id"]
    if len(late):
        faults.append(f"technologies: {_listed(late)} can't deliver in the year of the study; set lead_years to 0")
    tags = {tag for text in technologies["site_tags"].unique() for tag in list_cell(text)}
    of_sites = tables.sites["tags"].tolist()
    fit = np.array([any(tag in tags for tag in list_cell(text)) for text in of_sites], dtype=bool)
    facilities = tables.facilities
    kinds = [sector[name] in list_cell(text) for text in facilities["sectors"].tolist()]
    shared = facilities[facilities["site"].isin(tables.sites["id"][fit]).to_numpy() & np.array(kinds, dtype=bool)]
    if len(shared):
        faults.append(f"facilities: {_listed(shared['id'])} can't be counted; leave them out")
    if not fit.any():
        faults.append(f"sites: none is fit for {name}; compare tags with the technologies' site_tags")
    _fail_on(study, faults)
    return name


def _need(tables: Tables, study: Study, component: str) -> tuple[pd.Index, Floats]:
    """Markets that need something, and how many units, shape (markets,)."""
    demand = tables.demand
    rows = demand[((demand["component"] == component) & demand["market"].isin(list(study.markets))).to_numpy()]
    grown = (1.0 + rows["growth"].to_numpy(float)) ** (study.first_year - study.base_year)
    units = rows["value_usd_m"].to_numpy(float) * 1e6 / price_of(tables, component) * grown
    return pd.Index(rows["market"])[units > 0.0], units[units > 0.0]


def _freight(tables: Tables, component: str, options: pd.DataFrame, markets: pd.Index) -> tuple[Floats, list[str]]:
    """Freight from each option's site to each market, US$ per unit, (options, markets), and what is missing."""
    rows = tables.freight
    sites, place = np.unique(options["site"].to_numpy(str), return_inverse=True)
    site, market = _positions(rows["site"], sites), _positions(rows["market"], markets.to_numpy(str))
    inside = (site >= 0) & (market >= 0) & (rows["component"] == component).to_numpy()
    cost = np.full((len(sites), len(markets)), np.nan)
    cost[site[inside], market[inside]] = rows["cost_usd_per_unit"].to_numpy(float)[inside]
    lost = np.argwhere(np.isnan(cost))
    faults = []
    if len(lost):
        pairs = [f"{sites[origin]} to {markets[to]}" for origin, to in lost[:_LISTED]]
        faults.append(f"freight: {len(lost)} rows are missing, first {', '.join(pairs)}; add a cost for each")
    return cost[place], faults


def _positions(words: pd.Series, names: np.ndarray) -> np.ndarray:
    """Position of each word among names, -1 if it is not among them; each distinct word is looked up once."""
    codes, different = pd.factorize(words)
    return np.append(pd.Index(names).get_indexer(pd.Index(different)), -1)[codes]


def _choices(study: Study, options: pd.DataFrame) -> tuple[Flags, Flags, list[str]]:
    """Options that must be open, those that may be, and choices that can't be kept."""
    opened, free, faults = options["kept"].to_numpy(bool).copy(), np.ones(len(options), dtype=bool), []
    pairs = set(zip(options["technology"], options["site"], strict=True))
    faults += [
        f"keep: no plant of {each.technology} can be at {each.site}; give a technology of the component and a "
        "site that is fit for it"
        for each in study.keep
        if (each.technology, each.site) not in pairs
    ]
    for kind, choices in (("force", study.force), ("forbid", study.forbid)):
        for number, choice in enumerate(choices):
            hit = chosen(options, choice)
            if kind == "forbid" and hit.any():
                free &= ~hit
            elif not hit.any():
                faults.append(f"{kind}.{number}: matches no plant of the component; fix the names or drop it")
            elif hit.sum() > 1:
                faults.append(f"{kind}.{number}: matches {hit.sum()} plants; name a technology and a site")
            else:
                opened |= hit
    both = opened & ~free
    if both.any():
        names = _listed(options.loc[both, "technology"] + " at " + options.loc[both, "site"])
        faults.append(f"forbid: {names} must be open; take it out of force, keep or forbid")
    return opened, free & ~opened, faults


def _faults_of(options: pd.DataFrame) -> list[str]:
    none = options.loc[options["units"] <= 0.0, "technology"].unique()
    return [f"technologies: {_listed(none)} has no capacity; give one above 0"] if len(none) else []


def _enough(options: pd.DataFrame, allowed: Flags, need: Floats, component: str) -> None:
    most, wanted = float(options["units"].to_numpy()[allowed].sum()), float(need.sum())
    if most < wanted * (1.0 - 1e-9):
        raise NoPlan(
            f"all plants together deliver {most:,.6g} units of {component} a year, markets need {wanted:,.6g}: "
            f"{wanted - most:,.6g} are missing. Fix: add sites or technologies, or raise planned_use."
        )


def _deliveries(
    options: pd.DataFrame, markets: pd.Index, freight: Floats, price: float, found: Located
) -> pd.DataFrame:
    order = np.lexsort((found.deliveries.market, found.deliveries.plant))
    plant, market = found.deliveries.plant[order], found.deliveries.market[order]
    units = found.deliveries.units[order]
    return pd.DataFrame(
        {
            "component": options["component"].to_numpy()[plant],
            "technology": options["technology"].to_numpy()[plant],
            "site": options["site"].to_numpy()[plant],
            "market": markets.to_numpy()[market],
            "units": units,
            "value_usd_m": units * price / 1e6,
            "running_usd_m": units * options["running"].to_numpy()[plant] / 1e6,
            "freight_usd_m": units * freight[plant, market] / 1e6,
        }
    )


def _moves(study: Study, options: pd.DataFrame, price: float, found: Located) -> pd.DataFrame:
    """One row per plant opened; existing plants are not moves."""
    sent = np.bincount(found.deliveries.plant, found.deliveries.units, minlength=len(options))
    plants = found.deliveries.plants
    plants = plants[~options["kept"].to_numpy()[plants]]
    of = {name: options[name].to_numpy()[plants] for name in options}
    running = sent[plants] * of["running"] / 1e6
    return pd.DataFrame(
        {
            "component": of["component"],
            "technology": of["technology"],
            "site": of["site"],
            "start_year": study.first_year,
            "first_output_year": study.first_year,
            "plants": 1,
            "capacity": of["capacity"],
            "capacity_usd_m": of["capacity"] * price / 1e6,
            "made_usd_m": sent[plants] * price / 1e6,
            "capex_usd_m": of["capex"],
            "incentive_usd_m": of["incentive"],
            "running_usd_m": running,
            "cost_usd_m": of["capex"] - of["incentive"] + running,
            "replaces_target_usd_m": 0.0,
            "still_target_usd_m": 0.0,
        }
    )


def _used(limits: pd.DataFrame, use: Floats, found: Located) -> pd.DataFrame:
    """Limits that are used, with what is left."""
    used = use[:, found.deliveries.plants].sum(axis=1)
    kept = used > 0.0
    out: pd.DataFrame = limits[kept].reset_index(drop=True)
    left = out["amount"].to_numpy() - used[kept]
    least = np.where(use[kept] > 0.0, use[kept], np.inf).min(axis=1, initial=np.inf)
    # A limit binds if what is left is too little for the smallest plant that uses it.
    out["used"], out["left"], out["binds"] = used[kept], left, left < least - 1e-9
    name = out["limit"].astype(str) + " " + out["scope"].astype(str)
    return out.assign(name=name, sense="at most", price_usd_m=np.nan)[list(LIMIT_COLUMNS)]


def _empty(columns: str) -> pd.DataFrame:
    return pd.DataFrame(columns=columns.split())


def _listed(names: object) -> str:
    every = [str(name) for name in names]  # type: ignore[attr-defined]
    return ", ".join(every[:_LISTED]) + (f" and {len(every) - _LISTED} more" if len(every) > _LISTED else "")


def _fail_on(study: Study, faults: list[str]) -> None:
    if faults:
        head = f"study {study.name} must meet demand (meet_demand), but is not a facility location problem:"
        raise ConfigError("\n".join([head, *(f"  - {fault}" for fault in faults)]))
