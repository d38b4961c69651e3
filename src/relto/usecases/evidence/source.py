"""A log as it lies in a store: a `Source` to check, and what an archive is written from.

Leaves never change, so a stretch of them is read a portion at a time, each by a read block of its own: an export holds
up no engine for as long as a log is long. Where a node is verified with its tables, the store is one moment of it, and
that moment is held until the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import Refused
from relto.domain.leaf import decoded
from relto.domain.merkle import leaf_hash
from relto.domain.note import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from relto.ports.store import CheckpointRow, LeafRow, Store

PORTION: Final = 2_000
"""Leaves or checkpoints of one question."""


class StoredLog:
    """The first `size` leaves of the log in a store."""

    def __init__(self, store: Store, size: int) -> None:
        """Of a database whose log has as many at least."""
        self._store = store
        self._size = size

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    def rows(self) -> Iterator[tuple[int, LeafRow]]:
        """The leaves with their numbers, as they are stored."""
        first = 0
        while first < self._size:
            with self._store.read() as snap:
                found = snap.leaves(first=first, last=self._size - 1, limit=PORTION)
            yield from found
            if not found:
                return
            first = found[-1][0] + 1

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
        first = 0
        while True:
            with self._store.read() as snap:
                found = snap.checkpoints(first=first, limit=PORTION)
            yield from found
            if len(found) < PORTION:
                return
            first = found[-1].size + 1

    def checkpoints(self) -> Iterator[bytes]:
        """The notes of those of no more leaves than these."""
        for row in self.checkpoint_rows():
            if row.size <= self._size:
                yield row.note


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
    progress: Callable[[int, int], None],
) -> Checkpoint:
    """Writes everything up to the last checkpoint; that checkpoint. `in_line`: how a checkpoint stands in its member.

    Raises `Refused` `log-unsigned` where there is none yet.
    """
    with store.read() as snap:
        last = snap.last_checkpoint()
    if last is None:
        raise Refused("log-unsigned", "nothing of the log was signed yet", remedy="relto log checkpoint")
    checkpoint = Checkpoint.parse(Note.parse(last.note).text)
    log = StoredLog(store, checkpoint.size)
    writer.add("keys.txt", [f"{key}\n".encode() for key in keys])
    writer.add("checkpoints.jsonl", (in_line(note) for note in log.checkpoints()))

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
