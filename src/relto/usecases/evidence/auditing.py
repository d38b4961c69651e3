"""Auditing: a partner checks from outside what a node's log says of it, and holds that against what it has.

It needs its account, the log's public key from somewhere else, and what it remembers of the last time. Whatever the
node answers is believed only as far as it is proven: the checkpoint by its signature, that the log only grew by the
proof of consistency with the checkpoint that is remembered, each delivery by its proof in the checkpoint, and its items
by their digest in the delivery.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from relto.domain.checkpoint import Checkpoint, Trust
from relto.domain.errors import BadInput, Refused, Unreachable
from relto.domain.leaf import decoded, joined
from relto.domain.merkle import SIZE_MAX, leaf_hash, verify_consistency, verify_inclusion
from relto.domain.moment import write
from relto.domain.note import Note, VerifierKey, from_base64
from relto.usecases.evidence.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from relto.domain.note import Verify

ROUNDS_MAX: Final = 1_000_000
"""So many answers about deliveries are asked for at most."""

ANEW_MAX: Final = 20
"""So often the checkpoint is asked for anew because the log has grown meanwhile."""

EARLIER_MAX: Final = 32
"""So many earlier checkpoints are remembered."""

NAMED_MAX: Final = 10
"""So many items are named of one kind of fault."""

UNPROVEN: Final = frozenset({"node-odd", "checkpoint-unknown", "log-size-invalid"})
"""Errors by which a node says that it has no proof between two checkpoints."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")
"""A SHA-256 in the one form that a document has of it: what is compared as text must not have two."""


class Asked(Protocol):
    """A node as its partner asks it. Raises `Unreachable` where it does not answer."""

    def checkpoint(self) -> bytes:
        """Its latest checkpoint: a signed note."""
        ...

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Its proof that the checkpoint of `new` leaves has the first `old` still."""
        ...

    def deliveries(self, after: int | None) -> Mapping[str, Any]:
        """What it says that the partner was given, beyond this leaf: a document of `/log/deliveries`."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What a partner keeps between two audits: the keys that it believes, the first of which names the log, the last
    checkpoint, as a signed note, empty before the first, and `earlier` ones, the oldest first.
    """

    keys: tuple[str, ...]
    checkpoint: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """The log's name."""
        return VerifierKey.parse(self.keys[0]).name

    @property
    def last(self) -> Checkpoint | None:
        """The last checkpoint."""
        return _read(self.checkpoint) if self.checkpoint else None

    def with_checkpoint(self, note: str) -> Memory:
        """What is kept when this checkpoint was seen; of earlier ones fewer the older they are."""
        if not self.checkpoint or _read(note).size == _read(self.checkpoint).size:
            return replace(self, checkpoint=note)
        kept = [*self.earlier, self.checkpoint]
        if len(kept) > EARLIER_MAX:
            # Every second of the older half goes.
            half = len(kept) // 2
            kept = [*kept[:half:2], *kept[half:]]
        return replace(self, checkpoint=note, earlier=tuple(kept))

    def require_whole(self, verify: Verify) -> None:
        """Returns where it is as it was kept: what was damaged meanwhile accuses nobody. Raises `BadInput`."""
        trust = _trust(self)
        for each in (*self.earlier, *([self.checkpoint] if self.checkpoint else [])):
            trust.checked(Note.parse(each.encode()), verify)


@dataclass(frozen=True, slots=True)
class Given:
    """A page that the log says the partner was given: which leaf, to which of its accounts, when, through which
    endpoint, and the SHA-256 of each item. `names`: what the node says that each is called, which nothing proves.
    """

    leaf: int
    reader: str
    at: int
    endpoint: str
    agreement: str
    items: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """An object as its recipient has it: the SHA-256 of its bytes, first as they are, then as common programs would
    have written them; and its id and version.
    """

    digests: tuple[str, ...]
    name: str


@dataclass(slots=True)
class Audit:
    """What was found. `note`: the checkpoint as it was signed; `memory`: what to keep for the next time. `withdrawn`
    counts pages that never left, `rewritten` objects that are here in other bytes, so that only their id and version
    could be compared. `is_whole`: all that the node tells was believed, and can be held against what was received.
    """

    memory: Memory
    note: str = ""
    size: int = 0
    root: bytes = b""
    given: list[Given] = field(default_factory=list)
    withdrawn: int = 0
    rewritten: int = 0
    is_whole: bool = False
    faults: list[Fault] = field(default_factory=list)

    def find(self, code: str, text: str, leaf: int | None = None) -> None:
        """Something is wrong."""
        self.faults.append(Fault(code, text, leaf=leaf))

    @property
    def recorded(self) -> dict[str, tuple[int, str]]:
        """The items that were given with their bytes, by digest: the first leaf that says so, and the name."""
        found: dict[str, tuple[int, str]] = {}
        for page in self.given:
            if page.endpoint == "objects":
                for item, name in zip(page.items, page.names, strict=True):
                    found.setdefault(item, (page.leaf, name))
        return found


