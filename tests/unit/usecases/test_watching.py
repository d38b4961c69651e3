"""What readers ask is written a second later at the latest, once, and never at the price of an answer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.actors import ADMIN
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.world import World

from relto.domain.errors import Unreachable
from relto.domain.facts import Facts, Poll
from relto.usecases import watching
from relto.usecases.parties import add_party
from relto.usecases.watching import POLLS_MAX, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relto.ports.store import AccountRow

SECOND = 1_000_000
MINUTE = 60 * SECOND
TERMS = "agreement: {name}\nfrom: USA\nto: [UKR]\nscope: {{topics: [naval]}}\n"


class CountingStore(FakeStore):
    """Counts write blocks, and refuses them while it is `away`. `written` is set by each that ends well."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.away: Exception | None = None
        self.written = threading.Event()

    @contextmanager
    def write(self) -> Iterator[FakeTransaction]:
        if self.away is not None:
            raise self.away
        with super().write() as tx:
            yield tx
        self.writes += 1
        self.written.set()


class Scene:
    """Two agreements, two readers of one party, and what is told of their clocks."""

    def __init__(self) -> None:
        self.store = CountingStore()
        self.world = World(self.store, processes=2)
        self.ids = {name: self.world.apply(TERMS.format(name=name)).collections["UKR"] for name in ("first", "second")}
        self.kyiv = self.world.account("kyiv", "UKR")
        self.lviv = self.world.account("lviv", "UKR")
        self.ahead: dict[str, int] = {}
        self.store.writes = 0
        self.watch = self.process()

    def process(self) -> Watch:
        return Watch(self.world.node, self.world.desk, tell=self.ahead.__setitem__)

    def facts(self, reader: str = "kyiv", agreement: str = "first") -> Facts | None:
        with self.store.read() as snap:
            flows = {row.id: row.agreement for row in snap.flows()}
            return next(
                (row.facts for row in snap.polls() if row.reader == reader and flows[row.flow] == agreement), None
            )


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_was_asked_is_known_once_it_is_written(scene: Scene) -> None:
    scene.watch.note(scene.kyiv, "first", 5, Poll("objects", b"limit=3", client=b"curl/8", items=3, first=1, last=4))
    assert scene.facts() is None
    assert not scene.watch.write()
    found = scene.facts()
    assert found is not None
    assert (found.polled_at, found.asked, found.client, found.items, found.last) == (5, "limit=3", "curl/8", 3, 4)
    assert scene.facts(agreement="second") is None
    assert scene.facts("lviv") is None


def test_a_collection_is_one_by_its_id_and_by_its_alias(scene: Scene) -> None:
    scene.watch.note(scene.kyiv, scene.ids["first"], 7, Poll("objects", b"by=id"))
    scene.watch.note(scene.kyiv, "first", 6, Poll("objects", b"by=alias", broke=True))
    scene.watch.write()
    found = scene.facts()
    assert found is not None
    assert (found.polled_at, found.asked, found.broken) == (7, "by=id", (6,))


def test_a_quiet_poll_that_comes_again_says_when(scene: Scene) -> None:
    def again(at: int, **other: object) -> bool:
        words = {"account": scene.kyiv, "collection": "first", "endpoint": "objects", "asked": b"added_after=x"}
        return scene.watch.note_again(**{**words, **other}, at=at)  # type: ignore[arg-type]  # one of them is other

    assert not again(1)
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects", b"added_after=x", added_after=0, first=0, last=0))
    assert again(2)
    for other in ({"account": scene.lviv}, {"collection": "second"}, {"endpoint": "manifest"}, {"asked": b""}):
        assert not again(9, **other)
    scene.watch.write()
    assert (scene.facts().polled_at, scene.facts().asked) == (2, "added_after=x")
    # What was written waits no more: it has to be noted anew.
    assert not again(3)


