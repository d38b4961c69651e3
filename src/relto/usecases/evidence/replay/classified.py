"""Classified: whether items have the classes that their bytes lead to. Only a node has the bytes, so no archive tells.

What came in is read and classified again, batch by batch, by the vocabulary and the marking definitions of then. An
item that joins others may have taken on what came in right after it, of the same intake: that is looked for until it is
there. Where the past was decided anew, all that was there is looked at once more, by the vocabulary of then. Content
that was purged says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from msgspec import structs

from relto.domain.classify import classify
from relto.domain.item import Header
from relto.domain.keys import object_key
from relto.domain.marking import STATEMENTS, combine
from relto.domain.marking.tlp import FIXED
from relto.domain.topic import Vocabulary
from relto.usecases.evidence.faults import Fault
from relto.usecases.joining import union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from relto.domain.classes import Class, Restrictions
    from relto.domain.item import Reject
    from relto.ports.store import Body, ClassRow, Snapshot

PORTION: Final = 5_000
"""Items that are read at once where the past was decided anew."""

WAITING_MAX: Final = 50_000
"""So many items more whose topics are not explained yet, before what is there by then is asked."""

INTAKE: Final = 100_000
"""Numbers within which what came in together stands, whoever gave something meanwhile."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An item with topics that nothing has yet that it joins."""

    leaf: int
    seq: int
    topics: frozenset[str]
    keys: tuple[bytes, ...]


class Content:
    """The bytes of a node's items, and whether each has the class that follows."""

    def __init__(
        self, node: Snapshot, read: Callable[[bytes], Header | Reject], statements: Mapping[str, Restrictions]
    ) -> None:
        """`read` gives the header of an object; `statements`: those that the node's settings add to the usual ones."""
        self._node = node
        self._read = read
        self._statements = {**STATEMENTS, **statements}
        self._waiting: list[_Waiting] = []
        self._left = 0
        self._vocabulary: tuple[str, Vocabulary] = ("", Vocabulary(()))

    def arrived(
        self, leaf: int, originator: str, seqs: Sequence[int], book: Snapshot, classes: Mapping[int, ClassRow]
    ) -> Iterator[Fault]:
        """What is wrong with the classes of items that have just come in. `book`: the log carried out up to there."""
        places, headers = self._headers(self._node.bodies(seqs))
        if not headers:
            return
        here, contents = book.definitions(originator), self._node.definitions(originator)
        carried = {name: content for name, content in contents.items() if name in here}
        conflicting = book.conflicting(originator)
        vocabulary = self._words(book.setting("topics") or "")
        if any(header.definition for header in headers):
            yield from _kept_otherwise(leaf, originator, places, headers, carried, book)

        def classified(
            some: Sequence[Header], statements: Mapping[str, Restrictions], stored: Mapping[str, Class] | None = None
        ) -> list[Class]:
            return classify(
                some, originator=originator, vocabulary=vocabulary, carried=carried, conflicting=conflicting,
                statements=statements, stored=stored or {},
            )  # fmt: skip

        least = classified(headers, self._statements)
        most = least
        if any(header.joins for header in headers):
            most = classified(headers, self._statements, _stored(book, classes, originator, headers))
        rows = {row.seq: row for row in book.records(places)}
        judged: dict[tuple[int, int, int, bool], str] = {}
        for seq, header, low, high in zip(places, headers, least, most, strict=True):
            row = rows[seq]
            value = classes[row.class_id].value
            of = (row.class_id, id(low), id(high), bool(header.joins))
            if of not in judged:
                judged[of] = _wrong(value, low, high, is_joining=bool(header.joins))
            text = judged[of]
            if text == _RESTRICTIONS:
                # What statements mean is a setting of the node, which may have been another then; what TLP is, not.
                bare, mine = classified([header], {}), classified([header], self._statements)
                (least_of_all,) = classified([_without_statements(header)], {})
                is_less = combine(value.restrictions, least_of_all.restrictions) != value.restrictions
                text = text if is_less or (bare == mine and not high.restrictions.statements) else ""
            if not text and value.restrictions.doubts and not high.restrictions.doubts and _is_plain(header):
                text = "nothing of it is in doubt"
            if not text and any(word.verb == "retract" for word in value.overrides) and not header.revoked:
                text = "it passes pauses as if it revoked something, and does not"
            if (object_key(originator, header.id), header.version) != (row.key, row.version):
                text = "its bytes are those of another object, or of another version"
            extra = value.topics - high.topics
            if text:
                yield Fault("class-other", f"item {seq}: {text}", "gate", leaf=leaf, item=seq)
            elif extra:
                keys = tuple(object_key(originator, name) for name in header.joins)
                self._waiting.append(_Waiting(leaf, seq, extra, keys))
        if len(self._waiting) >= self._left + WAITING_MAX:
            yield from self._explained(book, classes, upto=seqs[-1] - INTAKE)
            self._left = len(self._waiting)

    def reclassing(self, book: Snapshot, classes: Mapping[int, ClassRow]) -> Iterator[Fault]:
        """The past is about to be decided anew: what has come in by now explains what items took on."""
        yield from self._explained(book, classes, upto=None)

    def reclassed(
        self,
        leaf: int,
        stretches: Iterable[tuple[int, int]],
        book: Snapshot,
        classes: Mapping[int, ClassRow],
        *,
        is_settled: bool,
    ) -> Iterator[Fault]:
        """The past was decided anew, that is the items of these stretches (first and last): what is wrong with it."""
        vocabulary = self._words(book.setting("topics") or "")
        portions = [
            (start - 1, min(start - 1 + PORTION, last))
            for first, last in stretches
            for start in range(first, last + 1, PORTION)
        ]
        for after, upto in portions:
            places, headers = self._headers(self._node.bodies_between(after, upto))
            numbers = {row.seq: row.class_id for row in book.records(places)}
            waiting = []
            for seq, header in zip(places, headers, strict=True):
                value = classes[numbers[seq]].value
                if value.withdrawn:
                    continue
                own = vocabulary.topics_of(header.type, header.labels, header.phases, header.indicator_types)
                extra = value.topics - own
                if not own <= value.topics or (extra and not header.joins):
                    text = f"item {seq}: its topics are not those of its words"
                    yield Fault("class-other", text, "gate", leaf=leaf, item=seq)
                elif extra and is_settled:
                    keys = tuple(object_key(value.originator, name) for name in header.joins)
                    waiting.append(_Waiting(leaf, seq, extra, keys))
            for each in _unexplained(waiting, book, classes):
                yield _lacking(each)

    def finish(self, book: Snapshot, classes: Mapping[int, ClassRow]) -> Iterator[Fault]:
        """What is wrong in the end."""
        yield from self._explained(book, classes, upto=None)

    def _headers(self, bodies: Sequence[Body]) -> tuple[list[int], list[Header]]:
        places, headers = [], []
        for body in bodies:
            header = self._read(body.raw) if body.raw else None
            if isinstance(header, Header):
                places.append(body.seq)
                headers.append(header)
        return places, headers

    def _words(self, text: str) -> Vocabulary:
        if self._vocabulary[0] != text:
            self._vocabulary = text, Vocabulary.parse(text)
        return self._vocabulary[1]

    def _explained(self, book: Snapshot, classes: Mapping[int, ClassRow], *, upto: int | None) -> Iterator[Fault]:
        left = _unexplained(self._waiting, book, classes)
        self._waiting = [each for each in left if upto is not None and each.seq > upto]
        for each in left:
            if upto is None or each.seq <= upto:
                yield _lacking(each)


