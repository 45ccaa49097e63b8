"""IEA supply by country: excerpts of real rows, and the full file if available."""

from pathlib import Path

import pandas as pd
import pytest

from corridor.errors import DataError
from corridor.importers.supply import iea
from tests import SHARED

RAW = SHARED / "data" / iea.FILE
needs_raw = pytest.mark.skipif(not RAW.exists(), reason="the IEA table is not available")

EXCERPT = """mineral,stage,country,year,kt,share,scenario,source,source_repo,from_memory
Graphite,refining,China,2024,1794.824,0.9571,base case,IEA,x,false
Graphite,refining,China,2030,2500.0,0.9,base case,IEA,x,false
Graphite,refining,Japan,2024,44.965,0.024,base case,IEA,x,false
Graphite,refining,Canada,2024,0.0,0.0,base case,IEA,x,false
Graphite,refining,Rest of world,2024,34.354,0.0183,base case,IEA,x,false
Lithium,refining,China,2024,169.678,0.7023,base case,IEA,x,false
Lithium,refining,Chile,2024,49.274,0.2039,base case,IEA,x,false
Cobalt,mining,Democratic Republic of Congo,2024,181.796,0.6651,base case,IEA,x,false
"""


@pytest.fixture
def raw(tmp_path: Path) -> pd.DataFrame:
    path = tmp_path / "iea.csv"
    path.write_text(EXCERPT)
    return iea.read(path)


def rows_of(raw: pd.DataFrame, *components: str) -> pd.DataFrame:
    table = iea.series()
    return iea.supply_rows(raw, table[table["component"].isin(components)])


def test_countries_are_codes(raw: pd.DataFrame) -> None:
    assert set(raw["country"]) == {"CHN", "JPN", "CAN", "ROW", "CHL", "COD"}


def test_quantities_of_the_base_year_only(raw: pd.DataFrame) -> None:
    rows = rows_of(raw, "graphite-anode").set_index("country")
    assert rows["quantity"].to_dict() == pytest.approx({"CHN": 1794824.0, "JPN": 44965.0, "ROW": 34354.0})
    assert set(rows["year"]) == {2024}, "projections are no supply"
    assert set(rows["status"]) == {"reported"}


def test_shares_taken_over_to_a_chemical_are_computed(raw: pd.DataFrame) -> None:
    rows = rows_of(raw, "lithium-carbonate", "lithium-hydroxide")
    assert rows.groupby("component")["share"].sum().to_dict() == pytest.approx(
        {"lithium-carbonate": 1.0, "lithium-hydroxide": 1.0}
    )
    assert rows["quantity"].isna().all()
    assert set(rows["status"]) == {"computed"}


def test_missing_series_are_listed(raw: pd.DataFrame) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(raw, "graphite-anode", "refined-nickel", "cobalt-sulfate")
    assert [fault.row for fault in caught.value.faults] == ["cobalt-sulfate", "refined-nickel"]


@needs_raw
def test_whole_table() -> None:
    raw = iea.read(RAW)
    assert len(raw) == 292
    rows = iea.supply_rows(raw, iea.series())
    weight = rows["quantity"].fillna(rows["share"])
    shares = weight / weight.groupby(rows["component"]).transform("sum")
    china = shares[rows["country"] == "CHN"].set_axis(rows.loc[rows["country"] == "CHN", "component"])
    assert china["ndpr-oxide"] == pytest.approx(0.913, abs=0.001)
    assert china["graphite-anode"] == pytest.approx(0.957, abs=0.001)
    assert china["cobalt-sulfate"] == pytest.approx(0.784, abs=0.001)
    assert china["lithium-carbonate"] == pytest.approx(0.702, abs=0.001)
