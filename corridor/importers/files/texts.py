"""Text files as UTF-8 with one kind of line ends, from the header on.

A file that is so already is read where it is; any other is written anew into the scratch folder.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import mmap
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from corridor.errors import ConfigError, DataError, Fault
from corridor.importers.files.layouts import table_within, write_rows

__all__ = ["codec_of", "delimiter_of", "one_kind", "without_titles"]

_DELIMITERS = (",", ";", "|")
_CHUNK = 2**20
_LARGEST_LAID_OUT = 64 * 2**20
"""Largest text file with titles above its header or notes below its rows that is rewritten, in bytes."""
_LARGEST_COUNTED = 4 * 2**30
_HEAD = 40
_ENDS = re.compile(rb"\r\n|\r|\n")


def codec_of(encoding: str) -> str:
    """Python's name of an encoding of text; Latin-1 is read as Windows-1252, which adds letters where it has none.

    Raises
    ------
    ConfigError
        It is not known, or no encoding of text.
    """
    try:
        name = codecs.lookup(encoding).name
        b"".decode(name)
        "".encode(name)
    except (LookupError, ValueError, UnicodeError, TypeError):
        raise ConfigError(
            f"encoding {encoding!r}: wanted utf-8, utf-16, cp1252, latin-1, gbk or another"
        ) from None
    return {"iso8859-1": "cp1252", "ascii": "utf-8"}.get(name, name)


def one_kind(name: str, path: Path, packed: bool, encoding: str, head: bytes) -> tuple[Path, bool]:
    """The file in UTF-8 with one kind of line ends: itself, or a copy beside it.

    Parameters
    ----------
    name, path, packed
        The file, and whether gzip packs it.
    encoding
        As `codec_of` gives it.
    head
        Its first bytes, unpacked.

    Returns
    -------
    (Path, bool)
        And whether gzip packs it.

    Raises
    ------
    DataError
        Bytes are not of that encoding, with the line.
    """
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    if encoding == "utf-8" and not _mixed(path, packed, head):
        return path, packed
    target = path.parent / f"{path.name}.utf-8.csv"
    lines = 0
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("strict")
    carry = ""
    try:
        with gzip.open(path) if packed else path.open("rb") as source, target.open("wb") as out:
            while True:
                block = source.read(_CHUNK)
                text = carry + _decoded(decoder, block, encoding)
                # a line end may be cut in two
                carry = "\r" if block and text.endswith("\r") else ""
                text = text.removesuffix("\r") if carry else text
                text = text.replace("\r\n", "\n").replace("\r", "\n")
                lines += text.count("\n")
                out.write(text.encode("utf-8", errors="replace"))
                if not block:
                    break
    except UnicodeError:
        fix = "name the file's encoding with --encoding, for example cp1252 (Windows), gbk or utf-16"
        found, wanted = f"bytes that are not {encoding}", f"text in {encoding}"
        raise DataError([Fault(name, f"after {lines + 1}", "", found, wanted, fix)]) from None
    return target, False


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, encoding: str) -> str:
    """Text of a block; the five bytes that Windows-1252 leaves out are kept as Latin-1 has them."""
    try:
        return decoder.decode(block, not block)
    except UnicodeError:
        if encoding != "cp1252":
            raise
        return "".join(_letter(byte) for byte in block)


def _letter(byte: int) -> str:
    one = bytes([byte])
    with suppress(UnicodeError):
        return one.decode("cp1252")
    return one.decode("latin-1")


def _mixed(path: Path, packed: bool, head: bytes) -> bool:
    """Whether lines end in several ways, or as on old Macs."""
    ends = set(_ENDS.findall(head[:-1]))
    if len(ends) > 1 or ends == {b"\r"}:
        return True
    if packed or not 0 < path.stat().st_size < _LARGEST_COUNTED:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        both, feeds, returns = 0, 0, 0
        for block in _blocks(content):
            both += block.count(b"\r\n")
            feeds += block.count(b"\n")
            returns += block.count(b"\r")
    return both not in (0, feeds) or returns != both


def _blocks(content: mmap.mmap) -> Iterator[bytes]:
    """Blocks that never cut a line end in two."""
    at = 0
    while at < len(content):
        end = min(at + 16 * _CHUNK, len(content))
        if end < len(content) and content[end - 1 : end] == b"\r":
            end += 1
        yield content[at:end]
        at = end


def delimiter_of(header: str) -> str:
    """Delimiter of a header: no name holds a tab, so with one commas belong to names (Eurostat's wide tables)."""
    return "\t" if "\t" in header else max(_DELIMITERS, key=header.count)


def without_titles(path: Path, packed: bool, text: str) -> tuple[Path, bool]:
    """The file without the titles above its header and the notes below its rows: itself, or a copy beside it.

    Parameters
    ----------
    path, packed
        A file in UTF-8, and whether gzip packs it.
    text
        Its beginning.
    """
    lines = text.splitlines()[: _HEAD + 1]
    if path.stat().st_size > _LARGEST_LAID_OUT or len(lines) < 2 or "\x00" in text:
        return path, packed
    delimiter = max(
        (delimiter_of(line) for line in lines), key=lambda sign: sum(line.count(sign) for line in lines)
    )
    if delimiter == "\t" or not _has_titles(lines, delimiter, path, packed):
        return path, packed
    target = path.parent / f"{path.name}.table.csv"
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if packed
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            rows = table_within(list(csv.reader(file, delimiter=delimiter)))
    except (csv.Error, UnicodeError, OSError, EOFError):
        return path, packed  # the scan reports the faults with their lines
    write_rows(rows, target)
    return target, False


def _has_titles(lines: list[str], delimiter: str, path: Path, packed: bool) -> bool:
    """Whether the first line is no header, or the last one a note."""
    try:
        rows = list(csv.reader(lines[:-1] if len(lines) > _HEAD else lines, delimiter=delimiter))
    except csv.Error:
        return False
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    usual = max(filled[1:], default=0)
    if usual > 2 and filled[0] <= 2 and filled[0] < usual:
        return True
    if packed:
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2048))
        last = file.read().decode("utf-8", errors="replace").rstrip().splitlines()[-1:]
    cells = next(csv.reader(last, delimiter=delimiter), []) if last else []
    texts = [cell.strip() for cell in cells if cell.strip()]
    return usual > 2 and len(texts) == 1 and len(texts[0]) > 3 and not texts[0].replace(".", "").isdigit()
