"""Request bodies: read up to a limit, unpacked up to the same limit, whatever they claim to be, and not at any pace.

The bytes that all requests of a process hold at once have a limit too, so that many senders cannot fill the memory
where one cannot; and those of one account a lower one, so that it cannot keep out everybody else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import zstandard
from isal import igzip_lib, isal_zlib

from relto.faces.http.refusal import RETRY_SECONDS, Refusal, unavailable
from relto.faces.http.room import Room

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from relto.faces.http.exchange import Request

RATE: Final = 1_024
"""Bytes that have to come each second, over whatever time."""

GRACE_SECONDS: Final = 10.0
"""What a sender has in hand when a body begins; each `RATE` bytes are a second more."""

SPARE_SECONDS: Final = 30.0
"""What it may have in hand at most: so long it may pause, however fast it was before."""

WHOLE_SECONDS: Final = 900.0
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


def room_for_bodies(requests_max: int) -> Room:
    """Room for the bodies that are on their way to a process: of accounts, half of all requests at most."""
    most = max(1, requests_max // 2)
    return Room(most=most, of_one=max(1, most // 8), refusal=_too_many)


@dataclass(slots=True, eq=False)
class _Body:
    """One that is held: by whom, and how much of it."""

    account: str
    held: int = 0


class Bodies:
    """Reads bodies. One for each process and kind of body; used on its event loop only."""

    def __init__(
        self,
        *,
        bytes_max: int,
        expansion_max: int,
        room: Room,
        seconds: float = WHOLE_SECONDS,
        held: int = HELD_BODIES,
        held_of_one: int = 1,
    ) -> None:
        """`bytes_max` bounds a body as sent and as unpacked; `expansion_max`: see `EXPANSION_FREE_BYTES`; `seconds` is
        what a whole body may take. `held` bodies of this length are held at once, and `held_of_one` of one account.
        """
        self._bytes_max = bytes_max
        self._expansion_max = expansion_max
        self._room = room
        self._seconds = seconds
        self._held_max = held * bytes_max
        self._of_one_max = held_of_one * bytes_max
        self._bodies: list[_Body] = []

    @asynccontextmanager
    async def read(self, request: Request, threads: Executor, account: str) -> AsyncIterator[bytes]:
        """The whole body, unpacked by one of `threads`; its bytes count as held, by this account, until the block ends.

        Raises `Refusal` 400, 408, 413, 415, 429 or 503, and `ClientGone`.
        """
        coding = request.headers.get(b"content-encoding", b"identity").strip().lower()
        if coding not in {b"identity", b"gzip", b"x-gzip", b"zstd"}:
            headers = [(b"accept-encoding", b"gzip, zstd")]
            raise Refusal(415, "encoding-unknown", "a body may come as it is, as gzip or as zstd", headers=headers)
        declared = request.headers.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._bytes_max:
            self._refuse_length()
        own = _Body(account)
        self._bodies.append(own)
        try:
            with self._room.place(account):
                body = await self._received(request, own)
            if coding != b"identity":
                loop = asyncio.get_running_loop()
                body = await loop.run_in_executor(threads, self.unpacked, body, coding)
                self._hold(own, len(body))
            yield body
        finally:
            self._bodies.remove(own)

    async def _received(self, request: Request, own: _Body) -> bytes:
        chunks: list[bytes] = []
        at = time.monotonic()
        end, spare = at + self._seconds, GRACE_SECONDS
        more = True
        while more:
            try:
                chunk, more = await request.chunk(min(spare, end - at))
            except TimeoutError:
                raise _slow() from None
            self._hold(own, len(chunk))
            if own.held > self._bytes_max:
                self._refuse_length()
            chunks.append(chunk)
            now = time.monotonic()
            spare, at = min(SPARE_SECONDS, spare - (now - at) + len(chunk) / RATE), now
        return b"".join(chunks)

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

    def _hold(self, own: _Body, count: int) -> None:
        own.held += count
        theirs = [each for each in self._bodies if each.account == own.account]
        of_one = sum(each.held for each in theirs)
        # The first of an account is always taken, packed and unpacked; those beside it as far as there is room.
        if of_one > self._of_one_max + (self._bytes_max if own is theirs[0] else 0):
            raise _too_many()
        if sum(each.held for each in self._bodies) > self._held_max:
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


def _too_many() -> Refusal:
    headers = [(b"retry-after", RETRY_SECONDS), (b"connection", b"close")]
    return Refusal(429, "bodies-too-many", "too many bodies are on their way at once: try again", headers=headers)
