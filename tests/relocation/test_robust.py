"""The worst sets of cuts by hand and against every set; what information is worth, by hand and in order."""

import itertools

import numpy as np
import pytest

from corridor.errors import ConfigError
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.relocation import build_problem, optimize
from corridor.relocation.analysis import robust
from corridor.relocation.analysis.information import value_of_information
from corridor.relocation.analysis.robust import worst
from corridor.relocation.result.decision import link_values, nothing
from corridor.relocation.result.value import Recourse
from tests.hand import stop, study, tables

CASE = {
    "components": {"magnet": {}, "motor": {}, "cell": {"sector": "battery"}},
    "recipes": [("motor", "magnet", 0.3)],
    "world": {"magnet": {"CHN": 0.5, "JPN": 0.5}, "motor": {"CHN": 1.0}, "cell": {"KOR": 1.0}},
    "sourcing": {
        "IND": {
            "magnet": {"CHN": 0.5, "JPN": 0.5},
            "motor": {"CHN": 0.8, "DEU": 0.2},
            "cell": {"CHN": 0.1, "KOR": 0.6, "IND": 0.3},
        }
    },
    "demand": {"IND": {"motor": 100.0, "cell": 50.0}},
    "sites": [{"id": "dahej"}],
    "technologies": [{"id": "motor-plant", "component": "motor", "capacity": 100, "capex_usd_m": 50}],
}


@pytest.fixture(scope="module")
def case():
    return tables(**CASE)


@pytest.fixture(scope="module")
def plan(case):
    """A motor plant, which runs on half of its magnets once China stops."""
    return optimize(case, study(), budget_usd_m=60)


def losses(table, column="loss_before_usd_m"):
    return dict(zip(table["set"], table[column], strict=True))


def test_single_exporters_by_hand(case):
    found = worst(case, study())
    # Motor makers in Germany and in China buy half of their magnets in China and half in Japan, as the world does.
    assert losses(found) == pytest.approx({"CHN": 80 + 0.5 * 20 + 5, "KOR": 30, "DEU": 20, "JPN": 0.5 * 100})
    assert found["set"].tolist() == ["CHN", "JPN", "KOR", "DEU"]
    assert found["exact"].all()
    assert found["sets"].tolist() == [4] * 4
    assert found[["loss_after_usd_m", "avoided_usd_m", "rank_after"]].isna().all(axis=None)


def test_before_and_after_a_plan_by_hand(case, plan):
    found = worst(case, study(), plan, k=2, top=2).set_index("set")
    # With the plant the magnets are what lacks: China and Japan stop it, China and Korea leave it half.
    assert found.loc["CHN + KOR", "loss_before_usd_m"] == pytest.approx(90 + 35)
    assert found.loc["CHN + DEU", "loss_before_usd_m"] == pytest.approx(100 + 5)
    assert found.loc["CHN + JPN", "loss_after_usd_m"] == pytest.approx(100 + 5)
    assert found.loc["CHN + KOR", "loss_after_usd_m"] == pytest.approx(40 + 35)
    assert found["avoided_usd_m"].tolist() == pytest.approx(
        (found["loss_before_usd_m"] - found["loss_after_usd_m"]).tolist()
    )
    assert found.index[0] == "CHN + JPN"
    # Before, China and Germany are as bad, and come first by name.
    assert found["rank_before"].dropna().to_dict() == {"CHN + KOR": 1, "CHN + DEU": 2}
    assert found["rank_after"].dropna().to_dict() == {"CHN + JPN": 1, "CHN + KOR": 2}


def test_nothing_cut_loses_nothing(case, plan):
    for of in ("exporters", "components"):
        found = worst(case, study(), plan, k=0, of=of)
        assert found["set"].tolist() == [""]
        assert found[["loss_before_usd_m", "loss_after_usd_m"]].to_numpy().tolist() == [[0.0, 0.0]]


def test_all_exporters_is_autarky(case, plan):
    found = worst(case, study(), plan, k=99)
    # India makes 0.3 of its cells and nothing else; the plant has no magnets.
    assert losses(found) == pytest.approx({"CHN + DEU + JPN + KOR": 100 + 35})
    assert found["loss_after_usd_m"].tolist() == pytest.approx([135])
    closed = study(target=["CHN", "DEU", "JPN", "KOR"])
    stopped = optimize(case, closed, budget_usd_m=1)
    assert stopped.summary["expected_loss_before_usd_m"] == pytest.approx(135)


def test_components_stages_and_sectors_are_withheld_by_the_target(case):
    of = {kind: losses(worst(case, study(), of=kind)) for kind in ("components", "stages", "sectors")}
    assert of["components"] == pytest.approx({"motor": 80, "magnet": 10, "cell": 5})
    assert of["sectors"] == pytest.approx({"minerals": 90, "battery": 5})
    assert of["stages"] == pytest.approx({"part": 95})
    narrow = worst(case, study(sectors=["battery"]), of="components")
    assert narrow["set"].tolist() == ["cell"]


