"""Clients as they are: one class for each kind of cursor. What each keeps, sends and forgets is what real ones do.

None of them is gentle. They move on after errors, throw away what they read of a walk that broke off, forget what they
did not save, and send tokens of walks that are long over. Each says in `excuse` which repeats it brings on itself.

A poll is a generator that stops before each request, so that anything can happen between two pages of a walk.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.simulation.wire import MILLISECOND, MINUTE, SECOND, Failed, Killed, Repeat, Wire, cut, raws
from tests.simulation.world import BEGIN

if TYPE_CHECKING:
    from relto.usecases.reading import Page

YEAR = 365 * 24 * 60 * MINUTE


class Polling(ABC):
    """A client. `loses`: it moves past what it never kept, so some losses are its own. `pending`: inside a walk."""

    loses = False
    pending = False
    every = 60 * SECOND
    """So often it polls."""

    def __init__(self, wire: Wire, limit: int = 2) -> None:
        self.wire, self.limit = wire, limit

    def poll(self) -> Iterator[None]:
        try:
            yield from self.requests()
        except Killed:
            self.forget()

    @abstractmethod
    def requests(self) -> Iterator[None]:
        """The requests of one poll; what it yields between them is time for something to happen."""

    def forget(self) -> None:  # noqa: B027 - most keep nothing in memory only
        """What was in memory only is gone."""

    def excuse(self, repeat: Repeat) -> bool:
        """Whether the client brings this repeat on itself, when nothing fails on the way."""
        return False

    @property
    def now(self) -> int:
        return self.wire.stage.world.clock.moment


class LastDate(Polling):
    """taxii2-client in a caller that keeps the last date. `added_after` goes along with `next`; from page 2 on `limit`
    is the count that page 1 brought. The caller saves its date when the poll is over, however it ended.
    """

    cursor: int | None = None
    saved: int | None = None

    def requests(self) -> Iterator[None]:
        asked, token, limit = self.cursor, None, self.limit
        try:
            while True:
                yield
                page = self.wire.ask(limit, asked, token, fresh=token is None)
                self.wire.keep(page)
                self.cursor = page.last if page.entries else self.cursor
                if not page.more:
                    break
                limit = len(page.entries) if token is None else limit
                token = page.next
        except Failed:
            pass
        self.saved = self.cursor

    def forget(self) -> None:
        self.cursor = self.saved


class Feed(Polling):
    """OpenCTI's built-in feed: one page a tick, `next` in a database between ticks beside the old `added_after`; at the
    end of a walk the last date, cut to milliseconds. An empty answer drops `next` and keeps the old `added_after`.
    """

    every = 20 * SECOND
    cursor: int | None = None
    token: str | None = None
    dropped = False

    def requests(self) -> Iterator[None]:
        yield
        try:
            page = self.wire.ask(self.limit, self.cursor, self.token, fresh=self.token is None)
        except Failed:
            return
        self.wire.keep(page)
        if not page.entries:
            self.dropped = self.dropped or self.token is not None
            self.token = None
        elif page.more:
            self.token = page.next
        else:
            assert page.last is not None
            self.token, self.cursor = None, cut(page.last)
        self.pending = self.token is not None

    def excuse(self, repeat: Repeat) -> bool:
        # What came within the millisecond that it cut off; or its whole walk, where an empty answer made it begin anew.
        return self.dropped or (repeat.asked is not None and repeat.date < repeat.asked + MILLISECOND)


class OwnClock(Polling):
    """OpenCTI's connector: its own clock at the start of the run, in whole seconds, kept even when the run failed. What
    a run that failed had read is thrown away. It never clears `next`: the one of the last run goes along with the new
    `added_after`.
    """

    loses = True
    skew = 0
    cursor: int | None = None
    stale: str | None = None

    def requests(self) -> Iterator[None]:
        began = self.now // SECOND * SECOND + self.skew
        if began == self.cursor:
            # It is not started twice within a second: its shortest period is a minute.
            return
        pages: list[Page] = []
        try:
            fresh = True
            while True:
                yield
                page = self.wire.ask(self.limit, self.cursor, self.stale, fresh=fresh)
                fresh = False
                pages.append(page)
                self.stale = page.next or self.stale
                if not page.more:
                    break
            self.wire.keep(*pages)
        except Failed:
            pass
        self.cursor = began

    def forget(self) -> None:
        self.stale = None

    def excuse(self, repeat: Repeat) -> bool:
        # What became readable since its last run began, by its clock.
        return repeat.why in {"asked", "passed"} and repeat.date > repeat.began - SECOND + self.skew


class ClockBehind(OwnClock):
    """The same, on a machine whose clock is five minutes slow."""

    skew = -5 * MINUTE


class ClockAhead(OwnClock):
    """The same, on a machine whose clock is five minutes fast."""

    skew = 5 * MINUTE


class LargestModified(Polling):
    """Cortex XSOAR: the largest `modified` of what this fetch parsed, which can go backwards. A walk that broke off
    counts as far as it came. What the fetch before had too is dropped. All is saved at the end of the fetch.
    """

    cursor: int | None = None

    def requests(self) -> Iterator[None]:
        asked, token = self.cursor, None
        pages: list[Page] = []
        try:
            while True:
                yield
                page = self.wire.ask(self.limit, asked, token, fresh=token is None)
                pages.append(page)
                if not page.entries or not page.more:
                    break
                token = page.next
        except Failed:
            pass
        found = [raw for page in pages for raw in raws(page)]
        self.wire.keep(*pages)
        if found:
            self.cursor = max(self.wire.stage.modified[raw] for raw in found)

    def excuse(self, repeat: Repeat) -> bool:
        # Whatever has a later date than the `modified` that it came back to.
        return repeat.why in {"asked", "passed"}


class Header(Polling):
    """Elastic: the header of each page is the cursor. The next page is asked for with `next` and `limit` alone."""

    every = 5 * MINUTE
    cursor: int = BEGIN - YEAR

    def requests(self) -> Iterator[None]:
        token = None
        try:
            while True:
                yield
                asked = self.cursor if token is None else None
                page = self.wire.ask(self.limit, asked, token, fresh=token is None)
                assert page.last is not None, "without a header it begins anew"
                self.wire.keep(page)
                self.cursor, token = page.last, page.next
                if not page.more:
                    return
        except Failed:
            return


class FirstPage(Polling):
    """A client that never follows `next`, and keeps the last date that it saw."""

    cursor: int | None = None

    def requests(self) -> Iterator[None]:
        yield
        try:
            page = self.wire.ask(self.limit, self.cursor, None, fresh=True)
        except Failed:
            return
        self.wire.keep(page)
        self.cursor = page.last if page.entries else self.cursor


class FirstPageByClock(OwnClock):
    """A client that never follows `next`, and goes by its own clock."""

    def requests(self) -> Iterator[None]:
        began = self.now // SECOND * SECOND
        if began == self.cursor:
            return
        yield
        with contextlib.suppress(Failed):
            self.wire.keep(self.wire.ask(self.limit, self.cursor, None, fresh=True))
        self.cursor = began

    def excuse(self, repeat: Repeat) -> bool:
        # Each walk of more than a page is a broken one, and leaves what it covered in doubt.
        return repeat.why in {"doubt", "passed"} or super().excuse(repeat)


KINDS: dict[str, type[Polling]] = {
    "last date": LastDate,
    "date cut to milliseconds": Feed,
    "own clock": OwnClock,
    "own clock, 5 minutes behind": ClockBehind,
    "own clock, 5 minutes ahead": ClockAhead,
    "largest modified": LargestModified,
    "header of each page": Header,
    "first page, last date": FirstPage,
    "first page, own clock": FirstPageByClock,
}
