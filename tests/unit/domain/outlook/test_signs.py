"""Signs: what is counted of a pause and of its record, from what, and what does not count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.outlook.scenes import PESKOV, TRUMP, act, day, entry, pause, record, roles, scene, seen

from relto.domain.condition import Condition
from relto.domain.moment import DAY_US
from relto.domain.outlook.signs import SIGNS, Sign, Spans, concerns, evidence, signs, statements_of_late, talks_ahead


def values(found, *names):
    return tuple(found[name].value for name in names)


def said(key="01", date="2025-03-09", **more):
    return entry("statement", key, date, **{"points": "nearer", **more})


# Conditions.


@pytest.mark.parametrize(
    ("states", "counted"),
    [
        # conditions, settled, claimed, unsettled, moved, moved_percent
        ((), (0, 0, 0, 0, 0, None)),
        (("unmet",), (1, 0, 0, 1, 0, 0)),
        (("met",), (1, 1, 0, 0, 1, 100)),
        (("waived",), (1, 1, 0, 0, 1, 100)),
        (("claimed",), (1, 0, 1, 1, 1, 100)),
        (("disputed",), (1, 0, 0, 1, 0, 0)),
        (("met", "claimed", "unmet", "unmet"), (4, 1, 1, 3, 2, 50)),
        (("met", "waived", "disputed"), (3, 2, 0, 1, 2, 66)),
    ],
)
def test_conditions_are_counted_by_how_they_stand(states, counted):
    found = seen(of=pause(*(Condition(f"condition {place}", state) for place, state in enumerate(states))))
    assert values(found, "conditions", "settled", "claimed", "unsettled", "moved", "moved_percent") == counted


def test_a_sign_of_conditions_names_them_by_their_places():
    found = seen(of=pause(Condition("a", "met"), "b", Condition("c", "claimed")))
    assert found["settled"].made_of == ("condition 1",)
    assert found["unsettled"].made_of == ("condition 2", "condition 3")
    assert found["moved"].made_of == found["moved_percent"].made_of == ("condition 1", "condition 3")


def test_a_condition_of_somebody_who_is_no_party_has_no_force_and_counts_nowhere():
    theirs = Condition("it stops for good", asked_by="RUS")
    found = seen(of=pause(theirs, Condition("peace", "met", asked_by="UKR"), Condition("talks", asked_by="USA")))
    assert values(found, "conditions", "settled", "unsettled") == (2, 1, 1)
    assert found["conditions"].made_of == ("condition 2", "condition 3")
    assert values(seen(of=pause(theirs)), "conditions", "moved_percent") == (0, None)


# Acts and dates.


@pytest.mark.parametrize(
    ("acts", "counted"),
    [
        # resume_proposed, resume_scheduled, approvals_given, approvals_missing
        ((), (False, False, None, None)),
        ((act(),), (True, False, 0, 2)),
        ((act(1, day(9)),), (True, False, 1, 1)),
        ((act(1, needs=3), act(2, day(8), day(9), needs=3)), (True, False, 2, 1)),
        ((act(1, day(8), day(9), state="scheduled", due_at=day(12)),), (False, True, None, None)),
        ((act(1), act(2, state="scheduled", due_at=day(12))), (True, True, 0, 2)),
    ],
)
def test_approvals_are_those_of_the_proposed_act_that_lacks_least(acts, counted):
    found = seen(acts=acts)
    names = ("resume_proposed", "resume_scheduled", "approvals_given", "approvals_missing")
    assert values(found, *names) == counted


def test_signs_of_acts_name_the_acts():
    found = seen(acts=(act(4), act(5, day(9)), act(6, state="scheduled", due_at=day(12))))
    assert found["resume_proposed"].made_of == ("act 4", "act 5")
    assert found["resume_scheduled"].made_of == ("act 6",)
    assert found["approvals_given"].made_of == found["approvals_missing"].made_of == ("act 5",)


@pytest.mark.parametrize(
    ("more", "acts", "days"),
    [
        ({}, (), None),
        ({"until_us": day(12, 18)}, (), 3),
        ({"until_us": day(12, 17)}, (), 2),
        ({}, (act(1, state="scheduled", due_at=day(9, 20)),), 0),
        ({"until_us": day(12)}, (act(1, state="scheduled", due_at=day(11, 18)),), 2),
        # One that has passed is none: a binding condition stands in its way.
        ({"until_us": day(9, 17)}, (), None),
        ({"until_us": day(9, 17)}, (act(1, state="scheduled", due_at=day(12, 18)),), 3),
        ({"until_us": day(12), "state": "lifted"}, (), None),
        ({}, (act(1, due_at=day(10)),), None),
    ],
)
def test_the_end_is_the_nearer_of_the_pause_s_own_and_the_approved_resume_s(more, acts, days):
    assert seen(of=pause(**more), acts=acts)["ends_within_days"].value == days


@pytest.mark.parametrize(
    ("more", "days"),
    [
        ({}, None),
        ({"review_us": day(12, 18)}, 3),
        ({"review_us": day(9, 17)}, -1),
        ({"review_us": day(12), "state": "lifted"}, None),
    ],
)
def test_the_review_is_so_many_days_ahead_and_less_than_nothing_when_it_has_passed(more, days):
    assert seen(of=pause(**more))["review_within_days"].value == days


def test_how_long_and_how_much_is_held_is_told_and_nothing_before_it_begins():
    found = seen(of=pause(made_at=day(5)), held=40)
    assert values(found, "held_days", "held_items", "lifted") == (4, 40, False)
    ahead = seen(of=pause(from_us=day(11), state="scheduled"))
    assert values(ahead, "held_days", "held_items") == (0, None)
    assert values(seen(of=pause(state="lifted")), "lifted") == (True,)


# Statements.


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"capacity": "official"}, True),
        ({"confidence": "reported"}, True),
        ({"words": None, "paraphrase": "it is nearly over"}, True),
        ({"speaker": {"party": "USA"}}, True),
        ({"points": "further"}, True),
        ({"points": None}, False),
        ({"confidence": "disputed"}, False),
        ({"confidence": "denied"}, False),
        ({"capacity": "personal"}, False),
        ({"speaker": {"unnamed": "a White House official", "party": "USA"}}, False),
        ({"speaker": PESKOV}, False),
        ({"speaker": {"name": "Somebody"}}, False),
        ({"speaker": {"name": "Volodymyr Zelenskyy", "role": "president", "party": "UKR"}}, False),
        ({"pauses": ["3"]}, False),
        ({"pauses": ["3", "2"]}, True),
        ({"conditions": ["3/1"]}, False),
        ({"conditions": ["2/1"]}, True),
        ({"agreements": ["usa-cyber"]}, False),
        ({"agreements": ["usa-ukr"]}, True),
        # What names a pause is about that one, whatever agreement it names.
        ({"agreements": ["usa-ukr"], "pauses": ["3"]}, False),
    ],
)
def test_only_what_somebody_with_authority_says_of_this_pause_counts(more, counts):
    found = seen(record(said(**more)))
    assert (found["nearer"].value + found["further"].value == 1) is counts
    assert (found["last_word"].value == "none") is not counts


@pytest.mark.parametrize(
    ("date", "source", "at", "counts"),
    [
        ("2025-03-09", None, day(9, 18), True),
        ("2025-03-03", None, day(9, 18), True),
        # Some hour of that day may lie within the seven days.
        ("2025-03-02", None, day(9, 18), True),
        ("2025-03-01", None, day(9, 18), False),
        ("2025-03-01", None, day(9, 0), False),
        ("2025-03-01", None, day(8, 23), True),
        ("2025-03-01/2025-03-03", None, day(9, 18), True),
        # Nobody has said yet what is to be said.
        ("2025-03-12", "2025-03-08", day(9, 18), False),
        ("2025-03", "2025-03-08", day(9, 18), True),
        ("2025-03-09T18:00:00Z", "2025-03-09", day(9, 18), True),
        ("2025-03-09T18:00:01Z", "2025-03-09", day(9, 18), False),
    ],
)
def test_what_was_said_too_long_ago_or_lies_ahead_does_not_count(date, source, at, counts):
    more = {} if source is None else {"source": {"name": "a paper", "date": source}}
    assert bool(seen(record(said(date=date, **more), at=day(1)), at=at)["nearer"].value) is counts


def test_a_span_of_ones_own_says_what_is_of_late():
    spoken = record(said(date="2025-03-03"))
    assert seen(spoken, spans=Spans(recent=3 * DAY_US))["nearer"].value == 0
    assert seen(spoken, spans=Spans(recent=8 * DAY_US))["nearer"].value == 1


@pytest.mark.parametrize(
    ("words", "counts"),
    [((), True), (("president",), True), (("PRESIDENT",), True), (("secretary of state", "presid"), True),
     (("secretary of state",), False)],
)  # fmt: skip
def test_roles_narrow_who_has_authority(words, counts):
    assert bool(seen(record(said()), spans=roles(*words))["nearer"].value) is counts


def test_the_last_word_is_that_of_the_last_day_and_on_one_day_of_what_was_recorded_last():
    spoken = record(said("01", "2025-03-05", points="further"), said("02", "2025-03-06"), said("03", "2025-03-08"))
    found = seen(spoken)
    assert values(found, "nearer", "further", "last_word") == (2, 1, "nearer")
    assert (found["nearer"].made_of, found["last_word"].made_of) == (("entry 02", "entry 03"), ("entry 03",))
    turned = record(said("01"), said("02", points="further"))
    assert seen(turned)["last_word"] == Sign("last_word", "further", ("entry 02",))


def test_a_statement_that_is_corrected_or_taken_back_no_longer_counts():
    corrected = record(said("01"), said("02", points="further", corrects="01", because="it was misheard"))
    assert values(seen(corrected), "nearer", "further") == (0, 1)
    gone = record(said("01"), said("02", corrects="01", because="nobody said it", retracts=True))
    assert values(seen(gone), "nearer", "last_word") == (0, "none")


# Talks.


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, True),
        ({"state": "proposed"}, True),
        ({"state": "held"}, False),
        ({"state": "called-off"}, False),
        ({"confidence": "disputed"}, False),
        ({"confidence": "denied"}, False),
        ({"confidence": "reported"}, True),
        ({"conditions": ["2/1"]}, True),
        ({"pauses": ["3"]}, False),
        ({"date": "2025-03-09"}, True),
        ({"date": "2025-03-08"}, False),
        ({"date": "2025-03"}, True),
        ({"date": "2025-04-08"}, True),
        ({"date": "2025-04-09"}, False),
        ({"date": "2025-03-08/2025-03-09"}, True),
    ],
)
def test_talks_count_that_are_announced_for_days_ahead_and_near_enough(more, counts):
    told = {"date": "2025-03-11", "source": {"name": "a paper", "date": "2025-03-08"}, **more}
    found = seen(record(entry("talks", "01", **told)))
    assert found["talks_ahead"] == Sign("talks_ahead", int(counts), ("entry 01",) if counts else ())


def test_talks_that_were_corrected_count_as_the_correction_has_them():
    source = {"name": "a paper", "date": "2025-03-08"}
    told = record(
        entry("talks", "01", "2025-03-11", source=source),
        entry(
            "talks", "02", "2025-03-11", source=source, state="called-off", corrects="01", because="it was called off"
        ),
        at=day(8),
    )
    assert seen(told)["talks_ahead"].value == 0
    assert [each.key for each in talks_ahead(scene(told.only(told.recorded[:1])))] == ["01"]


# What the record is about.


def test_an_entry_is_evidence_for_a_condition_that_it_names_or_that_somebody_linked_it_to():
    told = record(
        entry("statement", "01", "2025-03-06", conditions=["2/1"]),
        entry("statement", "02", "2025-03-05"),
        entry("statement", "03", conditions=["2/2", "3/1"]),
        entry("link", "04", entry="02", conditions=["2/1"]),
    )
    found = [[each.key for each in evidence(scene(told), place)] for place in (1, 2, 3)]
    assert found == [["02", "01"], ["03"], []]


def test_a_link_says_which_pause_a_statement_is_about():
    spoken = (said("01", pauses=["3"]), entry("link", "02", entry="01", pauses=["2"]))
    assert seen(record(*spoken))["nearer"].value == 1
    assert seen(record(spoken[0]))["nearer"].value == 0


def test_evidence_that_was_corrected_is_named_by_what_stands():
    told = record(
        entry("statement", "01", conditions=["2/1"]),
        entry("statement", "02", conditions=["2/1"], corrects="01", because="a slip"),
    )
    assert [each.key for each in evidence(scene(told), 1)] == ["02"]


def test_what_names_nothing_is_about_all_that_its_case_is_about():
    told = record(said())
    other = pause(number="9", agreements=frozenset({"other"}))
    assert concerns(pause(), told, told.recorded[0])
    assert not concerns(other, told, told.recorded[0])
    named = record(said(), agreements=[], pauses=["9"])
    assert concerns(other, named, named.recorded[0])
    assert not concerns(pause(), named, named.recorded[0])
    parties = record(said(), agreements=[])
    assert concerns(pause(), parties, parties.recorded[0])
    assert concerns(other, parties, parties.recorded[0])


# All of it.

ENTRIES = st.lists(
    st.one_of(
        st.builds(
            lambda date, party, points, confidence, capacity: ("statement", {
                "date": date, "speaker": {**TRUMP, "party": party}, "points": points, "confidence": confidence,
                "capacity": capacity,
            }),
            st.sampled_from(["2025-03-01", "2025-03-08", "2025-03-09", "2025-03", "2025-03-20"]),
            st.sampled_from(["USA", "UKR", "RUS"]),
            st.sampled_from(["nearer", "further", None]),
            st.sampled_from(["confirmed", "reported", "disputed", "denied"]),
            st.sampled_from(["official", "personal"]),
        ),
        st.builds(
            lambda date, state, confidence: ("talks", {"date": date, "state": state, "confidence": confidence}),
            st.sampled_from(["2025-03-08", "2025-03-11", "2025-03", "2025-06-01"]),
            st.sampled_from(["proposed", "announced", "held", "called-off"]),
            st.sampled_from(["confirmed", "disputed"]),
        ),
    ),
    max_size=6,
)  # fmt: skip
STATES = st.lists(st.sampled_from(["unmet", "claimed", "met", "disputed", "waived"]), max_size=4)


@given(ENTRIES, STATES, st.integers(day(1), day(28)))
def test_every_sign_is_there_in_its_order_and_counts_what_it_is_made_of(told, states, at):
    made = record(*(entry(kind, f"{place:02d}", **more) for place, (kind, more) in enumerate(told)))
    looked = scene(made, at=at, of=pause(*(Condition("a", state) for state in states)))
    found = signs(looked)
    assert list(found) == list(SIGNS)
    for name in ("conditions", "settled", "claimed", "unsettled", "moved", "nearer", "further", "talks_ahead"):
        assert found[name].value == len(found[name].made_of) == len(set(found[name].made_of))
    assert found["settled"].value + found["unsettled"].value == found["conditions"].value
    keys = [each.key for each in statements_of_late(looked)]
    assert sorted(keys) == sorted(name[6:] for name in (*found["nearer"].made_of, *found["further"].made_of))


@given(ENTRIES, st.integers(day(1), day(28)), st.integers(0, 5))
def test_what_was_recorded_later_changes_no_sign(told, at, place):
    made = record(*(entry(kind, f"{number:02d}", **more) for number, (kind, more) in enumerate(told)))
    kept = [each for each in made.recorded if each.at <= at]
    if at >= made.begun:
        assert signs(scene(made, at=at)) == signs(scene(made.only(kept), at=at))
