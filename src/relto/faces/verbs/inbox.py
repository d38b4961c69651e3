"""The inbox: what a party was told, and that it took note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from relto.faces.verbs.caller import Caller, written
from relto.usecases import notifying

if TYPE_CHECKING:
    from relto.domain.notice import Notice
    from relto.usecases.notifying import Entry

RECALL: Final = "recall"


def list_(
    caller: Caller, *, party: str | None = None, after: int | None = None, kind: str | None = None, limit: int = 100
) -> dict[str, Any]:
    """Notices of a party (the caller's own unless said) beyond number `after`; without it, the latest.

    `next`: go on after this number, where there are more; `last`: of what is shown, else `after` itself.
    """
    with caller.node.store.read() as snap:
        whose = notifying.inbox_of(snap, caller.by, party)
    hidden = notifying.hidden_from(caller.by.roles)
    found = notifying.inbox(caller.node, whose, after=after, kind=kind, limit=limit, hidden=hidden)
    last = found.entries[-1].notice.number if found.entries else after
    return {
        "party": whose,
        "notices": [_document(entry) for entry in found.entries],
        "next": last if found.more and after is not None else None,
        "earlier": found.more and after is None,
        "last": last,
    }


def acknowledge(caller: Caller, *, notice: int, note: str = "") -> dict[str, Any]:
    """Take note of a notice of one's own party."""
    return _document(notifying.acknowledge(caller.node, notice, by=caller.by, note=note, within=caller.scopes))


def notice_document(notice: Notice) -> dict[str, Any]:
    """A notice as its party may see it, which nobody has acknowledged yet."""
    return _document(notifying.Entry(notice, ()))


def _document(entry: Entry) -> dict[str, Any]:
    return {
        **entry.notice.shown(),
        "acknowledged": [
            {"account": each.account, "at": written(each.at), "note": each.note} for each in entry.acknowledgements
        ],
    }
