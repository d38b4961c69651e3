"""Classifying: the class of each object of a batch, from its markings, its topics and what it joins.

The rules, in order:

1. Own markings, granular markings and the markings of the marking definitions are combined (`domain/marking`).
2. An object that joins others takes on the topics and the restrictions of what it joins, and of what that joins in
   turn. What the batch holds and what is stored count both, in all their versions, so the order of a batch and
   where one batch ends and the next begins never matter. A joined object that is absent is no doubt.
3. A marking definition whose id stands for other content is itself in doubt, and so is all that refers to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from relto.domain.classes import Class, Restrictions
from relto.domain.item import Header
from relto.domain.marking.combination import NEUTRAL, combine, combine_all
from relto.domain.marking.definition import Content, Resolver, is_same_definition, read_definition
from relto.domain.marking.doubt import Doubt, doubtful
from relto.domain.marking.statement import STATEMENTS
from relto.domain.marking.tlp import FIXED
from relto.domain.topic import Vocabulary

Stored: TypeAlias = Mapping[str, Class] | Callable[[str], Class | None]
"""Finds the class of a stored object by its id: the union over its versions; None where nothing is stored."""

_OTHER_CONTENT: Final = Doubt("its id stands for other content")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a batch carries in marking definitions that its originator had not carried before.

    `first`: by id, the definition to keep. `conflicting`: ids that were carried with other content than the one to
    keep; whatever refers to them is in doubt. Where one batch has an id twice, with different content, and neither
    was there before, the one with the lower bytes is kept, so that the order of a batch does not matter.
    """

    first: Mapping[str, bytes]
    conflicting: frozenset[str]


def carried_in(
    headers: Iterable[Header],
    *,
    originator: str,
    carried: Mapping[str, Content],
    statements: Mapping[str, Restrictions] = STATEMENTS,
) -> Carried:
    """The new marking definitions of a batch. `carried` are those of before: the first content of an id stays.

    Content that `carried` holds as `Restrictions` cannot be compared: whoever hands it in looks after conflicts.
    """
    held = [header for header in headers if header.definition]
    first: dict[str, bytes] = {}
    for header in held:
        known = first.get(header.id)
        if header.id not in carried and (known is None or header.definition < known):
            first[header.id] = header.definition
    conflicting = set()
    for header in held:
        kept = carried.get(header.id, first.get(header.id, header.definition))
        if header.id in FIXED:
            if read_definition(header.definition, originator=originator, statements=statements).doubts:
                conflicting.add(header.id)
            continue
        if isinstance(kept, Restrictions) or kept == header.definition:
            continue
        if not is_same_definition(kept, header.definition, originator=originator, statements=statements):
            conflicting.add(header.id)
    return Carried(first, frozenset(conflicting))


def classify(
    headers: Sequence[Header],
    *,
    originator: str,
    vocabulary: Vocabulary,
    carried: Mapping[str, Content],
    conflicting: AbstractSet[str] = frozenset(),
    statements: Mapping[str, Restrictions] = STATEMENTS,
    stored: Stored = MappingProxyType({}),
) -> list[Class]:
    """The class of each object of a batch, in the order of the batch. Total, and linear in what the headers hold.

    `carried` are the marking definitions that this originator carried before, the first content of each id;
    `conflicting` the ids that it carried with other content as well. Those of the batch are added (`carried_in`).
    """
    new = carried_in(headers, originator=originator, carried=carried, statements=statements)
    resolver = Resolver(
        {**new.first, **carried} if new.first else carried,
        originator=originator,
        conflicting=conflicting | new.conflicting,
        statements=statements,
    )
    restrictions: dict[tuple[tuple[str, ...], tuple[str, ...]], Restrictions] = {}
    interned: dict[tuple[str, frozenset[str], Restrictions], Class] = {}
    kinds: dict[tuple[tuple[str, ...], ...], Class] = {}
    classes: list[Class] = []
    joining: list[int] = []
    for place, header in enumerate(headers):
        marks = (header.markings, header.granular)
        kind = ((header.type,), *marks, header.labels, header.phases, header.indicator_types)
        klass = kinds.get(kind)
        if klass is None:
            own = restrictions.get(marks)
            if own is None:
                own = restrictions[marks] = resolver.restrictions([*header.markings, *header.granular])
            topics = vocabulary.topics_of(header.type, header.labels, header.phases, header.indicator_types)
            of = (header.type, topics, own)
            klass = interned.get(of)
            if klass is None:
                klass = interned[of] = Class(originator, header.type, topics, own)
            kinds[kind] = klass
        if header.definition:
            klass = _of_definition(
                klass, header, carried=carried, originator=originator, statements=statements, new=new
            )
        if header.joins:
            joining.append(place)
        classes.append(klass)
    if joining:
        _Joining(headers, classes, stored).take_on(joining)
    return classes


def stricter(current: Class, joined: Class) -> Class:
    """The class that a joining object has after something that it joins arrived later: restrictions combined.

    Topics stay: what already flowed under them is not moved by a later arrival. `current` itself where nothing changes.
    """
    together = combine(current.restrictions, joined.restrictions)
    return current if together == current.restrictions else replace(current, restrictions=together)


