"""What comes in: whom it withholds besides itself, who sees it, and under which dates."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors import ADMIN
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.sharing import RED, SECOND, Sharing
from tests.simulation.world import Client, World

from relto.usecases import publishing
from relto.usecases.publishing import Publisher
from relto.usecases.sequencing import Change


def test_a_party_s_own_collection_shows_what_it_gives_before_there_is_any_agreement():
    world = World(FakeStore(), processes=2)
    account = world.account("agency", "USA", "reader", "contributor")
    header = world.header("o1", ("naval",))
    Publisher(world.node, world.desk, originator="USA", by=ADMIN).take([header])
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


# Dates.


def test_no_read_shows_a_date_later_than_its_own_clock():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give(*(f"held {count}" for count in range(30)))
    done = sharing.resume(number)
    seen = []
    while sharing.node.clock.now() < done.visible_at:
        sharing.node.clock.sleep(1_700)
        page = sharing.world.page(sharing.kyiv)
        assert page.last is None or page.last <= sharing.node.clock.now()
        seen.append(len(sharing.kyiv.got))
    sharing.node.clock.sleep(1_700)
    sharing.world.page(sharing.kyiv)
    assert seen == sorted(seen)
    assert len(set(seen)) > 5, "a backlog becomes visible little by little"
    assert len(sharing.kyiv.got) == 30


def test_a_client_that_keeps_its_own_clock_gets_what_a_slow_block_released(monkeypatch):
    sharing = Sharing()
    clock = sharing.client(sharing.kyiv.account, "clock")
    number = sharing.pause()
    sharing.give("held")
    assert sharing.read(clock) == []
    decided = Change.settle

    def slowly(change: Change, *arguments: Any, **named: Any) -> Any:
        done = decided(change, *arguments, **named)
        sharing.world.settle_clock(2 * SECOND)
        # Somebody reads while the resume is under way: it sees nothing of it, and its clock moves on.
        sharing.world.walk(clock)
        return done

    monkeypatch.setattr(Change, "settle", slowly)
    sharing.resume(number)
    assert sharing.read(clock) == ["held"]
