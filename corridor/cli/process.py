"""The process around a command: standard streams that are closed or narrow, and signals that end it."""

from __future__ import annotations

import io
import os
import signal
import sys
from types import FrameType
from typing import Any

__all__ = ["BROKEN_PIPE", "Terminated", "open_streams", "raise_on_signals", "silence"]

BROKEN_PIPE = 128 + getattr(signal, "SIGPIPE", 13)
"""Exit code where nobody reads the output any more: as a process that SIGPIPE ends."""


class Terminated(BaseException):
    """The process was asked to end.

    Attributes
    ----------
    code
        Exit code: 128 and the signal's number, as shells count.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


def raise_on_signals() -> None:
    """Let SIGTERM (docker, systemd, SLURM) and SIGHUP end the run as Ctrl-C does: with all workers, nothing left.

    A signal that the caller has set to be ignored (nohup) stays ignored.
    """

    def end(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.SIG_IGN)  # once: cleaning up is not to be interrupted
        raise Terminated(number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, end)


def open_streams() -> None:
    """Make the standard streams usable: a closed one takes anything, one of a narrow encoding shows escapes.

    The descriptors are filled too: else the next file that is opened becomes number 2, and what a library prints
    there would end up in a table.
    """
    for number in range(3):
        if not _usable(number):
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None or getattr(stream, "closed", False):
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _usable(number: int) -> bool:
    """Whether a descriptor is open and, for output, may be written to: a shell may leave its script there."""
    try:
        os.fstat(number)
        import fcntl

        return number == 0 or fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    except ImportError:  # a system without fcntl
        return True
    except OSError:
        return False


def silence() -> None:
    """Send standard output to nothing, so that what is still buffered is not written to a closed pipe at exit."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
    except (OSError, ValueError):  # a stream without a descriptor needs nothing
        return
