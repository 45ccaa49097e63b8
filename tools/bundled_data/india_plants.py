"""Approved Indian bulk-drug and semiconductor plants (press releases of the Government of India) ->
suppliers, makes.

The bulk-drug approvals name firm and product, not the place: the place is the firm's most likely one, our
reading (`india_firm_places.csv`; precision "country" if the town is uncertain).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.errors import DataError, Fault
from corridor.importers.files.rows import beside, lay_out, need_columns, slug
from tools.bundled_data.works import Works, spread_components

__all__ = ["CHIPS_FILE", "DRUGS_FILE", "SOURCE_CHIPS", "SOURCE_DRUGS", "bulk_drugs", "chips"]

DRUGS_FILE = "supply/transcribed/india_pli_bulkdrug_approvals.csv"
CHIPS_FILE = "supply/transcribed/india_semiconductor_projects.csv"
SOURCE_DRUGS = "pli-bulk-drugs-2021"
SOURCE_CHIPS = "india-semiconductor-projects"


def _unplaced(names: list[str], table: str, file: str) -> DataError:
    return DataError(
        [
            Fault(
                table=table,
                row=name,
                column="place",
                found="no place",
                wanted="a place, with longitude and latitude",
                fix=f"add the firm to tools/bundled_data/{file}",
            )
            for name in names
        ]
    )


def bulk_drugs(path: Path, known: Iterable[str]) -> Works:
    """Plants approved under the production-linked incentive for bulk drugs.

    Parameters
    ----------
    path : Path
        The transcribed approvals: one row per product and firm, t/year, Rs crore.
    known : iterable of str
        Ids of the components in use.

    Returns
    -------
    Works
        One supplier per firm and product (id in-pli-FIRM-PRODUCT), capacity in t/year if the approval
        gives it. Firm, product and capacity are reported, the place is assumed; so suppliers are assumed,
        makes reported.

    Raises
    ------
    DataError
        A column is missing or a firm has no place.
    """
    raw = pd.read_csv(path)
    wanted = ["product", "firm", "committed_capacity_t_per_year", "committed_investment_inr_crore", "year"]
    need_columns(raw, [*wanted, "source_title", "note"], path)
    places = beside(__file__, "india_firm_places.csv")
    missing = sorted(set(raw["firm"]) - set(places["firm"]))
    if missing:
        raise _unplaced(missing, path.name, "india_firm_places.csv")
    book = beside(__file__, "product_components.csv").set_index("product")["components"]
    rows = raw.merge(places, on="firm", how="left")
    frame = rows.assign(
        id="in-pli-" + rows["firm"].map(slug) + "-" + rows["product"].map(slug),
        country="IND",
        place=rows["place"] + ", " + rows["state"],
        lon=rows["lon"].astype(float),
        lat=rows["lat"].astype(float),
        kind="plant",
        status="assumed",
        source=SOURCE_DRUGS,
        components=[book.get(name, slug(name.split("(")[0])) for name in rows["product"]],
        capacity=rows["committed_capacity_t_per_year"],
        note="approved: " + rows["product"] + "; the approval names no place, this one is assumed",
    )
    frame["supplier"] = frame["id"]
    crore = rows["committed_investment_inr_crore"].map("{:g}".format)
    read_in = rows["source_title"] + ("; " + rows["note"]).fillna("")
    frame["approval"] = "approved, Rs " + crore + " crore; " + read_in
    makes = spread_components(frame, known)
    makes = makes.assign(status="reported", note=makes["approval"])
    return Works(lay_out(frame, "suppliers"), lay_out(makes, "makes"))


def chips(path: Path, known: Iterable[str]) -> Works:
    """Fabs and assembly plants approved under the India Semiconductor Mission.

    Parameters
    ----------
    path : Path
        The transcribed projects: project, site, state, capacity with its unit, press source.
    known : iterable of str
        Ids of the components in use.

    Returns
    -------
    Works
        One supplier per project. Site and what it makes are reported, coordinates are the town's. The
        capacity stays in the note, as published: chips and wafers per day or month are not units of
        our components.

    Raises
    ------
    DataError
        A column is missing or a project has no place.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["project", "state", "capacity", "capacity_unit", "status"], path)
    places = beside(__file__, "india_chip_projects.csv")
    missing = sorted(set(raw["project"]) - set(places["project"]))
    if missing:
        raise _unplaced(missing, path.name, "india_chip_projects.csv")
    rows = raw.rename(columns={"status": "progress"}).merge(places, on="project", how="left")
    size = rows["capacity"].map("{:g} ".format).where(rows["capacity"].notna(), "")
    size = size + rows["capacity_unit"].fillna("")
    frame = rows.assign(
        id="in-ism-" + rows["project"].str.replace(r"\(.*?\)", " ", regex=True).map(slug),
        firm=rows["project"],
        country="IND",
        place=rows["place"],
        lon=rows["lon"].astype(float),
        lat=rows["lat"].astype(float),
        status="reported",
        source=SOURCE_CHIPS,
        year=2025,
        note=(rows["progress"].fillna("") + "; " + size.where(size != "", "capacity not published")),
    )
    frame["supplier"] = frame["id"]
    makes = spread_components(frame, known)
    return Works(lay_out(frame, "suppliers"), lay_out(makes, "makes"))
