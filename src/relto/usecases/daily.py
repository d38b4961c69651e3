"""Days: what each flow of an agreement gave and kept back, day by day, with its pauses and the epochs of its stream.

Whoever gives sees items on the day on which they were stored, what is kept back beside what was released: what a pause
held closes its own gap when it is given. Whoever receives sees what it can read, on the day from which it could:
neither what is kept back, nor a pause that it is not told of, nor the epoch of its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput
from relto.domain.moment import DAY_US
from relto.domain.pause import Pause
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.days import Days
from relto.usecases.policy import unknown_agreement
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.stream import Epoch, Stream
    from relto.ports.node import Node
    from relto.ports.store import FlowRow, Snapshot
    from relto.usecases.policy import Policy, PolicyDesk

DAYS: Final = 90
DAYS_MAX: Final = 366


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC, as `2025-03-09`). An item counts once in `released` or `held`, and in `by_topic`, which is of what
    was released, under each of its topics.
    """

    day: str
    released: int
    by_topic: Mapping[str, int]
    held: int


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause of the flow, from `since` until it was lifted (None: it runs); moments in microseconds."""

    number: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Began:
    """An epoch of the flow's main stream: when it began to give what had been held, and how many items."""

    epoch: int
    at: int
    items: int


@dataclass(frozen=True, slots=True)
class FlowDays:
    """The days of one flow, each of them, oldest first. `held` is 0 on all where whoever asks is told of none."""

    to: str
    days: Sequence[Day]
    pauses: Sequence[Paused]
    epochs: Sequence[Began]


def daily(
    node: Node, desk: PolicyDesk, agreement: str, *, days: int = DAYS, by: Actor, to: str | None = None
) -> list[FlowDays]:
    """The last so many days of each flow of the agreement that is there for whoever asks, by recipient, or of that `to`
    this one alone. Exact.

    Raises `Unknown` `agreement-unknown`, `BadInput` `days-invalid`.
    """
    if not 1 <= days <= DAYS_MAX:
        raise BadInput("days-invalid", f"`{days}` is no number of days: 1 to {DAYS_MAX}")
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy = desk.current(snap, head.policy_version)
        sight = Sight(by, policy)
        if not sight.agreement(agreement):
            raise unknown_agreement(agreement)
        last = node.now(head) // DAY_US
        calendar = Days.of(snap.seq_upto, range(last - days + 1, last + 1), upto=head.last_seq)
        every = (flow for flow in policy.flows_of(agreement) if to in {None, flow.party})
        flows = [flow for flow in every if flow.member and sight.flow(flow)]
        if not sight.gives(agreement):
            return [_read(snap, policy, flow, calendar) for flow in flows]
        given = _Given(snap, policy, calendar, _pauses_of(snap, agreement, calendar))
        return [given.of(flow) for flow in flows]


class _Tallies:
    """Counts by day: gathered first, then asked for at once."""

    def __init__(self, policy: Policy, calendar: Days, told: frozenset[str] | None = None) -> None:
        """`told`: the topics that are told; None: all."""
        self._policy = policy
        self._told_topics = told
        self._calendar = calendar
        self._asked: list[tuple[int, int, int]] = []
        self._under: list[tuple[int, bool]] = []

    def add(self, class_id: int, ranges: Ranges, *, held: bool = False) -> None:
        """Each item under the day on which it was stored."""
        for pair in ranges:
            for number, after, upto in self._calendar.cut(*pair):
                self.add_under(number, class_id, after, upto, held=held)

    def add_under(self, number: int, class_id: int, after: int, upto: int, *, held: bool = False) -> None:
        """All of them under this day."""
        self._asked.append((class_id, after, upto))
        self._under.append((number, held))

    def _topics(self, class_id: int) -> frozenset[str]:
        topics = frozenset(self._policy.classes[class_id].value.topics)
        return topics if self._told_topics is None else topics & self._told_topics

    def days(self, snap: Snapshot) -> list[Day]:
        """What came of it, for each day."""
        released, held = [0] * self._calendar.count, [0] * self._calendar.count
        topics: list[dict[str, int]] = [{} for _ in range(self._calendar.count)]
        for (class_id, _, _), (number, is_held), items in zip(
            self._asked, self._under, snap.counts(self._asked), strict=True
        ):
            if is_held:
                held[number] += items
                continue
            released[number] += items
            for topic in self._topics(class_id) if items else ():
                topics[number][topic] = topics[number].get(topic, 0) + items
        return [
            Day(name, released[number], dict(sorted(topics[number].items())), held[number])
            for number, name in enumerate(self._calendar.names)
        ]


