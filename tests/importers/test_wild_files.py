"""Tables as people and publishers write them: each kind is read with its right value, or refused in one sentence.

The names and numbers are invented.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from corridor.data.countries.places import NAMES, to_iso3
from corridor.errors import ConfigError, CorridorError, DataError
from corridor.importers.files.imported import Imported, ImportReport, allowed, source_row
from corridor.importers.trade.guessed_map import confirmed, guessed
from corridor.importers.trade.national_trade import read_census, read_tradestat
from corridor.importers.trade.plain_table import read_map, read_table
from corridor.importers.trade.table import TradeOptions
from corridor.importers.trade.world_trade import read_comtrade

CHOICE = TradeOptions(codes=frozenset({"850760", "280461", "040900"}), totals=False)
OWN = source_row("mine", "Mine", "Me", "", "own", "2024")
MAP = read_map("year=Year,importer=@IND,exporter=Exporter,code=HS,value=Value,revision=@HS22")


def table(folder: Path, text: str | bytes, name: str = "in.csv", **options: object) -> Imported:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    given = {"usd": 1e6} | options
    choice = replace(
        CHOICE, **{name: given.pop(name) for name in ("allow", "encoding", "totals") if name in given}
    )
    return read_table([path], choice, given.pop("columns", MAP), OWN, **given)


def amounts(imported: Imported) -> dict[str, float]:
    """US$ million by exporter; what was read is kept or left out, in total, by reason, by year and partner."""
    report, trade = imported.report, imported.tables["trade"]
    assert report.rows == report.rows_kept + report.left_out["rows"].sum() == report.account["rows"].sum()
    assert report.value_usd_m == pytest.approx(report.account["value_usd_m"].sum())
    by_reason = report.account.groupby("why")["value_usd_m"].sum()
    for why, value in report.left_out.set_index("why")["value_usd_m"].items():
        assert by_reason[why] == pytest.approx(value)
    return trade.groupby("exporter")["value_usd_m"].sum().to_dict()


def rows(*lines: str) -> str:
    return "\n".join(["Year,Exporter,HS,Value", *lines]) + "\n"


SPELLINGS = (
    "8507.60",
    "'850760",
    "8507 60",
    "85076000",
    "8507.60.00",
    "8507.60.0010",
    "8507.6",
    "850760.0",
    '"=""850760"""',
    "HS 850760",
    "850760 - Lithium-ion accumulators",
    "850760 Lithium-ion accumulators",
    "8.5076E+05",
    "8.5076E5",
    "8507-60",
    "85.07.60",
    "850760000",
)


def test_spellings_of_a_code(tmp_path: Path) -> None:
    lines = [f"{2023 + at},China,{code},{at + 1}" for at, code in enumerate(SPELLINGS)]
    out = table(tmp_path, rows(*lines, "2023,Japan,850760,200", "2023,Japan,280461,10"))
    assert amounts(out) == {"CHN": sum(range(1, len(SPELLINGS) + 1)), "JPN": 210.0}
    assert set(out.tables["trade"]["code"]) == {"850760", "280461"}


def test_a_lost_zero_comes_back(tmp_path: Path) -> None:
    codes = ("40900", "409.00", "0409.00", "4090000.0", "0409.0000")
    out = table(tmp_path, rows(*(f"{2023 + at},China,{code},8" for at, code in enumerate(codes))))
    assert set(out.tables["trade"]["code"]) == {"040900"}
    assert amounts(out) == {"CHN": 40.0}


def test_what_is_no_code_is_refused(tmp_path: Path) -> None:
    wrong = ("8.51E+05", "8.5076E+07", "85076", "Li-ion", "#N/A", "", "850760/280461", "85076A")
    text = rows(*(f"{2023 + at},China,{code},100" for at, code in enumerate(wrong)), "2023,Japan,850760,200")
    with pytest.raises(DataError, match=r"80.0% left out: codes that are none.*--allow unknown-code"):
        table(tmp_path, text)
    assert amounts(table(tmp_path, text, allow=frozenset({"unknown-code"}))) == {"JPN": 200.0}


