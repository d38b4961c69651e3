"""Request bodies: read up to a limit, unpacked up to the same limit, whatever they claim to be.

The bytes that all requests of a process hold at once have a limit too, so that many senders cannot fill the memory
where one cannot.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NoReturn

import zstandard
from isal import igzip_lib, isal_zlib

from relto.faces.http.refusal import Refusal, unavailable

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from relto.faces.http.exchange import Request

IDLE_SECONDS: Final = 30
"""How long a sender may pause within a body."""

WHOLE_SECONDS: Final = 900
"""How long a whole body may take."""

STEP_BYTES: Final = 256 * 1024
ZSTD_STEP_BYTES: Final = 1_024
"""Zstandard unpacks at most 128 KiB from 4 bytes, so that one step stays below 32 MiB."""
ZSTD_WINDOW_BYTES_MAX: Final = 8 * 1024 * 1024
"""What RFC 8878 section 3.1.1.1.2 asks a decoder to support, and RFC 9659 caps for HTTP."""

EXPANSION_FREE_BYTES: Final = 10 * 1024 * 1024
"""Up to here a body may unpack to any multiple of its size: small ones of one repeated line are honest."""

HELD_BODIES: Final = 4
"""The bodies of the greatest length that a process holds at once."""


class Bodies:
    """Reads bodies. One for each process; used on its event loop only."""

    def __init__(self, *, bytes_max: int, expansion_max: int) -> None:
        """`bytes_max` bounds a body as sent and as unpacked; `expansion_max`: see `EXPANSION_FREE_BYTES`."""
        self._bytes_max = bytes_max
        self._expansion_max = expansion_max
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request, threads: Executor) -> AsyncIterator[bytes]:
        """The whole body, unpacked by one of `threads`; its bytes count as held until the block ends.

        Raises `Refusal` 400, 408, 413, 415 or 503, and `ClientGone`.
        """
        coding = request.headers.get(b"content-encoding", b"identity").strip().lower()
        if coding not in {b"identity", b"gzip", b"x-gzip", b"zstd"}:
            headers = [(b"accept-encoding", b"gzip, zstd")]
            raise Refusal(415, "encoding-unknown", "a body may come as it is, as gzip or as zstd", headers=headers)
        declared = request.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._bytes_max:
            self._refuse_length()
        held = 0
        try:
            chunks: list[bytes] = []
            begun = time.monotonic()
            more = True
            while more:
                try:
                    chunk, more = await request.chunk(IDLE_SECONDS)
                except TimeoutError:
                    raise _slow() from None
                held += len(chunk)
                self._hold(len(chunk))
                if held > self._bytes_max:
                    self._refuse_length()
                if time.monotonic() - begun > WHOLE_SECONDS:
                    raise _slow()
                chunks.append(chunk)
            body = b"".join(chunks)
            del chunks
            if coding != b"identity":
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(threads, self.unpacked, body, coding)
                held += len(body)
                self._hold(len(body))
            yield body
        finally:
            self._held -= held

    def unpacked(self, body: bytes, coding: bytes) -> bytes:
        """The body that was packed. Raises `Refusal` 413 before it holds more than the limit, 400 if it is broken."""
        chunks: list[bytes] = []
        size = 0
        steps = _unzstd(body) if coding == b"zstd" else _gunzip(body)
        for chunk in steps:
            size += len(chunk)
            if size > self._bytes_max:
                self._refuse_length()
            if size > EXPANSION_FREE_BYTES and size > len(body) * self._expansion_max:
                raise Refusal(
                    413, "body-expands", f"the body unpacks to more than {self._expansion_max} times its size"
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _hold(self, count: int) -> None:
        self._held += count
        if self._held > HELD_BODIES * self._bytes_max:
            raise unavailable()

    def _refuse_length(self) -> NoReturn:
        # The rest of the body is still on its way: closing is the only way not to have to read it.
        headers = [(b"connection", b"close")]
        message = f"a body has at most {self._bytes_max} bytes, as sent and unpacked: send it in parts"
        raise Refusal(413, "body-too-large", message, headers=headers)


def _gunzip(body: bytes) -> Iterator[bytes]:
    pending = body
    stream = isal_zlib.decompressobj(31)
    while True:
        try:
            chunk = stream.decompress(pending, STEP_BYTES)
        except igzip_lib.IsalError:  # type: ignore[misc]  # its stub has the class as a value
            raise _corrupt() from None
        yield chunk
        if stream.eof:
            pending = stream.unused_data
            if not pending:
                return
            stream = isal_zlib.decompressobj(31)
        else:
            pending = stream.unconsumed_tail
            if not pending and not chunk:
                raise _corrupt()


def _unzstd(body: bytes) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES_MAX)
    stream = unpacker.decompressobj()
    at = 0
    while at < len(body):
        step = body[at : at + ZSTD_STEP_BYTES]
        try:
            yield stream.decompress(step)
        except zstandard.ZstdError:
            raise _corrupt() from None
        at += len(step)
        if stream.eof:
            at -= len(stream.unused_data)
            if at >= len(body):
                return
            stream = unpacker.decompressobj()
    raise _corrupt()


def _corrupt() -> Refusal:
    return Refusal(400, "body-corrupt", "the body is not what its `Content-Encoding` says, or ends too early")


def _slow() -> Refusal:
    return Refusal(408, "body-slow", "the body took too long", headers=[(b"connection", b"close")])
