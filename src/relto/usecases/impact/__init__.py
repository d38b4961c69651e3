"""Impact: what a pause costs each of its recipients, counted exactly, now or as it was at a moment.

A pause that runs is measured by what flows and streams hold now. Where that cannot say enough, the record is told
again: of a moment of the past, of a pause that was lifted (as it stood when it ended, and what became of what it held),
and where something that had been held was released in the days that are looked at, since its day is the act's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from relto.domain.act import agreement_in
from relto.domain.errors import Unknown
from relto.domain.impact import Became, Impact, Window
from relto.domain.pause import Pause, pause_number
from relto.domain.ranges import EMPTY, Ranges
from relto.usecases.impact.measuring import Measure, Readable
from relto.usecases.impact.picture import Now, Then
from relto.usecases.past import Past, require_passed
from relto.usecases.policy import act_of
from relto.usecases.sequencing import carry_out_due
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from relto.domain.actor import Actor
    from relto.domain.agreement import Agreement
    from relto.domain.impact import Freshness
    from relto.ports.node import Node
    from relto.ports.store import ActRow, FlowRow, Snapshot
    from relto.usecases.impact.picture import Part, Picture
    from relto.usecases.policy import Policy, PolicyDesk

RELEASING: Final = frozenset(
    {
        "agreement-apply", "pause-amend", "resume", "backlog-release", "item-release", "party-add", "party-join",
        "party-leave", "membership-due", "topics-reclass",
    }
)  # fmt: skip
"""Acts by which something may be released otherwise than as it comes."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """Of what can be read under one agreement how old the newest of each topic is, at the moment `at`."""

    agreement: str
    at: int
    staleness: Sequence[Freshness]


def impact(
    node: Node,
    desk: PolicyDesk,
    number: str,
    *,
    by: Actor,
    at: int | None = None,
    flows: Collection[tuple[str, str]] | None = None,
) -> list[Impact]:
    """One entry for each agreement and recipient of the pause that is there for whoever asks, by those names; none
    where nobody receives any more. `flows`: of these (agreement, recipient) alone, at the cost of these alone.

    A pause that was lifted (by `at`) is measured as it stood when it ended. Whoever receives is told of its own side,
    and never how much is kept from it. Raises `Unknown` `pause-unknown`, `BadInput` `pause-number-invalid`,
    `when-ahead`.
    """
    return impacts(node, desk, [number], by=by, at=at, flows=flows)


def impacts(
    node: Node,
    desk: PolicyDesk,
    numbers: Sequence[str],
    *,
    by: Actor,
    at: int | None = None,
    flows: Collection[tuple[str, str]] | None = None,
) -> list[Impact]:
    """As `impact`, of one pause after the other; the past is told once for all that had not ended. Raises as that."""
    names = {pause_number(each): each for each in numbers}
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy, now = desk.current(snap, head.policy_version), node.now(head)
        if at is not None:
            require_passed(at, now)
        asked = []
        for name, number in names.items():
            made = policy.pauses.get(name) or _lifted(snap, name)
            # Before anything is told again, or how long that takes would say that there is something.
            if made is None or not _may_be_there(snap, Sight(by, policy), made, was=at is not None):
                raise _unknown(number)
            end = _end(snap, made) if made.state == "lifted" else None
            had_ended = end is not None and (at is None or end.done_at <= at)
            if had_ended and not Sight(by, policy).pause(made):
                raise _unknown(number)
            asked.append((made, end if had_ended else None))
        going_on = {made.number: _Touched(made, flows) for made, end in asked if end is None}
        pictures = _Pictures(snap, policy, going_on.values(), at=at, now=now)
        found = []
        for made, end in asked:
            if end is not None:
                found += _ended(snap, policy, _Touched(made, flows), end, at=now if at is None else at, by=by)
                continue
            picture = pictures.of(made)
            seen, sight = picture.policy.pauses.get(made.number), Sight(by, picture.policy)
            if seen is None or not sight.pause(seen):
                raise _unknown(names[made.number])
            found += _measured(picture, seen, sight, going_on[made.number])
        return found


def freshness(node: Node, desk: PolicyDesk, agreements: Collection[str], *, by: Actor) -> list[Fresh]:
    """How old the newest of each topic is now that the party of whoever asks can read, under those of the agreements by
    which it receives; one for each. What is kept from it is not looked at, nor is the past.
    """
    carry_out_due(node, desk, node.store.head())
    with node.store.read() as snap:
        head = snap.head()
        policy, now = desk.current(snap, head.policy_version), node.now(head)
        sight, picture = Sight(by, policy), Now(snap, policy, at=now)
        flows = [flow for flow in policy.flows_to(by.party) if flow.agreement in agreements]
        return [
            Fresh(flow.agreement, now, Readable(picture, terms, picture.parts(flow)).staleness())
            for flow in sorted(flows, key=lambda flow: flow.agreement)
            if sight.receives(flow.agreement)
            for terms in [policy.standings[flow.agreement].terms]
        ]


def _unknown(number: str) -> Unknown:
    return Unknown("pause-unknown", f"there is no pause `{number}`", remedy="relto status", pause=number)


def _lifted(snap: Snapshot, name: str) -> Pause | None:
    return next((Pause.parse_value(row.value) for row in snap.pauses(lifted=True) if str(row.number) == name), None)


def _may_be_there(snap: Snapshot, sight: Sight, made: Pause, *, was: bool) -> bool:
    """Whether the pause is there for whoever asks; with `was`, whether it can ever have been: to whoever receives it
    was as long as it ran and was not discreet.
    """
    if sight.pause(made):
        return True
    if not was:
        return False
    versions = (Pause.parse_value(row.value) for row in snap.pause_versions(int(made.number)))
    return any(sight.pause(version) for version in versions)


@dataclass(frozen=True, slots=True)
class _Touched:
    """Flows of a pause, or some of them. Of whom and under which agreements a pause is, no amendment changes."""

    pause: Pause
    flows: Collection[tuple[str, str]] | None

    def has(self, flow: FlowRow) -> bool:
        """Whether the flow is one of them."""
        made = self.pause
        is_its = flow.agreement in made.agreements and made.recipient in {None, flow.party}
        return is_its and (self.flows is None or (flow.agreement, flow.party) in self.flows)


# At which picture.


class _Pictures:
    """The pictures in which pauses that had not ended are measured."""

    def __init__(
        self, snap: Snapshot, policy: Policy, asked: Collection[_Touched], *, at: int | None, now: int
    ) -> None:
        """`asked`: of all that will be asked for."""
        self._snap = snap
        self._policy = policy
        self._asked = asked
        self._at = at
        self._now = now
        self._then: Then | None = None

    def of(self, made: Pause) -> Picture:
        """The one for this pause."""
        if self._at is not None:
            return self._told(self._at)
        began = min(made.since, self._now)
        first = Window.before(began, self._now - began).since
        # Only what is recent is read: a node has more acts than a pause has days.
        if any(_releases(row, made) for row in self._snap.acts_done(RELEASING) if row.done_at >= first):
            return self._told(self._now)
        return Now(self._snap, self._policy, at=self._now)

    def _told(self, at: int) -> Then:
        if self._then is None:
            named = frozenset().union(*(each.pause.agreements for each in self._asked))
            past = Past(self._snap, self._policy, at, wanted=self._is_wanted, agreements=named)
            # What is stored ahead of the clock counts as well, as it does for whoever is asked without a moment.
            upto = past.upto if self._at is not None else self._snap.head().last_seq
            self._then = Then(self._snap, past, at=at, upto=upto)
        return self._then

    def _is_wanted(self, flow: FlowRow, _: Agreement) -> bool:
        return any(each.has(flow) for each in self._asked)


def _releases(row: ActRow, made: Pause) -> bool:
    """Whether the act may have released something under one of the pause's agreements."""
    if row.kind == "agreement-apply":
        return agreement_in(row.value) in made.agreements
    if row.kind in {"pause-amend", "resume"}:
        before = act_of(row).before
        return before is None or not made.agreements.isdisjoint(before["agreements"])
    return True


