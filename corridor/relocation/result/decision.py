"""Decisions of a plan, independent of the program that found them: plants, second sources, stocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from corridor.data.arrays import Floats
from corridor.relocation.model.formulate import plants_open, start_table
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.plant_ages import delivering
from corridor.relocation.model.problem import Problem
from corridor.relocation.model.program import Program


@dataclass(frozen=True, eq=False)
class Decision:
    """Everything that is decided before the windows open.

    Attributes
    ----------
    chosen
        One row per plant: ``tech, year, option`` (row of options; -1 if not placed), ``capex_net, running, cost``
        (surcharge of the site included).
    second
        Which second sources are qualified, shape (second sources,), boolean.
    stock
        Value held of what may be stored, US$ M, shape (stores,).
    """

    chosen: pd.DataFrame
    second: np.ndarray
    stock: Floats

    @property
    def key(self) -> tuple[object, ...]:
        """Identity of a decision: plants by technology and year, sources, stocks to US$ 0.1 M."""
        plants = self.chosen[["tech", "year"]].sort_values(["tech", "year"]).to_numpy().tolist()
        stock = np.round(self.stock, 1)
        return (tuple(map(tuple, plants)), tuple(np.flatnonzero(self.second)), tuple(stock))


def nothing(problem: Problem) -> Decision:
    """The decision without moves."""
    columns = ["tech", "year", "option", "capex_net", "running", "cost"]
    chosen = pd.DataFrame({name: pd.Series(dtype=float) for name in columns}).astype(
        {"tech": int, "year": int, "option": int}
    )
    return Decision(chosen, np.zeros(len(problem.second), dtype=bool), np.zeros(len(problem.stores)))


def plants_only(problem: Problem, chosen: pd.DataFrame) -> Decision:
    """A decision of plants only (``tech, year`` of each start), not placed at sites."""
    idle = nothing(problem)
    table = chosen[["tech", "year"]].merge(start_table(problem), on=["tech", "year"], how="left")
    return Decision(table.assign(option=-1)[list(idle.chosen.columns)], idle.second, idle.stock)


def decision_of_rows(
    problem: Problem, option: np.ndarray, year: np.ndarray, second: np.ndarray, stock: Floats
) -> Decision:
    """A decision from rows of ``problem.options`` and positions of start years, one of each per plant.

    A start that delivers only after the study's last year has no output, and costs its investment.
    """
    tech = problem.options["tech"].to_numpy(int)[option]
    table = pd.DataFrame({"tech": tech, "year": year, "option": option})
    table = table.merge(start_table(problem), on=["tech", "year"], how="left")
    late = table["cost"].isna()
    if late.any():
        plants = problem.plants.iloc[table.loc[late, "tech"]]
        net = (plants["capex"] * plants["capex_factor"] * (1.0 - plants["incentive_share"])).to_numpy()
        table.loc[late, "capex_net"] = net
        table.loc[late, "running"] = 0.0
        table.loc[late, "cost"] = net * problem.discount[table.loc[late, "year"].to_numpy(int)]
    table["cost"] += problem.options["surcharge"].to_numpy()[option]
    return Decision(table[["tech", "year", "option", "capex_net", "running", "cost"]], second, stock)


def decision_of(problem: Problem, program: Program, values: Floats) -> Decision:
    """The decision given by a program's values; a technology's first plant gets the cheapest of its sites.

    Places that are fractions leave their plants unplaced.
    """
    table = start_table(problem)
    count = np.rint(program.block("start", values)).astype(int)
    table = table.loc[table.index.repeat(count)].sort_values(["tech", "year"])
    table["order"] = table.groupby("tech").cumcount()
    placed = program.block("place", values) > 0.999
    sites = problem.options[placed].sort_values(["tech", "surcharge", "site"])
    sites = sites.assign(order=sites.groupby("tech").cumcount()).reset_index(names="option")
    out = table.merge(sites[["tech", "order", "option", "surcharge"]], on=["tech", "order"], how="left")
    out["cost"] += out["surcharge"].fillna(0.0)
    out["option"] = out["option"].fillna(-1).astype(int)
    stock = program.block("stock", values)
    return Decision(
        out[["tech", "year", "option", "capex_net", "running", "cost"]],
        program.block("qualify", values) > 0.5,
        np.where(stock > 1e-6, stock, 0.0),
    )


def hold(program: Program, problem: Problem, first: First, decision: Decision, *, places: bool = False) -> None:
    """Fix a program's first columns at a decision; its places too if asked."""
    starts = first.starts
    count = decision.chosen.groupby(["tech", "year"]).size().rename("count").reset_index()
    taken = starts[["tech", "year"]].merge(count, on=["tech", "year"], how="left")["count"].fillna(0.0).to_numpy()
    program.bound(starts["column"], low=taken, high=taken)
    second = decision.second.astype(float)
    program.bound(first.links.second["column"], low=second, high=second)
    program.bound(first.links.stores["column"], low=decision.stock, high=decision.stock)
    if places:
        placed = np.zeros(len(problem.options))
        placed[decision.chosen["option"].to_numpy()] = 1.0
        program.bound(first.places["column"], low=placed, high=placed)


def facilities_of(problem: Problem, decision: Decision) -> np.ndarray:
    """Rows of the facilities that the plants of a decision need."""
    uses = problem.uses
    return np.unique(uses.loc[uses["option"].isin(decision.chosen["option"]), "facility"].to_numpy(int))


def cost_of(problem: Problem, decision: Decision) -> float:
    """Discounted cost of a decision, US$ M."""
    return float(
        decision.chosen["cost"].sum()
        + problem.facilities["cost"].to_numpy(float)[facilities_of(problem, decision)].sum()
        + problem.second["cost"].to_numpy(float)[decision.second].sum()
        + (problem.stores["cost"].to_numpy(float) * decision.stock).sum()
    )


def link_values(problem: Problem, decision: Decision) -> Floats:
    """What the windows see: plants open (rows of ``can_be_open``), second sources, stocks, in this order."""
    opened = plants_open(problem, decision.chosen)
    return np.concatenate([opened, decision.second.astype(float), decision.stock])


def plants_worth(problem: Problem, chosen: pd.DataFrame, slope: Floats) -> Floats:
    """How the expected loss changes with each plant, to first order, shape (plants,); `slope` is per link."""
    row, plant = delivering(problem.can_be_open, chosen)
    return np.bincount(plant, weights=slope[row], minlength=len(chosen)).astype(float)
