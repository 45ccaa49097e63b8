"""Exposure in any input-output table: at face value, looking through to all tiers, and what stays hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats, Ints
from corridor.data.guards.figures import numbers
from corridor.errors import ConfigError, DataError, Fault

_TOLERANCE = 1e-11
_MOST_ROUNDS = 20_000
_COLUMNS_ALONE = 3  # up to this number a product per column is faster than one product with all columns
_COLUMNS_AT_ONCE = 32  # right-hand sides solved together: limits the memory to 32 numbers per node


def look_through(
    flows: pd.DataFrame,
    output: pd.DataFrame,
    *,
    origin: str | Sequence[str] | None = None,
    group: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Exposure of every node to origins through its purchases, direct and at all tiers.

    With ``A[i,j] = flow[i,j] / output[j]``, ``L = (I - A)^-1 = I + A + A^2 + ...`` and sums over sellers i of an
    origin r:

    - face value ``FV[r,j] = sum_{i in r} A[i,j] / sum_i A[i,j]``
    - look-through ``LT[r,j] = sum_{i in r} M[i,j] / sum_i M[i,j]`` with ``M = L - I``
    - hidden ``LT - FV``; below 0 if an origin's share falls from tier to tier
    - the published suite ``FPEM = sum_{i in r} L[i,j] / sum_i L[i,j]``, its face value with ``I + A`` instead of
      L in the numerator, and their difference, which is never negative

    The inverse is never formed: exposure of all nodes to an origin is one series ``1_r + A' 1_r + A'^2 1_r + ...``

    Parameters
    ----------
    flows
        ``seller, buyer, value`` with nodes as ids, or ``seller_country, seller_sector, buyer_country,
        buyer_sector, value``. Rows of the same pair are added up.
    output
        ``node, country, value``, or ``country, sector, value``: output of every node, in the unit of `flows`.
    origin
        One country or several (each gets rows of its own); every country if left out. With `group`, a group.
    group
        Group of each country, for example ``{"HKG": "CHN", "MAC": "CHN"}``; countries that are left out are
        groups of their own.

    Returns
    -------
    pandas.DataFrame
        One row per node and origin: ``node, country`` (or ``country, sector``) of the buyer, ``origin``,
        ``face_value, look_through, hidden, fpem, fpem_face_value, fpem_hidden``. A buyer without purchases has
        face value and look-through 0.

    Raises
    ------
    DataError
        If a table has faults, or if inputs exceed output so far that the series does not converge.
    ConfigError
        If no node is in the country of an origin.

    Notes
    -----
    Baldwin, Freeman & Theodorakopoulos (2022), "Horses for Courses: Measuring Foreign Supply Chain Exposure", NBER
    working paper 30525; (2023) "Hidden Exposure: Measuring US Supply Chain Reliance", Brookings Papers.
    """
    table = _layout(flows, output)
    return _exposures(table, table.seller, table.buyer, origin, group, "fpem")