def test_levels_of_the_nomenclature_count_once(tmp_path: Path) -> None:
    text = rows(
        "2023,China,850760,800",
        "2023,China,85076010,500",
        "2023,China,85076090,300",
        "2023,China,8507,900",
        "2023,China,85,1000",
        "2023,China,TOTAL,1000",
        "2023,Japan,85076010,150",
        "2023,Japan,85076090,50",
    )
    assert amounts(table(tmp_path, text)) == {"CHN": 800.0, "JPN": 200.0}
    alone = text + "2023,Vietnam,8507,400\n"
    with pytest.raises(DataError, match=r"fewer than six digits.*--allow mixed-levels"):
        table(tmp_path, alone)
    assert amounts(table(tmp_path, alone, allow=frozenset({"mixed-levels"}))) == {"CHN": 800.0, "JPN": 200.0}
    with pytest.raises(DataError, match="add up to more than their six-digit row"):
        table(tmp_path, rows("2023,China,850760,100", "2023,China,85076010,500"))


def test_levels_count_once_in_the_total(tmp_path: Path) -> None:
    lines = [f"2023,China,{chapter:02d}0000,10" for chapter in range(1, 98)]
    lines += [f"2023,China,{chapter:02d},10" for chapter in range(1, 98)] + ["2023,China,850760,5"]
    trade = table(tmp_path, rows(*lines), totals=True).tables["trade"].set_index("code")["value_usd_m"]
    assert trade.to_dict() == {"850760": 5.0, "TOTAL": 975.0}


def test_the_union_beside_its_members(tmp_path: Path) -> None:
    text = rows(
        "2023,China,850760,500",
        "2023,European Union,850760,300",
        "2023,Germany,850760,200",
        "2023,France,850760,90",
    )
    assert amounts(table(tmp_path, text)) == {"CHN": 500.0, "EUU": 300.0}
    assert amounts(table(tmp_path, text.replace("European Union", "EU27_2020"))) == {"CHN": 500.0, "EUU": 300.0}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Hong Kong, China", "HKG"),
        ("Macao, China", "MAC"),
        ("Taipei, Chinese", "TWN"),
        ("Other Asia, nes", "TWN"),
        ("S19", "TWN"),
        ("OAS", "TWN"),
        ("490", "TWN"),
        ("China, People's Republic of", "CHN"),
        ("China (mainland)", "CHN"),
        ("Korea, Rep. of", "KOR"),
        ("Republic of Korea", "KOR"),
        ("Korea, Dem. People's Rep. of", "PRK"),
        ("Congo, Democratic Republic of the", "COD"),
        ("ZAR", "COD"),
        ("Congo, Rep.", "COG"),
        ("Iran, Islamic Republic of", "IRN"),
        ("Lao People's Democratic Republic", "LAO"),
        ("Ethiopia(excludes Eritrea)", "ETH"),
        ("Macedonia, FYR", "MKD"),
        ("Occ.Pal.Terr", "PSE"),
        ("Faeroe Isds", "FRO"),
        ("Czech Rep.", "CZE"),
        ("Area Nes", "ROW"),
        ("Bunkers", "ROW"),
        ("Free Zones", "ROW"),
        ("Special Categories", "ROW"),
        ("_X", "ROW"),
        ("E19", "ROW"),
        ("IN", "IND"),
        ("EL", "GRC"),
        ("UK", "GBR"),
    ],
)
def test_countries_of_many_publishers(name: str, code: str) -> None:
    assert to_iso3(pd.Series([name]), NAMES).tolist() == [code]


def test_names_of_itc_are_no_less_china(tmp_path: Path) -> None:
    names = {"China": 800, "Hong Kong, China": 150, "Macao, China": 50, "Taipei, Chinese": 100, "Viet Nam": 100}
    out = table(tmp_path, rows(*(f'2023,"{name}",850760,{value}' for name, value in names.items())))
    assert amounts(out) == {"CHN": 800.0, "HKG": 150.0, "MAC": 50.0, "TWN": 100.0, "VNM": 100.0}


