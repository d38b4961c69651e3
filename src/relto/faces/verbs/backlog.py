"""The backlog: what a resume kept for review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relto.domain.pause import pause_number
from relto.faces.verbs.acts import told
from relto.faces.verbs.caller import Caller
from relto.usecases import backlog, office


def list_(caller: Caller, *, pause: str | None = None, topics: Sequence[str] = ()) -> dict[str, Any]:
    """List what reviews keep, by pause, agreement and recipient."""
    sight = caller.sight
    items, found = backlog.list_backlog(caller.node, caller.desk, _number(pause), topics, seen=sight.gives)
    return {
        "items": items,
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
