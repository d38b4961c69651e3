"""A window over a stream of bytes: what is being looked at is in memory, what came before is not.

>>> window = Window(iter([b'{"a": ', b'[1, 2]}  ', b'7 ']), object_bytes_max=100)
>>> window.value()
b'{"a": [1, 2]}'
>>> window.next_byte(), window.value()
(55, b'7')
"""

from __future__ import annotations

import re
from collections.abc import Iterator

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'


def _nested(depth: int) -> bytes:
    inside = rb'[^{}\[\]"]++|' + STRING
    if depth:
        inside += rb"|[{\[](?:" + _nested(depth - 1) + rb")*+[}\]]"
    return inside


_DEPTH_AT_ONCE = 4
OBJECT = rb"\{(?:" + _nested(_DEPTH_AT_ONCE) + rb")*+\}"
"""A whole object of usual depth, found in one step of the pattern engine. It never backtracks (`++`, `*+`)."""

_WHOLE = re.compile(OBJECT + rb"|" + STRING, re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
_SCALAR = re.compile(rb"[^ \t\r\n,:\[\]{}\"]*+")
_MARK = re.compile(rb'["{}\[\]]')
_STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR_BYTES_MAX = 1024
_QUOTE, _OPENING = ord('"'), b"{["


class Ended(Exception):
    """The stream ends inside a value."""


class NotJson(Exception):
    """What stands at the place of the window cannot be JSON."""


class Window:
    """The stream at one place. `buffer[at]` is the next byte; `next_byte` and `value` move the place on.

    Patterns may look at `buffer` from `at` on and set `at`; nobody else changes either.
    """

    def __init__(self, chunks: Iterator[bytes], *, object_bytes_max: int) -> None:
        """Look at the beginning of `chunks`."""
        self.buffer = b""
        self.at = 0
        self.kept_from: int | None = None
        self._chunks = chunks
        self._object_bytes_max = object_bytes_max
        self._before = 0
        self._line = 1
        self._counted = 0

    @property
    def offset(self) -> int:
        """Where the place is in the whole stream, in bytes from 0."""
        return self._before + self.at

    @property
    def line(self) -> int:
        """The number of the line of the place, from 1."""
        self._line += self.buffer.count(b"\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def keep(self) -> None:
        """From here on, forget nothing until `release`."""
        self.kept_from = self.at

    def release(self) -> None:
        """Forget again what lies before the place."""
        self.kept_from = None

    def kept(self) -> bytes:
        """Return what lies between `keep` and the place."""
        return self.buffer[self.kept_from : self.at]

    def more(self) -> bool:
        """Take in the next chunk, forgetting what need not be kept; False where the stream has ended."""
        for chunk in self._chunks:
            if chunk:
                break
        else:
            return False
        drop = self.at if self.kept_from is None else self.kept_from
        # Lines are counted before their bytes are forgotten.
        self._line += self.buffer.count(b"\n", self._counted, self.at)
        self._counted = self.at - drop
        self.buffer = self.buffer[drop:] + chunk
        self.at -= drop
        self._before += drop
        if self.kept_from is not None:
            self.kept_from = 0
        return True

    def next_byte(self) -> int | None:
        """Skip space and return the byte at the place, None at the end of the stream."""
        while True:
            found = _SPACE.match(self.buffer, self.at)
            if found is not None:
                self.at = found.end()
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if not self.more():
                return None

    def value(self) -> bytes:
        """Return the bytes of the JSON value at the place, and stand behind it.

        Brackets and strings are followed, nothing more: whether it is JSON is for the validator. Of a value longer
        than `object_bytes_max` the first `object_bytes_max + 1` bytes are returned, enough to be refused as too large.
        Raises `Ended`, or `NotJson` where no value begins.
        """
        found = _WHOLE.match(self.buffer, self.at)
        if found is None:
            first = self.next_byte()
            if first is None:
                raise Ended
            return self._long() if first == _QUOTE or first in _OPENING else self._scalar()
        self.at = found.end()
        whole = found[0]
        return whole if len(whole) <= self._object_bytes_max else whole[: self._object_bytes_max + 1]

    def _scalar(self) -> bytes:
        while True:
            found = _SCALAR.match(self.buffer, self.at)
            end = found.end() if found is not None else self.at
            if end == self.at or end - self.at > _SCALAR_BYTES_MAX:
                raise NotJson
            if end < len(self.buffer) or not self.more():
                break
        scalar = self.buffer[self.at : end]
        self.at = end
        return scalar

    def _long(self) -> bytes:
        """Return the value at the place where no pattern takes it at once: deep, long or not all here."""
        depth = 0
        in_string = False
        beginning: bytes | None = None
        cursor = self.at
        while True:
            if in_string:
                rest = _STRING_REST.match(self.buffer, cursor)
                cursor = rest.end() if rest is not None else cursor
                in_string = not self.buffer.startswith(b'"', cursor)
                mark = -1 if in_string else _QUOTE
            else:
                found = _MARK.search(self.buffer, cursor)
                cursor = found.start() if found is not None else len(self.buffer)
                mark = self.buffer[cursor] if found is not None else -1
                in_string = mark == _QUOTE
                depth += (mark in _OPENING) - (mark in b"}]") if mark >= 0 else 0
            if mark >= 0:
                cursor += 1
                if depth <= 0 and not in_string:
                    break
                continue
            # INVARIANT: everything before `cursor` has been followed, so that it may be forgotten when it is too much.
            if beginning is None and cursor - self.at > self._object_bytes_max:
                beginning = self.buffer[self.at : self.at + self._object_bytes_max + 1]
            if beginning is not None:
                self.at = cursor
            ahead = cursor - self.at
            if not self.more():
                raise Ended
            cursor = self.at + ahead
        whole = self.buffer[self.at : cursor] if beginning is None else beginning
        self.at = cursor
        return whole[: self._object_bytes_max + 1]
