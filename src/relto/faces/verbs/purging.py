"""Purging: the content of old items goes."""

from __future__ import annotations

from typing import Any

from relto.faces.verbs.caller import Caller, written
from relto.usecases import purging


def purge(caller: Caller, *, before: str, originator: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Take away the content of items that were added before a moment, for good; numbers, digests and the log stay.
    What a pause holds or a review keeps stays whole.
    """
    moment = caller.when(before, ahead=False)
    assert moment is not None, "a moment was given"
    work = purging.preview_purge if dry_run else purging.purge
    done = work(caller.node, caller.desk, before=moment, originator=originator, by=caller.by)
    return {
        "act": str(done.act) if done.act else None,
        "state": "applied" if done.act else "preview",
        "before": written(moment),
        "items": done.items,
        "kept": done.kept,
        "behind": list(done.behind),
    }
