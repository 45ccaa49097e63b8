"""Texts of a PDF that Chromium printed, with their places: what is on which page, and what overlaps."""

import re
import zlib
from dataclasses import dataclass

_TOKENS = re.compile(rb"<([0-9A-Fa-f]*)>|/([A-Za-z0-9]+)|(-?\d*\.?\d+)|([A-Za-z*]+)")
Matrix = tuple[float, float, float, float, float, float]


@dataclass
class Run:
    """A text in one font on a line; places in points from the page's upper left corner."""

    text: str
    left: float
    right: float
    base: float
    size: float


def pages(pdf: bytes) -> list[list[Run]]:
    """The texts of each page, in the order in which they are painted."""
    objects = {int(found[1]): found[2] for found in re.finditer(rb"(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)}
    return [_runs(page, objects) for page in objects.values() if re.search(rb"/Type /Page\b", page)]


def _stream(value: bytes) -> bytes:
    return zlib.decompress(value[value.index(b"stream\n") + 7 : value.rindex(b"\nendstream")])


def _letters(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    found = re.search(rb"/ToUnicode (\d+)", font)
    if not found:
        return {}
    letters = {}
    for block in re.findall(rb"beginbf(?:char|range)(.*?)endbf", _stream(objects[int(found[1])]), re.DOTALL):
        for line in block.strip().splitlines():
            codes = [bytes.fromhex(code.decode()) for code in re.findall(rb"<(\w+)>", line)]
            first, last = (int.from_bytes(code, "big") for code in (codes[0], codes[-2]))
            for code in range(first, last + 1):
                letter = codes[-1].decode("utf-16-be")
                letters[code] = letter[:-1] + chr(ord(letter[-1]) + code - first)
    return letters


def _times(one: Matrix, two: Matrix) -> Matrix:
    a, b, c, d, e, f = one
    g, h, i, j, k, m = two
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def _runs(page: bytes, objects: dict[int, bytes]) -> list[Run]:
    fonts = {
        name: _letters(objects[int(number)], objects) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    box, contents = re.search(rb"/MediaBox \[0 0 \S+ (\S+)\]", page), re.search(rb"/Contents (\d+)", page)
    assert box
    assert contents
    high, runs, stack, numbers = float(box[1]), [], [], []
    matrix: Matrix = (1, 0, 0, 1, 0, 0)
    place, font, name, size, codes, text = matrix, {}, b"", 1.0, b"", ""
    points: list[tuple[float, float]] = []
    for code, key, number, word in _TOKENS.findall(_stream(objects[int(contents[1])])):
        if number:
            numbers.append(float(number))
            continue
        if key:
            name = key
        elif not word:
            codes = bytes.fromhex(code.decode())
        elif word == b"q":
            stack.append(matrix)
        elif word == b"Q":
            matrix = stack.pop()
        elif word == b"cm":
            matrix = _times(tuple(numbers[-6:]), matrix)  # type: ignore[arg-type]
        elif word == b"Tf":
            font, size = fonts.get(name, {}), numbers[-1]
        elif word == b"Tm":
            place = tuple(numbers[-6:])  # type: ignore[assignment]
        elif word == b"Td":
            place = _times((1, 0, 0, 1, numbers[-2], numbers[-1]), place)
        elif word == b"BT":
            text, points = "", []
        elif word == b"Tj":
            text += "".join(
                font.get(int.from_bytes(codes[n : n + 2], "big"), "?") for n in range(0, len(codes), 2)
            )
            at = _times(place, matrix)
            points.append((at[4], at[5]))
        elif word == b"ET" and text.strip():
            scale = abs(_times(place, matrix)[3]) * size
            xs = [x for x, _ in points]
            wide = 0.5 * scale * (len(text) if len(points) == 1 else 1)
            runs.append(Run(text, min(xs), max(xs) + wide, high - points[0][1], scale))
        if word or key:
            numbers = [] if word else numbers
    return runs
