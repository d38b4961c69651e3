"""A log as it lies in a store: a `Source` to check, and what an archive is written from.

Leaves never change, so a stretch of them is read a portion at a time, each by a read block of its own: an export holds
up no engine for as long as a log is long. Where a node is verified with its tables, the store is one moment of it, and
that moment is held until the end.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput, Refused
from relto.domain.leaf import decoded
from relto.domain.merkle import leaf_hash
from relto.domain.note import Note, Signature
from relto.domain.stamp import Stamped
from relto.usecases.evidence.signed.witnessing import WITNESSES, introduced
from relto.usecases.evidence.walking import rows, walked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from relto.ports.store import CheckpointRow, CosignatureRow, LeafRow, Snapshot, Store, TimestampRow

_Key = tuple[str, bytes]
"""The name and the id of a key."""

PORTION: Final = 2_000
"""So many checkpoints are asked about at once; and progress is told each time that so many leaves are written."""


class StoredLog:
    """The first `size` leaves of the log in a store. `authority_of`: who signed a time stamp's token, as it says."""

    def __init__(self, store: Store, size: int, authority_of: Callable[[bytes], str]) -> None:
        """Of a database whose log has as many at least."""
        self._store = store
        self._size = size
        self._authority_of = authority_of
        self._introduced: set[_Key] | None = None

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    def rows(self) -> Iterator[tuple[int, LeafRow]]:
        """The leaves with their numbers, as they are stored."""

        def ask(first: int, limit: int) -> list[tuple[int, LeafRow]]:
            with self._store.read() as snap:
                return snap.leaves(first=first, last=self._size - 1, limit=limit)

        return walked(ask)

    def leaves(self) -> Iterator[bytes]:
        """The leaves, in order."""
        for _, row in self.rows():
            yield row.data

    def batches(self) -> Iterator[tuple[int, int]]:
        """The first and the last item of each batch, in order, as the leaves tell."""
        for _, row in self.rows():
            if row.kind == "batch":
                leaf = decoded(row.data)
                yield leaf["first"], leaf["last"]

    def records(self, first: int, last: int) -> bytes:
        """The records of the items of one batch."""
        del last
        with self._store.read() as snap:
            return snap.batch_records(first)

    def hashes(self) -> Iterable[bytes]:
        """None: they are in the tiles, which `stored.py` compares."""
        return ()

    def checkpoint_rows(self) -> Iterator[CheckpointRow]:
        """All checkpoints, by size."""

        def ask(first: int, limit: int) -> list[tuple[int, CheckpointRow]]:
            with self._store.read() as snap:
                return [(row.size, row) for row in snap.checkpoints(first=first, limit=limit)]

        return (row for _, row in walked(ask))

    def checkpoints(self) -> Iterator[bytes]:
        """The notes of those of no more leaves than these, with what witnesses signed under them."""

        def ask(first: int, limit: int) -> list[tuple[int, bytes]]:
            with self._store.read() as snap:
                found = [row for row in snap.checkpoints(first=first, limit=limit) if row.size <= self._size]
                under = self._cosignatures(snap, found)
            return [(row.size, row.note + b"".join(under.get(row.size, ()))) for row in found]

        return (note for _, note in walked(ask))

    def cosignature_rows(self) -> Iterator[CosignatureRow]:
        """All that witnesses signed of these checkpoints, by size."""
        sizes = (row.size for row in self.checkpoint_rows())
        while some := list(islice(sizes, PORTION)):
            with self._store.read() as snap:
                found = snap.cosignatures_between(some[0], some[-1])
            yield from found

    def timestamps(self) -> Iterator[Stamped]:
        """Those of checkpoints of no more leaves than these."""
        with self._store.read() as snap:
            last = snap.last_checkpoint()
        # The first line of every checkpoint is what the log is called.
        origin = "" if last is None else last.note.partition(b"\n")[0].decode(errors="replace")

        def ask(first: int, limit: int) -> list[tuple[int, TimestampRow]]:
            with self._store.read() as snap:
                return [(row.size, row) for row in snap.timestamps(first=first, limit=limit) if row.size <= self._size]

        for size, row in walked(ask):
            yield Stamped(origin, size, row.token, self._authority_of(row.token))

    def _cosignatures(self, snap: Snapshot, rows: Sequence[CheckpointRow]) -> dict[int, list[bytes]]:
        """The lines of witnesses under these checkpoints, by their names.

        A witness may have been introduced, and have cosigned one of these, behind the last of these leaves: whoever has
        them alone would not know its key, so what it signed is left out.
        """
        late = self._late(snap)
        found: dict[int, list[bytes]] = {}
        cosigned = snap.cosignatures_between(rows[0].size, rows[-1].size) if rows else []
        for row in sorted(cosigned, key=lambda row: (row.size, row.name)):
            if not late or _key_of(row.line) not in late:
                found.setdefault(row.size, []).append(f"{row.line}\n".encode("utf-8", "surrogateescape"))
        return found

    def _late(self, snap: Snapshot) -> set[_Key]:
        """The keys that only leaves behind these introduce: none nearly always."""
        late = _introduced(snap, self._size, None)
        if late and self._introduced is None:
            # These leaves never change, however often checkpoints are asked for.
            self._introduced = _introduced(snap, 0, self._size - 1)
        return late - (self._introduced or set())


