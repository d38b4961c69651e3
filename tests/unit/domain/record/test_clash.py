"""Clashes: what cannot both be so, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.record.entries import KINDS, OFFICIAL, TRUMP, ZELENSKYY, entry

from relto.domain.record.clash import claim, clashes

USA_UKR = {"delegations": {"USA": [], "UKR": []}}
USA_RUS = {"delegations": {"USA": [], "RUS": []}}
PARTIAL = {"extent": "partial"}
COMPLETE = {"extent": "complete"}
DEAL = {"status": "signed"}

CLASHING = [
    ("talks", {"place": "Saudi Arabia", **USA_UKR}, {"place": "Saudi Arabia", **USA_RUS}),
    ("talks", {"place": "Jeddah, Saudi Arabia", **USA_UKR}, {"place": "Saudi Arabia", **USA_RUS}),
    ("talks", {"place": "JEDDAH", **USA_UKR}, {"place": "Jeddah", "date": "2025-03", **USA_RUS}),
    ("deal", {"subject": "the minerals deal"}, {"subject": "minerals deal", **DEAL}),
    ("deal", {"parties": ["UKR", "USA"]}, {"parties": ["USA", "UKR"], **DEAL}),
    ("measure", {**PARTIAL}, {**COMPLETE}),
    ("measure", {"pauses": ["2"], **PARTIAL}, {"pauses": ["2", "3"], **COMPLETE}),
    ("measure", {"by": {"party": "USA"}, **PARTIAL}, {**COMPLETE, "date": "2025-03-05/2025-03-09"}),
    ("impact", {}, {"effect": "none"}),
    ("impact", {"on": ["UKR", "USA"]}, {"effect": "slight"}),
    ("impact", {"effect": "serious"}, {"effect": "slight", "date": "2025-03"}),
]
ALLOWED = [
    ("talks", {"place": "Jeddah", **USA_UKR}, {"place": "Jeddah", **USA_UKR}),
    ("talks", {"place": "Jeddah", **USA_UKR}, {"place": "Riyadh", **USA_RUS}),
    ("talks", {"place": "Jeddah", **USA_UKR}, {"place": "Jeddah"}),
    ("talks", {"place": "Jeddah", **USA_UKR}, {"place": "Jeddah", "delegations": {"RUS": [], "SAU": []}}),
    ("talks", {"place": "Jeddah", **USA_UKR}, {"place": "Jeddah", "date": "2025-03-10", **USA_RUS}),
    ("talks", {"place": "the", **USA_UKR}, {"place": "of", **USA_RUS}),
    ("talks", {"place": "!", **USA_UKR}, {"place": "!", **USA_RUS}),
    ("deal", {}, {}),
    ("deal", {}, {"subject": "grain", **DEAL}),
    ("deal", {}, {"parties": ["USA", "RUS"], **DEAL}),
    ("deal", {"date": "2025-03-09T10:00:00Z"}, {"date": "2025-03-09T10:00:00Z", **DEAL}),
    ("measure", {**PARTIAL}, {**PARTIAL}),
    ("measure", {**PARTIAL}, {}),
    ("measure", {**PARTIAL}, {"extent": "unclear"}),
    ("measure", {"pauses": ["2"], **PARTIAL}, {"pauses": ["3"], **COMPLETE}),
    ("measure", {"by": ZELENSKYY, **PARTIAL}, {**COMPLETE}),
    ("measure", {"by": {"unnamed": "a source"}, **PARTIAL}, {"by": {"unnamed": "another"}, **COMPLETE}),
    ("impact", {}, {"effect": "serious"}),
    ("impact", {"effect": "none"}, {"effect": "slight"}),
    ("impact", {}, {"on": ["RUS"], "effect": "none"}),
    ("impact", {}, {"effect": "none", "date": "2025-03-10"}),
    ("impact", {}, {"effect": "none", "confidence": "denied"}),
    ("statement", {}, {"speaker": TRUMP, "words": "We never shut it off"}),
    ("reaction", {"stance": "supports"}, {"stance": "opposes"}),
    ("shift", {}, {"to": "giving"}),
]


@pytest.mark.parametrize(("kind", "one", "other"), CLASHING)
def test_what_cannot_both_be_so_is_found_from_either_side(kind, one, other):
    pair = entry(kind, **one), entry(kind, **other)
    assert clashes(*pair)
    assert clashes(*reversed(pair))
    assert clashes(*pair).isprintable()
    assert claim(pair[0]) != claim(pair[1])
    assert claim(pair[0])
    assert claim(pair[1])


@pytest.mark.parametrize(("kind", "one", "other"), ALLOWED)
def test_what_can_both_be_so_is_left_alone(kind, one, other):
    pair = entry(kind, **one), entry(kind, **other)
    assert clashes(*pair) == clashes(*reversed(pair)) == ""


@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.sampled_from(["2025-03-09", "2025-03"]))
def test_other_kinds_never_clash_and_nothing_clashes_with_itself(one, other, date):
    mine, theirs = entry(one, date=date), entry(other)
    assert clashes(mine, mine) == ""
    if one != other:
        assert clashes(mine, theirs) == ""


def test_it_says_what_each_of_the_two_says():
    assert clashes(entry("measure", **PARTIAL), entry("measure", by=OFFICIAL, **COMPLETE)) == (
        "one says partial, the other complete"
    )
    assert clashes(entry("talks", **USA_UKR), entry("talks", **USA_RUS)) == "one has UKR and USA, the other RUS and USA"
