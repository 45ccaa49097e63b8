"""USGS Mineral Commodity Summaries, the data release (one CSV of all chapters) -> supply rows.

One raw row is a chapter, a table, a country, a statistic and a year. Production tables hold the year before the
edition (2024 in MCS 2026) and an estimate of the edition's own last year (2025). Stages are separate: a mine share
is not a refining share, so each of our components has its own series in `usgs_series.csv`.

Source: U.S. Geological Survey, Mineral Commodity Summaries 2026 data release (public domain).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from corridor.data.countries.names import iso3
from corridor.errors import DataError, Fault
from corridor.importers.files.rows import beside, lay_out, need_columns
from corridor.importers.supply.usgs_wide import is_wide, long_rows

__all__ = ["FILE", "SOURCE", "prices", "read", "reliance", "series", "supply_rows"]

FILE = "minerals/MCS2026_Commodities_Data.csv"
SOURCE = "usgs-mcs-2026"

_COLUMNS = {
    "MCS chapter": "chapter",
    "Section": "section",
    "Commodity": "commodity",
    "Country": "country",
    "Statistics": "statistics",
    "Statistics_detail": "detail",
    "Unit": "unit",
    "Year": "year",
    "Value": "text",
    "Notes": "notes",
}
# bytes 0x91-0x97 of the file are Windows punctuation, read as control characters in Latin-1
_PUNCTUATION = str.maketrans({"\x91": "'", "\x92": "'", "\x93": '"', "\x94": '"', "\x96": "-", "\x97": "-"})
_TONNES = {
    "metric tons": 1.0,
    "thousand metric tons": 1e3,
    "thousand metric dry tons": 1e3,
    "million metric tons": 1e6,
    "kilograms": 1e-3,
    # a volume: the factor of the series holds the density
    "million cubic meters": 1.0,
}
_PER_TONNE = {
    "dollars per metric ton": 1.0,
    "dollars per ton": 1.0,
    "dollars per kilogram": 1e3,
    "dollars per gram": 1e6,
    "dollars per pound": 2204.622622,
    "cents per pound": 22.04622622,
    "dollars per troy ounce": 32150.7466,
    "dollars per short ton": 1 / 0.90718474,
}


def _number(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Number and mark of each cell: "" number, "0" dash, "W" withheld, "<" ">" bound, "-" range, "?" other."""
    clean = text.str.replace(",", "", regex=False).str.strip()
    value = pd.to_numeric(clean, errors="coerce")
    mark = pd.Series("?", index=text.index)
    mark = mark.mask(value.notna(), "")
    bound = clean.str.extract(r"^([<>])(\d+(?:\.\d+)?)$")
    value = value.mask(bound[1].notna(), pd.to_numeric(bound[1], errors="coerce"))
    mark = mark.mask(bound[0].notna(), bound[0])
    mark = mark.mask(clean.str.fullmatch(r"\d[\d.]*\s*-\s*\d[\d.]*"), "-")
    mark = mark.mask(clean == "W", "W")
    none = clean == "-"
    return value.mask(none, 0.0), mark.mask(none, "0")


def read(path: Path) -> pd.DataFrame:
    """Read the data release.

    Parameters
    ----------
    path : Path
        `MCS2026_Commodities_Data.csv` as USGS publishes it (Latin-1, numbers with thousands separators), or
        `MCS2025_World_Data.csv`.

    Returns
    -------
    DataFrame
        One row per cell: chapter, section, commodity, country (as spelt), statistics, detail, unit (as published),
        year (int; the last one of a span), value (float in `unit`; a bound for "<" and ">", 0 for a dash, blank
        otherwise), mark ("" number, "0" dash, "W" withheld, "<" or ">" bound, "-" range, "?" text or not known),
        text, notes.

    Raises
    ------
    DataError
        A column is missing.
    """
    raw = pd.read_csv(path, encoding="latin-1", dtype=str, keep_default_na=False)
    raw.columns = [str(name).removeprefix("\u00ef\u00bb\u00bf") for name in raw.columns]
    if is_wide(raw):
        tidy = long_rows(raw, series())
    else:
        need_columns(raw, list(_COLUMNS), path)
        tidy = raw[list(_COLUMNS)].rename(columns=_COLUMNS)
    for column in tidy:
        tidy[column] = tidy[column].map(lambda cell: " ".join(str(cell).translate(_PUNCTUATION).split()))
    span = tidy["year"].str.extract(r"^(\d{2})(\d{2})(?:-(\d{2}))?$")
    tidy["year"] = (span[0] + span[2].fillna(span[1])).astype(int)
    tidy["value"], tidy["mark"] = _number(tidy["text"])
    return tidy


def series() -> pd.DataFrame:
    """Which table of which chapter covers which component.

    Returns
    -------
    DataFrame
        component; chapter, commodity, detail (of production; blank if only capacity is published); factor (t of
        the component per t published); only, without (lists of iso3 codes); capacity (detail of capacity); note.
    """
    table = beside(__file__, "usgs_series.csv")
    return table.assign(factor=table["factor"].astype(float))


