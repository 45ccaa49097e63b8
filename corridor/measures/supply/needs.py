"""Final need of every market, counted once: what is inside listed products made there is no need of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.names import HOST
from corridor.data.tables import Tables
from corridor.measures.supply.bill import bill
from corridor.measures.supply.sourcing import share_rows, world_shares

#: Values of the column ``covers`` of ``demand``.
ALL, UNLISTED = "all", "unlisted"


@dataclass(frozen=True)
class Step:
    """Recipes of outputs at the same distance from raw materials: an entry for each line.

    ``weight`` is the US$ of input per US$ of output, of all routes, shape (lines, 1) or (lines, columns).
    """

    outputs: Ints
    inputs: Ints
    weight: Floats


@dataclass(frozen=True)
class Stated:
    """What ``demand`` states of one market; shape (components, columns), columns are years or draws.

    Attributes
    ----------
    value
        US$ M a year, 0 where nothing is stated.
    unlisted
        Largest share of `value` that unlisted users and repair take, 1 where nothing is stated.
    partial
        Whether `value` is only what unlisted users and repair take, shape (components, 1).
    """

    value: Floats
    unlisted: Floats
    partial: Flags


@dataclass(frozen=True)
class Account:
    """What one market consumes, uses, needs and makes, US$ M a year, every array of shape (components, columns).

    Attributes
    ----------
    consumption
        Apparent consumption: stated, 0 where nothing is stated.
    use
        What its makers put into listed products.
    need
        The larger of the two.
    made
        What its makers make: home share x need, and what they sell abroad.
    final
        Final need: what is not in listed products made there, and known to be used otherwise.
    """

    consumption: Floats
    use: Floats
    need: Floats
    made: Floats
    final: Floats

    @property
    def listed(self) -> Floats:
        """Need of listed makers there and final need: what a shortage is counted on."""
        found: Floats = self.use + self.final
        return found

    @property
    def overshoot(self) -> Floats:
        """Use in listed products beyond the stated consumption: one of the two figures is wrong."""
        over: Floats = np.where(self.consumption > 0, np.maximum(self.use - self.consumption, 0.0), 0.0)
        return over

    @property
    def not_found(self) -> Floats:
        """Consumption that is neither used in listed products here nor said to be used otherwise."""
        left: Floats = self.need - self.use - self.final
        return left


def settle(stated: Stated, home: Floats, sent: Floats, steps: Iterable[Step]) -> Account:
    """One pass from products to ores.

    With A consumption, h home share, X what the makers sell abroad:

    - ``use[c] = sum over products p of content[c,p] made[p]``
    - ``need[c] = max(A[c], use[c])``; ``A[c] = value[c] + use[c]`` where the stated value is only what unlisted
      users and repair take
    - ``made[c] = h[c] need[c] + X[c]``
    - ``final[c] = min(need[c] - use[c], unlisted[c] A[c])``

    Parameters
    ----------
    stated
        Consumption of the market.
    home
        Share of the market's need that is made there, shape (components, columns) or (components, 1).
    sent
        What its makers sell abroad, US$ M a year, same shapes.
    steps
        Recipes, those of products first: an input comes in a later step than its outputs.
    """
    value = stated.value
    use = np.zeros(np.broadcast_shapes(value.shape, home.shape, sent.shape))
    for step in steps:
        at = step.outputs
        need = np.maximum(value[at] + np.where(stated.partial[at], use[at], 0.0), use[at])
        np.add.at(use, step.inputs, (home[at] * need + sent[at]) * step.weight)
    consumption = value + np.where(stated.partial, use, 0.0)
    need = np.maximum(consumption, use)
    most = np.where(stated.partial, value, stated.unlisted * value)
    return Account(consumption, use, need, home * need + sent, np.minimum(need - use, most))


def depths(outputs: Ints, inputs: Ints, size: int) -> Ints:
    """Lines in the longest chain of inputs below each component, shape (size,); recipes must hold no cycle."""
    depth = np.zeros(size, dtype=int)
    for _ in range(size):
        new = depth.copy()
        np.maximum.at(new, outputs, depth[inputs] + 1)
        if (new == depth).all():
            break
        depth = new
    return depth


def recipe_steps(tables: Tables) -> list[Step]:
    """Recipes of the tables as steps of :func:`settle`."""
    lines = bill(tables)
    components = pd.Index(tables.components["id"])
    outputs = components.get_indexer(pd.Index(lines["output"])).astype(np.int64)
    inputs = components.get_indexer(pd.Index(lines["input"])).astype(np.int64)
    weight = (lines["value_share"] * lines["route_share"]).to_numpy(float)[:, None]
    depth = depths(outputs, inputs, len(components))[outputs]
    found = []
    for level in sorted(set(depth.tolist()), reverse=True):
        here = depth == level
        found.append(Step(outputs[here], inputs[here], weight[here]))
    return found


@dataclass(frozen=True)
class DemandRows:
    """Rows of ``demand`` as arrays: position of component, ``market``, ``growth``, ``unlisted``, ``partial``."""

    row: Ints
    component: Ints
    growth: Floats
    partial: Flags

    @classmethod
    def of(cls, tables: Tables, market: str) -> DemandRows:
        """Rows of a market; ``row`` is the position in ``demand``."""
        frame = tables.demand.reset_index(drop=True)
        rows = frame[frame["market"] == market]
        return cls(
            rows.index.to_numpy(),
            pd.Index(tables.components["id"]).get_indexer(pd.Index(rows["component"])),
            rows["growth"].to_numpy(float),
            (rows["covers"] == UNLISTED).to_numpy(bool),
        )

    def stated(self, size: int, value: Floats, unlisted: Floats) -> Stated:
        """Arrays of :func:`settle` from values and shares of the rows, shape (rows, columns)."""
        amount, share = np.zeros((size, value.shape[1])), np.ones((size, unlisted.shape[1]))
        partial = np.zeros((size, 1), dtype=bool)
        amount[self.component], share[self.component] = value, unlisted
        partial[self.component, 0] = self.partial
        return Stated(amount, share, partial)


def home_shares(tables: Tables, market: str) -> Floats:
    """Share of a market's need that is made there, shape (components,); 0 where ``sourcing`` does not say."""
    rows = tables.sourcing[(tables.sourcing["market"] == market) & (tables.sourcing["origin"] == market)]
    share = rows.set_index("component")["share"].astype(float)
    return np.asarray(share.reindex(pd.Index(tables.components["id"]), fill_value=0.0), dtype=float)


