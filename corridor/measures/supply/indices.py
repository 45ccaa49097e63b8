"""Indices of concentration: Herfindahl, effective suppliers, share of the largest three, fewest that hold 75 %."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from corridor.measures.supply.flows import keys_of, origin_shares
from corridor.measures.supply.sourcing import REST

#: Above this the EU, CEPII and others call imports or exports concentrated (4,000 if shares are in percent).
CONCENTRATED = 0.4
_MOST = 0.75
_ENOUGH = 1e-12


def concentration_indices(flows: pd.DataFrame, *, rest: Sequence[str] = (REST,)) -> pd.DataFrame:
    """Indices of concentration of each supply.

    With s the shares, largest first, and N the number of countries:

    - ``hhi = sum s^2``, between 1/N and 1 (Herfindahl 1950, Hirschman 1945)
    - ``hhi_normalised = (hhi - 1/N) / (1 - 1/N)``, 0 for equal shares, 1 for one country alone
    - ``effective_suppliers = 1 / hhi``: number of equal countries with the same concentration
    - ``cr3``: share of the three largest; ``n75``: fewest countries that hold 75 %

    Parameters
    ----------
    flows
        As in :func:`origin_shares`.
    rest
        Origins that represent many unnamed countries. They count in the total, but their number is unknown:
        ``hhi`` takes them as very many small countries, ``hhi_high`` as a single one; the truth is between.

    Returns
    -------
    pandas.DataFrame
        Keys, ``total`` (unit of value), ``countries`` (named ones), ``hhi``, ``hhi_high``,
        ``hhi_normalised`` (among the named ones), ``effective_suppliers``, ``cr3``, ``n75`` (blank if the
        named ones hold less than 75 %), ``rest_share``, ``largest``, ``largest_share``. Shares are 0..1.
    """
    rows = origin_shares(flows)
    keys = keys_of(flows)
    rows["unnamed"] = rows["origin"].isin(list(rest))
    rows["rest_share"] = rows["share"].where(rows["unnamed"], 0.0)
    out = rows.groupby(keys, observed=True).agg(total=("value", "sum"), rest_share=("rest_share", "sum"))
    named = rows[~rows["unnamed"]]
    grouped = named.groupby(keys, observed=True)["share"]
    position = grouped.cumcount()
    before = grouped.cumsum() - named["share"]
    named = named.assign(
        square=named["share"] ** 2,
        top3=named["share"].where(position < 3, 0.0),
        needed=before < _MOST - _ENOUGH,
    )
    sums = named.groupby(keys, observed=True).agg(
        countries=("share", "size"),
        held=("share", "sum"),
        hhi=("square", "sum"),
        cr3=("top3", "sum"),
        n75=("needed", "sum"),
        largest=("origin", "first"),
        largest_share=("share", "first"),
    )
    out = out.join(sums)
    filled = ["countries", "held", "hhi", "cr3", "n75", "largest_share"]
    out[filled] = out[filled].fillna(0.0)
    out["hhi_high"] = out["hhi"] + out["rest_share"] ** 2
    count, held = out["countries"], out["held"].where(out["held"] > 0)
    evenly = 1.0 / count.where(count > 1)
    normalised = (out["hhi"] / held**2 - evenly) / (1.0 - evenly)
    out["hhi_normalised"] = normalised.clip(0.0, 1.0).where(count > 1, 1.0).where(count > 0)
    out["effective_suppliers"] = 1.0 / out["hhi"].where(out["hhi"] > 0)
    out["n75"] = out["n75"].where(out["held"] >= _MOST - _ENOUGH).astype("Int64")
    out["countries"] = out["countries"].astype("int64")
    order = ["total", "countries", "hhi", "hhi_high", "hhi_normalised", "effective_suppliers", "cr3", "n75"]
    return out[[*order, "rest_share", "largest", "largest_share"]].reset_index()
