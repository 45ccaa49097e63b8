"""What a plan does, recomputed from the tables: dictionaries and loops, one linear program per window.

Slow and plain on purpose. It shares with the optimizer only what is tested on its own: `Network` and `deliveries`
(who buys where, and how a denial spreads through makers abroad), and `bill` (value shares).

    simulate(tables, study, plan)["expected_loss_usd_m"]

`target_sells` does the same for the last year in calm times, `invested` for a year's investment.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from corridor.measures import Network, bill, deliveries

HOME = "IND"
RESOURCES = ("land_ha", "power_mw", "water_mld", "workers")


def simulate(tables, study, plan, world=None):
    """Losses, cost and use of sites of a plan's moves.

    Parameters
    ----------
    tables, study
        What the plan was made from.
    plan
        Anything with `moves`: ``technology, site, start_year``, one row per plant; and, where there are any,
        `second_sources` (``component, origin``) and `stocks` (``component, value_usd_m``).
    world
        The tables read already, to save time.

    Returns
    -------
    dict
        ``losses`` (``scenario, market, loss_usd_m``, a row for each pair), ``expected_loss_usd_m``,
        ``cost_usd_m``, ``used`` (``limit, scope, used``: sites touched).
    """
    world = world or World(tables, study)
    plants = [
        world.plant(*move) for move in plan.moves[["technology", "site", "start_year"]].itertuples(index=False)
    ]
    kept = [world.plant(plant.technology, plant.site, plant.start) for plant in study.keep]
    second, stocks = getattr(plan, "second_sources", None), getattr(plan, "stocks", None)
    second = (
        [] if second is None or second.empty else list(zip(second["component"], second["origin"], strict=True))
    )
    stock = (
        {}
        if stocks is None or stocks.empty
        else dict(zip(stocks["component"], stocks["value_usd_m"], strict=True))
    )
    rows = []
    for denial in study.denials:
        short = window(world, denial, plants + kept, second, stock)
        for market in study.markets:
            loss = sum(world.loss_ratio[c] * value for (c, m), value in short.items() if m == market)
            rows.append({"scenario": denial.name, "market": market, "loss_usd_m": loss})
    expected = 0.0
    for row in rows:
        denial = next(each for each in study.denials if each.name == row["scenario"])
        weight = denial.probability * world.discount(denial.start) * study.markets[row["market"]]
        expected += weight * row["loss_usd_m"]
    return {
        "losses": pd.DataFrame(rows, columns=["scenario", "market", "loss_usd_m"]),
        "expected_loss_usd_m": expected,
        "cost_usd_m": sum(world.cost(plant) for plant in plants)
        + sum(world.cost_of_second(*pair) for pair in second)
        + sum(world.cost_of_stock(name) * value for name, value in stock.items())
        + sum(world.cost_of_facility(row) for row in world.facilities(plants)),
        "used": used(plants + kept),
    }


class World:
    """The tables as dictionaries, all values in US$ million per year."""

    def __init__(self, tables, study, network=None):
        self.tables, self.study = tables, study
        self.network = Network.of(tables) if network is None else network
        components = tables.components.set_index("id")
        self.components = list(components.index)
        self.price = components["price_usd_per_unit"].to_dict()
        self.loss_ratio = components["loss_ratio"].to_dict()
        self.stock_months = components["stock_months"].to_dict()
        # output -> route -> (fraction of output made by it, {input: (US$ of input per US$ of output, essential)})
        self.recipes = defaultdict(dict)
        for row in bill(tables).itertuples():
            _, inputs = self.recipes[row.output].setdefault(row.route, (row.route_share, {}))
            inputs[row.input] = (row.value_share, row.essential)
        self.users = defaultdict(set)
        for output, routes in self.recipes.items():
            for _, inputs in routes.values():
                for name in inputs:
                    self.users[name].add(output)
        self.shares = {}
        self.every_market = {HOME, *study.markets, *tables.demand["market"]}
        for market in self.every_market & set(self.network.buyers):
            table = self.network.shares_of(market)
            for c, name in enumerate(self.network.components):
                for o, origin in enumerate(self.network.origins):
                    self.shares[market, name, origin] = float(table[c, o])
        self.demand_rows = tables.demand.set_index(["market", "component"]).to_dict("index")
        self.exports = tables.exports.set_index(["market", "component"]).to_dict("index")
        self.rows_of = components.to_dict("index")
        self.second = tables.second_sources.set_index(["component", "origin"]).to_dict("index")
        self.stores = tables.stockpiles.set_index("component").to_dict("index")
        self.sites = tables.sites.set_index("id").to_dict("index")
        self.technologies = tables.technologies.set_index("id").to_dict("index")
        self.production = cache(self._production)
        self.use, self.made, self.sold = cache(self._use), cache(self._made), cache(self._sold)
        self.left = cache(self._left)
        self.arrivals = cache(self._arrivals)

    @property
    def abroad(self):
        return [market for market in self.study.markets if market != HOME]

    def content(self, name, output, essential_only=False):
        """US$ of an input per US$ of output, at today's mix of routes."""
        total = 0.0
        for route_share, inputs in self.recipes[output].values():
            share, essential = inputs.get(name, (0.0, False))
            if essential or not essential_only:
                total += route_share * share
        return total

    def stated(self, market, name, year):
        """What the table of demand states, grown to the year."""
        row = self.demand_rows.get((market, name))
        if row is None:
            return 0.0
        return row["value_usd_m"] * (1.0 + row["growth"]) ** (year - self.study.base_year)

    def _use(self, market, name, year):
        """What makers in a market put into listed products."""
        return sum(self.content(name, user) * self.made(market, user, year) for user in self.users[name])

    def consumption(self, market, name, year):
        """Apparent consumption; a value that covers unlisted users only leaves out what listed products take."""
        row = self.demand_rows.get((market, name), {"covers": "all"})
        inside = self.use(market, name, year) if row["covers"] == "unlisted" else 0.0
        return self.stated(market, name, year) + inside

    def bought(self, market, name, year):
        """All that a market needs: its consumption, and no less than its makers use."""
        return max(self.consumption(market, name, year), self.use(market, name, year))

    def _made(self, market, name, year):
        sold = self.sold(name, year) if market == HOME else 0.0
        return self.shares.get((market, name, market), 0.0) * self.bought(market, name, year) + sold

    def _sold(self, name, year):
        """What India sells abroad: as recorded, else its share of what a market needs."""
        total = 0.0
        for market in self.every_market - {HOME}:
            if (market, name) not in self.exports:
                total += self.shares.get((market, name, HOME), 0.0) * self.bought(market, name, year)
        for (_, sold), row in self.exports.items():
            if sold == name:
                total += row["value_usd_m"] * (1.0 + row["growth"]) ** (year - self.study.base_year)
        return total

    def _left(self, market, name, year):
        """Final need: consumption that is not in products made there, if some user takes it."""
        row = self.demand_rows.get((market, name), {"covers": "all", "unlisted": 1.0})
        left = self.bought(market, name, year) - self.use(market, name, year)
        share = 1.0 if row["covers"] == "unlisted" else row["unlisted"]
        return min(left, share * self.stated(market, name, year))

    def demand(self, market, name, year):
        """Final need of a market of the study."""
        return self.left(market, name, year) if market in self.study.markets else 0.0

    def access(self, market, name):
        """Fraction of a market's purchases from the target that plants may take over: the narrowest row."""
        rows = {
            row["scope"]: row["access"]
            for row in self.tables.markets.to_dict("records")
            if row["market"] == market
        }
        sector = self.rows_of[name]["sector"]
        return rows.get(name, rows.get(sector, rows["all"]))

    def _production(self, name, year):
        """India's output without a plan: its share of the need that is known, and what it sells abroad."""
        return self.shares[HOME, name, HOME] * self.need(name, year) + self.sold(name, year)

    def need(self, name, year):
        """India's need without a plan: final need, and what its makers use."""
        return self.left(HOME, name, year) + self.use(HOME, name, year)

    def discount(self, year):
        return (1.0 + self.study.discount_rate) ** -(year - self.study.first_year)

    def plant(self, technology, site, start):
        row = self.technologies[technology]
        return {**row, "technology": technology, "site": site, "start": int(start)}

    def capacity(self, plant):
        """US$ million per year at full use."""
        return plant["capacity"] * self.price[plant["component"]] / 1e6

    def running(self, plant, year, start=None):
        """Fraction of a plant that delivers in a year: 0 before its lead time is over, its ramp in the first."""
        first = (plant["start"] if start is None else start) + plant["lead_years"]
        if year < first:
            return 0.0
        return plant["ramp"] if year == first else 1.0

    def cost(self, plant):
        """Discounted investment net of incentives and running premium.

        At the lowest factors of the sites that are fit for it from the year of its start, and what its own site
        costs over these as if it were started in the first year.
        """
        wanted = {tag.strip() for tag in plant["site_tags"].split(";")}
        fit = [site for site in self.sites.values() if wanted & {tag.strip() for tag in site["tags"].split(";")}]
        capex_factor = min(site["capex_factor"] for site in fit)
        running_factor = min(site["running_factor"] for site in fit)
        here = self.sites[plant["site"]]
        net = plant["capex_usd_m"] * (1.0 - plant["incentive_share"])
        made = self.capacity(plant) * self.study.planned_use
        inputs = sum(self.content(name, plant["component"]) for name in self.components)
        done_there = max(1.0 + plant["running_premium"] - inputs, 0.0) * made

        def output_years(start):
            return sum(self.discount(year) * self.running(plant, year, start) for year in self.study.years)

        premium = plant["running_premium"] * made + done_there * (running_factor - 1.0)
        cost = net * capex_factor * self.discount(plant["start"]) + premium * output_years(plant["start"])
        cost += net * (here["capex_factor"] - capex_factor)
        cost += done_there * (here["running_factor"] - running_factor) * output_years(self.study.first_year)
        return cost

    def cost_of_second(self, name, origin):
        """Qualification, and the premium on what is bought there in calm years."""
        row = self.second[name, origin]
        cost = row["cost_usd_m"]
        for year in self.study.years:
            if year >= self.study.first_year + row["lead_years"]:
                bought = row["least_share"] * self.need(name, year)
                cost += self.discount(year) * row["premium"] * bought
        return cost

    def cost_of_stock(self, name):
        """US$ per US$ held: bought once, held and renewed every year."""
        row = self.stores[name]
        renewed = 12.0 / row["shelf_life_months"] if row["shelf_life_months"] == row["shelf_life_months"] else 0.0
        return 1.0 + sum(self.discount(year) * (row["holding_share"] + renewed) for year in self.study.years)

    def facilities(self, plants):
        """Shared facilities that plants need: at their site, for their sector and stage."""
        out = []
        for row in self.tables.facilities.to_dict("records"):
            sectors = {name.strip() for name in row["sectors"].split(";")}
            stages = (
                {name.strip() for name in row["stages"].split(";")} if isinstance(row["stages"], str) else None
            )
            for plant in plants:
                component = self.rows_of[plant["component"]]
                fits = component["sector"] in sectors and (stages is None or component["stage"] in stages)
                if plant["site"] == row["site"] and fits:
                    out.append(row)
                    break
        return out

    def cost_of_facility(self, row):
        running = sum(self.discount(year) for year in self.study.years[1:])
        return row["capex_usd_m"] * (1.0 - row["incentive_share"]) + row["running_usd_m"] * running

    def withheld(self, denial):
        """(component, origin) -> fraction of deliveries withheld."""
        cut = {}
        for given in denial.cuts:
            exporters = set()
            for name in given.exporters:
                exporters |= set(self.study.target) if name == "target" else {name}
            for row in self.tables.components.itertuples():
                if (
                    (not given.sectors or row.sector in given.sectors)
                    and (not given.stages or row.stage in given.stages)
                    and (not given.components or row.id in given.components)
                ):
                    for origin in exporters & set(self.network.origins):
                        cut[row.id, origin] = max(cut.get((row.id, origin), 0.0), given.cut)
        return cut

    def _arrivals(self, denial):
        """(market, component) -> fraction of its yearly need that a market still gets from outside India.

        Origins that withhold nothing sell `spare` more than what they still deliver.
        """
        cut = self.withheld(denial)
        components, origins = list(self.network.components), list(self.network.origins)
        table = np.zeros((len(components), len(origins)))
        for (name, origin), fraction in cut.items():
            table[components.index(name), origins.index(origin)] = fraction
        passed = [
            max(1.0 - self.stock_months[name] / denial.months, 0.0) * (1.0 - self.study.adaptation)
            for name in components
        ]
        left = deliveries(self.network, table, np.array(passed), self.study.spare)
        withholding = {origin for _, origin in cut}
        out = defaultdict(float)
        for c, name in enumerate(components):
            for o, origin in enumerate(origins):
                out[name, "from", origin] = float(left[c, o])
        for market in {HOME, *self.study.markets}:
            for c, name in enumerate(components):
                for o, origin in enumerate(origins):
                    if origin != HOME:
                        spare = 1.0 if origin in withholding else 1.0 + self.study.spare
                        out[market, name] += self.shares[market, name, origin] * float(left[c, o]) * spare
        return out


