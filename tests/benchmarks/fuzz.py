"""Damaged and hostile files for every reader: tracebacks, hangs, memory, and nonsense that is accepted.

    python tests/benchmarks/fuzz.py --count 20000 --seed 1 [--kind graph.json]

Each input is a valid file with random damage (``tests.mutations``), with odd values in random places, or with a
figure that none can be, which must be refused. A reader may return something whose figures are finite and at most
1e18 and whose texts hold no control character, or raise a ``CorridorError``; anything else is counted and shown.
Inputs are read in forked processes of 100; counted are processes above 2 GiB, and inputs above 60 s of processor
time.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from corridor.data.exchange import SUFFIXES, read_graph, write_graph  # noqa: E402
from corridor.data.frames import Tables  # noqa: E402
from corridor.data.graph import build_graph, to_tables  # noqa: E402
from corridor.data.schema import load_schema  # noqa: E402
from corridor.data.tables import load_tables, write_tables  # noqa: E402
from corridor.errors import CorridorError  # noqa: E402
from corridor.measures import SupplyNetwork, look_through, net_import_reliance  # noqa: E402
from tests import TINY  # noqa: E402
from tests.mutations import damaged  # noqa: E402
from tests.test_broken_settings import IMPORTS, READERS, odd  # noqa: E402

BATCH, MOST_BYTES, MOST_SECONDS = 100, 2 * 2**30, 60
NONSENSE = ("inf", "-inf", "1e308", "-1e300", "9" * 400, "9" * 5000, "1e400", "0x1F", "--5", "12:30")
STRANGE = ("", "\x00", "\ud800x", "=1+1", "x" * 40_000, "\u202e")
Read = Callable[[Path], Any]
Maker = Callable[[random.Random, Path], tuple[Path, bool]]


class Hang(BaseException):
    """An input took more processor time than any may."""


@cache
def tiny() -> Tables:
    return load_tables(TINY)


@cache
def valid(kind: str) -> bytes:
    """A valid file of a kind of graph or of all tables."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / f"x{kind}"
        if kind in SUFFIXES:
            write_graph(build_graph(tiny()), file)
        else:
            write_tables(tiny(), file, kind.removeprefix("."))
        return file.read_bytes()


def bytes_of(content: Callable[[], bytes], name: str) -> Maker:
    """Random damage to a file."""

    def make(rng: random.Random, folder: Path) -> tuple[Path, bool]:
        copies = list(damaged(content(), rng.randrange(2**30), 6))
        (folder / name).write_bytes(rng.choice(copies[:5]) if rng.random() < 0.05 else copies[5])
        return folder / name, False

    return make


def settings(content: bytes) -> Maker:
    """Odd values in a YAML file, or a number that none can be."""

    def make(rng: random.Random, folder: Path) -> tuple[Path, bool]:
        file, values = folder / "file.yaml", yaml.safe_load(content)
        for _ in range(rng.choice((1, 1, 2))):
            values = odd(values, rng)
        text = yaml.safe_dump(values, allow_unicode=True)
        wrong = rng.random() < 0.3 and isinstance(values, dict) and "budget_usd_m" in values
        if wrong:
            values["budget_usd_m"] = "HERE"
            text = yaml.safe_dump(values, allow_unicode=True).replace("HERE", rng.choice((".inf", *NONSENSE)))
        file.write_text(text)
        return file, wrong

    return make


