"""A flow: what one recipient of an agreement is given, class by class, and what is kept back from it and by whom.

An agreement has one flow for each recipient; a flow has one stream for each group of readers who were treated alike
(`domain/stream.py`). What is released, held, under review or discarded belongs to the flow; in which order and
under which dates it is read belongs to the streams.

The rules, on a policy change at `seq` s, for each class whose verdict changes (design, section 4):

- release to hold: the live span closes at s, each covering pause holds from s on.
- hold to release: what pauses held becomes backlog, a live span opens from s.
- release to withhold: the live span closes at s; what was released is hidden.
- hold to withhold: what is held stays held, closed at s; the decision at its release counts.
- withhold to release: a live span from s; with history, what was never released is backlog.
- withhold to hold: holds from s; with history, what was never released goes into them.

Several pauses may cover one class. Lifting one with `release` releases what no other covers; what another covers,
that one takes over. `discard` drops what the pause held, whoever else holds it too. `review` keeps it as closed
ranges. What a review keeps is released by nobody but its reviewer, even where another pause held it as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from relto.domain.ranges import EMPTY, OPEN, Ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

FREED = ""
"""Who holds what was freed (`freed`): no pause has this number, so that nothing holds on to it once the class flows."""

Kind = Literal["release", "hold", "withhold"]
Backlog = Literal["release", "discard", "review"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `decide` says of a class, as far as a flow must know: `covering` is not empty if and only if it is a hold.

    `hidden`: what was released is closed for reading as well (a cut, or withheld).
    """

    kind: Kind
    covering: frozenset[str] = frozenset()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class ClassState:
    """Where one class of one flow stands. `hidden_since` is the policy version that hid it (0: not hidden).

    `held` and `review`: by pause, the ranges that it keeps back; open where the pause covers the class now.
    """

    verdict: Verdict
    hidden_since: int = 0
    held: Mapping[str, Ranges] = field(default_factory=dict)
    review: Mapping[str, Ranges] = field(default_factory=dict)
    discarded: Ranges = EMPTY

    @property
    def kept(self) -> Ranges:
        """Everything that some pause or review keeps back."""
        found = EMPTY
        for ranges in (*self.held.values(), *self.review.values()):
            found = found | ranges
        return found


@dataclass(frozen=True, slots=True)
class Lift:
    """A pause that ends with this change, and what becomes of what it held."""

    pause: str
    backlog: Backlog


@dataclass(frozen=True, slots=True)
class Turn:
    """What a policy change does to one class of a flow. Streams follow it: `close`, then `backlog`, then `open_after`.

    `backlog`: released by this change. `taken_over`: what the lifted pauses held and others hold on.
    `shown_since`: where what was hidden is shown again, the policy version that had hidden it; else 0.
    """

    state: ClassState
    close: bool = False
    open_after: int | None = None
    backlog: Ranges = EMPTY
    taken_over: Ranges = EMPTY
    shown_since: int = 0

    @property
    def changes_stream(self) -> bool:
        """Whether any stream must be written anew."""
        return self.close or self.open_after is not None or bool(self.backlog) or bool(self.shown_since)


def begin(verdict: Verdict, *, at_seq: int, version: int, history: bool) -> Turn:
    """A class in a new flow, or a new class in a flow (then without history: nothing of it was here before)."""
    after = 0 if history else at_seq
    held = {pause: Ranges.of((after, OPEN)) for pause in verdict.covering} if verdict.kind == "hold" else {}
    state = ClassState(verdict, version if verdict.hidden else 0, held)
    return Turn(state, open_after=after if verdict.kind == "release" else None)


def turn(
    state: ClassState,
    verdict: Verdict,
    *,
    given: Ranges,
    at_seq: int,
    version: int,
    history: bool,
    lift: Lift | None = None,
) -> Turn:
    """The class after a policy change at `at_seq` that gives it `verdict`; `given` is what was ever released of it."""
    old = state.verdict
    held, review, discarded = dict(state.held), dict(state.review), state.discarded
    candidates, lifted = EMPTY, EMPTY

    if lift is not None:
        lifted = held.pop(lift.pause, EMPTY).upto(at_seq)
        held, review, discarded, candidates = _lifted(lift, lifted, verdict, held, review, discarded)

    never = EMPTY
    if history and old.kind == "withhold" and verdict.kind != "withhold":
        known = given | discarded
        for ranges in (*held.values(), *review.values()):
            known = known | ranges
        never = Ranges.of((0, at_seq)) - known - lifted

    close, open_after = old.kind == "release" and verdict.kind != "release", None
    if verdict.kind == "hold":
        for pause in old.covering - verdict.covering:
            held = _taken_over(held, verdict, held.pop(pause, EMPTY).upto(at_seq))
        for pause in verdict.covering:
            ranges = held.get(pause, EMPTY) | never
            if pause not in old.covering:
                ranges = ranges | Ranges.of((at_seq, OPEN))
            held[pause] = ranges
    elif verdict.kind == "release":
        for ranges in held.values():
            candidates = candidates | ranges.upto(at_seq)
        held = {}
        candidates = candidates | never
        open_after = at_seq if old.kind != "release" else None
    else:
        held = {pause: ranges.upto(at_seq) for pause, ranges in held.items()}

    for ranges in review.values():
        candidates = candidates - ranges
    hidden_since = (state.hidden_since or version) if verdict.hidden else 0
    after = ClassState(
        verdict,
        hidden_since,
        {pause: ranges for pause, ranges in held.items() if ranges},
        {pause: ranges for pause, ranges in review.items() if ranges},
        discarded,
    )
    still = EMPTY
    for ranges in after.held.values():
        still = still | (ranges & lifted)
    return Turn(
        after,
        close=close,
        open_after=open_after,
        backlog=candidates - given,
        taken_over=still,
        shown_since=state.hidden_since if not verdict.hidden else 0,
    )


