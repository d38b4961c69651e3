"""Counting: how many items there are in ranges of classes, exactly and without counting rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relto.domain.ranges import Ranges
    from relto.ports.store import Snapshot
    from relto.usecases.policy import Policy


def count_by_topic(snap: Snapshot, policy: Policy, ranges: Mapping[int, Ranges]) -> tuple[int, dict[str, int]]:
    """How many items there are in the ranges, and how many of each topic; an item counts under each of its topics."""
    total, by_topic = 0, dict[str, int]()
    for class_id, count in counted(snap, ranges).items():
        total += count
        for topic in policy.classes[class_id].value.topics:
            if count:
                by_topic[topic] = by_topic.get(topic, 0) + count
    return total, dict(sorted(by_topic.items()))


def counted(snap: Snapshot, ranges: Mapping[int, Ranges]) -> dict[int, int]:
    """How many items of each class there are in its ranges, exactly, without counting rows."""
    asked = [(class_id, after, upto) for class_id, each in ranges.items() for after, upto in each]
    found: dict[int, int] = {}
    for (class_id, _, _), count in zip(asked, snap.counts(asked), strict=True):
        found[class_id] = found.get(class_id, 0) + count
    return found


def count(snap: Snapshot, ranges: Mapping[int, Ranges]) -> int:
    """How many items there are in all of them."""
    return sum(counted(snap, ranges).values())
