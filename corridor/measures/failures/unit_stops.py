"""Final needs that go unmet when a country, or one supplier with all its plants, stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints
from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.needs import final_matrix
from corridor.measures.supply.network import Network

_UNITS_AT_ONCE = 128
_SHORT = 0.01  # a market that lacks this fraction of a component is short of it
_ENOUGH = 1e-9
_TOLERANCE = 1e-12
_MOST_ROUNDS = 10_000


def unit_stops(
    tables: Tables, market: str | Sequence[str] = "IND", *, units: Literal["country", "supplier"] = "country"
) -> pd.DataFrame:
    """Final needs that go unmet when one unit stops all that it makes, for every unit.

    With k[c,o] the fraction of country o's deliveries of c that the unit makes, sigma the origins' shares, b(o)
    the buyer that makers in o buy as, and w[r] the routes' shares,

    ``S[c,m] = min(1, sum_o sigma[c,m,o] (k[c,o] + (1 - k[c,o]) sum_r w[r] max_{i in r} S[i,b(o)]))``

    and the loss is ``sum_{c,m} need[c,m] S[c,m]``: a maker stops with its worst essential input, buyers lose in
    proportion to their shares, nobody substitutes. For a country this equals :func:`corridor.measures.stop`.

    Parameters
    ----------
    tables
        As for :func:`corridor.exposure`, with ``demand``; for suppliers also ``suppliers`` and ``makes``.
    market
        Market or markets whose final needs count.
    units
        Countries (``ROW``, all unnamed ones, counts as one); or the named suppliers, who share their country's
        deliveries of a component equally: if few of a country's makers are named, each looks larger than it is.

    Returns
    -------
    pandas.DataFrame
        One row per unit, largest loss first: ``unit``; for suppliers ``firm`` and ``country``; ``components``
        (that it makes); ``loss_usd_m`` (a year) and ``loss_share`` of the final needs; ``direct_usd_m`` (loss of
        what is bought from the unit itself; the rest stops for lack of inputs); ``components_short``
        (components of which a market lacks 1 % or more).

    Raises
    ------
    ConfigError
        If a market has no rows in ``sourcing``, or there are no such units.
    """
    network = Network.of(tables)
    markets = [market] if isinstance(market, str) else list(market)
    lost = [name for name in markets if name not in network.buyers[:-1]]
    if lost:
        known = ", ".join(network.buyers[:-1])
        raise ConfigError(
            f"market {', '.join(lost)} has no rows in the table sourcing; markets with rows: {known}"
        )
    if units not in ("country", "supplier"):
        raise ConfigError(f"units {units!r} is neither country nor supplier")
    lines = _lines(tables, network, units)
    names = pd.Index(lines["unit"].unique()).sort_values()
    alike, lines = _alike(lines, names)
    need = _needs(tables, network, markets)
    sigma = np.stack([network.shares_of(buyer) for buyer in network.buyers], axis=-1)
    makers = network.by_maker(np.ones(sigma.shape[:2]))
    counted = network.buyers.isin(markets)
    groups = int(alike.max(initial=-1)) + 1
    found = np.zeros((3, groups))
    for first in range(0, groups, _UNITS_AT_ONCE):
        last = min(first + _UNITS_AT_ONCE, groups)
        some = lines[lines["unit"].between(first, last - 1)]
        at_once, stopped = _stopped(network, sigma, makers, some.assign(unit=some["unit"] - first), last - first)
        short = (stopped[..., counted] >= _SHORT - _ENOUGH).any(axis=-1).sum(axis=0)
        loss, direct = (np.einsum("cuk,ck->u", level, need) for level in (stopped, at_once))
        found[:, first:last] = loss, direct, short
    loss, direct, short = found[:, alike]
    made = np.bincount(lines["unit"], minlength=groups)[alike]
    frame = pd.DataFrame({"unit": names})
    if units == "supplier":
        frame = frame.join(tables.suppliers.set_index("id")[["firm", "country"]], on="unit")
    frame["components"] = made
    frame["loss_usd_m"], frame["loss_share"] = loss, loss / need.sum() if need.sum() else 0.0
    frame["direct_usd_m"], frame["components_short"] = direct, short.astype(int)
    return frame.sort_values(["loss_usd_m", "unit"], ascending=[False, True], ignore_index=True)


def _stopped(
    network: Network, sigma: Floats, makers: Floats, lines: pd.DataFrame, units: int
) -> tuple[Floats, Floats]:
    """Fraction of supply lost to each unit's stop, at first and in the end; shape (components, units, buyers)."""
    from scipy.sparse import csr_array

    recipes = network.recipes[network.recipes["essential"]]
    routes = recipes.drop_duplicates("line")
    starts = np.flatnonzero(~recipes.duplicated("line").to_numpy())
    weigh = csr_array(
        (routes["route_share"].to_numpy(float), (routes["output"].to_numpy(), np.arange(len(routes)))),
        shape=(len(sigma), len(routes)),
    )
    inputs = recipes["input"].to_numpy()
    component, origin, unit = (lines[name].to_numpy() for name in ("component", "origin", "unit"))
    taken = sigma[component, origin] * lines["fraction"].to_numpy(float)[:, None]
    buys_as = network.maker_buyer[origin]
    at_once = np.zeros((len(sigma), units, sigma.shape[2]))
    np.add.at(at_once, (component, unit), taken)
    state = at_once
    for _ in range(_MOST_ROUNDS if len(routes) else 0):
        worst = np.maximum.reduceat(state[inputs], starts, axis=0)
        dry = np.asarray(weigh @ worst.reshape(len(worst), -1)).reshape(state.shape)
        new = at_once + dry @ makers.transpose(0, 2, 1)
        # What has stopped with the unit cannot also run out of inputs.
        np.subtract.at(new, (component, unit), taken * dry[component, unit, buys_as][:, None])
        new = np.minimum(new, 1.0)
        change = float(np.abs(new - state).max(initial=0.0))
        state = new
        if change <= _TOLERANCE:
            break
    return at_once, state


