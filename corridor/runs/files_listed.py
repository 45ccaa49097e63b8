"""The files of a results folder against the checksums in its ``datapackage.json``."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from corridor.data.datapackage import FILE
from corridor.data.guards.open_file import Refused, check_file, read_bytes
from corridor.runs.results import LOG

__all__ = ["check_files"]

_LARGEST = 64 * 2**20  # bytes of the list
_MOST = 2**40  # bytes of a file


def check_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file that is listed or there, and what is wrong with it; nothing if it is as listed.

    The list itself and the log, which depends on the clock, are in no list.
    """
    listed = _listed(folder)
    if isinstance(listed, str):
        yield FILE, listed
        listed = {}
    there = set(_there(folder)) - {FILE, LOG}
    for path in sorted({*listed, *there}):
        if path not in there:
            yield path, "is missing"
        elif path not in listed:
            yield path, "is extra: no list names it"
        else:
            yield path, _changed(folder / path, listed[path])


def _listed(folder: Path) -> dict[str, str] | str:
    """SHA-256 by path, or why it cannot be read."""
    try:
        resources = json.loads(read_bytes(folder / FILE, _LARGEST))["resources"]
        found = {str(one["path"]): str(one["hash"]).removeprefix("sha256:") for one in resources}
        if len(found) != len(resources):
            return "lists a file twice"
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return f"cannot be read ({(str(error).splitlines() or [''])[0][:80]}), so no file can be compared with it"


def _there(folder: Path) -> Iterator[str]:
    """Paths of everything below a folder that is no folder itself; links are not followed."""
    for place, folders, files in os.walk(folder):
        for name in files + [one for one in folders if (Path(place) / one).is_symlink()]:
            yield (Path(place) / name).relative_to(folder).as_posix()


def _changed(file: Path, wanted: str) -> str:
    if file.is_symlink():
        return "is a link"
    try:
        check_file(file, _MOST)
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, Refused) as error:
        return f"cannot be read ({str(error)[:80]})"
    return "" if found == wanted else "was changed: its checksum is another"
