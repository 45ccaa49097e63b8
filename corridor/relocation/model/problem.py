"""What the optimizer needs to know, as arrays: options, needs in calm years, and deliveries left by each denial.

All values are US$ million per year at reference prices, so recipe coefficients are value shares and the numbers
of very different goods have the same order of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.config import Study
from corridor.data.arrays import Floats
from corridor.data.names import HOST, SANCTIONED, TARGET_WORD
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures import Network, bill
from corridor.measures.supply.evidence import known_tables
from corridor.measures.supply.market_terms import market_terms
from corridor.measures.supply.needs import accounts, exported, home_shares
from corridor.relocation.model import options as _options
from corridor.relocation.model.limits import calm_use, limit_table
from corridor.relocation.model.plant_ages import opened_table
from corridor.relocation.model.sales import most_sold
from corridor.relocation.model.windows import Windows, cut_components, make_windows

__all__ = ["Problem", "build_problem", "cut_components"]


@dataclass(frozen=True, eq=False)
class Problem:
    """A study and its tables as arrays; components are in the order of ``tables.components``.

    Attributes
    ----------
    limits
        Effective limits: :func:`~corridor.relocation.model.limits.limit_table`.
    plants
        One row per technology that some site is fit for: ``technology, component, sector`` (names),
        ``component_index``, ``units`` (unit/yr), ``capacity, made`` (US$ M/yr at full capacity and in calm years),
        ``capex`` (US$ M), ``incentive_share``, ``premium`` (US$ M/yr, running cost over the target's price),
        ``conversion`` (US$ M/yr, running cost less bought inputs), ``lead`` (years), ``ramp``, the resources,
        ``most_plants``, and the lowest ``capex_factor`` and ``running_factor`` of its sites.
    options
        One row per technology and site: ``tech`` (row of plants), ``technology, site, state, component, sector``,
        ``capex_net, capacity, made``, the resources, and ``surcharge``: what the site costs over the lowest
        factors, discounted US$ M, for a plant started in the first year. Later starts are charged the same, so
        that sites need no years of their own.
    kept
        Plants that exist already: ``tech, site, year`` (position of the start, may be negative).
    facilities, uses
        Facilities that plants share, and which ``option`` needs which ``facility`` (rows).
    second
        Makers abroad that may be qualified: :func:`~corridor.relocation.model.options.second_sources`.
    stores
        Goods that may be stored: :func:`~corridor.relocation.model.options.stockpiles`.
    needs
        India's need in each year without a plan, of final users and listed makers, shape (years, components).
    existing
        Production in India in each year without a plan, exports included, shape (years, components).
    demand
        Final need of each market, counted once (``measures.supply.needs``): market -> (years, components).
    purchases
        All that each market abroad needs, for its makers too: market -> (years, components).
    access
        Fraction of what each market abroad buys from the target that plants in India may take over: market ->
        (components,).
    imports
        What India buys abroad in each year without a plan, shape (years, components).
    shipped, sent
        What India's makers sell to each market of the study, and to everybody abroad, without a plan.
    content, essential
        Value share of input i in output u, the routes of u mixed as in the world, shape (components,
        components), rows inputs; all and essential ones.
    activities
        A row per component and route: ``component_index, route``, ``share`` (of the component's production).
    route_essential
        Value share of each essential input in each activity, shape (components, activities).
    imports_from_target
        Share of each market's need that comes from the target: market -> (components,).
    """

    tables: Tables
    study: Study
    network: Network
    limits: pd.DataFrame
    plants: pd.DataFrame
    options: pd.DataFrame
    kept: pd.DataFrame
    facilities: pd.DataFrame
    uses: pd.DataFrame
    second: pd.DataFrame
    stores: pd.DataFrame
    needs: Floats
    existing: Floats
    demand: dict[str, Floats]
    content: Floats
    essential: Floats
    activities: pd.DataFrame
    route_essential: Floats
    purchases: dict[str, Floats]
    access: dict[str, Floats]
    imports: Floats
    imports_from_target: dict[str, Floats]
    shipped: dict[str, Floats]
    sent: Floats
    windows: Windows
    loss_ratio: Floats
    stock_months: Floats

    @cached_property
    def can_be_open(self) -> pd.DataFrame:
        """Plants that can deliver in years in which a window starts, and the last: ``plant_ages.opened_table``."""
        years = np.unique(np.r_[self.windows.year, len(self.study.years) - 1])
        return opened_table(self.plants, self.kept, years)

    @cached_property
    def most_sold(self) -> Floats:
        """How many new plants could sell their output, rows as ``can_be_open``, fractions."""
        return most_sold(self.can_be_open, self.plants, self.kept, self.room, self.sparse_content)

    @cached_property
    def room(self) -> Floats:
        """What new plants could sell if there were no other new plants, US$ M/yr, shape (years, components).

        India's imports, and what other markets buy from the target as far as India can take it over.
        """
        out: Floats = self.imports.copy()
        for market in self.abroad:
            out += self.access[market] * self.purchases[market] * self.imports_from_target[market]
        return out

    @cached_property
    def sparse_content(self) -> sparse.csc_matrix:
        """``content`` without its zeros."""
        return sparse.csc_matrix(self.content)

    @cached_property
    def sparse_essential(self) -> sparse.csc_matrix:
        """``essential`` without its zeros."""
        return sparse.csc_matrix(self.essential)

    @cached_property
    def sparse_route_essential(self) -> sparse.csc_matrix:
        """``route_essential`` without its zeros."""
        return sparse.csc_matrix(self.route_essential)

    @cached_property
    def largest_essential(self) -> sparse.csr_matrix:
        """Largest value share of each essential input in each output by any route, shape as `essential`."""
        component_index = self.activities["component_index"].to_numpy()
        first = np.flatnonzero(np.r_[True, component_index[1:] != component_index[:-1]])
        return sparse.csr_matrix(np.maximum.reduceat(self.route_essential, first, axis=1))

    @cached_property
    def smallest_essential(self) -> sparse.csc_matrix:
        """Smallest value share of each essential input in each output by any route, shape as `essential`."""
        component_index = self.activities["component_index"].to_numpy()
        first = np.flatnonzero(np.r_[True, component_index[1:] != component_index[:-1]])
        return sparse.csc_matrix(np.minimum.reduceat(self.route_essential, first, axis=1))

    @property
    def discount(self) -> Floats:
        """Value in the first year of US$ 1 in each year, shape (years,)."""
        return _options.discount(self.study)

    @property
    def abroad(self) -> list[str]:
        """Markets other than India."""
        return [market for market in self.study.markets if market != HOST]


def build_problem(tables: Tables, study: Study, *, budget_usd_m: float | None = None) -> Problem:
    """The :class:`Problem` of a study.

    Parameters
    ----------
    budget_usd_m
        Budget of the table of limits, US$ million, if not the study's.

    Raises
    ------
    ConfigError
        If the study names a component, technology, site, country or market that the tables do not have, or a
        limit names nothing.
    """
    tables = known_tables(tables, study)
    _check_names(tables, study)
    limits = limit_table(tables, study, budget_usd_m)
    network = Network.of(tables)
    components = tables.components
    size = len(components)
    ids = pd.Index(components["id"])
    activities, route_content, route_essential = _activities(tables, ids)
    mix = np.zeros((len(activities), size))
    mix[np.arange(len(activities)), activities["component_index"]] = activities["share"]
    content, essential = route_content @ mix, route_essential @ mix

    years = np.arange(study.first_year, study.last_year + 1)
    books = accounts(tables, years.tolist(), base_year=study.base_year, markets=study.markets)
    demand = {market: books[market].final.T for market in study.markets}
    if HOST not in demand:
        demand[HOST] = np.zeros((len(years), size))
    sold = exported(
        tables, {name: books[name] for name in books if name != HOST}, np.asarray(years - study.base_year, float)
    )
    origin = {name: position for position, name in enumerate(network.origins)}
    shares = {market: network.shares_of(market) for market in [HOST, *(m for m in study.markets if m != HOST)]}
    target = [origin[name] for name in study.target if name in origin]
    from_target = {market: shares[market][:, target].sum(axis=1) for market in shares}
    sent = sum(sold.values(), np.zeros((size, len(years)))).T
    needs = books[HOST].listed.T
    existing = home_shares(tables, HOST) * needs + sent
    named = tables.technologies.assign(
        sector=tables.technologies["component"].map(components.set_index("id")["sector"])
    )
    named = named.rename(columns={"id": "technology"})
    use = pd.Series(calm_use(limits, named, study), index=named["technology"])
    plants, options = _options.plants_and_options(tables, study, content.sum(axis=0), use)
    if "build" not in study.levers:
        plants = plants.assign(most_plants=0)
    facilities, uses = _options.shared_facilities(tables, study, options)
    second = _options.second_sources(tables, study, needs)
    return Problem(
        tables=tables,
        study=study,
        network=network,
        limits=limits,
        plants=plants,
        options=options,
        kept=_options.kept_plants(study, plants),
        facilities=facilities,
        uses=uses,
        second=second,
        stores=_options.stockpiles(tables, study, needs),
        needs=needs,
        existing=existing,
        demand=demand,
        content=content,
        essential=essential,
        activities=activities,
        route_essential=route_essential,
        purchases={market: books[market].need.T for market in study.markets if market != HOST},
        access={
            market: market_terms(tables, market, study.target)["access"].to_numpy(float)
            for market in study.markets
            if market != HOST
        },
        imports=np.maximum(needs + sent - existing, 0.0),
        imports_from_target=from_target,
        shipped={market: sold[market].T for market in study.markets if market != HOST},
        sent=sent,
        windows=make_windows(tables, study, network, shares, second),
        loss_ratio=components["loss_ratio"].to_numpy(float),
        stock_months=components["stock_months"].to_numpy(float),
    )


def _activities(tables: Tables, components: pd.Index) -> tuple[pd.DataFrame, Floats, Floats]:
    """Routes by which each component is made, and the value shares of all and of essential inputs in each.

    A component without a recipe has one route, which needs no inputs.
    """
    lines = bill(tables)
    ways = lines[["output", "route", "route_share"]].drop_duplicates(["output", "route"])
    ways = ways.assign(component_index=components.get_indexer(pd.Index(ways["output"]))).rename(
        columns={"route_share": "share"}
    )
    bare = np.setdiff1d(np.arange(len(components)), ways["component_index"])
    ways = pd.concat([ways, pd.DataFrame({"component_index": bare, "route": "", "share": 1.0})], ignore_index=True)
    ways = ways.sort_values(["component_index", "route"], ignore_index=True)[["component_index", "route", "share"]]
    key = pd.MultiIndex.from_frame(ways[["component_index", "route"]])
    output = components.get_indexer(pd.Index(lines["output"]))
    column = key.get_indexer(pd.MultiIndex.from_arrays([output, lines["route"]]))
    row = components.get_indexer(pd.Index(lines["input"]))
    share = lines["value_share"].to_numpy()
    content, essential = np.zeros((len(components), len(ways))), np.zeros((len(components), len(ways)))
    np.add.at(content, (row, column), share)
    np.add.at(essential, (row, column), share * lines["essential"].to_numpy())
    return ways, content, essential


def _check_names(tables: Tables, study: Study) -> None:
    """Raise ConfigError for every name in the study that the tables do not have."""
    known = {
        "component": set(tables.components["id"]),
        "sector": set(tables.sectors["id"]),
        "stage": set(tables.components["stage"]),
        "technology": set(tables.technologies["id"]),
        "site": set(tables.sites["id"]),
        "country": set(tables.countries["iso3"]),
        "market": set(tables.sourcing["market"]),
    }
    named: list[tuple[str, str, str]] = [("market", name, "markets") for name in {HOST: 0, **study.markets}]
    named += [("country", name, "target") for name in study.target]
    named += [("country", name, "excluded_origins") for name in study.excluded_origins if name not in SANCTIONED]
    named += [("sector", name, "sectors") for name in study.sectors]
    for place, choices in (("force", study.force), ("forbid", study.forbid)):
        for number, choice in enumerate(choices):
            named += [
                (kind, value, f"{place}.{number}")
                for kind in ("component", "technology", "site")
                if (value := getattr(choice, kind)) is not None
            ]
    for number, kept in enumerate(study.keep):
        named += [("technology", kept.technology, f"keep.{number}"), ("site", kept.site, f"keep.{number}")]
    faults = []
    for denial in study.denials:
        for number, cut in enumerate(denial.cuts):
            place = f"denials.{denial.name}.cuts.{number}"
            named += [("country", name, place) for name in cut.exporters if name != TARGET_WORD]
            named += [("sector", name, place) for name in cut.sectors]
            named += [("stage", name, place) for name in cut.stages]
            named += [("component", name, place) for name in cut.components]
            if set(cut.components) <= known["component"] and not cut_components(tables, cut).any():
                faults.append(f"  - {place}: no component matches all of its filters; take one out")
    faults = [
        f"  - {place}: there is no {kind} '{name}' in the tables{_near(name, known[kind])}"
        for kind, name, place in named
        if name not in known[kind]
    ] + faults
    if faults:
        raise ConfigError("\n".join([f"study {study.name} names what the tables do not have:", *faults]))


def _near(name: str, known: set[str]) -> str:
    import difflib

    found = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean '{found[0]}'?" if found else ""
