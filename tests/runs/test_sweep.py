"""Sweeps: every combination once, the same on a cluster, and nothing lost when workers are killed."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from corridor import parallel as scale
from corridor import write_tables
from corridor.cli import app
from corridor.errors import ConfigError, CorridorError
from corridor.relocation import optimize
from corridor.runs.sweep import finished, load_sweep, read_sweep, run_sweep, tasks_of
from tests import ROOT
from tests.hand import study, tables
from tests.relocation.test_optimize import CASE

STUDY = """
name: small
title: Small
markets: {IND: 1.0}
data: tables
data_only: true
first_year: 2026
last_year: 2029
discount_rate: 0
budget_usd_m: 90
planned_use: 1
surge: 1
spare: 0
adaptation: 0
gap: 0
denials: [{name: stop, start: 2028, months: 12, probability: 1, reason: a case by hand, cuts: [{cut: 1}]}]
overrides:
  half:
    denials: [{name: stop, start: 2028, months: 6, probability: 1, reason: a case by hand, cuts: [{cut: 1}]}]
scenarios: {short: [half]}
"""
SWEEP = """
study: small.yaml
data: tables
data_only: true
scenarios: ["", short]
budgets_usd_m: [60, 90]
draws: 1
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    write_tables(tables(**CASE), folder / "tables")
    (folder / "small.yaml").write_text(STUDY)
    (folder / "sweep.yaml").write_text(SWEEP)
    return folder


def test_every_combination_is_planned_once(place, tmp_path):
    sweep = load_sweep(place / "sweep.yaml")
    reported = []
    table = run_sweep(
        sweep, tmp_path / "out", workers=1, progress=lambda done, all_: reported.append((done, all_))
    )
    assert reported == [(done, 8) for done in range(9)]
    assert len(table) == 8
    assert table["task"].is_unique
    assert table["plan"].all()
    row = table[(table["scenario"] == "base") & (table["budget_usd_m"] == 90) & (table["draw"] == 0)]
    by_hand = optimize(tables(**CASE), study(), budget_usd_m=90).summary["expected_loss_after_usd_m"]
    assert row["expected_loss_after_usd_m"].tolist() == pytest.approx([by_hand], abs=1e-6)
    losses = table[table["budget_usd_m"] == 60].groupby("scenario")["expected_loss_before_usd_m"].max()
    assert losses["base"] == pytest.approx(2 * losses["short"])
    moves = read_sweep(tmp_path / "out", "moves")
    assert moves.groupby("task").size().to_dict() == table.set_index("task")["moves"][lambda m: m > 0].to_dict()
    assert len(pd.read_parquet(tmp_path / "out" / "summary")) == 8, "a dataset that other tools read as one"


def test_a_sweep_continues_where_it_was(place, tmp_path, monkeypatch):
    sweep = load_sweep(place / "sweep.yaml")
    out = tmp_path / "out"
    table = run_sweep(sweep, out, workers=1)
    gone = sorted(out.glob("summary/*/*.parquet"))[:3]
    for path in gone:
        path.unlink()
    (gone[0].parent / ".half.part").write_bytes(b"cut off")
    ran = []
    monkeypatch.setattr(
        "corridor.runs.sweep.solve_task",
        lambda task, real=sys.modules["corridor.runs.sweep"].solve_task: ran.append(task.name) or real(task),
    )
    again = run_sweep(sweep, out, workers=1)
    assert sorted(ran) == sorted(path.stem for path in gone)
    columns = ["task", "expected_loss_after_usd_m", "moves"]
    assert again[columns].equals(table[columns])
    assert len(finished(out)) == 8


def test_a_killed_process_costs_only_its_task(tmp_path):
    items = [(str(tmp_path), number) for number in range(12)]
    results = dict(scale.each(die_once, items, workers=2))
    assert results == {number: number * number for number in range(12)}
    assert len(list(tmp_path.glob("died-*"))) == 1


def test_workers_that_keep_dying_are_reported(tmp_path):
    with pytest.raises(CorridorError, match="workers died 4 times"):
        list(scale.each(die_always, [1, 2, 3], workers=2))


def die_once(item):
    folder, number = item
    mark = Path(folder) / f"died-{number}"
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return number * number


def die_always(item):
    os.kill(os.getpid(), 9)
    return item


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def cluster():
    """A scheduler and two workers as processes of their own."""
    pytest.importorskip("distributed", reason="the extra corridor[scale] is not installed")
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": env}
    dask = [sys.executable, "-m"]
    scheduler = [*dask, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = [*dask, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    started = [subprocess.Popen([*scheduler, "--no-dashboard"], **quiet)]
    started += [subprocess.Popen([*worker, "--no-dashboard"], **quiet) for _ in range(2)]
    yield address, started[1:]
    for process in started[::-1]:
        process.kill()
        process.wait()


def slow_square(number):
    time.sleep(0.2)
    return number * number


def test_a_cluster_loses_a_worker_and_nothing_else(cluster):
    address, workers = cluster
    results = {}
    for number, value in scale.each(slow_square, list(range(20)), cluster=address):
        results[number] = value
        if len(results) == 4:
            workers[0].kill()
    assert results == {number: number * number for number in range(20)}


def test_a_sweep_on_a_cluster_is_the_same(place, tmp_path, cluster):
    sweep = load_sweep(place / "sweep.yaml").model_copy(update={"draws": 0})
    here = run_sweep(sweep, tmp_path / "here", workers=1)
    there = run_sweep(sweep, tmp_path / "there", cluster=cluster[0])
    columns = ["task", "scenario", "budget_usd_m", "expected_loss_after_usd_m", "moves"]
    assert here[columns].equals(there[columns])


def test_faults_are_reported(place, tmp_path):
    file = tmp_path / "bad.yaml"
    for text, words in (
        ("draws: -1\nbudgets: [1]\n", r"draws(.|\n)*budgets"),
        ("study: nowhere\n", "no such file"),
        ("study: default\nscenarios: [mild]\n", "no scenario 'mild'"),
        ("study: default\nsettings: {sparr: [1]}\n", "no setting sparr"),
        ("study: default\nsettings: {spare: [-1]}\n", "is no valid study: spare"),
        ("- 1\n", "begin with"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=words):
            tasks_of(load_sweep(file), str(tmp_path))
    with pytest.raises(ConfigError, match="can't be reached"):
        list(scale.each(slow_square, [1, 2], cluster=f"tcp://127.0.0.1:{free_port()}"))


def test_the_command(place, tmp_path):
    result = CliRunner().invoke(
        app, ["sweep", str(place / "sweep.yaml"), "--out", str(tmp_path / "o"), "--workers", "1"]
    )
    assert result.exit_code == 0, result.output
    assert "8 tasks, 8 plans" in result.output