class Program:
    """A linear program written column by column and row by row; columns are identified by name."""

    def __init__(self):
        self.columns, self.cost, self.rows, self.right = {}, [], [], []

    def column(self, *name, cost=0.0):
        self.columns[name] = len(self.columns)
        self.cost.append(cost)

    def at_most(self, entries, bound):
        """Sum of coefficient times column <= bound; entries are (name, coefficient)."""
        row = defaultdict(float)
        for name, coefficient in entries:
            row[self.columns[name]] += coefficient
        self.rows.append(row)
        self.right.append(bound)

    def at_least(self, entries, bound):
        self.at_most([(name, -coefficient) for name, coefficient in entries], -bound)

    def solve(self):
        matrix = np.zeros((len(self.rows), len(self.columns)))
        for position, row in enumerate(self.rows):
            for column, coefficient in row.items():
                matrix[position, column] = coefficient
        tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
        found = linprog(self.cost, A_ub=matrix, b_ub=self.right, bounds=(0, None), method="highs", options=tight)
        assert found.status == 0, found.message
        return {name: float(found.x[column]) for name, column in self.columns.items()}


def window(world, denial, plants, second=(), stored=None):
    """(component, market) -> US$ million unmet inside a window, at the best use of what there is.

    The rules are those of `corridor.relocation.model.recourse`, each written out for itself.
    """
    study, year, length = world.study, denial.start, denial.months / 12.0
    arriving = world.arrivals(denial)
    open_ = [(plant, world.running(plant, year)) for plant in plants]
    program = Program()
    ways = {
        c: {route: (share, inputs) for route, (share, inputs) in world.recipes[c].items()} or {"": (1.0, {})}
        for c in world.components
    }
    for c in world.components:
        for route in ways[c]:
            program.column("run", c, route)
        program.column("own", c)
        program.column("short", c, HOME, cost=study.markets.get(HOME, 0.0) * world.loss_ratio[c])
        for market in world.abroad:
            program.column("ship", c, market)
            program.column("short", c, market, cost=study.markets[market] * world.loss_ratio[c])

    for c in world.components:
        essential = {user: world.content(c, user, essential_only=True) for user in world.users[c]}
        used = [
            (("run", user, route), inputs[c][0])
            for user in world.users[c]
            for route, (_, inputs) in ways[user].items()
            if c in inputs and inputs[c][1]
        ]
        made = [(("run", c, route), 1.0) for route in ways[c]]
        shipped = [(("ship", c, market), 1.0) for market in world.abroad]
        need = world.need(c, year)
        stock = world.stock_months[c] / 12.0

        # Existing plants make up to their capacity times surge.
        # New plants run any route, old ones keep to theirs.
        old = world.production(c, year)
        new = sum(world.capacity(plant) * number for plant, number in open_ if plant["component"] == c)
        program.at_most(made, length * study.surge * (old + new))
        for route, (share, _) in ways[c].items():
            program.at_most([(("run", c, route), 1.0)], length * study.surge * (share * old + new))

        # What is made, bought, in stock and found by makers goes to users that run, to other markets and home.
        there = length * arriving[HOME, c] * need + stock * need + (stored or {}).get(c, 0.0)
        for name, origin in second:
            row = world.second[name, origin]
            if name == c and year >= study.first_year + row["lead_years"]:
                there += length * row["most_share"] * arriving[c, "from", origin] * need
        wanted = length * world.demand(HOME, c, year)
        comes = [*made, (("own", c), 1.0), (("short", c, HOME), 1.0)]
        goes = [(name, -amount) for name, amount in used + shipped]
        program.at_least(comes + goes, wanted - there)
        program.at_most([(("short", c, HOME), 1.0)], wanted)

        # Makers substitute a fraction of what is missing, and new plants have contracts of their own abroad.
        bought = 1.0 - world.shares[HOME, c, HOME]
        missing = bought - arriving[HOME, c] - world.stock_months[c] / denial.months
        around = study.adaptation * min(max(missing, 0.0), 1.0)
        makers = sum(share * world.production(user, year) for user, share in essential.items())
        contracts = 0.0
        for plant, number in open_:
            yearly = world.capacity(plant) * study.planned_use * number
            makers += world.content(c, plant["component"], essential_only=True) * yearly
            contracts += world.content(c, plant["component"]) * yearly
        program.at_most([(("own", c), 1.0)], length * (around * makers + arriving[HOME, c] * contracts))
        program.at_most([(("own", c), 1.0), *((name, -amount) for name, amount in used)], 0.0)

        # Only what is made is shipped.
        program.at_most([*shipped, *((name, -1.0) for name, _ in made)], 0.0)

        for market in world.abroad:
            lacking = length * (1.0 - min(arriving[market, c], 1.0)) - stock
            lacking = max(lacking * world.demand(market, c, year), 0.0)
            program.at_least([(("ship", c, market), 1.0), (("short", c, market), 1.0)], lacking)
            program.at_most([(("ship", c, market), 1.0)], lacking)

    values = program.solve()
    return {name[1:]: value for name, value in values.items() if name[0] == "short"}