def test_a_market_is_not_its_own_adversary(case):
    alone = worst(case, study(), k=1)["set"]
    sourcing = {**CASE["sourcing"], "DEU": {"motor": {"DEU": 1.0}}}
    both = worst(tables(**{**CASE, "sourcing": sourcing}), study(markets={"IND": 1.0, "DEU": 1.0}))["set"]
    assert set(alone) - set(both) == {"DEU"}


def test_shorter_windows_and_parts_of_deliveries(case):
    assert losses(worst(case, study(), months=6, of="components"))["motor"] == pytest.approx(40)
    assert losses(worst(case, study(), cut=0.5, of="components"))["motor"] == pytest.approx(40)
    early = worst(case, study(discount_rate=0.1), year=2026, of="components")
    late = worst(case, study(discount_rate=0.1), of="components")
    assert losses(early) == pytest.approx(losses(late))  # not discounted


def test_every_fault_is_told(case):
    with pytest.raises(ConfigError) as error:
        worst(case, study(), k=-1, of="ships", months=0, year=1999, cut=2.0, top=0)
    for name in ("k:", "of:", "months:", "year:", "cut:", "top:"):
        assert f"- {name}" in str(error.value)


@pytest.fixture(scope="module")
def made_up():
    """Five components, each made from the next, that nine exporters and India make in random shares."""
    rng = np.random.default_rng(3)
    names = [f"c{number}" for number in range(5)]
    makers = ["CHN", "JPN", "KOR", "DEU", "USA", "VNM", "MYS", "FRA", "ITA", "IND"]

    def shares():
        shares = rng.dirichlet(np.full(len(makers), 0.3)).round(3)
        return {**dict(zip(makers, shares, strict=True)), "CHN": shares[0] + 1 - shares.sum()}

    case = tables(
        components={name: {"loss_ratio": float(rng.uniform(1, 5))} for name in names},
        recipes=[(one, other, 0.3) for one, other in itertools.pairwise(names)],
        world={name: shares() for name in names},
        sourcing={"IND": {name: shares() for name in names}},
        demand={"IND": {name: float(rng.uniform(10, 100)) for name in names}},
        sites=[{"id": "dahej"}],
        technologies=[
            {"id": f"{name}-plant", "component": name, "capacity": 40, "capex_usd_m": 50} for name in names
        ],
    )
    settings = study(adaptation=0.1, spare=0.05)
    return case, settings, optimize(case, settings, budget_usd_m=120)


@pytest.mark.parametrize(("of", "cut"), [("exporters", 1.0), ("components", 0.9)])
def test_search_finds_the_worst_of_all_sets(made_up, monkeypatch, of, cut):
    case, settings, plan = made_up
    tried = worst(case, settings, plan, k=3, of=of, top=3, cut=cut, workers=1)
    monkeypatch.setattr(robust, "FEW", 0)
    monkeypatch.setattr(robust, "_CHUNK", 4)
    monkeypatch.setattr(robust, "_exchange", lambda *_: None)  # else its good start hides what the search lacks
    counted = []
    found = worst(case, settings, plan, k=3, of=of, top=3, cut=cut, workers=1, progress=counted.append)
    assert tried["avoided_usd_m"].max() > 1.0
    for when in ("before", "after"):
        loss, rank, bound = f"loss_{when}_usd_m", f"rank_{when}", f"bound_{when}_usd_m"
        ranked = [one.dropna(subset=[rank]).sort_values(rank)[loss].tolist() for one in (found, tried)]
        assert len(ranked[0]) == 3
        assert ranked[0] == pytest.approx(ranked[1])
        assert ranked[0] == sorted(ranked[0], reverse=True)
        assert (found[bound] <= ranked[0][-1] + 1e-6).all()
    assert found["exact"].all()
    assert counted
    assert counted == sorted(counted)


def test_what_is_not_proven_is_not_called_exact(made_up, monkeypatch):
    case, settings, _ = made_up
    tried = worst(case, settings, k=3, of="components", top=1, workers=1)
    assert tried["exact"].all()
    monkeypatch.setattr(robust, "FEW", 0)
    monkeypatch.setattr(robust, "_CHUNK", 2)
    monkeypatch.setattr(robust, "MOST", 3)
    stopped = worst(case, settings, k=3, of="components", top=1, workers=1)
    assert not stopped["exact"].any()
    assert (
        stopped["loss_before_usd_m"][0]
        <= tried["loss_before_usd_m"][0] + 1e-6
        <= stopped["bound_before_usd_m"][0] + 2e-6
    )
    # Part of its sales withheld spares an exporter's own makers: more can be less, so nothing bounds a group.
    in_part = worst(case, settings, k=2, of="exporters", cut=0.5, top=1, workers=1)
    assert not in_part["exact"].any()
    assert in_part["bound_before_usd_m"].isna().all()


@pytest.mark.parametrize("of", ["exporters", "components"])
def test_more_cuts_never_lose_less(made_up, monkeypatch, of):
    case, settings, _ = made_up
    monkeypatch.setattr(robust, "FEW", 20)
    values = [worst(case, settings, k=k, of=of, top=1, workers=1)["loss_before_usd_m"][0] for k in range(4)]
    assert (np.diff(values) >= -1e-6).all()
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert values[-1] > values[0]


