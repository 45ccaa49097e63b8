"""Exposure of markets to a group of countries: direct, by value through the bill of materials, and if it stops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats
from corridor.data.names import STATUSES
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.network import Network

_TOLERANCE = 1e-12
_MOST_ROUNDS = 10_000


def exposure(
    tables: Tables, market: str | Sequence[str] = "IND", target: Sequence[str] = ("CHN", "HKG", "MAC")
) -> pd.DataFrame:
    """Direct, net and stop exposure of every component in a market to a target group of countries.

    With sigma the share of an origin in the market's supply, omega the value share of an input, T the target:

    - direct ``D[c,m] = sum_{o in T} sigma[c,m,o]``
    - net (by value) ``N[c,m] = sum_o sigma[c,m,o] v[c,o]``, ``v = 1`` for o in T, else
      ``sum_i omega[i,c] N[i,o]``: the look-through of Baldwin, Freeman & Theodorakopoulos (2022)
    - stop ``S[c,m]`` as N, but a maker outside T stops with its worst essential input (Leontief), the routes of
      a component weighted by their use: the generalised Leontief idea of Diem et al. (2022)

    Parameters
    ----------
    tables
        Tables, with or without a plan applied to them.
    market
        One market or several; each must have rows in ``sourcing``.
    target
        Countries depended upon.

    Returns
    -------
    pandas.DataFrame
        One row per market and component, highest net exposure first within a market: ``market, component, direct,
        net, stop`` in 0..1, and ``reported, computed, inherited, assumed``: the fractions of the net exposure
        whose weakest link (a share or a recipe) has that status; they sum to 1.

    Raises
    ------
    ConfigError
        If a market has no sourcing or a target country is unknown.
    """
    markets = [market] if isinstance(market, str) else list(market)
    network = Network.of(tables)
    _check(tables, network, markets, target)
    return exposure_in(network, markets, target)


def exposure_in(network: Network, markets: Sequence[str], target: Sequence[str]) -> pd.DataFrame:
    """Result of :func:`exposure` on a network that is already built."""
    in_target = network.origins.isin(list(target))
    all_components = np.ones((len(network.components), 1))
    direct = network.from_origins(all_components * in_target)
    levels = [_net(network, in_target, rank) for rank in range(len(STATUSES))]
    net = levels[-1]
    stopped = stop(network, all_components * in_target)
    by_status = np.diff(np.stack([np.zeros_like(net), *levels]), axis=0)
    known = [network.from_origins(all_components * np.ones(len(network.origins)), rank) for rank in range(4)]
    shares_known = np.diff(np.stack([np.zeros_like(net), *known]), axis=0)
    # If nothing comes from the target, the statuses are those of the shares that say so.
    by_status = np.where(net > _TOLERANCE, by_status / np.where(net > _TOLERANCE, net, 1.0), shares_known)
    frames = []
    for name in markets:
        buyer = network.buyers.get_loc(name)
        frame = pd.DataFrame({"market": name, "component": network.components})
        frame["direct"], frame["net"], frame["stop"] = direct[:, buyer], net[:, buyer], stopped[:, buyer]
        for rank, status in enumerate(STATUSES):
            frame[status] = by_status[rank][:, buyer]
        frames.append(frame.sort_values(["net", "direct", "component"], ascending=[False, False, True]))
    return pd.concat(frames, ignore_index=True)


def stop(network: Network, cut: Floats, damping: Floats | float = 1.0, spare: float = 0.0) -> Floats:
    """Fraction of each buyer's supply that stops if origins cut deliveries and other makers run out of inputs.

    With x[c,o] the fraction of its deliveries that origin o cuts, C the origins that cut anything, a[h] the
    damping, u[c,r] the use of route r of c and e the spare sales, the least fixed point of

    - dry makers ``f[c,b] = sum_r u[c,r] max over essential inputs h of r of a[h] S[h,b]``, the
      fraction that makers buying as b cannot make
    - supply that stops ``S[c,b] = sum_o sigma[c,b,o] x[c,o] + sum_{o not in C} sigma[c,b,o] (f[c,b(o)] - e
      (1 - f[c,b(o)]))``, clipped to 0..1: makers that still run sell e beyond normal

    Parameters
    ----------
    network
        Sourcing and recipes.
    cut
        Fraction of its deliveries that each origin cuts, shape (..., components, origins). An origin that cuts
        anything is assumed to supply its own makers: they do not run out of inputs.
    damping
        Fraction of an input's shortage that reaches its users, shape (..., components) or one number. Stocks
        shorten a shortage: in a window of some months, ``1 - stock_months / months`` is left; substitution by
        makers leaves less.
    spare
        What origins that do not cut can deliver beyond normal, as a fraction of normal.

    Returns
    -------
    numpy.ndarray
        Shape (..., components, buyers), in 0..1.
    """
    return _spread(network, cut, damping, spare)[0]


def deliveries(network: Network, cut: Floats, damping: Floats | float = 1.0, spare: float = 0.0) -> Floats:
    """Fraction of its normal deliveries that each origin still makes; parameters as in :func:`stop`.

    Returns
    -------
    numpy.ndarray
        Shape (..., components, origins), in 0..1; spare deliveries are not counted.
    """
    of_maker = _spread(network, cut, damping, spare)[1]
    cutting = cut.any(axis=-2, keepdims=True)
    return np.where(cutting, 1.0 - cut, 1.0 - of_maker[..., network.maker_buyer])


def _spread(network: Network, cut: Floats, damping: Floats | float, spare: float) -> tuple[Floats, Floats]:
    """Fixed point of shortages of buyers and of makers (by the buyer that they buy as)."""
    cutting = cut.any(axis=-2, keepdims=True)
    others = np.broadcast_to(~cutting, cut.shape).astype(float)
    makers = network.by_maker(others)
    willing = network.from_origins(others)
    at_once = network.from_origins(cut)
    passed = np.broadcast_to(np.asarray(damping, float), cut.shape[:-1])[..., None]
    recipes = network.recipes[network.recipes["essential"]]
    line = recipes["line"].to_numpy()
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) if len(line) else line
    inputs = recipes["input"].to_numpy()
    output = recipes["output"].to_numpy()[starts]
    route_share = recipes["route_share"].to_numpy()[starts]
    of_maker = np.zeros_like(at_once)
    state = np.clip(at_once - spare * willing, 0.0, 1.0)
    for _ in range(_MOST_ROUNDS if len(line) else 0):
        shortage = state * passed
        worst = np.maximum.reduceat(shortage[..., inputs, :], starts, axis=-2) * route_share[:, None]
        of_maker = np.zeros_like(state)
        np.add.at(np.moveaxis(of_maker, -2, 0), output, np.moveaxis(worst, -2, 0))
        dry = (makers * of_maker[..., None, :]).sum(axis=-1)
        new = np.clip(at_once + dry - spare * (willing - dry), 0.0, 1.0)
        change = float(np.abs(new - state).max())
        state = new
        if change <= _TOLERANCE:
            break
    return state, of_maker


def _net(network: Network, in_target: Flags, worst_rank: int) -> Floats:
    """Net exposure carried by links at least as well known as `worst_rank`; shape (components, buyers)."""
    ones = np.ones((len(network.components), 1))
    direct = network.from_origins(ones * in_target, worst_rank)
    makers = network.by_maker(ones * ~in_target, worst_rank)
    recipes = network.recipes[network.recipes["rank"] <= worst_rank]
    inputs, output = recipes["input"].to_numpy(), recipes["output"].to_numpy()
    weight = (recipes["value_share"] * recipes["route_share"]).to_numpy()[:, None]
    state = direct
    for _ in range(_MOST_ROUNDS):
        content = np.zeros_like(state)
        np.add.at(content, output, state[inputs] * weight)
        new = direct + (makers * content[:, None, :]).sum(axis=-1)
        change = float(np.abs(new - state).max(initial=0.0))
        state = new
        if change <= _TOLERANCE:
            break
    return state


def _check(tables: Tables, network: Network, markets: Sequence[str], target: Sequence[str]) -> None:
    lost = [name for name in markets if name not in network.buyers]
    if lost:
        raise ConfigError(
            f"market {', '.join(lost)} has no rows in the table sourcing; markets with rows: "
            f"{', '.join(network.buyers[:-1])}. Fix: name one of these, or add its home shares to sourcing."
        )
    unknown = sorted(set(target) - set(tables.countries["iso3"]))
    if unknown or not len(target):
        raise ConfigError(
            f"target {', '.join(unknown) or 'is empty'}: not in the table countries. "
            "Fix: use ISO 3166-1 alpha-3 codes, for example CHN, HKG, MAC."
        )
