"""What a year of repairs costs: a client that moves on past what it never saw, and is given it again at every poll.

Each poll of it makes an epoch in a stream of its own; what it has long passed is folded. Beside it stands a reader of
the same agreement that never loses anything, and one whose epochs are never folded, for a shorter time. The clock is
wound by hand, two hours a poll, so that a year takes seconds.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.plan import ENVELOPE, Plan
from bench.report import Row, at_most, median, plain
from tests import actors
from tests.actors import ADMIN

from relto.adapters.database import create_database
from relto.adapters.host import Argon2Hasher, SystemChance
from relto.domain.item import Header
from relto.ports.node import Node
from relto.ports.store import AccountRow
from relto.usecases import accounts, parties, publishing, repairing
from relto.usecases.delivering import DeliveryDesk
from relto.usecases.policy import PolicyDesk
from relto.usecases.reading import Query, Reading

GROUP = "A client that is repaired at every poll"
BEGIN = 1_740_000_000_000_000
POLL_US = 7_200_000_000
POLLS_A_YEAR = 4_380
BEFORE = 5_000
"""Items that are there when it begins."""

SAMPLES = 40
VERSION, VERSION_US = "2025-01-01T00:00:00.000Z", 1_735_689_600_000_000
AGREEMENT = "agreement: a\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n"


@dataclass(slots=True)
class Wound:
    """A clock that is wound by hand."""

    moment: int = BEGIN

    def now(self) -> int:
        """Where it stands."""
        return self.moment

    def sleep(self, microseconds: int) -> None:
        """Moves it."""
        self.moment += microseconds


@dataclass(slots=True)
class Year:
    """One node, with a reader that loses everything at first (`kyiv`) and one that loses nothing (`london`)."""

    folder: Path
    clock: Wound = field(default_factory=Wound)
    items: int = 0
    polls: list[float] = field(default_factory=list)
    node: Node = field(init=False)
    desk: PolicyDesk = field(default_factory=PolicyDesk)
    reading: Reading = field(init=False)
    readers: dict[str, AccountRow] = field(default_factory=dict)
    collections: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Found it."""
        self.folder.mkdir()
        store = create_database(f"sqlite:///{self.folder / 'relto.db'}")
        self.node = Node(store, self.clock, SystemChance(), Argon2Hasher(memory_kib=64, passes=1))
        self.reading = Reading(self.node, self.desk, DeliveryDesk(self.node), b"key")
        topics = "topics:\n  naval: {labels: [naval]}\n"
        parties.found(self.node, self.desk, code="USA", name="USA", topics=topics)
        for code, name in (("UKR", "kyiv"), ("GBR", "london")):
            parties.add_party(self.node, self.desk, code, name=code, kind="state", by=ADMIN)
            row, _ = accounts.add_account(self.node, self.desk, name, party=code, roles=("reader",), by=ADMIN)
            self.readers[name] = row
        applied = actors.apply(self.node, self.desk, [AGREEMENT], by=ADMIN)[0]
        self.collections = {"kyiv": applied.collections["UKR"], "london": applied.collections["GBR"]}

    def publish(self, count: int) -> None:
        """So many items come."""
        headers = [_header(self.items + number) for number in range(count)]
        publishing.Publisher(self.node, self.desk, originator="USA", by=ADMIN).take(headers)
        self.items += count

    def read(self, name: str, after: int | None) -> int:
        """Everything after a moment, page by page; how many items."""
        count, cursor = 0, None
        while True:
            query = Query(ENVELOPE, after, cursor)
            page = self.reading.page(self.readers[name], self.collections[name], query, "objects")
            count += len(page.entries)
            if not page.more:
                return count
            cursor = page.next

    def live(self, polls: int) -> None:
        """So many polls, before each of which one item came that the client has moved past unseen."""
        for _ in range(polls):
            self.publish(1)
            self.clock.moment += POLL_US
            began = time.perf_counter()
            found = self.read("kyiv", self.clock.moment)
            self.polls.append(time.perf_counter() - began)
            assert found == 1, f"a repair gave {found} items for one"

    def timed(self, name: str) -> float:
        """The middle time of reading everything, in seconds."""
        taken = []
        for _ in range(SAMPLES):
            began = time.perf_counter()
            assert self.read(name, None) == self.items
            taken.append(time.perf_counter() - began)
        return median(taken)

    @property
    def epochs(self) -> int:
        """How many the stream of the client has."""
        with self.node.store.read() as snap:
            policy = self.desk.current(snap, snap.head().policy_version)
            flow = policy.flow("a", "UKR")
            assert flow is not None
            return len(policy.stream(snap, policy.stream_of(flow, "kyiv")).epochs)


def measure(plan: Plan, folder: Path, say: Callable[[str], None]) -> Iterator[Row]:
    """A year with folding, and some weeks without."""
    polls = POLLS_A_YEAR // 10 if plan.quick else POLLS_A_YEAR
    year = _begun(folder / "year")
    say(f"{polls:,} polls, each repaired")
    year.live(polls)
    share = max(polls // 10, 1)
    slower = year.timed("kyiv") / year.timed("london")
    yield plain(GROUP, f"epochs of its stream after {polls:,} repairs", year.epochs, unit="")
    yield at_most(GROUP, "reading everything, against a reader that lost nothing", slower, 1.5, unit="times")
    last, first = median(year.polls[-share:]), median(year.polls[:share])
    yield at_most(GROUP, "a repaired poll at the end, against the beginning", last / first, 1.5, unit="times")
    kept = repairing.EPOCHS_KEPT
    repairing.EPOCHS_KEPT = 1_000_000_000
    try:
        fewer = max(polls // 4, 1)
        say(f"{fewer:,} polls, each repaired, and nothing folded")
        plainly = _begun(folder / "plain")
        plainly.live(fewer)
        note = f"nothing is folded: {plainly.epochs:,} epochs after {fewer:,} repairs"
        slower = plainly.timed("kyiv") / plainly.timed("london")
        yield plain(GROUP, "reading everything, against a reader that lost nothing", slower, unit="times", note=note)
        last = median(plainly.polls[-share:])
        yield plain(GROUP, "a repaired poll, against the first of the others", last / first, unit="times", note=note)
    finally:
        repairing.EPOCHS_KEPT = kept
        for each in (year, plainly):
            each.node.store.close()


def _begun(folder: Path) -> Year:
    year = Year(folder)
    year.publish(BEFORE)
    year.clock.moment += POLL_US
    for name in year.readers:
        assert year.read(name, None) == BEFORE
    return year


def _header(number: int) -> Header:
    stix_id = f"indicator--{uuid.uuid5(uuid.NAMESPACE_URL, str(number))}"
    raw = f'{{"type":"indicator","id":"{stix_id}","labels":["naval"]}}'.encode()
    digest = hashlib.sha256(raw).digest()
    return Header(raw, "indicator", stix_id, VERSION, VERSION_US, digest, labels=("naval",))
