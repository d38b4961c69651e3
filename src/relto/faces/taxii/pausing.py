"""What a collection says of its pauses, and when it refuses instead.

A discreet pause is never told: nothing that the recipient can read differs from a quiet feed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from relto.domain.pause import Pause
    from relto.usecases.reading import Collection

ENDED: Final = "ended: nothing new flows"


def described(collection: Collection) -> str:
    """The collection's description for people; empty where there is nothing to say."""
    told = sorted((pause for pause in collection.pauses if not pause.discreet), key=lambda pause: pause.since)
    sentences = [_sentence(pause) for pause in told]
    if collection.ended:
        sentences.append(ENDED)
    return "; ".join(sentences)


def is_refused(collection: Collection) -> bool:
    """Whether it is wholly paused by a pause that may be told: what `paused = "refuse"` answers with 403."""
    return any(not pause.discreet and not pause.is_narrow for pause in collection.pauses)


def _sentence(pause: Pause) -> str:
    what = f"paused in part ({pause.scope.words()})" if pause.scope is not None and pause.is_narrow else "paused"
    closed = ", what was released before included" if pause.mode == "cut" else ""
    return f"{what} since {_moment(pause.since)}{closed}: {pause.reason}"


def _moment(us: int) -> str:
    at = datetime.fromtimestamp(us // 1_000_000, UTC)
    return f"{at.day} {at:%B %Y %H:%M} UTC"