def test_groups_of_countries_are_no_partners(tmp_path: Path) -> None:
    groups = ("World", "ASEAN", "Sub-Saharan Africa", "WLD", "Europe & Central Asia", "0")
    lines = [f"2023,{group},850760,1000" for group in groups]
    out = table(tmp_path, rows(*lines, "2023,China,850760,800", "2023,Japan,850760,200"))
    assert amounts(out) == {"CHN": 800.0, "JPN": 200.0}


def test_unknown_countries_below_one_per_cent_are_only_counted(tmp_path: Path) -> None:
    out = table(tmp_path, rows("2023,China,850760,995", "2023,Atlantis,850760,5"))
    assert amounts(out) == {"CHN": 995.0}
    assert out.report.lost == {"unknown-country": pytest.approx(0.005)}
    # of codes in use it may be far more than of all
    with pytest.raises(DataError, match="50.0% left out: unknown countries"):
        table(tmp_path, rows("2023,China,850760,5", "2023,Atlantis,850760,5", "2023,China,999999,9990"))
    with pytest.raises(ConfigError, match="wanted one of unknown-code"):
        allowed(["everything"])


@pytest.mark.parametrize(
    ("flow", "words"),
    [
        ("Trade Flow", ("Import", "Export", "Re-Import")),
        ("flowCode", ("M", "X", "RM")),
        ("TradeFlowName", ("1", "2", "4")),
    ],
)
def test_exports_are_no_imports(tmp_path: Path, flow: str, words: tuple[str, str, str]) -> None:
    inward, outward, again = words
    text = f"Year,Exporter,HS,Value,{flow}\n2023,China,850760,800,{inward}\n2023,Nepal,850760,100,{outward}\n"
    text += f"2023,India,850760,50,{again}\n"
    assert amounts(table(tmp_path, text)) == {"CHN": 800.0}
    assert amounts(table(tmp_path, text, flow="exports")) == {"NPL": 100.0}
    odd = text + "2023,Japan,850760,500,Sideways\n"
    with pytest.raises(DataError, match="--allow no-flow"):
        table(tmp_path, odd)


OLD = (
    "Classification,Year,Period,Trade Flow Code,Trade Flow,Reporter Code,Reporter,Reporter ISO,Partner Code,"
    "Partner,Partner ISO,Commodity Code,Commodity,Trade Value (US$)\n"
    "H6,2023,2023,1,Import,699,India,IND,0,World,WLD,850760,Cells,1000000\n"
    "H6,2023,2023,1,Import,699,India,IND,156,China,CHN,850760,Cells,800000\n"
    "H6,2023,2023,1,Import,699,India,IND,392,Japan,JPN,850760,Cells,200000\n"
    "H6,2023,2023,2,Export,699,India,IND,842,USA,USA,850760,Cells,900000\n"
    "H6,2023,2023,4,Re-Import,699,India,IND,36,Australia,AUS,850760,Cells,50000\n"
)


