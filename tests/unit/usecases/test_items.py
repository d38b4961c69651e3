"""Items one by one: withheld, released and recalled by hand; and retractions, which pass a freeze to who has what they
retract. Every reader gets what it may have exactly once.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests import actors
from tests.actors import ADMIN, actor
from tests.simulation.sharing import TERMS, Sharing

from relto.domain.errors import BadInput, Refused, ReltoError, Unknown
from relto.domain.item import Header
from relto.usecases import office
from relto.usecases.items import RecallItem, ReleaseItem, WithholdItem
from relto.usecases.pausing import AmendPause, MakePause

BOTH = "agreement: usa-both\nfrom: USA\nto: [UKR, GBR]\nscope: {topics: [naval, imagery]}\n"
NOBODY = "indicator--5a51c7ee-3d5b-4c2b-9a3b-999999999999"
OLGA, ANN = actor("olga", "officer"), actor("ann", "approver")
HOLDS = TERMS + "revocations: hold\n"


def held(sharing: Sharing, *names: str) -> list[Header]:
    """Items that a pause of everything holds."""
    sharing.pause()
    items = [sharing.item(name) for name in names]
    sharing.give(*items)
    return items


# Withheld.


def test_an_item_that_is_held_is_withheld_by_hand_and_no_resume_gives_it() -> None:
    sharing = Sharing()
    one, _ = held(sharing, "one", "two")
    assert sharing.by_hand("withhold", one) == {"items": 1, "released": 0, "verb": "withhold"}
    assert sharing.why(one) == ("withhold", "withheld-by-hand")
    assert sharing.resume("1").released == 1
    assert sharing.read() == ["two"]


def test_what_was_withheld_by_hand_is_given_once_when_it_is_released() -> None:
    sharing = Sharing()
    one, _ = held(sharing, "one", "two")
    sharing.by_hand("withhold", one)
    sharing.resume("1")
    assert sharing.read() == ["two"]
    assert sharing.by_hand("release", one)["released"] == 1
    assert sharing.read() == ["one"]
    assert sharing.read(sharing.fresh()) == ["two", "one"]


def test_an_item_that_was_released_is_not_withheld_but_recalled() -> None:
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    with pytest.raises(Refused) as caught:
        sharing.by_hand("withhold", one)
    assert (caught.value.code, caught.value.remedy) == ("item-released", "relto item recall")
    assert caught.value.message.endswith("was released already under `usa-ukr`")


def test_an_item_that_nobody_was_given_is_not_recalled_but_withheld() -> None:
    sharing = Sharing()
    (one,) = held(sharing, "one")
    with pytest.raises(Refused) as caught:
        sharing.by_hand("recall", one)
    assert (caught.value.code, caught.value.remedy) == ("item-not-released", "relto item withhold")


def test_an_item_out_of_scope_is_withheld_by_hand_before_the_scope_takes_it_in() -> None:
    sharing = Sharing()
    one = sharing.item("one", "imagery")
    sharing.give(one)
    sharing.by_hand("withhold", one)
    sharing.amend(scope="[naval, imagery]")
    assert sharing.read() == []
    sharing.by_hand("release", one)
    assert sharing.read() == ["one"]


# Released.


@pytest.mark.parametrize("mode", ["freeze", "cut"])
def test_an_item_is_released_by_hand_through_a_pause_and_not_again_by_the_resume(mode: str) -> None:
    sharing = Sharing()
    number = sharing.pause(mode=mode)
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    assert sharing.by_hand("release", one)["released"] == 1
    assert sharing.why(one) == ("release", "released-by-hand")
    assert sharing.read() == ["one"]
    assert sharing.held(number) == ["two"]
    assert sharing.resume(number).released == 1
    assert sharing.read() == ["two"]
    assert sharing.read(sharing.fresh()) == ["one", "two"]


@pytest.mark.parametrize("paused", [True, False])
@pytest.mark.parametrize("backlog", ["review", "discard"])
def test_what_a_review_keeps_or_a_resume_dropped_is_released_by_hand(backlog: Any, paused: bool) -> None:
    sharing = Sharing()
    one, _ = held(sharing, "one", "two")
    sharing.resume("1", backlog)
    if paused:
        sharing.pause()
    assert sharing.by_hand("release", one)["released"] == 1
    assert sharing.why(one)[0] == "release"
    assert sharing.read() == ["one"]
    assert sharing.by_hand("release", one)["released"] == 0
    if paused:
        sharing.resume("2")
    assert sharing.read() == []
    assert sharing.release_backlog() == (1 if backlog == "review" else 0)
    assert sharing.read() == (["two"] if backlog == "review" else [])


def test_what_was_released_by_hand_stays_where_it_is() -> None:
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    assert sharing.read() == ["one"]
    assert sharing.by_hand("release", one)["released"] == 0
    sharing.pause(mode="cut")
    assert sharing.read(sharing.fresh()) == ["one"]
    assert sharing.read() == []


def test_a_release_by_hand_lifts_no_marking_and_widens_no_scope() -> None:
    sharing = Sharing()
    red = sharing.item("red", "naval", markings=("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",))
    other = sharing.item("other", "imagery")
    sharing.give(red, other)
    assert sharing.by_hand("release", red, other)["released"] == 0
    assert sharing.read() == []
    assert {sharing.why(red)[0], sharing.why(other)[0]} == {"withhold"}


def test_an_item_released_by_hand_under_one_agreement_stays_held_under_another() -> None:
    sharing = Sharing()
    sharing.world.apply(BOTH)
    london = sharing.world.account("london", "GBR")
    actors.pause(sharing.node, sharing.world.desk, MakePause(everything=True, reason="talks"), by=ADMIN)
    one = sharing.item("one")
    sharing.give(one)
    sharing.by_hand("release", one, agreement="usa-ukr")
    assert sharing.read() == ["one"]
    (answer,) = sharing.explained(one, "GBR")
    assert answer.decision == "hold"
    assert london.party == "GBR"
    # The word on one agreement counts before the word on all.
    sharing.by_hand("withhold", sharing.item("one"), agreement="usa-both")
    sharing.resume("1")
    (answer,) = sharing.explained(one, "GBR")
    assert answer.decision == "withhold"


# Recalled.


def test_a_reader_that_had_read_what_was_recalled_gets_it_not_again() -> None:
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    assert sharing.read() == ["one", "two"]
    done = sharing.by_hand("recall", one)
    assert (done["items"], done["recipients"]) == (1, ["UKR"])
    assert sharing.why(one)[1] == "recalled"
    sharing.give("three")
    assert sharing.read() == ["three"]
    # A client of the same account that begins anew is given what is left, and so stands before what was recalled.
    assert sharing.read(sharing.client(sharing.world.account("lviv", "UKR"))) == ["two", "three"]
    sharing.by_hand("release", one)
    assert sharing.read() == []
    assert sharing.read(sharing.fresh()) == ["one", "two", "three"]


def test_a_reader_that_went_past_what_was_recalled_gets_it_once_when_it_is_released() -> None:
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    sharing.by_hand("recall", one)
    assert sharing.read() == ["two"]
    lviv = sharing.client(sharing.world.account("lviv", "UKR"))
    sharing.by_hand("release", one)
    assert sharing.read() == ["one"]
    assert sharing.read() == []
    # Who had not read yet finds it where it was.
    assert sharing.read(lviv) == ["one", "two"]


@pytest.mark.parametrize("mode", ["freeze", "cut"])
def test_what_is_recalled_under_a_pause_stays_closed_when_that_is_lifted(mode: str) -> None:
    sharing = Sharing()
    one, two = sharing.item("one"), sharing.item("two")
    sharing.give(one, two)
    number = sharing.pause(mode=mode)
    if mode == "cut":
        # What a cut hides can be read by nobody at present, and is recalled all the same.
        sharing.by_hand("recall", one)
        assert sharing.read() == []
    else:
        sharing.by_hand("recall", one)
        assert sharing.read() == ["two"]
    sharing.resume(number)
    assert sharing.read() == (["two"] if mode == "cut" else [])
    sharing.by_hand("release", one)
    assert sharing.read() == ["one"]
    assert sharing.read(sharing.fresh()) in (["two", "one"], ["one", "two"])


def test_several_items_are_recalled_as_one_act_and_each_is_given_once_afterwards() -> None:
    sharing = Sharing()
    items = [sharing.item(f"i{number}", *(["naval"] if number % 2 else ["naval", "imagery"])) for number in range(6)]
    sharing.give(*items)
    sharing.by_hand("recall", *items[1:4])
    assert sharing.read() == ["i0", "i4", "i5"]
    sharing.by_hand("release", *items[2:4])
    assert sharing.read() == ["i2", "i3"]
    sharing.by_hand("release", items[1])
    assert sharing.read() == ["i1"]
    assert sharing.read() == []
    assert sorted(sharing.read(sharing.fresh())) == [f"i{number}" for number in range(6)]


# Who may, and what is no item.


def test_who_gives_items_of_another_party_releases_its_own_agreements_alone() -> None:
    sharing = Sharing()
    world = sharing.world
    world.apply("agreement: gbr-ukr\nfrom: GBR\nto: [UKR]\nscope: {originators: [USA], topics: [naval]}\n")
    actors.pause(world.node, world.desk, MakePause(["gbr-ukr"], reason="talks"), by=ADMIN)
    one = sharing.item("one")
    sharing.give(one)
    olga = actor("olga", "officer", party="USA")
    with pytest.raises(Refused) as caught:
        office.submit(world.node, world.desk, ReleaseItem((one.id,), None, "a reason"), by=olga)
    assert caught.value.code == "party-not-yours", "it would pass a pause of another party"
    office.submit(world.node, world.desk, ReleaseItem((one.id,), "usa-ukr", "a reason"), by=olga)
    assert {answer.agreement: answer.decision for answer in sharing.explained(one, "UKR")} == {
        "usa-ukr": "release",
        "gbr-ukr": "hold",
    }


@pytest.mark.parametrize(
    ("order", "error", "code"),
    [
        (ReleaseItem((), None, "why"), BadInput, "items-invalid"),
        (ReleaseItem(("x",) * 1_001, None, "why"), BadInput, "items-invalid"),
        (ReleaseItem(("nonsense",), None, "why"), BadInput, "stix-id-invalid"),
        (ReleaseItem((NOBODY,), None, "why"), Unknown, "item-unknown"),
        (ReleaseItem((NOBODY,), "nil", "why"), Unknown, "agreement-unknown"),
        (ReleaseItem((NOBODY,), None, ""), BadInput, "reason-invalid"),
        (ReleaseItem((NOBODY,), None, "a\nb"), BadInput, "reason-invalid"),
        (WithholdItem((NOBODY,), None, "x" * 2_001), BadInput, "reason-invalid"),
    ],
)  # fmt: skip
def test_what_is_no_act_on_items_is_refused_by_name(order: Any, error: type[ReltoError], code: str) -> None:
    sharing = Sharing()
    with pytest.raises(error) as caught:
        office.submit(sharing.node, sharing.world.desk, order, by=ADMIN)
    assert caught.value.code == code


def test_an_item_of_two_originators_is_named_with_an_agreement() -> None:
    sharing = Sharing()
    one = sharing.item("one")
    sharing.pause()
    sharing.give(one)
    sharing.world.take([one], originator="GBR")
    with pytest.raises(BadInput) as caught:
        sharing.by_hand("release", one)
    assert caught.value.code == "item-ambiguous"
    assert sharing.by_hand("release", one, agreement="usa-ukr")["released"] == 1


def test_an_item_that_was_released_while_its_withholding_waited_is_not_withheld_by_the_approval() -> None:
    sharing = Sharing(TERMS + "approvals: {pause: 1}\n")
    world = sharing.world
    world.apply(TERMS.replace("usa-ukr", "other") + "approvals: {pause: 1}\n")
    one = sharing.item("one", "imagery")
    sharing.give(one)
    order = WithholdItem((one.id,), "usa-ukr", "a reason")
    asked = office.submit(world.node, world.desk, order, by=actor("olga", "officer"))
    assert asked.state == "proposed"
    sharing.amend("approvals: {pause: 1}\n", scope="[naval, imagery]")
    assert sharing.read() == ["one"]
    with pytest.raises(Refused):
        office.approve(world.node, world.desk, str(asked.act.number), by=actor("ann", "approver"))
    assert sharing.read(sharing.fresh()) == ["one"]


# Retractions.


def given_and_retracted(sharing: Sharing, **pause: Any) -> Header:
    """UKR has an item; then comes a pause, and then what retracts the item."""
    one = sharing.item("one")
    sharing.give(one)
    assert sharing.read() == ["one"]
    sharing.pause(**pause)
    again = sharing.item("one", version=2, revoked=True)
    sharing.give(again, "two")
    return again


def test_a_retraction_of_what_a_recipient_has_passes_a_freeze_as_a_recorded_act() -> None:
    sharing = Sharing()
    again = given_and_retracted(sharing)
    assert sharing.why(again) == ("release", "retraction")
    assert sharing.read() == ["one again"]
    (act,) = office.listed(sharing.node, kind="retraction")
    assert act.order == {"items": [{"item": f"{again.id}@{again.version}", "for": [["usa-ukr", "UKR"]]}]}
    sharing.resume("1")
    assert sharing.read() == ["two"]
    assert sharing.read(sharing.fresh()) == ["one", "one again", "two"]


def test_a_retraction_passes_no_cut_and_is_given_once_when_that_is_lifted() -> None:
    sharing = Sharing()
    again = given_and_retracted(sharing, mode="cut")
    assert sharing.why(again)[0] == "hold"
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["one again", "two"]


@pytest.mark.parametrize("how", ["amended", "lifted"])
def test_a_retraction_that_came_under_a_cut_passes_the_freeze_that_is_left(how) -> None:
    sharing = Sharing()
    sharing.give("one")
    cut = sharing.pause(mode="cut")
    if how == "lifted":
        sharing.pause()
    sharing.give(sharing.item("one", version=2, revoked=True), sharing.item("two"))
    assert sharing.read(sharing.fresh()) == []
    if how == "amended":
        office.submit(sharing.node, sharing.world.desk, AmendPause(cut, mode="freeze"), by=ADMIN)
    else:
        sharing.resume(cut)
    # What was retracted can be read again: nobody should act on it.
    assert sharing.read(sharing.fresh()) == ["one", "one again"]


def test_a_release_by_hand_is_of_what_was_asked_about_and_of_no_agreement_made_since() -> None:
    sharing = Sharing(TERMS + "approvals: {resume: 1}\n")
    sharing.pause()
    first, other = sharing.item("one"), sharing.item("other")
    sharing.give(first, other)
    desk = sharing.world.desk
    asked = [office.submit(sharing.node, desk, ReleaseItem([each.id], None, "ok"), by=OLGA) for each in (first, other)]
    sharing.give(sharing.item("one", version=2))
    office.approve(sharing.node, desk, str(asked[0].act.number), by=ANN)
    assert sharing.read(sharing.fresh()) == ["one"]
    sharing.world.apply(
        "agreement: usa-gbr\nfrom: USA\nto: [GBR]\nhistory: all\nscope: {topics: [naval]}\napprovals: {resume: 3}\n"
    )
    with pytest.raises(Refused) as caught:
        office.approve(sharing.node, desk, str(asked[1].act.number), by=ANN)
    assert (caught.value.code, caught.value.data["moved"]) == ("act-outdated", ["usa-gbr"])


@pytest.mark.parametrize("verb", ["withhold", "recall"])
def test_what_is_agreed_to_be_kept_back_is_the_version_that_was_seen(verb) -> None:
    sharing = Sharing(TERMS + "approvals: {pause: 1}\n")
    first = sharing.item("one")
    if verb == "withhold":
        paused = office.submit(sharing.node, sharing.world.desk, MakePause(["usa-ukr"], reason="x"), by=OLGA)
        office.approve(sharing.node, sharing.world.desk, str(paused.act.number), by=ANN)
    sharing.give(first)
    order = (WithholdItem if verb == "withhold" else RecallItem)([first.id], "usa-ukr", "no")
    asked = office.submit(sharing.node, sharing.world.desk, order, by=OLGA)
    sharing.give(sharing.item("one", version=2))
    office.approve(sharing.node, sharing.world.desk, str(asked.act.number), by=ANN)
    if verb == "withhold":
        sharing.resume("1")
    assert sharing.read(sharing.fresh()) == ["one again"]


def test_a_retraction_passes_no_freeze_where_a_cut_covers_it_too() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.pause()
    sharing.pause(mode="cut", topics=("naval",))
    sharing.give(sharing.item("one", version=2, revoked=True))
    assert sharing.read() == []


def test_a_cut_that_comes_later_closes_a_retraction_that_a_freeze_let_through() -> None:
    sharing = Sharing()
    given_and_retracted(sharing)
    sharing.pause(mode="cut")
    assert sharing.read() == []
    sharing.resume("2")
    assert sharing.read(sharing.fresh()) == ["one", "one again"]
    assert sharing.read() == ["one again"]


def test_an_agreement_that_holds_revocations_holds_them() -> None:
    sharing = Sharing(HOLDS)
    again = given_and_retracted(sharing)
    assert sharing.why(again)[0] == "hold"
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["one again", "two"]


def test_the_retraction_of_what_a_recipient_has_not_is_held() -> None:
    sharing = Sharing()
    sharing.pause()
    sharing.give("one")
    sharing.give(sharing.item("one", version=2, revoked=True))
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["one", "one again"]


def test_a_retraction_passes_to_the_recipient_that_has_it_alone() -> None:
    sharing = Sharing(BOTH.replace("usa-both", "usa-ukr"))
    number = sharing.pause(recipient="GBR")
    one = sharing.item("one")
    sharing.give(one)
    sharing.pause()
    again = sharing.item("one", version=2, revoked=True)
    sharing.give(again)
    assert sharing.read() == ["one", "one again"]
    assert [each.decision for each in sharing.explained(again, "GBR")] == ["hold"]
    sharing.resume("2")
    assert [each.decision for each in sharing.explained(again, "GBR")] == ["hold"]
    sharing.resume(number)
    assert [each.decision for each in sharing.explained(again, "GBR")] == ["release"]
    assert sharing.read() == []


def test_a_retraction_out_of_scope_is_withheld_whoever_has_what_it_retracts() -> None:
    sharing = Sharing()
    sharing.give("one")
    sharing.pause()
    sharing.give(sharing.item("one", "imagery", version=2, revoked=True))
    assert sharing.read() == ["one"]


@pytest.mark.parametrize("first", [0, 1])
def test_a_retraction_in_the_bundle_of_what_it_retracts_passes_where_that_flows(first: int) -> None:
    sharing = Sharing(TERMS + "exceptions: [{name: warn, scope: {topics: [life]}}]\n")
    sharing.pause()
    warning = sharing.item("one", "naval", "life")
    again = sharing.item("one", version=2, revoked=True)
    pair = [warning, again]
    sharing.give(pair[first], pair[1 - first], "two")
    assert sorted(sharing.read()) == ["one", "one again"]
    sharing.resume("1")
    assert sharing.read() == ["two"]


def test_what_was_recalled_is_not_had_so_its_retraction_is_held() -> None:
    sharing = Sharing()
    one = sharing.item("one")
    sharing.give(one)
    sharing.by_hand("recall", one)
    sharing.pause()
    sharing.give(sharing.item("one", version=2, revoked=True))
    assert sharing.read() == []


def test_a_retraction_is_withheld_by_hand_like_anything_else() -> None:
    sharing = Sharing()
    again = given_and_retracted(sharing)
    sharing.by_hand("recall", again)
    assert sharing.read() == []
    sharing.resume("1")
    assert sharing.read() == ["two"]
