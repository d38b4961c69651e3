"""Plain: a value as JSON has it, so that equal values are written alike, in this release and in a later one.

A member that holds its default is left out: one that a later release adds changes nothing of what was written before.
A whole number beyond 2**53 - 1, which JSON has not exactly for everybody (RFC 8785 section 3.2.2.3), is a text.

>>> from relto.domain.stream import Epoch, Place
>>> plain(Epoch(1, 20, 5_000_000, 10, 10, 1000))["start_seq"], plain(Place(1, 0, 7))
(20, [1, 0, 7])
>>> plain({"topics": frozenset({"naval", "air"}), "digest": b"ab"})
{'topics': ['air', 'naval'], 'digest': '6162'}
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

import msgspec

from relto.domain.leaf import INTEGER_MAX, canonical, has_long

_ABSENT = object()
_ENCODER = msgspec.json.Encoder()


def plain(value: Any) -> Any:
    """The value in mappings, lists, texts, whole numbers, booleans and nulls; sets sorted, bytes in hex."""
    if isinstance(value, int):
        return value if -INTEGER_MAX <= value <= INTEGER_MAX else str(value)
    if value is None or isinstance(value, str):
        return value
    # Before mappings, which it takes long to tell: each delivery is written so.
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict | Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(part) for part in value)
    if isinstance(value, msgspec.Struct):
        return plain(msgspec.to_builtins(value))
    assert is_dataclass(value), f"{value!r} is nothing that is written"
    kind: Any = type(value)
    held = ((name, usual, getattr(value, name)) for name, usual in _members(kind))
    return {name: plain(part) for name, usual, part in held if part != usual}


def digest_of(value: Any) -> str:
    """SHA-256, in hex, of the value in its canonical JSON."""
    return hashlib.sha256(canonical(plain(value))).hexdigest()


def digest_of_arrays(value: Any) -> str:
    """The same of nothing but texts, whole numbers, nulls, sequences and structs that are written as arrays. It takes a
    fifth of the time: their JSON is canonical as it is, where no number is a text in it.
    """
    data = _ENCODER.encode(value)
    return digest_of(value) if has_long(data) else hashlib.sha256(data).hexdigest()


def veiled(secret: str) -> str:
    """What is said of something by which somebody could come in: its SHA-256, in hex; of nothing, nothing."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


@cache
def _members(kind: type) -> tuple[tuple[str, Any], ...]:
    """Each member that counts, with its default."""
    return tuple(
        (
            part.name,
            part.default
            if part.default is not MISSING
            else part.default_factory()
            if part.default_factory is not MISSING
            else _ABSENT,
        )
        for part in fields(kind)
        if part.compare
    )
