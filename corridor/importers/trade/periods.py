"""Years, fiscal years and months of published rows, and conversion of their values to US$."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.trade.scanning.columns import KEPT

__all__ = ["usd_m", "years_of"]

_SHOWN = 12
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = rf"(?P<name>{'|'.join(_NAMES)})[a-z]*\.?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:CY ?)?{_YEAR}(?:\.0)?(?:\.?52)?",  # Eurostat's 202352 is the sum of a year
        rf"{_YEAR}[-M/.]?{_MONTH}(?:\.0)?",
        rf"{_YEAR}-{_MONTH}-\d\d(?:[T ].*)?",
        rf"{_MONTH}/{_YEAR}",
        rf"{_NAME}[- ,]*{_YEAR}",
        rf"{_YEAR}[- ,]*{_NAME}",
        rf"{_NAME}[- ']*(?P<short>\d\d)",
    )
)
_FISCAL = re.compile(rf"(?:FY ?)?{_YEAR} ?[-/\u2013] ?(?P<next>(?:20)?\d\d)(?: ?\(.*\))?", re.IGNORECASE)


class _Period(NamedTuple):
    """A period as read: year 0 if the word is none; month 0 for a year; either: 2010-11 may be both."""

    year: int
    month: int = 0
    either: bool = False


def _period(word: str) -> _Period:
    text = " ".join(word.split())
    fiscal = _FISCAL.fullmatch(text)
    is_fiscal = fiscal is not None and int(fiscal["next"][-2:]) == (int(fiscal["year"]) + 1) % 100
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return _Period(int(fiscal["year"]) if fiscal is not None and is_fiscal else 0)
    parts = found.groupdict()
    if parts.get("name"):
        year = int(parts.get("year") or 2000 + int(parts["short"]))
        return _Period(year, _NAMES.index(str(parts["name"]).lower()) + 1)
    return _Period(int(parts["year"]), int(parts.get("month") or 0), is_fiscal)


def years_of(
    sums: pd.DataFrame, column: str, key: str, *, yearly: bool, monthly: bool = False
) -> tuple[pd.Series, list[str]]:
    """Year of each period, and notes on years that lack months.

    Parameters
    ----------
    sums
        With ``outcome`` and ``period``.
    column, key
        For messages.
    yearly
        Whether a month holds the sum since January.
    monthly
        Whether 2010-11 is a month if no other period tells; else it is the fiscal year.
    """
    kept = sums["outcome"] == KEPT
    words = pd.Series(sums["period"].cat.categories.astype("str"))
    used = words.isin(sums.loc[kept, "period"].unique())
    periods = [_period(word) for word in words]
    months_seen = any(
        period.month and not period.either for period, is_used in zip(periods, used, strict=True) if is_used
    )
    as_month = monthly or months_seen
    periods = [each._replace(month=each.month if as_month or not each.either else 0) for each in periods]
    year = pd.Series([period.year for period in periods], dtype="int64")
    month = pd.Series([period.month for period in periods], dtype="int64")
    wrong = year == 0
    blank = ["blank"] if (sums["period"].isna() & kept).any() else []
    if (wrong & used).any() or blank:
        wanted = "a year such as 2023 or 2023-24, or a month such as 202312"
        shown = [*words[wrong & used].head(_SHOWN), *blank]
        raise DataError([Fault(key, "", column, repr(word), wanted, "correct it") for word in shown])
    notes = []
    for label, months in month[used].groupby(year[used]):
        named = months[months > 0]
        if len(named) and len(named) < len(months):
            found = f"{label} both as a year and by month"
            fix = "give either the annual or the monthly files: together they count twice"
            raise DataError([Fault(key, "", column, found, "one of them", fix)])
        if yearly and named.nunique() > 1:
            found = f"{label} with {named.nunique()} months of sums since January"
            fix = "keep only the last month of the year"
            raise DataError([Fault(key, "", column, found, "one month", fix)])
        if yearly and (named != 12).any():
            last = f"{int(named.iloc[0]):02d}"
            notes.append(f"{label} holds the months up to {last}: its values are not those of a full year")
        elif len(named) and not yearly and named.nunique() < 12:
            notes.append(f"{label} holds {named.nunique()} of 12 months: its values are not those of a full year")
    code = sums["period"].cat.codes.to_numpy()
    years = year.to_numpy(np.int64)
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