def _lifted(
    lift: Lift,
    ranges: Ranges,
    verdict: Verdict,
    held: dict[str, Ranges],
    review: dict[str, Ranges],
    discarded: Ranges,
) -> tuple[dict[str, Ranges], dict[str, Ranges], Ranges, Ranges]:
    """What becomes of the ranges that a lifted pause held: (held, review, discarded, what may be released now)."""
    if lift.backlog == "discard":
        held = {pause: theirs - ranges for pause, theirs in held.items()}
        review = {pause: theirs - ranges for pause, theirs in review.items()}
        return held, review, discarded | ranges, EMPTY
    if lift.backlog == "review":
        return held, {**review, lift.pause: review.get(lift.pause, EMPTY) | ranges}, discarded, EMPTY
    if verdict.kind == "hold":
        return _taken_over(held, verdict, ranges), review, discarded, EMPTY
    return held, review, discarded, ranges if verdict.kind == "release" else EMPTY


def bit_released(state: ClassState, bits: Ranges, *, pause: str | None, given: Ranges, at_seq: int) -> Turn:
    """Some of what reviews keep, released by hand: what another pause covers goes to that one; withheld stays.

    `pause` names the review; None means all of them.
    """
    mine = _reviewed(state, pause) & bits
    if not mine or state.verdict.kind == "withhold":
        return Turn(state)
    review = {
        name: ranges - mine if pause is None or name == pause else ranges for name, ranges in state.review.items()
    }
    review = {name: ranges for name, ranges in review.items() if ranges}
    held, backlog = dict(state.held), EMPTY
    if state.verdict.kind == "hold":
        held = _taken_over(held, state.verdict, mine)
    else:
        backlog = mine.upto(at_seq) - given
        for ranges in (*review.values(), *held.values()):
            backlog = backlog - ranges
    return Turn(replace(state, review=review, held=held), backlog=backlog)


def freed(state: ClassState) -> ClassState:
    """The class with what reviews keep and what was dropped held by no pause in particular, so that it is given as soon
    as the class flows: a word on single items counts more.
    """
    kept = state.discarded
    for ranges in state.review.values():
        kept = kept | ranges
    held = {**state.held, FREED: state.held.get(FREED, EMPTY) | kept}
    return replace(state, held={name: ranges for name, ranges in held.items() if ranges}, review={}, discarded=EMPTY)


def bit_discarded(state: ClassState, bits: Ranges, *, pause: str | None) -> Turn:
    """Some of what reviews keep, dropped by hand, whoever else holds it too."""
    mine = _reviewed(state, pause) & bits
    if not mine:
        return Turn(state)
    return Turn(
        replace(
            state,
            review={name: left for name, ranges in state.review.items() if (left := ranges - mine)},
            held={name: left for name, ranges in state.held.items() if (left := ranges - mine)},
            discarded=state.discarded | mine,
        )
    )


def spliced(source: ClassState, target: ClassState, bits: Ranges) -> ClassState:
    """`target` after these items came to it from class `source`: whoever held, reviewed or dropped them still does."""

    def carried(mine: Mapping[str, Ranges], theirs: Mapping[str, Ranges]) -> dict[str, Ranges]:
        found = {
            name: (mine.get(name, EMPTY) - bits) | (theirs.get(name, EMPTY) & bits) for name in sorted({*mine, *theirs})
        }
        return {name: ranges for name, ranges in found.items() if ranges}

    return replace(
        target,
        held=carried(target.held, source.held),
        review=carried(target.review, source.review),
        discarded=(target.discarded - bits) | (source.discarded & bits),
    )


def _reviewed(state: ClassState, pause: str | None) -> Ranges:
    found = EMPTY
    for name, ranges in state.review.items():
        if pause is None or name == pause:
            found = found | ranges
    return found


def _taken_over(held: dict[str, Ranges], verdict: Verdict, ranges: Ranges) -> dict[str, Ranges]:
    return held | {pause: held.get(pause, EMPTY) | ranges for pause in verdict.covering}
