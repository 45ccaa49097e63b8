"""What plans avert by market, and what a dollar of them buys."""

import math

import pandas as pd
import pytest

import corridor
from corridor.relocation.result.averted import break_even, dollar_buys, expected_losses
from corridor.relocation.result.plan import Plan
from tests.hand import stop, study, tables

NONE = pd.DataFrame()


def plan(budget: float, averted: float, cost: float | None = None) -> Plan:
    summary: dict[str, float | str] = {
        "cost_usd_m": budget if cost is None else cost,
        "expected_loss_before_usd_m": 1000.0,
        "expected_loss_after_usd_m": 1000.0 - averted,
    }
    return Plan("case", budget, summary, NONE, NONE, NONE, NONE, NONE)


def test_expected_losses_add_up_to_the_blend() -> None:
    case = tables(
        components={"motor": {}},
        world={"motor": {"CHN": 1.0}},
        sourcing={"IND": {"motor": {"CHN": 1.0}}, "USA": {"motor": {"CHN": 0.5, "USA": 0.5}}},
        demand={"IND": {"motor": 100.0}, "USA": {"motor": 300.0}},
        access={"USA": 1.0},
        sites=[{"id": "dahej"}],
        technologies=[{"id": "motor-plant", "component": "motor", "capacity": 100, "capex_usd_m": 50}],
    )
    denials = [stop(probability=0.5), stop(name="later", start=2029, months=6, probability=0.2)]
    settings = study(markets={"IND": 1.0, "USA": 0.5}, discount_rate=0.1, denials=denials)
    found = corridor.optimize(case, settings, budget_usd_m=60)
    rows = expected_losses(settings, found.losses).set_index("market")
    # India loses 100 a year, the United States half of 300.
    factor = 0.5 / 1.1**2 + 0.5 * 0.2 / 1.1**3
    assert rows.loc["IND", "expected_before_usd_m"] == pytest.approx(100 * factor)
    assert rows.loc["USA", "expected_before_usd_m"] == pytest.approx(150 * factor)
    for when in ("before", "after"):
        blend = rows.loc["IND", f"expected_{when}_usd_m"] + 0.5 * rows.loc["USA", f"expected_{when}_usd_m"]
        assert blend == pytest.approx(found.summary[f"expected_loss_{when}_usd_m"], rel=1e-9)
    assert len(found.moves) == 1
    assert rows["expected_after_usd_m"].sum() < rows["expected_before_usd_m"].sum()


def test_the_next_dollar_follows_the_concave_curve() -> None:
    # A worse search at 200 leaves no dent: from 100 to 400 a dollar averts 0.8.
    plans = [plan(400, 390), plan(100, 150), plan(200, 190), plan(800, 430)]
    rows = dollar_buys(plans).set_index("budget_usd_m")
    assert rows.index.tolist() == [100, 200, 400, 800]
    assert rows["next_dollar"].tolist()[:3] == pytest.approx([0.8, 0.8, 0.1])
    assert math.isnan(rows.loc[800, "next_dollar"])
    assert rows.loc[400, "per_dollar"] == pytest.approx(0.975)
    assert break_even(plans) == 100


@pytest.mark.parametrize(
    ("plans", "until"),
    [
        ([plan(100, 90), plan(200, 120)], 0.0),
        ([plan(100, 150), plan(200, 260)], math.inf),
        ([plan(100, 100), plan(200, 150)], 100.0),
        ([plan(100, 150), plan(200, 150, cost=100)], math.inf),
        ([plan(100, 0, cost=0)], 0.0),
        ([plan(100, 150)], math.inf),
    ],
)
def test_where_the_next_dollar_stops_paying(plans: list[Plan], until: float) -> None:
    assert break_even(plans) == until


def test_more_money_never_raises_what_a_dollar_buys() -> None:
    rows = dollar_buys([plan(b, 100 * b**0.5) for b in (100, 200, 400, 900)])
    assert rows["per_dollar"].is_monotonic_decreasing
    assert rows["next_dollar"].dropna().is_monotonic_decreasing
