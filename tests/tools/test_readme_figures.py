"""README's figures are those of a run, and the run is of the bundled tables."""

import json

import pytest

import corridor
from corridor.relocation.model.problem import build_problem
from corridor.relocation.result.decision import link_values, nothing
from corridor.relocation.result.value import Recourse, expected
from tests import ROOT
from tools.docs.readme_figures import SAMPLE, blocks, written


@pytest.fixture(scope="module")
def figures():
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


def test_readme_says_what_the_run_says(figures):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert written(text, figures) == text, "README.md differs from docs/default-run.json. Fix: make readme"


def test_blocks_follow_the_figures(figures):
    other = json.loads(json.dumps(figures))
    other["plans"]["8000"]["plants"] = 12_345
    other["markets"]["IND"]["net"] = 0.995
    assert "12345" in blocks(other)["plans"]
    assert "100 %" in blocks(other)["exposure"]
    with pytest.raises(ValueError, match="0 blocks"):
        written("no blocks", figures)


def test_the_run_is_of_the_bundled_tables(figures):
    """Exposures and the loss without a plan, computed now: a change of the data asks for a new run."""
    tables, study = corridor.load_tables(), corridor.load_study("default")
    for market, row in figures["markets"].items():
        exposure = corridor.exposure(tables, market=market, target=list(study.target))
        now = corridor.headline(tables, exposure).iloc[0]
        for kind in ("direct", "net", "stop"):
            assert now[kind] == pytest.approx(row[kind], abs=1e-4), (
                "docs/default-run.json is old. Fix: make readme"
            )
    problem = build_problem(tables, study)
    loss = expected(problem, Recourse(problem).loss(link_values(problem, nothing(problem))))
    assert loss == pytest.approx(figures["expected_loss_before_usd_m"], rel=1e-4), "Fix: make readme"
