"""Country names as publishers spell them -> ISO 3166-1 alpha-3 codes."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import cache
from pathlib import Path

import pandas as pd

from corridor.errors import DataError, Fault

__all__ = ["country_of", "iso3", "known_countries", "known_groups", "known_spellings", "plain"]

_SHORT = {
    "&": "and",
    "br": "british",
    "dem": "democratic",
    "dr": "democratic republic",
    "fed": "federated",
    "federal": "federated",
    "federation": "federated",
    "fm": "former",
    "fmr": "former",
    "fr": "french",
    "fs": "federated states",
    "is": "islands",
    "isd": "islands",
    "isds": "islands",
    "isl": "islands",
    "island": "islands",
    "isls": "islands",
    "hk": "hong kong",
    "n": "northern",
    "neth": "netherlands",
    "occ": "occupied",
    "pal": "palestinian",
    "pdr": "people's democratic republic",
    "peoples": "people's",
    "prov": "province",
    "rep": "republic",
    "rp": "republic",
    "s": "south",
    "st": "saint",
    "sts": "states",
    "so": "southern",
    "ter": "territory",
    "terr": "territory",
    "territories": "territory",
    "utd": "united",
}
_EMPTY = frozenset({"and", "of", "the", "d", "le", "la", "as", "nes"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|&")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")


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


@cache
def _words(name: str) -> str:
    """Words of a spelling in alphabetical order, abbreviations written out, without articles and punctuation.

    "Congo, Dem. Rep. of the" and "Democratic Republic of the Congo" have the same words.
    """
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), plain(name))
    found = [word for short in _WORD.findall(text) for word in _SHORT.get(short, short).split()]
    return " ".join(sorted(word for word in found if word not in _EMPTY))


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


@cache
def known_groups() -> frozenset[str]:
    """Plain spellings of groups of countries, whose rows repeat those of their members."""
    return frozenset(plain(str(name)) for name in _beside("country_groups.csv")["name"])


@cache
def _by_words() -> dict[str, str]:
    """Words -> iso3, for words that name one country only and no group."""
    book: dict[str, set[str]] = {}
    for spelling, code in known_spellings().items():
        book.setdefault(_words(spelling), set()).add(code)
    for group in known_groups():
        book.setdefault(_words(group), set()).add("")
    return {words: codes.pop() for words, codes in book.items() if len(codes) == 1 and words and "" not in codes}


@cache
def country_of(name: str) -> str | None:
    """The iso3 code of a name, by its spelling, else by its words in any order; None if it is not known."""
    key = plain(name)
    if key in known_groups():
        return None
    return known_spellings().get(key) or _by_words().get(_words(name))


def iso3(names: pd.Series) -> pd.Series:
    """Translate country names to iso3 codes.

    Parameters
    ----------
    names : Series of str
        Country names as USGS, IEA, DGCI&S, US Census, ICMM, Apple or the World Bank spell them. Upper and
        lower case, accents, blanks, the order of words and usual abbreviations do not matter; codes are accepted
        too. Groups such as "Other countries" and places that are not countries ("UNSPECIFIED") become ROW, the
        European Union EUU.

    Returns
    -------
    Series of str
        iso3 codes, same index and name as `names`.

    Raises
    ------
    DataError
        Lists every name that is not known, once each, with the first row that has it.
    """
    codes = names.map(lambda name: country_of(name) if isinstance(name, str) else None)
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
                    fix="add the spelling to corridor/data/countries/country_spellings.csv",
                )
                for row, name in first.items()
            ]
        )
    return codes.astype("str")
