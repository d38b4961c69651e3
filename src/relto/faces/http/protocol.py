"""Uvicorn's protocol, with four things done otherwise.

Head and body of a response leave with one write to the socket: a write is the dearest part of a quiet poll, and two
small packets may wait for each other. What is no HTTP is told so in the one shape of all errors. And a
request can tell whether whoever sent it is still there, and which certificate they showed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from relto.faces.http.exchange import CERTIFICATE, GONE, TAXII_TYPE
from relto.faces.http.refusal import Refusal

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_CONTINUE = b"HTTP/1.1 100"

COPIED_BYTES = 16_384
"""A longer body is not copied behind its head: two pieces of one write are cheaper then."""


class _Joined:
    """A transport that keeps the head of a response back until its body is written, or the loop has gone round."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        # Everything but writing and closing is the transport's own.
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._head and len(data) > COPIED_BYTES:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._head:
            self._transport.write(self._head + data)
            self._head = b""
        elif data.startswith(b"HTTP/") and not data.startswith(_CONTINUE):
            self._head = data
            # A response without a body is followed by no other write.
            self._loop.call_soon(self._flush)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._head:
            self._transport.write(self._head)
            self._head = b""


class Protocol(HttpToolsProtocol):
    """What uvicorn makes for each connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """As its parent."""
        super().__init__(config, server_state, app_state, _loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As its parent, which is given a transport that joins head and body."""
        plain = cast("asyncio.Transport", transport)
        super().connection_made(cast("asyncio.Transport", _Joined(plain, self.loop)))
        encrypted = transport.get_extra_info("ssl_object")
        self._certificate: bytes | None = encrypted.getpeercert(binary_form=True) if encrypted is not None else None

    def on_message_begin(self) -> None:
        """As its parent; the scope says how to see that the connection is closed."""
        super().on_message_begin()
        extensions: dict[str, Any] = {GONE: self.transport.is_closing}
        if self._certificate is not None:
            extensions[CERTIFICATE] = self._certificate
        self.scope["extensions"] = extensions

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the words are uvicorn's, not ours
        """What cannot be read as a request is refused, and nothing more is read from whoever sent it."""
        body = Refusal(400, "request-malformed", "this is no request of HTTP/1.1").response().body
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (TAXII_TYPE, len(body)) + body)
        self.transport.close()
