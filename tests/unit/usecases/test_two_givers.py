"""A node on which two parties give: each decides its own, and neither is told of the other's."""

from __future__ import annotations

import json

import pytest
from tests.actors import ADMIN, actor, apply, by_hand, discard_backlog, pause, release_backlog, resume
from tests.fakes.store import FakeStore
from tests.simulation.world import World

from relto.domain.errors import ReltoError
from relto.faces.verbs.acts import act_document
from relto.faces.verbs.pausing import seen_document
from relto.usecases import agreements, office, rehearsing, repairing, standing
from relto.usecases.backlog import ReleaseBacklog
from relto.usecases.conditions import AddCondition, SetCondition
from relto.usecases.items import RecallItem
from relto.usecases.memberships import JoinGroup, LeaveGroup
from relto.usecases.office import submit
from relto.usecases.parties import add_party
from relto.usecases.pausing import AmendPause, LiftPause, MakePause
from relto.usecases.preview import preview_pause
from relto.usecases.publishing import Publisher
from relto.usecases.sight import Sight

WASHINGTON = actor("olga", "officer")
KYIV = actor("oleh", "officer", "approver", party="UKR")

NOBODY = "indicator--5a51c7ee-3d5b-4c2b-9a3b-000000000001"
OURS = "agreement: usa-gbr\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n"
THEIRS = "agreement: ukr-gbr\nfrom: UKR\nto: [GBR]\nscope: {topics: [naval]}\n"


class Case:
    def __init__(self):
        self.world = World(FakeStore())
        self.at = self.world.node, self.world.desk
        apply(*self.at, [OURS], by=ADMIN)
        apply(*self.at, [THEIRS], by=KYIV)
        self.ours, self.theirs = self.world.header("ours", ("naval",)), self.world.header("theirs", ("naval",))
        self.world.take([self.ours])
        self.world.take([self.theirs], "UKR")
        self.world.settle_clock()

    def refused(self, code, step, *given, **named):
        with pytest.raises(ReltoError) as caught:
            step(*self.at, *given, **named)
        assert caught.value.code == code
        return caught.value


@pytest.fixture
def case():
    return Case()


@pytest.mark.parametrize("named", ["[USA]", "[UKR, USA]"])
def test_nobody_gives_what_is_anothers_by_an_agreement_that_it_writes_itself(case, named):
    scope = f"{{originators: {named}, topics: [naval]}}"
    mine = f"agreement: ukr-more\nfrom: UKR\nto: [GBR]\nscope: {scope}\n"
    assert case.refused("party-not-yours", apply, [mine], by=KYIV).data["party"] == "USA"
    wider = THEIRS.replace("{topics: [naval]}", scope)
    case.refused("party-not-yours", apply, [wider], by=KYIV)
    assert agreements.found(*case.at, "ukr-more") is None
    assert agreements.found(*case.at, "ukr-gbr").version == 1
    # Whoever acts for both may, and from then on a change of it is for such an account again.
    apply(*case.at, [mine], by=ADMIN)
    case.refused("party-not-yours", apply, ["title: wider\n" + mine], by=KYIV)


def test_all_is_all_of_ones_own(case):
    apart = pause(*case.at, MakePause(everything=True, reason="talks"), by=KYIV)
    assert apart.pause.agreements == {"ukr-gbr"}
    assert preview_pause(*case.at, MakePause(everything=True, reason="x"), by=KYIV).agreements == ["ukr-gbr"]
    assert pause(*case.at, MakePause(everything=True, reason="talks"), by=WASHINGTON).pause.agreements == {"usa-gbr"}
    whole = pause(*case.at, MakePause(everything=True, reason="talks"), by=ADMIN)
    assert whole.pause.agreements == {"ukr-gbr", "usa-gbr"}
    told = case.refused(
        "pause-invalid", preview_pause, MakePause(everything=True), by=actor("x", "officer", party="GBR")
    )
    assert "usa" not in f"{told.message} {told.data}".lower()


def test_a_preview_names_what_still_flows_by_agreements_that_the_asker_sees(case):
    both = "agreement: both\nfrom: USA\nto: [GBR]\nscope: {originators: [UKR], topics: [naval]}\n"
    apply(*case.at, [both], by=ADMIN)

    def still(by):
        found = preview_pause(*case.at, MakePause(["ukr-gbr"], reason="x"), by=by).still_flows
        return [each.agreement for each in found]

    assert (still(ADMIN), still(KYIV)) == (["both"], [])


