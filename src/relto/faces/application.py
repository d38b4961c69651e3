"""The application of one server process: plain ASGI, since a quiet poll costs less than a stack of layers would.

It opens the node when the process starts and closes it when it ends, gives each request to the face that its address
belongs to, tells every error in the one shape, counts, and carries out what falls due even while nobody asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from relto.domain.errors import ReltoError
from relto.faces.api.face import ApiFace
from relto.faces.console.face import ConsoleFace
from relto.faces.http.authentication import Authentication
from relto.faces.http.body import Bodies, room_for_bodies
from relto.faces.http.exchange import ClientGone, Receive, Request, Response, Scope, Send
from relto.faces.http.health import Health, is_how
from relto.faces.http.metrics import Metrics
from relto.faces.http.openid import OpenidFace
from relto.faces.http.refusal import Refusal, response_to, unavailable
from relto.faces.http.sessions import SessionFace
from relto.faces.log.face import LogFace
from relto.faces.log.routes import is_log
from relto.faces.taxii.face import TaxiiFace
from relto.faces.taxii.routes import is_taxii
from relto.usecases.dispatching import Sender
from relto.usecases.evidence.signed.timing import stamp_checkpoint
from relto.usecases.indexing import follow_for
from relto.usecases.sequencing import carry_out_due, see_clock
from relto.usecases.watching import Watch

if TYPE_CHECKING:
    from relto.config import Config
    from relto.ports.authority import Authority
    from relto.wiring import Opened

LOG: Final = logging.getLogger("relto.http")

CLOCK_TICKS: Final = 30
"""After so many ticks the node's clock is recorded."""

STAMP_SECONDS: Final = 30.0
"""So often it is looked whether a time stamp is due."""

TICK_SECONDS: Final = 1.0
"""How often what has fallen due is looked for; reads and writes find it by themselves, so nothing waits for it."""

FOLLOW_SECONDS: Final = 0.25
"""How long the search index may follow the store at a time: others want the processor as well."""

THREADS: Final = 4
"""Threads for what is neither page, post nor password: log-ins that must ask a distant database, and health."""


