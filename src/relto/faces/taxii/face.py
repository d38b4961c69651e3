"""The face: from a request to the use case and back.

In order: who asks (401), what the address is (404) and whether it can do that (405), whether the client takes our type
(406), then the rest. Strangers learn nothing before the first.

A poll with nothing new is answered on the event loop where the database is embedded; whatever may wait, for the disk
or for a lock, is done by a thread of a small pool.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from relto.domain.errors import ReltoError
from relto.domain.facts import LISTS
from relto.faces.http.compression import compress
from relto.faces.http.exchange import ClientGone, Response
from relto.faces.http.negotiation import is_taxii, takes
from relto.faces.http.refusal import Refusal
from relto.faces.taxii import parameters, resources
from relto.faces.taxii.noticing import Noticing
from relto.faces.taxii.pausing import is_refused
from relto.faces.taxii.posting import Posted, Posting
from relto.faces.taxii.routes import Route, route_of
from relto.usecases.reading import Endpoint, Page, Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.faces.http.authentication import Authentication
    from relto.faces.http.body import Bodies
    from relto.faces.http.exchange import Request
    from relto.faces.http.metrics import Metrics
    from relto.ports.store import AccountRow, Head
    from relto.usecases.accounts import Entry
    from relto.usecases.watching import Watch
    from relto.wiring import Opened

PAGE_THREADS: Final = 3
"""One reads what a page holds, one writes what goes on record, one prepares or composes. More of them only take the
interpreter's lock from each other: with four, 64 readers get a tenth fewer pages.
"""

POST_THREADS: Final = 2
"""Posting has threads of its own, so that a long envelope never keeps a page waiting for one."""

VISIBLE_SECONDS_MAX: Final = 1.0
"""How long the answer to a post waits for what it gave to be readable."""

_T = TypeVar("_T")

_ALLOWED: Final = {
    "objects": parameters.OBJECTS,
    "manifest": parameters.OBJECTS,
    "object": parameters.OBJECT,
    "versions": parameters.VERSIONS,
}


class TaxiiFace:
    """Answers requests below `/taxii2/` and `/exchange/`. One for each process."""

    def __init__(
        self, opened: Opened, authentication: Authentication, bodies: Bodies, metrics: Metrics, watch: Watch
    ) -> None:
        """For this node. `watch` is told what readers ask and get."""
        self._node = opened.node
        self._reading = opened.reading
        self._settings = opened.config.taxii
        self._authentication = authentication
        self._bodies = bodies
        self._metrics = metrics
        self._noticing = Noticing(watch, metrics)
        self._posting = Posting(opened, object_bytes_max=opened.config.limits.object_bytes)
        self._refuses = self._settings.paused == "refuse"
        self._at_once = opened.is_embedded
        self._pages = ThreadPoolExecutor(PAGE_THREADS, thread_name_prefix="relto-page")
        self._posts = ThreadPoolExecutor(POST_THREADS, thread_name_prefix="relto-post")

    def close(self) -> None:
        """Ends the threads; what is under way is finished."""
        self._pages.shutdown(wait=True, cancel_futures=True)
        self._posts.shutdown(wait=True, cancel_futures=True)

    async def answer(self, request: Request) -> tuple[str, Response]:
        """The route's name, for the metrics, and the response. Raises `Refusal`, errors of ours and `ClientGone`."""
        account, at = None, None
        if self._at_once:
            # One look at the head serves the whole of a quiet poll.
            at = self._reading.moment()
            entry = self._authentication.at_once(request, at[1])
            account = None if entry is None else _let_in(request, entry)
        else:
            # One journey to a thread and back for all of it, where even a look at the head waits for the network.
            done = await self._in_thread(self._done_in_thread, request)
            if done is not None:
                return done
        if account is None:
            account, at = _let_in(request, await self._authentication.entry(request)), None
        try:
            route = _checked_route(request)
            if request.method == "POST":
                return "post", await self._post(request, account, route)
            if self._at_once and not self._refuses and route.name in LISTS:
                query = self._query(request, route)
                page = self._reading.quiet(account, route.collection, query, at, _endpoint(route))
                if page is not None:
                    return route.name, self._quiet(request, account, route, query, page, at)
            return await self._in_thread(self._done, request, account, route, at)
        except Exception as error:
            await self._in_thread(self._failed, request, account, error, at)
            raise

    def _done_in_thread(self, request: Request) -> tuple[str, Response] | None:
        """All of a request; None where its log-in has to be checked slowly, or where a body has to be awaited."""
        at = self._reading.moment()
        entry = self._authentication.at_once(request, at[1])
        if entry is None:
            return None
        account = _let_in(request, entry)
        try:
            route = _checked_route(request)
            return None if request.method == "POST" else self._done(request, account, route, at)
        except Exception as error:
            self._failed(request, account, error, at)
            raise

    def _failed(self, request: Request, account: AccountRow, error: Exception, at: tuple[int, Head] | None) -> None:
        """A request of an account that was let in is answered with an error. Its client may move on all the same, so
        what it asked for first is owed from now on.
        """
        self._noticing.failed(request, account, error, at)
        route = route_of(request.path)
        if route is None or request.method != "GET" or route.name not in LISTS or isinstance(error, ClientGone):
            return
        with contextlib.suppress(ReltoError):
            self._reading.refused(account, route.collection, parameters.salvaged(request.query), _endpoint(route))

    def _done(
        self, request: Request, account: AccountRow, route: Route, at: tuple[int, Head] | None = None
    ) -> tuple[str, Response]:
        if request.method == "DELETE":
            return "delete", self._delete(request, account, route)
        if route.name in _ALLOWED:
            return route.name, self._page(request, account, route, self._query(request, route), at)
        return route.name, self._resource(request, account, route)

    # Reading.

    def _query(self, request: Request, route: Route) -> Query:
        most = self._settings.page_limit
        return parameters.read(request.query, _ALLOWED[route.name], default=self._settings.page_default, most=most)

    def _quiet(
        self,
        request: Request,
        account: AccountRow,
        route: Route,
        query: Query,
        page: Page,
        at: tuple[int, Head] | None,
    ) -> Response:
        self._metrics.quiet.inc()
        self._noticing.quiet(request, account, route, query, page, at)
        return self._paged(account, route, page)

    def _page(
        self, request: Request, account: AccountRow, route: Route, query: Query, at: tuple[int, Head] | None
    ) -> Response:
        if not route.object:
            self._require_unpaused(account, route)
            if not self._at_once:
                page = self._reading.quiet(account, route.collection, query, at, _endpoint(route))
                if page is not None:
                    return self._quiet(request, account, route, query, page, at)
            page = self._reading.page(
                account, route.collection, query, _endpoint(route), gone=lambda: request.is_abandoned, at=at
            )
        elif route.name == "object":
            self._require_unpaused(account, route)
            page = self._reading.item(account, route.collection, route.object, query, "objects")
        else:
            self._require_unpaused(account, route)
            wanted = Query(query.limit, query.added_after, query.cursor, None, None, ("all",), query.spec_versions)
            page = self._reading.item(account, route.collection, route.object, wanted, "versions")
        if page.entries:
            self._metrics.pages.inc()
            self._metrics.delivered.inc(len(page.entries))
        if not route.object:
            notice = self._noticing.left if request.is_abandoned else self._noticing.answered
            notice(request, account, route, query, page, at)
        response = self._paged(account, route, page)
        if page.tracks is not None:
            response.unsent = partial(self._reading.unsent, page)
        compress(response, request.headers.get(b"accept-encoding", b""))
        return response

    def _require_unpaused(self, account: AccountRow, route: Route) -> None:
        if self._refuses and is_refused(self._reading.collection(account, route.collection)):
            raise Refusal(
                403, "collection-paused", "this collection is paused: its description says since when and why"
            )

    @staticmethod
    def _paged(account: AccountRow, route: Route, page: Page) -> Response:
        empty_list = account.settings.get("empty_list", False)
        if route.name == "versions":
            body = resources.versions(page)
        elif route.name == "manifest":
            body = resources.manifest(page, empty_list=empty_list)
        else:
            body = resources.envelope(page, empty_list=empty_list)
        return Response(200, body, headers=resources.date_headers(page))

    def _resource(self, request: Request, account: AccountRow, route: Route) -> Response:
        match route.name:
            case "discovery":
                body = resources.discovery(self._settings)
            case "api-root":
                body = resources.api_root(self._settings)
            case "collections":
                body = resources.collections(self._reading.collections(account))
            case "collection":
                body = resources.collection(self._reading.collection(account, route.collection))
            case _:
                body = self._posting.status(account, route.collection)
        response = Response(200, body)
        compress(response, request.headers.get(b"accept-encoding", b""))
        return response

    # Writing.

    async def _post(self, request: Request, account: AccountRow, route: Route) -> Response:
        await self._in_thread(self._require_writable, account, route.collection)
        if not is_taxii(request.headers.get(b"content-type", b"")):
            raise Refusal(415, "type-unknown", "a body is application/taxii+json;version=2.1")
        async with self._bodies.read(request, self._posts, account.name) as body:
            loop = asyncio.get_running_loop()
            posted = await loop.run_in_executor(self._posts, self._posting.post, account, body, request.scope[_HOW])
        taken = posted.taken
        self._metrics.taken(added=taken.added, known=taken.known, rejected=len(taken.rejects))
        await self._until_visible(posted)
        return Response(202, posted.status)

    async def _until_visible(self, posted: Posted) -> None:
        """Returns when all that was added can be read, or after a second."""
        left = VISIBLE_SECONDS_MAX
        if not posted.taken.visible_at:
            return
        head = await self._in_thread(self._node.store.head)
        while left > 0:
            missing = (posted.taken.visible_at - self._node.now(head)) / 1_000_000
            if missing < 0:
                return
            pause = min(missing + 0.0005, left)
            await asyncio.sleep(pause)
            left -= pause

    def _delete(self, request: Request, account: AccountRow, route: Route) -> Response:
        self._require_writable(account, route.collection)
        query = parameters.read(request.query, parameters.DELETION, default=1, most=1)
        self._posting.delete(account, route.collection, route.object, query, request.scope[_HOW])
        return Response(200)

    def _require_writable(self, account: AccountRow, name: str) -> None:
        """Raises `Refusal` 403 where the collection is there for the account, but not to write; `Unknown` where not."""
        if not self._reading.collection(account, name).writable:
            raise Refusal(403, "collection-read-only", "this collection cannot be written")

    async def _in_thread(self, work: Callable[..., _T], *args: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pages, work, *args)


_HOW = "relto.how"
"""Where the ASGI scope of a request that writes says how its account came in."""


def _let_in(request: Request, entry: Entry) -> AccountRow:
    if request.method in {"POST", "DELETE"}:
        request.scope[_HOW] = entry.how
    return entry.account


def _endpoint(route: Route) -> Endpoint:
    return "manifest" if route.name == "manifest" else "objects"


def _checked_route(request: Request) -> Route:
    """The route of a request that may be worked on. Raises `Refusal` 404, 405 or 406."""
    route = route_of(request.path)
    if route is None:
        raise Refusal(404, "address-unknown", "there is nothing at this address")
    if request.method not in route.methods:
        headers = [(b"allow", ", ".join(route.methods).encode())]
        raise Refusal(405, "method-unknown", f"this address has {' and '.join(route.methods)}", headers=headers)
    accept = request.headers.get(b"accept")
    if accept is not None and not takes(accept, stix=route.name in _ALLOWED):
        raise Refusal(406, "type-not-acceptable", "this server gives application/taxii+json;version=2.1")
    return route
