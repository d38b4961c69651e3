"""A cursor: where a walk through a collection goes on, as the opaque `next` of TAXII 2.1 section 3.5.

It is self-contained (place, filters, and how the walk began), signed, never expires and may be used again. It gives
no leave: each use is decided anew, and a cursor of another collection or reader counts as none (CLIENTS.md rule 5).

>>> cursor = Cursor("c", "kyiv", None, Place(0, 1, 7), Filters(), 5)
>>> Cursor.parse(cursor.signed(b"key"), b"key") == cursor
True
>>> Cursor.parse(cursor.signed(b"key"), b"another") is None
True
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from relto.domain.stream import Place

SIGNATURE_BYTES = 16

TEXT_MAX = 8_192
"""Characters of the longest cursor that is looked at."""


class Filters(msgspec.Struct, frozen=True, array_like=True):
    """What a read was narrowed to; None: not narrowed. `versions`: `last`, `first`, `all` and instants in
    microseconds.
    """

    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str | int, ...] = ("last",)
    spec_versions: tuple[str, ...] | None = None


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """`collection` and `reader` bind it; `began` is the `added_after` that the walk began with, in microseconds.

    `given_at`: the clock of the page that it is of.
    """

    collection: str
    reader: str
    began: int | None
    place: Place
    filters: Filters
    given_at: int

    def signed(self, key: bytes) -> str:
        """The text to hand out: URL-safe, no padding."""
        body = msgspec.msgpack.encode(self)
        return base64.urlsafe_b64encode(body + _signature(key, body)).rstrip(b"=").decode()

    @staticmethod
    def parse(text: str, key: bytes) -> Cursor | None:
        """The cursor, or None where this key never signed it."""
        if len(text) > TEXT_MAX or not text.isascii():
            return None
        try:
            blob = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, signature = blob[:-SIGNATURE_BYTES], blob[-SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _signature(key, body)):
            return None
        try:
            return _DECODER.decode(body)
        except msgspec.DecodeError:
            return None


_DECODER = msgspec.msgpack.Decoder(Cursor)


def _signature(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, b"relto cursor 2\0" + body, hashlib.sha256).digest()[:SIGNATURE_BYTES]
