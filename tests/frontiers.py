"""The frontier that a stored tree had at a size of before: a log never goes back, so only tests ask for it."""

from __future__ import annotations

from relto.domain.merkle import Frontier, Subtree


def frontier_of(size: int, subtree: Subtree) -> Frontier:
    """One perfect subtree for each bit of the size, the largest first."""
    hashes: list[bytes] = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            hashes.append(subtree(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))
