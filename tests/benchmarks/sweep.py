"""A sweep of many small plans on one and on two processes: seconds, ratio, overhead per task.

    python tests/benchmarks/sweep.py --tasks 1000

Overhead is what a task takes beyond its plan: the sweep on one process against `optimize` in a plain loop.
"""

import argparse
import tempfile
import time
from pathlib import Path

from corridor import load_study, optimize, write_tables
from corridor.sources.synthetic import synthetic_study, synthetic_tables
from corridor.sweep import load_sweep, run_sweep


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        tables = synthetic_tables(60, 5, 3)
        write_tables(tables, place / "tables", "parquet")
        study = synthetic_study(tables, 5, 8, 3).model_copy(update={"data": "tables", "data_only": True})
        (place / "small.yaml").write_text(study.model_dump_json(exclude={"evidence"}))
        budgets = [50.0 + 2.0 * at for at in range(given.tasks)]
        (place / "sweep.yaml").write_text(
            f"study: small.yaml\ndata: tables\ndata_only: true\nbudgets_usd_m: {budgets}\n"
        )
        sweep = load_sweep(place / "sweep.yaml")
        begin = time.perf_counter()
        asked = load_study(place / "small.yaml")
        for budget in budgets[::10]:
            optimize(tables, asked, budget_usd_m=budget)
        plain = (time.perf_counter() - begin) * given.tasks / len(budgets[::10])
        seconds = {}
        for workers in (1, 2):
            begin = time.perf_counter()
            table = run_sweep(sweep, place / f"out{workers}", workers=workers)
            seconds[workers] = time.perf_counter() - begin
            assert len(table) == given.tasks
        each = 1e3 * plain / given.tasks
        print(f"{given.tasks} plans, plain loop (a tenth, scaled): {plain:.1f} s, {each:.1f} ms each")
        overhead = 1e3 * (seconds[1] - plain) / given.tasks
        print(f"sweep on 1 process: {seconds[1]:.1f} s, overhead {overhead:.1f} ms a task")
        print(f"sweep on 2 processes: {seconds[2]:.1f} s, {seconds[1] / seconds[2]:.2f} times as fast")


if __name__ == "__main__":
    main()