def sales_exposure(
    flows: pd.DataFrame,
    output: pd.DataFrame,
    *,
    destination: str | Sequence[str] | None = None,
    group: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Exposure of every node to destinations through its sales to other producers, direct and at all tiers.

    The other side of :func:`look_through`: with ``B[i,j] = flow[i,j] / output[i]`` and ``G = (I - B)^-1`` (Ghosh),
    sums over buyers j of a destination: ``FPEX = sum_{j in r} G[i,j] / sum_j G[i,j]`` and so on.

    Parameters
    ----------
    flows, output, group
        As in :func:`look_through`.
    destination
        One country or several; every country if left out.

    Returns
    -------
    pandas.DataFrame
        As :func:`look_through`, with ``destination`` for origin and ``fpex`` for fpem. Sales to final users are
        left out: they are the end of a chain.
    """
    table = _layout(flows, output)
    found = _exposures(table, table.buyer, table.seller, destination, group, "fpex")
    return found.rename(columns={"origin": "destination"})


def extraction(
    flows: pd.DataFrame, output: pd.DataFrame, nodes: Sequence[Any] | Mapping[str, Sequence[Any]]
) -> pd.DataFrame:
    """Output that is lost when nodes vanish from the economy with their purchases, sales and final demand.

    Full hypothetical extraction of a set K: ``x* = (I - A_RR)^-1 f_R`` on the rest R, 0 on K; final demand ``f = x
    - sum_j flow[.,j]`` stays. For one node j it equals ``x*_i = x_i - L[i,j] x_j / L[j,j]``, a total loss of
    ``x_j / L[j,j] sum_i L[i,j]`` (Miller & Blair 2009, chapter 12; Dietzenbacher, van Burken & Kondo 2019).

    Parameters
    ----------
    flows, output
        As in :func:`look_through`; nodes of the labelled form are (country, sector).
    nodes
        Nodes, each removed alone; or sets of nodes by name, each set removed together.

    Returns
    -------
    pandas.DataFrame
        ``extracted, own_output, total_loss, loss_elsewhere`` in the unit of `flows`, and ``loss_share`` of all
        output; in the order given.
    """
    table = _layout(flows, output)
    sets = dict(nodes) if isinstance(nodes, Mapping) else {node: [node] for node in nodes}
    listed = [(set_index, node) for set_index, name in enumerate(sets) for node in sets[name]]
    found = table.find([node for _, node in listed])
    unknown = [str(node) for (_, node), position in zip(listed, found, strict=True) if position < 0]
    if unknown:
        raise ConfigError(f"extraction: no such node in the table output: {', '.join(unknown)}")
    stays = np.ones((len(table.output), len(sets)))
    stays[found, [set_index for set_index, _ in listed]] = 0.0
    matrix = table.matrix(table.seller, table.buyer, table.coefficients(table.buyer))
    final = table.output - np.bincount(table.seller, table.value, len(table.output))
    left = np.empty_like(stays)
    for start in range(0, len(sets), _COLUMNS_AT_ONCE):
        some = slice(start, start + _COLUMNS_AT_ONCE)
        left[:, some] = _series(table, matrix, stays[:, some] * final[:, None], stays[:, some])
    own = (1.0 - stays).T @ table.output
    lost = table.output.sum() - left.sum(axis=0)
    return pd.DataFrame(
        {
            "extracted": pd.Series(list(sets), dtype=object),
            "own_output": own,
            "total_loss": lost,
            "loss_elsewhere": lost - own,
            "loss_share": lost / table.output.sum(),
        }
    )


@dataclass(frozen=True)
class _Table:
    """Nodes (labels, ids, country, output) and flows (seller and buyer as positions, value)."""

    labels: pd.DataFrame
    ids: pd.Index
    country: pd.Series
    output: Floats
    seller: Ints
    buyer: Ints
    value: Floats

    def find(self, nodes: Sequence[Any]) -> Ints:
        """Positions of nodes, -1 if a node is unknown."""
        wanted = pd.MultiIndex.from_tuples(nodes) if isinstance(self.ids, pd.MultiIndex) else pd.Index(nodes)
        return np.asarray(self.ids.get_indexer(wanted), np.int64)

    def coefficients(self, node: Ints) -> Floats:
        """Each flow divided by the output of its `node` (seller or buyer), which must be positive."""
        over = self.output[node]
        nothing = np.unique(node[(over <= 0) & (self.value > 0)])
        if len(nothing):
            raise DataError(
                Fault("output", self.name(position), "value", "0", "above 0: there are flows", "give the output")
                for position in nothing
            )
        return np.divide(self.value, over, out=np.zeros_like(self.value), where=over > 0)

    def matrix(self, row: Ints, column: Ints, coefficient: Floats) -> Any:
        """Coefficients as a sparse matrix."""
        from scipy.sparse import csr_array

        size = len(self.output)
        return csr_array((coefficient, (row.astype(np.int32), column.astype(np.int32))), shape=(size, size))

    def name(self, position: int) -> str:
        """Label of a node for error messages."""
        return " ".join(str(word) for word in self.labels.iloc[position])


def _exposures(
    table: _Table,
    other: Ints,
    node: Ints,
    origin: str | Sequence[str] | None,
    group: Mapping[str, str] | None,
    suite: str,
) -> pd.DataFrame:
    """Shares of the groups of the nodes `other` in what flows to, or from, each `node`."""
    country = table.country.replace(dict(group)) if group else table.country
    number, names = pd.factorize(country, sort=True)
    wanted = list(names) if origin is None else [origin] if isinstance(origin, str) else list(origin)
    chosen = names.get_indexer(pd.Index(wanted))
    if (chosen < 0).any():
        lost = [name for name, index in zip(wanted, chosen, strict=True) if index < 0]
        raise ConfigError(
            f"origin {', '.join(lost)} is the country of no node; countries of nodes: {', '.join(names)}"
        )
    size = len(table.output)
    coefficients = table.coefficients(node)
    matrix = table.matrix(node, other, coefficients)
    direct_all = np.bincount(node, coefficients, size)
    direct, total = np.empty((size, len(wanted))), np.empty((size, len(wanted)))
    ones = np.ones((size, 1))
    all_tiers = np.empty(0)
    own = np.zeros((size, len(wanted)))
    own[:, :] = number[:, None] == chosen
    for start in range(0, len(wanted), _COLUMNS_AT_ONCE):
        some = slice(start, start + _COLUMNS_AT_ONCE)
        right = own[:, some] if len(all_tiers) else np.hstack([own[:, some], ones])
        found = _series(table, matrix, right)
        if not len(all_tiers):
            found, all_tiers = found[:, :-1], found[:, -1]
        total[:, some] = found
        direct[:, some] = matrix @ own[:, some]
    inputs, tiers = direct_all[:, None], all_tiers[:, None]
    out = table.labels
    if len(wanted) > 1:
        out = out.loc[np.repeat(out.index, len(wanted))].reset_index(drop=True)
    out = out.assign(origin=pd.array(wanted, dtype="str").take(np.tile(np.arange(len(wanted)), size)))
    face = np.divide(direct, inputs, out=np.zeros_like(direct), where=inputs > 0)
    through = np.divide(total - own, tiers - 1.0, out=np.zeros_like(direct), where=inputs > 0)
    out["face_value"], out["look_through"] = face.ravel(), through.ravel()
    out["hidden"] = (through - face).ravel()
    out[suite], out[f"{suite}_face_value"] = (total / tiers).ravel(), ((own + direct) / tiers).ravel()
    out[f"{suite}_hidden"] = ((total - own - direct) / tiers).ravel()
    return out


def _series(table: _Table, matrix: Any, right: Floats, stays: Floats | float = 1.0) -> Floats:
    """Sum over k of (stays * matrix)^k applied to `right`; shape as `right`."""
    if right.ndim == 2 and right.shape[1] <= _COLUMNS_ALONE and isinstance(stays, float):
        return np.column_stack([_series(table, matrix, np.ascontiguousarray(column)) for column in right.T])
    term, total = right, right.copy()
    size = np.abs(right).max(initial=1.0)
    for _ in range(_MOST_ROUNDS):
        term = matrix @ term
        if not isinstance(stays, float):
            term *= stays
        total += term
        largest = np.abs(term).max(initial=0.0)
        if largest <= _TOLERANCE * size:
            return total
        if not largest <= 1e12 * size:
            break
    raise DataError(_too_little_added(table))


def _too_little_added(table: _Table) -> list[Fault]:
    """Why the series does not converge: nodes that spend all that they make, the first twenty."""
    spent = np.bincount(table.buyer, table.value, len(table.output))
    wanted, fix = "output above purchases (some value added)", "correct the output, or leave out the flows"
    over = np.flatnonzero(spent >= table.output)[:20]
    if not len(over):
        found = "cycles of flows that add almost no value"
        return [Fault("output", "", "value", found, wanted, fix)]
    figures = [f"{table.output[position]:g}, purchases {spent[position]:g}" for position in over]
    rows = zip(over, figures, strict=True)
    return [Fault("output", table.name(position), "value", found, wanted, fix) for position, found in rows]


def _layout(flows: pd.DataFrame, output: pd.DataFrame) -> _Table:
    """Checked tables, with labels turned into positions."""
    pairs = "node" not in output
    keys = ["country", "sector"] if pairs else ["node"]
    ends = [[f"{end}_{key}" for key in keys] if pairs else [end] for end in ("seller", "buyer")]
    problems = [
        Fault(name, "", column, "no such column", ", ".join(wanted), "add the column")
        for name, frame, wanted in (
            ("output", output, list(dict.fromkeys([*keys, "country", "value"]))),
            ("flows", flows, [*ends[0], *ends[1], "value"]),
        )
        for column in wanted
        if column not in frame
    ]
    if problems:
        raise DataError(problems)
    ids = pd.MultiIndex.from_frame(output[keys]) if pairs else pd.Index(output["node"])
    if not ids.is_unique:
        twice = ids[ids.duplicated()]
        raise DataError(
            Fault("output", str(label), keys[0], "the node twice", "each node once", "add up the rows")
            for label in twice
        )
    wanted = [pd.MultiIndex.from_frame(flows[end]) if pairs else pd.Index(flows[end[0]]) for end in ends]
    seller, buyer = (np.asarray(ids.get_indexer(index), np.int64) for index in wanted)
    value, made = (numbers(frame["value"]).to_numpy(float) for frame in (flows, output))
    faults = [
        ("flows", ends[0][-1], seller < 0, "a node of output", "add the node to output, or delete the row"),
        ("flows", ends[1][-1], buyer < 0, "a node of output", "add the node to output, or delete the row"),
        ("flows", "value", ~(np.isfinite(value) & (value >= 0)), "a number, 0 or more", "correct the figure"),
        ("output", "value", ~(np.isfinite(made) & (made >= 0)), "a number, 0 or more", "correct the figure"),
        ("output", "country", output["country"].isna().to_numpy(), "a country", "name the node's country"),
    ]
    problems = [
        Fault(
            name, str(row + 1), column, str({"flows": flows, "output": output}[name][column].iloc[row]), want, fix
        )
        for name, column, wrong, want, fix in faults
        for row in np.flatnonzero(wrong)
    ]
    if problems:
        raise DataError(problems)
    labels = output[list(dict.fromkeys([*keys, "country"]))].reset_index(drop=True)
    return _Table(labels, ids, labels["country"], made, seller, buyer, value)
