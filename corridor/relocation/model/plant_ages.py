"""Which plants deliver in which year; plants in their first year are counted apart from older ones.

A plant in its first year makes a fraction of its output (its ramp). If both were counted together, in fractions of
a full plant, an old plant would have to count for a gap divided by the ramp, so that a young one can fill the gap:
at a ramp of 0.4 a linear relaxation then fills every gap with two fifths of an old plant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from corridor.data.arrays import Ints


def opened_table(plants: pd.DataFrame, kept: pd.DataFrame, years: Ints) -> pd.DataFrame:
    """Every technology in every year and at every age at which its plants can deliver.

    Parameters
    ----------
    plants
        Technologies: ``technology, component_index, capacity, made, lead, ramp, most_plants``.
    kept
        Plants that exist already: ``tech, year`` (position of the start, negative before the study).
    years
        Positions of the years that count.

    Returns
    -------
    pandas.DataFrame
        ``tech, technology, component_index, capacity, made`` (US$ M/yr of one plant at that age), ``lead,
        most_plants, year`` (position), ``from_age, to_age`` (years of delivery before this one). One row where the
        ramp is 1.
    """
    columns = ["technology", "component_index", "capacity", "made", "lead", "most_plants"]
    table = plants.reset_index(names="tech")[["tech", *columns, "ramp"]]
    table = table.merge(pd.DataFrame({"year": years}), how="cross")
    early = table["tech"].map(kept.groupby("tech")["year"].min()).fillna(0.0).clip(upper=0.0)
    starts = pd.MultiIndex.from_frame(kept[["tech", "year"]])
    last = table["year"] - table["lead"]
    young = (last >= 0) | pd.MultiIndex.from_arrays([table["tech"], last]).isin(starts)
    ramps = table["ramp"] < 1.0
    later = table.assign(from_age=ramps.astype(np.int64), to_age=np.iinfo(np.int64).max)
    later = later[np.where(ramps, early < last, early <= last)]
    first = table.assign(from_age=np.int64(0), to_age=np.int64(0))[ramps & young]
    first["capacity"] *= first["ramp"]
    first["made"] *= first["ramp"]
    both = pd.concat([later, first]).sort_values(["tech", "year", "from_age"], kind="stable")
    return both.drop(columns="ramp").reset_index(drop=True)


def delivering(opened: pd.DataFrame, starts: pd.DataFrame) -> tuple[Ints, Ints]:
    """Rows of `opened`, and for each the row of `starts` that delivers there.

    Parameters
    ----------
    opened
        Result of :func:`opened_table`.
    starts
        ``tech, year`` (position) of each start.
    """
    tech, year, lead, from_age, to_age = (
        opened[name].to_numpy(np.int64) for name in ("tech", "year", "lead", "from_age", "to_age")
    )
    order = np.argsort(tech, kind="stable")
    wanted = starts["tech"].to_numpy(np.int64)
    first, end = (np.searchsorted(tech[order], wanted, side) for side in ("left", "right"))
    count = end - first
    start = np.repeat(np.arange(len(starts)), count)
    row = order[np.arange(len(start)) + np.repeat(first - (np.cumsum(count) - count), count)]
    age = year[row] - starts["year"].to_numpy(np.int64)[start] - lead[row]
    inside = (from_age[row] <= age) & (age <= to_age[row])
    return row[inside], start[inside]
