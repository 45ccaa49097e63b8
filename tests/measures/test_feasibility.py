"""Relatedness: a product space solved by hand, the numbers of py-ecomplexity, and our own table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from corridor import measures
from corridor.data.tables import load_tables
from corridor.errors import ConfigError, DataError
from tests.hand import tables

REFERENCE = Path(__file__).parent / "complexity_reference.csv"

#          p  q  r  s
PRESENT = np.array(
    [
        [1, 1, 0, 0],
        [1, 1, 1, 0],
        [1, 0, 0, 0],
        [0, 0, 1, 0],
    ],
    dtype=float,
)


def exports(rows: dict[str, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(country, good, value) for country, sold in rows.items() for good, value in sold.items()],
        columns=["country", "product", "value"],
    )


def test_advantage_by_hand():
    got = measures.revealed_advantage(exports({"A": {"p": 8.0, "q": 2.0}, "B": {"q": 10.0}}))
    assert got.loc["A"].tolist() == pytest.approx([0.8 / 0.4, 0.2 / 0.6])
    assert got.loc["B"].tolist() == pytest.approx([0.0, 1.0 / 0.6])


def test_advantage_of_some_goods_against_all():
    whole = exports({"A": {"p": 8.0, "x": 12.0}, "B": {"q": 10.0, "x": 70.0}, "C": {"x": 100.0}})
    totals = whole.groupby("country", as_index=False)["value"].sum()
    some = whole[whole["product"] != "x"]
    got = measures.revealed_advantage(some, totals=totals)
    full = measures.revealed_advantage(whole)
    pd.testing.assert_frame_equal(got, full.loc[got.index, got.columns])


def test_proximity_and_density_by_hand():
    near = measures.proximity(PRESENT)
    assert near[0, 1] == pytest.approx(2 / 3), "of three that sell p two sell q"
    assert near[0, 2] == pytest.approx(1 / 3)
    assert near[1, 2] == pytest.approx(1 / 2)
    assert np.diag(near).tolist() == [1, 1, 1, 0]
    assert (near == near.T).all()
    d = measures.density(PRESENT)
    around = 1 + 2 / 3 + 1 / 3
    assert d[:, 0] == pytest.approx([(1 + 2 / 3) / around, 1.0, 1 / around, (1 / 3) / around])
    assert np.isnan(d[:, 3]).all(), "nobody sells s"


def test_wanted_columns_are_those_of_the_full_matrix():
    columns = np.array([2, 0])
    assert (measures.proximity(PRESENT, columns) == measures.proximity(PRESENT)[:, columns]).all()
    assert (measures.density(PRESENT, columns) == measures.density(PRESENT)[:, columns]).all()


def test_held_out_density_ignores_what_the_country_itself_says():
    got = measures.density_held_out(PRESENT, 1)
    # of the others: p in A and C, q in A, r in D: phi(p, q) = 1/2, all else 0; B sells p, q, r
    assert got[:2] == pytest.approx([1.0, 1.0])
    assert np.isnan(got[2:]).all()
    other = PRESENT.copy()
    other[1, 1] = 0  # q is no neighbour of itself; as a neighbour of p it counts
    assert measures.density_held_out(other, 1)[1] == got[1]
    assert measures.density_held_out(other, 1)[0] == 0


def test_against_py_ecomplexity():
    reference = pd.read_csv(REFERENCE, comment="#")
    advantage = measures.revealed_advantage(reference[["country", "product", "value"]])
    wide = {name: reference.pivot(index="country", columns="product", values=name) for name in ("rca", "density")}
    assert advantage.shape == (20, 30)
    pd.testing.assert_frame_equal(advantage, wide["rca"], rtol=1e-9, atol=1e-9)
    present = (advantage.to_numpy() >= 1).astype(float)
    np.testing.assert_allclose(measures.density(present), wide["density"].to_numpy(), rtol=0, atol=1e-9)
    eci, pci = measures.complexity(present)
    np.testing.assert_allclose(eci, reference.groupby("country")["eci"].first(), rtol=0, atol=1e-9)
    np.testing.assert_allclose(pci, reference.groupby("product")["pci"].first(), rtol=0, atol=1e-9)


def test_order_of_countries_and_goods_does_not_matter():
    rng = np.random.default_rng(5)
    present = (rng.random((9, 12)) < 0.4).astype(float)
    rows, columns = rng.permutation(9), rng.permutation(12)
    shuffled = present[np.ix_(rows, columns)]
    np.testing.assert_allclose(measures.density(shuffled), measures.density(present)[np.ix_(rows, columns)])
    for got, want in zip(measures.complexity(shuffled), measures.complexity(present), strict=True):
        np.testing.assert_allclose(got, want[rows if len(want) == 9 else columns], atol=1e-9)


def test_complexity_leaves_blank_what_exports_nothing():
    eci, pci = measures.complexity(PRESENT)
    assert np.isfinite(eci).all()
    assert np.isnan(pci).tolist() == [False, False, False, True]
    assert np.isnan(measures.complexity(np.ones((1, 3)))[0]).all()
    assert np.isnan(measures.complexity(np.array([[1.0, 1.0], [1.0, 1.0]]))[0]).all(), "all export alike"


def test_bad_exports_are_named():
    with pytest.raises(DataError, match="product"):
        measures.revealed_advantage(pd.DataFrame({"country": ["A"], "value": [1.0]}))
    with pytest.raises(DataError, match="-3"):
        measures.revealed_advantage(exports({"A": {"p": -3.0}}))


SOLD = {
    "IND": {"294110": 8.0, "850760": 0.5, "TOTAL": 20.0},
    "CHN": {"294110": 2.0, "850760": 60.0, "850511": 8.0, "TOTAL": 100.0},
    "JPN": {"850511": 4.0, "850760": 6.0, "TOTAL": 80.0},
}


def case(sold):
    return tables(
        components={"penicillin": {}, "cell": {}, "powertrain": {}, "ore": {}},
        codes=[
            {"component": component, "nomenclature": "HS6", "code": code, "match": match}
            for component, code, match in [
                ("penicillin", "294110", "exact"),
                ("cell", "850760", "exact"),
                ("powertrain", "850760", "group"),
                ("powertrain", "850511", "group"),
            ]
        ],
        trade=[
            {"importer": "USA", "exporter": exporter, "nomenclature": "HS6", "code": code, "value_usd_m": value}
            for exporter, parts in sold.items()
            for code, value in parts.items()
        ],
    )


def test_components_by_hand():
    out = measures.feasibility(case(SOLD)).set_index("component")
    assert out.loc["penicillin", "rca"] == pytest.approx((8 / 20) / (10 / 200))
    assert out.loc["cell", "rca"] == pytest.approx((0.5 / 20) / (66.5 / 200))
    # a component of two codes has the advantage in both together
    assert out.loc["powertrain", "rca"] == pytest.approx((0.5 / 20) / (78.5 / 200))
    assert out.loc["powertrain", ["codes", "status", "seen_by"]].tolist() == [2, "inherited", "USA"]
    assert out.loc["cell", "status"] == "computed"
    assert out.loc["penicillin", "present"]
    assert not out.loc["cell", "present"]
    assert pd.isna(out.loc["ore", "density"])
    assert out.loc["ore", "codes"] == 0
    # India sells penicillin alone, and nobody else sells it beside another good
    assert out.loc["penicillin", "density"] == 1
    assert out.loc["cell", "density"] == 0
    assert out.loc["cell", "rank"] == 2, "behind China, beside Japan"


def test_without_totals_the_codes_are_the_total():
    sold = {
        country: {code: value for code, value in parts.items() if code != "TOTAL"}
        for country, parts in SOLD.items()
    }
    out = measures.feasibility(case(sold)).set_index("component")
    assert out.loc["penicillin", "rca"] == pytest.approx((8 / 8.5) / (10 / 88.5))


def test_a_country_that_sells_nothing_is_named():
    with pytest.raises(ConfigError, match="'AUS' exports nothing.*CHN"):
        measures.feasibility(case(SOLD), "AUS")
    with pytest.raises(ConfigError, match="no rows of HS6"):
        measures.feasibility(case({}))


def test_bundled_data():
    bundled = load_tables()
    out = measures.feasibility(bundled)
    assert out["component"].is_unique
    assert len(out) == len(bundled.components)
    assert out["density"].dropna().between(0, 1).all()
    by_sector = out.assign(
        sector=out["component"].map(bundled.components.set_index("id")["sector"]),
        shown=out["present"].astype(float),
    ).groupby("sector")
    # India sells medicines to the United States and hardly any batteries, and its basket says so
    assert by_sector["density_held_out"].mean()["pharma"] > by_sector["density_held_out"].mean()["battery"]
    assert by_sector["shown"].mean()["pharma"] > by_sector["shown"].mean()["battery"]


def test_held_out_density_predicts_little():
    """The claim of the docstring: area under the curve about 0.67 over the codes of our components."""
    from corridor.measures.criticality.feasibility import baskets

    rows, totals = baskets(load_tables())
    advantage = measures.revealed_advantage(rows, totals=totals)
    present = (advantage.to_numpy() >= 1).astype(float)
    own = list(advantage.index).index("IND")
    score, sold = measures.density_held_out(present, own), present[own] == 1
    known = ~np.isnan(score)
    rank = pd.Series(score[known]).rank().to_numpy()
    yes = sold[known]
    area = (rank[yes].sum() - yes.sum() * (yes.sum() + 1) / 2) / (yes.sum() * (~yes).sum())
    assert 0.6 < area < 0.75