@pytest.mark.parametrize("other", [{"items": 1}, {"status": 503}, {"broke": True}])
def test_what_was_not_quiet_does_not_come_again(scene: Scene, other: dict[str, object]) -> None:
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects", b"", **other))
    assert not scene.watch.note_again(scene.kyiv, "first", 2, "objects", b"")
    scene.watch.write()
    assert scene.facts().polled_at == 1


def test_all_readers_that_asked_are_written_in_one_block(scene: Scene) -> None:
    for at in range(1, 40):
        scene.watch.note(scene.kyiv, "first", at, Poll("objects"))
        scene.watch.note(scene.kyiv, "second", at, Poll("manifest"))
        scene.watch.note(scene.lviv, "first", at, Poll("objects", broke=True))
    scene.watch.write()
    assert scene.store.writes == 1
    assert [scene.facts(*each).polled_at for each in (("kyiv",), ("kyiv", "second"), ("lviv",))] == [39, 39, 39]
    # The last of many broken walks, each of which counts.
    assert scene.facts("lviv").broken == tuple(range(32, 40))


def test_nothing_new_writes_nothing(scene: Scene) -> None:
    scene.watch.write()
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects"))
    scene.watch.write()
    scene.watch.write()
    assert scene.store.writes == 1


@pytest.mark.parametrize("name", ["own", "nothing", "", "\x00", "FIRST"])
def test_what_is_no_collection_of_an_agreement_takes_no_write_block(scene: Scene, name: str) -> None:
    scene.watch.note(scene.kyiv, name, 1, Poll("objects", status=404, code="collection-unknown"))
    scene.watch.write()
    assert scene.store.writes == 0


def test_the_collection_of_another_party_is_none(scene: Scene) -> None:
    add_party(scene.world.node, scene.world.desk, "FRA", name="FRA", kind="state", by=ADMIN)
    paris = scene.world.account("paris", "FRA")
    scene.watch.note(paris, scene.ids["first"], 1, Poll("objects", status=404, code="collection-unknown"))
    scene.watch.write()
    assert scene.facts("paris") is None


def test_the_clock_is_told_whichever_of_two_processes_is_asked(scene: Scene) -> None:
    processes = [scene.process(), scene.process()]
    begin = scene.world.clock.moment
    for number in range(5):
        now = begin + number * 5 * MINUTE
        asked = now - 5 * MINUTE + 3 * SECOND if number else None
        processes[number % 2].note(scene.kyiv, "first", now, Poll("objects", added_after=asked))
        processes[number % 2].write()
    assert scene.facts().clock == 3 * SECOND
    assert scene.ahead == {"kyiv": 3 * SECOND}


def test_what_a_slower_process_writes_replaces_nothing_newer(scene: Scene) -> None:
    slow, quick = scene.process(), scene.process()
    slow.note(scene.kyiv, "first", 5, Poll("objects", b"old=1", status=503, code="unavailable", broke=True))
    quick.note(scene.kyiv, "first", 6, Poll("objects", b"new=1"))
    quick.write()
    slow.write()
    found = scene.facts()
    assert (found.polled_at, found.asked, found.status) == (6, "new=1", 200)
    assert (found.failed_at, found.failed_status, found.broken) == (5, 503, (5,))


def test_a_clock_is_told_by_the_worst_of_a_reader_s_agreements(scene: Scene) -> None:
    now = scene.world.clock.moment
    scene.watch.note(scene.kyiv, "first", now, Poll("objects", added_after=now + 9 * SECOND))
    scene.watch.write()
    scene.watch.note(scene.kyiv, "second", now, Poll("objects", added_after=now - 9 * SECOND))
    scene.watch.note(scene.lviv, "first", now, Poll("objects"))
    scene.watch.write()
    assert scene.ahead == {"kyiv": 9 * SECOND, "lviv": 0}


