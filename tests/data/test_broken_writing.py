"""Full disks, read-only places, killed processes: a message, nothing lost, nothing half-written."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest

from corridor.config import Study, load_study
from corridor.data.datapackage import write_datapackage
from corridor.data.exchange import SUFFIXES, read_graph, write_graph
from corridor.data.graph import build_graph
from corridor.data.tables import FORMATS, ONE_FILE, Tables, load_tables, write_tables
from corridor.errors import ConfigError, CorridorError
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.write_into import land
from corridor.runs.results import MARKER, results_folder, save_table
from corridor.runs.sweep import Sweep, Task, _write, finished, read_sweep, tasks_of
from corridor.workbook import read_workbook, write_workbook
from tests import ROOT, TINY

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
data: data
data_only: true
budget_usd_m: 60
budgets_usd_m: [20, 60]
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""


@cache
def tiny() -> Tables:
    return load_tables(TINY)


@cache
def study() -> Study:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(STUDY)
        return load_study(file)


LONG = pd.DataFrame({"number": np.arange(20_000), "text": [f"row {row} of a long table" for row in range(20_000)]})
OLD = pd.DataFrame({"number": [1], "text": ["old"]})


def imported(frame: pd.DataFrame) -> Imported:
    rows = pd.DataFrame(
        {"market": ["IND"], "component": ["smartphone"], "value_usd_m": [1.0], "status": "reported"}
    )
    report = ImportReport.of("mine", ["a.csv"], (1, 1.0), [], [])
    source = source_row("mine", str(frame["text"].iloc[0]) * 200, "publisher", "", "licence", "")
    return Imported({"demand": rows.assign(source="mine"), "sources": source}, report)


def frame_of(tables: Tables) -> str:
    return str(tables.sources["title"].iloc[0])


def titled(frame: pd.DataFrame) -> Tables:
    """The tiny tables, with a source whose title is the version, and long enough to fill a small disk."""
    text = str(frame["text"].iloc[0])
    return tiny().replace(
        sources=tiny().sources.assign(title=text, note=text * 1_000).astype(dict(tiny().sources.dtypes))
    )


Writer = tuple[str, Callable[[pd.DataFrame, Path], Any], Callable[[Path], str]]
WRITERS: dict[str, Writer] = {
    **{
        f"tables {format}": (
            f"t.{format}" if format in ONE_FILE else f"{format}",
            lambda frame, path, format=format: write_tables(titled(frame), path, format),
            lambda path: frame_of(load_tables(path)),
        )
        for format in FORMATS
    },
    **{
        f"graph {suffix}": (
            f"g{suffix}",
            lambda frame, path: write_graph(build_graph(titled(frame)), path),
            lambda path: str(read_graph(path).graph["sources"][0]["title"]),
        )
        for suffix in SUFFIXES
    },
    **{
        f"table {suffix}": (f"s{suffix}", save_table, read)
        for suffix, read in {
            ".csv": lambda path: str(pd.read_csv(path)["text"].iloc[0]),
            ".json": lambda path: str(pd.read_json(path)["text"].iloc[0]),
            ".parquet": lambda path: str(pd.read_parquet(path)["text"].iloc[0]),
        }.items()
    },
    "workbook": (
        "plan.xlsx",
        lambda frame, path: write_workbook(
            path, study().model_copy(update={"title": frame["text"].iloc[0]}), tiny()
        ),
        lambda path: read_workbook(path, tiny()).title,
    ),
    "import": (
        "mine",
        lambda frame, path: land([imported(frame)], path, check=False),
        lambda path: str(pd.read_csv(path / "sources.csv")["title"].iloc[0])[: len("old")],
    ),
    "data package": (
        "package",
        lambda frame, path: write_datapackage(path, "a", str(frame["text"].iloc[0]) * 200),
        lambda path: str(json.loads((path / "datapackage.json").read_text())["title"])[: len("old")],
    ),
}


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """No file may grow beyond a size, as on a full disk: the write fails with an error of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("kind", WRITERS)
def test_a_full_disk(kind: str, tmp_path: Path) -> None:
    """An empty place stays empty, and an existing file stays unchanged."""
    name, write, read = WRITERS[kind]
    study()  # made while there is room
    if kind == "data package":
        write_tables(tiny(), tmp_path / name)
    before = files_of(tmp_path)
    for size in (0, 300):
        with small_disk(size), pytest.raises(CorridorError, match="can't be written|cannot write") as caught:
            write(LONG, tmp_path / name)
        assert "\n" not in str(caught.value)
        assert files_of(tmp_path) == before
    write(OLD, tmp_path / name)
    before = files_of(tmp_path)
    with small_disk(300), pytest.raises(CorridorError):
        write(LONG, tmp_path / name)
    assert files_of(tmp_path) == before
    assert read(tmp_path / name) == "old"


@pytest.mark.parametrize("kind", WRITERS)
def test_places_that_cannot_be_written_to(kind: str, tmp_path: Path) -> None:
    name, write, _ = WRITERS[kind]
    (tmp_path / "file").write_text("kept")
    for place in (tmp_path / "file" / name, tmp_path / "file" / "deep" / name, Path("/proc/nowhere") / name):
        with pytest.raises(CorridorError) as caught:
            write(OLD, place)
        assert "\n" not in str(caught.value)
    assert files_of(tmp_path) == {"file": b"kept"}


