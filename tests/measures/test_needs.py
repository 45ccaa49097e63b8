"""Final needs counted once: an example by hand, and on random chains what no rule of accounts may break."""

import numpy as np
import pandas as pd
import pytest

from corridor.measures import bill, exposure, headline
from corridor.measures.sampling.drawn_needs import DrawnNeeds
from corridor.measures.sampling.figures import Figures
from corridor.measures.supply.needs import accounts, final_needs
from corridor.relocation import build_problem
from tests.hand import frame, study, tables


def example(**consumed):
    """Ore -> part (0.25 of its value) -> good (0.4); India ships 20 goods to the US and 20 elsewhere."""
    return tables(
        components={"ore": {}, "part": {}, "good": {}},
        recipes=[("part", "ore", 0.25), ("good", "part", 0.4)],
        world={name: {"CHN": 1.0} for name in ("ore", "part", "good")},
        sourcing={
            "IND": {"ore": {"IND": 0.0}, "part": {"IND": 0.2}, "good": {"IND": 0.5}},
            "USA": {"ore": {"USA": 0.0}, "part": {"USA": 0.5}, "good": {"USA": 0.25, "IND": 0.1, "CHN": 0.65}},
        },
        consumption={
            "IND": {"ore": 10, "part": 60, "good": 100},
            "USA": {"ore": 0, "part": 90, "good": 200} | consumed,
        },
        exports=[{"market": "REX", "component": "good", "value_usd_m": 20}],
    )


def of(case, market, column):
    """A column of the final needs in the order ore, part, good."""
    rows = final_needs(case, market).set_index("component")[f"{column}_usd_m"]
    return rows.reindex(["ore", "part", "good"], fill_value=0.0).tolist()


def test_by_hand():
    # India makes 50 goods for itself, 40 for others: 36 of its 60 parts are in them, 3 of 10 ore in its parts.
    case = example()
    assert of(case, "IND", "made") == pytest.approx([0, 12, 90])
    assert of(case, "IND", "final") == pytest.approx([7, 24, 100])
    # The US makes 50 goods with 20 parts, and 45 parts with 11.25 ore, which its record does not show.
    assert of(case, "USA", "final") == pytest.approx([0, 70, 200])
    assert of(case, "USA", "need") == pytest.approx([11.25, 90, 200])


def test_net_exposure_by_hand():
    case = example()
    found = headline(case, exposure(case, ["IND", "USA"])).set_index("market")
    # Of ore and parts bought in China all counts; India's parts hold a quarter of ore from there, ...
    part = {"IND": 0.8 + 0.2 * 0.25, "USA": 0.5 + 0.5 * 0.25}
    india = 0.5 + 0.5 * 0.4 * part["IND"]
    states = 0.65 + 0.1 * 0.4 * part["IND"] + 0.25 * 0.4 * part["USA"]
    assert found.loc["IND", "net"] == pytest.approx((7 * 1.0 + 24 * part["IND"] + 100 * india) / 131)
    assert found.loc["USA", "net"] == pytest.approx((70 * part["USA"] + 200 * states) / 270)
    assert found["net"].round(4).tolist() == [0.7206, 0.715]
    assert found["need_usd_m"].tolist() == pytest.approx([131, 270])


def test_use_beyond_the_record_is_listed():
    case = example(ore=5.0, part=15.0)
    rows = final_needs(case, "USA").set_index("component")
    assert rows.loc["part", ["use_usd_m", "need_usd_m", "final_usd_m", "overshoot_usd_m"]].tolist() == [
        20,
        20,
        0,
        5,
    ]
    # 20 parts are needed, 10 made there: 2.5 ore of 5.
    assert rows.loc["ore", ["use_usd_m", "final_usd_m", "overshoot_usd_m"]].tolist() == [2.5, 2.5, 0]


def test_only_the_unlisted_share_of_a_part_is_final():
    case = example()
    part = (case.demand["market"] == "USA") & (case.demand["component"] == "part")
    case = case.replace(demand=case.demand.assign(unlisted=np.where(part, 0.1, 1.0)))
    rows = final_needs(case, "USA").set_index("component")
    assert rows.loc["part", ["final_usd_m", "not_found_usd_m", "need_usd_m"]].tolist() == [9, 61, 90]


