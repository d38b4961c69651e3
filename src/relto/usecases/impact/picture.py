"""A picture: how the classes of flows stand at one moment, and what can be counted in them.

`Now` looks at what flows and streams hold; it cannot tell when something was released that had been held before.
`Then` is told again from the record, of any moment, and can; that takes as many steps as there were acts.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Protocol

from relto.domain.flow import ClassState, Verdict
from relto.domain.ranges import EMPTY, Ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.classes import Class
    from relto.ports.store import FlowRow, Range, Snapshot
    from relto.usecases.past import Past
    from relto.usecases.policy import Policy


@dataclass(frozen=True, slots=True)
class Part:
    """Items of one class in one flow, up to the picture's last. `key` names them to the picture.

    `given`: all that was released; `late`: what of it was released otherwise than as it came, and when (microseconds).
    """

    key: int
    value: Class
    state: ClassState
    given: Ranges
    late: tuple[tuple[int, Ranges], ...] = ()


class Picture(Protocol):
    """How things stand at the moment `at`; `upto` is the last item that counts."""

    at: int
    upto: int

    @property
    def policy(self) -> Policy:
        """What decides."""
        ...

    def parts(self, flow: FlowRow) -> list[Part]:
        """The flow, class by class."""
        ...

    def seq_upto(self, moment: int) -> int:
        """The last item that counts and was stored up to then."""
        ...

    def stored_at(self, seq: int) -> int:
        """When the item was stored."""
        ...

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """How many items there are in each (key, after, upto)."""
        ...

    def ends(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """The first and the last item in each (key, after, upto); None where there is none."""
        ...


class _Timed:
    """What all pictures have of their snapshot."""

    def __init__(self, snap: Snapshot, *, at: int, upto: int) -> None:
        self.at, self.upto = at, upto
        self._snap = snap
        self._seqs: dict[int, int] = {}

    def seq_upto(self, moment: int) -> int:
        """Each moment is asked for once: all flows are cut by the same days."""
        if moment not in self._seqs:
            self._seqs[moment] = min(self._snap.seq_upto(moment), self.upto)
        return self._seqs[moment]

    def stored_at(self, seq: int) -> int:
        """By its batch."""
        batch = self._snap.batch_of(seq)
        assert batch is not None, "an item has a batch"
        return batch.added_at(seq)


class Now(_Timed):
    """As flows and streams hold it; keys are ids of classes."""

    def __init__(self, snap: Snapshot, policy: Policy, *, at: int) -> None:
        """`policy` is that of the block, `at` the node's clock. What is stored ahead of the clock counts."""
        super().__init__(snap, at=at, upto=snap.head().last_seq)
        self.policy = policy

    def parts(self, flow: FlowRow) -> list[Part]:
        """Each class that was ever told."""
        stream = self.policy.stream(self._snap, flow.main)
        return [
            Part(class_id, self.policy.classes[class_id].value, state, stream.given(class_id).upto(self.upto))
            for class_id, state in self.policy.states_of(self._snap, flow.id).items()
        ]

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """The store's."""
        return self._snap.counts(ranges)

    def ends(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """The store's."""
        return self._snap.trims(ranges)


class Then(_Timed):
    """As the past tells it; keys are places of its groups."""

    def __init__(self, snap: Snapshot, past: Past, *, at: int, upto: int) -> None:
        """`past` may go on being told: the picture is then of that."""
        super().__init__(snap, at=at, upto=upto)
        self._past = past
        self._listed = {place: _Listed(group.seqs) for place, group in enumerate(past.groups) if group.seqs is not None}

    @property
    def policy(self) -> Policy:
        """As far as it is told."""
        return self._past.policy

    def parts(self, flow: FlowRow) -> list[Part]:
        """Each group."""
        return [
            Part(
                place,
                self._past.value_of(group),
                group.states.get(flow.id, _NEVER),
                group.given.get(flow.id, EMPTY).upto(self.upto),
                tuple((moment, ranges.upto(self.upto)) for moment, ranges in group.late.get(flow.id, ())),
            )
            for place, group in enumerate(self._past.groups)
        ]

    def counts(self, ranges: Sequence[Range]) -> list[int]:
        """The store's, but for groups that are listed item by item."""
        found = iter(self._snap.counts(self._stored(ranges)))
        return [
            self._listed[key].count(after, upto) if key in self._listed else next(found) for key, after, upto in ranges
        ]

    def ends(self, ranges: Sequence[Range]) -> list[tuple[int, int] | None]:
        """As `counts`."""
        found = iter(self._snap.trims(self._stored(ranges)))
        return [
            self._listed[key].ends(after, upto) if key in self._listed else next(found) for key, after, upto in ranges
        ]

    def _stored(self, ranges: Sequence[Range]) -> list[Range]:
        # A group that never moved has one class, and is all of that class.
        groups = self._past.groups
        return [(groups[key].ways[0][1], after, upto) for key, after, upto in ranges if key not in self._listed]


_NEVER = ClassState(Verdict("withhold"))

_upto = itemgetter(1)


class _Listed:
    """Items that are known one by one: how many there are in a range is looked up, whatever their number."""

    def __init__(self, seqs: Ranges) -> None:
        self._pairs = seqs.pairs
        self._before = [0, *accumulate(upto - after for after, upto in seqs)]

    def _rank(self, seq: int) -> int:
        """How many there are up to that one."""
        index = bisect_left(self._pairs, seq, key=_upto)
        inside = max(seq - self._pairs[index][0], 0) if index < len(self._pairs) else 0
        return self._before[index] + inside

    def count(self, after: int, upto: int) -> int:
        """How many there are in the range."""
        return max(self._rank(upto) - self._rank(after), 0)

    def ends(self, after: int, upto: int) -> tuple[int, int] | None:
        """The first and the last in the range."""
        first, last = self._rank(after) + 1, self._rank(upto)
        return (self._place(first), self._place(last)) if first <= last else None

    def _place(self, rank: int) -> int:
        """The item of that rank, from 1."""
        index = bisect_left(self._before, rank) - 1
        return self._pairs[index][0] + rank - self._before[index]
