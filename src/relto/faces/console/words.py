"""Words that several pages have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES: Final[Mapping[str, str]] = {
    "flowing": "flowing",
    "partly-paused": "partly paused",
    "paused": "paused",
    "ended": "ended",
    "active": "active",
    "running": "running",
    "scheduled": "scheduled",
    "lifted": "lifted",
    "proposed": "waits for approval",
    "applied": "carried out",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "outdated": "out of date",
}
"""How a state is called where people read it."""

KINDS: Final[Mapping[str, str]] = {
    "pause": "pause",
    "pause-amend": "amend a pause",
    "resume": "resume",
    "agreement-apply": "make or amend an agreement",
    "agreement-end": "end an agreement",
    "backlog-release": "release a backlog",
    "backlog-discard": "discard a backlog",
    "item-withhold": "withhold items",
    "item-release": "release items",
    "item-recall": "recall items",
    "party-join": "join a group",
    "party-leave": "leave a group",
    "condition-add": "add a condition",
    "condition-set": "set a condition",
}
"""How an act is called."""


def needs_words(needs: int) -> str:
    """What becomes of an act that asks for so many approvals.

    >>> needs_words(0), needs_words(2)
    ('It is done at once.', 'It waits until 2 others have approved it.')
    """
    if not needs:
        return "It is done at once."
    return (
        "It waits until another has approved it." if needs == 1 else f"It waits until {needs} others have approved it."
    )
