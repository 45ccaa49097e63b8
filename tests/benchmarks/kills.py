"""Kill runs at random moments, resume them, and compare every byte with a run that nobody stopped.

    python tests/benchmarks/kills.py --kills 50 --seed 1

A run of `tests/tiny` without reasons is killed (SIGKILL, to the parent alone) after a random part of the time that
a run takes, and then resumed; half of them are killed a second time. Reported: runs whose files differ (all but
``log.txt`` are compared), processes that outlive their parent, and files left beside the results.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDY = """\
name: tiny
title: Tiny
target: [CHN]
data: data
data_only: true
budget_usd_m: 60
budgets_usd_m: [20, 60, 200]
denials:
  - {name: stop, start: 2031, months: 12, probability: 0.2, reason: a case for tests, cuts: [{cut: 0.9}]}
"""


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "corridor.cli", "run", "study.yaml", "--out", "out", "--no-reasons", *more],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def alive(session: int) -> list[int]:
    """Processes of a session that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, number = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(number) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "log.txt"
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=50)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    rng = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shutil.copytree(ROOT / "tests" / "tiny", place / "data")
        (place / "study.yaml").write_text(STUDY)
        began = time.monotonic()
        whole = start(place)
        assert whole.wait() == 0, whole.stderr.read().decode()[-500:]
        takes = time.monotonic() - began
        wanted = contents(place / "out")
        shutil.rmtree(place / "out")
        kills = over = differ = orphans = left = slowest = 0
        while kills < chosen.kills:
            for again in range(rng.choice((1, 2))):
                run = start(place, *(["--resume"] if again else []))
                time.sleep(rng.random() * takes)
                if run.poll() is not None:
                    over += 1
                    continue
                os.kill(run.pid, signal.SIGKILL)
                killed = time.monotonic()
                run.wait()
                while alive(run.pid) and time.monotonic() - killed < 60:
                    time.sleep(0.05)
                slowest = max(slowest, time.monotonic() - killed)
                orphans += len(alive(run.pid))
                kills += 1
            last = start(place, "--resume")
            if last.wait() != 0:
                print(last.stderr.read().decode()[-500:])
            differ += contents(place / "out") != wanted
            left += len([path for path in place.iterdir() if path.name not in ("data", "study.yaml", "out")])
            shutil.rmtree(place / "out", ignore_errors=True)
            print(
                f"{kills} kills (a whole run takes {takes:.1f} s; {over} were over before): results that differ "
                f"{differ}, processes left {orphans} (all gone within {slowest:.1f} s), files left beside {left}",
                flush=True,
            )


if __name__ == "__main__":
    main()
