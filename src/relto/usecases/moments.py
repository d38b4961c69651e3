"""Moments: what falls due by itself: pauses that begin or end, memberships that do, acts approved for later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.domain.pause import Pause
    from relto.usecases.policy import Policy

MomentKind = Literal["begin", "member", "review", "until", "end", "act"]


class Moment(NamedTuple):
    """At `at` (microseconds) something falls due; `number` is the pause's or the act's, empty for memberships.

    `review` and `until`: a date that calls for a decision comes, and nothing but that is told.
    """

    at: int
    kind: MomentKind
    number: str = ""


def moments(policy: Policy, *, after: int) -> Iterator[Moment]:
    """All that is ahead, in no order. Of pauses and acts also what has passed: they are ahead until carried out.

    `after`: up to here memberships were followed, and dates were told.
    """
    for pause in policy.pauses.values():
        yield from _of_pause(policy, pause, after)
    for at in policy.parties.boundaries:
        if at > after:
            yield Moment(at, "member")
    for act in policy.scheduled.values():
        # An end that was set with the pause waits for its conditions; whoever meets or waives them ends it.
        if act.due_at is not None and not (act.order.get("awaited") and _is_kept(policy, str(act.order["pause"]))):
            yield Moment(act.due_at, "act", str(act.number))


def _is_kept(policy: Policy, number: str) -> bool:
    pause = policy.pauses.get(number)
    return pause is not None and bool(policy.unmet(pause))


def _of_pause(policy: Policy, pause: Pause, after: int) -> Iterator[Moment]:
    if pause.state == "scheduled" and pause.from_us is not None:
        yield Moment(pause.from_us, "begin", pause.number)
    if pause.review_us is not None and pause.review_us > after:
        yield Moment(pause.review_us, "review", pause.number)
    if pause.state == "running" and pause.until_us is not None:
        # Where a resume asks for approvals, an end is a proposal; a binding condition stands in its way as in any's.
        waits = policy.asks(pause.agreements, "resume") or policy.unmet(pause)
        if not waits:
            yield Moment(pause.until_us, "end", pause.number)
        elif pause.until_us > after:
            yield Moment(pause.until_us, "until", pause.number)
