"""Auditing: a partner checks from outside what a node's log says of it, and holds that against what it has.

It needs its account, the log's public key from somewhere else, and what it remembers of the last time. Whatever the
node answers is believed only as far as it is proven: the checkpoint by its signature, that the log only grew by the
proof of consistency with the checkpoint that is remembered, each delivery by its proof in the checkpoint, and its items
by their digest in the delivery. All deliveries are to one party, which is remembered.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from relto.domain.checkpoint import Checkpoint, require_newest
from relto.domain.errors import BadInput, Refused, Unreachable
from relto.domain.merkle import SIZE_MAX, leaf_hash, verify_consistency
from relto.domain.moment import SECOND, write
from relto.domain.note import KeyKind, Note, VerifierKey
from relto.usecases.evidence.audit.answers import (
    Lost,
    list_of,
    number_of,
    number_or_none,
    party_of,
    portion,
    proven,
    text_of,
    whole_of,
)
from relto.usecases.evidence.audit.remembering import Memory, read_signed, trust_of
from relto.usecases.evidence.faults import Fault, name_first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relto.domain.note import Verify

ROUNDS_MAX: Final = 1_000_000
"""So many answers about deliveries are asked for at most."""

ANEW_MAX: Final = 20
"""So often the checkpoint is asked for anew because the log has grown meanwhile."""

UNPROVEN: Final = frozenset({"checkpoint-unknown", "log-size-invalid"})
"""Errors by which a node says that it has no proof between two checkpoints."""

DISOWNED: Final = frozenset({"log-rewritten", "log-split", "key-outdated", "party-other"})
"""After these faults nothing of what was seen is remembered: what was before is what the node has to answer for."""

CLOCKS_APART_US: Final = 24 * 3_600 * SECOND
"""So far the node's clock may be behind its partner's before a restore is said to be older than what it undid."""

_DIGEST: Final = re.compile("[0-9a-f]{64}")
"""A SHA-256 in the one form that a document has of it: what is compared as text must not have two."""


RECEIVED: Final = frozenset({"received-unrecorded", "received-unproven", "recorded-unreceived"})
"""Faults of what is recorded and what was received, held against each other."""


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

    def cosigned(self) -> Sequence[bytes]:
        """The checkpoints that witnesses cosigned last: signed notes, the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class GivenPage:
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
class Witnessed:
    """What a witness cosigned last: of how many leaves, and when by its own clock, in microseconds."""

    name: str
    size: int
    at: int


@dataclass(slots=True)
class Audit:
    """What was found. `note`: the checkpoint as it was signed; `memory`: what to keep for the next time. `withdrawn`
    counts pages that never left, `rewritten` objects that are here in other bytes and say the same as was given.
    `is_whole`: all that the node tells was believed, and can be held against what was received.
    """

    memory: Memory
    note: str = ""
    size: int = 0
    root: bytes = b""
    given: list[GivenPage] = field(default_factory=list)
    withdrawn: int = 0
    rewritten: int = 0
    is_whole: bool = False
    faults: list[Fault] = field(default_factory=list)

    def to_remember(self, *, at: int) -> Memory | None:
        """What to keep for the next time, of an audit that began at this moment; None: what was kept before."""
        return replace(self.memory, seen=at) if self.note and not self.is_disowned else None

    @property
    def is_disowned(self) -> bool:
        """Whether something was found after which nothing of what was seen is remembered."""
        return any(fault.code in DISOWNED for fault in self.faults)

    def newest(self, size: int) -> VerifierKey:
        """The key that has signed whatever is shown of so many leaves: the last one that they name, as far as the node
        ever told. One that was handed over, and that it never named, counts as newer than any.
        """
        first, *others = trust_of(self.memory).log_keys
        named = dict(self.memory.named)
        return next((key for key in reversed(others) if named.get(key.text, -1) < size), first)

    def find(self, code: str, text: str, leaf: int | None = None) -> None:
        """Something is wrong."""
        self.faults.append(Fault(code, text, leaf=leaf))

    @property
    def readers(self) -> list[str]:
        """The accounts to which something was given, by name."""
        return sorted({page.reader for page in self.given})

    @property
    def recorded(self) -> dict[str, tuple[int, str]]:
        """The items that were given with their bytes, by digest: the first leaf that says so, and the name."""
        found: dict[str, tuple[int, str]] = {}
        for page in self.given:
            if page.endpoint == "objects":
                for item, name in zip(page.items, page.names, strict=True):
                    found.setdefault(item, (page.leaf, name))
        return found

    def forget_received(self) -> None:
        """As it was before it was held against what was received."""
        self.faults = [fault for fault in self.faults if fault.code not in RECEIVED]
        self.rewritten = 0


