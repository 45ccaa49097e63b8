"""One door to parallel runs: the same function on many items, in processes or threads of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    threads: bool = False,
) -> Iterator[tuple[int, Result]]:
    """Results of a function on every item, as each is done.

    Parameters
    ----------
    function
        Must be found at the top of a module, and it and the items must pickle, unless it runs in threads.
    items
        What to work on.
    workers
        Processes; as many as this process may use processors if left out. With one, or one item, all runs here.
    threads
        Run in threads of this process, which share its arrays: for compiled functions that free the interpreter.

    Yields
    ------
    (int, result)
        Position of the item, and its result. The first error ends the run and is raised.
    """
    most = min(workers or processors(), len(items))
    if most <= 1:
        yield from ((at, function(item)) for at, item in enumerate(items))
        return
    pool: Executor
    pool = ThreadPoolExecutor(most) if threads else ProcessPoolExecutor(most, mp_context=get_context("spawn"))
    with pool:
        places = {pool.submit(function, item): at for at, item in enumerate(items)}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
