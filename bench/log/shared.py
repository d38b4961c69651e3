"""A node that has shared for a while, made quickly: items came and were held and released, readers read all of it.

The clock is wound by hand, and nothing waits for the disk; what stands in the log is what any node's log has of this.
Each page is a transaction of its own, which is what carrying out again costs most for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bench.folding import Wound
from bench.objects import GREEN, TOPICS_FILE, indicators
from bench.plan import USUAL_CLASSES

from relto.adapters.host import Argon2Hasher, SystemChance
from relto.adapters.signing import FolderSigners
from relto.adapters.sqlite import SqliteStore
from relto.domain.actor import Actor, operator
from relto.domain.item import Header
from relto.ports.node import Node
from relto.ports.store import AccountRow
from relto.usecases import accounts, office, parties
from relto.usecases.agreements import ApplyAgreement
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.evidence.making.recording import recorded
from relto.usecases.evidence.signed.signing import Origin, sign_checkpoint
from relto.usecases.pausing import LiftPause, MakePause
from relto.usecases.policy import PolicyDesk
from relto.usecases.publishing import WINDOW_ITEMS, Publisher
from relto.usecases.reading import Query, Reading

AGREEMENT = "agreement: bench\ntitle: Measured\nfrom: USA\nto: [UKR]\nscope: all\n"
PAUSED_EVERY = 5
"""Windows of items between a pause of one topic and the next; it is lifted as many later."""

SETTLE_US = 600_000_000
KEY_FILE = Path("keys", "log.vkey")
BY: Actor = operator("USA")


@dataclass(slots=True)
class Shared:
    """One such node in a folder. `deliveries`: pages that were read so far."""

    folder: Path
    clock: Wound = field(default_factory=Wound)
    deliveries: int = 0
    node: Node = field(init=False)
    desk: PolicyDesk = field(default_factory=PolicyDesk)
    collection: str = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        store = SqliteStore.create(url_of(self.folder), durable=False)
        hasher = Argon2Hasher(memory_kib=64, passes=1)
        self.node = recorded(Node(store, self.clock, SystemChance(), hasher))
        parties.found(self.node, self.desk, code="USA", name="USA", topics=TOPICS_FILE)
        parties.add_party(self.node, self.desk, "UKR", name="Ukraine", kind="state", by=BY)
        (made,) = office.submit_all(self.node, self.desk, [ApplyAgreement(AGREEMENT)], by=BY)
        self.collection = made.done.value.collections["UKR"]

    def take_in(self, count: int) -> None:
        """So many items, now and then with one topic held."""
        publisher = Publisher(self.node, self.desk, originator="USA", by=BY)
        paused: list[str] = []
        for turn, first in enumerate(range(0, count, WINDOW_ITEMS)):
            self.clock.moment += SETTLE_US
            objects = indicators(first, min(WINDOW_ITEMS, count - first), classes=USUAL_CLASSES)
            taken = publisher.take([_header(raw) for raw in objects])
            assert not taken.rejects, taken.rejects[0]
            if turn % PAUSED_EVERY == PAUSED_EVERY - 1:
                order = MakePause(["bench"], topics=[f"bench-a-{turn % USUAL_CLASSES:02}"], reason="measured")
                paused.append(office.submit(self.node, self.desk, order, by=BY).done.value.number)
            elif turn % PAUSED_EVERY == 0 and paused:
                self._resume(paused.pop())
            self.sign()
        while paused:
            self._resume(paused.pop())
        self.clock.moment += SETTLE_US

    def read(self, deliveries: int, *, page: int) -> None:
        """So many pages; as many readers as that takes read everything, in turn."""
        reading = Reading(self.node, self.desk, DeliveryDesk(self.node), b"key")
        with self.node.store.read() as snap:
            items = snap.head().last_seq
        count = -(-deliveries // -(-items // page))
        cursors: dict[str, str | None] = dict.fromkeys(f"reader-{number}" for number in range(count))
        rows = {name: self._account(name) for name in cursors}
        while self.deliveries < deliveries:
            for name, cursor in list(cursors.items())[: deliveries - self.deliveries]:
                found = reading.page(rows[name], self.collection, Query(page, cursor=cursor), "objects")
                assert found.bodies, f"`{name}` has read everything, after {self.deliveries} pages of all"
                cursors[name] = found.next
                self.deliveries += 1
            self.clock.moment += 1_000_000
            self.sign()

    def sign(self) -> None:
        """A checkpoint of the log."""
        sign_checkpoint(self.node, FolderSigners(self.folder / "keys"), Origin("bench.relto"))

    def _account(self, name: str) -> AccountRow:
        row, _ = accounts.add_account(self.node, self.desk, name, party="UKR", roles=("reader",), by=BY)
        return row

    def _resume(self, number: str) -> None:
        office.submit(self.node, self.desk, LiftPause(number, "release"), by=BY)


def url_of(folder: Path) -> str:
    """Of the database in that folder."""
    return f"sqlite:///{folder / 'relto.db'}"


def _header(raw: bytes) -> Header:
    value = json.loads(raw)
    version = value["modified"]
    version_us = round(datetime.fromisoformat(version).timestamp() * 1_000_000)
    digest, labels = hashlib.sha256(raw).digest(), tuple(value["labels"])
    return Header(raw, "indicator", value["id"], version, version_us, digest, markings=(GREEN,), labels=labels)
