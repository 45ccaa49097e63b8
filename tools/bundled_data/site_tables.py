"""Default tables of what sites share: facilities that several plants use, and a state's limits for all its sites.

Both are rebuilt from the tables of sites and technologies by stated rules. Costs start from a published figure
(its source is in each row); the size is ours, so every row is assumed, with a range of half to twice.
"""

from __future__ import annotations

import pandas as pd

from corridor.data.checks.limits import UNITS
from corridor.data.list_cells import list_column
from corridor.data.tables import Tables
from corridor.importers.files.rows import lay_out

__all__ = ["facilities", "state_limits"]

YEAR = 2026
INR_PER_USD = 84.0
CRORE_PER_MLD = 9.89 / 0.37
"""Effluent plant of the Alathur pharma estate: Rs 9.89 crore for 0.37 million litre/day (KNN India, 2017)."""
EFFLUENT_SHARE = 0.05
"""Effluent of bulk drug plants over the water of a site; a plant treats between 1 and 4 million litre/day."""
CRORE_PER_MT = 387.31 / 5.0
"""Multi-purpose berth at Paradip: Rs 387.31 crore for 5 million t/year (2010)."""
BULK_MT = 0.5
"""Ore, concentrate, acid and lime of the refineries at one port, million t/year."""
PORTS = ("dahej", "jamnagar-giga-complex", "mundra", "paradip", "tuticorin")
"""Sites with their own port where minerals can be refined."""
CENTRE_CRORE = 50.0 / 0.75
"""Common facility centre of an existing electronics cluster: the scheme pays 75 %, at most Rs 50 crore."""
CENTRE_INCENTIVE = 0.75
LEAST_SITES = 3
STATE_SHARES = {"workers": (0.5, 0.35, 0.8)}
"""Fraction of the sum of what a state's sites offer that all can have together: value, low, high. Not power: these
states supply 4 to 24 GW on average, many times what their sites ask for."""
STATE_NOTES = {"workers": "part of the workers of its sites: towns near each other hire from the same people"}


def facilities(tables: Tables) -> pd.DataFrame:
    """Effluent plants for bulk drugs, bulk handling at ports, and facility centres of electronics clusters.

    Effluent plants can be built at every site for bulk drugs except the parks of the bulk drug park scheme, whose
    common facilities are already funded; facility centres in clusters that the schemes for electronics clusters
    (EMC) did not build.

    Returns
    -------
    pandas.DataFrame
        The table ``facilities``, sorted by site and kind.
    """
    sites = tables.sites
    kind = sites["kind"].str.strip()
    drugs = sites["id"].isin(_fit_sites(tables, "pharma", ("active ingredient", "intermediate")))
    effluent = sites[drugs & (kind != "bulk drug park")]
    size = (EFFLUENT_SHARE * effluent["water_mld"].astype(float)).clip(1.0, 4.0).round(1)
    boards = sites["id"].isin(_fit_sites(tables, "electronics", ("material", "part")))
    centre = sites[boards & _tagged(sites, "electronics") & ~kind.str.contains("EMC")]
    groups = [
        effluent[["id", "name"]].assign(
            kind="effluent plant",
            sectors="pharma",
            stages="active ingredient;intermediate",
            crore=size * CRORE_PER_MLD,
            running=0.10,
            incentive=0.0,
            source="knn-2017",
            note=size.map("{:g}".format) + " million litre/day at the cost of Alathur",
        ),
        sites[sites["id"].isin(PORTS)][["id", "name"]].assign(
            kind="bulk handling",
            sectors="minerals",
            stages="mined;refined",
            crore=BULK_MT * CRORE_PER_MT,
            running=0.05,
            incentive=0.0,
            source="dredging-today-2010",
            note=f"{BULK_MT:g} million t/year at the cost of the multi-purpose berth at Paradip",
        ),
        centre[["id", "name"]].assign(
            kind="facility centre",
            sectors="electronics",
            stages="material;part",
            crore=CENTRE_CRORE,
            running=0.05,
            incentive=CENTRE_INCENTIVE,
            source="emc-scheme-2012",
            note="plating effluent, test laboratory, tool room; the largest centre that the scheme pays for",
        ),
    ]
    rows = pd.concat(groups, ignore_index=True)
    capex = rows["crore"] * 10.0 / INR_PER_USD
    rows = rows.assign(
        site=rows["id"],
        id=rows["id"] + "-" + rows["kind"].str.replace(" ", "-"),
        name=rows["kind"].str.capitalize() + ", " + rows["name"],
        capex_usd_m=capex.round(2),
        running_usd_m=(capex * rows["running"]).round(2),
        incentive_share=rows["incentive"],
        low=(capex / 2.0).round(2),
        high=(capex * 2.0).round(2),
        status="assumed",
        year=YEAR,
    )
    return lay_out(rows.sort_values(["site", "kind"], kind="stable"), "facilities")


def state_limits(tables: Tables) -> pd.DataFrame:
    """Limits of workers for all sites of a state together, in states with three sites or more.

    Returns
    -------
    pandas.DataFrame
        Rows of the table ``limits``, sorted by state.
    """
    by_state = tables.sites.groupby("state")
    rows = []
    for kind, (value, low, high) in STATE_SHARES.items():
        offered = by_state[kind].agg(["sum", "size"]).reset_index()
        offered = offered[offered["size"] >= LEAST_SITES]
        rows.append(
            pd.DataFrame(
                {
                    "name": kind + " " + offered["state"],
                    "limit": kind,
                    "sense": "at most",
                    "state": offered["state"],
                    "amount": (value * offered["sum"]).round(),
                    "unit": UNITS[kind],
                    "low": (low * offered["sum"]).round(),
                    "high": (high * offered["sum"]).round(),
                    "note": f"{value:g} = " + STATE_NOTES[kind],
                }
            )
        )
    table = pd.concat(rows, ignore_index=True).sort_values(["state", "limit"], kind="stable")
    return lay_out(table.assign(status="assumed", source="corridor-assumption", year=YEAR), "limits")


def _fit_sites(tables: Tables, sector: str, stages: tuple[str, ...]) -> set[str]:
    """Sites that have a tag of some technology of these stages."""
    components = tables.components
    made = components.loc[(components["sector"] == sector) & components["stage"].isin(stages), "id"]
    tags = _words(tables.technologies.loc[tables.technologies["component"].isin(made), "site_tags"])
    offered = _words(tables.sites.set_index("id")["tags"])
    return set(offered.index[offered.isin(set(tags))])


def _tagged(sites: pd.DataFrame, tag: str) -> pd.Series:
    return list_column(sites["tags"]).map(lambda tags: tag in tags)


def _words(text: pd.Series) -> pd.Series:
    return list_column(text).explode()
