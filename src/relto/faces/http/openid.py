"""Signing in with an OpenID provider: to it, and back with a code.

What binds the way back to the browser that set out (state, nonce, verifier of PKCE) stands in a cookie of that browser,
signed, for ten minutes; the server remembers nothing of attempts. The account is the one that an operator has linked
with the provider's subject. Somebody whom nobody has linked is refused as for a wrong password, whatever else the
provider says of them: an e-mail address links nothing.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import secrets
import time
from typing import TYPE_CHECKING, Final

import msgspec

from relto.domain.errors import ReltoError, Unreachable
from relto.faces.http.cookies import cookie, session_cookies, set_cookie
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal
from relto.ports.identity import Attempt

if TYPE_CHECKING:
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Request
    from relto.ports.identity import IdentityProvider
    from relto.usecases.accounts import Gatekeeper, Sessions

LOG: Final = logging.getLogger("relto.http")

ATTEMPT_SECONDS: Final = 600
"""How long somebody may take at the provider."""

CODE_MAX: Final = 2_048
"""Characters of a code."""


class _Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser keeps while somebody is at the provider."""

    state: str
    nonce: str
    verifier: str
    place: str
    until: int


class OpenidFace:
    """Begins and ends attempts. One for each process; used on its event loop."""

    def __init__(
        self,
        provider: IdentityProvider,
        gatekeeper: Gatekeeper,
        sessions: Sessions,
        authentication: Authentication,
        *,
        key: bytes,
    ) -> None:
        """`key` is the same in all processes of the node: whoever sets out from one may come back to another."""
        self._provider = provider
        self._gatekeeper = gatekeeper
        self._sessions = sessions
        self._authentication = authentication
        self._key = hmac.digest(key, b"relto openid", "sha256")

    async def close(self) -> None:
        """Ends the connections to the provider."""
        await self._provider.close()

    async def begin(self, request: Request, place: str) -> Response:
        """To the provider; `place` is where to go on afterwards. Raises `Refusal` 502 or 503."""
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        try:
            address = await self._provider.address(attempt)
        except ReltoError as error:
            raise self._failed(error, request) from error
        until = int(time.time()) + ATTEMPT_SECONDS
        ticket = _Ticket(attempt.state, attempt.nonce, attempt.verifier, place, until)
        secure = self._authentication.is_secure(request)
        kept = set_cookie("openid", self._sealed(ticket), secure=secure, seconds=ATTEMPT_SECONDS)
        return Response(303, headers=[(b"location", address.encode()), kept])

    async def end(self, request: Request, parameters: list[tuple[str, str]]) -> Response:
        """Back from the provider: a session. Raises `Refusal` 400, 401, 403, 502 or 503."""
        secure = self._authentication.is_secure(request)
        given = dict(parameters)
        ticket = self._opened(cookie(request, "openid", secure=secure))
        if ticket is None or len(given) != len(parameters) or not _same(given.get("state", ""), ticket.state):
            raise self._refusal(
                request, 400, "openid-state-wrong", "this is not the way back of an attempt that this browser began"
            )
        if given.get("iss", self._provider.issuer) != self._provider.issuer:
            # RFC 9207: another provider's answer must not be taken to this one.
            raise self._refusal(request, 400, "openid-state-wrong", "this answer comes from another provider")
        code = given.get("code", "")
        if "error" in given or not 0 < len(code) <= CODE_MAX:
            raise self._refusal(request, 403, "openid-declined", "the provider did not sign you in")
        try:
            subject = await self._provider.subject(code, Attempt(ticket.state, ticket.nonce, ticket.verifier))
        except ReltoError as error:
            raise self._failed(error, request) from error
        entry = await asyncio.to_thread(self._gatekeeper.by_openid, self._provider.issuer, subject)
        if entry is None:
            self._authentication.refuse("openid")
        instead = cookie(request, "session", secure=secure)
        begun = await asyncio.to_thread(self._sessions.begin, entry, instead=instead)
        if begun is None:
            self._authentication.refuse("openid")
        headers = session_cookies(begun.cookie, self._sessions.csrf_token(begun.entry), secure=secure)
        return Response(303, headers=[(b"location", ticket.place.encode()), *headers, self._spent(request)])

    # Tickets.

    def _sealed(self, ticket: _Ticket) -> str:
        content = base64.urlsafe_b64encode(msgspec.json.encode(ticket))
        return (content + b"." + base64.urlsafe_b64encode(self._seal(content))).decode()

    def _opened(self, value: str) -> _Ticket | None:
        """The ticket, where it is one of ours and in time."""
        content, _, seal = value.encode(errors="replace").partition(b".")
        if not hmac.compare_digest(base64.urlsafe_b64encode(self._seal(content)), seal):
            return None
        ticket = msgspec.json.decode(base64.urlsafe_b64decode(content), type=_Ticket)
        return ticket if time.time() < ticket.until else None

    def _seal(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")

    def _spent(self, request: Request) -> tuple[bytes, bytes]:
        return set_cookie("openid", "", secure=self._authentication.is_secure(request), seconds=0)

    # Refusals.

    def _count(self) -> None:
        self._authentication.count_refused("openid")

    def _refusal(self, request: Request, status: int, code: str, description: str) -> Refusal:
        self._count()
        return Refusal(status, code, description, headers=[self._spent(request)])

    def _failed(self, error: ReltoError, request: Request) -> Refusal:
        """What it means for whoever signs in that the provider failed; the operator finds the rest in the log."""
        LOG.warning("signing in by OpenID Connect failed: %s: %s", error.code, error.message)
        self._count()
        if isinstance(error, Unreachable):
            headers = [(b"retry-after", b"5"), self._spent(request)]
            return Refusal(503, error.code, "the OpenID provider cannot be asked now: try again", headers=headers)
        if error.code == "openid-code-refused":
            return Refusal(403, error.code, "the provider did not sign you in", headers=[self._spent(request)])
        description = "the OpenID provider's answer cannot be believed; the operator finds why in the log"
        return Refusal(502, error.code, description, headers=[self._spent(request)])


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), kept.encode())
