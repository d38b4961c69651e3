"""Topics: what the vocabulary makes of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.domain.errors import Refused
from relto.domain.ranges import Ranges
from relto.faces.verbs.caller import Caller, written
from relto.usecases import topics
from relto.usecases.counting import count_by_topic
from relto.usecases.policy import vocabulary_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.domain.item import Header, Reject


def list_(caller: Caller) -> list[dict[str, Any]]:
    """List the topics of the vocabulary: the words that put each on an object, and how many items have it.

    Raises `Refused` `role-missing` for whoever is neither administrator nor auditor of the node.
    """
    if not caller.sight.is_whole:
        raise Refused("role-missing", "the vocabulary is for administrators and auditors of the node")
    with caller.node.store.read() as snap:
        policy = caller.desk.current(snap, snap.head().policy_version)
        every = Ranges.of((0, snap.head().last_seq))
        _, by_topic = count_by_topic(snap, policy, dict.fromkeys(policy.classes, every))
        vocabulary = vocabulary_of(snap)
    return [
        {
            "topic": each.name,
            "items": by_topic.get(each.name, 0),
            "labels": list(each.labels),
            "types": list(each.types),
            "kill_chain_phases": list(each.kill_chain_phases),
            "indicator_types": list(each.indicator_types),
        }
        for each in vocabulary.topics
    ]


def preview_reclass(caller: Caller) -> dict[str, Any]:
    """Say how many items would be looked at, and how many would have other topics. Changes nothing."""
    done = topics.preview_reclass(caller.node, caller.desk, _reader(caller), by=caller.by)
    return {"items": done.items, "moved": done.moved}


def reclass(caller: Caller) -> dict[str, Any]:
    """Decide the past anew: give every item the topics that it would get by topics.yaml now."""
    done = topics.reclass(caller.node, caller.desk, _reader(caller), by=caller.by)
    caller.wait_until(done.visible_at)
    visible_at = written(max(done.visible_at, caller.now))
    return {"items": done.items, "moved": done.moved, "visible_at": visible_at, "state": "applied"}


def _reader(caller: Caller) -> Callable[[bytes, int], Header | Reject]:
    check = caller.opened.validator().check

    def read(raw: bytes, _moment: int) -> Header | Reject:
        return check(raw, where="", now_us=caller.node.clock.now())

    return read
