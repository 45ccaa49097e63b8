"""`corridor risk` on the tiny data: what it prints and writes, and its faults."""

import shutil

import pandas as pd
import pytest

from corridor import cli
from tests import TINY

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
data: data
data_only: true
budget_usd_m: 60
denials:
  - {name: stop, start: 2031, months: 18, probability: 0.5, reason: a case for tests, cuts: [{cut: 0.9}]}
overrides:
  known: {evidence: [reported], unknown_origin: imported}
"""


@pytest.fixture
def corridor(tmp_path, monkeypatch, capsys):
    """Call the command line on the tiny data; gives exit code, standard output, standard error."""
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "study.yaml").write_text(STUDY)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["corridor", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return end.value.code, printed.out, printed.err

    return call


def test_losses_are_printed_and_written(corridor, tmp_path):
    code, out, err = corridor("risk", "study.yaml", "--scenarios", "200", "--seed", "7", "--to", "found")
    assert code in (0, None)
    assert "200 scenarios, seed 7" in out
    assert "stop" in out
    assert "200/200" in err
    tables = {file.stem: pd.read_csv(file) for file in (tmp_path / "found").iterdir()}
    assert set(tables) == {"losses", "exceedance", "denials", "convergence"}
    whole = tables["losses"].iloc[-1]
    assert (whole["market"], whole["sector"]) == ("all", "all")
    assert whole["mean_low"] < whole["mean"] < whole["mean_high"]
    assert tables["convergence"]["scenarios"].tolist() == [64, 128, 200]
    assert tables["denials"]["share"].sum() == pytest.approx(1.0)
    # The same seed writes the same files.
    corridor("risk", "study.yaml", "--scenarios", "200", "--seed", "7", "--to", "again")
    for name in tables:
        mine, other = ((tmp_path / folder / f"{name}.csv").read_bytes() for folder in ("found", "again"))
        assert mine == other


def test_evidence_is_reported(corridor):
    code, out, err = corridor("risk", "study.yaml", "--scenarios", "64", "--override", "known")
    assert code in (0, None), err
    assert "Only rows that are reported" in err
    assert "unknown origin counts as imported" in err
    assert "64 scenarios" in out


def test_a_study_without_denials_is_reported(corridor, tmp_path):
    text = STUDY.split("denials:")[0] + "meet_demand: true\n"
    (tmp_path / "study.yaml").write_text(text)
    code, _, err = corridor("risk", "study.yaml")
    assert code == 2
    assert "has no denials" in err
    assert "Traceback" not in err
