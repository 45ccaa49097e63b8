"""Importers and bad input: archives, broken files, folders that already hold something else."""

from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.data.tables import load_tables
from corridor.errors import ConfigError, CorridorError, DataError
from corridor.importers.files import archives
from corridor.importers.files.imported import Imported, ImportReport, source_row
from corridor.importers.files.write_into import land
from corridor.importers.trade.national_trade import read_comext, read_tradestat
from corridor.importers.trade.table import TradeOptions
from corridor.importers.trade.world_trade import read_baci, read_comtrade

CODES = frozenset({"850760", "854231"})
GOOD = b"t,i,j,k,v,q\n2022,156,699,850760,1500,1\n2022,410,699,854231,2500,1\n2022,392,842,850760,7,NA\n"


def packed(folder: Path, members: dict[str, bytes], name: str = "BACI_HS22_V202501.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


@pytest.mark.parametrize(
    "member", ["../../escaped.csv", "/tmp/escaped.csv", "..\\escaped.csv", "a/../../escaped.csv"]
)
def test_members_never_leave_the_folder(tmp_path: Path, member: str) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    out = archives.extract(packed(tmp_path, {member: GOOD}), inner)
    assert [path.parent for _, path in out] == [inner]
    assert [path.name for path in inner.iterdir()] == ["0.csv"]
    assert not (tmp_path / "escaped.csv").exists()
    assert read_baci([packed(tmp_path, {member: GOOD})], TradeOptions(codes=CODES)).report.rows == 3


def test_zip_bombs_are_refused_before_they_expand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed(tmp_path, {"bomb.csv": b"0" * 30_000_000})
    with pytest.raises(DataError, match="expands"):
        archives.extract(bomb, tmp_path)
    assert not (tmp_path / "0.csv").exists()
    monkeypatch.setattr(archives, "MAX_BYTES", 50)
    with pytest.raises(DataError, match="bytes to unpack"):
        archives.extract(packed(tmp_path, {"a.csv": GOOD}), tmp_path)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(DataError, match="3 members"):
        archives.extract(packed(tmp_path, {f"{number}.csv": b"" for number in range(3)}), tmp_path)


def test_a_member_that_states_a_false_size(tmp_path: Path) -> None:
    path = packed(tmp_path, {"a.csv": os.urandom(4096)})
    content = path.read_bytes()
    true, false = (4096).to_bytes(4, "little"), (16).to_bytes(4, "little")
    path.write_bytes(content.replace(true, false))
    with pytest.raises(DataError):
        archives.extract(path, tmp_path)


def test_archives_that_are_none(tmp_path: Path) -> None:
    content = packed(tmp_path, {"BACI_HS22_Y2022_V1.csv": GOOD * 200}).read_bytes()
    cut = tmp_path / "BACI_HS22_V2.zip"
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"BACI_HS22_V2\.zip"):
        read_baci([cut], TradeOptions(codes=CODES))
    with pytest.raises(DataError, match="no table inside"):
        read_baci([packed(tmp_path, {"picture.png": b"x"})], TradeOptions(codes=CODES))


def test_nothing_is_left_in_the_scratch_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    read_baci([packed(tmp_path, {"a.csv": GOOD})], TradeOptions(codes=CODES))
    with pytest.raises(DataError):
        read_baci([packed(tmp_path, {"a.csv": GOOD + b"2022,x\n"})], TradeOptions(codes=CODES))
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["a'b.csv", "a*b?.csv", "[1].csv", 'a"b;--.csv', "a b\u00e9.csv", "$(x).csv"])
def test_names_of_files_mean_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "axb1.csv").write_bytes(GOOD)
    path = tmp_path / name
    path.write_bytes(GOOD)
    out = read_baci([path], TradeOptions(codes=CODES), revision="HS22")
    assert out.report.rows == 3
    assert out.report.files == (name,)


def test_names_of_columns_mean_nothing(tmp_path: Path) -> None:
    from corridor.importers.trade.plain_table import read_table

    path = tmp_path / "mine.csv"
    path.write_text(
        '"a"");DROP TABLE separate;--",it\'s,HS,"Trade, Value"\nChina,2022,850760,5\n', encoding="utf-8"
    )
    columns = {"exporter": 'a");DROP TABLE separate;--', "year": "it's", "code": "HS", "value": "Trade, Value"}
    columns["importer"] = "@IND"
    out = read_table(
        [path], TradeOptions(codes=CODES), columns, source_row("mine", "t", "p", "", "l", ""), usd=1e6
    )
    assert out.tables["trade"]["value_usd_m"].tolist() == [5.0]


READERS = {
    "baci": (lambda files: read_baci(files, TradeOptions(codes=CODES), revision="HS22"), GOOD),
    "comtrade": (
        lambda files: read_comtrade(files, TradeOptions(codes=CODES)),
        b"period,reporterCode,flowCode,partnerCode,classificationCode,cmdCode,primaryValue\n"
        b"2022,699,M,156,H6,850760,1000\n2022,699,M,410,H6,854231,2000\n",
    ),
    "tradestat": (
        lambda files: read_tradestat(files, TradeOptions(codes=CODES), flow="imports"),
        b"fy_start,hs8,country,value_musd,quantity\n2022,85076000,CHINA P RP,1.5,2\n2022,85423100,U S A,2,\n",
    ),
    "comext": (
        lambda files: read_comext(files, TradeOptions(codes=CODES), rates={2023: 1.08}),
        b"REPORTER,PARTNER,PRODUCT_NC,FLOW,PERIOD,VALUE_EUR\nDE,CN,85076000,1,202352,100\nDE,KR,85423110,1,202352,9\n",
    ),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(sorted(READERS)))
