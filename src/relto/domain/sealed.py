"""Sealed: a place in a list that goes out as a text, so that whoever has it can bring it back, and learns nothing.

The number of an item counts what a node was ever given, and is nobody's business; a list that goes on where it ended
needs it all the same. The same place is the same text for one reader, and another for the next.

>>> text = seal(1_234, b"key", "kyiv")
>>> unseal(text, b"key", "kyiv"), unseal(text, b"key", "lviv"), unseal("?", b"key", "kyiv")
(1234, None, None)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from typing import Final

TAG_BYTES: Final = 16
TEXT_LENGTH: Final = 32

_PLACE: Final = struct.Struct(">q")


def seal(place: int, key: bytes, whose: str) -> str:
    """The text: URL-safe, no padding. The place is a number of 64 bits."""
    plain = _PLACE.pack(place)
    # The tag is drawn from the place itself, so no two are covered alike (as in RFC 5297).
    tag = _drawn(key, b"tag\0" + whose.encode() + b"\0" + plain)[:TAG_BYTES]
    return base64.urlsafe_b64encode(tag + _covered(plain, key, tag)).decode()


def unseal(text: str, key: bytes, whose: str) -> int | None:
    """The place; None where this key never sealed the text for them."""
    if len(text) != TEXT_LENGTH or not text.isascii():
        return None
    try:
        blob = base64.b64decode(text, altchars=b"-_", validate=True)
        (place,) = _PLACE.unpack(_covered(blob[TAG_BYTES:], key, blob[:TAG_BYTES]))
    except (binascii.Error, struct.error):
        return None
    return place if hmac.compare_digest(seal(place, key, whose), text) else None


def _covered(plain: bytes, key: bytes, tag: bytes) -> bytes:
    cover = _drawn(key, b"cover\0" + tag)
    return bytes(one ^ other for one, other in zip(plain, cover, strict=False))


def _drawn(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, b"relto sealed\0" + what, hashlib.sha256)
