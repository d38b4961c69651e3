"""The face: a request for a page is let in, bounded and read here; its route draws it, in one of a few threads.

In order: what everybody may have (styles, scripts, the page to sign in by); the address; who asks, else on to the page
to sign in by; the form, within its limits, and the session's token in it; then the page, or the act.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from relto.faces.console import routes, static, wrong
from relto.faces.console.act import TOKEN, Act, perform
from relto.faces.console.drawing import draw
from relto.faces.console.form import Form
from relto.faces.console.frame import framed
from relto.faces.console.visit import Answer, Sent, Shown, Visit, Went
from relto.faces.http.body import Bodies
from relto.faces.http.exchange import ClientGone, Response
from relto.faces.http.refusal import Refusal
from relto.faces.http.sessions import FORM, place
from relto.faces.verbs.caller import Caller

if TYPE_CHECKING:
    from relto.faces.console.routes import Route
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Headers, Request, Send
    from relto.faces.http.room import Room
    from relto.faces.http.sessions import SessionFace
    from relto.usecases.accounts import Sessions
    from relto.wiring import Opened

THREADS: Final = 4
WAITING_MAX: Final = 64
"""Pages that are drawn at once, and that may wait to be."""

SENDING_MAX: Final = 8
"""Files that are sent piece by piece at once."""

AGAIN: Final[Headers] = [(b"retry-after", b"2")]

FORM_BYTES_MAX: Final = 1_048_576
FORM_SECONDS: Final = 60.0
FORMS_HELD: Final = 16

HTML: Final = b"text/html; charset=utf-8"

SIGN_IN: Final = "/sign-in"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may do (Content Security Policy Level 3): nothing of another host, nothing that stands in the page."""

