"""Moments: what falls due by itself: pauses that begin or end, memberships that do, acts approved for later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.domain.pause import Pause
    from relto.usecases.policy import Policy

MomentKind = Literal["begin", "member", "end", "act"]


class Moment(NamedTuple):
    """At `at` (microseconds) something falls due; `number` is the pause's or the act's, empty for memberships."""

    at: int
    kind: MomentKind
    number: str = ""


def moments(policy: Policy, *, after: int) -> Iterator[Moment]:
    """All that is ahead, in no order. Of pauses and acts also what has passed: they are ahead until carried out.

    `after`: up to here memberships were followed.
    """
    for pause in policy.pauses.values():
        yield from _of_pause(policy, pause)
    for at in policy.parties.boundaries:
        if at > after:
            yield Moment(at, "member")
    for act in policy.scheduled.values():
        if act.due_at is not None:
            yield Moment(act.due_at, "act", str(act.number))


def _of_pause(policy: Policy, pause: Pause) -> Iterator[Moment]:
    if pause.state == "scheduled" and pause.from_us is not None:
        yield Moment(pause.from_us, "begin", pause.number)
    # Where a resume asks for approvals, an end is a proposal; a binding condition stands in its way as in any other's.
    waits = policy.asks(pause.agreements, "resume") or policy.unmet(pause)
    if pause.state == "running" and pause.until_us is not None and not waits:
        yield Moment(pause.until_us, "end", pause.number)
