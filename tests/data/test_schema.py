"""The schema files, and the schemas made from them."""

import json
from pathlib import Path

import pytest

from corridor.data.frames import conform
from corridor.data.schema import TABLES, json_table_schema, key_columns, load_schema, pandera_schema
from corridor.data.tables import load_tables
from corridor.errors import ConfigError
from tests import ROOT, TINY


def test_every_schema_file_is_a_table() -> None:
    files = {path.stem for path in (ROOT / "corridor" / "data" / "schema").glob("*.csv")}
    assert files == set(TABLES)
    assert len(TABLES) == len(set(TABLES))


def test_columns_are_well_declared() -> None:
    for table in TABLES:
        columns = load_schema(table)
        assert len({column.name for column in columns}) == len(columns)
        assert key_columns(table)
        for column in columns:
            assert column.type in ("string", "number", "integer", "boolean"), (table, column.name)
            assert column.description, (table, column.name)
            if column.refers:
                assert column.refers[1] in key_columns(column.refers[0]), (table, column.name)
            if column.key:
                assert not column.nullable, (table, column.name)


def test_defaults_have_the_type_of_their_column() -> None:
    by_name = {column.name: column for column in load_schema("technologies")}
    assert by_name["most_plants"].default == 4
    assert isinstance(by_name["most_plants"].default, int)
    assert by_name["ramp"].default == 1.0
    assert not by_name["ramp"].nullable
    assert by_name["capex_low"].nullable


def test_unknown_table() -> None:
    with pytest.raises(ConfigError, match=r"no table 'suply'; the tables are countries"):
        load_schema("suply")


@pytest.mark.parametrize("table", TABLES)
def test_pandera_passes_what_the_loader_passes(table: str) -> None:
    frame = load_tables(TINY)[table]
    out = pandera_schema(table).validate(frame, lazy=True)
    assert out.equals(frame)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("supply", "share", 1.5),
        ("supply", "share", -0.1),
        ("supply", "capacity", -1.0),
        ("supply", "status", "guessed"),
        ("supply", "status", None),
        ("supply", "country", None),
        ("supply", "share", float("inf")),
        ("components", "stage", "ores"),
        ("technologies", "most_plants", 0),
        ("countries", "lon", 181.0),
        ("countries", "lat", None),
        ("countries", "governance", None),
        ("sites", "port", None),
    ],
)
def test_pandera_and_loader_agree(table: str, column: str, value: object) -> None:
    from pandera.errors import SchemaErrors

    frame = load_tables(TINY)[table].copy()
    frame.loc[1, column] = value
    _, faults = conform(table, frame)
    try:
        pandera_schema(table).validate(frame, lazy=True)
        passed = True
    except SchemaErrors:
        passed = False
    assert passed == (not faults)
    assert passed == ((table, column) in [("countries", "governance"), ("sites", "port")])
    assert all(fault.column == column and fault.row == "1" for fault in faults)


def test_pandera_refuses_a_key_that_appears_twice() -> None:
    import pandas as pd
    from pandera.errors import SchemaErrors

    frame = load_tables(TINY).demand
    with pytest.raises(SchemaErrors, match="not unique"):
        pandera_schema("demand").validate(pd.concat([frame, frame.iloc[:1]], ignore_index=True), lazy=True)


def test_json_table_schema() -> None:
    schema = json.loads(json.dumps(json_table_schema("supply")))
    assert schema["primaryKey"] == ["component", "country", "year"]
    assert schema["missingValues"] == [""]
    fields = {field["name"]: field for field in schema["fields"]}
    assert list(fields) == [column.name for column in load_schema("supply")]
    assert fields["share"]["constraints"] == {"minimum": 0.0, "maximum": 1.0}
    assert fields["year"] == {
        "name": "year",
        "type": "integer",
        "description": "year of the production",
        "unit": "year",
        "constraints": {"required": True, "minimum": 1990, "maximum": 2060},
    }
    assert {"fields": ["country"], "reference": {"resource": "countries", "fields": ["iso3"]}} in schema[
        "foreignKeys"
    ]
    host = {"fields": ["host"], "reference": {"resource": "", "fields": ["id"]}}
    assert host in json_table_schema("components")["foreignKeys"]


def test_schema_folder_beside_the_module_of_the_same_name() -> None:
    import corridor.data.schema as module

    assert Path(module.__file__).name == "schema.py"
    assert (Path(module.__file__).parent / "schema" / "supply.csv").is_file()
