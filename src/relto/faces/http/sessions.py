"""Sessions over HTTP: people sign in with name and password, or with an OpenID provider, and go on by a cookie.

| address | what |
| --- | --- |
| `POST /session` | signs in (`name`, `password`; JSON or a form); a form may say where to go on (`next`) |
| `GET /session` | who came in, by what, and the token for what changes something |
| `DELETE /session`, `POST /session/end` | signs out; the second is for forms (`csrf_token`) |
| `GET /session/openid` | begins to sign in with the provider of the settings; `/session/openid/callback` ends it |

Each sign-in has a new cookie, so nobody can have somebody else sign in under a cookie that they know.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import msgspec

from relto.domain.errors import BadInput
from relto.domain.moment import write
from relto.faces.http.cookies import cookie, session_cookies, set_cookie
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import RETRY_SECONDS, Refusal
from relto.faces.http.room import Room

if TYPE_CHECKING:
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Request
    from relto.faces.http.openid import OpenidFace
    from relto.usecases.accounts import Entry, Sessions

JSON: Final = b"application/json"
FORM: Final = b"application/x-www-form-urlencoded"

BODY_BYTES_MAX: Final = 16_384
BODY_SECONDS: Final = 20.0
"""How long a sender may take for all of it."""

SIGN_INS_MAX: Final = 64
"""Bodies that are awaited at once from whoever has not come in yet; fewer where `http.requests_max` is below 256, since
they may take a quarter of all requests at most. One address may have a quarter of these.
"""

FIELDS_MAX: Final = 20
_PLACE: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}")

METHODS: Final = {
    b"/session": ("GET", "HEAD", "POST", "DELETE"),
    b"/session/end": ("POST",),
    b"/session/openid": ("GET", "HEAD"),
    b"/session/openid/callback": ("GET",),
}


class SessionFace:
    """Answers at the addresses above. One for each process."""

    def __init__(
        self, sessions: Sessions, authentication: Authentication, openid: OpenidFace | None, *, requests_max: int
    ) -> None:
        """`openid` is None where no provider is set: its addresses are not there then."""
        most = max(1, min(SIGN_INS_MAX, requests_max // 4))
        self._room = Room(most=most, of_one=max(1, most // 4), refusal=_too_many)
        self._sessions = sessions
        self._authentication = authentication
        self._openid = openid

    async def answer(self, request: Request) -> tuple[str, Response] | None:
        """The route's name and the response; None where the address is none of these. Raises `Refusal`."""
        path = request.path.rstrip(b"/")
        methods = METHODS.get(path)
        if methods is None or (path.startswith(b"/session/openid") and self._openid is None):
            return None
        if request.method not in methods:
            headers = [(b"allow", ", ".join(methods).encode())]
            raise Refusal(405, "method-unknown", f"this address has {' and '.join(methods)}", headers=headers)
        if path == b"/session/end":
            return "session-end", await self._end_by_form(request)
        if self._openid is not None and path == b"/session/openid":
            return "session-openid", await self._openid.begin(request, place(dict(_query(request)).get("next")))
        if self._openid is not None and path == b"/session/openid/callback":
            return "session-openid", await self._openid.end(request, _query(request))
        if request.method == "POST":
            return "session", await self.begin(request)
        entry = await self._authentication.entry(request)
        if request.method == "DELETE":
            return "session", await self._end(request, entry)
        return "session", Response(200, self._described(entry), JSON)

    async def begin(self, request: Request) -> Response:
        """Signs in: on to `next` where a form asks, else who came in. Raises `Refusal`."""
        # A page of somebody else must not sign anybody in as whom it likes.
        self._authentication.require_own_page(request)
        fields, is_form = await self._fields(request)
        name, password = fields.get("name"), fields.get("password")
        if not isinstance(name, str) or not isinstance(password, str):
            raise Refusal(400, "sign-in-malformed", "signing in takes `name` and `password`, as JSON or as a form")
        entry = await self._authentication.password(request, name, password)
        secure = self._authentication.is_secure(request)
        instead = cookie(request, "session", secure=secure)
        begun = await asyncio.to_thread(self._sessions.begin, entry, instead=instead)
        if begun is None:
            self._authentication.refuse("password")
        headers = session_cookies(begun.cookie, self._sessions.csrf_token(begun.entry), secure=secure)
        if is_form:
            return Response(303, headers=[(b"location", place(fields.get("next")).encode()), *headers])
        return Response(200, self._described(begun.entry), JSON, headers=headers)

    async def _end_by_form(self, request: Request) -> Response:
        fields, is_form = await self._fields(request)
        token = fields.get("csrf_token")
        entry = await self._authentication.entry(request, form_token=token if isinstance(token, str) else "")
        response = await self._end(request, entry)
        if is_form:
            response.status = 303
            response.headers.append((b"location", place(fields.get("next")).encode()))
        return response

    async def _end(self, request: Request, entry: Entry) -> Response:
        if not entry.session:
            raise Refusal(400, "session-none", "you came in without a session, so there is none to end")
        await asyncio.to_thread(self._sessions.end, entry)
        secure = self._authentication.is_secure(request)
        gone = [set_cookie(name, "", secure=secure, seconds=0) for name in ("session", "csrf")]
        return Response(204, headers=gone)

    async def _fields(self, request: Request) -> tuple[dict[str, Any], bool]:
        """The fields of a small body, and whether it is a form.

        Raises `Refusal` 400, 408, 413, 415 or 429, and `ClientGone`.
        """
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in {JSON, FORM}:
            raise Refusal(415, "type-unknown", "a body here is JSON or a form")
        # Anybody may send one, without a log-in.
        with self._room.place(self._authentication.proxies.address(request)):
            body = await _body(request)
        try:
            if kind == FORM:
                pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
                found: Any = dict(pairs) if len(dict(pairs)) == len(pairs) else None
            else:
                found = msgspec.json.decode(body)
        except (ValueError, RecursionError, msgspec.DecodeError):
            found = None
        if not isinstance(found, dict):
            raise Refusal(400, "sign-in-malformed", "the body is neither an object of JSON nor a form")
        return found, kind == FORM

    def _described(self, entry: Entry) -> bytes:
        document: dict[str, Any] = {
            "account": entry.account.name,
            "party": entry.account.party,
            "roles": list(entry.account.roles),
            "how": entry.how,
            "scopes": sorted(entry.scopes),
            "expires_at": None if entry.expires_at is None else write(entry.expires_at),
        }
        if entry.session:
            document["csrf_token"] = self._sessions.csrf_token(entry)
        return msgspec.json.encode(document)


