"""Plans on figures of some statuses only, and the shares of statuses in a result."""

import pytest

from corridor.config import load_study
from corridor.errors import ConfigError
from corridor.measures import cannot_be_planned, exposure, headline, keep_statuses, known_tables, shares
from corridor.relocation import Plan, build_problem, optimize
from corridor.risk import rests_on
from tests.hand import study, tables


def with_status(case, name, status, mask=None):
    frame = case[name]
    keep = frame["status"] if mask is None else frame["status"].where(~mask(frame))
    new = keep.where(keep.notna() if mask is not None else keep.isna(), status)
    return case.replace(**{name: frame.assign(status=new)})


def two_parts():
    """Two parts that India buys from China; all known of a, the home share of b assumed."""
    case = tables(
        components={"a": {}, "b": {}},
        world={"a": {"CHN": 0.8, "DEU": 0.2}, "b": {"CHN": 0.6, "DEU": 0.4}},
        sourcing={"IND": {"a": {"IND": 0.5, "CHN": 0.5}, "b": {"IND": 0.5, "CHN": 0.4, "DEU": 0.1}}},
        demand={"IND": {"a": 100.0, "b": 100.0}},
        sites=[{"id": "coast"}],
        technologies=[
            {"id": "plant-a", "component": "a", "capacity": 30, "capex_usd_m": 10},
            {"id": "plant-b", "component": "b", "capacity": 30, "capex_usd_m": 10},
        ],
    )
    return with_status(
        case, "sourcing", "assumed", lambda rows: (rows["component"] == "b") & (rows["origin"] == "IND")
    )


def of(frame, market, component):
    rows = frame[frame["component"] == component]
    return dict(zip(rows["origin"], rows["share"].round(12), strict=True))


def test_an_unknown_origin_is_safe_or_imported():
    case = two_parts()
    safe = keep_statuses(case, ["reported"])
    assert of(shares(safe, "IND"), "IND", "a") == {"IND": 0.5, "CHN": 0.5}
    assert of(shares(safe, "IND"), "IND", "b") == {"CHN": 0.4, "DEU": 0.1, "ROW": 0.5}
    imported = keep_statuses(case, ["reported"], unknown_origin="imported")
    # What is left open is spread over origins that the kept rows do not name: there are none.
    assert of(shares(imported, "IND"), "IND", "b") == {"CHN": 0.4, "DEU": 0.1, "ROW": 0.5}
    gone = with_status(case, "sourcing", "assumed", lambda rows: rows["component"] == "b")
    imported = keep_statuses(gone, ["reported"], unknown_origin="imported")
    assert of(shares(imported, "IND"), "IND", "b") == {"CHN": 0.6, "DEU": 0.4}
    assert of(shares(keep_statuses(gone, ["reported"]), "IND"), "IND", "b") == {"ROW": 1.0}


def test_keeping_all_changes_nothing_and_keeping_twice_no_more():
    case = two_parts()
    assert keep_statuses(case, ["reported", "computed", "inherited", "assumed"]) is case
    once = keep_statuses(case, ["reported", "computed"])
    assert keep_statuses(once, ["reported", "computed"]).equals(once)
    assert not once.equals(case)


def test_needs_recipes_and_plants_that_are_left_out_are_not_there():
    case = tables(
        components={"ore": {}, "motor": {}, "lamp": {}},
        recipes=[("motor", "ore", 0.3)],
        world={"ore": {"CHN": 1.0}, "motor": {"DEU": 1.0}, "lamp": {"CHN": 1.0}},
        sourcing={"IND": {"motor": {"IND": 1.0}, "lamp": {"CHN": 1.0, "IND": 0.0}}},
        demand={"IND": {"motor": 100.0, "lamp": 300.0}},
    )
    whole = headline(case, exposure(case, "IND", ["CHN"]))["net"].item()
    assert whole == pytest.approx((100 * 0.3 + 300) / 400)
    no_recipe = keep_statuses(with_status(case, "recipes", "computed"), ["reported"])
    assert headline(no_recipe, exposure(no_recipe, "IND", ["CHN"]))["net"].item() == pytest.approx(0.75)
    no_lamp = with_status(case, "demand", "assumed", lambda rows: rows["component"] == "lamp")
    kept = keep_statuses(no_lamp, ["reported"])
    assert headline(kept, exposure(kept, "IND", ["CHN"]))["net"].item() == pytest.approx(0.3)
    assert keep_statuses(no_lamp, ["reported"], names=["recipes"]).demand.equals(no_lamp.demand)


def test_a_plan_on_reported_plants_alone():
    case = with_status(two_parts(), "technologies", "assumed", lambda rows: rows["id"] == "plant-b")
    at_most = {"limit": "plants", "sense": "at most", "unit": "plant"}
    case = case.replace(
        limits=tables(
            components={},
            limits=[
                {**at_most, "name": "b", "component": "b", "amount": 1},
                {**at_most, "name": "all", "amount": 9},
            ],
        ).limits
    )
    whole = optimize(case, study())
    assert set(whole.moves["component"]) == {"a", "b"}
    known = study(evidence=["reported"], evidence_tables=["technologies"])
    plan = optimize(case, known)
    assert set(plan.moves["component"]) == {"a"}
    assert plan.summary["expected_loss_before_usd_m"] == whole.summary["expected_loss_before_usd_m"]
    assert build_problem(case, known).tables.limits["name"].tolist() == ["all"]
    # On all tables b is also known by half: the home share that is left out is safe.
    plan = optimize(case, study(evidence=["reported"]))
    assert set(plan.moves["component"]) == {"a"}
    assert plan.summary["expected_loss_before_usd_m"] == pytest.approx(50 + 40)


