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
            _HARM[rng.randrange(len(_HARM))](copy, rng)
        yield bytes(copy)


def damaged_zip(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Half of the copies are damaged as they are, half inside: a part is unpacked, damaged and packed again."""
    half = count // 2
    yield from damaged(content, seed, half)
    for number in range(half):
        rng = random.Random(f"{seed} inside {number}")
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            names = old.namelist()
            chosen = rng.choice([name for name in names if "sheet" in name or "workbook" in name] or names)
            for name in names:
                part = bytearray(old.read(name))
                if name == chosen:
                    for _ in range(rng.choice((1, 2, 4))):
                        _HARM[rng.randrange(len(_HARM))](part, rng)
                new.writestr(zipfile.ZipInfo(name), bytes(part))
        yield out.getvalue()


def _flip(copy: bytearray, rng: random.Random) -> None:
    if copy:
        copy[rng.randrange(len(copy))] ^= 1 << rng.randrange(8)


def _cut(copy: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(copy) + 1)
    del copy[at : at + rng.choice((1, 3, 20, 200, 10**9))]


def _insert(copy: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(copy) + 1)
    copy[at:at] = rng.choice(PIECES)


def _replace(copy: bytearray, rng: random.Random) -> None:
    """A piece in the place of a cell, a word or a number."""
    marks = [at for at, sign in enumerate(copy) if sign in b',\n:"<> =']
    if len(marks) > 1:
        at = rng.randrange(len(marks) - 1)
        copy[marks[at] + 1 : marks[at + 1]] = rng.choice(PIECES)


def _swap(copy: bytearray, rng: random.Random) -> None:
    """Two stretches change places: lines or cells where the file has some."""
    parts = copy.split(sign := rng.choice((b"\n", b",", b">")))
    if len(parts) > 2:
        one, other = rng.sample(range(len(parts)), 2)
        parts[one], parts[other] = parts[other], parts[one]
        copy[:] = sign.join(parts)


def _repeat(copy: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(copy) + 1)
    piece = bytes(copy[at : at + rng.choice((1, 30, 300))])
    copy[at:at] = piece * rng.choice((1, 2, 50))


_HARM = (_flip, _cut, _insert, _replace, _swap, _repeat)
