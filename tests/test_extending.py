"""docs/extending.md is true: its recipes for code are performed on a copy (those for data run in test_docs)."""

import re
import shutil
import subprocess
import sys

import pytest

from tests import ROOT, TINY

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
RECIPE = re.compile(r'^```\w+ file=(\S+) (new|append|before="[^"]+")\n(.*?)^```$', flags=re.M | re.S)
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


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project in which all recipes have been performed."""
    place = tmp_path_factory.mktemp("extended")
    for name in ("corridor", "data", "configs"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    done = []
    for name, how, text in RECIPE.findall(PAGE):
        file = place / name
        if how == "new":
            assert not file.exists(), f"{name} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif how == "append":
            file.write_text(file.read_text(encoding="utf-8") + "\n\n" + text, encoding="utf-8")
        else:
            line = how.removeprefix('before="').removesuffix('"') + "\n"
            old = file.read_text(encoding="utf-8")
            assert old.count(line) == 1, f"{name} holds {line!r} {old.count(line)} times"
            file.write_text(old.replace(line, text + line), encoding="utf-8")
        done.append(name)
    assert len(done) >= 8, "the recipes are gone from the page"
    shutil.copytree(TINY, place / "data-tiny")
    if (ROOT / ".mypy_cache").is_dir():  # what `make lint` found out about everything that the recipes leave alone
        shutil.copytree(ROOT / ".mypy_cache", place / ".mypy_cache")
    return place


def corridor(place, *arguments):
    command = [sys.executable, "-c", "from corridor.cli import main; main()", *map(str, arguments)]
    environment = {"PYTHONPATH": str(place), "PATH": "/usr/bin:/bin", "COLUMNS": "160", "HOME": str(place)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_measure_is_in_the_command_line(extended):
    assert "origins" in corridor(extended, "measure", "--list")
    out = corridor(extended, "measure", "--kind", "origins", "--market", "IND")
    assert "countries with 1 %" in out or "origins" in out


def test_the_importer_reads_a_file(extended):
    raw = extended / "office.csv"
    raw.write_text("Year,Country,HSCode,ValueUSD\n2023,China,850760,1000000\n2023,Japan,850760,500000\n")
    out = corridor(extended, "import", "port-office", raw, "--into", extended / "mine")
    assert "2 rows of trade" in out


def test_the_page_is_written(extended):
    study = extended / "study.yaml"
    study.write_text(STUDY.replace("data: data", "data: data-tiny"))
    corridor(extended, "map", study, "--out", extended / "pages")
    page = (extended / "pages" / "firms.html").read_text(encoding="utf-8")
    assert "<h1>Firms</h1>" in page
    assert "Content-Security-Policy" in page


@pytest.mark.parametrize(
    "code",
    [
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "from mypy.main import main; main(args=['corridor/measures/supply/origins_counted.py', "
        "'corridor/importers/trade/port_office.py', 'corridor/pages/firms/page.py'])",
    ],
    ids=["layers", "types"],
)
def test_layers_and_types_hold(extended, code):
    """What `make lint` asks of code: imports point one way, and types are strict."""
    environment = {"PYTHONPATH": str(extended), "PATH": "/usr/bin:/bin", "HOME": str(extended)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=extended, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
