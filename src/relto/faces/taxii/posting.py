"""Taking in what a contributor posts, and withdrawing it (TAXII 2.1 sections 5.5 and 5.7). Runs in worker threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from relto.domain.errors import Refused, Unknown
from relto.domain.item import UNVERSIONED, Header, Reject
from relto.domain.moment import parse_timestamp, write
from relto.usecases.accounts import actor_of
from relto.usecases.acting import REVOKED
from relto.usecases.publishing import WINDOW_ITEMS, Publisher, Taken, refuse_rest, withdraw
from relto.usecases.reading import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relto.domain.actor import How
    from relto.ports.intake import Intake, Piece
    from relto.ports.store import AccountRow
    from relto.ports.validator import Validator
    from relto.wiring import Opened

PUBLISHERS_MAX: Final = 64
"""Contributors whose vocabulary a thread keeps at hand."""

STEP_VERSIONS: Final = 1_000


class _Named(msgspec.Struct):
    id: Any = None
    modified: Any = None
    created: Any = None


_named: Final = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of an envelope: the status resource, and when the last of what it added can be read (0: nothing)."""

    status: bytes
    taken: Taken


class Posting:
    """Takes envelopes in. Safe to use from several threads."""

    def __init__(self, opened: Opened, *, object_bytes_max: int) -> None:
        """For this node."""
        self._opened = opened
        self._intake: Intake = opened.intake()
        self._validator: Validator = opened.validator()
        self._object_bytes_max = object_bytes_max
        self._mine = threading.local()

    def post(self, account: AccountRow, body: bytes, how: How) -> Posted:
        """Takes the objects of an envelope in, each by itself, and keeps a status resource that says how that went.

        `how`: how the account came in. Raises `BadInput` where the body is no envelope with objects, `Refused`
        (`account-revoked`) where the account was revoked before any of them was in.
        """
        node = self._opened.node
        pieces = self._intake.envelope(body)
        asked_at = node.now(node.store.head())
        judged = [self._judged(piece) for piece in pieces]
        headers = [each for each in judged if isinstance(each, Header)]
        taken = Taken()
        if headers:
            publisher = self._publisher(account, how)
            for start in range(0, len(headers), WINDOW_ITEMS):
                try:
                    taken.add(publisher.take(headers[start : start + WINDOW_ITEMS]))
                except Refused as error:
                    if not start or error.code != REVOKED:
                        raise
                    # What is in stays in, so the answer says of each object whether it is.
                    refuse_rest(taken, headers[start:], error)
                    break
        id_ = node.chance.uuid4()
        status = _status(id_, asked_at, pieces, judged, taken)
        taken.rejects = [*(each for each in judged if isinstance(each, Reject)), *taken.rejects]
        with node.store.write() as tx:
            tx.put_status(id_, account.name, asked_at, status.decode())
        return Posted(status, taken)

    def status(self, account: AccountRow, id_: str) -> bytes:
        """The status resource of what this account's party posted. Raises `Unknown` `status-unknown`."""
        with self._opened.node.store.read() as snap:
            found = snap.status(id_)
            posted_by = None if found is None else snap.account(found[0])
        if found is None or posted_by is None or posted_by.party != account.party:
            raise Unknown("status-unknown", "there is no such status")
        return found[2].encode()

    def delete(self, account: AccountRow, collection: str, id_: str, query: Query, how: How) -> None:
        """Withdraws an object that the account's party gave, or those of its versions that the query names.

        Without `match[version]` all versions go, so that the object is not there afterwards. Raises `Unknown`
        `object-unknown` where there is no such object, or no such version.
        """
        if query.spec_versions is not None and "2.1" not in query.spec_versions:
            raise _no_object()
        versions: set[int] | None = None
        if query.versions is not None and query.versions != ("all",):
            stored = self._versions(account, collection, id_)
            versions = {each for each in query.versions if isinstance(each, int)} & set(stored)
            versions |= {stored[-1]} if "last" in query.versions else set()
            versions |= {stored[0]} if "first" in query.versions else set()
            if not versions:
                raise _no_object()
        withdraw(
            self._opened.node,
            self._opened.desk,
            originator=account.party,
            by=actor_of(account, how),
            stix_id=id_,
            versions=versions,
        )

    def _versions(self, account: AccountRow, collection: str, id_: str) -> list[int]:
        """The versions that are there, oldest first, as moments."""
        found: list[int] = []
        query = Query(STEP_VERSIONS, versions=("all",))
        while True:
            page = self._opened.reading.item(account, collection, id_, query, "versions")
            found += [parse_timestamp(entry.version) for entry in page.listed]
            if page.next is None:
                return sorted(found)
            query = Query(STEP_VERSIONS, cursor=page.next, versions=("all",))

    def _judged(self, piece: Piece) -> Header | Reject:
        if len(piece.raw) > self._object_bytes_max:
            message = f"the object has {len(piece.raw)} bytes: at most {self._object_bytes_max} are taken"
            return Reject("", piece.where, "too-large", message)
        return self._validator.check(piece.raw, where=piece.where, now_us=self._opened.node.clock.now())

    def _publisher(self, account: AccountRow, how: How) -> Publisher:
        kept: OrderedDict[tuple[str, str, str], Publisher] | None = getattr(self._mine, "publishers", None)
        if kept is None:
            kept = self._mine.publishers = OrderedDict()
        key = (account.party, account.name, how)
        if key not in kept:
            by = actor_of(account, how)
            kept[key] = Publisher(self._opened.node, self._opened.desk, originator=account.party, by=by)
            if len(kept) > PUBLISHERS_MAX:
                kept.popitem(last=False)
        return kept[key]


def _status(id_: str, asked_at: int, pieces: Sequence[Piece], judged: Sequence[Header | Reject], taken: Taken) -> bytes:
    """Section 4.3.1: complete, since all was worked on before anything is answered."""
    outcomes = iter(taken.stored)
    successes, failures = [], []
    for piece, each in zip(pieces, judged, strict=True):
        outcome = next(outcomes) if isinstance(each, Header) else each
        if not isinstance(outcome, Reject):
            assert isinstance(each, Header), "only what was judged good has another outcome than a reject"
            successes.append({"id": each.id, "version": each.version})
            continue
        name, version = (each.id, each.version) if isinstance(each, Header) else _named_in(piece)
        failures.append({"id": name, "version": version, "message": f"{outcome.code}: {outcome.message}"})
    resource: dict[str, Any] = {
        "id": id_,
        "status": "complete",
        "request_timestamp": write(asked_at),
        "total_count": len(pieces),
        "success_count": len(successes),
        "failure_count": len(failures),
        "pending_count": 0,
    }
    if successes:
        resource["successes"] = successes
    if failures:
        resource["failures"] = failures
    return msgspec.json.encode(resource)


NAME_MAX: Final = 300


def _named_in(piece: Piece) -> tuple[str, str]:
    """What a rejected object calls itself; where it does not, its place in the envelope, and no version."""
    try:
        found = _named.decode(piece.raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = _Named()
    name = found.id if isinstance(found.id, str) and found.id else piece.where
    version = next((each for each in (found.modified, found.created) if isinstance(each, str) and each), UNVERSIONED)
    return name[:NAME_MAX], version[:NAME_MAX]


def _no_object() -> Unknown:
    return Unknown("object-unknown", "there is no such object in this collection")