def test_results_on_a_full_disk(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with small_disk(300), pytest.raises(ConfigError, match="can't be written"), results_folder(out) as folder:
        (folder / MARKER).write_text("{}" * 1_000)
    assert list(tmp_path.iterdir()) == []
    with results_folder(out) as folder:
        (folder / MARKER).write_text("old")
    for fault in (KeyboardInterrupt(), ValueError("x"), OSError(28, "No space left on device")):
        with pytest.raises((KeyboardInterrupt, ValueError, ConfigError)):
            fail(out, fault)
        assert files_of(tmp_path) == {f"out/{MARKER}": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def fail(out: Path, fault: BaseException) -> None:
    with results_folder(out) as folder:
        (folder / MARKER).write_text("new")
        raise fault


def test_an_earlier_result_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fails between the two renames that exchange the folders."""
    out = tmp_path / "out"
    with results_folder(out) as folder:
        (folder / MARKER).write_text("old")
    true, calls = os.replace, []

    def replace(source: Any, target: Any) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        true(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(ConfigError, match="Input/output error"), results_folder(out) as folder:
        (folder / MARKER).write_text("new")
    assert files_of(tmp_path) == {f"out/{MARKER}": b"old"}
    assert len(calls) == 3


# --- sweeps ---


def task(folder: Path, scenario: str = "") -> Task:
    sweep = Sweep(study=str(folder / "study.yaml"), scenarios=("",))
    (folder / "study.yaml").write_text(STUDY)
    one = tasks_of(sweep, str(folder / "out"))[0]
    return Task(**{**{name: getattr(one, name) for name in one.__dataclass_fields__}, "scenario": scenario})


def test_files_of_a_sweep_on_a_full_disk(tmp_path: Path) -> None:
    one = task(tmp_path)
    with small_disk(100), pytest.raises(ConfigError, match="can't be written"):
        _write(OLD, one, "summary")
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert finished(tmp_path / "out") == set()
    _write(OLD, one, "summary")
    assert finished(tmp_path / "out") == {one.name}


@pytest.mark.parametrize("scenario", ["../../../../escaped", "a/b", "..", "plain", "50%", "with blank", "ünï"])
def test_names_of_scenarios_are_no_paths(scenario: str, tmp_path: Path) -> None:
    one = task(tmp_path, scenario)
    _write(OLD.assign(task=one.name), one, "summary")
    files = list(tmp_path.rglob("*.parquet"))
    assert len(files) == 1
    assert files[0].parent.parent == tmp_path / "out" / "summary"
    assert read_sweep(tmp_path / "out")["scenario"].tolist() == [scenario]


def test_a_broken_file_of_a_sweep(tmp_path: Path) -> None:
    one = task(tmp_path)
    _write(OLD, one, "summary")
    file = next((tmp_path / "out").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ConfigError, match="delete it, and run the sweep again"):
        read_sweep(tmp_path / "out")
    with pytest.raises(ConfigError, match="give a folder"):
        read_sweep("nosuch://bucket/x")


# --- full processes ---


def corridor(folder: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell may ignore it

    return subprocess.Popen(
        [sys.executable, "-m", "corridor.cli", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        start_new_session=True,
        preexec_fn=prepare,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def test_output_that_takes_nothing(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        run = corridor(tmp_path, "check", "--data", str(TINY), "--data-only", stdout=full)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert err == "corridor: can't read or write: No space left on device.\n"


def in_session(number: int) -> list[int]:
    """Processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session = stat.read_text().rpartition(")")[2].split()[:4]
            if int(session) == number and state != "Z":
                found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped(how: signal.Signals, tmp_path: Path) -> None:
    """Stopped while planning in two processes: these end too, the earlier result stays, a later run succeeds."""
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MARKER).write_text("old")
    run = corridor(tmp_path, "run", "study.yaml", "--out", "out")
    while len(in_session(run.pid)) < 4 and run.poll() is None:  # itself, two workers, their tracker
        time.sleep(0.02)
    assert run.poll() is None, "the run was over before it could be stopped"
    os.kill(run.pid, how)
    _, err = run.communicate(timeout=60)
    while in_session(run.pid):  # or the test never ends
        time.sleep(0.02)
    assert files_of(tmp_path / "out") == {MARKER: b"old"}
    if how != signal.SIGKILL:
        assert run.returncode == 128 + how
        assert err.endswith(
            "corridor: stopped; no half-written results are left, plans found are kept. "
            "Fix: continue with run --resume.\n"
        )
        assert "Traceback" not in err
        left = {path.name for path in tmp_path.iterdir()} - {".out.resume"}  # plans that were found are kept
        assert left == {"data", "out", "study.yaml"}
    with results_folder(tmp_path / "out") as folder:  # the lock went with its process
        (folder / MARKER).write_text("new")
    assert files_of(tmp_path / "out")[MARKER] == b"new"


def test_what_a_killed_run_left_is_cleared_and_the_earlier_result_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "study"
    stale, other = tmp_path / ".study-abcd1234", tmp_path / ".study-two-abcd1234"
    for folder in (stale / "old", stale / "new", other / "new"):
        folder.mkdir(parents=True)
    (stale / "old" / MARKER).write_text("{}")
    (stale / "old" / "kept.txt").write_text("earlier")
    with pytest.raises(ConfigError), results_folder(out):
        raise ConfigError("stopped")
    assert (out / "kept.txt").read_text() == "earlier"
    assert not stale.exists()
    assert other.exists()
