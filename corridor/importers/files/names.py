"""Country names as publishers spell them -> ISO 3166-1 alpha-3 codes."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from functools import cache
from pathlib import Path

import pandas as pd

from corridor.errors import DataError, Fault

__all__ = ["iso3", "known_countries", "known_spellings", "plain"]


@cache
def plain(name: str) -> str:
    """Spelling without accents, case, doubled blanks, curly apostrophes and UTF-8 misread as Latin-1."""
    text = name
    with suppress(UnicodeError):
        text = name.encode("latin-1").decode("utf-8")
    text = text.replace("\u2019", "'").replace("\x92", "'").replace("`", "'")
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(text.casefold().split())


def _beside(file: str) -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_name(file), keep_default_na=False, encoding="utf-8")


@cache
def known_countries() -> pd.DataFrame:
    """Countries and territories known to the importers.

    Returns
    -------
    DataFrame
        One row per country: iso3, name, region, lon, lat (degrees, a point inside the country; the capital
        of the institutions for EUU, mid-ocean for ROW).

    Notes
    -----
    Points: middle of the largest polygon of Natural Earth 1:10m (public domain), or a point set by hand for
    countries whose middle is empty land or that the outlines lack.
    """
    return _beside("country_names.csv")


@cache
def known_spellings() -> dict[str, str]:
    """Plain spelling -> iso3, from the names, the alternates in `country_spellings.csv` and the codes."""
    countries = known_countries()
    alternates = _beside("country_spellings.csv")
    book = {plain(str(code)): str(code) for code in countries["iso3"]}
    book |= {plain(str(n)): str(c) for n, c in zip(countries["name"], countries["iso3"], strict=True)}
    book |= {plain(str(s)): str(c) for s, c in zip(alternates["spelling"], alternates["iso3"], strict=True)}
    return book


def iso3(names: pd.Series) -> pd.Series:
    """Translate country names to iso3 codes.

    Parameters
    ----------
    names : Series of str
        Country names as USGS, IEA, DGCI&S, US Census, ICMM, Apple or the World Bank spell them. Upper and
        lower case, accents and blanks do not matter; codes are accepted too. Groups such as "Other
        countries" and places that are not countries ("UNSPECIFIED") become ROW, the European Union EUU.

    Returns
    -------
    Series of str
        iso3 codes, same index and name as `names`.

    Raises
    ------
    DataError
        Lists every name that is not known, once each, with the first row that has it.
    """
    book = known_spellings()
    spelt = names.map(lambda name: plain(name) if isinstance(name, str) else "")
    codes = spelt.map(book)
    unknown = names[codes.isna()]
    if len(unknown):
        first = unknown.fillna("").drop_duplicates()
        raise DataError(
            [
                Fault(
                    table=str(names.name or "names"),
                    row=str(row),
                    column="country",
                    found=str(name),
                    wanted="a country name known to the importers",
                    fix="add the spelling to corridor/importers/files/country_spellings.csv",
                )
                for row, name in first.items()
            ]
        )
    return codes.astype("str")