def _introduced(snap: Snapshot, first: int, last: int | None) -> set[_Key]:
    """The keys of witnesses that the leaves from `first` to `last` name."""
    keys: set[_Key] = set()
    for _, row in rows(snap, first=first, last=last, kind="row"):
        # Most rows are of something else, and need not be read for that.
        if WITNESSES.encode() in row.data:
            keys |= {(each.key.name, each.key.id) for each in introduced(decoded(row.data))}
    return keys


def _key_of(line: str) -> _Key | None:
    try:
        signature = Signature.parse(line)
    except BadInput:
        # It is told as it stands, and whoever checks it says so.
        return None
    return signature.name, signature.key_id


class Writer(Protocol):
    """Where an archive is written to (`adapters/archive.py`)."""

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """One member."""
        ...

    def add_cut(self, folder: str, suffix: str, pieces: Iterable[bytes]) -> None:
        """Members of a folder, cut between pieces."""
        ...

    def finish(self, *, origin: str, size: int, root: bytes) -> None:
        """The end."""
        ...


def export(
    store: Store,
    writer: Writer,
    keys: Sequence[str],
    in_line: Callable[[bytes], bytes],
    authority_of: Callable[[bytes], str],
    progress: Callable[[int, int], None],
) -> Checkpoint:
    """Writes everything up to the last checkpoint; that checkpoint. `in_line`: how a checkpoint stands in its member;
    `authority_of`: who signed a time stamp's token, as it says.

    Raises `Refused` `log-unsigned` where there is none yet.
    """
    with store.read() as snap:
        last = snap.last_checkpoint()
    if last is None:
        raise Refused("log-unsigned", "nothing of the log was signed yet", remedy="relto log checkpoint")
    checkpoint = Checkpoint.parse(Note.parse(last.note).text)
    log = StoredLog(store, checkpoint.size, authority_of)
    writer.add("keys.txt", [f"{key}\n".encode() for key in keys])
    writer.add("checkpoints.jsonl", (in_line(note) for note in log.checkpoints()))
    writer.add("timestamps.jsonl", (each.line + b"\n" for each in log.timestamps()))

    def lines() -> Iterator[bytes]:
        for number, leaf in enumerate(log.leaves(), 1):
            if number % PORTION == 0:
                progress(number, checkpoint.size)
            yield leaf + b"\n"

    writer.add_cut("leaves", "jsonl", lines())
    writer.add_cut("hashes", "bin", (leaf_hash(leaf) for leaf in log.leaves()))
    writer.add_cut("records", "bin", (log.records(first, last) for first, last in log.batches()))
    progress(checkpoint.size, checkpoint.size)
    writer.finish(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root)
    return checkpoint
