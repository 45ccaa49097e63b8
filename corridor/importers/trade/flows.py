"""Imports or exports: which column of a file says so, and in which words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from corridor.data.databases import quoted
from corridor.errors import ConfigError
from corridor.importers.files.open_files import Opened, literal
from corridor.importers.trade.scanning.columns import NO_FLOW

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["checked_flow", "flow_column", "flow_skips", "plain_name"]

_NAMES = frozenset(
    {
        "flow",
        "flowcode",
        "flowdesc",
        "flowname",
        "flowtype",
        "tradeflow",
        "tradeflowcode",
        "tradeflowdesc",
        "tradeflowname",
        "rgcode",
        "rgdesc",
        "importexport",
        "exportimport",
        "impexp",
        "expimp",
        "ie",
        "direction",
        "tradedirection",
        "typeoftrade",
        "importorexport",
    }
)
_IMPORTS = frozenset(
    {
        "m",
        "i",
        "imp",
        "import",
        "imports",
        "grossimp",
        "grossimport",
        "grossimports",
        "generalimports",
        "totalimports",
        "importsforconsumption",
        "mimport",
        "mimports",
        "importcif",
        "importscif",
        "importation",
        "importations",
    }
)
_EXPORTS = frozenset(
    {
        "x",
        "e",
        "exp",
        "export",
        "exports",
        "grossexp",
        "grossexport",
        "grossexports",
        "totalexports",
        "xexport",
        "xexports",
        "exportfob",
        "exportsfob",
        "exportation",
        "exportations",
    }
)
# they are contained in the first two, or are none of them
_OTHERS = frozenset(
    {
        "rm",
        "rx",
        "dx",
        "fm",
        "fx",
        "mip",
        "mop",
        "xip",
        "xop",
        "reimport",
        "reimports",
        "reexport",
        "reexports",
        "domesticexport",
        "domesticexports",
        "foreignimport",
        "foreignimports",
        "foreignexport",
        "foreignexports",
        "importofgoodsforinwardprocessing",
        "balance",
        "tradebalance",
        "rexport",
        "rimport",
        "total",
        "trade",
    }
)
# old Comtrade and Eurostat number their flows; other numbers are none
_NUMBERS = {"1": "imports", "2": "exports", "3": "", "4": ""}


def checked_flow(flow: str) -> str:
    """imports or exports.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if flow not in ("imports", "exports"):
        raise ConfigError(f"flow {flow!r}: wanted imports or exports")
    return flow


def plain_name(column: str) -> str:
    """Name of a column without case, blanks and punctuation: "Trade Flow Code" is tradeflowcode."""
    return re.sub(r"[^a-z0-9]+", "", column.lower())


def flow_column(engine: DuckDBPyConnection, opened: Sequence[Opened]) -> str:
    """Column that tells the flow, by its name; the one with words if there are several. Empty if there is none."""
    common = [name for name in opened[0].columns if all(name in file.columns for file in opened)]
    named = [name for name in common if plain_name(name) in _NAMES]
    known = {name: sum(_flow_of(word) is not None for word in _words(engine, opened, name)) for name in named}
    textual = [name for name in named if any(not word.isdigit() for word in _words(engine, opened, name))]
    return max(textual or named, key=lambda name: known[name], default="")


def flow_skips(engine: DuckDBPyConnection, opened: Sequence[Opened], column: str, flow: str) -> dict[str, str]:
    """Reasons and conditions, for `columns.ColumnMap.skip`, that keep the rows of one flow.

    Parameters
    ----------
    engine, opened
        The files.
    column
        As `flow_column` gives it; if it is empty, every row is of an unknown flow.
    flow
        imports or exports.
    """
    if not column:
        return {NO_FLOW: "TRUE"}
    words = _words(engine, opened, column)
    cell = f"coalesce(trim(CAST({quoted(column)} AS VARCHAR)), '')"
    wanted = [literal(word) for word in words if _flow_of(word) == flow]
    others = [literal(word) for word in words if _flow_of(word) not in (None, flow)]
    skips = {}
    if others:
        skips[f"other flows than {flow}"] = f"{cell} IN ({', '.join(others)})"
    skips[NO_FLOW] = f"{cell} NOT IN ({', '.join(wanted)})" if wanted else "TRUE"
    return skips


def _flow_of(word: str) -> str | None:
    """imports, exports, empty for another flow, None if the word says nothing."""
    text = re.sub(r"\.0$", "", word.strip())
    if text in _NUMBERS:
        return _NUMBERS[text]
    plain = re.sub(r"[^a-z]+", "", text.lower())
    if plain in _IMPORTS:
        return "imports"
    if plain in _EXPORTS:
        return "exports"
    return "" if plain in _OTHERS else None


def _words(engine: DuckDBPyConnection, opened: Sequence[Opened], column: str) -> list[str]:
    """Distinct words of a column, at most a hundred of each file."""
    found: set[str] = set()
    cell = f"trim(CAST({quoted(column)} AS VARCHAR))"
    for file in opened:
        query = f"SELECT DISTINCT {cell} FROM {file.scan({})} WHERE {cell} <> '' LIMIT 100"
        found |= {str(row[0]) for row in engine.execute(query).fetchall() if row[0] is not None}
    return sorted(found)
