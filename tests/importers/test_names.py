"""Country names of every publisher become iso3 codes; unknown ones are listed."""

import pandas as pd
import pytest

from corridor.data.countries.names import iso3, known_countries, known_spellings
from corridor.errors import DataError


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("CHINA P RP", "CHN"),  # DGCI&S
        ("U S A", "USA"),
        ("KOREA RP", "KOR"),
        ("UNSPECIFIED", "ROW"),
        ("PANAMA C Z", "PAN"),
        ("KOREA, SOUTH", "KOR"),  # US Census Bureau
        ("EUROPEAN UNION", "EUU"),
        ("Burma", "MMR"),  # USGS
        ("Congo (Kinshasa)", "COD"),
        ("Korea, Republic of", "KOR"),
        ("Other countries", "ROW"),
        ("Côte d\x92Ivoire", "CIV"),
        ("Democratic Republic of Congo", "COD"),  # IEA
        ("Rest of world", "ROW"),
        ("Democratic Republic of the Congo", "COD"),  # ICMM
        ("Kosovo", "XKX"),
        ("Czech", "CZE"),  # Apple
        ("Korea", "KOR"),
        ("Taiwan, China", "TWN"),  # World Bank
        ("Egypt, Arab Rep.", "EGY"),
        ("Viet Nam", "VNM"),  # CEPII
        ("Other Asia, nes", "TWN"),
        ("TÃ¼rkiye", "TUR"),  # misread UTF-8
        ("  united   states ", "USA"),
        ("DEU", "DEU"),
    ],
)
def test_spellings(spelling: str, code: str) -> None:
    assert iso3(pd.Series([spelling])).tolist() == [code]


def test_keeps_index_and_name() -> None:
    out = iso3(pd.Series(["India", "India"], index=[7, 9], name="partner"))
    assert out.index.tolist() == [7, 9]
    assert out.name == "partner"


def test_every_unknown_name_is_listed_once() -> None:
    with pytest.raises(DataError) as caught:
        iso3(pd.Series(["Chna", "India", "Indja", "Chna", None], name="country"))
    assert [fault.found for fault in caught.value.faults] == ["Chna", "Indja", ""]
    assert "Chna" in str(caught.value)
    assert "country_spellings.csv" in str(caught.value)


def test_countries_have_names_and_points() -> None:
    known = known_countries()
    assert known["iso3"].is_unique
    assert known["name"].is_unique
    assert known["lon"].between(-180, 180).all()
    assert known["lat"].between(-90, 90).all()
    assert {"IND", "USA", "CHN", "HKG", "MAC", "TWN", "EUU", "ROW"} <= set(known["iso3"])
    assert set(known_spellings().values()) == set(known["iso3"])
