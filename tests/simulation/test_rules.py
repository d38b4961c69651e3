"""The rules of section 4 of the design, one by one, each on a world small enough to be seen at a glance.

The random histories say that the whole holds together; here each sentence stands alone, so that a broken one is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.fakes.store import FakeStore, FakeTransaction
from tests.simulation.world import Client, World

from relto.domain.errors import Unknown
from relto.domain.flow import Backlog
from relto.domain.item import Header
from relto.domain.ranges import EMPTY
from relto.ports.store import AccountRow
from relto.usecases import agreements, pausing, publishing, standing
from relto.usecases.agreements import Applied
from relto.usecases.pausing import Order, Resumed
from relto.usecases.publishing import Publisher, withdraw
from relto.usecases.reading import Query
from relto.usecases.sequencing import Change

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
        """What the pause holds of what is UKR's, by name; `status` must count as many."""
        with self.node.store.read() as snap:
            states = snap.flow_states(1)
            ranges = [
                (name, after, upto) for name, state in states.items() for after, upto in state.held.get(number, EMPTY)
            ]
            found = [body.raw.decode() for body in snap.bodies([seq for seq, _ in snap.scan(ranges, 1_000)])]
        entry = next(each for each in standing.status(self.node, self.world.desk) if each.to == "UKR")
        assert [held.items for pause, held in entry.pauses if pause.number == number] == [len(found)]
        return [self.names[raw] for raw in found]

    def fresh(self) -> Client:
        """Another client of the same account, which begins at the beginning."""
        return self.client(self.kyiv.account)

    def amend(self, more: str = "", *, to: str = "[UKR]", scope: str = "[naval]") -> Applied:
        return self.world.apply(f"agreement: usa-ukr\nfrom: USA\nto: {to}\nscope: {{topics: {scope}}}\n{more}")

    def end(self, *, close: bool = False) -> None:
        agreements.end(self.node, self.world.desk, "usa-ukr", by="admin", close=close)

    def release_backlog(self, *, topics: Sequence[str] = (), items: Sequence[str] = ()) -> int:
        desk = self.world.desk
        return pausing.release_backlog(self.node, desk, by="admin", number=None, topics=topics, items=items)[0]

    def discard_backlog(self, *, topics: Sequence[str] = (), items: Sequence[str] = ()) -> int:
        desk = self.world.desk
        return pausing.discard_backlog(self.node, desk, by="admin", number=None, topics=topics, items=items)[0]

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


# The table of section 4: from one decision to another, on a policy change at `seq` s.


def test_release_to_hold_closes_the_live_span_and_opens_a_hold():
    sharing = Sharing()
    sharing.give("before")
    number = sharing.pause()
    sharing.give("after")
    assert sharing.read() == ["before"]
    assert sharing.held(number) == ["after"]


def test_hold_to_release_gives_what_was_held_as_backlog_and_then_what_is_new():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held 1", "held 2")
    done = sharing.resume(number)
    sharing.give("new")
    assert (done.released, done.still_held) == (2, 0)
    assert sharing.read() == ["held 1", "held 2", "new"]


def test_hold_to_release_by_an_exception_gives_what_was_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give(sharing.item("warning", "naval", "life"), "other")
    assert sharing.read() == []
    sharing.amend("exceptions: [{name: warn, scope: {topics: [life]}}]\n")
    sharing.world.settle_clock()
    assert sharing.read() == ["warning"]
    assert sharing.held(number) == ["other"]


def test_release_to_withhold_closes_the_live_span_and_hides_what_was_released():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(scope="[imagery]")
    sharing.give("after")
    assert sharing.read(sharing.fresh()) == []


def test_an_agreement_that_ends_closes_its_live_spans_and_hides_nothing_until_it_is_closed():
    sharing = Sharing()
    sharing.give("before")
    sharing.end()
    sharing.give("after")
    assert sharing.read() == ["before"]
    assert sharing.read(sharing.fresh()) == ["before"]
    sharing.end(close=True)
    with pytest.raises(Unknown, match="no such collection"):
        sharing.read(sharing.fresh())


def test_a_recipient_who_leaves_sees_no_collection_and_what_came_meanwhile_when_it_is_back():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(to="[GBR]")
    with pytest.raises(Unknown, match="no such collection"):
        sharing.read()
    sharing.give("meanwhile")
    assert sharing.amend().collections["UKR"] == sharing.collection
    sharing.give("after")
    assert sharing.read() == ["meanwhile", "after"]
    assert sharing.read(sharing.fresh()) == ["before", "meanwhile", "after"]


