"""Single entry point for parallel execution: one function on many items, in processes, threads or Dask workers."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any, TypeVar

from corridor.errors import ConfigError, CorridorError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How often items whose worker died are retried.
RETRIES = 3
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    threads: bool = False,
    cluster: str | None = None,
) -> Iterator[tuple[int, Result]]:
    """Yield the result of a function on every item, in the order in which they finish.

    Items whose worker process died (killed, out of memory) are retried, at most :data:`RETRIES` times.

    Parameters
    ----------
    function
        Defined at the top level of a module; it and the items must pickle, unless it runs in threads.
    items
        What to work on.
    workers
        Processes; as many as this process may use processors if left out. With one worker or one item, everything
        runs in this process.
    threads
        Run in threads of this process, which share its arrays: for compiled functions that release the GIL.
    cluster
        Address of a Dask scheduler (``tcp://host:8786``); needs the extra ``corridor[scale]``. `workers` and
        `threads` are then ignored.

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
        yield from ((position, function(item)) for position, item in enumerate(items))
        return
    if threads:
        yield from _in_pool(ThreadPoolExecutor(most), function, dict(enumerate(items)))
        return
    remaining = dict(enumerate(items))
    for attempt in range(RETRIES + 1):
        try:
            pool = ProcessPoolExecutor(most, mp_context=get_context("spawn"), initializer=_end_with_parent)
            for position, result in _in_pool(pool, function, remaining):
                del remaining[position]
                yield position, result
            return
        except BrokenProcessPool:
            if attempt == RETRIES:
                raise CorridorError(
                    f"workers died {RETRIES + 1} times, {len(remaining)} of {len(items)} tasks are not done. Fix: "
                    "use fewer workers, or a machine with more memory."
                ) from None


def _in_pool(
    pool: Executor, function: Callable[[Item], Result], items: dict[int, Item]
) -> Iterator[tuple[int, Result]]:
    try:
        positions = {pool.submit(function, item): position for position, item in items.items()}
        for done in as_completed(positions):
            yield positions[done], done.result()
    except BaseException:
        # on Ctrl-C, do not wait for a solver's time limit; threads end by themselves, after their item
        workers = list((getattr(pool, "_processes", None) or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()
        raise
    pool.shutdown()


def _end_with_parent() -> None:
    """A worker ends at once on Ctrl-C and SIGTERM, and when its parent is gone, however that ended.

    Python's own handlers would wait until the solver comes back. On Linux the kernel ends the worker with its
    parent, even inside a solver; elsewhere a thread waits for the parent's end.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_wait_for_parent, daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = parent_process()
    if parent is not None and os.getppid() != parent.pid:  # it ended before the kernel was asked
        os._exit(1)


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


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
            client.submit(function, item, pure=False, retries=RETRIES): position
            for position, item in enumerate(items)
        }
        try:
            for done in as_done(list(futures), loop=client.loop):  # type: ignore[no-untyped-call]
                position = futures.pop(done)
                yield position, done.result()
                done.release()
        finally:
            client.cancel(list(futures))


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
