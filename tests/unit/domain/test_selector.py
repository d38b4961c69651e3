"""Selectors: what each holds for, what is refused, and that a value and its selector are two sides of one thing."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.unit.domain.worlds import CLASSES, RESTRICTIONS, SELECTORS, TOPICS

from relto.domain.classes import Class, Restrictions
from relto.domain.errors import BadInput
from relto.domain.marking import combine
from relto.domain.selector import EVERYTHING, Selector

VECTORS = Path(__file__).parents[2] / "vectors" / "selectors"
HOLDS = json.loads((VECTORS / "holds.json").read_text("utf-8"))
REFUSED = json.loads((VECTORS / "refused.json").read_text("utf-8"))

NAVAL = frozenset({"naval"})
BANNER = Restrictions(marked=True, level=3, rel=frozenset({("GBR", "USA")}))
KNOWN = {
    "plain": Class("USA", "indicator", NAVAL),
    "none": Class("USA", "indicator"),
    "both": Class("USA", "indicator", frozenset({"naval", "targeting"})),
    "french": Class("FRA", "indicator", NAVAL),
    "report": Class("USA", "report", frozenset({"cyber"})),
    "clear": Class("USA", "indicator", NAVAL, Restrictions(marked=True, tlp=0)),
    "amber": Class("USA", "indicator", NAVAL, Restrictions(marked=True, tlp=2)),
    "strict": Class("USA", "indicator", NAVAL, Restrictions(marked=True, tlp=3)),
    "red": Class("USA", "indicator", NAVAL, Restrictions(marked=True, tlp=4)),
    "banner": Class("USA", "indicator", NAVAL, BANNER),
    "banner-green": Class("USA", "indicator", NAVAL, combine(BANNER, Restrictions(marked=True, tlp=1))),
    "statement": Class("USA", "indicator", NAVAL, Restrictions(marked=True, statements=frozenset({"a licence"}))),
}


@pytest.mark.parametrize("case", HOLDS, ids=[case["name"] for case in HOLDS])
def test_a_selector_holds_for_just_these_classes(case):
    selector = Selector.parse(case["selector"], where="scope", topics=TOPICS)
    unmarked, in_doubt = case.get("unmarked", 2), case.get("in_doubt", False)
    found = {name: selector.holds(KNOWN[name], unmarked=unmarked, in_doubt=in_doubt) for name in case["holds"]}
    assert found == case["holds"]


@pytest.mark.parametrize("case", REFUSED, ids=[json.dumps(case["selector"]) for case in REFUSED])
def test_a_selector_that_cannot_be_understood_is_refused_by_name(case):
    with pytest.raises(BadInput) as caught:
        Selector.parse(case["selector"], where="scope", topics=TOPICS)
    assert caught.value.code == case["code"]
    assert caught.value.remedy == case.get("remedy", caught.value.remedy)


@pytest.mark.parametrize(
    "restrictions",
    [
        Restrictions(marked=True, level=0),
        Restrictions(marked=True, rel=frozenset({("GBR", "USA")})),
        Restrictions(marked=True, noforn=True),
        Restrictions(marked=True, orcon=1),
        Restrictions(marked=True, caveats=frozenset({"FISA"})),
        Restrictions(marked=True, controls=frozenset({"SI"})),
        Restrictions(marked=True, doubts=frozenset({"a marking that nobody understands"})),
    ],
)
def test_whatever_restricts_without_tlp_is_no_lower_than_amber_however_low_unmarked_is(restrictions):
    clear = Selector(marking_at_most=0)
    assert clear.marking_faults(restrictions, unmarked=0, in_doubt=False)
    assert not clear.marking_faults(restrictions, unmarked=0, in_doubt=True)
    assert not Selector(marking_at_least=4).marking_faults(restrictions, unmarked=0, in_doubt=True)


def test_a_list_of_a_million_is_refused():
    with pytest.raises(BadInput):
        Selector.parse({"topics": ["naval"] * 1_000_000}, where="scope")


def test_without_a_vocabulary_topics_are_not_checked():
    assert Selector.parse({"topics": ["gone"]}, where="scope").topics_any == {"gone"}


def test_an_unknown_topic_is_an_error_where_the_vocabulary_is_empty():
    with pytest.raises(BadInput):
        Selector.parse({"topics": ["naval"]}, where="scope", topics=())


@pytest.mark.parametrize("rank", [-1, 5])
def test_a_level_that_is_none_cannot_be_built(rank):
    with pytest.raises(BadInput):
        Selector(marking_at_most=rank)


def test_words_name_every_part():
    selector = Selector.parse(
        {"originators": ["USA"], "types": ["report"], "topics": {"any": ["targeting", "naval"], "none": ["cyber"]}}
        | {"marking_at_most": "red", "marking_at_least": "green"},
        where="scope",
    )
    assert selector.words() == (
        "originators USA; types report; topics any of naval, targeting; topics none of cyber; "
        "marking at most red; marking at least green"
    )
    assert EVERYTHING.words() == "everything"


@given(SELECTORS)
def test_a_selector_and_its_value_are_the_same_thing(selector):
    assert Selector.parse(json.loads(json.dumps(selector.as_value())), where="scope", topics=TOPICS) == selector


@given(CLASSES, st.none() | st.integers(0, 4), st.booleans())
def test_everything_holds_for_every_class(klass, unmarked, in_doubt):
    assert EVERYTHING.holds(klass, unmarked=unmarked, in_doubt=in_doubt)


@given(SELECTORS, CLASSES, st.none() | st.integers(0, 4))
def test_what_holds_without_doubt_holds_in_doubt_as_well(selector, klass, unmarked):
    sure = selector.holds(klass, unmarked=unmarked, in_doubt=False)
    assert not sure or selector.holds(klass, unmarked=unmarked, in_doubt=True)


@given(SELECTORS, CLASSES, st.none() | st.integers(0, 4), st.booleans())
def test_a_selector_says_which_of_its_parts_fail_and_no_others(selector, klass, unmarked, in_doubt):
    faults = {fault.part for fault in selector.faults(klass, unmarked=unmarked, in_doubt=in_doubt)}
    value = selector.as_value()
    parts = {} if value == "all" else value
    failing = {
        key
        for key, part in parts.items()
        if not Selector.parse({key: part}, where="part").holds(klass, unmarked=unmarked, in_doubt=in_doubt)
    }
    assert faults == failing


@given(RESTRICTIONS, RESTRICTIONS, st.none() | st.integers(0, 4), st.integers(0, 4))
def test_adding_a_marking_never_brings_an_object_below_a_bound_that_tlp_kept_it_above(before, added, unmarked, most):
    selector = Selector(marking_at_most=most)
    both = combine(before, added)
    kept = selector.marking_faults(before, unmarked=unmarked, in_doubt=False)
    # The default gives way to what is said: only an object that had no TLP can be brought down, by having one now.
    assume(before.tlp is not None or (added.tlp is None and (before.marked or unmarked is not None)))
    assert not kept or selector.marking_faults(both, unmarked=unmarked, in_doubt=False)
