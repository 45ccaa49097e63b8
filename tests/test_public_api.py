"""The public names of corridor and what they take: a change of them is a decision, not an accident."""

from __future__ import annotations

import ast
import difflib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import corridor

SNAPSHOT = Path(__file__).parent / "public_api.txt"
ROOT = Path(corridor.__file__).parent
HEAVY = {
    "numpy", "pandas", "networkx", "scipy", "pyarrow", "pydantic", "yaml", "ortools", "folium", "branca",
    "geopandas", "pandera", "duckdb", "numba",
    "typer", "rich", "jinja2", "openpyxl", "xlsxwriter", "dask", "SALib", "fsspec",
}  # fmt: skip
RENEW = "if this is intended, add it to the changelog and renew the snapshot: python -m tests.test_public_api"


def described() -> str:
    """Every public name with its signature as written in the source, so that libraries do not matter."""
    return "\n".join(line for name in corridor.__all__ for line in _lines(name)) + "\n"


def _lines(name: str) -> list[str]:
    value = getattr(corridor, name)
    module = inspect.getmodule(value)
    assert module is not None
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    node = next(each for each in tree.body if getattr(each, "name", None) == value.__name__)
    if isinstance(node, ast.FunctionDef):
        return [f"def {name}{_signature(node)}"]
    assert isinstance(node, ast.ClassDef)
    lines = [f"class {name}({', '.join(map(ast.unparse, node.bases))})"]
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and not ast.unparse(member.target).startswith("_"):
            lines.append(f"    {ast.unparse(member)}")
        if isinstance(member, ast.FunctionDef) and (member.name == "__init__" or not member.name.startswith("_")):
            marks = "".join(f"@{ast.unparse(mark)} " for mark in member.decorator_list)
            lines.append(f"    {marks}def {member.name}{_signature(member)}")
    return lines


def _signature(node: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returns}"


def test_public_names_and_signatures() -> None:
    expected, found = SNAPSHOT.read_text(encoding="utf-8"), described()
    if expected != found:
        changes = "\n".join(
            difflib.unified_diff(expected.splitlines(), found.splitlines(), "expected", "found", "", "", 0)
        )
        pytest.fail(f"the public names or signatures changed; {RENEW}\n{changes}", pytrace=False)


def test_names_are_listed_once_and_to_type_checkers() -> None:
    """What is loaded on first use is what type checkers see, from the same module."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        name.asname: str(node.module).removeprefix("corridor.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    assert seen == corridor._WHERE
    assert sorted(seen) == corridor.__all__
    assert set(corridor.__all__) <= set(dir(corridor))
    with pytest.raises(AttributeError, match="no attribute 'exposre'"):
        corridor.exposre  # noqa: B018


def test_every_public_name_is_documented() -> None:
    undocumented = [name for name in corridor.__all__ if not inspect.getdoc(getattr(corridor, name))]
    assert undocumented == []


@pytest.mark.parametrize("statement", ["import corridor", "import corridor, corridor.cli"])
def test_importing_loads_nothing_heavy(statement: str) -> None:
    heavy = HEAVY - ({"typer", "rich"} if "cli" in statement else set())
    script = f"import sys; {statement}; print(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == [], f"`{statement}` loads {done.stdout}"


def test_types_are_shipped() -> None:
    assert (ROOT / "py.typed").is_file()
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert "Typing :: Typed" in project["project"]["classifiers"]
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["corridor"]
    assert not any("py.typed" in pattern for pattern in wheel.get("exclude", []))


def test_nothing_unpickles_or_evaluates() -> None:
    """What is read is data: no module of the package unpickles, evaluates, or loads YAML that may hold code."""
    wrong = []
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [each.name for each in node.names] + [getattr(node, "module", None) or ""]
                bad = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"} & set(names)
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                bad = {called} & {
                    "eval",
                    "exec",
                    "yaml.load",
                    "yaml.unsafe_load",
                    "yaml.full_load",
                    "pd.read_pickle",
                }
                if any(word.arg == "allow_pickle" for word in node.keywords):
                    bad |= {f"{called}(allow_pickle)"}
                if any(word.arg == "shell" and ast.unparse(word.value) == "True" for word in node.keywords):
                    bad |= {f"{called}(shell=True)"}
            else:
                continue
            wrong += [f"{file.relative_to(ROOT)}:{node.lineno}: {name}" for name in sorted(bad)]
    assert wrong == []


if __name__ == "__main__":
    SNAPSHOT.write_text(described(), encoding="utf-8")
    print(f"written: {SNAPSHOT}")
