r"""A checkpoint: what a log says that it is at one size, and signs (C2SP tlog-checkpoint).

It is the text of a note: the log's origin, how many entries it has, the root of their tree, and perhaps extension
lines, which nobody here relies on. As a note's text it is signed byte for byte, so it is read in one form only.

>>> empty = Checkpoint("log.example/usa", 0, EMPTY_ROOT)
>>> empty.text
'log.example/usa\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'
>>> Checkpoint.parse(empty.text) == empty
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from relto.domain.errors import BadInput
from relto.domain.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from relto.domain.note import (
    NOTE_MAX,
    KeyKind,
    Note,
    SignedBy,
    VerifierKey,
    Verify,
    from_base64,
    in_base64,
    is_unicode,
)
from relto.domain.written import shown

LINES_MIN: Final = 3

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_UNFIT: Final = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log of `origin` with its first `size` entries. The origin is opaque, though best it is the log's URL without
    its scheme, and the name of the key that signs. The root of no entries is `EMPTY_ROOT`.

    Raises `BadInput` (`checkpoint-invalid`).
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX:
            raise _invalid(f"its size is a number from 0 to {SIZE_MAX}")
        if len(self.root) != HASH_BYTES or (self.size == 0 and self.root != EMPTY_ROOT):
            raise _invalid(f"its root is a hash of {HASH_BYTES} bytes, and that of no entries is known")
        lines = (self.origin, *self.extensions)
        if not all(lines):
            raise _invalid("none of its lines is empty")
        if any(_UNFIT.search(line) or not is_unicode(line) for line in lines):
            raise _invalid("its lines hold no control characters")

    @property
    def text(self) -> str:
        """The text that is signed, as `parse` takes it."""
        return "\n".join([self.origin, str(self.size), in_base64(self.root), *self.extensions, ""])

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of just this text. Total. Raises `BadInput` (`checkpoint-invalid`)."""
        if len(text) > NOTE_MAX:
            raise _invalid(f"it has {len(text)} characters, and may have {NOTE_MAX}")
        lines = text.split("\n")
        if lines.pop() or len(lines) < LINES_MIN:
            raise _invalid("it has an origin, a size and a root, each in a line")
        origin, written_size, written_root, *extensions = lines
        size, root = parse_size(written_size), parse_hash(written_root)
        if size is None or root is None:
            raise _invalid("its second line is the size, without zeros before it, its third the root in Base64")
        return cls(origin, size, root, tuple(extensions))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that is believed, and the known keys that signed it."""

    checkpoint: Checkpoint
    signed_by: tuple[SignedBy, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is believed: the log of `origin` by any of `log_keys`, and beside it so many at least of the witnesses that
    have `witness_keys`. A witness cosigns, counts once however many keys it has, and has none of the log's.

    Raises `BadInput` (`trust-invalid`).
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witness_keys: tuple[VerifierKey, ...] = ()
    witnesses_min: int = 0

    def __post_init__(self) -> None:
        of_the_log = {key.public for key in self.log_keys}
        if not self.log_keys:
            raise _unfounded("a log has a key")
        if any(key.kind is not KeyKind.COSIGNATURE or key.public in of_the_log for key in self.witness_keys):
            raise _unfounded("a witness has a key to cosign with, which is not the log's")
        if not 0 <= self.witnesses_min <= len({key.name for key in self.witness_keys}):
            raise _unfounded("no more witnesses can be asked for than there are")

    def checked(self, note: Note, verify: Verify) -> SignedCheckpoint:
        """The checkpoint in a note, where these keys signed it.

        Raises `BadInput`: `origin-unknown` where it is of another log, `note-unsigned` where the log did not sign it,
        `witnesses-missing` where too few witnesses did, and those of `Note.opened` and `Checkpoint.parse`.
        """
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != self.origin:
            message = f"this is of the log {shown(checkpoint.origin)}, not of {shown(self.origin)}"
            raise BadInput("origin-unknown", message)
        opened = note.opened((*self.log_keys, *self.witness_keys), verify)
        if not opened.is_signed_by(self.log_keys):
            raise BadInput("note-unsigned", f"no key of the log {shown(self.origin)} signed it")
        witnesses = len(opened.names(self.witness_keys))
        if witnesses < self.witnesses_min:
            few = f"{witnesses} of the witnesses signed it, and {self.witnesses_min} have to"
            raise BadInput("witnesses-missing", few)
        return SignedCheckpoint(checkpoint, opened.signed)


def require_newest(signed_by: Iterable[SignedBy], newest: VerifierKey) -> None:
    """Returns where the newest of a log's keys is among those that signed. One whose place another took may be in
    anybody's hands, and signs nothing alone. Raises `BadInput` (`key-outdated`).
    """
    if all(each.key != newest for each in signed_by):
        raise BadInput(
            "key-outdated",
            f"it is signed by a key whose place another took, not by that one: {newest.text}",
            remedy="of what is older than that key ask for a new one, or give the key of then alone",
        )


def parse_size(text: str) -> int | None:
    """A number of entries, or the place of one, in its one decimal form; None where it is none, or too large."""
    size = int(text) if _SIZE.fullmatch(text) else SIZE_MAX + 1
    return size if size <= SIZE_MAX else None


def parse_hash(text: str) -> bytes | None:
    """A hash in its one form in Base64, or None."""
    found = from_base64(text)
    return found if found is not None and len(found) == HASH_BYTES else None


def _invalid(why: str) -> BadInput:
    return BadInput("checkpoint-invalid", f"this is no checkpoint: {why}")


def _unfounded(why: str) -> BadInput:
    return BadInput("trust-invalid", f"nobody can be trusted so: {why}")
