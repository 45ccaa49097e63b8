"""Country codes and names of trade statistics -> ISO 3166-1 alpha-3; unknown ones are left to the caller."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pandas as pd

from corridor.importers.files.names import known_countries, known_spellings, plain
from corridor.importers.files.rows import beside

__all__ = ["LETTERS", "NAMES", "NUMBERS", "coded_as", "to_iso3"]

NUMBERS = "number"
"""UN M49 with the deviations of Comtrade and BACI (699 India, 842 USA, 490 Taiwan)."""
LETTERS = "letters"
"""ISO 3166-1 alpha-2 with those of Eurostat's geonomenclature (XK, XS, QZ)."""
NAMES = "names"
"""Names in any spelling of `country_spellings.csv`, or alpha-3 codes."""


@cache
def _book(system: str) -> dict[str, str]:
    if system == NAMES:
        return known_spellings()
    table = beside(__file__, "country_codes.csv")
    table = table[table["system"] == system]
    return dict(zip(table["code"], table["iso3"], strict=True))


def to_iso3(values: pd.Series, system: str, book: Mapping[str, str] | None = None) -> pd.Series:
    """Countries as iso3, NaN if not known.

    Parameters
    ----------
    values
        Codes or names as text.
    system
        `NUMBERS`, `LETTERS` or `NAMES`; alpha-3 codes are accepted in each.
    book
        Further codes that the files define, code -> iso3; ours take precedence.

    Returns
    -------
    Series of str
        Aligned with `values`.
    """
    words = values.drop_duplicates().dropna()
    if system == NAMES:
        keys = words.map(plain)
    elif system == NUMBERS:
        keys = words.str.replace(r"\.0$", "", regex=True).str.lstrip("0").replace("", "0")
    else:
        keys = words.str.upper()
    own = set(known_countries()["iso3"])
    theirs = {code: iso3 for code, iso3 in (book or {}).items() if iso3 in own}
    found = keys.map(theirs | _book(system))
    found = found.where(found.notna(), words.where(words.isin(own)))
    return values.map(dict(zip(words, found, strict=True))).astype("str")


def coded_as(countries: list[str], system: str) -> list[str] | None:
    """All codes that files may use for these countries; None for names, which have too many spellings."""
    if system == NAMES:
        return None
    codes = [code for code, iso3 in _book(system).items() if iso3 in set(countries)]
    numbers = [code for code in codes if code.isdigit()]
    # 004 and 4, and 4.0 if a program read the column as decimals
    written = {*(code.zfill(3) for code in numbers), *(f"{code}.0" for code in numbers)}
    return sorted({*codes, *written, *countries})
