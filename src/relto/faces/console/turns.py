"""Turns: how many pages are drawn at once and wait to be, in all and of one account.

Of one account fewer are drawn at once than there are threads, and its others wait for those and for nobody else: who
asks for much waits for itself, and whoever comes beside it is drawn as if it were not there.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from relto.faces.http.refusal import unavailable
from relto.faces.http.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

THREADS: Final = 4
WAITING_MAX: Final = 64
"""Pages that are drawn at once, and that may wait to be."""

THREADS_OF_ONE: Final = 2
WAITING_OF_ONE: Final = 14
"""And those of one account."""


class Turns:
    """The threads that draw pages. One for each process; used on its event loop only."""

    def __init__(self) -> None:
        """The threads begin with the first page."""
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-page")
        self._room = Room(most=THREADS + WAITING_MAX, of_one=THREADS_OF_ONE + WAITING_OF_ONE, refusal=unavailable)
        # Nobody's turns are kept any longer than one of its pages waits for them.
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def close(self) -> None:
        """Ends the threads; pages that are under way are finished."""
        self.threads.shutdown(wait=True, cancel_futures=True)

    def place(self, account: str) -> AbstractContextManager[None]:
        """A place among those that are drawn or wait, until the block ends. Raises `Refusal` 503."""
        return self._room.place(account)

    async def run(self, account: str, work: Callable[..., Any], *args: object) -> Any:
        """What the work gives, in a thread, when it is this account's turn. Whoever asks has a place."""
        turn = self._turns.get(account)
        if turn is None:
            turn = self._turns[account] = asyncio.Semaphore(THREADS_OF_ONE)
        async with turn:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work, *args)
