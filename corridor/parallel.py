"""One door to parallel runs: the same function on many items, in processes or threads, or on a Dask cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from corridor.errors import ConfigError, CorridorError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How often items whose worker died are tried again.
RETRIES = 3


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    threads: bool = False,
    cluster: str | None = None,
) -> Iterator[tuple[int, Result]]:
    """Results of a function on every item, as each is done.

    A worker process that dies (killed, out of memory) costs the items it was at: they are tried again, at most
    :data:`RETRIES` times.

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
    cluster
        Address of a Dask scheduler (``tcp://host:8786``); needs the extra ``corridor[scale]``. `workers` and
        `threads` then mean nothing.

    Yields
    ------
    (int, result)
        Position of the item, and its result. The first error ends the run and is raised.

    Raises
    ------
    ConfigError
        If the cluster can't be reached, or Dask is not installed.
    CorridorError
        If workers keep dying.
    """
    if cluster is not None:
        yield from _on_cluster(function, items, cluster)
        return
    most = min(workers or processors(), len(items))
    if most <= 1:
        yield from ((at, function(item)) for at, item in enumerate(items))
        return
    if threads:
        yield from _in_pool(ThreadPoolExecutor(most), function, dict(enumerate(items)))
        return
    left = dict(enumerate(items))
    for attempt in range(RETRIES + 1):
        try:
            pool = ProcessPoolExecutor(most, mp_context=get_context("spawn"), initializer=_end_when_told)
            for at, result in _in_pool(pool, function, left):
                del left[at]
                yield at, result
            return
        except BrokenProcessPool:
            if attempt == RETRIES:
                raise CorridorError(
                    f"workers died {RETRIES + 1} times, {len(left)} of {len(items)} tasks are not done. Fix: use "
                    "fewer workers, or a machine with more memory."
                ) from None


def _in_pool(
    pool: Executor, function: Callable[[Item], Result], items: dict[int, Item]
) -> Iterator[tuple[int, Result]]:
    with pool:
        places = {pool.submit(function, item): at for at, item in items.items()}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        except BaseException:
            # who presses Ctrl-C does not want to wait for a solver's time limit
            workers = list((getattr(pool, "_processes", None) or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.terminate()
            raise


def _end_when_told() -> None:
    """A worker ends at once on Ctrl-C; Python's own handler would wait until the solver comes back."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _on_cluster(
    function: Callable[[Item], Result], items: Sequence[Item], address: str
) -> Iterator[tuple[int, Result]]:
    """The same on a Dask cluster; the scheduler gives the tasks of a lost worker to others."""
    try:
        from distributed import Client
        from distributed import as_completed as as_done
    except ImportError:
        raise ConfigError("a cluster needs Dask. Fix: pip install 'corridor[scale]'.") from None
    try:
        client: Any = Client(address, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ConfigError(
            f"cluster {address}: can't be reached ({str(error).splitlines()[0][:80]}). Fix: start a scheduler, "
            "for example with: dask scheduler --port 8786"
        ) from None
    with client:
        futures: dict[Any, int] = {
            client.submit(function, item, pure=False, retries=RETRIES): at for at, item in enumerate(items)
        }
        try:
            for done in as_done(list(futures), loop=client.loop):  # type: ignore[no-untyped-call]
                at = futures.pop(done)
                yield at, done.result()
                done.release()
        finally:
            client.cancel(list(futures))


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
