"""The backlog: what a resume kept for review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from relto.domain.pause import pause_number
from relto.domain.title import title
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller, written
from relto.usecases import backlog, office
from relto.usecases.indexing import value_of

ITEMS_MAX: Final = 200


def list_(caller: Caller, *, pause: str | None = None, topics: Sequence[str] = ()) -> dict[str, Any]:
    """List what reviews keep, by pause, agreement and recipient."""
    sight = caller.sight
    items, by_topic, found = backlog.list_backlog(caller.node, caller.desk, _number(pause), topics, seen=sight.gives)
    return {
        "items": items,
        "by_topic": dict(by_topic),
        "visible_at": None,
        "backlog": [
            {
                "pause": each.pause,
                "agreement": each.agreement,
                "to": each.to,
                "items": each.items,
                "by_topic": dict(each.by_topic),
            }
            for each in found
        ],
    }


def items(
    caller: Caller,
    *,
    pause: str,
    topics: Sequence[str] = (),
    held: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """List the items that the review of one pause keeps, or with `held` those that it holds while it runs, as they came
    in; `next` goes on where there are more.
    """
    wanted = max(1, min(limit, ITEMS_MAX))
    found = backlog.kept_items(
        caller.node,
        caller.desk,
        pause_number(pause),
        topics,
        by=caller.by,
        held=held,
        after=after or 0,
        limit=wanted + 1,
    )
    return {
        "items": [
            {
                "item": each.name,
                "type": each.value.type,
                "originator": each.value.originator,
                "title": title(value_of(each.raw)),
                "topics": sorted(each.value.topics),
                "added_at": written(each.added_at),
                "kept_from": [{"agreement": agreement, "to": to} for agreement, to in each.kept_from],
            }
            for each in found[:wanted]
        ],
        "next": found[wanted - 1].seq if len(found) > wanted else None,
    }


def release(
    caller: Caller, *, pause: str | None = None, topics: Sequence[str] = (), items: Sequence[str] = ()
) -> dict[str, Any]:
    """Release what reviews keep, all of it or by pause, topic and item, under new dates."""
    order = backlog.ReleaseBacklog(_number(pause), tuple(topics), tuple(items))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by))


def discard(
    caller: Caller, *, pause: str | None = None, topics: Sequence[str] = (), items: Sequence[str] = ()
) -> dict[str, Any]:
    """Drop what reviews keep, all of it or by pause, topic and item: nobody will be given it."""
    order = backlog.DiscardBacklog(_number(pause), tuple(topics), tuple(items))
    return told(caller, office.submit(caller.node, caller.desk, order, by=caller.by))


def _number(pause: str | None) -> str | None:
    return None if pause is None else pause_number(pause)
