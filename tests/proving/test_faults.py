"""Faults: each write of a story fails, not done, or done and not reported; the log verifies, and has what was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import pytest
from tests.fakes.faults import Fault, FaultyStore
from tests.fakes.signer import SeedSigners
from tests.fakes.store import FakeStore
from tests.logged import deliveries
from tests.replayed import replay
from tests.second import log_verifier as second
from tests.simulation.sharing import Sharing

from relto.adapters.database import create_database
from relto.domain.errors import ReltoError, Unreachable
from relto.domain.merkle import Frontier, leaf_hash
from relto.ports.store import Store
from relto.usecases.evidence.show.disclosing import log_keys
from relto.usecases.evidence.signed.signing import Origin, sign_checkpoint
from relto.usecases.reading import Query

_Answer = TypeVar("_Answer")

WRITES_MAX = 60


class Teller:
    """Tells a story on a store in which one write fails. Whoever is told of a fault does the same once more."""

    def __init__(self, store: Store) -> None:
        self.writes, self.failing = 0, 0
        self.fault: Fault = "not-done"
        self.sharing = Sharing(store=FaultyStore(store, self._at_its_turn))
        self.signers = SeedSigners()
        self.got: list[str] = []
        self.signed: list[bytes] = []
        self.failed = 0

    def _at_its_turn(self) -> Fault | None:
        self.writes += 1
        return self.fault if self.writes == self.failing else None

    def again(self, work: Callable[[], _Answer]) -> _Answer | None:
        """What came of it; None where it was refused the second time, since it was done the first."""
        try:
            return work()
        except Unreachable:
            self.failed += 1
        try:
            return work()
        except ReltoError:
            return None

    def read(self) -> None:
        world, kyiv = self.sharing.world, self.sharing.kyiv
        world.settle_clock()
        page = self.again(
            lambda: world.reading.page(kyiv.account, kyiv.collection, Query(2, added_after=kyiv.cursor), "objects")
        )
        assert page is not None
        if page.entries:
            self.got.append(second.sha256(b"".join(second.sha256(each.raw) for each in page.entries)).hex())
            kyiv.cursor = page.last
            kyiv.got += [each.raw.decode() for each in page.entries]

    def sign(self) -> None:
        self.again(lambda: sign_checkpoint(self.sharing.node, self.signers, Origin("usa.relto")))
        with self.sharing.node.store.read() as snap:
            row = snap.last_checkpoint()
        if row is not None:
            self.signed.append(row.note)

    def tell(self, failing: int, fault: Fault) -> None:
        self.writes, self.failing, self.fault = 0, failing, fault
        sharing = self.sharing
        items = [sharing.item(name) for name in ("one", "two", "three", "four", "five")]
        self.again(lambda: sharing.world.take(items[:3]))
        self.read()
        self.sign()
        self.again(sharing.pause)
        self.again(lambda: sharing.world.take(items[3:]))
        self.read()
        self.sign()
        with sharing.node.store.read() as snap:
            running = [str(row.number) for row in snap.pauses()]
        for number in running:
            self.again(lambda number=number: sharing.resume(number))
        for _ in range(5):
            self.read()
        self.again(lambda: sharing.by_hand("recall", items[0]))
        self.sign()


def holds(teller: Teller) -> None:
    """The log carried out again has nothing wrong with it, and has each page and each checkpoint that was seen."""
    assert replay(teller.sharing.node.store)[1] == []
    with teller.sharing.node.store.read() as snap:
        given = Counter(each.told["digest"] for each in deliveries(snap))
        data = [row.data for _, row in snap.leaves(limit=10**6)]
        stored = [row.note for row in snap.checkpoints(limit=10**6)]
        keys = [key.text for key in log_keys(snap)]
        assert [number for number, _ in snap.leaves(limit=10**6)] == list(range(len(data)))
        assert snap.log().frontier == Frontier().appended([leaf_hash(each) for each in data]).as_bytes()
    assert Counter(teller.got) <= given
    assert {*teller.signed} <= {*stored}
    for note in stored:
        text, _ = second.signers(note, keys)
        _, size, root = second.checkpoint(text)
        assert root == second.mth(data[:size])
    # And everything came, once.
    assert Counter(teller.sharing.kyiv.got) == dict.fromkeys(teller.sharing.names, 1)


@pytest.mark.parametrize("fault", ["not-done", "not-reported"])
def test_whichever_write_fails_the_log_has_what_was_done_and_nothing_else(fault):
    failing = 1
    while True:
        teller = Teller(FakeStore())
        teller.tell(failing, fault)
        holds(teller)
        if not teller.failed:
            break
        failing += 1
        assert failing < WRITES_MAX
    # Each of them failed once.
    assert failing == teller.writes + 1 > 10


@pytest.mark.parametrize("fault", ["not-done", "not-reported"])
@pytest.mark.parametrize("failing", [1, 3, 5, 8, 11])
def test_it_is_the_same_on_both_engines(database_url, failing, fault):
    store = create_database(database_url)
    teller = Teller(store)
    teller.tell(failing, fault)
    assert teller.failed == 1
    holds(teller)
    store.close()
