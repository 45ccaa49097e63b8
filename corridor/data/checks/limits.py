"""Checks of the tables that a plan chooses from: limits, second sources, stockpiles, facilities."""

import pandas as pd

from corridor.data.checks.chain import name_rows
from corridor.data.frames import Tables, nearest
from corridor.data.list_cells import exploded, list_cell, list_column
from corridor.data.names import HOST, RESOURCES
from corridor.errors import Fault

UNITS = {
    "budget": "US$ million",
    "fund": "US$ million",
    "investment": "US$ million",
    **RESOURCES,
    "plants": "plant",
    "output": "US$ million/year",
    "site_share": "fraction",
    "use": "fraction",
}
"""Unit of each kind of limit."""
EVERYWHERE = ("budget", "fund", "use")
"""Kinds of limit without a place."""
DATED = ("investment", "plants")
"""Kinds of limit that may hold for the starts of one year."""
_ROUNDING = 1e-9


def check_limits(tables: Tables) -> list[Fault]:
    """A limit has the unit of its kind, known sectors and state, a year or a place, and counts some plant."""
    frame = tables.limits
    placed, dated = frame["state"].notna() | frame["site"].notna(), frame["in_year"].notna()
    fraction = frame["limit"].isin(["site_share", "use"])
    units = frame["limit"].map(UNITS)
    states = set(tables.sites["state"].dropna())
    faults = [
        Fault("limits", row, "unit", repr(found), f"the unit of a limit '{kind}'", f"write {wanted}")
        for row, found, kind, wanted in _of(frame, frame["unit"] != units, frame["unit"], frame["limit"], units)
    ]
    faults += [
        Fault("limits", row, "state", repr(state), "a state of some site", _write(state, states))
        for row, state in _of(frame, frame["state"].notna() & ~frame["state"].isin(states), frame["state"])
    ]
    rules = (
        (
            placed & dated,
            "state, site, in_year",
            "a place and a year",
            "one of them",
            "leave in_year or the place blank",
        ),
        (
            placed & frame["limit"].isin(EVERYWHERE),
            "state, site",
            "a place",
            "none for this kind of limit",
            "leave the place blank, or use investment or plants",
        ),
        (
            dated & ~frame["limit"].isin(DATED),
            "in_year",
            "a year",
            "none for this kind of limit",
            "leave in_year blank, or use investment or plants",
        ),
        (fraction & (frame["amount"] > 1), "amount", "more than 1", "a fraction", "write a number from 0 to 1"),
    )
    for wrong, column, found, wanted, fix in rules:
        rows = name_rows("limits", frame, wrong)
        faults += [Fault("limits", row, column, found, wanted, fix) for row in rows]
    return faults + _check_sectors(tables, "limits") + _check_scopes(tables)


def check_levers(tables: Tables) -> list[Fault]:
    """A second source is abroad, with least_share <= most_share; those of one component cover its need once.

    Facilities name known sectors and stages.
    """
    frame = tables.second_sources
    at_home = name_rows("second_sources", frame, frame["origin"] == HOST)
    faults = [
        Fault("second_sources", row, "origin", HOST, "a country abroad", "drop the row; plants are technologies")
        for row in at_home
    ]
    over = frame["least_share"] > frame["most_share"]
    faults += [
        Fault(
            "second_sources",
            row,
            "least_share, most_share",
            f"least {least:g}, most {most:g}",
            "least_share <= most_share",
            "lower least_share or raise most_share",
        )
        for row, least, most in _of(frame, over, frame["least_share"], frame["most_share"])
    ]
    for column in ("least_share", "most_share"):
        total = frame.groupby("component")[column].sum()
        faults += [
            Fault(
                "second_sources",
                str(component),
                column,
                f"shares that add up to {share:.4g}",
                "at most 1: together they cover India's need once",
                f"lower {column} of the makers of {component}",
            )
            for component, share in total[total > 1.0 + _ROUNDING].items()
        ]
    stages = set(tables.components["stage"].dropna())
    faults += _check_words("facilities", tables.facilities, "stages", stages, "a stage of some component")
    return faults + _check_sectors(tables, "facilities")


def _check_scopes(tables: Tables) -> list[Fault]:
    """Every limit counts at least one technology at some site."""
    frame = tables.limits
    made = tables.technologies.merge(
        tables.components[["id", "sector"]].rename(columns={"id": "component"}), on="component", how="left"
    )
    places = _places(tables)
    empty = []
    for row in frame.to_dict("records"):
        hit = pd.Series(True, index=made.index)
        for column, own in (("component", "component"), ("technology", "id")):
            if isinstance(row[column], str):
                hit &= made[own] == row[column]
        if isinstance(row["sectors"], str):
            hit &= made["sector"].isin(list_cell(row["sectors"]))
        fitting = places[places["technology"].isin(made.loc[hit, "id"])]
        for column in ("site", "state"):
            if isinstance(row[column], str):
                fitting = fitting[fitting[column] == row[column]]
        empty.append(fitting.empty)
    wrong = pd.Series(empty, index=frame.index, dtype=bool)
    column = "sectors, state, site, component, technology"
    return [
        Fault("limits", row, column, "names nothing", "a technology at some site", "widen it or drop the row")
        for row in name_rows("limits", frame, wrong)
    ]


def _places(tables: Tables) -> pd.DataFrame:
    """``technology, site, state``: the sites with a tag that the technology needs."""
    wanted = tables.technologies[["id", "site_tags"]].rename(columns={"id": "technology", "site_tags": "tag"})
    offered = tables.sites[["id", "state", "tags"]].rename(columns={"id": "site", "tags": "tag"})
    pairs = exploded(wanted, "tag", "tag").merge(exploded(offered, "tag", "tag"), on="tag")
    return pairs.drop(columns="tag").drop_duplicates()


def _check_sectors(tables: Tables, table: str) -> list[Fault]:
    return _check_words(table, tables[table], "sectors", set(tables.sectors["id"]), "a known sector")


def _check_words(table: str, frame: pd.DataFrame, column: str, known: set[str], wanted: str) -> list[Fault]:
    """Every word of a cell (separated by semicolons) is known."""
    words = list_column(frame[column]).explode().dropna()
    wrong = words[~words.isin(known)]
    rows = name_rows(table, frame.loc[wrong.index], pd.Series(True, index=wrong.index)) if len(wrong) else []
    return [
        Fault(table, row, column, repr(word), wanted, _write(word, known))
        for row, word in zip(rows, wrong, strict=True)
    ]


def _of(frame: pd.DataFrame, wrong: pd.Series, *columns: pd.Series) -> list[tuple[str, ...]]:
    names = name_rows("limits" if "limit" in frame else "second_sources", frame, wrong)
    return list(zip(names, *(column[wrong] for column in columns), strict=True))


def _write(word: str, known: set[str]) -> str:
    near = nearest(word, known)
    return f"write {near}" if near else f"choose from {', '.join(sorted(known))}"
