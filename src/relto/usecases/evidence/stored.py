"""Stored: whether what a node keeps beside the leaves (where they are found, the tiles of their tree) is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.domain.checkpoint import Checkpoint
from relto.domain.errors import BadInput
from relto.domain.leaf import decoded
from relto.domain.merkle import Frontier, leaf_hash, root_of
from relto.domain.note import Note, Signature
from relto.domain.tile import WIDTH
from relto.domain.written import shown
from relto.usecases.evidence.faults import Fault
from relto.usecases.evidence.witnessing import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import Snapshot, Store
    from relto.usecases.evidence.source import StoredLog

PARTIES = frozenset({"delivery", "flow", "notice", "withdrawn"})
"""Kinds of leaves that are found by their party."""


def stored_faults(store: Store, log: StoredLog) -> Iterator[Fault]:
    """What is wrong, in the order of the leaves."""
    hashes: list[bytes] = []
    level: dict[int, list[bytes]] = {}
    frontier, number = Frontier(), -1
    for number, row in log.rows():
        try:
            leaf = decoded(row.data)
        except BadInput:
            # The pass over the leaves says so.
            leaf = {"kind": row.kind, "at": row.at}
        party = leaf.get("party", "") if row.kind in PARTIES else ""
        if (row.kind, row.at) != (leaf["kind"], leaf["at"]) or (row.kind != "part" and row.party != party):
            yield Fault("leaf-misfiled", "it is filed under another kind, party or moment than it says", leaf=number)
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
    for kept in log.checkpoint_rows():
        try:
            size = Checkpoint.parse(Note.parse(kept.note).text).size
        except BadInput as error:
            yield Fault("checkpoint-unreadable", f"the checkpoint of {kept.size} leaves: {error}")
            continue
        if size != kept.size or size > head.size:
            yield Fault("checkpoint-order", f"a checkpoint of {size} leaves is filed as that of {kept.size}")
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
        if (line.name, int.from_bytes(line.signature[:8], "big") * SECOND) != (row.name, row.at):
            text = f"what {shown(row.name)} signed under the checkpoint of {row.size} leaves is filed under another"
            yield Fault("cosignature-misfiled", f"{text} name or moment than it says")


def _tile(snap: Snapshot, index: int, hashes: list[bytes]) -> Iterator[Fault]:
    kept = snap.tiles([(0, index)]).get((0, index), b"")
    for place, each in enumerate(hashes):
        if kept[place * 32 : place * 32 + 32] != each:
            leaf = index * WIDTH + place
            yield Fault("leaf-other", "it is not what its tile has", leaf=leaf)
            return
    if len(kept) != WIDTH * 32:
        yield Fault("tile-other", f"tile {index} of level 0 is not as wide as the tree has it")


def _above(snap: Snapshot, hashes: list[bytes]) -> Iterator[Fault]:
    level = 1
    while hashes:
        fresh = []
        for index in range(0, len(hashes), WIDTH):
            some = hashes[index : index + WIDTH]
            place = (level, index // WIDTH)
            if snap.tiles([place]).get(place) != b"".join(some):
                yield Fault("tile-other", f"tile {place[1]} of level {level} is not what the tree has")
            if len(some) == WIDTH:
                fresh.append(root_of(some))
        hashes, level = fresh, level + 1
