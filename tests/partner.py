"""A partner that audits a node in the same process: what it has read, and the node as it is asked by it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tests.actors import ADMIN
from tests.fakes.asked import ORIGIN, AskedNode
from tests.fakes.signer import SeedSigners, verify
from tests.simulation.sharing import Sharing

from relto.usecases.evidence.audit import auditing
from relto.usecases.evidence.audit.auditing import audit
from relto.usecases.evidence.audit.matching import ReceivedObject
from relto.usecases.evidence.audit.remembering import Memory
from relto.usecases.evidence.signed.signing import Origin, keyring, rotate_key
from relto.usecases.reading import Page, Query
from relto.usecases.reading.values import Endpoint

HOUR = 3_600_000_000


@dataclass
class Partner:
    """UKR, which reads as `kyiv`, and what it has: the SHA-256 of each object, page by page, and the objects."""

    sharing: Sharing
    asked: AskedNode
    pages: list[tuple[str, ...]]
    had: dict[str, ReceivedObject]

    def asked_for(self, query: Query, endpoint: Endpoint = "objects") -> Page:
        world = self.sharing.world
        world.settle_clock()
        return world.reading.page(self.sharing.kyiv.account, self.sharing.collection, query, endpoint)

    def lose(self, query: Query) -> None:
        """Asks for a page that never leaves."""
        self.sharing.world.reading.unsent(self.asked_for(query))

    def read(self, query: Query) -> None:
        """Asks for a page, and receives it."""
        page = self.asked_for(query)
        names = [(hashlib.sha256(each.raw).hexdigest(), each.raw.decode()) for each in page.entries]
        self.pages.append(tuple(digest for digest, _ in names))
        self.had |= {digest: ReceivedObject((digest,), name) for digest, name in names}

    @property
    def memory(self) -> Memory:
        with self.sharing.node.store.read() as snap:
            return Memory((keyring(snap).keys[0].key.text,))

    @property
    def received(self) -> list[ReceivedObject]:
        return list(self.had.values())


def partner(*names: str) -> Partner:
    """One that has read each of these, two at a time; the log is signed."""
    sharing = Sharing()
    made = Partner(sharing, AskedNode(sharing.node, SeedSigners()), [], {})
    sharing.give(*(names or ("one", "two", "three")))
    made.read(Query(2))
    sharing.world.settle_clock()
    made.read(Query(2, added_after=sharing.world.now - 10**12))
    made.asked.sign()
    return made


def codes(found: auditing.Audit) -> list[str]:
    return [fault.code for fault in found.faults]


def found_of(ukr: Partner) -> auditing.Audit:
    return audit(ukr.asked, ukr.memory, verify)


def other_of(ukr: Partner, *names: str) -> Partner:
    """Another log with the same key."""
    made = partner(*names)
    made.asked.signers = ukr.asked.signers
    assert made.memory == ukr.memory
    return made


def turned(ukr: Partner) -> None:
    rotate_key(ukr.sharing.node, ukr.sharing.world.desk, ukr.asked.signers, Origin(ORIGIN), by=ADMIN, overlap_us=HOUR)
    ukr.asked.sign()
