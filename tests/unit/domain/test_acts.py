"""Acts, actors, conditions, overrides; and what contains or loosens what, as properties over random classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.domain.worlds import CLASSES, PAUSES, RANKS, RECIPIENTS, SELECTORS

from relto.domain.act import Act, Approval, act_number
from relto.domain.actor import ROLES, Actor, operator
from relto.domain.condition import Condition
from relto.domain.errors import BadInput, Refused, ReltoError
from relto.domain.flow import FREED, ClassState, Verdict, freed, turn
from relto.domain.marking import Recipient
from relto.domain.override import ALL, Override, applied, verb_of
from relto.domain.pause import Pause
from relto.domain.ranges import EMPTY, OPEN, Ranges
from relto.domain.selector import Selector

ACT = Act(4, "resume", "olga", "USA", "password", 100, order={"pause": "1"}, needs=2, state="proposed")
ANN = Approval("ann", "USA", "token", 200)


def refused(code: str, step: Any, *given: Any, **named: Any) -> None:
    with pytest.raises(ReltoError) as caught:
        step(*given, **named)
    assert caught.value.code == code


def test_an_act_counts_its_approvals() -> None:
    half = ACT.approved(ANN)
    assert (half.has, half.lacks, half.is_approved) == (1, 1, False)
    assert half.approved(replace(ANN, by="ben")).is_approved


@pytest.mark.parametrize("state", ["applied", "rejected", "withdrawn", "outdated"])
def test_an_act_that_has_ended_is_nobody_s_any_more(state: Any) -> None:
    ended = replace(ACT, state=state)
    refused("act-closed", ended.approved, ANN)
    refused("act-closed", ended.rejected, by="ann", at=1, why="no")
    refused("act-closed", ended.withdrawn, by="olga", at=1)


def test_an_act_is_read_back_as_it_was_written() -> None:
    act = replace(ACT, approvals=(ANN,), grounds={"pause 1": "x"}, due_at=5, before={"a": [1]}, after=False, why="é")
    assert Act.parse(act.number, act.kind, act.state, act.as_text()) == act


def test_what_moved_names_what_was_and_what_is() -> None:
    act = replace(ACT, grounds={"pause 1": "a", "pause 2": "b"})
    assert act.moved({"pause 1": "a", "pause 2": "b"}) == ()
    assert act.moved({"pause 1": "c"}) == ("pause 1 was a, and is c", "pause 2 was b, and is gone")


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", "1.0", " 1", "1\n", "x", "٣", "1" * 16])
def test_what_is_no_number_of_an_act_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        act_number(text)


@given(st.frozensets(st.sampled_from(ROLES)), st.sampled_from(ROLES), st.lists(st.sampled_from(["USA", "UKR", "FRA"])))
def test_whoever_acts_does_so_in_a_role_and_for_its_own_party_unless_it_is_the_node_s(roles, role, parties) -> None:
    for host in ("USA", "UKR"):
        who = Actor("olga", "USA", roles)
        allowed = role in roles and ({"USA"} >= {*parties} or ("admin" in roles and host == "USA"))
        assert who.may(role, for_=parties, host=host) == allowed
        if allowed:
            who.require(role, for_=parties, host=host, what="pause")
        else:
            with pytest.raises(Refused) as caught:
                who.require(role, for_=parties, host=host, what="pause")
            assert caught.value.code == ("role-missing" if role not in roles else "party-not-yours")


def test_whoever_has_the_machine_acts_for_all_that_it_hosts() -> None:
    assert operator("USA").may("approver", for_=["UKR", "FRA"], host="USA")


@pytest.mark.parametrize(
    ("state", "settled"),
    [("unmet", False), ("claimed", False), ("disputed", False), ("met", True), ("waived", True)],
)
def test_a_condition_is_settled_where_it_is_met_or_waived(state: Any, settled: bool) -> None:
    made = Condition("talks", asked_by="UKR", binding=True).set(state, evidence="a note", by="olga", at=5)
    assert made.is_settled == settled
    assert Condition(**made.as_value()) == made


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"text": ""}, "pause-condition-invalid"),
        ({"text": "a\nb"}, "pause-condition-invalid"),
        ({"text": "x" * 2_001}, "pause-condition-invalid"),
        ({"text": "x", "evidence": "a\x00b"}, "pause-condition-invalid"),
        ({"text": "x", "asked_by": "not a code"}, "party-code-invalid"),
        ({"text": "x", "state": "done"}, "condition-state-unknown"),
    ],
)
def test_what_is_no_condition_is_refused(parts: Any, code: str) -> None:
    refused(code, Condition, **parts)


OVERRIDES = st.builds(
    Override,
    st.sampled_from([ALL, "a", "b"]),
    st.sampled_from([ALL, "UKR", "GBR"]),
    st.sampled_from(["withhold", "recall", "release"]),
)


@given(st.frozensets(OVERRIDES), OVERRIDES)
def test_the_last_word_counts_for_all_that_it_speaks_of_unless_a_narrower_one_stands(before, word) -> None:
    after = applied(before, word)
    assert word in after
    assert not any(word.covers(each) for each in after - {word})
    for agreement in ("a", "b"):
        for party in ("UKR", "GBR"):
            if word.concerns(agreement, party):
                assert verb_of(after, agreement, party)
            else:
                assert verb_of(after, agreement, party) == verb_of(before, agreement, party)


@given(OVERRIDES)
def test_between_equals_what_keeps_back_counts(word) -> None:
    both = {word._replace(verb="release"), word._replace(verb="withhold")}
    assert verb_of(both, word.agreement, word.party) == "withhold"


@given(SELECTORS, SELECTORS, CLASSES, RANKS, st.booleans())
def test_what_a_selector_contains_it_holds_for(wide: Selector, other: Selector, klass, unmarked, in_doubt) -> None:
    assume(wide.contains(other))
    if other.holds(klass, unmarked=unmarked, in_doubt=in_doubt):
        assert wide.holds(klass, unmarked=unmarked, in_doubt=in_doubt)


@given(SELECTORS)
def test_a_selector_contains_itself_and_all_contains_it(selector: Selector) -> None:
    assert selector.contains(selector)
    assert Selector().contains(selector)


FIELDS = ("agreements", "recipient", "scope", "mode")


@given(PAUSES, PAUSES, st.lists(st.sampled_from(FIELDS), max_size=2), CLASSES, RECIPIENTS, RANKS)
def test_a_pause_that_is_no_looser_covers_all_that_the_other_does(
    old: Pause, other: Pause, changed, klass, recipient: Recipient, unmarked
) -> None:
    # Of two that have nothing in common, hardly ever one is no looser.
    new = replace(old, **{name: getattr(other, name) for name in changed})
    assume(not new.is_looser_than(old))
    assert old.mode != "cut" or new.mode == "cut"
    if old.covers(klass, "usa-gbr", recipient, unmarked=unmarked):
        assert new.covers(klass, "usa-gbr", recipient, unmarked=unmarked)


def test_what_was_freed_is_given_once_though_its_class_flowed_before_and_after() -> None:
    flowing = Verdict("release")
    state = ClassState(flowing, review={"7": Ranges.of((2, 5))}, discarded=Ranges.of((0, 1)))
    loose = freed(state)
    assert (loose.held, loose.review, loose.discarded) == ({FREED: Ranges.of((0, 1), (2, 5))}, {}, EMPTY)
    found = turn(loose, flowing, given=Ranges.of((3, 4), (8, OPEN)), at_seq=9, version=2, history=True)
    assert found.backlog == Ranges.of((0, 1), (2, 3), (4, 5))
    assert found.state == ClassState(flowing)
    assert not found.close
    assert found.open_after is None
