"""Walking: the leaves of a log one after the other, each with its parts, and with the leaf that it stands beside.

What is asked of a store is few at first and more each time: whoever wants the next leaf alone reads no thousands, and
whoever walks through millions asks seldom. Nothing is judged here: of a log that others may have written,
`replaying.py` says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, TypeVar

from relto.domain.leaf import decoded
from relto.usecases.evidence.expected import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from relto.ports.store import LeafRow, Record, Snapshot

PORTION_MIN: Final = 8
PORTION_MAX: Final = 2_000
"""Rows of one question: so many at first, and never more than that."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it is read: its number, kind, moment, and what it says; how many parts of it stand before it."""

    number: int
    kind: str
    at: int
    block: int
    says: Mapping[str, Any]
    parts: int = 0


def walked(ask: Callable[[int, int], Sequence[tuple[int, _T]]], *, first: int = 0) -> Iterator[tuple[int, _T]]:
    """All that `ask` tells from number `first` on. `ask(first, limit)`: the first `limit` of what has a number from
    `first` on, by number, each as (number, what it is).
    """
    limit = PORTION_MIN
    while True:
        found = ask(first, limit)
        yield from found
        if len(found) < limit:
            return
        first, limit = found[-1][0] + 1, min(2 * limit, PORTION_MAX)


def rows(
    snap: Snapshot, *, first: int = 0, last: int | None = None, kind: str | None = None, party: str | None = None
) -> Iterator[tuple[int, LeafRow]]:
    """(number, leaf) of the leaves from number `first` to `last`, both among them, parts like any other; of one kind or
    for one party where those are named.
    """
    return walked(
        lambda first, limit: snap.leaves(first=first, last=last, kind=kind, party=party, limit=limit), first=first
    )


def leaves(snap: Snapshot, *, first: int = 0, kind: str | None = None, party: str | None = None) -> Iterator[Leaf]:
    """The leaves from number `first` on, each with its parts, by the number of the last of those."""
    parts: list[Mapping[str, Any]] = []
    for number, row in rows(snap, first=first, kind=kind, party=party):
        leaf = decoded(row.data)
        if leaf["kind"] == "part":
            parts.append(leaf)
            continue
        yield _whole(snap, number, leaf, parts)
        parts = []


def block_of(snap: Snapshot, block: int, *, first: int) -> Iterator[Leaf]:
    """The leaves of a write block from number `first` on."""
    return takewhile(lambda leaf: leaf.block == block, leaves(snap, first=first))


def leaf_of(snap: Snapshot, number: int, row: LeafRow) -> Leaf:
    """The leaf that stands there, no part of another, with its parts."""
    return _whole(snap, number, decoded(row.data), ())


def leaf_at(snap: Snapshot, number: int) -> Leaf:
    """The leaf with this number; for that of a part the leaf that it belongs to."""
    return next(leaves(snap, first=number))


def place_leaf(snap: Snapshot, delivery: int) -> Leaf:
    """The leaf of kind `place` that belongs to the delivery with this number: the next that is no part."""
    return leaf_at(snap, delivery + 1)


def delivery_leaf(snap: Snapshot, place: Leaf) -> Leaf:
    """The delivery that a leaf of kind `place` belongs to: the one before it and its parts."""
    return leaf_at(snap, place.number - place.parts - 1)


def seqs_of(place: Mapping[str, Any]) -> list[int]:
    """The items that a leaf of kind `place` says, in order."""
    return [seq for first, last in place["items"] for seq in range(first, last + 1)]


def records_of(snap: Snapshot, place: Mapping[str, Any]) -> list[Record]:
    """The same, as far as they are there."""
    seqs = seqs_of(place)
    found = {row.seq: row for row in snap.records(sorted(set(seqs)))}
    return [found[seq] for seq in seqs if seq in found]


def parts_of(snap: Snapshot, number: int, leaf: Mapping[str, Any]) -> list[bytes]:
    """The parts that stand before the leaf with this number."""
    count = leaf.get("parts", 0)
    return snap.leaf_bytes(number - count, number - 1) if count else []


def _whole(snap: Snapshot, number: int, leaf: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> Leaf:
    """The leaf with its parts, of which these were read: the first that was may stand in the middle of them."""
    if len(parts) != leaf.get("parts", 0):
        parts = [decoded(data) for data in parts_of(snap, number, leaf)]
    return Leaf(number, leaf["kind"], leaf["at"], leaf["block"], said([*parts, leaf]), len(parts))
