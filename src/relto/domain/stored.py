"""The record of a stored item: what the log commits to of each, so that an archive can show its place without a byte of
what it says.

Numbers have their highest byte first:

====== ============ ====================================================================================================
bytes  name         meaning
====== ============ ====================================================================================================
8      seq          its number in the node
8      class        the class that it came in with
8      version_us   its version in microseconds since 1970, signed
16     key          stands for (originator, STIX id): BLAKE2b-128 of the originator's code, a zero byte and the id
32     digest       SHA-256 of its bytes
1      rival        1 where its object had another version by then, else 0
1      length       of what follows
…      version      its version as its object writes it, in UTF-8
2      joins        how many keys follow
16 ×   joined       the keys of the objects that it joins, each once, sorted
====== ============ ====================================================================================================

The log has, for each batch of items, the root of the tree (`domain/merkle.py`) over its records in order.

>>> raw = record_of(7, 2, 0, bytes(16), bytes(32), "1970-01-01T00:00:00Z", rival=True, joins=[b"b" * 16, b"a" * 16])
>>> len(raw), parse_records(raw)[0].joins == (b"a" * 16, b"b" * 16)
(128, True)
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Collection

KEY_BYTES: Final = 16
DIGEST_BYTES: Final = 32
"""Bytes of what stands for an object, and of the digest of an item."""

_FIXED: Final = Struct(f">QQq{KEY_BYTES}s{DIGEST_BYTES}s?B")
_COUNT: Final = Struct(">H")

RECORD_FIXED: Final = _FIXED.size
"""Bytes of a record up to its version; the last of them says how long that is."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record, read."""

    seq: int
    class_id: int
    version_us: int
    key: bytes
    digest: bytes
    version: str
    rival: bool
    joins: tuple[bytes, ...]


def record_of(
    seq: int,
    class_id: int,
    version_us: int,
    key: bytes,
    digest: bytes,
    version: str,
    *,
    rival: bool,
    joins: Collection[bytes] = (),
) -> bytes:
    """The record of one item."""
    text = version.encode()
    fixed = _FIXED.pack(seq, class_id, version_us, key, digest, rival, len(text))
    if not joins:
        return b"%s%s\x00\x00" % (fixed, text)
    joined = sorted(set(joins))
    return b"%s%s%s%s" % (fixed, text, _COUNT.pack(len(joined)), b"".join(joined))


def parse_records(raw: bytes) -> list[StoredRecord]:
    """The records that stand one behind another in these bytes. Raises `BadInput` (`record-invalid`) for others."""
    found: list[StoredRecord] = []
    at = 0
    while at < len(raw):
        start = at + _FIXED.size
        if start > len(raw):
            raise _invalid(f"it breaks off behind record {len(found)}")
        seq, class_id, version_us, key, digest, rival, length = _FIXED.unpack_from(raw, at)
        first = start + length + _COUNT.size
        if raw[start - 2] > 1 or first > len(raw):
            raise _invalid(f"record {len(found)} is none")
        at = first + _COUNT.unpack_from(raw, first - _COUNT.size)[0] * KEY_BYTES
        joins: tuple[bytes, ...] = ()
        # Most join nothing.
        if at > first:
            joins = tuple(raw[place : place + KEY_BYTES] for place in range(first, at, KEY_BYTES))
            if at > len(raw) or list(joins) != sorted(set(joins)):
                raise _invalid(f"record {len(found)} does not name what it joins in order")
        try:
            version = raw[start : start + length].decode()
        except UnicodeDecodeError as error:
            raise _invalid(f"record {len(found)} has no version") from error
        found.append(StoredRecord(seq, class_id, version_us, key, digest, version, rival, joins))
    return found


def _invalid(why: str) -> BadInput:
    return BadInput("record-invalid", f"these are no records of items: {why}")