# Measured.


def _measured(picture: Picture, pause: Pause, sight: Sight, touched: _Touched) -> list[Impact]:
    found = []
    for flow in _flows(picture, touched):
        gives = sight.gives(flow.agreement)
        if gives or (sight.flow(flow) and not pause.discreet and pause.state == "running"):
            found.append(_impact(picture, pause, flow, told=gives))
    return found


def _flows(picture: Picture, touched: _Touched) -> list[FlowRow]:
    flows = [flow for flow in picture.policy.flows.values() if flow.member and touched.has(flow)]
    return sorted(flows, key=lambda flow: (flow.agreement, flow.party))


def _impact(picture: Picture, pause: Pause, flow: FlowRow, *, told: bool, became: Became | None = None) -> Impact:
    terms = picture.policy.standings[flow.agreement].terms
    measure = Measure(picture, pause, terms, picture.parts(flow), told=told)
    return Impact(
        pause,
        flow.agreement,
        flow.party,
        picture.at,
        measure.held() if told else None,
        measure.staleness(),
        measure.warnings(),
        measure.before(),
        measure.since(),
        became,
    )


# Lifted.


def _ended(snap: Snapshot, policy: Policy, touched: _Touched, end: ActRow, *, at: int, by: Actor) -> list[Impact]:
    """As it stood when it was lifted, and what had become by `at` of what it held. For whoever gives: to others a pause
    that was lifted is not there.
    """
    sight, made = Sight(by, policy), touched.pause
    past = Past(snap, policy, at, wanted=lambda flow, _: touched.has(flow), before=end.done, agreements=made.agreements)
    picture = Then(snap, past, at=end.done_at, upto=end.seq)
    running = past.policy.pauses[made.number]
    flows = [flow for flow in _flows(picture, touched) if sight.gives(flow.agreement)]
    held = {
        flow.id: {
            part.key: ranges
            for part in picture.parts(flow)
            if (ranges := part.state.held.get(made.number, EMPTY).upto(picture.upto))
        }
        for flow in flows
    }
    found = [_impact(picture, running, flow, told=True) for flow in flows]
    past.go_on()
    return [
        replace(each, pause=made, became=_became(picture, flow, held[flow.id]))
        for each, flow in zip(found, flows, strict=True)
    ]


