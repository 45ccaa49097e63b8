"""How much output of new plants has a buyer in calm years, and so how many plants there can be."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats
from corridor.relocation.model.plant_ages import delivering


def most_sold(
    opened: pd.DataFrame, plants: pd.DataFrame, kept: pd.DataFrame, room: Floats, content: sparse.csc_matrix
) -> Floats:
    """New plants of each technology whose output has a buyer, rows as `opened`, fractions.

    What new plants need of each other counts as sold: from products to ores, ``made[c] <= room[c] +
    sum over users u of content[c, u] made[u]``, where made[u] is bounded in the same way. A technology whose
    plant makes more than that is closed, which a linear relaxation can't know: it builds a tenth of the plant. On
    a synthetic study with plants larger than real ones this closed 452 of 2,424 technologies; on the bundled data
    it changes no bound.

    Parameters
    ----------
    opened
        :func:`~corridor.relocation.model.plant_ages.opened_table`.
    plants, kept
        Technologies, and plants that exist already, as in the problem.
    room
        What new plants could sell in each year if there were no other new plants, US$ M/yr, shape (years,
        components).
    content
        Value share of input i in output u, shape (components, components), rows inputs.
    """
    made, component_index = plants["made"].to_numpy(float), plants["component_index"].to_numpy(int)
    size = room.shape[1]
    count = np.bincount(kept["tech"].to_numpy(int), minlength=len(plants)) * made
    standing = np.bincount(component_index, weights=count, minlength=size)
    every = np.bincount(
        component_index, weights=np.maximum(made * plants["most_plants"].to_numpy(float), count), minlength=size
    )
    out = np.zeros(len(opened))
    for year in np.unique(opened["year"].to_numpy(int)):
        alone, output = room[year], every
        for _ in range(size + 1):
            new = np.minimum(every, alone + content @ output + standing)
            if np.allclose(new, output, rtol=1e-9, atol=1e-9):
                break
            output = new
        sold = alone + content @ output
        mine = (opened["year"] == year).to_numpy()
        tech = opened["tech"].to_numpy(int)[mine]
        out[mine] = sold[component_index[tech]] / np.maximum(opened["made"].to_numpy(float)[mine], 1e-12)
    return out


def limited_by_sales(opened: pd.DataFrame, sold: Floats, kept: pd.DataFrame) -> pd.DataFrame:
    """Rows of `opened` with ``most_plants`` lowered to the plants that sell their output, kept ones included.

    This makes the windows' programs smaller and their relaxation tighter. Not valid for decisions that may break
    the limit on sales. `sold` is :func:`most_sold` of the same rows.
    """
    tech = opened["tech"].to_numpy(int)
    standing = np.bincount(kept["tech"].to_numpy(int), minlength=int(tech.max(initial=-1)) + 1)
    most = sold + standing[tech]
    return opened.assign(most_plants=np.minimum(opened["most_plants"].to_numpy(float), most))


def most_started(opened: pd.DataFrame, sold: Floats, starts: pd.DataFrame) -> Floats:
    """Most plants of each technology that can start in each year and sell their output, shape (starts,).

    Parameters
    ----------
    opened, sold
        Plants that can deliver, and :func:`most_sold` of them.
    starts
        ``tech, year`` of each start.
    """
    row, start = delivering(opened, starts)
    out = np.full(len(starts), np.inf)
    np.minimum.at(out, start, np.floor(sold[row] + 1e-6))
    return out