def audit(node: Asked, memory: Memory, verify: Verify) -> Audit:
    """What the node's log says of the partner that asks, as far as it is proven."""
    found = Audit(memory)
    work = _Work(node, found, verify)
    try:
        work.look()
    except _Lost as lost:
        found.faults.append(lost.fault)
        if work.lost:
            # It was not said yet, and no nonsense that came after may hide it.
            found.find("log-rewritten", work.lost)
    if any(fault.code == "log-rewritten" for fault in found.faults):
        # What was remembered is what it has to answer for.
        found.memory = memory
    return found


def compare_received(found: Audit, received: Iterable[Received], *, whole: bool) -> int:
    """Holds what was recorded against what was received; how many objects that were. `whole`: it is all that was ever
    received, so that what is recorded must be among it.
    """
    recorded = found.recorded
    by_name: dict[str, set[str]] = {}
    for digest, (_, name) in recorded.items():
        by_name.setdefault(name, set()).add(digest)
        # One that has no version of its own has that of its arrival, which its recipient does not know.
        by_name.setdefault(name.partition("@")[0] + "@", set()).add(digest)
    had: set[str] = set()
    extra: dict[str, str] = {}
    count = 0
    for each in received:
        count += 1
        same = next((digest for digest in each.digests if digest in recorded), None)
        if same is not None:
            had.add(same)
        elif each.name in by_name:
            # Whoever keeps objects as their program writes them has other bytes than were sent.
            found.rewritten += 1
            had |= by_name[each.name]
        else:
            extra.setdefault(each.digests[0], each.name)
    unrecorded = [(f"item {name} was received, and the log has no delivery of it", None) for name in extra.values()]
    _name(found, "received-unrecorded", unrecorded)
    if whole:
        missing = [(name, leaf) for digest, (leaf, name) in recorded.items() if digest not in had]
        _name(
            found,
            "recorded-unreceived",
            [(f"the log says that item {name} was delivered, and it is not here", leaf) for name, leaf in missing],
        )
    return count


def _name(found: Audit, code: str, faults: Sequence[tuple[str, int | None]]) -> None:
    """The first of many faults of one kind, and how many more there are."""
    for text, leaf in faults[:NAMED_MAX]:
        found.find(code, text, leaf)
    if len(faults) > NAMED_MAX:
        found.find(code, f"and {len(faults) - NAMED_MAX} more of that kind")


def compare_checkpoint(node: Asked, found: Audit, other: bytes, verify: Verify) -> Checkpoint | None:
    """Holds the checkpoint of another partner against this one's: both must be of one log. What the other says.

    Raises `BadInput` (`checkpoint-invalid`, `note-invalid`) where it is none.
    """
    note = Note.parse(other)
    theirs = Checkpoint.parse(note.text)
    try:
        _trust(found.memory).checked(note, verify)
    except BadInput as error:
        found.find("compared-unsigned", f"the checkpoint to compare with is not this log's: {error}")
        return None
    mine = Checkpoint(found.memory.origin, found.size, found.root)
    first, second = sorted((mine, theirs), key=lambda each: each.size)
    if first.size == second.size:
        if first.root != second.root:
            found.find("log-split", f"another partner was shown another log of {first.size} leaves")
        return theirs
    try:
        proof = node.consistency(first.size, second.size)
    except (Refused, Unreachable) as error:
        if error.code not in UNPROVEN:
            # Who does not answer has not been asked, and is accused of nothing.
            raise
        found.find("log-split", f"the node does not prove that both checkpoints are of one log: {error}")
        return theirs
    if not _grew(first, second, proof):
        found.find(
            "log-split",
            f"the log of {second.size} leaves does not begin with that of {first.size} that was shown before",
        )
    return theirs


class _Lost(Exception):
    """What the node answers proves nothing."""

    def __init__(self, code: str, text: str, leaf: int | None = None) -> None:
        super().__init__(text)
        self.fault = Fault(code, text, leaf=leaf)


