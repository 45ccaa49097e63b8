"""Choke points: fewest countries whose failure stops a component, and what all its chains pass through."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Ints
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.bill import bill, status_rank
from corridor.measures.supply.sourcing import REST, shares, world_shares

_ENOUGH = 1e-9
_NEVER = 10**6  # larger than any number of countries
_STEP = 10**6  # weight of one more country relative to one more tier


def fewest_failures(
    tables: Tables,
    market: str | None = None,
    *,
    lost: Sequence[float] = (0.5, 0.8, 1.0),
    spared: Sequence[str] = (),
) -> pd.DataFrame:
    """Fewest countries that must fail before a fraction of each component's supply is gone, and at which input.

    A component is made where a country makes it **and** all its essential inputs are available; makers anywhere
    buy from makers anywhere (world pool). With n_phi(h) the fewest countries whose shares of h add up to phi or
    more,

    ``kappa_phi(g) = min(n_phi(g), min over essential inputs h of g: kappa_phi(h))``:

    so a component is as safe as the most concentrated thing that it is made from. phi = 1 removes all makers,
    0.5 and 0.8 half and four fifths of the volume. If several inputs have the same number, the nearest counts.

    Parameters
    ----------
    tables
        Needs ``supply``, ``components`` and ``recipes``; with a market also ``sourcing`` and ``trade``.
    market
        Use this market's sourcing for the component itself; its inputs still come from the world pool. World
        production throughout if left out.
    lost
        Fractions of supply (phi), each above 0 and up to 1.
    spared
        Countries that cannot fail, for example the market itself.

    Returns
    -------
    pandas.DataFrame
        One row per component and fraction: ``component, lost``; ``fewest`` (missing if no set of countries is
        enough); ``choke`` (the component whose makers fail); ``tier`` (0: the component itself); ``path``
        down to it; ``countries`` (the set, largest first; ``ROW``, all unnamed countries, counts as one, so the
        number is then a lower bound); ``share`` (of the set in the choke's supply); ``status`` (the weakest of the
        shares in the set); ``exact`` (whether the number is the true minimum, see the notes). Fewest first, then
        the largest share.

    Raises
    ------
    ConfigError
        If a fraction is out of range, or a country or the market is unknown.

    Notes
    -----
    An input counts only if the routes that need it make up that fraction of the component. Sets that must hit two
    inputs of two routes at once are not searched, and the volume of a route is not weighed again at its inputs.
    So if the component, or anything essential below it, has routes that need different things, the number is an
    estimate (for the total supply an upper bound), and ``exact`` is false; :func:`corridor.measures.failing_sets`
    is exact there. What runs is assumed to go on: a cycle of inputs supports itself until one of its makers
    fails.
    """
    _check(tables, market, lost, spared)
    pool = world_shares(tables)
    names = pd.Index(tables.components["id"])
    own = pool if market is None else shares(tables, market)
    splits = _splits(tables, names)
    frames = []
    for fraction in lost:
        edges = _essential(tables, names, fraction)
        world, sets = _smallest_sets(pool, names, fraction, spared)
        deep, via = _spread_least(world * _STEP, edges)
        if market is not None:
            # Only the first step differs: the market's origins for the component, the world pool for its inputs.
            world, first_sets = _smallest_sets(own, names, fraction, spared)
            deep, first = _first_step(world * _STEP, deep, edges)
            rows = _rows(names, deep, first, via, first_sets, sets, fraction)
        else:
            rows = _rows(names, deep, via, via, sets, sets, fraction)
        alone = (rows["fewest"].fillna(0) == 1).to_numpy(bool) & (fraction >= 1.0)
        rows["exact"] = alone | ~pd.Index(rows["component"]).isin(splits)
        frames.append(rows)
    return pd.concat(frames, ignore_index=True)


def pass_through(tables: Tables, *, least_share: float = 0.05) -> pd.DataFrame:
    """Components, makers and countries that every chain from raw materials to a component passes through.

    A chain goes from a maker of something that needs no essential input, through one essential input of each
    component on the way, to a maker of the component. Components and makers on all chains are its dominators
    (Lengauer & Tarjan 1979; networkx); a country is on all chains if no chain is left without its makers.

    Parameters
    ----------
    tables
        Needs ``supply``, ``components`` and ``recipes``.
    least_share
        Countries with a smaller share of a component's world production do not count as its makers, nor does
        ``ROW``.

    Returns
    -------
    pandas.DataFrame
        ``component, kind`` (component, maker or country), ``through`` (component made there; empty for a country),
        ``country`` (empty for a component), ``status`` (of the share of a maker); nearest first. A component that
        no chain reaches has no rows.
    """
    import networkx as nx

    made = world_shares(tables)
    made = made[(made["share"] >= least_share) & (made["origin"] != REST)]
    names = pd.Index(tables.components["id"])
    needs = _essential(tables, names, 0.0)
    with_input = np.zeros(len(names), bool)
    with_input[needs[1]] = True
    maker_of = names.get_indexer(pd.Index(made["component"]))
    status = dict(zip(zip(made["component"], made["origin"], strict=True), made["status"], strict=True))
    chain: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    start = ("", "")
    chain.add_node(start)
    for component_index, component, country in zip(maker_of, made["component"], made["origin"], strict=True):
        chain.add_edge((component, country), (component, ""))
        if not with_input[component_index]:
            chain.add_edge(start, (component, country))
    makers = pd.Series(made["origin"].to_numpy()).groupby(made["component"].to_numpy()).agg(list)
    for source, output in zip(*needs, strict=True):
        for country in makers.get(names[output], ()):
            chain.add_edge((names[source], ""), (names[output], country))
    above = nx.immediate_dominators(chain, start)
    rows = []
    for name in names:
        step = above.get((name, ""))
        while step is not None and step != start:
            component, country = step
            kind = "maker" if country else "component"
            rows.append((name, kind, component, country, status.get(step, "")))
            step = above[step]
    rows += _countries_on_all_chains(names, needs, with_input, maker_of, made["origin"])
    out = pd.DataFrame(rows, columns=["component", "kind", "through", "country", "status"])
    out["order"] = names.get_indexer(pd.Index(out["component"]))
    return out.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def _countries_on_all_chains(
    names: pd.Index, needs: tuple[Ints, Ints], with_input: Flags, maker_of: Ints, origin: pd.Series
) -> list[tuple[str, str, str, str, str]]:
    """Rows of countries whose removal breaks every chain of a component."""
    number, countries = pd.factorize(origin, sort=True)
    without = len(countries)  # the last row removes nobody
    made = np.zeros((len(names), without + 1), np.int64)
    np.add.at(made, (maker_of, number), 1)
    makers = made.sum(axis=1, keepdims=True) - made
    source, output = needs
    reached = (makers > 0) & ~with_input[:, None]
    while True:
        fed = np.zeros_like(reached)
        np.logical_or.at(fed, output, reached[source])
        new = (makers > 0) & (fed | ~with_input[:, None])
        if (new == reached).all():
            break
        reached = new
    component, country = np.nonzero(reached[:, [without]] & ~reached[:, :without])
    found = zip(names[component], countries[country], strict=True)
    return [(name, "country", "", removed, "") for name, removed in found]


def _essential(tables: Tables, names: pd.Index, fraction: float) -> tuple[Ints, Ints]:
    """Essential inputs and outputs (positions) if routes that need the input make `fraction` of the output."""
    lines = bill(tables)
    lines = lines[lines["essential"]]
    weight = lines.groupby(["output", "input"], as_index=False)["route_share"].sum()
    weight = weight[weight["route_share"] >= fraction - _ENOUGH]
    source, output = (names.get_indexer(pd.Index(weight[end])).astype(np.int64) for end in ("input", "output"))
    return source, output


def _splits(tables: Tables, names: pd.Index) -> pd.Index:
    """Components whose routes, or those of an essential input at any tier, need different inputs."""
    lines = bill(tables)
    routes = lines.groupby("output")["route"].nunique()
    needed = lines[lines["essential"]].groupby(["output", "input"])["route"].nunique().reset_index()
    apart = needed.loc[needed["route"].to_numpy() < routes.reindex(needed["output"]).to_numpy(), "output"]
    split = np.asarray(names.isin(apart), bool)
    source, output = _essential(tables, names, 0.0)
    while True:
        new = split.copy()
        np.logical_or.at(new, output, split[source])
        if (new == split).all():
            return names[split]
        split = new


def _smallest_sets(
    pool: pd.DataFrame, names: pd.Index, fraction: float, spared: Sequence[str]
) -> tuple[Ints, pd.DataFrame]:
    """Size of the smallest set of countries that makes `fraction` of each component, and the sets; by position."""
    rows = pool[~pool["origin"].isin(list(spared))].sort_values(
        ["component", "share", "origin"], ascending=[True, False, True]
    )
    before = rows.groupby("component")["share"].cumsum() - rows["share"]
    rows = rows.assign(rank=status_rank(rows["status"]))[before < fraction - _ENOUGH]
    sets = rows.groupby("component").agg(
        size=("origin", "size"), countries=("origin", ";".join), share=("share", "sum"), rank=("rank", "max")
    )
    sets = sets[sets["share"] >= fraction - _ENOUGH].reindex(names)
    return sets["size"].fillna(_NEVER).to_numpy(np.int64), sets.reset_index(drop=True)


def _spread_least(score: Ints, edges: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Least score of each component and all its inputs, plus one per tier; and the next step towards it."""
    least = score
    while True:
        new, via = _first_step(score, least, edges)
        if (new == least).all():
            return least, via
        least = new


