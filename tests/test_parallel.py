"""Parallel execution: in this process, in processes, in threads."""

import threading
import time
from operator import neg

import pytest

from corridor.parallel import each


@pytest.mark.parametrize(("workers", "threads"), [(1, False), (2, False), (2, True)])
def test_every_item_once_with_its_position(workers, threads):
    assert sorted(each(neg, [3, 1, 2], workers=workers, threads=threads)) == [(0, -3), (1, -1), (2, -2)]


def test_threads_share_what_they_write_to():
    seen: list[int] = []
    together = threading.Barrier(2, timeout=30)

    def note(item: int) -> None:
        together.wait()
        seen.append(item)

    assert [result for _, result in each(note, [0, 1], workers=2, threads=True)] == [None, None]
    assert sorted(seen) == [0, 1]


@pytest.mark.parametrize("threads", [False, True])
def test_the_first_error_is_raised(threads):
    with pytest.raises(TypeError):
        list(each(neg, [1, "two", 3], workers=2, threads=threads))


def test_workers_end_when_nobody_waits_for_them():
    """As on Ctrl-C: tasks that would take a minute are not waited for."""
    results = each(time.sleep, [0, 60, 60], workers=2)
    assert next(results) == (0, None)
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 10
