"""Given: what goes on record of a page before it leaves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from relto.usecases.delivering import Delivery

if TYPE_CHECKING:
    from relto.ports.store import TrackRow
    from relto.usecases.reading.following import Asked, Following
    from relto.usecases.reading.look import Found, Look
    from relto.usecases.reading.values import Page


def delivery_of(
    look: Look,
    found: Found,
    following: Following,
    asked: Asked,
    page: Page,
    track: TrackRow | None,
    *,
    more: bool,
) -> Delivery | None:
    """What goes on record of a page; None where it gives nothing, or the reader's own."""
    view, start = look.view, following.start
    if view.flow is None or not found or start is None:
        return None
    assert page.first is not None, "what is given has dates"
    assert page.last is not None, "what is given has dates"
    return Delivery(
        view.flow,
        view.stream_id,
        view.reader,
        view.policy.version,
        look.endpoint,
        look.filters,
        start,
        found.last,
        None if more else look.horizon,
        [row.seq for row in found.rows],
        hashlib.sha256(b"".join([row.digest for row in found.rows])).digest(),
        (page.first, page.last),
        0 if track is None else track.track.page,
        asked.began,
        asked.after is not None,
        following.by_track,
    )
