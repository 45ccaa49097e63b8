"""Damaged studies, sweeps, shocks, importers' files and planners' workbooks: a message, never a traceback."""

from __future__ import annotations

import contextlib
import copy
import gzip
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from corridor.config import load_study
from corridor.data.bundled import bundled
from corridor.data.guards import yaml_files
from corridor.data.tables import Tables, load_tables
from corridor.errors import ConfigError, CorridorError, DataError
from corridor.importers.countries.index_imports import read_worldbank
from corridor.importers.files.imported import source_row
from corridor.importers.supply.eto import read_eto
from corridor.importers.supply.mineral_imports import read_iea
from corridor.importers.trade.codes_in_use import read_components
from corridor.importers.trade.plain_table import read_map, read_table
from corridor.importers.trade.revisions import concordance
from corridor.importers.trade.table import TradeOptions
from corridor.importers.trade.world_trade import read_baci
from corridor.risk.shocks import load_shocks
from corridor.runs.sweep import load_sweep, tasks_of
from corridor.workbook import read_workbook, write_workbook
from tests import TINY
from tests.mutations import damaged, damaged_zip

STUDY = b"""\
name: small
title: Small
target: [CHN]
budget_usd_m: 60
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
overrides:
  rich: {budget_usd_m: 600}
  poor: {budget_usd_m: 6}
scenarios:
  good: [rich]
  bad: [poor, rich]
"""
SWEEP = b"study: default\nscenarios: ['']\nbudgets_usd_m: [20, 60]\nsettings:\n  spare: [0.1, 0.2]\ndraws: 2\n"
ODD: list[Any] = [
    None, True, -1, 0, 1e400, float("nan"), 10**30, "x", "", [], {}, [None], {"a": 1}, [[1]], "=1", {1: 2}, ["a"],
]  # fmt: skip


def odd(values: Any, rng: random.Random) -> Any:
    """A copy in which one random value is replaced by an odd one, removed, or gets an odd neighbour."""
    paths: list[list[Any]] = []

    def walk(inner: Any, path: list[Any]) -> None:
        paths.append(path)
        for key, each in (
            inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        ):
            walk(each, [*path, key])

    walk(values, [])
    path = rng.choice(paths)
    if not path:
        return rng.choice(ODD)
    out = copy.deepcopy(values)
    holder = out
    for key in path[:-1]:
        holder = holder[key]
    if rng.random() < 0.8:
        holder[path[-1]] = rng.choice(ODD)
    elif isinstance(holder, dict):
        holder[rng.choice([1, None, "zz", "extends", "overrides", "scenarios", True])] = rng.choice(ODD)
    else:
        del holder[path[-1]]
    return out


READERS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "study": (STUDY, load_study),
    "scenario": (STUDY, lambda file: load_study(file, "bad", ["rich"])),
    "sweep": (SWEEP, lambda file: tasks_of(load_sweep(file), "out")),
    "shocks": ((bundled("configs") / "shocks" / "known.yaml").read_bytes()[:1500], load_shocks),
    "map": (b"year: Year\nimporter: '@IND'\nvalue: Trade Value\n", lambda file: read_map(None, file)),
}


@pytest.mark.parametrize("kind", READERS)
def test_damaged_yaml(kind: str, tmp_path: Path) -> None:
    content, read = READERS[kind]
    file = tmp_path / "file.yaml"
    for copy_ in damaged(content, 21, 50):
        file.write_bytes(copy_)
        with contextlib.suppress(CorridorError):  # a message is expected: anything else fails the test
            read(file)


@pytest.mark.parametrize("kind", ["study", "scenario", "sweep"])
def test_odd_values_in_yaml(kind: str, tmp_path: Path) -> None:
    content, read = READERS[kind]
    file = tmp_path / "file.yaml"
    for seed in range(60):
        file.write_text(yaml.safe_dump(odd(yaml.safe_load(content), random.Random(seed)), allow_unicode=True))
        with contextlib.suppress(CorridorError):
            read(file)