def test_corrupted_files_end_in_a_message(tmp_path: Path, data: st.DataObject, name: str) -> None:
    read, good = READERS[name]
    content = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        kind = data.draw(st.sampled_from(["drop", "insert", "cut", "swap"]))
        piece = data.draw(
            st.sampled_from([b'"', b"\n", b",", b"\xff", b"\x00", b"-1", b"nan", b"1e400", b";", b"'", b"\t"])
        )
        if kind == "drop":
            del content[start : start + data.draw(st.integers(1, 9))]
        elif kind == "insert":
            content[start:start] = piece
        elif kind == "cut":
            del content[start:]
        else:
            content[start : start + 1] = piece
    ending = data.draw(st.sampled_from([".csv", ".csv.gz", ".zip", ".parquet", ".json"]))
    path = tmp_path / f"file{ending}"
    path.write_bytes(bytes(content))
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.csv", bytes(content))
    try:
        out = read([path])
    except CorridorError:
        return  # a message is expected: anything else fails the test
    assert (out.tables["trade"]["value_usd_m"] > 0).all()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_corrupted_archives_end_in_a_message(tmp_path: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS22_Y2022_V1.csv", GOOD)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "BACI_HS22_V1.zip"
    path.write_bytes(bytes(content))
    with suppress(CorridorError):  # a message is expected: anything else fails the test
        read_baci([path], TradeOptions(codes=CODES))


def test_archives_of_other_kinds(tmp_path: Path) -> None:
    path = tmp_path / "full_v2_202352.7z"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c")
    with pytest.raises(DataError, match="unpack it first"):
        read_comext([path], TradeOptions(codes=CODES), rates={2023: 1.08})


def test_faults_of_options(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS22_Y2022_V1.csv"
    path.write_bytes(GOOD)
    with pytest.raises(ConfigError, match="no such file"):
        read_baci([tmp_path / "absent_HS22_.csv"], TradeOptions(codes=CODES))
    with pytest.raises(ConfigError, match="memory"):
        read_baci([path], TradeOptions(codes=CODES, memory="much"))
    with pytest.raises(ConfigError, match="encoding"):
        read_baci([path], TradeOptions(codes=CODES, encoding="ebcdic"))
    with pytest.raises(DataError, match="nothing to keep"):
        read_baci([path], TradeOptions(codes=CODES, years=(1999,)))


def trade(value: float, key: str = "mine", exporter: str = "CHN") -> Imported:
    frame = pd.DataFrame(
        {
            "importer": ["IND"],
            "exporter": [exporter],
            "nomenclature": ["HS6"],
            "code": ["850760"],
            "value_usd_m": [value],
            "duty_usd_m": [float("nan")],
            "status": ["reported"],
            "source": [key],
            "year": [2023],
        }
    )
    report = ImportReport.of(key, ["a.csv"], (1, value), [], [])
    return Imported({"trade": frame, "sources": source_row(key, "t", "p", "", "l", "")}, report)


@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_second_import_is_added_to_the_first(tmp_path: Path, format: str) -> None:
    into = tmp_path / "mine"
    land([trade(5.25)], into, format=format)
    land([trade(7.0, "other", "KOR")], into)
    tables = load_tables(into, extend=True)
    assert {"mine", "other"} <= set(tables.sources["key"])
    assert sorted(path.name for path in into.iterdir()) == ["sources.csv", f"trade.{format}"]
    land([trade(5.25)], into)  # the same again is no clash
    assert len(load_tables(into, extend=True).trade) == len(tables.trade)


def test_clashes_are_reported_not_resolved_silently(tmp_path: Path) -> None:
    into = tmp_path / "mine"
    land([trade(5.0)], into, check=False)
    before = {path.name: path.read_bytes() for path in into.iterdir()}
    with pytest.raises(DataError, match="another figure in the folder"):
        land([trade(6.0, "other")], into, check=False)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == before

    def figure() -> float:
        rows = load_tables(into, extend=True).trade.query(
            "code == '850760' and importer == 'IND' and year == 2023"
        )
        return float(rows["value_usd_m"].iloc[0])

    land([trade(6.0, "other")], into, on_clash="keep")
    assert figure() == 5.0
    land([trade(6.0, "other")], into, on_clash="replace")
    assert figure() == 6.0
    with pytest.raises(ConfigError):
        land([trade(6.0)], into, on_clash="guess")


def test_what_the_checks_refuse_is_not_written(tmp_path: Path) -> None:
    into = tmp_path / "mine"
    bad = trade(5.0)
    bad.tables["trade"]["exporter"] = "XYZ"
    with pytest.raises(DataError, match="XYZ"):
        land([bad], into)
    assert list(into.iterdir()) == []
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ConfigError, match="name a folder"):
        land([trade(5.0)], file)
