"""How much production could be used inside a window: caps on coefficients that tighten the linear relaxation.

A linear relaxation builds a tenth of a plant if only a tenth of its output is useful; an integer plan can't. So
the less a plant can count for in a window, the tighter the relaxation is. Nothing here changes the loss of a plan
in integers; it only makes fractions of plants worth less.

What made the difference, measured on a synthetic study of 2,000 components, 60 sites, 8 years and 200 windows,
whose relaxation was at 13,980 and the best plan known at 14,220: plants in their first year apart from the others
(``plant_ages``), users of new plants in rows of their own, and what makers get anyway subtracted, together 14,027;
production capped by available inputs, 14,030. On the default study it is 20 of 37,236.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from corridor.data.arrays import Floats
from corridor.relocation.model.problem import Problem


@dataclass(frozen=True)
class Useful:
    """Largest production inside one window that anybody could use, US$ M.

    Attributes
    ----------
    all_users
        With as many new plants of its users as there can be, shape (components,).
    old_users
        With no new plants of its direct users, shape (components,).
    gives
        What one more plant can add to the useful production of its component, shape (plants,).
    output
        What one more plant can make, shape (plants,).
    """

    all_users: Floats
    old_users: Floats
    gives: Floats
    output: Floats


@dataclass(frozen=True)
class Bought:
    """Inputs that makers get without production in India, US$ M over a window: rows and columns as ``essential``.

    Attributes
    ----------
    worked_around
        Most that old makers substitute, shape (components,).
    by_new
        What new makers contracted for or substitute, per US$ of their output in calm years.
    """

    worked_around: Floats
    by_new: sparse.csc_matrix


def supply(problem: Problem, window: int) -> Floats:
    """What India still buys inside a window, and its stocks, US$ M, shape (components,)."""
    windows = problem.windows
    years = float(windows.length[window]) * windows.home_imports[window] + problem.stock_months / 12.0
    out: Floats = years * problem.needs[int(windows.year[window])]
    return out


def bought(problem: Problem, window: int) -> Bought:
    """Inputs that makers in India get from contracts, or substitute, inside a window."""
    windows = problem.windows
    length = float(windows.length[window])
    around = length * windows.worked_around[window]
    by_new = sparse.diags_array(length * windows.home_imports[window]) @ problem.sparse_content
    by_new = by_new + sparse.diags_array(around) @ problem.sparse_essential
    existing = problem.existing[int(windows.year[window])]
    return Bought(around * (problem.sparse_essential @ existing), sparse.csc_matrix(by_new))


def useful(
    problem: Problem,
    plants: pd.DataFrame,
    stores: pd.DataFrame,
    window: int,
    old: Floats,
    pace: float,
    lacking: Floats,
    wanted: Floats,
) -> Useful:
    """Largest useful production of each component, from products to ores.

    What is lacking, plus the largest essential needs of users, whatever their route, at their own largest useful
    production, less what these users get anyway; and at least what other markets want, since only domestic output
    is shipped. Subtracting what is bought and stored anyway left 44,000 of 55,000 columns of the default study.

    Parameters
    ----------
    plants
        Plants that may be open: ``tech, component_index, capacity, made, most_plants``.
    stores
        Stocks that may be bought: ``component_index, most``.
    old
        What makers in India can make at most without new plants, shape (components,).
    pace
        Years of output of a new plant inside the window.
    lacking
        Final needs and what other markets want, less what is bought and stored anyway.
    wanted
        What other markets want.
    """
    component_index = plants["component_index"].to_numpy(int)
    capacity, made = plants["capacity"].to_numpy(float), plants["made"].to_numpy(float)
    largest = pd.Series(pace * capacity * plants["most_plants"].to_numpy(float)).groupby(plants["tech"].to_numpy())
    first = pd.Series(component_index).groupby(plants["tech"].to_numpy()).first()
    most = old + np.bincount(first, weights=largest.max(), minlength=len(old))
    has = bought(problem, window)
    # Least output in calm years per US$ that new plants make inside the window.
    calm = np.full(len(old), np.inf)
    np.minimum.at(calm, component_index, made / (pace * capacity))
    calm[~np.isfinite(calm)] = 0.0
    essential = problem.largest_essential
    by_new = essential - essential.minimum(has.by_new @ sparse.diags_array(calm))

    def needed(of_old: Floats, of_new: Floats) -> Floats:
        makers = np.maximum(essential @ of_old + by_new @ of_new - has.worked_around, 0.0)
        out: Floats = np.maximum(lacking + makers, wanted)
        return out

    most = _possible(problem, plants, stores, window, most, has)
    every = np.zeros_like(old)
    for _ in range(len(old) + 1):
        new = np.minimum(most, needed(np.minimum(every, old), np.maximum(every - old, 0.0)))
        if np.allclose(new, every, rtol=1e-12, atol=1e-12):
            break
        every = new
    gap = np.maximum(every[component_index] - old[component_index], 0.0)
    return Useful(
        every,
        np.minimum(every, needed(np.minimum(every, old), np.zeros_like(old))),
        np.minimum(pace * capacity, gap),
        pace * capacity,
    )


def _possible(
    problem: Problem, plants: pd.DataFrame, stores: pd.DataFrame, window: int, most: Floats, has: Bought
) -> Floats:
    """Largest production for which inputs can be available, whatever is built, qualified and stored.

    Parameters
    ----------
    most
        Largest production of all plants, new ones included, shape (components,).
    """
    second = problem.second
    length, year = float(problem.windows.length[window]), int(problem.windows.year[window])
    bought_most = supply(problem, window) + has.worked_around
    sources = second["component_index"].to_numpy(int)
    qualified = length * second["most_share"].to_numpy(float) * problem.windows.second[window]
    bought_most += np.bincount(sources, weights=qualified * problem.needs[year][sources], minlength=len(most))
    bought_most += np.bincount(
        stores["component_index"].to_numpy(int), weights=stores["most"].to_numpy(float), minlength=len(most)
    )
    made = plants["made"].to_numpy(float) * plants["most_plants"].to_numpy(float)
    bought_most += has.by_new @ np.bincount(
        plants["component_index"].to_numpy(int), weights=made, minlength=len(most)
    )
    needs = problem.smallest_essential
    users = np.flatnonzero(np.diff(needs.indptr))
    out: Floats = most
    # The result is valid after every round; stopping early only makes it less tight.
    for _ in range(len(most) + 1 if len(users) else 0):
        allowed = (bought_most + out)[needs.indices] / needs.data
        new = most.copy()
        new[users] = np.minimum(most[users], np.minimum.reduceat(allowed, needs.indptr[users]))
        if np.allclose(new, out, rtol=1e-12, atol=1e-12):
            break
        out = new
    return out


def needs_of_plants(problem: Problem, plants: pd.DataFrame, window: int, gives: Floats) -> sparse.coo_matrix:
    """Additional sales of each component's makers to each new plant, shape (components, plants)."""
    component_index = plants["component_index"].to_numpy(int)
    made = plants["made"].to_numpy(float)
    needs = problem.largest_essential.tocsc()[:, component_index] @ sparse.diags_array(gives)
    needs = needs - bought(problem, window).by_new[:, component_index] @ sparse.diags_array(made)
    return sparse.coo_matrix(needs.maximum(0.0))
