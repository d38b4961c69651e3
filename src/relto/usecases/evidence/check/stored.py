"""Stored: whether what a node keeps beside the leaves (where they are found, the tiles of their tree) is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.domain.about import about
from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput
from relto.domain.leaf import decoded, joined
from relto.domain.merkle import HASH_BYTES, Frontier, leaf_hash, root_of
from relto.domain.moment import SECOND
from relto.domain.note import Note, Signature
from relto.domain.tile import WIDTH, kept
from relto.domain.written import shown
from relto.usecases.evidence.expected import UNREADABLE
from relto.usecases.evidence.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import LeafRow, Snapshot, Store
    from relto.usecases.evidence.check.source import StoredLog

UNREADABLE_LEAF: Final = (BadInput, *UNREADABLE)

PARTIES = frozenset({"delivery", "flow", "notice", "withdrawn"})
"""Kinds of leaves that are found by their party."""


def stored_faults(store: Store, log: StoredLog) -> Iterator[Fault]:
    """What is wrong, in the order of the leaves."""
    hashes: list[bytes] = []
    level: dict[int, list[bytes]] = {}
    frontier, number = Frontier(), -1
    filing = _Filing()
    for number, row in log.rows():
        for misfiled in filing.misfiled(number, row):
            what = "it is filed under another kind, party, moment or name than it says"
            yield Fault("leaf-misfiled", what, leaf=misfiled)
        hashes.append(leaf_hash(row.data))
        if len(hashes) == WIDTH:
            with store.read() as snap:
                yield from _tile(snap, number // WIDTH, hashes)
            level.setdefault(1, []).append(root_of(hashes))
            frontier = frontier.appended(hashes)
            hashes.clear()
    frontier = frontier.appended(hashes)
    with store.read() as snap:
        head = snap.log()
        if log.size == head.size and head.frontier != frontier.as_bytes():
            yield Fault("frontier-other", "the edge of the tree is kept otherwise than its leaves have it")
        yield from _above(snap, level.get(1, []))
    for signed in log.checkpoint_rows():
        try:
            size = Checkpoint.parse(Note.parse(signed.note).text).size
        except BadInput as error:
            yield Fault("checkpoint-unreadable", f"the checkpoint of {signed.size} leaves: {error}")
            continue
        if size != signed.size or size > head.size:
            yield Fault("checkpoint-order", f"a checkpoint of {size} leaves is filed as that of {signed.size}")
    yield from _cosignatures(log)
    if number + 1 != log.size:
        yield Fault("leaf-missing", f"{log.size} leaves were counted, and {number + 1} are there")


def _cosignatures(log: StoredLog) -> Iterator[Fault]:
    """Who cosigned how recently is told from what stands beside the lines."""
    for row in log.cosignature_rows():
        try:
            line = Signature.parse(row.line)
        except BadInput:
            # The pass over the checkpoints says so.
            continue
        if (line.name, line.time_seconds * SECOND) != (row.name, row.at):
            text = f"what {shown(row.name)} signed under the checkpoint of {row.size} leaves is filed under another"
            yield Fault("cosignature-misfiled", f"{text} name or moment than it says")


class _Filing:
    """Holds each leaf against what it is found by. Parts wait for the leaf that they belong to."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, LeafRow, dict[str, Any]]] = []

    def misfiled(self, number: int, row: LeafRow) -> Iterator[int]:
        """The numbers of those of which it is known now that they are filed otherwise than they say."""
        try:
            leaf = decoded(row.data)
            if leaf["kind"] == "part":
                self._parts.append((number, row, leaf))
                return
            (whole,) = joined([*(each for _, _, each in self._parts), leaf])
            party = whole["party"] if whole["kind"] in PARTIES else ""
            name = about(whole["kind"], whole)
        except UNREADABLE_LEAF:
            # The pass over the leaves says so.
            self._parts.clear()
            return
        for place, part, told in self._parts:
            if (part.kind, part.at, part.about, part.party) != ("part", told["at"], None, party):
                yield place
        self._parts.clear()
        if (row.kind, row.at, row.about, row.party) != (whole["kind"], whole["at"], name, party):
            yield number


def _tile(snap: Snapshot, index: int, hashes: list[bytes]) -> Iterator[Fault]:
    stored = snap.tiles([(0, index)]).get((0, index), b"")
    for place, each in enumerate(hashes):
        if stored[place * HASH_BYTES : (place + 1) * HASH_BYTES] != each:
            leaf = index * WIDTH + place
            yield Fault("leaf-other", "it is not what its tile has", leaf=leaf)
            return
    if not _is_kept(stored, b"".join(hashes)):
        yield Fault("tile-other", f"tile {index} of level 0 is wider than the tree has it, or has other hashes over it")


def _is_kept(stored: bytes | None, hashes: bytes) -> bool:
    """Whether this is the tile of these hashes; those over each sixteen may be missing, and are then made anew."""
    return stored in {hashes, kept(hashes)}


def _above(snap: Snapshot, hashes: list[bytes]) -> Iterator[Fault]:
    level = 1
    while hashes:
        fresh = []
        for index in range(0, len(hashes), WIDTH):
            some = hashes[index : index + WIDTH]
            place = (level, index // WIDTH)
            if not _is_kept(snap.tiles([place]).get(place), b"".join(some)):
                yield Fault("tile-other", f"tile {place[1]} of level {level} is not what the tree has")
            if len(some) == WIDTH:
                fresh.append(root_of(some))
        hashes, level = fresh, level + 1
