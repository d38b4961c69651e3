"""Pauses: when they bind, what they cover, and what cannot be built."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.actors import ADMIN
from tests.unit.domain.worlds import CLASSES, PAUSES, RECIPIENTS

from relto.domain.classes import Class, Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking import Recipient
from relto.domain.pause import Condition, Pause, narrowing, pause_number
from relto.domain.selector import EVERYTHING, Selector

UKR = Recipient("UKR", frozenset({"PARTNERS"}))
GBR = Recipient("GBR")
NAVAL = Class("USA", "indicator", frozenset({"naval"}))
CYBER = Class("USA", "indicator", frozenset({"cyber"}))
IDENTITY = Class("USA", "identity")
BANNER = Class("USA", "indicator", frozenset(), Restrictions(marked=True, level=3))

PAUSE = Pause("7", frozenset({"usa-ukr", "usa-gbr"}), reason="talks", made_by=ADMIN, made_at=100)


def covers(pause, klass=NAVAL, agreement="usa-ukr", recipient=UKR):
    return pause.covers(klass, agreement, recipient, unmarked=2)


def test_a_pause_with_nothing_narrowing_covers_everything_of_its_agreements():
    assert all(covers(PAUSE, klass) for klass in (NAVAL, CYBER, IDENTITY, BANNER))
    assert covers(PAUSE, agreement="usa-gbr", recipient=GBR)
    assert not covers(PAUSE, agreement="fra-ukr")


def test_a_pause_for_one_recipient_leaves_the_others_alone():
    pause = replace(PAUSE, recipient="UKR")
    assert covers(pause)
    assert not covers(pause, agreement="usa-gbr", recipient=GBR)


def test_a_topic_narrows_a_pause_and_leaves_support_objects_out():
    pause = replace(PAUSE, scope=narrowing(topics=["naval"]))
    assert [covers(pause, klass) for klass in (NAVAL, CYBER, IDENTITY)] == [True, False, False]


def test_support_objects_are_covered_where_the_scope_says_so():
    assert covers(replace(PAUSE, scope=narrowing(types=["identity"])), IDENTITY)
    assert covers(replace(PAUSE, scope=narrowing(originators=["USA"])), IDENTITY)
    assert covers(replace(PAUSE, scope=EVERYTHING), IDENTITY)


def test_a_marking_that_cannot_be_compared_is_covered():
    assert covers(replace(PAUSE, scope=narrowing(marking_at_least="red")), BANNER)
    assert not covers(replace(PAUSE, scope=narrowing(marking_at_least="red")), NAVAL)


def test_a_pause_made_at_once_runs_from_when_it_was_made():
    assert PAUSE.since == 100
    assert PAUSE.is_running(100)


def test_a_scheduled_pause_binds_at_its_moment_whether_or_not_anybody_noticed():
    pause = replace(PAUSE, state="scheduled", from_us=500)
    assert [pause.is_running(at) for at in (100, 499, 500, 10**18)] == [False, False, True, True]


def test_a_pause_goes_on_after_its_end_until_somebody_lifts_it():
    pause = replace(PAUSE, until_us=200)
    assert pause.is_running(10**18)
    assert not replace(pause, state="lifted").is_running(150)


def test_only_a_scope_that_leaves_something_flowing_makes_a_pause_narrow():
    assert not PAUSE.is_narrow
    assert not replace(PAUSE, recipient="UKR").is_narrow
    assert not replace(PAUSE, scope=EVERYTHING).is_narrow
    assert replace(PAUSE, scope=Selector(types=frozenset({"report"}))).is_narrow


def test_no_narrowing_option_means_everything():
    assert narrowing() is None
    assert narrowing(topics=[], types=(), originators=iter([])) is None


def test_narrowing_options_add_up():
    scope = narrowing(topics=["naval", "cyber"], types=["report"], originators=["USA"], marking_at_least="green")
    assert scope.words() == "originators USA; types report; topics any of cyber, naval; marking at least green"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"topics": ["navel"], "known_topics": ["naval"]}, "topic-unknown"),
        ({"topics": [""]}, "topic-name-invalid"),
        ({"types": ["Indicator"]}, "stix-type-invalid"),
        ({"originators": ["usa"]}, "party-code-invalid"),
        ({"marking_at_least": "orange"}, "marking-level-unknown"),
        ({"marking_at_least": ""}, "marking-level-unknown"),
    ],
)
def test_a_narrowing_option_that_means_nothing_is_refused(options, code):
    with pytest.raises(BadInput) as caught:
        narrowing(**options)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"number": ""}, "pause-invalid"),
        ({"agreements": frozenset()}, "pause-invalid"),
        ({"reason": ""}, "pause-reason-invalid"),
        ({"reason": " "}, "pause-reason-invalid"),
        ({"reason": "a\nb"}, "pause-reason-invalid"),
        ({"reason": "x" * 2_001}, "pause-reason-invalid"),
        ({"authority": "a\x1b]0;b"}, "pause-authority-invalid"),
        ({"mode": "stop"}, "pause-mode-unknown"),
        ({"state": "proposed"}, "pause-invalid"),
        ({"until_us": 100}, "pause-ends-before-it-begins"),
        ({"until_us": 500, "from_us": 500}, "pause-ends-before-it-begins"),
        ({"conditions": (Condition("one"),) * 101}, "pause-condition-invalid"),
    ],
)
def test_a_pause_that_makes_no_sense_cannot_be_built(fields, code):
    with pytest.raises(BadInput) as caught:
        replace(PAUSE, **fields)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["", " ", "a\nb", "x" * 2_001])
def test_a_condition_is_a_line_of_text(text):
    with pytest.raises(BadInput) as caught:
        Condition(text)
    assert caught.value.code == "pause-condition-invalid"


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "٧", "1 ", "9" * 19])
def test_a_pause_is_named_by_its_number(text):
    with pytest.raises(BadInput) as caught:
        pause_number(text)
    assert caught.value.code == "pause-number-invalid"
    assert pause_number("7") == pause_number("007") == "7"


@given(PAUSES, st.lists(st.sampled_from(["a truce", "умова", 'say "yes"']), max_size=2), st.booleans())
def test_a_pause_and_its_text_are_the_same_thing(pause, texts, discreet):
    pause = replace(pause, conditions=tuple(map(Condition, texts)), discreet=discreet, review_us=5, until_us=99)
    assert Pause.parse_value(pause.as_text()) == pause


@given(PAUSES, CLASSES, RECIPIENTS, st.integers(0, 20))
def test_a_scope_never_covers_more_than_no_scope(pause, klass, recipient, at):
    wide = replace(pause, scope=None)
    narrow = pause.covers(klass, "usa-gbr", recipient, unmarked=2)
    assert not narrow or wide.covers(klass, "usa-gbr", recipient, unmarked=2)