def _alike(lines: pd.DataFrame, names: pd.Index) -> tuple[Ints, pd.DataFrame]:
    """Group number of each unit (units that make the same are one group), and the lines of one unit per group."""
    lines = lines.sort_values(["unit", "component", "origin"])
    key = lines["component"].astype(str) + "@" + lines["origin"].astype(str) + "*" + lines["fraction"].astype(str)
    number, _ = pd.factorize(key.groupby(lines["unit"]).agg(" ".join).reindex(names))
    first = pd.Series(number, names).drop_duplicates()
    kept = lines[lines["unit"].isin(first.index)]
    return number.astype(np.int64), kept.assign(unit=kept["unit"].map(first))


def _lines(tables: Tables, network: Network, units: str) -> pd.DataFrame:
    """What each unit makes: ``unit, component, origin`` (positions), ``fraction`` of the country's deliveries."""
    rows = network.sourcing.drop_duplicates(["component", "origin"])[["component", "origin"]]
    if units == "country":
        return rows.assign(unit=network.origins[rows["origin"]], fraction=1.0).reset_index(drop=True)
    made = tables.makes[["supplier", "component"]].drop_duplicates()
    country = made["supplier"].map(tables.suppliers.set_index("id")["country"])
    made = pd.DataFrame(
        {
            "unit": made["supplier"],
            "component": network.components.get_indexer(pd.Index(made["component"])),
            "origin": network.origins.get_indexer(pd.Index(country)),
        }
    )
    made = made.merge(rows, on=["component", "origin"])
    return made.assign(fraction=1.0 / made.groupby(["component", "origin"])["unit"].transform("size"))


def _needs(tables: Tables, network: Network, markets: Sequence[str]) -> Floats:
    """Final needs in US$ million, shape (components, buyers); 0 for buyers that are not among the markets."""
    return final_matrix(tables, network.components, network.buyers, markets)
