"""Server-sent events: acts as they happen, to whoever may see them (WHATWG HTML section 9.2).

One look at the database each second and process serves all streams: where the record has grown, each stream reads what
is behind its own place, and sends what its account may see. A stream can be taken up again by `Last-Event-ID`, and ends
when its account may no longer come in, which is asked again every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from relto.domain.errors import BadInput, ReltoError
from relto.faces.api.problem import body_of
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal
from relto.faces.verbs.acts import act_document
from relto.faces.verbs.caller import Caller
from relto.usecases import office

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relto.domain.actor import Actor
    from relto.faces.http.exchange import Request, Send
    from relto.ports.store import EventRow
    from relto.wiring import Opened

PATH: Final = b"/api/v1/events"
TYPE: Final = b"text/event-stream"

LOOK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
ADMITTED_SECONDS: Final = 3.0
"""How long whoever is listening goes unasked."""

STREAMS_MAX: Final = 64
STREAMS_OF_ACCOUNT: Final = 4
EVENTS_AT_ONCE: Final = 200
ID_MAX: Final = 2**62


class Events:
    """The streams of one process. For its event loop."""

    def __init__(self, opened: Opened, in_thread: Callable[..., Awaitable[object]]) -> None:
        """`in_thread` does work that waits for the database."""
        self._opened = opened
        self._in_thread = in_thread
        self._open: Counter[str] = Counter()
        self._grown = asyncio.Condition()
        self._last = 0
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Ends the look-out; streams end with their connections."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    async def begin(self, request: Request, actor: Actor, admitted: Callable[[], Awaitable[Actor]]) -> Response:
        """A response that goes on until its reader leaves, or `admitted` raises.

        Raises `BadInput` `event-id-invalid`, `Refusal` 429 where too many are open.
        """
        name = actor.account
        if self._open.total() >= STREAMS_MAX or self._open[name] >= STREAMS_OF_ACCOUNT:
            headers = [(b"retry-after", b"30")]
            raise Refusal(429, "streams-too-many", "too many streams of events are open", headers=headers)
        newest = await self._newest()
        after = _place(request.headers.get(b"last-event-id"), newest)

        async def stream(send: Send) -> None:
            self._open[name] += 1
            try:
                await self._stream(send, request, actor, after, admitted)
            finally:
                self._open[name] -= 1

        return Response(200, b"", TYPE, stream=stream)

    async def _stream(
        self, send: Send, request: Request, actor: Actor, after: int, admitted: Callable[[], Awaitable[Actor]]
    ) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        spoke = asked = time.monotonic()
        await send(_chunk(b": relto\n\n"))
        while not request.is_abandoned:
            if time.monotonic() - asked >= ADMITTED_SECONDS:
                try:
                    actor = await admitted()
                except (Refusal, ReltoError):
                    # Revoked, or signed out: whoever comes again is told so.
                    return
                asked = time.monotonic()
            found, after = await self._behind(actor, after)
            if found:
                await send(_chunk(b"".join(found)))
                spoke = time.monotonic()
            elif time.monotonic() - spoke >= HEARTBEAT_SECONDS:
                await send(_chunk(b": still here\n\n"))
                spoke = time.monotonic()
            if self._last <= after:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ADMITTED_SECONDS), self._grown:
                        await self._grown.wait()

    async def _behind(self, actor: Actor, after: int) -> tuple[list[bytes], int]:
        if self._last <= after:
            return [], after
        found: tuple[list[bytes], int] = await self._in_thread(self._read, actor, after)  # type: ignore[assignment]  # what `_read` gives
        return found

    def _read(self, actor: Actor, after: int) -> tuple[list[bytes], int]:
        with self._opened.node.store.read() as snap:
            rows: list[EventRow] = snap.events(after=after, limit=EVENTS_AT_ONCE)
        sight = Caller(self._opened, actor).sight
        found = []
        for row in rows:
            act = office.shown(self._opened.node, str(row.act))
            if sight.act(act):
                document = {**act_document(act), "event": row.state}
                found.append(b"id: %d\nevent: act\ndata: %s\n\n" % (row.number, body_of(document)))
        return found, rows[-1].number if rows else after

    async def _look(self) -> None:
        """Sees whether the record has grown, while anybody listens."""
        while self._open.total():
            with contextlib.suppress(ReltoError):
                newest = await self._newest()
                if newest > self._last:
                    async with self._grown:
                        self._last = newest
                        self._grown.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def _newest(self) -> int:
        newest: int = await self._in_thread(self._newest_stored)  # type: ignore[assignment]  # a number
        return newest

    def _newest_stored(self) -> int:
        with self._opened.node.store.read() as snap:
            return snap.last_event()


def _place(header: bytes | None, newest: int) -> int:
    if header is None:
        return newest
    if not header.isdigit() or len(header) > 18:
        raise BadInput("event-id-invalid", "`Last-Event-ID` is the id of no event", remedy="begin without it")
    return min(int(header), newest)


def _chunk(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}
