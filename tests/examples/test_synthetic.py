"""Synthetic studies: valid, repeatable, of any size, and shaped as their docstring says."""

import numpy as np
import pytest

from corridor.data.checks import check_all
from corridor.errors import ConfigError
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.examples.synthetic_chain import STAGE_MIX
from corridor.relocation import build_problem


@pytest.fixture(scope="module")
def large():
    return synthetic_tables(2000, 60, 1)


@pytest.mark.parametrize(("components", "sites"), [(7, 1), (8, 2), (15, 3), (40, 9), (85, 20), (300, 55)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tables_keep_all_rules(components, sites, seed):
    tables = synthetic_tables(components, sites, seed)
    assert check_all(tables) == []
    assert (len(tables.components), len(tables.sites)) == (components, sites)


@pytest.mark.parametrize(("components", "years", "denials"), [(7, 1, 1), (12, 2, 3), (60, 8, 40)])
def test_studies_name_only_what_is_there(components, years, denials):
    tables = synthetic_tables(components, 2, 5)
    study = synthetic_study(tables, years, denials, 5)
    assert (len(study.years), len(study.denials)) == (years, denials)
    problem = build_problem(tables, study)
    assert len(problem.windows.names) == denials
    assert all(3 <= denial.months <= 24 for denial in study.denials)


def test_a_seed_gives_the_same_and_another_seed_another():
    first, again, other = (synthetic_tables(50, 5, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.recipes.equals(other.recipes)
    studies = [synthetic_study(first, 5, 20, seed) for seed in (1, 1, 2)]
    assert studies[0] == studies[1] != studies[2]
    assert synthetic_tables(50, 5, np.random.default_rng(1)).equals(first)


def test_a_large_one_is_sound(large):
    assert check_all(large) == []


def test_chains_have_the_shape_that_is_promised(large):
    recipes, stage = large.recipes, large.components.set_index("id")["stage"]
    counts = large.components["stage"].value_counts()[list(STAGE_MIX)].to_numpy()
    assert (np.diff(counts) < 0).all()
    assert large.components["sector"].nunique() == 6
    inputs = recipes.groupby("output")["input"].size()
    assert inputs.between(2, 5).all()
    assert set(inputs) == {2, 3, 4, 5}
    sums = recipes.groupby("output")["value_share"].sum()
    assert sums.between(0.3 - 1e-9, 0.8 + 1e-9).all()
    assert 0.25 < 1 - recipes["essential"].mean() < 0.35
    level = stage.map({name: position for position, name in enumerate(STAGE_MIX)})
    assert (recipes["output"].map(level) > recipes["input"].map(level)).all()
    sector = large.components.set_index("id")["sector"]
    inside = (recipes["output"].map(sector) == recipes["input"].map(sector)).mean()
    assert 0.7 < inside < 0.95
    users = recipes.groupby("input").size().sort_values()
    assert users.iloc[-1] > 20 * users.median()


def test_the_world_is_as_promised(large):
    share = large.supply.pivot_table(index="component", columns="country", values="share", fill_value=0.0)
    assert share.sum(axis=1).to_numpy() == pytest.approx(1.0)
    target = share[["CHN", "HKG", "MAC"]].sum(axis=1)
    assert 0.5 < target.mean() < 0.6
    stage = large.components.set_index("id")["stage"]
    by_stage = target.groupby(stage.reindex(target.index)).mean()
    assert min(by_stage["refined"], by_stage["part"]) > max(by_stage["module"], by_stage["product"])
    assert large.supply.groupby("component").size().between(8, 25).all()
    home = large.sourcing[large.sourcing["market"] == "IND"]["share"]
    assert 0.6 < (home > 0).mean() < 0.8
    assert set(large.demand["market"]) == {"IND", "USA"}
    assert set(large.demand["component"].map(stage)) == {"product"}


def test_plants_grow_cheaper_per_unit_with_size(large):
    plants = large.technologies
    assert 0.4 * 2000 < plants["component"].nunique() < 0.6 * 2000  # some of three in five have no market
    assert set(plants.groupby("component").size()) == {1, 2, 3}
    for _, sizes in list(plants.groupby("component"))[:50]:
        if len(sizes) > 1:
            step = np.diff(np.log(sizes["capex_usd_m"])) / np.diff(np.log(sizes["capacity"]))
            assert ((step > 0.6 - 1e-9) & (step < 0.85 + 1e-9)).all()
    assert set(plants["lead_years"]) == {1, 2, 3}
    # All sites together hold half of what one plant of each technology would take.
    for resource in ("land_ha", "power_mw", "water_mld", "workers"):
        assert large.sites[resource].sum() == pytest.approx(0.5 * plants[resource].sum(), rel=1e-3)


def test_plants_are_of_the_size_of_real_ones(large):
    problem = build_problem(large, synthetic_study(large, 8, 3, 1))
    last = (problem.can_be_open["year"] == problem.can_be_open["year"].max()).to_numpy()
    fraction = np.quantile(1.0 / problem.most_sold[last], [0.05, 0.25, 0.5, 0.75])
    # The same of the bundled data: 0.034, 0.080, 0.182, 0.343.
    assert fraction == pytest.approx([0.034, 0.08, 0.182, 0.343], rel=0.5)


def test_denials_are_of_every_kind(large):
    cuts = [denial.cuts[0] for denial in synthetic_study(large, 8, 200, 1).denials]
    assert any(cut.stages for cut in cuts)
    assert any(cut.components for cut in cuts)
    assert any(cut.exporters != ("target",) for cut in cuts)
    assert any(len(cut.sectors) == 6 for cut in cuts)
    assert any(len(cut.sectors) == 1 and not cut.stages for cut in cuts)


@pytest.mark.parametrize("asked", [(6, 1), (20, 0)])
def test_too_small_is_reported(asked):
    with pytest.raises(ConfigError, match="too few"):
        synthetic_tables(*asked)
    with pytest.raises(ConfigError, match="too few"):
        synthetic_study(synthetic_tables(7, 1), 0, 3)
