"""A first proposal of which columns of a table of trade hold what; a user confirms it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from corridor.errors import ConfigError
from corridor.importers.files.open_files import connect, open_files
from corridor.importers.files.widetable import PERIOD, VALUE, year_columns
from corridor.importers.trade.flows import plain_name

__all__ = ["as_option", "confirmed", "guessed"]

_ROLES = {
    "year": "year refyear yr period time timeperiod financialyear fiscalyear fystart date t",
    "importer": "reporteriso3 reporteriso reportercode reporter reportername reporterdesc importer importeriso3 "
    "importercode importername importingcountry declarant j",
    "exporter": "partneriso3 partneriso partnercode partner partnername partnerdesc exporter exporters "
    "exporteriso3 exportercode exportername exportingcountry country countryname ctyname "
    "countryoforigin origin origincountry countryregion supplier supplyingcountry i",
    "code": "cmdcode productcode commoditycode hscode hs6 hs8 hs10 hs hs6code hs8code itchs itchscode "
    "htsnumber hts htscode tariffcode tariffline ncm cn8 productnc commodity product k",
    "value": "primaryvalue tradevalue tradevaluein1000usd tradevalueus valueusd valueus valueinusd usd "
    "importvalue valuemusd valueusdmillion valueusmillion valueinusmillion valueusthousand "
    "valueusdthousand cifvalue cifvalueus cifvalueusd value v",
    "revision": "nomenclature classification classificationcode hsrevision revision hsversion",
}
_NEEDED = ("year", "importer", "exporter", "code", "value")
_THOUSAND = re.compile(r"1000|thousand|\btsd\b|000 ?us", re.IGNORECASE)
_MILLION = re.compile(r"million|\bmn\b|musd|\bmio\b", re.IGNORECASE)


def guessed(
    files: Sequence[str | Path], given: Mapping[str, str], encoding: str = "utf-8"
) -> tuple[dict[str, str], float | None]:
    """Propose a map of columns.

    Parameters
    ----------
    files
        As `open_files.open_files` takes them.
    given
        What the user named; it is kept.
    encoding
        Of text files.

    Returns
    -------
    (dict, float or None)
        Our name -> column, as `plain_table.read_map` gives it; and US$ in one unit of the value, if the column's
        name says it.

    Raises
    ------
    ConfigError
        A needed column cannot be found; the message lists those found, and the columns of the file.
    """
    with connect() as (_, scratch):
        opened = open_files(files, scratch, encoding)
        columns = [name for name in opened[0].columns if all(name in file.columns for file in opened)]
    spelt = {plain_name(name): name for name in reversed(columns)}
    found = dict(given)
    years = year_columns(tuple(columns))
    if years and not {"year", "value"} & set(given):
        found |= {"year": PERIOD, "value": VALUE}
    for role, names in _ROLES.items():
        taken = set(found.values())
        fitting = [spelt[name] for name in names.split() if name in spelt and spelt[name] not in taken]
        if role not in found and fitting:
            found[role] = fitting[0]
    lacking = [role for role in _NEEDED if role not in found]
    if lacking:
        shown = as_option(found) or "none"
        raise ConfigError(
            f"no column is known for {', '.join(lacking)}; found: {shown}; the columns are {', '.join(columns)}. "
            f"Fix: name them with --map, such as --map '{lacking[0]}=COLUMN', or a value for all rows, such as "
            "importer=@IND, code=@850760, year=@2023 or revision=@HS22"
        )
    header = found["value"] if found["value"] != VALUE else " ".join([*years, *map(_title, files)])
    if _MILLION.search(header):
        return found, 1e6
    if _THOUSAND.search(header):
        return found, 1e3
    return found, 1.0 if re.search(r"usd|us ?\$", header, re.IGNORECASE) else None


def confirmed(
    files: Sequence[str | Path],
    given: Mapping[str, str],
    unit: float | Mapping[int, float] | None,
    yes: bool,
    encoding: str = "utf-8",
) -> tuple[dict[str, str], float | None]:
    """A user's map as it is if it is complete; else completed by a guess that the user accepts.

    Parameters
    ----------
    files, given, encoding
        As `guessed` takes them.
    unit
        US$ in one unit of the value, or rates by year, if the user states them.
    yes
        Whether the user accepts the guess.

    Returns
    -------
    (dict, float or None)
        The map; and the guessed unit, None if nothing was guessed.

    Raises
    ------
    ConfigError
        The guess is not accepted yet (the message shows it), no unit is known, or a column cannot be found.
    """
    if set(_NEEDED) <= set(given):
        return dict(given), None
    found, usd = guessed(files, given, encoding)
    shown = f"--map '{as_option(found)}'"
    if not unit and usd is None:
        raise ConfigError(
            f"the map of columns is a guess: {shown}, and no column says the unit of the value. "
            "Fix: give --unit (US$ in one unit of the file, such as 1, 1000 or 1e6), and --yes if the map is right"
        )
    if not yes:
        stated = "" if unit else f" --unit {usd:g}"
        raise ConfigError(
            f"the map of columns is a guess: {shown}{stated}. Fix: add --yes if it is right, or give the right one"
        )
    return found, usd or 1.0


def _title(file: str | Path) -> str:
    """The unit that a title above a table states, such as "Unit : US Dollar thousand"."""
    with Path(file).open("rb") as head:
        text = head.read(2**14).decode("latin-1")
    found = re.search(r"\bunit\b[^\n<>]{0,5}?:?[^\n<>]{0,60}", text, re.IGNORECASE)
    return found[0] if found else ""


def as_option(columns: Mapping[str, str]) -> str:
    """A map as the option --map takes it."""
    return ",".join(f"{role}={column}" for role, column in columns.items())
