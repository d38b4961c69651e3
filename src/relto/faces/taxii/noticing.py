"""Noticing: tells the watch and the counters what a client asked of a collection, and what it got.

Whatever a client is told once it has been let in is noticed, errors as well: most clients tell their users nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from relto.domain.errors import ReltoError
from relto.domain.facts import ASKED_MAX, CLIENT_MAX, LISTS, Poll
from relto.faces.http.exchange import ClientGone
from relto.faces.http.refusal import Refusal, refusal_of
from relto.faces.taxii import parameters
from relto.faces.taxii.routes import route_of
from relto.usecases.reading import Query

if TYPE_CHECKING:
    from relto.faces.http.exchange import Request
    from relto.faces.http.metrics import Metrics
    from relto.faces.taxii.routes import Route
    from relto.ports.store import AccountRow, Head
    from relto.usecases.reading import Page
    from relto.usecases.watching import Watch

CLIENT_BYTES: Final = 4 * CLIENT_MAX
"""No character takes more than four."""

SERVER_FAULT: Final = (500, "internal-error")
GONE: Final = (499, "client-gone")
"""No response has this status: it stands for one that nobody waited for."""


class Noticing:
    """One for each process. `at` is the moment that the request saw, by the node's clock; None: it looked at none."""

    def __init__(self, watch: Watch, metrics: Metrics) -> None:
        """What is noticed goes to both."""
        self._watch = watch
        self._metrics = metrics

    def quiet(
        self, request: Request, account: AccountRow, route: Route, query: Query, page: Page, at: tuple[int, Head] | None
    ) -> None:
        """A page with nothing is on its way, as memory alone said: most polls, so that this costs next to nothing."""
        if at is None or not self._watch.note_again(account, route.collection, at[0], route.name, request.query):
            self.answered(request, account, route, query, page, at)

    def answered(
        self, request: Request, account: AccountRow, route: Route, query: Query, page: Page, at: tuple[int, Head] | None
    ) -> None:
        """A page is on its way."""
        if page.broke:
            self._metrics.walks_broken.labels(account.name).inc()
        if page.repaired:
            self._metrics.repaired.labels(account.name).inc(page.repaired)
        poll = Poll(
            route.name,
            request.query[:ASKED_MAX],
            query.added_after,
            query.cursor is not None,
            request.headers.get(b"user-agent", b"")[:CLIENT_BYTES],
            200,
            "",
            len(page.entries),
            page.more,
            page.first,
            page.last,
            page.broke,
        )
        self._watch.note(account, route.collection, self._watch.now() if at is None else at[0], poll)

    def left(
        self, request: Request, account: AccountRow, route: Route, query: Query, page: Page, at: tuple[int, Head] | None
    ) -> None:
        """A page never leaves: whoever asked for it had gone."""
        self._note(account, route, at, _poll(request, route, query, *GONE, broke=page.broke))

    def failed(self, request: Request, account: AccountRow, error: Exception, at: tuple[int, Head] | None) -> None:
        """A request of an account that was let in is answered with an error."""
        route = route_of(request.path)
        if route is None or request.method != "GET" or isinstance(error, ClientGone):
            return
        if route.name not in LISTS and not route.object:
            return
        try:
            query = parameters.salvaged(request.query)
        except ReltoError:
            query = Query(1)
        self._note(account, route, at, _poll(request, route, query, *_told(error)))

    def _note(self, account: AccountRow, route: Route, at: tuple[int, Head] | None, poll: Poll) -> None:
        self._watch.note(account, route.collection, self._watch.now() if at is None else at[0], poll)


def _poll(request: Request, route: Route, query: Query, status: int, code: str, *, broke: bool = False) -> Poll:
    by_cursor = query.cursor is not None
    asked = request.query[:ASKED_MAX]
    client = request.headers.get(b"user-agent", b"")[:CLIENT_BYTES]
    return Poll(route.name, asked, query.added_after, by_cursor, client, status, code, broke=broke)


def _told(error: Exception) -> tuple[int, str]:
    """(status, code) of the response to it."""
    if isinstance(error, ReltoError):
        error = refusal_of(error)
    return (error.status, error.code) if isinstance(error, Refusal) else SERVER_FAULT