BILLION = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGED = "a: &a {k: v}\n" + "".join(
    f"{new}: &{new} {{<<: [{', '.join(['*' + old] * 10)}]}}\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BILLION, "more than 50,000 values, aliases counted"),
        (MERGED, "more than 50,000 values, aliases counted"),
        ("a: &a [*a]", "an alias is inside what it names"),
        ("[" * 5_000, "nested too deeply"),
        ("a: " + "{a: " * 5_000, "nested too deeply"),
        ("name: x\nname: y\n", "line 2: not valid YAML .'name' appears twice"),
        ("a: 2024-13-45", "month must be in 1..12"),
        ("a: " + "9" * 5_000, "a number of 5,000 digits"),
        ("a: " + "9" * 300, "a number of 300 digits"),
        ("a: !!int '0x" + "f" * 5_000 + "'", "a number of 5,002 digits"),
        ("a: .inf", "a .inf.: wanted a number that is finite"),
        ("a: {b: [1, .nan, -1.0e+308]}", "a.b.1 .nan., a.b.2 .-1e.308.: wanted a number that is finite"),
        ('a: "\\0"', "a character that no file can hold"),
        ('a: "\\ud800"', "a character that no file can hold"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: [1", "line 1: not valid YAML"),
        ("a: \x07", "special characters are not allowed"),
    ],
    ids=[
        "aliases",
        "merges",
        "circle",
        "deep list",
        "deep map",
        "twice",
        "date",
        "digits",
        "more digits",
        "hexadecimal",
        "infinite",
        "no number",
        "zero byte",
        "half a character",
        "code",
        "open",
        "bell",
    ],
)
def test_yaml_that_is_refused(text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused early: after few steps of the parser, however deep or long the file."""
    file = tmp_path / "file.yaml"
    file.write_text(text)
    steps = 0
    real = yaml_files._Loader.fetch_more_tokens

    def counted(loader: Any) -> None:
        nonlocal steps
        steps += 1
        real(loader)

    monkeypatch.setattr(yaml_files._Loader, "fetch_more_tokens", counted)
    for _, read in READERS.values():
        with pytest.raises(ConfigError, match=why):
            read(file)
    assert steps < 2_000 * len(READERS)


def test_yaml_as_people_write_it(tmp_path: Path) -> None:
    """Anchors are fine, a byte order mark is fine, and so is a file that extends another."""
    file = tmp_path / "file.yaml"
    text = STUDY.decode().replace("rich: {", "rich: &r {").replace("poor: {budget_usd_m: 6}", "poor: *r")
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load_study(file, "bad").budget_usd_m == 600
    assert yaml_files.read_yaml(file, "study")["overrides"]["poor"] == {"budget_usd_m": 600}
    file.write_text("")
    with pytest.raises(ConfigError, match="is empty"):
        load_study(file)


def test_yaml_that_is_too_large_or_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(STUDY)
    monkeypatch.setattr(yaml_files, "MOST_BYTES", 100)
    with pytest.raises(ConfigError, match="at most 100 are read"):
        load_study(file)
    for read in (load_sweep, load_shocks, lambda file: read_map(None, file)):
        with pytest.raises(ConfigError, match="can't be read"):
            read(tmp_path)
        with pytest.raises(ConfigError, match="can't be read"):
            read(tmp_path / "absent.yaml")
    with pytest.raises(ConfigError, match="no such file"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("  good: [rich]", "  good: rich", "scenarios.good: wanted a list of names of overrides"),
        ("{budget_usd_m: 6}", "7", "overrides.poor: wanted a group of settings"),
        ("overrides:\n", "overrides: [a]\nother:\n", "overrides: begin each with its name"),
        ("title: Small", "title: Small\n1: x", "1: a setting's name is a text"),
        ("  good:", "  1:", "scenarios.1: the name is not a text"),
    ],
)
def test_overrides_and_scenarios_of_other_shapes(old: str, new: str, why: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    text = STUDY.decode()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=why):
        load_study(file, "bad")


# --- importers ---


@cache
def base() -> Tables:
    return load_tables()


CODES = TradeOptions(codes=frozenset({"850760", "854231"}))
MINE = source_row("mine", "title", "publisher", "", "licence", "")
LONG = {"exporter": "Exporter", "year": "Year", "code": "HS", "value": "Value", "importer": "@IND"}
OTHER = {"market": "market", "component": "comp", "value_usd_m": "val", "status": "st"}
WGI = "codeindyr,code,countryname,year,indicator,estimate\n" + "".join(
    f"x,{code},{name},2023,{each},0.5\n"
    for code, name in (("IND", "India"), ("CHN", "China"))
    for each in ("va", "pv", "ge", "rq", "rl", "cc")
)


def eto(file: Path) -> Any:
    component = sorted(base().components["id"])[0]
    texts = {
        "inputs.csv": "input_name,input_id,type,stage_name,stage_id\nPhotoresist,N31,material,x,S2\n",
        "providers.csv": "provider_name,provider_id,provider_type,country\nUSA,P1,country,\nCHN,P2,country,\n",
        "map.csv": f"component,input\n{component},N31\n",
    }
    for name, text in texts.items():
        (file.parent / name).write_text(text)
    (file.parent / "map.csv").write_bytes(
        file.read_bytes() if file.name == "damaged-map.csv" else texts["map.csv"].encode()
    )
    provision = file if file.name != "damaged-map.csv" else file.parent / "provision.csv"
    if provision is not file:
        provision.write_text(PROVISION)
    files = [file.parent / "inputs.csv", file.parent / "providers.csv", provision]
    return read_eto(files, frozenset(base().components["id"]), file.parent / "map.csv", year=2019)


PROVISION = (
    "provider_name,provider_id,provided_name,provided_id,share_provided,negligible_market_share\n"
    "USA,P1,Photoresist,N31,61%,\nCHN,P2,Photoresist,N31,6%,\n"
)
IMPORTS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "wgi.csv": (WGI.encode(), lambda file: read_worldbank([file], base().countries)),
    "lpi.csv": (
        b"country,lpi_score,year\nIndia,4.5,2026\nChina,4,2026\n",
        lambda file: read_worldbank([file], base().countries),
    ),
    "provision.csv": (PROVISION.encode(), eto),
    "damaged-map.csv": (b"component,input\n1-1-cyclohexane-diacetic-acid,N31\n", eto),
    "concordance.csv": (
        b"from_revision,from_code,to_code,weight\nHS17,850760,850760,1\nHS17,854231,854231,0.5\nHS17,854231,854232,0.5\n",
        concordance,
    ),
    "components.csv": (
        b"component,code,match,status\nsmartphone,851713,exact,assumed\n",
        lambda file: read_components(file, "mine"),
    ),
    "trade.csv": (
        b"Exporter,Year,HS,Value\nChina,2022,850760,5\nJapan,2022,854231,7\n",
        lambda file: read_table([file], CODES, LONG, MINE, usd=1e6),
    ),
    "trade.csv.gz": (
        gzip.compress(b"Exporter,Year,HS,Value\nChina,2022,850760,5\nJapan,2022,854231,7\n", mtime=0),
        lambda file: read_table([file], CODES, LONG, MINE, usd=1e6),
    ),
    "demand.csv": (
        b"market,comp,val,st\nIND,smartphone,5,reported\nUSA,smartphone,7,assumed\n",
        lambda file: read_table([file], CODES, OTHER, MINE, table="demand"),
    ),
    "BACI_HS22_V1.csv": (
        b"t,i,j,k,v,q\n2022,156,699,850760,1500,1\n2022,410,699,854231,2500,1\n",
        lambda file: read_baci([file], CODES),
    ),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_damaged_imports(name: str, tmp_path: Path) -> None:
    content, read = IMPORTS[name]
    file = tmp_path / name
    file.write_bytes(content)
    read(file)
    for copy_ in damaged(content, 22, 25):
        file.write_bytes(copy_)
        with contextlib.suppress(CorridorError):
            read(file)


def test_rows_longer_than_their_header_are_reported(tmp_path: Path) -> None:
    """Without the check they become an index, and cells move by one column."""
    file = tmp_path / "components.csv"
    file.write_text("component,code\nsmartphone,851713,exact\n")
    with pytest.raises(DataError, match="more cells than the header"):
        read_components(file, "mine")
    file.write_text("component,input\nphotoresist,N31,x\n")
    with pytest.raises(DataError, match="more cells than the header"):
        eto_map(file)
    file.write_text("market,comp,val,st\nIND,smartphone,5,reported,x\n")
    with pytest.raises(DataError, match="cannot be read"):
        read_table([file], CODES, OTHER, MINE, table="demand")


def eto_map(file: Path) -> Any:
    return read_eto([file], frozenset(base().components["id"]), file, year=2019)


def test_a_table_that_expands_too_much_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "demand.csv.gz"
    file.write_bytes(gzip.compress(b"market,comp,val,st\n" + b"\n" * 20_000_000, mtime=0))
    with pytest.raises(DataError, match="of memory"):
        read_table([file], CODES, OTHER, MINE, table="demand")


def test_a_year_that_is_none_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "lpi.csv"
    file.write_text("country,lpi_score,year\nIndia,4.5,2026\nChina,4,soon\nJapan,4,2025.5\n")
    with pytest.raises(DataError) as caught:
        read_worldbank([file], base().countries)
    assert [(one.row, one.column) for one in caught.value.faults] == [("3", "year"), ("4", "year")]


@pytest.mark.parametrize(
    "read", [lambda f: read_iea([f], frozenset()), lambda f: read_worldbank([f], base().countries)]
)
def test_a_workbook_that_is_huge_is_not_opened(read: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    pd.DataFrame({"a": [1]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content.replace(b'r="A2"', b'r="XFD1048576"').replace(b'r="2"', b'r="1048576"'))
    with pytest.raises(CorridorError, match="a sheet spans 1,048,576 rows"):
        read(path)


# --- the planner's workbook ---


def test_damaged_planners_workbooks(tmp_path: Path) -> None:
    tables = load_tables(TINY)
    (tmp_path / "study.yaml").write_bytes(STUDY)
    path = write_workbook(tmp_path / "plan.xlsx", load_study(tmp_path / "study.yaml"), tables)
    content = path.read_bytes()
    for copy_ in damaged_zip(content, 23, 120):
        path.write_bytes(copy_)
        with contextlib.suppress(CorridorError):
            read_workbook(path, tables)


@pytest.mark.parametrize("value", ["9" * 400, -1, 1e308, "=1+1", "nan", "x" * 30_000, True, "\u202e", 1e-320])
def test_odd_cells_in_every_place(value: Any, tmp_path: Path) -> None:
    import openpyxl

    tables = load_tables(TINY)
    (tmp_path / "study.yaml").write_bytes(STUDY)
    path = write_workbook(tmp_path / "plan.xlsx", load_study(tmp_path / "study.yaml"), tables)
    book = openpyxl.load_workbook(path)
    for name in ("settings", "limits", "options", "denials"):
        for row in book[name].iter_rows(min_row=3, max_row=5):
            for cell in row[:8]:
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    with pytest.raises(ConfigError, match="fault"):
        read_workbook(path, tables)
