"""Final needs that go unmet as makers stop: one maker at a time, or more and more of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.bill import bill
from corridor.measures.supply.needs import final_matrix
from corridor.measures.supply.network import Network
from corridor.measures.supply.sourcing import world_shares

_ENOUGH = 1e-9
_TOLERANCE = 1e-12
_MOST_ROUNDS = 10_000
_SCENARIOS_AT_ONCE = 128
_SHORT = 0.01  # a market that lacks this fraction of a component is short of it
_BAND = (5, 95)  # percentiles of the random draws


def stop_losses(tables: Tables, market: str | Sequence[str] = "IND", *, least_share: float = 0.01) -> pd.DataFrame:
    """Final needs that go unmet when one country stops making one component, for every such maker.

    As :func:`corridor.measures.stop` for a cut of a single component by a single country, with every other maker
    (the country's other lines too) running as far as its inputs allow: a line stops with its worst essential
    input, buyers lose in proportion to their shares, nobody substitutes. Losses are weighted by final needs.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`, with ``demand``.
    market
        Market or markets whose final needs count.
    least_share
        Makers with less than this share in the supply of every market (and of the world) are left out.

    Returns
    -------
    pandas.DataFrame
        One row per component and origin, largest loss first: ``component, origin``; ``share`` (largest in the
        supply of any buyer); ``loss_usd_m`` (a year); ``loss_share`` of all final needs; ``own_usd_m`` (loss
        in the needs of the component itself; the rest is in products made from it); ``components_short``
        (components of which a market lacks 1 % or more); ``status`` (the weakest of the maker's shares).

    Raises
    ------
    ConfigError
        If a market has no rows in ``sourcing``.
    """
    network = Network.of(tables)
    markets = [market] if isinstance(market, str) else list(market)
    need = _needs(tables, network, markets)
    size = (len(network.components), len(network.origins), len(network.buyers))
    sigma = np.zeros(size)
    rows = network.sourcing
    cells = (rows["component"].to_numpy(), rows["origin"].to_numpy(), rows["buyer"].to_numpy())
    np.add.at(sigma, cells, rows["share"].to_numpy())
    rank = np.full(size[:2], -1)
    np.maximum.at(rank, cells[:2], rows["rank"].to_numpy())
    component, origin = np.nonzero(sigma.max(axis=2) >= least_share)
    makers = np.stack([sigma[:, network.maker_buyer == buyer].sum(axis=1) for buyer in range(size[2])], axis=-1)
    routes = _Routes.of(network.recipes, size[0])
    below = routes.below()
    # Sorted by how many components a stop reaches: then each batch covers few components.
    order = np.lexsort((component, below.sum(axis=1)[component]))
    found = np.zeros((3, len(component)))
    for some in np.split(order, range(_SCENARIOS_AT_ONCE, len(order), _SCENARIOS_AT_ONCE)):
        keep = np.any(below[np.unique(component[some])], axis=0)
        kept_index = (np.cumsum(keep) - 1)[component[some]]
        shares = (sigma[keep], makers[keep])
        found[:, some] = _lose(network, routes.within(keep), shares, need[keep], kept_index, origin[some])
    loss, own, short = found
    frame = pd.DataFrame({"component": network.components[component], "origin": network.origins[origin]})
    frame["share"], frame["loss_usd_m"] = sigma[component, origin].max(axis=1), loss
    frame["loss_share"] = loss / need.sum() if need.sum() else 0.0
    frame["own_usd_m"], frame["components_short"] = own, short.astype(int)
    frame["status"] = np.asarray(STATUSES, object)[rank[component, origin]]
    return frame.sort_values(
        ["loss_usd_m", "component", "origin"], ascending=[False, True, True], ignore_index=True
    )


def percolation(
    tables: Tables,
    market: str | Sequence[str] | None = None,
    *,
    units: Literal["country", "supplier"] = "country",
    rule: Literal["any", "volume"] = "any",
    removed: Sequence[int] | None = None,
    draws: int = 100,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Share of final needs that can still be made as makers are removed, at random and the largest first.

    A component can be made if a maker of it is left and all essential inputs of one of its routes can be made
    (AND-OR rule; the giant component of a graph would count a product as made although one input is missing).
    Makers buy from makers anywhere. By volume, a component's output is the minimum of what its remaining makers'
    shares and its routes' scarcest inputs allow.

    Parameters
    ----------
    tables
        Needs ``supply``, ``components``, ``recipes`` and ``demand``; for suppliers also ``suppliers`` and
        ``makes``.
    market
        Market or markets whose final needs count; all if left out.
    units
        What is removed: countries; or suppliers, who share their country's production of a component equally (a
        country without a named supplier of a component has one, named component@country). ``ROW``, all
        unnamed countries, counts as one.
    rule
        Whether a component counts fully while any maker is left (any), or by the volume that is left (volume).
    removed
        Numbers of units to remove; 0 to 10 and then about twenty up to all if left out.
    draws
        Number of random orders.
    rng
        Random generator; ``numpy.random.default_rng(0)`` if left out.

    Returns
    -------
    pandas.DataFrame
        ``order`` (random, largest), ``removed`` (units), ``removed_share`` (of all units), ``left`` (share of
        final needs that can be made, the mean of the draws), ``low, high`` (5 and 95 % of the draws; equal to
        left if the order is by size), ``last`` (the unit that the step removed last, by size). Size is the
        value of world production that final needs draw on.
    """
    if units not in ("country", "supplier") or rule not in ("any", "volume"):
        raise ConfigError(f"units {units!r} must be country or supplier, and rule {rule!r} any or volume")
    if draws < 1:
        raise ConfigError(f"draws {draws} must be 1 or more")
    names = pd.Index(tables.components["id"])
    wanted = sorted(tables.demand["market"].unique())
    if market is not None:
        markets = [market] if isinstance(market, str) else list(market)
        _known(markets, wanted, "demand")
        wanted = markets
    need = final_matrix(tables, names, pd.Index(wanted), wanted).sum(axis=1)
    if not need.sum() > 0:
        raise ConfigError(
            "no final needs: the table demand has no value for any component; percolation needs some"
        )
    made = _made_by(tables, units)
    number, unit = pd.factorize(made["unit"], sort=True)
    share = np.zeros((len(names), len(unit)))
    np.add.at(share, (names.get_indexer(pd.Index(made["component"])), number), made["share"].to_numpy(float))
    lines = bill(tables)
    routes = _Routes.of(_positions(lines, names), len(names))
    size = share.T @ _drawn_on(lines, names, need)
    largest = np.argsort(-size, kind="stable")
    steps = _steps(len(unit)) if removed is None else np.unique(np.clip(list(removed), 0, len(unit)))
    rng = rng or np.random.default_rng(0)
    orders = [largest, *(rng.permutation(len(unit)) for _ in range(draws))]
    left = np.stack([_left(order, steps, share, routes, need, rule) for order in orders])
    # Numbers of units: of random draws the mean and the band, by size the one value three times.
    by_size = pd.DataFrame(
        {"order": "largest", "removed": steps, "left": left[0], "low": left[0], "high": left[0]}
    )
    low, high = np.percentile(left[1:], _BAND, axis=0)
    random = pd.DataFrame({"order": "random", "removed": steps, "left": left[1:].mean(axis=0)})
    out = pd.concat([random.assign(low=low, high=high), by_size], ignore_index=True)
    out.insert(2, "removed_share", out["removed"] / len(unit))
    last = pd.Series(unit[largest]).reindex(out["removed"] - 1).to_numpy()
    return out.assign(last=np.where((out["order"] == "largest") & (out["removed"] > 0), last, ""))


@dataclass(frozen=True)
class _Routes:
    """Essential inputs, route by route, for many cases side by side.

    Attributes
    ----------
    inputs, route
        Component and route of each essential input, shape (rows,); rows of a route are adjacent.
    output, share
        Component of each route, and the route's share of its output, shape (routes,).
    free
        Fraction of each component that is made without any essential input, shape (components,).
    """

    inputs: Ints
    route: Ints
    output: Ints
    share: Floats
    free: Floats

    @classmethod
    def of(cls, recipes: pd.DataFrame, components: int) -> _Routes:
        """From rows ``output, input`` (positions), ``line``, ``route_share``, ``essential``, sorted by line."""
        lines = recipes.drop_duplicates("line")
        needed = recipes[recipes["essential"]]
        total = np.bincount(lines["output"], lines["route_share"].to_numpy(float), components)
        bound = lines[lines["line"].isin(needed["line"])]
        output = bound["output"].to_numpy()
        share = np.divide(
            bound["route_share"].to_numpy(float), total[output], out=np.zeros(len(bound)), where=total[output] > 0
        )
        route = pd.Index(bound["line"]).get_indexer(pd.Index(needed["line"])).astype(np.int64)
        free = 1.0 - np.bincount(output, share, components).astype(float)
        return cls(needed["input"].to_numpy(), route, output, share, free)

    @cached_property
    def starts(self) -> Ints:
        """First row of each route that has rows."""
        return np.flatnonzero(np.r_[True, np.diff(self.route) != 0][: len(self.route)])

    @cached_property
    def weigh(self) -> Any:
        """Shares of the routes that have rows, as a sparse matrix (components, routes with rows)."""
        from scipy.sparse import csr_array

        routes = self.route[self.starts]
        cells = (self.output[routes], np.arange(len(routes)))
        return csr_array((self.share[routes], cells), shape=(len(self.free), len(routes)))

    def within(self, keep: Flags) -> _Routes:
        """Routes among the kept components, renumbered: the others are assumed to lack nothing."""
        number = np.cumsum(keep) - 1
        rows = keep[self.inputs] & keep[self.output[self.route]]
        output = np.where(keep[self.output], number[self.output], 0)
        return _Routes(number[self.inputs[rows]], self.route[rows], output, self.share, self.free[keep])

    def worst(self, short: Floats) -> Floats:
        """Shortage of makers: the worst essential input of each route; shape (components, ...) in and out."""
        if not len(self.starts):
            return np.zeros_like(short)
        flat = short.reshape(len(short), -1)
        worst = self.weigh @ np.maximum.reduceat(flat[self.inputs], self.starts, axis=0)
        return np.asarray(worst, float).reshape(short.shape)

    def any_route(self, available: Flags) -> Flags:
        """Whether some route of each component has all its essential inputs; shape (components, cases)."""
        out = np.broadcast_to((self.free > _ENOUGH)[:, None], available.shape).copy()
        if len(self.starts):
            complete = np.logical_and.reduceat(available[self.inputs], self.starts, axis=0)
            np.logical_or.at(out, self.output[self.route[self.starts]], complete)
        return out

    def below(self) -> Flags:
        """Whether each component (column) needs each other one (row), directly or not; it needs itself."""
        reach = np.eye(len(self.free), dtype=bool)
        while True:
            new = reach.copy()
            np.logical_or.at(new.T, self.output[self.route], reach.T[self.inputs])
            if (new == reach).all():
                return reach
            reach = new


def _lose(
    network: Network, routes: _Routes, shares: tuple[Floats, Floats], need: Floats, component: Ints, origin: Ints
) -> tuple[Floats, Floats, Ints]:
    """Loss, loss in the component itself, and number of short components, for each maker that stops.

    `shares` are those of origins, shape (components, origins, buyers), and of makers by the buyer that they buy
    as, shape (components, buyers, buyers); all arrays hold only components that the stop can reach.
    """
    sigma, makers = shares
    cases = np.arange(len(component))
    buys_as = network.maker_buyer[origin]
    cut = sigma[component, origin]
    state = np.zeros((len(need), len(cases), need.shape[1]))
    state[component, cases] = cut
    for _ in range(_MOST_ROUNDS):
        dry = routes.worst(state)
        new = dry @ makers.transpose(0, 2, 1)
        # The maker that has stopped cannot also run out of inputs.
        new[component, cases] += cut * (1.0 - dry[component, cases, buys_as])[:, None]
        new = np.minimum(new, 1.0)
        change = float(np.abs(new - state).max(initial=0.0))
        state = new
        if change <= _TOLERANCE:
            break
    loss = np.tensordot(state, need, axes=([0, 2], [0, 1]))
    own = (state[component, cases] * need[component]).sum(axis=1)
    counted = need.any(axis=0)
    short = (state[:, :, counted] >= _SHORT).any(axis=2).sum(axis=0)
    return loss, own, short


def _left(order: Ints, steps: Ints, share: Floats, routes: _Routes, need: Floats, rule: str) -> Floats:
    """Share of needs that can be made after each step of one order of removal."""
    gone_at = np.empty(len(order), np.int64)
    gone_at[order] = np.arange(len(order))
    still = (gone_at[:, None] >= steps[None, :]).astype(float)
    supply = share @ still
    total = need.sum()
    if rule == "any":
        available = supply > _ENOUGH
        while True:
            new = available & routes.any_route(available)
            if (new == available).all():
                return np.asarray(need @ available / total)
            available = new
    level = np.minimum(supply, 1.0)
    short = 1.0 - level
    for _ in range(_MOST_ROUNDS):
        new = np.maximum(1.0 - level, routes.worst(short))
        change = float(np.abs(new - short).max(initial=0.0))
        short = new
        if change <= _TOLERANCE:
            break
    return np.asarray(need @ (1.0 - short) / total)


def _made_by(tables: Tables, units: str) -> pd.DataFrame:
    """Share of each unit in the world's production: ``component, unit, share``."""
    made = world_shares(tables)[["component", "origin", "share"]]
    if units == "country":
        return made.rename(columns={"origin": "unit"})
    plants = tables.makes[["supplier", "component"]].drop_duplicates()
    country = tables.suppliers.set_index("id")["country"]
    plants = plants.assign(origin=plants["supplier"].map(country))
    rows = made.merge(plants, on=["component", "origin"], how="left")
    each = rows.groupby(["component", "origin"])["share"].transform("size")
    return rows.assign(
        share=rows["share"] / each, unit=rows["supplier"].fillna(rows["component"] + "@" + rows["origin"])
    )


def _drawn_on(lines: pd.DataFrame, names: pd.Index, need: Floats) -> Floats:
    """Value of each component that final needs use, directly and as inputs: v = need + W v."""
    from scipy.sparse import csr_array

    rows = _positions(lines, names)
    weight = (rows["value_share"] * rows["route_share"]).to_numpy(float)
    inputs = csr_array((weight, (rows["input"], rows["output"])), shape=(len(names), len(names)))
    term, total = need, need.copy()
    for _ in range(_MOST_ROUNDS):
        term = inputs @ term
        total += term
        if term.max(initial=0.0) <= _TOLERANCE * max(need.max(initial=0.0), 1.0):
            break
    return total


def _positions(lines: pd.DataFrame, names: pd.Index) -> pd.DataFrame:
    """The bill of materials with positions for names, as in a network."""
    key = lines["output"] + "\0" + lines["route"]
    return lines.assign(
        output=names.get_indexer(pd.Index(lines["output"])),
        input=names.get_indexer(pd.Index(lines["input"])),
        line=pd.factorize(key)[0],
    )


def _steps(units: int) -> Ints:
    few = np.arange(min(10, units) + 1)
    return np.unique(np.r_[few, np.linspace(0, units, 21).round().astype(int)])


def _needs(tables: Tables, network: Network, markets: Sequence[str]) -> Floats:
    """Final needs in US$ million by component and buyer; 0 for buyers that are not among the markets."""
    _known(markets, list(network.buyers[:-1]), "sourcing")
    return final_matrix(tables, network.components, network.buyers, markets)


def _known(markets: Sequence[str], known: Sequence[str], table: str) -> None:
    lost = [name for name in markets if name not in known]
    if lost:
        raise ConfigError(
            f"market {', '.join(lost)} has no rows in the table {table}; markets with rows: {', '.join(known)}"
        )
