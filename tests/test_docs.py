"""README and docs are correct: commands exist with their options, Python runs, files exist."""

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from corridor.cli import app
from corridor.config import load_study
from corridor.runs.sweep import load_sweep
from tests import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {
    (page.name, line.strip())
    for page in PAGES
    for line in page.read_text(encoding="utf-8").splitlines()
    if re.match(r"\s{4}(\.venv/bin/)?corridor ", line)
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def test_there_is_something_to_check():
    assert len(COMMANDS) > 25
    assert {page.name for page in PAGES if blocks(page, "python")} >= {
        "README.md",
        "researchers.md",
        "extending.md",
    }


@pytest.mark.parametrize(("page", "line"), sorted(COMMANDS))
def test_commands_exist_with_their_options(page, line):
    name, *words = shlex.split(line.split(" #")[0])[1:]
    while name.startswith("--"):  # an option of all commands, and its value
        assert any(name in option.opts for option in get_command(app).params)
        _, name, *words = words
    command = get_command(app).commands[name]
    parameters = command.make_context(name, list(words)).params
    for key in ("study", "name"):
        value = parameters.get(key)
        if (
            isinstance(value, str)
            and not value.startswith(("magnets", "SWEEP"))
            and name not in ("shock", "import")
        ):
            load_study(str(ROOT / value) if value.endswith(".yaml") else value)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_python_runs(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": page.stem}
    for block in blocks(page, "python"):
        exec(compile(block, page.name, "exec"), space)
    assert "tables" in space


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    named = re.findall(r"`((?:corridor|data|configs|tests|docs|maps)/[\w./*-]*\w[\w./*-]*)`", text)
    lost = [link for link in links if not (page.parent / link).exists()]
    lost += [name for name in named if not any(ROOT.glob(name.rstrip("/")))]
    assert lost == []


def test_studies_and_sweeps_are_read(tmp_path):
    planner = blocks(ROOT / "docs" / "planners.md", "yaml")[0]
    (tmp_path / "magnets.yaml").write_text(planner, encoding="utf-8")
    study = load_study(str(tmp_path / "magnets.yaml"))
    assert study.sectors == ("magnets", "battery")
    sweep = blocks(ROOT / "docs" / "clusters.md", "yaml")[0]
    assert yaml.safe_load(sweep)["draws"] == 20
    (tmp_path / "sweep.yaml").write_text(sweep, encoding="utf-8")
    assert load_sweep(tmp_path / "sweep.yaml").budgets_usd_m


@pytest.mark.parametrize("file", sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")), ids=lambda file: file.stem)
def test_notebooks_run(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    book = json.loads(file.read_text(encoding="utf-8"))
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert (book["nbformat"], len(cells) > 4) == (4, True)
    space: dict[str, object] = {"__name__": file.stem}
    for cell in cells:
        assert cell["outputs"] == []  # no stored results
        tree = ast.parse(cell["source"])
        shown = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file.name, "exec"), space)
        if shown is not None:
            value = eval(compile(ast.Expression(shown.value), file.name, "eval"), space)
            assert getattr(value, "_repr_html_", lambda: "shown")()
