"""Indian sites of the draft table, with limits, port and cost factors -> table of sites.

Each row's note says what is reported, computed and assumed; the row itself is assumed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from corridor.importers.files.rows import beside, lay_out, need_columns

__all__ = ["LAND_FILE", "PORTS_FILE", "SITES_FILE", "great_circle_km", "ports", "read", "sites"]

SITES_FILE = "supply/proposal/india_candidate_sites.csv"
LAND_FILE = "supply/transcribed/india_state_industrial_land_iilb.csv"
PORTS_FILE = "geo/searoute_ports.geojson"
SOURCE = "corridor-draft"

HA_PER_ACRE = 0.40468564
EARTH_KM = 6371.0088
# an estate known by name is larger than the state's average park; a region larger still
PARKS_PER_ESTATE = {"estate": 10.0, "cluster": 4.0, "city": 4.0, "region": 15.0}
LAND_BOUNDS_HA = (40.0, 800.0)
# share of power in running cost, tariff of the reference, cost of a kilometre to the port, hill surcharges
POWER_SHARE = 0.08
REFERENCE_TARIFF = 8.2
PER_KM = 0.00004
HILL = 0.03
# the draft's short names of its source pages
SHORTHAND = {
    r"herrrickshaw( hubs| policy json)?": "a compilation of Indian industrial hubs",
    "stocksmantra": "a press page on battery plants",
    "technosports": "a press page on semiconductor projects",
    r"^page (for|\()": r"a page \1",
}


def great_circle_km(lon: np.ndarray, lat: np.ndarray, lon_to: np.ndarray, lat_to: np.ndarray) -> np.ndarray:
    """Distance on a sphere of radius 6371.0088 km by the haversine formula.

    Parameters
    ----------
    lon, lat, lon_to, lat_to : array
        Degrees; shapes that broadcast against each other.

    Returns
    -------
    array
        km, the broadcast shape.
    """
    x, y, x_to, y_to = (np.radians(np.asarray(degrees, dtype=float)) for degrees in (lon, lat, lon_to, lat_to))
    half = np.sin((y_to - y) / 2) ** 2 + np.cos(y) * np.cos(y_to) * np.sin((x_to - x) / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


def ports(path: Path) -> pd.DataFrame:
    """India's sea ports of real size (`ports.csv`) with their coordinates: locode, name, lon, lat.

    Raises
    ------
    DataError
        The file has no ports in it.
    """
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    raw = pd.DataFrame([feature["properties"] for feature in features])
    points = [feature["geometry"]["coordinates"] for feature in features]
    raw[["lon", "lat"]] = pd.DataFrame(points, index=raw.index, columns=["lon", "lat"])
    need_columns(raw, ["port", "lon", "lat"], path)
    first = raw.drop_duplicates("port").set_index("port")
    wanted = beside(__file__, "ports.csv")
    wanted = wanted[wanted["locode"].isin(first.index)].reset_index(drop=True)
    return wanted.join(first[["lon", "lat"]], on="locode")


def read(path: Path) -> pd.DataFrame:
    """Read the draft sites.

    Raises
    ------
    DataError
        A column is missing.
    """
    raw = pd.read_csv(path)
    need_columns(raw, ["site", "state", "kind", "area_acres", "lat", "lon", "coordinate_source"], path)
    return raw


def _land(frame: pd.DataFrame, land: pd.DataFrame) -> pd.DataFrame:
    """Free land (ha) and its rule: area x free share, our figure, or the state's average park."""
    states = land.assign(state=land["state"].str.title()).set_index("state")
    per_park = frame["state"].map(states["available_area"] / states["parks"])
    parks = frame["works"].map(PARKS_PER_ESTATE)
    area = frame["area_acres"] * HA_PER_ACRE
    share = pd.to_numeric(frame["free_share"])
    ours = pd.to_numeric(frame["land_ours"])
    by_area = area * share
    by_state = (per_park * parks).clip(*LAND_BOUNDS_HA)
    hectares = by_area.where(by_area.notna(), ours.where(ours.notna(), by_state)).round(0)
    rule = np.select(
        [by_area.notna(), ours.notna()],
        [
            "land: area " + area.map("{:.0f}".format) + " ha x assumed free share " + frame["free_share"],
            "land assumed for this site",
        ],
        "land: state's free area per park (IILB) x "
        + parks.map("{:g}".format)
        + ", held within 40-800 ha, assumed rule",
    )
    return pd.DataFrame({"land_ha": hectares, "rule": rule}, index=frame.index)