class _Work:
    """One audit."""

    def __init__(self, node: Asked, found: Audit, verify: Verify) -> None:
        self._node = node
        self._found = found
        self._verify = verify
        self.lost = ""

    def look(self) -> None:
        """Checkpoint, consistency, then each delivery."""
        before = self._found.memory.last
        earlier = [_read(each) for each in self._found.memory.earlier]
        checkpoint = self._grown(before)
        after = -1
        anew = 0
        withdrawn: set[tuple[str, int]] = set()
        pages: list[tuple[Given, int]] = []
        for _ in range(ROUNDS_MAX):
            document = self._node.deliveries(after if after >= 0 else None)
            if _whole(document, "size") != checkpoint.size:
                anew += 1
                if anew > ANEW_MAX:
                    raise _Lost("log-unsteady", "the node answers by another checkpoint each time")
                checkpoint = self._grown(checkpoint)
                continue
            anew = 0
            upto, more = _portion(document, after, checkpoint.size)
            for told in _listed(document, "withdrawn"):
                leaf = self._proven(told, checkpoint, "withdrawn")
                withdrawn.add((_text(leaf, "reader"), _number(leaf, "page")))
            pages += [self._page(told, checkpoint) for told in _listed(document, "deliveries")]
            for told in _listed(document, "keys", optional=True):
                self._take_key(self._proven(told, checkpoint, "key"))
            eras = [
                (_whole(told, "number"), self._proven(told, checkpoint, "era"))
                for told in _listed(document, "eras", optional=True)
            ]
            if self.lost:
                self._restored(self.lost, eras, [*earlier, *([] if before is None else [before])], checkpoint)
            after = upto
            if not more:
                break
        else:
            raise _Lost("node-odd", "the list of deliveries has no end")
        for page, name in pages:
            if name and (page.reader, name) in withdrawn:
                self._found.withdrawn += 1
            else:
                self._found.given.append(page)
        self._found.is_whole = True

    def _grown(self, before: Checkpoint | None) -> Checkpoint:
        """The latest checkpoint, signed, and grown from the one before."""
        found = self._found
        try:
            note = Note.parse(self._node.checkpoint())
            checkpoint = _trust(found.memory).checked(note, self._verify).checkpoint
        except BadInput as error:
            raise _Lost("checkpoint-unsigned", f"the node's checkpoint is not believed: {error}") from error
        if before is not None:
            self.lost = self.lost or self._broken(before, checkpoint)
        found.note, found.size, found.root = note.as_bytes().decode(), checkpoint.size, checkpoint.root
        # What others wrote below it is not what has to be remembered.
        keys = {(key.name, key.id) for key in _trust(found.memory).log_keys}
        own = tuple(each for each in note.signatures if (each.name, each.key_id) in keys)
        found.memory = found.memory.with_checkpoint(Note(note.text, own).as_bytes().decode())
        return checkpoint

    def _broken(self, before: Checkpoint, checkpoint: Checkpoint) -> str:
        """In which way the log is no longer the one of before; empty: it has grown and nothing else."""
        if checkpoint.size < before.size:
            return f"the log had {before.size} leaves, and has {checkpoint.size}: it was cut, or there are two"
        proof = [] if checkpoint.size == before.size else self._node.consistency(before.size, checkpoint.size)
        if _grew(before, checkpoint, proof):
            return ""
        return f"the first {before.size} of the log's {checkpoint.size} leaves are not what they were"

    def _restored(
        self,
        how: str,
        eras: Sequence[tuple[int, Mapping[str, Any]]],
        before: Sequence[Checkpoint],
        checkpoint: Checkpoint,
    ) -> None:
        """The log is not what it was: told by the leaf of an era, or by nothing."""
        self.lost = ""
        last = before[-1]
        opened = [(number, leaf) for number, leaf in eras if number <= last.size]
        # An era that the log had already, when it was as it should be, tells nothing of what was lost since.
        known = [each.size for each in before if opened and each.size > opened[-1][0]]
        is_known = any(not self._broken(each, checkpoint) for each in before if each.size in known)
        if not opened or is_known:
            raise _Lost("log-rewritten", how)
        number, leaf = opened[-1]
        # What stood before the era must be what it was, as far as is remembered.
        for each in before:
            if each.size <= number:
                how = self._broken(each, checkpoint)
                if how:
                    raise _Lost("log-rewritten", f"{how}, and no restore tells why")
        text = (
            f"the node went on from a backup at {write(int(leaf['at']))}: of the {last.size} leaves that were signed"
            f" before, those from {number} on are gone, and with them what they recorded"
        )
        self._found.find("log-restored", text, number)

    def _take_key(self, leaf: Mapping[str, Any]) -> None:
        """A key that the log names, and signs that it does, is believed from then on."""
        try:
            key = VerifierKey.parse(str(leaf.get("vkey")))
        except BadInput:
            return
        memory = self._found.memory
        if key.name == memory.origin and key.text not in memory.keys:
            self._found.memory = replace(memory, keys=(*memory.keys, key.text))

    def _page(self, told: Mapping[str, Any], checkpoint: Checkpoint) -> tuple[Given, int]:
        leaf = self._proven(told, checkpoint, "delivery")
        number, items, names = _whole(told, "number"), told.get("items"), told.get("names")
        if not isinstance(items, list) or not isinstance(names, list):
            raise _Lost("node-odd", "a delivery is told without its items", number)
        if not all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in items):
            raise _Lost("node-odd", "the items of a delivery are no digests", number)
        digest = hashlib.sha256(bytes.fromhex("".join(items))).hexdigest()
        if (digest, len(items)) != (leaf.get("digest"), leaf.get("items")) or len(names) != len(items):
            raise _Lost("items-other", "the items that the node names are not those of the delivery", number)
        page = Given(
            number,
            _text(leaf, "reader"),
            _number(leaf, "given_at"),
            _text(leaf, "endpoint"),
            _text(leaf, "agreement"),
            tuple(items),
            tuple(str(name) for name in names),
        )
        return page, _number(leaf, "page")

    def _proven(self, told: Mapping[str, Any], checkpoint: Checkpoint, kind: str) -> dict[str, Any]:
        """What a leaf of that kind says, which is in the log."""
        number, text, proof, parts = _whole(told, "number"), told.get("leaf"), told.get("proof"), told.get("parts", [])
        if not isinstance(text, str) or not isinstance(proof, list) or not isinstance(parts, list):
            raise _Lost("node-odd", "the node names a leaf without its bytes or its proof")
        raw = text.encode("utf-8", "surrogatepass")
        hashes = [from_base64(each) if isinstance(each, str) else None for each in proof]
        if None in hashes or not verify_inclusion(
            leaf_hash(raw),
            index=number,
            size=checkpoint.size,
            proof=[each for each in hashes if each is not None],
            root=checkpoint.root,
        ):
            raise _Lost("leaf-unproven", f"leaf {number} is not in the log that was signed", number)
        try:
            before = [decoded(str(each).encode("utf-8", "surrogatepass")) for each in parts]
            leaf = decoded(raw)
            if any(part["kind"] != "part" for part in before) or leaf["kind"] != kind:
                raise _Lost("node-odd", f"a leaf is told as a `{kind}`, and is none", number)
            # INVARIANT: what is proven is the last alone; parts count as far as it names their digest.
            return joined([*before, leaf])[-1]
        except BadInput as error:
            raise _Lost("leaf-unreadable", str(error), number) from error


