"""Concentration, dependence and criticality: cases solved by hand, identities, published lists."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor import measures
from corridor.data.tables import load_tables
from corridor.errors import ConfigError, DataError
from tests import SHARED
from tests.hand import tables

RAW_DATA = SHARED / "data"
RELIANCE = RAW_DATA / "reference" / "MCS2025_Fig2_Net_Import_Reliance.csv"
EU_LIST = RAW_DATA / "reference" / "eu_crm2023.csv"


def flows(values: dict[str, float], **keys: object) -> pd.DataFrame:
    rows = {"product": "p", **keys}
    return pd.DataFrame({**rows, "origin": list(values), "value": list(values.values())})


def one(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


# --- indices


def test_indices_by_hand():
    row = one(measures.concentration_indices(flows({"CHN": 50.0, "JPN": 30.0, "DEU": 15.0, "USA": 5.0})))
    assert row["hhi"] == pytest.approx(0.25 + 0.09 + 0.0225 + 0.0025)
    assert row["hhi_normalised"] == pytest.approx((0.365 - 0.25) / 0.75)
    assert row["effective_suppliers"] == pytest.approx(1 / 0.365)
    assert row["cr3"] == pytest.approx(0.95)
    assert (row["n75"], row["countries"], row["largest"], row["largest_share"]) == (2, 4, "CHN", 0.5)
    assert row["total"] == 100


def test_exactly_75_percent_needs_no_further_country():
    assert one(measures.concentration_indices(flows({"A": 3.0, "B": 1.0})))["n75"] == 1
    tenths = dict.fromkeys("ABCDEFGHIJ", 0.1)
    assert one(measures.concentration_indices(flows(tenths)))["n75"] == 8


def test_unnamed_origins_widen_the_index():
    row = one(measures.concentration_indices(flows({"CHN": 0.6, "ROW": 0.4})))
    assert (row["hhi"], row["hhi_high"]) == (pytest.approx(0.36), pytest.approx(0.52))
    assert row["rest_share"] == pytest.approx(0.4)
    assert row["countries"] == 1
    assert pd.isna(row["n75"]), "the named one holds less than 75 %"
    alone = one(measures.concentration_indices(flows({"ROW": 2.0})))
    assert (alone["hhi"], alone["hhi_high"], alone["countries"]) == (0, 1, 0)
    assert pd.isna(alone["effective_suppliers"])


def test_monopoly():
    row = one(measures.concentration_indices(flows({"CHN": 7.0})))
    assert (row["hhi"], row["hhi_normalised"], row["effective_suppliers"], row["cr3"], row["n75"]) == (
        1,
        1,
        1,
        1,
        1,
    )


def test_supplies_are_kept_apart_and_flows_of_one_origin_added():
    frame = pd.concat(
        [flows({"A": 1.0, "B": 1.0}, year=2020), flows({"A": 1.0}, year=2020), flows({"B": 4.0}, year=2021)]
    )
    out = measures.concentration_indices(frame).set_index("year")
    assert out.loc[2020, "hhi"] == pytest.approx(4 / 9 + 1 / 9)
    assert out.loc[2021, "hhi"] == 1


values = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=12)


@given(values)
@settings(max_examples=40, deadline=None)
def test_bounds_and_shares(amounts):
    named = {f"C{number:02d}": amount for number, amount in enumerate(amounts)}
    shares = measures.origin_shares(flows(named))["share"]
    row = one(measures.concentration_indices(flows(named)))
    assert shares.sum() == pytest.approx(1)
    assert 1 / len(named) - 1e-12 <= row["hhi"] <= 1 + 1e-12
    assert 0 <= row["hhi_normalised"] <= 1
    assert row["hhi"] == row["hhi_high"]
    # by definition: the fewest that hold 75 %, and no fewer do
    best = np.sort(np.array(amounts))[::-1].cumsum() / sum(amounts)
    assert best[row["n75"] - 1] >= 0.75 - 1e-9
    assert row["n75"] == 1 or best[row["n75"] - 2] < 0.75 + 1e-9


@given(values, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_relabelling_countries_changes_no_index(amounts, random):
    names = [f"C{number:02d}" for number in range(len(amounts))]
    other = names.copy()
    random.shuffle(other)
    both = pd.concat(
        [
            flows(dict(zip(names, amounts, strict=True)), year=1),
            flows(dict(zip(other, amounts, strict=True)), year=2),
        ]
    )
    out = measures.concentration_indices(both)[["hhi", "hhi_normalised", "cr3", "n75", "largest_share"]]
    assert out.iloc[0].tolist() == pytest.approx(out.iloc[1].tolist(), rel=1e-12)


@given(st.integers(1, 40), st.floats(0.1, 1e3))
@settings(max_examples=20, deadline=None)
def test_equal_shares_are_as_many_effective_suppliers(count, amount):
    row = one(measures.concentration_indices(flows({f"C{number:02d}": amount for number in range(count)})))
    assert row["effective_suppliers"] == pytest.approx(count)
    assert row["hhi_normalised"] == pytest.approx(1.0 if count == 1 else 0.0, abs=1e-12)


def test_bad_flows_are_all_named():
    bad = flows({"A": -1.0, "B": math.nan, "C": 1.0})
    with pytest.raises(DataError) as caught:
        measures.concentration_indices(bad)
    assert len(caught.value.faults) == 2
    with pytest.raises(DataError, match="origin"):
        measures.concentration_indices(bad.drop(columns="origin"))


# --- the EU's three indicators, GeoDep, single points


def test_eu_indicators_of_a_bloc():
    imports = pd.DataFrame({"product": "p", "origin": ["CHN", "USA", "DEU"], "value": [8.0, 2.0, 5.0]})
    row = one(
        measures.eu_dependence(
            imports, exports=pd.DataFrame({"product": ["p"], "value": [4.0]}), bloc=["DEU", "FRA"]
        )
    )
    assert row["imports"] == 10, "intra trade is no import"
    assert row["cdi1"] == pytest.approx(0.64 + 0.04)
    assert row["cdi2"] == pytest.approx(10 / 15)
    assert row["cdi2_kind"] == "extra share"
    assert row["cdi3"] == pytest.approx(2.5)
    assert bool(row["dependent"])


@pytest.mark.parametrize(
    ("made", "home", "expected", "kind"),
    [
        (6.0, None, 10 / (6 + 10 - 4), "import penetration"),
        (None, 0.7, 0.3, "import penetration"),
        (None, None, 10 / 14, "imports over imports and exports"),
    ],
)
def test_what_replaces_the_second_indicator_for_one_country(made, home, expected, kind):
    def total(value):
        return None if value is None else pd.DataFrame({"product": ["p"], "value": [value]})

    row = one(
        measures.eu_dependence(
            flows({"CHN": 10.0}, reporter="IND", year=2022),
            exports=total(4.0),
            production=total(made),
            home_share=total(home),
        )
    )
    assert row["cdi2"] == pytest.approx(expected)
    assert row["cdi2_kind"] == kind


def test_what_is_unknown_is_not_called_independent():
    unknown = one(measures.eu_dependence(flows({"CHN": 10.0})))
    assert pd.isna(unknown["cdi2"])
    assert pd.isna(unknown["cdi3"])
    assert pd.isna(unknown["dependent"])
    spread = one(measures.eu_dependence(flows({"A": 1.0, "B": 1.0, "C": 1.0})))
    assert not spread["dependent"], "one failed criterion settles it"
    nothing_sold = pd.DataFrame({"product": ["p"], "value": [0.0]})
    assert one(measures.eu_dependence(flows({"CHN": 1.0}), exports=nothing_sold))["cdi3"] == math.inf


def test_a_cut_is_passed_only_above_it():
    exports = pd.DataFrame({"product": ["p"], "value": [10.0]})
    row = one(measures.eu_dependence(flows({"CHN": 10.0}), exports=exports))
    assert (row["cdi2"], row["cdi3"]) == (0.5, 1.0)
    assert not row["foreign"]
    assert not row["not_made_up"]


def test_persistence_of_the_flags():
    years = {2014: 10.0, 2015: 10.0, 2016: 1.0, 2018: 10.0}
    imports = pd.concat(
        [flows({"CHN": value, "USA": 1.0}, reporter="IND", year=year) for year, value in years.items()]
    )
    yearly = measures.eu_dependence(imports, exports=pd.DataFrame({"product": ["p"], "value": [5.0]}))
    row = one(measures.with_persistence(yearly))
    assert (row["year"], row["years"]) == (2018, 4)
    assert row["concentrated_share"] == 1.0, "one half each is above 0.4 too"
    assert row["dependent_share"] == 0.75


def geodep_of(met: dict[int, bool], **options: int) -> dict[int, object]:
    imports = pd.concat(
        [
            flows({"CHN": 1.0} if yes else dict.fromkeys("ABC", 1.0), reporter="IND", year=year)
            for year, yes in met.items()
        ]
    )
    exports = pd.DataFrame({"product": ["p"], "value": [0.0]})
    world = flows({"CHN": 9.0, "USA": 1.0})
    out = measures.geodep(imports, world=world, exports=exports, **options).set_index("year")
    assert (out["imports_over_exports"] == 9999).all()
    assert out["hhi_world"].tolist() == pytest.approx([0.82] * len(met))
    return out["geodep"].to_dict()


def test_geodep_wants_two_years_of_three():
    got = geodep_of({2014: True, 2015: True, 2016: False, 2017: False, 2018: True})
    assert pd.isna(got[2014]), "one year met, two unknown"
    assert got[2015], "two met: the third cannot undo them"
    assert got[2016]
    assert not got[2017]
    assert not got[2018]


def test_geodep_takes_a_skipped_year_as_unknown():
    got = geodep_of({2016: True, 2018: True, 2021: False, 2022: False})
    assert got[2018], "2016 and 2018 of three"
    assert pd.isna(got[2021]), "one of three failed, of two nothing is known"
    assert not got[2022]
    assert geodep_of({2019: False, 2020: False, 2021: False}, window=3, least=1)[2021] is False


def test_geodep_refuses_a_window_that_cannot_be():
    with pytest.raises(ConfigError, match="least"):
        measures.geodep(flows({"A": 1.0}, year=2020), world=flows({"A": 1.0}), window=2, least=3)
    with pytest.raises(ConfigError, match="year"):
        measures.geodep(flows({"A": 1.0}), world=flows({"A": 1.0}))


def test_single_point_of_failure():
    imports = flows({"CHN": 9.0, "JPN": 1.0}, reporter="IND")
    dependent = measures.eu_dependence(imports, exports=pd.DataFrame({"product": ["p"], "value": [1.0]}))
    world = flows({"CHN": 90.0, "JPN": 20.0, "USA": 10.0, "IND": 5.0})
    others = measures.alternative_supply(imports, world, surge=0.2)
    assert one(others)["value"] == pytest.approx(0.2 * 30 / 10), "without China, the largest, and India itself"
    row = one(measures.single_points(dependent, world=world, alternatives=others))
    assert row["hhi_world"] == pytest.approx((90**2 + 20**2 + 10**2 + 5**2) / 125**2)
    assert row["single_point"]
    plenty = measures.alternative_supply(imports, world, surge=0.4)
    assert not one(measures.single_points(dependent, world=world, alternatives=plenty))["single_point"]
    assert pd.isna(one(measures.single_points(dependent, world=world))["single_point"]), "no amounts, no verdict"


# --- on our tables

CASE = {
    "components": {"magnet": {}, "ore": {"price_usd_per_unit": 1e6}, "tape": {}},
    "world": {"magnet": {"CHN": 0.9, "JPN": 0.1}},
    "sourcing": {"IND": {"magnet": {"IND": 0.2, "CHN": 0.6, "HKG": 0.2}}},
    "codes": [
        {"component": "magnet", "nomenclature": "HS6", "code": "850511", "match": "exact"},
        {"component": "tape", "nomenclature": "HS6", "code": "850511", "match": "group"},
    ],
    "trade": [
        {"importer": importer, "exporter": exporter, "nomenclature": "HS6", "code": "850511", **row}
        for importer, exporter, row in [
            ("IND", "CHN", {"value_usd_m": 6.0, "year": 2023}),
            ("IND", "JPN", {"value_usd_m": 6.0, "year": 2023}),
            ("IND", "CHN", {"value_usd_m": 6.0, "year": 2024}),
            ("IND", "HKG", {"value_usd_m": 2.0, "year": 2024}),
            ("IND", "JPN", {"value_usd_m": 2.0, "year": 2024}),
            ("ROW", "IND", {"value_usd_m": 2.0, "year": 2024}),
        ]
    ],
}


def test_concentration_of_our_tables():
    out = measures.concentration(tables(**CASE), "IND").set_index("component")
    magnet = out.loc["magnet"]
    assert magnet["home_share"] == pytest.approx(0.2)
    assert magnet["foreign_hhi"] == pytest.approx(0.75**2 + 0.25**2)
    assert magnet["foreign_concentration"] == pytest.approx(0.6**2 + 0.2**2)
    assert magnet["world_hhi"] == pytest.approx(0.82)
    assert (magnet["import_hhi"], magnet["import_year"]) == (pytest.approx(0.36 + 0.04 + 0.04), 2024)
    assert (magnet["import_status"], out.loc["tape", "import_status"]) == ("reported", "inherited")
    assert (magnet["cdi2"], magnet["cdi2_kind"]) == (pytest.approx(0.8), "import penetration")
    assert magnet["cdi3"] == pytest.approx(5.0)
    assert magnet["dependent"]
    assert (magnet["years"], magnet["concentrated_share"]) == (2, 1.0)
    assert pd.isna(magnet["single_point"]), "amounts of world supply are unknown"
    assert pd.isna(out.loc["ore", "import_hhi"])
    assert pd.isna(out.loc["ore", "world_status"])


def test_re_exports_may_count_as_china():
    out = measures.concentration(tables(**CASE), "IND", merge={"HKG": "CHN"}).set_index("component")
    assert out.loc["magnet", "import_hhi"] == pytest.approx(0.64 + 0.04)
    assert out.loc["magnet", "foreign_hhi"] == pytest.approx(1.0)


def test_few_importers_do_not_show_what_a_country_exports():
    one_buyer = {
        **CASE,
        "trade": [{**row, "importer": "USA" if row["importer"] == "ROW" else "IND"} for row in CASE["trade"]],
    }
    assert len(measures.export_flows(tables(**one_buyer), "IND")) == 0
    assert measures.export_flows(tables(**CASE), "IND").set_index("product")["value"].to_dict() == {
        "magnet": 2.0,
        "tape": 2.0,
    }


def dependence_with(trade: list[dict[str, object]]) -> pd.DataFrame:
    bought = [row for row in CASE["trade"] if row["importer"] == "IND"]
    out = measures.market_dependence(tables(**{**CASE, "trade": bought + trade}), "IND")
    return out.set_index(["product", "year"])


def test_where_the_world_reports_what_nobody_buys_is_not_exported():
    flow = {"exporter": "CHN", "nomenclature": "HS6", "code": "850511", "value_usd_m": 1.0, "year": 2024}
    world = [{**flow, "importer": f"B{number:02d}"} for number in range(10)]
    got = dependence_with(world)["cdi3"]
    assert got["magnet", 2024] == math.inf
    assert pd.isna(got["magnet", 2023]), "nobody reports of 2023"
    sold = {**world[0], "exporter": "IND", "value_usd_m": 4.0}
    assert dependence_with([*world, sold])["cdi3"]["magnet", 2024] == pytest.approx(10 / 4)


def test_sales_of_a_class_are_not_set_against_the_component_alone():
    codes = [*CASE["codes"], {"component": "magnet", "nomenclature": "INPC", "code": "METALS", "match": "group"}]
    older = {"importer": "IND", "exporter": "CHN", "nomenclature": "INPC", "code": "METALS", "value_usd_m": 1.0}
    bought = [row for row in CASE["trade"] if row["importer"] == "IND"]
    sold = {**older, "importer": "ROW", "exporter": "IND", "value_usd_m": 50.0, "year": 2024}
    case = {**CASE, "codes": codes, "trade": [*bought, {**older, "year": 2020}, sold]}
    got = measures.market_dependence(tables(**case), "IND").set_index(["product", "year"])
    assert pd.isna(got.loc[("magnet", 2024), "cdi3"])


def test_single_point_where_quantities_are_known():
    supply = [
        {"component": "magnet", "country": "CHN", "quantity": 90.0},
        {"component": "magnet", "country": "JPN", "quantity": 10.0},
    ]
    out = measures.concentration(tables(**{**CASE, "world": {}}, supply=supply), "IND").set_index("component")
    assert out.loc["magnet", "alternatives"] == pytest.approx(0.2 * 10 / 10), "10 t of Japan at US$ 1 million each"
    assert out.loc["magnet", "single_point"]
    spare = measures.market_dependence(tables(**{**CASE, "world": {}}, supply=supply), "IND", surge=1.5)
    assert not spare.set_index(["product", "year"]).loc[("magnet", 2024), "single_point"]
    assert pd.isna(spare.set_index(["product", "year"]).loc[("tape", 2024), "alternatives"]), "a class's imports"


def test_unknown_market():
    with pytest.raises(ConfigError, match="no imports of 'XXX'"):
        measures.concentration(tables(**CASE), "XXX")


@pytest.fixture(scope="module")
def bundled():
    return load_tables()


def test_bundled_data(bundled):
    out = measures.concentration(bundled, "IND")
    assert out["component"].is_unique
    assert len(out) == len(bundled.components)
    for name in ("foreign_hhi", "world_hhi", "import_hhi", "home_share", "cdi2"):
        assert out[name].dropna().between(0, 1 + 1e-9).all(), name
    cells = out.set_index("component").loc["lfp-cell"]
    assert cells["import_hhi"] > 0.5, "India's accumulators come mostly from China"
    assert cells["dependent"]
    gallium = out.set_index("component").loc["gallium"]
    assert (gallium["world_largest"], gallium["world_n75"]) == ("CHN", 1)
    united = measures.concentration(bundled, "USA").set_index("component")
    assert united.loc["niobium-ore", "world_largest"] == "BRA"
    assert united["cdi3"].isna().all(), "no table says what the United States export"


# --- net import reliance


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("100", (100, 100)),
        (85, (85, 85)),
        (">95", (95, 100)),
        ("> 95", (95, 100)),
        ("<50", (0, 50)),
        ("E", (-math.inf, 0)),
        ("W", (-math.inf, 100)),
        ("—", (0, 0)),
        ("1,234.5", (1234.5, 1234.5)),
        ("70%", (70, 70)),
    ],
)
def test_published_bounds(text, ends):
    assert measures.parse_bound(text) == ends


@pytest.mark.parametrize("text", ["NA", "", None, math.nan])
def test_what_is_not_available_has_no_bounds(text):
    assert all(math.isnan(end) for end in measures.parse_bound(text))


def test_bounds_of_a_quantity():
    assert measures.parse_bound("W", least=0, most=math.inf) == (0, math.inf)
    assert measures.parse_bound(">5", least=0, most=math.inf) == (5, math.inf)


def test_every_text_that_cannot_be_read_is_named():
    with pytest.raises(DataError) as caught:
        measures.parse_bounds(pd.Series(["12", "a lot", ">", "E"], index=list("abcd"), name="nir"))
    assert [problem.row for problem in caught.value.faults] == ["b", "c"]


def test_net_import_reliance_by_hand():
    balance = pd.DataFrame(
        {
            "imports": ["80", "10", ">50", "60", "10"],
            "exports": ["20", "40", "0", "W", "NA"],
            "production": ["20", "100", "50", "0", "5"],
            "secondary": ["10", "0", "0", "20", "0"],
            "stock_draw": ["10", "0", "0", "0", "0"],
        },
        index=list("abcde"),
    )
    out = measures.net_import_reliance(balance)
    assert out.loc["a", ["low", "high"]].tolist() == pytest.approx([70.0, 70.0])
    assert out.loc["b", ["low", "high"]].tolist() == pytest.approx([-100 * 30 / 70] * 2)
    assert out.loc["c", ["low", "high"]].tolist() == pytest.approx([50.0, 100.0])
    assert out.loc["d", "high"] == pytest.approx(75.0)
    assert out.loc["d", "low"] == -math.inf, "exports may come near all that there is"
    assert out.loc["e", ["low", "high"]].isna().all()
    assert out["net_exporter"].astype(object).where(out["net_exporter"].notna(), None).tolist()[:3] == [
        False,
        True,
        False,
    ]
    with pytest.raises(DataError, match="production"):
        measures.net_import_reliance(balance.drop(columns="production"))


ends = st.tuples(st.floats(0, 100), st.floats(0, 20))


@given(ends, ends, ends, st.tuples(*[st.floats(0, 1)] * 3))
@settings(max_examples=100, deadline=None)
def test_bounds_of_reliance_hold_every_value_between(imports, exports, production, fractions):
    m, x, p = (
        low + fraction * width
        for (low, width), fraction in zip((imports, exports, production), fractions, strict=True)
    )
    exact = measures.net_import_reliance(pd.DataFrame({"imports": [m], "exports": [x], "production": [p]})).iloc[0]
    if p + m - x <= 1e-6:
        return
    assert exact["low"] == pytest.approx(100 * (m - x) / (p + m - x))
    # the same figures with bounds: imports withheld, production known to be more
    loose = pd.DataFrame({"imports": ["W"], "exports": [x], "production": [f">{production[0]}"]})
    got = measures.net_import_reliance(loose).iloc[0]
    assert got["low"] - 1e-6 <= exact["low"] <= got["high"] + 1e-6


@given(*[st.lists(st.integers(0, 50), min_size=2, max_size=2) for _ in range(3)])
@settings(max_examples=100, deadline=None)
def test_ends_of_reliance_are_those_of_a_grid(imports, exports, production):
    from corridor.measures.criticality import supply_risk as criticality

    def bounds(texts, **_):  # columns hold (low, high) pairs here: ranges of any width
        return pd.DataFrame([sorted(pair) for pair in texts], columns=["low", "high"], index=texts.index)

    frame = pd.DataFrame({"imports": [imports], "exports": [exports], "production": [production]})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(criticality, "parse_bounds", bounds)
        got = measures.net_import_reliance(frame).iloc[0]
    grid = [np.linspace(*sorted(pair), 5) for pair in (imports, exports, production)]
    m, x, p = (axis.ravel() for axis in np.meshgrid(*grid))
    used = p + m - x
    value = 100 * (m - x)[used > 1e-9] / used[used > 1e-9]
    if len(value):
        assert got["low"] <= value.min() + 1e-6
        assert got["high"] == pytest.approx(value.max(), rel=1e-6, abs=1e-6)
        if (used > 1e-3).all():
            assert got["low"] == pytest.approx(value.min(), rel=1e-6, abs=1e-6)


@pytest.mark.skipif(not RELIANCE.exists(), reason="the published table is not at hand")
def test_published_net_import_reliance():
    raw = pd.read_csv(RELIANCE, dtype=str).set_index("Commodity")
    ends = measures.parse_bounds(raw["Net_Import_Reliance_pct_2024"])
    assert len(ends) == 64
    assert (ends["low"] <= ends["high"]).all()
    assert (ends["low"] == 100).sum() == 15
    bounded = raw["Net_Import_Reliance_pct_2024"].str[0].isin(["<", ">"])
    assert ((ends["low"] < ends["high"]) == bounded).all()
    assert ends.loc["TITANIUM, sponge metal"].tolist() == [95, 100]


# --- supply risk and economic importance


def test_governance_becomes_risk():
    assert measures.governance_risk(pd.Series([-2.5, 0.0, 2.5, -0.25])).tolist() == pytest.approx([10, 5, 0, 5.5])


def test_supply_risk_by_hand():
    world = flows({"CHN": 60.0, "CHL": 30.0, "ROW": 10.0})
    risk = pd.Series({"CHN": 5.0, "CHL": 3.0})
    weighted = one(measures.weighted_hhi(world, risk, trade=pd.Series({"CHN": 1.2, "CHL": 0.8})))
    assert weighted["value"] == pytest.approx(0.36 * 5 * 1.2 + 0.09 * 3 * 0.8)
    assert weighted["unrated"] == pytest.approx(0.1)
    by_pair = pd.Series([1.5], index=pd.MultiIndex.from_tuples([("p", "CHN")], names=["product", "origin"]))
    assert one(measures.weighted_hhi(world, risk, trade=by_pair))["value"] == pytest.approx(0.36 * 5 * 1.5 + 0.27)
    stages = pd.DataFrame(
        {
            "global_risk": [4.0, 4.0, math.nan, 4.0, math.nan],
            "sourcing_risk": [2.0, math.nan, 2.0, 2.0, math.nan],
            "import_reliance": [0.5, 0.5, 0.5, math.nan, 1.0],
            "recycling": [0.2, 0.0, 0.0, 0.0, 0.0],
            "substitution": [0.9, 1.0, 1.0, 1.0, 1.0],
        }
    )
    out = measures.supply_risk(stages)
    assert out["supply_risk"].tolist()[:4] == pytest.approx([(4 * 0.25 + 2 * 0.75) * 0.8 * 0.9, 4.0, 2.0, 4.0])
    assert out["basis"].tolist()[:4] == ["GS+EU", "GS only", "EU only", "GS only"]
    assert out.loc[4, ["supply_risk", "basis"]].isna().all()


def test_import_reliance_stays_a_fraction():
    m, x, p = pd.Series([8.0, 1.0, 1.0]), pd.Series([2.0, 5.0, 2.0]), pd.Series([4.0, 10.0, 0.5])
    got = measures.import_reliance(m, x, p)
    assert got.tolist()[:2] == pytest.approx([0.6, 0.0])
    assert pd.isna(got[2]), "nothing is used"


def test_economic_importance_by_hand():
    uses = pd.DataFrame(
        {
            "product": ["a", "a", "b"],
            "sector": ["C25", "C26", "C26"],
            "share": [0.25, 0.75, 1.0],
            "value_added": [50.0, 100.0, 100.0],
        }
    )
    out = measures.economic_importance(uses, substitution=pd.Series({"a": 0.9})).set_index("product")
    assert out["economic_importance"].to_dict() == pytest.approx({"a": (0.25 * 5 + 0.75 * 10) * 0.9, "b": 10.0})


def test_substitution_by_hand():
    rows = [
        # a half of the use, of which 40 % could be replaced, and the other half, which cannot
        ("a", 0.5, 0.4, 0.8, 0.5, 0.8, 1.0),
        ("a", 0.5, 0.6, 1.0, 1.0, 1.0, 1.0),
        ("a", 0.5, 1.0, 1.0, 1.0, 1.0, 1.0),
    ]
    names = ["product", "share", "sub_share", "cost_performance", "production", "criticality", "co_production"]
    row = one(measures.substitution_indices(pd.DataFrame(rows, columns=names)))
    assert row["si_ei"] == pytest.approx(0.2 * 0.8 + 0.8)
    assert row["si_sr"] == pytest.approx(0.2 * 0.4 ** (1 / 3) + 0.8)


# rows of single elements that the list takes together as HREE, LREE and PGM
GROUPED = """
Dysprosium; Erbium; Europium; Gadolinium; Holmium; Lutetium; Terbium; Thulium; Ytterbium; Yttrium;
Cerium; Lanthanum; Neodymium; Praseodymium; Samarium; Iridium; Palladium; Platinum; Rhodium;
Ruthenium
"""
LIST_2023 = """
Aluminium; Antimony; Arsenic; Baryte; Beryllium; Bismuth; Boron; Cobalt; Coking coal; Feldspar;
Fluorspar; Gallium; Germanium; Hafnium; Helium; HREE; Lithium; LREE; Magnesium; Manganese; Natural
graphite; Niobium; PGM; Phosphate rock; Phosphorus; Scandium; Silicon metal; Strontium; Tantalum;
Titanium metal; Tungsten; Vanadium
"""


def names_in(text: str) -> set[str]:
    return {" ".join(name.split()) for name in text.split(";")}


@pytest.mark.skipif(not EU_LIST.exists(), reason="the published table is not at hand")
def test_the_eu_list_of_2023():
    raw = pd.read_csv(EU_LIST)
    raw = raw[~raw["material_name"].isin(names_in(GROUPED))].set_index("material_name")
    assert len(raw) == 70
    got = raw.index[measures.critical(raw["supply_risk"], raw["economic_importance"])]
    # the official 34 less copper and nickel, which are there as strategic materials
    assert set(got) == names_in(LIST_2023)
    assert len(got) == 32


def test_risk_of_our_minerals_is_near_the_published_one(bundled):
    out = measures.mineral_risk(bundled, "IND").set_index("component")
    assert out["supply_risk"].between(0, 10).all()
    assert out["supply_risk"].is_monotonic_decreasing
    # EU 2023, extraction, world supply only, EoL_RIR 0, SI_SR 0.96: 4.4 (Brazil's share and governance moved)
    assert out.loc["niobium-ore", "global_risk"] * 0.96 == pytest.approx(4.4, rel=0.1)
    assert (
        out.loc["gallium", "supply_risk"]
        > out.loc["cobalt-ore", "supply_risk"]
        > out.loc["bauxite", "supply_risk"]
    )
    # what India makes itself is no foreign risk to it
    assert out.loc["bauxite", "sourcing_risk"] < 0.1
    assert (out["unrated"] <= 1).all()


@pytest.mark.skipif(not EU_LIST.exists(), reason="the published table is not at hand")
def test_supply_risk_by_the_eus_recycling_and_substitution(bundled):
    """Where the EU takes world supply alone, our shares with its own factors come near its figure.

    Not equal: it has supply of 2016-20 and trade parameters, we have 2024-25 and none.
    """
    ours = {
        "Niobium": "niobium-ore",
        "Beryllium": "beryllium-ore",
        "Cobalt": "cobalt-ore",
        "Vanadium": "vanadium-slag",
        "Dysprosium": "dysprosium-oxide",
        "Terbium": "terbium-oxide",
        "Gadolinium": "gadolinium-oxide",
        "Yttrium": "yttrium-oxide",
    }
    published = pd.read_csv(EU_LIST).set_index("material_name").loc[list(ours)]
    world = measures.mineral_risk(bundled, "USA").set_index("component")["global_risk"]
    stages = pd.DataFrame(
        {
            "global_risk": world.loc[list(ours.values())].to_numpy(),
            "sourcing_risk": math.nan,
            "import_reliance": 1.0,
            "recycling": published["end_of_life"].to_numpy() / 100,
            "substitution": published["si_sr"].to_numpy(),
        },
        index=published.index,
    )
    got = measures.supply_risk(stages)
    assert (got["basis"] == "GS only").all()
    apart = got["supply_risk"] / published["supply_risk"].astype(float)
    assert apart.between(0.65, 1.35).all(), apart
    assert apart.median() == pytest.approx(1, abs=0.15)


def test_mineral_risk_by_hand():
    case = {
        **CASE,
        "components": {"magnet": {"stage": "refined"}},
        "codes": [],
        "countries": [
            {"iso3": code, "name": code, "lon": 0, "lat": 0, "region": "x", "governance": index}
            for code, index in {"CHN": -0.5, "HKG": 1.5, "JPN": 1.5, "IND": 0.0}.items()
        ],
    }
    row = one(measures.mineral_risk(tables(**case), "IND"))
    world, own = 0.81 * 6 + 0.01 * 2, 0.36 * 6 + 0.04 * 2
    assert row["global_risk"] == pytest.approx(world)
    assert row["sourcing_risk"] == pytest.approx(own)
    assert row["supply_risk"] == pytest.approx(world * 0.4 + own * 0.6)
    assert (row["basis"], row["import_reliance"]) == ("GS+EU", pytest.approx(0.8))
