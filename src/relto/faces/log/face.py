"""The face: the log for whoever checks it.

In order: the address (404) and what can be done there (405), for what anyone may have; else who asks (401) before
either. What an account may not see is not there for it. Every answer goes as far as the last checkpoint, so that all of
it can be proven.

Strangers and those who have an account wait in two places, and neither keeps the other out, nor anybody who reads
items. Of those who have an account no party takes more than its share of the place.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.errors import BadInput, Unknown
from relto.domain.moment import write
from relto.domain.note import in_base64
from relto.domain.tile import Tile, parse_path
from relto.faces.http.body import Bodies
from relto.faces.http.compression import compress
from relto.faces.http.exchange import Response
from relto.faces.http.refusal import Refusal, unavailable
from relto.faces.log.routes import OPEN, Route, numbers, route_of
from relto.usecases.evidence.show import disclosing
from relto.usecases.evidence.signed.witnessing import cosign
from relto.usecases.sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable

    from relto.faces.http.authentication import Authentication
    from relto.faces.http.exchange import Request
    from relto.faces.http.room import Room
    from relto.ports.store import Snapshot
    from relto.usecases.accounts import Entry
    from relto.wiring import Opened

OPEN_THREADS: Final = 1
THREADS: Final = 2
WAITING_MAX: Final = 64
"""Requests that may wait for a thread; whoever comes beyond is told to come back."""

WAITING_OF_ONE: Final = 16
"""And so many of one party."""

NOTE_BYTES_MAX: Final = 65_536
NOTE_SECONDS: Final = 60.0
NOTES_HELD: Final = 64
NOTES_HELD_OF_ONE: Final = 4
"""What is taken of a note that somebody cosigned."""

TEXT: Final = b"text/plain; charset=utf-8"
JSON: Final = b"application/json"
OCTETS: Final = b"application/octet-stream"

AGAIN: Final = b"no-cache"
"""Whoever keeps it asks whether it is still so."""

FOREVER: Final = b"private, max-age=31536000, immutable"
"""A tile never changes; who may have it may change."""


class LogFace:
    """Answers requests below `/log/`. One for each process."""

    def __init__(self, opened: Opened, authentication: Authentication, room: Room) -> None:
        """For this node. There is `room` for so many bodies of any kind."""
        self._opened = opened
        self._authentication = authentication
        self._bodies = Bodies(
            bytes_max=NOTE_BYTES_MAX,
            expansion_max=opened.config.limits.expansion,
            room=room,
            seconds=NOTE_SECONDS,
            held=NOTES_HELD,
            held_of_one=NOTES_HELD_OF_ONE,
        )
        self._open_threads = ThreadPoolExecutor(OPEN_THREADS, thread_name_prefix="relto-log-open")
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="relto-log")
        self._waiting = {self._open_threads: 0, self._threads: 0}
        self._of_one: Counter[str] = Counter()

    def close(self) -> None:
        """Ends the threads; what is under way is finished."""
        self._open_threads.shutdown(wait=True, cancel_futures=True)
        self._threads.shutdown(wait=True, cancel_futures=True)

    async def answer(self, request: Request) -> tuple[str, Response]:
        """The route's name, for the metrics, and the response. Raises `Refusal`, errors of ours and `ClientGone`."""
        route = route_of(request.path)
        if route is not None and route.name in OPEN:
            _require_method(request, route)
            return f"log-{route.name}", await self._in_thread(self._open_threads, self._published, route)
        entry = await self._authentication.entry(request)
        if route is None:
            raise Refusal(404, "address-unknown", "there is nothing at this address")
        _require_method(request, route)
        if route.name == "cosignature":
            return "log-cosignature", await self._cosigned(request, entry)
        return f"log-{route.name}", await self._for_account(entry, self._shown, request, route, entry)

    # For anyone.

    def _published(self, route: Route) -> Response:
        with self._opened.node.store.read() as snap:
            if route.name == "checkpoint":
                body = disclosing.latest(snap).note.as_bytes()
            else:
                body = "".join(f"{key.text}\n" for key in disclosing.log_keys(snap)).encode()
        return Response(200, body, TEXT, cache=AGAIN)

    # For whoever has an account.

    def _shown(self, request: Request, route: Route, entry: Entry) -> Response:
        with self._opened.node.store.read() as snap:
            match route.name:
                case "tile" | "entries":
                    response = self._tile(snap, route, entry)
                case "consistency":
                    response = _consistency(snap, request.query)
                case "cosigned":
                    response = _document({"checkpoints": [note.decode() for note in disclosing.cosigned(snap)]})
                case "deliveries":
                    response = _deliveries(snap, request.query, entry)
                case _:
                    response = self._receipt(snap, request.query, entry)
        compress(response, request.headers.get(b"accept-encoding", b""))
        return response

    def _tile(self, snap: Snapshot, route: Route, entry: Entry) -> Response:
        try:
            wanted = parse_path(route.tile)
        except BadInput:
            wanted = None
        if isinstance(wanted, Tile):
            return Response(200, disclosing.tile(snap, wanted), OCTETS, cache=FOREVER)
        if wanted is None or not self._sees_all(snap, entry):
            raise Unknown("tile-unknown", "there is no such tile")
        return Response(200, disclosing.bundle(snap, wanted), OCTETS, cache=FOREVER)

    def _receipt(self, snap: Snapshot, query: bytes, entry: Entry) -> Response:
        said = numbers(query, {"leaf"})
        if "leaf" not in said:
            raise BadInput("parameter-malformed", "`leaf` says which")
        party = None
        if not self._sees_all(snap, entry):
            disclosing.require_role(entry.account.roles)
            party = entry.account.party
        return Response(200, disclosing.receipt(snap, said["leaf"], party=party).as_bytes(), TEXT)

    def _sees_all(self, snap: Snapshot, entry: Entry) -> bool:
        return Sight(entry.actor, self._opened.desk.current(snap, snap.head().policy_version)).is_whole

    async def _cosigned(self, request: Request, entry: Entry) -> Response:
        async with self._bodies.read(request, self._threads, entry.account.name) as raw:
            return await self._for_account(entry, self._cosign, raw, entry)

    def _cosign(self, raw: bytes, entry: Entry) -> Response:
        rows = cosign(self._opened.node, raw, party=entry.account.party, verify=self._opened.verify)
        return _document({"cosigned": [{"name": row.name, "size": row.size, "at": write(row.at)} for row in rows]})

    async def _for_account(self, entry: Entry, work: Callable[..., Response], *args: object) -> Response:
        party = entry.account.party
        if self._of_one[party] >= WAITING_OF_ONE:
            raise unavailable()
        self._of_one[party] += 1
        try:
            return await self._in_thread(self._threads, work, *args)
        finally:
            self._of_one[party] -= 1

    async def _in_thread(self, threads: ThreadPoolExecutor, work: Callable[..., Response], *args: object) -> Response:
        if self._waiting[threads] >= WAITING_MAX:
            raise unavailable()
        self._waiting[threads] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work, *args)
        finally:
            self._waiting[threads] -= 1


