"""Exposure of markets to each country separately, for all countries at once; used by the world map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.network import Network

_TOLERANCE = 1e-10
_MOST_ROUNDS = 10_000
#: Origins solved together: limits the memory to about ten million numbers.
_AT_ONCE = 64


def exposure_by_origin(
    tables: Tables, markets: Sequence[str], origins: Sequence[str] | None = None
) -> pd.DataFrame:
    """Direct, net and stop exposure of every component in every market to each single country.

    The same as :func:`corridor.exposure` with each country in turn as the target, solved for all at once. With
    sigma the share of an origin in the supply of buyer b, o the country in turn, m(p) the buyer that makers in p
    buy as, and omega the value share of an input:

    - direct ``D[o,c,b] = sigma[c,b,o]``
    - net ``N[o,c,b] = sigma[c,b,o] + sum_{p != o} sigma[c,b,p] sum_i omega[i,c] N[o,i,m(p)]``
    - stop: as net, with the worst essential input of each route instead of the sum.

    Parameters
    ----------
    tables
        Tables, with or without a plan applied to them.
    markets
        Markets with rows in ``sourcing``.
    origins
        Countries; every origin of the tables if left out.

    Returns
    -------
    pandas.DataFrame
        ``market, component, origin, direct, net, stop`` (0..1), without rows in which all three are 0. Countries
        overlap: what is made in one country from another's inputs counts for both, so they do not sum to 1.

    Raises
    ------
    ConfigError
        If a market has no sourcing or an origin is not in the tables.

    Notes
    -----
    Baldwin, Freeman & Theodorakopoulos (2022), NBER working paper 30525, for the look-through.
    """
    network = Network.of(tables)
    wanted = list(network.origins) if origins is None else list(origins)
    lost = [name for name in markets if name not in network.buyers] + sorted(set(wanted) - set(network.origins))
    if lost:
        raise ConfigError(
            f"{', '.join(lost)}: not a market or origin of the tables. Fix: name countries that have rows in "
            "sourcing (markets) or in supply, trade or sourcing (origins)."
        )
    share = np.stack([network.shares_of(str(buyer)) for buyer in network.buyers], axis=1)
    origin_index = network.origins.get_indexer(pd.Index(wanted))
    columns = network.buyers.get_indexer(pd.Index(markets)).tolist()
    frames = []
    for start in range(0, len(origin_index), _AT_ONCE):
        chunk = origin_index[start : start + _AT_ONCE]
        direct = np.ascontiguousarray(np.moveaxis(share[:, :, chunk], 2, 1))
        makers = _makers(network, share, chunk)
        net = _solve(direct, makers, _by_value(network))
        stop = _solve(direct, makers, _by_worst(network))
        frames += [
            _rows(network, chunk, name, column, direct, net, stop)
            for name, column in zip(markets, columns, strict=True)
        ]
    return pd.concat(frames, ignore_index=True).sort_values(["market", "component", "origin"], ignore_index=True)


def _makers(network: Network, share: Floats, chunk: np.ndarray) -> Floats:
    """Shares of buyers' supply by the buyer that its makers buy as, without the origin in turn.

    Shape (components, origins in turn, buyers, buyers as makers).
    """
    count = len(network.buyers)
    as_buyer = np.eye(count)[network.maker_buyer]
    of_all = share @ as_buyer
    own = np.moveaxis(share[:, :, chunk], 2, 1)[..., None] * as_buyer[chunk][None, :, None, :]
    return np.asarray(of_all[:, None, :, :] - own)


def _by_value(network: Network) -> sparse.csr_array:
    recipes = network.recipes
    weight = (recipes["value_share"] * recipes["route_share"]).to_numpy(float)
    size = len(network.components)
    return sparse.csr_array((weight, (recipes["output"], recipes["input"])), shape=(size, size))


def _by_worst(network: Network) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
    """Essential inputs by line, first row of each line, and the lines' weight in their output."""
    recipes = network.recipes[network.recipes["essential"]]
    line = recipes["line"].to_numpy()
    starts = np.flatnonzero(np.r_[True, line[1:] != line[:-1]]) if len(line) else line
    first = recipes.iloc[starts]
    to_output = sparse.csr_array(
        (first["route_share"].to_numpy(float), (first["output"], np.arange(len(starts)))),
        shape=(len(network.components), len(starts)),
    )
    return recipes["input"].to_numpy(), starts, to_output


def _solve(
    direct: Floats, makers: Floats, inputs: sparse.csr_array | tuple[np.ndarray, np.ndarray, sparse.csr_array]
) -> Floats:
    """Least fixed point of ``x = direct + makers . content(x)``; shape (components, origins, buyers)."""
    state = direct
    size = len(state)
    for _ in range(_MOST_ROUNDS):
        flat = state.reshape(size, -1)
        if isinstance(inputs, tuple):
            used, starts, to_output = inputs
            if not len(starts):
                return state
            content = to_output @ np.maximum.reduceat(flat[used], starts, axis=0)
        else:
            content = inputs @ flat
        new = direct + np.einsum("cobm,com->cob", makers, content.reshape(state.shape))
        new = np.clip(new, 0.0, 1.0)
        change = float(np.abs(new - state).max(initial=0.0))
        state = new
        if change <= _TOLERANCE:
            break
    return state


def _rows(
    network: Network, chunk: np.ndarray, market: str, column: int, direct: Floats, net: Floats, stop: Floats
) -> pd.DataFrame:
    kinds = [values[:, :, column] for values in (direct, net, stop)]
    component, origin = np.nonzero(np.maximum.reduce(kinds) > _TOLERANCE)
    frame = pd.DataFrame(
        {
            "market": market,
            "component": network.components[component],
            "origin": network.origins[chunk[origin]],
        }
    )
    for name, values in zip(("direct", "net", "stop"), kinds, strict=True):
        frame[name] = values[component, origin]
    return frame