def _of_definition(
    klass: Class,
    header: Header,
    *,
    carried: Mapping[str, Content],
    originator: str,
    statements: Mapping[str, Restrictions],
    new: Carried,
) -> Class:
    """The class of a marking definition itself: in doubt where it is not what its id stands for."""
    if header.id in FIXED:
        good = not read_definition(header.definition, originator=originator, statements=statements).doubts
    elif header.id in new.conflicting:
        kept = carried.get(header.id)
        # INVARIANT: with nothing kept from before, neither of two in one batch is better than the other.
        good = isinstance(kept, (bytes, Mapping)) and is_same_definition(
            kept, header.definition, originator=originator, statements=statements
        )
    else:
        good = True
    if good:
        return klass
    return replace(klass, restrictions=combine(klass.restrictions, doubtful(header.id, _OTHER_CONTENT)))


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a joined object passes on to what joins it."""

    topics: frozenset[str] = frozenset()
    restrictions: Restrictions = NEUTRAL


_NOTHING: Final = _Taken()


class _Joining:
    """Takes restrictions and topics on along references, through circles, for the joining objects of one batch.

    The graph has a node for each id: it refers to what all the batch's versions of it join. So its size is that of
    the headers, however many versions one id has.
    """

    def __init__(self, headers: Sequence[Header], classes: list[Class], stored: Stored) -> None:
        self._headers = headers
        self._classes = classes
        self._stored = stored.get if isinstance(stored, Mapping) else stored
        self._places: dict[str, list[int]] = {}
        for place, header in enumerate(headers):
            self._places.setdefault(header.id, []).append(place)
        self._taken: dict[str, _Taken] = {}
        self._unions: dict[frozenset[_Taken], _Taken] = {}
        self._joined: dict[tuple[Class, _Taken], Class] = {}

    def take_on(self, joining: Sequence[int]) -> None:
        """Puts the class that each of these has with all that it joins into the list of classes."""
        whole: list[tuple[int, Class]] = []
        for place in joining:
            ids = self._headers[place].joins
            for id_ in ids:
                if id_ not in self._taken:
                    # Most joined ids join nothing themselves, or are stored already: no walk is needed.
                    if self._next(id_):
                        self._walk(id_)
                    else:
                        self._taken[id_] = self._alone(id_)
            taken = self._union(self._taken[id_] for id_ in ids)
            whole.append((place, self._with(self._classes[place], taken)))
        # The list is changed only now: until here it holds what each object is by itself.
        for place, klass in whole:
            self._classes[place] = klass

    def _with(self, klass: Class, taken: _Taken) -> Class:
        known = self._joined.get((klass, taken))
        if known is None:
            topics = klass.topics | taken.topics
            together = combine(klass.restrictions, taken.restrictions)
            known = self._joined[klass, taken] = replace(klass, topics=topics, restrictions=together)
        return known

    def _alone(self, id_: str) -> _Taken:
        """What an id passes on by itself: all its versions in the batch, and what is stored."""
        classes = {self._classes[place] for place in self._places.get(id_, ())}
        held = self._stored(id_)
        if held is not None:
            classes.add(held)
        return self._union(_Taken(klass.topics, klass.restrictions) for klass in classes)

    def _next(self, id_: str) -> list[str]:
        """The ids that an id joins, by all its versions in the batch."""
        return [joined for place in self._places.get(id_, ()) for joined in self._headers[place].joins]

    def _union(self, parts: Iterable[_Taken]) -> _Taken:
        distinct = frozenset(parts)
        if len(distinct) < 2:
            return next(iter(distinct), _NOTHING)
        known = self._unions.get(distinct)
        if known is None:
            topics = frozenset().union(*(part.topics for part in distinct))
            known = self._unions[distinct] = _Taken(topics, combine_all(part.restrictions for part in distinct))
        return known

    def _walk(self, start: str) -> None:
        """Fills `_taken` for an id and all that it reaches: strongly connected components, innermost first (Tarjan).

        Those in one circle pass on the same. The stack is a list: a chain of references as long as the batch costs
        no recursion.
        """
        number: dict[str, int] = {}
        lowest: dict[str, int] = {}
        open_: list[str] = []
        is_open: set[str] = set()
        path = [(start, iter(self._enter(start, number, lowest, open_, is_open)))]
        while path:
            id_, rest = path[-1]
            for joined in rest:
                if joined in self._taken:
                    continue
                if joined in is_open:
                    lowest[id_] = min(lowest[id_], number[joined])
                    continue
                path.append((joined, iter(self._enter(joined, number, lowest, open_, is_open))))
                break
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[id_])
                if lowest[id_] == number[id_]:
                    self._close(id_, open_, is_open)

    def _enter(
        self, id_: str, number: dict[str, int], lowest: dict[str, int], open_: list[str], is_open: set[str]
    ) -> list[str]:
        number[id_] = lowest[id_] = len(number)
        open_.append(id_)
        is_open.add(id_)
        return self._next(id_)

    def _close(self, root: str, open_: list[str], is_open: set[str]) -> None:
        """Settles the circle that ends at `root` (mostly one id alone)."""
        circle = []
        while True:
            id_ = open_.pop()
            is_open.discard(id_)
            circle.append(id_)
            if id_ == root:
                break
        inside = set(circle)
        parts = [self._alone(id_) for id_ in circle]
        parts += [self._taken[joined] for id_ in circle for joined in self._next(id_) if joined not in inside]
        together = self._union(parts)
        for id_ in circle:
            self._taken[id_] = together