def test_a_value_of_unlisted_users_only_comes_on_top():
    case = example()
    part = (case.demand["market"] == "IND") & (case.demand["component"] == "part")
    case = case.replace(demand=case.demand.assign(covers=np.where(part, "unlisted", "all")))
    rows = final_needs(case, "IND").set_index("component")
    assert rows.loc["part", ["consumption_usd_m", "use_usd_m", "final_usd_m"]].tolist() == [96, 36, 60]


def test_recorded_sales_to_a_market_replace_its_share():
    case = example()
    sold = frame("exports", [{"market": "USA", "component": "good", "value_usd_m": 5.0, "growth": 0.1}])
    case = case.replace(exports=pd.concat([case.exports, sold], ignore_index=True))
    assert of(case, "IND", "made")[-1] == pytest.approx(75)
    grown = accounts(case, [2024, 2026], base_year=2024)["IND"].made[-1]
    assert grown.tolist() == pytest.approx([75, 70 + 5 * 1.21])


def test_the_problem_knows_what_india_makes_and_sells():
    problem = build_problem(example(), study(markets={"IND": 1.0, "USA": 0.5}))
    assert problem.existing[0].tolist() == pytest.approx([0, 12, 90])
    assert problem.sent[0].tolist() == pytest.approx([0, 0, 40])
    assert problem.shipped["USA"][0].tolist() == pytest.approx([0, 0, 20])
    assert problem.imports[0].tolist() == pytest.approx([10, 48, 50])
    assert problem.demand["IND"][0].tolist() == pytest.approx([7, 24, 100])


def random_case(seed):
    """Twelve components in a random chain, with consumption stated at random."""
    rng = np.random.default_rng(seed)
    names = [f"c{number:02d}" for number in range(12)]
    recipes = [
        (names[output], names[inside], float(rng.uniform(0.02, 0.9 / 12)))
        for output in range(1, 12)
        for inside in range(output)
        if rng.random() < 0.5
    ]
    stated = {name: float(rng.uniform(1, 100)) for name in names if rng.random() < 0.7}
    share = {name: {"IND": float(rng.uniform(0, 1))} for name in names}
    sold = [{"market": "REX", "component": name, "value_usd_m": float(rng.uniform(0, 20))} for name in names[6:]]
    return tables(
        components={name: {} for name in names},
        recipes=recipes,
        world={name: {"CHN": 1.0} for name in names},
        sourcing={"IND": share},
        consumption={"IND": stated},
        exports=sold,
    )


@pytest.mark.parametrize("seed", range(5))
def test_no_dollar_inside_a_product_is_anybodys_final_need(seed):
    case = random_case(seed)
    rows = final_needs(case, "IND").set_index("component")
    made = rows["made_usd_m"]
    for line in bill(case).groupby("input"):
        name, users = line
        inside = sum(row.value_share * row.route_share * made.get(row.output, 0.0) for row in users.itertuples())
        row = rows.loc[name] if name in rows.index else None
        if row is None:
            assert inside == 0
            continue
        assert row["final_usd_m"] + inside <= row["need_usd_m"] + 1e-9
        # What is needed beyond use and final need was stated and not found; use beyond the record was not stated.
        assert row["need_usd_m"] == pytest.approx(max(row["consumption_usd_m"], inside))


@pytest.mark.parametrize("seed", range(3))
def test_draws_at_the_stated_figures_are_the_accounts(seed):
    case = random_case(seed)
    figures = Figures.of(case, ["components", "recipes", "supply", "sourcing", "demand", "exports"])
    needs = DrawnNeeds.of(case, figures, [["CHN"]], ["IND"])
    values = np.repeat(figures.value[:, None], 2, axis=1)
    found = needs.accounts(needs.network.draws_at(values), values, np.array([0.0, 0.0]))["IND"]
    wanted = accounts(case)["IND"]
    for name in ("use", "need", "made", "final"):
        assert getattr(found, name)[:, 1] == pytest.approx(getattr(wanted, name)[:, 0], abs=1e-9)
