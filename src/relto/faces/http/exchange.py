"""A request as it came and a response as it goes: the least that ASGI needs, so that a quiet poll costs little.

A response is whole before its first byte leaves, because every body has a written limit; but for a stream of events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]

TAXII_TYPE: Final = b"application/taxii+json;version=2.1"
"""What every response of TAXII bears (TAXII 2.1 section 1.6.8), to the letter: clients compare it."""


GONE: Final = "relto.gone"
"""The extension of an ASGI scope by which our protocol tells whether the connection is closed."""


CERTIFICATE: Final = "relto.certificate"
"""The extension by which it hands on the client's certificate (DER) that TLS has checked; not there without one."""


class ClientGone(Exception):
    """Whoever asked has closed the connection: there is nobody to answer."""


class Request:
    """One request. `path` is as it was sent, percent signs included; header names are lower-case.

    A header that was sent several times stands as one, its values joined by a comma (RFC 9110 section 5.3).
    """

    __slots__ = ("headers", "method", "path", "query", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Of an ASGI scope of type `http`."""
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope["query_string"]
        listed: Headers = scope["headers"]
        self.headers: dict[bytes, bytes] = dict(listed)
        if len(self.headers) != len(listed):
            self.headers = {}
            for name, value in listed:
                self.headers[name] = self.headers[name] + b", " + value if name in self.headers else value

    @property
    def is_abandoned(self) -> bool:
        """Whether whoever asked has closed the connection already, as far as the protocol can tell."""
        gone: Callable[[], bool] | None = self.scope.get("extensions", {}).get(GONE)
        return gone is not None and gone()

    async def left(self) -> None:
        """Returns when whoever asked has closed the connection; of a request whose body nobody wants."""
        while (await self.receive())["type"] == "http.request":
            pass

    async def chunk(self, seconds: float) -> tuple[bytes, bool]:
        """The next part of the body, and whether there is more. Raises `ClientGone`, or `TimeoutError`."""
        message = await asyncio.wait_for(self.receive(), seconds)
        if message["type"] != "http.request":
            raise ClientGone
        return message.get("body", b""), message.get("more_body", False)


@dataclass(slots=True)
class Response:
    """What goes back. `headers` are those beside the ones that every response has.

    `cache` says who may keep it; what one reader may see is no business of a cache that others share.

    `unsent` is done, in a thread, where it never leaves because whoever asked has gone. `stream` sends parts of a body
    without an end of its own, in place of `body`; it returns when there is nothing more to say.
    """

    status: int
    body: bytes = b""
    type: bytes = TAXII_TYPE
    headers: Headers = field(default_factory=list)
    cache: bytes = b"private, no-store"
    unsent: Callable[[], None] | None = None
    stream: Callable[[Send], Awaitable[None]] | None = None

    async def send(self, send: Send, *, date: bytes, bodiless: bool = False) -> None:
        """Sends it; without the body where the method was HEAD."""
        headers: Headers = [
            (b"date", date),
            (b"content-type", self.type),
            *([] if self.stream else [(b"content-length", b"%d" % len(self.body))]),
            (b"cache-control", self.cache),
            (b"x-content-type-options", b"nosniff"),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if self.stream is not None and not bodiless:
            await self.stream(send)
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.body", "body": b"" if bodiless else self.body})