def test_information_by_hand():
    """Two windows, money for one plant: knowing which opens saves the other's loss; their mean misleads."""
    case = tables(
        components={"magnet": {}, "motor": {}},
        world={"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
        sourcing={"IND": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}}},
        demand={"IND": {"motor": 100.0, "magnet": 60.0}},
        sites=[{"id": "dahej"}],
        technologies=[
            {"id": "motor-plant", "component": "motor", "capacity": 100, "capex_usd_m": 50},
            {"id": "magnet-plant", "component": "magnet", "capacity": 60, "capex_usd_m": 50},
        ],
    )
    denials = [
        stop(name="motors", probability=0.6, start=2027, cuts=[{"components": ["motor"], "cut": 1.0}]),
        stop(name="magnets", probability=0.9, start=2029, cuts=[{"components": ["magnet"], "cut": 1.0}]),
    ]
    result = value_of_information(case, study(denials=denials), 60, workers=1)
    value = result.summary.set_index("measure")["value_usd_m"].to_dict()
    # 0.6 * 100 against 0.9 * 60: the plan for both builds motors and loses 54. So does that for the mean window:
    # 40 of 100 motors against 36 of 60 magnets.
    assert value == pytest.approx({"WS": 0, "SP": 54, "EEV": 54, "EVPI": 54, "VSS": 0}, abs=1e-6)
    assert result.windows["loss_known_usd_m"].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert result.windows["loss_plan_usd_m"].tolist() == pytest.approx([0, 60])


@pytest.mark.parametrize(
    ("motors", "magnets", "wanted"),
    [
        # Mean window: 50 motors and 20 magnets missing, which a small plant and the magnet plant make up for 60;
        # really: 0.5 * 50 + 0. The large plant leaves 0.5 * 40 = 20.
        (0.5, 0.5, {"WS": 0, "SP": 20, "EEV": 25, "EVPI": 20, "VSS": 5}),
        # Mean window: 80 motors and 8 magnets missing: the large plant, which is best for both, too.
        (0.4, 0.1, {"WS": 0, "SP": 4, "EEV": 4, "EVPI": 4, "VSS": 0}),
    ],
)
def test_a_plan_for_the_mean_window_by_hand(motors, magnets, wanted):
    """Some motors are missing on average, which a small plant makes up; in each window it is all or none."""
    case = tables(
        components={"magnet": {}, "motor": {}},
        world={"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}},
        sourcing={"IND": {"magnet": {"CHN": 1.0}, "motor": {"CHN": 1.0}}},
        demand={"IND": {"motor": 100.0, "magnet": 100.0}},
        sites=[{"id": "dahej"}],
        technologies=[
            {"id": "large", "component": "motor", "capacity": 100, "capex_usd_m": 60},
            {"id": "small", "component": "motor", "capacity": 50, "capex_usd_m": 20},
            {"id": "magnet-plant", "component": "magnet", "capacity": 50, "capex_usd_m": 40},
        ],
    )
    both = [
        stop(name="motors", probability=motors, cuts=[{"components": ["motor"], "cut": 1.0}]),
        stop(name="magnets", probability=magnets, cuts=[{"components": ["magnet"], "cut": 0.4}]),
    ]
    result = value_of_information(case, study(denials=both), 60, workers=1)
    value = result.summary.set_index("measure")["value_usd_m"].to_dict()
    assert value == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_wait_and_see_is_best_and_the_mean_window_misleads(seed):
    case = synthetic_tables(14, sites=3, seed=seed)
    settings = synthetic_study(case, years=4, scenarios=3, seed=seed)
    result = value_of_information(case, settings, workers=1)
    rows = result.summary.set_index("measure")
    ws, sp, eev = rows.loc[["WS", "SP", "EEV"], "value_usd_m"]
    assert ws <= sp + 1e-9
    assert sp <= eev + 1e-9
    assert rows.loc["EVPI", "value_usd_m"] == pytest.approx(sp - ws)
    assert rows.loc["VSS", "value_usd_m"] == pytest.approx(eev - sp)
    assert (rows["low_usd_m"] <= rows["value_usd_m"] + 1e-9).all()
    assert (rows["value_usd_m"] <= rows["high_usd_m"] + 1e-9).all()
    assert (result.windows["loss_known_usd_m"] <= result.windows["loss_plan_usd_m"] + 1e-6).all()
    best = optimize(case, settings)
    assert rows.loc["SP", "low_usd_m"] - 1e-6 <= best.summary["expected_loss_after_usd_m"]
    problem = build_problem(case, settings)
    idle = Recourse(problem).loss(link_values(problem, nothing(problem)))
    assert result.windows["loss_nothing_usd_m"].tolist() == pytest.approx(idle.tolist())


def test_sets_are_those_of_the_candidates(case):
    found = worst(case, study(), k=2, top=100)
    names = ["CHN", "DEU", "JPN", "KOR"]
    assert set(found["set"]) == {" + ".join(pair) for pair in itertools.combinations(names, 2)}
