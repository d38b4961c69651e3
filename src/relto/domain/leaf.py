"""A leaf: what the log says of one thing that happened, as bytes that can be written in one way only.

A leaf is one JSON object in the canonical form of RFC 8785, below 64 KiB. `kind` says what it is, `at` when it was
written (microseconds since 1970, UTC), `block` is the number of the first leaf of the same transaction, and `salt` is
drawn for each leaf, so that a hash gives nothing away to whoever guesses what stands in it.

A value that is too long for one leaf goes, as text, into leaves of kind `part` before the one that it belongs to, which
says in `parts` how many those are and in `digest_of_parts` the SHA-256 of the text. No leaf holds anything that an item
says: digests.

>>> leaf = encoded("mark", {"reader": "kyiv"}, at=5, block=7, salt=lambda: bytes(16))[-1]
>>> leaf
b'{"at":5,"block":7,"kind":"mark","reader":"kyiv","salt":"00000000000000000000000000000000"}'
>>> decoded(leaf)["reader"]
'kyiv'
>>> decoded(b'{"kind": "mark"}')
Traceback (most recent call last):
relto.domain.errors.BadInput: a leaf is not in the canonical form of RFC 8785
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

LEAF_BYTES_MAX: Final = 65_535
"""Bytes of a leaf."""

VALUE_BYTES_MAX: Final = 48_000
"""Bytes of a leaf's own value; what is longer goes into parts."""

PART_CHARACTERS: Final = 8_000
"""Characters of a part: even where each is six bytes long in JSON, it fits into a leaf."""

PARTS_MAX: Final = 10_000
"""Parts of one value: 80 million characters."""

INTEGER_MAX: Final = 2**53 - 1
"""Beyond it JSON's numbers are not exact for everybody (RFC 8785 section 3.2.2.3)."""

SALT_BYTES: Final = 16
"""Bytes that are drawn for each leaf."""

FRAME: Final = {"kind": str, "at": int, "block": int, "salt": str}
"""What stands in every leaf beside what it says, each with its type."""

RESERVED: Final = frozenset({*FRAME, "parts", "digest_of_parts"})

_PLAIN: Final = frozenset({str, bool, type(None)})
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DEPTH_MAX: Final = 40

_NINE: Final = re.compile(rb"9[0-9]{15}")
_DIGITS: Final = bytes(0 if byte in b"0123456789" else 1 for byte in range(256))
_SEVENTEEN: Final = bytes(17)


def canonical(value: object) -> bytes:
    """The value in the canonical form of RFC 8785.

    Only for what that form and everybody's JSON agree on: no fractions, whole numbers up to 2**53 - 1, names of ASCII
    (so that all orders of names are the same). Anything else is an error of ours.
    """
    flaw = _flaw(value, 0)
    assert flaw is None, flaw
    return _ENCODER.encode(value)


def _flaw(value: object, depth: int) -> str | None:
    """What of the value JSON does not mean alike for everybody; None: nothing."""
    if isinstance(value, str) or value is None:
        return None
    if isinstance(value, int):
        return None if -INTEGER_MAX <= value <= INTEGER_MAX else f"{value} is no number that is exact for everybody"
    if depth > _DEPTH_MAX:
        return "it is too deep"
    if isinstance(value, dict):
        odd = _odd_name(value)
        if odd is not None:
            return f"{odd!r} is no name of ASCII"
        parts: Iterable[object] = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return f"{value!r} is no plain value"
    for part in parts:
        # Most parts are such. Each delivery is looked through like this while others wait to write.
        kind = type(part)
        if kind in _PLAIN or (kind is int and -INTEGER_MAX <= part <= INTEGER_MAX):  # type: ignore[operator] # it is one
            continue
        flaw = _flaw(part, depth + 1)
        if flaw is not None:
            return flaw
    return None


def _odd_name(names: Iterable[object]) -> object:
    """The first that is no text of ASCII; None: all are."""
    try:
        if all(map(str.isascii, names)):  # type: ignore[arg-type] # what is no text raises
            return None
    except TypeError:
        pass
    return next(name for name in names if not isinstance(name, str) or not name.isascii())