def place(text: object) -> str:
    """Where to go on: an address of this server, `/` where the text names none.

    >>> place("/api/docs?x=1"), place("//evil.example/"), place("https://evil.example/"), place(None)
    ('/api/docs?x=1', '/', '/', '/')
    """
    return text if isinstance(text, str) and _PLACE.fullmatch(text) else "/"


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            more = True
            while more:
                chunk, more = await request.chunk(BODY_SECONDS)
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    headers = [(b"connection", b"close")]
                    raise Refusal(
                        413, "body-too-large", f"a body here has {BODY_BYTES_MAX} bytes at most", headers=headers
                    )
    except TimeoutError:
        raise Refusal(408, "body-slow", "the body took too long", headers=[(b"connection", b"close")]) from None
    return body


def _too_many() -> Refusal:
    # The body is not read: closing is the only way not to have to.
    headers = [(b"retry-after", RETRY_SECONDS), (b"connection", b"close")]
    return Refusal(429, "sign-ins-too-many", "too many sign-ins are on their way at once: try again", headers=headers)


def _query(request: Request) -> list[tuple[str, str]]:
    """The parameters of the address. Raises `BadInput` (`parameter-malformed`)."""
    try:
        text = request.query.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise BadInput("parameter-malformed", "the parameters of this address cannot be read") from error
