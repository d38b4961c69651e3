"""Who asks: HTTP Basic, a bearer token, or a token in a header of its own; the answer is an account or 401.

A password that was checked a moment ago, and every token, is known at once. Any other is checked slowly, on purpose, in
a few threads of its own: a flood of wrong ones fills their queue and is told to come back (429), while everybody else
is served as before. Whatever was wrong, a name, a password or a form, the answer is the same.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from relto.faces.http.refusal import Refusal

if TYPE_CHECKING:
    from relto.config import Auth
    from relto.faces.http.exchange import Headers, Request
    from relto.faces.http.metrics import Metrics
    from relto.ports.store import AccountRow, Head
    from relto.usecases.accounts import Gatekeeper

NAME_MAX: Final = 64
PASSWORD_MAX: Final = 1_024

THREADS: Final = max(1, (os.cpu_count() or 2) // 2)
"""Half of the machine at most goes into checking passwords."""

WAITING_MAX: Final = 32
"""Checks that may wait for a thread; whoever comes beyond is told to come back."""

WINDOW_SECONDS: Final = 60
NAMES_MAX: Final = 10_000
"""Names whose failures are counted; the one that failed longest ago is forgotten first."""


class Authentication:
    """Says which account a request comes from. One for each process; used on its event loop only."""

    def __init__(self, gatekeeper: Gatekeeper, auth: Auth, *, api_key_header: str, metrics: Metrics) -> None:
        """`api_key_header` empty: no such header is looked at."""
        self._gatekeeper = gatekeeper
        self._basic = auth.basic
        self._failures_max = auth.failures_max
        self._header = api_key_header.lower().encode()
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-password")
        self._waiting = 0
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def close(self) -> None:
        """Ends the threads; checks under way are finished, those that wait are dropped."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def at_once(self, request: Request, head: Head) -> AccountRow | None:
        """The account where it is known without a slow check. `head` is the store's, as the request found it."""
        name, secret = self._presented(request)
        if name is None:
            return self._gatekeeper.by_token(secret, head) if secret else None
        return self._gatekeeper.known(name, secret, head)

    async def account(self, request: Request) -> AccountRow:
        """The account. Raises `Refusal` 401 or 429."""
        name, secret = self._presented(request)
        loop = asyncio.get_running_loop()
        if name is None:
            row = await loop.run_in_executor(None, self._gatekeeper.by_token, secret) if secret else None
        else:
            row = await loop.run_in_executor(None, self._gatekeeper.known, name, secret)
            if row is None:
                row = await self._checked(name, secret)
        if row is None:
            self._metrics.logins_refused.inc()
            raise self._unauthorised()
        return row

    async def _checked(self, name: str, secret: str) -> AccountRow | None:
        if len(name) > NAME_MAX or len(secret) > PASSWORD_MAX:
            # No account has such a name or password, as everybody may read in the manual: nothing to hide.
            return None
        self._require_patience(name)
        if self._waiting >= WAITING_MAX + THREADS:
            raise _later(b"1")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            row = await loop.run_in_executor(self._threads, self._gatekeeper.by_password, name, secret)
        finally:
            self._waiting -= 1
        if row is None:
            self._count_failure(name)
        return row

    def _presented(self, request: Request) -> tuple[str | None, str]:
        """(name, password), or (None, token), or (None, "") where nothing usable was shown."""
        header = request.headers.get(b"authorization")
        if header is None:
            token = request.headers.get(self._header, b"") if self._header else b""
            return None, _text(token.strip())
        scheme, _, value = header.partition(b" ")
        scheme, value = scheme.lower(), value.strip()
        if scheme == b"basic" and self._basic:
            try:
                name, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None, ""
            return (name, password) if colon and name else (None, "")
        if scheme in {b"bearer", b"token"}:
            return None, _text(value)
        return None, ""

    def _require_patience(self, name: str) -> None:
        since, failures = self._failures.get(name, (0.0, 0))
        left = since + WINDOW_SECONDS - time.monotonic()
        if failures >= self._failures_max and left > 0:
            raise _later(b"%d" % (int(left) + 1))

    def _count_failure(self, name: str) -> None:
        # Counted by the name that was typed, whether or not there is such an account.
        since, failures = self._failures.pop(name, (0.0, 0))
        now = time.monotonic()
        if now - since >= WINDOW_SECONDS:
            since, failures = now, 0
        self._failures[name] = (since, failures + 1)
        if len(self._failures) > NAMES_MAX:
            self._failures.popitem(last=False)

    def _unauthorised(self) -> Refusal:
        headers: Headers = [(b"www-authenticate", b'Bearer realm="relto"')]
        if self._basic:
            headers.insert(0, (b"www-authenticate", b'Basic realm="relto", charset="UTF-8"'))
        return Refusal(
            401, "unauthorised", "give a name and password, or a token, that this server knows", headers=headers
        )


def _text(value: bytes) -> str:
    try:
        return value.decode("ascii")
    except UnicodeDecodeError:
        return ""


def _later(seconds: bytes) -> Refusal:
    headers = [(b"retry-after", seconds)]
    return Refusal(429, "logins-too-many", "too many log-ins to check at once: try again later", headers=headers)