def test_what_reviews_keep_is_released_and_dropped_by_whose_it_is(case):
    number = pause(*case.at, MakePause(everything=True, reason="talks"), by=ADMIN).pause.number
    for name, whose in (("ours again", "USA"), ("theirs again", "UKR")):
        case.world.take([case.world.header(name, ("naval",))], whose)
    resume(*case.at, [number], backlog="review", by=ADMIN)
    assert discard_backlog(*case.at, by=KYIV)[0] == 1
    # The rest is not theirs: it is as if it were not there.
    assert discard_backlog(*case.at, by=KYIV)[0] == release_backlog(*case.at, by=KYIV, number=number)[0] == 0
    assert release_backlog(*case.at, by=WASHINGTON)[0] == 1
    case.refused("pause-unknown", release_backlog, by=actor("x", "officer", party="GBR"), number=number)
    case.refused("item-unknown", release_backlog, by=KYIV, items=[case.ours.id])


@pytest.mark.parametrize("turned", [release_backlog, discard_backlog])
def test_what_one_giver_made_of_its_backlog_is_told_later_as_it_was(case, turned):
    number = pause(*case.at, MakePause(everything=True, reason="talks"), by=ADMIN).pause.number
    ours, theirs = (case.world.header(name, ("naval",)) for name in ("ours again", "theirs again"))
    case.world.take([ours])
    case.world.take([theirs], "UKR")
    resume(*case.at, [number], backlog="review", by=ADMIN)
    turned(*case.at, by=KYIV)
    case.world.settle_clock()

    def told(at=None):
        listed = [(each.to, each.released) for each in standing.status(*case.at, by=ADMIN, at=at)]
        answers = [standing.explain(*case.at, each.id, "GBR", by=ADMIN, at=at) for each in (ours, theirs)]
        return listed, [[each.decision for each in found] for found in answers]

    assert told(at=case.world.now) == told()


def test_what_an_act_on_a_backlog_answers_tells_of_no_other_stock(case):
    number = pause(*case.at, MakePause(everything=True, reason="talks"), by=ADMIN).pause.number
    twice = case.world.header("twice", ("naval",))
    for whose in ("USA", "UKR"):
        case.world.take([twice], whose)
    resume(*case.at, [number], backlog="review", by=ADMIN)
    outcome = submit(*case.at, ReleaseBacklog(items=(twice.id,)), by=KYIV).act.outcome
    assert (outcome["items"], len(outcome["seqs"])) == (1, 1)


@pytest.mark.parametrize("verb", ["withhold", "recall", "release"])
def test_an_item_of_another_stock_is_not_there(case, verb):
    nothing = case.refused("item-unknown", by_hand, verb, [NOBODY], by=KYIV)
    hidden = case.refused("item-unknown", by_hand, verb, [case.ours.id], by=KYIV)
    assert hidden.message.replace(case.ours.id, NOBODY) == nothing.message
    # Both have an item of that name: for whoever sees one of them nothing is ambiguous.
    twice = case.world.header("twice", ("naval",))
    for whose in ("USA", "UKR"):
        case.world.take([twice], whose)
    case.refused("item-ambiguous", by_hand, verb, [twice.id], by=ADMIN)
    if verb != "withhold":
        assert by_hand(*case.at, verb, [twice.id], by=KYIV).state == "applied"
        assert standing.explain(*case.at, twice.id, "GBR", by=WASHINGTON)[0].decision == "release"
    case.refused("agreement-unknown", by_hand, verb, [case.theirs.id], agreement="usa-gbr", by=KYIV)
    case.refused("item-unknown", standing.explain, case.ours.id, "GBR", by=KYIV)
    (answer,) = standing.explain(*case.at, case.theirs.id, "GBR", by=KYIV)
    assert (answer.agreement, answer.decision) == ("ukr-gbr", "release")


@pytest.mark.parametrize("intent", [JoinGroup, LeaveGroup])
@pytest.mark.parametrize("member", ["GBR", "UKR", "FRA"])
def test_who_belongs_to_a_group_is_not_told_by_a_refusal(case, intent, member):
    add_party(*case.at, "NATO", name="an alliance", kind="alliance", by=ADMIN, members=["GBR"])
    told = case.refused("role-missing", submit, intent("NATO", member), by=KYIV)
    assert told.message.count("NATO") == told.message.count(member) == 0


def test_whoever_only_receives_knows_its_givers_and_its_groups_and_no_other_party(case):
    add_party(*case.at, "NATO", name="an alliance", kind="alliance", by=ADMIN, members=["GBR"])
    add_party(*case.at, "FRA", name="France", kind="state", by=ADMIN)
    with case.world.node.store.read() as snap:
        policy = case.world.desk.current(snap, snap.head().policy_version)

    def known(by):
        return [code for code in ("USA", "UKR", "GBR", "NATO", "FRA", "XYZ") if Sight(by, policy).party(code)]

    assert known(actor("london", "reader", party="GBR")) == ["USA", "UKR", "GBR", "NATO"]
    assert known(actor("kyiv", "reader", party="UKR")) == ["UKR"]
    assert known(KYIV) == ["USA", "UKR", "GBR", "NATO", "FRA"]
    assert not Sight(KYIV, policy).members("NATO", ["GBR"])
    assert Sight(actor("london", "reader", party="GBR"), policy).members("NATO", ["GBR"])
    case.refused("party-unknown", standing.explain, case.theirs.id, "USA", by=actor("kyiv", "reader", party="UKR"))


