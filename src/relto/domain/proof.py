r"""A proof as text: that an entry is in a log (C2SP tlog-proof).

It is a few lines, an empty one, and a checkpoint as its log, and perhaps witnesses, signed it. It is checked without
asking anybody: who checks has the entry, and knows the keys of the log and of the witnesses. It is read in one form
only, and what is read is written as the same bytes again.

>>> from relto.domain.merkle import leaf_hash
>>> from relto.domain.note import KeyKind, VerifierKey, signature_of
>>> key = VerifierKey("log.example", KeyKind.ED25519, bytes(32))
>>> text = Checkpoint("log.example", 1, leaf_hash(b"entry")).text
>>> proof = Proof(0, (), Note(text, (signature_of(text, key, sign=lambda message: bytes(64)),)))
>>> proof.as_bytes().splitlines()[:4]
[b'c2sp.org/tlog-proof@v1', b'index 0', b'', b'log.example']
>>> trusting = Trust(origin="log.example", log_keys=(key,))
>>> verified(proof, b"entry", trusting, lambda public, message, signature: True).checkpoint.size
1
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from relto.domain.checkpoint import Checkpoint, Trust, parse_hash, parse_size
from relto.domain.errors import BadInput
from relto.domain.merkle import HASH_BYTES, INCLUSION_MAX, leaf_hash, verify_inclusion
from relto.domain.note import NOTE_MAX, Note, SignedBy, Verify, from_base64, in_base64
from relto.domain.written import shown

EXTRA_MAX: Final = 65_536
"""Bytes of what a proof takes along beside the entry."""

HEAD_MAX: Final = 100_000
"""Bytes before the empty line: those of the longest extra data and the longest proof, and to spare."""

_HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """That entry `index` is in the log of `note`, which is a signed checkpoint: the hashes beside its way to the root,
    from the leaf up. `extra` is for whoever reads it, and nothing vouches for it; empty: there is none.

    Raises `BadInput` (`proof-invalid`, `checkpoint-invalid`).
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.checkpoint.size:
            raise _no_proof("its entry is beyond its checkpoint")
        if len(self.hashes) > INCLUSION_MAX or any(len(each) != HASH_BYTES for each in self.hashes):
            raise _no_proof(f"it has up to {INCLUSION_MAX} hashes of {HASH_BYTES} bytes")
        if len(self.extra) > EXTRA_MAX:
            raise _no_proof(f"its extra data has {len(self.extra)} bytes, and may have {EXTRA_MAX}")

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint that it refers to, whoever signed it."""
        return Checkpoint.parse(self.note.text)

    def as_bytes(self) -> bytes:
        """The proof as text, as `parse` takes it."""
        extra = [f"extra {in_base64(self.extra)}"] if self.extra else []
        return _written([_HEADER, *extra, f"index {self.index}"], self.hashes, self.note)

    @classmethod
    def parse(cls, raw: bytes) -> Proof:
        """The proof of just these bytes. Total.

        Raises `BadInput` (`proof-invalid`, and those of what it holds: `note-invalid`, `checkpoint-invalid`).
        """
        parted = _parted(raw)
        if parted is None:
            raise _no_proof("it is lines of ASCII, an empty line and a signed checkpoint")
        lines, under = parted
        if lines.pop(0) != _HEADER:
            raise _no_proof(f"its first line is `{_HEADER}`")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
            if not extra:
                raise _no_proof("its extra data is Base64, or left out")
        index = _number_behind("index ", lines.pop(0)) if lines else None
        hashes = _hashes(lines)
        if index is None or hashes is None:
            raise _no_proof("its index is a number without zeros before it, and each hash is Base64 in a line")
        return cls(index, hashes, Note.parse(under), extra or b"")


@dataclass(frozen=True, slots=True)
class Logged:
    """What a proof proved: the entry is number `index` in the log of `checkpoint`, which these keys signed."""

    index: int
    checkpoint: Checkpoint
    signed_by: tuple[SignedBy, ...]


def verified(proof: Proof, data: bytes, trust: Trust, verify: Verify) -> Logged:
    """What `proof` proves of the entry `data`, or no answer at all.

    Raises `BadInput`: `entry-not-proven` where the hashes do not lead from this entry to the root, and those of
    `Trust.checked`.
    """
    signed = trust.checked(proof.note, verify)
    checkpoint = signed.checkpoint
    if not verify_inclusion(
        leaf_hash(data), index=proof.index, size=checkpoint.size, proof=proof.hashes, root=checkpoint.root
    ):
        raise BadInput("entry-not-proven", f"this is not entry {proof.index} of the log {shown(checkpoint.origin)}")
    return Logged(proof.index, checkpoint, signed.signed_by)


def _written(head: Iterable[str], hashes: Iterable[bytes], note: Note) -> bytes:
    return "\n".join([*head, *map(in_base64, hashes), "", ""]).encode() + note.as_bytes()


def _parted(raw: bytes) -> tuple[list[str], bytes] | None:
    """The lines (at least one) before the first empty line, and what is behind it."""
    if len(raw) > HEAD_MAX + NOTE_MAX:
        return None
    head, parted, under = raw.partition(b"\n\n")
    if not parted or len(head) > HEAD_MAX or not head.isascii():
        return None
    return head.decode().split("\n"), under


def _number_behind(word: str, line: str) -> int | None:
    return parse_size(line.removeprefix(word)) if line.startswith(word) else None


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...] | None:
    # Cut before it is read: one more than may be is refused as ten thousand are.
    found = [parse_hash(line) for line in lines[: INCLUSION_MAX + 1]]
    whole = tuple(each for each in found if each is not None)
    return whole if len(whole) == len(found) else None


def _no_proof(why: str) -> BadInput:
    return BadInput("proof-invalid", f"this is no proof of an entry: {why}")