def _cells(world: pd.DataFrame, row: pd.Series, detail: str, statistic: str) -> pd.DataFrame:
    """Countries' cells of one table, in t of the component: country (iso3), year, quantity, mark, notes."""
    cells = world[
        (world["chapter"] == row["chapter"])
        & (world["commodity"] == row["commodity"])
        & (world["statistics"] == statistic)
        # sub-forms of one country ("Refinery production: crude") are under the same heading
        & ((world["detail"] == detail) | world["detail"].str.startswith(detail + ": "))
        & ~world["detail"].str.contains("rounded")
        & (world["country"] != "World total")
    ]
    out = pd.DataFrame({"country": iso3(cells["country"]), "year": cells["year"]})
    tonnes = cells["unit"].map(_TONNES).astype(float)
    out["quantity"] = (cells["value"].where(cells["mark"].isin(["", "0"])) * tonnes * row["factor"]).round(6)
    out["mark"] = cells["mark"]
    out["estimated"] = cells["notes"].str.contains("Estimated")
    keep = ~out["country"].isin(str(row["without"]).split())
    if row["only"]:
        keep &= out["country"].isin(str(row["only"]).split())
    return out[keep]


def _note(row: pd.Series, rows: pd.DataFrame, withheld: str, last_year: int) -> pd.Series:
    text = pd.Series(str(row["note"]), index=rows.index)
    guess = rows["estimated"] | (rows["year"] == last_year)
    text = text + guess.map({True: "; estimated by USGS", False: ""})
    notes: pd.Series = text + (f"; withheld and left out: {withheld}" if withheld else "")
    return notes.map(lambda note: str(note).removeprefix("; "))


def supply_rows(raw: pd.DataFrame, series: pd.DataFrame, *, source: str = SOURCE) -> pd.DataFrame:
    """World production by country, both years of the edition.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    series : DataFrame
        As `series` returns it, or some of its rows.
    source : str
        Key of the edition in `sources`.

    Returns
    -------
    DataFrame
        Columns of the table `supply`: quantity and capacity in t of the component a year. Status reported, or
        computed if the content was converted by a factor. If USGS publishes only capacity, the share is a
        country's share of capacity (computed). "Other countries" is ROW. Cells withheld (W) or not available (NA)
        are left out, the withheld ones named in the note; cells of zero are left out unless there is capacity.

    Raises
    ------
    DataError
        Lists every series without a number in `raw`, or in a unit that is not a weight.
    """
    world = raw[raw["section"].str.startswith("World")]
    last_year = int(world["year"].max())
    faults: list[Fault] = []
    frames: list[pd.DataFrame] = []
    for _, row in series.iterrows():
        made = _cells(world, row, row["detail"], "Production") if row["detail"] else None
        able = _cells(world, row, row["capacity"], "Capacity") if row["capacity"] else None
        main = made if made is not None else able
        if main is None or main["quantity"].fillna(0).sum() == 0:
            faults.append(
                Fault(
                    table=source,
                    row=str(row["component"]),
                    column="detail",
                    found=f"no weight under {row['chapter']}: {row['detail'] or row['capacity']}",
                    wanted="a table of world production in that chapter",
                    fix="put the chapter's wording into corridor/importers/supply/usgs_series.csv",
                )
            )
            continue
        withheld = " ".join(sorted(set(main.loc[main["mark"] == "W", "country"])))
        rows = main.groupby(["country", "year"], as_index=False).agg(
            quantity=("quantity", lambda cells: cells.sum(min_count=1)), estimated=("estimated", "any")
        )
        if able is not None:
            capacity = able.groupby(["country", "year"])["quantity"].sum(min_count=1).rename("capacity")
            rows = rows.join(capacity, on=["country", "year"])
        else:
            rows["capacity"] = float("nan")
        if made is None:
            rows["share"] = (rows["quantity"] / rows.groupby("year")["quantity"].transform("sum")).round(6)
            rows["quantity"] = float("nan")
            rows = rows[rows["share"] > 0]
        rows = rows[(rows["quantity"] > 0) | (rows["capacity"] > 0)]
        converted = made is None or row["factor"] != 1
        rows = rows.assign(
            component=row["component"],
            status="computed" if converted else "reported",
            source=source,
            note=_note(row, rows, withheld, last_year),
        )
        frames.append(rows.sort_values(["year", "country"]))
    if faults:
        raise DataError(faults)
    return lay_out(pd.concat(frames, ignore_index=True), "supply")


def prices(raw: pd.DataFrame) -> pd.DataFrame:
    """Prices in the chapters' salient statistics, in US$ per t.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.

    Returns
    -------
    DataFrame
        chapter, detail, unit and value (as published), year, usd_per_t. Prices per carat, index numbers, ranges
        and cells that are not numbers are left out. A price per content stays per content.
    """
    found = raw[(raw["statistics"] == "Price") & (raw["mark"] == "") & raw["unit"].isin(list(_PER_TONNE))]
    found = found.assign(usd_per_t=found["value"] * found["unit"].map(_PER_TONNE))
    return found[["chapter", "detail", "unit", "year", "value", "usd_per_t"]].reset_index(drop=True)


def reliance(raw: pd.DataFrame) -> pd.DataFrame:
    """Net import reliance of the United States, as fractions of consumption.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.

    Returns
    -------
    DataFrame
        chapter, detail, year, low, high: equal where USGS gives a number; ">50" is 0.5 to 1, "<25" is 0 to 0.25, E
        (net exporter) is 0 to 0. Cells not available are left out.
    """
    found = raw[raw["statistics"] == "Net import reliance"]
    found = found[found["mark"].isin(["", "<", ">"]) | (found["text"] == "E")]
    share = (found["value"] / 100).where(found["text"] != "E", 0.0)
    found = found.assign(low=share.mask(found["mark"] == "<", 0.0), high=share.mask(found["mark"] == ">", 1.0))
    return found[["chapter", "detail", "year", "low", "high"]].reset_index(drop=True)
