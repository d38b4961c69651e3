"""Pages of a list: whoever walks them is given each entry once."""

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from relto.domain.errors import BadInput
from relto.faces.api.paging import paged

PARTS = st.one_of(
    st.integers(0, 10**17).map(str),
    st.from_regex(r"0{0,3}[0-9]{1,3}", fullmatch=True),
    st.from_regex(r"[a-zA-Z0-9._@-]{1,6}", fullmatch=True),
)


def walked(entries, key, limit):
    """What the pages hold, one after another."""
    found, after = [], None
    while True:
        page, after = paged(entries, key, limit, after)
        assert len(page) <= limit
        found += page
        if after is None:
            return found
        assert len(found) <= len(entries)


@given(st.lists(PARTS, unique=True, max_size=12), st.integers(1, 4))
@example(["10", "5", "9", "abc-1", "usa-gbr", "usa-ukr"], 1)
@example(["007", "7", "07", "0"], 1)
def test_each_entry_is_on_one_page(names, limit):
    entries = [{"agreement": name} for name in names]
    found = walked(entries, ["agreement"], limit)
    assert sorted(each["agreement"] for each in found) == sorted(names)
    assert found == paged(entries, ["agreement"], len(entries) + 1, None)[0]


@given(st.lists(st.tuples(PARTS, PARTS), unique=True, max_size=12), st.integers(1, 4))
def test_so_is_each_where_two_members_tell_entries_apart(pairs, limit):
    entries = [{"agreement": agreement, "to": to} for agreement, to in pairs]
    found = walked(entries, ["agreement", "to"], limit)
    assert sorted((each["agreement"], each["to"]) for each in found) == sorted(pairs)


def test_numbers_stand_by_what_they_count():
    entries = [{"pause": number} for number in ("10", "9", "x", "1")]
    assert [each["pause"] for each in paged(entries, ["pause"], 9, None)[0]] == ["1", "9", "10", "x"]


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(BadInput) as refused:
        paged([], ["agreement", "to"], 1, "usa-ukr")
    assert refused.value.code == "cursor-invalid"