@pytest.mark.parametrize("error", [Unreachable("database-away", "away"), Unreachable("database-locked", "locked")])
def test_what_a_database_does_not_take_waits(scene: Scene, error: Exception) -> None:
    scene.store.away = error
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects", status=503, code="unavailable"))
    assert not scene.watch.write()
    scene.watch.note(scene.kyiv, "first", 2, Poll("objects", b"next=x"))
    scene.watch.note(scene.lviv, "first", 2, Poll("objects"))
    assert not scene.watch.write()
    scene.store.away = None
    assert not scene.watch.write()
    assert (scene.facts().failed_at, scene.facts().polled_at, scene.facts("lviv").polled_at) == (1, 2, 2)
    assert scene.store.writes == 1


def test_what_nobody_expected_is_given_up_and_the_next_is_written(scene: Scene) -> None:
    scene.store.away = RuntimeError("a bug")
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects"))
    assert not scene.watch.write()
    scene.store.away = None
    scene.watch.note(scene.kyiv, "first", 2, Poll("objects"))
    scene.watch.write()
    assert (scene.facts().polled_at, scene.facts().walked_at) == (2, 2)


def test_memory_is_bounded_however_much_is_asked_while_the_database_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "READERS_MAX", 20)
    scene.store.away = Unreachable("database-away", "away")
    for at in range(1, 2_000):
        scene.watch.note(scene.kyiv, "first", at, Poll("objects", b"%d" % at))
        scene.watch.note(scene.lviv, f"{at}", at, Poll("objects"))
        if at % 500 == 0:
            scene.watch.write()
    # Its size is the promise, and nothing else tells it.
    held = scene.watch._waiting
    assert len(held) <= 20
    assert max(map(len, held.values())) <= POLLS_MAX
    scene.store.away = None
    while scene.watch.write():
        pass
    assert scene.facts().asked == "1999"


def test_an_account_that_names_what_is_not_there_leaves_room_for_others(scene: Scene) -> None:
    for number in range(watching.READERS_MAX + 1):
        scene.watch.note(scene.kyiv, f"{number}", 1, Poll("objects", status=404, code="collection-unknown"))
    scene.watch.note(scene.lviv, "first", 1, Poll("objects"))
    scene.watch.write()
    assert scene.facts("lviv").polled_at == 1


def test_many_readers_are_written_bit_by_bit(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "AT_ONCE_MAX", 1)
    for account, name in ((scene.kyiv, "first"), (scene.kyiv, "second"), (scene.lviv, "first")):
        scene.watch.note(account, name, 1, Poll("objects"))
    assert [scene.watch.write() for _ in range(3)] == [True, True, False]
    assert scene.store.writes == 3
    assert None not in {scene.facts(), scene.facts(agreement="second"), scene.facts("lviv")}


def test_the_first_is_written_at_once_and_the_last_when_it_closes(scene: Scene) -> None:
    scene.watch.begin()
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects"))
    assert scene.store.written.wait(10)
    for at in range(2, 500):
        scene.watch.note(scene.kyiv, "first", at, Poll("objects"))
    scene.watch.close()
    assert scene.facts().polled_at == 499
    # At once, perhaps one a second after that, and the last: never one for each.
    assert scene.store.writes < 100


def test_a_watch_that_is_closed_before_it_began_has_written_all(scene: Scene) -> None:
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects"))
    scene.watch.close()
    assert scene.facts().polled_at == 1


def test_closing_ends_while_the_database_is_away(scene: Scene) -> None:
    before = set(threading.enumerate())
    scene.watch.begin()
    scene.store.away = Unreachable("database-away", "away")
    scene.watch.note(scene.kyiv, "first", 1, Poll("objects"))
    scene.watch.close()
    assert set(threading.enumerate()) <= before


def test_what_is_noted_by_many_threads_is_all_there(scene: Scene) -> None:
    def note(account: AccountRow, first: int) -> None:
        for at in range(first, first + 200):
            scene.watch.note(account, "first", at, Poll("objects", broke=True))
            scene.watch.write()

    threads = [
        threading.Thread(target=note, args=(account, first))
        for account, first in ((scene.kyiv, 1), (scene.kyiv, 201), (scene.lviv, 401))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not scene.watch.write()
    assert scene.facts().broken == tuple(range(393, 401))
    assert scene.facts("lviv").broken == tuple(range(593, 601))
