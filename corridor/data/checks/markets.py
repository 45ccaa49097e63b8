"""Checks of the markets: their terms, what they consume, what India sells to them."""

import pandas as pd

from corridor.data.checks.chain import name_rows
from corridor.data.frames import Tables, nearest
from corridor.data.names import HOST
from corridor.errors import Fault

EVERYTHING = "all"
"""Scope of the row of ``markets`` that holds for everything in a market."""


def check_markets(tables: Tables) -> list[Fault]:
    """Scopes are known and every market has one for all; unlisted shares have a range; India sells abroad only."""
    frame = tables.markets
    known = {EVERYTHING, *tables.sectors["id"], *tables.components["id"]}
    faults = []
    wrong = ~frame["scope"].isin(known)
    for row, value in zip(name_rows("markets", frame, wrong), frame.loc[wrong, "scope"], strict=True):
        near = nearest(str(value), sorted(known))
        fix = f"write {near}" if near else "write all, a sector or a component"
        faults.append(Fault("markets", row, "scope", repr(value), "all, a sector or a component", fix))
    whole = frame["market"].isin(frame.loc[frame["scope"] == EVERYTHING, "market"])
    first = ~whole & ~frame["market"].duplicated()
    faults += [
        Fault("markets", row, "scope", "no row for all of the market", "a row of scope all", "add it")
        for row in name_rows("markets", frame, first)
    ]
    demand = tables.demand
    bare = (demand["unlisted"] < 1.0) & (demand["unlisted_low"].isna() | demand["unlisted_high"].isna())
    faults += [
        Fault("demand", row, "unlisted_low, unlisted_high", "blank", "the range of unlisted", "fill both ends")
        for row in name_rows("demand", demand, bare)
    ]
    both = (demand["unlisted"] < 1.0) & (demand["covers"] == "unlisted")
    faults += [
        Fault("demand", row, "unlisted", "below 1", "1, as the value covers unlisted users only", "leave it blank")
        for row in name_rows("demand", demand, both)
    ]
    home: pd.Series = tables.exports["market"] == HOST
    faults += [
        Fault("exports", row, "market", HOST, "a buyer abroad", "put it into demand")
        for row in name_rows("exports", tables.exports, home)
    ]
    return faults
