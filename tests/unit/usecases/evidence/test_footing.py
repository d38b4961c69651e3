"""Footing: which leaves an explanation names. That each says what is claimed is asked of every world (`footed.py`)."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN, actor
from tests.footed import footed
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.item import Header
from relto.usecases import office, parties, publishing, purging, repairing, standing
from relto.usecases.intent import Intent
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.pausing import LiftPause
from relto.usecases.reading import Query

HOUR = 3_600_000_000


@pytest.fixture
def sharing() -> Sharing:
    return Sharing()


def rests_on(sharing: Sharing, item: Header, party: str = "UKR", at: int | None = None) -> list[str]:
    """What the leaves tell, in the order of the log."""
    node, desk = sharing.node, sharing.world.desk
    (answer,) = standing.explain(node, desk, item.id, party, by=ADMIN, at=at)
    return [f"{told.kind}: {told.what}" for told in answer.leaves]


def acts(sharing: Sharing, item: Header, party: str = "UKR", at: int | None = None) -> list[str]:
    """The kinds of the acts among them, without the first version of the agreement."""
    found = [each.split("(")[1].split(")")[0] for each in rests_on(sharing, item, party, at) if each.startswith("act")]
    assert found.pop(0) == "agreement-apply"
    return found


def kinds(sharing: Sharing, item: Header) -> list[str]:
    return [each.partition(":")[0] for each in rests_on(sharing, item)]


def test_what_flows_rests_on_the_agreement_on_who_brought_it_and_on_the_page_that_gave_it(sharing):
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    assert kinds(sharing, two) == ["act", "batch"]
    sharing.read()
    sharing.read(sharing.fresh())
    agreed, came, given = rests_on(sharing, two)
    assert agreed.endswith("(agreement-apply) by `admin`: version 1 of agreement `usa-ukr`")
    assert came == "batch: items 1 to 2 of USA came in by `admin`; this is item 2"
    assert given == "delivery: it was given to `kyiv` of UKR under agreement `usa-ukr`"


def test_what_is_held_rests_on_the_acts_that_made_and_changed_the_pauses_that_hold_it(sharing):
    item = sharing.item("item")
    first = sharing.pause()
    sharing.pause(topics=["targeting"])
    sharing.give(item)
    sharing.pause(mode="cut")
    assert acts(sharing, item) == ["pause"]
    sharing.world.clock.moment += HOUR
    office.submit(sharing.node, sharing.world.desk, amendment(first), by=ADMIN)
    assert acts(sharing, item) == ["pause", "pause-amend"]


def amendment(number: str) -> Intent:
    from relto.usecases.pausing import AmendPause

    return AmendPause(number, reason="talks go on")


def test_a_pause_that_was_scheduled_rests_on_who_scheduled_it_and_on_its_beginning(sharing):
    sharing.pause(from_us=sharing.world.now + HOUR)
    item = sharing.item("item")
    sharing.world.clock.moment += 2 * HOUR
    sharing.give(item)
    assert acts(sharing, item) == ["pause", "pause-begun"]


def test_what_a_resume_released_rests_on_its_epoch_and_on_who_resumed_and_who_agreed():
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    number, item = sharing.pause(), sharing.item("item")
    sharing.give(item)
    olga, ann = actor("olga", "officer"), actor("ann", "approver")
    asked = office.submit(sharing.node, sharing.world.desk, LiftPause(number), by=olga)
    assert asked.act is not None
    office.approve(sharing.node, sharing.world.desk, str(asked.act.number), by=ann)
    sharing.read()
    told = rests_on(sharing, item)
    assert f"act: act {asked.act.number} (resume) by `olga`, approved by `ann`: pause `{number}`" in told
    assert "epoch: epoch 1 of stream 1, in whose backlog it stands" in told
    assert told[-1].startswith("delivery: ")


@pytest.mark.parametrize("backlog", ["discard", "review"])
def test_what_became_of_a_backlog_rests_on_who_said_so(sharing, backlog):
    sharing.give("before")
    item = sharing.item("item")
    number = sharing.pause()
    sharing.give(item)
    sharing.resume(number, backlog)
    assert acts(sharing, item) == (["resume"] if backlog == "discard" else ["pause", "resume"])
    if backlog == "review":
        sharing.discard_backlog(items=[item.id])
        assert acts(sharing, item) == ["backlog-discard"]


def test_a_word_on_the_item_by_itself_and_its_withdrawal_are_named(sharing):
    item, other = sharing.item("item", "imagery"), sharing.item("other", "imagery")
    sharing.give(item, other)
    sharing.by_hand("withhold", item)
    sharing.by_hand("release", item)
    sharing.by_hand("withhold", other, agreement="usa-ukr")
    assert acts(sharing, item) == ["item-withhold", "item-release"]
    publishing.withdraw(sharing.node, sharing.world.desk, originator="USA", by=ADMIN, stix_id=other.id, versions=None)
    assert acts(sharing, other) == ["item-withhold", "withdraw"]


def test_who_receives_by_a_group_rests_on_how_it_came_in_and_how_it_left():
    sharing = Sharing()
    node, world = sharing.node, sharing.world
    parties.add_party(node, world.desk, "COAL", name="Coalition", kind="group", members=["GBR"], by=ADMIN)
    world.apply("agreement: usa-ukr\nfrom: USA\nto: [COAL]\nscope: {topics: [naval]}\n")
    item = sharing.item("item")
    sharing.give(item)
    told = [each for each in rests_on(sharing, item, "GBR") if each.startswith("act")]
    assert ["(party-add)" in each for each in told] == [True, False]
    office.submit(node, world.desk, JoinGroup("COAL", "UKR", from_us=world.now + HOUR), by=ADMIN)
    world.clock.moment += 2 * HOUR
    assert acts(sharing, item) == ["party-join", "membership-due"]
    office.submit(node, world.desk, LeaveGroup("COAL", "UKR"), by=ADMIN)
    assert acts(sharing, item) == ["membership-due", "party-leave"]


def test_the_end_of_an_agreement_is_named(sharing):
    item = sharing.item("item")
    sharing.end()
    sharing.give(item)
    assert acts(sharing, item) == ["agreement-end"]


def test_what_was_given_again_rests_on_the_first_page_that_gave_it(sharing):
    item = sharing.item("item")
    sharing.give(item)
    sharing.read()
    before = rests_on(sharing, item)
    repairing.redeliver(sharing.node, sharing.world.desk, "usa-ukr", recipient="UKR", account="kyiv", since=0, by=ADMIN)
    assert sharing.read() == ["item"]
    assert rests_on(sharing, item)[: len(before)] == before


def test_what_was_purged_still_rests_on_the_page_that_gave_it(sharing):
    item = sharing.item("item")
    sharing.give(item)
    sharing.read()
    purging.purge(sharing.node, sharing.world.desk, before=sharing.world.now, originator=None, by=ADMIN)
    assert kinds(sharing, item)[-1] == "delivery"


def test_a_list_of_names_and_a_page_that_never_left_gave_nothing(sharing):
    item = sharing.item("item")
    sharing.give(item)
    world, kyiv = sharing.world, sharing.kyiv
    world.settle_clock()
    world.reading.page(kyiv.account, sharing.collection, Query(9), "manifest")
    assert kinds(sharing, item) == ["act", "batch"]
    reading = world.reading
    reading.unsent(reading.page(kyiv.account, sharing.collection, Query(9), "objects"))
    assert kinds(sharing, item) == ["act", "batch"]
    sharing.read()
    assert kinds(sharing, item) == ["act", "batch", "delivery"]


def test_at_a_moment_it_rests_on_what_there_was_then(sharing):
    item = sharing.item("item")
    number = sharing.pause()
    sharing.give(item)
    sharing.world.clock.moment += HOUR
    then = sharing.world.now
    sharing.world.clock.moment += HOUR
    sharing.resume(number)
    sharing.amend("review: 2026-01-01\n")
    sharing.read()
    assert acts(sharing, item, at=then) == ["pause"]
    assert any("version 1 of" in each for each in rests_on(sharing, item, at=then))
    assert not any(each.startswith(("epoch", "delivery")) for each in rests_on(sharing, item, at=then))
    assert any("version 2 of" in each for each in rests_on(sharing, item))


def test_a_recipient_is_told_of_the_page_that_it_was_given_and_an_officer_of_what_is_its_own(sharing):
    item = sharing.item("item")
    sharing.give(item)
    sharing.read()
    node, desk = sharing.node, sharing.world.desk
    kyiv = actor("kyiv", "reader", party="UKR")
    (answer,) = standing.explain(node, desk, item.id, "UKR", by=kyiv)
    assert [told.kind for told in answer.leaves] == ["delivery"]
    olga = actor("olga", "officer")
    (answer,) = standing.explain(node, desk, item.id, "UKR", by=olga)
    assert [told.kind for told in answer.leaves] == ["act", "batch", "delivery"]


def test_among_very_many_pages_few_are_looked_into(sharing, monkeypatch):
    """Many readers, each of which was given all: the leaves that are read do not grow with the log."""
    item = sharing.item("item 120")
    for number in range(200):
        sharing.give(sharing.item(f"item {number}"))
        if number % 3 == 0:
            sharing.read()
    for _ in range(5):
        sharing.read(sharing.fresh())
    footed(sharing.world)
    from relto.usecases.evidence.show import footing

    looked: list[int] = []

    def leaf_of(snap, number, row):
        looked.append(number)
        return showing_leaf_of(snap, number, row)

    showing_leaf_of = footing.leaf_of
    monkeypatch.setattr(footing, "leaf_of", leaf_of)
    assert kinds(sharing, item) == ["act", "batch", "delivery"]
    assert len(looked) <= 8
