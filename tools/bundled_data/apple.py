"""Apple's supplier sites (Apple Supplier List, 2022 edition, geocoded) -> suppliers and what they make.

The list names firm and province, never a product. A product is given only if the firm is known to make one or two
things (`apple_firms.csv`, our reading, status assumed); otherwise the plant has no row in `makes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.importers.files.rows import beside, lay_out, need_columns, unique_slugs
from tools.bundled_data.works import Works, spread_components

__all__ = ["FILE", "SOURCE", "read", "works"]

FILE = "supply/apple_suppliers/apple_suppliers_2022_geocoded.csv"
SOURCE = "apple-suppliers-2022"
YEAR = 2022

PRECISION = {
    "admin1 median": "province",
    "admin1 fuzzy": "province",
    "city": "city",
    "country median": "country",
}
LEGAL_FORM = re.compile(
    r"\b(incorporated|inc|corporation|corp|company|co|limited|ltd|n\.?v|plc|gmbh|ag|kgaa|s\.?a|oyj|b\.?v|llc"
    r"|holdings?|group|private|mfg)\b\.?",
    flags=re.IGNORECASE,
)


def read(path: Path) -> pd.DataFrame:
    """Read the geocoded list: supplier, iso2, country, region, lon, lat, coordinate_precision.

    Raises
    ------
    DataError
        A column is missing.
    """
    blank = {"lat": [""], "lon": [""]}  # but not "NA", which is Namibia
    raw = pd.read_csv(path, keep_default_na=False, na_values=blank, dtype={"iso2": str})
    need_columns(raw, ["supplier", "iso2", "country", "region", "lat", "lon", "coordinate_precision"], path)
    return raw


def works(raw: pd.DataFrame, known: Iterable[str]) -> Works:
    """Suppliers (one per firm and province) and what they make.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    known : iterable of str
        Ids of the components in use.

    Returns
    -------
    Works
        Suppliers are reported (firm and province are the list's; coordinates are the median of the
        province's places or, where the file had only the country, a point of ours: the note says so). Makes
        are assumed.

    Raises
    ------
    DataError
        A country is not known.
    """
    firms = beside(__file__, "apple_firms.csv").rename(columns={"kind": "works_kind"})
    places = beside(__file__, "apple_places.csv")
    rows = raw.merge(firms, on="supplier", how="left")
    rows = rows.merge(places, on=["iso2", "region"], how="left", suffixes=("", "_ours"))
    ours = rows["lon_ours"].notna()
    short = rows["supplier"].str.replace(r"\(.*?\)", " ", regex=True).str.replace(LEGAL_FORM, " ", regex=True)
    frame = pd.DataFrame(
        {
            "id": unique_slugs("apple " + short + " " + rows["iso2"] + " " + rows["region"]),
            "firm": rows["supplier"],
            "country": iso3(rows["country"]),
            "owner_country": rows["owner_country"].replace("", None),
            "place": rows["region"].str.strip(" ,"),
            "lon": pd.to_numeric(rows["lon_ours"]).where(ours, rows["lon"].astype(float)),
            "lat": pd.to_numeric(rows["lat_ours"]).where(ours, rows["lat"].astype(float)),
            "precision": rows["coordinate_precision"].map(PRECISION).where(~ours, "province"),
            "kind": rows["works_kind"].fillna("plant"),
            "status": "reported",
            "source": SOURCE,
            "year": YEAR,
            "note": "owner's country is our reading; point: middle of the places of the province",
        }
    )
    frame.loc[ours, "note"] = "owner's country and point of the province are our reading"
    country_only = frame["precision"] == "country"
    frame.loc[country_only, "note"] = "owner's country is our reading; point: middle of the places of the country"
    frame["components"] = rows["components"]
    frame["supplier"] = frame["id"]
    makes = spread_components(frame, known).assign(
        status="assumed",
        note="the list names no product; what the firm is known for",
    )
    return Works(lay_out(frame, "suppliers"), lay_out(makes, "makes"))
