"""The package declares exactly what it imports, and every dependency has a permissive licence."""

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions

from packaging.requirements import Requirement

from tests import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FREE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL-2\.0|Mozilla Public License 2\.0")
COPYLEFT = re.compile(r"(?<!L)GPL|AGPL|SSPL|Commons Clause|Business Source", re.IGNORECASE)


def plain(name: str) -> str:
    return name.lower().replace("_", "-")


def declared(*extras: str) -> set[str]:
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    return {plain(Requirement(text).name) for texts in lists for text in texts}


def imported() -> dict[str, set[str]]:
    """Distributions that the package imports anywhere in its code, and the files that import them."""
    of = packages_distributions()
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "corridor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
                names = [one.value for one in node.args[:1] if isinstance(one, ast.Constant)]
            for name in {name.split(".")[0] for name in names} - {"corridor", *sys.stdlib_module_names}:
                for package in of.get(name, [name]):
                    found.setdefault(plain(package), set()).add(file.name)
    return found


def all_dependencies() -> set[str]:
    """All dependencies of the package, direct and indirect."""
    todo = [Requirement(text) for text in PROJECT["dependencies"]]
    seen: set[str] = set()
    while todo:
        requirement = todo.pop()
        name = plain(requirement.name)
        if name in seen or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            todo += [Requirement(text) for text in distribution(name).requires or []]
        except PackageNotFoundError:  # of another platform
            continue
        seen.add(name)
    return seen


def test_imports_and_declared_dependencies_agree():
    assert set(imported()) == declared("scale", "input-output")


def test_all_dependencies_are_free_to_use():
    packages = all_dependencies()
    assert len(packages) > 40
    bound = {}
    for name in sorted(packages):
        about = distribution(name).metadata
        first = (about.get("License") or "").strip().splitlines()[:1]
        kinds = [text for text in about.get_all("Classifier", []) if text.startswith("License")]
        text = " ".join([about.get("License-Expression") or "", *first, *kinds])
        if not FREE.search(text) or COPYLEFT.search(text):
            bound[name] = text
    assert bound == {}


def test_the_page_lists_every_dependency():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    listed = {plain(name) for name in re.findall(r"^\| `([\w-]+)` \|", page, flags=re.M)}
    assert listed == declared("scale", "input-output")
