"""Importers of trade: files as their publishers lay them out, against sums made by hand or with pandas alone."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from corridor.cli import app
from corridor.data.countries import names
from corridor.data.tables import load_tables
from corridor.errors import ConfigError, CorridorError, DataError
from corridor.importers.files.imported import Imported, source_row
from corridor.importers.files.rows import beside
from corridor.importers.files.write_into import land
from corridor.importers.trade.class_imports import read_dgcis
from corridor.importers.trade.codes_in_use import codes_in_use
from corridor.importers.trade.national_trade import read_census, read_comext, read_tradestat
from corridor.importers.trade.plain_table import read_map, read_table
from corridor.importers.trade.revisions import unchanged
from corridor.importers.trade.table import TradeOptions
from corridor.importers.trade.world_trade import read_baci, read_comtrade
from corridor.measures import exposure
from corridor.measures.supply.sourcing import import_shares, import_values
from tests import ROOT, SHARED

RAW_DATA = SHARED / "data" / "trade"
CODES = frozenset({"850760", "854231", "280530"})
UNKNOWN = frozenset({"unknown-country"})


@pytest.fixture
def choice() -> TradeOptions:
    return TradeOptions(codes=CODES)


def baci_file(folder: Path, rows: list[str], name: str = "BACI_HS22_Y2022_V202501.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(["t,i,j,k,v,q", *rows]) + "\n", encoding="utf-8")
    return path


def value(imported: Imported, **key: object) -> float:
    rows = imported.tables["trade"]
    for name, wanted in key.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1
    return float(rows["value_usd_m"].iloc[0])


def accounted(imported: Imported) -> None:
    """What is kept and what is left out make up what was read."""
    report = imported.report
    assert report.rows == report.rows_kept + report.left_out["rows"].sum()
    assert report.value_usd_m == pytest.approx(report.value_kept_usd_m + report.left_out["value_usd_m"].sum())


def test_baci_thousands_become_millions_and_lost_zeros_come_back(tmp_path: Path) -> None:
    rows = ["2022,156,699,850760,1500000.5,   NA", "2022,410,699,850760,250000,12.5", "2022,156,699,10121,7.25,1"]
    out = read_baci([baci_file(tmp_path, rows)], TradeOptions(codes=CODES | {"010121"}, totals=False))
    assert value(out, importer="IND", exporter="CHN", code="850760") == 1500.0005
    assert value(out, importer="IND", exporter="KOR", code="850760") == 250.0
    assert value(out, importer="IND", exporter="CHN", code="010121") == 0.00725
    assert set(out.tables["trade"]["status"]) == {"reported"}
    accounted(out)


def test_baci_other_reporters_and_years_are_counted_not_kept(tmp_path: Path) -> None:
    rows = [
        "2021,156,699,850760,1,1",
        "2022,156,699,850760,10,1",
        "2022,156,842,850760,100,1",
        "2022,156,276,850760,1000,1",
        "2022,156,699,999999,10000,1",
    ]
    chosen = TradeOptions(codes=CODES, years=(2022,), reporters=frozenset({"IND", "USA"}))
    out = read_baci([baci_file(tmp_path, rows)], chosen)
    assert set(out.tables["trade"]["importer"]) == {"IND", "USA"}
    left = out.report.left_out.set_index("why")
    assert left.loc["other years", "rows"] == 1
    assert left.loc["other importers", "value_usd_m"] == pytest.approx(1.0)
    assert left["rows"].sum() == 3
    accounted(out)


def test_baci_totals_need_all_chapters(tmp_path: Path) -> None:
    rows = [f"2022,156,699,{chapter:02d}0000,1000000,1" for chapter in range(1, 98)]
    rows += ["2022,156,699,850760,500000,1"]
    out = read_baci([baci_file(tmp_path, rows)], TradeOptions(codes=CODES))
    assert value(out, code="TOTAL") == pytest.approx(97_500)
    assert out.tables["trade"].set_index("code").loc["TOTAL", "status"] == "computed"
    extract = read_baci([baci_file(tmp_path, rows[:20] + rows[-1:])], TradeOptions(codes=CODES))
    assert "TOTAL" not in set(extract.tables["trade"]["code"])
    assert any("lacks chapters" in note for note in extract.report.notes)


def test_baci_country_codes_beside_and_inside_the_zip(tmp_path: Path) -> None:
    data = baci_file(tmp_path, ["2022,156,699,850760,1,1", "2022,9991,699,850760,2,1", "2022,9992,699,850760,4,1"])
    codes = tmp_path / "country_codes_V202501.csv"
    codes.write_text(
        "country_code,country_name,country_iso2,country_iso3\n9991,Viet Nam,VN,VNM\n", encoding="utf-8"
    )
    products = tmp_path / "product_codes_HS22_V202501.csv"
    products.write_text('"code","description"\n"850760","Lithium-ion"\n', encoding="utf-8")
    archive = tmp_path / "BACI_HS22_V202501.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in (data, codes, products):
            packed.write(path, path.name)
        packed.writestr("Readme.txt", "BACI: International Trade Database")
    for files in ([data, codes, products], [archive]):
        with pytest.raises(DataError, match=r"57.1% left out: unknown countries .*9992.*--allow unknown-country"):
            read_baci(files, TradeOptions(codes=CODES))
        out = read_baci(files, TradeOptions(codes=CODES, allow=UNKNOWN))
        assert value(out, exporter="VNM") == pytest.approx(0.002)
        assert any("9992 (0.0)" in note for note in out.report.notes)
        assert "unknown countries" in set(out.report.left_out["why"])
        accounted(out)


def test_baci_edition_must_be_known(tmp_path: Path, choice: TradeOptions) -> None:
    path = baci_file(tmp_path, ["2022,156,699,850760,1,1"], "mine.csv")
    with pytest.raises(ConfigError, match="--revision"):
        read_baci([path], choice)
    assert len(read_baci([path], choice, revision="H6").tables["trade"]) == 1


def test_older_editions_only_where_the_code_is_known_to_be_unchanged(tmp_path: Path) -> None:
    kept = pd.read_csv(ROOT / "corridor/importers/trade/hs_unchanged.csv", dtype=str)["from_code"]
    assert "280530" in set(kept)
    assert "850760" not in set(kept)  # its heading 8507 lost 8507.40 in 2022
    path = baci_file(
        tmp_path, ["2020,156,699,280530,1000,1", "2020,156,699,850760,3000,1"], "BACI_HS17_Y2020_V202501.csv"
    )
    out = read_baci([path], TradeOptions(codes=CODES, totals=False))
    trade = out.tables["trade"]
    assert trade["code"].tolist() == ["280530"]
    assert trade["status"].tolist() == ["computed"]
    left = out.report.left_out.set_index("why")["value_usd_m"]
    assert left["HS17 codes without a known HS 2022 code"] == pytest.approx(3.0)
    accounted(out)


def test_what_counts_as_unchanged() -> None:
    before = {
        "850710": "Lead-acid",
        "850740": "Nickel-iron",
        "850780": "Other, n.e.c.",
        "280530": "Rare-earth metals",
    }
    after = {"850710": "Lead-acid", "850780": "Other, n.e.c.", "280530": "RARE EARTH metals", "380910": "New"}
    before |= {"381010": "Pastes", "390110": "Old text"}
    after |= {"381010": "pastes;", "390110": "New text"}
    assert unchanged(pd.Series(before), pd.Series(after)) == ["280530", "381010"]


@pytest.mark.skipif(not RAW_DATA.is_dir(), reason="the raw files of the publishers are not here")
def test_the_unchanged_codes_are_those_with_the_same_texts() -> None:
    folder = RAW_DATA.parent / "nomenclature"
    old = pd.read_csv(folder / "product_codes_HS17_V202301.csv", dtype=str)
    before = old.assign(code=old["code"].str.zfill(6)).set_index("code")["description"]
    new = pd.DataFrame(json.loads((folder / "classificationH6.json").read_text(encoding="utf-8"))["results"])
    new = new[new["id"].str.fullmatch(r"\d{6}")]
    after = new.set_index("id")["text"].str[9:]
    kept = pd.read_csv(ROOT / "corridor/importers/trade/hs_unchanged.csv", dtype=str)
    assert set(kept["from_code"]) == set(unchanged(before, after)) & codes_in_use()
    assert (kept["from_code"] == kept["to_code"]).all()


def test_a_users_concordance_splits_and_joins(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(
        "from_revision,from_code,to_code,weight\nHS17,850780,850760,0.25\nHS17,850780,850790,0.75\n"
        "HS17,850760,850760,\nH5,111111,854231,\nH5,111111,850760,\n",
        encoding="utf-8",
    )
    rows = ["2020,156,699,850780,1000,1", "2020,156,699,850760,3000,1", "2020,156,699,111111,50,1"]
    path = baci_file(tmp_path, rows, "BACI_HS17_Y2020_V202501.csv")
    out = read_baci([path], TradeOptions(codes=CODES, concordance=table, totals=False))
    assert value(out, code="850760") == pytest.approx(0.25 + 3.0)
    left = out.report.left_out.set_index("why")["value_usd_m"]
    assert left["HS17 codes without a known HS 2022 code"] == pytest.approx(0.05)  # split, no weights
    assert left["codes that no component uses (added up in TOTAL)"] == pytest.approx(0.75)
    accounted(out)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from_revision,to_code\nHS17,850760\n", "from_code"),
        ("from_revision,from_code,to_code\nHS13,850760,850760\n", "HS13"),
        ("from_revision,from_code,to_code\nHS17,85076,850760\n", "six digits"),
        ("from_revision,from_code,to_code,weight\nHS17,850760,850760,0.4\nHS17,850760,850790,0.4\n", "sum to 0.8"),
    ],
)
def test_faults_of_a_concordance(tmp_path: Path, text: str, words: str) -> None:
    table = tmp_path / "mine.csv"
    table.write_text(text, encoding="utf-8")
    path = baci_file(tmp_path, ["2022,156,699,850760,1,1"])
    with pytest.raises(DataError, match=words):
        read_baci([path], TradeOptions(codes=CODES, concordance=table))


COMTRADE = (
    "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,flowCode,partnerCode,partnerISO,"
    "partner2Code,classificationCode,isOriginalClassification,cmdCode,aggrLevel,customsCode,mosCode,motCode,qty,"
    "cifvalue,fobvalue,primaryValue,isReported,isAggregate"
)


def comtrade_row(**changed: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COMTRADE.split(","), "")
    row |= {
        "typeCode": "C",
        "freqCode": "A",
        "refYear": 2022,
        "period": 2022,
        "reporterCode": 699,
        "flowCode": "M",
    }
    row |= {"partnerCode": 156, "partner2Code": 0, "classificationCode": "H6", "cmdCode": "850760"}
    row |= {"customsCode": "C00", "mosCode": 0, "motCode": 0, "primaryValue": 2_000_000}
    return row | changed


def test_comtrade_leaves_out_what_repeats(tmp_path: Path, choice: TradeOptions) -> None:
    rows = [
        comtrade_row(),
        comtrade_row(partnerCode=0, primaryValue=9_000_000),  # the World
        comtrade_row(partner2Code=344, primaryValue=1_000_000),
        comtrade_row(motCode=2100, primaryValue=1_000_000),
        comtrade_row(customsCode="C04", primaryValue=1_000_000),
        comtrade_row(cmdCode="8507", primaryValue=5_000_000),
        comtrade_row(cmdCode="TOTAL", primaryValue=5_000_000),
        comtrade_row(flowCode="X", primaryValue=3_000_000),
        comtrade_row(partnerCode=410, primaryValue=500_000),
    ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "api.csv", index=True)
    frame.to_csv(tmp_path / "bulk.txt.gz", index=False, sep="\t", compression="gzip")
    frame.astype(str).to_parquet(tmp_path / "api.parquet")
    (tmp_path / "api.json").write_text(json.dumps({"count": 9, "data": rows}), encoding="utf-8")
    for name in ("api.csv", "bulk.txt.gz", "api.parquet", "api.json"):
        out = read_comtrade([tmp_path / name], choice)
        assert value(out, exporter="CHN") == 2.0, name
        assert value(out, exporter="KOR") == 0.5
        assert len(out.tables["trade"]) == 2
        assert out.report.rows == 9
        accounted(out)
        assert "partners add up to US$ 2.5 million, groups of countries (the World) to 9.0" in out.report.notes
    sold = read_comtrade([tmp_path / "api.csv"], choice, flow="exports")
    assert value(sold, importer="CHN", exporter="IND") == 3.0
    assert sold.tables["sources"]["note"].iloc[0].startswith("not to be redistributed")


def test_comtrade_months_add_up_and_editions_do_not_mix(tmp_path: Path, choice: TradeOptions) -> None:
    months = [comtrade_row(period=f"2022{month:02d}", freqCode="M", primaryValue=1e6) for month in range(1, 10)]
    path = tmp_path / "months.csv"
    pd.DataFrame(months).to_csv(path, index=False)
    out = read_comtrade([path], choice)
    assert value(out, year=2022) == 9.0
    assert "2022 holds 9 of 12 months: its values are not those of a full year" in out.report.notes
    pd.DataFrame([*months, comtrade_row()]).to_csv(path, index=False)
    with pytest.raises(DataError, match="both as a year and by month"):
        read_comtrade([path], choice)
    pd.DataFrame([comtrade_row(), comtrade_row(classificationCode="H5")]).to_csv(path, index=False)
    with pytest.raises(DataError, match="counts twice"):
        read_comtrade([path], choice)


def test_census_levels_groups_and_the_union(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        [
            ("-", "TOTAL FOR ALL COUNTRIES", "8507600010", 900e6, 9e6),
            ("0003", "EUROPEAN UNION", "8507600010", 30e6, 1e6),
            ("4280", "GERMANY", "8507600010", 20e6, 0.5e6),
            ("0001", "OECD", "8507600010", 70e6, 0.5e6),
            ("5700", "CHINA", "8507600010", 400e6, 4e6),
            ("5700", "CHINA", "8507600020", 100e6, 0.0),
            ("5700", "CHINA", "850760", 500e6, 4e6),
        ],
        columns=["CTY_CODE", "CTY_NAME", "I_COMMODITY", "CON_VAL_YR", "CAL_DUT_YR"],
    ).assign(time="2024-12")
    path = tmp_path / "census.csv"
    rows.to_csv(path, index=False)
    out = read_census([path], TradeOptions(codes=CODES, totals=False))
    assert value(out, exporter="CHN") == 500.0
    assert out.tables["trade"].set_index("exporter")["duty_usd_m"].to_dict() == {"CHN": 4.0, "EUU": 1.0}
    accounted(out)
    rows.drop(columns="time").to_csv(path, index=False)
    with pytest.raises(ConfigError, match="--year"):
        read_census([path], TradeOptions(codes=CODES))


def test_tradestat_ways_and_partners(tmp_path: Path, choice: TradeOptions) -> None:
    path = tmp_path / "tradestat.csv"
    path.write_text(
        "fy_start,hs8,country,value_musd,quantity\n2023,85076000,CHINA P RP,2400.5,1\n2023,85076000,U S A,10,1\n"
        "2023,85423100,CHINA P RP,99,1\n2023,85423900,CHINA P RP,7,1\n",
        encoding="utf-8",
    )
    bought = read_tradestat([path], choice, flow="imports")
    assert value(bought, importer="IND", exporter="CHN", code="850760", year=2023) == 2400.5
    sold = read_tradestat([path], choice, flow="exports")
    assert value(sold, importer="ROW", exporter="IND", code="850760") == 2410.5
    each = read_tradestat([path], choice, flow="exports", partners=True)
    assert value(each, importer="USA", exporter="IND", code="850760") == 10.0
    for out in (bought, sold, each):
        accounted(out)
    with pytest.raises(ConfigError, match="--flow"):
        read_tradestat([path], choice, flow="")


def test_classes_of_india(tmp_path: Path) -> None:
    path = tmp_path / "classes.csv"
    path.write_text(
        "financialyear,commodity,country,unit,quantity,value_musd\n"
        "2023-24,ELECTRONICS COMPONENTS,CHINA P RP,Na,,9000\n"
        "2023-24,Electronics  components,U S A,Na,,500\n"
        "2022-23,ELECTRONICS COMPONENTS,U S A,Na,,400\n"
        "2023-24,NO SUCH CLASS,U S A,Na,,7\n",
        encoding="utf-8",
    )
    out = read_dgcis([path], flow="imports", years=(2023,))
    assert value(out, exporter="CHN", code="ELECTRONICS COMPONENTS") == 9000.0
    assert value(out, exporter="USA", code="TOTAL") == 507.0
    assert set(out.tables["trade"]["year"]) == {2023}
    accounted(out)
    sold = read_dgcis([path], flow="exports")
    assert value(sold, importer="ROW", exporter="IND", year=2023) == 9500.0
    with pytest.raises(DataError, match="in one file"):
        read_dgcis([path, path], flow="imports")
    with pytest.raises(ConfigError, match="--flow"):
        read_dgcis([path], flow="")
    land([out], tmp_path / "mine")
    assert (load_tables(tmp_path / "mine", extend=True).trade["year"] == 2023).any()


def test_comext_bulk_sdmx_and_wide(tmp_path: Path, choice: TradeOptions) -> None:
    head = (
        "REPORTER,PARTNER,TRADE_TYPE,PRODUCT_NC,PRODUCT_SITC,PRODUCT_CPA21,PRODUCT_CPA22,PRODUCT_BEC,PRODUCT_BEC5,"
        "PRODUCT_SECTION,FLOW,STAT_PROCEDURE,SUPPL_UNIT,PERIOD,VALUE_EUR,VALUE_NAC,QUANTITY_KG,QUANTITY_SUPPL_UNIT"
    )
    rows = [
        f"DE,CN,E,85076000,77823,2720,2720,220,2,16,1,{procedure},NO_SU,202352,{euro},0,0,0"
        for procedure, euro in ((1, 1_000_000), (2, 500_000))
    ]
    rows += [
        "DE,CN,E,TOTAL,,,,,,,1,1,NO_SU,202352,9000000,0,0,0",
        "DE,CN,E,85076000,,,,,,,2,1,NO_SU,202352,7,0,0,0",
    ]
    rows += ["DE,QZ,E,85076000,,,,,,,1,1,NO_SU,202352,200000,0,0,0"]
    bulk = tmp_path / "full_202352.dat"
    bulk.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    rates = {2023: 1.08}
    out = read_comext([bulk], choice, rates=rates)
    assert value(out, importer="DEU", exporter="CHN", year=2023) == pytest.approx(1.62)
    assert value(out, importer="DEU", exporter="ROW") == pytest.approx(0.216)
    accounted(out)
    with pytest.raises(ConfigError, match="2023=1.08"):
        read_comext([bulk], choice, rates={2022: 1.05})
    sdmx = tmp_path / "ds.csv"
    sdmx.write_text(
        "DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
        "x,x,A,DE,CN,850760,1,VALUE_IN_EUROS,2023,1500000,\nx,x,A,DE,CN,850760,1,QUANTITY_IN_100KG,2023,5,\n"
        "x,x,A,DE,WORLD,850760,1,VALUE_IN_EUROS,2023,9500000,\nx,x,A,DE,CN,8507,1,VALUE_IN_EUROS,2023,5,\n"
        "x,x,A,DE,KR,850760,1,VALUE_IN_EUROS,2023,:,\n",
        encoding="utf-8",
    )
    wide = tmp_path / "ds.tsv"
    wide.write_text(
        "freq,reporter,partner,product,flow,indicators\\TIME_PERIOD\t2022 \t2023 \n"
        "A,DE,CN,850760,1,VALUE_IN_EUROS\t: \t1500000 p\nA,DE,CN,850760,1,QUANTITY_IN_100KG\t1 \t5 \n"
        "A,DE,WORLD,850760,1,VALUE_IN_EUROS\t: \t9500000 \n",
        encoding="utf-8",
    )
    for path in (sdmx, wide):
        long = read_comext([path], TradeOptions(codes=CODES, years=(2023,)), rates=rates)
        assert value(long, importer="DEU", exporter="CHN", year=2023) == pytest.approx(1.62)
        assert len(long.tables["trade"]) == 1
        accounted(long)


OWN = source_row("mine", "My own table", "Ministry", "", "internal", "2024")


def test_any_table(tmp_path: Path, choice: TradeOptions) -> None:
    path = tmp_path / "it's [mine] *.csv"
    path.write_text(
        "Jahr;Herkunft;HS Code;Trade Value\n2023;China;850760;12,5\n".replace("12,5", "12.5")
        + "2023;VIET NAM;850760;2.5\n2023;World;850760;15\n2023;Atlantis;850760;1\n",
        encoding="utf-8",
    )
    columns = read_map("year=Jahr,importer=@IND,exporter=Herkunft,code=HS Code,value=Trade Value")
    with pytest.raises(DataError, match=r"6.2% left out: unknown countries .*Atlantis"):
        read_table([path], choice, columns, OWN, usd=1e6)
    out = read_table([path], replace(choice, allow=UNKNOWN), columns, OWN, usd=1e6)
    assert value(out, importer="IND", exporter="CHN", year=2023) == 12.5
    assert value(out, exporter="VNM") == 2.5
    assert any("Atlantis (1.0)" in note for note in out.report.notes)
    accounted(out)
    book = tmp_path / "map.yaml"
    book.write_text("year: Jahr\nimporter: '@IND'\nexporter: Herkunft\ncode: HS Code\nvalue: Trade Value\n")
    assert read_map(None, book) == columns


@pytest.mark.parametrize(
    ("periods", "year", "note"),
    [
        (["2022"], 2022, ""),
        (["2022.0"], 2022, ""),
        (["2022-23"], 2022, ""),
        (["202252"], 2022, ""),
        (["2022-12-01 00:00:00", "2022-11-01 00:00:00"], 2022, "2 of 12 months"),
        ([f"2022{month:02d}" for month in range(1, 13)], 2022, ""),
        (["2022M01"], 2022, "1 of 12 months"),
        (["1899"], None, ""),
        (["2022-24"], None, ""),
        (["22"], None, ""),
        ([""], None, ""),
        (["2022", "202201"], None, ""),
    ],
)
def test_periods(tmp_path: Path, choice: TradeOptions, periods: list[str], year: int | None, note: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("P,C,K,V\n" + "".join(f"{word},CHN,850760,1\n" for word in periods), encoding="utf-8")
    columns = {"year": "P", "importer": "@IND", "exporter": "C", "code": "K", "value": "V"}
    if year is None:
        with pytest.raises(DataError, match="mine, column P"):
            read_table([path], choice, columns, OWN, usd=1e6)
        return
    out = read_table([path], choice, columns, OWN, usd=1e6)
    assert value(out, year=year) == len(periods)
    assert bool(note) == any("months" in each for each in out.report.notes)
    assert any(note in each for each in out.report.notes) or not note


def test_a_table_of_suppliers(tmp_path: Path, choice: TradeOptions) -> None:
    path = tmp_path / "plants.csv"
    path.write_text("Short,Firm,Land,X,Y\nmy-plant,Mine,IND,77.5,13\n", encoding="utf-8")
    columns = read_map("id=Short,firm=Firm,country=Land,lon=X,lat=Y,precision=@city,kind=@plant")
    out = read_table([path], choice, columns, OWN, table="suppliers", status="reported")
    row = out.tables["suppliers"].iloc[0]
    assert (row["id"], row["lon"], row["status"], row["source"]) == ("my-plant", 77.5, "reported", "mine")
    path.write_text("Short,Firm,Land,X,Y\nmy-plant,Mine,IND,770,13\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"plants\.csv, row 2, column lon"):
        read_table([path], choice, columns, OWN, table="suppliers", status="reported")


@pytest.mark.parametrize(
    "text", ["", "value", "value=", "wert=Trade Value", "year=@x,importer=@IND,exporter=@CHN"]
)
def test_maps_that_say_nothing(tmp_path: Path, choice: TradeOptions, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CorridorError):
        read_table([path], choice, read_map(text), OWN)


def test_faults_are_listed_with_file_and_line(tmp_path: Path, choice: TradeOptions) -> None:
    rows = [
        "2022,156,699,850760,1,1",
        "2022,410,699,850760,abc,1",
        "2022,392,699,850760",
        "2022,704,699,854231,2,1",
    ]
    with pytest.raises(DataError) as caught:
        read_baci([baci_file(tmp_path, rows)], choice)
    found = {(each.table, each.row, each.column) for each in caught.value.faults}
    assert ("BACI_HS22_Y2022_V202501.csv", "3", "v") in found
    assert any(row == "4" for _, row, _ in found)
    rows = ["2022,156,699,850760,1,1", "2022,410,699,850760,-4,1", "2022,392,699,850760,inf,1"]
    with pytest.raises(DataError) as caught:
        read_baci([baci_file(tmp_path, rows)], choice)
    assert [(each.row, each.found) for each in caught.value.faults] == [("3", "'-4.0'"), ("4", "'inf'")]
    rows = [
        "2022,156,699,850760,x,1",
        "2022,410,699,850760,-4,1",
        "2022,392,699,850760,y,1",
        "2022,4,699,850760,-5,1",
    ]
    with pytest.raises(DataError) as caught:  # lines that cannot be read do not shift the others
        read_baci([baci_file(tmp_path, rows)], choice)
    assert sorted(each.row for each in caught.value.faults) == ["2", "3", "4", "5"]


def test_lines_of_faults_in_a_long_file(tmp_path: Path, choice: TradeOptions) -> None:
    places = [699, 842, 276, 392, 410]
    wrong = {123_456: -1, 399_999: -1}
    rows = [
        f"{1995 + n % 28},{places[n % 5]},{places[n // 5 % 5]},{n:06d},{wrong.get(n, 1)},1" for n in range(400_000)
    ]
    with pytest.raises(DataError) as caught:
        read_baci([baci_file(tmp_path, rows)], choice)
    assert [each.row for each in caught.value.faults] == ["123458", "400001"]


def test_keys_that_appear_twice(tmp_path: Path, choice: TradeOptions) -> None:
    rows = ["2022,156,699,850760,1,1", "2022,410,699,850760,4,1", "2022,156,699,850760,2,1"]
    with pytest.raises(DataError) as caught:
        read_baci([baci_file(tmp_path, rows)], choice)
    assert [each.row for each in caught.value.faults] == ["2", "4"]
    assert all("each key once" in str(each) for each in caught.value.faults)


def test_a_value_in_another_unit(tmp_path: Path, choice: TradeOptions) -> None:
    path = baci_file(tmp_path, ["2022,156,699,850760,650000000000,1"])  # US$ where thousands are meant
    with pytest.raises(DataError, match="another unit"):
        read_baci([path], choice)
    assert value(read_baci([path], choice, usd=1.0), importer="IND") == 650_000.0
    numbers = (
        beside(names.__file__, "country_codes.csv")
        .query("system == 'number' and iso3 != 'EUU'")
        .drop_duplicates("iso3")["code"]
        .head(110)
    )
    millions = [f"2022,{number},699,{chapter:02d}0000,9,1" for number in numbers for chapter in range(1, 98)]
    millions.append("2022,156,699,850760,1,1")
    path = baci_file(tmp_path, millions)  # a whole year of India of 96 US$ million
    with pytest.raises(DataError, match="another unit"):
        read_baci([path], choice)
    assert value(read_baci([path], choice, usd=1e6), code="850760") == 1.0


def test_missing_columns_of_every_file_at_once(tmp_path: Path, choice: TradeOptions) -> None:
    for name in ("BACI_HS22_Y2021_V1.csv", "BACI_HS22_Y2022_V1.csv"):
        (tmp_path / name).write_text("t,i,j,kk,v,q\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_baci(sorted(tmp_path.iterdir()), choice)
    assert [(each.table, each.column) for each in caught.value.faults] == [
        ("BACI_HS22_Y2021_V1.csv", "k"),
        ("BACI_HS22_Y2022_V1.csv", "k"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_truncated_and_misread_files(tmp_path: Path, choice: TradeOptions, packed: bool) -> None:
    text = "t,i,j,k,v,q\n" + "2022,156,699,850760,1.5,1\n" * 1
    body = text.encode()
    if packed:
        path = tmp_path / "BACI_HS22_Y2022_V1.csv.gz"
        path.write_bytes(gzip.compress(body * 200)[:-30])
    else:
        path = tmp_path / "BACI_HS22_Y2022_V1.csv"
        path.write_bytes("t,i,j,k,v,q\n2022,caf\xe9,699,850760,1.5,1\n".encode("latin-1"))
    with pytest.raises(DataError) as caught:
        read_baci([path], choice)
    assert caught.value.faults[0].table == path.name
    if not packed:
        assert caught.value.faults[0].row == "2"
        assert "--encoding" in caught.value.faults[0].fix


def random_baci(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "t": rng.choice([2022, 2023], rows),
            "i": rng.choice([4, 156, 410, 392, 276, 704, 9999], rows),
            "j": rng.choice([699, 842, 276], rows),
            "k": rng.choice(["850760", "854231", "280530", "010121", "870899"], rows),
            "v": rng.integers(0, 10_000_000, rows) / 1000,
        }
    )
    return frame.drop_duplicates(["t", "i", "j", "k"]).assign(q="NA")


@pytest.mark.parametrize("seed", range(3))
def test_sums_agree_with_pandas(tmp_path: Path, seed: int) -> None:
    frame = random_baci(np.random.default_rng(seed), 400)
    path = tmp_path / "BACI_HS22_Y2022_V1.csv"
    frame.to_csv(path, index=False)
    out = read_baci(
        [path], TradeOptions(codes=CODES, reporters=frozenset({"IND", "USA"}), totals=False, allow=UNKNOWN)
    )
    countries = {156: "CHN", 410: "KOR", 392: "JPN", 276: "DEU", 704: "VNM", 4: "AFG", 699: "IND", 842: "USA"}
    plain = frame.assign(exporter=frame["i"].map(countries), importer=frame["j"].map(countries))
    plain = plain[plain["importer"].isin(["IND", "USA"]) & plain["exporter"].notna() & plain["k"].isin(CODES)]
    plain = plain[plain["v"] > 0].groupby(["importer", "exporter", "k", "t"])["v"].sum() / 1000
    mine = out.tables["trade"].set_index(["importer", "exporter", "code", "year"])["value_usd_m"]
    pd.testing.assert_series_equal(
        mine.sort_index(),
        plain.sort_index(),
        check_names=False,
        check_dtype=False,
        check_index_type=False,
        atol=1e-6,
    )
    accounted(out)


def test_imported_trade_changes_exposure(tmp_path: Path) -> None:
    path = tmp_path / "tradestat.csv"
    path.write_text("fy_start,hs8,country,value_musd\n2024,85076000,VIETNAM SOC REP,4000\n", encoding="utf-8")
    tables = load_tables()
    out = read_tradestat([path], TradeOptions(codes=codes_in_use()), flow="imports")
    land([out], tmp_path / "mine")
    mine = load_tables(tmp_path / "mine", extend=True)
    assert len(mine.trade) == len(tables.trade) + 1
    using = tables.codes[tables.codes["code"] == "850760"]
    exact = using[using["match"] == "exact"]
    bought = import_values(mine, "IND").set_index(["component", "origin"])["value_usd_m"]
    for component in exact["component"]:
        assert bought[component].to_dict() == {"VNM": 4000.0}, "the class of batteries no longer covers it"
    before, after = (exposure(each, "IND").set_index("component")["direct"] for each in (tables, mine))
    moved = after.index[(after - before.reindex(after.index)).abs() > 1e-9]
    assert len(moved)
    assert set(moved) <= set(using["component"])


def test_trade_in_two_nomenclatures_counts_once() -> None:
    tables = load_tables()
    group = tables.codes[tables.codes["match"] == "group"]
    both = set(group.loc[group["nomenclature"] == "INPC", "component"])
    exact = set(tables.codes.loc[tables.codes["match"] == "exact", "component"])
    component = sorted(both & set(group.loc[group["nomenclature"] == "HS6", "component"]) - exact)[0]
    code = group[(group["component"] == component) & (group["nomenclature"] == "HS6")]["code"].iloc[0]
    old = import_values(tables, "IND").query("component == @component").set_index("origin")["value_usd_m"]
    row = {"importer": "IND", "exporter": "VNM", "nomenclature": "HS6", "code": code, "value_usd_m": 5.0}
    row |= {"status": "reported", "source": "hs-2022"}
    for year, wanted in ((2022, {"VNM": 5.0}), (2023, {"VNM": 5.0}), (2015, old.to_dict())):
        more = pd.concat([tables.trade, pd.DataFrame([{**row, "year": year}])], ignore_index=True)
        new = import_values(tables.replace(trade=more), "IND").query("component == @component")
        assert new.set_index("origin")["value_usd_m"].to_dict() == pytest.approx(wanted)


def test_bundled_partners_are_not_added_to_an_import(tmp_path: Path) -> None:
    tables = load_tables()
    own = tables.trade.query("importer == 'USA' and code == '850760'")
    year = int(own["year"].max())
    assert "EUU" in set(own["exporter"])
    path = baci_file(tmp_path, [f"{year},156,842,850760,9000000,1", f"{year},276,842,850760,1000000,1"])
    land([read_baci([path])], tmp_path / "mine")
    mine = load_tables(tmp_path / "mine", extend=True)
    rows = mine.trade.query("importer == 'USA' and code == '850760' and year == @year").set_index("exporter")
    assert rows["value_usd_m"].sum() == 10_000.0
    assert rows.loc["EUU", "value_usd_m"] == 0.0
    assert set(rows["source"]) == {"baci-hs22-v202501"}
    other = tables.trade.query("code != '850760'")
    assert len(mine.trade.query("code != '850760'")) == len(other)
    more = baci_file(tmp_path, [f"{year},410,842,850760,500000,1"])  # a partner whose bundled row was set to zero
    land([read_baci([more])], tmp_path / "mine")
    again = load_tables(tmp_path / "mine", extend=True).trade
    rows = again.query("importer == 'USA' and code == '850760' and year == @year").set_index("exporter")
    assert rows["value_usd_m"].sum() == 10_500.0
    exact = tables.codes.query("code == '850760' and match == 'exact'")["component"]
    bought = import_shares(mine, "USA").set_index(["component", "origin"])["share"]
    for component in exact:
        assert bought[component, "CHN"] == pytest.approx(0.9)


def test_command_imports_and_the_folder_loads(tmp_path: Path) -> None:
    path = baci_file(tmp_path, ["2022,156,699,850760,1500000,1", "2022,156,842,850760,2500000,1"])
    into = tmp_path / "mine"
    run = CliRunner().invoke(app, ["import", "baci", str(path), "--into", str(into), "--year", "2022"])
    assert run.exit_code == 0, run.output
    assert "2 rows" in run.output
    check = CliRunner().invoke(app, ["check", "--data", str(into)])
    assert "No faults found" in check.output
    tables = load_tables(into, extend=True)
    assert "baci-hs22-v202501" in set(tables.sources["key"])
    bad = CliRunner().invoke(app, ["import", "bacci", str(path), "--into", str(into)])
    assert isinstance(bad.exception, ConfigError)


def test_command_with_a_map_of_components(tmp_path: Path) -> None:
    component = str(load_tables().components["id"].iloc[0])
    map_ = tmp_path / "map.csv"
    map_.write_text(
        f"component,code,match\n{component},999001,exact\n{component},999002,exact\n", encoding="utf-8"
    )
    path = baci_file(tmp_path, ["2022,156,699,999001,1500,1"])
    into = tmp_path / "mine"
    words = ["import", "baci", str(path), "--into", str(into), "--components", str(map_)]
    run = CliRunner().invoke(app, words)
    assert run.exit_code == 0, run.output
    assert "999002" in run.output
    tables = load_tables(into, extend=True)
    assert tables.codes.query("code == '999001'")["component"].tolist() == [component]


@pytest.mark.skipif(not RAW_DATA.is_dir(), reason="the raw files of the publishers are not here")
def test_census_file_agrees_with_the_bundled_rows() -> None:
    codes = codes_in_use()
    bundled = load_tables().trade.query("importer == 'USA'").set_index(["exporter", "code"])
    for name in ("us_imports_hs6_2024.parquet", "us_imports_hs10_2024.parquet"):
        out = read_census([RAW_DATA / name], TradeOptions(codes=codes, years=(2024,)))
        mine = out.tables["trade"].set_index(["exporter", "code"])
        assert len(mine) == len(bundled)
        for column in ("value_usd_m", "duty_usd_m"):
            assert (mine[column] - bundled[column]).abs().max() < 1e-6
