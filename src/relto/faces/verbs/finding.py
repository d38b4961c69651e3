"""Items, looked for and looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from relto.domain.errors import BadInput
from relto.domain.findable import TEXT_MAX
from relto.domain.marking import worded
from relto.domain.sealed import seal, unseal
from relto.domain.title import title
from relto.faces.verbs.caller import Caller, written
from relto.faces.verbs.standing import answer_document
from relto.usecases import searching, standing
from relto.usecases.indexing import follow_for, value_of
from relto.usecases.looking_up import look_up
from relto.usecases.shelf import Wanted

if TYPE_CHECKING:
    from relto.usecases.searching import FoundItem

PAGE: Final = 50
FLOWS: Final = 50

FOLLOW_SECONDS: Final = 2.0
"""So long the command line, where perhaps no server runs, lets the index follow what is stored before it is asked."""


def search(
    caller: Caller,
    *,
    words: str = "",
    topics: Sequence[str] = (),
    types: Sequence[str] = (),
    from_: str | None = None,
    to: str | None = None,
    limit: int = PAGE,
    after: str | None = None,
) -> dict[str, Any]:
    """Find items by their id, by words of their name, pattern or description, by topic, type and time; newest first.

    `next` goes on where there are more. For whoever is in office alone.
    """
    # Before what was asked is read: nothing of it makes the refusal another.
    caller.by.require_office("look at items")
    place = None if after is None else unseal(after, caller.opened.key, caller.by.account)
    if after is not None and place is None:
        raise BadInput("cursor-invalid", "`after` is no cursor of this list", remedy="begin without it")
    if len(words) > TEXT_MAX:
        raise BadInput("words-too-long", f"what is looked for has {len(words)} characters, and may have {TEXT_MAX}")
    if caller.by.how == "local":
        follow_for(caller.node, caller.opened.index, seconds=FOLLOW_SECONDS)
    since, until = (caller.when(each, ahead=False) for each in (from_, to))
    found = searching.search(
        caller.node,
        caller.desk,
        caller.opened.index,
        Wanted(words, tuple(topics), tuple(types), since, until),
        by=caller.by,
        before=place,
        limit=max(1, min(limit, searching.PAGE_MAX)),
    )
    following = None if found.before is None else seal(found.before, caller.opened.key, caller.by.account)
    return {"items": [_found(each) for each in found.items], "next": following, "behind": found.behind}


def _found(each: FoundItem) -> dict[str, Any]:
    return {
        "item": each.name,
        "type": each.name.partition("--")[0],
        "title": title(each.value),
        "at": written(each.at),
        "originator": each.originator,
        "topics": sorted(each.topics),
    }


def show(
    caller: Caller, *, item: str, at: str | None = None, after: str | None = None, limit: int = FLOWS
) -> dict[str, Any]:
    """One item: what it is, its markings and topics, and for every party why it flows, is held or is withheld.

    `at`: its versions and flows as they were then. `next` goes on with the flows where there are more. For whoever is
    in office alone.
    """
    # Before the moment is read: nothing of it makes the refusal another.
    caller.by.require_office("look at items")
    moment = caller.when(at, ahead=False)
    found = look_up(caller.node, caller.desk, item, by=caller.by, at=moment)
    agreement, _, party = (after or "~").partition("~")
    wanted = max(1, min(limit, FLOWS))
    flows, more = standing.explain_to_all(
        caller.node, caller.desk, found.name, by=caller.by, at=moment, after=(agreement, party), limit=wanted
    )
    value = found.value
    return {
        "item": found.name,
        "type": found.record.stix_id.partition("--")[0],
        "title": title(value_of(found.raw)),
        "at": written(found.at),
        "originator": value.originator,
        "taken_by": found.taken_by or None,
        "topics": sorted(value.topics),
        "markings": list(worded(value.restrictions)),
        "withdrawn": value.withdrawn,
        "by_hand": [
            {"verb": each.verb, "agreement": each.agreement, "party": each.party} for each in sorted(value.overrides)
        ],
        "versions": [{"item": each.name, "at": written(each.at)} for each in found.versions],
        "purged": not found.raw,
        "digest": found.record.digest.hex(),
        "stix": found.raw.decode("utf-8", "replace"),
        "flows": [{**answer_document(answer), "to": party} for party, answer in flows],
        "next": f"{flows[-1][1].agreement}~{flows[-1][0]}" if more else None,
    }
