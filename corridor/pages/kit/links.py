"""File names of the pages of components and countries, and the data that scripts need to link them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from corridor.data.tables import Tables

#: Ids that are safe file names on every system. Two hyphens are reserved for generated names.
_SAFE = re.compile(r"(?!.*--)[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
#: Names that some systems reserve for devices, with any ending.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
#: The origin that stands for the rest of the world has no page.
REST = "ROW"
#: Shares below this are on no page.
LEAST_SHARE = 5e-4


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """A file name for each id: the id if it is safe on every system, else words of it and a checksum.

    Parameters
    ----------
    ids
        Any texts: they come from data.

    Returns
    -------
    dict
        Id -> name ending in ``.html``, only ASCII letters, digits, ``_`` and ``-``; all differ, also on systems
        that ignore case.
    """
    wanted = list(dict.fromkeys(ids))
    folded = Counter(name.lower() for name in wanted)
    return {
        name: f"{name if _is_safe(name) and folded[name.lower()] == 1 else _generated(name)}.html"
        for name in wanted
    }


def component_files(tables: Tables) -> dict[str, str]:
    """File in components/ of each component."""
    return file_names(tables.components["id"].astype(str))


def country_files(tables: Tables, shares: pd.DataFrame) -> dict[str, str]:
    """File in countries/ of each country that supplies a market of the study or has known suppliers.

    Parameters
    ----------
    tables
        Needs ``countries`` and ``suppliers``.
    shares
        :func:`corridor.shares` of all markets.
    """
    origins = set(shares.loc[shares["share"] >= LEAST_SHARE, "origin"]) | set(tables.suppliers["country"])
    known = [iso3 for iso3 in tables.countries["iso3"] if iso3 in origins and iso3 != REST]
    return file_names(known)


def page_files(tables: Tables, shares: pd.DataFrame) -> dict[str, dict[str, str]]:
    """For scripts that link pages: files of components that are not ``<id>.html``, and of all countries."""
    return {"components": odd_names(component_files(tables)), "countries": country_files(tables, shares)}


def odd_names(files: dict[str, str]) -> dict[str, str]:
    """Files that are not ``<id>.html``: scripts need them."""
    return {name: file for name, file in files.items() if file != f"{name}.html"}


def _is_safe(name: str) -> bool:
    return bool(_SAFE.fullmatch(name)) and not _DEVICES.fullmatch(name)


def _generated(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower())[:48].strip("-") or "x"
    return f"{words}--{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"
