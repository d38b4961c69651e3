"""Days: which items were stored on which day, as ranges of `seq`, however what lies in them is counted.

>>> days = Days.of({DAY_US - 1: 10, 2 * DAY_US - 1: 12}.__getitem__, range(1, 3), upto=20)
>>> days.cuts, days.names
((10, 12, 20), ['1970-01-02', '1970-01-03'])
>>> list(days.cut(5, 15))
[(0, 10, 12), (1, 12, 15)]
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relto.domain.moment import DAY_US, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Days:
    """Days (UTC), one after the other: `first` is the number of the first of them since 1970, and the items of the one
    at place n are those beyond `cuts[n]` and up to `cuts[n + 1]`.
    """

    first: int
    cuts: tuple[int, ...]

    @classmethod
    def of(cls, seq_upto: Callable[[int], int], numbers: Sequence[int], *, after: int | None = None, upto: int) -> Days:
        """The days of these numbers, of the items up to `upto`, the last of which count under the last day. `after`:
        the first day takes what is older as well, beyond this; None: it does not.
        """
        begin = seq_upto(numbers[0] * DAY_US - 1) if after is None else after
        inner = (seq_upto(number * DAY_US - 1) for number in numbers[1:])
        return cls(numbers[0], (begin, *(min(max(seq, begin), upto) for seq in inner), max(upto, begin)))

    @property
    def count(self) -> int:
        """How many."""
        return len(self.cuts) - 1

    @property
    def names(self) -> list[str]:
        """Each as `2025-03-09`."""
        return [write((self.first + place) * DAY_US)[:10] for place in range(self.count)]

    def place(self, moment: int) -> int | None:
        """Which of them the moment lies in; None where it is none of them."""
        place = moment // DAY_US - self.first
        return place if 0 <= place < self.count else None

    def cut(self, after: int, upto: int) -> Iterator[tuple[int, int, int]]:
        """A range, day by day: (place of the day, after, upto), without empty ones."""
        low, high = max(after, self.cuts[0]), min(upto, self.cuts[-1])
        for place in range(bisect_right(self.cuts, low) - 1, self.count):
            begin, end = max(low, self.cuts[place]), min(high, self.cuts[place + 1])
            if begin >= high:
                return
            if begin < end:
                yield place, begin, end
