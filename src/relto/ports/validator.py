"""Validation: what is read of one object, or why it is not taken in.

A reject is an answer, not an error: the rest of the input goes in. Every code stands in `docs/reference/rejects.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from relto.domain.item import Header, Reject
from relto.ports.intake import Piece


class Validator(Protocol):
    """Judges one object at a time."""

    def check(self, raw: bytes, *, where: str, now_us: int) -> Header | Reject:
        """Return the header of `raw`, or the first reason to refuse it.

        Total: whatever the bytes are, it returns and never raises. A header is given only to an object that keeps the
        MUSTs of STIX 2.1 as far as they can be seen from the object alone, so its id, type, version and markings can be
        trusted to be well formed. `Header.raw` is `raw`, untouched. `now_us` is the present in microseconds since 1970:
        a version more than a day ahead of it is refused. The same arguments always give the same answer.
        """
        ...


class Validation(Protocol):
    """Judges many objects, perhaps in several processes."""

    def validated(self, pieces: Iterable[Piece], *, now_us: int) -> Iterator[Header | Reject]:
        """Yield what `Validator.check` says of each piece, in the order of `pieces`.

        Holds a bounded number of pieces. An error raised by `pieces` is raised here too, after the answers to all that
        came before it. If a worker dies, `Unreachable` (`worker-died`) is raised; nothing hangs. Closing the iterator
        early ends the workers.
        """
        ...
