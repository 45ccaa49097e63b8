"""The economic systemic risk index: how far the failure of a node spreads through a supply network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints, Shorts
from corridor.errors import ConfigError
from corridor.measures.cascades.inputs import check_edges, check_essential, check_nodes, check_shock
from corridor.parallel import each

Direction = Literal["both", "down", "up"]

_CHUNKS = 64  # chunks of scenarios handed to the workers: enough to keep all of them busy to the end


def cascade(
    edges: pd.DataFrame,
    nodes: pd.DataFrame,
    essential: pd.DataFrame | str,
    *,
    shock: pd.DataFrame | Sequence[object] | None = None,
    replaceability: bool = False,
    direction: Direction = "both",
    tolerance: float = 1e-2,
    max_rounds: int = 1_000_000,
    revenue_and_cost: bool = True,
    workers: int | None = None,
) -> pd.DataFrame:
    r"""Economic systemic risk index (ESRI) of nodes or of shocks, in any supply network.

    With W[i,j] what i sells to j, p the sector of a node, s its sales (row sum of W), e[k,l] how much makers of
    sector l need sector k, psi the capacity that a shock leaves:

    - downstream impact ``D[i,j] = W[i,j] / sum_{l: p_l = p_i} W[l,j]`` if e is essential, ``W[i,j] / sum_l
      W[l,j]`` if it is replaceable (the sum runs over all suppliers), 0 if it is none; times purchases of j
      over cost of j if costs are given
    - upstream impact ``U[i,j] = W[i,j] / s_i``, or over the revenue of i if revenues are given: the rest is
      final demand, which is not lost
    - replaceability ``sigma_i(t) = min(1, s_i / sum_{l in market of i} s_l h^d_l(t))``, 1 if the market sells
      1e-10 or less; always 1 without replaceability
    - inputs ``Pi_jk(t) = 1 - sum_{i: p_i = k} D[i,j] sigma_i(t) (1 - h^d_i(t))``
    - downstream ``h^d_j(t+1) = max(0, min(min_{k essential} Pi_jk, 1 - sum_{k replaceable} (1 - Pi_jk), psi_j))``
    - upstream ``h^u_i(t+1) = max(0, min(1 - sum_j U[i,j] (1 - h^u_j(t)), psi_i))``

    from ``h(0) = psi``, until no level of either direction falls by more than the tolerance in a round. Then
    ``ESRI = sum_j w_j (1 - min(h^d_j, h^u_j))`` with w the shares in all sales.

    Parameters
    ----------
    edges
        ``supplier, customer, value`` (any one currency). Rows of the same pair are added up. A node that sells to
        itself is its own supplier and customer like any other.
    nodes
        ``id, sector``; optional: ``market`` (who can step in for whom; the sector if left out), ``weight`` (in the
        index; sales if left out), ``revenue`` and ``cost`` (same currency as value; a missing figure means that
        sales, or purchases, are all). A node without sales weighs nothing and is not drawn down by its customers.
    essential
        ``input_sector, output_sector, kind`` with kind ``essential``, ``replaceable`` or ``none``; pairs that are
        left out are none. Every sector of `nodes` must be named in it. Or one kind for all pairs.
    shock
        None: each node closes alone. A list of nodes: each of these closes alone. A table: ``node, remaining``
        (0..1 of its capacity), optional ``scenario`` (several shocks in one table) and ``remaining_up`` (if what a
        node still buys differs from what it still makes).
    replaceability
        Whether the market share of a failing supplier limits what its customers lose; off by default, as in the
        authors' GL_cascade (package GLcascade): with it the index is smaller.
    direction
        Spread to customers (down), to suppliers (up), or both, as published. With one direction,
        rounds are counted and the run stops by that direction only.
    tolerance
        A run stops when no level falls by more than this; 0.01 as published. In a network that sells
        everything to itself, losses upstream converge to all or nothing, and this value decides the result: give
        revenues.
    max_rounds
        Rounds after which a run stops in any case, reported as not settled; the published code has no such limit.
        Networks that settle slowly are rare: a run needs a few rounds, but there are cases that need 300,000.
    revenue_and_cost
        Whether the columns ``revenue`` and ``cost`` count.
    workers
        Threads; as many as processors if left out.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, in the order given: ``scenario`` (the node, if it closes alone), ``esri``,
        ``down``, ``up`` (the index with the levels of one direction only; missing if it was not run), all
        0..1, ``rounds``, and ``settled`` (whether the tolerance ended the run).

    Raises
    ------
    DataError
        If a table has faults; the message lists them all.
    ConfigError
        If an option is not one of those above.

    Notes
    -----
    Diem, Borsos, Reisch, Kertész & Thurner (2022), "Quantifying firm-level economic systemic risk from
    nation-wide supply networks", Scientific Reports 12:7719, doi:10.1038/s41598-022-11522-z.

    Checked against public code: the tutorial and calls of the authors' R packages GLcascade and fastcascade
    0.9.3.1 (orientation of W, all suppliers in the denominator of replaceable inputs, revenue and market
    arguments); a public transcription of the loop of fastcascade (start at psi, both directions in one loop, stop
    by the largest fall, the index as the weighted loss of the lower level); and the test suite of ESRIcascade.jl,
    whose values computed with fastcascade (6 nodes, mixed kinds, replaceability) are reproduced to 1e-12.
    """
    network = SupplyNetwork.of(edges, nodes, essential, revenue_and_cost=revenue_and_cost)
    return network.index(
        shock,
        replaceability=replaceability,
        direction=direction,
        tolerance=tolerance,
        max_rounds=max_rounds,
        workers=workers,
    )


@dataclass(frozen=True)
class SupplyNetwork:
    """A supply network as arrays, for many cascades; :func:`cascade` explains the tables and symbols.

    Attributes
    ----------
    ids
        Nodes; their positions are the node numbers used below.
    sales, weight, market
        Row sums of W, weights in the index (sum 1), number of the market; shape (nodes,).
    buys
        Rows by customer: start of each customer's rows, end of those that matter downstream (the others follow
        them), supplier, downstream impact, sector of the supplier, essential or not. Rows of a sector are
        adjacent.
    sells
        Rows by supplier: start of each supplier's rows, customer, upstream impact.
    """

    ids: pd.Index
    sales: Floats
    weight: Floats
    market: Ints
    buys: tuple[Ints, Ints, Shorts, Floats, Shorts, Flags]
    sells: tuple[Ints, Shorts, Floats]

    @classmethod
    def of(
        cls,
        edges: pd.DataFrame,
        nodes: pd.DataFrame,
        essential: pd.DataFrame | str,
        *,
        revenue_and_cost: bool = True,
    ) -> SupplyNetwork:
        """Check the tables and turn them into arrays; parameters and errors as in :func:`cascade`."""
        nodes = check_nodes(nodes)
        ids, count = pd.Index(nodes["id"]), len(nodes)
        supplier, customer, value = _add_up(*check_edges(edges, ids), count)
        sector, sectors = pd.factorize(nodes["sector"])
        market = pd.factorize(nodes["market"])[0] if "market" in nodes else sector
        kind = _kinds(check_essential(essential, sectors), sectors, sector[supplier], sector[customer])
        sales: Floats = np.bincount(supplier, value, count).astype(float)
        purchases = np.bincount(customer, value, count)
        weight: Floats = nodes["weight"].to_numpy(float) if "weight" in nodes else sales
        # Rows of a customer: those that matter first, sector by sector.
        row_sector = np.where(kind > 0, sector[supplier], len(sectors))
        order = np.argsort(customer * (len(sectors) + 1) + row_sector, kind="stable")
        by_customer, by_sector = customer[order], row_sector[order]
        from_sector = _group_sums(by_customer * (len(sectors) + 1) + by_sector, value[order])
        leontief = kind[order] == 2
        over = np.where(leontief, from_sector, purchases[by_customer])
        impact = np.where(kind[order] > 0, value[order] / np.where(over > 0, over, 1.0), 0.0)
        if revenue_and_cost and "cost" in nodes:
            cost = nodes["cost"].to_numpy(float)
            impact *= np.where(np.isnan(cost), 1.0, purchases / cost)[by_customer]
        revenue = sales
        if revenue_and_cost and "revenue" in nodes:
            revenue = nodes["revenue"].fillna(pd.Series(sales)).to_numpy(float)
        buy_start = _starts(by_customer, count)
        ends = buy_start[:-1] + np.bincount(by_customer, kind[order] > 0, count).astype(np.int64)
        return cls(
            ids,
            sales,
            weight / (weight.sum() or 1.0),
            market.astype(np.int64),
            (buy_start, ends, supplier[order].astype(np.int32), impact, by_sector.astype(np.int32), leontief),
            (
                _starts(supplier, count),
                customer.astype(np.int32),
                value / np.where(revenue > 0, revenue, 1.0)[supplier],
            ),
        )

    def index(
        self,
        shock: pd.DataFrame | Sequence[object] | None = None,
        *,
        replaceability: bool = False,
        direction: Direction = "both",
        tolerance: float = 1e-2,
        max_rounds: int = 1_000_000,
        workers: int | None = None,
    ) -> pd.DataFrame:
        """Index of each scenario; parameters and result as in :func:`cascade`."""
        names, shocks = self._scenarios(shock)
        rules = _rules(direction, replaceability, tolerance, max_rounds)
        index, rounds, _ = self._run(shocks, len(names), rules, workers, states=False)
        down, up = (index[:, column] if rules[column - 1] else np.nan for column in (1, 2))
        result = pd.DataFrame({"scenario": names, "esri": index[:, 0], "down": down, "up": up})
        return result.assign(rounds=np.abs(rounds), settled=rounds > 0)

    def levels(
        self,
        shock: pd.DataFrame | Sequence[object] | None = None,
        *,
        replaceability: bool = False,
        direction: Direction = "both",
        tolerance: float = 1e-2,
        max_rounds: int = 1_000_000,
        workers: int | None = None,
    ) -> pd.DataFrame:
        """Capacity left of every node at the end of each scenario; parameters as in :func:`cascade`.

        Returns
        -------
        pandas.DataFrame
            One row per scenario and node: ``scenario, node, down, up`` (h of each direction, 0..1; 1 if it
            was not run). Every scenario takes 16 bytes per node: name only the scenarios that you need.
        """
        names, shocks = self._scenarios(shock)
        rules = _rules(direction, replaceability, tolerance, max_rounds)
        states = self._run(shocks, len(names), rules, workers, states=True)[2]
        return pd.DataFrame(
            {
                "scenario": np.repeat(np.asarray(names), len(self.ids)),
                "node": np.tile(np.asarray(self.ids), len(names)),
                "down": states[:, 0, :].ravel(),
                "up": states[:, 1, :].ravel(),
            }
        )

    def _scenarios(
        self, shock: pd.DataFrame | Sequence[object] | None
    ) -> tuple[pd.Index, tuple[Ints, Ints, Floats, Floats]]:
        """Names of the scenarios, and their rows by scenario: start, node, capacity left downstream, upstream."""
        if not isinstance(shock, pd.DataFrame):
            alone = self.ids if shock is None else pd.Index(list(shock))
            shock = pd.DataFrame({"scenario": alone, "node": alone, "remaining": 0.0})
        rows = check_shock(shock, self.ids)
        number, names = pd.factorize(rows["scenario"])
        order = np.argsort(number, kind="stable")
        rows = rows.iloc[order]
        node = self.ids.get_indexer(pd.Index(rows["node"])).astype(np.int64)
        down, up = rows["remaining"].to_numpy(float), rows["remaining_up"].to_numpy(float)
        return pd.Index(names), (_starts(number[order], len(names)), node, down, up)

    def _run(
        self,
        shocks: tuple[Ints, Ints, Floats, Floats],
        scenarios: int,
        rules: tuple[bool, bool, bool, float, int],
        workers: int | None,
        *,
        states: bool,
    ) -> tuple[Floats, Ints, Floats]:
        from corridor.measures.cascades.kernel import run

        index, rounds = np.zeros((scenarios, 3)), np.zeros(scenarios, np.int64)
        levels = np.empty((scenarios if states else 0, 2, len(self.ids)))
        members = np.argsort(self.market, kind="stable")
        markets = int(self.market.max(initial=-1)) + 1
        market = (self.market, _starts(self.market[members], markets), members, self.sales)
        start, node, down, up = shocks
        shocks = start, node, down if rules[0] else np.ones_like(down), up if rules[1] else np.ones_like(up)
        cuts = np.unique(np.linspace(0, scenarios, _CHUNKS + 1).astype(int)).tolist()

        def run_chunk(chunk: tuple[int, int]) -> None:
            run(self.buys, self.sells, market, self.weight, shocks, rules, *chunk, index, rounds, levels)

        for _ in each(run_chunk, list(pairwise(cuts)), workers=workers, threads=True):
            pass
        return index, rounds, levels


def _rules(
    direction: str, replaceability: bool, tolerance: float, max_rounds: int
) -> tuple[bool, bool, bool, float, int]:
    if direction not in ("both", "down", "up"):
        raise ConfigError(f"direction {direction!r} is not one of both, down, up")
    if not tolerance >= 0 or max_rounds < 1:
        raise ConfigError(f"tolerance {tolerance} must be 0 or more, and max_rounds {max_rounds} 1 or more")
    return direction != "up", direction != "down", replaceability, float(tolerance), int(max_rounds)


def _add_up(supplier: Ints, customer: Ints, value: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    """Rows by supplier and customer, each pair once; pairs that exchange nothing are dropped."""
    from scipy.sparse import csr_array

    matrix = csr_array((value, (supplier, customer)), shape=(count, count))
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    rows = np.repeat(np.arange(count, dtype=np.int64), np.diff(matrix.indptr))
    return rows, matrix.indices.astype(np.int64), matrix.data


def _kinds(essential: pd.DataFrame | int, sectors: pd.Index, seller: Ints, buyer: Ints) -> Ints:
    """Kind of each row, 2 essential, 1 replaceable, 0 none, by the sectors of its two ends."""
    if isinstance(essential, int):
        return np.full(len(seller), essential, np.int64)
    ends = (sectors.get_indexer(pd.Index(essential[name])) for name in ("input_sector", "output_sector"))
    first, second = ends
    known = (first >= 0) & (second >= 0)
    pairs = first[known] * len(sectors) + second[known]
    order = np.argsort(pairs)
    pairs, kind = pairs[order], essential["kind"].to_numpy(np.int64)[known][order]
    if not len(pairs):
        return np.zeros(len(seller), np.int64)
    wanted = seller * len(sectors) + buyer
    position = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    return np.where(pairs[position] == wanted, kind[position], 0)


def _group_sums(key: Ints, value: Floats) -> Floats:
    """For each row the sum over the rows of its key; rows of a key are adjacent."""
    if not len(key):
        return value
    group = np.cumsum(np.r_[True, key[1:] != key[:-1]]) - 1
    sums: Floats = np.bincount(group, value)[group]
    return sums


def _starts(key: Ints, count: int) -> Ints:
    """First row of each key, keys sorted; shape (count + 1,)."""
    ends = np.cumsum(np.bincount(key, minlength=count), dtype=np.int64)
    return np.concatenate([np.zeros(1, np.int64), ends])
