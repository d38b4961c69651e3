"""A batch: the items that one transaction stored, and the moments at which they were added.

Moments are given out just before the commit, ahead of the clock by a lead that covers it, and later than all
before. They are arithmetic over the place in the batch, so that no item needs a column or an index of its own:
first some on whole milliseconds while those are near, then one microsecond apart, then the last hundred on whole
milliseconds again, because real clients cut their cursors to milliseconds and would otherwise be given the tail
of a walk again at every poll (CLIENTS.md rule 9).

>>> batch = Batch.plan(first=1, count=3, clock=1_000_000, last_given=0)
>>> [batch.added_at(seq) for seq in (1, 2, 3)]
[1020000, 1021000, 1022000]
>>> batch.upto(1_021_500)
2
"""

from __future__ import annotations

from dataclasses import dataclass

LEAD_US = 20_000
"""How far ahead of the clock moments are given out: it covers the commit."""

NEAR_US = 5_000
"""A whole millisecond is taken while it is at most this far beyond the clock and the lead."""

TAIL_ITEMS = 100
"""How many items at the end of a batch stand on whole milliseconds in any case."""

AHEAD_TAIL_US = 100_000
"""Beyond this distance from the clock only the very last item of a batch is put on a whole millisecond, …"""

AHEAD_MAX_US = 500_000
"""… and beyond this one none, so that many small batches cannot run away from the clock."""

MILLISECOND_US = 1_000


def whole_millisecond(moment: int) -> int:
    """The first whole millisecond at or after `moment`."""
    return -(-moment // MILLISECOND_US) * MILLISECOND_US


@dataclass(frozen=True, slots=True)
class Batch:
    """`first` to `last` are the `seq` of its items; `start` the moment of the first; `head` and `tail` how many
    at the beginning and at the end stand on whole milliseconds.
    """

    first: int
    last: int
    start: int
    head: int
    tail: int

    @staticmethod
    def plan(*, first: int, count: int, clock: int, last_given: int) -> Batch:
        """The batch of `count` (at least 1) items from `seq` `first` on, all later than `last_given` and `clock`."""
        base = clock + LEAD_US
        start = max(base, last_given + 1)
        ahead = start - base
        tail = min(count, TAIL_ITEMS if ahead <= AHEAD_TAIL_US else 1 if ahead <= AHEAD_MAX_US else 0)
        room = base + NEAR_US - whole_millisecond(start)
        head = min(count - tail, room // MILLISECOND_US + 1) if room >= 0 else 0
        if head or tail == count:
            start = whole_millisecond(start)
        return Batch(first, first + count - 1, start, head, tail)

    def is_planned(self, last_given: int) -> bool:
        """Whether some clock leads to it (`plan`), where `last_given` was the last moment before."""
        free, count = last_given + 1, self.last - self.first + 1
        if count < 1 or self.start < free:
            return False
        # As far from the clock as they are, there are few ways in which moments can lie: one clock stands for each.
        bases = {self.start, self.start - 1}
        bases |= {whole_millisecond(free) - NEAR_US + room for room in (-1, *range(0, NEAR_US + 1, MILLISECOND_US))}
        bases |= {free - ahead - 1 for ahead in (AHEAD_TAIL_US, AHEAD_MAX_US)}
        return any(
            Batch.plan(first=self.first, count=count, clock=base - LEAD_US, last_given=last_given) == self
            for base in bases
        )

    @property
    def _middle(self) -> int:
        return self.last - self.first + 1 - self.head - self.tail

    @property
    def _middle_start(self) -> int:
        return self.start + (self.head - 1) * MILLISECOND_US + 1 if self.head else self.start

    @property
    def _tail_start(self) -> int:
        if self._middle:
            return whole_millisecond(self._middle_start + self._middle)
        return self.start + self.head * MILLISECOND_US

    @property
    def end(self) -> int:
        """The moment of the last item."""
        return self.added_at(self.last)

    def added_at(self, seq: int) -> int:
        """The moment at which the item was added, in microseconds; `first <= seq <= last`."""
        place = seq - self.first
        if place < self.head:
            return self.start + place * MILLISECOND_US
        place -= self.head
        if place < self._middle:
            return self._middle_start + place
        return self._tail_start + (place - self._middle) * MILLISECOND_US

    def upto(self, moment: int) -> int:
        """The highest `seq` of this batch that was added at or before `moment`; `first - 1` if none was."""
        if moment < self.start:
            return self.first - 1
        count = min(self.head, (moment - self.start) // MILLISECOND_US + 1) if self.head else 0
        if self._middle and moment >= self._middle_start:
            count = self.head + min(self._middle, moment - self._middle_start + 1)
        if self.tail and moment >= self._tail_start:
            count = self.head + self._middle + min(self.tail, (moment - self._tail_start) // MILLISECOND_US + 1)
        return self.first - 1 + count