@pytest.mark.parametrize("named", ["USA", "XYZ"])
def test_whoever_may_not_give_in_anothers_name_is_not_told_whether_that_is_here(case, named):
    with pytest.raises(ReltoError) as caught:
        Publisher(*case.at, originator=named, by=actor("feed", "contributor", party="UKR"))
    assert caught.value.code == "party-not-yours"


# What refusals, counts and answers give away.


def test_a_refusal_names_no_giver_of_an_agreement_that_is_not_there_for_the_asker(case):
    apply(*case.at, ["agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"], by=ADMIN)
    add_party(*case.at, "FRA", name="France", kind="state", by=ADMIN)
    apply(*case.at, ["agreement: fra-gbr\nfrom: FRA\nto: [GBR]\nscope: {topics: [naval]}\n"], by=ADMIN)
    number = pause(*case.at, MakePause(["usa-ukr", "fra-gbr"], reason="talks"), by=ADMIN).pause.number
    for intent in (
        AmendPause(number, discreet=True),
        AmendPause(number, mode="cut"),
        LiftPause(number),
        AddCondition(number, "x"),
        ReleaseBacklog(number),
    ):
        told = case.refused("party-not-yours", submit, intent, by=KYIV)
        assert "FRA" not in f"{told.message} {told.remedy} {told.data}", intent
        assert told.data["party"] == "USA"
    # Who gives one of them is not told who gives the other.
    paris = actor("paris", "officer", party="FRA")
    told = case.refused("party-not-yours", submit, LiftPause(number), by=paris)
    assert "USA" not in f"{told.message} {told.remedy} {told.data}"


def test_who_may_not_pause_is_not_told_who_receives(case):
    apply(*case.at, ["agreement: usa-club\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval]}\n"], by=ADMIN)
    add_party(*case.at, "FRA", name="France", kind="state", by=ADMIN)
    told = {
        case.refused("party-not-yours", pause, MakePause(["usa-club"], recipient=code, reason="x"), by=KYIV).message
        for code in ("GBR", "FRA", "XYZ")
    }
    assert len(told) == 1


def test_an_act_tells_of_no_agreement_that_is_not_there_for_whoever_looks(case):
    secret = "agreement: secret\nfrom: USA\nto: [GBR]\nscope: {originators: [UKR], topics: [naval]}\n"
    apply(*case.at, [secret + "approvals: {pause: 1}\n"], by=ADMIN)
    act = by_hand(*case.at, "recall", [case.theirs.id], by=KYIV).act
    assert set(act.concerns) == {"secret", "ukr-gbr"}
    with case.world.node.store.read() as snap:
        policy = case.world.desk.current(snap, snap.head().policy_version)
    seen = act_document(act, Sight(KYIV, policy))
    assert (seen["agreements"], "secret" in json.dumps(seen)) == (["ukr-gbr"], False)
    assert act_document(act, Sight(ADMIN, policy))["agreements"] == ["secret", "ukr-gbr"]
    apply(*case.at, [secret + "title: another\n"], by=ADMIN)
    told = case.refused("act-closed", office.approve, str(act.number), by=actor("taras", "approver", party="UKR"))
    assert "secret" not in f"{told.message} {told.data}"
    ended = office.shown(case.world.node, str(act.number))
    assert "secret" in ended.ended_why
    assert act_document(ended, Sight(KYIV, policy))["ended_why"] == office.MOVED


def test_a_recipient_is_told_of_the_last_version_that_it_can_read_and_of_no_later_one(case):
    london = actor("london", "reader", party="GBR")
    first = standing.explain(*case.at, case.ours.id, "GBR", by=london)
    number = pause(*case.at, MakePause(["usa-gbr"], reason="x", discreet=True), by=ADMIN).pause.number
    case.world.take([case.world.header("ours", ("naval",), version=2)])
    case.world.settle_clock()
    assert standing.explain(*case.at, case.ours.id, "GBR", by=london) == first
    assert standing.explain(*case.at, case.ours.id, "GBR", by=london, at=case.world.now) == first
    told = {each.agreement: each.decision for each in standing.explain(*case.at, case.ours.id, "GBR", by=ADMIN)}
    assert told["usa-gbr"] == "hold"
    resume(*case.at, [number], by=ADMIN)
    case.world.settle_clock()
    (told,) = standing.explain(*case.at, case.ours.id, "GBR", by=london)
    assert told.item == f"{case.ours.id}@1970-01-01T00:00:00.002Z"


