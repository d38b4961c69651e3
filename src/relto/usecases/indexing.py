"""Indexing: the search index follows the store, a slice at a time, and forgets what was purged.

Nobody waits for it: who stores items does not know of it, and who looks for them looks through what it has not taken in
(`searching.py`). An index that is of another store, or of this one before it was restored, is begun anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.findable import findable
from relto.domain.ranges import OPEN
from relto.ports.search import IndexPlace
from relto.usecases.evidence.walking import leaf_of

if TYPE_CHECKING:
    from relto.ports.node import Node
    from relto.ports.search import SearchIndex
    from relto.ports.store import Body, Snapshot

SLICE: Final = 500
"""Items that are taken in at once: a search index that several processes fill is locked for no longer."""

PURGES: Final = 20
"""Leaves of purges that are worked through at once."""

PURGED: Final = "purged"

RULES: Final = b"1:"
"""Stands before the digest that an index keeps. Whoever changes what is findable counts on, and each is begun anew."""


def follow(node: Node, index: SearchIndex) -> bool:
    """Takes in the next slice; whether there is more to do. False also where another process was faster: it goes on.

    Raises `Unreachable` as store and index do.
    """
    place = index.place()
    with node.store.read() as snap:
        if not is_of(snap, place):
            index.clear()
            place = IndexPlace()
        gone, purge = _purged(snap, place)
        bodies = _next(snap, place.upto) if purge == place.purge else []
    if purge > place.purge:
        return index.forget(place, gone, purge=purge)
    if not bodies:
        return index.clean()
    words = [(body.seq, words_of_item(body.raw)) for body in bodies]
    return index.add(place, words, upto=bodies[-1].seq, digest=RULES + bodies[-1].digest)


def follow_for(node: Node, index: SearchIndex, *, seconds: float) -> None:
    """Takes in slice after slice, for about so long. Raises as `follow`."""
    end = node.clock.now() + int(seconds * 1_000_000)
    while follow(node, index) and node.clock.now() < end:
        pass


def is_of(snap: Snapshot, place: IndexPlace) -> bool:
    """Whether an index at that place was made of this store, as it is."""
    if place.purge and not any(leaf.kind == PURGED for _, leaf in snap.leaves(first=place.purge - 1, limit=1)):
        return False
    return not place.upto or [RULES + each.digest for each in snap.records([place.upto])] == [place.digest]


def words_of_item(raw: bytes) -> frozenset[str]:
    """The words of an item by its bytes; one whose content was purged has none. Total."""
    value = value_of(raw)
    return findable(value) if value else frozenset()


def value_of(raw: bytes) -> dict[str, Any]:
    """The object, as parsed; empty where its content was purged, or no reader of ours can make anything of it."""
    try:
        return _DECODER.decode(raw) if raw else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


_DECODER = msgspec.json.Decoder(dict[str, Any])


def _next(snap: Snapshot, after: int) -> list[Body]:
    last = snap.head().last_seq
    if after >= last:
        return []
    found = snap.bodies_between(after, min(after + SLICE, last))
    if found:
        return found
    # Where a store was restored, numbers were left out.
    first = snap.scan([(row.id, after, OPEN) for row in snap.classes()], 1)
    return snap.bodies_between(first[0][0] - 1, min(first[0][0] - 1 + SLICE, last)) if first else []


def _purged(snap: Snapshot, place: IndexPlace) -> tuple[list[int], int]:
    """The items that leaves from number `place.purge` on say were purged, and the number after the last of these."""
    last = snap.last_leaf("", [PURGED])
    if last is None or last < place.purge:
        return [], place.purge
    found: set[int] = set()
    after = place.purge
    for number, leaf in snap.leaves(first=place.purge, kind=PURGED, party="", limit=PURGES):
        ranges = leaf_of(snap, number, leaf).says["ranges"]
        # Item by item, not class by class: one may have gone to another class since.
        low, high = min(each[1] for each in ranges), min(max(each[2] for each in ranges), place.upto)
        while low < high:
            upto = min(low + SLICE, high)
            found.update(each.seq for each in snap.records_between(low, upto) if each.is_purged)
            low = upto
        after = number + 1
    return sorted(found), after
