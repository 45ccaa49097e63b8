"""How much production anybody could use inside a window: what holds the relaxation to what whole plants can do.

A linear relaxation builds a tenth of a plant where a tenth of its output is of use. Whole plants can't: so the
less a plant can count for in a window, the nearer the relaxation is to the truth. Nothing here changes what a
whole plan loses; all of it makes fractions of plants worth less.

What made the difference, measured on a made-up study of 2,000 components, 60 sites, 8 years and 200 windows, whose
relaxation was at 13,980 and the best plan known at 14,220: plants in their first year apart from the others
(``opened``), users of new plants in rows of their own, and what makers get anyway taken off, together 14,027; what
the inputs allow, 14,030. On the default study it is 20 of 37,236.
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
    whole
        What one more plant can make, shape (plants,).
    """

    all_users: Floats
    old_users: Floats
    gives: Floats
    whole: Floats


@dataclass(frozen=True)
class Bought:
    """What makers get without India making it, US$ M over a window: rows and columns as ``essential``.

    Attributes
    ----------
    worked_around
        What old makers work around at most, shape (components,).
    by_new
        What new makers contracted for or work around, per US$ of what they make in calm years.
    """

    worked_around: Floats
    by_new: sparse.csc_matrix


def supply(problem: Problem, window: int) -> Floats:
    """What India still buys inside a window, and its stocks, US$ M, shape (components,)."""
    windows = problem.windows
    part = float(windows.length[window]) * windows.home_imports[window] + problem.stock_months / 12.0
    out: Floats = part * problem.needs[int(windows.year[window])]
    return out


def bought(problem: Problem, window: int) -> Bought:
    """What makers in India get inside a window from contracts, or do without."""
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
    production, less what those get anyway; and at least what other markets want, since only what is made is
    shipped. To take off what is bought and stored anyway left the default study 44,000 columns of 55,000.

    Parameters
    ----------
    plants
        Plants that may be open: ``tech, at, capacity, made, most_plants``.
    stores
        Stocks that may be bought: ``at, most``.
    old
        What makers in India can make at most without new plants, shape (components,).
    pace
        Years of output of a new plant inside the window.
    lacking
        Final needs and what other markets want, less what is bought and stored anyway.
    wanted
        What other markets want.
    """
    at = plants["at"].to_numpy(int)
    capacity, made = plants["capacity"].to_numpy(float), plants["made"].to_numpy(float)
    whole = pd.Series(pace * capacity * plants["most_plants"].to_numpy(float)).groupby(plants["tech"].to_numpy())
    first = pd.Series(at).groupby(plants["tech"].to_numpy()).first()
    most = old + np.bincount(first, weights=whole.max(), minlength=len(old))
    has = bought(problem, window)
    # Of each US$ that new plants make inside the window, they make so much in calm years, at least.
    calm = np.full(len(old), np.inf)
    np.minimum.at(calm, at, made / (pace * capacity))
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
    gap = np.maximum(every[at] - old[at], 0.0)
    return Useful(
        every,
        np.minimum(every, needed(np.minimum(every, old), np.zeros_like(old))),
        np.minimum(pace * capacity, gap),
        pace * capacity,
    )


def _possible(
    problem: Problem, plants: pd.DataFrame, stores: pd.DataFrame, window: int, most: Floats, has: Bought
) -> Floats:
    """Largest production for which the inputs can be there, whatever is built, qualified and stored.

    Parameters
    ----------
    most
        Largest production of all plants, new ones included, shape (components,).
    """
    second = problem.second
    length, year = float(problem.windows.length[window]), int(problem.windows.year[window])
    bought_most = supply(problem, window) + has.worked_around
    at = second["at"].to_numpy(int)
    qualified = length * second["most_share"].to_numpy(float) * problem.windows.second[window]
    bought_most += np.bincount(at, weights=qualified * problem.needs[year][at], minlength=len(most))
    bought_most += np.bincount(
        stores["at"].to_numpy(int), weights=stores["most"].to_numpy(float), minlength=len(most)
    )
    made = plants["made"].to_numpy(float) * plants["most_plants"].to_numpy(float)
    bought_most += has.by_new @ np.bincount(plants["at"].to_numpy(int), weights=made, minlength=len(most))
    needs = problem.smallest_essential
    users = np.flatnonzero(np.diff(needs.indptr))
    out: Floats = most
    # Every round holds: stopped early, it is only less tight.
    for _ in range(len(most) + 1 if len(users) else 0):
        there = (bought_most + out)[needs.indices] / needs.data
        new = most.copy()
        new[users] = np.minimum(most[users], np.minimum.reduceat(there, needs.indptr[users]))
        if np.allclose(new, out, rtol=1e-12, atol=1e-12):
            break
        out = new
    return out


def needs_of_plants(problem: Problem, plants: pd.DataFrame, window: int, gives: Floats) -> sparse.coo_matrix:
    """What makers of each component can sell more to each new plant, shape (components, plants)."""
    at = plants["at"].to_numpy(int)
    made = plants["made"].to_numpy(float)
    needs = problem.largest_essential.tocsc()[:, at] @ sparse.diags_array(gives)
    needs = needs - bought(problem, window).by_new[:, at] @ sparse.diags_array(made)
    return sparse.coo_matrix(needs.maximum(0.0))
