"""The search index: which items have which words (`domain/findable.py`).

It is derived from what is stored, and no truth of its own: it may be behind the store, it may be made anew at any time,
and what it finds is looked up there before anybody is shown it. Promises, kept by every adapter:

- **All or nothing.** A stretch of items is in the index as a whole, or not at all.
- **In order.** `place` says up to which item all are in; a stretch goes in behind that, or not.
- **Newest first.** What is found comes by falling `seq`, each once.
- **Forgotten is gone.** When `forget` returns, these items are found no more; when `clean` has nothing more to do, none
  of their words stays on the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class IndexPlace(NamedTuple):
    """How far an index is: all items up to `upto` are in (0: none); `digest` is what was said of the last of them, by
    which it is told whether it is of this store at all. What leaves of the log before number `purge` say was purged is
    out.
    """

    upto: int = 0
    digest: bytes = b""
    purge: int = 0


class SearchIndex(Protocol):
    """Words of items. Safe to use from several threads and processes. Any call may raise `Unreachable`."""

    def place(self) -> IndexPlace:
        """How far it is."""
        ...

    def add(self, place: IndexPlace, words: Sequence[tuple[int, Collection[str]]], *, upto: int, digest: bytes) -> bool:
        """Takes in the items behind `place` up to `upto`: (seq, words), those without words left out. False, with
        nothing done, where the index is at another place: another process was faster. Durable when it returns, as far
        as an index has to be: after a power cut it may be at an earlier place.
        """
        ...

    def find(self, words: Sequence[str], *, after: int = 0, before: int, limit: int) -> list[int]:
        """The items with all of these words (one at least) and `after < seq < before`, newest first, at most `limit`.

        Costs what is found; for words that are each in many items and seldom together, the shorter of their lists.
        """
        ...

    def forget(self, place: IndexPlace, seqs: Collection[int], *, purge: int) -> bool:
        """Takes these items out, for good, as their content was purged; the place says so from then on. False, with
        nothing done, where the index is at another place: what came in meanwhile may have been read before the purge.
        """
        ...

    def clean(self) -> bool:
        """Takes words that only forgotten items had off the disk, a step at a time; whether there is more to do."""
        ...

    def clear(self) -> None:
        """Takes everything out; it is filled anew from the first item on."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...
