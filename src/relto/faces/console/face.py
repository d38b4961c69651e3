"""The face: a request for a page is let in, bounded and read here; its route draws it, when it is its account's turn.

In order: what everybody may have (styles, scripts, the page to sign in by); the address; who asks, else on to the page
to sign in by; the form, within its limits, and the session's token in it; then the page, or the act. What everybody may
have, and what went wrong, waits for no page: it is made beforehand, or at once, or in a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from relto.domain.errors import BadInput, Refused, ReltoError
from relto.faces.api.problem import status_of
from relto.faces.console import routes, static, wrong
from relto.faces.console.act import TOKEN, Act, is_busy, perform
from relto.faces.console.drawing import draw
from relto.faces.console.form import Form
from relto.faces.console.frame import framed
from relto.faces.console.turns import Turns
from relto.faces.console.visit import Answer, Sent, Shown, Visit, Went
from relto.faces.http.body import Bodies
from relto.faces.http.exchange import ClientGone, Response
from relto.faces.http.refusal import Refusal, unavailable
from relto.faces.http.room import Room
from relto.faces.http.sessions import FORM, place
from relto.faces.verbs.caller import Caller

if TYPE_CHECKING:
    from relto.faces.console.routes import Route
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Headers, Request, Send
    from relto.faces.http.sessions import SessionFace
    from relto.usecases.accounts import Sessions
    from relto.wiring import Opened

OPEN_THREADS: Final = 1
OPEN_MAX: Final = 64
OPEN_OF_ONE: Final = 16
"""Pages to sign in by that are drawn or wait to be, in all and of one address: anybody may ask for them."""

SENDING_MAX: Final = 8
SENDING_OF_ONE: Final = 4
"""Files that are sent piece by piece at once, in all and of one account."""

BUSY_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, *[1.0] * 8)
"""So long after one another a form that was sent twice asks what came of the first."""

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
        self._turns = Turns()
        self._open_threads = ThreadPoolExecutor(OPEN_THREADS, thread_name_prefix="relto-page-open")
        self._asking = Room(most=OPEN_MAX, of_one=OPEN_OF_ONE, refusal=unavailable)
        self._sending = Room(most=SENDING_MAX, of_one=SENDING_OF_ONE, refusal=_too_many_files)
        # Read, packed and drawn before anybody asks.
        static.assets()
        self._lost = draw("lost.html", {}).encode()
        self._chores = opened.chores()

    def close(self) -> None:
        """Ends the threads; pages that are under way are finished, and what is done beside them is cut off."""
        self._chores.close()
        self._turns.close()
        self._open_threads.shutdown(wait=True, cancel_futures=True)

    async def answer(self, request: Request) -> tuple[str, Response] | None:
        """The route's name, for the metrics, and the response; None where no page has this address and whoever asks
        wants none. Raises `ClientGone`.
        """
        path = request.path.decode("ascii", "replace")
        path = path.rstrip("/") or "/"
        if path.startswith(static.PREFIX):
            return self._asset(request, path)
        # What begins with two slashes is another host, wherever a page or an act would lead there.
        found = None if path.startswith("//") or not _wants_a_page(request) else routes.found(path)
        if found is None and path != SIGN_IN:
            if b"text/html" not in request.headers.get(b"accept", b""):
                return None
            return "console", _guarded(Response(404, self._lost, HTML))
        try:
            if found is None:
                return "console-sign-in", await self._sign_in(request)
            return found[0].name, await self._routed(request, path, *found)
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, a person gets a page, and no more than is for them
            return "console", _told(request, error)

    # What everybody may have.

    @staticmethod
    def _asset(request: Request, path: str) -> tuple[str, Response] | None:
        if request.method not in {"GET", "HEAD"}:
            return None
        response = static.sent(path, request.headers.get(b"accept-encoding", b""))
        return None if response is None else ("console-static", response)

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
        }
        with self._asking.place(self._authentication.proxies.address(request)):
            body = await asyncio.get_running_loop().run_in_executor(self._open_threads, self._sign_in_page, values)
        return _guarded(Response(status, body, HTML, headers))

    def _sign_in_page(self, values: Mapping[str, Any]) -> bytes:
        is_demonstration = self._opened.node.store.head().clock_offset != 0
        return draw("sign-in.html", {**values, "demonstration": is_demonstration}).encode()

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
        account = entry.account.name
        if method == "GET":
            assert route.page is not None, "it has this method"
            with self._turns.place(account):
                return await self._answered(request, visit, route.page)
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != FORM:
            raise Refusal(415, "type-unknown", "a body here is a form")
        async with self._bodies.read(request, self._turns.threads, account) as raw:
            with self._turns.place(account):
                form: Form = await self._turns.run(account, Form.read, raw)
        self._authentication.require_token(request, entry, form.text(TOKEN))
        visit = replace(visit, form=form)
        assert route.act is not None, "it has this method"
        with self._turns.place(account):
            if isinstance(route.act, Act):
                return await self._performed(request, visit, route.act)
            return await self._answered(request, visit, route.act)

    async def _performed(self, request: Request, visit: Visit, act: Act) -> Response:
        """What came of the act; of a form that was sent twice at once, the second is told what came of the first. It
        has its place while it waits for that, and no thread.
        """
        for seconds in BUSY_SECONDS:
            try:
                return await self._answered(request, visit, partial(perform, act))
            except Refused as error:
                if not is_busy(error):
                    raise
            await asyncio.sleep(seconds)
            if request.is_abandoned:
                raise ClientGone
        return await self._answered(request, visit, partial(perform, act))

    async def _answered(self, request: Request, visit: Visit, page: Callable[[Visit], Answer]) -> Response:
        account = visit.account
        response, pieces = await self._turns.run(account, _drawn, visit, page)
        if pieces is not None:
            self._sending.require(account)
            response.stream = partial(self._stream, request, account, pieces)
        return _guarded(response)

    async def _stream(self, request: Request, account: str, pieces: Iterator[bytes], send: Send) -> None:
        """A file that is too long to be held at once, a piece at a time, as its reader takes it."""
        with self._sending.place(account):
            while not request.is_abandoned:
                piece = await asyncio.get_running_loop().run_in_executor(None, next, pieces, None)
                if piece is None:
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})


def _told(request: Request, error: Exception) -> Response:
    """What went wrong, as a page; whoever has not come in is asked to. It is short, and drawn at once: that no page can
    be drawn now is told by a page as well.
    """
    fragment = _is_fragment(request)
    found = wrong.told(error)
    if found.status == 401:
        at = _asked_from(request) if fragment or request.method != "GET" else _target(request)
        target = f"{SIGN_IN}?next={quote(at, safe='/')}".encode()
        if fragment:
            return _guarded(Response(401, b"", HTML, [(b"hx-redirect", target)]))
        return _guarded(Response(303, b"", HTML, [(b"location", target)]))
    body = draw("parts/wrong.html" if fragment else "failed.html", {"wrong": found.values}).encode()
    return _guarded(Response(found.status, body, HTML, [*found.headers]))


def _too_many_files() -> Refusal:
    return Refusal(503, "unavailable", "too many files are being sent: try again", headers=AGAIN)


def _drawn(visit: Visit, page: Callable[[Visit], Answer]) -> tuple[Response, Iterator[bytes] | None]:
    """The response, and what follows its body piece by piece. Where the page came to nothing, the way on stays."""
    try:
        answer = page(visit)
    except ReltoError as error:
        if visit.is_fragment or is_busy(error) or status_of(error) >= 500:
            raise
        answer = Shown("wrong.html", {"is_typed": isinstance(error, BadInput) and bool(visit.query.pairs)}, error)
    match answer:
        case Went(target):
            if visit.is_fragment:
                return Response(200, b"", HTML, [(b"hx-redirect", target.encode())]), None
            return Response(303, b"", HTML, [(b"location", target.encode())]), None
        case Sent(body, kind, headers, pieces):
            return Response(200, body, kind, list(headers)), pieces
        case Shown(template, values, stood):
            found = None if stood is None else wrong.told(stood)
            around = {**framed(visit), "wrong": None if found is None else found.values}
            body = draw(template, {**around, **values}).encode()
            return Response(200 if found is None else found.status, body, HTML), None


def _guarded(response: Response) -> Response:
    response.headers += GUARDS
    return response


def _wants_a_page(request: Request) -> bool:
    """Whether whoever asks takes one: a TAXII client that asks at a page's address finds nothing there."""
    accepted = request.headers.get(b"accept", b"*/*")
    return b"text/html" in accepted or b"*/*" in accepted


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
