"""Years, fiscal years and months of published rows, and conversion of their values to US$."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.trade.scanning.columns import KEPT

__all__ = ["usd_m", "years_of"]

_SHOWN = 12
_PERIOD = r"^(?P<year>(?:19|20)\d\d)(?:[-M/]?(?P<month>0[1-9]|1[0-2]|52)(?:-\d\d.*)?|-\d\d)?$"


def years_of(sums: pd.DataFrame, column: str, key: str, *, yearly: bool) -> tuple[pd.Series, list[str]]:
    """Year of each period, and notes on years that lack months."""
    kept = sums["outcome"] == KEPT
    words = pd.Series(sums["period"].cat.categories.astype("str"))
    text = words.str.replace(r"\.0$", "", regex=True)
    fields = text.str.extract(_PERIOD)
    # 2023-24 is a fiscal year, 2023-12 a month
    fiscal = pd.to_numeric(text.str[-2:], errors="coerce") == (pd.to_numeric(fields["year"]) + 1).mod(100)
    fiscal &= text.str.fullmatch(r"\d{4}-\d\d")
    wrong = fields["year"].isna() | (fields["month"].isna() & text.str.contains("-") & ~fiscal)
    used = words.isin(sums.loc[kept, "period"].unique())
    blank = ["blank"] if (sums["period"].isna() & kept).any() else []
    if (wrong & used).any() or blank:
        wanted = "a year such as 2023 or 2023-24, or a month such as 202312"
        shown = [*words[wrong & used].head(_SHOWN), *blank]
        raise DataError([Fault(key, "", column, repr(word), wanted, "correct it") for word in shown])
    month = fields["month"].where(~fiscal & (fields["month"] != "52"))
    year = pd.to_numeric(fields["year"]).astype("Int64")
    notes = []
    for label, months in month[used].groupby(year[used]):
        if months.notna().any() and months.isna().any():
            found = f"{label} both as a year and by month"
            fix = "give either the annual or the monthly files: together they count twice"
            raise DataError([Fault(key, "", column, found, "one of them", fix)])
        if yearly and months.nunique() > 1:
            found = f"{label} with {months.nunique()} months of sums since January"
            fix = "keep only the last month of the year"
            raise DataError([Fault(key, "", column, found, "one month", fix)])
        if yearly and (months.dropna() != "12").any():
            last = months.dropna().iloc[0]
            notes.append(f"{label} holds the months up to {last}: its values are not those of a full year")
        elif months.notna().any() and not yearly and months.nunique() < 12:
            notes.append(f"{label} holds {months.nunique()} of 12 months: its values are not those of a full year")
    code = sums["period"].cat.codes.to_numpy()
    years = year.fillna(0).to_numpy(np.int64)
    return pd.Series(np.where(code >= 0, years[code] if len(years) else 0, 0), index=sums.index), notes


def usd_m(
    sums: pd.DataFrame, usd: float | Mapping[int, float], years: Sequence[int], key: str
) -> tuple[float | pd.Series, list[str]]:
    """US$ million in one unit of the file, and notes.

    Parameters
    ----------
    sums
        With ``outcome`` and ``year``.
    usd
        US$ in one unit; by year if a currency's rate changes.
    years
        Years to keep; all if empty.
    key
        Source, for messages.

    Returns
    -------
    (float or Series, list of str)
        A Series, aligned with the sums, if the rate changes.

    Raises
    ------
    ConfigError
        A year to keep has no rate.
    """
    if not isinstance(usd, Mapping):
        return usd / 1e6, []
    found = set(sums.loc[sums["outcome"] == KEPT, "year"])
    lacking = sorted((found & set(years) if years else found) - set(usd))
    if lacking:
        years_lacking = ", ".join(map(str, lacking))
        raise ConfigError(
            f"{key}: no rate for {years_lacking}; give US$ for one unit with --rate, such as {lacking[0]}=1.08"
        )
    rate = sums["year"].map(dict(usd)).astype(float)
    note = ["rows of years without a rate are counted without their value"] if rate.isna().any() else []
    return rate.fillna(0.0) / 1e6, note
