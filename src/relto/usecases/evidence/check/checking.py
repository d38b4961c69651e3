"""Checking: whether a log is what was signed, and whether what it tells was allowed.

First the leaves are hashed: their tree has, at the size of each checkpoint, the root that was signed, by a key that is
believed from the start or that the log named before, and by the newest of these. Only what was signed is then looked
into: each leaf is in its canonical form and in its block, and each block is carried out again (`replaying.py`). What is
wrong is named.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from relto.domain.checkpoint import Checkpoint, Trust
from relto.domain.errors import BadInput
from relto.domain.leaf import decoded
from relto.domain.merkle import Frontier, leaf_hash
from relto.domain.note import KeyKind, Note, VerifierKey
from relto.usecases.evidence.check.attested import Attested, Attesting
from relto.usecases.evidence.check.carrying import CHANGED, PORTION, Carrying, Leaves
from relto.usecases.evidence.faults import Fault
from relto.usecases.evidence.replay.replaying import Replay, every

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from relto.domain.note import Verify
    from relto.domain.stamp import Stamped
    from relto.ports.authority import Claim
    from relto.ports.store import Store
    from relto.usecases.evidence.replay.classified import Content


class Source(Leaves, Protocol):
    """A log to check, wherever it lies."""

    @property
    def size(self) -> int:
        """How many leaves there are to check."""
        ...

    def checkpoints(self) -> Iterable[bytes]:
        """The checkpoints, by size: signed notes, with the lines of witnesses under them. They are asked for twice."""
        ...

    def timestamps(self) -> Iterable[Stamped]:
        """Time stamps of checkpoints, by size."""
        ...

    def hashes(self) -> Iterable[bytes]:
        """The hashes of the leaves as they were once, to name the one that is another now; none where they are kept
        elsewhere.
        """
        ...


@dataclass(slots=True)
class Verdict:
    """What was found. `ok`: nothing is wrong. `root`: of the leaves that were read. `signed`: how many of them the last
    checkpoint covers that holds; `keys`: those that are believed in the end, each as text; `eras`: when the node
    went on from a backup; `attested`: what others signed.
    """

    size: int = 0
    root: bytes = b""
    signed: int = 0
    checkpoints: int = 0
    items: int = 0
    deliveries: int = 0
    eras: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    attested: Attested = field(default_factory=Attested)
    faults: list[Fault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Manifest(Protocol):
    """What an archive says of the log that it holds."""

    @property
    def origin(self) -> str:
        """What the log is called."""
        ...

    @property
    def size(self) -> int:
        """How many leaves it has."""
        ...

    @property
    def root(self) -> str:
        """The root of their tree, in hex."""
        ...


def manifest_faults(
    said: Manifest, named: Sequence[str], verdict: Verdict, keys: Sequence[VerifierKey]
) -> Iterator[Fault]:
    """Where what an archive says of itself, and the keys that it has (`named`), are not what was found in it by these
    `keys`.
    """
    if (said.size, said.root) != (verdict.size, verdict.root.hex()):
        text = f"the manifest says another size or root than {verdict.size} leaves have"
        yield Fault("archive-damaged", text)
    if said.origin != keys[0].name:
        yield Fault("archive-damaged", f"the manifest says another origin than `{keys[0].name}`")
    if named[0] not in {key.text for key in keys} or len(named) != len(set(named)) or not {*named} <= {*verdict.keys}:
        yield Fault("archive-damaged", "`keys.txt` has other keys than those that the log was signed with")


class Checker:
    """Checks one log. `store`: empty, to carry the log out on; `keys`: those that are believed from the start; `stamp`:
    what a time stamp's token says, as far as whoever checks believes it.

    `is_signed`: whether it turned out to be what was signed, so that it was looked into.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        keys: Sequence[VerifierKey],
        verify: Verify,
        stamp: Claim,
        *,
        progress: Callable[[int, int], None] | None = None,
        is_live: bool = False,
        content: Content | None = None,
        judges: Callable[[str], bool] = every,
    ) -> None:
        """`progress` is told how many leaves of how many are done. `is_live`: the log grows on, so that its last leaves
        may not be signed yet. `content`: the bytes of the items, where they are there. `judges`: of which readers the
        deliveries are judged here, and not elsewhere (`parted.py`).
        """
        self._is_live = is_live
        self._source = source
        self._keys = list(keys)
        self._verify = verify
        self._stamp = stamp
        self._first = tuple(keys)
        self._progress = progress or _untold
        self._verdict = Verdict()
        self.replay = Replay(store, source.records, content, judges=judges)
        self._carrying = Carrying(self.replay)
        self._named: list[tuple[int, bytes]] = []
        self._newest: tuple[int, VerifierKey] | None = None
        self._unnamed = [key for key in dict.fromkeys(keys[1:]) if key.name == keys[0].name and key != keys[0]]
        self.is_signed = False

    def check(self) -> Verdict:
        """What is wrong with it."""
        verdict = self._verdict
        self._hash()
        self.is_signed = not verdict.faults
        if self.is_signed:
            self._carrying.carry_out(self._source.leaves(), self._told)
            verdict.faults += self._carrying.faults
            frontier = self._carrying.frontier
            if not self.stopped and (frontier.size, frontier.root) != (verdict.size, verdict.root):
                verdict.faults.append(CHANGED)
        if not self.stopped:
            self._attest()
        verdict.items, verdict.deliveries = self.replay.ledger.count, self.replay.deliveries
        verdict.eras = self.replay.eras
        verdict.faults += self.replay.faults
        verdict.keys = [key.text for key in self._keys]
        return verdict

    def _find(self, code: str, text: str, leaf: int | None = None) -> None:
        self._verdict.faults.append(Fault(code, text, leaf=leaf))

    # Whether it is what was signed.

    def _hash(self) -> None:
        verdict, frontier = self._verdict, Frontier()
        signed = _Signed(self._source.checkpoints(), verdict.faults)
        known, other = iter(self._source.hashes()), None
        while signed.size == 0:
            self._checkpoint(signed, frontier)
        waiting: list[bytes] = []
        for number, leaf in enumerate(self._source.leaves()):
            mine = leaf_hash(leaf)
            waiting.append(mine)
            if other is None and next(known, mine) != mine:
                other = number
            if b'"kind":"key"' in leaf:
                self._named.append((number, leaf))
            # A checkpoint may stand between any two leaves.
            if number + 1 == signed.size or len(waiting) == PORTION:
                frontier = frontier.appended(waiting)
                waiting.clear()
                self._progress(frontier.size, 2 * self._source.size)
                while frontier.size == signed.size:
                    self._checkpoint(signed, frontier)
        frontier = frontier.appended(waiting)
        verdict.size, verdict.root = frontier.size, frontier.root
        if signed.size is not None:
            text = f"a checkpoint of {signed.size} leaves was signed, and there are {frontier.size}"
            self._find("checkpoint-beyond", text)
        elif verdict.signed < frontier.size and not verdict.faults and not (self._is_live and verdict.signed):
            self._find("checkpoint-missing", f"{frontier.size} leaves are there, and {verdict.signed} were signed")
        if not verdict.faults:
            for key in self._unnamed:
                self._find(
                    "key-outdated",
                    f"the log does not name the key {key.text}: it is from before, or who signed it has another",
                )
        if other is not None:
            self._find("leaf-other", "its hash is not the one that was kept beside it", leaf=other)

    def _told(self, number: int) -> None:
        self._progress(self._source.size + number, 2 * self._source.size)

    def _attest(self) -> None:
        """What others signed, now that it is known which witnesses the log introduced."""
        attesting = Attesting(
            self._source,
            self._keys[0].name,
            keys=self._keys,
            named=[key for key in self._keys if key not in self._first],
            witnesses=self._carrying.witnesses,
            verify=self._verify,
            read=self._stamp,
        )
        self._verdict.attested = attesting.check()
        self._verdict.faults += self._verdict.attested.faults

    @property
    def stopped(self) -> bool:
        """Whether something was such that what came after it was not carried out."""
        return not self.is_signed or self._carrying.stopped

    # Checkpoints.

    def _checkpoint(self, signed: _Signed, frontier: Frontier) -> None:
        """The checkpoint whose turn it is, of just these leaves."""
        note = signed.take()
        checkpoint = Checkpoint.parse(note.text)
        named = list(self._read_named())
        self._named.clear()
        try:
            Trust(self._keys[0].name, tuple(self._keys)).checked(note, self._verify)
            every = tuple(dict.fromkeys((*self._keys, *(key for _, key in named))))
            by = {each.key for each in Trust(self._keys[0].name, every).checked(note, self._verify).signed_by}
        except BadInput as error:
            self._find("checkpoint-unsigned", f"the checkpoint of {checkpoint.size} leaves: {error}")
            return
        if checkpoint.root != frontier.root:
            self._find(
                "checkpoint-other",
                f"the checkpoint of {checkpoint.size} leaves was signed over others than are there",
                leaf=checkpoint.size - 1,
            )
            return
        if named:
            self._newest = named[-1]
        # A key that was handed over by itself has to have signed as soon as the log named it, and the newest always:
        # whose place another took may be in anybody's hands.
        due = [each for each in named if each[1] in self._keys]
        due += [] if self._newest is None else [self._newest]
        for number, key in due:
            if key not in by:
                text = f"the checkpoint of {checkpoint.size} leaves is not signed by the key that leaf {number} names"
                self._find("key-outdated", text, leaf=number)
                return
        self._verdict.checkpoints += 1
        self._verdict.signed = checkpoint.size
        # What a signed log names as its next key is believed from then on.
        self._keys += [key for key in dict.fromkeys(key for _, key in named) if key not in self._keys]
        self._unnamed = [key for key in self._unnamed if key not in {each for _, each in named}]

    def _read_named(self) -> Iterator[tuple[int, VerifierKey]]:
        """The keys that leaves name which no checkpoint covered so far, with the numbers of the leaves."""
        for number, leaf in self._named:
            try:
                read = decoded(leaf)
                key = VerifierKey.parse(str(read.get("vkey")))
            except BadInput:
                continue
            if read["kind"] == "key" and key.name == self._keys[0].name and key.kind is KeyKind.ED25519:
                yield number, key


def _untold(_done: int, _of: int) -> None:
    """Nobody wants to know."""


class _Signed:
    """Checkpoints one after the other, by size. `size`: of the next; None: there is no more."""

    def __init__(self, notes: Iterable[bytes], faults: list[Fault]) -> None:
        self._notes = iter(notes)
        self._faults = faults
        self._note: Note | None = None
        self.size: int | None = None
        self._next(-1)

    def take(self) -> Note:
        """The next, which is `size` leaves long."""
        note = self._note
        assert note is not None, "there is another"
        assert self.size is not None, "there is another"
        self._next(self.size)
        return note

    def _next(self, before: int) -> None:
        self._note = self.size = None
        for raw in self._notes:
            try:
                note = Note.parse(raw)
                size = Checkpoint.parse(note.text).size
            except BadInput as error:
                self._faults.append(Fault("checkpoint-unreadable", str(error)))
                continue
            if size <= before:
                self._faults.append(Fault("checkpoint-order", f"a checkpoint of {size} leaves stands out of order"))
                continue
            self._note, self.size = note, size
            return
