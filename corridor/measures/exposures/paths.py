"""Chains of inputs that carry most of a market's net exposure, and the tier at which the target enters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.network import Network

_TOLERANCE = 1e-12
_MOST_TIERS = 10_000


def paths(
    tables: Tables,
    component: str | Sequence[str],
    market: str = "IND",
    target: Sequence[str] = ("CHN", "HKG", "MAC"),
    *,
    coverage: float = 0.9,
    most: int = 200,
    by_maker: bool = False,
) -> pd.DataFrame:
    """Chains of inputs that carry the net exposure of components, the largest first.

    With sigma, omega and T as in :func:`corridor.exposure`, and b(o) the buyer that makers in o buy as, net
    exposure is the sum over all chains of

    ``sigma[c0,m,o0] omega[c1,c0] sigma[c1,b(o0),o1] ... omega[ck,ck-1] sigma[ck,b(ok-1),ok]``,

    with o0 .. ok-1 outside T and ok in T: the chain ends where it reaches the target, at tier k. The search always
    expands the chain whose continuations carry most. That amount is known before they are listed (it is the net
    exposure of what is bought next), so contributions come in descending order and no other chains are expanded.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`.
    component
        One component or several.
    market
        A market with rows in ``sourcing``.
    target
        Countries depended upon.
    coverage
        Stop when the chains of a component make up this fraction of its net exposure, 0..1.
    most
        Largest number of chains of a component.
    by_maker
        Distinguish chains by the country of every maker on the way. Otherwise makers of a component outside the
        target are taken together, and a chain is its components and the target country at its end.

    Returns
    -------
    pandas.DataFrame
        One row per chain, by component: ``market, component``; ``path`` from the component to where the target
        enters, with ``<`` for "made from" and, by maker, ``@`` for "made in"; ``tier`` (0: bought from the
        target); ``enters`` (what the target sells); ``origin`` (who sells it); ``contribution`` (US$ per US$ of
        the component); ``share`` (of net exposure); ``cumulative_share``; and ``reported, computed, inherited,
        assumed``: fractions of the contribution whose weakest link has that status; they sum to 1. A
        component without exposure has no rows.

    Raises
    ------
    ConfigError
        If a component, market or target is unknown, or coverage is not within 0..1.
    """
    wanted = [component] if isinstance(component, str) else list(component)
    search = _Search.of(tables, market, target, by_maker)
    lost = [name for name in wanted if name not in search.network.components]
    if lost or not 0 <= coverage <= 1:
        raise ConfigError(
            f"component {', '.join(lost)} is not in the table components"
            if lost
            else f"coverage {coverage} is not within 0..1"
        )
    rows = [row for name in wanted for row in search.chains(name, market, coverage, most)]
    columns = ["market", "component", "path", "tier", "enters", "origin", "contribution"]
    columns += ["share", "cumulative_share", *STATUSES]
    return pd.DataFrame(rows, columns=columns)


def exposure_by_tier(
    tables: Tables, market: str | Sequence[str] = "IND", target: Sequence[str] = ("CHN", "HKG", "MAC")
) -> pd.DataFrame:
    """Net exposure of each component by the tier of its inputs at which the target enters.

    The terms of ``N = D + H D + H^2 D + ...`` with D direct exposure and ``(H x)[c,m] = sum_{o not in T}
    sigma[c,m,o] sum_i omega[i,c] x[i,b(o)]``.

    Returns
    -------
    pandas.DataFrame
        One row per market, component and tier with a contribution: ``market, component, tier`` (0: bought from
        the target), ``contribution`` (sums to net exposure), ``share`` of it.
    """
    markets = [market] if isinstance(market, str) else list(market)
    network = Network.of(tables)
    in_target = _target(tables, network, markets, target)
    terms = np.stack(list(_tiers(network, in_target)))[:, :, network.buyers.get_indexer(pd.Index(markets))]
    tier, component, buyer = np.nonzero(terms > _TOLERANCE)
    frame = pd.DataFrame({"market": pd.Index(markets)[buyer], "component": network.components[component]})
    frame["tier"], frame["contribution"] = tier, terms[tier, component, buyer]
    frame["share"] = frame["contribution"] / terms.sum(axis=0)[component, buyer]
    frame["buyer_index"] = buyer
    order = frame.sort_values(["buyer_index", "component", "tier"], ignore_index=True)
    return order.drop(columns="buyer_index")


@dataclass(frozen=True)
class _Search:
    """Shares and recipes by component, as the search for chains reads them.

    ``sigma[component, buyer]`` is (origins, shares, ranks); ``inputs[component]`` is each input with its weight
    over all routes, for each status counting the recipes of that status or better; ``net`` is net exposure, shape
    (components, buyers).
    """

    network: Network
    in_target: Flags
    by_maker: bool
    sigma: dict[tuple[int, int], tuple[np.ndarray, ...]]
    inputs: dict[int, list[tuple[int, Floats]]]
    net: Floats

    @classmethod
    def of(cls, tables: Tables, market: str, target: Sequence[str], by_maker: bool) -> _Search:
        network = Network.of(tables)
        in_target = _target(tables, network, [market], target)
        supply = network.sourcing.sort_values(["component", "buyer", "origin"])
        component, buyer, origin, share, rank = (
            supply[name].to_numpy() for name in ("component", "buyer", "origin", "share", "rank")
        )
        starts = np.flatnonzero(np.r_[True, np.diff(component * len(network.buyers) + buyer) != 0])
        groups = zip(*(np.split(column, starts[1:]) for column in (origin, share, rank)), strict=True)
        keys = zip(component[starts].tolist(), buyer[starts].tolist(), strict=True)
        sigma = dict(zip(keys, groups, strict=True))
        recipes = network.recipes
        weights = (recipes["value_share"] * recipes["route_share"]).to_numpy(float)
        inputs: dict[int, dict[int, Floats]] = {}
        ends = zip(*(recipes[name].tolist() for name in ("output", "input", "rank")), weights, strict=True)
        for output, item, known, amount in ends:
            weight = inputs.setdefault(output, {}).setdefault(item, np.zeros(len(STATUSES)))
            weight[known:] += amount
        net = np.sum(list(_tiers(network, in_target)), axis=0)
        listed = {output: sorted(weights.items()) for output, weights in inputs.items()}
        return cls(network, in_target, by_maker, sigma, listed, net)

    def chains(self, component: str, market: str, coverage: float, most: int) -> Iterator[dict[str, object]]:
        """Rows of one component, largest contribution first, until they cover enough of its net exposure."""
        network = self.network
        start = int(network.components.get_indexer(pd.Index([component]))[0])
        buyer = int(network.buyers.get_indexer(pd.Index([market]))[0])
        total = float(self.net[start, buyer])
        if total <= _TOLERANCE:
            return
        first = np.zeros((len(STATUSES), len(network.buyers)))
        first[:, buyer] = 1.0
        # Entries: bound, a number that keeps ties in order, chain of (component, maker), weights of the buyers of
        # the last component by weakest status, and the target country if the chain is complete (else -1).
        heap: list[tuple[float, int, tuple[tuple[int, int], ...], Floats, int]] = []
        heappush(heap, (-total, 0, ((start, -1),), first, -1))
        count, shown, pushed = 0, 0.0, 0
        while heap and count < most and shown < coverage * total * (1 - 1e-9):
            bound, _, chain, weight, origin = heappop(heap)
            if origin >= 0:
                count += 1
                shown -= bound
                yield self._row(component, market, chain, weight[:, 0], origin, shown / total, total)
                continue
            for amount, step, carried, enters in self._continue(chain, weight):
                if amount > total * _TOLERANCE:
                    pushed += 1
                    heappush(heap, (-amount, pushed, step, carried, enters))

    def _continue(
        self, chain: tuple[tuple[int, int], ...], weight: Floats
    ) -> Iterator[tuple[float, tuple[tuple[int, int], ...], Floats, int]]:
        """The target's own sales of the last component, and the chains through each of its inputs."""
        network, last = self.network, chain[-1][0]
        bought = np.zeros((len(STATUSES), len(network.origins)))
        for buyer in np.flatnonzero(weight[-1] > 0).tolist():
            if (last, buyer) not in self.sigma:
                continue
            origins, shares, ranks = self.sigma[last, buyer]
            for level in range(len(STATUSES)):
                bought[level, origins] += weight[level, buyer] * np.where(ranks <= level, shares, 0.0)
        for origin in np.flatnonzero(self.in_target & (bought[-1] > 0)):
            yield float(bought[-1, origin]), chain, bought[:, [origin]], int(origin)
        if last not in self.inputs:
            return
        makers = np.flatnonzero(~self.in_target & (bought[-1] > 0))
        for group in [[int(maker)] for maker in makers] if self.by_maker else [makers.tolist()]:
            buying = np.zeros_like(weight)
            np.add.at(buying.T, network.maker_buyer[group], bought[:, group].T)
            name = group[0] if self.by_maker else -1
            for item, value in self.inputs[last]:
                carried = buying * value[:, None]
                bound = float(carried[-1] @ self.net[item])
                if bound > 0:
                    yield bound, (*chain[:-1], (last, name), (item, -1)), carried, -1

    def _row(
        self,
        component: str,
        market: str,
        chain: tuple[tuple[int, int], ...],
        known: Floats,
        origin: int,
        cumulative: float,
        total: float,
    ) -> dict[str, object]:
        names, origins = self.network.components, self.network.origins
        steps = [f"{names[item]}@{origins[maker]}" if maker >= 0 else str(names[item]) for item, maker in chain]
        if self.by_maker:
            steps[-1] += f"@{origins[origin]}"
        amount = float(known[-1])
        by_status = np.diff(known, prepend=0.0) / amount
        return {
            "market": market,
            "component": component,
            "path": " < ".join(steps),
            "tier": len(chain) - 1,
            "enters": names[chain[-1][0]],
            "origin": origins[origin],
            "contribution": amount,
            "share": amount / total,
            "cumulative_share": cumulative,
            **dict(zip(STATUSES, by_status, strict=True)),
        }


def _tiers(network: Network, in_target: Flags) -> Iterator[Floats]:
    """Terms of net exposure tier by tier, shape (components, buyers), until they vanish."""
    ones = np.ones((len(network.components), 1))
    makers = network.by_maker(ones * ~in_target)
    recipes = network.recipes
    inputs, output = recipes["input"].to_numpy(), recipes["output"].to_numpy()
    weight = (recipes["value_share"] * recipes["route_share"]).to_numpy()[:, None]
    term = network.from_origins(ones * in_target)
    for _ in range(_MOST_TIERS):
        yield term
        content = np.zeros_like(term)
        np.add.at(content, output, term[inputs] * weight)
        term = (makers * content[:, None, :]).sum(axis=-1)
        if term.max(initial=0.0) <= _TOLERANCE:
            return


def _target(tables: Tables, network: Network, markets: Sequence[str], target: Sequence[str]) -> Flags:
    lost = [name for name in markets if name not in network.buyers[:-1]]
    unknown = sorted(set(target) - set(tables.countries["iso3"]))
    faults = []
    if lost:
        known = ", ".join(network.buyers[:-1])
        faults.append(f"market {', '.join(lost)} has no rows in the table sourcing; markets with rows: {known}")
    if unknown or not len(target):
        faults.append(f"target {', '.join(unknown) or 'is empty'}: not in the table countries")
    if faults:
        raise ConfigError("; ".join(faults))
    return np.asarray(network.origins.isin(list(target)), bool)
