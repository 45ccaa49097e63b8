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
    abroad
        Part of a market's yearly need that still arrives from anywhere but India: market -> (windows, components).
    """

    names: list[str]
    year: np.ndarray
    length: Floats
    probability: Floats
    home_imports: Floats
    abroad: dict[str, Floats]


@dataclass(frozen=True)
class Problem:
    """A study and its tables as arrays; components are in the order of ``tables.components``.

    Attributes
    ----------
    options
        One row per technology and eligible site: ``technology, site, component`` (names), ``at`` (component
        index), ``tech`` (technology index), ``capacity`` (US$ M/yr), ``capex``, ``incentive`` (US$ M),
        ``running`` (US$ M/yr at planned use), ``lead`` (years), ``ramp``, the resources, ``most_plants``.
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
    return Problem(
        tables=tables,
        study=study,
        network=network,
        options=_options(tables, study),
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


def _options(tables: Tables, study: Study) -> pd.DataFrame:
    """Technologies at the sites that are fit for them."""
    components = tables.components.set_index("id")
    technologies = tables.technologies.reset_index(drop=True)
    technologies = technologies[technologies["component"].map(components["sector"]).isin(study.sectors)]
    technologies = technologies.assign(tech=np.arange(len(technologies)))
    wanted = technologies.assign(tag=technologies["site_tags"].str.split(";")).explode("tag")
    offered = tables.sites.assign(tag=tables.sites["tags"].str.split(";")).explode("tag")
    wanted["tag"], offered["tag"] = wanted["tag"].str.strip(), offered["tag"].str.strip()
    pairs = wanted[["tech", "tag"]].merge(offered[["id", "tag"]], on="tag")[["tech", "id"]].drop_duplicates()
    pairs = pairs.rename(columns={"id": "site"}).merge(technologies, on="tech")
    factors = tables.sites.set_index("id")[["capex_factor", "running_factor"]].astype(float)
    price = pairs["component"].map(components["price_usd_per_unit"]).astype(float)
    capacity = pairs["capacity"].astype(float) * price / 1e6
    capex = pairs["capex_usd_m"].astype(float) * pairs["site"].map(factors["capex_factor"])
    # The premium is on the target's running cost; the site's factor works on the whole cost of running here.
    premium = (1.0 + pairs["running_premium"].astype(float)) * pairs["site"].map(factors["running_factor"]) - 1.0
    return pd.DataFrame(
        {
            "technology": pairs["id"],
            "site": pairs["site"],
            "component": pairs["component"],
            "at": pd.Index(tables.components["id"]).get_indexer(pairs["component"]),
            "tech": pairs["tech"],
            "units": pairs["capacity"].astype(float),
            "capacity": capacity,
            "capex": capex,
            "incentive": capex * pairs["incentive_share"].astype(float),
            "running": premium * capacity * study.planned_use,
            "lead": pairs["lead_years"].astype(int),
            "ramp": pairs["ramp"].astype(float),
            **{name: pairs[name].astype(float) for name in RESOURCES},
            "most_plants": pairs["most_plants"].astype(int),
        }
    ).sort_values(["tech", "site"], ignore_index=True)


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
    damping = np.clip(1.0 - stock / months[:, None], 0.0, 1.0)
    left = deliveries(network, cut, damping)
    others = np.ones(len(network.origins))
    others[origin[HOME]] = 0.0
    spare = np.where(cut.any(axis=1, keepdims=True), 1.0, 1.0 + study.spare)
    sold = left * others * spare
    return Windows(
        names=[denial.name for denial in denials],
        year=np.array([denial.start - study.first_year for denial in denials]),
        length=months / 12.0,
        probability=np.array([denial.probability for denial in denials]),
        home_imports=np.einsum("wco,co->wc", sold, shares[HOME]),
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
