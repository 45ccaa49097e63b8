"""How much of what new plants make has a buyer in calm years, and so how many of them there can be at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from corridor.relocate.opened import delivering
from corridor.relocate.program import Floats

if TYPE_CHECKING:
    from corridor.relocate.problem import Problem


def room(problem: Problem, year: int) -> Floats:
    """What new plants could sell in a year were there no other new plants, US$ M/yr, shape (components,).

    India's imports, and the part of other markets' purchases from the target that India can take over.
    """
    out: Floats = problem.imports[year].copy()
    for market in problem.abroad:
        out += problem.study.us_access * problem.demand[market][year] * problem.imports_from_target[market]
    return out


def most_sold(problem: Problem) -> Floats:
    """New plants of each technology whose output has a buyer, rows as ``problem.can_be_open``, fractions.

    What new plants need of each other counts as sold: from products to ores, ``made[c] <= room[c] +
    sum over users u of content[c, u] made[u]``, where made[u] is bounded in the same way. A technology whose
    plant makes more than that is out of the question, of which a linear relaxation knows nothing: it builds a
    tenth of the plant. On a made-up study with
    plants larger than real ones that closed 452 of 2,424 technologies; on the bundled data it changes no bound.
    """
    opened, plants = problem.can_be_open, problem.plants
    made, at = plants["made"].to_numpy(float), plants["at"].to_numpy(int)
    size = len(problem.loss_ratio)
    kept = np.bincount(problem.kept["tech"].to_numpy(int), minlength=len(plants)) * made
    standing = np.bincount(at, weights=kept, minlength=size)
    every = np.bincount(at, weights=np.maximum(made * plants["most_plants"].to_numpy(float), kept), minlength=size)
    out = np.zeros(len(opened))
    for year in np.unique(opened["year"].to_numpy(int)):
        alone, whole = room(problem, year), every
        for _ in range(size + 1):
            new = np.minimum(every, alone + problem.sparse_content @ whole + standing)
            if np.allclose(new, whole, rtol=1e-9, atol=1e-9):
                break
            whole = new
        sold = alone + problem.sparse_content @ whole
        mine = (opened["year"] == year).to_numpy()
        tech = opened["tech"].to_numpy(int)[mine]
        out[mine] = sold[at[tech]] / np.maximum(opened["made"].to_numpy(float)[mine], 1e-12)
    return out


def limited_by_sales(problem: Problem, opened: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``problem.can_be_open`` with ``most_plants`` lowered to those that sell their output, kept ones too.

    Nothing larger than that is useful in a window either, which makes the windows smaller and their relaxation
    tighter. Not for decisions that may break the limit on sales.
    """
    kept = np.bincount(problem.kept["tech"].to_numpy(int), minlength=len(problem.plants))
    most = problem.most_sold + kept[opened["tech"].to_numpy(int)]
    return opened.assign(most_plants=np.minimum(opened["most_plants"].to_numpy(float), most))


def most_started(problem: Problem, starts: pd.DataFrame) -> Floats:
    """Most plants of each technology that can start in each year and sell their output, shape (starts,).

    Parameters
    ----------
    starts
        ``tech, year`` of each start.
    """
    row, start = delivering(problem.can_be_open, starts)
    out = np.full(len(starts), np.inf)
    np.minimum.at(out, start, np.floor(problem.most_sold[row] + 1e-6))
    return out
