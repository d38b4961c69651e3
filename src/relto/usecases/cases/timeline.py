"""Timelines: a case beside the pauses that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.pause import Pause
from relto.domain.record.record import Record
from relto.usecases.cases.loading import Library
from relto.usecases.past import require_passed
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from relto.domain.actor import Actor
    from relto.ports.node import Node
    from relto.ports.store import Snapshot
    from relto.usecases.policy import Policy, PolicyDesk


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """A pause on the time axis, as it stood at the moment that is asked about. `agreements`: those of it that are there
    for whoever asks. `lifted_at`: None while it lasts.
    """

    pause: Pause
    agreements: tuple[str, ...]
    since: int
    lifted_at: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A record, narrowed to the moment `at`, and the pauses that it is about, oldest first."""

    record: Record
    at: int
    spans: tuple[PauseSpan, ...]


def timeline(node: Node, desk: PolicyDesk, id: str, *, by: Actor, at: int | None = None) -> Timeline:
    """A case beside its pauses, as of a moment (None: now). Raises `Unknown` `case-unknown`, `BadInput`
    `when-ahead`.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        now = node.now(head)
        policy = desk.current(snap, head.policy_version)
        library = Library(snap, policy, by, now=now)
        record = library.record(library.case(id))
        if at is not None:
            require_passed(at, now)
            record = record.at(at)
        moment = now if at is None else at
        return Timeline(record, moment, tuple(spans(snap, policy, by, about(record, policy), at=moment)))


@dataclass(frozen=True, slots=True)
class About:
    """What a record is about: pauses by their numbers, and agreements."""

    pauses: frozenset[str]
    agreements: frozenset[str]

    def has(self, pause: Pause) -> bool:
        """Whether a pause is one of them, or under one of the agreements."""
        return pause.number in self.pauses or not self.agreements.isdisjoint(pause.agreements)


def about(record: Record, policy: Policy) -> About:
    """The pauses and agreements of its case, and those that its entries name; where the case names parties and nothing
    else, the agreements between the party that keeps it and these.
    """
    numbers, agreements = set(record.case.pauses), set(record.case.agreements)
    for each in record.standing:
        entry = record.about(each.key) or each.entry
        numbers |= set(entry.pauses) | {name.partition("/")[0] for name in entry.conditions}
        agreements |= set(entry.agreements)
    if not numbers and not agreements:
        parties = set(record.case.parties)
        for name, standing in policy.standings.items():
            if standing.terms.giver == record.case.party and parties & policy.parties_to(name):
                agreements.add(name)
    return About(frozenset(numbers), frozenset(agreements))


def spans(snap: Snapshot, policy: Policy, by: Actor, wanted: About, *, at: int) -> list[PauseSpan]:
    """The pauses of these that had begun at a moment, as they stood then, oldest first."""
    sight = Sight(by, policy)
    versions: dict[int, list[tuple[int, Pause]]] = {}
    for row in snap.pause_versions():
        if row.made_at <= at:
            versions.setdefault(row.number, []).append((row.made_at, Pause.parse_value(row.value)))
    found = []
    for listed in versions.values():
        made_at, last = listed[-1]
        if last.since > at or not wanted.has(last):
            continue
        if not any(sight.gives(name) for name in last.agreements) and not sight.pause(last):
            continue
        seen = tuple(sorted(name for name in last.agreements if sight.agreement(name)))
        found.append(PauseSpan(last, seen, last.since, made_at if last.state == "lifted" else None))
    return sorted(found, key=lambda span: (span.since, int(span.pause.number)))
