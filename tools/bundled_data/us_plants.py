"""Battery and solar plants in the United States (data set S9 of a published compilation) -> suppliers and
makes.

Packs and panels are named as products by the data set. Cells and materials are mapped to a component by firm
(`us_battery_firms.csv`, our reading, status assumed). Plants without a place and plants whose product is not
one of our components are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.list_cells import list_column
from corridor.importers.files.rows import beside, lay_out, need_columns, unique_slugs
from tools.bundled_data.works import Works, spread_components

__all__ = ["FILE", "SOURCE", "read", "works"]

FILE = "supply/cheng_ev/S9_post_ira_ev_supply_chain_investments.csv"
SOURCE = "us-ev-investments"
YEAR = 2024
NAMED = {"Batteries: Packs": "battery-pack", "Solar: Panels": "pv-module"}
THIN_FILM = "First Solar"


def read(path: Path) -> pd.DataFrame:
    """Read the compilation and keep located batteries and solar rows of the United States.

    Returns
    -------
    DataFrame
        company, product, city, state, lon, lat, timeline, investment_usd_m; one row per company, city and
        product.

    Raises
    ------
    DataError
        A column is missing.
    """
    raw = pd.read_csv(path)
    wanted = [
        "technology",
        "company_name",
        "product",
        "city",
        "state",
        "country",
        "latitude",
        "longitude",
        "timeline",
    ]
    need_columns(raw, [*wanted, "reported_investment"], path)
    raw = raw.rename(columns={"company_name": "company", "latitude": "lat", "longitude": "lon"})
    raw = raw.rename(columns={"reported_investment": "investment_usd_m"})
    here = (raw["country"] == "United States") & raw["technology"].isin(["Batteries", "Solar"])
    placed = raw["city"].notna() & (raw["lat"].fillna(0) != 0)
    rows = raw[here & placed].sort_values("investment_usd_m", ascending=False)
    rows = rows.drop_duplicates(["company", "city", "product"])
    columns = ["company", "product", "city", "state", "lon", "lat", "timeline", "investment_usd_m"]
    return rows[columns].sort_values(["company", "city", "product"]).reset_index(drop=True)


def works(raw: pd.DataFrame, known: Iterable[str]) -> Works:
    """Suppliers (one per company and city) that make one of our components.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    known : iterable of str
        Ids of the components in use.

    Returns
    -------
    Works
        Suppliers reported; makes reported if the data set names the product (packs, panels), else assumed.
    """
    firms = beside(__file__, "us_battery_firms.csv").rename(columns={"city": "only_city"})
    named = raw.assign(component=raw["product"].str.split("; ")).explode("component")
    named["component"] = named["component"].map(NAMED)
    named = named[named["component"].notna() & (named["company"] != THIN_FILM)].assign(status="reported", note="")
    by_firm = raw.merge(firms, on="company")
    by_firm = by_firm[(by_firm["only_city"] == "") | (by_firm["only_city"] == by_firm["city"])]
    by_firm = by_firm.assign(component=list_column(by_firm["components"])).explode("component")
    by_firm = by_firm.assign(status="assumed", note="data set names " + by_firm["product"])
    rows = pd.concat([named, by_firm], ignore_index=True)
    rows = rows[rows["component"].isin(set(known))].drop_duplicates(["company", "city", "component"])
    rows = rows.sort_values(["company", "city", "component"], ignore_index=True)
    plants = rows.drop_duplicates(["company", "city"]).reset_index(drop=True)
    plants["id"] = unique_slugs(
        "us " + plants["company"].str.replace(r"\(.*?\)", " ", regex=True) + " " + plants["city"]
    )
    rows = rows.merge(plants[["company", "city", "id"]], on=["company", "city"])
    suppliers = plants.assign(
        firm=plants["company"],
        country="USA",
        place=plants["city"] + ", " + plants["state"],
        precision="city",
        kind="plant",
        status="reported",
        source=SOURCE,
        year=YEAR,
        note="announced or built: " + plants["timeline"].fillna("unknown"),
    )
    makes = spread_components(rows.assign(supplier=rows["id"], components=rows["component"]), known)
    makes = makes.assign(source=SOURCE, year=YEAR)
    return Works(lay_out(suppliers, "suppliers"), lay_out(makes, "makes"))