def test_comtrade_of_the_old_web_page(tmp_path: Path) -> None:
    path = tmp_path / "comtrade.csv"
    path.write_text(OLD, encoding="utf-8")
    assert amounts(read_comtrade([path], CHOICE)) == {"CHN": 0.8, "JPN": 0.2}
    # the page of Comtrade+ ends every row in a comma that its header lacks
    path.write_text("\n".join(line + "," * (at > 0) for at, line in enumerate(OLD.splitlines())), encoding="utf-8")
    assert amounts(read_comtrade([path], CHOICE)) == {"CHN": 0.8, "JPN": 0.2}
    frame = pd.read_csv(tmp_path / "comtrade.csv", dtype=str, index_col=False)
    frame.to_excel(tmp_path / "book.xlsx", index=False)
    assert amounts(read_comtrade([tmp_path / "book.xlsx"], CHOICE)) == {"CHN": 0.8, "JPN": 0.2}
    path.write_text(re.sub("Trade Flow Code,Trade Flow,", "A,B,", OLD), encoding="utf-8")
    with pytest.raises(DataError, match="flow is not known.*--allow no-flow"):
        read_comtrade([path], CHOICE)
    path.write_text(OLD.replace("Commodity Code", "Goods"), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_comtrade([path], CHOICE)
    assert "rename" not in str(caught.value)


def test_census_as_its_api_answers(tmp_path: Path) -> None:
    content = [
        ["CTY_CODE", "CTY_NAME", "I_COMMODITY", "CON_VAL_YR", "CAL_DUT_YR", "COMM_LVL", "time"],
        ["-", "TOTAL FOR ALL COUNTRIES", "850760", "1000000", "100", "HS6", "2024-12"],
        ["5700", "CHINA", "850760", "800000", "80", "HS6", "2024-12"],
        ["5880", "JAPAN", "850760", "200000", "20", "HS6", "2024-12"],
    ]
    path = tmp_path / "in.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert amounts(read_census([path], CHOICE)) == {"CHN": 0.8, "JPN": 0.2}
    content[0][6] = "YEAR"
    months = [[*row[:6], "2024", "12"] for row in content[1:]]
    path.write_text(json.dumps([[*content[0], "MONTH"], *months]), encoding="utf-8")
    assert amounts(read_census([path], CHOICE)) == {"CHN": 0.8, "JPN": 0.2}
    content[0][2:4] = ["E_COMMODITY", "ALL_VAL_YR"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match="US exports"):
        read_census([path], CHOICE)


def test_usa_trade_online_has_titles_and_grouped_numbers(tmp_path: Path) -> None:
    path = tmp_path / "download.csv"
    path.write_text(
        '"Imports - HS"\n"Measures: Customs Value (Cons) ($US)"\n\n'
        "Commodity,Country,Time,Customs Value (Cons) ($US),\n"
        '"850760 Lithium-Ion Batteries","China","2023","13,000,500",\n'
        '"850760 Lithium-Ion Batteries","Korea, South","2023","1,000,500",\n'
        '"850760 Lithium-Ion Batteries","World Total","2023","14,001,000",\n',
        encoding="utf-8",
    )
    assert amounts(read_census([path], CHOICE)) == {"CHN": 13.0005, "KOR": 1.0005}


def test_months_of_a_year_that_looks_like_a_fiscal_one(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    lines = [f"5700,CHINA,850760,100,2022-{month:02d}" for month in range(12, 0, -1)]
    path.write_text("CTY_CODE,CTY_NAME,I_COMMODITY,CON_VAL_MO,time\n" + "\n".join(lines), encoding="utf-8")
    assert amounts(read_census([path], CHOICE)) == {"CHN": pytest.approx(0.0012)}
    path.write_text(path.read_text(encoding="utf-8").replace("2022-", "2010-"), encoding="utf-8")
    with pytest.raises(DataError, match="12 rows.*HS07 codes without") as caught:  # 2010-11 is November here
        read_census([path], CHOICE)
    assert "both as a year" not in str(caught.value)


def test_words_for_a_period(tmp_path: Path) -> None:
    words = {
        "2022-2023": 2022,
        "FY2021-22": 2021,
        "2009-10": 2009,
        "Jan 2023": 2023,
        "2024-01-31": 2024,
        "2020": 2020,
    }
    out = table(tmp_path, rows(*(f"{word},China,850760,8" for word in words)))
    assert sorted(out.tables["trade"]["year"]) == sorted(words.values())


PAGE = (
    "<html><body><h3>India imports</h3><table>"
    "<tr><th>S.No.</th><th>Country</th><th>2021-2022</th><th>2022-2023</th><th>%Share</th><th>%Share</th></tr>"
    "<tr><td>1</td><td>CHINA P RP</td><td>2,100.50</td><td>2,800.75</td><td>9</td><td>9</td></tr>"
    "<tr><td></td><td>Total</td><td>2,100.50</td><td>2,800.75</td><td>9</td><td>9</td></tr></table>"
)


def test_pages_of_tradestat(tmp_path: Path) -> None:
    page = tmp_path / "page.xls"
    page.write_text(PAGE, encoding="utf-8")
    out = read_tradestat([page], CHOICE, flow="imports", code="85076000")
    assert amounts(out) == {"CHN": 2800.75}
    assert out.tables["trade"]["year"].tolist() == [2022]
    with pytest.raises(ConfigError, match="--code 85076000"):
        read_tradestat([page], CHOICE, flow="imports")
    listed = tmp_path / "codes.csv"
    listed.write_text(
        'S.No.,HSCode,Commodity,2021-2022,%Share,2022-2023,%Share\n1,85076000,LITHIUM-ION,"2,100.50",1,"2,800.75",1\n',
        encoding="utf-8",
    )
    assert amounts(read_tradestat([listed], CHOICE, flow="imports", country="China")) == {"CHN": 2800.75}
    with pytest.raises(ConfigError, match="--country CHN"):
        read_tradestat([listed], CHOICE, flow="imports")
    with pytest.raises(ConfigError, match="not known"):
        read_tradestat([listed], CHOICE, flow="imports", country="Atlantis")


def test_a_workbook_with_one_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"Year": [2023, 2023], "Exporter": ["China", "Japan"], "HS": [8507.6, 850760], "Value": [800, 200]}
    )
    path = tmp_path / "in.xlsx"
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        frame.to_excel(book, sheet_name="Trade", index=False, startrow=3)
        pd.DataFrame({"Notes": ["from my desk"]}).to_excel(book, sheet_name="About", index=False, header=False)
        book.sheets["Trade"]["A1"] = "Imports of India"
        book.sheets["Trade"]["A8"] = "Source: customs"
    assert amounts(read_table([path], CHOICE, MAP, OWN, usd=1e6)) == {"CHN": 800.0, "JPN": 200.0}
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        frame.to_excel(book, sheet_name="2023", index=False)
        frame.to_excel(book, sheet_name="2024", index=False)
    with pytest.raises(DataError, match=r"2 tables \(2023, 2024\).*save the sheet"):
        read_table([path], CHOICE, MAP, OWN, usd=1e6)
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        frame.to_excel(book, sheet_name="Trade", index=False)
        book.sheets["Trade"]["D2"] = "=1/0"
    with pytest.raises(DataError, match="sheet Trade, row 2.*formula that was never evaluated"):
        read_table([path], CHOICE, MAP, OWN, usd=1e6)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"<?xml version='1.0'?><Structure/>", "XML"),
        (b"<html><body><p>Sign in</p></body></html>", "HTML without a table"),
        (b'{"class":"dataset","value":[1]}', "something else"),
        (b"PK\x03\x04 not a workbook", "workbook that cannot be read"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(CorridorError, match=words):
        table(tmp_path, content)


@pytest.mark.parametrize(
    ("encoding", "name"), [("cp1252", "cp1252"), ("cp1252", "latin-1"), ("utf-16", "utf-8"), ("gbk", "gbk")]
)
def test_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    text = rows("2023,Türkiye,850760,800", "2023,Côte d’Ivoire,850760,200")
    if encoding == "gbk":
        text = (
            text.replace("Türkiye", "Turkey").replace("Côte d’Ivoire", "Cote d'Ivoire").replace("HS", "HS")
            + "2023,中国,850760,1\n"
        )
    out = table(tmp_path, text.encode(encoding), encoding=name)
    assert {"TUR": 800.0, "CIV": 200.0}.items() <= amounts(out).items()
    if encoding == "cp1252":
        with pytest.raises(DataError, match="--encoding"):
            table(tmp_path, text.encode(encoding))
    with pytest.raises(ConfigError, match="encoding"):
        table(tmp_path, text, encoding="morse")


@pytest.mark.parametrize("ends", [("\n", "\r\n"), ("\r\n", "\n"), ("\r", "\r"), ("\r\n", "\r\n")])
def test_line_ends(tmp_path: Path, ends: tuple[str, str]) -> None:
    head, *body = rows('2023,China,"850760",800', '2023,Japan,"850760",200').splitlines()
    text = head + ends[0] + "".join(line + ends[1] for line in body)
    assert amounts(table(tmp_path, text)) == {"CHN": 800.0, "JPN": 200.0}


def test_columns_named_twice_matter_only_if_they_are_used(tmp_path: Path) -> None:
    text = "Year,Exporter,HS,Value,%Share,%Share\n2023,China,850760,800,1,2\n"
    assert amounts(table(tmp_path, text)) == {"CHN": 800.0}
    with pytest.raises(DataError, match="of this name twice"):
        table(tmp_path, "Year,Exporter,HS,Value,value\n2023,China,850760,800,1\n")


def test_numbers_with_separators(tmp_path: Path) -> None:
    text = rows('2023,China,850760,"1,839.5"', '2023,Japan,850760,"12,34,567"')
    assert amounts(table(tmp_path, text)) == {"CHN": 1839.5, "JPN": 1234567.0}
    with pytest.raises(DataError, match="'839,5'"):
        table(tmp_path, rows('2023,China,850760,"839,5"'))
    with pytest.raises(DataError, match="1,839"):  # where semicolons divide cells, a comma is a decimal one
        table(tmp_path, rows("2023;China;850760;1,839").replace(",Exporter,HS,", ";Exporter;HS;"))


def test_a_map_is_guessed_shown_and_confirmed(tmp_path: Path) -> None:
    wits = tmp_path / "wits.csv"
    wits.write_text(
        "Nomenclature,ReporterISO3,ProductCode,ReporterName,PartnerISO3,PartnerName,Year,TradeFlowName,"
        "TradeFlowCode,TradeValue in 1000 USD\nH6,IND,850760,India,CHN,China,2023,Import,5,800.5\n"
        'H6,IND,850760,India,OAS,"Other Asia, nes",2023,Import,5,100\n'
        "H6,IND,850760,India,NPL,Nepal,2023,Export,6,70\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=r"code=ProductCode,value=TradeValue in 1000 USD.* --unit 1000.*--yes"):
        confirmed([wits], {}, None, yes=False)
    columns, unit = confirmed([wits], {}, None, yes=True)
    assert unit == 1e3
    assert amounts(read_table([wits], CHOICE, columns, OWN, usd=unit)) == {"CHN": 0.8005, "TWN": 0.1}
    assert confirmed([wits], MAP, None, yes=False) == (MAP, None)
    itc = tmp_path / "itc.csv"
    itc.write_text(
        "List of supplying markets for a product imported by India\nUnit : US Dollar thousand\n\n"
        "Exporters,Imported value in 2022,Imported value in 2023\nWorld,1500,1700\nChina,1000,1200\n"
        '"Hong Kong, China",500,500\n'
        "Sources: ITC calculations\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="no column is known for importer, code"):
        guessed([itc], {})
    columns, unit = confirmed([itc], {"importer": "@IND", "code": "@850760", "revision": "@HS22"}, None, yes=True)
    assert unit == 1e3
    assert amounts(read_table([itc], CHOICE, columns, OWN, usd=unit)) == {"CHN": 2.2, "HKG": 1.0}
    plain = tmp_path / "plain.csv"
    plain.write_text(rows("2023,China,850760,8"), encoding="utf-8")
    with pytest.raises(ConfigError, match="no column says the unit.*--unit"):
        confirmed([plain], {"importer": "@IND"}, None, yes=True)


def test_the_report_shows_what_was_kept_by_year_and_partner(tmp_path: Path) -> None:
    out = table(tmp_path, rows("2022,China,850760,400", "2023,China,850760,600", "2023,Atlantis,850760,2"))
    text = str(out.report)
    assert "kept of read by year, US$ million: 2022 400.0 of 400.0; 2023 600.0 of 602.0" in text
    assert "kept of read by partner, US$ million: CHN 1,000.0 of 1,000.0; Atlantis 0.0 of 2.0" in text
    assert "unknown countries [unknown-country]" in text


def test_a_report_without_money_counts_rows() -> None:
    nothing = float("nan")
    left = [("unknown countries", 3, nothing), ("other years", 900, nothing)]
    report = ImportReport.of(
        "x", ["x.csv"], (97, nothing), left, [], reasons={"unknown countries": "unknown-country"}
    )
    assert report.lost == {"unknown-country": pytest.approx(0.03)}
    with pytest.raises(DataError, match="3.0% left out"):
        report.check()
    report.check({"unknown-country"})
