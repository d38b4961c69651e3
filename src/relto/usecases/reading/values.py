"""What is asked of a collection and what is given: queries, pages, and collections as an account sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.pause import Pause
    from relto.ports.store import Body, TrackRow

Endpoint = Literal["objects", "manifest", "versions"]


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked: `added_after` in microseconds, `cursor` the text of `next`, `limit` at least 1.

    A filter that is None was not given, so that a cursor's own counts; one that was given must agree with the cursor's.
    """

    limit: int
    added_after: int | None = None
    cursor: str | None = None
    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str | int, ...] | None = None
    spec_versions: tuple[str, ...] | None = None


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One item of a manifest or of a list of versions; `date_added` in microseconds."""

    stix_id: str
    version: str
    date_added: int


@dataclass(frozen=True, slots=True)
class Page:
    """What is given: `bodies` of an envelope, or `listed` of a manifest or of versions; whether more stands behind them
    (then `next`), and the dates of the first and last.

    On an empty page both dates repeat the `added_after` that was asked; where only `next` was, the date that it stands
    at (a client that keeps the header as its cursor would begin anew without one); None where neither was.

    `broke`: the walk that the reader was in before had not come to its end. `repaired`: so many items had to be given
    to it again, because it asked for what comes after a moment beyond what it had been served. `tracks`: its track
    before and after the page, for when that never leaves (`Reading.unsent`).
    """

    bodies: Sequence[Body] = ()
    listed: Sequence[Entry] = ()
    more: bool = False
    next: str | None = None
    first: int | None = None
    last: int | None = None
    broke: bool = False
    repaired: int = 0
    tracks: tuple[TrackRow, TrackRow] | None = None

    @property
    def entries(self) -> Sequence[Body] | Sequence[Entry]:
        """Whatever is given."""
        return self.bodies or self.listed


@dataclass(frozen=True, slots=True)
class Collection:
    """A TAXII collection as its account sees it. `own` is the party's own."""

    id: str
    alias: str
    title: str
    pauses: Sequence[Pause]
    ended: bool
    own: bool = False
    writable: bool = False
