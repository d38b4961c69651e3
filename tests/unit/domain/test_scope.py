"""A scope takes roles away and never gives one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.domain.errors import BadInput
from relto.domain.scope import LEAVES, SCOPES, narrowed, scopes_of
from relto.usecases.accounts import ROLES


def test_every_role_is_left_by_exactly_one_scope():
    assert sorted(role for roles in LEAVES.values() for role in roles) == sorted(ROLES)


@given(st.lists(st.sampled_from(ROLES), unique=True), st.lists(st.sampled_from([*SCOPES, "else"])))
def test_what_is_left_is_part_of_what_was_there(roles, scopes):
    left = narrowed(roles, scopes)
    assert set(left) <= set(roles)
    assert set(narrowed(left, scopes)) == set(left)
    assert set(left) == {role for role in roles if any(role in LEAVES.get(scope, ()) for scope in scopes)}


def test_all_scopes_leave_everything_and_none_leaves_nothing():
    assert narrowed(ROLES, SCOPES) == ROLES
    assert narrowed(ROLES, ()) == ()


def test_scopes_are_put_in_order_and_an_unknown_one_is_refused():
    assert scopes_of(["act", "read", "act"]) == ("read", "act")
    assert scopes_of([]) == SCOPES
    for text in ("", "READ", "read write", "root"):
        with pytest.raises(BadInput) as caught:
            scopes_of([text])
        assert caught.value.code == "scope-unknown"
