"""Stability of a label: how near its threshold, for how long, and whether errors in the data would flip it.

About one in five products that the EU counted as dependent in 2018 was not so in 2019 (Vicard & Wibaux 2023,
CEPII Policy Brief 41): a label from one year says little without the numbers of this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from corridor.data.tables import Tables
from corridor.errors import ConfigError
from corridor.measures.supply.flows import keys_of, market_flows, origin_shares
from corridor.measures.supply.indices import CONCENTRATED, concentration_indices
from corridor.measures.supply.sourcing import REST

_HALVINGS = 60
_DRAWS_AT_ONCE = 64


def threshold_distance(values: pd.Series, threshold: float) -> pd.Series:
    """Distance to a threshold as a fraction of it: ``(value - threshold) / threshold``.

    Positive above the threshold; 0.1 means a tenth of it above. `values` and `threshold` have the same unit.
    """
    return (values - threshold) / threshold


def years_in_state(frame: pd.DataFrame, flag: str, by: Sequence[str], *, year: str = "year") -> pd.DataFrame:
    """How long and how steadily a yearly flag is true.

    Parameters
    ----------
    frame
        One row per case and year; the flag is true, false or blank (unknown: the year is not counted).
    flag, year
        Columns of the flag and of the year.
    by
        Columns that identify a case.

    Returns
    -------
    pandas.DataFrame
        One row per case with a known year: the columns `by`, ``years`` (known ones), ``first_year``,
        ``last_year``, ``flagged_share`` (of the known years, 0..1), ``longest_run`` (most consecutive years
        with the flag true), ``changes`` (of the flag from one year to the next) and ``flagged`` (in the last
        year). Years missing from the data neither break a run nor lengthen it.

    Raises
    ------
    ConfigError
        If a case has two rows for a year.
    """
    by = list(by)
    rows = frame.loc[frame[flag].notna(), [*by, year, flag]].sort_values([*by, year])
    twice = rows.duplicated([*by, year])
    if twice.any():
        case = ", ".join(map(str, rows.loc[twice, [*by, year]].iloc[0]))
        raise ConfigError(
            f"{int(twice.sum())} cases have two rows for a year, the first is {case}: add {year} keys"
        )
    up = rows[flag].astype(bool)
    group = rows.groupby(by, observed=True).ngroup()
    starts = group != group.shift()
    turned = (up != up.shift()) & ~starts
    run = (starts | turned).cumsum()
    rows = rows.assign(up=up.astype(float), turned=turned.astype(int), length=up.astype(int).groupby(run).cumsum())
    out = rows.groupby(by, observed=True).agg(
        years=(year, "size"),
        first_year=(year, "first"),
        last_year=(year, "last"),
        flagged_share=("up", "mean"),
        longest_run=("length", "max"),
        changes=("turned", "sum"),
        flagged=(flag, "last"),
    )
    return out.assign(flagged=out["flagged"].astype(bool)).reset_index()


def churn(frame: pd.DataFrame, flag: str, by: Sequence[str], *, year: str = "year") -> pd.DataFrame:
    """Share of the flagged cases of a year that are not flagged in the next year of the data.

    The statistic of Vicard & Wibaux (2023): one in five for the EU's dependent products, 2018 to 2019.

    Parameters
    ----------
    frame, flag, by, year
        As in :func:`years_in_state`.

    Returns
    -------
    pandas.DataFrame
        ``year``, ``next_year``, ``flagged`` (cases known in both years and flagged in the first), ``lost`` (share
        of them no longer flagged, 0..1; blank if none was flagged).
    """
    wide = frame.pivot(index=list(by), columns=year, values=flag).astype("boolean")
    years = list(wide.columns)
    states = wide.to_numpy(float, na_value=np.nan)
    before, after = states[:, :-1], states[:, 1:]
    was = (before == 1) & ~np.isnan(after)
    lost = was & (after == 0)
    flagged = was.sum(axis=0)
    share = np.divide(lost.sum(axis=0), flagged, out=np.full(len(flagged), np.nan), where=flagged > 0)
    return pd.DataFrame({"year": years[:-1], "next_year": years[1:], "flagged": flagged, "lost": share})


def hhi_bounds(flows: pd.DataFrame, error: float, *, rest: Sequence[str] = (REST,)) -> pd.DataFrame:
    """Least and greatest Herfindahl index if every flow may be wrong by a relative error of up to +-`error`.

    Exact, not sampled. With v the values and each v[c] free in ``[v (1 - error), v (1 + error)]``:

    - the greatest ``sum v^2 / (sum v)^2`` is at a corner of the box, where the k largest flows are up and the
      others down, for some k: all k are tried;
    - the least is where every flow is as near as possible to one level L, with ``L = sum v^2 / sum v``: the
      level is found by bisection.

    Parameters
    ----------
    flows
        As in :func:`corridor.measures.origin_shares`.
    error
        Relative error of a flow, 0 <= error < 1.
    rest
        Origins that represent many countries: they count in the sum, not in the squares.

    Returns
    -------
    pandas.DataFrame
        Keys, ``hhi_low``, ``hhi_high``, 0..1.
    """
    _check_error(error)
    rows, keys = origin_shares(flows), keys_of(flows)
    group = rows.groupby(keys, observed=True).ngroup().to_numpy()
    count = int(group.max()) + 1 if len(rows) else 0
    share = rows["share"].to_numpy()
    unnamed = rows["origin"].isin(list(rest)).to_numpy()

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values, count)

    # Greatest: the rest, which has no square, is always down; named flows are up, starting with the largest.
    named = np.where(unnamed, 0.0, share)
    up = (1.0 + error) / (1.0 - error)
    table = pd.DataFrame({"group": group, "sum": named * (up - 1.0), "square": named**2 * (up**2 - 1.0)})
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    raised = table.groupby("group")[["sum", "square"]].cumsum().to_numpy()
    squares = total(named**2)
    ratio = (squares[group] + raised[:, 1]) / (1.0 + raised[:, 0]) ** 2
    high = np.maximum(np.maximum.reduceat(ratio, starts), squares)
    # Least: the rest is up, named flows are moved towards the level.
    floor, ceiling = named * (1.0 - error), named * (1.0 + error)
    others = total(np.where(unnamed, share * (1.0 + error), 0.0))
    least, most = np.zeros(count), np.full(count, 1.0 + error)
    value = np.zeros(count)
    for _ in range(_HALVINGS):
        level = (least + most) / 2
        drawn = np.clip(level[group], floor, ceiling)
        added, squared = total(drawn) + others, total(drawn**2)
        value = squared / added**2
        lower = squared / added < level
        most, least = np.where(lower, level, most), np.where(lower, least, level)
    out = rows.loc[starts, keys].reset_index(drop=True)
    return out.assign(hhi_low=value, hhi_high=high)


def flip_probability(
    flows: pd.DataFrame,
    error: float,
    *,
    rng: np.random.Generator,
    threshold: float = CONCENTRATED,
    draws: int = 1000,
    rest: Sequence[str] = (REST,),
) -> pd.DataFrame:
    """How often the label "concentrated" flips if every flow has its own random error.

    Each flow is multiplied by ``1 + error u``, u uniform in [-1, 1] and independent; the flag is
    ``hhi > threshold``.

    Parameters
    ----------
    flows, error, rest
        As in :func:`hhi_bounds`.
    rng
        Source of the random numbers; the same state gives the same table.
    threshold
        Of the Herfindahl index, 0..1.
    draws
        Number of draws.

    Returns
    -------
    pandas.DataFrame
        Keys, ``hhi``, ``flagged`` (by the data as they are) and ``flip_probability``: share of the draws with
        the other label, 0..1.
    """
    _check_error(error)
    if draws < 1:
        raise ConfigError(f"draws is {draws}; wanted at least 1")
    rows, keys = origin_shares(flows), keys_of(flows)
    group = rows.groupby(keys, observed=True).ngroup().to_numpy()
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    share, named = rows["share"].to_numpy(), ~rows["origin"].isin(list(rest)).to_numpy()
    hhi = np.add.reduceat(np.where(named, share**2, 0.0), starts)
    flips = np.zeros(len(starts))
    for first in range(0, draws, _DRAWS_AT_ONCE):
        size = (min(_DRAWS_AT_ONCE, draws - first), len(rows))
        drawn = share * (1.0 + error * rng.uniform(-1.0, 1.0, size))
        squares = np.add.reduceat(drawn**2 * named, starts, axis=1)
        drawn_hhi = squares / np.add.reduceat(drawn, starts, axis=1) ** 2
        flips += ((drawn_hhi > threshold) != (hhi > threshold)).sum(axis=0)
    out = rows.loc[starts, keys].reset_index(drop=True)
    return out.assign(hhi=hhi, flagged=hhi > threshold, flip_probability=flips / draws)


def _check_error(error: float) -> None:
    if not 0.0 <= error < 1.0:
        raise ConfigError(
            f"the error is {error}; wanted a fraction of the value, from 0 to less than 1 (0.1 is 10 %)"
        )


def stability(
    tables: Tables,
    market: str = "IND",
    *,
    threshold: float = CONCENTRATED,
    error: float = 0.1,
    rng: np.random.Generator | None = None,
    draws: int = 1000,
    merge: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """How firm the label "imports are concentrated" is for each component of a market.

    Parameters
    ----------
    tables
        Needs ``trade`` and ``codes``.
    market
        Importing country. India's imports are by fiscal year (named by the year in which it starts) and class.
    threshold
        Of the Herfindahl index of imports, 0..1.
    error
        Relative error of each flow for the bounds and draws.
    rng, draws
        If a generator is given, :func:`flip_probability` is added.
    merge
        Origins to count as another, such as ``{"HKG": "CHN", "MAC": "CHN"}``.

    Returns
    -------
    pandas.DataFrame
        One row per component with imports, most concentrated first: ``market, component``; of the newest year
        ``hhi``, ``distance`` (fraction of the threshold), ``hhi_low``, ``hhi_high`` and ``firm`` (no error of
        that size flips the label); over all years the columns of :func:`years_in_state`; ``status`` of the flows
        (``inherited``: those of the component's class, so components of one class share a row's numbers).

    Raises
    ------
    ConfigError
        If the trade table has no imports of the market, or the error is not a fraction.
    """
    flows = market_flows(tables, market, merge=merge)
    yearly = concentration_indices(flows)[["product", "year", "hhi"]]
    yearly["flag"] = yearly["hhi"] > threshold
    out = years_in_state(yearly, "flag", ["product"])
    newest = flows[flows["year"] == flows.groupby("product")["year"].transform("max")]
    newest = newest[["product", "origin", "value", "status"]]
    out = out.merge(concentration_indices(newest)[["product", "hhi"]], on="product")
    out = out.merge(hhi_bounds(newest, error), on="product")
    out["distance"] = threshold_distance(out["hhi"], threshold)
    out["firm"] = (out["hhi_low"] > threshold) | (out["hhi_high"] <= threshold)
    columns = ["hhi", "distance", "hhi_low", "hhi_high", "firm"]
    if rng is not None:
        drawn = flip_probability(newest, error, rng=rng, threshold=threshold, draws=draws)
        out = out.merge(drawn[["product", "flip_probability"]], on="product")
        columns.append("flip_probability")
    out = out.merge(newest.groupby("product", as_index=False)["status"].first(), on="product")
    states = ["flagged", "years", "first_year", "last_year", "flagged_share", "longest_run", "changes"]
    out = out.rename(columns={"product": "component"}).assign(market=market)
    out = out[["market", "component", *columns, *states, "status"]]
    return out.sort_values(["hhi", "component"], ascending=[False, True], ignore_index=True)
