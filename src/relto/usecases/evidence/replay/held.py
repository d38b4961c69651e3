"""Held: what is known of a page until it is taken back. A log may have a hundred thousand, so each is a few bytes."""

from __future__ import annotations

from typing import Final, NewType

AROUND_BYTES: Final = 16

_NOBODY_KNOWS: Final = bytes(AROUND_BYTES)

Held = NewType("Held", bytes)
"""Of one page: whether it has items, what stands for the tracks around it, and the cursor that it gave."""


def held(*, gave: bool, around: bytes | None, cursor: bytes = b"") -> Held:
    """`around`: `AROUND_BYTES` of them; None where nobody knows which tracks those were. `cursor`: empty where it gave
    none.
    """
    return Held(bytes([gave]) + (around or _NOBODY_KNOWS) + cursor)


def has_items(page: Held) -> bool:
    """Whether it gave anything."""
    return page[0] != 0


def may_be_within(page: Held, around: bytes) -> bool:
    """Whether these tracks were around it, as far as anybody knows."""
    return page[1 : 1 + AROUND_BYTES] in {around, _NOBODY_KNOWS}


def cursor_of(page: Held) -> bytes:
    """The cursor that it gave; empty where it gave none."""
    return page[1 + AROUND_BYTES :]