def _became(picture: Picture, flow: FlowRow, held: Mapping[int, Ranges]) -> Became:
    """What became of what was held in a flow, as far as the picture is told by now."""
    parts = {part.key: part for part in picture.parts(flow)}
    left = dict(held)

    def counted(kept: Callable[[Part], Ranges]) -> int:
        """How much of what is left is there; that is no longer left."""
        found = {key: ranges & kept(parts[key]) for key, ranges in left.items()}
        left.update({key: ranges - found[key] for key, ranges in left.items()})
        return _count(picture, found)

    return Became(
        released=counted(_given),
        discarded=counted(_discarded),
        review=counted(_reviewed),
        held=counted(_held),
        withheld=_count(picture, left),
    )


def _count(picture: Picture, ranges: Mapping[int, Ranges]) -> int:
    return sum(picture.counts([(key, after, upto) for key, each in ranges.items() for after, upto in each]))


def _given(part: Part) -> Ranges:
    return part.given


def _discarded(part: Part) -> Ranges:
    return part.state.discarded


def _reviewed(part: Part) -> Ranges:
    return _all(part.state.review)


def _held(part: Part) -> Ranges:
    return _all(part.state.held)


def _all(ranges: Mapping[str, Ranges]) -> Ranges:
    found = EMPTY
    for each in ranges.values():
        found = found | each
    return found


# The record.


def _end(snap: Snapshot, made: Pause) -> ActRow:
    """The act by which the pause was lifted: there is one, since nothing else lifts it."""
    for row in snap.acts_done({"resume"}):
        if row.done_at == made.amended_at:
            act = act_of(row)
            if pause_number(str(act.outcome.get("pause") or act.order["pause"])) == made.number:
                return row
    raise AssertionError(f"pause {made.number} was lifted by no act")