def test_what_cannot_be_planned_and_why():
    case = with_status(two_parts(), "technologies", "assumed", lambda rows: rows["id"] == "plant-b")
    case = with_status(case, "demand", "assumed", lambda rows: rows["component"] == "b")
    lost = cannot_be_planned(case, study(evidence=["reported"]))
    assert lost.to_dict("records") == [
        {"component": "b", "sector": "minerals", "technology": False, "need": False, "target_share": True}
    ]
    assert cannot_be_planned(case, study()).empty


def test_nothing_known_is_reported_with_what_there_is():
    case = with_status(two_parts(), "demand", "assumed")
    with pytest.raises(ConfigError, match=r"(?s)evidence reported.*demand: no need.*2 assumed.*Fix"):
        known_tables(case, study(evidence=["reported"]))
    with pytest.raises(ConfigError, match="nothing can be planned"):
        optimize(case, study(evidence=["reported"]))
    with pytest.raises(ConfigError, match="guessed"):
        keep_statuses(case, ["guessed"])
    with pytest.raises(ConfigError, match="sites"):
        keep_statuses(case, ["reported"], names=["sites"])
    with pytest.raises(ConfigError, match="maybe"):
        keep_statuses(case, ["reported"], unknown_origin="maybe")


def test_the_setting_is_read_from_a_study_file(tmp_path):
    file = tmp_path / "known.yaml"
    file.write_text("extends: default\nname: known\nevidence: [reported, computed]\nunknown_origin: imported\n")
    found = load_study(file)
    assert found.evidence == ("reported", "computed")
    assert found.unknown_origin == "imported"
    file.write_text("extends: default\nname: known\nevidence: [reported, rumoured]\n")
    with pytest.raises(ConfigError, match="evidence"):
        load_study(file)


def shares_of_statuses(frame, figure, market="IND"):
    row = frame[(frame["figure"] == figure) & (frame["market"] == market)].iloc[0]
    return row["value"], [row[name] for name in ("reported", "computed", "inherited", "assumed")]


def test_a_result_rests_on_its_weakest_figure():
    case = tables(
        components={"ore": {}, "motor": {}, "lamp": {}},
        recipes=[("motor", "ore", 0.4)],
        world={"ore": {"CHN": 1.0}, "motor": {"DEU": 1.0}, "lamp": {"CHN": 1.0}},
        sourcing={"IND": {"motor": {"IND": 0.5, "CHN": 0.5}, "lamp": {"CHN": 1.0}}},
        demand={"IND": {"motor": 100.0, "lamp": 50.0}},
    )
    case = with_status(case, "recipes", "computed")
    case = with_status(case, "demand", "assumed", lambda rows: rows["component"] == "lamp")
    found = rests_on(case, study(), draws=8)
    assert found[["reported", "computed", "inherited", "assumed"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    # Of the motors 50 come from China, which is reported; 20 by the ore of the others, which is computed.
    value, parts = shares_of_statuses(found, "net exposure")
    assert value == pytest.approx(120 / 150)
    assert parts == pytest.approx([50 / 120, 20 / 120, 0.0, 50 / 120])
    value, parts = shares_of_statuses(found, "expected loss")
    assert value == pytest.approx(150.0)
    assert parts == pytest.approx([50 / 150, 50 / 150, 0.0, 50 / 150])
    assert found["low"].to_numpy() == pytest.approx(found["value"].to_numpy())  # nothing has a range


def test_a_plan_rests_on_the_loss_it_avoids_and_on_its_plants():
    case = with_status(two_parts(), "technologies", "computed", lambda rows: rows["id"] == "plant-b")
    frame = case.technologies
    drawn = frame.assign(capex_low=frame["capex_usd_m"] * 0.5, capex_high=frame["capex_usd_m"] * 2.0)
    plan = optimize(case, study())
    assert isinstance(plan, Plan)
    found = rests_on(case.replace(technologies=drawn), study(), plan, draws=64)
    value, parts = shares_of_statuses(found, "investment")
    assert value == pytest.approx(plan.moves["capex_usd_m"].sum())
    count = plan.moves.groupby("component")["capex_usd_m"].sum() / value
    assert parts == pytest.approx([count["a"], count["b"], 0.0, 0.0])
    row = found[found["figure"] == "investment"].iloc[0]
    assert row["low"] < value < row["high"]
    value, parts = shares_of_statuses(found, "avoided loss", "all")
    before, after = (plan.summary[f"expected_loss_{when}_usd_m"] for when in ("before", "after"))
    assert value == pytest.approx(before - after)
    assert sum(parts) == pytest.approx(1.0)
    with pytest.raises(ConfigError, match="draws 0"):
        rests_on(case, study(), draws=0)