_RESTRICTIONS: Final = "its class is not as strict as its markings, or stricter"


def _wrong(value: Class, low: Class, high: Class, *, is_joining: bool) -> str:
    """What is wrong with a class where an item's own bytes lead to `low` at least, and with what it joins to `high`."""
    if (value.originator, value.type) != (low.originator, low.type):
        return "its class is one of other objects"
    if not low.topics <= value.topics or (not is_joining and value.topics != low.topics):
        return "its topics are not those of its words"
    mine = value.restrictions
    # What is in doubt is kept from everybody. It may have been so by what another process was about to store.
    if mine.doubts or mine == high.restrictions:
        return ""
    return "" if is_joining and combine(mine, high.restrictions) == mine else _RESTRICTIONS


def _kept_otherwise(
    leaf: int,
    originator: str,
    places: Sequence[int],
    headers: Sequence[Header],
    carried: Mapping[str, bytes],
    book: Snapshot,
) -> Iterator[Fault]:
    """Where a marking that came in first with these items is kept as something that none of them says."""
    said: dict[str, set[bytes]] = {}
    for header in headers:
        if header.definition and header.id in carried:
            said.setdefault(header.id, set()).add(header.definition)
    keys = {object_key(originator, name): name for name in said}
    for key, versions in book.known(keys).items():
        name = keys[key]
        if {each.seq for each in versions} <= {*places} and carried[name] not in said[name]:
            text = f"`{name}` is kept as something that no item says"
            yield Fault("class-other", text, "gate", leaf=leaf, item=versions[0].seq)


def _without_statements(header: Header) -> Header:
    """With those markings alone that mean one thing everywhere."""
    own, granular = (tuple(name for name in names if name in FIXED) for names in (header.markings, header.granular))
    return structs.replace(header, markings=own, granular=granular)


def _is_plain(header: Header) -> bool:
    """Whether nothing of it can be in doubt: all its markings mean one thing everywhere, and it says what none means,
    and joins nothing.
    """
    return not header.joins and not header.definition and {*header.markings, *header.granular} <= FIXED.keys()


def _lacking(each: _Waiting) -> Fault:
    named = ", ".join(sorted(each.topics))
    text = f"item {each.seq}: it has topics that neither its words nor what it joins have: {named}"
    return Fault("class-other", text, "gate", leaf=each.leaf, item=each.seq)


def _unexplained(waiting: Sequence[_Waiting], book: Snapshot, classes: Mapping[int, ClassRow]) -> list[_Waiting]:
    """Those whose topics nothing has that they join."""
    if not waiting:
        return []
    known = book.known({key for each in waiting for key in each.keys})
    topics = {
        key: frozenset().union(*(classes[each.class_id].value.topics for each in versions))
        for key, versions in known.items()
    }
    return [
        each
        for each in waiting
        if not each.topics <= frozenset().union(*(topics.get(key, frozenset()) for key in each.keys))
    ]


def _stored(
    book: Snapshot, classes: Mapping[int, ClassRow], originator: str, headers: Sequence[Header]
) -> dict[str, Class]:
    """For each id that is joined the union of the classes of its versions."""
    keys = {object_key(originator, name): name for header in headers for name in header.joins}
    found = {}
    for key, versions in book.known(keys).items():
        distinct = dict.fromkeys(version.class_id for version in versions)
        # What was withdrawn passes on what it was.
        found[keys[key]] = union([replace(classes[number].value, withdrawn=False) for number in distinct])
    return found
