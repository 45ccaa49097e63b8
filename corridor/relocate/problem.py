"""What the optimizer needs to know, as arrays: options, needs of calm years, and what each denial leaves.

All values are US$ million per year at reference prices, so recipe coefficients are value shares and the numbers
of very different goods stay of one order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.config import TARGET, Cut, Study
from corridor.errors import ConfigError
from corridor.measures import Network, bill, deliveries
from corridor.relocate.program import Floats
from corridor.tables import Tables

HOME = "IND"
RESOURCES = {"land_ha": "ha", "power_mw": "MW", "water_mld": "million litre/day", "workers": "person"}


@dataclass(frozen=True)
class Windows:
    """Denials, one window each; first axis of every array.

    Attributes
    ----------
    names, sectors
        Name of each denial; sector of each component.
    year
        Position of the start year in the study's years, shape (windows,).
    length
        Length in years, shape (windows,).
    probability
        Shape (windows,).
    home_imports
        What India can still buy abroad, as a part of its yearly need, spare sales included,
        shape (windows, components).
    worked_around
        Part of their need for a component that makers in India work around, shape (windows, components).
    abroad
        Part of a market's yearly need that still arrives from anywhere but India: market -> (windows, components).
    """

    names: list[str]
    year: np.ndarray
    length: Floats
    probability: Floats
    home_imports: Floats
    worked_around: Floats
    abroad: dict[str, Floats]


@dataclass(frozen=True)
class Problem:
    """A study and its tables as arrays; components are in the order of ``tables.components``.

    Attributes
    ----------
    plants
        One row per technology that some site is fit for: ``technology, component`` (names), ``at`` (component
        index), ``units`` (unit/yr), ``capacity, made`` (US$ M/yr in all and at planned use), ``capex`` (US$ M),
        ``incentive_share``, ``premium`` (US$ M/yr, running cost over the target's price), ``conversion``
        (US$ M/yr, running cost less bought inputs), ``lead`` (years), ``ramp``, the resources,
        ``most_plants``, and the lowest ``capex_factor`` and ``running_factor`` of its sites.
    options
        One row per technology and site: ``tech`` (row of plants), ``technology, site, component``, the resources,
        and ``surcharge``: what the site costs over the lowest factors, discounted US$ M, for a plant started in
        the first year. Later starts are charged the same, so that sites need no years of their own.
    needs
        India's need in each year without a plan, shape (years, components).
    existing
        Production in India in each year without a plan, shape (years, components).
    demand
        Final need of each market: market -> (years, components).
    content, essential
        Value share of input i in output u, shape (components, components), rows inputs; all and essential ones.
    imports_from_target
        Share of each market's need that comes from the target: market -> (components,).
    """

    tables: Tables
    study: Study
    network: Network
    plants: pd.DataFrame
    options: pd.DataFrame
    needs: Floats
    existing: Floats
    demand: dict[str, Floats]
    content: Floats
    essential: Floats
    imports: Floats
    imports_from_target: dict[str, Floats]
    shipped: dict[str, Floats]
    windows: Windows
    loss_ratio: Floats
    stock_months: Floats

    @property
    def discount(self) -> Floats:
        """Value in the first year of US$ 1 in each year, shape (years,)."""
        return (1.0 + self.study.discount_rate) ** -np.arange(len(self.study.years), dtype=float)

    @property
    def abroad(self) -> list[str]:
        """Markets other than India."""
        return [market for market in self.study.markets if market != HOME]


def build_problem(tables: Tables, study: Study) -> Problem:
    """Arrays of a study.

    Raises
    ------
    ConfigError
        If the study names a component, technology, site, country or market that the tables do not have.
    """
    _check_names(tables, study)
    network = Network.of(tables)
    components = tables.components
    size = len(components)
    at = pd.Index(components["id"])
    lines = bill(tables)
    weight = (lines["value_share"] * lines["route_share"]).to_numpy()
    inputs, outputs = at.get_indexer(pd.Index(lines["input"])), at.get_indexer(pd.Index(lines["output"]))
    content, essential = np.zeros((size, size)), np.zeros((size, size))
    np.add.at(content, (inputs, outputs), weight)
    np.add.at(essential, (inputs, outputs), weight * lines["essential"].to_numpy())

    years = np.arange(study.first_year, study.last_year + 1)
    demand = {market: _demand(tables, market, years, study.base_year, at) for market in study.markets}
    if HOME not in demand:
        demand[HOME] = np.zeros((len(years), size))
    origin = {name: position for position, name in enumerate(network.origins)}
    shares = {market: network.shares_of(market) for market in {HOME, *study.markets}}
    home_share = shares[HOME][:, origin[HOME]]
    target = [origin[name] for name in study.target if name in origin]
    from_target = {market: shares[market][:, target].sum(axis=1) for market in shares}
    shipped = {
        market: demand[market] * shares[market][:, origin[HOME]] for market in study.markets if market != HOME
    }
    existing = np.zeros((len(years), size))
    shipments = sum(shipped.values(), np.zeros((len(years), size)))
    for _ in range(size + 1):
        needs = demand[HOME] + existing @ content.T
        new = home_share * needs + shipments
        done = np.allclose(new, existing, rtol=1e-12, atol=1e-9)
        existing = new
        if done:
            break
    needs = demand[HOME] + existing @ content.T
    imports = np.maximum(needs + shipments - existing, 0.0)
    plants, options = _options(tables, study, content.sum(axis=0))
    return Problem(
        tables=tables,
        study=study,
        network=network,
        plants=plants,
        options=options,
        needs=needs,
        existing=existing,
        demand=demand,
        content=content,
        essential=essential,
        imports=imports,
        imports_from_target=from_target,
        shipped=shipped,
        windows=_windows(tables, study, network, shares, origin),
        loss_ratio=components["loss_ratio"].to_numpy(float),
        stock_months=components["stock_months"].to_numpy(float),
    )


def _demand(tables: Tables, market: str, years: np.ndarray, base_year: int, at: pd.Index) -> Floats:
    """Final need of a market, shape (years, components)."""
    rows = tables.demand[tables.demand["market"] == market]
    value = rows["value_usd_m"].to_numpy(float)
    growth = rows["growth"].to_numpy(float)
    out = np.zeros((len(years), len(at)))
    np.add.at(
        out.T,
        at.get_indexer(pd.Index(rows["component"])),
        value[:, None] * (1.0 + growth[:, None]) ** (years - base_year),
    )
    return out


def _options(tables: Tables, study: Study, inputs: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Technologies, and each at the sites fit for it; `inputs` is the value share of each component's inputs."""
    components = tables.components.set_index("id")
    technologies = tables.technologies[
        tables.technologies["component"].map(components["sector"]).isin(study.sectors)
    ].reset_index(drop=True)
    wanted = technologies[["id", "site_tags"]].assign(tag=technologies["site_tags"].str.split(";")).explode("tag")
    offered = tables.sites[["id", "tags"]].assign(tag=tables.sites["tags"].str.split(";")).explode("tag")
    wanted["tag"], offered["tag"] = wanted["tag"].str.strip(), offered["tag"].str.strip()
    pairs = wanted.merge(offered, on="tag", suffixes=("", "_site"))[["id", "id_site"]].drop_duplicates()
    pairs = pairs.rename(columns={"id": "technology", "id_site": "site"})
    sites = tables.sites.set_index("id")[["capex_factor", "running_factor"]].astype(float)
    pairs = pairs.join(sites, on="site")
    least = pairs.groupby("technology")[["capex_factor", "running_factor"]].min()
    technologies = technologies[technologies["id"].isin(least.index)].reset_index(drop=True)
    price = technologies["component"].map(components["price_usd_per_unit"]).astype(float)
    capacity = technologies["capacity"].astype(float) * price / 1e6
    premium = 1.0 + technologies["running_premium"].astype(float)
    at = pd.Index(tables.components["id"]).get_indexer(pd.Index(technologies["component"]))
    plants = pd.DataFrame(
        {
            "technology": technologies["id"],
            "component": technologies["component"],
            "at": at,
            "units": technologies["capacity"].astype(float),
            "capacity": capacity,
            "capex": technologies["capex_usd_m"].astype(float),
            "incentive_share": technologies["incentive_share"].astype(float),
            "capex_factor": technologies["id"].map(least["capex_factor"]).astype(float),
            # Running over the target's price: what is bought costs the same everywhere, a site's factor works on
            # what is done there.
            "premium": (premium - 1.0) * capacity * study.planned_use,
            "conversion": (premium - inputs[at]).clip(lower=0.0) * capacity * study.planned_use,
            "running_factor": technologies["id"].map(least["running_factor"]).astype(float),
            "made": capacity * study.planned_use,
            "lead": technologies["lead_years"].astype(int),
            "ramp": technologies["ramp"].astype(float),
            **{name: technologies[name].astype(float) for name in RESOURCES},
            "most_plants": technologies["most_plants"].astype(int),
        }
    )
    tech = pd.Index(plants["technology"]).get_indexer(pd.Index(pairs["technology"]))
    row = plants.iloc[tech].reset_index(drop=True)
    pairs = pairs.reset_index(drop=True)
    running = row["conversion"] * (pairs["running_factor"] - row["running_factor"])
    years = np.array(
        [_years_of_output(study, lead, ramp) for lead, ramp in zip(row["lead"], row["ramp"], strict=True)]
    )
    capex = row["capex"] * (pairs["capex_factor"] - row["capex_factor"]) * (1.0 - row["incentive_share"])
    options = pd.DataFrame(
        {
            "tech": tech,
            "technology": pairs["technology"],
            "site": pairs["site"],
            "component": row["component"],
            "capex_factor": pairs["capex_factor"],
            "surcharge": capex + running * years,
            **{name: row[name] for name in RESOURCES},
        }
    )
    return plants, options.sort_values(["tech", "surcharge", "site"], ignore_index=True)


def _years_of_output(study: Study, lead: int, ramp: float) -> float:
    """Discounted years of full output of a plant started in the study's first year."""
    discount = (1.0 + study.discount_rate) ** -np.arange(len(study.years), dtype=float)
    return float(ramp * discount[lead : lead + 1].sum() + discount[lead + 1 :].sum())


def _windows(
    tables: Tables, study: Study, network: Network, shares: dict[str, Floats], origin: dict[str, int]
) -> Windows:
    """What each denial leaves of deliveries, its spread through makers abroad counted."""
    denials = study.denials
    cut = np.zeros((len(denials), len(network.components), len(network.origins)))
    for w, denial in enumerate(denials):
        for part in denial.cuts:
            hit = cut_components(tables, part)
            exporters = {
                name for given in part.exporters for name in (study.target if given == TARGET else (given,))
            }
            columns = [origin[name] for name in sorted(exporters) if name in origin]
            block = np.ix_(np.array([w]), np.flatnonzero(hit), np.array(columns, dtype=int))
            cut[block] = np.maximum(cut[block], part.cut)
    months = np.array([denial.months for denial in denials])
    stock = tables.components["stock_months"].to_numpy(float)
    damping = np.clip(1.0 - stock / months[:, None], 0.0, 1.0) * (1.0 - study.adaptation)
    left = deliveries(network, cut, damping, study.spare)
    others = np.ones(len(network.origins))
    others[origin[HOME]] = 0.0
    spare = np.where(cut.any(axis=1, keepdims=True), 1.0, 1.0 + study.spare)
    sold = left * others * spare
    home_imports = np.einsum("wco,co->wc", sold, shares[HOME])
    bought = 1.0 - shares[HOME][:, origin[HOME]]
    return Windows(
        names=[denial.name for denial in denials],
        year=np.array([denial.start - study.first_year for denial in denials]),
        length=months / 12.0,
        probability=np.array([denial.probability for denial in denials]),
        home_imports=home_imports,
        worked_around=study.adaptation * np.clip(bought - home_imports - stock / months[:, None], 0.0, 1.0),
        abroad={
            market: np.minimum(np.einsum("wco,co->wc", sold, shares[market]), 1.0)
            for market in study.markets
            if market != HOME
        },
    )


def cut_components(tables: Tables, cut: Cut) -> np.ndarray:
    """Which components a cut means, shape (components,), boolean: those that match every filter given."""
    components = tables.components
    hit = np.ones(len(components), dtype=bool)
    for column, allowed in (("sector", cut.sectors), ("stage", cut.stages), ("id", cut.components)):
        if allowed:
            hit &= components[column].isin(list(allowed)).to_numpy()
    return hit


def _check_names(tables: Tables, study: Study) -> None:
    """Every name in the study is one of the tables'; a limit that names nothing is an error, never skipped."""
    there = {
        "component": set(tables.components["id"]),
        "stage": set(tables.components["stage"]),
        "technology": set(tables.technologies["id"]),
        "site": set(tables.sites["id"]),
        "country": set(tables.countries["iso3"]),
        "market": set(tables.sourcing["market"]),
    }
    named: list[tuple[str, str, str]] = [("market", name, "markets") for name in {HOME: 0, **study.markets}]
    named += [("country", name, "target") for name in study.target]
    for place, choices in (("force", study.force), ("forbid", study.forbid)):
        for number, choice in enumerate(choices):
            named += [
                (kind, value, f"{place}.{number}")
                for kind in ("component", "technology", "site")
                if (value := getattr(choice, kind)) is not None
            ]
    faults = []
    for denial in study.denials:
        for number, part in enumerate(denial.cuts):
            place = f"denials.{denial.name}.cuts.{number}"
            named += [("country", name, place) for name in part.exporters if name != TARGET]
            named += [("stage", name, place) for name in part.stages]
            named += [("component", name, place) for name in part.components]
            if set(part.components) <= there["component"] and not cut_components(tables, part).any():
                faults.append(f"  - {place}: no component matches all of its filters; take one out")
    faults = [
        f"  - {place}: there is no {kind} '{name}' in the tables{_near(name, there[kind])}"
        for kind, name, place in named
        if name not in there[kind]
    ] + faults
    if faults:
        raise ConfigError("\n".join([f"study {study.name} names what is not there:", *faults]))


def _near(name: str, there: set[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, sorted(there), 1)
    return f"; did you mean '{found[0]}'?" if found else ""
