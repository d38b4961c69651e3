"""Counting: how many items there are in ranges of classes, exactly and without counting rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from relto.domain.ranges import Ranges
    from relto.ports.store import Range, Snapshot
    from relto.usecases.policy import Policy

    T = TypeVar("T")

ASKED_MAX: Final = 20_000
"""Ranges that the store is asked about by one question."""


class Counts:
    """How many items there are in each of many sets of ranges by class. All is asked at once, and a range that is in
    several of them once: flows of one pause mostly stand at the same places.
    """

    def __init__(self, snap: Snapshot, every: Iterable[Mapping[int, Ranges]]) -> None:
        self._found = count_each(snap, (each for ranges in every for each in pieces(ranges)))

    def of(self, ranges: Mapping[int, Ranges]) -> dict[int, int]:
        """By class; `ranges` are some of those that were asked about."""
        found: dict[int, int] = {}
        for each in pieces(ranges):
            found[each[0]] = found.get(each[0], 0) + self._found[each]
        return found

    def by_topic(self, policy: Policy, ranges: Mapping[int, Ranges]) -> tuple[int, dict[str, int]]:
        """In all, and of each topic; an item counts under each of its topics."""
        return summed((count, policy.classes[name].value.topics) for name, count in self.of(ranges).items())


def pieces(ranges: Mapping[int, Ranges]) -> Iterator[Range]:
    """Each range by itself, with its class."""
    for class_id, each in ranges.items():
        for after, upto in each:
            yield class_id, after, upto


def count_each(snap: Snapshot, ranges: Iterable[Range]) -> dict[Range, int]:
    """How many items there are in each range, which is asked about once however often it is there."""
    return asked_once(snap.counts, ranges)


def asked_once(ask: Callable[[Sequence[Range]], Sequence[T]], ranges: Iterable[Range]) -> dict[Range, T]:
    """What the store says of each range, of at most `ASKED_MAX` by one question."""
    asked = list(dict.fromkeys(ranges))
    found: dict[Range, T] = {}
    for place in range(0, len(asked), ASKED_MAX):
        part = asked[place : place + ASKED_MAX]
        found.update(zip(part, ask(part), strict=True))
    return found


def summed(found: Iterable[tuple[int, Collection[str]]]) -> tuple[int, dict[str, int]]:
    """Of (how many items, their topics): how many there are in all, and of each topic."""
    total, by_topic = 0, dict[str, int]()
    for count, topics in found:
        total += count
        for topic in topics if count else ():
            by_topic[topic] = by_topic.get(topic, 0) + count
    return total, dict(sorted(by_topic.items()))


def count_by_topic(snap: Snapshot, policy: Policy, ranges: Mapping[int, Ranges]) -> tuple[int, dict[str, int]]:
    """How many items there are in the ranges, and how many of each topic; an item counts under each of its topics."""
    return Counts(snap, [ranges]).by_topic(policy, ranges)


def counted(snap: Snapshot, ranges: Mapping[int, Ranges]) -> dict[int, int]:
    """How many items of each class there are in its ranges, exactly, without counting rows."""
    return Counts(snap, [ranges]).of(ranges)


def count(snap: Snapshot, ranges: Mapping[int, Ranges]) -> int:
    """How many items there are in all of them."""
    return sum(counted(snap, ranges).values())
