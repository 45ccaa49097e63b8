"""Extract untrusted zip archives: no member leaves the folder, none expands beyond limits."""

from __future__ import annotations

import lzma
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from corridor.errors import DataError, Fault

__all__ = ["MAX_BYTES", "MAX_MEMBERS", "MAX_RATIO", "extract"]

MAX_BYTES = 64 * 2**30
"""Most bytes of an archive when unpacked: 64 GiB, more than all of BACI."""
MAX_RATIO = 200.0
"""Most unpacked bytes per packed byte: trade tables compress 10 to 20 times, zip bombs 1000 times."""
MAX_MEMBERS = 1_000
"""Most members of an archive."""
_SMALL = 2**20  # below a MiB any ratio is harmless
_TABLES = (".csv", ".tsv", ".txt", ".dat", ".tab", ".parquet", ".json")
_CHUNK = 2**20
# what zipfile raises for broken headers, streams, methods, passwords and files
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    struct.error,
    OSError,
)


def extract(
    archive: Path, folder: Path, first: int = 0, want: Callable[[str], bool] | None = None
) -> list[tuple[str, Path]]:
    """Unpack the tables of an archive under our own file names.

    A member's name is never used as a path, so `../../x` or `/etc/x` cannot leave `folder`. The sizes stated in
    the archive are checked first, and the unpacked bytes are counted while they are written.

    Parameters
    ----------
    archive
        A .zip file.
    folder
        Where the members are written, named by number.
    first
        Number of the first one.
    want
        Which members to unpack, by name; all tables if None.

    Returns
    -------
    list of (str, Path)
        Name in the archive and unpacked file, of every member with a suffix of a table (.csv, .tsv, .txt, .dat,
        .tab, .parquet, .json).

    Raises
    ------
    DataError
        The file is not a complete archive, holds no table, is encrypted, or exceeds `MAX_BYTES`, `MAX_RATIO` or
        `MAX_MEMBERS`.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = packed.infolist()
            if len(members) > MAX_MEMBERS:
                raise _refused(archive, f"{len(members):,} members", f"at most {MAX_MEMBERS:,}")
            tables = [each for each in members if _is_table(each) and (want is None or want(each.filename))]
            if not tables:
                raise _refused(archive, "no table inside", f"a member that ends in {', '.join(_TABLES)}")
            _check_sizes(archive, tables)
            free = shutil.disk_usage(folder).free
            if (needed := sum(member.file_size for member in tables)) > free:
                raise _refused(archive, f"{needed:,} bytes to unpack", f"room for them; {free:,} bytes are free")
            return [
                (member.filename, _write(packed, member, folder / f"{first + position}{_suffix(member)}", archive))
                for position, member in enumerate(tables)
            ]
    except _BROKEN as error:
        text = str(error) or type(error).__name__
        raise _refused(archive, f"an archive that cannot be read ({text[:100]})", "a complete .zip file") from None


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = member.filename.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return bool(name) and _suffix(member) in _TABLES and not name.startswith(("readme", "."))


def _suffix(member: zipfile.ZipInfo) -> str:
    return Path(member.filename.lower()).suffix


def _check_sizes(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    if total > MAX_BYTES:
        raise _refused(archive, f"{total:,} bytes to unpack", f"at most {MAX_BYTES:,}")
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > _SMALL and ratio > MAX_RATIO:
            found = f"{member.filename[:80]!r}, which expands {ratio:,.0f} times"
            raise _refused(archive, found, f"at most {MAX_RATIO:,.0f} times")


def _write(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, archive: Path) -> Path:
    """Copy one member out and count its bytes: the size stated in the archive may be false."""
    written = 0
    with packed.open(member) as inside, target.open("wb") as outside:
        while block := inside.read(_CHUNK):
            written += len(block)
            if written > member.file_size:
                raise _refused(archive, f"{member.filename[:80]!r}, longer than it says", "a member of its size")
            outside.write(block)
    return target


def _refused(archive: Path, found: str, wanted: str) -> DataError:
    fix = "fetch the archive again from its publisher, or unpack it yourself and give the files"
    return DataError([Fault(archive.name, "", "", found, wanted, fix)])
