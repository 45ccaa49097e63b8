"""Plants of every source: excerpts of real rows, and the full files if available."""

from pathlib import Path

import pandas as pd
import pytest

from corridor.data.countries.names import known_countries
from corridor.data.frames import conform
from corridor.errors import DataError
from corridor.importers.files.rows import beside, slug, unique_slugs
from tests import SHARED
from tools.bundled_data import apple, firms, icmm, india_plants, us_plants
from tools.bundled_data.works import Works, join_works

RAW = SHARED / "data"
needs_raw = pytest.mark.skipif(not RAW.exists(), reason="the raw files are not available")

ICMM = """ICMMID,Confidence Factor,Mine Name ,Group Names,Latitude,Longitude,Asset Type,Country,Primary Commodity,\
Secondary Commodity,Other Commodities
ICMM08712,High,PyhÃ¤salmi,,63.66,26.04,Mine;Plant,Finland,copper,gold,lead;pyrite;silver;zinc
ICMM13856,High,Zhezkazgan Smelter,,47.8,67.7,Smelter;Refinery,Kazakhstan,copper,silver,bismuth;cadmium
ICMM06235,High,Pilgangoora,,-21.06,118.9,Mine,New Caledonia,lithium,tantalum,tin
ICMM00056,Very Low,Purgatorio,,7.18,-60.69,Mine,Venezuela,copper,gold,
ICMM04477,Moderate,Gold Only,,40,-110,Mine,United States,gold,,
"""
APPLE = """supplier,iso2,country,region,lat,lon,coordinate_precision
"Sony Corporation",JP,Japan,Kumamoto,32.8,130.7,admin1 median
"Sony Corporation",JP,Japan,Nagasaki,32.9,129.9,city
3M,PH,Philippines,Laguna,11.689,122.784,country median
Not Yet Known Limited,CN,China,Jiangsu,34.035,118.221,admin1 median
"""


def _sound(works: Works) -> None:
    """Columns, types and allowed words of our tables; every plant of a listed supplier."""
    for table, frame in (("suppliers", works.suppliers), ("makes", works.makes)):
        _, faults = conform(table, frame)
        assert not faults, [str(fault) for fault in faults[:5]]
    assert works.suppliers["id"].is_unique
    assert not works.makes.duplicated(["supplier", "component"]).any()
    assert set(works.makes["supplier"]) <= set(works.suppliers["id"])


def test_slugs() -> None:
    assert slug("Antônio Pereira (2) & Co.") == "antonio-pereira-2-co"
    assert unique_slugs(pd.Series(["A b", "a-b", "c"])).tolist() == ["a-b", "a-b-2", "c"]


def test_icmm(tmp_path: Path) -> None:
    path = tmp_path / "icmm.csv"
    path.write_text(ICMM, encoding="utf-8")
    raw = icmm.read(path)
    assert "Purgatorio" not in set(raw["name"]), "very low confidence is left out"
    assert raw.set_index("name").loc["Pilgangoora", "country"] == "AUS", "118.9 E is not in New Caledonia"
    found = icmm.works(raw, ["copper-ore", "refined-copper", "bismuth", "spodumene-concentrate", "tantalum-ore"])
    _sound(found)
    made = {(row.supplier, row.component): row.status for row in found.makes.itertuples()}
    assert made == {
        ("icmm-08712-pyhasalmi", "copper-ore"): "reported",
        ("icmm-13856-zhezkazgan-smelter", "refined-copper"): "reported",
        ("icmm-13856-zhezkazgan-smelter", "bismuth"): "inherited",
        ("icmm-06235-pilgangoora", "spodumene-concentrate"): "reported",
        ("icmm-06235-pilgangoora", "tantalum-ore"): "reported",
    }
    kinds = found.suppliers.set_index("id")["kind"]
    assert kinds["icmm-13856-zhezkazgan-smelter"] == "refinery"
    assert kinds["icmm-08712-pyhasalmi"] == "mine"


def test_apple(tmp_path: Path) -> None:
    path = tmp_path / "apple.csv"
    path.write_text(APPLE, encoding="utf-8")
    found = apple.works(apple.read(path), ["cmos-image-sensor"])
    _sound(found)
    rows = found.suppliers.set_index("id")
    assert rows["precision"].tolist() == ["province", "city", "province", "province"]
    laguna = rows.loc["apple-3m-ph-laguna"]
    assert (laguna["lon"], laguna["lat"]) == (121.3, 14.25), "not the middle of the Philippines"
    assert found.makes["supplier"].tolist() == ["apple-sony-jp-kumamoto", "apple-sony-jp-nagasaki"]
    assert set(found.makes["status"]) == {"assumed"}, "the list names no product"


def test_bulk_drugs(tmp_path: Path) -> None:
    columns = ["product", "firm", "committed_capacity_t_per_year", "committed_investment_inr_crore"]
    head = ",".join(["segment", *columns, "year", "source_title", "note"]) + "\n"
    path = tmp_path / "pli.csv"
    path.write_text(
        head + "I,Penicillin G,Aurobindo Pharma (Lyfius Pharma),15000,1392,2021,PIB copy,\n"
        "IV,Losartan,Anasia Lab,,29.12,2021,press,capacity not read\n"
    )
    found = india_plants.bulk_drugs(path, ["penicillin-g-potassium", "losartan-potassium"])
    _sound(found)
    rows = found.makes.set_index("supplier")
    lyfius = rows.loc["in-pli-aurobindo-pharma-lyfius-pharma-penicillin-g"]
    assert (lyfius["component"], lyfius["capacity"]) == ("penicillin-g-potassium", 15000)
    assert "Rs 1392 crore" in lyfius["note"]
    assert pd.isna(rows.loc["in-pli-anasia-lab-losartan", "capacity"])
    assert set(found.suppliers["status"]) == {"assumed"}, "the approvals name no place"

    path.write_text(head + "I,Penicillin G,Nobody Ltd,1,1,2021,x,\n")
    with pytest.raises(DataError, match="Nobody Ltd"):
        india_plants.bulk_drugs(path, [])


def test_lookup_tables_are_complete() -> None:
    codes = set(pd.Series(known_countries()["iso3"]))
    assert set(beside(icmm.__file__, "apple_firms.csv")["owner_country"]) <= codes
    assert beside(icmm.__file__, "apple_firms.csv")["supplier"].is_unique
    assert set(beside(icmm.__file__, "icmm_components.csv")["works"]) <= set(icmm.WORKS)
    assert set(beside(icmm.__file__, "icmm_components.csv")["roles"]) <= {
        "primary",
        "secondary",
        "other",
        "named",
        "any",
    }


@needs_raw
def test_whole_files() -> None:
    known = {"refined-copper", "pv-module", "lfp-cell", "ndfeb-magnet", "valsartan", "assembly-and-test"}
    sources = [
        apple.works(apple.read(RAW / apple.FILE), known),
        firms.works(firms.read(RAW / firms.FILE), known),
        icmm.works(icmm.read(RAW / icmm.FILE), known),
        india_plants.bulk_drugs(RAW / india_plants.DRUGS_FILE, known),
        india_plants.chips(RAW / india_plants.CHIPS_FILE, known),
        us_plants.works(us_plants.read(RAW / us_plants.FILE), known),
    ]
    for one in sources:
        _sound(one)
    joined = join_works(sources)
    _sound(joined)
    assert len(sources[0].suppliers) == 710
    assert len(sources[1].suppliers) == 84
    assert len(sources[3].suppliers) == 35
    assert len(sources[4].suppliers) == 10
    assert set(joined.makes["component"]) == known
    assert not (sources[1].makes["status"] != "assumed").any()
