"""All pages of the default study without plans: seconds to write them, how many, how large.

Run: python -m tests.benchmarks.pages
"""

import tempfile
import time
from pathlib import Path

import pandas as pd

import corridor
from corridor.measures import shares
from corridor.pages import write_pages


def main() -> None:
    """Print seconds, number, all megabytes, and kilobytes of the pages by folder: median and largest."""
    tables, study = corridor.load_tables(), corridor.load_study("default")
    markets = list(study.markets)
    exposures = corridor.exposure(tables, markets, study.target)
    found = pd.concat([shares(tables, market) for market in markets], ignore_index=True)
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        paths = write_pages(tables, study, exposures, found, [], out, has_component_pages=True)
        seconds = time.perf_counter() - start
        size = pd.Series({path.relative_to(out): path.stat().st_size / 1e3 for path in paths})
        print(f"{seconds:.1f} s, {len(paths)} pages, {size.sum() / 1e3:.1f} MB")
        folder = [path.parent.as_posix() if path.parent != Path() else path.name for path in size.index]
        print(size.groupby(folder).agg(["size", "median", "max"]).round(1).to_string())


if __name__ == "__main__":
    main()
