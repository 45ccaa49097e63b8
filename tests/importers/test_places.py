"""Countries with their indices, Indian sites, and the refresh of a whole folder."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridor.data.frames import conform
from corridor.data.schema import SITE_TAGS
from corridor.data.tables import read_tables
from corridor.errors import ConfigError
from corridor.importers.countries import worldbank
from tests import ROOT, SHARED
from tools.bundled_data import sites
from tools.bundled_data.build import build

RAW = SHARED / "data"
needs_raw = pytest.mark.skipif(not RAW.exists(), reason="the raw files are not available")


def test_great_circle() -> None:
    quarter = sites.great_circle_km(np.array([0.0]), np.array([0.0]), np.array([90.0]), np.array([0.0]))
    assert quarter[0] == pytest.approx(np.pi / 2 * 6371.0088)
    delhi_mumbai = sites.great_circle_km(
        np.array([77.21]), np.array([28.61]), np.array([72.88]), np.array([19.08])
    )
    assert delhi_mumbai[0] == pytest.approx(1153, abs=8)


def test_countries_from_excerpts(tmp_path: Path) -> None:
    estimates = pd.DataFrame(
        {
            "countryname": ["China", "China", "Korea, Rep.", "Germany", "France"],
            "year": [2020, 2021, 2021, 2021, 2021],
            **{name: [9.0, -0.25, 1.0, 1.5, 1.1] for name in worldbank.ESTIMATES},
        }
    )
    estimates.loc[1, "vae"] = -1.45
    estimates.to_csv(tmp_path / "wgi.csv")
    pd.DataFrame({"country": ["China", "China"], "lpi_score": [3.5, 3.7], "year": [2012, 2023]}).to_csv(
        tmp_path / "lpi.csv"
    )
    out = worldbank.countries(
        worldbank.governance(tmp_path / "wgi.csv"), worldbank.logistics(tmp_path / "lpi.csv")
    )
    _, faults = conform("countries", out)
    assert not faults
    rows = out.set_index("iso3")
    assert rows.loc["CHN", "governance"] == pytest.approx((-1.45 - 5 * 0.25) / 6, abs=1e-4)
    assert rows.loc["CHN", "logistics"] == 3.7
    assert rows.loc["EUU", "governance"] == pytest.approx(1.3)
    assert pd.isna(rows.loc["KOR", "logistics"])
    assert rows.loc["ROW", "status"] == "assumed"
    assert rows.loc["GRL", "source"] == "natural-earth"


@needs_raw
def test_sites() -> None:
    out = sites.sites(
        sites.read(RAW / sites.SITES_FILE), pd.read_csv(RAW / sites.LAND_FILE), sites.ports(RAW / sites.PORTS_FILE)
    )
    typed, faults = conform("sites", out)
    assert not faults
    assert len(typed) == 55
    assert typed["id"].is_unique
    assert typed[["land_ha", "power_mw", "water_mld", "workers", "port_km", "note"]].notna().all().all()
    assert set(typed["tags"].str.split(";").explode()) == set(SITE_TAGS)
    assert typed["lon"].between(68, 98).all()
    assert typed["lat"].between(8, 37).all()
    assert typed["land_ha"].between(2, 800).all()
    assert typed["running_factor"].between(0.95, 1.15).all()
    rows = typed.set_index("id")
    assert rows.loc["mundra", "port"] == "INMUN Mundra"
    assert rows.loc["vapi", "port"] == "INHZA Hazira"
    assert rows.loc["noida-greater-noida", "port_km"] > 800


def test_a_missing_raw_file_is_named(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(ROOT / "tests" / "tiny", tables)
    before = sorted(path.name for path in tables.iterdir())
    with pytest.raises(ConfigError, match="wgidataset"):
        build(tmp_path, tables)
    assert sorted(path.name for path in tables.iterdir()) == before


@needs_raw
def test_hand_kept_rows_stay(tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(ROOT / "tests" / "tiny", tables)
    before, _ = read_tables(tables)
    build(RAW, tables)
    after, faults = read_tables(tables)
    assert not faults
    assert not list(tables.glob(".*"))
    for name, frame in before:
        merged = frame.merge(after[name], how="left", indicator=True)
        assert (merged["_merge"] == "both").all(), f"a hand-kept row of {name} is gone"
    assert len(after.countries) > 200
    assert set(after.trade["code"]) >= {"TOTAL"}
    written = {path.name: path.read_bytes() for path in tables.iterdir()}
    build(RAW, tables)
    assert {path.name: path.read_bytes() for path in tables.iterdir()} == written, "twice gives the same bytes"


@needs_raw
@pytest.mark.skipif(not (ROOT / "data" / "components.csv").exists(), reason="there are no bundled tables here")
def test_rebuilding_gives_the_bundled_tables(tmp_path: Path) -> None:
    bundled, _ = read_tables(ROOT / "data")
    copy = tmp_path / "data"
    shutil.copytree(
        ROOT / "data", copy, ignore=lambda folder, names: [n for n in names if Path(n).suffix == ".json"]
    )
    build(RAW, copy)
    rebuilt, faults = read_tables(copy)
    assert not faults
    for name, frame in bundled:
        pd.testing.assert_frame_equal(frame, rebuilt[name], obj=name)
