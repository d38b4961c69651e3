"""An item: one version of a STIX 2.1 object, as received, byte for byte, and the few fields that we read.

The bytes never change. Everything that a decision may look at is read once, when the item comes in, and
becomes its *class* (`domain/classes.py`); after that nothing parses the bytes again.
"""

from __future__ import annotations

import msgspec

UNVERSIONED = "1970-01-01T00:00:00.000000Z"
"""The version of an object that has neither `modified` nor `created` (TAXII 2.1 section 3.4: chosen by the
server, stable). A constant, because the moment of storing would tell a reader how long it was held."""


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What is read of one object. `array_like`, since headers cross a process boundary by the million.

    `raw` is the sender's bytes; `version` the text of `modified`, else `created`, else `UNVERSIONED`;
    `version_us` the same instant in microseconds since 1970 (floor); `digest` is SHA-256 of `raw`.
    `joins` are the ids that a joining object refers to (empty for all other types, section 3 of the design).
    `markings` are the ids in `object_marking_refs`; `granular` those in `granular_markings[].marking_ref`.
    `definition` is the object itself, as compact JSON, where it is a marking definition; else empty.
    """

    raw: bytes
    type: str
    id: str
    version: str
    version_us: int
    digest: bytes
    markings: tuple[str, ...] = ()
    granular: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    indicator_types: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    revoked: bool = False
    definition: bytes = b""


class Reject(msgspec.Struct, frozen=True, array_like=True):
    """One object that was not taken in: its id (or empty), where it stood, a stable code and a message for people."""

    id: str
    where: str
    code: str
    message: str
