"""Searching: items by what people know of them, newest first, of those that whoever asks may see (`shelf.py`).

The index (`ports/search.py`) follows the store at a distance (`indexing.py`); what it has not taken in yet is looked
through by itself. What it finds is looked up in the store: nobody is shown an item that is not there for them, and none
whose content is gone.

Who sees the whole stock is led along the index. Where others' items are in it as well, it is asked for few at once, and
where that is not enough whoever asks goes through what is theirs alone: no count, no cursor and no early end says that
there was anything else, and no time, as answers leave at even intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.domain.findable import asked, may_have
from relto.domain.ids import parse_item
from relto.domain.keys import object_key
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.counting import count
from relto.usecases.indexing import is_of, value_of, words_of_item
from relto.usecases.sequencing import carry_out_due
from relto.usecases.shelf import Shelf, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.search import SearchIndex
    from relto.ports.store import Body, Snapshot
    from relto.usecases.policy import PolicyDesk
    from relto.usecases.shelf import Wanted

PAGE_MAX: Final = 100

TAIL_MAX: Final = 5_000
"""So many of the newest items are looked through where the index has not got to them."""

FEW: Final = 1_000
"""So many items are looked through at once: that is quicker than asking for a word that all others have as well."""

LOOKED_AT_MAX: Final = 8_000
"""Of what has the words so many are looked at for one page; then it ends, and says from where to go on."""

THEIRS_MAX: Final = 3_000
"""So many are asked for, for whoever does not see everything."""

WALKED_MAX: Final = 300
"""So many of what is theirs are looked through for one page, where there may be more."""

CHUNK: Final = 200
CHUNK_MAX: Final = 2_000
"""So many at first, and at most, are asked for at once."""

EVEN_US: Final = 50_000
"""How far apart the moments are at which whoever does not see everything is answered."""


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item that was found: `name` is its id and version, `value` the object as parsed, `at` when it was stored, or
    released to whoever receives it; `originator` is empty where that is not for whoever asks, `topics` those that are.
    """

    name: str
    at: int
    value: dict[str, Any]
    originator: str
    topics: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of them, newest first. `before`: go on with what stands before this moment and `seq`; None: that is all.
    `behind`: so many items have come that the index has not taken in, and that were too many to look through.
    """

    items: Sequence[FoundItem]
    before: tuple[int, int] | None = None
    behind: int = 0


def search(
    node: Node,
    desk: PolicyDesk,
    index: SearchIndex,
    wanted: Wanted,
    *,
    by: Actor,
    before: tuple[int, int] | None = None,
    limit: int = PAGE_MAX,
) -> Found:
    """A page of at most `limit` items. Raises `BadInput` (`search-span-invalid`), `Unreachable`."""
    began = node.clock.now()
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise BadInput("search-span-invalid", "the time that is searched ends before it begins")
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        shelf = Shelf(snap, desk.current(snap, head.policy_version), by=by, now=node.now(head))
        found = _Page(snap, shelf, wanted, limit, before).filled(index)
    if not shelf.is_whole:
        # How long it took would tell how much there is that is not for them.
        node.clock.sleep(EVEN_US - (node.clock.now() - began) % EVEN_US)
    return found


@dataclass(slots=True)
class _Page:
    """One page, as it is filled: one item more than is on it says that there is more."""

    snap: Snapshot
    shelf: Shelf
    wanted: Wanted
    limit: int
    before: tuple[int, int] | None
    found: list[Body] = field(default_factory=list)
    goes_on: Spot | None = None
    behind: int = 0
    _readable: dict[int, Ranges] | None = None

    @property
    def readable(self) -> dict[int, Ranges]:
        """What is looked for of what is there for whoever asks; worked out where anything asks for it."""
        if self._readable is None:
            self._readable = self.shelf.readable(self.wanted)
        return self._readable

    def filled(self, index: SearchIndex) -> Found:
        """The page, as whoever asks sees it."""
        self._fill(index)
        shown = self.found[: self.limit]
        spots = self.shelf.spots([(each.seq, each.class_id) for each in shown])
        names = {each.seq: f"{each.stix_id}@{each.version}" for each in self.snap.records([each.seq for each in shown])}
        items = [
            FoundItem(names[each.seq], spot.at, value_of(each.raw), *self.shelf.told(each.class_id))
            for each, spot in zip(shown, spots, strict=True)
        ]
        last = spots[-1] if len(self.found) > self.limit else self.goes_on
        return Found(items, None if last is None else last[:2], self.behind)

    def _fill(self, index: SearchIndex) -> None:
        text = self.wanted.words.strip()
        words = asked(text)
        if text and not words:
            return
        if text and (named := self._named(text)) is not None:
            self._choose(named)
        elif not self.shelf.is_whole:
            self._fill_theirs(index, words)
        elif not words:
            self._walk(words, 0, self._below, LOOKED_AT_MAX)
        elif self._is_few():
            self._walk(words, 0, self._below, FEW + 1)
        else:
            self._fill_by_words(index, words)

    def _is_few(self) -> bool:
        """Whether what is looked for is so little, whatever words it has, that it is quicker to look through it."""
        if self.snap.head().last_seq <= FEW:
            return True
        wanted = self.wanted
        is_narrow = wanted.topics or wanted.types or wanted.since is not None or wanted.until is not None
        return bool(is_narrow) and count(self.snap, self._upto(self._below - 1)) <= FEW

    def _is_readable(self, class_id: int, seq: int) -> bool:
        return seq in self.readable.get(class_id, EMPTY)

    def _named(self, text: str) -> list[tuple[int, int]] | None:
        """The (seq, class) of the versions that a text names; None where it is no id."""
        try:
            name = parse_item(text)
        except BadInput:
            return None
        keys = [object_key(originator, name.id) for originator in self.shelf.originators]
        return [
            (each.seq, each.class_id)
            for versions in self.snap.known(keys).values()
            for each in versions
            if name.version_us in {None, each.version_us} and self._is_readable(each.class_id, each.seq)
        ]

    def _choose(self, items: Sequence[tuple[int, int]]) -> None:
        """Takes the newest of all that there are, from where the page begins."""
        if self.shelf.is_by_number:
            seqs = sorted((seq for seq, _ in items if self.before is None or seq < self.before[1]), reverse=True)
        else:
            spots = sorted(self.shelf.spots(items), reverse=True)
            seqs = [each.seq for each in spots if self.before is None or each[:2] < self.before]
        for start in range(0, len(seqs), CHUNK):
            bodies = {body.seq: body for body in self.snap.bodies(seqs[start : start + CHUNK])}
            self._take([bodies[seq] for seq in seqs[start : start + CHUNK]])
            if len(self.found) > self.limit:
                return

    def _take(self, bodies: Sequence[Body]) -> None:
        self.found += [body for body in bodies if not body.is_purged]

    def _indexed(self, index: SearchIndex) -> int:
        """Up to which item the index has them all."""
        place = index.place()
        return place.upto if is_of(self.snap, place) else 0

    # For whoever sees everything: in the order of storing.

    @property
    def _below(self) -> int:
        return self.snap.head().last_seq + 1 if self.before is None else self.before[1]

    def _fill_by_words(self, index: SearchIndex, words: tuple[str, ...]) -> None:
        """The newest, which the index may not have, by themselves; then by the index."""
        indexed, last = self._indexed(index), self.snap.head().last_seq
        floor = max(indexed, last - TAIL_MAX)
        self.behind = floor - indexed
        if floor < self._below - 1 and not self._walk(words, floor, self._below, TAIL_MAX + 1):
            return
        below, looked, chunk = min(self._below, indexed + 1), 0, CHUNK
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
                self.goes_on = Spot(0, below, 0)
                return

    def _walk(self, words: tuple[str, ...], after: int, below: int, at_most: int) -> bool:
        """Goes through what may be seen between, newest first. False where the page ends with it, full or not."""
        for seqs in self._portions(after, below):
            at_most -= len(seqs)
            self._take(self._with(words, self.snap.bodies(seqs)[::-1]))
            if len(self.found) > self.limit:
                return False
            if at_most <= 0:
                self.goes_on = Spot(0, seqs[-1], 0)
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

    # For all others: in the order of what was released to them.

    def _fill_theirs(self, index: SearchIndex, words: tuple[str, ...]) -> None:
        items = self._all_theirs(index, words) if words else None
        if items is not None:
            self._choose(items)
            return
        spots = self.shelf.newest(self.wanted, self.before)
        left, chunk = WALKED_MAX, self.limit + 1
        while portion := list(islice(spots, chunk)):
            left, chunk = left - len(portion), CHUNK
            bodies = {body.seq: body for body in self.snap.bodies([each.seq for each in portion])}
            self._take(self._with(words, [bodies[each.seq] for each in portion]))
            if len(self.found) > self.limit:
                return
            if left <= 0:
                self.goes_on = portion[-1]
                return

    def _all_theirs(self, index: SearchIndex, words: tuple[str, ...]) -> list[tuple[int, int]] | None:
        """The (seq, class) of all that has the words; None where there may be more than can be looked up at once."""
        indexed, last = self._indexed(index), self.snap.head().last_seq
        seqs = index.find(words, before=indexed + 1, limit=THEIRS_MAX)
        if len(seqs) == THEIRS_MAX:
            return None
        tail = self.snap.scan_back(self._between(indexed, last + 1), FEW) if indexed < last else []
        if len(tail) == FEW:
            return None
        found = [(each.seq, each.class_id) for each in self.snap.records(seqs)]
        late = self._with(words, self.snap.bodies([seq for seq, _ in tail]))
        found += [(each.seq, each.class_id) for each in late]
        return [(seq, class_id) for seq, class_id in found if self._is_readable(class_id, seq)]


def has_words(raw: bytes, words: tuple[str, ...]) -> bool:
    """Whether an item has all of these words."""
    return may_have(raw, words) and words_of_item(raw).issuperset(words)
