"""The command line on the tiny data: what it prints and writes, exit codes, and no half-written results."""

import contextlib
import io
import json
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from corridor import cli
from corridor.data.schema import TABLES
from tests import TINY

STUDY = """\
name: tiny
title: Tiny
target: [CHN]
data: data
data_only: true
budget_usd_m: 60
budgets_usd_m: [20, 60, 200]
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""


@pytest.fixture
def place(tmp_path):
    """A folder with the tiny data and a study on it, complete: nothing of the bundled data is used."""
    shutil.copytree(TINY, tmp_path / "data")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the tiny data, a study and the results of a run, to be left as they are; what it printed."""
    place = tmp_path_factory.mktemp("finished")
    shutil.copytree(TINY, place / "data")
    (place / "study.yaml").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
        patch.setenv("COLUMNS", "160")
        patch.setattr(sys, "argv", ["corridor", "run", str(place / "study.yaml"), "--out", str(place / "results")])
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert end.value.code in (0, None)
    return place, printed.getvalue()


@pytest.fixture
def corridor(place, monkeypatch, capsys):
    """Call the command line in one process (only `finished` uses several); gives exit code, output, errors."""
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("corridor.parallel.processors", lambda: 1)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["corridor", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stopped:
            code = stopped.code or 0
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def edit(file, old, new):
    text = file.read_text()
    assert old in text, (file, old)
    file.write_text(text.replace(old, new, 1))


def test_help_of_every_command(corridor):
    code, out, _ = corridor("--help")
    assert code == 0
    for command in ("run", "check", "graph", "measure", "plan", "frontier", "map", "report"):
        assert f"\n  {command} " in out
        code, text, _ = corridor(command, "--help")
        assert code == 0
        assert "--data" in text


def test_check(corridor, place):
    code, out, _ = corridor("check", "--data", place / "data", "--data-only")
    assert code == 0
    assert "No faults found" in out
    assert "technologies" in out


def test_check_scale(corridor, place):
    """Recorded imports laid beside the tiny data; without them, a message."""
    code, _, error = corridor("check", "--scale", "--market", "DEU", "--data", place / "data", "--data-only")
    assert (code, "market DEU has no rows" in error or "no recorded imports of DEU" in error) == (2, True)
    code, _, error = corridor("check", "--to", place / "x.csv", "--data", place / "data", "--data-only")
    assert (code, "--to writes the rows" in error) == (2, True)
    source = pd.read_csv(place / "data" / "sources.csv")["key"][0]
    used = pd.read_csv(place / "data" / "codes.csv", dtype=str).query("nomenclature == 'HS6'").iloc[0]
    record = {"market": "IND", "nomenclature": "HS6", "code": used["code"], "status": "reported", "source": source}
    rows = [
        {**record, "origin": origin, "value_usd_m": value, "year": 2024}
        for origin, value in (("ALL", 200), ("CHN", 150))
    ]
    pd.DataFrame(rows).to_csv(place / "data" / "recorded_imports.csv", index=False)
    file = place / "scale.csv"
    code, out, _ = corridor("check", "--scale", "--data", place / "data", "--data-only", "--to", file)
    assert code == 0
    written = pd.read_csv(file, dtype={"code": str}).set_index(["nomenclature", "code"]).loc[("HS6", used["code"])]
    assert (written["recorded_usd_m"], written["recorded_from_target_usd_m"]) == (200.0, 150.0)
    assert used["component"] in written["components"]
    assert "groups of goods" in out


def test_measure_prints_and_writes(corridor, place):
    file = place / "out.csv"
    code, out, _ = corridor("measure", place / "study.yaml", "--market", "IND", "--to", file)
    assert code == 0
    assert "IND: exposure to CHN" in out
    frame = pd.read_csv(file)
    assert set(frame["market"]) == {"IND"}
    assert len(frame) == 9
    assert frame["net"].between(0, 1).all()
    for kind in ("json", "parquet"):
        assert corridor("measure", place / "study.yaml", "--to", place / f"out.{kind}")[0] == 0
        assert (place / f"out.{kind}").stat().st_size > 100


def test_graph(corridor, place):
    code, out, _ = corridor("graph", "--data", place / "data", "--data-only", "--to", place / "net.graphml")
    assert code == 0
    assert "nodes" in out
    assert (place / "net.graphml").is_file()


def test_plan_and_frontier(corridor, place):
    code, out, _ = corridor("plan", place / "study.yaml", "--to", place / "moves.csv")
    assert code == 0
    assert "Plan within US$ 60 million" in out
    assert len(pd.read_csv(place / "moves.csv")) > 0
    code, out, _ = corridor("frontier", place / "study.yaml", "--to", place / "frontier.csv")
    assert code == 0
    frame = pd.read_csv(place / "frontier.csv")
    assert frame["budget_usd_m"].tolist() == [20, 60, 200]
    assert frame["expected_loss_after_usd_m"].is_monotonic_decreasing
    assert (frame["cost_usd_m"] <= frame["budget_usd_m"] + 1e-6).all()


def test_run_leaves_a_complete_folder(corridor, finished, tmp_path):
    place, printed = finished
    assert "Open this page: file://" in printed
    results = place / "results"
    for name in ("index.html", "dependency.html", "plan.html", "exposure.csv", "frontier.csv", "study.json"):
        assert (results / name).stat().st_size > 100, name
    about = json.loads((results / "corridor.json").read_text())
    assert about["study"] == "tiny"
    assert set(about["tables_sha256"]) == set(TABLES)
    assert len(list((results / "plans").iterdir())) == 3
    # A second run replaces the first and leaves nothing else.
    again = shutil.copytree(results, tmp_path / "results")
    (again / "left-over.csv").write_text("of the first run")
    assert corridor("run", tmp_path / "study.yaml", "--out", again, "--no-reasons")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "results", "study.yaml"]
    assert (again / "index.html").is_file()
    assert not (again / "left-over.csv").exists()


