"""Webhooks over HTTP/1.1: one POST over one connection, to an address that was checked.

The name is looked up once, every address that it stands for is judged (`Reach`), and the connection is made to one of
these and nothing else: a name that stands for another address a moment later leads nowhere new. No proxy of the
environment is asked, no redirect followed, nothing decompressed. Decision record 0016 says why this is no HTTP library.
"""

from __future__ import annotations

import contextlib
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httptools

from relto.adapters.courier.line import Deadline, Lookup, connected, secured, send, told, trusting
from relto.domain.dispatch import SECOND, Outcome
from relto.domain.endpoint import Endpoint
from relto.domain.errors import BadInput

if TYPE_CHECKING:
    import socket

    from relto.domain.endpoint import Reach
    from relto.ports.courier import Post

HEAD_BYTES_MAX: Final = 16_384
"""Bytes that an answer may have before its body begins."""

BODY_BYTES_MAX: Final = 2_048
"""Bytes of an answer's body that are read."""

BODY_SECONDS: Final = 2.0
"""How long the body may take once the status is known: it is for people, and decides nothing."""

RECEIVE_BYTES: Final = 4_096
RETRY_AFTER_DIGITS: Final = 9

GONE: Final = 410
THROTTLED: Final = frozenset({429, 502, 503, 504})
"""Too many requests, and what stands in front of a server that is not well."""


class WebhookCourier:
    """Calls webhooks. Safe to use from several threads: it keeps nothing of a call."""

    def __init__(self, reach: Reach, *, timeout_seconds: float, ca: str = "", lookup: Lookup | None = None) -> None:
        """`timeout_seconds`: for a whole call. Raises `BadInput` (`ca-unusable`)."""
        self._reach = reach
        self._timeout_seconds = timeout_seconds
        self._context = trusting(ca)
        self._lookup = Lookup() if lookup is None else lookup

    def carry(self, message: Post, /) -> Outcome:
        """One POST; what came of it."""
        deadline = Deadline(self._timeout_seconds)
        try:
            endpoint = Endpoint.parse(message.url)
            addresses = self._lookup.addresses(endpoint.host, endpoint.port, deadline)
            objection = self._reach.objection(endpoint, [str(address[0]) for _, address in addresses])
            if objection:
                return Outcome("unreachable", answer=objection)
            line = connected(addresses, deadline)
            if endpoint.scheme == "https":
                line = secured(line, self._context, endpoint.host, deadline)
            with line:
                send(line, _request(endpoint, message), deadline)
                return _received(line, deadline)
        except (OSError, BadInput) as error:
            return Outcome("unreachable", answer=told(error))


def _request(endpoint: Endpoint, message: Post) -> bytes:
    headers = (
        ("host", endpoint.authority),
        ("user-agent", "Relto"),
        ("content-type", "application/json"),
        ("content-length", str(len(message.body))),
        ("accept-encoding", "identity"),
        ("connection", "close"),
        *message.headers,
    )
    assert all(part.isascii() and part.isprintable() for header in headers for part in header), "headers are ours"
    lines = [f"POST {endpoint.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode() + message.body


def _received(line: socket.socket, deadline: Deadline) -> Outcome:
    answer = _Answer()
    received = 0
    try:
        while not answer.is_enough:
            if received >= HEAD_BYTES_MAX + BODY_BYTES_MAX:
                break
            line.settimeout(deadline.left())
            some = line.recv(RECEIVE_BYTES)
            if not some:
                break
            received += len(some)
            knew = answer.status
            answer.feed(some)
            if answer.status and not knew:
                deadline.hurry(BODY_SECONDS)
    except OSError as error:
        # Once the status is known, the answer is known: whoever says 200 and then hangs has the notice.
        if not answer.status:
            return Outcome("unreachable", answer=told(error))
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError:
        if not answer.status:
            return Outcome("unreachable", answer="its answer is no HTTP")
    return answer.outcome()


class _Answer:
    """What the parser has found so far; its methods are called by the parser."""

    def __init__(self) -> None:
        self.status = 0
        self.is_enough = False
        self._retry_after = b""
        self._body = bytearray()
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, some: bytes) -> None:
        self._parser.feed_data(some)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        # Whatever is below 200 announces the answer and is none, but for a switch to another protocol.
        self.status = status if status >= 200 or status == 101 else 0

    def on_body(self, some: bytes) -> None:
        self._body += some[: BODY_BYTES_MAX - len(self._body)]
        self.is_enough = len(self._body) >= BODY_BYTES_MAX

    def on_message_complete(self) -> None:
        self.is_enough = bool(self.status)

    def outcome(self) -> Outcome:
        if not self.status:
            return Outcome("unreachable", answer="it closed the connection without an answer")
        text = self._body.decode(errors="replace")
        if 200 <= self.status < 300:
            return Outcome("delivered", self.status, text)
        quiet = _quiet_us(self._retry_after.decode("latin-1"))
        if self.status == GONE:
            return Outcome("gone", self.status, text)
        return Outcome("throttled" if self.status in THROTTLED else "refused", self.status, text, quiet)


def _quiet_us(text: str) -> int | None:
    """What `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a date; None where it says neither."""
    if text.isascii() and text.isdigit():
        return int(text[:RETRY_AFTER_DIGITS]) * SECOND
    with contextlib.suppress(ValueError, OverflowError, TypeError):
        return int((parsedate_to_datetime(text).timestamp() - time.time()) * SECOND)
    return None
