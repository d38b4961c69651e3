r"""Signed notes: a text and the signatures under it (C2SP signed-note, and tlog-cosignature for those that say when).

What is signed is the text, byte for byte, so a note is read in one form only: what is read is written as the same
bytes again. A signature of a key that is not known here says nothing and is passed over; one of a known key has to be
right, or the whole note is refused. Which keys are known, and how a signature is checked, comes as an argument.

Two kinds of keys are known: Ed25519 over the text, and Ed25519 over the text and the second at which a witness saw it
(cosignature/v1). The name, the kind and the key are bound by the key's id.

>>> from hashlib import sha512
>>> key = VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
>>> note = signed("an example\n", [signature_of("an example\n", key, sign=lambda message: sha512(message).digest())])
>>> Note.parse(note).signatures[0].name
'example.com/foo'
>>> opened = Note.parse(note).opened([key], lambda public, message, made: made == sha512(message).digest())
>>> opened.is_signed_by([key])
True
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final

from relto.domain.errors import BadInput
from relto.domain.written import shown

NOTE_MAX: Final = 262_144
"""Bytes of a note; sixteen signatures of 5 kB are less than half of it."""

SIGNATURES_MAX: Final = 100
"""Signatures of a note, of known and of unknown keys (the specification asks for 16 at least)."""

NAME_MAX: Final = 255
"""Bytes of the name of a key that is known here (tlog-cosignature has one byte for their number)."""

KEY_TEXT_MAX: Final = 1_000
"""Characters of a verifier key."""

TIME_MAX: Final = 2**63 - 1
"""The last second that a cosignature may name."""

PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8

_DASH: Final = "\N{EM DASH} "
_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_TEXT: Final = re.compile(r"(?P<name>[^+]*)\+(?P<id>[0-9a-f]{8})\+(?P<public>[A-Za-z0-9+/=]+)")

Verify = Callable[[bytes, bytes, bytes], bool]
"""`verify(public, message, signature)`: whether that is the Ed25519 signature (RFC 8032) of the message by that key."""

Sign = Callable[[bytes], bytes]
"""`sign(message)`: the Ed25519 signature."""


class KeyKind(IntEnum):
    """What a key signs; the type of signature that stands in its id."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key (32 bytes) and the name under which it signs: not empty, no space, no plus, at most 255 bytes.

    Raises `BadInput` (`verifier-key-invalid`).
    """

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.name.encode()) > NAME_MAX:
            raise _no_key(f"{shown(self.name)} is no name of a key: up to {NAME_MAX} bytes, no space, no plus")
        if len(self.public) != PUBLIC_BYTES:
            raise _no_key(f"a public key has {PUBLIC_BYTES} bytes")

    @property
    def id(self) -> bytes:
        """The four bytes that stand for it in a signature, beside its name."""
        return sha256(b"%s\n%c%s" % (self.name.encode(), self.kind, self.public)).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """Its form to hand out (vkey), as `parse` takes it."""
        return f"{self.name}+{self.id.hex()}+{in_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key in a vkey, whose id has to be its own. Raises `BadInput` (`verifier-key-invalid`)."""
        found = _KEY_TEXT.fullmatch(text) if len(text) <= KEY_TEXT_MAX else None
        if found is None:
            raise _no_key("it is written name+id+key, the id as 8 hexadecimal digits, the key in Base64")
        raw = from_base64(found["public"])
        if raw is None or len(raw) != PUBLIC_BYTES + 1 or raw[0] not in list(KeyKind):
            raise _no_key(f"what is known here is one byte, 1 or 4, and {PUBLIC_BYTES} of an Ed25519 key, in Base64")
        key = cls(found["name"], KeyKind(raw[0]), raw[1:])
        if key.id.hex() != found["id"]:
            raise _no_key("its id is not that of this name and key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """A line under a note: who says to have signed (`name` and `key_id`), and the signature, of any kind.

    Raises `BadInput` (`note-invalid`).
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise _no_note(f"{shown(self.name)} is no name of a key")
        if len(self.key_id) != _ID_BYTES or not self.signature:
            raise _no_note("a signature is an id of 4 bytes and something behind it")

    @property
    def line(self) -> str:
        """The line, without its newline."""
        return f"{_DASH}{self.name} {in_base64(self.key_id + self.signature)}"

    @property
    def time_seconds(self) -> int:
        """The second since 1970 that it names where it is a cosignature; of any other it means nothing."""
        return int.from_bytes(self.signature[:_TIME_BYTES], "big")

    @classmethod
    def parse(cls, line: str) -> Signature:
        """The signature in such a line. Raises `BadInput` (`note-invalid`)."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        raw = from_base64(encoded)
        if not line.startswith(_DASH) or raw is None:
            raise _no_note(f"{shown(line)} is no line of a signature")
        return cls(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class SignedBy:
    """A known key that signed, and the second since 1970 that it named where it cosigned (else None)."""

    key: VerifierKey
    time_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A note that known keys signed: its text, and which did. One that cosigned several times is there for each."""

    text: str
    signed: tuple[SignedBy, ...]

    def is_signed_by(self, keys: Collection[VerifierKey]) -> bool:
        """Whether one of these did."""
        return any(each.key in keys for each in self.signed)

    def names(self, keys: Collection[VerifierKey]) -> frozenset[str]:
        """The names of those among these that did: who has two keys counts once."""
        return frozenset(each.key.name for each in self.signed if each.key in keys)


@dataclass(frozen=True, slots=True)
class Note:
    """A note of which nothing is known yet: its text, which ends with a newline, and what stands under it.

    Raises `BadInput` (`note-invalid`).
    """

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n"):
            raise _no_note("its text does not end with a newline")
        control = _CONTROL.search(self.text)
        if control is not None:
            raise _no_note(f"it holds the control character U+{ord(control[0]):04X}")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise _no_note(f"it has 1 to {SIGNATURES_MAX} signatures")
        if not is_unicode(self.text) or len(self.as_bytes()) > NOTE_MAX:
            raise _no_note(f"it is at most {NOTE_MAX} bytes of UTF-8")

    def as_bytes(self) -> bytes:
        """The note, as `parse` takes it."""
        return "\n".join([self.text, *(each.line for each in self.signatures), ""]).encode()

    @classmethod
    def parse(cls, raw: bytes) -> Note:
        """The note of just these bytes. Total. Raises `BadInput` (`note-invalid`)."""
        if len(raw) > NOTE_MAX:
            raise _no_note(f"it has {len(raw)} bytes, and may have {NOTE_MAX}")
        try:
            whole = raw.decode()
        except UnicodeDecodeError as error:
            raise _no_note(f"it is not UTF-8 at byte {error.start}") from error
        # The last empty line parts them: the text may have empty lines too.
        text, parted, under = whole.rpartition("\n\n")
        if not parted:
            raise _no_note("no empty line parts its text from its signatures")
        return cls(text + "\n", parse_signatures(under))

    def opened(self, keys: Collection[VerifierKey], verify: Verify) -> Opened:
        """The text, and which of these keys signed it.

        Raises `BadInput`: `note-signature-wrong` where one of these keys is named and did not make the signature,
        `note-unsigned` where none of them is named, `verifier-keys-ambiguous` where two share a name and an id.
        """
        known = {(key.name, key.id): key for key in keys}
        if len(known) < len(set(keys)):
            raise BadInput("verifier-keys-ambiguous", "two of the keys have one name and one id", remedy="rename one")
        named = [(known.get((each.name, each.key_id)), each) for each in self.signatures]
        found = [_checked(key, self.text, each, verify) for key, each in named if key is not None]
        if not found:
            raise BadInput("note-unsigned", "no key that is known here signed it")
        return Opened(self.text, tuple(dict.fromkeys(found)))


def signed(text: str, signatures: Iterable[Signature]) -> bytes:
    """The bytes of the note of this text, which ends with a newline. Raises `BadInput` (`note-invalid`)."""
    return Note(text, tuple(signatures)).as_bytes()


def signature_of(text: str, key: VerifierKey, *, sign: Sign, time_seconds: int | None = None) -> Signature:
    """The signature of a text by a key, made by who holds its private half; with the present second where it cosigns,
    and only there.
    """
    assert (time_seconds is None) == (key.kind is KeyKind.ED25519), "a cosignature says when, a plain one does not"
    if time_seconds is None:
        return Signature(key.name, key.id, sign(text.encode()))
    made = sign(cosigned_message(text, time_seconds))
    return Signature(key.name, key.id, time_seconds.to_bytes(_TIME_BYTES, "big") + made)


def cosigned_message(text: str, time_seconds: int) -> bytes:
    """What a witness signs that saw this text at that second since 1970 (cosignature/v1)."""
    assert 0 <= time_seconds <= TIME_MAX, "a cosignature has a time of 63 bits"
    return f"cosignature/v1\ntime {time_seconds}\n{text}".encode()


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Lines of signatures, each with its newline, as stand under a note, or as a witness answers. At least one.

    Raises `BadInput` (`note-invalid`).
    """
    lines = text.split("\n", SIGNATURES_MAX + 1)
    if lines.pop() or not 1 <= len(lines) <= SIGNATURES_MAX:
        raise _no_note(f"it ends with 1 to {SIGNATURES_MAX} signatures, each in a line")
    return tuple(map(Signature.parse, lines))


def is_key_name(text: str) -> bool:
    """Whether a key may be named so: not empty; no spaces of Unicode, no plus, nothing that a note may not hold."""
    return _NAME.fullmatch(text) is not None and is_unicode(text)


def is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8: not with half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def in_base64(raw: bytes) -> str:
    """The one form in Base64 (RFC 4648, section 4) that these specifications have of bytes."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes | None:
    """The bytes whose form is just that, or None: bits that say nothing may be set nowhere."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if in_base64(raw) == text else None


def _checked(key: VerifierKey, text: str, line: Signature, verify: Verify) -> SignedBy:
    time_seconds, message, made = None, text.encode(), line.signature
    if key.kind is KeyKind.COSIGNATURE:
        time_seconds, made = line.time_seconds, line.signature[_TIME_BYTES:]
        message = cosigned_message(text, min(time_seconds, TIME_MAX))
    is_late = time_seconds is not None and time_seconds > TIME_MAX
    if is_late or len(made) != SIGNATURE_BYTES or not verify(key.public, message, made):
        raise BadInput("note-signature-wrong", f"{shown(key.name)} did not make the signature under its name")
    return SignedBy(key, time_seconds)


def _no_key(why: str) -> BadInput:
    return BadInput("verifier-key-invalid", f"this is no verifier key: {why}")


def _no_note(why: str) -> BadInput:
    return BadInput("note-invalid", f"this is no signed note: {why}")
