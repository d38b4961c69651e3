"""Room for what is on its way: how many bodies may be awaited at once, in all and of one sender.

Whoever only waits costs next to nothing, and yet counts as a request that is worked on: without a limit of its own, a
sender who never ends what it began would take the place of everybody else.

>>> from relto.faces.http.refusal import unavailable
>>> room = Room(most=2, of_one=1, refusal=unavailable)
>>> with room.place("203.0.113.1"), room.place("203.0.113.2"):
...     len(room)
2
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relto.faces.http.refusal import Refusal


class Room:
    """Counts them. One for each process and kind; used on its event loop only."""

    def __init__(self, *, most: int, of_one: int, refusal: Callable[[], Refusal]) -> None:
        """At most `most` in all and `of_one` of each sender; whoever comes beyond is given the `refusal`."""
        self._most = most
        self._of_one = of_one
        self._refusal = refusal
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many are on their way."""
        return self._taken.total()

    def require(self, sender: str) -> None:
        """Returns where there is a place for this sender now. Raises the refusal."""
        if len(self) >= self._most or self._taken[sender] >= self._of_one:
            raise self._refusal()

    @contextmanager
    def place(self, sender: str) -> Iterator[None]:
        """A place among them, until the block ends. Raises the refusal."""
        self.require(sender)
        self._taken[sender] += 1
        try:
            yield
        finally:
            self._taken[sender] -= 1
            # Names of those who were here once must not pile up.
            self._taken += Counter()
