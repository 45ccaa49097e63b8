"""One publication covers an importer's code and year: bundled rows of other partners are set to zero."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from corridor.data.tables import read_tables
from corridor.importers.files.imported import Imported

__all__ = ["alone"]

_GROUP = ["importer", "nomenclature", "code", "year"]


def alone(imported: Imported, bundled: pd.DataFrame | None = None) -> Imported:
    """Add rows of zero to an import of trade, for bundled partners that it does not name.

    Tables are laid over the bundled ones by key, partner by partner. Where both hold an importer's code of one
    year, a bundled partner that the import does not name would stay, and trade could count twice: the European
    Union as one partner and its members. The import's publisher reports nothing from it, so its row is zero.

    Parameters
    ----------
    imported
        Any import.
    bundled
        The table ``trade`` that the import is laid over; the bundled one if None.

    Returns
    -------
    Imported
        With a note in the report, if there are such rows.
    """
    trade = imported.tables.get("trade")
    if trade is None:
        return imported
    base = read_tables()[0].trade if bundled is None else bundled
    covered = pd.MultiIndex.from_frame(trade[_GROUP].drop_duplicates())
    beside = base[pd.MultiIndex.from_frame(base[_GROUP]).isin(covered)]
    keys = [*_GROUP, "exporter"]
    stay = beside[~pd.MultiIndex.from_frame(beside[keys]).isin(pd.MultiIndex.from_frame(trade[keys]))]
    if not len(stay):
        return imported
    source = str(imported.tables["sources"]["key"].iloc[0])
    zeros = stay.assign(value_usd_m=0.0, duty_usd_m=float("nan"), status="computed", source=source)
    rows = pd.concat([trade, zeros], ignore_index=True).astype(dict(trade.dtypes))
    worth = f"US$ {stay['value_usd_m'].sum():,.1f} million of {', '.join(sorted(set(stay['source'])))}"
    note = (
        f"{len(stay):,} bundled rows of the same importers, codes and years ({worth}) are set to zero: "
        f"only {source} counts there"
    )
    report = replace(imported.report, notes=(*imported.report.notes, note))
    return Imported({**imported.tables, "trade": rows}, report)