def target_sells(world, plants=(), second=(), kept=()):
    """(market, component) -> what the target sells in the last year in calm times, US$ million: before, after.

    Before: with no new supply, at the need that new plants raise. Plants (kept ones too) sell at home what home
    buys abroad, the rest to markets in proportion to what they may take over; each sale displaces the target's
    deliveries, then others'. Second sources take their least share of the need without plants from what is left.
    """
    study = world.study
    year, target = study.last_year, set(study.target)
    made, extra, sells = defaultdict(float), defaultdict(float), {}
    for plant in [*plants, *kept]:
        made[plant["component"]] += world.capacity(plant) * study.planned_use * world.running(plant, year)
    for c in world.components:
        extra[c] = sum(world.content(c, user) * made[user] for user in world.users[c])
    origins = list(world.network.origins)
    world_makes = {
        name: dict(zip(origins, row, strict=True))
        for name, row in zip(world.network.components, world.network.shares_of("WORLD"), strict=True)
    }
    for c in world.components:
        share = {origin: world.shares[HOME, c, origin] for origin in origins}
        need = world.need(c, year)
        abroad = {origin: value for origin, value in share.items() if origin != HOME}
        if sum(abroad.values()) <= 1e-9:
            abroad = {origin: value for origin, value in world_makes[c].items() if origin != HOME}
        mix = sum(abroad[origin] for origin in target & set(abroad)) / (sum(abroad.values()) or 1.0)
        before = need * sum(share[origin] for origin in target & set(share)) + extra[c] * mix
        at_home = min(made[c], need * (1.0 - share[HOME]) + extra[c])
        after = max(before - at_home, 0.0)
        for name, origin in second:
            if name == c and study.first_year + world.second[name, origin]["lead_years"] <= year:
                after -= world.second[name, origin]["least_share"] * need
        sells[HOME, c] = before, max(after, 0.0)
        bought = {
            market: world.bought(market, c, year)
            * sum(world.shares[market, c, origin] for origin in target & set(origins))
            for market in world.abroad
        }
        for market in world.abroad:
            take = {name: world.access(name, c) * value for name, value in bought.items()}
            sold = (made[c] - at_home) * take[market] / (sum(take.values()) or 1.0)
            sells[market, c] = bought[market], max(bought[market] - sold, 0.0)
    return sells