def test_a_recipient_is_told_of_as_much_as_it_can_read(case):
    def released(by, **more):
        return [each.released for each in standing.status(*case.at, "usa-gbr", by=by, **more)]

    london = actor("london", "reader", party="GBR")
    assert released(london) == released(ADMIN) == [1]
    pause(*case.at, MakePause(["usa-gbr"], reason="x", discreet=True, mode="cut"), by=ADMIN)
    assert (released(london), released(ADMIN)) == ([0], [1])
    case.world.settle_clock()
    assert (released(london, at=case.world.now), released(ADMIN, at=case.world.now)) == ([0], [1])


def test_an_account_that_reads_nothing_of_ours_is_not_there(case):
    case.world.account("warsaw", "UKR")
    for step in (repairing.skippable, repairing.skip):
        for name in ("warsaw", "nobody"):
            told = case.refused("account-unknown", step, name, "usa-gbr", by=WASHINGTON)
            assert told.message == f"there is no account `{name}`"
        case.refused("account-reads-nothing", step, "warsaw", "usa-gbr", by=ADMIN)


def test_a_pause_as_its_recipient_sees_it_says_nothing_of_before_or_of_sources(case):
    order = MakePause(["usa-gbr"], reason="x", conditions=("talks are held",), discreet=True)
    number = pause(*case.at, order, by=ADMIN).pause.number
    submit(*case.at, SetCondition(number, 1, "met", "cable 17"), by=ADMIN)
    made = submit(*case.at, AmendPause(number, discreet=False), by=ADMIN).done.value
    with case.world.node.store.read() as snap:
        policy = case.world.desk.current(snap, snap.head().policy_version)
    seen = seen_document(made, Sight(actor("london", "reader", party="GBR"), policy))
    (condition,) = seen["conditions"]
    assert (seen["version"], condition["state"]) == (None, "met")
    assert condition["evidence"] is condition["changed_at"] is condition["changed_by"] is None
    assert seen_document(made, Sight(ADMIN, policy))["version"] == 3


def test_why_an_item_flows_tells_of_no_version_of_anothers_stock(case):
    # Ukraine gives what is Poland's by this one; the object is in its own stock and, later, in the host's.
    add_party(*case.at, "POL", name="Poland", kind="state", by=ADMIN)
    more = "agreement: ukr-more\nfrom: UKR\nto: [GBR]\nscope: {originators: [POL], topics: [naval]}\n"
    apply(*case.at, [more], by=ADMIN)
    later = case.world.header("theirs", ("naval",), version=2)
    case.world.take([later])
    named = {each.agreement: each.item for each in standing.explain(*case.at, case.theirs.id, "GBR", by=KYIV)}
    assert named.keys() == {"ukr-gbr", "ukr-more"}
    assert set(named.values()) == {named["ukr-gbr"]}
    told = standing.explain(*case.at, case.theirs.id, "GBR", by=ADMIN)
    assert {each.agreement: each.item for each in told}["ukr-more"] != named["ukr-more"]


def test_an_item_of_its_own_tells_an_office_nothing_of_what_it_receives_under_that_name(case):
    apply(*case.at, ["agreement: usa-ukr\nfrom: USA\nto: [UKR]\nscope: {topics: [naval]}\n"], by=ADMIN)
    case.world.take([case.world.header("theirs", ("naval",), version=2)])
    told, more = standing.explain_to_all(*case.at, case.theirs.id, by=KYIV, limit=10)
    assert ([(party, answer.agreement) for party, answer in told], more) == ([("GBR", "ukr-gbr")], False)


def test_what_is_not_there_for_whoever_asks_is_not_looked_at(case, monkeypatch):
    looked = []
    side = rehearsing._side_of_items
    monkeypatch.setattr(rehearsing, "_side_of_items", lambda *given: looked.append(given[2].agreement) or side(*given))
    more = "agreement: ukr-more\nfrom: UKR\nto: [GBR]\nscope: {originators: [USA], topics: [naval]}\n"
    apply(*case.at, [more + "approvals: {pause: 1}\n"], by=ADMIN)
    act = submit(*case.at, RecallItem([case.ours.id], None, "a source"), by=ADMIN).act
    assert set(act.concerns) == {"usa-gbr", "ukr-more"}
    found = rehearsing.rehearse_act(*case.at, act, by=WASHINGTON)
    assert {each.agreement for each in found.courses} == set(looked) == {"usa-gbr"}
