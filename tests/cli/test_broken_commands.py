"""The command line on bad input: one message, the documented exit code, no traceback, nothing written."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from corridor import cli
from corridor.config import load_study
from corridor.data.tables import load_tables, write_tables
from corridor.errors import ConfigError
from corridor.measures import exposure, shares
from corridor.relocation import frontier
from corridor.runs.results import MARKER, Log, results_folder, write_results
from corridor.runs.verify import verify
from tests import TINY
from tests.mutations import damaged

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
data: data
data_only: true
budget_usd_m: 60
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny tables as the program writes them."""
    return write_tables(load_tables(TINY), tmp_path_factory.mktemp("tiny") / "data")


@pytest.fixture
def place(tmp_path: Path, tiny: Path) -> Path:
    """A folder with inputs broken in many ways, and a valid study."""
    shutil.copytree(tiny, tmp_path / "data")
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    (tmp_path / "code.yaml").write_text("a: !!python/object/apply:os.system ['true']\n")
    (tmp_path / "loop.yaml").write_text("extends: loop.yaml\nname: loop\n")
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00name")
    for name in ("empty.xlsx", "empty.sqlite", "empty.duckdb", "empty.zip", "empty.csv", "empty.parquet"):
        (tmp_path / name).write_bytes(b"")
    for name in ("text.xlsx", "text.sqlite", "text.duckdb", "text.zip", "text.csv", "text.json"):
        (tmp_path / name).write_text("no,such\nthing\n")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "deep.json").write_text("[" * 100_000)
    return tmp_path


@pytest.fixture
def corridor(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(place)
        monkeypatch.setattr(sys, "argv", ["corridor", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


BAD = [
    *(f"check --data {name} --data-only" for name in (
        "absent", "study.yaml", "empty.xlsx", "text.xlsx", "folder.xlsx", "empty.sqlite", "text.sqlite",
        "empty.duckdb", "text.duckdb", "empty.zip", "text.csv", "/proc/self/mem", "/dev/null",
    )),
    *(f"plan {name}" for name in (
        "absent.yaml", "empty.yaml", "list.yaml", "code.yaml", "loop.yaml", "bytes.yaml", "folder.yaml",
        "text.csv",
        "study.yaml --scenario none", "study.yaml --override none", "study.yaml --to data.foo --budget nan",
        "study.yaml --workbook text.xlsx", "study.yaml --workbook folder.xlsx",
        "study.yaml --workbook absent.xlsx",
    )),
    *(f"sweep {name} --out out" for name in (
        "absent.yaml", "empty.yaml", "list.yaml", "bytes.yaml", "study.yaml",
    )),
    *(f"verify {name}" for name in ("absent", "data", "study.yaml")),
    *(f"import baci {name} --into mine" for name in (
        "absent.csv", "empty.csv", "text.csv", "empty.zip", "text.zip", "empty.parquet", "deep.json", "data",
    )),
    *(f"import {kind} text.csv --into mine" for kind in (
        "comtrade", "census", "tradestat --flow imports", "dgcis --flow imports", "comext", "usgs", "iea",
        "worldbank", "eto", "mrio", "table", "nothing",
    )),
    *(f"graph --data data --data-only --to {name}" for name in (
        "g.foo", "study.yaml/g.json", "/proc/g.json", "/proc/t.xlsx", "/proc/t.sqlite", "/proc/t.duckdb",
    )),
    "measure study.yaml --to study.yaml/m.csv",
    "measure study.yaml --to m.foo",
    "shock none --study study.yaml",
]  # fmt: skip


@pytest.mark.parametrize("words", BAD)
def test_bad_input_ends_in_one_message(words: str, corridor: Call, place: Path) -> None:
    before = sorted(path.relative_to(place).as_posix() for path in place.rglob("*"))
    code, _, err = corridor(*words.split())
    assert code in (2, 3), err
    assert "Traceback" not in err
    assert err.startswith(("corridor: ", "Usage: ")), err[:300]
    after = sorted(path.relative_to(place).as_posix() for path in place.rglob("*"))
    assert after == before


def test_errors_of_the_system_end_in_one_message(
    corridor: Call, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fault, message, wanted in (
        (MemoryError(), "not enough memory", 2),
        (OSError(28, os.strerror(28)), "No space left on device", 2),
        (KeyboardInterrupt(), "stopped", 130),
    ):

        def fail(*_: object, fault: BaseException = fault, **__: object) -> None:
            raise fault

        monkeypatch.setattr("corridor.data.checks.coverage", fail)
        code, _, err = corridor("check", "--data", "data", "--data-only")
        assert code == wanted
        assert message in err
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "edit",
    [
        "time_limit_s: .inf",
        "time_limit_s: 1.0e+300",
        "markets: {IND: .inf}",
        "markets: {IND: 1.0e+300, USA: 1}",
        "markets: {IND: .nan}",
        "discount_rate: .nan",
        "budget_usd_m: .nan",
    ],
)
def test_numbers_that_no_solver_takes(edit: str, place: Path) -> None:
    text = "\n".join(line for line in STUDY.splitlines() if not line.startswith(edit.split(":")[0]))
    (place / "odd.yaml").write_text(f"{text}\n{edit}\n")
    with pytest.raises(ConfigError, match=edit.split(":")[0]):
        load_study(place / "odd.yaml")


def test_damaged_results_are_reported(place: Path) -> None:
    """`verify` finds every damage to what it compares, however the file is damaged."""
    tables, study = load_tables(TINY), load_study(place / "study.yaml")
    out = place / "out"
    with results_folder(out) as folder:
        every = pd.concat([shares(tables, market) for market in ("IND", "USA")], ignore_index=True)
        plans = frontier(tables, study, budgets=[60])
        write_results(folder, study, tables, exposure(tables, ["IND", "USA"], study.target), every, plans)
        Log().write(folder)
    assert verify(out)["same"].all()
    plan = next((out / "plans").iterdir())
    files = [out / "exposure.csv", out / MARKER, out / "study.json"]
    files += [plan / f"{name}" for name in ("moves.csv", "losses.csv", "summary.json")]
    for seed, file in enumerate(files):
        original = file.read_bytes()
        copies = list(damaged(original, seed, 8))
        for content in [copies[seed % 4], random.Random(seed).choice(copies[5:])]:
            file.write_bytes(content)
            with contextlib.suppress(ConfigError):  # reported in a message if nothing can be compared
                found = verify(out)
                # one flipped bit may not matter; a file cut in half is never the same
                assert content != copies[seed % 4] or not found["same"].all(), file.name
        file.write_bytes(original)
    assert verify(out)["same"].all()
