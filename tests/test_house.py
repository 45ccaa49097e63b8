"""Structure: every module can be imported under its own name, and every address in the docs exists."""

import importlib
import pkgutil
import re
import sys
import types
from pathlib import Path

import pytest

import corridor
from tests import ROOT

MODULES = [
    found.name for found in pkgutil.walk_packages(corridor.__path__, "corridor.") if "__main__" not in found.name
]
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
ADDRESS = re.compile(r"(?<![\w./-])(?:corridor|tools)(?:\.[A-Za-z_]\w*)+")
PLACE = re.compile(r"(?<![\w./-])((?:corridor|tools|tests|data|configs|docs)/[\w./-]*\w/?)")
#: Files that a run or a release makes, and words that look like addresses.
MADE = {"corridor/_bundled", "corridor.json", "corridor.cff", "corridor.yaml"}


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_hidden_by_a_function_of_its_name(name):
    importlib.import_module(name)
    above, _, last = name.rpartition(".")
    assert isinstance(getattr(sys.modules[above], last), types.ModuleType), f"import {name} as m gives no module"


def text_of(page: Path) -> str:
    """A page without the files that its reader is to write."""
    return re.sub(r"^```\w+ file=.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def addresses():
    for page in DOCS:
        for found in sorted(set(ADDRESS.findall(text_of(page))) - MADE):
            yield pytest.param(found, id=f"{page.name}:{found}")


@pytest.mark.parametrize("address", addresses())
def test_every_address_in_the_docs_exists(address):
    steps = address.split(".")
    for length in range(len(steps), 0, -1):
        try:
            named = importlib.import_module(".".join(steps[:length]))
        except ModuleNotFoundError as missing:
            if not ".".join(steps[:length]).startswith(str(missing.name)):
                raise
            continue
        for step in steps[length:]:
            named = getattr(named, step)
        return
    raise AssertionError(f"nothing is called {address}")


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_every_file_that_the_docs_name_is_there(page):
    text = text_of(page)
    lost = [name for name in PLACE.findall(text) if not (ROOT / name).exists() and not list(ROOT.glob(name))]
    assert not [name for name in lost if not any(name.startswith(made) for made in MADE)]


def test_folders_stay_small():
    package = ROOT / "corridor"
    at_top = {path.name for path in package.iterdir()} - {"__init__.py", "py.typed", "_bundled", "__pycache__"}
    assert len(at_top) <= 15, sorted(at_top)
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        modules = [path for path in folder.glob("*.py") if not path.name.startswith("__")]
        assert len(modules) <= 15, f"{folder.relative_to(ROOT)} holds {len(modules)} modules"
