"""Folders described as Frictionless Data Packages, validated by Frictionless itself."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from frictionless import Package

from corridor.config import load_study
from corridor.data.bundled import bundled
from corridor.data.datapackage import FILE, datapackage, write_datapackage
from corridor.data.tables import load_tables, write_tables
from corridor.errors import ConfigError
from corridor.measures import exposure, shares
from corridor.relocation import frontier
from corridor.runs.results import results_folder, save_table, write_results
from tests import TINY
from tools.bundled_data.datapackage import bundled_package

ARROW = {
    "string": {"string", "large_string"},
    "number": {"double", "int64"},
    "integer": {"int64"},
    "boolean": {"bool"},
}


def validated(path: Path) -> Package:
    """The package, with valid descriptor and CSV; parquet is compared with its schema by column and type."""
    package = Package(str(path))
    assert list(Package.metadata_validate(package.to_descriptor())) == []
    parquet = [resource for resource in package.resources if resource.path and resource.path.endswith(".parquet")]
    for resource in parquet:
        columns = pq.read_schema(path.parent / str(resource.path))
        assert columns.names == [field.name for field in resource.schema.fields]
        for field in resource.schema.fields:
            assert str(columns.field(field.name).type) in ARROW[field.type], (resource.name, field.name)
    for resource in package.resources:
        content = (path.parent / str(resource.path)).read_bytes()
        assert (resource.bytes, resource.hash) == (len(content), "sha256:" + hashlib.sha256(content).hexdigest())
    tabular = Package(str(path))
    for resource in list(tabular.resources):
        if not str(resource.path).endswith(".csv"):
            tabular.remove_resource(str(resource.name))
    report = tabular.validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "note"])[:10]
    return package


def test_the_bundled_descriptor_is_up_to_date() -> None:
    path = bundled("data") / FILE
    committed = json.loads(path.read_text(encoding="utf-8"))
    made = datapackage(path.parent, committed["name"], committed["title"], committed["description"])
    assert committed == made, (
        "data/ or corridor/data/schema changed: run `make datapackage`, and commit data/datapackage.json"
    )


def test_the_bundled_tables_keep_their_descriptor() -> None:
    package = validated(bundled("data") / FILE)
    assert {resource.name for resource in package.resources} >= {
        name for name, frame in load_tables() if len(frame)
    }
    recipes = package.get_resource("recipes").schema
    assert recipes.primary_key
    assert any(key["reference"]["resource"] == "components" for key in recipes.foreign_keys)
    assert len(package.sources) == len(load_tables().sources)


def test_renewing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "tools.bundled_data.datapackage.bundled", lambda name: write_tables(load_tables(TINY), tmp_path)
    )
    path = bundled_package()
    before = path.read_bytes()
    assert bundled_package().read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir() if file.suffix != ".csv") == [FILE]
    validated(path)


def test_a_wrong_cell_is_found_by_it(tmp_path: Path) -> None:
    write_tables(load_tables(TINY), tmp_path)
    write_datapackage(tmp_path, "tiny", "Tiny")
    demand = tmp_path / "demand.csv"
    demand.write_text(demand.read_text().replace("IND,motor,", "IND,mtor,", 1))
    report = Package(str(tmp_path / FILE)).validate()
    assert "foreign-key" in {row[0] for row in report.flatten(["type"])}


def test_results_are_a_package(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(
        "name: tiny\ntitle: Tiny\ntarget: [CHN]\nbudget_usd_m: 60\nbudgets_usd_m: [20, 60]\ndenials:\n"
        "  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: for tests only, cuts: [{cut: 0.9}]}\n"
    )
    tables, study = load_tables(TINY), load_study(tmp_path / "study.yaml")
    out = tmp_path / "out"
    with results_folder(out) as folder:
        plans = frontier(tables, study, budgets=list(study.budgets_usd_m))
        write_results(
            folder,
            study,
            tables,
            exposure(tables, ["IND", "USA"], study.target),
            pd.concat([shares(tables, market) for market in ("IND", "USA")], ignore_index=True),
            plans,
        )
        (folder / "index.html").write_text("<p>page</p>")
    package = validated(out / FILE)
    paths = {resource.path for resource in package.resources}
    written = {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()}
    assert paths == written - {FILE}
    assert package.get_resource("exposure").schema.get_field("net").type == "number"
    assert package.get_resource("demand").path == "tables/demand.parquet"


def test_odd_results(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=name": ["=1+1", "a,b\nc", None], "part": [0.5, None, 2.0], "none": [None] * 3})
    save_table(frame, tmp_path / "Odd Nämes" / "a b.csv")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "noending").write_text("x")
    path = write_datapackage(tmp_path, "odd", "Odd")
    names = {resource["name"] for resource in json.loads(path.read_text())["resources"]}
    assert names == {"odd_n_mes-a_b", "empty", "noending"}
    assert list(Package.metadata_validate(json.loads(path.read_text()))) == []


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no file"):
        datapackage(tmp_path, "a", "A")
    with pytest.raises(ConfigError, match="can't be described"):
        datapackage(tmp_path / "absent", "a", "A")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match="can't be described"):
        datapackage(tmp_path, "a", "A")
