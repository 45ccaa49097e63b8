"""Speed and memory of importers: a real table of 2.84 million rows, and 50 million rows laid out as BACI.

    python tests/benchmarks/importers.py --million 50

Each import runs in a process of its own, whose highest memory is told. The real table (India's exports by HS8 and
partner) is compared with the engine's bare scan and sum over the same file, the best of five each, taken in turn.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[3] / "shared/data/trade/india_exports_hs8_partner_fy2017_2024.parquet"
_REPEATS = 5
_YEARS = 10


def in_own_process(work: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Run in a fresh process; adds its highest memory in MiB."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(send, work, args))
    child.start()
    out: dict[str, Any] = receive.recv()
    child.join()
    return out


def _report(send: Any, work: Callable[..., dict[str, Any]], args: tuple[Any, ...]) -> None:
    out = work(*args)
    out["peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    send.send(out)


def bare(path: str) -> dict[str, Any]:
    """The engine's own scan and sum."""
    import duckdb

    engine = duckdb.connect()
    query = """SELECT fy_start, country, substr(hs8, 1, 6) AS code, sum(value_musd), count(*)
               FROM read_csv(?, types={'hs8': 'VARCHAR'}) GROUP BY ALL"""
    start = time.perf_counter()
    groups = len(engine.execute(query, [path]).fetch_df())
    return {"seconds": time.perf_counter() - start, "groups": groups}


def tradestat(path: str) -> dict[str, Any]:
    """The import of the same file."""
    from corridor.importers.trade.codes_in_use import codes_in_use
    from corridor.importers.trade.national_trade import read_tradestat
    from corridor.importers.trade.table import Choice

    choice = Choice(codes=codes_in_use())
    start = time.perf_counter()
    report = read_tradestat([path], choice, flow="exports").report
    return {"seconds": time.perf_counter() - start, "rows": report.rows, "value_usd_m": report.value_usd_m}


def baci(folder: str) -> dict[str, Any]:
    """Import of a folder of BACI, up to the tables in their folder."""
    from corridor.importers.files.write_into import land
    from corridor.importers.trade.codes_in_use import codes_in_use
    from corridor.importers.trade.table import Choice
    from corridor.importers.trade.world_trade import read_baci

    files = sorted(Path(folder).glob("BACI_*.csv"))
    start = time.perf_counter()
    choice = Choice(codes=codes_in_use(), reporters=frozenset({"IND", "USA"}))
    out = read_baci(files, choice)
    land([out], Path(folder) / "mine")
    return {
        "seconds": time.perf_counter() - start,
        "rows": out.report.rows,
        "value_usd_m": out.report.value_usd_m,
        "trade_rows": len(out.tables["trade"]),
    }


def write_baci(folder: Path, rows: int) -> float:
    """Synthetic years of BACI, each key once; gives the sum of all values, thousand US$."""
    import duckdb
    import pandas as pd

    from corridor.importers.files.rows import beside
    from corridor.importers.trade.codes_in_use import codes_in_use

    places = beside("country_codes.csv").query("system == 'number'").drop_duplicates("iso3")["code"].head(220)
    used = sorted(codes_in_use())
    filler = [f"{chapter:02d}{at:04d}" for at in range(9000, 9050) for chapter in range(1, 98) if chapter != 77]
    codes = pd.DataFrame({"k": [*used, *filler][:5000]}, dtype="str").reset_index(names="at")
    engine = duckdb.connect()
    engine.register("codes", codes)
    engine.register("places", pd.DataFrame({"code": places.to_numpy()}).reset_index(names="at"))
    count, many = len(places), len(codes)
    total = 0.0
    # about half a trillion US$ of imports a country and year, whatever the number of rows
    largest = int(1e12 * count * _YEARS / rows)
    for year in range(2013, 2013 + _YEARS):
        # a multiplier without a factor in common with the number of keys meets each key once
        draw = f"""
            SELECT {year} AS t, i.code AS i, j.code AS j, codes.k AS k,
                   (1 + hash(n + {year}) % {largest}) / 1000 AS v, 'NA' AS q
            FROM (SELECT n, n * 2654435761 % {count * count * many} AS key FROM range({rows // _YEARS}) r(n))
            JOIN places i ON i.at = key % {count}
            JOIN places j ON j.at = key // {count} % {count}
            JOIN codes ON codes.at = key // {count * count}"""
        path = folder / f"BACI_HS22_Y{year}_V202501.csv"
        engine.execute(f"COPY ({draw}) TO '{path}' (HEADER)")
        found = engine.execute("SELECT sum(v) FROM read_csv(?)", [str(path)]).fetchone()
        total += found[0] if found else 0.0
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", type=float, default=50, help="million rows of BACI; 0 leaves it out")
    parser.add_argument("--table", type=Path, default=TABLE, help="India's exports by HS8 and partner, parquet")
    given = parser.parse_args()
    million = given.million
    work = Path(tempfile.mkdtemp(prefix="corridor-benchmark-"))
    try:
        if given.table.exists():
            import duckdb

            path = work / "tradestat.csv"
            columns = "fy_start, hs8, country, value_musd, quantity"
            duckdb.execute(
                f"COPY (SELECT {columns} FROM read_parquet(?)) TO '{path}' (HEADER)", [str(given.table)]
            )
            pairs = [
                (in_own_process(bare, str(path)), in_own_process(tradestat, str(path))) for _ in range(_REPEATS)
            ]
            scan, ours = (min(each, key=lambda one: one["seconds"]) for each in zip(*pairs, strict=True))
            print("bare scan and sum   ", json.dumps(scan))
            print("import of TradeStat ", json.dumps(ours))
            print(f"ratio                {ours['seconds'] / scan['seconds']:.2f}")
        else:
            print("the real table is not here; only synthetic rows are measured")
        if million:
            need, free = million * 40e6, shutil.disk_usage(work).free
            if free < 2 * need:
                sys.exit(f"{need / 1e9:.1f} GB of files need more room than the {free / 1e9:.1f} GB that are free")
            total = write_baci(work, int(million * 1e6))
            size = sum(file.stat().st_size for file in work.glob("BACI_*")) / 1e9
            out = in_own_process(baci, str(work))
            assert abs(out["value_usd_m"] - total / 1e3) < 1e-6 * total / 1e3, "the sums differ"
            print(f"import of BACI       {json.dumps(out)} from {size:.2f} GB")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
