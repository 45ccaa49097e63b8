"""Importers and exporters of summed rows -> iso3; groups of countries; the European Union beside its members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from corridor.data.countries.places import is_group, to_iso3
from corridor.data.names import EU_MEMBERS
from corridor.importers.trade.scanning.columns import KEPT

__all__ = ["GROUPS", "UNKNOWN", "against_world", "countries_of", "leave_out", "mapped", "one_union"]

GROUPS = "groups of countries, which would count twice"
UNKNOWN = "unknown countries"
_MEMBERS = "members of the European Union, which is one partner"
_UNION = "the European Union, listed by member"
_SLACK = 0.01
_SHOWN = 12


def countries_of(
    sums: pd.DataFrame, role: str, places: str, groups: frozenset[str], book: dict[str, str]
) -> tuple[list[str], pd.Series]:
    """Fill a role with iso3 codes, and mark rows of groups and unknown countries as left out.

    Parameters
    ----------
    sums
        As `scan.add_up` gives them, with ``usd_m``; changed in place.
    role
        importer or exporter.
    places, groups, book
        As `table.Reading` holds them.

    Returns
    -------
    (list of str, Series of bool)
        Notes; and which rows were of groups.
    """
    notes = []
    words = pd.Series(sums[role].cat.categories.astype("str"))
    kept = sums["outcome"] == KEPT
    grouped = words.isin(groups) | words.map(is_group)
    group = kept & mapped(sums[role], grouped).eq(True)
    leave_out(sums, group, GROUPS)
    found = mapped(sums[role], to_iso3(words, places, book))
    lost = kept & ~group & found.isna()
    if lost.any():
        worth = sums.loc[lost, "usd_m"].groupby(sums.loc[lost, role].astype("str").fillna("blank")).sum()
        worth = worth.sort_values(ascending=False)
        listed = ", ".join(f"{name} ({value:,.1f})" for name, value in worth.head(_SHOWN).items())
        more = f" and {len(worth) - _SHOWN} more" if len(worth) > _SHOWN else ""
        notes.append(f"unknown {role}s, US$ million: {listed}{more}")
        leave_out(sums, lost, UNKNOWN)
    named = found.astype("str")
    sums[f"{role}_word"] = sums[role].astype("str")
    sums[role] = pd.Categorical(named)
    return notes, group


def one_union(sums: pd.DataFrame) -> None:
    """Leave out the European Union or its members where a code has both: together they count twice.

    The members are kept if an importer's period has all of them and those of a code add up to the Union's value;
    else the Union is kept, as most publishers list a few members beside it.
    """
    kept = sums["outcome"] == KEPT
    union = kept & (sums["exporter"] == "EUU")
    if not union.any():
        return
    member = kept & sums["exporter"].isin(EU_MEMBERS)
    key = [sums[name].astype("str").fillna("") for name in ("importer", "period", "file_code")]
    group = pd.Series(pd.MultiIndex.from_arrays(key).to_flat_index(), index=sums.index)
    of_union = sums["usd_m"].where(union).groupby(group).sum()
    of_members = sums["usd_m"].where(member).groupby(group).sum()
    whole = pd.Series(pd.MultiIndex.from_arrays(key[:2]).to_flat_index(), index=sums.index)
    members = sums.loc[member, "exporter"].astype("str").groupby(whole[member]).nunique()
    complete = whole.map(members >= len(EU_MEMBERS)).eq(True)
    by_member = complete & group.map(of_members >= (1 - _SLACK) * of_union).eq(True)
    beside = group.map(of_union > 0)
    leave_out(sums, union & by_member, _UNION)
    leave_out(sums, member & ~by_member & beside, _MEMBERS)


def against_world(sums: pd.DataFrame, group: pd.Series) -> list[str]:
    """A note if the sum of single partners differs from the publisher's rows of the World."""
    single = sums.loc[(sums["outcome"] == KEPT) | (sums["outcome"] == UNKNOWN), "usd_m"].sum()
    world = sums.loc[group, "usd_m"].sum()
    if not world or abs(single - world) <= _SLACK * world:
        return []
    return [f"partners add up to US$ {single:,.1f} million, groups of countries (the World) to {world:,.1f}"]


def mapped(column: pd.Series, values: Sequence[object] | pd.Series) -> pd.Series:
    """Map each category of a column to a value; blank stays blank."""
    known = pd.Categorical(pd.Series(list(values), dtype=object))
    codes = column.cat.codes.to_numpy()
    taken = np.where(codes >= 0, known.codes[codes] if len(known) else -1, -1)
    return pd.Series(pd.Categorical.from_codes(taken, known.categories), index=column.index)


def leave_out(sums: pd.DataFrame, rows: pd.Series, why: str) -> None:
    """Mark rows as left out, with the reason."""
    if not rows.any():
        return
    outcome = sums["outcome"]
    sums["outcome"] = outcome if why in outcome.cat.categories else outcome.cat.add_categories(why)
    sums.loc[rows, "outcome"] = why
