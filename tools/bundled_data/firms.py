"""Chinese makers of the draft tables -> suppliers and what they make; everything is assumed.

The draft was written from memory; the place is the city of the main plant or the headquarters.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from corridor.data.list_cells import list_column
from corridor.importers.files.rows import beside, lay_out, need_columns, slug, unique_slugs
from tools.bundled_data.works import Works, spread_components

__all__ = ["FILE", "SOURCE", "read", "works"]

FILE = "supply/proposal/china_firms_from_memory.csv"
SOURCE = "corridor-draft"


def read(path: Path) -> pd.DataFrame:
    """Read the draft: firm, city, lon, lat, products ("a;b").

    Raises
    ------
    DataError
        A column is missing.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["firm", "iso2", "city", "lat", "lon", "products"], path)
    return raw


def works(raw: pd.DataFrame, known: Iterable[str]) -> Works:
    """Suppliers and makes of the draft's Chinese firms.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    known : iterable of str
        Ids of the components in use. Products are mapped to ids by `product_components.csv`, else by
        their short name.

    Returns
    -------
    Works
        Everything assumed, precision city.
    """
    book = beside(__file__, "product_components.csv").set_index("product")["components"]
    products = list_column(raw["products"]).map(
        lambda names: ";".join(book.get(name, slug(name.split("(")[0])) for name in names)
    )
    frame = raw.assign(
        id=unique_slugs("cn " + raw["firm"]),
        country="CHN",
        owner_country="CHN",
        place=raw["city"],
        precision="city",
        kind="plant",
        status="assumed",
        source=SOURCE,
        components=products,
        note="from memory: main plant or seat of the firm, to be checked",
    )
    fabs = frame["components"].str.contains("wafer-fabrication")
    frame.loc[fabs, "kind"] = "fab"
    frame["supplier"] = frame["id"]
    makes = spread_components(frame, known).assign(note="from memory, to be checked")
    return Works(lay_out(frame, "suppliers"), lay_out(makes, "makes"))
