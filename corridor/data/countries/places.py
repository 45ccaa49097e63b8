"""Country codes and names of trade statistics -> ISO 3166-1 alpha-3; unknown ones are left to the caller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import country_of, known_countries, known_groups, plain

__all__ = ["LETTERS", "NAMES", "NUMBERS", "coded_as", "is_group", "suggestion", "to_iso3"]

NUMBERS = "number"
"""UN M49 with the deviations of Comtrade and BACI (699 India, 842 USA, 490 Taiwan)."""
LETTERS = "letters"
"""ISO 3166-1 alpha-2 with those of Eurostat's geonomenclature (XK, XS, QZ)."""
NAMES = "names"
"""Names in any spelling of `country_spellings.csv`, or alpha-3 codes."""
# Comtrade's letters for areas not elsewhere specified: a continent and two digits (E19 is Other Europe, nes)
_RESIDUAL = re.compile(r"[AEFOSW](?!00)\d\d")
_NOTHING = frozenset({"NA", "N/A", ""})


@cache
def _book(system: str) -> dict[str, str]:
    table = pd.read_csv(Path(__file__).with_name("country_codes.csv"), dtype=str, keep_default_na=False)
    table = table[table["system"] == system]
    return dict(zip(table["code"], table["iso3"], strict=True))


def _number(word: str) -> str:
    return re.sub(r"\.0+$", "", word).lstrip("0") or "0"


def _found(word: str, system: str) -> str | None:
    """The country of a word: in its system, else in the others, since columns are mixed."""
    text = word.strip().lstrip("'").strip()
    if system == NUMBERS:
        return _book(NUMBERS).get(_number(text)) or country_of(text)
    if system == LETTERS:
        return _book(LETTERS).get(text.upper()) or _number_or_name(text)
    return _number_or_name(text)


def _number_or_name(text: str) -> str | None:
    found = country_of(text)
    if found is None and text not in _NOTHING and text == text.upper():
        found = _book(LETTERS).get(text)
    if found is None and re.fullmatch(r"\d{1,3}(\.0+)?", text):
        found = _book(NUMBERS).get(_number(text))
    if found is None and _RESIDUAL.fullmatch(text):
        found = "ROW"
    return found


def to_iso3(values: pd.Series, system: str, book: Mapping[str, str] | None = None) -> pd.Series:
    """Countries as iso3, NaN if not known.

    Parameters
    ----------
    values
        Codes or names as text.
    system
        `NUMBERS`, `LETTERS` or `NAMES`; a word that its system does not know is looked up in the others.
    book
        Further codes that the files define, code -> iso3; ours take precedence.

    Returns
    -------
    Series of str
        Aligned with `values`.
    """
    words = values.drop_duplicates().dropna()
    own = set(known_countries()["iso3"])
    theirs = {code: iso3 for code, iso3 in (book or {}).items() if iso3 in own}
    found = {word: _found(str(word), system) or theirs.get(str(word).strip()) for word in words}
    return values.map(found).astype("str")


def is_group(word: str) -> bool:
    """Whether a word names a group of countries (World, ASEAN, Sub-Saharan Africa), not one of them."""
    text = plain(word)
    if text in known_groups() or text in ("0", "0.0", "-"):
        return True
    return text.endswith(" aggregation") or text.startswith(("total ", "india's total"))


def suggestion(word: str) -> str | None:
    """The code that a wrong word stands for, from the tables of codes and names; None if it stands for none.

    A two-letter word is read as ISO 3166-1 alpha-2 (IN is India, NA is Namibia), never as a misspelt alpha-3 code.
    """
    text = word.strip()
    if re.fullmatch(r"[A-Za-z]{2}", text):
        return _book(LETTERS).get(text.upper())
    return _number_or_name(text)


def coded_as(countries: list[str], system: str) -> list[str] | None:
    """All codes that files may use for these countries; None for names, which have too many spellings."""
    if system == NAMES:
        return None
    codes = [code for code, iso3 in _book(system).items() if iso3 in set(countries)]
    numbers = [code for code in codes if code.isdigit()]
    # 004 and 4, and 4.0 if a program read the column as decimals
    written = {*(code.zfill(3) for code in numbers), *(f"{code}.0" for code in numbers)}
    return sorted({*codes, *written, *countries})
