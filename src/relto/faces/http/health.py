"""How the process is: `/healthz` (alive), `/readyz` (it can serve) and `/metrics`.

The first two say one word to anybody. Numbers tell what partners do, so they are for the machine itself, when no proxy
shows between, and for accounts of the node's own party with the role `auditor` or `admin`.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from relto.domain.errors import ReltoError
from relto.faces.http import metrics as numbers
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal
from relto.usecases.evidence.signed.signing import require_keys
from relto.usecases.figures import Figures, figures

if TYPE_CHECKING:
    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Request
    from relto.faces.http.metrics import Metrics
    from relto.wiring import Opened

LOG: Final = logging.getLogger("relto.http")

TEXT: Final = b"text/plain; charset=utf-8"
METHODS: Final = ("GET", "HEAD")
FRESH_SECONDS: Final = 1.0
"""How long an answer about the database is given again, so that nobody can have it asked without end."""

FIGURES_SECONDS: Final = 5.0
"""How long the node's figures are given again: many may ask, and each answer looks at every flow."""

_PROXIED: Final = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
_HOST: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\[\]]+))(?::[0-9]*)?")
_ROLES: Final = frozenset({"auditor", "admin"})


def is_how(path: bytes) -> bool:
    """Whether this address says how the process is, in one word and to anybody.

    >>> is_how(b"/healthz"), is_how(b"/readyz/"), is_how(b"/metrics")
    (True, True, False)
    """
    return path.rstrip(b"/") in {b"/healthz", b"/readyz"}


class Health:
    """Answers at these three addresses. One for each process."""

    def __init__(self, opened: Opened, authentication: Authentication, metrics: Metrics) -> None:
        """For this node."""
        self._opened = opened
        self._authentication = authentication
        self._metrics = metrics
        self._checked = (0.0, False)
        self._figured = (-FIGURES_SECONDS, Figures())
        self._counting = threading.Lock()
        self._lock = asyncio.Lock()

    async def answer(self, request: Request) -> tuple[str, Response] | None:
        """The route's name and the response; None where the address is none of these."""
        path = request.path.rstrip(b"/")
        if path not in {b"/healthz", b"/readyz", b"/metrics"}:
            return None
        if request.method not in METHODS:
            headers = [(b"allow", ", ".join(METHODS).encode())]
            raise Refusal(405, "method-unknown", "this address has GET and HEAD", headers=headers)
        if path == b"/healthz":
            return "healthz", Response(200, b"ok\n", TEXT)
        if path == b"/readyz":
            if await self._is_ready():
                return "readyz", Response(200, b"ok\n", TEXT)
            return "readyz", Response(503, b"not ready\n", TEXT, [(b"retry-after", b"2")])
        await self._require_leave(request)
        return "metrics", Response(200, await asyncio.to_thread(self._numbers), numbers.TYPE)

    def _numbers(self) -> bytes:
        with self._counting:
            at, found = self._figured
            if time.monotonic() - at > FIGURES_SECONDS:
                try:
                    found = replace(figures(self._opened.node, self._opened.desk), can_sign=self._can_sign())
                except ReltoError as error:
                    # What this process counts is worth having all the same.
                    LOG.warning("the node's figures cannot be had: %s: %s", error.code, error.message)
                self._figured = (time.monotonic(), found)
        return self._metrics.text(found)

    async def _is_ready(self) -> bool:
        async with self._lock:
            at, ready = self._checked
            if time.monotonic() - at > FRESH_SECONDS:
                ready = await asyncio.to_thread(self._can_serve)
                self._checked = (time.monotonic(), ready)
            return ready

    def _can_serve(self) -> bool:
        try:
            self._opened.check()
        except ReltoError as error:
            LOG.warning("not ready: %s: %s", error.code, error.message)
            return False
        return True

    def _can_sign(self) -> bool:
        try:
            require_keys(self._opened.node, self._opened.signers, self._opened.origin)
        except ReltoError:
            return False
        return True

    async def _require_leave(self, request: Request) -> None:
        if self._is_of_the_machine(request):
            return
        account = await self._authentication.account(request)
        # They tell of all partners, so they are nobody's but the node's own.
        if account.party != self._opened.host or not _ROLES & set(account.roles):
            raise Refusal(403, "role-missing", "numbers are for the roles auditor and admin")

    def _is_of_the_machine(self, request: Request) -> bool:
        """Whether somebody at the machine itself asks, and no proxy on it for somebody else, as far as shows: it is
        not listed as one, says of nobody that it asks for them, and asks for an address of the machine.
        """
        client = request.scope.get("client")
        if client is None or not _is_loopback(client[0]) or self._authentication.proxies.is_from_proxy(request):
            return False
        return not _PROXIED & request.headers.keys() and _is_loopback(_name_of(request.headers.get(b"host", b"")))


def _name_of(host: bytes) -> str:
    """The name or address in `Host` (RFC 9110, section 7.2), without its port."""
    found = _HOST.fullmatch(host.decode("latin-1"))
    return (found[1] or found[2]) if found else ""


def _is_loopback(host: str) -> bool:
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
