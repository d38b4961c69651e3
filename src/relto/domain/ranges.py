"""Ranges of `seq`: sets of whole numbers as sorted, disjoint, half-open intervals `after < seq <= upto`.

`OPEN` as `upto` means without bound. All of section 4 of the design is arithmetic on these; none of it counts items.

>>> held = Ranges.of((10, OPEN))
>>> (held & Ranges.of((0, 20))).pairs
((10, 20),)
>>> (held - Ranges.of((12, 15))).pairs
((10, 12), (15, 9223372036854775807))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OPEN = 2**63 - 1
"""The `upto` of a range without bound; the highest value of a signed 64-bit column, so that comparing is enough."""

Pair = tuple[int, int]


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
        return any(after < seq <= upto for after, upto in self.pairs)

    def __or__(self, other: Ranges) -> Ranges:
        """What is in either."""
        if not other.pairs:
            return self
        if not self.pairs:
            return other
        return Ranges(_joined((*self.pairs, *other.pairs)))

    def __and__(self, other: Ranges) -> Ranges:
        """What is in both."""
        found: list[Pair] = []
        for after, upto in self.pairs:
            for other_after, other_upto in other.pairs:
                low, high = max(after, other_after), min(upto, other_upto)
                if low < high:
                    found.append((low, high))
        return Ranges(_joined(found))

    def __sub__(self, other: Ranges) -> Ranges:
        """What is in this and not in the other."""
        left = list(self.pairs)
        for cut_after, cut_upto in other.pairs:
            rest: list[Pair] = []
            for after, upto in left:
                if cut_upto <= after or cut_after >= upto:
                    rest.append((after, upto))
                    continue
                if after < cut_after:
                    rest.append((after, cut_after))
                if cut_upto < upto:
                    rest.append((cut_upto, upto))
            left = rest
        return Ranges(tuple(left))

    def upto(self, seq: int) -> Ranges:
        """The part that is not beyond `seq`."""
        return Ranges(tuple((after, min(end, seq)) for after, end in self.pairs if after < min(end, seq)))

    def beyond(self, seq: int) -> Ranges:
        """The part that is beyond `seq`."""
        return Ranges(tuple((max(after, seq), end) for after, end in self.pairs if end > max(after, seq)))


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
