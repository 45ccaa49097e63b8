"""Look-through exposure on a textbook table, by hand, and against the dense inverse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.errors import ConfigError, DataError
from corridor.measures import extraction, look_through, sales_exposure

# Miller & Blair (2009), table 2.3: flows and output of two sectors; here each is a country of its own.
BOOK = pd.DataFrame({"seller": [1, 1, 2, 2], "buyer": [1, 2, 1, 2], "value": [150.0, 500, 200, 100]})
BOOK_OUTPUT = pd.DataFrame({"node": [1, 2], "country": ["A", "B"], "value": [1000.0, 2000]})
# Their Leontief inverse (2.13) to four places.
BOOK_INVERSE = np.array([[1.2541, 0.3300], [0.2640, 1.1221]])


def test_textbook_table():
    found = look_through(BOOK, BOOK_OUTPUT).set_index(["node", "origin"])
    inverse = BOOK_INVERSE
    for buyer, column in ((1, 0), (2, 1)):
        tiers = inverse[:, column] - np.eye(2)[:, column]
        for origin, row in (("A", 0), ("B", 1)):
            line = found.loc[(buyer, origin)]
            assert line["fpem"] == pytest.approx(inverse[row, column] / inverse[:, column].sum(), abs=1e-4)
            assert line["look_through"] == pytest.approx(tiers[row] / tiers.sum(), abs=3e-4)
    assert found["face_value"].tolist() == pytest.approx([150 / 350, 200 / 350, 500 / 600, 100 / 600])
    # Multipliers of the book are 1.518 and 1.452: what vanishes with a sector is x / L_jj times them.
    lost = extraction(BOOK, BOOK_OUTPUT, [1, 2])
    assert lost["total_loss"].tolist() == pytest.approx([1000 / 1.2541 * 1.518, 2000 / 1.1221 * 1.452], rel=1e-3)
    assert lost["own_output"].tolist() == [1000, 2000]


def test_hidden_exposure_of_a_chain_by_hand():
    # China sells parts to Mexico, Mexico sells modules to the USA, which buys as much from itself.
    flows = pd.DataFrame(
        {"seller": ["CN", "MX", "US1"], "buyer": ["MX", "US2", "US2"], "value": [60.0, 50.0, 50.0]}
    )
    output = pd.DataFrame(
        {
            "node": ["CN", "MX", "US1", "US2"],
            "country": ["CHN", "MEX", "USA", "USA"],
            "value": [100, 100, 100, 200],
        }
    )
    found = look_through(flows, output, origin="CHN").set_index("node")
    assert found.loc["US2", "face_value"] == 0
    # Inputs of US2 per US$: Mexico 0.25, itself 0.25, China 0.25 * 0.6 through Mexico.
    assert found.loc["US2", "look_through"] == pytest.approx(0.15 / 0.65)
    assert found.loc["US2", "hidden"] == pytest.approx(0.15 / 0.65)
    assert found.loc["US2", "fpem"] == pytest.approx(0.15 / 1.65)
    assert found.loc["CN", ["face_value", "look_through"]].tolist() == [0, 0]
    sold = sales_exposure(flows, output, destination=["USA"]).set_index("node")
    # China sells 0.6 to Mexico, which sells half on to the USA.
    assert sold.loc["CN", "face_value"] == 0
    assert sold.loc["CN", "look_through"] == pytest.approx(0.3 / 0.9)


def world(rng, nodes, countries):
    """Random flows with cycles, nodes without purchases, output above purchases."""
    value = rng.lognormal(0, 1, (nodes, nodes)) * (rng.random((nodes, nodes)) < rng.uniform(0.1, 0.8))
    made = np.maximum(value.sum(axis=0), value.sum(axis=1)) * rng.uniform(1.05, 2, nodes) + 0.1
    seller, buyer = np.nonzero(value)
    flows = pd.DataFrame({"seller": seller, "buyer": buyer, "value": value[seller, buyer]})
    labels = np.array([f"C{number}" for number in rng.integers(0, countries, nodes)], object)
    return value, made, flows, pd.DataFrame({"node": np.arange(nodes), "country": labels, "value": made})


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_against_the_dense_inverse(seed, nodes, countries):
    value, made, flows, output = world(np.random.default_rng(seed), nodes, countries)
    of = output["country"].to_numpy()
    for function, rows, suite in (
        (look_through, value / made, "fpem"),
        (sales_exposure, (value / made[:, None]).T, "fpex"),
    ):
        found = function(flows, output)
        inverse = np.linalg.inv(np.eye(nodes) - rows)
        for row, line in enumerate(found.itertuples()):
            node, origin = line.node, found.iloc[row].iloc[2]
            from_origin = of == origin
            tiers = (inverse - np.eye(nodes))[:, node]
            share = tiers[from_origin].sum() / tiers.sum() if rows[:, node].any() else 0.0
            face = rows[from_origin, node].sum() / rows[:, node].sum() if rows[:, node].any() else 0.0
            both = inverse[from_origin, node].sum() / inverse[:, node].sum()
            shown = (np.eye(nodes) + rows)[from_origin, node].sum() / inverse[:, node].sum()
            assert line.look_through == pytest.approx(share, abs=1e-8)
            assert line.face_value == pytest.approx(face, abs=1e-12)
            assert line.hidden == pytest.approx(share - face, abs=1e-8)
            assert getattr(line, suite) == pytest.approx(both, abs=1e-8)
            assert getattr(line, f"{suite}_face_value") == pytest.approx(shown, abs=1e-8)
            assert getattr(line, f"{suite}_hidden") == pytest.approx(both - shown, abs=1e-8)
        assert found.groupby("node")[suite].sum().to_numpy() == pytest.approx(1.0)
    # The identity of full extraction, and the removal of a whole country written out.
    inverse = np.linalg.inv(np.eye(nodes) - value / made)
    single = extraction(flows, output, list(range(nodes)))
    expected = made / np.diag(inverse) * inverse.sum(axis=0)
    assert single["total_loss"].to_numpy() == pytest.approx(expected, rel=1e-8)
    country = of[0]
    stays = np.flatnonzero(of != country)
    final = made - value.sum(axis=1)
    left = np.linalg.solve(np.eye(len(stays)) - (value / made)[np.ix_(stays, stays)], final[stays])
    whole = extraction(flows, output, {"leaves": list(np.flatnonzero(of == country))})
    assert whole["total_loss"].item() == pytest.approx(made.sum() - left.sum(), rel=1e-8)
    assert whole["loss_share"].item() == pytest.approx(1 - left.sum() / made.sum(), rel=1e-8)


def test_many_origins_one_origin_and_groups_agree():
    _, _, flows, output = world(np.random.default_rng(3), 200, 40)
    every = look_through(flows, output)
    one = look_through(flows, output, origin="C7").set_index("node")
    columns = ["face_value", "look_through", "hidden", "fpem", "fpem_face_value", "fpem_hidden"]
    mine = every[every["origin"] == "C7"].set_index("node")
    np.testing.assert_allclose(mine[columns], one[columns], atol=1e-9)
    pair = look_through(flows, output, origin="both", group={"C7": "both", "C8": "both"}).set_index("node")
    other = every[every["origin"] == "C8"].set_index("node")
    np.testing.assert_allclose(mine[columns] + other[columns], pair[columns], atol=1e-9)


def test_country_and_sector_labels():
    labelled = BOOK.assign(
        seller_country=BOOK["seller"].map({1: "A", 2: "B"}),
        seller_sector="all",
        buyer_country=BOOK["buyer"].map({1: "A", 2: "B"}),
        buyer_sector="all",
    ).drop(columns=["seller", "buyer"])
    output = BOOK_OUTPUT.drop(columns="node").assign(sector="all")
    found, plain = look_through(labelled, output), look_through(BOOK, BOOK_OUTPUT)
    assert list(found.columns[:3]) == ["country", "sector", "origin"]
    assert found["look_through"].tolist() == plain["look_through"].tolist()
    assert extraction(labelled, output, [("A", "all")])["own_output"].tolist() == [1000]


def test_inputs_above_output_are_named():
    with pytest.raises(DataError, match="output, row 1 A, column value: found 300, purchases 350"):
        look_through(BOOK, BOOK_OUTPUT.assign(value=[300.0, 300.0]))
    ring = pd.DataFrame({"seller": [1, 2], "buyer": [2, 1], "value": [1.0, 1.0]})
    with pytest.raises(DataError, match="cycles of flows that add almost no value"):
        look_through(ring, BOOK_OUTPUT.assign(value=1 + 1e-9))
    with pytest.raises(DataError, match="output, row 1 A, column value: found 0; wanted above 0: there are flows"):
        look_through(BOOK, BOOK_OUTPUT.assign(value=[0.0, 2000.0]))


def test_faults_are_listed_at_once():
    flows = BOOK.assign(seller=[1, 9, 2, 2], value=[1.0, 1, -1, np.nan])
    with pytest.raises(DataError) as caught:
        look_through(flows, BOOK_OUTPUT.assign(country=["A", None]))
    assert [(problem.table, problem.row, problem.column) for problem in caught.value.faults] == [
        ("flows", "2", "seller"),
        ("flows", "3", "value"),
        ("flows", "4", "value"),
        ("output", "2", "country"),
    ]
    with pytest.raises(DataError, match="no such column; wanted seller, buyer, value"):
        look_through(BOOK.drop(columns="seller"), BOOK_OUTPUT)
    with pytest.raises(DataError, match="the node twice"):
        look_through(BOOK, pd.concat([BOOK_OUTPUT] * 2))
    with pytest.raises(ConfigError, match="origin Z is the country of no node; countries of nodes: A, B"):
        look_through(BOOK, BOOK_OUTPUT, origin="Z")
    with pytest.raises(ConfigError, match="no such node in the table output: 7"):
        extraction(BOOK, BOOK_OUTPUT, [7])