def tables(form: str) -> Maker:
    """A folder of the tiny tables, one of them with odd or impossible cells, or with damaged bytes."""

    def make(rng: random.Random, folder: Path) -> tuple[Path, bool]:
        place = folder / "data"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(TINY, place)
        name = rng.choice(sorted(file.stem for file in place.iterdir()))
        file = place / f"{name}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        numbers = [column.name for column in load_schema(name) if column.type in ("number", "integer")]
        numbers = [column for column in numbers if column in frame]
        if form == "csv" and rng.random() < 0.4:
            file.write_bytes([*damaged(file.read_bytes(), rng.randrange(2**30), 6)][5])
            return place, False
        wrong = bool(numbers) and rng.random() < 0.5
        column = rng.choice(numbers) if wrong else rng.choice(list(frame))
        cell = rng.choice(
            NONSENSE if wrong else (*NONSENSE, "", "\x00", "\ud800x", "=1+1", "x" * 40_000, "\u202e")
        )
        if cell == "\ud800x" and form == "csv":
            cell = "\x07"
        values = frame[column].astype(object)
        values.iloc[rng.randrange(len(values))] = cell.encode("utf-8", "surrogatepass") if form != "csv" else cell
        if form == "csv":
            frame.assign(**{column: values}).to_csv(file, index=False)
        else:
            import pyarrow as pa
            import pyarrow.parquet as pq

            raw = {one: pa.array(frame[one].replace("", None).astype(object), pa.string()) for one in frame}
            cells = [one if isinstance(one, bytes) else one.encode() or None for one in values]
            raw[column] = pa.array(cells, pa.binary()).view(pa.string())
            file.unlink()
            pq.write_table(pa.table(raw), place / f"{name}.parquet")
        return place, wrong

    return make


def nodes_of(rng: random.Random, folder: Path) -> tuple[Path, bool]:
    """A JSON graph with an odd attribute."""
    content = json.loads(valid(".json"))
    row = rng.choice(rng.choice((content["nodes"], content["edges"])))
    key = rng.choice(list(row))
    row[key] = rng.choice([None, True, 10**400, -(10**30), "\ud800", [], {}, [[1]], "x", 1e300, "", "9" * 5000])
    (folder / "g.json").write_text(json.dumps(content))
    return folder / "g.json", False


