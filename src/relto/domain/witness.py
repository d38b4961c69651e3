r"""A witness: a party that cosigns checkpoints of the log with a key of its own (C2SP tlog-cosignature).

A key counts for one name and one party, and a name has one key: what is signed does not say whose it is. A point of
small order is no key: there are signatures by it that hold for any text whatever.

>>> Witness("UKR", VerifierKey("cert.example", KeyKind.COSIGNATURE, bytes(31) + b"\x09")).key.name
'cert.example'
>>> Witness("UKR", VerifierKey("cert.example", KeyKind.COSIGNATURE, b"\x01" + bytes(31)))
Traceback (most recent call last):
relto.domain.errors.BadInput: this is no key of a witness: it is a point of small order, which signs anything
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from relto.domain.errors import BadInput
from relto.domain.note import KeyKind, VerifierKey

WITNESSES_MAX: Final = 32
"""Of one log: their lines all stand under a checkpoint."""

_PRIME: Final = 2**255 - 19
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL: Final = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})
"""The second coordinates of the eight points of edwards25519 whose order divides 8."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A party and the key by which it cosigns. Raises `BadInput` (`witness-invalid`)."""

    party: str
    key: VerifierKey

    def __post_init__(self) -> None:
        if self.key.kind is not KeyKind.COSIGNATURE:
            raise _invalid("it is one for plain signatures; one for cosignatures has the type 4")
        coordinate = int.from_bytes(self.key.public, "little") & (2**255 - 1)
        if coordinate % _PRIME in _SMALL:
            raise _invalid("it is a point of small order, which signs anything")
        if coordinate >= _PRIME:
            # RFC 8032 section 5.1.3: each point is written in one way.
            raise _invalid("it is not written as keys are")


def parse_witnesses(text: str) -> tuple[Witness, ...]:
    """The witnesses of a text as `written_witnesses` gives it; empty: none. Total.

    Raises `BadInput` (`witness-invalid`, `verifier-key-invalid`).
    """
    if not text:
        return ()
    try:
        rows: Any = msgspec.json.decode(text)
        return tuple(Witness(row["party"], VerifierKey.parse(row["vkey"])) for row in rows)
    except (msgspec.DecodeError, KeyError, TypeError, RecursionError) as error:
        raise _invalid("they are a list of `party` and `vkey`") from error


def written_witnesses(witnesses: Iterable[Witness]) -> str:
    """The witnesses as text."""
    return msgspec.json.encode([{"party": each.party, "vkey": each.key.text} for each in witnesses]).decode()


def _invalid(why: str) -> BadInput:
    return BadInput("witness-invalid", f"this is no key of a witness: {why}")
