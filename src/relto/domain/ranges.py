"""Ranges of `seq`: sets of whole numbers as sorted, disjoint, half-open intervals `after < seq <= upto`.

`OPEN` as `upto` means without bound. All of section 4 of the design is arithmetic on these; none of it counts items.
No operation takes longer than the intervals are many: what is moved item by item has one for each.

>>> held = Ranges.of((10, OPEN))
>>> (held & Ranges.of((0, 20))).pairs
((10, 20),)
>>> (held - Ranges.of((12, 15))).pairs
((10, 12), (15, 9223372036854775807))
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPEN = 2**63 - 1
"""The `upto` of a range without bound; the highest value of a signed 64-bit column, so that comparing is enough."""

Pair = tuple[int, int]

_upto = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Ranges:
    """A set of `seq`; `pairs` are sorted, never empty, never touch one another."""

    pairs: tuple[Pair, ...] = ()

    @staticmethod
    def of(*pairs: Pair) -> Ranges:
        """The union of intervals in any order; empty ones (`upto <= after`) fall away, touching ones join."""
        return Ranges(_joined(pairs))

    def __bool__(self) -> bool:
        """Whether any `seq` is in it."""
        return bool(self.pairs)

    def __iter__(self) -> Iterator[Pair]:
        """The intervals in order."""
        return iter(self.pairs)

    def __contains__(self, seq: int) -> bool:
        """Whether `seq` is in it."""
        index = bisect_left(self.pairs, seq, key=_upto)
        return index < len(self.pairs) and self.pairs[index][0] < seq

    def __or__(self, other: Ranges) -> Ranges:
        """What is in either."""
        if not other.pairs:
            return self
        if not self.pairs:
            return other
        if self.pairs[-1][1] < other.pairs[0][0]:
            return Ranges(self.pairs + other.pairs)
        return Ranges(_joined((*self.pairs, *other.pairs)))

    def __and__(self, other: Ranges) -> Ranges:
        """What is in both."""
        found: list[Pair] = []
        mine, theirs = self.pairs, other.pairs
        left = right = 0
        while left < len(mine) and right < len(theirs):
            low, high = max(mine[left][0], theirs[right][0]), min(mine[left][1], theirs[right][1])
            if low < high:
                found.append((low, high))
            if mine[left][1] < theirs[right][1]:
                left += 1
            else:
                right += 1
        return Ranges(tuple(found))

    def __sub__(self, other: Ranges) -> Ranges:
        """What is in this and not in the other."""
        cuts = other.pairs
        if not cuts or not self.pairs:
            return self
        found: list[Pair] = []
        index = 0
        for pair_after, upto in self.pairs:
            after = pair_after
            while index < len(cuts) and cuts[index][1] <= after:
                index += 1
            while after < upto and index < len(cuts) and cuts[index][0] < upto:
                cut_after, cut_upto = cuts[index]
                if after < cut_after:
                    found.append((after, cut_after))
                after = cut_upto
                if cut_upto <= upto:
                    index += 1
            if after < upto:
                found.append((after, upto))
        return Ranges(tuple(found))

    def upto(self, seq: int) -> Ranges:
        """The part that is not beyond `seq`."""
        index = bisect_left(self.pairs, seq, key=_upto)
        if index == len(self.pairs):
            return self
        after, end = self.pairs[index]
        rest = ((after, min(end, seq)),) if after < seq else ()
        return Ranges(self.pairs[:index] + rest)

    def beyond(self, seq: int) -> Ranges:
        """The part that is beyond `seq`."""
        index = bisect_right(self.pairs, seq, key=_upto)
        if index == len(self.pairs):
            return EMPTY
        after, end = self.pairs[index]
        return Ranges(((max(after, seq), end), *self.pairs[index + 1 :]))


EMPTY = Ranges()
EVERYTHING = Ranges(((0, OPEN),))


def _joined(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    found: list[Pair] = []
    for after, upto in sorted(pairs):
        if after >= upto:
            continue
        if found and after <= found[-1][1]:
            if upto > found[-1][1]:
                found[-1] = (found[-1][0], upto)
        else:
            found.append((after, upto))
    return tuple(found)
