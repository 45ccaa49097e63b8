"""Open a file that anybody may have made: only plain files, only up to a size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["Refused", "check_file", "read_bytes"]


_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


class Refused(ValueError):
    """A file is not read; the message says why."""


def check_file(path: Path, most: int) -> int:
    """Size of a file in bytes; links are followed.

    Parameters
    ----------
    path
        The file.
    most
        Most bytes.

    Returns
    -------
    int

    Raises
    ------
    Refused
        It is a pipe, a device, a socket or a folder, is larger than `most`, or its name is none.
    OSError
        There is no such file, or its name is too long.
    """
    try:
        found = os.stat(path)
    except ValueError:
        raise Refused("its name holds a character that no name can hold") from None
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no plain file")
        raise Refused(f"{kind}, which is not read; save it as a file first")
    if found.st_size > most:
        raise Refused(f"{found.st_size:,} bytes; at most {most:,} are read")
    return found.st_size


def read_bytes(path: Path, most: int) -> bytes:
    """Content of a file, at most `most` bytes.

    Raises
    ------
    Refused
        As :func:`check_file`; or the file holds more than its size says.
    OSError
        It cannot be read.
    """
    check_file(path, most)
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Refused(f"more than {most:,} bytes; no more are read")
    return content
