"""Topics: what the vocabulary makes of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relto.faces.verbs.caller import Caller, written
from relto.usecases import topics

if TYPE_CHECKING:
    from relto.domain.item import Header, Reject


def reclass(caller: Caller) -> dict[str, Any]:
    """Decide the past anew: give every item the topics that it would get by topics.yaml now."""
    check = caller.opened.validator().check

    def read(raw: bytes, _moment: int) -> Header | Reject:
        return check(raw, where="", now_us=caller.node.clock.now())

    done = topics.reclass(caller.node, caller.desk, read, by=caller.by)
    caller.wait_until(done.visible_at)
    visible_at = written(max(done.visible_at, caller.now))
    return {"items": done.items, "moved": done.moved, "visible_at": visible_at, "state": "applied"}