def _first_step(score: Ints, below: Ints, edges: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Minimum of a component's own score and its inputs' scores plus one; and the position that gives it."""
    source, output = edges
    least = score.copy()
    np.minimum.at(least, output, below[source] + 1)
    via = np.arange(len(score))
    found = below[source] + 1 == least[output]
    via[output[found][::-1]] = source[found][::-1]
    via[score == least] = np.flatnonzero(score == least)
    return least, via


def _rows(
    names: pd.Index, score: Ints, first: Ints, via: Ints, own: pd.DataFrame, world: pd.DataFrame, fraction: float
) -> pd.DataFrame:
    """One row per component, found by following the steps to the component that gives the score."""
    here = np.arange(len(names))
    paths = np.asarray(names, object)
    current, step = here, first
    while (step != current).any():
        moved = step != current
        paths[moved] = paths[moved] + " < " + np.asarray(names, object)[step[moved]]
        current = step
        step = via[current]
    chosen = world.iloc[current].reset_index(drop=True).where(pd.Series(current != here), own)
    rank = chosen["rank"].fillna(len(STATUSES)).to_numpy(int)
    frame = pd.DataFrame({"component": names, "lost": fraction})
    frame["fewest"] = pd.array(score // _STEP, dtype="Int64")
    frame["choke"], frame["tier"], frame["path"] = names[current], score % _STEP, paths
    frame["countries"], frame["share"] = chosen["countries"].to_numpy(), chosen["share"].to_numpy(float)
    frame["status"] = np.array([*STATUSES, ""], object)[rank]
    never = (score // _STEP >= _NEVER).tolist()
    frame.loc[never, ["fewest", "choke", "countries", "share", "path", "status"]] = pd.NA
    frame["tier"] = frame["tier"].where(~pd.Series(never), 0)
    return frame.sort_values(["fewest", "share", "component"], ascending=[True, False, True], ignore_index=True)


def _check(tables: Tables, market: str | None, lost: Sequence[float], spared: Sequence[str]) -> None:
    faults = [f"lost {fraction} is not above 0 and up to 1" for fraction in lost if not 0 < fraction <= 1]
    unknown = sorted(set(spared) - set(tables.countries["iso3"]) - {REST})
    if unknown:
        faults.append(f"spared {', '.join(unknown)}: not in the table countries")
    markets = sorted(tables.sourcing["market"].unique())
    if market is not None and market not in markets:
        known = ", ".join(markets)
        faults.append(f"market {market} has no rows in the table sourcing; markets with rows: {known}")
    if faults or not len(lost):
        raise ConfigError("; ".join(faults) or "lost is empty: name a fraction of supply, for example 0.5")
