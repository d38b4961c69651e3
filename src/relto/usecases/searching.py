"""Searching: items by what people know of them, newest first, of those that whoever is in office may see (`shelf.py`).

The index (`ports/search.py`) follows the store at a distance (`indexing.py`); what it has not taken in yet is looked
through by itself. What it finds is looked up in the store: nobody is shown an item that is not there for them, and none
whose content is gone.

Who sees the whole stock is led along the index. Whoever sees a part of it goes through that alone: what others' items
have changes no page, no cursor and no time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.domain.findable import asked, may_have
from relto.domain.ids import parse_item
from relto.domain.keys import object_key
from relto.domain.ranges import EMPTY, Ranges
from relto.ports.search import IndexPlace
from relto.usecases.counting import count
from relto.usecases.indexing import is_of, value_of, words_of_item
from relto.usecases.sequencing import carry_out_due
from relto.usecases.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.search import SearchIndex
    from relto.ports.store import Body, Snapshot
    from relto.usecases.policy import PolicyDesk
    from relto.usecases.shelf import Wanted

PAGE_MAX: Final = 100

TAIL_MAX: Final = 5_000
"""So many of the newest items are looked through where the index has not got to them; and so many for one page of
whoever does not see everything.
"""

FEW: Final = 1_000
"""So many items are looked through at once: that is quicker than asking for a word that all others have as well."""

LOOKED_AT_MAX: Final = 8_000
"""Of what has the words so many are looked at for one page; then it ends, and says from where to go on."""

CHUNK: Final = 200
CHUNK_MAX: Final = 2_000
"""So many at first, and at most, are asked for at once."""


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item that was found: `name` is its id and version, `value` the object as parsed, `at` when it was stored."""

    name: str
    at: int
    value: dict[str, Any]
    originator: str
    topics: Collection[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of them, newest first. `before`: go on with what stands before this `seq`; None: that is all.
    `behind`: so many items have come that the index has not taken in, and that were too many to look through.
    """

    items: Sequence[FoundItem]
    before: int | None = None
    behind: int = 0


def search(
    node: Node,
    desk: PolicyDesk,
    index: SearchIndex,
    wanted: Wanted,
    *,
    by: Actor,
    before: int | None = None,
    limit: int = PAGE_MAX,
) -> Found:
    """A page of at most `limit` items. Raises `Refused` (`role-missing`) whatever is asked, `BadInput`
    (`search-span-invalid`), `Unreachable`.
    """
    by.require_office("look at items")
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise BadInput("search-span-invalid", "the time that is searched ends before it begins")
    carry_out_due(node, desk, node.store.head())
    # Before the snapshot: an index that is beyond what is looked at would seem to be of another store.
    place = index.place() if wanted.words.strip() else IndexPlace()
    with node.store.read() as snap:
        policy = desk.current(snap, snap.head().policy_version)
        shelf = Shelf(snap, policy, by=by)
        page = _Page(snap, shelf, wanted, limit, snap.head().last_seq + 1 if before is None else before)
        page.fill(index, place)
        shown = page.found[:limit]
        seqs = [each.seq for each in shown]
        stored = shelf.stored_at(seqs)
        values = [policy.classes[each.class_id].value for each in shown]
        names = [f"{each.stix_id}@{each.version}" for each in snap.records(sorted(seqs))][::-1]
        items = [
            FoundItem(name, stored[each.seq], value_of(each.raw), value.originator, value.topics)
            for name, each, value in zip(names, shown, values, strict=True)
        ]
        return Found(items, seqs[-1] if len(page.found) > limit else page.goes_on, page.behind)


@dataclass(slots=True)
class _Page:
    """One page, as it is filled: one item more than is on it says that there is more."""

    snap: Snapshot
    shelf: Shelf
    wanted: Wanted
    limit: int
    below: int
    found: list[Body] = field(default_factory=list)
    goes_on: int | None = None
    behind: int = 0
    _readable: dict[int, Ranges] | None = None

    @property
    def readable(self) -> dict[int, Ranges]:
        """What is looked for of what is there for whoever asks; worked out where anything asks for it."""
        if self._readable is None:
            self._readable = self.shelf.readable(self.wanted)
        return self._readable

    def fill(self, index: SearchIndex, place: IndexPlace) -> None:
        """Finds what is on it; `place`: where the index was, before the snapshot."""
        text = self.wanted.words.strip()
        words = asked(text)
        if text and not words:
            return
        if text and (named := self._named(text)) is not None:
            self._choose(named)
        elif not words:
            self._walk(words, 0, self.below, LOOKED_AT_MAX)
        elif not self.shelf.is_whole or self._is_few():
            self._walk(words, 0, self.below, TAIL_MAX)
        else:
            self._fill_by_words(index, words, place.upto if is_of(self.snap, place) else 0)

    def _is_few(self) -> bool:
        """Whether what is looked for is so little, whatever words it has, that it is quicker to look through it."""
        if self.snap.head().last_seq <= FEW:
            return True
        wanted = self.wanted
        is_narrow = wanted.topics or wanted.types or wanted.since is not None or wanted.until is not None
        return bool(is_narrow) and count(self.snap, self._upto(self.below - 1)) <= FEW

    def _is_readable(self, class_id: int, seq: int) -> bool:
        return seq in self.readable.get(class_id, EMPTY)

    def _named(self, text: str) -> list[int] | None:
        """The versions that a text names; None where it is no id."""
        try:
            name = parse_item(text)
        except BadInput:
            return None
        keys = [object_key(originator, name.id) for originator in self.shelf.originators]
        return [
            each.seq
            for versions in self.snap.known(keys).values()
            for each in versions
            if name.version_us in {None, each.version_us} and self._is_readable(each.class_id, each.seq)
        ]

    def _choose(self, seqs: Sequence[int]) -> None:
        """Takes the newest of all that there are, from where the page begins."""
        below = sorted(seq for seq in seqs if seq < self.below)
        while below and len(self.found) <= self.limit:
            self._take(self.snap.bodies(below[-CHUNK:])[::-1])
            del below[-CHUNK:]

    def _take(self, bodies: Sequence[Body]) -> None:
        self.found += [body for body in bodies if not body.is_purged]

    def _fill_by_words(self, index: SearchIndex, words: tuple[str, ...], indexed: int) -> None:
        """The newest, which the index may not have, by themselves; then by the index."""
        floor = max(indexed, self.snap.head().last_seq - TAIL_MAX)
        self.behind = floor - indexed
        if floor < self.below - 1 and not self._walk(words, floor, self.below, TAIL_MAX + 1):
            return
        below, looked, chunk = min(self.below, indexed + 1), 0, CHUNK
        lowest = min((ranges.pairs[0][0] for ranges in self.readable.values()), default=below)
        while len(self.found) <= self.limit:
            seqs = index.find(words, after=lowest, before=below, limit=chunk)
            records = [each for each in self.snap.records(seqs) if each.length]
            mine = [each.seq for each in records if self._is_readable(each.class_id, each.seq)]
            missing = self.limit + 1 - len(self.found)
            self._take(self.snap.bodies(mine[-missing:])[::-1])
            if len(seqs) < chunk:
                return
            looked, below, chunk = looked + len(seqs), seqs[-1], min(2 * chunk, CHUNK_MAX)
            if looked >= LOOKED_AT_MAX and len(self.found) <= self.limit:
                self.goes_on = below
                return

    def _walk(self, words: tuple[str, ...], after: int, below: int, at_most: int) -> bool:
        """Goes through what may be seen between, newest first. False where the page ends with it, full or not."""
        for seqs in self._portions(after, below):
            at_most -= len(seqs)
            self._take(self._with(words, self.snap.bodies(seqs)[::-1]))
            if len(self.found) > self.limit:
                return False
            if at_most <= 0:
                self.goes_on = seqs[-1]
                return False
        return True

    def _portions(self, after: int, below: int) -> Iterator[list[int]]:
        chunk = self.limit + 1
        while True:
            found = self.snap.scan_back(self._between(after, below), chunk)
            if found:
                yield [seq for seq, _ in found]
            if len(found) < chunk:
                return
            below, chunk = found[-1][0], min(2 * chunk, CHUNK_MAX)

    def _between(self, after: int, below: int) -> list[tuple[int, int, int]]:
        return [(class_id, *pair) for class_id, each in self._upto(below - 1).items() for pair in each.beyond(after)]

    def _upto(self, seq: int) -> dict[int, Ranges]:
        return {class_id: part for class_id, each in self.readable.items() if (part := each.upto(seq))}

    @staticmethod
    def _with(words: tuple[str, ...], bodies: Sequence[Body]) -> Sequence[Body]:
        return [body for body in bodies if has_words(body.raw, words)] if words else bodies


def has_words(raw: bytes, words: tuple[str, ...]) -> bool:
    """Whether an item has all of these words."""
    return may_have(raw, words) and words_of_item(raw).issuperset(words)