def _read(note: str) -> Checkpoint:
    return Checkpoint.parse(Note.parse(note.encode()).text)


def _trust(memory: Memory) -> Trust:
    return Trust(memory.origin, tuple(VerifierKey.parse(key) for key in memory.keys))


def _grew(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    return verify_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)


def _portion(document: Mapping[str, Any], after: int, size: int) -> tuple[int, bool]:
    """Up to which leaf an answer goes, and whether there is more. Beyond `after`, in order, to the end at last."""
    upto, more = _whole(document, "after"), document.get("more")
    if type(more) is not bool:
        raise _Lost("node-odd", "`more` of the node's answer is no truth value")
    told = {name: [_whole(each, "number") for each in _listed(document, name)] for name in ("deliveries", "withdrawn")}
    numbers = [*told["deliveries"], *told["withdrawn"]]
    if more and not numbers:
        raise _Lost("node-odd", "the list of deliveries does not go on")
    if any(each != sorted(set(each)) for each in told.values()) or not all(after < each <= upto for each in numbers):
        raise _Lost("node-odd", "the list of deliveries is out of order")
    if upto >= size or (not more and upto != size - 1):
        raise _Lost("node-odd", f"the list of deliveries ends at leaf {upto}, and the log has {size}")
    return upto, more


def _whole(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if type(value) is not int or not 0 <= value <= SIZE_MAX:
        raise _Lost("node-odd", f"`{name}` of the node's answer is no number")
    return value


def _number(leaf: Mapping[str, Any], name: str) -> int:
    value = leaf.get(name)
    if type(value) is not int:
        raise _Lost("leaf-unreadable", f"`{name}` of a leaf is no number")
    return value


def _text(leaf: Mapping[str, Any], name: str) -> str:
    value = leaf.get(name)
    if not isinstance(value, str):
        raise _Lost("leaf-unreadable", f"`{name}` of a leaf is no text")
    return value


def _listed(document: Mapping[str, Any], name: str, *, optional: bool = False) -> list[Mapping[str, Any]]:
    value = document.get(name, [] if optional else None)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise _Lost("node-odd", f"`{name}` of the node's answer is no list")
    return value