def audit(node: Asked, memory: Memory, verify: Verify) -> Audit:
    """What the node's log says of the partner that asks, as far as it is proven."""
    return Auditor(node, memory, verify).look()


def compare_checkpoint(node: Asked, found: Audit, other: bytes, verify: Verify) -> Checkpoint | None:
    """Holds the checkpoint of another partner against this one's: both must be of one log. What the other says.

    Raises `BadInput` (`checkpoint-invalid`, `note-invalid`) where it is none.
    """
    note = Note.parse(other)
    theirs = Checkpoint.parse(note.text)
    try:
        signed = trust_of(found.memory).checked(note, verify)
        require_newest(signed.signed_by, found.newest(theirs.size))
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


def require_witnesses(node: Asked, found: Audit, keys: Sequence[VerifierKey], verify: Verify) -> list[Witnessed]:
    """Has each of these witnesses have seen the log that was looked at, however far it was then; what each saw last.

    Raises `BadInput` (`trust-invalid`) where one of the keys is none to cosign with.
    """
    seen: list[Witnessed] = []
    notes = node.cosigned()
    for key in keys:
        trust = replace(trust_of(found.memory), witness_keys=(key,), witnesses_min=1)
        for raw in notes:
            try:
                signed = trust.checked(Note.parse(raw), verify)
                require_newest(signed.signed_by, found.newest(signed.checkpoint.size))
            except BadInput:
                # Another witness signed that one, or nobody did, or an old key alone.
                continue
            at = max(each.time_seconds or 0 for each in signed.signed_by if each.key == key)
            seen.append(Witnessed(key.name, signed.checkpoint.size, at * SECOND))
            compare_checkpoint(node, found, raw, verify)
            break
        else:
            found.find("cosignature-missing", f"the node shows no checkpoint that the witness {key.name} cosigned")
    return seen