def invested(world, plan, year):
    """Investment of a year, net of incentives, not discounted: plants at the lowest site factor.

    In the first year also facilities, qualification of second sources and purchase of stocks.
    """
    plants = [
        world.plant(*move) for move in plan.moves[["technology", "site", "start_year"]].itertuples(index=False)
    ]
    total = 0.0
    for plant in plants:
        tags = {tag.strip() for tag in plant["site_tags"].split(";")}
        fit = [site for site in world.sites.values() if tags & {tag.strip() for tag in site["tags"].split(";")}]
        if plant["start"] == year:
            factor = min(site["capex_factor"] for site in fit)
            total += plant["capex_usd_m"] * (1.0 - plant["incentive_share"]) * factor
    if year == world.study.first_year:
        total += sum(row["capex_usd_m"] * (1.0 - row["incentive_share"]) for row in world.facilities(plants))
        pairs = plan.second_sources.itertuples(index=False)
        total += sum(world.second[row.component, row.origin]["cost_usd_m"] for row in pairs)
        total += float(plan.stocks["value_usd_m"].sum()) if len(plan.stocks) else 0.0
    return total


def used(plants):
    """What plants take of their sites."""
    total = defaultdict(float)
    for plant in plants:
        for resource in RESOURCES:
            total[resource, plant["site"]] += plant[resource]
    rows = [{"limit": limit, "scope": site, "used": value} for (limit, site), value in sorted(total.items())]
    return pd.DataFrame(rows, columns=["limit", "scope", "used"])
