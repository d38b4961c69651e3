"""Server-sent events: acts and notices as they happen, to whoever may see them (WHATWG HTML section 9.2).

One look at the database each second and process serves all streams: where the record or an inbox has grown, each stream
reads what is behind its own place, and sends what its account may see. Whether that may still come in is asked before
each of these, and every few seconds meanwhile. A stream can be taken up again by `Last-Event-ID`, whose text says
nothing to whoever has it: how many acts there were is not for everybody.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import secrets
import struct
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from relto.domain.errors import BadInput, ReltoError
from relto.faces.api.problem import body_of
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal
from relto.faces.verbs.acts import act_document
from relto.faces.verbs.caller import Caller
from relto.faces.verbs.inbox import notice_document
from relto.usecases import notifying, office

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from relto.domain.actor import Actor
    from relto.faces.http.exchange import Request, Send
    from relto.wiring import Opened

PATH: Final = b"/api/v1/events"
TYPE: Final = b"text/event-stream"

LOOK_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
ADMITTED_SECONDS: Final = 3.0
"""How long whoever is listening goes unasked."""

STREAMS_MAX: Final = 128
STREAMS_OF_ACCOUNT: Final = 8
"""A page of the console that is looked at has one."""

EVENTS_AT_ONCE: Final = 200

_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class _Place:
    """What a stream is behind: the last event of the record, and the last notice of its party."""

    event: int
    notice: int


class Events:
    """The streams of one process. For its event loop."""

    def __init__(self, opened: Opened, in_thread: Callable[..., Awaitable[object]]) -> None:
        """`in_thread` does work that waits for the database."""
        self._opened = opened
        self._in_thread = in_thread
        self._cipher = ChaCha20Poly1305(hmac.digest(opened.key, b"relto events", "sha256"))
        self._open: Counter[str] = Counter()
        self._parties: Counter[str] = Counter()
        self._grown = asyncio.Condition()
        self._last = 0
        self._numbers: Mapping[str, int] = {}
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
        newest = await self._newest({actor.party})
        header = request.headers.get(b"last-event-id")
        place = _Place(newest[0], newest[1].get(actor.party, 0)) if header is None else self._place(header, name)

        async def stream(send: Send) -> None:
            self._open[name] += 1
            self._parties[actor.party] += 1
            try:
                await self._stream(send, request, actor, place, admitted)
            finally:
                self._open[name] -= 1
                self._parties[actor.party] -= 1

        return Response(200, b"", TYPE, stream=stream)

    async def _stream(
        self, send: Send, request: Request, actor: Actor, place: _Place, admitted: Callable[[], Awaitable[Actor]]
    ) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        spoke = asked = time.monotonic()
        await send(_chunk(b": relto\n\n"))
        # A page that is left makes room at once for the stream of the next.
        gone = asyncio.create_task(request.left())
        try:
            while not (gone.done() or request.is_abandoned):
                if self._is_behind(actor, place) or time.monotonic() - asked >= ADMITTED_SECONDS:
                    try:
                        actor = await admitted()
                    except (Refusal, ReltoError):
                        # Revoked, or signed out: whoever comes again is told so.
                        return
                    asked = time.monotonic()
                if self._is_behind(actor, place):
                    found, place = await self._behind(actor, place)
                    if found:
                        await send(_chunk(found))
                        spoke = time.monotonic()
                if time.monotonic() - spoke >= HEARTBEAT_SECONDS:
                    await send(_chunk(b": still here\n\n"))
                    spoke = time.monotonic()
                if not self._is_behind(actor, place):
                    await self._grown_or(gone)
        finally:
            gone.cancel()

    async def _grown_or(self, gone: asyncio.Task[None]) -> None:
        """Waits until there is more, whoever listens has gone, or it is time to ask who that is."""

        async def grown() -> None:
            async with self._grown:
                await self._grown.wait()

        waiting = asyncio.create_task(grown())
        try:
            await asyncio.wait({waiting, gone}, timeout=ADMITTED_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    def _is_behind(self, actor: Actor, place: _Place) -> bool:
        return self._last > place.event or self._numbers.get(actor.party, 0) > place.notice

    async def _behind(self, actor: Actor, place: _Place) -> tuple[bytes, _Place]:
        found: tuple[bytes, _Place] = await self._in_thread(self._read, actor, place)  # type: ignore[assignment]  # what `_read` gives
        return found

    def _read(self, actor: Actor, place: _Place) -> tuple[bytes, _Place]:
        hidden = notifying.hidden_from(actor.roles)
        with self._opened.node.store.read() as snap:
            rows = snap.events(after=place.event, limit=EVENTS_AT_ONCE)
            newest = snap.notice_numbers({actor.party}).get(actor.party, 0)
            notices = []
            if actor.roles:
                notices = snap.notices(actor.party, after=place.notice, without=hidden, limit=EVENTS_AT_ONCE)
        sight = Caller(self._opened, actor).sight
        found = []
        for row in rows:
            place = replace(place, event=row.number)
            act = office.shown(self._opened.node, str(row.act))
            if sight.act(act):
                document = {**act_document(act, sight), "event": row.state}
                found.append(self._event(b"act", document, place, actor))
        for notice in notices:
            place = replace(place, notice=notice.number)
            found.append(self._event(b"notice", notice_document(notice), place, actor))
        if len(notices) < EVENTS_AT_ONCE:
            # Behind what is not there for this account.
            place = replace(place, notice=max(place.notice, newest))
        return b"".join(found), place

    def _event(self, kind: bytes, document: Mapping[str, object], place: _Place, actor: Actor) -> bytes:
        text = self._id(place, actor.account)
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (text, kind, body_of(document))

    async def _look(self) -> None:
        """Sees whether there is more, while anybody listens."""
        while self._open.total():
            with contextlib.suppress(ReltoError):
                last, numbers = await self._newest({*+self._parties})
                if last > self._last or numbers != self._numbers:
                    async with self._grown:
                        self._last, self._numbers = last, numbers
                        self._grown.notify_all()
            await asyncio.sleep(LOOK_SECONDS)

    async def _newest(self, parties: set[str]) -> tuple[int, Mapping[str, int]]:
        newest: tuple[int, Mapping[str, int]] = await self._in_thread(self._newest_stored, parties)  # type: ignore[assignment]  # numbers
        return newest

    def _newest_stored(self, parties: set[str]) -> tuple[int, Mapping[str, int]]:
        with self._opened.node.store.read() as snap:
            return snap.last_event(), snap.notice_numbers(parties)

    def _id(self, place: _Place, account: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, struct.pack(">QQ", place.event, place.notice), account.encode())
        return base64.urlsafe_b64encode(nonce + sealed)

    def _place(self, header: bytes, account: str) -> _Place:
        try:
            sealed = base64.b64decode(header, altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], account.encode())
            return _Place(*struct.unpack(">QQ", plain))
        except (InvalidTag, ValueError, binascii.Error, struct.error):
            raise BadInput(
                "event-id-invalid",
                "`Last-Event-ID` is the id of no event that this account was sent",
                remedy="begin without it",
            ) from None


def _chunk(body: bytes) -> dict[str, object]:
    return {"type": "http.response.body", "body": body, "more_body": True}