_Parts = tuple[tuple[int, Ranges, bool], ...]
"""Of each class: what was given, or is held."""


class _Given:
    """Flows as whoever gives sees them. Many stand alike, and are counted once."""

    def __init__(self, snap: Snapshot, policy: Policy, calendar: Days, pauses: Sequence[tuple[Pause, Paused]]) -> None:
        """`pauses`: of the agreement."""
        self._snap, self._policy, self._calendar, self._pauses = snap, policy, calendar, pauses
        self._known: dict[_Parts, list[Day]] = {}

    def of(self, flow: FlowRow) -> FlowDays:
        """One of them."""
        stream = self._policy.stream(self._snap, flow.main)
        mine = [paused for pause, paused in self._pauses if pause.recipient in {None, flow.party}]
        return FlowDays(flow.party, self._days(flow, stream), mine, _epochs(self._snap, stream, self._calendar))

    def _days(self, flow: FlowRow, stream: Stream) -> list[Day]:
        last = self._calendar.cuts[-1]
        given = {class_id: stream.given(class_id) for class_id in sorted(stream.classes)}
        states = sorted(self._policy.states_of(self._snap, flow.id).items())
        kept = ((class_id, state.kept.upto(last) - given.get(class_id, EMPTY)) for class_id, state in states)
        parts = (
            *((class_id, ranges.upto(last), False) for class_id, ranges in given.items()),
            *((class_id, ranges, True) for class_id, ranges in kept),
        )
        if parts not in self._known:
            tallies = _Tallies(self._policy, self._calendar)
            for class_id, ranges, is_held in parts:
                tallies.add(class_id, ranges, held=is_held)
            self._known[parts] = tallies.days(self._snap)
        return self._known[parts]


def _pauses_of(snap: Snapshot, agreement: str, calendar: Days) -> list[tuple[Pause, Paused]]:
    """All pauses of the agreement that ran on these days, whomever they single out, read once for all of its flows."""
    begin, found = calendar.first * DAY_US, []
    for row in snap.pauses(lifted=True):
        pause = Pause.parse_value(row.value)
        until = row.made_at if row.state == "lifted" else None
        # One that was taken back before it began has held nothing.
        if (
            agreement in pause.agreements
            and row.state != "scheduled"
            and (until is None or until > max(begin, pause.since))
        ):
            found.append((pause, Paused(pause.number, pause.since, until)))
    return found


def _epochs(snap: Snapshot, stream: Stream, calendar: Days) -> list[Began]:
    shown = [each for each in stream.epochs if calendar.place(each.start_time) is not None]
    asked = [
        (class_id, after, upto)
        for each in shown
        for class_id, ranges in stream.backlog.get(each.number, {}).items()
        for after, upto in ranges
    ]
    counts = iter(snap.counts(asked))
    found = []
    for each in shown:
        parts = sum(len(list(ranges)) for ranges in stream.backlog.get(each.number, {}).values())
        found.append(Began(each.number, each.start_time, sum(next(counts) for _ in range(parts))))
    return found


def _read(snap: Snapshot, policy: Policy, flow: FlowRow, calendar: Days) -> FlowDays:
    """As whoever receives sees it: of topics it is told what the agreement names."""
    named = policy.standings[flow.agreement].terms.named_topics
    stream, tallies = policy.stream(snap, flow.main), _Tallies(policy, calendar, named)
    epochs: Mapping[int, Epoch] = {each.number: each for each in stream.epochs}
    states, last = policy.states_of(snap, flow.id), calendar.cuts[-1]
    for class_id in sorted(stream.classes):
        state = states.get(class_id)
        if state is not None and state.hidden_since:
            continue
        for upto, after, epoch in stream.spans(class_id):
            if not epoch:
                tallies.add(class_id, Ranges.of((after, min(upto, last))))
            elif (number := calendar.place(epochs[epoch].start_time)) is not None:
                tallies.add_under(number, class_id, after, min(upto, last))
    return FlowDays(flow.party, tallies.days(snap), (), ())
