"""Mines, smelters and refineries of the ICMM Global Mining Dataset -> suppliers and what they make.

A mine makes the mined component of its commodity, a smelter or refinery the refined one
(`icmm_components.csv`). The data set holds no capacity and few Chinese plants: it gives locations of works,
not supply.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.data.list_cells import list_column
from corridor.importers.files.rows import beside, lay_out, need_columns, slug
from tools.bundled_data.works import Works, spread_components

__all__ = ["FILE", "SOURCE", "read", "works"]

FILE = "supply/icmm/icmm_critical_subset.csv"
SOURCE = "icmm-2025"
YEAR = 2025
AUSTRALIA_ENDS = 155.0
# kind of works in icmm_components.csv -> asset types
WORKS = {
    "mine": "Mine",
    "refining": "Refinery|Smelter",
    "refinery": "Refinery",
    "smelting": "Smelter",
    "plant": "Plant",
    "steel": "Steel",
}
ROLES = {"Primary Commodity": "primary", "Secondary Commodity": "secondary", "Other Commodities": "other"}


def _repaired(name: str) -> str:
    """Repair UTF-8 that was read as Latin-1 ("PyhÃ¤salmi")."""
    with suppress(UnicodeError):
        return name.encode("latin-1").decode("utf-8")
    with suppress(UnicodeError):
        return name.encode("cp1252").decode("utf-8")
    return name


def read(path: Path) -> pd.DataFrame:
    """Read the works whose location has high or moderate confidence.

    Returns
    -------
    DataFrame
        number, name, lon, lat, asset (asset type), country (iso3), primary, secondary, other (commodities,
        lower case, several separated by semicolons).

    Raises
    ------
    DataError
        A column is missing or a country is not known.
    """
    raw = pd.read_csv(path)
    raw.columns = raw.columns.str.strip()
    wanted = ["ICMMID", "Confidence Factor", "Mine Name", "Latitude", "Longitude", "Asset Type", "Country"]
    wanted += list(ROLES)
    need_columns(raw, wanted, path)
    rows = raw[raw["Confidence Factor"].isin(["High", "Moderate"])].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "number": rows["ICMMID"].str.removeprefix("ICMM"),
            "name": rows["Mine Name"].str.strip().map(_repaired).replace("No Other Known Name.", "Unnamed works"),
            "lon": rows["Longitude"].astype(float),
            "lat": rows["Latitude"].astype(float),
            "asset": rows["Asset Type"],
            "country": iso3(rows["Country"]),
        }
    )
    # a dozen works of Queensland and Western Australia are listed under New Caledonia, which is east of 163 E
    misplaced = (frame["country"] == "NCL") & (frame["lon"] < AUSTRALIA_ENDS)
    frame.loc[misplaced, "country"] = "AUS"
    for column, role in ROLES.items():
        frame[role] = rows[column].fillna("").str.strip().str.casefold()
    return frame


def _holds(found: pd.DataFrame) -> pd.Series:
    """Which rows meet the conditions of `icmm_components.csv`.

    roles: primary or secondary, named (either), any (also among the other commodities); only: names of
    works, if any; countries: iso3 codes, if any.
    """
    role = (found["roles"] == found["role"]) | (found["roles"] == "any")
    role |= (found["roles"] == "named") & (found["role"] != "other")
    pairs = zip(found["only"], found["name"], strict=True)
    named = pd.Series([not only or name in only.split("|") for only, name in pairs], index=found.index)
    pairs = zip(found["countries"], found["country"], strict=True)
    placed = pd.Series([not codes or code in codes.split() for codes, code in pairs], index=found.index)
    return role & named & placed


def works(raw: pd.DataFrame, known: Iterable[str]) -> Works:
    """Suppliers that make one of our components, and what they make.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    known : iterable of str
        Ids of the components in use.

    Returns
    -------
    Works
        A makes row is reported if the commodity is the works' primary or secondary one, inherited if it is only
        among its other commodities (by-products such as indium that a smelter may or may not recover).
    """
    book = beside(__file__, "icmm_components.csv")
    long = raw.melt(
        id_vars=["number", "asset", "name", "country"], value_vars=list(ROLES.values()), var_name="role"
    )
    long = long.assign(commodity=list_column(long["value"])).explode("commodity")
    frames = []
    for stage, pattern in WORKS.items():
        at_work = long[long["asset"].str.contains(pattern)]
        frames.append(at_work.merge(book[book["works"] == stage], on="commodity"))
    found = pd.concat(frames, ignore_index=True)
    found = found[_holds(found)]
    order = {"primary": 0, "secondary": 1, "other": 2}
    found = found.sort_values("role", key=lambda roles: roles.map(order), kind="stable")
    plants = raw.assign(id="icmm-" + raw["number"] + "-" + raw["name"].map(slug))
    found = found.merge(plants[["number", "id"]], on="number").assign(supplier=lambda frame: frame["id"])
    found["components"] = found["component"]
    makes = spread_components(found, known).assign(source=SOURCE, year=YEAR)
    makes["status"] = makes["role"].map({"primary": "reported", "secondary": "reported", "other": "inherited"})
    makes["note"] = makes["role"] + " commodity: " + makes["commodity"]
    makes = makes.sort_values(["supplier", "component"])
    plants = plants[plants["id"].isin(makes["supplier"])].sort_values("id")
    kind = plants["asset"].map(
        lambda asset: "refinery" if "Refinery" in asset else "smelter" if "Smelter" in asset else "mine"
    )
    suppliers = plants.assign(
        firm=plants["name"],
        place=None,
        precision="site",
        kind=kind,
        status="reported",
        source=SOURCE,
        year=YEAR,
        note=plants["asset"].str.replace(";", ", ") + "; owner not in the data set",
    )
    return Works(lay_out(suppliers, "suppliers"), lay_out(makes, "makes"))
