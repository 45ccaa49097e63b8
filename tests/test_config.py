"""Studies: read, extended, overridden; and every fault of a file reported at once."""

import pytest

from corridor.config import load_study
from corridor.data.bundled import bundled
from corridor.data.tables import load_tables
from corridor.errors import ConfigError
from corridor.relocation import limit_table

MINIMAL = """\
name: small
title: Small
budget_usd_m: 10
budgets_usd_m: [20, 10, 10]
first_year: 2026
last_year: 2030
denials:
  - {name: stop, start: 2028, months: 6, probability: 0.1, reason: because it can happen, cuts: [{cut: 0.5}]}
"""


def study_file(tmp_path, text, name="study.yaml"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def test_minimal_study_gets_defaults_and_sorted_budgets(tmp_path):
    study = load_study(study_file(tmp_path, MINIMAL))
    assert study.budgets_usd_m == (10.0, 20.0)
    assert study.target == ("CHN", "HKG", "MAC")
    assert study.years == (2026, 2027, 2028, 2029, 2030)
    assert study.denials[0].cuts[0].exporters == ("target",)


@pytest.mark.parametrize("name", sorted(file.stem for file in bundled("configs").glob("*.yaml")))
def test_bundled_studies_load(name):
    study = load_study(name)
    assert study.name == name
    assert len(study.denials) >= 20
    assert len(study.years) >= 8
    assert len(study.budgets_usd_m) >= 5


def test_every_probability_of_the_default_study_has_a_reason():
    for denial in load_study("default").denials:
        assert len(denial.reason) > 30, denial.name


def test_a_study_is_frozen(tmp_path):
    study = load_study(study_file(tmp_path, MINIMAL))
    with pytest.raises(Exception, match="frozen"):
        study.budget_usd_m = 5


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("budget_usd_m: 10", "budget_usd_m: 0", ["budget_usd_m", "greater than 0"]),
        ("budgets_usd_m: [20, 10, 10]", "budgets_usd_m: [0, 10]", ["budgets_usd_m", "greater than 0"]),
        ("title: Small", "titel: Small", ["titel", "did you mean 'title'", "title: is missing"]),
        ("months: 6", "monts: 6", ["denials.0.monts", "did you mean 'months'"]),
        ("start: 2028", "start: 2050", ["outside 2026-2030", "stop"]),
        ("last_year: 2030", "last_year: 2020", ["last_year 2020 is before first_year 2026"]),
        ("probability: 0.1", "probability: 1.5", ["denials.0.probability", "less than or equal to 1", "1.5"]),
        ("cut: 0.5", "cut: 2", ["denials.0.cuts.0.cut"]),
    ],
)
def test_faults_name_their_place_and_the_fix(tmp_path, old, new, expected):
    text = MINIMAL.replace(old, new)
    assert text != MINIMAL
    with pytest.raises(ConfigError) as error:
        load_study(study_file(tmp_path, text))
    for text in expected:
        assert text in str(error.value)


def test_all_faults_come_at_once(tmp_path):
    text = MINIMAL.replace("budget_usd_m: 10", "budget_usd_m: -1").replace("months: 6", "months: 0")
    with pytest.raises(ConfigError, match="fault") as error:
        load_study(study_file(tmp_path, text))
    assert "budget_usd_m" in str(error.value)
    assert "months" in str(error.value)


def test_broken_yaml_names_the_line(tmp_path):
    with pytest.raises(ConfigError, match="line 3"):
        load_study(study_file(tmp_path, "name: a\ntitle: b\n  x: [1\n"))


def test_a_file_that_is_no_study(tmp_path):
    with pytest.raises(ConfigError, match="not a list of settings"):
        load_study(study_file(tmp_path, "just words"))
    with pytest.raises(ConfigError, match="bundled studies: .*default"):
        load_study(tmp_path / "absent.yaml")


def test_scenario_and_override(tmp_path):
    text = (
        MINIMAL
        + "overrides: {rich: {budget_usd_m: 99}, short: {last_year: 2029}}\nscenarios: {both: [rich, short]}\n"
    )
    file = study_file(tmp_path, text)
    study = load_study(file, scenario="both")
    assert (study.budget_usd_m, study.last_year, study.name) == (99, 2029, "small-both")
    assert load_study(file, overrides=["rich"]).last_year == 2030
    with pytest.raises(ConfigError, match="no scenario 'bth'.*Did you mean 'both'"):
        load_study(file, scenario="bth")
    with pytest.raises(ConfigError, match="no override 'rch'.*Did you mean 'rich'"):
        load_study(file, overrides=["rch"])


def test_extends(tmp_path):
    study_file(tmp_path, MINIMAL, "base.yaml")
    child = study_file(tmp_path, "extends: base.yaml\nname: child\nbudget_usd_m: 7\n", "child.yaml")
    study = load_study(child)
    assert (study.name, study.budget_usd_m, study.title) == ("child", 7, "Small")
    loop = study_file(tmp_path, "extends: loop.yaml\nname: loop\n", "loop.yaml")
    with pytest.raises(ConfigError, match="extends itself"):
        load_study(loop)


def test_the_fund_that_nobody_announced_is_a_scenario():
    tables, default = load_tables(), load_study("default")
    assert "fund" not in set(limit_table(tables, default)["limit"])
    funds = limit_table(tables, load_study("default", "fund"))
    assert funds.loc[funds["limit"] == "fund", "sectors"].tolist() == ["magnets; solar; battery; pharma"]
