from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.marking.drawn import circumstances, lines, restrictions

from relto.domain.classes import Restrictions
from relto.domain.marking import MARKED, NEUTRAL, bars, combine, combine_all, resolve


@given(restrictions, restrictions, restrictions)
def test_grouping_never_matters(a, b, c):
    assert combine(combine(a, b), c) == combine(a, combine(b, c))


@given(restrictions, restrictions)
def test_order_never_matters(a, b):
    assert combine(a, b) == combine(b, a)


@given(restrictions)
def test_a_marking_twice_is_that_marking(a):
    assert combine(a, a) == a
    assert combine(a, combine(a, MARKED)) == combine(a, MARKED)


@given(restrictions)
def test_no_marking_changes_nothing(a):
    assert combine(a, NEUTRAL) == a == combine(NEUTRAL, a)


@given(st.lists(restrictions, max_size=5))
def test_all_at_once_is_one_after_another(parts):
    one_by_one = NEUTRAL
    for part in parts:
        one_by_one = combine(one_by_one, part)
    assert combine_all(parts) == one_by_one == combine_all(reversed(parts))


@given(restrictions, restrictions, circumstances)
def test_adding_a_marking_never_adds_a_reader(a, b, circumstances):
    # With `unmarked: withhold` there is the one exception, said in the next test.
    if bars(a, **circumstances):
        assert bars(combine(a, b), **circumstances)


def test_only_what_has_no_marking_at_all_gains_readers_by_a_marking_and_only_under_withhold():
    asked = {"originator": "USA", "admitted": frozenset(), "unmarked": None, "ceiling": None}
    from relto.domain.marking import Recipient

    assert [reason.code for reason in bars(NEUTRAL, recipient=Recipient("GBR"), **asked)] == ["unmarked"]
    assert bars(Restrictions(marked=True, tlp=0), recipient=Recipient("GBR"), **asked) == ()


def _definition(number, text):
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{number}",
        "created": "2025-02-10T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": text},
    }


@given(st.lists(lines, min_size=1, max_size=4), circumstances)
def test_a_further_banner_line_never_adds_a_reader(texts, circumstances):
    carried = {f"marking-definition--{n}": _definition(n, text) for n, text in enumerate(texts)}
    ids = list(carried)
    fewer = resolve(ids[:-1], [], carried, originator=circumstances["originator"])
    more = resolve(ids, [], carried, originator=circumstances["originator"])
    if bars(fewer, **circumstances):
        assert bars(more, **circumstances)


@given(st.lists(lines, min_size=1, max_size=4), circumstances)
def test_a_granular_marking_counts_for_the_whole_object(texts, circumstances):
    carried = {f"marking-definition--{n}": _definition(n, text) for n, text in enumerate(texts)}
    ids = list(carried)
    originator = circumstances["originator"]
    assert resolve(ids[1:], ids[:1], carried, originator=originator) == resolve(ids, [], carried, originator=originator)
