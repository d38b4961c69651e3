"""Attested: what others signed of the log's checkpoints, witnesses (C2SP tlog-cosignature) and authorities of time
(RFC 3161).

Looked at when all that the log itself signed holds. Under each checkpoint stand the log's own lines, then those of
witnesses by name; each is of a key that the log signs by or that it introduced as a witness's, and made by it. A time
stamp is of just one checkpoint, as the log signed it: witnesses may sign long after it was stamped. Times rise with
sizes. That somebody signed nothing, or that what they signed was left out, cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput
from relto.domain.moment import LATEST, SECOND
from relto.domain.note import Note
from relto.domain.written import shown
from relto.usecases.evidence.faults import FAULTS_MAX, Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from relto.domain.note import Signature, VerifierKey, Verify
    from relto.domain.stamp import Stamp, Stamped
    from relto.domain.witness import Witness
    from relto.ports.authority import Claim


class Attestations(Protocol):
    """What there is of a log that others signed. What it hands out need not be true."""

    def checkpoints(self) -> Iterable[bytes]:
        """The checkpoints, by size: signed notes, with the lines of witnesses."""
        ...

    def timestamps(self) -> Iterable[Stamped]:
        """Time stamps of checkpoints, by size."""
        ...


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What a witness signed: how many checkpoints, and the last of them, with the moment that it says."""

    witness: Witness
    count: int
    size: int
    at: int


@dataclass(slots=True)
class Attested:
    """What was found. `witnesses`: those of whom something was, by name. `stamps`: how many time stamps there are;
    `last`: the last that holds, and of how many leaves its checkpoint is.
    """

    witnesses: list[Cosigned] = field(default_factory=list)
    stamps: int = 0
    last: tuple[int, Stamp] | None = None
    faults: list[Fault] = field(default_factory=list)


class Attesting:
    """Checks what others signed of one log, whose checkpoints were read and hold by `keys`, those that were believed
    from the start and those that it named. `read`: what a token says of a digest, as far as whoever checks believes it.
    """

    def __init__(
        self,
        source: Attestations,
        origin: str,
        *,
        keys: Collection[VerifierKey],
        named: Collection[VerifierKey],
        witnesses: Collection[Witness],
        verify: Verify,
        read: Claim,
    ) -> None:
        """`named`: those of the keys that the log named itself: what they signed before it did is not checked yet."""
        self._source = source
        self._origin = origin
        self._own = {(key.name, key.id): key for key in keys}
        self._named = frozenset(named)
        self._witnesses = {(each.key.name, each.key.id): each for each in witnesses}
        self._verify = verify
        self._read = read
        self._found = Attested()
        self._last: dict[tuple[str, bytes], Cosigned] = {}

    def check(self) -> Attested:
        """What is wrong with it; about a hundred faults at most."""
        found = self._found
        stamps = self._stamps()
        stamp = next(stamps, None)
        for raw in self._source.checkpoints():
            note = Note.parse(raw)
            size = Checkpoint.parse(note.text).size
            own = self._signed(note, size)
            while stamp is not None and stamp.size <= size:
                self._stamped(stamp, own if stamp.size == size else None)
                stamp = next(stamps, None)
            if len(found.faults) >= FAULTS_MAX:
                break
        while stamp is not None:
            self._stamped(stamp, None)
            stamp = next(stamps, None)
        found.witnesses = sorted(self._last.values(), key=lambda each: (each.witness.key.name, each.witness.key.id))
        return found

    # Cosignatures.

    def _signed(self, note: Note, size: int) -> bytes:
        """The note as the log signed it, without what witnesses signed under it."""
        own: list[Signature] = []
        before = ""
        for line in note.signatures:
            name = line.name, line.key_id
            key, witness = self._own.get(name), self._witnesses.get(name)
            if key is not None:
                in_order = not before and name not in {(each.name, each.key_id) for each in own}
                own.append(line)
                if key in self._named and not self._is_made(note, line, key):
                    text = f"the checkpoint of {size} leaves: {shown(line.name)} did not make the line under its name"
                    self._found.faults.append(Fault("checkpoint-unsigned", text, leaf=_leaf(size)))
            elif witness is not None:
                in_order = line.name > before
                before = line.name
                self._cosigned(note, line, witness, size)
            else:
                text = f"under the checkpoint of {size} leaves: the log introduced no key {shown(line.name)} like this"
                self._found.faults.append(Fault("cosignature-unknown", text, leaf=_leaf(size)))
                continue
            if not in_order:
                text = f"under the checkpoint of {size} leaves: the line of {shown(line.name)} stands out of order"
                self._found.faults.append(Fault("cosignature-order", text, leaf=_leaf(size)))
        return Note(note.text, tuple(own)).as_bytes() if own else b""

    def _cosigned(self, note: Note, line: Signature, witness: Witness, size: int) -> None:
        if not self._is_made(note, line, witness.key):
            text = f"under the checkpoint of {size} leaves: {shown(line.name)} did not make the line under its name"
            self._found.faults.append(Fault("cosignature-wrong", text, leaf=_leaf(size)))
            return
        name = line.name, line.key_id
        count = self._last[name].count if name in self._last else 0
        # Any second of 63 bits may be signed; one that cannot be written is told as the last that can.
        at = min(line.time_seconds * SECOND, LATEST)
        self._last[name] = Cosigned(witness, count + 1, size, at)

    def _is_made(self, note: Note, line: Signature, key: VerifierKey) -> bool:
        try:
            Note(note.text, (line,)).opened((key,), self._verify)
        except BadInput:
            return False
        return True

    # Time stamps.

    def _stamps(self) -> Iterator[Stamped]:
        """In the order of sizes: what stands out of it is passed over, and said. They end where enough was found."""
        before = -1
        for each in self._source.timestamps():
            if len(self._found.faults) >= FAULTS_MAX:
                return
            self._found.stamps += 1
            if each.size <= before:
                text = f"the time stamp of the checkpoint of {each.size} leaves stands out of order"
                self._found.faults.append(Fault("timestamp-order", text, leaf=_leaf(each.size)))
                continue
            before = each.size
            yield each

    def _stamped(self, each: Stamped, note: bytes | None) -> None:
        """`note`: the checkpoint as it was signed; None: there is none of this size."""
        found, size, leaf = self._found, each.size, _leaf(each.size)
        what = f"the time stamp of the checkpoint of {size} leaves"
        if note is None:
            found.faults.append(Fault("timestamp-unknown", f"{what}: there is no such checkpoint", leaf=leaf))
            return
        try:
            stamp = self._read(each.token, sha256(note).digest())
        except BadInput as error:
            found.faults.append(_wrong(error, f"{what}: {error}", leaf))
            return
        if (each.origin, each.authority) != (self._origin, stamp.authority):
            text = f"{what} is filed under another log or authority than its own"
            found.faults.append(Fault("timestamp-misfiled", text, leaf=leaf))
            return
        if found.last is not None and not stamp.can_follow(found.last[1]):
            text = f"{what} is of a time before that of the checkpoint of {found.last[0]} leaves"
            found.faults.append(Fault("timestamp-back", text, leaf=leaf))
            return
        found.last = size, stamp


def _wrong(error: BadInput, text: str, leaf: int | None) -> Fault:
    if error.code == "timestamp-other":
        return Fault("timestamp-other", text, leaf=leaf)
    if error.code == "timestamp-untrusted":
        return Fault("timestamp-untrusted", text, leaf=leaf)
    return Fault("timestamp-unreadable", text, leaf=leaf)


def _leaf(size: int) -> int | None:
    """The last leaf that a checkpoint of this size covers."""
    return size - 1 if size else None