def sites(raw: pd.DataFrame, land: pd.DataFrame, sea_ports: pd.DataFrame) -> pd.DataFrame:
    """Table of sites.

    Parameters
    ----------
    raw : DataFrame
        As `read` returns it.
    land : DataFrame
        Industrial land by state (India Industrial Land Bank): state, parks, available_area (ha).
    sea_ports : DataFrame
        As `ports` returns it.

    Returns
    -------
    DataFrame
        Columns of the table `sites`. Port and distance are computed; coordinates are a gazetteer's or ours
        (coordinate_status); power, water, workers and the factors are assumed:
        capex_factor = 1 + 0.00004 per km to the port + 0.03 in hill states;
        running_factor = 1 + 0.08 (tariff / 8.2 Rs per kWh - 1) + 0.00004 per km + 0.015 in hill states.
    """
    traits = beside(__file__, "site_traits.csv").rename(
        columns={"lon": "lon_ours", "lat": "lat_ours", "land_ha": "land_ours"}
    )
    costs = beside(__file__, "state_costs.csv")
    frame = raw.merge(traits, on="site", how="left").merge(costs, on="state", how="left")
    ours = frame["lon_ours"] != ""
    frame["lon"] = pd.to_numeric(frame["lon_ours"]).where(ours, frame["lon"].astype(float))
    frame["lat"] = pd.to_numeric(frame["lat_ours"]).where(ours, frame["lat"].astype(float))
    frame["coordinate_status"] = np.where(ours, "assumed", "reported")
    distance = great_circle_km(
        frame["lon"].to_numpy()[:, None],
        frame["lat"].to_numpy()[:, None],
        sea_ports["lon"].to_numpy()[None, :],
        sea_ports["lat"].to_numpy()[None, :],
    )
    nearest = distance.argmin(axis=1)
    frame["port"] = (sea_ports["locode"] + " " + sea_ports["name"]).to_numpy()[nearest]
    frame["port_km"] = distance.min(axis=1).round(1)
    hill = pd.to_numeric(frame["hill"])
    tariff = pd.to_numeric(frame["tariff_inr_kwh"])
    frame["capex_factor"] = (1 + PER_KM * frame["port_km"] + HILL * hill).round(3)
    running = 1 + POWER_SHARE * (tariff / REFERENCE_TARIFF - 1) + PER_KM * frame["port_km"] + HILL / 2 * hill
    frame["running_factor"] = running.clip(0.95, 1.15).round(3)
    free = _land(frame, land)
    frame["land_ha"] = free["land_ha"]
    numbers = ["power_mw", "water_mld", "workers"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric)
    town = "coordinates of the town " + frame["anchor_city"] + " (GeoNames)"
    gazetteer = town.where(~ours, "coordinates ours")
    named = "site named in " + frame["source"].str.removeprefix("page: ").replace(SHORTHAND, regex=True)
    memory = frame["existence_from_memory"].astype(str).str.casefold() == "true"
    known = named.where(~memory, "site from memory")
    frame["note"] = (
        known
        + "; "
        + gazetteer
        + "; port distance computed (great circle); "
        + free["rule"]
        + "; power, water, workers assumed by kind; factors by rule, power tariff "
        + frame["tariff_inr_kwh"]
        + " Rs/kWh ("
        + frame["tariff_from"]
        + ")"
        + frame["remark"].where(frame["remark"] == "", "; " + frame["remark"])
    )
    frame = frame.assign(name=frame["site"], status="assumed", source=SOURCE, year=2025)
    return lay_out(frame.sort_values("id"), "sites")
