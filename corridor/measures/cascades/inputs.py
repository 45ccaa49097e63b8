"""What a cascade's tables must hold: each check raises one error that lists every fault."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from corridor.data.arrays import Flags, Floats, Ints
from corridor.data.guards.figures import numbers, shown
from corridor.errors import ConfigError, DataError, Fault

_KINDS = {"none": 0, "replaceable": 1, "essential": 2}
_NUMBERED = {str(number): name for name, number in _KINDS.items()}  # as the authors' packages number them


def check_nodes(nodes: pd.DataFrame) -> pd.DataFrame:
    """Nodes with a new row index; ids are unique, sectors known, figures positive or missing."""
    _need("nodes", nodes, ["id", "sector"])
    nodes = nodes.reset_index(drop=True)
    problems = [
        *_faults("nodes", nodes, "id", nodes["id"].isna(), "a name", "name the node"),
        *_faults("nodes", nodes, "id", nodes["id"].duplicated(), "each node once", "delete or merge the rows"),
    ]
    for name in ("sector", "market"):
        if name in nodes:
            problems += _faults("nodes", nodes, name, nodes[name].isna(), f"a {name}", f"give the node a {name}")
    for name, low in (("weight", "0 or more"), ("revenue", "more than 0"), ("cost", "more than 0")):
        if name not in nodes:
            continue
        amount = numbers(nodes[name])
        lost = amount.isna() & nodes[name].notna()
        wrong = lost | np.isinf(amount) | (amount <= 0 if low == "more than 0" else ~(amount >= 0))
        problems += _faults("nodes", nodes, name, wrong, f"a number, {low}", "correct the figure")
        nodes = nodes.assign(**{name: amount})
    _raise(problems)
    return nodes


def check_edges(edges: pd.DataFrame, ids: pd.Index) -> tuple[Ints, Ints, Floats]:
    """Supplier and customer as positions in the nodes, and value; shape (rows,)."""
    _need("edges", edges, ["supplier", "customer", "value"])
    edges = edges.reset_index(drop=True)
    supplier = ids.get_indexer(pd.Index(edges["supplier"])).astype(np.int64)
    customer = ids.get_indexer(pd.Index(edges["customer"])).astype(np.int64)
    value = numbers(edges["value"]).to_numpy(float)
    wrong = ~(np.isfinite(value) & (value >= 0))
    fix = "add the node to nodes, or delete the row"
    _raise(
        [
            *_faults("edges", edges, "supplier", supplier < 0, "an id of nodes", fix),
            *_faults("edges", edges, "customer", customer < 0, "an id of nodes", fix),
            *_faults("edges", edges, "value", wrong, "a number, 0 or more", "correct the figure"),
        ]
    )
    return supplier, customer, value


def check_essential(essential: pd.DataFrame | str, sectors: pd.Index) -> pd.DataFrame | int:
    """Pairs of sectors with kind 2, 1 or 0; or one kind for all pairs."""
    if isinstance(essential, str):
        if essential not in _KINDS:
            raise ConfigError(f"essential {essential!r} is not one of {', '.join(_KINDS)}")
        return _KINDS[essential]
    _need("essential", essential, ["input_sector", "output_sector", "kind"])
    table = essential.reset_index(drop=True)
    words = table["kind"].astype("str").str.replace(r"\.0$", "", regex=True)
    table = table.assign(kind=words.map(_NUMBERED).where(words.isin(list(_NUMBERED)), table["kind"]))
    twice = table.duplicated(["input_sector", "output_sector"])
    named = pd.Index(table["input_sector"]).union(pd.Index(table["output_sector"]), sort=False)
    missing = sectors[~sectors.isin(named)]
    wanted = "essential, replaceable or none"
    problems = [
        *_faults("essential", table, "kind", ~table["kind"].isin(list(_KINDS)), wanted, "write one of these"),
        *_faults("essential", table, "output_sector", twice, "each pair of sectors once", "delete one row"),
        *(
            Fault("essential", "", "", f"no row for the sector {name}", "every sector of nodes", "add a row")
            for name in missing
        ),
    ]
    _raise(problems)
    return table.assign(kind=table["kind"].map(_KINDS).astype(np.int64))


def check_shock(shock: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Rows ``scenario, node, remaining, remaining_up``; a table without scenarios is one scenario named shock."""
    _need("shock", shock, ["node", "remaining"])
    shock = shock.reset_index(drop=True)
    if "scenario" not in shock:
        shock = shock.assign(scenario="shock")
    if "remaining_up" not in shock:
        shock = shock.assign(remaining_up=shock["remaining"])
    problems = [
        *_faults("shock", shock, "node", ~shock["node"].isin(ids), "an id of nodes", "name an existing node"),
        *_faults(
            "shock",
            shock,
            "node",
            shock.duplicated(["scenario", "node"]),
            "each node once in a scenario",
            "delete one row",
        ),
        *_faults("shock", shock, "scenario", shock["scenario"].isna(), "a name", "name the scenario"),
    ]
    for name in ("remaining", "remaining_up"):
        left = numbers(shock[name])
        problems += _faults("shock", shock, name, ~left.between(0, 1), "0 to 1", "correct the figure")
        shock = shock.assign(**{name: left})
    _raise(problems)
    return shock


def _need(table: str, frame: pd.DataFrame, columns: list[str]) -> None:
    _raise(
        [
            Fault(table, "", name, "no such column", ", ".join(columns), "add the column")
            for name in columns
            if name not in frame
        ]
    )


def _faults(
    table: str,
    frame: pd.DataFrame,
    column: str,
    wrong: pd.Series | Flags,
    wanted: str,
    fix: str,
) -> Iterator[Fault]:
    """One fault per wrong row; rows are counted from 1."""
    found = frame[column]
    for row in np.flatnonzero(np.asarray(wrong, bool)):
        cell = found.iloc[row]
        yield Fault(
            table, str(row + 1), column, shown(cell) if isinstance(cell, int) else str(cell)[:80], wanted, fix
        )


def _raise(problems: list[Fault]) -> None:
    if problems:
        raise DataError(problems)