GUARDS: Final[Headers] = [
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class ConsoleFace:
    """Answers requests for pages. One for each process."""

    def __init__(
        self,
        opened: Opened,
        authentication: Authentication,
        sessions: Sessions,
        signing_in: SessionFace,
        room: Room,
        *,
        openid: bool,
    ) -> None:
        """For this node. There is `room` for so many bodies; `openid`: whether one may sign in with a provider."""
        self._opened = opened
        self._authentication = authentication
        self._sessions = sessions
        self._signing_in = signing_in
        self._openid = openid
        self._bodies = Bodies(
            bytes_max=FORM_BYTES_MAX,
            expansion_max=opened.config.limits.expansion,
            room=room,
            seconds=FORM_SECONDS,
            held=FORMS_HELD,
        )
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-page")
        self._waiting = 0
        self._sending = 0
        self._chores = opened.chores()

    def close(self) -> None:
        """Ends the threads; pages that are under way are finished, and what is done beside them is cut off."""
        self._chores.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def answer(self, request: Request) -> tuple[str, Response] | None:
        """The route's name, for the metrics, and the response; None where no page has this address and whoever asks
        wants none. Raises `ClientGone`.
        """
        path = request.path.decode("ascii", "replace")
        path = path.rstrip("/") or "/"
        if path.startswith(static.PREFIX):
            return await self._asset(request, path)
        found = routes.found(path)
        if found is None and path != SIGN_IN:
            if b"text/html" not in request.headers.get(b"accept", b""):
                return None
            return "console", await self._unknown()
        try:
            if found is None:
                return "console-sign-in", await self._sign_in(request)
            return found[0].name, await self._routed(request, path, *found)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a page, and no more than is for them
            return "console", await self._told(request, error)

    # What everybody may have.

    async def _asset(self, request: Request, path: str) -> tuple[str, Response] | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        accepted = request.headers.get(b"accept-encoding", b"")
        response: Response | None = await self._in_thread(static.sent, path, accepted)
        return None if response is None else ("console-static", response)

    async def _unknown(self) -> Response:
        return await self._page(Shown("lost.html", {}, 404))

    async def _sign_in(self, request: Request) -> Response:
        following = place(Form.read(request.query).text("next"))
        told, status = "", 200
        headers: Headers = []
        if request.method == "POST":
            try:
                response = await self._signing_in.begin(request)
            except Refusal as refusal:
                status, headers = refusal.status, [each for each in refusal.headers if each[0] != b"www-authenticate"]
                told = "Nobody has this name and this password." if status == 401 else refusal.description
            else:
                response.headers += GUARDS
                return response
        values = {
            "wrong": told,
            "next": following,
            "openid": self._openid,
            "host": self._opened.config.taxii.title,
            "demonstration": await self._in_thread(self._is_demonstration),
        }
        shown = await self._page(Shown("sign-in.html", values, status))
        shown.headers += headers
        return shown

    def _is_demonstration(self) -> bool:
        return self._opened.node.store.head().clock_offset != 0

    # Pages.

    async def _routed(self, request: Request, path: str, route: Route, names: dict[str, str]) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in route.methods:
            allow = ", ".join(route.methods).encode()
            raise Refusal(405, "method-unknown", "this page cannot do that", headers=[(b"allow", allow)])
        entry = await self._authentication.arrived(request)
        caller = Caller(self._opened, entry.actor, scopes=entry.scopes)
        token = self._sessions.csrf_token(entry) if entry.session else ""
        visit = Visit(
            caller,
            entry,
            path,
            names,
            Form.read(request.query),
            token=token,
            is_fragment=_is_fragment(request),
            desk=self._chores,
        )
        if method == "GET":
            assert route.page is not None, "it has this method"
            return await self._answered(request, visit, route.page)
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != FORM:
            raise Refusal(415, "type-unknown", "a body here is a form")
        async with self._bodies.read(request, self._threads, entry.account.name) as raw:
            form: Form = await self._in_thread(Form.read, raw)
        self._authentication.require_token(request, entry, form.text(TOKEN))
        visit = replace(visit, form=form)
        assert route.act is not None, "it has this method"
        if isinstance(route.act, Act):
            return await self._answered(request, visit, partial(perform, route.act))
        return await self._answered(request, visit, route.act)

    async def _answered(self, request: Request, visit: Visit, page: Callable[[Visit], Answer]) -> Response:
        response, pieces = await self._in_thread(_drawn, visit, page)
        if pieces is not None:
            if self._sending >= SENDING_MAX:
                raise Refusal(503, "unavailable", "too many files are being sent: try again", headers=AGAIN)
            response.stream = partial(self._stream, request, pieces)
        return _guarded(response)

    async def _stream(self, request: Request, pieces: Iterator[bytes], send: Send) -> None:
        """A file that is too long to be held at once, a piece at a time, as its reader takes it."""
        self._sending += 1
        try:
            while not request.is_abandoned:
                piece = await asyncio.get_running_loop().run_in_executor(None, next, pieces, None)
                if piece is None:
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        finally:
            self._sending -= 1

    async def _page(self, shown: Shown) -> Response:
        body = await self._in_thread(draw, shown.template, shown.values)
        return _guarded(Response(shown.status, body.encode(), HTML))

    async def _told(self, request: Request, error: Exception) -> Response:
        """What went wrong, as a page; whoever has not come in is asked to."""
        fragment = _is_fragment(request)
        found = wrong.told(error)
        if found.status == 401:
            at = _asked_from(request) if fragment or request.method != "GET" else _target(request)
            target = f"{SIGN_IN}?next={quote(at, safe='/')}".encode()
            if fragment:
                return _guarded(Response(401, b"", HTML, [(b"hx-redirect", target)]))
            return _guarded(Response(303, b"", HTML, [(b"location", target)]))
        shown = await self._page(Shown("parts/wrong.html" if fragment else "wrong.html", found.values, found.status))
        shown.headers += found.headers
        return shown

    async def _in_thread(self, work: Callable[..., Any], *args: object) -> Any:
        if self._waiting >= THREADS + WAITING_MAX:
            raise Refusal(503, "unavailable", "the server cannot answer now: try again", headers=AGAIN)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._waiting -= 1


def _drawn(visit: Visit, page: Callable[[Visit], Answer]) -> tuple[Response, Iterator[bytes] | None]:
    """The response, and what follows its body piece by piece."""
    answer = page(visit)
    match answer:
        case Went(target):
            if visit.is_fragment:
                return Response(200, b"", HTML, [(b"hx-redirect", target.encode())]), None
            return Response(303, b"", HTML, [(b"location", target.encode())]), None
        case Sent(body, kind, headers, pieces):
            return Response(200, body, kind, list(headers)), pieces
        case Shown(template, values, status):
            return Response(status, draw(template, {**framed(visit), **values}).encode(), HTML), None


def _guarded(response: Response) -> Response:
    response.headers += GUARDS
    return response


def _is_fragment(request: Request) -> bool:
    return request.headers.get(b"hx-request") == b"true"


def _target(request: Request) -> str:
    """What was asked for, as an address."""
    query = b"?" + request.query if request.query else b""
    return place((request.path + query).decode("ascii", "replace"))


def _asked_from(request: Request) -> str:
    """The page that stands in the browser, as it says."""
    parts = urlsplit(request.headers.get(b"hx-current-url", b"").decode("latin-1"))
    return place(parts.path + (f"?{parts.query}" if parts.query else ""))
