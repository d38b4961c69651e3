"""Settled: what a flow was decided by when the past was told of it last, so that no class is decided twice by the same.

What is decided of a class depends on the terms, on whoever receives, and on the pauses that run. The first two change
seldom, so what follows from them alone is decided once; of what they bar for good no pause changes anything; and pauses
that differ in their numbers and dates alone decide alike. So are items turned once that stood alike and are decided
alike: a history of a thousand pauses is one of a few.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from relto.domain.decision import decide
from relto.domain.flow import Turn, Verdict, turn
from relto.domain.ranges import OPEN, Ranges
from relto.usecases.policy import verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.agreement import Agreement
    from relto.domain.flow import ClassState, Lift
    from relto.domain.marking import Recipient
    from relto.domain.pause import Mode, Pause
    from relto.domain.selector import Selector
    from relto.ports.store import ClassRow

    Kinds = tuple[tuple[Mode, Selector | None], ...]
    """What pauses that concern a flow decide by, each."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What decides in a flow beside the pauses."""

    terms: Agreement
    ended: bool
    member: bool
    recipient: Recipient
    ceiling: int | None


@dataclass(slots=True)
class Settled:
    """How a flow was settled: on which ground, with which pauses running, when, and by which act (its place among those
    carried out).

    `reach`: the groups of items, by their places, of which a pause can change anything, found once for each ground.
    """

    ground: Ground
    running: tuple[Pause, ...]
    moment: int
    done: int
    reach: Sequence[int] = ()
    _plain: dict[int, Verdict] = field(default_factory=dict)
    _paused: dict[Kinds, dict[int, tuple[Verdict, tuple[int, ...]]]] = field(default_factory=dict)
    _seen: dict[int, Verdict] = field(default_factory=dict)

    def again(self, ground: Ground, running: tuple[Pause, ...], *, moment: int, done: int) -> Settled:
        """As it is settled next; on an equal ground, which is then the same object, with what is known of it."""
        if ground != self.ground:
            return Settled(ground, running, moment, done)
        return replace(self, running=running, moment=moment, done=done, _seen={})

    def verdict(self, row: ClassRow) -> Verdict:
        """Of a class."""
        found = self._seen.get(row.id)
        if found is None:
            sure = not self.running or self.bars(row)
            found = self._seen[row.id] = self._plainly(row) if sure else self._by_pauses(row)
        return found

    def bars(self, row: ClassRow) -> bool:
        """Whether the class is withheld whatever is paused: for more than that the agreement has ended."""
        plain = self._plainly(row)
        return plain.kind == "withhold" and plain.hidden

    def _plainly(self, row: ClassRow) -> Verdict:
        if row.id not in self._plain:
            self._plain[row.id] = self._decided(row, ())
        return self._plain[row.id]

    def _by_pauses(self, row: ClassRow) -> Verdict:
        known = self._paused.setdefault(tuple((pause.mode, pause.scope) for pause in self.running), {})
        if row.id not in known:
            verdict = self._decided(row, self.running)
            places = (place for place, pause in enumerate(self.running) if pause.number in verdict.covering)
            known[row.id] = verdict, tuple(places)
        verdict, covering = known[row.id]
        return Verdict(verdict.kind, frozenset(self.running[place].number for place in covering), verdict.hidden)

    def _decided(self, row: ClassRow, pauses: Sequence[Pause]) -> Verdict:
        ground = self.ground
        decision = decide(
            row.value,
            agreement=ground.terms,
            recipient=ground.recipient,
            ceiling=ground.ceiling,
            pauses=pauses,
            ended=ground.ended,
            at=self.moment,
            member=ground.member,
        )
        return verdict_of(decision)


class Kept(NamedTuple):
    """What became of items by a turn: their state, what is released of them, and what of that not as it came."""

    state: ClassState
    given: Ranges
    late: Ranges
    is_other: bool


def kept(state: ClassState | None, given: Ranges, found: Turn, seq: int) -> Kept:
    """What becomes of items in this state (None: the flow begins), of which that was released, by a turn at `seq`."""
    after = given.upto(seq) if found.close else given
    late = found.backlog
    if found.open_after is not None:
        # A recipient that joins has what was here before from then on.
        late = late | Ranges.of((found.open_after, seq))
        after = after | Ranges.of((found.open_after, OPEN))
    return Kept(found.state, after | found.backlog, late - given, found.state != state or found.changes_stream)


class Alike:
    """What one change does to the groups of a flow: those that stand alike and are decided alike are turned once."""

    def __init__(self, seq: int, version: int, *, history: bool, lift: Lift | None) -> None:
        """As `turn` has them."""
        self._seq = seq
        self._turned = partial(turn, at_seq=seq, version=version, history=history, lift=lift)
        # By which objects they are, which are kept here so that no others take their place.
        self._known: dict[tuple[int, int, Verdict], tuple[ClassState, Ranges, Kept]] = {}

    def kept(self, state: ClassState, verdict: Verdict, given: Ranges) -> Kept:
        """What becomes of a group."""
        key = (id(state), id(given), verdict)
        if key not in self._known:
            found = self._turned(state, verdict, given=given)
            self._known[key] = state, given, kept(state, given, found, self._seq)
        return self._known[key][2]
