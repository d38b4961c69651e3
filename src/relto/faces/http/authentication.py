"""Who asks: by HTTP Basic, a token, a client certificate or a session; the answer is an entry, or 401.

In this order: what `Authorization` says, else the token in a header of its own, else the certificate of the connection
(or of a listed proxy), else the cookie of a session. Only where one was not shown does the next count.

A password that was checked a moment ago, and every token and certificate, is known at once. Any other password is
checked slowly, on purpose, in a few threads of its own: a flood of wrong ones fills their queue and is told to come
back (429), while everybody else is served as before. Whatever was wrong, a name, a password or a form, the answer is
the same.

What a browser sends by itself (a session, a certificate, a password that it remembers) changes nothing where a page of
somebody else made it send that; by a session, not without its token either.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from relto.faces.http.cookies import cookie
from relto.faces.http.lockout import Lockout
from relto.faces.http.origin import SAFE, is_same_origin
from relto.faces.http.proxies import Proxies
from relto.faces.http.refusal import Refusal

if TYPE_CHECKING:
    from relto.config import Config
    from relto.faces.http.exchange import Headers, Request
    from relto.faces.http.metrics import Metrics
    from relto.ports.store import AccountRow, Head
    from relto.usecases.accounts import Entry, Gatekeeper, Sessions

NAME_MAX: Final = 64
PASSWORD_MAX: Final = 1_024

THREADS: Final = max(1, (os.cpu_count() or 2) // 2)
"""Half of the machine at most goes into checking passwords."""

WAITING_MAX: Final = 32
"""Checks that may wait for a thread; whoever comes beyond is told to come back."""

CSRF_HEADER: Final = b"x-csrf-token"

_Way = Literal["password", "token", "nothing", "form"]


class Authentication:
    """Says who a request comes from. One for each process; used on its event loop only."""

    def __init__(self, gatekeeper: Gatekeeper, sessions: Sessions, config: Config, *, metrics: Metrics) -> None:
        """For the node that has these settings."""
        auth = config.auth
        self.proxies = Proxies(config.proxy)
        self._gatekeeper = gatekeeper
        self._sessions = sessions
        self._basic = auth.basic
        self._header = config.http.api_key_header.lower().encode()
        self._public_url = config.http.public_url
        self._certificates = config.tls.client_certificates != "off" or bool(config.proxy.client_certificate_header)
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-password")
        self._waiting = 0
        self._lockout = Lockout(
            failures_max=auth.failures_max,
            address_failures_max=auth.address_failures_max,
            name_failures_max=auth.name_failures_max,
            seconds=auth.wait_seconds,
            seconds_max=auth.wait_seconds_max,
        )

    def close(self) -> None:
        """Ends the threads; checks under way are finished, those that wait are dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def at_once(self, request: Request, head: Head) -> Entry | None:
        """Whoever it is, where that is known without a slow check and without asking the database. `head` is the
        store's, as the request found it.
        """
        way, name, secret = self._shown(request)
        if way == "token":
            return self._gatekeeper.by_token(secret, head)
        if way == "form" or (request.method not in SAFE and self._is_foreign(request)):
            return None
        if way == "password":
            return self._gatekeeper.known(name, secret, head)
        shown = self.proxies.certificate(request) if self._certificates else None
        return self._gatekeeper.by_certificate(shown, head) if shown else None

    async def entry(self, request: Request, *, form_token: str = "", using: bool = True) -> Entry:
        """Whoever it is. `form_token` is the session's token where a form has it, since no header can. Not `using`: it
        is asked whether they may still come in, which is no use of their session.

        Raises `Refusal` 401, 403 (`cross-site`, `csrf-missing`) or 429.
        """
        entry = await self.arrived(request, using=using)
        self.require_token(request, entry, form_token)
        return entry

    async def arrived(self, request: Request, *, using: bool = True) -> Entry:
        """As `entry`, before the form was read that holds the session's token: `require_token` has to follow."""
        way, name, secret = self._shown(request)
        loop = asyncio.get_running_loop()
        if way == "token":
            # Nothing but a program of its owner's sends one, so it needs no more.
            entry = await loop.run_in_executor(None, self._gatekeeper.by_token, secret)
            return entry if entry is not None else self.refuse("token")
        if way == "form":
            return self.refuse("form")
        if request.method not in SAFE and self._is_foreign(request):
            self.refuse_foreign()
        if way == "password":
            return await self.password(request, name, secret)
        entry, reason = await loop.run_in_executor(None, partial(self._by_itself, request, using=using))
        if entry is None:
            return self.refuse(reason)
        return entry

    def require_token(self, request: Request, entry: Entry, form_token: str) -> None:
        """Raises `Refusal` 403 (`csrf-missing`) where it would change something by a session, without its token."""
        if not entry.session or request.method in SAFE:
            return
        ours = is_same_origin(request, public_url=self._public_url, secure=self.is_secure(request))
        token = request.headers.get(CSRF_HEADER, b"").decode("latin-1") or form_token
        if ours and self._sessions.is_csrf_token(entry, token):
            return
        self._metrics.login_refused("csrf")
        raise Refusal(
            403,
            "csrf-missing",
            "what changes something by a session needs its token, and the browser's word that a page of ours asks",
            remedy="X-CSRF-Token as GET /session gives it, and Origin",
        )

    async def account(self, request: Request) -> AccountRow:
        """The account of `entry`, with the roles that it leaves."""
        return (await self.entry(request)).account

    async def password(self, request: Request, name: str, secret: str) -> Entry:
        """Whoever has this name and password. Raises `Refusal` 401 or 429."""
        loop = asyncio.get_running_loop()
        entry = await loop.run_in_executor(None, self._gatekeeper.known, name, secret)
        if entry is None:
            entry = await self._checked(request, name, secret)
        return entry if entry is not None else self.refuse("password")

    def is_secure(self, request: Request) -> bool:
        """Whether cookies of this request are for TLS alone."""
        return self._public_url.startswith("https:") or self.proxies.is_secure(request)

    def require_own_page(self, request: Request) -> None:
        """Raises `Refusal` 403 (`cross-site`) where a page of somebody else sent it."""
        if self._is_foreign(request):
            self.refuse_foreign()

    def refuse(self, reason: str) -> NoReturn:
        """Raises the one refusal for whatever was wrong, and counts it by `reason`, without names."""
        self.count_refused(reason)
        headers: Headers = [(b"www-authenticate", b'Bearer realm="relto"')]
        if self._basic:
            headers.insert(0, (b"www-authenticate", b'Basic realm="relto", charset="UTF-8"'))
        raise Refusal(
            401, "unauthorised", "give a name and password, or a token, that this server knows", headers=headers
        )

    def count_refused(self, reason: str) -> None:
        """Counts a log-in that is refused otherwise than by `refuse`."""
        self._metrics.login_refused(reason)

    def refuse_foreign(self) -> NoReturn:
        """Raises the refusal for a page of somebody else."""
        self._metrics.login_refused("cross-site")
        raise Refusal(403, "cross-site", "a page of another site cannot do this")

    async def _checked(self, request: Request, name: str, secret: str) -> Entry | None:
        if len(name) > NAME_MAX or len(secret) > PASSWORD_MAX:
            # No account has such a name or password, as everybody may read in the manual: nothing to hide.
            return None
        address = self.proxies.address(request)
        left = self._lockout.wait(name, address, time.monotonic())
        if left > 0 or self._waiting >= WAITING_MAX + THREADS:
            self._metrics.login_refused("waiting")
            raise _later(int(left) + 1)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            entry = await loop.run_in_executor(self._threads, self._gatekeeper.by_password, name, secret)
        finally:
            self._waiting -= 1
        if entry is None:
            self._lockout.failed(name, address, time.monotonic())
        else:
            self._lockout.succeeded(name, address)
        return entry

    def _by_itself(self, request: Request, *, using: bool) -> tuple[Entry | None, str]:
        """Whoever it is by what a browser sends of itself, or why it is nobody."""
        shown = self.proxies.certificate(request) if self._certificates else None
        if shown:
            entry = self._gatekeeper.by_certificate(shown)
            if entry is not None:
                return entry, ""
        value = cookie(request, "session", secure=self.is_secure(request))
        if value:
            return self._sessions.entry(value, using=using), "session"
        return None, "nothing" if shown is None else "certificate"

    def _shown(self, request: Request) -> tuple[_Way, str, str]:
        """(`password`, name, password), (`token`, "", token), `nothing`, or `form`: it says who, in no form of ours."""
        header = request.headers.get(b"authorization")
        if header is None:
            token = request.headers.get(self._header, b"") if self._header else b""
            return ("token", "", _text(token.strip())) if token else ("nothing", "", "")
        scheme, _, value = header.partition(b" ")
        scheme, value = scheme.lower(), value.strip()
        if scheme == b"basic" and self._basic:
            try:
                name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return "form", "", ""
            return ("password", name, password) if colon and name else ("form", "", "")
        if scheme in {b"bearer", b"token"}:
            return "token", "", _text(value)
        return "form", "", ""

    def _is_foreign(self, request: Request) -> bool:
        return is_same_origin(request, public_url=self._public_url, secure=self.is_secure(request)) is False


def _text(value: bytes) -> str:
    try:
        return value.decode("ascii")
    except UnicodeDecodeError:
        return ""


def _later(seconds: int) -> Refusal:
    headers = [(b"retry-after", b"%d" % seconds)]
    return Refusal(429, "logins-too-many", "too many log-ins to check at once: try again later", headers=headers)