def test_run_writes_pages_of_components_and_the_report(finished):
    place, _ = finished
    out = place / "results"
    ids = set(pd.read_csv(place / "data" / "components.csv")["id"])
    assert {path.stem for path in (out / "components").iterdir()} == ids
    assert (out / "components.html").is_file()
    assert "4. The plans" in (out / "report.html").read_text()
    assert 'href="frontier.csv"' in (out / "index.html").read_text()


def test_report_alone(corridor, place):
    out = place / "paper"
    code, text, _ = corridor("report", place / "study.yaml", "--out", out)
    assert code == 0
    assert "report.html" in text
    page = (out / "report.html").read_text()
    assert "In short" in page
    assert "index.html" not in page
    # The study's smallest budget and its own; the one between is one of these.
    assert list(pd.read_csv(out / "frontier.csv")["budget_usd_m"]) == [20, 60]


def test_a_foreign_folder_is_left_alone(corridor, place):
    (place / "mine").mkdir()
    (place / "mine" / "letter.txt").write_text("keep me")
    code, _, error = corridor("run", place / "study.yaml", "--out", place / "mine")
    assert code == 2
    assert "is no results folder of corridor" in error
    assert [path.name for path in (place / "mine").iterdir()] == ["letter.txt"]


BAD_DATA = [
    ("components.csv", "price_usd_per_unit", "price_usd", ["components", "price_usd", "unknown column"]),
    ("recipes.csv", "reported,tiny,2024,\n", "reported,,2024,\n", ["recipes", "source", "blank"]),
    ("sourcing.csv", "IND,magnet,CHN,0.9", "IND,magnet,CHN,1.9", ["sourcing", "share", "1.9"]),
    ("technologies.csv", "magnet-s,magnet,100", "magnet-s,magnet,-100", ["technologies", "capacity", "-100"]),
    ("demand.csv", "IND,motor", "IND,moter", ["demand", "moter", "motor"]),
    ("suppliers.csv", "CHN", "CHX", ["suppliers", "CHX"]),
    ("recipes.csv", "oxide,main,ore", "oxide,main,magnet", ["recipes", "oxide -> ", "magnet"]),
    ("sites.csv", "coast,Coast Park,Gujarat,72.5", "coast,Coast Park,Gujarat,", ["sites", "lon", "blank"]),
]


@pytest.mark.parametrize(("file", "old", "new", "words"), BAD_DATA)
def test_bad_data_is_reported_and_leaves_nothing(corridor, place, file, old, new, words):
    edit(place / "data" / file, old, new)
    code, _, error = corridor("run", place / "study.yaml", "--out", place / "results")
    assert code == 2
    assert "Traceback" not in error
    for word in (*words, "found", "wanted", "to fix"):
        assert word in error, error
    assert not (place / "results").exists()


def test_an_empty_table(corridor, place):
    file = place / "data" / "demand.csv"
    file.write_text(file.read_text().splitlines()[0] + "\n")
    code, _, error = corridor("check", "--data", place / "data", "--data-only")
    assert code == 2
    assert "demand" in error
    assert "no rows" in error


