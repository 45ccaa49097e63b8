"""Standard streams that are closed, narrow or broken: the command does its work and never ends in a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from corridor.data.tables import load_tables, write_tables
from tests import ROOT, TINY

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
budget_usd_m: 60
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""


def corridor(shell: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", shell.replace("corridor", f"{sys.executable} -m corridor.cli")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    ("streams", "code"),
    [("2>&-", 0), (">&-", 0), (">&- 2>&- <&-", 0), ("| true; exit ${PIPESTATUS[0]}", 141)],
    ids=["no errors", "no output", "nothing", "pipe"],
)
def test_streams_that_are_closed(streams: str, code: int, tmp_path: Path) -> None:
    """What is written to a file does not depend on them, nor does a library print into it."""
    (tmp_path / "study.yaml").write_text(STUDY)
    only = f"--data {TINY} --data-only"
    words = f"check {only}" if code else f"measure study.yaml {only} --to exposure.csv"
    done = corridor(f"corridor {words} {streams}", tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception" not in done.stdout + done.stderr
    if not code:
        assert len(pd.read_csv(tmp_path / "exposure.csv")) > 5


def test_an_encoding_that_lacks_letters(tmp_path: Path) -> None:
    tables = load_tables(TINY)
    named = tables.components.assign(name=tables.components["name"] + " \u0c1c\u00e9")
    write_tables(tables.replace(components=named.astype(dict(tables.components.dtypes))), tmp_path / "data")
    (tmp_path / "study.yaml").write_text(STUDY)
    done = corridor("corridor measure study.yaml --data data --data-only", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "\\u0c1c\\xe9" in done.stdout


def test_numbers_that_are_none(tmp_path: Path) -> None:
    """Options that no quantity can be: one line each, before any data are read."""
    for words in ("plan --budget inf", "plan --budget nan", "plan --budget=-1e308", "measure --top 1" + "0" * 40):
        done = corridor(f"corridor {words}", tmp_path)
        assert done.returncode == 2
        assert "wanted a number of at most 1e+18" in done.stderr
        assert len(done.stderr.splitlines()) == 1
