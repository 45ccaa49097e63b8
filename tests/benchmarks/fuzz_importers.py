"""Broken and odd files for every importer: each must be read right, or refused with an error that users see.

    python tests/benchmarks/fuzz_importers.py --inputs 3000 --seed 1 --workers 2

A valid file of each publisher is changed in one to three ways. Changes that keep its meaning (spellings of
codes and countries, line ends, titles, more levels, rows of the World, of exports) must give the same shares or a
refusal. Of other changes (bytes, cells, lines, columns) an accepted result must reconcile: finite values above 0,
and kept and left out make up what was read. Tells tracebacks, results that differ, inputs above 30 s of processor
time, and the highest memory.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

CODES = frozenset({"850760", "854231", "280530"})
_SLOW_S = 30.0
_COUNTRIES = {
    "CHN": (
        "156",
        "China",
        ("CHINA P RP", "China (mainland)", "People's Republic of China", "CHN", "China, P.R."),
    ),
    "JPN": ("392", "Japan", ("JAPAN", "JPN", "japan ", "JP")),
    "TWN": ("490", "Taiwan", ("Taipei, Chinese", "Other Asia, nes", "Taiwan, China", "S19", "TWN")),
    "HKG": ("344", "Hong Kong", ("Hong Kong, China", "China, Hong Kong SAR", "HKG", "Hong Kong SAR, China")),
}
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda code: f"{code[:4]}.{code[4:]}",
    lambda code: f"'{code}",
    lambda code: f"{code[:4]} {code[4:]}",
    lambda code: f"{code}00",
    lambda code: f"HS {code}",
    lambda code: f"{code} - Goods, other",
    lambda code: f"{code}.0",
)


class Case:
    """A file as rows of cells, with the shares that it must give."""

    def __init__(self, kind: str, draw: random.Random) -> None:
        self.kind = kind
        self.draw = draw
        self.same = True  # whether all changes so far keep the meaning
        self.ends, self.encoding, self.titles = "\n", "utf-8", 0
        self.values = {
            (code, country): float(draw.randrange(1, 900) * 1000)
            for code in sorted(CODES)
            for country in _COUNTRIES
        }
        self.header, make = _LAYOUTS[kind]
        self.rows = [make(code, country, value) for (code, country), value in self.values.items()]

    def text(self) -> bytes:
        lines = [["Imports of India"]] * self.titles + [self.header, *self.rows]
        quoted = [
            ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in row)
            for row in lines
        ]
        return (self.ends.join(quoted) + self.ends).encode(self.encoding, errors="replace")


def _baci(code: str, country: str, value: float) -> list[str]:
    return ["2023", _COUNTRIES[country][0], "699", code, f"{value:g}", "1"]


def _comtrade(code: str, country: str, value: float) -> list[str]:
    return ["2023", "699", "M", _COUNTRIES[country][0], "H6", code, f"{value:.1f}"]


def _old(code: str, country: str, value: float) -> list[str]:
    number, name, _ = _COUNTRIES[country]
    return ["H6", "2023", "Import", "699", number, name, code, f"{value:.0f}"]


def _census(code: str, country: str, value: float) -> list[str]:
    return [_COUNTRIES[country][1], code, f"{value:.0f}", "2023-12"]


def _tradestat(code: str, country: str, value: float) -> list[str]:
    return ["2023", f"{code}00", _COUNTRIES[country][1], f"{value / 1e3:.3f}"]


def _table(code: str, country: str, value: float) -> list[str]:
    return ["2023", _COUNTRIES[country][1], code, f"{value:.0f}"]


_LAYOUTS: dict[str, tuple[list[str], Callable[[str, str, float], list[str]]]] = {
    "baci": (["t", "i", "j", "k", "v", "q"], _baci),
    "comtrade": (
        ["period", "reporterCode", "flowCode", "partnerCode", "classificationCode", "cmdCode", "primaryValue"],
        _comtrade,
    ),
    "comtrade-old": (
        [
            "Classification",
            "Year",
            "Trade Flow",
            "Reporter Code",
            "Partner Code",
            "Partner",
            "Commodity Code",
            "Trade Value (US$)",
        ],
        _old,
    ),
    "census": (["CTY_NAME", "I_COMMODITY", "CON_VAL_YR", "time"], _census),
    "tradestat": (["fy_start", "hs8", "country", "value_musd"], _tradestat),
    "table": (["Year", "Exporter", "HS", "Value"], _table),
}
_CODE_COLUMN = {"baci": 3, "comtrade": 5, "comtrade-old": 6, "census": 1, "tradestat": 1, "table": 2}
_NAME_COLUMN = {"comtrade-old": 5, "census": 0, "tradestat": 2, "table": 1}
_VALUE_COLUMN = {"baci": 4, "comtrade": 6, "comtrade-old": 7, "census": 2, "tradestat": 3, "table": 3}


# ---- changes that keep the meaning
def respell_codes(case: Case) -> None:
    at = _CODE_COLUMN[case.kind]
    how = case.draw.choice(_SPELLINGS[:3] if case.kind == "tradestat" else _SPELLINGS)
    for row in case.rows:
        if case.draw.random() < 0.7 and row[at][:6] in CODES:
            row[at] = how(row[at][:6])


def respell_countries(case: Case) -> None:
    at = _NAME_COLUMN.get(case.kind)
    if at is None or case.kind == "comtrade-old":
        return
    for row in case.rows:
        for _, name, others in _COUNTRIES.values():
            if row[at] == name:
                row[at] = case.draw.choice(others)
                break


def other_line_ends(case: Case) -> None:
    case.ends = case.draw.choice(["\r\n", "\r", "\n"])


def titles_above(case: Case) -> None:
    case.titles = case.draw.randrange(1, 4)


def coarser_levels(case: Case) -> None:
    at, value = _CODE_COLUMN[case.kind], _VALUE_COLUMN[case.kind]
    if case.kind in ("census", "tradestat"):
        return
    for row in list(case.rows):
        if row[at] in CODES and case.draw.random() < 0.5:
            higher = list(row)
            higher[at], higher[value] = row[at][: case.draw.choice([2, 4])], "99999999"
            if not any(other[:at] == higher[:at] and other[at] == higher[at] for other in case.rows):
                case.rows.append(higher)


def rows_of_the_world(case: Case) -> None:
    word = {"baci": "0", "comtrade": "0", "comtrade-old": "0", "census": "TOTAL FOR ALL COUNTRIES"}.get(
        case.kind, "World"
    )
    at = {"baci": 1, "comtrade": 3, "comtrade-old": 4}.get(case.kind, _NAME_COLUMN.get(case.kind, 0))
    world = list(case.rows[0])
    world[at], world[_VALUE_COLUMN[case.kind]] = word, "12345678"
    case.rows.append(world)


def exports_beside(case: Case) -> None:
    where = {"comtrade": (2, "X"), "comtrade-old": (2, "Export")}.get(case.kind)
    if where is None:
        return
    for row in case.rows[: case.draw.randrange(1, 6)]:
        case.rows.append([*row[: where[0]], where[1], *row[where[0] + 1 :]])


def other_order(case: Case) -> None:
    case.draw.shuffle(case.rows)


# ---- changes that may change it
_WORDS = (
    "",
    "NA",
    "-1",
    "1e999",
    "nan",
    "Infinity",
    "#DIV/0!",
    "=1+1",
    "12,5",
    "1,839",
    "x" * 500,
    "\u0000",
    "0x1F",
    "1e5",
    "\ud7ff",
    "'",
    '"',
    "\u202e",
    "999999999999999999999",
    "-",
    "..",
    "5E-324",
    "Atlantis",
    "85",
    "8507",
    "TOTAL",
    "2010-11",
    "2022-23",
    "World",
    "EU",
    "M",
    "X",
    "<b>",
    "../../x",
)


def a_cell(case: Case) -> None:
    row = case.draw.choice(case.rows)
    row[case.draw.randrange(len(row))] = case.draw.choice(_WORDS)


def a_row(case: Case) -> None:
    row = list(case.draw.choice(case.rows))
    how = case.draw.randrange(4)
    if how == 0:
        case.rows.append(row)
    elif how == 1:
        case.rows.append(row[: case.draw.randrange(len(row))])
    elif how == 2:
        case.rows.append([*row, "more"])
    else:
        case.rows.remove(case.draw.choice(case.rows))


def a_name(case: Case) -> None:
    case.header = list(case.header)
    at = case.draw.randrange(len(case.header))
    case.header[at] = case.draw.choice(
        ["", case.header[0], case.header[at].upper(), case.header[at] + " ", "x", *_WORDS[:4]]
    )


def no_rows(case: Case) -> None:
    case.rows = case.rows[: case.draw.randrange(2)]


_KEEPING = (
    respell_codes,
    respell_countries,
    other_line_ends,
    titles_above,
    coarser_levels,
    rows_of_the_world,
    exports_beside,
    other_order,
)
_CHANGING = (a_cell, a_cell, a_row, a_name, no_rows)


def _bytes_changed(content: bytes, draw: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(draw.randrange(1, 6)):
        at = draw.randrange(len(out))
        how = draw.randrange(4)
        if how == 0:
            out[at] = draw.randrange(256)
        elif how == 1:
            del out[at : at + draw.randrange(1, 40)]
        elif how == 2:
            out[at:at] = out[at : at + draw.randrange(1, 40)]
        else:
            del out[at:]
        if not out:
            return b""
    return bytes(out)


def _as_file(case: Case, folder: Path, draw: random.Random) -> tuple[Path, bool]:
    """The case in a file; whether it still means the same."""
    import pandas as pd

    content = case.text()
    same, name = case.same, "BACI_HS22_Y2023_V1.csv"
    how = draw.random()
    if how < 0.25:
        content, same = _bytes_changed(content, draw), False
        if draw.random() < 0.2:
            name = f"BACI_HS22_Y2023_V1.{draw.choice(['xlsx', 'json', 'parquet', 'csv.gz', 'zip', 'tsv', 'xls'])}"
    elif how < 0.35 and case.same and not case.titles:
        frame = pd.DataFrame(case.rows, columns=case.header)
        kind = draw.choice(["xlsx", "parquet", "json", "rows", "html"])
        path = folder / f"BACI_HS22_Y2023_V1.{'json' if kind == 'rows' else 'xls' if kind == 'html' else kind}"
        if kind == "xlsx":
            frame.to_excel(path, index=False)
        elif kind == "parquet":
            frame.to_parquet(path)
        elif kind == "json":
            frame.to_json(path, orient="records")
        elif kind == "rows":
            path.write_text(json.dumps([case.header, *case.rows]), encoding="utf-8")
        else:
            path.write_text(frame.to_html(index=False), encoding="utf-8")
        return path, same
    path = folder / name
    path.write_bytes(content)
    return path, same


def _read(kind: str, path: Path) -> Any:
    from corridor.importers.files.imported import source_row
    from corridor.importers.trade.national_trade import read_census, read_tradestat
    from corridor.importers.trade.plain_table import read_table
    from corridor.importers.trade.table import TradeOptions
    from corridor.importers.trade.world_trade import read_baci, read_comtrade

    choice = TradeOptions(codes=CODES, totals=False)
    if kind == "baci":
        return read_baci([path], choice, revision="HS22", usd=1.0)
    if kind.startswith("comtrade"):
        return read_comtrade([path], choice)
    if kind == "census":
        return read_census([path], choice)
    if kind == "tradestat":
        return read_tradestat([path], choice, flow="imports", usd=1e3)
    columns = {
        "year": "Year",
        "importer": "@IND",
        "exporter": "Exporter",
        "code": "HS",
        "value": "Value",
        "revision": "@HS22",
    }
    return read_table([path], choice, columns, source_row("mine", "Mine", "Me", "", "own", ""), usd=1.0)


def _nonsense(case: Case, same: bool, out: Any) -> str:
    """What is wrong with an accepted result; empty if nothing is."""
    report, trade = out.report, out.tables["trade"]
    if report.rows != report.rows_kept + int(report.left_out["rows"].sum()):
        return "rows do not reconcile"
    total = report.value_kept_usd_m + float(report.left_out["value_usd_m"].sum())
    if not math.isclose(total, report.value_usd_m, rel_tol=1e-9, abs_tol=1e-9):
        return "values do not reconcile"
    if not (trade["value_usd_m"] > 0).all() or not trade["value_usd_m"].map(math.isfinite).all():
        return "a value that is not above 0"
    if not same:
        return ""
    found = {(row.code, row.exporter): row.value_usd_m for row in trade.itertuples()}
    wanted = {key: value / 1e6 for key, value in case.values.items()}
    if found.keys() != wanted.keys() or any(
        not math.isclose(found[key], wanted[key], abs_tol=2e-6) for key in wanted
    ):
        return "other shares than those of the file"
    return ""


def one(number: int, seed: int, folder: Path) -> tuple[str, str, str]:
    """Kind, outcome and what went wrong of one input."""
    from corridor.errors import CorridorError

    draw = random.Random(f"{seed}-{number}")
    kind = draw.choice(sorted(_LAYOUTS))
    case = Case(kind, draw)
    for _ in range(draw.randrange(1, 4)):
        if not case.rows or any(len(row) < len(case.header) for row in case.rows):
            break  # no further change of a table that is cut off
        if draw.random() < 0.6:
            draw.choice(_KEEPING)(case)
        else:
            draw.choice(_CHANGING)(case)
            case.same = False
    path, same = _as_file(case, folder, draw)
    start = time.process_time()
    try:
        out = _read(kind, path)
        wrong = _nonsense(case, same, out)
        outcome = ("nonsense", wrong) if wrong else ("accepted", "")
    except CorridorError as error:
        outcome = ("refused, though it means the same", str(error)[:300]) if same else ("refused", "")
    except Exception:
        outcome = ("traceback", traceback.format_exc(limit=-3)[:600])
    if time.process_time() - start > _SLOW_S:
        outcome = ("slow", f"{time.process_time() - start:.0f} s")
    path.unlink()
    return kind, *outcome


def chunk(task: tuple[range, int]) -> list[tuple[int, str, str, str]]:
    """Outcomes of some inputs."""
    numbers, seed = task
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="corridor-fuzz-") as name:
        return [(number, *one(number, seed, Path(name))) for number in numbers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", type=int, help="one input alone, by its number")
    given = parser.parse_args()
    if given.only is not None:
        print(*chunk((range(given.only, given.only + 1), given.seed))[0])
        return
    tasks = [(range(at, min(at + 10, given.inputs)), given.seed) for at in range(0, given.inputs, 10)]
    counts: Counter[tuple[str, str]] = Counter()
    with multiprocessing.get_context("spawn").Pool(given.workers) as pool:
        for found in pool.imap_unordered(chunk, tasks):
            for number, kind, outcome, what in found:
                counts[kind, outcome] += 1
                if outcome not in ("accepted", "refused"):
                    print(f"{number} {kind}: {outcome}: {what}", flush=True)
            if sum(counts.values()) % 500 == 0:
                print(f"... {sum(counts.values()):,}", flush=True)
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:<14}{outcome:<36}{count:>7,}")
    highest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    bad = sum(count for (_, outcome), count in counts.items() if outcome in ("traceback", "nonsense", "slow"))
    print(f"{sum(counts.values()):,} inputs; highest memory of a worker {highest:,.0f} MiB; {bad} bad")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
