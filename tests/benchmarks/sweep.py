"""A sweep of many small plans on one and on two processes: seconds, ratio, overhead per task.

    python tests/benchmarks/sweep.py --tasks 1000 --components 20 --windows 3

Overhead is what a task takes beyond its plan: the same sweep with a plan that is there already.
"""

import argparse
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from corridor import load_study, optimize, write_tables
from corridor.examples.synthetic import synthetic_study, synthetic_tables
from corridor.runs.sweep import load_sweep, run_sweep


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--components", type=int, default=20)
    parser.add_argument("--windows", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        tables = synthetic_tables(given.components, 5, 3)
        write_tables(tables, place / "tables", "parquet")
        study = synthetic_study(tables, 5, given.windows, 3)
        study = study.model_copy(update={"data": "tables", "data_only": True})
        (place / "small.yaml").write_text(study.model_dump_json(exclude={"evidence"}))
        budgets = [50.0 + 2.0 * at for at in range(given.tasks)]
        (place / "sweep.yaml").write_text(
            f"study: small.yaml\ndata: tables\ndata_only: true\nbudgets_usd_m: {budgets}\n"
        )
        sweep = load_sweep(place / "sweep.yaml")
        plan = optimize(tables, load_study(place / "small.yaml"), budget_usd_m=budgets[0])
        with patch("corridor.relocation.search.optimize", return_value=plan):
            begin = time.perf_counter()
            run_sweep(sweep, place / "none", workers=1)
            each = 1e3 * (time.perf_counter() - begin) / given.tasks
        print(f"{given.tasks} tasks whose plan is there already: {each:.1f} ms a task", flush=True)
        seconds = {}
        for workers in (1, 2):
            begin = time.perf_counter()
            table = run_sweep(sweep, place / f"out{workers}", workers=workers)
            seconds[workers] = time.perf_counter() - begin
            assert len(table) == given.tasks
            each = 1e3 * seconds[workers] / given.tasks
            print(f"{workers} processes: {seconds[workers]:.1f} s, {each:.0f} ms a plan", flush=True)
        print(f"two processes are {seconds[1] / seconds[2]:.2f} times as fast as one")


if __name__ == "__main__":
    main()