def _consistency(snap: Snapshot, query: bytes) -> Response:
    said = numbers(query, {"old", "new"})
    if "old" not in said:
        raise BadInput("parameter-malformed", "`old` says of how many leaves the checkpoint is that you have")
    new, proof = disclosing.consistency(snap, said["old"], said.get("new"))
    return _document({"old": said["old"], "new": new, "proof": [in_base64(each) for each in proof]})


def _deliveries(snap: Snapshot, query: bytes, entry: Entry) -> Response:
    disclosing.require_role(entry.account.roles)
    said = numbers(query, {"after", "limit"})
    limit = said.get("limit", disclosing.DELIVERIES_MAX)
    if not 1 <= limit <= disclosing.DELIVERIES_MAX:
        raise BadInput("parameter-malformed", f"`limit` is a number from 1 to {disclosing.DELIVERIES_MAX}")
    found = disclosing.deliveries(
        snap, entry.account.party, first=said["after"] + 1 if "after" in said else 0, limit=limit
    )
    document: dict[str, Any] = {"size": found.size, "deliveries": [], "withdrawn": [], "after": found.upto}
    told = disclosing.announced(snap, found.size)
    for name, kind in (("keys", "key"), ("eras", "era")):
        document[name] = [_told(each) for each in told[kind]]
    for each in found.given:
        said_of = _told(each)
        if each.kind == "delivery":
            said_of["items"] = [digest.hex() for digest in each.items]
            said_of["names"] = list(each.names)
        document["deliveries" if each.kind == "delivery" else "withdrawn"].append(said_of)
    return _document({**document, "more": found.more})


def _told(each: disclosing.Announced | disclosing.Disclosed) -> dict[str, Any]:
    """A leaf with its proof."""
    told: dict[str, Any] = {"number": each.number, "leaf": each.leaf.decode()}
    if each.parts:
        told["parts"] = [part.decode() for part in each.parts]
    told["proof"] = [in_base64(proof) for proof in each.proof]
    return told


def _document(value: object) -> Response:
    return Response(200, msgspec.json.encode(value), JSON)


def _require_method(request: Request, route: Route) -> None:
    if request.method not in route.methods:
        headers = [(b"allow", ", ".join(route.methods).encode())]
        raise Refusal(405, "method-unknown", f"this address has {' and '.join(route.methods)}", headers=headers)
