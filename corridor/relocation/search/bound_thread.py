"""A bound on all plans from the full program, computed in a thread beside the search for plans."""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing import parent_process

import numpy as np

from corridor.parallel import processors
from corridor.relocation.model.limit_rows import First
from corridor.relocation.model.program import Program
from corridor.relocation.search.incumbent import Incumbent
from corridor.relocation.search.site_assignment import relax_places
from corridor.relocation.solver.solve import TimeUp, solve


def bound_beside(run: Incumbent, program: Program, first: First, seconds: float) -> Callable[[], float] | None:
    """Start a thread that solves the full program for its bound while plans are searched for.

    Returns
    -------
    callable or None
        Waits for the bound and returns it. None if no thread is started: the search is done, or no processor is
        free (fewer than two, or this is one of several processes).
    """
    if run.done() or parent_process() is not None or processors() < 2:
        return None
    full = program.copy()
    relax_places(full, run.problem, first)
    slack = run.tie_break()
    bounds: list[float] = []

    def work() -> None:
        try:
            bounds.append(solve(full, gap=1e-6, time_limit_s=max(seconds, 1.0)).bound)
        except TimeUp as error:
            bounds.append(error.bound)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def wait() -> float:
        thread.join()
        return bounds[0] - slack if bounds else -np.inf

    return wait
