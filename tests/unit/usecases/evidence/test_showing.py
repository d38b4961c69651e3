"""Showing: which leaves concern a party, and which are those of these numbers."""

from __future__ import annotations

import pytest
from tests.actors import ADMIN, actor
from tests.simulation.sharing import TERMS, Sharing

from relto.ports.store import ActRow
from relto.usecases import office, parties
from relto.usecases.agreements import ApplyAgreement
from relto.usecases.conditions import AddCondition
from relto.usecases.evidence.show.showing import Narrowed, received, shown
from relto.usecases.evidence.walking import Leaf, leaf_at, leaves
from relto.usecases.memberships import JoinGroup
from relto.usecases.reading import Query


@pytest.fixture
def sharing() -> Sharing:
    return Sharing()


def concerning(sharing: Sharing, party: str) -> list[Leaf]:
    with sharing.node.store.read() as snap:
        policy = sharing.world.desk.current(snap, snap.head().policy_version)
        narrowed = Narrowed(party=party, agreements_with=policy.agreements_with(party))
        return shown(snap, narrowed, limit=10_000)


def acts(sharing: Sharing, party: str) -> list[str]:
    return [leaf.says["act"] for leaf in concerning(sharing, party) if leaf.kind == "act"]


def test_an_act_on_an_agreement_concerns_who_is_a_party_to_it(sharing):
    before = acts(sharing, "GBR")
    assert acts(sharing, "UKR") == ["party-add", "account-add", "agreement-apply"]
    number = sharing.pause()
    sharing.resume(number)
    sharing.amend("review: 2026-01-01\n")
    assert acts(sharing, "UKR")[3:] == ["pause", "resume", "agreement-apply"]
    assert acts(sharing, "GBR") == before == ["party-add"]
    tables = [leaf.says["table"] for leaf in concerning(sharing, "UKR") if leaf.kind == "row"]
    assert (tables.count("agreements"), tables.count("pauses")) == (2, 2)


def test_an_agreement_that_waits_concerns_whom_its_file_names():
    sharing = Sharing(TERMS + "approvals: {amend: 1}\n")
    asked = office.submit(
        sharing.node,
        sharing.world.desk,
        ApplyAgreement(TERMS.replace("[UKR]", "[UKR, GBR]")),
        by=actor("olga", "officer"),
    )
    assert asked.state == "proposed"
    assert acts(sharing, "GBR") == ["party-add", "agreement-apply"]


def test_who_is_left_out_is_still_told_what_it_was_a_party_to(sharing):
    sharing.amend(to="[GBR]")
    assert acts(sharing, "UKR")[-2:] == ["agreement-apply", "agreement-apply"]


def test_what_was_asked_for_concerns_the_parties_that_it_names(sharing):
    node, desk = sharing.node, sharing.world.desk
    parties.add_party(node, desk, "COAL", name="Coalition", kind="group", members=["UKR"], by=ADMIN)
    office.submit(node, desk, JoinGroup("COAL", "GBR"), by=ADMIN)
    office.submit(node, desk, AddCondition(sharing.pause(), "talks", asked_by="GBR"), by=ADMIN)
    assert acts(sharing, "GBR") == ["party-add", "party-join", "condition-add"]
    assert acts(sharing, "COAL") == ["party-add", "party-join"]
    assert acts(sharing, "UKR")[3:5] == ["party-add", "pause"]


@pytest.mark.tampers
def test_an_act_that_nobody_can_read_is_shown_to_who_asks_for_all(sharing):
    with sharing.node.store.write() as tx:
        tx.add_act(ActRow(0, "party-add", 5, "admin", '{"order": 7}'))
    assert "party-add" in acts(sharing, "GBR")
    with sharing.node.store.read() as snap:
        assert shown(snap, Narrowed(), limit=10_000)[-1].says["value"] == '{"order": 7}'


def test_leaves_are_found_by_number_and_a_part_leads_to_what_it_belongs_to(sharing):
    sharing.give("one")
    sharing.world.settle_clock()
    ids = tuple(f"indicator--{number:08d}-0000-4000-8000-000000000000" for number in range(2_000))
    item = sharing.item("one")
    sharing.world.reading.page(sharing.kyiv.account, sharing.collection, Query(9, ids=(*ids, item.id)), "objects")
    with sharing.node.store.read() as snap:
        size = snap.log().size
        whole = list(leaves(snap))
        numbers = {leaf.number for leaf in whole}
        (given,) = [leaf for leaf in whole if leaf.kind == "delivery"]
        assert given.parts > 1
        for number in range(size):
            (found,) = shown(snap, Narrowed(numbers={number}), limit=9)
            assert found == next(leaf for leaf in whole if leaf.number >= number)
            assert leaf_at(snap, number) == found
        assert [leaf.number for leaf in shown(snap, Narrowed(numbers={*range(size)}), limit=size)] == sorted(numbers)
        assert shown(snap, Narrowed(numbers={-1, size, 10**40}), limit=9) == []


@pytest.mark.tampers
def test_the_write_blocks_of_an_act_are_shown_whole_however_long_the_act_is(sharing):
    with sharing.node.store.write() as tx:
        number = tx.add_act(ActRow(0, "party-add", 5, "admin", f'{{"order": "{"x" * 60_000}"}}'))
        tx.put_setting("topics", "")
    with sharing.node.store.read() as snap:
        last = snap.log().size - 1
        whole = shown(snap, Narrowed(act=number), limit=10)
        assert [(leaf.number, leaf.kind, leaf.parts > 0) for leaf in whole] == [
            (last - 1, "act", True),
            (last, "row", False),
        ]
        assert shown(snap, Narrowed(act=number), limit=1) == whole[:1]
        assert shown(snap, Narrowed(act=number), after=last - 1, limit=10) == whole[1:]
        assert shown(snap, Narrowed(act=number, kind="row"), limit=10) == whole[1:]
        assert shown(snap, Narrowed(act=number, numbers=[last, 0]), limit=10) == whole[1:]
        assert shown(snap, Narrowed(act=number + 1), limit=10) == []


def test_a_page_that_never_left_was_not_received(sharing):
    sharing.give("one", "two")
    sharing.world.settle_clock()
    account, name = sharing.kyiv.account, sharing.collection
    lost = sharing.world.reading.page(account, name, Query(1, versions=("all",)), "objects")
    had = sharing.world.reading.page(account, name, Query(2, versions=("all",)), "objects")
    sharing.world.reading.unsent(lost)
    with sharing.node.store.read() as snap:
        first, *_ = leaves(snap, kind="delivery")
        found = list(received(snap, "UKR"))
        assert list(received(snap, "UKR", after=first.number)) == found
    assert len(found) == len(had.entries) == 2
    assert {each.leaf for each in found}.isdisjoint({first.number})


def test_what_was_received_flowed_by_the_last_act_and_under_the_version_of_then(sharing):
    sharing.give("one")
    sharing.read()
    sharing.world.settle_clock()
    sharing.amend("review: 2026-01-01\n")
    sharing.give("two")
    sharing.read()
    number = sharing.pause()
    sharing.give("three")
    sharing.resume(number)
    sharing.read()
    with sharing.node.store.read() as snap:
        found = list(received(snap, "UKR"))
    assert [each.version for each in found] == [1, 2, 2]
    assert [each.act.kind for each in found] == ["agreement-apply", "agreement-apply", "resume"]
    assert found[0].act.number < found[1].act.number < found[2].act.number