def encoded(kind: str, fields: Mapping[str, object], *, at: int, block: int, salt: Callable[[], bytes]) -> list[bytes]:
    """The leaf, after the parts of it where it has any. `salt` draws 16 bytes for each."""
    assert not RESERVED & fields.keys(), "these names are the log's own"
    body = canonical(fields)
    frame = {"at": at, "block": block}
    if len(body) <= VALUE_BYTES_MAX:
        return [_ENCODER.encode({**fields, **frame, "kind": kind, "salt": salt().hex()})]
    text = body.decode()
    pieces = [text[start : start + PART_CHARACTERS] for start in range(0, len(text), PART_CHARACTERS)]
    assert len(pieces) <= PARTS_MAX, f"a value of the log has at most {PARTS_MAX} parts"
    found = [
        _ENCODER.encode({"part": number, "text": piece, **frame, "kind": "part", "salt": salt().hex()})
        for number, piece in enumerate(pieces)
    ]
    whole = {"parts": len(pieces), "digest_of_parts": hashlib.sha256(body).hexdigest()}
    return [*found, _ENCODER.encode({**whole, **frame, "kind": kind, "salt": salt().hex()})]


def decoded(data: bytes) -> dict[str, Any]:
    """The members of one leaf. Raises `BadInput` (`leaf-invalid`) where it is no leaf, or is written in another way."""
    if len(data) > LEAF_BYTES_MAX:
        raise _invalid(f"a leaf has at most {LEAF_BYTES_MAX} bytes")
    value = _read(data)
    if any(type(value.get(name)) is not kind for name, kind in FRAME.items()) or len(value["salt"]) != 2 * SALT_BYTES:
        raise _invalid("a leaf says its kind, moment, block and salt")
    return value


def fields_of(leaf: Mapping[str, Any]) -> dict[str, Any]:
    """What a leaf says beside its frame."""
    return {name: value for name, value in leaf.items() if name not in FRAME}


def joined(leaves: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The leaves of one block as they were before they were taken apart: without parts, each with all its members.

    Raises `BadInput` (`leaf-invalid`) where parts are missing, are of another text, or belong to no leaf.
    """
    found: list[dict[str, Any]] = []
    pieces: list[str] = []
    for leaf in leaves:
        if leaf["kind"] == "part":
            if leaf.get("part") != len(pieces) or not isinstance(leaf.get("text"), str):
                raise _invalid("parts of a leaf are out of order")
            pieces.append(leaf["text"])
            continue
        if "parts" not in leaf and "digest_of_parts" not in leaf:
            if pieces:
                raise _invalid("parts belong to no leaf")
            found.append(dict(leaf))
            continue
        found.append(_whole(leaf, pieces))
        pieces = []
    if pieces:
        raise _invalid("parts belong to no leaf")
    return found


def _whole(leaf: Mapping[str, Any], pieces: list[str]) -> dict[str, Any]:
    body = "".join(pieces).encode()
    if leaf.get("parts") != len(pieces) or hashlib.sha256(body).hexdigest() != leaf.get("digest_of_parts"):
        raise _invalid("the parts of a leaf are not those that it names")
    fields = _read(body)
    if RESERVED & fields.keys():
        raise _invalid("the parts of a leaf say what is the leaf's own to say")
    return {**fields, **{name: leaf[name] for name in FRAME}}


def _read(data: bytes) -> dict[str, Any]:
    """The object that stands there in the canonical form. Raises `BadInput` (`leaf-invalid`)."""
    try:
        value: Any = _DECODER.decode(data)
        if not isinstance(value, dict) or not (_is_plainly(data) or _flaw(value, 0) is None):
            raise _invalid("a leaf is no JSON object of plain values")
        same = _ENCODER.encode(value) == data
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _invalid("a leaf is no JSON object of plain values") from error
    if not same:
        raise _invalid("a leaf is not in the canonical form of RFC 8785")
    return value


def _is_plainly(data: bytes) -> bool:
    """Whether what is read there without a fraction is plain, by a look at the bytes: a log has many leaves."""
    return data.isascii() and data.count(b"[") + data.count(b"{") <= _DEPTH_MAX and not has_long(data)


def has_long(data: bytes) -> bool:
    """Whether it has sixteen digits from a nine on, or seventeen: as each number beyond `INTEGER_MAX` has, and little
    else. Looked for one by one, which is seven times as fast as an expression for both.
    """
    return _NINE.search(data) is not None or _SEVENTEEN in data.translate(_DIGITS)


def _invalid(message: str) -> BadInput:
    return BadInput("leaf-invalid", message)


def _fraction(_: str) -> float:
    raise _invalid("a leaf is no JSON object of plain values")


_DECODER: Final = msgspec.json.Decoder(float_hook=_fraction)