def settled_markets(tables: Tables, markets: Iterable[str] = ()) -> list[str]:
    """Markets that ``demand`` names, those given, and the host, which comes last: it sells to the others."""
    return sorted({*tables.demand["market"], *markets, HOST}, key=lambda name: (name == HOST, name))


def accounts(
    tables: Tables, years: Sequence[int] | None = None, *, base_year: int = 0, markets: Iterable[str] = ()
) -> dict[str, Account]:
    """Accounts of every market that ``demand`` names, of those given and of the host; a column for each year.

    The host makes what it sells to other markets too: its share of their supply times their need, or what
    ``exports`` records; and what ``exports`` records of buyers that are no market.

    Parameters
    ----------
    tables
        Needs ``demand``, ``exports``, ``sourcing``, ``trade``, ``codes``, ``supply``, ``recipes``, ``components``.
    years, base_year
        Years of the columns, and the year to which the stated values belong; without years one column, as stated.
    markets
        Markets beside those of ``demand``.

    Returns
    -------
    dict
        Market -> :class:`Account`.
    """
    ahead = np.zeros(1) if years is None else np.asarray(years, float) - base_year
    steps, size = recipe_steps(tables), len(tables.components)
    found: dict[str, Account] = {}
    for market in settled_markets(tables, markets):
        rows = DemandRows.of(tables, market)
        frame = tables.demand.iloc[rows.row]
        value = frame["value_usd_m"].to_numpy(float)[:, None] * (1.0 + rows.growth[:, None]) ** ahead
        stated = rows.stated(size, value, frame["unlisted"].to_numpy(float)[:, None])
        sold = sum(exported(tables, found, ahead).values(), np.zeros((size, 1))) if market == HOST else None
        sent = np.zeros((size, 1)) if sold is None else sold
        found[market] = settle(stated, home_shares(tables, market)[:, None], sent, steps)
    return found