BAD_STUDIES = [
    ("title: Tiny", "titel: Tiny", "did you mean 'title'"),
    ("budget_usd_m: 60", "budget_usd_m: 0", "greater than 0"),
    ("cuts: [{cut: 0.9}]", "cuts: [{components: [magnit], cut: 0.9}]", "did you mean 'magnet'"),
    ("target: [CHN]", "target: [CHX]", "CHX"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD_STUDIES)
def test_bad_studies_are_reported_and_leave_nothing(corridor, place, old, new, message):
    edit(place / "study.yaml", old, new)
    code, _, error = corridor("run", place / "study.yaml", "--out", place / "results")
    assert (code, "Traceback" in error) == (2, False)
    assert message in error
    assert sorted(path.name for path in place.iterdir()) == ["data", "study.yaml"]


def test_an_unknown_scenario(corridor, place):
    code, _, error = corridor("plan", place / "study.yaml", "--scenario", "cautious")
    assert code == 2
    assert "no scenario 'cautious'" in error


def test_no_plan_has_its_own_code(corridor, place):
    with (place / "study.yaml").open("a") as file:
        file.write("force: [{technology: magnet-l}, {technology: ksm-l}]\n")
    code, _, error = corridor("plan", place / "study.yaml", "--budget", "5")
    assert code == 3
    assert "no plan exists" in error


def test_bad_option_values(corridor, place):
    assert corridor("plan", place / "study.yaml", "--budget", "-1")[0] == 2
    assert corridor("measure", place / "study.yaml", "--sector", "cars")[0] == 2
    assert corridor("measure", place / "study.yaml", "--to", place / "out.doc")[0] == 2
    assert corridor("nonsense")[0] == 2


def test_help_needs_no_heavy_library():
    """`corridor --help` stays quick because nothing heavy is imported for it."""
    code = """
import sys
sys.argv = ["corridor", "--help"]
from corridor import cli
from corridor.data.schema import TABLES
try:
    cli.main()
except SystemExit:
    pass
heavy = {"pandas", "numpy", "ortools", "folium", "geopandas", "pandera", "pydantic"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def found_by(folder, opened):
    """What the checks of files and of the records about them complain of; no table is computed again."""
    from corridor.runs import files_listed, verify

    changed = [what for what, wrong in files_listed.check_files(folder) if wrong]
    return changed or [what for what, wrong in verify._records(folder, *opened) if wrong]


def _falsify(out, plan):
    """Every figure of the plan's tables times three, the frontier doubled, a better summary; and new checksums."""
    from corridor.runs.results import descriptor

    for file in (*plan.glob("*.csv"), out / "frontier.csv"):
        table = pd.read_csv(file)
        floats = table.select_dtypes("float").columns
        table[floats] *= 2.0 if file.name == "frontier.csv" else 3.0
        table.to_csv(file, index=False)
    summary = json.loads((plan / "summary.json").read_text())
    summary |= {"gap": 0.5, "objective": 1.0, "capex_usd_m": 3.0}
    (plan / "summary.json").write_text(json.dumps(summary, indent=1, sort_keys=True) + "\n")
    (out / "datapackage.json").write_text(json.dumps(descriptor(out), indent=1, ensure_ascii=False) + "\n")


def test_results_verify_and_tampering_shows(corridor, place, finished):
    from corridor.runs import verify

    out = shutil.copytree(finished[0] / "results", place / "out")
    code, text, _ = corridor("verify", out)
    assert code == 0, text
    assert "checks are the same" in text
    assert "Not checked, for only a search can tell: bound" in text
    opened = verify._open(out)
    files = [file for file in sorted(out.rglob("*")) if file.is_file()]
    assert found_by(out, opened) == []
    for number, file in enumerate(files):  # one byte of every file, each in its turn
        content = file.read_bytes()
        if not content:
            continue
        place = 7919 * number % len(content)
        file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        name = file.relative_to(out).as_posix()
        assert any(name in what for what in found_by(out, opened)), name
        file.write_bytes(content)
    plan = max((out / "plans").iterdir())
    page = (out / "index.html").read_bytes()
    (out / "index.html").write_text("<h1>All is well</h1>")
    (plan / "facilities.csv").rename(out / "facilities.csv")
    code, text, _ = corridor("verify", out)
    assert code == 1
    shown = " ".join(text.split())
    for told in (
        f"plans/{plan.name}/facilities.csv compared by checksum is missing",
        "facilities.csv compared by checksum is extra",
        "index.html compared by checksum was changed",
    ):
        assert told in shown
    (out / "facilities.csv").rename(plan / "facilities.csv")
    (out / "index.html").write_bytes(page)
    _falsify(out, plan)
    code, text, _ = corridor("verify", out)
    assert code == 1
    shown = " ".join(text.split())
    for name in ("moves", "limits", "second_sources", "losses", "exposure", "summary"):
        if len(pd.read_csv(plan / f"{name}.csv") if name != "summary" else [1]):
            assert f"plan {plan.name}: {name} recomputed differs in" in shown
    assert "frontier recomputed differs in" in shown
    assert "compared by checksum was changed" not in shown  # for the falsifier wrote new checksums
    (out / "datapackage.json").unlink()
    assert "no file can be compared" in " ".join(corridor("verify", out)[1].split())
    tables = out / "tables" / "demand.parquet"
    pd.read_parquet(tables).assign(growth=0.5).to_parquet(tables, index=False)
    code, text, _ = corridor("verify", out)
    assert code == 1
    assert "table demand" in text
    (out / "study.json").write_text("{")
    code, _, err = corridor("verify", out)
    assert code == 2
    assert "incomplete or damaged" in err
    assert corridor("verify", place)[0] == 2


def test_two_runs_into_one_folder_are_kept_apart(corridor, place):
    from corridor.runs.results import results_folder

    with results_folder(place / "out"):
        code, _, err = corridor("map", place / "study.yaml", "--out", place / "out")
    assert code == 2
    assert "another run is writing there" in err
    assert not list(place.glob(".out*"))
