"""How the TAXII clients that exist keep their place, each as a small machine without a network.

`ask` gives the parameters of the next request, `take` is told what came, `fail` that nothing did. The kinds, and whose
manner each has; what a client does after an error, an empty page or a missing header is its own doing, and is kept:

- `last-date`: a script around taxii2-client's `as_pages`, which keeps `X-TAXII-Date-Added-Last` between its runs.
- `own-clock`: OpenCTI's TAXII2 connector. Its cursor is its own clock at the start of a run, in whole seconds, and
  moves on after an HTTP error as well (not where no answer came); a walk that breaks off is thrown away; the `next` of
  an old walk is sent for ever.
- `date-cut`: OpenCTI's built-in feed. One page a tick, `next` kept between polls, the last date cut to milliseconds.
- `largest-modified`: Cortex XSOAR. It asks for what was added after the largest `modified` that it got.
- `page-header`: Elastic. The last date of each page; a `next` goes alone. Without the header it forgets its place.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 3, 4, 12, 0, 0, 250_000, tzinfo=UTC)
    >>> client = KINDS["own-clock"]("2026-03-04T11:00:00.000000Z", limit=100)
    >>> client.ask(noon)
    {'added_after': '2026-03-04T11:00:00.000000Z'}
    >>> client.fail(answered=True)
    True
    >>> client.ask(noon)
    {'added_after': '2026-03-04T12:00:00.000000Z'}
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

Key = tuple[str, str]
"""A version of an object: its id and its `modified`."""

Query = dict[str, str]

PAGES_MAX = 1_000
"""A walk of more pages than this does not end."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered with. `first`, `last`: the date headers, None where they are missing.

    `lists`: whether there is a list of objects, an empty one included.
    """

    keys: Sequence[Key] = ()
    lists: bool = True
    more: bool = False
    next: str | None = None
    first: str | None = None
    last: str | None = None


class Client(ABC):
    """One client. `start`: where it begins to read, a date; `limit`: its page, if its kind asks for one.

    `walking`: it is inside a walk, and would ask for the next page; with the next tick where `at_once` is false.
    `stuck`: how often it came to where the real client would loop for ever. `forgot`: its next walk begins anew because
    the server sent no date.
    """

    kind: ClassVar[str]
    at_once: ClassVar[bool] = True

    def __init__(self, start: str, *, limit: int) -> None:
        self.start, self.limit = start, limit
        self.after: str = start
        self.token: str | None = None
        self.walking = False
        self.stuck = 0
        self.forgot = False
        self._pages = 0

    def ask(self, now: datetime) -> Query:
        """The parameters of the next request, at `now` by the client's own clock."""
        self._now = now.astimezone(UTC)
        if not self.walking:
            self._pages = 0
            self._begin()
        self.walking = True
        self._pages += 1
        return self._query()

    def take(self, page: Page, now: datetime) -> None:
        """A page has come."""
        self._now = now.astimezone(UTC)
        self.forgot = False
        self._take(page)
        if self.walking and self._pages >= PAGES_MAX:
            self._gets_stuck()

    def fail(self, *, answered: bool) -> bool:  # noqa: ARG002 - for those whom it matters to
        """An error has come (`answered`), or nothing; whether the pages of this walk are thrown away."""
        self.walking = False
        return False

    @property
    def sends_stale_token(self) -> bool:
        """Whether a new walk would begin with the `next` of an old one."""
        return False

    def _begin(self) -> None:
        """A walk begins."""
        self.token = None

    @abstractmethod
    def _query(self) -> Query:
        """The next request of the walk."""

    @abstractmethod
    def _take(self, page: Page) -> None:
        """A page of the walk has come."""

    def _gets_stuck(self) -> None:
        self.stuck += 1
        self.walking = False


class _Walking(Client):
    """taxii2-client's walk: `added_after` with each page, `limit` from page 2 on what page 1 brought."""

    def _begin(self) -> None:
        super()._begin()
        self._asked_limit: int | None = self.limit
        self._seen: list[Page] = []

    def _query(self) -> Query:
        query = {"added_after": self.after}
        if self._asked_limit:
            query["limit"] = str(self._asked_limit)
        if self.token is not None:
            query["next"] = self.token
        return query

    def _take(self, page: Page) -> None:
        self._seen.append(page)
        self._asked_limit = len(page.keys) or None
        if not page.more:
            self.walking = False
            self._end()
        elif page.next is None:
            # The real one asks for page 1 for ever; nobody's server is asked that here.
            self._gets_stuck()
        else:
            self.token = page.next

    @abstractmethod
    def _end(self) -> None:
        """The walk has come to its end."""


class LastDate(_Walking):
    """Keeps the last date that a whole walk showed."""

    kind = "last-date"

    def _end(self) -> None:
        self.after = next((page.last for page in reversed(self._seen) if page.last), self.after)


class LargestModified(_Walking):
    """Keeps the largest `modified` of a fetch, which may lie before the one of the fetch before."""

    kind = "largest-modified"

    def _take(self, page: Page) -> None:
        super()._take(page)
        if self.walking and not page.keys:
            self.walking = False
            self._end()

    def _end(self) -> None:
        got = [modified for page in self._seen for _, modified in page.keys]
        self.after = max(got, key=datetime.fromisoformat, default=self.after)


class OwnClock(Client):
    """Keeps the moment at which its run began, whatever became of it."""

    kind = "own-clock"

    @property
    def sends_stale_token(self) -> bool:
        return self.token is not None

    def _begin(self) -> None:
        # The token of the run before stays: the real one never clears it.
        self._began = self._now.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        self._first = True

    def _query(self) -> Query:
        return {"added_after": self.after} | ({"next": self.token} if self.token is not None else {})

    def _take(self, page: Page) -> None:
        empty_first = self._first and not page.keys
        self._first = False
        if not page.more or empty_first:
            self.walking = False
            self.after = self._began
        elif page.next is None:
            self._gets_stuck()
        else:
            self.token = page.next

    def fail(self, *, answered: bool) -> bool:
        self.walking = False
        if answered:
            self.after = self._began
        return True


class DateCut(Client):
    """Keeps `next` from tick to tick, and after a walk its last date, cut to milliseconds."""

    kind = "date-cut"
    at_once = False

    def _begin(self) -> None:
        # Its walk goes on from what lies in its database.
        pass

    def _query(self) -> Query:
        return {"added_after": self.after} | ({"next": self.token} if self.token is not None else {})

    def _take(self, page: Page) -> None:
        if not page.keys and (not page.lists or page.more):
            self.token, self.walking = None, False
        elif page.more and page.next is not None:
            self.token = page.next
        else:
            self.token, self.walking = None, False
            self.after = _to_milliseconds(page.last or self._now.isoformat())

    def fail(self, *, answered: bool) -> bool:  # noqa: ARG002 - it asks for the same again in any case
        return False


class PageHeader(Client):
    """Keeps the last date of each page; without one it goes back to its start."""

    kind = "page-header"

    def _query(self) -> Query:
        sent = {"next": self.token} if self.token is not None else {"added_after": self.after}
        return sent | {"limit": str(self.limit)}

    def _take(self, page: Page) -> None:
        self.forgot = page.last is None and self.after != self.start
        self.after = page.last or self.start
        self.token = page.next
        self.walking = page.next is not None


def _to_milliseconds(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


KINDS: dict[str, type[Client]] = {
    each.kind: each for each in (LastDate, OwnClock, DateCut, LargestModified, PageHeader)
}
"""What `--kind` takes."""
