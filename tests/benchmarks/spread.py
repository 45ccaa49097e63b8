"""Month by month: all denials of the default study at once, against dictionaries and loops one denial at a time.

    python tests/benchmarks/spread.py

Prints seconds of both for the same denials with India alone, calm lines alone, and their ratio.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from corridor import load_study, load_tables
from corridor.relocation import build_problem
from corridor.relocation.result.decision import link_values, nothing
from corridor.risk.shocks._spread import _Window
from tests.relocation.simulator import World
from tests.risk.slow_months import slow_window


def main():
    tables = load_tables()
    study = load_study().model_copy(update={"markets": {"IND": 1.0}, "surge": 1.0, "spare": 0.0})
    problem = build_problem(tables, study)
    links = link_values(problem, nothing(problem))
    rows = np.arange(len(study.denials))
    window = _Window(problem, links, rows, 0.0)
    begin = time.perf_counter()
    arrivals = list(window.arrivals())
    abroad = time.perf_counter() - begin
    begin = time.perf_counter()
    months = [window.course.step(one) for one in arrivals]
    fast = time.perf_counter() - begin
    names = list(tables.components["id"])
    world = World(tables, study, problem.network)
    chosen = next(row for row in rows if study.denials[row].name == "full-break")
    denial = study.denials[chosen]
    count = int(np.ceil(denial.months))
    where = {name: at for at, name in enumerate(names)}
    year = problem.windows.year[chosen]
    around = dict(zip(names, problem.windows.worked_around[chosen], strict=True))
    stock = dict(zip(names, problem.stock_months * problem.needs[year] / 12, strict=True))

    def imports(name, month):
        return arrivals[month].imports[chosen, where[name]] / arrivals[month].length[chosen, 0]

    slow_window(world, denial, imports, around, stock)  # fills its caches
    begin = time.perf_counter()
    slow = slow_window(world, denial, imports, around, stock)
    plain = time.perf_counter() - begin
    steps = sum(int(np.ceil(study.denials[row].months)) for row in rows)
    mine, theirs = fast / steps, plain / count
    print(f"spread among makers abroad, {len(rows)} denials: {abroad:.2f} s")
    print(f"{len(rows)} denials, {steps} months: {fast:.2f} s, {1e3 * mine:.1f} ms a month of a denial")
    print(f"plain loops, {denial.name}: {plain:.2f} s, {1e3 * theirs:.0f} ms a month; {theirs / mine:.0f} times")
    unmet = sum(month.unmet["IND"][chosen].sum() for month in months)
    print(f"unmet: {unmet:.6f} and {sum(slow.values()):.6f} US$ M")


if __name__ == "__main__":
    main()
