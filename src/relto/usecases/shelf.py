"""A shelf: what of the stored items is there for whoever is in office, from the moment of storing (`Sight.stock`).

Whoever only receives has none: what it may read it reads over TAXII, where each page is a delivery in the log before
its bytes leave. Nor does an officer see here what its party only receives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from relto.domain.ranges import Ranges
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from relto.domain.actor import Actor
    from relto.ports.store import Snapshot
    from relto.usecases.policy import Policy


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: all of it has to hold. `words` as people type them; an id stands alone. Topics and types: any
    of them. Moments of storing in microseconds, `since` included, `until` not.
    """

    words: str = ""
    topics: Collection[str] = ()
    types: Collection[str] = ()
    since: int | None = None
    until: int | None = None


class Shelf:
    """Of one actor, who is in office, at one moment of the store."""

    def __init__(self, snap: Snapshot, policy: Policy, *, by: Actor) -> None:
        """`snap` is of the version of `policy`. Raises `Refused` as `Actor.require_office`."""
        by.require_office("look at items")
        self._sight = Sight(by, policy)
        self._snap = snap
        self._policy = policy

    @cached_property
    def originators(self) -> Collection[str]:
        """Those whose items are there for them."""
        stored = {row.value.originator for row in self._policy.classes.values()}
        return {each for each in stored if self._sight.stock(each)}

    @property
    def is_whole(self) -> bool:
        """Whether all that is stored is there for them: they are in office at the party whose node it is."""
        return self._sight.actor.party == self._policy.host

    def readable(self, wanted: Wanted) -> dict[int, Ranges]:
        """What is looked for of what is there for them, by class; its words are not looked at."""
        first = 0 if wanted.since is None else self._snap.seq_upto(wanted.since - 1)
        last = self._snap.head().last_seq if wanted.until is None else self._snap.seq_upto(wanted.until - 1)
        every = Ranges.of((first, last))
        topics, types = frozenset(wanted.topics), frozenset(wanted.types)
        return {
            row.id: every
            for row in self._policy.classes.values()
            if every
            and row.value.originator in self.originators
            and not (topics and topics.isdisjoint(row.value.topics))
            and not (types and row.value.type not in types)
        }

    def stored_at(self, seqs: Sequence[int]) -> dict[int, int]:
        """When each of these items was stored."""
        found = dict[int, int]()
        for batch in self._snap.batches(seqs):
            found.update({seq: batch.added_at(seq) for seq in seqs if batch.first <= seq <= batch.last})
        return found