def _grew(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    return verify_consistency(old=old.size, old_root=old.root, new=new.size, new_root=new.root, proof=proof)


class Auditor:
    """One audit, which goes on where the log has grown."""

    def __init__(self, node: Asked, memory: Memory, verify: Verify) -> None:
        """Of a node by what is remembered of it."""
        self.found = Audit(memory)
        self._node = node
        self._verify = verify
        self._memory = memory
        self._known = {*memory.eras}
        self._eras: dict[int, tuple[str, Mapping[str, Any]]] = {}
        # Keys, each with the number of a leaf that names it: what the last answer tells, and what one did not tell.
        self._named: set[tuple[str, int]] = set()
        self._unnamed: set[tuple[str, int]] = set()
        # Checkpoints from before the one that is looked at.
        self._before: list[Checkpoint] = []
        self._now: Checkpoint | None = None
        self._lost = ""
        self._party = memory.party
        self._begin()

    def _begin(self) -> None:
        self._after = -1
        self._last: int | None = None
        self._missed = self.found.memory.told
        self._withdrawn: set[tuple[str, int]] = set()
        self._pages: list[tuple[GivenPage, int]] = []

    def look(self) -> Audit:
        """All that the log tells: checkpoint, consistency, then each delivery."""
        memory = self._memory
        self._before = [read_signed(each) for each in memory.earlier]
        self._now = memory.last
        self._guarded(lambda: self._walk(self._grown()))
        return self.found

    def look_on(self) -> bool:
        """What the log tells beyond that, where it has grown since; whether it has, or something is wrong."""
        size, faults = self.found.size, len(self.found.faults)
        self._guarded(self._walk_on)
        return self.found.size != size or len(self.found.faults) != faults

    def _walk_on(self) -> None:
        before, checkpoint = self._now, self._grown()
        if before != checkpoint:
            self._walk(checkpoint)

    def _guarded(self, work: Callable[[], None]) -> None:
        found = self.found
        try:
            work()
        except Lost as lost:
            found.is_whole = False
            found.faults.append(lost.fault)
            if self._lost:
                # It was not said yet, and no nonsense that came after may hide it.
                found.find("log-rewritten", self._lost)
        if found.is_disowned:
            found.memory = self._memory

    def _walk(self, checkpoint: Checkpoint) -> None:
        anew = 0
        links: list[tuple[str, int]] = []
        for _ in range(ROUNDS_MAX):
            document = self._node.deliveries(self._after if self._after >= 0 else None)
            if whole_of(document, "size") != checkpoint.size:
                anew += 1
                if anew > ANEW_MAX:
                    raise Lost("log-unsteady", "the node answers by another checkpoint each time")
                checkpoint = self._grown()
                continue
            anew = 0
            upto, more = portion(document, self._after, checkpoint.size)
            self._announced(document, checkpoint)
            if self._lost:
                self._restored(self._lost, checkpoint)
                if self._after >= 0:
                    # What was told before was told of leaves that are gone.
                    self._begin()
                    continue
            self._take_keys()
            links += self._shown(document, checkpoint)
            self._after = upto
            if not more:
                break
        else:
            raise Lost("node-odd", "the list of deliveries has no end")
        self._require_newest(Note.parse(self.found.note.encode()))
        if self._missed is not None:
            # Whoever keeps back the end of a chain shows no leaf that would name it.
            links.append((f"leaf {self._missed} was shown as yours at the last audit, and is not now", self._missed))
            self._missed = None
        name_first(self.found.faults, "leaf-withheld", links)
        kept = [not name or (page.reader, name) not in self._withdrawn for page, name in self._pages]
        self.found.given = [page for (page, _), is_kept in zip(self._pages, kept, strict=True) if is_kept]
        self.found.withdrawn = kept.count(False)
        memory = self.found.memory.of_party(self._party)
        told = max((each for each in (memory.told, self._last) if each is not None), default=None)
        self.found.memory = replace(memory, told=told)
        self.found.is_whole = True

    def _grown(self) -> Checkpoint:
        """The latest checkpoint, signed, and grown from the one before."""
        found, before = self.found, self._now
        try:
            note = Note.parse(self._node.checkpoint())
            checkpoint = trust_of(found.memory).checked(note, self._verify).checkpoint
        except BadInput as error:
            raise Lost("checkpoint-unsigned", f"the node's checkpoint is not believed: {error}") from error
        self._require_newest(note)
        if before is not None and before != checkpoint:
            self._before.append(before)
            self._lost = self._lost or self._broken(before, checkpoint)
        self._now = checkpoint
        found.note, found.size, found.root = note.as_bytes().decode(), checkpoint.size, checkpoint.root
        # What others wrote below it is not what has to be remembered.
        keys = {(key.name, key.id) for key in trust_of(found.memory).log_keys}
        own = tuple(each for each in note.signatures if (each.name, each.key_id) in keys)
        found.memory = found.memory.with_checkpoint(Note(note.text, own).as_bytes().decode())
        return checkpoint

    def _require_newest(self, note: Note) -> None:
        """The node's own checkpoint is signed by the newest of the keys that are believed by now."""
        trust = trust_of(self.found.memory)
        try:
            require_newest(trust.checked(note, self._verify).signed_by, trust.log_keys[-1])
        except BadInput as error:
            code = "key-outdated" if error.code == "key-outdated" else "checkpoint-unsigned"
            raise Lost(code, f"the node's checkpoint is not believed: {error}") from error

    def _broken(self, before: Checkpoint, checkpoint: Checkpoint) -> str:
        """In which way the log is no longer the one of before; empty: it has grown and nothing else."""
        if checkpoint.size < before.size:
            return f"the log had {before.size} leaves, and has {checkpoint.size}: it was cut, or there are two"
        proof = [] if checkpoint.size == before.size else self._node.consistency(before.size, checkpoint.size)
        if _grew(before, checkpoint, proof):
            return ""
        return f"the first {before.size} of the log's {checkpoint.size} leaves are not what they were"

    def _announced(self, document: Mapping[str, Any], checkpoint: Checkpoint) -> None:
        """Keys that the log names, and restores."""
        self._named = set()
        for told in list_of(document, "keys", optional=True):
            leaf = proven(told, checkpoint, "key")
            with contextlib.suppress(BadInput):
                key = VerifierKey.parse(str(leaf.get("vkey")))
                if key.name == self._memory.origin and key.kind is KeyKind.ED25519:
                    self._named.add((key.text, whole_of(told, "number")))
        self._eras = {}
        for told in list_of(document, "eras", optional=True):
            leaf = proven(told, checkpoint, "era")
            digest = leaf_hash(told["leaf"].encode("utf-8", "surrogatepass")).hex()
            self._eras[whole_of(told, "number")] = digest, leaf
        seen = [(number, digest) for number, (digest, _) in self._eras.items()]
        self.found.memory = self.found.memory.with_eras(seen)

    def _restored(self, how: str, checkpoint: Checkpoint) -> None:
        """The log is not what it was: told by the leaf of an era, or by nothing."""
        self._lost = ""
        before = self._before
        last = before[-1]
        # An era that the log had already, when it was as it should be, tells nothing of what was lost since: one that
        # was told of, or that the node did not tell of then.
        seen = self._memory.seen
        told = [
            (number, leaf)
            for number, (digest, leaf) in sorted(self._eras.items())
            if number <= last.size and (number, digest) not in self._known
        ]
        opened = [each for each in told if each[1]["at"] >= seen - CLOCKS_APART_US]
        if told and not opened:
            how += f"; the restore of {write(told[-1][1]['at'])} is older than what was seen on {write(seen)}"
        # Of several restores the first has taken away the most.
        known = [each for each in before if opened and each.size > opened[0][0]]
        if not opened or any(not self._broken(each, checkpoint) for each in known):
            raise Lost("log-rewritten", how)
        number, leaf = opened[0]
        # What stood before the era must be what it was, as far as is remembered.
        for each in before:
            if each.size <= number:
                how = self._broken(each, checkpoint)
                if how:
                    raise Lost("log-rewritten", f"{how}, and no restore tells why")
        self._before = [each for each in before if each.size <= number]
        self.found.memory = self.found.memory.restored_at(number)
        self._missed = self.found.memory.told
        text = (
            f"the node went on from a backup at {write(leaf['at'])}: of the {last.size} leaves that were signed"
            f" before, those from {number} on are gone, and with them what they recorded"
        )
        self.found.find("log-restored", text, number)

    def _take_keys(self) -> None:
        """A key that the log names, and signs that it does, is believed from then on: after those that it named before,
        and before those that it does not name. What it named once stays named, whatever the node tells now.
        """
        memory = self.found.memory
        unnamed = [each for each in memory.named if each not in self._named and each not in self._unnamed]
        self._unnamed.update(unnamed)
        links: list[tuple[str, int | None]] = [
            (f"leaf {number} was shown to name the key {text}, and is not shown now", number)
            for text, number in unnamed
        ]
        name_first(self.found.faults, "key-withheld", links)
        named: dict[str, int] = {}
        for text, number in (*memory.named, *sorted(self._named)):
            named[text] = min(number, named.get(text, number))
        first, *others = dict.fromkeys((*memory.keys, *named))
        others.sort(key=lambda text: named.get(text, SIZE_MAX))
        self.found.memory = replace(memory, keys=(first, *others), named=tuple(named.items()))

    def _shown(self, document: Mapping[str, Any], checkpoint: Checkpoint) -> list[tuple[str, int]]:
        """Deliveries, and pages that never left; what is missing between them."""
        links: dict[int, int | None] = {}
        for told in list_of(document, "withdrawn"):
            leaf = self._own(told, checkpoint, "withdrawn")
            self._withdrawn.add((text_of(leaf, "reader"), number_of(leaf, "page")))
            links[whole_of(told, "number")] = number_or_none(leaf, "previous")
        for told in list_of(document, "deliveries"):
            leaf = self._own(told, checkpoint, "delivery")
            self._pages.append(self._page(told, leaf))
            links[whole_of(told, "number")] = number_or_none(leaf, "previous")
        missing = []
        for number, previous in sorted(links.items()):
            if previous != self._last:
                what = "nothing" if previous is None else f"leaf {previous}"
                shown = "nothing" if self._last is None else f"leaf {self._last}"
                text = f"leaf {number} says that {what} was for you before it, and the node shows {shown} before it"
                missing.append((text, number))
            self._last = number
            if number == self._missed:
                self._missed = None
        return missing

    def _own(self, told: Mapping[str, Any], checkpoint: Checkpoint, kind: str) -> dict[str, Any]:
        """What a leaf of that kind says that is the party's own, as are all others: who is shown a chain of somebody
        else is not shown their own.
        """
        leaf = proven(told, checkpoint, kind)
        party, number = party_of(leaf), whole_of(told, "number")
        self._party = self._party or party
        if party != self._party:
            text = f"leaf {number} is of what `{party}` was given, and this audit is of what `{self._party}` was"
            raise Lost("party-other", text, number)
        return leaf

    def _page(self, told: Mapping[str, Any], leaf: Mapping[str, Any]) -> tuple[GivenPage, int]:
        number, items, names = whole_of(told, "number"), told.get("items"), told.get("names")
        if not isinstance(items, list) or not isinstance(names, list):
            raise Lost("node-odd", "a delivery is told without its items", number)
        if not all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in items):
            raise Lost("node-odd", "the items of a delivery are no digests", number)
        digest = hashlib.sha256(bytes.fromhex("".join(items))).hexdigest()
        if (digest, len(items)) != (leaf.get("digest"), leaf.get("items")) or len(names) != len(items):
            raise Lost("items-other", "the items that the node names are not those of the delivery", number)
        page = GivenPage(
            number,
            text_of(leaf, "reader"),
            number_of(leaf, "given_at"),
            text_of(leaf, "endpoint"),
            text_of(leaf, "agreement"),
            tuple(items),
            tuple(str(name) for name in names),
        )
        return page, number_of(leaf, "page")