def test_a_recipient_who_comes_back_to_a_pause_finds_what_came_meanwhile_held():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    sharing.amend(to="[GBR]")
    sharing.give("meanwhile")
    number = sharing.pause()
    sharing.amend(to="[GBR, UKR]")
    sharing.give("after")
    assert sharing.read() == []
    assert sharing.held(number) == ["meanwhile", "after"]
    sharing.resume(number)
    assert sharing.read() == ["meanwhile", "after"]


def test_hold_to_withhold_keeps_what_is_held_and_holds_no_more():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    sharing.give("outside")
    assert sharing.held(number) == ["held"]
    sharing.amend("history: none\n")
    sharing.give("held again")
    assert sharing.held(number) == ["held", "held again"]
    sharing.resume(number)
    assert sharing.read() == ["held", "held again"]


def test_the_decision_at_its_release_counts_for_what_is_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    assert sharing.resume(number).released == 0
    assert sharing.read() == []
    sharing.amend("history: none\n")
    assert sharing.read() == []


def test_withhold_to_release_opens_a_live_span_and_with_history_gives_what_was_never_released():
    sharing = Sharing()
    sharing.give(sharing.item("given", "naval", "imagery"), sharing.item("older", "imagery"))
    assert sharing.read() == ["given"]
    sharing.amend(scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == ["older", "new"]


def test_withhold_to_release_without_history_gives_what_is_new():
    sharing = Sharing(TERMS + "history: none\n")
    sharing.give(sharing.item("older", "imagery"))
    sharing.amend("history: none\n", scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == ["new"]


def test_what_was_held_under_review_or_discarded_is_not_history():
    sharing = Sharing()
    for backlog, name in (("discard", "dropped"), ("review", "reviewed")):
        number = sharing.pause()
        sharing.give(name)
        sharing.resume(number, backlog)
    number = sharing.pause()
    sharing.give("held")
    sharing.amend(scope="[imagery]")
    sharing.give("outside")
    sharing.amend()
    assert sharing.held(number) == ["held", "outside"]
    sharing.resume(number)
    assert sharing.read() == ["held", "outside"]


def test_withhold_to_hold_opens_a_hold_and_with_history_what_was_never_released_goes_into_it():
    sharing = Sharing()
    sharing.give(sharing.item("older", "imagery"))
    number = sharing.pause()
    sharing.amend(scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.read() == []
    assert sharing.held(number) == ["older", "new"]


def test_withhold_to_hold_without_history_holds_what_is_new():
    sharing = Sharing(TERMS + "history: none\n")
    sharing.give(sharing.item("older", "imagery"))
    number = sharing.pause()
    sharing.amend("history: none\n", scope="[naval, imagery]")
    sharing.give(sharing.item("new", "imagery"))
    assert sharing.held(number) == ["new"]


def test_an_ended_agreement_that_is_applied_again_gives_what_came_meanwhile():
    sharing = Sharing()
    sharing.give("before")
    sharing.end(close=True)
    sharing.give("meanwhile")
    sharing.amend()
    sharing.give("after")
    assert sharing.read() == ["before", "meanwhile", "after"]


def test_a_pause_that_is_lifted_after_the_agreement_ended_releases_nothing():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("held")
    sharing.end()
    assert sharing.resume(number).released == 0
    assert sharing.read() == []


def test_a_class_that_first_appears_while_a_pause_runs_is_decided_when_it_appears():
    sharing = Sharing()
    number = sharing.pause(topics=["targeting"])
    sharing.give(sharing.item("both", "naval", "targeting"), "naval")
    assert sharing.read() == ["naval"]
    assert sharing.held(number) == ["both"]


def test_a_party_that_joins_begins_with_history_and_what_a_pause_covers_goes_into_the_hold():
    sharing = Sharing()
    sharing.give("older")
    number = sharing.pause(recipient="UKR")
    sharing.pause(topics=["targeting"])
    sharing.give(sharing.item("both", "naval", "targeting"))
    account = sharing.world.account("london", "GBR")
    collection = sharing.amend(to="[UKR, GBR]").collections["GBR"]
    london = Client(account, collection, "last", 100, versions=("all",))
    assert sharing.read(london) == ["older"]
    assert sharing.read() == ["older"]
    assert sharing.held(number) == ["both"]
    sharing.resume("2")
    assert sharing.read(london) == ["both"]
    assert sharing.read() == []


def test_a_pause_for_one_recipient_leaves_the_others_alone():
    sharing = Sharing()
    account = sharing.world.account("london", "GBR")
    london = Client(account, sharing.amend(to="[UKR, GBR]").collections["GBR"], "last", 100, versions=("all",))
    number = sharing.pause(recipient="UKR")
    sharing.give("item")
    assert sharing.read() == []
    assert sharing.read(london) == ["item"]
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["item"]
    assert sharing.read(london) == []


# Several pauses.


def test_a_class_flows_again_when_no_pause_covers_it():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.resume(one)
    sharing.give("held")
    assert sharing.read() == []
    sharing.resume(other)
    sharing.give("new")
    assert sharing.read() == ["held", "new"]


def test_a_pause_holds_what_came_since_it_covers_the_class():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("first")
    other = sharing.pause()
    sharing.give("second")
    assert sharing.held(one) == ["first", "second"]
    assert sharing.held(other) == ["second"]


def test_lifting_with_release_releases_what_no_other_pause_covers():
    sharing = Sharing()
    one, _ = sharing.pause(), sharing.pause(topics=["targeting"])
    sharing.give("naval", sharing.item("both", "naval", "targeting"))
    done = sharing.resume(one)
    assert (done.released, done.still_held) == (1, 1)
    assert sharing.read() == ["naval"]


def test_where_another_covers_that_one_takes_over_what_the_lifted_one_held():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("first")
    other = sharing.pause()
    assert sharing.resume(one).still_held == 1
    assert sharing.held(other) == ["first"]
    assert sharing.resume(other).released == 1
    assert sharing.read() == ["first"]


def test_discard_drops_what_the_pause_held_whoever_else_holds_it_too():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.give("dropped")
    done = sharing.resume(one, "discard")
    assert (done.released, done.still_held) == (0, 0)
    sharing.give("held")
    assert sharing.held(other) == ["held"]
    sharing.resume(other)
    assert sharing.read() == ["held"]


def test_review_lets_the_new_flow_and_keeps_the_held():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("reviewed")
    assert sharing.resume(number, "review").released == 0
    sharing.give("new")
    assert sharing.read() == ["new"]
    assert sharing.release_backlog() == 1
    assert sharing.read() == ["reviewed"]


def test_what_a_review_keeps_is_released_or_discarded_bit_by_bit():
    sharing = Sharing()
    number = sharing.pause()
    one = sharing.item("one")
    sharing.give(one, sharing.item("both", "naval", "targeting"), "two", "three")
    sharing.resume(number, "review")
    assert sharing.release_backlog(topics=["targeting"]) == 1
    assert sharing.read() == ["both"]
    assert sharing.discard_backlog(items=[one.id]) == 1
    assert sharing.release_backlog() == 2
    assert sharing.read() == ["two", "three"]
    assert sharing.release_backlog() == 0


def test_what_a_review_keeps_is_released_by_no_other_resume():
    sharing = Sharing()
    one, other = sharing.pause(), sharing.pause()
    sharing.give("reviewed")
    sharing.resume(one, "review")
    assert sharing.resume(other).released == 0
    assert sharing.read() == []
    sharing.release_backlog()
    assert sharing.read() == ["reviewed"]


def test_a_pause_that_covers_takes_over_what_a_reviewer_releases():
    sharing = Sharing()
    one = sharing.pause()
    sharing.give("reviewed")
    sharing.resume(one, "review")
    other = sharing.pause()
    assert sharing.release_backlog() == 0
    assert sharing.held(other) == ["reviewed"]
    sharing.resume(other)
    assert sharing.read() == ["reviewed"]


def test_what_the_agreement_no_longer_grants_stays_under_review():
    sharing = Sharing()
    number = sharing.pause()
    sharing.give("reviewed")
    sharing.resume(number, "review")
    sharing.amend(scope="[imagery]")
    assert sharing.release_backlog() == 0
    sharing.amend()
    assert sharing.read() == []
    assert sharing.release_backlog() == 1
    assert sharing.read() == ["reviewed"]


# A cut.


def test_a_cut_hides_what_was_released_and_a_freeze_does_not():
    sharing = Sharing()
    sharing.give("before")
    freeze = sharing.pause()
    assert sharing.read(sharing.fresh()) == ["before"]
    sharing.resume(freeze)
    sharing.pause(mode="cut")
    assert sharing.read(sharing.fresh()) == []


def test_lifting_a_cut_shows_what_it_hid_again_with_dates_unchanged():
    sharing = Sharing()
    sharing.give("one", "two")
    before = sharing.fresh()
    sharing.read(before)
    number = sharing.pause(mode="cut")
    sharing.resume(number)
    after = sharing.fresh()
    assert sharing.read(after) == ["one", "two"]
    assert after.dates == before.dates


def test_a_reader_that_went_past_what_a_cut_hid_is_given_it_when_the_cut_is_lifted():
    sharing = Sharing()
    sharing.give("one")
    sharing.read()
    sharing.give(sharing.item("both", "naval", "targeting"))
    number = sharing.pause(topics=["targeting"], mode="cut")
    sharing.give("two")
    assert sharing.read() == ["two"]
    sharing.resume(number)
    assert sharing.read() == ["both"]


def test_a_reader_that_stood_at_the_end_is_given_nothing_again():
    sharing = Sharing()
    sharing.give("one")
    assert sharing.read() == ["one"]
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(number)
    assert sharing.read() == []


def test_readers_who_stand_differently_when_a_cut_is_lifted_get_streams_of_their_own():
    sharing = Sharing()
    lviv = Client(sharing.world.account("lviv", "UKR"), sharing.collection, "last", 100, versions=("all",))
    sharing.give("one", sharing.item("both", "naval", "targeting"))
    assert sharing.read() == ["one", "both"]
    number = sharing.pause(topics=["targeting"], mode="cut")
    assert sharing.read() == []
    assert sharing.read(lviv) == ["one"]
    sharing.resume(number)
    assert sharing.read() == []
    assert sharing.read(lviv) == ["both"]
    with sharing.node.store.read() as snap:
        assert list(snap.readers()) == [(1, "lviv")]
    # The collection's id stays what it was.
    assert {each.id for each in sharing.world.reading.collections(lviv.account)} == {sharing.collection}


def test_the_lowest_point_from_which_a_reader_read_during_a_cut_counts():
    sharing = Sharing()
    sharing.give("one", "two")
    assert sharing.read() == ["one", "two"]
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    # The same account asks from the beginning as well: for all we know, another client that never had anything.
    assert sharing.read(sharing.fresh()) == []
    sharing.resume(number)
    assert sharing.read() == ["one", "two"]


def test_reading_by_id_during_a_cut_moves_nothing():
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    assert sharing.read() == ["one"]
    number = sharing.pause(mode="cut")
    with pytest.raises(Unknown, match="no such object"):
        sharing.world.reading.item(sharing.kyiv.account, sharing.collection, one.id, Query(10), "objects")
    assert sharing.marks() == 0
    sharing.resume(number)
    assert sharing.read() == []


def test_no_discard_touches_what_a_cut_hid_and_no_count_of_held_items_includes_it():
    sharing = Sharing()
    sharing.give("before")
    assert sharing.read() == ["before"]
    number = sharing.pause(mode="cut")
    sharing.give("held")
    assert sharing.held(number) == ["held"]
    sharing.resume(number, "discard")
    assert sharing.read(sharing.fresh()) == ["before"]


def test_a_freeze_that_still_covers_what_a_cut_hid_leaves_it_readable_at_once():
    sharing = Sharing()
    sharing.give("before")
    freeze, cut = sharing.pause(), sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume(cut)
    sharing.give("held")
    assert sharing.read() == ["before"]
    assert sharing.held(freeze) == ["held"]


def test_another_cut_goes_on_hiding_what_a_lifted_one_hid():
    sharing = Sharing()
    sharing.give("before")
    one = sharing.pause(mode="cut")
    assert sharing.read() == []
    other = sharing.pause(mode="cut")
    sharing.resume(one)
    assert sharing.read() == []
    sharing.resume(other)
    assert sharing.read() == ["before"]


def test_what_an_amendment_hid_is_given_like_what_a_cut_hid_when_it_is_granted_again():
    sharing = Sharing()
    sharing.give("before")
    sharing.amend(scope="[imagery]")
    assert sharing.read() == []
    sharing.amend()
    assert sharing.read() == ["before"]


def test_a_cut_that_is_lifted_after_the_agreement_ended_shows_what_it_hid():
    sharing = Sharing()
    sharing.give("before")
    number = sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.end()
    assert sharing.read() == []
    sharing.resume(number)
    assert sharing.read() == ["before"]


def test_what_its_originator_withdraws_is_read_by_nobody_and_comes_back_with_no_resume():
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one)
    number = sharing.pause()
    sharing.give(two, "three")
    for each in (one, two):
        withdraw(sharing.node, sharing.world.desk, originator="USA", by="agency", stix_id=each.id, versions=None)
    assert sharing.read(sharing.fresh()) == []
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["three"]


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
