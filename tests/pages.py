"""Looking at pages without a library: the text of a PDF as our typesetter makes them, and the ink of a PNG."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj(.*?)\nendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\nendstream", re.DOTALL)
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\)|<([0-9a-fA-F]+)>(?=[^>])|(BT)", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """All that is set in it, page by page, without the hyphens that it was broken with; and its title."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = {
        name.decode(): _letters(_content(objects, int(_found(rb"/ToUnicode (\d+) 0 R", objects[int(number)]))))
        for body in objects.values()
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", body)
        if b"/ToUnicode" in objects[int(number)]
    }
    pages = [body for body in objects.values() if b"/Type/Page/" in body]
    assert pages, "a PDF has pages"
    assert fonts, "and letters that say what they are"
    texts = [_shown(_content(objects, int(_found(rb"/Contents (\d+) 0 R", body))), fonts) for body in pages]
    titles = [_unescaped(title).decode("utf-16") for title in re.findall(rb"/Title\((\xfe\xff(?:[^()\\]|\\.)*)\)", pdf)]
    plain = [title.decode() for title in re.findall(rb"/Title\(([ -'*-\[\]-~]*)\)", pdf)]
    return re.sub(r"[-\u00ad\u2010]", "", "".join((*titles, *plain, *texts)))


def _found(pattern: bytes, body: bytes) -> bytes:
    found = re.search(pattern, body)
    assert found is not None, (pattern, body[:200])
    return found[1]


def _content(objects: dict[int, bytes], number: int) -> bytes:
    found = _STREAM.search(objects[number])
    assert found is not None
    return zlib.decompress(found[1])


def _letters(table: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for code, letters in re.findall(rb"^<([0-9a-fA-F]+)> ?<([0-9a-fA-F]+)>$", table, re.MULTILINE):
        found[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for first, last, letters in re.findall(
        rb"^<([0-9a-fA-F]+)> ?<([0-9a-fA-F]+)> ?<([0-9a-fA-F]+)>$", table, re.MULTILINE
    ):
        base = bytes.fromhex(letters.decode()).decode("utf-16-be")
        for place in range(int(last, 16) - int(first, 16) + 1):
            found[int(first, 16) + place] = base[:-1] + chr(ord(base[-1]) + place)
    return found


def _unescaped(raw: bytes) -> bytes:
    return _ESCAPE.sub(
        lambda found: bytes([int(found[1], 8) & 255]) if found[1] else _LETTERS.get(found[2], found[2]), raw
    )


def _shown(content: bytes, fonts: dict[str, dict[int, str]]) -> str:
    text, letters = [], dict[int, str]()
    for font, literal, digits, begins in _SHOWN.findall(content):
        if font:
            letters = fonts[font.decode()]
        elif begins:
            text.append(" ")
        elif letters:
            raw = _unescaped(literal) if literal else bytes.fromhex(digits.decode())
            text += [letters.get(code, "\ufffd") for (code,) in struct.iter_unpack(">H", raw[: len(raw) // 2 * 2])]
    return "".join(text)


@dataclass(frozen=True)
class Ink:
    """Where a page is not white: the first and last column and row, and in how many places."""

    left: int
    right: int
    top: int
    bottom: int
    places: int
    width: int
    height: int


def ink_of(png: bytes, *, edge: int = 0) -> Ink:
    """The ink of a page, as a PNG of eight bits a channel, without so many rows at its head and its foot."""
    place, data, head = 8, b"", (0, 0, 0, 0)
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        chunk = png[place + 8 : place + 8 + length]
        place += length + 12
        if kind == b"IHDR":
            head = struct.unpack(">IIBB", chunk[:10])
        elif kind == b"IDAT":
            data += chunk
    width, height, depth, colour = head
    assert (depth, colour) in {(8, 2), (8, 6)}, head
    channels = 3 if colour == 2 else 4
    columns, rows, places = [], [], 0
    for number, row in enumerate(_rows(zlib.decompress(data), width * channels, channels)):
        if not edge <= number < height - edge:
            continue
        # The lightest of three colours is dark only where there is ink.
        darkest = bytes(map(min, row[0::channels], row[1::channels], row[2::channels]))
        found = [column for column, value in enumerate(darkest) if value < 200]
        if found:
            columns += [found[0], found[-1]]
            rows.append(number)
            places += len(found)
    assert rows, "the page is blank"
    return Ink(min(columns), max(columns), rows[0], rows[-1], places, width, height)


def _rows(data: bytes, stride: int, step: int):
    before = bytearray(stride)
    for start in range(0, len(data), stride + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + stride])
        if kind == 1:
            for place in range(step, stride):
                row[place] = (row[place] + row[place - step]) & 255
        elif kind == 2:
            row = bytearray((one + other) & 255 for one, other in zip(row, before, strict=True))
        elif kind == 3:
            for place in range(stride):
                left = row[place - step] if place >= step else 0
                row[place] = (row[place] + (left + before[place]) // 2) & 255
        elif kind == 4:
            for place in range(stride):
                row[place] = (row[place] + _paeth(row, before, place, step)) & 255
        yield row
        before = row


def _paeth(row: bytearray, before: bytearray, place: int, step: int) -> int:
    left, above, corner = (
        (row[place - step], before[place], before[place - step]) if place >= step else (0, before[place], 0)
    )
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))
