"""Checks of all tables; each check returns its faults, each fault says how to fix it."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from corridor.data.checks.chain import (
    check_chain,
    check_code_trade,
    check_cycles,
    check_makers,
    check_routes,
    check_value_shares,
)
from corridor.data.checks.chain import name_rows as _rows
from corridor.data.checks.limits import check_levers, check_limits
from corridor.data.checks.markets import check_markets
from corridor.data.checks.records import check_recorded_imports
from corridor.data.countries.places import suggestion
from corridor.data.frames import Tables, nearest
from corridor.data.list_cells import list_column
from corridor.data.schema import SITE_TAGS, TABLES, key_columns, load_schema
from corridor.errors import Fault

__all__ = [
    "CHECKS",
    "check_all",
    "check_chain",
    "check_code_trade",
    "check_codes",
    "check_cycles",
    "check_keys",
    "check_levers",
    "check_limits",
    "check_makers",
    "check_markets",
    "check_one_of_two",
    "check_ranges",
    "check_recorded_imports",
    "check_references",
    "check_routes",
    "check_shares",
    "check_sites",
    "check_tags",
    "check_value_shares",
    "coverage",
]

INDIA = (68.0, 6.5, 97.5, 37.5)
"""West, south, east and north edge of India, in degrees, islands included."""


def check_keys(tables: Tables) -> list[Fault]:
    """No two rows of a table have the same key."""
    faults = []
    for table, frame in tables:
        key = key_columns(table)
        again = frame.duplicated(key)
        if not again.any():
            continue
        identical = frame.duplicated()
        for position, row in zip(np.flatnonzero(again), _rows(table, frame, again), strict=True):
            same = bool(identical.iloc[position])
            fix = "drop one, they are identical" if same else "keep the right one, or add them up"
            found = "the row twice" if same else "another row with this key"
            faults.append(Fault(table, row, ", ".join(key), found, "each key once", fix))
    return faults


def check_references(tables: Tables) -> list[Fault]:
    """Every name that a row uses is known in the table that it refers to."""
    faults = []
    for table, frame in tables:
        for column in load_schema(table):
            if column.refers is None:
                continue
            other, field = column.refers
            known = tables[other][field]
            values = frame[column.name]
            wrong = ~values.isin(known) & values.notna()
            if not wrong.any():
                continue
            names = set(known.dropna())
            lower = {name.lower(): name for name in sorted(names)}
            near = {value: _meant(str(value), lower, other) for value in values[wrong].unique()}
            for row, value in zip(_rows(table, frame, wrong), values[wrong], strict=True):
                fix = f"add it to {other}" + (
                    f", or write {near[value]}" if near[value] else ", or correct the name"
                )
                faults.append(Fault(table, row, column.name, repr(value), f"a known {field} of {other}", fix))
    return faults


def _meant(word: str, known: dict[str, str], table: str) -> str | None:
    """The known name that a wrong one stands for; of a country by the tables of codes and names alone."""
    if table == "countries":
        code = suggestion(word)
        return code if code in known.values() else None
    return known.get(nearest(word, known) or "")


# table, column of the value, of the low and of the high end, whether an assumed row must have both ends
RANGES = (
    ("components", "price_usd_per_unit", "price_low", "price_high", False),
    ("recipes", "quantity", "low", "high", True),
    ("recipes", "value_share", "low", "high", True),
    ("supply", "quantity", "low", "high", True),
    ("supply", "share", "low", "high", True),
    ("sourcing", "share", "low", "high", True),
    ("demand", "value_usd_m", "low", "high", True),
    ("demand", "unlisted", "unlisted_low", "unlisted_high", False),
    ("exports", "value_usd_m", "low", "high", True),
    ("markets", "access", "low", "high", True),
    ("markets", "freight_target", "freight_low", "freight_high", True),
    ("markets", "freight_host", "freight_low", "freight_high", True),
    ("technologies", "capex_usd_m", "capex_low", "capex_high", True),
    ("facilities", "capex_usd_m", "low", "high", True),
    ("second_sources", "cost_usd_m", "low", "high", True),
    ("stockpiles", "holding_share", "low", "high", True),
    ("limits", "amount", "low", "high", True),
    ("freight", "cost_usd_per_unit", "low", "high", True),
)


def check_ranges(tables: Tables) -> list[Fault]:
    """An assumed figure has a range, and a range holds its figure: low <= value <= high."""
    faults = []
    for table, value, low, high, needed in RANGES:
        frame = tables[table]
        filled = frame[value].notna()
        if needed:
            assumed = filled & (frame["status"] == "assumed")
            blank = assumed & (frame[low].isna() | frame[high].isna())
            faults += [
                Fault(
                    table,
                    row,
                    f"{low}, {high}",
                    "blank",
                    f"the range of an assumed {value}",
                    "fill both ends",
                )
                for row in _rows(table, frame, blank)
            ]
        slack = 1e-9 * frame[value].abs()
        out = filled & ((frame[low] > frame[value] + slack) | (frame[high] < frame[value] - slack))
        for row, a, b, c in zip(
            _rows(table, frame, out),
            frame.loc[out, low],
            frame.loc[out, value],
            frame.loc[out, high],
            strict=True,
        ):
            found = f"low {a:g}, value {b:g}, high {c:g}"
            faults.append(
                Fault(table, row, f"{low}, {value}, {high}", found, "low <= value <= high", "correct the range")
            )
    return faults


def check_one_of_two(tables: Tables) -> list[Fault]:
    """A supply row has a quantity or a share, a recipe row a quantity or a value_share, never both or none."""
    faults = []
    for table, one, other in (("supply", "quantity", "share"), ("recipes", "quantity", "value_share")):
        frame = tables[table]
        both, none = frame[one].notna() & frame[other].notna(), frame[one].isna() & frame[other].isna()
        for mask, found, fix in ((both, "both", "clear one of them"), (none, "neither", "fill one of them")):
            faults += [
                Fault(table, row, f"{one}, {other}", found, f"either {one} or {other}", fix)
                for row in _rows(table, frame, mask)
            ]
    supply = tables.supply
    by = [supply["component"], supply["year"]]
    mixed = supply["share"].notna().groupby(by).transform("any") & supply["quantity"].notna().groupby(
        by
    ).transform("any")
    first = mixed & ~supply.duplicated(["component", "year"])
    fix = "give all rows of the component and year as quantities, or all as shares"
    faults += [
        Fault("supply", row, "quantity, share", "quantities and shares in one year", "one kind", fix)
        for row in _rows("supply", supply, first, ["component", "year"])
    ]
    return faults


def check_shares(tables: Tables) -> list[Fault]:
    """Shares add up to at most 1: sourcing per market and component, supply per component and year."""
    faults = []
    for table, by, slack in (
        ("sourcing", ["market", "component"], 1e-6),
        ("supply", ["component", "year"], 5e-3),
    ):
        sums = tables[table].groupby(by, sort=False)["share"].sum()
        for key, total in sums[sums > 1 + slack].items():
            row = ", ".join(str(name) for name in key) if isinstance(key, tuple) else str(key)
            found = f"shares that add up to {total:.4g}"
            faults.append(
                Fault(table, row, "share", found, "at most 1", f"lower shares by {total - 1:.4g} in all")
            )
    return faults


def check_sites(tables: Tables) -> list[Fault]:
    """Every site is in India."""
    frame = tables.sites
    west, south, east, north = INDIA
    out = ~(frame["lon"].between(west, east) & frame["lat"].between(south, north))
    wanted = f"a place in India (lon {west:g} to {east:g}, lat {south:g} to {north:g})"
    faults = []
    for row, lon, lat in zip(
        _rows("sites", frame, out), frame.loc[out, "lon"], frame.loc[out, "lat"], strict=True
    ):
        swapped = west <= lat <= east and south <= lon <= north
        fix = "exchange lon and lat" if swapped else "look the coordinates up, in degrees, east and north positive"
        faults.append(Fault("sites", row, "lon, lat", f"lon {lon:g}, lat {lat:g}", wanted, fix))
    return faults


def check_tags(tables: Tables) -> list[Fault]:
    """Tags of sites and technologies are known, and every technology fits some site."""
    faults = []
    words: dict[str, pd.Series] = {}
    for table, column in (("sites", "tags"), ("technologies", "site_tags")):
        tags = list_column(tables[table][column]).explode().dropna()
        words[table] = tags
        wrong = tags[~tags.isin(SITE_TAGS)]
        names = tables[table]["id"].reindex(wrong.index)
        for row, tag in zip(names, wrong, strict=True):
            near = nearest(tag, SITE_TAGS)
            fix = f"write {near}" if near else f"choose from {', '.join(SITE_TAGS)}"
            faults.append(Fault(table, str(row), column, repr(tag), "a known tag", fix))
    fits = words["technologies"].isin(words["sites"]).groupby(level=0).any()
    lost = ~fits.reindex(tables.technologies.index, fill_value=False).astype(bool)
    faults += [
        Fault("technologies", row, "site_tags", tags, "a tag that some site has", "add a tag here or to a site")
        for row, tags in zip(
            _rows("technologies", tables.technologies, lost),
            tables.technologies.loc[lost, "site_tags"],
            strict=True,
        )
    ]
    return faults


def check_codes(tables: Tables) -> list[Fault]:
    """HS6 codes have six digits; in trade, the code TOTAL means all goods."""
    faults = []
    for table, pattern in (("codes", r"\d{6}"), ("trade", r"\d{6}|TOTAL")):
        frame = tables[table]
        wrong = (frame["nomenclature"] == "HS6") & ~frame["code"].str.fullmatch(pattern).astype(bool)
        for row, code in zip(_rows(table, frame, wrong), frame.loc[wrong, "code"], strict=True):
            digits = "".join(sign for sign in code if sign.isdigit())
            short = len(digits) == 5
            fix = f"write 0{digits}: the leading zero is lost" if short else "write six digits, with no dots"
            faults.append(Fault(table, row, "code", repr(code), "six digits", fix))
    return faults


CHECKS: tuple[Callable[[Tables], list[Fault]], ...] = (
    check_keys,
    check_references,
    check_ranges,
    check_one_of_two,
    check_shares,
    check_value_shares,
    check_routes,
    check_cycles,
    check_chain,
    check_makers,
    check_sites,
    check_tags,
    check_codes,
    check_code_trade,
    check_recorded_imports,
    check_markets,
    check_limits,
    check_levers,
)
"""All checks, in the order in which their faults are listed."""


def check_all(tables: Tables) -> list[Fault]:
    """Faults found by every check.

    Parameters
    ----------
    tables
        Tables whose cells are in order (as ``load_tables`` leaves them).

    Returns
    -------
    list of Fault
        Empty if all is well.
    """
    return [fault for check in CHECKS for fault in check(tables)]


def coverage(tables: Tables) -> pd.DataFrame:
    """Rows, years and shares of each status, by table and sector.

    Parameters
    ----------
    tables
        Any tables.

    Returns
    -------
    pandas.DataFrame
        A row per table and sector (``all`` for tables whose rows belong to no sector, ``none`` for rows whose
        sector is not known) with the columns table, sector, rows, first_year, last_year (Int64, missing if no row
        has a year), and reported, computed, inherited, assumed: fractions of the rows with that status (missing
        if the table has no status).
    """
    components = tables.components.set_index("id")["sector"]
    components = components[~components.index.duplicated()]
    codes = tables.codes.drop_duplicates(["nomenclature", "code"])
    code_sector = pd.Series(
        codes["component"].map(components).to_numpy(),
        index=pd.MultiIndex.from_frame(codes[["nomenclature", "code"]]),
        dtype=object,
    )
    makes = tables.makes.drop_duplicates("supplier").set_index("supplier")["component"].map(components)
    frames = []
    for table in TABLES:
        frame = tables[table]
        if table == "components":
            sector = frame["sector"].astype(object)
        elif table == "recipes":
            sector = frame["output"].map(components).astype(object)
        elif "component" in frame:
            sector = frame["component"].map(components).astype(object)
        elif table == "suppliers":
            sector = frame["id"].map(makes).astype(object)
        elif table == "trade":
            keys = pd.MultiIndex.from_frame(frame[["nomenclature", "code"]])
            sector = pd.Series(code_sector.reindex(keys).to_numpy(), index=frame.index, dtype=object)
        else:
            sector = pd.Series("all", index=frame.index, dtype=object)
        plain = pd.DataFrame({"table": table, "sector": sector.fillna("none")}, index=frame.index)
        plain["year"] = frame["year"].astype("Int64") if "year" in frame else pd.NA
        plain["status"] = frame["status"].astype(object) if "status" in frame else None
        frames.append(plain.astype({"table": object, "year": "Int64", "status": object}))
    rows = pd.concat(frames, ignore_index=True)
    by = rows.groupby(["table", "sector"], sort=False)
    out = by["year"].agg(rows="size", first_year="min", last_year="max")
    known = rows["status"].notna().groupby([rows["table"], rows["sector"]], sort=False).any()
    for status in ("reported", "computed", "inherited", "assumed"):
        share = (rows["status"] == status).groupby([rows["table"], rows["sector"]], sort=False).mean()
        out[status] = share.where(known).astype("float64")
    return out.reset_index()
