"""A small world with a hand-wound clock: the real use cases over any store, and clients as real ones are."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections import deque
from dataclasses import dataclass, field

from tests import actors
from tests.actors import ADMIN

from relto.domain.item import Header
from relto.ports.node import Node
from relto.ports.store import AccountRow, Store
from relto.usecases import accounts, agreements, parties, pausing, publishing
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.making.recording import recorded
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Page, Query, Reading
from relto.usecases.sequencing import changing

TOPICS = ("naval", "targeting", "imagery", "logistics", "life")
VOCABULARY = "topics:\n" + "".join(f"  {name}: {{labels: [{name}]}}\n" for name in TOPICS)
BEGIN = 1_740_000_000_000_000


class HandClock:
    """A clock that moves only when told to."""

    def __init__(self, moment: int = BEGIN) -> None:
        self.moment = moment

    def now(self) -> int:
        return self.moment

    def sleep(self, microseconds: int) -> None:
        self.moment += microseconds


class CountedChance:
    """Values that differ and can be had again."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._salts = itertools.count(1)

    def uuid4(self) -> str:
        return str(uuid.UUID(int=next(self._numbers) | 0x4000 << 64 | 0x8000 << 48, version=4))

    def password(self) -> str:
        return f"password-{next(self._numbers)}"

    def token(self) -> str:
        return f"token-{next(self._numbers)}"

    def salt(self) -> bytes:
        return next(self._salts).to_bytes(16, "big")


class PlainHasher:
    """No secret is worth keeping here."""

    def hashed(self, password: str) -> str:
        return password

    def matches(self, stored: str, password: str) -> bool:
        return stored == password


@dataclass
class Client:
    """A reader's client. `keeps`: `last` (the last date), `next` (in a walk, then that date) or `clock` (its own)."""

    account: AccountRow
    collection: str
    keeps: str
    limit: int
    versions: tuple[str, ...] | None = None
    cursor: int | None = None
    token: str | None = None
    last: int | None = None
    got: list[str] = field(default_factory=list)
    dates: list[int] = field(default_factory=list)


MADE: deque[World] = deque(maxlen=25)
"""The last worlds that were made since somebody looked: what each logged is carried out again at the end of a test."""


class World:
    """USA gives to UKR and GBR."""

    def __init__(self, store: Store, *, processes: int = 1) -> None:
        self.clock = HandClock()
        self.node = recorded(Node(store, self.clock, CountedChance(), PlainHasher()))
        self.desks = [PolicyDesk() for _ in range(processes)]
        self.readings = [Reading(self.node, desk, DeliveryDesk(self.node), b"key") for desk in self.desks]
        self.turn = itertools.count()
        MADE.append(self)
        parties.found(self.node, self.desk, code="USA", name="United States", topics=VOCABULARY)
        for code in ("UKR", "GBR"):
            parties.add_party(self.node, self.desk, code, name=code, kind="state", by=ADMIN)

    @property
    def desk(self) -> PolicyDesk:
        """Another process each time."""
        return self.desks[next(self.turn) % len(self.desks)]

    @property
    def reading(self) -> Reading:
        return self.readings[next(self.turn) % len(self.readings)]

    @property
    def now(self) -> int:
        return self.node.now(self.node.store.head())

    def account(self, name: str, party: str, *roles: str) -> AccountRow:
        row, _ = accounts.add_account(
            self.node, self.desk, name, party=party, roles=roles or ("reader",), by=ADMIN, password="password-1"
        )
        return row

    def apply(self, text: str) -> agreements.Applied:
        return actors.apply(self.node, self.desk, [text], by=ADMIN)[0]

    def header(
        self, name: str, labels: tuple[str, ...], *, version: int = 1, joins: tuple[str, ...] = (), **more
    ) -> Header:
        kind = "relationship" if joins else "indicator"
        stix_id = f"{kind}--{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
        raw = f"{stix_id}@{version}".encode()
        return Header(
            raw,
            kind,
            stix_id,
            f"1970-01-01T00:00:00.{version:03d}Z",
            version * 1_000,
            hashlib.sha256(raw).digest(),
            labels=labels,
            joins=joins,
            **more,
        )

    def take(self, headers: list[Header], originator: str = "USA") -> publishing.Taken:
        return publishing.Publisher(self.node, self.desk, originator=originator, by=ADMIN).take(headers)

    def settle_clock(self, microseconds: int = 60_000_000) -> None:
        self.clock.moment += microseconds

    def page(self, client: Client) -> Page:
        """One page, asked as this client asks; its cursor moves as this client moves it."""
        query = Query(client.limit, client.cursor, client.token, versions=client.versions)
        began = self.now
        quiet = self.reading.quiet(client.account, client.collection, query)
        page = self.reading.page(client.account, client.collection, query, "objects")
        assert quiet is None or not page.entries, "memory said that nothing was new, and there was something"
        client.got += [entry.raw.decode() for entry in page.entries]
        if page.entries:
            client.dates += [page.first, page.last] if len(page.entries) > 1 else [page.last]
            assert page.last <= self.now, "a date lies in the future"
        if client.keeps == "last":
            client.cursor = page.last if page.entries else client.cursor
        elif client.keeps == "next":
            client.token = page.next
            client.last = page.last if page.entries else client.last
            if not page.more:
                client.cursor, client.last = client.last or client.cursor, None
        elif not page.more:
            client.cursor, client.token = began, None
        else:
            client.token = page.next
        return page

    def walk(self, client: Client) -> None:
        while self.page(client).more:
            pass

    def scheduled(self) -> None:
        """Carries out what has fallen due."""
        with changing(self.node, self.desk):
            pass


__all__ = ["BEGIN", "TOPICS", "Client", "World", "pausing"]