def frames(rng: random.Random, folder: Path) -> tuple[Path, bool]:
    """Plain tables of a network."""
    texts = {
        "edges.csv": "supplier,customer,value\na,b,1\nb,c,2\n",
        "nodes.csv": "id,sector,weight,revenue,cost\na,s,1,2,1\nb,s,1,3,1\nc,t,2,4,2\n",
        "flows.csv": "seller,buyer,value\na,b,1\nb,c,2\n",
        "output.csv": "node,country,value\na,X,3\nb,Y,4\nc,Z,5\n",
        "balance.csv": "imports,exports,production\n5,1,>9\nW,2,3\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    name = rng.choice(sorted(texts))
    lines = [line.split(",") for line in texts[name].splitlines()]
    wrong = name != "balance.csv" and rng.random() < 0.5
    figures = [
        at for at, title in enumerate(lines[0]) if title in ("value", "weight", "revenue", "cost", "imports")
    ]
    if wrong:
        lines[rng.randrange(1, len(lines))][rng.choice(figures)] = rng.choice(NONSENSE)
        (folder / name).write_text("\n".join(map(",".join, lines)) + "\n")
    else:
        (folder / name).write_bytes([*damaged(texts[name].encode(), rng.randrange(2**30), 6)][5])
    return folder, wrong


def read_frames(folder: Path) -> Any:
    from corridor.cli.networks import read_plain

    one = {file.stem: read_plain(file) for file in sorted(folder.glob("*.csv"))}
    network = SupplyNetwork.of(one["edges"], one["nodes"], "essential")
    return [network.index(None), look_through(one["flows"], one["output"]), net_import_reliance(one["balance"])]


def read_folder(folder: Path) -> Any:
    return load_tables(folder)


def kinds() -> Iterator[tuple[str, float, Maker, Read]]:
    """Name, share of the inputs, maker and reader of each kind."""
    for name, (content, read) in READERS.items():
        yield (
            f"yaml.{name}",
            1.0,
            settings(content) if name != "map" else bytes_of(lambda c=content: c, "m.yaml"),
            read,
        )
    yield "csv", 2.0, tables("csv"), read_folder
    yield "parquet", 1.5, tables("parquet"), read_folder
    for form in ("xlsx", "sqlite", "duckdb"):
        yield form, 0.7, bytes_of(lambda form=form: valid(f".{form}"), f"t.{form}"), read_folder
    yield "graph.odd", 1.0, nodes_of, lambda file: to_tables(read_graph(file))
    for suffix in SUFFIXES:
        if suffix != ".parquet":
            maker = bytes_of(lambda suffix=suffix: valid(suffix), f"g{suffix}")
            yield f"graph{suffix}", 0.6, maker, lambda file: to_tables(read_graph(file))
    yield "network", 1.5, frames, read_frames
    for name, (content, read) in IMPORTS.items():
        yield f"import.{name}", 0.6, bytes_of(lambda c=content: c, name), read


def faults_of(value: Any) -> Iterator[str]:
    """What is nonsense in something that a reader returned."""
    if isinstance(value, Tables):
        for _, frame in value:
            yield from faults_of(frame)
    elif isinstance(value, pd.DataFrame):
        for name in value.columns:
            column = value[name]
            if pd.api.types.is_float_dtype(column) and not (column.dropna().abs() <= 1e18).all():
                yield f"{name}: {column[~(column.abs() <= 1e18)].dropna().tolist()[:2]}"
            if pd.api.types.is_string_dtype(column) and column.str.contains("[\x00-\x08\x0b\x0c\x0e-\x1f]").any():
                yield f"{name}: a control character"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield str(value)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key != "budget_usd_m":
                yield from faults_of(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from faults_of(one)
    elif hasattr(value, "model_dump"):
        yield from faults_of(value.model_dump())
    elif hasattr(value, "tables"):
        yield from faults_of(value.tables)


def batch(name: str, make: Maker, read: Read, seeds: range) -> dict[str, list[str]]:
    """Faults of a batch of inputs, by kind of fault."""
    found: dict[str, list[str]] = {"traceback": [], "hang": [], "nonsense": []}

    def late(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGPROF, late)
    for seed in seeds:
        with tempfile.TemporaryDirectory() as place:
            what, wrong = make(random.Random(f"{name} {seed}"), Path(place))
            signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
            try:
                value = read(what)
                said = list(faults_of(value)) or (["accepted"] if wrong else [])
                found["nonsense"] += [f"{name} {seed}: {said[0]}"] if said else []
            except CorridorError as error:
                if len(text := str(error)) > 50_000:
                    found["nonsense"].append(f"{name} {seed}: a message of {len(text):,} characters")
            except Hang:
                found["hang"].append(f"{name} {seed}")
            except BaseException:
                found["traceback"].append(f"{name} {seed}: " + traceback.format_exc()[-700:])
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
    return found


def forked(work: Callable[[], dict[str, list[str]]]) -> tuple[dict[str, list[str]], int]:
    """Result of the work in a process of its own, and the most memory it took, in bytes."""
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.close(out)
        found = work()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        with os.fdopen(into, "w") as pipe:
            json.dump([copy.deepcopy(found), most], pipe)
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        return {"traceback": ["a process died"]}, 0
    found, most = json.loads(text)
    return found, most


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kind", default="")
    chosen = options.parse_args()
    listed = [kind for kind in kinds() if kind[0].startswith(chosen.kind)]
    whole, began = sum(share for _, share, *_ in listed), time.monotonic()
    total: dict[str, int] = {"inputs": 0, "traceback": 0, "hang": 0, "over 2 GiB": 0, "nonsense": 0}
    for name, share, make, read in listed:
        count = max(round(chosen.count * share / whole), 1)
        first = chosen.seed * 10_000_000
        for start in range(first, first + count, BATCH):
            seeds = range(start, min(start + BATCH, first + count))
            found, most = forked(lambda n=name, m=make, r=read, s=seeds: batch(n, m, r, s))
            total["inputs"] += len(seeds)
            total["over 2 GiB"] += most > MOST_BYTES
            for kind, lines in found.items():
                total[kind] += len(lines)
                for line in lines:
                    print(kind, line, flush=True)
        print(f"{name}: {count:,}; {time.monotonic() - began:,.0f} s; {total}", flush=True)


if __name__ == "__main__":
    main()