class Application:
    """The ASGI application. `opening` opens the node, in the process that serves."""

    def __init__(self, config: Config, opening: Callable[[], AbstractContextManager[Opened]], metrics: Metrics) -> None:
        """Nothing is opened before the process begins to serve."""
        self._config = config
        self._opening = opening
        self._metrics = metrics
        self._requests_max = config.http.requests_max
        self._busy = 0
        self._opened: Opened | None = None
        self._taxii: TaxiiFace | None = None
        self._health: Health | None = None
        self._api: ApiFace | None = None
        self._log: LogFace | None = None
        self._unsigned = ""
        self._sessions: SessionFace | None = None
        self._console: ConsoleFace | None = None
        self._openid: OpenidFace | None = None
        self._clock_offset = 0
        self._authority: Authority | None = None
        self._date = (0, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the process."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    # Requests.

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        request = Request(scope, receive)
        name = "refused"
        # Whoever looks after the node asks how it is when it is busy most of all.
        counts = 0 if is_how(request.path) else 1
        if counts and self._busy >= self._requests_max:
            response = unavailable().response()
        else:
            self._busy += counts
            try:
                name, response = await self._answer(request)
            except ClientGone:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the client gets the one shape and no more
                response = response_to(error)
            finally:
                self._busy -= counts
        self._metrics.answered(name, response.status, time.perf_counter() - began)
        if response.unsent is not None and request.is_abandoned:
            await self._undone(response.unsent)
            return
        await response.send(send, date=self._now(), bodiless=request.method == "HEAD")

    @staticmethod
    async def _undone(unsent: Callable[[], None]) -> None:
        """The answer never leaves; where that cannot be recorded, its reader may have to be given it by hand."""
        try:
            await asyncio.to_thread(unsent)
        except ReltoError as error:
            LOG.warning("a page that never left stays on record: %s: %s", error.code, error.message)

    async def _answer(self, request: Request) -> tuple[str, Response]:
        assert self._taxii is not None, "requests come while the process lives"
        assert self._health is not None, "requests come while the process lives"
        if is_taxii(request.path):
            return await self._taxii.answer(request)
        if request.path == b"/api" or request.path.startswith(b"/api/"):
            assert self._api is not None, "requests come while the process lives"
            return await self._api.answer(request)
        if is_log(request.path):
            assert self._log is not None, "requests come while the process lives"
            return await self._log.answer(request)
        assert self._sessions is not None, "requests come while the process lives"
        assert self._console is not None, "requests come while the process lives"
        found = await self._sessions.answer(request) or await self._health.answer(request)
        found = found or await self._console.answer(request)
        if found is None:
            raise Refusal(404, "address-unknown", "there is nothing at this address")
        return found

    def _now(self) -> bytes:
        """The `Date` of a response: by the node's clock, which is what dates of items go by."""
        seconds = int(time.time() + self._clock_offset / 1_000_000)
        if self._date[0] != seconds:
            self._date = (seconds, formatdate(seconds, usegmt=True).encode())
        return self._date[1]

    # The process.

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        with contextlib.ExitStack() as stack:
            try:
                opened = stack.enter_context(self._opening())
                self._begin(opened, stack)
            except ReltoError as error:
                LOG.error("the server cannot start: %s: %s", error.code, error.message)  # noqa: TRY400 - it says all
                await send({"type": "lifespan.startup.failed", "message": error.code})
                return
            tasks = [asyncio.create_task(self._tick(opened)), asyncio.create_task(self._follow(opened))]
            if self._authority is not None:
                tasks.append(asyncio.create_task(self._stamp(opened, self._authority)))
            await send({"type": "lifespan.startup.complete"})
            await receive()
            if self._openid is not None:
                await self._openid.close()
            if self._api is not None:
                await self._api.quieten()
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await send({"type": "lifespan.shutdown.complete"})

    def _begin(self, opened: Opened, stack: contextlib.ExitStack) -> None:
        config = self._config
        threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-any")
        asyncio.get_running_loop().set_default_executor(threads)
        gatekeeper = opened.gatekeeper()
        sessions = opened.sessions(gatekeeper)
        authentication = Authentication(gatekeeper, sessions, config, metrics=self._metrics)
        stack.callback(authentication.close)
        room = room_for_bodies(self._requests_max)
        expansion_max = config.limits.expansion
        bodies = Bodies(bytes_max=config.taxii.max_content_length, expansion_max=expansion_max, room=room)
        watch = Watch(opened.node, opened.desk, tell=self._metrics.clock_ahead)
        watch.begin()
        # After the face, whose last answers are noticed too.
        stack.callback(watch.close)
        self._taxii = TaxiiFace(opened, authentication, bodies, self._metrics, watch)
        stack.callback(self._taxii.close)
        provider = opened.identity()
        if provider is not None:
            self._openid = OpenidFace(provider, gatekeeper, sessions, authentication, key=opened.key)
        self._sessions = SessionFace(sessions, authentication, self._openid, requests_max=self._requests_max)
        self._api = ApiFace(opened, authentication, bodies, room)
        stack.callback(self._api.close)
        with_provider = provider is not None
        self._console = ConsoleFace(opened, authentication, sessions, self._sessions, room, openid=with_provider)
        stack.callback(self._console.close)
        self._log = LogFace(opened, authentication, room)
        stack.callback(self._log.close)
        self._health = Health(opened, authentication, self._metrics)
        sender = Sender(opened.node, opened.couriers())
        sender.begin()
        stack.callback(sender.close)
        self._clock_offset = _offset(opened)
        self._authority = opened.authority()

    async def _stamp(self, opened: Opened, authority: Authority) -> None:
        """Has the log's checkpoints time-stamped, until it is cancelled. The authority may be slow: nobody waits."""
        every_us, said = opened.timestamp_every_us, ""
        while True:
            try:
                await asyncio.to_thread(stamp_checkpoint, opened.node, authority, every_us=every_us)
                said = ""
            except ReltoError as error:
                if said != error.code:
                    LOG.warning("no time stamp of the log can be had: %s: %s", error.code, error.message)
                said = error.code
            except Exception:
                LOG.exception("no time stamp of the log can be had")
            await asyncio.sleep(STAMP_SECONDS)

    async def _follow(self, opened: Opened) -> None:
        """Lets the search index follow what is stored, until it is cancelled."""
        said = ""
        while True:
            try:
                await asyncio.to_thread(follow_for, opened.node, opened.index, seconds=FOLLOW_SECONDS)
                said = ""
            except ReltoError as error:
                if said != error.code:
                    LOG.warning("the search index falls behind: %s: %s", error.code, error.message)
                said = error.code
            except Exception:
                LOG.exception("the search index falls behind")
            await asyncio.sleep(TICK_SECONDS)

    async def _tick(self, opened: Opened) -> None:
        """Carries out what falls due, signs the log, and now and then records the clock, until it is cancelled."""
        for tick in itertools.count(1):
            try:
                self._clock_offset = await asyncio.to_thread(_carry_out, opened)
                await asyncio.to_thread(self._sign, opened)
                if tick % CLOCK_TICKS == 0:
                    await asyncio.to_thread(see_clock, opened.node)
            except ReltoError as error:
                LOG.warning("what falls due cannot be looked for: %s: %s", error.code, error.message)
            except Exception:
                LOG.exception("what falls due cannot be carried out")
            await asyncio.sleep(TICK_SECONDS)

    def _sign(self, opened: Opened) -> None:
        """Signs the log where it has grown; what stands in the way is said once."""
        try:
            opened.sign()
        except ReltoError as error:
            said = f"{error.code}: {error.message}"
            if said != self._unsigned:
                LOG.warning("the log cannot be signed: %s", said)
            self._unsigned = said
        else:
            self._unsigned = ""


def _carry_out(opened: Opened) -> int:
    """Carries out what has fallen due; what the machine's clock lacks to the node's."""
    carry_out_due(opened.node, opened.desk, opened.node.store.head())
    return _offset(opened)


def _offset(opened: Opened) -> int:
    return opened.node.now(opened.node.store.head()) - opened.node.clock.now()
