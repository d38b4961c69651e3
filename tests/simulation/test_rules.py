"""The rules of section 4 of the design, one by one, each on a world small enough to be seen at a glance.

The random histories say that the whole holds together; here each sentence stands alone, so that a broken one is named.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.world import Client, World

from relto.domain.flow import Backlog
from relto.domain.item import Header
from relto.domain.ranges import EMPTY
from relto.ports.store import AccountRow
from relto.usecases import pausing, publishing, standing
from relto.usecases.pausing import Order, Resumed
from relto.usecases.publishing import Publisher, withdraw

RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
"""TLP:RED, which no agreement has in its scope unless it says so."""

TERMS = "agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"

SECOND = 1_000_000


class Sharing:
    """USA gives to UKR under `usa-ukr`; `kyiv` is a reader that keeps the last date that it saw."""

    def __init__(self, terms: str = TERMS, *, processes: int = 1) -> None:
        self.world = World(FakeStore(), processes=processes)
        self.node = self.world.node
        self.names: dict[str, str] = {}
        account = self.world.account("kyiv", "UKR")
        self.collection = self.world.apply(terms).collections["UKR"]
        self.kyiv = self.client(account)

    def client(self, account: AccountRow, keeps: str = "last") -> Client:
        return Client(account, self.collection, keeps, 100, versions=("all",))

    def item(self, name: str, *labels: str, **more: Any) -> Header:
        header = self.world.header(name, labels or ("naval",), **more)
        self.names[header.raw.decode()] = name if header.version_us == 1_000 else f"{name} again"
        return header

    def give(self, *items: str | Header) -> None:
        """Takes items in as one batch; a name alone is an item of topic `naval`."""
        headers = [self.item(each) if isinstance(each, str) else each for each in items]
        taken = self.world.take(headers)
        assert taken.added == len(headers), taken.rejects

    def read(self, client: Client | None = None) -> list[str]:
        """What the client gets from where it stands, by name, when all that there is can be read."""
        client = client or self.kyiv
        self.world.settle_clock()
        before = len(client.got)
        self.world.walk(client)
        return [self.names[raw] for raw in client.got[before:]]

    def pause(self, **order: Any) -> str:
        """The number of a new pause of the agreement."""
        made = pausing.pause(self.node, self.world.desk, Order(["usa-ukr"], reason="talks", **order), by="admin")
        return made.pause.number

    def resume(self, number: str, backlog: Backlog = "release") -> Resumed:
        return pausing.resume(self.node, self.world.desk, [number], backlog=backlog, by="admin")[0]

    def held(self, number: str) -> list[str]:
        """What `status` and the states say that the pause holds, by name."""
        with self.node.store.read() as snap:
            states = snap.flow_states(1)
            ranges = [
                (name, after, upto) for name, state in states.items() for after, upto in state.held.get(number, EMPTY)
            ]
            found = [body.raw.decode() for body in snap.bodies([seq for seq, _ in snap.scan(ranges, 1_000)])]
        entry = standing.status(self.node, self.world.desk)[0]
        assert [held.items for pause, held in entry.pauses if pause.number == number] == [len(found)]
        return [self.names[raw] for raw in found]

    def marks(self) -> int:
        with self.node.store.read() as snap:
            return len(snap.marks(1))


def test_a_party_s_own_collection_shows_what_it_gives_before_there_is_any_agreement():
    world = World(FakeStore(), processes=2)
    account = world.account("agency", "USA", "reader", "contributor")
    header = world.header("o1", ("naval",))
    Publisher(world.node, world.desk, originator="USA", by="agency").take([header])
    world.settle_clock()
    for _ in world.readings:
        client = Client(account, "own", "last", 10)
        world.walk(client)
        assert client.got == [header.raw.decode()]


# What arrives later and is stricter withholds the joining item from then on.


def test_what_arrives_later_and_is_stricter_withholds_the_joining_item():
    sharing = Sharing()
    secret = sharing.item("secret", markings=(RED,))
    sharing.give(sharing.item("report", joins=(secret.id,)), "other")
    assert sharing.read() == ["report", "other"]
    sharing.give(secret)
    assert sharing.read(sharing.client(sharing.kyiv.account)) == ["other"]


def test_of_two_versions_that_arrive_together_the_stricter_counts():
    sharing = Sharing()
    strict, lax = sharing.item("source", markings=(RED,)), sharing.item("source", version=2)
    sharing.give(sharing.item("report", joins=(strict.id,)))
    sharing.give(strict, lax)
    assert sharing.read() == ["source again"]


def test_what_is_joined_through_two_versions_of_one_report_takes_the_stricter():
    sharing = Sharing()
    secret = sharing.item("secret", markings=(RED,))
    first, second = sharing.item("report", joins=(secret.id,)), sharing.item("report", version=2, joins=("x--1",))
    sharing.give(first, second, sharing.item("note", joins=(first.id,)))
    sharing.give(secret)
    assert sharing.read() == ["report again"]


def test_a_new_item_that_joins_what_an_arrival_beside_it_withholds_is_withheld_too():
    sharing = Sharing()
    secret = sharing.item("secret", markings=(RED,))
    report = sharing.item("report", joins=(secret.id,))
    sharing.give(report)
    sharing.give(secret, sharing.item("note", joins=(report.id,)))
    assert sharing.read() == []


@pytest.mark.parametrize("order", [("secret", "note", "remark"), ("remark", "secret", "note")])
def test_what_was_withheld_since_a_window_was_classified_withholds_what_joins_it(order, monkeypatch):
    monkeypatch.setattr(publishing, "SLICE_ITEMS", 2)
    sharing = Sharing()
    items = {"secret": sharing.item("secret", markings=(RED,))}
    report = sharing.item("report", joins=(items["secret"].id,))
    items["note"] = sharing.item("note", joins=(report.id,))
    items["remark"] = sharing.item("remark", joins=(items["note"].id,))
    sharing.give(report, "other")
    sharing.give("filler", *(items[name] for name in order))
    assert sharing.read() == ["other", "filler"]


def test_a_new_version_that_is_no_stricter_looks_at_nothing_that_joins_it(monkeypatch):
    sharing = Sharing()
    source = sharing.item("source")
    sharing.give(source, *(sharing.item(f"report {number}", joins=(source.id,)) for number in range(20)))
    looked = []
    monkeypatch.setattr(FakeTransaction, "joiners", lambda _, keys: looked.extend(keys) or [])
    sharing.give(sharing.item("source", version=2))
    assert looked == []


# Scheduled acts.


def test_a_scheduled_resume_that_is_found_late_gives_nothing_that_another_pause_has_begun_to_keep():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.give("held")
    sharing.pause(from_us=begin + 15 * SECOND)
    assert sharing.read() == []
    assert sharing.read() == []
    assert sharing.held("2") == ["held"]
    sharing.resume("2")
    assert sharing.read() == ["held"]


def test_a_scheduled_pause_that_follows_another_without_a_gap_takes_over_what_it_held():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.pause(from_us=begin + 10 * SECOND)
    sharing.give("held")
    assert sharing.read() == []
    assert sharing.held("2") == ["held"]


def test_pauses_that_began_and_ended_before_anybody_looked_leave_nothing_behind():
    sharing = Sharing()
    begin = sharing.world.now
    sharing.pause(until_us=begin + 10 * SECOND)
    sharing.pause(from_us=begin + 5 * SECOND, until_us=begin + 15 * SECOND)
    sharing.pause(from_us=begin + 12 * SECOND, until_us=begin + 13 * SECOND)
    sharing.give("held")
    assert sharing.read() == []
    assert sharing.read() == ["held"]


def test_a_scheduled_pause_closes_at_the_last_item_added_up_to_its_moment():
    sharing = Sharing()
    names = [f"item {number}" for number in range(10)]
    moment = sharing.world.now + 20_000 + 4_500
    sharing.pause(from_us=moment)
    sharing.give(*names)
    assert sharing.read() == names[:5]
    assert sharing.held("1") == names[5:]


def test_a_cut_that_is_found_late_hides_what_was_released_before_it():
    sharing = Sharing()
    sharing.give("before")
    sharing.pause(from_us=sharing.world.now + 10 * SECOND, mode="cut")
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["before"]


# Marks: from where a reader read while something was hidden from it.


def test_what_was_never_released_is_not_hidden_and_asks_for_no_mark():
    sharing = Sharing()
    sharing.give("item", sharing.item("elsewhere", "logistics"))
    assert sharing.read() == ["item"]
    assert sharing.marks() == 0


def test_a_reader_leaves_one_mark_for_each_hiding_however_often_policy_changes():
    sharing = Sharing()
    sharing.give("naval", sharing.item("both", "naval", "targeting"))
    sharing.read()
    sharing.pause(topics=["targeting"], mode="cut")
    for number in range(5):
        sharing.give(sharing.item(f"item {number}", "naval", f"label-{number}"))
        sharing.read()
        sharing.pause(topics=["life"])
    assert sharing.marks() == 1
    sharing.pause(mode="cut")
    sharing.read()
    assert sharing.marks() == 2


def test_marks_are_forgotten_when_nothing_is_hidden_that_may_be_shown_again():
    sharing = Sharing()
    withdrawn = sharing.item("withdrawn")
    sharing.give("item", withdrawn, sharing.item("elsewhere", "logistics"))
    withdraw(sharing.node, sharing.world.desk, originator="USA", by="agency", stix_id=withdrawn.id, versions=None)
    sharing.pause(mode="cut")
    assert sharing.read() == []
    assert sharing.marks() == 1
    sharing.resume("1")
    assert sharing.marks() == 0
    assert sharing.read() == ["item"]


def test_a_mark_of_an_earlier_hiding_says_nothing_of_a_later_one():
    sharing = Sharing()
    sharing.give(sharing.item("naval"), sharing.item("both", "naval", "targeting"))
    sharing.pause(topics=["targeting"], mode="cut")
    assert sharing.read() == ["naval"]
    everything = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(everything)
    # It had read past `naval` before that was hidden, and had it.
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["both"]
