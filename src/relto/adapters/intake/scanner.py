"""The scanner: objects out of one stream of JSON, whatever form it has, in constant memory.

A stream is a sequence of documents, seldom more than one: a bundle, a TAXII envelope, an array, or a bare object. Where
the first document ends on its first line and another follows, or the file is named so, the stream is JSON lines: then a
broken line is given on by itself, to be refused by the validator, and the next line is read as if nothing had been.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from relto.adapters.intake.likeness import likeness_of_bytes, likeness_of_keys
from relto.adapters.intake.limits import Limits
from relto.adapters.intake.window import OBJECT, Ended, NotJson, Window
from relto.domain.errors import BadInput
from relto.ports.intake import Piece

_ELEMENT = re.compile(rb"[ \t\r\n]*+(" + OBJECT + rb")[ \t\r\n]*+([,\]])", re.DOTALL)
_BOM = b"\xef\xbb\xbf"
_EMPTY_ENVELOPE_KEYS = frozenset({"more", "next"})
_KEYS_MAX = 100
_HEAD_BYTES = 64
_OPEN_OBJECT, _CLOSE_OBJECT = ord("{"), ord("}")
_OPEN_ARRAY, _CLOSE_ARRAY = ord("["), ord("]")
_COMMA, _COLON, _QUOTE = ord(","), ord(":"), ord('"')


class Scanner:
    """One reading of one stream; `name` stands in each `where` and in each error."""

    def __init__(self, chunks: Iterator[bytes], *, name: str, limits: Limits, lines: bool) -> None:
        """Read `chunks`; `lines` where it is known beforehand that they are JSON lines."""
        self._window = Window(chunks, object_bytes_max=limits.object_bytes_max)
        self._name = name
        self._limits = limits
        self._lines = lines
        self._index = 0

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces in order. Raises `BadInput` at the first fault that leaves no way to go on."""
        try:
            yield from self._stream()
        except Ended:
            raise BadInput("input-truncated", f"`{self._name}` ends in the middle of a value") from None
        except NotJson:
            self._not_json("no value begins here")

    def _stream(self) -> Iterator[Piece]:
        window = self._window
        while len(window.buffer) < len(_BOM) and window.more():
            pass
        if window.buffer.startswith(_BOM):
            # RFC 8259 section 8.1: a parser may ignore it.
            window.at = len(_BOM)
        if window.next_byte() is None:
            raise BadInput("input-empty", f"`{self._name}` is empty")
        first = True
        while (byte := window.next_byte()) is not None:
            if self._lines and byte != _OPEN_ARRAY and not (first and byte != _OPEN_OBJECT):
                yield from self._one_line()
            else:
                line = window.line
                yield from self._document(byte, first=first)
                self._lines = self._lines or (first and window.line == line and self._stands_at_line_end())
            first = False

    def _stands_at_line_end(self) -> bool:
        window = self._window
        window.keep()
        byte = window.next_byte()
        between = window.kept()
        window.release()
        return byte is not None and b"\n" in between

    def _one_line(self) -> Iterator[Piece]:
        """Yield the line at the place; a line that holds a bundle or an envelope is read as a document."""
        window = self._window
        searched = window.at
        while (end := window.buffer.find(b"\n", searched)) < 0:
            ahead = len(window.buffer) - window.at
            if ahead > self._limits.object_bytes_max or not window.more():
                break
            searched = window.at + ahead
        line = window.buffer[window.at : end] if end >= 0 else window.buffer[window.at :]
        if line.startswith(b"{") and (b'"objects"' in line or len(line) > self._limits.object_bytes_max):
            yield from self._document(_OPEN_OBJECT, first=False)
            return
        where = f"{self._name}:{window.line}"
        if end < 0:
            # The last line, with no line end: only here can the input have been cut off without a trace.
            if line.startswith(b"{"):
                window.value()
            window.at = len(window.buffer)
        else:
            window.at = end + 1
        yield Piece(line.rstrip(b" \t\r"), where)

    def _document(self, byte: int, *, first: bool) -> Iterator[Piece]:
        window = self._window
        if byte == _OPEN_ARRAY:
            window.at += 1
            yield from self._array()
        elif byte == _OPEN_OBJECT:
            yield from self._object()
        elif first:
            head = window.buffer[window.at : window.at + _HEAD_BYTES]
            likeness = likeness_of_bytes(head)
            raise BadInput("input-not-json", f"`{self._name}` is not JSON: it looks like {likeness}")
        else:
            self._not_json("only an object or an array may follow")

    def _array(self) -> Iterator[Piece]:
        """Yield the elements of the array whose bracket was just passed."""
        window = self._window
        if window.next_byte() == _CLOSE_ARRAY:
            window.at += 1
            return
        name, longest = self._name, self._limits.object_bytes_max
        while True:
            found = _ELEMENT.match(window.buffer, window.at)
            if found is None:
                window.next_byte()
                raw = window.value()
                delimiter = window.next_byte()
                if delimiter not in (_COMMA, _CLOSE_ARRAY):
                    self._expected(delimiter, "`,` or `]`")
                window.at += 1
            else:
                raw = found[1]
                if len(raw) > longest:
                    raw = raw[: longest + 1]
                delimiter = window.buffer[found.end() - 1]
                window.at = found.end()
            yield Piece(raw, f"{name}#{self._index}")
            self._index += 1
            if delimiter == _CLOSE_ARRAY:
                return

    def _object(self) -> Iterator[Piece]:
        """Yield the objects of a bundle or an envelope, or the one bare object, at the place."""
        window = self._window
        where = f"{self._name}:{window.line}" if self._lines else f"{self._name}#{self._index}"
        window.keep()
        window.at += 1
        keys: set[str] = set()
        type_: bytes | None = None
        contained = False
        for key in self._keys():
            if len(keys) < _KEYS_MAX:
                keys.add(key.strip(b'"').decode(errors="replace"))
            opens_array = window.next_byte() == _OPEN_ARRAY
            if key == b'"objects"' and opens_array and type_ in (None, b'"bundle"'):
                # From here on nothing needs to be kept: this is a container, and its objects pass through.
                window.release()
                contained = True
                window.at += 1
                yield from self._array()
                continue
            value = window.value()
            if key == b'"type"':
                type_ = value
            elif key == b'"objects"' and type_ == b'"bundle"':
                raise BadInput("input-not-stix", f"`{self._name}` is a bundle whose `objects` is no array")
            if window.kept_from is not None and window.at - window.kept_from > self._limits.object_bytes_max:
                raise BadInput(
                    "input-object-too-large",
                    f"`{where}` has more than {self._limits.object_bytes_max} bytes before any `objects`",
                )
        raw = b"" if contained else window.kept()
        window.release()
        if contained and type_ not in (None, b'"bundle"'):
            raise BadInput("input-not-stix", f"`{where}` holds `objects` and is neither a bundle nor an envelope")
        if contained or type_ == b'"bundle"' or (type_ is None and keys <= _EMPTY_ENVELOPE_KEYS):
            return
        if type_ is None:
            raise BadInput("input-not-stix", f"`{where}` is not STIX 2.1: it looks like {likeness_of_keys(keys)}")
        self._index += 1
        yield Piece(raw, where)

    def _keys(self) -> Iterator[bytes]:
        """Yield the names of the members of the object whose brace was just passed; each time at its value."""
        window = self._window
        byte = window.next_byte()
        if byte == _CLOSE_OBJECT:
            window.at += 1
            return
        while True:
            if byte != _QUOTE:
                self._expected(byte, "a name in double quotes")
            key = window.value()
            byte = window.next_byte()
            if byte != _COLON:
                self._expected(byte, "`:`")
            window.at += 1
            window.next_byte()
            yield key
            byte = window.next_byte()
            if byte not in (_COMMA, _CLOSE_OBJECT):
                self._expected(byte, "`,` or `}`")
            window.at += 1
            if byte == _CLOSE_OBJECT:
                return
            byte = window.next_byte()

    def _expected(self, found: int | None, wanted: str) -> NoReturn:
        if found is None:
            raise Ended
        self._not_json(f"{wanted} is missing")

    def _not_json(self, why: str) -> NoReturn:
        raise BadInput("input-not-json", f"`{self._name}` is not JSON at byte {self._window.offset}: {why}") from None
