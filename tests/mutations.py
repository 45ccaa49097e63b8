"""Seeded damage to the bytes of valid files: the same seed, the same damage."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

PIECES: tuple[bytes, ...] = (
    b'"',
    b"'",
    b"\n",
    b"\r",
    b",",
    b";",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xe2\x82",
    b"-1",
    b"nan",
    b"inf",
    b"1e400",
    b"1e300",
    b"9" * 30,
    b"9" * 5000,
    b"=1+1",
    b"<!--",
    b"&amp;",
    b"&x;",
    b"{",
    b"]",
    b": ",
    b"- ",
    b"*a",
    b"&a ",
    b"!!python/object/apply:os.system ['true']",
    b"../../../etc/passwd",
    b"%s%n",
    b"true",
    b"null",
    b"2024-13-45",
    "ünï漢😀".encode(),
)


def damaged(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """`count` damaged copies of a file."""
    yield b""
    yield content[: len(content) // 2]
    yield b"\x00" * min(len(content), 4096)
    yield content.decode("latin-1").encode("utf-16")
    yield content + content
    for number in range(count - 5):
        rng = random.Random(f"{seed} {number}")
        copy = bytearray(content)
        for _ in range(rng.choice((1, 1, 2, 4))):
            _DAMAGES[rng.randrange(len(_DAMAGES))](copy, rng)
        yield bytes(copy)


def damaged_zip(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Half of the copies are damaged as packed, half inside: a member is unpacked, damaged and packed again."""
    half = count // 2
    yield from damaged(content, seed, half)
    for number in range(half):
        rng = random.Random(f"{seed} inside {number}")
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            names = old.namelist()
            chosen = rng.choice([name for name in names if "sheet" in name or "workbook" in name] or names)
            for name in names:
                member = bytearray(old.read(name))
                if name == chosen:
                    for _ in range(rng.choice((1, 2, 4))):
                        _DAMAGES[rng.randrange(len(_DAMAGES))](member, rng)
                new.writestr(zipfile.ZipInfo(name), bytes(member))
        yield out.getvalue()


def _flip(copy: bytearray, rng: random.Random) -> None:
    if copy:
        copy[rng.randrange(len(copy))] ^= 1 << rng.randrange(8)


def _cut(copy: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(copy) + 1)
    del copy[start : start + rng.choice((1, 3, 20, 200, 10**9))]


def _insert(copy: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(copy) + 1)
    copy[start:start] = rng.choice(PIECES)


def _replace(copy: bytearray, rng: random.Random) -> None:
    """Replace a cell, a word or a number by a piece."""
    marks = [position for position, sign in enumerate(copy) if sign in b',\n:"<> =']
    if len(marks) > 1:
        index = rng.randrange(len(marks) - 1)
        copy[marks[index] + 1 : marks[index + 1]] = rng.choice(PIECES)


def _swap(copy: bytearray, rng: random.Random) -> None:
    """Swap two lines or cells."""
    fields = copy.split(sign := rng.choice((b"\n", b",", b">")))
    if len(fields) > 2:
        one, other = rng.sample(range(len(fields)), 2)
        fields[one], fields[other] = fields[other], fields[one]
        copy[:] = sign.join(fields)


def _repeat(copy: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(copy) + 1)
    piece = bytes(copy[start : start + rng.choice((1, 30, 300))])
    copy[start:start] = piece * rng.choice((1, 2, 50))


_DAMAGES = (_flip, _cut, _insert, _replace, _swap, _repeat)
