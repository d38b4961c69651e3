"""The outlook of a pause from its proposal to its end, as it was at any moment; it changes nothing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.actors import ADMIN, actor
from tests.fakes.store import FakeStore
from tests.unit.usecases.diplomacy import (
    ANN,
    BEN,
    CLERK,
    KYIV,
    LONDON,
    OLEH,
    OLGA,
    TERMS,
    Diplomacy,
    day,
    statement,
    talks,
)

from relto.adapters.database import create_database
from relto.domain.errors import BadInput, Unknown
from relto.domain.moment import DAY_US
from relto.domain.outlook.rules import Rules
from relto.usecases import office, standing


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request):
    if request.param == "fake":
        yield FakeStore()
    else:
        with contextlib.closing(create_database(request.getfixturevalue(f"{request.param}_url"))) as made:
            yield made


@pytest.fixture
def diplomacy():
    return Diplomacy()


def days(found):
    """The course, by day of March."""
    return [((moment - day(1, 0)) // DAY_US + 1, judgement) for moment, judgement in found.course]


def refused(step, *given, **named):
    with pytest.raises((Unknown, BadInput)) as caught:
        step(*given, **named)
    return caught.value.code, caught.value.message


def test_a_pause_goes_from_no_end_in_sight_to_done_on_every_engine(store):
    told = Diplomacy(store)
    told.go(day(5))
    told.make("Ukraine wants peace", "the minerals deal is signed")
    told.open()
    assert told.judgement() == ("not in sight", "nothing")
    told.go(day(6))
    told.add(statement("01", "2025-03-06"))
    assert told.judgement() == ("open", "said")
    told.go(day(8))
    told.add(talks("02", "2025-03-11", "2025-03-08"))
    assert told.judgement() == ("likely", "said-and-talks")
    told.go(day(9))
    told.tell("1", 1, "met", "they said so")
    told.tell("1", 2, "waived")
    assert told.judgement() == ("close", "all-settled")
    told.go(day(10))
    act = told.propose("1")
    assert told.judgement() == ("close", "resume-proposed")
    told.approve(act, ANN)
    assert told.judgement() == ("imminent", "one-approval-left")
    told.go(day(11))
    told.approve(act, BEN)
    told.rest()
    found = told.outlook()
    assert (found.judged.judgement, found.lifted_at) == ("done", day(11))
    assert days(found) == [
        (5, "not in sight"), (6, "open"), (7, "open"), (8, "likely"), (9, "close"), (10, "imminent"), (11, "done"),
    ]  # fmt: skip


def test_as_of_a_moment_it_is_told_as_it_was_told_then(diplomacy):
    """Each answer is kept as it was given, and asked for again when more has come about."""
    then = {}

    def keep():
        diplomacy.rest()
        moment = diplomacy.world.now
        then[moment] = diplomacy.outlook(at=moment)
        assert then[moment].judged == diplomacy.outlook().judged

    diplomacy.go(day(5))
    number = diplomacy.make("Ukraine wants peace", "the minerals deal is signed", review_us=day(12))
    diplomacy.give("held")
    diplomacy.open()
    keep()
    diplomacy.go(day(6))
    diplomacy.add(statement("01", "2025-03-06"), talks("02", "2025-03-11"))
    keep()
    diplomacy.go(day(7))
    diplomacy.correct("01", points="further")
    diplomacy.tell(number, 1, "claimed")
    keep()
    diplomacy.go(day(8))
    act = diplomacy.propose(number)
    diplomacy.approve(act, ANN)
    keep()
    diplomacy.go(day(9))
    office.withdraw(diplomacy.node, diplomacy.world.desk, act, by=OLGA)
    keep()
    diplomacy.go(day(10))
    act = diplomacy.propose(number, from_us=day(11))
    diplomacy.approve(act, ANN)
    diplomacy.approve(act, BEN)
    diplomacy.give("held too")
    keep()
    diplomacy.go(day(12))
    keep()
    assert [each.judged.judgement for each in then.values()] == [
        "not in sight", "likely", "open", "imminent", "open", "imminent", "done",
    ]  # fmt: skip
    for moment, was in then.items():
        assert diplomacy.outlook(at=moment) == was
    # Nobody came on 11 March, and so it was carried out on the day after.
    assert [judgement for _, judgement in days(diplomacy.outlook())] == [
        "not in sight", "likely", "open", "imminent", "open", "imminent", "imminent", "done",
    ]  # fmt: skip


def test_the_course_is_what_each_day_would_have_been_told_at_its_end(diplomacy):
    diplomacy.go(day(5))
    diplomacy.make("Ukraine wants peace")
    diplomacy.open(statement("01", "2025-03-05", None))
    diplomacy.go(day(6))
    diplomacy.correct("01", points="nearer")
    diplomacy.go(day(7))
    diplomacy.add(talks("03", "2025-03-08"))
    diplomacy.go(day(8))
    diplomacy.correct("03", state="called-off")
    diplomacy.go(day(14))
    for moment, judgement in diplomacy.outlook().course:
        assert diplomacy.judgement(at=moment)[0] == judgement
    assert len({judgement for _, judgement in diplomacy.outlook().course}) == 3


def test_before_its_case_was_recorded_the_course_goes_by_what_sources_told_as_each_day_does(diplomacy):
    diplomacy.go(day(5))
    diplomacy.make("Ukraine wants peace")
    diplomacy.go(day(9))
    source = {"name": "a paper", "date": "2025-03-06", "grade": "B2"}
    diplomacy.open(statement("01", "2025-03-06", None, source=source), statement("02", "2025-03-07"))
    diplomacy.correct("01", points="further")
    found = diplomacy.outlook()
    assert days(found)[:3] == [(5, "not in sight"), (6, "not in sight"), (7, "open")]
    for moment, judgement in found.course:
        assert diplomacy.judgement(at=moment)[0] == judgement


def test_a_course_begins_on_the_day_of_the_pause_and_tells_the_last_year_at_most(diplomacy):
    diplomacy.go(day(5))
    diplomacy.make()
    assert days(diplomacy.outlook()) == [(5, "not in sight")]
    diplomacy.go(day(5) + 400 * DAY_US)
    assert len(diplomacy.outlook().course) == 366


def test_a_pause_that_is_still_to_come_has_no_course_yet(diplomacy):
    diplomacy.make("Ukraine wants peace", from_us=day(3))
    found = diplomacy.outlook()
    assert (found.course, found.judged.judgement, found.signs["held_days"].value) == ([], "not in sight", 0)
    diplomacy.go(day(4))
    assert days(diplomacy.outlook()) == [(3, "not in sight"), (4, "not in sight")]


def test_a_rule_that_asks_how_much_is_held_holds_at_the_end_of_the_course_too(diplomacy):
    diplomacy.rules = Rules.parse(
        "rules: [{rule: much, judgement: close, when: {held_items_at_least: 2}}, {rule: no, judgement: open, when: {}}]"
    )
    diplomacy.make()
    diplomacy.give("one", "two")
    diplomacy.go(day(2))
    found = diplomacy.outlook()
    assert (found.judged.judgement, days(found)) == ("close", [(1, "open"), (2, "close")])


def test_what_is_held_is_told_by_topic(diplomacy):
    diplomacy.make()
    diplomacy.give("one", diplomacy.item("two", "targeting"), diplomacy.item("three", "naval", "targeting"))
    diplomacy.rest()
    found = diplomacy.outlook()
    assert (found.signs["held_items"].value, dict(found.held_by_topic)) == (3, {"naval": 2, "targeting": 2})


@pytest.mark.parametrize(
    ("order", "judgement"),
    [({"until_us": day(9)}, ("open", "moved")), ({"until_us": day(3)}, ("imminent", "end-set"))],
)
def test_an_end_that_was_set_with_the_pause_is_imminent_when_it_is_near(order, judgement):
    told = Diplomacy(terms=TERMS.replace("resume: 2", "resume: 0"))
    number = told.make("peace", **order)
    told.tell(number, 1, "claimed")
    assert told.judgement() == judgement


def test_an_act_that_was_withdrawn_moves_nothing_any_more_and_did_while_it_was_open(diplomacy):
    number = diplomacy.make()
    diplomacy.go(day(2))
    act = diplomacy.propose(number)
    diplomacy.go(day(3))
    office.withdraw(diplomacy.node, diplomacy.world.desk, act, by=OLGA)
    assert diplomacy.judgement() == ("not in sight", "nothing")
    assert diplomacy.judgement(at=day(2, 18)) == ("close", "resume-proposed")


def test_an_act_that_was_refused_moves_nothing_any_more(diplomacy):
    number = diplomacy.make()
    act = diplomacy.propose(number)
    office.reject(diplomacy.node, diplomacy.world.desk, act, by=ANN, why="not yet")
    assert (diplomacy.outlook().acts, diplomacy.judgement()[0]) == ([], "not in sight")


def test_an_act_on_another_pause_moves_nothing(diplomacy):
    diplomacy.make()
    diplomacy.propose(diplomacy.make(topics=["naval"]))
    assert [diplomacy.judgement(number)[0] for number in "12"] == ["not in sight", "close"]


def test_how_many_have_to_agree_is_told_as_it_was_then(diplomacy):
    diplomacy.make()
    diplomacy.go(day(2))
    diplomacy.world.apply(TERMS.replace("resume: 2", "resume: 5"))
    assert (diplomacy.outlook().needs, diplomacy.outlook(at=day(1, 18)).needs) == (5, 2)


def test_a_condition_has_the_force_that_it_had_then(diplomacy):
    diplomacy.make({"text": "we are heard", "asked_by": "GBR"})
    diplomacy.go(day(2))
    diplomacy.world.apply(TERMS.replace("[UKR]", "[UKR, GBR]"))
    assert diplomacy.outlook().signs["conditions"].value == 1
    assert diplomacy.outlook(at=day(1, 18)).signs["conditions"].value == 0


# A statement changes no state.


def stands(diplomacy, at=None):
    flows = [standing.status(diplomacy.node, diplomacy.world.desk, by=by, at=at) for by in (ADMIN, OLGA, KYIV, OLEH)]
    head = diplomacy.node.store.head()
    return flows, head.policy_version


def test_no_statement_and_no_outlook_changes_a_state_or_a_flow(diplomacy):
    diplomacy.give("before")
    number = diplomacy.make("Ukraine wants peace")
    diplomacy.give("held")
    diplomacy.open()
    diplomacy.rest()
    read = diplomacy.read()
    states, _ = stands(diplomacy)
    diplomacy.go(day(9))
    lifted = {"kind": "measure", "date": "2025-03-09", "does": "lifted", "by": {"party": "USA"}, "pauses": [number]}
    diplomacy.add(
        *(statement(f"s{place}", "2025-03-09", pauses=[number], conditions=["1/1"]) for place in range(5)),
        lifted, talks("t", "2025-03-11"),
    )  # fmt: skip
    _, version = stands(diplomacy)
    assert diplomacy.judgement() == ("likely", "said-and-talks")
    flows, after = stands(diplomacy)
    assert (flows, after) == (states, version)
    assert (read, diplomacy.read()) == (["before"], [])
    (condition,) = diplomacy.outlook().pause.conditions
    assert (condition.state, diplomacy.outlook().pause.state) == ("unmet", "running")


# Who is told.


@pytest.mark.parametrize("by", [ADMIN, OLGA, ANN, actor("watch", "auditor")], ids=lambda by: by.account)
def test_whoever_is_in_office_at_the_party_whose_pause_it_is_is_told_the_same(diplomacy, by):
    diplomacy.open(statement("01", "2025-03-01"))
    diplomacy.open(statement("01", "2025-03-01", "further"), by=OLEH, case="theirs")
    diplomacy.make("peace", discreet=True)
    diplomacy.rest()
    found = diplomacy.outlook(by=by)
    assert (found.judged.judgement, found.signs["nearer"].value, found.signs["further"].value) == ("open", 1, 0)
    assert found.cases == ["one"]


@pytest.mark.parametrize("by", [KYIV, OLEH, LONDON, CLERK, actor("eyes", "reader")], ids=lambda by: by.account)
@pytest.mark.parametrize("discreet", [False, True])
def test_whoever_receives_or_has_no_part_is_told_that_there_is_no_such_pause(diplomacy, by, discreet):
    diplomacy.make("peace", discreet=discreet)
    diplomacy.rest()
    assert diplomacy.outlooks(by=by) == []
    code, message = refused(diplomacy.outlook, by=by)
    assert (code, message) == ("pause-unknown", "there is no pause `1`")
    assert refused(diplomacy.outlook, "2", by=by) == (code, message.replace("1", "2"))
    assert refused(diplomacy.outlook, by=by, at=diplomacy.world.now) == (code, message)


def test_a_case_of_another_party_counts_for_nobody_s_pause_though_the_node_s_own_people_may_look_at_it(diplomacy):
    diplomacy.make()
    diplomacy.open(statement("01", "2025-03-01", pauses=["1"]), by=OLEH, agreements=[], pauses=["1"])
    assert (diplomacy.judgement()[0], diplomacy.outlook().cases) == ("not in sight", [])


def test_a_case_about_other_agreements_counts_where_an_entry_names_the_pause_and_nowhere_else(diplomacy):
    diplomacy.world.apply("agreement: other\nfrom: USA\nto: [GBR]\nscope: {topics: [naval]}\n")
    diplomacy.make()
    diplomacy.open(statement("01", "2025-03-01"), agreements=["other"], parties=["GBR"])
    assert diplomacy.judgement()[0] == "not in sight"
    diplomacy.go(day(3))
    diplomacy.add(statement("02", "2025-03-03", pauses=["1"]))
    assert diplomacy.outlook().signs["nearer"].made_of == ("entry 02",)
    assert diplomacy.outlook(at=day(2)).cases == []


def test_without_a_number_all_that_lasts_is_told_and_what_was_lifted_of_late(diplomacy):
    for topics in (["naval"], ["targeting"], None):
        diplomacy.make(**({"topics": topics} if topics else {}))
    act = diplomacy.propose("2")
    for by in (ANN, BEN):
        diplomacy.approve(act, by)
    diplomacy.rest()
    assert [each.pause.number for each in diplomacy.outlooks()] == ["1", "2", "3"]
    diplomacy.go(day(1) + 31 * DAY_US)
    assert [each.pause.number for each in diplomacy.outlooks()] == ["1", "3"]
    assert diplomacy.judgement("2") == ("done", "lifted")


@pytest.mark.parametrize(
    ("number", "at", "code"),
    [
        ("2", None, "pause-unknown"), ("x", None, "pause-number-invalid"), ("", None, "pause-number-invalid"),
        ("-1", None, "pause-number-invalid"), ("1" * 30, None, "pause-number-invalid"),
        ("1", day(1, 1), "pause-unknown"), ("1", day(28), "when-ahead"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused_by_name(diplomacy, number, at, code):
    diplomacy.make()
    assert refused(diplomacy.outlooks, number, at=at)[0] == code


def test_nothing_is_told_where_nothing_was_paused(diplomacy):
    assert diplomacy.outlooks() == []
    assert refused(diplomacy.outlooks, at=day(28))[0] == "when-ahead"


# Whatever comes about.

WAYS = ("nearer", "further", "talks", "correct", "claimed", "met", "propose", "approve", "withdraw", "wait")
STEPS = st.lists(st.sampled_from(WAYS), max_size=10)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whatever_comes_about_every_day_of_the_course_is_told_again_as_it_was(steps):
    told = Diplomacy()
    number = told.make("peace")
    told.open()
    act, keys = None, []
    for place, step in enumerate(steps):
        moment = told.world.now
        date = f"2025-03-{(moment - day(1, 0)) // DAY_US + 1:02d}"
        with contextlib.suppress(Unknown, BadInput, Exception if step in {"approve", "withdraw"} else Unknown):
            match step:
                case "nearer" | "further":
                    told.add(statement(f"k{place}", date, step))
                    keys.append(f"k{place}")
                case "talks":
                    told.add(talks(f"k{place}", "2025-03-20", date))
                    keys.append(f"k{place}")
                case "correct" if keys:
                    told.correct(keys.pop(), retract=True)
                case "claimed" | "met":
                    told.tell(number, 1, step)
                case "propose":
                    act = told.propose(number)
                case "approve" if act:
                    told.approve(act, ANN)
                case "withdraw" if act:
                    office.withdraw(told.node, told.world.desk, act, by=OLGA)
        told.world.settle_clock(DAY_US if step == "wait" else DAY_US // 5)
    for moment, judgement in told.outlook().course:
        assert told.judgement(at=moment)[0] == judgement