def exported(tables: Tables, abroad: Mapping[str, Account], ahead: Floats) -> dict[str, Floats]:
    """What the host sells to each buyer, US$ M a year, buyer -> (components, columns).

    Parameters
    ----------
    abroad
        Accounts of the markets abroad; a market without sourcing buys nothing here unless ``exports`` says so.
    ahead
        Years after those of the stated values, shape (columns,).
    """
    names = pd.Index(tables.components["id"])
    out: dict[str, Floats] = {}
    for market, account in abroad.items():
        out[market] = host_shares(tables, market)[:, None] * account.need
    for buyer, rows in tables.exports.groupby("market", sort=True):
        amount = out.setdefault(str(buyer), np.zeros((len(names), len(ahead))))
        growth = rows["growth"].to_numpy(float)[:, None]
        amount[names.get_indexer(pd.Index(rows["component"]))] = (
            rows["value_usd_m"].to_numpy(float)[:, None] * (1.0 + growth) ** ahead
        )
    return out


_HOST_SHARES: WeakKeyDictionary[Tables, dict[str, Floats]] = WeakKeyDictionary()


def host_shares(tables: Tables, market: str) -> Floats:
    """Share of the host in another market's supply, shape (components,); kept: tables are never edited."""
    kept = _HOST_SHARES.setdefault(tables, {})
    if market not in kept:
        rows = (
            share_rows(tables, market, world_shares(tables)) if market in set(tables.sourcing["market"]) else None
        )
        share = (
            pd.Series(dtype=float)
            if rows is None
            else rows[rows["origin"] == HOST].set_index("component")["share"]
        )
        kept[market] = share.reindex(pd.Index(tables.components["id"]), fill_value=0.0).to_numpy(float)
    return kept[market]


_AS_STATED: WeakKeyDictionary[Tables, dict[str, Account]] = WeakKeyDictionary()


def _as_stated(tables: Tables) -> dict[str, Account]:
    """:func:`accounts` without growth; kept: tables are never edited."""
    if tables not in _AS_STATED:
        _AS_STATED[tables] = accounts(tables)
    return _AS_STATED[tables]


def final_needs(tables: Tables, market: str | None = None) -> pd.DataFrame:
    """Final needs of the markets, counted once, and what they follow from (:func:`settle`).

    Parameters
    ----------
    tables
        As for :func:`accounts`.
    market
        One market; all if left out.

    Returns
    -------
    pandas.DataFrame
        ``market, component`` and in US$ M a year, as stated without growth: ``consumption_usd_m`` (0 where not
        stated), ``use_usd_m`` (in listed products made there), ``need_usd_m``, ``made_usd_m``, ``final_usd_m``,
        ``overshoot_usd_m`` (use beyond consumption) and ``not_found_usd_m`` (consumption that no listed product
        made there uses, and no unlisted user either); sorted, one row per market and component that is
        needed or made.
    """
    frames = []
    names = tables.components["id"].to_numpy()
    for name, account in sorted(_as_stated(tables).items()):
        if market not in (None, name):
            continue
        columns = ("consumption", "use", "need", "made", "final", "overshoot", "not_found")
        rows = pd.DataFrame({f"{column}_usd_m": getattr(account, column)[:, 0] for column in columns})
        rows.insert(0, "component", names)
        rows.insert(0, "market", name)
        frames.append(rows[(rows["need_usd_m"] > 0) | (rows["made_usd_m"] > 0)])
    out = pd.concat(frames) if frames else pd.DataFrame(columns=["market", "component", "final_usd_m"])
    return out.sort_values(["market", "component"], ignore_index=True)


def final_by_component(tables: Tables, market: str) -> pd.Series:
    """Final need of a market, US$ M a year by component; only components of which any is left."""
    rows = final_needs(tables, market)
    rows = rows[rows["final_usd_m"] > 0]
    return rows.set_index("component")["final_usd_m"].astype(float)


def final_matrix(tables: Tables, components: pd.Index, buyers: pd.Index, markets: Iterable[str]) -> Floats:
    """Final needs of some markets, US$ M a year, shape (components, buyers); 0 for other buyers."""
    out = np.zeros((len(components), len(buyers)))
    wanted = set(markets)
    for name, account in _as_stated(tables).items():
        if name in wanted and name in buyers:
            out[:, buyers.get_loc(name)] = account.final[:, 0]
    return out
