"""Final needs, counted once, of many draws of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.frames import Tables
from corridor.data.names import HOST
from corridor.measures.sampling.drawn_network import DrawnNetwork, Draws
from corridor.measures.sampling.drawn_shares import exchanged
from corridor.measures.sampling.figures import Figures
from corridor.measures.supply.bill import status_rank
from corridor.measures.supply.needs import Account, DemandRows, settle, settled_markets


@dataclass(frozen=True)
class _Rows:
    """Stated values and shares of a market, with the positions of their figures (-1: no range)."""

    rows: DemandRows
    value: Floats
    value_figure: Ints
    unlisted: Floats
    unlisted_figure: Ints


@dataclass(frozen=True)
class DrawnNeeds:
    """What is stated of every market's consumption and of the host's sales, on drawn figures.

    As :func:`~corridor.measures.supply.needs.accounts` is for one set of tables.

    Attributes
    ----------
    network
        Network with a group of countries for each market alone.
    groups
        Market -> number of its group; the host last.
    """

    network: DrawnNetwork
    groups: dict[str, int]
    rows: dict[str, _Rows]
    exports: pd.DataFrame

    @classmethod
    def of(
        cls, tables: Tables, figures: Figures, groups: Sequence[Sequence[str]], markets: Sequence[str]
    ) -> DrawnNeeds:
        """Arrays of the tables: a group of countries for each market is added to the groups."""
        alone = settled_markets(tables, markets)
        network = DrawnNetwork.of(tables, figures, [*groups, *([market] for market in alone)])
        numbers = {market: len(groups) + position for position, market in enumerate(alone)}
        value_figure, share_figure = (figures.numbers("demand", name) for name in ("value_usd_m", "unlisted"))
        stated = {}
        for market in alone:
            rows = DemandRows.of(tables, market)
            frame = tables.demand.iloc[rows.row]
            stated[market] = _Rows(
                rows,
                frame["value_usd_m"].to_numpy(float),
                value_figure[rows.row],
                frame["unlisted"].to_numpy(float),
                share_figure[rows.row],
            )
        exports = pd.DataFrame(
            {
                "market": tables.exports["market"].to_numpy(str),
                "component": pd.Index(tables.components["id"]).get_indexer(pd.Index(tables.exports["component"])),
                "value": tables.exports["value_usd_m"].to_numpy(float),
                "figure": figures.numbers("exports", "value_usd_m"),
                "growth": tables.exports["growth"].to_numpy(float),
            }
        )
        return cls(network, numbers, stated, exports)

    def accounts(self, drawn: Draws, values: Floats, ahead: Floats | float = 0.0) -> dict[str, Account]:
        """Market -> account with a column for each draw.

        Parameters
        ----------
        drawn
            ``network`` at the values.
        values
            Drawn figures, shape (figures, draws).
        ahead
            Years after those of the stated values: one number, or one per draw.
        """
        size, draws = drawn.shares.shape[0], values.shape[1]
        years = np.broadcast_to(np.asarray(ahead, float), (draws,))
        steps, buyers = drawn.steps(), set(self.network.sourcing.buyers)
        found: dict[str, Account] = {}
        for market, group in self.groups.items():
            one = self.rows[market]
            value = exchanged(one.value, one.value_figure, values) * (1.0 + one.rows.growth[:, None]) ** years
            stated = one.rows.stated(size, value, exchanged(one.unlisted, one.unlisted_figure, values))
            home = drawn.share_of(market, group) if market in buyers else np.zeros((size, 1))
            sent = np.zeros((size, draws))
            if market == HOST:
                for sold in self._sold(drawn, found, values, years).values():
                    sent += sold
            found[market] = settle(stated, home, sent, steps)
        return found

    def _sold(self, drawn: Draws, abroad: dict[str, Account], values: Floats, years: Floats) -> dict[str, Floats]:
        buyers, group = set(self.network.sourcing.buyers), self.groups[HOST]
        out = {
            market: drawn.share_of(market, group) * account.need
            for market, account in abroad.items()
            if market in buyers
        }
        for buyer, rows in self.exports.groupby("market", sort=True):
            amount = out.setdefault(str(buyer), np.zeros((len(drawn.shares), values.shape[1])))
            value = exchanged(rows["value"].to_numpy(float), rows["figure"].to_numpy(int), values)
            amount[rows["component"].to_numpy(int)] = (
                value * (1.0 + rows["growth"].to_numpy(float)[:, None]) ** years
            )
        return out


def known_needs(tables: Tables, markets: Sequence[str], worst_rank: int) -> Flags:
    """Whether the row of ``demand`` has a status that ranks no worse, or there is none; (components, markets)."""
    out = np.ones((len(tables.components), len(markets)), dtype=bool)
    bad = tables.demand[status_rank(tables.demand["status"]) > worst_rank]
    market = pd.Index(markets).get_indexer(pd.Index(bad["market"]))
    component = pd.Index(tables.components["id"]).get_indexer(pd.Index(bad["component"]))
    out[component[market >= 0], market[market >= 0]] = False
    return out
